/*
 * The transport `smtp://[USER@]HOST[:PORT][?OPTION&...]`: messages go to one relay,
 * by libesmtp. The relay is meant to be a mail server near us, best on the
 * same machine; nothing here looks for MX records.
 *
 *	tls=off|try|require	off for this machine, else require
 *	ca=FILE			trust these instead of the system's
 *	dot-timeout=MS		for this machine alone, and for tests
 *
 * USER is percent-encoded; the password is never here (dispatch_smtp_auth.c).
 *
 * A session is one connection. It takes a message when the one before has its
 * verdict, so that the gate is asked as late as it can be and a message is
 * hardly ever taken in vain.
 *
 *	take -> MAIL -> RCPT, DATA -> bytes -> marker -> dot -> reply -> verdict
 *	  ^                                                                 |
 *	  +-----------------------------------------------------------------+
 *
 * The library calls us from within (dispatch_smtp_events.c). What it returns
 * is not believed: smtp_start_session() says 1 when the connection broke, and
 * a recipient that is "complete" is one not to be tried again, sent or not.
 * What counts is which of our callbacks it has called, and the codes.
 *
 * A session that fails before MAIL, for example at the certificate, is
 * nobody's attempt: the message goes back, and the worker waits longer each
 * time. An operator who mends it has nothing to release. A password that is
 * refused (5xx to AUTH) is not tried again and again, which would lock the
 * account: the wire is stopped, and the message at hand is HELD to show it.
 * A connection that breaks before MAIL is answered is the fault of nobody
 * either, unless it was the first message on it, or one that breaks each
 * connection would be sent for ever.
 *
 * Rejected: adding the whole batch to the session at first, which the library
 * is made for. Speed is the same, but each message but the first would be
 * gated minutes too early, and all would have to go back when it breaks.
 *
 * Deliberately absent: TLS from the first byte (port 465), XOAUTH2 and
 * SMTPUTF8, which the library has not; a literal IPv6 address, because it
 * splits host and port at the first colon.
 */
#include "dispatch/dispatch_smtp_priv.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "dispatch/dispatch_nodelay.h"

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

/* ---- a session ---- */

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

/* Why there was no session or it broke. */
static int
explain(struct relay_session *s, struct error *err)
{
	struct buf reason = { 0 };
	bool refused = relay_auth_refused(s);
	int code;

	write_reason(s, &reason);
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
relay_session(void *self, struct dispatch_feed *feed, struct error *err)
{
	struct relay_session s = {
		.relay = self,
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

/* ---- open and close ---- */

static void
relay_close(void *self)
{
	struct relay *r = self;

	relay_tls_close(r);
	relay_auth_close(r);
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
	if (relay_parse(r, url, err) < 0 || relay_auth_open(r, err) < 0 ||
	    relay_tls_open(r, err) < 0) {
		relay_close(r);
		return -(int)err->code;
	}
	ignore_sigpipe();
	*out = r;
	return 0;
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
	.leaves = relay_leaves,
	.session = relay_session,
};
