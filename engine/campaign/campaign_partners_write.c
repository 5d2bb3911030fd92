/*
 * partners.csv, from rows of values to text: the one form that makes good
 * diffs.
 *
 * What a spreadsheet would run as a formula gets the guard of base/csv.h, which
 * reading takes away. A telephone number is written bare: + and digits are no
 * harm, and a guard would be all that people see of the column.
 *
 * Columns of attributes are those that any partner has a value in.
 */
#include <stdlib.h>

#include "base/arena.h"
#include "base/csv.h"
#include "base/js.h"
#include "base/map.h"
#include "campaign/campaign_partners_priv.h"

const char *const partner_column_names[PARTNER_COLUMN_COUNT] = {
#define PARTNER_NAME(name) #name,
	CAMPAIGN_PARTNER_COLUMNS(PARTNER_NAME)
#undef PARTNER_NAME
};

static const size_t offsets[] = {
#define PARTNER_OFFSET(name) offsetof(struct campaign_partner_row, name),
	CAMPAIGN_PARTNER_COLUMNS(PARTNER_OFFSET)
#undef PARTNER_OFFSET
};

struct str *
partner_row_value(struct campaign_partner_row *row, size_t column)
{
	check(column < PARTNER_COLUMN_COUNT);
	return (struct str *)((char *)row + offsets[column]);
}

static int
by_bytes(const void *x, const void *y)
{
	const struct str *a = x, *b = y;

	return str_cmp(*a, *b);
}

static struct js *
parse_attributes(const struct campaign_partner_row *row)
{
	struct js *attributes;
	struct error err;

	check(js_parse(row->attributes, &attributes, &err) >= 0);
	return attributes;
}

/* The names of all rows' attributes, sorted. */
static struct str *
attribute_names(const struct campaign_partner_row *rows, size_t count,
		struct arena *a, size_t *name_count)
{
	struct str *list;
	struct map seen;
	size_t n = 0;

	map_init(&seen, a, NULL);
	for (size_t i = 0; i < count; i++) {
		struct js *attributes = parse_attributes(&rows[i]);
		struct js_member m = { 0 };

		while (js_next(attributes, &m))
			(void)map_put(&seen, m.key, &seen);
		js_free(&attributes);
	}
	list = ARENA_ARRAY(a, seen.count + 1, struct str);
	map_foreach (&seen, e)
		list[n++] = e->key;
	qsort(list, n, sizeof(*list), by_bytes);
	*name_count = n;
	return list;
}

static void
write_row(struct csv_writer *w, const struct campaign_partner_row *row,
	  const struct str *further, size_t further_count)
{
	struct js *attributes = parse_attributes(row);

	for (size_t c = 0; c < PARTNER_COLUMN_COUNT; c++) {
		w->formulas = c == PARTNER_COLUMN_phone;
		csv_write(
		    w, *(const struct str *)((const char *)row + offsets[c]));
	}
	w->formulas = false;
	for (size_t i = 0; i < further_count; i++) {
		const struct js *value = js_find(attributes, further[i].p);
		struct str text = { "", 0 };

		if (value)
			check(js_as_str(value, &text));
		csv_write(w, text);
	}
	csv_end_row(w);
	js_free(&attributes);
}

void
campaign_partners_write(const struct campaign_partner_row *rows, size_t count,
			struct arena *a, struct buf *out)
{
	struct csv_writer w = { .out = out };
	size_t further_count;
	struct str *further = attribute_names(rows, count, a, &further_count);

	for (size_t c = 0; c < PARTNER_COLUMN_COUNT; c++)
		csv_write(&w, str_of(partner_column_names[c]));
	for (size_t i = 0; i < further_count; i++) {
		further[i] = str_copy(a, further[i]);
		csv_write(&w, further[i]);
	}
	csv_end_row(&w);
	for (size_t i = 0; i < count; i++)
		write_row(&w, &rows[i], further, further_count);
}

static void
add_attributes(struct js_writer *w, struct map *seen,
	       const struct campaign_partner_row *row)
{
	struct js *attributes = parse_attributes(row);
	struct js_member m = { 0 };
	struct str value;

	while (js_next(attributes, &m)) {
		struct str name = str_copy(seen->arena, m.key);

		if (map_put(seen, name, seen) || !js_as_str(m.value, &value))
			continue;
		js_key_str(w, name.p, value);
	}
	js_free(&attributes);
}

struct str
campaign_partners_attributes(const struct campaign_partner_row *rows,
			     size_t count, struct arena *a)
{
	struct buf out = { 0 };
	struct js_writer w;
	struct map seen;
	struct str json;

	map_init(&seen, a, NULL);
	js_writer_init(&w, &out, false);
	js_begin_object(&w);
	for (size_t i = 0; i < count; i++)
		add_attributes(&w, &seen, &rows[i]);
	js_end_object(&w);
	js_writer_end(&w);
	json = str_copy(a, buf_view(&out));
	buf_fini(&out);
	return json;
}
