/*
 * Mailgun: one event, in an object beside its signature, which is an HMAC over
 * a time and a token. The event is not under it. So who has seen one call could
 * say anything with its signature, and a token is good once: it is stored in
 * the unit that takes the event, until its time is too old by itself. When that
 * unit fails the token is as good as before, for the call that comes again.
 *
 *	failed, temporary	is still under way: it has left
 *	failed, permanent	refused for good; "old", after days of trying;
 *				"suppress-...": the provider has it on a list
 *	complained		a complaint
 *	unsubscribed		an opt-out
 *	delivered, accepted	it has left
 *
 * An event's id is the provider's for one day alone, so the token is ours.
 */
#include "dispatch/dispatch_provider_priv.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/encode.h"
#include "dispatch/dispatch_intake_priv.h"

enum { KEY_BYTES_MAX = 500, TOKEN_BYTES_MAX = 200 };

struct mailgun {
	struct buf keys; /* words */
};

static const struct secret secrets[2] = {
	{ "GUIDON_MAILGUN_KEY", "webhook signing key", KEY_BYTES_MAX, false },
	{ "GUIDON_MAILGUN_KEY_FILE", "webhook signing key", KEY_BYTES_MAX,
	  true },
};

static void
mailgun_close(void *self)
{
	struct mailgun *m = self;

	if (!m)
		return;
	secret_wipe(&m->keys);
	free(m);
}

static int
mailgun_add(void **self, struct str argument, struct error *err)
{
	struct mailgun *m = calloc(1, sizeof(*m));
	int code;

	check(m);
	code = provider_secret("mailgun", argument, secrets, &m->keys, err);
	if (code < 0) {
		mailgun_close(m);
		return code;
	}
	*self = m;
	return 0;
}

/* ---- the signature ---- */

static bool
is_signed(const struct mailgun *m, struct str text, struct str signature)
{
	struct str rest = buf_view(&m->keys), key;
	uint8_t mac[CRYPTO_HASH_BYTES];
	struct buf hex = { 0 };
	bool good = false;

	while (!good && str_word(&rest, &key)) {
		crypto_hmac_key(key, text, mac);
		buf_clear(&hex);
		encode_hex(&hex, (struct str){ (char *)mac, sizeof(mac) });
		good = signature.len == hex.len &&
		       crypto_equal(signature.p, hex.p, hex.len);
	}
	buf_fini(&hex);
	return good;
}

static int
verify(const struct mailgun *m, const struct js *doc, struct arena *a,
       int64_t now_ms, struct error *err)
{
	const struct js *s = js_find(doc, "signature");
	struct str time = provider_str(s, "timestamp");
	struct str token = provider_str(s, "token");
	int64_t at_s;

	if (token.len == 0 || token.len > TOKEN_BYTES_MAX ||
	    !str_int(time, 0, INT32_MAX, &at_s))
		return error_set(err, ERROR_DENIED,
				 "no signature with its time and token");
	if (provider_check_age(at_s * 1000, now_ms, err) < 0)
		return -(int)err->code;
	if (!is_signed(m,
		       str_printf(a, "%.*s%.*s", STR_ARG(time), STR_ARG(token)),
		       provider_str(s, "signature")))
		return error_set(err, ERROR_DENIED,
				 "the signature is not of the key in "
				 "GUIDON_MAILGUN_KEY");
	return 0;
}

/* ---- the event ---- */

static void
read_failed(const struct js *data, struct provider_event *e)
{
	struct str why = provider_str(data, "reason");

	if (!str_eq_cstr(provider_str(data, "severity"), "permanent"))
		return;
	e->kind = PROVIDER_RETURN;
	e->class = return_class_for_good(e->status);
	if (str_eq_cstr(why, "suppress-unsubscribe"))
		e->kind = PROVIDER_LEAVE;
	else if (str_starts(why, STR("suppress-")))
		e->class = EVENT_RETURN_HARD;
	else if (str_eq_cstr(why, "old") || str_starts(e->status, STR("4.")))
		e->class = EVENT_RETURN_SOFT;
}

/* ARRIVED, unless it says more; false: nothing that counts. */
static bool
read_kind(const struct js *data, struct provider_event *e)
{
	struct str name = provider_str(data, "event");

	if (str_eq_cstr(name, "failed"))
		read_failed(data, e);
	else if (str_eq_cstr(name, "complained")) {
		e->kind = PROVIDER_RETURN;
		e->class = EVENT_RETURN_COMPLAINT;
	} else if (str_eq_cstr(name, "unsubscribed"))
		e->kind = PROVIDER_LEAVE;
	else
		return str_eq_cstr(name, "delivered") ||
		       str_eq_cstr(name, "accepted");
	return true;
}

static void
read_event(const struct js *doc, struct provider_news *news)
{
	const struct js *data = js_find(doc, "event-data");
	const struct js *status = js_find(data, "delivery-status");
	const struct js *headers = js_find(js_find(data, "message"), "headers");
	struct provider_event *e = provider_next(news);
	struct arena *a = news->a;

	e->said = provider_text(a, status, "message");
	if (e->said.len == 0)
		e->said = provider_text(a, status, "description");
	e->status = provider_status(provider_text(a, status, "enhanced-code"));
	if (e->status.len == 0)
		e->status = provider_status(e->said);
	e->recipient = provider_text(a, data, "recipient");
	e->message_id = provider_text(a, headers, "message-id");
	e->tag = provider_text(a, js_find(data, "user-variables"),
			       PROVIDER_ARGUMENT);
	if (provider_str(data, "event").len > 0)
		e->id = news->once;
	if (e->id.len > 0 && !read_kind(data, e)) {
		*e = (struct provider_event){ 0 };
		return;
	}
	provider_end(news, e);
}

static int
mailgun_read(void *self, const struct dispatch_provider_call *call,
	     struct provider_news *news, struct error *err)
{
	struct js *doc;
	int code = js_parse(call->body, &doc, err);

	if (code < 0)
		return code;
	code = verify(self, doc, news->a, call->now_ms, err);
	if (code >= 0)
		code = provider_room(news, 1, err);
	if (code >= 0) {
		news->once =
		    provider_text(news->a, js_find(doc, "signature"), "token");
		read_event(doc, news);
	}
	js_free(&doc);
	return code;
}

const struct provider mailgun_provider = {
	.name = "mailgun",
	.body_max = 128 << 10,
	.add = mailgun_add,
	.close = mailgun_close,
	.read = mailgun_read,
};
