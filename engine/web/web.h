#ifndef WEB_WEB_H
#define WEB_WEB_H

/*
 * web - what the world outside may ask of us
 *
 *	GET  /o/TOKEN.gif	the open pixel
 *	GET  /c/TOKEN		a tracked link: to where it leads
 *	GET  /v/TOKEN		a mail, in the browser
 *	GET  /u/TOKEN		asks whether to opt out; changes nothing
 *	POST /u/TOKEN		opts out (RFC 8058, or the page's button)
 *	GET  /p/SLUG/RUN/PAGE	a landing page of a partner's activation
 *	POST /p/SLUG/RUN/PAGE	its form
 *	GET  /a/NAME		an image of a brand or partner
 *	POST /hook/PROVIDER	what a mail provider tells of our mail
 *	GET  /healthz		are we there, and is the store
 *
 * Tokens are those of event.h; what a URL says beyond its token is looked up
 * and never believed. HEAD and GET change nothing but hits, which are answered
 * before they are committed; what a POST does is answered after its commit.
 *
 * No answer tells whether an address is known: not ours is 404, expired or
 * erased 410. The few pages that come without a campaign's templates are in
 * the visitor's language where it is one of ours (web_plain.c).
 *
 * TLS is the proxy's. What it says about the client (X-Forwarded-For) is read
 * when `proxies` says how many of them are ours, and then nobody else may be
 * able to reach the port.
 *
 * Thread rule: open and close on one thread. Handlers run on the server's
 * loop thread; the store's own threads finish what was submitted.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "base/error.h"

struct clock;
struct db_store;
struct dispatch_maker;
struct dispatch_providers;
struct event_keys;
struct http_route;
struct partner_pepper;
struct web;

/* All is borrowed, until web_close(). */
struct web_config {
	struct db_store *store;
	struct dispatch_maker *maker;
	const struct event_keys *keys;
	const struct partner_pepper *pepper;
	const struct clock *clock;
	const char *address;		      /* "127.0.0.1", "::1" */
	int port;			      /* 0: any */
	int proxies;			      /* ours, in front; 0: none */
	struct dispatch_providers *providers; /* NULL: none is on */
	const struct http_route *routes; /* further ones, each with its arg */
	size_t route_count;
};

/* CONFIG when the address is none, IO when it cannot be bound. */
int web_open(struct web **out, const struct web_config *config,
	     struct error *err) MUST_CHECK;

/* Waits for requests under way. NULL is fine; *web becomes NULL. */
void web_close(struct web **web);

/* What it listens on, also when config.port was 0. */
int web_port(const struct web *web);

#endif
