#ifndef DB_DB_PGSQL_PRIV_H
#define DB_DB_PGSQL_PRIV_H

/*
 * The seam inside the PostgreSQL driver: db_pgsql_conn.c is one connection,
 * db_pgsql_statement.c its statements, db_pgsql.c the store - who has which
 * connection, how a unit commits, who holds a lock.
 *
 * A connection is idle, in a transaction (`in_unit`), or lost; the next use of
 * a lost one outside a transaction opens it again. `again` says of the latest
 * failure that doing the same once more may well succeed: the server asked for
 * it, the connection broke before a COMMIT was sent, or a cached plan had
 * outlived its table.
 *
 * Thread rule: one thread at a time for a connection.
 */

#include <libpq-fe.h>

#include "db/db_priv.h"

struct db_pgsql_statement;

enum { DB_PGSQL_BUCKETS = 64 };

struct db_pgsql_conn {
	struct db db;
	const char *url; /* the store's */
	PGconn *pg;	 /* NULL or CONNECTION_BAD: lost */
	bool in_unit;
	bool again;
	int number;	      /* db_writer() of this session; 0: a reader */
	bool stale;	      /* forget all prepared statements first */
	struct error failure; /* the first of this unit */
	unsigned prepared;    /* names given to statements so far */
	struct db_pgsql_statement *statements[DB_PGSQL_BUCKETS];
};

/*
 * CONFIG when libpq could not take `url` apart, or cuts it where nobody meant
 * it to. The text never quotes the URL, for a password may be anywhere in it.
 */
int db_pgsql_check_url(const char *url, struct error *err) MUST_CHECK;

/* A connection that is open; `url` outlives it. */
int db_pgsql_conn_open(struct db_pgsql_conn **out, struct db_store *store,
		       const char *url, bool writable,
		       struct error *err) MUST_CHECK;

/* NULL is fine; *conn becomes NULL. */
void db_pgsql_conn_close(struct db_pgsql_conn **conn);

/* Outside a transaction: open it again if it was lost. */
int db_pgsql_conn_ready(struct db_pgsql_conn *conn,
			struct error *err) MUST_CHECK;

/* Close it as if it had been lost. */
void db_pgsql_conn_drop(struct db_pgsql_conn *conn);

bool db_pgsql_conn_is_lost(const struct db_pgsql_conn *conn);

/* Between statements of the unit all is well: COMMIT will commit. */
bool db_pgsql_conn_in_transaction(const struct db_pgsql_conn *conn);

int db_pgsql_writer(const struct db *db);

/* Send text as it is: one statement or several, without arguments. */
int db_pgsql_send(struct db_pgsql_conn *conn, const char *sql,
		  struct error *err) MUST_CHECK;

/*
 * What went wrong, kept by the connection as well; returns -err->code.
 * `result` is the server's answer or NULL; `sql` is quoted when it is at
 * fault.
 */
int db_pgsql_fail(struct db_pgsql_conn *conn, const PGresult *result,
		  const char *sql, struct error *err);

/* As db_pgsql_fail(), for what we refuse ourselves; `err` is filled. */
int db_pgsql_refuse(struct db_pgsql_conn *conn, const struct error *err);

/* Those of this side; the server's end with the session. */
void db_pgsql_forget_statements(struct db_pgsql_conn *conn);

/* The driver's functions over statements. */
int db_pgsql_script(struct db *db, const char *sql,
		    struct error *err) MUST_CHECK;
int64_t db_pgsql_run(struct db *db, const char *sql, const struct db_arg *args,
		     size_t arg_count, struct error *err) MUST_CHECK;
int db_pgsql_query(struct db *db, struct db_rows *rows, const char *sql,
		   const struct db_arg *args, size_t arg_count,
		   struct error *err) MUST_CHECK;
int db_pgsql_next(struct db_rows *rows, struct error *err) MUST_CHECK;
void db_pgsql_rows_end(struct db_rows *rows);
bool db_pgsql_is_null(struct db_rows *rows, int column);
int64_t db_pgsql_column_int(struct db_rows *rows, int column);
struct str db_pgsql_column_bytes(struct db_rows *rows, int column);

#endif
