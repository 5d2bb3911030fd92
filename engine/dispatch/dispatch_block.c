/*
 * The block: deliveries that one worker has claimed.
 *
 *	WAITING -> TAKEN			it is an item now
 *		-> RELEASE | POSTPONE | MOVE | CANCEL | HOLD | QUEUE
 *						it goes back
 *
 * What goes back does so in the unit that claims the next block, so that a
 * pause or a wave of opt-outs costs no commit of its own. A process that ends
 * before leaves these rows CLAIMED; they are reclaimed and meet the gate again.
 *
 * Paused. The claim takes what is due longest, whoever it belongs to, so a
 * paused activation would be claimed again and again and keep others from
 * being claimed at all. What must wait therefore goes back due WAIT_MS later;
 * within a block the (partner, activation) that is paused is remembered and
 * the gate is not asked again for it. After a resume mail flows within a
 * minute; n paused rows that are due cost n claims a minute meanwhile.
 *
 * What is limited or stopped goes into a queue (outbox_queue.h) instead, and
 * comes from there when that is open: half of a block at most, so that neither
 * what waits nor what flows keeps the other from leaving. When it is a partner
 * that must wait, what else of it is next in turn goes there too, unclaimed.
 *
 * Rejected: leaving them due and skipping them in memory (the next claim finds
 * them again), and leaving them CLAIMED (then a pause is bounded by memory and
 * by leases).
 */
#include "dispatch/dispatch_feed_priv.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"

enum { LEASE_MS = 15 * 60 * 1000 }; /* more than the longest dot (600 s) */

enum {
	DIVERT_LOOK = 500,
	QUEUES_AT_ONCE = 16,
	CLAIMS_MAX = 2 * QUEUES_AT_ONCE + CARRIER_COUNT,
};

static bool
may_take(const struct dispatch_feed *feed)
{
	return !atomic_load(&feed->d->closing) &&
	       !atomic_load(&feed->wire->stopped) &&
	       atomic_load(&feed->d->unstored) == 0 &&
	       clock_is_steady(feed->d->config.clock, NULL) &&
	       !room_is_short(feed->d);
}

struct turn {
	struct dispatch_feed *feed;
	struct arena *arena; /* of the new block */
	int max;	     /* 0: only give back */
	int64_t now_ms;
	struct outbox_delivery *got[CLAIMS_MAX];
	int count[CLAIMS_MAX];
	int claims;
	bool capped;
};

static int
give_back(struct db *db, const struct entry *e, int64_t now_ms,
	  struct error *err)
{
	switch (e->fate) {
	case FATE_RELEASE:
		return outbox_release(db, &e->delivery, err);
	case FATE_POSTPONE:
		return outbox_postpone(db, &e->delivery, now_ms + WAIT_MS, err);
	case FATE_MOVE:
		return outbox_move(db, &e->delivery, e->move_ms,
				   STR("not at this hour"), err);
	case FATE_CANCEL:
		return gate_cancel(db, &e->delivery, e->reason, now_ms, err);
	case FATE_HOLD:
		return gate_hold(db, &e->delivery, e->reason, now_ms, err);
	case FATE_QUEUE:
		return outbox_wait(db, &e->delivery, &e->where, err);
	case FATE_WAITING:
	case FATE_TAKEN:
		break;
	}
	return 0;
}

/* `how` with its queue and carrier; at most `max`. */
static int
claim_some(struct db *db, struct turn *t, struct outbox_claim *how, int max,
	   struct error *err)
{
	int count;

	how->max = max;
	check(t->claims < CLAIMS_MAX);
	count = outbox_claim(db, t->arena, how, &t->got[t->claims], err);
	if (count > 0)
		t->count[t->claims++] = count;
	return count;
}

/* From queues that are open, one after the other. */
static int
claim_queues(struct db *db, struct turn *t, struct outbox_claim *how, int max,
	     struct error *err)
{
	struct outbox_queue *queues;
	int count = outbox_queue_ready(db, t->arena, t->now_ms, QUEUES_AT_ONCE,
				       &queues, err);
	int sum = 0;

	how->carrier = OUTBOX_MAIL;
	for (int i = 0; i < count && sum < max; i++) {
		int room = brake_queue_room(db, &t->feed->rules, &queues[i],
					    t->now_ms, max - sum, err);
		int got = room;

		how->queue = queues[i].id;
		if (room > 0)
			got = claim_some(db, t, how, room, err);
		if (got < 0 ||
		    outbox_queue_turn(db, queues[i].id, t->now_ms, err) < 0)
			return -(int)err->code;
		sum += got;
	}
	how->queue = 0;
	return count < 0 ? count : sum;
}

/* What waits for nothing: mail and posts take turns in being first. */
static int
claim_free(struct db *db, struct turn *t, struct outbox_claim *how, int max,
	   struct error *err)
{
	unsigned carriers = t->feed->wire->carriers;
	int sum = 0;

	for (unsigned i = 0; i < CARRIER_COUNT && sum < max; i++) {
		unsigned carrier = (i + t->feed->turn) % CARRIER_COUNT;
		int got;

		if (!(carriers & CARRIER(carrier)))
			continue;
		how->carrier = (enum outbox_carrier)carrier;
		got = claim_some(db, t, how, max - sum, err);
		if (got < 0)
			return got;
		sum += got;
	}
	return sum;
}

/* Half of it, and what the others leave, is for what has waited. */
static int
claim(struct db *db, struct turn *t, struct error *err)
{
	const struct dispatch *d = t->feed->d;
	struct outbox_claim how = {
		.owner = d->owner,
		.now_ms = t->now_ms,
		.lease_ms = clock_now_ms(d->config.clock) + LEASE_MS,
		.key_id = d->config.key_id,
	};
	bool queues =
	    t->feed->brakes && (t->feed->wire->carriers & CARRIER(OUTBOX_MAIL));
	int waited = 0;
	int rest = 0;
	int free_ones;

	if (queues)
		waited = claim_queues(
		    db, t, &how, (t->max + (int)(t->feed->turn % 2)) / 2, err);
	if (waited < 0)
		return waited;
	free_ones = claim_free(db, t, &how, t->max - waited, err);
	if (free_ones < 0)
		return free_ones;
	if (queues && waited + free_ones < t->max)
		rest =
		    claim_queues(db, t, &how, t->max - waited - free_ones, err);
	return rest < 0 ? rest : waited + free_ones + rest;
}

/* What is next in turn and would be turned away like this one. */
static int
divert(struct db *db, const struct block *block, int64_t now_ms,
       struct error *err)
{
	for (int i = 0; i < block->count; i++) {
		const struct entry *e = &block->entries[i];
		struct outbox_key of = e->delivery.key;
		struct outbox_closing where = e->where;

		if (e->fate != FATE_QUEUE ||
		    (where.scope != OUTBOX_SCOPE_PARTNER &&
		     where.scope != OUTBOX_SCOPE_RUN))
			continue;
		if (where.scope == OUTBOX_SCOPE_PARTNER)
			of.activation_id = 0;
		where.now_ms = now_ms;
		return outbox_divert(db, &of, &where, DIVERT_LOOK, err) < 0
			   ? -(int)err->code
			   : 0;
	}
	return 0;
}

static int
turn_unit(struct db *db, void *arg, struct error *err)
{
	struct turn *t = arg;
	const struct block *old = &t->feed->block;
	int capped;

	t->claims = 0;
	for (int i = 0; i < old->count; i++)
		if (give_back(db, &old->entries[i], t->now_ms, err) < 0)
			return -(int)err->code;
	if (divert(db, old, t->now_ms, err) < 0 ||
	    items_release(db, &t->feed->items, err) < 0)
		return -(int)err->code;
	if (t->max <= 0)
		return 0;
	capped = outbox_capped(db, err);
	t->capped = capped > 0;
	return capped < 0 ? capped : claim(db, t, err);
}

static void
log_stopped(struct db_store *store, const struct block *block)
{
	for (int i = 0; i < block->count && log_takes(LOG_LEVEL_INFO); i++) {
		const struct entry *e = &block->entries[i];
		const struct outbox_key *key = &e->delivery.key;
		const char *reason = gate_reason_text(e->reason);

		if (e->fate != FATE_CANCEL && e->fate != FATE_HOLD)
			continue;
		log_line(LOG_LEVEL_INFO, "dispatch",
			 e->fate == FATE_HOLD ? "held" : "cancelled",
			 LOG_FIELDS(LOG_TEXT("partner",
					     dispatch_slug(store, block->arena,
							   key->partner_id)),
				    LOG_TEXT("step", key->step),
				    LOG_CSTR("reason", reason)));
	}
}

static void
fill_block(struct block *block, const struct turn *t, int sum)
{
	arena_free(&block->arena);
	block->arena = t->arena;
	block->entries = ARENA_ARRAY(t->arena, (size_t)sum, struct entry);
	block->count = 0;
	block->next = 0;
	block->capped_ms = t->capped ? feed_now(t->feed) : -1;
	for (int i = 0; i < t->claims; i++)
		for (int k = 0; k < t->count[i]; k++)
			block->entries[block->count++].delivery = t->got[i][k];
	check(block->count == sum);
}

/* What is due by then is to be sent. */
static int64_t
due_by_ms(const struct dispatch_feed *feed)
{
	int64_t until_ms = atomic_load(&feed->d->until_ms);

	return until_ms >= 0 ? until_ms : feed_now(feed);
}

/* The old block back, and at most `max` new deliveries: their number. */
static int
turn_over(struct dispatch_feed *feed, int max, struct error *err)
{
	struct turn t = {
		.feed = feed,
		.arena = arena_new(),
		.max = max,
		.now_ms = due_by_ms(feed),
	};
	int sum = db_commit(feed->d->config.store, turn_unit, &t, err);

	if (sum < 0) {
		arena_free(&t.arena);
		return sum;
	}
	feed->turn++;
	log_stopped(feed->d->config.store, &feed->block);
	items_drop_returned(&feed->items);
	fill_block(&feed->block, &t, sum);
	return sum;
}

int
feed_due(struct dispatch_feed *feed, struct error *err)
{
	int64_t due_ms;
	struct db *db;
	int got;

	if (db_reader(feed->d->config.store, &db, err) < 0)
		return -(int)err->code;
	got = outbox_next_due(db, &due_ms, err);
	if (got <= 0)
		return got;
	return due_ms <= due_by_ms(feed);
}

int
feed_blocked(struct dispatch_feed *feed, struct error *err)
{
	int due;

	if (wire_is_stopped(feed->d, feed->wire, err) < 0)
		return -(int)err->code;
	if (!clock_is_steady(feed->d->config.clock, NULL))
		return error_set(err, ERROR_BUSY,
				 "the machine's clock has jumped, so nothing "
				 "is sent until it has gone evenly for a "
				 "minute");
	if (!room_is_short(feed->d))
		return 0;
	due = feed_due(feed, err);
	if (due <= 0)
		return due;
	return error_set(err, ERROR_BUSY,
			 "too little room in %s, expected %lld MB free, so "
			 "nothing is sent",
			 feed->d->config.store_folder,
			 (long long)(feed->d->config.min_free_bytes >> 20));
}

/* How many to claim: a wire may take less than a block, or nothing now. */
static int
room_for_mail(struct dispatch_feed *feed, struct error *err)
{
	if (!(feed->wire->carriers & CARRIER(OUTBOX_MAIL)))
		return feed->d->config.batch;
	if (brake_load(feed, err) < 0)
		return -(int)err->code;
	if (feed->brakes)
		return brake_wire_room(feed, err);
	atomic_store(&feed->wire->opens_ms, 0);
	return feed->d->config.batch;
}

int
feed_fill(struct dispatch_feed *feed, struct error *err)
{
	int due;
	int max = 0;

	if (!may_take(feed))
		return 0;
	if (feed->block.next < feed->block.count)
		return feed->block.count - feed->block.next;
	/* 0 spares the store a transaction. */
	due = feed_due(feed, err);
	if (due < 0)
		return due;
	if (due)
		max = room_for_mail(feed, err);
	if (max < 0)
		return max;
	if (max == 0 && feed->block.count == 0)
		return 0;
	return turn_over(feed, max, err);
}

int
feed_give_back(struct dispatch_feed *feed, struct error *err)
{
	struct block *block = &feed->block;

	check(items_have_verdicts(&feed->items));
	for (int i = block->next; i < block->count; i++)
		if (block->entries[i].fate == FATE_WAITING)
			block->entries[i].fate = FATE_RELEASE;
	block->next = block->count;
	if (block->count == 0 && !items_have_returned(&feed->items))
		return 0;
	return turn_over(feed, 0, err);
}

bool
block_is_paused(const struct block *block, const struct outbox_delivery *d)
{
	for (int i = 0; i < block->next; i++) {
		const struct entry *e = &block->entries[i];

		if (e->fate == FATE_POSTPONE && e->reason != GATE_OPEN &&
		    e->delivery.key.partner_id == d->key.partner_id &&
		    e->delivery.key.activation_id == d->key.activation_id)
			return true;
	}
	return false;
}
