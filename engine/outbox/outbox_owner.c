/*
 * Owners that end, and rows that wait for somebody to decide.
 *
 * What a dead owner had CLAIMED was not handed over: it goes back. What it had
 * MARKED may have been: nobody can tell from here, so it is INDOUBT until an
 * operator or evidence says. That a lease is older than its time says nothing
 * about a marked row, therefore expire looks at CLAIMED alone.
 */
#include "outbox/outbox_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "outbox/outbox_sql.h"

void
outbox_owner_name(int64_t owner, char name[OUTBOX_OWNER_NAME_BYTES])
{
	snprintf(name, OUTBOX_OWNER_NAME_BYTES, "owner-%" PRId64, owner);
}

/* The first column of all rows, which end here. */
static int
read_ids(struct db_rows *rows, struct arena *a, int64_t **ids,
	 struct error *err)
{
	struct buf found = { 0 };
	int got;

	while ((got = db_next(rows, err)) > 0) {
		int64_t id = db_int(rows, 0);

		buf_add(&found, &id, sizeof(id));
	}
	db_rows_end(rows);
	if (got >= 0) {
		got = (int)(found.len / sizeof(**ids));
		*ids = ARENA_ARRAY(a, (size_t)got, int64_t);
		if (got)
			memcpy(*ids, found.p, found.len);
	}
	buf_fini(&found);
	return got;
}

int
outbox_owners(struct db *db, struct arena *a, int64_t **owners,
	      struct error *err)
{
	struct db_rows rows;
	int got = db_query(db, &rows, outbox_sql_owners, DB_NO_ARGS, err);

	if (got >= 0)
		got = read_ids(&rows, a, owners, err);
	return got < 0 ? error_context(err, "owners") : got;
}

int64_t
outbox_reclaim(struct db *db, int64_t owner, int limit, int64_t now_ms,
	       struct error *err)
{
	return db_run(
	    db, outbox_sql_reclaim,
	    DB_ARGS(DB_INT(owner), DB_INT(limit), DB_INT(now_ms),
		    DB_TEXT(STR("the sender ended before the reply"))),
	    err);
}

int64_t
outbox_expire(struct db *db, int64_t now_ms, struct error *err)
{
	return db_run(db, outbox_sql_expire, DB_ARGS(DB_INT(now_ms)), err);
}

/* Give the row the state `to`, by a statement that says from which. */
static int
answer(struct db *db, const char *sql, const struct outbox_id *id,
       enum outbox_state to, struct db_arg words, int64_t now_ms,
       struct error *err)
{
	return (int)db_run(
	    db, sql,
	    DB_ARGS(OUTBOX_ID_ARGS(id), DB_INT(to),
		    to == OUTBOX_READY ? DB_NULL : DB_INT(now_ms), words,
		    DB_INT(now_ms)),
	    err);
}

int
outbox_resolve(struct db *db, const struct outbox_id *id, enum outbox_state to,
	       struct str evidence, int64_t now_ms, struct error *err)
{
	char line[OUTBOX_LINE_BYTES];

	check(to == OUTBOX_SENT || to == OUTBOX_BOUNCED || to == OUTBOX_READY);
	return answer(db, outbox_sql_resolve, id, to,
		      DB_TEXT(outbox_line(line, "", evidence)), now_ms, err);
}

int
outbox_unhold(struct db *db, const struct outbox_id *id, enum outbox_state to,
	      struct str reason, int64_t now_ms, struct error *err)
{
	char line[OUTBOX_LINE_BYTES];

	check(to == OUTBOX_READY || to == OUTBOX_CANCELLED);
	reason = outbox_line(line, "", reason);
	if (to == OUTBOX_READY)
		return answer(db, outbox_sql_unhold_ready, id, to,
			      DB_TEXT(reason), now_ms, err);
	return (int)db_run(db, outbox_sql_unhold_cancelled,
			   DB_ARGS(OUTBOX_ID_ARGS(id), DB_INT(to),
				   DB_INT(now_ms), DB_TEXT(reason)),
			   err);
}

int
outbox_unhold_all(struct db *db, struct arena *a,
		  const struct outbox_release *how,
		  struct outbox_delivery **out, struct error *err)
{
	char line[OUTBOX_LINE_BYTES];
	struct db_rows rows;

	check(how->limit > 0);
	check(how->to == OUTBOX_READY || how->to == OUTBOX_CANCELLED);
	if (db_query(db, &rows, outbox_sql_unhold_all,
		     DB_ARGS(DB_TEXT(how->status), DB_INT(how->limit),
			     DB_INT(how->now_ms), DB_INT(how->partner_id),
			     DB_INT(how->to),
			     DB_TEXT(outbox_line(line, "", how->reason))),
		     err) < 0)
		return -(int)err->code;
	return outbox_rows(&rows, a, how->limit, out, err);
}

int
outbox_count_held(struct db *db, struct str status, int64_t partner_id,
		  int64_t *count, struct error *err)
{
	return db_query_int(db, count, outbox_sql_count_held,
			    DB_ARGS(DB_TEXT(status), DB_INT(partner_id)), err);
}

bool
outbox_may_retry(const struct outbox_delivery *d)
{
	if (d->state == OUTBOX_BOUNCED)
		return str_starts(d->status, str_of(outbox_too_old));
	return d->state == OUTBOX_HELD &&
	       !str_eq_cstr(d->status, outbox_changed) &&
	       !str_eq_cstr(d->status, OUTBOX_BY_POLICY) &&
	       !str_eq_cstr(d->status, outbox_maybe_sent);
}

int
outbox_retry(struct db *db, const struct outbox_delivery *d, struct str reason,
	     int64_t now_ms, struct error *err)
{
	char line[OUTBOX_LINE_BYTES];

	check(outbox_may_retry(d));
	return (int)db_run(db, outbox_sql_retry,
			   DB_ARGS(OUTBOX_ID_ARGS(&d->id), DB_INT(now_ms),
				   DB_TEXT(outbox_line(line, "", reason)),
				   DB_INT(d->state), DB_TEXT(d->status)),
			   err);
}

int
outbox_holders(struct db *db, struct arena *a, const struct outbox_hold *hold,
	       int64_t **partners, struct error *err)
{
	struct db_rows rows;
	int got =
	    db_query(db, &rows, outbox_sql_holders,
		     DB_ARGS(DB_TEXT(hold->step), DB_TEXT(hold->status)), err);

	if (got >= 0)
		got = read_ids(&rows, a, partners, err);
	return got < 0 ? error_context(err, "held") : got;
}

int
outbox_held(struct db *db, struct arena *a, const struct outbox_hold *hold,
	    struct outbox_delivery **out, struct error *err)
{
	struct db_rows rows;

	check(hold->limit > 0);
	if (db_query(db, &rows, outbox_sql_held,
		     DB_ARGS(DB_TEXT(hold->step), DB_TEXT(hold->status),
			     DB_INT(hold->partner_id), DB_INT(hold->limit)),
		     err) < 0)
		return -(int)err->code;
	return outbox_rows(&rows, a, hold->limit, out, err);
}
