/*
 * One builder for all headers. What is refused is refused here, not where data
 * comes in: a name from a file, a form or another program reaches a message
 * by this way only.
 *
 * A text stands as it is when a reader gets the same text back: printable
 * ASCII in words of moderate length with single blanks between, and nothing
 * that looks like an encoded-word. Everything else is encoded as a whole, in
 * "B" or "Q", whichever is shorter, and cut at characters into encoded-words
 * of one line each. Blanks between two encoded-words do not count (RFC 2047
 * section 6.2), so the blanks of the text are inside of them.
 *
 * "Q" uses only what is allowed in a phrase (section 5, rule 3), so the same
 * words stand in Subject and before an address.
 *
 * Rejected: encoding single words, which saves a few bytes and makes what is
 * shown depend on how a reader treats the blanks between; folding inside a
 * quoted string, which many readers take for two blanks.
 */
#include "mime/mime.h"

#include <string.h>

#include "base/encode.h"

enum {
	FOLD_AT = 76,
	WORD_MAX = 60, /* of a text that stands as it is */
	QUOTED_MAX = 60,
	OVERHEAD = sizeof("=?UTF-8?Q?"
			  "?=") -
		   1,
};

/* ---- what may be in a value ---- */

static void
check_name(const char *name)
{
	size_t len = strlen(name);

	check(len > 0 && len <= MIME_NAME_MAX);
	for (size_t i = 0; i < len; i++)
		check(name[i] > ' ' && name[i] <= '~' && name[i] != ':');
}

static bool
is_control(unsigned char c)
{
	return c < ' ' || c == 0x7f;
}

static int
check_value(const char *name, struct str value, struct error *err)
{
	check_name(name);
	if (value.len > MIME_VALUE_MAX)
		return error_set(err, ERROR_LIMIT,
				 "header %s: %zu bytes, expected at most %d",
				 name, value.len, MIME_VALUE_MAX);
	for (size_t i = 0; i < value.len; i++)
		if (is_control((unsigned char)value.p[i]))
			return error_set(err, ERROR_INVALID,
					 "header %s: control character \\x%02x "
					 "at byte %zu, expected one line of "
					 "text",
					 name, (unsigned)value.p[i], i);
	if (!str_utf8_valid(value))
		return error_set(err, ERROR_INVALID,
				 "header %s: not UTF-8, expected text", name);
	return 0;
}

/* Nothing is lost when it is folded at its blanks and unfolded again. */
static bool
stands_as_it_is(struct str text)
{
	struct str rest = text;
	struct str word;
	bool good = str_is_ascii(text) && str_find(text, STR("=?")) < 0;

	if (text.len > 0 && text.p[text.len - 1] == ' ')
		return false;
	while (good && str_split(&rest, ' ', &word))
		good = word.len > 0 && word.len <= WORD_MAX;
	return good;
}

/* ---- folding ---- */

/* A header being written: where its line has got to. */
struct line {
	struct buf *out;
	size_t column;
};

static struct line
begin(struct buf *out, const char *name)
{
	buf_printf(out, "%s: ", name);
	return (struct line){ out, strlen(name) + 2 };
}

static void
put(struct line *l, struct str s)
{
	buf_str(l->out, s);
	l->column += s.len;
}

static void
put_fold(struct line *l)
{
	buf_cat(l->out, "\r\n ");
	l->column = 1;
}

static void
put_words(struct line *l, struct str text)
{
	struct str rest = text;
	struct str word;

	for (bool first = true; str_split(&rest, ' ', &word); first = false) {
		if (!first && l->column + 1 + word.len <= FOLD_AT)
			put(l, STR(" "));
		else if (!first)
			put_fold(l);
		put(l, word);
	}
}

/* ---- encoded-words ---- */

static bool
is_q_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || (c && strchr("!*+-/", c));
}

static size_t
q_length(struct str s)
{
	size_t len = 0;

	for (size_t i = 0; i < s.len; i++)
		len += is_q_plain(s.p[i]) || s.p[i] == ' ' ? 1 : 3;
	return len;
}

static size_t
b_length(size_t bytes)
{
	return (bytes + 2) / 3 * 4;
}

static void
put_q(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (is_q_plain(s.p[i]))
			buf_char(out, s.p[i]);
		else if (s.p[i] == ' ')
			buf_char(out, '_');
		else
			buf_printf(out, "=%02X",
				   (unsigned)(unsigned char)s.p[i]);
	}
}

/* As many whole characters of s as `room` octets take when encoded. */
static size_t
fitting(struct str s, bool q, size_t room)
{
	size_t taken = 0;
	size_t q_used = 0;

	while (taken < s.len) {
		size_t n = str_utf8_sequence(s, taken);

		q_used += q_length(str_slice(s, taken, taken + n));
		if ((q ? q_used : b_length(taken + n)) > room)
			break;
		taken += n;
	}
	return taken;
}

static void
put_encoded(struct line *l, struct str text)
{
	bool q = q_length(text) <= b_length(text.len);
	struct str rest = text;

	while (rest.len > 0) {
		size_t start = l->out->len;
		size_t n = fitting(rest, q, FOLD_AT - l->column - OVERHEAD);

		check(n > 0);
		buf_cat(l->out, q ? "=?UTF-8?Q?" : "=?UTF-8?B?");
		if (q)
			put_q(l->out, str_slice(rest, 0, n));
		else
			encode_base64(l->out, str_slice(rest, 0, n));
		buf_cat(l->out, "?=");
		l->column += l->out->len - start;
		rest = str_slice(rest, n, rest.len);
		if (rest.len > 0)
			put_fold(l);
	}
}

/* ---- headers ---- */

int
mime_header(struct buf *out, const char *name, struct str value,
	    struct error *err)
{
	struct line l;

	if (check_value(name, value, err) < 0)
		return -(int)err->code;
	l = begin(out, name);
	if (stands_as_it_is(value))
		put_words(&l, value);
	else
		put_encoded(&l, value);
	buf_cat(out, "\r\n");
	return 0;
}

static int
check_address(const char *name, struct str address, struct error *err)
{
	ptrdiff_t at = str_find_char(address, '@');
	bool good = at > 0 && (size_t)at + 1 < address.len &&
		    address.len <= MIME_ADDRESS_MAX && str_utf8_valid(address);

	for (size_t i = 0; good && i < address.len; i++) {
		char c = address.p[i];

		good = ((c > ' ' && c <= '~') || (unsigned char)c >= 0x80) &&
		       !strchr("()<>[]\\,;:\"", c) &&
		       (c != '@' || i == (size_t)at);
	}
	if (good)
		return 0;
	return error_set(err, ERROR_INVALID,
			 "header %s: an address that was not normalised, "
			 "expected one such as ann@example.org",
			 name);
}

static void
put_display(struct line *l, struct str display)
{
	if (!stands_as_it_is(display) || display.len > QUOTED_MAX) {
		put_encoded(l, display);
		return;
	}
	put(l, STR("\""));
	for (size_t i = 0; i < display.len; i++) {
		if (display.p[i] == '"' || display.p[i] == '\\')
			put(l, STR("\\"));
		put(l, str_slice(display, i, i + 1));
	}
	put(l, STR("\""));
}

int
mime_header_mailbox(struct buf *out, const char *name, struct str display,
		    struct str address, struct error *err)
{
	struct line l;

	if (check_value(name, display, err) < 0 ||
	    check_address(name, address, err) < 0)
		return -(int)err->code;
	l = begin(out, name);
	if (display.len > 0) {
		put_display(&l, display);
		if (l.column + address.len + 3 > FOLD_AT)
			put_fold(&l);
		else
			put(&l, STR(" "));
	}
	put(&l, STR("<"));
	put(&l, address);
	put(&l, STR(">\r\n"));
	return 0;
}

/* Folded at one, it could leave a line of blanks alone. */
static int
stray_blank(const char *name, struct error *err)
{
	return error_set(err, ERROR_INVALID,
			 "header %s: a blank at an end or beside another, "
			 "expected single blanks between words",
			 name);
}

static int
check_raw(const char *name, struct str value, struct error *err)
{
	struct str rest = value;
	struct str word;

	if (check_value(name, value, err) < 0)
		return -(int)err->code;
	if (!str_is_ascii(value))
		return error_set(err, ERROR_INVALID,
				 "header %s: characters beyond ASCII, expected "
				 "a structured value",
				 name);
	if (value.len > 0 && value.p[value.len - 1] == ' ')
		return stray_blank(name, err);
	while (str_split(&rest, ' ', &word)) {
		if (word.len == 0)
			return stray_blank(name, err);
		if (word.len + MIME_NAME_MAX + 2 > MIME_LINE_MAX)
			return error_set(err, ERROR_LIMIT,
					 "header %s: a word of %zu bytes, "
					 "expected at most %d",
					 name, word.len,
					 MIME_LINE_MAX - MIME_NAME_MAX - 2);
	}
	return 0;
}

int
mime_header_raw(struct buf *out, const char *name, struct str value,
		struct error *err)
{
	struct line l;

	if (check_raw(name, value, err) < 0)
		return -(int)err->code;
	l = begin(out, name);
	put_words(&l, value);
	buf_cat(out, "\r\n");
	return 0;
}
