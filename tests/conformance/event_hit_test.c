/*
 * Hits and their projection, on every store there is. Each case begins with a
 * mail that was marked at MARKED and accepted at SENT, and no hit.
 */
#include "event/event.h"

#include <pthread.h>

#include "sent.h"
#include "store.h"
#include "test.h"

enum { ACME = 1, RUN = 101, THREADS = 4, EACH = 100 };

static const int64_t sent_ms = INT64_C(1772000000000);
static const int64_t later_ms = INT64_C(1772000060000);
static const int64_t end_ms = INT64_C(1772009999000);

static const char *url;
static struct db_store *store;
static struct db *reader;
static struct arena *arena;
static struct error err;
static struct test_sent mail;

_Static_assert(OUTBOX_MARKED == 2 && OUTBOX_SENT == 5,
	       "event_sql.c reads these numbers in delivery_view");

static int
put_mail(struct db *db, void *arg, struct error *e)
{
	(void)arg;
	mail = (struct test_sent){
		.key = { .partner_id = ACME,
			 .activation_id = RUN,
			 .step = STR("invite"),
			 .subject_kind = OUTBOX_PERSON,
			 .subject = TEST_ANNA,
			 .channel = STR("email") },
		.marked_ms = sent_ms - 300,
		.sent_ms = sent_ms,
	};
	if (test_gate_partner(db, STR("acme"), RUN, e) < 0 ||
	    test_gate_contact(db, ACME, TEST_ANNA, e) < 0)
		return -(int)e->code;
	return test_sent(db, &mail, e);
}

static int
open_store(void **state)
{
	const struct db_schema *const schemas[] = {
		&event_schema,
		&partner_schema,
		&outbox_schema,
	};

	(void)state;
	err = (struct error){ 0 };
	arena = arena_new();
	if (test_store_begin(&store, url, schemas, COUNT_OF(schemas), &err) <
		0 ||
	    db_commit(store, put_mail, NULL, &err) < 0 ||
	    db_reader(store, &reader, &err) < 0) {
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
	arena_free(&arena);
	return 0;
}

/* ---- helpers ---- */

static int
hit_unit(struct db *db, void *arg, struct error *e)
{
	return event_hit_add(db, arg, e);
}

static void
hit(enum event_hit_kind kind, unsigned link, int64_t at_ms,
    enum event_class agent)
{
	struct event_hit h = {
		.kind = kind,
		.at_ms = at_ms,
		.partner_id = ACME,
		.link = link,
		.link_count = 3,
		.agent = agent,
	};

	memcpy(h.delivery, mail.id.bytes, sizeof(h.delivery));
	assert_ok(db_commit(store, hit_unit, &h, &err), err);
}

static int
step(int64_t now_ms, int limit)
{
	int count = event_step(store, now_ms, limit, &err);

	assert_ok(count, err);
	return count;
}

static int
events(struct event_row **rows)
{
	const struct event_filter all = { .partner_id = -1, .limit = 1000 };
	int count = event_list(reader, arena, &all, rows, &err);

	assert_ok(count, err);
	return count;
}

static int
count(void)
{
	struct event_row *rows;

	return events(&rows);
}

/* ---- cases ---- */

static void
a_store_without_hits_has_nothing_to_do(void **state)
{
	(void)state;
	assert_int_equal(step(end_ms, 100), 0);
}

static void
each_kind_becomes_its_event(void **state)
{
	struct event_row *rows;

	(void)state;
	hit(EVENT_HIT_OPEN, 0, later_ms, EVENT_HUMAN);
	hit(EVENT_HIT_CLICK, 2, later_ms + 5000, EVENT_HUMAN);
	hit(EVENT_HIT_VIEW, 2, later_ms + 5100, EVENT_HUMAN);
	assert_int_equal(step(end_ms, 100), 3);
	assert_int_equal(events(&rows), 3);
	assert_int_equal(rows[0].event.kind, EVENT_OPENED);
	assert_int_equal(rows[1].event.kind, EVENT_CLICKED);
	assert_int_equal(rows[2].event.kind, EVENT_VIEWED);
	assert_true(rows[1].event.at_ms == later_ms + 5000);
	assert_int_equal(rows[1].event.partner_id, ACME);
	assert_int_equal(rows[1].event.activation_id, RUN);
	assert_memory_equal(rows[1].event.delivery.p, mail.id.bytes,
			    sizeof(mail.id.bytes));
	assert_str(rows[1].event.payload, "{\"class\":\"human\",\"link\":2}");
	assert_int_equal(event_verify(reader, &err), 3);
}

static void
a_hit_is_projected_once(void **state)
{
	(void)state;
	hit(EVENT_HIT_OPEN, 0, later_ms, EVENT_HUMAN);
	assert_int_equal(step(end_ms, 100), 1);
	assert_int_equal(step(end_ms, 100), 0);
	assert_int_equal(count(), 1);
	hit(EVENT_HIT_OPEN, 0, later_ms, EVENT_HUMAN);
	assert_int_equal(step(end_ms, 100), 1);
	assert_int_equal(count(), 2);
}

static void
a_machine_s_hit_stays_a_hit(void **state)
{
	(void)state;
	hit(EVENT_HIT_OPEN, 0, later_ms, EVENT_MACHINE);
	hit(EVENT_HIT_CLICK, 0, sent_ms + 1000, EVENT_HUMAN);
	hit(EVENT_HIT_CLICK, 0, sent_ms - 100, EVENT_HUMAN);
	assert_int_equal(step(end_ms, 100), 3);
	assert_int_equal(count(), 0);
}

static void
a_burst_is_a_machine_s_also_over_the_edge_of_a_batch(void **state)
{
	(void)state;
	for (unsigned link = 0; link < 3; link++)
		hit(EVENT_HIT_CLICK, link, later_ms + link * 500, EVENT_HUMAN);
	hit(EVENT_HIT_VIEW, 0, later_ms + 600, EVENT_HUMAN);
	for (int i = 0; i < 4; i++)
		assert_int_equal(step(end_ms, 1), 1);
	assert_int_equal(count(), 0);
}

static void
a_person_who_clicks_twice_is_no_burst(void **state)
{
	(void)state;
	hit(EVENT_HIT_CLICK, 1, later_ms, EVENT_HUMAN);
	hit(EVENT_HIT_CLICK, 1, later_ms + 200, EVENT_HUMAN);
	hit(EVENT_HIT_CLICK, 1, later_ms + 400, EVENT_HUMAN);
	hit(EVENT_HIT_CLICK, 0, later_ms + 30000, EVENT_HUMAN);
	hit(EVENT_HIT_CLICK, 2, later_ms + 60000, EVENT_HUMAN);
	assert_int_equal(step(end_ms, 100), 5);
	assert_int_equal(count(), 5);
}

static void
the_last_seconds_wait_for_the_rest_of_a_burst(void **state)
{
	(void)state;
	hit(EVENT_HIT_CLICK, 0, later_ms, EVENT_HUMAN);
	assert_int_equal(step(later_ms + 1000, 100), 0);
	hit(EVENT_HIT_CLICK, 1, later_ms + 1000, EVENT_HUMAN);
	hit(EVENT_HIT_CLICK, 2, later_ms + 1900, EVENT_HUMAN);
	assert_int_equal(step(later_ms + 6000, 100), 3);
	assert_int_equal(count(), 0);
}

static void
a_hit_of_a_message_there_is_not_leaves_no_event(void **state)
{
	(void)state;
	mail.id.bytes[0] ^= 1;
	hit(EVENT_HIT_CLICK, 0, later_ms, EVENT_HUMAN);
	assert_int_equal(step(end_ms, 100), 1);
	assert_int_equal(count(), 0);
}

/* ---- several at once ---- */

static void *
add_many(void *arg)
{
	struct event_hit h = { .kind = EVENT_HIT_OPEN,
			       .at_ms = later_ms,
			       .partner_id = ACME };
	struct error e;

	(void)arg;
	memcpy(h.delivery, mail.id.bytes, sizeof(h.delivery));
	for (int i = 0; i < EACH; i++)
		check(db_commit(store, hit_unit, &h, &e) >= 0);
	return NULL;
}

static void *
step_many(void *arg)
{
	struct error e;

	(void)arg;
	for (int i = 0; i < EACH; i++)
		check(event_step(store, end_ms, 7, &e) >= 0);
	return NULL;
}

static void
several_add_while_several_project(void **state)
{
	pthread_t threads[2 * THREADS];

	(void)state;
	for (int i = 0; i < 2 * THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL,
						i % 2 ? add_many : step_many,
						NULL),
				 0);
	for (int i = 0; i < 2 * THREADS; i++)
		pthread_join(threads[i], NULL);
	while (step(end_ms, 100) > 0)
		;
	assert_int_equal(count(), THREADS * EACH);
	assert_int_equal(event_verify(reader, &err), THREADS * EACH);
}

#define CASE(name) \
	cmocka_unit_test_setup_teardown(name, open_store, close_store)

static int
run_suite(const char *name)
{
	const struct CMUnitTest tests[] = {
		CASE(a_store_without_hits_has_nothing_to_do),
		CASE(each_kind_becomes_its_event),
		CASE(a_hit_is_projected_once),
		CASE(a_machine_s_hit_stays_a_hit),
		CASE(a_burst_is_a_machine_s_also_over_the_edge_of_a_batch),
		CASE(a_person_who_clicks_twice_is_no_burst),
		CASE(the_last_seconds_wait_for_the_rest_of_a_burst),
		CASE(a_hit_of_a_message_there_is_not_leaves_no_event),
		CASE(several_add_while_several_project),
	};

	return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
	return test_on_both(&url, run_suite, "event_hit/sqlite",
			    "event_hit/postgresql");
}
