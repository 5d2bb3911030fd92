#include "base/str.h"

#include "base/arena.h"
#include "test.h"

static void
compares(void **state)
{
	(void)state;
	assert_true(str_eq(STR("a"), STR("a")));
	assert_true(str_eq(STR(""), (struct str){ 0 }));
	assert_false(str_eq(STR("a"), STR("ab")));
	assert_true(str_eq_fold(STR("Content-ID"), STR("content-id")));
	assert_false(str_eq_fold(STR("[a"), STR("{a")));
	assert_true(str_cmp(STR("a"), STR("ab")) < 0);
	assert_true(str_cmp(STR("b"), STR("ab")) > 0);
	assert_true(str_starts(STR("x-y"), STR("x-")));
	assert_false(str_starts(STR("x"), STR("x-")));
	assert_true(str_ends(STR("a.eml"), STR(".eml")));
}

static void
finds_and_cuts(void **state)
{
	(void)state;
	assert_int_equal(str_find(STR("abcabc"), STR("ca")), 2);
	assert_int_equal(str_find(STR("abc"), STR("abcd")), -1);
	assert_int_equal(str_find(STR("aaab"), STR("aab")), 1);
	assert_int_equal(str_find(STR("abc"), STR("")), 0);
	assert_int_equal(str_find(STR(""), STR("a")), -1);
	assert_int_equal(str_find_char(STR("abc"), 'c'), 2);
	assert_str(str_slice(STR("abc"), 1, 99), "bc");
	assert_str(str_slice(STR("abc"), 9, 2), "");
	assert_str(str_trim(STR(" \t a b\r\n")), "a b");
}

static void
splits(void **state)
{
	struct str rest = STR("a,,b");
	struct str part;

	(void)state;
	assert_true(str_split(&rest, ',', &part));
	assert_str(part, "a");
	assert_true(str_split(&rest, ',', &part));
	assert_str(part, "");
	assert_true(str_split(&rest, ',', &part));
	assert_str(part, "b");
	assert_false(str_split(&rest, ',', &part));
	rest = STR("  gold   silver ");
	assert_true(str_word(&rest, &part));
	assert_str(part, "gold");
	assert_true(str_word(&rest, &part));
	assert_str(part, "silver");
	assert_false(str_word(&rest, &part));
}

static void
reads_integers(void **state)
{
	int64_t n = 5;

	(void)state;
	assert_true(str_int(STR("-9223372036854775808"), INT64_MIN, 0, &n));
	assert_true(n == INT64_MIN);
	assert_true(str_int(STR("9223372036854775807"), 0, INT64_MAX, &n));
	assert_true(n == INT64_MAX);
	assert_false(str_int(STR("9223372036854775808"), 0, INT64_MAX, &n));
	assert_false(str_int(STR(""), 0, 9, &n));
	assert_false(str_int(STR("-"), -9, 9, &n));
	assert_false(str_int(STR("1 "), 0, 9, &n));
	assert_false(str_int(STR("10"), 0, 9, &n));
	assert_true(n == INT64_MAX);
}

static void
knows_ascii_wherever_another_byte_stands(void **state)
{
	char text[] = "as long as some words";

	(void)state;
	assert_true(str_is_ascii(STR("")));
	assert_true(str_is_ascii(str_of(text)));
	for (size_t i = 0; text[i]; i++) {
		char c = text[i];

		text[i] = '\x80';
		assert_false(str_is_ascii(str_of(text)));
		assert_false(str_utf8_valid(str_of(text)));
		text[i] = c;
	}
}

static void
knows_utf8(void **state)
{
	static const char *const good[] = { "",
					    "a",
					    "\xc3\xa9",
					    "\xe2\x82\xac",
					    "\xf0\x9f\x98\x80",
					    "\xf4\x8f\xbf\xbf" };
	static const char *const bad[] = { "\x80",
					   "\xc0\xaf",
					   "\xc3",
					   "\xe0\x80\xaf",
					   "\xed\xa0\x80",
					   "\xf0\x80\x80\xaf",
					   "\xf4\x90\x80\x80",
					   "\xff",
					   "a\xe2\x82" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++)
		assert_true(str_utf8_valid(str_of(good[i])));
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_false(str_utf8_valid(str_of(bad[i])));
}

static void
counts_characters(void **state)
{
	(void)state;
	assert_int_equal(str_characters(STR("")), 0);
	assert_int_equal(str_characters(STR("abc")), 3);
	assert_int_equal(str_characters(STR("\xc3\xa9t\xc3\xa9")), 3);
	assert_int_equal(str_characters(STR("\xf0\x9f\x99\x82")), 1);
}

static void
suggests_the_nearest_name(void **state)
{
	static const char *const names[] = { "phone", "company", "city" };
	static const char *const now = "now";

	(void)state;
	assert_null(str_nearest(STR("foo"), &now, 1));
	assert_string_equal(str_nearest(STR("nwo"), &now, 1), "now");
	assert_string_equal(str_nearest(STR("phnoe"), names, 3), "phone");
	assert_string_equal(str_nearest(STR("Company"), names, 3), "company");
	assert_null(str_nearest(STR("birthday"), names, 3));
	assert_null(str_nearest(STR(""), names, 3));
}

static void
copies_into_an_arena(void **state)
{
	struct arena *a = arena_new();

	(void)state;
	assert_string_equal(str_cstr(a, STR("abc")), "abc");
	assert_str(str_lower(a, STR("ABc-\xc3\x89")), "abc-\xc3\x89");
	assert_str(str_printf(a, "%d", 3), "3");
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compares),
		cmocka_unit_test(finds_and_cuts),
		cmocka_unit_test(splits),
		cmocka_unit_test(reads_integers),
		cmocka_unit_test(knows_ascii_wherever_another_byte_stands),
		cmocka_unit_test(knows_utf8),
		cmocka_unit_test(counts_characters),
		cmocka_unit_test(suggests_the_nearest_name),
		cmocka_unit_test(copies_into_an_arena),
	};

	return cmocka_run_group_tests_name("base/str", tests, NULL, NULL);
}
