/*
 * How far each connection is, and for how long it may stay there.
 *
 *	IN_HEAD -> IN_BODY -> IN_HANDLER -> IN_RESPONSE -> IN_HEAD ...
 *
 * The library's own timeout starts again with each byte, so it catches who
 * stops, while one byte a second holds a connection for ever. Here the clock of a phase starts once, and only
 * bytes of a body or of a response, of which there are so many at most, give
 * more time: 2 ms each, which is 500 bytes a second. IN_HANDLER has no limit,
 * for there it is us who are slow.
 *
 * A connection that is too slow is shut down, not closed: the socket is the
 * library's, which then finds its end and cleans up.
 *
 * The list is ordered by the moment of entering IN_HEAD. The first one that is
 * in it has been without a request for longest, and makes room for a new
 * client when all places are taken: so a client that opens many connections
 * and says nothing disconnects itself, not those who came to ask.
 */
#include <stdlib.h>

#include "base/now.h"
#include "http/http_priv.h"

enum { US_PER_BYTE = 2000 };

static void
append(struct http_connections *all, struct http_connection *c)
{
	c->prev = all->last;
	c->next = NULL;
	*(all->last ? &all->last->next : &all->first) = c;
	all->last = c;
}

static void
unlink_from(struct http_connections *all, struct http_connection *c)
{
	*(c->prev ? &c->prev->next : &all->first) = c->next;
	*(c->next ? &c->next->prev : &all->last) = c->prev;
}

void
http_connection_enter(struct http_connection *c, enum http_phase phase)
{
	struct http_connections *all = &c->server->connections;

	all->busy += (phase != HTTP_IN_HEAD) - (c->phase != HTTP_IN_HEAD);
	check(all->busy >= 0 && all->busy <= all->count);
	c->phase = phase;
	c->since_us = now_mono_us();
	c->bytes = 0;
	if (phase != HTTP_IN_HEAD)
		return;
	unlink_from(all, c);
	append(all, c);
}

static void
disconnect(const struct http_connection *c)
{
	(void)shutdown(c->fd, SHUT_RDWR);
}

static void
make_room(struct http_connections *all, const struct http_connection *newest)
{
	struct http_connection *c = all->first;

	while (c && c->phase != HTTP_IN_HEAD)
		c = c->next;
	if (c && c != newest)
		disconnect(c);
}

static struct http_connection *
connection_new(struct http_server *server, struct MHD_Connection *mhd)
{
	struct http_connection *c = calloc(1, sizeof(*c));

	check(c);
	c->server = server;
	c->fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)
		    ->connect_fd;
	c->since_us = now_mono_us();
	return c;
}

void
http_connection_notify(void *cls, struct MHD_Connection *mhd, void **context,
		       enum MHD_ConnectionNotificationCode code)
{
	struct http_server *server = cls;
	struct http_connections *all = &server->connections;
	struct http_connection *c = *context;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		c = connection_new(server, mhd);
		append(all, c);
		*context = c;
		if (++all->count >= all->max)
			make_room(all, c);
		return;
	}
	/* A request that never passed the library's own parser. */
	if (c->exchange)
		http_exchange_finish(c->exchange);
	if (c->phase != HTTP_IN_HEAD)
		http_connection_enter(c, HTTP_IN_HEAD);
	unlink_from(all, c);
	all->count--;
	free(c);
	*context = NULL;
}

struct http_connection *
http_connection_of(struct MHD_Connection *mhd)
{
	return MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
	    ->socket_context;
}

void
http_connections_sweep(struct http_connections *all, int64_t now_us)
{
	for (struct http_connection *c = all->first; c; c = c->next) {
		int64_t more = (int64_t)c->bytes * US_PER_BYTE;

		if (c->phase != HTTP_IN_HANDLER &&
		    now_us - c->since_us > all->timeout_us + more)
			disconnect(c);
	}
}
