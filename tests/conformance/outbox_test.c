/*
 * What outbox.h promises, on every store there is. Each case begins with an
 * empty store, two partners with an activation each, and Anna on ACME's list.
 *
 * Everything that changes rows goes through act(): one operation, one unit.
 */
#include "outbox/outbox.h"

#include <pthread.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "gate.h"
#include "store.h"
#include "test.h"

#define HOUR_MS INT64_C(3600000)
#define DAY_MS	(24 * HOUR_MS)

enum { ACME = 1, BOLT = 2, ACME_RUN = 101, BOLT_RUN = 202 };

/* The store of the case that runs, and where it is. */
static const char *url;
static struct db_store *store;
static struct error err;
static struct arena *a;

static const int64_t start_ms = INT64_C(1772000000000);

/* ---- one operation ---- */

#define OPS(X)             \
	X(PUT)             \
	X(SKIP)            \
	X(CANCEL)          \
	X(CLAIM)           \
	X(MARK)            \
	X(SENT)            \
	X(DEFERRED)        \
	X(BOUNCED)         \
	X(HELD)            \
	X(UNKNOWN)         \
	X(RELEASE)         \
	X(POSTPONE)        \
	X(RECLAIM)         \
	X(EXPIRE)          \
	X(RESOLVE_SENT)    \
	X(RESOLVE_READY)   \
	X(RESOLVE_BOUNCED) \
	X(UNHOLD_READY)    \
	X(UNHOLD_CANCELLED)

enum op {
#define OP_ENUM(name) OP_##name,
	OPS(OP_ENUM)
#undef OP_ENUM
	    OP_COUNT
};

static const char *const op_names[] = {
#define OP_NAME(name) #name,
	OPS(OP_NAME)
#undef OP_NAME
};

struct call {
	enum op op;
	struct outbox_key key;	     /* PUT, SKIP */
	struct outbox_filter filter; /* CANCEL */
	struct outbox_claim claim;   /* CLAIM */
	struct outbox_delivery *d;   /* the others */
	int64_t owner;		     /* RECLAIM */
	int limit;
	int64_t now_ms;
	int64_t due_ms;
	int64_t retry_after_ms;
	const char *sha256; /* 32 characters */
	struct str status;
	/* out */
	struct outbox_delivery *items;
	enum outbox_state became;
};

static int
finish(struct db *db, struct call *c, struct error *e)
{
	static const enum outbox_verdict_kind kinds[OP_COUNT] = {
		[OP_SENT] = OUTBOX_VERDICT_SENT,
		[OP_DEFERRED] = OUTBOX_VERDICT_DEFERRED,
		[OP_BOUNCED] = OUTBOX_VERDICT_BOUNCED,
		[OP_HELD] = OUTBOX_VERDICT_HELD,
		[OP_UNKNOWN] = OUTBOX_VERDICT_UNKNOWN,
	};
	const struct outbox_verdict verdict = {
		.kind = kinds[c->op],
		.status = c->status,
		.now_ms = c->now_ms,
		.retry_after_ms = c->retry_after_ms,
	};

	return outbox_finish(db, c->d, &verdict, &c->became, e);
}

static int
mark(struct db *db, const struct call *c, struct error *e)
{
	const struct outbox_marker marker = {
		.now_ms = c->now_ms,
		.sha256 = str_of(c->sha256),
		.revision = STR("r1"),
		.domain = STR("mail.northwind.example"),
		.connection = STR("c7"),
	};
	struct person_hash person;

	if (c->d->key.subject_kind == OUTBOX_PERSON) {
		person = test_person_hash(c->d->key.subject);
		if (partner_lock_person(db, c->d->key.partner_id, &person, e) <
		    0)
			return -(int)e->code;
	}
	return outbox_mark(db, c->d, &marker, e);
}

static int
answer(struct db *db, const struct call *c, struct error *e)
{
	switch (c->op) {
	case OP_RESOLVE_SENT:
		return outbox_resolve(db, &c->d->id, OUTBOX_SENT, c->status,
				      c->now_ms, e);
	case OP_RESOLVE_READY:
		return outbox_resolve(db, &c->d->id, OUTBOX_READY, c->status,
				      c->now_ms, e);
	case OP_RESOLVE_BOUNCED:
		return outbox_resolve(db, &c->d->id, OUTBOX_BOUNCED, c->status,
				      c->now_ms, e);
	case OP_UNHOLD_READY:
		return outbox_unhold(db, &c->d->id, OUTBOX_READY, c->status,
				     c->now_ms, e);
	default:
		return outbox_unhold(db, &c->d->id, OUTBOX_CANCELLED, c->status,
				     c->now_ms, e);
	}
}

static int
unit(struct db *db, void *arg, struct error *e)
{
	struct call *c = arg;

	switch (c->op) {
	case OP_PUT:
		return outbox_put(db, &c->key, c->due_ms, e);
	case OP_SKIP:
		return outbox_skip(db, &c->key, c->status, c->now_ms, e);
	case OP_CANCEL:
		return (int)outbox_cancel(db, &c->filter, c->status, c->now_ms,
					  e);
	case OP_CLAIM:
		return outbox_claim(db, a, &c->claim, &c->items, e);
	case OP_MARK:
		return mark(db, c, e);
	case OP_RELEASE:
		return outbox_release(db, c->d, e);
	case OP_POSTPONE:
		return outbox_postpone(db, c->d, c->due_ms, e);
	case OP_RECLAIM:
		return (int)outbox_reclaim(db, c->owner, c->limit, c->now_ms,
					   e);
	case OP_EXPIRE:
		return (int)outbox_expire(db, c->now_ms, e);
	case OP_SENT:
	case OP_DEFERRED:
	case OP_BOUNCED:
	case OP_HELD:
	case OP_UNKNOWN:
		return finish(db, c, e);
	default:
		return answer(db, c, e);
	}
}

static const char first_bytes[] = "the hash of the bytes handed ove";
static const char other_bytes[] = "another hash, for other bytes...";

static int
call(struct call *c)
{
	return db_commit(store, unit, c, &err);
}

static int
act_at(enum op op, struct outbox_delivery *d, int64_t now_ms)
{
	struct call c = {
		.op = op,
		.d = d,
		.now_ms = now_ms,
		.sha256 = first_bytes,
		.status = STR("said"),
		.owner = d->owner,
		.limit = 100,
		.key = d->key,
		.due_ms = now_ms,
		.filter = { .partner_id = d->key.partner_id },
		.claim = { .owner = d->owner ? d->owner : 1,
			   .now_ms = now_ms,
			   .lease_ms = now_ms + HOUR_MS,
			   .key_id = 3,
			   .max = 100 },
	};
	int code = call(&c);

	if (op == OP_CLAIM && code == 1)
		*d = c.items[0];
	return code;
}

static int
act(enum op op, struct outbox_delivery *d)
{
	return act_at(op, d, start_ms);
}

/* ---- rows ---- */

/* The delivery to anna of ACME's run, number `seq`. */
static struct outbox_delivery
new_delivery(int64_t seq)
{
	struct outbox_delivery d = {
		.key = { .partner_id = ACME,
			 .activation_id = ACME_RUN,
			 .step = STR("invite"),
			 .subject_kind = OUTBOX_PERSON,
			 .subject = TEST_ANNA,
			 .channel = STR("email"),
			 .seq = seq },
	};

	d.id = outbox_id_of(&d.key);
	return d;
}

static struct db *
reader(void)
{
	struct db *db;

	assert_ok(db_reader(store, &db, &err), err);
	return db;
}

static struct outbox_delivery
row_of(const struct outbox_delivery *d)
{
	struct outbox_delivery row;

	assert_int_equal(outbox_find(reader(), a, &d->id, &row, &err), 1);
	return row;
}

static void
assert_state(const struct outbox_delivery *d, enum outbox_state state)
{
	struct outbox_delivery row = row_of(d);

	if (row.state != state)
		fail_msg("state %s, expected %s", outbox_state_name(row.state),
			 outbox_state_name(state));
}

static void
assert_same_row(const struct outbox_delivery *x,
		const struct outbox_delivery *y)
{
	assert_int_equal(x->state, y->state);
	assert_int_equal(x->due_ms, y->due_ms);
	assert_int_equal(x->attempt, y->attempt);
	assert_int_equal(x->epoch, y->epoch);
	assert_int_equal(x->deferrals, y->deferrals);
	assert_int_equal(x->owner, y->owner);
	assert_int_equal(x->lease_ms, y->lease_ms);
	assert_int_equal(x->date_ms, y->date_ms);
	assert_int_equal(x->key_id, y->key_id);
	assert_int_equal(x->marked_ms, y->marked_ms);
	assert_int_equal(x->done_ms, y->done_ms);
	assert_true(str_eq(x->sha256, y->sha256));
	assert_true(str_eq(x->revision, y->revision));
	assert_true(str_eq(x->domain, y->domain));
	assert_true(str_eq(x->connection, y->connection));
	assert_true(str_eq(x->status, y->status));
}

/* Put, and claimed by `owner`. */
static struct outbox_delivery
claimed(int64_t seq, int64_t owner)
{
	struct outbox_delivery d = new_delivery(seq);

	d.owner = owner;
	assert_int_equal(act(OP_PUT, &d), 1);
	assert_int_equal(act(OP_CLAIM, &d), 1);
	return d;
}

static struct outbox_delivery
marked(int64_t seq, int64_t owner)
{
	struct outbox_delivery d = claimed(seq, owner);

	assert_int_equal(act(OP_MARK, &d), 1);
	return d;
}

/* ---- the store of a case ---- */

static int
run_script(struct db *db, void *arg, struct error *e)
{
	const char *const *sql = arg;

	for (; *sql; sql++)
		if (db_run(db, *sql, DB_NO_ARGS, e) < 0)
			return -(int)e->code;
	return 0;
}

static int
open_gates(struct db *db, void *arg, struct error *e)
{
	(void)arg;
	if (test_gate_partner(db, STR("acme"), ACME_RUN, e) < 0 ||
	    test_gate_partner(db, STR("bolt"), BOLT_RUN, e) < 0)
		return -(int)e->code;
	return test_gate_contact(db, ACME, TEST_ANNA, e);
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
	(void)state;
	db_store_close(&store);
	arena_free(&a);
	return 0;
}

/* ---- cases: planning ---- */

static void
putting_twice_is_putting_once(void **state)
{
	struct outbox_delivery d = new_delivery(0);
	struct outbox_delivery before;
	struct outbox_delivery after;

	(void)state;
	assert_int_equal(act(OP_PUT, &d), 1);
	before = row_of(&d);
	assert_int_equal(before.state, OUTBOX_READY);
	assert_int_equal(before.due_ms, start_ms);
	assert_int_equal(act_at(OP_PUT, &d, start_ms + 5), 0);
	assert_int_equal(act(OP_SKIP, &d), 0);
	after = row_of(&d);
	assert_same_row(&before, &after);
}

static void
a_row_says_all_of_its_key(void **state)
{
	struct outbox_delivery d = new_delivery(4);
	struct outbox_delivery row;

	(void)state;
	d.key.subject_kind = OUTBOX_ACCOUNT;
	d.key.subject = (struct str){ "a\0\xff", 3 };
	d.key.channel = STR("mastodon");
	d.id = outbox_id_of(&d.key);
	assert_int_equal(act(OP_PUT, &d), 1);
	row = row_of(&d);
	assert_int_equal(row.key.partner_id, ACME);
	assert_int_equal(row.key.activation_id, ACME_RUN);
	assert_str(row.key.step, "invite");
	assert_int_equal(row.key.subject_kind, OUTBOX_ACCOUNT);
	assert_true(str_eq(row.key.subject, d.key.subject));
	assert_str(row.key.channel, "mastodon");
	assert_int_equal(row.key.seq, 4);
}

static void
a_skipped_delivery_stays_skipped(void **state)
{
	struct outbox_delivery d = new_delivery(0);

	(void)state;
	assert_int_equal(act(OP_SKIP, &d), 1);
	assert_str(row_of(&d).status, "said");
	assert_int_equal(row_of(&d).done_ms, start_ms);
	assert_int_equal(act(OP_PUT, &d), 0);
	assert_int_equal(act(OP_CLAIM, &d), 0);
	assert_state(&d, OUTBOX_SKIPPED);
}

static void
a_delivery_belongs_to_an_activation_of_its_partner(void **state)
{
	struct outbox_delivery d = new_delivery(0);

	(void)state;
	d.key.activation_id = BOLT_RUN;
	assert_fails(act(OP_PUT, &d), err, ERROR_INVALID, "");
	d.key.activation_id = 0;
	assert_fails(act(OP_PUT, &d), err, ERROR_INVALID, "");
}

/* ---- cases: claim ---- */

static void
put_due(int64_t seq, const char *channel, int64_t due_ms)
{
	struct call c = { .op = OP_PUT,
			  .key = new_delivery(seq).key,
			  .due_ms = due_ms };

	c.key.channel = str_of(channel);
	assert_int_equal(call(&c), 1);
}

static int
claim(struct call *c, enum outbox_carrier carrier, int64_t now_ms, int max)
{
	c->op = OP_CLAIM;
	c->claim = (struct outbox_claim){ .owner = 9,
					  .now_ms = now_ms,
					  .lease_ms = now_ms + HOUR_MS,
					  .key_id = 3,
					  .carrier = carrier,
					  .max = max };
	return call(c);
}

static void
what_is_due_longest_is_claimed_first(void **state)
{
	struct call c = { 0 };

	(void)state;
	put_due(0, "email", start_ms - 10);
	put_due(1, "email", start_ms - 30);
	put_due(2, "email", start_ms - 20);
	put_due(3, "email", start_ms + 1);
	assert_int_equal(claim(&c, OUTBOX_MAIL, start_ms, 2), 2);
	assert_int_equal(c.items[0].key.seq, 1);
	assert_int_equal(c.items[1].key.seq, 2);
	assert_int_equal(claim(&c, OUTBOX_MAIL, start_ms, 2), 1);
	assert_int_equal(c.items[0].key.seq, 0);
	assert_int_equal(claim(&c, OUTBOX_MAIL, start_ms, 2), 0);
	assert_int_equal(claim(&c, OUTBOX_MAIL, start_ms + 1, 2), 1);
}

static void
mail_and_posts_are_claimed_apart(void **state)
{
	struct call c = { 0 };

	(void)state;
	put_due(0, "email", start_ms);
	put_due(1, "mastodon", start_ms);
	put_due(2, "webhook", start_ms);
	assert_int_equal(claim(&c, OUTBOX_HTTP, start_ms, 10), 2);
	assert_str(c.items[0].key.channel,
		   c.items[0].key.seq == 1 ? "mastodon" : "webhook");
	assert_int_equal(claim(&c, OUTBOX_MAIL, start_ms, 10), 1);
	assert_int_equal(c.items[0].key.seq, 0);
}

static void
the_first_claim_sets_date_and_key_for_good(void **state)
{
	struct outbox_delivery d = claimed(0, 5);
	struct call c = { 0 };

	(void)state;
	assert_int_equal(d.state, OUTBOX_CLAIMED);
	assert_int_equal(d.owner, 5);
	assert_int_equal(d.epoch, 1);
	assert_int_equal(d.date_ms, start_ms);
	assert_int_equal(d.key_id, 3);
	assert_int_equal(d.lease_ms, start_ms + HOUR_MS);
	assert_int_equal(act(OP_RELEASE, &d), 1);
	c.op = OP_CLAIM;
	c.claim = (struct outbox_claim){ .owner = 6,
					 .now_ms = start_ms + 7,
					 .lease_ms = start_ms + 8,
					 .key_id = 4,
					 .max = 1 };
	assert_int_equal(call(&c), 1);
	assert_int_equal(c.items[0].date_ms, start_ms);
	assert_int_equal(c.items[0].key_id, 3);
	assert_int_equal(c.items[0].epoch, 2);
	assert_int_equal(c.items[0].attempt, 0);
}

static struct outbox_delivery
postponed(struct outbox_delivery d)
{
	struct call c = {
		.op = OP_POSTPONE,
		.d = &d,
		.due_ms = start_ms + HOUR_MS,
	};

	assert_int_equal(call(&c), 1);
	assert_int_equal(act(OP_CLAIM, &d), 0);
	return row_of(&d);
}

static void
what_must_wait_is_due_later_and_no_older(void **state)
{
	struct outbox_delivery d = postponed(claimed(0, 5));

	(void)state;
	assert_int_equal(d.state, OUTBOX_READY);
	assert_int_equal(d.due_ms, start_ms + HOUR_MS);
	assert_int_equal(d.date_ms, 0);
	assert_int_equal(d.key_id, 0);
	assert_int_equal(d.deferrals, 0);
	assert_int_equal(act_at(OP_CLAIM, &d, start_ms + HOUR_MS), 1);
	assert_int_equal(d.date_ms, start_ms + HOUR_MS);
	assert_ok(outbox_check(reader(), &err), err);
}

struct moving {
	struct outbox_delivery *d;
	int64_t due_ms;
};

static int
move_unit(struct db *db, void *arg, struct error *e)
{
	const struct moving *m = arg;

	return outbox_move(db, m->d, m->due_ms, STR("not at this hour"), e);
}

static void
what_is_put_off_is_as_late_as_it_was(void **state)
{
	struct outbox_delivery d = postponed(claimed(0, 5));

	(void)state;
	assert_int_equal(d.owed_ms, start_ms);
	assert_int_equal(outbox_late_ms(&d, start_ms - 1), 0);
	assert_int_equal(act_at(OP_CLAIM, &d, start_ms + HOUR_MS), 1);
	d = postponed(d);
	assert_int_equal(outbox_late_ms(&d, start_ms + DAY_MS), DAY_MS);
	/* A receiver's answer gives it a time of its own. */
	assert_int_equal(act_at(OP_CLAIM, &d, start_ms + DAY_MS), 1);
	assert_int_equal(act_at(OP_DEFERRED, &d, start_ms + DAY_MS), 1);
	d = row_of(&d);
	assert_int_equal(d.owed_ms, 0);
	assert_int_equal(outbox_late_ms(&d, d.due_ms + 7), 7);
}

static void
what_waits_for_its_hour_is_due_then(void **state)
{
	struct outbox_delivery d = postponed(claimed(0, 5));
	struct moving m = { .d = &d, .due_ms = start_ms + 2 * DAY_MS };

	(void)state;
	assert_int_equal(db_commit(store, move_unit, &m, &err), 0);
	assert_int_equal(act_at(OP_CLAIM, &d, start_ms + HOUR_MS), 1);
	assert_int_equal(db_commit(store, move_unit, &m, &err), 1);
	d = row_of(&d);
	assert_int_equal(d.state, OUTBOX_READY);
	assert_int_equal(d.due_ms, start_ms + 2 * DAY_MS);
	assert_int_equal(d.owed_ms, 0);
	assert_int_equal(d.date_ms, 0);
	assert_int_equal(d.deferrals, 0);
	assert_str(d.status, "not at this hour");
	assert_int_equal(act_at(OP_CLAIM, &d, start_ms + DAY_MS), 0);
	assert_int_equal(act_at(OP_CLAIM, &d, start_ms + 2 * DAY_MS), 1);
	assert_ok(outbox_check(reader(), &err), err);
}

static int
release_unit(struct db *db, void *arg, struct error *e)
{
	struct outbox_delivery *rows;

	return outbox_unhold_all(db, a, arg, &rows, e);
}

static void
what_is_held_for_one_reason_is_let_go_at_once(void **state)
{
	struct outbox_delivery all[5];
	struct outbox_release how = {
		.status = STR("said"),
		.partner_id = BOLT,
		.to = OUTBOX_READY,
		.reason = STR("go"),
		.limit = 3,
		.now_ms = start_ms + DAY_MS,
	};
	int64_t count;

	(void)state;
	for (int i = 0; i < 5; i++) {
		all[i] = claimed(i, 5);
		assert_int_equal(act(OP_HELD, &all[i]), 1);
	}
	assert_ok(outbox_count_held(reader(), how.status, ACME, &count, &err),
		  err);
	assert_int_equal(count, 5);
	assert_int_equal(db_commit(store, release_unit, &how, &err), 0);
	how.partner_id = -1;
	how.status = STR("sai");
	assert_int_equal(db_commit(store, release_unit, &how, &err), 0);
	how.status = STR("said");
	assert_int_equal(db_commit(store, release_unit, &how, &err), 3);
	how.to = OUTBOX_CANCELLED;
	how.partner_id = ACME;
	assert_int_equal(db_commit(store, release_unit, &how, &err), 2);
	assert_int_equal(db_commit(store, release_unit, &how, &err), 0);
	for (int i = 0; i < 5; i++) {
		struct outbox_delivery d = row_of(&all[i]);

		assert_true(d.state == OUTBOX_READY ||
			    d.state == OUTBOX_CANCELLED);
		assert_str(d.status, "go");
		count -= d.state == OUTBOX_READY;
		/* It counts from the decision on, not from when it was due. */
		if (d.state == OUTBOX_READY)
			assert_int_equal(
			    outbox_late_ms(&d, start_ms + DAY_MS + 5), 5);
	}
	assert_int_equal(count, 2);
	assert_ok(outbox_count_held(reader(), how.status, -1, &count, &err),
		  err);
	assert_int_equal(count, 0);
	assert_ok(outbox_check(reader(), &err), err);
}

/* Bytes went out with that date: they must be the same the next time. */
static void
what_was_marked_keeps_its_date_while_it_waits(void **state)
{
	struct outbox_delivery d = marked(0, 5);

	(void)state;
	assert_int_equal(act(OP_DEFERRED, &d), 1);
	assert_int_equal(act_at(OP_CLAIM, &d, start_ms + DAY_MS), 1);
	d = postponed(d);
	assert_int_equal(d.date_ms, start_ms);
	assert_int_equal(d.key_id, 3);
}

static void
what_was_held_unsent_is_no_older_when_it_is_let_go(void **state)
{
	struct outbox_delivery d = claimed(0, 5);

	(void)state;
	assert_int_equal(act(OP_HELD, &d), 1);
	assert_int_equal(act_at(OP_UNHOLD_READY, &d, start_ms + DAY_MS), 1);
	d = row_of(&d);
	assert_int_equal(outbox_late_ms(&d, start_ms + DAY_MS), 0);
	assert_int_equal(d.date_ms, 0);
	assert_int_equal(d.key_id, 0);
	assert_int_equal(act_at(OP_CLAIM, &d, start_ms + DAY_MS), 1);
	assert_int_equal(d.date_ms, start_ms + DAY_MS);
	assert_ok(outbox_check(reader(), &err), err);
}

/* By a clock that stands before the time it is due, as --now may say. */
static void
what_is_let_go_before_it_is_due_is_late_from_then_on(void **state)
{
	const int64_t before_ms = start_ms - 7 * DAY_MS;
	struct outbox_delivery held = claimed(0, 5);
	struct outbox_delivery doubted = marked(1, 5);
	struct outbox_delivery many = claimed(2, 5);
	struct outbox_release how = {
		.status = STR("said"),
		.partner_id = -1,
		.to = OUTBOX_READY,
		.limit = 1,
		.now_ms = before_ms,
	};

	(void)state;
	assert_int_equal(act(OP_HELD, &held), 1);
	assert_int_equal(act_at(OP_UNHOLD_READY, &held, before_ms), 1);
	assert_int_equal(act(OP_UNKNOWN, &doubted), 1);
	assert_int_equal(act_at(OP_RESOLVE_READY, &doubted, before_ms), 1);
	assert_int_equal(act(OP_HELD, &many), 1);
	assert_int_equal(db_commit(store, release_unit, &how, &err), 1);
	held = row_of(&held);
	doubted = row_of(&doubted);
	many = row_of(&many);
	assert_int_equal(outbox_late_ms(&held, start_ms + 5), 5);
	assert_int_equal(outbox_late_ms(&doubted, start_ms + 5), 5);
	assert_int_equal(outbox_late_ms(&many, start_ms + 5), 5);
	assert_ok(outbox_check(reader(), &err), err);
}

static void
what_is_held_for_one_reason_is_found(void **state)
{
	struct outbox_delivery d = claimed(0, 5);
	struct outbox_delivery *found;
	struct outbox_hold hold = { .partner_id = d.key.partner_id,
				    .limit = 5 };
	int64_t *partners;

	(void)state;
	assert_int_equal(act(OP_HELD, &d), 1);
	d = row_of(&d);
	hold.step = d.key.step;
	hold.status = d.status;
	assert_int_equal(outbox_holders(reader(), a, &hold, &partners, &err),
			 1);
	assert_int_equal(partners[0], d.key.partner_id);
	assert_int_equal(outbox_held(reader(), a, &hold, &found, &err), 1);
	assert_memory_equal(found->id.bytes, d.id.bytes, sizeof(d.id.bytes));
	hold.status = STR("another reason");
	assert_int_equal(outbox_holders(reader(), a, &hold, &partners, &err),
			 0);
	assert_int_equal(outbox_held(reader(), a, &hold, &found, &err), 0);
}

enum { THREADS = 4, ROWS = 600 };

struct claimer {
	int64_t owner;
	int total;
	int failures;
};

static int
claim_seven(struct db *db, void *arg, struct error *e)
{
	const struct claimer *w = arg;
	const struct outbox_claim how = { .owner = w->owner,
					  .now_ms = start_ms,
					  .lease_ms = start_ms + HOUR_MS,
					  .key_id = 1,
					  .max = 7 };
	struct arena *mine = arena_new();
	struct outbox_delivery *items;
	int count = outbox_claim(db, mine, &how, &items, e);

	for (int i = 0; i < count; i++)
		if (items[i].owner != w->owner || items[i].epoch != 1)
			count = error_set(e, ERROR_INTERNAL, "not mine");
	arena_free(&mine);
	return count;
}

static void *
claim_all(void *arg)
{
	struct claimer *w = arg;
	struct error e;
	int got;

	while ((got = db_commit(store, claim_seven, w, &e)) > 0)
		w->total += got;
	w->failures = got < 0;
	return NULL;
}

static int
put_many(struct db *db, void *arg, struct error *e)
{
	(void)arg;
	for (int64_t i = 0; i < ROWS; i++) {
		struct outbox_key key = new_delivery(i).key;

		if (outbox_put(db, &key, start_ms - i % 10, e) < 0)
			return -(int)e->code;
	}
	return 0;
}

static void
claims_of_several_threads_are_disjoint(void **state)
{
	struct claimer workers[THREADS];
	pthread_t threads[THREADS];
	int64_t *owners;
	int total = 0;

	(void)state;
	assert_ok(db_commit(store, put_many, NULL, &err), err);
	for (int i = 0; i < THREADS; i++) {
		workers[i] = (struct claimer){ .owner = i + 1 };
		pthread_create(&threads[i], NULL, claim_all, &workers[i]);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(workers[i].failures, 0);
		total += workers[i].total;
	}
	assert_int_equal(total, ROWS);
	assert_in_range(outbox_owners(reader(), a, &owners, &err), 1, THREADS);
}

/* ---- cases: mark and finish ---- */

static void
a_marker_says_what_was_handed_over(void **state)
{
	struct outbox_delivery d = marked(0, 5);
	struct outbox_delivery row = row_of(&d);

	(void)state;
	assert_int_equal(row.state, OUTBOX_MARKED);
	assert_int_equal(row.attempt, 1);
	assert_int_equal(row.marked_ms, start_ms);
	assert_str(row.sha256, first_bytes);
	assert_str(row.revision, "r1");
	assert_str(row.domain, "mail.northwind.example");
	assert_str(row.connection, "c7");
	assert_int_equal(row.owner, 5);
	assert_int_equal(row.lease_ms, 0);
}

static void
who_was_thought_dead_changes_nothing(void **state)
{
	struct outbox_delivery old = claimed(0, 5);
	struct outbox_delivery fresh = old;
	struct outbox_delivery before;
	struct outbox_delivery after;

	(void)state;
	assert_int_equal(act_at(OP_EXPIRE, &old, old.lease_ms), 1);
	/* even when the same owner has claimed it anew */
	assert_int_equal(act(OP_CLAIM, &fresh), 1);
	assert_int_equal(fresh.epoch, old.epoch + 1);
	before = row_of(&old);
	for (enum op op = OP_MARK; op <= OP_POSTPONE; op++)
		assert_int_equal(act(op, &old), 0);
	after = row_of(&old);
	assert_same_row(&before, &after);
	assert_int_equal(act(OP_MARK, &fresh), 1);
	for (enum op op = OP_MARK; op <= OP_POSTPONE; op++)
		assert_int_equal(act(op, &old), 0);
	assert_state(&old, OUTBOX_MARKED);
	fresh.owner = 6; /* another owner, this epoch */
	assert_int_equal(act(OP_SENT, &fresh), 0);
	assert_state(&old, OUTBOX_MARKED);
}

struct gate {
	bool paused;
	bool withdrawn;
};

static int
set_gate(struct db *db, void *arg, struct error *e)
{
	const struct gate *g = arg;

	if (test_gate_pause(db, ACME, g->paused, e) < 0)
		return -(int)e->code;
	return test_gate_withdraw(db, ACME, TEST_ANNA, g->withdrawn, e);
}

static void
set_gates(bool paused, bool withdrawn)
{
	struct gate g = { paused, withdrawn };

	assert_ok(db_commit(store, set_gate, &g, &err), err);
}

static void
a_shut_gate_stops_the_marker(void **state)
{
	struct outbox_delivery d = claimed(0, 5);
	struct outbox_delivery before = row_of(&d);
	struct outbox_delivery after;

	(void)state;
	set_gates(false, true);
	assert_int_equal(act(OP_MARK, &d), 0);
	set_gates(true, false);
	assert_int_equal(act(OP_MARK, &d), 0);
	after = row_of(&d);
	assert_same_row(&before, &after);
	set_gates(false, false);
	assert_int_equal(act(OP_MARK, &d), 1);
}

static void
who_is_not_listed_is_not_sent_to(void **state)
{
	struct outbox_delivery d = new_delivery(0);

	(void)state;
	d.key.subject = TEST_BERT;
	d.id = outbox_id_of(&d.key);
	assert_int_equal(act(OP_PUT, &d), 1);
	assert_int_equal(act(OP_CLAIM, &d), 1);
	assert_int_equal(act(OP_MARK, &d), 0);
	assert_state(&d, OUTBOX_CLAIMED);
}

static void
subjects_that_are_no_persons_pass_the_activations_gate(void **state)
{
	(void)state;
	for (enum outbox_subject kind = OUTBOX_ACCOUNT; kind <= OUTBOX_LEAD;
	     kind++) {
		struct outbox_delivery d = new_delivery(kind);

		d.key.subject_kind = kind;
		d.key.subject = STR("@northwind");
		d.id = outbox_id_of(&d.key);
		assert_int_equal(act(OP_PUT, &d), 1);
		assert_int_equal(act(OP_CLAIM, &d), 1);
		set_gates(true, false);
		assert_int_equal(act(OP_MARK, &d), 0);
		set_gates(false, true);
		assert_int_equal(act(OP_MARK, &d), 1);
	}
}

/* A lead's delivery of this step, claimed. */
static struct outbox_delivery
claimed_lead(struct str step)
{
	struct outbox_delivery d = new_delivery(0);

	d.key.subject_kind = OUTBOX_LEAD;
	d.key.subject = STR("lead id.");
	d.key.step = step;
	d.id = outbox_id_of(&d.key);
	assert_int_equal(act(OP_PUT, &d), 1);
	assert_int_equal(act(OP_CLAIM, &d), 1);
	return d;
}

struct ending {
	bool partner; /* or the activation */
};

static int
end_unit(struct db *db, void *arg, struct error *e)
{
	const struct ending *x = arg;
	struct partner acme = { .slug = STR("acme"), .status = PARTNER_ENDED };
	struct activation run = {
		.partner_id = ACME,
		.id = ACME_RUN,
		.revision = STR("0123456789abcdef0123456789abcdef"),
		.state = ACTIVATION_ENDED,
	};

	return x->partner ? partner_put(db, &acme, 1, e)
			  : activation_update(db, &run, 1, e);
}

static void
a_partner_is_told_of_its_lead_also_while_paused_or_ended(void **state)
{
	struct outbox_delivery notify = claimed_lead(STR("@lead-notify"));
	struct outbox_delivery hook = claimed_lead(STR("@lead-hook"));
	struct outbox_delivery thanks = claimed_lead(STR("@lead-thanks"));
	struct ending activation = { .partner = false };

	(void)state;
	set_gates(true, false);
	assert_int_equal(act(OP_MARK, &thanks), 0);
	assert_int_equal(act(OP_MARK, &notify), 1);
	set_gates(false, false);
	assert_ok(db_commit(store, end_unit, &activation, &err), err);
	assert_int_equal(act(OP_MARK, &thanks), 0);
	assert_int_equal(act(OP_MARK, &hook), 1);
	assert_true(outbox_tells_partner(&hook.key));
	assert_false(outbox_tells_partner(&thanks.key));
	hook.key.subject_kind = OUTBOX_PERSON;
	assert_false(outbox_tells_partner(&hook.key));
}

static void
a_notice_of_a_sender_passes_a_pause_and_an_end(void **state)
{
	struct outbox_delivery notice = new_delivery(0);
	struct outbox_delivery other = new_delivery(1);
	struct ending activation = { .partner = false };

	(void)state;
	notice.key.subject_kind = other.key.subject_kind = OUTBOX_NOTICE;
	notice.key.step = STR(OUTBOX_STEP_NOTICE);
	notice.id = outbox_id_of(&notice.key);
	other.id = outbox_id_of(&other.key);
	assert_int_equal(act(OP_PUT, &notice), 1);
	assert_int_equal(act(OP_CLAIM, &notice), 1);
	assert_int_equal(act(OP_PUT, &other), 1);
	assert_int_equal(act(OP_CLAIM, &other), 1);
	assert_true(outbox_tells_partner(&notice.key));
	assert_false(outbox_tells_partner(&other.key));
	set_gates(true, false);
	assert_ok(db_commit(store, end_unit, &activation, &err), err);
	assert_int_equal(act(OP_MARK, &other), 0);
	assert_int_equal(act(OP_MARK, &notice), 1);
}

static void
a_partner_that_has_ended_is_told_no_more(void **state)
{
	struct outbox_delivery notify = claimed_lead(STR("@lead-notify"));
	struct ending partner = { .partner = true };

	(void)state;
	assert_ok(db_commit(store, end_unit, &partner, &err), err);
	assert_int_equal(act(OP_MARK, &notify), 0);
}

static void
other_bytes_than_before_are_held(void **state)
{
	struct outbox_delivery d = marked(0, 5);
	struct call again = { .op = OP_MARK,
			      .d = &d,
			      .now_ms = start_ms + DAY_MS,
			      .sha256 = other_bytes };

	(void)state;
	assert_int_equal(act(OP_DEFERRED, &d), 1);
	assert_int_equal(act_at(OP_CLAIM, &d, start_ms + DAY_MS), 1);
	assert_int_equal(call(&again), 0);
	assert_state(&d, OUTBOX_HELD);
	assert_str(row_of(&d).status, "content changed");
	assert_int_equal(row_of(&d).attempt, 1);
	/* an operator has looked at it */
	assert_int_equal(act(OP_UNHOLD_READY, &d), 1);
	d.owner = 5;
	assert_int_equal(act_at(OP_CLAIM, &d, start_ms + DAY_MS), 1);
	assert_int_equal(call(&again), 1);
	assert_int_equal(row_of(&d).attempt, 2);
	assert_str(row_of(&d).sha256, other_bytes);
}

static void
the_same_bytes_may_go_again(void **state)
{
	struct outbox_delivery d = marked(0, 5);

	(void)state;
	assert_int_equal(act(OP_UNKNOWN, &d), 1);
	assert_int_equal(act(OP_RESOLVE_READY, &d), 1);
	assert_int_equal(act(OP_CLAIM, &d), 1);
	assert_int_equal(act(OP_MARK, &d), 1);
	assert_int_equal(row_of(&d).attempt, 2);
}

static void
a_deferred_delivery_comes_back_by_the_retry_law(void **state)
{
	struct outbox_delivery d = marked(0, 5);
	struct call c = { .op = OP_DEFERRED,
			  .d = &d,
			  .now_ms = start_ms,
			  .status = STR("451 4.7.1 greylisted") };
	struct outbox_delivery row;

	(void)state;
	assert_int_equal(call(&c), 1);
	assert_int_equal(c.became, OUTBOX_READY);
	row = row_of(&d);
	assert_int_equal(row.due_ms,
			 outbox_retry_at(&d.id, 1, start_ms, start_ms));
	assert_int_equal(row.owner, 0);
	assert_str(row.status, "451 4.7.1 greylisted");
	assert_int_equal(act_at(OP_CLAIM, &d, row.due_ms - 1), 0);
	assert_int_equal(act_at(OP_CLAIM, &d, row.due_ms), 1);
	/* one that fails before the marker counts as well */
	assert_int_equal(act_at(OP_UNKNOWN, &d, row.due_ms), 1);
	assert_int_equal(row_of(&d).deferrals, 2);
	assert_int_equal(row_of(&d).due_ms,
			 outbox_retry_at(&d.id, 2, start_ms, row.due_ms));
}

static void
the_receiver_says_when_to_come_back(void **state)
{
	struct outbox_delivery d = marked(0, 5);
	struct call c = { .op = OP_DEFERRED,
			  .d = &d,
			  .now_ms = start_ms,
			  .retry_after_ms = 2 * HOUR_MS };

	(void)state;
	assert_int_equal(call(&c), 1);
	assert_int_equal(row_of(&d).due_ms, start_ms + 2 * HOUR_MS);
}

static void
what_is_too_old_bounces(void **state)
{
	struct outbox_delivery d = claimed(0, 5);
	struct call c = { .op = OP_DEFERRED,
			  .d = &d,
			  .now_ms = start_ms + 3 * DAY_MS,
			  .status = STR("421 busy") };

	(void)state;
	assert_int_equal(call(&c), 1);
	assert_int_equal(c.became, OUTBOX_BOUNCED);
	assert_state(&d, OUTBOX_BOUNCED);
	assert_str(row_of(&d).status, "too old: 421 busy");
}

static void
a_verdict_is_not_refused_for_its_words(void **state)
{
	struct outbox_delivery d = marked(0, 5);
	struct call c = { .op = OP_SENT,
			  .d = &d,
			  .now_ms = start_ms + 1,
			  .status = { "250 gr\xfcn\0\r\nok", 13 } };

	(void)state;
	assert_int_equal(call(&c), 1);
	assert_int_equal(c.became, OUTBOX_SENT);
	assert_str(row_of(&d).status, "250 gr?n   ok");
	assert_int_equal(row_of(&d).done_ms, start_ms + 1);
}

static void
sent_without_a_marker_is_a_fault_of_ours(void **state)
{
	struct outbox_delivery d = claimed(0, 5);

	(void)state;
	assert_fails(act(OP_SENT, &d), err, ERROR_INTERNAL,
		     "verdict: sent without a marker");
	assert_state(&d, OUTBOX_CLAIMED);
}

static void
a_late_250_is_evidence(void **state)
{
	struct outbox_delivery d = marked(0, 5);
	struct call c = { .op = OP_BOUNCED,
			  .d = &d,
			  .now_ms = start_ms,
			  .status = STR("250 ok"),
			  .became = OUTBOX_STATE_COUNT };

	(void)state;
	assert_int_equal(act(OP_RECLAIM, &d), 1);
	assert_state(&d, OUTBOX_INDOUBT);
	assert_int_equal(call(&c), 0);
	assert_int_equal(c.became, OUTBOX_STATE_COUNT);
	assert_state(&d, OUTBOX_INDOUBT);
	c.op = OP_SENT;
	assert_int_equal(call(&c), 1);
	assert_int_equal(c.became, OUTBOX_SENT);
	assert_state(&d, OUTBOX_SENT);
	assert_str(row_of(&d).status, "late: 250 ok");
	assert_int_equal(call(&c), 0);
}

/* ---- cases: owners ---- */

static void
a_lease_ends_for_claimed_rows_only(void **state)
{
	struct outbox_delivery on_wire = marked(0, 5);
	struct outbox_delivery waits = claimed(1, 5);

	(void)state;
	assert_int_equal(act_at(OP_EXPIRE, &waits, waits.lease_ms - 1), 0);
	assert_int_equal(act_at(OP_EXPIRE, &waits, start_ms + 30 * DAY_MS), 1);
	assert_state(&waits, OUTBOX_READY);
	assert_state(&on_wire, OUTBOX_MARKED);
}

static void
what_a_dead_owner_had_is_taken_back(void **state)
{
	struct outbox_delivery on_wire = marked(0, 5);
	struct outbox_delivery waits = claimed(1, 5);
	struct outbox_delivery of_another = claimed(2, 6);
	int64_t *owners;

	(void)state;
	assert_int_equal(outbox_owners(reader(), a, &owners, &err), 2);
	assert_int_equal(owners[0] + owners[1], 5 + 6);
	assert_int_equal(act(OP_RECLAIM, &waits), 2);
	assert_int_equal(act(OP_RECLAIM, &waits), 0);
	assert_state(&waits, OUTBOX_READY);
	assert_state(&on_wire, OUTBOX_INDOUBT);
	assert_int_equal(row_of(&on_wire).done_ms, start_ms);
	assert_state(&of_another, OUTBOX_CLAIMED);
	assert_int_equal(outbox_owners(reader(), a, &owners, &err), 1);
	assert_int_equal(owners[0], 6);
}

static void
reclaiming_is_bounded(void **state)
{
	struct call c = { .op = OP_RECLAIM, .owner = 9, .limit = 2 };
	struct call claims = { 0 };

	(void)state;
	for (int i = 0; i < 5; i++)
		put_due(i, "email", start_ms);
	assert_int_equal(claim(&claims, OUTBOX_MAIL, start_ms, 5), 5);
	assert_int_equal(call(&c), 2);
	assert_int_equal(call(&c), 2);
	assert_int_equal(call(&c), 1);
	assert_int_equal(call(&c), 0);
}

/* ---- cases: a store that was put back ---- */

struct restore {
	bool unsent;
	int limit;
	int count; /* out */
};

static int
restore_unit(struct db *db, void *arg, struct error *e)
{
	struct restore *r = arg;
	const struct outbox_release unsent = {
		.status = str_of(outbox_maybe_sent),
		.partner_id = -1,
		.to = OUTBOX_READY,
		.limit = r->limit,
		.now_ms = start_ms,
	};
	struct outbox_delivery *rows;

	if (outbox_adopt(db, start_ms,
			 r->unsent ? OUTBOX_DOUBTS_NOTHING : OUTBOX_DOUBTS_ALL,
			 e) < 0)
		return -(int)e->code;
	r->count = r->unsent ? outbox_unhold_all(db, a, &unsent, &rows, e)
			     : outbox_doubt(db, a, start_ms, r->limit, start_ms,
					    &rows, e);
	for (int i = 0; i < r->count; i++)
		if (rows[i].state != (r->unsent ? OUTBOX_READY : OUTBOX_HELD))
			return error_set(e, ERROR_INTERNAL, "another state");
	return r->count;
}

static int
restore(bool unsent, int limit)
{
	struct restore r = { .unsent = unsent, .limit = limit };
	int count = db_commit(store, restore_unit, &r, &err);

	assert_ok(count, err);
	return count;
}

static void
what_may_have_been_sent_is_held(void **state)
{
	struct outbox_delivery in_hand = claimed(0, 5);
	struct outbox_delivery handed_over = marked(1, 6);
	struct outbox_delivery due = new_delivery(2);
	struct outbox_delivery later = new_delivery(3);
	struct outbox_delivery hook = new_delivery(4);

	(void)state;
	assert_int_equal(act(OP_PUT, &due), 1);
	assert_int_equal(act_at(OP_PUT, &later, start_ms + 1), 1);
	hook.key.channel = STR("webhook");
	hook.id = outbox_id_of(&hook.key);
	assert_int_equal(act(OP_PUT, &hook), 1);
	assert_int_equal(restore(false, 100), 2);
	assert_state(&in_hand, OUTBOX_HELD);
	assert_state(&due, OUTBOX_HELD);
	assert_str(row_of(&due).status, outbox_maybe_sent);
	assert_state(&handed_over, OUTBOX_MARKED);
	assert_state(&later, OUTBOX_READY);
	assert_state(&hook, OUTBOX_READY);
	/* Who had it in hand is not heard any more. */
	assert_int_equal(act(OP_MARK, &in_hand), 0);
	assert_ok(outbox_check(reader(), &err), err);
}

static void
holding_what_may_have_been_sent_is_bounded(void **state)
{
	(void)state;
	for (int64_t i = 0; i < 5; i++)
		put_due(i, i % 2 ? "mastodon" : "email", start_ms - i);
	assert_int_equal(restore(false, 3), 3);
	assert_int_equal(restore(false, 3), 2);
	assert_int_equal(restore(false, 3), 0);
	assert_int_equal(restore(true, 4), 4);
	assert_int_equal(restore(true, 4), 1);
	assert_int_equal(restore(true, 4), 0);
}

static int
settle_unit(struct db *db, void *arg, struct error *e)
{
	const enum outbox_doubts *from = arg;

	return outbox_doubt_less(db, *from,
				 *from == OUTBOX_DOUBTS_ALL
				     ? OUTBOX_DOUBTS_REST
				     : OUTBOX_DOUBTS_NOTHING,
				 e);
}

static int
settle(enum outbox_doubts from)
{
	return db_commit(store, settle_unit, &from, &err);
}

static void
what_is_put_is_held_until_the_past_is_settled(void **state)
{
	struct outbox_delivery d = new_delivery(0);
	struct outbox_delivery hook = new_delivery(2);
	enum outbox_doubts doubts;
	int64_t at_ms;

	(void)state;
	assert_int_equal(outbox_adopted(reader(), &at_ms, &err), 0);
	assert_ok(outbox_doubts(reader(), &doubts, &err), err);
	assert_int_equal(doubts, OUTBOX_DOUBTS_NOTHING);
	assert_int_equal(settle(OUTBOX_DOUBTS_ALL), 0);
	assert_int_equal(restore(false, 1), 0);
	assert_int_equal(outbox_adopted(reader(), &at_ms, &err), 1);
	assert_int_equal(at_ms, start_ms);
	hook.key.channel = STR("webhook");
	hook.id = outbox_id_of(&hook.key);
	assert_int_equal(act_at(OP_PUT, &d, start_ms + DAY_MS), 1);
	assert_int_equal(act_at(OP_PUT, &d, start_ms + DAY_MS), 0);
	assert_int_equal(act(OP_PUT, &hook), 1);
	assert_state(&d, OUTBOX_HELD);
	assert_str(row_of(&d).status, outbox_maybe_sent);
	assert_state(&hook, OUTBOX_READY);
	assert_ok(outbox_check(reader(), &err), err);
	assert_int_equal(settle(OUTBOX_DOUBTS_REST), 0);
	assert_int_equal(settle(OUTBOX_DOUBTS_ALL), 1);
	d = new_delivery(3);
	assert_int_equal(act(OP_PUT, &d), 1);
	assert_state(&d, OUTBOX_HELD);
	assert_int_equal(settle(OUTBOX_DOUBTS_REST), 1);
	d = new_delivery(4);
	assert_int_equal(act(OP_PUT, &d), 1);
	assert_state(&d, OUTBOX_READY);
	assert_int_equal(restore(true, 9), 2);
}

static void
whether_there_is_any_delivery_is_known(void **state)
{
	struct outbox_delivery d = new_delivery(0);

	(void)state;
	assert_int_equal(outbox_has_any(reader(), &err), 0);
	assert_int_equal(act(OP_PUT, &d), 1);
	assert_int_equal(outbox_has_any(reader(), &err), 1);
}

/* ---- cases: hooks ---- */

/* A hook that has been handed over. */
static struct outbox_delivery
marked_hook(void)
{
	struct outbox_delivery d = new_delivery(0);
	struct call claims = { 0 };

	d.key.channel = STR("webhook");
	d.key.subject_kind = OUTBOX_LEAD;
	d.key.subject = STR("\0\0\0\0\0\0\0\7");
	d.id = outbox_id_of(&d.key);
	assert_int_equal(act(OP_PUT, &d), 1);
	assert_int_equal(claim(&claims, OUTBOX_HTTP, start_ms, 1), 1);
	d = claims.items[0];
	assert_int_equal(act(OP_MARK, &d), 1);
	return d;
}

static void
a_hook_without_a_reply_goes_again(void **state)
{
	struct outbox_delivery d = marked_hook();
	struct outbox_delivery row;

	(void)state;
	assert_int_equal(act(OP_UNKNOWN, &d), 1);
	assert_state(&d, OUTBOX_READY);
	row = row_of(&d);
	assert_int_equal(row.due_ms, outbox_hook_retry_at(&d.id, 1, start_ms));
	assert_int_equal(row.attempt, 1);
	assert_int_equal(row.done_ms, 0);
	assert_ok(outbox_check(reader(), &err), err);
}

static void
a_hook_is_never_too_old(void **state)
{
	struct outbox_delivery d = marked_hook();

	(void)state;
	assert_int_equal(act_at(OP_DEFERRED, &d, start_ms + 400 * DAY_MS), 1);
	assert_state(&d, OUTBOX_READY);
}

static void
a_hook_may_go_again_with_other_bytes(void **state)
{
	struct outbox_delivery d = marked_hook();
	struct call claims = { 0 };
	struct call c = { .op = OP_MARK,
			  .now_ms = start_ms,
			  .sha256 = "other bytes than the first time." };

	(void)state;
	assert_int_equal(act(OP_UNKNOWN, &d), 1);
	assert_int_equal(claim(&claims, OUTBOX_HTTP, start_ms + HOUR_MS, 1), 1);
	c.d = claims.items;
	assert_int_equal(call(&c), 1);
	assert_str(row_of(&d).sha256, c.sha256);
}

static void
a_hook_of_a_dead_owner_goes_again(void **state)
{
	struct outbox_delivery d = marked_hook();
	struct outbox_delivery late = d;

	(void)state;
	assert_int_equal(act(OP_RECLAIM, &d), 1);
	assert_state(&d, OUTBOX_READY);
	assert_int_equal(row_of(&d).attempt, 1);
	assert_int_equal(row_of(&d).done_ms, 0);
	/* who was thought dead has nothing to say */
	assert_int_equal(act(OP_SENT, &late), 0);
	assert_state(&d, OUTBOX_READY);
	assert_ok(outbox_check(reader(), &err), err);
}

/* ---- cases: cancel ---- */

static void
cancelling_voids_a_claim(void **state)
{
	struct outbox_delivery d = claimed(0, 5);
	struct outbox_delivery row;

	(void)state;
	assert_int_equal(act(OP_CANCEL, &d), 1);
	row = row_of(&d);
	assert_int_equal(row.state, OUTBOX_CANCELLED);
	assert_int_equal(row.epoch, d.epoch + 1);
	assert_str(row.status, "said");
	assert_int_equal(act(OP_MARK, &d), 0);
	assert_int_equal(act(OP_DEFERRED, &d), 0);
}

/* Partner, activation, step, subject: eight rows, all that there are. */
static void
put_eight(void)
{
	const struct str persons[] = { TEST_ANNA, TEST_BERT };

	for (int i = 0; i < 8; i++) {
		struct call c = { .op = OP_PUT, .due_ms = start_ms + i };

		c.key = (struct outbox_key){
			.partner_id = i & 1 ? BOLT : ACME,
			.activation_id = i & 1 ? BOLT_RUN : ACME_RUN,
			.step = i & 2 ? STR("nudge") : STR("invite"),
			.subject = persons[i >> 2],
			.channel = STR("email"),
		};
		assert_int_equal(call(&c), 1);
	}
}

static const struct {
	struct outbox_filter filter;
	int fits;
} filters[] = {
	{ { -1, 0, { 0 }, { 0 } }, 8 },
	{ { ACME, 0, { 0 }, { 0 } }, 4 },
	{ { 0, 0, { 0 }, { 0 } }, 0 },
	{ { ACME, ACME_RUN, { 0 }, { 0 } }, 4 },
	{ { ACME, BOLT_RUN, { 0 }, { 0 } }, 0 },
	{ { -1, BOLT_RUN, { "nudge", 5 }, { 0 } }, 2 },
	{ { -1, 0, { "nudge", 5 }, { 0 } }, 4 },
	{ { BOLT, 0, { "nudge", 5 }, { 0 } }, 2 },
	{ { -1, 0, { 0 }, { "anna's hash.....", 16 } }, 4 },
	{ { BOLT, BOLT_RUN, { "nudge", 5 }, { "anna's hash.....", 16 } }, 1 },
	{ { BOLT, 0, { 0 }, { "anna's hash.....", 16 } }, 2 },
	{ { -1, 0, { 0 }, { "cleo's hash.....", 16 } }, 0 },
};

static int64_t
sum_of(const struct outbox_counts *counts)
{
	int64_t sum = 0;

	for (int i = 0; i < OUTBOX_STATE_COUNT; i++)
		sum += counts->by_state[i];
	return sum;
}

static void
a_filter_fits_the_same_rows_everywhere(void **state)
{
	struct outbox_counts counts;
	struct outbox_delivery *list;

	(void)state;
	put_eight();
	for (size_t i = 0; i < COUNT_OF(filters); i++) {
		const struct outbox_filter *f = &filters[i].filter;

		assert_ok(outbox_count(reader(), f, &counts, &err), err);
		assert_int_equal(counts.by_state[OUTBOX_READY],
				 filters[i].fits);
		assert_int_equal(sum_of(&counts), filters[i].fits);
		assert_int_equal(
		    outbox_list(reader(), a, f, -1, 100, &list, &err),
		    filters[i].fits);
		assert_int_equal(
		    outbox_list(reader(), a, f, OUTBOX_SENT, 100, &list, &err),
		    0);
	}
}

static void
cancelling_takes_what_the_filter_fits(void **state)
{
	const struct outbox_filter all = { .partner_id = -1 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(filters); i++) {
		struct call c = { .op = OP_CANCEL,
				  .filter = filters[i].filter,
				  .now_ms = start_ms };
		struct outbox_counts counts;
		static const char *const clear[] = { "DELETE FROM delivery",
						     NULL };

		put_eight();
		assert_int_equal(call(&c), filters[i].fits);
		assert_int_equal(call(&c), 0);
		assert_ok(outbox_count(reader(), &all, &counts, &err), err);
		assert_int_equal(counts.by_state[OUTBOX_CANCELLED],
				 filters[i].fits);
		assert_int_equal(sum_of(&counts), 8);
		assert_ok(db_commit(store, run_script, (void *)(uintptr_t)clear,
				    &err),
			  err);
	}
}

/* ---- cases: reading ---- */

static void
a_list_goes_by_partner_and_due_time(void **state)
{
	const struct outbox_filter all = { .partner_id = -1 };
	struct outbox_delivery *list;
	int count;

	(void)state;
	put_eight();
	count = outbox_list(reader(), a, &all, OUTBOX_READY, 6, &list, &err);
	assert_int_equal(count, 6);
	for (int i = 0; i < count; i++) {
		assert_int_equal(list[i].id.partner_id, i < 4 ? ACME : BOLT);
		assert_int_equal(list[i].due_ms,
				 start_ms + (i < 4 ? 2 * i : 2 * i - 7));
	}
}

static void
the_next_due_time_is_that_of_a_ready_row(void **state)
{
	struct outbox_delivery d;
	int64_t due_ms = 7;

	(void)state;
	assert_int_equal(outbox_next_due(reader(), &due_ms, &err), 0);
	assert_int_equal(due_ms, 7);
	d = claimed(0, 5);
	assert_int_equal(outbox_next_due(reader(), &due_ms, &err), 0);
	put_due(1, "mastodon", start_ms + 10);
	assert_int_equal(outbox_next_due(reader(), &due_ms, &err), 1);
	assert_int_equal(due_ms, start_ms + 10);
	assert_int_equal(act(OP_RELEASE, &d), 1);
	assert_int_equal(outbox_next_due(reader(), &due_ms, &err), 1);
	assert_int_equal(due_ms, start_ms);
}

static void
what_is_not_there_is_not_found(void **state)
{
	struct outbox_delivery d = new_delivery(0);
	struct outbox_delivery row;

	(void)state;
	assert_int_equal(outbox_find(reader(), a, &d.id, &row, &err), 0);
	assert_int_equal(act(OP_PUT, &d), 1);
	d.id.partner_id = BOLT;
	assert_int_equal(outbox_find(reader(), a, &d.id, &row, &err), 0);
}

static void
reports_read_the_view(void **state)
{
	int64_t n = 0;

	(void)state;
	put_eight();
	assert_int_equal(
	    db_query_int(reader(), &n,
			 "SELECT count(*) FROM delivery_view"
			 " WHERE subject = ?1 AND state = 0 AND attempt = 0",
			 DB_ARGS(DB_BLOB(TEST_ANNA)), &err),
	    1);
	assert_int_equal(n, 4);
}

/* ---- cases: every state and every operation ---- */

static const enum op ways[OUTBOX_STATE_COUNT][4] = {
	[OUTBOX_READY] = { OP_PUT, OP_COUNT },
	[OUTBOX_CLAIMED] = { OP_PUT, OP_CLAIM, OP_COUNT },
	[OUTBOX_MARKED] = { OP_PUT, OP_CLAIM, OP_MARK, OP_COUNT },
	[OUTBOX_INDOUBT] = { OP_PUT, OP_CLAIM, OP_MARK, OP_UNKNOWN },
	[OUTBOX_HELD] = { OP_PUT, OP_CLAIM, OP_HELD, OP_COUNT },
	[OUTBOX_SENT] = { OP_PUT, OP_CLAIM, OP_MARK, OP_SENT },
	[OUTBOX_BOUNCED] = { OP_PUT, OP_CLAIM, OP_MARK, OP_BOUNCED },
	[OUTBOX_CANCELLED] = { OP_PUT, OP_CLAIM, OP_CANCEL, OP_COUNT },
	[OUTBOX_SKIPPED] = { OP_SKIP, OP_COUNT },
};

/*
 * What becomes of a row: the first letter of a state (X cancelled), - nothing,
 * ! it is refused as INTERNAL. In the order of OPS:
 * put skip cancel claim mark | sent deferred bounced held unknown |
 * release postpone reclaim expire | resolve x 3, unhold x 2
 */
/* clang-format off */
static const char *const becomes[OUTBOX_STATE_COUNT] = {
	[OUTBOX_READY]     = "--XC-" "-----" "----" "-----",
	[OUTBOX_CLAIMED]   = "--X-M" "!RBHR" "RRRR" "-----",
	[OUTBOX_MARKED]    = "-----" "SRBHI" "--I-" "-----",
	[OUTBOX_INDOUBT]   = "-----" "S----" "----" "SRB--",
	[OUTBOX_HELD]      = "--X--" "-----" "----" "---RX",
	[OUTBOX_SENT]      = "-----" "-----" "----" "-----",
	[OUTBOX_BOUNCED]   = "-----" "-----" "----" "-----",
	[OUTBOX_CANCELLED] = "-----" "-----" "----" "-----",
	[OUTBOX_SKIPPED]   = "-----" "-----" "----" "-----",
};
/* clang-format on */

static enum outbox_state
state_of(char letter)
{
	static const char letters[] = "RCMIHSBXK";

	return (enum outbox_state)(strchr(letters, letter) - letters);
}

static void
check_transition(enum outbox_state from, enum op op, int64_t number)
{
	char wanted = becomes[from][op];
	struct outbox_delivery d = new_delivery(number);
	struct outbox_delivery before;
	struct outbox_delivery after;
	int code;

	d.owner = number + 1;
	for (int i = 0; i < 4 && ways[from][i] != OP_COUNT; i++)
		assert_int_equal(act(ways[from][i], &d), 1);
	before = row_of(&d);
	assert_int_equal(before.state, from);
	/* The best claim to it that anybody could make up. */
	d.epoch = before.epoch;
	code = act_at(op, &d, start_ms + DAY_MS);
	after = row_of(&d);
	if (wanted == '-' || wanted == '!') {
		assert_true(wanted == '-' ? code == 0 : code < 0);
		assert_same_row(&before, &after);
	} else if (code != 1 || after.state != state_of(wanted)) {
		fail_msg("%s by %s is %s (%d)", outbox_state_name(from),
			 op_names[op], outbox_state_name(after.state), code);
	}
	assert_true(after.epoch >= before.epoch);
	assert_true(after.attempt >= before.attempt);
}

static void
each_state_answers_each_operation(void **state)
{
	struct outbox_filter all = { .partner_id = -1 };
	struct outbox_counts counts;
	int64_t number = 0;

	(void)state;
	for (int from = 0; from < OUTBOX_STATE_COUNT; from++)
		for (int op = 0; op < OP_COUNT; op++) {
			struct outbox_delivery any = new_delivery(0);

			check_transition((enum outbox_state)from, (enum op)op,
					 number++);
			/* Nothing of it is claimed or cancelled later. */
			assert_ok(act(OP_CANCEL, &any), err);
		}
	assert_int_equal(number, OUTBOX_STATE_COUNT * OP_COUNT);
	assert_ok(outbox_check(reader(), &err), err);
	assert_ok(outbox_count(reader(), &all, &counts, &err), err);
	assert_int_equal(sum_of(&counts), number);
}

/* ---- cases: the check ---- */

static void
a_sound_store_passes_the_check(void **state)
{
	(void)state;
	assert_ok(outbox_check(reader(), &err), err);
	(void)marked(ROWS * 3, 5);
	put_eight();
	assert_ok(outbox_check(reader(), &err), err);
	/* more than one page */
	assert_ok(db_commit(store, put_many, NULL, &err), err);
	for (int64_t i = 0; i < ROWS; i++)
		put_due(ROWS + i, "webhook", start_ms);
	assert_ok(outbox_check(reader(), &err), err);
}

static int
corrupt(const char *sql)
{
	const char *const script[] = { sql, NULL };

	return db_commit(store, run_script, (void *)(uintptr_t)script, &err);
}

static void
a_row_that_is_not_its_keys_is_found(void **state)
{
	struct outbox_delivery d = marked(1, 5);

	(void)state;
	put_eight();
	assert_ok(corrupt("UPDATE delivery SET step = 'other' WHERE state = 2"),
		  err);
	assert_fails(outbox_check(reader(), &err), err, ERROR_INTERNAL,
		     "of partner 1, state 2, has an id that is not its key's");
	assert_state(&d, OUTBOX_MARKED);
}

static void
the_store_refuses_rows_that_contradict_themselves(void **state)
{
	static const char *const lies[] = {
		"UPDATE delivery SET lease_ms = NULL WHERE state = 1",
		"UPDATE delivery SET owner = NULL WHERE state = 1",
		"UPDATE delivery SET owner = 5 WHERE state = 0",
		"UPDATE delivery SET state = 5 WHERE state = 1",
		"UPDATE delivery SET sha256 = NULL WHERE state = 2",
		"UPDATE delivery SET marked_ms = NULL WHERE state = 2",
		"UPDATE delivery SET attempt = 9 WHERE state = 2",
		"UPDATE delivery SET done_ms = 1 WHERE state = 0",
		"UPDATE delivery SET date_ms = NULL WHERE state = 1",
	};

	(void)state;
	(void)marked(1, 5);
	(void)claimed(2, 5);
	put_due(3, "email", start_ms);
	for (size_t i = 0; i < COUNT_OF(lies); i++)
		assert_fails(corrupt(lies[i]), err, ERROR_INVALID, "");
}

/* As a damaged file could hold them. */
static void
rows_that_contradict_themselves_are_found(void **state)
{
	static const struct {
		const char *lie;
		const char *undo;
		const char *fault;
	} cases[] = {
		{ "UPDATE delivery SET lease_ms = NULL",
		  "UPDATE delivery SET lease_ms = 5", "lease" },
		{ "UPDATE delivery SET owner = NULL",
		  "UPDATE delivery SET owner = 5", "owner" },
		{ "UPDATE delivery SET attempt = 9",
		  "UPDATE delivery SET attempt = 0", "attempts than claims" },
		{ "UPDATE delivery SET date_ms = NULL",
		  "UPDATE delivery SET date_ms = 5", "date" },
		{ "UPDATE delivery SET done_ms = 9",
		  "UPDATE delivery SET done_ms = NULL", "an end" },
		{ "UPDATE delivery SET marked_ms = 9",
		  "UPDATE delivery SET marked_ms = NULL", "an attempt" },
		{ "UPDATE delivery SET state = 77",
		  "UPDATE delivery SET state = 1", "a state that" },
		{ "UPDATE delivery SET state = 2, lease_ms = NULL",
		  "UPDATE delivery SET state = 1, lease_ms = 5", "a marker" },
	};

	(void)state;
	if (db_store_dialect(store) != DB_SQLITE)
		return;
	(void)claimed(1, 5);
	assert_ok(corrupt("PRAGMA ignore_check_constraints = ON"), err);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_ok(corrupt(cases[i].lie), err);
		assert_fails(outbox_check(reader(), &err), err, ERROR_INTERNAL,
			     cases[i].fault);
		assert_ok(corrupt(cases[i].undo), err);
		assert_ok(outbox_check(reader(), &err), err);
	}
}

/* ---- all of it ---- */

#define CASE(name) \
	cmocka_unit_test_setup_teardown(name, open_store, close_store)

static int
run_suite(const char *name)
{
	const struct CMUnitTest tests[] = {
		CASE(putting_twice_is_putting_once),
		CASE(a_row_says_all_of_its_key),
		CASE(a_skipped_delivery_stays_skipped),
		CASE(a_delivery_belongs_to_an_activation_of_its_partner),
		CASE(what_is_due_longest_is_claimed_first),
		CASE(mail_and_posts_are_claimed_apart),
		CASE(the_first_claim_sets_date_and_key_for_good),
		CASE(what_must_wait_is_due_later_and_no_older),
		CASE(what_is_put_off_is_as_late_as_it_was),
		CASE(what_waits_for_its_hour_is_due_then),
		CASE(what_is_held_for_one_reason_is_let_go_at_once),
		CASE(what_was_marked_keeps_its_date_while_it_waits),
		CASE(what_was_held_unsent_is_no_older_when_it_is_let_go),
		CASE(what_is_let_go_before_it_is_due_is_late_from_then_on),
		CASE(what_is_held_for_one_reason_is_found),
		CASE(claims_of_several_threads_are_disjoint),
		CASE(a_marker_says_what_was_handed_over),
		CASE(who_was_thought_dead_changes_nothing),
		CASE(a_shut_gate_stops_the_marker),
		CASE(who_is_not_listed_is_not_sent_to),
		CASE(subjects_that_are_no_persons_pass_the_activations_gate),
		CASE(a_partner_is_told_of_its_lead_also_while_paused_or_ended),
		CASE(a_notice_of_a_sender_passes_a_pause_and_an_end),
		CASE(a_partner_that_has_ended_is_told_no_more),
		CASE(other_bytes_than_before_are_held),
		CASE(the_same_bytes_may_go_again),
		CASE(a_deferred_delivery_comes_back_by_the_retry_law),
		CASE(the_receiver_says_when_to_come_back),
		CASE(what_is_too_old_bounces),
		CASE(a_verdict_is_not_refused_for_its_words),
		CASE(sent_without_a_marker_is_a_fault_of_ours),
		CASE(a_late_250_is_evidence),
		CASE(a_lease_ends_for_claimed_rows_only),
		CASE(what_a_dead_owner_had_is_taken_back),
		CASE(reclaiming_is_bounded),
		CASE(what_may_have_been_sent_is_held),
		CASE(holding_what_may_have_been_sent_is_bounded),
		CASE(what_is_put_is_held_until_the_past_is_settled),
		CASE(whether_there_is_any_delivery_is_known),
		CASE(a_hook_without_a_reply_goes_again),
		CASE(a_hook_is_never_too_old),
		CASE(a_hook_may_go_again_with_other_bytes),
		CASE(a_hook_of_a_dead_owner_goes_again),
		CASE(cancelling_voids_a_claim),
		CASE(a_filter_fits_the_same_rows_everywhere),
		CASE(cancelling_takes_what_the_filter_fits),
		CASE(a_list_goes_by_partner_and_due_time),
		CASE(the_next_due_time_is_that_of_a_ready_row),
		CASE(what_is_not_there_is_not_found),
		CASE(reports_read_the_view),
		CASE(each_state_answers_each_operation),
		CASE(a_sound_store_passes_the_check),
		CASE(a_row_that_is_not_its_keys_is_found),
		CASE(the_store_refuses_rows_that_contradict_themselves),
		CASE(rows_that_contradict_themselves_are_found),
	};

	return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
	return test_on_both(&url, run_suite, "outbox/sqlite",
			    "outbox/postgresql");
}
