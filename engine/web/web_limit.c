/*
 * How many leads one address may make of one page: a bucket that starts full,
 * gives a token for each lead and gets one back each second.
 *
 * The address is the visitor's where web_config says how many proxies there
 * are, else the proxy's. A company or a fair may have one address too, so the
 * bucket is deep: it is there against a script that fills a partner's inbox.
 * The table does not grow. Two that fall on the same place take it from each
 * other, which lets through more, never less. Nothing is kept: a restart fills
 * all buckets.
 *
 * Thread rule: the loop thread.
 */
#include "base/crypto.h"
#include "web/web_priv.h"

enum { TOKEN_MS = 1000, FULL_MS = WEB_FORMS_MOST * TOKEN_MS };

static uint64_t
key_of(const struct http_request *request)
{
	uint8_t hash[CRYPTO_HASH_BYTES];
	struct crypto_hash h;
	uint64_t key = 0;

	crypto_hash_init(&h);
	crypto_hash_add(&h, request->peer);
	crypto_hash_add(&h, STR("\n"));
	crypto_hash_add(&h, request->path);
	crypto_hash_end(&h, hash);
	for (size_t i = 0; i < sizeof(key); i++)
		key = key << 8 | hash[i];
	return key;
}

/* Time is what is in a bucket; a clock that was set back adds none. */
static void
fill(struct web_bucket *b, uint64_t key, int64_t now_ms)
{
	if (b->key != key || b->at_ms == 0) {
		*b = (struct web_bucket){ key, now_ms, FULL_MS };
		return;
	}
	if (now_ms > b->at_ms)
		b->left_ms +=
		    now_ms - b->at_ms > FULL_MS ? FULL_MS : now_ms - b->at_ms;
	if (b->left_ms > FULL_MS)
		b->left_ms = FULL_MS;
	b->at_ms = now_ms;
}

bool
web_limit_take(struct web *web, const struct http_request *request)
{
	uint64_t key = key_of(request);
	struct web_bucket *b = &web->buckets[key % WEB_BUCKETS];

	fill(b, key, request->now_ms);
	if (b->left_ms < TOKEN_MS)
		return false;
	b->left_ms -= TOKEN_MS;
	return true;
}
