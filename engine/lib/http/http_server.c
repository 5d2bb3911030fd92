/*
 * The loop polls the library's epoll descriptor and our eventfd, and then lets
 * the library run. Its internal polling thread is not used: it stalls when 128
 * connections are ready at once. Requests are suspended and resumed by the
 * loop thread only; http_ready() puts the exchange into a queue and writes to
 * the eventfd, so no two threads ever are inside the library, and no resume is
 * seen only at the next time-out.
 *
 * Waiting and closing. A handler that waits makes the exchange "awaited" and
 * its server one owner richer. Both last until http_ready(), which may come
 * after the loop has answered in its stead ("abandoned") and even after the
 * server was closed.
 *
 *	awaited -> http_ready() -> in the queue -> resumed -> sent
 *	awaited -> abandoned, resumed, 503 sent -> http_ready() frees it
 *
 * The library looks away from the listener while all places are taken, and
 * looks again only when it is run after one has become free. Nothing wakes the
 * loop for that, so it then turns by itself: waiting for SWEEP_MS would let in
 * four clients a second, and whoever holds the places could keep all others
 * out by that.
 *
 * Rejected: several loops on one port. One gives 70,000 answers a second after
 * a commit, and the handlers need no locks among each other.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/now.h"
#include "http/http_priv.h"

enum {
	DEFAULT_CONNECTIONS = 1000,
	DEFAULT_TIMEOUT_S = 10,
	DEFAULT_CLOSE_MS = 5000,
	LISTEN_BACKLOG = 1024,
	SWEEP_MS = 250,
	/* The head as received, its table of headers and ours. */
	CONNECTION_BYTES = 40 << 10,
	LAST_ROUNDS = 10, /* of the loop, for the 503s at the end */
	FULL_MS = 1,	  /* what the loop waits while all places are taken */
};

/* ---- waking the loop ---- */

static void
wake(struct http_server *server)
{
	uint64_t one = 1;

	/* It fails only when the counter is full, and that wakes as well. */
	(void)!write(server->wake, &one, sizeof(one));
}

void
http_wait(const struct http_request *request)
{
	struct http_exchange *x = request->exchange;
	struct http_server *server = x->server;

	check(!x->suspended);
	pthread_mutex_lock(&server->lock);
	x->awaited = true;
	server->owners++;
	pthread_mutex_unlock(&server->lock);
	x->suspended = true;
	MHD_suspend_connection(x->mhd);
}

void
http_ready(struct http_exchange *x, const struct http_response *response)
{
	struct http_server *server = x->server;
	bool last;

	pthread_mutex_lock(&server->lock);
	check(x->awaited);
	x->awaited = false;
	if (!x->abandoned) {
		x->response = *response;
		x->next = server->ready;
		server->ready = x;
	}
	last = x->abandoned && x->finished;
	pthread_mutex_unlock(&server->lock);
	if (last)
		http_exchange_free(x);
	else
		wake(server);
	http_server_release(server);
}

/* ---- the loop ---- */

static void
resume_ready(struct http_server *server)
{
	struct http_exchange *x;

	pthread_mutex_lock(&server->lock);
	x = server->ready;
	server->ready = NULL;
	pthread_mutex_unlock(&server->lock);
	while (x) {
		struct http_exchange *next = x->next;

		MHD_resume_connection(x->mhd);
		x = next;
	}
}

static void
wait_for_work(struct http_server *server, int most_ms)
{
	const union MHD_DaemonInfo *info =
	    MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	struct pollfd fds[] = {
		{ .fd = info->epoll_fd, .events = POLLIN },
		{ .fd = server->wake, .events = POLLIN },
	};
	MHD_UNSIGNED_LONG_LONG library_ms;
	uint64_t count;

	if (MHD_get_timeout(server->daemon, &library_ms) == MHD_YES &&
	    library_ms < (unsigned)most_ms)
		most_ms = (int)library_ms;
	if (most_ms > FULL_MS &&
	    server->connections.count >= server->connections.max - 1)
		most_ms = FULL_MS;
	(void)poll(fds, COUNT_OF(fds), most_ms);
	if (fds[1].revents)
		(void)!read(server->wake, &count, sizeof(count));
}

static void
turn(struct http_server *server, int most_ms)
{
	wait_for_work(server, most_ms);
	resume_ready(server);
	(void)MHD_run(server->daemon);
}

static bool
close_asked(struct http_server *server)
{
	bool asked;

	pthread_mutex_lock(&server->lock);
	asked = server->close_asked;
	pthread_mutex_unlock(&server->lock);
	return asked;
}

static void
serve(struct http_server *server)
{
	int64_t swept_us = now_mono_us();

	while (!close_asked(server)) {
		int64_t now_us;

		turn(server, SWEEP_MS);
		now_us = now_mono_us();
		if (now_us - swept_us < SWEEP_MS * 1000)
			continue;
		http_connections_sweep(&server->connections, now_us);
		swept_us = now_us;
	}
}

/* ---- closing, on the loop thread ---- */

static void
abandon(struct http_exchange *x)
{
	bool awaited;

	pthread_mutex_lock(&x->server->lock);
	awaited = x->awaited;
	x->abandoned = awaited;
	pthread_mutex_unlock(&x->server->lock);
	if (!awaited)
		return; /* it is in the queue */
	x->response = (struct http_response){
		.status = 503,
		.body = STR("closing\n"),
	};
	MHD_resume_connection(x->mhd);
}

static void
finish(struct http_server *server)
{
	const struct http_connections *all = &server->connections;
	int64_t until_us =
	    now_mono_us() + (int64_t)server->config.close_ms * 1000;

	server->closing = true;
	(void)close(MHD_quiesce_daemon(server->daemon));
	/* What has arrived but was not read yet counts as under way. */
	turn(server, 0);
	while (all->busy > 0 && now_mono_us() < until_us)
		turn(server, 10);
	for (struct http_connection *c = all->first; c; c = c->next)
		if (c->phase == HTTP_IN_HANDLER)
			abandon(c->exchange);
	for (int i = 0; i < LAST_ROUNDS && all->busy > 0; i++)
		turn(server, 1);
	resume_ready(server);
	MHD_stop_daemon(server->daemon);
	check(all->count == 0);
}

static void *
loop(void *arg)
{
	struct http_server *server = arg;

	serve(server);
	finish(server);
	return NULL;
}

/* ---- opening ---- */

static socklen_t
read_address(const struct http_config *config, struct sockaddr_storage *out)
{
	struct sockaddr_in *v4 = (void *)out;
	struct sockaddr_in6 *v6 = (void *)out;

	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, config->address, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)config->port);
		return sizeof(*v4);
	}
	if (inet_pton(AF_INET6, config->address, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)config->port);
		return sizeof(*v6);
	}
	return 0;
}

/* A port that is taken may be free later; all else is a wrong set-up. */
static int
cannot_listen(const struct http_config *config, int number, struct error *err)
{
	bool taken = number == EADDRINUSE;

	error_system(err, number, "cannot listen on %s port %d%s",
		     config->address, config->port,
		     taken ? " (choose another one, or end who has it)" : "");
	err->code = taken ? ERROR_BUSY : ERROR_CONFIG;
	return -(int)err->code;
}

static int
listen_at(struct http_server *server, struct error *err)
{
	const struct http_config *config = &server->config;
	struct sockaddr_storage at;
	socklen_t len = read_address(config, &at);
	int on = 1;

	if (len == 0 || config->port < 0 || config->port > 65535)
		return error_set(err, ERROR_CONFIG,
				 "listen address %s port %d, expected an IP "
				 "address and a port below 65536",
				 config->address, config->port);
	server->listener =
	    socket(at.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (server->listener < 0)
		return error_system(err, errno, "socket");
	(void)setsockopt(server->listener, SOL_SOCKET, SO_REUSEADDR, &on,
			 sizeof(on));
	if (bind(server->listener, (struct sockaddr *)&at, len) < 0 ||
	    listen(server->listener, LISTEN_BACKLOG) < 0)
		return cannot_listen(config, errno, err);
	len = sizeof(at);
	if (getsockname(server->listener, (struct sockaddr *)&at, &len) < 0)
		return error_system(err, errno, "getsockname");
	server->port = ntohs(at.ss_family == AF_INET
				 ? ((struct sockaddr_in *)&at)->sin_port
				 : ((struct sockaddr_in6 *)&at)->sin6_port);
	return 0;
}

/* Percent signs stay: what is decoded twice is decoded wrong. */
static size_t
leave_escaped(void *cls, struct MHD_Connection *mhd, char *s)
{
	(void)cls;
	(void)mhd;
	return strlen(s);
}

static int
start_daemon(struct http_server *server, struct error *err)
{
	const struct http_config *config = &server->config;

	server->daemon = MHD_start_daemon(
	    MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
	    http_exchange_step, server, MHD_OPTION_LISTEN_SOCKET,
	    server->listener, MHD_OPTION_STRICT_FOR_CLIENT, 1,
	    MHD_OPTION_CONNECTION_LIMIT, (unsigned int)config->connections_max,
	    MHD_OPTION_PER_IP_CONNECTION_LIMIT,
	    (unsigned int)config->connections_per_peer,
	    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)config->timeout_s,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
	    MHD_OPTION_URI_LOG_CALLBACK, http_exchange_begin, server,
	    MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, NULL,
	    MHD_OPTION_NOTIFY_COMPLETED, http_exchange_done, NULL,
	    MHD_OPTION_NOTIFY_CONNECTION, http_connection_notify, server,
	    MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_END);
	if (!server->daemon)
		return error_set(err, ERROR_IO,
				 "the HTTP server cannot be started");
	return 0;
}

/* All signals are for other threads, SIGPIPE for none. */
static int
start_loop(struct http_server *server, struct error *err)
{
	sigset_t all, before;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&server->thread, NULL, loop, server);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc != 0) {
		MHD_stop_daemon(server->daemon);
		server->listener = -1;
		return error_system(err, rc, "thread of the HTTP server");
	}
	return 0;
}

static int
or_default(int given, int otherwise)
{
	return given > 0 ? given : otherwise;
}

static struct http_server *
server_new(const struct http_config *config)
{
	struct http_server *server = calloc(1, sizeof(*server));
	struct http_config *c;

	check(server);
	server->config = *config;
	c = &server->config;
	c->connections_max =
	    or_default(c->connections_max, DEFAULT_CONNECTIONS);
	c->timeout_s = or_default(c->timeout_s, DEFAULT_TIMEOUT_S);
	c->close_ms = or_default(c->close_ms, DEFAULT_CLOSE_MS);
	server->connections.max = c->connections_max;
	server->connections.timeout_us = (int64_t)c->timeout_s * 1000000;
	server->listener = -1;
	server->owners = 1;
	pthread_mutex_init(&server->lock, NULL);
	server->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	check(server->wake >= 0);
	return server;
}

int
http_server_open(struct http_server **out, const struct http_config *config,
		 struct error *err)
{
	struct http_server *server = server_new(config);

	if (listen_at(server, err) < 0 || start_daemon(server, err) < 0 ||
	    start_loop(server, err) < 0) {
		if (server->listener >= 0)
			(void)close(server->listener);
		http_server_release(server);
		return -(int)err->code;
	}
	*out = server;
	return 0;
}

int
http_server_port(const struct http_server *server)
{
	return server->port;
}

void
http_server_release(struct http_server *server)
{
	int left;

	pthread_mutex_lock(&server->lock);
	left = --server->owners;
	pthread_mutex_unlock(&server->lock);
	if (left > 0)
		return;
	(void)close(server->wake);
	pthread_mutex_destroy(&server->lock);
	free(server);
}

void
http_server_close(struct http_server **server)
{
	struct http_server *s = *server;

	if (!s)
		return;
	pthread_mutex_lock(&s->lock);
	s->close_asked = true;
	pthread_mutex_unlock(&s->lock);
	wake(s);
	pthread_join(s->thread, NULL);
	http_server_release(s);
	*server = NULL;
}
