/*
 * What a relay answers, whatever it is, through either SMTP library and our
 * handlers: each message that was taken has one end, SENT only after its
 * marker, and nothing is read or written beyond its place.
 *
 * The first byte chooses: whether we have a user, whether the second marker is
 * refused, how many messages there are, and which library. All that follows is what the relay
 * says, at once; then it hangs up. The library looks at it reply by reply.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dispatch/dispatch_smtp_priv.h"
#include "fuzz.h"

enum { MESSAGES_MAX = 4, URL_BYTES = 80 };

enum { WITH_USER = 1, NO_SECOND_MARKER = 2, BY_CURL = 16 };

/* The feed of relay_transport; dispatch_feed.c is not part of this. */
struct dispatch_feed {
	int count;
	int taken;
	int ended;
	bool refuses;
	bool marked;
	bool stopped;
};

static const char bytes[] = "Date: Fri, 15 Jan 2027 08:00:00 +0000\r\n"
			    "From: <acme@northwind.example>\r\n"
			    "Message-ID: <1@northwind.example>\r\n\r\n.Hi\r\n";

/* ---- the feed ---- */

void
feed_connected(struct dispatch_feed *feed, struct str relay)
{
	check(feed->taken == 0 && relay.len > 0);
}

int
feed_session(const struct dispatch_feed *feed)
{
	return feed->count;
}

int
feed_next(struct dispatch_feed *feed, struct dispatch_message *out,
	  struct error *err)
{
	(void)err;
	if (feed->taken == feed->count)
		return 0;
	feed->taken++;
	feed->marked = false;
	*out = (struct dispatch_message){
		.sender = STR("acme@northwind.example"),
		.receiver = STR("joe@example.org"),
		.bytes = { bytes, sizeof(bytes) - 1 },
	};
	return 1;
}

int
feed_mark(struct dispatch_feed *feed, const struct dispatch_message *m,
	  struct error *err)
{
	(void)m, (void)err;
	check(!feed->marked && feed->ended == feed->taken - 1);
	if (feed->refuses && feed->taken == 2) {
		feed->ended++;
		return 0;
	}
	feed->marked = true;
	return 1;
}

void
feed_verdict(struct dispatch_feed *feed, const struct dispatch_message *m,
	     const struct outbox_verdict *verdict)
{
	(void)m;
	check(feed->ended++ == feed->taken - 1);
	check(verdict->kind != OUTBOX_VERDICT_SENT || feed->marked);
	check(verdict->kind != OUTBOX_VERDICT_UNKNOWN || feed->marked);
	for (size_t i = 0; i < verdict->status.len; i++)
		check(verdict->status.p[i] >= ' ' &&
		      verdict->status.p[i] <= '~');
}

void
feed_outcome(struct dispatch_feed *feed, const struct dispatch_message *m,
	     const struct dispatch_outcome *outcome)
{
	const struct outbox_verdict *verdict = &outcome->verdict;

	check(outcome->wait_ms >= 0);
	/* Who is told to wait is somebody. */
	check((verdict->kind == OUTBOX_VERDICT_WAITS) ==
	      (outcome->effect == DISPATCH_STOP_SENDER ||
	       outcome->effect == DISPATCH_STOP_RELAY));
	feed_verdict(feed, m, verdict);
}

/* The relay's URL names no provider. */
void
feed_name(struct dispatch_feed *feed, struct dispatch_message *m,
	  const char *provider)
{
	(void)feed, (void)m, (void)provider;
	check(false);
}

int
feed_stop_relay(struct dispatch_feed *feed, struct str said, struct error *err)
{
	(void)err;
	check(feed->ended == feed->taken && said.len > 0);
	return 0;
}

void
feed_return(struct dispatch_feed *feed, const struct dispatch_message *m)
{
	(void)m;
	check(feed->ended++ == feed->taken - 1 && !feed->marked);
}

void
feed_stop(struct dispatch_feed *feed, const struct error *why)
{
	check(why->code == ERROR_CONFIG && !feed->stopped);
	feed->stopped = true;
}

/* ---- the relay ---- */

static int listener = -1;
static char urls[2][2][URL_BYTES]; /* by libcurl, with a user */

static void
listen_once(void)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t length = sizeof(address);

	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	check(listener >= 0);
	check(bind(listener, (struct sockaddr *)&address, length) == 0);
	check(listen(listener, 8) == 0);
	check(getsockname(listener, (struct sockaddr *)&address, &length) == 0);
	for (int i = 0; i < 4; i++)
		snprintf(urls[i / 2][i % 2], URL_BYTES,
			 "smtp://%s127.0.0.1:%d?dot-timeout=2000%s",
			 i % 2 ? "acme@" : "", ntohs(address.sin_port),
			 i / 2 ? "&client=curl" : "");
	check(setenv("GUIDON_SMTP_PASSWORD", "open sesame", 1) == 0);
}

static void *
answer(void *arg)
{
	const struct str *says = arg;
	struct str rest = *says;
	char heard[4096];
	int fd = accept(listener, NULL, NULL);
	ssize_t n = 1;

	check(fd >= 0);
	while (rest.len > 0 &&
	       (n = send(fd, rest.p, rest.len, MSG_NOSIGNAL)) > 0)
		rest = str_slice(rest, (size_t)n, rest.len);
	(void)shutdown(fd, SHUT_WR);
	while (read(fd, heard, sizeof(heard)) > 0)
		continue;
	close(fd);
	return NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str says = { (const char *)data + 1, size - 1 };
	struct dispatch_feed feed = { 0 };
	struct error err;
	pthread_t thread;
	void *relay;

	if (size == 0)
		return 0;
	if (listener < 0)
		listen_once();
	feed.count = 1 + (data[0] >> 2) % MESSAGES_MAX;
	feed.refuses = data[0] & NO_SECOND_MARKER;
	check(relay_transport.open(
		  &relay, urls[!!(data[0] & BY_CURL)][data[0] & WITH_USER],
		  &err) >= 0);
	check(pthread_create(&thread, NULL, answer, &says) == 0);
	(void)relay_transport.session(relay, &feed, &err);
	check(pthread_join(thread, NULL) == 0);
	relay_transport.close(relay);
	check(feed.ended == feed.taken);
	return 0;
}
