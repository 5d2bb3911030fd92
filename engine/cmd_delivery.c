/*
 * guidon delivery: what a person may decide about a delivery. The row and the
 * event that tells of it change in one unit.
 */
#include "cmd.h"

#include <inttypes.h>

#include "base/arena.h"

#include "outbox/outbox.h"
#include "partner/partner.h"

enum { LIMIT_DEFAULT = 100, LIMIT_MAX = 100000, BATCH = 250 };

/* ---- list ---- */

static int
find_state(struct app *app, int *state, struct error *err)
{
	const char *wanted = app_option(app, "state");
	const char *names[OUTBOX_STATE_COUNT];

	*state = -1;
	for (int i = 0; i < OUTBOX_STATE_COUNT; i++) {
		names[i] = outbox_state_name((enum outbox_state)i);
		if (wanted && str_eq_cstr(str_of(wanted), names[i]))
			*state = i;
	}
	if (!wanted || *state >= 0)
		return 0;
	return error_set(
	    err, ERROR_INVALID, "no state %s",
	    cmd_one_of(app->arena, wanted, names, COUNT_OF(names)));
}

static int
add_row(struct app *app, const struct outbox_delivery *d, struct error *err)
{
	struct output *out = &app->out;

	if (app_delivery_cells(app, d, err) < 0)
		return -(int)err->code;
	out_cell(out, d->key.channel);
	out_cell(out, str_of(outbox_state_name(d->state)));
	out_cell_time(out, d->due_ms);
	out_cell(out, d->status);
	return 0;
}

static int
run_list(struct app *app, struct error *err)
{
	static const char *const columns[] = {
		"delivery", "partner", "campaign", "step",
		"channel",  "state",   "due",	   "status",
	};
	struct outbox_filter filter = { 0 };
	struct outbox_delivery *list;
	int64_t limit = LIMIT_DEFAULT;
	int code = 0;
	int count;
	int state;

	if (app_partner_option(app, -1, &filter.partner_id, err) < 0 ||
	    app_option_int(app, "limit", 1, LIMIT_MAX, &limit, err) < 0 ||
	    find_state(app, &state, err) < 0)
		return -(int)err->code;
	count = outbox_list(app->db, app->arena, &filter, state, (int)limit,
			    &list, err);
	if (count < 0)
		return count;
	out_table_begin(&app->out, NULL, columns, COUNT_OF(columns));
	for (int i = 0; code >= 0 && i < count; i++)
		code = add_row(app, &list[i], err);
	out_table_end(&app->out);
	if (count == limit)
		out_note(&app->out, "the first %d; --limit N for more", count);
	return code < 0 ? code : CMD_EXIT_OK;
}

/* ---- resolve, unhold ---- */

struct decision {
	const struct outbox_delivery *delivery;
	enum outbox_state to;
	struct str words;
	int64_t now_ms;
	int (*decide)(struct db *db, const struct outbox_id *id,
		      enum outbox_state to, struct str words, int64_t now_ms,
		      struct error *err);
};

static enum event_kind
kind_of(enum outbox_state to)
{
	if (to == OUTBOX_SENT)
		return EVENT_SENT;
	return to == OUTBOX_READY ? EVENT_RELEASED : EVENT_CANCELLED;
}

static int
decide_unit(struct db *db, void *arg, struct error *err)
{
	const struct decision *d = arg;
	const struct app_fact fact = {
		.kind = kind_of(d->to),
		.at_ms = d->now_ms,
		.delivery = d->delivery,
		.name = "status",
		.value = d->words,
	};
	int changed =
	    d->decide(db, &d->delivery->id, d->to, d->words, d->now_ms, err);

	if (changed > 0 && app_journal(db, &fact, err) < 0)
		return -(int)err->code;
	return changed;
}

static int
decide(struct app *app, struct decision *d, enum outbox_state from,
       struct error *err)
{
	const char *hex = app_operand(app, 0);
	const char *words = app_option(app, "reason");
	struct outbox_delivery delivery;
	int changed;

	if (app_delivery(app, hex, &delivery, err) < 0)
		return -(int)err->code;
	d->delivery = &delivery;
	d->words = words ? str_of(words) : STR("decided by an operator");
	d->now_ms = app_now_ms(app);
	changed = db_commit(app->store, decide_unit, d, err);
	if (changed == 0)
		return error_set(
		    err, ERROR_INVALID, "delivery %s is %s, expected %s", hex,
		    outbox_state_name(delivery.state), outbox_state_name(from));
	if (changed < 0)
		return changed;
	out_note(&app->out, "%s: %s", hex, outbox_state_name(d->to));
	return CMD_EXIT_OK;
}

/* Exactly one of two flags. */
static int
choose(struct app *app, const char *one, const char *other, struct error *err)
{
	bool first = app_option(app, one) != NULL;

	if (first != (app_option(app, other) != NULL))
		return first;
	return error_set(err, ERROR_INVALID, "expected one of --%s and --%s",
			 one, other);
}

static int
run_resolve(struct app *app, struct error *err)
{
	struct decision d = { .decide = outbox_resolve };
	int sent = choose(app, "sent", "ready", err);

	if (sent < 0)
		return cmd_usage(app, err);
	d.to = sent ? OUTBOX_SENT : OUTBOX_READY;
	return decide(app, &d, OUTBOX_INDOUBT, err);
}

/* Some of those that are overdue, each with its event: the count. */
static int
free_overdue_unit(struct db *db, void *arg, struct error *err)
{
	const struct outbox_release *how = arg;
	struct arena *a = arena_new();
	struct outbox_delivery *rows;
	int count = outbox_unhold_all(db, a, how, &rows, err);

	for (int i = 0; i < count; i++) {
		const struct app_fact fact = {
			.kind = kind_of(how->to),
			.at_ms = how->now_ms,
			.delivery = &rows[i],
			.name = "status",
			.value = how->reason,
		};

		if (app_journal(db, &fact, err) < 0) {
			count = -(int)err->code;
			break;
		}
	}
	arena_free(&a);
	return count;
}

static int
unhold_overdue(struct app *app, enum outbox_state to, struct error *err)
{
	const char *words = app_option(app, "reason");
	struct outbox_release how = {
		.status = str_of(outbox_overdue),
		.to = to,
		.reason = words ? str_of(words) : STR("decided by an operator"),
		.limit = BATCH,
		.now_ms = app_now_ms(app),
	};
	int64_t sum = 0;
	int count;

	if (app_partner_option(app, -1, &how.partner_id, err) < 0)
		return -(int)err->code;
	while ((count = db_commit(app->store, free_overdue_unit, &how, err)) >
	       0)
		sum += count;
	if (count < 0)
		return count;
	out_note(&app->out, "%" PRId64 " overdue: %s", sum,
		 outbox_state_name(to));
	return CMD_EXIT_OK;
}

static int
run_unhold(struct app *app, struct error *err)
{
	struct decision d = { .decide = outbox_unhold };
	bool overdue = app_option(app, "overdue") != NULL;
	int ready = choose(app, "ready", "cancel", err);

	if (ready < 0)
		return cmd_usage(app, err);
	if (overdue == (app_operand(app, 0) != NULL) ||
	    (!overdue && app_option(app, "partner"))) {
		error_set(err, ERROR_INVALID,
			  "expected a DELIVERY, or --overdue, of all partners "
			  "or with --partner P");
		return cmd_usage(app, err);
	}
	d.to = ready ? OUTBOX_READY : OUTBOX_CANCELLED;
	return overdue ? unhold_overdue(app, d.to, err)
		       : decide(app, &d, OUTBOX_HELD, err);
}

/* ---- the table ---- */

static const struct command list = {
	.name = "list",
	.summary = "deliveries, by partner and due time",
	.examples =
	    (const struct command_example[]){
		{ "guidon delivery list --state in-doubt",
		  "of which nobody knows whether they arrived" },
		{ "guidon delivery list --partner acme --limit 1000",
		  "of one partner" },
		{ 0 } },
	.options =
	    (const struct command_option[]){
		{ .name = "partner", .value = "P", .help = "of this partner" },
		{ .name = "state",
		  .value = "STATE",
		  .help = "in this state, as \"guidon status\" calls it" },
		{ .name = "limit",
		  .value = "N",
		  .help = "at most so many (100)" },
		{ 0 } },
	.run = run_list,
};

static const struct command resolve = {
	.name = "resolve",
	.summary = "say what became of a delivery in doubt",
	.details = "--ready lets it be sent once more: if the first did "
		   "arrive after all, the\nperson has it twice. Look at the "
		   "receiver's log before; \"guidon resolve\" reads\nthat of "
		   "Postfix for you.",
	.examples =
	    (const struct command_example[]){
		{ "guidon delivery resolve 5f0c62a1b7d94e38a6f1c2d3e4b5a697 "
		  "--sent --reason \"in the relay's log\"",
		  "it arrived" },
		{ 0 } },
	.operands = "DELIVERY",
	.operands_min = 1,
	.operands_max = 1,
	.options =
	    (const struct command_option[]){
		{ .name = "sent", .help = "it arrived" },
		{ .name = "ready", .help = "it did not: send it again" },
		{ .name = "reason", .value = "TEXT", .help = "how one knows" },
		{ 0 } },
	.run = run_resolve,
};

static const struct command unhold = {
	.name = "unhold",
	.summary = "let a delivery go that waits for a decision",
	.details = "What is overdue, later than its max-lateness after a pause "
		   "or down time, is decided\non one by one or, with "
		   "--overdue, all at once.",
	.examples =
	    (const struct command_example[]){
		{ "guidon delivery unhold 5f0c62a1b7d94e38a6f1c2d3e4b5a697 "
		  "--ready",
		  "send it as it is made now" },
		{ "guidon delivery unhold --overdue --cancel --partner acme",
		  "it is too late for all of these" },
		{ 0 } },
	.operands = "[DELIVERY]",
	.operands_max = 1,
	.options =
	    (const struct command_option[]){
		{ .name = "ready", .help = "send it" },
		{ .name = "cancel", .help = "never send it" },
		{ .name = "overdue", .help = "all that is held as overdue" },
		{ .name = "partner",
		  .value = "P",
		  .help = "with --overdue: of this partner" },
		{ .name = "reason", .value = "TEXT", .help = "why" },
		{ 0 } },
	.run = run_unhold,
};

extern const struct command cmd_delivery;
const struct command cmd_delivery = {
	.name = "delivery",
	.summary = "single messages, and decisions about them",
	.commands =
	    (const struct command *const[]){ &list, &resolve, &unhold, NULL },
};
