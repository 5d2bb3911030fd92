/*
 * guidon pause, guidon resume: a pause counts from the next marker on. It is a
 * row of its own for each (campaign, partner), so what was paused twice, for
 * the campaign and for the partner, is resumed twice.
 */
#include "cmd.h"

#include "partner/partner.h"

struct change {
	enum event_kind kind;
	struct str campaign; /* empty: all */
	int64_t partner_id;  /* 0: all */
	int64_t now_ms;
};

static int
change_unit(struct db *db, void *arg, struct error *err)
{
	const struct change *c = arg;
	const struct app_fact fact = {
		.kind = c->kind,
		.at_ms = c->now_ms,
		.partner_id = c->partner_id,
		.name = c->campaign.len ? "campaign" : NULL,
		.value = c->campaign,
	};
	int changed =
	    c->kind == EVENT_PAUSED
		? partner_pause(db, c->campaign, c->partner_id, c->now_ms, err)
		: partner_resume(db, c->campaign, c->partner_id, err);

	if (changed > 0 && app_journal(db, &fact, err) < 0)
		return -(int)err->code;
	return changed;
}

static int
change(struct app *app, enum event_kind kind, struct error *err)
{
	const char *partner = app_option(app, "partner");
	struct change c = {
		.kind = kind,
		.campaign = str_of(app_operand(app, 0)),
		.now_ms = app_now_ms(app),
	};
	int changed;

	if (app_partner_option(app, PARTNER_VENDOR, &c.partner_id, err) < 0)
		return -(int)err->code;
	changed = db_commit(app->store, change_unit, &c, err);
	if (changed < 0)
		return changed;
	out_note(&app->out, "%s%s of %s: %s%s",
		 c.campaign.len ? "campaign " : "all campaigns",
		 c.campaign.len ? c.campaign.p : "",
		 partner ? partner : "all partners", event_kind_name(kind),
		 changed ? "" : " already");
	return CMD_EXIT_OK;
}

static int
run_pause(struct app *app, struct error *err)
{
	return change(app, EVENT_PAUSED, err);
}

static int
run_resume(struct app *app, struct error *err)
{
	return change(app, EVENT_RESUMED, err);
}

static const struct command_option options[] = {
	{ .name = "partner", .value = "P", .help = "of this partner alone" },
	{ 0 },
};

extern const struct command cmd_pause;
const struct command cmd_pause = {
	.name = "pause",
	.summary = "hold back what was not handed over yet",
	.details = "What is paused waits; it is not cancelled. A pause counts "
		   "from the next\nmessage on, also while a sender runs.",
	.examples =
	    (const struct command_example[]){
		{ "guidon pause", "everything, at once" },
		{ "guidon pause spring", "one campaign, of all partners" },
		{ "guidon pause spring --partner acme", "of one partner" },
		{ 0 } },
	.operands = "[CAMPAIGN]",
	.operands_max = 1,
	.options = options,
	.run = run_pause,
};

extern const struct command cmd_resume;
const struct command cmd_resume = {
	.name = "resume",
	.summary = "take back a pause",
	.details = "It takes the same words as the pause it takes back.",
	.examples =
	    (const struct command_example[]){
		{ "guidon resume spring --partner acme",
		  "what \"guidon pause spring --partner acme\" held back" },
		{ 0 } },
	.operands = "[CAMPAIGN]",
	.operands_max = 1,
	.options = options,
	.run = run_resume,
};
