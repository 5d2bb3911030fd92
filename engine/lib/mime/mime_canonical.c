/*
 * The last look before a wire. A relay may take a bare LF or CR for a line's
 * end where the next does not; a "." beside one then ends the message for one
 * of them alone, and what follows is read as commands (SMTP smuggling, SEC
 * Consult 2023). What passes here has no such place.
 *
 * Every mail comes by here, twice: what can be asked of the whole message at
 * once is, and where the fault lies is looked for only when there is one.
 */
#include "mime/mime.h"

static int
fault(struct error *err, const char *what, int line)
{
	return error_set(err, ERROR_INVALID,
			 "message is not canonical: line %d %s, expected lines "
			 "of at most %d ASCII characters that end in CRLF",
			 line, what, MIME_LINE_MAX);
}

/* `line` is without its LF. */
static const char *
line_fault(struct str line)
{
	ptrdiff_t cr = str_find_char(line, '\r');

	if (cr < 0)
		return "ends in a bare LF";
	if ((size_t)cr + 1 < line.len)
		return "has a bare CR";
	return cr > MIME_LINE_MAX ? "is longer than 998 characters" : NULL;
}

/* Of a message that is ASCII without NUL. */
static int
check_lines(struct str message, struct error *err)
{
	int line = 1;

	for (size_t at = 0; at < message.len; line++) {
		struct str rest = str_slice(message, at, message.len);
		ptrdiff_t end = str_find_char(rest, '\n');
		const char *what =
		    end < 0 ? "has no end"
			    : line_fault(str_slice(rest, 0, (size_t)end));

		if (what)
			return fault(err, what, line);
		at += (size_t)end + 1;
	}
	return 0;
}

/* Of one that is not: its first line with such a byte. */
static int
byte_fault(struct str message, struct error *err)
{
	int line = 1;
	size_t i = 0;

	while (message.p[i] != '\0' && (unsigned char)message.p[i] < 0x80)
		line += message.p[i++] == '\n';
	check(i < message.len);
	return fault(err, message.p[i] ? "is not ASCII" : "has a NUL", line);
}

_Static_assert(MIME_LINE_MAX == 998, "line_fault() says so");

int
mime_check_canonical(struct str message, struct error *err)
{
	if (message.len == 0)
		return fault(err, "is missing", 1);
	if (!str_is_ascii(message) || str_find_char(message, '\0') >= 0)
		return byte_fault(message, err);
	return check_lines(message, err);
}
