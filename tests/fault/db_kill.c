/*
 * What db_commit() has acknowledged survives the death of its process, and a
 * unit is there whole or not at all.
 *
 * A child commits units without end; each inserts two rows with its number,
 * and the number goes into a pipe only after db_commit() returned. The parent
 * kills it with SIGKILL at a moment drawn from SEED, opens the store and
 * compares: every number from the pipe has two rows, and no number has one.
 * What was committed but not acknowledged may be there. Several threads
 * commit, so that groups of units die together.
 *
 *	db_kill [SEED]
 *
 * Pulling the plug is not tested: a killed process leaves its pages to the
 * kernel. That fsync is called at all is for strace to see.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/now.h"
#include "db/db.h"
#include "store.h"

enum {
	KILLS = 20,
	THREADS = 4,
	RUN_US = 60 * 1000,
	POLL_US = 500,
	OPENING_MAX_US = 10 * 1000 * 1000,
	NUMBERS_MAX = 1 << 20,
};

static const char *const steps[] = {
	"CREATE TABLE half (\n"
	"	number BIGINT NOT NULL,\n"
	"	part   BIGINT NOT NULL,\n"
	"	PRIMARY KEY (number, part)\n"
	") /*sqlite STRICT */;\n",
};
static const struct db_schema schema = { "kill", steps, COUNT_OF(steps) };

static struct db_store *store;
static int acknowledged; /* the child's end of the pipe */

static _Noreturn void
give_up(const char *where, const struct error *err)
{
	fprintf(stderr, "db_kill: %s: %s\n", where, err->text);
	exit(1);
}

static void
open_store(const char *url)
{
	const struct db_schema *const schemas[] = { &schema };
	struct error err;

	if (db_store_open(&store, url, &err) < 0 ||
	    db_migrate(store, schemas, 1, &err) < 0)
		give_up("open", &err);
}

/* ---- the child ---- */

static int
put_both(struct db *db, void *arg, struct error *err)
{
	const int64_t *number = arg;

	for (int part = 0; part < 2; part++)
		if (db_run(db, "INSERT INTO half(number, part) VALUES (?1, ?2)",
			   DB_ARGS(DB_INT(*number), DB_INT(part)), err) < 0)
			return -(int)err->code;
	return 0;
}

static void *
commit_for_ever(void *arg)
{
	int64_t number = *(int64_t *)arg;
	struct error err;

	for (;; number += THREADS) {
		if (db_commit(store, put_both, &number, &err) < 0)
			give_up("commit", &err);
		check(write(acknowledged, &number, sizeof(number)) ==
		      sizeof(number));
	}
	return NULL;
}

static _Noreturn void
be_the_child(const char *url, int64_t first_number)
{
	int64_t first[THREADS];
	pthread_t thread;

	open_store(url);
	for (int i = 0; i < THREADS; i++) {
		first[i] = first_number + i;
		check(pthread_create(&thread, NULL, commit_for_ever,
				     &first[i]) == 0);
	}
	for (;;)
		pause();
}

/* ---- the parent ---- */

struct ledger {
	unsigned char *acked; /* by number */
	_Atomic int64_t acked_count;
	int64_t highest;
};

static uint64_t
next_random(uint64_t *seed)
{
	*seed += UINT64_C(0x9e3779b97f4a7c15);
	return (*seed ^ (*seed >> 31)) * UINT64_C(0xbf58476d1ce4e5b9) >> 32;
}

static void
read_ledger(struct ledger *ledger, int from)
{
	int64_t number;

	while (read(from, &number, sizeof(number)) == sizeof(number)) {
		check(number >= 0 && number < NUMBERS_MAX);
		check(!ledger->acked[number]);
		ledger->acked[number] = 1;
		ledger->acked_count++;
		if (number > ledger->highest)
			ledger->highest = number;
	}
}

/* Collects while the child lives: a full pipe would stop it. */
static void *
collect(void *arg)
{
	struct ledger *ledger = ((void **)arg)[0];
	const int *from = ((void **)arg)[1];

	read_ledger(ledger, *from);
	return NULL;
}

/* Until this child has acknowledged a unit, however slow the machine is. */
static void
await_first(struct ledger *ledger, int64_t before)
{
	for (int64_t waited_us = 0;
	     atomic_load(&ledger->acked_count) == before &&
	     waited_us < OPENING_MAX_US;
	     waited_us += POLL_US)
		now_sleep_us(POLL_US);
}

static void
run_and_kill(const char *url, struct ledger *ledger, uint64_t *seed)
{
	int ends[2];
	void *args[] = { ledger, &ends[0] };
	int64_t before = atomic_load(&ledger->acked_count);
	pthread_t collector;
	pid_t child;

	check(pipe(ends) == 0);
	child = fork();
	check(child >= 0);
	if (child == 0) {
		close(ends[0]);
		acknowledged = ends[1];
		be_the_child(url, ledger->highest + 1 + THREADS * 16);
	}
	close(ends[1]);
	check(pthread_create(&collector, NULL, collect, args) == 0);
	/* One in four is killed while it opens, the others at their work. */
	if (next_random(seed) % 4 != 0)
		await_first(ledger, before);
	now_sleep_us((int64_t)(next_random(seed) % RUN_US));
	check(kill(child, SIGKILL) == 0);
	check(waitpid(child, NULL, 0) == child);
	check(pthread_join(collector, NULL) == 0);
	close(ends[0]);
}

struct verdict {
	int64_t lost;
	int64_t half;
};

static void
compare(struct ledger *ledger, struct verdict *verdict)
{
	unsigned char *parts = calloc(NUMBERS_MAX, 1);
	struct db_rows rows;
	struct error err;
	struct db *db;
	int got;

	check(parts);
	if (db_reader(store, &db, &err) < 0 ||
	    db_query(db, &rows, "SELECT number FROM half", DB_NO_ARGS, &err) <
		0)
		give_up("read", &err);
	while ((got = db_next(&rows, &err)) > 0)
		parts[db_int(&rows, 0)]++;
	db_rows_end(&rows);
	if (got < 0)
		give_up("read", &err);
	for (int64_t i = 0; i < NUMBERS_MAX; i++) {
		/* The next child begins above, also above the unacknowledged. */
		if (parts[i] && i > ledger->highest)
			ledger->highest = i;
		verdict->lost += ledger->acked[i] && parts[i] != 2;
		verdict->half += parts[i] == 1;
	}
	free(parts);
}

static void
check_integrity(void)
{
	struct db_rows rows;
	struct error err;
	struct db *db;

	if (db_store_dialect(store) != DB_SQLITE)
		return;
	if (db_reader(store, &db, &err) < 0 ||
	    db_query(db, &rows, "PRAGMA integrity_check", DB_NO_ARGS, &err) <
		0 ||
	    db_next(&rows, &err) < 0)
		give_up("integrity_check", &err);
	check(str_eq_cstr(db_text(&rows, 0), "ok"));
	db_rows_end(&rows);
}

static int
drop_table(struct db *db, void *arg, struct error *err)
{
	(void)arg;
	if (db_run(db, "DROP TABLE half", DB_NO_ARGS, err) < 0 ||
	    db_run(db, "DELETE FROM schema_area WHERE area = 'kill'",
		   DB_NO_ARGS, err) < 0)
		return -(int)err->code;
	return 0;
}

static bool
survives(const char *name, const char *url, uint64_t seed)
{
	struct ledger ledger = { .acked = calloc(NUMBERS_MAX, 1) };
	struct verdict verdict = { 0 };
	struct error err;

	check(ledger.acked);
	for (int i = 0; i < KILLS; i++) {
		run_and_kill(url, &ledger, &seed);
		open_store(url);
		compare(&ledger, &verdict);
		check_integrity();
		db_store_close(&store);
	}
	open_store(url);
	if (db_commit(store, drop_table, NULL, &err) < 0)
		give_up("drop", &err);
	db_store_close(&store);
	free(ledger.acked);
	printf("%s: %d kills, %" PRId64 " units acknowledged\n", name, KILLS,
	       ledger.acked_count);
	printf("lost %" PRId64 ", half %" PRId64 "\n", verdict.lost,
	       verdict.half);
	return ledger.acked_count > 0 && !verdict.lost && !verdict.half;
}

int
main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	char sqlite[TEST_URL_BYTES];
	const char *pg = test_pg_url();
	bool ok;

	test_sqlite_url(sqlite);
	ok = survives("sqlite", sqlite, seed);
	test_store_remove(sqlite);
	if (pg)
		ok = survives("postgresql", pg, seed) && ok;
	return !ok;
}
