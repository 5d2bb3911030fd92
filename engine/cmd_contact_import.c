/*
 * guidon contact import, guidon contact export.
 *
 * What is wrong with a row is said as a compiler says it, file:line:column, on
 * stderr; with --json it is in the document. The numbers of rows are the data.
 */
#include "cmd_contact.h"
#include "cmd_workspace.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"

#include "partner/partner.h"

struct import {
	struct app *app;
	struct contact_import how;
	struct buf attributes; /* "Floor, Einwilligung" */
};

/* ---- what becomes of rows ---- */

static void
say_finding(struct import *in, const struct contact_row *row,
	    const struct contact_finding *finding)
{
	const char *says = contact_fault_text(finding->fault);
	const char *verdict = contact_verdict_name(row->verdict);
	struct output *out = &in->app->out;

	if (!out->json) {
		(row->verdict == CONTACT_QUARANTINED ? out_error : out_note)(
		    out, "%s:%lld:%lld: %.*s%s%s; %s", in->how.name,
		    (long long)finding->line, (long long)finding->column,
		    STR_ARG(finding->name), finding->name.len ? ": " : "", says,
		    verdict);
		return;
	}
	out_cell_int(out, finding->line);
	out_cell_int(out, finding->column);
	out_cell(out, finding->name);
	out_cell(out, str_of(says));
	out_cell(out, str_of(verdict));
}

static void
say_row(void *arg, const struct contact_row *row)
{
	for (size_t i = 0; i < row->finding_count; i++)
		say_finding(arg, row, &row->findings[i]);
}

static void
note_attribute(void *arg, struct str name)
{
	struct import *in = arg;

	buf_printf(&in->attributes, "%s%.*s", in->attributes.len ? ", " : "",
		   STR_ARG(name));
}

static int
append_event(struct db *db, void *arg,
	     const struct contact_import_result *result, struct error *err)
{
	const struct import *in = arg;
	struct event event = {
		.kind = EVENT_IMPORTED,
		.at_ms = in->how.now_ms,
		.partner_id = in->how.partner_id,
	};
	struct buf payload = { 0 };
	int code;

	contact_import_json(result, &payload);
	event.payload = buf_view(&payload);
	code = event_append(db, &event, err);
	buf_fini(&payload);
	return code;
}

/* ---- import ---- */

static void
add_counts(struct output *out, const struct import *in,
	   const struct contact_import_result *result)
{
	out_field(out, "attributes", buf_view(&in->attributes));
	out_field_int(out, "rows", result->rows);
	for (int i = 0; i < CONTACT_VERDICT_COUNT; i++)
		out_field_int(out,
			      contact_verdict_name((enum contact_verdict)i),
			      result->counts[i]);
	out_field_int(out, "lacking", result->lacking);
}

static int
import_file(struct import *in, struct contact_import_result *result,
	    struct error *err)
{
	static const char *const columns[] = { "line", "column", "name", "says",
					       "verdict" };
	struct app *app = in->app;
	int code;

	out_what_was_done(&app->out);
	out_object_begin(&app->out);
	if (app->out.json)
		out_table_begin(&app->out, "findings", columns,
				COUNT_OF(columns));
	code = contact_import(app->store, &in->how, result, err);
	if (app->out.json)
		out_table_end(&app->out);
	/* Nothing was read: there is nothing to count. */
	if (app->out.json || code >= 0 || result->rows > 0)
		add_counts(&app->out, in, result);
	out_object_end(&app->out);
	return code;
}

static int
read_options(struct import *in, struct error *err)
{
	struct app *app = in->app;

	in->how = (struct contact_import){
		.pepper = app->pepper,
		.calling_code = str_of(app_option(app, "calling-code")),
		.formulas = app_option(app, "formulas") != NULL,
		.dry_run = app_option(app, "dry-run") != NULL,
		.now_ms = app_now_ms(app),
		.row = say_row,
		.attribute = note_attribute,
		.end = append_event,
		.arg = in,
	};
	if (work_take_partner(app, app_option(app, "partner"), err) < 0)
		return -(int)err->code;
	return app_partner_option(app, PARTNER_VENDOR, &in->how.partner_id,
				  err);
}

static int
open_file(struct import *in, struct error *err)
{
	const char *path = app_operand(in->app, 0);
	bool is_stdin = strcmp(path, "-") == 0;

	in->how.name = is_stdin ? "stdin" : path;
	in->how.file = is_stdin ? stdin : fopen(path, "re");
	if (!in->how.file)
		return error_system(err, errno, "%s", path);
	return 0;
}

static int
run_import(struct app *app, struct error *err)
{
	struct contact_import_result result = { 0 };
	struct import in = { .app = app };
	int code;

	if (read_options(&in, err) < 0 || open_file(&in, err) < 0)
		return -(int)err->code;
	code = import_file(&in, &result, err);
	if (in.how.file != stdin)
		fclose(in.how.file);
	buf_fini(&in.attributes);
	if (code < 0)
		return code;
	return result.counts[CONTACT_QUARANTINED] ? CMD_EXIT_INPUT
						  : CMD_EXIT_OK;
}

/* ---- export ---- */

static int
run_export(struct app *app, struct error *err)
{
	struct contact_export x = {
		.file = stdout,
		.formulas = app_option(app, "formulas") != NULL,
	};
	int64_t count;

	if (app_partner_option(app, PARTNER_VENDOR, &x.partner_id, err) < 0)
		return -(int)err->code;
	count = contact_export(app->db, &x, err);
	if (count < 0)
		return -(int)err->code;
	if (fflush(stdout) != 0 && errno != EPIPE)
		return error_system(err, errno, "stdout");
	out_note(&app->out, "%lld contact%s", (long long)count,
		 count == 1 ? "" : "s");
	return CMD_EXIT_OK;
}

const struct command cmd_contact_import = {
	.name = "import",
	.summary = "put the rows of a CSV file on a partner's list",
	.details =
	    "The header names the columns: email, given_name, family_name, "
	    "company, phone,\nlanguage, country, time_zone, tags, consent, "
	    "consent_basis, consent_source,\nconsent_date. Blanks, signs and "
	    "capitals in a name do not count, and these names\nare taken, "
	    "too:\n\n"
	    "    email        mail, email address, mail address, "
	    "E-Mail-Adresse\n"
	    "    given_name   first name, forename, Vorname\n"
	    "    family_name  last name, surname, Nachname\n"
	    "    company      company name, organisation, organization, "
	    "account,\n"
	    "                 account name, Firma\n"
	    "    phone        phone number, telephone, tel, Telefon\n"
	    "    language     lang, locale, preferred language, Sprache\n"
	    "    country      country code, Land\n"
	    "    time_zone    tz, Zeitzone\n"
	    "    tags         tag, labels\n"
	    "    consent      consent state, consent status\n\n"
	    "All others become attributes, which are named in the end. \"-\" "
	    "is stdin. What is\nwrong is told by line and column, and each "
	    "row is counted once: as accepted (new\non the list), updated, "
	    "unchanged, merged (a later row of the same person counts)\nor "
	    "quarantined (it cannot be stored and is left out: the exit code "
	    "is then 65).\nLacking are those that were stored without a value "
	    "that could not be read. To\nimport again changes nothing.",
	.examples =
	    (const struct command_example[]){
		{ "guidon contact import contacts.csv --partner acme --dry-run",
		  "what would become of each row" },
		{ "guidon contact import contacts.csv --partner acme",
		  "the same, stored" },
		{ 0 } },
	.operands = "FILE",
	.operands_min = 1,
	.operands_max = 1,
	.options =
	    (const struct command_option[]){
		CMD_PARTNER_OPTION,
		{ .name = "dry-run", .letter = 'n', .help = "change nothing" },
		{ .name = "calling-code",
		  .value = "N",
		  .help = "of phone numbers without one, such as 49" },
		{ .name = "formulas",
		  .help = "the file was exported with --formulas" },
		{ 0 } },
	.run = run_import,
};

const struct command cmd_contact_export = {
	.name = "export",
	.summary = "a partner's list as CSV, as import takes it",
	.details = "A field that a spreadsheet would take for a formula gets a "
		   "' before it, unless\n--formulas says that a program reads "
		   "it.",
	.examples =
	    (const struct command_example[]){
		{ "guidon contact export --partner acme >contacts.csv",
		  "all who are on the list" },
		{ 0 } },
	.options =
	    (const struct command_option[]){
		CMD_PARTNER_OPTION,
		{ .name = "formulas", .help = "fields as they are" },
		{ 0 } },
	.run = run_export,
};
