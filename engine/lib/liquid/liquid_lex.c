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

/* The index of the next "{{" or "{%", or the length. */
static size_t
find_open(struct str s)
{
	size_t i = 0;
	ptrdiff_t at;

	while ((at = str_find_char(str_slice(s, i, s.len), '{')) >= 0) {
		i += (size_t)at;
		if (i + 1 < s.len && (s.p[i + 1] == '{' || s.p[i + 1] == '%'))
			return i;
		i++;
	}
	return s.len;
}

/* Of "}}" or "%}", of which the latter part is rare; -1 when it is not there. */
static ptrdiff_t
find_close(struct str s, char before)
{
	size_t i = 1;
	ptrdiff_t at;

	while ((at = str_find_char(str_slice(s, i, s.len), '}')) >= 0) {
		i += (size_t)at;
		if (s.p[i - 1] == before)
			return (ptrdiff_t)i - 1;
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
	ptrdiff_t end = find_close(inner, tag ? '%' : '}');

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
	size_t end;

	*out = (struct liquid_token){ .text = l->rest };
	if (l->lines) {
		lex_line(l, out);
		return;
	}
	end = find_open(l->rest);
	if (end)
		lex_text(l, end, out);
	else if (l->rest.len)
		lex_delimited(l, out);
	else
		out->text.len = 0;
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

/* A space stands where no name goes on; all beyond ASCII does. */
static const char of_names[256] = "                                "
				  "             -  0123456789      "
				  " ABCDEFGHIJKLMNOPQRSTUVWXYZ    _"
				  " abcdefghijklmnopqrstuvwxyz     ";

static size_t
name_length(struct str s)
{
	size_t i = 0;

	while (i < s.len && of_names[(unsigned char)s.p[i]] != ' ')
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

static size_t
sign_length(struct str s)
{
	static const char two[][2] = { "==", "!=", "<>", "<=", ">=", ".." };

	for (size_t i = 0; i < COUNT_OF(two) && s.len > 1; i++)
		if (s.p[0] == two[i][0] && s.p[1] == two[i][1])
			return 2;
	return 1;
}

static void
lex_string(struct str *s, struct liquid_word *out)
{
	ptrdiff_t end = str_find_char(str_slice(*s, 1, s->len), s->p[0]);

	if (end < 0) {
		out->kind = WORD_BAD;
		out->text = *s;
		s->p += s->len;
		s->len = 0;
		return;
	}
	out->kind = WORD_STRING;
	out->text = str_slice(*s, 1, (size_t)end + 1);
	*s = str_slice(*s, (size_t)end + 2, s->len);
}

void
liquid_lex_word(struct str *rest, struct liquid_word *out)
{
	struct str s = *rest;
	bool point = false;
	size_t len;
	char c;

	while (s.len && liquid_is_space(s.p[0]))
		s = (struct str){ s.p + 1, s.len - 1 };
	*out = (struct liquid_word){ .at = s.p, .text = { s.p, 0 } };
	*rest = s;
	if (!s.len)
		return;
	c = s.p[0];
	if (c == '"' || c == '\'') {
		lex_string(rest, out);
		return;
	}
	if (is_digit(c) || (c == '-' && s.len > 1 && is_digit(s.p[1]))) {
		len = number_length(s, &point);
		out->kind = point ? WORD_FLOAT : WORD_INT;
	} else if (is_name_start(c) || ((unsigned char)c & 0x80)) {
		len = name_length(s);
		out->kind = WORD_NAME;
	} else {
		len = sign_length(s);
		out->kind = WORD_SIGN;
	}
	out->text = str_slice(s, 0, len);
	*rest = str_slice(s, len, s.len);
}
