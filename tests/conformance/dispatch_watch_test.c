/*
 * What dispatch_watch.h promises, on every store there is: what became of a
 * partner's mails is counted once, whenever it is told, and stops it alone.
 */
#include "dispatch/dispatch_watch.h"

#include <pthread.h>

#include "base/arena.h"
#include "dispatch/dispatch_rules.h"
#include "sending.h"
#include "store.h"
#include "test.h"

enum { LIMIT = 7, PEOPLE = 30 };

#define NOW_MS	INT64_C(1800000000000)
#define HOUR_MS INT64_C(3600000)

static const char *url;
static struct sending sending;
static struct arena *a;
static struct error err;

/* ---- the store of a case ---- */

static int
open_store(void **state)
{
	static const struct db_schema *const none[] = { &db_note_schema };
	struct db_store *empty;

	(void)state;
	a = arena_new();
	if (test_store_begin(&empty, url, none, COUNT_OF(none), &err) < 0) {
		printf("%s\n", err.text);
		return -1;
	}
	db_store_close(&empty);
	sending_open(&sending, url);
	sending_people(&sending, 2, PEOPLE);
	return 0;
}

static int
close_store(void **state)
{
	(void)state;
	sending_close(&sending);
	arena_free(&a);
	return 0;
}

static int
rules_unit(struct db *db, void *arg, struct error *e)
{
	struct dispatch_rules rules;

	if (dispatch_rules_read(a, str_of(arg), &rules, e) < 0)
		return -(int)e->code;
	return dispatch_rules_save(db, &rules, e);
}

static void
rule(const char *text)
{
	char *copy = arena_printf(a, "%s", text);

	assert_ok(db_commit(sending.store, rules_unit, copy, &err), err);
}

/* ---- what happens ---- */

struct telling {
	enum event_kind kind;
	int partner;
	int first;
	int count;
	int64_t at_ms;
};

static int
tell_unit(struct db *db, void *arg, struct error *e)
{
	const struct telling *t = arg;

	for (int i = 0; i < t->count; i++) {
		struct outbox_id id = outbox_id_of(&(struct outbox_key){
		    .partner_id = sending.partner_id[t->partner],
		    .activation_id = sending_activation(&sending, t->partner),
		    .step = STR("invite"),
		    .subject_kind = OUTBOX_PERSON,
		    .subject = { (const char *)sending_person(
				     &sending, t->partner, t->first + i)
				     .bytes,
				 PERSON_HASH_BYTES },
		    .channel = STR("email"),
		});
		const struct event event = {
			.kind = t->kind,
			.at_ms = t->at_ms,
			.partner_id = sending.partner_id[t->partner],
			.activation_id =
			    sending_activation(&sending, t->partner),
			.delivery = { (const char *)id.bytes,
				      sizeof(id.bytes) },
		};

		if (event_append(db, &event, e) < 0)
			return -(int)e->code;
	}
	return 0;
}

/* The journal says so of some of the partner's people. */
static void
tell(enum event_kind kind, int partner, int first, int count)
{
	struct telling t = { kind, partner, first, count, NOW_MS };

	assert_ok(db_commit(sending.store, tell_unit, &t, &err), err);
}

static void
watch_at(int64_t now_ms)
{
	int did;

	while ((did = dispatch_watch_step(sending.store, now_ms, LIMIT, &err)) >
	       0)
		continue;
	assert_ok(did, err);
}

/* Why the partner is stopped; empty: it is not. */
static struct str
stopped(int partner)
{
	struct str name = str_printf(a, "%d", (int)sending.partner_id[partner]);
	struct outbox_queue q = { 0 };
	struct db *db;

	assert_ok(db_reader(sending.store, &db, &err), err);
	assert_ok(outbox_queue_find(db, a,
				    outbox_queue_id(OUTBOX_SCOPE_PARTNER, name),
				    &q, &err),
		  err);
	return q.opens_ms == INT64_MAX ? q.reason : STR("");
}

static int
resume_unit(struct db *db, void *arg, struct error *e)
{
	const int64_t *partner_id = arg;

	return dispatch_watch_resume(db, *partner_id, NOW_MS, e);
}

static int
resume(int partner)
{
	int got = db_commit(sending.store, resume_unit,
			    &sending.partner_id[partner], &err);

	assert_ok(got, err);
	return got;
}

static void
begin(const char *text)
{
	rule(text);
	sending_put(&sending, "invite", NOW_MS);
	watch_at(NOW_MS);
}

/* ---- cases ---- */

static void
beyond_the_budget_one_partner_stops(void **state)
{
	(void)state;
	begin("budget 1000 100 day 20\n");
	tell(EVENT_SENT, 0, 0, 16);
	tell(EVENT_SENT, 1, 0, 20);
	tell(EVENT_BOUNCED, 0, 16, 3);
	watch_at(NOW_MS);
	/* Too few to judge. */
	assert_str(stopped(0), "");
	tell(EVENT_BOUNCED, 0, 19, 1);
	watch_at(NOW_MS);
	assert_str(stopped(0),
		   "of 20 mails within a day, 4 were refused and 0 complained "
		   "of, expected at most 10.00 % and 1.00 %");
	assert_str(stopped(1), "");
	assert_int_equal(sending_events(&sending, EVENT_PAUSED), 1);
	watch_at(NOW_MS + HOUR_MS);
	assert_int_equal(sending_events(&sending, EVENT_PAUSED), 1);
}

/* It comes back in a mail, a day after the relay took it. */
static void
what_comes_back_later_counts_too(void **state)
{
	(void)state;
	begin("budget 1000 100 day 20\n");
	tell(EVENT_SENT, 0, 0, 25);
	watch_at(NOW_MS);
	assert_str(stopped(0), "");
	tell(EVENT_BOUNCED, 0, 0, 3);
	watch_at(NOW_MS + HOUR_MS);
	assert_int_not_equal(stopped(0).len, 0);
}

static void
what_was_resumed_is_judged_by_what_comes(void **state)
{
	(void)state;
	begin("budget 1000 100 day 10\n");
	assert_int_equal(resume(0), 0);
	tell(EVENT_BOUNCED, 0, 0, 10);
	watch_at(NOW_MS);
	assert_int_not_equal(stopped(0).len, 0);
	assert_int_equal(resume(0), 1);
	tell(EVENT_BOUNCED, 0, 10, 1);
	watch_at(NOW_MS);
	assert_str(stopped(0), "");
	tell(EVENT_SENT, 0, 11, 8);
	watch_at(NOW_MS);
	assert_str(stopped(0), "");
}

static void
what_was_before_there_was_a_budget_is_past(void **state)
{
	(void)state;
	sending_put(&sending, "invite", NOW_MS);
	tell(EVENT_BOUNCED, 0, 0, 30);
	begin("budget 1000 100 day 10\n");
	assert_str(stopped(0), "");
}

static void *
watch_too(void *arg)
{
	struct error e;
	int did;

	(void)arg;
	while ((did = dispatch_watch_step(sending.store, NOW_MS, LIMIT, &e)) >
	       0)
		continue;
	check(did == 0);
	return NULL;
}

static void
two_at_once_count_each_once(void **state)
{
	pthread_t threads[3];
	int64_t n = 0;
	struct db *db;

	(void)state;
	begin("budget 10000 10000 day 1000\n");
	tell(EVENT_SENT, 0, 0, 30);
	tell(EVENT_SENT, 1, 0, 30);
	for (size_t i = 0; i < COUNT_OF(threads); i++)
		check(pthread_create(&threads[i], NULL, watch_too, NULL) == 0);
	for (size_t i = 0; i < COUNT_OF(threads); i++)
		check(pthread_join(threads[i], NULL) == 0);
	assert_ok(db_reader(sending.store, &db, &err), err);
	assert_ok(
	    outbox_score(db,
			 outbox_queue_id(
			     OUTBOX_SCOPE_PARTNER,
			     str_printf(a, "%d", (int)sending.partner_id[0])),
			 OUTBOX_SCORE_SENT, OUTBOX_DAY, NOW_MS, &n, &err),
	    err);
	assert_int_equal(n, 30);
}

#define CASE(name) \
	cmocka_unit_test_setup_teardown(name, open_store, close_store)

static int
run_suite(const char *name)
{
	const struct CMUnitTest tests[] = {
		CASE(beyond_the_budget_one_partner_stops),
		CASE(what_comes_back_later_counts_too),
		CASE(what_was_resumed_is_judged_by_what_comes),
		CASE(what_was_before_there_was_a_budget_is_past),
		CASE(two_at_once_count_each_once),
	};

	return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
	return test_on_both(&url, run_suite, "dispatch_watch/sqlite",
			    "dispatch_watch/postgresql");
}
