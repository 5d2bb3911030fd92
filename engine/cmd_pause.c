/*
 * guidon pause, guidon resume: a pause counts from the next marker on. It is a
 * row of its own for each (campaign, partner), so what was paused twice, for
 * the campaign and for the partner, is resumed twice. Whoever takes back one of
 * them is told of the others, or "resumed" would read as "it runs".
 */
#include "cmd.h"

#include "base/arena.h"
#include "dispatch/dispatch_watch.h"
#include "outbox/outbox_queue.h"
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

/* "campaign spring of all partners" */
static const char *
whose(struct app *app, struct str campaign, struct str partner)
{
	return arena_printf(
	    app->arena, "%s%.*s of %.*s",
	    campaign.len ? "campaign " : "all campaigns", STR_ARG(campaign),
	    STR_ARG(partner.len ? partner : STR("all partners")));
}

static int
change(struct app *app, struct change *c, const char *unchanged,
       struct error *err)
{
	const char *partner = app_option(app, "partner");
	int changed = db_commit(app->store, change_unit, c, err);

	if (changed < 0)
		return changed;
	out_note(&app->out, "%s: %s",
		 whose(app, c->campaign, partner ? str_of(partner) : STR("")),
		 changed ? event_kind_name(c->kind) : unchanged);
	return CMD_EXIT_OK;
}

static int
read_change(struct app *app, enum event_kind kind, struct change *c,
	    struct error *err)
{
	const char *campaign = app_operand(app, 0);

	*c = (struct change){
		.kind = kind,
		.campaign = campaign ? str_of(campaign) : STR(""),
		.now_ms = app_now_ms(app),
	};
	return app_partner_option(app, PARTNER_VENDOR, &c->partner_id, err);
}

static int
run_pause(struct app *app, struct error *err)
{
	struct change c;

	if (read_change(app, EVENT_PAUSED, &c, err) < 0 ||
	    (c.campaign.len > 0 && app_campaign(app, c.campaign, err) < 0))
		return -(int)err->code;
	return change(app, &c, "paused already", err);
}

/* ---- what holds back all the same ---- */

enum { NAMED_MAX = 5 };

/* Whether they have deliveries in common; an empty one is all. */
static bool
meets(struct str one, struct str other)
{
	return one.len == 0 || other.len == 0 || str_eq(one, other);
}

static void
note_pause(struct app *app, const struct pause_row *row)
{
	out_note(&app->out, "%s: still paused; guidon resume%s%.*s%s%.*s",
		 whose(app, row->campaign, row->partner),
		 row->campaign.len ? " " : "", STR_ARG(row->campaign),
		 row->partner.len ? " --partner " : "", STR_ARG(row->partner));
}

static int
note_others(struct app *app, const struct change *c, struct error *err)
{
	const char *partner = app_option(app, "partner");
	struct str slug = partner ? str_of(partner) : STR("");
	struct pause_row *all;
	int count = partner_pauses(app->db, app->arena, &all, err);
	int met = 0;

	for (int i = 0; i < count; i++)
		if (meets(all[i].campaign, c->campaign) &&
		    meets(all[i].partner, slug) && met++ < NAMED_MAX)
			note_pause(app, &all[i]);
	if (met > NAMED_MAX)
		out_note(&app->out, "and %d more; guidon status names them",
			 met - NAMED_MAX);
	return count < 0 ? count : CMD_EXIT_OK;
}

/* What is paused can be resumed, whether there is such a campaign or not. */
static int
check_resumed(struct app *app, const struct change *c, struct error *err)
{
	struct pause_row *all;
	int count = partner_pauses(app->db, app->arena, &all, err);

	if (count < 0)
		return count;
	for (int i = 0; i < count; i++)
		if (str_eq(all[i].campaign, c->campaign))
			return 0;
	return c->campaign.len ? app_campaign(app, c->campaign, err) : 0;
}

/* ---- what was stopped ---- */

struct opening {
	enum outbox_scope scope;
	struct str name; /* empty: the partner */
	int64_t partner_id;
	int64_t now_ms;
};

static int
open_unit(struct db *db, void *arg, struct error *err)
{
	const struct opening *o = arg;
	const struct app_fact fact = {
		.kind = EVENT_RESUMED,
		.at_ms = o->now_ms,
		.partner_id = o->partner_id,
		.name = o->name.len ? outbox_scope_name(o->scope) : NULL,
		.value = o->name,
	};
	int opened =
	    o->name.len
		? outbox_queue_open(db, outbox_queue_id(o->scope, o->name),
				    o->now_ms, err)
		: dispatch_watch_resume(db, o->partner_id, o->now_ms, err);

	if (opened > 0 && app_journal(db, &fact, err) < 0)
		return -(int)err->code;
	return opened;
}

/* The scope whose option is given, if one is. */
static bool
is_opening(struct app *app, struct opening *o)
{
	static const enum outbox_scope scopes[] = { OUTBOX_SCOPE_RELAY,
						    OUTBOX_SCOPE_SENDER,
						    OUTBOX_SCOPE_DOMAIN };

	*o = (struct opening){ .now_ms = app_now_ms(app) };
	for (size_t i = 0; i < COUNT_OF(scopes) && o->name.len == 0; i++) {
		const char *name =
		    app_option(app, outbox_scope_name(scopes[i]));

		o->scope = scopes[i];
		o->name = str_of(name);
	}
	return o->name.len > 0;
}

static int
open_stop(struct app *app, struct opening *o, struct error *err)
{
	int opened = db_commit(app->store, open_unit, o, err);

	if (opened < 0)
		return opened;
	out_note(&app->out, "%s %.*s: %s", outbox_scope_name(o->scope),
		 STR_ARG(o->name), opened ? "resumed" : "was not stopped");
	return CMD_EXIT_OK;
}

/* A partner that was stopped for its bounces goes on as well. */
static int
open_partner(struct app *app, const struct change *c, struct error *err)
{
	struct opening o = { .partner_id = c->partner_id, .now_ms = c->now_ms };
	int opened = 0;

	if (c->partner_id != PARTNER_VENDOR)
		opened = db_commit(app->store, open_unit, &o, err);
	if (opened > 0)
		out_note(&app->out,
			 "%s was stopped for what became of its "
			 "mails: goes on",
			 app_option(app, "partner"));
	return opened;
}

static int
run_resume(struct app *app, struct error *err)
{
	struct opening opening;
	struct change c;

	if (is_opening(app, &opening))
		return open_stop(app, &opening, err);
	if (read_change(app, EVENT_RESUMED, &c, err) < 0 ||
	    check_resumed(app, &c, err) < 0 ||
	    change(app, &c, "was not paused", err) < 0 ||
	    open_partner(app, &c, err) < 0)
		return -(int)err->code;
	return note_others(app, &c, err);
}

static const struct command_option options[] = {
	{ .name = "partner", .value = "P", .help = "of this partner alone" },
	{ 0 },
};

static const struct command_option resume_options[] = {
	{ .name = "partner", .value = "P", .help = "of this partner alone" },
	{ .name = "relay", .value = "HOST:PORT", .help = "a relay" },
	{ .name = "sender",
	  .value = "DOMAIN",
	  .help = "mail from this domain" },
	{ .name = "domain", .value = "DOMAIN", .help = "mail to this domain" },
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
		{ "guidon pause spring-launch",
		  "one campaign, of all partners" },
		{ "guidon pause spring-launch --partner acme",
		  "of one partner" },
		{ 0 } },
	.operands = "[CAMPAIGN]",
	.operands_max = 1,
	.options = options,
	.run = run_pause,
};

extern const struct command cmd_resume;
const struct command cmd_resume = {
	.name = "resume",
	.summary = "take back a pause, or go on after a stop",
	.details =
	    "It takes the same words as the pause it takes back. What "
	    "another pause still\nholds back is said. A partner that was "
	    "stopped for its bounces or complaints goes\non too, and what was "
	    "counted is forgotten. With --relay, --sender or --domain what\n"
	    "\"guidon status\" names as stopped goes on; first mend what its "
	    "reason says.",
	.examples =
	    (const struct command_example[]){
		{ "guidon resume spring-launch --partner acme",
		  "what the same words after \"guidon pause\" held back" },
		{ "guidon resume --sender mail.northwind.example",
		  "mail from this domain, once its DNS is mended" },
		{ 0 } },
	.operands = "[CAMPAIGN]",
	.operands_max = 1,
	.options = resume_options,
	.run = run_resume,
};
