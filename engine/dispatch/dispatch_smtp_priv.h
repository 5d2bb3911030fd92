#ifndef DISPATCH_DISPATCH_SMTP_PRIV_H
#define DISPATCH_DISPATCH_SMTP_PRIV_H

/*
 * What the files of the transport `smtp:` share: the relay, which all workers
 * have in common, and a session with it, which is one connection of one
 * worker.
 *
 * Names here begin with relay_; those in smtp_ are the library's.
 */

#include <signal.h>
#include <sys/types.h>

#include <sys/socket.h>

#include <libesmtp.h>

#include "base/crypto.h"
#include "dispatch/dispatch_policy.h"
#include "dispatch/dispatch_priv.h"

struct auth_context;
struct ssl_ctx_st;
struct ssl_st;

/* ---- the relay (dispatch_smtp_url.c, dispatch_smtp_tls.c) ---- */

enum relay_tls { RELAY_TLS_OFF, RELAY_TLS_TRY, RELAY_TLS_REQUIRE };

/* Of user and password each: the library copies both into 512 bytes. */
enum { RELAY_LOGIN_BYTES_MAX = 250 };

/* The one that has the connections: dispatch_smtp.c says which and when. */
enum relay_client { RELAY_ESMTP, RELAY_CURL };

/* What was refused is not tried again. Of all workers. */
struct relay_refusal {
	pthread_mutex_t mutex;
	bool known;
	uint8_t sha256[CRYPTO_HASH_BYTES]; /* of the token */
};

struct relay {
	struct arena *arena;
	char *user; /* NULL: the relay knows us by our address */
	char password[RELAY_LOGIN_BYTES_MAX + 1]; /* "": it has a token */
	char *token;		/* of the environment, or NULL */
	const char *token_file; /* or NULL */
	struct relay_refusal refusal;
	const char *host;
	const char *server; /* host:port */
	int port;
	bool local; /* it is this machine */
	enum relay_client client;
	enum relay_tls tls;
	bool implicit;	      /* TLS from the first byte */
	bool tls_13;	      /* and not 1.2 */
	const char *ca;	      /* PEM file; NULL: whom the system trusts */
	const char *provider; /* by whose header mail is named; NULL: none */
	int64_t dot_timeout_ms;
	struct ssl_ctx_st *tls_context;
};

/* Read the URL into *r; its strings live in r->arena. */
int relay_parse(struct relay *r, const char *url, struct error *err) MUST_CHECK;

int relay_tls_open(struct relay *r, struct error *err) MUST_CHECK;
void relay_tls_close(struct relay *r);

/* Before a session begins: TLS is as the relay wants it. */
void relay_tls_begin(const struct relay *r, smtp_session_t smtp);

/* Why TLS failed since relay_tls_begin() in this thread; NULL: it did not. */
const char *relay_tls_reason(void);

/* After the handshake: who it is was verified. */
bool relay_tls_verified(const struct ssl_st *ssl);

/* Hang up: no byte goes either way any more. */
void relay_tls_cut(const struct ssl_st *ssl);

/* What our own work may have left in this thread is no failure of TLS. */
void relay_tls_forget(void);

/* ---- who we are to it (dispatch_smtp_secret.c) ---- */

/* CONFIG: there is a user and not exactly one password or token. */
int relay_secret_open(struct relay *r, struct error *err) MUST_CHECK;
void relay_secret_close(struct relay *r);

bool relay_has_token(const struct relay *r);

/*
 * The token as it is now: 1 and it is added to `out`, to be wiped with
 * secret_wipe(), or 0: there is none. CONFIG when its file is not as it
 * should be, DENIED when it is the one that was refused.
 */
int relay_token_read(struct relay *r, struct buf *out,
		     struct error *err) MUST_CHECK;

/* The relay did not take this one: true when another may come in its place. */
bool relay_token_refused(struct relay *r, struct str token);

/* ---- what may be handed over (dispatch_smtp_check.c) ---- */

/*
 * That envelope and bytes come out of the library as they go in, and as one
 * message: INVALID says what is wrong. Pure.
 */
int relay_check(const struct dispatch_message *m, struct error *err) MUST_CHECK;

/* Only a relay with SMTPUTF8 can take it: an address in it is not ASCII. */
bool relay_needs_utf8(const struct dispatch_message *m);

/* ---- a session (dispatch_smtp.c) ---- */

/* The next message that can be handed over; others are held. As feed_next(). */
int relay_next(const struct relay *r, struct dispatch_feed *feed,
	       struct dispatch_message *out, struct error *err) MUST_CHECK;

/* How many a session takes. */
int relay_session_limit(const struct dispatch_feed *feed);

/* A list that the relay goes by has our address: no connection fares better. */
bool relay_is_on_list(int code, struct str said);

/* A session by libcurl (dispatch_smtp_curl.c): struct transport.session(). */
int relay_curl_session(struct relay *r, struct dispatch_feed *feed,
		       struct error *err) MUST_CHECK;

/*
 * One message over a connection of its own, which libesmtp cannot hand over.
 * When the way there failed it was returned.
 */
int relay_curl_one(struct relay *r, struct dispatch_feed *feed,
		   const struct dispatch_message *m,
		   struct error *err) MUST_CHECK;

/* ---- a session by libesmtp (dispatch_smtp.c, dispatch_smtp_events.c) ---- */

/*
 * The library's words per message are kept until its session ends: about 4 KB
 * for each.
 */
enum { RELAY_SESSION_MESSAGES = 200 };

/* So long may bytes that we wrote wait for the relay's end to take them. */
enum { RELAY_STALL_MS = 10 * 60 * 1000 };

/* Keywords of EHLO that are spoilt before the library reads them. */
enum { RELAY_SPOILT = 3 };

/* A message in a session. */
struct relay_piece {
	struct relay_session *session;
	struct relay_piece *next;
	struct dispatch_message message;
	smtp_message_t smtp;
	smtp_recipient_t recipient;
	enum dispatch_stage stage; /* what is waited for, from MAIL on */
	bool marked;
	bool closed; /* it has its verdict, or was given back */
};

struct relay_session {
	struct relay *relay;
	struct dispatch_feed *feed;
	struct arena *arena; /* pieces: as long as the library's session */
	smtp_session_t smtp;
	struct relay_piece *first;
	struct relay_piece *last;
	int taken;

	int socket;		      /* the library's; -1: not connected */
	struct buf heard;	      /* from the relay since we last wrote */
	bool parting;		      /* QUIT was written: no more is heard */
	size_t matched[RELAY_SPOILT]; /* of words that it must not hear */
	sigset_t signals;	      /* as they were, while `quiet` */
	bool quiet;		      /* no signal comes */

	struct auth_context *auth;
	struct buf auth_reply; /* to the last AUTH, in one line */
	bool authing;	       /* AUTH was written, its answer is awaited */
	bool known;	       /* AUTH was answered by 2xx */
	bool unknown;	       /* mail was to be sent all the same: cut */

	bool begun;    /* the relay was asked to take a message */
	bool data;     /* DATA was the last that was written */
	bool secure;   /* over verified TLS */
	bool poisoned; /* nothing that is heard counts any more */
	bool ended;    /* no further message is taken */
	bool broken;   /* by the relay or on the way there */
	bool failed;   /* by the feed: `err` */
	struct error err;
};

/* Take the next message that can be handed over, if any, into the session. */
void relay_take(struct relay_session *s);

/* The library's callbacks; `arg` is the session, and of the last the piece. */
void relay_on_event(smtp_session_t smtp, int event, void *arg, ...);
void relay_on_wire(const char *p, int len, int writing, void *arg);
const char *relay_on_block(void **context, int *len, void *arg);

/* Add what a relay said as printable ASCII in one line, cut. */
void relay_write_plain(struct buf *out, struct str said);

/* Before and after a session with a relay that has a user for us. */
void relay_auth_begin(struct relay_session *s);
void relay_auth_end(struct relay_session *s);

/*
 * What is about to be written, with what was heard since: false when it must
 * not be, because the relay does not know us.
 */
bool relay_auth_on_write(struct relay_session *s, struct str bytes);

/* After the session: AUTH was answered by 5xx, for the last time. */
bool relay_auth_refused(struct relay_session *s);

/* Whether it ended at AUTH; adds how. */
bool relay_auth_reason(struct relay_session *s, struct buf *out);

/* After the session: what has no verdict yet gets it, or goes back. */
void relay_settle(struct relay_session *s);

#endif
