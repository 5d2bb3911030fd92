/*
 * The command line, read by the tables of the commands.
 *
 * Words and options may stand in any order, so which word is the command is
 * only known once it is known which options take a value. That is asked of the
 * options of all commands together: a name takes a value everywhere or
 * nowhere. Then the options are judged by those of the one command.
 *
 * Nothing that is given may be empty: it is what a shell makes of a variable
 * that is not set, and for many an option or word "not given" means "all".
 *
 * Rejected: getopt_long(). It takes abbreviations for names (and a name that
 * is added later breaks the scripts that use them), keeps its state in globals
 * and writes its own messages.
 */
#include "cmd.h"

#include <string.h>

#include "base/arena.h"

enum { NAMES_MAX = 64 };

/* One option as it stands on the command line. */
struct raw {
	struct str name;
	char letter;	   /* when it was a letter: 0, or which */
	const char *value; /* NULL: none */
};

struct parser {
	struct cmd_args *args;
	struct arena *arena;
	const struct command *const *commands;
	const char *const *argv;
	int argc;
	int at;
	struct raw *raws;
	int raw_count;
	const char **words;
	int word_count;
};

static const struct command_option *
find_in(const struct command_option *o, const struct raw *raw)
{
	for (; o && o->name; o++)
		if (raw->letter ? o->letter == raw->letter
				: str_eq_cstr(raw->name, o->name))
			return o;
	return NULL;
}

/* Whatever command it belongs to. */
static const struct command_option *
find_anywhere(const struct command *const *commands, const struct raw *raw)
{
	const struct command_option *o = find_in(cmd_common_options, raw);

	for (; !o && commands && *commands; commands++) {
		o = find_in((*commands)->options, raw);
		if (!o)
			o = find_anywhere((*commands)->commands, raw);
	}
	return o;
}

static bool
takes_value(const struct parser *p, const struct raw *raw)
{
	const struct command_option *o;

	if (raw->letter == 0 && raw->name.len == 0)
		return false;
	o = find_anywhere(p->commands, raw);
	return o && o->value;
}

static int
next_value(struct parser *p, struct raw *raw, struct error *err)
{
	const char *next = p->at < p->argc ? p->argv[p->at] : NULL;

	if (!next || str_starts(str_of(next), STR("--")))
		return error_set(err, ERROR_INVALID, "option %s needs a value",
				 p->argv[p->at - 1]);
	raw->value = next;
	p->at++;
	return 0;
}

static int
read_long(struct parser *p, struct str text, struct error *err)
{
	struct raw *raw = &p->raws[p->raw_count++];
	ptrdiff_t equal = str_find_char(text, '=');

	raw->name = equal < 0 ? text : str_slice(text, 0, (size_t)equal);
	if (equal >= 0)
		raw->value = text.p + equal + 1;
	else if (takes_value(p, raw))
		return next_value(p, raw, err);
	return 0;
}

/* "-qh", "-oFILE", "-o FILE" */
static int
read_letters(struct parser *p, struct str text, struct error *err)
{
	for (size_t i = 0; i < text.len; i++) {
		struct raw *raw = &p->raws[p->raw_count++];

		raw->letter = text.p[i];
		raw->name = str_slice(text, i, i + 1);
		if (!takes_value(p, raw))
			continue;
		if (i + 1 == text.len)
			return next_value(p, raw, err);
		raw->value = text.p + i + 1;
		break;
	}
	return 0;
}

static int
split_line(struct parser *p, struct error *err)
{
	bool ended = false;

	while (p->at < p->argc) {
		struct str text = str_of(p->argv[p->at++]);
		int code = 0;

		if (ended || text.len < 2 || text.p[0] != '-')
			p->words[p->word_count++] = text.p;
		else if (text.p[1] != '-')
			code =
			    read_letters(p, str_slice(text, 1, text.len), err);
		else if (text.len == 2)
			ended = true;
		else
			code = read_long(p, str_slice(text, 2, text.len), err);
		if (code < 0)
			return code;
	}
	return 0;
}

/*
 * People type the beginning of a name, too; of one or two letters nothing is
 * made. NULL: none.
 */
static const char *
nearest(struct str found, const char *const *names, size_t count)
{
	const char *near = str_nearest(found, names, count);

	for (size_t i = 0; !near && i < count && found.len > 2; i++)
		if (str_starts(str_of(names[i]), found))
			near = names[i];
	return near;
}

const char *
cmd_nearest(struct arena *a, const char *found, const char *const *names,
	    size_t count)
{
	const char *near = nearest(str_of(found), names, count);

	if (!near)
		return arena_printf(a, "\"%s\"", found);
	return arena_printf(a, "\"%s\", did you mean \"%s\"?", found, near);
}

const char *
cmd_one_of(struct arena *a, const char *found, const char *const *names,
	   size_t count)
{
	struct buf text = { 0 };
	const char *copy;

	if (nearest(str_of(found), names, count))
		return cmd_nearest(a, found, names, count);
	buf_printf(&text, "\"%s\", expected ", found);
	for (size_t i = 0; i < count; i++)
		buf_printf(&text, "%s%s",
			   i == 0	    ? ""
			   : i + 1 == count ? " or "
					    : ", ",
			   names[i]);
	copy = str_copy(a, buf_view(&text)).p;
	buf_fini(&text);
	return copy;
}

/* ---- the command ---- */

static const struct command *
find_command(const struct command *const *commands, const char *word)
{
	for (; *commands; commands++)
		if (strcmp((*commands)->name, word) == 0)
			return *commands;
	return NULL;
}

static int
no_command(struct parser *p, const struct command *const *commands,
	   const char *word, struct error *err)
{
	const struct cmd_args *args = p->args;
	const char *names[NAMES_MAX];
	size_t count = 0;

	for (; *commands && count < NAMES_MAX; commands++)
		names[count++] = (*commands)->name;
	return error_set(err, ERROR_INVALID, "no command %s%s%s",
			 args->depth ? args->path[0]->name : "",
			 args->depth ? " " : "",
			 cmd_nearest(p->arena, word, names, count));
}

/* A list of what may come next, for one who stopped half way. */
static int
which_command(const struct command *group, struct error *err)
{
	struct buf names = { 0 };
	int code;

	for (size_t i = 0; group->commands[i]; i++)
		buf_printf(&names, "%s%s", i ? ", " : "",
			   group->commands[i]->name);
	code =
	    error_set(err, ERROR_INVALID, "%s wants one more word, one of %s",
		      group->name, buf_cstr(&names));
	buf_fini(&names);
	return code;
}

/* With --help it is enough to say as much as one knows. */
static int
find_path(struct parser *p, struct error *err)
{
	const struct command *const *commands = p->commands;
	struct cmd_args *args = p->args;

	while (commands && args->depth < p->word_count) {
		const char *word = p->words[args->depth];
		const struct command *found = find_command(commands, word);

		if (!found)
			return no_command(p, commands, word, err);
		check(args->depth < CMD_WORDS_MAX);
		args->path[args->depth++] = found;
		commands = found->commands;
	}
	if (commands && args->depth && !args->help)
		return which_command(args->path[args->depth - 1], err);
	args->operands = p->words + args->depth;
	args->operand_count = p->word_count - args->depth;
	return 0;
}

/* ---- its options and operands ---- */

static size_t
add_names(const struct command_option *o, const char **names, size_t count)
{
	for (; o && o->name && count < NAMES_MAX; o++)
		names[count++] = o->name;
	return count;
}

static int
no_option(const struct command *command, const struct raw *raw,
	  struct error *err)
{
	const char *names[NAMES_MAX];
	size_t count = add_names(cmd_common_options, names, 0);
	const char *near;

	count = add_names(command ? command->options : NULL, names, count);
	near = raw->letter ? NULL : nearest(raw->name, names, count);
	if (near)
		return error_set(err, ERROR_INVALID,
				 "no option \"--%.*s\", did you mean "
				 "\"--%s\"?",
				 STR_ARG(raw->name), near);
	return error_set(err, ERROR_INVALID, "no option \"%s%.*s\"",
			 raw->letter ? "-" : "--", STR_ARG(raw->name));
}

static int
give(struct cmd_args *args, const struct command_option *option,
     const char *value, struct error *err)
{
	int i = 0;

	while (i < args->given_count && args->given[i].option != option)
		i++;
	if (i == CMD_OPTIONS_MAX)
		return error_set(err, ERROR_INVALID, "more than %d options",
				 CMD_OPTIONS_MAX);
	args->given[i].option = option;
	args->given[i].value = value ? value : "";
	if (i == args->given_count)
		args->given_count++;
	return 0;
}

static int
judge_option(struct parser *p, const struct command *command,
	     const struct raw *raw, struct error *err)
{
	const struct command_option *o = find_in(cmd_common_options, raw);

	if (!o && command)
		o = find_in(command->options, raw);
	if (!o)
		return no_option(command, raw, err);
	if (o->value && !raw->value)
		return error_set(err, ERROR_INVALID,
				 "option --%s needs a value", o->name);
	if (o->value && !raw->value[0])
		return error_set(err, ERROR_INVALID,
				 "option --%s is given empty, expected %s",
				 o->name, o->value);
	check((o->value != NULL) == takes_value(p, raw));
	if (!o->value && raw->value)
		return error_set(err, ERROR_INVALID, "option --%s takes none",
				 o->name);
	return give(p->args, o, raw->value, err);
}

static int
judge_operands(const struct cmd_args *args, const struct command *command,
	       struct error *err)
{
	const char *wanted = command->operands ? command->operands : "none";

	if (args->operand_count < command->operands_min)
		return error_set(err, ERROR_INVALID,
				 "too few words, expected %s", wanted);
	if (args->operand_count > command->operands_max)
		return error_set(err, ERROR_INVALID,
				 "\"%s\" is one word too many, expected %s",
				 args->operands[command->operands_max], wanted);
	for (int i = 0; i < args->operand_count; i++)
		if (!args->operands[i][0])
			return error_set(err, ERROR_INVALID,
					 "\"\" stands where %s is expected",
					 wanted);
	for (const struct command_option *o = command->options; o && o->name;
	     o++)
		if (o->required && !cmd_given(args, o->name))
			return error_set(err, ERROR_INVALID,
					 "--%s %s is missing", o->name,
					 o->value);
	return 0;
}

/*
 * How to speak and whether to help is known before anything is found wrong.
 * Errors come up again when the options are judged.
 */
static void
note_common(struct parser *p)
{
	struct error ignored = { 0 };

	for (int i = 0; i < p->raw_count; i++) {
		const struct raw *raw = &p->raws[i];
		const struct command_option *o =
		    find_in(cmd_common_options, raw);

		if (o)
			(void)give(p->args, o, raw->value, &ignored);
	}
	p->args->help = cmd_given(p->args, "help") != NULL;
	p->args->version = cmd_given(p->args, "version") != NULL;
}

static int
judge(struct parser *p, struct error *err)
{
	struct cmd_args *args = p->args;
	const struct command *command;

	note_common(p);
	if (find_path(p, err) < 0)
		return -(int)err->code;
	if (args->help || args->version)
		return 0;
	command = args->depth ? args->path[args->depth - 1] : NULL;
	for (int i = 0; i < p->raw_count; i++)
		if (judge_option(p, command, &p->raws[i], err) < 0)
			return -(int)err->code;
	return command ? judge_operands(args, command, err) : 0;
}

int
cmd_parse(struct cmd_args *args, struct arena *a,
	  const struct command *const *commands, int argc,
	  const char *const *argv, struct error *err)
{
	struct parser p = {
		.args = args,
		.arena = a,
		.commands = commands,
		.argv = argv,
		.argc = argc,
		.at = 1,
	};
	size_t bytes = 1;

	for (int i = 1; i < argc; i++)
		bytes += strlen(argv[i]) + 1;
	*args = (struct cmd_args){ 0 };
	p.words = ARENA_ARRAY(a, (size_t)argc + 1, const char *);
	p.raws = ARENA_ARRAY(a, bytes, struct raw); /* each a letter */
	if (split_line(&p, err) < 0)
		return -(int)err->code;
	return judge(&p, err);
}

const char *
cmd_given(const struct cmd_args *args, const char *name)
{
	for (int i = 0; i < args->given_count; i++)
		if (strcmp(args->given[i].option->name, name) == 0)
			return args->given[i].value;
	return NULL;
}
