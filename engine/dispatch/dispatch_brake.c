/*
 * The keys of a delivery are the queues that it belongs to: the relay, its
 * receiver's domain, its partner and, while there is a canary, its run. It may
 * go when none of them is closed and all their limits have room.
 *
 * Room is what the limit leaves, less what was counted, less what other
 * connections of this process have under way. What is under way is raised
 * before the counts are read and lowered after they were written, so whatever
 * another one does meanwhile is seen at least once.
 *
 * News of a lead for the partner itself goes past all but the relay's, as it
 * goes past pauses.
 */
#include "dispatch/dispatch_brake_priv.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "dispatch/dispatch_feed_priv.h"

enum { SOON_MS = 1000 };

/* ---- before each block ---- */

int
brake_load(struct dispatch_feed *feed, struct error *err)
{
	struct arena *a = arena_new();
	struct dispatch_rules rules;
	struct db *db;
	int any = -1;

	if (db_reader(feed->d->config.store, &db, err) >= 0 &&
	    dispatch_rules_load(db, a, &rules, err) >= 0)
		any = outbox_queue_any(db, err);
	if (any < 0) {
		arena_free(&a);
		return -(int)err->code;
	}
	arena_free(&feed->rules_arena);
	feed->rules_arena = a;
	feed->rules = rules;
	feed->closings = atomic_load(&feed->d->closings);
	feed->brakes = any > 0 || rules.limit_count > 0 ||
		       rules.canary_messages > 0 || rules.ramp.messages > 0;
	return 0;
}

/* ---- keys ---- */

static struct brake_key *
add_key(struct brake_keys *keys, enum outbox_scope scope, struct str name)
{
	struct brake_key *key = &keys->keys[keys->count++];

	check(keys->count <= BRAKE_KEYS);
	*key = (struct brake_key){
		.id = outbox_queue_id(scope, name),
		.scope = scope,
		.name = name,
	};
	return key;
}

static void
add_limited(struct brake_keys *keys, const struct dispatch_rules *rules,
	    enum outbox_scope scope, struct str name)
{
	struct brake_key *key = add_key(keys, scope, name);

	key->rate_count =
	    dispatch_rules_rates(rules, scope, name, key->rates, BRAKE_RATES);
}

static struct str
domain_of(struct arena *a, struct str address)
{
	ptrdiff_t at = -1;

	for (size_t i = 0; i < address.len; i++)
		if (address.p[i] == '@')
			at = (ptrdiff_t)i;
	return str_lower(a, str_slice(address, (size_t)(at + 1), address.len));
}

/* The first mails of a run have no limit but their number. */
static int
add_run(struct dispatch_feed *feed, struct db *db, struct arena *a,
	struct brake_keys *keys, const struct outbox_delivery *d,
	struct error *err)
{
	struct brake_key *key =
	    add_key(keys, OUTBOX_SCOPE_RUN,
		    str_printf(a, "%" PRId64 "/%" PRId64, d->key.partner_id,
			       d->key.activation_id));
	int64_t passed;

	if (d->attempt > 0)
		return 0;
	if (outbox_score(db, key->id, OUTBOX_SCORE_PASSED, OUTBOX_EVER, 0,
			 &passed, err) < 0)
		return -(int)err->code;
	if (passed > 0)
		return 0;
	key->rates[key->rate_count++] = (struct outbox_rate){
		.messages = feed->rules.canary_messages,
		.unit = OUTBOX_EVER,
	};
	return 0;
}

static int
by_id(const void *a, const void *b)
{
	const struct brake_key *x = a;
	const struct brake_key *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

static int
keys_of(struct dispatch_feed *feed, struct db *db, struct arena *a,
	const struct entry *e, struct brake_keys *keys, struct error *err)
{
	const struct outbox_delivery *d = &e->delivery;
	const struct dispatch_rules *rules = &feed->rules;
	struct str domain;

	add_limited(keys, rules, OUTBOX_SCOPE_RELAY, str_of(feed->wire->name));
	if (d->key.subject_kind == OUTBOX_PERSON) {
		add_limited(keys, rules, OUTBOX_SCOPE_PARTNER,
			    str_printf(a, "%" PRId64, d->key.partner_id));
		domain = domain_of(a, e->contact.address);
		if (e->has_contact && domain.len > 0)
			add_limited(
			    keys, rules, OUTBOX_SCOPE_DOMAIN,
			    str_copy(a, dispatch_rules_domain(rules, domain)));
		if (rules->canary_messages > 0 &&
		    add_run(feed, db, a, keys, d, err) < 0)
			return -(int)err->code;
	}
	qsort(keys->keys, (size_t)keys->count, sizeof(keys->keys[0]), by_id);
	return 0;
}

/* ---- under way ---- */

/* Of this queue, before it is changed by `by`. */
static int
fly(struct dispatch *d, int64_t id, int by)
{
	struct brake_flight *free_one = NULL;
	int before = 0;

	for (size_t i = 0; i < COUNT_OF(d->flights); i++) {
		struct brake_flight *f = &d->flights[i];

		if (f->count == 0)
			free_one = free_one ? free_one : f;
		else if (f->id == id) {
			before = f->count;
			f->count += by;
			return before;
		}
	}
	check(free_one && by > 0);
	*free_one = (struct brake_flight){ .id = id, .count = by };
	return 0;
}

static void
keep(struct dispatch *d, struct brake_keys *keys, int others[BRAKE_KEYS])
{
	pthread_mutex_lock(&d->mutex);
	for (int i = 0; i < keys->count; i++)
		if (keys->keys[i].rate_count > 0)
			others[i] = fly(d, keys->keys[i].id, 1);
	keys->kept = true;
	pthread_mutex_unlock(&d->mutex);
}

void
brake_let_go(struct dispatch_feed *feed, struct brake_keys *keys)
{
	struct dispatch *d = feed->d;

	if (!keys || !keys->kept)
		return;
	pthread_mutex_lock(&d->mutex);
	for (int i = 0; i < keys->count; i++)
		if (keys->keys[i].rate_count > 0)
			(void)fly(d, keys->keys[i].id, -1);
	keys->kept = false;
	pthread_mutex_unlock(&d->mutex);
}

struct brake_keys *
brake_keys_copy(struct arena *a, const struct brake_keys *keys)
{
	struct brake_keys *copy = ARENA_NEW(a, struct brake_keys);

	*copy = *keys;
	for (int i = 0; i < copy->count; i++)
		copy->keys[i].name = str_copy(a, copy->keys[i].name);
	return copy;
}

/* ---- asking ---- */

static struct outbox_closing
at_key(const struct brake_key *key, int64_t until_ms, int64_t now_ms)
{
	return (struct outbox_closing){
		.scope = key->scope,
		.name = key->name,
		.until_ms = until_ms,
		.now_ms = now_ms,
	};
}

/* 1, or 0 and it waits. */
static int
ask_queue(struct db *db, struct arena *a, const struct brake_key *key,
	  int64_t now_ms, struct outbox_closing *where, struct error *err)
{
	struct outbox_queue q;
	int found = outbox_queue_find(db, a, key->id, &q, err);

	if (found < 0)
		return found;
	if (found == 0 || q.opens_ms <= now_ms)
		return 1;
	*where = at_key(key, q.opens_ms, now_ms);
	return 0;
}

/* More than `others` must be left. */
static int
ask_rates(struct db *db, const struct brake_key *key, int others,
	  int64_t now_ms, struct outbox_closing *where, struct error *err)
{
	for (int i = 0; i < key->rate_count; i++) {
		int64_t opens_ms = now_ms + SOON_MS;
		int room = outbox_rate_room(db, key->id, &key->rates[i], now_ms,
					    &opens_ms, err);

		if (room < 0)
			return room;
		if (room > others)
			continue;
		*where = at_key(key, opens_ms, now_ms);
		return 0;
	}
	return 1;
}

static int
ask_keys(struct dispatch_feed *feed, struct db *db, struct arena *a,
	 struct brake_keys *keys, struct outbox_closing *where,
	 struct error *err)
{
	int64_t now_ms = feed_now(feed);
	int others[BRAKE_KEYS] = { 0 };
	int got = 1;

	keep(feed->d, keys, others);
	for (int i = 0; i < keys->count && got > 0; i++) {
		got = ask_queue(db, a, &keys->keys[i], now_ms, where, err);
		if (got > 0)
			got = ask_rates(db, &keys->keys[i], others[i], now_ms,
					where, err);
	}
	if (got <= 0)
		brake_let_go(feed, keys);
	return got;
}

int
brake_ask(struct dispatch_feed *feed, struct arena *a, const struct entry *e,
	  struct brake_keys **out, struct outbox_closing *where,
	  struct error *err)
{
	struct db *db;

	*out = NULL;
	if (!str_eq(e->delivery.key.channel, STR("email")))
		return 1;
	*out = ARENA_NEW(a, struct brake_keys);
	if (db_reader(feed->d->config.store, &db, err) < 0 ||
	    keys_of(feed, db, a, e, *out, err) < 0)
		return -(int)err->code;
	return ask_keys(feed, db, a, *out, where, err);
}

/* What it may send is asked, and this one is under way with the others. */
static int
ask_ramp(struct dispatch_feed *feed, struct db *db, struct brake_keys *keys,
	 struct brake_key *sender, struct outbox_closing *where,
	 struct error *err)
{
	int64_t now_ms = feed_now(feed);
	int others[BRAKE_KEYS] = { 0 };
	struct brake_keys own = { .count = 1 };
	int64_t grows_ms;
	int got = ramp_rate(db, &feed->rules, sender->id, sender->name, now_ms,
			    &sender->rates[0], &grows_ms, err);

	if (got <= 0)
		return got < 0 ? got : 1;
	sender->rate_count = 1;
	own.keys[0] = *sender;
	keep(feed->d, &own, others);
	got = ask_rates(db, sender, others[0], now_ms, where, err);
	if (got <= 0) {
		brake_let_go(feed, &own);
		if (where->until_ms > grows_ms)
			where->until_ms = grows_ms;
		return got;
	}
	check(keys->kept && keys->count < BRAKE_KEYS);
	keys->keys[keys->count++] = *sender;
	qsort(keys->keys, (size_t)keys->count, sizeof(keys->keys[0]), by_id);
	return 1;
}

int
brake_ask_sender(struct dispatch_feed *feed, struct arena *a, struct str domain,
		 struct brake_keys *keys, struct outbox_closing *where,
		 struct error *err)
{
	struct brake_keys own = { .count = 0 };
	struct brake_key *sender;
	struct db *db;
	int got;

	if (domain.len == 0)
		return 1;
	sender = add_key(&own, OUTBOX_SCOPE_SENDER, str_copy(a, domain));
	if (db_reader(feed->d->config.store, &db, err) < 0)
		return -(int)err->code;
	got = ask_queue(db, a, sender, feed_now(feed), where, err);
	if (got <= 0 || !keys)
		return got;
	return ask_ramp(feed, db, keys, sender, where, err);
}

/* ---- a wire as a whole ---- */

int
brake_wire_room(struct dispatch_feed *feed, struct error *err)
{
	struct brake_keys keys = { .count = 0 };
	struct arena *a = arena_new();
	struct outbox_closing where = { 0 };
	int64_t now_ms = feed_now(feed);
	struct db *db;
	int room = feed->d->config.batch;
	int got = -1;

	add_limited(&keys, &feed->rules, OUTBOX_SCOPE_RELAY,
		    str_of(feed->wire->name));
	if (db_reader(feed->d->config.store, &db, err) >= 0)
		got = ask_queue(db, a, &keys.keys[0], now_ms, &where, err);
	for (int i = 0; i < keys.keys[0].rate_count && got > 0; i++) {
		got = outbox_rate_room(db, keys.keys[0].id,
				       &keys.keys[0].rates[i], now_ms,
				       &where.until_ms, err);
		if (got >= 0 && got < room)
			room = got;
	}
	arena_free(&a);
	if (got < 0)
		return -(int)err->code;
	atomic_store(&feed->wire->opens_ms, got ? 0 : where.until_ms);
	return got ? room : 0;
}

int
brake_queue_room(struct db *db, const struct dispatch_rules *rules,
		 const struct outbox_queue *q, int64_t now_ms, int max,
		 struct error *err)
{
	struct outbox_rate rates[BRAKE_RATES];
	int count =
	    dispatch_rules_rates(rules, q->scope, q->name, rates, BRAKE_RATES);

	for (int i = 0; i < count; i++) {
		struct outbox_closing used = { .scope = q->scope,
					       .name = q->name,
					       .now_ms = now_ms };
		int room = outbox_rate_room(db, q->id, &rates[i], now_ms,
					    &used.until_ms, err);

		if (room < 0)
			return room;
		if (room == 0)
			return outbox_queue_close(db, &used, err);
		if (room < max)
			max = room;
	}
	return max;
}

/* ---- the marker ---- */

int
brake_room(struct db *db, const struct brake_keys *keys, int64_t now_ms,
	   struct outbox_closing *where, struct error *err)
{
	int got = 1;

	for (int i = 0; i < keys->count && got > 0; i++) {
		if (keys->keys[i].rate_count == 0)
			continue;
		if (outbox_rate_lock(db, keys->keys[i].id, err) < 0)
			return -(int)err->code;
		got = ask_rates(db, &keys->keys[i], 0, now_ms, where, err);
	}
	return got;
}

int
brake_count(struct db *db, const struct brake_keys *keys, int64_t now_ms,
	    struct error *err)
{
	for (int i = 0; i < keys->count; i++) {
		const struct brake_key *key = &keys->keys[i];

		if (key->scope == OUTBOX_SCOPE_SENDER &&
		    ramp_begin(db, key->id, now_ms, err) < 0)
			return -(int)err->code;
		for (int k = 0; k < key->rate_count; k++)
			if (outbox_rate_add(db, key->id, key->rates[k].unit,
					    now_ms, err) < 0)
				return -(int)err->code;
	}
	return 0;
}

/* ---- what an answer means for others ---- */

struct str
brake_domain(const struct dispatch_feed *feed, struct arena *a,
	     struct str receiver)
{
	return str_copy(
	    a, dispatch_rules_domain(&feed->rules, domain_of(a, receiver)));
}

static void
log_effect(const struct dispatch_feed *feed, const char *event, struct str said)
{
	log_line(LOG_LEVEL_ERROR, "dispatch", event,
		 LOG_FIELDS(LOG_CSTR("relay", feed->wire->name),
			    LOG_TEXT("msg", said)));
}

void
brake_applied(struct dispatch_feed *feed, enum dispatch_effect effect,
	      struct str said)
{
	if (effect == DISPATCH_NOBODY)
		return;
	/* What is taken next must see it. */
	db_drain(feed->d->config.store);
	atomic_fetch_add(&feed->d->closings, 1);
	if (effect == DISPATCH_STOP_SENDER)
		log_effect(feed, "sender_stopped", said);
	if (effect != DISPATCH_STOP_RELAY)
		return;
	atomic_store(&feed->wire->opens_ms, INT64_MAX);
	log_effect(feed, "relay_stopped", said);
}

/* ---- a relay that refuses us before any message ---- */

static int
stop_unit(struct db *db, void *arg, struct error *err)
{
	return outbox_queue_close(db, arg, err);
}

int
feed_stop_relay(struct dispatch_feed *feed, struct str said, struct error *err)
{
	struct outbox_closing how = {
		.scope = OUTBOX_SCOPE_RELAY,
		.name = str_of(feed->wire->name),
		.until_ms = INT64_MAX,
		.reason = said,
		.now_ms = feed_now(feed),
	};
	int code = db_commit(feed->d->config.store, stop_unit, &how, err);

	brake_applied(feed, DISPATCH_STOP_RELAY, said);
	return code;
}

static int
throttle(struct db *db, struct outbox_closing *how, int64_t wish_ms,
	 struct error *err)
{
	if (how->name.len == 0)
		return 0;
	return outbox_queue_throttle(db, how, wish_ms, err);
}

static int
stop_sender(struct db *db, struct feed_item *item, struct outbox_closing *how,
	    struct error *err)
{
	how->scope = OUTBOX_SCOPE_SENDER;
	how->name = item->message.domain;
	how->until_ms = INT64_MAX;
	if (how->name.len == 0)
		return 0;
	item->outcome.verdict.queue = outbox_queue_id(how->scope, how->name);
	return outbox_queue_hold(db, how, err);
}

int
brake_apply(struct db *db, struct feed_item *item, struct error *err)
{
	const struct dispatch_outcome *o = &item->outcome;
	struct outbox_closing how = {
		.reason = item->evidence,
		.now_ms = o->verdict.now_ms,
		.until_ms = INT64_MAX,
	};

	switch (o->effect) {
	case DISPATCH_SLOW_DOMAIN:
		how.scope = OUTBOX_SCOPE_DOMAIN;
		how.name = item->domain;
		return throttle(db, &how, o->wait_ms, err);
	case DISPATCH_SLOW_RELAY:
		how.scope = OUTBOX_SCOPE_RELAY;
		how.name = item->relay;
		return throttle(db, &how, o->wait_ms, err);
	case DISPATCH_STOP_SENDER:
		return stop_sender(db, item, &how, err);
	case DISPATCH_STOP_RELAY:
		how.scope = OUTBOX_SCOPE_RELAY;
		how.name = item->relay;
		return how.name.len ? outbox_queue_close(db, &how, err) : 0;
	case DISPATCH_NOBODY:
		break;
	}
	return 0;
}
