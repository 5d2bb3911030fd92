/*
 * Two laws over one wire.
 *
 * An event hook arrives at least once, under one id: whatever is not a 2xx is
 * tried again, for as long as it takes. Only 410, by which the receiver says
 * that it wants no more, holds it.
 *
 * A post leaves at most once. What never left, and what the network says it
 * did not take now (429, 503), goes again. What it refuses (another 4xx) or
 * points elsewhere (3xx) is held with its answer. A lost reply and any other
 * 5xx leave open what was done before something broke: in doubt.
 */
#include "dispatch/dispatch_webhook_priv.h"

#include <inttypes.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "base/encode.h"

enum { STATUS_BYTES = 300 };

void
webhook_sign(struct buf *out, struct str key, struct str id, int64_t at_s,
	     struct str body)
{
	uint8_t mac[CRYPTO_HASH_BYTES];
	struct buf text = { 0 };

	buf_printf(&text, "%.*s.%" PRId64 ".", STR_ARG(id), at_s);
	buf_str(&text, body);
	crypto_hmac_key(key, buf_view(&text), mac);
	buf_cat(out, "v1,");
	encode_base64(out, (struct str){ (const char *)mac, sizeof(mac) });
	buf_fini(&text);
}

bool
webhook_is_gone(const struct http_reply *reply)
{
	return reply->fate == HTTP_ANSWERED && reply->status == 410;
}

static bool
is_ok(const struct http_reply *reply)
{
	return reply->fate == HTTP_ANSWERED && reply->status / 100 == 2;
}

static enum outbox_verdict_kind
kind_of_hook(const struct http_reply *reply)
{
	if (is_ok(reply))
		return OUTBOX_VERDICT_SENT;
	if (webhook_is_gone(reply))
		return OUTBOX_VERDICT_HELD;
	return reply->fate == HTTP_UNKNOWN ? OUTBOX_VERDICT_UNKNOWN
					   : OUTBOX_VERDICT_DEFERRED;
}

static enum outbox_verdict_kind
kind_of_answer(int status)
{
	if (status / 100 == 2)
		return OUTBOX_VERDICT_SENT;
	if (status == 429 || status == 503)
		return OUTBOX_VERDICT_DEFERRED;
	return status / 100 == 5 ? OUTBOX_VERDICT_UNKNOWN : OUTBOX_VERDICT_HELD;
}

static enum outbox_verdict_kind
kind_of_post(const struct http_reply *reply)
{
	switch (reply->fate) {
	case HTTP_ANSWERED:
		return kind_of_answer(reply->status);
	case HTTP_NOT_SENT:
		return OUTBOX_VERDICT_DEFERRED;
	case HTTP_REFUSED:
		return OUTBOX_VERDICT_HELD;
	case HTTP_UNKNOWN:
		break;
	}
	return OUTBOX_VERDICT_UNKNOWN;
}

static struct str
status_of(struct arena *a, const struct http_reply *reply)
{
	struct str text = str_slice(reply->text, 0, STATUS_BYTES);

	if (reply->fate != HTTP_ANSWERED)
		return str_printf(a, "%s: %.*s", http_fate_name(reply->fate),
				  STR_ARG(text));
	return str_printf(a, "%d%s%.*s", reply->status, text.len ? ": " : "",
			  STR_ARG(text));
}

void
webhook_verdict(struct arena *a, bool hook, const struct http_reply *reply,
		struct outbox_verdict *out)
{
	*out = (struct outbox_verdict){
		.kind = hook ? kind_of_hook(reply) : kind_of_post(reply),
		.status = status_of(a, reply),
		.retry_after_ms = reply->retry_after_ms,
	};
}
