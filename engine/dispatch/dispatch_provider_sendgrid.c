/*
 * Twilio SendGrid's signed event webhook: an array of events, and the signature
 * over the time and the bytes of the body as they came, by a key of P-256 whose
 * public half the account shows.
 *
 *	event			says
 *	bounce, bounce		refused; by its status, late or for good
 *	bounce, blocked		the same, for the mail and not for the address
 *	dropped			was not tried: by its reason
 *	spamreport		a complaint
 *	unsubscribe, group_unsubscribe	an opt-out
 *	processed, deferred, delivered	it has left
 *
 * A mail that is deferred is still under way, for three days; so that counts
 * against nobody. Custom arguments are members of the event like all others.
 * Of spamreport and the like there is no smtp-id, which is why our mail names
 * itself in one.
 */
#include "dispatch/dispatch_provider_priv.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/encode.h"
#include "base/verify.h"
#include "dispatch/dispatch_intake_priv.h"

enum { KEYS_MAX = 2, KEY_CHARS_MAX = 2000 };

struct sendgrid {
	struct verify_key *keys[KEYS_MAX];
	size_t count;
};

static const struct secret secrets[2] = {
	{ "GUIDON_SENDGRID_KEY", "verification key", KEY_CHARS_MAX, false },
	{ "GUIDON_SENDGRID_KEY_FILE", "verification key", KEY_CHARS_MAX, true },
};

/* ---- its keys ---- */

static void
sendgrid_close(void *self)
{
	struct sendgrid *s = self;

	if (!s)
		return;
	for (size_t i = 0; i < s->count; i++)
		verify_key_free(&s->keys[i]);
	free(s);
}

static int
load_key(struct sendgrid *s, struct str text, struct error *err)
{
	struct buf der = { 0 };
	int code = decode_base64(&der, text, err);

	if (code >= 0 && s->count == KEYS_MAX)
		code =
		    error_set(err, ERROR_LIMIT, "more than %d keys", KEYS_MAX);
	if (code >= 0)
		code = verify_key_load(&s->keys[s->count], buf_view(&der), err);
	if (code >= 0)
		s->count++;
	buf_fini(&der);
	return code;
}

static int
sendgrid_add(void **self, struct str argument, struct error *err)
{
	struct buf secret = { 0 };
	struct sendgrid *s;
	struct str rest, word;
	int code = provider_secret("sendgrid", argument, secrets, &secret, err);

	if (code < 0)
		return code;
	s = calloc(1, sizeof(*s));
	check(s);
	rest = buf_view(&secret);
	while (code >= 0 && str_word(&rest, &word))
		code = load_key(s, word, err);
	secret_wipe(&secret);
	if (code < 0) {
		sendgrid_close(s);
		(void)error_context(err, "GUIDON_SENDGRID_KEY");
		err->code = ERROR_CONFIG;
		return -(int)err->code;
	}
	*self = s;
	return 0;
}

/* ---- the signature ---- */

static bool
is_signed(const struct sendgrid *s, struct str time, struct str body,
	  struct str signature)
{
	struct buf bytes = { 0 }, text = { 0 };
	struct error ignored;
	bool good = false;

	if (decode_base64(&bytes, signature, &ignored) >= 0) {
		buf_str(&text, time);
		buf_str(&text, body);
		for (size_t i = 0; i < s->count && !good; i++)
			good =
			    verify_signature(s->keys[i], VERIFY_SHA256,
					     buf_view(&text), buf_view(&bytes));
	}
	buf_fini(&bytes);
	buf_fini(&text);
	return good;
}

static int
verify(const struct sendgrid *s, const struct dispatch_provider_call *call,
       struct error *err)
{
	struct str time =
	    provider_header(call, "X-Twilio-Email-Event-Webhook-Timestamp");
	struct str signature =
	    provider_header(call, "X-Twilio-Email-Event-Webhook-Signature");
	int64_t at_s;

	if (!str_int(time, 0, INT32_MAX, &at_s) || signature.len == 0)
		return error_set(err, ERROR_DENIED,
				 "no signature with its time: is the signed "
				 "event webhook on?");
	if (provider_check_age(at_s * 1000, call->now_ms, err) < 0)
		return -(int)err->code;
	if (!is_signed(s, time, call->body, signature))
		return error_set(err, ERROR_DENIED,
				 "the signature is not of the key in "
				 "GUIDON_SENDGRID_KEY");
	return 0;
}

/* ---- events ---- */

static void
read_bounce(const struct js *js, struct provider_event *e)
{
	bool late = str_starts(e->status, STR("4."));

	e->kind = PROVIDER_RETURN;
	e->class = late ? EVENT_RETURN_SOFT : return_class_for_good(e->status);
	if (!late && str_eq_cstr(provider_str(js, "type"), "blocked"))
		e->class = EVENT_RETURN_REFUSED;
}

/* The provider has a list of its own, of whom it does not mail any more. */
static void
read_dropped(const struct js *js, struct provider_event *e)
{
	static const char *const for_good[] = { "Bounced Address", "Invalid",
						"Spam Reporting Address" };
	struct str why = provider_str(js, "reason");

	e->kind = PROVIDER_RETURN;
	e->class = EVENT_RETURN_REFUSED;
	for (size_t i = 0; i < COUNT_OF(for_good); i++)
		if (str_eq_fold(why, str_of(for_good[i])))
			e->class = EVENT_RETURN_HARD;
	if (str_eq_fold(why, STR("Unsubscribed Address")))
		e->kind = PROVIDER_LEAVE;
}

/* False: nothing that counts, such as an open. */
static bool
read_kind(const struct js *js, struct provider_event *e)
{
	static const struct {
		const char *name;
		enum provider_kind kind;
		enum event_return_class class;
	} kinds[] = {
		{ "processed", PROVIDER_ARRIVED, EVENT_RETURN_OTHER },
		{ "deferred", PROVIDER_ARRIVED, EVENT_RETURN_OTHER },
		{ "delivered", PROVIDER_ARRIVED, EVENT_RETURN_OTHER },
		{ "spamreport", PROVIDER_RETURN, EVENT_RETURN_COMPLAINT },
		{ "unsubscribe", PROVIDER_LEAVE, EVENT_RETURN_OTHER },
		{ "group_unsubscribe", PROVIDER_LEAVE, EVENT_RETURN_OTHER },
	};
	struct str name = provider_str(js, "event");

	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		if (str_eq_cstr(name, kinds[i].name)) {
			e->kind = kinds[i].kind;
			e->class = kinds[i].class;
			return true;
		}
	if (str_eq_cstr(name, "bounce"))
		read_bounce(js, e);
	else if (str_eq_cstr(name, "dropped"))
		read_dropped(js, e);
	else
		return false;
	return true;
}

static void
read_event(const struct js *js, struct provider_news *news)
{
	struct provider_event *e = provider_next(news);
	struct arena *a = news->a;

	e->id = provider_text(a, js, "sg_event_id");
	e->status = provider_status(provider_text(a, js, "status"));
	e->said = provider_text(a, js, "reason");
	if (e->status.len == 0)
		e->status = provider_status(e->said);
	e->tag = provider_text(a, js, PROVIDER_ARGUMENT);
	e->recipient = provider_text(a, js, "email");
	e->message_id = provider_text(a, js, "smtp-id");
	if (provider_str(js, "event").len == 0)
		e->id.len = 0;
	else if (!read_kind(js, e)) {
		*e = (struct provider_event){ 0 };
		return;
	}
	provider_end(news, e);
}

static int
sendgrid_read(void *self, const struct dispatch_provider_call *call,
	      struct provider_news *news, struct error *err)
{
	struct js *doc;
	int code = verify(self, call, err);

	if (code < 0 || (code = js_parse(call->body, &doc, err)) < 0)
		return code;
	if (js_kind(doc) != JS_ARRAY)
		code = error_set(err, ERROR_INVALID,
				 "no array, expected one of events");
	else
		code = provider_room(news, js_count(doc), err);
	for (size_t i = 0; code >= 0 && i < js_count(doc); i++)
		read_event(js_at(doc, i), news);
	js_free(&doc);
	return code;
}

const struct provider sendgrid_provider = {
	.name = "sendgrid",
	/* It sends what it has at 768 KB. */
	.body_max = 1 << 20,
	.add = sendgrid_add,
	.close = sendgrid_close,
	.read = sendgrid_read,
};
