/*
 * What is read in two ways. Outlook reads a conditional comment as HTML, and
 * for all others it is a comment to the first "-->" in it, wherever that
 * stands. Where scripts run a noscript is text to the first "</noscript",
 * elsewhere it is HTML. So that nothing is one thing here and another there,
 * each of these ends is a fence: the tokenizer reads the text before it as if
 * nothing followed, and must then be between tags, where both ways meet.
 *
 * No escaper writes "<" or ">", so no value makes such an end. It may write
 * what stands before ">", and come to nothing in the middle of one: so no piece
 * of text begins or ends inside of one either.
 */
#include "liquid/liquid_spot_walk_priv.h"

static const struct str endif = { "<![endif]", 9 };
static const struct str noscript = { "</noscript", 10 };

size_t
spot_comment_end(struct str text, size_t from)
{
	ptrdiff_t found;

	while ((found = str_find(str_slice(text, from, text.len), STR("--"))) >=
	       0) {
		size_t i = from + (size_t)found;
		struct str behind = str_slice(text, i + 2, text.len);

		if (str_starts(behind, STR(">")) ||
		    str_starts(behind, STR("!>")))
			return i;
		from = i + 1;
	}
	return text.len;
}

/* With the words that stand before it: <![endif]-->, and all of <!-->. */
static size_t
conditional_end(struct str text, size_t from)
{
	size_t end = spot_comment_end(text, from), i = end;

	while (i > from && spot_is_blank(text.p[i - 1]))
		i--;
	if (i - from >= endif.len &&
	    str_eq_fold(str_slice(text, i - endif.len, i), endif))
		return i - endif.len;
	if (end - from >= 2 && end < text.len && text.p[end - 2] == '<' &&
	    text.p[end - 1] == '!')
		return end - 2;
	return end;
}

static size_t
noscript_end(struct str text, size_t from)
{
	ptrdiff_t found;

	while ((found = str_find(str_slice(text, from, text.len), STR("</"))) >=
	       0) {
		from += (size_t)found;
		if (starts_fold(str_slice(text, from, text.len), noscript))
			return from;
		from++;
	}
	return text.len;
}

static size_t
last_before(const struct walk *w, size_t end)
{
	while (end > w->i && w->text.p[end - 1] != '>')
		end--;
	return end > w->i ? end - 1 : 0;
}

/* What was found before counts until it is passed: no text is sought twice. */
static bool
is_passed(const struct walk *w, size_t end)
{
	return end == NOT_SOUGHT || end < w->i;
}

void
spot_fence(struct walk *w)
{
	uint8_t fences = w->spot->around.fences;
	size_t end = w->whole;

	if (!w->fences)
		w->comment_end = w->noscript_end = NOT_SOUGHT;
	w->fences = fences;
	w->text.len = w->whole;
	if ((fences & FENCE_COMMENT) && is_passed(w, w->comment_end))
		w->comment_end = conditional_end(w->text, w->i);
	if ((fences & FENCE_NOSCRIPT) && is_passed(w, w->noscript_end))
		w->noscript_end = noscript_end(w->text, w->i);
	if ((fences & FENCE_COMMENT) && w->comment_end < end)
		end = w->comment_end;
	if ((fences & FENCE_NOSCRIPT) && w->noscript_end < end)
		end = w->noscript_end;
	w->text.len = end;
	w->last = end == w->whole ? w->whole_last : last_before(w, end);
}

void
spot_pass_fence(struct walk *w)
{
	bool ends = (w->fences & FENCE_COMMENT) && w->i == w->comment_end;

	if (w->spot->state != SPOT_TEXT) {
		walk_refuse(w, ends
				   ? "found \"-->\" in a tag of a conditional "
				     "comment, where it ends the comment for "
				     "all but Outlook, expected \"--&gt;\""
				   : "found \"</noscript\" in a tag, comment "
				     "or raw text of a noscript, where it ends "
				     "the noscript if scripts run, expected "
				     "\"&lt;/noscript\"");
		return;
	}
	w->text.len = w->whole;
	if (ends) {
		w->spot->around.fences &= (uint8_t)~FENCE_COMMENT;
		(void)walk_pass(w, STR(">"));
	} else {
		spot_open_markup(w);
	}
	spot_fence(w);
}

/* In a tag nothing but its names stand before ">": see below of their end. */
void
spot_refuse_cut_begin(struct walk *w)
{
	if (!(w->spot->around.fences & FENCE_COMMENT) ||
	    w->spot->state == SPOT_TAG || !spot_may_end_comment(w->text))
		return;
	walk_refuse(w, "what may end a comment stands behind a tag of the "
		       "template, expected white space between them");
}

static bool
ends_with_begin_of(struct str text, struct str word)
{
	size_t n = text.len < word.len ? text.len : word.len;

	while (n > 0 && !str_eq_fold(str_slice(text, text.len - n, text.len),
				     str_slice(word, 0, n)))
		n--;
	return n > 0;
}

void
spot_refuse_cut_end(struct walk *w)
{
	const struct liquid_spot *spot = w->spot;

	if ((spot->around.fences & FENCE_NOSCRIPT) &&
	    spot->state != SPOT_TEXT && ends_with_begin_of(w->text, noscript))
		walk_refuse(w, "what may become \"</noscript\" stands before a "
			       "tag of the template, expected \"&lt;\"");
	else if ((spot->around.fences & FENCE_COMMENT) &&
		 spot->state == SPOT_TAG && str_ends(w->text, STR("-")))
		walk_refuse(w, "what may become \"-->\" stands before a tag of "
			       "the template, expected a name without \"-\" at "
			       "its end");
}
