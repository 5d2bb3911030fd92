#include "cmd.h"

#include <string.h>

#include "base/arena.h"

#include "partner/partner.h"

static struct str
status_text(const struct partner *p)
{
	return p->status == PARTNER_ACTIVE ? STR("active") : STR("ended");
}

/* ---- list ---- */

static int
run_list(struct app *app, struct error *err)
{
	static const char *const columns[] = {
		"partner", "company", "tier", "region", "country", "status",
	};
	struct partner *all;
	int count = partner_list(app->db, app->arena, &all, err);

	if (count < 0)
		return count;
	out_table_begin(&app->out, NULL, columns, COUNT_OF(columns));
	for (int i = 0; i < count; i++) {
		out_cell(&app->out, all[i].slug);
		out_cell(&app->out, all[i].company);
		out_cell(&app->out, all[i].tier);
		out_cell(&app->out, all[i].region);
		out_cell(&app->out, all[i].country);
		out_cell(&app->out, status_text(&all[i]));
	}
	out_table_end(&app->out);
	return CMD_EXIT_OK;
}

/* ---- show ---- */

static int
find_sender(struct app *app, int64_t id, struct partner_sender *sender,
	    struct error *err)
{
	if (partner_sender_get(app->db, app->arena, id, sender, err) >= 0)
		return 1;
	return err->code == ERROR_NOT_FOUND ? 0 : -(int)err->code;
}

static void
add_sender(struct output *out, const struct partner_sender *s)
{
	out_field(out, "from_name", s->from_name);
	out_field(out, "from_address", s->from_address);
	out_field(out, "reply_to", s->reply_to);
	out_field(out, "postal_address", s->postal_address);
	out_field(out, "opt_out_scope", s->opt_out_scope);
}

static int
run_show(struct app *app, struct error *err)
{
	struct output *out = &app->out;
	struct partner_sender sender;
	struct partner p;
	int has_sender;

	if (app_partner(app, app_operand(app, 0), &p, err) < 0)
		return -(int)err->code;
	has_sender = find_sender(app, p.id, &sender, err);
	if (has_sender < 0)
		return has_sender;
	out_object_begin(out);
	out_field(out, "partner", p.slug);
	out_field(out, "status", status_text(&p));
#define FIELD(name) out_field(out, #name, p.name);
	PARTNER_COLUMNS(FIELD, FIELD)
#undef FIELD
	out_field(out, "attributes", p.attributes);
	if (has_sender)
		add_sender(out, &sender);
	out_object_end(out);
	return CMD_EXIT_OK;
}

/* ---- set ---- */

struct values {
	int64_t partner_id;
	const char **texts; /* "column=value" */
	int count;
	int64_t now_ms;
};

static int
set_unit(struct db *db, void *arg, struct error *err)
{
	const struct values *v = arg;

	for (int i = 0; i < v->count; i++) {
		struct str value = str_of(v->texts[i]);
		struct str column;

		(void)str_split(&value, '=', &column);
		if (partner_set(db, v->partner_id, column, value, v->now_ms,
				err) < 0)
			return -(int)err->code;
	}
	return 0;
}

static int
run_set(struct app *app, struct error *err)
{
	struct values values = {
		.texts = app->args.operands + 1,
		.count = app->args.operand_count - 1,
		.now_ms = app_now_ms(app),
	};
	struct partner p;

	if (app_partner(app, app_operand(app, 0), &p, err) < 0)
		return -(int)err->code;
	values.partner_id = p.id;
	for (int i = 0; i < values.count; i++)
		if (!strchr(values.texts[i], '='))
			return error_set(err, ERROR_INVALID,
					 "\"%s\", expected COLUMN=VALUE",
					 values.texts[i]);
	if (db_commit(app->store, set_unit, &values, err) < 0)
		return -(int)err->code;
	out_note(&app->out, "%s: %d set", app_operand(app, 0), values.count);
	return CMD_EXIT_OK;
}

/* ---- the table ---- */

static const struct command list = {
	.name = "list",
	.summary = "all partners",
	.examples =
	    (const struct command_example[]){
		{ "guidon partner list", "a line for each" }, { 0 } },
	.run = run_list,
};

static const struct command show = {
	.name = "show",
	.summary = "what is known of a partner, its own values first",
	.examples =
	    (const struct command_example[]){
		{ "guidon partner show acme", "a line for each value" },
		{ 0 } },
	.operands = "PARTNER",
	.operands_min = 1,
	.operands_max = 1,
	.run = run_show,
};

static const struct command set = {
	.name = "set",
	.summary = "set values in the partner's name",
	.details = "A value that a partner has set goes before the vendor's; "
		   "an empty one takes\nit back. All are set or none.",
	.examples =
	    (const struct command_example[]){
		{ "guidon partner set acme phone=+4930123456 language=de",
		  "two values" },
		{ "guidon partner set acme phone=", "the vendor's again" },
		{ 0 } },
	.operands = "PARTNER COLUMN=VALUE...",
	.operands_min = 2,
	.operands_max = 32,
	.run = run_set,
};

extern const struct command cmd_partner_fmt;

extern const struct command cmd_partner;
const struct command cmd_partner = {
	.name = "partner",
	.summary = "the partners and what they have set",
	.commands = (const struct command *const[]){ &list, &show, &set,
						     &cmd_partner_fmt, NULL },
};
