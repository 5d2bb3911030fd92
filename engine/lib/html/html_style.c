/*
 * Declarations of a style attribute: a property of the table, and a value made
 * of characters that can do no harm.
 *
 * No CSS is parsed. Declarations are cut at every semicolon, which may be
 * inside a string for a browser; but a piece with an odd quote is not kept, so
 * in what is kept there is no such string, and a browser cuts at the same
 * places. Without a backslash, a comment, a brace and an at sign a piece has no
 * way to be something else.
 *
 * Properties that leave the place of their element (position, transform,
 * z-index, opacity, negative margins) are not in the table: what the law wants
 * to be seen stands below such a text, and stays in sight.
 */
#include "html/html_priv.h"

#include <string.h>

static const char *const properties[] = {
	"background",
	"background-color",
	"border",
	"border-bottom",
	"border-bottom-color",
	"border-bottom-style",
	"border-bottom-width",
	"border-collapse",
	"border-color",
	"border-left",
	"border-left-color",
	"border-left-style",
	"border-left-width",
	"border-radius",
	"border-right",
	"border-right-color",
	"border-right-style",
	"border-right-width",
	"border-spacing",
	"border-style",
	"border-top",
	"border-top-color",
	"border-top-style",
	"border-top-width",
	"border-width",
	"caption-side",
	"clear",
	"color",
	"direction",
	"display",
	"float",
	"font",
	"font-family",
	"font-size",
	"font-style",
	"font-variant",
	"font-weight",
	"height",
	"letter-spacing",
	"line-height",
	"list-style",
	"list-style-position",
	"list-style-type",
	"margin",
	"margin-bottom",
	"margin-left",
	"margin-right",
	"margin-top",
	"max-height",
	"max-width",
	"min-height",
	"min-width",
	"overflow-wrap",
	"padding",
	"padding-bottom",
	"padding-left",
	"padding-right",
	"padding-top",
	"table-layout",
	"text-align",
	"text-decoration",
	"text-indent",
	"text-transform",
	"vertical-align",
	"white-space",
	"width",
	"word-break",
	"word-spacing",
	"word-wrap",
};

static const char *
property_of(struct str name)
{
	for (size_t i = 0; i < COUNT_OF(properties); i++)
		if (str_eq_fold(name, str_of(properties[i])))
			return properties[i];
	return NULL;
}

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9');
}

/* The word before the bracket at `at`. */
static bool
is_function(struct str value, size_t at)
{
	static const char *const functions[] = { "rgb", "rgba", "hsl", "hsla" };
	size_t from = at;

	while (from > 0 &&
	       (is_word(value.p[from - 1]) || value.p[from - 1] == '-'))
		from--;
	for (size_t i = 0; i < COUNT_OF(functions); i++)
		if (str_eq_fold(str_slice(value, from, at),
				str_of(functions[i])))
			return true;
	return false;
}

/* A minus that is no hyphen. */
static bool
is_minus(struct str value, size_t at)
{
	return (at == 0 || !is_word(value.p[at - 1])) &&
	       !(at + 1 < value.len && (value.p[at + 1] >= 'A') &&
		 is_word(value.p[at + 1]));
}

bool
html_style_is_plain(struct str value)
{
	bool open = false;
	char quote = 0;

	for (size_t i = 0; i < value.len; i++) {
		char c = value.p[i];

		if (quote && c == quote) {
			quote = 0;
		} else if (c == '\'' || c == '"') {
			if (quote || open)
				return false;
			quote = c;
		} else if (c == '(' || c == ')') {
			if (quote || open == (c == '(') ||
			    (c == '(' && !is_function(value, i)))
				return false;
			open = c == '(';
		} else if (c == '-' && is_minus(value, i)) {
			return false;
		} else if (!is_word(c) && (c == 0 || !strchr(" #%.,!+-/", c))) {
			return false;
		}
	}
	return !quote && !open;
}

/* Blanks of any kind become one space. */
static void
add_joined(struct buf *out, struct str s)
{
	struct str rest = s, word;
	const char *between = "";

	while (str_word(&rest, &word)) {
		buf_cat(out, between);
		buf_str(out, word);
		between = " ";
	}
}

static void
keep_declaration(struct buf *out, struct str declaration)
{
	ptrdiff_t colon = str_find_char(declaration, ':');
	struct buf value = { 0 };
	const char *property;

	if (colon < 0)
		return;
	property =
	    property_of(str_trim(str_slice(declaration, 0, (size_t)colon)));
	add_joined(&value,
		   str_slice(declaration, (size_t)colon + 1, declaration.len));
	if (property && value.len > 0 && html_style_is_plain(buf_view(&value)))
		buf_printf(out, "%s%s: %s", out->len > 0 ? "; " : "", property,
			   buf_cstr(&value));
	buf_fini(&value);
}

void
html_style_keep(struct buf *out, struct str style)
{
	struct str rest = style, declaration;

	while (str_split(&rest, ';', &declaration))
		keep_declaration(out, declaration);
}
