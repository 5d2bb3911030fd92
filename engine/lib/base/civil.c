/*
 * Years are counted from March, so that the leap day is the last of its year
 * and the lengths of the months before it follow one line, (153 m + 2) / 5.
 * Every division rounds down, so that nothing changes before year 0 or 1970.
 */
#include "base/civil.h"

enum {
	MS_PER_SECOND = 1000,
	MS_PER_DAY = 86400 * MS_PER_SECOND,
	/* From 1 March of year 0 to 1 January 1970. */
	DAYS_TO_EPOCH = 719468,
	DAYS_PER_400_YEARS = 146097,
	YEAR_MAX = 200000000,
	SHOWN_MAX = 40,
};

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* Days from 1 March of year 0 to 1 March of `year`. */
static int64_t
year_start(int64_t year)
{
	return year * 365 + floor_div(year, 4) - floor_div(year, 100) +
	       floor_div(year, 400);
}

/* Days from 1 March to the first of the month that is `m` after March. */
static int
month_start(int m)
{
	return (153 * m + 2) / 5;
}

int
civil_month_days(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30,
				    31, 31, 30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	check(month >= 1 && month <= 12);
	return days[month - 1] + (month == 2 && leap);
}

bool
civil_valid(const struct local_time *t)
{
	return t->year >= -YEAR_MAX && t->year <= YEAR_MAX && t->month >= 1 &&
	       t->month <= 12 && t->day >= 1 &&
	       t->day <= civil_month_days(t->year, t->month) && t->hour >= 0 &&
	       t->hour <= 23 && t->minute >= 0 && t->minute <= 59 &&
	       t->second >= 0 && t->second <= 59 && t->ms >= 0 && t->ms <= 999;
}

int64_t
civil_days(const struct local_time *t)
{
	int64_t year = (int64_t)t->year - (t->month <= 2);

	return year_start(year) + month_start((t->month + 9) % 12) + t->day -
	       1 - DAYS_TO_EPOCH;
}

void
civil_set_days(struct local_time *t, int64_t days)
{
	int64_t since = days + DAYS_TO_EPOCH;
	int64_t year = floor_div(since * 400, DAYS_PER_400_YEARS);
	int day;
	int m;

	/* The guess takes all years for equally long: one off at the most. */
	if (year_start(year) > since)
		year--;
	else if (year_start(year + 1) <= since)
		year++;
	day = (int)(since - year_start(year));
	m = (5 * day + 2) / 153;
	t->month = m < 10 ? m + 3 : m - 9;
	t->day = day - month_start(m) + 1;
	t->year = (int)(year + (t->month <= 2));
}

enum civil_weekday
civil_weekday(const struct local_time *t)
{
	/* Day 0 was a Thursday. */
	int64_t since_monday = civil_days(t) + 3;

	return (enum civil_weekday)(
	    since_monday - floor_div(since_monday, 7) * 7 + CIVIL_MONDAY);
}

void
civil_add_days(struct local_time *t, int64_t n)
{
	civil_set_days(t, civil_days(t) + n);
}

static int64_t
ms_of_day(const struct local_time *t)
{
	return ((t->hour * 60 + t->minute) * 60 + t->second) *
		   (int64_t)MS_PER_SECOND +
	       t->ms;
}

int64_t
civil_to_ms(const struct local_time *t)
{
	check(civil_valid(t));
	return civil_days(t) * MS_PER_DAY + ms_of_day(t);
}

void
civil_from_ms(int64_t utc_ms, struct local_time *t)
{
	int64_t days = floor_div(utc_ms, MS_PER_DAY);
	int rest = (int)(utc_ms % MS_PER_DAY);

	if (rest < 0)
		rest += MS_PER_DAY;
	civil_set_days(t, days);
	t->ms = rest % 1000;
	rest /= 1000;
	t->second = rest % 60;
	rest /= 60;
	t->minute = rest % 60;
	t->hour = rest / 60;
}

static bool
take(struct str *s, const char *any_of)
{
	if (s->len == 0 || str_find_char(str_of(any_of), s->p[0]) < 0)
		return false;
	*s = str_slice(*s, 1, s->len);
	return true;
}

static bool
digits(struct str *s, size_t count, int *out)
{
	int64_t n;

	if (s->len < count || !str_int(str_slice(*s, 0, count), 0, 9999, &n) ||
	    s->p[0] == '-')
		return false;
	*s = str_slice(*s, count, s->len);
	*out = (int)n;
	return true;
}

static bool
date(struct str *s, struct local_time *t)
{
	return digits(s, 4, &t->year) && take(s, "-") &&
	       digits(s, 2, &t->month) && take(s, "-") && digits(s, 2, &t->day);
}

/* One digit or more; those after the third are dropped. */
static bool
fraction(struct str *s, int *ms)
{
	int scale = 100;
	int digit;

	if (!digits(s, 1, &digit))
		return false;
	do {
		*ms += digit * scale;
		scale /= 10;
	} while (digits(s, 1, &digit));
	return true;
}

static bool
hour_minute(struct str *s, int *hour, int *minute)
{
	return digits(s, 2, hour) && take(s, ":") && digits(s, 2, minute);
}

static bool
date_time(struct str *s, struct local_time *t)
{
	if (!date(s, t) || !take(s, "Tt ") ||
	    !hour_minute(s, &t->hour, &t->minute))
		return false;
	if (!take(s, ":"))
		return true;
	if (!digits(s, 2, &t->second))
		return false;
	return !take(s, ".") || fraction(s, &t->ms);
}

static bool
offset(struct str *s, int *minutes)
{
	bool west = s->len && s->p[0] == '-';
	int hour;
	int minute;

	*minutes = 0;
	if (take(s, "Zz"))
		return true;
	if (!take(s, "+-") || !hour_minute(s, &hour, &minute) || hour > 23 ||
	    minute > 59)
		return false;
	*minutes = (hour * 60 + minute) * (west ? -1 : 1);
	return true;
}

static int
malformed(struct str s, const char *expected, struct error *err)
{
	return error_set(err, ERROR_INVALID, "\"%.*s\": expected %s",
			 STR_ARG(str_slice(s, 0, SHOWN_MAX)), expected);
}

/* The form is right: are the numbers? */
static int
in_range(const struct local_time *t, struct str s, struct error *err)
{
	const struct {
		const char *name;
		int value;
		int min;
		int max;
	} parts[] = {
		{ "month", t->month, 1, 12 },
		{ "day", t->day, 1,
		  civil_month_days(t->year, t->month >= 1 && t->month <= 12
						? t->month
						: 1) },
		{ "hour", t->hour, 0, 23 },
		{ "minute", t->minute, 0, 59 },
		{ "second", t->second, 0, 59 },
	};

	for (size_t i = 0; i < COUNT_OF(parts); i++)
		if (parts[i].value < parts[i].min ||
		    parts[i].value > parts[i].max)
			return error_set(
			    err, ERROR_INVALID,
			    "%s %02d in \"%.*s\": expected %02d to %02d",
			    parts[i].name, parts[i].value,
			    STR_ARG(str_slice(s, 0, SHOWN_MAX)), parts[i].min,
			    parts[i].max);
	return 0;
}

int
civil_parse_date(struct str s, struct local_time *out, struct error *err)
{
	struct local_time t = { 0 };
	struct str rest = s;

	if (!date(&rest, &t) || rest.len)
		return malformed(s, "a date, YYYY-MM-DD", err);
	if (in_range(&t, s, err) < 0)
		return -(int)err->code;
	*out = t;
	return 0;
}

int
civil_parse_time(struct str s, struct local_time *out, struct error *err)
{
	struct local_time t = { .month = 1, .day = 1 };
	struct str rest = s;

	if (!hour_minute(&rest, &t.hour, &t.minute) || rest.len)
		return malformed(s, "a time of day, HH:MM", err);
	if (in_range(&t, s, err) < 0)
		return -(int)err->code;
	out->hour = t.hour;
	out->minute = t.minute;
	out->second = 0;
	out->ms = 0;
	return 0;
}

int
civil_parse_local(struct str s, struct local_time *out, struct error *err)
{
	struct local_time t = { 0 };
	struct str rest = s;

	if (!date_time(&rest, &t) || rest.len)
		return malformed(
		    s, "a local date and time, YYYY-MM-DDTHH:MM[:SS]", err);
	if (in_range(&t, s, err) < 0)
		return -(int)err->code;
	*out = t;
	return 0;
}

int
civil_parse_instant(struct str s, int64_t *utc_ms, struct error *err)
{
	struct local_time t = { 0 };
	struct str rest = s;
	int minutes;
	bool leap;

	if (!date_time(&rest, &t) || !offset(&rest, &minutes) || rest.len)
		return malformed(
		    s, "a date, time and offset, YYYY-MM-DDTHH:MM:SSZ", err);
	leap = t.second == 60;
	t.second -= leap;
	if (in_range(&t, s, err) < 0)
		return -(int)err->code;
	*utc_ms = civil_to_ms(&t) + leap * MS_PER_SECOND -
		  (int64_t)minutes * 60 * MS_PER_SECOND;
	return 0;
}

void
civil_print_date(const struct local_time *t, struct buf *out)
{
	buf_printf(out, "%04d-%02d-%02d", t->year, t->month, t->day);
}

/* "+02:00", or "+0200" when `colon` is "". */
static void
print_offset(int32_t offset_s, const char *colon, struct buf *out)
{
	int minutes = offset_s / 60;
	char sign = minutes < 0 ? '-' : '+';

	if (minutes < 0)
		minutes = -minutes;
	buf_printf(out, "%c%02d%s%02d", sign, minutes / 60, colon,
		   minutes % 60);
}

static void
shifted(int64_t utc_ms, int32_t offset_s, struct local_time *t)
{
	int64_t whole_minutes_ms = offset_s / 60 * INT64_C(60000);
	int64_t ms;

	check(!__builtin_add_overflow(utc_ms, whole_minutes_ms, &ms));
	civil_from_ms(ms, t);
}

void
civil_print_instant(int64_t utc_ms, int32_t offset_s, struct buf *out)
{
	struct local_time t;

	shifted(utc_ms, offset_s, &t);
	civil_print_date(&t, out);
	buf_printf(out, "T%02d:%02d:%02d", t.hour, t.minute, t.second);
	if (t.ms)
		buf_printf(out, ".%03d", t.ms);
	if (offset_s == 0)
		buf_char(out, 'Z');
	else
		print_offset(offset_s, ":", out);
}

void
civil_print_mail(int64_t utc_ms, int32_t offset_s, struct buf *out)
{
	static const char days[7][4] = { "Mon", "Tue", "Wed", "Thu",
					 "Fri", "Sat", "Sun" };
	static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr",
					    "May", "Jun", "Jul", "Aug",
					    "Sep", "Oct", "Nov", "Dec" };
	struct local_time t;

	shifted(utc_ms, offset_s, &t);
	buf_printf(out, "%s, %02d %s %04d %02d:%02d:%02d ",
		   days[civil_weekday(&t) - CIVIL_MONDAY], t.day,
		   months[t.month - 1], t.year, t.hour, t.minute, t.second);
	print_offset(offset_s, "", out);
}
