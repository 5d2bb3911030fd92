/*
 * plan_when_say: for each line "ZONE ANCHOR DAYS HH:MM" (the anchor in seconds
 * since 1970) when a first mail is due that is timed "start+DAYSd HH:MM" for a
 * start at the anchor, in seconds. Beside it the second answer: when one is
 * that is timed "sent+DAYSd HH:MM" and follows one sent then.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/zone.h"
#include "plan/plan_priv.h"

static int
say(const char *zone, int64_t anchor_ms, struct campaign_when when)
{
	static const struct campaign always;
	const struct plan_calendar cal = {
		.campaign = &always,
		.zone = zone,
		.home = zone,
	};
	const struct campaign_step before = { .when = { .hour = 9 } };
	struct campaign_step step = { .when = when };
	const struct plan_after after = {
		.step = &step,
		.before = &before,
		.sent_ms = anchor_ms,
	};
	int64_t first_ms, next_ms;
	struct error err;

	step.when.anchor = CAMPAIGN_AT_SENT;
	if (plan_first_due(&cal, &when, anchor_ms, anchor_ms, &first_ms, &err) <
		0 ||
	    plan_next_due(&cal, &after, &next_ms, &err) < 0) {
		fprintf(stderr, "plan_when_say: %s\n", err.text);
		return -1;
	}
	printf("%" PRId64 " %" PRId64 "\n", first_ms / 1000, next_ms / 1000);
	return 0;
}

int
main(void)
{
	struct campaign_when when = { .days = 0 };
	int64_t anchor_s;
	char zone[64];

	zone_init(NULL);
	while (scanf("%63s %" SCNd64 " %" SCNd64 " %d:%d", zone, &anchor_s,
		     &when.days, &when.hour, &when.minute) == 5)
		if (say(zone, anchor_s * 1000, when) < 0)
			return 1;
	return 0;
}
