/*
 * Queues. A row that waits is found by its queue and by nothing else, so what
 * a queue is called must not need to be looked up: its id is a hash of scope
 * and name, as a delivery's is of its key.
 *
 * Whoever puts a row into a queue writes the queue's own row before, and
 * whoever finds it empty writes that first too. On PostgreSQL one of the two
 * waits for the other then, and the second sees what the first has done.
 *
 * Rejected: to skip what must wait in the statement that claims, which reads
 * all that is skipped each time; to put it off by a minute, which brings all
 * of it back each minute.
 */
#include "outbox/outbox_queue.h"

#include <string.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "outbox/outbox_priv.h"
#include "outbox/outbox_queue_sql.h"

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS	  (60 * MINUTE_MS)

#define FIRST_WAIT_MS (5 * MINUTE_MS)
#define LAST_WAIT_MS  (4 * HOUR_MS)
#define WISH_MS	      (24 * HOUR_MS)
#define FORGIVEN_MS   HOUR_MS

static const char *const scopes[] = {
#define SCOPE_NAME(name, text) [OUTBOX_SCOPE_##name] = (text),
	OUTBOX_SCOPES(SCOPE_NAME)
#undef SCOPE_NAME
};

const char *
outbox_scope_name(enum outbox_scope scope)
{
	check((size_t)scope < COUNT_OF(scopes));
	return scopes[scope];
}

int64_t
outbox_queue_id(enum outbox_scope scope, struct str name)
{
	const char *kind = outbox_scope_name(scope);
	uint8_t digest[CRYPTO_HASH_BYTES];
	struct crypto_hash h;
	uint64_t id = 0;

	crypto_hash_init(&h);
	crypto_hash_add(&h, (struct str){ kind, strlen(kind) + 1 });
	crypto_hash_add(&h, name);
	crypto_hash_end(&h, digest);
	for (size_t i = 0; i < sizeof(id); i++)
		id = id << 8 | digest[i];
	id >>= 1;
	return id ? (int64_t)id : 1;
}

/* ---- reading ---- */

static void
read_queue(struct db_rows *rows, struct arena *a, struct outbox_queue *out)
{
	*out = (struct outbox_queue){
		.id = db_int(rows, 0),
		.scope = (enum outbox_scope)db_int(rows, 1),
		.name = str_copy(a, db_text(rows, 2)),
		.opens_ms = db_int(rows, 3),
		.since_ms = db_int(rows, 4),
		.strikes = db_int(rows, 5),
		.holds = db_int(rows, 6) != 0,
		.reason = str_copy(a, db_text(rows, 7)),
	};
}

static int
read_queues(struct db_rows *rows, struct arena *a, struct outbox_queue **out,
	    struct error *err)
{
	int capacity = 0;
	int count = 0;
	int got;

	*out = NULL;
	while ((got = db_next(rows, err)) > 0) {
		if (count == capacity) {
			struct outbox_queue *more;

			capacity = capacity ? capacity * 2 : 8;
			more = ARENA_ARRAY(a, (size_t)capacity,
					   struct outbox_queue);
			if (count > 0)
				memcpy(more, *out,
				       (size_t)count * sizeof(*more));
			*out = more;
		}
		read_queue(rows, a, &(*out)[count++]);
	}
	db_rows_end(rows);
	return got < 0 ? got : count;
}

int
outbox_queue_find(struct db *db, struct arena *a, int64_t id,
		  struct outbox_queue *out, struct error *err)
{
	struct outbox_queue *found;
	struct db_rows rows;
	int count;

	if (db_query(db, &rows, outbox_sql_queue_find, DB_ARGS(DB_INT(id)),
		     err) < 0)
		return -(int)err->code;
	count = read_queues(&rows, a, &found, err);
	if (count > 0)
		*out = found[0];
	return count;
}

int
outbox_queue_any(struct db *db, struct error *err)
{
	int64_t one;

	return db_query_int(db, &one, outbox_sql_queue_any, DB_NO_ARGS, err);
}

int
outbox_queue_list(struct db *db, struct arena *a, enum outbox_scope scope,
		  struct outbox_queue **out, struct error *err)
{
	struct db_rows rows;

	if (db_query(db, &rows, outbox_sql_queue_list, DB_ARGS(DB_INT(scope)),
		     err) < 0)
		return -(int)err->code;
	return read_queues(&rows, a, out, err);
}

int
outbox_queue_closed(struct db *db, struct arena *a, int64_t now_ms,
		    struct outbox_queue **out, struct error *err)
{
	struct db_rows rows;

	if (db_query(db, &rows, outbox_sql_queue_closed,
		     DB_ARGS(DB_INT(now_ms)), err) < 0)
		return -(int)err->code;
	return read_queues(&rows, a, out, err);
}

int
outbox_queue_ready(struct db *db, struct arena *a, int64_t now_ms, int limit,
		   struct outbox_queue **out, struct error *err)
{
	struct db_rows rows;

	if (db_query(db, &rows, outbox_sql_queue_ready,
		     DB_ARGS(DB_INT(now_ms), DB_INT(limit)), err) < 0)
		return -(int)err->code;
	return read_queues(&rows, a, out, err);
}

/* ---- closing and opening ---- */

static int
close_queue(struct db *db, const struct outbox_closing *how, int64_t strikes,
	    bool holds, struct error *err)
{
	char line[OUTBOX_LINE_BYTES];
	int64_t id = outbox_queue_id(how->scope, how->name);

	return db_run(db, outbox_sql_queue_close,
		      DB_ARGS(DB_INT(id), DB_INT(how->scope),
			      DB_TEXT(how->name), DB_INT(how->until_ms),
			      DB_INT(how->now_ms),
			      DB_TEXT(outbox_line(line, "", how->reason)),
			      DB_INT(strikes), DB_INT(holds)),
		      err) < 0
		   ? -(int)err->code
		   : 0;
}

int
outbox_queue_close(struct db *db, const struct outbox_closing *how,
		   struct error *err)
{
	return close_queue(db, how, 0, false, err);
}

static int64_t
wait_of(int64_t strikes)
{
	int64_t wait = FIRST_WAIT_MS;

	while (--strikes > 0 && wait < LAST_WAIT_MS)
		wait *= 2;
	return wait < LAST_WAIT_MS ? wait : LAST_WAIT_MS;
}

int
outbox_queue_throttle(struct db *db, struct outbox_closing *how,
		      int64_t wish_ms, struct error *err)
{
	struct arena *a = arena_new();
	struct outbox_queue q = { 0 };
	int64_t strikes = 1;
	int found = outbox_queue_find(
	    db, a, outbox_queue_id(how->scope, how->name), &q, err);

	if (found > 0 && q.strikes > 0 &&
	    how->now_ms < q.opens_ms) /* the same wish again */
		strikes = q.strikes;
	else if (found > 0 && how->now_ms - q.opens_ms < FORGIVEN_MS)
		strikes = q.strikes + 1;
	arena_free(&a);
	if (found < 0)
		return found;
	if (wish_ms <= 0)
		wish_ms = wait_of(strikes);
	how->until_ms = how->now_ms + (wish_ms < WISH_MS ? wish_ms : WISH_MS);
	return close_queue(db, how, strikes, false, err);
}

int
outbox_queue_open(struct db *db, int64_t id, int64_t now_ms, struct error *err)
{
	return (int)db_run(db, outbox_sql_queue_open,
			   DB_ARGS(DB_INT(id), DB_INT(now_ms)), err);
}

/* ---- rows in queues ---- */

int
outbox_queue_turn(struct db *db, int64_t id, int64_t now_ms, struct error *err)
{
	if (db_run(db, outbox_sql_queue_turn,
		   DB_ARGS(DB_INT(id), DB_INT(now_ms)), err) < 0 ||
	    db_run(db, outbox_sql_queue_holds, DB_ARGS(DB_INT(id)), err) < 0 ||
	    db_run(db, outbox_sql_queue_drop, DB_ARGS(DB_INT(id)), err) < 0)
		return -(int)err->code;
	return 0;
}

int
outbox_queue_hold(struct db *db, const struct outbox_closing *how,
		  struct error *err)
{
	return close_queue(db, how, 0, true, err);
}

int
outbox_wait(struct db *db, const struct outbox_delivery *d,
	    const struct outbox_closing *how, struct error *err)
{
	int64_t id = outbox_queue_id(how->scope, how->name);

	if (outbox_queue_hold(db, how, err) < 0)
		return -(int)err->code;
	return (int)db_run(db, outbox_sql_wait,
			   DB_ARGS(OUTBOX_ID_ARGS(&d->id), DB_INT(d->owner),
				   DB_INT(d->epoch), DB_INT(id)),
			   err);
}

int64_t
outbox_divert(struct db *db, const struct outbox_key *of,
	      const struct outbox_closing *how, int look, struct error *err)
{
	int64_t id = outbox_queue_id(how->scope, how->name);

	check(look > 0);
	if (outbox_queue_hold(db, how, err) < 0)
		return -(int)err->code;
	return db_run(db, outbox_sql_divert[db_dialect(db)],
		      DB_ARGS(DB_INT(id), DB_INT(how->now_ms),
			      DB_INT(of->partner_id), DB_INT(of->activation_id),
			      DB_INT(look)),
		      err);
}
