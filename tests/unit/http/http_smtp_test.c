/*
 * A connection to a mail server, against one that answers line by line from a
 * list and keeps what it was told. TLS and AUTH are tried at servers that
 * others wrote, in unit/dispatch.
 */
#include "http/http_smtp_priv.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test.h"

#define EHLO "250-here\r\n250-SIZE 1000000\r\n250 PIPELINING\r\n"
#define OK   "250 2.0.0 ok\r\n"
#define GO   "354 go on\r\n"

enum { REPLIES_MAX = 16, HUGE_BYTES = 1 << 20 };

static const char *replies[REPLIES_MAX]; /* the first greets; NULL hangs up */
static struct buf told;
static int listener;
static pthread_t thread;
static struct http_smtp *smtp;
static struct http_smtp_end end;

/* ---- the server ---- */

/* A line, or a message from behind 354 up to its dot; false: it is gone. */
static bool
listen_to(int fd, bool message)
{
	const struct str stop = message ? STR("\r\n.\r\n") : STR("\r\n");
	size_t from = told.len;
	char c;

	while (!str_ends(str_slice(buf_view(&told), from, told.len), stop)) {
		if (recv(fd, &c, 1, 0) != 1)
			return false;
		buf_char(&told, c);
	}
	return true;
}

static bool
say(int fd, struct str text)
{
	while (text.len > 0) {
		ssize_t n = send(fd, text.p, text.len, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		text = str_slice(text, (size_t)n, text.len);
	}
	return true;
}

static void *
serve(void *arg)
{
	int fd = accept(listener, NULL, NULL);
	bool message = false;

	(void)arg;
	check(fd >= 0);
	for (int i = 0; i < REPLIES_MAX && replies[i]; i++) {
		if (i > 0 && !listen_to(fd, message))
			break;
		message = strncmp(replies[i], "354", 3) == 0;
		if (!say(fd, str_of(replies[i])))
			break;
	}
	shutdown(fd, SHUT_WR);
	while (listen_to(fd, false))
		continue;
	close(fd);
	return NULL;
}

static bool
open_to(const char *const *answers)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	socklen_t len = sizeof(in);
	struct http_smtp_server server = { .host = "127.0.0.1" };

	for (int i = 0; i < REPLIES_MAX; i++)
		replies[i] = i == 0 || replies[i - 1] ? answers[i] : NULL;
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	check(bind(listener, (struct sockaddr *)&in, len) == 0);
	check(listen(listener, 1) == 0);
	check(getsockname(listener, (struct sockaddr *)&in, &len) == 0);
	server.port = ntohs(in.sin_port);
	check(pthread_create(&thread, NULL, serve, NULL) == 0);
	return http_smtp_open(&smtp, &server, &end);
}

#define OPEN(...) open_to((const char *const[REPLIES_MAX]){ __VA_ARGS__ })

/* All that it was told, when it is over. */
static struct str
all_told(void)
{
	http_smtp_close(&smtp);
	check(pthread_join(thread, NULL) == 0);
	close(listener);
	listener = -1;
	return buf_view(&told);
}

static int
setup(void **state)
{
	(void)state;
	listener = -1;
	end = (struct http_smtp_end){ 0 };
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	if (listener >= 0)
		(void)all_told();
	buf_fini(&told);
	return 0;
}

/* ---- what is sent ---- */

static bool
begin_from(const char *sender)
{
	const struct http_smtp_envelope envelope = {
		.sender = str_of(sender),
		.receiver = STR("joe@example.org"),
		.size = 6,
	};

	return http_smtp_envelope(smtp, &envelope, &end);
}

static bool
begin(void)
{
	return begin_from("acme@example.com");
}

static void
assert_told(const char *text, bool expected)
{
	struct str all = all_told();

	if ((str_find(all, str_of(text)) >= 0) != expected)
		fail_msg("%s was told: %.*s", text, STR_ARG(all));
}

static void
assert_ended(enum http_smtp_stage at, int code)
{
	assert_int_equal(end.at, at);
	assert_int_equal(end.code, code);
}

/* ---- messages ---- */

static void
two_messages_leave_by_one_connection(void **state)
{
	(void)state;
	assert_true(OPEN("220 hi\r\n", EHLO, OK, OK, GO, OK, OK, OK, GO,
			 "250 2.6.0 <1@here> queued\r\n", "221 bye\r\n"));
	for (int i = 0; i < 2; i++) {
		assert_true(begin());
		assert_true(
		    http_smtp_bytes(smtp, STR(".One\r\n..\r\nTwo\r\n"), &end));
		http_smtp_dot(smtp, 10000, &end);
		assert_ended(HTTP_SMTP_AT_DOT, 250);
		assert_true(http_smtp_goes_on(smtp));
	}
	assert_string_equal(end.enhanced, "2.6.0");
	assert_string_equal(end.text, "250 2.6.0 <1@here> queued");
	assert_told("MAIL FROM:<acme@example.com> SIZE=6\r\n"
		    "RCPT TO:<joe@example.org>\r\nDATA\r\n"
		    "..One\r\n...\r\nTwo\r\n.\r\n"
		    "MAIL FROM:<acme@example.com> SIZE=6\r\n"
		    "RCPT TO:<joe@example.org>\r\nDATA\r\n"
		    "..One\r\n...\r\nTwo\r\n.\r\nQUIT\r\n",
		    true);
}

static void
who_closes_before_the_dot_has_not_written_one(void **state)
{
	(void)state;
	assert_true(OPEN("220 hi\r\n", EHLO, OK, OK, GO, OK));
	assert_true(begin());
	assert_true(http_smtp_bytes(smtp, STR("One\r\n"), &end));
	assert_true(str_ends(all_told(), STR("DATA\r\nOne\r\n")));
}

static void
a_refusal_is_the_first_ones_and_the_next_message_is_tried(void **state)
{
	(void)state;
	assert_true(OPEN("220 hi\r\n", EHLO, OK,
			 "550-5.1.1 no such\r\n550 5.1.1 person\r\n",
			 "503 5.5.1 nobody\r\n", OK, OK, OK, GO, OK));
	assert_false(begin());
	assert_ended(HTTP_SMTP_AT_RCPT, 550);
	assert_string_equal(end.enhanced, "5.1.1");
	assert_string_equal(end.text, "550 5.1.1 no such person");
	assert_true(http_smtp_goes_on(smtp));
	assert_true(begin());
	assert_true(http_smtp_bytes(smtp, STR("One\r\n"), &end));
	http_smtp_dot(smtp, 10000, &end);
	assert_ended(HTTP_SMTP_AT_DOT, 250);
	assert_told("DATA\r\nRSET\r\nMAIL FROM:", true);
}

static void
a_server_that_waits_for_a_message_to_nobody_gets_no_dot(void **state)
{
	(void)state;
	assert_true(OPEN("220 hi\r\n", EHLO, OK, "550 no\r\n", GO, OK));
	assert_false(begin());
	assert_ended(HTTP_SMTP_AT_RCPT, 550);
	assert_false(http_smtp_goes_on(smtp));
	assert_true(str_ends(all_told(), STR("DATA\r\n")));
}

static void
who_says_421_is_asked_nothing_more(void **state)
{
	(void)state;
	assert_true(OPEN("220 hi\r\n", EHLO, "421 4.3.2 closing\r\n"));
	assert_false(begin());
	assert_ended(HTTP_SMTP_AT_MAIL, 421);
	assert_false(http_smtp_goes_on(smtp));
	assert_told("QUIT", false);
}

static void
an_answer_before_the_dot_is_none_to_the_dot(void **state)
{
	(void)state;
	assert_true(OPEN("220 hi\r\n", EHLO, OK, OK, GO OK, OK));
	assert_true(begin());
	assert_false(http_smtp_bytes(smtp, STR("One\r\n"), &end));
	assert_ended(HTTP_SMTP_AT_BODY, 250);
	assert_false(http_smtp_goes_on(smtp));
	assert_true(str_ends(all_told(), STR("DATA\r\nOne\r\n")));
}

/* ---- SMTPUTF8 ---- */

#define UMLAUT "b\xc3\xbcro@example.com"

static void
an_address_beyond_ascii_is_announced(void **state)
{
	(void)state;
	assert_true(
	    OPEN("220 hi\r\n", "250-here\r\n250 smtputf8\r\n", OK, OK, GO, OK));
	assert_true(begin_from(UMLAUT));
	assert_told("MAIL FROM:<" UMLAUT "> SMTPUTF8\r\n", true);
}

static void
an_address_beyond_ascii_does_not_go_where_it_is_not_taken(void **state)
{
	(void)state;
	assert_true(OPEN("220 hi\r\n", EHLO, OK, OK, GO, OK));
	assert_false(begin_from(UMLAUT));
	assert_ended(HTTP_SMTP_AT_RCPT, 553);
	assert_string_equal(end.enhanced, "5.6.7");
	assert_true(http_smtp_goes_on(smtp));
	assert_true(begin());
	assert_told(UMLAUT, false);
}

/* ---- answers that are none ---- */

static void
what_is_no_reply_ends_it_at_once(void **state)
{
	static const char *const greetings[] = {
		"hello\r\n",  "220+hi\r\n", "220-hi\r\n221 hi\r\n", "22 hi\r\n",
		"620 hi\r\n", "\r\n",	    "220-hi\r\nhi\r\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(greetings); i++) {
		assert_false(OPEN(greetings[i], EHLO));
		assert_ended(HTTP_SMTP_AT_BANNER, 0);
		assert_string_equal(end.text, "its answer is no reply");
		(void)all_told();
	}
}

static void
an_answer_without_an_end_is_given_up(void **state)
{
	struct buf lines = { 0 };
	struct buf line = { 0 };

	(void)state;
	while (lines.len < HUGE_BYTES)
		buf_cat(&lines, "250-and so on\r\n");
	while (line.len < HUGE_BYTES)
		buf_cat(&line, "250 and so on");
	assert_false(OPEN("220 hi\r\n", buf_cstr(&lines)));
	assert_ended(HTTP_SMTP_AT_EHLO, 0);
	(void)all_told();
	assert_true(OPEN("220 hi\r\n", EHLO, buf_cstr(&lines)));
	assert_false(begin());
	assert_ended(HTTP_SMTP_AT_MAIL, 0);
	(void)all_told();
	assert_true(OPEN("220 hi\r\n", EHLO, buf_cstr(&line)));
	assert_false(begin());
	assert_ended(HTTP_SMTP_AT_MAIL, 0);
	assert_false(http_smtp_goes_on(smtp));
	(void)all_told();
	buf_fini(&lines);
	buf_fini(&line);
}

static void
a_server_that_says_nothing_after_the_dot_is_not_waited_for(void **state)
{
	(void)state;
	assert_true(OPEN("220 hi\r\n", EHLO, OK, OK, GO, ""));
	assert_true(begin());
	assert_true(http_smtp_bytes(smtp, STR("One\r\n"), &end));
	http_smtp_dot(smtp, 50, &end);
	assert_ended(HTTP_SMTP_AT_DOT, 0);
	assert_false(http_smtp_goes_on(smtp));
}

static void
a_refusal_to_greet_us_is_its_words(void **state)
{
	(void)state;
	assert_false(OPEN("554-5.7.1 you are\r\n554 5.7.1 on a list\r\n"));
	assert_ended(HTTP_SMTP_AT_BANNER, 554);
	assert_string_equal(end.text, "554 5.7.1 you are on a list");
}

/* ---- replies ---- */

static void
what_was_said_is_kept_as_one_line_of_ascii(void **state)
{
	struct http_smtp_reply r = { 0 };

	(void)state;
	assert_int_equal(
	    http_smtp_reply_add(&r, STR("451-4.7.1 a\tb\x1b[2J\0c\r\n")), 0);
	assert_int_equal(http_smtp_reply_add(&r, STR("451-\r\n")), 0);
	assert_int_equal(http_smtp_reply_add(&r, STR("451\n")), 1);
	assert_string_equal(r.text, "451 4.7.1 a b?[2J?c");
	assert_string_equal(r.enhanced, "4.7.1");
	r = (struct http_smtp_reply){ 0 };
	assert_int_equal(http_smtp_reply_add(&r, STR("550 5.1.1234 x\r\n")), 1);
	assert_string_equal(r.enhanced, "");
}

#define SMTP(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SMTP(two_messages_leave_by_one_connection),
		SMTP(who_closes_before_the_dot_has_not_written_one),
		SMTP(a_refusal_is_the_first_ones_and_the_next_message_is_tried),
		SMTP(a_server_that_waits_for_a_message_to_nobody_gets_no_dot),
		SMTP(who_says_421_is_asked_nothing_more),
		SMTP(an_answer_before_the_dot_is_none_to_the_dot),
		SMTP(an_address_beyond_ascii_is_announced),
		SMTP(an_address_beyond_ascii_does_not_go_where_it_is_not_taken),
		SMTP(what_is_no_reply_ends_it_at_once),
		SMTP(an_answer_without_an_end_is_given_up),
		SMTP(
		    a_server_that_says_nothing_after_the_dot_is_not_waited_for),
		SMTP(a_refusal_to_greet_us_is_its_words),
		cmocka_unit_test(what_was_said_is_kept_as_one_line_of_ascii),
	};

	check(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
