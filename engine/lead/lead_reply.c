/*
 * Replies as rows. How many of a delivery have been taken is counted and not
 * kept as a number: there are twenty at most to be counted.
 *
 * Rejected: files in a folder for what waits. On PostgreSQL the host that takes
 * a mail need not be the one that sends it on, and a file and a row cannot be
 * made true, or gone, at once.
 */
#include "lead/lead_reply.h"

#include <string.h>

#include "lead/lead_sql.h"

enum { DAY_MS = 24 * 60 * 60 * 1000 };

static struct str
delivery_of(const struct lead_reply *r)
{
	return (struct str){ (const char *)r->delivery.bytes,
			     sizeof(r->delivery.bytes) };
}

static struct str
id_of(const struct lead_reply *r)
{
	return (struct str){ (const char *)r->id, sizeof(r->id) };
}

/* ---- putting ---- */

static int
judge(struct db *db, const struct lead_reply *r, enum lead_reply_kept *kept,
      struct error *err)
{
	int64_t count;

	*kept = LEAD_REPLY_TOO_LARGE;
	if (r->bytes > LEAD_REPLY_BYTES_MAX)
		return 0;
	if (db_query_int(db, &count, lead_sql_reply_count_since,
			 DB_ARGS(DB_INT(r->partner_id), DB_BLOB(delivery_of(r)),
				 DB_INT(r->at_ms - DAY_MS)),
			 err) < 0)
		return -(int)err->code;
	*kept =
	    count < LEAD_REPLIES_A_DAY ? LEAD_REPLY_TAKEN : LEAD_REPLY_TOO_MANY;
	return 0;
}

static int64_t
put(struct db *db, const struct lead_reply *r, enum lead_reply_kept kept,
    struct error *err)
{
	bool taken = kept == LEAD_REPLY_TAKEN;

	return db_run(db, lead_sql_reply_put,
		      DB_ARGS(DB_INT(r->partner_id), DB_BLOB(id_of(r)),
			      DB_INT(r->activation_id), DB_BLOB(delivery_of(r)),
			      DB_BLOB(person_hash_view(&r->person)),
			      DB_INT(r->at_ms), DB_INT(r->bytes),
			      DB_INT((int64_t)kept),
			      DB_TEXT(taken ? r->address : STR("")),
			      DB_TEXT(taken ? r->name : STR("")),
			      taken ? DB_BLOB(r->mail) : DB_NULL),
		      err);
}

int
lead_reply_put(struct db *db, const struct lead_reply *r,
	       enum lead_reply_kept *kept, struct error *err)
{
	int64_t stored, changed;

	check(r->delivery.partner_id == r->partner_id);
	if (judge(db, r, kept, err) < 0)
		return -(int)err->code;
	changed = put(db, r, *kept, err);
	if (changed != 0)
		return (int)changed;
	if (db_query_int(db, &stored, lead_sql_reply_kept,
			 DB_ARGS(DB_INT(r->partner_id), DB_BLOB(id_of(r))),
			 err) < 0)
		return -(int)err->code;
	*kept = (enum lead_reply_kept)stored;
	return 0;
}

/* ---- reading ---- */

static int
read_reply(struct db_rows *rows, struct arena *a, struct lead_reply *out,
	   struct error *err)
{
	struct str delivery = db_blob(rows, 1);
	struct str person = db_blob(rows, 2);

	if (delivery.len != sizeof(out->delivery.bytes) ||
	    person.len != sizeof(out->person.bytes))
		return error_set(err, ERROR_INVALID, "a reply of nobody");
	out->activation_id = db_int(rows, 0);
	out->delivery.partner_id = out->partner_id;
	memcpy(out->delivery.bytes, delivery.p, delivery.len);
	memcpy(out->person.bytes, person.p, person.len);
	out->at_ms = db_int(rows, 3);
	out->bytes = db_int(rows, 4);
	out->address = str_copy(a, db_text(rows, 6));
	out->name = str_copy(a, db_text(rows, 7));
	out->mail = str_copy(a, db_blob(rows, 8));
	return 1;
}

int
lead_reply_get(struct db *db, struct arena *a, int64_t partner_id,
	       struct str id, struct lead_reply *out, struct error *err)
{
	struct db_rows rows;
	int got;

	*out = (struct lead_reply){ .partner_id = partner_id };
	if (db_query(db, &rows, lead_sql_reply_get,
		     DB_ARGS(DB_INT(partner_id), DB_BLOB(id)), err) < 0)
		return -(int)err->code;
	got = db_next(&rows, err);
	if (got > 0)
		got = read_reply(&rows, a, out, err);
	db_rows_end(&rows);
	if (got == 0)
		return error_set(err, ERROR_NOT_FOUND, "no such reply");
	if (got > 0)
		memcpy(out->id, id.p, sizeof(out->id));
	return got < 0 ? got : 0;
}

int
lead_reply_count(struct db *db, int64_t partner_id,
		 struct lead_reply_counts *out, struct error *err)
{
	struct db_rows rows;
	int got;

	*out = (struct lead_reply_counts){ 0 };
	if (db_query(db, &rows, lead_sql_reply_counts,
		     DB_ARGS(DB_INT(partner_id)), err) < 0)
		return -(int)err->code;
	got = db_next(&rows, err);
	if (got > 0 && db_int(&rows, 0) > 0)
		*out = (struct lead_reply_counts){
			.all = db_int(&rows, 0),
			.waiting = db_int(&rows, 1),
			.kept = db_int(&rows, 2),
		};
	db_rows_end(&rows);
	return got < 0 ? got : 0;
}

int
lead_replied(struct db *db, int64_t partner_id, int64_t activation_id,
	     const struct person_hash *person, int64_t *at_ms,
	     struct error *err)
{
	return db_query_int(db, at_ms, lead_sql_replied,
			    DB_ARGS(DB_INT(partner_id),
				    DB_BLOB(person_hash_view(person)),
				    DB_INT(activation_id)),
			    err);
}

/* ---- forgetting ---- */

int
lead_reply_forget(struct db *db, int64_t partner_id, struct str id,
		  struct error *err)
{
	return (int)db_run(db, lead_sql_reply_forget,
			   DB_ARGS(DB_INT(partner_id), DB_BLOB(id)), err);
}

static int
expire_unit(struct db *db, void *arg, struct error *err)
{
	const int64_t *before_ms = arg;

	return (int)db_run(db, lead_sql_reply_expire,
			   DB_ARGS(DB_INT(*before_ms)), err);
}

int64_t
lead_reply_step(struct db_store *store, int64_t now_ms, struct error *err)
{
	int64_t before_ms = now_ms - LEAD_REPLY_SPOOL_MS;
	struct db *db;
	int64_t one;
	int got;

	if (db_reader(store, &db, err) < 0)
		return -(int)err->code;
	got = db_query_int(db, &one, lead_sql_reply_old,
			   DB_ARGS(DB_INT(before_ms)), err);
	if (got > 0)
		got = db_commit(store, expire_unit, &before_ms, err);
	return got < 0 ? error_context(err, "replies that wait") : got;
}
