/*
 * A store that was put back from a copy. Who was mailed since the copy was
 * made is not in it, so all that was due meanwhile is held: in doubt as what
 * was marked and got no answer is, but before any marker.
 *
 * What was on the wire when the copy was made got its answer in the store that
 * is gone. Here it becomes INDOUBT and stays so, whatever its policy was.
 *
 * What is planned from an older state is planned for the second time, with the
 * old keys and any due time. So all that is put is held too, until an operator
 * says that the past is settled and planning has then come to rest.
 */
#include "outbox/outbox_priv.h"

#include "outbox/outbox_sql.h"

const char outbox_maybe_sent[] = "maybe sent: the store was put back";

int
outbox_doubt(struct db *db, struct arena *a, int64_t until_ms, int limit,
	     int64_t now_ms, struct outbox_delivery **out, struct error *err)
{
	struct db_rows rows;

	check(limit > 0);
	if (db_query(db, &rows, outbox_sql_doubt,
		     DB_ARGS(DB_INT(until_ms), DB_INT(limit), DB_INT(now_ms),
			     DB_TEXT(str_of(outbox_maybe_sent))),
		     err) < 0)
		return -(int)err->code;
	return outbox_rows(&rows, a, 2 * limit, out, err);
}

int
outbox_has_any(struct db *db, struct error *err)
{
	int64_t one;

	return db_query_int(db, &one, outbox_sql_any, DB_NO_ARGS, err);
}

int
outbox_adopted(struct db *db, int64_t *adopted_ms, struct error *err)
{
	return db_query_int(db, adopted_ms, outbox_sql_adopted, DB_NO_ARGS,
			    err);
}

int
outbox_doubts(struct db *db, enum outbox_doubts *out, struct error *err)
{
	int64_t n = OUTBOX_DOUBTS_NOTHING;
	int got = db_query_int(db, &n, outbox_sql_doubts, DB_NO_ARGS, err);

	*out = (enum outbox_doubts)n;
	return got < 0 ? got : 0;
}

int
outbox_adopt(struct db *db, int64_t now_ms, enum outbox_doubts doubts,
	     struct error *err)
{
	if (db_run(db, outbox_sql_adopt_marked, DB_NO_ARGS, err) < 0 ||
	    db_run(db, outbox_sql_adopt,
		   DB_ARGS(DB_INT(now_ms), DB_INT(doubts)), err) < 0)
		return -(int)err->code;
	return 0;
}

int
outbox_doubt_less(struct db *db, enum outbox_doubts from, enum outbox_doubts to,
		  struct error *err)
{
	return (int)db_run(db, outbox_sql_doubt_less,
			   DB_ARGS(DB_INT(from), DB_INT(to)), err);
}
