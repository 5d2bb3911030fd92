#ifndef DB_DB_PRIV_H
#define DB_DB_PRIV_H

/*
 * The seam between db.c and its two drivers, db_sqlite.c and db_pgsql.c.
 *
 * db.c holds what is the same for both: opening by URL, the calling thread's
 * reader, migrations, secrets, the helpers over statements. A driver holds
 * what differs: how units are committed, how a statement runs, how a lock is
 * taken, how its errors map to our codes.
 *
 * A driver's structs embed these as their first member.
 */

#include <pthread.h>

#include "db/db.h"

struct db_driver;

/* One connection. */
struct db {
	const struct db_driver *driver;
	struct db_store *store;
	bool writable;
	struct db *next; /* readers of the store, under store->mutex */
};

struct db_store {
	const struct db_driver *driver;
	pthread_mutex_t mutex;	  /* guards `readers` and `resting` */
	struct db *readers;	  /* every reader of every thread */
	struct db *resting;	  /* those whose threads have ended */
	pthread_key_t reader_key; /* this thread's reader */
	void *secrets;		  /* db_secret.c's, NULL until opened */
};

/*
 * One row for each driver. Every function follows the contract of the public
 * function of its name; all are required.
 */
struct db_driver {
	const char *scheme; /* before the first ':' of the URL */
	enum db_dialect dialect;
	/* Types that DDL must spell otherwise: pairs, ended by NULL. */
	const char *const *type_words;

	bool (*is_absent)(const char *url);
	int (*store_open)(struct db_store **out, const char *url,
			  struct error *err);
	/* Units have ended and readers are closed when this is called. */
	void (*store_close)(struct db_store *store);

	int (*connect)(struct db_store *store, struct db **out,
		       struct error *err); /* for reading */
	const char *look; /* the statement that begins a snapshot */
	void (*disconnect)(struct db *db);

	int (*commit)(struct db_store *store, db_unit_fn *unit, void *arg,
		      struct error *err);
	void (*submit)(struct db_store *store, db_unit_fn *unit, void *arg,
		       db_done_fn *done);
	void (*drain)(struct db_store *store);

	int (*writer)(const struct db *db); /* `db` is writable */

	/* Several statements without arguments, inside a unit: migrations. */
	int (*script)(struct db *db, const char *sql, struct error *err);

	int64_t (*run)(struct db *db, const char *sql,
		       const struct db_arg *args, size_t arg_count,
		       struct error *err);
	int (*query)(struct db *db, struct db_rows *rows, const char *sql,
		     const struct db_arg *args, size_t arg_count,
		     struct error *err);
	int (*next)(struct db_rows *rows, struct error *err);
	void (*rows_end)(struct db_rows *rows);
	bool (*is_null)(struct db_rows *rows, int column);
	int64_t (*column_int)(struct db_rows *rows, int column);
	struct str (*column_bytes)(struct db_rows *rows, int column);

	int (*lock)(struct db_store *store, const char *name,
		    struct error *err);
	int (*lock_is_free)(struct db_store *store, const char *name,
			    struct error *err);
};

extern const struct db_driver db_sqlite_driver;
extern const struct db_driver db_pgsql_driver;

#endif
