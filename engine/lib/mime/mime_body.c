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

#include <string.h>

enum { BEFORE_SOFT_BREAK = 75 };

struct page {
	struct buf *out;
	char line[BEFORE_SOFT_BREAK + 3];
	size_t len;
};

static void
end_line(struct page *p, struct str with)
{
	memcpy(p->line + p->len, with.p, with.len);
	buf_add(p->out, p->line, p->len + with.len);
	p->len = 0;
}

static void
put_hex(struct page *p, char c)
{
	static const char digits[] = "0123456789ABCDEF";
	unsigned char byte = (unsigned char)c;

	if (p->len + 3 > BEFORE_SOFT_BREAK)
		end_line(p, STR("=\r\n"));
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

/*
 * How many of eight bytes are printable and no "=" before the first that is
 * not, or is a tab. Each test sets the high bit of a byte that fails it (or
 * that has it, which fails too); what it carries into those behind counts for
 * nothing.
 */
static size_t
plain_bytes(const char *p)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	const uint64_t high = ones << 7;
	uint64_t word, equals, bad;

	memcpy(&word, p, sizeof(word));
	if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
		word = __builtin_bswap64(word);
	equals = (word ^ ('=' * ones)) - ones;
	bad = (word | (word - ' ' * ones) | (word + ones) | equals) & high;
	return bad ? (size_t)__builtin_ctzll(bad) / 8 : sizeof(word);
}

static bool
needs_code(struct str rest)
{
	return rest.p[0] == '.' ||
	       (rest.p[0] == 'F' && str_starts(rest, STR("From ")));
}

/* How much of `rest` may stand in this line as it is. */
static size_t
plain_run(const struct page *p, struct str rest)
{
	size_t room = BEFORE_SOFT_BREAK - p->len;
	size_t n = 0, more = 8;

	if (p->len == 0 && needs_code(rest))
		return 0;
	if (room > rest.len)
		room = rest.len;
	while (more == 8 && n + 8 <= room) {
		more = plain_bytes(rest.p + n);
		n += more;
	}
	while (n < room && is_plain(rest.p[n]))
		n++;
	return n;
}

static void
put_line(struct page *p, struct str line)
{
	struct str rest = line;

	while (rest.len > 0) {
		size_t n;

		if (p->len == BEFORE_SOFT_BREAK)
			end_line(p, STR("=\r\n"));
		n = plain_run(p, rest);
		memcpy(p->line + p->len, rest.p, n);
		p->len += n;
		if (n == 0)
			put_hex(p, rest.p[n++]);
		rest = str_slice(rest, n, rest.len);
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
		end_line(&p, STR("\r\n"));
		rest = str_slice(rest, (size_t)end + 1, rest.len);
	}
	put_line(&p, rest);
	end_line(&p, STR(""));
}
