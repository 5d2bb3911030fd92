/*
 * guidon_sink - a receiver of mail that misbehaves as it is told, and writes
 * down what it really accepted
 *
 *	guidon_sink --ledger FILE [--port N] [--max-connections N]
 *		[--chunking] [--pipelining] [--stall-ms N]
 *		[--seed N] [--weights FAULT=N,...] | [--at MOMENT --do FAULT]
 *
 * It listens on 127.0.0.1, prints the port and runs until it is killed.
 *
 * Without --at, each message meets a fault drawn from the weights by seed,
 * Message-ID and attempt; by default those of the crash campaign:
 *
 *	ok=70,4xx=10,5xx=5,drop=5,accept-drop=4,accept-stall=3,half-close=2,
 *	garbage=1
 *
 * "drop" happens in the bytes, the others after the dot; after half-close and
 * garbage every other message was accepted. With --at, every message meets
 * that one fault at that one moment:
 *
 *	connect banner ehlo mail rcpt data body dot
 *	ok 4xx 5xx 421 drop rst stall garbage half-close accept-drop
 *	accept-stall (these two at "dot"; no other fault there accepts)
 *
 * The ledger (sink_ledger.c) is the truth: a message was accepted as often as
 * it says so, with these bytes, and nobody was told before it was on disk.
 *
 * One thread for each connection: stalls are then plain waits.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/crypto.h"
#include "sink_priv.h"

enum { STALL_MS = 30000, CONNECTIONS_MAX = 256, BACKLOG = 128 };

struct caller {
	struct sink *sink;
	int fd;
};

/* ---- options ---- */

static _Noreturn void
usage(const char *what, const char *value)
{
	fprintf(stderr, "guidon_sink: %s: \"%s\"\n", what, value);
	exit(2);
}

static int64_t
number(const char *name, const char *text, int64_t max)
{
	int64_t n;

	if (!str_int(str_of(text), 0, max, &n))
		usage(name, text);
	return n;
}

static void
read_weight(int weights[SINK_FAULT_COUNT], struct str part)
{
	struct str name, count = part;
	int64_t weight = 0;
	int fault = -1;

	if (str_split(&count, '=', &name))
		fault = sink_fault_of(name);
	if (fault < 0 || !str_int(count, 0, INT_MAX / 16, &weight))
		usage("--weights", part.p);
	weights[fault] = (int)weight;
}

static void
read_weights(int weights[SINK_FAULT_COUNT], const char *text)
{
	struct str rest = str_of(text);
	struct str part;
	int sum = 0;

	for (int i = 0; i < SINK_FAULT_COUNT; i++)
		weights[i] = 0;
	while (str_split(&rest, ',', &part))
		read_weight(weights, part);
	for (int i = 0; i < SINK_FAULT_COUNT; i++)
		sum += weights[i];
	if (sum == 0)
		usage("--weights", text);
}

static void
force(struct sink_options *o, const char *at, const char *fault)
{
	int moment = sink_moment_of(str_of(at));
	int what = sink_fault_of(str_of(fault));

	if (moment < 0)
		usage("--at", at ? at : "");
	if (what < 0)
		usage("--do", fault ? fault : "");
	if (what >= SINK_FAULT_ACCEPT_DROP && moment != SINK_DOT)
		usage("--do needs --at dot", fault);
	o->forced = true;
	o->plan = sink_plan_of((enum sink_moment)moment, (enum sink_fault)what);
}

static const struct option names[] = {
	{ "port", required_argument, NULL, 'p' },
	{ "ledger", required_argument, NULL, 'l' },
	{ "max-connections", required_argument, NULL, 'm' },
	{ "stall-ms", required_argument, NULL, 't' },
	{ "seed", required_argument, NULL, 's' },
	{ "weights", required_argument, NULL, 'w' },
	{ "at", required_argument, NULL, 'a' },
	{ "do", required_argument, NULL, 'd' },
	{ "chunking", no_argument, NULL, 'c' },
	{ "pipelining", no_argument, NULL, 'i' },
	{ 0 },
};

static void
read_option(struct sink_options *o, int letter)
{
	switch (letter) {
	case 'p':
		o->port = (int)number("--port", optarg, UINT16_MAX);
		break;
	case 'l':
		o->ledger = optarg;
		break;
	case 'm':
		o->connections_max =
		    (int)number("--max-connections", optarg, INT_MAX);
		break;
	case 't':
		o->stall_ms = number("--stall-ms", optarg, INT_MAX);
		break;
	case 's':
		o->seed = (uint64_t)number("--seed", optarg, INT64_MAX);
		break;
	case 'w':
		read_weights(o->weights, optarg);
		break;
	case 'c':
		o->chunking = true;
		break;
	case 'i':
		o->pipelining = true;
		break;
	default:
		exit(2);
	}
}

static void
read_options(struct sink_options *o, int argc, char **argv)
{
	const char *at = NULL, *fault = NULL;
	int letter;

	while ((letter = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (letter == 'a')
			at = optarg;
		else if (letter == 'd')
			fault = optarg;
		else
			read_option(o, letter);
	}
	if (optind < argc)
		usage("unexpected", argv[optind]);
	if (!o->ledger)
		usage("missing", "--ledger");
	if (at || fault)
		force(o, at, fault);
}

/* ---- listening ---- */

static _Noreturn void
give_up(const char *what)
{
	perror(what);
	exit(1);
}

static int
listen_on(int port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	const int on = 1;

	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(fd, BACKLOG) < 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &size) < 0)
		give_up("guidon_sink: listen");
	printf("%d\n", ntohs(address.sin_port));
	fflush(stdout);
	return fd;
}

static void *
serve(void *arg)
{
	static const char busy[] = "421 4.3.2 too many connections\r\n";
	struct caller caller = *(struct caller *)arg;
	struct sink *sink = caller.sink;
	const int on = 1;

	free(arg);
	setsockopt(caller.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (atomic_fetch_add(&sink->connections, 1) <
	    sink->options.connections_max)
		sink_session(sink, caller.fd);
	else
		send(caller.fd, busy, sizeof(busy) - 1, MSG_NOSIGNAL);
	close(caller.fd);
	atomic_fetch_sub(&sink->connections, 1);
	return NULL;
}

static void
answer(struct sink *sink, int fd)
{
	struct caller *caller = malloc(sizeof(*caller));
	pthread_t thread;

	check(caller);
	*caller = (struct caller){ .sink = sink, .fd = fd };
	if (pthread_create(&thread, NULL, serve, caller) != 0 ||
	    pthread_detach(thread) != 0)
		give_up("guidon_sink: thread");
}

int
main(int argc, char **argv)
{
	static struct sink sink = {
		.options = {
			.connections_max = CONNECTIONS_MAX,
			.stall_ms = STALL_MS,
			.seed = 1,
			.weights = {
				[SINK_FAULT_OK] = 70,
				[SINK_FAULT_4XX] = 10,
				[SINK_FAULT_5XX] = 5,
				[SINK_FAULT_DROP] = 5,
				[SINK_FAULT_ACCEPT_DROP] = 4,
				[SINK_FAULT_ACCEPT_STALL] = 3,
				[SINK_FAULT_HALF_CLOSE] = 2,
				[SINK_FAULT_GARBAGE] = 1,
			},
		},
	};
	struct error err;
	int listener;

	crypto_init();
	sink.options.plan = sink_plan_of(SINK_DOT, SINK_FAULT_OK);
	read_options(&sink.options, argc, argv);
	if (ledger_open(&sink.ledger, sink.options.ledger, &err) < 0) {
		fprintf(stderr, "guidon_sink: %s\n", err.text);
		return 1;
	}
	listener = listen_on(sink.options.port);
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd >= 0)
			answer(&sink, fd);
		else if (errno != EINTR && errno != ECONNABORTED)
			give_up("guidon_sink: accept");
	}
}
