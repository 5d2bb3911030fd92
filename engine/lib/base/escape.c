/*
 * One loop for three languages. A language says what replaces a sequence of
 * UTF-8, NULL meaning that it stands as it is; runs of those are copied at
 * once. Malformed bytes are the loop's own affair. Most of a text is ASCII that
 * stands as it is in all three, and is passed over by one look at a table each.
 */
#include "base/escape.h"

#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd"

typedef const char *replace_fn(const unsigned char *p, size_t len);

/* A byte that stands for itself here is plain; all others are looked at. */
static const char plain[256] = "................................"
			       " !.#$%..()*+,-./0123456789:;.=.?"
			       "@ABCDEFGHIJKLMNOPQRSTUVWXYZ[.]^_"
			       "`abcdefghijklmnopqrstuvwxyz{|}~.";

static size_t
pass_plain(struct str s, size_t i)
{
	while (i < s.len && plain[(unsigned char)s.p[i]] == s.p[i])
		i++;
	return i;
}

static void
escape(struct buf *out, struct str s, replace_fn *replace)
{
	size_t run = 0, i = 0;

	while ((i = pass_plain(s, i)) < s.len) {
		const unsigned char *p = (const unsigned char *)s.p + i;
		size_t len = *p < 0x80 ? 1 : str_utf8_sequence(s, i);
		const char *other = len ? replace(p, len) : REPLACEMENT;

		if (!len)
			len = 1;
		if (other) {
			buf_str(out, str_slice(s, run, i));
			buf_str(out, str_of(other));
			run = i + len;
		}
		i += len;
	}
	buf_str(out, str_slice(s, run, s.len));
}

const char *
escape_reference(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

static bool
blank(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static const char *
replace_html(const unsigned char *p, size_t len)
{
	if (len > 1)
		return NULL;
	if (*p == 0x7f || (*p < ' ' && !blank(*p)))
		return REPLACEMENT;
	return escape_reference((char)*p);
}

static const char *
replace_xml(const unsigned char *p, size_t len)
{
	/* U+FFFE and U+FFFF are no characters of XML 1.0, section 2.2. */
	if (len == 3 && p[0] == 0xef && p[1] == 0xbf && p[2] >= 0xbe)
		return REPLACEMENT;
	if (len > 1)
		return NULL;
	switch (*p) {
	case '\t':
		return "&#9;";
	case '\n':
		return "&#10;";
	case '\r':
		return "&#13;";
	default:
		return *p < ' ' ? REPLACEMENT : escape_reference((char)*p);
	}
}

static const char *
replace_json_control(unsigned char c)
{
	static const char texts[' '][sizeof("\\u0000")] = {
		"\\u0000", "\\u0001", "\\u0002", "\\u0003", "\\u0004",
		"\\u0005", "\\u0006", "\\u0007", "\\b",	    "\\t",
		"\\n",	   "\\u000b", "\\f",	 "\\r",	    "\\u000e",
		"\\u000f", "\\u0010", "\\u0011", "\\u0012", "\\u0013",
		"\\u0014", "\\u0015", "\\u0016", "\\u0017", "\\u0018",
		"\\u0019", "\\u001a", "\\u001b", "\\u001c", "\\u001d",
		"\\u001e", "\\u001f",
	};

	return texts[c];
}

static const char *
replace_json(const unsigned char *p, size_t len)
{
	if (len == 3 && memcmp(p, "\xe2\x80\xa8", 3) == 0)
		return "\\u2028";
	if (len == 3 && memcmp(p, "\xe2\x80\xa9", 3) == 0)
		return "\\u2029";
	if (len > 1)
		return NULL;
	switch (*p) {
	case '"':
		return "\\\"";
	case '\\':
		return "\\\\";
	case '<':
		return "\\u003c";
	case '>':
		return "\\u003e";
	case '&':
		return "\\u0026";
	default:
		return *p < ' ' ? replace_json_control(*p) : NULL;
	}
}

void
escape_html(struct buf *out, struct str s)
{
	escape(out, s, replace_html);
}

void
escape_xml(struct buf *out, struct str s)
{
	escape(out, s, replace_xml);
}

void
escape_json(struct buf *out, struct str s)
{
	escape(out, s, replace_json);
}
