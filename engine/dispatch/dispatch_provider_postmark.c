/*
 * Postmark signs nothing: a call is its own because it has the user and the
 * password that stand in the URL we gave it (RFC 7617). So they are as long as
 * a key, and TLS is between us.
 *
 * A bounce has a type, of which only the law below knows what it is worth. Two
 * say that it is still under way. Postmark tells of the change of its own list
 * too: when a recipient made it, that is an opt-out; after a bounce or a
 * complaint it has said so already.
 *
 * Its MessageID is not the one of our mail, so our mail names itself in the
 * metadata.
 */
#include "dispatch/dispatch_provider_priv.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/encode.h"
#include "dispatch/dispatch_intake_priv.h"

enum { LOGIN_BYTES_MAX = 500, LOGIN_BYTES_MIN = 17 };

struct postmark {
	struct buf logins; /* words: USER:PASSWORD */
};

static const struct secret secrets[2] = {
	{ "GUIDON_POSTMARK_PASSWORD", "USER:PASSWORD", LOGIN_BYTES_MAX, false },
	{ "GUIDON_POSTMARK_PASSWORD_FILE", "USER:PASSWORD", LOGIN_BYTES_MAX,
	  true },
};

/* ---- who it is ---- */

static void
postmark_close(void *self)
{
	struct postmark *p = self;

	if (!p)
		return;
	secret_wipe(&p->logins);
	free(p);
}

static int
check_logins(const struct postmark *p, struct error *err)
{
	struct str rest = buf_view(&p->logins), login;

	while (str_word(&rest, &login))
		if (str_find_char(login, ':') <= 0 ||
		    login.len < LOGIN_BYTES_MIN)
			return error_set(err, ERROR_CONFIG,
					 "GUIDON_POSTMARK_PASSWORD has %zu "
					 "bytes, expected USER:PASSWORD of %d "
					 "or more",
					 login.len, LOGIN_BYTES_MIN);
	return 0;
}

static int
postmark_add(void **self, struct str argument, struct error *err)
{
	struct postmark *p = calloc(1, sizeof(*p));
	int code;

	check(p);
	code = provider_secret("postmark", argument, secrets, &p->logins, err);
	if (code >= 0)
		code = check_logins(p, err);
	if (code < 0) {
		postmark_close(p);
		return code;
	}
	*self = p;
	return 0;
}

/* By hashes, so that how long it takes says nothing of either. */
static bool
is_login(struct str given, struct str expected)
{
	uint8_t a[CRYPTO_HASH_BYTES], b[CRYPTO_HASH_BYTES];

	crypto_sha256(given, a);
	crypto_sha256(expected, b);
	return crypto_equal(a, b, sizeof(a));
}

static bool
is_known(const struct postmark *p, struct str authorization)
{
	const struct str scheme = STR("basic ");
	struct str rest = buf_view(&p->logins), login;
	struct buf given = { 0 };
	struct error ignored;
	bool good = false;

	if (str_eq_fold(str_slice(authorization, 0, scheme.len), scheme) &&
	    decode_base64(&given,
			  str_trim(str_slice(authorization, scheme.len,
					     authorization.len)),
			  &ignored) >= 0)
		while (!good && str_word(&rest, &login))
			good = is_login(buf_view(&given), login);
	secret_wipe(&given);
	return good;
}

/* ---- bounces ---- */

/* What is not here is no failure of the mail: an answer, a test. */
static bool
read_bounce(struct str type, struct provider_event *e)
{
	static const struct {
		const char *type;
		enum provider_kind kind;
		enum event_return_class class;
	} law[] = {
		{ "Transient", PROVIDER_ARRIVED, EVENT_RETURN_OTHER },
		{ "AutoResponder", PROVIDER_RETURN, EVENT_RETURN_AUTO_REPLY },
		{ "Unsubscribe", PROVIDER_LEAVE, EVENT_RETURN_OTHER },
		{ "SoftBounce", PROVIDER_RETURN, EVENT_RETURN_SOFT },
		{ "DnsError", PROVIDER_RETURN, EVENT_RETURN_SOFT },
		{ "Unknown", PROVIDER_RETURN, EVENT_RETURN_SOFT },
		{ "BadEmailAddress", PROVIDER_RETURN, EVENT_RETURN_HARD },
		{ "ManuallyDeactivated", PROVIDER_RETURN, EVENT_RETURN_HARD },
		{ "SpamComplaint", PROVIDER_RETURN, EVENT_RETURN_COMPLAINT },
		{ "SpamNotification", PROVIDER_RETURN, EVENT_RETURN_REFUSED },
		{ "VirusNotification", PROVIDER_RETURN, EVENT_RETURN_REFUSED },
		{ "Blocked", PROVIDER_RETURN, EVENT_RETURN_REFUSED },
		{ "DMARCPolicy", PROVIDER_RETURN, EVENT_RETURN_REFUSED },
		{ "SMTPApiError", PROVIDER_RETURN, EVENT_RETURN_REFUSED },
	};

	if (str_eq_cstr(type, "HardBounce")) {
		e->kind = PROVIDER_RETURN;
		e->class = return_class_for_good(e->status);
		return true;
	}
	for (size_t i = 0; i < COUNT_OF(law); i++)
		if (str_eq_cstr(type, law[i].type)) {
			e->kind = law[i].kind;
			e->class = law[i].class;
			return true;
		}
	return false;
}

/* ---- the call ---- */

static bool
is_opt_out(const struct js *doc)
{
	bool stops = false;

	return js_find(doc, "SuppressSending") &&
	       js_as_bool(js_find(doc, "SuppressSending"), &stops) && stops &&
	       str_eq_cstr(provider_str(doc, "Origin"), "Recipient") &&
	       str_eq_cstr(provider_str(doc, "SuppressionReason"),
			   "ManualSuppression");
}

/* False: nothing that counts, such as a click. */
static bool
read_kind(const struct js *doc, struct provider_event *e)
{
	struct str record = provider_str(doc, "RecordType");

	if (str_eq_cstr(record, "Bounce"))
		return read_bounce(provider_str(doc, "Type"), e);
	if (str_eq_cstr(record, "SpamComplaint")) {
		e->kind = PROVIDER_RETURN;
		e->class = EVENT_RETURN_COMPLAINT;
		return true;
	}
	if (str_eq_cstr(record, "SubscriptionChange")) {
		e->kind = PROVIDER_LEAVE;
		return is_opt_out(doc);
	}
	return str_eq_cstr(record, "Delivery");
}

/* Bounces have a number; all else is named by its mail, person and time. */
static struct str
id_of(const struct js *doc, struct arena *a)
{
	static const char *const times[] = { "DeliveredAt", "ChangedAt" };
	const struct js *id = js_find(doc, "ID");
	struct str mail = provider_text(a, doc, "MessageID");
	struct str at = { 0 };
	int64_t number;

	if (id && js_as_int(id, &number))
		return str_printf(a, "%" PRId64, number);
	for (size_t i = 0; i < COUNT_OF(times) && at.len == 0; i++)
		at = provider_text(a, doc, times[i]);
	if (mail.len == 0 || at.len == 0)
		return (struct str){ 0 };
	return str_printf(a, "%.*s %.*s %.*s", STR_ARG(mail), STR_ARG(at),
			  STR_ARG(provider_text(a, doc, "Recipient")));
}

static void
read_event(const struct js *doc, struct provider_news *news)
{
	struct provider_event *e = provider_next(news);
	struct arena *a = news->a;

	e->said = provider_text(a, doc, "Details");
	e->status = provider_status(e->said);
	e->recipient = provider_text(a, doc, "Email");
	if (e->recipient.len == 0)
		e->recipient = provider_text(a, doc, "Recipient");
	e->tag = provider_text(a, js_find(doc, "Metadata"), PROVIDER_ARGUMENT);
	if (provider_str(doc, "RecordType").len > 0) {
		if (!read_kind(doc, e)) {
			*e = (struct provider_event){ 0 };
			return;
		}
		e->id = id_of(doc, a);
	}
	provider_end(news, e);
}

static int
postmark_read(void *self, const struct dispatch_provider_call *call,
	      struct provider_news *news, struct error *err)
{
	struct js *doc;
	int code;

	if (!is_known(self, provider_header(call, "Authorization")))
		return error_set(err, ERROR_DENIED,
				 "not the user and password of "
				 "GUIDON_POSTMARK_PASSWORD");
	code = js_parse(call->body, &doc, err);
	if (code < 0)
		return code;
	code = provider_room(news, 1, err);
	if (code >= 0)
		read_event(doc, news);
	js_free(&doc);
	return code;
}

const struct provider postmark_provider = {
	.name = "postmark",
	/* It may have the whole bounce in it. */
	.body_max = 512 << 10,
	.add = postmark_add,
	.close = postmark_close,
	.read = postmark_read,
};
