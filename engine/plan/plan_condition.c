/*
 * Whether a step is sent to one person, from what that person did. A step is
 * left out when its only-if has no act that happened, or its unless has one.
 * Only what people do counts, for that is all that becomes a CLICKED event.
 */
#include "base/arena.h"
#include "plan/plan_priv.h"

/* Whether the step is one of these; empty: any is. */
static bool
has_step(const struct plan_steps *steps, struct str step)
{
	if (step.len == 0)
		return steps->count > 0;
	for (size_t i = 0; i < steps->count; i++)
		if (str_eq(steps->ids[i], step))
			return true;
	return false;
}

static bool
happened(const struct plan_facts *facts, const struct campaign_clause *clause)
{
	switch (clause->act) {
	case CAMPAIGN_ACT_CLICKED:
		return has_step(&facts->clicked, clause->step);
	case CAMPAIGN_ACT_LEAD:
		return facts->lead;
	case CAMPAIGN_ACT_REPLIED:
		return has_step(&facts->replied, clause->step);
	}
	return false;
}

/* The first act of the list that happened, or NULL. */
static const struct campaign_clause *
first_act(const struct campaign_condition *c, const struct plan_facts *facts)
{
	for (size_t i = 0; i < c->count; i++)
		if (happened(facts, &c->clauses[i]))
			return &c->clauses[i];
	return NULL;
}

static struct str
all_of(struct arena *a, const struct campaign_condition *c)
{
	struct str text = str_copy(a, c->clauses[0].text);

	for (size_t i = 1; i < c->count; i++)
		text = str_printf(a, "%.*s %.*s", STR_ARG(text),
				  STR_ARG(c->clauses[i].text));
	return text;
}

bool
plan_condition(const struct campaign_step *step, const struct plan_facts *facts,
	       struct arena *a, struct str *why)
{
	const struct campaign_clause *act;

	if (step->only_if.count && !first_act(&step->only_if, facts)) {
		*why = str_printf(a, "if %.*s",
				  STR_ARG(all_of(a, &step->only_if)));
		return false;
	}
	act = first_act(&step->unless, facts);
	if (act)
		*why = str_printf(a, "unless %.*s", STR_ARG(act->text));
	return act == NULL;
}

const struct campaign_clause *
plan_condition_find(const struct campaign_condition *c, enum campaign_act act)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->clauses[i].act == act)
			return &c->clauses[i];
	return NULL;
}

bool
plan_condition_needs(const struct campaign_step *step, enum campaign_act act)
{
	return plan_condition_find(&step->only_if, act) ||
	       plan_condition_find(&step->unless, act);
}

static bool
names_answer(const struct campaign_condition *c, struct str step)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->clauses[i].act == CAMPAIGN_ACT_REPLIED &&
		    (c->clauses[i].step.len == 0 ||
		     str_eq(c->clauses[i].step, step)))
			return true;
	return false;
}

bool
plan_minds_reply(const struct campaign *c, struct str step)
{
	for (size_t i = 0; i < c->step_count; i++)
		if (names_answer(&c->steps[i].only_if, step) ||
		    names_answer(&c->steps[i].unless, step))
			return true;
	return false;
}
