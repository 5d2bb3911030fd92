#ifndef EVENT_EVENT_PRIV_H
#define EVENT_EVENT_PRIV_H

/*
 * What the files of this folder know of each other: the bytes of a row that
 * are chained (event_chain.c), and signing keys that come from no store, for
 * tests (event_token.c), and what addresses share with tokens.
 */

#include "base/crypto.h"
#include "event/event.h"

/* ---- event_chain.c ---- */

enum { EVENT_SALT_BYTES = 16 };

/* A row of the journal but for its hash: all that the hash covers. */
struct event_link {
	int64_t lane;
	int64_t seq;
	int64_t at_ms;
	int64_t kind;
	int64_t partner_id;
	int64_t activation_id;
	struct str delivery;  /* EVENT_DELIVERY_BYTES or empty */
	struct str data_hash; /* CRYPTO_HASH_BYTES, or empty: no payload */
};

/* SHA-256(salt, payload) */
void event_data_hash(struct str salt, struct str payload,
		     uint8_t out[CRYPTO_HASH_BYTES]);

/* `before` is the hash of the row before; zeros for the first of a lane. */
void event_link_hash(const uint8_t before[CRYPTO_HASH_BYTES],
		     const struct event_link *link,
		     uint8_t out[CRYPTO_HASH_BYTES]);

/* Big endian, the low `bytes` of n; returns where it ends. */
uint8_t *event_put_number(uint8_t *at, uint64_t n, size_t bytes);

/* ---- event_token.c ---- */

/* Without a generation yet. */
struct event_keys *event_keys_new(void);

/* The next generation. */
void event_keys_add(struct event_keys *keys,
		    const uint8_t key[CRYPTO_KEY_BYTES]);

/* HMAC-SHA256 of `bytes` under one of 1 .. event_keys_newest(). */
void event_keys_sign(const struct event_keys *keys, int generation,
		     struct str bytes, uint8_t out[CRYPTO_HASH_BYTES]);

/* The big endian number at *at, which moves on behind it. */
uint64_t event_take_number(const uint8_t **at, size_t bytes);

#endif
