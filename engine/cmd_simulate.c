/*
 * The real commands' code, with made-up people in the place of visitors.
 *
 *	publish -> runs -> contacts of three habits -> live -> lines
 *
 * Where there is no form, nobody fills it in: there are two habits.
 *
 * Living is the daemon's loop with a turn for people in it: all that is due
 * leaves, whoever has something to react to does, then the clock moves on, by a
 * minute after somebody did and to what is due next else. Each acts once, on
 * the first mail. Clicks go into
 * the journal directly: by whom a hit was is not what is tried here.
 *
 * It ends when nothing is due and nobody reacts. ROUNDS_MAX stops a campaign
 * that would never end.
 */
#include "cmd_simulate.h"

#include <inttypes.h>

#include "base/arena.h"
#include "base/civil.h"
#include "base/random.h"
#include "base/zone.h"
#include "campaign/campaign.h"
#include "cmd.h"
#include "cmd_daemon.h"
#include "cmd_plan.h"
#include "cmd_scratch.h"
#include "cmd_workspace.h"
#include "event/event.h"
#include "lead/lead.h"
#include "outbox/outbox.h"
#include "partner/partner.h"
#include "plan/plan.h"
#include "render/render_kit.h"

enum { MINUTE_MS = 60 * 1000, DELIVERIES_MAX = 1000, ROUNDS_MAX = 10000 };

enum habit { SILENT, CLICKS, LEAD, HABIT_COUNT }; /* LEAD is the last */

static const char *const habit_names[] = {
	[SILENT] = "silent",
	[CLICKS] = "clicks",
	[LEAD] = "lead",
};

struct person {
	enum habit habit;
	struct person_hash hash;
	bool acted;
};

struct simulation {
	struct app app; /* of the scratch store */
	struct daemon *daemon;
	const struct campaign *campaign;
	struct activation *runs;
	int run_count;
	int habit_count;       /* without a form nobody becomes a lead */
	struct person *people; /* habit_count for each run */
};

/* ---- who takes part ---- */

static struct str
address_of(struct arena *a, enum habit habit)
{
	return str_printf(a, "%s@example.com", habit_names[habit]);
}

static int
people_unit(struct db *db, void *arg, struct error *err)
{
	struct simulation *s = arg;

	for (int i = 0; i < s->run_count * s->habit_count; i++) {
		struct person *p = &s->people[i];
		struct str address =
		    address_of(s->app.arena, (enum habit)(i % s->habit_count));
		struct contact contact = {
			.partner_id = s->runs[i / s->habit_count].partner_id,
			.address = address,
			.given_name = STR("Alex"),
			.family_name = STR("Morgan"),
			.company = STR("Example Ltd"),
			.attributes = STR("{}"),
			.consent = CONSENT_GIVEN,
			.consent_basis = STR("simulation"),
			.consent_ms = 1,
		};

		p->habit = (enum habit)(i % s->habit_count);
		p->hash = partner_person(s->app.pepper, address);
		contact.person = p->hash;
		if (s->campaign->contact_tag_count > 0)
			contact.tags = s->campaign->contact_tags[0];
		if (contact_put(db, &contact, app_now_ms(&s->app), err) < 0)
			return -(int)err->code;
	}
	return 0;
}

/* Publishes the files as they are, for everybody. */
static int
publish(struct simulation *s, const struct work *work,
	const struct partner_rows *partners, struct error *err)
{
	struct plan_apply apply = {
		.store = s->app.store,
		.files = work->files,
		.campaign = s->campaign,
		.rows = partners->items,
		.row_count = partners->count,
		.who = STR("simulation"),
		.now_ms = app_now_ms(&s->app),
	};
	struct plan_result result;
	struct plan *plan;

	if (plan_of(&s->app, work, partners, &plan, err) < 0)
		return -(int)err->code;
	apply.reviewed = plan;
	apply.current = plan;
	return plan_apply(&apply, &result, err);
}

/* A campaign that waits for somebody to start it is started for all. */
static int
start_all(struct simulation *s, struct error *err)
{
	struct campaign_publication published;
	struct partner *partners;
	int count = partner_list(s->app.db, s->app.arena, &partners, err);

	if (count < 0 ||
	    campaign_published(s->app.db, s->app.arena, s->campaign->id,
			       &published, err) < 0)
		return -(int)err->code;
	for (int i = 0; i < count; i++) {
		const struct plan_begin begin = {
			.store = s->app.store,
			.campaign = s->campaign,
			.revision = published.revision,
			.partner_id = partners[i].id,
			.parameters = STR("{}"),
			.who = STR("simulation"),
			.now_ms = app_now_ms(&s->app),
		};
		int64_t id;

		if (plan_start_partner(&begin, &id, err) < 0 &&
		    err->code != ERROR_DENIED)
			return -(int)err->code;
	}
	return 0;
}

static int
begin(struct simulation *s, const struct work *work,
      const struct partner_rows *partners, struct error *err)
{
	if (publish(s, work, partners, err) < 0)
		return -(int)err->code;
	if (s->campaign->start != CAMPAIGN_AUTOMATIC && start_all(s, err) < 0)
		return -(int)err->code;
	s->run_count = activation_list(s->app.db, s->app.arena, s->campaign->id,
				       -1, &s->runs, err);
	if (s->run_count < 0)
		return s->run_count;
	s->people = ARENA_ARRAY(s->app.arena,
				(size_t)(s->run_count * s->habit_count) + 1,
				struct person);
	for (int i = 0; i < s->run_count * s->habit_count; i++)
		s->people[i] = (struct person){ 0 };
	return db_commit(s->app.store, people_unit, s, err);
}

/* ---- what people do ---- */

struct act {
	struct simulation *s;
	const struct activation *run;
	const struct person *person;
	const struct outbox_delivery *mail;
	int64_t lead_id;
};

static int
click(struct db *db, const struct act *act, struct error *err)
{
	const struct event clicked = {
		.kind = EVENT_CLICKED,
		.at_ms = app_now_ms(&act->s->app),
		.partner_id = act->run->partner_id,
		.activation_id = act->run->id,
		.delivery = { (const char *)act->mail->id.bytes,
			      OUTBOX_ID_BYTES },
	};

	return event_append(db, &clicked, err);
}

static int
become_lead(struct db *db, const struct act *act, struct error *err)
{
	const struct campaign *c = act->s->campaign;
	const struct lead lead = {
		.partner_id = act->run->partner_id,
		.id = act->lead_id,
		.activation_id = act->run->id,
		.campaign = c->id,
		.page = c->forms[0].page,
		.form = c->forms[0].id,
		.revision = act->run->revision,
		.has_person = true,
		.person = act->person->hash,
		.address = address_of(act->s->app.arena, LEAD),
		.given_name = STR("Alex"),
		.family_name = STR("Morgan"),
		.fields = STR("{}"),
		.delivery = { (const char *)act->mail->id.bytes,
			      OUTBOX_ID_BYTES },
		.at_ms = app_now_ms(&act->s->app),
	};

	return lead_capture(db, &(struct lead_capture){ .lead = &lead }, err);
}

static int
act_unit(struct db *db, void *arg, struct error *err)
{
	const struct act *act = arg;

	return act->person->habit == CLICKS ? click(db, act, err)
					    : become_lead(db, act, err);
}

/* Of this person in this run, those due first first. */
static int
mails_of(struct simulation *s, int i, struct outbox_delivery **mails,
	 struct error *err)
{
	const struct activation *run = &s->runs[i / s->habit_count];
	const struct outbox_filter filter = {
		.partner_id = run->partner_id,
		.activation_id = run->id,
		.subject = person_hash_view(&s->people[i].hash),
	};

	return outbox_list(s->app.db, s->app.arena, &filter, -1, DELIVERIES_MAX,
			   mails, err);
}

/* Everybody reacts to the first mail once it is there: the number who did. */
static int
react(struct simulation *s, struct error *err)
{
	int reacted = 0;

	for (int i = 0; i < s->run_count * s->habit_count; i++) {
		struct act act = { .s = s,
				   .run = &s->runs[i / s->habit_count],
				   .person = &s->people[i] };
		struct outbox_delivery *mails;
		int count;

		if (s->people[i].acted || s->people[i].habit == SILENT)
			continue;
		count = mails_of(s, i, &mails, err);
		if (count < 0)
			return count;
		if (count == 0 || mails[0].state != OUTBOX_SENT)
			continue;
		act.mail = &mails[0];
		act.lead_id = random_id();
		if (db_commit(s->app.store, act_unit, &act, err) < 0)
			return -(int)err->code;
		s->people[i].acted = true;
		reacted++;
	}
	return reacted;
}

static int
live(struct simulation *s, struct error *err)
{
	for (int round = 0; round < ROUNDS_MAX; round++) {
		int64_t now_ms = app_now_ms(&s->app);
		int64_t at_ms = 0;
		int reacted;
		int more;

		if (daemon_once(s->daemon, err) < 0)
			return -(int)err->code;
		reacted = react(s, err);
		if (reacted < 0)
			return reacted;
		more = daemon_next(s->daemon, &at_ms, err);
		if (more < 0 || (more == 0 && reacted == 0))
			return more;
		if (reacted > 0 || at_ms <= now_ms)
			at_ms = now_ms + MINUTE_MS;
		clock_advance(&s->app.clock, at_ms);
	}
	return error_set(err, ERROR_LIMIT, "no end after %d due times",
			 ROUNDS_MAX);
}

/* ---- what became of it ---- */

static void
add_line(struct buf *out, const struct person *p,
	 const struct outbox_delivery *mail, const struct zone *zone,
	 int64_t start_ms)
{
	struct local_time start;
	struct local_time due;
	bool skipped = mail->state == OUTBOX_SKIPPED;

	zone_to_local(zone, start_ms, &start);
	zone_to_local(zone, mail->due_ms, &due);
	buf_printf(out, "%s,%.*s,%s%s%.*s,day %" PRId64 " %02d:%02d\n",
		   habit_names[p->habit], STR_ARG(mail->key.step),
		   outbox_state_name(mail->state), skipped ? ": " : "",
		   skipped ? (int)mail->status.len : 0,
		   skipped ? mail->status.p : "",
		   civil_days(&due) - civil_days(&start), due.hour, due.minute);
}

static int
tell(struct simulation *s, int run, struct arena *a, struct simulated *out,
     struct error *err)
{
	struct buf lines = { 0 };
	struct partner partner;
	const struct zone *zone;
	int code = 0;

	if (partner_get(s->app.db, a, s->runs[run].partner_id, &partner, err) <
	    0)
		return -(int)err->code;
	if (zone_get(partner.time_zone.len ? str_cstr(a, partner.time_zone)
					   : "UTC",
		     &zone, err) < 0)
		return -(int)err->code;
	for (int i = 0; code >= 0 && i < s->habit_count; i++) {
		struct outbox_delivery *mails;

		code = mails_of(s, run * s->habit_count + i, &mails, err);
		for (int m = 0; m < code; m++)
			add_line(&lines, &s->people[run * s->habit_count + i],
				 &mails[m], zone, s->runs[run].start_ms);
	}
	out->partner = partner.slug;
	out->lines = str_copy(a, buf_view(&lines));
	buf_fini(&lines);
	return code < 0 ? code : 0;
}

static int
tell_all(struct simulation *s, struct arena *a, struct simulated **out,
	 size_t *count, struct error *err)
{
	*count = (size_t)s->run_count;
	*out = ARENA_ARRAY(a, *count + 1, struct simulated);
	for (int i = 0; i < s->run_count; i++)
		if (tell(s, i, a, &(*out)[i], err) < 0)
			return -(int)err->code;
	return 0;
}

/* ---- all of it ---- */

static int
with_daemon(struct simulation *s, const struct work *work,
	    const struct partner_rows *partners, struct error *err)
{
	const char *spool =
	    arena_printf(s->app.arena, "spool:%s/spool", s->app.state);
	const struct daemon_config config = { .mail = spool,
					      .posts = spool,
					      .connections = 1 };
	int code;

	if (begin(s, work, partners, err) < 0 ||
	    daemon_open(&s->daemon, &s->app, &config, err) < 0)
		return -(int)err->code;
	code = live(s, err);
	daemon_close(&s->daemon);
	return code;
}

int
simulate(struct app *app, const struct work *work,
	 const struct partner_rows *partners, struct simulated **out,
	 size_t *count, struct error *err)
{
	const struct campaign *campaign = render_kit_campaign(work->kit);
	struct simulation s = {
		.campaign = campaign,
		.habit_count = campaign->form_count > 0 ? HABIT_COUNT : LEAD,
	};
	int code;

	if (scratch_open(&s.app, app, app_now_ms(app), err) < 0)
		return -(int)err->code;
	code = with_daemon(&s, work, partners, err);
	if (code >= 0)
		code = tell_all(&s, app->arena, out, count, err);
	scratch_close(&s.app);
	return code;
}
