/*
 * A small exhaustive model of a delivery: every combination of a crash, a
 * fault before the dot and an end of data, for one faulty round and for two,
 * each followed by rounds without a fault until the delivery rests. Rounds
 * that differ only in what never comes to pass are counted once.
 *
 * The outbox is the real one, on SQLite. Worker, receiver and time are
 * simulated: the receiver counts what it accepts, a worker that dies stops
 * between two calls, and a worker that sleeps is taken for dead, its rows are
 * reclaimed, and it goes on where it was while the next one is at work.
 *
 * Of each plan it is asked whether the delivery was
 *	lost	it rests as sent, or never rests, and nobody accepted it
 *	twice	it was accepted twice
 *	wrong	the state contradicts what the receiver did
 *
 * The plans are run once more as hooks, whose law is another: they may be
 * accepted twice, but must never be lost and never be in doubt. And under each
 * policy for what is in doubt: what is sent again is accepted once more than it
 * should be at most as often as it was in doubt, and by the same bytes; what is
 * assumed to be sent is never accepted twice, and says that it is assumed.
 *
 * The same plans are run with two protocols that are wrong, to show that the
 * model would notice: one marks after the reply and tries again, the other
 * counts as sent what it is about to send. Plans have equal weight: the counts
 * show what can be reached, not how often it happens.
 *
 *	outbox_model
 */
#include <inttypes.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "gate.h"
#include "outbox/outbox.h"
#include "store.h"

#define START_MS INT64_C(1772000000000)
#define HOUR_MS	 INT64_C(3600000)

enum { PARTNER = 1, RUN = 7, ROUNDS_MAX = 8, PLANS_PER_UNIT = 200 };

/* ---- what may happen ---- */

/* Where the worker is when it stops. */
enum place { NOWHERE, CLAIMED, MARKED, DOTTED, ANSWERED };

enum crash {
	NO_CRASH,
	DIES_CLAIMED,
	DIES_MARKED,
	DIES_DOTTED,
	DIES_ANSWERED,
	SLEEPS_CLAIMED,
	SLEEPS_MARKED,
	SLEEPS_DOTTED,
	SLEEPS_ANSWERED,
	CRASH_COUNT
};

static const struct {
	enum place at;
	bool sleeps;
} crashes[CRASH_COUNT] = {
	[DIES_CLAIMED] = { CLAIMED, false },
	[DIES_MARKED] = { MARKED, false },
	[DIES_DOTTED] = { DOTTED, false },
	[DIES_ANSWERED] = { ANSWERED, false },
	[SLEEPS_CLAIMED] = { CLAIMED, true },
	[SLEEPS_MARKED] = { MARKED, true },
	[SLEEPS_DOTTED] = { DOTTED, true },
	[SLEEPS_ANSWERED] = { ANSWERED, true },
};

/* Before the marker: a definite answer, or the connection breaks. */
enum before { FINE, TRY_LATER, REFUSED, OUR_FAULT, BROKE, BEFORE_COUNT };

/* What the receiver does at the dot, and what of it we hear. */
enum end {
	ACCEPTS,
	SAYS_LATER,
	SAYS_NO,
	ACCEPTS_UNHEARD,
	DROPS_UNHEARD,
	END_COUNT
};

static const struct {
	bool accepts;
	enum outbox_verdict_kind verdict;
} ends[END_COUNT] = {
	[ACCEPTS] = { true, OUTBOX_VERDICT_SENT },
	[SAYS_LATER] = { false, OUTBOX_VERDICT_DEFERRED },
	[SAYS_NO] = { false, OUTBOX_VERDICT_BOUNCED },
	[ACCEPTS_UNHEARD] = { true, OUTBOX_VERDICT_UNKNOWN },
	[DROPS_UNHEARD] = { false, OUTBOX_VERDICT_UNKNOWN },
};

static const enum outbox_verdict_kind before_verdicts[BEFORE_COUNT] = {
	[TRY_LATER] = OUTBOX_VERDICT_DEFERRED,
	[REFUSED] = OUTBOX_VERDICT_BOUNCED,
	[OUR_FAULT] = OUTBOX_VERDICT_HELD,
	[BROKE] = OUTBOX_VERDICT_UNKNOWN,
};

struct round {
	enum crash crash;
	enum before before;
	enum end end;
};

/* All rounds that differ; made once. */
static struct round rounds[CRASH_COUNT * BEFORE_COUNT * END_COUNT];
static int round_count;
static int plan_count; /* of one faulty round and of two */

/* False when something of it is not reached. */
static bool
is_reached(struct round r)
{
	if (r.before != FINE && (r.end != 0 || crashes[r.crash].at > CLAIMED))
		return false;
	if (r.crash == DIES_CLAIMED)
		return r.before == FINE && r.end == 0;
	return r.crash != DIES_MARKED || r.end == 0;
}

static void
make_rounds(void)
{
	for (int i = 0; i < (int)COUNT_OF(rounds); i++) {
		struct round r = {
			.crash = (enum crash)(i / END_COUNT / BEFORE_COUNT),
			.before = (enum before)(i / END_COUNT % BEFORE_COUNT),
			.end = (enum end)(i % END_COUNT),
		};

		if (is_reached(r))
			rounds[round_count++] = r;
	}
	plan_count = round_count + round_count * round_count;
}

/* Round `n` of plan `number`: all but the first one or two are in order. */
static struct round
round_in(int number, int n)
{
	int pair = number - round_count;

	if (number < round_count)
		return n == 0 ? rounds[number] : (struct round){ 0 };
	if (n > 1)
		return (struct round){ 0 };
	return rounds[n == 0 ? pair / round_count : pair % round_count];
}

/* ---- the simulation ---- */

enum protocol { PROPOSED, RESEND, ASSUME, HOOK, MARK_AFTER, SENT_BEFORE };

struct worker {
	struct outbox_delivery d;
	struct round round;
	enum place at;
	bool awake;
	bool heard; /* the reply */
};

struct sim {
	struct db *db;
	struct arena *a;
	enum protocol protocol;
	int64_t now_ms;
	int64_t owner;
	int accepted;
	int doubts;	       /* times it became INDOUBT */
	struct worker sleeper; /* at NOWHERE when there is none */
	struct error *err;
};

#define TRY(call)                                    \
	do {                                         \
		if ((call) < 0)                      \
			return -(int)sim->err->code; \
	} while (0)

/* It has just become INDOUBT: its policy decides. */
static int
obey(struct sim *sim, const struct worker *w)
{
	enum outbox_state became;

	sim->doubts++;
	return outbox_obey(sim->db, &w->d.id, sim->now_ms, &became, sim->err);
}

static int
verdict(struct sim *sim, const struct worker *w, enum outbox_verdict_kind kind)
{
	const struct outbox_verdict v = {
		.kind = kind,
		.status = STR("said"),
		.now_ms = sim->now_ms,
	};
	enum outbox_state became = OUTBOX_STATE_COUNT;

	TRY(outbox_finish(sim->db, &w->d, &v, &became, sim->err));
	return became == OUTBOX_INDOUBT ? obey(sim, w) : 0;
}

static int
mark(struct sim *sim, const struct worker *w)
{
	const struct outbox_marker marker = {
		.now_ms = sim->now_ms,
		.sha256 = STR("the hash of the bytes handed ove"),
		.policy = sim->protocol == RESEND   ? OUTBOX_POLICY_RESEND
			  : sim->protocol == ASSUME ? OUTBOX_POLICY_ASSUME_SENT
						    : OUTBOX_POLICY_HOLD,
	};

	return outbox_mark(sim->db, &w->d, &marker, sim->err);
}

/* True when the worker stops here. */
static bool
stops(const struct worker *w)
{
	return !w->awake && crashes[w->round.crash].at == w->at;
}

/* From CLAIMED to MARKED; 0 when that is its end. */
static int
take_to_marker(struct sim *sim, struct worker *w)
{
	int marked = 1;

	if (w->round.before != FINE) {
		TRY(verdict(sim, w, before_verdicts[w->round.before]));
		return 0;
	}
	if (sim->protocol != MARK_AFTER)
		TRY(marked = mark(sim, w));
	if (marked && sim->protocol == SENT_BEFORE)
		TRY(verdict(sim, w, OUTBOX_VERDICT_SENT));
	w->at = MARKED;
	return marked;
}

static void
send_dot(struct sim *sim, struct worker *w)
{
	sim->accepted += ends[w->round.end].accepts;
	w->at = DOTTED;
}

static int
store_verdict(struct sim *sim, const struct worker *w)
{
	enum outbox_verdict_kind kind = ends[w->round.end].verdict;

	if (sim->protocol == SENT_BEFORE)
		return 0;
	if (sim->protocol == MARK_AFTER && kind == OUTBOX_VERDICT_SENT) {
		int marked;

		TRY(marked = mark(sim, w));
		if (!marked)
			return 0;
	}
	return verdict(sim, w, kind);
}

/* On from where it is. 1 when it stopped on the way, 0 at its end. */
static int
work(struct sim *sim, struct worker *w)
{
	int more;

	if (w->at == CLAIMED) {
		if (stops(w))
			return 1;
		TRY(more = take_to_marker(sim, w));
		if (!more)
			return 0;
	}
	if (w->at == MARKED) {
		if (stops(w))
			return 1;
		send_dot(sim, w);
	}
	if (w->at == DOTTED) {
		if (stops(w))
			return 1;
		w->at = ANSWERED;
	}
	if (stops(w))
		return 1;
	TRY(store_verdict(sim, w));
	return 0;
}

static int
wake_sleeper(struct sim *sim)
{
	if (sim->sleeper.at == NOWHERE)
		return 0;
	sim->sleeper.awake = true;
	TRY(work(sim, &sim->sleeper));
	sim->sleeper.at = NOWHERE;
	return 0;
}

/* Its owner is dead. */
static int
bury(struct sim *sim, const struct worker *w)
{
	struct outbox_delivery row;

	TRY(outbox_reclaim(sim->db, sim->owner, 10, sim->now_ms, sim->err));
	TRY(outbox_find(sim->db, sim->a, &w->d.id, &row, sim->err));
	return row.state == OUTBOX_INDOUBT ? obey(sim, w) : 0;
}

/* One worker's life: 1, or 0 when there was nothing to claim. */
static int
run_round(struct sim *sim, struct round round)
{
	struct worker w = { .round = round, .at = CLAIMED };
	struct outbox_claim how = {
		.owner = ++sim->owner,
		.carrier = sim->protocol == HOOK ? OUTBOX_HTTP : OUTBOX_MAIL,
		.max = 1,
	};
	struct outbox_delivery *items;
	int64_t due_ms;
	int got;

	TRY(got = outbox_next_due(sim->db, &due_ms, sim->err));
	if (!got)
		return 0;
	sim->now_ms = due_ms > sim->now_ms ? due_ms : sim->now_ms;
	how.now_ms = sim->now_ms;
	how.lease_ms = sim->now_ms + HOUR_MS;
	TRY(got = outbox_claim(sim->db, sim->a, &how, &items, sim->err));
	check(got == 1);
	w.d = items[0];
	TRY(wake_sleeper(sim));
	TRY(got = work(sim, &w));
	if (got) {
		TRY(bury(sim, &w));
		if (crashes[round.crash].sleeps)
			sim->sleeper = w;
	}
	return 1;
}

static int
run_rounds(struct sim *sim, int number)
{
	int more = 1;

	for (int n = 0; more && n < ROUNDS_MAX; n++)
		TRY(more = run_round(sim, round_in(number, n)));
	return wake_sleeper(sim);
}

/* ---- plans and their sum ---- */

struct totals {
	int plans;
	int by_state[OUTBOX_STATE_COUNT];
	int unknown_accepted;
	int unknown_not_accepted;
	int delivered_once;
	int assumed;
	int lost;
	int twice;
	int wrong;
};

/*
 * What was accepted, unheard, may be refused when it comes again: hooks, and
 * what is sent again by its policy.
 */
static bool
contradicts(const struct sim *sim, const struct outbox_delivery *row)
{
	switch (sim->protocol) {
	case HOOK:
		return row->state == OUTBOX_INDOUBT;
	case RESEND:
		if (sim->accepted > 1 + sim->doubts)
			return true;
		break;
	case ASSUME:
		if (row->state == OUTBOX_INDOUBT)
			return true;
		break;
	case PROPOSED:
	case MARK_AFTER:
	case SENT_BEFORE:
		break;
	}
	return sim->accepted > 0 &&
	       (row->state == OUTBOX_BOUNCED || row->state == OUTBOX_HELD) &&
	       !(sim->protocol == RESEND && sim->doubts > 0);
}

static bool
is_assumed(const struct sim *sim, const struct outbox_delivery *row)
{
	return sim->protocol == ASSUME && sim->doubts > 0 &&
	       str_starts(row->status, STR("assumed sent: "));
}

static void
judge(struct totals *t, const struct sim *sim,
      const struct outbox_delivery *row)
{
	enum outbox_state state = row->state;
	int accepted = sim->accepted;
	bool rests = outbox_state_final(state) || state == OUTBOX_INDOUBT ||
		     state == OUTBOX_HELD;

	t->plans++;
	t->by_state[state]++;
	t->twice += accepted > 1;
	t->lost += accepted == 0 && !is_assumed(sim, row) &&
		   (state == OUTBOX_SENT || !rests);
	t->assumed += is_assumed(sim, row);
	t->wrong += contradicts(sim, row) || !rests;
	t->delivered_once += state == OUTBOX_SENT && accepted == 1;
	t->unknown_accepted += state == OUTBOX_INDOUBT && accepted;
	t->unknown_not_accepted += state == OUTBOX_INDOUBT && !accepted;
}

/* Plans of one unit. Each leaves no READY row to the next. */
struct batch {
	enum protocol protocol;
	int first;
	struct totals totals;
};

static int
run_plan(struct sim *sim, int number, struct totals *totals)
{
	bool hook = sim->protocol == HOOK;
	const struct outbox_key key = {
		.partner_id = PARTNER,
		.activation_id = RUN,
		.step = STR("invite"),
		.subject_kind = hook ? OUTBOX_LEAD : OUTBOX_PERSON,
		.subject = hook ? STR("lead 7") : TEST_ANNA,
		.channel = hook ? STR("webhook") : STR("email"),
		.seq = number,
	};
	struct outbox_id id = outbox_id_of(&key);
	struct outbox_delivery row;
	struct outbox_filter all = { .partner_id = PARTNER };

	TRY(outbox_put(sim->db, &key, START_MS, sim->err));
	TRY(run_rounds(sim, number));
	TRY(outbox_find(sim->db, sim->a, &id, &row, sim->err));
	judge(totals, sim, &row);
	if (row.state == OUTBOX_READY)
		TRY((int)outbox_cancel(sim->db, &all, STR("livelock"),
				       sim->now_ms, sim->err));
	return 0;
}

static int
run_batch(struct db *db, void *arg, struct error *err)
{
	struct batch *b = arg;
	struct arena *a = arena_new();
	int code = 0;

	b->totals = (struct totals){ 0 };
	for (int i = 0; code >= 0 && i < PLANS_PER_UNIT; i++) {
		int number = b->first + i;
		struct sim sim = {
			.db = db,
			.a = a,
			.protocol = b->protocol,
			.now_ms = START_MS,
			.owner = (int64_t)number * (ROUNDS_MAX + 1),
			.err = err,
		};
		struct arena_mark mark_here = arena_mark(a);

		if (number < plan_count)
			code = run_plan(&sim, number, &b->totals);
		arena_rewind(a, mark_here);
	}
	arena_free(&a);
	return code;
}

static _Noreturn void
give_up(const char *where, const struct error *err)
{
	fprintf(stderr, "outbox_model: %s: %s\n", where, err->text);
	exit(1);
}

static void
add(struct totals *sum, const struct totals *t)
{
	for (int i = 0; i < OUTBOX_STATE_COUNT; i++)
		sum->by_state[i] += t->by_state[i];
	sum->plans += t->plans;
	sum->unknown_accepted += t->unknown_accepted;
	sum->unknown_not_accepted += t->unknown_not_accepted;
	sum->delivered_once += t->delivered_once;
	sum->assumed += t->assumed;
	sum->lost += t->lost;
	sum->twice += t->twice;
	sum->wrong += t->wrong;
}

static int
open_gate(struct db *db, void *arg, struct error *err)
{
	(void)arg;
	if (test_gate_partner(db, STR("acme"), RUN, err) < 0)
		return -(int)err->code;
	return test_gate_contact(db, PARTNER, TEST_ANNA, err);
}

static void
open_store(struct db_store **store, const char *url)
{
	struct error err;

	if (db_store_open(store, url, &err) < 0 ||
	    db_migrate(*store, test_gate_schemas, COUNT_OF(test_gate_schemas),
		       &err) < 0 ||
	    db_commit(*store, open_gate, NULL, &err) < 0)
		give_up("open", &err);
}

static struct totals
run_protocol(enum protocol protocol, const char *name)
{
	struct totals sum = { 0 };
	struct db_store *store;
	char url[TEST_URL_BYTES];
	struct error err;
	struct db *db;

	test_sqlite_url(url);
	open_store(&store, url);
	for (int first = 0; first < plan_count; first += PLANS_PER_UNIT) {
		struct batch b = { .protocol = protocol, .first = first };

		if (db_commit(store, run_batch, &b, &err) < 0)
			give_up(name, &err);
		add(&sum, &b.totals);
	}
	if (db_reader(store, &db, &err) < 0 || outbox_check(db, &err) < 0)
		give_up(name, &err);
	db_store_close(&store);
	test_store_remove(url);
	printf("%-12s plans=%d indoubt(accepted)=%d indoubt(not accepted)=%d "
	       "bounced=%d held=%d delivered once=%d assumed=%d wrong %d, "
	       "lost %d, twice %d\n",
	       name, sum.plans, sum.unknown_accepted, sum.unknown_not_accepted,
	       sum.by_state[OUTBOX_BOUNCED], sum.by_state[OUTBOX_HELD],
	       sum.delivered_once, sum.assumed, sum.wrong, sum.lost, sum.twice);
	return sum;
}

int
main(void)
{
	struct totals ours;
	struct totals resent;
	struct totals assumed;
	struct totals hooks;
	struct totals after;
	struct totals before;

	crypto_init();
	make_rounds();
	ours = run_protocol(PROPOSED, "marker");
	resent = run_protocol(RESEND, "resend");
	assumed = run_protocol(ASSUME, "assume sent");
	hooks = run_protocol(HOOK, "hook");
	after = run_protocol(MARK_AFTER, "mark after");
	before = run_protocol(SENT_BEFORE, "sent before");
	check(ours.plans == plan_count && resent.plans == plan_count &&
	      assumed.plans == plan_count && hooks.plans == plan_count &&
	      after.plans == plan_count && before.plans == plan_count);
	if (ours.lost || ours.twice || ours.wrong) {
		printf("the protocol breaks its promise\n");
		return 1;
	}
	if (resent.lost || resent.wrong || !resent.twice) {
		printf("the policy resend-same-id is broken\n");
		return 1;
	}
	if (assumed.lost || assumed.wrong || assumed.twice ||
	    !assumed.assumed) {
		printf("the policy assume-sent is broken\n");
		return 1;
	}
	if (hooks.lost || hooks.wrong || !hooks.twice) {
		printf("the law of hooks is broken\n");
		return 1;
	}
	if (!after.twice || !before.lost) {
		printf("the model does not notice a wrong protocol\n");
		return 1;
	}
	return 0;
}
