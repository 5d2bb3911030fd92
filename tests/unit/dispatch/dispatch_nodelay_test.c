#define _GNU_SOURCE /* RTLD_DEFAULT, dladdr */
#include "dispatch/dispatch_nodelay.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/now.h"
#include "test.h"

enum { SOON_MS = 200, LONG_MS = 10000 };

static struct sockaddr_in listening;
static int listener;

/*
 * The connect() that a shared library gets. Never by its name: a reference of
 * our own would bring it into the program, and hide that it is missing.
 */
typedef int connect_fn(int, const struct sockaddr *, socklen_t);

static connect_fn *
connect_of_libraries(void)
{
	void *symbol = dlsym(RTLD_DEFAULT, "connect");
	connect_fn *fn;

	assert_non_null(symbol);
	memcpy(&fn, &symbol, sizeof(fn));
	return fn;
}

static int
connect_to_listener(int fd)
{
	return connect_of_libraries()(fd, (struct sockaddr *)&listening,
				      sizeof(listening));
}

static int
new_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	return fd;
}

static bool
has_nodelay(int fd)
{
	socklen_t length = sizeof(int);
	int on;

	assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &length),
			 0);
	return on != 0;
}

static int
setup(void **state)
{
	socklen_t length = sizeof(listening);

	(void)state;
	listening = (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	listener = new_socket();
	assert_int_equal(bind(listener, (struct sockaddr *)&listening, length),
			 0);
	assert_int_equal(
	    getsockname(listener, (struct sockaddr *)&listening, &length), 0);
	assert_int_equal(listen(listener, 0), 0);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	if (listener >= 0)
		close(listener);
	return 0;
}

static void
libraries_get_the_connect_of_the_executable(void **state)
{
	connect_fn *fn = connect_of_libraries();
	Dl_info of_it, of_us;
	void *symbol;

	(void)state;
	memcpy(&symbol, &fn, sizeof(symbol));
	assert_int_not_equal(dladdr(symbol, &of_it), 0);
	assert_int_not_equal(dladdr(&listening, &of_us), 0);
	assert_string_equal(of_it.dli_sname, "connect");
	assert_ptr_equal(of_it.dli_fbase, of_us.dli_fbase);
}

static void
without_asking_the_socket_is_as_it_was(void **state)
{
	int fd = new_socket();

	(void)state;
	assert_int_equal(connect_to_listener(fd), 0);
	assert_false(has_nodelay(fd));
	close(fd);
}

static void
asked_for_the_socket_does_not_delay_and_still_blocks(void **state)
{
	int fd = new_socket();

	(void)state;
	nodelay_begin(LONG_MS);
	assert_int_equal(connect_to_listener(fd), 0);
	nodelay_end();
	assert_true(has_nodelay(fd));
	assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	close(fd);
}

static void
the_socket_is_known_until_the_next_begin(void **state)
{
	int fd = new_socket();

	(void)state;
	nodelay_begin(LONG_MS);
	assert_int_equal(nodelay_socket(), -1);
	assert_int_equal(connect_to_listener(fd), 0);
	assert_int_equal(nodelay_socket(), fd);
	nodelay_end();
	assert_int_equal(nodelay_socket(), fd);
	close(fd);
	nodelay_begin(LONG_MS);
	assert_int_equal(nodelay_socket(), -1);
	nodelay_end();
}

static void *
connect_elsewhere(void *arg)
{
	int *fd = arg;

	assert_int_equal(connect_to_listener(*fd), 0);
	return NULL;
}

static void
another_thread_has_not_asked(void **state)
{
	int fd = new_socket();
	pthread_t thread;

	(void)state;
	nodelay_begin(LONG_MS);
	assert_int_equal(pthread_create(&thread, NULL, connect_elsewhere, &fd),
			 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	nodelay_end();
	assert_false(has_nodelay(fd));
	close(fd);
}

static void
after_the_end_it_is_the_systems_again(void **state)
{
	int fd = new_socket();

	(void)state;
	nodelay_begin(LONG_MS);
	nodelay_end();
	assert_int_equal(connect_to_listener(fd), 0);
	assert_false(has_nodelay(fd));
	close(fd);
}

static void
who_waits_himself_is_left_to_wait(void **state)
{
	struct pollfd p = { .fd = new_socket(), .events = POLLOUT };
	int rc;

	(void)state;
	assert_int_equal(fcntl(p.fd, F_SETFL, O_NONBLOCK), 0);
	nodelay_begin(LONG_MS);
	rc = connect_to_listener(p.fd);
	nodelay_end();
	assert_true(rc == 0 || errno == EINPROGRESS);
	assert_int_equal(poll(&p, 1, LONG_MS), 1);
	assert_true(has_nodelay(p.fd));
	assert_int_not_equal(fcntl(p.fd, F_GETFL) & O_NONBLOCK, 0);
	close(p.fd);
}

static void
a_refusal_is_reported_as_one(void **state)
{
	int fd = new_socket();

	(void)state;
	close(listener);
	listener = -1;
	nodelay_begin(LONG_MS);
	assert_int_equal(connect_to_listener(fd), -1);
	assert_int_equal(errno, ECONNREFUSED);
	nodelay_end();
	close(fd);
}

/* Connects until one is not answered: nobody accepts, the queue is short. */
static int
fill_the_queue(int fds[], int max)
{
	struct pollfd p = { .events = POLLOUT };
	int count = 0;

	do {
		assert_true(count < max);
		p.fd = fds[count++] = new_socket();
		assert_int_equal(fcntl(p.fd, F_SETFL, O_NONBLOCK), 0);
		(void)connect_to_listener(p.fd);
	} while (poll(&p, 1, SOON_MS) == 1);
	return count;
}

static void
no_answer_is_waited_for_within_the_bound(void **state)
{
	int fds[64];
	int count = fill_the_queue(fds, 64);
	int fd = new_socket();
	int64_t begin_us = now_mono_us();
	int64_t took_us;

	(void)state;
	nodelay_begin(SOON_MS);
	assert_int_equal(connect_to_listener(fd), -1);
	assert_int_equal(errno, ETIMEDOUT);
	nodelay_end();
	took_us = now_mono_us() - begin_us;
	assert_true(took_us >= SOON_MS * 1000);
	assert_true(took_us < (int64_t)LONG_MS * 1000);
	close(fd);
	while (count > 0)
		close(fds[--count]);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(libraries_get_the_connect_of_the_executable),
		TEST(without_asking_the_socket_is_as_it_was),
		TEST(asked_for_the_socket_does_not_delay_and_still_blocks),
		TEST(the_socket_is_known_until_the_next_begin),
		TEST(another_thread_has_not_asked),
		TEST(after_the_end_it_is_the_systems_again),
		TEST(who_waits_himself_is_left_to_wait),
		TEST(a_refusal_is_reported_as_one),
		TEST(no_answer_is_waited_for_within_the_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
