/*
 * Content without tags but its own end tag: titles, style sheets, scripts. In
 * svg and math it has tags (liquid_spot_around.c), so there nothing may stand
 * in it that would be one; a whole <![CDATA[ ]]> is none in either reading.
 */
#include "liquid/liquid_spot_walk_priv.h"

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
	return spot_ends_name(s.p[2 + name.len]) ? 2 : 0;
}

/* The length of "<" and what is no tag with it in svg; 0: it is one. */
static size_t
harmless(struct str s)
{
	ptrdiff_t end;

	if (!spot_is_letter(s.p[1]) && str_find_char(STR("/!?"), s.p[1]) < 0)
		return 1;
	if (!str_starts(s, STR("<![CDATA[")))
		return 0;
	end = str_find(s, STR("]]>"));
	if (end < 0 || str_find(str_slice(s, 0, (size_t)end), STR("</")) >= 0)
		return 0;
	return (size_t)end;
}

/* Past "<" that begins no end tag. */
static void
pass_open(struct walk *w)
{
	size_t len = w->spot->around.foreign ? harmless(walk_rest(w)) : 1;

	if (!len)
		walk_refuse(w, "found a tag or comment in a title, style sheet "
			       "or script of svg or math, expected it without, "
			       "or outside of svg and math");
	w->i += len;
}

/* To the end tag, or to the end of the text; as end_here(). */
static int
pass_content(struct walk *w)
{
	int ends = 0;
	ptrdiff_t open;

	while (!ends && !w->problem &&
	       (open = str_find_char(walk_rest(w), '<')) >= 0) {
		w->i += (size_t)open;
		ends = end_here(w, walk_rest(w));
		if (!ends)
			pass_open(w);
	}
	if (!ends && !w->problem)
		w->i = w->text.len;
	return ends;
}

void
spot_raw(struct walk *w)
{
	size_t from = w->i;
	int ends = pass_content(w);

	if (w->problem)
		return;
	if (w->spot->element == ELEMENT_SCRIPT &&
	    str_find(str_slice(w->text, from, w->i), STR("<!--")) >= 0) {
		walk_refuse(w, "found \"<!--\" in a script, where it may hide "
			       "its end, expected it in another way, as "
			       "\"<\\!--\"");
		return;
	}
	if (ends == 1) {
		walk_refuse(w, "an end tag is cut by a tag of the template, "
			       "expected all of it in the same piece of text");
		return;
	}
	raw_text(w->spot, str_slice(w->text, from, w->i));
	if (!ends)
		return;
	w->i += 2;
	spot_begin_tag(w, true);
}
