/*
 * Quoted-printable, a line at a time: a line is put together in place and goes
 * out in one piece with its CRLF, so that each output line is known to be at
 * most 76 octets and its first and last octet can be looked at.
 *
 * Beyond what RFC 2045 asks for, "." and the F of "From " are encoded where a
 * line starts (also behind a soft break): relays that stuff dots or quote
 * "From " change nothing then, and a signature over the body stays good.
 */
#include "mime/mime_priv.h"

enum { BEFORE_SOFT_BREAK = 75 };

struct page {
	struct buf *out;
	char line[BEFORE_SOFT_BREAK + 3];
	size_t len;
};

static void
end_line(struct page *p, const char *with)
{
	buf_add(p->out, p->line, p->len);
	buf_cat(p->out, with);
	p->len = 0;
}

static void
put_plain(struct page *p, char c)
{
	if (p->len == BEFORE_SOFT_BREAK)
		end_line(p, "=\r\n");
	p->line[p->len++] = c;
}

static void
put_hex(struct page *p, char c)
{
	static const char digits[] = "0123456789ABCDEF";
	unsigned char byte = (unsigned char)c;

	if (p->len + 3 > BEFORE_SOFT_BREAK)
		end_line(p, "=\r\n");
	p->line[p->len++] = '=';
	p->line[p->len++] = digits[byte >> 4];
	p->line[p->len++] = digits[byte & 15];
}

/* A blank at the end of a line may be lost on the way. */
static void
close_line(struct page *p)
{
	char last = p->len > 0 ? p->line[p->len - 1] : 0;

	if (last != ' ' && last != '\t')
		return;
	p->len--;
	put_hex(p, last);
}

static bool
is_plain(char c)
{
	return (c >= ' ' && c <= '~' && c != '=') || c == '\t';
}

static bool
is_altered_by_relays(const struct page *p, struct str rest)
{
	return (p->len == 0 || p->len == BEFORE_SOFT_BREAK) &&
	       (rest.p[0] == '.' || str_starts(rest, STR("From ")));
}

static void
put_line(struct page *p, struct str line)
{
	for (size_t i = 0; i < line.len; i++) {
		if (!is_plain(line.p[i]) ||
		    is_altered_by_relays(p, str_slice(line, i, line.len)))
			put_hex(p, line.p[i]);
		else
			put_plain(p, line.p[i]);
	}
	close_line(p);
}

void
mime_quoted_printable(struct buf *out, struct str text)
{
	struct page p = { .out = out };
	struct str rest = text;
	ptrdiff_t end;

	while ((end = str_find_char(rest, '\n')) >= 0) {
		struct str line = str_slice(rest, 0, (size_t)end);

		if (str_ends(line, STR("\r")))
			line.len--;
		put_line(&p, line);
		end_line(&p, "\r\n");
		rest = str_slice(rest, (size_t)end + 1, rest.len);
	}
	put_line(&p, rest);
	end_line(&p, "");
}
