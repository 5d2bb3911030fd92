/*
 * What the SMTP transport decides without a peer: its URL, and what it may
 * hand over.
 */
#include "dispatch/dispatch_smtp_priv.h"

#include "base/arena.h"
#include "test.h"

#define DATE	   "Date: Fri, 15 Jan 2027 08:00:00 +0000\r\n"
#define FROM	   "From: <acme@northwind.example>\r\n"
#define MESSAGE_ID "Message-ID: <1@northwind.example>\r\n"
#define HEADERS	   DATE FROM MESSAGE_ID

static struct error err;
static struct relay relay;

static int
setup(void **state)
{
	(void)state;
	err = (struct error){ 0 };
	relay = (struct relay){ .arena = arena_new() };
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(&relay.arena);
	return 0;
}

/* ---- the URL ---- */

static void
a_url_says_where_and_how(void **state)
{
	static const struct {
		const char *url;
		const char *server;
		enum relay_tls tls;
	} rows[] = {
		{ "smtp://localhost", "localhost:25", RELAY_TLS_OFF },
		{ "smtp://127.0.0.1:2525", "127.0.0.1:2525", RELAY_TLS_OFF },
		{ "smtp://127.9.9.9?tls=try", "127.9.9.9:25", RELAY_TLS_TRY },
		{ "smtp://relay.example", "relay.example:587",
		  RELAY_TLS_REQUIRE },
		{ "smtp://127.example", "127.example:587", RELAY_TLS_REQUIRE },
		{ "smtp://10.0.0.1:25?tls=off", "10.0.0.1:25", RELAY_TLS_OFF },
		{ "smtp://localhost?tls=require&ca=my.pem", "localhost:25",
		  RELAY_TLS_REQUIRE },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		relay = (struct relay){ .arena = relay.arena };
		assert_ok(relay_parse(&relay, rows[i].url, &err), err);
		assert_string_equal(relay.server, rows[i].server);
		assert_int_equal(relay.tls, rows[i].tls);
		assert_int_equal(relay.dot_timeout_ms, 600000);
	}
	assert_string_equal(relay.ca, "my.pem");
}

static void
a_url_may_want_what_only_one_client_has(void **state)
{
	static const struct {
		const char *url;
		const char *server;
		bool implicit;
		bool tls_13;
		enum relay_client client;
	} rows[] = {
		{ "smtps://relay.example", "relay.example:465", true, false,
		  RELAY_ESMTP },
		{ "smtps://u@localhost:2465?tls=1.3", "localhost:2465", true,
		  true, RELAY_ESMTP },
		{ "smtp://relay.example?tls=1.3", "relay.example:587", false,
		  true, RELAY_ESMTP },
		{ "smtp://relay.example?client=curl", "relay.example:587",
		  false, false, RELAY_CURL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		relay = (struct relay){ .arena = relay.arena };
		assert_ok(relay_parse(&relay, rows[i].url, &err), err);
		assert_string_equal(relay.server, rows[i].server);
		assert_int_equal(relay.implicit, rows[i].implicit);
		assert_int_equal(relay.tls_13, rows[i].tls_13);
		assert_int_equal(relay.client, rows[i].client);
		assert_int_equal(relay.tls, RELAY_TLS_REQUIRE);
	}
}

static void
a_url_with_anything_else_is_refused(void **state)
{
	static const char *const urls[] = {
		"smtp:localhost",
		"smtp://",
		"smtps://",
		"smtps://relay.example?tls=off",
		"smtps://localhost?tls=try",
		"smtp://user@localhost?tls=1.2",
		"smtp://relay.example?client=esmtp",
		"smtp://relay.example?client=",
		"smtp://:25",
		"smtp://[::1]:25",
		"smtp://@relay.example",
		"smtp://user@",
		"smtp://user@relay.example?tls=try",
		"smtp://user@10.0.0.1?tls=off",
		"smtp://user:secret@relay.example",
		"smtp://user%0a@relay.example",
		"smtp://user%00@relay.example",
		"smtp://user%4@relay.example",
		"smtp://user%4g@relay.example",
		"smtp://relay.example/",
		"smtp://relay.example:",
		"smtp://relay.example:0",
		"smtp://relay.example:65536",
		"smtp://relay.example:smtp",
		"smtp://-relay.example",
		"smtp://relay.example\r\nRSET",
		"smtp://relay.example?tls",
		"smtp://relay.example?tls=no",
		"smtp://relay.example?tls=off&tls=off",
		"smtp://relay.example?tsl=off",
		"smtp://relay.example?ca=",
		"smtp://relay.example?tls=off&ca=my.pem",
		"smtp://localhost?ca=my.pem",
		"smtp://relay.example?provider=",
		"smtp://relay.example?provider=mailgun",
		"smtp://relay.example?provider=Postmark",
		"smtp://relay.example?provider=sendgrid&provider=postmark",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(urls); i++) {
		relay = (struct relay){ .arena = relay.arena };
		if (relay_parse(&relay, urls[i], &err) >= 0)
			fail_msg("\"%s\" was taken", urls[i]);
		assert_int_equal(err.code, ERROR_CONFIG);
	}
}

static void
a_url_may_name_a_provider_that_wants_a_header(void **state)
{
	static const char *const names[] = { "sendgrid", "postmark" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		relay = (struct relay){ .arena = relay.arena };
		assert_ok(
		    relay_parse(&relay,
				arena_printf(relay.arena,
					     "smtp://relay.example?provider=%s",
					     names[i]),
				&err),
		    err);
		assert_string_equal(relay.provider, names[i]);
	}
	relay = (struct relay){ .arena = relay.arena };
	assert_ok(relay_parse(&relay, "smtp://relay.example", &err), err);
	assert_null(relay.provider);
}

static void
a_url_may_name_a_user_and_no_password(void **state)
{
	(void)state;
	assert_ok(relay_parse(&relay,
			      "smtp://acme%40north.example@localhost:26", &err),
		  err);
	assert_string_equal(relay.user, "acme@north.example");
	assert_string_equal(relay.server, "localhost:26");
	relay = (struct relay){ .arena = relay.arena };
	assert_ok(relay_parse(&relay, "smtp://a@b@relay.example", &err), err);
	assert_string_equal(relay.user, "a@b");
	relay = (struct relay){ .arena = relay.arena };
	assert_fails(relay_parse(&relay, "smtp://a:sesame@relay.example", &err),
		     err, ERROR_CONFIG, "password has no place");
	assert_null(strstr(err.text, "sesame"));
}

static void
only_this_machine_may_be_given_up_early(void **state)
{
	(void)state;
	assert_ok(
	    relay_parse(&relay, "smtp://localhost?dot-timeout=2000", &err),
	    err);
	assert_int_equal(relay.dot_timeout_ms, 2000);
	relay = (struct relay){ .arena = relay.arena };
	assert_fails(
	    relay_parse(&relay, "smtp://localhost?dot-timeout=0", &err), err,
	    ERROR_CONFIG, "milliseconds");
	relay = (struct relay){ .arena = relay.arena };
	assert_fails(
	    relay_parse(&relay, "smtp://relay.example?dot-timeout=2000", &err),
	    err, ERROR_CONFIG, "loopback alone");
}

/* ---- what may be handed over ---- */

static int
check_bytes(struct str bytes)
{
	const struct dispatch_message m = {
		.sender = STR("acme@northwind.example"),
		.receiver = STR("joe@example.org"),
		.bytes = bytes,
	};

	return relay_check(&m, &err);
}

static void
what_we_write_may_leave(void **state)
{
	static const char *const texts[] = {
		HEADERS "\r\n",
		HEADERS "\r\nOne.\r\n.\r\n..\r\n.Two\r\n",
		HEADERS "To: <joe@example.org>,\r\n\t<jim@example.org>\r\n"
			"DKIM-Signature: a\r\nDKIM-Signature: b\r\n"
			"Resent: is no Resent-\r\n\r\nText\r\n",
		"date: x\r\nFROM: x\r\nmessage-id: x\r\n\r\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		assert_ok(check_bytes(str_of(texts[i])), err);
}

static void
a_message_that_another_reads_otherwise_may_not(void **state)
{
	static const struct {
		const char *text;
		const char *why;
	} rows[] = {
		{ "", "line 1 is missing" },
		{ HEADERS, "line 3 is the last" },
		{ HEADERS "\r\nText", "line 5 has no end" },
		{ HEADERS "\r\nOne\n.\nTwo\r\n", "line 5 ends in a bare LF" },
		{ HEADERS "\r\nOne\r\n.\n", "line 6 ends in a bare LF" },
		{ HEADERS "\r\nOne\r.\r\n", "line 5 has a bare CR" },
		{ HEADERS "\r\nOne\r\r\n", "line 5 has a bare CR" },
		{ HEADERS "\r\nGr\xc3\xbc\xc3\x9f"
			  "e\r\n",
		  "line 5 is not ASCII" },
		{ HEADERS "Subject: a\nBcc: b\r\n\r\n", "a bare LF" },
		{ " x\r\n" HEADERS "\r\n", "line 1 continues nothing" },
		{ HEADERS "no header\r\n\r\n", "line 4 is no header" },
		{ HEADERS ": x\r\n\r\n", "line 4 is no header" },
		{ DATE FROM "Message-ID : x\r\n\r\n", "no header's name" },
		{ HEADERS "Bcc: x\r\n\r\n", "1 of the header Bcc" },
		{ HEADERS "return-path: x\r\n\r\n", "Return-Path" },
		{ HEADERS "Resent-To: x\r\n\r\n", "Resent-" },
		{ HEADERS "To: x\r\nTO: y\r\n\r\n", "2 of the header To" },
		{ HEADERS DATE "\r\n", "2 of the header Date" },
		{ FROM MESSAGE_ID "\r\n", "0 of the header Date" },
		{ DATE MESSAGE_ID "\r\n", "0 of the header From" },
		{ DATE FROM "\r\n", "0 of the header Message-ID" },
		{ "\r\n" HEADERS "\r\n", "0 of the header Date" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_fails(check_bytes(str_of(rows[i].text)), err,
			     ERROR_INVALID, rows[i].why);
	assert_fails(check_bytes(STR(HEADERS "\r\na\0b\r\n")), err,
		     ERROR_INVALID, "line 5 has a NUL");
}

static void
a_line_may_have_998_bytes(void **state)
{
	struct buf b = { 0 };

	(void)state;
	buf_cat(&b, HEADERS "\r\n");
	for (int i = 0; i < 998; i++)
		buf_char(&b, 'x');
	buf_cat(&b, "\r\n");
	assert_ok(check_bytes(buf_view(&b)), err);
	buf_truncate(&b, b.len - 2);
	buf_cat(&b, "x\r\n");
	assert_fails(check_bytes(buf_view(&b)), err, ERROR_INVALID,
		     "line 5 is longer");
	buf_fini(&b);
}

static int
check_envelope(struct str sender, struct str receiver)
{
	const struct dispatch_message m = {
		.sender = sender,
		.receiver = receiver,
		.bytes = STR(HEADERS "\r\n"),
	};

	return relay_check(&m, &err);
}

static void
an_address_with_a_byte_that_ends_it_may_not(void **state)
{
	static const char tail[] = "joe@example.org";
	char address[sizeof(tail) + 1];

	(void)state;
	memcpy(address + 1, tail, sizeof(tail));
	for (int c = 0; c < 256; c++) {
		bool good =
		    c > ' ' && c <= '~' && c != '<' && c != '>' && c != '@';
		struct str s = { address, sizeof(tail) };

		address[0] = (char)c;
		assert_int_equal(check_envelope(s, STR("a@b")) >= 0, good);
		assert_int_equal(check_envelope(STR("a@b"), s) >= 0, good);
	}
}

static void
an_address_has_two_parts_and_an_end(void **state)
{
	struct buf b = { 0 };

	(void)state;
	assert_fails(check_envelope(STR(""), STR("a@b")), err, ERROR_INVALID,
		     "sender");
	assert_fails(check_envelope(STR("a@b"), STR("")), err, ERROR_INVALID,
		     "receiver");
	assert_fails(check_envelope(STR("a@b"), STR("@b")), err, ERROR_INVALID,
		     "no name");
	assert_fails(check_envelope(STR("a@b"), STR("a@")), err, ERROR_INVALID,
		     "no name");
	buf_cat(&b, "a@");
	while (b.len < 320)
		buf_char(&b, 'b');
	assert_ok(check_envelope(STR("a@b"), buf_view(&b)), err);
	buf_char(&b, 'b');
	assert_fails(check_envelope(STR("a@b"), buf_view(&b)), err,
		     ERROR_INVALID, "320 at most");
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_url_says_where_and_how, setup,
						teardown),
		cmocka_unit_test_setup_teardown(
		    a_url_may_want_what_only_one_client_has, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    a_url_with_anything_else_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    a_url_may_name_a_provider_that_wants_a_header, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    a_url_may_name_a_user_and_no_password, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    only_this_machine_may_be_given_up_early, setup, teardown),
		cmocka_unit_test(what_we_write_may_leave),
		cmocka_unit_test(
		    a_message_that_another_reads_otherwise_may_not),
		cmocka_unit_test(a_line_may_have_998_bytes),
		cmocka_unit_test(an_address_with_a_byte_that_ends_it_may_not),
		cmocka_unit_test(an_address_has_two_parts_and_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
