/*
 * What db.h promises, on every store there is. Each case begins with an empty
 * store that has the tables of `schema` below.
 */
#include "db/db.h"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/log.h"
#include "base/now.h"
#include "store.h"
#include "test.h"

static const char *const steps[] = {
	"CREATE TABLE colour (\n"
	"	id   BIGINT PRIMARY KEY,\n"
	"	name TEXT   NOT NULL UNIQUE CHECK (name <> 'BLOB')\n"
	") /*sqlite STRICT */;\n"
	"CREATE TABLE shade (\n"
	"	id     BIGINT PRIMARY KEY,\n"
	"	colour BIGINT NOT NULL REFERENCES colour(id)\n"
	"		DEFERRABLE INITIALLY DEFERRED\n"
	") /*sqlite STRICT */;\n"
	"CREATE TABLE tint (\n"
	"	colour BIGINT NOT NULL REFERENCES colour(id)\n"
	") /*sqlite STRICT */;\n",
	"CREATE TABLE thing (\n"
	"	id BIGINT PRIMARY KEY,\n"
	"	n  BIGINT,\n"
	"	s  TEXT,\n"
	"	b  BLOB\n"
	") /*sqlite STRICT */;\n",
};
static const struct db_schema schema = { "test", steps, COUNT_OF(steps) };
static const struct db_schema schema_of_yesterday = { "test", steps, 1 };

/* The store of the case that runs, and where it is. */
static const char *url;
static struct db_store *store;
static struct error err;
static struct log_capture lines;

static int
migrate(const struct db_schema *s)
{
	return db_migrate(store, &s, 1, &err);
}

static int
open_store(void **state)
{
	const struct db_schema *only = &schema;

	(void)state;
	err = (struct error){ 0 };
	log_capture(&lines);
	if (test_store_begin(&store, url, &only, 1, &err) < 0) {
		printf("%s: %s\n", url, err.text);
		return -1;
	}
	return 0;
}

static int
close_store(void **state)
{
	(void)state;
	db_store_close(&store);
	log_capture(NULL);
	log_capture_fini(&lines);
	lines = (struct log_capture){ 0 };
	return 0;
}

static int64_t
count(const char *sql)
{
	struct db *db;
	int64_t n = -1;

	assert_ok(db_reader(store, &db, &err), err);
	assert_ok(db_query_int(db, &n, sql, DB_NO_ARGS, &err), err);
	return n;
}

static int64_t
colours(void)
{
	return count("SELECT count(*) FROM colour");
}

/* ---- units ---- */

struct colour {
	int64_t id;
	const char *name;
};

static int
put_colour(struct db *db, void *arg, struct error *e)
{
	const struct colour *c = arg;

	return (int)db_run(db, "INSERT INTO colour(id, name) VALUES (?1, ?2)",
			   DB_ARGS(DB_INT(c->id), DB_TEXT(str_of(c->name))), e);
}

static int
put_colour_then_fail(struct db *db, void *arg, struct error *e)
{
	if (put_colour(db, arg, e) < 0)
		return -(int)e->code;
	return error_set(e, ERROR_LIMIT, "enough colours");
}

static int
put_colour_and_ignore(struct db *db, void *arg, struct error *e)
{
	struct error ignored;

	(void)e;
	(void)!put_colour(db, arg, &ignored);
	return 0;
}

static int
run_sql(struct db *db, void *arg, struct error *e)
{
	return (int)db_run(db, arg, DB_NO_ARGS, e);
}

static int
commit_sql(const char *sql)
{
	return db_commit(store, run_sql, (void *)(uintptr_t)sql, &err);
}

/* ---- cases: units ---- */

static void
a_unit_that_succeeds_is_there(void **state)
{
	struct colour red = { 1, "red" };

	(void)state;
	assert_int_equal(db_commit(store, put_colour, &red, &err), 1);
	assert_int_equal(colours(), 1);
}

static void
a_unit_that_fails_leaves_no_trace(void **state)
{
	struct colour red = { 1, "red" };

	(void)state;
	assert_fails(db_commit(store, put_colour_then_fail, &red, &err), err,
		     ERROR_LIMIT, "enough colours");
	assert_int_equal(colours(), 0);
}

static void
a_failed_statement_dooms_its_unit(void **state)
{
	struct colour red = { 1, "red" };

	(void)state;
	assert_ok(db_commit(store, put_colour, &red, &err), err);
	assert_fails(db_commit(store, put_colour_and_ignore, &red, &err), err,
		     ERROR_EXISTS, "");
}

static void
units_that_share_a_group_fail_alone(void **state)
{
	static struct colour many[64];
	char names[64][16];

	(void)state;
	for (int i = 0; i < 64; i++) {
		snprintf(names[i], sizeof(names[i]), "c%d", i);
		many[i] = (struct colour){ i, names[i] };
		db_submit(store, i % 3 ? put_colour : put_colour_then_fail,
			  &many[i], NULL);
	}
	db_drain(store);
	assert_int_equal(colours(), 42);
}

/* A deferred constraint speaks at COMMIT, when it is the group's. */
static void
units_that_fail_at_commit_fail_alone(void **state)
{
	static struct colour red = { 1, "red" };
	static struct colour blue = { 2, "blue" };
	static const char orphan[] =
	    "INSERT INTO shade(id, colour) VALUES (1, 77)";

	(void)state;
	db_submit(store, put_colour, &red, NULL);
	db_submit(store, run_sql, (void *)(uintptr_t)orphan, NULL);
	db_submit(store, put_colour, &blue, NULL);
	db_drain(store);
	assert_int_equal(colours(), 2);
	assert_int_equal(count("SELECT count(*) FROM shade"), 0);
	assert_fails(commit_sql(orphan), err, ERROR_INVALID, "");
}

struct ending {
	int result;
	enum error_code code;
	int calls;
};

struct told {
	struct colour colour;
	struct ending ending;
};

static int
put_told(struct db *db, void *arg, struct error *e)
{
	struct told *t = arg;

	return put_colour(db, &t->colour, e);
}

static void
tell(void *arg, int result, const struct error *e)
{
	struct told *t = arg;

	t->ending.result = result;
	t->ending.code = result < 0 ? e->code : ERROR_NONE;
	t->ending.calls++;
}

static void
done_is_told_how_a_unit_ended(void **state)
{
	static struct told first = { .colour = { 1, "red" } };
	static struct told second = { .colour = { 1, "red again" } };

	(void)state;
	first.ending = second.ending = (struct ending){ 0 };
	db_submit(store, put_told, &first, tell);
	db_submit(store, put_told, &second, tell);
	db_drain(store);
	assert_int_equal(first.ending.calls, 1);
	assert_int_equal(first.ending.result, 1);
	assert_int_equal(second.ending.calls, 1);
	assert_true(second.ending.result < 0);
	assert_int_equal(second.ending.code, ERROR_EXISTS);
}

static void
a_failure_nobody_waits_for_is_logged(void **state)
{
	static struct colour red = { 1, "red" };
	(void)state;
	db_submit(store, put_colour_then_fail, &red, NULL);
	db_drain(store);
	assert_int_equal(log_captured(&lines, "enough colours"), 1);
}

struct link {
	int64_t id;
	int64_t before; /* how many rows there were */
};

static int
put_link(struct db *db, void *arg, struct error *e)
{
	struct link *l = arg;

	if (db_query_int(db, &l->before, "SELECT count(*) FROM thing",
			 DB_NO_ARGS, e) < 0)
		return -(int)e->code;
	return (int)db_run(db, "INSERT INTO thing(id) VALUES (?1)",
			   DB_ARGS(DB_INT(l->id)), e);
}

static void
units_of_one_thread_keep_their_order(void **state)
{
	static struct link links[100];

	(void)state;
	for (int i = 0; i < 100; i++) {
		links[i] = (struct link){ .id = i, .before = -1 };
		if (i % 10 == 9)
			assert_ok(db_commit(store, put_link, &links[i], &err),
				  err);
		else
			db_submit(store, put_link, &links[i], NULL);
	}
	db_drain(store);
	for (int i = 0; i < 100; i++)
		assert_int_equal(links[i].before, i);
}

static int
limit_pages(struct db *db, void *arg, struct error *e)
{
	int64_t pages;

	(void)arg;
	return db_query_int(db, &pages, "PRAGMA max_page_count = 64",
			    DB_NO_ARGS, e);
}

static int
put_megabyte(struct db *db, void *arg, struct error *e)
{
	static char megabyte[1 << 20];

	return (int)db_run(
	    db, "INSERT INTO thing(id, b) VALUES (?1, ?2)",
	    DB_ARGS(DB_INT(*(const int64_t *)arg),
		    DB_BLOB(((struct str){ megabyte, sizeof(megabyte) }))),
	    e);
}

/* A full disk, as SQLite's own limit gives it: the code is the same. */
static void
a_unit_that_fills_the_disk_fails_alone(void **state)
{
	static struct link small[20];
	static const int64_t fat = 1000;

	(void)state;
	if (db_store_dialect(store) != DB_SQLITE)
		return;
	assert_ok(db_commit(store, limit_pages, NULL, &err), err);
	for (int i = 0; i < 20; i++) {
		small[i].id = i;
		db_submit(store, put_link, &small[i], NULL);
		if (i % 7 == 3)
			db_submit(store, put_megabyte, (void *)(uintptr_t)&fat,
				  NULL);
	}
	assert_fails(
	    db_commit(store, put_megabyte, (void *)(uintptr_t)&fat, &err), err,
	    ERROR_IO, "disk full");
	assert_int_equal(count("SELECT count(*) FROM thing"), 20);
	assert_int_equal(log_captured(&lines, "disk full"), 3);
}

struct many {
	int64_t first_id;
	int failures;
};

static void *
commit_many(void *arg)
{
	struct many *m = arg;
	struct link l;
	struct error e;

	for (int i = 0; i < 200; i++) {
		l.id = m->first_id + i;
		if (db_commit(store, put_link, &l, &e) < 0)
			m->failures++;
	}
	return NULL;
}

static void
commits_of_eight_threads_are_all_there(void **state)
{
	pthread_t threads[8];
	struct many many[8];

	(void)state;
	for (int i = 0; i < 8; i++) {
		many[i] = (struct many){ .first_id = i * 1000 };
		pthread_create(&threads[i], NULL, commit_many, &many[i]);
	}
	for (int i = 0; i < 8; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(many[i].failures, 0);
	}
	assert_int_equal(count("SELECT count(*) FROM thing"), 1600);
}

static int
commit_inside(struct db *db, void *arg, struct error *e)
{
	struct colour red = { 1, "red" };

	(void)db;
	(void)arg;
	return db_commit(store, put_colour, &red, e);
}

/* In a child: the bug ends the process. */
static void
a_commit_inside_a_unit_aborts(void **state)
{
	int status;
	pid_t child;

	(void)state;
	db_store_close(&store);
	fflush(stdout);
	child = fork();
	if (child == 0) {
		fclose(stderr);
		if (db_store_open(&store, url, &err) >= 0 &&
		    db_commit(store, commit_inside, NULL, &err) < 0)
			_exit(1);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_ok(db_store_open(&store, url, &err), err);
}

struct number {
	struct db_store *of;
	pthread_barrier_t *all_have_one;
	int seen[3];
};

static int
see_number(struct db *db, void *arg, struct error *e)
{
	(void)e;
	*(int *)arg = db_writer(db);
	return 0;
}

/* Its connection lives until all threads have theirs. */
static void *
see_numbers(void *arg)
{
	struct number *n = arg;
	struct error e;

	for (size_t i = 0; i < COUNT_OF(n->seen); i++)
		if (db_commit(n->of, see_number, &n->seen[i], &e) < 0)
			n->seen[i] = -1;
	pthread_barrier_wait(n->all_have_one);
	return NULL;
}

static void
check_numbers(const struct number *numbers, int count)
{
	for (int i = 0; i < count; i++) {
		assert_true(numbers[i].seen[0] >= 1);
		assert_int_equal(numbers[i].seen[1], numbers[i].seen[0]);
		assert_int_equal(numbers[i].seen[2], numbers[i].seen[0]);
		if (db_store_dialect(store) == DB_SQLITE)
			assert_int_equal(numbers[i].seen[0], 1);
		else
			for (int j = 0; j < i; j++)
				assert_int_not_equal(numbers[i].seen[0],
						     numbers[j].seen[0]);
	}
}

/* As many as live at once: on SQLite one, however many threads commit. */
static void
writers_that_live_at_once_have_numbers_of_their_own(void **state)
{
	pthread_barrier_t all_have_one;
	struct number numbers[6];
	struct db_store *other;
	pthread_t threads[6];

	(void)state;
	assert_ok(db_store_open(&other, url, &err), err);
	pthread_barrier_init(&all_have_one, NULL, COUNT_OF(threads));
	for (size_t i = 0; i < COUNT_OF(threads); i++) {
		numbers[i] = (struct number){ i % 2 ? store : other,
					      &all_have_one,
					      { 0 } };
		pthread_create(&threads[i], NULL, see_numbers, &numbers[i]);
	}
	for (size_t i = 0; i < COUNT_OF(threads); i++)
		pthread_join(threads[i], NULL);
	check_numbers(numbers, COUNT_OF(numbers));
	pthread_barrier_destroy(&all_have_one);
	db_store_close(&other);
}

/* ---- cases: statements ---- */

struct thing {
	struct db_arg n;
	struct db_arg s;
	struct db_arg b;
};

static int
put_thing(struct db *db, void *arg, struct error *e)
{
	const struct thing *t = arg;

	return (int)db_run(db,
			   "INSERT INTO thing(b, s, n, id)"
			   " VALUES (?3, ?2, ?1, 1)",
			   DB_ARGS(t->n, t->s, t->b), e);
}

static void
get_thing(struct db_rows *rows)
{
	struct db *db;

	assert_ok(db_reader(store, &db, &err), err);
	assert_ok(
	    db_query(db, rows, "SELECT n, s, b FROM thing", DB_NO_ARGS, &err),
	    err);
	assert_int_equal(db_next(rows, &err), 1);
	assert_int_equal(rows->columns, 3);
	assert_int_equal(rows->row, 0);
}

static void
check_round_trip(struct thing t)
{
	struct db_rows rows;

	assert_int_equal(db_commit(store, put_thing, &t, &err), 1);
	get_thing(&rows);
	assert_true(db_int(&rows, 0) == t.n.n);
	assert_true(str_eq(db_text(&rows, 1), t.s.s));
	assert_true(str_eq(db_blob(&rows, 2), t.b.s));
	assert_false(db_is_null(&rows, 0));
	assert_false(db_is_null(&rows, 1));
	assert_false(db_is_null(&rows, 2));
	assert_int_equal(db_next(&rows, &err), 0);
	db_rows_end(&rows);
	db_rows_end(&rows);
	assert_int_equal(commit_sql("DELETE FROM thing"), 1);
}

static void
values_come_back_as_they_went(void **state)
{
	static char all_bytes[256];
	const struct str blob = { all_bytes, sizeof(all_bytes) };
	const struct str empty = { 0 };

	(void)state;
	for (int i = 0; i < 256; i++)
		all_bytes[i] = (char)i;
	check_round_trip((struct thing){ DB_INT(INT64_MAX),
					 DB_TEXT(STR("gr\xc3\xbcn \xf0\x9f"
						     "\x8e\x8f ?1 '\\")),
					 DB_BLOB(blob) });
	check_round_trip((struct thing){ DB_INT(INT64_MIN), DB_TEXT(empty),
					 DB_BLOB(empty) });
	check_round_trip(
	    (struct thing){ DB_INT(0), DB_TEXT(STR("")), DB_BLOB(STR("")) });
}

static void
null_is_not_empty(void **state)
{
	struct thing nothing = { DB_NULL, DB_TEXT_OR_NULL(STR("")), DB_NULL };
	struct db_rows rows;
	struct db *db;
	int64_t n = 7;

	(void)state;
	assert_int_equal(db_commit(store, put_thing, &nothing, &err), 1);
	get_thing(&rows);
	for (int i = 0; i < 3; i++)
		assert_true(db_is_null(&rows, i));
	assert_int_equal(db_int(&rows, 0), 0);
	assert_int_equal(db_text(&rows, 1).len, 0);
	assert_int_equal(db_blob(&rows, 2).len, 0);
	db_rows_end(&rows);
	assert_ok(db_reader(store, &db, &err), err);
	assert_int_equal(
	    db_query_int(db, &n, "SELECT n FROM thing", DB_NO_ARGS, &err), 0);
	assert_int_equal(db_query_int(db, &n, "SELECT n FROM thing WHERE id=9",
				      DB_NO_ARGS, &err),
			 0);
	assert_int_equal(n, 7);
}

static void
arguments_stand_in_any_order_and_often(void **state)
{
	struct colour red = { 5, "red" };
	struct db *db;
	int64_t n;

	(void)state;
	assert_ok(db_commit(store, put_colour, &red, &err), err);
	assert_ok(db_reader(store, &db, &err), err);
	assert_int_equal(
	    db_query_int(db, &n,
			 "SELECT id FROM colour WHERE name = ?2 AND id = ?1"
			 " AND ?1 < 6 AND name <> '?1' AND ?2 <> '?3'",
			 DB_ARGS(DB_INT(5), DB_TEXT(STR("red"))), &err),
	    1);
	assert_int_equal(n, 5);
}

static void
the_number_of_arguments_must_fit(void **state)
{
	struct db *db;
	int64_t n;

	(void)state;
	assert_ok(db_reader(store, &db, &err), err);
	assert_fails(db_query_int(db, &n, "SELECT id FROM colour WHERE id = ?1",
				  DB_NO_ARGS, &err),
		     err, ERROR_INTERNAL, "");
	assert_fails(db_query_int(db, &n, "SELECT id FROM colour WHERE id = ?1",
				  DB_ARGS(DB_INT(1), DB_INT(2)), &err),
		     err, ERROR_INTERNAL, "");
}

static void
text_that_is_no_text_is_refused(void **state)
{
	struct thing nul = { DB_NULL, DB_TEXT(STR("a\0b")), DB_NULL };
	struct thing broken = { DB_NULL, DB_TEXT(STR("\xc3(")), DB_NULL };

	(void)state;
	assert_fails(db_commit(store, put_thing, &nul, &err), err,
		     ERROR_INVALID, "");
	assert_fails(db_commit(store, put_thing, &broken, &err), err,
		     ERROR_INVALID, "");
}

static void
what_contradicts_other_rows_has_its_code(void **state)
{
	(void)state;
	assert_ok(commit_sql("INSERT INTO colour VALUES (1, 'red')"), err);
	assert_fails(commit_sql("INSERT INTO colour VALUES (1, 'x')"), err,
		     ERROR_EXISTS, "");
	assert_fails(commit_sql("INSERT INTO colour VALUES (2, 'red')"), err,
		     ERROR_EXISTS, "");
	assert_fails(commit_sql("INSERT INTO colour VALUES (2, NULL)"), err,
		     ERROR_INVALID, "");
	assert_fails(commit_sql("INSERT INTO colour VALUES (2, 'BLOB')"), err,
		     ERROR_INVALID, "");
	assert_fails(commit_sql("INSERT INTO tint VALUES (9)"), err,
		     ERROR_INVALID, "");
	assert_fails(commit_sql("INSERT INTO nowhere VALUES (9)"), err,
		     ERROR_INTERNAL, "");
	assert_int_equal(colours(), 1);
}

static void
changed_rows_are_counted(void **state)
{
	(void)state;
	assert_int_equal(
	    commit_sql("INSERT INTO colour VALUES (1, 'red'), (2, 'blue')"), 2);
	assert_int_equal(commit_sql("INSERT INTO colour VALUES (1, 'red')"
				    " ON CONFLICT DO NOTHING"),
			 0);
	assert_int_equal(commit_sql("CREATE TABLE other (id INTEGER)"), 0);
	assert_int_equal(commit_sql("DROP TABLE other"), 0);
	assert_int_equal(commit_sql("UPDATE colour SET name = 'x' WHERE id=9"),
			 0);
	assert_int_equal(commit_sql("DELETE FROM colour"), 2);
}

static int
put_returning(struct db *db, void *arg, struct error *e)
{
	struct db_rows rows;
	int64_t *sum = arg;
	int got;

	*sum = 0;
	if (db_query(db, &rows,
		     "INSERT INTO colour(id, name) VALUES (?1, 'red'),"
		     " (?1 + 1, 'blue') RETURNING id, name",
		     DB_ARGS(DB_INT(20)), e) < 0)
		return -(int)e->code;
	while ((got = db_next(&rows, e)) > 0)
		*sum += db_int(&rows, 0) + (int64_t)db_text(&rows, 1).len;
	db_rows_end(&rows);
	return got;
}

static void
returning_gives_the_rows(void **state)
{
	int64_t sum;

	(void)state;
	assert_ok(db_commit(store, put_returning, &sum, &err), err);
	assert_int_equal(sum, 20 + 3 + 21 + 4);
	assert_int_equal(colours(), 2);
}

/* ---- cases: readers ---- */

static void *
count_elsewhere(void *arg)
{
	int64_t *n = arg;
	struct db *db;
	struct error e;

	if (db_reader(store, &db, &e) < 0 ||
	    db_query_int(db, n, "SELECT count(*) FROM colour", DB_NO_ARGS, &e) <
		0)
		*n = -1;
	return NULL;
}

static void
a_reader_of_any_thread_sees_what_is_committed(void **state)
{
	struct colour red = { 1, "red" };
	pthread_t thread;
	int64_t n = -1;

	(void)state;
	assert_int_equal(colours(), 0);
	assert_ok(db_commit(store, put_colour, &red, &err), err);
	assert_int_equal(colours(), 1);
	pthread_create(&thread, NULL, count_elsewhere, &n);
	pthread_join(thread, NULL);
	assert_int_equal(n, 1);
}

static void *
reader_elsewhere(void *arg)
{
	struct db **db = arg;
	struct error e;

	if (db_reader(store, db, &e) < 0)
		*db = NULL;
	return NULL;
}

/* To read the schema again for each thread would cost more than the thread. */
static void
a_reader_is_handed_on_when_its_thread_ends(void **state)
{
	struct db *mine, *first, *second;
	pthread_t thread;

	(void)state;
	assert_ok(db_reader(store, &mine, &err), err);
	pthread_create(&thread, NULL, reader_elsewhere, &first);
	pthread_join(thread, NULL);
	pthread_create(&thread, NULL, reader_elsewhere, &second);
	pthread_join(thread, NULL);
	assert_non_null(first);
	assert_ptr_equal(first, second);
	assert_ptr_not_equal(first, mine);
}

static void
a_reader_does_not_write(void **state)
{
	struct colour red = { 1, "red" };
	struct db *db;

	(void)state;
	assert_ok(db_reader(store, &db, &err), err);
	assert_true(put_colour(db, &red, &err) < 0);
	assert_int_equal(colours(), 0);
	/* and it is no worse for it */
	assert_ok(db_commit(store, put_colour, &red, &err), err);
	assert_int_equal(colours(), 1);
}

/* Somebody commits between two statements of a look. */
static int
look_twice(struct db *db, void *arg, struct error *e)
{
	static const char sql[] = "SELECT count(*) FROM colour";
	struct colour green = { 2, "green" };
	int64_t *n = arg;

	if (db_query_int(db, &n[0], sql, DB_NO_ARGS, e) < 0 ||
	    db_commit(store, put_colour, &green, e) < 0 ||
	    db_query_int(db, &n[1], sql, DB_NO_ARGS, e) < 0)
		return -(int)e->code;
	return 7;
}

static int
look_in_vain(struct db *db, void *arg, struct error *e)
{
	(void)arg;
	return db_run(db, "SELECT nothing", DB_NO_ARGS, e) < 0 ? -(int)e->code
							       : 0;
}

static void
a_look_sees_one_snapshot(void **state)
{
	struct colour red = { 1, "red" };
	int64_t n[2];

	(void)state;
	assert_ok(db_commit(store, put_colour, &red, &err), err);
	assert_int_equal(db_look(store, look_twice, n, &err), 7);
	assert_int_equal(n[0], 1);
	assert_int_equal(n[1], 1);
	assert_int_equal(colours(), 2);
	/* One that fails leaves the reader as it was. */
	assert_fails(db_look(store, look_in_vain, NULL, &err), err,
		     ERROR_INTERNAL, "nothing");
	assert_int_equal(colours(), 2);
}

/* ---- cases: schema ---- */

static void
a_second_migration_changes_nothing(void **state)
{
	struct colour red = { 1, "red" };

	(void)state;
	assert_ok(db_commit(store, put_colour, &red, &err), err);
	assert_ok(migrate(&schema), err);
	assert_int_equal(colours(), 1);
	assert_int_equal(count("SELECT version FROM schema_area"
			       " WHERE area = 'test'"),
			 2);
}

static void
a_store_newer_than_the_program_is_refused(void **state)
{
	(void)state;
	assert_fails(migrate(&schema_of_yesterday), err, ERROR_CONFIG,
		     "area test has version 2, expected at most 1");
}

static void
a_step_that_fails_leaves_its_area_where_it_was(void **state)
{
	static const char *const bad_steps[] = {
		"CREATE TABLE other (id BIGINT);\nCREATE TABLE other;\n",
	};
	static const struct db_schema bad = { "bad", bad_steps, 1 };
	int64_t n = 0;
	struct db *db;

	(void)state;
	assert_fails(migrate(&bad), err, ERROR_INTERNAL,
		     "schema bad, version 1");
	assert_ok(db_reader(store, &db, &err), err);
	assert_int_equal(db_query_int(db, &n,
				      "SELECT version FROM schema_area"
				      " WHERE area = 'bad'",
				      DB_NO_ARGS, &err),
			 0);
	assert_ok(commit_sql("CREATE TABLE other (id INTEGER)"), err);
	assert_ok(commit_sql("DROP TABLE other"), err);
}

/* ---- cases: owners ---- */

static void
a_lock_has_one_owner(void **state)
{
	struct db_store *other;

	(void)state;
	assert_ok(db_store_open(&other, url, &err), err);
	assert_int_equal(db_lock_is_free(store, "owner", &err), 1);
	assert_int_equal(db_lock(store, "owner", &err), 1);
	assert_int_equal(db_lock(other, "owner", &err), 0);
	assert_int_equal(db_lock(other, "another", &err), 1);
	assert_int_equal(db_lock_is_free(other, "owner", &err), 0);
	db_store_close(&store);
	assert_int_equal(db_lock_is_free(other, "owner", &err), 1);
	assert_int_equal(db_lock(other, "owner", &err), 1);
	db_store_close(&other);
	assert_ok(db_store_open(&store, url, &err), err);
}

/* A process that has the lock, says so, and waits to be killed. */
static void
hold_lock(int says)
{
	struct db_store *mine;
	struct error e;

	if (db_store_open(&mine, url, &e) < 0 ||
	    db_lock(mine, "owner", &e) != 1 || write(says, "x", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

static void
a_lock_is_free_when_its_process_dies(void **state)
{
	int says[2];
	pid_t child;
	char c;

	(void)state;
	/* A fork takes no store along: connections are not shared. */
	db_store_close(&store);
	assert_int_equal(pipe(says), 0);
	fflush(stdout);
	child = fork();
	if (child == 0)
		hold_lock(says[1]);
	assert_int_equal(read(says[0], &c, 1), 1);
	assert_ok(db_store_open(&store, url, &err), err);
	assert_int_equal(db_lock(store, "owner", &err), 0);
	assert_int_equal(db_lock_is_free(store, "owner", &err), 0);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	/* A server learns of it when the kernel closes the connection. */
	for (int i = 0; i < 500; i++) {
		int free_now = db_lock_is_free(store, "owner", &err);

		assert_ok(free_now, err);
		if (free_now)
			break;
		now_sleep_us(10000);
	}
	assert_int_equal(db_lock(store, "owner", &err), 1);
	close(says[0]);
	close(says[1]);
}

/* ---- cases: secrets ---- */

static const uint8_t master[DB_MASTER_BYTES] =
    "the master key of this test....";
static const uint8_t wrong[DB_MASTER_BYTES] = "not the master key of this test";

static void
a_secret_is_made_once_and_kept(void **state)
{
	uint8_t first[DB_SECRET_BYTES];
	uint8_t again[DB_SECRET_BYTES];

	(void)state;
	assert_ok(db_secrets_open(store, master, &err), err);
	assert_int_equal(db_secret(store, "token", first, &err), 1);
	assert_int_equal(db_secret(store, "token", again, &err), 1);
	assert_memory_equal(first, again, sizeof(first));
	assert_int_equal(db_secret(store, "other", again, &err), 1);
	assert_memory_not_equal(first, again, sizeof(first));
	db_store_close(&store);
	assert_ok(db_store_open(&store, url, &err), err);
	assert_ok(db_secrets_open(store, master, &err), err);
	assert_int_equal(db_secret(store, "token", again, &err), 1);
	assert_memory_equal(first, again, sizeof(first));
}

static void
a_wrong_master_key_is_denied(void **state)
{
	uint8_t key[DB_SECRET_BYTES];

	(void)state;
	assert_ok(db_secrets_open(store, master, &err), err);
	assert_int_equal(db_secret(store, "token", key, &err), 1);
	db_store_close(&store);
	assert_ok(db_store_open(&store, url, &err), err);
	assert_fails(db_secrets_open(store, wrong, &err), err, ERROR_DENIED,
		     "master key");
	assert_ok(db_secrets_open(store, master, &err), err);
}

static void
a_store_says_whether_it_had_a_master_key(void **state)
{
	(void)state;
	assert_int_equal(db_secrets_proven(store, &err), 0);
	assert_int_equal(db_secrets_proven(store, &err), 0);
	assert_ok(db_secrets_open(store, master, &err), err);
	assert_int_equal(db_secrets_proven(store, &err), 1);
	db_store_close(&store);
	assert_ok(db_store_open(&store, url, &err), err);
	assert_int_equal(db_secrets_proven(store, &err), 1);
}

/* Of a server it is not known. */
static void
a_store_is_absent_until_it_is_opened(void **state)
{
	(void)state;
	assert_false(db_store_is_absent(url));
	assert_false(db_store_is_absent("postgresql:///nowhere"));
	assert_true(db_store_is_absent("sqlite:there-is-no-such-file.db"));
	assert_false(db_store_is_absent("sqlite:/dev/null/none.db"));
}

static void
what_is_sealed_opens_in_its_place_only(void **state)
{
	struct buf sealed = { 0 };
	struct buf plain = { 0 };

	(void)state;
	assert_ok(db_secrets_open(store, master, &err), err);
	db_seal(store, "colour/1", STR("a secret"), &sealed);
	assert_int_equal(str_find(buf_view(&sealed), STR("secret")), -1);
	assert_ok(db_unseal(store, "colour/1", buf_view(&sealed), &plain, &err),
		  err);
	assert_str(buf_view(&plain), "a secret");
	assert_fails(
	    db_unseal(store, "colour/2", buf_view(&sealed), &plain, &err), err,
	    ERROR_DENIED, "colour/2");
	sealed.p[0] ^= 1;
	assert_fails(
	    db_unseal(store, "colour/1", buf_view(&sealed), &plain, &err), err,
	    ERROR_DENIED, "colour/1");
	buf_fini(&plain);
	buf_fini(&sealed);
}

static void
a_rotated_secret_keeps_its_generations(void **state)
{
	uint8_t first[DB_SECRET_BYTES];
	uint8_t second[DB_SECRET_BYTES];
	uint8_t old[DB_SECRET_BYTES];

	(void)state;
	assert_ok(db_secrets_open(store, master, &err), err);
	assert_int_equal(db_secret(store, "token", first, &err), 1);
	assert_int_equal(db_secret_rotate(store, "token", &err), 2);
	assert_int_equal(db_secret(store, "token", second, &err), 2);
	assert_memory_not_equal(first, second, sizeof(first));
	assert_ok(db_secret_get(store, "token", 1, old, &err), err);
	assert_memory_equal(first, old, sizeof(first));
	assert_fails(db_secret_get(store, "token", 3, old, &err), err,
		     ERROR_NOT_FOUND, "no generation 3");
}

static void
a_sealed_key_opens_in_its_own_row_only(void **state)
{
	uint8_t key[DB_SECRET_BYTES];

	(void)state;
	assert_ok(db_secrets_open(store, master, &err), err);
	assert_int_equal(db_secret(store, "token", key, &err), 1);
	assert_int_equal(commit_sql("INSERT INTO secret"
				    " SELECT 'stolen', 1, sealed FROM secret"
				    " WHERE name = 'token'"),
			 1);
	assert_fails(db_secret(store, "stolen", key, &err), err, ERROR_DENIED,
		     "secret stolen, generation 1");
}

/* ---- cases: notes ---- */

static int
put_note(struct db *db, void *arg, struct error *e)
{
	return db_note_put(db, "clock", str_of(arg), e);
}

static void
a_note_is_written_once(void **state)
{
	static char real[] = "real";
	static char other[] = "virtual";
	const struct db_schema *notes = &db_note_schema;
	struct buf value = { 0 };
	struct db *db;

	(void)state;
	assert_ok(db_migrate(store, &notes, 1, &err), err);
	assert_ok(db_reader(store, &db, &err), err);
	assert_int_equal(db_note_find(db, "clock", &value, &err), 0);
	assert_int_equal(db_commit(store, put_note, real, &err), 1);
	assert_int_equal(db_commit(store, put_note, other, &err), 0);
	assert_int_equal(db_note_find(db, "clock", &value, &err), 1);
	assert_string_equal(buf_cstr(&value), real);
	buf_fini(&value);
}

/* ---- all of it ---- */

#define CASE(name) \
	cmocka_unit_test_setup_teardown(name, open_store, close_store)

static int
run_suite(const char *name)
{
	const struct CMUnitTest tests[] = {
		CASE(a_unit_that_succeeds_is_there),
		CASE(a_unit_that_fails_leaves_no_trace),
		CASE(a_failed_statement_dooms_its_unit),
		CASE(units_that_share_a_group_fail_alone),
		CASE(units_that_fail_at_commit_fail_alone),
		CASE(done_is_told_how_a_unit_ended),
		CASE(a_failure_nobody_waits_for_is_logged),
		CASE(units_of_one_thread_keep_their_order),
		CASE(a_unit_that_fills_the_disk_fails_alone),
		CASE(commits_of_eight_threads_are_all_there),
		CASE(a_commit_inside_a_unit_aborts),
		CASE(writers_that_live_at_once_have_numbers_of_their_own),
		CASE(values_come_back_as_they_went),
		CASE(null_is_not_empty),
		CASE(arguments_stand_in_any_order_and_often),
		CASE(the_number_of_arguments_must_fit),
		CASE(text_that_is_no_text_is_refused),
		CASE(what_contradicts_other_rows_has_its_code),
		CASE(changed_rows_are_counted),
		CASE(returning_gives_the_rows),
		CASE(a_reader_of_any_thread_sees_what_is_committed),
		CASE(a_reader_is_handed_on_when_its_thread_ends),
		CASE(a_reader_does_not_write),
		CASE(a_look_sees_one_snapshot),
		CASE(a_second_migration_changes_nothing),
		CASE(a_store_newer_than_the_program_is_refused),
		CASE(a_step_that_fails_leaves_its_area_where_it_was),
		CASE(a_lock_has_one_owner),
		CASE(a_lock_is_free_when_its_process_dies),
		CASE(a_secret_is_made_once_and_kept),
		CASE(a_wrong_master_key_is_denied),
		CASE(a_store_says_whether_it_had_a_master_key),
		CASE(a_store_is_absent_until_it_is_opened),
		CASE(a_rotated_secret_keeps_its_generations),
		CASE(what_is_sealed_opens_in_its_place_only),
		CASE(a_sealed_key_opens_in_its_own_row_only),
		CASE(a_note_is_written_once),
	};

	return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
	return test_on_both(&url, run_suite, "db/sqlite", "db/postgresql");
}
