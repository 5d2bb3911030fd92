/*
 * Statements of the SQLite driver, and what SQLite's errors mean to us.
 *
 * Statements are prepared once for each connection and kept under the address
 * of their text. The text is compared too: an address may be used again by
 * somebody who broke the rule that SQL lives as long as the program. Nothing
 * is evicted; the statements of a program are a few hundred.
 *
 * What PostgreSQL would refuse is refused here as well (a NUL or broken UTF-8
 * in text, too many arguments), so that what runs on one store runs on both.
 */
#include "db/db_sqlite.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/failpoint.h"

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
	case SQLITE_CORRUPT:
	case SQLITE_PROTOCOL:
		return ERROR_IO;
	case SQLITE_CANTOPEN:
	case SQLITE_NOTADB:
	case SQLITE_READONLY:
		return ERROR_CONFIG;
	default:
		return ERROR_INTERNAL;
	}
}

/* Also by a quota, or by a limit on how long a file may be. */
static bool
is_disk_full(sqlite3 *handle, int extended)
{
	int primary = extended & 0xff;
	int number = sqlite3_system_errno(handle);

	return primary == SQLITE_FULL ||
	       (primary == SQLITE_IOERR &&
		(number == ENOSPC || number == EDQUOT || number == EFBIG));
}

int
db_sqlite_failed(sqlite3 *handle, struct error *err)
{
	int extended = sqlite3_extended_errcode(handle);
	enum error_code code = code_of(extended);

	check((extended & 0xff) != SQLITE_NOMEM);
	if (is_disk_full(handle, extended))
		return error_set(err, ERROR_IO,
				 "disk full: make room and do it again");
	if (code == ERROR_BUSY)
		return error_set(err, code,
				 "another process holds the store (%s)",
				 sqlite3_errmsg(handle));
	return error_set(err, code, "%s", sqlite3_errmsg(handle));
}

/* ---- statements ---- */

void
db_sqlite_forget(struct db_sqlite_conn *db)
{
	struct db_sqlite_statement *s;

	for (size_t i = 0; i < DB_SQLITE_BUCKETS; i++)
		while ((s = db->statements[i])) {
			db->statements[i] = s->next;
			sqlite3_finalize(s->handle);
			free(s);
		}
}

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
		return db_sqlite_failed(db->handle, err);
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

	/* A transaction that cannot be left would be a bug. */
	if (strcmp(sql, "ROLLBACK") != 0 && failpoint(sql, err) < 0)
		return -(int)err->code;
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
		return db_sqlite_failed(sqlite3_db_handle(s), err);
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
	return rc == SQLITE_OK ? 0
			       : db_sqlite_failed(sqlite3_db_handle(s), err);
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
	return rc == SQLITE_DONE ? 0 : db_sqlite_failed(handle, err);
}

/* A statement that failed dooms its unit, as it does on PostgreSQL. */
static int
doom(struct db_sqlite_conn *db, const struct error *err)
{
	if (db->failure.code == ERROR_NONE)
		db->failure = *err;
	return -(int)err->code;
}

int64_t
db_sqlite_run(struct db *base, const char *sql, const struct db_arg *args,
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
	return db_sqlite_run(&db->base, sql, DB_NO_ARGS, err) < 0
		   ? -(int)err->code
		   : 0;
}

int
db_sqlite_script(struct db *base, const char *sql, struct error *err)
{
	struct db_sqlite_conn *db = (struct db_sqlite_conn *)base;

	if (sqlite3_exec(db->handle, sql, NULL, NULL, NULL) == SQLITE_OK)
		return 0;
	(void)db_sqlite_failed(db->handle, err);
	return doom(db, err);
}

int
db_sqlite_query(struct db *base, struct db_rows *rows, const char *sql,
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

int
db_sqlite_next(struct db_rows *rows, struct error *err)
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
		(void)db_sqlite_failed(sqlite3_db_handle(s->handle), err);
	/* Another step would begin it again. */
	db_rows_end(rows);
	if (rc == SQLITE_DONE)
		return 0;
	return doom((struct db_sqlite_conn *)rows->db, err);
}

void
db_sqlite_rows_end(struct db_rows *rows)
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

bool
db_sqlite_is_null(struct db_rows *rows, int column)
{
	return sqlite3_column_type(row_of(rows), column) == SQLITE_NULL;
}

int64_t
db_sqlite_column_int(struct db_rows *rows, int column)
{
	return sqlite3_column_int64(row_of(rows), column);
}

struct str
db_sqlite_column_bytes(struct db_rows *rows, int column)
{
	sqlite3_stmt *s = row_of(rows);
	const char *p = sqlite3_column_type(s, column) == SQLITE_BLOB
			    ? sqlite3_column_blob(s, column)
			    : (const char *)sqlite3_column_text(s, column);

	return (struct str){ p, (size_t)sqlite3_column_bytes(s, column) };
}
