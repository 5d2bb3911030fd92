/*
 * The helper: a process with one thread that forks a child for each request,
 * waits for it and says how it went. It is forked before there are threads and
 * never runs anything of others itself. As it is a copy of the process, a
 * function has the same address in both; so a request is the address, the
 * limits and the bytes, over a socket:
 *
 *	struct request, bytes  ---->
 *	                       <----  struct reply, answer or error's text
 *
 * It ends when the socket does, which the kernel sees to when its parent dies.
 */
#define _GNU_SOURCE /* close_range() */
#include "jail/jail.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "jail/jail_priv.h"

struct jail {
	pthread_mutex_t one_at_a_time;
	pid_t helper;
	int fd;
};

struct request {
	jail_function *run;
	struct jail_limits limits;
	size_t input_len;
};

struct reply {
	enum error_code code;
	size_t len;
};

/* ---- all bytes over a socket ---- */

static bool
put(int fd, const void *bytes, size_t len)
{
	const char *p = bytes;

	while (len > 0) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

static bool
get(int fd, void *bytes, size_t len)
{
	char *p = bytes;

	while (len > 0) {
		ssize_t n = recv(fd, p, len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

/* ---- in the helper ---- */

static bool
serve_one(int fd)
{
	struct request r;
	struct buf input = { 0 }, out = { 0 };
	struct error err = { 0 };
	struct reply reply = { .code = ERROR_NONE };
	bool ok;

	if (!get(fd, &r, sizeof(r)) ||
	    (r.input_len > 0 &&
	     !get(fd, buf_grow(&input, r.input_len), r.input_len)))
		return false;
	if (jail_fork(&r.limits, r.run, buf_view(&input), &out, &err) < 0) {
		buf_clear(&out);
		buf_cat(&out, err.text);
		reply.code = err.code;
	}
	reply.len = out.len;
	ok = put(fd, &reply, sizeof(reply)) && put(fd, out.p, out.len);
	buf_fini(&input);
	buf_fini(&out);
	return ok;
}

/* Signals for the group are the parent's: when it is done, the socket ends. */
static _Noreturn void
serve(int fd)
{
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGCHLD, SIG_DFL);
	if (dup2(fd, STDIN_FILENO) < 0 || close_range(3, ~0U, 0) < 0)
		_exit(1);
	while (serve_one(STDIN_FILENO))
		continue;
	_exit(0);
}

/* ---- in the process ---- */

int
jail_open(struct jail **out, struct error *err)
{
	struct jail *j;
	int ends[2], number;
	pid_t helper;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return error_system(err, errno, "a socket for a helper");
	helper = fork();
	number = errno;
	if (helper == 0)
		serve(ends[1]);
	(void)close(ends[1]);
	if (helper < 0) {
		(void)close(ends[0]);
		return error_system(err, number, "a helper");
	}
	j = calloc(1, sizeof(*j));
	check(j && pthread_mutex_init(&j->one_at_a_time, NULL) == 0);
	j->helper = helper;
	j->fd = ends[0];
	*out = j;
	return 0;
}

void
jail_close(struct jail **j)
{
	if (!*j)
		return;
	(void)close((*j)->fd);
	while (waitpid((*j)->helper, NULL, 0) < 0 && errno == EINTR)
		continue;
	(void)pthread_mutex_destroy(&(*j)->one_at_a_time);
	free(*j);
	*j = NULL;
}

static int
ask(struct jail *j, const struct request *r, struct str input, struct buf *out,
    struct error *err)
{
	struct buf answer = { 0 };
	struct reply reply;
	bool ok = put(j->fd, r, sizeof(*r)) && put(j->fd, input.p, input.len) &&
		  get(j->fd, &reply, sizeof(reply)) &&
		  (reply.len == 0 ||
		   get(j->fd, buf_grow(&answer, reply.len), reply.len));
	int result = 0;

	if (!ok)
		result = error_set(err, ERROR_IO, "the jail's helper is gone");
	else if (reply.code != ERROR_NONE)
		result = error_set(err, reply.code, "%s", buf_cstr(&answer));
	else
		buf_str(out, buf_view(&answer));
	buf_fini(&answer);
	return result;
}

int
jail_run(struct jail *j, const struct jail_limits *limits, jail_function *run,
	 struct str input, struct buf *out, struct error *err)
{
	const struct request r = { run, *limits, input.len };
	int result;

	if (!j)
		return jail_fork(limits, run, input, out, err);
	check(pthread_mutex_lock(&j->one_at_a_time) == 0);
	result = ask(j, &r, input, out, err);
	check(pthread_mutex_unlock(&j->one_at_a_time) == 0);
	return result;
}
