/*
 * What outbox_queue.h promises, on every store there is: what waits is in
 * nobody's way, and no unit of time sees more than the limit.
 */
#include "outbox/outbox_queue.h"

#include <pthread.h>

#include "base/arena.h"
#include "gate.h"
#include "store.h"
#include "test.h"

#define HOUR_MS INT64_C(3600000)
#define DAY_MS	(24 * HOUR_MS)

enum { ACME = 1, BOLT = 2, ACME_RUN = 101, BOLT_RUN = 202, OWNER = 9 };

static const char *url;
static struct db_store *store;
static struct error err;
static struct arena *a;

static const int64_t start_ms = INT64_C(1772000000000);

/* ---- units ---- */

static struct outbox_key
key_of(int64_t partner, int64_t seq)
{
	return (struct outbox_key){
		.partner_id = partner,
		.activation_id = partner == ACME ? ACME_RUN : BOLT_RUN,
		.step = STR("invite"),
		.subject_kind = OUTBOX_PERSON,
		.subject = TEST_ANNA,
		.channel = STR("email"),
		.seq = seq,
	};
}

struct put {
	int64_t partner;
	int count;
	int64_t due_ms;
};

static int
put_unit(struct db *db, void *arg, struct error *e)
{
	const struct put *p = arg;

	for (int i = 0; i < p->count; i++) {
		struct outbox_key key = key_of(p->partner, i);

		if (outbox_put(db, &key, p->due_ms + i, e) < 0)
			return -(int)e->code;
	}
	return 0;
}

static void
put(int64_t partner, int count, int64_t due_ms)
{
	struct put p = { partner, count, due_ms };

	assert_ok(db_commit(store, put_unit, &p, &err), err);
}

struct claim {
	int64_t queue;
	int max;
	int64_t now_ms;
	struct outbox_delivery *items;
};

static int
claim_unit(struct db *db, void *arg, struct error *e)
{
	struct claim *c = arg;
	const struct outbox_claim how = {
		.owner = OWNER,
		.now_ms = c->now_ms,
		.lease_ms = c->now_ms + HOUR_MS,
		.key_id = 1,
		.queue = c->queue,
		.max = c->max,
	};

	return outbox_claim(db, a, &how, &c->items, e);
}

static int
claim(int64_t queue, int max, int64_t now_ms, struct outbox_delivery **out)
{
	struct claim c = { queue, max, now_ms, NULL };
	int count = db_commit(store, claim_unit, &c, &err);

	assert_ok(count, err);
	*out = c.items;
	return count;
}

enum op {
	OP_WAIT,
	OP_DIVERT,
	OP_CLOSE,
	OP_THROTTLE,
	OP_OPEN,
	OP_TURN,
	OP_WAITS,
	OP_CANCEL,
	OP_DOUBT
};

struct act {
	enum op op;
	struct outbox_closing how;
	const struct outbox_delivery *d;
	struct outbox_key key;
	int64_t wish_ms;
	int look;
};

static int
finish(struct db *db, const struct act *c, struct error *e)
{
	const struct outbox_verdict verdict = {
		.kind = OUTBOX_VERDICT_WAITS,
		.status = STR("550 5.7.515 not you"),
		.now_ms = c->how.now_ms,
		.queue = outbox_queue_id(c->how.scope, c->how.name),
	};
	enum outbox_state became;

	if (outbox_queue_hold(db, &c->how, e) < 0)
		return -(int)e->code;
	return outbox_finish(db, c->d, &verdict, &became, e);
}

static int
act_unit(struct db *db, void *arg, struct error *e)
{
	struct act *c = arg;
	const struct outbox_filter all = { .partner_id = ACME };
	struct outbox_delivery *out;
	int64_t id = outbox_queue_id(c->how.scope, c->how.name);

	switch (c->op) {
	case OP_WAIT:
		return outbox_wait(db, c->d, &c->how, e);
	case OP_DIVERT:
		return (int)outbox_divert(db, &c->key, &c->how, c->look, e);
	case OP_CLOSE:
		return outbox_queue_close(db, &c->how, e);
	case OP_THROTTLE:
		return outbox_queue_throttle(db, &c->how, c->wish_ms, e);
	case OP_OPEN:
		return outbox_queue_open(db, id, c->how.now_ms, e);
	case OP_TURN:
		return outbox_queue_turn(db, id, c->how.now_ms, e);
	case OP_WAITS:
		return finish(db, c, e);
	case OP_CANCEL:
		return (int)outbox_cancel(db, &all, STR("gone"), c->how.now_ms,
					  e);
	case OP_DOUBT:
		break;
	}
	return outbox_doubt(db, a, c->how.now_ms, 100, c->how.now_ms, &out, e);
}

static int
act(struct act c)
{
	int code = db_commit(store, act_unit, &c, &err);

	assert_ok(code, err);
	return code;
}

static struct outbox_closing
acme(int64_t until_ms, int64_t now_ms)
{
	return (struct outbox_closing){ .scope = OUTBOX_SCOPE_PARTNER,
					.name = STR("1"),
					.until_ms = until_ms,
					.now_ms = now_ms };
}

static int64_t
acme_id(void)
{
	return outbox_queue_id(OUTBOX_SCOPE_PARTNER, STR("1"));
}

static struct db *
reader(void)
{
	struct db *db;

	assert_ok(db_reader(store, &db, &err), err);
	return db;
}

static int
find(int64_t id, struct outbox_queue *out)
{
	int found = outbox_queue_find(reader(), a, id, out, &err);

	assert_ok(found, err);
	return found;
}

static int64_t
next_due(void)
{
	int64_t due_ms = -1;

	assert_ok(outbox_next_due(reader(), &due_ms, &err), err);
	return due_ms;
}

/* ---- the store of a case ---- */

static int
open_gates(struct db *db, void *arg, struct error *e)
{
	(void)arg;
	if (test_gate_partner(db, STR("acme"), ACME_RUN, e) < 0 ||
	    test_gate_partner(db, STR("bolt"), BOLT_RUN, e) < 0 ||
	    test_gate_contact(db, ACME, TEST_ANNA, e) < 0)
		return -(int)e->code;
	return test_gate_contact(db, BOLT, TEST_ANNA, e);
}

static int
open_store(void **state)
{
	(void)state;
	err = (struct error){ 0 };
	a = arena_new();
	if (test_store_begin(&store, url, test_gate_schemas,
			     COUNT_OF(test_gate_schemas), &err) < 0 ||
	    db_commit(store, open_gates, NULL, &err) < 0) {
		printf("%s: %s\n", url, err.text);
		return -1;
	}
	return 0;
}

static int
close_store(void **state)
{
	int sound = outbox_check(reader(), &err);

	(void)state;
	if (sound < 0)
		printf("%s\n", err.text);
	db_store_close(&store);
	arena_free(&a);
	return sound < 0 ? -1 : 0;
}

/* ---- queues ---- */

static void
what_waits_is_in_nobodys_way(void **state)
{
	struct outbox_delivery *d;
	struct outbox_queue q;

	(void)state;
	put(ACME, 5, start_ms);
	put(BOLT, 3, start_ms + 100);
	assert_int_equal(claim(0, 1, start_ms + 200, &d), 1);
	act((struct act){ .op = OP_WAIT,
			  .d = d,
			  .how = acme(start_ms + HOUR_MS, start_ms + 200) });
	assert_int_equal(act((struct act){
			     .op = OP_DIVERT,
			     .key = { .partner_id = ACME },
			     .look = 6,
			     .how = acme(start_ms + HOUR_MS, start_ms + 200) }),
			 4);
	assert_int_equal(claim(0, 100, start_ms + 200, &d), 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(d[i].key.partner_id, BOLT);
	assert_int_equal(find(acme_id(), &q), 1);
	assert_true(q.holds);
	assert_int_equal(q.opens_ms, start_ms + HOUR_MS);
	assert_str(q.reason, "");
	assert_int_equal(next_due(), start_ms + HOUR_MS);
	/* It comes from there in its order. */
	assert_int_equal(claim(acme_id(), 2, start_ms + HOUR_MS, &d), 2);
	assert_int_equal(d[0].key.seq, 0);
	assert_int_equal(d[1].key.seq, 1);
}

/* What is far behind in the order is not looked at. */
static void
diverting_is_bounded(void **state)
{
	(void)state;
	put(BOLT, 3, start_ms);
	put(ACME, 5, start_ms + 100);
	assert_int_equal(act((struct act){
			     .op = OP_DIVERT,
			     .key = { .partner_id = ACME },
			     .look = 4,
			     .how = acme(start_ms + HOUR_MS, start_ms + 200) }),
			 1);
	assert_int_equal(act((struct act){
			     .op = OP_DIVERT,
			     .key = { .partner_id = ACME, .activation_id = 77 },
			     .look = 100,
			     .how = acme(start_ms + HOUR_MS, start_ms + 200) }),
			 0);
}

static void
what_never_was_marked_is_no_older_for_it(void **state)
{
	struct outbox_delivery *d;
	struct outbox_delivery row;

	(void)state;
	put(ACME, 1, start_ms);
	assert_int_equal(claim(0, 1, start_ms, &d), 1);
	act((struct act){
	    .op = OP_WAITS, .d = d, .how = acme(INT64_MAX, start_ms) });
	assert_int_equal(outbox_find(reader(), a, &d->id, &row, &err), 1);
	assert_int_equal(row.state, OUTBOX_READY);
	assert_int_equal(row.date_ms, 0);
	assert_int_equal(row.deferrals, 0);
	assert_int_equal(row.due_ms, start_ms);
	assert_str(row.status, "550 5.7.515 not you");
	/* Closed for good, it is never due. */
	assert_int_equal(next_due(), -1);
	assert_int_equal(claim(0, 1, start_ms + DAY_MS, &d), 0);
}

static void
an_empty_queue_is_gone(void **state)
{
	struct outbox_delivery *d;
	struct outbox_queue *ready;
	struct outbox_queue q;

	(void)state;
	put(ACME, 1, start_ms);
	assert_int_equal(claim(0, 1, start_ms, &d), 1);
	act((struct act){
	    .op = OP_WAIT, .d = d, .how = acme(start_ms + 10, start_ms) });
	assert_int_equal(
	    outbox_queue_ready(reader(), a, start_ms + 9, 5, &ready, &err), 0);
	assert_int_equal(
	    outbox_queue_ready(reader(), a, start_ms + 10, 5, &ready, &err), 1);
	assert_int_equal(ready[0].id, acme_id());
	act((struct act){ .op = OP_TURN, .how = acme(0, start_ms + 10) });
	assert_int_equal(find(acme_id(), &q), 1);
	assert_int_equal(claim(acme_id(), 1, start_ms + 10, &d), 1);
	act((struct act){ .op = OP_TURN, .how = acme(0, start_ms + 10) });
	assert_int_equal(find(acme_id(), &q), 0);
	assert_int_equal(outbox_queue_any(reader(), &err), 0);
}

/* As a clock that was set back finds it. It is open all the same. */
static void
a_queue_is_not_ready_before_something_is_due(void **state)
{
	struct outbox_delivery *d;
	struct outbox_queue *ready;
	struct outbox_queue q;

	(void)state;
	put(ACME, 1, start_ms);
	assert_int_equal(claim(0, 1, start_ms, &d), 1);
	act((struct act){ .op = OP_WAIT,
			  .d = d,
			  .how = acme(start_ms - DAY_MS, start_ms - DAY_MS) });
	assert_int_equal(next_due(), start_ms - DAY_MS);
	act((struct act){ .op = OP_TURN, .how = acme(0, start_ms - HOUR_MS) });
	assert_int_equal(next_due(), start_ms);
	assert_int_equal(
	    outbox_queue_ready(reader(), a, start_ms - 1, 5, &ready, &err), 0);
	assert_int_equal(
	    outbox_queue_ready(reader(), a, start_ms, 5, &ready, &err), 1);
	assert_int_equal(find(acme_id(), &q), 1);
	assert_int_equal(q.opens_ms, start_ms - HOUR_MS);
}

/* Whatever becomes of a row that waits, it is in no queue then. */
static void
who_leaves_a_queue_is_in_none(void **state)
{
	struct outbox_delivery *d;

	(void)state;
	put(ACME, 2, start_ms);
	assert_int_equal(claim(0, 1, start_ms, &d), 1);
	act((struct act){
	    .op = OP_WAIT, .d = d, .how = acme(INT64_MAX, start_ms) });
	assert_int_equal(
	    act((struct act){ .op = OP_CANCEL, .how = acme(0, start_ms) }), 2);
	put(BOLT, 1, start_ms);
	assert_int_equal(claim(0, 1, start_ms, &d), 1);
	act((struct act){
	    .op = OP_WAIT, .d = d, .how = acme(INT64_MAX, start_ms) });
	assert_int_equal(
	    act((struct act){ .op = OP_DOUBT, .how = acme(0, start_ms) }), 1);
}

static void
the_later_end_counts_and_the_newer_reason(void **state)
{
	struct outbox_closing how = acme(start_ms + HOUR_MS, start_ms);
	struct outbox_queue q;
	struct outbox_queue *closed;

	(void)state;
	act((struct act){ .op = OP_CLOSE, .how = how });
	assert_int_equal(
	    outbox_queue_closed(reader(), a, start_ms, &closed, &err), 0);
	how.reason = STR("12 of 60 were refused");
	how.until_ms = INT64_MAX;
	how.now_ms = start_ms + 5;
	act((struct act){ .op = OP_CLOSE, .how = how });
	/* A limit neither ends it nor takes its reason. */
	act((struct act){ .op = OP_CLOSE,
			  .how = acme(start_ms + DAY_MS, start_ms + 9) });
	assert_int_equal(
	    outbox_queue_closed(reader(), a, start_ms, &closed, &err), 1);
	assert_str(closed[0].reason, "12 of 60 were refused");
	assert_int_equal(closed[0].since_ms, start_ms + 5);
	assert_int_equal(closed[0].opens_ms, INT64_MAX);
	assert_int_equal(
	    act((struct act){ .op = OP_OPEN, .how = acme(0, start_ms + 20) }),
	    1);
	assert_int_equal(
	    act((struct act){ .op = OP_OPEN, .how = acme(0, start_ms + 20) }),
	    0);
	assert_int_equal(find(acme_id(), &q), 1);
	assert_int_equal(q.opens_ms, start_ms + 20);
	assert_str(q.reason, "");
}

static int64_t
throttled_for(int64_t now_ms, int64_t wish_ms)
{
	struct outbox_closing how = acme(0, now_ms);
	struct outbox_queue q;

	how.reason = STR("421 4.7.28 slow down");
	act((struct act){ .op = OP_THROTTLE, .how = how, .wish_ms = wish_ms });
	assert_int_equal(find(acme_id(), &q), 1);
	return q.opens_ms - now_ms;
}

static void
who_asks_again_waits_twice_as_long(void **state)
{
	const int64_t first = 5 * 60 * 1000;
	int64_t now_ms = start_ms;

	(void)state;
	assert_int_equal(throttled_for(now_ms, 0), first);
	/* Twenty connections are told the same. */
	assert_int_equal(throttled_for(now_ms + 1, 0), first);
	now_ms += 2 * first;
	assert_int_equal(throttled_for(now_ms, 0), 2 * first);
	now_ms += 3 * first;
	assert_int_equal(throttled_for(now_ms, 0), 4 * first);
	/* Long after that it is forgiven. */
	now_ms += DAY_MS;
	assert_int_equal(throttled_for(now_ms, 0), first);
	now_ms += DAY_MS;
	assert_int_equal(throttled_for(now_ms, 30000), 30000);
	now_ms += DAY_MS;
	assert_int_equal(throttled_for(now_ms, 9 * DAY_MS), DAY_MS);
}

/* ---- limits ---- */

struct taking {
	struct outbox_rate rate;
	int64_t now_ms;
	int64_t opens_ms;
};

static int
take_unit(struct db *db, void *arg, struct error *e)
{
	struct taking *t = arg;
	int room;

	if (outbox_rate_lock(db, 7, e) < 0)
		return -(int)e->code;
	room = outbox_rate_room(db, 7, &t->rate, t->now_ms, &t->opens_ms, e);
	if (room > 0 && outbox_rate_add(db, 7, t->rate.unit, t->now_ms, e) < 0)
		return -(int)e->code;
	return room;
}

/* In any unit of time whatever, of all that were let through. */
static int
most_in_a_unit(const int64_t *times, int count, int64_t unit_ms)
{
	int most = 0;

	for (int i = 0; i < count; i++) {
		int n = 0;

		while (i + n < count && times[i + n] - times[i] < unit_ms)
			n++;
		most = n > most ? n : most;
	}
	return most;
}

static void
no_unit_of_time_sees_more_than_the_limit(void **state)
{
	static const enum outbox_unit units[] = { OUTBOX_SECOND, OUTBOX_MINUTE,
						  OUTBOX_HOUR, OUTBOX_DAY };
	enum { TRIES = 400, LIMIT = 20 };

	(void)state;
	for (size_t u = 0; u < COUNT_OF(units); u++) {
		int64_t unit_ms = outbox_unit_ms(units[u]);
		struct taking t = { .rate = { LIMIT, units[u] },
				    .now_ms = start_ms };
		int64_t times[TRIES];
		int count = 0;

		for (int i = 0; i < TRIES; i++) {
			int room = db_commit(store, take_unit, &t, &err);

			assert_ok(room, err);
			if (room > 0)
				times[count++] = t.now_ms;
			/* Bursts, and steps that fit no slot. */
			if (i % 7 == 0)
				t.now_ms += unit_ms / 31;
		}
		assert_true(most_in_a_unit(times, count, unit_ms) <= LIMIT);
		assert_true(count >= LIMIT);
	}
}

static void
a_limit_opens_when_it_says(void **state)
{
	struct taking t = { .rate = { 3, OUTBOX_HOUR }, .now_ms = start_ms };

	(void)state;
	for (int i = 3; i > 0; i--)
		assert_int_equal(db_commit(store, take_unit, &t, &err), i);
	assert_int_equal(db_commit(store, take_unit, &t, &err), 0);
	assert_true(t.opens_ms > start_ms + HOUR_MS);
	assert_true(t.opens_ms <= start_ms + HOUR_MS + HOUR_MS / 60);
	t.now_ms = t.opens_ms - 1;
	assert_int_equal(db_commit(store, take_unit, &t, &err), 0);
	t.now_ms = t.opens_ms;
	assert_int_equal(db_commit(store, take_unit, &t, &err), 3);
	/* A clock that was set back does not make room. */
	t.now_ms = start_ms - DAY_MS;
	assert_int_equal(db_commit(store, take_unit, &t, &err), 2);
	/* Of a smaller limit it is used up at once. */
	t.now_ms = t.opens_ms > start_ms ? start_ms + DAY_MS : 0;
	t.rate.messages = 1;
	assert_true(db_commit(store, take_unit, &t, &err) > 0);
	assert_int_equal(db_commit(store, take_unit, &t, &err), 0);
}

static void
what_holds_for_ever_never_opens(void **state)
{
	struct taking t = { .rate = { 1, OUTBOX_EVER }, .now_ms = start_ms };

	(void)state;
	assert_int_equal(db_commit(store, take_unit, &t, &err), 1);
	t.now_ms += 1000 * DAY_MS;
	assert_int_equal(db_commit(store, take_unit, &t, &err), 0);
	assert_int_equal(t.opens_ms, INT64_MAX);
}

enum { THREADS = 6, EACH = 30 };

static void *
take_many(void *arg)
{
	int *passed = arg;
	struct error e;

	for (int i = 0; i < EACH; i++) {
		struct taking t = { .rate = { 50, OUTBOX_DAY },
				    .now_ms = start_ms };
		int room = db_commit(store, take_unit, &t, &e);

		check(room >= 0);
		*passed += room > 0;
	}
	return NULL;
}

static void
those_who_take_at_once_share_the_limit(void **state)
{
	pthread_t threads[THREADS];
	int passed[THREADS] = { 0 };
	int sum = 0;

	(void)state;
	for (int i = 0; i < THREADS; i++)
		check(pthread_create(&threads[i], NULL, take_many,
				     &passed[i]) == 0);
	for (int i = 0; i < THREADS; i++) {
		check(pthread_join(threads[i], NULL) == 0);
		sum += passed[i];
	}
	assert_int_equal(sum, 50);
}

/* ---- all of it ---- */

#define CASE(name) \
	cmocka_unit_test_setup_teardown(name, open_store, close_store)

static int
run_suite(const char *name)
{
	const struct CMUnitTest tests[] = {
		CASE(what_waits_is_in_nobodys_way),
		CASE(diverting_is_bounded),
		CASE(what_never_was_marked_is_no_older_for_it),
		CASE(an_empty_queue_is_gone),
		CASE(a_queue_is_not_ready_before_something_is_due),
		CASE(who_leaves_a_queue_is_in_none),
		CASE(the_later_end_counts_and_the_newer_reason),
		CASE(who_asks_again_waits_twice_as_long),
		CASE(no_unit_of_time_sees_more_than_the_limit),
		CASE(a_limit_opens_when_it_says),
		CASE(what_holds_for_ever_never_opens),
		CASE(those_who_take_at_once_share_the_limit),
	};

	return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
	return test_on_both(&url, run_suite, "outbox_queue/sqlite",
			    "outbox_queue/postgresql");
}
