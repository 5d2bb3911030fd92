/*
 * A store in PostgreSQL: who has which connection, how a unit commits, who
 * holds a lock.
 *
 * Connections. Each thread that commits has one for writing, kept in
 * `writer_key` and in the list `writers`; it ends with the thread or the
 * store. Readers are db.c's, opened by connect(). Locks share one more.
 *
 * Units run READ COMMITTED on the caller's connection, and run again, after a
 * wait that doubles, when the server says 40001 or 40P01 or when the
 * connection broke before COMMIT was sent: until then there is no trace. There
 * is no queue: db_submit() commits before it returns, so that the units of a
 * thread keep their order and db_drain() has nothing to wait for.
 *
 * When the connection breaks while COMMIT is under way, nobody can know
 * whether the unit took effect. It is not run again; the error is IO and says
 * that the outcome is unknown. Callers cope because what they write has a key
 * of its own: a step that finds its rows claimed, marked or finished does
 * nothing, and an insert of the same key answers EXISTS. So the cure is to do
 * the whole step again, from reading the rows on. Rejected: asking the server
 * with pg_xact_status(), which needs the transaction's id before each COMMIT,
 * one more round trip for every unit.
 *
 * Locks are advisory, of the session of the lock connection, named by the hash
 * of schema and name. The server frees them when that connection ends. A
 * holder that must be sure asks db_lock() again: it answers 1 while the lock
 * is still there or could be taken back, 0 when another has it. Whether a lock
 * is free is read from pg_locks; a trial would make somebody else's db_lock()
 * fail for the moment it lasts.
 */
#include "db/db_pgsql_priv.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/now.h"
#include "base/str.h"

enum { TRIES = 12, WAIT_FIRST_US = 500, WAIT_MAX_US = 100000 };

struct pgsql_store {
	struct db_store store;
	char *url;
	pthread_mutex_t mutex; /* guards writers, holder and its use */
	struct db *writers;
	pthread_key_t writer_key;
	struct db_pgsql_conn *holder; /* of the locks; NULL until the first */
};

#define LOCK_KEY \
	"hashtextextended(concat_ws('/', 'guidon', current_schema(), ?1), 0)"

static struct pgsql_store *
store_of(struct db_store *store)
{
	return (struct pgsql_store *)store;
}

/* ---- connections ---- */

static void
unlink_writer(struct pgsql_store *store, struct db *db)
{
	struct db **at = &store->writers;

	pthread_mutex_lock(&store->mutex);
	while (*at != db)
		at = &(*at)->next;
	*at = db->next;
	pthread_mutex_unlock(&store->mutex);
}

/* A thread ends. */
static void
end_writer(void *p)
{
	struct db_pgsql_conn *conn = p;

	unlink_writer(store_of(conn->db.store), &conn->db);
	db_pgsql_conn_close(&conn);
}

static int
find_writer(struct pgsql_store *store, struct db_pgsql_conn **out,
	    struct error *err)
{
	struct db_pgsql_conn *conn = pthread_getspecific(store->writer_key);

	if (conn) {
		*out = conn;
		return 0;
	}
	if (db_pgsql_conn_open(&conn, &store->store, store->url, true, err) < 0)
		return -(int)err->code;
	check(pthread_setspecific(store->writer_key, conn) == 0);
	pthread_mutex_lock(&store->mutex);
	conn->db.next = store->writers;
	store->writers = &conn->db;
	pthread_mutex_unlock(&store->mutex);
	*out = conn;
	return 0;
}

static int
pgsql_connect(struct db_store *store, struct db **out, struct error *err)
{
	struct db_pgsql_conn *conn;

	if (db_pgsql_conn_open(&conn, store, store_of(store)->url, false, err) <
	    0)
		return -(int)err->code;
	*out = &conn->db;
	return 0;
}

static void
pgsql_disconnect(struct db *db)
{
	struct db_pgsql_conn *conn = (struct db_pgsql_conn *)db;

	db_pgsql_conn_close(&conn);
}

/* ---- store ---- */

/* A closed connection gives its locks up when the server gets to it. */
static void
release_locks(struct pgsql_store *store)
{
	struct error ignored;

	if (store->holder && !db_pgsql_conn_is_lost(store->holder) &&
	    db_pgsql_send(store->holder, "SELECT pg_advisory_unlock_all()",
			  &ignored) < 0)
		db_pgsql_conn_drop(store->holder);
	db_pgsql_conn_close(&store->holder);
}

static void
pgsql_store_close(struct db_store *base)
{
	struct pgsql_store *store = store_of(base);

	pthread_key_delete(store->writer_key);
	while (store->writers) {
		struct db *next = store->writers->next;

		pgsql_disconnect(store->writers);
		store->writers = next;
	}
	release_locks(store);
	pthread_mutex_destroy(&store->mutex);
	free(store->url);
	free(store);
}

/* The caller's writer is opened at once, to learn that the server answers. */
static bool
pgsql_is_absent(const char *url)
{
	(void)url;
	return false;
}

static int
pgsql_store_open(struct db_store **out, const char *url, struct error *err)
{
	struct pgsql_store *store;
	struct db_pgsql_conn *writer;

	if (db_pgsql_check_url(url, err) < 0)
		return -(int)err->code;
	store = calloc(1, sizeof(*store));
	check(store);
	store->store.driver = &db_pgsql_driver;
	store->url = strdup(url);
	check(store->url);
	check(pthread_mutex_init(&store->mutex, NULL) == 0);
	check(pthread_key_create(&store->writer_key, end_writer) == 0);
	if (find_writer(store, &writer, err) < 0) {
		pgsql_store_close(&store->store);
		return -(int)err->code;
	}
	*out = &store->store;
	return 0;
}

/* ---- units ---- */

static int
begin(struct db_pgsql_conn *conn, struct error *err)
{
	if (db_pgsql_conn_ready(conn, err) < 0 ||
	    db_pgsql_send(conn, "BEGIN ISOLATION LEVEL READ COMMITTED", err) <
		0)
		return -(int)err->code;
	conn->failure.code = ERROR_NONE;
	conn->in_unit = true;
	return 0;
}

/* What cannot be rolled back is closed; the server rolls back then. */
static void
undo(struct db_pgsql_conn *conn)
{
	bool again = conn->again;
	struct error ignored;

	conn->in_unit = false;
	if (!db_pgsql_conn_is_lost(conn) &&
	    db_pgsql_send(conn, "ROLLBACK", &ignored) < 0)
		db_pgsql_conn_drop(conn);
	conn->again = again;
}

static int
finish(struct db_pgsql_conn *conn, int result, struct error *err)
{
	check(db_pgsql_conn_in_transaction(conn));
	conn->in_unit = false;
	if (db_pgsql_send(conn, "COMMIT", err) == 0)
		return result;
	if (!db_pgsql_conn_is_lost(conn))
		return -(int)err->code;
	conn->again = false;
	return error_set(err, ERROR_IO,
			 "the connection to the server was lost, "
			 "the outcome of the commit is unknown");
}

static int
attempt(struct db_pgsql_conn *conn, db_unit_fn *unit, void *arg,
	struct error *err)
{
	int result;

	conn->again = false;
	if (begin(conn, err) < 0)
		return -(int)err->code;
	result = unit(&conn->db, arg, err);
	if (result >= 0 && conn->failure.code == ERROR_NONE)
		return finish(conn, result, err);
	if (result >= 0) {
		*err = conn->failure;
		result = -(int)err->code;
	}
	undo(conn);
	return result;
}

static int
pgsql_commit(struct db_store *base, db_unit_fn *unit, void *arg,
	     struct error *err)
{
	struct db_pgsql_conn *conn;
	int64_t wait_us = WAIT_FIRST_US;
	struct error last;
	int result;

	if (find_writer(store_of(base), &conn, err) < 0)
		return -(int)err->code;
	check(!conn->in_unit);
	for (int left = TRIES; left > 0; left--) {
		result = attempt(conn, unit, arg, &last);
		if (result >= 0)
			return result;
		if (!conn->again)
			break;
		now_sleep_us(wait_us);
		wait_us = wait_us < WAIT_MAX_US / 2 ? wait_us * 2 : WAIT_MAX_US;
	}
	*err = last;
	return result;
}

static void
pgsql_submit(struct db_store *store, db_unit_fn *unit, void *arg,
	     db_done_fn *done)
{
	struct error err = { 0 };
	int result = pgsql_commit(store, unit, arg, &err);

	if (done)
		done(arg, result, &err);
	else if (result < 0)
		log_line(LOG_LEVEL_ERROR, "db", "unit_failed",
			 LOG_FIELDS(LOG_CSTR("code", error_code_name(err.code)),
				    LOG_CSTR("msg", err.text)));
}

static void
pgsql_drain(struct db_store *store)
{
	(void)store;
}

/* ---- locks ---- */

/* The one number of a query on the lock connection. */
static int
ask_holder(struct pgsql_store *store, int64_t *out, const char *sql,
	   const char *name, struct error *err)
{
	struct db_arg arg = DB_TEXT(str_of(name));
	struct db_rows rows;
	int got;

	if (!store->holder && db_pgsql_conn_open(&store->holder, &store->store,
						 store->url, false, err) < 0)
		return -(int)err->code;
	if (db_pgsql_query(&store->holder->db, &rows, sql, &arg, 1, err) < 0)
		return -(int)err->code;
	got = db_pgsql_next(&rows, err);
	check(got != 0);
	if (got > 0)
		*out = db_pgsql_column_int(&rows, 0);
	db_pgsql_rows_end(&rows);
	return got;
}

static int
ask_lock(struct db_store *base, const char *sql, const char *name,
	 struct error *err)
{
	struct pgsql_store *store = store_of(base);
	int64_t answer = 0;
	int got;

	pthread_mutex_lock(&store->mutex);
	got = ask_holder(store, &answer, sql, name, err);
	pthread_mutex_unlock(&store->mutex);
	if (got < 0)
		return error_context(err, "lock %s", name);
	return answer != 0;
}

static int
pgsql_lock(struct db_store *store, const char *name, struct error *err)
{
	return ask_lock(store, "SELECT pg_try_advisory_lock(" LOCK_KEY ")",
			name, err);
}

static int
pgsql_lock_is_free(struct db_store *store, const char *name, struct error *err)
{
	return ask_lock(
	    store,
	    "SELECT NOT EXISTS (SELECT 1 FROM pg_locks AS l,"
	    " (SELECT " LOCK_KEY " AS n) AS k"
	    " WHERE l.locktype = 'advisory' AND l.granted"
	    " AND l.database = (SELECT oid FROM pg_database"
	    " WHERE datname = current_database())"
	    " AND l.classid::bigint = ((k.n >> 32) & 4294967295)"
	    " AND l.objid::bigint = (k.n & 4294967295) AND l.objsubid = 1)",
	    name, err);
}

/* ---- the driver ---- */

static const char *const type_words[] = { "BLOB", "BYTEA", NULL };

const struct db_driver db_pgsql_driver = {
	.scheme = "postgresql",
	.dialect = DB_POSTGRESQL,
	.type_words = type_words,
	.is_absent = pgsql_is_absent,
	.store_open = pgsql_store_open,
	.store_close = pgsql_store_close,
	.connect = pgsql_connect,
	.look = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY",
	.disconnect = pgsql_disconnect,
	.commit = pgsql_commit,
	.submit = pgsql_submit,
	.drain = pgsql_drain,
	.writer = db_pgsql_writer,
	.script = db_pgsql_script,
	.run = db_pgsql_run,
	.query = db_pgsql_query,
	.next = db_pgsql_next,
	.rows_end = db_pgsql_rows_end,
	.is_null = db_pgsql_is_null,
	.column_int = db_pgsql_column_int,
	.column_bytes = db_pgsql_column_bytes,
	.lock = pgsql_lock,
	.lock_is_free = pgsql_lock_is_free,
};
