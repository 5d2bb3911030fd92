/* Responses that wait for another thread. */
#include "http/http.h"

#include <pthread.h>

#include "base/arena.h"
#include "http_raw.h"

enum { CLIENTS = 40, ROUNDS = 50, HELD_MAX = 1000 };

#define GET "GET /wait/ HTTP/1.1\r\nHost: x\r\n\r\n"

static struct http_server *server;
static struct error err;
static struct buf in;

/* What handlers gave away and nobody readied yet. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static const struct http_request *held[HELD_MAX];
static size_t held_count;
static bool stopping;

static void
hold(void *arg, const struct http_request *r, struct http_response *response)
{
	(void)arg;
	(void)response;
	http_wait(r);
	pthread_mutex_lock(&lock);
	check(held_count < HELD_MAX);
	held[held_count++] = r;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

/* Ready before the handler has even returned. */
static void
at_once(void *arg, const struct http_request *r, struct http_response *response)
{
	struct http_response now = { .status = 200, .body = STR("at once") };

	(void)arg;
	response->status = 500;
	http_wait(r);
	http_ready(r->exchange, &now);
}

static const struct http_route routes[] = {
	{ HTTP_GET, "/wait/", 0, hold, NULL },
	{ HTTP_POST, "/wait/", 100, hold, NULL },
	{ HTTP_GET, "/at-once", 0, at_once, NULL },
};

static const struct http_request *
take_held(void)
{
	const struct http_request *r = NULL;

	pthread_mutex_lock(&lock);
	while (held_count == 0 && !stopping)
		pthread_cond_wait(&changed, &lock);
	if (held_count > 0)
		r = held[--held_count];
	pthread_mutex_unlock(&lock);
	return r;
}

static void
answer(const struct http_request *r)
{
	struct http_response response = {
		.status = 200,
		.body = str_printf(r->a, "done %.*s%.*s", STR_ARG(r->rest),
				   STR_ARG(r->body)),
	};

	http_ready(r->exchange, &response);
}

static int
start(void **state)
{
	struct http_config config = {
		.address = "127.0.0.1",
		.routes = routes,
		.route_count = COUNT_OF(routes),
		.timeout_s = 1,
		.close_ms = 1000,
	};

	(void)state;
	held_count = 0;
	stopping = false;
	assert_ok(http_server_open(&server, &config, &err), err);
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

static void
a_response_may_be_ready_at_once(void **state)
{
	int fd = client();

	(void)state;
	for (int i = 0; i < 100; i++) {
		assert_int_equal(
		    raw_ask(fd, "GET /at-once HTTP/1.1\r\nHost: x\r\n\r\n",
			    &in),
		    200);
		assert_true(raw_has(&in, "at once"));
	}
	close(fd);
}

static void
a_response_may_take_longer_than_a_client(void **state)
{
	struct timeval patience = { .tv_sec = 2 };
	int fd = client();

	(void)state;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
			 sizeof(patience));
	assert_int_equal(raw_ask(fd,
				 "POST /wait/x HTTP/1.1\r\nHost: x\r\n"
				 "Content-Length: 2\r\n\r\nyz",
				 &in),
			 -1);
	answer(take_held());
	assert_int_equal(raw_response(fd, &in, false), 200);
	assert_true(raw_has(&in, "done xyz"));
	close(fd);
}

static void
others_are_served_meanwhile(void **state)
{
	int waiting = client();
	int other = client();
	const struct http_request *r;

	(void)state;
	assert_true(raw_send(waiting, STR(GET)));
	r = take_held();
	assert_int_equal(
	    raw_ask(other, "GET /at-once HTTP/1.1\r\nHost: x\r\n\r\n", &in),
	    200);
	answer(r);
	assert_int_equal(raw_response(waiting, &in, false), 200);
	close(waiting);
	close(other);
}

static void
a_client_may_leave_while_it_waits(void **state)
{
	(void)state;
	for (int i = 0; i < 50; i++) {
		const struct linger reset = { .l_onoff = i % 2 };
		const struct http_request *r;
		int fd = client();

		assert_true(raw_send(fd, STR(GET)));
		(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset,
				 sizeof(reset));
		r = take_held();
		close(fd);
		answer(r);
	}
	a_response_may_be_ready_at_once(NULL);
}

static void
closing_answers_who_still_waits(void **state)
{
	const struct http_request *r;
	int fd = client();

	(void)state;
	assert_true(raw_send(fd, STR(GET)));
	r = take_held();
	http_server_close(&server);
	assert_int_equal(raw_response(fd, &in, false), 503);
	assert_true(raw_has(&in, "Connection: close\r\n"));
	assert_true(raw_read_all(fd, &in));
	close(fd);
	answer(r); /* late, and it must not matter */
}

static void *
answer_soon(void *arg)
{
	(void)arg;
	answer(take_held());
	return NULL;
}

static void
closing_waits_for_what_becomes_ready(void **state)
{
	pthread_t thread;
	int fd = client();

	(void)state;
	assert_true(raw_send(fd, STR(GET)));
	pthread_mutex_lock(&lock);
	while (held_count == 0)
		pthread_cond_wait(&changed, &lock);
	check(pthread_create(&thread, NULL, answer_soon, NULL) == 0);
	pthread_mutex_unlock(&lock);
	http_server_close(&server);
	pthread_join(thread, NULL);
	assert_int_equal(raw_response(fd, &in, false), 200);
	close(fd);
}

/* ---- many at once ---- */

static void *
answer_all(void *arg)
{
	const struct http_request *r;

	(void)arg;
	while ((r = take_held()))
		answer(r);
	return NULL;
}

static void *
ask_often(void *arg)
{
	struct buf got = { 0 };
	int fd = client();
	uintptr_t good = 0;

	(void)arg;
	for (int i = 0; i < ROUNDS; i++)
		good += raw_ask(fd, GET, &got) == 200;
	buf_fini(&got);
	close(fd);
	return (void *)good;
}

static void
stop_answering(void)
{
	pthread_mutex_lock(&lock);
	stopping = true;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

static void
many_threads_ready_many_responses(void **state)
{
	pthread_t workers[4], clients[CLIENTS];
	void *good;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(workers); i++)
		check(!pthread_create(&workers[i], NULL, answer_all, NULL));
	for (size_t i = 0; i < CLIENTS; i++)
		check(!pthread_create(&clients[i], NULL, ask_often, NULL));
	for (size_t i = 0; i < CLIENTS; i++) {
		pthread_join(clients[i], &good);
		assert_int_equal((uintptr_t)good, ROUNDS);
	}
	stop_answering();
	for (size_t i = 0; i < COUNT_OF(workers); i++)
		pthread_join(workers[i], NULL);
}

static void
closing_under_load_loses_no_memory(void **state)
{
	pthread_t workers[4];
	int fds[CLIENTS];

	(void)state;
	for (size_t i = 0; i < CLIENTS; i++) {
		fds[i] = client();
		assert_true(raw_send(fds[i], STR(GET GET)));
	}
	for (size_t i = 0; i < COUNT_OF(workers); i++)
		check(!pthread_create(&workers[i], NULL, answer_all, NULL));
	http_server_close(&server);
	stop_answering();
	for (size_t i = 0; i < COUNT_OF(workers); i++)
		pthread_join(workers[i], NULL);
	for (size_t i = 0; i < CLIENTS; i++)
		close(fds[i]);
}

#define ON_SERVER(test) cmocka_unit_test_setup_teardown(test, start, stop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ON_SERVER(a_response_may_be_ready_at_once),
		ON_SERVER(a_response_may_take_longer_than_a_client),
		ON_SERVER(others_are_served_meanwhile),
		ON_SERVER(a_client_may_leave_while_it_waits),
		ON_SERVER(closing_answers_who_still_waits),
		ON_SERVER(closing_waits_for_what_becomes_ready),
		ON_SERVER(many_threads_ready_many_responses),
		ON_SERVER(closing_under_load_loses_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
