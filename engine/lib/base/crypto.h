#ifndef BASE_CRYPTO_H
#define BASE_CRYPTO_H

/*
 * crypto - hashes, authentication codes and sealed boxes
 *
 * SHA-256 (FIPS 180-4) names content. HMAC-SHA256 (RFC 2104) signs tokens and
 * makes jitter that can be repeated. XChaCha20-Poly1305 seals secrets at rest.
 * crypto_derive() gives each purpose its own key, so that a token of one kind
 * never passes for another.
 *
 * Keys and digests are 32 bytes. Compare secrets with crypto_equal() and wipe
 * keys with crypto_wipe() when done. Only crypto_open() can fail; that the
 * libraries underneath fail otherwise is a bug and aborts.
 *
 * Thread rule: crypto_init() once, before threads and before all else here.
 * Then all threads; a struct crypto_hash belongs to one at a time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "base/error.h"
#include "base/str.h"

enum {
	CRYPTO_KEY_BYTES = 32,
	CRYPTO_HASH_BYTES = 32,
	CRYPTO_SEAL_BYTES = 40, /* how much longer sealed is than plain */
};

/* Once, before threads; again is harmless. */
void crypto_init(void);

void crypto_sha256(struct str data, uint8_t out[32]);

/*
 * SHA-256 of data that comes in pieces. Each init is followed by exactly one
 * end, which frees what is inside.
 */
struct crypto_hash {
	void *state;
};

void crypto_hash_init(struct crypto_hash *h);
void crypto_hash_add(struct crypto_hash *h, struct str data);
void crypto_hash_end(struct crypto_hash *h, uint8_t out[32]);

/* HMAC-SHA256 with a key that is used once or twice. */
void crypto_hmac(const uint8_t key[32], struct str data, uint8_t out[32]);

/* The same with a key of any length, as others make them. */
void crypto_hmac_key(struct str key, struct str data, uint8_t out[32]);

/*
 * The same with a key that is used often: the key's half of the work is done
 * in new. Immutable: several threads may compute with one at once.
 */
struct crypto_mac;

struct crypto_mac *crypto_mac_new(const uint8_t key[32]);
void crypto_mac_compute(const struct crypto_mac *mac, struct str data,
			uint8_t out[32]);

/* Wipes the key; NULL is fine; *mac becomes NULL. */
void crypto_mac_free(struct crypto_mac **mac);

/* Equal, in a time that depends on len alone. */
bool crypto_equal(const void *a, const void *b, size_t len);

/* Zeroes in a way the compiler does not remove. */
void crypto_wipe(void *p, size_t len);

/*
 * Adds the sealed form of `plain` to `out`: a random nonce of 24 bytes, the
 * cipher text, a tag of 16 bytes. `aad` is not in it but must be the same to
 * open: name there what the secret belongs to, so that it cannot be moved.
 * `plain` must not lie in `out`.
 */
void crypto_seal(const uint8_t key[32], struct str plain, struct str aad,
		 struct buf *out);

/*
 * Adds what was sealed to `out`. DENIED when it does not verify, LIMIT when
 * it does not fit out->max; nothing is added then.
 */
int crypto_open(const uint8_t key[32], struct str sealed, struct str aad,
		struct buf *out, struct error *err) MUST_CHECK;

/* The sub-key for `label`: HKDF-Expand (RFC 5869) with the label as info. */
void crypto_derive(const uint8_t key[32], const char *label, uint8_t out[32]);

#endif
