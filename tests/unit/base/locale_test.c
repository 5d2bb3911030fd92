#include "base/locale.h"

#include <pthread.h>

#include "base/zone.h"
#include "test.h"

/* Cases are written with a plain blank for each kind that a locale has. */
static void
plain_blanks(struct buf *b)
{
	static const char *const blanks[] = { "\u00a0", "\u202f" };
	struct str text = buf_view(b);
	struct buf out = { 0 };

	for (size_t i = 0; i < text.len; i++) {
		struct str rest = str_slice(text, i, text.len);
		size_t len = 0;

		for (size_t k = 0; k < COUNT_OF(blanks); k++)
			if (str_starts(rest, str_of(blanks[k])))
				len = strlen(blanks[k]);
		buf_char(&out, len ? ' ' : rest.p[0]);
		i += len ? len - 1 : 0;
	}
	buf_fini(b);
	*b = out;
}

static void
assert_text(struct buf *b, const char *expected)
{
	plain_blanks(b);
	assert_str(buf_view(b), expected);
	buf_fini(b);
}

/* Sunday, five past nine, in Berlin. */
static const struct locale_time sunday = {
	.clock = { .year = 2026, .month = 8, .day = 2, .hour = 9, .minute = 5 },
	.has_offset = true,
	.offset_s = 7200,
};

static void
date_is(const char *tag, enum locale_width date, enum locale_width time,
	const char *expected)
{
	const struct locale_style style = { date, time };
	struct error err = { 0 };
	struct buf b = { 0 };

	assert_ok(locale_date(str_of(tag), &sunday, style, &b, &err), err);
	assert_text(&b, expected);
}

static void
fields_are(const char *tag, const char *skeleton, const char *expected)
{
	struct error err = { 0 };
	struct buf b = { 0 };

	assert_ok(locale_date_fields(str_of(tag), &sunday, str_of(skeleton), &b,
				     &err),
		  err);
	assert_text(&b, expected);
}

static void
number_is(const char *tag, const char *number, int decimals,
	  const char *expected)
{
	struct error err = { 0 };
	struct buf b = { 0 };

	assert_ok(
	    locale_number(str_of(tag), str_of(number), decimals, &b, &err),
	    err);
	assert_text(&b, expected);
}

static void
money_is(const char *tag, const char *amount, const char *currency,
	 const char *expected)
{
	const struct locale_money money = { str_of(currency),
					    LOCALE_DECIMALS_ANY };
	struct error err = { 0 };
	struct buf b = { 0 };

	assert_ok(locale_money(str_of(tag), str_of(amount), &money, &b, &err),
		  err);
	assert_text(&b, expected);
}

static void
plural_is(const char *tag, const char *number, enum locale_plural expected)
{
	enum locale_plural found = LOCALE_PLURAL_COUNT;
	struct error err = { 0 };
	struct buf b = { 0 };

	assert_ok(locale_plural(str_of(tag), str_of(number),
				LOCALE_DECIMALS_ANY, &found, &b, &err),
		  err);
	assert_string_equal(locale_plural_name(found),
			    locale_plural_name(expected));
	buf_fini(&b);
}

static void
list_is(const char *tag, enum locale_join join, size_t count,
	const char *expected)
{
	const struct str items[] = { STR("A"), STR("B"), STR("Ç") };
	struct error err = { 0 };
	struct buf b = { 0 };

	check(count <= COUNT_OF(items));
	assert_ok(locale_list(str_of(tag),
			      &(struct locale_list){ items, count, join }, &b,
			      &err),
		  err);
	assert_text(&b, expected);
}

/* ---- */

static void
dates_have_the_words_and_order_of_a_language(void **state)
{
	(void)state;
	date_is("en", LOCALE_LONG, LOCALE_NONE, "August 2, 2026");
	date_is("en-GB", LOCALE_LONG, LOCALE_NONE, "2 August 2026");
	date_is("de", LOCALE_FULL, LOCALE_NONE, "Sonntag, 2. August 2026");
	date_is("fr-CA", LOCALE_SHORT, LOCALE_NONE, "2026-08-02");
	date_is("ja", LOCALE_LONG, LOCALE_NONE, "2026年8月2日");
	date_is("fr", LOCALE_LONG, LOCALE_SHORT, "2 août 2026 à 09:05");
	date_is("en", LOCALE_NONE, LOCALE_SHORT, "9:05 AM");
	date_is("de", LOCALE_NONE, LOCALE_MEDIUM, "09:05:00");
	fields_are("en", "yMMMMd", "August 2, 2026");
	fields_are("de", "yMMMMd", "2. August 2026");
	fields_are("es", "EEEEjm", "domingo, 9:05");
	fields_are("th", "y", "พ.ศ. 2569");
}

static void
an_offset_is_shown_as_it_was_given(void **state)
{
	struct locale_time t = sunday;
	const struct locale_style style = { .time = LOCALE_LONG };
	struct error err = { 0 };
	struct buf b = { 0 };

	(void)state;
	date_is("en", LOCALE_NONE, LOCALE_LONG, "9:05:00 AM GMT+2");
	date_is("fr", LOCALE_NONE, LOCALE_LONG, "09:05:00 UTC+2");
	date_is("de", LOCALE_NONE, LOCALE_FULL, "09:05:00 GMT+02:00");
	t.offset_s = -(3 * 3600 + 30 * 60);
	assert_ok(locale_date(STR("en"), &t, style, &b, &err), err);
	assert_text(&b, "9:05:00 AM GMT-3:30");
	t.has_offset = false;
	assert_ok(locale_date(STR("en"), &t, style, &b, &err), err);
	assert_text(&b, "9:05:00 AM");
}

/* Its own time-zone data says +06 and no summer time for these. */
static void
a_zone_is_never_asked_of_icu(void **state)
{
	static const struct {
		const char *zone;
		const char *utc;
		const char *expected;
	} cases[] = {
		{ "Asia/Almaty", "2026-08-02T07:05:00Z", "12:05:00 PM GMT+5" },
		{ "Africa/Cairo", "2026-08-02T07:05:00Z", "10:05:00 AM GMT+3" },
		{ "America/Asuncion", "2026-06-02T07:05:00Z",
		  "4:05:00 AM GMT-3" },
	};
	const struct locale_style style = { .time = LOCALE_LONG };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct locale_time t = { .has_offset = true };
		const struct zone *zone;
		struct error err = { 0 };
		struct buf b = { 0 };
		int64_t ms;

		assert_ok(zone_get(cases[i].zone, &zone, &err), err);
		assert_ok(civil_parse_instant(str_of(cases[i].utc), &ms, &err),
			  err);
		zone_to_local(zone, ms, &t.clock);
		zone_offset(zone, ms, &t.offset_s, NULL, NULL);
		assert_ok(locale_date(STR("en"), &t, style, &b, &err), err);
		assert_text(&b, cases[i].expected);
	}
}

static void
a_date_of_long_ago_is_no_julian_one(void **state)
{
	const struct locale_time t = {
		.clock = { .year = 1425, .month = 6, .day = 1 }
	};
	const struct locale_style style = { .date = LOCALE_LONG };
	struct error err = { 0 };
	struct buf b = { 0 };

	(void)state;
	assert_ok(locale_date(STR("en"), &t, style, &b, &err), err);
	assert_text(&b, "June 1, 1425");
}

static void
numbers_are_grouped_and_rounded(void **state)
{
	(void)state;
	number_is("en", "1234567.5", LOCALE_DECIMALS_ANY, "1,234,567.5");
	number_is("de", "1234567.5", LOCALE_DECIMALS_ANY, "1.234.567,5");
	number_is("de-CH", "1234567.5", 2, "1’234’567.50");
	number_is("fr", "1234567.5", 0, "1 234 568");
	number_is("hi", "1234567.5", 1, "12,34,567.5");
	number_is("pl", "1234", LOCALE_DECIMALS_ANY, "1234");
	number_is("en", "0.125", 2, "0.13");
	number_is("en", "-0.125", 2, "-0.13");
	number_is("en", "-0.001", 2, "0.00");
	number_is("en", "12345678901234567890123.45", 1,
		  "12,345,678,901,234,567,890,123.5");
}

static void
a_percent_is_of_one(void **state)
{
	struct error err = { 0 };
	struct buf b = { 0 };

	(void)state;
	assert_ok(locale_percent(STR("de"), STR("0.255"), LOCALE_DECIMALS_ANY,
				 &b, &err),
		  err);
	assert_text(&b, "26 %");
	assert_ok(locale_percent(STR("tr"), STR("0.255"), 1, &b, &err), err);
	assert_text(&b, "%25,5");
}

static void
money_stands_where_the_language_puts_it(void **state)
{
	(void)state;
	money_is("en", "1234.5", "EUR", "€1,234.50");
	money_is("de", "1234.5", "EUR", "1.234,50 €");
	money_is("de-AT", "1234.5", "EUR", "€ 1.234,50");
	money_is("nl", "-1234.5", "EUR", "€ -1.234,50");
	money_is("ja", "1234", "JPY", "￥1,234");
	money_is("en-CA", "1234.5", "USD", "US$1,234.50");
	/* A double has no such number. */
	money_is("en", "9007199254740993.01", "USD",
		 "$9,007,199,254,740,993.01");
}

static void
minor_units_become_an_amount(void **state)
{
	static const struct {
		int64_t units;
		const char *currency;
		const char *expected;
	} cases[] = {
		{ 4990, "EUR", "49.90" },
		{ 5, "EUR", "0.05" },
		{ -5, "EUR", "-0.05" },
		{ 4990, "JPY", "4990" },
		{ 4990, "KWD", "4.990" },
		{ INT64_MIN, "EUR", "-92233720368547758.08" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct error err = { 0 };
		struct buf b = { 0 };

		assert_ok(locale_money_of_minor(cases[i].units,
						str_of(cases[i].currency), &b,
						&err),
			  err);
		assert_text(&b, cases[i].expected);
	}
}

static void
plurals_go_by_what_is_seen(void **state)
{
	(void)state;
	plural_is("en", "1", LOCALE_ONE);
	plural_is("en", "0", LOCALE_OTHER);
	plural_is("en", "1.5", LOCALE_OTHER);
	plural_is("fr", "0", LOCALE_ONE);
	plural_is("fr", "1000000", LOCALE_MANY);
	plural_is("pl", "3", LOCALE_FEW);
	plural_is("pl", "5", LOCALE_MANY);
	plural_is("ar", "0", LOCALE_ZERO);
	plural_is("ar", "2", LOCALE_TWO);
	plural_is("ja", "1", LOCALE_OTHER);
	plural_is("cy", "6", LOCALE_MANY);
}

static void
one_with_a_decimal_is_not_one(void **state)
{
	enum locale_plural plural = LOCALE_ONE;
	struct error err = { 0 };
	struct buf b = { 0 };

	(void)state;
	assert_ok(locale_plural(STR("en"), STR("1"), 1, &plural, &b, &err),
		  err);
	assert_int_equal(plural, LOCALE_OTHER);
	assert_text(&b, "1.0");
}

static void
lists_are_joined(void **state)
{
	(void)state;
	list_is("en-GB", LOCALE_AND, 3, "A, B and Ç");
	list_is("en", LOCALE_AND, 3, "A, B, and Ç");
	list_is("de", LOCALE_OR, 3, "A, B oder Ç");
	list_is("fr", LOCALE_AND, 2, "A et B");
	list_is("ja", LOCALE_UNIT, 3, "A B Ç");
	list_is("en", LOCALE_AND, 1, "A");
	list_is("en", LOCALE_AND, 0, "");
}

static void
a_tag_that_is_not_known_falls_back(void **state)
{
	char longest[200];

	(void)state;
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	date_is("", LOCALE_LONG, LOCALE_NONE, "August 2, 2026");
	date_is("xx-YY", LOCALE_LONG, LOCALE_NONE, "August 2, 2026");
	date_is("../../etc", LOCALE_LONG, LOCALE_NONE, "August 2, 2026");
	date_is("d\xc3\xa9", LOCALE_LONG, LOCALE_NONE, "August 2, 2026");
	date_is(longest, LOCALE_LONG, LOCALE_NONE, "August 2, 2026");
	date_is("de-XX", LOCALE_LONG, LOCALE_NONE, "2. August 2026");
	date_is("de_CH", LOCALE_LONG, LOCALE_NONE, "2. August 2026");
	date_is("DE-ch", LOCALE_LONG, LOCALE_NONE, "2. August 2026");
	date_is("zh-TW", LOCALE_LONG, LOCALE_NONE, "2026年8月2日");
}

static void
what_is_no_number_date_or_currency_is_refused(void **state)
{
	static const char *const numbers[] = { "",    "-",   "1.",   ".5",
					       "1,5", "1e3", "+1",   "1 ",
					       "NaN", "--1", "1.2.3" };
	const struct locale_money none = { STR("eur"), LOCALE_DECIMALS_ANY };
	const struct locale_money money = { STR("XQQ"), LOCALE_DECIMALS_ANY };
	struct error err = { 0 };
	struct buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(numbers); i++)
		assert_fails(locale_number(STR("en"), str_of(numbers[i]),
					   LOCALE_DECIMALS_ANY, &b, &err),
			     err, ERROR_INVALID, "expected a number");
	assert_fails(locale_number(STR("en"), STR("1"), 11, &b, &err), err,
		     ERROR_INVALID, "expected 0 to 10");
	assert_fails(locale_money(STR("en"), STR("1"), &money, &b, &err), err,
		     ERROR_INVALID, "found currency \"XQQ\"");
	assert_fails(locale_money(STR("en"), STR("1"), &none, &b, &err), err,
		     ERROR_INVALID, "found currency \"eur\"");
	assert_fails(
	    locale_date_fields(STR("en"), &sunday, STR("yMMMMdz"), &b, &err),
	    err, ERROR_INVALID, "found \"yMMMMdz\"");
	assert_fails(
	    locale_date_fields(STR("en"), &sunday, STR("y'x'"), &b, &err), err,
	    ERROR_INVALID, "expected short");
	assert_int_equal(b.len, 0);
}

static void
what_is_too_much_is_refused(void **state)
{
	static struct str items[LOCALE_LIST_MAX + 1];
	static char large[LOCALE_LIST_MAX_BYTES];
	struct locale_list list = { items, COUNT_OF(items), LOCALE_AND };
	char letters[LOCALE_SKELETON_MAX + 1];
	char digits[LOCALE_NUMBER_MAX + 1];
	struct error err = { 0 };
	struct buf b = { 0 };

	(void)state;
	memset(letters, 'M', sizeof(letters));
	assert_fails(locale_date_fields(
			 STR("en"), &sunday,
			 (struct str){ letters, sizeof(letters) }, &b, &err),
		     err, ERROR_LIMIT, "at most 64");
	memset(digits, '9', sizeof(digits));
	assert_false(locale_is_number((struct str){ digits, sizeof(digits) }));
	assert_true(
	    locale_is_number((struct str){ digits, sizeof(digits) - 1 }));
	assert_fails(locale_list(STR("en"), &list, &b, &err), err, ERROR_LIMIT,
		     "at most 1000");
	memset(large, 'x', sizeof(large));
	items[0] = (struct str){ large, sizeof(large) };
	items[1] = STR("y");
	list.count = 2;
	assert_fails(locale_list(STR("en"), &list, &b, &err), err, ERROR_LIMIT,
		     "65536 bytes");
	assert_int_equal(b.len, 0);
}

static void
text_that_is_no_utf8_is_mended_in_a_list(void **state)
{
	const struct str items[] = { STR("\xff"), STR("B") };
	struct error err = { 0 };
	struct buf b = { 0 };

	(void)state;
	assert_ok(locale_list(STR("de"),
			      &(struct locale_list){ items, 2, LOCALE_AND }, &b,
			      &err),
		  err);
	assert_text(&b, "\ufffd und B");
}

/* ---- threads ---- */

enum { THREADS = 4, ROUNDS = 300 };

static void *
format_much(void *arg)
{
	static const char *const tags[] = { "en", "de", "fr", "ja", "pl" };
	static const char *const months[] = { "August", "August", "août", "8月",
					      "sierpień" };

	(void)arg;
	for (size_t i = 0; i < ROUNDS; i++) {
		size_t k = i % COUNT_OF(tags);
		struct error err = { 0 };
		struct buf b = { 0 };
		char other[8];

		snprintf(other, sizeof(other), "de-%c%c", 'A' + (char)(i % 26),
			 'A' + (char)(i / 26 % 26));
		check(locale_date_fields(str_of(tags[k]), &sunday, STR("LLLL"),
					 &b, &err) == 0);
		check(str_eq_cstr(buf_view(&b), months[k]));
		buf_clear(&b);
		check(locale_number(str_of(other), STR("1234.5"), 1, &b,
				    &err) == 0);
		check(b.len >= 6);
		buf_fini(&b);
	}
	return NULL;
}

static void
threads_get_their_own_formatters(void **state)
{
	pthread_t threads[THREADS];

	(void)state;
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, format_much, NULL), 0);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

static void
a_tag_is_one_and_its_language_known(void **state)
{
	static const char *const good[] = { "de", "DE-at", "de_CH", "zh-Hant",
					    "de-XX" };
	static const char *const unknown[] = { "xq", "tlh-DE", "x-private" };
	static const char *const none[] = { "",	     "de-",
					    "-de",   "de--AT",
					    "de-y",  "d!",
					    "de AT", "language-of-ours" };
	struct error err = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++)
		assert_ok(locale_check(str_of(good[i]), &err), err);
	for (size_t i = 0; i < COUNT_OF(unknown); i++)
		assert_fails(locale_check(str_of(unknown[i]), &err), err,
			     ERROR_NOT_FOUND, "which is not known");
	for (size_t i = 0; i < COUNT_OF(none); i++)
		assert_fails(locale_check(str_of(none[i]), &err), err,
			     ERROR_INVALID, "which is none");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dates_have_the_words_and_order_of_a_language),
		cmocka_unit_test(an_offset_is_shown_as_it_was_given),
		cmocka_unit_test(a_zone_is_never_asked_of_icu),
		cmocka_unit_test(a_date_of_long_ago_is_no_julian_one),
		cmocka_unit_test(numbers_are_grouped_and_rounded),
		cmocka_unit_test(a_percent_is_of_one),
		cmocka_unit_test(money_stands_where_the_language_puts_it),
		cmocka_unit_test(minor_units_become_an_amount),
		cmocka_unit_test(plurals_go_by_what_is_seen),
		cmocka_unit_test(one_with_a_decimal_is_not_one),
		cmocka_unit_test(lists_are_joined),
		cmocka_unit_test(a_tag_that_is_not_known_falls_back),
		cmocka_unit_test(a_tag_is_one_and_its_language_known),
		cmocka_unit_test(what_is_no_number_date_or_currency_is_refused),
		cmocka_unit_test(what_is_too_much_is_refused),
		cmocka_unit_test(text_that_is_no_utf8_is_mended_in_a_list),
		cmocka_unit_test(threads_get_their_own_formatters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
