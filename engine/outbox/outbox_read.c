/*
 * Rows as structs. What is read in which order is said once, in
 * OUTBOX_COLUMNS. A row is taken as it is, wrong or not: outbox_check() reads
 * through here too.
 */
#include "outbox/outbox_priv.h"

#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "outbox/outbox_sql.h"

/* The row that `rows` is at; its strings live in `a`. */
static void
read_row(struct db_rows *rows, struct arena *a, struct outbox_delivery *out)
{
	struct str id = db_blob(rows, 1);
	int at = 4;

	*out = (struct outbox_delivery){
		.id.partner_id = db_int(rows, 0),
		.key.partner_id = db_int(rows, 0),
		.key.subject_kind = (enum outbox_subject)db_int(rows, 2),
		.state = (enum outbox_state)db_int(rows, 3),
	};
	if (id.len == sizeof(out->id.bytes))
		memcpy(out->id.bytes, id.p, id.len);
#define READ_INT(column, field)	  out->field = db_int(rows, at++);
#define READ_BYTES(column, field) out->field = str_copy(a, db_text(rows, at++));
	OUTBOX_COLUMNS(READ_INT, READ_BYTES)
#undef READ_INT
#undef READ_BYTES
	out->follow_ms = db_int(rows, at++);
	out->policy = (enum outbox_policy)db_int(rows, at++);
	check(at == rows->columns);
}

int
outbox_rows(struct db_rows *rows, struct arena *a, int max,
	    struct outbox_delivery **out, struct error *err)
{
	int count = 0;
	int got;

	*out = ARENA_ARRAY(a, (size_t)max, struct outbox_delivery);
	while ((got = db_next(rows, err)) > 0) {
		check(count < max);
		read_row(rows, a, &(*out)[count++]);
	}
	db_rows_end(rows);
	return got < 0 ? got : count;
}

const char *
outbox_for(const char *const *statements, const struct outbox_filter *filter)
{
	bool one_partner = filter->partner_id >= 0;

	if (one_partner && filter->subject.len)
		return statements[OUTBOX_BY_SUBJECT];
	if (filter->activation_id)
		return statements[OUTBOX_BY_ACTIVATION];
	return statements[one_partner ? OUTBOX_BY_PARTNER : OUTBOX_BY_NOTHING];
}

int
outbox_find(struct db *db, struct arena *a, const struct outbox_id *id,
	    struct outbox_delivery *out, struct error *err)
{
	struct outbox_delivery *found;
	struct db_rows rows;
	int count;

	if (db_query(db, &rows, outbox_sql_find, DB_ARGS(OUTBOX_ID_ARGS(id)),
		     err) < 0)
		return -(int)err->code;
	count = outbox_rows(&rows, a, 1, &found, err);
	if (count > 0)
		*out = found[0];
	return count;
}

int
outbox_list(struct db *db, struct arena *a, const struct outbox_filter *filter,
	    int state, int limit, struct outbox_delivery **out,
	    struct error *err)
{
	struct db_rows rows;

	check(limit > 0);
	if (db_query(db, &rows, outbox_for(outbox_sql_list, filter),
		     DB_ARGS(OUTBOX_FILTER_ARGS(filter), DB_INT(state),
			     DB_INT(limit)),
		     err) < 0)
		return -(int)err->code;
	return outbox_rows(&rows, a, limit, out, err);
}

int
outbox_indoubt(struct db *db, struct arena *a, const struct outbox_id *after,
	       int limit, struct outbox_delivery **out, struct error *err)
{
	struct db_rows rows;

	check(limit > 0);
	if (db_query(db, &rows, outbox_sql_indoubt,
		     DB_ARGS(DB_INT(after ? after->partner_id : INT64_MIN),
			     DB_BLOB(after ? outbox_id_view(after) : STR("")),
			     DB_INT(limit)),
		     err) < 0)
		return -(int)err->code;
	return outbox_rows(&rows, a, limit, out, err);
}

int
outbox_count(struct db *db, const struct outbox_filter *filter,
	     struct outbox_counts *out, struct error *err)
{
	struct db_rows rows;
	int got;

	*out = (struct outbox_counts){ 0 };
	if (db_query(db, &rows, outbox_for(outbox_sql_count, filter),
		     DB_ARGS(OUTBOX_FILTER_ARGS(filter)), err) < 0)
		return -(int)err->code;
	while ((got = db_next(&rows, err)) > 0) {
		int64_t state = db_int(&rows, 0);

		if (state < 0 || state >= OUTBOX_STATE_COUNT) {
			got = error_set(err, ERROR_INTERNAL,
					"a delivery has the state %" PRId64
					", expected 0 to %d",
					state, OUTBOX_STATE_COUNT - 1);
			break;
		}
		out->by_state[state] = db_int(&rows, 1);
	}
	db_rows_end(&rows);
	return got;
}

int
outbox_next_due(struct db *db, int64_t *due_ms, struct error *err)
{
	return db_query_int(db, due_ms, outbox_sql_next_due, DB_NO_ARGS, err);
}
