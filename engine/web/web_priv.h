#ifndef WEB_WEB_PRIV_H
#define WEB_WEB_PRIV_H

/*
 * web, inside - the handlers, and what several of them need
 *
 * A function that finds what a URL is about fails with DENIED for what is not
 * ours (404) and with NOT_FOUND for what was and is gone (410); every other
 * code is our own trouble (500, and a line in the log). web_fail() answers so.
 */

#include "campaign/campaign.h"
#include "db/db.h"
#include "dispatch/dispatch_make.h"
#include "event/event.h"
#include "http/http.h"
#include "outbox/outbox.h"
#include "partner/partner.h"
#include "render/render.h"
#include "render/render_kit.h"
#include "web/web.h"

enum { WEB_BUCKETS = 4096, WEB_FORMS_MOST = 60 };

/* What one address may still make of one page (web_limit.c). */
struct web_bucket {
	uint64_t key;
	int64_t at_ms; /* 0: unused */
	int64_t left_ms;
};

struct web {
	struct web_config config;
	struct arena *a;	   /* of paths */
	struct http_route *routes; /* ours, then those of config */
	struct http_server *server;
	struct web_bucket buckets[WEB_BUCKETS];
};

/* ---- handlers: one file for each ---- */

void web_open_pixel(void *arg, const struct http_request *request,
		    struct http_response *response);
void web_click(void *arg, const struct http_request *request,
	       struct http_response *response);
void web_view(void *arg, const struct http_request *request,
	      struct http_response *response);
void web_page(void *arg, const struct http_request *request,
	      struct http_response *response);
void web_form(void *arg, const struct http_request *request,
	      struct http_response *response);
void web_unsubscribe_ask(void *arg, const struct http_request *request,
			 struct http_response *response);
void web_unsubscribe(void *arg, const struct http_request *request,
		     struct http_response *response);
void web_remove_ask(void *arg, const struct http_request *request,
		    struct http_response *response);
void web_remove(void *arg, const struct http_request *request,
		struct http_response *response);
void web_asset(void *arg, const struct http_request *request,
	       struct http_response *response);
void web_health(void *arg, const struct http_request *request,
		struct http_response *response);

/* The routes of the providers that are on, into `out` unless NULL: how many. */
size_t web_provider_routes(struct web *web, struct http_route *out);

/* ---- answers (web_plain.c) ---- */

/* A whole page, made of a campaign's template. */
void web_html(struct http_response *response, int status, struct str html);

/* A page of our own, in the visitor's language. */
#define WEB_PLAINS(X) \
	X(NOT_FOUND)  \
	X(GONE)       \
	X(BAD)        \
	X(TOO_MANY)   \
	X(FAILED)     \
	X(ASK)        \
	X(LEFT)       \
	X(REMOVE)     \
	X(REMOVED)    \
	X(THANKS)

enum web_plain {
#define WEB_PLAIN_ENUM(name) WEB_##name,
	WEB_PLAINS(WEB_PLAIN_ENUM)
#undef WEB_PLAIN_ENUM
	    WEB_PLAIN_COUNT
};

/* `action` is where the button of ASK and REMOVE posts to; else empty. */
struct str web_plain_html(const struct http_request *request,
			  enum web_plain page, struct str action);
void web_plain(const struct http_request *request,
	       struct http_response *response, enum web_plain page);
/* See the top. */
void web_fail(const struct http_request *request,
	      struct http_response *response, const struct error *err);

/* What is wrong with a field, when the workspace has no words for it. */
struct str web_problem_text(const struct http_request *request,
			    const char *problem);

/* ---- opting out (web_unsubscribe.c) ---- */

/*
 * Submits it; the answer is `left` when it is durable. The request waits from
 * now on.
 */
struct dispatch_leaving;
void web_leave(struct web *web, const struct http_request *request,
	       const struct dispatch_leaving *what,
	       const struct http_response *left);

/* A POST from the button of a page, whose URL says so. */
bool web_is_confirmed(const struct http_request *request);
/* Where that button posts to. */
struct str web_confirm_action(const struct http_request *request);

/* ---- limits (web_limit.c) ---- */

/* One lead more from this address, of this page; false: too many. */
bool web_limit_take(struct web *web, const struct http_request *request);

/* ---- who it is about (web_subject.c) ---- */

/*
 * What a URL is about. Its strings lie in the request's arena and, once it is
 * loaded, in what the maker holds: release it before the handler returns.
 */
struct web_subject {
	struct db *db;
	struct outbox_delivery delivery;
	bool has_delivery;
	bool is_loaded;
	struct dispatch_subject about;	 /* once it is loaded */
	const struct campaign *campaign; /* likewise */
	struct render_origin origin;	 /* likewise; the step of its mail */
};

/* The token of this kind in `text`. */
int web_token(struct web *web, const struct http_request *request,
	      struct str text, enum event_token_kind kind,
	      struct event_token *out, struct error *err) MUST_CHECK;

/* The mail to a person that a token names; nothing is loaded yet. */
int web_delivery(struct web *web, const struct http_request *request,
		 const struct event_token *token, struct web_subject *out,
		 struct error *err) MUST_CHECK;

/* Load the rest: of the activation in `whom`, or of its mail. */
int web_subject_load(struct web *web, const struct http_request *request,
		     const struct dispatch_whom *whom, struct web_subject *s,
		     struct error *err) MUST_CHECK;
int web_subject_of(struct web *web, const struct http_request *request,
		   struct web_subject *s, struct error *err) MUST_CHECK;
void web_subject_release(struct web *web, struct web_subject *s);

/* The step of its mail; DENIED when the campaign has no such one. */
int web_subject_step(const struct web_subject *s,
		     const struct campaign_step **out,
		     struct error *err) MUST_CHECK;

/* What it reads: of the contact, of the partner, of the workspace. */
struct str web_subject_language(const struct web_subject *s);

/* ---- landing pages (web_page.c) ---- */

/* A subject without a mail, or with the one of `token`; and the page. */
struct web_place {
	struct web_subject subject;
	const struct campaign_step *page;
	struct str token;	 /* FORM, as it stands in URLs; may be empty */
	struct event_token from; /* the token, read */
};

int web_place_find(struct web *web, const struct http_request *request,
		   struct str token, struct web_place *out,
		   struct error *err) MUST_CHECK;

/* The page with this form in it, as `status`. */
int web_place_show(struct web_place *place, const struct http_request *request,
		   const struct render_form_input *form,
		   struct http_response *response,
		   struct error *err) MUST_CHECK;

/* ---- hits (web_hit.c) ---- */

/* Recorded soon; nobody waits for it. */
void web_hit(struct web *web, const struct http_request *request,
	     enum event_hit_kind kind, const struct event_token *token,
	     size_t link_count);

#endif
