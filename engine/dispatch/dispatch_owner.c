/*
 * Who we are, and what the dead left behind.
 *
 * An owner is a random id that lives as long as somebody holds its lock.
 * Reclaiming is safe against an owner that only seemed dead, because marking
 * and finishing name owner and epoch; it is done by one host at a time all the
 * same, so that each row that becomes INDOUBT is noted once in the journal.
 * That host is the one with the lock "run", which on SQLite is also what
 * makes a second `run` of the same file BUSY.
 *
 * PostgreSQL may lose the connection that holds our locks. Then others take
 * what is ours, a verdict of ours comes too late and closes its row as
 * evidence, and the next owner_keep() has the locks again.
 */
#include "dispatch/dispatch_priv.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"

enum { RECLAIM_ROWS = 500, MARKED_MAX = 4096 };

struct reclaim {
	int64_t owner;
	int64_t now_ms;
	int64_t indoubt;
};

/* ---- the units ---- */

/* MARKED rows are few: one for each connection of each host. */
static int
list_marked(struct db *db, struct arena *a, struct outbox_delivery **rows,
	    struct error *err)
{
	const struct outbox_filter all = { .partner_id = -1 };

	return outbox_list(db, a, &all, OUTBOX_MARKED, MARKED_MAX, rows, err);
}

/* 1 when this row has just become INDOUBT, whatever its policy made of it. */
static int
note_indoubt(struct db *db, struct arena *a, const struct outbox_delivery *row,
	     const struct reclaim *r, struct error *err)
{
	struct outbox_delivery now;
	int got;

	if (row->owner != r->owner)
		return 0;
	got = outbox_find(db, a, &row->id, &now, err);
	if (got <= 0 || now.state != OUTBOX_INDOUBT)
		return got < 0 ? got : 0;
	if (gate_note(db, EVENT_IN_DOUBT, row, now.status, r->now_ms, err) <
		0 ||
	    gate_obey(db, row, r->now_ms, err) < 0)
		return -(int)err->code;
	return 1;
}

static int64_t
reclaim_some(struct db *db, struct arena *a, struct reclaim *r,
	     struct error *err)
{
	struct outbox_delivery *rows;
	int marked = list_marked(db, a, &rows, err);
	int64_t count;

	if (marked < 0)
		return marked;
	count = outbox_reclaim(db, r->owner, RECLAIM_ROWS, r->now_ms, err);
	if (count < 0)
		return count;
	for (int i = 0; i < marked; i++) {
		int noted = note_indoubt(db, a, &rows[i], r, err);

		if (noted < 0)
			return noted;
		r->indoubt += noted;
	}
	return count;
}

static int
reclaim_unit(struct db *db, void *arg, struct error *err)
{
	struct reclaim *r = arg;
	struct arena *a = arena_new();
	int64_t count;

	r->indoubt = 0;
	count = reclaim_some(db, a, r, err);
	arena_free(&a);
	return count < 0 ? -(int)err->code : (int)count;
}

static int
expire_unit(struct db *db, void *arg, struct error *err)
{
	const int64_t *now_ms = arg;

	return outbox_expire(db, *now_ms, err) < 0 ? -(int)err->code : 0;
}

/* ---- the dead ---- */

static int
reclaim(struct dispatch *d, int64_t owner, struct error *err)
{
	struct reclaim r = {
		.owner = owner,
		.now_ms = clock_now_ms(d->config.clock),
	};
	int64_t indoubt = 0;
	int64_t rows = 0;
	int got;

	while ((got = db_commit(d->config.store, reclaim_unit, &r, err)) > 0) {
		rows += got;
		indoubt += r.indoubt;
	}
	if (got < 0)
		return got;
	log_line(LOG_LEVEL_WARN, "dispatch", "reclaimed",
		 LOG_FIELDS(LOG_INT("owner", owner), LOG_INT("rows", rows),
			    LOG_INT("in_doubt", indoubt)));
	return 0;
}

static int
reclaim_if_dead(struct dispatch *d, int64_t owner, struct error *err)
{
	char name[OUTBOX_OWNER_NAME_BYTES];
	int is_free;

	if (owner == d->owner)
		return 0;
	outbox_owner_name(owner, name);
	is_free = db_lock_is_free(d->config.store, name, err);
	return is_free > 0 ? reclaim(d, owner, err) : is_free;
}

static int
reclaim_all(struct dispatch *d, struct error *err)
{
	struct arena *a = arena_new();
	struct db *db;
	int64_t *owners;
	int count = -1;

	if (db_reader(d->config.store, &db, err) >= 0)
		count = outbox_owners(db, a, &owners, err);
	for (int i = 0; i < count; i++)
		if (reclaim_if_dead(d, owners[i], err) < 0)
			count = -1;
	arena_free(&a);
	return count < 0 ? -(int)err->code : 0;
}

/* ---- ourselves ---- */

int
owner_keep(struct dispatch *d, struct error *err)
{
	int64_t now_ms = clock_now_ms(d->config.clock);
	char name[OUTBOX_OWNER_NAME_BYTES];
	int ours;

	outbox_owner_name(d->owner, name);
	if (db_lock(d->config.store, name, err) < 0)
		return -(int)err->code;
	ours = db_lock(d->config.store, "run", err);
	if (ours <= 0)
		return ours;
	if (reclaim_all(d, err) < 0 ||
	    db_commit(d->config.store, expire_unit, &now_ms, err) < 0)
		return -(int)err->code;
	return 1;
}

int
owner_open(struct dispatch *d, struct error *err)
{
	int ours;

	d->owner = random_id();
	ours = owner_keep(d, err);
	if (ours == 0 && db_store_dialect(d->config.store) == DB_SQLITE)
		return error_set(err, ERROR_BUSY,
				 "another process sends from this store, "
				 "expected to be the only one: \"guidon up\" "
				 "sends too, and so does \"guidon run\"");
	return ours < 0 ? ours : 0;
}
