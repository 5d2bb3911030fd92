#include "base/js.h"

#include "test.h"

static struct js *
parse(const char *text)
{
	struct error err = { 0 };
	struct js *js = NULL;

	assert_ok(js_parse(str_of(text), &js, &err), err);
	return js;
}

static void
reads_by_key(void **state)
{
	struct js *js = parse("{\"s\":\"\\u00e9\",\"n\":-7,\"b\":true,"
			      "\"a\":[1,\"x\",2.5],\"o\":{\"k\":false},"
			      "\"z\":null}");
	const struct js *part = NULL;
	struct error err = { 0 };
	struct str s = { 0 };
	double real = 0;
	int64_t n = 0;
	bool b = false;

	(void)state;
	assert_ok(js_get_str(js, "s", &s, &err), err);
	assert_str(s, "\xc3\xa9");
	assert_ok(js_get_int(js, "n", &n, &err), err);
	assert_int_equal(n, -7);
	assert_ok(js_get_bool(js, "b", &b, &err), err);
	assert_true(b);
	assert_ok(js_get_array(js, "a", &part, &err), err);
	assert_int_equal(js_count(part), 3);
	assert_true(js_as_str(js_at(part, 1), &s));
	assert_str(s, "x");
	assert_false(js_as_int(js_at(part, 1), &n));
	assert_true(js_as_real(js_at(part, 2), &real) && real == 2.5);
	assert_null(js_at(part, 3));
	assert_ok(js_get_object(js, "o", &part, &err), err);
	assert_int_equal(js_find_bool(part, "k", &b, &err), 1);
	assert_false(b);
	assert_int_equal(js_kind(js_find(js, "z")), JS_NULL);
	assert_null(js_find(js, "absent"));
	js_free(&js);
	assert_null(js);
	js_free(&js);
}

static void
absent_and_of_another_type_differ(void **state)
{
	struct js *js = parse("{\"n\":1,\"z\":null,\"a\":[]}");
	const struct js *array = js_find(js, "a");
	struct error err = { 0 };
	struct str s = STR("before");
	int64_t n = 5;

	(void)state;
	assert_int_equal(js_find_str(js, "absent", &s, &err), 0);
	assert_int_equal(js_find_str(js, "z", &s, &err), 0);
	assert_str(s, "before");
	assert_int_equal(err.code, ERROR_NONE);
	assert_fails(js_find_str(js, "n", &s, &err), err, ERROR_INVALID,
		     "\"n\" is an integer: expected a string");
	assert_fails(js_get_int(js, "absent", &n, &err), err, ERROR_INVALID,
		     "\"absent\" is missing: expected an integer");
	assert_fails(js_get_int(js, "z", &n, &err), err, ERROR_INVALID,
		     "missing");
	assert_fails(js_get_int(array, "k", &n, &err), err, ERROR_INVALID,
		     "an array: expected an object with \"k\"");
	assert_int_equal(n, 5);
	js_free(&js);
}

static void
members_come_in_the_order_of_the_text(void **state)
{
	struct js *js = parse("{\"b\":1,\"a\":2,\"c\":3}");
	struct js_member m = { 0 };
	struct buf b = { 0 };

	(void)state;
	while (js_next(js, &m))
		buf_str(&b, m.key);
	assert_str(buf_view(&b), "bac");
	m = (struct js_member){ 0 };
	assert_false(js_next(js_find(js, "a"), &m));
	buf_fini(&b);
	js_free(&js);
}

static void
refuses_with_line_and_column(void **state)
{
	static const struct {
		const char *text;
		const char *part;
	} cases[] = {
		{ "", "1:1: " },
		{ "{\n \"a\": 1,\n}", "3:1: " },
		{ "{\"a\":1,\"a\":2}", "duplicate object key" },
		{ "[1] x", "1:5: " },
		{ "[\"\\u0000\"]", "1:" },
		{ "[\"\x80\"]", "1:" },
		{ "[99999999999999999999]", "1:" },
		{ "[\"a\nb\"]", "1:" },
		{ "NaN", "1:" },
	};
	struct error err = { 0 };
	struct js *js = NULL;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_fails(js_parse(str_of(cases[i].text), &js, &err), err,
			     ERROR_INVALID, cases[i].part);
		assert_null(strchr(err.text, '\n'));
	}
	assert_null(js);
}

static void
depth_and_size_are_capped(void **state)
{
	struct buf b = { 0 };
	struct error err = { 0 };
	struct js *js = NULL;

	(void)state;
	buf_cat(&b, "[\"[[\\\"[\",\n");
	for (int i = 1; i < JS_DEPTH_MAX; i++)
		buf_char(&b, '[');
	for (int i = 0; i < JS_DEPTH_MAX; i++)
		buf_char(&b, ']');
	assert_ok(js_parse(buf_view(&b), &js, &err), err);
	js_free(&js);
	buf_clear(&b);
	buf_cat(&b, "[\n");
	for (int i = 0; i < 100000; i++)
		buf_char(&b, '[');
	assert_fails(js_parse(buf_view(&b), &js, &err), err, ERROR_LIMIT,
		     "2:64: nested too deeply");
	assert_non_null(buf_grow(&b, JS_BYTES_MAX));
	assert_fails(js_parse(buf_view(&b), &js, &err), err, ERROR_LIMIT,
		     "bytes");
	buf_fini(&b);
}

static void
write_sample(struct js_writer *w)
{
	js_begin_object(w);
	js_key(w, STR("id"));
	js_int(w, INT64_MIN);
	js_key(w, STR("list"));
	js_begin_array(w);
	js_bool(w, true);
	js_null(w);
	js_begin_object(w);
	js_end_object(w);
	js_end_array(w);
	js_key(w, STR("text"));
	js_string(w, STR("a\"\\/\b\f\n\r\t\x01\xc3\xa9"));
	js_end_object(w);
	js_writer_end(w);
}

static void
writes_minified_and_indented(void **state)
{
	struct js_writer w;
	struct buf b = { 0 };

	(void)state;
	js_writer_init(&w, &b, false);
	write_sample(&w);
	assert_str(buf_view(&b),
		   "{\"id\":-9223372036854775808,\"list\":[true,null,{}],"
		   "\"text\":\"a\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\xc3\xa9\"}");
	buf_clear(&b);
	js_writer_init(&w, &b, true);
	write_sample(&w);
	assert_str(buf_view(&b),
		   "{\n"
		   "  \"id\": -9223372036854775808,\n"
		   "  \"list\": [\n"
		   "    true,\n"
		   "    null,\n"
		   "    {}\n"
		   "  ],\n"
		   "  \"text\": "
		   "\"a\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\xc3\xa9\"\n"
		   "}\n");
	buf_fini(&b);
}

static void
every_byte_written_reads_back(void **state)
{
	struct error err = { 0 };
	struct buf b = { 0 };
	struct js_writer w;
	struct js *js = NULL;
	struct str back = { 0 };
	char c;

	(void)state;
	for (int byte = 1; byte < 256; byte++) {
		c = (char)byte;
		buf_clear(&b);
		js_writer_init(&w, &b, false);
		js_string(&w, (struct str){ &c, 1 });
		js_writer_end(&w);
		assert_ok(js_parse(buf_view(&b), &js, &err), err);
		assert_true(js_as_str(js, &back));
		if (byte < 0x80)
			assert_true(str_eq(back, (struct str){ &c, 1 }));
		else
			assert_str(back, "\xef\xbf\xbd");
		js_free(&js);
	}
	buf_fini(&b);
}

static void
a_member_is_written_at_once(void **state)
{
	struct buf b = { 0 };
	struct js_writer w;

	(void)state;
	js_writer_init(&w, &b, false);
	js_begin_object(&w);
	js_key_str(&w, "step", STR("invite"));
	js_key_int(&w, "count", -3);
	js_key_bool(&w, "dirty", true);
	js_end_object(&w);
	js_writer_end(&w);
	assert_str(buf_view(&b),
		   "{\"step\":\"invite\",\"count\":-3,\"dirty\":true}");
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_by_key),
		cmocka_unit_test(absent_and_of_another_type_differ),
		cmocka_unit_test(members_come_in_the_order_of_the_text),
		cmocka_unit_test(refuses_with_line_and_column),
		cmocka_unit_test(depth_and_size_are_capped),
		cmocka_unit_test(writes_minified_and_indented),
		cmocka_unit_test(every_byte_written_reads_back),
		cmocka_unit_test(a_member_is_written_at_once),
	};

	return cmocka_run_group_tests_name("base/js", tests, NULL, NULL);
}
