#ifndef HTTP_HTTP_SMTP_PRIV_H
#define HTTP_HTTP_SMTP_PRIV_H

/* What the files of http_smtp share: a reply, and a connection. */

#include "http/http_smtp.h"

#include <curl/curl.h>

enum {
	SMTP_LINE_BYTES = 1000,		/* twice that of RFC 5321 */
	SMTP_REPLY_BYTES = 64 * 1024,	/* of one reply, in all its lines */
	SMTP_STALL_MS = 10 * 60 * 1000, /* bytes that nobody takes */
};

/* ---- replies (http_smtp_reply.c) ---- */

/* Begins as zeroes. */
struct http_smtp_reply {
	int code; /* of all lines so far; 0: there was none */
	size_t bytes;
	char enhanced[HTTP_SMTP_CODE_BYTES];
	char text[HTTP_SMTP_TEXT_BYTES]; /* as in struct http_smtp_end */
	size_t text_len;
};

/*
 * The next line, with its LF and with or without CR: 1 when the reply is whole,
 * 0 when more lines follow, -1 when this is none. Pure.
 */
int http_smtp_reply_add(struct http_smtp_reply *reply, struct str line);

/* What a line of EHLO's answer says after its code; empty: nothing. */
struct str http_smtp_reply_words(struct str line);

/* ---- a connection (http_smtp_open.c, http_smtp.c) ---- */

struct http_smtp {
	CURL *easy;
	curl_socket_t socket;

	/* While it opens. */
	enum http_smtp_stage stage; /* what is waited for */
	const struct http_smtp_server *server;
	struct http_smtp_reply reply; /* under way, or the last */
	bool whole;		      /* the last */
	bool garbage;
	bool secure; /* verified TLS is spoken */
	bool known;  /* AUTH was answered by 2xx */
	char failure[CURL_ERROR_SIZE];

	/* What EHLO offered. */
	bool pipelining;
	bool size;
	bool utf8;

	/* Heard and not looked at: in[from, to). */
	char in[SMTP_LINE_BYTES];
	size_t from;
	size_t to;

	struct buf out;
	bool transaction; /* the server remembers one: RSET comes first */
	bool halfway;	  /* DATA was answered, the dot was not */
	bool broken;	  /* nothing more can be said or heard */
};

void http_smtp_end_with(struct http_smtp_end *end, enum http_smtp_stage at,
			const struct http_smtp_reply *reply);

/* No answer, with the reason in our words. */
void http_smtp_end_without(struct http_smtp_end *end, enum http_smtp_stage at,
			   const char *why);

/* QUIT, when somebody listens. */
void http_smtp_leave(struct http_smtp *smtp);

#endif
