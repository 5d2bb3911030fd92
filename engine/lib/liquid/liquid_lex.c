/*
 * Two grammars, one inside the other. liquid_lex() cuts a source into text,
 * {{ output }} and {% tag %}, takes the white space that dashes ask for off
 * the text, and knows nothing of what is between the delimiters.
 * liquid_lex_word() cuts that into words.
 *
 * Nothing is copied: a token is a slice of the source, so its address is its
 * place. A closing delimiter is the next one, inside quotes too, as in every
 * other Liquid.
 */
#include "liquid/liquid_priv.h"

static bool
opens(struct str s)
{
	return s.len > 1 && s.p[0] == '{' && (s.p[1] == '{' || s.p[1] == '%');
}

/* The index of the next "{{" or "{%", or the length. */
static size_t
find_open(struct str s)
{
	size_t i = 0;
	ptrdiff_t at;

	while ((at = str_find_char(str_slice(s, i, s.len), '{')) >= 0) {
		i += (size_t)at;
		if (opens(str_slice(s, i, s.len)))
			return i;
		i++;
	}
	return s.len;
}

/* Of "}}" or "%}", of which the latter part is rare; -1 when it is not there. */
static ptrdiff_t
find_close(struct str s, bool tag)
{
	size_t i = tag;
	ptrdiff_t at;

	while ((at = str_find_char(str_slice(s, i, s.len), '}')) >= 0) {
		i += (size_t)at;
		if (tag && s.p[i - 1] == '%')
			return (ptrdiff_t)i - 1;
		if (!tag && i + 1 < s.len && s.p[i + 1] == '}')
			return (ptrdiff_t)i;
		i++;
	}
	return -1;
}

static bool
is_name_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The name of a tag off the front of its markup. */
static void
take_tag_name(struct liquid_token *t)
{
	struct str s = liquid_trim(t->text, true, false);
	size_t i = 0;

	while (i < s.len && (is_name_start(s.p[i]) || is_digit(s.p[i])))
		i++;
	if (!i && s.len && s.p[0] == '#')
		i = 1;
	t->name = str_slice(s, 0, i);
	t->text = str_slice(s, i, s.len);
}

static void
lex_line(struct liquid_lexer *l, struct liquid_token *t)
{
	struct str line;

	while (str_split(&l->rest, '\n', &line)) {
		t->text = liquid_trim(line, true, true);
		if (!t->text.len)
			continue;
		t->kind = TOKEN_TAG;
		take_tag_name(t);
		return;
	}
	t->kind = TOKEN_END;
	t->text = (struct str){ l->rest.p, 0 };
}

static void
lex_delimited(struct liquid_lexer *l, struct liquid_token *t)
{
	bool tag = l->rest.p[1] == '%';
	struct str inner = str_slice(l->rest, 2, l->rest.len);
	ptrdiff_t end = find_close(inner, tag);

	t->kind = tag ? TOKEN_TAG : TOKEN_OUTPUT;
	t->open = end < 0;
	if (end < 0)
		end = (ptrdiff_t)inner.len;
	l->rest = str_slice(inner, (size_t)end + 2, inner.len);
	inner = str_slice(inner, 0, (size_t)end);
	l->trim = inner.len && inner.p[inner.len - 1] == '-';
	if (inner.len && inner.p[0] == '-')
		inner = str_slice(inner, 1, inner.len);
	if (l->trim && inner.len)
		inner.len--;
	t->text = inner;
	if (tag)
		take_tag_name(t);
}

static void
lex_text(struct liquid_lexer *l, size_t end, struct liquid_token *t)
{
	t->kind = TOKEN_TEXT;
	t->text = str_slice(l->rest, 0, end);
	l->rest = str_slice(l->rest, end, l->rest.len);
	if (l->trim)
		t->text = liquid_trim(t->text, true, false);
	if (l->rest.len > 2 && l->rest.p[2] == '-')
		t->text = liquid_trim(t->text, false, true);
	l->trim = false;
}

void
liquid_lex(struct liquid_lexer *l, struct liquid_token *out)
{
	*out = (struct liquid_token){ .text = l->rest };
	if (l->lines)
		lex_line(l, out);
	else if (opens(l->rest))
		lex_delimited(l, out);
	else if (l->rest.len)
		lex_text(l, find_open(l->rest), out);
}

static bool
raw_line(struct liquid_lexer *l, const char *end, struct str *out)
{
	const char *begin = l->rest.p;
	struct liquid_token t = { 0 };

	for (;;) {
		const char *here = l->rest.p;

		lex_line(l, &t);
		if (t.kind == TOKEN_END)
			return false;
		if (str_eq_cstr(t.name, end)) {
			*out = (struct str){ begin, (size_t)(here - begin) };
			return true;
		}
	}
}

bool
liquid_lex_raw(struct liquid_lexer *l, const char *end, struct str *out)
{
	struct liquid_lexer at = *l;
	struct liquid_token t = { 0 };
	ptrdiff_t open;

	if (l->lines)
		return raw_line(l, end, out);
	while ((open = str_find(at.rest, STR("{%"))) >= 0) {
		at.rest = str_slice(at.rest, (size_t)open, at.rest.len);
		*out =
		    (struct str){ l->rest.p, (size_t)(at.rest.p - l->rest.p) };
		struct str inside = str_slice(at.rest, 2, at.rest.len);

		lex_delimited(&at, &t);
		if (str_eq_cstr(t.name, end) && !t.open) {
			*l = at;
			return true;
		}
		at.rest = inside;
	}
	return false;
}

/* ---- words ---- */

/*
 * The quotes and the spaces of word processors, which are no part of a name:
 * U+00A0, U+00AB, U+00BB, U+2018 to U+201F, U+202F. The length, or 0.
 */
static size_t
typographic(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.p;

	if (s.len > 1 && p[0] == 0xc2 &&
	    (p[1] == 0xa0 || p[1] == 0xab || p[1] == 0xbb))
		return 2;
	if (s.len > 2 && p[0] == 0xe2 && p[1] == 0x80 &&
	    ((p[2] >= 0x98 && p[2] <= 0x9f) || p[2] == 0xaf))
		return 3;
	return 0;
}

bool
liquid_is_wide_space(struct str s)
{
	return str_eq_cstr(s, "\xc2\xa0") || str_eq_cstr(s, "\xe2\x80\xaf");
}

/* What is beyond ASCII goes on, too, but those. */
static const char of_names[256] = "                                "
				  "             -  0123456789      "
				  " ABCDEFGHIJKLMNOPQRSTUVWXYZ    _"
				  " abcdefghijklmnopqrstuvwxyz     ";

static bool
is_of_names(char c)
{
	return of_names[(unsigned char)c] > ' ';
}

/*
 * A byte beyond ASCII that a name may hold. Names hardly have one: what asks is
 * in line, this is not.
 */
__attribute__((noinline)) static bool
is_wide_name(struct str s, size_t i)
{
	return !typographic(str_slice(s, i, s.len));
}

static inline bool
starts_name(struct str s)
{
	return (is_of_names(s.p[0]) && s.p[0] != '-' && !is_digit(s.p[0])) ||
	       ((s.p[0] & 0x80) && is_wide_name(s, 0));
}

static inline size_t
name_length(struct str s)
{
	size_t i = 0;

	while (i < s.len &&
	       (is_of_names(s.p[i]) || ((s.p[i] & 0x80) && is_wide_name(s, i))))
		i++;
	if (i < s.len && s.p[i] == '?')
		i++;
	return i;
}

/* Of "1..2" the number is 1. */
static size_t
number_length(struct str s, bool *point)
{
	size_t i = s.p[0] == '-';

	while (i < s.len && is_digit(s.p[i]))
		i++;
	*point = i < s.len && s.p[i] == '.' &&
		 (i + 1 == s.len || s.p[i + 1] != '.') && i + 1 < s.len &&
		 is_digit(s.p[i + 1]);
	if (!*point)
		return i;
	i++;
	while (i < s.len && is_digit(s.p[i]))
		i++;
	return i;
}

/* Two of "==", "!=", "<>", "<=", ">=" and "..", one of any other. */
static size_t
sign_length(struct str s)
{
	char next = s.len > 1 ? s.p[1] : '\0';

	switch (s.p[0]) {
	case '<':
		return next == '=' || next == '>' ? 2 : 1;
	case '=':
	case '!':
	case '>':
		return next == '=' ? 2 : 1;
	case '.':
		return next == '.' ? 2 : 1;
	default:
		return 1;
	}
}

/* Most members follow their value at once and need not become two words. */
bool
liquid_lex_member(struct str *rest, struct str *name)
{
	struct str s = str_slice(*rest, 1, rest->len);

	if (!s.len || rest->p[0] != '.' || !starts_name(s))
		return false;
	*name = str_slice(s, 0, name_length(s));
	*rest = str_slice(s, name->len, s.len);
	return true;
}

/* From quote to quote; what is behind the quotes of *rest is left in it. */
static void
lex_string(struct str *rest, struct liquid_word *out)
{
	struct str inner = { rest->p + 1, rest->len - 1 };
	ptrdiff_t end = str_find_char(inner, rest->p[0]);

	out->kind = end < 0 ? WORD_BAD : WORD_STRING;
	out->text = end < 0 ? *rest : str_slice(inner, 0, (size_t)end);
	*rest =
	    str_slice(inner, end < 0 ? inner.len : (size_t)end + 1, inner.len);
}

/* A minus is a sign where no digit follows. */
static size_t
word_length(struct str s, enum liquid_word_kind *kind)
{
	char c = s.p[0];
	bool point = false;
	size_t len;

	if (is_digit(c) || (c == '-' && s.len > 1 && is_digit(s.p[1]))) {
		len = number_length(s, &point);
		*kind = point ? WORD_FLOAT : WORD_INT;
		return len;
	}
	*kind = starts_name(s) ? WORD_NAME : WORD_SIGN;
	if (*kind == WORD_NAME)
		return name_length(s);
	len = typographic(s);
	return len ? len : sign_length(s);
}

void
liquid_lex_word(struct str *rest, struct liquid_word *out)
{
	struct str s = *rest;
	size_t len = 0;

	while (s.len && liquid_is_space(s.p[0]))
		s = (struct str){ s.p + 1, s.len - 1 };
	out->at = s.p;
	if (s.len && (s.p[0] == '"' || s.p[0] == '\'')) {
		*rest = s;
		lex_string(rest, out);
		return;
	}
	out->kind = WORD_END;
	if (s.len)
		len = word_length(s, &out->kind);
	out->text = (struct str){ s.p, len };
	*rest = (struct str){ s.p + len, s.len - len };
}
