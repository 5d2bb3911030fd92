/*
 * What is the same for both drivers: opening by URL, the calling thread's
 * reader, and the helpers over statements. The rest is handed through.
 *
 * A reader belongs to one thread, so a store has one thread-specific key. The
 * store also keeps all readers in a list, because it must close them at its
 * own end while their threads may live on. That of a thread that ends first
 * rests until another thread asks for one: a run by a virtual clock starts
 * threads by the score, and each would read the schema anew. What passes on
 * with it are prepared statements; rows that were left open are found when it
 * is closed. Taking and giving back for each query was rejected: there is
 * nobody to say that a query's rows are at their end but who reads them.
 *
 * The URL is never printed whole: it may hold a password.
 */
#include "db/db.h"

#include "db/db_priv.h"
#include "db/db_sql.h"

static const struct db_driver *const drivers[] = {
	&db_sqlite_driver,
	&db_pgsql_driver,
};

static const struct db_driver *
find_driver(struct str scheme)
{
	for (size_t i = 0; i < COUNT_OF(drivers); i++)
		if (str_eq_cstr(scheme, drivers[i]->scheme))
			return drivers[i];
	return NULL;
}

static int
unknown_scheme(struct str scheme, struct error *err)
{
	struct buf known = { 0 };
	int code;

	for (size_t i = 0; i < COUNT_OF(drivers); i++)
		buf_printf(&known, "%s%s:", i ? " or " : "",
			   drivers[i]->scheme);
	code = error_set(err, ERROR_CONFIG,
			 "the store's URL begins with \"%.*s\", expected %s",
			 STR_ARG(str_slice(scheme, 0, 40)), buf_cstr(&known));
	buf_fini(&known);
	return code;
}

static void
unlink_reader(struct db *db)
{
	struct db **at = &db->store->readers;

	while (*at != db) {
		check(*at);
		at = &(*at)->next;
	}
	*at = db->next;
}

/* The thread ends before its store does. */
static void
thread_ended(void *reader)
{
	struct db *db = reader;
	struct db_store *store = db->store;

	pthread_mutex_lock(&store->mutex);
	unlink_reader(db);
	db->next = store->resting;
	store->resting = db;
	pthread_mutex_unlock(&store->mutex);
}

/* One that rests, which is the caller's from now on, or NULL. */
static struct db *
take_resting(struct db_store *store)
{
	struct db *db;

	pthread_mutex_lock(&store->mutex);
	db = store->resting;
	if (db)
		store->resting = db->next;
	pthread_mutex_unlock(&store->mutex);
	return db;
}

static const struct db_driver *
driver_of(const char *url, struct str *scheme)
{
	struct str rest = str_of(url);

	(void)str_split(&rest, ':', scheme);
	return find_driver(*scheme);
}

bool
db_store_is_absent(const char *url)
{
	struct str scheme = { 0 };
	const struct db_driver *driver = driver_of(url, &scheme);

	return driver && driver->is_absent(url);
}

int
db_store_open(struct db_store **out, const char *url, struct error *err)
{
	struct str scheme = { 0 };
	const struct db_driver *driver = driver_of(url, &scheme);
	struct db_store *store;
	int code;

	if (!driver)
		return unknown_scheme(scheme, err);
	code = driver->store_open(&store, url, err);
	if (code < 0)
		return error_context(err, "store");
	store->driver = driver;
	store->readers = NULL;
	store->resting = NULL;
	store->secrets = NULL;
	check(pthread_mutex_init(&store->mutex, NULL) == 0);
	check(pthread_key_create(&store->reader_key, thread_ended) == 0);
	*out = store;
	return 0;
}

static void
disconnect_all(struct db_store *store, struct db *readers)
{
	struct db *next;

	for (; readers; readers = next) {
		next = readers->next;
		store->driver->disconnect(readers);
	}
}

void
db_store_close(struct db_store **store)
{
	struct db_store *s = *store;

	if (!s)
		return;
	s->driver->drain(s);
	check(pthread_key_delete(s->reader_key) == 0);
	disconnect_all(s, s->readers);
	disconnect_all(s, s->resting);
	db_secrets_free(s);
	check(pthread_mutex_destroy(&s->mutex) == 0);
	s->driver->store_close(s);
	*store = NULL;
}

enum db_dialect
db_dialect(const struct db *db)
{
	return db->driver->dialect;
}

enum db_dialect
db_store_dialect(const struct db_store *store)
{
	return store->driver->dialect;
}

int
db_reader(struct db_store *store, struct db **out, struct error *err)
{
	struct db *db = pthread_getspecific(store->reader_key);

	if (!db) {
		db = take_resting(store);
		if (!db && store->driver->connect(store, &db, err) < 0)
			return error_context(err, "store");
		check(db->store == store && db->driver == store->driver);
		check(!db->writable);
		pthread_mutex_lock(&store->mutex);
		db->next = store->readers;
		store->readers = db;
		pthread_mutex_unlock(&store->mutex);
		check(pthread_setspecific(store->reader_key, db) == 0);
	}
	*out = db;
	return 0;
}

/* Nothing was written, so there is nothing that ROLLBACK could lose. */
int
db_look(struct db_store *store, db_unit_fn *look, void *arg, struct error *err)
{
	struct error second;
	struct db *db;
	int result;

	if (db_reader(store, &db, err) < 0 ||
	    db_run(db, store->driver->look, DB_NO_ARGS, err) < 0)
		return -(int)err->code;
	result = look(db, arg, err);
	if (db_run(db, "ROLLBACK", DB_NO_ARGS, &second) >= 0 || result < 0)
		return result;
	*err = second;
	return -(int)err->code;
}

int
db_commit(struct db_store *store, db_unit_fn *unit, void *arg,
	  struct error *err)
{
	return store->driver->commit(store, unit, arg, err);
}

void
db_submit(struct db_store *store, db_unit_fn *unit, void *arg, db_done_fn *done)
{
	store->driver->submit(store, unit, arg, done);
}

void
db_drain(struct db_store *store)
{
	store->driver->drain(store);
}

int
db_writer(const struct db *db)
{
	int number;

	check(db->writable);
	number = db->driver->writer(db);
	check(number >= 1);
	return number;
}

struct db_arg
db_text_or_null(struct str s)
{
	return s.len ? DB_TEXT(s) : DB_NULL;
}

int64_t
db_run(struct db *db, const char *sql, const struct db_arg *args,
       size_t arg_count, struct error *err)
{
	return db->driver->run(db, sql, args, arg_count, err);
}

int
db_query(struct db *db, struct db_rows *rows, const char *sql,
	 const struct db_arg *args, size_t arg_count, struct error *err)
{
	return db->driver->query(db, rows, sql, args, arg_count, err);
}

int
db_next(struct db_rows *rows, struct error *err)
{
	return rows->db->driver->next(rows, err);
}

void
db_rows_end(struct db_rows *rows)
{
	rows->db->driver->rows_end(rows);
}

bool
db_is_null(struct db_rows *rows, int column)
{
	check(column >= 0 && column < rows->columns);
	return rows->db->driver->is_null(rows, column);
}

int64_t
db_int(struct db_rows *rows, int column)
{
	check(column >= 0 && column < rows->columns);
	return rows->db->driver->column_int(rows, column);
}

struct str
db_text(struct db_rows *rows, int column)
{
	check(column >= 0 && column < rows->columns);
	return rows->db->driver->column_bytes(rows, column);
}

struct str
db_blob(struct db_rows *rows, int column)
{
	return db_text(rows, column);
}

int
db_query_int(struct db *db, int64_t *out, const char *sql,
	     const struct db_arg *args, size_t arg_count, struct error *err)
{
	struct db_rows rows;
	int got;

	if (db_query(db, &rows, sql, args, arg_count, err) < 0)
		return -(int)err->code;
	got = db_next(&rows, err);
	if (got > 0 && db_is_null(&rows, 0))
		got = 0;
	if (got > 0)
		*out = db_int(&rows, 0);
	db_rows_end(&rows);
	return got;
}

int
db_lock(struct db_store *store, const char *name, struct error *err)
{
	return store->driver->lock(store, name, err);
}

int
db_lock_is_free(struct db_store *store, const char *name, struct error *err)
{
	return store->driver->lock_is_free(store, name, err);
}
