/*
 * Tokens: what a URL says about itself, and the proof that we said it.
 *
 * Everything that a handler acts on is inside, so a token is judged without a
 * read of the store; an opt-out must work while the store is being moved. The
 * signature is checked before any field is believed. Which of the checks
 * failed is not told: it would help nobody but a forger.
 *
 * There is one text for each token (base64url is decoded strictly), so that
 * counting by text and counting by content agree.
 *
 * Rejected: encrypting the content (a delivery's id says nothing to others,
 * and it would be longer); JWT (three times as long, and with a choice of
 * algorithms that a sender could make).
 */
#include "event/event_priv.h"

#include <stdlib.h>
#include <string.h>

#include "base/encode.h"

enum {
	VERSION = 1,
	MAC_BYTES = 16,
	SIGNED_BYTES = 1 + 1 + 2 + 8 + 6 + 2 + EVENT_DELIVERY_BYTES,
	TOKEN_BYTES = SIGNED_BYTES + MAC_BYTES,
};

_Static_assert((TOKEN_BYTES * 4 + 2) / 3 == EVENT_TOKEN_CHARS,
	       "base64url without padding");

static const char SECRET_NAME[] = "token";
static const int64_t EXPIRY_S_MAX = ((int64_t)1 << 48) - 1;

struct event_keys {
	struct crypto_mac **macs; /* macs[0] is generation 1 */
	int newest;
};

/* ---- keys ---- */

struct event_keys *
event_keys_new(void)
{
	struct event_keys *keys = calloc(1, sizeof(*keys));

	check(keys);
	return keys;
}

void
event_keys_add(struct event_keys *keys, const uint8_t key[CRYPTO_KEY_BYTES])
{
	size_t count = (size_t)keys->newest + 1;

	check(count <= EVENT_GENERATION_MAX);
	keys->macs = realloc(keys->macs, count * sizeof(*keys->macs));
	check(keys->macs);
	keys->macs[count - 1] = crypto_mac_new(key);
	keys->newest = (int)count;
}

/* Generations 1 .. `newest` of the store. */
static int
load_keys(struct event_keys *keys, struct db_store *store, int newest,
	  struct error *err)
{
	uint8_t key[DB_SECRET_BYTES];
	int code = 0;

	if (newest > EVENT_GENERATION_MAX)
		return error_set(err, ERROR_LIMIT,
				 "generation %d of the key, expected at most "
				 "%d",
				 newest, EVENT_GENERATION_MAX);
	for (int i = 1; i <= newest && code >= 0; i++) {
		code = db_secret_get(store, SECRET_NAME, i, key, err);
		if (code >= 0)
			event_keys_add(keys, key);
	}
	crypto_wipe(key, sizeof(key));
	return code;
}

int
event_keys_open(struct event_keys **out, struct db_store *store,
		struct error *err)
{
	struct event_keys *keys = event_keys_new();
	uint8_t key[DB_SECRET_BYTES];
	int newest = db_secret(store, SECRET_NAME, key, err);

	crypto_wipe(key, sizeof(key));
	if (newest < 0 || load_keys(keys, store, newest, err) < 0) {
		event_keys_free(&keys);
		return error_context(err, "token keys");
	}
	*out = keys;
	return 0;
}

void
event_keys_free(struct event_keys **keys)
{
	if (!*keys)
		return;
	for (int i = 0; i < (*keys)->newest; i++)
		crypto_mac_free(&(*keys)->macs[i]);
	free((*keys)->macs);
	free(*keys);
	*keys = NULL;
}

int
event_keys_newest(const struct event_keys *keys)
{
	return keys->newest;
}

/* ---- making ---- */

void
event_keys_sign(const struct event_keys *keys, int generation, struct str bytes,
		uint8_t out[CRYPTO_HASH_BYTES])
{
	check(generation >= 1 && generation <= keys->newest);
	crypto_mac_compute(keys->macs[generation - 1], bytes, out);
}

static void
sign(const struct event_keys *keys, int generation,
     const uint8_t bytes[SIGNED_BYTES], uint8_t out[CRYPTO_HASH_BYTES])
{
	event_keys_sign(keys, generation,
			(struct str){ (const char *)bytes, SIGNED_BYTES }, out);
}

static void
check_token(const struct event_token *t)
{
	check(t->kind >= EVENT_TOKEN_OPEN && t->kind <= EVENT_TOKEN_REMOVE);
	check(t->partner_id >= 0 && t->link <= EVENT_LINK_MAX);
	check(t->expires_ms >= 0 && t->expires_ms / 1000 <= EXPIRY_S_MAX);
}

void
event_token_make(const struct event_keys *keys, int generation,
		 const struct event_token *token, struct buf *out)
{
	uint8_t bytes[TOKEN_BYTES];
	uint8_t mac[CRYPTO_HASH_BYTES];
	uint8_t *at = bytes;

	check_token(token);
	*at++ = VERSION;
	*at++ = (uint8_t)token->kind;
	at = event_put_number(at, (uint64_t)generation, 2);
	at = event_put_number(at, (uint64_t)token->partner_id, 8);
	at = event_put_number(at, (uint64_t)(token->expires_ms / 1000), 6);
	at = event_put_number(at, token->link, 2);
	memcpy(at, token->delivery, EVENT_DELIVERY_BYTES);
	sign(keys, generation, bytes, mac);
	memcpy(bytes + SIGNED_BYTES, mac, MAC_BYTES);
	encode_base64url(out, (struct str){ (char *)bytes, sizeof(bytes) });
}

/* ---- reading ---- */

uint64_t
event_take_number(const uint8_t **at, size_t bytes)
{
	uint64_t n = 0;

	for (size_t i = 0; i < bytes; i++)
		n = n << 8 | *(*at)++;
	return n;
}

static bool
decode(struct str text, uint8_t bytes[TOKEN_BYTES])
{
	struct buf decoded = { 0 };
	struct error ignored;
	bool good = text.len == EVENT_TOKEN_CHARS &&
		    decode_base64url(&decoded, text, &ignored) >= 0;

	if (good) {
		check(decoded.len == TOKEN_BYTES);
		memcpy(bytes, decoded.p, TOKEN_BYTES);
	}
	buf_fini(&decoded);
	return good;
}

static bool
is_signed(const struct event_keys *keys, const uint8_t bytes[TOKEN_BYTES])
{
	const uint8_t *at = bytes + 2;
	uint64_t generation = event_take_number(&at, 2);
	uint8_t mac[CRYPTO_HASH_BYTES];

	if (generation < 1 || generation > (uint64_t)keys->newest)
		return false;
	sign(keys, (int)generation, bytes, mac);
	return crypto_equal(mac, bytes + SIGNED_BYTES, MAC_BYTES);
}

static void
unpack(const uint8_t bytes[TOKEN_BYTES], struct event_token *out)
{
	const uint8_t *at = bytes + 1;

	out->kind = (enum event_token_kind)event_take_number(&at, 1);
	(void)event_take_number(&at, 2);
	out->partner_id = (int64_t)event_take_number(&at, 8);
	out->expires_ms = (int64_t)event_take_number(&at, 6) * 1000;
	out->link = (unsigned)event_take_number(&at, 2);
	memcpy(out->delivery, at, EVENT_DELIVERY_BYTES);
}

int
event_token_read(const struct event_keys *keys, struct str text,
		 enum event_token_kind kind, int64_t now_ms,
		 struct event_token *out, struct error *err)
{
	uint8_t bytes[TOKEN_BYTES];
	struct event_token token;

	if (!decode(text, bytes) || !is_signed(keys, bytes) ||
	    bytes[0] != VERSION || bytes[1] != kind)
		return error_set(err, ERROR_DENIED, "not a link of ours");
	unpack(bytes, &token);
	if (now_ms >= token.expires_ms)
		return error_set(err, ERROR_NOT_FOUND, "the link has expired");
	*out = token;
	return 0;
}
