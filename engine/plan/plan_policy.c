/*
 * One person on the lists of many partners: whose mail is put, and whose held.
 *
 *	first of them is planned --> the slot is decided, for all of them
 *	mail of whoever has it   --> READY
 *	mail of the others       --> HELD, looked at again
 *	     he who has it has mailed, or it bounced  --> held for good
 *	     he cannot any more, and never has        --> decided anew
 *	     it is theirs now                         --> READY
 *
 * To decide is to look at all partners who run the campaign and have the
 * person, not at who came first to be planned; so it is the same whichever
 * list is walked first, by however many planners, and after a kill. What was
 * decided stays: a better claim that comes later does not count.
 *
 * A bounce frees nobody: it is the same address, whoever writes to it.
 *
 * A mail that is one too many is held here only when no place can be free in
 * time; else it is the marker that lets it wait, for it alone knows.
 */
#include <string.h>

#include "base/arena.h"
#include "event/event.h"
#include "plan/plan_priv.h"
#include "plan/plan_sql.h"

#define HOUR_MS INT64_C(3600000)
#define DAY_MS	(24 * HOUR_MS)

/* ---- what is stated ---- */

static int
state_frequency(struct db *db, enum frequency_scope scope,
		const struct campaign_frequency *stated, struct error *err)
{
	const struct frequency f = {
		.most = stated->most,
		.window_ms = stated->days * DAY_MS,
	};

	return partner_frequency_set(db, scope, &f, err);
}

static struct str
words(struct arena *a, const struct str *items, size_t count)
{
	struct buf text = { 0 };
	struct str copy;

	for (size_t i = 0; i < count; i++)
		buf_printf(&text, "%s%.*s", i ? " " : "", STR_ARG(items[i]));
	copy = str_copy(a, buf_view(&text));
	buf_fini(&text);
	return copy;
}

int
plan_policy_state(struct db *db, struct arena *a, const struct campaign *c,
		  struct error *err)
{
	const struct campaign_workspace *w = c->workspace;
	const struct one_partner one = {
		.customers = c->one_partner.customers,
		.tags = words(a, c->contact_tags, c->contact_tag_count),
	};
	int changed;

	if (state_frequency(db, FREQUENCY_ALL, &w->frequency_all, err) < 0 ||
	    state_frequency(db, FREQUENCY_EACH, &w->frequency_each, err) < 0)
		return -(int)err->code;
	changed = partner_one_set(db, c->id,
				  c->one_partner.is_stated ? &one : NULL, err);
	return changed < 0 ? changed : 0;
}

int
plan_policy_read(struct db *db, struct arena *a, struct str campaign,
		 struct plan_policy *out, struct error *err)
{
	int one, capped;

	*out = (struct plan_policy){ .campaign = campaign };
	one = partner_one_find(db, a, campaign, &out->one, err);
	capped = one < 0 ? one : outbox_capped(db, err);
	out->is_one = one > 0;
	out->is_capped = capped > 0;
	return capped < 0 ? capped : 0;
}

/* ---- who has the person ---- */

static bool
has_any_tag(struct str tags, struct str wanted)
{
	struct str tag, one;

	while (str_word(&tags, &tag))
		for (struct str rest = wanted; str_word(&rest, &one);)
			if (str_eq_fold(one, tag))
				return true;
	return false;
}

/* What became of the campaign's mails to the person by this partner. */
static int
read_history(struct db *db, const struct plan_policy *p,
	     const struct person_hash *person, struct plan_rival *r,
	     struct error *err)
{
	bool any = false, live = false; /* of the runs that go on */
	struct db_rows rows;
	int got;

	if (db_query(db, &rows, plan_sql_rival_mails,
		     DB_ARGS(DB_INT(r->partner_id),
			     DB_BLOB(person_hash_view(person)),
			     DB_TEXT(p->campaign)),
		     err) < 0)
		return -(int)err->code;
	while ((got = db_next(&rows, err)) > 0) {
		int64_t state = db_int(&rows, 0);
		int64_t due_ms = db_int(&rows, 1);
		int64_t marked_ms = db_int(&rows, 2);
		bool runs = db_int(&rows, 3) == ACTIVATION_ACTIVE;
		bool served = state == OUTBOX_MARKED ||
			      state == OUTBOX_INDOUBT || state == OUTBOX_SENT;

		if (served && (r->served_ms == 0 || marked_ms < r->served_ms))
			r->served_ms = marked_ms;
		r->bounced |= state == OUTBOX_BOUNCED;
		any |= runs;
		live |= runs && state != OUTBOX_CANCELLED;
		if (state == OUTBOX_READY && due_ms > r->due_ms)
			r->due_ms = due_ms;
	}
	db_rows_end(&rows);
	if (any && !live)
		r->may = false;
	return got;
}

/* There are few, as a rule; so the room is doubled, from two. */
static struct plan_rival *
one_more(struct arena *a, struct plan_rivals *all)
{
	size_t n = all->count;
	struct plan_rival *items;

	if ((n & (n - 1)) == 0 && n != 1) {
		items = ARENA_ARRAY(a, n ? 2 * n : 2, struct plan_rival);
		if (n)
			memcpy(items, all->items, n * sizeof(*items));
		all->items = items;
	}
	return &all->items[all->count++];
}

static int
read_rivals(struct db *db, struct arena *a, const struct plan_policy *p,
	    const struct person_hash *person, struct plan_rivals *out,
	    struct error *err)
{
	struct db_rows rows;
	int64_t last = -1;
	int got;

	if (db_query(db, &rows, plan_sql_rivals,
		     DB_ARGS(DB_BLOB(person_hash_view(person)),
			     DB_TEXT(p->campaign), DB_INT(PLAN_RIVALS_MAX)),
		     err) < 0)
		return -(int)err->code;
	while ((got = db_next(&rows, err)) > 0) {
		struct str tags = db_text(&rows, 1);

		/* Of several runs the one that may go on comes first. */
		if (db_int(&rows, 0) == last)
			continue;
		last = db_int(&rows, 0);
		*one_more(a, out) = (struct plan_rival){
			.partner_id = last,
			.may = db_int(&rows, 4) == GATE_OPEN &&
			       (p->one.tags.len == 0 ||
				has_any_tag(tags, p->one.tags)),
			.is_customer = has_any_tag(tags, p->one.customers),
			.consent_ms = db_int(&rows, 2),
			.added_ms = db_int(&rows, 3),
			.claim_ms = db_is_null(&rows, 5) ? 0 : db_int(&rows, 5),
		};
	}
	db_rows_end(&rows);
	return got;
}

int
plan_rivals_of(struct db *db, struct arena *a, const struct plan_policy *p,
	       const struct person_hash *person, struct plan_rivals *out,
	       struct error *err)
{
	*out = (struct plan_rivals){ 0 };
	if (read_rivals(db, a, p, person, out, err) < 0)
		return -(int)err->code;
	for (size_t i = 0; i < out->count; i++)
		if (read_history(db, p, person, &out->items[i], err) < 0)
			return -(int)err->code;
	return 0;
}

/* ---- whose it is ---- */

/* *holder: as it was, or as it is decided now; 0: nobody may have it. */
static int
settle_slot(struct db *db, struct arena *a, const struct plan_policy *p,
	    const struct person_hash *person, int64_t now_ms, int64_t *holder,
	    struct error *err)
{
	struct partner_slot slot = {
		.campaign = p->campaign,
		.person = person,
	};
	const struct plan_rival *best;
	struct plan_rivals rivals;
	const char *why;
	int got = partner_slot_find(db, a, &slot, err);

	*holder = slot.partner_id;
	if (got != 0)
		return got < 0 ? got : 0;
	if (plan_rivals_of(db, a, p, person, &rivals, err) < 0)
		return -(int)err->code;
	best = plan_choose(rivals.items, rivals.count, &why);
	if (!best)
		return 0;
	slot.partner_id = best->partner_id;
	slot.rule = str_of(why);
	slot.at_ms = now_ms;
	return partner_slot_take(db, &slot, holder, err) < 0 ? -(int)err->code
							     : 0;
}

static struct person_hash
person_of(const struct outbox_key *key)
{
	struct person_hash person;

	check(key->subject_kind == OUTBOX_PERSON &&
	      key->subject.len == sizeof(person.bytes));
	memcpy(person.bytes, key->subject.p, sizeof(person.bytes));
	return person;
}

int
plan_policy_settle(struct db *db, const struct plan_policy *p,
		   const struct outbox_key *key, int64_t now_ms,
		   struct error *err)
{
	struct person_hash person = person_of(key);
	struct arena *a;
	int64_t holder;
	int code;

	if (!p->is_one)
		return 1;
	a = arena_new();
	code = settle_slot(db, a, p, &person, now_ms, &holder, err);
	arena_free(&a);
	if (code < 0)
		return code;
	return holder == 0 || holder == key->partner_id;
}

/* ---- putting ---- */

static int
note(struct db *db, enum event_kind kind, const struct outbox_key *key,
     const char *reason, int64_t now_ms, struct error *err)
{
	struct outbox_id id = outbox_id_of(key);

	return event_append_with(
	    db,
	    &(struct event){
		.kind = kind,
		.at_ms = now_ms,
		.partner_id = key->partner_id,
		.activation_id = key->activation_id,
		.delivery = { (const char *)id.bytes, sizeof(id.bytes) },
	    },
	    "status", str_of(reason), err);
}

static int
put_held(struct db *db, const struct plan_mail *m, int64_t again_ms,
	 struct error *err)
{
	int put = outbox_put_held(db, m->key, m->due_ms, STR(PARTNER_HELD),
				  again_ms, err);

	if (put > 0 &&
	    note(db, EVENT_HELD, m->key, PARTNER_HELD, m->now_ms, err) < 0)
		return -(int)err->code;
	return put;
}

static int64_t
later_of(int64_t x, int64_t y)
{
	return x > y ? x : y;
}

int
plan_policy_put(struct db *db, const struct plan_policy *p,
		const struct plan_mail *m, struct error *err)
{
	int64_t free_ms = m->due_ms;
	int own = plan_policy_settle(db, p, m->key, m->now_ms, err);
	int free = 1;

	if (own < 0)
		return own;
	if (!own)
		return put_held(db, m, later_of(m->due_ms, m->now_ms) + HOUR_MS,
				err);
	if (p->is_capped)
		free = outbox_free_at(db, m->key->partner_id, m->key->subject,
				      m->due_ms, &free_ms, err);
	if (free < 0)
		return free;
	if (!free && free_ms > outbox_wait_until(m->due_ms))
		return put_held(db, m, -1, err);
	return outbox_put(db, m->key, m->due_ms, err);
}

/* ---- what is held ---- */

static const struct plan_rival *
find_rival(const struct plan_rivals *rivals, int64_t partner_id)
{
	for (size_t i = 0; i < rivals->count; i++)
		if (rivals->items[i].partner_id == partner_id)
			return &rivals->items[i];
	return NULL;
}

/*
 * When to look again at what the slot's holder keeps from the others; -1: no
 * more. When it cannot mail the person any more, the slot is another's.
 */
static int
look_at_holder(struct db *db, struct arena *a, const struct plan_policy *p,
	       struct partner_slot *slot, int64_t *again_ms, struct error *err)
{
	int64_t holder = slot->partner_id;
	int64_t now_ms = slot->at_ms;
	const struct plan_rival *has, *best;
	struct plan_rivals rivals;
	const char *why;

	/* What it marks meanwhile is seen, what it marks after sees the slot. */
	if (partner_lock_person(db, holder, slot->person, err) < 0 ||
	    plan_rivals_of(db, a, p, slot->person, &rivals, err) < 0)
		return -(int)err->code;
	has = find_rival(&rivals, holder);
	best = plan_choose(rivals.items, rivals.count, &why);
	if (has && (has->served_ms > 0 || has->bounced)) {
		*again_ms = -1;
		return 0;
	}
	if (has && has->may)
		*again_ms = later_of(has->due_ms, now_ms) + HOUR_MS;
	if ((has && has->may) || !best)
		return 0;
	slot->partner_id = best->partner_id;
	slot->rule = str_of(why);
	return partner_slot_move(db, slot, holder, err) < 0 ? -(int)err->code
							    : 0;
}

static int
release(struct db *db, const struct outbox_delivery *d, int64_t due_ms,
	int64_t now_ms, struct error *err)
{
	int done = outbox_unhold_at(db, d, due_ms, err);

	if (done > 0)
		done = note(db, EVENT_RELEASED, &d->key,
			    "no longer held by "
			    "policy",
			    now_ms, err);
	return done < 0 ? done : 0;
}

/* Whose it is now, and when to look again if that is another. */
static int
look(struct db *db, struct arena *a, const struct plan_policy *p,
     struct partner_slot *slot, int64_t own, int64_t *again_ms,
     struct error *err)
{
	if (settle_slot(db, a, p, slot->person, slot->at_ms, &slot->partner_id,
			err) < 0)
		return -(int)err->code;
	*again_ms = slot->at_ms + DAY_MS; /* nobody's */
	if (slot->partner_id == 0 || slot->partner_id == own)
		return 0;
	*again_ms = slot->at_ms + HOUR_MS;
	return look_at_holder(db, a, p, slot, again_ms, err);
}

int
plan_policy_look(struct db *db, const struct plan_policy *p,
		 const struct outbox_delivery *d, int64_t due_ms,
		 int64_t now_ms, struct error *err)
{
	struct person_hash person = person_of(&d->key);
	struct partner_slot slot = {
		.campaign = p->campaign,
		.person = &person,
		.at_ms = now_ms,
	};
	int64_t own = d->key.partner_id;
	int64_t again_ms;
	struct arena *a;
	int code;

	if (!p->is_one)
		return release(db, d, due_ms, now_ms, err);
	a = arena_new();
	code = look(db, a, p, &slot, own, &again_ms, err);
	arena_free(&a);
	if (code < 0)
		return code;
	if (slot.partner_id == own)
		return release(db, d, due_ms, now_ms, err);
	return outbox_follow(db, d, again_ms, err) < 0 ? -(int)err->code : 0;
}
