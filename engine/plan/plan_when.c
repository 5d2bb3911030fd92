/*
 * The calendar of a campaign. Days are counted on the calendar of a zone, not
 * in units of 24 hours: "start+1d 09:00" is nine in the morning there, also
 * when the clocks change in between.
 *
 * The start is a date, the partner's own working day; a step's hour on it is
 * read on the clock of the step's zone. Where that clock is far from the
 * partner's the same date may be over already, or a contact may have come weeks
 * later; then the first mail, and a post, is due as if it were started now.
 * What comes after keeps its distance to the mail before rather than its date,
 * else somebody who joins late would be sent the whole sequence within a
 * minute.
 *
 * What is due while nothing may leave (campaign_hours.h) is due when something
 * may next: that is the last thing which is done to a time.
 *
 * A campaign is over at the end of the day valid-until, in the zone by which
 * the step's time is counted.
 */
#include "plan/plan.h"

#include <string.h>

#include "base/arena.h"
#include "base/zone.h"
#include "plan/plan_priv.h"

/* A first mail that was due longer ago than this is due anew. */
enum { LATE_MS = 60 * 60 * 1000 };

static int
at_hour(const struct zone *z, struct local_time day, int hour, int minute,
	int64_t *utc_ms)
{
	day.hour = hour;
	day.minute = minute;
	day.second = 0;
	day.ms = 0;
	*utc_ms = zone_to_utc(z, &day, NULL);
	return 0;
}

static bool
is_working_day(const struct local_time *t)
{
	return civil_weekday(t) <= CIVIL_FRIDAY;
}

int
plan_start(int64_t now_ms, const char *zone, int hour, int minute,
	   int64_t *start_ms, struct error *err)
{
	const struct zone *z;
	struct local_time day;
	int64_t at_ms;

	if (zone_get(zone, &z, err) < 0)
		return -(int)err->code;
	zone_to_local(z, now_ms, &day);
	while (!is_working_day(&day) ||
	       at_hour(z, day, hour, minute, &at_ms) < 0 || at_ms <= now_ms)
		civil_add_days(&day, 1);
	*start_ms = at_ms;
	return 0;
}

struct plan_calendar
plan_calendar_of(const struct campaign *c, const struct campaign_when *when,
		 const struct partner *p, struct str contact_zone,
		 struct arena *a)
{
	static const struct campaign_when home = {
		.zone = CAMPAIGN_ZONE_PARTNER,
	};
	struct str zone = p->time_zone;

	return (struct plan_calendar){
		.campaign = c,
		.zone = campaign_zone(when, contact_zone, zone, a),
		.home = campaign_zone(&home, zone, zone, a),
		.country = p->country,
	};
}

/* `days` after the date that a clock in `there` shows at anchor_ms. */
static void
due_after(const struct campaign_when *when, int64_t days, int64_t anchor_ms,
	  const struct zone *there, const struct zone *z, int64_t *due_ms)
{
	struct local_time day;

	zone_to_local(there, anchor_ms, &day);
	civil_add_days(&day, days);
	(void)at_hour(z, day, when->hour, when->minute, due_ms);
}

/* The zones of a calendar, by name. */
struct clocks {
	const struct zone *step;
	const struct zone *home;
};

static int
find_clocks(const struct plan_calendar *cal, struct clocks *out,
	    struct error *err)
{
	if (zone_get(cal->zone, &out->step, err) < 0 ||
	    zone_get(cal->home, &out->home, err) < 0)
		return -(int)err->code;
	return 0;
}

static int
move(const struct plan_calendar *cal, const struct clocks *clocks,
     int64_t *due_ms)
{
	return campaign_hours_next(cal->campaign, clocks->step, cal->country,
				   *due_ms, due_ms);
}

/* ---- the two kinds of mail ---- */

int
plan_first_due(const struct plan_calendar *cal,
	       const struct campaign_when *when, int64_t start_ms,
	       int64_t now_ms, int64_t *due_ms, struct error *err)
{
	struct clocks clocks;

	if (find_clocks(cal, &clocks, err) < 0)
		return -(int)err->code;
	due_after(when, when->days, start_ms, clocks.home, clocks.step, due_ms);
	if (*due_ms < now_ms - LATE_MS &&
	    plan_start(now_ms, cal->zone, when->hour, when->minute, due_ms,
		       err) < 0)
		return -(int)err->code;
	return move(cal, &clocks, due_ms);
}

/* The first time of the step's hour after sent_ms, `days` on or more. */
static void
keep_distance(const struct campaign_when *when, int64_t days, int64_t sent_ms,
	      const struct zone *z, int64_t *due_ms)
{
	due_after(when, days, sent_ms, z, z, due_ms);
	if (*due_ms < sent_ms)
		due_after(when, days + 1, sent_ms, z, z, due_ms);
}

int
plan_next_due(const struct plan_calendar *cal, const struct plan_after *after,
	      int64_t *due_ms, struct error *err)
{
	const struct campaign_when *when = &after->step->when;
	const struct campaign_when *before = &after->before->when;
	int64_t days = when->days;
	struct clocks clocks;

	if (find_clocks(cal, &clocks, err) < 0)
		return -(int)err->code;
	if (when->anchor == CAMPAIGN_AT_START) {
		due_after(when, days, after->start_ms, clocks.home, clocks.step,
			  due_ms);
		if (*due_ms >= after->sent_ms)
			return move(cal, &clocks, due_ms);
		if (before->anchor == CAMPAIGN_AT_START)
			days -= before->days;
		if (days < 0)
			days = 0;
	}
	keep_distance(when, days, after->sent_ms, clocks.step, due_ms);
	return move(cal, &clocks, due_ms);
}

/* ---- the campaign's span ---- */

int
plan_is_over(const struct campaign *c, const char *zone, int64_t at_ms,
	     struct error *err)
{
	struct local_time day = c->valid_until;
	const struct zone *z;
	int64_t end_ms;

	if (!c->has_valid_until)
		return 0;
	if (zone_get(zone, &z, err) < 0)
		return -(int)err->code;
	civil_add_days(&day, 1);
	(void)at_hour(z, day, 0, 0, &end_ms);
	return at_ms >= end_ms;
}

int
plan_why_not(const struct plan_calendar *cal, int leaves, int64_t due_ms,
	     struct str *why, struct error *err)
{
	int over = plan_is_over(cal->campaign, cal->zone, due_ms, err);

	if (over < 0)
		return over;
	if (over)
		*why = STR(PLAN_OVER);
	else if (!leaves)
		*why = STR(PLAN_NEVER);
	return over || !leaves;
}

/* The earliest of those that have the fewest days after the start. */
static const struct campaign_when *
earliest(const struct campaign *c)
{
	const struct campaign_when *best = NULL;

	for (size_t i = 0; i < c->step_count; i++) {
		const struct campaign_when *w = &c->steps[i].when;

		if (c->steps[i].kind > CAMPAIGN_POST ||
		    w->anchor != CAMPAIGN_AT_START)
			continue;
		if (!best || w->days < best->days ||
		    (w->days == best->days &&
		     w->hour * 60 + w->minute < best->hour * 60 + best->minute))
			best = w;
	}
	return best;
}

int
plan_campaign_start(const struct campaign *c, const char *zone, int64_t now_ms,
		    int64_t *start_ms, struct error *err)
{
	const struct campaign_when *first = earliest(c);
	const struct zone *z;
	int64_t from_ms = now_ms;

	if (zone_get(zone, &z, err) < 0)
		return -(int)err->code;
	if (c->has_valid_from) {
		(void)at_hour(z, c->valid_from, 0, 0, &from_ms);
		from_ms = from_ms > now_ms ? from_ms - 1 : now_ms;
	}
	if (!first) {
		*start_ms = from_ms;
		return 0;
	}
	return plan_start(from_ms, zone, first->hour, first->minute, start_ms,
			  err);
}
