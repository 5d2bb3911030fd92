/*
 * Mails about a lead: to the partner, who is to call back, and to the visitor,
 * who is told so. What a visitor typed is data. The visitor's own mail repeats it
 * only where the address is proven, by the mail that brought them: else a form
 * would carry anybody's words, in our name, to any address.
 *
 * The time is given as ISO 8601 has it, on a clock of the partner's zone; the
 * filter format_datetime writes it as a language does. A zone that is not known
 * is UTC, and then says so.
 *
 * Page and mail are known by ids, which say nothing to a partner: their titles
 * are beside them.
 */
#include "base/civil.h"
#include "base/zone.h"
#include "render/render_kit_priv.h"

static void
set(struct liquid_object *o, const char *name, struct str value)
{
	liquid_object_set(o, str_of(name), liquid_string(value));
}

static struct str
date_of(const struct kit_run *run, int64_t at_ms)
{
	struct str name = run->subject->partner->time_zone;
	const struct zone *zone;
	struct local_time t;
	struct error err;
	bool known =
	    name.len > 0 && zone_get(str_cstr(run->a, name), &zone, &err) >= 0;

	if (known)
		zone_to_local(zone, at_ms, &t);
	else
		civil_from_ms(at_ms, &t);
	return str_printf(run->a, "%04d-%02d-%02d %02d:%02d%s", t.year, t.month,
			  t.day, t.hour, t.minute, known ? "" : " UTC");
}

/* As the form asked for it; a field that the form does not have, its name. */
static struct str
label_of(const struct kit_run *run, const struct kit_form *form,
	 struct str name)
{
	struct str label;
	struct error err;

	for (size_t i = 0; form && i < form->form->field_count; i++)
		if (str_eq(form->fields[i].field->name, name) &&
		    kit_say(run, &form->fields[i].label, &label, &err) >= 0)
			return label;
	return name;
}

static struct liquid_value
fields_of(const struct kit_run *run, const struct render_lead *lead)
{
	const struct kit_form *form = kit_form_of(run->kit, lead->form);
	struct liquid_value *items =
	    ARENA_ARRAY(run->a, lead->field_count, struct liquid_value);

	for (size_t i = 0; i < lead->field_count; i++) {
		struct liquid_object *o = liquid_object_new(run->a);

		set(o, "label", label_of(run, form, lead->fields[i].name));
		set(o, "value", lead->fields[i].value);
		items[i] = liquid_of(o);
	}
	return liquid_array(items, lead->field_count);
}

/* ---- where it came from, for people ---- */

/* What a page says above all else, as templates call it. */
static const struct kit_words *
headline_of(const struct kit_step *step)
{
	for (size_t i = 0; i < step->step->text_count; i++)
		if (str_eq(step->texts[i].id, STR("headline")))
			return &step->texts[i].words;
	return NULL;
}

/* A mail's subject may name its reader: that is who the lead is of. */
static struct contact
visitor_of(const struct kit_run *run, const struct render_lead *lead)
{
	return (struct contact){
		.partner_id = run->subject->partner->id,
		.address = lead->email,
		.given_name = lead->given_name,
		.family_name = lead->family_name,
		.company = lead->company,
		.phone = lead->phone,
	};
}

/*
 * A page by its headline, a mail by its subject, in the language of the run;
 * by its id when it has none, or is no longer in the campaign. On trial what is
 * wrong with them is told where they are tried themselves.
 */
static struct str
title_of(const struct kit_run *run, const struct render_lead *lead,
	 struct str id)
{
	const struct campaign_step *step =
	    campaign_step_find(run->kit->campaign, id);
	struct contact visitor = visitor_of(run, lead);
	struct render_subject subject = *run->subject;
	const struct kit_words *words;
	struct kit_run own;
	struct str title;
	struct error err;

	if (!step || run->kit->trial)
		return id;
	subject.contact = &visitor;
	subject.delivery = NULL;
	if (kit_begin(&own, run->kit, step, &subject, run->a, &err) < 0)
		return id;
	own.language = run->language;
	words = step->kind == CAMPAIGN_EMAIL ? &own.step->subject
					     : headline_of(own.step);
	if (!words || kit_set_links(&own, &err) < 0 ||
	    kit_say(&own, words, &title, &err) < 0 || str_trim(title).len == 0)
		return id;
	return str_trim(title);
}

const struct liquid_object *
kit_lead_object(const struct kit_run *run, const struct render_lead *lead)
{
	struct liquid_object *o = liquid_object_new(run->a);

	set(o, "given_name", lead->given_name);
	set(o, "family_name", lead->family_name);
	set(o, "company", lead->company);
	set(o, "phone", lead->phone);
	set(o, "email", lead->email);
	set(o, "message", lead->message);
	set(o, "consent", lead->consent);
	set(o, "page", lead->page);
	set(o, "page_title", title_of(run, lead, lead->page));
	set(o, "step", lead->step);
	set(o, "step_title", title_of(run, lead, lead->step));
	set(o, "date", date_of(run, lead->at_ms));
	liquid_object_set(o, STR("fields"), fields_of(run, lead));
	return o;
}

/* ---- the mails ---- */

static int
make(struct kit_run *run, const struct kit_letter *letter,
     const struct render_reader *to, struct render_content *content,
     struct render_mail *mail, struct error *err)
{
	check(letter->subject && letter->html && letter->text);
	if (kit_output(run, letter->subject, &content->subject, err) < 0 ||
	    kit_output(run, letter->html, &content->html, err) < 0 ||
	    kit_output(run, letter->text, &content->text, err) < 0)
		return kit_context(run, err);
	content->subject = str_trim(content->subject);
	if (kit_has_failed(run))
		return 0;
	return render_mail_automatic(run->subject, &run->origin, content, to,
				     run->a, mail, err);
}

static int
begin(struct kit_run *run, const struct render_kit *kit,
      const struct render_subject *subject, const struct render_lead *lead,
      struct arena *a, struct error *err)
{
	check(subject->sender);
	if (kit_begin(run, kit, NULL, subject, a, err) < 0)
		return -(int)err->code;
	kit_set(run, "lead", liquid_of(kit_lead_object(run, lead)));
	return 0;
}

int
render_kit_lead_notify(const struct render_kit *kit,
		       const struct render_subject *subject,
		       const struct render_lead *lead, struct arena *a,
		       struct render_content *content, struct render_mail *mail,
		       struct error *err)
{
	const struct render_reader to = {
		.receiver = partner_lead_address(subject->partner),
		.reply_to = lead->email,
	};
	struct render_subject own = *subject;
	struct kit_run run;

	own.contact = NULL; /* in the partner's language, not the visitor's */
	if (begin(&run, kit, &own, lead, a, err) < 0)
		return -(int)err->code;
	return make(&run, &kit->notify, &to, content, mail, err);
}

/* What may be said to an address that a stranger may have typed. */
static struct render_lead
thanked(const struct render_lead *lead)
{
	if (lead->is_reader)
		return *lead;
	return (struct render_lead){
		.email = lead->email,
		.consent = lead->consent,
		.page = lead->page,
		.step = lead->step,
		.form = lead->form,
		.at_ms = lead->at_ms,
	};
}

int
render_kit_lead_thanks(const struct render_kit *kit,
		       const struct render_subject *subject,
		       const struct render_lead *lead, struct arena *a,
		       struct render_content *content, struct render_mail *mail,
		       struct error *err)
{
	const struct render_lead said = thanked(lead);
	const struct render_reader to = {
		.receiver = said.email,
		.given_name = said.given_name,
		.family_name = said.family_name,
		.reply_to = subject->partner->lead_email.len
				? subject->partner->lead_email
				: subject->sender->reply_to,
	};
	struct kit_run run;

	if (begin(&run, kit, subject, &said, a, err) < 0)
		return -(int)err->code;
	return make(&run, &kit->thanks, &to, content, mail, err);
}
