/*
 * A store that was put back from a copy. Who was mailed since the copy was
 * made is not in it, so all that was due meanwhile is held: in doubt as what
 * was marked and got no answer is, but before any marker.
 *
 * What is planned anew from an older state has old due times and the old keys,
 * so the time until which is doubted stays in the store.
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
outbox_undoubt(struct db *db, struct arena *a, int limit,
	       struct outbox_delivery **out, struct error *err)
{
	struct db_rows rows;

	check(limit > 0);
	if (db_query(db, &rows, outbox_sql_undoubt,
		     DB_ARGS(DB_TEXT(str_of(outbox_maybe_sent)), DB_INT(limit)),
		     err) < 0)
		return -(int)err->code;
	return outbox_rows(&rows, a, limit, out, err);
}

int
outbox_has_sent(struct db *db, struct error *err)
{
	int64_t one;

	return db_query_int(db, &one, outbox_sql_any_sent, DB_NO_ARGS, err);
}

int
outbox_adopted(struct db *db, int64_t *adopted_ms, struct error *err)
{
	return db_query_int(db, adopted_ms, outbox_sql_adopted, DB_NO_ARGS,
			    err);
}

int
outbox_adopt(struct db *db, int64_t now_ms, int64_t until_ms, struct error *err)
{
	int64_t changed =
	    db_run(db, outbox_sql_adopt,
		   DB_ARGS(DB_INT(now_ms), DB_INT(until_ms)), err);

	return changed < 0 ? (int)changed : 0;
}
