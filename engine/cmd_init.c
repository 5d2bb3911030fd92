/*
 * New workspaces and new campaigns, from the stock library that is part of the
 * program. What is made is the user's: plain files, to be changed at will and
 * never touched by the program again.
 */
#include "cmd.h"

#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "campaign/campaign.h"
#include "cmd_file.h"
#include "cmd_stock.h"
#include "cmd_tree.h"
#include "xml/xml.h"

enum { FILE_BYTES_MAX = 5 * 1024 * 1024, ID_MAX = 64 };

static struct str
stock_bytes(const struct stock_file *file)
{
	return (struct str){ (const char *)file->bytes, file->size };
}

/* ---- init ---- */

static int
put_stock(const char *folder, struct error *err)
{
	for (size_t i = 0; i < stock_file_count; i++)
		if (tree_put(folder, str_of(stock_files[i].path),
			     stock_bytes(&stock_files[i]), err) < 0)
			return -(int)err->code;
	return tree_put(folder, STR(".gitignore"), STR("/.guidon/\n*.plan\n"),
			err);
}

static int
run_init(struct app *app, struct error *err)
{
	const char *folder = app_operand(app, 0);

	if (tree_make(folder, err) < 0)
		return -(int)err->code;
	if (put_stock(folder, err) < 0) {
		tree_clear(folder);
		return -(int)err->code;
	}
	out_note(&app->out,
		 "%s: a workspace of %zu files; next: guidon check "
		 "--workspace %s",
		 folder, stock_file_count + 1, folder);
	return CMD_EXIT_OK;
}

/* ---- new campaign ---- */

struct copy {
	struct app *app;
	const char *from; /* its folder, unless it is of the stock */
	const char *from_id;
	const char *folder; /* the workspace */
	const char *id;
	int count;
};

static bool
is_id(const char *text)
{
	size_t len = strlen(text);

	return len > 0 && len <= ID_MAX &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == len &&
	       text[0] != '-' && text[len - 1] != '-';
}

/* Where a line and a column, counted in characters, are in the text. */
static size_t
offset_of(struct str text, int line, int column)
{
	size_t i = 0;

	for (; line > 1 && i < text.len; i++)
		line -= text.p[i] == '\n';
	for (; column > 1 && i < text.len; i++)
		column -= i + 1 == text.len ||
			  ((unsigned char)text.p[i + 1] & 0xc0) != 0x80;
	return i;
}

static void
no_report(void *arg, int line, int column, const char *text)
{
	(void)arg, (void)line, (void)column, (void)text;
}

/* The campaign's file with the other id, all else as it was. */
static int
rename_campaign(struct arena *a, struct str bytes, const char *id,
		struct str *out, struct error *err)
{
	static const struct xml_report silent = { .report = no_report };
	const struct xml_attribute *at;
	const struct xml_node *root;
	size_t from, quote, to;

	if (xml_parse(a, "campaign.xml", bytes, NULL, &silent, &root, err) < 0)
		return -(int)err->code;
	at = xml_find_attribute(root, "id");
	if (!at)
		return error_set(err, ERROR_INVALID,
				 "found <%.*s> without an id, expected one",
				 STR_ARG(root->name));
	from = offset_of(bytes, at->line, at->column);
	quote = from;
	while (bytes.p[quote] != '"' && bytes.p[quote] != '\'')
		quote++;
	to = quote + 1;
	while (bytes.p[to] != bytes.p[quote])
		to++;
	*out =
	    str_printf(a, "%.*s%s%.*s", STR_ARG(str_slice(bytes, 0, quote + 1)),
		       id, STR_ARG(str_slice(bytes, to, bytes.len)));
	return 0;
}

static int
put_copy(struct copy *c, struct str path, struct str bytes, struct error *err)
{
	struct arena *a = c->app->arena;

	if (str_eq_cstr(path, "campaign.xml") &&
	    rename_campaign(a, bytes, c->id, &bytes, err) < 0)
		return -(int)err->code;
	c->count++;
	return tree_put(
	    c->folder, str_printf(a, "campaigns/%s/%.*s", c->id, STR_ARG(path)),
	    bytes, err);
}

static int
copy_file(void *arg, struct str path, struct error *err)
{
	struct copy *c = arg;
	struct arena *a = c->app->arena;
	struct str bytes;

	if (file_get(arena_printf(a, "%s/%.*s", c->from, STR_ARG(path)), a,
		     FILE_BYTES_MAX, &bytes, err) < 0)
		return -(int)err->code;
	return put_copy(c, path, bytes, err);
}

static int
copy_stock(struct copy *c, struct error *err)
{
	struct str below =
	    str_printf(c->app->arena, "campaigns/%s/", c->from_id);

	for (size_t i = 0; i < stock_file_count; i++) {
		struct str path = str_of(stock_files[i].path);

		if (str_starts(path, below) &&
		    put_copy(c, str_slice(path, below.len, path.len),
			     stock_bytes(&stock_files[i]), err) < 0)
			return -(int)err->code;
	}
	return 0;
}

static bool
has_campaign(struct str *ids, int count, const char *id)
{
	for (int i = 0; i < count; i++)
		if (str_eq_cstr(ids[i], id))
			return true;
	return false;
}

static int
check_ids(const struct copy *c, struct error *err)
{
	const char *const ids[] = { c->id, c->from_id };

	for (size_t i = 0; i < COUNT_OF(ids); i++)
		if (!is_id(ids[i]))
			return error_set(err, ERROR_INVALID,
					 "found \"%s\", expected an id of "
					 "small letters, digits and hyphens",
					 ids[i]);
	return 0;
}

/* All of it or nothing; a folder that was there is only ever added to. */
static int
copy_all(struct copy *c, bool own, struct error *err)
{
	const char *folder =
	    arena_printf(c->app->arena, "%s/campaigns/%s", c->folder, c->id);
	bool made = access(folder, F_OK) != 0;
	int code = own ? tree_each(c->from, c->app->arena, copy_file, c, err)
		       : copy_stock(c, err);

	if (code < 0 && made) {
		tree_clear(folder);
		(void)rmdir(folder);
	}
	return code;
}

static int
run_new_campaign(struct app *app, struct error *err)
{
	struct copy c = {
		.app = app,
		.id = app_operand(app, 0),
		.from_id = app_option(app, "from"),
	};
	struct str *ids;
	int count;

	if (check_ids(&c, err) < 0 || app_init(app, err) < 0)
		return -(int)err->code;
	c.folder = app->workspace;
	count = campaign_list(c.folder, app->arena, &ids, err);
	if (count < 0)
		return count;
	if (has_campaign(ids, count, c.id))
		return error_set(err, ERROR_EXISTS,
				 "campaign %s is there already, expected "
				 "another id",
				 c.id);
	c.from =
	    arena_printf(app->arena, "%s/campaigns/%s", c.folder, c.from_id);
	if (copy_all(&c, has_campaign(ids, count, c.from_id), err) < 0)
		return -(int)err->code;
	if (c.count == 0)
		return error_set(err, ERROR_NOT_FOUND,
				 "no campaign %s, neither in %s nor in the "
				 "stock library",
				 c.from_id, c.folder);
	out_note(&app->out, "campaigns/%s: %d file%s; next: guidon check", c.id,
		 c.count, c.count == 1 ? "" : "s");
	return CMD_EXIT_OK;
}

/* ---- the tables ---- */

extern const struct command cmd_init;
const struct command cmd_init = {
	.name = "init",
	.summary = "a new workspace from the stock library",
	.details = "DIR is new or empty. What is made are files of yours, for "
		   "git: a vendor, some\npartners, a campaign with its "
		   "templates and images.",
	.examples =
	    (const struct command_example[]){
		{ "guidon init northwind", "a folder of that name" }, { 0 } },
	.operands = "DIR",
	.operands_min = 1,
	.operands_max = 1,
	.storeless = true,
	.run = run_init,
};

static const struct command campaign = {
	.name = "campaign",
	.summary = "a new campaign, as a copy of another",
	.details = "The other is one of the workspace, or else of the stock "
		   "library.",
	.examples =
	    (const struct command_example[]){
		{ "guidon new campaign autumn --from spring-launch",
		  "campaigns/autumn" },
		{ 0 } },
	.operands = "ID",
	.operands_min = 1,
	.operands_max = 1,
	.options = (const struct command_option[]){ { .name = "from",
						      .value = "CAMPAIGN",
						      .required = true,
						      .help = "what to copy" },
						    { 0 } },
	.storeless = true,
	.run = run_new_campaign,
};

extern const struct command cmd_new;
const struct command cmd_new = {
	.name = "new",
	.summary = "new things in the workspace",
	.commands = (const struct command *const[]){ &campaign, NULL },
};
