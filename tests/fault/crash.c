/*
 * A sender over SMTP that is killed at any moment: nothing is lost, nothing is
 * accepted twice, and what is in doubt has a reason.
 *
 *	crash --kills N [--sink well|faulty] [--seed S] [--messages 2000]
 *		[--connections 8] [--url STORE] [--client esmtp|curl]
 *		[--policy hold|resend-same-id|assume-sent]
 *
 * guidon_sink keeps a ledger; it behaves well, so that in doubt is only what a
 * kill made so: one message a connection and kill at most. The faulty one
 * draws a fault for each attempt. A child sends
 * to it and is killed with SIGKILL at moments drawn from the seed, and started
 * again, until all kills are used up and a run ends by itself; when one ends
 * before, as many messages are put again. Then the sink takes everything and
 * a last run brings what is still READY to its end. Retries lie hours ahead:
 * each child is given the time (--now) and goes on by a virtual clock.
 *
 * What is compared is the ledger and the store (tests/lib/tally.h). Beyond
 * that:
 *  - At a kill no more deliveries are MARKED than there are connections.
 *  - A delivery is in doubt because its sender was killed, or because the sink
 *    left an attempt without an answer. What the sink did to it is drawn anew
 *    here, from the number of its attempts in the ledger.
 *
 *  - Under a policy what is in doubt goes its way: accepted once more is at
 *    most what was sent again, and of the same bytes; of what is assumed to be
 *    sent nothing is in doubt and nothing accepted twice.
 *  - At each kill the states add up to what was planned.
 *
 * The last line is "lost 0, twice 0, in doubt N"; the exit status is 1 when a
 * promise broke, and then ledger and store are left for looking.
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
#include "sink_priv.h"
#include "store.h"
#include "tally.h"

enum {
	PARTNERS = 4,
	BATCH = 20,
	KILL_FROM_MS = 50,
	KILL_SPAN_MS = 1000,
	POLL_US = 2000,
	FAULTY_TURNS = 2, /* the rest is left for the last run */
	LAST_TURNS = 1000,
	STEP_MS = 60 * 60 * 1000,
	DOT_TIMEOUT_MS = 2000,
	STALL_MS = 2 * DOT_TIMEOUT_MS,
	ROWS_MAX = 1 << 20,
};

/* What outbox_reclaim() says. */
#define OWNER_DIED STR("the sender ended before the reply")

/* The faults of the campaign: what is drawn, and how the sink is told. */
static const struct sink_options faulty = {
	.weights = {
		[SINK_FAULT_OK] = 70,
		[SINK_FAULT_4XX] = 10,
		[SINK_FAULT_5XX] = 5,
		[SINK_FAULT_DROP] = 5,
		[SINK_FAULT_ACCEPT_DROP] = 4,
		[SINK_FAULT_ACCEPT_STALL] = 3,
		[SINK_FAULT_HALF_CLOSE] = 2,
		[SINK_FAULT_GARBAGE] = 1,
	},
};
static const struct sink_options well = { .weights = { [SINK_FAULT_OK] = 1 } };
static const char well_weights[] = "ok=1";
static const char faulty_weights[] =
    "ok=70,4xx=10,5xx=5,drop=5,accept-drop=4,accept-stall=3,half-close=2,"
    "garbage=1";

struct run {
	struct sending sending;
	const char *url;
	bool is_faulty; /* the sink */
	bool by_curl;
	char ledger[TEST_URL_BYTES + 16];
	char transport[TEST_URL_BYTES];
	uint64_t seed;	    /* of the kills */
	uint64_t sink_seed; /* of the faults */
	int messages;
	int connections;
	enum outbox_policy policy;
	int kills;
	int killed;
	int rounds;
	int64_t marked_sum; /* at kills */
	int64_t marked_max;
	int64_t over;	 /* kills with more MARKED than connections */
	int64_t unequal; /* kills at which the states did not add up */
	int64_t now_ms;
};

/* ---- the child ---- */

static int
be_the_child(char **argv)
{
	const struct killing_sender sender = {
		.url = argv[2],
		.transport = argv[3],
		.source = sending_source_of(
		    (enum outbox_policy)strtol(argv[8], NULL, 10)),
		.workers = (int)strtol(argv[4], NULL, 10),
		.batch = BATCH,
		.turns = (int)strtol(argv[5], NULL, 10),
		.now_ms = strtoll(argv[7], NULL, 10),
		.step_ms = STEP_MS,
	};

	/* That something is left is for the parent to see. */
	(void)killing_send(&sender);
	return 0;
}

static pid_t
start_child(struct run *run, int turns)
{
	char connections[16], turns_text[16], now[32], policy[16];
	const char *const argv[] = {
		"crash",    "--child", run->url, run->transport, connections,
		turns_text, "--now",   now,	 policy,	 NULL,
	};
	int64_t due_ms = sending_next_due(&run->sending);

	if (due_ms > run->now_ms)
		run->now_ms = due_ms;
	snprintf(connections, sizeof(connections), "%d", run->connections);
	snprintf(turns_text, sizeof(turns_text), "%d", turns);
	snprintf(now, sizeof(now), "%" PRId64, run->now_ms);
	snprintf(policy, sizeof(policy), "%d", (int)run->policy);
	return killing_start(argv);
}

/* ---- the sink ---- */

static void
start_sink(struct run *run, struct sink_child *sink, const char *weights)
{
	char seed[32], stall[16];

	snprintf(seed, sizeof(seed), "%" PRIu64, run->sink_seed);
	snprintf(stall, sizeof(stall), "%d", STALL_MS);
	sink_child_start(sink, run->ledger,
			 SINK_ARGS("--seed", seed, "--stall-ms", stall,
				   "--weights", weights));
	snprintf(run->transport, sizeof(run->transport),
		 "smtp://127.0.0.1:%d?dot-timeout=%d%s", sink->port,
		 DOT_TIMEOUT_MS, run->by_curl ? "&client=curl" : "");
}

/* ---- kills ---- */

static int64_t
planned(const struct run *run)
{
	return (int64_t)run->rounds * PARTNERS * run->sending.contacts;
}

static void
note_kill(struct run *run)
{
	struct outbox_counts c;
	int64_t sum = 0;
	int64_t marked;

	sending_count(&run->sending, &c);
	for (int i = 0; i < OUTBOX_STATE_COUNT; i++)
		sum += c.by_state[i];
	run->unequal += sum != planned(run);
	marked = c.by_state[OUTBOX_MARKED];
	run->killed++;
	run->marked_sum += marked;
	if (marked > run->marked_max)
		run->marked_max = marked;
	run->over += marked > run->connections;
}

/* True when it was killed. */
static bool
run_once(struct run *run)
{
	int64_t end_us = INT64_MAX;
	pid_t child;

	if (run->killed < run->kills)
		end_us = now_mono_us() +
			 (int64_t)(KILL_FROM_MS +
				   killing_random(&run->seed) % KILL_SPAN_MS) *
			     1000;
	child = start_child(run, FAULTY_TURNS);
	while (!killing_has_ended(child)) {
		if (now_mono_us() >= end_us) {
			killing_kill(child);
			note_kill(run);
			return true;
		}
		now_sleep_us(POLL_US);
	}
	return false;
}

static void
print_run(struct run *run, const char *how)
{
	struct outbox_counts c;

	sending_count(&run->sending, &c);
	printf("%s:", how);
	for (int i = 0; i < OUTBOX_STATE_COUNT; i++)
		if (c.by_state[i] > 0)
			printf(" %s %" PRId64,
			       outbox_state_name((enum outbox_state)i),
			       c.by_state[i]);
	printf("\n");
	fflush(stdout);
}

static void
put_round(struct run *run)
{
	char step[32];

	snprintf(step, sizeof(step), "step-%d", run->rounds++);
	sending_put(&run->sending, step, run->now_ms);
}

static void
kill_and_restart(struct run *run)
{
	struct sink_child sink;
	bool killed = true;

	start_sink(run, &sink, run->is_faulty ? faulty_weights : well_weights);
	put_round(run);
	while (killed || run->killed < run->kills) {
		if (!killed)
			put_round(run);
		killed = run_once(run);
		print_run(run, killed ? "killed" : "ended");
	}
	sink_child_stop(&sink);
}

static void
finish(struct run *run)
{
	struct sink_child sink;
	pid_t child;

	start_sink(run, &sink, well_weights);
	child = start_child(run, LAST_TURNS);
	while (!killing_has_ended(child))
		now_sleep_us(POLL_US);
	sink_child_stop(&sink);
	print_run(run, "finished");
}

/* ---- the checker ---- */

struct doubts {
	int64_t by_kill;
	int64_t by_sink;
	int64_t without_reason;
};

/* One attempt at least was left without an answer. */
static bool
is_sinks_doing(const struct run *run, const struct tally *t,
	       const struct outbox_delivery *d)
{
	struct str id = sending_message_id(t->ledger->arena, &d->id);
	const struct sink_entry *e = sink_list_find(t->ledger, id);
	int attempts = e ? e->accepted + e->refused : 0;
	struct sink_options options = run->is_faulty ? faulty : well;

	options.seed = run->sink_seed;
	for (int i = 1; i <= attempts; i++) {
		enum sink_fault fault = sink_draw(&options, id, i).fault;

		if (fault != SINK_FAULT_OK && fault != SINK_FAULT_4XX &&
		    fault != SINK_FAULT_5XX)
			return true;
	}
	return false;
}

static void
ask_why(const struct run *run, const struct tally *t,
	const struct outbox_delivery *d, struct doubts *doubts)
{
	if (d->state != OUTBOX_INDOUBT)
		return;
	if (str_eq(d->status, OWNER_DIED)) {
		doubts->by_kill++;
	} else if (is_sinks_doing(run, t, d)) {
		doubts->by_sink++;
	} else {
		printf("in doubt without a reason: %.*s\n", STR_ARG(d->status));
		doubts->without_reason++;
	}
}

static void
judge_all(struct run *run, struct tally *t, struct doubts *doubts)
{
	for (int p = 0; p < PARTNERS; p++) {
		struct outbox_delivery *rows;
		int count = sending_list(&run->sending, t->ledger->arena, p, -1,
					 ROWS_MAX, &rows);

		for (int i = 0; i < count; i++) {
			tally_judge(t, &rows[i]);
			ask_why(run, t, &rows[i], doubts);
		}
	}
	tally_end(t);
}

/* Each policy does what it is for, and no other. */
static bool
policy_is_kept(const struct run *run, const struct tally *t)
{
	printf("%s: sent again %" PRId64 ", accepted once more %" PRId64
	       ", assumed %" PRId64 "\n",
	       outbox_policy_name(run->policy), t->resends, t->again,
	       t->assumed);
	switch (run->policy) {
	case OUTBOX_POLICY_HOLD:
		return t->again == 0 && t->resends == 0 && t->assumed == 0;
	case OUTBOX_POLICY_RESEND:
		return t->again <= t->resends && t->assumed == 0;
	case OUTBOX_POLICY_ASSUME_SENT:
	case OUTBOX_POLICY_COUNT:
		break;
	}
	return t->again == 0 && t->resends == 0 && t->indoubt == 0;
}

static bool
compare(struct run *run)
{
	struct arena *a = arena_new();
	struct doubts doubts = { 0 };
	struct sink_list ledger;
	struct tally t;
	bool ok;

	sink_list_read(&ledger, a, run->ledger);
	tally_init(&t, &ledger);
	judge_all(run, &t, &doubts);
	ok = sending_is_sound(&run->sending) && t.deliveries == planned(run) &&
	     run->unequal == 0 && ledger.accepted > 0 && t.lost == 0 &&
	     t.twice == 0 && t.changed == 0 && doubts.without_reason == 0 &&
	     run->over == 0 &&
	     doubts.by_kill <= (int64_t)run->killed * run->connections &&
	     policy_is_kept(run, &t);
	printf("%d kills, %" PRId64 " deliveries, %d accepted, %d refused, "
	       "%" PRId64 " changed\n",
	       run->killed, t.deliveries, ledger.accepted, ledger.refused,
	       t.changed);
	printf("in doubt: by kills %" PRId64 ", by the sink %" PRId64
	       ", without a reason %" PRId64 "\n",
	       doubts.by_kill, doubts.by_sink, doubts.without_reason);
	printf("marked at a kill: mean %.1f, most %" PRId64
	       ", of %d connections\n",
	       run->killed ? (double)run->marked_sum / run->killed : 0.0,
	       run->marked_max, run->connections);
	printf("lost %" PRId64 ", twice %" PRId64 ", in doubt %" PRId64 "\n",
	       t.lost, t.twice, t.indoubt);
	arena_free(&a);
	return ok;
}

/* ---- main ---- */

static bool
survives(struct run *run)
{
	char dir[] = "crash.XXXXXX";
	bool ok;

	check(mkdtemp(dir));
	snprintf(run->ledger, sizeof(run->ledger), "%s/ledger", dir);
	printf("seed %" PRIu64 "\n", run->seed);
	run->sink_seed = run->seed;
	run->now_ms = now_wall_ms();
	sending_open(&run->sending, run->url);
	sending_people(&run->sending, PARTNERS,
		       (run->messages + PARTNERS - 1) / PARTNERS);
	kill_and_restart(run);
	finish(run);
	ok = compare(run);
	sending_close(&run->sending);
	if (ok)
		test_tree_remove(dir);
	else
		fprintf(stderr, "left for looking: %s, %s\n", dir, run->url);
	return ok;
}

static enum outbox_policy
policy_named(const char *name)
{
	for (int i = 0; i < OUTBOX_POLICY_COUNT; i++)
		if (strcmp(name, outbox_policy_name((enum outbox_policy)i)) ==
		    0)
			return (enum outbox_policy)i;
	fprintf(stderr, "crash: no policy \"%s\"\n", name);
	exit(1);
}

static void
read_options(struct run *run, int argc, char **argv)
{
	for (int i = 1; i + 1 < argc; i += 2) {
		const char *value = argv[i + 1];

		if (strcmp(argv[i], "--kills") == 0)
			run->kills = (int)strtol(value, NULL, 10);
		else if (strcmp(argv[i], "--seed") == 0)
			run->seed = strtoull(value, NULL, 10);
		else if (strcmp(argv[i], "--messages") == 0)
			run->messages = (int)strtol(value, NULL, 10);
		else if (strcmp(argv[i], "--connections") == 0)
			run->connections = (int)strtol(value, NULL, 10);
		else if (strcmp(argv[i], "--sink") == 0)
			run->is_faulty = strcmp(value, "faulty") == 0;
		else if (strcmp(argv[i], "--policy") == 0)
			run->policy = policy_named(value);
		else if (strcmp(argv[i], "--client") == 0)
			run->by_curl = strcmp(value, "curl") == 0;
		else if (strcmp(argv[i], "--url") == 0)
			run->url = value;
	}
}

int
main(int argc, char **argv)
{
	struct run run = {
		.url = getenv("GUIDON_TEST_PG"),
		.seed = 1,
		.messages = 2000,
		.connections = 8,
		.kills = 20,
	};
	char sqlite[TEST_URL_BYTES];
	bool ok;

	if (argc == 9 && strcmp(argv[1], "--child") == 0)
		return be_the_child(argv);
	read_options(&run, argc, argv);
	if (run.url && run.url[0])
		return !survives(&run);
	test_sqlite_url(sqlite);
	run.url = sqlite;
	ok = survives(&run);
	if (ok)
		test_store_remove(sqlite);
	return !ok;
}
