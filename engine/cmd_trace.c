/*
 * guidon trace: one delivery, from its row and from the journal.
 */
#include "cmd.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "dispatch/dispatch_resolve.h"

#include "doctor/doctor_notice.h"
#include "lead/lead_reply.h"
#include "outbox/outbox.h"
#include "partner/partner.h"

enum { EVENTS_MAX = 1000 };

/* Of a reply on its way to the partner: what it answers. */
static int
add_answered(struct app *app, const struct outbox_delivery *d,
	     struct error *err)
{
	struct lead_reply reply;
	struct partner partner;

	if (lead_reply_get(app->db, app->arena, d->key.partner_id,
			   d->key.subject, &reply, err) < 0 ||
	    partner_get(app->db, app->arena, d->key.partner_id, &partner, err) <
		0)
		return -(int)err->code;
	out_field(&app->out, "receiver",
		  app_address(app, partner_reply_address(&partner)));
	out_field(&app->out, "answers",
		  app_delivery_hex(
		      app, (struct str){ (const char *)reply.delivery.bytes,
					 sizeof(reply.delivery.bytes) }));
	out_field_int(&app->out, "bytes", reply.bytes);
	return 0;
}

/* Of a notice: of which domain, and to whom. */
static int
add_noticed(struct app *app, const struct outbox_delivery *d, struct error *err)
{
	enum doctor_notice_whom whom;
	struct doctor_notice notice;
	struct partner partner;

	if (doctor_notice_get(app->db, app->arena, d->key.partner_id,
			      d->key.subject, &notice, &whom, err) < 0 ||
	    partner_get(app->db, app->arena, d->key.partner_id, &partner, err) <
		0)
		return -(int)err->code;
	out_field(&app->out, "receiver",
		  app_address(app, whom == DOCTOR_NOTICE_VENDOR
				       ? notice.instead
				       : partner_reply_address(&partner)));
	out_field(&app->out, "about", notice.domain);
	return 0;
}

static int
add_receiver(struct app *app, const struct outbox_delivery *d,
	     struct error *err)
{
	struct person_hash person;
	struct contact contact;
	int got;

	if (d->key.subject_kind == OUTBOX_REPLY)
		return add_answered(app, d, err);
	if (d->key.subject_kind == OUTBOX_NOTICE)
		return add_noticed(app, d, err);
	if (d->key.subject_kind != OUTBOX_PERSON ||
	    d->key.subject.len != sizeof(person.bytes)) {
		out_field(&app->out, "receiver", d->key.subject);
		return 0;
	}
	memcpy(person.bytes, d->key.subject.p, sizeof(person.bytes));
	got = contact_find(app->db, app->arena, d->key.partner_id, &person,
			   &contact, err);
	if (got < 0)
		return got;
	out_field(&app->out, "receiver",
		  got && contact.address.len ? app_address(app, contact.address)
					     : STR("no longer known"));
	return 0;
}

static void
add_delivery(struct app *app, const struct outbox_delivery *d)
{
	struct output *out = &app->out;

	out_field(out, "activation", app_id_text(app, d->key.activation_id));
	out_field(out, "step", d->key.step);
	out_field(out, "channel", d->key.channel);
	out_field_int(out, "update", d->key.seq);
	out_field(out, "state", str_of(outbox_state_name(d->state)));
	out_field(out, "status", d->status);
	out_field_time(out, "due", d->due_ms);
	if (d->owed_ms)
		out_field_time(out, "was_due", d->owed_ms);
	out_field_time(out, "date", d->date_ms);
	out_field_time(out, "marked", d->marked_ms);
	out_field_time(out, "done", d->done_ms);
	out_field_int(out, "attempts", d->attempt);
	out_field_int(out, "deferrals", d->deferrals);
	out_field_int(out, "resends", d->resends);
	out_field(out, "on_unknown", str_of(outbox_policy_name(d->policy)));
	out_field(out, "domain", d->domain);
	out_field(out, "connection", d->connection);
	out_field(out, "revision", app_delivery_hex(app, d->revision));
	out_field(out, "sha256", app_delivery_hex(app, d->sha256));
}

/* The journal has a click when it was looked at, maybe after what it led to. */
static int
compare_times(const void *x, const void *y)
{
	const struct event_row *a = x;
	const struct event_row *b = y;

	if (a->event.at_ms != b->event.at_ms)
		return a->event.at_ms < b->event.at_ms ? -1 : 1;
	if (a->lane != b->lane)
		return a->lane < b->lane ? -1 : 1;
	return a->seq < b->seq ? -1 : a->seq > b->seq;
}

static int
add_events(struct app *app, const struct outbox_delivery *d, struct error *err)
{
	static const char *const columns[] = { "at", "event", "says" };
	const struct event_filter filter = {
		.partner_id = d->key.partner_id,
		.activation_id = d->key.activation_id,
		.delivery = { (const char *)d->id.bytes, sizeof(d->id.bytes) },
		.limit = EVENTS_MAX,
	};
	struct event_row *rows;
	int count = event_list(app->db, app->arena, &filter, &rows, err);

	if (count < 0)
		return count;
	if (count > 0)
		qsort(rows, (size_t)count, sizeof(*rows), compare_times);
	out_table_begin(&app->out, "events", columns, COUNT_OF(columns));
	for (int i = 0; i < count; i++) {
		out_cell_time(&app->out, rows[i].event.at_ms);
		out_cell(&app->out,
			 str_of(event_kind_name(rows[i].event.kind)));
		out_cell(&app->out, rows[i].event.payload);
	}
	out_table_end(&app->out);
	return 0;
}

/* By which a relay's log has it. */
static int
add_message_id(struct app *app, const struct outbox_delivery *d,
	       struct error *err)
{
	struct str id;

	if (dispatch_message_id(app->store, d, app->arena, &id, err) < 0)
		return -(int)err->code;
	out_field(&app->out, "message_id", id);
	return 0;
}

static int
add_all(struct app *app, const struct outbox_delivery *d, struct error *err)
{
	struct str slug;

	if (app_slug(app, d->key.partner_id, &slug, err) < 0)
		return -(int)err->code;
	out_field(&app->out, "delivery", str_of(app_operand(app, 0)));
	out_field(&app->out, "partner", slug);
	if (add_receiver(app, d, err) < 0)
		return -(int)err->code;
	add_delivery(app, d);
	if (add_message_id(app, d, err) < 0)
		return -(int)err->code;
	return add_events(app, d, err);
}

static int
run(struct app *app, struct error *err)
{
	struct outbox_delivery d;
	int code;

	if (app_delivery(app, app_operand(app, 0), &d, err) < 0)
		return -(int)err->code;
	out_object_begin(&app->out);
	code = add_all(app, &d, err);
	out_object_end(&app->out);
	return code < 0 ? code : CMD_EXIT_OK;
}

extern const struct command cmd_trace;
const struct command cmd_trace = {
	.name = "trace",
	.summary = "all that is known of one delivery",
	.details = "The id is the one that \"guidon delivery list\" and the "
		   "sender's log show.",
	.examples =
	    (const struct command_example[]){
		{ "guidon trace 5f0c62a1b7d94e38a6f1c2d3e4b5a697",
		  "its state, attempts and events" },
		{ 0 } },
	.operands = "DELIVERY",
	.operands_min = 1,
	.operands_max = 1,
	.options =
	    (const struct command_option[]){
		{ .name = "show-addresses", .help = "addresses in full" },
		{ 0 } },
	.run = run,
};
