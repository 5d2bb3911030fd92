/*
 * Everything is made once in each language for a partner, a contact and a lead
 * that are made up, before anybody gets it: a mail without an opt-out, a post
 * that is too long for its network and a filter that fails are found by the
 * check of a campaign, not on the day.
 *
 * What fails is told where it is, in the template or the text, and the trial
 * goes on with nothing in its place: each part, text and link has its own say.
 * It is told once, however many steps and languages come by.
 *
 * A step that lacks something the schema wants is left out: what the trial
 * would say of it would be the same fault once more. So is everything when the
 * fault is in what all share. A template or a text that does not compile takes
 * nothing with it but itself.
 *
 * Those who are made up have a value in each field. The columns that a
 * workspace adds to partners.csv they have where the check says which.
 */
#include <string.h>

#include "render/render_kit_priv.h"

/* Beyond it, a large mail program shows a part and hides the rest, with the
 * opt-out at its end. */
enum { MAIL_HTML_MAX = 102400 };

#define SLUG	"sample"
#define MADE_UP "partner " SLUG ": "

struct trial {
	struct kit_maker *m;
	const struct campaign_step *step;
	struct render_subject subject;
	struct partner partner;
	struct partner_sender sender;
	struct activation activation;
	struct contact contact;
	struct arena *a;
};

static void
make_up(struct trial *t, struct str lang)
{
	t->partner = (struct partner){
#define SAMPLE(name) .name = STR(#name),
		PARTNER_COLUMNS(SAMPLE, SAMPLE)
#undef SAMPLE
	};
	t->partner.id = 1;
	t->partner.slug = STR(SLUG);
	t->partner.phone = STR("+1 202 555 0100");
	t->partner.website = STR("https://sample.example");
	t->partner.owner_email = STR("owner@sample.example");
	t->partner.lead_email = STR("leads@sample.example");
	t->partner.time_zone = STR("UTC");
	t->partner.language = lang;
	t->partner.attributes = t->m->attributes;
	t->sender = (struct partner_sender){
		.partner_id = 1,
		.from_name = STR("Sample"),
		.from_address = STR("sample@mail.example"),
		.reply_to = STR("hello@sample.example"),
		.postal_address = STR("1 Sample Street, Sampleton"),
	};
	t->activation = (struct activation){ .partner_id = 1, .id = 1 };
	t->contact = (struct contact){
		.partner_id = 1,
		.address = STR("reader@reader.example"),
		.given_name = STR("Given"),
		.family_name = STR("Family"),
		.company = STR("Company"),
		.phone = STR("+1 202 555 0101"),
		.language = lang,
		.country = STR("US"),
		.tags = campaign_sample_tags(t->m->kit->campaign, t->a),
	};
	t->subject = (struct render_subject){ .partner = &t->partner,
					      .sender = &t->sender,
					      .activation = &t->activation };
}

/* ---- telling ---- */

/* Who is made up is nobody to name. */
static void
tell(const struct trial *t, struct str file, struct campaign_place at,
     const struct error *err)
{
	static const struct str whose = { MADE_UP, sizeof(MADE_UP) - 1 };
	struct kit_fault fault = { file, at.line, at.column,
				   str_of(err->text) };

	if (str_starts(fault.text, whose))
		fault.text = str_slice(fault.text, whose.len, fault.text.len);
	kit_try_failed(t->m, &fault);
}

/* Of a template as a whole. */
static void
tell_template(const struct trial *t, const struct liquid_program *program,
	      const struct error *err)
{
	tell(t, kit_source(t->m->kit, program)->file,
	     (struct campaign_place){ 1, 1 }, err);
}

/* Whether all was made of it that it makes. */
static bool
is_made(const struct trial *t, const struct liquid_program *program)
{
	return program && !kit_source(t->m->kit, program)->cut;
}

/* ---- mails ---- */

static void
try_footer(const struct trial *t, const struct kit_run *run,
	   const struct liquid_program *program, enum render_part kind,
	   struct str part)
{
	struct render_urls urls;
	struct error err;

	if (!is_made(t, program))
		return;
	render_urls_of(run->subject, &run->origin, t->a, &urls);
	if (render_footer_check(part, kind, &t->sender, urls.unsubscribe, t->a,
				&err) < 0)
		tell_template(t, program, &err);
}

static void
try_size(const struct trial *t, struct str html)
{
	if (html.len <= MAIL_HTML_MAX)
		return;
	campaign_finding_add(
	    t->m->findings, CAMPAIGN_WARNING, "size", t->m->kit->campaign->file,
	    t->step->line, t->step->column,
	    "found a mail of %zu bytes of HTML, expected at most %d: "
	    "some readers see no more than that",
	    html.len, MAIL_HTML_MAX);
}

static int
try_mail(struct trial *t, struct error *err)
{
	struct render_content content;
	struct render_mail mail;
	struct kit_run run;

	t->subject.contact = &t->contact;
	if (kit_begin(&run, t->m->kit, t->step, &t->subject, t->a, err) < 0 ||
	    kit_mail_content(&run, &content, err) < 0)
		return -(int)err->code;
	try_footer(t, &run, run.step->html, RENDER_HTML, content.html);
	try_footer(t, &run, run.step->text, RENDER_TEXT, content.text);
	try_size(t, content.html);
	if (kit_has_failed(&run) || !run.step->html || !run.step->text)
		return 0;
	return render_mail_make(&t->subject, &run.origin, &content, t->a, &mail,
				err);
}

/* ---- posts ---- */

static bool
is_left_raw(const struct kit_words *words, const struct campaign_text *text)
{
	return !words->programs[text - words->texts.items] &&
	       kit_is_run(text->text);
}

static int
try_variant(struct trial *t, struct str channel, size_t variant,
	    struct error *err)
{
	struct render_post_content content = { .channel = channel };
	const struct campaign_text *text;
	struct kit_run run;

	if (kit_begin(&run, t->m->kit, t->step, &t->subject, t->a, err) < 0)
		return -(int)err->code;
	text = kit_pick(&run, &run.step->variants[variant]);
	if (text && is_left_raw(&run.step->variants[variant], text))
		return 0;
	if (kit_post_content(&run, variant, &content, err) < 0)
		return -(int)err->code;
	if (kit_has_failed(&run) || render_post_check(&content, err) >= 0)
		return 0;
	if (!text)
		return -(int)err->code;
	tell(t, t->m->kit->campaign->file,
	     (struct campaign_place){ text->origin.line, text->origin.column },
	     err);
	return 0;
}

static int
try_post(struct trial *t, struct error *err)
{
	const struct campaign_step *s = t->step;

	for (size_t i = 0; i < s->channel_count; i++)
		for (size_t k = 0; k < s->variant_count; k++)
			if (try_variant(t, s->channels[i], k, err) < 0)
				return -(int)err->code;
	return 0;
}

/* ---- steps ---- */

static int
try_step(struct trial *t, struct error *err)
{
	const struct render_kit *kit = t->m->kit;
	const struct kit_step *of = &kit->steps[t->step - kit->campaign->steps];
	struct str html;

	switch (t->step->kind) {
	case CAMPAIGN_EMAIL:
		return try_mail(t, err);
	case CAMPAIGN_PAGE:
		return of->html ? render_kit_page(kit, t->step, &t->subject,
						  NULL, t->a, &html, err)
				: 0;
	case CAMPAIGN_DOCUMENT:
		return of->html ? render_kit_document(kit, t->step, &t->subject,
						      t->a, &html, err)
				: 0;
	case CAMPAIGN_POST:
		return of->text ? try_post(t, err) : 0;
	}
	return 0;
}

/* ---- what is sent beside the steps ---- */

static struct render_lead
make_up_lead(const struct trial *t)
{
	const struct campaign *c = t->m->kit->campaign;
	const struct campaign_form *form = &c->forms[0];
	struct render_form_value *fields =
	    ARENA_ARRAY(t->a, form->field_count, struct render_form_value);

	for (size_t i = 0; i < form->field_count; i++)
		fields[i] = (struct render_form_value){
			.name = form->fields[i].name,
			.value = STR("Value"),
		};
	return (struct render_lead){
		.given_name = t->contact.given_name,
		.family_name = t->contact.family_name,
		.company = t->contact.company,
		.phone = t->contact.phone,
		.email = t->contact.address,
		.message = STR("Message"),
		.consent = STR("Consent"),
		.page = form->page,
		.step = c->step_count > 0 ? c->steps[0].id : STR(""),
		.form = form->id,
		.fields = fields,
		.field_count = form->field_count,
		.is_reader = true,
	};
}

static void
try_notice(struct trial *t, enum render_notice notice,
	   const struct render_lead *lead)
{
	const struct liquid_program *program = t->m->kit->notices[notice];
	struct str html;
	struct error err;

	if (program && render_kit_notice(t->m->kit, notice, &t->subject,
					 STR("#"), lead, t->a, &html, &err) < 0)
		tell_template(t, program, &err);
}

typedef int make_letter(const struct render_kit *kit,
			const struct render_subject *subject,
			const struct render_lead *lead, struct arena *a,
			struct render_content *content,
			struct render_mail *mail, struct error *err);

static void
try_letter(struct trial *t, const struct kit_letter *letter, make_letter *make,
	   const struct render_lead *lead)
{
	struct render_content content;
	struct render_mail mail;
	struct error err;

	if (letter->subject && letter->html && letter->text &&
	    make(t->m->kit, &t->subject, lead, t->a, &content, &mail, &err) < 0)
		tell_template(t, letter->subject, &err);
}

static void
try_others(struct trial *t)
{
	const struct render_kit *kit = t->m->kit;
	struct render_lead lead;

	t->subject.contact = &t->contact;
	try_notice(t, RENDER_UNSUBSCRIBE, NULL);
	try_notice(t, RENDER_UNSUBSCRIBED, NULL);
	if (kit->campaign->form_count == 0)
		return;
	lead = make_up_lead(t);
	try_notice(t, RENDER_THANKS, &lead);
	try_letter(t, &kit->notify, render_kit_lead_notify, &lead);
	try_letter(t, &kit->thanks, render_kit_lead_thanks, &lead);
}

/* ---- in each language ---- */

/* Of a step, or without one of what is sent beside them. */
static void
try_one(struct kit_maker *m, const struct campaign_step *step, struct str lang)
{
	struct trial t = { .m = m, .step = step, .a = arena_new() };
	struct error err;

	for (struct kit_program *p = m->kit->programs; p; p = p->next)
		p->failed = p->cut = false;
	make_up(&t, lang);
	if (!step)
		try_others(&t);
	else if (try_step(&t, &err) < 0)
		tell(&t, m->kit->campaign->file,
		     (struct campaign_place){ step->line, step->column }, &err);
	arena_free(&t.a);
}

static void
try_languages(struct kit_maker *m, const struct campaign_step *step)
{
	const struct render_kit *kit = m->kit;
	struct str standard = kit->campaign->workspace->language;

	try_one(m, step, standard);
	for (size_t i = 1; i < kit->language_count; i++)
		if (!str_eq_fold(kit->languages[i].tag, standard))
			try_one(m, step, kit->languages[i].tag);
}

/* ---- what is left out ---- */

/* The step that begins there or last before; NULL: it is of all. */
static const struct campaign_step *
step_at(const struct campaign *c, const struct campaign_finding *f)
{
	const struct campaign_step *found = NULL;

	for (size_t i = 0; i < c->step_count; i++) {
		const struct campaign_step *s = &c->steps[i];

		if (s->line < f->line ||
		    (s->line == f->line && s->column <= f->column))
			found = s;
	}
	return found;
}

/* By the findings of before the trial; of a step, or of what all share. */
static bool
is_sound(const struct kit_maker *m, const struct campaign_step *step,
	 size_t from, size_t to)
{
	const struct campaign *c = m->kit->campaign;

	for (size_t i = from; i < to; i++) {
		const struct campaign_finding *f = &m->findings->items[i];
		const struct campaign_step *of = step_at(c, f);

		if (f->severity != CAMPAIGN_ERROR ||
		    strcmp(f->rule, "template") == 0)
			continue;
		if (str_eq(f->file, STR("guidon.xml")) ||
		    (str_eq(f->file, c->file) && (!of || of == step)))
			return false;
	}
	return true;
}

void
kit_try(struct kit_maker *m, size_t before)
{
	const struct campaign *c = m->kit->campaign;
	size_t found = m->findings->count;

	m->kit->trial = m;
	for (size_t i = 0; i < c->step_count; i++)
		if (is_sound(m, &c->steps[i], before, found))
			try_languages(m, &c->steps[i]);
	if (is_sound(m, NULL, before, found))
		try_languages(m, NULL);
	m->kit->trial = NULL;
}
