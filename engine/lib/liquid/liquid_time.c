/*
 * Dates as people write them, read as Ruby reads them: a time of day anywhere,
 * then the first of these that is there.
 *
 *	14 March 2016   14th-Mar-16   March 14, 2016   Mar 2016
 *	2016-03-14      2016/3/14     14/03/2016       14.03.2016   2016-03
 *
 * Names of days say nothing. Of two digits of a year, 69 is 1969 and 68 is
 * 2068. What is missing in front is of now, what is missing behind is the
 * first. A number alone is the seconds since 1970.
 *
 * The text is copied, so that what was read can be blanked out; it is short,
 * or else it is no date.
 */
#include <string.h>

#include "liquid/liquid_priv.h"

enum { TEXT_MAX = 128, MINUTE_S = 60, HOUR_S = 3600, DAY_HOURS = 24 };

struct reading {
	char text[TEXT_MAX + 1];
	size_t len;
	bool has_year, has_month, has_day, has_time;
	struct liquid_time t;
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	return c >= 'a' && c <= 'z';
}

/* Small letters; what can be in no date is a blank. */
static bool
copy_text(struct reading *r, struct str s)
{
	if (s.len > TEXT_MAX)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c + 32);
		if (!is_letter(c) && !is_digit(c) &&
		    (!c || !strchr("-+',./:", c)))
			c = ' ';
		r->text[i] = c;
	}
	r->len = s.len;
	return true;
}

static void
blank(struct reading *r, size_t from, size_t to)
{
	memset(r->text + from, ' ', to - from);
}

/* A number of at most nine digits at *i, which is passed. */
static bool
take_number(const struct reading *r, size_t *i, int *n, int *digits)
{
	size_t at = *i;

	*n = 0;
	while (at < r->len && is_digit(r->text[at]) && at - *i < 9)
		*n = *n * 10 + (r->text[at++] - '0');
	*digits = (int)(at - *i);
	*i = at;
	return *digits > 0 && (at == r->len || !is_digit(r->text[at]));
}

static void
skip_blanks(const struct reading *r, size_t *i)
{
	while (*i < r->len && r->text[*i] == ' ')
		++*i;
}

static bool
take(const struct reading *r, size_t *i, char c)
{
	bool is = *i < r->len && r->text[*i] == c;

	*i += is;
	return is;
}

/* ---- the time of day ---- */

/* am, pm, a.m. */
static bool
take_half(const struct reading *r, size_t *i, bool *pm)
{
	size_t at = *i;

	skip_blanks(r, &at);
	if (at >= r->len || (r->text[at] != 'a' && r->text[at] != 'p'))
		return false;
	*pm = r->text[at++] == 'p';
	(void)take(r, &at, '.');
	if (!take(r, &at, 'm') || (at < r->len && is_letter(r->text[at])))
		return false;
	(void)take(r, &at, '.');
	*i = at;
	return true;
}

static void
take_fraction(const struct reading *r, size_t *i, int *ms)
{
	int scale = 100;

	if (*i + 1 >= r->len || !is_digit(r->text[*i + 1]) ||
	    (r->text[*i] != '.' && r->text[*i] != ','))
		return;
	for (++*i; *i < r->len && is_digit(r->text[*i]); ++*i) {
		*ms += (r->text[*i] - '0') * scale;
		scale /= 10;
	}
}

static bool
take_offset(const struct reading *r, size_t *i, int32_t *offset_s)
{
	bool minus = r->text[*i] == '-';
	int hours, minutes = 0, digits;
	size_t at = *i + 1;

	if (!take_number(r, &at, &hours, &digits) || digits > 4)
		return false;
	if (digits > 2) {
		minutes = hours % 100;
		hours /= 100;
	} else if (take(r, &at, ':') &&
		   !take_number(r, &at, &minutes, &digits)) {
		return false;
	}
	if (hours >= DAY_HOURS || minutes >= 60)
		return false;
	*offset_s = (hours * HOUR_S + minutes * MINUTE_S) * (minus ? -1 : 1);
	*i = at;
	return true;
}

static void
take_zone(struct reading *r, size_t *i)
{
	static const struct {
		const char *name;
		int hours;
	} zones[] = {
		{ "z", 0 },    { "utc", 0 },  { "gmt", 0 },  { "ut", 0 },
		{ "est", -5 }, { "edt", -4 }, { "cst", -6 }, { "cdt", -5 },
		{ "mst", -7 }, { "mdt", -6 }, { "pst", -8 }, { "pdt", -7 },
	};
	size_t at = *i, end;
	struct str name;

	skip_blanks(r, &at);
	for (end = at; end < r->len && is_letter(r->text[end]); end++)
		;
	name = (struct str){ r->text + at, end - at };
	for (size_t k = 0; k < COUNT_OF(zones); k++) {
		if (!str_eq_cstr(name, zones[k].name))
			continue;
		r->t.offset_s = zones[k].hours * HOUR_S;
		r->t.foreign = k > 3;
		at = *i = end;
		break;
	}
	if (at < r->len && (r->text[at] == '+' || r->text[at] == '-') &&
	    take_offset(r, &at, &r->t.offset_s)) {
		r->t.foreign = true;
		*i = at;
	}
}

/* 10:30, 10:30:15.5, 10am at *i. */
static bool
take_time(struct reading *r, size_t i, size_t *end)
{
	struct local_time *t = &r->t.local;
	bool clock, half, pm = false;
	int digits;

	if (!take_number(r, &i, &t->hour, &digits))
		return false;
	clock = i + 1 < r->len && r->text[i] == ':' && is_digit(r->text[i + 1]);
	if (clock) {
		i++;
		(void)take_number(r, &i, &t->minute, &digits);
	}
	if (clock && i + 1 < r->len && r->text[i] == ':' &&
	    is_digit(r->text[i + 1])) {
		i++;
		(void)take_number(r, &i, &t->second, &digits);
		take_fraction(r, &i, &t->ms);
	}
	half = take_half(r, &i, &pm);
	if (half)
		t->hour = t->hour % 12 + (pm ? 12 : 0);
	if (!clock && !half)
		return false;
	take_zone(r, &i);
	*end = i;
	return true;
}

static void
read_time(struct reading *r)
{
	size_t end;

	for (size_t i = 0; i < r->len; i++) {
		struct local_time clean = { 0 };

		if (!is_digit(r->text[i]) || (i && is_digit(r->text[i - 1])))
			continue;
		r->t.local = clean;
		if (take_time(r, i, &end)) {
			blank(r, i && r->text[i - 1] == 't' ? i - 1 : i, end);
			r->has_time = true;
			return;
		}
	}
	r->t.local = (struct local_time){ 0 };
}

/* ---- the date ---- */

static void
set_year(struct reading *r, int year, int digits)
{
	if (digits <= 2)
		year += year >= 69 ? 1900 : 2000;
	r->t.local.year = year;
	r->has_year = true;
}

static void
set_month(struct reading *r, int month)
{
	r->t.local.month = month;
	r->has_month = true;
}

static void
set_day(struct reading *r, int day)
{
	r->t.local.day = day;
	r->has_day = true;
}

/* Where the name of a month begins, and behind it. */
static bool
find_month(struct reading *r, size_t *from, size_t *to, int *month)
{
	static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";

	for (size_t i = 0; i + 3 <= r->len; i++) {
		if (i && is_letter(r->text[i - 1]))
			continue;
		for (int m = 0; m < 12; m++) {
			if (memcmp(r->text + i, names + m * 3, 3) != 0)
				continue;
			*from = i;
			for (i += 3; i < r->len && is_letter(r->text[i]); i++)
				;
			*to = i;
			*month = m + 1;
			return true;
		}
	}
	return false;
}

/* The day that stands before a month: 14, 14th. */
static bool
day_before(const struct reading *r, size_t month, int *day)
{
	size_t end = month, begin;
	int digits;

	while (end && !is_digit(r->text[end - 1])) {
		if (!strchr(" -.stndrh", r->text[end - 1]))
			return false;
		end--;
	}
	begin = end;
	while (begin && is_digit(r->text[begin - 1]))
		begin--;
	return end > begin && end - begin <= 2 &&
	       take_number(r, &begin, day, &digits);
}

/* A number behind *i, past what parts it and letters that follow. */
static bool
number_behind(const struct reading *r, size_t *i, int *n, int *digits)
{
	while (*i < r->len && r->text[*i] && strchr(" -,.'/", r->text[*i]))
		++*i;
	if (!take_number(r, i, n, digits))
		return false;
	while (*i < r->len && is_letter(r->text[*i]))
		++*i;
	return true;
}

static bool
read_named(struct reading *r)
{
	size_t from, to;
	int month, n, digits;
	bool day;

	if (!find_month(r, &from, &to, &month))
		return false;
	set_month(r, month);
	day = day_before(r, from, &n);
	if (day)
		set_day(r, n);
	if (!number_behind(r, &to, &n, &digits))
		return true;
	if (day || digits > 2) {
		set_year(r, n, digits);
		return true;
	}
	set_day(r, n);
	if (number_behind(r, &to, &n, &digits))
		set_year(r, n, digits);
	return true;
}

/* Three numbers: the year stands first, or last when that has more digits. */
static bool
read_numbers(struct reading *r)
{
	int n[3] = { 0 }, digits[3] = { 0 };
	size_t i = 0;
	int count = 0, swap;
	char sign = 0;

	while (i < r->len && !is_digit(r->text[i]))
		i++;
	while (count < 3 && take_number(r, &i, &n[count], &digits[count])) {
		count++;
		if (i >= r->len || !strchr("-/.", r->text[i]) ||
		    (sign && r->text[i] != sign))
			break;
		sign = r->text[i++];
	}
	if (count < 2 || (count == 2 && sign != '/'))
		return false;
	if (count == 2 && digits[0] <= 2) {
		set_month(r, n[0]);
		set_day(r, n[1]);
		return true;
	}
	if (count == 3 && digits[0] <= 2 && digits[2] > 2) {
		swap = n[0];
		n[0] = n[2];
		n[2] = swap;
		digits[0] = digits[2];
	}
	set_year(r, n[0], digits[0]);
	set_month(r, n[1]);
	if (count == 3)
		set_day(r, n[2]);
	return true;
}

/* From now what is missing in front, the first of what is missing behind. */
static bool
complete(struct reading *r, int64_t now_ms)
{
	struct local_time *t = &r->t.local;
	struct local_time now;

	if (!r->has_year && !r->has_month && !r->has_day && !r->has_time)
		return false;
	if (!r->has_year && !now_ms)
		return false;
	civil_from_ms(now_ms, &now);
	if (!r->has_year)
		t->year = now.year;
	if (!r->has_month)
		t->month = r->has_year ? 1 : now.month;
	if (!r->has_day)
		t->day = r->has_year || r->has_month ? 1 : now.day;
	return true;
}

/* The 31st of any month, 24:00 and second 60 are of what comes next. */
static bool
settle(struct local_time *t)
{
	int days = t->day - 1 + t->hour / DAY_HOURS;
	int64_t more_ms = t->second == 60 ? 1000 : 0;

	if (t->hour == DAY_HOURS && (t->minute || t->second))
		return false;
	if (t->day < 1 || t->day > 31 || t->hour > DAY_HOURS)
		return false;
	t->day = 1;
	t->hour %= DAY_HOURS;
	t->second -= t->second == 60;
	if (!civil_valid(t))
		return false;
	civil_add_days(t, days);
	civil_from_ms(civil_to_ms(t) + more_ms, t);
	return true;
}

bool
liquid_read_time(struct str s, int64_t now_ms, struct liquid_time *out)
{
	struct reading r = { .len = 0 };

	if (!copy_text(&r, s))
		return false;
	read_time(&r);
	if (!read_named(&r))
		(void)read_numbers(&r);
	if (!complete(&r, now_ms) || !settle(&r.t.local))
		return false;
	*out = r.t;
	return true;
}
