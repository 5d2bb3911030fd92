/*
 * guidon contact: the people on the partners' lists.
 *
 * Who opts out or is erased is told to the deliveries that wait, too: they are
 * cancelled here, with their events. The gate would cancel each when it comes
 * due; but then `status` would call them planned until then. An opt-out that
 * goes beyond one partner commits first and cancels afterwards, partner by
 * partner: it counts from its own commit on, and no unit grows with the number
 * of partners.
 */
#include "cmd_contact.h"

#include "base/arena.h"

#include "dispatch/dispatch.h"
#include "lead/lead.h"
#include "outbox/outbox.h"
#include "partner/partner.h"

enum { PAGE_ROWS = 500, LIST_MAX = 1000000, DELIVERIES_MAX = 10000 };

static const char *const consents[] = {
	[CONSENT_NONE] = "none",
	[CONSENT_GIVEN] = "given",
	[CONSENT_WITHDRAWN] = "withdrawn",
};

/* A person of one partner, and what is to be done. */
struct act {
	int64_t partner_id;
	struct person_hash person;
	struct str reason;
	enum suppression_scope scope;
	int64_t now_ms;
	struct arena *arena;
	struct arena_mark mark;
};

/* Of the first operand and --partner. */
static int
read_act(struct app *app, struct act *act, struct error *err)
{
	*act = (struct act){ .now_ms = app_now_ms(app), .arena = app->arena };
	if (app_partner_option(app, PARTNER_VENDOR, &act->partner_id, err) <
		0 ||
	    app_person(app, app_operand(app, 0), &act->person, err) < 0)
		return -(int)err->code;
	act->mark = arena_mark(app->arena);
	return 0;
}

static int
not_on_list(struct app *app, struct error *err)
{
	return error_set(err, ERROR_NOT_FOUND,
			 "nobody with this address is on the list of %s",
			 app_option(app, "partner"));
}

/* ---- list, show ---- */

static void
add_row(struct app *app, const struct contact *c)
{
	struct output *out = &app->out;

	out_cell(out, app_address(app, c->address));
	out_cell(out, str_of(consents[c->consent]));
	out_cell(out, c->consent_basis);
	out_cell_time(out, c->consent_ms);
	out_cell(out, c->language);
	out_cell(out, c->time_zone);
	out_cell(out, c->tags);
}

static int
add_pages(struct app *app, int64_t partner_id, int64_t limit, struct error *err)
{
	struct arena_mark mark = arena_mark(app->arena);
	int64_t after = -1;
	int wanted;
	int count;

	do {
		struct contact *page;

		wanted = limit < PAGE_ROWS ? (int)limit : PAGE_ROWS;
		count = contact_list(app->db, app->arena, partner_id, after,
				     wanted, &page, err);
		for (int i = 0; i < count; i++)
			add_row(app, &page[i]);
		if (count > 0)
			after = page[count - 1].id;
		limit -= count > 0 ? count : 0;
		arena_rewind(app->arena, mark);
	} while (count == wanted && limit > 0);
	return count < 0 ? count : CMD_EXIT_OK;
}

static int
run_list(struct app *app, struct error *err)
{
	static const char *const columns[] = {
		"address",  "consent",	 "basis", "since",
		"language", "time_zone", "tags",
	};
	int64_t limit = LIST_MAX;
	int64_t partner_id;
	int code;

	if (app_partner_option(app, PARTNER_VENDOR, &partner_id, err) < 0 ||
	    app_option_int(app, "limit", 1, LIST_MAX, &limit, err) < 0)
		return -(int)err->code;
	out_table_begin(&app->out, NULL, columns, COUNT_OF(columns));
	code = add_pages(app, partner_id, limit, err);
	out_table_end(&app->out);
	return code;
}

static struct str
place_of(const struct contact *c)
{
	if (c->address.len == 0)
		return STR("erased");
	return c->deleted ? STR("deleted") : STR("on the list");
}

static int
run_show(struct app *app, struct error *err)
{
	struct output *out = &app->out;
	struct contact c;
	struct act act;
	int got;

	if (read_act(app, &act, err) < 0)
		return -(int)err->code;
	got = contact_find(app->db, app->arena, act.partner_id, &act.person, &c,
			   err);
	if (got <= 0)
		return got < 0 ? got : not_on_list(app, err);
	out_object_begin(out);
	out_field(out, "address", c.address);
	out_field(out, "place", place_of(&c));
	out_field(out, "given_name", c.given_name);
	out_field(out, "family_name", c.family_name);
	out_field(out, "company", c.company);
	out_field(out, "phone", c.phone);
	out_field(out, "language", c.language);
	out_field(out, "country", c.country);
	out_field(out, "time_zone", c.time_zone);
	out_field(out, "tags", c.tags);
	out_field(out, "attributes", c.attributes);
	out_field(out, "consent", str_of(consents[c.consent]));
	out_field(out, "consent_basis", c.consent_basis);
	out_field(out, "consent_source", c.consent_source);
	out_field_time(out, "consent_date", c.consent_ms);
	out_object_end(out);
	return CMD_EXIT_OK;
}

/* ---- what waits for a person ---- */

/* Inside a unit, under the person's lock. Returns the number cancelled. */
static int
cancel_waiting(struct db *db, const struct act *act, struct error *err)
{
	const struct outbox_filter filter = {
		.partner_id = act->partner_id,
		.subject = person_hash_view(&act->person),
	};

	return (int)dispatch_cancel(db, &filter, act->reason, act->now_ms, err);
}

static int
cancel_unit(struct db *db, void *arg, struct error *err)
{
	struct act *act = arg;

	arena_rewind(act->arena, act->mark);
	if (partner_lock_person(db, act->partner_id, &act->person, err) < 0)
		return -(int)err->code;
	return cancel_waiting(db, act, err);
}

/* ---- delete ---- */

static int
delete_unit(struct db *db, void *arg, struct error *err)
{
	const struct act *act = arg;

	return contact_delete(db, act->partner_id, &act->person, act->now_ms,
			      err);
}

static int
run_delete(struct app *app, struct error *err)
{
	struct act act;
	int changed;

	if (read_act(app, &act, err) < 0)
		return -(int)err->code;
	changed = db_commit(app->store, delete_unit, &act, err);
	if (changed <= 0)
		return changed < 0 ? changed : not_on_list(app, err);
	out_note(&app->out, "deleted");
	return CMD_EXIT_OK;
}

/* ---- erase: the contact, and the leads of whoever is on no list ---- */

/* What the journal says about one delivery beyond the bare fact. */
static int
erase_events(struct db *db, struct arena *a, const struct outbox_delivery *d,
	     struct error *err)
{
	const struct event_filter filter = {
		.partner_id = d->key.partner_id,
		.activation_id = d->key.activation_id,
		.delivery = { (const char *)d->id.bytes, sizeof(d->id.bytes) },
		.limit = DELIVERIES_MAX,
	};
	struct event_row *rows;
	int count = event_list(db, a, &filter, &rows, err);

	for (int i = 0; i < count; i++)
		if (event_erase(db, rows[i].lane, rows[i].seq, err) < 0)
			return -(int)err->code;
	return count;
}

static int
erase_history(struct db *db, const struct act *act, struct error *err)
{
	const struct outbox_filter filter = {
		.partner_id = act->partner_id,
		.subject = person_hash_view(&act->person),
	};
	struct outbox_delivery *list;
	int count = outbox_list(db, act->arena, &filter, -1, DELIVERIES_MAX,
				&list, err);

	for (int i = 0; i < count; i++)
		if (erase_events(db, act->arena, &list[i], err) < 0)
			return -(int)err->code;
	return count;
}

static int
erase_unit(struct db *db, void *arg, struct error *err)
{
	struct act *act = arg;
	const struct app_fact fact = {
		.kind = EVENT_ERASED,
		.at_ms = act->now_ms,
		.partner_id = act->partner_id,
	};
	int erased;
	int leads;

	arena_rewind(act->arena, act->mark);
	if (partner_lock_person(db, act->partner_id, &act->person, err) < 0)
		return -(int)err->code;
	erased =
	    contact_erase(db, act->partner_id, &act->person, act->now_ms, err);
	if (erased < 0)
		return erased;
	leads = lead_erase(db, act->partner_id, &act->person, act->now_ms, err);
	if (leads < 0 || erased + leads == 0)
		return leads;
	if (cancel_waiting(db, act, err) < 0 ||
	    erase_history(db, act, err) < 0 || app_journal(db, &fact, err) < 0)
		return -(int)err->code;
	return 1;
}

static int
run_erase(struct app *app, struct error *err)
{
	struct act act;
	int changed;

	if (read_act(app, &act, err) < 0)
		return -(int)err->code;
	act.reason = STR("erased");
	changed = db_commit(app->store, erase_unit, &act, err);
	if (changed <= 0)
		return changed < 0 ? changed : not_on_list(app, err);
	out_note(&app->out, "erased; opt-outs are kept");
	return CMD_EXIT_OK;
}

/* ---- suppress ---- */

static const char *const scopes[] = {
#define SCOPE_NAME(name, text) [SUPPRESSION_##name] = (text),
	SUPPRESSION_SCOPES(SCOPE_NAME)
#undef SCOPE_NAME
};

static int
find_scope(struct app *app, enum suppression_scope *scope, struct error *err)
{
	const char *wanted = app_option(app, "scope");

	*scope = SUPPRESSION_PARTNER;
	if (!wanted)
		return 0;
	for (size_t i = 0; i < COUNT_OF(scopes); i++)
		if (str_eq_cstr(str_of(wanted), scopes[i])) {
			*scope = (enum suppression_scope)i;
			return 0;
		}
	return error_set(
	    err, ERROR_INVALID, "--scope %s",
	    cmd_one_of(app->arena, wanted, scopes, COUNT_OF(scopes)));
}

/* Returns 1 when the opt-out is new. */
static int
suppress_unit(struct db *db, void *arg, struct error *err)
{
	struct act *act = arg;
	const struct app_fact fact = {
		.kind = EVENT_UNSUBSCRIBED,
		.at_ms = act->now_ms,
		.partner_id = act->partner_id,
		.name = "reason",
		.value = act->reason,
	};
	int fresh =
	    partner_suppress(db, act->scope, act->partner_id, &act->person,
			     act->reason, act->now_ms, err);

	if (fresh > 0 && app_journal(db, &fact, err) < 0)
		return -(int)err->code;
	return fresh;
}

/* What waits is told, at one partner or at all. Returns how many. */
static int64_t
cancel_everywhere(struct app *app, struct act *act, struct error *err)
{
	struct partner *all;
	int64_t sum = 0;
	int count;

	if (act->scope == SUPPRESSION_PARTNER)
		return db_commit(app->store, cancel_unit, act, err);
	count = partner_list(app->db, app->arena, &all, err);
	act->mark = arena_mark(app->arena);
	for (int i = 0; i < count; i++) {
		int cancelled;

		act->partner_id = all[i].id;
		cancelled = db_commit(app->store, cancel_unit, act, err);
		if (cancelled < 0)
			return cancelled;
		sum += cancelled;
	}
	return count < 0 ? count : sum;
}

static int
run_suppress(struct app *app, struct error *err)
{
	const char *reason = app_option(app, "reason");
	enum suppression_scope scope;
	int64_t cancelled;
	struct act act;
	int fresh;

	if (find_scope(app, &scope, err) < 0 || read_act(app, &act, err) < 0)
		return -(int)err->code;
	if ((scope == SUPPRESSION_PARTNER) != (act.partner_id != 0)) {
		(void)error_set(err, ERROR_INVALID,
				scope == SUPPRESSION_PARTNER
				    ? "--partner P is missing"
				    : "--partner does not go with this scope");
		return cmd_usage(app, err);
	}
	act.scope = scope;
	act.reason = reason ? str_of(reason) : STR("asked to");
	fresh = db_commit(app->store, suppress_unit, &act, err);
	cancelled = fresh < 0 ? fresh : cancel_everywhere(app, &act, err);
	if (cancelled < 0)
		return -(int)err->code;
	out_note(&app->out,
		 "suppressed (%s)%s; %lld waiting message%s cancelled",
		 scopes[scope], fresh ? "" : ", as before",
		 (long long)cancelled, cancelled == 1 ? "" : "s");
	return CMD_EXIT_OK;
}

/* ---- the table ---- */

static const struct command list = {
	.name = "list",
	.summary = "who is on a partner's list",
	.details = "Addresses are masked unless asked for.",
	.examples =
	    (const struct command_example[]){
		{ "guidon contact list --partner acme", "a line for each" },
		{ 0 } },
	.options =
	    (const struct command_option[]){
		CMD_PARTNER_OPTION,
		{ .name = "limit", .value = "N", .help = "at most so many" },
		{ .name = "show-addresses", .help = "addresses in full" },
		{ 0 } },
	.run = run_list,
};

static const struct command show = {
	.name = "show",
	.summary = "what is stored of one person",
	.examples =
	    (const struct command_example[]){
		{ "guidon contact show jane@example.com --partner acme",
		  "for somebody who asks what is known of them" },
		{ 0 } },
	.operands = "ADDRESS",
	.operands_min = 1,
	.operands_max = 1,
	.options = (const struct command_option[]){ CMD_PARTNER_OPTION, { 0 } },
	.run = run_show,
};

static const struct command delete_ = {
	.name = "delete",
	.summary = "take a person off a partner's list",
	.details = "An import may bring the person back.",
	.examples =
	    (const struct command_example[]){
		{ "guidon contact delete jane@example.com --partner acme",
		  "no longer on the list" },
		{ 0 } },
	.operands = "ADDRESS",
	.operands_min = 1,
	.operands_max = 1,
	.options = (const struct command_option[]){ CMD_PARTNER_OPTION, { 0 } },
	.run = run_delete,
};

static const struct command erase = {
	.name = "erase",
	.summary = "overwrite everything personal of a person",
	.details = "For good. A keyed hash and opt-outs stay, so that nobody "
		   "is mailed again for\nhaving been imported again; what "
		   "waits is cancelled. The person's leads\nwith this "
		   "partner are erased too. An import brings the person back "
		   "only with\na consent, its basis and a consent_date after "
		   "the erasure.",
	.examples =
	    (const struct command_example[]){
		{ "guidon contact erase jane@example.com --partner acme",
		  "as the person asked" },
		{ 0 } },
	.operands = "ADDRESS",
	.operands_min = 1,
	.operands_max = 1,
	.options = (const struct command_option[]){ CMD_PARTNER_OPTION, { 0 } },
	.run = run_erase,
};

static const struct command suppress = {
	.name = "suppress",
	.summary = "never mail this address again",
	.details = "Scopes: partner (this partner's mail), vendor (any "
		   "partner's, in the vendor's\nname), global (none at all: "
		   "complaints, law). The address need not be on a list.",
	.examples =
	    (const struct command_example[]){
		{ "guidon contact suppress jane@example.com --partner acme",
		  "no more mail of this partner" },
		{ "guidon contact suppress jane@example.com --scope global "
		  "--reason complaint",
		  "no more mail at all" },
		{ 0 } },
	.operands = "ADDRESS",
	.operands_min = 1,
	.operands_max = 1,
	.options =
	    (const struct command_option[]){
		{ .name = "partner", .value = "P", .help = "whose mail" },
		{ .name = "scope",
		  .value = "SCOPE",
		  .help = "partner (unless said), vendor or global" },
		{ .name = "reason", .value = "TEXT", .help = "why" },
		{ 0 } },
	.run = run_suppress,
};

extern const struct command cmd_contact;
const struct command cmd_contact = {
	.name = "contact",
	.summary = "the people on the partners' lists",
	.commands =
	    (const struct command *const[]){ &cmd_contact_import, &list, &show,
					     &cmd_contact_export, &delete_,
					     &erase, &suppress, NULL },
};
