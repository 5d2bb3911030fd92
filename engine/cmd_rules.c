/*
 * The words of guidon.xml become rules of dispatch. The schema has seen to the
 * words, so one that is not known here is a bug.
 */
#include "cmd_rules.h"

#include "base/arena.h"
#include "campaign/campaign.h"
#include "cmd.h"
#include "dispatch/dispatch_rules.h"

static enum outbox_scope
scope_of(struct str name)
{
	for (int i = 0; i < OUTBOX_SCOPE_COUNT; i++)
		if (str_eq_cstr(name, outbox_scope_name((enum outbox_scope)i)))
			return (enum outbox_scope)i;
	check(false);
	return OUTBOX_SCOPE_RELAY;
}

static enum outbox_unit
unit_of(struct str name)
{
	enum outbox_unit unit = OUTBOX_DAY;
	bool known = outbox_unit_find(name, &unit);

	check(known);
	return unit;
}

static struct dispatch_rules
rules_of(struct app *app, const struct campaign_sending *s)
{
	struct dispatch_limit *limits =
	    ARENA_ARRAY(app->arena, s->limit_count, struct dispatch_limit);
	struct dispatch_rules rules = {
		.limits = limits,
		.limit_count = s->limit_count,
		.ramp = {
			.messages = s->ramp_messages,
			.hundredths = s->ramp_hundredths,
			.until = s->ramp_until,
			.names = s->ramp_names,
			.name_count = s->ramp_name_count,
		},
		.canary_messages = s->canary_messages,
		.canary_ms = s->canary_minutes * 60 * 1000,
	};

	for (size_t i = 0; i < s->limit_count; i++)
		limits[i] = (struct dispatch_limit){
			.scope = scope_of(s->limits[i].of),
			.rate = { .messages = s->limits[i].messages,
				  .unit = unit_of(s->limits[i].per) },
			.names = s->limits[i].names,
			.name_count = s->limits[i].name_count,
		};
	if (s->budget_per.len > 0)
		rules.budget = (struct dispatch_budget){
			.bounces = s->bounces,
			.complaints = s->complaints,
			.unit = unit_of(s->budget_per),
			.least = s->budget_least,
		};
	return rules;
}

static int
save_unit(struct db *db, void *arg, struct error *err)
{
	return dispatch_rules_save(db, arg, err);
}

/* 1 read, 0 there is none, < 0 it is wrong. */
static int
read_workspace(struct app *app, const struct campaign_workspace **out,
	       struct error *err)
{
	struct campaign_findings findings;
	struct campaign_files *files;
	struct str bytes;
	int got;

	if (campaign_folder_open(&files, app->workspace, err) < 0)
		return 0;
	campaign_findings_init(&findings, app->arena);
	got = files->read(files, app->arena, STR("guidon.xml"), &bytes, err);
	if (got > 0)
		got = campaign_workspace_load(files, app->arena, &findings, out,
					      err) < 0
			  ? -(int)err->code
			  : 1;
	campaign_files_close(&files);
	if (got > 0 && !*out)
		return error_set(err, ERROR_INVALID, "%zu errors",
				 findings.error_count);
	return got;
}

int
rules_keep(struct app *app, struct error *err)
{
	const struct campaign_workspace *workspace = NULL;
	struct dispatch_rules rules;
	struct error wrong;
	int got;

	if (!app->store)
		return 0;
	got = read_workspace(app, &workspace, &wrong);
	if (got < 0)
		out_note(&app->out,
			 "guidon.xml: %s; limits are those that were applied "
			 "last, guidon check says what is wrong",
			 wrong.text);
	if (got <= 0)
		return 0;
	rules = rules_of(app, &workspace->sending);
	return db_commit(app->store, save_unit, &rules, err) < 0
		   ? -(int)err->code
		   : 0;
}
