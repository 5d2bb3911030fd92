#include "test.h"

static void
grows(void **state)
{
	struct buf b = { 0 };

	(void)state;
	assert_string_equal(buf_cstr(&b), "");
	for (int i = 0; i < 1000; i++)
		buf_printf(&b, "%d,", i);
	assert_true(str_starts(buf_view(&b), STR("0,1,2,")));
	assert_true(str_ends(buf_view(&b), STR(",999,")));
	assert_int_equal(strlen(buf_cstr(&b)), b.len);
	buf_truncate(&b, 3);
	assert_str(buf_view(&b), "0,1");
	buf_clear(&b);
	buf_char(&b, 'x');
	buf_cat(&b, "y");
	buf_str(&b, STR("z"));
	assert_str(buf_view(&b), "xyz");
	buf_fini(&b);
}

static void
limit_drops_whole_additions(void **state)
{
	struct buf b = { .max = 5 };

	(void)state;
	buf_cat(&b, "abc");
	assert_false(buf_full(&b));
	buf_cat(&b, "def");
	assert_true(buf_full(&b));
	assert_str(buf_view(&b), "abc");
	buf_cat(&b, "de");
	assert_str(buf_view(&b), "abcde");
	assert_null(buf_grow(&b, 1));
	assert_true(buf_full(&b));
	buf_fini(&b);
	assert_int_equal(b.max, 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grows),
		cmocka_unit_test(limit_drops_whole_additions),
	};

	return cmocka_run_group_tests_name("base/buf", tests, NULL, NULL);
}
