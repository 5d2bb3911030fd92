/*
 * Scripts: outside, in a string, in a regular expression, in a comment. A value
 * is a whole value outside and a part of a string inside one; nowhere else may
 * one stand.
 *
 * Whether / begins a regular expression depends on what stands before it: it
 * does at the beginning, behind an operator and behind a word such as return;
 * it divides behind another name, a number and ] (ECMA-262, section 12.1).
 * Behind ) and }, ++ and --, a name that a tag of the template may have cut, or
 * that is not ASCII, only a parser could tell. Template literals have scripts
 * inside, and what begins with <!-- or --> may be a comment. Where one of these
 * comes the way is lost until the script ends: the author's own text may go on,
 * but no value may follow.
 *
 * What follows the words import and from is an address of code, and so is all in
 * the brackets of import(): no value may stand there. A word that a tag of the
 * template cuts may be one of these.
 */
#include "liquid/liquid_spot_priv.h"

static const char *const operator_words[] = {
	"await", "case", "delete", "do",    "else", "in",    "instanceof",
	"new",	 "of",	 "return", "throw", "void", "yield", "typeof",
};

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || c == '$' ||
	       ((unsigned char)c & 0x80);
}

static bool
is_operator_word(struct str word)
{
	for (size_t i = 0; i < COUNT_OF(operator_words); i++)
		if (str_eq_cstr(word, operator_words[i]))
			return true;
	return false;
}

/* What a word makes of the next string; import.meta.url is no import. */
static uint8_t
imports_behind(const struct liquid_spot *spot, struct str text, size_t from,
	       size_t to)
{
	struct str word = str_slice(text, from, to);

	if (spot->imports >= IMPORTS_CALL)
		return spot->imports;
	if (from == 0 && spot->cut)
		return IMPORTS_HERE;
	if (from > 0 && text.p[from - 1] == '.')
		return str_eq(word, STR("meta")) ? IMPORTS_NONE : spot->imports;
	if (str_eq(word, STR("import")))
		return IMPORTS_HERE;
	return str_eq(word, STR("from")) ? IMPORTS_FROM : IMPORTS_NONE;
}

static size_t
word(struct liquid_spot *spot, struct str text, size_t i)
{
	size_t from = i;
	bool ascii = true;

	while (i < text.len && is_word(text.p[i]))
		ascii &= !((unsigned char)text.p[i++] & 0x80);
	if (!ascii || from == 0 || i == text.len)
		spot->slash = SLASH_UNKNOWN;
	else if (text.p[from - 1] != '.' &&
		 is_operator_word(str_slice(text, from, i)))
		spot->slash = SLASH_REGEX;
	else
		spot->slash = SLASH_DIVIDES;
	spot->imports = imports_behind(spot, text, from, i);
	return i;
}

static void
lose(struct liquid_spot *spot)
{
	spot->inner = JS_LOST;
}

/* A sign: of what follows import or from it ends all but these. */
static void
sign_behind_import(struct liquid_spot *spot, char c)
{
	bool called = spot->imports >= IMPORTS_CALL;

	if (c == '(' && spot->imports == IMPORTS_HERE)
		spot->imports = IMPORTS_CALL;
	else if (c == '(' && called && spot->imports == IMPORTS_MAX)
		lose(spot);
	else if (c == '(' && called)
		spot->imports++;
	else if (c == ')' && spot->imports > IMPORTS_CALL)
		spot->imports--;
	else if (c == ')' ||
		 (!called && (c != '.' || spot->imports == IMPORTS_FROM)))
		spot->imports = IMPORTS_NONE;
}

static size_t
slash(struct liquid_spot *spot, struct str text, size_t i)
{
	char next = i + 1 < text.len ? text.p[i + 1] : '\0';

	if (next == '/' || next == '*') {
		spot->inner = next == '/' ? JS_LINE : JS_BLOCK;
		return i + 2;
	}
	sign_behind_import(spot, '/');
	if (!next || spot->slash == SLASH_UNKNOWN)
		lose(spot);
	else if (spot->slash == SLASH_REGEX)
		spot->inner = JS_REGEX;
	spot->slash = SLASH_REGEX;
	return i + 1;
}

/*
 * What a browser may take for a comment: "-->" only where a line begins, but that
 * is not looked at.
 */
static bool
is_html_comment(struct str text, size_t i)
{
	struct str s = str_slice(text, i, text.len);

	return str_starts(s, STR("<!--")) || str_starts(s, STR("-->"));
}

/* Another sign: an operator, but for what may stand behind a value too. */
static uint8_t
behind_sign(struct str text, size_t i)
{
	char c = text.p[i];
	bool twice = (c == '+' || c == '-') && (i == 0 || text.p[i - 1] == c);

	return twice || c == '.' ? SLASH_UNKNOWN : SLASH_REGEX;
}

/* One word, string or sign outside of strings. */
static size_t
outside(struct liquid_spot *spot, struct str text, size_t i)
{
	char c = text.p[i];

	if (is_word(c))
		return word(spot, text, i);
	if (c == '/')
		return slash(spot, text, i);
	if (c == ' ' || (c >= '\t' && c <= '\r'))
		return i + 1;
	if (c == '"')
		spot->inner = JS_DOUBLE;
	else if (c == '\'')
		spot->inner = JS_SINGLE;
	else if (c == '`' || is_html_comment(text, i))
		lose(spot);
	else if (c == ')' || c == '}')
		spot->slash = SLASH_UNKNOWN;
	else if (c == ']')
		spot->slash = SLASH_DIVIDES;
	else
		spot->slash = behind_sign(text, i);
	if (spot->imports && c != '"' && c != '\'')
		sign_behind_import(spot, c);
	return i + 1;
}

static void
leave(struct liquid_spot *spot)
{
	spot->inner = JS_OUT;
	spot->slash = SLASH_DIVIDES;
	if (spot->imports < IMPORTS_CALL)
		spot->imports = IMPORTS_NONE;
}

/* Past a backslash and what it escapes, which may be a line end of two. */
static size_t
escaped(struct liquid_spot *spot, struct str text, size_t i)
{
	if (i + 1 == text.len)
		lose(spot);
	if (str_starts(str_slice(text, i + 1, text.len), STR("\r\n")))
		return i + 3;
	return i + 2;
}

/* One character inside a string, a regular expression or a comment. */
static size_t
inside(struct liquid_spot *spot, struct str text, size_t i)
{
	char c = text.p[i];
	bool comment = spot->inner == JS_LINE || spot->inner == JS_BLOCK;

	if (c == '\\' && !comment)
		return escaped(spot, text, i);
	switch ((enum spot_js)spot->inner) {
	case JS_DOUBLE:
		if (c == '"' || c == '\n')
			leave(spot);
		break;
	case JS_SINGLE:
		if (c == '\'' || c == '\n')
			leave(spot);
		break;
	case JS_REGEX:
		if (c == '[')
			spot->inner = JS_REGEX_CLASS;
		else if (c == '/' || c == '\n')
			leave(spot);
		break;
	case JS_REGEX_CLASS:
		if (c == ']')
			spot->inner = JS_REGEX;
		break;
	case JS_LINE:
		if (c == '\n' || c == '\r')
			spot->inner = JS_OUT;
		break;
	case JS_BLOCK:
		if (c == '*' && i + 1 < text.len && text.p[i + 1] == '/') {
			spot->inner = JS_OUT;
			return i + 2;
		}
		break;
	default:
		break;
	}
	return i + 1;
}

void
spot_js_text(struct liquid_spot *spot, struct str text)
{
	size_t i = 0;

	while (i < text.len && spot->inner != JS_LOST) {
		if (spot->inner == JS_OUT)
			i = outside(spot, text, i);
		else
			i = inside(spot, text, i);
	}
	if (text.len)
		spot->cut =
		    spot->inner == JS_OUT && is_word(text.p[text.len - 1]);
}

void
spot_json_text(struct liquid_spot *spot, struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (spot->inner == JS_DOUBLE && text.p[i] == '\\') {
			if (++i == text.len)
				spot->inner = JS_LOST;
		} else if (text.p[i] == '"' && spot->inner != JS_LOST) {
			spot->inner =
			    spot->inner == JS_DOUBLE ? JS_OUT : JS_DOUBLE;
		}
	}
}

const char *
spot_js_value(struct liquid_spot *spot, unsigned *escape)
{
	if (spot->imports && spot->inner <= JS_SINGLE)
		return "a value in the address of what a script imports, "
		       "expected it written out";
	spot->cut = false;
	switch ((enum spot_js)spot->inner) {
	case JS_OUT:
		spot->slash = SLASH_DIVIDES;
		*escape |= ESCAPE_SCRIPT;
		return NULL;
	case JS_DOUBLE:
	case JS_SINGLE:
		*escape |= ESCAPE_SCRIPT_STRING;
		return NULL;
	case JS_LOST:
		return "a value in a script behind \"`\", or behind a \"/\" that "
		       "may divide or begin a regular expression, expected it "
		       "before, in a variable";
	case JS_REGEX:
	case JS_REGEX_CLASS:
		return "a value in a regular expression, expected it in a "
		       "string";
	default:
		return "a value in a comment of a script, expected it outside";
	}
}
