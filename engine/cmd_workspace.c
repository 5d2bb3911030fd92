/*
 * Files are opened anew for each thing that is asked of them: what was read
 * through one campaign_files is the revision, and partners.csv is not part of
 * a campaign's.
 */
#include "cmd_workspace.h"

#include <unistd.h>

#include "base/arena.h"
#include "campaign/campaign.h"
#include "campaign/campaign_partners.h"
#include "cmd.h"
#include "cmd_show.h"
#include "doctor/doctor.h"
#include "mime/mime.h"
#include "partner/partner.h"
#include "plan/plan_partner.h"
#include "render/render_kit.h"

void
work_findings_print(struct app *app, const struct campaign_findings *f,
		    const char *file)
{
	for (size_t i = 0; i < f->count; i++) {
		const struct campaign_finding *x = &f->items[i];
		struct str name = file ? str_of(file) : x->file;

		if (x->severity == CAMPAIGN_WARNING)
			out_note(&app->out, "%.*s:%d:%d: warning: %.*s",
				 STR_ARG(name), x->line, x->column,
				 STR_ARG(x->text));
		else
			out_error(&app->out, "%.*s:%d:%d: %.*s", STR_ARG(name),
				  x->line, x->column, STR_ARG(x->text));
	}
}

/* Findings are printed; an error among them is the result. */
static int
conclude(struct app *app, struct campaign_findings *f, int code,
	 const char *what, struct error *err)
{
	campaign_findings_sort(f);
	work_findings_print(app, f, NULL);
	if (f->error_count == 0)
		return code;
	return error_set(err, ERROR_INVALID,
			 "%zu error%s in %s; guidon check shows all",
			 f->error_count, f->error_count == 1 ? "" : "s", what);
}

static void
work_close(struct work *work)
{
	render_kit_free(&work->kit);
	campaign_files_close(&work->files);
}

static int
work_open(struct work *work, struct app *app, struct str campaign,
	  struct error *err)
{
	struct campaign_findings findings;
	int code;

	*work = (struct work){ 0 };
	campaign_findings_init(&findings, app->arena);
	if (campaign_folder_open(&work->files, app->workspace, err) < 0)
		return -(int)err->code;
	code =
	    render_kit_new(&work->kit, work->files, campaign, &findings, err);
	code = conclude(
	    app, &findings, code,
	    arena_printf(app->arena, "campaign %.*s", STR_ARG(campaign)), err);
	if (code < 0)
		work_close(work);
	return code;
}

int
work_on(struct app *app, struct str campaign, work_body body, void *arg,
	struct error *err)
{
	struct work work;
	int code;

	if (work_open(&work, app, campaign, err) < 0)
		return -(int)err->code;
	code = body(app, &work, arg, err);
	work_close(&work);
	return code;
}

static int
brand_sender(struct app *app, const struct campaign_brand *brand,
	     struct doctor_own *out, struct error *err)
{
	struct str address =
	    str_printf(app->arena, "a@%.*s", STR_ARG(brand->sender_domain));

	if (mime_address_normalise(app->arena, address, &address, err) < 0)
		return error_context(err, "guidon.xml: sender-domain");
	out->domain = mime_address_domain(address);
	out->bounces = brand->bounces;
	return 0;
}

static int
brand_senders(struct app *app, const struct campaign_workspace *w,
	      struct doctor_own **out, struct error *err)
{
	*out = ARENA_ARRAY(app->arena, w->brand_count, struct doctor_own);
	for (size_t i = 0; i < w->brand_count; i++)
		if (brand_sender(app, &w->brands[i], &(*out)[i], err) < 0)
			return -(int)err->code;
	return (int)w->brand_count;
}

int
work_senders(struct app *app, struct doctor_own **out, struct error *err)
{
	const struct campaign_workspace *w;
	struct campaign_findings findings;
	struct campaign_files *files;
	int code;

	campaign_findings_init(&findings, app->arena);
	if (campaign_folder_open(&files, app->workspace, err) < 0)
		return -(int)err->code;
	code = campaign_workspace_load(files, app->arena, &findings, &w, err);
	code = conclude(app, &findings, code, "guidon.xml", err);
	if (code >= 0)
		code = brand_senders(app, w, out, err);
	campaign_files_close(&files);
	return code;
}

int
work_sender_domain(struct app *app, struct str *domain, struct error *err)
{
	struct doctor_own *own;
	int count = work_senders(app, &own, err);

	if (count < 0)
		return count;
	if (count == 0)
		return error_set(err, ERROR_INVALID,
				 "guidon.xml: no brand, expected --domain D");
	for (int i = 1; i < count; i++)
		if (!str_eq(own[i].domain, own[0].domain))
			return error_set(err, ERROR_INVALID,
					 "guidon.xml: brands with several "
					 "sender domains, expected --domain D");
	*domain = own[0].domain;
	return 0;
}

int
work_partners(struct partner_rows *out, struct app *app, struct error *err)
{
	struct campaign_findings findings;
	struct campaign_files *files;
	int code;

	campaign_findings_init(&findings, app->arena);
	if (campaign_folder_open(&files, app->workspace, err) < 0)
		return -(int)err->code;
	code = campaign_partners_load(files, app->arena, &findings, &out->items,
				      &out->count, err);
	code = conclude(app, &findings, code, "partners.csv", err);
	campaign_files_close(&files);
	return code;
}

int
work_partner(struct app *app, const char *id,
	     const struct campaign_partner_row **row, struct error *err)
{
	struct partner_rows rows;
	const char **names;

	if (work_partners(&rows, app, err) < 0)
		return -(int)err->code;
	*row = campaign_partners_find(rows.items, rows.count, str_of(id));
	if (*row)
		return 0;
	names = ARENA_ARRAY(app->arena, rows.count + 1, const char *);
	for (size_t i = 0; i < rows.count; i++)
		names[i] = str_cstr(app->arena, rows.items[i].id);
	return error_set(err, ERROR_NOT_FOUND, "partners.csv: no partner %s",
			 cmd_nearest(app->arena, id, names, rows.count));
}

/* ---- a partner's first appearance ---- */

struct arrival {
	struct partner partner;
	int64_t now_ms;
};

static int
arrive_unit(struct db *db, void *arg, struct error *err)
{
	struct arrival *x = arg;

	x->partner.id = 0;
	return partner_put(db, &x->partner, x->now_ms, err);
}

int
work_take_partner(struct app *app, const char *id, struct error *err)
{
	const struct campaign_partner_row *row;
	struct arrival x = { .now_ms = app_now_ms(app) };
	struct partner_rows rows;
	int known =
	    partner_find(app->db, app->arena, str_of(id), &x.partner, err);

	if (known != 0)
		return known < 0 ? known : 0;
	if (access(arena_printf(app->arena, "%s/partners.csv", app->workspace),
		   F_OK) != 0)
		return 0;
	if (work_partners(&rows, app, err) < 0)
		return -(int)err->code;
	row = campaign_partners_find(rows.items, rows.count, str_of(id));
	if (!row)
		return 0;
	x.partner = plan_partner_of(row);
	return db_commit(app->store, arrive_unit, &x, err);
}

/* ---- which campaign ---- */

enum { NAMED_MAX = 5 };

static int
find_campaign(struct app *app, const char *wanted, const struct str *ids,
	      int count, struct str *campaign, struct error *err)
{
	const char **names =
	    ARENA_ARRAY(app->arena, (size_t)count + 1, const char *);

	for (int i = 0; i < count; i++) {
		names[i] = str_cstr(app->arena, ids[i]);
		if (str_eq_cstr(ids[i], wanted)) {
			*campaign = ids[i];
			return 0;
		}
	}
	return error_set(err, ERROR_NOT_FOUND, "%s/campaigns: no campaign %s",
			 app->workspace,
			 cmd_nearest(app->arena, wanted, names, (size_t)count));
}

/* `what` they have in common: "", or " with a step ...". */
static int
which_campaign(struct app *app, const char *what, const struct str *ids,
	       int count, struct error *err)
{
	struct buf names = { 0 };

	for (int i = 0; i < count && i < NAMED_MAX; i++)
		buf_printf(&names, "%s%.*s", i ? ", " : "", STR_ARG(ids[i]));
	error_set(err, ERROR_INVALID,
		  "%s: %d campaigns%s, expected the name of one: %s%s",
		  app->workspace, count, what, buf_cstr(&names),
		  count > NAMED_MAX ? " ..." : "");
	buf_fini(&names);
	return -(int)err->code;
}

static int
name_campaign(struct app *app, int i, struct str *campaign, struct error *err)
{
	const char *wanted = app_operand(app, i);
	struct str *ids;
	int count = campaign_list(app->workspace, app->arena, &ids, err);

	if (count < 0)
		return count;
	if (wanted)
		return find_campaign(app, wanted, ids, count, campaign, err);
	if (count != 1)
		return count ? which_campaign(app, "", ids, count, err)
			     : error_set(err, ERROR_INVALID,
					 "%s: 0 campaigns, expected at least "
					 "one; guidon init makes a workspace",
					 app->workspace);
	*campaign = ids[0];
	return 0;
}

int
work_on_operand(struct app *app, int i, work_body body, struct error *err)
{
	struct str campaign;

	if (name_campaign(app, i, &campaign, err) < 0)
		return -(int)err->code;
	return work_on(app, campaign, body, NULL, err);
}

/* One that does not load has none: whoever opens it is told why. */
static bool
has_step(struct app *app, struct campaign_files *files,
	 const struct campaign_workspace *workspace, struct str id,
	 const char *step)
{
	const struct campaign *campaign = NULL;
	const struct show_item *items;
	struct campaign_findings findings;
	struct error ignored;
	size_t count;

	campaign_findings_init(&findings, app->arena);
	if (campaign_load(files, app->arena, workspace, id, &findings,
			  &campaign, &ignored) < 0 ||
	    !campaign)
		return false;
	items = show_list(campaign, app->arena, &count);
	return show_find(items, count, str_of(step)) != NULL;
}

/* Those of the ids, in front: their number. */
static int
with_step(struct app *app, const char *step, struct str *ids, int count,
	  struct error *err)
{
	const struct campaign_workspace *workspace = NULL;
	struct campaign_findings findings;
	struct campaign_files *files;
	int kept = 0;

	campaign_findings_init(&findings, app->arena);
	if (campaign_folder_open(&files, app->workspace, err) < 0)
		return -(int)err->code;
	if (campaign_workspace_load(files, app->arena, &findings, &workspace,
				    err) < 0)
		kept = -(int)err->code;
	for (int i = 0; kept >= 0 && i < count; i++)
		if (has_step(app, files, workspace, ids[i], step))
			ids[kept++] = ids[i];
	campaign_files_close(&files);
	return kept;
}

int
work_on_step(struct app *app, const char *step, int i, work_body body,
	     struct error *err)
{
	struct str *ids;
	int count = campaign_list(app->workspace, app->arena, &ids, err);
	int found;

	if (count < 0)
		return count;
	if (app_operand(app, i) || count <= 1)
		return work_on_operand(app, i, body, err);
	found = with_step(app, step, ids, count, err);
	if (found < 0)
		return found;
	if (found == 1)
		return work_on(app, ids[0], body, NULL, err);
	if (found > 1)
		return which_campaign(
		    app, arena_printf(app->arena, " with a step \"%s\"", step),
		    ids, found, err);
	return error_set(err, ERROR_NOT_FOUND,
			 "%s: none of %d campaigns has a step \"%s\"",
			 app->workspace, count, step);
}

int
work_step(struct app *app, const struct render_kit *kit, const char *id,
	  const struct campaign_step **step, struct error *err)
{
	const struct campaign *c = render_kit_campaign(kit);
	const char **names =
	    ARENA_ARRAY(app->arena, c->step_count + 1, const char *);

	*step = campaign_step_find(c, str_of(id));
	if (*step)
		return 0;
	for (size_t i = 0; i < c->step_count; i++)
		names[i] = str_cstr(app->arena, c->steps[i].id);
	return error_set(err, ERROR_NOT_FOUND, "campaign %.*s: no step %s",
			 STR_ARG(c->id),
			 cmd_nearest(app->arena, id, names, c->step_count));
}
