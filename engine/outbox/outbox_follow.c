/*
 * Who comes next: rows that a sequence goes on from.
 *
 * A delivery to a person that became SENT or SKIPPED is put on a list, by
 * follow_ms in the very statement that made it so, and planning takes it off
 * when it has put what follows. A crash between the two leaves it on the list.
 *
 *	NULL	nothing to follow
 *	0	look at it now
 *	else	not before
 *
 * The list is an index of the rows that have a follow_ms, so it costs nothing
 * for the others. Rejected: a table of its own, which the sender would have to
 * write beside the row it writes anyway.
 */
#include "outbox/outbox_priv.h"

#include "base/arena.h"
#include "outbox/outbox_sql.h"

static int
compare_followers(const struct outbox_delivery *x,
		  const struct outbox_delivery *y)
{
	return x->follow_ms < y->follow_ms ? -1 : x->follow_ms > y->follow_ms;
}

int
outbox_followers(struct db *db, struct arena *a, int64_t now_ms, int limit,
		 struct outbox_delivery **items, struct error *err)
{
	struct db_rows rows;
	int count;

	check(limit > 0);
	if (db_query(db, &rows, outbox_sql_followers,
		     DB_ARGS(DB_INT(now_ms), DB_INT(limit)), err) < 0)
		return error_context(err, "followers");
	count = outbox_rows(&rows, a, limit, items, err);
	for (int i = 1; i < count; i++)
		check(compare_followers(&(*items)[i - 1], &(*items)[i]) <= 0);
	return count < 0 ? error_context(err, "followers") : count;
}

int
outbox_follow(struct db *db, const struct outbox_delivery *d, int64_t at_ms,
	      struct error *err)
{
	return (int)db_run(db, outbox_sql_follow,
			   DB_ARGS(OUTBOX_ID_ARGS(&d->id), DB_INT(d->follow_ms),
				   at_ms < 0 ? DB_NULL : DB_INT(at_ms)),
			   err);
}

int64_t
outbox_refollow(struct db *db, const struct outbox_filter *filter,
		struct error *err)
{
	return db_run(db, outbox_for(outbox_sql_refollow, filter),
		      DB_ARGS(OUTBOX_FILTER_ARGS(filter)), err);
}

int
outbox_next_follow(struct db *db, int64_t *at_ms, struct error *err)
{
	return db_query_int(db, at_ms, outbox_sql_next_follow, DB_NO_ARGS, err);
}
