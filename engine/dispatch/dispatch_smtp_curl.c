/*
 * A session by libcurl: lib/http/http_smtp.h has the connection, and what is
 * done on it is done here, in the order that dispatch_smtp.c tells.
 *
 * The same is made of each outcome as in dispatch_smtp_events.c, by the same
 * table. Here nothing calls us from within: the marker is set between all bytes
 * and the dot, and when there is none, the connection is closed between them.
 */
#include <stdio.h>

#include "dispatch/dispatch_secret.h"
#include "dispatch/dispatch_smtp_priv.h"
#include "http/http_smtp.h"

/* A session. */
struct call {
	struct relay *relay;
	struct dispatch_feed *feed;
	struct http_smtp *smtp;
	int taken;
	bool ended;  /* no further message is taken */
	bool failed; /* by the feed or the way there: `err` */
	struct error err;
};

/* ---- verdicts ---- */

static const enum dispatch_stage stages[] = {
	[HTTP_SMTP_AT_CONNECT] = DISPATCH_AT_CONNECT,
	[HTTP_SMTP_AT_BANNER] = DISPATCH_AT_BANNER,
	[HTTP_SMTP_AT_EHLO] = DISPATCH_AT_EHLO,
	[HTTP_SMTP_AT_TLS] = DISPATCH_AT_TLS,
	[HTTP_SMTP_AT_AUTH] = DISPATCH_AT_AUTH,
	[HTTP_SMTP_AT_MAIL] = DISPATCH_AT_MAIL,
	[HTTP_SMTP_AT_RCPT] = DISPATCH_AT_RCPT,
	[HTTP_SMTP_AT_DATA] = DISPATCH_AT_DATA,
	[HTTP_SMTP_AT_BODY] = DISPATCH_AT_BODY,
	[HTTP_SMTP_AT_DOT] = DISPATCH_AT_AFTER,
};

static void
answer(struct call *s, const struct dispatch_message *m,
       const struct http_smtp_end *end, bool marked)
{
	struct dispatch_outcome outcome;

	dispatch_policy_classify(stages[end->at],
				 &(struct dispatch_reply){
				     .code = end->code,
				     .enhanced = str_of(end->enhanced),
				     .text = str_of(end->code ? end->text : ""),
				 },
				 marked, &outcome);
	feed_outcome(s->feed, m, &outcome);
}

static void
broke(struct call *s)
{
	s->failed = true;
	error_set(&s->err, ERROR_IO, "%s: the connection broke",
		  s->relay->server);
}

/* ---- the connection ---- */

static enum http_smtp_tls
tls_of(const struct relay *r)
{
	static const enum http_smtp_tls ways[] = {
		[RELAY_TLS_OFF] = HTTP_SMTP_TLS_OFF,
		[RELAY_TLS_TRY] = HTTP_SMTP_TLS_TRY,
		[RELAY_TLS_REQUIRE] = HTTP_SMTP_TLS_STARTTLS,
	};

	return r->implicit ? HTTP_SMTP_TLS_IMPLICIT : ways[r->tls];
}

/* There is no session; `m` is not to blame. */
static void
explain(struct call *s, const struct dispatch_message *m, struct str token,
	const struct http_smtp_end *end)
{
	const char *at = "";

	if (end->at == HTTP_SMTP_AT_AUTH && end->code != 0)
		at = "AUTH: ";
	s->failed = true;
	feed_return(s->feed, m);
	if (end->at != HTTP_SMTP_AT_AUTH &&
	    relay_is_on_list(end->code, str_of(end->text)) &&
	    feed_stop_relay(s->feed, str_of(end->text), &s->err) < 0)
		return;
	error_set(&s->err, ERROR_IO, "%s: %s%s", s->relay->server, at,
		  end->text);
	/* Who we are was refused, and would be for each that comes after. */
	if (end->at == HTTP_SMTP_AT_AUTH && end->code / 100 == 5 &&
	    !relay_token_refused(s->relay, token)) {
		s->err.code = ERROR_CONFIG;
		feed_stop(s->feed, &s->err);
	}
}

static void
connect_for(struct call *s, const struct dispatch_message *m)
{
	struct relay *r = s->relay;
	struct buf token = { 0 };
	struct http_smtp_end end;
	int got = relay_token_read(r, &token, &s->err);
	const struct http_smtp_server server = {
		.host = r->host,
		.port = r->port,
		.tls = tls_of(r),
		.tls_13 = r->tls_13,
		.ca = r->ca,
		.user = r->user,
		.password = r->password,
		.token = got > 0 ? buf_cstr(&token) : NULL,
	};

	if (got < 0) {
		s->failed = true;
		feed_return(s->feed, m);
	} else if (!http_smtp_open(&s->smtp, &server, &end)) {
		explain(s, m, buf_view(&token), &end);
	}
	secret_wipe(&token);
}

/* ---- a message ---- */

/* Many relays end a long connection so: then it was not tried. */
static bool
is_nobodys(const struct call *s, const struct http_smtp_end *end)
{
	return s->taken > 1 && end->at == HTTP_SMTP_AT_MAIL &&
	       (end->code == 0 || end->code == 421);
}

/* It ended before the marker. */
static void
not_taken(struct call *s, const struct dispatch_message *m,
	  const struct http_smtp_end *end)
{
	if (is_nobodys(s, end))
		feed_return(s->feed, m);
	else
		answer(s, m, end, false);
	if (end->code == 0)
		broke(s);
}

static void
finish(struct call *s, const struct dispatch_message *m)
{
	struct http_smtp_end end;
	int got = feed_mark(s->feed, m, &s->err);

	if (got <= 0) {
		s->ended = true;
		s->failed = got < 0;
		return;
	}
	http_smtp_dot(s->smtp, s->relay->dot_timeout_ms, &end);
	answer(s, m, &end, true);
	if (end.code == 0)
		broke(s);
}

static void
send_one(struct call *s, const struct dispatch_message *m)
{
	const struct http_smtp_envelope envelope = {
		.sender = m->sender,
		.receiver = m->receiver,
		.size = m->bytes.len,
		.utf8 = relay_needs_utf8(m),
	};
	struct http_smtp_end end;

	if (http_smtp_envelope(s->smtp, &envelope, &end) &&
	    http_smtp_bytes(s->smtp, m->bytes, &end))
		finish(s, m);
	else
		not_taken(s, m, &end);
	s->ended |= s->failed || !http_smtp_goes_on(s->smtp);
}

int
relay_curl_one(struct relay *r, struct dispatch_feed *feed,
	       const struct dispatch_message *m, struct error *err)
{
	struct call s = { .relay = r, .feed = feed, .taken = 1 };

	connect_for(&s, m);
	if (s.smtp)
		send_one(&s, m);
	http_smtp_close(&s.smtp);
	if (!s.failed)
		return 1;
	*err = s.err;
	return -(int)err->code;
}

/* ---- all of them ---- */

int
relay_curl_session(struct relay *r, struct dispatch_feed *feed,
		   struct error *err)
{
	struct call s = { .relay = r, .feed = feed };
	struct dispatch_message m;
	int got = 0;

	feed_connected(feed, str_of(r->server));
	while (!s.ended && s.taken < relay_session_limit(feed) &&
	       (got = relay_next(r, feed, &m, &s.err)) > 0) {
		s.taken++;
		if (!s.smtp)
			connect_for(&s, &m);
		if (s.smtp)
			send_one(&s, &m);
		s.ended |= s.failed;
	}
	http_smtp_close(&s.smtp);
	if (got >= 0 && !s.failed)
		return 0;
	*err = s.err;
	return -(int)err->code;
}
