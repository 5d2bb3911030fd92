#include "base/encode.h"

#include "test.h"

typedef void encode_fn(struct buf *out, struct str bytes);
typedef int decode_fn(struct buf *out, struct str text, struct error *err);

struct encoding {
	encode_fn *encode;
	decode_fn *decode;
	const char *texts[7]; /* of "", "f", "fo" ... "foobar" */
};

/* RFC 4648 section 10, in our case and padding. */
static const struct encoding encodings[] = {
	{ encode_hex,
	  decode_hex,
	  { "", "66", "666f", "666f6f", "666f6f62", "666f6f6261",
	    "666f6f626172" } },
	{ encode_base64,
	  decode_base64,
	  { "", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy" } },
	{ encode_base64url,
	  decode_base64url,
	  { "", "Zg", "Zm8", "Zm9v", "Zm9vYg", "Zm9vYmE", "Zm9vYmFy" } },
	{ encode_base32,
	  decode_base32,
	  { "", "my", "mzxq", "mzxw6", "mzxw6yq", "mzxw6ytb", "mzxw6ytboi" } },
};

static void
encodes_and_decodes_the_vectors_of_the_rfc(void **state)
{
	struct error err = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(encodings); i++) {
		const struct encoding *e = &encodings[i];

		for (size_t len = 0; len <= 6; len++) {
			struct str bytes = str_slice(STR("foobar"), 0, len);
			struct buf text = { 0 }, back = { 0 };

			e->encode(&text, bytes);
			assert_str(buf_view(&text), e->texts[len]);
			assert_ok(e->decode(&back, buf_view(&text), &err), err);
			assert_true(str_eq(buf_view(&back), bytes));
			buf_fini(&text);
			buf_fini(&back);
		}
	}
}

static void
all_bytes_come_back(void **state)
{
	char bytes[256];
	struct error err = { 0 };

	(void)state;
	for (int i = 0; i < 256; i++)
		bytes[i] = (char)(unsigned char)(255 - i);
	for (size_t i = 0; i < COUNT_OF(encodings); i++) {
		struct str s = { bytes, sizeof(bytes) };
		struct buf text = { 0 }, back = { 0 };

		encodings[i].encode(&text, s);
		assert_ok(encodings[i].decode(&back, buf_view(&text), &err),
			  err);
		assert_true(str_eq(buf_view(&back), s));
		buf_fini(&text);
		buf_fini(&back);
	}
}

static void
refuses_all_but_the_one_text(void **state)
{
	static const struct {
		decode_fn *decode;
		const char *text;
		const char *part;
	} cases[] = {
		{ decode_hex, "6", "one more or less" },
		{ decode_hex, "6G", "byte 0x47 at 2" },
		{ decode_hex, "6F", "digit of hex" },
		{ decode_base64, "Zg", "groups of 4" },
		{ decode_base64, "Zg=", "groups of 4" },
		{ decode_base64, "Zh==", "bits behind" },
		{ decode_base64, "Zm9=", "bits behind" },
		{ decode_base64, "Z===", "byte 0x3d" },
		{ decode_base64, "====", "byte 0x3d" },
		{ decode_base64, "Zm9v====", "byte 0x3d" },
		{ decode_base64, "Zg==Zg==", "byte 0x3d" },
		{ decode_base64, "Zm9v\n", "groups of 4" },
		{ decode_base64, "Zm-_", "byte 0x2d" },
		{ decode_base64url, "Zg==", "byte 0x3d" },
		{ decode_base64url, "Zm+/", "byte 0x2b" },
		{ decode_base64url, "Z", "one more or less" },
		{ decode_base64url, "Zh", "bits behind" },
		{ decode_base32, "m", "one more or less" },
		{ decode_base32, "mzx", "one more or less" },
		{ decode_base32, "mz", "bits behind" },
		{ decode_base32, "MY", "byte 0x4d at 1" },
		{ decode_base32, "m1", "byte 0x31 at 2" },
	};
	struct buf b = { 0 };

	(void)state;
	buf_cat(&b, "kept");
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct error err = { 0 };

		assert_fails(cases[i].decode(&b, str_of(cases[i].text), &err),
			     err, ERROR_INVALID, cases[i].part);
		assert_str(buf_view(&b), "kept");
	}
	buf_fini(&b);
}

static void
a_full_buf_is_a_limit(void **state)
{
	struct error err = { 0 };
	struct buf b = { .max = 2 };

	(void)state;
	assert_fails(decode_hex(&b, STR("616263"), &err), err, ERROR_LIMIT,
		     "no more than 2");
	buf_fini(&b);
}

static void
ids_have_thirteen_characters_that_sort(void **state)
{
	static const struct {
		int64_t id;
		const char *text;
	} cases[] = {
		{ 0, "0000000000000" },
		{ 1, "0000000000001" },
		{ 31, "000000000000z" },
		{ 32, "0000000000010" },
		{ 1234567890123, "000013xrzp16b" },
		{ INT64_MAX, "7zzzzzzzzzzzz" },
		{ INT64_MIN, "8000000000000" },
		{ -1, "fzzzzzzzzzzzz" },
	};
	struct error err = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct buf b = { 0 };
		int64_t id = 5;

		encode_id(&b, cases[i].id);
		assert_str(buf_view(&b), cases[i].text);
		assert_ok(decode_id(buf_view(&b), &id, &err), err);
		assert_true(id == cases[i].id);
		buf_fini(&b);
	}
}

static void
ids_are_read_strictly(void **state)
{
	static const char *const bad[] = { "",
					   "000000000001",
					   "00000000000001",
					   "g000000000000",
					   "000000000000Z",
					   "000000000000o",
					   "000000000000u",
					   "00000000000 1" };
	int64_t id = 5;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct error err = { 0 };

		assert_fails(decode_id(str_of(bad[i]), &id, &err), err,
			     ERROR_INVALID, "expected");
		assert_int_equal(id, 5);
	}
}

static void
percent_leaves_the_unreserved(void **state)
{
	struct buf b = { 0 };

	(void)state;
	encode_percent(&b, STR("aZ09-._~ /?&=+%\xc3\xa9\0"));
	assert_str(buf_view(&b), "aZ09-._~%20%2F%3F%26%3D%2B%25%C3%A9%00");
	buf_fini(&b);
}

static void
a_digit_has_a_value(void **state)
{
	static const char digits[] = "0123456789abcdef";

	(void)state;
	for (int i = 0; i < 16; i++)
		assert_int_equal(encode_hex_value(digits[i]), i);
	assert_int_equal(encode_hex_value('F'), 15);
	assert_int_equal(encode_hex_value('g'), -1);
	assert_int_equal(encode_hex_value('\0'), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_digit_has_a_value),
		cmocka_unit_test(encodes_and_decodes_the_vectors_of_the_rfc),
		cmocka_unit_test(all_bytes_come_back),
		cmocka_unit_test(refuses_all_but_the_one_text),
		cmocka_unit_test(a_full_buf_is_a_limit),
		cmocka_unit_test(ids_have_thirteen_characters_that_sort),
		cmocka_unit_test(ids_are_read_strictly),
		cmocka_unit_test(percent_leaves_the_unreserved),
	};

	return cmocka_run_group_tests_name("base/encode", tests, NULL, NULL);
}
