/*
 * What is counted before libgumbo sees a byte. Its time grows with open
 * elements times tags, and with the square of the attributes in a tag: 64 KB
 * can keep it busy for seconds.
 *
 * A start tag opens one element at most, so to count tags is to bound the
 * depth. Every "<" with a letter is taken for a tag wherever it stands, be it
 * in a comment, a script or a value, and its attributes are counted from there.
 * A finer count would have to know comments, raw text and namespaces as the
 * parser does, and where the two differed it could be told lies; this one can
 * be too strict, but never misses a tag.
 */
#include "html/html_priv.h"

#include <string.h>

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c);
}

#define BLANKS "\t\n\f\r "

/* Past all characters of the set, or up to the first of them. */
static size_t
pass(struct str s, size_t at, const char *set)
{
	while (at < s.len && is_one_of(s.p[at], set))
		at++;
	return at;
}

static size_t
reach(struct str s, size_t at, const char *set)
{
	while (at < s.len && !is_one_of(s.p[at], set))
		at++;
	return at;
}

/* Past the value after a "=", WHATWG HTML 13.2.5.35 to 13.2.5.39. */
static size_t
pass_value(struct str s, size_t at)
{
	char quote[] = { 0, 0 };

	at = pass(s, at, BLANKS);
	if (at >= s.len || !is_one_of(s.p[at], "\"'"))
		return reach(s, at, BLANKS ">");
	quote[0] = s.p[at];
	at = reach(s, at + 1, quote);
	return at < s.len ? at + 1 : at;
}

/* Whether the tag with its name at `at` has too many (13.2.5.8, 13.2.5.32). */
static bool
has_many_attributes(struct str s, size_t at)
{
	size_t count = 0;

	at = reach(s, at, BLANKS "/>");
	while (count <= HTML_ATTRIBUTES_MAX) {
		at = pass(s, at, BLANKS "/");
		if (at >= s.len || s.p[at] == '>')
			return false;
		count++;
		at = reach(s, at + 1, BLANKS "/>=");
		at = pass(s, at, BLANKS);
		if (at < s.len && s.p[at] == '=')
			at = pass_value(s, at + 1);
	}
	return true;
}

int
html_limit_check(struct str bytes, struct error *err)
{
	size_t tags = 0;

	if (bytes.len > HTML_BYTES_MAX)
		return error_set(err, ERROR_LIMIT,
				 "found %zu bytes of markup, expected at most "
				 "%d",
				 bytes.len, HTML_BYTES_MAX);
	if (!str_utf8_valid(bytes))
		return error_set(err, ERROR_INVALID,
				 "found markup that is no UTF-8, expected "
				 "UTF-8");
	for (size_t i = 0; i + 1 < bytes.len; i++) {
		size_t name = i + 1;

		if (bytes.p[i] != '<')
			continue;
		name += bytes.p[name] == '/';
		if (name >= bytes.len || !is_letter(bytes.p[name]))
			continue;
		if (++tags > HTML_TAGS_MAX)
			return error_set(err, ERROR_LIMIT,
					 "found markup with more than %d tags, "
					 "expected at most so many",
					 HTML_TAGS_MAX);
		if (has_many_attributes(bytes, name))
			return error_set(err, ERROR_LIMIT,
					 "found a tag with more than %d "
					 "attributes, expected at most so many",
					 HTML_ATTRIBUTES_MAX);
	}
	return 0;
}
