/*
 * The transports `smtp://[USER@]HOST[:PORT][?OPTION&...]` and `smtps://...`:
 * messages go to one relay. It is meant to be a mail server near us, best on
 * the same machine; nothing here looks for MX records.
 *
 *	tls=off|try|require	off for this machine, else require
 *	tls=1.3			the same as require, and not 1.2
 *	ca=FILE			trust these instead of the system's
 *	client=curl		the second library, though the first would do
 *	dot-timeout=MS		for this machine alone, and for tests
 *
 * USER is percent-encoded; password and token are never here
 * (dispatch_smtp_secret.c).
 *
 * Two libraries have connections. libesmtp, here, is what is used; libcurl
 * (dispatch_smtp_curl.c) has what libesmtp has not: TLS from the first byte
 * (smtps://), TLS 1.3, OAuth tokens. Which it is follows from the URL and the
 * secret. Both make the same of what a relay says.
 *
 * A session is one connection. It takes a message when the one before has its
 * verdict, so that the gate is asked as late as it can be and a message is
 * hardly ever taken in vain.
 *
 *	take -> MAIL -> RCPT, DATA -> bytes -> marker -> dot -> reply -> verdict
 *	  ^                                                                 |
 *	  +-----------------------------------------------------------------+
 *
 * libesmtp calls us from within (dispatch_smtp_events.c). What it returns
 * is not believed: smtp_start_session() says 1 when the connection broke, and
 * a recipient that is "complete" is one not to be tried again, sent or not.
 * What counts is which of our callbacks it has called, and the codes.
 *
 * A session that fails before MAIL, for example at the certificate, is
 * nobody's attempt: the message goes back, and the worker waits longer each
 * time. An operator who mends it has nothing to release. A password that is
 * refused (5xx to AUTH) is not tried again and again, which would lock the
 * account: the wire is stopped, until somebody starts it with another. What
 * the relay refuses as such, us or the domain mail is from, stops that
 * (dispatch_brake.c) and is nobody's attempt either.
 * A connection that breaks before MAIL is answered is the fault of nobody
 * either, unless it was the first message on it, or one that breaks each
 * connection would be sent for ever.
 *
 * Rejected: adding the whole batch to the session at first, which the library
 * is made for. Speed is the same, but each message but the first would be
 * gated minutes too early, and all would have to go back when it breaks.
 *
 * A message that needs SMTPUTF8 leaves by libcurl over a connection of its own,
 * between two of libesmtp's; a relay without it refuses that message alone.
 *
 * Deliberately absent: a literal IPv6 address, because libesmtp splits host and port
 * at the first colon.
 */
#include "dispatch/dispatch_smtp_priv.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "dispatch/dispatch_nodelay.h"
#include "dispatch/dispatch_words.h"

enum { MINUTE_MS = 60 * 1000 };

/*
 * RFC 5321 section 4.5.3.2; that of the dot is the relay's own. That of the
 * transfer must not pass before that of the socket (dispatch_smtp_events.c).
 */
static const struct {
	int which;
	long ms;
} timeouts[] = {
	{ Timeout_GREETING, 5 * MINUTE_MS },
	{ Timeout_ENVELOPE, 5 * MINUTE_MS },
	{ Timeout_DATA, 2 * MINUTE_MS },
	{ Timeout_TRANSFER, 2 * RELAY_STALL_MS },
};

/* ---- what both libraries do ---- */

static void
hold(struct dispatch_feed *feed, const struct dispatch_message *m,
     const struct error *why)
{
	feed_verdict(feed, m,
		     &(struct outbox_verdict){
			 .kind = OUTBOX_VERDICT_HELD,
			 .status = str_of(why->text),
		     });
}

int
relay_next(const struct relay *r, struct dispatch_feed *feed,
	   struct dispatch_message *out, struct error *err)
{
	struct error why;
	int got;

	while ((got = feed_next(feed, out, err)) > 0) {
		if (relay_check(out, &why) >= 0)
			break;
		hold(feed, out, &why);
	}
	if (got > 0 && r->provider)
		feed_name(feed, out, r->provider);
	return got;
}

int
relay_session_limit(const struct dispatch_feed *feed)
{
	int most = feed_session(feed);

	return most < RELAY_SESSION_MESSAGES ? most : RELAY_SESSION_MESSAGES;
}

/* ---- a session by libesmtp ---- */

static void
set_up(struct relay_session *s)
{
	s->smtp = smtp_create_session();
	check(s->smtp);
	check(smtp_set_server(s->smtp, s->relay->server));
	for (size_t i = 0; i < COUNT_OF(timeouts); i++)
		check(smtp_set_timeout(s->smtp, timeouts[i].which,
				       timeouts[i].ms));
	check(smtp_set_timeout(s->smtp,
			       Timeout_DATA2 | Timeout_OVERRIDE_RFC2822_MINIMUM,
			       (long)s->relay->dot_timeout_ms));
	check(smtp_set_eventcb(s->smtp, relay_on_event, s));
	check(smtp_set_monitorcb(s->smtp, relay_on_wire, s, 0));
	relay_tls_begin(s->relay, s->smtp);
	relay_auth_begin(s);
}

/* The last reply when it was a refusal, else what the library says. */
static void
write_reason(struct relay_session *s, struct buf *out)
{
	struct str heard = str_trim(buf_view(&s->heard));
	char text[128];

	if (s->poisoned)
		buf_cat(out, "TLS was not begun as it should be");
	else if (relay_tls_reason())
		buf_cat(out, relay_tls_reason());
	else if (relay_auth_reason(s, out))
		return;
	else if (heard.len > 0 && (heard.p[0] == '4' || heard.p[0] == '5'))
		relay_write_plain(out, heard);
	else if (s->relay->tls == RELAY_TLS_REQUIRE &&
		 smtp_errno() == SMTP_ERR_EXTENSION_NOT_AVAILABLE)
		buf_cat(out, "it offers no STARTTLS, expected it because of "
			     "tls=require");
	else if (smtp_errno() != 0 &&
		 smtp_strerror(smtp_errno(), text, sizeof(text)))
		relay_write_plain(out, str_of(text));
	else
		buf_cat(out, "the connection broke");
}

bool
relay_is_on_list(int code, struct str said)
{
	struct dispatch_outcome outcome;

	if (code / 100 != 5 || dispatch_words_of(said) == 0)
		return false;
	dispatch_policy_classify(
	    DISPATCH_AT_BANNER,
	    &(struct dispatch_reply){ .code = code, .text = said }, false,
	    &outcome);
	return outcome.effect == DISPATCH_STOP_RELAY;
}

/* Before any mail was begun. */
static bool
is_on_list(const struct relay_session *s, struct str reason)
{
	int64_t code = 0;

	return !s->begun && str_int(str_slice(reason, 0, 3), 500, 599, &code) &&
	       relay_is_on_list((int)code, reason);
}

/* Why there was no session or it broke. */
static int
explain(struct relay_session *s, struct error *err)
{
	struct buf reason = { 0 };
	bool refused = relay_auth_refused(s);
	int code;

	write_reason(s, &reason);
	if (!refused && is_on_list(s, buf_view(&reason)) &&
	    feed_stop_relay(s->feed, buf_view(&reason), err) < 0) {
		buf_fini(&reason);
		return -(int)err->code;
	}
	code = error_set(err, refused ? ERROR_CONFIG : ERROR_IO, "%s: %s",
			 s->relay->server, buf_cstr(&reason));
	if (refused)
		feed_stop(s->feed, err);
	buf_fini(&reason);
	return code;
}

static int
result_of(struct relay_session *s, struct error *err)
{
	if (s->failed) {
		*err = s->err;
		return -(int)err->code;
	}
	return s->broken ? explain(s, err) : 0;
}

static int
esmtp_session(struct relay *r, struct dispatch_feed *feed, struct error *err)
{
	struct relay_session s = {
		.relay = r,
		.feed = feed,
		.arena = arena_new(),
		.socket = -1,
	};
	int result;

	feed_connected(feed, str_of(s.relay->server));
	set_up(&s);
	relay_take(&s);
	if (s.first) {
		/* Until it is connected: relay_on_event(). */
		nodelay_begin(NODELAY_CONNECT_MS);
		s.broken = !smtp_start_session(s.smtp);
		nodelay_end();
		relay_settle(&s);
	}
	result = result_of(&s, err);
	smtp_destroy_session(s.smtp);
	relay_auth_end(&s);
	buf_fini(&s.heard);
	arena_free(&s.arena);
	return result;
}

static int
relay_session(void *self, struct dispatch_feed *feed, struct error *err)
{
	struct relay *r = self;

	return r->client == RELAY_CURL ? relay_curl_session(r, feed, err)
				       : esmtp_session(r, feed, err);
}

/* ---- open and close ---- */

static void
relay_close(void *self)
{
	struct relay *r = self;

	relay_tls_close(r);
	relay_secret_close(r);
	arena_free(&r->arena);
	free(r);
}

/* A relay that hangs up while we write must not end the process. */
static void
ignore_sigpipe(void)
{
	struct sigaction action;

	check(sigaction(SIGPIPE, NULL, &action) == 0);
	if (action.sa_handler != SIG_DFL)
		return;
	action.sa_handler = SIG_IGN;
	check(sigaction(SIGPIPE, &action, NULL) == 0);
}

static int
relay_open(void **out, const char *url, struct error *err)
{
	struct relay *r = calloc(1, sizeof(*r));

	check(r);
	r->arena = arena_new();
	check(pthread_mutex_init(&r->refusal.mutex, NULL) == 0);
	if (relay_parse(r, url, err) < 0 || relay_secret_open(r, err) < 0 ||
	    relay_tls_open(r, err) < 0) {
		relay_close(r);
		return -(int)err->code;
	}
	if (r->implicit || r->tls_13 || relay_has_token(r))
		r->client = RELAY_CURL;
	ignore_sigpipe();
	*out = r;
	return 0;
}

static const char *
relay_name(const void *self)
{
	return ((const struct relay *)self)->server;
}

static bool
relay_leaves(const void *self)
{
	return !((const struct relay *)self)->local;
}

const struct transport relay_transport = {
	.scheme = "smtp",
	.carriers = CARRIER(OUTBOX_MAIL),
	.open = relay_open,
	.close = relay_close,
	.name = relay_name,
	.leaves = relay_leaves,
	.session = relay_session,
};

const struct transport relay_tls_transport = {
	.scheme = "smtps",
	.carriers = CARRIER(OUTBOX_MAIL),
	.open = relay_open,
	.close = relay_close,
	.leaves = relay_leaves,
	.session = relay_session,
};
