#include "base/zone.h"
#include "plan/plan_priv.h"
#include "test.h"

enum { MINUTE_MS = 60 * 1000, HOUR_MS = 60 * MINUTE_MS, DAY_MS = 24 * HOUR_MS };

static const char *const zones[] = {
	"Europe/Berlin",     "Europe/London",	 "Europe/Lisbon",
	"Europe/Athens",     "Atlantic/Azores",	 "America/New_York",
	"America/Chicago",   "America/Denver",	 "America/Los_Angeles",
	"America/Anchorage", "America/St_Johns", "America/Havana",
	"America/Santiago",  "Asia/Jerusalem",	 "Asia/Beirut",
	"Africa/Cairo",	     "Australia/Sydney", "Australia/Lord_Howe",
	"Pacific/Auckland",  "Pacific/Chatham",	 "Asia/Kolkata",
};

static struct error err;

static int64_t
instant(const char *text)
{
	int64_t ms;

	assert_ok(civil_parse_instant(str_of(text), &ms, &err), err);
	return ms;
}

static const struct campaign always;

/* Of somebody who lives where the partner is, and may be mailed always. */
static struct plan_calendar
calendar(const char *zone)
{
	return (struct plan_calendar){
		.campaign = &always,
		.zone = zone,
		.home = zone,
	};
}

static int64_t
due(const struct plan_calendar *cal, const struct campaign_when *when,
    int64_t start_ms)
{
	int64_t ms;

	assert_ok(plan_first_due(cal, when, start_ms, start_ms, &ms, &err),
		  err);
	return ms;
}

static void
check_start(const char *now, int hour, const char *zone, const char *start)
{
	int64_t ms;

	assert_ok(plan_start(instant(now), zone, hour, 0, &ms, &err), err);
	if (ms != instant(start))
		fail_msg("from %s in %s: %lld, expected %s", now, zone,
			 (long long)ms, start);
}

static void
the_start_is_a_working_day_with_the_hour_ahead(void **state)
{
	(void)state;
	/* A Thursday. */
	check_start("2026-03-05T07:59:59Z", 9, "Europe/Berlin",
		    "2026-03-05T08:00:00Z");
	check_start("2026-03-05T08:00:00Z", 9, "Europe/Berlin",
		    "2026-03-06T08:00:00Z");
	/* Friday at noon, Saturday, Sunday: Monday. */
	check_start("2026-03-06T12:00:00Z", 9, "Europe/Berlin",
		    "2026-03-09T08:00:00Z");
	check_start("2026-03-07T01:00:00Z", 9, "Europe/Berlin",
		    "2026-03-09T08:00:00Z");
	check_start("2026-03-08T22:30:00Z", 9, "Europe/Berlin",
		    "2026-03-09T08:00:00Z");
	/* There it is Monday already, or Friday still. */
	check_start("2026-03-08T22:30:00Z", 9, "Pacific/Auckland",
		    "2026-03-09T20:00:00Z");
	check_start("2026-03-07T01:00:00Z", 20, "America/Los_Angeles",
		    "2026-03-07T04:00:00Z");
	assert_fails(plan_start(0, "Mars/Olympus", 9, 0, &(int64_t){ 0 }, &err),
		     err, ERROR_NOT_FOUND, "Mars");
}

/* What the step's hour must be on a day, by the rule of zone.h. */
static void
check_day(const struct zone *z, const struct campaign_when *when,
	  int64_t anchor_ms)
{
	const struct plan_calendar cal = calendar(zone_name(z));
	int64_t due_ms = due(&cal, when, anchor_ms);
	struct local_time wanted, got;
	int64_t before_s, after_s;
	int32_t before, after;
	enum zone_fit fit;

	zone_to_local(z, anchor_ms, &wanted);
	civil_add_days(&wanted, when->days);
	wanted.hour = when->hour;
	wanted.minute = when->minute;
	wanted.second = wanted.ms = 0;
	assert_int_equal(due_ms, zone_to_utc(z, &wanted, &fit));
	zone_to_local(z, due_ms, &got);
	if (fit != ZONE_GAP) {
		assert_int_equal(civil_to_ms(&got), civil_to_ms(&wanted));
		return;
	}
	zone_offset(z, due_ms - DAY_MS, &before, NULL, NULL);
	zone_offset(z, due_ms, &after, NULL, NULL);
	before_s = civil_to_ms(&wanted) / 1000;
	after_s = civil_to_ms(&got) / 1000;
	assert_int_equal(after_s - before_s, after - before);
}

/* Each half-hour of the two days around each change of two years. */
static void
check_changes(const char *name, int *changes)
{
	int64_t from_ms = instant("2026-01-01T12:00:00Z");
	const struct zone *z;
	int32_t last, now;

	assert_ok(zone_get(name, &z, &err), err);
	zone_offset(z, from_ms, &last, NULL, NULL);
	for (int day = 1; day < 730; day++) {
		int64_t at_ms = from_ms + (int64_t)day * DAY_MS;

		zone_offset(z, at_ms, &now, NULL, NULL);
		for (int half = 0; now != last && half < 96; half++) {
			const struct campaign_when when = {
				.days = 3 + half / 48,
				.hour = half % 48 / 2,
				.minute = half % 2 * 30,
			};

			check_day(z, &when, at_ms - 4 * (int64_t)DAY_MS);
		}
		*changes += now != last;
		last = now;
	}
}

static void
hours_are_local_ones_through_every_change_of_clocks(void **state)
{
	int changes = 0;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(zones); i++)
		check_changes(zones[i], &changes);
	/* All but India, twice a year. */
	assert_true(changes >= (int)(COUNT_OF(zones) - 2) * 4);
}

static void
a_gap_moves_forward_and_an_overlap_is_the_first(void **state)
{
	struct campaign_when when = { .days = 1, .hour = 2, .minute = 30 };
	struct plan_calendar berlin = calendar("Europe/Berlin");

	(void)state;
	assert_int_equal(due(&berlin, &when, instant("2026-03-28T09:00:00Z")),
			 instant("2026-03-29T01:30:00Z"));
	assert_int_equal(due(&berlin, &when, instant("2026-10-24T09:00:00Z")),
			 instant("2026-10-25T00:30:00Z"));
}

/* Monday at nine in Auckland is a Sunday in Berlin and Los Angeles. */
static void
a_day_is_the_partners_date_on_every_clock(void **state)
{
	const struct campaign_when when = { .hour = 9 };
	struct plan_calendar cal = calendar("Europe/Berlin");
	int64_t monday = instant("2026-06-07T21:00:00Z");

	(void)state;
	cal.home = "Pacific/Auckland";
	assert_int_equal(due(&cal, &when, monday),
			 instant("2026-06-08T07:00:00Z"));
	cal.zone = "America/Los_Angeles";
	assert_int_equal(due(&cal, &when, monday),
			 instant("2026-06-08T16:00:00Z"));
	/* And the date that is over there already: as if started now. */
	cal.home = "America/Los_Angeles";
	cal.zone = "Pacific/Auckland";
	assert_int_equal(due(&cal, &when, instant("2026-06-08T16:00:00Z")),
			 instant("2026-06-08T21:00:00Z"));
}

static void
what_follows_counts_from_the_partners_date_too(void **state)
{
	const struct campaign_step one = { .when = { .hour = 9 } };
	const struct campaign_step two = { .when = { .days = 2, .hour = 9 } };
	const struct plan_after after = {
		.step = &two,
		.before = &one,
		.start_ms = instant("2026-06-07T21:00:00Z"),
		.sent_ms = instant("2026-06-08T07:00:00Z"),
	};
	struct plan_calendar cal = calendar("Europe/Berlin");
	int64_t ms;

	(void)state;
	cal.home = "Pacific/Auckland";
	assert_ok(plan_next_due(&cal, &after, &ms, &err), err);
	assert_int_equal(ms, instant("2026-06-10T07:00:00Z"));
}

static void
a_first_mail_long_past_is_due_anew(void **state)
{
	const struct campaign_when when = { .hour = 9 };
	const struct plan_calendar berlin = calendar("Europe/Berlin");
	int64_t start = instant("2026-03-02T08:00:00Z");
	int64_t ms;

	(void)state;
	assert_ok(plan_first_due(&berlin, &when, start, start, &ms, &err), err);
	assert_int_equal(ms, start);
	assert_ok(
	    plan_first_due(&berlin, &when, start, start + HOUR_MS, &ms, &err),
	    err);
	assert_int_equal(ms, start);
	assert_ok(plan_first_due(&berlin, &when, start,
				 instant("2026-03-13T09:00:00Z"), &ms, &err),
		  err);
	assert_int_equal(ms, instant("2026-03-16T08:00:00Z"));
}

static int64_t
next_due(const struct campaign_when *when, const struct campaign_when *before,
	 const char *start, const char *sent)
{
	const struct campaign_step one = { .when = *before };
	const struct campaign_step two = { .when = *when };
	const struct plan_after after = {
		.step = &two,
		.before = &one,
		.start_ms = instant(start),
		.sent_ms = instant(sent),
	};
	const struct plan_calendar berlin = calendar("Europe/Berlin");
	int64_t ms;

	assert_ok(plan_next_due(&berlin, &after, &ms, &err), err);
	return ms;
}

static void
what_follows_is_never_before_what_was_sent(void **state)
{
	const struct campaign_when first = { .hour = 9 };
	const struct campaign_when fourth = { .days = 4, .hour = 9 };
	const struct campaign_when after = { .anchor = CAMPAIGN_AT_SENT,
					     .days = 2,
					     .hour = 8 };
	const struct campaign_when same = { .anchor = CAMPAIGN_AT_SENT,
					    .hour = 8 };

	(void)state;
	/* As written, also when the first was two days late. */
	assert_int_equal(next_due(&fourth, &first, "2026-03-02T08:00:00Z",
				  "2026-03-04T10:00:00Z"),
			 instant("2026-03-06T08:00:00Z"));
	/* Who came late keeps the distance. */
	assert_int_equal(next_due(&fourth, &first, "2026-03-02T08:00:00Z",
				  "2026-03-16T08:00:01Z"),
			 instant("2026-03-20T08:00:00Z"));
	assert_int_equal(next_due(&after, &first, "2026-03-02T08:00:00Z",
				  "2026-03-04T10:00:00Z"),
			 instant("2026-03-06T07:00:00Z"));
	assert_int_equal(next_due(&same, &first, "2026-03-02T08:00:00Z",
				  "2026-03-04T10:00:00Z"),
			 instant("2026-03-05T07:00:00Z"));
}

/* ---- windows, quiet hours, blackouts ---- */

static const struct campaign_span office = { .days = 0x1f,
					     .from_minute = 9 * 60,
					     .until_minute = 17 * 60 };
static const struct campaign officially = {
	.hours.window = { .items = &office, .count = 1 },
	.has_valid_until = true,
	.valid_until = { .year = 2026, .month = 3, .day = 31 },
};

static void
what_is_due_outside_a_window_is_due_at_the_next(void **state)
{
	struct plan_calendar cal = calendar("Europe/Berlin");
	const struct campaign_when late = { .hour = 20 };
	const struct campaign_when after = { .anchor = CAMPAIGN_AT_SENT,
					     .days = 1,
					     .hour = 8 };
	const struct campaign_step one = { .when = late };
	const struct campaign_step two = { .when = after };
	const struct plan_after follows = {
		.step = &two,
		.before = &one,
		.sent_ms = instant("2026-03-27T10:00:00Z"),
	};
	int64_t ms;

	(void)state;
	cal.campaign = &officially;
	/* Friday evening: Monday, which is summer time. */
	assert_int_equal(due(&cal, &late, instant("2026-03-27T08:00:00Z")),
			 instant("2026-03-30T07:00:00Z"));
	assert_ok(plan_next_due(&cal, &follows, &ms, &err), err);
	assert_int_equal(ms, instant("2026-03-30T07:00:00Z"));
}

static void
what_is_moved_past_the_end_is_over(void **state)
{
	struct plan_calendar cal = calendar("Europe/Berlin");
	const struct campaign_when late = { .hour = 20 };
	struct str why = { 0 };
	int64_t ms = instant("2026-03-31T18:00:00Z");

	(void)state;
	cal.campaign = &officially;
	assert_int_equal(plan_why_not(&cal, 1, ms, &why, &err), 0);
	ms = due(&cal, &late, instant("2026-03-31T08:00:00Z"));
	assert_int_equal(ms, instant("2026-04-01T07:00:00Z"));
	assert_int_equal(plan_why_not(&cal, 1, ms, &why, &err), 1);
	assert_str(why, PLAN_OVER);
	ms = instant("2026-03-31T18:00:00Z");
	assert_int_equal(plan_why_not(&cal, 0, ms, &why, &err), 1);
	assert_str(why, PLAN_NEVER);
}

static void
a_campaign_ends_with_its_last_day(void **state)
{
	const struct campaign c = {
		.has_valid_until = true,
		.valid_until = { .year = 2026, .month = 5, .day = 31 },
	};

	(void)state;
	assert_int_equal(plan_is_over(&c, "America/New_York",
				      instant("2026-06-01T03:59:59Z"), &err),
			 0);
	assert_int_equal(plan_is_over(&c, "America/New_York",
				      instant("2026-06-01T04:00:00Z"), &err),
			 1);
}

static void
a_run_starts_by_the_earliest_step_not_before_valid_from(void **state)
{
	const struct campaign_step steps[] = {
		{ .kind = CAMPAIGN_PAGE },
		{ .kind = CAMPAIGN_EMAIL, .when = { .days = 0, .hour = 11 } },
		{ .kind = CAMPAIGN_POST, .when = { .days = 0, .hour = 9 } },
		{ .kind = CAMPAIGN_EMAIL, .when = { .days = 1, .hour = 7 } },
	};
	const struct campaign c = {
		.steps = steps,
		.step_count = COUNT_OF(steps),
		.has_valid_from = true,
		.valid_from = { .year = 2026, .month = 3, .day = 4 },
	};
	int64_t ms;

	(void)state;
	assert_ok(plan_campaign_start(&c, "Europe/Berlin",
				      instant("2026-03-02T07:00:00Z"), &ms,
				      &err),
		  err);
	assert_int_equal(ms, instant("2026-03-04T08:00:00Z"));
	assert_ok(plan_campaign_start(&c, "Europe/Berlin",
				      instant("2026-03-05T09:00:00Z"), &ms,
				      &err),
		  err);
	assert_int_equal(ms, instant("2026-03-06T08:00:00Z"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    the_start_is_a_working_day_with_the_hour_ahead),
		cmocka_unit_test(
		    hours_are_local_ones_through_every_change_of_clocks),
		cmocka_unit_test(
		    a_gap_moves_forward_and_an_overlap_is_the_first),
		cmocka_unit_test(a_day_is_the_partners_date_on_every_clock),
		cmocka_unit_test(
		    what_follows_counts_from_the_partners_date_too),
		cmocka_unit_test(a_first_mail_long_past_is_due_anew),
		cmocka_unit_test(what_follows_is_never_before_what_was_sent),
		cmocka_unit_test(
		    what_is_due_outside_a_window_is_due_at_the_next),
		cmocka_unit_test(what_is_moved_past_the_end_is_over),
		cmocka_unit_test(a_campaign_ends_with_its_last_day),
		cmocka_unit_test(
		    a_run_starts_by_the_earliest_step_not_before_valid_from),
	};

	zone_init(NULL);
	return cmocka_run_group_tests_name("plan/when", tests, NULL, NULL);
}
