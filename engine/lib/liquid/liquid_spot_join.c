/*
 * Spots beside each other: whether ways through a template lead to the same
 * place, and what a place is called.
 */
#include "liquid/liquid_spot_priv.h"

/* ---- ways that meet ---- */

static bool
in_script(const struct liquid_spot *spot)
{
	return spot->state == SPOT_RAW && spot->element == ELEMENT_SCRIPT &&
	       spot->script == SCRIPT_JS;
}

static bool
in_url(const struct liquid_spot *spot)
{
	bool css = spot->attribute == ATTRIBUTE_STYLE ||
		   spot->element == ELEMENT_STYLE;

	return spot->attribute == ATTRIBUTE_URL ||
	       (css && spot->inner >= CSS_URL);
}

/* Behind the site a value is a name in a path; elsewhere none may follow. */
static uint8_t
join_code(uint8_t a, uint8_t b)
{
	if (a == b)
		return a;
	return (a == URL_REST || a == URL_QUERY) &&
		       (b == URL_REST || b == URL_QUERY)
		   ? URL_REST
		   : URL_FORBIDDEN;
}

void
liquid_spot_unknown(struct liquid_spot *spot)
{
	if (spot->state == SPOT_TAG)
		spot->glued = true;
	if (spot->attribute == ATTRIBUTE_CODE)
		spot->url = join_code(spot->url, URL_REST);
	if (in_url(spot) && spot->url != URL_QUERY &&
	    spot->url != URL_FORBIDDEN)
		spot->url = URL_UNKNOWN;
	if (in_script(spot))
		spot->slash = SLASH_UNKNOWN;
}

/* The same place, whatever is known of how far an address or script is. */
static bool
alike(const struct liquid_spot *a, const struct liquid_spot *b)
{
	return a->state == b->state && a->element == b->element &&
	       a->attribute == b->attribute && a->quote == b->quote &&
	       a->inner == b->inner && a->script == b->script &&
	       !((a->around.fences ^ b->around.fences) & FENCE_COMMENT);
}

static bool
may_begin(uint8_t url)
{
	return url == URL_BEGIN || url == URL_VALUE || url == URL_UNKNOWN;
}

static uint8_t
join_url(uint8_t a, uint8_t b)
{
	if (a == b)
		return a;
	if (a == URL_FORBIDDEN || b == URL_FORBIDDEN)
		return URL_FORBIDDEN;
	/* As a component a value is safe behind all that does not begin. */
	return may_begin(a) || may_begin(b) ? URL_UNKNOWN : URL_QUERY;
}

/* Each is stricter than those before it; how many brackets is not more. */
static bool
join_imports(uint8_t *a, uint8_t b)
{
	if (*a != b && (*a >= IMPORTS_CALL || b >= IMPORTS_CALL))
		return false;
	if (*a < b)
		*a = b;
	return true;
}

/* A rel that only some have is as none, unless it is of code. */
static uint8_t
join_rel(uint8_t a, uint8_t b)
{
	if (a == b)
		return a;
	return (a == REL_NONE || a == REL_HARMLESS) &&
		       (b == REL_NONE || b == REL_HARMLESS)
		   ? REL_NONE
		   : REL_CODE;
}

bool
liquid_spot_join(struct liquid_spot *spot, const struct liquid_spot *other)
{
	if (!alike(spot, other) ||
	    !join_imports(&spot->imports, other->imports))
		return false;
	spot->url = spot->attribute == ATTRIBUTE_CODE
			? join_code(spot->url, other->url)
			: join_url(spot->url, other->url);
	spot->rel = join_rel(spot->rel, other->rel);
	spot_around_join(&spot->around, &other->around);
	spot->cut |= other->cut;
	if (spot->slash != other->slash)
		spot->slash = SLASH_UNKNOWN;
	spot->glued |= other->glued;
	spot->refreshes |= other->refreshes;
	spot->has_content |= other->has_content;
	return true;
}

/*
 * Of an address it does not matter: what is assumed at its beginning looks
 * closer at a value than what comes later needs, and one that begins with a
 * colon, which would end the scheme that a value before it began, takes none.
 */
bool
liquid_spot_returns(const struct liquid_spot *begin,
		    const struct liquid_spot *end)
{
	uint8_t imports = begin->imports;

	return alike(begin, end) && (begin->glued || !end->glued) &&
	       (begin->cut || !end->cut) &&
	       spot_around_covers(&begin->around, &end->around) &&
	       join_imports(&imports, end->imports) &&
	       imports == begin->imports &&
	       join_rel(begin->rel, end->rel) == begin->rel &&
	       (begin->refreshes || !end->refreshes) &&
	       (begin->has_content || !end->has_content) &&
	       (begin->slash == SLASH_UNKNOWN || begin->slash == end->slash);
}

/* What comes again is no beginning of an address of code. */
bool
liquid_spot_loops(const struct liquid_spot *begin,
		  const struct liquid_spot *end)
{
	return liquid_spot_returns(begin, end) &&
	       (begin->attribute != ATTRIBUTE_CODE || begin->url != URL_BEGIN ||
		end->url == URL_BEGIN);
}

bool
liquid_spot_same(const struct liquid_spot *a, const struct liquid_spot *b)
{
	return alike(a, b) && spot_around_same(&a->around, &b->around) &&
	       a->url == b->url && a->slash == b->slash &&
	       a->imports == b->imports && a->rel == b->rel &&
	       a->cut == b->cut && a->glued == b->glued &&
	       a->refreshes == b->refreshes && a->has_content == b->has_content;
}

bool
liquid_spot_rests(const struct liquid_spot *spot)
{
	if (spot->state == SPOT_SCRIPT)
		return spot->inner == JS_OUT;
	return spot->state == SPOT_PLAIN ||
	       (spot->state == SPOT_TEXT &&
		!(spot->around.fences & FENCE_COMMENT));
}

/* What stands there may be put anywhere: it leaves nothing open. */
bool
liquid_spot_is_whole(const struct liquid_spot *spot)
{
	return liquid_spot_rests(spot) && spot_around_rests(&spot->around);
}

/* ---- in words ---- */

static const char *
words_of_raw(const struct liquid_spot *spot)
{
	switch ((enum spot_element)spot->element) {
	case ELEMENT_TITLE:
		return "in a title";
	case ELEMENT_TEXTAREA:
		return "in a textarea";
	case ELEMENT_STYLE:
		return spot->inner == CSS_OUT ? "in a style sheet"
					      : "in a string of a style sheet";
	case ELEMENT_SCRIPT:
		return spot->inner == JS_OUT ? "in a script"
					     : "in a string of a script";
	default:
		return "in an element whose content is not read";
	}
}

const char *
liquid_spot_words(const struct liquid_spot *spot)
{
	const char *around;

	switch ((enum spot_state)spot->state) {
	case SPOT_PLAIN:
		return "in plain text";
	case SPOT_SCRIPT:
		return spot->inner == JS_OUT ? "between values of JSON"
					     : "in a string of JSON";
	case SPOT_TEXT:
		around = spot_around_words(&spot->around);
		return around ? around : "between tags";
	case SPOT_VALUE:
		return "in the quotes of an attribute";
	case SPOT_BEFORE_VALUE:
	case SPOT_UNQUOTED:
		return "in an attribute without quotes";
	case SPOT_COMMENT:
		return "in a comment";
	case SPOT_DECLARATION:
		return "in a declaration";
	case SPOT_RAW:
		return words_of_raw(spot);
	default:
		return "in a tag";
	}
}
