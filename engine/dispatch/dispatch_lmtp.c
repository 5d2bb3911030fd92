/*
 * Mail that comes by LMTP: a listener and a few connections, in one thread.
 * While a mail is taken, which takes a child and a commit, the others wait; a
 * mail system has few connections here, and keeps what is not answered.
 *
 * A recipient's 250 follows its commit, so a mail whose answer was lost comes
 * again and is told by its hash.
 *
 * It listens on loopback addresses and on sockets of the file system alone: who
 * may connect says what came back.
 */
#include "dispatch/dispatch_intake_priv.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/now.h"
#include "dispatch/dispatch_lmtp_priv.h"
#include "http/http_client.h"

_Static_assert((int)LMTP_KEPT_MAX == (int)DISPATCH_MAIL_MAX,
	       "what is kept is what is looked at");

enum { CONNECTIONS_MAX = 16, READ_BYTES = 65536, BACKLOG = 16 };
static const int64_t IDLE_US = INT64_C(300) * 1000 * 1000;

struct caller {
	int fd; /* -1: nobody */
	int64_t heard_us;
	bool closing; /* when all is sent */
	size_t sent;  /* of what is in out */
	struct lmtp *session;
};

struct lmtp_place {
	int fd;
	char *path; /* of a socket in the file system; NULL */
	struct caller callers[CONNECTIONS_MAX];
};

/* ---- where it listens ---- */

static int
listen_at(int fd, const struct sockaddr *address, socklen_t len,
	  struct error *err)
{
	const int one = 1;

	if (fd < 0)
		return error_system(err, errno, "a socket");
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, address, len) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	(void)error_system(err, errno, "listening");
	err->code = errno == EADDRINUSE ? ERROR_BUSY : ERROR_CONFIG;
	(void)close(fd);
	return -(int)err->code;
}

/* What a killed process left may be put aside; what somebody serves may not. */
static int
put_aside(const struct sockaddr_un *address, struct error *err)
{
	struct stat what;
	int fd, served;

	if (lstat(address->sun_path, &what) < 0)
		return 0;
	if (!S_ISSOCK(what.st_mode))
		return error_set(err, ERROR_CONFIG,
				 "found a file that is no socket");
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return error_system(err, errno, "a socket");
	served =
	    connect(fd, (const struct sockaddr *)address, sizeof(*address));
	(void)close(fd);
	if (served == 0)
		return error_set(err, ERROR_BUSY,
				 "somebody else listens there");
	(void)unlink(address->sun_path);
	return 0;
}

static int
open_path(struct lmtp_place *place, const char *path, struct error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t len = strlen(path);

	if (len >= sizeof(address.sun_path))
		return error_set(err, ERROR_CONFIG,
				 "a path of %zu bytes, expected less than %zu",
				 len, sizeof(address.sun_path));
	memcpy(address.sun_path, path, len + 1);
	if (put_aside(&address, err) < 0)
		return -(int)err->code;
	place->fd = listen_at(
	    socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
	    (struct sockaddr *)&address, sizeof(address), err);
	if (place->fd < 0)
		return place->fd;
	place->path = strdup(path);
	check(place->path);
	/* The folder it lies in says who may come to it. */
	if (chmod(path, 0666) < 0)
		return error_system(err, errno, "the socket");
	return 0;
}

static int
open_found(struct lmtp_place *place, const struct addrinfo *found,
	   struct error *err)
{
	place->fd =
	    listen_at(socket(found->ai_family,
			     SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
		      found->ai_addr, found->ai_addrlen, err);
	return place->fd < 0 ? place->fd : 0;
}

/* HOST:PORT, the host in brackets when it has colons of its own. */
static int
open_address(struct lmtp_place *place, struct str host, struct str port,
	     struct error *err)
{
	const struct addrinfo hints = {
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
	};
	struct arena *a = arena_new();
	struct addrinfo *found = NULL;
	int code;

	if (str_starts(host, STR("[")) && str_ends(host, STR("]")))
		host = str_slice(host, 1, host.len - 1);
	if (!http_client_is_loopback(host))
		code = error_set(err, ERROR_CONFIG,
				 "expected a loopback address such as "
				 "127.0.0.1, or the path of a socket");
	else if (getaddrinfo(str_cstr(a, host), str_cstr(a, port), &hints,
			     &found) != 0)
		code = error_set(err, ERROR_CONFIG,
				 "expected lmtp:127.0.0.1:PORT");
	else
		code = open_found(place, found, err);
	if (found)
		freeaddrinfo(found);
	arena_free(&a);
	return code;
}

static void
lmtp_close(void *self)
{
	struct lmtp_place *place = self;

	if (place->fd >= 0)
		(void)close(place->fd);
	if (place->path)
		(void)unlink(place->path);
	free(place->path);
	free(place);
}

static int
lmtp_open(void **out, const char *rest, struct error *err)
{
	struct lmtp_place *place = calloc(1, sizeof(*place));
	const char *colon = strrchr(rest, ':');
	int code;

	check(place);
	place->fd = -1;
	for (size_t i = 0; i < CONNECTIONS_MAX; i++)
		place->callers[i].fd = -1;
	if (rest[0] == '/' || !colon)
		code = open_path(place, rest, err);
	else
		code = open_address(
		    place, (struct str){ rest, (size_t)(colon - rest) },
		    str_of(colon + 1), err);
	if (code < 0) {
		lmtp_close(place);
		return code;
	}
	*out = place;
	return 0;
}

/* ---- callers ---- */

static void
hang_up(struct caller *c)
{
	if (c->fd < 0)
		return;
	lmtp_fini(c->session);
	free(c->session);
	(void)close(c->fd);
	*c = (struct caller){ .fd = -1 };
}

static void
answer_call(struct lmtp_place *place)
{
	int fd = accept(place->fd, NULL, NULL);

	for (size_t i = 0; fd >= 0 && i < CONNECTIONS_MAX; i++) {
		struct caller *c = &place->callers[i];

		if (c->fd >= 0)
			continue;
		*c = (struct caller){
			.fd = fd,
			.heard_us = now_mono_us(),
			.session = calloc(1, sizeof(*c->session)),
		};
		check(c->session);
		lmtp_init(c->session);
		return;
	}
	/* It comes again; and the line is free meanwhile. */
	if (fd >= 0)
		(void)close(fd);
}

/* What is not stored stays with the mail system, or goes back. */
static enum lmtp_said
answer_for(const struct dispatch_taken *taken)
{
	if (!taken->taken)
		return LMTP_LATER;
	switch (taken->kept) {
	case LEAD_REPLY_TOO_MANY:
		return LMTP_TOO_MANY;
	case LEAD_REPLY_TOO_LARGE:
		return LMTP_TOO_LARGE;
	case LEAD_REPLY_TAKEN:
		break;
	}
	return LMTP_TAKEN;
}

static void
take_mail(struct dispatch_intake *in, struct lmtp *l)
{
	while (l->state == LMTP_ANSWER) {
		const struct dispatch_mail mail = {
			.bytes = buf_view(&l->mail),
			.recipient = lmtp_recipient(l),
			.from_nobody = l->from_nobody,
		};
		struct dispatch_taken taken;
		struct error err = { 0 };
		bool good = dispatch_intake_take(in, &mail, 1, &taken, &err);

		if (!good && err.code != ERROR_BUSY)
			log_line(LOG_LEVEL_ERROR, "intake", "not_taken",
				 LOG_FIELDS(LOG_CSTR("msg", err.text)));
		lmtp_answer(l, answer_for(&taken));
	}
}

static void
talk(struct dispatch_intake *in, struct caller *c, struct str input)
{
	enum lmtp_step step = LMTP_MAIL;

	while (step == LMTP_MAIL) {
		step = lmtp_feed(c->session, &input);
		if (step == LMTP_MAIL)
			take_mail(in, c->session);
	}
	c->closing = step == LMTP_CLOSE;
}

/* False when nobody is there any more. */
static bool
hear(struct dispatch_intake *in, struct caller *c)
{
	char bytes[READ_BYTES];
	ssize_t len = recv(c->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (len < 0)
		return errno == EAGAIN || errno == EINTR;
	if (len == 0)
		return false;
	c->heard_us = now_mono_us();
	talk(in, c, (struct str){ bytes, (size_t)len });
	return true;
}

static bool
say(struct caller *c)
{
	struct buf *out = &c->session->out;
	ssize_t len = send(c->fd, out->p + c->sent, out->len - c->sent,
			   MSG_DONTWAIT | MSG_NOSIGNAL);

	if (len < 0)
		return errno == EAGAIN || errno == EINTR;
	c->sent += (size_t)len;
	if (c->sent == out->len) {
		buf_clear(out);
		c->sent = 0;
	}
	return true;
}

static bool
has_words(const struct caller *c)
{
	return c->session->out.len > c->sent;
}

/* Nothing is read from one who does not listen. */
static short
wishes(const struct caller *c)
{
	return has_words(c) ? POLLOUT : POLLIN;
}

static void
serve_caller(struct dispatch_intake *in, struct caller *c, short events)
{
	bool there = true;

	if (has_words(c)) {
		if (events)
			there = say(c);
	} else if (events) {
		there = hear(in, c);
	}
	if (there && has_words(c))
		there = say(c);
	if (!there || (c->closing && !has_words(c)) ||
	    now_mono_us() - c->heard_us > IDLE_US)
		hang_up(c);
}

static void
serve_all(struct lmtp_place *place, struct dispatch_intake *in,
	  const struct pollfd *polled)
{
	for (size_t i = 0; i < CONNECTIONS_MAX; i++)
		if (place->callers[i].fd >= 0)
			serve_caller(in, &place->callers[i],
				     polled[2 + i].revents);
	if (polled[1].revents)
		answer_call(place);
}

static int64_t
lmtp_run(void *self, struct dispatch_intake *in, struct error *err)
{
	struct lmtp_place *place = self;
	struct pollfd polled[2 + CONNECTIONS_MAX];
	int64_t code = 0;

	while (code == 0 && intake_goes_on(in)) {
		polled[0] = (struct pollfd){ .fd = intake_stop_fd(in),
					     .events = POLLIN };
		polled[1] =
		    (struct pollfd){ .fd = place->fd, .events = POLLIN };
		for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
			const struct caller *c = &place->callers[i];

			polled[2 + i] = (struct pollfd){ .fd = c->fd };
			if (c->fd >= 0)
				polled[2 + i].events = wishes(c);
		}
		if (poll(polled, COUNT_OF(polled), 1000) >= 0)
			serve_all(place, in, polled);
		else if (errno != EINTR)
			code = error_system(err, errno, "poll");
	}
	for (size_t i = 0; i < CONNECTIONS_MAX; i++)
		hang_up(&place->callers[i]);
	return code;
}

const struct intake_source lmtp_source = {
	.scheme = "lmtp",
	.is_looked_into = false,
	.look_ms = FOLDER_LOOK_MS,
	.open = lmtp_open,
	.close = lmtp_close,
	.run = lmtp_run,
};
