#ifndef BASE_VERIFY_H
#define BASE_VERIFY_H

/*
 * verify - signatures that others made, by keys that they publish
 *
 *	count = verify_keys_load(keys, COUNT_OF(keys), pem, err)
 *	...
 *	for each: verify_key_is_current(keys[i], now_ms) &&
 *		  verify_signature(keys[i], VERIFY_SHA256, bytes, signature)
 *	verify_key_free(&keys[i])
 *
 * A key is RSA of 2048 bits or more, whose signatures are PKCS #1 v1.5 (RFC
 * 8017 section 8.2), or a point of the curve P-256, whose signatures are the
 * DER of two numbers (RFC 3279 section 2.2.3). Whether the key is theirs is
 * the caller's to know: no chain of certificates is followed.
 *
 * Thread rule: a key does not change; all threads may use one at once.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "base/error.h"
#include "base/str.h"

enum { VERIFY_RSA_BITS_MIN = 2048 };

enum verify_hash {
	VERIFY_SHA1, /* where others still sign so */
	VERIFY_SHA256,
};

struct verify_key;

/*
 * The key of a SubjectPublicKeyInfo in DER (RFC 5280 section 4.1). INVALID
 * when it is none, or of another kind. *out is the caller's.
 */
int verify_key_load(struct verify_key **out, struct str der,
		    struct error *err) MUST_CHECK;

/*
 * The keys of the certificates in a PEM text, in their order: the count, of 1
 * to `most`. INVALID when there is none, or one that is not as it should be;
 * LIMIT when there are more. They are the caller's, each.
 */
int verify_keys_load(struct verify_key **keys, size_t most, struct str pem,
		     struct error *err) MUST_CHECK;

/* NULL is fine; *key becomes NULL. */
void verify_key_free(struct verify_key **key);

/* Within the days of its certificate; one that came without always is. */
bool verify_key_is_current(const struct verify_key *key, int64_t now_ms);

/* True when its owner signed exactly these bytes. */
bool verify_signature(const struct verify_key *key, enum verify_hash hash,
		      struct str data, struct str signature);

#endif
