/*
 * One SMTP session of the sink (RFC 5321, RFC 3030, RFC 2920), as strict as a
 * receiver may be, since it is there to find faults in a sender: only CRLF
 * ends a line, only CRLF "." CRLF a message, and one with a bare CR, a bare LF
 * or a NUL in it is refused.
 *
 *	command -> is it the plan's moment? -> the fault, or the proper reply
 *
 * The plan is the forced one, or none until the header with the Message-ID has
 * been read, from which it is drawn. DATA and BDAT give their bytes to the
 * same struct message.
 *
 * Invariants: an accepted line is durable before the reply; each message of
 * which a byte came gets exactly one line; after a refused transaction no byte
 * counts until the next MAIL.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/encode.h"
#include "base/now.h"
#include "sink_priv.h"

enum { IN_BYTES = 1 << 16, HEADER_BYTES_MAX = 1 << 20 };

static const char ACCEPTED[] = "250 2.0.0 accepted\r\n";

struct message {
	bool open; /* bytes are coming in */
	struct crypto_hash hash;
	struct buf header; /* up to and with the blank line */
	bool planned;	   /* the header is whole, `id` is known */
	struct str id;	   /* in header; without <> */
	bool in_body;
	char last; /* byte */
	bool foul;
};

struct session {
	struct sink *sink;
	int fd;
	char in[IN_BYTES];
	size_t from; /* in[from, to) has not been looked at */
	size_t to;
	bool mail;
	struct buf receivers; /* with commas; empty: none */
	struct message message;
	struct sink_plan plan;
};

/* ---- the wire ---- */

/* More bytes; false at the end of the connection or when a line is too long. */
static bool
fill(struct session *s)
{
	ssize_t n;

	if (s->from > 0) {
		memmove(s->in, s->in + s->from, s->to - s->from);
		s->to -= s->from;
		s->from = 0;
	}
	if (s->to == sizeof(s->in))
		return false;
	do
		n = recv(s->fd, s->in + s->to, sizeof(s->in) - s->to, 0);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return false;
	s->to += (size_t)n;
	return true;
}

/* A line with its CRLF, borrowed until the next read. */
static bool
read_line(struct session *s, struct str *line)
{
	struct str unread;
	ptrdiff_t end;

	do {
		unread = (struct str){ s->in + s->from, s->to - s->from };
		end = str_find(unread, STR("\r\n"));
	} while (end < 0 && fill(s));
	if (end < 0)
		return false;
	*line = str_slice(unread, 0, (size_t)end + 2);
	s->from += line->len;
	return true;
}

/* At least one byte and at most max, borrowed likewise. */
static bool
read_some(struct session *s, size_t max, struct str *piece)
{
	if (s->from == s->to && !fill(s))
		return false;
	*piece =
	    str_slice((struct str){ s->in + s->from, s->to - s->from }, 0, max);
	s->from += piece->len;
	return true;
}

/* A peer that is gone is noticed by the next read. */
static void
say(struct session *s, struct str text)
{
	while (text.len > 0) {
		ssize_t n = send(s->fd, text.p, text.len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		text = str_slice(text, (size_t)n, text.len);
	}
}

static bool
reply(struct session *s, const char *text)
{
	say(s, str_of(text));
	return true;
}

/* Until there is something to read, or it is over; false: time is up. */
static bool
wait_for(struct session *s, short events, int64_t until_us)
{
	int64_t left_us = until_us - now_mono_us();
	struct pollfd p = { .fd = s->fd, .events = events };

	if (left_us <= 0)
		return false;
	return poll(&p, 1, (int)(left_us / 1000) + 1) != 0;
}

/* Reads what comes and forgets it until the peer closes or time is up. */
static void
drain(struct session *s, int64_t until_us)
{
	do
		s->from = s->to;
	while (wait_for(s, POLLIN, until_us) && fill(s));
}

/* ---- faults ---- */

static int64_t
stall_end_us(const struct session *s)
{
	return now_mono_us() + s->sink->options.stall_ms * 1000;
}

/* In the bytes it must not read on: the sender's window shall fill up. */
static void
stall(struct session *s, enum sink_moment moment)
{
	int64_t end_us = stall_end_us(s);

	if (moment == SINK_BODY)
		wait_for(s, 0, end_us);
	else
		drain(s, end_us);
}

static void
reset_at_close(struct session *s)
{
	const struct linger now = { .l_onoff = 1, .l_linger = 0 };

	check(setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now)) == 0);
}

/* Instead of the proper reply: true when the session goes on. */
static bool
strike(struct session *s, enum sink_moment moment)
{
	switch (s->plan.fault) {
	case SINK_FAULT_4XX:
		return reply(s, "450 4.3.0 not now\r\n");
	case SINK_FAULT_5XX:
		return reply(s, "550 5.3.0 never\r\n");
	case SINK_FAULT_GARBAGE:
		return reply(s, "much obliged\r\n");
	case SINK_FAULT_421:
		reply(s, "421 4.3.2 closing\r\n");
		return false;
	case SINK_FAULT_RST:
		reset_at_close(s);
		return false;
	case SINK_FAULT_ACCEPT_STALL:
		wait_for(s, POLLIN, stall_end_us(s));
		return reply(s, ACCEPTED);
	case SINK_FAULT_STALL:
		stall(s, moment);
		return false;
	case SINK_FAULT_HALF_CLOSE:
		shutdown(s->fd, SHUT_WR);
		drain(s, stall_end_us(s));
		return false;
	default:
		return false;
	}
}

static bool
is_struck(const struct session *s, enum sink_moment moment)
{
	return s->plan.at == moment && s->plan.fault != SINK_FAULT_OK;
}

/* ---- a message ---- */

static void
message_begin(struct message *m)
{
	*m = (struct message){
		.open = true,
		.header = { .max = HEADER_BYTES_MAX },
	};
	crypto_hash_init(&m->hash);
}

static void
message_end(struct message *m, uint8_t sha256[CRYPTO_HASH_BYTES])
{
	crypto_hash_end(&m->hash, sha256);
	buf_fini(&m->header);
	*m = (struct message){ 0 };
}

/* The first Message-ID, folded or not. */
static struct str
find_id(struct str header)
{
	const struct str name = STR("message-id:");
	struct str line, word;

	while (str_split(&header, '\n', &line)) {
		if (!str_eq_fold(str_slice(line, 0, name.len), name))
			continue;
		line = str_slice(line, name.len, line.len);
		if (!str_word(&line, &word) && !str_word(&header, &word))
			break;
		if (str_starts(word, STR("<")) && str_ends(word, STR(">")))
			word = str_slice(word, 1, word.len - 1);
		return word;
	}
	return (struct str){ 0 };
}

static void
plan_message(struct session *s)
{
	struct message *m = &s->message;
	struct sink *sink = s->sink;
	int64_t attempt;

	m->planned = true;
	m->id = find_id(buf_view(&m->header));
	attempt = ledger_attempt(&sink->ledger, m->id);
	if (!sink->options.forced)
		s->plan = sink_draw(&sink->options, m->id, attempt);
}

static bool
is_foul(struct message *m, struct str bytes)
{
	bool foul = false;

	for (size_t i = 0; i < bytes.len; i++) {
		char c = bytes.p[i];

		foul |= c == '\0' || (c == '\n') != (m->last == '\r');
		m->last = c;
	}
	return foul;
}

/* The header ends in these bytes, or has before. */
static void
message_add(struct session *s, struct str bytes)
{
	struct message *m = &s->message;
	size_t had = m->header.len;
	ptrdiff_t end;

	m->foul |= is_foul(m, bytes);
	crypto_hash_add(&m->hash, bytes);
	m->in_body |= m->planned && bytes.len > 0;
	if (m->planned)
		return;
	buf_str(&m->header, bytes);
	m->foul |= buf_full(&m->header);
	end = str_find(buf_view(&m->header), STR("\r\n\r\n"));
	if (end < 0)
		return;
	m->in_body = (size_t)end + 4 < had + bytes.len;
	buf_truncate(&m->header, (size_t)end + 4);
	plan_message(s);
}

/* After it the transaction is over; true: the session goes on. */
static void
forget(struct session *s)
{
	uint8_t sha256[CRYPTO_HASH_BYTES];

	if (s->message.open)
		message_end(&s->message, sha256);
	s->mail = false;
	buf_clear(&s->receivers);
	s->plan = s->sink->options.plan;
}

static void
refused(struct session *s, enum sink_moment stage)
{
	ledger_refused(&s->sink->ledger, s->message.id, stage,
		       buf_view(&s->receivers));
}

/* A line in the ledger, then the fault. */
static bool
refuse(struct session *s, enum sink_moment moment)
{
	bool goes_on;

	refused(s, moment);
	goes_on = strike(s, moment) && moment != SINK_BODY;
	forget(s);
	return goes_on;
}

static void
accept_message(struct session *s)
{
	struct message *m = &s->message;
	struct buf id = { 0 }, hex = { 0 };
	uint8_t sha256[CRYPTO_HASH_BYTES];

	buf_str(&id, m->id);
	message_end(m, sha256);
	encode_hex(&hex, (struct str){ (const char *)sha256, sizeof(sha256) });
	ledger_accepted(&s->sink->ledger, buf_view(&id), buf_view(&hex),
			buf_view(&s->receivers));
	buf_fini(&id);
	buf_fini(&hex);
}

/* All bytes are here. */
static bool
finish(struct session *s)
{
	bool goes_on;

	if (!s->message.planned)
		plan_message(s);
	if (s->message.foul) {
		refused(s, SINK_BODY);
		forget(s);
		return reply(s, "554 5.6.0 bare CR, LF or NUL\r\n");
	}
	if (is_struck(s, SINK_BODY))
		return refuse(s, SINK_BODY);
	if (!s->plan.accepts)
		return refuse(s, SINK_DOT);
	accept_message(s);
	goes_on =
	    is_struck(s, SINK_DOT) ? strike(s, SINK_DOT) : reply(s, ACCEPTED);
	forget(s);
	return goes_on;
}

/* The peer went away in the bytes. */
static bool
broke_off(struct session *s)
{
	refused(s, SINK_BODY);
	forget(s);
	return false;
}

/* ---- DATA and BDAT ---- */

static bool
on_data(struct session *s, struct str argument)
{
	struct str line;

	(void)argument;
	if (s->receivers.len == 0)
		return reply(s, "554 5.5.1 no valid recipients\r\n");
	if (is_struck(s, SINK_DATA))
		return refuse(s, SINK_DATA);
	reply(s, "354 go on\r\n");
	message_begin(&s->message);
	while (read_line(s, &line)) {
		if (str_eq_cstr(line, ".\r\n"))
			return finish(s);
		message_add(s, str_slice(line, line.p[0] == '.', line.len));
		if (s->message.in_body && is_struck(s, SINK_BODY))
			return refuse(s, SINK_BODY);
	}
	return broke_off(s);
}

/* They come whether they are wanted or not. */
static bool
skip(struct session *s, int64_t size)
{
	struct str piece;

	while (size > 0 && read_some(s, (size_t)size, &piece))
		size -= (int64_t)piece.len;
	return size == 0 && reply(s, "503 5.5.1 no transaction\r\n");
}

static bool
read_chunk(struct session *s, int64_t size)
{
	struct str piece;

	while (size > 0 && !(s->message.in_body && is_struck(s, SINK_BODY))) {
		if (!read_some(s, (size_t)size, &piece))
			return false;
		message_add(s, piece);
		size -= (int64_t)piece.len;
	}
	return true;
}

static bool
on_bdat(struct session *s, struct str argument)
{
	bool first = !s->message.open;
	struct str word, last = { 0 };
	int64_t size;

	if (!str_word(&argument, &word) || !str_int(word, 0, INT_MAX, &size))
		return false;
	str_word(&argument, &last);
	if (s->receivers.len == 0)
		return skip(s, size);
	if (first)
		message_begin(&s->message);
	if (!read_chunk(s, size))
		return broke_off(s);
	if (first && is_struck(s, SINK_DATA))
		return refuse(s, SINK_DATA);
	if (s->message.in_body && is_struck(s, SINK_BODY))
		return refuse(s, SINK_BODY);
	if (str_eq_fold(last, STR("LAST")))
		return finish(s);
	return reply(s, "250 2.0.0 go on\r\n");
}

/* ---- the other commands ---- */

static bool
on_hello(struct session *s, struct str argument)
{
	const struct sink_options *options = &s->sink->options;
	struct buf text = { 0 };

	(void)argument;
	forget(s);
	if (is_struck(s, SINK_EHLO))
		return strike(s, SINK_EHLO);
	if (options->pipelining)
		buf_cat(&text, "250-PIPELINING\r\n");
	if (options->chunking)
		buf_cat(&text, "250-CHUNKING\r\n");
	buf_cat(&text, "250-8BITMIME\r\n250 ENHANCEDSTATUSCODES\r\n");
	reply(s, "250-sink.example\r\n");
	say(s, buf_view(&text));
	buf_fini(&text);
	return true;
}

static bool
on_helo(struct session *s, struct str argument)
{
	(void)argument;
	forget(s);
	return is_struck(s, SINK_EHLO) ? strike(s, SINK_EHLO)
				       : reply(s, "250 sink.example\r\n");
}

static bool
on_mail(struct session *s, struct str argument)
{
	(void)argument;
	if (s->mail)
		return reply(s, "503 5.5.1 one at a time\r\n");
	if (is_struck(s, SINK_MAIL))
		return refuse(s, SINK_MAIL);
	s->mail = true;
	return reply(s, "250 2.1.0 sender\r\n");
}

/* What is between < and >. */
static struct str
address_in(struct str argument)
{
	ptrdiff_t from = str_find_char(argument, '<');
	ptrdiff_t to = str_find_char(argument, '>');

	return from < 0 || to < from
		   ? (struct str){ 0 }
		   : str_slice(argument, (size_t)from + 1, (size_t)to);
}

static bool
on_rcpt(struct session *s, struct str argument)
{
	struct str receiver = address_in(argument);

	if (!s->mail || receiver.len == 0)
		return reply(s, "503 5.5.1 MAIL first, RCPT TO:<...>\r\n");
	if (is_struck(s, SINK_RCPT)) {
		ledger_refused(&s->sink->ledger, STR(""), SINK_RCPT, receiver);
		return strike(s, SINK_RCPT);
	}
	if (s->receivers.len > 0)
		buf_char(&s->receivers, ',');
	buf_str(&s->receivers, receiver);
	return reply(s, "250 2.1.5 recipient\r\n");
}

static bool
on_reset(struct session *s, struct str argument)
{
	(void)argument;
	forget(s);
	return reply(s, "250 2.0.0 forgotten\r\n");
}

static bool
on_noop(struct session *s, struct str argument)
{
	(void)argument;
	return reply(s, "250 2.0.0 still here\r\n");
}

static bool
on_quit(struct session *s, struct str argument)
{
	(void)argument;
	reply(s, "221 2.0.0 bye\r\n");
	return false;
}

struct command {
	const char *name;
	bool (*run)(struct session *s, struct str argument);
};

static const struct command commands[] = {
	{ "EHLO", on_hello }, { "HELO", on_helo }, { "MAIL", on_mail },
	{ "RCPT", on_rcpt },  { "DATA", on_data }, { "RSET", on_reset },
	{ "NOOP", on_noop },  { "QUIT", on_quit },
};

static bool
obey(struct session *s, struct str line)
{
	struct str name = { 0 };

	str_word(&line, &name);
	if (s->sink->options.chunking && str_eq_fold(name, STR("BDAT")))
		return on_bdat(s, line);
	if (s->message.open)
		return reply(s, "503 5.5.1 BDAT or RSET\r\n");
	for (size_t i = 0; i < COUNT_OF(commands); i++)
		if (str_eq_fold(name, str_of(commands[i].name)))
			return commands[i].run(s, line);
	return reply(s, "500 5.5.2 unknown\r\n");
}

static bool
greet(struct session *s)
{
	if (is_struck(s, SINK_CONNECT))
		return strike(s, SINK_CONNECT);
	if (!is_struck(s, SINK_BANNER))
		return reply(s, "220 sink.example ESMTP\r\n");
	if (s->plan.fault == SINK_FAULT_DROP ||
	    s->plan.fault == SINK_FAULT_STALL)
		reply(s, "220 sink.exa");
	return strike(s, SINK_BANNER);
}

void
sink_session(struct sink *sink, int fd)
{
	struct session *s = calloc(1, sizeof(*s));
	struct str line;
	bool goes_on;

	check(s);
	s->sink = sink;
	s->fd = fd;
	forget(s);
	goes_on = greet(s);
	while (goes_on && read_line(s, &line))
		goes_on = obey(s, line);
	if (s->message.open)
		broke_off(s);
	buf_fini(&s->receivers);
	free(s);
}
