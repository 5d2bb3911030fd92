/*
 * The rule after the last listed change: "CET-1CEST,M3.5.0,M10.5.0/3".
 * Offsets in it count westward. Hours of a change run from -167 to 167
 * (Greenland's is "/-1"), so that a change may fall into the year beside the
 * one it is computed for: five years are looked at, and the nearest changes
 * on both sides win. Where summer time ends and begins at one instant, it is
 * permanent, and the beginning wins.
 */
#include "base/zone_priv.h"

#include "base/arena.h"

enum { HOURS_OFFSET = 24, HOURS_CHANGE = 167 };

static bool
take(struct str *s, char c)
{
	if (s->len == 0 || s->p[0] != c)
		return false;
	*s = str_slice(*s, 1, s->len);
	return true;
}

static bool
number(struct str *s, int min, int max, int *out)
{
	size_t len = 0;
	int64_t n;

	while (len < s->len && s->p[len] >= '0' && s->p[len] <= '9')
		len++;
	if (!str_int(str_slice(*s, 0, len), min, max, &n))
		return false;
	*s = str_slice(*s, len, s->len);
	*out = (int)n;
	return true;
}

/* [+-]hh[:mm[:ss]] */
static bool
hours(struct str *s, int max, int32_t *out_s)
{
	bool negative = take(s, '-');
	int h;
	int m = 0;
	int sec = 0;

	if (!negative)
		take(s, '+');
	if (!number(s, 0, max, &h))
		return false;
	if (take(s, ':') && !number(s, 0, 59, &m))
		return false;
	if (take(s, ':') && !number(s, 0, 59, &sec))
		return false;
	*out_s = (h * 60 + m) * 60 + sec;
	if (negative)
		*out_s = -*out_s;
	return true;
}

static bool
name_char(char c, bool quoted)
{
	if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))
		return true;
	return quoted && ((c >= '0' && c <= '9') || c == '+' || c == '-');
}

static bool
abbreviation(struct arena *a, struct str *s, const char **out)
{
	bool quoted = take(s, '<');
	size_t len = 0;

	while (len < s->len && name_char(s->p[len], quoted))
		len++;
	if (len < 3)
		return false;
	*out = arena_copy(a, s->p, len);
	*s = str_slice(*s, len, s->len);
	return !quoted || take(s, '>');
}

static bool
day(struct str *s, struct zone_change *c)
{
	if (take(s, 'M')) {
		c->kind = ZONE_DAY_OF_WEEK;
		return number(s, 1, 12, &c->month) && take(s, '.') &&
		       number(s, 1, 5, &c->week) && take(s, '.') &&
		       number(s, 0, 6, &c->day);
	}
	if (take(s, 'J')) {
		c->kind = ZONE_DAY_WITHOUT_LEAP;
		return number(s, 1, 365, &c->day);
	}
	c->kind = ZONE_DAY_OF_YEAR;
	return number(s, 0, 365, &c->day);
}

static bool
change(struct str *s, struct zone_change *c)
{
	c->time_s = 2 * 3600;
	return take(s, ',') && day(s, c) &&
	       (!take(s, '/') || hours(s, HOURS_CHANGE, &c->time_s));
}

static bool
tail(struct arena *a, struct str *s, struct zone_tail *t)
{
	int32_t west_s;

	if (!abbreviation(a, s, &t->standard.abbrev) ||
	    !hours(s, HOURS_OFFSET, &west_s))
		return false;
	t->standard.offset_s = -west_s;
	t->has_summer = s->len > 0;
	if (!t->has_summer)
		return true;
	if (!abbreviation(a, s, &t->summer.abbrev))
		return false;
	t->summer.dst = true;
	t->summer.offset_s = t->standard.offset_s + 3600;
	if (s->len && s->p[0] != ',') {
		if (!hours(s, HOURS_OFFSET, &west_s))
			return false;
		t->summer.offset_s = -west_s;
	}
	return change(s, &t->to_summer) && change(s, &t->to_standard);
}

int
zone_tail_parse(struct arena *a, struct str text, struct zone_tail *out,
		struct error *err)
{
	struct zone_tail t = { 0 };
	struct str rest = text;

	if (!tail(a, &rest, &t) || rest.len)
		return error_set(err, ERROR_INVALID,
				 "time-zone rule breaks off after %zu of %zu "
				 "characters: expected a form like "
				 "CET-1CEST,M3.5.0,M10.5.0/3",
				 text.len - rest.len, text.len);
	*out = t;
	return 0;
}

/* The day of the change, in days since the epoch. */
static int64_t
day_in_year(const struct zone_change *c, int year)
{
	struct local_time t = { .year = year, .month = 1, .day = 1 };
	int length;
	int ahead;

	switch (c->kind) {
	case ZONE_DAY_WITHOUT_LEAP:
		return civil_days(&t) + c->day - 1 +
		       (c->day >= 60 && civil_month_days(year, 2) == 29);
	case ZONE_DAY_OF_YEAR:
		return civil_days(&t) + c->day;
	case ZONE_DAY_OF_WEEK:
		break;
	}
	t.month = c->month;
	length = civil_month_days(year, c->month);
	ahead = (c->day - (int)civil_weekday(&t) + 7) % 7 + (c->week - 1) * 7;
	if (ahead >= length)
		ahead -= 7;
	return civil_days(&t) + ahead;
}

static void
narrow(struct zone_span *span, int64_t at_s, int64_t change_s,
       const struct zone_type *type)
{
	if (change_s > at_s) {
		if (change_s < span->to_s)
			span->to_s = change_s;
	} else if (change_s > span->from_s ||
		   (change_s == span->from_s && type->dst)) {
		span->from_s = change_s;
		span->type = type;
	}
}

static int
year_of(int64_t at_s)
{
	struct local_time t;

	civil_set_days(&t, at_s / 86400);
	return t.year;
}

void
zone_tail_span(const struct zone_tail *t, int64_t at_s, struct zone_span *out)
{
	int year;

	*out = (struct zone_span){ -ZONE_EVER_S, ZONE_EVER_S, &t->standard };
	if (!t->has_summer)
		return;
	year = year_of(at_s);
	for (int y = year - 2; y <= year + 2; y++) {
		narrow(out, at_s,
		       day_in_year(&t->to_summer, y) * 86400 +
			   t->to_summer.time_s - t->standard.offset_s,
		       &t->summer);
		narrow(out, at_s,
		       day_in_year(&t->to_standard, y) * 86400 +
			   t->to_standard.time_s - t->summer.offset_s,
		       &t->standard);
	}
}
