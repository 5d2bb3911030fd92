/*
 * Who takes part: of partners by what the file says of them (and they of
 * themselves), of contacts by their tags.
 */
#include "base/arena.h"
#include "base/js.h"
#include "plan/plan_priv.h"

struct partner
plan_partner_of(const struct campaign_partner_row *row)
{
	struct partner p = {
		.slug = row->id,
#define COPY(column) .column = row->column,
		PARTNER_COLUMNS(COPY, COPY)
#undef COPY
		    .attributes = row->attributes,
	};

	p.logo = row->logo_name;
	if (str_eq_cstr(row->status, "ended"))
		p.status = PARTNER_ENDED;
	return p;
}

struct attributes {
	const struct partner *partner;
	const struct js *more; /* the file's further columns */
};

static struct str
get_attribute(void *arg, const char *name)
{
	const struct attributes *at = arg;
	struct str value = { 0 };

#define COLUMN(field)                          \
	if (str_eq_cstr(str_of(name), #field)) \
		return at->partner->field;
	PARTNER_COLUMNS(COLUMN, COLUMN)
#undef COLUMN
	if (str_eq_cstr(str_of(name), "id"))
		return at->partner->slug;
	if (at->more && js_find(at->more, name))
		(void)js_as_str(js_find(at->more, name), &value);
	return value;
}

bool
plan_partner_fits(const struct campaign *c, const struct partner *p,
		  const char **why)
{
	struct attributes at = { .partner = p };
	struct js *js = NULL;
	struct error err;
	bool fits;

	if (p->status != PARTNER_ACTIVE) {
		*why = "the partner has ended";
		return false;
	}
	if (p->attributes.len && js_parse(p->attributes, &js, &err) >= 0)
		at.more = js;
	fits = campaign_partner_fits(c, get_attribute, &at, why);
	js_free(&js);
	return fits;
}

void
plan_check_leads(const struct campaign *c,
		 const struct campaign_partner_row *rows, size_t count,
		 struct campaign_findings *findings)
{
	if (c->form_count == 0)
		return;
	for (size_t i = 0; i < count; i++) {
		struct partner p = plan_partner_of(&rows[i]);
		const char *why;

		if (partner_lead_address(&p).len > 0 ||
		    !plan_partner_fits(c, &p, &why))
			continue;
		campaign_finding_add(
		    findings, CAMPAIGN_WARNING, "leads", STR("partners.csv"),
		    rows[i].line, 1,
		    "found neither lead_email nor owner_email for \"%.*s\", "
		    "expected one: without an address or a webhook nobody is "
		    "told of its leads",
		    STR_ARG(p.slug));
	}
}

/* The first clause that asks for an answer, and where; NULL: none does. */
static const struct campaign_clause *
first_replied(const struct campaign *c, struct campaign_place *at,
	      struct str *step)
{
	for (size_t i = 0; i < c->step_count; i++) {
		const struct campaign_condition *both[] = {
			&c->steps[i].only_if, &c->steps[i].unless
		};

		*step = c->steps[i].id;
		for (size_t k = 0; k < COUNT_OF(both); k++) {
			const struct campaign_clause *clause =
			    plan_condition_find(both[k], CAMPAIGN_ACT_REPLIED);

			*at = both[k]->at;
			if (clause)
				return clause;
		}
	}
	return NULL;
}

void
plan_check_replies(const struct campaign *c,
		   const struct campaign_partner_row *rows, size_t count,
		   struct campaign_findings *findings)
{
	struct campaign_place at;
	struct str step;
	const struct campaign_clause *clause = first_replied(c, &at, &step);
	const char *why;

	if (!clause)
		return;
	if (c->brand->bounces.len == 0)
		campaign_finding_add(
		    findings, CAMPAIGN_WARNING, "replies",
		    str_printf(findings->a, "campaigns/%.*s/campaign.xml",
			       STR_ARG(c->id)),
		    at.line, at.column,
		    "found the condition \"%.*s\" in \"%.*s\", expected "
		    "bounces=\"...\" at the brand \"%.*s\" too: without an "
		    "address of ours nobody can be seen to answer",
		    STR_ARG(clause->text), STR_ARG(step),
		    STR_ARG(c->brand->id));
	for (size_t i = 0; i < count; i++) {
		struct partner p = plan_partner_of(&rows[i]);

		if (!partner_replies_direct(&p) ||
		    !plan_partner_fits(c, &p, &why))
			continue;
		campaign_finding_add(
		    findings, CAMPAIGN_WARNING, "replies", STR("partners.csv"),
		    rows[i].line, 1,
		    "found direct replies for \"%.*s\", expected none of the "
		    "audience of \"%.*s\": its condition \"%.*s\" cannot "
		    "hold for them",
		    STR_ARG(p.slug), STR_ARG(c->id), STR_ARG(clause->text));
	}
}

bool
plan_tags_fit(const struct campaign *c, struct str tags)
{
	struct str tag;

	if (c->contact_tag_count == 0)
		return true;
	while (str_word(&tags, &tag))
		for (size_t i = 0; i < c->contact_tag_count; i++)
			if (str_eq_fold(c->contact_tags[i], tag))
				return true;
	return false;
}

/* ---- the sequence ---- */

const struct campaign_step *
plan_email_after(const struct campaign *c, const struct campaign_step *before)
{
	size_t i = before ? (size_t)(before - c->steps) + 1 : 0;

	for (; i < c->step_count; i++)
		if (c->steps[i].kind == CAMPAIGN_EMAIL)
			return &c->steps[i];
	return NULL;
}
