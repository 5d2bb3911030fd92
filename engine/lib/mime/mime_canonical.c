/*
 * The last look before a wire. A relay may take a bare LF or CR for a line's
 * end where the next does not; a "." beside one then ends the message for one
 * of them alone, and what follows is read as commands (SMTP smuggling, SEC
 * Consult 2023). What passes here has no such place.
 *
 * Every mail comes by here: what can be asked of the whole message at once is,
 * and where the fault lies is looked for only when there is one.
 */
#include "mime/mime.h"

#include <string.h>

static int
fault(struct error *err, const char *what, int line)
{
	return error_set(err, ERROR_INVALID,
			 "message is not canonical: line %d %s, expected lines "
			 "of at most %d ASCII characters that end in CRLF",
			 line, what, MIME_LINE_MAX);
}

/* Of a line that is not as it should be, without its LF. */
static const char *
line_fault(struct str line)
{
	ptrdiff_t cr = str_find_char(line, '\r');

	if (cr < 0)
		return "ends in a bare LF";
	return (size_t)cr + 1 < line.len ? "has a bare CR"
					 : "is longer than 998 characters";
}

/* The first CR is the last before the LF, and not too far. */
static bool
is_good_line(const char *from, const char *lf)
{
	size_t len = (size_t)(lf - from);
	const char *cr = len ? memchr(from, '\r', len) : NULL;

	return cr && cr + 1 == lf && len <= MIME_LINE_MAX + 1;
}

/* Of a message that is ASCII without NUL. */
static int
check_lines(struct str message, struct error *err)
{
	const char *from = message.p;
	const char *end = from + message.len;
	const char *lf;

	for (int line = 1; from < end; line++, from = lf + 1) {
		lf = memchr(from, '\n', (size_t)(end - from));
		if (!lf)
			return fault(err, "has no end", line);
		if (!is_good_line(from, lf))
			return fault(err,
				     line_fault((struct str){
					 from, (size_t)(lf - from) }),
				     line);
	}
	return 0;
}

/* Of one that is not: its first line with such a byte, from `i` on. */
static int
byte_fault(struct str message, size_t i, struct error *err)
{
	int line = 1;

	for (size_t k = 0; k < i; k++)
		line += message.p[k] == '\n';

	while (message.p[i] != '\0' && (unsigned char)message.p[i] < 0x80)
		line += message.p[i++] == '\n';
	check(i < message.len);
	return fault(err, message.p[i] ? "is not ASCII" : "has a NUL", line);
}

static size_t
body_of(struct str message)
{
	ptrdiff_t end = str_find(message, STR("\r\n\r\n"));

	return end < 0 ? message.len : (size_t)end;
}

_Static_assert(MIME_LINE_MAX == 998, "line_fault() says so");

int
mime_check_canonical(struct str message, struct error *err)
{
	if (message.len == 0)
		return fault(err, "is missing", 1);
	if (str_find_char(message, '\0') >= 0)
		return byte_fault(message, 0, err);
	if (!str_is_ascii(message)) {
		size_t body = body_of(message);

		if (!str_utf8_valid(str_slice(message, 0, body)))
			return byte_fault(message, 0, err);
		if (!str_is_ascii(str_slice(message, body, message.len)))
			return byte_fault(message, body, err);
	}
	return check_lines(message, err);
}
