/*
 * Signing is OpenSSL's. That it fails with a key which was loaded is a bug, or
 * no memory, and aborts.
 *
 * Rejected: Ed25519 of libsodium, which is there too: its secret key has a
 * form of its own, and two libraries for one thing need two of everything.
 */
#include "base/sign.h"

#include <limits.h>
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/crypto.h"

enum { HASH_BYTES = CRYPTO_HASH_BYTES, ED25519_PUBLIC_BYTES = 32 };

struct sign_key {
	enum sign_algorithm algorithm;
	EVP_PKEY *pair;
};

static const char *const names[] = {
#define ALGORITHM_NAME(name, text) [SIGN_##name] = text,
	SIGN_ALGORITHMS(ALGORITHM_NAME)
#undef ALGORITHM_NAME
};

/* As OpenSSL numbers them. */
static const int types[] = {
	[SIGN_RSA] = EVP_PKEY_RSA,
	[SIGN_ED25519] = EVP_PKEY_ED25519,
};

const char *
sign_algorithm_name(enum sign_algorithm algorithm)
{
	check((size_t)algorithm < SIGN_ALGORITHM_COUNT);
	return names[algorithm];
}

/* ---- keys ---- */

static struct sign_key *
key_of(enum sign_algorithm algorithm, EVP_PKEY *pair)
{
	struct sign_key *key = calloc(1, sizeof(*key));

	check(key);
	key->algorithm = algorithm;
	key->pair = pair;
	return key;
}

struct sign_key *
sign_key_new(enum sign_algorithm algorithm)
{
	EVP_PKEY *pair = algorithm == SIGN_RSA
			     ? EVP_RSA_gen((unsigned int)SIGN_RSA_BITS)
			     : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");

	check(pair);
	return key_of(algorithm, pair);
}

int
sign_key_load(struct sign_key **out, enum sign_algorithm algorithm,
	      struct str der, struct error *err)
{
	const unsigned char *at = (const unsigned char *)der.p;
	EVP_PKEY *pair = NULL;

	check((size_t)algorithm < SIGN_ALGORITHM_COUNT);
	if (der.len > 0 && der.len <= LONG_MAX)
		pair = d2i_AutoPrivateKey(NULL, &at, (long)der.len);
	if (!pair || EVP_PKEY_get_base_id(pair) != types[algorithm]) {
		EVP_PKEY_free(pair);
		ERR_clear_error();
		return error_set(err, ERROR_INVALID,
				 "%zu bytes that are no private key of %s",
				 der.len, names[algorithm]);
	}
	*out = key_of(algorithm, pair);
	return 0;
}

void
sign_key_free(struct sign_key **key)
{
	if (!*key)
		return;
	EVP_PKEY_free((*key)->pair);
	free(*key);
	*key = NULL;
}

enum sign_algorithm
sign_key_algorithm(const struct sign_key *key)
{
	return key->algorithm;
}

void
sign_key_private(const struct sign_key *key, struct buf *der)
{
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key->pair);
	int len = info ? i2d_PKCS8_PRIV_KEY_INFO(info, NULL) : 0;
	unsigned char *at;

	check(len > 0);
	at = (unsigned char *)buf_grow(der, (size_t)len);
	check(at && i2d_PKCS8_PRIV_KEY_INFO(info, &at) == len);
	PKCS8_PRIV_KEY_INFO_free(info);
}

static void
add_point(const struct sign_key *key, struct buf *out)
{
	size_t len = ED25519_PUBLIC_BYTES;
	char *at = buf_grow(out, len);

	check(at && EVP_PKEY_get_raw_public_key(key->pair, (unsigned char *)at,
						&len) == 1);
	check(len == ED25519_PUBLIC_BYTES);
}

void
sign_key_public(const struct sign_key *key, struct buf *out)
{
	unsigned char *at;
	int len;

	if (key->algorithm == SIGN_ED25519) {
		add_point(key, out);
		return;
	}
	len = i2d_PUBKEY(key->pair, NULL);
	check(len > 0);
	at = (unsigned char *)buf_grow(out, (size_t)len);
	check(at && i2d_PUBKEY(key->pair, &at) == len);
}

/* ---- signatures ---- */

static size_t
sign_rsa(EVP_PKEY *pair, const uint8_t hash[32], unsigned char *out, size_t len)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pair, NULL);

	check(ctx && EVP_PKEY_sign_init(ctx) == 1);
	check(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1);
	check(EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1);
	check(EVP_PKEY_sign(ctx, out, &len, hash, HASH_BYTES) == 1);
	EVP_PKEY_CTX_free(ctx);
	return len;
}

static size_t
sign_ed25519(EVP_PKEY *pair, const uint8_t hash[32], unsigned char *out,
	     size_t len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	check(ctx && EVP_DigestSignInit(ctx, NULL, NULL, NULL, pair) == 1);
	check(EVP_DigestSign(ctx, out, &len, hash, HASH_BYTES) == 1);
	EVP_MD_CTX_free(ctx);
	return len;
}

void
sign_sha256(const struct sign_key *key, const uint8_t hash[32],
	    struct buf *signature)
{
	size_t len = (size_t)EVP_PKEY_get_size(key->pair);
	size_t before = signature->len;
	unsigned char *at = (unsigned char *)buf_grow(signature, len);

	check(at);
	len = key->algorithm == SIGN_RSA
		  ? sign_rsa(key->pair, hash, at, len)
		  : sign_ed25519(key->pair, hash, at, len);
	buf_truncate(signature, before + len);
}
