/*
 * One mail of each kind, written for this; what many servers write is in
 * tests/conformance/mime_report_test.c.
 */
#include <stdlib.h>

#include "base/arena.h"
#include "mime/mime_report_priv.h"
#include "test.h"

static struct arena *a;

static int
setup(void **state)
{
	(void)state;
	a = arena_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(&a);
	return 0;
}

static struct mime_report *
parse(const char *mail)
{
	struct mime_report *r = ARENA_NEW(a, struct mime_report);

	mime_report_parse(a, str_of(mail), r);
	return r;
}

/* Of a mail with these headers and this text. */
static struct mime_report *
parse_text(const char *headers, const char *text)
{
	return parse(str_printf(a, "%s\n\n%s\n", headers, text).p);
}

static void
is_one(const struct mime_report *r, enum mime_report_class class,
       const char *address)
{
	assert_string_equal(mime_report_class_name(r->class),
			    mime_report_class_name(class));
	assert_int_equal(r->count, 1);
	assert_str(r->recipients[0].address, address);
	assert_int_equal(r->recipients[0].class, class);
}

static void
is_none(const struct mime_report *r)
{
	assert_string_equal(mime_report_class_name(r->class), "none");
	assert_int_equal(r->count, 0);
}

/* ---- RFC 3464 ---- */

static struct mime_report *
parse_dsn(const char *groups)
{
	return parse(
	    str_printf(
		a,
		"From: MAILER-DAEMON@relay.test\n"
		"Content-Type: multipart/report; report-type=delivery-status; "
		"boundary=b\n\n"
		"--b\n\nSorry.\n"
		"--b\nContent-Type: message/delivery-status\n\n"
		"Reporting-MTA: dns; relay.test\n\n%s\n"
		"--b\nContent-Type: message/rfc822\n\n"
		"To: ada@example.com\nMessage-ID:\n <1@example.org>\n"
		"List-Unsubscribe: <mailto:u@example.org>,\n"
		" <https://go.example.org/u/T>\n\nHello\n--b--\n",
		groups)
		.p);
}

static void
a_failure_is_hard_and_has_all_its_facts(void **state)
{
	const struct mime_report *r =
	    parse_dsn("Original-Recipient: rfc822;ada@example.com\n"
		      "Final-Recipient: rfc822; al@in.example.com\n"
		      "Action: failed\nStatus: 5.1.1 (no mailbox)\n"
		      "Diagnostic-Code: smtp; 550 5.1.1\n\tno such user\n");

	(void)state;
	is_one(r, MIME_REPORT_HARD, "al@in.example.com");
	assert_str(r->recipients[0].original, "ada@example.com");
	assert_str(r->recipients[0].status, "5.1.1");
	assert_str(r->recipients[0].diagnostic, "550 5.1.1 no such user");
	assert_str(r->message_id, "1@example.org");
	assert_str(r->unsubscribe, "https://go.example.org/u/T");
}

static void
what_may_pass_is_soft(void **state)
{
	(void)state;
	/* A mailbox may be emptied, whatever the class says. */
	is_one(parse_dsn("Final-Recipient: rfc822;a@example.com\n"
			 "Action: failed\nStatus: 5.2.2\n"),
	       MIME_REPORT_SOFT, "a@example.com");
	is_one(parse_dsn("Final-Recipient: rfc822;a@example.com\n"
			 "Action: delayed\nStatus: 4.4.1\n"),
	       MIME_REPORT_SOFT, "a@example.com");
	is_one(parse_dsn("Final-Recipient: rfc822;a@example.com\n"
			 "Action: failed\nStatus: 4.4.7\n"
			 "Diagnostic-Code: smtp; 554 expired\n"),
	       MIME_REPORT_SOFT, "a@example.com");
	is_one(parse_dsn("Final-Recipient: rfc822;a@example.com\n"
			 "Action: delayed\nStatus: 5.0.0\n"),
	       MIME_REPORT_SOFT, "a@example.com");
}

static void
success_is_no_bounce(void **state)
{
	(void)state;
	is_none(parse_dsn("Final-Recipient: rfc822;a@example.com\n"
			  "Action: relayed\nStatus: 2.0.0\n"));
	is_none(parse_dsn("Final-Recipient: rfc822;a@example.com\n"
			  "Action: delivered\nStatus: 2.1.5\n"));
}

static void
each_recipient_has_its_own_class(void **state)
{
	const struct mime_report *r =
	    parse_dsn("Final-Recipient: rfc822;a@example.com\n"
		      "Action: delayed\nStatus: 4.4.1\n\n"
		      "Final-Recipient: rfc822;b@example.com\n"
		      "Action: delivered\nStatus: 2.0.0\n\n"
		      "Final-Recipient: rfc822;c@example.com\n"
		      "Action: failed\nStatus: 5.2.1\n");

	(void)state;
	assert_int_equal(r->class, MIME_REPORT_HARD);
	assert_int_equal(r->count, 2);
	assert_str(r->recipients[0].address, "a@example.com");
	assert_int_equal(r->recipients[0].class, MIME_REPORT_SOFT);
	assert_str(r->recipients[1].address, "c@example.com");
	assert_int_equal(r->recipients[1].class, MIME_REPORT_HARD);
}

static void
without_a_status_the_reply_decides(void **state)
{
	(void)state;
	is_one(parse_dsn("Original-Recipient: <a@example.com>\n"
			 "Action : failed\n"
			 "Diagnostic-Code : smtp; 452 too much\n"),
	       MIME_REPORT_SOFT, "a@example.com");
	is_one(parse_dsn("Final-Recipient: rfc822;a@example.com\n"
			 "Action: failed\n"),
	       MIME_REPORT_HARD, "a@example.com");
}

static void
what_was_done_may_stand_apart(void **state)
{
	(void)state;
	is_one(parse_dsn("Final-Recipient: rfc822;a@example.com\n\n"
			 "Action: failed\nStatus: 4.2.2\n"),
	       MIME_REPORT_SOFT, "a@example.com");
	is_none(parse_dsn("Final-Recipient: rfc822;a@example.com\n\n"
			  "Action: relayed\n"));
}

/* ---- RFC 5965 ---- */

static struct mime_report *
parse_feedback(const char *fields)
{
	return parse(
	    str_printf(a,
		       "From: fbl@mailbox.test\n"
		       "Content-Type: multipart/report; "
		       "report-type=feedback-report; boundary=b\n\n"
		       "--b\nContent-Type: message/feedback-report\n\n%s\n"
		       "--b\nContent-Type: text/rfc822-headers\n\n"
		       "To: Ada <ada@example.com>\nMessage-ID: <2@x>\n\n"
		       "--b--\n",
		       fields)
		.p);
}

static void
feedback_is_a_complaint(void **state)
{
	const struct mime_report *r =
	    parse_feedback("Feedback-Type: abuse\n"
			   "Original-Rcpt-To: <bob@example.com>\n");

	(void)state;
	is_one(r, MIME_REPORT_COMPLAINT, "bob@example.com");
	assert_str(r->message_id, "2@x");
	is_one(parse_feedback("Feedback-Type: opt-out\n"),
	       MIME_REPORT_COMPLAINT, "ada@example.com");
}

static void
feedback_may_be_a_text(void **state)
{
	(void)state;
	is_one(parse_text("From: fbl@mailbox.test\nSubject: x",
			  "Feedback-Type: abuse\nUser-Agent: x/1\n"
			  "Original-Rcpt-To: a@example.com"),
	       MIME_REPORT_COMPLAINT, "a@example.com");
}

static void
other_feedback_is_none(void **state)
{
	(void)state;
	is_none(parse_feedback("Feedback-Type: auth-failure\n"
			       "Original-Rcpt-To: <bob@example.com>\n"));
	is_none(parse_feedback("Feedback-Type: not-spam\n"));
}

/* ---- prose ---- */

#define DAEMON "From: MAILER-DAEMON@relay.test\nSubject: failure notice"

static void
codes_count_before_words(void **state)
{
	(void)state;
	is_one(parse_text(DAEMON, "<a@example.com>:\n"
				  "said: 554 4.4.7 no such user"),
	       MIME_REPORT_SOFT, "a@example.com");
	is_one(parse_text(DAEMON, "<a@example.com>:\n"
				  "said: 450 no such user"),
	       MIME_REPORT_SOFT, "a@example.com");
	is_one(parse_text(DAEMON, "<a@example.com>:\nno such user"),
	       MIME_REPORT_HARD, "a@example.com");
	is_one(parse_text(DAEMON, "<a@example.com>:\nmailbox is\nfull"),
	       MIME_REPORT_SOFT, "a@example.com");
}

static void
other_numbers_are_no_codes(void **state)
{
	const struct mime_report *r = parse_text(
	    DAEMON, "<a@example.com>:\nhost 4.4.7.1 after 550 s, v5.1.1,\n"
		    "id 1450 of 4501 bytes: connection timed out");

	(void)state;
	is_one(r, MIME_REPORT_SOFT, "a@example.com");
	assert_str(r->recipients[0].status, "");
}

static void
a_warning_is_soft_with_any_code(void **state)
{
	(void)state;
	is_one(parse_text(DAEMON, "It has not yet been delivered to\n"
				  "a@example.com: 550 5.7.1 go away"),
	       MIME_REPORT_SOFT, "a@example.com");
}

static void
what_comes_back_in_the_text_is_ours(void **state)
{
	const struct mime_report *r =
	    parse_text(DAEMON, "<a@example.com>: 550 no\n\n"
			       "--- Below this line is a copy of the message.\n"
			       "Received: from x\n"
			       "Message-ID: <3@x>\n"
			       "To: a@example.com\n\n"
			       "<b@example.com>: 550 no");

	(void)state;
	is_one(r, MIME_REPORT_HARD, "a@example.com");
	assert_str(r->message_id, "3@x");
}

static void
who_wrote_the_mail_is_not_whom_it_failed_for(void **state)
{
	(void)state;
	is_one(parse_text(DAEMON, "While talking to mx.example.com:\n"
				  ">>> MAIL From:<us@example.org>\n"
				  "<<< 501 <us@example.org>... no access\n"
				  "554 <a@example.com>... protocol error"),
	       MIME_REPORT_HARD, "a@example.com");
}

static void
failed_recipients_are_in_a_header(void **state)
{
	(void)state;
	is_one(parse_text(DAEMON "\nX-Failed-Recipients: a@example.com",
			  "Dear b@example.com, it is a permanent error."),
	       MIME_REPORT_HARD, "a@example.com");
}

/* Each by itself: no row is hidden by one before it that is a part of it. */
static void
each_phrase_gives_its_class(void **state)
{
	(void)state;
	for (size_t i = 0; mime_report_phrases[i].text; i++) {
		const struct mime_report_row *row = &mime_report_phrases[i];
		const struct mime_report *r = parse_text(
		    "From: MAILER-DAEMON@relay.test\nSubject: Spring",
		    str_printf(a, "<a@example.com>\n%s", row->text).p);

		if (r->count != 1 || r->class != row->class)
			fail_msg("\"%s\" is not %s", row->text,
				 mime_report_class_name(row->class));
	}
}

static void
is_sought_as_it_is_written(const char *text)
{
	if (!str_eq_cstr(mime_report_squeeze(a, str_of(text)), text))
		fail_msg("\"%s\" is never found", text);
}

static void
phrases_are_lower_case_with_single_blanks(void **state)
{
	static const char *const *const lists[] = {
		mime_report_late,    mime_report_subjects, mime_report_answers,
		mime_report_before,  mime_report_returned, mime_report_traces,
		mime_report_daemons, mime_report_openings,
	};

	(void)state;
	for (size_t i = 0; mime_report_phrases[i].text; i++)
		is_sought_as_it_is_written(mime_report_phrases[i].text);
	for (size_t i = 0; i < COUNT_OF(lists); i++)
		for (size_t j = 0; lists[i][j]; j++)
			is_sought_as_it_is_written(lists[i][j]);
}

static void
a_transcript_names_the_recipient(void **state)
{
	const struct mime_report *r = parse_text(
	    "From: postmaster@relay.test\nSubject: Spring",
	    "Message details:\n  MAIL FROM: us@example.org\n"
	    "  RCPT TO: a@example.com\n  From: News <us@example.org>\n\n"
	    "Error message below:\n550 - no such user here");

	(void)state;
	is_one(r, MIME_REPORT_HARD, "a@example.com");
	assert_str(r->recipients[0].diagnostic, "550 - no such user here");
}

static void
json_in_a_text_is_read(void **state)
{
	static const char headers[] =
	    "From: no-reply@sns.amazonaws.com\nSubject: x";

	(void)state;
	is_one(parse_text(headers,
			  "{\"Message\":\"{\\\"notificationType\\\":\\\"Bounce"
			  "\\\",\\\"bounceType\\\":\\\"Transient\\\","
			  "\\\"emailAddress\\\":\\\"a@example.com\\\"}\"}"),
	       MIME_REPORT_SOFT, "a@example.com");
	is_one(parse_text(headers, "{\"notificationType\":\"Complaint\","
				   "\"emailAddress\":\"a@example.com\"}"),
	       MIME_REPORT_COMPLAINT, "a@example.com");
	is_none(parse_text(headers, "{\"notificationType\":\"Delivery\","
				    "\"recipients\":[\"a@example.com\"],"
				    "\"smtpResponse\":\"250 2.6.0 taken\"}"));
}

/* ---- no bounces ---- */

static void
a_person_may_write_of_bounces(void **state)
{
	(void)state;
	is_none(parse_text("From: Eve <eve@example.com>\nSubject: Help",
			   "<bob@example.com>:\n550 5.1.1 user unknown"));
	is_none(parse_text(
	    "From: Eve <eve@example.com>\nSubject: Re: failure notice",
	    "> <bob@example.com>:\n> 550 5.1.1 user unknown"));
}

static void
machines_answer_for_persons(void **state)
{
	static const char *const headers[] = {
		"From: a@example.com\nAuto-Submitted: auto-replied",
		"From: a@example.com\nSubject: Out of office",
		"From: a@example.com\nSubject: x\nPrecedence: auto_reply",
		"Return-Path: <>\nFrom: a@example.com\n"
		"Subject: Automatic reply: Spring",
		"From: a@example.com\nSubject: Read: Spring\nContent-Type: "
		"multipart/report; report-type=disposition-notification; "
		"boundary=b",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(headers); i++) {
		const struct mime_report *r =
		    parse_text(headers[i], "Write to b@example.com: 550 5.1.1");

		assert_int_equal(r->class, MIME_REPORT_AUTO_REPLY);
		assert_int_equal(r->count, 0);
	}
}

static void
nothing_is_none(void **state)
{
	(void)state;
	is_none(parse(""));
	is_none(parse("\n\n"));
	is_none(parse("From: MAILER-DAEMON@relay.test\n\n"));
}

/* ---- limits ---- */

static void
texts_are_one_line_and_bounded(void **state)
{
	struct buf text = { 0 };
	const struct mime_report *r;

	(void)state;
	buf_cat(&text, "<a@example.com>:\nsaid: 550 \x01\xff\t\t");
	for (int i = 0; i < 1000; i++)
		buf_cat(&text, "\xc3\xa9");
	r = parse_text(DAEMON, buf_cstr(&text));
	is_one(r, MIME_REPORT_HARD, "a@example.com");
	assert_true(
	    str_starts(r->recipients[0].diagnostic, STR("550 ? \xc3\xa9")));
	assert_true(r->recipients[0].diagnostic.len <=
		    MIME_REPORT_DIAGNOSTIC_MAX);
	buf_fini(&text);
}

static void
recipients_are_bounded(void **state)
{
	struct buf text = { 0 };
	const struct mime_report *r;

	(void)state;
	for (int i = 0; i < 100; i++)
		buf_printf(&text,
			   "Final-Recipient: rfc822;a%d@example.com\n"
			   "Action: failed\nStatus: 5.1.1\n\n",
			   i);
	r = parse_dsn(buf_cstr(&text));
	assert_int_equal(r->count, MIME_REPORT_RECIPIENTS_MAX);
	buf_fini(&text);
}

/* A status, encoded so that it is seen only by who opens the part. */
static const struct mime_report *
parse_nested(int depth)
{
	struct buf text = { 0 };
	const struct mime_report *r;

	buf_cat(&text, "From: MAILER-DAEMON@relay.test\n");
	for (int i = 0; i < depth; i++)
		buf_printf(&text,
			   "Content-Type: multipart/mixed; boundary=b%d\n\n"
			   "--b%d\n",
			   i, i);
	buf_cat(&text,
		"Content-Type: message/delivery-status\n"
		"Content-Transfer-Encoding: base64\n\n"
		"RmluYWwtUmVjaXBpZW50OiByZmM4MjI7YUBleGFtcGxlLmNvbQpBY3Rpb246"
		"IGZhaWxlZAo=\n");
	r = parse(buf_cstr(&text));
	buf_fini(&text);
	return r;
}

static void
depth_is_bounded(void **state)
{
	(void)state;
	is_one(parse_nested(MIME_REPORT_DEPTH_MAX), MIME_REPORT_HARD,
	       "a@example.com");
	is_none(parse_nested(MIME_REPORT_DEPTH_MAX + 1));
	is_none(parse_nested(2000));
}

/* ---- packing ---- */

static void
a_packed_report_comes_back(void **state)
{
	const struct mime_report *r =
	    parse_dsn("Final-Recipient: rfc822;a@example.com\n"
		      "Action: failed\nStatus: 5.1.1\n");
	struct mime_report *again = ARENA_NEW(a, struct mime_report);
	struct buf packed = { 0 };
	struct error err = { 0 };

	(void)state;
	mime_report_pack(r, &packed);
	assert_ok(mime_report_unpack(a, buf_view(&packed), again, &err), err);
	is_one(again, MIME_REPORT_HARD, "a@example.com");
	assert_str(again->recipients[0].status, "5.1.1");
	assert_str(again->message_id, "1@example.org");
	assert_str(again->unsubscribe, "https://go.example.org/u/T");
	buf_fini(&packed);
}

static void
what_is_no_report_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"class worse\nmessage-id \nunsubscribe \n",
		"class none\nunsubscribe \nmessage-id \n",
		"class none\nmessage-id \nunsubscribe \nmore\n",
		"class none\nmessage-id \x01\nunsubscribe \n",
		"class none\nmessage-id \xff\nunsubscribe \n",
		"class hard\nmessage-id \nunsubscribe \naddress a\nis hard\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct mime_report *r = ARENA_NEW(a, struct mime_report);
		struct error err = { 0 };

		assert_fails(mime_report_unpack(a, str_of(bad[i]), r, &err),
			     err, ERROR_INVALID, "packed report");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failure_is_hard_and_has_all_its_facts),
		cmocka_unit_test(what_may_pass_is_soft),
		cmocka_unit_test(success_is_no_bounce),
		cmocka_unit_test(each_recipient_has_its_own_class),
		cmocka_unit_test(without_a_status_the_reply_decides),
		cmocka_unit_test(what_was_done_may_stand_apart),
		cmocka_unit_test(feedback_is_a_complaint),
		cmocka_unit_test(feedback_may_be_a_text),
		cmocka_unit_test(other_feedback_is_none),
		cmocka_unit_test(codes_count_before_words),
		cmocka_unit_test(other_numbers_are_no_codes),
		cmocka_unit_test(a_warning_is_soft_with_any_code),
		cmocka_unit_test(what_comes_back_in_the_text_is_ours),
		cmocka_unit_test(who_wrote_the_mail_is_not_whom_it_failed_for),
		cmocka_unit_test(failed_recipients_are_in_a_header),
		cmocka_unit_test(each_phrase_gives_its_class),
		cmocka_unit_test(phrases_are_lower_case_with_single_blanks),
		cmocka_unit_test(a_transcript_names_the_recipient),
		cmocka_unit_test(json_in_a_text_is_read),
		cmocka_unit_test(a_person_may_write_of_bounces),
		cmocka_unit_test(machines_answer_for_persons),
		cmocka_unit_test(nothing_is_none),
		cmocka_unit_test(texts_are_one_line_and_bounded),
		cmocka_unit_test(recipients_are_bounded),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(a_packed_report_comes_back),
		cmocka_unit_test(what_is_no_report_is_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
