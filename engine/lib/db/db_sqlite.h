#ifndef DB_DB_SQLITE_H
#define DB_DB_SQLITE_H

/*
 * What the files of the SQLite driver know of each other: connections in
 * db_sqlite.c, statements and errors in db_sqlite_statement.c, the writer
 * thread in db_sqlite_writer.c, lock files in db_sqlite_lock.c.
 */

#include <pthread.h>
#include <sqlite3.h>

#include "db/db_priv.h"

enum { DB_SQLITE_BUCKETS = 128 };

struct db_sqlite_statement;
struct db_sqlite_writer;
struct db_sqlite_lock_file;

/* One connection and the statements prepared on it. */
struct db_sqlite_conn {
	struct db base;
	sqlite3 *handle;
	struct db_sqlite_statement *statements[DB_SQLITE_BUCKETS];
	int open_rows;		  /* queries without their db_rows_end() */
	int64_t waiting_since_us; /* of the busy handler */
	int wal_pages;		  /* after the last commit here */
	struct error failure;	  /* the first one of this unit */
};

struct db_sqlite_store {
	struct db_store base;
	char *path;
	struct db_sqlite_writer *writer;
	pthread_mutex_t lock_mutex; /* guards `locks` */
	struct db_sqlite_lock_file *locks;
};

/* ---- db_sqlite.c ---- */

/* Opens a connection of `store`; creates the file when writable. */
int db_sqlite_connect(struct db_sqlite_store *store, bool writable,
		      struct db_sqlite_conn **out,
		      struct error *err) MUST_CHECK;
void db_sqlite_disconnect(struct db *db);

bool db_sqlite_in_transaction(const struct db_sqlite_conn *db);

/* ---- db_sqlite_statement.c ---- */

/* Fills `err` from what SQLite said last, and returns -code. */
int db_sqlite_failed(sqlite3 *handle, struct error *err);

/* A statement without arguments and rows, from the cache. */
int db_sqlite_do(struct db_sqlite_conn *db, const char *sql,
		 struct error *err) MUST_CHECK;

/* Lets go of all prepared statements; none may have open rows. */
void db_sqlite_forget(struct db_sqlite_conn *db);

/* As struct db_driver says. */
int db_sqlite_script(struct db *db, const char *sql,
		     struct error *err) MUST_CHECK;
int64_t db_sqlite_run(struct db *db, const char *sql, const struct db_arg *args,
		      size_t arg_count, struct error *err) MUST_CHECK;
int db_sqlite_query(struct db *db, struct db_rows *rows, const char *sql,
		    const struct db_arg *args, size_t arg_count,
		    struct error *err) MUST_CHECK;
int db_sqlite_next(struct db_rows *rows, struct error *err) MUST_CHECK;
void db_sqlite_rows_end(struct db_rows *rows);
bool db_sqlite_is_null(struct db_rows *rows, int column);
int64_t db_sqlite_column_int(struct db_rows *rows, int column);
struct str db_sqlite_column_bytes(struct db_rows *rows, int column);

/* ---- db_sqlite_writer.c ---- */

int db_sqlite_writer_start(struct db_sqlite_store *store,
			   struct error *err) MUST_CHECK;

/* Runs what is queued, then ends the thread and closes its connection. */
void db_sqlite_writer_stop(struct db_sqlite_store *store);

int db_sqlite_commit(struct db_store *store, db_unit_fn *unit, void *arg,
		     struct error *err) MUST_CHECK;
void db_sqlite_submit(struct db_store *store, db_unit_fn *unit, void *arg,
		      db_done_fn *done);
void db_sqlite_drain(struct db_store *store);

/* ---- db_sqlite_lock.c ---- */

int db_sqlite_lock(struct db_store *store, const char *name,
		   struct error *err) MUST_CHECK;
int db_sqlite_lock_is_free(struct db_store *store, const char *name,
			   struct error *err) MUST_CHECK;
void db_sqlite_unlock_all(struct db_sqlite_store *store);

#endif
