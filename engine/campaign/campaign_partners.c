/*
 * partners.csv, from rows of text to rows of values.
 *
 * The header is turned into a plan of where each known column stands and which
 * further columns are attributes; each row is then read in the order of the
 * known columns, not of the file, so that a postcode finds its country read.
 * Whatever is wrong is a finding at its field and the next field is read, up
 * to a bound that only a file that is no partners.csv reaches.
 *
 * A field that a spreadsheet would run as a formula is taken as the text it
 * is, with a warning.
 */
#include "campaign/campaign_partners.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/csv.h"
#include "base/js.h"
#include "campaign/campaign_partners_priv.h"

enum { ERRORS_MAX = 200, ATTRIBUTE_NAME_MAX = 64 };

#define PARTNERS_FILE STR("partners.csv")

struct attribute {
	struct str name;
	size_t at;
};

struct header {
	size_t count;
	size_t known[PARTNER_COLUMN_COUNT];	  /* 1 + index, or 0 */
	struct attribute attributes[CSV_COLUMNS]; /* by name */
	size_t attribute_count;
	bool nameless[CSV_COLUMNS];
};

struct load {
	struct partner_reading reading;
	struct campaign_findings *findings;
	size_t errors_before;
	struct header header;
	struct map ids; /* -> row */
	struct campaign_partner_row **rows;
	size_t count;
	size_t capacity;
};

#define FOUND(load, severity, place, ...)                              \
	campaign_finding_add((load)->findings, (severity), "partners", \
			     PARTNERS_FILE, (int)(place).line,         \
			     (int)(place).column, __VA_ARGS__)

static bool
is_formula(struct arena *a, struct str s)
{
	return csv_unguard(str_printf(a, "'%.*s", STR_ARG(s))).len == s.len;
}

/* ---- the header ---- */

/* "Time zone" and "time-zone" are time_zone. */
static struct str
column_name(struct arena *a, struct str field)
{
	struct str name = str_lower(a, str_trim(field));
	char *p = str_cstr(a, name);

	for (size_t i = 0; i < name.len; i++)
		if (p[i] == ' ' || p[i] == '-')
			p[i] = '_';
	return (struct str){ p, name.len };
}

static bool
is_attribute_name(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		bool letter = s.p[i] >= 'a' && s.p[i] <= 'z';
		bool digit = s.p[i] >= '0' && s.p[i] <= '9';

		if (!letter && (i == 0 || (!digit && s.p[i] != '_')))
			return false;
	}
	return s.len > 0 && s.len <= ATTRIBUTE_NAME_MAX;
}

static size_t
find_column(struct str name)
{
	size_t i = 0;

	while (i < PARTNER_COLUMN_COUNT &&
	       !str_eq_cstr(name, partner_column_names[i]))
		i++;
	return i;
}

static void
add_attribute(struct load *l, struct str name, size_t at,
	      struct csv_place place)
{
	struct header *h = &l->header;
	const char *near =
	    str_nearest(name, partner_column_names, PARTNER_COLUMN_COUNT);
	size_t i = h->attribute_count;

	if (!is_attribute_name(name)) {
		FOUND(l, CAMPAIGN_ERROR, place,
		      "found the column \"%.*s\", expected small letters, "
		      "digits and underscores, a letter first",
		      STR_ARG(str_slice(name, 0, 80)));
		return;
	}
	if (near)
		FOUND(l, CAMPAIGN_WARNING, place,
		      "found the column \"%.*s\" and took it for an "
		      "attribute, did you mean \"%s\"?",
		      STR_ARG(name), near);
	while (i > 0 && str_cmp(h->attributes[i - 1].name, name) > 0)
		i--;
	if (i > 0 && str_eq(h->attributes[i - 1].name, name)) {
		FOUND(l, CAMPAIGN_ERROR, place,
		      "found the column \"%.*s\" a second time, expected it "
		      "once",
		      STR_ARG(name));
		return;
	}
	memmove(&h->attributes[i + 1], &h->attributes[i],
		(h->attribute_count - i) * sizeof(h->attributes[0]));
	h->attributes[i] = (struct attribute){ name, at };
	h->attribute_count++;
}

static void
read_column(struct load *l, const struct csv_row *row, size_t i)
{
	struct str name = column_name(l->reading.a, row->fields[i]);
	size_t column = find_column(name);

	if (name.len == 0) {
		l->header.nameless[i] = true;
	} else if (column == PARTNER_COLUMN_COUNT) {
		add_attribute(l, name, i, row->places[i]);
	} else if (l->header.known[column]) {
		FOUND(l, CAMPAIGN_ERROR, row->places[i],
		      "found the column \"%s\" a second time, expected it once",
		      partner_column_names[column]);
	} else {
		l->header.known[column] = i + 1;
	}
}

static void
read_header(struct load *l, const struct csv_row *row)
{
	static const enum partner_column needed[] = { PARTNER_COLUMN_id,
						      PARTNER_COLUMN_company };

	l->header.count = row->count;
	for (size_t i = 0; i < row->count; i++)
		read_column(l, row, i);
	for (size_t i = 0; i < COUNT_OF(needed); i++)
		if (!l->header.known[needed[i]])
			FOUND(l, CAMPAIGN_ERROR, row->places[0],
			      "found no column \"%s\", expected it in the "
			      "first row",
			      partner_column_names[needed[i]]);
}

/* ---- rows ---- */

/* The field without what spreadsheets and we put around a value. */
static struct str
field_text(struct load *l, const struct csv_row *row, size_t i)
{
	struct str field = str_trim(row->fields[i]);
	struct str text = str_trim(csv_unguard(field));

	if (text.len == field.len && is_formula(l->reading.a, text) &&
	    i + 1 != l->header.known[PARTNER_COLUMN_phone])
		FOUND(l, CAMPAIGN_WARNING, row->places[i],
		      "found \"%.*s\", which a spreadsheet runs as a formula; "
		      "\"guidon partner fmt\" writes it as text",
		      STR_ARG(str_slice(text, 0, 40)));
	return text;
}

static void
read_values(struct load *l, const struct csv_row *row)
{
	struct str empty = { "", 0 };

	for (size_t c = 0; c < PARTNER_COLUMN_COUNT; c++) {
		size_t at = l->header.known[c];
		struct str text = at ? field_text(l, row, at - 1) : empty;
		struct error err;

		if (partner_value_read(&l->reading, (enum partner_column)c,
				       str_copy(l->reading.a, text),
				       partner_row_value(l->reading.row, c),
				       &err) < 0)
			FOUND(l, CAMPAIGN_ERROR, row->places[at - 1], "%s: %s",
			      partner_column_names[c], err.text);
	}
}

static void
read_attributes(struct load *l, const struct csv_row *row)
{
	const struct header *h = &l->header;
	struct buf out = { 0 };
	struct js_writer w;

	js_writer_init(&w, &out, false);
	js_begin_object(&w);
	for (size_t i = 0; i < h->attribute_count; i++) {
		const struct attribute *attribute = &h->attributes[i];
		struct str text = field_text(l, row, attribute->at);
		struct error err;

		if (partner_value_text(text, &text, &err) < 0) {
			FOUND(l, CAMPAIGN_ERROR, row->places[attribute->at],
			      "%.*s: %s", STR_ARG(attribute->name), err.text);
		} else if (text.len) {
			js_key(&w, attribute->name);
			js_string(&w, text);
		}
	}
	js_end_object(&w);
	js_writer_end(&w);
	l->reading.row->attributes = str_copy(l->reading.a, buf_view(&out));
	buf_fini(&out);
}

/* Fields beyond the header's, or under no name, may be there while empty. */
static bool
check_shape(struct load *l, const struct csv_row *row)
{
	size_t before = l->findings->error_count;

	if (row->count < l->header.count)
		FOUND(l, CAMPAIGN_ERROR, row->places[0],
		      "found %zu fields, expected %zu as in the first row",
		      row->count, l->header.count);
	for (size_t i = 0; i < row->count; i++)
		if ((i >= l->header.count || l->header.nameless[i]) &&
		    str_trim(row->fields[i]).len)
			FOUND(l, CAMPAIGN_ERROR, row->places[i],
			      "found \"%.*s\" in column %zu, which has no "
			      "name, expected one in the first row",
			      STR_ARG(str_slice(row->fields[i], 0, 40)), i + 1);
	return l->findings->error_count == before;
}

static void
check_needed(struct load *l, const struct csv_row *row)
{
	struct campaign_partner_row *partner = l->reading.row;
	const size_t *known = l->header.known;
	const struct campaign_partner_row *other;

	if (known[PARTNER_COLUMN_id] &&
	    str_trim(row->fields[known[PARTNER_COLUMN_id] - 1]).len == 0)
		FOUND(l, CAMPAIGN_ERROR,
		      row->places[known[PARTNER_COLUMN_id] - 1],
		      "id: found nothing, expected the partner's id");
	if (known[PARTNER_COLUMN_company] &&
	    str_trim(row->fields[known[PARTNER_COLUMN_company] - 1]).len == 0)
		FOUND(l, CAMPAIGN_ERROR,
		      row->places[known[PARTNER_COLUMN_company] - 1],
		      "company: found nothing, expected the partner's name");
	if (partner->id.len == 0)
		return;
	other = map_find(&l->ids, partner->id);
	if (other)
		FOUND(l, CAMPAIGN_ERROR,
		      row->places[known[PARTNER_COLUMN_id] - 1],
		      "id: found \"%.*s\" a second time, expected one row for "
		      "a partner; the first is line %d",
		      STR_ARG(partner->id), other->line);
	else
		(void)map_put(&l->ids, partner->id, partner);
}

static void
keep_row(struct load *l)
{
	if (l->count == l->capacity) {
		size_t capacity = l->capacity ? 2 * l->capacity : 64;
		struct campaign_partner_row **rows = ARENA_ARRAY(
		    l->reading.a, capacity, struct campaign_partner_row *);

		if (l->count)
			memcpy(rows, l->rows, l->count * sizeof(*rows));
		l->rows = rows;
		l->capacity = capacity;
	}
	l->rows[l->count++] = l->reading.row;
}

static void
read_row(struct load *l, const struct csv_row *row)
{
	struct arena *a = l->reading.a;

	if (!check_shape(l, row))
		return;
	l->reading.row = ARENA_NEW(a, struct campaign_partner_row);
	*l->reading.row =
	    (struct campaign_partner_row){ .line = (int)row->line };
	read_values(l, row);
	read_attributes(l, row);
	check_needed(l, row);
	keep_row(l);
}

/* False when there is no going on. */
static bool
has_room(struct load *l, const struct csv_row *row)
{
	if (l->findings->error_count - l->errors_before < ERRORS_MAX)
		return true;
	FOUND(l, CAMPAIGN_ERROR, row->places[0],
	      "found %d errors, the rest is not listed", ERRORS_MAX);
	return false;
}

/* ---- loading ---- */

/* "partners.csv:LINE:COLUMN: text" of the reader as a finding. */
static void
add_broken(struct load *l, const struct error *err)
{
	struct str rest = str_of(err->text), part;
	int64_t line = 1, column = 1;

	(void)str_split(&rest, ':', &part);
	if (str_split(&rest, ':', &part))
		(void)str_int(part, 1, INT32_MAX, &line);
	if (str_split(&rest, ':', &part))
		(void)str_int(part, 1, INT32_MAX, &column);
	FOUND(l, CAMPAIGN_ERROR, ((struct csv_place){ line, column }),
	      "found %.*s", STR_ARG(str_trim(rest)));
}

static void
read_table(struct load *l, struct str bytes)
{
	struct csv_reader *r =
	    csv_reader_new(str_cstr(l->reading.a, PARTNERS_FILE));
	struct csv_row row;
	struct error err;
	bool finished = false;
	int got;

	csv_feed(r, bytes);
	for (;;) {
		got = csv_next(r, &row, &err);
		if (got < 0)
			add_broken(l, &err);
		if (got < 0 || (got == 0 && finished))
			break;
		if (got == 0) {
			csv_finish(r);
			finished = true;
		} else if (!l->header.count) {
			read_header(l, &row);
		} else if (has_room(l, &row)) {
			read_row(l, &row);
		} else {
			break;
		}
	}
	if (got == 0 && !l->header.count)
		FOUND(l, CAMPAIGN_ERROR, ((struct csv_place){ 1, 1 }),
		      "found no row, expected one with the columns' names");
	csv_reader_free(&r);
}

static int
by_id(const void *x, const void *y)
{
	const struct campaign_partner_row *const *a = x, *const *b = y;

	return str_cmp((*a)->id, (*b)->id);
}

int
campaign_partners_load(struct campaign_files *files, struct arena *a,
		       struct campaign_findings *findings,
		       const struct campaign_partner_row **rows, size_t *count,
		       struct error *err)
{
	struct load *l = ARENA_NEW(a, struct load);
	struct campaign_partner_row *sorted;
	struct str bytes;
	int got = files->read(files, a, PARTNERS_FILE, &bytes, err);

	*rows = NULL;
	*count = 0;
	if (got < 0)
		return got;
	if (got == 0)
		return error_set(err, ERROR_NOT_FOUND,
				 "found no partners.csv, expected it in the "
				 "workspace");
	*l = (struct load){
		.reading = { .files = files, .a = a },
		.findings = findings,
		.errors_before = findings->error_count,
	};
	map_init(&l->reading.logos, a, NULL);
	map_init(&l->ids, a, NULL);
	read_table(l, bytes);
	if (findings->error_count > l->errors_before)
		return 0;
	if (l->count)
		qsort(l->rows, l->count, sizeof(*l->rows), by_id);
	sorted = ARENA_ARRAY(a, l->count + 1, struct campaign_partner_row);
	for (size_t i = 0; i < l->count; i++)
		sorted[i] = *l->rows[i];
	*rows = sorted;
	*count = l->count;
	return 0;
}

const struct campaign_partner_row *
campaign_partners_find(const struct campaign_partner_row *rows, size_t count,
		       struct str id)
{
	size_t from = 0, to = count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;
		int order = str_cmp(rows[middle].id, id);

		if (order == 0)
			return &rows[middle];
		if (order < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return NULL;
}
