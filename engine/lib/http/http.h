#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

/*
 * http - a server behind a table of routes (the client: http_client.h)
 *
 *	static void
 *	hello(void *arg, const struct http_request *request,
 *	      struct http_response *response)
 *	{
 *		response->status = 200;
 *		response->body = STR("hello\n");
 *	}
 *
 *	static const struct http_route routes[] = {
 *		{ HTTP_GET, "/hello", 0, hello, NULL },
 *	};
 *
 * One loop thread serves all connections, HTTP/1.0 and 1.1, without TLS: that
 * is the proxy's. Before a byte of a body is read each request passes
 * http_guard(), since no HTTP library at hand frames requests safely: what
 * could be read as two different requests is answered 400 and the connection
 * closes. A head over 16 KB is 431, a body over the route's limit 413, an
 * encoded body 415, a head that is no HTTP 400.
 *
 * A handler gets a request and fills a response. When the answer must wait,
 * for a commit say, it calls http_wait() and returns, and http_ready() from
 * any thread lets it be sent:
 *
 *	http_wait(request);
 *	db_submit(store, unit, work, done);  (done() calls http_ready())
 *
 * Each response has a strict Content-Security-Policy, nosniff, no-referrer,
 * X-Frame-Options: DENY and no-store, unless it says otherwise; a policy of its
 * own says who may frame it. The few answers to what is no HTTP at all come
 * from libmicrohttpd, without them.
 *
 * Time: the head of a request must be there timeout_s after the connection or
 * the response before, its body and the reading of the response have
 * timeout_s each and a second more for each 500 bytes, and in none of them
 * may nothing move for timeout_s. Who is slower is disconnected. When all
 * connections are taken, the one that has been without a request for longest
 * makes room.
 *
 * Thread rule: handlers run on the loop thread and do not block; http_ready()
 * from any thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "base/error.h"
#include "base/str.h"

struct arena;
struct http_server;
struct http_exchange;

enum { HTTP_HEAD_BYTES = 16 << 10, HTTP_HEADERS_MAX = 64 };

/* ---- requests and responses ---- */

enum http_method { HTTP_GET, HTTP_POST };

/* A header as it came or as it is to go; also one parameter of a form. */
struct http_header {
	struct str name;
	struct str value;
};

struct http_request {
	struct arena *a; /* lives until the response is sent */
	enum http_method method;
	bool head;	 /* HEAD: handled as GET, body dropped */
	struct str path; /* begins with '/'; percent signs as they came */
	struct str rest; /* what followed the route's prefix */
	struct str query;
	struct str body; /* whole, within the route's limit */
	struct str content_type;
	struct str user_agent;
	struct str language; /* Accept-Language */
	struct str origin;   /* Origin */
	struct str host;     /* Host: what we were called */
	bool forwarded;	     /* a proxy says that it asks for another */
	struct str peer;     /* address of the client, as text */
	const struct http_header *headers; /* all, of a POST alone */
	size_t header_count;
	int64_t now_ms;
	struct http_exchange *exchange;
};

/* The value of the first header of that name, or the empty str. */
struct str http_header_get(const struct http_header *headers, size_t count,
			   const char *name);

/* All zero but for the status when the handler gets it: 500. */
struct http_response {
	int status;
	const char *content_type; /* NULL: plain text in UTF-8 */
	struct str body;	  /* in the request's arena, or static */
	struct str location;	  /* for a redirect */
	const char *cache;	  /* Cache-Control; NULL: no-store */
	const char *policy; /* Content-Security-Policy; NULL: the strict one */
	const struct http_header *headers; /* a few more, lent like the body */
	size_t header_count;
};

/*
 * One row for each route. A prefix that ends in '/' takes every path that
 * begins with it ("/c/": the rest goes to the handler), any other only the
 * path that equals it. The longest one that fits wins; when its rows lack the
 * method, that is 405, and 404 when none fits.
 */
struct http_route {
	enum http_method method;
	const char *prefix;
	size_t body_max;
	void (*handle)(void *arg, const struct http_request *request,
		       struct http_response *response);
	void *arg; /* of handle; NULL: the server's */
};

/* ---- the server ---- */

struct http_config {
	const char *address; /* "127.0.0.1", "::1"; no name */
	int port;	     /* 0: any */
	const struct http_route *routes;
	size_t route_count;
	void *arg;		  /* of handlers and of now_ms */
	int connections_max;	  /* 0: 1,000 */
	int connections_per_peer; /* 0: no limit, as behind a proxy */
	int timeout_s;		  /* 0: 10 */
	int proxies;  /* ours, in front: the peer is who they were asked by */
	int close_ms; /* what http_server_close() waits; 0: 5,000 */
	int64_t (*now_ms)(void *arg); /* NULL: the wall clock */
};

/*
 * Serves on a thread of its own until closed. Routes and what the strings
 * point to live as long. CONFIG when the address is none, IO when it cannot
 * be bound.
 */
int http_server_open(struct http_server **out, const struct http_config *config,
		     struct error *err) MUST_CHECK;

/* The port it listens on, also when `config.port` was 0. */
int http_server_port(const struct http_server *server);

/*
 * Accepts no more, waits up to close_ms for requests under way and answers
 * those still waiting then with 503. No handler runs afterwards; http_ready()
 * may still come late and does nothing. NULL is fine; *server becomes NULL.
 */
void http_server_close(struct http_server **server);

/* Inside a handler, once: the response is not ready when it returns. */
void http_wait(const struct http_request *request);

/*
 * It is now, as filled in; the request and its arena are no longer the
 * caller's. Any thread, exactly once for each http_wait(), even when the
 * client has gone or the server is closed.
 */
void http_ready(struct http_exchange *exchange,
		const struct http_response *response);

/* ---- behind proxies, pure ---- */

/*
 * Each proxy adds to X-Forwarded-For whom it was asked by; what stood there
 * before anybody can have written. So with `proxies` of our own it is the
 * address that many from the right. The empty str when there is none.
 */
struct str http_forwarded(struct str list, int proxies);

/* ---- the guard, pure ---- */

/*
 * 0 when a request with this head has one reading (RFC 9112): version
 * HTTP/1.1 or 1.0, names are tokens, values have no control character but
 * TAB, exactly one Host, at most one Content-Length, of digits, or one
 * Transfer-Encoding, "chunked", in 1.1, and never both. INVALID with the
 * reason if not; LIMIT for over HTTP_HEADERS_MAX headers or HTTP_HEAD_BYTES.
 */
int http_guard(const char *version, const struct http_header *headers,
	       size_t count, struct error *err) MUST_CHECK;

/* ---- forms, pure ---- */

struct http_pair {
	struct str name;
	struct str value;
};

/*
 * The pairs of application/x-www-form-urlencoded, and their number: a body,
 * or a query. INVALID for a bad percent sign and for what is not UTF-8 without
 * NUL, LIMIT for more than `most` pairs.
 */
int http_form(struct arena *a, struct str body, struct http_pair **pairs,
	      size_t most, struct error *err) MUST_CHECK;

/*
 * The same of multipart/form-data (RFC 7578), as one-click unsubscribing may
 * be sent (RFC 8058): fields only. A part with a file name is INVALID, and so
 * is a preamble, an epilogue, or a line that ends without CR.
 */
int http_form_multipart(struct arena *a, struct str content_type,
			struct str body, struct http_pair **pairs, size_t most,
			struct error *err) MUST_CHECK;

/* The body of the request by its content type; INVALID for any other. */
int http_form_read(const struct http_request *request, struct http_pair **pairs,
		   size_t most, struct error *err) MUST_CHECK;

/* The value of the first pair of that name, or the empty str. */
struct str http_form_get(const struct http_pair *pairs, int count,
			 const char *name);

#endif
