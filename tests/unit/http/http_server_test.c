#include "http/http.h"

#include <sys/resource.h>

#include "base/arena.h"
#include "base/now.h"
#include "http_raw.h"

enum { BODY_MAX = 1000, MANY = 300, BIG_BYTES = 8 << 20 };

static struct http_server *server;
static struct buf in;
static struct error err;

static void
echo(void *arg, const struct http_request *r, struct http_response *response)
{
	(void)arg;
	response->status = 200;
	response->body = str_printf(
	    r->a, "[%s%s] path=%.*s rest=%.*s query=%.*s type=%.*s body=%.*s",
	    r->method == HTTP_POST ? "POST" : "GET", r->head ? " head" : "",
	    STR_ARG(r->path), STR_ARG(r->rest), STR_ARG(r->query),
	    STR_ARG(r->content_type), STR_ARG(r->body));
}

static void
who(void *arg, const struct http_request *r, struct http_response *response)
{
	(void)arg;
	response->status = 200;
	response->body = str_printf(
	    r->a, "peer=%.*s agent=%.*s language=%.*s origin=%.*s now=%d",
	    STR_ARG(r->peer), STR_ARG(r->user_agent), STR_ARG(r->language),
	    STR_ARG(r->origin), (int)r->now_ms);
}

static void
go(void *arg, const struct http_request *r, struct http_response *response)
{
	static const struct http_header more[] = {
		{ { "X-More", 6 }, { "yes", 3 } },
	};

	(void)arg;
	response->status = 302;
	response->location = r->query.len > 0 ? STR("/x\r\nX-Evil: 1")
					      : STR("https://example.org/");
	response->cache = "max-age=60";
	response->policy = "default-src 'self'";
	response->headers = more;
	response->header_count = COUNT_OF(more);
}

static void
big(void *arg, const struct http_request *r, struct http_response *response)
{
	(void)arg;
	response->status = 200;
	response->body =
	    (struct str){ arena_alloc(r->a, BIG_BYTES), BIG_BYTES };
}

static void
nothing(void *arg, const struct http_request *r, struct http_response *response)
{
	(void)arg;
	(void)r;
	(void)response;
}

static const struct http_route routes[] = {
	{ HTTP_GET, "/echo/", 0, echo, NULL },
	{ HTTP_POST, "/echo/", BODY_MAX, echo, NULL },
	{ HTTP_GET, "/who", 0, who, NULL },
	{ HTTP_GET, "/go", 0, go, NULL },
	{ HTTP_GET, "/nothing", 0, nothing, NULL },
	{ HTTP_GET, "/big", 0, big, NULL },
};

static int64_t
seven(void *arg)
{
	(void)arg;
	return 7;
}

static struct http_config
config_of(void)
{
	return (struct http_config){
		.address = "127.0.0.1",
		.routes = routes,
		.route_count = COUNT_OF(routes),
		.connections_max = MANY + 20,
		.now_ms = seven,
	};
}

static void
open_server(struct http_config config)
{
	assert_ok(http_server_open(&server, &config, &err), err);
}

static int
start(void **state)
{
	(void)state;
	open_server(config_of());
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	http_server_close(&server);
	buf_fini(&in);
	return 0;
}

static int
client(void)
{
	return raw_connect(http_server_port(server));
}

/* The status of one request on a connection of its own. */
static int
ask(const char *request)
{
	int fd = client();
	int status = raw_ask(fd, request, &in);

	close(fd);
	return status;
}

#define HOST " HTTP/1.1\r\nHost: x\r\n"

static void
a_handler_sees_the_request(void **state)
{
	(void)state;
	assert_int_equal(ask("GET /echo/a%20b/%2e?q=%41&x" HOST "\r\n"), 200);
	assert_true(raw_has(&in, "[GET] path=/echo/a%20b/%2e rest=a%20b/%2e "
				 "query=q=%41&x type= body="));
	assert_int_equal(ask("POST /echo/" HOST "Content-Type: a/b\r\n"
			     "Content-Length: 3\r\n\r\nabc"),
			 200);
	assert_true(raw_has(&in, "[POST] path=/echo/ rest= query= type=a/b "
				 "body=abc"));
	assert_int_equal(ask("GET /who" HOST "User-Agent: ua\r\n"
			     "Accept-Language: de\r\nOrigin: o\r\n\r\n"),
			 200);
	assert_true(raw_has(&in, "peer=127.0.0.1 agent=ua language=de "
				 "origin=o now=7"));
	assert_int_equal(ask("GET http://h/echo/z HTTP/1.0\r\nHost: x\r\n\r\n"),
			 200);
	assert_true(raw_has(&in, "path=/echo/z"));
}

static void
a_chunked_body_comes_whole(void **state)
{
	(void)state;
	assert_int_equal(ask("POST /echo/" HOST
			     "Transfer-Encoding: chunked\r\n\r\n"
			     "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"),
			 200);
	assert_true(raw_has(&in, "body=abcde"));
}

static void
head_is_get_without_the_body(void **state)
{
	int fd = client();

	(void)state;
	assert_int_equal(raw_ask(fd, "HEAD /echo/" HOST "\r\n", &in), 200);
	assert_true(raw_has(&in, "Content-Length: 47"));
	assert_true(str_ends(buf_view(&in), STR("\r\n\r\n")));
	assert_int_equal(raw_ask(fd, "GET /echo/" HOST "\r\n", &in), 200);
	assert_true(raw_has(&in, "[GET]"));
	close(fd);
}

static void
each_response_is_guarded(void **state)
{
	static const char *const requests[] = {
		"GET /echo/" HOST "\r\n",
		"GET /missing" HOST "\r\n",
		"DELETE /echo/" HOST "\r\n",
		"POST /echo/" HOST "Content-Length: 5000\r\n\r\n",
		"GET /echo/" HOST "Host: y\r\n\r\n",
		"GET /nothing" HOST "\r\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(requests); i++) {
		(void)ask(requests[i]);
		assert_true(raw_has(&in,
				    "Content-Security-Policy: default-src "
				    "'none'; style-src 'unsafe-inline'; "
				    "img-src 'self' data:; form-action 'self'; "
				    "frame-ancestors 'none'; base-uri "
				    "'none'\r\n"));
		assert_true(raw_has(&in, "X-Content-Type-Options: nosniff"));
		assert_true(raw_has(&in, "Referrer-Policy: no-referrer"));
		assert_true(raw_has(&in, "X-Frame-Options: DENY"));
		assert_true(raw_has(&in, "Cache-Control: no-store"));
	}
}

static void
a_response_may_say_otherwise(void **state)
{
	(void)state;
	assert_int_equal(ask("GET /go" HOST "\r\n"), 302);
	assert_true(raw_has(&in, "Location: https://example.org/\r\n"));
	assert_true(raw_has(&in, "Cache-Control: max-age=60\r\n"));
	assert_true(raw_has(&in, "Content-Security-Policy: default-src "
				 "'self'\r\n"));
	assert_true(raw_has(&in, "X-More: yes\r\n"));
	assert_false(raw_has(&in, "no-store"));
	assert_int_equal(ask("GET /nothing" HOST "\r\n"), 500);
}

static void
a_line_end_in_a_header_is_not_sent(void **state)
{
	(void)state;
	assert_int_equal(ask("GET /go?evil" HOST "\r\n"), 500);
	assert_false(raw_has(&in, "X-Evil"));
}

static void
unknown_paths_and_methods_keep_the_connection(void **state)
{
	int fd = client();

	(void)state;
	assert_int_equal(raw_ask(fd, "GET /missing" HOST "\r\n", &in), 404);
	assert_int_equal(raw_ask(fd, "PUT /echo/" HOST "\r\n", &in), 405);
	assert_true(raw_has(&in, "Allow: GET, HEAD, POST\r\n"));
	assert_int_equal(raw_ask(fd, "OPTIONS /who" HOST "\r\n", &in), 405);
	assert_true(raw_has(&in, "Allow: GET, HEAD\r\n"));
	assert_int_equal(raw_ask(fd, "GET /echo/" HOST "\r\n", &in), 200);
	close(fd);
}

static void
what_is_refused_closes_before_the_body(void **state)
{
	static const struct {
		const char *request;
		int status;
	} cases[] = {
		{ "POST /echo/" HOST "Content-Length: 1001\r\n\r\n", 413 },
		{ "GET /echo/" HOST "Content-Length: 1\r\n\r\n", 413 },
		{ "POST /echo/" HOST "Content-Encoding: gzip\r\n"
		  "Content-Length: 9\r\n\r\n",
		  415 },
		{ "POST /missing" HOST "Content-Length: 9\r\n\r\n", 404 },
		{ "POST /echo/" HOST "Content-Length: 9\r\n"
		  "Content-Length: 9\r\n\r\n",
		  400 },
		{ "POST /echo/" HOST "Content-Length: 1\r\n"
		  "Transfer-Encoding: chunked\r\n\r\n",
		  400 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		int fd = client();

		assert_int_equal(raw_ask(fd, cases[i].request, &in),
				 cases[i].status);
		assert_true(raw_has(&in, "Connection: close\r\n"));
		assert_true(raw_read_all(fd, &in));
		close(fd);
	}
}

static void
add_chunks(struct buf *b, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		buf_printf(b, "%x\r\n", 1000);
		memset(buf_grow(b, 1000), 'a', 1000);
		buf_cat(b, "\r\n");
	}
}

static void
a_chunked_body_has_the_same_limit(void **state)
{
	static const char head[] =
	    "POST /echo/" HOST "Transfer-Encoding: chunked\r\n\r\n";
	struct buf out = { 0 };

	(void)state;
	buf_cat(&out, head);
	add_chunks(&out, 2);
	buf_cat(&out, "0\r\n\r\n");
	assert_int_equal(ask(buf_cstr(&out)), 413);
	buf_clear(&out);
	buf_cat(&out, head);
	add_chunks(&out, 1000); /* far over: nobody reads all that */
	assert_true(ask(buf_cstr(&out)) <= 0);
	buf_fini(&out);
}

static int
ask_with_header_of(size_t bytes)
{
	struct buf out = { 0 };
	int status;

	buf_cat(&out, "GET /echo/" HOST "X: ");
	memset(buf_grow(&out, bytes), 'a', bytes);
	buf_cat(&out, "\r\n\r\n");
	status = ask(buf_cstr(&out));
	buf_fini(&out);
	return status;
}

static void
headers_have_limits(void **state)
{
	(void)state;
	assert_int_equal(ask_with_header_of(15000), 200);
	assert_int_equal(ask_with_header_of(17000), 431);
	assert_int_equal(ask_with_header_of(100000), 431);
}

static void
requests_in_one_piece_are_answered_in_order(void **state)
{
	int fd = client();

	(void)state;
	assert_true(raw_send(fd, STR("GET /echo/1" HOST "\r\nGET /echo/2" HOST
				     "Connection: close\r\n\r\n")));
	buf_clear(&in);
	assert_true(raw_read_all(fd, &in));
	assert_true(raw_has(&in, "rest=1"));
	assert_true(str_find(buf_view(&in), STR("rest=1")) <
		    str_find(buf_view(&in), STR("rest=2")));
	close(fd);
}

static void
bytes_may_come_one_by_one(void **state)
{
	static const char request[] =
	    "POST /echo/" HOST "Content-Length: 3\r\n\r\nabc";
	int fd = client();

	(void)state;
	for (size_t i = 0; i < sizeof(request) - 1; i++)
		assert_true(raw_send(fd, (struct str){ request + i, 1 }));
	assert_int_equal(raw_response(fd, &in, false), 200);
	assert_true(raw_has(&in, "body=abc"));
	close(fd);
}

static void
three_hundred_connections_do_not_stall(void **state)
{
	int fds[MANY];

	(void)state;
	for (int i = 0; i < MANY; i++)
		fds[i] = client();
	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < MANY; i++)
			assert_true(
			    raw_send(fds[i], STR("GET /echo/" HOST "\r\n")));
		for (int i = 0; i < MANY; i++)
			assert_int_equal(raw_response(fds[i], &in, false), 200);
	}
	for (int i = 0; i < MANY; i++)
		close(fds[i]);
}

/* ---- servers of their own ---- */

/* A client of a server that waits a second at most. */
static int
client_in_a_hurry(void)
{
	struct http_config config = config_of();

	config.timeout_s = 1;
	open_server(config);
	return client();
}

/* A byte each 100 ms, for ever if need be; how long it was let. */
static int64_t
drip_us(int fd)
{
	int64_t began_us = now_mono_us();

	while (raw_send(fd, STR("x")) && now_mono_us() - began_us < 8 * 1000000)
		now_sleep_us(100000);
	return now_mono_us() - began_us;
}

static void
a_slow_head_is_disconnected(void **state)
{
	int fd = client_in_a_hurry();

	(void)state;
	assert_true(raw_send(fd, STR("GET /echo/" HOST)));
	assert_in_range(drip_us(fd), 900000, 4000000);
	close(fd);
}

static void
a_slow_body_is_disconnected(void **state)
{
	int fd = client_in_a_hurry();

	(void)state;
	assert_true(raw_send(
	    fd, STR("POST /echo/" HOST "Content-Length: 900\r\n\r\n")));
	assert_in_range(drip_us(fd), 900000, 5000000);
	close(fd);
}

static void
an_idle_connection_is_disconnected(void **state)
{
	int fd = client_in_a_hurry();

	(void)state;
	assert_int_equal(raw_ask(fd, "GET /echo/" HOST "\r\n", &in), 200);
	assert_true(raw_read_all(fd, &in));
	close(fd);
}

static void
who_does_not_read_is_disconnected(void **state)
{
	int fd = client_in_a_hurry();

	(void)state;
	assert_true(raw_send(fd, STR("GET /big" HOST "\r\n")));
	now_sleep_us(3000000);
	buf_clear(&in);
	assert_true(raw_read_all(fd, &in));
	assert_true(in.len < BIG_BYTES);
	close(fd);
}

static void
a_proxy_says_who_asks(void **state)
{
	struct http_config config = config_of();

	(void)state;
	assert_int_equal(ask("GET /who" HOST "X-Forwarded-For: 1.1.1.1\r\n"
			     "\r\n"),
			 200);
	assert_true(raw_has(&in, "peer=127.0.0.1 "));
	http_server_close(&server);
	config.proxies = 1;
	open_server(config);
	assert_int_equal(ask("GET /who" HOST "X-Forwarded-For: 9.9.9.9\r\n"
			     "x-forwarded-for: 8.8.8.8, 2001:db8::1\r\n\r\n"),
			 200);
	assert_true(raw_has(&in, "peer=2001:db8::1 "));
	assert_int_equal(ask("GET /who" HOST "X-Forwarded-For: <b>\r\n\r\n"),
			 200);
	assert_true(raw_has(&in, "peer=127.0.0.1 "));
	assert_int_equal(ask("GET /who" HOST "\r\n"), 200);
	assert_true(raw_has(&in, "peer=127.0.0.1 "));
}

static void
silent_connections_make_room(void **state)
{
	struct http_config config = config_of();
	int silent[20];

	(void)state;
	config.connections_max = 8;
	config.timeout_s = 60;
	open_server(config);
	for (size_t i = 0; i < COUNT_OF(silent); i++)
		silent[i] = client();
	assert_int_equal(ask("GET /echo/" HOST "\r\n"), 200);
	buf_clear(&in);
	assert_true(raw_read_all(silent[0], &in));
	for (size_t i = 0; i < COUNT_OF(silent); i++)
		close(silent[i]);
}

/* One place a turn; at a turn each SWEEP_MS it would be 40 s. */
static void
a_crowd_of_silent_connections_delays_nobody(void **state)
{
	struct http_config config = config_of();
	int64_t begin_us;
	int silent[160];

	(void)state;
	config.connections_max = 8;
	config.timeout_s = 60;
	open_server(config);
	for (size_t i = 0; i < COUNT_OF(silent); i++)
		silent[i] = client();
	begin_us = now_mono_us();
	assert_int_equal(ask("GET /echo/" HOST "\r\n"), 200);
	assert_true(now_mono_us() - begin_us < 10 * 1000000);
	for (size_t i = 0; i < COUNT_OF(silent); i++)
		close(silent[i]);
}

static void
one_peer_has_so_many_connections(void **state)
{
	struct http_config config = config_of();
	int fds[3];

	(void)state;
	config.connections_per_peer = 2;
	open_server(config);
	for (size_t i = 0; i < COUNT_OF(fds); i++)
		fds[i] = client();
	assert_int_equal(raw_ask(fds[0], "GET /echo/" HOST "\r\n", &in), 200);
	assert_int_equal(raw_ask(fds[1], "GET /echo/" HOST "\r\n", &in), 200);
	assert_int_equal(raw_ask(fds[2], "GET /echo/" HOST "\r\n", &in), 0);
	for (size_t i = 0; i < COUNT_OF(fds); i++)
		close(fds[i]);
}

static void
closing_is_at_once_when_nothing_is_under_way(void **state)
{
	int64_t began_us;
	int fd;

	(void)state;
	open_server(config_of());
	fd = client();
	assert_int_equal(raw_ask(fd, "GET /echo/" HOST "\r\n", &in), 200);
	began_us = now_mono_us();
	http_server_close(&server);
	assert_null(server);
	assert_true(now_mono_us() - began_us < 3000000);
	assert_true(raw_read_all(fd, &in));
	close(fd);
	http_server_close(&server); /* NULL is fine */
}

static void *
read_big(void *arg)
{
	int fd = *(int *)arg;
	struct buf got = { 0 };
	size_t len;

	/* It has begun, and more is to come than the socket holds. */
	(void)raw_more(fd, &got);
	http_server_close(&server);
	(void)raw_read_all(fd, &got);
	len = got.len;
	buf_fini(&got);
	return (void *)(uintptr_t)len;
}

static void
closing_has_a_bound(void **state)
{
	struct http_config config = config_of();
	int64_t began_us;
	int fd;

	(void)state;
	config.close_ms = 300;
	open_server(config);
	fd = client();
	assert_true(raw_send(fd, STR("GET /big" HOST "\r\n")));
	began_us = now_mono_us();
	/* The client does not read on while the server closes. */
	assert_true((size_t)(uintptr_t)read_big(&fd) < BIG_BYTES);
	assert_in_range(now_mono_us() - began_us, 200000, 5000000);
	close(fd);
}

static void
an_address_that_is_none_is_refused(void **state)
{
	struct http_config config = config_of();
	struct http_server *second = NULL;

	(void)state;
	config.address = "localhost";
	assert_fails(http_server_open(&second, &config, &err), err,
		     ERROR_CONFIG, "localhost");
	config.address = "127.0.0.1";
	config.port = 65536;
	assert_fails(http_server_open(&second, &config, &err), err,
		     ERROR_CONFIG, "65536");
	open_server(config_of());
	config.port = http_server_port(server);
	assert_fails(http_server_open(&second, &config, &err), err, ERROR_BUSY,
		     "cannot listen on 127.0.0.1");
	assert_null(second);
}

#define ON_SERVER(test) cmocka_unit_test_setup_teardown(test, start, stop)
#define ALONE(test)	cmocka_unit_test_teardown(test, stop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ON_SERVER(a_handler_sees_the_request),
		ON_SERVER(a_chunked_body_comes_whole),
		ON_SERVER(head_is_get_without_the_body),
		ON_SERVER(each_response_is_guarded),
		ON_SERVER(a_response_may_say_otherwise),
		ON_SERVER(a_line_end_in_a_header_is_not_sent),
		ON_SERVER(unknown_paths_and_methods_keep_the_connection),
		ON_SERVER(what_is_refused_closes_before_the_body),
		ON_SERVER(a_chunked_body_has_the_same_limit),
		ON_SERVER(headers_have_limits),
		ON_SERVER(requests_in_one_piece_are_answered_in_order),
		ON_SERVER(bytes_may_come_one_by_one),
		ON_SERVER(three_hundred_connections_do_not_stall),
		ALONE(a_slow_head_is_disconnected),
		ALONE(a_slow_body_is_disconnected),
		ALONE(an_idle_connection_is_disconnected),
		ALONE(who_does_not_read_is_disconnected),
		ALONE(silent_connections_make_room),
		ALONE(a_crowd_of_silent_connections_delays_nobody),
		ON_SERVER(a_proxy_says_who_asks),
		ALONE(one_peer_has_so_many_connections),
		ALONE(closing_is_at_once_when_nothing_is_under_way),
		ALONE(closing_has_a_bound),
		ALONE(an_address_that_is_none_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
