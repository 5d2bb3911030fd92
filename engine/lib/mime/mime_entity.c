/*
 * Most mails may go as they are: then nothing is looked into. Only one that may
 * not is gone through, part by part, and of it only the parts that need it are
 * changed.
 *
 * Rejected: GMime, which is there for what must be understood. It writes a tree
 * anew, and what is signed within (RFC 1847) must stay as it was signed, byte
 * for byte.
 */
#include "mime/mime_entity.h"

#include <string.h>

#include "base/arena.h"
#include "base/encode.h"
#include "mime/mime.h"
#include "mime/mime_priv.h"

enum { BASE64_LINE = 76, BASE64_BYTES = BASE64_LINE / 4 * 3 };

struct walk {
	struct arena *a;
	struct buf *out;
	int depth;
	int parts;
};

/* ---- lines ---- */

/* Up to its LF, or all that is left; false when nothing is. */
static bool
next_line(struct str *rest, struct str *line)
{
	ptrdiff_t end = str_find_char(*rest, '\n');
	size_t len = end < 0 ? rest->len : (size_t)end + 1;

	*line = str_slice(*rest, 0, len);
	*rest = str_slice(*rest, len, rest->len);
	return len > 0;
}

static struct str
without_end(struct str line)
{
	if (!str_ends(line, STR("\n")))
		return line;
	line.len--;
	if (str_ends(line, STR("\r")))
		line.len--;
	return line;
}

/* May it stand in a message as it is, but for its line ends? */
static bool
is_clean(struct str text)
{
	struct str line;

	if (!str_is_ascii(text) || str_find_char(text, '\0') >= 0)
		return false;
	while (next_line(&text, &line)) {
		line = without_end(line);
		if (line.len > MIME_LINE_MAX || str_find_char(line, '\r') >= 0)
			return false;
	}
	return true;
}

static void
put_lines(struct buf *out, struct str text)
{
	struct str line;

	while (next_line(&text, &line)) {
		buf_str(out, without_end(line));
		if (str_ends(line, STR("\n")))
			buf_cat(out, "\r\n");
	}
}

/* ---- headers ---- */

struct entity {
	struct str header; /* with the end of its last line */
	struct str body;
};

/* A line that mbox files begin with is none of the mail. */
static struct entity
split(struct str bytes)
{
	struct str rest = bytes, line;
	size_t from = 0;

	while (next_line(&rest, &line)) {
		if (without_end(line).len == 0)
			return (struct entity){
				str_slice(bytes, from,
					  (size_t)(line.p - bytes.p)),
				rest,
			};
		if (line.p == bytes.p && str_starts(line, STR("From ")))
			from = line.len;
	}
	return (struct entity){ str_slice(bytes, from, bytes.len), rest };
}

struct str
mime_entity_header(struct str mail)
{
	return split(mail).header;
}

/* With the lines that continue it. */
static bool
next_field(struct str *rest, struct str *field)
{
	struct str line;

	if (!next_line(rest, field))
		return false;
	while (rest->len > 0 && (rest->p[0] == ' ' || rest->p[0] == '\t')) {
		(void)next_line(rest, &line);
		field->len += line.len;
	}
	return true;
}

/* Empty when it has none that RFC 5322 section 3.6.8 knows. */
static struct str
name_of(struct str field)
{
	ptrdiff_t colon = str_find_char(field, ':');
	struct str name = str_slice(field, 0, colon < 0 ? 0 : (size_t)colon);

	while (str_ends(name, STR(" ")) || str_ends(name, STR("\t")))
		name.len--;
	for (size_t i = 0; i < name.len; i++)
		if (name.p[i] <= ' ' || name.p[i] > '~')
			return (struct str){ 0 };
	return name;
}

/* On one line, with single blanks. */
static struct str
value_of(struct arena *a, struct str field)
{
	ptrdiff_t colon = str_find_char(field, ':');
	struct str rest = str_slice(field, (size_t)colon + 1, field.len), word;
	struct buf b = { 0 };
	struct str value;

	while (str_word(&rest, &word)) {
		if (b.len > 0)
			buf_char(&b, ' ');
		buf_str(&b, word);
	}
	value = str_copy(a, buf_view(&b));
	buf_fini(&b);
	return value;
}

static struct str
find_value(struct arena *a, struct str header, const char *name)
{
	struct str field;

	while (next_field(&header, &field))
		if (str_eq_fold(name_of(field), str_of(name)))
			return value_of(a, field);
	return (struct str){ 0 };
}

struct str
mime_entity_field(struct arena *a, struct str mail, const char *name)
{
	return find_value(a, mime_entity_header(mail), name);
}

static const char encoding_name[] = "Content-Transfer-Encoding";

/* False: the field is not taken along. */
static bool
is_taken(struct str field, bool inner, bool recoded)
{
	struct str name = name_of(field);

	if (name.len == 0 ||
	    (recoded && str_eq_fold(name, str_of(encoding_name))))
		return false;
	return inner || str_eq_fold(str_slice(name, 0, 8), STR("Content-"));
}

static int
put_field(struct buf *out, struct str field, struct error *err)
{
	struct str line;

	while (next_line(&field, &line)) {
		line = without_end(line);
		if (line.len > MIME_LINE_MAX)
			return error_set(err, ERROR_INVALID,
					 "a header of %zu bytes on one line, "
					 "expected %d at most",
					 line.len, MIME_LINE_MAX);
		for (size_t i = 0; i < line.len; i++)
			buf_char(out, (line.p[i] >= ' ' && line.p[i] <= '~') ||
					      line.p[i] == '\t'
					  ? line.p[i]
					  : '?');
		buf_cat(out, "\r\n");
	}
	return 0;
}

/* `encoding` is the new one; NULL: as it was. Ends the header. */
static int
put_header(struct walk *w, struct str header, const char *encoding,
	   struct error *err)
{
	struct str field;

	while (next_field(&header, &field))
		if (is_taken(field, w->depth > 0, encoding != NULL) &&
		    put_field(w->out, field, err) < 0)
			return -(int)err->code;
	if (encoding)
		buf_printf(w->out, "%s: %s\r\n", encoding_name, encoding);
	buf_cat(w->out, "\r\n");
	return 0;
}

/* ---- types ---- */

/* What stands before the first ';'. */
static struct str
type_of(struct arena *a, struct str header)
{
	struct str value = find_value(a, header, "Content-Type");
	ptrdiff_t end = str_find_char(value, ';');

	if (end >= 0)
		value = str_slice(value, 0, (size_t)end);
	return str_lower(a, str_trim(value));
}

/* The next ";name=value" of a structured value; a quoted one without quotes. */
static bool
next_parameter(struct arena *a, struct str *rest, struct str *name,
	       struct str *value)
{
	ptrdiff_t begin = str_find_char(*rest, ';');
	struct buf text = { 0 };
	bool quoted = false;
	ptrdiff_t equals;
	size_t i;

	if (begin < 0)
		return false;
	*rest = str_slice(*rest, (size_t)begin + 1, rest->len);
	equals = str_find_char(*rest, '=');
	*name = str_trim(str_slice(*rest, 0, equals < 0 ? 0 : (size_t)equals));
	for (i = (size_t)(equals + 1);
	     i < rest->len && (quoted || rest->p[i] != ';'); i++) {
		if (rest->p[i] == '"')
			quoted = !quoted;
		else if (quoted && rest->p[i] == '\\' && i + 1 < rest->len)
			buf_char(&text, rest->p[++i]);
		else
			buf_char(&text, rest->p[i]);
	}
	*value = str_copy(a, str_trim(buf_view(&text)));
	*rest = str_slice(*rest, i, rest->len);
	buf_fini(&text);
	return true;
}

static struct str
boundary_of(struct arena *a, struct str header)
{
	struct str rest = find_value(a, header, "Content-Type");
	struct str name, value;

	while (next_parameter(a, &rest, &name, &value))
		if (str_eq_fold(name, STR("boundary")) &&
		    value.len <= MIME_ENTITY_BOUNDARY_MAX && is_clean(value))
			return value;
	return (struct str){ 0 };
}

/* ---- parts ---- */

static int put_entity(struct walk *w, struct str bytes, struct error *err);

static int
put_inside(struct walk *w, struct str bytes, struct error *err)
{
	int code;

	if (++w->parts > MIME_ENTITY_PARTS_MAX ||
	    w->depth == MIME_ENTITY_DEPTH_MAX)
		return error_set(err, ERROR_LIMIT,
				 "a mail with more than %d parts, or more than "
				 "%d inside one another",
				 MIME_ENTITY_PARTS_MAX, MIME_ENTITY_DEPTH_MAX);
	w->depth++;
	code = put_entity(w, bytes, err);
	w->depth--;
	return code;
}

static void
put_base64(struct buf *out, struct str bytes)
{
	for (size_t i = 0; i < bytes.len; i += BASE64_BYTES) {
		encode_base64(out, str_slice(bytes, i, i + BASE64_BYTES));
		buf_cat(out, "\r\n");
	}
}

static bool
is_identity(struct str encoding)
{
	return encoding.len == 0 || str_eq_fold(encoding, STR("7bit")) ||
	       str_eq_fold(encoding, STR("8bit")) ||
	       str_eq_fold(encoding, STR("binary"));
}

/* What may not go as it is, encoded. */
static int
put_leaf(struct walk *w, const struct entity *e, struct str type,
	 struct error *err)
{
	struct str encoding = find_value(w->a, e->header, encoding_name);
	bool is_text = type.len == 0 || str_starts(type, STR("text/"));

	/* RFC 2046 lets nothing else be done to these. */
	if (str_starts(type, STR("multipart/")) ||
	    str_starts(type, STR("message/")))
		return error_set(err, ERROR_INVALID,
				 "a part of parts that cannot be told apart");
	if (!is_identity(encoding))
		return error_set(err, ERROR_INVALID,
				 "a part that says \"%.*s\" has bytes that are "
				 "none of it",
				 STR_ARG(str_slice(encoding, 0, 40)));
	if (put_header(w, e->header, is_text ? "quoted-printable" : "base64",
		       err) < 0)
		return -(int)err->code;
	if (is_text)
		mime_quoted_printable(w->out, e->body);
	else
		put_base64(w->out, e->body);
	return 0;
}

enum line_kind { LINE_TEXT, LINE_BEGINS, LINE_ENDS };

/* A delimiter of RFC 2046: "--boundary", or "--boundary--" behind the last. */
static enum line_kind
kind_of(struct str line, struct str boundary)
{
	struct str rest;

	if (!str_starts(line, STR("--")))
		return LINE_TEXT;
	rest = str_slice(line, 2, line.len);
	if (!str_starts(rest, boundary))
		return LINE_TEXT;
	rest = str_trim(str_slice(rest, boundary.len, rest.len));
	if (rest.len == 0)
		return LINE_BEGINS;
	return str_eq_cstr(rest, "--") ? LINE_ENDS : LINE_TEXT;
}

/* The line end before a delimiter is the delimiter's. */
static int
put_part(struct walk *w, struct str part, bool delimited, struct error *err)
{
	if (put_inside(w, delimited ? without_end(part) : part, err) < 0)
		return -(int)err->code;
	if (delimited)
		buf_cat(w->out, "\r\n");
	return 0;
}

static int
put_parts(struct walk *w, struct str body, struct str boundary,
	  struct error *err)
{
	struct str rest = body, line;
	size_t from = 0; /* of the part, or of what is before the first */
	bool inside = false;

	while (next_line(&rest, &line)) {
		enum line_kind kind = kind_of(line, boundary);
		size_t at = (size_t)(line.p - body.p);
		struct str before = str_slice(body, from, at);

		if (kind == LINE_TEXT)
			continue;
		if (inside && put_part(w, before, true, err) < 0)
			return -(int)err->code;
		if (!inside && is_clean(before))
			put_lines(w->out, before);
		buf_printf(w->out, "--%.*s%s%s", STR_ARG(boundary),
			   kind == LINE_ENDS ? "--" : "",
			   str_ends(line, STR("\n")) ? "\r\n" : "");
		from = at + line.len;
		inside = kind == LINE_BEGINS;
		if (!inside)
			break;
	}
	if (inside)
		return put_part(w, str_slice(body, from, body.len), false, err);
	if (is_clean(str_slice(body, from, body.len)))
		put_lines(w->out, str_slice(body, from, body.len));
	return 0;
}

static int
put_entity(struct walk *w, struct str bytes, struct error *err)
{
	struct entity e = split(bytes);
	struct str type = type_of(w->a, e.header);
	struct str boundary = { 0 };
	bool is_message = str_starts(type, STR("message/rfc822"));

	if (str_starts(type, STR("multipart/")))
		boundary = boundary_of(w->a, e.header);
	if (!is_clean(e.body) && boundary.len == 0 && !is_message)
		return put_leaf(w, &e, type, err);
	if (put_header(w, e.header, NULL, err) < 0)
		return -(int)err->code;
	if (is_clean(e.body)) {
		put_lines(w->out, e.body);
		return 0;
	}
	return is_message ? put_inside(w, e.body, err)
			  : put_parts(w, e.body, boundary, err);
}

int
mime_entity_put(struct buf *out, struct str mail, struct error *err)
{
	struct walk w = { .a = arena_new(), .out = out };
	size_t before = out->len;
	int code = put_entity(&w, mail, err);

	arena_free(&w.a);
	if (code < 0)
		buf_truncate(out, before);
	return code;
}
