/*
 * Every step is made once in each language for a partner and a contact that
 * are made up, before anybody gets one: a mail without an opt-out, a post that
 * is too long for its network and a filter that fails are found by the check
 * of a campaign, not on the day.
 *
 * A step that something is wrong with is left out: what the trial would say of
 * it would be the same fault once more. So is every step when the fault is in
 * what they share.
 *
 * A template that puts out a text or a link which the step does not have would
 * leave a gap, or a button that leads nowhere. It is told of as a warning, for
 * templates are shared; one that asks with `if` leaves none.
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

/* ---- gaps ---- */

enum { NAMES_MAX = 64 };

/* The texts or links of a step by their ids. */
static size_t
names_of(const struct campaign_step *s, bool links, struct arena *a,
	 const char *names[NAMES_MAX])
{
	size_t count = links ? s->link_count : s->text_count;

	if (count > NAMES_MAX)
		count = NAMES_MAX;
	for (size_t i = 0; i < count; i++)
		names[i] = str_cstr(a, links ? s->links[i].id : s->texts[i].id);
	return count;
}

void
kit_tell_unfilled(void *arg, struct str unit, int line, int column,
		  struct str path)
{
	const struct kit_run *run = arg;
	struct kit_maker *m = run->kit->trial;
	const char *names[NAMES_MAX], *near;
	struct str rest = path, root, name, text;
	size_t count;
	bool links;

	if (!run->step || run->step->step->is_doubtful ||
	    !str_starts(unit, STR("templates/")) ||
	    !str_split(&rest, '.', &root) || !str_split(&rest, '.', &name))
		return;
	links = str_eq(root, STR("links"));
	if (!links && !str_eq(root, STR("texts")))
		return;
	count = names_of(run->step->step, links, run->a, names);
	near = str_nearest(name, names, count);
	text = str_printf(m->a,
			  "puts out \"%.*s\", and \"%.*s\" of %.*s has no "
			  "such %s%s%s%s",
			  STR_ARG(path), STR_ARG(run->step->step->id),
			  STR_ARG(run->kit->campaign->id),
			  links ? "link" : "text", near ? "; has it \"" : "",
			  near ? near : "", near ? "\" instead?" : "");
	if (!kit_is_known(m->findings, unit, line, column, text))
		campaign_finding_add(m->findings, CAMPAIGN_WARNING, "gap",
				     str_copy(m->a, unit), line, column, "%.*s",
				     STR_ARG(text));
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

static bool
is_compiled(const struct kit_step *s)
{
	bool needs_html = s->step->kind != CAMPAIGN_POST;
	bool needs_text =
	    s->step->kind == CAMPAIGN_EMAIL || s->step->kind == CAMPAIGN_POST;

	return (s->html || !needs_html) && (s->text || !needs_text);
}

static bool
is_sound(const struct kit_maker *m, const struct kit_step *s, size_t before)
{
	const struct campaign *c = m->kit->campaign;

	for (size_t i = before; i < m->findings->count; i++) {
		const struct campaign_finding *f = &m->findings->items[i];
		const struct campaign_step *of = step_at(c, f);

		if (f->severity != CAMPAIGN_ERROR)
			continue;
		if (str_eq(f->file, STR("guidon.xml")) ||
		    (str_eq(f->file, c->file) && (!of || of == s->step)))
			return false;
	}
	return is_compiled(s);
}

static void
try_languages(struct kit_maker *m, const struct campaign_step *step)
{
	const struct render_kit *kit = m->kit;
	struct str standard = kit->campaign->workspace->language;

	for (size_t i = 0; i < kit->language_count; i++)
		if (!str_eq_fold(kit->languages[i].tag, standard))
			try_one(m, step, kit->languages[i].tag);
}

void
kit_try(struct kit_maker *m, size_t before)
{
	struct render_kit *kit = m->kit;

	kit->trial = m;
	for (size_t i = 0; i < kit->campaign->step_count; i++)
		if (is_sound(m, &kit->steps[i], before))
			try_languages(m, kit->steps[i].step);
	kit->trial = NULL;
}
