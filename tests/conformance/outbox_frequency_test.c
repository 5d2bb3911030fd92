/*
 * How often a person is mailed, on every store there is: by the marker's own
 * word, also when two partners' senders ask for the last place at once.
 */
#include <pthread.h>

#include "base/arena.h"
#include "gate.h"
#include "store.h"
#include "test.h"

#define DAY_MS INT64_C(86400000)

enum { ACME = 1, BOLT = 2, ACME_RUN = 101, BOLT_RUN = 202, ROUNDS = 40 };

static const char *url;
static struct db_store *store;
static struct arena *a;
static struct error err;

static const int64_t start_ms = INT64_C(1772000000000);

/* ---- units ---- */

static int
open_gates(struct db *db, void *arg, struct error *e)
{
	(void)arg;
	if (test_gate_partner(db, STR("acme"), ACME_RUN, e) < 0 ||
	    test_gate_partner(db, STR("bolt"), BOLT_RUN, e) < 0 ||
	    test_gate_contact(db, ACME, TEST_ANNA, e) < 0 ||
	    test_gate_contact(db, BOLT, TEST_BERT, e) < 0)
		return -(int)e->code;
	return test_gate_contact(db, BOLT, TEST_ANNA, e);
}

struct stated {
	enum frequency_scope scope;
	struct frequency f;
};

static int
state_unit(struct db *db, void *arg, struct error *e)
{
	const struct stated *s = arg;

	return partner_frequency_set(db, s->scope, &s->f, e);
}

static int
state_most(enum frequency_scope scope, int64_t most, int64_t days)
{
	struct stated s = { scope, { most, days * DAY_MS } };

	return db_commit(store, state_unit, &s, &err);
}

struct attempt {
	int64_t partner_id;
	struct str person;
	int64_t seq;
	int64_t at_ms;
	enum outbox_verdict_kind verdict;
	struct outbox_delivery d;
	struct error err;
	int marked;
};

static int
put_and_claim(struct db *db, void *arg, struct error *e)
{
	struct attempt *t = arg;
	const struct outbox_key key = {
		.partner_id = t->partner_id,
		.activation_id = t->partner_id == ACME ? ACME_RUN : BOLT_RUN,
		.step = STR("invite"),
		.subject = t->person,
		.channel = STR("email"),
		.seq = t->seq,
	};
	const struct outbox_claim how = {
		.owner = 7,
		.now_ms = t->at_ms,
		.lease_ms = t->at_ms + DAY_MS,
		.key_id = 1,
		.max = 1,
	};
	struct outbox_delivery *items;
	int got = outbox_put(db, &key, t->at_ms, e);

	if (got > 0)
		got = outbox_claim(db, a, &how, &items, e);
	if (got > 0)
		t->d = items[0];
	return got;
}

static int
mark_unit(struct db *db, void *arg, struct error *e)
{
	const struct attempt *t = arg;
	const struct outbox_marker marker = {
		.now_ms = t->at_ms,
		.sha256 = STR("the hash of the bytes handed ove"),
	};
	struct person_hash person = test_person_hash(t->person);

	if (partner_lock_person(db, t->partner_id, &person, e) < 0)
		return -(int)e->code;
	return outbox_mark(db, &t->d, &marker, e);
}

static int
finish_unit(struct db *db, void *arg, struct error *e)
{
	const struct attempt *t = arg;
	const struct outbox_verdict v = { .kind = t->verdict,
					  .now_ms = t->at_ms };
	enum outbox_state became;

	return outbox_finish(db, &t->d, &v, &became, e);
}

/* Its marker's answer, to one that is new. */
static int
try_mark(int64_t partner_id, struct str person, int64_t at_ms,
	 struct attempt *t)
{
	static int64_t seq;

	*t = (struct attempt){ .partner_id = partner_id,
			       .person = person,
			       .seq = ++seq,
			       .at_ms = at_ms };
	assert_int_equal(db_commit(store, put_and_claim, t, &err), 1);
	t->marked = db_commit(store, mark_unit, t, &err);
	assert_ok(t->marked, err);
	return t->marked;
}

static void
finish(struct attempt *t, enum outbox_verdict_kind kind)
{
	t->verdict = kind;
	assert_int_equal(db_commit(store, finish_unit, t, &err), 1);
}

static int
free_at(int64_t partner_id, int64_t at_ms, int64_t *free_ms)
{
	struct db *db;
	int got;

	assert_ok(db_reader(store, &db, &err), err);
	got = outbox_free_at(db, partner_id, TEST_ANNA, at_ms, free_ms, &err);
	assert_ok(got, err);
	return got;
}

static struct outbox_delivery
row_of(const struct attempt *t)
{
	struct outbox_delivery row;
	struct db *db;

	assert_ok(db_reader(store, &db, &err), err);
	assert_int_equal(outbox_find(db, a, &t->d.id, &row, &err), 1);
	return row;
}

/* ---- the store of a case ---- */

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
	(void)state;
	db_store_close(&store);
	arena_free(&a);
	return 0;
}

/* ---- cases ---- */

static void
nothing_counts_until_it_is_stated(void **state)
{
	struct attempt t;
	int64_t free_ms;

	(void)state;
	for (int i = 0; i < 5; i++)
		assert_int_equal(try_mark(ACME, TEST_ANNA, start_ms, &t), 1);
	assert_int_equal(free_at(ACME, start_ms, &free_ms), 1);
	/* What was sent before counts from then on. */
	assert_int_equal(state_most(FREQUENCY_ALL, 5, 30), 1);
	assert_int_equal(state_most(FREQUENCY_ALL, 5, 30), 0);
	assert_int_equal(try_mark(ACME, TEST_ANNA, start_ms, &t), 0);
	assert_int_equal(state_most(FREQUENCY_ALL, 0, 0), 1);
	assert_int_equal(try_mark(ACME, TEST_ANNA, start_ms, &t), 1);
}

static void
all_partners_are_counted_together(void **state)
{
	struct attempt t;
	int64_t free_ms;

	(void)state;
	assert_int_equal(state_most(FREQUENCY_ALL, 2, 30), 1);
	assert_int_equal(try_mark(ACME, TEST_ANNA, start_ms, &t), 1);
	assert_int_equal(try_mark(BOLT, TEST_ANNA, start_ms + DAY_MS, &t), 1);
	assert_int_equal(try_mark(ACME, TEST_ANNA, start_ms + 2 * DAY_MS, &t),
			 0);
	assert_int_equal(try_mark(BOLT, TEST_ANNA, start_ms + 2 * DAY_MS, &t),
			 0);
	/* Others are not concerned. */
	assert_int_equal(try_mark(BOLT, TEST_BERT, start_ms + 2 * DAY_MS, &t),
			 1);
	assert_int_equal(free_at(BOLT, start_ms + 2 * DAY_MS, &free_ms), 0);
	assert_int_equal(free_ms, start_ms + 30 * DAY_MS);
	assert_int_equal(try_mark(ACME, TEST_ANNA, free_ms - 1, &t), 0);
	assert_int_equal(free_at(BOLT, free_ms, &free_ms), 1);
	assert_int_equal(try_mark(BOLT, TEST_ANNA, free_ms, &t), 1);
}

static void
each_partner_is_counted_by_itself(void **state)
{
	struct attempt t;
	int64_t free_ms;

	(void)state;
	assert_int_equal(state_most(FREQUENCY_EACH, 1, 7), 1);
	assert_int_equal(try_mark(ACME, TEST_ANNA, start_ms, &t), 1);
	assert_int_equal(try_mark(BOLT, TEST_ANNA, start_ms + 1, &t), 1);
	assert_int_equal(try_mark(ACME, TEST_ANNA, start_ms + 2, &t), 0);
	/* The later of two that are stated counts. */
	assert_int_equal(state_most(FREQUENCY_ALL, 2, 30), 1);
	assert_int_equal(free_at(ACME, start_ms + 2, &free_ms), 0);
	assert_int_equal(free_ms, start_ms + 30 * DAY_MS);
}

/* What may have arrived counts, what has not does not. */
static void
what_counts_is_what_may_have_arrived(void **state)
{
	static const struct {
		enum outbox_verdict_kind kind;
		int next;
	} cases[] = {
		{ OUTBOX_VERDICT_SENT, 0 },	{ OUTBOX_VERDICT_UNKNOWN, 0 },
		{ OUTBOX_VERDICT_BOUNCED, 1 },	{ OUTBOX_VERDICT_HELD, 1 },
		{ OUTBOX_VERDICT_DEFERRED, 1 },
	};
	struct attempt first, second;

	(void)state;
	assert_int_equal(state_most(FREQUENCY_ALL, 1, 1), 1);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		int64_t at_ms = start_ms + (int64_t)i * 2 * DAY_MS;

		assert_int_equal(try_mark(ACME, TEST_ANNA, at_ms, &first), 1);
		assert_int_equal(try_mark(BOLT, TEST_ANNA, at_ms, &second), 0);
		finish(&first, cases[i].kind);
		second.marked = db_commit(store, mark_unit, &second, &err);
		assert_int_equal(second.marked, cases[i].next);
		if (second.marked)
			finish(&second, OUTBOX_VERDICT_BOUNCED);
	}
}

static int
erase_unit(struct db *db, void *arg, struct error *e)
{
	struct person_hash anna = test_person_hash(TEST_ANNA);

	(void)arg;
	return contact_erase(db, BOLT, &anna, start_ms, e);
}

static void
who_is_on_no_list_any_more_was_mailed_all_the_same(void **state)
{
	struct attempt t;

	(void)state;
	assert_int_equal(state_most(FREQUENCY_ALL, 1, 30), 1);
	assert_int_equal(try_mark(BOLT, TEST_ANNA, start_ms, &t), 1);
	assert_int_equal(db_commit(store, erase_unit, NULL, &err), 1);
	assert_int_equal(try_mark(ACME, TEST_ANNA, start_ms, &t), 0);
}

struct keeping {
	struct attempt *t;
	int64_t at_ms; /* due, or looked at again */
	bool hold;
};

static int
keep_unit(struct db *db, void *arg, struct error *e)
{
	const struct keeping *k = arg;

	if (k->hold)
		return outbox_hold(db, &k->t->d, STR(PARTNER_HELD), k->at_ms,
				   start_ms, e);
	return outbox_delay(db, &k->t->d, k->at_ms, e);
}

static int
let_go_unit(struct db *db, void *arg, struct error *e)
{
	const struct keeping *k = arg;
	struct outbox_delivery row;

	if (outbox_find(db, a, &k->t->d.id, &row, e) < 0)
		return -(int)e->code;
	return outbox_unhold_at(db, &row, k->at_ms, e);
}

static void
one_too_many_waits_with_its_date_or_is_held(void **state)
{
	struct keeping k = { .at_ms = start_ms + DAY_MS };
	struct attempt first, t;
	struct outbox_delivery held;
	struct db *db;

	(void)state;
	assert_int_equal(state_most(FREQUENCY_ALL, 1, 30), 1);
	assert_int_equal(try_mark(ACME, TEST_ANNA, start_ms, &first), 1);
	assert_int_equal(try_mark(BOLT, TEST_ANNA, start_ms, &t), 0);
	k.t = &t;
	assert_int_equal(db_commit(store, keep_unit, &k, &err), 1);
	assert_int_equal(row_of(&t).state, OUTBOX_READY);
	assert_int_equal(row_of(&t).due_ms, k.at_ms);
	assert_int_equal(row_of(&t).date_ms, start_ms);
	/* It is nobody's claim any more. */
	assert_int_equal(db_commit(store, keep_unit, &k, &err), 0);
	assert_int_equal(try_mark(BOLT, TEST_ANNA, start_ms, &t), 0);
	k.hold = true;
	assert_int_equal(db_commit(store, keep_unit, &k, &err), 1);
	assert_int_equal(row_of(&t).state, OUTBOX_HELD);
	assert_str(row_of(&t).status, PARTNER_HELD);
	assert_string_equal(PARTNER_HELD, OUTBOX_BY_POLICY);
	assert_int_equal(row_of(&t).follow_ms, k.at_ms);
	held = row_of(&t);
	assert_false(outbox_may_retry(&held));
	assert_int_equal(db_commit(store, let_go_unit, &k, &err), 1);
	assert_int_equal(row_of(&t).state, OUTBOX_READY);
	assert_int_equal(row_of(&t).follow_ms, -1);
	assert_int_equal(row_of(&t).date_ms, 0);
	assert_int_equal(db_commit(store, let_go_unit, &k, &err), 0);
	assert_ok(db_reader(store, &db, &err), err);
	assert_ok(outbox_check(db, &err), err);
}

/* ---- two at once ---- */

static pthread_barrier_t both;

static void *
mark_at_once(void *arg)
{
	struct attempt *t = arg;

	pthread_barrier_wait(&both);
	t->marked = db_commit(store, mark_unit, t, &t->err);
	return NULL;
}

static void
the_last_place_is_taken_once(void **state)
{
	struct attempt t[2];
	pthread_t threads[2];

	(void)state;
	assert_int_equal(state_most(FREQUENCY_ALL, 1, 1), 1);
	for (int round = 0; round < ROUNDS; round++) {
		assert_int_equal(pthread_barrier_init(&both, NULL, 2), 0);
		for (int i = 0; i < 2; i++) {
			t[i] = (struct attempt){
				.partner_id = i ? BOLT : ACME,
				.person = TEST_ANNA,
				.seq = 1000 + round,
				.at_ms = start_ms + round * 2 * DAY_MS,
			};
			assert_int_equal(
			    db_commit(store, put_and_claim, &t[i], &err), 1);
		}
		for (int i = 0; i < 2; i++)
			assert_int_equal(pthread_create(&threads[i], NULL,
							mark_at_once, &t[i]),
					 0);
		for (int i = 0; i < 2; i++) {
			assert_int_equal(pthread_join(threads[i], NULL), 0);
			assert_ok(t[i].marked, t[i].err);
		}
		assert_int_equal(t[0].marked + t[1].marked, 1);
		pthread_barrier_destroy(&both);
	}
}

#define CASE(name) \
	cmocka_unit_test_setup_teardown(name, open_store, close_store)

static int
run_suite(const char *name)
{
	const struct CMUnitTest tests[] = {
		CASE(nothing_counts_until_it_is_stated),
		CASE(all_partners_are_counted_together),
		CASE(each_partner_is_counted_by_itself),
		CASE(what_counts_is_what_may_have_arrived),
		CASE(who_is_on_no_list_any_more_was_mailed_all_the_same),
		CASE(one_too_many_waits_with_its_date_or_is_held),
		CASE(the_last_place_is_taken_once),
	};

	return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
	return test_on_both(&url, run_suite, "outbox_frequency/sqlite",
			    "outbox_frequency/postgresql");
}
