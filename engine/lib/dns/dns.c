/*
 * Questions in flight, and answers that were had, by type and name.
 *
 * c-ares asks and keeps the time; here is what drives it: poll() on what it
 * has open, until the answer that somebody waits for is there. All others that
 * come meanwhile are kept as well.
 *
 * Rejected: getaddrinfo() and res_query(), which ask one after the other and
 * know no port; libunbound, which validates, and brings a resolver of its own
 * where the operator has one.
 */
#include "dns/dns.h"

#include <sys/select.h> /* ares.h needs it */

#include <ares.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/time.h>

#include "base/arena.h"
#include "base/map.h"

enum {
	TIMEOUT_MS = 1500, /* of the first try; the next wait twice as long */
	TRIES = 3,
	EDNS_BYTES = 1232, /* of DNS Flag Day 2020: never in fragments */
	FLIGHT_MAX = 64,
	/* The macros of ares.h shift a 1 into the sign for the last of 16. */
	SOCKETS_MAX = ARES_GETSOCK_MAXNUM - 1,
};

struct question {
	struct dns *dns;
	enum dns_type type;
	bool is_answered;
	struct dns_answer answer;
};

struct dns {
	struct arena *arena;
	ares_channel channel;
	struct map questions; /* "TXT name" -> struct question */
	int flying;
};

const char *
dns_type_name(enum dns_type type)
{
	switch (type) {
#define DNS_TYPE_NAME(name, number) \
	case DNS_##name:            \
		return #name;
		DNS_TYPES(DNS_TYPE_NAME)
#undef DNS_TYPE_NAME
	}
	check(false);
	return NULL;
}

bool
dns_is_name(struct str name)
{
	struct str label;

	if (name.len > 0 && name.p[name.len - 1] == '.')
		name.len--;
	if (name.len == 0 || name.len > DNS_NAME_MAX)
		return false;
	if (name.p[name.len - 1] == '.')
		return false;
	while (str_split(&name, '.', &label)) {
		if (label.len == 0 || label.len > 63)
			return false;
		for (size_t i = 0; i < label.len; i++)
			if (label.p[i] <= ' ' || label.p[i] > '~' ||
			    label.p[i] == '\\')
				return false;
	}
	return true;
}

/* ---- open and close ---- */

/* c-ares takes what it does not understand for another thing. */
static bool
is_server(struct str server)
{
	ptrdiff_t colon = str_find_char(server, ':');
	struct dns_address address;
	struct str host = server;
	struct str port = { 0 };
	int64_t number;

	if (server.len > 0 && server.p[0] == '[') {
		colon = str_find_char(server, ']') + 1;
		if (colon <= 0)
			return false;
		host = str_slice(server, 1, (size_t)colon - 1);
		port = str_slice(server, (size_t)colon, server.len);
	} else if (colon >= 0 && !dns_address_parse(server, &address)) {
		host = str_slice(server, 0, (size_t)colon);
		port = str_slice(server, (size_t)colon, server.len);
	}
	if (!dns_address_parse(host, &address))
		return false;
	if (port.len == 0)
		return true;
	return port.p[0] == ':' &&
	       str_int(str_slice(port, 1, port.len), 1, 65535, &number);
}

static bool
are_servers(const char *servers)
{
	struct str rest = str_of(servers);
	struct str server;

	if (rest.len == 0)
		return false;
	while (str_split(&rest, ',', &server))
		if (!is_server(server))
			return false;
	return true;
}

static int
open_channel(struct dns *d, const char *servers, struct error *err)
{
	static char files[] = "b";
	struct ares_options options = {
		.flags =
		    ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_EDNS,
		.timeout = TIMEOUT_MS,
		.tries = TRIES,
		.lookups = files,
		.ednspsz = EDNS_BYTES,
	};
	int status = ares_init_options(&d->channel, &options,
				       ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS |
					   ARES_OPT_TRIES | ARES_OPT_LOOKUPS |
					   ARES_OPT_EDNSPSZ);

	if (status != ARES_SUCCESS)
		return error_set(err, ERROR_IO, "resolver: %s",
				 ares_strerror(status));
	if (!servers ||
	    (are_servers(servers) &&
	     ares_set_servers_ports_csv(d->channel, servers) == ARES_SUCCESS))
		return 0;
	return error_set(err, ERROR_INVALID,
			 "resolver \"%s\", expected ADDRESS[:PORT]", servers);
}

int
dns_open(struct dns **out, const char *servers, struct error *err)
{
	struct dns *d = calloc(1, sizeof(*d));

	check(d);
	d->arena = arena_new();
	map_init(&d->questions, d->arena, NULL);
	if (open_channel(d, servers, err) < 0) {
		dns_close(&d);
		return -(int)err->code;
	}
	*out = d;
	return 0;
}

void
dns_close(struct dns **dns)
{
	struct dns *d = *dns;

	if (!d)
		return;
	if (d->channel)
		ares_destroy(d->channel);
	arena_free(&d->arena);
	free(d);
	*dns = NULL;
}

/* ---- asking ---- */

static void
answered(void *arg, int status, int timeouts, unsigned char *message, int len)
{
	struct question *q = arg;

	(void)timeouts;
	q->is_answered = true;
	q->dns->flying--;
	switch (status) {
	case ARES_SUCCESS:
		dns_parse(q->dns->arena, q->type, message, (size_t)len,
			  &q->answer);
		break;
	case ARES_ENOTFOUND:
	case ARES_EBADNAME:
		q->answer.fate = DNS_NO_NAME;
		break;
	case ARES_ENODATA:
		q->answer.fate = DNS_NO_DATA;
		break;
	default:
		q->answer.fate = DNS_FAILED;
		q->answer.why = ares_strerror(status);
	}
}

/* Until something comes or is too late. */
static void
pump(struct dns *d)
{
	ares_socket_t sockets[SOCKETS_MAX];
	struct pollfd fds[SOCKETS_MAX];
	int bits = ares_getsock(d->channel, sockets, SOCKETS_MAX);
	struct timeval most = { .tv_sec = 1 };
	struct timeval room;
	const struct timeval *wait;
	nfds_t count = 0;

	for (int i = 0; i < SOCKETS_MAX; i++) {
		short events = 0;

		if (ARES_GETSOCK_READABLE(bits, i))
			events |= POLLIN;
		if (ARES_GETSOCK_WRITABLE(bits, i))
			events |= POLLOUT;
		if (events)
			fds[count++] = (struct pollfd){ sockets[i], events, 0 };
	}
	wait = ares_timeout(d->channel, &most, &room);
	(void)poll(fds, count,
		   (int)(wait->tv_sec * 1000 + wait->tv_usec / 1000 + 1));
	for (nfds_t i = 0; i < count; i++)
		if (fds[i].revents)
			ares_process_fd(
			    d->channel,
			    fds[i].revents & ~POLLOUT ? fds[i].fd
						      : ARES_SOCKET_BAD,
			    fds[i].revents & POLLOUT ? fds[i].fd
						     : ARES_SOCKET_BAD);
	ares_process_fd(d->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

static void
ask(struct dns *d, struct str name, struct question *q)
{
	if (!dns_is_name(name)) {
		q->is_answered = true;
		q->answer.fate = DNS_NO_NAME;
		return;
	}
	if (d->questions.count > DNS_QUESTIONS_MAX) {
		q->is_answered = true;
		q->answer.fate = DNS_FAILED;
		q->answer.why = "too many questions";
		return;
	}
	while (d->flying >= FLIGHT_MAX)
		pump(d);
	d->flying++;
	ares_query(d->channel, str_cstr(d->arena, name), 1 /* IN */,
		   (int)q->type, answered, q);
}

static struct question *
question_of(struct dns *d, struct str name, enum dns_type type)
{
	struct str lower = str_lower(d->arena, name);
	struct str key = str_printf(d->arena, "%s %.*s", dns_type_name(type),
				    STR_ARG(lower));
	struct question *q = map_find(&d->questions, key);

	if (q)
		return q;
	q = ARENA_NEW(d->arena, struct question);
	q->dns = d;
	q->type = type;
	map_put(&d->questions, key, q);
	ask(d, lower, q);
	return q;
}

void
dns_want(struct dns *d, struct str name, enum dns_type type)
{
	(void)question_of(d, name, type);
}

const struct dns_answer *
dns_get(struct dns *d, struct str name, enum dns_type type)
{
	struct question *q = question_of(d, name, type);

	while (!q->is_answered)
		pump(d);
	return &q->answer;
}

static void
want_of(void *arg, struct str name, enum dns_type type)
{
	dns_want(arg, name, type);
}

static const struct dns_answer *
get_of(void *arg, struct str name, enum dns_type type)
{
	return dns_get(arg, name, type);
}

struct dns_source
dns_source(struct dns *dns)
{
	return (struct dns_source){ want_of, get_of, dns };
}
