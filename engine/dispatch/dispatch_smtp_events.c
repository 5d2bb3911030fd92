/*
 * What the library tells us during a session, and what we make of it.
 *
 * A piece is the record of one message. Its stage is moved by the library's
 * events; when a code ends it, dispatch_policy_classify() says the verdict.
 *
 *	MAIL --2xx--> RCPT --2xx--> DATA --354--> BODY --marker--> AFTER
 *
 * The marker. The library reads the message by relay_on_block(): first all of
 * it in one block, then it asks for more and gets the end. It asks when all
 * before was written or buffered, and writes the dot next; so that is when the
 * marker is set. When there is none, the end comes with errno set, and it
 * drops the connection with what is buffered: the dot is never written.
 *
 * Traps, each met here
 *  - errno must be 0 when the marker was set, or the same happens by accident.
 *  - A write that fails is passed over in silence, and the message goes on
 *    after the hole. A connection that broke is therefore looked for before
 *    the marker. One that only stalls is broken by the kernel (TCP_USER_
 *    TIMEOUT) before the library gives up on a block, and no signal may wake
 *    it while it waits.
 *  - A status is only read in the event that says that it is whole: a cut or
 *    malformed reply leaves its code behind, 250 too.
 *  - DATA answered by 250 has the event of a message that was sent; so it is
 *    DATA that was answered, not the dot, unless our bytes were asked for.
 *  - RCPT was refused: DATA is sent all the same, with RCPT, and refused too.
 *    The verdict is RCPT's.
 *  - DATA was refused: whether there is a next message was decided before we
 *    are told. So the next is taken at RCPT when that was refused.
 *  - BDAT (RFC 3030) is used when offered, and cannot be borne. Of its three
 *    replies the last one is kept, which is 503 when the first was 452; when
 *    the connection breaks, more replies are awaited than there are states
 *    for, and it jumps to nowhere. So it never hears of CHUNKING: the word is
 *    spoilt in its read buffer, which we are shown before it reads. Whoever
 *    asks for bytes without having written DATA gets none.
 *  - It knows CRAM-MD5 and NTLM and takes what the relay names first. These
 *    words are spoilt too.
 *  - Replies that came in plain text before the handshake would be read after
 *    it as if they were protected (NO STARTTLS, 2021): such a session counts
 *    for nothing.
 */
#include "dispatch/dispatch_smtp_priv.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>

#include "base/arena.h"
#include "dispatch/dispatch_nodelay.h"

enum { HEARD_BYTES_MAX = 4096, STATUS_BYTES_MAX = 500 };

/* ---- taking ---- */

static void
add_piece(struct relay_session *s, const struct dispatch_message *m)
{
	struct relay_piece *p = ARENA_NEW(s->arena, struct relay_piece);

	p->session = s;
	p->message = *m;
	p->stage = DISPATCH_AT_MAIL;
	p->smtp = smtp_add_message(s->smtp);
	check(p->smtp);
	check(smtp_set_reverse_path(p->smtp, str_cstr(s->arena, m->sender)));
	p->recipient =
	    smtp_add_recipient(p->smtp, str_cstr(s->arena, m->receiver));
	check(p->recipient);
	/* Then a relay says at MAIL that it is too big. */
	check(smtp_size_set_estimate(p->smtp, m->bytes.len));
	check(smtp_set_messagecb(p->smtp, relay_on_block, p));
	smtp_message_set_application_data_release(p->smtp, p, NULL);
	smtp_recipient_set_application_data_release(p->recipient, p, NULL);
	if (s->last)
		s->last->next = p;
	else
		s->first = p;
	s->last = p;
	s->taken++;
}

/* What the library cannot say leaves meanwhile by the other one. */
static int
next_for_us(struct relay_session *s, struct dispatch_message *m)
{
	int got;

	while ((got = relay_next(s->relay, s->feed, m, &s->err)) > 0 &&
	       relay_needs_utf8(m)) {
		got = relay_curl_one(s->relay, s->feed, m, &s->err);
		relay_tls_forget();
		if (got < 0 || ++s->taken >= relay_session_limit(s->feed))
			return got < 0 ? got : 0;
	}
	return got;
}

void
relay_take(struct relay_session *s)
{
	struct dispatch_message m;
	int got;

	if (s->ended || s->taken >= relay_session_limit(s->feed))
		return;
	got = next_for_us(s, &m);
	if (got > 0)
		add_piece(s, &m);
	s->ended = got <= 0;
	s->failed = got < 0;
}

/* ---- answers ---- */

static bool
is_2xx(const smtp_status_t *status)
{
	return status->code >= 200 && status->code <= 299;
}

/* The relay said more than 421, which is that it says no more. */
static bool
goes_on(const smtp_status_t *status)
{
	return status->code != 421 && status->code >= 200 &&
	       status->code <= 599 && status->code / 100 != 3;
}

void
relay_write_plain(struct buf *out, struct str said)
{
	for (size_t i = 0; i < said.len && out->len < STATUS_BYTES_MAX; i++) {
		char c = said.p[i];

		if (c == '\r')
			continue;
		if (c == '\n' || c == '\t')
			c = ' ';
		buf_char(out, c < ' ' || c > '~' ? '?' : c);
	}
}

/* The verdict, by the reply to what was done at this stage. */
static void
answer(struct relay_piece *p, enum dispatch_stage stage,
       const smtp_status_t *status)
{
	struct dispatch_outcome outcome;
	char enhanced[48] = "";
	struct buf text = { 0 };

	if (status->enh_class > 0)
		snprintf(enhanced, sizeof(enhanced), "%d.%d.%d",
			 status->enh_class, status->enh_subject,
			 status->enh_detail);
	buf_printf(&text, "%d %s%s", status->code, enhanced,
		   enhanced[0] ? " " : "");
	relay_write_plain(&text, str_trim(str_of(status->text)));
	dispatch_policy_classify(stage,
				 &(struct dispatch_reply){
				     .code = status->code,
				     .enhanced = str_of(enhanced),
				     .text = buf_view(&text),
				 },
				 p->marked, &outcome);
	feed_outcome(p->session->feed, &p->message, &outcome);
	p->closed = true;
	buf_fini(&text);
}

/* ---- events ---- */

static void
on_mail(struct relay_session *s, struct relay_piece *p)
{
	const smtp_status_t *status = smtp_reverse_path_status(p->smtp);

	if (is_2xx(status)) {
		p->stage = DISPATCH_AT_RCPT;
		return;
	}
	s->ended = s->ended || !goes_on(status);
	/* Many relays end a long connection so: then it was not tried. */
	if (status->code == 421 && p != s->first)
		return;
	answer(p, DISPATCH_AT_MAIL, status);
	relay_take(s);
}

static void
on_rcpt(struct relay_session *s, struct relay_piece *p)
{
	const smtp_status_t *status = smtp_recipient_status(p->recipient);

	if (is_2xx(status)) {
		p->stage = DISPATCH_AT_DATA;
		return;
	}
	answer(p, DISPATCH_AT_RCPT, status);
	s->ended = s->ended || !goes_on(status);
	relay_take(s);
}

static void
on_sent(struct relay_session *s, struct relay_piece *p)
{
	const smtp_status_t *status = smtp_message_transfer_status(p->smtp);

	s->ended = s->ended || !goes_on(status);
	if (p->closed)
		return;
	answer(p, p->stage, status);
	if (p->stage == DISPATCH_AT_AFTER)
		relay_take(s);
}

/* Exactly one reply may have come before the handshake. */
static bool
is_one_reply(struct str heard)
{
	struct str line;
	int last_lines = 0;

	if (heard.len > HEARD_BYTES_MAX || !str_ends(heard, STR("\n")))
		return false;
	while (str_split(&heard, '\n', &line))
		if (line.len < 4 || line.p[3] != '-')
			last_lines++;
	return last_lines == 1;
}

static void
on_tls(struct relay_session *s, const struct ssl_st *ssl)
{
	s->secure =
	    is_one_reply(buf_view(&s->heard)) && relay_tls_verified(ssl);
	if (s->secure)
		return;
	s->poisoned = true;
	relay_tls_cut(ssl);
}

/* OpenSSL has compared the name with that in the URL. */
static void
on_other_name(int *ok, const struct ssl_st *ssl)
{
	*ok = relay_tls_verified(ssl);
}

static void
on_connect(struct relay_session *s)
{
	const unsigned stall_ms = RELAY_STALL_MS;

	s->socket = nodelay_socket();
	nodelay_end();
	check(s->socket >= 0);
	check(setsockopt(s->socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &stall_ms,
			 sizeof(stall_ms)) == 0);
}

/* What the session hears of one message. */
static void
on_progress(struct relay_session *s, int event, va_list ap)
{
	smtp_message_t message;

	if (event != SMTP_EV_MESSAGESENT)
		(void)va_arg(ap, const char *);
	if (s->poisoned || s->unknown)
		return;
	if (event == SMTP_EV_RCPTSTATUS) {
		on_rcpt(s, smtp_recipient_get_application_data(
			       va_arg(ap, smtp_recipient_t)));
		return;
	}
	message = va_arg(ap, smtp_message_t);
	if (event == SMTP_EV_MAILSTATUS)
		on_mail(s, smtp_message_get_application_data(message));
	else
		on_sent(s, smtp_message_get_application_data(message));
}

void
relay_on_event(smtp_session_t smtp, int event, void *arg, ...)
{
	struct relay_session *s = arg;
	int *ok;
	va_list ap;

	(void)smtp;
	/* Hundreds to a message: nothing at all is done for them. */
	if (event == SMTP_EV_MESSAGEDATA)
		return;
	va_start(ap, arg);
	switch (event) {
	case SMTP_EV_CONNECT:
		on_connect(s);
		break;
	case SMTP_EV_DISCONNECT:
		/* It may try the host's next address. */
		s->socket = -1;
		nodelay_begin(NODELAY_CONNECT_MS);
		break;
	case SMTP_EV_MAILSTATUS:
	case SMTP_EV_RCPTSTATUS:
	case SMTP_EV_MESSAGESENT:
		on_progress(s, event, ap);
		break;
	case SMTP_EV_STARTTLS_OK:
		on_tls(s, va_arg(ap, const struct ssl_st *));
		break;
	case SMTP_EV_WRONG_PEER_CERTIFICATE:
		ok = va_arg(ap, int *);
		(void)va_arg(ap, const char *);
		on_other_name(ok, va_arg(ap, const struct ssl_st *));
		break;
	default:
		/* Left as it is: bad TLS ends it, a bad triplet does not. */
		break;
	}
	va_end(ap);
	relay_tls_forget();
}

/* ---- what passes ---- */

/* The first letter of each comes in it once. */
static const struct str spoilt[] = {
	{ "CHUNKING", 8 },
	{ "CRAM-MD5", 8 },
	{ "NTLM", 4 },
};

_Static_assert(COUNT_OF(spoilt) == RELAY_SPOILT, "one count for each");

/* Whether with this byte the word is whole. */
static bool
is_end_of(struct str word, size_t *matched, struct str c)
{
	bool next = str_eq_fold(c, str_slice(word, *matched, *matched + 1));

	*matched = next ? *matched + 1 : str_eq_fold(c, str_slice(word, 0, 1));
	if (*matched < word.len)
		return false;
	*matched = 0;
	return true;
}

/*
 * Spoil each of these words, however it is cut into reads. The buffer is the
 * library's and const for us alone; its last byte is always in this read.
 */
static void
spoil(struct relay_session *s, const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		for (size_t k = 0; k < COUNT_OF(spoilt); k++)
			if (is_end_of(spoilt[k], &s->matched[k],
				      (struct str){ &p[i], 1 }))
				*(char *)(uintptr_t)&p[i] = 'X';
}

/* The relay does not know us: it hears no more, and no mail was begun. */
static void
cut_unknown(struct relay_session *s)
{
	s->unknown = true;
	(void)shutdown(s->socket, SHUT_RDWR);
}

/* Not while the bytes of a message pass. */
void
relay_on_wire(const char *p, int len, int writing, void *arg)
{
	struct relay_session *s = arg;
	struct str bytes = { p, (size_t)len };

	/* What it said before is why; what it says to this is politeness. */
	s->parting = s->parting || (writing && str_eq(bytes, STR("QUIT\r\n")));
	if (s->parting)
		return;
	if (writing) {
		if (!relay_auth_on_write(s, bytes))
			cut_unknown(s);
		buf_clear(&s->heard);
		s->begun = s->begun || (!s->poisoned && !s->unknown &&
					str_starts(bytes, STR("MAIL FROM:")));
		s->data = str_ends(bytes, STR("DATA\r\n"));
		return;
	}
	if (!s->begun)
		spoil(s, p, bytes.len);
	if (s->heard.len <= HEARD_BYTES_MAX)
		buf_str(&s->heard, bytes);
}

/* ---- bytes ---- */

static void
begin_quiet(struct relay_session *s)
{
	sigset_t all;

	sigfillset(&all);
	check(pthread_sigmask(SIG_SETMASK, &all, &s->signals) == 0);
	s->quiet = true;
}

static void
end_quiet(struct relay_session *s)
{
	if (s->quiet)
		check(pthread_sigmask(SIG_SETMASK, &s->signals, NULL) == 0);
	s->quiet = false;
}

/* After a reset or a timeout there is no peer. */
static bool
is_connected(const struct relay_session *s)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);

	return getpeername(s->socket, (struct sockaddr *)&peer, &len) == 0;
}

static const char *
end_of_message(int *len, int error)
{
	*len = 0;
	errno = error;
	return NULL;
}

/*
 * The library writes in blocks of 2 KB, each of which would leave in a packet
 * of its own and wake the relay. Without TCP there is nothing to hold back.
 */
static void
hold_back(const struct relay_session *s, int on)
{
	(void)setsockopt(s->socket, IPPROTO_TCP, TCP_CORK, &on, sizeof(on));
}

static const char *
offer(struct relay_piece *p, int *len)
{
	p->stage = DISPATCH_AT_BODY;
	begin_quiet(p->session);
	hold_back(p->session, 1);
	*len = (int)p->message.bytes.len;
	errno = 0;
	return p->message.bytes.p;
}

static const char *
mark(struct relay_piece *p, int *len)
{
	struct relay_session *s = p->session;
	int got;

	end_quiet(s);
	hold_back(s, 0);
	if (!is_connected(s))
		return end_of_message(len, ECONNRESET);
	got = feed_mark(s->feed, &p->message, &s->err);
	relay_tls_forget();
	if (got > 0) {
		p->marked = true;
		p->stage = DISPATCH_AT_AFTER;
		return end_of_message(len, 0);
	}
	p->closed = true;
	s->ended = true;
	s->failed = got < 0;
	return end_of_message(len, ECANCELED);
}

const char *
relay_on_block(void **context, int *len, void *arg)
{
	struct relay_piece *p = arg;
	struct relay_session *s = p->session;
	bool insecure = s->relay->tls == RELAY_TLS_REQUIRE && !s->secure;

	(void)context;
	/* Asked to begin again, which it is before the first block. */
	if (!len)
		return NULL;
	if (p->stage == DISPATCH_AT_BODY && !p->closed)
		return mark(p, len);
	if (p->stage == DISPATCH_AT_DATA && !p->closed && s->data &&
	    !s->poisoned && !s->unknown && !insecure)
		return offer(p, len);
	return end_of_message(len, ECANCELED);
}

/* ---- afterwards ---- */

/* Nobody answered. */
static void
settle_piece(struct relay_session *s, struct relay_piece *p)
{
	struct dispatch_outcome outcome;

	s->broken = true;
	p->closed = true;
	if (relay_auth_refused(s) ||
	    (p->stage == DISPATCH_AT_MAIL && (!s->begun || p != s->first))) {
		feed_return(s->feed, &p->message);
		return;
	}
	dispatch_policy_classify(p->stage, &(struct dispatch_reply){ 0 },
				 p->marked, &outcome);
	feed_outcome(s->feed, &p->message, &outcome);
}

void
relay_settle(struct relay_session *s)
{
	end_quiet(s);
	for (struct relay_piece *p = s->first; p; p = p->next)
		if (!p->closed)
			settle_piece(s, p);
}
