/*
 * A queue that is closed for a reason is a stop. The store knows partners by
 * number and people know them by name, so names are put in here.
 */
#include "cmd_stops.h"

#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "cmd.h"
#include "dispatch/dispatch_rules.h"
#include "outbox/outbox_queue.h"
#include "partner/partner.h"

/* As people call it. */
static int
name_of(struct app *app, const struct outbox_queue *q, struct str *out,
	struct error *err)
{
	struct partner partner;
	int64_t id = 0;

	*out = q->name;
	if (q->scope != OUTBOX_SCOPE_PARTNER ||
	    !str_int(q->name, 1, INT64_MAX, &id))
		return 0;
	if (partner_get(app->db, app->arena, id, &partner, err) < 0)
		return -(int)err->code;
	*out = partner.slug;
	return 0;
}

int
stops_print(struct app *app, struct error *err)
{
	static const char *const names[] = { "what", "name", "since", "until",
					     "reason" };
	struct outbox_queue *all;
	int count = outbox_queue_closed(app->db, app->arena, app_now_ms(app),
					&all, err);
	int code = count;

	if (count <= 0)
		return count;
	out_table_begin(&app->out, "stopped", names, COUNT_OF(names));
	for (int i = 0; i < count && code >= 0; i++) {
		struct str name = { 0 };

		code = name_of(app, &all[i], &name, err);
		out_cell(&app->out, str_of(outbox_scope_name(all[i].scope)));
		out_cell(&app->out, name);
		out_cell_time(&app->out, all[i].since_ms);
		if (all[i].opens_ms == INT64_MAX)
			out_cell(&app->out, STR("resumed"));
		else
			out_cell_time(&app->out, all[i].opens_ms);
		out_cell(&app->out, all[i].reason);
	}
	out_table_end(&app->out);
	return code < 0 ? code : count;
}

/* 1 when it is closed now. */
static int
is_closed(struct app *app, enum outbox_scope scope, struct str name,
	  struct str *why, struct error *err)
{
	struct outbox_queue q;
	int found = outbox_queue_find(app->db, app->arena,
				      outbox_queue_id(scope, name), &q, err);

	if (found <= 0 || q.opens_ms <= app_now_ms(app))
		return found < 0 ? found : 0;
	*why = q.reason;
	if (q.reason.len == 0 && scope == OUTBOX_SCOPE_RUN)
		*why = STR("the first mails of the run go before, and what "
			   "becomes of them is not known yet");
	else if (q.reason.len == 0)
		*why = STR("the limit is used up");
	*why = str_printf(app->arena, "%s: %.*s", outbox_scope_name(scope),
			  STR_ARG(*why));
	return 1;
}

static struct str
number(struct app *app, int64_t n)
{
	return str_printf(app->arena, "%" PRId64, n);
}

int
stops_of_partner(struct app *app, int64_t partner_id, struct str *why,
		 struct error *err)
{
	return is_closed(app, OUTBOX_SCOPE_PARTNER, number(app, partner_id),
			 why, err);
}

static int
is_slowed(struct app *app, struct str address, struct str *why,
	  struct error *err)
{
	ptrdiff_t at = str_find_char(address, '@');
	struct dispatch_rules rules;
	struct str domain;

	if (at < 0)
		return 0;
	if (dispatch_rules_load(app->db, app->arena, &rules, err) < 0)
		return -(int)err->code;
	domain = str_lower(app->arena,
			   str_slice(address, (size_t)at + 1, address.len));
	return is_closed(app, OUTBOX_SCOPE_DOMAIN,
			 dispatch_rules_domain(&rules, domain), why, err);
}

/* The domain that the partner's mail is from. */
static int
is_refused(struct app *app, int64_t partner_id, struct str *why,
	   struct error *err)
{
	struct partner_sender sender;
	struct error none;
	ptrdiff_t at;

	if (partner_sender_now(app->db, app->arena, partner_id, &sender,
			       &none) < 0)
		return 0;
	at = str_find_char(sender.from_address, '@');
	return is_closed(app, OUTBOX_SCOPE_SENDER,
			 str_slice(sender.from_address, (size_t)(at + 1),
				   sender.from_address.len),
			 why, err);
}

int
stops_of_mail(struct app *app, int64_t partner_id, int64_t activation_id,
	      struct str address, struct str *why, struct error *err)
{
	struct str run = str_printf(app->arena, "%" PRId64 "/%" PRId64,
				    partner_id, activation_id);
	int got = stops_of_partner(app, partner_id, why, err);

	if (got == 0)
		got = is_closed(app, OUTBOX_SCOPE_RUN, run, why, err);
	if (got == 0)
		got = is_refused(app, partner_id, why, err);
	if (got == 0)
		got = is_slowed(app, address, why, err);
	return got;
}
