/*
 * locale_say: base/locale.h for a program in another language. A line in, of
 * fields parted by tabs, is a line out: what it gives, or "! " and the error.
 *
 *	date   TAG INSTANT ZONE DATE-STYLE TIME-STYLE    (a style may be none)
 *	fields TAG INSTANT ZONE SKELETON
 *	number TAG NUMBER DECIMALS                       (any: DECIMALS is -1)
 *	percent TAG NUMBER DECIMALS
 *	money  TAG AMOUNT CURRENCY
 *	plural TAG NUMBER DECIMALS
 *	list   TAG and|or|unit ITEM...
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/locale.h"
#include "base/zone.h"

enum { FIELDS_MAX = 16, LINE_MAX_BYTES = 4096 };

struct line {
	struct str fields[FIELDS_MAX];
	size_t count;
};

static struct str
field(const struct line *line, size_t i)
{
	return i < line->count ? line->fields[i] : STR("");
}

static int
time_of(const struct line *line, struct locale_time *out, struct error *err)
{
	const struct zone *zone;
	char name[64];
	int64_t ms;

	snprintf(name, sizeof(name), "%.*s", STR_ARG(field(line, 3)));
	if (civil_parse_instant(field(line, 2), &ms, err) < 0 ||
	    zone_get(name, &zone, err) < 0)
		return -(int)err->code;
	out->has_offset = true;
	zone_to_local(zone, ms, &out->clock);
	zone_offset(zone, ms, &out->offset_s, NULL, NULL);
	return 0;
}

static int
say_date(const struct line *line, struct buf *out, struct error *err)
{
	struct locale_style style = { LOCALE_NONE, LOCALE_NONE };
	struct locale_time t;

	if (time_of(line, &t, err) < 0)
		return -(int)err->code;
	if (str_eq(field(line, 0), STR("fields")))
		return locale_date_fields(field(line, 1), &t, field(line, 4),
					  out, err);
	(void)locale_width_of(field(line, 4), &style.date);
	(void)locale_width_of(field(line, 5), &style.time);
	return locale_date(field(line, 1), &t, style, out, err);
}

static int
say_plural(const struct line *line, int decimals, struct buf *out,
	   struct error *err)
{
	enum locale_plural plural;
	int rc = locale_plural(field(line, 1), field(line, 2), decimals,
			       &plural, out, err);

	buf_clear(out);
	if (rc >= 0)
		buf_cat(out, locale_plural_name(plural));
	return rc;
}

static int
say_list(const struct line *line, struct buf *out, struct error *err)
{
	struct locale_list list = { .items = &line->fields[3],
				    .count = line->count - 3 };

	if (str_eq(field(line, 2), STR("or")))
		list.join = LOCALE_OR;
	if (str_eq(field(line, 2), STR("unit")))
		list.join = LOCALE_UNIT;
	return locale_list(field(line, 1), &list, out, err);
}

static int
say(const struct line *line, struct buf *out, struct error *err)
{
	const struct locale_money money = { field(line, 3),
					    LOCALE_DECIMALS_ANY };
	struct str what = field(line, 0);
	int64_t decimals = LOCALE_DECIMALS_ANY;

	(void)str_int(field(line, 3), -1, LOCALE_DECIMALS_MAX, &decimals);
	if (str_eq(what, STR("date")) || str_eq(what, STR("fields")))
		return say_date(line, out, err);
	if (str_eq(what, STR("number")))
		return locale_number(field(line, 1), field(line, 2),
				     (int)decimals, out, err);
	if (str_eq(what, STR("percent")))
		return locale_percent(field(line, 1), field(line, 2),
				      (int)decimals, out, err);
	if (str_eq(what, STR("money")))
		return locale_money(field(line, 1), field(line, 2), &money, out,
				    err);
	if (str_eq(what, STR("plural")))
		return say_plural(line, (int)decimals, out, err);
	if (str_eq(what, STR("list")) && line->count >= 3)
		return say_list(line, out, err);
	return error_set(err, ERROR_INVALID, "no such thing to say");
}

int
main(void)
{
	char text[LINE_MAX_BYTES];

	while (fgets(text, sizeof(text), stdin)) {
		struct str rest = { text, strcspn(text, "\n") };
		struct line line = { .count = 0 };
		struct error err;
		struct buf out = { 0 };

		while (line.count < FIELDS_MAX &&
		       str_split(&rest, '\t', &line.fields[line.count]))
			line.count++;
		if (say(&line, &out, &err) < 0)
			printf("! %s\n", err.text);
		else
			printf("%.*s\n", STR_ARG(buf_view(&out)));
		buf_fini(&out);
	}
	return 0;
}
