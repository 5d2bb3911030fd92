/*
 * An import reads its file twice.
 *
 *	first	every row is read and judged by itself; who is in the file,
 *		which row of a person counts and whose consent, is noted
 *	second	the rows that count go to the store, BATCH_ROWS a unit
 *
 * The first pass is what makes the second one idempotent. In one pass a row
 * would be stored and then overwritten by the later row of the same person,
 * and each import of the file would change both again. It also finds a broken
 * table before anything is stored.
 *
 * Invariants
 *  1. A row is reported once, after the unit with it is durable, and in the
 *     order of the file. The counts are those of the reports.
 *  2. A unit finds, compares and puts. It depends on rows alone, so it may run
 *     again, and a file may be begun again at any time.
 *  3. Rows of a unit are put in the order of persons: two imports that meet
 *     lock in one order.
 *
 * A pipe cannot be read twice and is copied to a file without a name first.
 */
#include "partner/partner.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/js.h"
#include "base/map.h"
#include "partner/partner_import_priv.h"
#include "partner/partner_priv.h"

enum { BATCH_ROWS = 100, CHUNK_BYTES = 1 << 16 };

struct import_run {
	struct db_store *store;
	const struct contact_import *in;
	struct contact_import_result *out;
	struct import_rules rules;

	FILE *file;
	FILE *copy; /* of a pipe; NULL for a file */
	off_t start;
	char chunk[CHUNK_BYTES];

	struct arena *whole; /* header, kept */
	struct import_header header;
	struct import_seen seen;
	struct map kept; /* consents of rows that are merged, by person */
	int64_t row_count;

	struct arena *batch;
	struct arena_mark empty;  /* of the batch, without rows */
	struct arena_mark parsed; /* with rows and nothing of the store */
	struct import_row rows[BATCH_ROWS];
	size_t count;
	struct import_row *puts[BATCH_ROWS]; /* those that count, by person */
	size_t put_count;
};

/* ---- the file ---- */

static int
file_error(const struct import_run *run, struct error *err)
{
	return error_system(err, errno, "%s: cannot be read", run->in->name);
}

static int
copy_pipe(struct import_run *run, struct error *err)
{
	size_t n;

	run->copy = tmpfile();
	if (!run->copy)
		return file_error(run, err);
	while ((n = fread(run->chunk, 1, sizeof(run->chunk), run->file)) > 0)
		if (fwrite(run->chunk, 1, n, run->copy) != n)
			return file_error(run, err);
	if (ferror(run->file) || fflush(run->copy) != 0)
		return file_error(run, err);
	run->file = run->copy;
	run->start = 0;
	return 0;
}

static int
open_file(struct import_run *run, struct error *err)
{
	run->file = run->in->file;
	run->start = ftello(run->file);
	if (run->start >= 0 && fseeko(run->file, run->start, SEEK_SET) == 0)
		return 0;
	return copy_pipe(run, err);
}

static int
file_changed(const struct import_run *run, struct error *err)
{
	return error_set(err, ERROR_INVALID,
			 "%s: changed while it was read, expected a file that "
			 "stays as it is",
			 run->in->name);
}

typedef int use_row_fn(struct import_run *run, const struct csv_row *row,
		       struct error *err);

static void
tell_attributes(const struct import_run *run)
{
	const struct import_header *h = &run->header;

	for (size_t i = 0; run->in->attribute && i < h->count; i++)
		if (h->fields[i] == FIELD_FURTHER)
			run->in->attribute(run->in->arg, h->names[i]);
}

/* The first row is the header, the same in both passes. */
static int
use_first(struct import_run *run, const struct csv_row *row, struct error *err)
{
	if (run->header.count)
		return 0;
	if (import_header_read(&run->header, run->whole, run->in->name, row,
			       run->in->formulas, err) < 0)
		return -(int)err->code;
	tell_attributes(run);
	return 0;
}

/* Spreadsheets end a table with rows of which only the separators are left. */
static bool
is_blank(const struct csv_row *row)
{
	for (size_t i = 0; i < row->count; i++)
		if (contact_trim(row->fields[i]).len > 0)
			return false;
	return true;
}

static int
use_rows(struct import_run *run, struct csv_reader *reader, use_row_fn *use,
	 bool *begun, struct error *err)
{
	struct csv_row row;
	int got;

	while ((got = csv_next(reader, &row, err)) > 0) {
		if (is_blank(&row))
			continue;
		if ((*begun ? use : use_first)(run, &row, err) < 0)
			return -(int)err->code;
		*begun = true;
	}
	return got;
}

static int
read_file(struct import_run *run, struct csv_reader *reader, use_row_fn *use,
	  struct error *err)
{
	bool begun = false;
	size_t n;

	if (fseeko(run->file, run->start, SEEK_SET) != 0)
		return file_error(run, err);
	while ((n = fread(run->chunk, 1, sizeof(run->chunk), run->file)) > 0) {
		csv_feed(reader, (struct str){ run->chunk, n });
		if (use_rows(run, reader, use, &begun, err) < 0)
			return -(int)err->code;
	}
	if (ferror(run->file))
		return file_error(run, err);
	csv_finish(reader);
	if (use_rows(run, reader, use, &begun, err) < 0)
		return -(int)err->code;
	if (!begun)
		return error_set(err, ERROR_INVALID,
				 "%s: an empty file, expected a header row",
				 run->in->name);
	return 0;
}

static int
pass(struct import_run *run, use_row_fn *use, struct error *err)
{
	struct csv_reader *reader = csv_reader_new(run->in->name);
	int code = read_file(run, reader, use, err);

	csv_reader_free(&reader);
	return code;
}

static void
read_row(struct import_run *run, const struct csv_row *row,
	 struct import_row *out)
{
	import_row_read(&run->header, &run->rules, row, run->batch, out);
	if (!out->bad)
		out->contact.person =
		    partner_person(run->in->pepper, out->contact.address);
}

/* ---- the first pass ---- */

static int
note_row(struct import_run *run, const struct csv_row *row, struct error *err)
{
	struct import_row read;

	if (++run->row_count > CONTACT_IMPORT_ROWS ||
	    row->line > IMPORT_LINE_MAX)
		return error_set(err, ERROR_LIMIT,
				 "%s:%" PRId64 ": more than %d rows, expected "
				 "a part of the list at a time",
				 run->in->name, row->line, CONTACT_IMPORT_ROWS);
	read_row(run, row, &read);
	if (!read.bad)
		import_seen_add(&run->seen, &read);
	arena_rewind(run->batch, run->empty);
	return 0;
}

/* ---- a batch ---- */

/* Of somebody who was erased: contact_put()'s rule. */
static bool
came_back(const struct import_row *row, const struct contact *stored)
{
	if (stored->consent != CONSENT_NONE)
		return stored->consent == CONSENT_GIVEN;
	return row->says_consent && row->contact.consent == CONSENT_GIVEN &&
	       row->contact.consent_ms > stored->changed_ms;
}

/* Why the store cannot have this row; *stored is who has its id. */
static enum contact_fault
store_fault(const struct import_row *row, const struct contact *stored)
{
	if (memcmp(&stored->person, &row->contact.person,
		   sizeof(stored->person)) != 0)
		return CONTACT_FAULT_ID_TAKEN;
	if (stored->address.len == 0 && !came_back(row, stored))
		return CONTACT_FAULT_ERASED;
	return CONTACT_FAULT_GOOD;
}

/* Whether it was new is known from the put: another may have been first. */
static int
put_row(struct import_run *run, struct db *db, struct import_row *row,
	struct contact *next, struct error *err)
{
	int got = contact_put(db, next, run->in->now_ms, err);

	row->verdict = got > 0 ? CONTACT_ACCEPTED : CONTACT_UPDATED;
	return got;
}

static int
judge(struct import_run *run, struct db *db, struct import_row *row,
      struct error *err)
{
	const int64_t partner_id = run->in->partner_id;
	const int64_t id = partner_contact_id(&row->contact.person);
	struct contact stored, next;
	int got =
	    partner_contact_at(db, run->batch, partner_id, id, &stored, err);

	if (got < 0)
		return got;
	row->store_fault = got ? store_fault(row, &stored) : CONTACT_FAULT_GOOD;
	if (row->store_fault != CONTACT_FAULT_GOOD)
		return 0;
	next = import_row_over(&run->header, row, got ? &stored : NULL);
	next.partner_id = partner_id;
	row->verdict = got ? CONTACT_UPDATED : CONTACT_ACCEPTED;
	if (got && import_same(&next, &stored))
		row->verdict = CONTACT_UNCHANGED;
	else if (!run->in->dry_run)
		got = put_row(run, db, row, &next, err);
	return got;
}

static int
judge_batch(struct db *db, void *arg, struct error *err)
{
	struct import_run *run = arg;

	arena_rewind(run->batch, run->parsed);
	for (size_t i = 0; i < run->put_count; i++) {
		struct import_row *row = run->puts[i];

		if (!run->in->dry_run &&
		    partner_lock_person(db, run->in->partner_id,
					&row->contact.person, err) < 0)
			return -(int)err->code;
		if (judge(run, db, row, err) < 0)
			return -(int)err->code;
	}
	return 0;
}

static int
compare_persons(const void *x, const void *y)
{
	const struct import_row *const *a = x;
	const struct import_row *const *b = y;

	return memcmp(&(*a)->contact.person, &(*b)->contact.person,
		      sizeof((*a)->contact.person));
}

static void
choose_puts(struct import_run *run)
{
	run->put_count = 0;
	for (size_t i = 0; i < run->count; i++)
		if (!run->rows[i].bad && !run->rows[i].merged_line)
			run->puts[run->put_count++] = &run->rows[i];
	if (run->put_count)
		qsort(run->puts, run->put_count, sizeof(*run->puts),
		      compare_persons);
}

static void
add_store_fault(struct import_run *run, struct import_row *row)
{
	import_row_fault(
	    row, &run->header, run->batch, run->header.at[FIELD_ADDRESS],
	    (struct contact_finding){ .fault = row->store_fault,
				      .line = row->address.line,
				      .column = row->address.column });
}

static void
report(struct import_run *run, struct import_row *row)
{
	struct contact_row told = { .line = row->line };

	if (row->store_fault != CONTACT_FAULT_GOOD)
		add_store_fault(run, row);
	told.verdict = row->verdict;
	if (row->bad)
		told.verdict = CONTACT_QUARANTINED;
	else if (row->merged_line)
		told.verdict = CONTACT_MERGED;
	told.merged_line = row->merged_line;
	if (told.verdict != CONTACT_MERGED) {
		told.findings = row->findings;
		told.finding_count = row->finding_count;
	}
	run->out->rows++;
	run->out->counts[told.verdict]++;
	run->out->lacking += !row->bad && told.finding_count;
	if (run->in->row)
		run->in->row(run->in->arg, &told);
}

static int
store_batch(struct import_run *run, struct error *err)
{
	struct db *reader;
	int code;

	choose_puts(run);
	run->parsed = arena_mark(run->batch);
	if (!run->in->dry_run)
		code = db_commit(run->store, judge_batch, run, err);
	else if ((code = db_reader(run->store, &reader, err)) >= 0)
		code = judge_batch(reader, run, err);
	if (code < 0)
		return error_context(err, "%s: rows from line %" PRId64 " on",
				     run->in->name, run->rows[0].line);
	for (size_t i = 0; i < run->count; i++)
		report(run, &run->rows[i]);
	arena_rewind(run->batch, run->empty);
	run->count = 0;
	return 0;
}

/* ---- the second pass ---- */

/* For the row of this person that counts, which is yet to come. */
static void
keep_consent(struct import_run *run, const struct contact *from)
{
	struct contact *kept = ARENA_NEW(run->whole, struct contact);

	kept->consent = from->consent;
	kept->consent_ms = from->consent_ms;
	kept->consent_basis = str_copy(run->whole, from->consent_basis);
	kept->consent_source = str_copy(run->whole, from->consent_source);
	map_put(&run->kept, person_hash_view(&from->person), kept);
}

static void
take_consent(struct import_row *row, const struct contact *kept)
{
	row->contact.consent = kept->consent;
	row->contact.consent_ms = kept->consent_ms;
	row->contact.consent_basis = kept->consent_basis;
	row->contact.consent_source = kept->consent_source;
	row->says_consent = true;
}

static int
settle_row(struct import_run *run, struct import_row *row, struct error *err)
{
	const struct import_person *p =
	    import_seen_find(&run->seen, &row->contact.person);
	const struct contact *kept;

	if (!p)
		return file_changed(run, err);
	if (p->line != row->line) {
		row->merged_line = p->line;
		if (p->consent_line == row->line)
			keep_consent(run, &row->contact);
		return 0;
	}
	if (p->consent_line == 0 || p->consent_line == row->line)
		return 0;
	kept = map_find(&run->kept, person_hash_view(&row->contact.person));
	if (!kept)
		return file_changed(run, err);
	take_consent(row, kept);
	return 0;
}

static int
store_row(struct import_run *run, const struct csv_row *row, struct error *err)
{
	struct import_row *read = &run->rows[run->count++];

	run->row_count--;
	read_row(run, row, read);
	if (!read->bad && settle_row(run, read, err) < 0)
		return -(int)err->code;
	return run->count == BATCH_ROWS ? store_batch(run, err) : 0;
}

static int
end_import(struct db *db, void *arg, struct error *err)
{
	struct import_run *run = arg;

	return run->in->end(db, run->in->arg, run->out, err);
}

static int
store_all(struct import_run *run, struct error *err)
{
	if (pass(run, store_row, err) < 0 ||
	    (run->count && store_batch(run, err) < 0))
		return -(int)err->code;
	if (run->row_count != 0)
		return file_changed(run, err);
	if (!run->in->end || run->in->dry_run)
		return 0;
	if (db_commit(run->store, end_import, run, err) < 0)
		return -(int)err->code;
	return 0;
}

/* ---- the whole ---- */

static int
check_calling_code(struct str code, struct error *err)
{
	int64_t n;

	if (code.len == 0 || (str_int(code, 1, 999, &n) && code.p[0] != '0'))
		return 0;
	return error_set(err, ERROR_INVALID,
			 "a calling code that is none, expected 1 to 3 digits "
			 "such as 49");
}

static int
check_partner(struct import_run *run, struct error *err)
{
	struct partner ignored;
	struct db *reader;

	if (db_reader(run->store, &reader, err) < 0)
		return -(int)err->code;
	return partner_get(reader, run->whole, run->in->partner_id, &ignored,
			   err);
}

int
contact_import(struct db_store *store, const struct contact_import *in,
	       struct contact_import_result *out, struct error *err)
{
	struct import_run *run = calloc(1, sizeof(*run));
	int code;

	check(run);
	*out = (struct contact_import_result){ 0 };
	run->store = store;
	run->in = in;
	run->out = out;
	run->rules =
	    (struct import_rules){ in->calling_code, in->now_ms, in->formulas };
	run->whole = arena_new();
	run->batch = arena_new();
	run->empty = arena_mark(run->batch);
	map_init(&run->kept, run->whole, NULL);
	code = check_calling_code(in->calling_code, err);
	if (code >= 0)
		code = check_partner(run, err);
	if (code >= 0)
		code = open_file(run, err);
	if (code >= 0)
		code = pass(run, note_row, err);
	if (code >= 0)
		code = store_all(run, err);
	if (run->copy)
		fclose(run->copy);
	import_seen_fini(&run->seen);
	arena_free(&run->batch);
	arena_free(&run->whole);
	free(run);
	return code;
}

void
contact_import_json(const struct contact_import_result *result, struct buf *out)
{
	struct js_writer w;

	js_writer_init(&w, out, false);
	js_begin_object(&w);
	js_key_int(&w, "rows", result->rows);
	for (int i = 0; i < CONTACT_VERDICT_COUNT; i++) {
		js_key(&w,
		       str_of(contact_verdict_name((enum contact_verdict)i)));
		js_int(&w, result->counts[i]);
	}
	js_key_int(&w, "lacking", result->lacking);
	js_end_object(&w);
	js_writer_end(&w);
}
