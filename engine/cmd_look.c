/*
 * The files are read as they are, and what is wrong with them is part of the
 * result: whoever looks has them open in an editor, half changed.
 */
#include "cmd_look.h"

#include "base/arena.h"
#include "campaign/campaign_partners.h"
#include "cmd_sample.h"
#include "render/render_kit.h"

/* What fails without a finding of its own becomes one. */
static void
add_failure(struct look *l, const struct error *err)
{
	if (l->findings.error_count == 0)
		campaign_finding_add(&l->findings, CAMPAIGN_ERROR, "preview",
				     STR(""), 0, 0, "%s", err->text);
}

static void
load_partners(struct look *l, const char *folder)
{
	struct campaign_files *files;
	struct error err;

	if (campaign_folder_open(&files, folder, &err) < 0) {
		add_failure(l, &err);
		return;
	}
	if (campaign_partners_load(files, l->a, &l->findings, &l->rows,
				   &l->row_count, &err) < 0)
		add_failure(l, &err);
	campaign_files_close(&files);
	if (!l->rows)
		l->row_count = 0;
}

static void
load_campaign(struct look *l, const char *folder, struct str wanted)
{
	struct error err;

	l->campaign_count = campaign_list(folder, l->a, &l->campaigns, &err);
	if (l->campaign_count < 0) {
		l->campaign_count = 0;
		add_failure(l, &err);
		return;
	}
	if (l->campaign_count == 0)
		return;
	l->campaign = l->campaigns[0];
	for (int i = 0; i < l->campaign_count; i++)
		if (str_eq(l->campaigns[i], wanted))
			l->campaign = l->campaigns[i];
	if (campaign_folder_open(&l->files, folder, &err) < 0 ||
	    render_kit_new(&l->kit, l->files, l->campaign, &l->findings, &err) <
		0)
		add_failure(l, &err);
}

static void
choose(struct look *l, struct str step, struct str partner)
{
	const struct campaign *c = l->kit ? render_kit_campaign(l->kit) : NULL;

	if (c)
		l->step = campaign_step_find(c, step);
	if (c && !l->step && c->step_count > 0)
		l->step = &c->steps[0];
	if (l->rows)
		l->row = campaign_partners_find(l->rows, l->row_count, partner);
	if (!l->row && l->row_count > 0)
		l->row = &l->rows[0];
}

void
look_open(struct look *l, const char *folder, struct arena *a, int64_t now_ms,
	  struct str path)
{
	struct str campaign = { 0 };
	struct str step = { 0 };

	*l = (struct look){ .a = a, .now_ms = now_ms };
	campaign_findings_init(&l->findings, l->a);
	(void)str_split(&path, '/', &campaign);
	(void)str_split(&path, '/', &step);
	load_partners(l, folder);
	load_campaign(l, folder, campaign);
	choose(l, step, path);
}

void
look_close(struct look *l)
{
	render_kit_free(&l->kit);
	if (l->files)
		campaign_files_close(&l->files);
}

/* ---- one step, rendered ---- */

static int
show_step(const struct look *l, const struct render_subject *subject,
	  struct look_shown *out, struct error *err)
{
	const struct render_form_input form = { 0 };
	struct render_content content;
	struct render_mail mail;
	struct render_post post;

	switch (l->step->kind) {
	case CAMPAIGN_EMAIL:
		if (render_kit_mail(l->kit, l->step, subject, l->a, &content,
				    &mail, err) < 0)
			return -(int)err->code;
		*out = (struct look_shown){ content.html, content.text,
					    content.subject };
		return 0;
	case CAMPAIGN_POST:
		if (l->step->channel_count == 0)
			return 0;
		if (render_kit_post(l->kit, l->step, l->step->channels[0],
				    subject, l->a, &post, err) < 0)
			return -(int)err->code;
		out->text = post.text;
		return 0;
	case CAMPAIGN_PAGE:
		return render_kit_page(l->kit, l->step, subject, &form, l->a,
				       &out->html, err);
	case CAMPAIGN_DOCUMENT:
		return render_kit_document(l->kit, l->step, subject, l->a,
					   &out->html, err);
	}
	check(false); /* there are no more kinds */
	return 0;
}

void
look_show(struct look *l, struct look_shown *out)
{
	struct sample sample;
	struct error err;

	*out = (struct look_shown){ 0 };
	if (!l->kit || !l->step || !l->row)
		return;
	if (sample_make(&sample, render_kit_campaign(l->kit), l->row, STR(""),
			STR(""), l->a, l->now_ms, &err) < 0 ||
	    show_step(l, &sample.subject, out, &err) < 0)
		add_failure(l, &err);
}
