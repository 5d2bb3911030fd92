/*
 * far PORT MS: a wire on which a round trip takes MS milliseconds longer.
 *
 * Listens on a port of its own, which is the line it prints, and hands each
 * connection on to 127.0.0.1:PORT. For measurements of what waits for replies
 * where the kernel has no netem.
 *
 * Since all bytes take as long, what came first is due first: one queue holds
 * the bytes of all connections, and their ends.
 */
#define _GNU_SOURCE /* epoll_pwait2 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/now.h"
#include "base/str.h"

enum { READ_MAX = 64 * 1024, EVENTS = 64 };

struct wire {
	int open; /* ways that have not ended */
	struct way {
		int from, to;
		struct wire *wire;
	} ways[2];
};

/* Without bytes: the way has ended. */
struct piece {
	struct piece *next;
	struct way *way;
	int64_t due_us;
	size_t len;
	char bytes[];
};

struct far {
	int events;
	int listener;
	int port;
	int64_t delay_us;
	struct piece *first, **last;
};

static struct sockaddr_in
address_of(int port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr = { htonl(INADDR_LOOPBACK) },
	};
}

static void
at_once(int fd)
{
	int one = 1;

	check(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) == 0);
}

static void
watch(struct far *f, int fd, void *what)
{
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = what };

	check(epoll_ctl(f->events, EPOLL_CTL_ADD, fd, &e) == 0);
}

static void
open_wire(struct far *f)
{
	struct sockaddr_in to = address_of(f->port);
	struct wire *w = calloc(1, sizeof(*w));
	int near = accept(f->listener, NULL, NULL);
	int there = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	check(w && near >= 0 && there >= 0);
	if (connect(there, (struct sockaddr *)&to, sizeof(to)) < 0) {
		close(near);
		close(there);
		free(w);
		return;
	}
	at_once(near);
	at_once(there);
	w->open = 2;
	w->ways[0] = (struct way){ near, there, w };
	w->ways[1] = (struct way){ there, near, w };
	watch(f, near, &w->ways[0]);
	watch(f, there, &w->ways[1]);
}

static void
take(struct far *f, struct way *way)
{
	struct piece *p = malloc(sizeof(*p) + READ_MAX);
	ssize_t got;

	check(p);
	got = read(way->from, p->bytes, READ_MAX);
	p->next = NULL;
	p->way = way;
	p->due_us = now_mono_us() + f->delay_us;
	p->len = got > 0 ? (size_t)got : 0;
	p = realloc(p, sizeof(*p) + p->len);
	check(p);
	*f->last = p;
	f->last = &p->next;
	if (!p->len)
		check(epoll_ctl(f->events, EPOLL_CTL_DEL, way->from, NULL) ==
		      0);
}

static void
end_way(struct way *way)
{
	struct wire *w = way->wire;

	shutdown(way->to, SHUT_WR);
	if (--w->open > 0)
		return;
	close(way->from);
	close(way->to);
	free(w);
}

/* Who does not read, or has gone, gets no more. */
static void
deliver(const struct piece *p)
{
	size_t at = 0;
	ssize_t put;

	if (!p->len) {
		end_way(p->way);
		return;
	}
	while (at < p->len) {
		put =
		    send(p->way->to, p->bytes + at, p->len - at, MSG_NOSIGNAL);
		if (put < 0 && errno != EINTR)
			return;
		at += put > 0 ? (size_t)put : 0;
	}
}

static void
deliver_due(struct far *f)
{
	struct piece *p;

	while ((p = f->first) && p->due_us <= now_mono_us()) {
		f->first = p->next;
		if (!f->first)
			f->last = &f->first;
		deliver(p);
		free(p);
	}
}

static int
wait_for(const struct far *f, struct epoll_event *events)
{
	int64_t us = f->first ? f->first->due_us - now_mono_us() : 0;
	struct timespec left = { 0 };

	if (us > 0)
		left = (struct timespec){ us / 1000000, us % 1000000 * 1000 };
	return epoll_pwait2(f->events, events, EVENTS, f->first ? &left : NULL,
			    NULL);
}

static void
open_far(struct far *f, int port, int64_t delay_us)
{
	struct sockaddr_in own = address_of(0);
	socklen_t length = sizeof(own);

	*f = (struct far){ .port = port, .delay_us = delay_us };
	f->last = &f->first;
	f->events = epoll_create1(EPOLL_CLOEXEC);
	f->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	check(f->events >= 0 && f->listener >= 0);
	check(bind(f->listener, (struct sockaddr *)&own, sizeof(own)) == 0);
	check(listen(f->listener, SOMAXCONN) == 0);
	check(getsockname(f->listener, (struct sockaddr *)&own, &length) == 0);
	watch(f, f->listener, NULL);
	printf("%d\n", ntohs(own.sin_port));
	fflush(stdout);
}

static void
run(struct far *f)
{
	struct epoll_event events[EVENTS];
	int count;

	for (;;) {
		count = wait_for(f, events);
		check(count >= 0 || errno == EINTR);
		for (int i = 0; i < count; i++) {
			if (events[i].data.ptr)
				take(f, events[i].data.ptr);
			else
				open_wire(f);
		}
		deliver_due(f);
	}
}

int
main(int argc, char **argv)
{
	struct far f;
	int64_t port, ms;

	if (argc != 3 || !str_int(str_of(argv[1]), 1, 65535, &port) ||
	    !str_int(str_of(argv[2]), 0, 10000, &ms)) {
		fprintf(stderr, "usage: far PORT MS\n");
		return EXIT_FAILURE;
	}
	open_far(&f, (int)port, ms * 500);
	run(&f);
}
