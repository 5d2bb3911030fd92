/*
 * Replies (RFC 5321 section 4.2): one or more lines of a code of three digits
 * and a text, '-' behind the code of all but the last, and one code for all of
 * them. Whatever is not that is no answer, and the reader of it hangs up: the
 * server and we would not agree any more on what answers what.
 *
 * A blank behind the code may be missing, which is usual; so may the CR, which
 * is not, and changes nothing.
 *
 * Rejected: to skip lines that are no reply, as libraries do. They wait for a
 * better one until the time is up.
 */
#include "http/http_smtp_priv.h"

#include <stdio.h>
#include <string.h>

enum { CODE_DIGITS = 3, DETAIL_DIGITS = 3 };

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int
code_of(struct str line)
{
	if (line.len < CODE_DIGITS || line.p[0] < '2' || line.p[0] > '5' ||
	    !is_digit(line.p[1]) || !is_digit(line.p[2]))
		return 0;
	return (line.p[0] - '0') * 100 + (line.p[1] - '0') * 10 +
	       (line.p[2] - '0');
}

static struct str
without_end(struct str line)
{
	if (str_ends(line, STR("\n")))
		line.len--;
	if (str_ends(line, STR("\r")))
		line.len--;
	return line;
}

struct str
http_smtp_reply_words(struct str line)
{
	return str_slice(without_end(line), CODE_DIGITS + 1, line.len);
}

/* Digits, max at most, from *at on; none is false. */
static bool
skip_digits(struct str s, size_t *at, size_t max)
{
	size_t from = *at;

	while (*at < s.len && *at - from < max && is_digit(s.p[*at]))
		++*at;
	return *at > from;
}

/* How many bytes of the text are an enhanced code: 0, or more. */
static size_t
enhanced_bytes(struct str text)
{
	size_t at = 1;

	if (text.len == 0 || !strchr("245", text.p[0]) || !text.p[0])
		return 0;
	for (int i = 0; i < 2; i++)
		if (at >= text.len || text.p[at++] != '.' ||
		    !skip_digits(text, &at, DETAIL_DIGITS))
			return 0;
	return at == text.len || text.p[at] == ' ' ? at : 0;
}

static void
add_text(struct http_smtp_reply *r, struct str text)
{
	for (size_t i = 0; i < text.len && r->text_len + 1 < sizeof(r->text);
	     i++) {
		char c = text.p[i] == '\t' ? ' ' : text.p[i];

		r->text[r->text_len++] = c < ' ' || c > '~' ? '?' : c;
	}
	r->text[r->text_len] = '\0';
}

static void
add_words(struct http_smtp_reply *r, struct str words)
{
	struct str enhanced = str_slice(words, 0, enhanced_bytes(words));

	if (r->text_len == 0) {
		r->text_len =
		    (size_t)snprintf(r->text, sizeof(r->text), "%d", r->code);
		snprintf(r->enhanced, sizeof(r->enhanced), "%.*s",
			 STR_ARG(enhanced));
	} else if (enhanced.len > 0 && str_eq_cstr(enhanced, r->enhanced)) {
		words = str_slice(words, enhanced.len, words.len);
	}
	words = str_trim(words);
	if (words.len > 0)
		add_text(r, STR(" "));
	add_text(r, words);
}

int
http_smtp_reply_add(struct http_smtp_reply *r, struct str line)
{
	struct str bare = without_end(line);
	int code = code_of(bare);
	bool last = bare.len == CODE_DIGITS ||
		    (bare.len > CODE_DIGITS && bare.p[CODE_DIGITS] == ' ');

	r->bytes += line.len;
	if (code == 0 || (r->code != 0 && r->code != code) ||
	    (!last && bare.p[CODE_DIGITS] != '-') ||
	    r->bytes > SMTP_REPLY_BYTES)
		return -1;
	r->code = code;
	add_words(r, http_smtp_reply_words(line));
	return last;
}

/* ---- ends ---- */

void
http_smtp_end_with(struct http_smtp_end *end, enum http_smtp_stage at,
		   const struct http_smtp_reply *reply)
{
	*end = (struct http_smtp_end){ .at = at, .code = reply->code };
	memcpy(end->enhanced, reply->enhanced, sizeof(end->enhanced));
	memcpy(end->text, reply->text, sizeof(end->text));
}

void
http_smtp_end_without(struct http_smtp_end *end, enum http_smtp_stage at,
		      const char *why)
{
	*end = (struct http_smtp_end){ .at = at };
	snprintf(end->text, sizeof(end->text), "%s", why);
}
