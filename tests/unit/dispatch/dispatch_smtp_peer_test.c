/*
 * The SMTP transport against receivers that others wrote: Postfix's smtp-sink,
 * which misbehaves as told, and aiosmtpd, which keeps what it gets. Each case
 * is for both libraries.
 */
#include "base/now.h"
#include "peer.h"

enum { MANY = 1000, COUNT_US = 5000 * 1000 };

/* ---- receivers ---- */

/* smtp-sink with up to two options; "" is none. */
static void
start_smtp_sink(const char *option, const char *value)
{
	const char *argv[12] = { "smtp-sink", "-c" };
	int n = 2;

	if (!sink_process_has("smtp-sink"))
		skip();
	if (geteuid() == 0) {
		argv[n++] = "-u";
		argv[n++] = "nobody";
	}
	if (option[0])
		argv[n++] = option;
	if (value[0])
		argv[n++] = value;
	argv[n++] = SINK_ADDRESS;
	argv[n++] = "100";
	sink_process_start(&sink, path_of("count"), argv);
}

/* The last that smtp-sink said of what it counts. */
static int64_t
counted(const char *what)
{
	struct str text = contents("count");
	struct str label = str_printf(arena, "%s=", what);
	int64_t n = 0;
	ptrdiff_t at;

	while ((at = str_find(text, label)) >= 0) {
		struct str number;

		text = str_slice(text, (size_t)at + label.len, text.len);
		number = text;
		while (number.len > 0 && (number.p[number.len - 1] < '0' ||
					  number.p[number.len - 1] > '9'))
			number.len--;
		for (size_t i = 0; i < number.len; i++)
			if (number.p[i] < '0' || number.p[i] > '9')
				number.len = i;
		check(str_int(number, 0, INT64_MAX, &n));
	}
	return n;
}

/*
 * Sessions that came to their end. Not "sess": whether the look for the port
 * counts there is chance. It counts after it has answered, so wait.
 */
static int64_t
sessions(int64_t expected)
{
	int64_t end_us = now_mono_us() + COUNT_US;

	while (counted("quit") < expected && now_mono_us() < end_us)
		now_sleep_us(COUNT_US / 1000);
	return counted("quit");
}

/* ---- smtp-sink ---- */

static void
what_is_sent_arrives_as_often(void **state)
{
	(void)state;
	start_smtp_sink("", "");
	sending_people(&sending, 2, MANY / 2);
	sending_put(&sending, "invite", NOW_MS);
	assert_int_equal(send_due("127.0.0.1", ""), MANY);
	assert_int_equal(count_of(OUTBOX_SENT), MANY);
	assert_int_equal(counted("mesg"), MANY);
	/* 200 a session. */
	assert_int_equal(sessions(MANY / 200), MANY / 200);
	assert_true(sending_is_sound(&sending));
}

static const struct {
	const char *option;
	const char *value;
	enum outbox_state became;
	bool marked;
} faults[] = {
	{ "-r", "CONNECT", OUTBOX_READY, false },
	{ "-f", "CONNECT", OUTBOX_READY, false },
	{ "-q", "CONNECT", OUTBOX_READY, false },
	{ "-r", "EHLO", OUTBOX_READY, false },
	{ "-q", "EHLO", OUTBOX_READY, false },
	{ "-r", "MAIL", OUTBOX_READY, false },
	{ "-f", "MAIL", OUTBOX_READY, false },
	{ "-q", "MAIL", OUTBOX_READY, false },
	{ "-Q", "MAIL", OUTBOX_READY, false },
	{ "-r", "RCPT", OUTBOX_READY, false },
	{ "-f", "RCPT", OUTBOX_BOUNCED, false },
	{ "-q", "RCPT", OUTBOX_READY, false },
	{ "-Q", "RCPT", OUTBOX_READY, false },
	{ "-r", "DATA", OUTBOX_READY, false },
	{ "-f", "DATA", OUTBOX_BOUNCED, false },
	{ "-q", "DATA", OUTBOX_READY, false },
	{ "-Q", "DATA", OUTBOX_READY, false },
	{ "-r", ".", OUTBOX_READY, true },
	{ "-f", ".", OUTBOX_BOUNCED, true },
	{ "-q", ".", OUTBOX_INDOUBT, true },
	{ "-Q", ".", OUTBOX_READY, true },
};

static void
each_fault_has_its_verdict(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(faults); i++) {
		const char *step = arena_printf(arena, "step%zu", i);
		struct outbox_id id =
		    sending_put_one(&sending, 0, 0, step, "email", NOW_MS);
		struct outbox_delivery d;

		start_smtp_sink(faults[i].option, faults[i].value);
		(void)send_due("127.0.0.1", "");
		sink_process_stop(&sink);
		d = row_of(&id);
		if (d.state != faults[i].became ||
		    (d.marked_ms != 0) != faults[i].marked)
			fail_msg("%s %s: %s, %s, \"%.*s\"", faults[i].option,
				 faults[i].value, outbox_state_name(d.state),
				 d.marked_ms ? "marked" : "not marked",
				 STR_ARG(d.status));
		wire_sql("UPDATE delivery SET due_ms = due_ms + 86400000 "
			 "WHERE state = 0");
		sending_resume(&sending, NOW_MS);
	}
	assert_true(sending_is_sound(&sending));
}

static void
refused_receivers_do_not_cost_a_connection_each(void **state)
{
	(void)state;
	start_smtp_sink("-f", "RCPT");
	sending_put(&sending, "invite", NOW_MS);
	assert_int_equal(send_due("127.0.0.1", ""), 20);
	assert_int_equal(count_of(OUTBOX_BOUNCED), 20);
	assert_int_equal(sessions(1), 1);
}

static void
a_reply_stands_in_the_row_as_one_line(void **state)
{
	struct outbox_id id;

	(void)state;
	start_smtp_sink("-f", "RCPT");
	id = put_one();
	assert_int_equal(send_due("127.0.0.1", ""), 1);
	assert_true(str_starts(row_of(&id).status, STR("500 ")));
	assert_true(str_find_char(row_of(&id).status, '\n') < 0);
}

static void
an_opt_out_while_it_is_made_ends_it_before_the_dot(void **state)
{
	struct outbox_id id;

	(void)state;
	start_smtp_sink("", "");
	id = put_one();
	opts_out = true;
	assert_int_equal(send_due("127.0.0.1", ""), 0);
	assert_int_equal(state_of(&id), OUTBOX_CANCELLED);
	assert_int_equal(counted("mesg"), 0);
	assert_true(sending_is_sound(&sending));
}

/* ---- aiosmtpd ---- */

static void
bytes_arrive_as_they_were_made(void **state)
{
	static const char *const bodies[] = {
		"",
		"\r\n",
		".\r\n",
		"..\r\n",
		".\r\n.\r\n..\r\n...\r\n",
		".leading\r\n..more\r\nmiddle.\r\n.\r\nend\r\n",
		"One\r\n\r\n\r\n.\r\n\r\n",
		" leading blank\r\n\tand tab\r\nFrom here\r\n",
		"RSET\r\nMAIL FROM:<a@b>\r\n.\r\nQUIT\r\n",
	};

	(void)state;
	start_receiver("plain");
	for (size_t i = 0; i < COUNT_OF(bodies); i++) {
		struct dispatch_message m = { 0 };
		struct outbox_delivery d = { 0 };
		struct outbox_id id;

		body = bodies[i];
		id = sending_put_one(&sending, 0, 0,
				     arena_printf(arena, "step%zu", i), "email",
				     NOW_MS);
		assert_int_equal(send_due("127.0.0.1", ""), 1);
		assert_int_equal(state_of(&id), OUTBOX_SENT);
		check(make(NULL, arena, NULL,
			   &(struct dispatch_order){ .delivery = &d }, &m,
			   &err) == 1);
		if (!str_eq(contents(arena_printf(arena, "%zu.eml", i)),
			    m.bytes))
			fail_msg("body %zu differs", i);
	}
}

/* Whatever ends a line or seems to: held, or one message with these bytes. */
static void
no_body_becomes_two_messages(void **state)
{
	static const char *const ends[] = { "\r\n", "\n", "\r", "\n\r",
					    "\r\r\n" };
	static const char next[] = "MAIL FROM:<evil@example.org>\r\n";
	int64_t sent = 0;

	(void)state;
	start_receiver("plain");
	for (size_t i = 0; i < COUNT_OF(ends); i++)
		for (size_t j = 0; j < COUNT_OF(ends); j++)
			for (int dots = 1; dots <= 2; dots++) {
				body = arena_printf(
				    arena, "One%s%.*s%s%sTwo\r\n", ends[i],
				    dots, "..", ends[j], next);
				(void)sending_put_one(
				    &sending, 0, 0,
				    arena_printf(arena, "step%zu%zu%d", i, j,
						 dots),
				    "email", NOW_MS);
				sent += send_due("127.0.0.1", "");
			}
	assert_int_equal(sent, 50);
	assert_int_equal(count_of(OUTBOX_SENT), 2);
	assert_int_equal(count_of(OUTBOX_HELD), 48);
	assert_true(contents("1.eml").len > 0);
	assert_int_equal(access(path_of("2.eml"), F_OK), -1);
}

/* ---- TLS ---- */

static void
who_is_not_trusted_gets_nothing(void **state)
{
	static const char *const modes[] = { "?tls=require", "?tls=try" };
	struct outbox_id id = put_one();

	(void)state;
	make_certificate("DNS:localhost,IP:127.0.0.1");
	start_receiver("tls");
	for (size_t i = 0; i < COUNT_OF(modes); i++) {
		assert_fails(send_due("localhost", modes[i]), err, ERROR_IO,
			     "self-signed certificate");
		nothing_has_left(&id);
	}
}

static void
assert_tls(const char *name)
{
	const char *expected =
	    arena_printf(arena, "%s %s", by_curl ? "TLSv1.3" : "TLSv1.2", name);

	assert_true(str_eq_cstr(contents("tls"), expected));
}

static void
who_is_trusted_gets_it_over_tls_by_name(void **state)
{
	struct outbox_id id = put_one();

	(void)state;
	make_certificate("DNS:localhost");
	start_receiver("tls");
	assert_int_equal(send_due("localhost", with_ca()), 1);
	assert_int_equal(state_of(&id), OUTBOX_SENT);
	assert_tls("localhost");
}

static void
a_number_is_verified_too(void **state)
{
	struct outbox_id id = put_one();

	(void)state;
	make_certificate("IP:127.0.0.1");
	start_receiver("tls");
	assert_int_equal(send_due("127.0.0.1", with_ca()), 1);
	assert_int_equal(state_of(&id), OUTBOX_SENT);
	assert_tls("-");
}

static void
another_name_gets_nothing(void **state)
{
	struct outbox_id id = put_one();

	(void)state;
	make_certificate("DNS:other.example,IP:127.0.0.2");
	start_receiver("tls");
	assert_fails(send_due("localhost", with_ca()), err, ERROR_IO,
		     by_curl ? "no alternative certificate subject name"
			     : "ostname mismatch");
	nothing_has_left(&id);
	assert_fails(send_due("127.0.0.1", with_ca()), err, ERROR_IO,
		     by_curl ? "no alternative certificate subject name"
			     : "IP address mismatch");
	nothing_has_left(&id);
}

static void
without_tls_where_it_is_required_nothing_leaves(void **state)
{
	struct outbox_id id = put_one();

	(void)state;
	make_certificate("DNS:localhost");
	start_receiver("plain");
	assert_true(send_due("localhost", with_ca()) < 0);
	nothing_has_left(&id);
}

static void
when_offered_is_enough_for_try(void **state)
{
	struct outbox_id id = put_one();

	(void)state;
	start_receiver("plain");
	assert_int_equal(send_due("localhost", "?tls=try"), 1);
	assert_int_equal(state_of(&id), OUTBOX_SENT);
}

static void
a_relay_that_wants_tls_and_gets_none_is_left_alone(void **state)
{
	struct outbox_id id = put_one();

	(void)state;
	make_certificate("DNS:localhost");
	start_receiver("tls");
	assert_int_equal(send_due("localhost", "?tls=off"), 1);
	assert_int_equal(state_of(&id), OUTBOX_READY);
}

static void
answers_from_before_the_handshake_do_not_count(void **state)
{
	struct outbox_id id = put_one();

	(void)state;
	make_certificate("DNS:localhost");
	start_receiver("early");
	assert_fails(send_due("localhost", with_ca()), err, ERROR_IO,
		     "not begun as it should");
	nothing_has_left(&id);
	assert_true(str_find(contents("seen"), STR("MAIL")) < 0);
}

static void
a_file_without_certificates_is_an_error_at_start(void **state)
{
	struct dispatch_config config = wire_config();

	(void)state;
	config.transport = "smtp://localhost?tls=require&ca=missing.pem";
	assert_fails(dispatch_open(&sender, &config, &err), err, ERROR_CONFIG,
		     "missing.pem: no certificates to trust");
}

/* ---- AUTH ---- */

static void
who_has_the_password_may_send(void **state)
{
	struct outbox_id id = put_one();

	(void)state;
	set("AUTH_WITHOUT", "LOGIN");
	start_receiver("auth");
	set(PASSWORD, "open sesame");
	assert_int_equal(send_due(user_at("127.0.0.1"), ""), 1);
	assert_int_equal(state_of(&id), OUTBOX_SENT);
	assert_str(contents("logins"), "PLAIN good\n");
}

static void
login_will_do(void **state)
{
	struct outbox_id id = put_one();

	(void)state;
	set("AUTH_WITHOUT", "PLAIN");
	start_receiver("auth");
	set(PASSWORD, "open sesame");
	assert_int_equal(send_due(user_at("127.0.0.1"), ""), 1);
	assert_int_equal(state_of(&id), OUTBOX_SENT);
	assert_str(contents("logins"), "LOGIN good\n");
}

static void
the_password_goes_over_tls(void **state)
{
	struct outbox_id id = put_one();

	(void)state;
	make_certificate("DNS:localhost");
	start_receiver("auth-tls");
	write_secret(PASSWORD_FILE, "open sesame\n", 0400);
	assert_int_equal(send_due(user_at("localhost"), with_ca()), 1);
	assert_int_equal(state_of(&id), OUTBOX_SENT);
	assert_tls("localhost");
}

static void
a_refused_password_stops_the_sender(void **state)
{
	(void)state;
	sending_put(&sending, "invite", NOW_MS);
	start_receiver("auth");
	set(PASSWORD, "open barley");
	assert_fails(send_due(user_at("127.0.0.1"), ""), err, ERROR_CONFIG,
		     "AUTH: 535");
	assert_null(strstr(err.text, "barley"));
	/* It is nobody's fault. */
	assert_int_equal(count_of(OUTBOX_READY), 20);
	/* By each mechanism once, and not for each message. */
	assert_true(contents("logins").len <= strlen("PLAIN bad\nLOGIN bad\n"));
	assert_int_equal(access(path_of("0.eml"), F_OK), -1);
}

static void
a_relay_that_cannot_tell_now_is_asked_later(void **state)
{
	struct outbox_id id = put_one();

	(void)state;
	start_receiver("auth-later");
	set(PASSWORD, "open sesame");
	assert_fails(send_due(user_at("127.0.0.1"), ""), err, ERROR_IO,
		     "AUTH: 454");
	nothing_has_left(&id);
}

static void
a_relay_without_auth_gets_nothing_from_a_user(void **state)
{
	struct outbox_id id = put_one();

	(void)state;
	start_receiver("plain");
	set(PASSWORD, "open sesame");
	assert_fails(send_due(user_at("127.0.0.1"), ""), err, ERROR_IO,
		     "offers no AUTH");
	nothing_has_left(&id);
}

static void
assert_open_fails(const char *to, const char *text)
{
	struct dispatch_config config = wire_config();

	config.transport = to;
	assert_fails(dispatch_open(&sender, &config, &err), err, ERROR_CONFIG,
		     text);
}

static void
a_user_has_one_password_that_nobody_else_may_read(void **state)
{
	static const char to[] = "smtp://acme@localhost";

	(void)state;
	assert_open_fails(to, "no password and no token");
	set(PASSWORD, "open sesame");
	write_secret(PASSWORD_FILE, "open sesame\n", 0400);
	assert_open_fails(to, "PASSWORD and GUIDON_SMTP_PASSWORD_FILE");
	(void)unsetenv(PASSWORD);
	write_secret(PASSWORD_FILE, "open sesame\n", 0440);
	assert_open_fails(to, "mode 0440");
	write_secret(PASSWORD_FILE, "\n", 0600);
	assert_open_fails(to, "0 bytes");
	write_secret(PASSWORD_FILE, "open\nsesame\n", 0600);
	assert_open_fails(to, "control character");
	write_secret(PASSWORD_FILE, arena_printf(arena, "%0251d", 0), 0600);
	assert_open_fails(to, "expected 1 to 250");
	set(PASSWORD_FILE, path_of("missing"));
	assert_open_fails(to, "No such file");
}

#define PEER(name)                               \
	{                                        \
#name, name, setup, teardown, by \
	}

/* With an argument: by libcurl. */
int
main(int argc, char **argv)
{
	void *by = argc > 1 ? argv[1] : NULL;
	const struct CMUnitTest tests[] = {
		PEER(what_is_sent_arrives_as_often),
		PEER(each_fault_has_its_verdict),
		PEER(an_opt_out_while_it_is_made_ends_it_before_the_dot),
		PEER(refused_receivers_do_not_cost_a_connection_each),
		PEER(a_reply_stands_in_the_row_as_one_line),
		PEER(bytes_arrive_as_they_were_made),
		PEER(no_body_becomes_two_messages),
		PEER(who_is_not_trusted_gets_nothing),
		PEER(who_is_trusted_gets_it_over_tls_by_name),
		PEER(a_number_is_verified_too),
		PEER(another_name_gets_nothing),
		PEER(without_tls_where_it_is_required_nothing_leaves),
		PEER(when_offered_is_enough_for_try),
		PEER(a_relay_that_wants_tls_and_gets_none_is_left_alone),
		PEER(answers_from_before_the_handshake_do_not_count),
		PEER(a_file_without_certificates_is_an_error_at_start),
		PEER(who_has_the_password_may_send),
		PEER(login_will_do),
		PEER(the_password_goes_over_tls),
		PEER(a_refused_password_stops_the_sender),
		PEER(a_relay_that_cannot_tell_now_is_asked_later),
		PEER(a_relay_without_auth_gets_nothing_from_a_user),
		PEER(a_user_has_one_password_that_nobody_else_may_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
