#include "base/civil.h"

#include "test.h"

static void
days_go_there_and_back(void **state)
{
	struct local_time t = { .year = 1970, .month = 1, .day = 1 };
	struct local_time next;

	(void)state;
	assert_int_equal(civil_days(&t), 0);
	t = (struct local_time){ .year = 2000, .month = 2, .day = 29 };
	assert_int_equal(civil_days(&t), 11016);
	t = (struct local_time){ .year = -400, .month = 2, .day = 28 };
	/* 1,300 years, each day followed by the day after it. */
	for (int i = 0; i < 475000; i++) {
		next = t;
		civil_add_days(&next, 1);
		assert_int_equal(civil_days(&next), civil_days(&t) + 1);
		if (next.day != t.day + 1) {
			assert_int_equal(next.day, 1);
			assert_int_equal(t.day,
					 civil_month_days(t.year, t.month));
		}
		t = next;
	}
	assert_int_equal(t.year, 900);
}

static void
milliseconds_go_there_and_back(void **state)
{
	static const int64_t instants[] = {
		0,
		-1,
		1,
		INT64_C(1774776600123),
		INT64_C(-62167219200000),
		INT64_C(-62167219200001),
		INT64_C(253402300799999),
		INT64_C(6000000000000000000),
		INT64_C(-6000000000000000000),
	};
	struct local_time t;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(instants); i++) {
		civil_from_ms(instants[i], &t);
		assert_true(civil_valid(&t));
		assert_true(civil_to_ms(&t) == instants[i]);
	}
	civil_from_ms(INT64_MIN, &t);
	assert_int_equal(t.year, -292275055);
	civil_from_ms(INT64_MAX, &t);
	assert_int_equal(t.year, 292278994);
}

static void
knows_the_weekday(void **state)
{
	struct local_time t = { .year = 2026, .month = 11, .day = 20 };

	(void)state;
	assert_int_equal(civil_weekday(&t), CIVIL_FRIDAY);
	civil_add_days(&t, 2);
	assert_int_equal(civil_weekday(&t), CIVIL_SUNDAY);
	civil_add_days(&t, 1);
	assert_int_equal(civil_weekday(&t), CIVIL_MONDAY);
	t = (struct local_time){ .year = 1900, .month = 1, .day = 1 };
	assert_int_equal(civil_weekday(&t), CIVIL_MONDAY);
}

static void
parses_instants(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} cases[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "2026-03-29T09:30:00.123Z", INT64_C(1774776600123) },
		{ "2026-03-29T11:30:00.1239+02:00", INT64_C(1774776600123) },
		{ "2026-03-29 04:00:00.1-05:30", INT64_C(1774776600100) },
		{ "2026-03-29t09:30z", INT64_C(1774776600000) },
		{ "1990-12-31T23:59:60Z", INT64_C(662688000000) },
		{ "0000-01-01T00:00:00Z", INT64_C(-62167219200000) },
	};
	struct error err = { 0 };
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_ok(civil_parse_instant(str_of(cases[i].text), &ms, &err),
			  err);
		assert_true(ms == cases[i].ms);
	}
}

static void
refuses_what_is_no_instant(void **state)
{
	static const struct {
		const char *text;
		const char *part;
	} cases[] = {
		{ "", "expected a date, time and offset" },
		{ "2026-03-29", "YYYY-MM-DDTHH:MM:SSZ" },
		{ "2026-03-29T09:30:00", "YYYY-MM-DDTHH:MM:SSZ" },
		{ "2026-03-29T09:30:00.Z", "YYYY-MM-DDTHH:MM:SSZ" },
		{ "2026-03-29T09:30:00Z ", "YYYY-MM-DDTHH:MM:SSZ" },
		{ "2026-03-29T09:30:00+24:00", "YYYY-MM-DDTHH:MM:SSZ" },
		{ "2026-03-29T-9:30:00Z", "YYYY-MM-DDTHH:MM:SSZ" },
		{ "-026-03-29T09:30:00Z", "YYYY-MM-DDTHH:MM:SSZ" },
		{ "2026-00-01T09:30:00Z", "month 00" },
		{ "2026-02-29T09:30:00Z", "expected 01 to 28" },
		{ "2026-03-29T24:00:00Z", "hour 24" },
		{ "2026-03-29T09:60:00Z", "expected 00 to 59" },
		{ "2026-03-29T09:30:61Z", "second 61" },
	};
	struct error err = { 0 };
	int64_t ms = 7;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_fails(
		    civil_parse_instant(str_of(cases[i].text), &ms, &err), err,
		    ERROR_INVALID, cases[i].part);
	assert_true(ms == 7);
}

static void
parses_dates_and_times_of_day(void **state)
{
	struct local_time t = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_ok(civil_parse_date(STR("2028-02-29"), &t, &err), err);
	assert_ok(civil_parse_time(STR("09:05"), &t, &err), err);
	assert_int_equal(t.year * 10000 + t.month * 100 + t.day, 20280229);
	assert_int_equal(t.hour * 100 + t.minute, 905);
	assert_ok(civil_parse_local(STR("2026-12-31T23:59:58.5"), &t, &err),
		  err);
	assert_int_equal(t.second * 1000 + t.ms, 58500);
	assert_fails(civil_parse_date(STR("2026-2-1"), &t, &err), err,
		     ERROR_INVALID, "\"2026-2-1\": expected a date");
	assert_fails(civil_parse_date(STR("2026-04-31"), &t, &err), err,
		     ERROR_INVALID, "day 31 in \"2026-04-31\"");
	assert_fails(civil_parse_time(STR("9:00"), &t, &err), err,
		     ERROR_INVALID, "HH:MM");
	assert_fails(civil_parse_time(STR("24:00"), &t, &err), err,
		     ERROR_INVALID, "expected 00 to 23");
	assert_fails(civil_parse_local(STR("2026-12-31T23:59Z"), &t, &err), err,
		     ERROR_INVALID, "a local date and time");
	assert_int_equal(t.second * 1000 + t.ms, 58500);
}

static void
prints(void **state)
{
	static const int64_t at = INT64_C(1774776600000);
	static const struct {
		int64_t ms;
		int32_t offset_s;
		const char *instant;
		const char *mail;
	} cases[] = {
		{ at, 0, "2026-03-29T09:30:00Z",
		  "Sun, 29 Mar 2026 09:30:00 +0000" },
		{ at + 7, 7200, "2026-03-29T11:30:00.007+02:00",
		  "Sun, 29 Mar 2026 11:30:00 +0200" },
		{ at, -34200, "2026-03-29T00:00:00-09:30",
		  "Sun, 29 Mar 2026 00:00:00 -0930" },
		/* Berlin before 1893 was 53 minutes 28 seconds ahead. */
		{ at, 3208, "2026-03-29T10:23:00+00:53",
		  "Sun, 29 Mar 2026 10:23:00 +0053" },
		{ INT64_C(-62167219200000), 0, "0000-01-01T00:00:00Z",
		  "Sat, 01 Jan 0000 00:00:00 +0000" },
	};
	struct buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		buf_clear(&b);
		civil_print_instant(cases[i].ms, cases[i].offset_s, &b);
		assert_str(buf_view(&b), cases[i].instant);
		buf_clear(&b);
		civil_print_mail(cases[i].ms, cases[i].offset_s, &b);
		assert_str(buf_view(&b), cases[i].mail);
	}
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(days_go_there_and_back),
		cmocka_unit_test(milliseconds_go_there_and_back),
		cmocka_unit_test(knows_the_weekday),
		cmocka_unit_test(parses_instants),
		cmocka_unit_test(refuses_what_is_no_instant),
		cmocka_unit_test(parses_dates_and_times_of_day),
		cmocka_unit_test(prints),
	};

	return cmocka_run_group_tests_name("base/civil", tests, NULL, NULL);
}
