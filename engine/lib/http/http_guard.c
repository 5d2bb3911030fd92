/*
 * The guard looks at a head the way the strictest proxy in front of us would,
 * and refuses what any two readers might frame differently (RFC 9112 sections
 * 5.1, 6.1, 6.3; RFC 9110 section 5.5). It sees what the library's parser made
 * of the head: bare line feeds and folded lines are one reading there, and no
 * second request can come of them.
 *
 * Rejected: mending (taking the last of two equal Content-Lengths, trimming
 * the blank before a colon). Nobody honest sends these.
 */
#include "http/http.h"

#include <string.h>

enum { LENGTH_DIGITS = 15 };

/* How often each header that frames a request was seen. */
struct framing {
	int hosts;
	int lengths;
	int encodings;
};

static bool
is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z');
}

static bool
is_token(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_alnum(s.p[i]) &&
		    (!s.p[i] || !strchr("!#$%&'*+-.^_`|~", s.p[i])))
			return false;
	return s.len > 0;
}

static bool
is_value(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if ((c < ' ' && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

static bool
is_length(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.len > 0 && s.len <= LENGTH_DIGITS;
}

static int
guard_header(const struct http_header *h, struct framing *seen,
	     struct error *err)
{
	if (!is_token(h->name))
		return error_set(err, ERROR_INVALID, "header name is no token");
	if (!is_value(h->value))
		return error_set(err, ERROR_INVALID,
				 "header %.*s has a control character",
				 STR_ARG(h->name));
	if (str_eq_fold(h->name, STR("host"))) {
		seen->hosts++;
	} else if (str_eq_fold(h->name, STR("content-length"))) {
		seen->lengths++;
		if (!is_length(h->value))
			return error_set(err, ERROR_INVALID,
					 "Content-Length is no number");
	} else if (str_eq_fold(h->name, STR("transfer-encoding"))) {
		seen->encodings++;
		if (!str_eq_fold(h->value, STR("chunked")))
			return error_set(err, ERROR_INVALID,
					 "Transfer-Encoding is not chunked");
	}
	return 0;
}

static int
guard_framing(const struct framing *seen, bool newer, struct error *err)
{
	if (seen->hosts != 1)
		return error_set(err, ERROR_INVALID,
				 "%d Host headers, expected one", seen->hosts);
	if (seen->lengths + seen->encodings > 1)
		return error_set(err, ERROR_INVALID,
				 "the length of the body is given twice");
	if (seen->encodings && !newer)
		return error_set(err, ERROR_INVALID,
				 "Transfer-Encoding before HTTP/1.1");
	return 0;
}

int
http_guard(const char *version, const struct http_header *headers, size_t count,
	   struct error *err)
{
	bool newer = strcmp(version, "HTTP/1.1") == 0;
	struct framing seen = { 0 };
	size_t bytes = 0;

	if (!newer && strcmp(version, "HTTP/1.0") != 0)
		return error_set(err, ERROR_INVALID,
				 "version is neither HTTP/1.1 nor HTTP/1.0");
	if (count > HTTP_HEADERS_MAX)
		return error_set(err, ERROR_LIMIT, "more than %d headers",
				 HTTP_HEADERS_MAX);
	for (size_t i = 0; i < count; i++) {
		bytes += headers[i].name.len + headers[i].value.len;
		if (bytes > HTTP_HEAD_BYTES)
			return error_set(err, ERROR_LIMIT,
					 "headers of more than %d bytes",
					 HTTP_HEAD_BYTES);
		if (guard_header(&headers[i], &seen, err) < 0)
			return -(int)err->code;
	}
	return guard_framing(&seen, newer, err);
}
