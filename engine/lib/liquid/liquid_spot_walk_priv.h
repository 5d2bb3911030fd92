#ifndef LIQUID_LIQUID_SPOT_WALK_PRIV_H
#define LIQUID_LIQUID_SPOT_WALK_PRIV_H

/*
 * What the tokenizer's files share: the way through one piece of text. See
 * liquid_spot.c for the rules of a piece, liquid_spot_fence.c for fences.
 */

#include <stddef.h>

#include "liquid/liquid_spot_priv.h"

struct walk {
	struct liquid_spot *spot;
	struct str text; /* to its end, or to the next fence */
	size_t i;
	size_t last; /* ">" of the text; 0: there is none */
	const char *problem;
	uint8_t fences;	   /* that `text` ends at */
	size_t whole;	   /* its length without */
	size_t whole_last; /* and its ">" */
	/* Only with fences: the first that was not passed, or NOT_SOUGHT. */
	size_t comment_end;
	size_t noscript_end;
};

#define NOT_SOUGHT SIZE_MAX

/* HTML has no other white space; a vertical tab is a letter of a name. */
static inline bool
spot_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

static inline bool
spot_is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* What no name in a tag goes on behind. */
static inline bool
spot_ends_name(char c)
{
	return spot_is_blank(c) || c == '/' || c == '>';
}

static inline struct str
walk_rest(const struct walk *w)
{
	return str_slice(w->text, w->i, w->text.len);
}

static inline bool
walk_at(const struct walk *w, struct str what)
{
	return str_starts(walk_rest(w), what);
}

static inline bool
starts_fold(struct str s, struct str with)
{
	return str_eq_fold(str_slice(s, 0, with.len), with);
}

static inline void
walk_refuse(struct walk *w, const char *problem)
{
	w->problem = problem;
}

/* To behind `end`, or to the end of the text: false. */
static inline bool
walk_pass(struct walk *w, struct str end)
{
	ptrdiff_t found = str_find(walk_rest(w), end);

	w->i = found < 0 ? w->text.len : w->i + (size_t)found + end.len;
	return found >= 0;
}

/* Behind "<" or "</". */
void spot_begin_tag(struct walk *w, bool closes);

/* At "<" between tags. */
void spot_open_markup(struct walk *w);

void spot_comment(struct walk *w);
void spot_declaration(struct walk *w);
void spot_raw(struct walk *w);

/* Of the first "-->" or "--!>", or the end of the text. */
size_t spot_comment_end(struct str text, size_t from);

/* What a piece may not begin with where a comment is around it. */
bool spot_may_end_comment(struct str piece);

/* Where `fences` are not those of the spot any more, and at one of them. */
void spot_fence(struct walk *w);
void spot_pass_fence(struct walk *w);

/* Before all of a piece and behind it: it cuts no fence. */
void spot_refuse_cut_begin(struct walk *w);
void spot_refuse_cut_end(struct walk *w);

#endif
