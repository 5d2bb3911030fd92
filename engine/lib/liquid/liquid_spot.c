/*
 * The tokenizer of HTML, a piece of text at a time.
 *
 * A piece ends where the author's template has a tag or an output. There a
 * name may be complete, as in <td{% if ... %}: the spot is glued then, and what
 * follows must not go on with the name. What else a piece may not cut is said:
 * the two characters that begin a tag or comment, and an end tag of raw
 * content.
 *
 * Conditional comments of Outlook hold HTML that is read by it alone; they are
 * passed through as if they were none. No escaper writes the ">" that ends a
 * comment, but one may write the "-" before it, and so may what comes to nothing:
 * no piece in a comment begins with what that would make an end.
 *
 * Invariant: a spot in SPOT_TAG or beyond has the element of its tag, and a
 * spot with a quote has the attribute of its value.
 */
#include <string.h>

#include "liquid/liquid_spot_priv.h"

struct walk {
	struct liquid_spot *spot;
	struct str text;
	size_t i;
	size_t last; /* ">" of the text; 0: there is none */
	const char *problem;
};

/* HTML has no other white space; a vertical tab is a letter of a name. */
static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static struct str
rest(const struct walk *w)
{
	return str_slice(w->text, w->i, w->text.len);
}

static bool
at(const struct walk *w, struct str what)
{
	return str_starts(rest(w), what);
}

static void
refuse(struct walk *w, const char *problem)
{
	w->problem = problem;
}

/* To behind `end`, or to the end of the piece: false. */
static bool
pass(struct walk *w, struct str end)
{
	ptrdiff_t found = str_find(rest(w), end);

	w->i = found < 0 ? w->text.len : w->i + (size_t)found + end.len;
	return found >= 0;
}

/* ---- tags ---- */

/* What no name in a tag goes on behind. */
#define NAME_ENDS                                                  \
	[' '] = true, ['\t'] = true, ['\n'] = true, ['\f'] = true, \
	['\r'] = true, ['/'] = true, ['>'] = true

static const bool name_ends[256] = { NAME_ENDS };

/* And what is not in the name of an attribute, or must not be. */
static const bool attribute_ends[256] = {
	NAME_ENDS, ['='] = true, ['"'] = true, ['\''] = true, ['<'] = true,
};

static bool
ends_name(char c)
{
	return name_ends[(unsigned char)c];
}

/*
 * Most tags leave nothing behind; these functions pass them, and give NULL for
 * any that is not whole in this piece, not written as tags are, or of an
 * element that is not as any other. They look no further than to the last ">"
 * of the piece, which ends whatever they pass: no other end is asked for.
 */
static const char *
pass_name(const char *p, const bool ends[256])
{
	while (!ends[(unsigned char)*p])
		p++;
	return p;
}

static const char *
pass_attribute(const char *p, const char *last)
{
	const char *name = p;
	const char *end;

	p = pass_name(name, attribute_ends);
	if (p == name)
		return NULL;
	if (*p != '=')
		return ends_name(*p) ? p : NULL;
	p++;
	if (*p != '"' && *p != '\'')
		return NULL;
	end = memchr(p + 1, *p, (size_t)(last - p - 1));
	return end ? end + 1 : NULL;
}

/* From behind the name in a tag. */
static const char *
pass_attributes(const char *p, const char *last)
{
	while (p && *p != '>')
		p = *p == '/' || is_blank(*p) ? p + 1 : pass_attribute(p, last);
	return p ? p + 1 : NULL;
}

static const char *
pass_tag(const char *p, const char *last)
{
	bool closes = p[1] == '/';
	const char *name = p + 1 + closes;
	const char *end;
	size_t len;

	if (!is_letter(*name))
		return NULL;
	end = pass_name(name, name_ends);
	len = (size_t)(end - name);
	if (!closes && len >= ELEMENT_NAME_MIN &&
	    spot_element_of((struct str){ name, len }) != ELEMENT_OTHER)
		return NULL;
	return pass_attributes(end, last);
}

/* To the first tag that is not passed so, or to the end. */
static size_t
pass_tags(struct str text, size_t i, size_t last)
{
	const char *p = text.p + i;
	const char *end = text.p + text.len;
	const char *next = p;

	while (next && p < end) {
		if (*p != '<' && !(p = memchr(p, '<', (size_t)(end - p))))
			return text.len;
		next = p < text.p + last ? pass_tag(p, text.p + last) : NULL;
		if (next)
			p = next;
	}
	return (size_t)(p - text.p);
}

static void
begin_tag(struct walk *w, bool closes)
{
	struct liquid_spot *spot = w->spot;
	enum spot_element element = ELEMENT_OTHER;
	size_t from = w->i;

	while (w->i < w->text.len && !ends_name(w->text.p[w->i]))
		w->i++;
	if (!closes)
		element = spot_element_of(str_slice(w->text, from, w->i));
	*spot = (struct liquid_spot){
		.state = SPOT_TAG,
		.glued = w->i == w->text.len,
		.conditional = spot->conditional,
		.element = (uint8_t)element,
	};
}

static void
end_tag(struct walk *w)
{
	struct liquid_spot *spot = w->spot;
	bool raw = spot->element >= ELEMENT_TITLE;

	if (raw && w->i > 0 && w->text.p[w->i - 1] == '/') {
		refuse(w, "an element with content that closes itself, "
			  "expected its end tag");
		return;
	}
	if (spot->refreshes && spot->has_content) {
		refuse(w, "a value in what a meta with http-equiv does, "
			  "expected fixed text");
		return;
	}
	*spot = (struct liquid_spot){
		.state = raw ? SPOT_RAW : SPOT_TEXT,
		.element = raw ? spot->element : ELEMENT_OTHER,
		.script = spot->script,
		.conditional = spot->conditional,
	};
	if (!raw)
		spot->script = 0;
	w->i++;
}

static void
begin_value(struct walk *w)
{
	struct liquid_spot *spot = w->spot;
	char c = w->text.p[w->i];

	if (is_blank(c)) {
		w->i++;
		return;
	}
	if (c == '>') {
		spot->state = SPOT_TAG;
		return;
	}
	spot->state = SPOT_UNQUOTED;
	spot->url = URL_BEGIN;
	spot->inner = CSS_OUT;
	if (c == '"' || c == '\'') {
		spot->state = SPOT_VALUE;
		spot->quote = (uint8_t)c;
		w->i++;
	}
	if (spot->attribute == ATTRIBUTE_EQUIV)
		spot->refreshes = true;
	if (spot->attribute == ATTRIBUTE_TYPE)
		spot->script = SCRIPT_OTHER;
}

static void
after_name(struct walk *w)
{
	char c = w->text.p[w->i];

	if (is_blank(c)) {
		w->spot->state = SPOT_AFTER_NAME;
		w->i++;
	} else if (c == '=') {
		w->spot->state = SPOT_BEFORE_VALUE;
		w->i++;
		if (w->i < w->text.len)
			begin_value(w);
	} else {
		w->spot->state = SPOT_TAG;
	}
}

static void
attribute_name(struct walk *w)
{
	struct liquid_spot *spot = w->spot;
	struct str text = w->text;
	size_t from = w->i, i = from;

	while (i < text.len && !attribute_ends[(unsigned char)text.p[i]])
		i++;
	w->i = i;
	if (i == text.len) {
		spot->glued = true;
		return;
	}
	if (text.p[i] == '"' || text.p[i] == '\'' || text.p[i] == '<') {
		refuse(w, "found a quote or \"<\" in a tag, expected the name "
			  "of an attribute or \">\"");
		return;
	}
	if (i == from) {
		refuse(w, "found \"=\" in a tag, expected the name of an "
			  "attribute in the same piece of text before it");
		return;
	}
	spot->attribute = (uint8_t)spot_attribute_of(
	    (enum spot_element)spot->element, str_slice(text, from, i));
	after_name(w);
}

static void
in_tag(struct walk *w)
{
	char c = w->text.p[w->i];

	if (w->spot->glued && !ends_name(c)) {
		refuse(w, "a name in a tag goes on behind a tag of the "
			  "template, expected white space between them");
		return;
	}
	w->spot->glued = false;
	if (c == '>')
		end_tag(w);
	else if (c == '/' || is_blank(c))
		w->i++;
	else
		attribute_name(w);
}

static void
unquoted(struct walk *w)
{
	while (w->i < w->text.len && !is_blank(w->text.p[w->i]) &&
	       w->text.p[w->i] != '>')
		w->i++;
	if (w->i < w->text.len)
		w->spot->state = SPOT_TAG;
}

/* A reference may be any letter of a scheme, or the colon behind it. */
static bool
has_reference_in_scheme(const struct liquid_spot *spot, struct str text)
{
	size_t i = 0;

	while (i < text.len && str_find_char(STR("&:/?#"), text.p[i]) < 0)
		i++;
	return (spot->url == URL_BEGIN || spot->url == URL_SCHEME) &&
	       i < text.len && text.p[i] == '&';
}

static void
value_text(struct walk *w, struct str text)
{
	struct liquid_spot *spot = w->spot;
	size_t found = 0;

	if (spot->attribute == ATTRIBUTE_STYLE)
		spot_css_text(spot, text);
	if (spot->attribute == ATTRIBUTE_URL &&
	    has_reference_in_scheme(spot, text))
		spot->url = URL_FORBIDDEN;
	else if (spot->attribute == ATTRIBUTE_URL)
		w->problem = spot_url_text(&spot->url, text, &found);
	if (w->problem)
		w->i += found;
}

static void
end_value(struct liquid_spot *spot)
{
	spot->state = SPOT_TAG;
	spot->attribute = ATTRIBUTE_PLAIN;
	spot->quote = 0;
	spot->inner = 0;
	spot->url = 0;
}

/*
 * What is static from quote to quote is not looked into: only a value in it
 * would ask where it stands. It began here unless the piece begins in it.
 */
static void
quoted(struct walk *w)
{
	struct liquid_spot *spot = w->spot;
	struct str text = rest(w);
	ptrdiff_t end = str_find_char(text, (char)spot->quote);
	bool whole = end >= 0 && w->i > 0;

	if (end >= 0)
		text = str_slice(text, 0, (size_t)end);
	if (whole && spot->attribute == ATTRIBUTE_TYPE)
		spot->script = (uint8_t)spot_script_of(text);
	if (!whole)
		value_text(w, text);
	if (w->problem)
		return;
	w->i += text.len;
	if (end < 0)
		return;
	end_value(spot);
	w->i++;
}

/* ---- what is not a tag ---- */

static void
end_conditional(struct walk *w)
{
	w->spot->conditional = false;
	(void)pass(w, STR(">"));
}

/*
 * In a comment, where a value or a tag of the template ends: with "-", "--" or
 * "<!--" before it this would end the comment, and it does not without.
 */
static bool
may_end_comment(struct str piece)
{
	return str_starts(piece, STR(">")) || str_starts(piece, STR("->")) ||
	       str_starts(piece, STR("!>")) || str_starts(piece, STR("-!>"));
}

static bool
refuses_cut_end(struct walk *w)
{
	if (w->i > 0 || !may_end_comment(w->text))
		return false;
	refuse(w, "what may end a comment stands behind a tag of the template, "
		  "expected white space between them");
	return true;
}

/* "[if ...]>", of which the first ">" is the end. */
static bool
opens_conditional(const struct walk *w)
{
	struct str s = rest(w);
	ptrdiff_t end = str_find_char(s, '>');

	return str_starts(s, STR("[if ")) && end > 0 && s.p[end - 1] == ']';
}

/* <!--[if mso]> opens, <!--[if !mso]><!--> is whole. */
static void
begin_comment(struct walk *w)
{
	size_t from = w->i;

	w->i += 4;
	if (at(w, STR(">")) || at(w, STR("->"))) {
		end_conditional(w);
		return;
	}
	if (w->spot->conditional) {
		w->i = from;
		refuse(w, "a comment in a conditional comment, expected "
			  "\"<![endif]-->\" before it");
		return;
	}
	if (opens_conditional(w)) {
		w->spot->conditional = pass(w, STR(">"));
		return;
	}
	w->spot->state = SPOT_COMMENT;
}

static void
comment(struct walk *w)
{
	size_t from = w->i;
	bool ends;
	size_t end;

	if (refuses_cut_end(w))
		return;
	ends = pass(w, STR("-->"));
	end = w->i;
	w->i = from;
	if (pass(w, STR("--!>")) && w->i < end)
		ends = true;
	else
		w->i = end;
	if (ends)
		w->spot->state = SPOT_TEXT;
	else if (w->text.p[w->text.len - 1] == '-')
		refuse(w, "the end of a comment is cut by a tag of the "
			  "template, expected \"-->\" in one piece");
}

static void
declaration(struct walk *w)
{
	if (pass(w, STR(">")))
		w->spot->state = SPOT_TEXT;
}

/* At "<". */
static void
open_markup(struct walk *w)
{
	struct str s = rest(w);

	if (s.len > 1 && is_letter(s.p[1])) {
		w->i++;
		begin_tag(w, false);
	} else if (s.len > 2 && s.p[1] == '/' && is_letter(s.p[2])) {
		w->i += 2;
		begin_tag(w, true);
	} else if (s.len == 1 || str_eq(s, STR("</")) || str_eq(s, STR("<!")) ||
		   str_eq(s, STR("<!-"))) {
		refuse(w, "a tag is cut by one of the template, expected its "
			  "name in the same piece of text");
	} else if (str_starts(s, STR("<!--"))) {
		begin_comment(w);
	} else if (str_starts(s, STR("<![endif]")) && w->spot->conditional) {
		end_conditional(w);
		if (at(w, STR("-->")))
			w->i += 3;
	} else if (s.p[1] == '!' || s.p[1] == '/' || s.p[1] == '?') {
		w->spot->state = SPOT_DECLARATION;
	} else {
		w->i++;
	}
}

static void
in_conditional(struct walk *w)
{
	struct str s = rest(w);
	ptrdiff_t open = str_find_char(s, '<');
	struct str before = str_slice(s, 0, open < 0 ? s.len : (size_t)open);
	ptrdiff_t end = str_find(before, STR("-->"));

	if (refuses_cut_end(w))
		return;
	if (end >= 0) {
		w->spot->conditional = false;
		w->i += (size_t)end + 3;
		return;
	}
	w->i += before.len;
	if (open >= 0)
		open_markup(w);
}

static void
between_tags(struct walk *w)
{
	if (w->spot->conditional) {
		in_conditional(w);
		return;
	}
	w->i = pass_tags(w->text, w->i, w->last);
	if (w->i < w->text.len)
		open_markup(w);
}

/* ---- raw content ---- */

static void
raw_text(struct liquid_spot *spot, struct str text)
{
	if (spot->element == ELEMENT_STYLE)
		spot_css_text(spot, text);
	else if (spot->element == ELEMENT_SCRIPT && spot->script == SCRIPT_JS)
		spot_js_text(spot, text);
	else if (spot->element == ELEMENT_SCRIPT && spot->script == SCRIPT_JSON)
		spot_json_text(spot, text);
}

/* How much of the element's end tag stands here: none 0, cut 1, all 2. */
static int
end_here(const struct walk *w, struct str s)
{
	struct str name = spot_end_tag((enum spot_element)w->spot->element);
	struct str got = str_slice(s, 2, 2 + name.len);

	if (s.len < 2)
		return 1;
	if (s.p[1] != '/' || !str_eq_fold(got, str_slice(name, 0, got.len)))
		return 0;
	if (got.len < name.len || s.len == 2 + name.len)
		return 1;
	return ends_name(s.p[2 + name.len]) ? 2 : 0;
}

static void
raw(struct walk *w)
{
	size_t from = w->i;
	int ends = 0;
	ptrdiff_t open;

	while (!ends && (open = str_find_char(rest(w), '<')) >= 0) {
		w->i += (size_t)open;
		ends = end_here(w, rest(w));
		w->i += !ends;
	}
	if (!ends)
		w->i = w->text.len;
	if (w->spot->element == ELEMENT_SCRIPT &&
	    str_find(str_slice(w->text, from, w->i), STR("<!--")) >= 0) {
		refuse(w, "found \"<!--\" in a script, where it may hide its "
			  "end, expected it in another way, as \"<\\!--\"");
		return;
	}
	if (ends == 1) {
		refuse(w, "an end tag is cut by a tag of the template, "
			  "expected all of it in the same piece of text");
		return;
	}
	raw_text(w->spot, str_slice(w->text, from, w->i));
	if (!ends)
		return;
	w->i += 2;
	begin_tag(w, true);
}

static void
step(struct walk *w)
{
	switch ((enum spot_state)w->spot->state) {
	case SPOT_PLAIN:
		w->i = w->text.len;
		break;
	case SPOT_SCRIPT:
		spot_json_text(w->spot, rest(w));
		w->i = w->text.len;
		break;
	case SPOT_TEXT:
		between_tags(w);
		break;
	case SPOT_TAG:
		in_tag(w);
		break;
	case SPOT_AFTER_NAME:
		after_name(w);
		break;
	case SPOT_BEFORE_VALUE:
		begin_value(w);
		break;
	case SPOT_VALUE:
		quoted(w);
		break;
	case SPOT_UNQUOTED:
		unquoted(w);
		break;
	case SPOT_COMMENT:
		comment(w);
		break;
	case SPOT_DECLARATION:
		declaration(w);
		break;
	case SPOT_RAW:
		raw(w);
		break;
	}
}

const char *
liquid_spot_text(struct liquid_spot *spot, struct str text, size_t *at)
{
	struct walk w = { .spot = spot, .text = text, .last = text.len };

	*at = text.len;
	if (spot->state == SPOT_PLAIN)
		return NULL;
	while (w.last && text.p[--w.last] != '>')
		;
	while (w.i < text.len && !w.problem)
		step(&w);
	if (spot->state == SPOT_AFTER_NAME)
		spot->state = SPOT_TAG;
	if (spot->state == SPOT_TAG)
		spot->attribute = ATTRIBUTE_PLAIN;
	if (w.i < text.len)
		*at = w.i;
	return w.problem;
}

void
liquid_spot_begin(struct liquid_spot *spot, enum liquid_context context)
{
	*spot = (struct liquid_spot){ .state = SPOT_PLAIN };
	if (context == LIQUID_HTML)
		spot->state = SPOT_TEXT;
	else if (context == LIQUID_JSON)
		spot->state = SPOT_SCRIPT;
	else
		spot->inner = (uint8_t)context;
}

/* ---- values ---- */

static const char *
in_value(struct liquid_spot *spot, unsigned *escape)
{
	*escape = ESCAPE_IN_ATTRIBUTE;
	switch ((enum spot_attribute)spot->attribute) {
	case ATTRIBUTE_URL:
		return spot_url_value(&spot->url, escape);
	case ATTRIBUTE_STYLE:
		return spot_css_value(spot, escape);
	case ATTRIBUTE_SRCSET:
		*escape = ESCAPE_SRCSET;
		return NULL;
	case ATTRIBUTE_EVENT:
		return "a value in an event handler, expected it in a script "
		       "element";
	case ATTRIBUTE_CLOSED:
	case ATTRIBUTE_EQUIV:
	case ATTRIBUTE_TYPE:
		return "a value in an attribute that changes what the element "
		       "is, expected fixed text";
	case ATTRIBUTE_CONTENT:
		spot->has_content = true;
		break;
	case ATTRIBUTE_PLAIN:
		break;
	}
	*escape = ESCAPE_ATTRIBUTE;
	return NULL;
}

static const char *
in_raw(struct liquid_spot *spot, unsigned *escape)
{
	switch ((enum spot_element)spot->element) {
	case ELEMENT_TITLE:
	case ELEMENT_TEXTAREA:
		*escape = ESCAPE_ATTRIBUTE;
		return NULL;
	case ELEMENT_STYLE:
		return spot_css_value(spot, escape);
	case ELEMENT_SCRIPT:
		if (spot->script != SCRIPT_OTHER)
			return spot_js_value(spot, escape);
		return "a value in a script of a type that is not known, "
		       "expected text/javascript or application/json";
	default:
		return "a value in an element whose content is not read, "
		       "expected it outside";
	}
}

static unsigned
in_plain(enum liquid_context context)
{
	static const uint8_t escapes[] = {
		[LIQUID_TEXT] = ESCAPE_NOTHING, [LIQUID_HEADER] = ESCAPE_HEADER,
		[LIQUID_ICS] = ESCAPE_ICS,	[LIQUID_CSV] = ESCAPE_CSV,
		[LIQUID_PDF] = ESCAPE_PDF,
	};

	check((size_t)context < COUNT_OF(escapes));
	return escapes[context];
}

const char *
liquid_spot_value(struct liquid_spot *spot, unsigned *escape)
{
	*escape = 0;
	switch ((enum spot_state)spot->state) {
	case SPOT_PLAIN:
		*escape = in_plain((enum liquid_context)spot->inner);
		return NULL;
	case SPOT_SCRIPT:
		return spot_js_value(spot, escape);
	case SPOT_TEXT:
		*escape = ESCAPE_HTML;
		return NULL;
	case SPOT_COMMENT:
		*escape = ESCAPE_ATTRIBUTE;
		return NULL;
	case SPOT_VALUE:
		return in_value(spot, escape);
	case SPOT_RAW:
		return in_raw(spot, escape);
	case SPOT_BEFORE_VALUE:
	case SPOT_UNQUOTED:
		return "a value in an attribute without quotes, expected "
		       "quotes around it";
	case SPOT_DECLARATION:
		return "a value in a declaration, expected it between tags";
	default:
		return "a value in a tag, expected it in the quotes of an "
		       "attribute";
	}
}
