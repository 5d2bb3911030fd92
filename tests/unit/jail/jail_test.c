/*
 * Each child below does one thing that a parser must not, under limits that
 * end it soon. What must hold in all: the reason comes back, nothing is added,
 * and no child is left.
 */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/encode.h"
#include "jail/jail.h"
#include "test.h"

/*
 * AddressSanitizer aborts where malloc() would return NULL, and its last words
 * need memory; with this it does as malloc() does.
 */
const char *__asan_default_options(void);

const char *
__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static const struct jail_limits small = {
	.wall_ms = 20000,
	.cpu_s = 1,
	.memory_bytes = (size_t)64 * 1024 * 1024,
	.output_bytes = 100000,
};

static int
run(const struct jail_limits *limits, jail_function *function, struct buf *out,
    struct error *err)
{
	int result =
	    jail_run(NULL, limits, function, STR("the bytes"), out, err);

	/* It was waited for. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	return result;
}

static void
fails(const struct jail_limits *limits, jail_function *function,
      enum error_code code, const char *text)
{
	struct error err = { 0 };
	struct buf out = { 0 };

	buf_cat(&out, "before");
	assert_fails(run(limits, function, &out, &err), err, code, text);
	assert_str(buf_view(&out), "before");
	buf_fini(&out);
}

static int
answers(struct str input, struct buf *out, struct error *err)
{
	(void)err;
	buf_printf(out, "%.*s, read", STR_ARG(input));
	return 0;
}

static void
an_answer_comes_back(void **state)
{
	struct error err = { 0 };
	struct buf out = { 0 };

	(void)state;
	buf_cat(&out, "> ");
	assert_ok(run(&small, answers, &out, &err), err);
	assert_str(buf_view(&out), "> the bytes, read");
	buf_fini(&out);
}

static int
refuses(struct str input, struct buf *out, struct error *err)
{
	buf_cat(out, "half an answer");
	return error_set(err, ERROR_NOT_FOUND, "nothing in %zu bytes",
			 input.len);
}

static void
its_failure_is_passed_on(void **state)
{
	(void)state;
	fails(&small, refuses, ERROR_NOT_FOUND, "nothing in 9 bytes");
}

static int
fills(struct str input, struct buf *out, struct error *err)
{
	char part[1000];

	(void)input;
	(void)err;
	memset(part, 'x', sizeof(part));
	for (int i = 0; i < 100; i++)
		buf_add(out, part, sizeof(part));
	return 0;
}

/* As many bytes as are allowed, and far more than a pipe holds. */
static void
an_answer_may_be_as_long_as_the_limit(void **state)
{
	struct error err = { 0 };
	struct buf out = { 0 };

	(void)state;
	assert_ok(run(&small, fills, &out, &err), err);
	assert_int_equal(out.len, small.output_bytes);
	buf_fini(&out);
}

static int
overfills(struct str input, struct buf *out, struct error *err)
{
	(void)fills(input, out, err);
	buf_char(out, 'x');
	return 0;
}

static void
an_answer_that_is_one_byte_longer_is_an_error(void **state)
{
	(void)state;
	fails(&small, overfills, ERROR_LIMIT, "over 100000 bytes");
}

/* Past the buffer, at the pipe itself. */
static int
writes_for_ever(struct str input, struct buf *out, struct error *err)
{
	(void)out;
	(void)err;
	for (;;)
		if (write(0, input.p, input.len) < 0)
			abort();
}

static void
writing_without_end_is_ended(void **state)
{
	(void)state;
	fails(&small, writes_for_ever, ERROR_LIMIT, "over 100000 bytes");
}

static int
loops(struct str input, struct buf *out, struct error *err)
{
	volatile unsigned n = 1;

	(void)input;
	(void)out;
	(void)err;
	while (n)
		n = n + 2;
	return 0;
}

static void
a_loop_is_ended(void **state)
{
	(void)state;
	fails(&small, loops, ERROR_LIMIT, "over 1 s of the processor");
}

static int
sleeps(struct str input, struct buf *out, struct error *err)
{
	(void)input;
	(void)out;
	(void)err;
	while (pause() < 0)
		continue;
	return 0;
}

static void
waiting_is_ended(void **state)
{
	struct jail_limits limits = small;

	(void)state;
	limits.wall_ms = 100;
	fails(&limits, sleeps, ERROR_LIMIT, "no answer within 100 ms");
}

/* Out of memory is an abort of ours, whatever malloc() does about it. */
static int
allocates(struct str input, struct buf *out, struct error *err)
{
	enum { PART = 1024 * 1024, PAGE = 4096 };

	(void)input;
	(void)out;
	(void)err;
	for (;;) {
		/* Or a compiler sees that nobody looks, and takes none. */
		volatile char *part = malloc(PART);

		if (!part)
			abort();
		for (int i = 0; i < PART; i += PAGE)
			part[i] = 1;
	}
}

static void
taking_all_memory_is_ended(void **state)
{
	(void)state;
	fails(&small, allocates, ERROR_INTERNAL, "the child ");
}

static int
maps_too_much(struct str input, struct buf *out, struct error *err)
{
	void *p = mmap(NULL, 2 * small.memory_bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)input;
	(void)err;
	buf_cat(out, p == MAP_FAILED ? "refused" : "given");
	return 0;
}

static void
more_memory_than_allowed_is_refused(void **state)
{
	struct error err = { 0 };
	struct buf out = { 0 };

	(void)state;
	assert_ok(run(&small, maps_too_much, &out, &err), err);
	assert_str(buf_view(&out), "refused");
	buf_fini(&out);
}

static int
crashes(struct str input, struct buf *out, struct error *err)
{
	(void)input;
	(void)err;
	buf_cat(out, "never seen");
	raise(SIGKILL);
	return 0;
}

static void
a_crash_is_told(void **state)
{
	(void)state;
	fails(&small, crashes, ERROR_INTERNAL, "died of signal 9");
}

static int
leaves(struct str input, struct buf *out, struct error *err)
{
	(void)input;
	(void)out;
	(void)err;
	_exit(0);
}

static void
leaving_without_an_answer_is_told(void **state)
{
	(void)state;
	fails(&small, leaves, ERROR_INTERNAL, "gave no answer");
}

/* What it can reach: no file that is there, none that was open, no core. */
static int
reaches_out(struct str input, struct buf *out, struct error *err)
{
	int open_count = 0;
	struct rlimit core;

	(void)input;
	(void)err;
	for (int fd = 1; fd < 64; fd++)
		open_count += fcntl(fd, F_GETFD) >= 0;
	buf_printf(out, "%d open, ", open_count);
	buf_cat(out, open("/dev/null", O_RDONLY) < 0 ? "none to be had, "
						     : "one to be had, ");
	buf_cat(out, getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_max == 0
			 ? "no core"
			 : "a core");
	return 0;
}

static void
nothing_is_open_to_it(void **state)
{
	struct error err = { 0 };
	struct buf out = { 0 };

	(void)state;
	assert_ok(run(&small, reaches_out, &out, &err), err);
	assert_str(buf_view(&out), "0 open, none to be had, no core");
	buf_fini(&out);
}

/* ---- threads ---- */

enum { THREADS = 4, RUNS = 25 };

static struct jail *jail;

static int
encodes(struct str input, struct buf *out, struct error *err)
{
	(void)err;
	for (int i = 0; i < 1000; i++)
		encode_hex(out, input);
	return 0;
}

/* While others allocate, too: the helper has none of their locks. */
static void *
runs_many(void *failures)
{
	for (int i = 0; i < RUNS; i++) {
		struct error err = { 0 };
		struct buf out = { 0 };

		if (jail_run(jail, &small, encodes, STR("bytes"), &out, &err) <
			0 ||
		    out.len != 10000)
			++*(int *)failures;
		buf_fini(&out);
	}
	return NULL;
}

static void
threads_share_a_jail(void **state)
{
	pthread_t threads[THREADS];
	int failures[THREADS] = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_ok(jail_open(&jail, &err), err);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, runs_many, &failures[i]),
		    0);
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(failures[i], 0);
	}
	jail_close(&jail);
	assert_null(jail);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void
a_jail_goes_on_after_a_crash(void **state)
{
	struct error err = { 0 };
	struct buf out = { 0 };

	(void)state;
	assert_ok(jail_open(&jail, &err), err);
	assert_fails(jail_run(jail, &small, crashes, STR(""), &out, &err), err,
		     ERROR_INTERNAL, "died of signal 9");
	assert_fails(jail_run(jail, &small, refuses, STR("abc"), &out, &err),
		     err, ERROR_NOT_FOUND, "nothing in 3 bytes");
	assert_ok(jail_run(jail, &small, answers, STR("more"), &out, &err),
		  err);
	assert_str(buf_view(&out), "more, read");
	buf_fini(&out);
	jail_close(&jail);
}

static int
kills_the_helper(struct str input, struct buf *out, struct error *err)
{
	(void)input;
	(void)out;
	(void)err;
	kill(getppid(), SIGKILL);
	while (pause() < 0)
		continue;
	return 0;
}

static void
a_helper_that_is_gone_is_told(void **state)
{
	struct error err = { 0 };
	struct buf out = { 0 };

	(void)state;
	assert_ok(jail_open(&jail, &err), err);
	for (int i = 0; i < 2; i++)
		assert_fails(jail_run(jail, &small, kills_the_helper, STR("x"),
				      &out, &err),
			     err, ERROR_IO, "helper is gone");
	assert_int_equal(out.len, 0);
	jail_close(&jail);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_comes_back),
		cmocka_unit_test(its_failure_is_passed_on),
		cmocka_unit_test(an_answer_may_be_as_long_as_the_limit),
		cmocka_unit_test(an_answer_that_is_one_byte_longer_is_an_error),
		cmocka_unit_test(writing_without_end_is_ended),
		cmocka_unit_test(a_loop_is_ended),
		cmocka_unit_test(waiting_is_ended),
		cmocka_unit_test(taking_all_memory_is_ended),
		cmocka_unit_test(more_memory_than_allowed_is_refused),
		cmocka_unit_test(a_crash_is_told),
		cmocka_unit_test(leaving_without_an_answer_is_told),
		cmocka_unit_test(nothing_is_open_to_it),
		cmocka_unit_test(threads_share_a_jail),
		cmocka_unit_test(a_jail_goes_on_after_a_crash),
		cmocka_unit_test(a_helper_that_is_gone_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
