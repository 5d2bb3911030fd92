/*
 * guidon test: a campaign lives through on a virtual clock, and what was
 * expected of it is compared with what became of it. Expectations lie beside
 * the campaign, in campaigns/ID/test.csv.
 */
#include "cmd.h"

#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "campaign/campaign.h"
#include "cmd_file.h"
#include "cmd_simulate.h"
#include "cmd_workspace.h"
#include "render/render_kit.h"

enum { EXPECTED_BYTES_MAX = 1 << 20 };

static const char header[] = "person,step,outcome,when\n";

/* ---- comparing ---- */

static bool
has_line(struct str lines, struct str wanted)
{
	struct str line;

	while (str_split(&lines, '\n', &line))
		if (str_eq(str_trim(line), wanted))
			return true;
	return false;
}

/* Lines of `these` that `those` lack: how many; each is an error. */
static int
missing(struct app *app, const char *path, struct str partner, struct str these,
	struct str those, const char *what)
{
	struct str line;
	int number = 1;
	int count = 0;

	for (; str_split(&these, '\n', &line); number++) {
		line = str_trim(line);
		if (line.len == 0 || has_line(those, line))
			continue;
		out_error(&app->out, "%s: partner %.*s: %s: %.*s", path,
			  STR_ARG(partner), what, STR_ARG(line));
		count++;
	}
	return count;
}

static int
compare(struct app *app, const char *path, struct str expected,
	const struct simulated *all, size_t count, struct error *err)
{
	int wrong = 0;

	if (!str_starts(expected, str_of(header)))
		return error_set(err, ERROR_INVALID,
				 "%s:1: expected the line \"%.*s\"", path,
				 (int)strlen(header) - 1, header);
	expected = str_slice(expected, strlen(header), expected.len);
	for (size_t i = 0; i < count; i++)
		wrong += missing(app, path, all[i].partner, expected,
				 all[i].lines, "expected, and was not") +
			 missing(app, path, all[i].partner, all[i].lines,
				 expected, "was, and is not expected");
	if (wrong > 0)
		return error_set(err, ERROR_INVALID,
				 "%d line%s other than expected; if it is "
				 "right as it was, --write makes it what is "
				 "expected",
				 wrong, wrong == 1 ? "" : "s");
	out_note(&app->out, "%s: as expected, for %zu partner%s", path, count,
		 count == 1 ? "" : "s");
	return CMD_EXIT_OK;
}

/* ---- without expectations ---- */

static int
write_expected(struct app *app, const char *path, const struct simulated *all,
	       size_t count, struct error *err)
{
	struct buf text = { 0 };
	int code;

	if (count == 0)
		return error_set(err, ERROR_INVALID,
				 "the campaign is for no partner");
	buf_cat(&text, header);
	buf_str(&text, all[0].lines);
	code = file_put(path, buf_view(&text), err);
	buf_fini(&text);
	if (code < 0)
		return code;
	out_note(&app->out, "%s: written as it was for %.*s", path,
		 STR_ARG(all[0].partner));
	return CMD_EXIT_OK;
}

static void
print(struct app *app, const struct simulated *all, size_t count)
{
	static const char *const columns[] = { "partner", "person", "step",
					       "outcome", "when" };

	out_table_begin(&app->out, NULL, columns, COUNT_OF(columns));
	for (size_t i = 0; i < count; i++) {
		struct str lines = all[i].lines;
		struct str line;

		while (str_split(&lines, '\n', &line)) {
			struct str cell;

			if (line.len == 0)
				continue;
			out_cell(&app->out, all[i].partner);
			while (str_split(&line, ',', &cell))
				out_cell(&app->out, cell);
		}
	}
	out_table_end(&app->out);
}

/* ---- the command ---- */

static int
conclude(struct app *app, const char *path, const struct simulated *all,
	 size_t count, struct error *err)
{
	struct str expected;

	if (app_option(app, "write"))
		return write_expected(app, path, all, count, err);
	if (access(path, F_OK) != 0) {
		print(app, all, count);
		out_note(&app->out,
			 "%s is not there, so nothing was expected; "
			 "--write makes it",
			 path);
		return CMD_EXIT_OK;
	}
	if (file_get(path, app->arena, EXPECTED_BYTES_MAX, &expected, err) < 0)
		return -(int)err->code;
	if (app->out.json)
		print(app, all, count);
	return compare(app, path, expected, all, count, err);
}

static int
test_work(struct app *app, const struct work *work, void *arg,
	  struct error *err)
{
	const struct campaign *campaign = render_kit_campaign(work->kit);
	const char *path =
	    arena_printf(app->arena, "%s/campaigns/%.*s/test.csv",
			 app->workspace, STR_ARG(campaign->id));
	struct partner_rows partners;
	struct simulated *all;
	size_t count;

	(void)arg;
	if (work_partners(&partners, app, err) < 0 ||
	    simulate(app, work, &partners, &all, &count, err) < 0)
		return -(int)err->code;
	return conclude(app, path, all, count, err);
}

static int
run(struct app *app, struct error *err)
{
	if (app_init(app, err) < 0)
		return -(int)err->code;
	return work_on_operand(app, 0, test_work, err);
}

extern const struct command cmd_test;
const struct command cmd_test = {
	.name = "test",
	.summary = "live through a campaign and compare with what was expected",
	.details =
	    "Three made-up people of each partner (one who does nothing, one "
	    "who clicks in the\nfirst mail, one who becomes a lead where there "
	    "is a form) live through the campaign\non a virtual clock, in a "
	    "store of its own. What is expected of it lies in\n"
	    "campaigns/ID/test.csv: a line for each person and step, with its "
	    "outcome and when.\nThe CAMPAIGN is to be named where there are "
	    "several.",
	.examples =
	    (const struct command_example[]){
		{ "guidon test spring-launch", "is it as expected" },
		{ "guidon test spring-launch --write",
		  "it is right as it is now: expect that" },
		{ 0 } },
	.operands = "[CAMPAIGN]",
	.operands_max = 1,
	.options =
	    (const struct command_option[]){
		{ .name = "write",
		  .help = "write what became of it as what is expected" },
		{ 0 } },
	.storeless = true,
	.run = run,
};
