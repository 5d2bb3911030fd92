#include "base/arena.h"
#include "http/http.h"
#include "test.h"

#define MULTIPART "multipart/form-data; boundary="

static struct arena *a;
static struct http_pair *pairs;
static struct error err;

static int
with_arena(void **state)
{
	(void)state;
	a = arena_new();
	return 0;
}

static int
without_arena(void **state)
{
	(void)state;
	arena_free(&a);
	return 0;
}

static void
a_form_is_pairs(void **state)
{
	int n;

	(void)state;
	n = http_form(a, STR("a=1&b=x+y%2B&&c&d=&=e&b=second&f=%C3%BC=%0A"),
		      &pairs, 10, &err);
	assert_int_equal(n, 7);
	assert_str(pairs[0].name, "a");
	assert_str(pairs[0].value, "1");
	assert_str(pairs[1].value, "x y+");
	assert_str(pairs[2].name, "c");
	assert_str(pairs[2].value, "");
	assert_str(pairs[4].name, "");
	assert_str(pairs[4].value, "e");
	assert_str(pairs[6].value, "\xc3\xbc=\n");
	assert_str(http_form_get(pairs, n, "b"), "x y+");
	assert_str(http_form_get(pairs, n, "nothing"), "");
}

static void
an_empty_form_has_no_pairs(void **state)
{
	(void)state;
	assert_int_equal(http_form(a, STR(""), &pairs, 0, &err), 0);
	assert_int_equal(http_form(a, STR("&&"), &pairs, 0, &err), 0);
}

static void
a_bad_form_is_refused(void **state)
{
	(void)state;
	assert_fails(http_form(a, STR("a=%"), &pairs, 9, &err), err,
		     ERROR_INVALID, "hex");
	assert_fails(http_form(a, STR("a=%4"), &pairs, 9, &err), err,
		     ERROR_INVALID, "hex");
	assert_fails(http_form(a, STR("%zz=1"), &pairs, 9, &err), err,
		     ERROR_INVALID, "hex");
	assert_fails(http_form(a, STR("a=1&b=%00"), &pairs, 9, &err), err,
		     ERROR_INVALID, "field 2");
	assert_fails(http_form(a, STR("a=%ff"), &pairs, 9, &err), err,
		     ERROR_INVALID, "UTF-8");
	assert_fails(http_form(a, STR("a&b&c"), &pairs, 2, &err), err,
		     ERROR_LIMIT, "2 fields");
}

static int
multipart(const char *type, const char *body)
{
	return http_form_multipart(a, str_of(type), str_of(body), &pairs, 4,
				   &err);
}

static void
one_click_may_be_multipart(void **state)
{
	(void)state;
	assert_int_equal(
	    multipart(MULTIPART "abc",
		      "--abc\r\nContent-Disposition: form-data; "
		      "name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--abc--"),
	    1);
	assert_str(http_form_get(pairs, 1, "List-Unsubscribe"), "One-Click");
	assert_int_equal(
	    multipart("Multipart/Form-Data;charset=utf-8; boundary=\"a; c\"",
		      "--a; c\r\ncontent-disposition:form-data;name=x\r\n"
		      "Content-Type: text/plain\r\n\r\n\r\n--a; c\r\n"
		      "Content-Disposition: form-data; name=y\r\n\r\n"
		      "1\r\n2\r\n--a; c--\r\n"),
	    2);
	assert_str(http_form_get(pairs, 2, "x"), "");
	assert_str(http_form_get(pairs, 2, "y"), "1\r\n2");
}

static void
a_bad_boundary_is_refused(void **state)
{
	static const char *const types[] = {
		"multipart/form-data",
		"multipart/form-data; boundary=",
		"multipart/form-data; boundary=\"x",
		"multipart/form-data; boundary=\"\\\"\"",
		"multipart/form-data; boundary=a; boundary=b",
		"multipart/form-data boundary=a",
		"multipart/form-data; boundary=\x01",
		"multipart/form-data; "
		"boundary=0123456789012345678901234567890123456789012345678901"
		"2345678901234567890",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(types); i++)
		assert_fails(multipart(types[i], "--a--"), err, ERROR_INVALID,
			     types[i][19] == ' ' ? "multipart" : "boundary");
	assert_fails(multipart("multipart/mixed; boundary=a", "--a--"), err,
		     ERROR_INVALID, "not multipart/form-data");
}

static void
a_bad_multipart_is_refused(void **state)
{
#define PART "--a\r\nContent-Disposition: form-data; name=x"
	static const char *const bodies[] = {
		"",
		"--a",
		"pre\r\n--a--",
		PART "\r\n\r\n1",
		PART "\r\n\r\n1\r\n--a",
		PART "\r\n\r\n1\r\n--a--\r\nafter",
		PART "\n\n1\r\n--a--",
		PART "; filename=y\r\n\r\n1\r\n--a--",
		PART "; name=y\r\n\r\n1\r\n--a--",
		PART "\r\nContent-Disposition: form-data; name=y\r\n\r\n1\r\n"
		     "--a--",
		PART "\r\nno colon\r\n\r\n1\r\n--a--",
		"--a\r\nContent-Disposition: attachment; name=x\r\n\r\n1\r\n"
		"--a--",
		"--a\r\n\r\n1\r\n--a--",
		PART "\r\n\r\n\xff\r\n--a--",
		PART "\r\n1:\r\n2:\r\n3:\r\n4:\r\n5:\r\n6:\r\n7:\r\n8:\r\n\r\n"
		     "1\r\n--a--",
	};
#undef PART

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bodies); i++)
		if (multipart(MULTIPART "a", bodies[i]) >= 0)
			fail_msg("taken: %s", bodies[i]);
	assert_int_equal(err.code, ERROR_INVALID);
	assert_int_equal(multipart(MULTIPART "a", "--a--"), 0);
}

static void
a_body_is_read_by_its_type(void **state)
{
	struct http_request r = { .a = a, .body = STR("a=1") };

	(void)state;
	r.content_type =
	    STR("Application/X-WWW-form-urlencoded; charset=utf-8");
	assert_int_equal(http_form_read(&r, &pairs, 2, &err), 1);
	r.content_type = STR("text/plain");
	assert_fails(http_form_read(&r, &pairs, 2, &err), err, ERROR_INVALID,
		     "content type");
	r.content_type = STR("");
	assert_fails(http_form_read(&r, &pairs, 2, &err), err, ERROR_INVALID,
		     "content type");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_form_is_pairs),
		cmocka_unit_test(an_empty_form_has_no_pairs),
		cmocka_unit_test(a_bad_form_is_refused),
		cmocka_unit_test(one_click_may_be_multipart),
		cmocka_unit_test(a_bad_boundary_is_refused),
		cmocka_unit_test(a_bad_multipart_is_refused),
		cmocka_unit_test(a_body_is_read_by_its_type),
	};

	return cmocka_run_group_tests(tests, with_arena, without_arena);
}
