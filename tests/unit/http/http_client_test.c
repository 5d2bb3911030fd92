/*
 * What the client does without a server that talks: who it does not connect
 * to, and what it says when nobody listens. Answers, and what breaks in the
 * middle of one, are in fault/hook_wire.
 */
#include "http/http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "test.h"

struct seen {
	int count;
	enum http_fate fate;
	char text[256];
};

static struct error err;

static void
on_done(void *arg, const struct http_reply *reply)
{
	struct seen *seen = arg;

	seen->count++;
	seen->fate = reply->fate;
	snprintf(seen->text, sizeof(seen->text), "%.*s", STR_ARG(reply->text));
}

static struct seen
post_to(const char *url, bool only_loopback)
{
	const struct http_post post = {
		.url = url,
		.body = STR("{}"),
		.timeout_ms = 5000,
	};
	struct http_client *client;
	struct seen seen = { 0 };

	assert_ok(http_client_open(&client, only_loopback, &err), err);
	http_client_submit(client, &post, on_done, &seen);
	while (http_client_run(client, 100) > 0)
		continue;
	http_client_close(&client);
	assert_int_equal(seen.count, 1);
	return seen;
}

/* A socket that listens on loopback, so that connecting would work. */
static int
listen_on(int *port)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	socklen_t len = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&in, len), 0);
	assert_int_equal(listen(fd, 5), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &len), 0);
	*port = ntohs(in.sin_port);
	return fd;
}

static void
no_spelling_of_loopback_is_connected_to(void **state)
{
	static const char *const hosts[] = {
		"127.0.0.1",	   "127.1",	      "2130706433",
		"0x7f000001",	   "0177.0.0.1",      "0x7f.0.0.1",
		"localhost",	   "0.0.0.0",	      "0",
		"[::1]",	   "[::ffff:7f00:1]", "[::ffff:127.0.0.1]",
		"%31%32%37.0.0.1",
	};
	char url[100];
	int port;
	int fd = listen_on(&port);

	(void)state;
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	for (size_t i = 0; i < COUNT_OF(hosts); i++) {
		struct seen seen;

		snprintf(url, sizeof(url), "http://%s:%d/", hosts[i], port);
		seen = post_to(url, false);
		if (seen.fate != HTTP_REFUSED)
			fail_msg("%s: %s, %s", url, http_fate_name(seen.fate),
				 seen.text);
	}
	unsetenv("http_proxy");
	close(fd);
}

static void
a_refusal_says_what_would_be_reached(void **state)
{
	struct seen seen = post_to("http://127.0.0.1:9/", false);

	(void)state;
	assert_int_equal(seen.fate, HTTP_REFUSED);
	assert_string_equal(seen.text,
			    "the address is not one of the public internet");
	seen = post_to("http://192.0.2.1:9/", true);
	assert_int_equal(seen.fate, HTTP_REFUSED);
	assert_string_equal(seen.text,
			    "the address is not one of this machine");
}

static void
nobody_listening_is_not_sent(void **state)
{
	char url[100];
	int port;
	struct seen seen;

	(void)state;
	close(listen_on(&port));
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/", port);
	seen = post_to(url, true);
	assert_int_equal(seen.fate, HTTP_NOT_SENT);
}

/* Of a request to somebody who takes the connection and says nothing. */
static enum http_fate
fate_in_silence(const char *scheme)
{
	struct http_post post = { .timeout_ms = 300, .body = STR("{}") };
	struct http_client *client;
	struct seen seen = { 0 };
	char url[100];
	int port;
	int fd = listen_on(&port);

	snprintf(url, sizeof(url), "%s://127.0.0.1:%d/", scheme, port);
	post.url = url;
	assert_ok(http_client_open(&client, true, &err), err);
	http_client_submit(client, &post, on_done, &seen);
	assert_int_equal(http_client_count(client), 1);
	while (http_client_run(client, 100) > 0)
		continue;
	http_client_close(&client);
	close(fd);
	return seen.fate;
}

static void
a_handshake_that_fails_is_not_sent(void **state)
{
	(void)state;
	assert_int_equal(fate_in_silence("https"), HTTP_NOT_SENT);
}

static void
no_answer_in_time_is_unknown(void **state)
{
	(void)state;
	assert_int_equal(fate_in_silence("http"), HTTP_UNKNOWN);
}

static void
closing_drops_what_is_under_way(void **state)
{
	struct http_client *client;
	struct seen seen = { 0 };
	char url[100];
	int port;
	int fd = listen_on(&port);

	(void)state;
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/", port);
	assert_ok(http_client_open(&client, true, &err), err);
	http_client_submit(
	    client, &(struct http_post){ .url = url, .timeout_ms = 60 * 1000 },
	    on_done, &seen);
	assert_int_equal(http_client_run(client, 0), 1);
	http_client_close(&client);
	assert_null(client);
	assert_int_equal(seen.count, 0);
	close(fd);
}

static void
a_url_has_a_host_and_no_user(void **state)
{
	static const char *const bad[] = {
		"",
		"example.com/x",
		"ftp://example.com/",
		"file:///etc/passwd",
		"gopher://127.0.0.1:25/x",
		"https://",
		"https://user@example.com/",
		"https://user:pass@example.com/",
		"https://@example.com/",
		"https://example.com/#a",
		"https://example.com/#",
		"https://example.com/a b",
		"https://example.com/\r\nX: y",
		"https://ex\xc3\xa4mple.com/",
		"https://example.com:99999/",
		"https://exam%40ple.com/",
		"https://ex%c3%a4mple.com/",
		"https://example.com%2f.example.org/",
	};
	struct buf host = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		if (http_client_check_url(bad[i], NULL, &err) >= 0)
			fail_msg("\"%s\" passes", bad[i]);
		assert_int_equal(err.code, ERROR_INVALID);
	}
	assert_ok(http_client_check_url("https://hooks.example.com:8443/a?b=c",
					&host, &err),
		  err);
	assert_str(buf_view(&host), "hooks.example.com");
	assert_ok(http_client_check_url("http://127.0.0.1:8/", NULL, &err),
		  err);
	buf_fini(&host);
}

static void
a_bad_url_is_refused_at_once(void **state)
{
	(void)state;
	assert_int_equal(post_to("file:///etc/passwd", true).fate,
			 HTTP_REFUSED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_spelling_of_loopback_is_connected_to),
		cmocka_unit_test(a_refusal_says_what_would_be_reached),
		cmocka_unit_test(nobody_listening_is_not_sent),
		cmocka_unit_test(a_handshake_that_fails_is_not_sent),
		cmocka_unit_test(no_answer_in_time_is_unknown),
		cmocka_unit_test(closing_drops_what_is_under_way),
		cmocka_unit_test(a_url_has_a_host_and_no_user),
		cmocka_unit_test(a_bad_url_is_refused_at_once),
	};

	return cmocka_run_group_tests_name("http/http_client", tests, NULL,
					   NULL);
}
