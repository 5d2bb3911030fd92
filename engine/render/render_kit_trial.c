/*
 * Every step is made once in each language for a partner and a contact that
 * are made up, before anybody gets one: a mail without an opt-out, a post that
 * is too long for its network and a filter that fails are found by the check
 * of a campaign, not on the day.
 *
 * They have a value in each field. What the workspace adds in columns of its
 * own they do not have, so `required` is content with anything meanwhile.
 */
#include "render/render_kit_priv.h"

/* Beyond it, a large mail program shows a part and hides the rest, with the
 * opt-out at its end. */
enum { MAIL_HTML_MAX = 102400, TRIAL_PARTNERS = 8 };

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
make_up(struct trial *t)
{
	t->partner = (struct partner){
#define SAMPLE(name) .name = STR(#name),
		PARTNER_COLUMNS(SAMPLE, SAMPLE)
#undef SAMPLE
	};
	t->partner.id = 1;
	t->partner.slug = STR("sample");
	t->partner.phone = STR("+1 202 555 0100");
	t->partner.website = STR("https://sample.example");
	t->partner.owner_email = STR("owner@sample.example");
	t->partner.lead_email = STR("leads@sample.example");
	t->partner.time_zone = STR("UTC");
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
		.country = STR("US"),
	};
	t->subject = (struct render_subject){ .partner = &t->partner,
					      .sender = &t->sender,
					      .activation = &t->activation };
}

/* ---- by kind ---- */

static int
try_mail(struct trial *t, struct error *err)
{
	struct render_content content;
	struct render_mail mail;

	if (render_kit_mail(t->m->kit, t->step, &t->subject, t->a, &content,
			    &mail, err) < 0)
		return -(int)err->code;
	if (content.html.len > MAIL_HTML_MAX)
		campaign_finding_add(
		    t->m->findings, CAMPAIGN_WARNING, "size",
		    t->m->kit->campaign->file, t->step->line, t->step->column,
		    "found a mail of %zu bytes of HTML, expected at most %d: "
		    "some readers see no more than that",
		    content.html.len, MAIL_HTML_MAX);
	return 0;
}

/* A variant is given out by partner, so several are made up. */
static int
try_post(struct trial *t, struct str channel, struct error *err)
{
	struct render_post post;

	for (int64_t id = 1; id <= TRIAL_PARTNERS; id++) {
		t->partner.id = t->sender.partner_id = id;
		t->activation.partner_id = id;
		if (render_kit_post(t->m->kit, t->step, channel, &t->subject,
				    t->a, &post, err) < 0)
			return -(int)err->code;
	}
	return 0;
}

static int
try_step(struct trial *t, struct error *err)
{
	const struct render_kit *kit = t->m->kit;
	struct str html;

	switch (t->step->kind) {
	case CAMPAIGN_EMAIL:
		t->subject.contact = &t->contact;
		return try_mail(t, err);
	case CAMPAIGN_PAGE:
		return render_kit_page(kit, t->step, &t->subject, NULL, t->a,
				       &html, err);
	case CAMPAIGN_DOCUMENT:
		return render_kit_document(kit, t->step, &t->subject, t->a,
					   &html, err);
	case CAMPAIGN_POST:
		for (size_t i = 0; i < t->step->channel_count; i++)
			if (try_post(t, t->step->channels[i], err) < 0)
				return -(int)err->code;
	}
	return 0;
}

/* ---- */

static void
try_one(struct kit_maker *m, const struct campaign_step *step, struct str lang)
{
	struct trial t = { .m = m, .step = step, .a = arena_new() };
	struct error err;

	make_up(&t);
	t.partner.language = lang;
	if (try_step(&t, &err) < 0)
		campaign_finding_add(m->findings, CAMPAIGN_ERROR, "trial",
				     m->kit->campaign->file, step->line,
				     step->column, "made for a trial: %s",
				     err.text);
	arena_free(&t.a);
}

static void
try_in(struct kit_maker *m, struct str lang)
{
	const struct campaign *c = m->kit->campaign;

	for (size_t i = 0; i < c->step_count; i++)
		try_one(m, &c->steps[i], lang);
}

void
kit_try(struct kit_maker *m)
{
	struct render_kit *kit = m->kit;
	struct str standard = kit->campaign->workspace->language;

	kit->trial = true;
	for (size_t i = 0; i < kit->language_count; i++)
		if (!str_eq_fold(kit->languages[i].tag, standard))
			try_in(m, kit->languages[i].tag);
	kit->trial = false;
}
