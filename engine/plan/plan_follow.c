/*
 * What comes after a mail that was SENT or SKIPPED.
 *
 *	follower --due later--> looked at again then
 *	         --due--------> next mail put, or SKIPPED: a follower itself
 *	         --no next, run ended, gate shut for good--> off the list
 *	held     --another look--> plan_policy.c
 *
 * A batch is read and decided outside of the unit, because loading a campaign
 * takes long; the unit puts and takes off the list together. A click between
 * the two is a click too late. A revision between the two is not: who would be
 * off the list by the old one is decided anew.
 *
 * Who stands on a step that is gone goes on with what came after it in the
 * revision it was sent from, as far as there is such a step.
 */
#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "event/event.h"
#include "plan/plan_priv.h"
#include "plan/plan_sql.h"

enum { BATCH = 100, ASIDE_MS = 60 * 60 * 1000 };
enum { DONE = -1 };

#define DAY_MS INT64_C(86400000)

/* A run, with what all of its followers need. */
struct run {
	struct activation activation;
	struct partner partner;
};

struct move {
	const struct outbox_delivery *from;
	int64_t again_ms;		  /* DONE, or look at it then */
	const struct campaign_step *step; /* put this; NULL: nothing */
	struct str step_id;
	struct str skip; /* why it is skipped, or empty */
	int64_t due_ms;
	bool held; /* `from` is, and is looked at; due then */
};

struct follow {
	struct db *db;
	struct arena *a;
	const struct plan_revisions *revisions;
	int64_t now_ms;
	struct map runs; /* by activation id */
	struct move *moves;
	size_t move_count;
	struct plan_policy policy; /* of the run that is dealt with */
	int failed; /* of the first revision that could not be had */
};

/* ---- what is known ---- */

static int
get_run(struct follow *f, const struct outbox_delivery *d,
	const struct run **out, struct error *err)
{
	struct str key = { (const char *)&d->key.activation_id,
			   sizeof(d->key.activation_id) };
	struct run *run = map_find(&f->runs, key);

	if (!run) {
		run = ARENA_NEW(f->a, struct run);
		if (activation_get(f->db, f->a, d->key.partner_id,
				   d->key.activation_id, &run->activation,
				   err) < 0 ||
		    partner_get(f->db, f->a, d->key.partner_id, &run->partner,
				err) < 0)
			return -(int)err->code;
		map_put(&f->runs, key, run);
	}
	*out = run;
	return 0;
}

static struct person_hash
person_of(const struct outbox_delivery *d)
{
	struct person_hash person;

	check(d->key.subject.len == sizeof(person.bytes));
	memcpy(person.bytes, d->key.subject.p, sizeof(person.bytes));
	return person;
}

static int
gather_steps(struct follow *f, const struct outbox_delivery *d, const char *sql,
	     struct plan_steps *out, struct error *err)
{
	struct str *ids = ARENA_ARRAY(f->a, BATCH, struct str);
	struct db_rows rows;
	int got;

	out->ids = ids;
	if (db_query(f->db, &rows, sql,
		     DB_ARGS(DB_INT(d->key.partner_id),
			     DB_INT(d->key.activation_id),
			     DB_BLOB(d->key.subject)),
		     err) < 0)
		return -(int)err->code;
	while ((got = db_next(&rows, err)) > 0)
		if (out->count < BATCH)
			ids[out->count++] = str_copy(f->a, db_text(&rows, 0));
	db_rows_end(&rows);
	return got;
}

static int
gather(struct follow *f, const struct outbox_delivery *d,
       const struct campaign_step *step, struct plan_facts *facts,
       struct error *err)
{
	int64_t one;
	int got = 0;

	if (plan_condition_needs(step, CAMPAIGN_ACT_CLICKED) &&
	    gather_steps(f, d, plan_sql_clicked, &facts->clicked, err) < 0)
		return -(int)err->code;
	if (plan_condition_needs(step, CAMPAIGN_ACT_REPLIED) &&
	    gather_steps(f, d, plan_sql_replied, &facts->replied, err) < 0)
		return -(int)err->code;
	if (plan_condition_needs(step, CAMPAIGN_ACT_LEAD)) {
		got = db_query_int(f->db, &one, plan_sql_lead,
				   DB_ARGS(DB_INT(d->key.partner_id),
					   DB_INT(d->key.activation_id),
					   DB_BLOB(d->key.subject)),
				   err);
		facts->lead = got > 0;
	}
	return got < 0 ? got : 0;
}

/* ---- where somebody stands ---- */

struct scene {
	const struct run *run;
	const struct campaign *campaign; /* good until the next is asked for */
	const struct campaign_step *before;
	const struct campaign_step *step; /* what follows; NULL: nothing */
};

static int
get_campaign(struct follow *f, const struct run *run, struct str revision,
	     const struct campaign **out, struct error *err)
{
	return f->revisions->campaign(f->revisions->arg, f->db,
				      run->activation.campaign, revision, out,
				      err);
}

/* The ids of the emails after `before`, copied. */
static size_t
copy_emails_after(const struct campaign *c, const struct campaign_step *before,
		  struct arena *a, struct str **out)
{
	size_t count = 0;

	*out = ARENA_ARRAY(a, c->step_count, struct str);
	while ((before = plan_email_after(c, before)))
		(*out)[count++] = str_copy(a, before->id);
	return count;
}

/* d's step is not in the campaign any more. */
static int
step_over_gone(struct follow *f, const struct outbox_delivery *d,
	       struct scene *s, struct error *err)
{
	struct campaign_step *gone = ARENA_NEW(f->a, struct campaign_step);
	const struct campaign_step *then;
	const struct campaign *old;
	struct str *ids;
	size_t count;

	s->before = gone;
	if (d->revision.len == 0) {
		s->step = plan_email_after(s->campaign, NULL);
		return 0;
	}
	if (get_campaign(f, s->run, d->revision, &old, err) < 0)
		return -(int)err->code;
	then = campaign_step_find(old, d->key.step);
	if (!then)
		return 0;
	gone->when = then->when;
	count = copy_emails_after(old, then, f->a, &ids);
	if (get_campaign(f, s->run, s->run->activation.revision, &s->campaign,
			 err) < 0)
		return -(int)err->code;
	for (size_t i = 0; i < count && !s->step; i++)
		s->step = campaign_step_find(s->campaign, ids[i]);
	return 0;
}

static int
set_scene(struct follow *f, const struct outbox_delivery *d, struct scene *s,
	  struct error *err)
{
	if (get_campaign(f, s->run, s->run->activation.revision, &s->campaign,
			 err) < 0)
		return -(int)err->code;
	s->before = campaign_step_find(s->campaign, d->key.step);
	if (!s->before)
		return step_over_gone(f, d, s, err);
	s->step = plan_email_after(s->campaign, s->before);
	return 0;
}

/* ---- deciding ---- */

/* 1 when the mail that a sequence would go on from came back. */
static int
came_back(struct follow *f, const struct outbox_delivery *d, struct error *err)
{
	const struct str id = { (const char *)d->id.bytes,
				sizeof(d->id.bytes) };
	int64_t one;

	return db_query_int(f->db, &one, plan_sql_came_back,
			    DB_ARGS(DB_INT(d->id.partner_id), DB_BLOB(id)),
			    err);
}

/* 1 when the person has answered what no condition of the campaign names. */
static int
has_broken_off(struct follow *f, const struct campaign *c,
	       const struct outbox_delivery *d, struct error *err)
{
	struct plan_steps replied = { 0 };

	if (gather_steps(f, d, plan_sql_replied, &replied, err) < 0)
		return -(int)err->code;
	for (size_t i = 0; i < replied.count; i++)
		if (!plan_minds_reply(c, replied.ids[i]))
			return 1;
	return 0;
}

/* 1 when somebody else's act has ended it. */
static int
has_ended(struct follow *f, const struct campaign *c,
	  const struct outbox_delivery *d, struct error *err)
{
	int back = came_back(f, d, err);

	return back != 0 ? back : has_broken_off(f, c, d, err);
}

/* 1 when the person may be mailed, now or later, with the zone as it counts. */
static int
may_go_on(struct follow *f, const struct campaign *c,
	  const struct outbox_delivery *d, struct contact *contact,
	  struct error *err)
{
	struct person_hash person = person_of(d);
	enum gate_reason reason;
	int ended = has_ended(f, c, d, err);
	int open;

	if (ended != 0)
		return ended < 0 ? ended : 0;
	open = partner_may_send(f->db, d->key.partner_id, d->key.activation_id,
				&person, &reason, err);
	if (open < 0)
		return open;
	if (gate_reason_stops(reason) && reason != GATE_OPEN)
		return 0;
	return contact_find(f->db, f->a, d->key.partner_id, &person, contact,
			    err);
}

static int
decide_due(struct follow *f, const struct plan_calendar *cal, int leaves,
	   struct move *m, struct error *err)
{
	struct plan_facts facts = { 0 };
	int not = plan_why_not(cal, leaves, m->due_ms, &m->skip, err);

	if (not != 0)
		return not < 0 ? not : 0;
	if (gather(f, m->from, m->step, &facts, err) < 0)
		return -(int)err->code;
	(void)plan_condition(m->step, &facts, f->a, &m->skip);
	return 0;
}

static int
decide_next(struct follow *f, const struct scene *s, struct move *m,
	    struct error *err)
{
	const struct outbox_delivery *d = m->from;
	const struct run *run = s->run;
	struct plan_after after = {
		.step = s->step,
		.before = s->before,
		.start_ms = run->activation.start_ms,
		.sent_ms = d->done_ms,
	};
	struct plan_calendar cal;
	struct contact contact;
	int may, leaves;

	if (!after.step)
		return 0;
	may = may_go_on(f, s->campaign, d, &contact, err);
	if (may <= 0)
		return may;
	cal = plan_calendar_of(s->campaign, &after.step->when, &run->partner,
			       contact.time_zone, f->a);
	leaves = plan_next_due(&cal, &after, &m->due_ms, err);
	if (leaves < 0)
		return leaves;
	if (m->due_ms - PLAN_AHEAD_MS > f->now_ms) {
		m->again_ms = m->due_ms - PLAN_AHEAD_MS;
		return 0;
	}
	m->step = after.step;
	return decide_due(f, &cal, leaves, m, err);
}

/* At the hour of the day that was meant, which may have gone by. */
static int
decide_held(struct follow *f, const struct scene *s, struct move *m,
	    struct error *err)
{
	const struct campaign_when when = { .zone = CAMPAIGN_ZONE_PARTNER };
	struct str zone = s->run->partner.time_zone;
	int64_t late_ms = f->now_ms - m->from->due_ms;
	int over;

	m->due_ms = m->from->due_ms;
	if (late_ms > 0)
		m->due_ms += (late_ms + DAY_MS - 1) / DAY_MS * DAY_MS;
	over = plan_is_over(s->campaign, campaign_zone(&when, zone, zone, f->a),
			    m->due_ms, err);
	m->held = over == 0;
	return over < 0 ? over : 0;
}

static int
decide(struct follow *f, struct move *m, struct error *err)
{
	struct scene s = { 0 };
	int code;

	m->again_ms = DONE;
	if (get_run(f, m->from, &s.run, err) < 0)
		return -(int)err->code;
	if (s.run->activation.state != ACTIVATION_ACTIVE ||
	    s.run->partner.status != PARTNER_ACTIVE)
		return 0;
	if (set_scene(f, m->from, &s, err) < 0) {
		m->again_ms = f->now_ms + ASIDE_MS;
		f->failed = error_context(err, "campaign %.*s",
					  STR_ARG(s.run->activation.campaign));
		return 0;
	}
	code = m->from->state == OUTBOX_HELD ? decide_held(f, &s, m, err)
					     : decide_next(f, &s, m, err);
	/* The campaign may be gone at the next call. */
	if (m->step)
		m->step_id = str_copy(f->a, m->step->id);
	return code < 0 ? code : 0;
}

/* ---- the unit ---- */

int
plan_skip(struct db *db, const struct outbox_key *key, struct str why,
	  int64_t due_ms, struct error *err)
{
	struct outbox_id id = outbox_id_of(key);
	const struct event skipped = {
		.kind = EVENT_SKIPPED,
		.at_ms = due_ms,
		.partner_id = key->partner_id,
		.activation_id = key->activation_id,
		.delivery = { (const char *)id.bytes, sizeof(id.bytes) },
	};
	int put = outbox_skip(db, key, why, due_ms, err);

	if (put > 0 && event_append_with(db, &skipped, "reason", why, err) < 0)
		return -(int)err->code;
	return put;
}

static int
put_next(struct db *db, const struct follow *f, const struct move *m,
	 struct error *err)
{
	struct outbox_key key = m->from->key;

	key.step = m->step_id;
	key.seq = 0;
	if (m->skip.len)
		return plan_skip(db, &key, m->skip, m->due_ms, err);
	return plan_policy_put(
	    db, &f->policy, &(struct plan_mail){ &key, m->due_ms, f->now_ms },
	    err);
}

/* 1 when the run is as it was when `m` was decided. */
static int
is_same_run(struct db *db, const struct follow *f, const struct move *m,
	    struct error *err)
{
	const int64_t id = m->from->key.activation_id;
	const struct run *run =
	    map_find(&f->runs, (struct str){ (const char *)&id, sizeof(id) });
	struct activation now;

	if (activation_get(db, f->a, m->from->key.partner_id, id, &now, err) <
	    0)
		return -(int)err->code;
	return now.state == run->activation.state &&
	       str_eq(now.revision, run->activation.revision);
}

/* What is stated of the run that comes now. */
static int
begin_run(struct db *db, struct follow *f, const struct move *m,
	  struct error *err)
{
	const struct run *run;
	int same = is_same_run(db, f, m, err);

	if (same <= 0)
		return same;
	if (get_run(f, m->from, &run, err) < 0 ||
	    plan_policy_read(db, f->a, run->activation.campaign, &f->policy,
			     err) < 0)
		return -(int)err->code;
	return 1;
}

static int
make_move(struct db *db, const struct follow *f, const struct move *m,
	  struct error *err)
{
	int code;

	if (m->held)
		return plan_policy_look(db, &f->policy, m->from, m->due_ms,
					f->now_ms, err);
	code = outbox_follow(db, m->from, m->again_ms, err);
	return code > 0 && m->step ? put_next(db, f, m, err) : code;
}

static int
make_moves(struct db *db, void *arg, struct error *err)
{
	struct follow *f = arg;
	int64_t asked = 0;
	int same = 0;
	int code = 0;

	for (size_t i = 0; i < f->move_count && code >= 0; i++) {
		const struct move *m = &f->moves[i];

		if (asked != m->from->key.activation_id) {
			asked = m->from->key.activation_id;
			same = begin_run(db, f, m, err);
		}
		if (same <= 0) {
			code = same;
			continue;
		}
		code = make_move(db, f, m, err);
	}
	return code < 0 ? code : 0;
}

/* ---- a batch ---- */

static int64_t
follow_batch(struct db_store *store, struct follow *f, struct error *err)
{
	struct outbox_delivery *items;
	int count =
	    outbox_followers(f->db, f->a, f->now_ms, BATCH, &items, err);

	if (count <= 0)
		return count;
	map_init(&f->runs, f->a, NULL);
	f->moves = ARENA_ARRAY(f->a, (size_t)count, struct move);
	for (int i = 0; i < count; i++) {
		f->moves[i].from = &items[i];
		if (decide(f, &f->moves[i], err) < 0)
			return -(int)err->code;
	}
	f->move_count = (size_t)count;
	if (f->failed < 0) {
		struct error told = *err;

		if (db_commit(store, make_moves, f, err) >= 0)
			*err = told;
		return -(int)err->code;
	}
	return db_commit(store, make_moves, f, err) < 0 ? -(int)err->code
							: count;
}

int64_t
plan_follow(struct db_store *store, const struct plan_revisions *revisions,
	    int64_t now_ms, struct error *err)
{
	struct follow f = { .revisions = revisions, .now_ms = now_ms };
	int64_t done;

	if (db_reader(store, &f.db, err) < 0)
		return -(int)err->code;
	f.a = arena_new();
	done = follow_batch(store, &f, err);
	arena_free(&f.a);
	return done;
}
