#include "dispatch/dispatch_lmtp_priv.h"

#include <stdlib.h>

#include "test.h"

static struct lmtp l;
static struct buf mails; /* "<recipient>: mail" of each, one after the other */
static bool good = true; /* what answers say */

static int
begin(void **state)
{
	(void)state;
	lmtp_init(&l);
	buf_clear(&l.out);
	good = true;
	return 0;
}

static int
end(void **state)
{
	(void)state;
	lmtp_fini(&l);
	buf_fini(&mails);
	return 0;
}

/* Everything at once, or byte by byte. */
static enum lmtp_step
say(const char *text, size_t at_once)
{
	struct str all = str_of(text);
	enum lmtp_step step = LMTP_MORE;

	while (all.len > 0 && step != LMTP_CLOSE) {
		struct str part = str_slice(all, 0, at_once);

		all = str_slice(all, part.len, all.len);
		while ((step = lmtp_feed(&l, &part)) == LMTP_MAIL)
			while (l.state == LMTP_ANSWER) {
				buf_printf(&mails, "%.*s: %.*s",
					   STR_ARG(lmtp_recipient(&l)),
					   STR_ARG(buf_view(&l.mail)));
				lmtp_answer(&l, good ? LMTP_TAKEN : LMTP_LATER);
			}
	}
	return step;
}

#define HELLO "LHLO mx\r\nMAIL FROM:<>\r\n"

/* The replies' numbers, one after the other, since the last question. */
static const char *
replies(void)
{
	static char numbers[400];
	struct str rest = buf_view(&l.out);
	struct str line;
	size_t len = 0;

	while (str_split(&rest, '\n', &line))
		if (line.len > 3 && line.p[3] == ' ' &&
		    len + 5 < sizeof(numbers)) {
			memcpy(numbers + len, line.p, 4);
			len += 4;
		}
	numbers[len] = '\0';
	buf_clear(&l.out);
	return numbers;
}

static void
assert_mails(const char *expected)
{
	assert_str(buf_view(&mails), expected);
	buf_clear(&mails);
}

/* ---- cases ---- */

static void
a_mail_is_answered_for_each_recipient(void **state)
{
	(void)state;
	say(HELLO "RCPT TO:<a@b.example>\r\nRCPT TO:<c@b.example>\r\n"
		  "DATA\r\nSubject: x\r\n\r\nhello\r\n.\r\nQUIT\r\n",
	    10000);
	assert_string_equal(replies(), "250 250 250 250 354 250 250 221 ");
	assert_mails("a@b.example: Subject: x\r\n\r\nhello\r\n"
		     "c@b.example: Subject: x\r\n\r\nhello\r\n");
}

static void
it_is_the_same_byte_by_byte(void **state)
{
	(void)state;
	say(HELLO "RCPT TO:<a@b.example>\r\nDATA\r\n.\r\nNOOP\r\n", 1);
	assert_string_equal(replies(), "250 250 250 354 250 250 ");
	assert_mails("a@b.example: ");
}

static void
what_is_not_taken_is_to_come_again(void **state)
{
	(void)state;
	good = false;
	say(HELLO "RCPT TO:<a@b.example>\r\nDATA\r\nx\r\n.\r\n", 7);
	assert_string_equal(replies(), "250 250 250 354 451 ");
}

static void
dots_are_unstuffed_and_only_crlf_dot_crlf_ends(void **state)
{
	(void)state;
	say(HELLO "RCPT TO:<a@b.example>\r\nDATA\r\n"
		  "..\r\n.x\r\n\n.\n\r.\r\r\n..\r\n\r\n.\r\n",
	    3);
	assert_mails("a@b.example: .\r\nx\r\n\n.\n\r.\r\r\n.\r\n\r\n");
	assert_string_equal(replies(), "250 250 250 354 250 ");
}

static void
a_dot_and_cr_that_is_no_end_is_kept(void **state)
{
	(void)state;
	say(HELLO "RCPT TO:<a@b.example>\r\nDATA\r\n.\rx\r\n.\r\n", 1);
	assert_mails("a@b.example: \rx\r\n");
}

static void
commands_come_in_order(void **state)
{
	(void)state;
	say("MAIL FROM:<>\r\nLHLO x\r\nRCPT TO:<a@b>\r\nDATA\r\n"
	    "MAIL FROM:<>\r\nMAIL FROM:<>\r\nDATA\r\nRSET\r\nRCPT TO:<a@b>\r\n",
	    10000);
	assert_string_equal(replies(), "503 250 503 503 250 503 503 250 503 ");
}

static void
what_is_no_lmtp_is_refused(void **state)
{
	(void)state;
	say("EHLO x\r\nHELO x\r\nGET / HTTP/1.1\r\n\r\nLHLO x\r\n"
	    "MAIL TO:<a@b>\r\nMAIL FROM:a@b\r\nMAIL FROM:<a@b\r\n"
	    "mail from: <a@b> SIZE=12 BODY=8BITMIME\r\nRCPT TO:<>\r\n",
	    10000);
	assert_string_equal(replies(),
			    "500 500 500 500 250 501 501 501 250 501 ");
}

static void
who_goes_on_with_faults_is_left(void **state)
{
	enum lmtp_step step = LMTP_MORE;

	(void)state;
	for (int i = 0; i <= LMTP_FAULTS_MAX; i++) {
		assert_int_equal(step, LMTP_MORE);
		step = say("X\r\n", 10);
	}
	assert_int_equal(step, LMTP_CLOSE);
	assert_non_null(strstr(replies(), "421"));
}

static void
long_lines_and_many_recipients_are_refused(void **state)
{
	(void)state;
	for (int i = 0; i < 3 * LMTP_LINE_MAX; i++)
		say("x", 1);
	assert_int_equal(l.line.len <= LMTP_LINE_MAX, 1);
	say("\r\n" HELLO, 100);
	assert_string_equal(replies(), "500 250 250 ");
	for (int i = 0; i < LMTP_RECIPIENTS_MAX; i++)
		say("RCPT TO:<a@b>\r\n", 100);
	replies();
	say("RCPT TO:<a@b>\r\n", 100);
	assert_string_equal(replies(), "452 ");
}

static void
of_a_long_mail_the_beginning_is_kept(void **state)
{
	const size_t len = LMTP_KEPT_MAX + 4096;
	char *much = calloc(1, len + 1);

	(void)state;
	memset(much, 'x', len);
	say(HELLO "RCPT TO:<a@b>\r\nDATA\r\n", 100);
	say(much, len);
	assert_int_equal(l.mail.len, LMTP_KEPT_MAX);
	assert_int_equal(l.mail_len, len);
	free(much);
	say("\r\n.\r\n", 10);
	assert_int_equal(mails.len, LMTP_KEPT_MAX + strlen("a@b: "));
}

static void
a_mail_that_is_too_long_is_refused_for_good(void **state)
{
	(void)state;
	say(HELLO "RCPT TO:<a@b>\r\nRCPT TO:<c@b>\r\nDATA\r\n", 100);
	l.mail_len = LMTP_MAIL_MAX;
	say("x\r\n.\r\nNOOP\r\n", 100);
	assert_string_equal(replies(), "250 250 250 250 354 552 552 250 ");
	assert_mails("");
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
		CASE(a_mail_is_answered_for_each_recipient),
		CASE(it_is_the_same_byte_by_byte),
		CASE(what_is_not_taken_is_to_come_again),
		CASE(dots_are_unstuffed_and_only_crlf_dot_crlf_ends),
		CASE(a_dot_and_cr_that_is_no_end_is_kept),
		CASE(commands_come_in_order),
		CASE(what_is_no_lmtp_is_refused),
		CASE(who_goes_on_with_faults_is_left),
		CASE(long_lines_and_many_recipients_are_refused),
		CASE(of_a_long_mail_the_beginning_is_kept),
		CASE(a_mail_that_is_too_long_is_refused_for_good),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
