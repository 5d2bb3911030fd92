/*
 * What templates and texts may name, as data. The tables below are what every
 * campaign has; `any` marks what each campaign names itself, and is narrowed
 * to those names when a campaign is compiled: a fact that is not there is a
 * mistake wherever it is used, a slot or a link in the texts of a step.
 *
 * Not narrowed are `brand.color`, `partner.attributes`, `texts` and, in
 * templates, `slots` and `links`: a template serves many brands, workspaces and
 * campaigns, and may ask whether one has a colour or a text at all. Nor is
 * anything of which some could not be read. Names that are nearly those of
 * this campaign are looked for by themselves.
 */
#include "base/js.h"
#include "render/render_kit_priv.h"

/* clang-format off */
#define NAME(name) { name, NULL, false }
#define ANY(name) { name, NULL, true }
#define GROUP(name, members) { name, members, false }
#define END { NULL, NULL, false }

static const struct liquid_names vendor[] = {
	NAME("title"), NAME("site"), NAME("language"), END
};
static const struct liquid_names brand[] = {
	NAME("id"), NAME("name"), NAME("website"), NAME("logo"),
	NAME("logo_alt"), NAME("logo_width"), ANY("color"), NAME("font"),
	NAME("postal"), NAME("legal"), END
};
static const struct liquid_names partner[] = {
	NAME("id"), NAME("company"), NAME("tier"), NAME("region"),
	NAME("country"), NAME("language"), NAME("time_zone"), NAME("phone"),
	NAME("street"), NAME("postcode"), NAME("city"), NAME("website"),
	NAME("owner_name"), NAME("owner_email"), NAME("lead_email"),
	NAME("logo"), NAME("replies"), ANY("attributes"), END
};
static const struct liquid_names contact[] = {
	NAME("email"), NAME("given_name"), NAME("family_name"),
	NAME("company"), NAME("phone"), NAME("language"), NAME("country"),
	NAME("tags"), END
};
static const struct liquid_names campaign[] = {
	NAME("id"), NAME("title"), END
};
static const struct liquid_names step[] = { NAME("id"), NAME("kind"), END };
static const struct liquid_names urls[] = {
	NAME("site"), NAME("pixel"), NAME("view"), NAME("unsubscribe"), END
};
static const struct liquid_names sender[] = {
	NAME("name"), NAME("address"), NAME("postal"), NAME("reply_to"), END
};
static const struct liquid_names form[] = {
	NAME("id"), NAME("action"), NAME("token"), NAME("button"),
	NAME("consent"), NAME("thanks"), NAME("fields"), NAME("problem_count"),
	END
};
static const struct liquid_names thanks[] = { NAME("thanks"), END };
static const struct liquid_names lead[] = {
	NAME("given_name"), NAME("family_name"), NAME("company"),
	NAME("phone"), NAME("email"), NAME("message"), NAME("consent"),
	NAME("page"), NAME("page_title"), NAME("step"), NAME("step_title"),
	NAME("date"), NAME("fields"), END
};

/* What everything may say. */
#define COMMON GROUP("vendor", vendor), GROUP("brand", brand), \
	GROUP("partner", partner), GROUP("campaign", campaign), \
	ANY("facts"), NAME("lang")
#define OF_STEP GROUP("step", step), ANY("slots"), ANY("links")

static const struct liquid_names mail[] = {
	COMMON, OF_STEP, ANY("texts"), GROUP("contact", contact),
	GROUP("sender", sender), GROUP("urls", urls), NAME("subject"),
	NAME("preheader"), END
};
static const struct liquid_names page[] = {
	COMMON, OF_STEP, ANY("texts"), GROUP("form", form), END
};
static const struct liquid_names document[] = {
	COMMON, OF_STEP, ANY("texts"), END
};
static const struct liquid_names post[] = {
	COMMON, OF_STEP, NAME("text"), NAME("link"), NAME("channel"), END
};
static const struct liquid_names notice[] = {
	COMMON, ANY("slots"), NAME("action"), NAME("masked_email"), NAME("opt_out_from"),
	GROUP("lead", lead), GROUP("form", thanks), END
};
static const struct liquid_names lead_mail[] = {
	COMMON, ANY("slots"), GROUP("sender", sender), GROUP("lead", lead), END
};
static const struct liquid_names mail_text[] = {
	COMMON, OF_STEP, GROUP("contact", contact), GROUP("sender", sender),
	END
};
static const struct liquid_names text[] = { COMMON, OF_STEP, END };
static const struct liquid_names words[] = { COMMON, END };
static const struct liquid_names href[] = {
	GROUP("vendor", vendor), GROUP("partner", partner),
	GROUP("campaign", campaign), ANY("facts"), END
};

const struct liquid_names render_kit_names[] = {
	[KIT_MAIL] = GROUP("mail", mail),
	[KIT_PAGE] = GROUP("page", page),
	[KIT_DOCUMENT] = GROUP("document", document),
	[KIT_POST] = GROUP("post", post),
	[KIT_NOTICE] = GROUP("notice", notice),
	[KIT_LEAD] = GROUP("lead", lead_mail),
	[KIT_MAIL_TEXT] = GROUP("mail-text", mail_text),
	[KIT_TEXT] = GROUP("text", text),
	[KIT_WORDS] = GROUP("words", words),
	[KIT_HREF] = GROUP("href", href),
	[KIT_KIND_COUNT] = END
};
/* clang-format on */

/* ---- narrowed to a campaign ---- */

static size_t
count_names(const struct liquid_names *names)
{
	size_t count = 0;

	while (names[count].name)
		count++;
	return count;
}

static struct liquid_names *
copy_names(struct arena *a, const struct liquid_names *names)
{
	size_t count = count_names(names);
	struct liquid_names *copy =
	    ARENA_ARRAY(a, count + 1, struct liquid_names);

	for (size_t i = 0; i < count; i++)
		copy[i] = names[i];
	return copy;
}

static void
narrow(struct liquid_names *names, const char *name,
       const struct liquid_names *members)
{
	for (; names->name; names++)
		if (str_eq_cstr(str_of(names->name), name)) {
			names->members = members;
			names->any = false;
		}
}

/* A table of the ids that are the first member of each of `count` records. */
static const struct liquid_names *
ids_of(struct arena *a, const void *records, size_t count, size_t size,
       const struct liquid_names *members)
{
	struct liquid_names *names =
	    ARENA_ARRAY(a, count + 1, struct liquid_names);

	for (size_t i = 0; i < count; i++) {
		const struct str *id =
		    (const void *)((const char *)records + i * size);

		names[i].name = str_cstr(a, *id);
		names[i].members = members;
	}
	return names;
}

#define IDS_OF(a, records, count, members) \
	ids_of((a), (records), (count), sizeof(*(records)), (members))

const struct liquid_names *
kit_names_of(const struct render_kit *kit, enum kit_kind kind,
	     const struct campaign_step *s)
{
	static const struct liquid_names link[] = { NAME("url"), NAME("label"),
						    END };
	const struct campaign *c = kit->campaign;
	struct arena *a = kit->a;
	struct liquid_names *names;

	names = copy_names(a, render_kit_names[kind].members);
	if (!c->workspace->is_doubtful)
		narrow(names, "facts",
		       IDS_OF(a, c->workspace->facts, c->workspace->fact_count,
			      NULL));
	if (kind != KIT_MAIL_TEXT && kind != KIT_TEXT)
		return names;
	if (!c->is_doubtful)
		narrow(names, "slots",
		       IDS_OF(a, c->slots, c->slot_count, NULL));
	if (!s->is_doubtful)
		narrow(names, "links",
		       IDS_OF(a, s->links, s->link_count, link));
	return names;
}

/* ---- names that are there, to find slips of them ---- */

const struct liquid_names *
kit_names_in(struct arena *a, struct str json)
{
	struct liquid_names *names;
	struct js_member m = { 0 };
	struct error err;
	size_t count = 0;
	struct js *js;

	if (js_parse(json, &js, &err) < 0)
		return NULL;
	names = ARENA_ARRAY(a, js_count(js) + 1, struct liquid_names);
	while (js_next(js, &m))
		names[count++].name = str_cstr(a, m.key);
	js_free(&js);
	return names;
}

/* The group's `member`, in a copy of the group. */
static void
narrow_within(struct arena *a, struct liquid_names *names, const char *group,
	      const char *member, const struct liquid_names *members)
{
	for (; names->name; names++) {
		struct liquid_names *copy;

		if (!str_eq_cstr(str_of(names->name), group))
			continue;
		copy = copy_names(a, names->members);
		narrow(copy, member, members);
		names->members = copy;
	}
}

const struct liquid_names *
kit_names_there(const struct kit_maker *m, const struct liquid_names *names)
{
	const struct campaign *c = m->kit->campaign;
	struct liquid_names *copy = copy_names(m->a, names);

	if (!c->is_doubtful)
		narrow(copy, "slots",
		       IDS_OF(m->a, c->slots, c->slot_count, NULL));
	if (!c->workspace->is_doubtful)
		narrow_within(m->a, copy, "brand", "color",
			      IDS_OF(m->a, c->brand->colors,
				     c->brand->color_count, NULL));
	narrow_within(m->a, copy, "partner", "attributes", m->columns);
	return copy;
}
