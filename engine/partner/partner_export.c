/*
 * A list as a file that an import leaves everything alone for.
 *
 * The list is gone through twice, in pages: once for the names of attributes,
 * which become columns, then for the rows. Attributes get columns where an
 * import would make the same JSON of them again: plain text, trimmed, not
 * empty, under names that are nothing else. All others go whole into the
 * column `attributes`, which is there only when a contact needs it. Rejected:
 * that column for everybody, which no spreadsheet can sort by.
 */
#include "partner/partner.h"

#include <errno.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/civil.h"
#include "base/js.h"
#include "base/map.h"
#include "partner/partner_import_priv.h"

enum { PAGE_ROWS = 500, COLUMNS_MAX = CSV_COLUMNS - FIELD_COUNT };

struct export_run {
	struct db *db;
	const struct contact_export *x;
	struct arena *whole;
	struct arena *page;
	struct map names; /* of attributes; the value says nothing */
	struct str columns[COLUMNS_MAX];
	size_t column_count;
	bool json; /* there is a column for attributes as JSON */
	struct buf text;
	struct csv_writer writer;
};

/* ---- attributes ---- */

struct members {
	struct import_member all[COLUMNS_MAX];
	size_t count;
};

static bool
is_plain_text(struct arena *a, struct str s)
{
	struct str same;

	return s.len > 0 && contact_trim(s).len == s.len &&
	       contact_read_text(a, s, &same) == CONTACT_FAULT_GOOD;
}

static bool
is_plain_member(struct arena *a, const struct import_member *m)
{
	return is_plain_text(a, m->value) && is_plain_text(a, m->name) &&
	       m->name.len <= IMPORT_NAME_MAX &&
	       contact_field_find(m->name) == FIELD_FURTHER;
}

static int
compare_members(const void *x, const void *y)
{
	const struct import_member *a = x;
	const struct import_member *b = y;

	return str_cmp(a->name, b->name);
}

static bool
collect_members(struct arena *a, const struct js *object, struct members *out)
{
	struct js_member member = { 0 };

	out->count = 0;
	if (js_kind(object) != JS_OBJECT || js_count(object) > COLUMNS_MAX)
		return false;
	while (js_next(object, &member)) {
		struct import_member *m = &out->all[out->count++];
		struct str value;

		if (!js_as_str(member.value, &value))
			return false;
		m->name = str_copy(a, member.key);
		m->value = str_copy(a, value);
		if (!is_plain_member(a, m))
			return false;
	}
	if (out->count)
		qsort(out->all, out->count, sizeof(*out->all), compare_members);
	return true;
}

/* False when columns cannot hold these attributes as they are. */
static bool
plain_members(struct arena *a, struct str json, struct members *out)
{
	struct js *object = NULL;
	struct error err;
	bool plain = js_parse(json, &object, &err) >= 0 &&
		     collect_members(a, object, out);

	js_free(&object);
	return plain &&
	       str_eq(import_attributes(a, out->all, out->count), json);
}

static bool
have_columns(const struct export_run *run, const struct members *members)
{
	for (size_t i = 0; i < members->count; i++)
		if (!map_find(&run->names, members->all[i].name))
			return false;
	return true;
}

/* ---- pages ---- */

typedef int use_contact_fn(struct export_run *run, const struct contact *c,
			   struct error *err);

static int
use_page(struct export_run *run, const struct contact *page, int count,
	 use_contact_fn *use, struct error *err)
{
	for (int i = 0; i < count; i++)
		if (use(run, &page[i], err) < 0)
			return -(int)err->code;
	return 0;
}

/* How many there were. */
static int64_t
each_contact(struct export_run *run, use_contact_fn *use, struct error *err)
{
	struct arena_mark empty = arena_mark(run->page);
	struct contact *page;
	int64_t after = 0;
	int64_t total = 0;
	int got;

	while ((got = contact_list(run->db, run->page, run->x->partner_id,
				   after, PAGE_ROWS, &page, err)) > 0) {
		if (use_page(run, page, got, use, err) < 0)
			return -(int)err->code;
		after = page[got - 1].id;
		total += got;
		arena_rewind(run->page, empty);
	}
	return got < 0 ? got : total;
}

/* ---- the header ---- */

static int
note_attributes(struct export_run *run, const struct contact *c,
		struct error *err)
{
	struct members members;

	(void)err;
	if (!plain_members(run->page, c->attributes, &members)) {
		run->json = true;
		return 0;
	}
	for (size_t i = 0; i < members.count && run->names.count < COLUMNS_MAX;
	     i++)
		map_put(&run->names, members.all[i].name, run);
	run->json = run->json || !have_columns(run, &members);
	return 0;
}

static int
compare_names(const void *x, const void *y)
{
	const struct str *a = x;
	const struct str *b = y;

	return str_cmp(*a, *b);
}

static void
write_header(struct export_run *run)
{
	map_foreach (&run->names, e)
		run->columns[run->column_count++] = e->key;
	if (run->column_count)
		qsort(run->columns, run->column_count, sizeof(*run->columns),
		      compare_names);
	for (size_t i = 0; i < FIELD_ATTRIBUTES; i++)
		csv_write(&run->writer,
			  str_of(contact_field_name((enum contact_field)i)));
	for (size_t i = 0; i < run->column_count; i++)
		csv_write(&run->writer, run->columns[i]);
	if (run->json)
		csv_write(&run->writer,
			  str_of(contact_field_name(FIELD_ATTRIBUTES)));
	csv_end_row(&run->writer);
}

/* ---- rows ---- */

static int
flush_text(struct export_run *run, struct error *err)
{
	if (run->text.len && fwrite(run->text.p, 1, run->text.len,
				    run->x->file) != run->text.len)
		return error_system(err, errno, "export");
	buf_clear(&run->text);
	return 0;
}

/* A state that nobody has said is not written. */
static struct str
consent_text(const struct contact *c)
{
	if (c->consent == CONSENT_NONE && !c->consent_basis.len &&
	    !c->consent_source.len && c->consent_ms == 0)
		return STR("");
	return str_of(consent_word(c->consent));
}

static void
write_date(struct export_run *run, int64_t ms)
{
	struct buf b = { 0 };

	if (ms != 0)
		civil_print_instant(ms, 0, &b);
	csv_write(&run->writer, buf_view(&b));
	buf_fini(&b);
}

static void
write_fields(struct export_run *run, struct contact c)
{
	for (size_t i = 0; i < FIELD_ATTRIBUTES; i++) {
		if (i == FIELD_CONSENT)
			csv_write(&run->writer, consent_text(&c));
		else if (i == FIELD_CONSENT_DATE)
			write_date(run, c.consent_ms);
		else
			csv_write(&run->writer,
				  *contact_text(&c, (enum contact_field)i));
	}
}

/* Both are in the order of names. */
static void
write_members(struct export_run *run, const struct members *members)
{
	size_t at = 0;

	for (size_t i = 0; i < run->column_count; i++) {
		struct str value = { 0 };

		if (at < members->count &&
		    str_eq(members->all[at].name, run->columns[i]))
			value = members->all[at++].value;
		csv_write(&run->writer, value);
	}
	check(at == members->count);
}

static int
write_contact(struct export_run *run, const struct contact *c,
	      struct error *err)
{
	struct members members;
	bool plain = plain_members(run->page, c->attributes, &members) &&
		     have_columns(run, &members);

	if (!plain && !run->json)
		return error_set(err, ERROR_BUSY,
				 "the list was changed while it was exported, "
				 "expected it to stay: export again");
	if (!plain)
		members.count = 0;
	write_fields(run, *c);
	write_members(run, &members);
	if (run->json)
		csv_write(&run->writer, plain ? STR("") : c->attributes);
	csv_end_row(&run->writer);
	return flush_text(run, err);
}

static int64_t
export_all(struct export_run *run, struct error *err)
{
	int64_t total;

	if (each_contact(run, note_attributes, err) < 0)
		return -(int)err->code;
	write_header(run);
	if (flush_text(run, err) < 0)
		return -(int)err->code;
	total = each_contact(run, write_contact, err);
	if (total >= 0 && fflush(run->x->file) != 0)
		return error_system(err, errno, "export");
	return total;
}

int64_t
contact_export(struct db *db, const struct contact_export *x, struct error *err)
{
	struct export_run *run = calloc(1, sizeof(*run));
	struct partner ignored;
	int64_t total;

	check(run);
	run->db = db;
	run->x = x;
	run->whole = arena_new();
	run->page = arena_new();
	run->writer =
	    (struct csv_writer){ .out = &run->text, .formulas = x->formulas };
	map_init(&run->names, run->whole, NULL);
	total = partner_get(db, run->whole, x->partner_id, &ignored, err);
	if (total >= 0)
		total = export_all(run, err);
	buf_fini(&run->text);
	arena_free(&run->page);
	arena_free(&run->whole);
	free(run);
	return total;
}
