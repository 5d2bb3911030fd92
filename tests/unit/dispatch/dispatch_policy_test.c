#include "dispatch/dispatch_policy.h"

#include "test.h"

/*
 * The table of outcomes, row by row, as it was promised: the moment, what
 * happens, and what becomes of a delivery that was not marked and of one that
 * was. Code 0: drop, stall, garbage.
 */
struct row {
	enum dispatch_stage from;
	enum dispatch_stage to;
	int code;
	const char *enhanced;
	enum outbox_verdict_kind unmarked;
	enum outbox_verdict_kind marked;
};

#define FROM_TO(a, b) DISPATCH_AT_##a, DISPATCH_AT_##b
#define AT(a)	      DISPATCH_AT_##a, DISPATCH_AT_##a
#define V(kind)	      OUTBOX_VERDICT_##kind

static enum outbox_verdict_kind
verdict_of(enum dispatch_stage stage, int code, const char *enhanced,
	   bool marked)
{
	const struct dispatch_reply reply = {
		.code = code,
		.enhanced = str_of(enhanced),
	};
	struct dispatch_outcome out;

	dispatch_policy_classify(stage, &reply, marked, &out);
	return out.verdict.kind;
}

static void
expect(const struct row *row, enum dispatch_stage stage, bool marked)
{
	enum outbox_verdict_kind wanted = marked ? row->marked : row->unmarked;
	enum outbox_verdict_kind got =
	    verdict_of(stage, row->code, row->enhanced, marked);

	if (got != wanted)
		fail_msg("%s: %d %s, %s: %d, expected %d",
			 dispatch_stage_name(stage), row->code,
			 row->enhanced ? row->enhanced : "",
			 marked ? "marked" : "not marked", (int)got,
			 (int)wanted);
}

static void
expect_all(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (int stage = (int)rows[i].from; stage <= (int)rows[i].to;
		     stage++) {
			expect(&rows[i], (enum dispatch_stage)stage, false);
			expect(&rows[i], (enum dispatch_stage)stage, true);
		}
}

static void
each_row_of_the_table_holds(void **state)
{
	static const struct row rows[] = {
		/* connect, banner, EHLO, TLS, AUTH, MAIL, RCPT, and DATA */
		{ FROM_TO(CONNECT, DATA), 0, NULL, V(DEFERRED), V(UNKNOWN) },
		{ FROM_TO(CONNECT, DATA), 451, NULL, V(DEFERRED), V(DEFERRED) },
		{ FROM_TO(CONNECT, DATA), 421, NULL, V(DEFERRED), V(DEFERRED) },
		{ FROM_TO(CONNECT, MAIL), 550, NULL, V(WAITS), V(WAITS) },
		{ FROM_TO(RCPT, DATA), 550, NULL, V(BOUNCED), V(BOUNCED) },
		/* body bytes */
		{ AT(BODY), 0, NULL, V(DEFERRED), V(UNKNOWN) },
		{ AT(BODY), 421, NULL, V(DEFERRED), V(DEFERRED) },
		{ AT(BODY), 451, NULL, V(DEFERRED), V(DEFERRED) },
		{ AT(BODY), 554, NULL, V(BOUNCED), V(BOUNCED) },
		/* the dot and after it */
		{ FROM_TO(DOT, AFTER), 250, NULL, V(SENT), V(SENT) },
		{ FROM_TO(DOT, AFTER), 421, NULL, V(DEFERRED), V(DEFERRED) },
		{ FROM_TO(DOT, AFTER), 451, NULL, V(DEFERRED), V(DEFERRED) },
		{ FROM_TO(DOT, AFTER), 554, NULL, V(BOUNCED), V(BOUNCED) },
		{ FROM_TO(DOT, AFTER), 0, NULL, V(DEFERRED), V(UNKNOWN) },
	};

	(void)state;
	expect_all(rows, COUNT_OF(rows));
}

static void
what_cannot_be_an_answer_is_none(void **state)
{
	static const struct row rows[] = {
		{ FROM_TO(CONNECT, BODY), 250, NULL, V(DEFERRED), V(UNKNOWN) },
		{ FROM_TO(CONNECT, AFTER), 354, NULL, V(DEFERRED), V(UNKNOWN) },
		{ FROM_TO(CONNECT, AFTER), 100, NULL, V(DEFERRED), V(UNKNOWN) },
		{ FROM_TO(CONNECT, AFTER), 199, NULL, V(DEFERRED), V(UNKNOWN) },
		{ FROM_TO(CONNECT, AFTER), 600, NULL, V(DEFERRED), V(UNKNOWN) },
		{ FROM_TO(CONNECT, AFTER), 999, NULL, V(DEFERRED), V(UNKNOWN) },
		{ FROM_TO(CONNECT, AFTER), -1, NULL, V(DEFERRED), V(UNKNOWN) },
	};

	(void)state;
	expect_all(rows, COUNT_OF(rows));
}

static void
every_code_of_a_class_means_the_same_after_the_dot(void **state)
{
	(void)state;
	for (int code = 200; code <= 299; code++)
		assert_int_equal(verdict_of(DISPATCH_AT_AFTER, code, "", true),
				 OUTBOX_VERDICT_SENT);
	for (int code = 400; code <= 499; code++)
		assert_int_equal(verdict_of(DISPATCH_AT_AFTER, code, "", true),
				 OUTBOX_VERDICT_DEFERRED);
}

static void
our_credentials_stop_the_relay(void **state)
{
	static const struct row rows[] = {
		{ FROM_TO(AUTH, RCPT), 530, "5.7.0", V(WAITS), V(WAITS) },
		{ AT(AUTH), 534, "5.7.9", V(WAITS), V(WAITS) },
		{ AT(AUTH), 535, "5.7.8", V(WAITS), V(WAITS) },
		{ AT(AUTH), 538, "5.7.11", V(WAITS), V(WAITS) },
		{ AT(AUTH), 454, "4.7.0", V(DEFERRED), V(DEFERRED) },
		{ AT(RCPT), 550, "5.7.8", V(WAITS), V(WAITS) },
	};

	(void)state;
	expect_all(rows, COUNT_OF(rows));
}

static void
our_domain_stops_the_sender(void **state)
{
	static const struct row rows[] = {
		{ FROM_TO(MAIL, AFTER), 550, "5.7.515", V(WAITS), V(WAITS) },
		{ FROM_TO(MAIL, AFTER), 550, "5.7.509", V(WAITS), V(WAITS) },
		{ FROM_TO(MAIL, AFTER), 550, "5.7.20", V(WAITS), V(WAITS) },
		{ FROM_TO(MAIL, AFTER), 550, "5.7.23", V(WAITS), V(WAITS) },
		{ FROM_TO(MAIL, AFTER), 550, "5.7.25", V(WAITS), V(WAITS) },
		{ FROM_TO(MAIL, AFTER), 550, "5.7.26", V(WAITS), V(WAITS) },
		{ FROM_TO(MAIL, AFTER), 421, "4.7.26", V(DEFERRED),
		  V(DEFERRED) },
		{ AT(MAIL), 550, "5.7.1", V(WAITS), V(WAITS) },
		{ AT(RCPT), 550, "5.1.8", V(WAITS), V(WAITS) },
		{ AT(RCPT), 553, "5.1.7", V(WAITS), V(WAITS) },
		{ AT(RCPT), 554, "5.7.1", V(HELD), V(HELD) },
	};

	(void)state;
	expect_all(rows, COUNT_OF(rows));
}

static void
their_mailbox_bounces(void **state)
{
	static const struct row rows[] = {
		{ FROM_TO(RCPT, AFTER), 550, "5.1.1", V(BOUNCED), V(BOUNCED) },
		{ AT(RCPT), 550, "5.7.1", V(BOUNCED), V(BOUNCED) },
		{ AT(RCPT), 554, "5.1.1", V(BOUNCED), V(BOUNCED) },
		{ AT(RCPT), 556, "5.1.10", V(BOUNCED), V(BOUNCED) },
		{ AT(AFTER), 554, "5.7.1", V(BOUNCED), V(BOUNCED) },
		{ AT(RCPT), 450, "4.2.1", V(DEFERRED), V(DEFERRED) },
	};

	(void)state;
	expect_all(rows, COUNT_OF(rows));
}

static void
size_is_ours_and_room_is_theirs(void **state)
{
	static const struct row rows[] = {
		{ AT(MAIL), 552, NULL, V(HELD), V(HELD) },
		{ FROM_TO(MAIL, AFTER), 552, "5.3.4", V(HELD), V(HELD) },
		{ FROM_TO(MAIL, AFTER), 452, "4.3.1", V(DEFERRED),
		  V(DEFERRED) },
		{ AT(RCPT), 552, NULL, V(DEFERRED), V(DEFERRED) },
		{ AT(RCPT), 552, "5.2.2", V(DEFERRED), V(DEFERRED) },
		{ AT(AFTER), 552, "5.2.2", V(BOUNCED), V(BOUNCED) },
		{ AT(AFTER), 552, NULL, V(BOUNCED), V(BOUNCED) },
	};

	(void)state;
	expect_all(rows, COUNT_OF(rows));
}

static void
an_enhanced_code_of_another_class_is_not_heard(void **state)
{
	static const struct row rows[] = {
		{ AT(RCPT), 450, "5.7.515", V(DEFERRED), V(DEFERRED) },
		{ AT(RCPT), 550, "4.7.515", V(BOUNCED), V(BOUNCED) },
		{ AT(AFTER), 250, "5.7.515", V(SENT), V(SENT) },
		{ AT(AFTER), 550, "5.7.5", V(BOUNCED), V(BOUNCED) },
		{ AT(AFTER), 550, "nonsense", V(BOUNCED), V(BOUNCED) },
	};

	(void)state;
	expect_all(rows, COUNT_OF(rows));
}

static void
the_status_is_the_answer_or_says_where_there_was_none(void **state)
{
	struct dispatch_outcome out;

	(void)state;
	dispatch_policy_classify(DISPATCH_AT_RCPT,
				 &(struct dispatch_reply){
				     .code = 550,
				     .enhanced = STR("5.1.1"),
				     .text = STR("550 5.1.1 no such user"),
				 },
				 false, &out);
	assert_str(out.verdict.status, "550 5.1.1 no such user");
	assert_int_equal(out.verdict.retry_after_ms, 0);
	dispatch_policy_classify(DISPATCH_AT_AFTER,
				 &(struct dispatch_reply){ 0 }, true, &out);
	assert_str(out.verdict.status, "no answer after the message");
}

/* What servers say, and what follows from it. */
struct saying {
	enum dispatch_stage stage;
	const char *reply; /* "421 4.7.0 words" */
	enum outbox_verdict_kind kind;
	enum dispatch_effect effect;
};

static void
outcome_of(enum dispatch_stage stage, const char *text,
	   struct dispatch_outcome *out)
{
	struct dispatch_reply reply = { .text = str_of(text) };
	struct str rest = reply.text;
	struct str word = { 0 };
	int64_t code = 0;

	assert_true(str_int(str_slice(rest, 0, 3), 200, 599, &code));
	reply.code = (int)code;
	rest = str_slice(rest, 4, rest.len);
	if (str_word(&rest, &word) && word.len > 1 && word.p[1] == '.')
		reply.enhanced = word;
	dispatch_policy_classify(stage, &reply, false, out);
}

static void
expect_sayings(const struct saying *sayings, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct saying *s = &sayings[i];
		struct dispatch_outcome out;

		outcome_of(s->stage, s->reply, &out);
		if (out.verdict.kind != s->kind || out.effect != s->effect)
			fail_msg("%s \"%s\": %d and %d, expected %d and %d",
				 dispatch_stage_name(s->stage), s->reply,
				 (int)out.verdict.kind, (int)out.effect,
				 (int)s->kind, (int)s->effect);
	}
}

#define SAID(at, reply, kind, effect)                           \
	{                                                       \
		DISPATCH_AT_##at, reply, OUTBOX_VERDICT_##kind, \
		    DISPATCH_##effect                           \
	}

static void
who_wants_less_mail_slows_its_domain(void **state)
{
	static const struct saying sayings[] = {
		SAID(AFTER,
		     "421 4.7.28 Gmail has detected an unusual rate of "
		     "unsolicited mail originating from your IP address",
		     DEFERRED, SLOW_DOMAIN),
		SAID(RCPT,
		     "450 4.2.1 The user you are trying to contact is "
		     "receiving mail at a rate that prevents additional "
		     "messages from being delivered",
		     DEFERRED, SLOW_DOMAIN),
		SAID(AFTER, "421 4.7.0 Try again later, closing connection.",
		     DEFERRED, SLOW_DOMAIN),
		SAID(RCPT,
		     "451 4.7.650 The mail server [192.0.2.1] has been "
		     "temporarily rate limited due to IP reputation",
		     DEFERRED, SLOW_DOMAIN),
		SAID(RCPT,
		     "421 RP-001 (BAY004-MC1F5) Unfortunately, some messages "
		     "from 192.0.2.1 weren't sent",
		     DEFERRED, SLOW_DOMAIN),
		SAID(RCPT,
		     "421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily "
		     "deferred due to unexpected volume",
		     DEFERRED, SLOW_DOMAIN),
		SAID(RCPT,
		     "421 4.7.1 [TS03] All messages from 192.0.2.1 will "
		     "be permanently deferred",
		     DEFERRED, SLOW_DOMAIN),
		SAID(RCPT,
		     "421 4.7.0 [TS01] Messages from 192.0.2.1 "
		     "temporarily deferred",
		     DEFERRED, SLOW_DOMAIN),
		SAID(RCPT, "450 4.7.1 Too many messages from you, slow down",
		     DEFERRED, SLOW_DOMAIN),
		SAID(RCPT, "421 too many connections from your IP", DEFERRED,
		     SLOW_DOMAIN),
	};

	(void)state;
	expect_sayings(sayings, COUNT_OF(sayings));
}

static void
up_to_mail_the_relay_speaks_for_itself(void **state)
{
	static const struct saying sayings[] = {
		SAID(MAIL, "421 4.7.0 too many connections", DEFERRED,
		     SLOW_RELAY),
		SAID(MAIL,
		     "454 Throttling failure: Maximum sending rate "
		     "exceeded.",
		     DEFERRED, SLOW_RELAY),
		SAID(MAIL, "451 4.3.0 later", DEFERRED, NOBODY),
		SAID(RCPT, "451 4.3.0 later", DEFERRED, NOBODY),
		SAID(RCPT, "421 4.3.2 shutting down", DEFERRED, NOBODY),
		SAID(RCPT, "450 4.2.1 mailbox is busy", DEFERRED, NOBODY),
	};

	(void)state;
	expect_sayings(sayings, COUNT_OF(sayings));
}

static void
who_refuses_us_stops_us_and_nobody_bounces(void **state)
{
	static const struct saying sayings[] = {
		SAID(BANNER,
		     "554 5.7.1 Service unavailable; Client host [192.0.2.1] "
		     "blocked using zen.spamhaus.org",
		     WAITS, STOP_RELAY),
		SAID(RCPT,
		     "554 5.7.1 Service unavailable; Client host [192.0.2.1] "
		     "blocked using bl.spamcop.net",
		     WAITS, STOP_RELAY),
		SAID(RCPT, "554 5.7.1 <x@example.org>: Relay access denied",
		     WAITS, STOP_RELAY),
		SAID(MAIL, "530 5.7.0 Authentication required", WAITS,
		     STOP_RELAY),
		SAID(MAIL, "550 5.7.1 you may not send here", WAITS,
		     STOP_SENDER),
		SAID(AFTER,
		     "550 5.7.515 Access denied, sending domain example.com "
		     "does not meet the required authentication level",
		     WAITS, STOP_SENDER),
		SAID(AFTER,
		     "550 5.7.26 Unauthenticated email from example.com is "
		     "not accepted due to domain's DMARC policy",
		     WAITS, STOP_SENDER),
		SAID(RCPT, "550 5.1.1 no such user", BOUNCED, NOBODY),
		SAID(AFTER, "554 5.7.1 message looks like spam", BOUNCED,
		     NOBODY),
		SAID(RCPT, "554 5.7.1 not here", HELD, NOBODY),
	};

	(void)state;
	expect_sayings(sayings, COUNT_OF(sayings));
}

static void
who_greylists_says_when(void **state)
{
	static const struct {
		const char *reply;
		int64_t wait_s;
	} cases[] = {
		{ "450 4.7.1 Greylisted, try again in 300 seconds", 300 },
		{ "451 4.7.1 Greylisting in action, please come back in "
		  "00:04:59",
		  299 },
		{ "450 4.7.1 <a@b>: Recipient address rejected: Greylisted, "
		  "see http://pg/help/b.html",
		  0 },
		{ "451 4.7.1 Graylisted. Retry in 5 minutes please", 300 },
		{ "451 4.7.1 Please try again in 1 hour: greylisted", 3600 },
		{ "451 greylisted for 60s", 60 },
		{ "451 greylisted 999999999 hours", 24 * 3600 },
		{ "451 greylisted 99999999999999999999 seconds", 0 },
		{ "451 4.3.0 later, in 300 seconds", 0 },
	};
	struct dispatch_outcome out;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		int64_t wait_ms = cases[i].wait_s * 1000;

		outcome_of(DISPATCH_AT_RCPT, cases[i].reply, &out);
		assert_int_equal(out.verdict.kind, OUTBOX_VERDICT_DEFERRED);
		assert_int_equal(out.effect, DISPATCH_NOBODY);
		assert_int_equal(out.verdict.retry_after_ms,
				 wait_ms ? wait_ms + 1000 : 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_row_of_the_table_holds),
		cmocka_unit_test(what_cannot_be_an_answer_is_none),
		cmocka_unit_test(
		    every_code_of_a_class_means_the_same_after_the_dot),
		cmocka_unit_test(our_credentials_stop_the_relay),
		cmocka_unit_test(our_domain_stops_the_sender),
		cmocka_unit_test(their_mailbox_bounces),
		cmocka_unit_test(size_is_ours_and_room_is_theirs),
		cmocka_unit_test(
		    an_enhanced_code_of_another_class_is_not_heard),
		cmocka_unit_test(
		    the_status_is_the_answer_or_says_where_there_was_none),
		cmocka_unit_test(who_wants_less_mail_slows_its_domain),
		cmocka_unit_test(up_to_mail_the_relay_speaks_for_itself),
		cmocka_unit_test(who_refuses_us_stops_us_and_nobody_bounces),
		cmocka_unit_test(who_greylists_says_when),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
