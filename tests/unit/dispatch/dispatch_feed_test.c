/*
 * The rules of delivery, over a wire that does what it is told.
 */
#include "wire.h"

static struct outbox_id ids[10];

/* Ten deliveries of partner 0, due one after the other. */
static void
put_ten(void)
{
	for (int i = 0; i < 10; i++)
		ids[i] = sending_put_one(&sending, 0, i, "invite", "email",
					 NOW_MS - 1000 + i);
}

static int64_t
send_once(void)
{
	return dispatch_once(sender, &err);
}

static void
open_sender(void)
{
	struct dispatch_config config = wire_config();

	wire_sender(&config);
}

static void
opt_out(int contact)
{
	struct person_hash person = sending_person(&sending, 0, contact);
	struct outbox_delivery *before;

	sending_opt_out(&sending, arena, sending.partner_id[0], &person, NOW_MS,
			&before);
}

static int
pause_unit(struct db *db, void *arg, struct error *e)
{
	(void)arg;
	return partner_pause(db, STR(""), sending.partner_id[0], NOW_MS, e);
}

static int
resume_unit(struct db *db, void *arg, struct error *e)
{
	(void)arg;
	return partner_resume(db, STR(""), sending.partner_id[0], e);
}

static void
pause_partner(void)
{
	assert_ok(db_commit(sending.store, pause_unit, NULL, &err), err);
}

/* ---- in order ---- */

static void
what_is_due_is_sent_and_noted(void **state)
{
	struct outbox_delivery d;

	(void)state;
	put_ten();
	sending_put_one(&sending, 1, 0, "invite", "email", NOW_MS + 1);
	open_sender();
	assert_int_equal(send_once(), 10);
	assert_int_equal(wire.sessions, 1);
	assert_int_equal(wire.marked, 10);
	d = sending_find(&sending, arena, &ids[0]);
	assert_int_equal(d.state, OUTBOX_SENT);
	assert_int_equal(d.attempt, 1);
	assert_int_equal(d.date_ms, NOW_MS);
	assert_str(d.status, "250 ok");
	assert_str(d.domain, "mail.northwind.example");
	assert_str(d.connection, "0 relay.example");
	assert_int_equal(count_of(OUTBOX_READY), 1);
	assert_int_equal(sending_events(&sending, EVENT_SENT), 10);
	assert_true(sending_is_sound(&sending));
	assert_int_equal(send_once(), 0);
}

static void
those_due_longest_leave_first(void **state)
{
	(void)state;
	put_ten();
	open_sender();
	assert_int_equal(send_once(), 10);
	for (int i = 0; i < 10; i++)
		assert_true(is_delivery(&wire.ids[i], &ids[i]));
}

static void
an_attempt_is_one_log_line_without_the_address(void **state)
{
	struct log_capture log = { 0 };

	(void)state;
	put_ten();
	open_sender();
	log_open(LOG_LEVEL_INFO);
	log_capture(&log);
	wire.ends[1] = WIRE_BOUNCED;
	assert_int_equal(send_once(), 10);
	log_capture(NULL);
	assert_int_equal(log_captured(&log, "event=attempt"), 10);
	assert_int_equal(log_captured(&log, "outcome=sent"), 9);
	assert_int_equal(log_captured(&log, "outcome=bounced"), 1);
	assert_int_equal(log_captured(&log, "relay=relay.example"), 10);
	assert_int_equal(log_captured(&log, "***@example.org"), 10);
	assert_int_equal(log_captured(&log, "mark_ms="), 10);
	assert_int_equal(log_captured(&log, "\"550 <j***@example.org> no\""),
			 1);
	log_capture_fini(&log);
}

static void
what_may_need_a_look_is_logged_unless_told_otherwise(void **state)
{
	struct log_capture log = { 0 };

	(void)state;
	put_ten();
	open_sender();
	log_open(LOG_LEVEL_WARN);
	log_capture(&log);
	wire.ends[1] = WIRE_BOUNCED;
	wire.ends[4] = WIRE_UNKNOWN;
	assert_int_equal(send_once(), 10);
	log_capture(NULL);
	assert_int_equal(log_captured(&log, "event=attempt"), 2);
	assert_int_equal(log_captured(&log, "level=warn"), 2);
	assert_int_equal(log_captured(&log, "outcome=bounced"), 1);
	assert_int_equal(log_captured(&log, "outcome=unknown"), 1);
	assert_int_equal(log_captured(&log, "partner=partner-"), 2);
	assert_int_equal(log_captured(&log, "step=invite"), 2);
	assert_int_equal(log_captured(&log, "***@example.org"), 2);
	log_open(LOG_LEVEL_ERROR);
	log_capture_fini(&log);
}

static void
previous_is_sent(int n)
{
	if (n > 0)
		assert_int_equal(state_of(&wire.ids[n - 1]), OUTBOX_SENT);
}

static void
a_verdict_is_durable_before_the_next_marker(void **state)
{
	(void)state;
	put_ten();
	open_sender();
	wire.marked_hook = previous_is_sent;
	assert_int_equal(send_once(), 10);
}

static void
each_verdict_has_its_state_and_event(void **state)
{
	struct outbox_delivery d;

	(void)state;
	put_ten();
	open_sender();
	wire.ends[0] = WIRE_DEFERRED;
	wire.ends[1] = WIRE_BOUNCED;
	wire.ends[2] = WIRE_UNKNOWN;
	wire.ends[3] = WIRE_EARLY;
	assert_int_equal(send_once(), 10);
	d = sending_find(&sending, arena, &ids[0]);
	assert_int_equal(d.state, OUTBOX_READY);
	assert_true(d.due_ms > NOW_MS);
	assert_int_equal(d.attempt, 1);
	assert_int_equal(state_of(&ids[1]), OUTBOX_BOUNCED);
	assert_int_equal(state_of(&ids[2]), OUTBOX_INDOUBT);
	assert_int_equal(sending_find(&sending, arena, &ids[3]).attempt, 0);
	assert_int_equal(sending_events(&sending, EVENT_DEFERRED), 2);
	assert_int_equal(sending_events(&sending, EVENT_BOUNCED), 1);
	assert_true(sending_is_sound(&sending));
}

static void
what_was_not_tried_goes_back_without_an_attempt(void **state)
{
	(void)state;
	put_ten();
	open_sender();
	wire.ends[0] = WIRE_RETURN;
	assert_int_equal(send_once(), 10);
	assert_int_equal(wire.taken, 11);
	assert_true(is_delivery(&wire.ids[10], &ids[0]));
	assert_int_equal(sending_find(&sending, arena, &ids[0]).deferrals, 0);
	assert_int_equal(sending_find(&sending, arena, &ids[0]).attempt, 1);
}

/* ---- the gate ---- */

/* Beyond those for whom the gate was asked with the first. */
static void
opt_out_last(int n)
{
	if (n == 0)
		opt_out(9);
}

static void
an_opt_out_after_the_claim_cancels_before_it_is_made(void **state)
{
	(void)state;
	put_ten();
	open_sender();
	wire.taken_hook = opt_out_last;
	assert_int_equal(send_once(), 9);
	assert_int_equal(wire.sessions, 1);
	assert_int_equal(wire.taken, 9);
	assert_int_equal(state_of(&ids[9]), OUTBOX_CANCELLED);
	assert_str(sending_find(&sending, arena, &ids[9]).status,
		   gate_reason_text(GATE_SUPPRESSED_PARTNER));
	assert_int_equal(sending_events(&sending, EVENT_CANCELLED), 1);
	assert_true(sending_is_sound(&sending));
}

static void
opt_out_this(int n)
{
	if (n == 3)
		opt_out(3);
}

static void
an_opt_out_before_the_marker_closes_the_connection(void **state)
{
	(void)state;
	put_ten();
	open_sender();
	wire.taken_hook = opt_out_this;
	assert_int_equal(send_once(), 9);
	assert_int_equal(wire.taken, 10);
	assert_int_equal(wire.refused, 1);
	assert_int_equal(wire.sessions, 2);
	assert_int_equal(state_of(&ids[3]), OUTBOX_CANCELLED);
	assert_int_equal(sending_find(&sending, arena, &ids[3]).attempt, 0);
	assert_int_equal(sending_events(&sending, EVENT_CANCELLED), 1);
	assert_true(sending_is_sound(&sending));
}

static void
pause_at_third(int n)
{
	if (n == 2)
		pause_partner();
}

/* The third is refused by its marker, the rest by the gate before. */
static void
a_pause_stops_at_once_and_a_resume_goes_on(void **state)
{
	struct outbox_delivery d;

	(void)state;
	put_ten();
	sending_put_one(&sending, 1, 0, "invite", "email", NOW_MS);
	open_sender();
	wire.taken_hook = pause_at_third;
	assert_int_equal(send_once(), 3); /* two, and the other partner's */
	assert_int_equal(wire.refused, 1);
	assert_int_equal(count_of(OUTBOX_READY), 8);
	d = sending_find(&sending, arena, &ids[5]);
	assert_int_equal(d.due_ms, NOW_MS + 60 * 1000);
	assert_int_equal(d.date_ms, 0);
	assert_int_equal(d.attempt, 0);

	wire.taken_hook = NULL;
	clock_advance(&test_clock, NOW_MS + 60 * 1000);
	assert_int_equal(send_once(), 0); /* still paused: due in a minute */
	assert_int_equal(wire.taken, 4);
	assert_ok(db_commit(sending.store, resume_unit, NULL, &err), err);
	clock_advance(&test_clock, NOW_MS + 120 * 1000);
	assert_int_equal(send_once(), 8);
	assert_int_equal(count_of(OUTBOX_SENT), 11);
	assert_true(sending_is_sound(&sending));
}

static int
put_lead_unit(struct db *db, void *arg, struct error *e)
{
	const struct outbox_key key = {
		.partner_id = sending.partner_id[0],
		.activation_id = sending_activation(&sending, 0),
		.step = str_of(arg),
		.subject_kind = OUTBOX_LEAD,
		.subject = STR("lead id."),
		.channel = STR("email"),
	};

	return outbox_put(db, &key, NOW_MS, e);
}

static void
news_of_a_lead_goes_past_a_pause(void **state)
{
	char *const steps[] = { "@lead-notify", "@lead-thanks" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(steps); i++)
		assert_ok(
		    db_commit(sending.store, put_lead_unit, steps[i], &err),
		    err);
	pause_partner();
	open_sender();
	assert_int_equal(send_once(), 1);
	assert_int_equal(count_of(OUTBOX_SENT), 1);
	assert_int_equal(count_of(OUTBOX_READY), 1);
}

static void
the_paused_hold_up_nobody_else(void **state)
{
	struct dispatch_config config = wire_config();

	(void)state;
	put_ten();
	pause_partner();
	for (int i = 0; i < 10; i++)
		sending_put_one(&sending, 1, i, "invite", "email", NOW_MS);
	config.batch = 3;
	wire_sender(&config);
	assert_int_equal(send_once(), 10);
	assert_int_equal(count_of(OUTBOX_READY), 10);
}

/* ---- the claim ---- */

static int
recall_unit(struct db *db, void *arg, struct error *e)
{
	const struct outbox_filter filter = {
		.partner_id = sending.partner_id[0],
	};

	(void)arg;
	return (int)outbox_cancel(db, &filter, STR("recalled"), NOW_MS, e);
}

static void
recall_all(int n)
{
	if (n == 4)
		assert_ok(db_commit(sending.store, recall_unit, NULL, &err),
			  err);
}

static void
a_recall_is_obeyed_by_the_marker(void **state)
{
	(void)state;
	put_ten();
	open_sender();
	wire.taken_hook = recall_all;
	assert_int_equal(send_once(), 4);
	assert_int_equal(wire.marked, 4);
	assert_int_equal(count_of(OUTBOX_CANCELLED), 6);
}

static int
take_away_unit(struct db *db, void *arg, struct error *e)
{
	const int64_t *owner = arg;

	return (int)outbox_reclaim(db, *owner, 500, NOW_MS, e);
}

static void
take_away(int n)
{
	int64_t owner = sender->owner;

	if (n == 4)
		assert_ok(
		    db_commit(sending.store, take_away_unit, &owner, &err),
		    err);
}

static void
a_verdict_that_comes_too_late_is_evidence(void **state)
{
	(void)state;
	put_ten();
	open_sender();
	wire.marked_hook = take_away;
	assert_int_equal(send_once(), 10);
	assert_int_equal(count_of(OUTBOX_SENT), 10);
	assert_int_equal(wire.marked, 10);
	assert_int_equal(sending_events(&sending, EVENT_SENT), 10);
}

static int
die_unit(struct db *db, void *arg, struct error *e)
{
	const struct outbox_claim how = {
		.owner = 4711,
		.now_ms = NOW_MS,
		.lease_ms = NOW_MS + 1000,
		.key_id = 1,
		.max = 5,
	};
	static const char hash[OUTBOX_SHA256_BYTES];
	struct outbox_delivery *items;
	int count = outbox_claim(db, arena, &how, &items, e);

	(void)arg;
	if (count < 0)
		return count;
	return outbox_mark(db, &items[0],
			   &(struct outbox_marker){
			       .now_ms = NOW_MS,
			       .sha256 = { hash, sizeof(hash) },
			   },
			   e);
}

static void
what_a_dead_owner_left_is_reclaimed(void **state)
{
	(void)state;
	put_ten();
	assert_ok(db_commit(sending.store, die_unit, NULL, &err), err);
	assert_int_equal(count_of(OUTBOX_CLAIMED), 4);
	open_sender();
	assert_int_equal(count_of(OUTBOX_CLAIMED), 0);
	assert_int_equal(count_of(OUTBOX_INDOUBT), 1);
	assert_int_equal(sending_events(&sending, EVENT_IN_DOUBT), 1);
	assert_int_equal(send_once(), 9);
	assert_true(sending_is_sound(&sending));
}

/* ---- the source ---- */

static int source_answer;

/* As sending_source, but the contact 2 is answered with source_answer. */
static int
make_or_not(void *arg, struct arena *a, struct db *db,
	    const struct dispatch_order *order, struct dispatch_message *out,
	    struct error *e)
{
	(void)arg;
	if (!is_delivery(&order->delivery->id, &ids[2]) || source_answer > 0)
		return sending_source.make(NULL, a, db, order, out, e);
	error_set(e, ERROR_INVALID, "the logo is missing");
	return source_answer < 0 ? -(int)e->code : 0;
}

static void
open_with_source(void)
{
	struct dispatch_config config = wire_config();

	config.source.make = make_or_not;
	wire_sender(&config);
}

static void
what_cannot_be_made_is_held_with_the_reason(void **state)
{
	struct outbox_delivery d;

	(void)state;
	put_ten();
	source_answer = 0;
	open_with_source();
	assert_int_equal(send_once(), 10);
	assert_int_equal(wire.taken, 9);
	d = sending_find(&sending, arena, &ids[2]);
	assert_int_equal(d.state, OUTBOX_HELD);
	assert_str(d.status, "the logo is missing");
	assert_int_equal(sending_events(&sending, EVENT_HELD), 1);
}

static void
a_source_that_fails_backs_off_and_lets_others_pass(void **state)
{
	(void)state;
	put_ten();
	source_answer = -1;
	open_with_source();
	assert_int_equal(send_once(), 9);
	assert_int_equal(wire.sessions, 2);
	assert_int_equal(state_of(&ids[2]), OUTBOX_READY);
	source_answer = 1;
	clock_advance(&test_clock, NOW_MS + 60 * 1000);
	assert_int_equal(send_once(), 1);
}

/* ---- hours and clocks ---- */

/* As sending_source, but nothing leaves before a minute is over. */
static int
make_later(void *arg, struct arena *a, struct db *db,
	   const struct dispatch_order *order, struct dispatch_message *out,
	   struct error *e)
{
	out->not_before_ms = NOW_MS + 60 * 1000;
	if (order->now_ms < out->not_before_ms)
		return DISPATCH_WAITS;
	return sending_source.make(arg, a, db, order, out, e);
}

static void
what_may_not_leave_yet_is_ready_until_then(void **state)
{
	struct dispatch_config config = wire_config();
	struct outbox_delivery d;

	(void)state;
	put_ten();
	config.source.make = make_later;
	wire_sender(&config);
	assert_int_equal(send_once(), 0);
	assert_int_equal(wire.taken, 0);
	d = sending_find(&sending, arena, &ids[0]);
	assert_int_equal(d.state, OUTBOX_READY);
	assert_int_equal(d.due_ms, NOW_MS + 60 * 1000);
	assert_int_equal(d.deferrals, 0);
	clock_advance(&test_clock, NOW_MS + 60 * 1000 - 1);
	assert_int_equal(send_once(), 0);
	clock_advance(&test_clock, NOW_MS + 60 * 1000);
	assert_int_equal(send_once(), 10);
	assert_true(sending_is_sound(&sending));
}

static struct clock_reading machine;

static void
read_machine(void *arg, struct clock_reading *out)
{
	(void)arg;
	*out = machine;
}

static void
nothing_is_taken_by_a_clock_that_jumped(void **state)
{
	const struct clock_source source = { .read = read_machine };
	struct dispatch_config config = wire_config();
	struct clock clock;

	(void)state;
	put_ten();
	machine = (struct clock_reading){ .wall_ms = NOW_MS - 60 * 60 * 1000,
					  .boot_ms = 1000 };
	clock_init_on(&clock, &source);
	config.clock = &clock;
	wire_sender(&config);
	assert_int_equal(send_once(), 0);
	/* Set to an hour at which they would be due. */
	machine.wall_ms = NOW_MS;
	assert_fails(send_once(), err, ERROR_BUSY, "clock has jumped");
	assert_int_equal(wire.taken, 0);
	assert_int_equal(count_of(OUTBOX_READY), 10);
	machine.wall_ms += 60 * 1000;
	machine.boot_ms += 60 * 1000;
	assert_int_equal(send_once(), 10);
}

static void
jump_back(int n)
{
	if (n == 3)
		machine.wall_ms -= 24 * 60 * 60 * 1000;
}

/* What is claimed goes back; what is on the wire ends. */
static void
a_clock_that_jumps_meanwhile_stops_the_taking(void **state)
{
	const struct clock_source source = { .read = read_machine };
	struct dispatch_config config = wire_config();
	struct clock clock;

	(void)state;
	put_ten();
	machine = (struct clock_reading){ .wall_ms = NOW_MS, .boot_ms = 1000 };
	clock_init_on(&clock, &source);
	config.clock = &clock;
	wire_sender(&config);
	wire.marked_hook = jump_back;
	assert_fails(send_once(), err, ERROR_BUSY, "clock has jumped");
	assert_int_equal(count_of(OUTBOX_SENT), 4);
	assert_int_equal(count_of(OUTBOX_READY), 6);
	assert_true(sending_is_sound(&sending));
}

static int
make_otherwise(void *arg, struct arena *a, struct db *db,
	       const struct dispatch_order *order, struct dispatch_message *out,
	       struct error *e)
{
	int got = sending_source.make(arg, a, db, order, out, e);

	if (order->delivery->attempt > 0)
		out->bytes = STR("something else");
	return got;
}

static void
other_bytes_on_a_second_attempt_are_held(void **state)
{
	struct dispatch_config config = wire_config();

	(void)state;
	put_ten();
	config.source.make = make_otherwise;
	wire_sender(&config);
	wire.ends[0] = WIRE_DEFERRED;
	assert_int_equal(send_once(), 10);
	clock_advance(&test_clock, NOW_MS + 60 * 60 * 1000);
	assert_int_equal(send_once(), 0);
	assert_int_equal(wire.refused, 1);
	assert_int_equal(state_of(&ids[0]), OUTBOX_HELD);
	assert_int_equal(sending_events(&sending, EVENT_HELD), 1);
}

/* ---- a store that refuses ---- */

static const char refuse_sql[] = "CREATE TRIGGER refuse BEFORE INSERT ON event"
				 " BEGIN SELECT RAISE(ABORT, 'disk full'); END";

static void
refuse_events(int n)
{
	if (n == 3)
		wire_sql(refuse_sql);
}

/* The fourth is on its way when the store stops taking verdicts. */
static void
a_verdict_is_kept_until_the_store_takes_it(void **state)
{
	(void)state;
	put_ten();
	open_sender();
	wire.marked_hook = refuse_events;
	assert_true(send_once() < 0);
	assert_non_null(strstr(err.text, "disk full"));
	assert_int_equal(wire.taken, 5);
	assert_int_equal(wire.marked, 4);
	assert_int_equal(wire.refused, 1);
	assert_int_equal(count_of(OUTBOX_SENT), 3);
	assert_int_equal(state_of(&ids[3]), OUTBOX_MARKED);
	assert_int_equal(count_of(OUTBOX_MARKED), 1);
	assert_true(send_once() < 0); /* nothing new is claimed */
	assert_int_equal(wire.taken, 5);

	wire.marked_hook = NULL;
	wire_sql("DROP TRIGGER refuse");
	assert_true(send_once() > 0);
	clock_advance(&test_clock, NOW_MS + 60 * 60 * 1000);
	assert_true(send_once() >= 0);
	assert_int_equal(count_of(OUTBOX_SENT), 10);
	assert_int_equal(wire.marked, 10); /* none twice */
	assert_int_equal(state_of(&ids[3]), OUTBOX_SENT);
	assert_true(sending_is_sound(&sending));
}

static void
refuse_markers(int n)
{
	if (n == 3)
		wire_sql("CREATE TRIGGER refuse BEFORE UPDATE ON delivery"
			 " WHEN NEW.state = 2 BEGIN"
			 " SELECT RAISE(ABORT, 'disk full'); END");
}

static void
a_marker_that_fails_hands_nothing_over(void **state)
{
	(void)state;
	put_ten();
	open_sender();
	wire.taken_hook = refuse_markers;
	assert_true(send_once() < 0);
	assert_int_equal(wire.marked, 3);
	assert_int_equal(count_of(OUTBOX_SENT), 3);
	assert_int_equal(count_of(OUTBOX_READY), 7);
	wire.taken_hook = NULL;
	wire_sql("DROP TRIGGER refuse");
	clock_advance(&test_clock, NOW_MS + 60 * 60 * 1000);
	assert_int_equal(send_once(), 7);
	assert_true(sending_is_sound(&sending));
}

#define WIRE_TEST(f) \
	cmocka_unit_test_setup_teardown(f, wire_setup, wire_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WIRE_TEST(what_is_due_is_sent_and_noted),
		WIRE_TEST(those_due_longest_leave_first),
		WIRE_TEST(an_attempt_is_one_log_line_without_the_address),
		WIRE_TEST(what_may_need_a_look_is_logged_unless_told_otherwise),
		WIRE_TEST(a_verdict_is_durable_before_the_next_marker),
		WIRE_TEST(each_verdict_has_its_state_and_event),
		WIRE_TEST(what_was_not_tried_goes_back_without_an_attempt),
		WIRE_TEST(an_opt_out_after_the_claim_cancels_before_it_is_made),
		WIRE_TEST(an_opt_out_before_the_marker_closes_the_connection),
		WIRE_TEST(a_pause_stops_at_once_and_a_resume_goes_on),
		WIRE_TEST(news_of_a_lead_goes_past_a_pause),
		WIRE_TEST(the_paused_hold_up_nobody_else),
		WIRE_TEST(a_recall_is_obeyed_by_the_marker),
		WIRE_TEST(a_verdict_that_comes_too_late_is_evidence),
		WIRE_TEST(what_a_dead_owner_left_is_reclaimed),
		WIRE_TEST(what_cannot_be_made_is_held_with_the_reason),
		WIRE_TEST(a_source_that_fails_backs_off_and_lets_others_pass),
		WIRE_TEST(what_may_not_leave_yet_is_ready_until_then),
		WIRE_TEST(nothing_is_taken_by_a_clock_that_jumped),
		WIRE_TEST(a_clock_that_jumps_meanwhile_stops_the_taking),
		WIRE_TEST(other_bytes_on_a_second_attempt_are_held),
		WIRE_TEST(a_verdict_is_kept_until_the_store_takes_it),
		WIRE_TEST(a_marker_that_fails_hands_nothing_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
