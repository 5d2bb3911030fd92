/*
 * Bodies of the two forms that are sent. Both parts are text in UTF-8 and
 * quoted-printable always, also where plain ASCII would do: the size hardly
 * differs, and lines of any length, trailing blanks and dots are safe.
 *
 * A message that is one part ends in a CRLF of its own. A part of a multipart
 * has its text exactly: the CRLF before a delimiter belongs to the delimiter
 * (RFC 2046 section 5.1.1).
 */
#include "mime/mime.h"

#include "mime/mime_priv.h"

static int
check_text(const char *part, struct str text, struct error *err)
{
	if (str_find_char(text, '\0') >= 0)
		return error_set(err, ERROR_INVALID, "%s: a NUL, expected text",
				 part);
	if (!str_utf8_valid(text))
		return error_set(err, ERROR_INVALID,
				 "%s: not UTF-8, expected text", part);
	return 0;
}

static int
check_boundary(struct str b, struct error *err)
{
	bool good = b.len > 0 && b.len <= MIME_BOUNDARY_MAX;

	for (size_t i = 0; good && i < b.len; i++)
		good = (b.p[i] >= '0' && b.p[i] <= '9') ||
		       (b.p[i] >= 'A' && b.p[i] <= 'Z') ||
		       (b.p[i] >= 'a' && b.p[i] <= 'z') || b.p[i] == '-' ||
		       b.p[i] == '_';
	if (good)
		return 0;
	return error_set(err, ERROR_INVALID,
			 "boundary of %zu bytes, expected 1 to %d letters, "
			 "digits, - and _",
			 b.len, MIME_BOUNDARY_MAX);
}

static void
put_part(struct buf *out, const char *subtype, struct str text)
{
	buf_printf(out,
		   "Content-Type: text/%s; charset=utf-8\r\n"
		   "Content-Transfer-Encoding: quoted-printable\r\n"
		   "\r\n",
		   subtype);
	mime_quoted_printable(out, text);
}

int
mime_alternative(struct buf *out, struct str boundary, struct str text,
		 struct str html, struct error *err)
{
	if (check_boundary(boundary, err) < 0 ||
	    check_text("text part", text, err) < 0 ||
	    check_text("HTML part", html, err) < 0)
		return -(int)err->code;
	buf_printf(out,
		   "MIME-Version: 1.0\r\n"
		   "Content-Type: multipart/alternative;\r\n"
		   " boundary=\"=_%.*s\"\r\n"
		   "\r\n"
		   "--=_%.*s\r\n",
		   STR_ARG(boundary), STR_ARG(boundary));
	put_part(out, "plain", text);
	buf_printf(out, "\r\n--=_%.*s\r\n", STR_ARG(boundary));
	put_part(out, "html", html);
	buf_printf(out, "\r\n--=_%.*s--\r\n", STR_ARG(boundary));
	return 0;
}

int
mime_text_part(struct buf *out, struct str text, struct error *err)
{
	if (check_text("text part", text, err) < 0)
		return -(int)err->code;
	buf_cat(out, "Content-Disposition: inline\r\n");
	put_part(out, "plain", text);
	return 0;
}

int
mime_text(struct buf *out, struct str text, struct error *err)
{
	if (check_text("text part", text, err) < 0)
		return -(int)err->code;
	buf_cat(out, "MIME-Version: 1.0\r\n");
	put_part(out, "plain", text);
	if (!str_ends(text, STR("\n")))
		buf_cat(out, "\r\n");
	return 0;
}
