/*
 * partners.csv in the one form that makes good diffs. What has an error in it
 * is not touched: a form that guesses would hide what was meant.
 */
#include "cmd.h"

#include "base/arena.h"
#include "campaign/campaign.h"
#include "cmd_file.h"
#include "cmd_workspace.h"
#include "xml/xml.h"

enum { FILE_BYTES_MAX = 5 * 1024 * 1024 };

/* The workspace's files, with another one in the place of partners.csv. */
struct instead {
	struct campaign_files files;
	struct campaign_files *folder;
	struct str bytes;
};

static int
read_instead(struct campaign_files *files, struct arena *a, struct str path,
	     struct str *bytes, struct error *err)
{
	struct instead *f = (struct instead *)files;

	if (!str_eq_cstr(path, "partners.csv"))
		return f->folder->read(f->folder, a, path, bytes, err);
	*bytes = str_copy(a, f->bytes);
	return 1;
}

/* Findings to stderr; an error among them is the result. */
static int
tell(struct app *app, const char *path, const struct campaign_findings *f,
     struct error *err)
{
	work_findings_print(app, f, path);
	if (f->error_count == 0)
		return 0;
	return error_set(err, ERROR_INVALID,
			 "%s: found %zu error%s, expected none; nothing was "
			 "written",
			 path, f->error_count, f->error_count == 1 ? "" : "s");
}

static int
load(struct app *app, const char *path, struct instead *files, struct buf *out,
     struct error *err)
{
	const struct campaign_partner_row *rows;
	struct campaign_findings findings;
	size_t count;

	campaign_findings_init(&findings, app->arena);
	if (file_get(path, app->arena, FILE_BYTES_MAX, &files->bytes, err) <
		0 ||
	    campaign_partners_load(&files->files, app->arena, &findings, &rows,
				   &count, err) < 0 ||
	    tell(app, path, &findings, err) < 0)
		return -(int)err->code;
	campaign_partners_write(rows, count, app->arena, out);
	return 0;
}

static int
conclude(struct app *app, const char *path, struct str before, struct str after,
	 struct error *err)
{
	if (str_eq(before, after)) {
		out_note(&app->out, "%s: as it should be", path);
		return CMD_EXIT_OK;
	}
	if (app_option(app, "check")) {
		out_error(&app->out,
			  "%s: not in its form, expected what \"guidon "
			  "partner fmt\" writes",
			  path);
		return CMD_EXIT_ERROR;
	}
	if (file_put(path, after, err) < 0)
		return -(int)err->code;
	out_note(&app->out, "%s: written", path);
	return CMD_EXIT_OK;
}

static int
run_fmt(struct app *app, struct error *err)
{
	struct instead files = { .files = { .read = read_instead } };
	const char *path = app_operand(app, 0);
	struct buf out = { 0 };
	int code;

	if (app_init(app, err) < 0)
		return -(int)err->code;
	if (!path)
		path =
		    arena_printf(app->arena, "%s/partners.csv", app->workspace);
	if (campaign_folder_open(&files.folder, app->workspace, err) < 0)
		return -(int)err->code;
	code = load(app, path, &files, &out, err);
	if (code >= 0)
		code = conclude(app, path, files.bytes, buf_view(&out), err);
	campaign_files_close(&files.folder);
	buf_fini(&out);
	return code;
}

extern const struct command cmd_partner_fmt;
const struct command cmd_partner_fmt = {
	.name = "fmt",
	.summary = "partners.csv in its one form",
	.details = "UTF-8, commas, all columns in order, a line for each "
		   "partner in order of id. What\na spreadsheet left is told "
		   "and must be mended first.",
	.examples =
	    (const struct command_example[]){
		{ "guidon partner fmt", "the workspace's, in place" },
		{ "guidon partner fmt --check",
		  "only look: exit code 1 if not" },
		{ 0 } },
	.operands = "[FILE]",
	.operands_max = 1,
	.options =
	    (const struct command_option[]){
		{ .name = "check",
		  .help = "write nothing, exit code 1 if it "
			  "would change" },
		{ 0 } },
	.storeless = true,
	.run = run_fmt,
};
