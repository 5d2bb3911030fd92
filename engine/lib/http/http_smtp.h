#ifndef HTTP_HTTP_SMTP_H
#define HTTP_HTTP_SMTP_H

/*
 * http_smtp - a connection to a mail server that relays for us, step by step
 *
 *	http_smtp_open(&smtp, &server, &end)	connect, TLS, EHLO, AUTH
 *	http_smtp_envelope(smtp, &envelope, &end)   MAIL, RCPT, DATA
 *	http_smtp_bytes(smtp, bytes, &end)	all of it but the dot
 *	... what must be durable before the server may have it ...
 *	http_smtp_dot(smtp, timeout_ms, &end)	the dot and its answer
 *	http_smtp_close(&smtp)			QUIT, or only hang up
 *
 * libcurl connects: names, TLS 1.2 and 1.3 from the first byte or by STARTTLS
 * (RFC 3207, RFC 8314), with SNI and verified; AUTH by PLAIN, LOGIN, XOAUTH2 and
 * OAUTHBEARER (RFC 4954, RFC 7628). What is said on the connection then is said
 * here (RFC 5321), because a library that uploads a message by itself decides
 * by itself when to end it. The dot is written by http_smtp_dot() and nowhere
 * else: whoever closes before it has sent half of a message, which no server
 * accepts.
 *
 * One receiver a message. MAIL, RCPT and DATA leave together where the server
 * offers PIPELINING (RFC 2920). SIZE (RFC 1870) and SMTPUTF8 (RFC 6531) are used
 * when offered.
 *
 * Each step returns true to go on, or false: it ended here, and `end` says how.
 * After false of envelope the next message may be tried if http_smtp_goes_on();
 * after false of any other step it does not.
 *
 * No proxy, no netrc, no protocol but this one; TCP_NODELAY.
 *
 * Thread rule: a connection belongs to one thread; several to several. SIGPIPE
 * must be ignored.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/check.h"
#include "base/str.h"

struct http_smtp;

enum {
	HTTP_SMTP_TEXT_BYTES = 500,
	HTTP_SMTP_CODE_BYTES = 16,
	HTTP_SMTP_TOKEN_BYTES = 8192, /* in base64 it fits a line of AUTH */
};

/* What was waited for. */
enum http_smtp_stage {
	HTTP_SMTP_AT_CONNECT,
	HTTP_SMTP_AT_BANNER,
	HTTP_SMTP_AT_EHLO,
	HTTP_SMTP_AT_TLS,
	HTTP_SMTP_AT_AUTH,
	HTTP_SMTP_AT_MAIL,
	HTTP_SMTP_AT_RCPT,
	HTTP_SMTP_AT_DATA,
	HTTP_SMTP_AT_BODY,
	HTTP_SMTP_AT_DOT,
};

/* How a step ended. */
struct http_smtp_end {
	enum http_smtp_stage at;
	int code; /* 200 to 599; 0: no answer, or none that SMTP knows */
	char enhanced[HTTP_SMTP_CODE_BYTES]; /* "5.1.1" (RFC 3463), or "" */
	/* The reply, or what happened instead, in one line of ASCII. */
	char text[HTTP_SMTP_TEXT_BYTES];
};

enum http_smtp_tls {
	HTTP_SMTP_TLS_OFF,
	HTTP_SMTP_TLS_TRY,	/* STARTTLS when offered, and then verified */
	HTTP_SMTP_TLS_STARTTLS, /* or no session */
	HTTP_SMTP_TLS_IMPLICIT, /* from the first byte */
};

/* Borrowed by http_smtp_open() until it returns. */
struct http_smtp_server {
	const char *host; /* the name that its certificate must have */
	int port;
	enum http_smtp_tls tls;
	bool tls_13;	      /* not 1.2 */
	const char *ca;	      /* PEM file; NULL: whom the system trusts */
	const char *user;     /* NULL: no AUTH */
	const char *password; /* of the user; or NULL and */
	const char *token;    /* an OAuth 2.0 access token */
};

/* Within the limits of a line, without blanks, controls, '<' and '>'. */
struct http_smtp_envelope {
	struct str sender;
	struct str receiver;
	size_t size; /* of the message, as an estimate */
	bool utf8;   /* its headers are not ASCII, as an address may be */
};

/*
 * With a user a session is one that was let in: AUTH answered by 2xx. A server
 * that refuses a token by a challenge (RFC 7628 section 3.2.3) has an `end` with
 * the code 535, as if it had said so.
 */
bool http_smtp_open(struct http_smtp **out,
		    const struct http_smtp_server *server,
		    struct http_smtp_end *end) MUST_CHECK;

/* QUIT when nothing is under way and the server is there. NULL is fine. */
void http_smtp_close(struct http_smtp **smtp);

/*
 * An address beyond ASCII that the server does not take ends here with 553 and
 * 5.6.7 (RFC 6531 section 3.5), at RCPT; nothing was said then.
 */
bool http_smtp_envelope(struct http_smtp *smtp,
			const struct http_smtp_envelope *envelope,
			struct http_smtp_end *end) MUST_CHECK;

/*
 * Lines in CRLF, the last one too; dots are doubled here. True when all was
 * taken by the connection, which still stands, and the server has not spoken.
 */
bool http_smtp_bytes(struct http_smtp *smtp, struct str bytes,
		     struct http_smtp_end *end) MUST_CHECK;

/* Fills *end in any case; no answer after timeout_ms is none. */
void http_smtp_dot(struct http_smtp *smtp, int64_t timeout_ms,
		   struct http_smtp_end *end);

/* Another message may be tried on it. */
bool http_smtp_goes_on(const struct http_smtp *smtp);

#endif
