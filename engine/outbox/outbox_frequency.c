/*
 * How often a person is mailed, and what becomes of a message that is too many.
 *
 * There is no counter. What was sent lies in the rows, and a person's are few:
 * they are found by who has the person on a list and then by the index of
 * subjects. So a refusal, an answer to what was in doubt and a store that was
 * put back need no thought, what was sent before a frequency was stated counts,
 * and while none is stated nothing is written and one empty table is looked at.
 *
 * Rejected: a count for each person and window, which every marker would have
 * to write, every refusal to take back, and every restore to mend.
 */
#include "outbox/outbox_priv.h"

#include "outbox/outbox_sql.h"

int
outbox_capped(struct db *db, struct error *err)
{
	int64_t one;

	return db_query_int(db, &one, outbox_sql_capped, DB_NO_ARGS, err);
}

int
outbox_free_at(struct db *db, int64_t partner_id, struct str person,
	       int64_t at_ms, int64_t *free_ms, struct error *err)
{
	struct db_rows rows;
	int got;

	if (db_query(
		db, &rows, outbox_sql_free_at,
		DB_ARGS(DB_INT(partner_id), DB_BLOB(person), DB_INT(at_ms)),
		err) < 0)
		return error_context(err, "frequency");
	got = db_next(&rows, err);
	if (got > 0 && db_is_null(&rows, 0))
		got = 0;
	if (got > 0)
		*free_ms = db_int(&rows, 0);
	db_rows_end(&rows);
	return got < 0 ? error_context(err, "frequency") : !got;
}

int
outbox_delay(struct db *db, const struct outbox_delivery *d, int64_t due_ms,
	     struct error *err)
{
	return (int)db_run(db, outbox_sql_delay,
			   DB_ARGS(OUTBOX_CLAIM_ARGS(d), DB_INT(due_ms)), err);
}

int
outbox_hold(struct db *db, const struct outbox_delivery *d, struct str status,
	    int64_t again_ms, int64_t now_ms, struct error *err)
{
	char line[OUTBOX_LINE_BYTES];

	return (int)db_run(db, outbox_sql_hold,
			   DB_ARGS(OUTBOX_CLAIM_ARGS(d), DB_INT(now_ms),
				   DB_TEXT(outbox_line(line, "", status)),
				   again_ms < 0 ? DB_NULL : DB_INT(again_ms)),
			   err);
}

int
outbox_unhold_at(struct db *db, const struct outbox_delivery *d, int64_t due_ms,
		 struct error *err)
{
	return (int)db_run(db, outbox_sql_unhold_at,
			   DB_ARGS(OUTBOX_ID_ARGS(&d->id), DB_INT(d->follow_ms),
				   DB_INT(due_ms)),
			   err);
}
