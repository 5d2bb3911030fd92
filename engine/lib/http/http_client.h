#ifndef HTTP_HTTP_CLIENT_H
#define HTTP_HTTP_CLIENT_H

/*
 * http_client - POSTs to addresses that others chose, and what became of each
 *
 * Many transfers at once on the caller's thread (curl multi):
 *
 *	http_client_open(&client, err);
 *	http_client_submit(client, &post, done, arg);
 *	while (http_client_run(client, 100) > 0)
 *		...			   done() is called from in here
 *	http_client_close(&client);
 *
 * One request is one connection and one attempt: HTTP/1.1, no connection is
 * used twice (a library that may do so may also send twice), no redirect is
 * followed, no proxy, no cookie, no password. TLS is verified.
 *
 * The guard. What a name resolves to is looked at when the socket is opened,
 * and again when it is connected: only addresses of the public internet pass,
 * so a name cannot lead us to a neighbour (threat: server-side request
 * forgery). A development set-up reaches loopback, and nothing else.
 *
 * Thread rule: a client belongs to one thread; several clients to several.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/check.h"
#include "base/error.h"
#include "base/str.h"

struct http_client;

enum {
	HTTP_REPLY_BYTES = 1000,     /* of a body, kept for reports */
	HTTP_BODY_BYTES = 64 * 1024, /* of a body, read at most */
	HTTP_CONNECT_MS = 10 * 1000,
	HTTP_URL_BYTES = 2000,
};

struct http_post {
	const char *url;
	struct str body;	    /* borrowed until done() */
	const char *const *headers; /* "Name: value", ended by NULL */
	int timeout_ms;		    /* for all of it */
};

/* The caller knows what each means for its row. */
#define HTTP_FATES(X)                                                  \
	X(ANSWERED, "answered") /* status and text are the server's */ \
	X(NOT_SENT, "not sent") /* no byte of the request left */      \
	X(UNKNOWN, "unknown")	/* it began to leave; no answer */     \
	X(REFUSED, "refused")	/* by our guard; no byte left */

enum http_fate {
#define HTTP_FATE_ENUM(name, text) HTTP_##name,
	HTTP_FATES(HTTP_FATE_ENUM)
#undef HTTP_FATE_ENUM
};

const char *http_fate_name(enum http_fate fate);

/*
 * An answer is a status from 200 to 599 with all of its header; a body that is
 * cut short, or longer than we read, changes nothing about it.
 */
struct http_reply {
	enum http_fate fate;
	int status;		/* of ANSWERED, else 0 */
	int64_t retry_after_ms; /* 0: none given */
	struct str text;	/* of the body's beginning, or the reason */
};

/* `reply` is borrowed for the call, which may submit but not run or close. */
typedef void http_done_fn(void *arg, const struct http_reply *reply);

/* IO when the library cannot be had. */
int http_client_open(struct http_client **out, bool only_loopback,
		     struct error *err) MUST_CHECK;

/* What is under way is dropped: its done() is not called. NULL is fine. */
void http_client_close(struct http_client **client);

/* What is wrong with the post itself is a reply too, REFUSED. */
void http_client_submit(struct http_client *client,
			const struct http_post *post, http_done_fn *done,
			void *arg);

/* Waits for something to happen, wait_ms at most; the number under way. */
int http_client_run(struct http_client *client, int wait_ms);

/* Submitted and not yet answered. */
int http_client_count(const struct http_client *client);

/*
 * A URL that can be posted to: http or https, a host, no user, no fragment.
 * INVALID says what is wrong. The host is added to `host`, unless NULL.
 */
int http_client_check_url(const char *url, struct buf *host,
			  struct error *err) MUST_CHECK;

/* A host of such a URL that is this machine, by number or as localhost. */
bool http_client_is_loopback(struct str host);

#endif
