/*
 * date: a time as text, after a format of strftime. The time is text as people
 * write it, "now" or "today", or an integer of seconds since 1970; anything
 * else comes out as it went in. It is written for the zone that stands in it,
 * else for UTC. There is no clock here: now is an input of the run.
 *
 * The format is Ruby's: between % and the letter may stand - (no padding),
 * 0 or _ (what to pad with), ^ (capitals), # (the other case) and a width.
 * What it does not know stays as it is.
 */
#include <stdio.h>
#include <string.h>

#include "liquid/liquid_priv.h"

enum { WIDTH_MAX = 64, WEEK_DAYS = 7, FIELD_STEPS = 4 };

/* ---- which time ---- */

static bool
from_seconds(int64_t seconds, struct liquid_time *t)
{
	if (seconds > INT64_C(4000000000000) ||
	    seconds < -INT64_C(4000000000000))
		return false;
	*t = (struct liquid_time){ 0 };
	civil_from_ms(seconds * 1000, &t->local);
	return true;
}

static bool
read_time(const struct liquid_call *call, struct liquid_time *t)
{
	struct str s = call->input.s;
	int64_t seconds;

	*call->steps -= DATE_STEPS;
	if (call->input.type == LIQUID_INT)
		return from_seconds(call->input.n, t);
	if (call->input.type != LIQUID_STRING || !s.len)
		return false;
	if (s.p[0] != '-' && str_int(s, 0, INT64_MAX, &seconds))
		return from_seconds(seconds, t);
	if (call->now_ms &&
	    (str_eq_fold(s, STR("now")) || str_eq_fold(s, STR("today")))) {
		*t = (struct liquid_time){ 0 };
		civil_from_ms(call->now_ms, &t->local);
		return true;
	}
	return liquid_read_time(s, call->now_ms, t);
}

/* ---- weeks ---- */

static int
day_of_year(const struct local_time *t)
{
	struct local_time first = { .year = t->year, .month = 1, .day = 1 };

	return (int)(civil_days(t) - civil_days(&first)) + 1;
}

/* Weeks since the first that begins on this day, counted from 0. */
static int
week_of(const struct local_time *t, int days_since_begin)
{
	return (day_of_year(t) - 1 - days_since_begin + WEEK_DAYS) / WEEK_DAYS;
}

/* The week of ISO 8601 belongs to the year that its Thursday is in. */
static void
iso_week(const struct local_time *t, int *year, int *week)
{
	struct local_time thursday = *t;

	civil_add_days(&thursday, CIVIL_THURSDAY - (int)civil_weekday(t));
	*year = thursday.year;
	*week = (day_of_year(&thursday) - 1) / WEEK_DAYS + 1;
}

/* ---- fields ---- */

struct field {
	char pad; /* - 0 _ or 0: what is usual */
	bool upper;
	bool swap;
	int colons;
	int width; /* < 0: what is usual */
	char letter;
};

static void
add_padded(struct liquid_text *out, struct str s, char pad, int width)
{
	for (size_t i = s.len; width > 0 && i < (size_t)width; i++)
		liquid_text_char(out, pad);
	liquid_text_add(out, s);
}

static void
add_number(struct liquid_text *out, const struct field *f, int64_t n, char pad,
	   int width)
{
	char digits[24];

	if (f->pad == '0' || f->pad == '_')
		pad = f->pad == '_' ? ' ' : '0';
	if (f->width >= 0)
		width = f->width;
	if (f->pad == '-')
		width = 0;
	snprintf(digits, sizeof(digits), "%lld", (long long)(n < 0 ? -n : n));
	if (n < 0 && pad == '0') {
		liquid_text_char(out, '-');
		add_padded(out, str_of(digits), pad, width - 1);
		return;
	}
	snprintf(digits, sizeof(digits), "%lld", (long long)n);
	add_padded(out, str_of(digits), pad, width);
}

static void
add_text(struct liquid_text *out, const struct field *f, struct str s)
{
	struct liquid_text t = { .a = out->a, .room = out->room };

	if (f->upper)
		liquid_add_upper(&t, s);
	else
		liquid_text_add(&t, s);
	add_padded(out, (struct str){ t.p, t.len }, f->pad == '0' ? '0' : ' ',
		   f->pad == '-' ? 0 : f->width);
}

static bool
add_number_field(const struct liquid_time *time, const struct field *f,
		 struct liquid_text *out)
{
	const struct local_time *t = &time->local;
	int hour12 = t->hour % 12 ? t->hour % 12 : 12;
	int weekday = (int)civil_weekday(t);
	int iso_year, week;
	int64_t seconds = civil_to_ms(t) / 1000 - time->offset_s;

	iso_week(t, &iso_year, &week);
	const struct {
		char letter;
		char pad;
		int width;
		int64_t value;
	} fields[] = {
		{ 'Y', '0', 4, t->year },
		{ 'C', '0', 2, t->year / 100 },
		{ 'y', '0', 2, t->year % 100 },
		{ 'm', '0', 2, t->month },
		{ 'd', '0', 2, t->day },
		{ 'e', ' ', 2, t->day },
		{ 'j', '0', 3, day_of_year(t) },
		{ 'H', '0', 2, t->hour },
		{ 'k', ' ', 2, t->hour },
		{ 'I', '0', 2, hour12 },
		{ 'l', ' ', 2, hour12 },
		{ 'M', '0', 2, t->minute },
		{ 'S', '0', 2, t->second },
		{ 'u', '0', 1, weekday },
		{ 'w', '0', 1, weekday % WEEK_DAYS },
		{ 'G', '0', 4, iso_year },
		{ 'g', '0', 2, iso_year % 100 },
		{ 'V', '0', 2, week },
		{ 'U', '0', 2, week_of(t, weekday % WEEK_DAYS) },
		{ 'W', '0', 2, week_of(t, weekday - 1) },
		{ 's', '0', 1, seconds },
	};

	for (size_t i = 0; i < COUNT_OF(fields); i++) {
		if (fields[i].letter != f->letter)
			continue;
		add_number(out, f, fields[i].value, fields[i].pad,
			   fields[i].width);
		return true;
	}
	return false;
}

/* So many digits of the fraction of a second; there are three to know. */
static void
add_fraction(const struct liquid_time *time, const struct field *f,
	     struct liquid_text *out)
{
	int width = f->width > 0 ? f->width : f->letter == 'L' ? 3 : 9;
	char digits[WIDTH_MAX + 1];

	snprintf(digits, sizeof(digits), "%03d", time->local.ms);
	for (int i = 3; i < width; i++)
		digits[i] = '0';
	liquid_text_add(out, (struct str){ digits, (size_t)width });
}

static void
add_offset(const struct liquid_time *time, const struct field *f,
	   struct liquid_text *out)
{
	int32_t s = time->offset_s < 0 ? -time->offset_s : time->offset_s;
	int hours = s / 3600, minutes = s / 60 % 60;
	char text[24];

	if (f->colons)
		snprintf(text, sizeof(text), "%02d:%02d%s", hours, minutes,
			 f->colons > 1 ? ":00" : "");
	else
		snprintf(text, sizeof(text), "%02d%02d", hours, minutes);
	liquid_text_char(out, time->offset_s < 0 ? '-' : '+');
	add_padded(out, str_of(text), '0', f->width - 1);
}

/* Names are those of English: format_date has those of the reader. */
static bool
add_name_field(const struct liquid_time *time, struct field f,
	       struct liquid_text *out)
{
	static const char *const months[] = {
		"January",   "February", "March",    "April",
		"May",	     "June",	 "July",     "August",
		"September", "October",	 "November", "December",
	};
	static const char *const days[] = {
		"Sunday",   "Monday", "Tuesday",  "Wednesday",
		"Thursday", "Friday", "Saturday",
	};
	const struct local_time *t = &time->local;
	struct str month = str_of(months[t->month - 1]);
	struct str day = str_of(days[(int)civil_weekday(t) % WEEK_DAYS]);
	bool morning = t->hour < 12;

	f.upper |= f.swap && f.letter != 'p' && f.letter != 'Z';
	if (f.letter == 'B')
		add_text(out, &f, month);
	else if (f.letter == 'b' || f.letter == 'h')
		add_text(out, &f, str_slice(month, 0, 3));
	else if (f.letter == 'A' || f.letter == 'a')
		add_text(out, &f,
			 str_slice(day, 0, f.letter == 'A' ? day.len : 3));
	else if (f.letter == 'P' || (f.letter == 'p' && f.swap))
		add_text(out, &f, morning ? STR("am") : STR("pm"));
	else if (f.letter == 'p')
		add_text(out, &f, morning ? STR("AM") : STR("PM"));
	else if (f.letter == 'Z')
		add_text(out, &f,
			 time->foreign ? STR("")
			 : f.swap      ? STR("utc")
				       : STR("UTC"));
	else
		return false;
	return true;
}

static const char *
composed(char letter)
{
	static const struct {
		char letter;
		const char *format;
	} table[] = {
		{ 'F', "%Y-%m-%d" },
		{ 'D', "%m/%d/%y" },
		{ 'x', "%m/%d/%y" },
		{ 'T', "%H:%M:%S" },
		{ 'X', "%H:%M:%S" },
		{ 'R', "%H:%M" },
		{ 'r', "%I:%M:%S %p" },
		{ 'v', "%e-%^b-%Y" },
		{ 'c', "%a %b %e %H:%M:%S %Y" },
		{ 'n', "\n" },
		{ 't', "\t" },
		{ '%', "%" },
	};

	for (size_t i = 0; i < COUNT_OF(table); i++)
		if (table[i].letter == letter)
			return table[i].format;
	return NULL;
}

/* ---- formats ---- */

enum fault {
	FINE,
	TOO_WIDE,
	UNFINISHED, /* the format ends in the midst of a field */
};

/* The length of the field at the front of s; 0: it is none. */
static size_t
read_field(struct str s, struct field *f, enum fault *fault)
{
	size_t i = 1;

	*f = (struct field){ .width = -1 };
	for (; i < s.len && s.p[i] && strchr("-0_^#", s.p[i]); i++) {
		f->upper |= s.p[i] == '^';
		f->swap |= s.p[i] == '#';
		if (s.p[i] != '^' && s.p[i] != '#')
			f->pad = s.p[i];
	}
	for (; i < s.len && s.p[i] >= '0' && s.p[i] <= '9'; i++) {
		f->width = f->width < 0 ? 0 : f->width;
		if (f->width <= WIDTH_MAX)
			f->width = f->width * 10 + (s.p[i] - '0');
	}
	for (; i < s.len && s.p[i] == ':' && f->colons < 2; i++)
		f->colons++;
	if (i + 1 < s.len && (s.p[i] == 'E' || s.p[i] == 'O'))
		i++;
	if (f->width > WIDTH_MAX)
		*fault = TOO_WIDE;
	else if (i >= s.len && i > 1)
		*fault = UNFINISHED;
	if (i >= s.len)
		return 0;
	f->letter = s.p[i];
	return f->colons && f->letter != 'z' ? 0 : i + 1;
}

static enum fault format_date(const struct liquid_time *t, struct str format,
			      struct liquid_text *out);

static bool
add_composed(const struct liquid_time *t, const struct field *f,
	     struct liquid_text *out)
{
	const char *format = composed(f->letter);
	struct liquid_text inner = { .a = out->a, .room = out->room };

	if (!format)
		return false;
	if (format[0] == '%' && format[1])
		(void)format_date(t, str_of(format), &inner);
	else
		liquid_text_add(&inner, str_of(format));
	add_text(out, f, (struct str){ inner.p, inner.len });
	return true;
}

static bool
add_field(const struct liquid_time *t, const struct field *f,
	  struct liquid_text *out)
{
	if (f->letter == 'L' || f->letter == 'N')
		add_fraction(t, f, out);
	else if (f->letter == 'z')
		add_offset(t, f, out);
	else
		return add_composed(t, f, out) || add_number_field(t, f, out) ||
		       add_name_field(t, *f, out);
	return true;
}

static enum fault
format_date(const struct liquid_time *t, struct str rest,
	    struct liquid_text *out)
{
	enum fault fault = FINE;
	struct field f;
	ptrdiff_t at;
	size_t len;

	while (!out->full && (at = str_find_char(rest, '%')) >= 0) {
		liquid_text_add(out, str_slice(rest, 0, (size_t)at));
		rest = str_slice(rest, (size_t)at, rest.len);
		len = read_field(rest, &f, &fault);
		if (fault != FINE)
			return fault;
		if (!len || !add_field(t, &f, out)) {
			len = len ? len : 1;
			liquid_text_add(out, str_slice(rest, 0, len));
		}
		rest = str_slice(rest, len, rest.len);
	}
	liquid_text_add(out, rest);
	return FINE;
}

static int
write_date(const struct liquid_call *call, const struct liquid_time *t,
	   struct liquid_value *out, struct error *err)
{
	struct str format = liquid_arg_text(call, 0);
	struct liquid_text text = liquid_call_text(call);

	*call->steps -= DATE_STEPS + (int64_t)format.len * FIELD_STEPS;
	if (*call->steps < 0)
		return 0;
	switch (format_date(t, format, &text)) {
	case TOO_WIDE:
		return error_set(err, ERROR_LIMIT,
				 "a field is too wide, expected at most %d",
				 WIDTH_MAX);
	case UNFINISHED:
		return error_set(err, ERROR_INVALID,
				 "found the end in the midst of a field, "
				 "expected a letter behind its \"%%\"");
	case FINE:
		break;
	}
	return liquid_text_done(&text, out, err);
}

static int
date(const struct liquid_call *call, struct liquid_value *out,
     struct error *err)
{
	struct liquid_time t;

	*out = call->input;
	out->safe = false;
	if (!liquid_arg_text(call, 0).len || !read_time(call, &t))
		return 0;
	return write_date(call, &t, out, err);
}

const struct liquid_filter liquid_date_filters[] = {
	{ "date", 1, 1, date },
	{ .name = NULL },
};
