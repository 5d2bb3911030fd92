#ifndef HTTP_HTTP_PRIV_H
#define HTTP_HTTP_PRIV_H

/*
 * http_priv - what the files of the server share
 *
 *	http_server.c	  the daemon, its loop, waiting and closing
 *	http_connection.c connections: how far they are, and who is too slow
 *	http_exchange.c	  one request and its response
 *	http_response.c	  a response as the library sends it
 *	http_routes.c	  which route
 *
 * All of libmicrohttpd is called by the loop thread alone. What other threads
 * touch is under `lock`: the queue, and who still owns an exchange.
 */

#include <pthread.h>
#include <sys/socket.h>
#include <sys/types.h>

#include <microhttpd.h>

#include "http/http.h"
#include "http/http_routes.h"

/* ---- connections ---- */

/*
 * IN_HEAD     no request, or not all of its head: since the connection was made,
 *	       or the response before was sent
 * IN_BODY     the guard let it pass, its body arrives
 * IN_HANDLER  in the handler, or until http_ready()
 * IN_RESPONSE the response is on its way
 */
enum http_phase {
	HTTP_IN_HEAD,
	HTTP_IN_BODY,
	HTTP_IN_HANDLER,
	HTTP_IN_RESPONSE
};

/* In a list, the one that entered IN_HEAD last at its end. */
struct http_connection {
	struct http_connection *prev;
	struct http_connection *next;
	struct http_server *server;
	struct http_exchange *exchange; /* under way, or NULL */
	int fd;
	enum http_phase phase;
	int64_t since_us; /* of the phase */
	size_t bytes;	  /* that give the phase more time */
};

struct http_connections {
	struct http_connection *first;
	struct http_connection *last;
	int count;
	int busy; /* not in IN_HEAD */
	int max;
	int64_t timeout_us;
};

/* MHD_NotifyConnectionCallback; cls is the server. */
void http_connection_notify(void *cls, struct MHD_Connection *mhd,
			    void **context,
			    enum MHD_ConnectionNotificationCode code);
struct http_connection *http_connection_of(struct MHD_Connection *mhd);
void http_connection_enter(struct http_connection *c, enum http_phase phase);
/* Disconnect who has taken longer than the phase may. */
void http_connections_sweep(struct http_connections *all, int64_t now_us);

/* ---- exchanges ---- */

/*
 * One request and its response, from the request line until both the library
 * and, if the handler waits, the one who calls http_ready() have let go.
 */
struct http_exchange {
	struct http_server *server;
	struct http_connection *connection; /* the loop's; NULL once finished */
	struct MHD_Connection *mhd;	    /* the loop's, until finished */
	const struct http_route *route;
	struct arena *a;
	struct str target;
	struct buf body;
	size_t received; /* bytes of the body, kept or not */
	bool begun;	 /* past the guard */
	bool suspended;
	struct http_request request;
	struct http_response response;
	struct http_exchange *next; /* in the queue of the ready */

	/* Under the server's lock. */
	bool awaited;	/* http_ready() is still to come */
	bool abandoned; /* answered without it */
	bool finished;	/* the library is done with it */
};

/* MHD_OPTION_URI_LOG_CALLBACK, MHD_AccessHandlerCallback, NOTIFY_COMPLETED. */
void *http_exchange_begin(void *cls, const char *target,
			  struct MHD_Connection *mhd);
enum MHD_Result http_exchange_step(void *cls, struct MHD_Connection *mhd,
				   const char *url, const char *method,
				   const char *version, const char *data,
				   size_t *data_size, void **context);
void http_exchange_done(void *cls, struct MHD_Connection *mhd, void **context,
			enum MHD_RequestTerminationCode why);
/* The library has let go of it. */
void http_exchange_finish(struct http_exchange *x);
void http_exchange_free(struct http_exchange *x);

/* ---- responses ---- */

/* Queues it; `last`: the connection closes after it. */
enum MHD_Result http_response_send(struct http_exchange *x,
				   const struct http_response *response,
				   bool last);

/* ---- the server ---- */

struct http_server {
	struct http_config config;
	struct http_connections connections;
	struct MHD_Daemon *daemon;
	pthread_t thread;
	int listener; /* the library's, until it is closing */
	int port;
	int wake;     /* eventfd: something under the lock changed */
	bool closing; /* the loop's own view */

	pthread_mutex_t lock;
	bool close_asked;
	struct http_exchange *ready; /* to be resumed */
	int owners;		     /* the opener, and each awaited exchange */
};

/* One owner less; the last one frees it. */
void http_server_release(struct http_server *server);

#endif
