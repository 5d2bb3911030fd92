/*
 * guidon why: the gate's answer for one person, in words, for each activation
 * of the partner. It asks partner_may_send(), as a sender does.
 */
#include "cmd.h"

#include "base/arena.h"
#include "base/encode.h"

#include "partner/partner.h"

static const char *const columns[] = {
	"activation", "campaign", "may_send", "answer", "then",
};

static int
add_answer(struct app *app, const struct activation *act,
	   const struct person_hash *person, struct error *err)
{
	enum gate_reason reason;
	int open = partner_may_send(app->db, act->partner_id, act->id, person,
				    &reason, err);

	if (open < 0)
		return open;
	out_cell(&app->out, app_id_text(app, act->id));
	out_cell(&app->out, act->campaign);
	out_cell(&app->out, open ? STR("yes") : STR("no"));
	out_cell(&app->out, str_of(gate_reason_text(reason)));
	out_cell(&app->out, open ? STR("is sent when due")
			    : gate_reason_stops(reason) ? STR("is cancelled")
							: STR("waits"));
	return 0;
}

/* The one that is asked for, or all of the partner's. */
static int
find_activations(struct app *app, int64_t partner_id, struct activation **list,
		 struct error *err)
{
	const char *which = app_operand(app, 2);
	int64_t id;

	if (!which)
		return activation_list(app->db, app->arena, STR(""), partner_id,
				       list, err);
	if (decode_id(str_of(which), &id, err) < 0)
		return error_context(err, "activation");
	*list = ARENA_NEW(app->arena, struct activation);
	return activation_get(app->db, app->arena, partner_id, id, *list, err) <
		       0
		   ? -(int)err->code
		   : 1;
}

static int
run(struct app *app, struct error *err)
{
	struct activation *list;
	struct person_hash person;
	struct partner partner;
	int code = 0;
	int count;

	if (app_partner(app, app_operand(app, 0), &partner, err) < 0 ||
	    app_person(app, app_operand(app, 1), &person, err) < 0)
		return -(int)err->code;
	count = find_activations(app, partner.id, &list, err);
	if (count < 0)
		return count;
	out_table_begin(&app->out, NULL, columns, COUNT_OF(columns));
	for (int i = 0; code >= 0 && i < count; i++)
		code = add_answer(app, &list[i], &person, err);
	out_table_end(&app->out);
	if (count == 0)
		out_note(&app->out, "%s runs no campaign", app_operand(app, 0));
	return code < 0 ? code : CMD_EXIT_OK;
}

extern const struct command cmd_why;
const struct command cmd_why = {
	.name = "why",
	.summary = "may this partner mail this person, and if not, why",
	.details = "One line for each run of a campaign: what a sender would "
		   "be told now.",
	.examples =
	    (const struct command_example[]){
		{ "guidon why acme jane@example.com",
		  "for all that acme runs" },
		{ 0 } },
	.operands = "PARTNER ADDRESS [ACTIVATION]",
	.operands_min = 2,
	.operands_max = 3,
	.run = run,
};
