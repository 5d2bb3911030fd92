#include "db/db_pgsql_text.h"

#include "test.h"

static void
expect(const char *sql, const char *wanted, size_t wanted_highest)
{
	struct error err = { 0 };
	struct buf out = { 0 };
	size_t highest;

	assert_ok(db_pgsql_placeholders(&out, sql, &highest, &err), err);
	assert_string_equal(buf_cstr(&out), wanted);
	assert_int_equal(highest, wanted_highest);
	buf_fini(&out);
}

static void
refuse(const char *sql, const char *part)
{
	struct error err = { 0 };
	struct buf out = { 0 };
	size_t highest;

	assert_fails(db_pgsql_placeholders(&out, sql, &highest, &err), err,
		     ERROR_INTERNAL, part);
	buf_fini(&out);
}

static void
numbers_are_kept_in_any_order(void **state)
{
	(void)state;
	expect("", "", 0);
	expect("SELECT 1", "SELECT 1", 0);
	expect("VALUES (?2,?1,?2)", "VALUES ($2,$1,$2)", 2);
	expect("?10+?256", "$10+$256", 256);
}

static void
quotes_are_left_alone(void **state)
{
	(void)state;
	expect("'?1' ?1", "'?1' $1", 1);
	expect("'it''s ?1' ?2", "'it''s ?1' $2", 2);
	expect("'\\' ?1 '?2'", "'\\' $1 '?2'", 1);
	expect("\"a?1\"\"?2\" ?3", "\"a?1\"\"?2\" $3", 3);
	expect("'cut short ?1", "'cut short ?1", 0);
}

static void
escape_strings_know_the_backslash(void **state)
{
	(void)state;
	expect("E'\\' ?1' ?2", "E'\\' ?1' $2", 2);
	expect("e'\\\\' ?1", "e'\\\\' $1", 1);
	expect("E'it''s \\' ?1' ?2", "E'it''s \\' ?1' $2", 2);
	expect("name'\\' ?1", "name'\\' $1", 1);
	expect("E'\\", "E'\\", 0);
}

static void
comments_are_left_alone(void **state)
{
	(void)state;
	expect("-- ?1 '\n?2", "-- ?1 '\n$2", 2);
	expect("/*sqlite ?1 '*/ ?2", "/*sqlite ?1 '*/ $2", 2);
	expect("/* /* ?1 */ ?2 */ ?3", "/* /* ?1 */ ?2 */ $3", 3);
	expect("1 - ?1 / ?2", "1 - $1 / $2", 2);
	expect("/*/ ?1 */ ?2", "/*/ ?1 */ $2", 2);
	expect("/* ?1", "/* ?1", 0);
}

static void
dollar_quotes_are_left_alone(void **state)
{
	(void)state;
	expect("$$ ?1 $$ ?2", "$$ ?1 $$ $2", 2);
	expect("$a$ $b$ ?1 $a$ ?2", "$a$ $b$ ?1 $a$ $2", 2);
	expect("a$b$c ?1", "a$b$c $1", 1);
	expect("$$ ?1", "$$ ?1", 0);
}

static void
what_the_two_stores_read_differently_is_refused(void **state)
{
	(void)state;
	refuse("SELECT ?", "expected ?1");
	refuse("SELECT ?0", "\"?0\"");
	refuse("SELECT ?257", "\"?257\"");
	refuse("SELECT ?99999999999999999999999", "?99999");
	refuse("SELECT $1", "\"$1\"");
}

static void
states_map_to_codes(void **state)
{
	(void)state;
	assert_int_equal(db_pgsql_class("23505"), ERROR_EXISTS);
	assert_int_equal(db_pgsql_class("23503"), ERROR_INVALID);
	assert_int_equal(db_pgsql_class("23514"), ERROR_INVALID);
	assert_int_equal(db_pgsql_class("23502"), ERROR_INVALID);
	assert_int_equal(db_pgsql_class("22021"), ERROR_INVALID);
	assert_int_equal(db_pgsql_class("40001"), ERROR_BUSY);
	assert_int_equal(db_pgsql_class("40P01"), ERROR_BUSY);
	assert_int_equal(db_pgsql_class("55P03"), ERROR_BUSY);
	assert_int_equal(db_pgsql_class("57014"), ERROR_BUSY);
	assert_int_equal(db_pgsql_class("57P01"), ERROR_IO);
	assert_int_equal(db_pgsql_class("53100"), ERROR_IO);
	assert_int_equal(db_pgsql_class("08006"), ERROR_IO);
	assert_int_equal(db_pgsql_class(NULL), ERROR_IO);
	assert_int_equal(db_pgsql_class("42501"), ERROR_CONFIG);
	assert_int_equal(db_pgsql_class("42601"), ERROR_INTERNAL);
	assert_int_equal(db_pgsql_class("25006"), ERROR_INTERNAL);
}

/* Head and digits of a numeric, as the server would send it. */
static bool
decode(int weight, int sign, size_t count, const int *digits, int64_t *out)
{
	char raw[64] = { 0 };
	int words[20] = { (int)count, weight, sign, 0 };

	if (count > 0)
		memcpy(words + 4, digits, count * sizeof(*digits));
	for (size_t i = 0; i < 4 + count; i++) {
		raw[2 * i] = (char)(words[i] >> 8 & 0xff);
		raw[2 * i + 1] = (char)(words[i] & 0xff);
	}
	return db_pgsql_numeric((struct str){ raw, 8 + 2 * count }, out);
}

#define DIGITS(...)                                           \
	sizeof((int[]){ __VA_ARGS__ }) / sizeof(int), (int[]) \
	{                                                     \
		__VA_ARGS__                                   \
	}

static void
whole_numerics_become_integers(void **state)
{
	enum { PLUS = 0, MINUS = 0x4000 };
	int64_t n = -1;

	(void)state;
	assert_true(decode(0, PLUS, 0, NULL, &n));
	assert_int_equal(n, 0);
	assert_true(decode(0, PLUS, DIGITS(42), &n));
	assert_int_equal(n, 42);
	assert_true(decode(2, MINUS, DIGITS(7), &n));
	assert_int_equal(n, -700000000);
	assert_true(decode(4, PLUS, DIGITS(922, 3372, 368, 5477, 5807), &n));
	assert_true(n == INT64_MAX);
	assert_true(decode(4, MINUS, DIGITS(922, 3372, 368, 5477, 5808), &n));
	assert_true(n == INT64_MIN);
}

static void
other_numerics_are_refused(void **state)
{
	enum { PLUS = 0, NOT_A_NUMBER = 0xc000 };
	int64_t n = 5;

	(void)state;
	assert_false(decode(4, PLUS, DIGITS(922, 3372, 368, 5477, 5808), &n));
	assert_false(decode(5, PLUS, DIGITS(1), &n));
	assert_false(decode(0, PLUS, DIGITS(1, 5000), &n));
	assert_false(decode(-1, PLUS, DIGITS(5000), &n));
	assert_false(decode(0, NOT_A_NUMBER, 0, NULL, &n));
	assert_false(db_pgsql_numeric(STR("short"), &n));
	assert_int_equal(n, 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_kept_in_any_order),
		cmocka_unit_test(quotes_are_left_alone),
		cmocka_unit_test(escape_strings_know_the_backslash),
		cmocka_unit_test(comments_are_left_alone),
		cmocka_unit_test(dollar_quotes_are_left_alone),
		cmocka_unit_test(
		    what_the_two_stores_read_differently_is_refused),
		cmocka_unit_test(states_map_to_codes),
		cmocka_unit_test(whole_numerics_become_integers),
		cmocka_unit_test(other_numerics_are_refused),
	};

	return cmocka_run_group_tests_name("db/placeholder", tests, NULL, NULL);
}
