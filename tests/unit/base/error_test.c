#include "base/error.h"

#include <errno.h>

#include "test.h"

static void
set_fills_and_returns_the_code(void **state)
{
	struct error err = { 0 };

	(void)state;
	assert_int_equal(error_set(&err, ERROR_LIMIT, "%d rows", 7),
			 -ERROR_LIMIT);
	assert_int_equal(err.code, ERROR_LIMIT);
	assert_string_equal(err.text, "7 rows");
	assert_string_equal(error_code_name(err.code), "limit");
}

static void
context_is_put_before(void **state)
{
	struct error err = { 0 };

	(void)state;
	error_system(&err, ENOENT, "open %s", "x");
	assert_string_equal(err.text, "open x: No such file or directory");
	assert_int_equal(error_context(&err, "partner %s", "acme"), -ERROR_IO);
	assert_string_equal(err.text,
			    "partner acme: open x: No such file or directory");
}

static void
long_text_keeps_the_place(void **state)
{
	struct error err = { 0 };
	char longer[ERROR_TEXT_BYTES * 2];

	(void)state;
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	error_set(&err, ERROR_INVALID, "%s", longer);
	error_context(&err, "a.xml:3:1");
	assert_memory_equal(err.text, "a.xml:3:1: xxx", 14);
	assert_int_equal(strlen(err.text), ERROR_TEXT_BYTES - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(set_fills_and_returns_the_code),
		cmocka_unit_test(context_is_put_before),
		cmocka_unit_test(long_text_keeps_the_place),
	};

	return cmocka_run_group_tests_name("base/error", tests, NULL, NULL);
}
