/*
 * What a template sees of vendor, brand, campaign and facts depends on the
 * language alone, so it is built once for each language that any text is in.
 * By the order in which texts are picked, a reader in any other language gets
 * what one in its language without region gets, or what one in none gets.
 */
#include "render/render_kit_priv.h"

static void
set(struct liquid_object *o, const char *name, struct str value)
{
	liquid_object_set(o, str_of(name), liquid_string(value));
}

static struct str
pick(const struct kit_maker *m, const struct campaign_texts *texts,
     struct str tag)
{
	const struct campaign_text *found = campaign_text_pick(
	    texts, tag, m->kit->campaign->workspace->language);

	return found ? found->text : STR("");
}

static const struct liquid_object *
brand_in(struct kit_maker *m, struct str tag)
{
	const struct campaign_brand *b = m->kit->campaign->brand;
	struct liquid_object *o = liquid_object_new(m->a);
	struct liquid_object *colors = liquid_object_new(m->a);

	for (size_t i = 0; i < b->color_count; i++)
		liquid_object_set(colors, b->colors[i].role,
				  liquid_string(b->colors[i].value));
	set(o, "id", b->id);
	set(o, "name", b->name);
	set(o, "website", b->website);
	set(o, "logo", m->kit->logo);
	set(o, "logo_alt", b->logo_alt);
	liquid_object_set(o, STR("logo_width"), liquid_int(b->logo_width));
	liquid_object_set(o, STR("color"), liquid_of(colors));
	set(o, "font", b->font);
	set(o, "postal", b->postal);
	set(o, "legal", pick(m, &b->legal, tag));
	return o;
}

static const struct liquid_object *
campaign_in(struct kit_maker *m, struct str tag)
{
	struct liquid_object *o = liquid_object_new(m->a);

	set(o, "id", m->kit->campaign->id);
	set(o, "title", pick(m, &m->kit->campaign->title, tag));
	return o;
}

static const struct liquid_object *
facts_in(struct kit_maker *m, struct str tag)
{
	const struct campaign_workspace *w = m->kit->campaign->workspace;
	struct liquid_object *o = liquid_object_new(m->a);

	for (size_t i = 0; i < w->fact_count; i++)
		liquid_object_set(
		    o, w->facts[i].id,
		    liquid_string(pick(m, &w->facts[i].texts, tag)));
	return o;
}

/* ---- which languages there are ---- */

static void
gather(struct map *tags, const struct campaign_texts *texts)
{
	for (size_t i = 0; i < texts->count; i++)
		if (texts->items[i].lang.len > 0)
			map_put(tags,
				str_lower(tags->arena, texts->items[i].lang),
				(void *)(uintptr_t)&texts->items[i].lang);
}

static void
gather_step(struct map *tags, const struct campaign_step *s)
{
	gather(tags, &s->subject);
	gather(tags, &s->preheader);
	for (size_t i = 0; i < s->text_count; i++)
		gather(tags, &s->texts[i].texts);
	for (size_t i = 0; i < s->variant_count; i++)
		gather(tags, &s->variants[i]);
	for (size_t i = 0; i < s->link_count; i++)
		gather(tags, &s->links[i].label);
}

static void
gather_all(struct map *tags, const struct campaign *c)
{
	gather(tags, &c->title);
	gather(tags, &c->brand->legal);
	for (size_t i = 0; i < c->workspace->fact_count; i++)
		gather(tags, &c->workspace->facts[i].texts);
	for (size_t i = 0; i < c->slot_count; i++)
		gather(tags, &c->slots[i].standard);
	for (size_t i = 0; i < c->form_count; i++) {
		gather(tags, &c->forms[i].consent);
		gather(tags, &c->forms[i].button);
		gather(tags, &c->forms[i].thanks);
	}
	for (size_t i = 0; i < c->step_count; i++)
		gather_step(tags, &c->steps[i]);
}

static struct kit_language
language_of(struct kit_maker *m, struct str tag)
{
	return (struct kit_language){
		.tag = tag,
		.name = tag.len ? tag : m->kit->campaign->workspace->language,
		.brand = brand_in(m, tag),
		.campaign = campaign_in(m, tag),
		.facts = facts_in(m, tag),
	};
}

void
kit_languages(struct kit_maker *m)
{
	const struct campaign_workspace *w = m->kit->campaign->workspace;
	struct liquid_object *vendor = liquid_object_new(m->a);
	struct kit_language *languages;
	size_t count = 0;
	struct map tags;

	map_init(&tags, m->a, NULL);
	gather_all(&tags, m->kit->campaign);
	languages = ARENA_ARRAY(m->a, tags.count + 1, struct kit_language);
	languages[count++] = language_of(m, STR(""));
	map_foreach (&tags, e)
		languages[count++] =
		    language_of(m, *(const struct str *)e->value);
	m->kit->languages = languages;
	m->kit->language_count = count;
	set(vendor, "title", w->title);
	set(vendor, "site", w->site);
	set(vendor, "language", w->language);
	m->kit->vendor = vendor;
}
