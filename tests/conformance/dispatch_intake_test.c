/*
 * Mails that come back, on every store there is, to what intake_store.h has.
 */
#include "dispatch/dispatch_intake.h"

#include "returned.h"

#include "intake_store.h"
#include "dispatch/dispatch_resolve.h"
#include "jail/jail.h"
#include "lead/lead.h"
#include "mime/mime_report.h"

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
	const struct dispatch_mail mail = { .bytes = bytes,
					    .recipient = recipient };

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

static struct test_returned
about_probe(const struct outbox_id *id, const char *status)
{
	return (struct test_returned){
		.to = test_address(arena, keys, id, EVENT_ADDRESS_PROBE),
		.recipient = STR("ann@example.org"),
		.status = status,
	};
}

static int64_t
counted(void)
{
	struct event_return_counts counts;
	int64_t sum = 0;

	assert_ok(event_return_count(reader, &counts, &err), err);
	for (int i = 0; i < EVENT_RETURN_COUNT; i++)
		sum += counts.ours[i] + counts.foreign[i];
	return sum;
}

static void
a_bounce_of_the_doctors_is_nobodys(void **state)
{
	struct outbox_id id = send_probe();
	struct test_returned r = about_probe(&id, "5.1.1");
	struct dispatch_taken taken = take(&r);

	(void)state;
	assert_true(taken.probe);
	assert_false(taken.ours || taken.again);
	assert_int_equal(grade_of_probe(), DOCTOR_OK);
	taken = take(&r);
	assert_true(taken.probe && taken.again);
	assert_nothing_changed();
	assert_int_equal(counted(), 0);
}

/* A tag of another kind, of another store, of none that was sent; no report. */
static void
only_the_doctors_own_address_tells_of_its_bounce(void **state)
{
	struct outbox_id id = send_probe();
	struct outbox_id other = id;
	struct test_returned r = about(&id, "5.1.1");
	struct str hello =
	    STR("From: a@b.example\r\nSubject: hi\r\n\r\nhi\r\n");
	struct dispatch_taken taken = take(&r);

	(void)state;
	assert_false(taken.probe || taken.ours);
	other.bytes[0] ^= 1;
	r = about_probe(&other, "5.1.1");
	taken = take(&r);
	assert_false(taken.probe || taken.ours);
	r = about_probe(&id, "5.1.1");
	assert_int_equal(take_mail(hello, r.to, &taken), 1);
	assert_false(taken.probe || taken.ours);
	assert_int_equal(grade_of_probe(), DOCTOR_UNKNOWN);
	assert_nothing_changed();
	assert_int_equal(counted(), 3);
}

/* Who has the addresses of both cannot hide the one behind the other. */
static void
what_is_about_a_delivery_is_no_bounce_of_the_doctors(void **state)
{
	struct outbox_id id = send_probe();
	struct test_returned r = about_probe(&id, "5.1.1");
	struct dispatch_taken taken;

	(void)state;
	r.message_id = test_return_address(arena, keys, &invite);
	taken = take(&r);
	assert_ours(&taken, EVENT_RETURN_HARD);
	assert_int_equal(grade_of_probe(), DOCTOR_UNKNOWN);
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

/* ---- cases: answers ---- */

static struct str
answer_address(const struct outbox_id *id)
{
	return test_address(arena, keys, id, EVENT_ADDRESS_REPLY);
}

/* `more` are headers, each with its end. */
static struct str
answer(const struct outbox_id *id, const char *more, const char *text)
{
	return str_printf(
	    arena,
	    "Received: from a by b; Mon, 2 Mar 2026 09:00:00 +0000\r\n"
	    "From: \"Ann A.\" <Ann.Private@example.net>\r\nTo: %.*s\r\n"
	    "Subject: Re: Spring\r\nMessage-ID: <1@example.net>\r\n%s\r\n%s",
	    STR_ARG(answer_address(id)), more, text);
}

static struct dispatch_taken
take_answer(struct str mail)
{
	struct dispatch_taken taken;

	assert_int_equal(take_mail(mail, STR(""), &taken), 1);
	return taken;
}

/* The one forward of acme's RUN, or those of it: the count. */
static int
forwards(struct outbox_delivery **list)
{
	const struct outbox_filter filter = { .partner_id = acme_id,
					      .activation_id = RUN,
					      .step = STR(LEAD_STEP_REPLY) };
	int count = outbox_list(reader, arena, &filter, -1, 1000, list, &err);

	assert_ok(count, err);
	return count;
}

static struct lead_reply_counts
replies(void)
{
	struct lead_reply_counts counts;

	assert_ok(lead_reply_count(reader, acme_id, &counts, &err), err);
	return counts;
}

static void
a_persons_answer_ends_the_sequence_and_is_on_its_way(void **state)
{
	struct str mail = answer(&invite, "", "Yes, please.\r\n");
	struct dispatch_taken taken;
	struct outbox_delivery *forward;
	struct lead_reply reply;
	int64_t at_ms;

	(void)state;
	put_later(acme_id, OTHER_RUN, "invite");
	taken = take_answer(mail);
	assert_ours(&taken, EVENT_RETURN_REPLY);
	assert_int_equal(taken.kept, LEAD_REPLY_TAKEN);
	assert_int_equal(events(EVENT_REPLIED), 1);
	assert_int_equal(state_of(acme_id, RUN, "nudge"), OUTBOX_CANCELLED);
	assert_int_equal(state_of(acme_id, RUN, "invite"), OUTBOX_SENT);
	assert_int_equal(state_of(acme_id, OTHER_RUN, "invite"), OUTBOX_READY);
	assert_false(suppressed(SUPPRESSION_PARTNER, acme_id));
	assert_int_equal(
	    lead_replied(reader, acme_id, RUN, &ann.person, &at_ms, &err), 1);
	assert_int_equal(
	    lead_replied(reader, acme_id, OTHER_RUN, &ann.person, &at_ms, &err),
	    0);
	assert_int_equal(forwards(&forward), 1);
	assert_int_equal(forward->state, OUTBOX_READY);
	assert_true(outbox_tells_partner(&forward->key));
	assert_ok(lead_reply_get(reader, arena, acme_id, forward->key.subject,
				 &reply, &err),
		  err);
	assert_true(str_eq(reply.mail, mail));
	assert_str(reply.address, "Ann.Private@example.net");
	assert_str(reply.name, "Ann A.");
	assert_memory_equal(reply.delivery.bytes, invite.bytes,
			    sizeof(invite.bytes));
}

static void
the_same_answer_by_another_way_is_the_same(void **state)
{
	struct str mail = answer(&invite, "", "Yes.\r\nPlease.\r\n");
	struct buf other = { 0 };
	struct outbox_delivery *list;

	(void)state;
	(void)take_answer(mail);
	buf_cat(&other, "Received: from c by d\n");
	for (size_t i = 0; i < mail.len; i++)
		if (mail.p[i] != '\r')
			buf_char(&other, mail.p[i]);
	assert_true(take_answer(buf_view(&other)).again);
	buf_fini(&other);
	assert_int_equal(forwards(&list), 1);
	assert_int_equal(events(EVENT_REPLIED), 1);
	assert_false(take_answer(answer(&invite, "", "And this.\r\n")).again);
	assert_int_equal(forwards(&list), 2);
	assert_int_equal(replies().all, 2);
}

static void
what_no_person_wrote_is_no_answer(void **state)
{
	static const char *const heads[] = {
		"Auto-Submitted: auto-replied\r\n",
		"Auto-Submitted: auto-generated\r\n",
		"Precedence: bulk\r\n",
		"X-Autoreply: yes\r\n",
		"List-Id: <all.example.net>\r\n",
		"Return-Path: <>\r\n",
		MIME_REPORT_SENT_ON ": spring/invite\r\n",
	};
	struct outbox_delivery *list;
	struct dispatch_mail mail = { .from_nobody = true };
	struct dispatch_taken taken;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(heads); i++) {
		taken = take_answer(answer(&invite, heads[i], "I am away\r\n"));
		assert_int_equal(taken.class, EVENT_RETURN_AUTO_REPLY);
		assert_true(taken.ours);
	}
	mail.bytes = answer(&invite, "X: 1\r\n", "I am away\r\n");
	assert_int_equal(dispatch_intake_take(intake, &mail, 1, &taken, &err),
			 1);
	assert_int_equal(taken.class, EVENT_RETURN_AUTO_REPLY);
	assert_int_equal(forwards(&list), 0);
	assert_int_equal(events(EVENT_REPLIED), 0);
	assert_nothing_changed();
}

static void
a_mail_that_went_round_too_often_is_no_answer(void **state)
{
	struct buf trace = { 0 };
	struct outbox_delivery *list;

	(void)state;
	for (int i = 0; i < MIME_REPORT_HOPS_MAX; i++)
		buf_cat(&trace, "Received: from a by b\r\n");
	(void)take_answer(answer(&invite, buf_cstr(&trace), "Hello\r\n"));
	buf_fini(&trace);
	assert_int_equal(forwards(&list), 0);
}

/* Each address does what it is for, whatever else stands in the mail. */
static void
an_answer_and_a_report_are_told_apart(void **state)
{
	struct test_returned r = about(&invite, "5.1.1");
	struct outbox_delivery *list;
	struct dispatch_taken taken;
	struct str mail;

	(void)state;
	/* A person writes to the return address. */
	mail = str_printf(arena,
			  "From: ann@example.org\r\nTo: %.*s\r\n\r\n"
			  "Reply-To: %.*s\r\n",
			  STR_ARG(r.to), STR_ARG(answer_address(&invite)));
	assert_int_equal(take_mail(mail, r.to, &taken), 1);
	assert_int_equal(taken.class, EVENT_RETURN_OTHER);
	assert_int_equal(forwards(&list), 0);
	/* A tag of one kind under the other's name is none. */
	r.to = answer_address(&invite);
	taken = take(&r);
	assert_ours(&taken, EVENT_RETURN_HARD);
	assert_int_equal(forwards(&list), 0);
	assert_int_equal(events(EVENT_BOUNCED), 1);
}

static void
one_who_answers_a_mail_of_another_partner_answers_that_one(void **state)
{
	struct outbox_id other = send(zeta_id, RUN, "invite", SENT_MS);
	struct outbox_delivery *list;
	struct dispatch_taken taken = take_answer(answer(&other, "", "Hi\r\n"));

	(void)state;
	assert_int_equal(taken.delivery.partner_id, zeta_id);
	assert_int_equal(forwards(&list), 0);
	assert_int_equal(state_of(acme_id, RUN, "nudge"), OUTBOX_READY);
}

static void
beyond_twenty_a_day_answers_are_kept_until_there_is_room(void **state)
{
	struct outbox_delivery *list;
	struct dispatch_taken taken;
	struct str last;

	(void)state;
	for (int i = 0; i < LEAD_REPLIES_A_DAY; i++)
		(void)take_answer(answer(
		    &invite, "", arena_printf(arena, "number %d\r\n", i)));
	last = answer(&invite, "", "one more\r\n");
	for (int i = 0; i < 2; i++) {
		taken = take_answer(last);
		assert_int_equal(taken.kept, LEAD_REPLY_TOO_MANY);
	}
	assert_int_equal(forwards(&list), LEAD_REPLIES_A_DAY);
	assert_int_equal(replies().kept, 1);
	assert_int_equal(replies().waiting, LEAD_REPLIES_A_DAY);
	clock_init_virtual(&clock_of_test, LATER_MS + DAY_MS);
	taken = take_answer(last);
	assert_int_equal(taken.kept, LEAD_REPLY_TAKEN);
	assert_false(taken.again);
	assert_int_equal(forwards(&list), LEAD_REPLIES_A_DAY + 1);
	assert_int_equal(replies().kept, 0);
	assert_int_equal(events(EVENT_REPLIED), LEAD_REPLIES_A_DAY + 1);
}

static void
one_that_is_too_large_is_an_answer_and_is_kept(void **state)
{
	struct str head = answer(&invite, "", "");
	struct buf mail = { 0 };
	struct outbox_delivery *list;
	struct dispatch_taken taken;

	(void)state;
	buf_str(&mail, head);
	while (mail.len <= LEAD_REPLY_BYTES_MAX)
		buf_cat(&mail, "0123456789abcdef0123456789abcdef0123456789abcd"
			       "0123456789abcdef0123456789abcdef\r\n");
	taken = take_answer(buf_view(&mail));
	buf_fini(&mail);
	assert_int_equal(taken.kept, LEAD_REPLY_TOO_LARGE);
	assert_int_equal(forwards(&list), 0);
	assert_int_equal(replies().waiting, 0);
	assert_int_equal(replies().kept, 1);
	assert_int_equal(events(EVENT_REPLIED), 1);
	assert_int_equal(state_of(acme_id, RUN, "nudge"), OUTBOX_CANCELLED);
}

static int
finish_forward(struct db *db, void *arg, struct error *e)
{
	const struct outbox_claim how = { .owner = 7,
					  .now_ms = LATER_MS,
					  .lease_ms = LATER_MS + 1000,
					  .key_id = 1,
					  .max = 1 };
	const struct outbox_marker marker = {
		.now_ms = LATER_MS,
		.sha256 = STR("0123456789abcdef0123456789abcdef"),
	};
	const struct outbox_verdict unknown = { .kind = OUTBOX_VERDICT_UNKNOWN,
						.now_ms = LATER_MS };
	struct outbox_delivery *d;
	enum outbox_state became;
	int got = outbox_claim(db, arena, &how, &d, e);

	(void)arg;
	if (got == 1)
		got = outbox_mark(db, d, &marker, e);
	return got == 1 ? outbox_finish(db, d, &unknown, &became, e) : -1;
}

struct closing {
	struct outbox_id id;
	enum outbox_state to;
};

UNIT(resolve, struct closing,
     dispatch_resolve(db, &x->id, x->to, STR("a log"), LATER_MS, e))

/* Sent or in doubt; a pause stops neither. */
static void
what_they_wrote_is_forgotten_when_it_was_sent_on_and_not_before(void **state)
{
	struct outbox_delivery *list;
	struct closing closing = { .to = OUTBOX_SENT };
	struct lead_reply reply;

	(void)state;
	(void)take_answer(answer(&invite, "", "Yes\r\n"));
	assert_int_equal(forwards(&list), 1);
	assert_ok(db_commit(store, finish_forward, NULL, &err), err);
	assert_int_equal(replies().waiting, 1);
	closing.id = list->id;
	assert_int_equal(resolve(&closing), 1);
	assert_int_equal(replies().waiting, 0);
	assert_int_equal(replies().all, 1);
	assert_ok(lead_reply_get(reader, arena, acme_id, list->key.subject,
				 &reply, &err),
		  err);
	assert_int_equal(reply.mail.len + reply.address.len + reply.name.len,
			 0);
	/* Taken again, it is known. */
	assert_true(take_answer(answer(&invite, "", "Yes\r\n")).again);
	assert_int_equal(replies().waiting, 0);
}

static void
what_cannot_be_sent_on_is_forgotten_after_thirty_days(void **state)
{
	(void)state;
	(void)take_answer(answer(&invite, "", "Yes\r\n"));
	assert_int_equal(
	    lead_reply_step(store, LATER_MS + LEAD_REPLY_SPOOL_MS, &err), 0);
	assert_int_equal(replies().waiting, 1);
	assert_int_equal(
	    lead_reply_step(store, LATER_MS + LEAD_REPLY_SPOOL_MS + 1, &err),
	    1);
	assert_int_equal(replies().waiting, 0);
}

struct erasing {
	struct person_hash person;
};

UNIT(erase, struct erasing, lead_erase(db, acme_id, &x->person, LATER_MS, e))

static void
who_is_erased_has_said_nothing(void **state)
{
	struct erasing erasing = { ann.person };
	struct outbox_delivery *list;

	(void)state;
	(void)take_answer(answer(&invite, "", "Yes\r\n"));
	assert_ok(erase(&erasing), err);
	assert_int_equal(replies().waiting, 0);
	assert_int_equal(forwards(&list), 1);
	assert_int_equal(list->state, OUTBOX_CANCELLED);
}

static void
an_answer_shows_that_what_was_in_doubt_arrived(void **state)
{
	struct outbox_id id = send_as(key_of(acme_id, OTHER_RUN, "invite"),
				      SENT_MS, OUTBOX_VERDICT_UNKNOWN);

	(void)state;
	(void)take_answer(answer(&id, "", "Yes\r\n"));
	assert_int_equal(state_of(acme_id, OTHER_RUN, "invite"), OUTBOX_SENT);
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
		mails[i] = (struct dispatch_mail){
			.bytes = test_returned_dsn(arena, &r),
		};
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
		CASE(a_bounce_of_the_doctors_is_nobodys),
		CASE(only_the_doctors_own_address_tells_of_its_bounce),
		CASE(what_is_about_a_delivery_is_no_bounce_of_the_doctors),
		CASE(what_was_in_doubt_had_left),
		CASE(what_is_being_sent_is_to_come_again),
		CASE(a_persons_answer_ends_the_sequence_and_is_on_its_way),
		CASE(the_same_answer_by_another_way_is_the_same),
		CASE(what_no_person_wrote_is_no_answer),
		CASE(a_mail_that_went_round_too_often_is_no_answer),
		CASE(an_answer_and_a_report_are_told_apart),
		CASE(
		    one_who_answers_a_mail_of_another_partner_answers_that_one),
		CASE(beyond_twenty_a_day_answers_are_kept_until_there_is_room),
		CASE(one_that_is_too_large_is_an_answer_and_is_kept),
		CASE(
		    what_they_wrote_is_forgotten_when_it_was_sent_on_and_not_before),
		CASE(what_cannot_be_sent_on_is_forgotten_after_thirty_days),
		CASE(who_is_erased_has_said_nothing),
		CASE(an_answer_shows_that_what_was_in_doubt_arrived),
		CASE(many_share_a_child_and_each_is_told),
	};

	return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
	return test_on_both(&url, suite, "sqlite", "postgresql");
}
