#ifndef TESTS_LIB_HTTP_RAW_H
#define TESTS_LIB_HTTP_RAW_H

/*
 * http_raw - a client that sends exactly the bytes it is told to
 *
 * Functions abort by cmocka's fail_msg() on what only a broken machine does;
 * a server that closes is an ordinary answer. Reading gives up after 10 s.
 */

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "test.h"

static inline int
raw_connect(int port)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct timeval patience = { .tv_sec = 10 };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		fail_msg("no connection to port %d", port);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
			 sizeof(patience));
	return fd;
}

/* False when the other side has closed. */
static inline bool
raw_send(int fd, struct str bytes)
{
	while (bytes.len > 0) {
		ssize_t n = send(fd, bytes.p, bytes.len, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		bytes = str_slice(bytes, (size_t)n, bytes.len);
	}
	return true;
}

/* One more piece into `in`: 1, 0 at the end, -1 when none came in time. */
static inline int
raw_more(int fd, struct buf *in)
{
	char part[8192];
	ssize_t n = recv(fd, part, sizeof(part), 0);

	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return -1;
	if (n <= 0)
		return 0;
	buf_add(in, part, (size_t)n);
	return 1;
}

/* All until the server closes; false when it does not. */
static inline bool
raw_read_all(int fd, struct buf *in)
{
	int got;

	while ((got = raw_more(fd, in)) > 0)
		;
	return got == 0;
}

static inline size_t
raw_body_length(struct str head)
{
	static const struct str name = { "\r\nContent-Length: ", 18 };
	ptrdiff_t at = str_find(head, name);

	return at < 0 ? 0 : (size_t)strtol(head.p + at + name.len, NULL, 10);
}

/*
 * One whole response into `in`, which is cleared first; its status, or 0 when
 * the server closed before that, -1 when nothing came.
 */
static inline int
raw_response(int fd, struct buf *in, bool head_only)
{
	buf_clear(in);
	for (;;) {
		ptrdiff_t end = str_find(buf_view(in), STR("\r\n\r\n"));
		int got;

		if (end >= 0) {
			size_t body =
			    head_only ? 0
				      : raw_body_length(str_of(buf_cstr(in)));

			if (in->len >= (size_t)end + 4 + body)
				return (int)strtol(buf_cstr(in) + 9, NULL, 10);
		}
		got = raw_more(fd, in);
		if (got <= 0)
			return got;
	}
}

/* Sends it, and the status of the response. */
static inline int
raw_ask(int fd, const char *request, struct buf *in)
{
	(void)raw_send(fd, str_of(request));
	return raw_response(fd, in, strncmp(request, "HEAD", 4) == 0);
}

static inline bool
raw_has(struct buf *in, const char *part)
{
	return str_find(buf_view(in), str_of(part)) >= 0;
}

#endif
