/*
 * The SQLite driver: its connections and statements.
 *
 * A store has one writable connection, owned by the writer thread, and one
 * for each thread that reads, with query_only set. All are in WAL mode, so
 * readers and the writer do not wait for each other; only writers in other
 * processes contend, and for them there is our own busy handler. SQLite's
 * (busy_timeout) sleeps up to 100 ms between its tries, which made a p99 of
 * 833 ms; ours tries every 0.1 to 0.2 ms, and the jitter keeps two waiters
 * from meeting again and again.
 *
 * Statements are prepared once for each connection and kept under the address
 * of their text. The text is compared too: an address may be used again by
 * somebody who broke the rule that SQL lives as long as the program. Nothing
 * is evicted; the statements of a program are a few hundred.
 *
 * What PostgreSQL would refuse is refused here as well (a NUL or broken UTF-8
 * in text, too many arguments), so that what runs on one store runs on both.
 *
 * The schema is not trusted: DEFENSIVE, no ATTACH, no extensions, no
 * double-quoted strings, no functions with side effects in views.
 */
#include "db/db_sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/now.h"
#include "base/random.h"

enum {
	WAIT_STEP_US = 100,
	WAIT_JITTER_US = 64, /* a power of two */
	WAIT_LIMIT_US = 10 * 1000 * 1000,
	WRITER_CACHE_KIB = 65536,
	READER_CACHE_KIB = 4096,
};

struct db_sqlite_statement {
	struct db_sqlite_statement *next;
	const char *sql;
	sqlite3_stmt *handle;
	bool open;
};

/* ---- errors ---- */

static enum error_code
constraint_code(int extended)
{
	switch (extended) {
	case SQLITE_CONSTRAINT_UNIQUE:
	case SQLITE_CONSTRAINT_PRIMARYKEY:
	case SQLITE_CONSTRAINT_ROWID:
		return ERROR_EXISTS;
	default:
		return ERROR_INVALID;
	}
}

static enum error_code
code_of(int extended)
{
	switch (extended & 0xff) {
	case SQLITE_CONSTRAINT:
		return constraint_code(extended);
	case SQLITE_MISMATCH:
		return ERROR_INVALID;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return ERROR_BUSY;
	case SQLITE_TOOBIG:
		return ERROR_LIMIT;
	case SQLITE_FULL:
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_PROTOCOL:
		return ERROR_IO;
	default:
		return ERROR_INTERNAL;
	}
}

static bool
is_disk_full(sqlite3 *handle, int extended)
{
	int primary = extended & 0xff;

	return primary == SQLITE_FULL ||
	       (primary == SQLITE_IOERR &&
		sqlite3_system_errno(handle) == ENOSPC);
}

static int
failed(sqlite3 *handle, struct error *err)
{
	int extended = sqlite3_extended_errcode(handle);
	enum error_code code = code_of(extended);

	check((extended & 0xff) != SQLITE_NOMEM);
	if (is_disk_full(handle, extended))
		return error_set(err, ERROR_IO, "disk full");
	if (code == ERROR_BUSY)
		return error_set(err, code,
				 "another process holds the store (%s)",
				 sqlite3_errmsg(handle));
	return error_set(err, code, "%s", sqlite3_errmsg(handle));
}

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
		return failed(db->handle, err);
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
		return failed(db->handle, err);
	if (!db->base.writable &&
	    pragma(db, "PRAGMA query_only = ON", answer, sizeof(answer)))
		return failed(db->handle, err);
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

	if (fd >= 0) {
		close(fd);
		return 0;
	}
	if (errno == EEXIST)
		return 0;
	return error_system(err, errno, "%s", path);
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
		(void)failed(db->handle, err);
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
	struct db_sqlite_statement *s;

	check(db->open_rows == 0);
	for (size_t i = 0; i < DB_SQLITE_BUCKETS; i++)
		while ((s = db->statements[i])) {
			db->statements[i] = s->next;
			sqlite3_finalize(s->handle);
			free(s);
		}
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

static int
store_open(struct db_store **out, const char *url, struct error *err)
{
	const char *path = strchr(url, ':') + 1;
	struct db_sqlite_store *store;

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

/* ---- statements ---- */

static bool
is_blank(const char *s)
{
	return s[strspn(s, " \t\n;")] == '\0';
}

static int
prepare(struct db_sqlite_conn *db, const char *sql, sqlite3_stmt **out,
	struct error *err)
{
	const char *tail;

	if (sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT,
			       out, &tail) != SQLITE_OK)
		return failed(db->handle, err);
	if (*out && is_blank(tail))
		return 0;
	sqlite3_finalize(*out);
	*out = NULL;
	return error_set(err, ERROR_INTERNAL,
			 "%s statement in \"%.60s\", expected one",
			 is_blank(sql) ? "no" : "more than one", sql);
}

static size_t
bucket_of(const char *sql)
{
	return ((uintptr_t)sql * UINT64_C(0x9e3779b97f4a7c15)) >> 57;
}

_Static_assert(DB_SQLITE_BUCKETS == 1 << (64 - 57),
	       "bucket_of() gives as many bits as there are buckets");

static bool
is_same_text(const struct db_sqlite_statement *s, const char *sql)
{
	return s->sql == sql && strcmp(sqlite3_sql(s->handle), sql) == 0;
}

static int
get_statement(struct db_sqlite_conn *db, const char *sql,
	      struct db_sqlite_statement **out, struct error *err)
{
	struct db_sqlite_statement **bucket = &db->statements[bucket_of(sql)];
	struct db_sqlite_statement *s = *bucket;
	sqlite3_stmt *handle;

	while (s && !is_same_text(s, sql))
		s = s->next;
	if (!s) {
		if (prepare(db, sql, &handle, err) < 0)
			return -(int)err->code;
		s = calloc(1, sizeof(*s));
		check(s);
		s->sql = sql;
		s->handle = handle;
		s->next = *bucket;
		*bucket = s;
	}
	check(!s->open);
	*out = s;
	return 0;
}

static int
bind_text(sqlite3_stmt *s, int place, struct str text,
	  sqlite3_destructor_type keep, struct error *err)
{
	if (str_find_char(text, '\0') >= 0 || !str_utf8_valid(text))
		return error_set(err, ERROR_INVALID,
				 "argument %d is not UTF-8 text without NUL",
				 place);
	if (sqlite3_bind_text64(s, place, text.p ? text.p : "", text.len, keep,
				SQLITE_UTF8) != SQLITE_OK)
		return failed(sqlite3_db_handle(s), err);
	return 0;
}

static int
bind_one(sqlite3_stmt *s, int place, const struct db_arg *arg,
	 sqlite3_destructor_type keep, struct error *err)
{
	int rc = SQLITE_OK;

	switch (arg->type) {
	case DB_TYPE_NULL:
		rc = sqlite3_bind_null(s, place);
		break;
	case DB_TYPE_INT:
		rc = sqlite3_bind_int64(s, place, arg->n);
		break;
	case DB_TYPE_TEXT:
		return bind_text(s, place, arg->s, keep, err);
	case DB_TYPE_BLOB:
		rc = sqlite3_bind_blob64(s, place, arg->s.p ? arg->s.p : "",
					 arg->s.len, keep);
		break;
	}
	return rc == SQLITE_OK ? 0 : failed(sqlite3_db_handle(s), err);
}

static int
bind_all(sqlite3_stmt *s, const struct db_arg *args, size_t count,
	 sqlite3_destructor_type keep, struct error *err)
{
	size_t wanted = (size_t)sqlite3_bind_parameter_count(s);

	if (count != wanted)
		return error_set(err, ERROR_INTERNAL,
				 "%zu arguments for \"%.60s\", expected %zu",
				 count, sqlite3_sql(s), wanted);
	for (size_t i = 0; i < count; i++)
		if (bind_one(s, (int)i + 1, &args[i], keep, err) < 0)
			return -(int)err->code;
	return 0;
}

/* Borrowed arguments must not stay bound. */
static void
let_go(sqlite3_stmt *s)
{
	sqlite3_reset(s);
	sqlite3_clear_bindings(s);
}

static int
step_without_rows(sqlite3 *handle, sqlite3_stmt *s, struct error *err)
{
	int rc = sqlite3_step(s);

	if (rc == SQLITE_ROW)
		return error_set(err, ERROR_INTERNAL,
				 "rows from \"%.60s\", expected none",
				 sqlite3_sql(s));
	return rc == SQLITE_DONE ? 0 : failed(handle, err);
}

/* A statement that failed dooms its unit, as it does on PostgreSQL. */
static int
doom(struct db_sqlite_conn *db, const struct error *err)
{
	if (db->failure.code == ERROR_NONE)
		db->failure = *err;
	return -(int)err->code;
}

static int64_t
run(struct db *base, const char *sql, const struct db_arg *args,
    size_t arg_count, struct error *err)
{
	struct db_sqlite_conn *db = (struct db_sqlite_conn *)base;
	struct db_sqlite_statement *s;
	int64_t before = sqlite3_total_changes64(db->handle);
	int code;

	if (get_statement(db, sql, &s, err) < 0)
		return doom(db, err);
	code = bind_all(s->handle, args, arg_count, SQLITE_STATIC, err);
	if (code >= 0)
		code = step_without_rows(db->handle, s->handle, err);
	let_go(s->handle);
	if (code < 0)
		return doom(db, err);
	/* A statement that is no change leaves the count of the last one. */
	if (sqlite3_total_changes64(db->handle) == before)
		return 0;
	return sqlite3_changes64(db->handle);
}

int
db_sqlite_do(struct db_sqlite_conn *db, const char *sql, struct error *err)
{
	return run(&db->base, sql, DB_NO_ARGS, err) < 0 ? -(int)err->code : 0;
}

static int
script(struct db *base, const char *sql, struct error *err)
{
	struct db_sqlite_conn *db = (struct db_sqlite_conn *)base;

	if (sqlite3_exec(db->handle, sql, NULL, NULL, NULL) == SQLITE_OK)
		return 0;
	(void)failed(db->handle, err);
	return doom(db, err);
}

static int
query(struct db *base, struct db_rows *rows, const char *sql,
      const struct db_arg *args, size_t arg_count, struct error *err)
{
	struct db_sqlite_conn *db = (struct db_sqlite_conn *)base;
	struct db_sqlite_statement *s;

	if (get_statement(db, sql, &s, err) < 0)
		return doom(db, err);
	if (bind_all(s->handle, args, arg_count, SQLITE_TRANSIENT, err) < 0) {
		let_go(s->handle);
		return doom(db, err);
	}
	s->open = true;
	db->open_rows++;
	*rows = (struct db_rows){
		.db = base,
		.statement = s,
		.row = -1,
		.columns = sqlite3_column_count(s->handle),
	};
	return 0;
}

static int
next(struct db_rows *rows, struct error *err)
{
	struct db_sqlite_statement *s = rows->statement;
	int rc;

	if (!s)
		return 0;
	rc = sqlite3_step(s->handle);
	if (rc == SQLITE_ROW) {
		rows->row++;
		return 1;
	}
	if (rc != SQLITE_DONE)
		(void)failed(sqlite3_db_handle(s->handle), err);
	/* Another step would begin it again. */
	db_rows_end(rows);
	if (rc == SQLITE_DONE)
		return 0;
	return doom((struct db_sqlite_conn *)rows->db, err);
}

static void
rows_end(struct db_rows *rows)
{
	struct db_sqlite_conn *db = (struct db_sqlite_conn *)rows->db;
	struct db_sqlite_statement *s = rows->statement;

	if (!s)
		return;
	let_go(s->handle);
	s->open = false;
	db->open_rows--;
	rows->statement = NULL;
}

static sqlite3_stmt *
row_of(const struct db_rows *rows)
{
	const struct db_sqlite_statement *s = rows->statement;

	check(s && rows->row >= 0);
	return s->handle;
}

static bool
is_null(struct db_rows *rows, int column)
{
	return sqlite3_column_type(row_of(rows), column) == SQLITE_NULL;
}

static int64_t
column_int(struct db_rows *rows, int column)
{
	return sqlite3_column_int64(row_of(rows), column);
}

static struct str
column_bytes(struct db_rows *rows, int column)
{
	sqlite3_stmt *s = row_of(rows);
	const char *p = sqlite3_column_type(s, column) == SQLITE_BLOB
			    ? sqlite3_column_blob(s, column)
			    : (const char *)sqlite3_column_text(s, column);

	return (struct str){ p, (size_t)sqlite3_column_bytes(s, column) };
}

/* STRICT tables know no BIGINT. */
static const char *const type_words[] = { "BIGINT", "INTEGER", NULL };

const struct db_driver db_sqlite_driver = {
	.scheme = "sqlite",
	.dialect = DB_SQLITE,
	.type_words = type_words,
	.store_open = store_open,
	.store_close = store_close,
	.connect = connect_reader,
	.disconnect = db_sqlite_disconnect,
	.commit = db_sqlite_commit,
	.submit = db_sqlite_submit,
	.drain = db_sqlite_drain,
	.writer = writer,
	.script = script,
	.run = run,
	.query = query,
	.next = next,
	.rows_end = rows_end,
	.is_null = is_null,
	.column_int = column_int,
	.column_bytes = column_bytes,
	.lock = db_sqlite_lock,
	.lock_is_free = db_sqlite_lock_is_free,
};
