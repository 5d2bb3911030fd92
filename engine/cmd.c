/*
 * From the command line to the exit code.
 *
 * Help, the version and a wrong command line are answered before anything is
 * looked for on disk. Messages of a failure are printed here, once.
 */
#include "cmd.h"

#include <string.h>

#include "base/arena.h"

const struct command_option cmd_common_options[] = {
	{ .name = "workspace",
	  .value = "DIR",
	  .help = "the workspace; else the nearest folder with guidon.xml" },
	{ .name = "store",
	  .value = "URL",
	  .help = "sqlite:PATH or postgresql://...; else GUIDON_STORE" },
	{ .name = "now",
	  .value = "TIME",
	  .help = "start the clock at this time (RFC 3339)" },
	{ .name = "virtual",
	  .help = "a clock that stands still, in a store made with it" },
	{ .name = "json", .help = "data as one JSON document" },
	{ .name = "quiet",
	  .letter = 'q',
	  .help = "errors and what was asked for are all that is said" },
	{ .name = "no-color", .help = "no colour; as NO_COLOR=1 or TERM=dumb" },
	{ .name = "help", .letter = 'h', .help = "this help" },
	{ .name = "version", .help = "the version" },
	{ 0 },
};

int
cmd_usage(struct app *app, const struct error *err)
{
	const struct cmd_args *args = &app->args;

	out_error(&app->out, "%s", err->text);
	out_note(&app->out, "guidon%s%s%s%s --help says more",
		 args->depth > 0 ? " " : "",
		 args->depth > 0 ? args->path[0]->name : "",
		 args->depth > 1 ? " " : "",
		 args->depth > 1 ? args->path[1]->name : "");
	return CMD_EXIT_USAGE;
}

static int
run_command(struct app *app, const struct command *command, struct error *err)
{
	if (!command->storeless &&
	    (app_init(app, err) < 0 || app_open(app, err) < 0))
		return -(int)err->code;
	return command->run(app, err);
}

static int
run_app(struct app *app, struct error *err)
{
	const struct cmd_args *args = &app->args;

	if (args->version) {
		out_text(&app->out, "guidon %s\n", GUIDON_VERSION);
		return CMD_EXIT_OK;
	}
	if (args->help || args->depth == 0) {
		cmd_help_print(&app->out, app->commands, args);
		return CMD_EXIT_OK;
	}
	return run_command(app, args->path[args->depth - 1], err);
}

/* What is wrong with stdout counts only when nothing else was wrong. */
static int
finish(struct app *app, int code, struct error *err)
{
	struct error late = { 0 };

	if (code < 0) {
		out_error(&app->out, "%s", err->text);
		code = (int)cmd_exit_of(err->code);
	}
	app_fini(app);
	if (out_fini(&app->out, &late) < 0 && code == CMD_EXIT_OK) {
		out_error(&app->out, "%s", late.text);
		code = (int)cmd_exit_of(late.code);
	}
	return code;
}

int
cmd_main(const struct command *const *commands, int argc,
	 const char *const *argv)
{
	struct app app = { .commands = commands, .arena = arena_new() };
	struct cmd_args *args = &app.args;
	struct error err = { 0 };
	int parsed = cmd_parse(args, app.arena, commands, argc, argv, &err);
	int code;

	out_init(&app.out, cmd_given(args, "json") != NULL,
		 cmd_given(args, "quiet") != NULL,
		 cmd_given(args, "no-color") != NULL);
	code = parsed < 0 ? cmd_usage(&app, &err) : run_app(&app, &err);
	code = finish(&app, code, &err);
	arena_free(&app.arena);
	return code;
}
