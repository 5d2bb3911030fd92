/*
 * What is refused, and that what is one less is not. `b` is what is built.
 */
#include "markup.h"

static struct buf b;

static int
read_it(void)
{
	struct str out;
	int code = html_sanitise(a, buf_view(&b), &out, &err);

	buf_fini(&b);
	return code;
}

static void
bytes_are_limited(void **state)
{
	(void)state;
	repeat(&b, "x", HTML_BYTES_MAX);
	assert_ok(read_it(), err);
	repeat(&b, "x", HTML_BYTES_MAX + 1);
	assert_fails(read_it(), err, ERROR_LIMIT, "expected at most 65536");
}

/* A reference takes more bytes than what it stands for. */
static void
bytes_that_come_out_are_limited_too(void **state)
{
	(void)state;
	repeat(&b, "&", HTML_BYTES_MAX / 5);
	assert_ok(read_it(), err);
	repeat(&b, "&", HTML_BYTES_MAX / 5 + 1);
	assert_fails(read_it(), err, ERROR_LIMIT, "found 65540 bytes");
}

static void
tags_are_limited_wherever_they_stand(void **state)
{
	(void)state;
	repeat(&b, "<b></b>", HTML_TAGS_MAX / 2);
	assert_ok(read_it(), err);
	repeat(&b, "<b></b>", HTML_TAGS_MAX / 2);
	buf_cat(&b, "<!-- <b -->");
	assert_fails(read_it(), err, ERROR_LIMIT, "more than 4096 tags");
	repeat(&b, "< b ", HTML_TAGS_MAX + 1);
	assert_ok(read_it(), err);
}

/* `count` attributes, each written as `more` says after its number. */
static int
read_attributes(int count, const char *more)
{
	buf_cat(&b, "<b ");
	for (int i = 0; i < count; i++)
		buf_printf(&b, "a%d%s", i, more);
	buf_cat(&b, ">many words of text after it</b>");
	return read_it();
}

static void
attributes_of_a_tag_are_limited(void **state)
{
	static const char *const ways[] = { " ", "/", "=v\n", "=''",
					    " = \"> x y\"/" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(ways); i++) {
		assert_ok(read_attributes(HTML_ATTRIBUTES_MAX, ways[i]), err);
		assert_fails(read_attributes(HTML_ATTRIBUTES_MAX + 1, ways[i]),
			     err, ERROR_LIMIT, "more than 64 attributes");
	}
	buf_cat(&b, "</b ");
	repeat(&b, "a ", HTML_ATTRIBUTES_MAX + 1);
	assert_fails(read_it(), err, ERROR_LIMIT, "attributes");
	buf_cat(&b, "<b x='1'>");
	repeat(&b, "word ", 100);
	assert_ok(read_it(), err);
}

static void
depth_is_limited(void **state)
{
	(void)state;
	repeat(&b, "<div>", HTML_DEPTH_MAX);
	assert_ok(read_it(), err);
	repeat(&b, "<div>", HTML_DEPTH_MAX + 1);
	assert_fails(read_it(), err, ERROR_LIMIT, "more than 64 elements");
	repeat(&b, "<div><p><svg><a></div>", HTML_TAGS_MAX / 5);
	assert_ok(read_it(), err);
}

/* Every paragraph opens them all again. */
static void
what_grows_when_it_is_mended_is_limited(void **state)
{
	(void)state;
	buf_cat(&b, "<p>");
	for (int i = 0; i < 1000; i++)
		buf_printf(&b, "<b x=%d>", i);
	buf_cat(&b, "</p>");
	repeat(&b, "<p>x</p>", 1500);
	assert_fails(read_it(), err, ERROR_LIMIT, "grows beyond");
}

static void
what_is_no_utf8_is_refused(void **state)
{
	(void)state;
	buf_cat(&b, "caf\xe9");
	assert_fails(read_it(), err, ERROR_INVALID, "no UTF-8");
	buf_cat(&b, "\xc0\xbcscript>");
	assert_fails(read_it(), err, ERROR_INVALID, "no UTF-8");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HTML_TEST(bytes_are_limited),
		HTML_TEST(bytes_that_come_out_are_limited_too),
		HTML_TEST(tags_are_limited_wherever_they_stand),
		HTML_TEST(attributes_of_a_tag_are_limited),
		HTML_TEST(depth_is_limited),
		HTML_TEST(what_grows_when_it_is_mended_is_limited),
		HTML_TEST(what_is_no_utf8_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
