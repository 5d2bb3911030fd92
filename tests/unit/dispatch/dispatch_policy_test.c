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
	struct outbox_verdict out;

	dispatch_policy_classify(stage, &reply, marked, &out);
	return out.kind;
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
		{ FROM_TO(CONNECT, MAIL), 550, NULL, V(HELD), V(HELD) },
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
our_credentials_hold_the_sender(void **state)
{
	static const struct row rows[] = {
		{ FROM_TO(AUTH, RCPT), 530, "5.7.0", V(HELD), V(HELD) },
		{ AT(AUTH), 534, "5.7.9", V(HELD), V(HELD) },
		{ AT(AUTH), 535, "5.7.8", V(HELD), V(HELD) },
		{ AT(AUTH), 538, "5.7.11", V(HELD), V(HELD) },
		{ AT(AUTH), 454, "4.7.0", V(DEFERRED), V(DEFERRED) },
		{ AT(RCPT), 550, "5.7.8", V(HELD), V(HELD) },
	};

	(void)state;
	expect_all(rows, COUNT_OF(rows));
}

static void
our_domain_holds_the_sender(void **state)
{
	static const struct row rows[] = {
		{ FROM_TO(MAIL, AFTER), 550, "5.7.515", V(HELD), V(HELD) },
		{ FROM_TO(MAIL, AFTER), 550, "5.7.509", V(HELD), V(HELD) },
		{ FROM_TO(MAIL, AFTER), 550, "5.7.20", V(HELD), V(HELD) },
		{ FROM_TO(MAIL, AFTER), 550, "5.7.23", V(HELD), V(HELD) },
		{ FROM_TO(MAIL, AFTER), 550, "5.7.25", V(HELD), V(HELD) },
		{ FROM_TO(MAIL, AFTER), 550, "5.7.26", V(HELD), V(HELD) },
		{ FROM_TO(MAIL, AFTER), 421, "4.7.26", V(DEFERRED),
		  V(DEFERRED) },
		{ AT(MAIL), 550, "5.7.1", V(HELD), V(HELD) },
		{ AT(RCPT), 550, "5.1.8", V(HELD), V(HELD) },
		{ AT(RCPT), 553, "5.1.7", V(HELD), V(HELD) },
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
	struct outbox_verdict out;

	(void)state;
	dispatch_policy_classify(DISPATCH_AT_RCPT,
				 &(struct dispatch_reply){
				     .code = 550,
				     .enhanced = STR("5.1.1"),
				     .text = STR("550 5.1.1 no such user"),
				 },
				 false, &out);
	assert_str(out.status, "550 5.1.1 no such user");
	assert_int_equal(out.retry_after_ms, 0);
	dispatch_policy_classify(DISPATCH_AT_AFTER,
				 &(struct dispatch_reply){ 0 }, true, &out);
	assert_str(out.status, "no answer after the message");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_row_of_the_table_holds),
		cmocka_unit_test(what_cannot_be_an_answer_is_none),
		cmocka_unit_test(
		    every_code_of_a_class_means_the_same_after_the_dot),
		cmocka_unit_test(our_credentials_hold_the_sender),
		cmocka_unit_test(our_domain_holds_the_sender),
		cmocka_unit_test(their_mailbox_bounces),
		cmocka_unit_test(size_is_ours_and_room_is_theirs),
		cmocka_unit_test(
		    an_enhanced_code_of_another_class_is_not_heard),
		cmocka_unit_test(
		    the_status_is_the_answer_or_says_where_there_was_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
