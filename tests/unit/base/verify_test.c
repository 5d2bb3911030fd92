/* What OpenSSL signs is verified, and nothing else is. */
#include "base/verify.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "test.h"

static const int64_t FROM_MS = INT64_C(1700000000000);
static const int64_t UNTIL_MS = INT64_C(1800000000000);
static const struct str text = { "what is signed", 14 };

static EVP_PKEY *rsa, *small, *ec, *other_curve;
static struct error err;

static int
make_keys(void **state)
{
	(void)state;
	rsa = EVP_RSA_gen(2048u);
	small = EVP_RSA_gen(1024u);
	ec = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	other_curve = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-384");
	return 0;
}

static int
free_keys(void **state)
{
	(void)state;
	EVP_PKEY_free(rsa);
	EVP_PKEY_free(small);
	EVP_PKEY_free(ec);
	EVP_PKEY_free(other_curve);
	return 0;
}

/* ---- what others make ---- */

static void
add_der(EVP_PKEY *key, struct buf *out)
{
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(key, &der);

	assert_true(len > 0);
	buf_add(out, der, (size_t)len);
	OPENSSL_free(der);
}

static void
add_certificate(EVP_PKEY *key, EVP_PKEY *signer, struct buf *out)
{
	X509 *x = X509_new();
	BIO *bio = BIO_new(BIO_s_mem());
	char *p;
	long len;

	assert_non_null(ASN1_TIME_set(X509_getm_notBefore(x), FROM_MS / 1000));
	assert_non_null(ASN1_TIME_set(X509_getm_notAfter(x), UNTIL_MS / 1000));
	assert_int_equal(X509_set_pubkey(x, key), 1);
	assert_true(X509_sign(x, signer, EVP_sha256()) > 0);
	assert_int_equal(PEM_write_bio_X509(bio, x), 1);
	len = BIO_get_mem_data(bio, &p);
	buf_add(out, p, (size_t)len);
	BIO_free(bio);
	X509_free(x);
}

static void
add_signature(EVP_PKEY *key, const EVP_MD *md, struct buf *out)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t len = 512;
	unsigned char *at = (unsigned char *)buf_grow(out, len);

	assert_int_equal(EVP_DigestSignInit(ctx, NULL, md, NULL, key), 1);
	assert_int_equal(EVP_DigestSign(ctx, at, &len,
					(const unsigned char *)text.p,
					text.len),
			 1);
	buf_truncate(out, len);
	EVP_MD_CTX_free(ctx);
}

static struct verify_key *
load(EVP_PKEY *key)
{
	struct buf der = { 0 };
	struct verify_key *out = NULL;

	add_der(key, &der);
	if (verify_key_load(&out, buf_view(&der), &err) < 0)
		assert_int_equal(err.code, ERROR_INVALID);
	buf_fini(&der);
	return out;
}

/* ---- signatures ---- */

static void
a_signature_is_of_these_bytes_by_this_key(void **state)
{
	EVP_PKEY *const signers[] = { rsa, ec };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(signers); i++) {
		struct verify_key *key = load(signers[i]);
		struct verify_key *other = load(signers[!i]);
		struct buf good = { 0 };

		add_signature(signers[i], EVP_sha256(), &good);
		assert_true(verify_signature(key, VERIFY_SHA256, text,
					     buf_view(&good)));
		assert_false(
		    verify_signature(key, VERIFY_SHA1, text, buf_view(&good)));
		assert_false(verify_signature(other, VERIFY_SHA256, text,
					      buf_view(&good)));
		assert_false(verify_signature(key, VERIFY_SHA256,
					      str_slice(text, 1, text.len),
					      buf_view(&good)));
		for (size_t len = 0; len < good.len; len++)
			assert_false(verify_signature(
			    key, VERIFY_SHA256, text,
			    str_slice(buf_view(&good), 0, len)));
		good.p[good.len / 2] ^= 1;
		assert_false(verify_signature(key, VERIFY_SHA256, text,
					      buf_view(&good)));
		buf_fini(&good);
		verify_key_free(&key);
		verify_key_free(&other);
	}
}

static void
rsa_signs_by_sha1_too(void **state)
{
	struct verify_key *key = load(rsa);
	struct buf signature = { 0 };

	(void)state;
	add_signature(rsa, EVP_sha1(), &signature);
	assert_true(
	    verify_signature(key, VERIFY_SHA1, text, buf_view(&signature)));
	assert_false(
	    verify_signature(key, VERIFY_SHA256, text, buf_view(&signature)));
	buf_fini(&signature);
	verify_key_free(&key);
}

/* ---- keys ---- */

static void
keys_that_are_weak_or_of_another_kind_are_none(void **state)
{
	struct verify_key *key = NULL;
	struct buf der = { 0 };

	(void)state;
	assert_null(load(small));
	assert_null(load(other_curve));
	add_der(ec, &der);
	for (size_t len = 0; len < der.len; len++)
		assert_true(verify_key_load(&key,
					    str_slice(buf_view(&der), 0, len),
					    &err) < 0);
	buf_char(&der, 'x');
	assert_true(verify_key_load(&key, buf_view(&der), &err) < 0);
	buf_fini(&der);
}

static void
certificates_count_within_their_days(void **state)
{
	struct verify_key *keys[2];
	struct buf pem = { 0 };

	(void)state;
	buf_cat(&pem, "some words before\n");
	add_certificate(rsa, rsa, &pem);
	add_certificate(ec, rsa, &pem);
	assert_int_equal(verify_keys_load(keys, 2, buf_view(&pem), &err), 2);
	assert_false(verify_key_is_current(keys[0], FROM_MS - 1000));
	assert_true(verify_key_is_current(keys[0], FROM_MS + 1000));
	assert_true(verify_key_is_current(keys[1], UNTIL_MS - 1000));
	assert_false(verify_key_is_current(keys[1], UNTIL_MS + 1000));
	verify_key_free(&keys[0]);
	verify_key_free(&keys[1]);
	assert_int_equal(verify_keys_load(keys, 1, buf_view(&pem), &err),
			 -ERROR_LIMIT);
	buf_fini(&pem);
}

static void
what_is_no_pem_is_refused_as_a_whole(void **state)
{
	struct verify_key *keys[2];
	struct buf pem = { 0 };
	size_t first;

	(void)state;
	assert_true(verify_keys_load(keys, 2, STR(""), &err) < 0);
	assert_true(verify_keys_load(keys, 2, STR("words\n"), &err) < 0);
	add_certificate(rsa, rsa, &pem);
	first = pem.len;
	add_certificate(small, rsa, &pem);
	assert_int_equal(verify_keys_load(keys, 2, buf_view(&pem), &err),
			 -ERROR_INVALID);
	assert_int_equal(
	    verify_keys_load(keys, 2, str_slice(buf_view(&pem), 0, first + 200),
			     &err),
	    -ERROR_INVALID);
	buf_fini(&pem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signature_is_of_these_bytes_by_this_key),
		cmocka_unit_test(rsa_signs_by_sha1_too),
		cmocka_unit_test(
		    keys_that_are_weak_or_of_another_kind_are_none),
		cmocka_unit_test(certificates_count_within_their_days),
		cmocka_unit_test(what_is_no_pem_is_refused_as_a_whole),
	};

	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
