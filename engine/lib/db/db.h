#ifndef DB_DB_H
#define DB_DB_H

/*
 * db - a store, its units of work and its reads, over two drivers
 *
 * A store is a SQLite file or a PostgreSQL database; nobody above this folder
 * can tell which, except through db_dialect() beside the few statements that
 * truly differ.
 *
 * All writing is done in units of work. A unit is a function that is given a
 * connection inside a transaction. db_commit() runs it and returns when its
 * effect is durable, or when it failed and left no trace. db_submit() is the
 * same without waiting.
 *
 *	static int
 *	put(struct db *db, void *arg, struct error *err)
 *	{
 *		struct colour *c = arg;
 *
 *		return db_run(db, "INSERT INTO colour(id, name) VALUES (?1, ?2)",
 *			      DB_ARGS(DB_INT(c->id), DB_TEXT(c->name)), err);
 *	}
 *	...
 *	if (db_commit(store, put, &c, err) < 0)
 *		return error_context(err, "colour %s", name);
 *
 * SQLite: one writer thread takes units from a queue and commits a group of up
 * to 32 units or 1 ms of them at once, so that they share one fsync; when one
 * fails, all run again with a SAVEPOINT around each. PostgreSQL: the unit runs on the calling thread's own
 * connection, and again when the server answers 40001 or 40P01; db_submit()
 * commits before it returns. When the server is lost inside COMMIT, the error
 * is IO and says that the outcome is unknown: do the step again from reading
 * its rows on.
 *
 * Rules of a unit
 *  1. It may run more than once. It changes nothing but rows and `*arg`, and
 *     sets `*arg` from scratch each time.
 *  2. It returns < 0 with `err` filled to be undone; the units it shares a
 *     group with are not touched by that. A statement that failed dooms the
 *     unit, even one that returns >= 0: what may be there already is put with
 *     ON CONFLICT.
 *  3. It calls neither db_commit() nor db_submit(), sends nothing and waits
 *     for nobody: a group holds the store's write lock, 5 ms at the most.
 *  4. Units submitted by one thread commit in the order of submission.
 *
 * Reads go through db_reader(): a connection of the calling thread, which sees
 * each statement's own snapshot, or within db_look() one for all.
 *
 * SQL is the common subset: ON CONFLICT, RETURNING, integers, text and blobs.
 * Placeholders are ?1 ?2 ... in any order and as often as wanted; the
 * PostgreSQL driver rewrites them. Times are integer epoch milliseconds.
 *
 * Errors: BUSY (another process holds the store; retry), EXISTS (a unique or
 * primary key), INVALID (a foreign key or CHECK: the row contradicts others),
 * IO (disk full, server gone), INTERNAL (the statement is wrong).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "base/error.h"
#include "base/str.h"

struct db_store;
struct db;

enum db_dialect { DB_SQLITE, DB_POSTGRESQL };

/*
 * Open the store at `url`: "sqlite:PATH" or "postgresql://...". A SQLite file
 * is created if absent (mode 0600), in WAL mode with synchronous=FULL, foreign
 * keys on, defensive, untrusting of its own schema. The caller owns *out.
 * Thread rule: a store may be used by all threads.
 */
int db_store_open(struct db_store **out, const char *url,
		  struct error *err) MUST_CHECK;

/*
 * True when db_store_open() would make the store: there is no SQLite file at
 * `url`, or an empty one. Of a server nothing is known before it is opened.
 */
bool db_store_is_absent(const char *url);

/*
 * Runs what was submitted, then closes all connections. No thread may be
 * inside the store. NULL is fine; *store becomes NULL.
 */
void db_store_close(struct db_store **store);

enum db_dialect db_dialect(const struct db *db);
enum db_dialect db_store_dialect(const struct db_store *store);

/* ---- schema ---- */

/*
 * The tables and views of one folder. steps[0] brings the area to version 1,
 * steps[1] to version 2 ...; a step, once released, is never edited. Each is
 * SQL statements separated by ";\n". Types are BIGINT, TEXT and BLOB; what
 * stands in a comment that opens with "sqlite" is read by SQLite only:
 *
 *	CREATE TABLE colour (
 *		id   BIGINT PRIMARY KEY,
 *		name TEXT NOT NULL
 *	) / *sqlite STRICT * /;		(without the two blanks)
 */
struct db_schema {
	const char *area;
	const char *const *steps;
	size_t step_count;
};

/*
 * Bring all areas to their newest version, in the order given, one
 * transaction a step. CONFIG when the store is newer than this program.
 */
int db_migrate(struct db_store *store, const struct db_schema *const *schemas,
	       size_t count, struct error *err) MUST_CHECK;

/* ---- units of work ---- */

typedef int db_unit_fn(struct db *db, void *arg, struct error *err);

/*
 * What the unit returned, >= 0, once that is durable. < 0: undone.
 */
int db_commit(struct db_store *store, db_unit_fn *unit, void *arg,
	      struct error *err) MUST_CHECK;

/*
 * Told how a submitted unit ended: `result` >= 0 and durable, or < 0 with
 * `err`. Called on the thread that committed it; must be brief and must not
 * wait for the store.
 */
typedef void db_done_fn(void *arg, int result, const struct error *err);

/*
 * Queue the unit; `arg` lives until done is called. Waits only while the queue
 * is full (4,096 units). `done` may be NULL for a unit nobody waits for. Its
 * failure is then logged.
 */
void db_submit(struct db_store *store, db_unit_fn *unit, void *arg,
	       db_done_fn *done);

/* Returns when all units submitted before by this thread have ended. */
void db_drain(struct db_store *store);

/*
 * The calling thread's connection for reads, from first use until the thread
 * ends; closed with the store. Writing through it fails.
 */
int db_reader(struct db_store *store, struct db **out,
	      struct error *err) MUST_CHECK;

/*
 * Call `look` with the calling thread's reader: all its statements see one
 * snapshot, and what one has read of the store the next need not read again.
 * It ends its queries, and neither writes nor calls db_look(). Returns what
 * `look` does.
 */
int db_look(struct db_store *store, db_unit_fn *look, void *arg,
	    struct error *err) MUST_CHECK;

/*
 * Of the connection a unit was given: a small number, at least 1, that no
 * other live connection for writing of this store has, in any process. It may
 * be another one in the next unit; what the connection that had it before
 * committed is seen. SQLite: 1, for there is one writer at a time, across
 * processes: the unit holds the write lock. PostgreSQL: an advisory lock taken
 * when the connection is made, the first free one of 1, 2 ...
 */
int db_writer(const struct db *db);

/* ---- statements ---- */

enum db_type { DB_TYPE_NULL, DB_TYPE_INT, DB_TYPE_TEXT, DB_TYPE_BLOB };

struct db_arg {
	enum db_type type;
	int64_t n;
	struct str s; /* borrowed for the call */
};

#define DB_INT(x)  ((struct db_arg){ .type = DB_TYPE_INT, .n = (x) })
#define DB_TEXT(x) ((struct db_arg){ .type = DB_TYPE_TEXT, .s = (x) })
#define DB_BLOB(x) ((struct db_arg){ .type = DB_TYPE_BLOB, .s = (x) })
#define DB_NULL	   ((struct db_arg){ .type = DB_TYPE_NULL })
/* NULL when the str is empty. */
#define DB_TEXT_OR_NULL(x) db_text_or_null(x)
struct db_arg db_text_or_null(struct str s);

/* The two parameters `args, count` of db_run() and db_query(). */
#define DB_ARGS(...)                                          \
	((const struct db_arg[]){ __VA_ARGS__ }),             \
	    (sizeof((const struct db_arg[]){ __VA_ARGS__ }) / \
	     sizeof(struct db_arg))
#define DB_NO_ARGS NULL, (size_t)0

/*
 * Run a statement that gives no rows; the number of rows it changed. `sql` is
 * a string that lives as long as the program: prepared statements are kept
 * per connection.
 */
int64_t db_run(struct db *db, const char *sql, const struct db_arg *args,
	       size_t arg_count, struct error *err) MUST_CHECK;

/*
 * Rows, one at a time:
 *
 *	struct db_rows rows;
 *	int got;
 *
 *	if (db_query(db, &rows, "SELECT name FROM ...", DB_ARGS(...), err) < 0)
 *		return -err->code;
 *	while ((got = db_next(&rows, err)) > 0)
 *		use(db_text(&rows, 0));
 *	db_rows_end(&rows);
 *	if (got < 0)
 *		...
 *
 * After a db_query() that succeeded db_rows_end() is always called, also
 * after an early exit. Rows are open on one thread; two queries with the same
 * text may not be open at once on one connection.
 */
struct db_rows {
	struct db *db;
	void *statement; /* the driver's */
	int64_t row;
	int columns;
};

int db_query(struct db *db, struct db_rows *rows, const char *sql,
	     const struct db_arg *args, size_t arg_count,
	     struct error *err) MUST_CHECK;

/* 1 with a row, 0 at the end, < 0 on failure. */
int db_next(struct db_rows *rows, struct error *err) MUST_CHECK;

/* Safe to call twice, and after db_next() gave 0 or failed. */
void db_rows_end(struct db_rows *rows);

/* Columns count from 0. Text and blobs live until the next db_next(). */
bool db_is_null(struct db_rows *rows, int column);
int64_t db_int(struct db_rows *rows, int column);     /* NULL is 0 */
struct str db_text(struct db_rows *rows, int column); /* NULL is empty */
struct str db_blob(struct db_rows *rows, int column);

/*
 * The first column of the one row of a query: 1 with *out set, 0 when there is
 * no row (or it holds NULL). *out is untouched then.
 */
int db_query_int(struct db *db, int64_t *out, const char *sql,
		 const struct db_arg *args, size_t arg_count,
		 struct error *err) MUST_CHECK;

/* ---- owners ---- */

/*
 * Take the lock `name` for the life of this store object: 1 when it is ours
 * now, 0 when another process (or store object) has it. It is free again the
 * moment its holder ends, however that ends. SQLite: a lock file beside the
 * store; PostgreSQL: an advisory lock on a connection of its own. That one may
 * be lost and the lock with it: a holder that must be sure asks again.
 */
int db_lock(struct db_store *store, const char *name,
	    struct error *err) MUST_CHECK;

/* 1 when nobody holds the lock `name` (as a trial: it may change at once). */
int db_lock_is_free(struct db_store *store, const char *name,
		    struct error *err) MUST_CHECK;

/* ---- notes ---- */

/*
 * Short facts about the store as a whole, each under a name: which clock it
 * lives by, what that said last. The schema is migrated like any other, before
 * the first note.
 */
extern const struct db_schema db_note_schema;

/* Inside a unit: 1 put, 0 there was one of that name already, and it stays. */
int db_note_put(struct db *db, const char *name, struct str value,
		struct error *err) MUST_CHECK;

/* The same, and what was there is replaced. */
int db_note_set(struct db *db, const char *name, struct str value,
		struct error *err) MUST_CHECK;

/* 1 with the value added to `value`, 0 when there is none. */
int db_note_find(struct db *db, const char *name, struct buf *value,
		 struct error *err) MUST_CHECK;

/* ---- secrets ---- */

enum { DB_SECRET_BYTES = 32, DB_MASTER_BYTES = 32 };

/*
 * Named random keys that the store keeps for itself, sealed under a master key
 * that is not in the store (XChaCha20-Poly1305; the row's place is the
 * additional data, so a sealed key moved to another row does not open). Each
 * name has generations 1, 2 ...; the newest makes, the older ones still verify.
 *
 * db_secrets_open() must come before the others; it creates the area's table.
 * DENIED when the master key is not the one this store was made with.
 *
 * db_secrets_proven() may come before it: 1 when the store has had a master
 * key, 0 when the one it is opened with next will be its.
 */
int db_secrets_proven(struct db_store *store, struct error *err) MUST_CHECK;
int db_secrets_open(struct db_store *store,
		    const uint8_t master[DB_MASTER_BYTES],
		    struct error *err) MUST_CHECK;

/* The newest generation of `name`, made at first use; returns its number. */
int db_secret(struct db_store *store, const char *name,
	      uint8_t key[DB_SECRET_BYTES], struct error *err) MUST_CHECK;

/* One generation; NOT_FOUND when there is none. */
int db_secret_get(struct db_store *store, const char *name, int generation,
		  uint8_t key[DB_SECRET_BYTES], struct error *err) MUST_CHECK;

/* Make a new newest generation; returns its number. */
int db_secret_rotate(struct db_store *store, const char *name,
		     struct error *err) MUST_CHECK;

/*
 * A secret that others made, sealed for a column of a row. `place` names table
 * and row ("partner_endpoint/7/leads"): what was sealed opens only there. Both
 * add to `out` and need no connection, so a unit may be given what was sealed
 * before it. DENIED when it does not open.
 */
void db_seal(struct db_store *store, const char *place, struct str plain,
	     struct buf *out);
int db_unseal(struct db_store *store, const char *place, struct str sealed,
	      struct buf *out, struct error *err) MUST_CHECK;

#endif
