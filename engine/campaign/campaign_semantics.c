/*
 * What a schema cannot say: that names refer to things there are, that time
 * runs forward. Works on the finished struct, in which there may be a step
 * whose name could not be read: then nobody is blamed for one that is missed.
 */
#include "base/arena.h"
#include "base/zone.h"
#include "campaign/campaign_priv.h"

#define AT(thing) ((struct campaign_place){ (thing)->line, (thing)->column })

#define FOUND(s, rule, at, ...)                                                \
	campaign_finding_add((s)->findings, CAMPAIGN_ERROR, (rule), (s)->file, \
			     (at).line, (at).column, __VA_ARGS__)

static void
check_page(const struct campaign_source *s, const struct campaign *c,
	   struct str page, struct campaign_place at)
{
	const struct campaign_step *step = campaign_step_find(c, page);
	const char *what =
	    step ? "which is another kind of step" : "which there is not";

	if ((step && step->kind == CAMPAIGN_PAGE) || (!step && c->is_doubtful))
		return;
	FOUND(s, "name", at,
	      "found the page \"%.*s\", %s, expected the id "
	      "of a <page>",
	      STR_ARG(page), what);
}

static void
check_links(const struct campaign_source *s, const struct campaign *c,
	    const struct campaign_step *step)
{
	for (size_t i = 0; i < step->link_count; i++) {
		const struct campaign_link *link = &step->links[i];

		if ((link->page.len > 0) == (link->href.len > 0))
			FOUND(s, "link", AT(link),
			      "found the link \"%.*s\" with %s, expected "
			      "either page or href",
			      STR_ARG(link->id),
			      link->page.len ? "two targets" : "no target");
		else if (link->page.len)
			check_page(s, c, link->page, link->target_at);
		for (size_t k = 0; k < i && link->id.len > 0; k++)
			if (str_eq(step->links[k].id, link->id))
				FOUND(s, "name", AT(link),
				      "found the link \"%.*s\" a second "
				      "time, expected an id of its own",
				      STR_ARG(link->id));
	}
}

static void
check_lead(const struct campaign_source *s, const struct campaign *c,
	   const struct campaign_condition *condition,
	   const struct campaign_clause *clause)
{
	if (clause->act != CAMPAIGN_ACT_LEAD || c->form_count > 0 ||
	    c->is_doubtful)
		return;
	campaign_finding_add(
	    s->findings, CAMPAIGN_WARNING, "condition", s->file,
	    condition->at.line, condition->at.column,
	    "found the condition \"%.*s\" in a campaign without a form, "
	    "expected a <form>: nobody becomes a lead without one",
	    STR_ARG(clause->text));
}

static void
find_no_step(const struct campaign_source *s, const struct campaign *c,
	     const struct campaign_step *step, struct campaign_place at,
	     const struct campaign_clause *clause)
{
	const char **names = ARENA_ARRAY(s->a, c->step_count, const char *);
	size_t count = (size_t)(step - c->steps);
	const char *near;

	for (size_t i = 0; i < count; i++)
		names[i] = str_cstr(s->a, c->steps[i].id);
	near = str_nearest(clause->step, names, count);
	if (near)
		FOUND(s, "condition", at,
		      "found the condition \"%.*s\" without such a step, did "
		      "you mean \"%s\"?",
		      STR_ARG(clause->text), near);
	else
		FOUND(s, "condition", at,
		      "found the condition \"%.*s\" without such a step, "
		      "expected the id of one before",
		      STR_ARG(clause->text));
}

/* A condition looks back: what is asked about was sent before. */
static void
check_clause_step(const struct campaign_source *s, const struct campaign *c,
		  const struct campaign_step *step, struct campaign_place at,
		  const struct campaign_clause *clause)
{
	const struct campaign_step *other = campaign_step_find(c, clause->step);

	if (!other && c->is_doubtful)
		return;
	if (!other)
		find_no_step(s, c, step, at, clause);
	else if (other >= step)
		FOUND(s, "condition", at,
		      "found the condition \"%.*s\" on a step that comes "
		      "later, expected one before",
		      STR_ARG(clause->text));
	else if (clause->act == CAMPAIGN_ACT_REPLIED &&
		 other->kind != CAMPAIGN_EMAIL)
		FOUND(s, "condition", at,
		      "found the condition \"%.*s\" on a <%s>, expected the "
		      "id of an <email> before: nothing else is answered",
		      STR_ARG(clause->text),
		      campaign_step_kind_name(other->kind));
}

static void
check_condition(const struct campaign_source *s, const struct campaign *c,
		const struct campaign_step *step,
		const struct campaign_condition *condition)
{
	for (size_t i = 0; i < condition->count; i++) {
		const struct campaign_clause *clause = &condition->clauses[i];

		check_lead(s, c, condition, clause);
		if (clause->step.len > 0)
			check_clause_step(s, c, step, condition->at, clause);
	}
}

static bool
is_timed(const struct campaign_step *step)
{
	return step->kind == CAMPAIGN_EMAIL || step->kind == CAMPAIGN_POST;
}

static void
check_anchor(const struct campaign_source *s, const struct campaign *c,
	     const struct campaign_step *step)
{
	if (!is_timed(step) || step->when.anchor != CAMPAIGN_AT_SENT)
		return;
	for (const struct campaign_step *before = c->steps; before < step;
	     before++)
		if (is_timed(before))
			return;
	FOUND(s, "time", step->when_at,
	      "found \"sent+\" at the first step \"%.*s\", expected "
	      "\"start+\"",
	      STR_ARG(step->id));
}

static void
check_step(const struct campaign_source *s, const struct campaign *c,
	   const struct campaign_step *step)
{
	const struct campaign_step *first = campaign_step_find(c, step->id);

	if (first != step && step->id.len > 0)
		FOUND(s, "name", AT(step),
		      "found the step \"%.*s\" a second time, expected an id "
		      "other than in line %d",
		      STR_ARG(step->id), first->line);
	check_links(s, c, step);
	check_anchor(s, c, step);
	check_condition(s, c, step, &step->only_if);
	check_condition(s, c, step, &step->unless);
}

static bool
is_input_of_form(struct str name)
{
	static const char *const inputs[] = {
		CAMPAIGN_INPUT_FORM,
		CAMPAIGN_INPUT_SHOWING,
		CAMPAIGN_INPUT_CONSENT,
		CAMPAIGN_INPUT_HONEYPOT,
	};

	for (size_t i = 0; i < COUNT_OF(inputs); i++)
		if (str_eq_cstr(name, inputs[i]))
			return true;
	return false;
}

/* A form sends names and values: what is called alike cannot be told apart. */
static void
check_fields(const struct campaign_source *s, const struct campaign_form *form)
{
	for (size_t i = 0; i < form->field_count; i++) {
		const struct campaign_field *field = &form->fields[i];

		if (is_input_of_form(field->name))
			FOUND(s, "name", AT(field),
			      "found the field \"%.*s\", which every form has "
			      "for itself, expected another name",
			      STR_ARG(field->name));
		for (size_t k = 0; k < i; k++)
			if (field->name.len > 0 &&
			    str_eq(form->fields[k].name, field->name))
				FOUND(s, "name", AT(field),
				      "found the field \"%.*s\" a second "
				      "time, expected a name of its own",
				      STR_ARG(field->name));
	}
}

static void
check_forms(const struct campaign_source *s, const struct campaign *c)
{
	for (size_t i = 0; i < c->form_count; i++) {
		const struct campaign_form *form = &c->forms[i];

		if (form->id.len > 0 && campaign_form_find(c, form->id) != form)
			FOUND(s, "name", AT(form),
			      "found the form \"%.*s\" a second time, "
			      "expected an id of its own",
			      STR_ARG(form->id));
		check_page(s, c, form->page, form->page_at);
		check_fields(s, form);
	}
}

static void
check_slots(const struct campaign_source *s, const struct campaign *c)
{
	for (size_t i = 0; i < c->slot_count; i++)
		for (size_t k = 0; k < i && c->slots[i].id.len > 0; k++)
			if (str_eq(c->slots[i].id, c->slots[k].id))
				FOUND(s, "name", c->slots[i].at,
				      "found the slot \"%.*s\" a second "
				      "time, expected an id of its own",
				      STR_ARG(c->slots[i].id));
}

static void
check_dates(const struct campaign_source *s, const struct campaign *c)
{
	if (c->has_valid_from && c->has_valid_until &&
	    civil_days(&c->valid_until) < civil_days(&c->valid_from))
		FOUND(s, "time", c->valid_until_at,
		      "found valid-until before valid-from, expected the "
		      "same day or later");
}

/* Midnight of the first day, in UTC: a day is one on every clock but by hours. */
static bool
opens_in_span(const struct campaign *c)
{
	struct local_time end = c->valid_until;
	const struct zone *utc;
	struct error ignored;
	int64_t at_ms;

	if (!c->has_valid_from || !c->has_valid_until ||
	    civil_days(&end) < civil_days(&c->valid_from) ||
	    zone_get("UTC", &utc, &ignored) < 0)
		return true;
	civil_add_days(&end, 1);
	return campaign_hours_next(c, utc, STR(""), civil_to_ms(&c->valid_from),
				   &at_ms) &&
	       at_ms < civil_to_ms(&end);
}

/* What the workspace says alone is found wrong there. */
static void
check_hours(const struct campaign_source *s, const struct campaign *c)
{
	bool own = c->hours.window.count > 0 || c->hours.quiet.count > 0;

	if (own && !campaign_hours_open(c))
		FOUND(s, "time", c->hours_at,
		      "found hours at which nothing may ever leave, expected a "
		      "window that is not all quiet, here and in guidon.xml");
	else if (campaign_hours_open(c) && !opens_in_span(c))
		FOUND(s, "time", c->valid_until_at,
		      "found no moment between valid-from and valid-until at "
		      "which anything may leave, expected one that windows, "
		      "quiet hours and blackouts leave free");
}

void
campaign_semantics(const struct campaign_source *s, const struct campaign *c)
{
	check_dates(s, c);
	check_hours(s, c);
	check_slots(s, c);
	check_forms(s, c);
	for (size_t i = 0; i < c->step_count; i++)
		check_step(s, c, &c->steps[i]);
	campaign_languages(s, c);
}
