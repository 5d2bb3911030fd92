/*
 * A run walks its partner's list.
 *
 *	list changed --> walk under way --last batch--> done
 *	                  |  ^
 *	                  +--+ each batch: contacts by id after the last one
 *
 * A batch is read, and what it comes to is worked out, outside of the unit;
 * the unit then moves the cursor and puts the rows, or neither: when the cursor
 * is not where it was, another walks too, or the run has a new revision and
 * all of the list is to be walked again.
 *
 * A walk of the whole list (the first, and one for a new revision) puts the
 * posts too. One for which people wait (plan_bound.c) looks at all of the list
 * as well, since they are known by their number alone. Who has any mail of the run is given no first one, but is looked
 * at again: what follows may be new, or the person was off the list when it
 * was due.
 */
#include "base/arena.h"
#include "base/log.h"
#include "plan/plan_priv.h"
#include "plan/plan_sql.h"

enum { BATCH = 200, ASIDE_MS = 60 * 60 * 1000 };

/* A run whose list is not walked to the end. */
struct walk {
	int64_t partner_id;
	int64_t activation_id;
	struct str campaign;
	struct str revision;
	int64_t start_ms;
	int64_t done_n;
	int64_t n; /* what it is for */
	int64_t after_id;
	int64_t waiting; /* after the walk before */
};

struct entry {
	struct person_hash person;
	int64_t change_n; /* of the contact */
	int64_t due_ms;
	struct str skip; /* why not, or empty */
};

struct post {
	struct str step;
	struct str channel;
	int64_t due_ms;
	struct str skip; /* why not, or empty */
};

/* What one unit does. */
struct batch {
	struct walk walk;
	struct str step; /* of the first mail */
	struct entry *entries;
	size_t entry_count;
	struct post *posts;
	size_t post_count;
	int64_t now_ms;
	int64_t after_id;
	bool last;
	/* Set by the unit. */
	struct plan_policy policy;
	int64_t put;
	bool bounded;
	int64_t room;
	int64_t room_n;
	int64_t waiting; /* of the batch, then of the walk so far */
};

int
plan_walk_begin(struct db *db, int64_t partner_id, int64_t activation_id,
		struct error *err)
{
	int64_t n =
	    db_run(db, plan_sql_walk_begin,
		   DB_ARGS(DB_INT(partner_id), DB_INT(activation_id)), err);

	return n < 0 ? -(int)err->code : 0;
}

/* 1 with *out, or 0. */
static int
find_walk(struct db *db, struct arena *a, const struct plan_walk *how,
	  struct walk *out, struct error *err)
{
	struct db_rows rows;
	int got;

	if (db_query(db, &rows, plan_sql_walk_next,
		     DB_ARGS(DB_TEXT(how->campaign), DB_BLOB(how->revision),
			     DB_INT(how->now_ms)),
		     err) < 0)
		return -(int)err->code;
	got = db_next(&rows, err);
	if (got > 0) {
		bool under_way = !db_is_null(&rows, 6);

		*out = (struct walk){
			.partner_id = db_int(&rows, 0),
			.activation_id = db_int(&rows, 1),
			.campaign = str_copy(a, db_text(&rows, 2)),
			.revision = str_copy(a, db_blob(&rows, 3)),
			.start_ms = db_int(&rows, 4),
			.done_n = db_int(&rows, 5),
			.n = db_int(&rows, under_way ? 6 : 8),
			.after_id = db_int(&rows, 7),
			.waiting = db_int(&rows, 9),
		};
	}
	db_rows_end(&rows);
	return got;
}

/* ---- working it out ---- */

/* What is at hand while a batch is worked out. */
struct scene {
	const struct plan_walk *how;
	const struct campaign *c;
	struct partner p;
	struct arena *a;
	struct batch *b;
};

static int
plan_post(const struct scene *s, const struct campaign_step *step,
	  struct post *out, struct error *err)
{
	const struct plan_calendar cal =
	    plan_calendar_of(s->c, &step->when, &s->p, s->p.time_zone, s->a);
	int leaves = plan_first_due(&cal, &step->when, s->b->walk.start_ms,
				    s->how->now_ms, &out->due_ms, err);

	out->step = step->id;
	if (leaves < 0)
		return leaves;
	return plan_why_not(&cal, leaves, out->due_ms, &out->skip, err);
}

static int
plan_posts(const struct scene *s, struct error *err)
{
	const struct campaign *c = s->c;
	struct batch *b = s->b;
	size_t most = 0;

	for (size_t i = 0; i < c->step_count; i++)
		most += c->steps[i].channel_count;
	b->posts = ARENA_ARRAY(s->a, most, struct post);
	for (size_t i = 0; i < c->step_count; i++) {
		const struct campaign_step *step = &c->steps[i];

		if (step->kind != CAMPAIGN_POST)
			continue;
		for (size_t k = 0; k < step->channel_count; k++) {
			struct post *post = &b->posts[b->post_count++];

			if (plan_post(s, step, post, err) < 0)
				return -(int)err->code;
			post->channel = step->channels[k];
		}
	}
	return 0;
}

/* The first mail for one contact, as it is known before anybody did a thing. */
static int
plan_entry(const struct scene *s, const struct campaign_step *first,
	   struct str zone, struct entry *e, struct error *err)
{
	const struct plan_calendar cal =
	    plan_calendar_of(s->c, &first->when, &s->p, zone, s->a);
	const struct plan_facts none = { 0 };
	int leaves = plan_first_due(&cal, &first->when, s->b->walk.start_ms,
				    s->how->now_ms, &e->due_ms, err);
	int not ;

	if (leaves < 0)
		return leaves;
	not = plan_why_not(&cal, leaves, e->due_ms, &e->skip, err);
	if (not == 0)
		(void)plan_condition(first, &none, s->a, &e->skip);
	return not ;
}

static int
plan_entries(const struct scene *s, const struct contact_open *contacts,
	     int count, struct error *err)
{
	const struct campaign_step *first = plan_email_after(s->c, NULL);
	struct batch *b = s->b;

	b->entries = ARENA_ARRAY(s->a, (size_t)count, struct entry);
	if (!first)
		return 0;
	b->step = first->id;
	for (int i = 0; i < count; i++) {
		struct entry *e = &b->entries[b->entry_count];

		if (!plan_tags_fit(s->c, contacts[i].tags))
			continue;
		e->person = contacts[i].person;
		e->change_n = contacts[i].change_n;
		if (plan_entry(s, first, contacts[i].time_zone, e, err) < 0)
			return -(int)err->code;
		b->entry_count++;
	}
	return 0;
}

/* Nothing begins any more once the campaign is over, or the partner is. */
static int
is_closed(const struct scene *s, struct error *err)
{
	const struct campaign_when when = { .zone = CAMPAIGN_ZONE_PARTNER };
	struct str zone = s->p.time_zone;

	if (s->p.status != PARTNER_ACTIVE)
		return 1;
	return plan_is_over(s->c, campaign_zone(&when, zone, zone, s->a),
			    s->how->now_ms, err);
}

static int
plan_batch(struct db *db, struct scene *s, struct error *err)
{
	struct batch *b = s->b;
	const struct contact_range range = {
		.partner_id = b->walk.partner_id,
		.campaign = b->walk.campaign,
		.after_id = b->walk.after_id,
		.since_n = b->walk.waiting > 0 ? -1 : b->walk.done_n,
		.limit = BATCH,
	};
	struct contact_open *contacts;
	int closed, count;

	if (partner_get(db, s->a, range.partner_id, &s->p, err) < 0)
		return -(int)err->code;
	closed = is_closed(s, err);
	b->last = true;
	if (closed != 0)
		return closed;
	count = contact_open_list(db, s->a, &range, &contacts, err);
	if (count < 0)
		return count;
	b->last = count < BATCH;
	if (!b->last)
		b->after_id = contacts[count - 1].id;
	if (b->walk.done_n < 0 && b->walk.after_id < 0 &&
	    plan_posts(s, err) < 0)
		return -(int)err->code;
	return plan_entries(s, contacts, count, err);
}

/* ---- the unit ---- */

static int
put_post(struct db *db, const struct walk *w, const struct post *post,
	 struct error *err)
{
	const struct outbox_key key = {
		.partner_id = w->partner_id,
		.activation_id = w->activation_id,
		.step = post->step,
		.subject_kind = OUTBOX_ACCOUNT,
		.subject = post->channel,
		.channel = post->channel,
	};

	if (post->skip.len)
		return plan_skip(db, &key, post->skip, post->due_ms, err);
	return outbox_put(db, &key, post->due_ms, err);
}

/* 1 when the person has mail of this run already. */
static int
has_mail(struct db *db, const struct outbox_key *key, struct error *err)
{
	int64_t one;

	return db_query_int(db, &one, plan_sql_has_mail,
			    DB_ARGS(DB_INT(key->partner_id),
				    DB_INT(key->activation_id),
				    DB_BLOB(key->subject)),
			    err);
}

static int
look_again(struct db *db, const struct outbox_key *key, struct error *err)
{
	const struct outbox_filter filter = {
		.partner_id = key->partner_id,
		.activation_id = key->activation_id,
		.subject = key->subject,
	};

	return outbox_refollow(db, &filter, err) < 0 ? -(int)err->code : 0;
}

/* False: the plan that was applied has none left for this one. */
static bool
take_room(struct batch *b, const struct entry *e)
{
	if (!b->bounded || e->change_n <= b->room_n)
		return true;
	if (b->room > 0) {
		b->room--;
		return true;
	}
	b->waiting++;
	return false;
}

/* What was put before the vendor stated whose the person is counts, too. */
static int
pass_entry(struct db *db, const struct batch *b, const struct outbox_key *key,
	   struct error *err)
{
	if (plan_policy_settle(db, &b->policy, key, b->now_ms, err) < 0)
		return -(int)err->code;
	return look_again(db, key, err);
}

static int
put_entry(struct db *db, struct batch *b, const struct entry *e,
	  struct error *err)
{
	const struct outbox_key key = {
		.partner_id = b->walk.partner_id,
		.activation_id = b->walk.activation_id,
		.step = b->step,
		.subject_kind = OUTBOX_PERSON,
		.subject = person_hash_view(&e->person),
		.channel = STR("email"),
	};
	int has = has_mail(db, &key, err);

	if (has < 0)
		return has;
	if (has > 0)
		return pass_entry(db, b, &key, err);
	if (!take_room(b, e))
		return 0;
	if (e->skip.len)
		return plan_skip(db, &key, e->skip, e->due_ms, err);
	return plan_policy_put(
	    db, &b->policy, &(struct plan_mail){ &key, e->due_ms, b->now_ms },
	    err);
}

/* 1, or 0 when it is not where it was. */
static int
move_cursor(struct db *db, const struct batch *b, struct error *err)
{
	const struct walk *w = &b->walk;
	const struct db_arg args[] = {
		DB_INT(w->partner_id), DB_INT(w->activation_id),
		DB_INT(w->after_id),   DB_INT(w->done_n),
		DB_BLOB(w->revision),  DB_INT(w->n),
		DB_INT(b->after_id),
	};

	if (b->last)
		return (int)db_run(db, plan_sql_walk_end, args,
				   COUNT_OF(args) - 1, err);
	return (int)db_run(db, plan_sql_walk_on, args, COUNT_OF(args), err);
}

static int
read_room(struct db *db, struct batch *b, struct error *err)
{
	struct db_rows rows;
	int got;

	if (db_query(db, &rows, plan_sql_room,
		     DB_ARGS(DB_INT(b->walk.partner_id),
			     DB_INT(b->walk.activation_id)),
		     err) < 0)
		return -(int)err->code;
	got = db_next(&rows, err);
	b->bounded = got > 0 && !db_is_null(&rows, 0);
	if (b->bounded) {
		b->room = db_int(&rows, 0);
		b->room_n = db_int(&rows, 1);
	}
	b->waiting = 0;
	db_rows_end(&rows);
	return got;
}

static int
write_room(struct db *db, struct batch *b, struct error *err)
{
	if (!b->bounded)
		return 0;
	return db_query_int(
	    db, &b->waiting, b->last ? plan_sql_room_end : plan_sql_room_on,
	    DB_ARGS(DB_INT(b->walk.partner_id), DB_INT(b->walk.activation_id),
		    DB_INT(b->room), DB_INT(b->waiting)),
	    err);
}

static int
put_rows(struct db *db, struct batch *b, struct error *err)
{
	int put = 0;

	for (size_t i = 0; i < b->post_count && put >= 0; i++) {
		put = put_post(db, &b->walk, &b->posts[i], err);
		b->put += put > 0;
	}
	for (size_t i = 0; i < b->entry_count && put >= 0; i++) {
		put = put_entry(db, b, &b->entries[i], err);
		b->put += put > 0;
	}
	return put;
}

static int
put_batch(struct db *db, void *arg, struct error *err)
{
	struct batch *b = arg;
	int put = move_cursor(db, b, err);
	struct arena *a;

	b->put = 0;
	if (put > 0)
		put = read_room(db, b, err);
	if (put <= 0)
		return put;
	a = arena_new();
	put = plan_policy_read(db, a, b->walk.campaign, &b->policy, err);
	if (put >= 0)
		put = put_rows(db, b, err);
	arena_free(&a);
	if (put >= 0)
		put = write_room(db, b, err);
	return put < 0 ? put : 0;
}

/* ---- a batch ---- */

struct aside {
	const struct walk *walk;
	int64_t until_ms;
};

static int
set_aside(struct db *db, void *arg, struct error *err)
{
	const struct aside *x = arg;

	return (int)db_run(db, plan_sql_walk_wait,
			   DB_ARGS(DB_INT(x->walk->partner_id),
				   DB_INT(x->walk->activation_id),
				   DB_INT(x->until_ms)),
			   err);
}

/* So that one run does not keep the others waiting; `err` is what is told. */
static int
fail_walk(const struct plan_walk *how, const struct walk *w, struct error *err)
{
	struct aside x = { w, how->now_ms + ASIDE_MS };
	struct error ignored;

	(void)!db_commit(how->store, set_aside, &x, &ignored);
	return error_context(err, "campaign %.*s", STR_ARG(w->campaign));
}

/* Once, and again only when all had been let in meanwhile. */
static void
tell_waiting(const struct scene *s)
{
	const struct batch *b = s->b;

	if (!b->last || b->walk.waiting > 0 || b->waiting == 0)
		return;
	log_line(LOG_LEVEL_WARN, "plan", "beyond_bound",
		 LOG_FIELDS(LOG_TEXT("campaign", b->walk.campaign),
			    LOG_TEXT("partner", s->p.slug),
			    LOG_INT("waiting", b->waiting),
			    LOG_CSTR("msg", "more people than were reviewed; "
					    "they wait for a new plan")));
}

static int64_t
walk_batch(struct db *db, struct arena *a, const struct plan_walk *how,
	   int64_t *put, struct error *err)
{
	const struct plan_revisions *revisions = how->revisions;
	struct batch b = { .now_ms = how->now_ms };
	struct scene s = { .how = how, .a = a, .b = &b };
	int got = find_walk(db, a, how, &b.walk, err);

	if (got <= 0)
		return got;
	if (revisions->campaign(revisions->arg, db, b.walk.campaign,
				b.walk.revision, &s.c, err) < 0)
		return fail_walk(how, &b.walk, err);
	if (plan_batch(db, &s, err) < 0 ||
	    db_commit(how->store, put_batch, &b, err) < 0)
		return error_context(err, "campaign %.*s",
				     STR_ARG(b.walk.campaign));
	tell_waiting(&s);
	if (put)
		*put += b.put;
	return (int64_t)(b.entry_count + b.post_count) + 1;
}

int64_t
plan_walk(const struct plan_walk *how, int64_t *put, struct error *err)
{
	struct arena *a;
	struct db *db;
	int64_t done;

	if (db_reader(how->store, &db, err) < 0)
		return -(int)err->code;
	a = arena_new();
	done = walk_batch(db, a, how, put, err);
	arena_free(&a);
	return done;
}
