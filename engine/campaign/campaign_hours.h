#ifndef CAMPAIGN_CAMPAIGN_HOURS_H
#define CAMPAIGN_CAMPAIGN_HOURS_H

/*
 * campaign_hours - when anything may leave, and until when it is worth it
 *
 * guidon.xml and campaign.xml say it by the week and by the date:
 *
 *	window="Mo-Fr 09:00-17:00, Sa 10:00-12:00"	only then
 *	quiet="21:00-08:00"				never then
 *	<blackout dates="2026-12-24/2027-01-01" country="DE AT"/>
 *
 * A campaign's window stands in place of the workspace's; quiet hours are
 * those of both. All of it is read on the clock by which a step's time is
 * counted (campaign_zone()), so a span that a change of clocks cuts is as much
 * shorter, and one that comes twice is open, or quiet, both times. A span past
 * midnight belongs to the day on which it begins.
 *
 * Thread rule: pure, all threads.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "base/error.h"
#include "base/str.h"

struct arena;
struct buf;
struct campaign;
struct campaign_step;
struct campaign_when;
struct zone;

/* From a minute of the day up to another, which may be of the day after. */
struct campaign_span {
	unsigned days; /* bit 0: Monday ... bit 6: Sunday */
	int from_minute;
	int until_minute; /* 1440: midnight; below from_minute: tomorrow's */
};

struct campaign_spans {
	const struct campaign_span *items;
	size_t count;
	struct str text; /* as written */
};

struct campaign_hours {
	struct campaign_spans window; /* none: always */
	struct campaign_spans quiet;
};

struct campaign_blackout {
	int64_t from_day; /* as civil_days() */
	int64_t until_day;
	const struct str *countries; /* of the partner; none: all */
	size_t country_count;
};

/* An hour at which nothing may leave is not sought further than this. */
enum { CAMPAIGN_HOURS_DAYS = 400 };

/*
 * The first moment from from_ms on at which something may leave that is timed
 * by the zone and is of a partner in this country: true with *at_ms; false,
 * *at_ms untouched, when there is none in CAMPAIGN_HOURS_DAYS.
 */
bool campaign_hours_next(const struct campaign *c, const struct zone *z,
			 struct str country, int64_t from_ms, int64_t *at_ms);

/* Whether the week has a minute at which something may leave. */
bool campaign_hours_open(const struct campaign *c);

/* Whether the campaign, or its workspace, says anything about it. */
bool campaign_hours_given(const struct campaign *c);

/* ", only Mo-Fr 09:00-17:00, not 21:00-08:00": what is said, in words. */
void campaign_hours_print(const struct campaign *c, struct buf *out);

/* How late the step may leave at most; a day when nobody says otherwise. */
int64_t campaign_max_lateness(const struct campaign *c,
			      const struct campaign_step *step);

/*
 * The zone by whose clock a step's time is counted; what there is not falls
 * back to the partner's, then to UTC. It lives for ever.
 */
const char *campaign_zone(const struct campaign_when *when, struct str contact,
			  struct str partner, struct arena *a);

#endif
