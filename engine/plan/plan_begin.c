/*
 * One partner starts. The run is a row, its cursor and an event, put in one
 * unit; plan_step() walks the list from there.
 *
 * What a partner set for its run is looked at here, where the campaign is at
 * hand: a slot that is not there or a text that does not fit would otherwise
 * show when the first mail is rendered.
 */
#include "base/arena.h"
#include "base/js.h"
#include "base/random.h"
#include "event/event.h"
#include "plan/plan_priv.h"

/* ---- parameters ---- */

static const struct campaign_slot *
find_slot(const struct campaign *c, struct str id)
{
	for (size_t i = 0; i < c->slot_count; i++)
		if (str_eq(c->slots[i].id, id))
			return &c->slots[i];
	return NULL;
}

static bool
is_choice(const struct campaign_slot *slot, struct str text)
{
	for (size_t i = 0; i < slot->choice_count; i++)
		if (str_eq(slot->choices[i], text))
			return true;
	return false;
}

/*
 * It goes into mails and pages as it is. Bytes that were no UTF-8 are U+FFFD
 * since they were made JSON.
 */
static int
check_characters(struct str id, struct str text, struct error *err)
{
	if (str_find(text, STR("\xef\xbf\xbd")) >= 0)
		return error_set(err, ERROR_INVALID,
				 "found bytes that are no UTF-8 for the slot "
				 "\"%.*s\", expected text",
				 STR_ARG(id));
	for (size_t i = 0; i < text.len; i++)
		if (((unsigned char)text.p[i] < ' ' && text.p[i] != '\n') ||
		    text.p[i] == 0x7f)
			return error_set(err, ERROR_INVALID,
					 "found a control character for the "
					 "slot \"%.*s\", expected text",
					 STR_ARG(id));
	return 0;
}

static int
check_slot(const struct campaign *c, struct str id, const struct js *value,
	   struct error *err)
{
	const struct campaign_slot *slot = find_slot(c, id);
	struct str text;

	if (!slot)
		return error_set(err, ERROR_INVALID,
				 "found the slot \"%.*s\", which campaign "
				 "\"%.*s\" does not have",
				 STR_ARG(id), STR_ARG(c->id));
	if (!js_as_str(value, &text))
		return error_set(err, ERROR_INVALID,
				 "found no text for the slot \"%.*s\", "
				 "expected one",
				 STR_ARG(id));
	if (slot->type == CAMPAIGN_SLOT_CHOICE && !is_choice(slot, text))
		return error_set(err, ERROR_INVALID,
				 "found \"%.*s\" for the slot \"%.*s\", "
				 "expected one of its choices",
				 STR_ARG(text), STR_ARG(id));
	if (slot->type == CAMPAIGN_SLOT_TEXT && slot->max > 0 &&
	    (int64_t)str_characters(text) > slot->max)
		return error_set(err, ERROR_INVALID,
				 "found %zu characters for the slot "
				 "\"%.*s\", expected at most %lld",
				 str_characters(text), STR_ARG(id),
				 (long long)slot->max);
	return check_characters(id, text, err);
}

static int
check_parameters(const struct campaign *c, struct str json, struct error *err)
{
	struct js_member m = { 0 };
	const struct js *slots = NULL;
	struct js *js;
	int code;

	if (json.len == 0)
		return 0;
	if (js_parse(json, &js, err) < 0)
		return error_context(err, "parameters");
	code = js_find_object(js, "slots", &slots, err);
	while (code >= 0 && slots && js_next(slots, &m))
		code = check_slot(c, m.key, m.value, err);
	if (code >= 0 && js_kind(js) != JS_OBJECT)
		code = error_set(err, ERROR_INVALID,
				 "found parameters that are no object, "
				 "expected {\"slots\": {...}}");
	js_free(&js);
	return code < 0 ? code : 0;
}

/* ---- the run ---- */

static int
append_activated(struct db *db, const struct activation *act, struct str who,
		 int64_t now_ms, struct error *err)
{
	struct buf payload = { 0 };
	struct js_writer w;
	struct event event = {
		.kind = EVENT_ACTIVATED,
		.at_ms = now_ms,
		.partner_id = act->partner_id,
		.activation_id = act->id,
	};
	int code;

	js_writer_init(&w, &payload, false);
	js_begin_object(&w);
	js_key_str(&w, "campaign", act->campaign);
	js_key_str(&w, "who", who);
	js_end_object(&w);
	js_writer_end(&w);
	event.payload = buf_view(&payload);
	code = event_append(db, &event, err);
	buf_fini(&payload);
	return code < 0 ? code : 0;
}

int
plan_run_begin(struct db *db, const struct activation *act, struct str who,
	       int64_t now_ms, struct error *err)
{
	if (activation_start(db, act, now_ms, err) < 0 ||
	    plan_walk_begin(db, act->partner_id, act->id, err) < 0)
		return -(int)err->code;
	return append_activated(db, act, who, now_ms, err);
}

/* ---- starting ---- */

struct beginning {
	const struct plan_begin *in;
	struct activation activation;
};

static bool
has_running(const struct activation *all, int count)
{
	for (int i = 0; i < count; i++)
		if (all[i].state == ACTIVATION_ACTIVE)
			return true;
	return false;
}

static int
begin(struct db *db, void *arg, struct error *err)
{
	const struct beginning *b = arg;
	struct arena *a = arena_new();
	struct activation *all;
	int count = activation_list(db, a, b->activation.campaign,
				    b->in->partner_id, &all, err);
	bool running = count > 0 && has_running(all, count);

	arena_free(&a);
	if (count < 0)
		return count;
	if (running && !b->in->again)
		return error_set(err, ERROR_EXISTS,
				 "campaign \"%.*s\" is running for this "
				 "partner already, expected its end, or "
				 "--again to mail everybody anew",
				 STR_ARG(b->activation.campaign));
	if (plan_run_begin(db, &b->activation, b->in->who, b->in->now_ms, err) <
	    0)
		return -(int)err->code;
	return plan_bound_start(db, &b->activation, err);
}

static int
prepare(struct db *db, struct arena *a, struct beginning *b, struct error *err)
{
	const struct campaign_when when = { .zone = CAMPAIGN_ZONE_PARTNER };
	const struct plan_begin *in = b->in;
	struct partner p;
	const char *why, *zone;
	int over;

	if (check_parameters(in->campaign, in->parameters, err) < 0 ||
	    partner_get(db, a, in->partner_id, &p, err) < 0)
		return -(int)err->code;
	if (!plan_partner_fits(in->campaign, &p, &why))
		return error_set(err, ERROR_DENIED,
				 "partner \"%.*s\" is not in the audience of "
				 "\"%.*s\": %s",
				 STR_ARG(p.slug), STR_ARG(in->campaign->id),
				 why);
	zone = campaign_zone(&when, p.time_zone, p.time_zone, a);
	over = plan_is_over(in->campaign, zone, in->now_ms, err);
	if (over > 0)
		return error_set(err, ERROR_INVALID, "%s", PLAN_OVER);
	if (over < 0)
		return over;
	return plan_campaign_start(in->campaign, zone, in->now_ms,
				   &b->activation.start_ms, err);
}

int
plan_start_partner(const struct plan_begin *in, int64_t *activation_id,
		   struct error *err)
{
	struct beginning b = {
		.in = in,
		.activation = {
			.partner_id = in->partner_id,
			.id = random_id(),
			.campaign = in->campaign->id,
			.revision = in->revision,
			.parameters = in->parameters,
		},
	};
	struct arena *a = arena_new();
	struct db *db;
	int code = db_reader(in->store, &db, err);

	if (code >= 0)
		code = prepare(db, a, &b, err);
	if (code >= 0)
		code = db_commit(in->store, begin, &b, err);
	if (code >= 0)
		*activation_id = b.activation.id;
	arena_free(&a);
	return code < 0 ? code : 0;
}
