#ifndef BASE_SIGN_H
#define BASE_SIGN_H

/*
 * sign - key pairs that sign, so that others can verify
 *
 *	key = sign_key_new(SIGN_RSA);
 *	sign_key_public(key, &dns);		for all to see
 *	sign_key_private(key, &der);		to be sealed, then wiped
 *	...
 *	if (sign_key_load(&key, SIGN_RSA, der, err) < 0)
 *		return -(int)err->code;
 *	sign_sha256(key, hash, &signature);
 *
 * What is signed is a SHA-256: by RSA as PKCS #1 v1.5 (RFC 8017 section 8.2),
 * by Ed25519 (RFC 8032) as a message of 32 bytes, which is how RFC 6376 and
 * RFC 8463 have it. Both give the same signature of the same hash each time.
 *
 * A key is loaded once and used often: to load one takes longer than to sign
 * with Ed25519.
 *
 * Thread rule: a key does not change; all threads may sign with one at once.
 */

#include <stdint.h>

#include "base/check.h"
#include "base/error.h"
#include "base/str.h"

/* Numbers index what is stored: only append. */
#define SIGN_ALGORITHMS(X) \
	X(RSA, "rsa")      \
	X(ED25519, "ed25519")

enum sign_algorithm {
#define SIGN_ALGORITHM_ENUM(name, text) SIGN_##name,
	SIGN_ALGORITHMS(SIGN_ALGORITHM_ENUM)
#undef SIGN_ALGORITHM_ENUM
	    SIGN_ALGORITHM_COUNT
};

/* "rsa", "ed25519": as DKIM calls it too. */
const char *sign_algorithm_name(enum sign_algorithm algorithm);

enum { SIGN_RSA_BITS = 2048 };

struct sign_key;

/* A new pair, RSA of SIGN_RSA_BITS, which may take a second. */
struct sign_key *sign_key_new(enum sign_algorithm algorithm);

/*
 * The key whose private half is `der`. INVALID when it is no private key of
 * the algorithm. *out is the caller's.
 */
int sign_key_load(struct sign_key **out, enum sign_algorithm algorithm,
		  struct str der, struct error *err) MUST_CHECK;

/* Waits for no thread that still signs. NULL is fine; *key becomes NULL. */
void sign_key_free(struct sign_key **key);

enum sign_algorithm sign_key_algorithm(const struct sign_key *key);

/* Adds the private half as DER, in one piece: wipe it. */
void sign_key_private(const struct sign_key *key, struct buf *der);

/*
 * Adds the public half: of RSA a SubjectPublicKeyInfo in DER, of Ed25519 the
 * 32 bytes of the point.
 */
void sign_key_public(const struct sign_key *key, struct buf *out);

/* Adds the signature: 256 bytes of RSA, 64 of Ed25519. */
void sign_sha256(const struct sign_key *key, const uint8_t hash[32],
		 struct buf *signature);

#endif
