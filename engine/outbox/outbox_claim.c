/*
 * The sender's side of a delivery: claim, mark, finish.
 *
 * Each change is one UPDATE that names the state it comes from and, but for
 * the claim, owner and epoch. What a worker believes is thus compared with
 * what is so in the statement that acts on it, and 0 rows is the answer "no".
 *
 * The marker asks the gate in the same statement. It does not say why it was
 * refused: the gate, the claim, or other bytes than before. The last of these
 * is told apart by a second statement that can only succeed for that reason.
 *
 * A verdict is decided in C (decide), from the row as it is: what follows
 * from UNKNOWN depends on whether there is a marker. Between reading and
 * changing another connection may reclaim the row; then the change finds
 * another state and the verdict is a late one.
 */
#include "outbox/outbox_priv.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "outbox/outbox_sql.h"

/* ---- claim ---- */

/* By their places where both are due at once: they lie as they were found. */
static int
compare_due(const void *a, const void *b)
{
	const struct outbox_delivery *x = *(struct outbox_delivery *const *)a;
	const struct outbox_delivery *y = *(struct outbox_delivery *const *)b;

	if (x->due_ms != y->due_ms)
		return x->due_ms < y->due_ms ? -1 : 1;
	return (x > y) - (x < y);
}

/*
 * RETURNING promises no order. What is due at once keeps the one it has, which
 * is that of the rows in SQLite's file: marker and verdict of neighbours change
 * one page.
 */
static struct outbox_delivery *
by_due(struct arena *a, struct outbox_delivery *items, int count)
{
	size_t n = (size_t)count;
	struct outbox_delivery **order =
	    ARENA_ARRAY(a, n, struct outbox_delivery *);
	struct outbox_delivery *sorted =
	    ARENA_ARRAY(a, n, struct outbox_delivery);

	for (size_t i = 0; i < n; i++)
		order[i] = &items[i];
	qsort(order, n, sizeof(*order), compare_due);
	for (size_t i = 0; i < n; i++)
		sorted[i] = *order[i];
	return sorted;
}

int
outbox_claim(struct db *db, struct arena *a, const struct outbox_claim *how,
	     struct outbox_delivery **items, struct error *err)
{
	struct db_rows rows;
	int count;

	check(how->owner > 0 && how->max > 0);
	if (db_query(db, &rows, outbox_sql_claim[db_dialect(db)],
		     DB_ARGS(DB_INT(how->owner), DB_INT(how->lease_ms),
			     DB_INT(how->now_ms), DB_INT(how->key_id),
			     DB_INT(how->carrier), DB_INT(how->max),
			     DB_INT(how->queue)),
		     err) < 0)
		return error_context(err, "claim");
	count = outbox_rows(&rows, a, how->max, items, err);
	if (count < 0)
		return error_context(err, "claim");
	*items = by_due(a, *items, count);
	return count;
}

int
outbox_release(struct db *db, const struct outbox_delivery *d,
	       struct error *err)
{
	return (int)db_run(db, outbox_sql_release,
			   DB_ARGS(OUTBOX_CLAIM_ARGS(d)), err);
}

int
outbox_postpone(struct db *db, const struct outbox_delivery *d, int64_t due_ms,
		struct error *err)
{
	return (int)db_run(db, outbox_sql_postpone,
			   DB_ARGS(OUTBOX_CLAIM_ARGS(d), DB_INT(due_ms)), err);
}

int
outbox_move(struct db *db, const struct outbox_delivery *d, int64_t due_ms,
	    struct str why, struct error *err)
{
	char line[OUTBOX_LINE_BYTES];

	return (int)db_run(db, outbox_sql_move,
			   DB_ARGS(OUTBOX_CLAIM_ARGS(d), DB_INT(due_ms),
				   DB_TEXT(outbox_line(line, "", why))),
			   err);
}

/* ---- late ---- */

const char outbox_overdue[] = "overdue: later than its max-lateness";

int64_t
outbox_late_ms(const struct outbox_delivery *d, int64_t now_ms)
{
	int64_t since_ms = d->owed_ms ? d->owed_ms : d->due_ms;

	return now_ms > since_ms ? now_ms - since_ms : 0;
}

/* ---- mark ---- */

const char outbox_changed[] = "content changed";

static struct db_arg
blob_or_null(struct str s)
{
	return s.len ? DB_BLOB(s) : DB_NULL;
}

int
outbox_mark(struct db *db, const struct outbox_delivery *d,
	    const struct outbox_marker *marker, struct error *err)
{
	int64_t changed;

	check(marker->sha256.len == OUTBOX_SHA256_BYTES);
	changed = db_run(db, outbox_sql_mark,
			 DB_ARGS(OUTBOX_CLAIM_ARGS(d), DB_BLOB(marker->sha256),
				 DB_INT(marker->now_ms),
				 blob_or_null(marker->revision),
				 DB_TEXT_OR_NULL(marker->domain),
				 DB_TEXT_OR_NULL(marker->connection),
				 DB_INT(marker->policy)),
			 err);
	if (changed != 0)
		return changed < 0 ? error_context(err, "marker") : 1;
	changed = db_run(db, outbox_sql_hold_changed,
			 DB_ARGS(OUTBOX_CLAIM_ARGS(d), DB_BLOB(marker->sha256),
				 DB_INT(marker->now_ms),
				 DB_TEXT(str_of(outbox_changed))),
			 err);
	return changed < 0 ? error_context(err, "marker") : 0;
}

/* ---- finish ---- */

const char outbox_too_old[] = "too old: ";

struct outcome {
	enum outbox_state state;
	int64_t due_ms;
	int64_t deferrals; /* to add */
	int64_t queue;
	const char *before; /* the words of the verdict */
};

/* An earlier copy may have arrived: then giving up says nothing. */
static struct outcome
defer(const struct outbox_delivery *row, const struct outbox_verdict *v)
{
	int64_t attempt = row->deferrals + 1;
	int64_t at_ms =
	    outbox_at_least_once(row->key.channel)
		? outbox_hook_retry_at(&row->id, attempt, v->now_ms)
		: outbox_retry_at(&row->id, attempt, row->date_ms, v->now_ms);

	if (at_ms < 0)
		return (struct outcome){ .state = row->resends ? OUTBOX_INDOUBT
							       : OUTBOX_BOUNCED,
					 .due_ms = row->due_ms,
					 .deferrals = 1,
					 .before = outbox_too_old };
	return (struct outcome){
		.state = OUTBOX_READY,
		.due_ms =
		    outbox_retry_wish(at_ms, v->now_ms, v->retry_after_ms),
		.deferrals = 1,
		.before = "",
	};
}

/* What becomes of a CLAIMED or MARKED row. */
static struct outcome
decide(const struct outbox_delivery *row, const struct outbox_verdict *v)
{
	struct outcome end = { .due_ms = row->due_ms, .before = "" };

	switch (v->kind) {
	case OUTBOX_VERDICT_SENT:
		end.state = OUTBOX_SENT;
		break;
	case OUTBOX_VERDICT_BOUNCED:
		end.state = OUTBOX_BOUNCED;
		break;
	case OUTBOX_VERDICT_HELD:
		end.state = OUTBOX_HELD;
		break;
	case OUTBOX_VERDICT_UNKNOWN:
		if (row->state != OUTBOX_MARKED ||
		    outbox_at_least_once(row->key.channel))
			return defer(row, v);
		end.state = OUTBOX_INDOUBT;
		break;
	case OUTBOX_VERDICT_DEFERRED:
		return defer(row, v);
	case OUTBOX_VERDICT_WAITS:
		end.state = OUTBOX_READY;
		end.queue = v->queue;
		break;
	}
	return end;
}

/* 1 when `d` still is what its worker thinks it is. */
static int
find_claim(struct db *db, struct arena *a, const struct outbox_delivery *d,
	   struct outbox_delivery *row, struct error *err)
{
	struct outbox_delivery *found;
	struct db_rows rows;
	int count;

	if (db_query(db, &rows, outbox_sql_find_claim,
		     DB_ARGS(OUTBOX_CLAIM_ARGS(d)), err) < 0)
		return -(int)err->code;
	count = outbox_rows(&rows, a, 1, &found, err);
	if (count > 0)
		*row = found[0];
	return count;
}

static int
finish_claim(struct db *db, const struct outbox_delivery *row,
	     const struct outbox_verdict *v, enum outbox_state *became,
	     struct error *err)
{
	struct outcome end = decide(row, v);
	char line[OUTBOX_LINE_BYTES];
	int64_t changed;

	if (end.state == OUTBOX_SENT && row->state != OUTBOX_MARKED)
		return error_set(err, ERROR_INTERNAL,
				 "sent without a marker, expected \"%s\"",
				 outbox_state_name(OUTBOX_MARKED));
	changed = db_run(
	    db, outbox_sql_finish,
	    DB_ARGS(OUTBOX_CLAIM_ARGS(row), DB_INT(row->state),
		    DB_INT(end.state), DB_INT(end.due_ms),
		    DB_INT(end.deferrals),
		    end.state == OUTBOX_READY ? DB_NULL : DB_INT(v->now_ms),
		    DB_TEXT(outbox_line(line, end.before, v->status)),
		    DB_INT(end.queue)),
	    err);
	if (changed > 0)
		*became = end.state;
	return (int)changed;
}

static int
finish_late(struct db *db, const struct outbox_delivery *d,
	    const struct outbox_verdict *v, enum outbox_state *became,
	    struct error *err)
{
	char line[OUTBOX_LINE_BYTES];
	int64_t changed;

	if (v->kind != OUTBOX_VERDICT_SENT)
		return 0;
	changed =
	    db_run(db, outbox_sql_finish_late,
		   DB_ARGS(OUTBOX_ID_ARGS(&d->id), DB_INT(v->now_ms),
			   DB_TEXT(outbox_line(line, "late: ", v->status)),
			   DB_INT(d->epoch)),
		   err);
	if (changed > 0)
		*became = OUTBOX_SENT;
	return (int)changed;
}

/* Nearly all: what it says of a row that is marked needs no look at the row. */
static int
finish_sent(struct db *db, const struct outbox_delivery *d,
	    const struct outbox_verdict *v, enum outbox_state *became,
	    struct error *err)
{
	struct outbox_delivery marked = *d;

	if (v->kind != OUTBOX_VERDICT_SENT)
		return 0;
	marked.state = OUTBOX_MARKED;
	return finish_claim(db, &marked, v, became, err);
}

static int
finish_found(struct db *db, const struct outbox_delivery *d,
	     const struct outbox_verdict *v, enum outbox_state *became,
	     struct error *err)
{
	struct arena *a = arena_new();
	struct outbox_delivery row;
	int code = find_claim(db, a, d, &row, err);

	if (code > 0)
		code = finish_claim(db, &row, v, became, err);
	arena_free(&a);
	return code;
}

int
outbox_finish(struct db *db, const struct outbox_delivery *d,
	      const struct outbox_verdict *verdict, enum outbox_state *became,
	      struct error *err)
{
	int code = finish_sent(db, d, verdict, became, err);

	if (code == 0)
		code = finish_found(db, d, verdict, became, err);
	if (code == 0)
		code = finish_late(db, d, verdict, became, err);
	return code < 0 ? error_context(err, "verdict") : code;
}
