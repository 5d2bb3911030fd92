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
 * passed through as if they were none, up to a fence (liquid_spot_fence.c). No
 * escaper writes the ">" that ends a comment, but one may write the "-" before
 * it, and so may what comes to nothing: no piece in a comment begins with what
 * that would make an end.
 *
 * Invariant: a spot in SPOT_TAG or beyond has the element of its tag, and a
 * spot with a quote has the attribute of its value.
 */
#include <string.h>

#include "liquid/liquid_spot_walk_priv.h"

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
		return spot_ends_name(*p) ? p : NULL;
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
		p = *p == '/' || spot_is_blank(*p) ? p + 1
						   : pass_attribute(p, last);
	return p ? p + 1 : NULL;
}

static const char *
pass_tag(const char *p, const char *last)
{
	bool closes = p[1] == '/';
	const char *name = p + 1 + closes;
	const char *end;
	size_t len;

	if (!spot_is_letter(*name))
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

void
spot_begin_tag(struct walk *w, bool closes)
{
	struct liquid_spot *spot = w->spot;
	struct spot_around around = spot->around;
	struct str name;
	enum spot_element element = ELEMENT_OTHER;
	size_t from = w->i;

	while (w->i < w->text.len && !name_ends[(unsigned char)w->text.p[w->i]])
		w->i++;
	name = str_slice(w->text, from, w->i);
	if (!closes)
		element = spot_element_of(name);
	if (closes)
		spot_around_end(&around, name);
	else
		spot_around_begin(&around, element);
	*spot = (struct liquid_spot){
		.state = SPOT_TAG,
		.glued = w->i == w->text.len,
		.element = (uint8_t)element,
		.around = around,
	};
}

static void
end_tag(struct walk *w)
{
	struct liquid_spot *spot = w->spot;
	bool raw = spot_is_raw((enum spot_element)spot->element);
	bool holds = raw || spot->element == ELEMENT_SVG ||
		     spot->element == ELEMENT_MATH;

	if (holds && w->i > 0 && w->text.p[w->i - 1] == '/') {
		walk_refuse(w, "an element with content that closes itself, "
			       "expected its end tag");
		return;
	}
	if (spot->refreshes && spot->has_content) {
		walk_refuse(w, "a value in what a meta with http-equiv does, "
			       "expected fixed text");
		return;
	}
	*spot = (struct liquid_spot){
		.state = raw ? SPOT_RAW : SPOT_TEXT,
		.element = raw ? spot->element : ELEMENT_OTHER,
		.script = spot->script,
		.around = spot->around,
	};
	if (!raw)
		spot->script = 0;
	w->i++;
}

/* What an attribute with a value does, before its text is read. */
static void
begin_meaning(struct liquid_spot *spot)
{
	switch ((enum spot_attribute)spot->attribute) {
	case ATTRIBUTE_EQUIV:
		spot->refreshes = true;
		break;
	case ATTRIBUTE_TYPE:
		spot->script = SCRIPT_OTHER;
		break;
	case ATTRIBUTE_REL: /* the first of two counts */
		spot->rel = spot->rel == REL_NONE ? REL_UNREAD : REL_CODE;
		break;
	case ATTRIBUTE_CODE:
		if (spot->element == ELEMENT_LINK && spot->rel == REL_HARMLESS)
			spot->attribute = ATTRIBUTE_URL;
		break;
	default:
		break;
	}
}

static void
begin_value(struct walk *w)
{
	struct liquid_spot *spot = w->spot;
	char c = w->text.p[w->i];

	if (spot_is_blank(c)) {
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
	begin_meaning(spot);
}

static void
after_name(struct walk *w)
{
	char c = w->text.p[w->i];

	if (spot_is_blank(c)) {
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
		walk_refuse(
		    w, "found a quote or \"<\" in a tag, expected the name "
		       "of an attribute or \">\"");
		return;
	}
	if (i == from) {
		walk_refuse(w, "found \"=\" in a tag, expected the name of an "
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

	if (w->spot->glued && !spot_ends_name(c)) {
		walk_refuse(w, "a name in a tag goes on behind a tag of the "
			       "template, expected white space between them");
		return;
	}
	w->spot->glued = false;
	if (c == '>')
		end_tag(w);
	else if (c == '/' || spot_is_blank(c))
		w->i++;
	else
		attribute_name(w);
}

static void
unquoted(struct walk *w)
{
	while (w->i < w->text.len && !spot_is_blank(w->text.p[w->i]) &&
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
	else if (spot->attribute == ATTRIBUTE_CODE)
		spot_code_text(&spot->url, text);
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
	spot->imports = IMPORTS_NONE;
}

/*
 * What is static from quote to quote is not looked into: only a value in it
 * would ask where it stands. It began here unless the piece begins in it.
 */
static void
quoted(struct walk *w)
{
	struct liquid_spot *spot = w->spot;
	struct str text = walk_rest(w);
	ptrdiff_t end = str_find_char(text, (char)spot->quote);
	bool whole = end >= 0 && w->i > 0;

	if (end >= 0)
		text = str_slice(text, 0, (size_t)end);
	if (whole && spot->attribute == ATTRIBUTE_TYPE)
		spot->script = (uint8_t)spot_script_of(text);
	if (whole && spot->attribute == ATTRIBUTE_REL &&
	    spot->rel == REL_UNREAD)
		spot->rel = (uint8_t)spot_rel_of(text);
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

static size_t
before_tag(struct str s)
{
	ptrdiff_t open = str_find_char(s, '<');

	return open < 0 ? s.len : (size_t)open;
}

static void
between_tags(struct walk *w)
{
	if (w->spot->around.foreign)
		w->i += before_tag(walk_rest(w));
	else
		w->i = pass_tags(w->text, w->i, w->last);
	if (w->i < w->text.len)
		spot_open_markup(w);
}

static void
step(struct walk *w)
{
	switch ((enum spot_state)w->spot->state) {
	case SPOT_PLAIN:
		w->i = w->text.len;
		break;
	case SPOT_SCRIPT:
		spot_json_text(w->spot, walk_rest(w));
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
		spot_comment(w);
		break;
	case SPOT_DECLARATION:
		spot_declaration(w);
		break;
	case SPOT_RAW:
		spot_raw(w);
		break;
	}
}

static void
begin_walk(struct walk *w, struct liquid_spot *spot, struct str text)
{
	size_t last = text.len;

	while (last && text.p[--last] != '>')
		;
	w->spot = spot;
	w->text = text;
	w->i = 0;
	w->last = last;
	w->problem = NULL;
	w->fences = 0;
	w->whole = text.len;
	w->whole_last = last;
}

const char *
liquid_spot_text(struct liquid_spot *spot, struct str text, size_t *at)
{
	struct walk w; /* whose fences are set with the first of them */

	*at = text.len;
	if (spot->state == SPOT_PLAIN)
		return NULL;
	begin_walk(&w, spot, text);
	if (spot->around.fences)
		spot_refuse_cut_begin(&w);
	while (w.i < w.whole && !w.problem) {
		if (w.fences != spot->around.fences)
			spot_fence(&w);
		if (w.i < w.text.len)
			step(&w);
		else
			spot_pass_fence(&w);
	}
	if (spot->around.fences && !w.problem)
		spot_refuse_cut_end(&w);
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
