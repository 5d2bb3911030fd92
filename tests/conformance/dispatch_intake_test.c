/*
 * Mails that come back, on every store there is, to what intake_store.h has.
 */
#include "dispatch/dispatch_intake.h"

#include "returned.h"

#include "intake_store.h"
#include "jail/jail.h"

static struct jail *jail;
static struct dispatch_intake *intake;

static int
open_store(void **state)
{
	(void)state;
	assert_ok(jail_open(&jail, &err), err);
	assert_int_equal(open_intake_store(), 0);
	assert_ok(dispatch_intake_open(
		      &intake,
		      &(struct dispatch_intake_config){ .store = store,
							.keys = keys,
							.pepper = pepper,
							.clock = &clock_of_test,
							.jail = jail },
		      &err),
		  err);
	return 0;
}

static int
close_store(void **state)
{
	(void)state;
	dispatch_intake_close(&intake);
	close_intake_store();
	jail_close(&jail);
	return 0;
}

/* ---- taking ---- */

static struct test_returned
about(const struct outbox_id *id, const char *status)
{
	return (struct test_returned){
		.to = test_return_address(arena, keys, id),
		.recipient = STR("ann@example.org"),
		.status = status,
	};
}

/* 1 when it was taken. */
static size_t
take_mail(struct str bytes, struct str recipient, struct dispatch_taken *taken)
{
	const struct dispatch_mail mail = { bytes, recipient };

	err = (struct error){ 0 };
	return dispatch_intake_take(intake, &mail, 1, taken, &err);
}

static struct dispatch_taken
take(const struct test_returned *r)
{
	struct dispatch_taken taken;

	assert_int_equal(take_mail(test_returned_dsn(arena, r), r->to, &taken),
			 1);
	assert_true(taken.taken);
	return taken;
}

static void
assert_ours(const struct dispatch_taken *taken, enum event_return_class class)
{
	assert_true(taken->ours);
	assert_false(taken->again);
	assert_int_equal(taken->class, class);
}

/* ---- cases: what counts ---- */

static void
a_hard_bounce_ends_all_of_that_partner(void **state)
{
	struct test_returned r = about(&invite, "5.1.1");
	struct dispatch_taken taken;

	(void)state;
	put_later(acme_id, OTHER_RUN, "invite");
	put_later(zeta_id, RUN, "invite");
	taken = take(&r);
	assert_ours(&taken, EVENT_RETURN_HARD);
	assert_memory_equal(taken.delivery.bytes, invite.bytes,
			    sizeof(invite.bytes));
	assert_true(suppressed(SUPPRESSION_PARTNER, acme_id));
	assert_false(suppressed(SUPPRESSION_PARTNER, zeta_id));
	assert_int_equal(state_of(acme_id, RUN, "invite"), OUTBOX_SENT);
	assert_int_equal(state_of(acme_id, RUN, "nudge"), OUTBOX_CANCELLED);
	assert_int_equal(state_of(acme_id, OTHER_RUN, "invite"),
			 OUTBOX_CANCELLED);
	assert_int_equal(state_of(zeta_id, RUN, "invite"), OUTBOX_READY);
	assert_int_equal(events(EVENT_BOUNCED), 1);
	assert_int_equal(events(EVENT_CANCELLED), 2);
}

static void
a_mail_that_is_refused_ends_its_sequence_alone(void **state)
{
	struct test_returned r = about(&invite, "5.7.1");
	struct dispatch_taken taken;

	(void)state;
	put_later(acme_id, OTHER_RUN, "invite");
	taken = take(&r);
	assert_ours(&taken, EVENT_RETURN_REFUSED);
	assert_false(suppressed(SUPPRESSION_PARTNER, acme_id));
	assert_int_equal(state_of(acme_id, RUN, "nudge"), OUTBOX_CANCELLED);
	assert_int_equal(state_of(acme_id, OTHER_RUN, "invite"), OUTBOX_READY);
	assert_int_equal(events(EVENT_BOUNCED), 1);
}

static void
a_soft_bounce_changes_nothing_by_itself(void **state)
{
	struct test_returned r = about(&invite, "4.2.2");
	struct dispatch_taken taken = take(&r);

	(void)state;
	assert_ours(&taken, EVENT_RETURN_SOFT);
	assert_nothing_changed();
	assert_int_equal(events(EVENT_SOFT_BOUNCED), 1);
}

/* Mails `days` apart, the invitation being the first; all but one come back. */
static void
send_and_return(int from, int to, int64_t days, int good)
{
	for (int i = from; i < to; i++) {
		char step[] = "step-0";
		struct test_returned r;
		struct outbox_id id;

		step[5] = (char)('0' + i);
		id = send(acme_id, RUN, step, SENT_MS + i * days * DAY_MS);
		r = about(&id, "4.2.2");
		r.number = i;
		if (i != good)
			(void)take(&r);
	}
}

static void
five_soft_bounces_in_a_row_suppress(void **state)
{
	(void)state;
	send_and_return(1, 5, 2, -1);
	assert_false(suppressed(SUPPRESSION_PARTNER, acme_id));
	assert_int_equal(state_of(acme_id, RUN, "nudge"), OUTBOX_READY);
	send_and_return(5, 6, 2, -1);
	assert_true(suppressed(SUPPRESSION_PARTNER, acme_id));
	assert_int_equal(state_of(acme_id, RUN, "nudge"), OUTBOX_CANCELLED);
}

static void
a_mail_that_stays_starts_the_count_anew(void **state)
{
	(void)state;
	send_and_return(1, 8, 2, 4);
	assert_false(suppressed(SUPPRESSION_PARTNER, acme_id));
}

static void
a_complaint_ends_everything(void **state)
{
	struct test_returned r = about(&invite, "");
	struct dispatch_taken taken;

	(void)state;
	assert_int_equal(
	    take_mail(test_returned_complaint(arena, &r), r.to, &taken), 1);
	assert_ours(&taken, EVENT_RETURN_COMPLAINT);
	assert_true(suppressed(SUPPRESSION_GLOBAL, 0));
	assert_int_equal(state_of(acme_id, RUN, "nudge"), OUTBOX_CANCELLED);
	assert_int_equal(events(EVENT_COMPLAINED), 1);
}

static void
an_answer_by_a_machine_or_a_person_changes_nothing(void **state)
{
	static const char *const heads[] = { "Auto-Submitted: auto-replied\r\n",
					     "" };
	const struct str to = test_return_address(arena, keys, &invite);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(heads); i++) {
		struct dispatch_taken taken;

		assert_int_equal(
		    take_mail(str_printf(arena,
					 "From: ann@example.org\r\n"
					 "Subject: Re: x\r\n%s\r\n"
					 "550 5.1.1 is a number.\r\n",
					 heads[i]),
			      to, &taken),
		    1);
		assert_ours(&taken, heads[i][0] ? EVENT_RETURN_AUTO_REPLY
						: EVENT_RETURN_OTHER);
	}
	assert_nothing_changed();
}

/* ---- cases: once ---- */

static void
the_same_mail_and_the_same_news_count_once(void **state)
{
	struct test_returned r = about(&invite, "5.1.1");
	struct dispatch_taken taken;

	(void)state;
	(void)take(&r);
	taken = take(&r);
	assert_true(taken.again);
	r.number = 1; /* another mail that says the same */
	taken = take(&r);
	assert_true(taken.again);
	assert_int_equal(events(EVENT_BOUNCED), 1);
	assert_int_equal(events(EVENT_CANCELLED), 1);
}

static void
hard_after_soft_is_news(void **state)
{
	struct test_returned soft = about(&invite, "4.4.1");
	struct test_returned hard = about(&invite, "5.4.4");

	(void)state;
	(void)take(&soft);
	assert_nothing_changed();
	(void)take(&hard);
	assert_true(suppressed(SUPPRESSION_PARTNER, acme_id));
}

/* ---- cases: proof ---- */

static void
the_address_is_found_in_the_mail_too(void **state)
{
	struct test_returned r = about(&invite, "5.1.1");
	struct dispatch_taken taken;

	(void)state;
	assert_int_equal(
	    take_mail(test_returned_dsn(arena, &r), STR(""), &taken), 1);
	assert_ours(&taken, EVENT_RETURN_HARD);
}

static void
the_link_to_unsubscribe_is_proof(void **state)
{
	struct test_returned r = about(&invite, "5.1.1");
	struct event_token token = { .kind = EVENT_TOKEN_UNSUBSCRIBE,
				     .partner_id = acme_id,
				     .expires_ms = SENT_MS };
	struct buf link = { 0 };
	struct dispatch_taken taken;

	(void)state;
	memcpy(token.delivery, invite.bytes, sizeof(token.delivery));
	buf_cat(&link, "https://go.example/u/");
	event_token_make(keys, 1, &token, &link);
	r.to = STR("bounces@back.example");
	r.unsubscribe = buf_view(&link);
	taken = take(&r);
	assert_ours(&taken, EVENT_RETURN_HARD);
	buf_fini(&link);
}

static void
a_message_id_is_proof_beside_its_recipient(void **state)
{
	struct test_returned r = about(&invite, "5.1.1");
	struct dispatch_taken taken;

	(void)state;
	r.to = STR("bounces@back.example");
	r.message_id = message_id_of(&invite);
	r.recipient = STR("somebody@else.example");
	taken = take(&r);
	assert_false(taken.ours);
	r.recipient = STR("Ann@Example.ORG");
	taken = take(&r);
	assert_ours(&taken, EVENT_RETURN_HARD);
}

/* Of who knows the address, and nothing else. */
static void
a_report_without_proof_changes_nothing_and_is_counted(void **state)
{
	struct test_returned r = about(&invite, "5.1.1");
	struct outbox_id not_there = invite;
	struct event_return_counts counts;
	struct dispatch_taken taken;

	(void)state;
	r.to = STR("bounces@back.example");
	taken = take(&r);
	assert_false(taken.ours);
	taken = take(&r);
	assert_true(taken.again);
	r.message_id = STR("0123456789abcdefghij@mail.example");
	taken = take(&r);
	assert_false(taken.ours);
	not_there.bytes[0] ^= 1;
	r = about(&not_there, "5.1.1");
	taken = take(&r);
	assert_false(taken.ours);
	assert_nothing_changed();
	assert_ok(event_return_count(reader, &counts, &err), err);
	assert_int_equal(counts.foreign[EVENT_RETURN_HARD], 3);
	assert_int_equal(counts.ours[EVENT_RETURN_HARD], 0);
}

/* ---- cases: where the delivery stands ---- */

static void
what_was_in_doubt_had_left(void **state)
{
	struct outbox_id id = send_as(key_of(acme_id, RUN, "doubt"), SENT_MS,
				      OUTBOX_VERDICT_UNKNOWN);
	struct test_returned r = about(&id, "4.4.1");
	struct dispatch_taken taken;

	(void)state;
	assert_int_equal(state_of(acme_id, RUN, "doubt"), OUTBOX_INDOUBT);
	taken = take(&r);
	assert_ours(&taken, EVENT_RETURN_SOFT);
	assert_int_equal(state_of(acme_id, RUN, "doubt"), OUTBOX_SENT);
}

static void
what_is_being_sent_is_to_come_again(void **state)
{
	struct outbox_id id =
	    send_as(key_of(acme_id, RUN, "marked"), SENT_MS, -1);
	struct test_returned r = about(&id, "5.1.1");
	struct dispatch_taken taken;

	(void)state;
	assert_int_equal(take_mail(test_returned_dsn(arena, &r), r.to, &taken),
			 0);
	assert_false(taken.taken);
	assert_int_equal(err.code, ERROR_BUSY);
	assert_nothing_changed();
}

/* ---- cases: many ---- */

static void
many_share_a_child_and_each_is_told(void **state)
{
	enum { MANY = 120 };
	struct dispatch_mail mails[MANY];
	struct dispatch_taken taken[MANY];

	(void)state;
	for (int i = 0; i < MANY; i++) {
		struct test_returned r = about(&invite, "5.1.1");

		r.number = i;
		if (i % 2)
			r.to = STR("bounces@back.example");
		mails[i] = (struct dispatch_mail){ test_returned_dsn(arena, &r),
						   STR("") };
	}
	assert_int_equal(dispatch_intake_take(intake, mails, MANY, taken, &err),
			 MANY);
	for (int i = 0; i < MANY; i++)
		assert_int_equal(taken[i].ours, i % 2 == 0);
	assert_int_equal(events(EVENT_BOUNCED), 1);
}

/* ---- all of them ---- */

static int
suite(const char *name)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, open_store, close_store)
	const struct CMUnitTest tests[] = {
		CASE(a_hard_bounce_ends_all_of_that_partner),
		CASE(a_mail_that_is_refused_ends_its_sequence_alone),
		CASE(a_soft_bounce_changes_nothing_by_itself),
		CASE(five_soft_bounces_in_a_row_suppress),
		CASE(a_mail_that_stays_starts_the_count_anew),
		CASE(a_complaint_ends_everything),
		CASE(an_answer_by_a_machine_or_a_person_changes_nothing),
		CASE(the_same_mail_and_the_same_news_count_once),
		CASE(hard_after_soft_is_news),
		CASE(the_address_is_found_in_the_mail_too),
		CASE(the_link_to_unsubscribe_is_proof),
		CASE(a_message_id_is_proof_beside_its_recipient),
		CASE(a_report_without_proof_changes_nothing_and_is_counted),
		CASE(what_was_in_doubt_had_left),
		CASE(what_is_being_sent_is_to_come_again),
		CASE(many_share_a_child_and_each_is_told),
	};

	return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
	return test_on_both(&url, suite, "sqlite", "postgresql");
}
