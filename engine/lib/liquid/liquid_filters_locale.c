/*
 * Filters that write as a language does: format_date, format_time,
 * format_datetime, format_number, format_percent, money, plural, format_list.
 *
 * Language and zone are the reader's, from the inputs of the run; a filter
 * takes others by name (locale: "de-CH", zone: "Europe/Zurich").
 *
 * What is wrong in a template (a style, a zone, a locale, a currency, the name
 * of an argument) is an error; what is wrong in its data is not: text that is no
 * date or number comes out as it went in, and nothing as nothing. The former
 * is found without data as well, or a trial would miss it.
 *
 * A date is text as RFC 3339 has it or whole seconds since 1970. Three kinds
 * are told apart. An instant (with an offset, or in seconds) is shown on a
 * clock of the zone. A time of day without an offset stands as it is, and
 * `zone` only says whose it is. A date alone belongs to no zone; it has no
 * time that could be written, and gets none.
 *
 * Reading CLDR is dear beside other filters, so that each call costs more.
 */
#include <stdio.h>
#include <string.h>

#include "base/locale.h"
#include "base/zone.h"
#include "liquid/liquid_priv.h"

enum { STEPS_A_CALL = 200 };

/* ---- arguments ---- */

/* Argument i without a name; empty when there is none. */
static struct str
text_at(const struct liquid_call *call, size_t i)
{
	size_t count = liquid_unnamed(call);

	return i < count ? liquid_arg_text(call, i) : STR("");
}

static struct str
tag_of(const struct liquid_call *call)
{
	struct str tag = liquid_named_text(call, "locale");

	return tag.len > 0 ? tag : call->locale;
}

static int
decimals_of(const struct liquid_call *call, int *out, struct error *err)
{
	struct liquid_value v = liquid_named(call, "decimals");
	int64_t n;

	*out = LOCALE_DECIMALS_ANY;
	if (v.type == LIQUID_NIL)
		return 0;
	if (!liquid_integer(&v, &n) || n < 0 || n > LOCALE_DECIMALS_MAX)
		return error_set(err, ERROR_INVALID,
				 "found decimals \"%.*s\", expected 0 to %d",
				 STR_ARG(liquid_named_text(call, "decimals")),
				 LOCALE_DECIMALS_MAX);
	*out = (int)n;
	return 0;
}

/* ---- results ---- */

static int
begin(const struct liquid_call *call, const char *const *known, struct buf *out,
      struct error *err)
{
	struct str locale = liquid_named_text(call, "locale");

	*call->steps -= STEPS_A_CALL;
	*out = (struct buf){ .max = call->room };
	if (liquid_check_named(call, known, err) < 0)
		return -(int)err->code;
	if (locale.len == 0 || locale_check(locale, err) >= 0)
		return 0;
	err->code = ERROR_INVALID;
	return -ERROR_INVALID;
}

/* What was written, when `rc` tells that it was. */
static int
finish(const struct liquid_call *call, int rc, struct buf *b,
       struct liquid_value *out, struct error *err)
{
	if (rc >= 0 && buf_full(b))
		rc = error_set(err, ERROR_LIMIT,
			       "a text of more than %zu bytes", call->room);
	if (rc >= 0)
		*out = liquid_string(str_copy(call->a, buf_view(b)));
	buf_fini(b);
	return rc;
}

static int
unchanged(const struct liquid_call *call, struct liquid_value *out)
{
	*out = call->input;
	out->safe = false;
	return 0;
}

/* ---- dates ---- */

enum kind { NO_DATE, DATE, CLOCK, INSTANT };

/* Seconds from the year 0 to the end of 9999. */
static bool
is_epoch(int64_t n)
{
	return n >= -INT64_C(62167219200) && n <= INT64_C(253402300799);
}

static enum kind
read_date(const struct liquid_value *v, struct local_time *t, int64_t *ms)
{
	struct error err;
	struct str s;

	if (v->type == LIQUID_INT && is_epoch(v->n)) {
		*ms = v->n * 1000;
		return INSTANT;
	}
	if (v->type != LIQUID_STRING)
		return NO_DATE;
	s = str_trim(v->s);
	if (civil_parse_instant(s, ms, &err) == 0)
		return INSTANT;
	if (civil_parse_local(s, t, &err) == 0)
		return CLOCK;
	return civil_parse_date(s, t, &err) == 0 ? DATE : NO_DATE;
}

/* The zone of that name; NULL for no name. */
static int
zone_of(const struct liquid_call *call, struct str name,
	const struct zone **out, struct error *err)
{
	*out = NULL;
	if (name.len == 0)
		return 0;
	return zone_get(str_cstr(call->a, name), out, err);
}

static int
read_time(const struct liquid_call *call, enum kind *kind,
	  struct locale_time *out, struct error *err)
{
	struct str said = liquid_named_text(call, "zone");
	const struct zone *zone;
	int64_t ms = 0;

	*out = (struct locale_time){ .has_offset = false };
	*kind = read_date(&call->input, &out->clock, &ms);
	if (zone_of(call, said.len > 0 ? said : call->zone, &zone, err) < 0)
		return -(int)err->code;
	if (*kind == CLOCK && said.len > 0)
		ms = zone_to_utc(zone, &out->clock, NULL);
	else if (*kind != INSTANT)
		return 0;
	out->has_offset = true;
	if (zone)
		zone_offset(zone, ms, &out->offset_s, NULL, NULL);
	civil_from_ms(ms + out->offset_s * INT64_C(1000), &out->clock);
	return 0;
}

/* How a date is written: in a style, or by the fields of a skeleton. */
struct look {
	struct locale_style style;
	struct str fields;
};

static int
width_at(const struct liquid_call *call, size_t i, enum locale_width *width,
	 struct error *err)
{
	struct str name = text_at(call, i);

	if (name.len == 0 || locale_width_of(name, width))
		return 0;
	return error_set(err, ERROR_INVALID,
			 "found \"%.*s\", expected short, medium, long or full",
			 STR_ARG(str_slice(name, 0, 60)));
}

/* `look` has what holds when the template says nothing. */
static int
read_look(const struct liquid_call *call, struct look *look, struct error *err)
{
	enum locale_width *width = look->style.date != LOCALE_NONE
				       ? &look->style.date
				       : &look->style.time;
	struct str name = text_at(call, 0);

	if (name.len > 0 && !locale_width_of(name, width))
		look->fields = name;
	if (look->fields.len > 0 && text_at(call, 1).len > 0)
		return error_set(err, ERROR_INVALID,
				 "found \"%.*s\" and a style of the time, "
				 "expected one or the other",
				 STR_ARG(str_slice(name, 0, 60)));
	return width_at(call, 1, &look->style.time, err);
}

static bool
has_time(struct str fields)
{
	for (size_t i = 0; i < fields.len; i++)
		if (fields.p[i] && strchr("abBjHhms", fields.p[i]))
			return true;
	return false;
}

/* A date alone has no time; false when nothing is left to be written. */
static bool
leave_time_out(struct look *look)
{
	look->style.time = LOCALE_NONE;
	return look->fields.len > 0 ? !has_time(look->fields)
				    : look->style.date != LOCALE_NONE;
}

static int
write_look(const struct liquid_call *call, const struct locale_time *t,
	   const struct look *look, struct buf *out, struct error *err)
{
	if (look->fields.len > 0)
		return locale_date_fields(tag_of(call), t, look->fields, out,
					  err);
	return locale_date(tag_of(call), t, look->style, out, err);
}

static int
write_date(const struct liquid_call *call, struct look look,
	   struct liquid_value *out, struct error *err)
{
	static const char *const known[] = { "zone", "locale", NULL };
	struct locale_time t;
	bool shown = true;
	enum kind kind;
	struct buf b;

	if (begin(call, known, &b, err) < 0 ||
	    read_look(call, &look, err) < 0 ||
	    read_time(call, &kind, &t, err) < 0)
		return -(int)err->code;
	if (kind == NO_DATE) {
		shown = false;
		civil_from_ms(0, &t.clock);
	} else if (kind == DATE) {
		shown = leave_time_out(&look);
	}
	if (!shown && look.fields.len == 0)
		return unchanged(call, out);
	if (finish(call, write_look(call, &t, &look, &b, err), &b, out, err) <
	    0)
		return -(int)err->code;
	return shown ? 0 : unchanged(call, out);
}

static int
format_date(const struct liquid_call *call, struct liquid_value *out,
	    struct error *err)
{
	const struct look look = { .style = { .date = LOCALE_LONG } };

	return write_date(call, look, out, err);
}

static int
format_time(const struct liquid_call *call, struct liquid_value *out,
	    struct error *err)
{
	const struct look look = { .style = { .time = LOCALE_SHORT } };

	return write_date(call, look, out, err);
}

static int
format_datetime(const struct liquid_call *call, struct liquid_value *out,
		struct error *err)
{
	const struct look look = { .style = { LOCALE_LONG, LOCALE_SHORT } };

	return write_date(call, look, out, err);
}

/* ---- numbers ---- */

/* The input as decimal text; false if it is no number. */
static bool
number_of(const struct liquid_call *call, struct str *out)
{
	const struct liquid_value *v = &call->input;

	if (v->type != LIQUID_INT && v->type != LIQUID_FLOAT &&
	    v->type != LIQUID_STRING)
		return false;
	*out = str_trim(liquid_call_to_text(call, v));
	return locale_is_number(*out);
}

typedef int number_writer(struct str tag, struct str number, int decimals,
			  struct buf *out, struct error *err);

static int
write_number(const struct liquid_call *call, number_writer *write,
	     struct liquid_value *out, struct error *err)
{
	static const char *const known[] = { "decimals", "locale", NULL };
	struct str number;
	struct buf b;
	int decimals;

	if (begin(call, known, &b, err) < 0 ||
	    decimals_of(call, &decimals, err) < 0)
		return -(int)err->code;
	if (!number_of(call, &number))
		return unchanged(call, out);
	return finish(call, write(tag_of(call), number, decimals, &b, err), &b,
		      out, err);
}

static int
format_number(const struct liquid_call *call, struct liquid_value *out,
	      struct error *err)
{
	return write_number(call, locale_number, out, err);
}

static int
format_percent(const struct liquid_call *call, struct liquid_value *out,
	       struct error *err)
{
	return write_number(call, locale_percent, out, err);
}

/* ---- money ---- */

/* "49.90", or with `minor` 4990 of the smallest unit; false: no amount. */
static int
amount_of(const struct liquid_call *call, struct str currency,
	  struct str *amount, struct error *err)
{
	struct liquid_value minor = liquid_named(call, "minor");
	struct buf text = { 0 };
	int64_t units;

	if (!number_of(call, amount))
		return 0;
	if (!liquid_truthy(&minor))
		return 1;
	if (!str_int(*amount, INT64_MIN, INT64_MAX, &units))
		return 0;
	if (locale_money_of_minor(units, currency, &text, err) < 0)
		return -(int)err->code;
	*amount = str_copy(call->a, buf_view(&text));
	buf_fini(&text);
	return 1;
}

static int
money(const struct liquid_call *call, struct liquid_value *out,
      struct error *err)
{
	static const char *const known[] = { "minor", "decimals", "locale",
					     NULL };
	struct locale_money how = { .currency = text_at(call, 0) };
	struct str amount;
	struct buf b;
	int shown, rc;

	if (begin(call, known, &b, err) < 0 ||
	    decimals_of(call, &how.decimals, err) < 0)
		return -(int)err->code;
	shown = amount_of(call, how.currency, &amount, err);
	if (shown < 0)
		return shown;
	if (!shown)
		amount = STR("0");
	rc = locale_money(tag_of(call), amount, &how, &b, err);
	if (finish(call, rc, &b, out, err) < 0)
		return -(int)err->code;
	return shown ? 0 : unchanged(call, out);
}

/* ---- plurals ---- */

/* `#` is the number, `##` one of itself. */
static void
fill_in(struct str words, struct str number, struct buf *out)
{
	for (size_t i = 0; i < words.len; i++) {
		if (words.p[i] != '#') {
			buf_char(out, words.p[i]);
		} else if (i + 1 < words.len && words.p[i + 1] == '#') {
			buf_char(out, '#');
			i++;
		} else {
			buf_str(out, number);
		}
	}
}

static bool
is_zero(struct str number)
{
	for (size_t i = 0; i < number.len; i++)
		if (number.p[i] >= '1' && number.p[i] <= '9')
			return false;
	return true;
}

/* Few languages have a zero of their own; who writes words for 0 means 0. */
static struct str
words_for(const struct liquid_call *call, enum locale_plural plural,
	  struct str number)
{
	struct liquid_value v = liquid_nil();

	if (is_zero(number))
		v = liquid_named(call, locale_plural_name(LOCALE_ZERO));
	if (v.type == LIQUID_NIL)
		v = liquid_named(call, locale_plural_name(plural));
	if (v.type == LIQUID_NIL)
		v = liquid_named(call, locale_plural_name(LOCALE_OTHER));
	return liquid_call_to_text(call, &v);
}

static int
plural(const struct liquid_call *call, struct liquid_value *out,
       struct error *err)
{
	static const char *const known[] = {
#define PLURAL_NAME(name, word) word,
		LOCALE_PLURALS(PLURAL_NAME)
#undef PLURAL_NAME
		    "decimals",
		"locale", NULL
	};
	enum locale_plural which = LOCALE_OTHER;
	struct buf b, number = { 0 };
	struct str n;
	int decimals, rc;

	if (begin(call, known, &b, err) < 0 ||
	    decimals_of(call, &decimals, err) < 0)
		return -(int)err->code;
	if (liquid_named(call, "other").type == LIQUID_NIL)
		return error_set(err, ERROR_INVALID,
				 "found no argument \"other\", expected the "
				 "words for all numbers that have no others");
	if (!number_of(call, &n))
		return unchanged(call, out);
	rc = locale_plural(tag_of(call), n, decimals, &which, &number, err);
	if (rc >= 0)
		fill_in(words_for(call, which, n), buf_view(&number), &b);
	buf_fini(&number);
	return finish(call, rc, &b, out, err);
}

/* ---- lists ---- */

static int
join_of(const struct liquid_call *call, enum locale_join *out,
	struct error *err)
{
	static const char *const names[] = { "and", "or", "unit" };
	struct str name = liquid_named_text(call, "type");

	*out = LOCALE_AND;
	if (name.len == 0)
		return 0;
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (str_eq_cstr(name, names[i])) {
			*out = (enum locale_join)i;
			return 0;
		}
	return error_set(err, ERROR_INVALID,
			 "found type \"%.*s\", expected and, or, unit",
			 STR_ARG(str_slice(name, 0, 60)));
}

/* Items that are empty are none. */
static int
items_of(const struct liquid_call *call, struct locale_list *list,
	 struct error *err)
{
	size_t count = liquid_count(&call->input);
	struct str *items;

	if (count > LOCALE_LIST_MAX)
		return error_set(err, ERROR_LIMIT,
				 "found a list of %zu, expected at most %d",
				 count, LOCALE_LIST_MAX);
	items = ARENA_ARRAY(call->a, count, struct str);
	for (size_t i = 0; i < count; i++) {
		struct liquid_value item;
		struct str text;

		liquid_item(&call->input, i, call->a, &item);
		text = str_trim(liquid_call_to_text(call, &item));
		if (text.len > 0)
			items[list->count++] = text;
	}
	list->items = items;
	return 0;
}

static int
format_list(const struct liquid_call *call, struct liquid_value *out,
	    struct error *err)
{
	static const char *const known[] = { "type", "locale", NULL };
	struct locale_list list = { 0 };
	struct buf b;

	if (begin(call, known, &b, err) < 0 ||
	    join_of(call, &list.join, err) < 0)
		return -(int)err->code;
	if (call->input.type == LIQUID_OBJECT)
		return unchanged(call, out);
	if (items_of(call, &list, err) < 0)
		return -(int)err->code;
	return finish(call, locale_list(tag_of(call), &list, &b, err), &b, out,
		      err);
}

const struct liquid_filter liquid_locale_filters[] = {
	{ "format_date", 0, 1 | LIQUID_NAMED, format_date },
	{ "format_datetime", 0, 2 | LIQUID_NAMED, format_datetime },
	{ "format_list", 0, 0 | LIQUID_NAMED, format_list },
	{ "format_number", 0, 0 | LIQUID_NAMED, format_number },
	{ "format_percent", 0, 0 | LIQUID_NAMED, format_percent },
	{ "format_time", 0, 1 | LIQUID_NAMED, format_time },
	{ "money", 1, 1 | LIQUID_NAMED, money },
	{ "plural", 0, 0 | LIQUID_NAMED, plural },
	{ .name = NULL },
};
