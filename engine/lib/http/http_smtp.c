/*
 * What is said on a connection that libcurl has made.
 *
 *	[RSET] MAIL RCPT DATA --354--> bytes --looked at--> dot --> answer
 *
 * Commands leave in one write when they may (RFC 2920), and their answers are
 * read in their order. The first that is no "go on" is how it ended; those
 * behind it are read all the same, to be in step again. A server that says 354
 * though it has refused the receiver waits for bytes, and there is no message to
 * end: we hang up. So we do on 421, and whenever an answer is missing or none.
 *
 * Before http_smtp_bytes() says true it looks whether the server has spoken: then
 * it has broken off, and what it says is definite, for it has not got the dot.
 *
 * The library never blocks here; waiting is ours, by the monotonic clock.
 */
#include "http/http_smtp.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/now.h"
#include "http/http_smtp_priv.h"

enum {
	MINUTE_MS = 60 * 1000,
	COMMAND_MS = 5 * MINUTE_MS, /* RFC 5321 section 4.5.3.2 */
	QUIT_MS = 5 * 1000,
};

static int64_t
after_ms(int64_t ms)
{
	return now_mono_us() + ms * 1000;
}

/* ---- bytes in and out ---- */

static bool
wait_for(struct http_smtp *c, short events, int64_t end_us)
{
	struct pollfd p = { .fd = c->socket, .events = events };
	int64_t left_us = end_us - now_mono_us();

	return left_us > 0 && poll(&p, 1, (int)(left_us / 1000) + 1) != 0;
}

/* Each piece that somebody takes begins the wait anew. */
static bool
say(struct http_smtp *c, struct str bytes)
{
	int64_t end_us = after_ms(SMTP_STALL_MS);

	while (bytes.len > 0 && !c->broken) {
		size_t n = 0;
		CURLcode code = curl_easy_send(c->easy, bytes.p, bytes.len, &n);

		if (code == CURLE_OK && n > 0) {
			bytes = str_slice(bytes, n, bytes.len);
			end_us = after_ms(SMTP_STALL_MS);
		} else if ((code != CURLE_OK && code != CURLE_AGAIN) ||
			   !wait_for(c, POLLOUT, end_us)) {
			c->broken = true;
		}
	}
	return !c->broken;
}

/* 1 and there is more in c->in, 0 when there is nothing now, -1 at its end. */
static int
fill(struct http_smtp *c)
{
	size_t n = 0;
	CURLcode code;

	if (c->from > 0) {
		memmove(c->in, c->in + c->from, c->to - c->from);
		c->to -= c->from;
		c->from = 0;
	}
	if (c->to == sizeof(c->in))
		return -1;
	code =
	    curl_easy_recv(c->easy, c->in + c->to, sizeof(c->in) - c->to, &n);
	c->to += n;
	if (code == CURLE_AGAIN)
		return 0;
	return code == CURLE_OK && n > 0 ? 1 : -1;
}

/* A line with its LF, borrowed until the next one. */
static bool
hear_line(struct http_smtp *c, int64_t end_us, struct str *line)
{
	struct str heard;
	ptrdiff_t lf;

	for (;;) {
		int got;

		heard = (struct str){ c->in + c->from, c->to - c->from };
		lf = str_find_char(heard, '\n');
		if (lf >= 0)
			break;
		got = fill(c);
		if (got < 0 || (got == 0 && !wait_for(c, POLLIN, end_us)))
			return false;
	}
	*line = str_slice(heard, 0, (size_t)lf + 1);
	c->from += line->len;
	return true;
}

/* False, and the connection is of no use any more. */
static bool
hear(struct http_smtp *c, int64_t timeout_ms, struct http_smtp_reply *reply)
{
	int64_t end_us = after_ms(timeout_ms);
	struct str line;
	int got = 0;

	*reply = (struct http_smtp_reply){ 0 };
	while (got == 0)
		got = hear_line(c, end_us, &line)
			  ? http_smtp_reply_add(reply, line)
			  : -1;
	c->broken |= got < 0 || reply->code == 421;
	return got > 0;
}

/* ---- the envelope ---- */

struct command {
	enum http_smtp_stage stage;
	int good;    /* the class of the answer that goes on */
	size_t from; /* in c->out */
};

enum { COMMANDS_MAX = 4 };

struct commands {
	struct command list[COMMANDS_MAX + 1]; /* the last is where it ends */
	int count;
};

static bool
is_mailbox(struct str address)
{
	for (size_t i = 0; i < address.len; i++)
		if ((unsigned char)address.p[i] <= ' ' ||
		    address.p[i] == 0x7f || address.p[i] == '<' ||
		    address.p[i] == '>')
			return false;
	return address.len > 0;
}

/* Its line is added to c->out by the caller, next. */
static void
add_command(struct http_smtp *c, struct commands *all,
	    enum http_smtp_stage stage, int good)
{
	all->list[all->count++] = (struct command){ .stage = stage,
						    .good = good,
						    .from = c->out.len };
}

static void
write_commands(struct http_smtp *c, const struct http_smtp_envelope *e,
	       bool utf8, struct commands *all)
{
	buf_clear(&c->out);
	if (c->transaction) {
		add_command(c, all, HTTP_SMTP_AT_MAIL, 2);
		buf_cat(&c->out, "RSET\r\n");
	}
	add_command(c, all, HTTP_SMTP_AT_MAIL, 2);
	buf_printf(&c->out, "MAIL FROM:<%.*s>", STR_ARG(e->sender));
	if (c->size)
		buf_printf(&c->out, " SIZE=%zu", e->size);
	buf_printf(&c->out, "%s\r\n", utf8 ? " SMTPUTF8" : "");
	add_command(c, all, HTTP_SMTP_AT_RCPT, 2);
	buf_printf(&c->out, "RCPT TO:<%.*s>\r\n", STR_ARG(e->receiver));
	add_command(c, all, HTTP_SMTP_AT_DATA, 3);
	buf_cat(&c->out, "DATA\r\n");
	all->list[all->count].from = c->out.len;
}

/* An answer that lets nothing follow, or that says something else. */
static bool
ends_all(const struct command *command, int code)
{
	int class = code / 100;

	return class != 4 && class != 5 && class != command->good;
}

/* True when it goes on; the first that does not fills *end. */
static bool
judge(struct http_smtp *c, const struct command *command, bool refused,
      struct http_smtp_end *end)
{
	struct http_smtp_reply reply;

	if (c->broken || !hear(c, COMMAND_MS, &reply)) {
		if (!refused)
			http_smtp_end_without(end, command->stage, "no answer");
		return false;
	}
	c->broken |= ends_all(command, reply.code);
	c->halfway =
	    command->stage == HTTP_SMTP_AT_DATA && reply.code / 100 == 3;
	if (reply.code / 100 == command->good)
		return true;
	if (!refused)
		http_smtp_end_with(end, command->stage, &reply);
	return false;
}

static bool
converse(struct http_smtp *c, const struct commands *all,
	 struct http_smtp_end *end)
{
	struct str out = buf_view(&c->out);
	size_t said = 0;
	bool good = true;

	for (int i = 0; i < all->count && !c->broken; i++) {
		const struct command *command = &all->list[i];
		size_t to = c->pipelining ? out.len : command[1].from;

		if (command->from >= said) {
			(void)say(c, str_slice(out, said, to));
			said = to;
		}
		good = judge(c, command, !good, end) && good;
		if (!good && !c->pipelining)
			break;
	}
	return good;
}

bool
http_smtp_envelope(struct http_smtp *c, const struct http_smtp_envelope *e,
		   struct http_smtp_end *end)
{
	bool utf8 =
	    e->utf8 || !str_is_ascii(e->sender) || !str_is_ascii(e->receiver);
	struct commands all = { 0 };

	check(http_smtp_goes_on(c));
	check(is_mailbox(e->sender) && is_mailbox(e->receiver));
	if (utf8 && !c->utf8) {
		http_smtp_end_without(end, HTTP_SMTP_AT_RCPT,
				      "553 5.6.7 the server takes ASCII alone");
		end->code = 553;
		snprintf(end->enhanced, sizeof(end->enhanced), "5.6.7");
		return false;
	}
	write_commands(c, e, utf8, &all);
	c->transaction = true;
	if (converse(c, &all, end))
		return true;
	/* It waits for bytes of a message that there is not. */
	c->broken |= c->halfway;
	return false;
}

/* ---- the message ---- */

/* RFC 5321 section 4.5.2. All lines have their end: that was looked at. */
static struct str
double_dots(struct http_smtp *c, struct str bytes)
{
	struct str rest = bytes;
	size_t done = 0;

	buf_clear(&c->out);
	while (rest.len > 0) {
		if (rest.p[0] == '.') {
			size_t at = bytes.len - rest.len;

			buf_str(&c->out, str_slice(bytes, done, at));
			buf_char(&c->out, '.');
			done = at;
		}
		rest = str_slice(rest, (size_t)str_find_char(rest, '\n') + 1,
				 rest.len);
	}
	if (done == 0 && c->out.len == 0)
		return bytes;
	buf_str(&c->out, str_slice(bytes, done, bytes.len));
	return buf_view(&c->out);
}

/* It may have spoken before its turn, or be gone. */
static bool
is_silent(struct http_smtp *c)
{
	return c->from == c->to && fill(c) == 0;
}

bool
http_smtp_bytes(struct http_smtp *c, struct str bytes,
		struct http_smtp_end *end)
{
	struct http_smtp_reply reply;

	check(c->halfway && str_ends(bytes, STR("\r\n")));
	if (say(c, double_dots(c, bytes)) && is_silent(c))
		return true;
	if ((c->from < c->to || fill(c) > 0) && hear(c, QUIT_MS, &reply))
		http_smtp_end_with(end, HTTP_SMTP_AT_BODY, &reply);
	else
		http_smtp_end_without(end, HTTP_SMTP_AT_BODY, "no answer");
	c->broken = true;
	return false;
}

void
http_smtp_dot(struct http_smtp *c, int64_t timeout_ms,
	      struct http_smtp_end *end)
{
	struct http_smtp_reply reply;

	check(c->halfway && !c->broken);
	if (!say(c, STR(".\r\n")) || !hear(c, timeout_ms, &reply)) {
		http_smtp_end_without(end, HTTP_SMTP_AT_DOT, "no answer");
		return;
	}
	http_smtp_end_with(end, HTTP_SMTP_AT_DOT, &reply);
	c->halfway = c->transaction = false;
	c->broken |= reply.code / 100 == 3;
}

/* ---- the end ---- */

bool
http_smtp_goes_on(const struct http_smtp *c)
{
	return !c->broken && !c->halfway;
}

void
http_smtp_leave(struct http_smtp *c)
{
	struct http_smtp_reply reply;

	if (http_smtp_goes_on(c) && say(c, STR("QUIT\r\n")))
		(void)hear(c, QUIT_MS, &reply);
}
