/*
 * Help is the tables of the commands, printed: on a terminal, and as the
 * reference docs/commands.md (`guidon help --markdown`), which a test compares
 * with what stands in the repository. Nothing is said twice.
 *
 * Examples come first, for that is what one looks for.
 */
#include "cmd.h"

#include <string.h>

#include "base/arena.h"

enum { NAME_WIDTH = 28 };

/* "guidon contact import" */
static const char *
full_name(struct arena *a, const struct command *const *path, int depth)
{
	struct str name = STR("guidon");

	for (int i = 0; i < depth; i++)
		name = str_printf(a, "%.*s %s", STR_ARG(name), path[i]->name);
	return name.p;
}

static const char *
usage(struct arena *a, const char *name, const struct command *c)
{
	struct buf b = { 0 };
	char *text;

	buf_cat(&b, name);
	if (c->commands)
		buf_cat(&b, " COMMAND");
	if (c->operands)
		buf_printf(&b, " %s", c->operands);
	for (const struct command_option *o = c->options; o && o->name; o++)
		if (o->required)
			buf_printf(&b, " --%s %s", o->name, o->value);
	buf_cat(&b, " [OPTION...]");
	text = arena_copy(a, b.p, b.len);
	buf_fini(&b);
	return text;
}

/* "-q, --quiet" or "    --partner P" */
static const char *
option_words(struct arena *a, const struct command_option *o)
{
	const char *letter =
	    o->letter ? arena_printf(a, "-%c, ", o->letter) : "    ";

	return arena_printf(a, "%s--%s%s%s", letter, o->name,
			    o->value ? " " : "", o->value ? o->value : "");
}

static void
print_two(struct output *out, const char *left, const char *right)
{
	out_text(out, "  %-*s %s\n", NAME_WIDTH, left, right);
}

static void
print_examples(struct output *out, const struct command *c)
{
	const struct command_example *e = c->examples;

	if (!e)
		return;
	out_bold(out, "Examples\n");
	for (; e->line; e++)
		out_text(out, "  %s\n      %s\n", e->line, e->says);
	out_text(out, "\n");
}

static void
print_options(struct output *out, struct arena *a, const char *title,
	      const struct command_option *o)
{
	if (!o || !o->name)
		return;
	out_text(out, "\n");
	out_bold(out, title);
	for (; o->name; o++)
		print_two(out, option_words(a, o), o->help);
}

static void
print_commands(struct output *out, const struct command *const *commands)
{
	out_bold(out, "Commands\n");
	for (; *commands; commands++)
		print_two(out, (*commands)->name, (*commands)->summary);
}

static void
print_command(struct output *out, struct arena *a, const char *name,
	      const struct command *c)
{
	out_text(out, "%s: %s\n\n", name, c->summary);
	print_examples(out, c);
	out_bold(out, "Usage\n");
	out_text(out, "  %s\n", usage(a, name, c));
	if (c->details)
		out_text(out, "\n%s\n", c->details);
	if (c->commands) {
		out_text(out, "\n");
		print_commands(out, c->commands);
	}
	print_options(out, a, "Options\n", c->options);
	print_options(out, a, "Common options\n", cmd_common_options);
}

static void
print_program(struct output *out, struct arena *a,
	      const struct command *const *commands)
{
	out_text(out,
		 "guidon: campaigns of a vendor, sent by its partners\n\n");
	out_bold(out, "Examples\n");
	out_text(out,
		 "  guidon status\n"
		 "      what is waiting, sent and in doubt\n"
		 "  guidon why acme jane@example.com\n"
		 "      may this partner mail this person, and if not, why\n"
		 "\n");
	out_bold(out, "Usage\n");
	out_text(out, "  guidon COMMAND [WORD...] [OPTION...]\n"
		      "  guidon COMMAND --help\n\n");
	print_commands(out, commands);
	print_options(out, a, "Common options\n", cmd_common_options);
}

void
cmd_help_print(struct output *out, const struct command *const *commands,
	       const struct cmd_args *args)
{
	struct arena *a = arena_new();

	if (args->depth == 0)
		print_program(out, a, commands);
	else
		print_command(out, a, full_name(a, args->path, args->depth),
			      args->path[args->depth - 1]);
	arena_free(&a);
}

/* ---- the reference ---- */

/* In a table's cell '|' would end it. */
static void
mark_options(struct output *out, struct arena *a,
	     const struct command_option *o)
{
	if (!o || !o->name)
		return;
	out_text(out, "\n| option | |\n|---|---|\n");
	for (; o->name; o++)
		out_text(out, "| `%.*s` | %s%s |\n",
			 STR_ARG(str_trim(str_of(option_words(a, o)))), o->help,
			 o->required ? " (needed)" : "");
}

static void
mark_command(struct output *out, struct arena *a,
	     const struct command *const *path, int depth)
{
	const struct command *c = path[depth - 1];
	const char *name = full_name(a, path, depth);
	const struct command *next[CMD_WORDS_MAX] = { c };

	out_text(out, "\n## %s\n\n%c%s.\n", name,
		 c->summary[0] >= 'a' && c->summary[0] <= 'z'
		     ? c->summary[0] - 'a' + 'A'
		     : c->summary[0],
		 c->summary + 1);
	for (const struct command_example *e = c->examples; e && e->line; e++)
		out_text(out, "%s    %s\n", e == c->examples ? "\n" : "",
			 e->line);
	if (!c->commands)
		out_text(out, "\nUsage: `%s`\n", usage(a, name, c));
	if (c->details)
		out_text(out, "\n%s\n", c->details);
	mark_options(out, a, c->options);
	for (size_t i = 0; c->commands && c->commands[i]; i++) {
		check(depth < CMD_WORDS_MAX);
		next[depth] = c->commands[i];
		mark_command(out, a, next, depth + 1);
	}
}

static void
mark_exit_codes(struct output *out)
{
	const char *says;
	int number;

	out_text(out, "\n## Exit codes\n\n| code | |\n|---|---|\n");
	for (int i = 0; (says = cmd_exit_row(i, &number)); i++)
		out_text(out, "| %d | %s |\n", number, says);
}

static void
print_reference(struct app *app)
{
	const struct command *const *c = app->commands;

	out_text(&app->out, "# Commands\n\nPrinted by `guidon help --markdown`"
			    " from the tables of the program.\n\n"
			    "Every command takes these:\n");
	mark_options(&app->out, app->arena, cmd_common_options);
	for (; *c; c++)
		mark_command(&app->out, app->arena, c, 1);
	mark_exit_codes(&app->out);
}

/* ---- guidon help ---- */

static void
print_exit_codes(struct output *out)
{
	static const char *const columns[] = { "code", "says" };
	const char *says;
	int number;

	out_table_begin(out, NULL, columns, COUNT_OF(columns));
	for (int i = 0; (says = cmd_exit_row(i, &number)); i++) {
		out_cell_int(out, number);
		out_cell(out, str_of(says));
	}
	out_table_end(out);
}

static int
print_of(struct app *app, struct error *err)
{
	const char *argv[CMD_WORDS_MAX + 2] = { "guidon" };
	struct cmd_args args;
	int argc = 1;

	for (int i = 0; i < app->args.operand_count; i++)
		argv[argc++] = app->args.operands[i];
	argv[argc++] = "--help";
	if (cmd_parse(&args, app->arena, app->commands, argc, argv, err) < 0)
		return -(int)err->code;
	cmd_help_print(&app->out, app->commands, &args);
	return CMD_EXIT_OK;
}

static int
run(struct app *app, struct error *err)
{
	const char *topic = app_operand(app, 0);

	if (app_option(app, "markdown"))
		print_reference(app);
	else if (topic && strcmp(topic, "exit-codes") == 0)
		print_exit_codes(&app->out);
	else
		return print_of(app, err);
	return CMD_EXIT_OK;
}

extern const struct command cmd_help;
const struct command cmd_help = {
	.name = "help",
	.summary = "what a command does and how it is called",
	.examples =
	    (const struct command_example[]){
		{ "guidon help contact delete",
		  "the same as --help behind it" },
		{ "guidon help exit-codes", "what the exit code says" },
		{ 0 } },
	.operands = "[COMMAND...|exit-codes]",
	.operands_max = CMD_WORDS_MAX,
	.options =
	    (const struct command_option[]){
		{ .name = "markdown", .help = "all of it, as one document" },
		{ 0 } },
	.storeless = true,
	.run = run,
};
