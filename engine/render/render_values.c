/*
 * What is known of a partner, a contact and a sender, as templates see it, and
 * what the partner has put into the slots. All of it is data: nothing that
 * comes from a row is ever compiled.
 *
 * An address of a web site is given out only when it is one: in an attribute
 * it would be a script otherwise (T7).
 */
#include <string.h>

#include "base/js.h"
#include "render/render_kit_priv.h"

/* ---- fields ---- */

struct field {
	const char *name; /* in full, for messages */
	const char *short_name;
	size_t offset;
};

#define PARTNER(name)                                                   \
	{                                                               \
		"partner." #name, #name, offsetof(struct partner, name) \
	}

static const struct field partner_fields[] = {
	PARTNER(company),    PARTNER(tier),	  PARTNER(region),
	PARTNER(country),    PARTNER(language),	  PARTNER(time_zone),
	PARTNER(phone),	     PARTNER(street),	  PARTNER(postcode),
	PARTNER(city),	     PARTNER(owner_name), PARTNER(owner_email),
	PARTNER(lead_email), PARTNER(replies),
};

#define CONTACT(name)                                                   \
	{                                                               \
		"contact." #name, #name, offsetof(struct contact, name) \
	}

static const struct field contact_fields[] = {
	{ "contact.email", "email", offsetof(struct contact, address) },
	CONTACT(given_name),
	CONTACT(family_name),
	CONTACT(company),
	CONTACT(phone),
	CONTACT(language),
	CONTACT(country),
};

/* Those that are not shown as they stand. */
static const char logo_name[] = "partner.logo";
static const char website_name[] = "partner.website";

const char *
kit_field_name(struct str empty)
{
	if (empty.p == logo_name || empty.p == website_name)
		return empty.p;
	for (size_t i = 0; i < COUNT_OF(partner_fields); i++)
		if (empty.p == partner_fields[i].name)
			return partner_fields[i].name;
	for (size_t i = 0; i < COUNT_OF(contact_fields); i++)
		if (empty.p == contact_fields[i].name)
			return contact_fields[i].name;
	return NULL;
}

static struct liquid_value
value_or_name(struct str value, const char *name)
{
	return liquid_string(value.len ? value : (struct str){ name, 0 });
}

static void
set_fields(struct liquid_object *o, const struct field *fields, size_t count,
	   const void *record)
{
	for (size_t i = 0; i < count; i++) {
		const struct str *value =
		    (const void *)((const char *)record + fields[i].offset);

		liquid_object_set(o, str_of(fields[i].short_name),
				  value_or_name(*value, fields[i].name));
	}
}

static bool
is_web_address(struct str url)
{
	return str_eq_fold(str_slice(url, 0, 8), STR("https://")) ||
	       str_eq_fold(str_slice(url, 0, 7), STR("http://"));
}

/* ---- JSON that partners brought along ---- */

static struct liquid_value
value_of(struct arena *a, const struct js *js)
{
	struct str s;
	int64_t n;
	bool b;

	if (js_as_str(js, &s))
		return liquid_string(str_copy(a, s));
	if (js_as_int(js, &n))
		return liquid_int(n);
	if (js_as_bool(js, &b))
		return liquid_bool(b);
	return liquid_nil();
}

static int
attributes_of(struct arena *a, struct str json,
	      const struct liquid_object **out, struct error *err)
{
	struct liquid_object *o = liquid_object_new(a);
	struct js_member m = { 0 };
	struct js *js;

	*out = o;
	if (json.len == 0 || str_eq(json, STR("{}")))
		return 0;
	if (js_parse(json, &js, err) < 0)
		return error_context(err, "attributes");
	while (js_next(js, &m))
		liquid_object_set(o, str_copy(a, m.key), value_of(a, m.value));
	js_free(&js);
	return 0;
}

/* ---- objects ---- */

static int
set_partner(struct kit_run *run, struct error *err)
{
	const struct partner *p = run->subject->partner;
	struct liquid_object *o = liquid_object_new(run->a);
	const struct liquid_object *attributes;
	struct str logo = p->logo, website = p->website;

	if (attributes_of(run->a, p->attributes, &attributes, err) < 0)
		return -(int)err->code;
	liquid_object_set(o, STR("id"), liquid_string(p->slug));
	set_fields(o, partner_fields, COUNT_OF(partner_fields), p);
	if (!is_web_address(website))
		website = STR("");
	liquid_object_set(o, STR("website"),
			  value_or_name(website, website_name));
	if (logo.len > 0)
		logo = str_printf(run->a, "%.*s/a/%.*s",
				  STR_ARG(run->origin.site), STR_ARG(logo));
	liquid_object_set(o, STR("logo"), value_or_name(logo, logo_name));
	liquid_object_set(o, STR("attributes"), liquid_of(attributes));
	kit_set(run, "partner", liquid_of(o));
	return 0;
}

static struct liquid_value
words_of(struct arena *a, struct str text)
{
	struct liquid_value *items =
	    ARENA_ARRAY(a, text.len / 2 + 1, struct liquid_value);
	size_t count = 0;
	struct str word;

	while (str_word(&text, &word))
		items[count++] = liquid_string(word);
	return liquid_array(items, count);
}

static void
set_contact(struct kit_run *run)
{
	const struct contact *c = run->subject->contact;
	struct liquid_object *o;

	if (!c)
		return;
	o = liquid_object_new(run->a);
	set_fields(o, contact_fields, COUNT_OF(contact_fields), c);
	liquid_object_set(o, STR("tags"), words_of(run->a, c->tags));
	kit_set(run, "contact", liquid_of(o));
}

static void
set_sender(struct kit_run *run)
{
	const struct partner_sender *s = run->subject->sender;
	struct liquid_object *o;

	if (!s)
		return;
	o = liquid_object_new(run->a);
	liquid_object_set(o, STR("name"), liquid_string(s->from_name));
	liquid_object_set(o, STR("address"), liquid_string(s->from_address));
	liquid_object_set(o, STR("postal"), liquid_string(s->postal_address));
	liquid_object_set(o, STR("reply_to"), liquid_string(s->reply_to));
	kit_set(run, "sender", liquid_of(o));
}

/* ---- slots ---- */

static struct str
capped(struct str text, int64_t max)
{
	int64_t count = 0;

	for (size_t i = 0; i < text.len; i++)
		if (((unsigned char)text.p[i] & 0xc0) != 0x80 && ++count > max)
			return str_slice(text, 0, i);
	return text;
}

static bool
is_choice(const struct campaign_slot *slot, struct str text)
{
	for (size_t i = 0; i < slot->choice_count; i++)
		if (str_eq(slot->choices[i], text))
			return true;
	return slot->type == CAMPAIGN_SLOT_TEXT;
}

/* What the partner says, or else the campaign. */
static int
slot_text(const struct kit_run *run, const struct kit_slot *slot,
	  const struct js *own, struct str *out, struct error *err)
{
	const char *id = str_cstr(run->a, slot->slot->id);
	struct str text = { 0 };

	if (own && js_find_str(own, id, &text, err) < 0)
		return -(int)err->code;
	if (str_trim(text).len == 0 || !is_choice(slot->slot, text))
		return kit_say(run, &slot->standard, out, err);
	*out = str_copy(run->a, capped(text, slot->slot->max));
	return 0;
}

static int
set_slots_from(struct kit_run *run, const struct js *parameters,
	       struct error *err)
{
	const struct render_kit *kit = run->kit;
	struct liquid_object *o = liquid_object_new(run->a);
	const struct js *own = NULL;
	struct str text;

	if (parameters && js_find_object(parameters, "slots", &own, err) < 0)
		return -(int)err->code;
	for (size_t i = 0; i < kit->campaign->slot_count; i++) {
		if (slot_text(run, &kit->slots[i], own, &text, err) < 0)
			return error_context(err, "slot %.*s",
					     STR_ARG(kit->slots[i].slot->id));
		liquid_object_set(o, kit->slots[i].slot->id,
				  liquid_string(text));
	}
	kit_set(run, "slots", liquid_of(o));
	return 0;
}

static int
set_slots(struct kit_run *run, struct error *err)
{
	struct str json = run->subject->activation->parameters;
	struct js *parameters = NULL;
	int code;

	if (run->kit->campaign->slot_count == 0)
		return 0;
	if (json.len > 0 && !str_eq(json, STR("{}")) &&
	    js_parse(json, &parameters, err) < 0)
		return error_context(err, "parameters of the activation");
	code = set_slots_from(run, parameters, err);
	js_free(&parameters);
	return code;
}

/* ---- a run ---- */

static const struct kit_language *
language_with(const struct render_kit *kit, struct str tag)
{
	for (size_t i = 1; i < kit->language_count; i++)
		if (str_eq_fold(kit->languages[i].tag, tag))
			return &kit->languages[i];
	return NULL;
}

static const struct kit_language *
language_for(const struct render_kit *kit, const struct render_subject *s)
{
	struct str tag = s->contact && s->contact->language.len
			     ? s->contact->language
			     : s->partner->language;
	const struct kit_language *found = language_with(kit, tag);
	ptrdiff_t dash = str_find_char(tag, '-');

	if (!found && dash > 0)
		found = language_with(kit, str_slice(tag, 0, (size_t)dash));
	return found ? found : &kit->languages[0];
}

static const struct kit_step *
step_of(const struct render_kit *kit, const struct campaign_step *step)
{
	if (!step)
		return NULL;
	check(step >= kit->campaign->steps &&
	      step < kit->campaign->steps + kit->campaign->step_count);
	return &kit->steps[step - kit->campaign->steps];
}

int
kit_begin(struct kit_run *run, const struct render_kit *kit,
	  const struct campaign_step *step,
	  const struct render_subject *subject, struct arena *a,
	  struct error *err)
{
	const struct campaign *c = kit->campaign;

	render_check_subject(subject);
	*run = (struct kit_run){
		.kit = kit,
		.subject = subject,
		.step = step_of(kit, step),
		.language = language_for(kit, subject),
		.origin = { .site = c->workspace->site,
			    .brand = c->brand->id,
			    .campaign = c->id,
			    .step = step ? step->id : STR("") },
		.globals = liquid_object_new(a),
		.a = a,
		.faults = kit->trial ? kit->trial->faults : 0,
	};
	kit_set(run, "vendor", liquid_of(kit->vendor));
	kit_set(run, "brand", liquid_of(run->language->brand));
	kit_set(run, "campaign", liquid_of(run->language->campaign));
	kit_set(run, "facts", liquid_of(run->language->facts));
	kit_set(run, "lang", liquid_string(run->language->name));
	if (run->step)
		kit_set(run, "step", liquid_of(run->step->object));
	set_contact(run);
	set_sender(run);
	if (set_partner(run, err) < 0 || set_slots(run, err) < 0)
		return kit_context(run, err);
	return 0;
}
