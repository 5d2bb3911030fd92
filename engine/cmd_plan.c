/*
 * guidon plan: who gets what, when and from whom, and who does not, before
 * anything is sent. The plan itself is made by the folder plan; here it is
 * read in, printed and written out for review.
 */
#include "cmd_plan.h"

#include "cmd.h"

#include "base/arena.h"
#include "campaign/campaign.h"
#include "cmd_file.h"
#include "cmd_workspace.h"
#include "plan/plan.h"
#include "render/render_kit.h"

enum { ROWS = 12 };

int
plan_of(struct app *app, const struct work *work,
	const struct partner_rows *partners, struct plan **out,
	struct error *err)
{
	const struct plan_input in = {
		.db = app->db,
		.files = work->files,
		.campaign = render_kit_campaign(work->kit),
		.rows = partners->items,
		.row_count = partners->count,
		.now_ms = app_now_ms(app),
	};

	return plan_make(&in, app->arena, out, err);
}

static int
write_plan(struct app *app, const struct plan *plan, struct error *err)
{
	const char *path = app_option(app, "out");
	struct buf bytes = { 0 };
	int code = 0;

	if (!path)
		return 0;
	plan_write(plan, &bytes);
	code = file_put(path, buf_view(&bytes), err);
	buf_fini(&bytes);
	if (code == 0)
		out_note(&app->out, "%s: the plan; guidon apply %s makes it so",
			 path, path);
	return code;
}

static void
print_plan(struct app *app, const struct plan *plan)
{
	struct buf text = { 0 };

	/* In a file it is what was asked for there. */
	if (app_option(app, "out"))
		out_what_was_done(&app->out);
	if (app->out.json)
		plan_write(plan, &text);
	else
		plan_print(plan, app_option(app, "rows") ? 0 : ROWS, &text);
	out_text(&app->out, "%.*s", STR_ARG(buf_view(&text)));
	buf_fini(&text);
}

static int
plan_work(struct app *app, const struct work *work, void *arg,
	  struct error *err)
{
	struct partner_rows partners;
	struct plan *plan;

	(void)arg;
	if (work_partners(&partners, app, err) < 0 ||
	    plan_of(app, work, &partners, &plan, err) < 0 ||
	    write_plan(app, plan, err) < 0)
		return -(int)err->code;
	print_plan(app, plan);
	return app_option(app, "detailed-exitcode") && plan->changes
		   ? CMD_EXIT_CHANGES
		   : CMD_EXIT_OK;
}

/* Each by itself, one below the other; whether one of them would change. */
static int
plan_all(struct app *app, const struct str *ids, int count, struct error *err)
{
	int all = CMD_EXIT_OK;

	for (int i = 0; i < count; i++) {
		int code;

		if (i > 0)
			out_text(&app->out, "\n");
		code = work_on(app, ids[i], plan_work, NULL, err);
		if (code < 0)
			return code;
		if (code != CMD_EXIT_OK)
			all = code;
	}
	return all;
}

/* A file is the plan of one campaign, and so is a JSON document. */
static int
run(struct app *app, struct error *err)
{
	struct str *ids;
	int count = 0;

	if (!app_operand(app, 0) && !app_option(app, "out") && !app->out.json)
		count = campaign_list(app->workspace, app->arena, &ids, err);
	if (count < 0)
		return count;
	return count > 1 ? plan_all(app, ids, count, err)
			 : work_on_operand(app, 0, plan_work, err);
}

extern const struct command cmd_plan;
const struct command cmd_plan = {
	.name = "plan",
	.summary = "who gets what, when and from whom, before it is sent",
	.details = "It changes nothing. Neither the screen nor the file has "
		   "an address in it. A\nrow begins with + when applying "
		   "starts the partner's run, and with - when it ends it.\n"
		   "The plan that --out or --json writes is of one campaign, "
		   "which is to be named where\nthere are several.",
	.examples =
	    (const struct command_example[]){
		{ "guidon plan", "of every campaign of the workspace" },
		{ "guidon plan spring-launch -o spring.plan",
		  "and keep it, to be reviewed and applied" },
		{ "guidon plan spring-launch --rows", "every partner" },
		{ 0 } },
	.operands = "[CAMPAIGN]",
	.operands_max = 1,
	.options =
	    (const struct command_option[]){
		{ .name = "out",
		  .letter = 'o',
		  .value = "FILE",
		  .help = "write the plan into this file" },
		{ .name = "rows",
		  .help = "all partners, with sender and reasons" },
		{ .name = "detailed-exitcode",
		  .help = "exit 2 when applying would change something" },
		{ 0 } },
	.run = run,
};
