/*
 * An import reads its file once, keeps what is in it aside, puts it in the
 * store in the order of persons, and tells of the rows in the order of the
 * file.
 *
 *	read	partner_import_list.c	text -> rows, kept by person; notes
 *	store	partner_import_store.c	rows -> contacts, a batch a unit
 *	tell	here			notes and fates -> rows as they are told
 *
 * Invariants
 *  1. Nothing is stored before the whole file was read: a table that is broken
 *     changes nothing.
 *  2. Of a person one row counts, so the file means one thing whatever is
 *     stored. Else a row would be stored and overwritten by the person's later
 *     one, and each import of the file would change both again.
 *  3. A unit finds, compares and puts. It depends on rows alone, so it may run
 *     again, and a file may be begun again at any time.
 *  4. A row is told once, when what became of it is durable. The counts are
 *     those of what was told.
 *
 * Rejected: to read the file twice, and only note who is in it the first time.
 * Each row was parsed and its person computed twice, and what came second was
 * in the order of the file, which is the worst one for the store.
 */
#include "partner/partner.h"

#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "base/js.h"
#include "partner/partner_import_priv.h"
#include "partner/partner_priv.h"

enum { NOTES_WINDOW = 1 << 16 };

/* ---- telling ---- */

static void
add_store_fault(struct import_row *row, const struct import_list *list,
		struct arena *a, enum contact_fault fault)
{
	import_row_fault(
	    row, &list->header, a, list->header.at[FIELD_ADDRESS],
	    (struct contact_finding){ .fault = fault,
				      .line = row->address.line,
				      .column = row->address.column });
}

static void
tell_row(const struct contact_import *in, struct contact_import_result *out,
	 const struct import_row *row, const struct import_fate *fate)
{
	struct contact_row told = {
		.line = row->line,
		.verdict = row->bad ? CONTACT_QUARANTINED : fate->verdict,
		.merged_line = fate->merged_line,
	};

	if (told.verdict != CONTACT_MERGED) {
		told.findings = row->findings;
		told.finding_count = row->finding_count;
	}
	out->rows++;
	out->counts[told.verdict]++;
	out->lacking += !row->bad && told.finding_count;
	if (in->row)
		in->row(in->arg, &told);
}

static int
tell_all(const struct import_list *list, const struct contact_import *in,
	 struct contact_import_result *out, struct error *err)
{
	struct arena *a = arena_new();
	const struct arena_mark empty = arena_mark(a);
	struct import_row row;
	struct str bytes;
	size_t nth = 0;
	int got = spill_begin(list->notes, NOTES_WINDOW, err);

	while (got >= 0 && (got = spill_next(list->notes, &bytes, err)) > 0) {
		const struct import_fate fate = import_list_fate(list, nth++);

		import_note_unpack(bytes, a, &row);
		if (fate.store_fault != CONTACT_FAULT_GOOD)
			add_store_fault(&row, list, a, fate.store_fault);
		if (row.bad || fate.known)
			tell_row(in, out, &row, &fate);
		arena_rewind(a, empty);
	}
	arena_free(&a);
	return got;
}

/* What failed is said, whatever is there to tell of the rows before. */
static int
tell_the_rest(const struct import_list *list, const struct contact_import *in,
	      struct contact_import_result *out, struct error *err)
{
	struct error ignored;

	if (tell_all(list, in, out, &ignored) < 0)
		return error_context(err, "%s", ignored.text);
	return -(int)err->code;
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
check_partner(struct db_store *store, int64_t partner_id, struct error *err)
{
	struct arena *a = arena_new();
	struct partner ignored;
	struct db *reader;
	int code = db_reader(store, &reader, err);

	if (code >= 0)
		code = partner_get(reader, a, partner_id, &ignored, err);
	arena_free(&a);
	return code;
}

struct ending {
	const struct contact_import *in;
	const struct contact_import_result *result;
};

static int
end_import(struct db *db, void *arg, struct error *err)
{
	const struct ending *e = arg;

	return e->in->end(db, e->in->arg, e->result, err);
}

static int
store_list(struct db_store *store, const struct contact_import *in,
	   struct import_list *list, struct contact_import_result *out,
	   struct error *err)
{
	struct ending ending = { in, out };

	if (import_store(store, in, list, err) < 0)
		return tell_the_rest(list, in, out, err);
	if (tell_all(list, in, out, err) < 0)
		return -(int)err->code;
	if (!in->end || in->dry_run)
		return 0;
	if (db_commit(store, end_import, &ending, err) < 0)
		return error_context(err, "%s", in->name);
	return 0;
}

int
contact_import(struct db_store *store, const struct contact_import *in,
	       struct contact_import_result *out, struct error *err)
{
	struct import_list list;
	int code;

	*out = (struct contact_import_result){ 0 };
	if (check_calling_code(in->calling_code, err) < 0 ||
	    check_partner(store, in->partner_id, err) < 0)
		return -(int)err->code;
	code = import_list_read(&list, in, err);
	if (code >= 0)
		code = store_list(store, in, &list, out, err);
	import_list_fini(&list);
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
