/*
 * guidon why: the gate's answer for one person, in words, for each activation
 * of the partner. It asks partner_may_send(), as a sender does. Where that is
 * open, the person's own deliveries say what is waited for. It says what the
 * policies know, too, which a partner is not told.
 */
#include "cmd.h"

#include "base/arena.h"
#include "base/civil.h"
#include "base/encode.h"
#include "cmd_stops.h"

#include "lead/lead_reply.h"
#include "outbox/outbox.h"
#include "partner/partner.h"
#include "plan/plan.h"

static const char *const columns[] = {
	"activation", "campaign", "may_send", "answer",
	"then",	      "policy",	  "replied",
};

/* Where the gate is shut. */
static struct str
then(enum gate_reason reason)
{
	if (gate_reason_stops(reason))
		return STR("is cancelled");
	if (reason == GATE_OTHER_PARTNER)
		return STR("is held");
	if (reason == GATE_FREQUENCY)
		return STR("waits for a place, 3 days at most, or is held");
	return STR("waits");
}

/* 1 when what would carry the person's mail is stopped or slowed: *why. */
static int
find_stop(struct app *app, const struct activation *act,
	  const struct person_hash *person, struct str *why, struct error *err)
{
	struct contact contact;
	int got = contact_find(app->db, app->arena, act->partner_id, person,
			       &contact, err);

	if (got <= 0)
		return got;
	return stops_of_mail(app, act->partner_id, act->id, contact.address,
			     why, err);
}

enum { DELIVERIES_MAX = 1000 };

/* "waits until 2026-03-28T07:00:00Z: not at this hour"; else empty. */
static struct str
waits_for(struct app *app, const struct outbox_delivery *d)
{
	struct buf text = { 0 };
	struct str copy;

	if (d->state == OUTBOX_READY && d->due_ms > app_now_ms(app)) {
		buf_cat(&text, "waits until ");
		civil_print_instant(d->due_ms, 0, &text);
	} else if (d->state == OUTBOX_HELD) {
		buf_cat(&text, "is held");
	}
	if (text.len > 0 && d->status.len > 0)
		buf_printf(&text, ": %.*s", STR_ARG(d->status));
	copy = str_copy(app->arena, buf_view(&text));
	buf_fini(&text);
	return copy;
}

/* What the person's mail of this run waits for, whose gate is open. */
static int
find_wait(struct app *app, const struct activation *act,
	  const struct person_hash *person, struct str *out, struct error *err)
{
	const struct outbox_filter filter = {
		.partner_id = act->partner_id,
		.activation_id = act->id,
		.subject = person_hash_view(person),
	};
	struct outbox_delivery *list;
	int count = outbox_list(app->db, app->arena, &filter, -1,
				DELIVERIES_MAX, &list, err);

	*out = STR("");
	for (int i = 0; i < count && out->len == 0; i++)
		*out = waits_for(app, &list[i]);
	if (count >= 0 && out->len == 0)
		*out = STR("is sent when due");
	return count < 0 ? count : 0;
}

static int
add_answer(struct app *app, const struct activation *act,
	   const struct person_hash *person, struct error *err)
{
	enum gate_reason reason;
	const struct plan_question q = {
		.campaign = act->campaign,
		.partner_id = act->partner_id,
		.person = person,
		.now_ms = app_now_ms(app),
	};
	struct str policy, answer, follows;
	int64_t replied_ms = 0;
	int stopped = 0;

	if (partner_may_send(app->db, act->partner_id, act->id, person, &reason,
			     err) < 0 ||
	    plan_explain(app->db, app->arena, &q, &reason, &policy, err) < 0 ||
	    lead_replied(app->db, act->partner_id, act->id, person, &replied_ms,
			 err) < 0)
		return -(int)err->code;
	answer = str_of(gate_reason_text(reason));
	follows = then(reason);
	if (reason == GATE_OPEN &&
	    (find_wait(app, act, person, &follows, err) < 0 ||
	     (stopped = find_stop(app, act, person, &answer, err)) < 0))
		return -(int)err->code;
	out_cell(&app->out, app_id_text(app, act->id));
	out_cell(&app->out, act->campaign);
	out_cell(&app->out, reason == GATE_OPEN ? STR("yes") : STR("no"));
	out_cell(&app->out, answer);
	out_cell(&app->out, stopped ? STR("waits") : follows);
	out_cell(&app->out, policy);
	out_cell_time(&app->out, replied_ms);
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
	.details =
	    "One line for each run of a campaign: what a sender would be told "
	    "now. Where the vendor\nhas stated a frequency, or that one "
	    "partner alone mails a person, \"policy\" says in full\nwhat is "
	    "known: who mails the person, by which rule, and what each partner "
	    "brings to it. That\nis for the vendor's eyes. Whoever has replied gets no more of "
	    "that campaign,\nunless its conditions name \"replied\" or, of the "
	    "mail that was answered, \"replied:STEP\".",
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
