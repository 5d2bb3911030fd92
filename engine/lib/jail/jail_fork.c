/*
 * The child's answer is one frame: a byte that is the error's code (0: none),
 * then the answer or the error's text. It counts when the child then exits
 * with 0, so a frame that was cut short by a death is none.
 *
 *	parent                         child
 *	  pipe, fork  ---------------->  limits, close all but the pipe
 *	  poll, read until its end  <--  run(), write the frame
 *	  kill (late or too much), wait  exit
 *
 * Memory: RLIMIT_AS counts what is mapped, and the child begins with all that
 * its parent has mapped (under AddressSanitizer that is terabytes of nothing),
 * so the limit is that and what may be added.
 */
#define _GNU_SOURCE /* pipe2(), close_range() */
#include "jail/jail_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/now.h"

enum { ANSWER_FD = 0, EXIT_NO_JAIL = 71, EXIT_NO_ANSWER = 74 };

/* ---- in the child ---- */

static void
limit(int what, rlim_t soft, rlim_t hard)
{
	const struct rlimit l = { .rlim_cur = soft, .rlim_max = hard };

	if (setrlimit((__rlimit_resource_t)what, &l) < 0)
		_exit(EXIT_NO_JAIL);
}

/* Bytes mapped, by the first number of statm; 0 when it cannot be read. */
static size_t
mapped_bytes(void)
{
	char text[64];
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	size_t pages = 0;

	if (fd >= 0)
		(void)close(fd);
	for (ssize_t i = 0; i < len && text[i] >= '0' && text[i] <= '9'; i++)
		pages = pages * 10 + (size_t)(text[i] - '0');
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* SIGXCPU comes first, and a second later SIGKILL to who survives it. */
static void
lock_up(const struct jail_limits *limits, pid_t parent, int answer_fd)
{
	size_t mapped = mapped_bytes();

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || getppid() != parent ||
	    mapped == 0 || dup2(answer_fd, ANSWER_FD) < 0 ||
	    close_range(ANSWER_FD + 1, ~0U, 0) < 0)
		_exit(EXIT_NO_JAIL);
	limit(RLIMIT_CORE, 0, 0);
	limit(RLIMIT_FSIZE, 0, 0);
	limit(RLIMIT_NOFILE, ANSWER_FD + 1, ANSWER_FD + 1);
	limit(RLIMIT_CPU, limits->cpu_s, limits->cpu_s + 1);
	limit(RLIMIT_AS, mapped + limits->memory_bytes,
	      mapped + limits->memory_bytes);
}

/* The handlers are the parent's; the helper ignores what ends its parent. */
static void
reset_signals(void)
{
	static const int numbers[] = { SIGTERM, SIGINT,	 SIGHUP, SIGUSR1,
				       SIGUSR2, SIGXCPU, SIGPIPE };

	for (size_t i = 0; i < COUNT_OF(numbers); i++)
		(void)signal(numbers[i], SIG_DFL);
}

static _Noreturn void
live(const struct jail_limits *limits, jail_function *run, struct str input)
{
	struct buf frame = { 0 };
	struct error err = { 0 };

	buf_char(&frame, ERROR_NONE);
	frame.max = limits->output_bytes + 1;
	if (run(input, &frame, &err) < 0) {
		buf_clear(&frame);
		buf_char(&frame, (char)err.code);
		buf_cat(&frame, err.text);
	}
	if (buf_full(&frame)) {
		buf_clear(&frame);
		buf_char(&frame, ERROR_LIMIT);
		buf_printf(&frame, "the answer has over %zu bytes",
			   limits->output_bytes);
	}
	if (fd_write(ANSWER_FD, buf_view(&frame)) < 0)
		_exit(EXIT_NO_ANSWER);
	_exit(0);
}

/* ---- in the parent ---- */

struct watch {
	int fd;
	int64_t until_us;
	size_t most; /* of a frame */
	bool is_late, is_long;
};

/* Reads until the child's end, or one of the two limits watched here. */
static int
listen_to(struct watch *w, struct buf *frame, struct error *err)
{
	char part[65536];

	for (;;) {
		struct pollfd p = { .fd = w->fd, .events = POLLIN };
		int64_t left_us = w->until_us - now_mono_us();
		ssize_t len;

		w->is_late = left_us <= 0;
		if (w->is_late)
			return 0;
		if (poll(&p, 1, (int)(left_us / 1000) + 1) <= 0)
			continue;
		len = read(w->fd, part, sizeof(part));
		if (len == 0)
			return 0;
		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return error_system(err, errno, "the child's answer");
		buf_add(frame, part, (size_t)len);
		w->is_long = frame->len > w->most;
		if (w->is_long)
			return 0;
	}
}

static int
wait_for(pid_t child)
{
	int status = -1;

	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		continue;
	return status;
}

/* How it ended, as an error; 0 when it ended well. */
static int
post_mortem(const struct jail_limits *limits, const struct watch *w, int status,
	    struct error *err)
{
	if (w->is_late)
		return error_set(err, ERROR_LIMIT, "no answer within %lld ms",
				 (long long)limits->wall_ms);
	if (w->is_long)
		return error_set(err, ERROR_LIMIT,
				 "the answer has over %zu bytes",
				 limits->output_bytes);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)
		return error_set(err, ERROR_LIMIT,
				 "it took over %u s of the processor",
				 limits->cpu_s);
	if (WIFSIGNALED(status))
		return error_set(err, ERROR_INTERNAL,
				 "the child died of signal %d",
				 WTERMSIG(status));
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return error_set(err, ERROR_INTERNAL, "the child ended with %d",
				 WIFEXITED(status) ? WEXITSTATUS(status) : -1);
	return 0;
}

/* The frame is the child's word: a code is one of ours or INTERNAL. */
static int
open_frame(struct str frame, struct buf *out, struct error *err)
{
	struct str rest = str_slice(frame, 1, frame.len);
	unsigned char code;

	if (frame.len == 0)
		return error_set(err, ERROR_INTERNAL,
				 "the child gave no answer");
	code = (unsigned char)frame.p[0];
	if (code != ERROR_NONE)
		return error_set(err,
				 code <= ERROR_INTERNAL ? (enum error_code)code
							: ERROR_INTERNAL,
				 "%.*s", STR_ARG(rest));
	buf_str(out, rest);
	return 0;
}

static int
attend(const struct jail_limits *limits, pid_t child, int fd, struct buf *out,
       struct error *err)
{
	struct watch w = {
		.fd = fd,
		.until_us = now_mono_us() + limits->wall_ms * 1000,
		.most = limits->output_bytes + 1 + ERROR_TEXT_BYTES,
	};
	struct buf frame = { 0 };
	int result = listen_to(&w, &frame, err);
	int status;

	if (result < 0 || w.is_late || w.is_long)
		(void)kill(child, SIGKILL);
	status = wait_for(child);
	if (result == 0)
		result = post_mortem(limits, &w, status, err);
	if (result == 0)
		result = open_frame(buf_view(&frame), out, err);
	buf_fini(&frame);
	return result;
}

int
jail_fork(const struct jail_limits *limits, jail_function *run,
	  struct str input, struct buf *out, struct error *err)
{
	pid_t parent = getpid(), child;
	int ends[2], result;

	check(limits->cpu_s > 0 && limits->wall_ms > 0);
	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_system(err, errno, "a pipe for a child");
	child = fork();
	if (child < 0) {
		result = error_system(err, errno, "a child");
		(void)close(ends[0]);
		(void)close(ends[1]);
		return result;
	}
	if (child == 0) {
		reset_signals();
		lock_up(limits, parent, ends[1]);
		live(limits, run, input);
	}
	(void)close(ends[1]);
	result = attend(limits, child, ends[0], out, err);
	(void)close(ends[0]);
	return result;
}
