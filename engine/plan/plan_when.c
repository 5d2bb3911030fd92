/*
 * The calendar of a campaign. Days are counted on the calendar of a zone, not
 * in units of 24 hours: "start+1d 09:00" is nine in the morning there, also
 * when the clocks change in between.
 *
 * The start is a day in the partner's zone. The same day may be over already
 * where a contact lives, or the contact may have come weeks later; then its
 * first mail is due as if it were started now. What comes after keeps its
 * distance to the mail before rather than its date, else somebody who joins
 * late would be sent the whole sequence within a minute.
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

static int
due_after(const struct campaign_when *when, int64_t days, int64_t anchor_ms,
	  const struct zone *z, int64_t *due_ms)
{
	struct local_time day;

	zone_to_local(z, anchor_ms, &day);
	civil_add_days(&day, days);
	return at_hour(z, day, when->hour, when->minute, due_ms);
}

int
plan_due(const struct campaign_when *when, int64_t anchor_ms, const char *zone,
	 int64_t *due_ms, struct error *err)
{
	const struct zone *z;

	if (zone_get(zone, &z, err) < 0)
		return -(int)err->code;
	return due_after(when, when->days, anchor_ms, z, due_ms);
}

/* ---- the two kinds of mail ---- */

int
plan_first_due(const struct campaign_when *when, int64_t start_ms,
	       const char *zone, int64_t now_ms, int64_t *due_ms,
	       struct error *err)
{
	if (plan_due(when, start_ms, zone, due_ms, err) < 0)
		return -(int)err->code;
	if (*due_ms >= now_ms - LATE_MS)
		return 0;
	return plan_start(now_ms, zone, when->hour, when->minute, due_ms, err);
}

/* The first time of the step's hour after sent_ms, `days` on or more. */
static void
keep_distance(const struct campaign_when *when, int64_t days, int64_t sent_ms,
	      const struct zone *z, int64_t *due_ms)
{
	(void)due_after(when, days, sent_ms, z, due_ms);
	if (*due_ms < sent_ms)
		(void)due_after(when, days + 1, sent_ms, z, due_ms);
}

int
plan_next_due(const struct plan_after *after, const char *zone, int64_t *due_ms,
	      struct error *err)
{
	const struct campaign_when *when = &after->step->when;
	const struct campaign_when *before = &after->before->when;
	bool counted = when->anchor == CAMPAIGN_AT_START;
	int64_t days = when->days;
	const struct zone *z;

	if (zone_get(zone, &z, err) < 0)
		return -(int)err->code;
	if (counted) {
		(void)due_after(when, days, after->start_ms, z, due_ms);
		if (*due_ms >= after->sent_ms)
			return 0;
		if (before->anchor == CAMPAIGN_AT_START)
			days -= before->days;
		if (days < 0)
			days = 0;
	}
	keep_distance(when, days, after->sent_ms, z, due_ms);
	return 0;
}

/* ---- zones ---- */

static const char *
known_zone(struct arena *a, struct str name)
{
	const struct zone *z;
	struct error err;

	if (name.len == 0)
		return NULL;
	return zone_get(str_cstr(a, name), &z, &err) < 0 ? NULL : zone_name(z);
}

const char *
plan_zone(const struct campaign_when *when, struct str contact,
	  struct str partner, struct arena *a)
{
	const char *zone = NULL;

	if (when->zone == CAMPAIGN_ZONE_FIXED)
		zone = known_zone(a, when->zone_name);
	if (when->zone == CAMPAIGN_ZONE_RECIPIENT)
		zone = known_zone(a, contact);
	if (!zone)
		zone = known_zone(a, partner);
	return zone ? zone : "UTC";
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
