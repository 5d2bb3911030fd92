#ifndef DB_DB_SQLITE_H
#define DB_DB_SQLITE_H

/*
 * What the files of the SQLite driver know of each other: connections and
 * statements in db_sqlite.c, the writer thread in db_sqlite_writer.c, lock
 * files in db_sqlite_lock.c.
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

/* A statement without arguments and rows, from the cache. */
int db_sqlite_do(struct db_sqlite_conn *db, const char *sql,
		 struct error *err) MUST_CHECK;

bool db_sqlite_in_transaction(const struct db_sqlite_conn *db);

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
