/*
 * The numbers are the report's and the runs the store's; the files give titles
 * and say which pages a campaign has. So a campaign that is no longer in the
 * workspace still has its numbers, and one that was never applied its preview.
 *
 * Files that do not load give no titles: what is wrong with them stands in the
 * preview.
 */
#include "cmd_overview.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/encode.h"
#include "campaign/campaign.h"
#include "liquid/liquid.h"
#include "partner/partner.h"
#include "report/report.h"

extern const unsigned char overview_html[];
extern const size_t overview_html_bytes;

struct overview {
	struct overview_config config;
	struct liquid_program *page;
};

/* One page as it is put together. */
struct making {
	const struct overview *o;
	struct arena *a;
	struct db *db;
	struct activation *runs; /* of all campaigns */
	size_t run_count;
	const struct campaign_workspace *workspace; /* NULL: does not load */
};

static void
set(struct liquid_object *o, const char *name, struct str value)
{
	liquid_object_set(o, str_of(name),
			  liquid_string(value.p ? value : STR("")));
}

/* ---- numbers ---- */

static void
add_numbers(struct report_row *sum, const struct report_row *row)
{
#define ADD(name) sum->name += row->name;
	REPORT_NUMBERS(ADD)
#undef ADD
}

static void
set_numbers(struct liquid_object *o, const struct report_row *row)
{
#define SET(name) liquid_object_set(o, STR(#name), liquid_int(row->name));
	REPORT_NUMBERS(SET)
#undef SET
}

static struct liquid_value
steps_of(struct making *m, const struct report *report)
{
	struct liquid_value *items =
	    ARENA_ARRAY(m->a, report->total_count, struct liquid_value);

	for (size_t i = 0; i < report->total_count; i++) {
		struct liquid_object *o = liquid_object_new(m->a);

		set(o, "id", report->totals[i].step);
		set_numbers(o, &report->totals[i]);
		items[i] = liquid_of(o);
	}
	return liquid_array(items, report->total_count);
}

static struct report_row
sum_of(const struct report_row *rows, size_t count, struct str partner)
{
	struct report_row sum = { 0 };

	for (size_t i = 0; i < count; i++)
		if (str_eq(rows[i].partner, partner))
			add_numbers(&sum, &rows[i]);
	return sum;
}

/* ---- partners ---- */

/* As a stranger reaches it: without the site, so that any port will do. */
static struct liquid_value
pages_of(struct making *m, const struct campaign *campaign,
	 const struct activation *run, struct str slug)
{
	size_t most = campaign ? campaign->step_count : 0;
	struct liquid_value *items =
	    ARENA_ARRAY(m->a, most, struct liquid_value);
	struct buf id = { 0 };
	size_t count = 0;

	encode_id(&id, run->id);
	for (size_t i = 0; i < most; i++) {
		struct liquid_object *o;

		if (campaign->steps[i].kind != CAMPAIGN_PAGE)
			continue;
		o = liquid_object_new(m->a);
		set(o, "id", campaign->steps[i].id);
		set(o, "url",
		    str_printf(m->a, "/p/%.*s/%.*s/%.*s", STR_ARG(slug),
			       STR_ARG(buf_view(&id)),
			       STR_ARG(campaign->steps[i].id)));
		items[count++] = liquid_of(o);
	}
	buf_fini(&id);
	return liquid_array(items, count);
}

static int
partner_of(struct making *m, const struct activation *run,
	   const struct campaign *campaign, const struct report *report,
	   struct liquid_value *out, struct error *err)
{
	struct liquid_object *o = liquid_object_new(m->a);
	struct partner partner;
	struct report_row sum;

	if (partner_get(m->db, m->a, run->partner_id, &partner, err) < 0)
		return -(int)err->code;
	sum = sum_of(report->rows, report->row_count, partner.slug);
	set(o, "id", partner.slug);
	set(o, "company", partner.company);
	set(o, "tier", partner.tier);
	set(o, "language", partner.language);
	liquid_object_set(o, STR("ended"),
			  liquid_bool(run->state == ACTIVATION_ENDED));
	liquid_object_set(o, STR("pages"),
			  pages_of(m, campaign, run, partner.slug));
	set_numbers(o, &sum);
	*out = liquid_of(o);
	return 0;
}

static int
partners_of(struct making *m, struct str id, const struct campaign *campaign,
	    const struct report *report, struct liquid_value *out,
	    struct error *err)
{
	struct liquid_value *items =
	    ARENA_ARRAY(m->a, m->run_count, struct liquid_value);
	size_t count = 0;

	for (size_t i = 0; i < m->run_count; i++)
		if (str_eq(m->runs[i].campaign, id) &&
		    partner_of(m, &m->runs[i], campaign, report,
			       &items[count++], err) < 0)
			return -(int)err->code;
	*out = liquid_array(items, count);
	return 0;
}

/* ---- campaigns ---- */

/* NULL when it is not in the workspace, or does not load. */
static const struct campaign *
load_campaign(struct making *m, struct str id)
{
	const struct campaign *campaign = NULL;
	struct campaign_findings findings;
	struct campaign_files *files;
	struct error err;

	campaign_findings_init(&findings, m->a);
	if (!m->workspace ||
	    campaign_folder_open(&files, m->o->config.folder, &err) < 0)
		return NULL;
	if (campaign_load(files, m->a, m->workspace, id, &findings, &campaign,
			  &err) < 0)
		campaign = NULL;
	campaign_files_close(&files);
	return campaign;
}

static struct str
title_of(const struct making *m, const struct campaign *campaign)
{
	const struct campaign_text *text = campaign_text_pick(
	    &campaign->title, m->workspace->language, m->workspace->language);

	return text ? text->text : campaign->id;
}

static int
campaign_of(struct making *m, struct str id, struct liquid_value *out,
	    struct error *err)
{
	const struct campaign *campaign = load_campaign(m, id);
	struct liquid_object *o = liquid_object_new(m->a);
	struct liquid_value partners;
	struct report_row sum;
	struct report report;

	if (report_campaign(m->db, m->a, id, -1, &report, err) < 0 ||
	    partners_of(m, id, campaign, &report, &partners, err) < 0)
		return -(int)err->code;
	sum = sum_of(report.totals, report.total_count, STR(""));
	set(o, "id", id);
	set(o, "title", campaign ? title_of(m, campaign) : id);
	set(o, "first",
	    campaign && campaign->step_count ? campaign->steps[0].id : STR(""));
	liquid_object_set(o, STR("in_files"), liquid_bool(campaign != NULL));
	liquid_object_set(o, STR("steps"), steps_of(m, &report));
	liquid_object_set(o, STR("partners"), partners);
	set_numbers(o, &sum);
	*out = liquid_of(o);
	return 0;
}

static bool
is_among(const struct str *ids, size_t count, struct str id)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(ids[i], id))
			return true;
	return false;
}

/* Those of the files, then those that only run. */
static size_t
list_campaigns(struct making *m, struct str **out)
{
	struct str *in_files, *ids;
	struct error err;
	int listed = campaign_list(m->o->config.folder, m->a, &in_files, &err);
	size_t count = listed > 0 ? (size_t)listed : 0;

	ids = ARENA_ARRAY(m->a, count + m->run_count, struct str);
	if (count > 0)
		memcpy(ids, in_files, count * sizeof(*ids));
	for (size_t i = 0; i < m->run_count; i++)
		if (!is_among(ids, count, m->runs[i].campaign))
			ids[count++] = m->runs[i].campaign;
	*out = ids;
	return count;
}

static int
campaigns_of(struct making *m, struct liquid_value *out, struct error *err)
{
	struct str *ids;
	size_t count = list_campaigns(m, &ids);
	struct liquid_value *items =
	    ARENA_ARRAY(m->a, count, struct liquid_value);

	for (size_t i = 0; i < count; i++)
		if (campaign_of(m, ids[i], &items[i], err) < 0)
			return error_context(err, "campaign %.*s",
					     STR_ARG(ids[i]));
	*out = liquid_array(items, count);
	return 0;
}

/* ---- the page ---- */

static void
load_workspace(struct making *m)
{
	struct campaign_findings findings;
	struct campaign_files *files;
	struct error err;

	campaign_findings_init(&findings, m->a);
	if (campaign_folder_open(&files, m->o->config.folder, &err) < 0)
		return;
	if (campaign_workspace_load(files, m->a, &findings, &m->workspace,
				    &err) < 0)
		m->workspace = NULL;
	campaign_files_close(&files);
}

/* The folder of a spool; empty: messages leave this machine. */
static struct str
spool_of(const char *transport)
{
	struct str url = str_of(transport);

	return str_starts(url, STR("spool:")) ? str_slice(url, 6, url.len)
					      : STR("");
}

static int
values_of(struct making *m, const struct liquid_object **out, struct error *err)
{
	const struct overview_config *config = &m->o->config;
	struct liquid_object *o = liquid_object_new(m->a);
	struct liquid_value campaigns;

	if (campaigns_of(m, &campaigns, err) < 0)
		return -(int)err->code;
	set(o, "workspace",
	    m->workspace ? m->workspace->title : str_of(config->folder));
	set(o, "folder", str_of(config->folder));
	set(o, "mail", str_of(config->mail));
	set(o, "spool", spool_of(config->mail));
	set(o, "posts", str_of(config->posts));
	set(o, "posts_spool", spool_of(config->posts));
	set(o, "here", str_of(config->here));
	set(o, "prompt", str_of(config->prompt));
	liquid_object_set(o, STR("campaigns"), campaigns);
	*out = o;
	return 0;
}

int
overview_make(const struct overview *overview, struct arena *a,
	      struct str *html, struct error *err)
{
	struct making m = { .o = overview, .a = a };
	struct liquid_inputs inputs = { 0 };
	struct buf out = { 0 };
	int code;

	if (db_reader(overview->config.store, &m.db, err) < 0)
		return -(int)err->code;
	code = activation_list(m.db, a, STR(""), -1, &m.runs, err);
	if (code < 0)
		return code;
	m.run_count = (size_t)code;
	load_workspace(&m);
	code = values_of(&m, &inputs.globals, err);
	if (code >= 0)
		code = liquid_run(overview->page, &inputs, a, &out, err);
	if (code >= 0)
		*html = str_copy(a, buf_view(&out));
	buf_fini(&out);
	return code;
}

/* ---- new and free ---- */

struct overview *
overview_new(const struct overview_config *config)
{
	const struct liquid_source source = {
		.name = "templates/portal/overview.html",
		.text = { (const char *)overview_html, overview_html_bytes },
		.context = LIQUID_HTML,
	};
	struct overview *overview = calloc(1, sizeof(*overview));
	struct error err;

	check(overview);
	overview->config = *config;
	/* It is part of the program: that it compiles is tested. */
	check(liquid_compile(&overview->page, &source,
			     &(struct liquid_options){ 0 }, &err) == 0);
	return overview;
}

void
overview_free(struct overview **overview)
{
	if (!*overview)
		return;
	liquid_free(&(*overview)->page);
	free(*overview);
	*overview = NULL;
}
