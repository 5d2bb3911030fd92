/*
 * The SQLite driver: its connections and stores.
 *
 * A store has one writable connection, owned by the writer thread, and one
 * for each thread that reads, with query_only set. All are in WAL mode, so
 * readers and the writer do not wait for each other; only writers in other
 * processes contend, and for them there is our own busy handler. SQLite's
 * (busy_timeout) sleeps up to 100 ms between its tries, which made a p99 of
 * 833 ms; ours tries every 0.1 to 0.2 ms, and the jitter keeps two waiters
 * from meeting again and again.
 *
 * The schema is not trusted: DEFENSIVE, no ATTACH, no extensions, no
 * double-quoted strings, no functions with side effects in views.
 */
#include "db/db_sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/now.h"
#include "base/random.h"

enum {
	WAIT_STEP_US = 100,
	WAIT_JITTER_US = 64, /* a power of two */
	WAIT_LIMIT_US = 10 * 1000 * 1000,
	WRITER_CACHE_KIB = 8192,
	READER_CACHE_KIB = 256,
};

/* ---- connections ---- */

static int64_t
jitter_us(void)
{
	uint8_t byte;

	random_bytes(&byte, sizeof(byte));
	return byte % WAIT_JITTER_US;
}

/* False when it has been long enough. `tries` counts from 0 for each wait. */
static bool
wait_for_others(struct db_sqlite_conn *db, int tries)
{
	int64_t now_us = now_mono_us();

	if (tries == 0)
		db->waiting_since_us = now_us;
	if (now_us - db->waiting_since_us > WAIT_LIMIT_US)
		return false;
	now_sleep_us(WAIT_STEP_US + jitter_us());
	return true;
}

static int
on_busy(void *arg, int tries)
{
	return wait_for_others(arg, tries);
}

static int
on_wal(void *arg, sqlite3 *handle, const char *name, int pages)
{
	struct db_sqlite_conn *db = arg;

	(void)handle;
	(void)name;
	db->wal_pages = pages;
	return SQLITE_OK;
}

static void
harden(sqlite3 *handle)
{
	static const struct {
		int option;
		int value;
	} options[] = {
		{ SQLITE_DBCONFIG_DEFENSIVE, 1 },
		{ SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
		{ SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0 },
		{ SQLITE_DBCONFIG_DQS_DML, 0 },
		{ SQLITE_DBCONFIG_DQS_DDL, 0 },
		{ SQLITE_DBCONFIG_ENABLE_FKEY, 1 },
	};

	for (size_t i = 0; i < COUNT_OF(options); i++)
		check(sqlite3_db_config(handle, options[i].option,
					options[i].value, NULL) == SQLITE_OK);
	sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0);
}

/* What the PRAGMA answered is in `answer`, cut to its size. */
static int
pragma(struct db_sqlite_conn *db, const char *sql, char *answer, size_t size)
{
	sqlite3_stmt *s;
	int rc = sqlite3_prepare_v2(db->handle, sql, -1, &s, NULL);

	if (rc != SQLITE_OK)
		return rc;
	answer[0] = '\0';
	rc = sqlite3_step(s);
	if (rc == SQLITE_ROW) {
		const char *text = (const char *)sqlite3_column_text(s, 0);

		sqlite3_snprintf((int)size, answer, "%s", text ? text : "");
		rc = SQLITE_OK;
	}
	sqlite3_finalize(s);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/*
 * Two processes that create a store at once: the change to WAL gives BUSY
 * without asking the busy handler, which could not resolve it.
 */
static int
enter_wal(struct db_sqlite_conn *db, struct error *err)
{
	char mode[16];
	int tries = 0;
	int rc;

	do {
		rc =
		    pragma(db, "PRAGMA journal_mode = WAL", mode, sizeof(mode));
	} while ((rc & 0xff) == SQLITE_BUSY && wait_for_others(db, tries++));
	if (rc != SQLITE_OK)
		return db_sqlite_failed(db->handle, err);
	if (strcmp(mode, "wal") != 0)
		return error_set(err, ERROR_CONFIG,
				 "the file system gives journal mode \"%s\", "
				 "expected one that can do \"wal\"",
				 mode);
	return 0;
}

static int
set_up(struct db_sqlite_conn *db, struct error *err)
{
	char answer[64];
	char sql[64];

	harden(db->handle);
	sqlite3_extended_result_codes(db->handle, 1);
	sqlite3_busy_handler(db->handle, on_busy, db);
	if (enter_wal(db, err) < 0)
		return -(int)err->code;
	sqlite3_snprintf(sizeof(sql), sql, "PRAGMA cache_size = -%d",
			 db->base.writable ? WRITER_CACHE_KIB
					   : READER_CACHE_KIB);
	if (pragma(db, "PRAGMA synchronous = FULL", answer, sizeof(answer)) ||
	    pragma(db, "PRAGMA temp_store = MEMORY", answer, sizeof(answer)) ||
	    pragma(db, "PRAGMA journal_size_limit = 67108864", answer,
		   sizeof(answer)) ||
	    pragma(db, sql, answer, sizeof(answer)))
		return db_sqlite_failed(db->handle, err);
	if (!db->base.writable &&
	    pragma(db, "PRAGMA query_only = ON", answer, sizeof(answer)))
		return db_sqlite_failed(db->handle, err);
	/* Also takes the place of SQLite's own checkpoints: see the writer. */
	sqlite3_wal_hook(db->handle, on_wal, db);
	return 0;
}

/*
 * SQLite gives its other files the mode of this one. The file is opened only
 * when that creates it: to close a descriptor of it drops all locks which
 * this process has on it through other stores.
 */
static int
create_file(const char *path, struct error *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int number = errno;

	if (fd >= 0) {
		close(fd);
		return 0;
	}
	if (number == EEXIST)
		return 0;
	error_system(err, number, "%s", path);
	if (number != ENOSPC && number != EDQUOT)
		err->code = ERROR_CONFIG;
	return -(int)err->code;
}

int
db_sqlite_connect(struct db_sqlite_store *store, bool writable,
		  struct db_sqlite_conn **out, struct error *err)
{
	struct db_sqlite_conn *db;
	int rc;

	if (writable && create_file(store->path, err) < 0)
		return -(int)err->code;
	db = calloc(1, sizeof(*db));
	check(db);
	db->base.driver = &db_sqlite_driver;
	db->base.store = &store->base;
	db->base.writable = writable;
	rc = sqlite3_open_v2(store->path, &db->handle,
			     SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
				 SQLITE_OPEN_PRIVATECACHE,
			     NULL);
	check(db->handle);
	if (rc != SQLITE_OK)
		(void)db_sqlite_failed(db->handle, err);
	if (rc != SQLITE_OK || set_up(db, err) < 0) {
		db_sqlite_disconnect(&db->base);
		return error_context(err, "%s", store->path);
	}
	*out = db;
	return 0;
}

void
db_sqlite_disconnect(struct db *base)
{
	struct db_sqlite_conn *db = (struct db_sqlite_conn *)base;

	check(db->open_rows == 0);
	db_sqlite_forget(db);
	check(sqlite3_close(db->handle) == SQLITE_OK);
	free(db);
}

static int
connect_reader(struct db_store *store, struct db **out, struct error *err)
{
	struct db_sqlite_conn *db;

	if (db_sqlite_connect((struct db_sqlite_store *)store, false, &db,
			      err) < 0)
		return -(int)err->code;
	*out = &db->base;
	return 0;
}

bool
db_sqlite_in_transaction(const struct db_sqlite_conn *db)
{
	return !sqlite3_get_autocommit(db->handle);
}

/* ---- stores ---- */

static bool
is_absent(const char *url)
{
	struct stat st;

	if (stat(strchr(url, ':') + 1, &st) != 0)
		return errno == ENOENT;
	return S_ISREG(st.st_mode) && st.st_size == 0;
}

/*
 * SQLite's count of what it has allocated is a lock that all threads share. It
 * cannot be left out any more when somebody has used SQLite before us.
 */
static void
configure(void)
{
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static int
store_open(struct db_store **out, const char *url, struct error *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	const char *path = strchr(url, ':') + 1;
	struct db_sqlite_store *store;

	check(pthread_once(&once, configure) == 0);

	/* SQLite reads "" and ":memory:" as a store that nobody else sees. */
	if (!path[0] || path[0] == ':')
		return error_set(err, ERROR_CONFIG,
				 "\"%s\" names no file, expected sqlite:PATH",
				 url);
	store = calloc(1, sizeof(*store));
	check(store);
	store->path = strdup(path);
	check(store->path);
	check(pthread_mutex_init(&store->lock_mutex, NULL) == 0);
	if (db_sqlite_writer_start(store, err) < 0) {
		free(store->path);
		free(store);
		return -(int)err->code;
	}
	*out = &store->base;
	return 0;
}

static void
store_close(struct db_store *base)
{
	struct db_sqlite_store *store = (struct db_sqlite_store *)base;

	db_sqlite_writer_stop(store);
	db_sqlite_unlock_all(store);
	check(pthread_mutex_destroy(&store->lock_mutex) == 0);
	free(store->path);
	free(store);
}

/* The unit holds the write lock: there is no other writer. */
static int
writer(const struct db *db)
{
	(void)db;
	return 1;
}

/* STRICT tables know no BIGINT. */
static const char *const type_words[] = { "BIGINT", "INTEGER", NULL };

const struct db_driver db_sqlite_driver = {
	.scheme = "sqlite",
	.dialect = DB_SQLITE,
	.type_words = type_words,
	.is_absent = is_absent,
	.store_open = store_open,
	.store_close = store_close,
	.connect = connect_reader,
	.look = "BEGIN",
	.disconnect = db_sqlite_disconnect,
	.commit = db_sqlite_commit,
	.submit = db_sqlite_submit,
	.drain = db_sqlite_drain,
	.writer = writer,
	.script = db_sqlite_script,
	.run = db_sqlite_run,
	.query = db_sqlite_query,
	.next = db_sqlite_next,
	.rows_end = db_sqlite_rows_end,
	.is_null = db_sqlite_is_null,
	.column_int = db_sqlite_column_int,
	.column_bytes = db_sqlite_column_bytes,
	.lock = db_sqlite_lock,
	.lock_is_free = db_sqlite_lock_is_free,
};
