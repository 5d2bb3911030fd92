/*
 * guidon report: what became of campaigns, in numbers.
 */
#include "cmd.h"

#include "base/arena.h"

#include "partner/partner.h"
#include "report/report.h"

typedef void report_form_fn(const struct report *report, struct buf *out);

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
			 cmd_nearest(app->arena, wanted, format_names,
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

/* The one that was named; without a name the only one there is. */
static int
find_campaign(struct app *app, int64_t partner_id, struct str *campaign,
	      struct error *err)
{
	const char *wanted = app_operand(app, 0);
	struct str *names;
	int count = app_campaigns_run(app, partner_id, &names, err);

	if (count < 0)
		return count;
	for (int i = 0; wanted && i < count; i++)
		if (str_eq_cstr(names[i], wanted)) {
			*campaign = names[i];
			return 0;
		}
	if (wanted)
		return error_set(err, ERROR_NOT_FOUND,
				 "nobody runs the campaign %s",
				 no_campaign(app, wanted, names, count));
	if (count == 0)
		return error_set(err, ERROR_NOT_FOUND, "no campaign runs");
	if (count > 1)
		return error_set(err, ERROR_INVALID,
				 "%d campaigns run, expected the name of one "
				 "such as %.*s",
				 count, STR_ARG(names[0]));
	*campaign = names[0];
	return 0;
}

static int
run(struct app *app, struct error *err)
{
	struct buf text = { 0 };
	report_form_fn *form = NULL;
	struct report report;
	struct str campaign;
	int64_t partner_id = -1;

	if (find_form(app, &form, err) < 0)
		return cmd_usage(app, err);
	if (app_partner_option(app, -1, &partner_id, err) < 0 ||
	    find_campaign(app, partner_id, &campaign, err) < 0 ||
	    report_campaign(app->db, app->arena, campaign, partner_id, &report,
			    err) < 0)
		return -(int)err->code;
	form(&report, &text);
	out_text(&app->out, "%s", buf_cstr(&text));
	buf_fini(&text);
	return CMD_EXIT_OK;
}

extern const struct command cmd_report;
const struct command cmd_report = {
	.name = "report",
	.summary = "what became of a campaign, in numbers",
	.details =
	    "planned = waiting + sent + bounced + held + in doubt + skipped + "
	    "cancelled.\nopened, clicked and unsubscribed count messages, "
	    "each once; what machines fetch\ndoes not count. A lead counts "
	    "for the mail that brought it, or else for its page.",
	.examples =
	    (const struct command_example[]){
		{ "guidon report spring-launch",
		  "by step, in all and by partner" },
		{ "guidon report --partner acme",
		  "of one partner, where one campaign runs" },
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
		{ 0 } },
	.run = run,
};
