/*
 * The conversation.
 *
 *	LHLO -> (MAIL -> RCPT... -> DATA -> mail -> an answer for each)...
 *
 * Who speaks is a mail system on this machine, so little is refused: any
 * sender, any recipient. What a command says beyond its verb and path is not
 * looked at.
 */
#include "dispatch/dispatch_lmtp_priv.h"

#include <string.h>

static void
reply(struct lmtp *l, const char *text)
{
	buf_cat(&l->out, text);
	buf_cat(&l->out, "\r\n");
}

static void
reset(struct lmtp *l)
{
	for (size_t i = 0; i < l->recipient_count; i++)
		buf_fini(&l->recipients[i]);
	l->recipient_count = 0;
	l->answered = 0;
	l->has_sender = false;
	buf_fini(&l->mail);
	l->mail_len = 0;
}

void
lmtp_init(struct lmtp *l)
{
	*l = (struct lmtp){ .line.max = LMTP_LINE_MAX + 1 };
	reply(l, "220 guidon LMTP");
}

void
lmtp_fini(struct lmtp *l)
{
	reset(l);
	buf_fini(&l->line);
	buf_fini(&l->out);
}

/* ---- commands ---- */

static void
refuse(struct lmtp *l, const char *text)
{
	reply(l, text);
	l->faults++;
}

/* What stands between < and >; false when it does not. */
static bool
read_path(struct str args, const char *keyword, struct str *path)
{
	struct str head = str_slice(args, 0, strlen(keyword));
	ptrdiff_t end;

	if (!str_eq_fold(head, str_of(keyword)))
		return false;
	args = str_trim(str_slice(args, head.len, args.len));
	end = str_find_char(args, '>');
	if (args.len == 0 || args.p[0] != '<' || end < 0)
		return false;
	*path = str_slice(args, 1, (size_t)end);
	return true;
}

static void
on_lhlo(struct lmtp *l, struct str args)
{
	(void)args;
	reset(l);
	l->greeted = true;
	reply(l, "250-guidon");
	reply(l, "250-PIPELINING");
	reply(l, "250-8BITMIME");
	reply(l, "250-SMTPUTF8");
	reply(l, "250-ENHANCEDSTATUSCODES");
	buf_printf(&l->out, "250 SIZE %d\r\n", LMTP_MAIL_MAX);
}

/* RFC 2033 section 4.1: these are of another protocol. */
static void
on_hello(struct lmtp *l, struct str args)
{
	(void)args;
	refuse(l, "500 5.5.1 this is LMTP, expected LHLO");
}

static void
on_mail(struct lmtp *l, struct str args)
{
	struct str path;

	if (!l->greeted || l->has_sender) {
		refuse(l, "503 5.5.1 expected LHLO before, and one MAIL");
	} else if (!read_path(args, "FROM:", &path)) {
		refuse(l, "501 5.5.4 expected MAIL FROM:<address>");
	} else {
		l->has_sender = true;
		l->from_nobody = path.len == 0;
		reply(l, "250 2.1.0 ok");
	}
}

static void
on_rcpt(struct lmtp *l, struct str args)
{
	struct str path;

	if (!l->has_sender) {
		refuse(l, "503 5.5.1 expected MAIL before");
	} else if (!read_path(args, "TO:", &path) || path.len == 0) {
		refuse(l, "501 5.5.4 expected RCPT TO:<address>");
	} else if (l->recipient_count == LMTP_RECIPIENTS_MAX) {
		refuse(l, "452 4.5.3 too many recipients");
	} else {
		buf_str(&l->recipients[l->recipient_count++], path);
		reply(l, "250 2.1.5 ok");
	}
}

static void
on_data(struct lmtp *l, struct str args)
{
	(void)args;
	if (l->recipient_count == 0) {
		refuse(l, "503 5.5.1 expected RCPT before");
		return;
	}
	l->state = LMTP_DATA;
	/* As if a line had ended: a dot may come first. */
	l->end = 2;
	reply(l, "354 end with a dot");
}

static void
on_rset(struct lmtp *l, struct str args)
{
	(void)args;
	reset(l);
	reply(l, "250 2.0.0 ok");
}

static void
on_noop(struct lmtp *l, struct str args)
{
	(void)args;
	reply(l, "250 2.0.0 ok");
}

static void
on_vrfy(struct lmtp *l, struct str args)
{
	(void)args;
	reply(l, "252 2.1.5 send it and see");
}

static void
on_quit(struct lmtp *l, struct str args)
{
	(void)args;
	reply(l, "221 2.0.0 bye");
	l->state = LMTP_ENDED;
}

static const struct {
	const char *verb;
	void (*run)(struct lmtp *l, struct str args);
} commands[] = {
	{ "LHLO", on_lhlo }, { "HELO", on_hello }, { "EHLO", on_hello },
	{ "MAIL", on_mail }, { "RCPT", on_rcpt },  { "DATA", on_data },
	{ "RSET", on_rset }, { "NOOP", on_noop },  { "VRFY", on_vrfy },
	{ "QUIT", on_quit },
};

static void
run_command(struct lmtp *l, struct str line)
{
	struct str args = str_trim(line);
	struct str verb;

	if (!str_word(&args, &verb))
		verb = (struct str){ 0 };
	args = str_trim(args);
	for (size_t i = 0; i < COUNT_OF(commands); i++)
		if (str_eq_fold(verb, str_of(commands[i].verb))) {
			commands[i].run(l, args);
			return;
		}
	refuse(l, "500 5.5.2 no such command");
}

static void
end_line(struct lmtp *l)
{
	if (l->line_is_long)
		refuse(l, "500 5.5.2 the line is too long");
	else
		run_command(l, buf_view(&l->line));
	buf_clear(&l->line);
	l->line_is_long = false;
	if (l->faults > LMTP_FAULTS_MAX) {
		reply(l, "421 4.7.0 too many faults");
		l->state = LMTP_ENDED;
	}
}

static void
feed_line(struct lmtp *l, struct str *input)
{
	ptrdiff_t end = str_find_char(*input, '\n');
	size_t len = end < 0 ? input->len : (size_t)end;

	if (l->line.len + len > LMTP_LINE_MAX)
		l->line_is_long = true;
	else
		buf_str(&l->line, str_slice(*input, 0, len));
	*input = str_slice(*input, len + (end >= 0), input->len);
	if (end >= 0)
		end_line(l);
}

/* ---- the mail ---- */

static void
keep(struct lmtp *l, const char *bytes, size_t len)
{
	l->mail_len += len;
	if (l->mail.len + len <= LMTP_KEPT_MAX)
		buf_add(&l->mail, bytes, len);
	else if (l->mail.len < LMTP_KEPT_MAX)
		buf_add(&l->mail, bytes, LMTP_KEPT_MAX - l->mail.len);
}

static void
end_mail(struct lmtp *l)
{
	if (l->mail_len <= LMTP_MAIL_MAX) {
		l->state = LMTP_ANSWER;
		return;
	}
	for (size_t i = 0; i < l->recipient_count; i++)
		reply(l, "552 5.3.4 the mail is too long");
	reset(l);
	l->state = LMTP_COMMAND;
}

/*
 * `end` counts how much of CRLF "." CRLF was seen: what of it turns out to be
 * mail is kept then, but for a dot that was stuffed (RFC 5321 section 4.5.2).
 */
static void
feed_mail_byte(struct lmtp *l, char c)
{
	static const char sign[] = "\r\n.\r\n";

	if (c == sign[l->end]) {
		l->end++;
		if (l->end <= 2)
			keep(l, &c, 1);
		if (l->end == 5)
			end_mail(l);
		return;
	}
	if (l->end == 4)
		keep(l, "\r", 1);
	l->end = 0;
	keep(l, &c, 1);
	if (c == '\r')
		l->end = 1;
}

static void
feed_mail(struct lmtp *l, struct str *input)
{
	size_t i;

	for (i = 0; i < input->len && l->state == LMTP_DATA; i++)
		feed_mail_byte(l, input->p[i]);
	*input = str_slice(*input, i, input->len);
}

enum lmtp_step
lmtp_feed(struct lmtp *l, struct str *input)
{
	while (input->len > 0 && l->state != LMTP_ANSWER &&
	       l->state != LMTP_ENDED) {
		if (l->state == LMTP_DATA)
			feed_mail(l, input);
		else
			feed_line(l, input);
	}
	if (l->state == LMTP_ENDED)
		return LMTP_CLOSE;
	return l->state == LMTP_ANSWER ? LMTP_MAIL : LMTP_MORE;
}

struct str
lmtp_recipient(const struct lmtp *l)
{
	check(l->state == LMTP_ANSWER && l->answered < l->recipient_count);
	return buf_view(&l->recipients[l->answered]);
}

void
lmtp_answer(struct lmtp *l, enum lmtp_said said)
{
	static const char *const answers[] = {
#define ANSWER(name, text) [LMTP_##name] = text,
		LMTP_ANSWERS(ANSWER)
#undef ANSWER
	};

	check(l->state == LMTP_ANSWER && l->answered < l->recipient_count);
	reply(l, answers[said]);
	if (++l->answered < l->recipient_count)
		return;
	reset(l);
	l->state = LMTP_COMMAND;
}
