/*
 * What is around a place: a conditional comment, a noscript, svg or math.
 *
 * In svg and math a title, a style, a script is an element as any other, with
 * tags in it; in HTML it is raw text. Which of the two it is the parser of a
 * browser knows from all elements that are open, and those it closes by itself
 * are many (WHATWG HTML, 13.2.6.5). Here svg in svg and math in math are
 * counted, which is enough while nothing but svg and math is inside: what ends
 * them there is their end tag, whatever else is open. In a desc, a
 * foreignObject, an mtext HTML may begin, and the end tag may be passed over
 * then: from the first tag in one of these on it is not known any more
 * (FOREIGN_UNKNOWN), to the end of the source. What is not known is read as
 * strictly as svg is; a browser that has left it by itself finds nothing there
 * that it would read otherwise.
 */
#include "liquid/liquid_spot_priv.h"

static void
lose(struct spot_around *around)
{
	around->foreign = FOREIGN_UNKNOWN;
	around->depth = 0;
	around->point = 0;
}

static bool
is_root(const struct spot_around *around, enum spot_element element)
{
	return element ==
	       (around->foreign == FOREIGN_SVG ? ELEMENT_SVG : ELEMENT_MATH);
}

static bool
is_point(enum spot_element element)
{
	return element >= ELEMENT_FOREIGN_OBJECT &&
	       element <= ELEMENT_ANNOTATION;
}

static void
begin_in_foreign(struct spot_around *around, enum spot_element element)
{
	if (around->point ||
	    (is_root(around, element) && around->depth == UINT8_MAX))
		lose(around);
	else if (is_root(around, element))
		around->depth++;
	else if (is_point(element))
		around->point = (uint8_t)element;
}

void
spot_around_begin(struct spot_around *around, enum spot_element element)
{
	if (element == ELEMENT_NOSCRIPT)
		around->fences |= FENCE_NOSCRIPT;
	if (around->foreign == FOREIGN_UNKNOWN)
		return;
	if (around->foreign != FOREIGN_NONE)
		begin_in_foreign(around, element);
	else if (element == ELEMENT_SVG)
		around->foreign = FOREIGN_SVG;
	else if (element == ELEMENT_MATH)
		around->foreign = FOREIGN_MATH;
}

/* What ends in a conditional comment ends for Outlook alone. */
static void
end_in_foreign(struct spot_around *around, enum spot_element element)
{
	bool root = is_root(around, element);

	if ((around->fences & FENCE_COMMENT) && (root || is_point(element))) {
		lose(around);
		return;
	}
	if (root || element == around->point)
		around->point = 0;
	if (!root)
		return;
	if (around->depth)
		around->depth--;
	else
		around->foreign = FOREIGN_NONE;
}

void
spot_around_end(struct spot_around *around, struct str name)
{
	enum spot_element element = spot_element_of(name);

	if (element == ELEMENT_NOSCRIPT)
		around->fences &= (uint8_t)~FENCE_NOSCRIPT;
	if (around->foreign == FOREIGN_SVG || around->foreign == FOREIGN_MATH)
		end_in_foreign(around, element);
}

static bool
same_foreign(const struct spot_around *a, const struct spot_around *b)
{
	return a->foreign == b->foreign && a->depth == b->depth &&
	       a->point == b->point;
}

void
spot_around_join(struct spot_around *around, const struct spot_around *other)
{
	if (!same_foreign(around, other))
		lose(around);
	around->fences |= other->fences;
}

bool
spot_around_same(const struct spot_around *a, const struct spot_around *b)
{
	return same_foreign(a, b) && a->fences == b->fences;
}

bool
spot_around_covers(const struct spot_around *begin,
		   const struct spot_around *end)
{
	return (begin->foreign == FOREIGN_UNKNOWN ||
		same_foreign(begin, end)) &&
	       (begin->fences | end->fences) == begin->fences;
}

/* What is not known may have ended. */
bool
spot_around_rests(const struct spot_around *around)
{
	return !around->fences && around->foreign != FOREIGN_SVG &&
	       around->foreign != FOREIGN_MATH;
}

const char *
spot_around_words(const struct spot_around *around)
{
	static const char *const words[] = {
		[FOREIGN_NONE] = NULL,
		[FOREIGN_SVG] = "in an svg",
		[FOREIGN_MATH] = "in a math",
		[FOREIGN_UNKNOWN] = "behind HTML in an svg or math",
	};

	if (around->fences & FENCE_COMMENT)
		return "in a conditional comment";
	if (around->fences & FENCE_NOSCRIPT)
		return "in a noscript";
	return words[around->foreign];
}
