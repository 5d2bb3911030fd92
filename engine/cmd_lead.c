/*
 * guidon lead: who asked to be contacted.
 *
 * A lead is shown by its id as encode_id() writes it. The id alone does not
 * say whose it is, so the partners are asked one after another, as for a
 * delivery (cmd_lookup.c).
 */
#include "cmd.h"

#include "base/arena.h"
#include "base/csv.h"
#include "base/encode.h"

#include "lead/lead.h"
#include "partner/partner.h"

enum { LIMIT_DEFAULT = 100, LIMIT_MAX = 1000000 };

/* --partner, --campaign and --limit. */
static int
read_filter(struct app *app, int64_t limit, struct lead_filter *filter,
	    struct error *err)
{
	const char *campaign = app_option(app, "campaign");

	*filter = (struct lead_filter){ .campaign = str_of(campaign) };
	if (app_partner_option(app, -1, &filter->partner_id, err) < 0 ||
	    app_option_int(app, "limit", 1, LIMIT_MAX, &limit, err) < 0)
		return -(int)err->code;
	filter->limit = (int)limit;
	return 0;
}

/* ---- list ---- */

static struct str
name_of(struct app *app, const struct lead *lead)
{
	if (lead->erased)
		return STR("(erased)");
	return str_trim(str_printf(app->arena, "%.*s %.*s",
				   STR_ARG(lead->given_name),
				   STR_ARG(lead->family_name)));
}

static int
add_row(struct app *app, const struct lead *lead, struct error *err)
{
	struct output *out = &app->out;
	struct str slug;

	if (app_slug(app, lead->partner_id, &slug, err) < 0)
		return -(int)err->code;
	out_cell(out, app_id_text(app, lead->id));
	out_cell_time(out, lead->at_ms);
	out_cell(out, slug);
	out_cell(out, lead->campaign);
	out_cell(out, lead->page);
	out_cell(out, app_address(app, lead->address));
	out_cell(out, name_of(app, lead));
	out_cell(out, lead->company);
	return 0;
}

static int
run_list(struct app *app, struct error *err)
{
	static const char *const columns[] = {
		"lead", "at",	   "partner", "campaign",
		"page", "address", "name",    "company",
	};
	struct lead_filter filter;
	struct lead *list;
	int code = 0;
	int count;

	if (read_filter(app, LIMIT_DEFAULT, &filter, err) < 0)
		return -(int)err->code;
	count = lead_list(app->db, app->arena, &filter, &list, err);
	if (count < 0)
		return count;
	out_table_begin(&app->out, NULL, columns, COUNT_OF(columns));
	for (int i = 0; code >= 0 && i < count; i++)
		code = add_row(app, &list[i], err);
	out_table_end(&app->out);
	if (count == filter.limit)
		out_note(&app->out, "the newest %d; --limit N for more", count);
	return code < 0 ? code : CMD_EXIT_OK;
}

/* ---- show ---- */

static int
find_lead(struct app *app, const char *text, struct lead *out,
	  struct error *err)
{
	struct partner *all;
	int64_t id;
	int count;

	if (decode_id(str_of(text), &id, err) < 0)
		return error_set(err, ERROR_INVALID,
				 "\"%s\" is no lead, expected its %d letters "
				 "and digits",
				 text, ENCODE_ID_CHARS);
	count = partner_list(app->db, app->arena, &all, err);
	for (int i = 0; i < count; i++) {
		if (lead_get(app->db, app->arena, all[i].id, id, out, err) >= 0)
			return 0;
		if (err->code != ERROR_NOT_FOUND)
			return -(int)err->code;
	}
	if (count < 0)
		return count;
	return error_set(err, ERROR_NOT_FOUND, "no lead %s", text);
}

static void
print_deliveries(struct app *app, const struct outbox_delivery *list, int count)
{
	static const char *const columns[] = { "delivery", "step", "state",
					       "status" };

	out_table_begin(&app->out, "told", columns, COUNT_OF(columns));
	for (int i = 0; i < count; i++) {
		const struct outbox_id *id = &list[i].id;

		out_cell(
		    &app->out,
		    app_delivery_hex(app, (struct str){ (const char *)id->bytes,
							sizeof(id->bytes) }));
		out_cell(&app->out, list[i].key.step);
		out_cell(&app->out, str_of(outbox_state_name(list[i].state)));
		out_cell(&app->out, list[i].status);
	}
	out_table_end(&app->out);
}

static void
print_lead(struct app *app, const struct lead *lead, struct str slug)
{
	struct output *out = &app->out;

	out_field(out, "lead", app_id_text(app, lead->id));
	out_field_time(out, "at", lead->at_ms);
	out_field(out, "partner", slug);
	out_field(out, "campaign", lead->campaign);
	out_field(out, "activation", app_id_text(app, lead->activation_id));
	out_field(out, "page", lead->page);
	out_field(out, "form", lead->form);
	out_field(out, "came_by", app_delivery_hex(app, lead->delivery));
	out_field_bool(out, "erased", lead->erased);
	out_field(out, "address", lead->address);
	out_field(out, "given_name", lead->given_name);
	out_field(out, "family_name", lead->family_name);
	out_field(out, "company", lead->company);
	out_field(out, "phone", lead->phone);
	out_field(out, "message", lead->message);
	out_field(out, "language", lead->language);
	out_field(out, "consent", lead->consent_text);
	out_field(out, "fields", lead->fields);
}

static int
run_show(struct app *app, struct error *err)
{
	enum { TOLD_MAX = 10 };
	uint8_t bytes[LEAD_SUBJECT_BYTES];
	struct outbox_filter filter = { 0 };
	struct outbox_delivery *told;
	struct lead lead;
	struct str slug;
	int count;

	if (find_lead(app, app_operand(app, 0), &lead, err) < 0 ||
	    app_slug(app, lead.partner_id, &slug, err) < 0)
		return -(int)err->code;
	filter.partner_id = lead.partner_id;
	filter.subject = lead_subject(lead.id, bytes);
	count =
	    outbox_list(app->db, app->arena, &filter, -1, TOLD_MAX, &told, err);
	if (count < 0)
		return count;
	out_object_begin(&app->out);
	print_lead(app, &lead, slug);
	print_deliveries(app, told, count);
	out_object_end(&app->out);
	return CMD_EXIT_OK;
}

/* ---- export ---- */

static int
run_export(struct app *app, struct error *err)
{
	struct buf csv = { 0 };
	struct csv_writer w = { .out = &csv };
	struct lead_filter filter;
	struct lead *list;
	int code = 0;
	int count;

	w.formulas = app_option(app, "formulas") != NULL;
	if (read_filter(app, LIMIT_MAX, &filter, err) < 0)
		return -(int)err->code;
	count = lead_list(app->db, app->arena, &filter, &list, err);
	if (count < 0)
		return count;
	lead_csv_header(&w);
	for (int i = 0; code >= 0 && i < count; i++) {
		struct str slug;

		code = app_slug(app, list[i].partner_id, &slug, err);
		if (code >= 0 && !list[i].erased)
			lead_csv_row(&w, &list[i], slug);
	}
	if (code >= 0)
		out_text(&app->out, "%s", buf_cstr(&csv));
	buf_fini(&csv);
	return code < 0 ? code : CMD_EXIT_OK;
}

/* ---- the table ---- */

#define FILTER_OPTIONS                                                  \
	{ .name = "partner", .value = "P", .help = "of this partner" }, \
	{                                                               \
		.name = "campaign", .value = "CAMPAIGN",                \
		.help = "of this campaign"                              \
	}

static const struct command list = {
	.name = "list",
	.summary = "leads, newest first",
	.examples =
	    (const struct command_example[]){
		{ "guidon lead list", "the newest of all partners" },
		{ "guidon lead list --partner acme --show-addresses",
		  "of one partner, to be called" },
		{ 0 } },
	.options =
	    (const struct command_option[]){
		FILTER_OPTIONS,
		{ .name = "limit",
		  .value = "N",
		  .help = "at most so many (100)" },
		{ .name = "show-addresses", .help = "do not mask addresses" },
		{ 0 } },
	.run = run_list,
};

static const struct command show = {
	.name = "show",
	.summary = "all that one lead said, and who was told of it",
	.examples =
	    (const struct command_example[]){
		{ "guidon lead show 01hzx5k8m2q7r", "by its id in the list" },
		{ 0 } },
	.operands = "LEAD",
	.operands_min = 1,
	.operands_max = 1,
	.run = run_show,
};

static const struct command export = {
	.name = "export",
	.summary = "leads as CSV on stdout",
	.details = "What was erased is left out. A field that a spreadsheet "
		   "would take for a\nformula has a ' before it.",
	.examples =
	    (const struct command_example[]){
		{ "guidon lead export --partner acme > leads.csv",
		  "for the partner's CRM" },
		{ 0 } },
	.options =
	    (const struct command_option[]){
		FILTER_OPTIONS,
		{ .name = "limit", .value = "N", .help = "at most so many" },
		{ .name = "formulas",
		  .help = "without the ', for programs only" },
		{ 0 } },
	.run = run_export,
};

extern const struct command cmd_lead;
const struct command cmd_lead = {
	.name = "lead",
	.summary = "people who asked to be contacted",
	.commands =
	    (const struct command *const[]){ &list, &show, &export, NULL },
};
