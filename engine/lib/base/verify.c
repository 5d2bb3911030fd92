/*
 * Verifying is OpenSSL's. What strangers send as a signature may be anything,
 * so that one cannot be read is an answer, no, and leaves nothing behind in the
 * thread's queue of errors.
 */
#include "base/verify.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

struct verify_key {
	EVP_PKEY *pkey;
	X509 *certificate; /* NULL: it came without */
};

static bool
is_of_kind(const EVP_PKEY *pkey)
{
	char group[32] = "";

	if (EVP_PKEY_get_base_id(pkey) == EVP_PKEY_RSA)
		return EVP_PKEY_get_bits(pkey) >= VERIFY_RSA_BITS_MIN;
	return EVP_PKEY_get_base_id(pkey) == EVP_PKEY_EC &&
	       EVP_PKEY_get_group_name(pkey, group, sizeof(group), NULL) == 1 &&
	       strcmp(group, "prime256v1") == 0;
}

/* Takes both; NULL when the key is of another kind. */
static struct verify_key *
key_of(EVP_PKEY *pkey, X509 *certificate)
{
	struct verify_key *key;

	ERR_clear_error();
	if (!pkey || !is_of_kind(pkey)) {
		EVP_PKEY_free(pkey);
		X509_free(certificate);
		return NULL;
	}
	key = calloc(1, sizeof(*key));
	check(key);
	key->pkey = pkey;
	key->certificate = certificate;
	return key;
}

int
verify_key_load(struct verify_key **out, struct str der, struct error *err)
{
	const unsigned char *at = (const unsigned char *)der.p;
	const unsigned char *end = at + der.len;
	EVP_PKEY *pkey = NULL;

	if (der.len > 0 && der.len <= LONG_MAX)
		pkey = d2i_PUBKEY(NULL, &at, (long)der.len);
	if (pkey && at != end) {
		EVP_PKEY_free(pkey);
		pkey = NULL;
	}
	*out = key_of(pkey, NULL);
	if (*out)
		return 0;
	return error_set(err, ERROR_INVALID,
			 "%zu bytes that are no public key of P-256, or of RSA "
			 "with %d bits or more",
			 der.len, VERIFY_RSA_BITS_MIN);
}

/* ---- certificates ---- */

static int
load_all(struct verify_key **keys, size_t most, BIO *pem, size_t *count,
	 struct error *err)
{
	X509 *certificate;

	while ((certificate = PEM_read_bio_X509(pem, NULL, NULL, NULL))) {
		if (*count == most) {
			X509_free(certificate);
			return error_set(err, ERROR_LIMIT,
					 "more than %zu certificates", most);
		}
		keys[*count] =
		    key_of(X509_get_pubkey(certificate), certificate);
		if (!keys[*count])
			return error_set(err, ERROR_INVALID,
					 "certificate %zu has no key of P-256, "
					 "or of RSA with %d bits or more",
					 *count + 1, VERIFY_RSA_BITS_MIN);
		++*count;
	}
	if (*count > 0 &&
	    ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE)
		return 0;
	return error_set(err, ERROR_INVALID,
			 "no certificate at number %zu, expected those of a "
			 "PEM file",
			 *count + 1);
}

int
verify_keys_load(struct verify_key **keys, size_t most, struct str pem,
		 struct error *err)
{
	size_t count = 0;
	BIO *bio;
	int code;

	check(most <= INT_MAX);
	if (pem.len == 0 || pem.len > INT_MAX)
		return error_set(err, ERROR_INVALID,
				 "%zu bytes, expected a PEM file", pem.len);
	ERR_clear_error();
	bio = BIO_new_mem_buf(pem.p, (int)pem.len);
	check(bio);
	code = load_all(keys, most, bio, &count, err);
	BIO_free(bio);
	ERR_clear_error();
	for (size_t i = 0; code < 0 && i < count; i++)
		verify_key_free(&keys[i]);
	return code < 0 ? code : (int)count;
}

void
verify_key_free(struct verify_key **key)
{
	if (!*key)
		return;
	EVP_PKEY_free((*key)->pkey);
	X509_free((*key)->certificate);
	free(*key);
	*key = NULL;
}

bool
verify_key_is_current(const struct verify_key *key, int64_t now_ms)
{
	time_t now = (time_t)(now_ms / 1000);

	return !key->certificate ||
	       (X509_cmp_time(X509_get0_notBefore(key->certificate), &now) <
		    0 &&
		X509_cmp_time(X509_get0_notAfter(key->certificate), &now) > 0);
}

/* ---- signatures ---- */

bool
verify_signature(const struct verify_key *key, enum verify_hash hash,
		 struct str data, struct str signature)
{
	const EVP_MD *md = hash == VERIFY_SHA1 ? EVP_sha1() : EVP_sha256();
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good;

	check(ctx);
	good = EVP_DigestVerifyInit(ctx, NULL, md, NULL, key->pkey) == 1 &&
	       EVP_DigestVerify(ctx, (const unsigned char *)signature.p,
				signature.len, (const unsigned char *)data.p,
				data.len) == 1;
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return good;
}
