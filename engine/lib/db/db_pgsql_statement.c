/*
 * Statements and their rows.
 *
 * A statement is prepared at its first use and found again by its text and
 * the types of its arguments. A NULL fits any type, so that a statement first
 * run with values is not prepared once more; the other way round it is, for
 * the server has then picked a type of its own. Arguments and columns travel
 * in binary. What a column may be is checked once a query, so that reading a
 * column cannot fail: integers, bool, whole numerics, text, bytea.
 *
 * A result is fetched whole. Rejected: libpq's single-row mode, which would
 * bar all other statements until the last row, where SQLite does not. Callers
 * read in bounded batches anyway.
 *
 * Outside a unit a statement is a read or a try for a lock, and is repeated
 * once when the connection turns out to be lost. Inside, the first failure
 * stays in `failure`: the transaction is over, and each later statement gives
 * the same failure again.
 */
#include "db/db_pgsql_priv.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "db/db_pgsql_text.h"

/* What columns arrive as: the Oids of pg_type that never change. */
enum {
	TYPE_BOOL = 16,
	TYPE_BYTEA = 17,
	TYPE_NAME = 19,
	TYPE_INT8 = 20,
	TYPE_INT2 = 21,
	TYPE_INT4 = 23,
	TYPE_TEXT = 25,
	TYPE_OID = 26,
	TYPE_BPCHAR = 1042,
	TYPE_VARCHAR = 1043,
	TYPE_NUMERIC = 1700
};

enum { BINARY = 1, NAME_BYTES = 16 };

struct db_pgsql_statement {
	struct db_pgsql_statement *next; /* in its bucket */
	const char *sql;
	char name[NAME_BYTES];
	size_t count;
	Oid types[]; /* 0: the server's choice */
};

/* Arguments as PQexecPrepared() wants them. */
struct bound {
	const char *values[DB_PGSQL_ARGS_MAX];
	int lengths[DB_PGSQL_ARGS_MAX];
	int formats[DB_PGSQL_ARGS_MAX];
	char ints[DB_PGSQL_ARGS_MAX][sizeof(int64_t)];
};

/* ---- arguments ---- */

static Oid
type_of(const struct db_arg *arg)
{
	switch (arg->type) {
	case DB_TYPE_INT:
		return TYPE_INT8;
	case DB_TYPE_TEXT:
		return TYPE_TEXT;
	case DB_TYPE_BLOB:
		return TYPE_BYTEA;
	case DB_TYPE_NULL:
		break;
	}
	return 0;
}

static void
put_int(char at[sizeof(int64_t)], int64_t n)
{
	uint64_t bits = (uint64_t)n;

	for (size_t i = sizeof(n); i-- > 0; bits >>= 8)
		at[i] = (char)(bits & 0xff);
}

static int
bind_bytes(struct bound *to, size_t i, const struct db_arg *arg,
	   struct error *err)
{
	if (arg->s.len > INT_MAX)
		return error_set(err, ERROR_LIMIT,
				 "argument ?%zu has %zu bytes, expected at "
				 "most %d",
				 i + 1, arg->s.len, INT_MAX);
	if (arg->type == DB_TYPE_TEXT && str_find_char(arg->s, '\0') >= 0)
		return error_set(err, ERROR_INVALID,
				 "a NUL in text, argument ?%zu", i + 1);
	to->values[i] = arg->s.p ? arg->s.p : "";
	to->lengths[i] = (int)arg->s.len;
	return 0;
}

static int
bind_args(struct bound *to, const struct db_arg *args, size_t count,
	  struct error *err)
{
	if (count > DB_PGSQL_ARGS_MAX)
		return error_set(err, ERROR_INTERNAL,
				 "%zu arguments, expected at most %d", count,
				 DB_PGSQL_ARGS_MAX);
	for (size_t i = 0; i < count; i++) {
		to->values[i] = NULL;
		to->lengths[i] = 0;
		to->formats[i] = BINARY;
		if (args[i].type == DB_TYPE_INT) {
			put_int(to->ints[i], args[i].n);
			to->values[i] = to->ints[i];
			to->lengths[i] = sizeof(to->ints[i]);
		} else if (args[i].type != DB_TYPE_NULL &&
			   bind_bytes(to, i, &args[i], err) < 0) {
			return -(int)err->code;
		}
	}
	return 0;
}

/* ---- prepared statements ---- */

void
db_pgsql_forget_statements(struct db_pgsql_conn *conn)
{
	for (size_t i = 0; i < DB_PGSQL_BUCKETS; i++) {
		struct db_pgsql_statement *s = conn->statements[i];

		while (s) {
			struct db_pgsql_statement *next = s->next;

			free(s);
			s = next;
		}
		conn->statements[i] = NULL;
	}
	conn->stale = false;
}

/* FNV-1a */
static struct db_pgsql_statement **
bucket(struct db_pgsql_conn *conn, const char *sql)
{
	uint32_t hash = 2166136261u;

	for (const char *p = sql; *p; p++)
		hash = (hash ^ (unsigned char)*p) * 16777619u;
	return &conn->statements[hash % DB_PGSQL_BUCKETS];
}

static bool
fits(const struct db_pgsql_statement *s, const struct db_arg *args,
     size_t count)
{
	if (s->count != count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (args[i].type != DB_TYPE_NULL &&
		    s->types[i] != type_of(&args[i]))
			return false;
	return true;
}

static struct db_pgsql_statement *
find_statement(struct db_pgsql_conn *conn, const char *sql,
	       const struct db_arg *args, size_t count)
{
	struct db_pgsql_statement *s = *bucket(conn, sql);

	while (s && (strcmp(s->sql, sql) != 0 || !fits(s, args, count)))
		s = s->next;
	return s;
}

static int
rewrite(struct buf *text, const char *sql, size_t count, struct error *err)
{
	size_t highest;

	if (db_pgsql_placeholders(text, sql, &highest, err) < 0)
		return -(int)err->code;
	if (highest != count)
		return error_set(err, ERROR_INTERNAL,
				 "%zu arguments, expected %zu, in \"%.200s\"",
				 count, highest, sql);
	return 0;
}

static struct db_pgsql_statement *
new_statement(struct db_pgsql_conn *conn, const char *sql,
	      const struct db_arg *args, size_t count)
{
	struct db_pgsql_statement *s =
	    calloc(1, sizeof(*s) + count * sizeof(s->types[0]));

	check(s);
	s->sql = sql;
	s->count = count;
	for (size_t i = 0; i < count; i++)
		s->types[i] = type_of(&args[i]);
	snprintf(s->name, sizeof(s->name), "s%u", ++conn->prepared);
	return s;
}

static struct db_pgsql_statement *
prepare(struct db_pgsql_conn *conn, const char *sql, const struct db_arg *args,
	size_t count, struct error *err)
{
	struct db_pgsql_statement **head = bucket(conn, sql);
	struct db_pgsql_statement *s = NULL;
	struct buf text = { 0 };
	PGresult *result = NULL;

	if (rewrite(&text, sql, count, err) < 0) {
		db_pgsql_refuse(conn, err);
		goto out;
	}
	s = new_statement(conn, sql, args, count);
	result =
	    PQprepare(conn->pg, s->name, buf_cstr(&text), (int)count, s->types);
	if (PQresultStatus(result) != PGRES_COMMAND_OK) {
		db_pgsql_fail(conn, result, sql, err);
		free(s);
		s = NULL;
		goto out;
	}
	s->next = *head;
	*head = s;
out:
	PQclear(result);
	buf_fini(&text);
	return s;
}

/*
 * A plan that was made before the table changed, or that somebody between us
 * and the server dropped. It is no trouble once it is prepared again.
 */
static void
mark_stale(struct db_pgsql_conn *conn, const PGresult *result)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	if (state &&
	    (strcmp(state, "0A000") == 0 || strcmp(state, "26000") == 0)) {
		conn->stale = true;
		conn->again = true;
	}
}

static PGresult *
execute_once(struct db_pgsql_conn *conn, const char *sql,
	     const struct db_arg *args, size_t count, struct error *err)
{
	struct bound bound;
	struct db_pgsql_statement *s;
	PGresult *result;
	bool cached;

	if (bind_args(&bound, args, count, err) < 0) {
		db_pgsql_refuse(conn, err);
		return NULL;
	}
	s = find_statement(conn, sql, args, count);
	cached = s != NULL;
	if (!s)
		s = prepare(conn, sql, args, count, err);
	if (!s)
		return NULL;
	result = PQexecPrepared(conn->pg, s->name, (int)count, bound.values,
				bound.lengths, bound.formats, BINARY);
	if (PQresultStatus(result) == PGRES_COMMAND_OK ||
	    PQresultStatus(result) == PGRES_TUPLES_OK)
		return result;
	db_pgsql_fail(conn, result, sql, err);
	if (cached)
		mark_stale(conn, result);
	PQclear(result);
	return NULL;
}

static PGresult *
execute(struct db_pgsql_conn *conn, const char *sql, const struct db_arg *args,
	size_t count, struct error *err)
{
	struct error first;
	PGresult *result;

	if (conn->in_unit && conn->failure.code != ERROR_NONE) {
		*err = conn->failure;
		return NULL;
	}
	if (conn->in_unit)
		return execute_once(conn, sql, args, count, err);
	if (db_pgsql_conn_ready(conn, &first) == 0) {
		result = execute_once(conn, sql, args, count, &first);
		if (result)
			return result;
		if (conn->again && db_pgsql_conn_ready(conn, &first) == 0)
			return execute_once(conn, sql, args, count, err);
	}
	*err = first;
	return NULL;
}

/* ---- the driver's functions ---- */

static struct db_pgsql_conn *
conn_of(struct db *db)
{
	return (struct db_pgsql_conn *)db;
}

/* A migration rewrites whole tables: no statement of it is too long. */
int
db_pgsql_script(struct db *db, const char *sql, struct error *err)
{
	struct db_pgsql_conn *conn = conn_of(db);

	check(conn->in_unit);
	if (db_pgsql_send(conn, "SET LOCAL statement_timeout = 0", err) < 0)
		return -(int)err->code;
	return db_pgsql_send(conn, sql, err);
}

int64_t
db_pgsql_run(struct db *db, const char *sql, const struct db_arg *args,
	     size_t arg_count, struct error *err)
{
	struct db_pgsql_conn *conn = conn_of(db);
	PGresult *result = execute(conn, sql, args, arg_count, err);
	int64_t changed = 0;
	bool rows;

	if (!result)
		return -(int64_t)err->code;
	rows = PQresultStatus(result) == PGRES_TUPLES_OK;
	(void)str_int(str_of(PQcmdTuples(result)), 0, INT64_MAX, &changed);
	PQclear(result);
	if (!rows)
		return changed;
	error_set(err, ERROR_INTERNAL,
		  "rows from a statement that gives none, in \"%.200s\"", sql);
	return db_pgsql_refuse(conn, err);
}

static bool
is_integer(Oid type)
{
	return type == TYPE_INT8 || type == TYPE_INT4 || type == TYPE_INT2 ||
	       type == TYPE_BOOL || type == TYPE_OID;
}

static bool
is_bytes(Oid type)
{
	return type == TYPE_TEXT || type == TYPE_BYTEA ||
	       type == TYPE_VARCHAR || type == TYPE_BPCHAR || type == TYPE_NAME;
}

static bool
is_readable(Oid type)
{
	return is_integer(type) || is_bytes(type) || type == TYPE_NUMERIC;
}

int
db_pgsql_query(struct db *db, struct db_rows *rows, const char *sql,
	       const struct db_arg *args, size_t arg_count, struct error *err)
{
	struct db_pgsql_conn *conn = conn_of(db);
	PGresult *result = execute(conn, sql, args, arg_count, err);

	if (!result)
		return -(int)err->code;
	for (int i = 0; i < PQnfields(result); i++) {
		if (is_readable(PQftype(result, i)))
			continue;
		error_set(err, ERROR_INTERNAL,
			  "column %d is of type %u, expected an integer, text "
			  "or bytea, in \"%.200s\"",
			  i, PQftype(result, i), sql);
		PQclear(result);
		return db_pgsql_refuse(conn, err);
	}
	*rows = (struct db_rows){
		.db = db,
		.statement = result,
		.row = -1,
		.columns = PQnfields(result),
	};
	return 0;
}

/* The bytes of a column that is not NULL. */
static struct str
cell(const struct db_rows *rows, int column)
{
	const PGresult *result = rows->statement;
	int row = (int)rows->row;

	return (struct str){ PQgetvalue(result, row, column),
			     (size_t)PQgetlength(result, row, column) };
}

int
db_pgsql_next(struct db_rows *rows, struct error *err)
{
	PGresult *result = rows->statement;
	int64_t whole;

	if (!result || rows->row + 1 >= PQntuples(result))
		return 0;
	rows->row++;
	for (int i = 0; i < rows->columns; i++)
		if (PQftype(result, i) == TYPE_NUMERIC &&
		    !db_pgsql_is_null(rows, i) &&
		    !db_pgsql_numeric(cell(rows, i), &whole)) {
			error_set(err, ERROR_INTERNAL,
				  "column %d is no integer of 64 bits", i);
			return db_pgsql_refuse(conn_of(rows->db), err);
		}
	return 1;
}

void
db_pgsql_rows_end(struct db_rows *rows)
{
	PQclear(rows->statement);
	rows->statement = NULL;
}

bool
db_pgsql_is_null(struct db_rows *rows, int column)
{
	check(rows->statement && rows->row >= 0);
	check(column >= 0 && column < rows->columns);
	return PQgetisnull(rows->statement, (int)rows->row, column);
}

/* Big-endian, two's complement. */
static int64_t
get_int(struct str raw, bool is_signed)
{
	bool negative = is_signed && raw.p[0] & 0x80;
	uint64_t bits = negative ? UINT64_MAX : 0;

	for (size_t i = 0; i < raw.len; i++)
		bits = bits << 8 | (unsigned char)raw.p[i];
	return (int64_t)bits;
}

int64_t
db_pgsql_column_int(struct db_rows *rows, int column)
{
	Oid type = PQftype(rows->statement, column);
	int64_t n;

	if (db_pgsql_is_null(rows, column))
		return 0;
	if (type == TYPE_NUMERIC) {
		check(db_pgsql_numeric(cell(rows, column), &n));
		return n;
	}
	check(is_integer(type));
	return get_int(cell(rows, column),
		       type != TYPE_BOOL && type != TYPE_OID);
}

struct str
db_pgsql_column_bytes(struct db_rows *rows, int column)
{
	if (db_pgsql_is_null(rows, column))
		return (struct str){ 0 };
	check(is_bytes(PQftype(rows->statement, column)));
	return cell(rows, column);
}
