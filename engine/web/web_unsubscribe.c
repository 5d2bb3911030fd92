/*
 * Opting out. GET asks, with one button; POST does it: with the body of RFC
 * 8058 when the mail program asks for the person, or from the button, whose
 * URL says so. A POST with neither changes nothing.
 *
 * One unit makes all of it true: the opt-out in the sender's scope, the
 * consent withdrawn, what waits cancelled, each with its line in the journal.
 * Asked again, it is true already and the answer is the same. That must work
 * also when the campaign can no longer be read; then the page is our own.
 *
 * The page of afterwards is made before the unit is submitted: the thread that
 * commits has no time for it.
 */
#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "dispatch/dispatch_resolve.h"
#include "web/web_priv.h"

enum { PAIRS_MAX = 16 };

static const char from_button[] = "confirm";

/* ---- the unit ---- */

struct leaving {
	struct http_exchange *exchange;
	struct http_response left;   /* when it is done */
	struct http_response failed; /* when it is not */
	enum suppression_scope scope;
	struct person_hash person;
	struct outbox_key key; /* of the mail */
	struct str delivery;
	int64_t now_ms;
};

static const char reason[] = "opted out";

static int
cancel_waiting(struct db *db, const struct leaving *l, struct error *err)
{
	const struct outbox_filter mine = {
		.partner_id = l->key.partner_id,
		.subject = person_hash_view(&l->person),
	};

	return dispatch_cancel(db, &mine, str_of(reason), l->now_ms, err) < 0
		   ? -(int)err->code
		   : 0;
}

/* 1 when the person had not withdrawn before. */
static int
withdraw(struct db *db, const struct leaving *l, struct error *err)
{
	struct arena *a = arena_new();
	struct contact c;
	int got = contact_find(db, a, l->key.partner_id, &l->person, &c, err);
	bool given = got > 0 && !c.deleted && c.consent != CONSENT_WITHDRAWN;

	arena_free(&a);
	if (got < 0 || !given)
		return got < 0 ? got : 0;
	if (contact_consent(db, l->key.partner_id, &l->person,
			    CONSENT_WITHDRAWN, STR("unsubscribe link"),
			    l->now_ms, err) < 0)
		return -(int)err->code;
	return 1;
}

static int
note_left(struct db *db, const struct leaving *l, struct error *err)
{
	return event_append(db,
			    &(struct event){
				.kind = EVENT_UNSUBSCRIBED,
				.at_ms = l->now_ms,
				.partner_id = l->key.partner_id,
				.activation_id = l->key.activation_id,
				.delivery = l->delivery,
			    },
			    err);
}

/* Whoever uses the link of a message has it. */
static int
note_arrival(struct db *db, const struct leaving *l, struct error *err)
{
	struct outbox_id id = outbox_id_of(&l->key);

	return dispatch_resolve(db, &id, OUTBOX_SENT,
				STR("it arrived: its opt-out was used"),
				l->now_ms, err);
}

static int
leave_unit(struct db *db, void *arg, struct error *err)
{
	const struct leaving *l = arg;
	int suppressed;
	int withdrawn;

	if (partner_lock_person(db, l->key.partner_id, &l->person, err) < 0)
		return -(int)err->code;
	suppressed =
	    partner_suppress(db, l->scope, l->key.partner_id, &l->person,
			     str_of(reason), l->now_ms, err);
	withdrawn = suppressed < 0 ? suppressed : withdraw(db, l, err);
	if (withdrawn < 0 || cancel_waiting(db, l, err) < 0 ||
	    note_arrival(db, l, err) < 0)
		return -(int)err->code;
	return suppressed || withdrawn ? note_left(db, l, err) : 0;
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

/* ---- the pages ---- */

/* The campaign's notice, or our own page when there is none to be had. */
static void
notice(struct web *web, const struct http_request *request,
       struct web_subject *s, enum render_notice which,
       struct http_response *response)
{
	struct str action = str_printf(request->a, "%.*s?%s",
				       STR_ARG(request->path), from_button);
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

	if (str_eq_cstr(request->query, from_button))
		return true;
	count = http_form_read(request, &pairs, PAIRS_MAX, &ignored);
	return count > 0 &&
	       str_eq_cstr(http_form_get(pairs, count, "List-Unsubscribe"),
			   "One-Click");
}

/* The sender's own; a partner's without one is as narrow as can be. */
static int
find_scope(const struct web_subject *s, const struct http_request *request,
	   enum suppression_scope *scope, struct error *err)
{
	struct partner_sender sender;
	struct error missing;

	*scope = SUPPRESSION_PARTNER;
	if (partner_sender_now(s->db, request->a, s->delivery.key.partner_id,
			       &sender, &missing) < 0) {
		if (missing.code == ERROR_NOT_FOUND)
			return 0;
		*err = missing;
		return -(int)err->code;
	}
	if (str_eq_cstr(sender.opt_out_scope, "vendor"))
		*scope = SUPPRESSION_VENDOR;
	return 0;
}

static int
submit(struct web *web, const struct http_request *request,
       struct web_subject *s, struct error *err)
{
	struct leaving *l = ARENA_NEW(request->a, struct leaving);
	const struct str id = { (const char *)s->delivery.id.bytes,
				sizeof(s->delivery.id.bytes) };

	if (find_scope(s, request, &l->scope, err) < 0)
		return -(int)err->code;
	l->exchange = request->exchange;
	l->key = s->delivery.key;
	l->delivery = str_copy(request->a, id);
	l->now_ms = request->now_ms;
	memcpy(l->person.bytes, l->key.subject.p, sizeof(l->person.bytes));
	web_plain(request, &l->failed, WEB_FAILED);
	notice(web, request, s, RENDER_UNSUBSCRIBED, &l->left);
	http_wait(request);
	db_submit(web->config.store, leave_unit, l, left);
	return 0;
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
	else if (submit(arg, request, &s, &err) < 0)
		web_fail(request, response, &err);
}
