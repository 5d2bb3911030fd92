/*
 * guidon report: what became of campaigns, in numbers.
 */
#include "cmd.h"

#include "base/arena.h"

#include "partner/partner.h"
#include "report/report.h"

typedef void report_form_fn(const struct report *reports, size_t count,
			    struct buf *out);

static const char *const format_names[] = { "text", "csv", "json" };
static report_form_fn *const forms[] = { report_text, report_csv, report_json };

static int
find_form(struct app *app, report_form_fn **form, struct error *err)
{
	const char *wanted = app_option(app, "format");

	if (!wanted)
		wanted = app->out.json ? "json" : "text";
	for (size_t i = 0; i < COUNT_OF(forms); i++)
		if (str_eq_cstr(str_of(wanted), format_names[i])) {
			*form = forms[i];
			return 0;
		}
	return error_set(err, ERROR_INVALID, "--format %s",
			 cmd_one_of(app->arena, wanted, format_names,
				    COUNT_OF(format_names)));
}

static const char *
no_campaign(struct app *app, const char *wanted, const struct str *names,
	    int count)
{
	const char **texts =
	    ARENA_ARRAY(app->arena, (size_t)count, const char *);

	for (int i = 0; i < count; i++)
		texts[i] = str_cstr(app->arena, names[i]);
	return cmd_nearest(app->arena, wanted, texts, (size_t)count);
}

/* The one that was named, or all: their number. */
static int
choose_campaigns(struct app *app, int64_t partner_id, struct str **names,
		 struct error *err)
{
	const char *wanted = app_operand(app, 0);
	int count = app_campaigns_run(app, partner_id, names, err);

	if (count < 0)
		return count;
	for (int i = 0; wanted && i < count; i++)
		if (str_eq_cstr((*names)[i], wanted)) {
			*names += i;
			return 1;
		}
	if (wanted)
		return error_set(err, ERROR_NOT_FOUND,
				 "nobody runs the campaign %s",
				 no_campaign(app, wanted, *names, count));
	if (count == 0)
		return error_set(err, ERROR_NOT_FOUND, "no campaign runs");
	return count;
}

static int
count_campaigns(struct app *app, struct report **reports, struct error *err)
{
	int64_t partner_id = -1;
	struct str *names;
	int count;

	if (app_partner_option(app, -1, &partner_id, err) < 0)
		return -(int)err->code;
	count = choose_campaigns(app, partner_id, &names, err);
	if (count < 0)
		return count;
	*reports = ARENA_ARRAY(app->arena, (size_t)count, struct report);
	for (int i = 0; i < count; i++)
		if (report_campaign(app->db, app->arena, names[i], partner_id,
				    &(*reports)[i], err) < 0)
			return -(int)err->code;
	return count;
}

/* ---- for a partner ---- */

static const char *const shared_columns[] = {
	"campaign",
	"contacts",
	"held_by_policy",
};

static int
print_shared(struct app *app, struct str campaign, int64_t partner_id,
	     struct error *err)
{
	struct report_shared s;

	if (report_shared(app->db, app->arena, campaign, partner_id,
			  app_now_ms(app), &s, err) < 0)
		return -(int)err->code;
	out_cell(&app->out, s.campaign);
	out_cell_int(&app->out, s.contacts);
	out_cell(&app->out,
		 s.held ? str_printf(app->arena, "%lld", (long long)s.held)
			: STR("fewer than 5"));
	return 0;
}

static int
run_shared(struct app *app, struct error *err)
{
	int64_t partner_id = -1;
	struct str *names;
	int code = 0;
	int count;

	if (!app_option(app, "partner") || app_option(app, "format")) {
		error_set(err, ERROR_INVALID,
			  "found --shared, expected --partner P beside it and "
			  "no --format");
		return cmd_usage(app, err);
	}
	if (app_partner_option(app, -1, &partner_id, err) < 0)
		return -(int)err->code;
	count = choose_campaigns(app, partner_id, &names, err);
	if (count < 0)
		return count;
	out_table_begin(&app->out, NULL, shared_columns,
			COUNT_OF(shared_columns));
	for (int i = 0; i < count && code >= 0; i++)
		code = print_shared(app, names[i], partner_id, err);
	out_table_end(&app->out);
	return code < 0 ? code : CMD_EXIT_OK;
}

static int
run(struct app *app, struct error *err)
{
	struct buf text = { 0 };
	report_form_fn *form = NULL;
	struct report *reports = NULL;
	int count;

	if (app_option(app, "shared"))
		return run_shared(app, err);
	if (find_form(app, &form, err) < 0)
		return cmd_usage(app, err);
	count = count_campaigns(app, &reports, err);
	if (count < 0)
		return count;
	if (form == report_json && app_operand(app, 0))
		report_json_one(reports, &text);
	else
		form(reports, (size_t)count, &text);
	out_text(&app->out, "%s", buf_cstr(&text));
	buf_fini(&text);
	return CMD_EXIT_OK;
}

extern const struct command cmd_report;
const struct command cmd_report = {
	.name = "report",
	.summary = "what became of a campaign, in numbers",
	.details =
	    "Of the CAMPAIGN, or without one of all that run; as JSON that is "
	    "an object, or else\nan array of them.\n\n"
	    "planned = waiting + sent + bounced + held + in doubt + skipped + "
	    "cancelled.\nopened, clicked and unsubscribed count messages, "
	    "each once; what machines fetch\ndoes not count. A lead counts "
	    "for the mail that brought it, or else for its page.\n\n"
	    "All of this is the vendor's. With --shared it is what a partner "
	    "may be told: its\ncontacts, and its mails held by policy, in "
	    "fives, of days with five at least, once the\nday after is "
	    "over.",
	.examples =
	    (const struct command_example[]){
		{ "guidon report spring-launch",
		  "by step, in all and by partner" },
		{ "guidon report", "of every campaign that runs" },
		{ "guidon report --partner acme", "of one partner" },
		{ "guidon report --partner acme --shared",
		  "what may be handed to it" },
		{ "guidon report spring-launch --format csv > report.csv",
		  "for a spreadsheet" },
		{ 0 } },
	.operands = "[CAMPAIGN]",
	.operands_max = 1,
	.options =
	    (const struct command_option[]){
		{ .name = "partner", .value = "P", .help = "of this partner" },
		{ .name = "format",
		  .value = "FORMAT",
		  .help = "text, csv or json (text)" },
		{ .name = "shared",
		  .help = "what may be handed to the partner, nothing else" },
		{ 0 } },
	.run = run,
};
