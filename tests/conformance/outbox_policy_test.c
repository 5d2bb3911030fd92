/*
 * What a campaign's on-unknown makes of a row in doubt, and what is tried again
 * after it failed, on every store there is.
 */
#include "outbox/outbox.h"

#include "base/arena.h"
#include "gate.h"
#include "store.h"
#include "test.h"

#define HOUR_MS INT64_C(3600000)
#define DAY_MS	(24 * HOUR_MS)

enum { PARTNER = 1, RUN = 7, OWNER = 5 };

static const int64_t start_ms = INT64_C(1772000000000);

static const char *url;
static struct db_store *store;
static struct error err;
static struct arena *a;

/* ---- units ---- */

struct call {
	struct outbox_key key;
	struct outbox_delivery d;
	enum outbox_policy policy;
	enum outbox_verdict_kind kind;
	const char *status;
	const char *sha256;
	int64_t now_ms;
	enum outbox_state became; /* out */
};

#define UNIT(name, does)                                                \
	static int name##_unit(struct db *db, void *p, struct error *e) \
	{                                                               \
		struct call *c = p;                                     \
		return does;                                            \
	}                                                               \
	static int name(struct call *c)                                 \
	{                                                               \
		int got = db_commit(store, name##_unit, c, &err);       \
                                                                        \
		assert_ok(got, err);                                    \
		return got;                                             \
	}

static int
take(struct db *db, struct call *c, struct error *e)
{
	const struct outbox_claim claim = {
		.owner = OWNER,
		.now_ms = c->now_ms,
		.lease_ms = c->now_ms + HOUR_MS,
		.key_id = 1,
		.carrier = OUTBOX_MAIL,
		.max = 1,
	};
	struct outbox_delivery *items;
	int count = outbox_claim(db, a, &claim, &items, e);

	if (count > 0)
		c->d = items[0];
	return count;
}

static int
mark_it(struct db *db, struct call *c, struct error *e)
{
	const struct outbox_marker marker = {
		.now_ms = c->now_ms,
		.sha256 = str_of(c->sha256),
		.domain = STR("mail.northwind.example"),
		.policy = c->policy,
	};

	return outbox_mark(db, &c->d, &marker, e);
}

static int
finish_it(struct db *db, struct call *c, struct error *e)
{
	const struct outbox_verdict verdict = {
		.kind = c->kind,
		.status = str_of(c->status),
		.now_ms = c->now_ms,
	};

	return outbox_finish(db, &c->d, &verdict, &c->became, e);
}

UNIT(put, outbox_put(db, &c->key, start_ms, e))
UNIT(claim, take(db, c, e))
UNIT(mark, mark_it(db, c, e))
UNIT(finish, finish_it(db, c, e))
UNIT(obey, outbox_obey(db, &c->d.id, c->now_ms, &c->became, e))
UNIT(reclaim, (int)outbox_reclaim(db, OWNER, 10, c->now_ms, e))
UNIT(adopt, outbox_adopt(db, c->now_ms, OUTBOX_DOUBTS_ALL, e))
UNIT(unhold,
     outbox_unhold(db, &c->d.id, OUTBOX_READY, STR("mended"), c->now_ms, e))

UNIT(retry, outbox_retry(db, &c->d, STR("again"), c->now_ms, e))

static int
open_gate(struct db *db, void *arg, struct error *e)
{
	(void)arg;
	if (test_gate_partner(db, STR("acme"), RUN, e) < 0)
		return -(int)e->code;
	return test_gate_contact(db, PARTNER, TEST_ANNA, e);
}

static int
open_store(void **state)
{
	(void)state;
	a = arena_new();
	if (test_store_begin(&store, url, test_gate_schemas,
			     COUNT_OF(test_gate_schemas), &err) < 0 ||
	    db_commit(store, open_gate, NULL, &err) < 0) {
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

static struct db *
reader(void)
{
	struct db *db;

	assert_ok(db_reader(store, &db, &err), err);
	return db;
}

static struct outbox_delivery
row_of(const struct call *c)
{
	struct outbox_delivery row;

	assert_int_equal(outbox_find(reader(), a, &c->d.id, &row, &err), 1);
	return row;
}

/* A mail to Anna, claimed. */
static struct call
claimed(enum outbox_policy policy)
{
	struct call c = {
		.key = { .partner_id = PARTNER,
			 .activation_id = RUN,
			 .step = STR("invite"),
			 .subject_kind = OUTBOX_PERSON,
			 .subject = TEST_ANNA,
			 .channel = STR("email") },
		.policy = policy,
		.status = "no reply",
		.sha256 = "0123456789abcdef0123456789abcdef",
		.now_ms = start_ms,
	};

	assert_int_equal(put(&c), 1);
	assert_int_equal(claim(&c), 1);
	return c;
}

static void
lose(struct call *c)
{
	c->kind = OUTBOX_VERDICT_UNKNOWN;
	assert_int_equal(mark(c), 1);
	assert_int_equal(finish(c), 1);
	assert_int_equal(c->became, OUTBOX_INDOUBT);
}

/* It leaves again, and its reply is lost again. */
static void
lose_again(struct call *c)
{
	c->now_ms = row_of(c).due_ms;
	assert_int_equal(claim(c), 1);
	lose(c);
}

/* ---- cases ---- */

static void
held_it_stays_in_doubt(void **state)
{
	struct call c = claimed(OUTBOX_POLICY_HOLD);

	(void)state;
	lose(&c);
	assert_int_equal(obey(&c), 0);
	assert_int_equal(row_of(&c).state, OUTBOX_INDOUBT);
	assert_int_equal(row_of(&c).policy, OUTBOX_POLICY_HOLD);
}

static void
it_leaves_again_by_the_retry_law(void **state)
{
	struct call c = claimed(OUTBOX_POLICY_RESEND);
	struct outbox_delivery row;

	(void)state;
	lose(&c);
	assert_int_equal(obey(&c), 1);
	assert_int_equal(c.became, OUTBOX_READY);
	row = row_of(&c);
	assert_int_equal(row.state, OUTBOX_READY);
	assert_str(row.status, "sent again: no reply");
	assert_int_equal(row.due_ms,
			 outbox_retry_at(&c.d.id, 1, start_ms, start_ms));
	assert_int_equal(row.date_ms, start_ms);
	assert_int_equal(row.sha256.len, OUTBOX_SHA256_BYTES);
	assert_int_equal(row.done_ms, 0);
	assert_int_equal(obey(&c), 0);
	assert_ok(outbox_check(reader(), &err), err);
}

static void
other_bytes_do_not_leave_again(void **state)
{
	struct call c = claimed(OUTBOX_POLICY_RESEND);

	(void)state;
	lose(&c);
	assert_int_equal(obey(&c), 1);
	c.now_ms = row_of(&c).due_ms;
	assert_int_equal(claim(&c), 1);
	c.sha256 = "other bytes than those before...";
	assert_int_equal(mark(&c), 0);
	assert_int_equal(row_of(&c).state, OUTBOX_HELD);
	assert_str(row_of(&c).status, "content changed");
}

static void
it_leaves_again_a_few_times_only(void **state)
{
	struct call c = claimed(OUTBOX_POLICY_RESEND);

	(void)state;
	lose(&c);
	for (int i = 0; i < OUTBOX_RESENDS_MAX; i++) {
		assert_int_equal(obey(&c), 1);
		assert_int_equal(row_of(&c).resends, i + 1);
		lose_again(&c);
	}
	assert_int_equal(obey(&c), 0);
	assert_int_equal(row_of(&c).state, OUTBOX_INDOUBT);
}

static void
it_does_not_leave_again_when_it_is_too_old(void **state)
{
	struct call c = claimed(OUTBOX_POLICY_RESEND);

	(void)state;
	lose(&c);
	c.now_ms = start_ms + 3 * DAY_MS;
	assert_int_equal(obey(&c), 0);
	assert_int_equal(row_of(&c).state, OUTBOX_INDOUBT);
}

/* An earlier copy may have arrived: that the last was put off proves nothing. */
static void
giving_up_on_what_left_again_is_a_doubt(void **state)
{
	struct call c = claimed(OUTBOX_POLICY_RESEND);

	(void)state;
	lose(&c);
	assert_int_equal(obey(&c), 1);
	c.now_ms = row_of(&c).due_ms;
	assert_int_equal(claim(&c), 1);
	c.now_ms = start_ms + 3 * DAY_MS;
	c.kind = OUTBOX_VERDICT_DEFERRED;
	assert_int_equal(finish(&c), 1);
	assert_int_equal(c.became, OUTBOX_INDOUBT);
	assert_str(row_of(&c).status, "too old: no reply");
	assert_int_equal(obey(&c), 0);
	assert_ok(outbox_check(reader(), &err), err);
}

/* Whoever lets it go has decided: what bounces then, bounces. */
static void
what_an_operator_lets_go_is_not_sent_again_by_policy(void **state)
{
	struct call c = claimed(OUTBOX_POLICY_RESEND);

	(void)state;
	lose(&c);
	assert_int_equal(obey(&c), 1);
	c.now_ms = row_of(&c).due_ms;
	assert_int_equal(claim(&c), 1);
	c.kind = OUTBOX_VERDICT_HELD;
	assert_int_equal(finish(&c), 1);
	assert_int_equal(unhold(&c), 1);
	assert_int_equal(row_of(&c).resends, 0);
	assert_int_equal(claim(&c), 1);
	c.now_ms = start_ms + 3 * DAY_MS;
	c.kind = OUTBOX_VERDICT_DEFERRED;
	assert_int_equal(finish(&c), 1);
	assert_int_equal(c.became, OUTBOX_BOUNCED);
}

static void
assumed_it_is_sent_and_says_so(void **state)
{
	struct call c = claimed(OUTBOX_POLICY_ASSUME_SENT);
	struct outbox_delivery *next;

	(void)state;
	lose(&c);
	c.now_ms += HOUR_MS;
	assert_int_equal(obey(&c), 1);
	assert_int_equal(c.became, OUTBOX_SENT);
	assert_str(row_of(&c).status, "assumed sent: no reply");
	assert_int_equal(row_of(&c).done_ms, start_ms + HOUR_MS);
	/* a sequence goes on from it */
	assert_int_equal(
	    outbox_followers(reader(), a, c.now_ms, 9, &next, &err), 1);
	assert_ok(outbox_check(reader(), &err), err);
}

/* Whichever host finds it: the row knows. */
static void
a_dead_owners_row_goes_the_same_way(void **state)
{
	struct call c = claimed(OUTBOX_POLICY_RESEND);

	(void)state;
	assert_int_equal(mark(&c), 1);
	assert_int_equal(reclaim(&c), 1);
	assert_int_equal(row_of(&c).state, OUTBOX_INDOUBT);
	assert_int_equal(obey(&c), 1);
	assert_int_equal(row_of(&c).state, OUTBOX_READY);
	assert_str(row_of(&c).status,
		   "sent again: the sender ended before the reply");
}

static void
a_late_250_keeps_it_from_leaving_again(void **state)
{
	struct call c = claimed(OUTBOX_POLICY_RESEND);
	struct call late;

	(void)state;
	assert_int_equal(mark(&c), 1);
	assert_int_equal(reclaim(&c), 1);
	assert_int_equal(obey(&c), 1);
	late = c;
	late.kind = OUTBOX_VERDICT_SENT;
	assert_int_equal(finish(&late), 1);
	assert_int_equal(row_of(&c).state, OUTBOX_SENT);
	assert_int_equal(claim(&c), 0);
}

/* Another has it in hand, and is fenced by nothing but its own claim. */
static void
a_late_250_comes_too_late_for_the_next_claim(void **state)
{
	struct call c = claimed(OUTBOX_POLICY_RESEND);
	struct call late;

	(void)state;
	assert_int_equal(mark(&c), 1);
	assert_int_equal(reclaim(&c), 1);
	assert_int_equal(obey(&c), 1);
	late = c;
	late.kind = OUTBOX_VERDICT_SENT;
	c.now_ms = row_of(&c).due_ms;
	assert_int_equal(claim(&c), 1);
	assert_int_equal(finish(&late), 0);
	assert_int_equal(row_of(&c).state, OUTBOX_CLAIMED);
}

static void
after_a_restore_no_policy_counts(void **state)
{
	struct call c = claimed(OUTBOX_POLICY_RESEND);

	(void)state;
	assert_int_equal(mark(&c), 1);
	assert_int_equal(adopt(&c), 0);
	assert_int_equal(reclaim(&c), 1);
	assert_int_equal(obey(&c), 0);
	assert_int_equal(row_of(&c).state, OUTBOX_INDOUBT);
}

/* ---- what failed ---- */

static void
end_as(struct call *c, enum outbox_verdict_kind kind, const char *status)
{
	c->kind = kind;
	c->status = status;
	assert_int_equal(finish(c), 1);
	c->d = row_of(c);
}

static void
what_became_too_old_leaves_as_if_it_were_new(void **state)
{
	struct call c = claimed(OUTBOX_POLICY_HOLD);

	(void)state;
	assert_int_equal(mark(&c), 1);
	c.now_ms = start_ms + 3 * DAY_MS;
	end_as(&c, OUTBOX_VERDICT_DEFERRED, "451 busy");
	assert_int_equal(c.d.state, OUTBOX_BOUNCED);
	assert_true(outbox_may_retry(&c.d));
	assert_int_equal(retry(&c), 1);
	assert_int_equal(retry(&c), 0);
	assert_int_equal(row_of(&c).state, OUTBOX_READY);
	assert_int_equal(row_of(&c).date_ms, 0);
	assert_ok(outbox_check(reader(), &err), err);
	/* of other bytes now, and with three days ahead again */
	assert_int_equal(claim(&c), 1);
	c.sha256 = "other bytes than those before...";
	assert_int_equal(mark(&c), 1);
	end_as(&c, OUTBOX_VERDICT_DEFERRED, "451 busy");
	assert_int_equal(c.d.state, OUTBOX_READY);
}

static void
what_our_set_up_held_leaves_again(void **state)
{
	struct call c = claimed(OUTBOX_POLICY_HOLD);

	(void)state;
	end_as(&c, OUTBOX_VERDICT_HELD, "530 who are you");
	assert_true(outbox_may_retry(&c.d));
	assert_int_equal(retry(&c), 1);
	assert_int_equal(claim(&c), 1);
}

static void
nothing_else_leaves_again(void **state)
{
	static const struct {
		enum outbox_state state;
		const char *status;
	} others[] = {
		{ OUTBOX_BOUNCED, "550 5.1.1 no such user" },
		{ OUTBOX_BOUNCED, "550 message too old: discarded" },
		{ OUTBOX_HELD, "content changed" },
		{ OUTBOX_HELD, "maybe sent: the store was put back" },
		{ OUTBOX_INDOUBT, "too old: 451 busy" },
		{ OUTBOX_SENT, "250 ok" },
		{ OUTBOX_CANCELLED, "recalled" },
		{ OUTBOX_SKIPPED, "clicked" },
		{ OUTBOX_READY, "451 busy" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(others); i++) {
		const struct outbox_delivery d = {
			.state = others[i].state,
			.status = str_of(others[i].status),
		};

		assert_false(outbox_may_retry(&d));
	}
}

#define CASE(name) \
	cmocka_unit_test_setup_teardown(name, open_store, close_store)

static int
run_suite(const char *name)
{
	const struct CMUnitTest tests[] = {
		CASE(held_it_stays_in_doubt),
		CASE(it_leaves_again_by_the_retry_law),
		CASE(other_bytes_do_not_leave_again),
		CASE(it_leaves_again_a_few_times_only),
		CASE(it_does_not_leave_again_when_it_is_too_old),
		CASE(giving_up_on_what_left_again_is_a_doubt),
		CASE(what_an_operator_lets_go_is_not_sent_again_by_policy),
		CASE(assumed_it_is_sent_and_says_so),
		CASE(a_dead_owners_row_goes_the_same_way),
		CASE(a_late_250_keeps_it_from_leaving_again),
		CASE(a_late_250_comes_too_late_for_the_next_claim),
		CASE(after_a_restore_no_policy_counts),
		CASE(what_became_too_old_leaves_as_if_it_were_new),
		CASE(what_our_set_up_held_leaves_again),
		CASE(nothing_else_leaves_again),
	};

	return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
	return test_on_both(&url, run_suite, "outbox_policy/sqlite",
			    "outbox_policy/postgresql");
}
