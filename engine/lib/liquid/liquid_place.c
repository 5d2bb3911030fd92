/*
 * The compiler's way through the output. While a source is read, c->spot says
 * where its output is; a value asks it how to be escaped. What has branches
 * must lead to one place whichever is taken, and what repeats must come back
 * to where it began, or the source does not compile.
 *
 * Behind a break or continue nothing runs (c->gone) until the block ends: what
 * is read there joins nothing.
 */
#include "liquid/liquid_priv.h"

void
liquid_place_text(struct liquid_compiler *c, struct str text)
{
	size_t at = 0;
	const char *problem = liquid_spot_text(&c->spot, text, &at);

	if (problem)
		liquid_finding(c, text.p + at, "%s", problem);
}

unsigned
liquid_place_value(struct liquid_compiler *c)
{
	unsigned escape;
	const char *problem = liquid_spot_value(&c->spot, &escape);

	if (problem)
		liquid_finding(c, c->at, "%s", problem);
	return escape;
}

/* ---- branches ---- */

static void
differ(struct liquid_compiler *c, const struct liquid_spot *a,
       const struct liquid_spot *b)
{
	const char *first = liquid_spot_words(a);
	const char *second = liquid_spot_words(b);

	liquid_finding(c, c->at,
		       "the branches before this end in different places, one "
		       "%s and another %s%s, expected one place",
		       first, second,
		       first == second ? " of another kind" : "");
}

static void
meet(struct liquid_compiler *c, struct liquid_ways *ways,
     const struct liquid_spot *spot)
{
	if (!ways->any)
		ways->end = *spot;
	else if (!liquid_spot_join(&ways->end, spot))
		differ(c, &ways->end, spot);
	ways->any = true;
}

void
liquid_begin_ways(struct liquid_compiler *c, struct liquid_ways *ways)
{
	*ways = (struct liquid_ways){ .begin = c->spot, .gone = c->gone };
}

void
liquid_next_way(struct liquid_compiler *c, struct liquid_ways *ways)
{
	if (!c->gone)
		meet(c, ways, &c->spot);
	c->spot = ways->begin;
	c->gone = ways->gone;
}

void
liquid_end_ways(struct liquid_compiler *c, struct liquid_ways *ways, bool none)
{
	if (none && !ways->gone)
		meet(c, ways, &ways->begin);
	c->gone = !ways->any;
	c->spot = ways->any ? ways->end : ways->begin;
}

/* ---- what repeats, and what is left ---- */

static void
strays(struct liquid_compiler *c, const struct liquid_spot *begin)
{
	liquid_finding(c, c->at,
		       "it ends %s and began %s%s, expected it to end where "
		       "it began",
		       liquid_spot_words(&c->spot), liquid_spot_words(begin),
		       liquid_spot_words(&c->spot) == liquid_spot_words(begin)
			   ? " of another kind"
			   : "");
}

void
liquid_place_stays(struct liquid_compiler *c, const struct liquid_spot *begin)
{
	if (!c->gone && !liquid_spot_loops(begin, &c->spot))
		strays(c, begin);
}

/* Only a break adds to where it leads, but a continue does no harm. */
static bool
leads_on(struct liquid_compiler *c, struct liquid_scope *s)
{
	if (c->gone)
		return true;
	return liquid_spot_loops(&s->spot, &c->spot) &&
	       liquid_spot_join(&s->after, &c->spot);
}

void
liquid_place_leave(struct liquid_compiler *c, struct liquid_scope *s)
{
	struct liquid_unit *unit = &c->p->units[c->unit];

	if (s->kind == SCOPE_UNIT) {
		unit->leaves = (uint32_t)(c->at - unit->text.p);
		unit->may_leave = true;
	}
	if (!leads_on(c, s))
		strays(c, &s->spot);
}

void
liquid_place_again(struct liquid_compiler *c, struct liquid_scope *s)
{
	if (!leads_on(c, s))
		strays(c, &s->spot);
	c->spot = s->after;
	c->gone = s->gone;
}

void
liquid_place_partial(struct liquid_compiler *c, uint32_t unit,
		     struct liquid_scope *around, bool repeats)
{
	struct liquid_spot begin = c->spot;

	liquid_spot_unknown(&c->spot);
	if (repeats)
		liquid_place_stays(c, &begin);
	if (!around || leads_on(c, around))
		return;
	for (uint32_t i = 1; i < c->p->unit_count; i++)
		if (i == unit || unit == NO_JUMP)
			c->p->units[i].must_stay = true;
}

void
liquid_place_partials(struct liquid_compiler *c)
{
	for (uint32_t i = 1; i < c->p->unit_count; i++) {
		const struct liquid_unit *unit = &c->p->units[i];

		if (unit->must_stay && unit->may_leave)
			liquid_finding_at(
			    c, &(struct liquid_place){ i, unit->leaves },
			    "it leaves a partial that is included %s, expected "
			    "it to be included between tags",
			    liquid_spot_words(&unit->spot));
	}
}

void
liquid_place_table(struct liquid_compiler *c)
{
	if (c->p->context != LIQUID_TEXT && c->spot.state != SPOT_TEXT)
		liquid_finding(c, c->at,
			       "rows of a table %s, expected them between tags",
			       liquid_spot_words(&c->spot));
}

void
liquid_place_end(struct liquid_compiler *c, const struct liquid_spot *begin)
{
	bool main = c->unit == 0;

	if (c->gone)
		return;
	if (main && !liquid_spot_rests(&c->spot))
		liquid_finding(c, c->at,
			       "the template ends %s, expected the "
			       "end of that before",
			       liquid_spot_words(&c->spot));
	else if (!main && !liquid_spot_returns(begin, &c->spot))
		strays(c, begin);
}
