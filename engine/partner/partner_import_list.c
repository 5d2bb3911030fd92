/*
 * The file, read once from its first byte to its last.
 *
 * A good row is kept with its neighbours: those whose persons' hashes begin
 * with the same bits. So all rows of one person are in one part, and a part is
 * small enough to be settled in memory whoever wrote the file: the hash is a
 * MAC under a key of the store. What is to be told of the rows is kept in the
 * order of the file.
 */
#include "partner/partner_import_priv.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"

enum {
	CHUNK_BYTES = 1 << 16,
	PART_MEMORY = 1 << 15,
	FATES_FIRST = 256,
	PART_SHIFT = 2, /* of a byte: 64 parts */
};

_Static_assert(IMPORT_PARTS == 256 >> PART_SHIFT, "a part for each prefix");

/* ---- fates ---- */

enum { KNOWN = 1 << 30, STORE_FAULT_SHIFT = 8 };
static const uint32_t MERGED = UINT32_C(1) << 31;

void
import_list_decide(struct import_list *list, size_t nth,
		   struct import_fate fate)
{
	check(nth < list->count && fate.known);
	if (fate.merged_line)
		list->fates[nth] = MERGED | fate.merged_line;
	else
		list->fates[nth] = KNOWN | (uint32_t)fate.verdict |
				   (uint32_t)fate.store_fault
				       << STORE_FAULT_SHIFT;
}

struct import_fate
import_list_fate(const struct import_list *list, size_t nth)
{
	uint32_t bits;

	check(nth < list->count);
	bits = list->fates[nth];
	if (bits & MERGED)
		return (struct import_fate){
			.known = true,
			.merged_line = bits & IMPORT_LINE_MAX,
			.verdict = CONTACT_MERGED,
		};
	return (struct import_fate){
		.known = bits & KNOWN,
		.verdict = (enum contact_verdict)(bits & 0xff),
		.store_fault =
		    (enum contact_fault)(bits >> STORE_FAULT_SHIFT & 0xff),
	};
}

static void
add_fate(struct import_list *list)
{
	if (list->count == list->fate_room) {
		list->fate_room =
		    list->fate_room ? list->fate_room * 2 : FATES_FIRST;
		list->fates = realloc(list->fates,
				      list->fate_room * sizeof(*list->fates));
		check(list->fates);
	}
	list->fates[list->count++] = 0;
}

/* ---- rows ---- */

struct reading {
	struct import_list *list;
	const struct contact_import *in;
	struct import_rules rules;
	struct arena *arena; /* of one row */
	struct arena_mark empty;
	struct buf packed;
	char chunk[CHUNK_BYTES];
};

static int
keep_note(struct reading *r, const struct import_row *row, struct error *err)
{
	buf_clear(&r->packed);
	import_note_pack(row, &r->packed);
	return spill_add(r->list->notes, buf_view(&r->packed), err);
}

static int
keep_row(struct reading *r, const struct import_row *row, struct error *err)
{
	const int part = row->contact.person.bytes[0] >> PART_SHIFT;

	buf_clear(&r->packed);
	import_row_pack(row, &r->packed);
	r->list->part_counts[part]++;
	return spill_add(r->list->parts[part], buf_view(&r->packed), err);
}

static int
use_row(struct reading *r, const struct csv_row *row, struct error *err)
{
	struct import_row read;

	if (r->list->count == CONTACT_IMPORT_ROWS ||
	    row->line > IMPORT_LINE_MAX)
		return error_set(err, ERROR_LIMIT,
				 "%s:%" PRId64 ": more than %d rows, expected "
				 "a part of the list at a time",
				 r->in->name, row->line, CONTACT_IMPORT_ROWS);
	arena_rewind(r->arena, r->empty);
	import_row_read(&r->list->header, &r->rules, row, r->arena, &read);
	read.nth = (uint32_t)r->list->count;
	add_fate(r->list);
	if (keep_note(r, &read, err) < 0)
		return -(int)err->code;
	if (read.bad)
		return 0;
	read.contact.person =
	    partner_person(r->in->pepper, read.contact.address);
	return keep_row(r, &read, err);
}

static void
tell_attributes(const struct reading *r)
{
	const struct import_header *h = &r->list->header;

	for (size_t i = 0; r->in->attribute && i < h->count; i++)
		if (h->fields[i] == FIELD_FURTHER)
			r->in->attribute(r->in->arg, h->names[i]);
}

static int
use_first(struct reading *r, const struct csv_row *row, struct error *err)
{
	if (import_header_read(&r->list->header, r->list->arena, r->in->name,
			       row, r->in->formulas, err) < 0)
		return -(int)err->code;
	tell_attributes(r);
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
use_rows(struct reading *r, struct csv_reader *reader, struct error *err)
{
	struct csv_row row;
	int got;

	while ((got = csv_next(reader, &row, err)) > 0) {
		if (is_blank(&row))
			continue;
		if ((r->list->header.count ? use_row : use_first)(r, &row,
								  err) < 0)
			return -(int)err->code;
	}
	return got;
}

static int
read_file(struct reading *r, struct csv_reader *reader, struct error *err)
{
	FILE *file = r->in->file;
	size_t n;

	while ((n = fread(r->chunk, 1, sizeof(r->chunk), file)) > 0) {
		csv_feed(reader, (struct str){ r->chunk, n });
		if (use_rows(r, reader, err) < 0)
			return -(int)err->code;
	}
	if (ferror(file))
		return error_system(err, errno, "%s: cannot be read",
				    r->in->name);
	csv_finish(reader);
	if (use_rows(r, reader, err) < 0)
		return -(int)err->code;
	if (r->list->header.count == 0)
		return error_set(err, ERROR_INVALID,
				 "%s: an empty file, expected a header row",
				 r->in->name);
	return 0;
}

/* ---- the whole ---- */

int
import_list_read(struct import_list *list, const struct contact_import *in,
		 struct error *err)
{
	struct reading *r = calloc(1, sizeof(*r));
	struct csv_reader *reader = csv_reader_new(in->name);
	int code;

	check(r);
	*list = (struct import_list){ .arena = arena_new() };
	list->notes = spill_new(PART_MEMORY);
	for (size_t i = 0; i < IMPORT_PARTS; i++)
		list->parts[i] = spill_new(PART_MEMORY);
	r->list = list;
	r->in = in;
	r->rules =
	    (struct import_rules){ in->calling_code, in->now_ms, in->formulas };
	r->arena = arena_new();
	r->empty = arena_mark(r->arena);
	code = read_file(r, reader, err);
	csv_reader_free(&reader);
	arena_free(&r->arena);
	buf_fini(&r->packed);
	free(r);
	return code;
}

void
import_list_fini(struct import_list *list)
{
	for (size_t i = 0; i < IMPORT_PARTS; i++)
		spill_free(&list->parts[i]);
	spill_free(&list->notes);
	arena_free(&list->arena);
	free(list->fates);
	*list = (struct import_list){ 0 };
}
