/*
 * The files are read as they are, and what is wrong with them is part of the
 * result: whoever looks has them open in an editor, half changed.
 */
#include "cmd_look.h"

#include "base/arena.h"
#include "campaign/campaign_partners.h"
#include "cmd_sample.h"
#include "cmd_show.h"
#include "render/render_kit.h"

/* ---- what there is to look at ---- */

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
	for (int i = l->campaign_count - 1; i >= 0; i--)
		if (i == 0 || str_eq(l->campaigns[i], wanted))
			l->campaign = l->campaigns[i];
	for (int i = 0; i < l->campaign_count; i++)
		if (str_eq(l->campaigns[i], wanted))
			l->campaign = wanted;
	if (l->campaign.len == 0)
		return;
	if (campaign_folder_open(&l->files, folder, &err) < 0 ||
	    render_kit_new(&l->kit, l->files, l->campaign, &l->findings, &err) <
		0)
		add_failure(l, &err);
}

static void
choose(struct look *l, struct str item, struct str partner)
{
	if (l->kit)
		l->items = show_list(render_kit_campaign(l->kit), l->a,
				     &l->item_count);
	l->item = show_find(l->items, l->item_count, item);
	if (!l->item && l->item_count > 0)
		l->item = &l->items[0];
	if (l->rows)
		l->row = campaign_partners_find(l->rows, l->row_count, partner);
	if (!l->row && l->row_count > 0)
		l->row = &l->rows[0];
}

void
look_open(struct look *l, const char *folder, const struct look_at *at,
	  struct arena *a, int64_t now_ms)
{
	struct str path = at->path;
	struct str campaign = { 0 };
	struct str step = { 0 };

	*l = (struct look){
		.a = a, .now_ms = now_ms, .lang = at->lang, .db = at->db
	};
	campaign_findings_init(&l->findings, l->a);
	(void)str_split(&path, '/', &campaign);
	(void)str_split(&path, '/', &step);
	load_partners(l, folder);
	load_campaign(l, folder, campaign);
	campaign_findings_sort(&l->findings);
	choose(l, step, path);
}

void
look_close(struct look *l)
{
	render_kit_free(&l->kit);
	campaign_files_close(&l->files);
}

void
look_show(struct look *l, struct shown *out)
{
	struct sample sample;
	struct error err;

	*out = (struct shown){ 0 };
	if (!l->item || !l->row)
		return;
	if (sample_make(&sample, render_kit_campaign(l->kit), l->row, l->lang,
			STR(""), l->a, l->now_ms, &err) < 0 ||
	    (l->db && sample_join(&sample, l->db, l->a, &err) < 0) ||
	    show_make(out, l->kit, l->item, &sample, l->a, &err) < 0)
		add_failure(l, &err);
}
