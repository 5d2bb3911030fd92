/* What is signed is verified by OpenSSL with the public half alone. */
#include "base/sign.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/crypto.h"
#include "base/encode.h"
#include "test.h"

static const enum sign_algorithm algorithms[] = { SIGN_RSA, SIGN_ED25519 };
static struct sign_key *keys[SIGN_ALGORITHM_COUNT];
static struct error err;
static uint8_t hash[CRYPTO_HASH_BYTES];

/* RSA takes a while to make: once for all. */
static int
make_keys(void **state)
{
	(void)state;
	crypto_init();
	crypto_sha256(STR("abc"), hash);
	for (size_t i = 0; i < COUNT_OF(algorithms); i++)
		keys[i] = sign_key_new(algorithms[i]);
	return 0;
}

static int
free_keys(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(algorithms); i++)
		sign_key_free(&keys[i]);
	return 0;
}

static EVP_PKEY *
read_public(enum sign_algorithm algorithm, struct str bytes)
{
	const unsigned char *at = (const unsigned char *)bytes.p;

	return algorithm == SIGN_RSA
		   ? d2i_PUBKEY(NULL, &at, (long)bytes.len)
		   : EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, at,
						 bytes.len);
}

static bool
verifies(enum sign_algorithm algorithm, struct str public, const uint8_t *what,
	 struct str signature)
{
	const unsigned char *sig = (const unsigned char *)signature.p;
	EVP_PKEY *pair = read_public(algorithm, public);
	EVP_PKEY_CTX *rsa = EVP_PKEY_CTX_new(pair, NULL);
	EVP_MD_CTX *ed = EVP_MD_CTX_new();
	bool ok;

	assert_non_null(pair);
	if (algorithm == SIGN_RSA)
		ok = EVP_PKEY_verify_init(rsa) == 1 &&
		     EVP_PKEY_CTX_set_signature_md(rsa, EVP_sha256()) == 1 &&
		     EVP_PKEY_verify(rsa, sig, signature.len, what, 32) == 1;
	else
		ok = EVP_DigestVerifyInit(ed, NULL, NULL, NULL, pair) == 1 &&
		     EVP_DigestVerify(ed, sig, signature.len, what, 32) == 1;
	EVP_MD_CTX_free(ed);
	EVP_PKEY_CTX_free(rsa);
	EVP_PKEY_free(pair);
	return ok;
}

static void
the_public_half_verifies(void **state)
{
	static const size_t lengths[] = { 256, 64 };
	uint8_t other[CRYPTO_HASH_BYTES];

	(void)state;
	crypto_sha256(STR("abd"), other);
	for (size_t i = 0; i < COUNT_OF(algorithms); i++) {
		struct buf public = { 0 };
		struct buf signature = { 0 };

		sign_key_public(keys[i], &public);
		sign_sha256(keys[i], hash, &signature);
		assert_int_equal(signature.len, lengths[i]);
		assert_true(verifies(algorithms[i], buf_view(&public), hash,
				     buf_view(&signature)));
		assert_false(verifies(algorithms[i], buf_view(&public), other,
				      buf_view(&signature)));
		buf_fini(&public);
		buf_fini(&signature);
	}
}

static void
a_key_that_was_kept_signs_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(algorithms); i++) {
		struct sign_key *again;
		struct buf der = { 0 };
		struct buf a = { 0 };
		struct buf b = { 0 };

		sign_key_private(keys[i], &der);
		assert_ok(
		    sign_key_load(&again, algorithms[i], buf_view(&der), &err),
		    err);
		assert_int_equal(sign_key_algorithm(again), algorithms[i]);
		sign_sha256(keys[i], hash, &a);
		sign_sha256(again, hash, &b);
		assert_true(str_eq(buf_view(&a), buf_view(&b)));
		sign_key_free(&again);
		buf_fini(&der);
		buf_fini(&a);
		buf_fini(&b);
	}
}

/* RFC 8032 section 7.1, test 1. */
static void
the_public_half_is_that_of_rfc_8032(void **state)
{
	struct buf der = { 0 };
	struct buf hex = { 0 };
	struct buf public = { 0 };
	struct sign_key *key;

	(void)state;
	assert_ok(decode_hex(&der,
			     STR("302e020100300506032b657004220420"
				 "9d61b19deffd5a60ba844af492ec2cc4"
				 "4449c5697b326919703bac031cae7f60"),
			     &err),
		  err);
	assert_ok(sign_key_load(&key, SIGN_ED25519, buf_view(&der), &err), err);
	sign_key_public(key, &public);
	encode_hex(&hex, buf_view(&public));
	assert_str(buf_view(&hex), "d75a980182b10ab7d54bfed3c964073a"
				   "0ee172f3daa62325af021a68f707511a");
	sign_key_free(&key);
	buf_fini(&der);
	buf_fini(&hex);
	buf_fini(&public);
}

static void
what_is_no_such_key_is_refused(void **state)
{
	struct buf der = { 0 };
	struct sign_key *key = NULL;

	(void)state;
	sign_key_private(keys[SIGN_RSA], &der);
	assert_fails(sign_key_load(&key, SIGN_ED25519, buf_view(&der), &err),
		     err, ERROR_INVALID, "no private key of ed25519");
	assert_fails(sign_key_load(&key, SIGN_RSA,
				   str_slice(buf_view(&der), 0, der.len - 1),
				   &err),
		     err, ERROR_INVALID, "no private key of rsa");
	assert_fails(sign_key_load(&key, SIGN_RSA, (struct str){ 0 }, &err),
		     err, ERROR_INVALID, "0 bytes");
	assert_null(key);
	sign_key_free(&key);
	buf_fini(&der);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_public_half_verifies),
		cmocka_unit_test(a_key_that_was_kept_signs_the_same),
		cmocka_unit_test(the_public_half_is_that_of_rfc_8032),
		cmocka_unit_test(what_is_no_such_key_is_refused),
	};

	return cmocka_run_group_tests_name("sign", tests, make_keys, free_keys);
}
