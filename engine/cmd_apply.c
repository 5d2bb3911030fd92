/*
 * guidon apply: what was planned and reviewed becomes so. The plan is made
 * again from the files as they lie there now, and what it would do beyond the
 * reviewed one refuses.
 */
#include "cmd.h"

#include "base/arena.h"
#include "base/encode.h"
#include "campaign/campaign.h"
#include "cmd_file.h"
#include "cmd_git.h"
#include "cmd_plan.h"
#include "cmd_progress.h"
#include "cmd_rules.h"
#include "cmd_who.h"
#include "cmd_workspace.h"
#include "plan/plan.h"
#include "render/render_kit.h"

enum { PLAN_BYTES_MAX = 8 << 20, ONLY_MAX = 1000, SHORT_BYTES = 6 };

static size_t
split_only(struct app *app, struct str *slugs)
{
	const char *given = app_option(app, "only");
	struct str rest = given ? str_of(given) : STR("");
	size_t count = 0;

	while (rest.len > 0 && count < ONLY_MAX) {
		ptrdiff_t comma = str_find_char(rest, ',');
		size_t end = comma < 0 ? rest.len : (size_t)comma;

		slugs[count++] = str_trim(str_slice(rest, 0, end));
		rest = str_slice(rest, comma < 0 ? end : end + 1, rest.len);
	}
	return count;
}

static bool
has(const char *const *names, size_t count, struct str name)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq_cstr(name, names[i]))
			return true;
	return false;
}

/* INVALID, with the nearest, at the first that is not in the plan. */
static int
check_only(struct app *app, const struct plan_apply *in, struct error *err)
{
	size_t count = in->reviewed->partner_count;
	const char **names = ARENA_ARRAY(app->arena, count + 1, const char *);

	for (size_t i = 0; i < count; i++)
		names[i] = str_cstr(app->arena, in->reviewed->partners[i].slug);
	for (size_t i = 0; i < in->only_count; i++)
		if (!has(names, count, in->only[i]))
			return error_set(
			    err, ERROR_INVALID,
			    "--only: the plan has no partner %s",
			    cmd_nearest(app->arena,
					str_cstr(app->arena, in->only[i]),
					names, count));
	return 0;
}

static void
show(void *arg, int64_t done, int64_t total)
{
	progress_show(arg, done, total);
}

static void
say_result(struct app *app, const struct plan_apply *in,
	   const struct plan_result *result)
{
	struct output *out = &app->out;
	struct buf hex = { 0 };

	encode_hex(&hex, str_slice(in->reviewed->revision, 0, SHORT_BYTES));
	out_what_was_done(out);
	out_object_begin(out);
	out_field(out, "campaign", in->reviewed->campaign);
	out_field(out, "revision", buf_view(&hex));
	out_field_bool(out, "newly_published", result->published);
	out_field_int(out, "changed_partners", result->partners);
	out_field_int(out, "new_activations", result->activations);
	out_field_int(out, "updated_activations", result->updated);
	out_field_int(out, "ended_activations", result->ended);
	out_field_int(out, "new_deliveries", result->deliveries);
	out_object_end(out);
	buf_fini(&hex);
}

static int
apply(struct app *app, struct plan_apply *in, struct error *err)
{
	struct progress progress;
	struct plan_result result;
	int code;

	progress_begin(&progress, &app->out, "applying");
	in->progress = show;
	in->progress_arg = &progress;
	code = plan_apply(in, &result, err);
	progress_end(&progress);
	if (code < 0 || rules_keep(app, err) < 0)
		return -(int)err->code;
	say_result(app, in, &result);
	if (in->campaign->start != CAMPAIGN_AUTOMATIC)
		out_note(&app->out,
			 "a partner's run begins with: guidon start %.*s "
			 "--partner P",
			 STR_ARG(in->campaign->id));
	return CMD_EXIT_OK;
}

static int
apply_work(struct app *app, const struct work *work, void *arg,
	   struct error *err)
{
	const struct plan *reviewed = arg;
	struct str only[ONLY_MAX];
	struct git_state git = git_state_of(app->arena, app->workspace);
	struct plan_apply in = {
		.store = app->store,
		.files = work->files,
		.campaign = render_kit_campaign(work->kit),
		.reviewed = reviewed,
		.only = only,
		.only_count = split_only(app, only),
		.git_commit = git.commit,
		.git_dirty = git.dirty,
		.who = who_of(app),
		.now_ms = app_now_ms(app),
	};
	struct partner_rows partners;
	struct plan *current;

	if (check_only(app, &in, err) < 0 ||
	    work_partners(&partners, app, err) < 0 ||
	    plan_of(app, work, &partners, &current, err) < 0)
		return -(int)err->code;
	in.current = current;
	in.rows = partners.items;
	in.row_count = partners.count;
	return apply(app, &in, err);
}

static int
read_plan(struct app *app, const char *path, struct plan **plan,
	  struct error *err)
{
	struct str bytes;

	if (file_get(path, app->arena, PLAN_BYTES_MAX, &bytes, err) < 0)
		return -(int)err->code;
	if (plan_read(bytes, app->arena, plan, err) < 0)
		return error_context(err, "%s", path);
	return 0;
}

/* What was wrong with the file, and where a right one comes from. */
static int
need_plan(const char *path, struct error *err)
{
	const struct error found = *err;

	return error_set(err, found.code, "%s; guidon plan -o %s makes one",
			 found.text, path);
}

static int
run(struct app *app, struct error *err)
{
	const char *path = app_operand(app, 0);
	struct plan *reviewed;
	int code;

	if (read_plan(app, path, &reviewed, err) < 0)
		return need_plan(path, err);
	code = work_on(app, reviewed->campaign, apply_work, reviewed, err);
	if (code == CMD_EXIT_OK && app_keep_time(app, err) < 0)
		code = -(int)err->code;
	return code;
}

extern const struct command cmd_apply;
const struct command cmd_apply = {
	.name = "apply",
	.summary = "publish what was planned, and put its first deliveries",
	.details =
	    "What would go beyond the plan (other content, more partners, more "
	    "mails for a\npartner) refuses and names what moved. Applying "
	    "again changes nothing. Contacts who\ncome afterwards, beyond "
	    "that many mails, wait for a new plan.\nChanged partners are "
	    "those whose line in partners.csv the store had not, or not "
	    "so,\nin the audience or not; an activation is a partner's run "
	    "of the campaign, and is\nupdated when it goes on with the new "
	    "revision.",
	.examples =
	    (const struct command_example[]){
		{ "guidon apply spring.plan", "all of it" },
		{ "guidon apply spring.plan --only acme,cordage",
		  "a pilot; the others later, nobody twice" },
		{ 0 } },
	.operands = "FILE",
	.operands_min = 1,
	.operands_max = 1,
	.options =
	    (const struct command_option[]){ { .name = "only",
					       .value = "P1,P2",
					       .help = "these partners alone" },
					     WHO_OPTION("publishes"),
					     { 0 } },
	.run = run,
};
