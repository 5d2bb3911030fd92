#include "image/image_qr.h"

#include "test.h"

static bool
has(const struct buf *b, const char *part)
{
	return str_find(buf_view(b), str_of(part)) >= 0;
}

static void
refused(struct image_qr qr, enum error_code code, const char *why)
{
	struct error err = { 0 };
	struct buf b = { 0 };

	assert_fails(image_qr_svg(&qr, &b, &err), err, code, why);
	assert_int_equal(b.len, 0);
}

/* 17 characters are a version 2 of 25 modules, and 4 on each side. */
static void
the_smallest_code_has_its_quiet_zone(void **state)
{
	const struct image_qr qr = { .text = STR("https://a.example") };
	struct error err = { 0 };
	struct buf b = { 0 };

	(void)state;
	assert_ok(image_qr_svg(&qr, &b, &err), err);
	assert_true(has(&b, "width=\"132\" height=\"132\""));
	assert_true(has(&b, "viewBox=\"0 0 33 33\""));
	assert_true(
	    has(&b, "<rect width=\"33\" height=\"33\" fill=\"#fff\"/>"));
	/* The eyes: seven wide at three of the corners. */
	assert_true(has(&b, " d=\"M4 4h7v1h-7z"));
	assert_true(has(&b, "M22 4h7v1h-7z"));
	assert_true(has(&b, "M4 22h7v1h-7z"));
	assert_false(has(&b, "M22 22h7v1h-7z"));
	buf_fini(&b);
}

static void
a_code_says_what_it_is(void **state)
{
	struct image_qr qr = { .text = STR("https://a.example/?a=\"1\"&b=<"),
			       .pixels = 200 };
	struct error err = { 0 };
	struct buf b = { 0 };

	(void)state;
	assert_ok(image_qr_svg(&qr, &b, &err), err);
	assert_true(has(&b, "width=\"200\" height=\"200\""));
	assert_true(has(&b, "role=\"img\" aria-label=\"https://a.example/?a="
			    "&quot;1&quot;&amp;b=&lt;\""));
	buf_clear(&b);
	qr.label = STR("Our offer");
	assert_ok(image_qr_svg(&qr, &b, &err), err);
	assert_true(has(&b, "aria-label=\"Our offer\""));
	buf_fini(&b);
}

static void
the_same_text_gives_the_same_bytes(void **state)
{
	const struct image_qr qr = { .text = STR("tel:+493023125417") };
	struct error err = { 0 };
	struct buf a = { 0 }, b = { 0 };

	(void)state;
	assert_ok(image_qr_svg(&qr, &a, &err), err);
	assert_ok(image_qr_svg(&qr, &b, &err), err);
	assert_true(str_eq(buf_view(&a), buf_view(&b)));
	buf_fini(&a);
	buf_fini(&b);
}

static void
what_cannot_be_a_code_is_refused(void **state)
{
	char text[IMAGE_QR_MAX_BYTES + 1];

	(void)state;
	memset(text, 'x', sizeof(text));
	refused((struct image_qr){ .text = { text, sizeof(text) } },
		ERROR_LIMIT, "found a text of 1001 bytes, expected at most");
	refused((struct image_qr){ 0 }, ERROR_INVALID, "found no text");
	refused((struct image_qr){ .text = STR("a\0b") }, ERROR_INVALID,
		"no UTF-8");
	refused((struct image_qr){ .text = STR("\xff") }, ERROR_INVALID,
		"no UTF-8");
	refused((struct image_qr){ .text = STR("a"), .pixels = 5000 },
		ERROR_INVALID, "expected 1 to 4096");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_smallest_code_has_its_quiet_zone),
		cmocka_unit_test(a_code_says_what_it_is),
		cmocka_unit_test(the_same_text_gives_the_same_bytes),
		cmocka_unit_test(what_cannot_be_a_code_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
