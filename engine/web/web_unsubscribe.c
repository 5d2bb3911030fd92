/*
 * Opting out. GET asks, with one button; POST does it: with the body of RFC
 * 8058 when the mail program asks for the person, or from the button, whose
 * URL says so. A POST with neither changes nothing.
 *
 * One unit makes all of it true (dispatch_leave()); asked again, it is true
 * already and the answer is the same. That must work also when the campaign can
 * no longer be read; then the page is our own. A partner may say the same for
 * somebody who asked it to (web_remove.c).
 *
 * The page of afterwards is made before the unit is submitted: the thread that
 * commits has no time for it.
 */
#include "base/arena.h"
#include "base/log.h"
#include "dispatch/dispatch_leave.h"
#include "web/web_priv.h"

enum { PAIRS_MAX = 16 };

static const char from_button[] = "confirm";

/* ---- the unit ---- */

struct leaving {
	struct http_exchange *exchange;
	struct http_response left;   /* when it is done */
	struct http_response failed; /* when it is not */
	struct dispatch_leaving what;
};

static int
leave_unit(struct db *db, void *arg, struct error *err)
{
	const struct leaving *l = arg;

	return dispatch_leave(db, &l->what, err);
}

static void
left(void *arg, int result, const struct error *err)
{
	const struct leaving *l = arg;

	if (result < 0)
		log_line(LOG_LEVEL_ERROR, "web", "unsubscribe_failed",
			 LOG_FIELDS(LOG_CSTR("msg", err->text)));
	http_ready(l->exchange, result < 0 ? &l->failed : &l->left);
}

void
web_leave(struct web *web, const struct http_request *request,
	  const struct dispatch_leaving *what,
	  const struct http_response *answer)
{
	struct leaving *l = ARENA_NEW(request->a, struct leaving);

	*l = (struct leaving){
		.exchange = request->exchange,
		.left = *answer,
		.what = *what,
	};
	web_plain(request, &l->failed, WEB_FAILED);
	http_wait(request);
	db_submit(web->config.store, leave_unit, l, left);
}

/* ---- the pages ---- */

struct str
web_confirm_action(const struct http_request *request)
{
	return str_printf(request->a, "%.*s?%s", STR_ARG(request->path),
			  from_button);
}

bool
web_is_confirmed(const struct http_request *request)
{
	return str_eq_cstr(request->query, from_button);
}

/* The campaign's notice, or our own page when there is none to be had. */
static void
notice(struct web *web, const struct http_request *request,
       struct web_subject *s, enum render_notice which,
       struct http_response *response)
{
	struct str action = web_confirm_action(request);
	bool asks = which == RENDER_UNSUBSCRIBE;
	struct error err;
	struct str html;

	if (web_subject_of(web, request, s, &err) < 0 ||
	    render_kit_notice(s->about.kit, which, &s->about.subject, action,
			      NULL, request->a, &html, &err) < 0) {
		log_line(LOG_LEVEL_WARN, "web", "plain_notice",
			 LOG_FIELDS(LOG_CSTR("msg", err.text)));
		html =
		    web_plain_html(request, asks ? WEB_ASK : WEB_LEFT, action);
	}
	web_subject_release(web, s);
	web_html(response, 200, html);
}

static int
find(struct web *web, const struct http_request *request, struct web_subject *s,
     struct error *err)
{
	struct event_token token;

	if (web_token(web, request, request->rest, EVENT_TOKEN_UNSUBSCRIBE,
		      &token, err) < 0)
		return -(int)err->code;
	return web_delivery(web, request, &token, s, err);
}

void
web_unsubscribe_ask(void *arg, const struct http_request *request,
		    struct http_response *response)
{
	struct web_subject s = { 0 };
	struct error err;

	if (find(arg, request, &s, &err) < 0)
		web_fail(request, response, &err);
	else
		notice(arg, request, &s, RENDER_UNSUBSCRIBE, response);
}

/* ---- doing it ---- */

static bool
is_meant(const struct http_request *request)
{
	struct http_pair *pairs;
	struct error ignored;
	int count;

	if (web_is_confirmed(request))
		return true;
	count = http_form_read(request, &pairs, PAIRS_MAX, &ignored);
	return count > 0 &&
	       str_eq_cstr(http_form_get(pairs, count, "List-Unsubscribe"),
			   "One-Click");
}

static void
submit(struct web *web, const struct http_request *request,
       struct web_subject *s)
{
	const struct dispatch_leaving what = {
		.key = s->delivery.key,
		.means = "unsubscribe link",
		.evidence = "it arrived: its opt-out was used",
		.now_ms = request->now_ms,
	};
	struct http_response answer;

	notice(web, request, s, RENDER_UNSUBSCRIBED, &answer);
	web_leave(web, request, &what, &answer);
}

void
web_unsubscribe(void *arg, const struct http_request *request,
		struct http_response *response)
{
	struct web_subject s;
	struct error err;

	if (find(arg, request, &s, &err) < 0)
		web_fail(request, response, &err);
	else if (!is_meant(request))
		web_plain(request, response, WEB_BAD);
	else
		submit(arg, request, &s);
}
