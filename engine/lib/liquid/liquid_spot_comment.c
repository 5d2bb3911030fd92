/*
 * What begins with "<" between tags, and all of it that is no tag: comments,
 * declarations, and the conditional comments of Outlook. Three forms of these
 * are in use:
 *
 *	<!--[if mso]> ... <![endif]-->			Outlook alone reads it
 *	<!--[if !mso]><!--> ... <!--<![endif]-->	all but Outlook
 *	<![if !mso]> ... <![endif]>			the same
 *
 * The first is HTML with a fence at its end. In the others each half is a
 * comment or declaration by itself; between <!--> may stand blanks or words.
 */
#include "liquid/liquid_spot_walk_priv.h"

/*
 * In a comment, where a value or a tag of the template ends: with "-", "--" or
 * "<!--" before it this would end the comment, and it does not without.
 */
bool
spot_may_end_comment(struct str piece)
{
	return str_starts(piece, STR(">")) || str_starts(piece, STR("->")) ||
	       str_starts(piece, STR("!>")) || str_starts(piece, STR("-!>"));
}

/* "[if ...": a word such as [iffy] is none. */
static bool
is_condition(struct str s)
{
	return s.len > 3 && starts_fold(s, STR("[if")) &&
	       (spot_is_blank(s.p[3]) || s.p[3] == '(' || s.p[3] == '!');
}

/* Behind "]>". What begins a comment is its end too, for all but Outlook. */
static void
open_conditional(struct walk *w)
{
	struct str s = walk_rest(w);
	size_t blank = 0;
	ptrdiff_t end;

	while (blank < s.len && spot_is_blank(s.p[blank]))
		blank++;
	s = str_slice(s, blank, s.len);
	if (!str_starts(s, STR("<!--"))) {
		w->spot->around.fences |= FENCE_COMMENT;
		return;
	}
	end = str_find(str_slice(s, 2, s.len), STR("-->"));
	if (end < 0)
		walk_refuse(w, "found \"<!--\" at the beginning of a "
			       "conditional comment, expected its end in the "
			       "same piece of text, as in <!-->");
	else
		w->i += blank + 2 + (size_t)end + 3;
}

static void
begin_condition(struct walk *w)
{
	struct str s = walk_rest(w);
	ptrdiff_t end = str_find_char(s, '>');

	if (end < 0) {
		walk_refuse(w, "the condition of a conditional comment is cut "
			       "by a tag of the template, expected \"]>\" in "
			       "the same piece of text");
	} else if (s.p[end - 1] == ']') {
		w->i += (size_t)end + 1;
		open_conditional(w);
	} else {
		w->spot->state = SPOT_COMMENT;
	}
}

static void
begin_comment(struct walk *w)
{
	struct str s = str_slice(w->text, w->i + 4, w->text.len);

	if (w->spot->around.fences & FENCE_COMMENT) {
		walk_refuse(w, "a comment in a conditional comment, expected "
			       "\"<![endif]-->\" before it");
		return;
	}
	w->i += 4;
	if (str_starts(s, STR(">")) || str_starts(s, STR("->")))
		(void)walk_pass(w, STR(">"));
	else if (is_condition(s))
		begin_condition(w);
	else
		w->spot->state = SPOT_COMMENT;
}

void
spot_comment(struct walk *w)
{
	size_t end = spot_comment_end(w->text, w->i);

	if (w->i == 0 && spot_may_end_comment(w->text)) {
		walk_refuse(w, "what may end a comment stands behind a tag of "
			       "the template, expected white space between "
			       "them");
		return;
	}
	w->i = end;
	if (end < w->text.len) {
		(void)walk_pass(w, STR(">"));
		w->spot->state = SPOT_TEXT;
	} else if (w->text.p[end - 1] == '-') {
		walk_refuse(w, "the end of a comment is cut by a tag of the "
			       "template, expected \"-->\" in one piece");
	}
}

void
spot_declaration(struct walk *w)
{
	if (walk_pass(w, STR(">")))
		w->spot->state = SPOT_TEXT;
}

static void
begin_declaration(struct walk *w, struct str s)
{
	if (starts_fold(s, STR("<![endif]")) &&
	    (w->spot->around.fences & FENCE_COMMENT))
		walk_refuse(w, "found \"<![endif]\" without \"-->\" behind it, "
			       "expected \"<![endif]-->\" as the end of a "
			       "conditional comment");
	else if (starts_fold(s, STR("<![cdata[")) && w->spot->around.foreign)
		walk_refuse(w, "found \"<![CDATA[\" in svg or math, expected "
			       "text with &lt; and &amp;");
	else
		w->spot->state = SPOT_DECLARATION;
}

void
spot_open_markup(struct walk *w)
{
	struct str s = walk_rest(w);

	if (s.len > 1 && spot_is_letter(s.p[1])) {
		w->i++;
		spot_begin_tag(w, false);
	} else if (s.len > 2 && s.p[1] == '/' && spot_is_letter(s.p[2])) {
		w->i += 2;
		spot_begin_tag(w, true);
	} else if (s.len == 1 || str_eq(s, STR("</")) || str_eq(s, STR("<!")) ||
		   str_eq(s, STR("<!-"))) {
		walk_refuse(w, "a tag is cut by one of the template, expected "
			       "its name in the same piece of text");
	} else if (str_starts(s, STR("<!--"))) {
		begin_comment(w);
	} else if (s.p[1] == '!' || s.p[1] == '/' || s.p[1] == '?') {
		begin_declaration(w, s);
	} else {
		w->i++;
	}
}
