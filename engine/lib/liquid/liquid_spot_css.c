/*
 * Style sheets, in an element or an attribute: outside of strings, in a
 * string, in url() with and without quotes, in a comment. A value is a word or
 * some of them and can end none of these (CSS Syntax 3, section 4). In an
 * @import none may stand: it names a style sheet, and is no place for another
 * address than the author's. A rule whose name is cut or has escapes may be one.
 */
#include "liquid/liquid_spot_priv.h"

static bool
is_url(struct str text, size_t paren)
{
	return paren >= 3 &&
	       str_eq_fold(str_slice(text, paren - 3, paren), STR("url"));
}

static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static char
ends_with(enum spot_css css)
{
	switch (css) {
	case CSS_DOUBLE:
	case CSS_URL_DOUBLE:
		return '"';
	case CSS_SINGLE:
	case CSS_URL_SINGLE:
		return '\'';
	case CSS_URL:
		return ')';
	default:
		return '\0';
	}
}

static bool
in_url(const struct liquid_spot *spot)
{
	return spot->inner >= CSS_URL;
}

static size_t
begin_url(struct liquid_spot *spot, struct str text, size_t i)
{
	for (i++; i < text.len && is_blank(text.p[i]); i++)
		;
	spot->url = URL_BEGIN;
	spot->inner = CSS_URL;
	if (i < text.len && (text.p[i] == '"' || text.p[i] == '\'')) {
		spot->inner =
		    text.p[i] == '"' ? CSS_URL_DOUBLE : CSS_URL_SINGLE;
		i++;
	}
	return i;
}

static bool
is_of_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '\\' ||
	       ((unsigned char)c & 0x80);
}

/* At "@": past the name of the rule. */
static size_t
begin_rule(struct liquid_spot *spot, struct str text, size_t i)
{
	size_t from = ++i;
	struct str name;

	while (i < text.len && is_of_name(text.p[i]))
		i++;
	name = str_slice(text, from, i);
	if (i == text.len || str_find_char(name, '\\') >= 0 ||
	    str_eq_fold(name, STR("import")))
		spot->imports = IMPORTS_HERE;
	return i;
}

#define OPENS                                                     \
	['\\'] = true, ['"'] = true, ['\''] = true, ['('] = true, \
	['/'] = true, ['@'] = true

/* Outside of all: to what opens something, and past it. Where to go on. */
static size_t
outside(struct liquid_spot *spot, struct str text, size_t i)
{
	static const bool opens_any[256] = { OPENS };
	static const bool opens_or_ends[256] = {
		OPENS,
		[';'] = true,
		['{'] = true,
		['}'] = true,
	};
	const bool *opens = spot->imports ? opens_or_ends : opens_any;
	char c;

	while (!opens[(unsigned char)text.p[i]])
		if (++i == text.len)
			return i;
	c = text.p[i];
	if (c == '\\')
		return i + 2;
	if (c == '@')
		return begin_rule(spot, text, i);
	if (c == ';' || c == '{' || c == '}')
		spot->imports = IMPORTS_NONE;
	else if (c == '"')
		spot->inner = CSS_DOUBLE;
	else if (c == '\'')
		spot->inner = CSS_SINGLE;
	else if (c == '(' && is_url(text, i))
		return begin_url(spot, text, i);
	else if (c == '/' && i + 1 < text.len && text.p[i + 1] == '*') {
		spot->inner = CSS_COMMENT;
		return i + 2;
	}
	return i + 1;
}

static size_t
comment(struct liquid_spot *spot, struct str text, size_t i)
{
	ptrdiff_t end = str_find(str_slice(text, i, text.len), STR("*/"));

	if (end < 0)
		return text.len;
	spot->inner = CSS_OUT;
	return i + (size_t)end + 2;
}

/* A string or an address, to its end; a line end ends a broken string. */
static size_t
inside(struct liquid_spot *spot, struct str text, size_t i)
{
	char end = ends_with((enum spot_css)spot->inner);
	size_t from = i, at;

	while (i < text.len && text.p[i] != end) {
		if (text.p[i] == '\\')
			i++;
		else if (text.p[i] == '\n' && !in_url(spot))
			break;
		i++;
	}
	if (i > text.len)
		i = text.len;
	if (in_url(spot) &&
	    spot_url_text(&spot->url, str_slice(text, from, i), &at))
		spot->url = URL_FORBIDDEN;
	if (i == text.len)
		return i;
	spot->inner = CSS_OUT;
	return i + 1;
}

void
spot_css_text(struct liquid_spot *spot, struct str text)
{
	size_t i = 0;

	while (i < text.len) {
		if (spot->inner == CSS_OUT)
			i = outside(spot, text, i);
		else if (spot->inner == CSS_COMMENT)
			i = comment(spot, text, i);
		else
			i = inside(spot, text, i);
	}
}

const char *
spot_css_value(struct liquid_spot *spot, unsigned *escape)
{
	if (spot->imports)
		return "a value in the @import of a style sheet, expected its "
		       "address written out";
	switch ((enum spot_css)spot->inner) {
	case CSS_OUT:
		*escape |= ESCAPE_CSS;
		return NULL;
	case CSS_DOUBLE:
	case CSS_SINGLE:
		*escape |= ESCAPE_CSS_STRING;
		return NULL;
	case CSS_COMMENT:
		return "a value in a comment of a style sheet, expected it "
		       "outside";
	default:
		*escape |= ESCAPE_IN_CSS;
		return spot_url_value(&spot->url, escape);
	}
}
