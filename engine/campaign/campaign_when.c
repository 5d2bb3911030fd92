/*
 * One vocabulary of time: an anchor, days after it, a time of day.
 *
 *	start+4d 09:00
 *	sent+2d 14:30
 *
 * Which day "start" is belongs to planning; here it is a word.
 */
#include "base/arena.h"
#include "base/zone.h"
#include "campaign/campaign_priv.h"

enum { DAYS_MAX = 3650 };

static int
parse_anchor(struct str word, struct campaign_when *out)
{
	ptrdiff_t plus = str_find_char(word, '+');
	struct str name, days;

	if (plus < 0 || !str_ends(word, STR("d")))
		return -1;
	name = str_slice(word, 0, (size_t)plus);
	days = str_slice(word, (size_t)plus + 1, word.len - 1);
	if (str_eq(name, STR("start")))
		out->anchor = CAMPAIGN_AT_START;
	else if (str_eq(name, STR("sent")))
		out->anchor = CAMPAIGN_AT_SENT;
	else
		return -1;
	return str_int(days, 0, DAYS_MAX, &out->days) ? 0 : -1;
}

static int
parse_zone(struct str zone, struct arena *a, struct campaign_when *out,
	   struct error *err)
{
	const struct zone *found;

	if (zone.len == 0 || str_eq(zone, STR("recipient"))) {
		out->zone = CAMPAIGN_ZONE_RECIPIENT;
	} else if (str_eq(zone, STR("partner"))) {
		out->zone = CAMPAIGN_ZONE_PARTNER;
	} else {
		out->zone = CAMPAIGN_ZONE_FIXED;
		out->zone_name = str_copy(a, zone);
		if (zone_get(out->zone_name.p, &found, err) < 0)
			return error_set(err, ERROR_INVALID,
					 "found the zone \"%.*s\", expected "
					 "\"recipient\", \"partner\" or a "
					 "zone such as \"Europe/Berlin\"",
					 STR_ARG(zone));
	}
	return 0;
}

int
campaign_when_parse(struct str at, struct str zone, struct arena *a,
		    struct campaign_when *out, struct error *err)
{
	struct campaign_when when = { .days = 0 };
	struct str rest = at, anchor, clock, more;
	struct local_time t = { 0 };
	struct error ignored;

	if (!str_word(&rest, &anchor) || !str_word(&rest, &clock) ||
	    str_word(&rest, &more) || parse_anchor(anchor, &when) < 0 ||
	    civil_parse_time(clock, &t, &ignored) < 0)
		return error_set(err, ERROR_INVALID,
				 "found the time \"%.*s\", expected the form "
				 "\"start+4d 09:00\" or \"sent+4d 09:00\"",
				 STR_ARG(at));
	when.hour = t.hour;
	when.minute = t.minute;
	if (parse_zone(zone, a, &when, err) < 0)
		return -(int)err->code;
	*out = when;
	return 0;
}
