/*
 * Two ways in which a form is written, read into the same pairs. Both readers
 * walk the body once and copy what they keep into the arena; nothing is
 * guessed, for what we did not write ourselves is a one-click request, and its
 * form is fixed (RFC 8058 section 3.1).
 *
 *	multipart = 1*( "--" boundary CRLF headers CRLF value CRLF )
 *		    "--" boundary "--" [CRLF]
 *
 * Rejected: uploads. What strangers may send is text, so a file is an error
 * rather than a temporary file.
 */
#include <string.h>

#include "base/arena.h"
#include "base/encode.h"
#include "http/http.h"

enum { BOUNDARY_MAX = 70, PART_HEADERS_MAX = 8 };

/* The pairs read so far. */
struct pairs {
	struct http_pair *p;
	size_t count;
	size_t most;
};

static struct pairs
pairs_new(struct arena *a, size_t most)
{
	return (struct pairs){
		.p = ARENA_ARRAY(a, most, struct http_pair),
		.most = most,
	};
}

static bool
is_text(struct str s)
{
	return str_find_char(s, '\0') < 0 && str_utf8_valid(s);
}

static int
pairs_add(struct pairs *to, struct str name, struct str value,
	  struct error *err)
{
	if (!is_text(name) || !is_text(value))
		return error_set(err, ERROR_INVALID,
				 "field %zu of the form is not UTF-8 text",
				 to->count + 1);
	if (to->count == to->most)
		return error_set(err, ERROR_LIMIT,
				 "form of more than %zu fields", to->most);
	to->p[to->count++] = (struct http_pair){ name, value };
	return 0;
}

/* ---- application/x-www-form-urlencoded ---- */

/* The byte at *i, which moves to its last character; -1: a bad escape. */
static int
decode_one(struct str s, size_t *i)
{
	int high, low;

	if (s.p[*i] == '+')
		return ' ';
	if (s.p[*i] != '%')
		return (unsigned char)s.p[*i];
	if (s.len - *i < 3)
		return -1;
	high = encode_hex_value(s.p[*i + 1]);
	low = encode_hex_value(s.p[*i + 2]);
	if (high < 0 || low < 0)
		return -1;
	*i += 2;
	return high * 16 + low;
}

static int
decode(struct arena *a, struct str s, struct str *out, struct error *err)
{
	char *to = arena_alloc(a, s.len + 1);
	size_t len = 0;

	for (size_t i = 0; i < s.len; i++) {
		int byte = decode_one(s, &i);

		if (byte < 0)
			return error_set(err, ERROR_INVALID,
					 "'%%' without two hex digits in a "
					 "form");
		to[len++] = (char)byte;
	}
	*out = (struct str){ to, len };
	return 0;
}

int
http_form(struct arena *a, struct str body, struct http_pair **pairs,
	  size_t most, struct error *err)
{
	struct pairs got = pairs_new(a, most);
	struct str part, name, value;

	while (str_split(&body, '&', &part)) {
		struct str left;

		if (part.len == 0)
			continue;
		if (!str_split(&part, '=', &left))
			left = STR("");
		if (decode(a, left, &name, err) < 0 ||
		    decode(a, part, &value, err) < 0 ||
		    pairs_add(&got, name, value, err) < 0)
			return -(int)err->code;
	}
	*pairs = got.p;
	return (int)got.count;
}

/* ---- multipart/form-data ---- */

/* Takes `prefix` off the front of *s. */
static bool
take(struct str *s, struct str prefix)
{
	if (!str_starts(*s, prefix))
		return false;
	*s = str_slice(*s, prefix.len, s->len);
	return true;
}

/* Takes what stands before `end` off into *part, and `end` itself. */
static bool
take_until(struct str *s, struct str end, struct str *part)
{
	ptrdiff_t at = str_find(*s, end);

	if (at < 0)
		return false;
	*part = str_slice(*s, 0, (size_t)at);
	*s = str_slice(*s, (size_t)at + end.len, s->len);
	return true;
}

/*
 * Takes the next `; name=value` or `; name="value"` off *s. 0 at the end, -1
 * when it is none. A backslash in quotes is refused: readers differ on it.
 */
static int
take_parameter(struct str *s, struct str *name, struct str *value)
{
	*s = str_trim(*s);
	if (s->len == 0)
		return 0;
	if (!take(s, STR(";")) || !take_until(s, STR("="), name))
		return -1;
	*name = str_trim(*name);
	if (take(s, STR("\""))) {
		if (!take_until(s, STR("\""), value) ||
		    str_find_char(*value, '\\') >= 0)
			return -1;
	} else {
		ptrdiff_t at = str_find_char(*s, ';');
		size_t end = at < 0 ? s->len : (size_t)at;

		*value = str_trim(str_slice(*s, 0, end));
		*s = str_slice(*s, end, s->len);
	}
	return name->len > 0 ? 1 : -1;
}

static bool
is_media_type(struct str content_type, struct str type, struct str *rest)
{
	ptrdiff_t at = str_find_char(content_type, ';');
	size_t end = at < 0 ? content_type.len : (size_t)at;

	*rest = str_slice(content_type, end, content_type.len);
	return str_eq_fold(str_trim(str_slice(content_type, 0, end)), type);
}

static bool
is_boundary(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] < ' ' || s.p[i] > '~')
			return false;
	return s.len > 0 && s.len <= BOUNDARY_MAX;
}

static int
find_boundary(struct str content_type, struct str *boundary, struct error *err)
{
	struct str rest, name, value;
	int found = 0;
	int got;

	if (!is_media_type(content_type, STR("multipart/form-data"), &rest))
		return error_set(err, ERROR_INVALID,
				 "content type is not multipart/form-data");
	while ((got = take_parameter(&rest, &name, &value)) > 0) {
		if (str_eq_fold(name, STR("boundary"))) {
			*boundary = value;
			found++;
		}
	}
	if (got < 0 || found != 1 || !is_boundary(*boundary))
		return error_set(err, ERROR_INVALID,
				 "multipart/form-data without one boundary");
	return 0;
}

/* The name of a field of `form-data; name="..."`, and nothing like a file. */
static int
read_disposition(struct str value, struct str *field, struct error *err)
{
	struct str name, text;
	int found = 0;
	int got;

	value = str_trim(value);
	if (take(&value, STR("form-data")))
		while ((got = take_parameter(&value, &name, &text)) > 0) {
			if (!str_eq_fold(name, STR("name")))
				return error_set(err, ERROR_INVALID,
						 "parameter %.*s of a form's "
						 "field",
						 STR_ARG(name));
			*field = text;
			found++;
		}
	else
		got = -1;
	if (got < 0 || found != 1)
		return error_set(err, ERROR_INVALID,
				 "field of a form without one name");
	return 0;
}

static int
read_part_headers(struct str *body, struct str *field, struct error *err)
{
	struct str line, name;
	int found = 0;

	for (int i = 0; i <= PART_HEADERS_MAX; i++) {
		if (!take_until(body, STR("\r\n"), &line))
			break;
		if (line.len == 0 && found == 1)
			return 0;
		if (line.len == 0 || !take_until(&line, STR(":"), &name))
			break;
		if (!str_eq_fold(name, STR("content-disposition")))
			continue;
		if (read_disposition(line, field, err) < 0)
			return -(int)err->code;
		found++;
	}
	return error_set(err, ERROR_INVALID,
			 "part of a form without one Content-Disposition");
}

int
http_form_multipart(struct arena *a, struct str content_type, struct str body,
		    struct http_pair **pairs, size_t most, struct error *err)
{
	struct pairs got = pairs_new(a, most);
	struct str boundary = { 0 }, field = { 0 };
	struct str end, value;

	if (find_boundary(content_type, &boundary, err) < 0)
		return -(int)err->code;
	end = str_printf(a, "\r\n--%.*s", STR_ARG(boundary));
	if (!take(&body, str_slice(end, 2, end.len)))
		return error_set(err, ERROR_INVALID,
				 "form does not begin with its boundary");
	while (take(&body, STR("\r\n"))) {
		if (read_part_headers(&body, &field, err) < 0)
			return -(int)err->code;
		if (!take_until(&body, end, &value))
			return error_set(err, ERROR_INVALID,
					 "part of a form without an end");
		if (pairs_add(&got, str_copy(a, field), str_copy(a, value),
			      err) < 0)
			return -(int)err->code;
	}
	if (!str_eq_cstr(body, "--") && !str_eq_cstr(body, "--\r\n"))
		return error_set(err, ERROR_INVALID,
				 "form does not end with its boundary");
	*pairs = got.p;
	return (int)got.count;
}

/* ---- either ---- */

int
http_form_read(const struct http_request *request, struct http_pair **pairs,
	       size_t most, struct error *err)
{
	struct str rest;

	if (is_media_type(request->content_type,
			  STR("application/x-www-form-urlencoded"), &rest))
		return http_form(request->a, request->body, pairs, most, err);
	return http_form_multipart(request->a, request->content_type,
				   request->body, pairs, most, err);
}

struct str
http_form_get(const struct http_pair *pairs, int count, const char *name)
{
	for (int i = 0; i < count; i++)
		if (str_eq_cstr(pairs[i].name, name))
			return pairs[i].value;
	return STR("");
}
