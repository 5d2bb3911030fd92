#include "base/escape.h"

#include "test.h"

#define REPLACEMENT "\xef\xbf\xbd"

typedef void escape_fn(struct buf *out, struct str s);

static void
assert_escaped(escape_fn *escape, struct str s, const char *expected)
{
	struct buf b = { 0 };

	buf_cat(&b, "|");
	escape(&b, s);
	assert_str(str_slice(buf_view(&b), 1, b.len), expected);
	assert_true(str_utf8_valid(buf_view(&b)));
	buf_fini(&b);
}

static void
assert_bytes_escaped(struct str s, struct str expected)
{
	struct buf b = { 0 };

	escape_references(&b, s);
	assert_int_equal(b.len, expected.len);
	assert_memory_equal(b.p, expected.p, expected.len);
	buf_fini(&b);
}

static void
html_keeps_text_and_attributes_closed(void **state)
{
	(void)state;
	assert_escaped(escape_html, STR(""), "");
	assert_escaped(escape_html, STR("plain \xc3\xa9\n"),
		       "plain \xc3\xa9\n");
	assert_escaped(escape_html, STR("<b a=\"1\" c='2'>&amp;"),
		       "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;amp;");
	assert_escaped(escape_html, STR("a\0b\x1b"),
		       "a" REPLACEMENT "b" REPLACEMENT);
	assert_escaped(escape_html, STR("\xc3<\xf0\x9f"),
		       REPLACEMENT "&lt;" REPLACEMENT REPLACEMENT);
}

static void
references_leave_all_else_alone(void **state)
{
	(void)state;
	assert_bytes_escaped(
	    STR("<\xff\0\x1b'\xc3\xa9\xe2\x80\xa8\xc3\xa9\xc3\xa9\">&"),
	    STR("&lt;\xff\0\x1b&#39;\xc3\xa9\xe2\x80\xa8\xc3\xa9\xc3\xa9&quot;&gt;&amp;"));
}

static void
xml_keeps_white_space_and_drops_what_it_cannot_hold(void **state)
{
	(void)state;
	assert_escaped(escape_xml, STR("a\tb\r\nc"), "a&#9;b&#13;&#10;c");
	assert_escaped(escape_xml, STR("]]><&'\""),
		       "]]&gt;&lt;&amp;&#39;&quot;");
	assert_escaped(escape_xml,
		       STR("\1\xef\xbf\xbf\xef\xbf\xbe\xef\xbf\xbd"),
		       REPLACEMENT REPLACEMENT REPLACEMENT REPLACEMENT);
	assert_escaped(escape_xml, STR("\xed\xa0\x80"),
		       REPLACEMENT REPLACEMENT REPLACEMENT);
}

static void
json_may_stand_in_a_script(void **state)
{
	(void)state;
	assert_escaped(escape_json, STR("\"\\\b\f\n\r\t\0\x1f"),
		       "\\\"\\\\\\b\\f\\n\\r\\t\\u0000\\u001f");
	assert_escaped(escape_json, STR("</script>&"),
		       "\\u003c/script\\u003e\\u0026");
	assert_escaped(escape_json, STR("\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa"),
		       "\\u2028\\u2029\xe2\x80\xaa");
	assert_escaped(escape_json, STR("\xff\xf0\x9f\x98\x80"),
		       REPLACEMENT "\xf0\x9f\x98\x80");
}

/* Wherever the pieces end in which a text is read. */
static void
long_texts_are_escaped_like_short_ones(void **state)
{
	static const struct {
		const char *text, *html;
	} parts[] = {
		{ "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80" },
		{ "\xc3", REPLACEMENT },
		{ "\"", "&quot;" },
		{ "<", "&lt;" },
	};
	char text[400], expected[400 * 6];

	(void)state;
	for (size_t k = 0; k < COUNT_OF(parts); k++) {
		for (int plain = 0; plain < 200; plain++) {
			int len = snprintf(text, sizeof(text), "%*s%s%*s",
					   plain, "", parts[k].text, 70, "a");

			snprintf(expected, sizeof(expected), "%*s%s%*s", plain,
				 "", parts[k].html, 70, "a");
			assert_escaped(escape_html,
				       (struct str){ text, (size_t)len },
				       expected);
		}
	}
	memset(text, '"', sizeof(text));
	for (size_t i = 0; i < sizeof(text); i++)
		memcpy(expected + i * 6, "&quot;", 6);
	for (size_t len = 0; len < sizeof(text); len++) {
		struct buf b = { .max = len * 6 };

		escape_html(&b, (struct str){ text, len });
		assert_false(buf_full(&b));
		assert_int_equal(b.len, len * 6);
		if (len)
			assert_memory_equal(b.p, expected, len * 6);
		buf_clear(&b);
		escape_html(&b, (struct str){ text, len + 1 });
		assert_true(buf_full(&b) == (len > 0));
		buf_fini(&b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(html_keeps_text_and_attributes_closed),
		cmocka_unit_test(
		    xml_keeps_white_space_and_drops_what_it_cannot_hold),
		cmocka_unit_test(references_leave_all_else_alone),
		cmocka_unit_test(json_may_stand_in_a_script),
		cmocka_unit_test(long_texts_are_escaped_like_short_ones),
	};

	return cmocka_run_group_tests_name("base/escape", tests, NULL, NULL);
}
