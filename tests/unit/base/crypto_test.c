#include "base/crypto.h"

#include "test.h"

static void
assert_hex(const uint8_t digest[32], const char *expected)
{
	char hex[65];

	for (size_t i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	assert_string_equal(hex, expected);
}

static int
init(void **state)
{
	(void)state;
	crypto_init();
	crypto_init();
	return 0;
}

static void
sha256_gives_the_answers_of_fips_180(void **state)
{
	uint8_t out[32];

	(void)state;
	crypto_sha256(STR("abc"), out);
	assert_hex(out, "ba7816bf8f01cfea414140de5dae2223"
			"b00361a396177a9cb410ff61f20015ad");
	crypto_sha256((struct str){ 0 }, out);
	assert_hex(out, "e3b0c44298fc1c149afbf4c8996fb924"
			"27ae41e4649b934ca495991b7852b855");
	crypto_sha256(STR("abcdbcdecdefdefgefghfghighijhijk"
			  "ijkljklmklmnlmnomnopnopq"),
		      out);
	assert_hex(out, "248d6a61d20638b8e5c026930c3e6039"
			"a33ce45964ff2167f6ecedd419db06c1");
}

static void
pieces_hash_as_the_whole(void **state)
{
	struct crypto_hash h;
	uint8_t out[32];

	(void)state;
	crypto_hash_init(&h);
	crypto_hash_add(&h, STR("a"));
	crypto_hash_add(&h, (struct str){ 0 });
	crypto_hash_add(&h, STR("bc"));
	crypto_hash_end(&h, out);
	assert_null(h.state);
	assert_hex(out, "ba7816bf8f01cfea414140de5dae2223"
			"b00361a396177a9cb410ff61f20015ad");
}

/* Keys shorter than a block are padded with zeros, so RFC 4231's fit ours. */
static void
hmac_gives_the_answers_of_rfc_4231(void **state)
{
	static const struct {
		uint8_t key[32];
		const char *data;
		const char *mac;
	} cases
	    [] = {
		    { { 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b,
			0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b,
			0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b },
		      "Hi There",
		      "b0344c61d8db38535ca8afceaf0bf12b"
		      "881dc200c9833da726e9376c2e32cff7" },
		    { { 'J', 'e', 'f', 'e' },
		      "what do ya want for nothing?",
		      "5bdcc146bf60754e6a042426089575c7"
		      "5a003f089d2739839dec58b964ec3843" },
	    };
	struct crypto_mac *mac;
	uint8_t out[32];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		crypto_hmac(cases[i].key, str_of(cases[i].data), out);
		assert_hex(out, cases[i].mac);
		mac = crypto_mac_new(cases[i].key);
		for (int again = 0; again < 2; again++) {
			crypto_mac_compute(mac, str_of(cases[i].data), out);
			assert_hex(out, cases[i].mac);
		}
		crypto_mac_free(&mac);
		assert_null(mac);
		crypto_mac_free(&mac);
	}
}

static void
derive_gives_the_answer_of_rfc_5869(void **state)
{
	static const uint8_t key[32] = {
		0x07, 0x77, 0x09, 0x36, 0x2c, 0x2e, 0x32, 0xdf,
		0x0d, 0xdc, 0x3f, 0x0d, 0xc4, 0x7b, 0xba, 0x63,
		0x90, 0xb6, 0xc7, 0x3b, 0xb5, 0x0f, 0x9c, 0x31,
		0x22, 0xec, 0x84, 0x4a, 0xd7, 0xc2, 0xb3, 0xe5,
	};
	uint8_t out[32];

	(void)state;
	crypto_derive(key, "\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9", out);
	assert_hex(out, "3cb25f25faacd57a90434f64d0362f2a"
			"2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
}

static void
equal_compares_and_wipe_zeroes(void **state)
{
	char a[4] = "abc";

	(void)state;
	assert_true(crypto_equal(a, "abc", 3));
	assert_false(crypto_equal(a, "abd", 3));
	assert_true(crypto_equal(a, "x", 0));
	crypto_wipe(a, sizeof(a));
	assert_memory_equal(a, "\0\0\0\0", 4);
}

static void
what_is_sealed_opens(void **state)
{
	static const uint8_t key[32] = { 7 };
	struct buf first = { 0 };
	struct buf second = { 0 };
	struct buf plain = { 0 };
	struct error err = { 0 };

	(void)state;
	crypto_seal(key, STR("smtp password"), STR("acme"), &first);
	crypto_seal(key, STR("smtp password"), STR("acme"), &second);
	assert_int_equal(first.len, 13 + CRYPTO_SEAL_BYTES);
	assert_false(str_eq(buf_view(&first), buf_view(&second)));
	buf_cat(&plain, "> ");
	assert_ok(crypto_open(key, buf_view(&first), STR("acme"), &plain, &err),
		  err);
	assert_str(buf_view(&plain), "> smtp password");
	buf_fini(&first);
	buf_fini(&second);
	buf_fini(&plain);
}

static void
every_flipped_bit_is_denied(void **state)
{
	static const uint8_t key[32] = { 7 };
	struct buf sealed = { 0 };
	struct buf plain = { 0 };
	struct error err = { 0 };

	(void)state;
	crypto_seal(key, STR("x"), STR("acme"), &sealed);
	for (size_t bit = 0; bit < sealed.len * 8; bit++) {
		sealed.p[bit / 8] ^= (char)(1 << bit % 8);
		assert_fails(crypto_open(key, buf_view(&sealed), STR("acme"),
					 &plain, &err),
			     err, ERROR_DENIED, "does not verify");
		sealed.p[bit / 8] ^= (char)(1 << bit % 8);
	}
	assert_fails(
	    crypto_open(key, buf_view(&sealed), STR("other"), &plain, &err),
	    err, ERROR_DENIED, "does not verify");
	assert_fails(crypto_open(key, STR("short"), STR("acme"), &plain, &err),
		     err, ERROR_DENIED, "cut short");
	assert_int_equal(plain.len, 0);
	buf_fini(&sealed);
	buf_fini(&plain);
}

static void
opening_keeps_to_the_limit_of_the_buf(void **state)
{
	static const uint8_t key[32] = { 7 };
	struct buf sealed = { 0 };
	struct buf plain = { .max = 2 };
	struct error err = { 0 };

	(void)state;
	crypto_seal(key, STR("abc"), STR(""), &sealed);
	assert_fails(crypto_open(key, buf_view(&sealed), STR(""), &plain, &err),
		     err, ERROR_LIMIT, "3 bytes");
	buf_fini(&sealed);
	buf_fini(&plain);
}

/* Cases 2 and 6 of RFC 4231: a short key, and one longer than a block. */
static void
a_key_may_have_any_length(void **state)
{
	char key[131];
	uint8_t out[32];

	(void)state;
	crypto_hmac_key(STR("Jefe"), STR("what do ya want for nothing?"), out);
	assert_hex(out, "5bdcc146bf60754e6a042426089575c7"
			"5a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, sizeof(key));
	crypto_hmac_key(
	    (struct str){ key, sizeof(key) },
	    STR("Test Using Larger Than Block-Size Key - Hash Key First"), out);
	assert_hex(out, "60e431591ee0b67f0d8a26aacbf5b77f"
			"8e0bc6213728c5140546040f0ee37f54");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha256_gives_the_answers_of_fips_180),
		cmocka_unit_test(pieces_hash_as_the_whole),
		cmocka_unit_test(hmac_gives_the_answers_of_rfc_4231),
		cmocka_unit_test(a_key_may_have_any_length),
		cmocka_unit_test(derive_gives_the_answer_of_rfc_5869),
		cmocka_unit_test(equal_compares_and_wipe_zeroes),
		cmocka_unit_test(what_is_sealed_opens),
		cmocka_unit_test(every_flipped_bit_is_denied),
		cmocka_unit_test(opening_keeps_to_the_limit_of_the_buf),
	};

	return cmocka_run_group_tests_name("base/crypto", tests, init, NULL);
}
