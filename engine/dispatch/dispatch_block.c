/*
 * The block: deliveries that one worker has claimed.
 *
 *	WAITING -> TAKEN			it is an item now
 *		-> RELEASE | POSTPONE | CANCEL	it goes back
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

static bool
may_take(const struct dispatch_feed *feed)
{
	return !atomic_load(&feed->d->closing) &&
	       !atomic_load(&feed->wire->stopped) &&
	       atomic_load(&feed->d->unstored) == 0 && !room_is_short(feed->d);
}

struct turn {
	struct dispatch_feed *feed;
	struct arena *arena; /* of the new block */
	int max;	     /* 0: only give back */
	int64_t now_ms;
	struct outbox_delivery *got[CARRIER_COUNT];
	int count[CARRIER_COUNT];
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
	case FATE_CANCEL:
		return gate_cancel(db, &e->delivery, e->reason, now_ms, err);
	case FATE_WAITING:
	case FATE_TAKEN:
		break;
	}
	return 0;
}

/* Mail and posts take turns in being first, so that neither starves. */
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
	int sum = 0;

	for (unsigned i = 0; i < CARRIER_COUNT && sum < t->max; i++) {
		unsigned carrier = (i + t->feed->turn) % CARRIER_COUNT;

		if (!(t->feed->wire->carriers & CARRIER(carrier)))
			continue;
		how.carrier = (enum outbox_carrier)carrier;
		how.max = t->max - sum;
		t->count[i] = outbox_claim(db, t->arena, &how, &t->got[i], err);
		if (t->count[i] < 0)
			return -(int)err->code;
		sum += t->count[i];
	}
	return sum;
}

static int
turn_unit(struct db *db, void *arg, struct error *err)
{
	struct turn *t = arg;
	const struct block *old = &t->feed->block;

	memset(t->count, 0, sizeof(t->count));
	for (int i = 0; i < old->count; i++)
		if (give_back(db, &old->entries[i], t->now_ms, err) < 0)
			return -(int)err->code;
	if (items_release(db, &t->feed->items, err) < 0)
		return -(int)err->code;
	return t->max > 0 ? claim(db, t, err) : 0;
}

static void
log_cancelled(struct db_store *store, const struct block *block)
{
	for (int i = 0; i < block->count && log_takes(LOG_LEVEL_INFO); i++) {
		const struct entry *e = &block->entries[i];
		const struct outbox_key *key = &e->delivery.key;
		const char *reason = gate_reason_text(e->reason);

		if (e->fate != FATE_CANCEL)
			continue;
		log_line(LOG_LEVEL_INFO, "dispatch", "cancelled",
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
	for (int i = 0; i < CARRIER_COUNT; i++)
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
	log_cancelled(feed->d->config.store, &feed->block);
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

int
feed_fill(struct dispatch_feed *feed, struct error *err)
{
	int due;

	if (!may_take(feed))
		return 0;
	if (feed->block.next < feed->block.count)
		return feed->block.count - feed->block.next;
	/* 0 spares the store a transaction. */
	due = feed_due(feed, err);
	if (due < 0)
		return due;
	if (due == 0 && feed->block.count == 0)
		return 0;
	return turn_over(feed, due ? feed->d->config.batch : 0, err);
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
