/*
 * From a list that was read to the store, in the order of persons.
 *
 * Contacts lie in the store in that order too. So the rows of a unit share
 * pages, each of which is written once; in the order of the file each row has
 * pages of its own, and a list of 200,000 wrote its pages five times over.
 *
 *	part	rows of some persons: which of a person's counts, whose consent
 *	batch	rows that count, looked at beside what is stored
 *	unit	those that change something
 *
 * What a look finds unchanged needs no unit: it was committed, and is what a
 * unit would have found that came before whoever changes it now. A row that is
 * changed is locked and looked at again, for others change contacts too; a new
 * one is added, and looked at when somebody was first.
 */
#include "partner/partner_import_priv.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/failpoint.h"
#include "partner/partner_priv.h"

/*
 * A unit of that many new rows holds the write lock of SQLite for about 3 ms
 * and a flush; with fewer there would be more flushes than work.
 */
enum { BATCH_ROWS = 500, WINDOW_BYTES = 8 << 20 };

enum deed { KEEP, ADD, UPDATE };

struct put {
	struct import_row row;
	enum deed deed; /* as looked at before the unit */
	struct import_fate fate;
};

struct storing {
	struct db_store *store;
	const struct contact_import *in;
	struct import_list *list;
	struct import_seen seen; /* of a part */

	struct arena *arena;
	struct arena_mark empty;  /* without rows */
	struct arena_mark parsed; /* with rows and nothing of the store */
	struct put puts[BATCH_ROWS];
	int64_t ids[BATCH_ROWS];
	struct contact *stored[BATCH_ROWS]; /* NULL: is on no list */
	size_t count;
};

/* ---- a row beside what is stored ---- */

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

static struct contact
as_it_shall_be(const struct storing *s, const struct import_row *row,
	       const struct contact *stored)
{
	struct contact next = import_row_over(&s->list->header, row, stored);

	next.partner_id = s->in->partner_id;
	return next;
}

/* `stored` is NULL when nobody has the id. *next is set but for KEEP. */
static enum deed
judge(const struct storing *s, struct put *put, const struct contact *stored,
      struct contact *next)
{
	put->fate =
	    (struct import_fate){ .known = true, .verdict = CONTACT_ACCEPTED };
	if (stored)
		put->fate.store_fault = store_fault(&put->row, stored);
	if (put->fate.store_fault != CONTACT_FAULT_GOOD) {
		put->fate.verdict = CONTACT_QUARANTINED;
		return KEEP;
	}
	*next = as_it_shall_be(s, &put->row, stored);
	if (!stored)
		return ADD;
	if (import_same(next, stored)) {
		put->fate.verdict = CONTACT_UNCHANGED;
		return KEEP;
	}
	put->fate.verdict = CONTACT_UPDATED;
	return UPDATE;
}

/* ---- a batch ---- */

static int
look_at_batch(struct db *db, void *arg, struct error *err)
{
	struct storing *s = arg;
	const struct partner_contacts x = { s->ids, s->stored, s->count };
	struct contact ignored;

	arena_rewind(s->arena, s->parsed);
	if (partner_contacts_at(db, s->arena, s->in->partner_id, &x, err) < 0)
		return -(int)err->code;
	for (size_t i = 0; i < s->count; i++)
		s->puts[i].deed = judge(s, &s->puts[i], s->stored[i], &ignored);
	return 0;
}

/* Nobody removes a contact, so what was there is there. */
static int
get_locked(struct db *db, struct storing *s, const struct put *put,
	   struct contact *stored, struct error *err)
{
	const struct person_hash *person = &put->row.contact.person;
	int got;

	if (partner_lock_person(db, s->in->partner_id, person, err) < 0)
		return -(int)err->code;
	got = partner_contact_at(db, s->arena, s->in->partner_id,
				 partner_contact_id(person), stored, err);
	if (got == 0)
		return error_set(err, ERROR_BUSY,
				 "a contact vanished while the list was "
				 "stored, expected nobody to remove it");
	return got;
}

static int
store_row(struct db *db, struct storing *s, struct put *put, struct error *err)
{
	const int64_t now_ms = s->in->now_ms;
	struct contact stored, next;
	int got;

	if (put->deed == ADD) {
		next = as_it_shall_be(s, &put->row, NULL);
		got = partner_contact_add(db, &next, now_ms, err);
		if (got != 0)
			return got;
	}
	if (get_locked(db, s, put, &stored, err) < 0)
		return -(int)err->code;
	if (judge(s, put, &stored, &next) == KEEP)
		return 0;
	return partner_contact_update(db, &next, now_ms, err);
}

/* In the order of persons: two imports that meet lock in one order. */
static int
store_unit(struct db *db, void *arg, struct error *err)
{
	struct storing *s = arg;

	arena_rewind(s->arena, s->parsed);
	if (partner_list_changes(db, s->in->partner_id, err) < 0)
		return -(int)err->code;
	for (size_t i = 0; i < s->count; i++) {
		struct put *put = &s->puts[i];

		if (put->deed == KEEP)
			continue;
		put->fate = (struct import_fate){ .known = true,
						  .verdict = CONTACT_ACCEPTED };
		if (store_row(db, s, put, err) < 0)
			return -(int)err->code;
	}
	return 0;
}

static bool
changes_anything(const struct storing *s)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->puts[i].deed != KEEP)
			return true;
	return false;
}

static int
store_batch(struct storing *s, struct error *err)
{
	int code;

	s->parsed = arena_mark(s->arena);
	code = db_look(s->store, look_at_batch, s, err);
	if (code >= 0 && !s->in->dry_run && changes_anything(s)) {
		code = db_commit(s->store, store_unit, s, err);
		failpoint_pass("partner: rows imported");
	}
	if (code < 0)
		return error_context(err, "%s", s->in->name);
	for (size_t i = 0; i < s->count; i++)
		import_list_decide(s->list, s->puts[i].row.nth,
				   s->puts[i].fate);
	arena_rewind(s->arena, s->empty);
	s->count = 0;
	return 0;
}

/* ---- a part ---- */

static int
note_persons(struct storing *s, struct spill *part, struct error *err)
{
	struct import_row row;
	struct str bytes;
	int64_t at = 0;
	int got;

	import_seen_clear(&s->seen);
	if (spill_begin(part, WINDOW_BYTES, err) < 0)
		return -(int)err->code;
	while ((got = spill_next(part, &bytes, err)) > 0) {
		import_row_unpack(bytes, &row);
		import_seen_add(&s->seen, &row, at);
		at = spill_place(part);
	}
	return got;
}

/* Rows that a later one of the same person stands for. */
static int
merge_rows(struct storing *s, struct spill *part, struct error *err)
{
	const struct import_person *p;
	struct import_row row;
	struct str bytes;
	int got;

	if (spill_begin(part, WINDOW_BYTES, err) < 0)
		return -(int)err->code;
	while ((got = spill_next(part, &bytes, err)) > 0) {
		import_row_unpack(bytes, &row);
		p = import_seen_find(&s->seen, &row.contact.person);
		check(p);
		if (p->line != row.line)
			import_list_decide(
			    s->list, row.nth,
			    (struct import_fate){ .known = true,
						  .merged_line = p->line });
	}
	return got;
}

static int
take_consent(struct storing *s, struct spill *part,
	     const struct import_person *p, struct import_row *row,
	     struct error *err)
{
	struct import_row other;
	struct str bytes;

	if (p->consent_line == 0 || p->consent_line == p->line)
		return 0;
	if (spill_get(part, p->consent_at, s->arena, &bytes, err) < 0)
		return -(int)err->code;
	import_row_unpack(bytes, &other);
	row->contact.consent = other.contact.consent;
	row->contact.consent_ms = other.contact.consent_ms;
	row->contact.consent_basis = other.contact.consent_basis;
	row->contact.consent_source = other.contact.consent_source;
	row->says_consent = true;
	return 0;
}

static int
add_person(struct storing *s, struct spill *part, const struct import_person *p,
	   struct error *err)
{
	struct put *put = &s->puts[s->count];
	struct str bytes;

	if (spill_get(part, p->at, s->arena, &bytes, err) < 0)
		return -(int)err->code;
	import_row_unpack(bytes, &put->row);
	if (take_consent(s, part, p, &put->row, err) < 0)
		return -(int)err->code;
	s->ids[s->count++] = partner_contact_id(&p->person);
	return s->count == BATCH_ROWS ? store_batch(s, err) : 0;
}

static int
store_part(struct storing *s, int nth, struct error *err)
{
	struct spill *part = s->list->parts[nth];
	int code = note_persons(s, part, err);

	if (code >= 0 && s->seen.count < s->list->part_counts[nth])
		code = merge_rows(s, part, err);
	import_seen_sort(&s->seen);
	for (size_t i = 0; code >= 0 && i < s->seen.count; i++)
		code = add_person(s, part, &s->seen.places[i], err);
	return code;
}

int
import_store(struct db_store *store, const struct contact_import *in,
	     struct import_list *list, struct error *err)
{
	struct storing *s = calloc(1, sizeof(*s));
	int code = 0;

	check(s);
	s->store = store;
	s->in = in;
	s->list = list;
	s->arena = arena_new();
	s->empty = arena_mark(s->arena);
	for (int i = 0; code >= 0 && i < IMPORT_PARTS; i++) {
		code = store_part(s, i, err);
		spill_free(&list->parts[i]);
	}
	if (code >= 0 && s->count)
		code = store_batch(s, err);
	import_seen_fini(&s->seen);
	arena_free(&s->arena);
	free(s);
	return code;
}
