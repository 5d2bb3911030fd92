/*
 * Limits and stops over a sender: what must wait is in nobody's way, and what
 * is counted holds over its end.
 */
#include "dispatch/dispatch_rules.h"
#include "outbox/outbox_queue.h"
#include "wire.h"

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS	  (60 * MINUTE_MS)

/* ---- rules ---- */

static int
rules_unit(struct db *db, void *arg, struct error *e)
{
	const struct str *text = arg;
	struct dispatch_rules rules;

	if (dispatch_rules_read(arena, *text, &rules, e) < 0)
		return -(int)e->code;
	return dispatch_rules_save(db, &rules, e);
}

static void
rule(const char *text)
{
	struct str all = str_of(text);

	assert_ok(db_commit(sending.store, rules_unit, &all, &err), err);
}

static int64_t
sent_of(int partner)
{
	struct outbox_delivery *out;

	return sending_list(&sending, arena, partner, OUTBOX_SENT, 100, &out);
}

static struct outbox_queue
queue_of(enum outbox_scope scope, const char *name)
{
	struct outbox_queue q = { 0 };
	struct db *db;

	assert_ok(db_reader(sending.store, &db, &err), err);
	assert_int_equal(outbox_queue_find(db, arena,
					   outbox_queue_id(scope, str_of(name)),
					   &q, &err),
			 1);
	return q;
}

static void
go_on_to(int64_t at_ms)
{
	clock_advance(&test_clock, at_ms);
}

/* All that may leave; how much that is the test says otherwise. */
static void
send_due(void)
{
	assert_ok(dispatch_once(sender, &err), err);
}

/* ---- limits ---- */

static void
a_partner_at_its_limit_slows_no_other(void **state)
{
	struct dispatch_config config = wire_config();

	(void)state;
	config.batch = 2;
	rule("limit partner 3 hour partner-0\n");
	sending_put(&sending, "invite", NOW_MS);
	wire_sender(&config);
	assert_int_equal(dispatch_once(sender, &err), 13);
	assert_int_equal(sent_of(0), 3);
	assert_int_equal(sent_of(1), 10);
	assert_int_equal(count_of(OUTBOX_READY), 7);
	/* Nothing was tried in vain. */
	assert_int_equal(wire.taken, 13);
	go_on_to(NOW_MS + HOUR_MS);
	assert_int_equal(dispatch_once(sender, &err), 0);
	go_on_to(NOW_MS + HOUR_MS + MINUTE_MS);
	assert_int_equal(dispatch_once(sender, &err), 3);
	assert_int_equal(sent_of(0), 6);
	assert_true(sending_is_sound(&sending));
}

/* Its rows are due long before, and there are many more than in a block. */
static void
who_waits_at_the_front_is_passed_by_in_no_time(void **state)
{
	struct dispatch_config config = wire_config();

	(void)state;
	config.batch = 1;
	rule("limit partner 1 day partner-0\n");
	for (int i = 0; i < 10; i++)
		(void)sending_put_one(&sending, 0, i, "early", "email",
				      NOW_MS - HOUR_MS);
	for (int i = 0; i < 10; i++)
		(void)sending_put_one(&sending, 1, i, "late", "email", NOW_MS);
	wire_sender(&config);
	assert_int_equal(dispatch_once(sender, &err), 11);
	assert_int_equal(sent_of(1), 10);
	assert_int_equal(wire.taken, 11);
}

static void
a_limit_holds_over_the_end_of_a_sender(void **state)
{
	struct dispatch_config config = wire_config();

	(void)state;
	rule("limit domain 7 day\n");
	sending_put(&sending, "invite", NOW_MS);
	for (int i = 0; i < 3; i++) {
		wire_sender(&config);
		assert_int_equal(dispatch_once(sender, &err), i ? 0 : 7);
		dispatch_close(&sender);
		sending_close(&sending);
		sending_open(&sending, url);
		sending_people(&sending, 2, 10);
		config.store = sending.store;
		go_on_to(NOW_MS + i * HOUR_MS);
	}
	assert_int_equal(count_of(OUTBOX_SENT), 7);
}

static void
what_the_relay_may_not_take_stays_where_it_is(void **state)
{
	struct dispatch_config config = wire_config();

	(void)state;
	config.worker_count = 4;
	rule("limit relay 5 minute\nlimit relay 8 hour\n");
	sending_put(&sending, "invite", NOW_MS);
	wire_sender(&config);
	assert_int_equal(dispatch_once(sender, &err), 5);
	assert_true(dispatch_opens_ms(sender) > NOW_MS + MINUTE_MS);
	go_on_to(dispatch_opens_ms(sender));
	assert_int_equal(dispatch_once(sender, &err), 3);
	assert_true(dispatch_opens_ms(sender) > NOW_MS + HOUR_MS);
	go_on_to(dispatch_opens_ms(sender));
	assert_int_equal(dispatch_once(sender, &err), 5);
	assert_int_equal(wire.refused, 0);
	assert_true(sending_is_sound(&sending));
}

/* What ends without a marker has not used up anything. */
static void
what_was_not_sent_is_not_counted(void **state)
{
	struct dispatch_config config = wire_config();

	(void)state;
	rule("limit partner 4 day\n");
	wire.ends[0] = WIRE_EARLY;
	wire.ends[1] = WIRE_RETURN;
	sending_put(&sending, "invite", NOW_MS);
	wire_sender(&config);
	send_due();
	assert_int_equal(count_of(OUTBOX_SENT), 8);
}

static void
the_same_limit_for_some_domains_is_one(void **state)
{
	struct dispatch_config config = wire_config();

	(void)state;
	rule("limit domain 4 day gmail.example example.org\n"
	     "limit domain 1 day\n");
	sending_put(&sending, "invite", NOW_MS);
	wire_sender(&config);
	assert_int_equal(dispatch_once(sender, &err), 4);
	assert_true(queue_of(OUTBOX_SCOPE_DOMAIN, "gmail.example").holds);
}

/* Whole days since the first mail: 3, 6, and the third has no limit. */
static void
a_new_domain_sends_more_each_day(void **state)
{
	struct dispatch_config config = wire_config();

	(void)state;
	config.batch = 2;
	rule("ramp 3 200 6 mail.northwind.example\n");
	sending_put(&sending, "invite", NOW_MS);
	wire_sender(&config);
	assert_int_equal(dispatch_once(sender, &err), 3);
	go_on_to(NOW_MS + 23 * HOUR_MS);
	assert_int_equal(dispatch_once(sender, &err), 0);
	/* It goes on where it was, whoever sends. */
	dispatch_close(&sender);
	wire_sender(&config);
	go_on_to(NOW_MS + 26 * HOUR_MS);
	assert_int_equal(dispatch_once(sender, &err), 6);
	go_on_to(NOW_MS + 49 * HOUR_MS);
	assert_int_equal(dispatch_once(sender, &err), 11);
	assert_int_equal(wire.refused, 0);
	assert_true(sending_is_sound(&sending));
}

static void
a_domain_that_is_known_has_no_ramp(void **state)
{
	struct dispatch_config config = wire_config();

	(void)state;
	rule("ramp 3 200 6 new.example\n");
	sending_put(&sending, "invite", NOW_MS);
	wire_sender(&config);
	assert_int_equal(dispatch_once(sender, &err), 20);
}

static void
rules_that_nobody_can_read_stop_all(void **state)
{
	static const char *const texts[] = {
		"limit planet 3 day\n",
		"limit relay 0 day\n",
		"limit relay 3 ever\n",
		"limit relay 3\n",
		"canary 0 1\n",
		"budget 1 2 day 0\n",
		"ramp 50 100 1000\n",
		"ramp 0 200 1000\n",
		"speed 3\n",
	};
	struct dispatch_rules rules;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		assert_fails(
		    dispatch_rules_read(arena, str_of(texts[i]), &rules, &err),
		    err, ERROR_INVALID, "expected a limit");
}

static void
rules_are_read_as_they_were_written(void **state)
{
	static const char text[] =
	    "limit relay 600 minute\n"
	    "limit domain 1000 hour gmail.com googlemail.com\n"
	    "limit partner 5000 day partner-0\n"
	    "ramp 50 200 100000 new.example\n"
	    "canary 50 900000\n"
	    "budget 500 10 day 100\n";
	struct dispatch_rules rules;
	struct buf again = { 0 };

	(void)state;
	assert_ok(dispatch_rules_read(arena, str_of(text), &rules, &err), err);
	dispatch_rules_write(&again, &rules);
	assert_string_equal(buf_cstr(&again), text);
	buf_fini(&again);
}

/* ---- answers that concern others ---- */

static void
who_wants_less_is_left_alone_for_a_while(void **state)
{
	struct dispatch_config config = wire_config();
	struct outbox_queue q;

	(void)state;
	wire.ends[3] = WIRE_SLOW_DOMAIN;
	sending_put(&sending, "invite", NOW_MS);
	wire_sender(&config);
	send_due();
	assert_true(wire.taken < 20);
	q = queue_of(OUTBOX_SCOPE_DOMAIN, "example.org");
	assert_int_equal(q.opens_ms, NOW_MS + 5 * MINUTE_MS);
	assert_str(q.reason, "421 4.7.28 slow");
	assert_int_equal(dispatch_once(sender, &err), 0);
	go_on_to(q.opens_ms);
	send_due();
	go_on_to(NOW_MS + HOUR_MS);
	send_due();
	assert_int_equal(count_of(OUTBOX_SENT), 20);
}

static void
a_relay_that_wants_less_says_for_how_long(void **state)
{
	struct dispatch_config config = wire_config();

	(void)state;
	wire.ends[3] = WIRE_SLOW_RELAY;
	sending_put(&sending, "invite", NOW_MS);
	wire_sender(&config);
	send_due();
	assert_int_equal(queue_of(OUTBOX_SCOPE_RELAY, "wire").opens_ms,
			 NOW_MS + 30000);
	assert_true(count_of(OUTBOX_READY) > 1);
	assert_int_equal(dispatch_once(sender, &err), 0);
	go_on_to(NOW_MS + 30000);
	send_due();
	go_on_to(NOW_MS + HOUR_MS);
	send_due();
	assert_int_equal(count_of(OUTBOX_SENT), 20);
}

static void
a_refused_sender_waits_and_nobody_is_burnt(void **state)
{
	struct dispatch_config config = wire_config();
	struct outbox_queue q;

	(void)state;
	wire.ends[2] = WIRE_STOP_SENDER;
	sending_put(&sending, "invite", NOW_MS);
	wire_sender(&config);
	send_due();
	assert_int_equal(count_of(OUTBOX_SENT), 2);
	assert_int_equal(count_of(OUTBOX_READY), 18);
	q = queue_of(OUTBOX_SCOPE_SENDER, "mail.northwind.example");
	assert_true(q.holds && q.opens_ms == INT64_MAX);
	assert_str(q.reason, "550 5.7.515 <a***@b.example>");
	/* Days later still nobody is tried, or older. */
	go_on_to(NOW_MS + 96 * HOUR_MS);
	assert_int_equal(dispatch_once(sender, &err), 0);
	/* What waits longer than that keeps nobody from leaving. */
	wire_sql("UPDATE delivery SET due_ms = due_ms + 86400000 * 5"
		 " WHERE state = 0");
	sending_resume(&sending, NOW_MS + 96 * HOUR_MS);
	(void)sending_put_one(&sending, 0, 0, "next", "email", NOW_MS);
	assert_int_equal(dispatch_once(sender, &err), 1);
	wire_sql("UPDATE delivery SET due_ms = due_ms - 86400000 * 5"
		 " WHERE state = 0");
	wire_sql("UPDATE delivery_queue SET due_ms = 0");
	sending_resume(&sending, NOW_MS + 96 * HOUR_MS);
	assert_int_equal(dispatch_once(sender, &err), 18);
	assert_int_equal(count_of(OUTBOX_SENT), 21);
}

static void
a_relay_that_refuses_us_is_left_until_it_is_resumed(void **state)
{
	struct dispatch_config config = wire_config();

	(void)state;
	wire.ends[2] = WIRE_STOP_RELAY;
	sending_put(&sending, "invite", NOW_MS);
	wire_sender(&config);
	send_due();
	assert_int_equal(wire.taken, 3);
	assert_int_equal(count_of(OUTBOX_READY), 18);
	assert_int_equal(dispatch_opens_ms(sender), INT64_MAX);
	dispatch_close(&sender);
	wire_sender(&config);
	assert_int_equal(dispatch_once(sender, &err), 0);
	sending_resume(&sending, NOW_MS);
	assert_int_equal(dispatch_once(sender, &err), 18);
	assert_int_equal(dispatch_opens_ms(sender), 0);
}

#define WIRE_TEST(f) \
	cmocka_unit_test_setup_teardown(f, wire_setup, wire_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WIRE_TEST(a_partner_at_its_limit_slows_no_other),
		WIRE_TEST(who_waits_at_the_front_is_passed_by_in_no_time),
		WIRE_TEST(a_limit_holds_over_the_end_of_a_sender),
		WIRE_TEST(what_the_relay_may_not_take_stays_where_it_is),
		WIRE_TEST(what_was_not_sent_is_not_counted),
		WIRE_TEST(the_same_limit_for_some_domains_is_one),
		WIRE_TEST(a_new_domain_sends_more_each_day),
		WIRE_TEST(a_domain_that_is_known_has_no_ramp),
		WIRE_TEST(rules_that_nobody_can_read_stop_all),
		WIRE_TEST(rules_are_read_as_they_were_written),
		WIRE_TEST(who_wants_less_is_left_alone_for_a_while),
		WIRE_TEST(a_relay_that_wants_less_says_for_how_long),
		WIRE_TEST(a_refused_sender_waits_and_nobody_is_burnt),
		WIRE_TEST(a_relay_that_refuses_us_is_left_until_it_is_resumed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
