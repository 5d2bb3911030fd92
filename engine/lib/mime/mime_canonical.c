/*
 * The last look before a wire. A relay may take a bare LF or CR for a line's
 * end where the next does not; a "." beside one then ends the message for one
 * of them alone, and what follows is read as commands (SMTP smuggling, SEC
 * Consult 2023). What passes here has no such place.
 */
#include "mime/mime.h"

static int
fault(struct error *err, const char *what, size_t offset)
{
	return error_set(err, ERROR_INVALID,
			 "message: %s at byte %zu, expected lines of at most "
			 "%d ASCII characters that end in CRLF",
			 what, offset, MIME_LINE_MAX);
}

static const char *
byte_fault(struct str line)
{
	if (str_find_char(line, '\0') >= 0)
		return "a NUL in the line";
	if (str_find_char(line, '\r') >= 0)
		return "a bare CR in the line";
	if (!str_is_ascii(line))
		return "an 8-bit octet in the line";
	return NULL;
}

int
mime_check_canonical(struct str message, struct error *err)
{
	size_t at = 0;

	while (at < message.len) {
		struct str rest = str_slice(message, at, message.len);
		ptrdiff_t end = str_find_char(rest, '\n');
		struct str line;
		const char *what;

		if (end < 0)
			return fault(err, "a line without its end", at);
		line = str_slice(rest, 0, (size_t)end);
		if (!str_ends(line, STR("\r")))
			return fault(err, "a bare LF", at + (size_t)end);
		line.len--;
		what = byte_fault(line);
		if (!what && line.len > MIME_LINE_MAX)
			what = "a long line";
		if (what)
			return fault(err, what, at);
		at += (size_t)end + 1;
	}
	return message.len > 0 ? 0 : fault(err, "nothing", 0);
}
