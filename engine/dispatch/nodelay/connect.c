/*
 * connect(2), as the executable and all its libraries see it.
 *
 * The SMTP library writes a message in blocks of 2 KB, never sets TCP_NODELAY
 * and shows nobody its socket, so that Nagle's algorithm and delayed
 * acknowledgements make each message wait 40 ms. It also connects blocking,
 * which takes minutes to fail. Both are mended in the one call that it must
 * make: the dynamic linker binds a library's connect() to the first definition
 * it finds, the executable comes first, and the system's is found behind ours
 * by RTLD_NEXT.
 *
 * That holds for every connect() of the process, so ours does nothing unless
 * its thread has asked for it.
 *
 * This is an object of its own in the link, never a member of an archive: the
 * linker takes from an archive only what the program itself lacks, and what
 * libraries lack does not count.
 *
 * A socket that its owner made non-blocking stays so: then only TCP_NODELAY is
 * set, and waiting is the owner's.
 *
 * Rejected: a library to preload, which an operator would have to know of; a
 * patched SMTP library, which would have to be carried along for ever.
 */
#define _GNU_SOURCE /* RTLD_NEXT */
#include "dispatch/dispatch_nodelay.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>

#include "base/check.h"
#include "base/now.h"

static _Thread_local int timeout_ms; /* 0: do nothing */
static _Thread_local int connected = -1;

static __typeof__(&connect) next_connect;
static pthread_once_t once = PTHREAD_ONCE_INIT;

void
nodelay_begin(int connect_timeout_ms)
{
	check(timeout_ms == 0 && connect_timeout_ms > 0);
	timeout_ms = connect_timeout_ms;
	connected = -1;
}

void
nodelay_end(void)
{
	check(timeout_ms > 0);
	timeout_ms = 0;
}

int
nodelay_socket(void)
{
	return connected;
}

static void
find_next(void)
{
	void *symbol = dlsym(RTLD_NEXT, "connect");

	check(symbol);
	memcpy(&next_connect, &symbol, sizeof(next_connect));
}

/* 0 connected, -1 with errno. */
static int
wait_connected(int fd, int64_t end_us)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	socklen_t length = sizeof(int);
	int64_t left_us;
	int error;
	int got;

	do {
		left_us = end_us - now_mono_us();
		got = left_us > 0 ? poll(&p, 1, (int)(left_us / 1000) + 1) : 0;
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return -1;
	if (got == 0)
		error = ETIMEDOUT;
	else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0)
		return -1;
	errno = error;
	return error ? -1 : 0;
}

static int
connect_within(int fd, __CONST_SOCKADDR_ARG address, socklen_t length)
{
	int64_t end_us = now_mono_us() + (int64_t)timeout_ms * 1000;
	int flags = fcntl(fd, F_GETFL);
	int error;
	int rc;

	if (flags < 0 || (flags & O_NONBLOCK))
		return next_connect(fd, address, length);
	if (fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -1;
	rc = next_connect(fd, address, length);
	if (rc < 0 && (errno == EINPROGRESS || errno == EINTR))
		rc = wait_connected(fd, end_us);
	error = errno;
	if (fcntl(fd, F_SETFL, flags) < 0)
		return -1;
	errno = error;
	return rc;
}

int
connect(int fd, __CONST_SOCKADDR_ARG address, socklen_t length)
{
	const int on = 1;
	int rc;

	check(pthread_once(&once, find_next) == 0);
	if (timeout_ms == 0)
		return next_connect(fd, address, length);
	/* Fails where there is no TCP, and then it is not missed. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	rc = connect_within(fd, address, length);
	connected = rc == 0 ? fd : -1;
	return rc;
}
