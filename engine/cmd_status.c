/*
 * guidon status: where the deliveries are. Planned is always the sum of the
 * states, so nothing can hide between them.
 */
#include "cmd.h"

#include "base/arena.h"
#include "cmd_daemon.h"
#include "cmd_stops.h"
#include "db/db.h"
#include "dispatch/dispatch_guard.h"
#include "doctor/doctor_watch.h"
#include "mime/mime.h"

#include "lead/lead_reply.h"
#include "outbox/outbox.h"
#include "partner/partner.h"
#include "plan/plan.h"

static const char *const columns[] = { "partner", "planned",
#define COLUMN(name, text, final) (text),
				       OUTBOX_STATES(COLUMN)
#undef COLUMN
					   "stopped" };

static int64_t
planned(const struct outbox_counts *counts)
{
	int64_t sum = 0;

	for (int i = 0; i < OUTBOX_STATE_COUNT; i++)
		sum += counts->by_state[i];
	return sum;
}

static int
add_row(struct app *app, struct str name, int64_t partner_id, struct error *err)
{
	const struct outbox_filter filter = { .partner_id = partner_id };
	struct outbox_counts counts;
	struct str why = { 0 };

	if (outbox_count(app->db, &filter, &counts, err) < 0 ||
	    stops_of_partner(app, partner_id, &why, err) < 0)
		return -(int)err->code;
	/* The vendor is no partner: it is told of when it has something. */
	if (partner_id == PARTNER_VENDOR && planned(&counts) == 0)
		return 0;
	out_cell(&app->out, name);
	out_cell_int(&app->out, planned(&counts));
	for (int i = 0; i < OUTBOX_STATE_COUNT; i++)
		out_cell_int(&app->out, counts.by_state[i]);
	out_cell(&app->out, why);
	return 0;
}

static int
add_partners(struct app *app, struct error *err)
{
	struct partner *all;
	int count = partner_list(app->db, app->arena, &all, err);

	for (int i = 0; i < count; i++)
		if (add_row(app, all[i].slug, all[i].id, err) < 0)
			return -(int)err->code;
	return count;
}

static int
print_partners(struct app *app, struct error *err)
{
	int code;

	out_table_begin(&app->out, NULL, columns, COUNT_OF(columns));
	code = add_partners(app, err);
	if (code >= 0)
		code = add_row(app, STR("vendor"), PARTNER_VENDOR, err);
	out_table_end(&app->out);
	return code < 0 ? code : CMD_EXIT_OK;
}

/* Why nothing leaves, when a sender noted it under this name. */
static int
print_note(struct app *app, const char *note, const char *since,
	   const char *field, struct error *err)
{
	struct buf noted = { 0 };
	struct str rest;
	int64_t since_ms;
	ptrdiff_t blank;
	int got = db_note_find(app->db, note, &noted, err);

	rest = buf_view(&noted);
	blank = str_find_char(rest, ' ');
	if (blank > 0 && str_int(str_slice(rest, 0, (size_t)blank), 0,
				 INT64_MAX, &since_ms)) {
		out_field_time(&app->out, since, since_ms);
		out_field(&app->out, field,
			  str_slice(rest, (size_t)blank + 1, rest.len));
	}
	buf_fini(&noted);
	return got < 0 ? got : 0;
}

static int
print_trouble(struct app *app, struct error *err)
{
	if (print_note(app, daemon_clock_note, "clock_since", "clock", err) < 0)
		return -(int)err->code;
	return print_note(app, daemon_trouble_note, "trouble_since", "trouble",
			  err);
}

/* What a person has to decide on, since it is later than it may be. */
static int
print_overdue(struct app *app, int64_t partner_id, struct error *err)
{
	int64_t overdue;

	if (outbox_count_held(app->db, str_of(outbox_overdue), partner_id,
			      &overdue, err) < 0)
		return -(int)err->code;
	if (overdue > 0)
		out_field_int(&app->out, "overdue", overdue);
	return 0;
}

/* Whether the store is older than its guard: then nothing is sent at all. */
static bool
print_held(struct app *app)
{
	enum dispatch_guard guard;
	struct buf why = { 0 };
	struct error err;
	bool held;

	if (!app_guard(app))
		return false;
	if (dispatch_guard_ask(&guard, app->db, app_guard(app),
			       app_guard_now_ms(app), &why, &err) < 0)
		buf_cat(&why, err.text);
	held = why.len > 0;
	if (held) {
		buf_cat(&why, "; nothing is sent before guidon adopt");
		if (guard == DISPATCH_GUARD_LATER)
			buf_cat(&why, " --clock, or that time");
		out_field(&app->out, "trouble", buf_view(&why));
	}
	buf_fini(&why);
	return held;
}

/* Who came beyond what was reviewed; beside the states, for it has no row. */
static int
print_waiting(struct app *app, int64_t partner_id, struct error *err)
{
	int64_t waiting;

	if (plan_waiting(app->db, partner_id, STR(""), &waiting, err) < 0)
		return -(int)err->code;
	if (waiting > 0)
		out_field_int(&app->out, "beyond_plan", waiting);
	return 0;
}

/* What to do about what nobody knows. */
static void
print_doubts(struct app *app, const struct outbox_counts *counts)
{
	if (counts->by_state[OUTBOX_INDOUBT] > 0)
		out_field(&app->out, "next_step",
			  STR("guidon resolve RELAY-LOG... closes by evidence "
			      "what is in doubt, guidon delivery resolve by "
			      "your word"));
}

/* Mails that came back; those that prove nothing are one number. */
static int
print_returned(struct app *app, struct error *err)
{
	struct event_return_counts counts;
	int64_t unproven = 0;

	if (event_return_count(app->db, &counts, err) < 0)
		return -(int)err->code;
	for (int i = 0; i < EVENT_RETURN_COUNT; i++) {
		const char *name =
		    arena_printf(app->arena, "returned_%s",
				 event_return_name((enum event_return_class)i));

		if (counts.ours[i] > 0)
			out_field_int(&app->out, name, counts.ours[i]);
		unproven += counts.foreign[i];
	}
	if (unproven > 0)
		out_field_int(&app->out, "returned_unproven", unproven);
	return 0;
}

static int
print_replies(struct app *app, int64_t partner_id, struct error *err)
{
	struct lead_reply_counts counts;

	if (lead_reply_count(app->db, partner_id, &counts, err) < 0)
		return -(int)err->code;
	if (counts.all > 0)
		out_field_int(&app->out, "replies", counts.all);
	if (counts.waiting > 0)
		out_field_int(&app->out, "replies_waiting", counts.waiting);
	if (counts.kept > 0)
		out_field_int(&app->out, "replies_kept", counts.kept);
	return 0;
}

static int
print_pauses(struct app *app, struct error *err)
{
	static const char *const names[] = { "campaign", "partner", "since" };
	struct pause_row *all;
	int count = partner_pauses(app->db, app->arena, &all, err);

	if (count <= 0)
		return count;
	out_table_begin(&app->out, "paused", names, COUNT_OF(names));
	for (int i = 0; i < count; i++) {
		out_cell(&app->out,
			 all[i].campaign.len ? all[i].campaign : STR("all"));
		out_cell(&app->out,
			 all[i].partner.len ? all[i].partner : STR("all"));
		out_cell_time(&app->out, all[i].at_ms);
	}
	out_table_end(&app->out);
	return count;
}

/* How many partners have it and are mailed for from the vendor's instead. */
static int
count_down(const struct partner_sender *all, int count, struct str domain)
{
	int down = 0;

	for (int i = 0; i < count; i++)
		down +=
		    all[i].down_ms > 0 &&
		    str_eq(mime_address_domain(all[i].from_address), domain);
	return down;
}

/* What was found when senders were last looked at. */
static int
print_senders(struct app *app, struct error *err)
{
	static const char *const names[] = { "domain",	    "checked",
					     "errors",	    "unknown",
					     "warnings",    "wrong_since",
					     "fallen_back", "worst" };
	struct partner_sender *senders;
	struct doctor_row *all;
	int sender_count;
	int count = doctor_watch_list(app->db, app->arena, &all, err);

	if (count <= 0)
		return count;
	sender_count = partner_sender_list(app->db, app->arena, &senders, err);
	if (sender_count < 0)
		return sender_count;
	out_table_begin(&app->out, "senders", names, COUNT_OF(names));
	for (int i = 0; i < count; i++) {
		out_cell(&app->out, all[i].domain);
		out_cell_time(&app->out, all[i].checked_ms);
		out_cell_int(&app->out, all[i].errors);
		out_cell_int(&app->out, all[i].unknown);
		out_cell_int(&app->out, all[i].warnings);
		out_cell_time(&app->out, all[i].since_ms);
		out_cell_int(&app->out,
			     count_down(senders, sender_count, all[i].domain));
		out_cell(&app->out, all[i].worst);
	}
	out_table_end(&app->out);
	return count;
}

static int
run(struct app *app, struct error *err)
{
	struct outbox_filter filter = { 0 };
	struct outbox_counts counts;
	int64_t next_ms = 0;
	int code = 0;

	if (app_option(app, "partners"))
		return print_partners(app, err);
	if (app_partner_option(app, -1, &filter.partner_id, err) < 0 ||
	    outbox_count(app->db, &filter, &counts, err) < 0 ||
	    outbox_next_due(app->db, &next_ms, err) < 0)
		return -(int)err->code;
	out_object_begin(&app->out);
	out_field_int(&app->out, "planned", planned(&counts));
	for (int i = 0; i < OUTBOX_STATE_COUNT; i++)
		out_field_int(&app->out,
			      outbox_state_name((enum outbox_state)i),
			      counts.by_state[i]);
	print_doubts(app, &counts);
	if (filter.partner_id < 0) {
		out_field_time(&app->out, "next_due", next_ms);
		if (!print_held(app))
			code = print_trouble(app, err);
	}
	if (code >= 0)
		code = print_overdue(app, filter.partner_id, err);
	if (code >= 0)
		code = print_waiting(app, filter.partner_id, err);
	if (code >= 0 && filter.partner_id < 0)
		code = print_returned(app, err);
	if (code >= 0)
		code = print_replies(app, filter.partner_id, err);
	if (code >= 0)
		code = print_pauses(app, err);
	if (code >= 0 && filter.partner_id < 0)
		code = print_senders(app, err);
	if (code >= 0)
		code = stops_print(app, err);
	out_object_end(&app->out);
	return code < 0 ? code : CMD_EXIT_OK;
}

extern const struct command cmd_status;
const struct command cmd_status = {
	.name = "status",
	.summary = "what is waiting, sent, refused and in doubt",
	.details =
	    "planned = ready + claimed + marked + in-doubt + held + sent + "
	    "bounced\n  + cancelled + skipped, always. When the relay or the "
	    "spool takes nothing, trouble\nsays what it said last, or that the "
	    "store waits for \"guidon adopt\"; a clock that has jumped is "
	    "named. Of what is held,\nwhat is later than its max-lateness is "
	    "counted (overdue). People beyond the plan\nthat was applied "
	    "(beyond_plan) wait for a new one. What is paused is named "
	    "below,\nand so is what was stopped or slowed because of what "
	    "receivers said: a relay, a\nsender's domain, a domain of "
	    "receivers, a partner; \"guidon resume\" opens it. What DNS\nsaid "
	    "of each sender when a sender with a resolver looked last is there "
	    "too;\n\"guidon doctor\" says all of it. While something is in "
	    "doubt, next_step says what\nto do about it. Mails that came back "
	    "are counted by what they say, and those that\nprove nothing for "
	    "90 days (returned_unproven). Answers are replies;\n"
	    "replies_waiting are not with the partner yet, and replies_kept "
	    "were too many or too\nlarge and lie where they came to.",
	.examples =
	    (const struct command_example[]){
		{ "guidon status", "all deliveries, by state" },
		{ "guidon status --partners", "the same, a line for each "
					      "partner" },
		{ "guidon status --json", "for a script" },
		{ 0 } },
	.options =
	    (const struct command_option[]){
		{ .name = "partners", .help = "a line for each partner" },
		{ .name = "partner",
		  .value = "P",
		  .help = "of this partner alone" },
		{ 0 } },
	.run = run,
};
