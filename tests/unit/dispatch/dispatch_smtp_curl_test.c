/*
 * What only the transport by libcurl can do, against aiosmtpd: TLS from the
 * first byte, TLS 1.3 alone, SMTPUTF8, OAuth tokens; and that it is chosen for these by
 * itself.
 */
#include "http/http_smtp.h"
#include "peer.h"

/* ---- TLS ---- */

static const char *
trusting(const char *options)
{
	return arena_printf(arena, "?%sca=%s", options, path_of("cert.pem"));
}

static void
tls_from_the_first_byte_is_verified_by_name(void **state)
{
	struct outbox_id id = put_one();

	(void)state;
	make_certificate("DNS:localhost");
	start_receiver("tls-first");
	assert_int_equal(send_by("smtps", "localhost", trusting("")), 1);
	assert_int_equal(state_of(&id), OUTBOX_SENT);
	assert_str(contents("tls"), "TLSv1.3 localhost");
}

static void
nobody_gets_it_over_smtps_by_another_name(void **state)
{
	struct outbox_id id = put_one();

	(void)state;
	make_certificate("DNS:other.example");
	start_receiver("tls-first");
	assert_fails(send_by("smtps", "localhost", trusting("")), err, ERROR_IO,
		     "no alternative certificate subject name");
	nothing_has_left(&id);
	assert_fails(send_by("smtps", "127.0.0.1", trusting("")), err, ERROR_IO,
		     "no alternative certificate subject name");
	nothing_has_left(&id);
}

static void
nobody_gets_it_over_smtps_who_is_not_trusted(void **state)
{
	struct outbox_id id = put_one();

	(void)state;
	make_certificate("DNS:localhost");
	start_receiver("tls-first");
	assert_fails(send_by("smtps", "localhost", ""), err, ERROR_IO,
		     "self-signed certificate");
	nothing_has_left(&id);
}

static void
make_expired_certificate(void)
{
	make_certificate("DNS:localhost");
	assert_int_equal(
	    sink_process_run(path_of("log"),
			     SINK_ARGV("openssl", "x509", "-in",
				       path_of("cert.pem"), "-signkey",
				       path_of("key"), "-days", "-1",
				       "-copy_extensions", "copyall", "-out",
				       path_of("old.pem"))),
	    0);
	check(rename(path_of("old.pem"), path_of("cert.pem")) == 0);
}

static void
nobody_gets_it_whose_certificate_has_expired(void **state)
{
	struct outbox_id id = put_one();

	(void)state;
	make_expired_certificate();
	start_receiver("tls-first");
	assert_fails(send_by("smtps", "localhost", trusting("")), err, ERROR_IO,
		     "certificate has expired");
	nothing_has_left(&id);
}

static void
a_relay_in_plain_text_gets_nothing_over_smtps(void **state)
{
	struct outbox_id id = put_one();

	(void)state;
	make_certificate("DNS:localhost");
	start_receiver("plain");
	assert_true(send_by("smtps", "localhost", trusting("")) < 0);
	nothing_has_left(&id);
}

static void
tls_13_is_spoken_where_nothing_else_will_do(void **state)
{
	struct outbox_id id = put_one();

	(void)state;
	make_certificate("DNS:localhost");
	start_receiver("tls-new");
	assert_true(send_due("localhost", trusting("tls=require&")) < 0);
	nothing_has_left(&id);
	assert_int_equal(send_due("localhost", trusting("tls=1.3&")), 1);
	assert_int_equal(state_of(&id), OUTBOX_SENT);
	assert_str(contents("tls"), "TLSv1.3 localhost");
}

static void
tls_13_is_verified_too(void **state)
{
	struct outbox_id id = put_one();

	(void)state;
	make_certificate("DNS:other.example");
	start_receiver("tls-new");
	assert_fails(send_due("localhost", trusting("tls=1.3&")), err, ERROR_IO,
		     "no alternative certificate subject name");
	nothing_has_left(&id);
}

/* ---- SMTPUTF8 ---- */

/* The connection itself; tests/scenario/smtputf8.bats has the whole way. */
static void
an_address_beyond_ascii_passes_where_it_is_taken(void **state)
{
	static const char umlaut[] = "b\xc3\xbcro@example.com";
	struct http_smtp_server server = { .host = "127.0.0.1" };
	struct http_smtp_envelope envelope = {
		.sender = STR("acme@example.com"),
		.receiver = str_of(umlaut),
		.size = 6,
	};
	struct http_smtp_end end;
	struct http_smtp *smtp;

	(void)state;
	start_receiver("utf8");
	server.port = sink.port;
	assert_true(http_smtp_open(&smtp, &server, &end));
	assert_true(http_smtp_envelope(smtp, &envelope, &end));
	assert_true(http_smtp_bytes(smtp, STR("A: b\r\n\r\nc\r\n"), &end));
	http_smtp_dot(smtp, 10000, &end);
	http_smtp_close(&smtp);
	assert_int_equal(end.code, 250);
	assert_string_equal(
	    str_cstr(arena, contents("envelope")),
	    arena_printf(arena, "acme@example.com %s SMTPUTF8", umlaut));
}

/* ---- tokens ---- */

static void
good_token(const char *token)
{
	FILE *f = fopen(path_of("good"), "w");

	check(f && fputs(token, f) >= 0 && fclose(f) == 0);
}

static int64_t
send_with_token(void)
{
	return send_due("acme%40relay.example@localhost",
			trusting("tls=require&"));
}

static void
who_has_the_token_may_send(void **state)
{
	static const struct {
		const char *mode;
		const char *login;
	} rows[] = {
		{ "token", "XOAUTH2 good\n" },
		{ "token-bearer", "OAUTHBEARER good\n" },
	};

	(void)state;
	make_certificate("DNS:localhost");
	good_token("ya29.open-sesame");
	set(TOKEN, "ya29.open-sesame");
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct outbox_id id = sending_put_one(
		    &sending, 0, 0, rows[i].mode, "email", NOW_MS);

		(void)unlink(path_of("logins"));
		start_receiver(rows[i].mode);
		assert_int_equal(send_with_token(), 1);
		assert_int_equal(state_of(&id), OUTBOX_SENT);
		assert_str(contents("logins"), rows[i].login);
		sink_process_stop(&sink);
	}
}

static void
a_token_that_cannot_change_stops_the_sender(void **state)
{
	static const char *const modes[] = { "token", "token-bearer" };

	(void)state;
	make_certificate("DNS:localhost");
	good_token("ya29.open-sesame");
	set(TOKEN, "ya29.open-barley");
	for (size_t i = 0; i < COUNT_OF(modes); i++) {
		struct outbox_id id =
		    sending_put_one(&sending, 0, 0, modes[i], "email", NOW_MS);

		start_receiver(modes[i]);
		assert_fails(send_with_token(), err, ERROR_CONFIG, "AUTH: 535");
		assert_null(strstr(err.text, "barley"));
		assert_int_equal(state_of(&id), OUTBOX_READY);
		assert_int_equal(row_of(&id).deferrals, 0);
		sink_process_stop(&sink);
	}
	assert_int_equal(access(path_of("0.eml"), F_OK), -1);
}

/* Of one sender, which lives on. */
static struct dispatch *
token_sender(void)
{
	struct dispatch_config config = wire_config();
	struct dispatch *d;

	config.transport =
	    arena_printf(arena, "smtp://acme%%40relay.example@localhost:%d%s",
			 sink.port, trusting("tls=require&"));
	assert_ok(dispatch_open(&d, &config, &err), err);
	return d;
}

static void
a_token_that_expired_is_read_anew_and_not_tried_again(void **state)
{
	struct outbox_id id = put_one();

	(void)state;
	make_certificate("DNS:localhost");
	good_token("ya29.second");
	write_secret(TOKEN_FILE, "ya29.first\n", 0600);
	start_receiver("token");
	sender = token_sender();
	assert_fails(dispatch_once(sender, &err), err, ERROR_IO, "AUTH: 535");
	nothing_has_left(&id);
	assert_fails(dispatch_once(sender, &err), err, ERROR_DENIED,
		     "was refused, expected another");
	nothing_has_left(&id);
	assert_str(contents("logins"), "XOAUTH2 bad\n");
	write_secret(TOKEN_FILE, "ya29.second\n", 0600);
	assert_int_equal(dispatch_once(sender, &err), 1);
	assert_int_equal(state_of(&id), OUTBOX_SENT);
	assert_str(contents("logins"), "XOAUTH2 bad\nXOAUTH2 good\n");
}

static void
a_token_file_that_is_gone_sends_nothing(void **state)
{
	struct outbox_id id = put_one();

	(void)state;
	make_certificate("DNS:localhost");
	good_token("ya29.open-sesame");
	write_secret(TOKEN_FILE, "ya29.open-sesame\n", 0600);
	start_receiver("token");
	sender = token_sender();
	check(unlink(path_of("secret")) == 0);
	assert_fails(dispatch_once(sender, &err), err, ERROR_CONFIG,
		     "No such file");
	nothing_has_left(&id);
	write_secret(TOKEN_FILE, "ya29.open-sesame\n", 0644);
	assert_fails(dispatch_once(sender, &err), err, ERROR_CONFIG,
		     "mode 0644");
	nothing_has_left(&id);
}

static void
a_relay_that_takes_no_token_gets_nothing(void **state)
{
	struct outbox_id id = put_one();

	(void)state;
	make_certificate("DNS:localhost");
	set(TOKEN, "ya29.open-sesame");
	start_receiver("auth-tls");
	assert_fails(send_with_token(), err, ERROR_IO, "OAUTHBEARER");
	nothing_has_left(&id);
}

static void
a_token_and_a_password_are_one_too_many(void **state)
{
	struct dispatch_config config = wire_config();

	(void)state;
	set(TOKEN, "ya29.open-sesame");
	set(PASSWORD, "open sesame");
	config.transport = "smtps://acme@relay.example";
	assert_fails(dispatch_open(&sender, &config, &err), err, ERROR_CONFIG,
		     "GUIDON_SMTP_PASSWORD and GUIDON_SMTP_TOKEN");
}

#define CURL(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CURL(tls_from_the_first_byte_is_verified_by_name),
		CURL(nobody_gets_it_over_smtps_by_another_name),
		CURL(nobody_gets_it_over_smtps_who_is_not_trusted),
		CURL(nobody_gets_it_whose_certificate_has_expired),
		CURL(a_relay_in_plain_text_gets_nothing_over_smtps),
		CURL(tls_13_is_spoken_where_nothing_else_will_do),
		CURL(tls_13_is_verified_too),
		CURL(an_address_beyond_ascii_passes_where_it_is_taken),
		CURL(who_has_the_token_may_send),
		CURL(a_token_that_cannot_change_stops_the_sender),
		CURL(a_token_that_expired_is_read_anew_and_not_tried_again),
		CURL(a_token_file_that_is_gone_sends_nothing),
		CURL(a_relay_that_takes_no_token_gets_nothing),
		CURL(a_token_and_a_password_are_one_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
