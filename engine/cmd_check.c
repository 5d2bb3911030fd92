/*
 * All files of the workspace, looked at as a run would: guidon.xml,
 * partners.csv, and each campaign with its templates compiled and its images
 * read.
 *
 * Each campaign is read through files of its own, as publishing does, so what
 * they share (guidon.xml, a partial) is found wrong several times and told
 * once.
 *
 * Findings are this command's data, so they go to stdout, in the form that
 * compilers have and editors jump by, with the line in question; SARIF 2.1.0 is for the services that
 * show them beside a change.
 */
#include "cmd.h"

#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "campaign/campaign.h"
#include "campaign/campaign_partners.h"
#include "cmd_excerpt.h"
#include "cmd_workspace.h"
#include "plan/plan_partner.h"
#include "render/render_kit.h"
#include "xml/xml.h"

#define SARIF_SCHEMA STR("https://json.schemastore.org/sarif-2.1.0.json")

static const char *const severity_names[] = {
	[CAMPAIGN_WARNING] = "warning",
	[CAMPAIGN_ERROR] = "error",
};

/* ---- looking ---- */

/* A file that is not there is a finding too; other failures end the command. */
static int
note_missing(struct campaign_findings *findings, const char *file, int code,
	     struct error *err)
{
	if (code >= 0 || err->code != ERROR_NOT_FOUND)
		return code < 0 ? code : 0;
	campaign_finding_add(findings, CAMPAIGN_ERROR, "file", str_of(file), 1,
			     1, "%s", err->text);
	return 0;
}

static int
check_workspace(struct app *app, struct campaign_findings *findings,
		struct error *err)
{
	const struct campaign_workspace *workspace;
	struct campaign_files *files;
	int code;

	if (campaign_folder_open(&files, app->workspace, err) < 0)
		return -(int)err->code;
	code = campaign_workspace_load(files, app->arena, findings, &workspace,
				       err);
	campaign_files_close(&files);
	return note_missing(findings, "guidon.xml", code, err);
}

static int
check_partners(struct app *app, struct campaign_findings *findings,
	       struct partner_rows *rows, struct error *err)
{
	struct campaign_files *files;
	int code;

	if (campaign_folder_open(&files, app->workspace, err) < 0)
		return -(int)err->code;
	code = campaign_partners_load(files, app->arena, findings, &rows->items,
				      &rows->count, err);
	campaign_files_close(&files);
	if (code < 0 || !rows->items)
		*rows = (struct partner_rows){ 0 };
	return note_missing(findings, "partners.csv", code, err);
}

static void
append(struct campaign_findings *to, const struct campaign_findings *from)
{
	for (size_t i = 0; i < from->count; i++) {
		const struct campaign_finding *x = &from->items[i];

		campaign_finding_add(to, x->severity, x->rule, x->file, x->line,
				     x->column, "%.*s", STR_ARG(x->text));
	}
}

static bool
is_about_files(enum error_code code)
{
	return code == ERROR_INVALID || code == ERROR_NOT_FOUND ||
	       code == ERROR_LIMIT;
}

/* What a kit refuses without a finding becomes one. */
static int
check_campaign(struct app *app, struct str id, const struct partner_rows *rows,
	       struct campaign_findings *findings, struct error *err)
{
	struct str file =
	    str_printf(app->arena, "campaigns/%.*s/campaign.xml", STR_ARG(id));
	struct render_kit_source source = { .campaign = id };
	struct campaign_findings found;
	struct render_kit *kit = NULL;
	int code;

	campaign_findings_init(&found, app->arena);
	if (rows->items)
		source.attributes = campaign_partners_attributes(
		    rows->items, rows->count, app->arena);
	if (campaign_folder_open(&source.files, app->workspace, err) < 0)
		return -(int)err->code;
	code = render_kit_make(&kit, &source, &found, err);
	if (code >= 0) {
		plan_check_leads(render_kit_campaign(kit), rows->items,
				 rows->count, &found);
		plan_check_replies(render_kit_campaign(kit), rows->items,
				   rows->count, &found);
		plan_check_senders(render_kit_campaign(kit), rows->items,
				   rows->count, &found);
	}
	render_kit_free(&kit);
	campaign_files_close(&source.files);
	if (code < 0 && !is_about_files(err->code))
		return code;
	if (code < 0 && found.error_count == 0)
		campaign_finding_add(&found, CAMPAIGN_ERROR, "campaign", file,
				     1, 1, "%s", err->text);
	append(findings, &found);
	return 0;
}

static int
check_all(struct app *app, struct campaign_findings *findings,
	  struct error *err)
{
	struct partner_rows rows = { 0 };
	struct str *ids;
	int count = campaign_list(app->workspace, app->arena, &ids, err);

	if (count < 0 || check_workspace(app, findings, err) < 0)
		return -(int)err->code;
	if (check_partners(app, findings, &rows, err) < 0)
		return -(int)err->code;
	for (int i = 0; i < count; i++)
		if (check_campaign(app, ids[i], &rows, findings, err) < 0)
			return -(int)err->code;
	return count;
}

/* The same finding is told once. */
static void
drop_repeated(struct campaign_findings *f)
{
	struct map seen;
	size_t kept = 0;

	map_init(&seen, f->a, NULL);
	f->error_count = 0;
	for (size_t i = 0; i < f->count; i++) {
		const struct campaign_finding *x = &f->items[i];
		struct str key =
		    str_printf(f->a, "%.*s:%d:%d:%.*s", STR_ARG(x->file),
			       x->line, x->column, STR_ARG(x->text));

		if (map_put(&seen, key, f))
			continue;
		f->error_count += x->severity == CAMPAIGN_ERROR;
		f->items[kept++] = *x;
	}
	f->count = kept;
}

/* ---- telling ---- */

/* Nobody reads more of one file at a time. */
enum { SHOWN_MOST = 100 };

/* A file in which something was found. */
struct shown_file {
	struct str bytes; /* empty: it cannot be read */
	size_t count;
};

static struct shown_file *
shown_file(struct app *app, struct map *files, struct str name)
{
	struct shown_file *file = map_find(files, name);
	struct campaign_files *folder;
	struct error err;

	if (file)
		return file;
	file = ARENA_NEW(app->arena, struct shown_file);
	map_put(files, name, file);
	if (campaign_folder_open(&folder, app->workspace, &err) < 0)
		return file;
	if (folder->read(folder, app->arena, name, &file->bytes, &err) <= 0)
		file->bytes = STR("");
	campaign_files_close(&folder);
	return file;
}

static void
print_finding(struct app *app, const struct shown_file *file,
	      const struct campaign_finding *x)
{
	struct output *out = &app->out;
	struct excerpt excerpt;

	out_harmless(out, x->file);
	out_text(out, ":%d:%d: %s: ", x->line, x->column,
		 severity_names[x->severity]);
	out_harmless(out, x->text);
	out_text(out, "\n");
	if (!excerpt_make(&excerpt, file->bytes, x->line, x->column,
			  app->arena))
		return;
	out_text(out, "    %.*s\n    ", STR_ARG(excerpt.line));
	out_bold(out, excerpt.mark.p);
	out_text(out, "\n");
}

static void
print_text(struct app *app, const struct campaign_findings *f)
{
	struct map files;

	map_init(&files, app->arena, NULL);
	for (size_t i = 0; i < f->count; i++) {
		const struct campaign_finding *x = &f->items[i];
		struct shown_file *file = shown_file(app, &files, x->file);

		if (++file->count <= SHOWN_MOST)
			print_finding(app, file, x);
	}
	map_foreach (&files, e) {
		const struct shown_file *file = e->value;

		if (file->count > SHOWN_MOST)
			out_text(&app->out, "%.*s: and %zu more\n",
				 STR_ARG(e->key), file->count - SHOWN_MOST);
	}
}

static void
write_json(struct js_writer *w, const struct campaign_findings *f)
{
	js_begin_object(w);
	js_key_int(w, "errors", (int64_t)f->error_count);
	js_key_int(w, "warnings", (int64_t)(f->count - f->error_count));
	js_key(w, STR("findings"));
	js_begin_array(w);
	for (size_t i = 0; i < f->count; i++) {
		const struct campaign_finding *x = &f->items[i];

		js_begin_object(w);
		js_key_str(w, "file", x->file);
		js_key_int(w, "line", x->line);
		js_key_int(w, "column", x->column);
		js_key_str(w, "severity", str_of(severity_names[x->severity]));
		js_key_str(w, "rule", str_of(x->rule));
		js_key_str(w, "text", x->text);
		js_end_object(w);
	}
	js_end_array(w);
	js_end_object(w);
}

static void
write_sarif_place(struct js_writer *w, const struct campaign_finding *x)
{
	js_key(w, STR("locations"));
	js_begin_array(w);
	js_begin_object(w);
	js_key(w, STR("physicalLocation"));
	js_begin_object(w);
	js_key(w, STR("artifactLocation"));
	js_begin_object(w);
	js_key_str(w, "uri", x->file);
	js_end_object(w);
	js_key(w, STR("region"));
	js_begin_object(w);
	js_key_int(w, "startLine", x->line > 0 ? x->line : 1);
	js_key_int(w, "startColumn", x->column > 0 ? x->column : 1);
	js_end_object(w);
	js_end_object(w);
	js_end_object(w);
	js_end_array(w);
}

static void
write_sarif_tool(struct js_writer *w)
{
	js_key(w, STR("tool"));
	js_begin_object(w);
	js_key(w, STR("driver"));
	js_begin_object(w);
	js_key_str(w, "name", STR("guidon"));
	js_key_str(w, "version", STR(GUIDON_VERSION));
	js_end_object(w);
	js_end_object(w);
	js_key_str(w, "columnKind", STR("unicodeCodePoints"));
}

/* OASIS SARIF 2.1.0: a run with its tool and results. */
static void
write_sarif(struct js_writer *w, const struct campaign_findings *f)
{
	js_begin_object(w);
	js_key_str(w, "$schema", SARIF_SCHEMA);
	js_key_str(w, "version", STR("2.1.0"));
	js_key(w, STR("runs"));
	js_begin_array(w);
	js_begin_object(w);
	write_sarif_tool(w);
	js_key(w, STR("results"));
	js_begin_array(w);
	for (size_t i = 0; i < f->count; i++) {
		const struct campaign_finding *x = &f->items[i];

		js_begin_object(w);
		js_key_str(w, "ruleId", str_of(x->rule));
		js_key_str(w, "level", str_of(severity_names[x->severity]));
		js_key(w, STR("message"));
		js_begin_object(w);
		js_key_str(w, "text", x->text);
		js_end_object(w);
		write_sarif_place(w, x);
		js_end_object(w);
	}
	js_end_array(w);
	js_end_object(w);
	js_end_array(w);
	js_end_object(w);
}

static void
print_document(struct app *app, const struct campaign_findings *f,
	       void (*write)(struct js_writer *w,
			     const struct campaign_findings *f))
{
	struct buf document = { 0 };
	struct js_writer w;

	js_writer_init(&w, &document, true);
	write(&w, f);
	js_writer_end(&w);
	out_text(&app->out, "%s\n", buf_cstr(&document));
	buf_fini(&document);
}

/* ---- the command ---- */

static int
find_format(const struct app *app, const char **format, struct error *err)
{
	static const char *const formats[] = { "text", "json", "sarif" };
	const char *given = app_option(app, "format");

	*format = given ? given : app->out.json ? "json" : "text";
	for (size_t i = 0; i < COUNT_OF(formats); i++)
		if (strcmp(*format, formats[i]) == 0)
			return 0;
	return error_set(err, ERROR_INVALID,
			 "--format %s, expected text, json or sarif", given);
}

static int
run_check(struct app *app, struct error *err)
{
	struct campaign_findings findings;
	const char *format;
	size_t warnings;
	int count;

	if (find_format(app, &format, err) < 0)
		return cmd_usage(app, err);
	campaign_findings_init(&findings, app->arena);
	if (app_init(app, err) < 0)
		return -(int)err->code;
	count = check_all(app, &findings, err);
	if (count < 0)
		return count;
	drop_repeated(&findings);
	campaign_findings_sort(&findings);
	if (strcmp(format, "json") == 0)
		print_document(app, &findings, write_json);
	else if (strcmp(format, "sarif") == 0)
		print_document(app, &findings, write_sarif);
	else
		print_text(app, &findings);
	warnings = findings.count - findings.error_count;
	out_note(&app->out, "%d campaign%s: %zu error%s, %zu warning%s", count,
		 count == 1 ? "" : "s", findings.error_count,
		 findings.error_count == 1 ? "" : "s", warnings,
		 warnings == 1 ? "" : "s");
	return findings.error_count ? CMD_EXIT_ERROR : CMD_EXIT_OK;
}

extern const struct command cmd_check;
const struct command cmd_check = {
	.name = "check",
	.summary = "all files of the workspace, with every fault and its place",
	.details =
	    "Reads guidon.xml, partners.csv and each campaign with its "
	    "templates and images, and\nmakes all that is sent once in each "
	    "language, for a partner and a reader that are\nmade up. Needs no "
	    "store and no network. Exit code 1 when there is an error;\n"
	    "warnings alone are 0.",
	.examples =
	    (const struct command_example[]){
		{ "guidon check",
		  "each finding, with the line that it is about" },
		{ "guidon check --format sarif >guidon.sarif",
		  "for a review service" },
		{ 0 } },
	.options =
	    (const struct command_option[]){
		{ .name = "format",
		  .value = "FORMAT",
		  .help = "text (if not said), json or sarif" },
		{ 0 } },
	.storeless = true,
	.run = run_check,
};
