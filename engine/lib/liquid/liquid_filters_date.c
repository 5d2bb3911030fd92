/*
 * date: an instant as text, in UTC. It is an integer of epoch milliseconds, or
 * text as RFC 3339 has it; anything else comes out as it went in. There is no
 * clock here: "now" is text like any other.
 *
 * local_date: the same with the months' names of a language, which is an
 * argument since a template's words are its workspace's. What it does not know
 * as an instant comes out as it went in, too.
 */
#include <stdio.h>
#include <string.h>

#include "base/civil.h"
#include "liquid/liquid_priv.h"

static bool
instant(const struct liquid_value *v, struct local_time *t)
{
	struct error err;
	int64_t ms;

	if (v->type == LIQUID_INT) {
		if (v->n > INT64_C(4000000000000000) ||
		    v->n < -INT64_C(4000000000000000))
			return false;
		civil_from_ms(v->n, t);
		return true;
	}
	if (v->type != LIQUID_STRING)
		return false;
	if (civil_parse_instant(v->s, &ms, &err) == 0) {
		civil_from_ms(ms, t);
		return true;
	}
	return civil_parse_local(v->s, t, &err) == 0 ||
	       civil_parse_date(v->s, t, &err) == 0;
}

static const char english[] = "January February March April May June July "
			      "August September October November December";

static const char *const days[] = {
	"Sunday",   "Monday", "Tuesday",  "Wednesday",
	"Thursday", "Friday", "Saturday",
};

static int
day_of_year(const struct local_time *t)
{
	struct local_time first = { .year = t->year, .month = 1, .day = 1 };

	return (int)(civil_days(t) - civil_days(&first)) + 1;
}

/* What a date is written with. */
struct date_words {
	struct str format;
	struct str months; /* twelve, parted by blanks */
};

static struct str
month_name(struct str months, int month)
{
	struct str name = STR("");

	while (month-- > 0)
		if (!str_word(&months, &name))
			return STR("");
	return name;
}

struct number_field {
	char letter;
	int width;
	char pad;
	int value;
};

static bool
number_field(const struct local_time *t, char letter, char dash,
	     struct liquid_text *out)
{
	int hour12 = t->hour % 12 ? t->hour % 12 : 12;
	int weekday = (int)civil_weekday(t);
	const struct number_field fields[] = {
		{ 'Y', 4, '0', t->year },	 { 'y', 2, '0', t->year % 100 },
		{ 'm', 2, '0', t->month },	 { 'd', 2, '0', t->day },
		{ 'e', 2, ' ', t->day },	 { 'H', 2, '0', t->hour },
		{ 'k', 2, ' ', t->hour },	 { 'I', 2, '0', hour12 },
		{ 'l', 2, ' ', hour12 },	 { 'M', 2, '0', t->minute },
		{ 'S', 2, '0', t->second },	 { 'L', 3, '0', t->ms },
		{ 'u', 1, '0', weekday },	 { 'w', 1, '0', weekday % 7 },
		{ 'j', 3, '0', day_of_year(t) }, { 'C', 2, '0', t->year / 100 },
	};
	char digits[24];

	for (size_t i = 0; i < COUNT_OF(fields); i++) {
		const struct number_field *f = &fields[i];

		if (f->letter != letter)
			continue;
		snprintf(digits, sizeof(digits), f->pad == ' ' ? "%*d" : "%0*d",
			 dash == '-' ? 1 : f->width, f->value);
		liquid_text_add(out, str_of(digits));
		return true;
	}
	return false;
}

/* Capitals and short forms are those of English: others have their own. */
static bool
name_field(const struct local_time *t, char letter, char flag,
	   struct liquid_text *out)
{
	struct str month = month_name(str_of(english), t->month);
	const char *day = days[(int)civil_weekday(t) % 7];
	char name[24] = "";

	switch (letter) {
	case 'B':
	case 'b':
	case 'h':
		snprintf(name, sizeof(name), "%.*s",
			 STR_ARG(str_slice(month, 0,
					   letter == 'B' ? month.len : 3)));
		break;
	case 'A':
	case 'a':
		snprintf(name, sizeof(name), "%.*s", letter == 'A' ? 9 : 3,
			 day);
		break;
	case 'p':
		snprintf(name, sizeof(name), "%s", t->hour < 12 ? "AM" : "PM");
		break;
	case 'P':
		snprintf(name, sizeof(name), "%s", t->hour < 12 ? "am" : "pm");
		break;
	case 'Z':
		snprintf(name, sizeof(name), "UTC");
		break;
	case 'z':
		snprintf(name, sizeof(name), "+0000");
		break;
	case 's':
		snprintf(name, sizeof(name), "%lld",
			 (long long)(civil_to_ms(t) / 1000));
		break;
	case '%':
		snprintf(name, sizeof(name), "%%");
		break;
	default:
		return false;
	}
	for (char *p = name; flag == '^' && *p; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - 32);
	liquid_text_add(out, str_of(name));
	return true;
}

static const char *
composed(char letter)
{
	switch (letter) {
	case 'F':
		return "%Y-%m-%d";
	case 'D':
	case 'x':
		return "%m/%d/%y";
	case 'T':
	case 'X':
		return "%H:%M:%S";
	case 'R':
		return "%H:%M";
	case 'r':
		return "%I:%M:%S %p";
	case 'c':
		return "%a %b %e %H:%M:%S %Y";
	default:
		return NULL;
	}
}

/* strftime of Ruby, without widths; what it does not know stays as it is. */
static void
format_date(const struct local_time *t, const struct date_words *words,
	    struct liquid_text *out)
{
	struct str format = words->format;

	for (size_t i = 0; i < format.len && !out->full; i++) {
		char flag = 0;
		size_t at = i + 1;
		const char *more;

		if (format.p[i] == '%' && at < format.len &&
		    strchr("-^", format.p[at]))
			flag = format.p[at++];
		if (format.p[i] != '%' || at >= format.len) {
			liquid_text_char(out, format.p[i]);
			continue;
		}
		more = composed(format.p[at]);
		if (more)
			format_date(
			    t,
			    &(struct date_words){ str_of(more), words->months },
			    out);
		else if (format.p[at] == 'B' && words->months.len > 0)
			liquid_text_add(out,
					month_name(words->months, t->month));
		else if (!number_field(t, format.p[at], flag, out) &&
			 !name_field(t, format.p[at], flag, out))
			liquid_text_add(out, str_slice(format, i, at + 1));
		i = at;
	}
}

static int
write_date(const struct liquid_call *call, const struct date_words *words,
	   struct liquid_value *out, struct error *err)
{
	struct liquid_text t = liquid_call_text(call);
	struct local_time when = { 0 };

	*out = call->input;
	out->safe = false;
	if (!words->format.len || !instant(&call->input, &when))
		return 0;
	format_date(&when, words, &t);
	return liquid_text_done(&t, out, err);
}

static int
date(const struct liquid_call *call, struct liquid_value *out,
     struct error *err)
{
	const struct date_words words = { .format = liquid_arg_text(call, 0) };

	return write_date(call, &words, out, err);
}

static int
local_date(const struct liquid_call *call, struct liquid_value *out,
	   struct error *err)
{
	const struct date_words words = { .format = liquid_arg_text(call, 0),
					  .months = liquid_arg_text(call, 1) };

	return write_date(call, &words, out, err);
}

const struct liquid_filter liquid_date_filters[] = {
	{ "date", 1, 1, date },
	{ "local_date", 2, 2, local_date },
	{ .name = NULL },
};
