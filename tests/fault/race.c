/*
 * Opt-outs against sends: nothing leaves after the opt-out was committed.
 *
 *	race [--unsubscribes 300] [--sends 4000] [--connections 8] [--seed S]
 *		[--url STORE]
 *
 * Each person is on the lists of four partners. A child sends to a guidon_sink,
 * which keeps a ledger; meanwhile persons opt out here, in another process, in
 * each scope in turn: of one partner's mail, of the vendor's, of all. Most are
 * taken from what the child has claimed at that moment, for between the claim
 * and the marker an opt-out is hardest to obey.
 *
 * An opt-out is one unit, which also reads how the deliveries in its scope
 * stand. What was not marked then must never be in the ledger, which is what
 * "after" means: by the order of commits.
 *
 * The last line is "lost 0, twice 0, in doubt 0, after an opt-out 0"; the exit
 * status is 1 when a promise broke, and then ledger and store are left.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/now.h"
#include "killing.h"
#include "sending.h"
#include "store.h"
#include "tally.h"

enum {
	PARTNERS = 4,
	BATCH = 20,
	SCOPES = SUPPRESSION_GLOBAL + 1,
	TURNS = 1000,
	ROWS_MAX = 1 << 20,
	ROWS_OF_ONE = 8,
	POLL_US = 1000,
};

struct run {
	struct sending sending;
	const char *url;
	char ledger[TEST_URL_BYTES + 16];
	char transport[TEST_URL_BYTES];
	uint64_t seed;
	int unsubscribes;
	int connections;
	int done[SCOPES];
	int all_done;
	int64_t
	    caught; /* deliveries that were on their way and must not leave */
	struct arena *arena;
	struct map forbidden; /* by Message-ID */
};

static _Noreturn void
give_up(const char *where, const struct error *err)
{
	fprintf(stderr, "race: %s: %s\n", where, err->text);
	exit(1);
}

/* ---- the child ---- */

static int
be_the_child(char **argv)
{
	const struct killing_sender sender = {
		.url = argv[2],
		.transport = argv[3],
		.source = sending_source,
		.workers = (int)strtol(argv[4], NULL, 10),
		.batch = BATCH,
		.turns = TURNS,
		.now_ms = now_wall_ms(),
	};

	return !killing_send(&sender);
}

static pid_t
start_child(const struct run *run)
{
	char connections[16];
	const char *const argv[] = { "race",	     "--child",	  run->url,
				     run->transport, connections, NULL };

	snprintf(connections, sizeof(connections), "%d", run->connections);
	return killing_start(argv);
}

/* ---- an opt-out ---- */

struct leaving {
	struct run *run;
	enum suppression_scope scope;
	int64_t partner_id;
	struct person_hash person;
	struct arena *arena;
	struct arena_mark mark;
	struct outbox_delivery *rows[PARTNERS];
	int counts[PARTNERS];
	int is_new;
};

/* The lock first: what is read then stands still. */
static int
leave_unit(struct db *db, void *arg, struct error *err)
{
	struct leaving *l = arg;
	const struct sending *s = &l->run->sending;

	arena_rewind(l->arena, l->mark);
	l->is_new = partner_suppress(db, l->scope, l->partner_id, &l->person,
				     STR("asked to"), now_wall_ms(), err);
	for (int p = 0; p < PARTNERS && l->is_new >= 0; p++) {
		const struct outbox_filter filter = {
			.partner_id = s->partner_id[p],
			.subject = person_hash_view(&l->person),
		};

		l->counts[p] = 0;
		if (l->scope == SUPPRESSION_PARTNER &&
		    s->partner_id[p] != l->partner_id)
			continue;
		l->counts[p] = outbox_list(db, l->arena, &filter, -1,
					   ROWS_OF_ONE, &l->rows[p], err);
		if (l->counts[p] < 0)
			return -(int)err->code;
	}
	return l->is_new;
}

static void
forbid(struct run *run, const struct outbox_delivery *d)
{
	if (d->state == OUTBOX_MARKED || d->state == OUTBOX_SENT ||
	    d->state == OUTBOX_INDOUBT)
		return;
	run->caught += d->state == OUTBOX_CLAIMED;
	map_put(&run->forbidden, sending_message_id(run->arena, &d->id), run);
}

/* Who is about to be sent to: 1, or 0 when nobody is. */
static int
pick_claimed(struct run *run, struct leaving *l)
{
	struct db_rows rows;
	struct error err;
	struct db *db;
	int got;

	if (db_reader(run->sending.store, &db, &err) < 0 ||
	    db_query(
		db, &rows,
		"SELECT partner_id, subject FROM delivery"
		" WHERE owner IS NOT NULL AND state = 1 LIMIT 1 OFFSET ?1",
		DB_ARGS(DB_INT((int64_t)(killing_random(&run->seed) % BATCH))),
		&err) < 0)
		give_up("claimed", &err);
	got = db_next(&rows, &err);
	if (got > 0) {
		l->partner_id = db_int(&rows, 0);
		memcpy(l->person.bytes, db_blob(&rows, 1).p,
		       sizeof(l->person.bytes));
	}
	db_rows_end(&rows);
	if (got < 0)
		give_up("claimed", &err);
	return got;
}

static void
pick_anybody(struct run *run, struct leaving *l)
{
	uint64_t one = killing_random(&run->seed);
	int partner = (int)(one % PARTNERS);

	l->partner_id = run->sending.partner_id[partner];
	l->person = sending_person(
	    &run->sending, partner,
	    (int)(one / PARTNERS % (uint64_t)run->sending.contacts));
}

/* While somebody is on the way: before and after there is no race. */
static void
opt_somebody_out(struct run *run)
{
	struct leaving l = {
		.run = run,
		.scope = (enum suppression_scope)(run->all_done % SCOPES),
		.arena = arena_new(),
	};
	struct error err;

	l.mark = arena_mark(l.arena);
	if (!pick_claimed(run, &l)) {
		now_sleep_us(POLL_US);
		arena_free(&l.arena);
		return;
	}
	if (killing_random(&run->seed) % 4 == 0)
		pick_anybody(run, &l);
	if (db_commit(run->sending.store, leave_unit, &l, &err) < 0)
		give_up("opt out", &err);
	for (int p = 0; p < PARTNERS; p++)
		for (int i = 0; i < l.counts[p]; i++)
			forbid(run, &l.rows[p][i]);
	run->done[l.scope] += l.is_new;
	run->all_done += l.is_new;
	arena_free(&l.arena);
}

/* ---- the race ---- */

static void
race(struct run *run)
{
	struct sink_child sink;
	pid_t child;

	sink_child_start(&sink, run->ledger, SINK_ARGS("--weights", "ok=1"));
	snprintf(run->transport, sizeof(run->transport), "smtp://127.0.0.1:%d",
		 sink.port);
	child = start_child(run);
	while (!killing_has_ended(child)) {
		if (run->all_done < run->unsubscribes)
			opt_somebody_out(run);
		else
			now_sleep_us(POLL_US);
	}
	sink_child_stop(&sink);
}

/* ---- the checker ---- */

static int64_t
count_after(struct run *run, const struct tally *t,
	    const struct outbox_delivery *d)
{
	struct str id = sending_message_id(t->ledger->arena, &d->id);
	const struct sink_entry *e = sink_list_find(t->ledger, id);

	if (!map_find(&run->forbidden, id) || !e || e->accepted == 0)
		return 0;
	printf("sent after an opt-out: %.*s\n", STR_ARG(id));
	return 1;
}

static bool
compare(struct run *run)
{
	struct arena *a = arena_new();
	struct sink_list ledger;
	struct tally t;
	int64_t after = 0;
	bool ok;

	sink_list_read(&ledger, a, run->ledger);
	tally_init(&t, &ledger);
	for (int p = 0; p < PARTNERS; p++) {
		struct outbox_delivery *rows;
		int count =
		    sending_list(&run->sending, a, p, -1, ROWS_MAX, &rows);

		for (int i = 0; i < count; i++) {
			tally_judge(&t, &rows[i]);
			after += count_after(run, &t, &rows[i]);
		}
	}
	tally_end(&t);
	printf("%d unsubscribes (%d of a partner, %d of the vendor, %d of all) "
	       "against %" PRId64 " deliveries: %d accepted, %" PRId64
	       " caught between claim and marker\n",
	       run->all_done, run->done[SUPPRESSION_PARTNER],
	       run->done[SUPPRESSION_VENDOR], run->done[SUPPRESSION_GLOBAL],
	       t.deliveries, ledger.accepted, run->caught);
	printf("lost %" PRId64 ", twice %" PRId64 ", in doubt %" PRId64
	       ", after an opt-out %" PRId64 "\n",
	       t.lost, t.twice, t.indoubt, after);
	ok = sending_is_sound(&run->sending) && t.lost == 0 && t.twice == 0 &&
	     t.indoubt == 0 && t.changed == 0 && after == 0;
	if (run->all_done < run->unsubscribes)
		printf("the sends were over before %d unsubscribes\n",
		       run->unsubscribes);
	arena_free(&a);
	return ok && run->all_done == run->unsubscribes && run->caught > 0;
}

/* ---- all of it ---- */

static const char *
option(int argc, char **argv, const char *name, const char *otherwise)
{
	for (int i = 1; i + 1 < argc; i += 2)
		if (strcmp(argv[i], name) == 0)
			return argv[i + 1];
	return otherwise;
}

static int
number(int argc, char **argv, const char *name, const char *otherwise)
{
	return (int)strtol(option(argc, argv, name, otherwise), NULL, 10);
}

static bool
holds(struct run *run, int sends)
{
	char dir[] = "race.XXXXXX";
	bool ok;

	check(mkdtemp(dir));
	snprintf(run->ledger, sizeof(run->ledger), "%s/ledger", dir);
	run->arena = arena_new();
	map_init(&run->forbidden, run->arena, NULL);
	sending_open(&run->sending, run->url);
	run->sending.is_shared = true;
	sending_people(&run->sending, PARTNERS, sends / PARTNERS);
	sending_put(&run->sending, "invite", now_wall_ms());
	race(run);
	ok = compare(run);
	sending_close(&run->sending);
	arena_free(&run->arena);
	if (ok)
		test_tree_remove(dir);
	return ok;
}

int
main(int argc, char **argv)
{
	char sqlite[TEST_URL_BYTES];
	struct run run = { 0 };
	bool ok;

	if (argc > 4 && strcmp(argv[1], "--child") == 0)
		return be_the_child(argv);
	run.unsubscribes = number(argc, argv, "--unsubscribes", "300");
	run.connections = number(argc, argv, "--connections", "8");
	run.seed = (uint64_t)number(argc, argv, "--seed", "1");
	run.url = option(argc, argv, "--url", getenv("GUIDON_TEST_PG"));
	if (!run.url || !run.url[0]) {
		test_sqlite_url(sqlite);
		run.url = sqlite;
	}
	ok = holds(&run, number(argc, argv, "--sends", "4000"));
	if (ok && run.url == sqlite)
		test_store_remove(sqlite);
	return !ok;
}
