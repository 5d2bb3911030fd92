/*
 * Each hit is projected exactly once, whoever dies in between.
 *
 * A child projects hits in small batches; the parent kills it with SIGKILL at
 * a moment drawn from SEED, again and again, then projects the rest itself and
 * counts: as many events as hits, each hit's own time once.
 *
 *	hit_kill [SEED]
 */
#include <inttypes.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/now.h"
#include "event/event.h"
#include "sent.h"
#include "store.h"

enum { KILLS = 15, HITS = 3000, BATCH = 5, RUN_US = 25 * 1000, PUT = 100 };

static const int64_t sent_ms = 1000000;
static const int64_t end_ms = 900000000;

static struct db_store *store;
static struct test_sent mail;

static _Noreturn void
give_up(const char *where, const struct error *err)
{
	fprintf(stderr, "hit_kill: %s: %s\n", where, err->text);
	exit(1);
}

static int
put_mail(struct db *db, void *arg, struct error *err)
{
	(void)arg;
	mail = (struct test_sent){
		.key = { .partner_id = 1,
			 .activation_id = 101,
			 .step = STR("invite"),
			 .subject_kind = OUTBOX_PERSON,
			 .subject = TEST_ANNA,
			 .channel = STR("email") },
		.marked_ms = sent_ms,
		.sent_ms = sent_ms,
	};
	if (test_gate_partner(db, STR("acme"), 101, err) < 0 ||
	    test_gate_contact(db, 1, TEST_ANNA, err) < 0)
		return -(int)err->code;
	return test_sent(db, &mail, err);
}

/* The time of a hit is its number. */
static int
put_hits(struct db *db, void *arg, struct error *err)
{
	const int *first = arg;
	struct event_hit hit = { .kind = EVENT_HIT_OPEN, .partner_id = 1 };

	memcpy(hit.delivery, mail.id.bytes, sizeof(hit.delivery));
	for (int i = *first; i < *first + PUT; i++) {
		hit.at_ms = 2 * sent_ms + i;
		if (event_hit_add(db, &hit, err) < 0)
			return -(int)err->code;
	}
	return 0;
}

static void
begin(const char *url)
{
	const struct db_schema *const schemas[] = {
		&event_schema,
		&partner_schema,
		&outbox_schema,
	};
	struct error err;

	if (test_store_begin(&store, url, schemas, COUNT_OF(schemas), &err) <
		0 ||
	    db_commit(store, put_mail, NULL, &err) < 0)
		give_up("begin", &err);
	for (int i = 0; i < HITS; i += PUT)
		if (db_commit(store, put_hits, &i, &err) < 0)
			give_up("hits", &err);
	db_store_close(&store);
}

static void
project(const char *url, int batch)
{
	struct error err;
	int got;

	if (db_store_open(&store, url, &err) < 0)
		give_up("open", &err);
	do {
		got = event_step(store, end_ms, batch, &err);
		if (got < 0)
			give_up("step", &err);
	} while (got > 0);
	db_store_close(&store);
}

static void
run_and_kill(const char *url, int64_t us)
{
	pid_t child = fork();

	check(child >= 0);
	if (child == 0) {
		project(url, BATCH);
		_exit(0);
	}
	now_sleep_us(us);
	check(kill(child, SIGKILL) == 0);
	check(waitpid(child, NULL, 0) == child);
}

/* Events beyond the first of each hit, or missing. */
static int
count_wrong(int *events)
{
	const struct event_filter all = { .partner_id = -1, .limit = 2 * HITS };
	struct arena *a = arena_new();
	struct event_row *rows;
	struct error err;
	struct db *db;
	int seen[HITS] = { 0 };
	int wrong = 0;

	if (db_reader(store, &db, &err) < 0 ||
	    (*events = event_list(db, a, &all, &rows, &err)) < 0)
		give_up("read", &err);
	for (int i = 0; i < *events; i++)
		seen[rows[i].event.at_ms - 2 * sent_ms]++;
	for (int i = 0; i < HITS; i++)
		wrong += seen[i] != 1;
	if (event_verify(db, &err) < 0)
		give_up("verify", &err);
	arena_free(&a);
	return wrong;
}

static bool
survives(const char *name, const char *url, uint64_t seed)
{
	struct error err;
	int events;
	int wrong;

	begin(url);
	for (int i = 0; i < KILLS; i++) {
		seed = seed * UINT64_C(6364136223846793005) + 1;
		run_and_kill(url, (int64_t)(seed >> 33) % RUN_US);
	}
	project(url, HITS);
	if (db_store_open(&store, url, &err) < 0)
		give_up("open", &err);
	wrong = count_wrong(&events);
	db_store_close(&store);
	printf("%s: %d kills, %d hits, %d events, %d wrong\n", name, KILLS,
	       HITS, events, wrong);
	return wrong == 0;
}

int
main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	char sqlite[TEST_URL_BYTES];
	const char *pg = test_pg_url();
	bool ok;

	crypto_init();
	test_sqlite_url(sqlite);
	ok = survives("sqlite", sqlite, seed);
	test_store_remove(sqlite);
	if (pg)
		ok = survives("postgresql", pg, seed) && ok;
	return !ok;
}
