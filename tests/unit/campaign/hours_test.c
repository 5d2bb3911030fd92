#include "base/arena.h"
#include "base/zone.h"
#include "campaign/campaign_priv.h"
#include "test.h"

enum { MINUTE_MS = 60 * 1000, HOUR_MS = 60 * MINUTE_MS };

static struct arena *a;
static struct error err;

static int
begin(void **state)
{
	(void)state;
	a = arena_new();
	return 0;
}

static int
end(void **state)
{
	(void)state;
	arena_free(&a);
	return 0;
}

static int64_t
instant(const char *text)
{
	int64_t ms;

	assert_ok(civil_parse_instant(str_of(text), &ms, &err), err);
	return ms;
}

static const struct zone *
zone(const char *name)
{
	const struct zone *z;

	assert_ok(zone_get(name, &z, &err), err);
	return z;
}

static struct campaign_spans
spans(const char *text)
{
	struct campaign_spans out = { 0 };

	if (*text)
		assert_ok(campaign_spans_parse(str_of(text), a, &out, &err),
			  err);
	return out;
}

static struct campaign
campaign(const char *window, const char *quiet)
{
	return (struct campaign){
		.hours = { .window = spans(window), .quiet = spans(quiet) },
	};
}

static void
check_next(const struct campaign *c, const char *where, const char *from,
	   const char *wanted)
{
	int64_t ms;

	assert_true(
	    campaign_hours_next(c, zone(where), STR("DE"), instant(from), &ms));
	if (ms != instant(wanted))
		fail_msg("from %s in %s: %lld, expected %s", from, where,
			 (long long)ms, wanted);
}

/* ---- reading ---- */

static void
hours_are_days_and_a_span(void **state)
{
	struct campaign_spans s =
	    spans("Mo-Fr 09:00-17:00, Sa Su 10:00-24:00,21:00-08:00");

	(void)state;
	assert_int_equal(s.count, 3);
	assert_int_equal(s.items[0].days, 0x1f);
	assert_int_equal(s.items[0].from_minute, 9 * 60);
	assert_int_equal(s.items[0].until_minute, 17 * 60);
	assert_int_equal(s.items[1].days, 0x60);
	assert_int_equal(s.items[1].until_minute, 24 * 60);
	assert_int_equal(s.items[2].days, 0x7f);
	assert_int_equal(spans("Fr-Mo 09:00-10:00").items[0].days, 0x71);
}

static void
other_hours_are_refused(void **state)
{
	static const char *const texts[] = {
		" ",
		"Mo-Fr",
		"09:00",
		"9:00-17:00",
		"09:00-09:00",
		"24:00-09:00",
		"Mon-Fri 09:00-17:00",
		"Mo- 09:00-17:00",
		"mo-fr 09:00-17:00",
		"09:00-17:00 Mo-Fr",
		"Mo-Fr 09:00-25:00",
		"Mo-Fr 09:00-17:00; Sa 09:00-10:00",
		"Mo-Fr 09:00-17:00,,",
		"01:00-02:00,01:00-02:00,01:00-02:00,01:00-02:00,01:00-02:00,"
		"01:00-02:00,01:00-02:00,01:00-02:00,01:00-02:00,01:00-02:00,"
		"01:00-02:00,01:00-02:00,01:00-02:00,01:00-02:00,01:00-02:00,"
		"01:00-02:00,01:00-02:00",
	};
	struct campaign_spans out;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		assert_fails(
		    campaign_spans_parse(str_of(texts[i]), a, &out, &err), err,
		    ERROR_INVALID, "expected the form \"Mo-Fr 09:00-17:00");
}

static void
dates_are_one_or_a_span(void **state)
{
	static const char *const wrong[] = {
		"",
		"2026-12",
		"2026-12-24/",
		"2026-12-24/2026-12-23",
		"2026-12-24/2026-12-25/2026-12-26",
		"24.12.2026",
	};
	struct campaign_blackout b = { 0 };

	(void)state;
	assert_ok(campaign_dates_parse(STR("1970-01-02"), &b, &err), err);
	assert_int_equal(b.from_day, 1);
	assert_int_equal(b.until_day, 1);
	assert_ok(campaign_dates_parse(STR("1970-01-02/1970-02-01"), &b, &err),
		  err);
	assert_int_equal(b.until_day, 31);
	for (size_t i = 0; i < COUNT_OF(wrong); i++)
		assert_fails(campaign_dates_parse(str_of(wrong[i]), &b, &err),
			     err, ERROR_INVALID, "2026-12-24/2027-01-01");
}

static void
a_lateness_has_a_unit(void **state)
{
	static const char *const wrong[] = { "",    "24", "h",	  "0h",
					     "-1h", "1w", "24 h", "100001d" };
	int64_t ms;

	(void)state;
	assert_ok(campaign_lateness_parse(STR("90m"), &ms, &err), err);
	assert_int_equal(ms, 90 * MINUTE_MS);
	assert_ok(campaign_lateness_parse(STR("24h"), &ms, &err), err);
	assert_int_equal(ms, 24 * HOUR_MS);
	assert_ok(campaign_lateness_parse(STR("3d"), &ms, &err), err);
	assert_int_equal(ms, 72 * HOUR_MS);
	for (size_t i = 0; i < COUNT_OF(wrong); i++)
		assert_fails(
		    campaign_lateness_parse(str_of(wrong[i]), &ms, &err), err,
		    ERROR_INVALID, "such as \"24h\"");
}

static void
a_step_says_more_than_its_campaign(void **state)
{
	struct campaign c = { 0 };
	struct campaign_step step = { 0 };

	(void)state;
	assert_int_equal(campaign_max_lateness(&c, &step), 24 * HOUR_MS);
	c.max_lateness_ms = HOUR_MS;
	assert_int_equal(campaign_max_lateness(&c, &step), HOUR_MS);
	step.max_lateness_ms = MINUTE_MS;
	assert_int_equal(campaign_max_lateness(&c, &step), MINUTE_MS);
}

/* ---- the next moment ---- */

static void
without_hours_it_is_now(void **state)
{
	const struct campaign c = { 0 };

	(void)state;
	check_next(&c, "Europe/Berlin", "2026-03-28T02:11:12Z",
		   "2026-03-28T02:11:12Z");
}

static void
a_window_opens_on_its_days(void **state)
{
	const struct campaign c =
	    campaign("Mo-Fr 09:00-17:00, Sa 10:00-12:00", "");

	(void)state;
	check_next(&c, "Europe/Berlin", "2026-03-06T08:00:00Z",
		   "2026-03-06T08:00:00Z");
	check_next(&c, "Europe/Berlin", "2026-03-06T15:59:59.999Z",
		   "2026-03-06T15:59:59.999Z");
	check_next(&c, "Europe/Berlin", "2026-03-06T16:00:00Z",
		   "2026-03-07T09:00:00Z");
	check_next(&c, "Europe/Berlin", "2026-03-07T11:00:00.001Z",
		   "2026-03-09T08:00:00Z");
}

static void
quiet_hours_last_past_midnight(void **state)
{
	const struct campaign c = campaign("", "21:00-08:00");
	const struct campaign weekend = campaign("", "Fr 18:00-08:00");

	(void)state;
	check_next(&c, "Asia/Tokyo", "2026-03-06T11:59:59Z",
		   "2026-03-06T11:59:59Z");
	check_next(&c, "Asia/Tokyo", "2026-03-06T12:00:00Z",
		   "2026-03-06T23:00:00Z");
	check_next(&c, "Asia/Tokyo", "2026-03-06T22:59:00Z",
		   "2026-03-06T23:00:00Z");
	/* It belongs to Friday: Saturday's night is not quiet. */
	check_next(&weekend, "UTC", "2026-03-07T03:00:00Z",
		   "2026-03-07T08:00:00Z");
	check_next(&weekend, "UTC", "2026-03-08T03:00:00Z",
		   "2026-03-08T03:00:00Z");
}

static void
a_campaigns_window_replaces_and_its_quiet_hours_add(void **state)
{
	const struct campaign_workspace w = {
		.hours = { .window = spans("Mo-Fr 09:00-17:00"),
			   .quiet = spans("12:00-13:00") },
	};
	struct campaign c = campaign("Sa 11:00-16:00", "15:00-16:00");

	(void)state;
	c.workspace = &w;
	check_next(&c, "UTC", "2026-03-06T10:00:00Z", "2026-03-07T11:00:00Z");
	check_next(&c, "UTC", "2026-03-07T12:00:00Z", "2026-03-07T13:00:00Z");
	check_next(&c, "UTC", "2026-03-07T15:00:00Z", "2026-03-14T11:00:00Z");
}

static void
a_blackout_is_a_date_there_for_its_countries(void **state)
{
	const struct str countries[] = { STR("AT"), STR("DE") };
	struct campaign_blackout dates[2] = {
		{ .countries = countries, .country_count = 2 },
	};
	const struct campaign_workspace w = { .blackouts = dates,
					      .blackout_count = 2 };
	const struct campaign c = { .workspace = &w };
	int64_t ms;

	(void)state;
	assert_ok(
	    campaign_dates_parse(STR("2026-12-24/2026-12-26"), &dates[0], &err),
	    err);
	assert_ok(campaign_dates_parse(STR("2026-12-27"), &dates[1], &err),
		  err);
	/* In Auckland the 24th begins on the 23rd of UTC. */
	check_next(&c, "Pacific/Auckland", "2026-12-23T10:59:59Z",
		   "2026-12-23T10:59:59Z");
	check_next(&c, "Pacific/Auckland", "2026-12-23T11:00:00Z",
		   "2026-12-27T11:00:00Z");
	assert_true(campaign_hours_next(&c, zone("UTC"), STR("FR"),
					instant("2026-12-25T09:00:00Z"), &ms));
	assert_int_equal(ms, instant("2026-12-25T09:00:00Z"));
	assert_true(campaign_hours_next(&c, zone("UTC"), STR("FR"),
					instant("2026-12-27T09:00:00Z"), &ms));
	assert_int_equal(ms, instant("2026-12-28T00:00:00Z"));
}

static void
what_never_opens_is_known(void **state)
{
	const struct campaign never = campaign("02:00-05:00", "21:00-08:00");
	const struct campaign nearly = campaign("02:00-08:01", "21:00-08:00");
	int64_t ms = 7;

	(void)state;
	assert_false(campaign_hours_open(&never));
	assert_false(campaign_hours_next(&never, zone("Europe/Berlin"), STR(""),
					 0, &ms));
	assert_int_equal(ms, 7);
	assert_true(campaign_hours_open(&nearly));
	check_next(&nearly, "UTC", "2026-03-06T10:00:00Z",
		   "2026-03-07T08:00:00Z");
}

/* ---- changes of clocks ---- */

static void
a_span_is_read_on_the_wall_through_a_change(void **state)
{
	const struct campaign night = campaign("02:15-02:45", "");
	const struct campaign quiet = campaign("", "21:00-02:30");

	(void)state;
	/* 02:15 to 02:45 is not there on the 29th of March. */
	check_next(&night, "Europe/Berlin", "2026-03-28T12:00:00Z",
		   "2026-03-30T00:15:00Z");
	/* And twice on the 25th of October. */
	check_next(&night, "Europe/Berlin", "2026-10-24T23:00:00Z",
		   "2026-10-25T00:15:00Z");
	check_next(&night, "Europe/Berlin", "2026-10-25T00:45:00Z",
		   "2026-10-25T01:15:00Z");
	/* What ends in the gap ends at its end; what ends twice, twice. */
	check_next(&quiet, "Europe/Berlin", "2026-03-28T23:00:00Z",
		   "2026-03-29T01:00:00Z");
	check_next(&quiet, "Europe/Berlin", "2026-10-25T00:00:00Z",
		   "2026-10-25T00:30:00Z");
	check_next(&quiet, "Europe/Berlin", "2026-10-25T01:00:00Z",
		   "2026-10-25T01:30:00Z");
}

/* Whether the wall shows an hour of "Mo-Sa 01:30-03:15" but "02:00-02:40". */
static bool
shows_open(const struct zone *z, int64_t ms)
{
	struct local_time t;
	int minute;

	zone_to_local(z, ms, &t);
	minute = t.hour * 60 + t.minute;
	return civil_weekday(&t) != CIVIL_SUNDAY && minute >= 90 &&
	       minute < 195 && !(minute >= 120 && minute < 160);
}

/* Each minute of the days around each change of a year, one by one. */
static void
the_next_moment_is_the_first_open_minute(void **state)
{
	static const char *const names[] = {
		"Europe/Berlin",     "America/New_York", "Australia/Lord_Howe",
		"Africa/Casablanca", "America/Santiago",
	};
	const struct campaign c = campaign("Mo-Sa 01:30-03:15", "02:00-02:40");
	int changes = 0;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		const struct zone *z = zone(names[i]);
		int64_t change = zone_until(z, instant("2026-01-01T00:00:00Z"));
		int64_t last = instant("2027-01-01T00:00:00Z");

		for (; change < last; change = zone_until(z, change)) {
			int64_t open = -1, got;

			changes++;
			for (int k = 2160; k >= -2160; k--) {
				int64_t at = change + (int64_t)k * MINUTE_MS;

				if (shows_open(z, at))
					open = at;
				if (open < 0)
					continue;
				assert_true(campaign_hours_next(&c, z, STR(""),
								at, &got));
				assert_int_equal(got, open);
			}
		}
	}
	assert_int_equal(changes, 2 * (int)COUNT_OF(names));
}

/* ---- zones ---- */

static void
a_zone_that_is_not_known_falls_back(void **state)
{
	const struct campaign_when mine = { .zone = CAMPAIGN_ZONE_RECIPIENT };
	const struct campaign_when fixed = { .zone = CAMPAIGN_ZONE_FIXED,
					     .zone_name = STR("Asia/Tokyo") };
	struct str berlin = STR("Europe/Berlin");

	(void)state;
	assert_string_equal(
	    campaign_zone(&mine, STR("Asia/Kolkata"), berlin, a),
	    "Asia/Kolkata");
	assert_string_equal(campaign_zone(&mine, STR(""), berlin, a),
			    "Europe/Berlin");
	assert_string_equal(
	    campaign_zone(&mine, STR("Mars/Olympus"), STR(""), a), "UTC");
	assert_string_equal(
	    campaign_zone(&fixed, STR("Asia/Kolkata"), berlin, a),
	    "Asia/Tokyo");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(hours_are_days_and_a_span),
		cmocka_unit_test(other_hours_are_refused),
		cmocka_unit_test(dates_are_one_or_a_span),
		cmocka_unit_test(a_lateness_has_a_unit),
		cmocka_unit_test(a_step_says_more_than_its_campaign),
		cmocka_unit_test(without_hours_it_is_now),
		cmocka_unit_test(a_window_opens_on_its_days),
		cmocka_unit_test(quiet_hours_last_past_midnight),
		cmocka_unit_test(
		    a_campaigns_window_replaces_and_its_quiet_hours_add),
		cmocka_unit_test(a_blackout_is_a_date_there_for_its_countries),
		cmocka_unit_test(what_never_opens_is_known),
		cmocka_unit_test(a_span_is_read_on_the_wall_through_a_change),
		cmocka_unit_test(the_next_moment_is_the_first_open_minute),
		cmocka_unit_test(a_zone_that_is_not_known_falls_back),
	};

	zone_init(NULL);
	return cmocka_run_group_tests_name("campaign/hours", tests, begin, end);
}
