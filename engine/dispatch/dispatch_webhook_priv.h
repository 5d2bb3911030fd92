#ifndef DISPATCH_DISPATCH_WEBHOOK_PRIV_H
#define DISPATCH_DISPATCH_WEBHOOK_PRIV_H

/*
 * What a webhook request says of itself, and what its end means. Pure.
 *
 * Standard Webhooks 1.0: https://www.standardwebhooks.com
 */

#include "http/http_client.h"
#include "outbox/outbox.h"

struct arena;

/*
 * Adds "v1," and the signature, HMAC-SHA256 in base64, over "id.time.body".
 * `at_s` is the time of this attempt.
 */
void webhook_sign(struct buf *out, struct str key, struct str id, int64_t at_s,
		  struct str body);

/*
 * The verdict, but for now_ms; its status lives in `a`. `hook`: by the law of
 * event hooks, else by that of posts (dispatch_webhook_policy.c).
 */
void webhook_verdict(struct arena *a, bool hook, const struct http_reply *reply,
		     struct outbox_verdict *out);

/* The receiver wants no more of these, ever: 410. */
bool webhook_is_gone(const struct http_reply *reply);

#endif
