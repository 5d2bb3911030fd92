/*
 * Reading leads, and the eight bytes by which a delivery names one.
 */
#include "lead/lead.h"

#include <string.h>

#include "base/arena.h"
#include "lead/lead_sql.h"

/* ---- subjects ---- */

struct str
lead_subject(int64_t id, uint8_t bytes[LEAD_SUBJECT_BYTES])
{
	for (int i = 0; i < LEAD_SUBJECT_BYTES; i++)
		bytes[i] = (uint8_t)((uint64_t)id >> (56 - 8 * i));
	return (struct str){ (const char *)bytes, LEAD_SUBJECT_BYTES };
}

bool
lead_of_subject(struct str subject, int64_t *id)
{
	uint64_t n = 0;

	if (subject.len != LEAD_SUBJECT_BYTES)
		return false;
	for (size_t i = 0; i < subject.len; i++)
		n = n << 8 | (uint8_t)subject.p[i];
	if (n == 0 || n > INT64_MAX)
		return false;
	*id = (int64_t)n;
	return true;
}

/* ---- rows ---- */

static void
read_lead(struct db_rows *rows, struct arena *a, struct lead *out)
{
	struct str person = db_blob(rows, 3);
	int column = 8;

	*out = (struct lead){
		.partner_id = db_int(rows, 0),
		.id = db_int(rows, 1),
		.activation_id = db_int(rows, 2),
		.has_person = person.len == sizeof(out->person.bytes),
		.delivery = str_copy(a, db_blob(rows, 4)),
		.revision = str_copy(a, db_blob(rows, 5)),
		.at_ms = db_int(rows, 6),
		.erased = db_int(rows, 7) != 0,
	};
	if (out->has_person)
		memcpy(out->person.bytes, person.p, person.len);
#define READ_TEXT(name) out->name = str_copy(a, db_text(rows, column++));
	LEAD_TEXTS(READ_TEXT)
#undef READ_TEXT
}

int
lead_get(struct db *db, struct arena *a, int64_t partner_id, int64_t id,
	 struct lead *out, struct error *err)
{
	struct db_rows rows;
	int got;

	if (db_query(db, &rows, lead_sql_get,
		     DB_ARGS(DB_INT(partner_id), DB_INT(id)), err) < 0)
		return -(int)err->code;
	got = db_next(&rows, err);
	if (got > 0)
		read_lead(&rows, a, out);
	db_rows_end(&rows);
	if (got == 0)
		return error_set(err, ERROR_NOT_FOUND, "no such lead");
	return got < 0 ? got : 0;
}

int
lead_list(struct db *db, struct arena *a, const struct lead_filter *filter,
	  struct lead **out, struct error *err)
{
	size_t capacity = 64;
	struct lead *all = ARENA_ARRAY(a, capacity, struct lead);
	struct db_rows rows;
	size_t count = 0;
	int got;

	check(filter->limit > 0);
	if (db_query(db, &rows,
		     filter->partner_id < 0 ? lead_sql_list : lead_sql_list_of,
		     DB_ARGS(DB_INT(filter->partner_id),
			     DB_TEXT(filter->campaign), DB_INT(filter->limit)),
		     err) < 0)
		return -(int)err->code;
	while ((got = db_next(&rows, err)) > 0) {
		if (count == capacity) {
			struct lead *more =
			    ARENA_ARRAY(a, capacity * 2, struct lead);

			memcpy(more, all, capacity * sizeof(*all));
			capacity *= 2;
			all = more;
		}
		read_lead(&rows, a, &all[count++]);
	}
	db_rows_end(&rows);
	if (got < 0)
		return got;
	*out = all;
	return (int)count;
}
