/*
 * The feed: the rules of delivery, in the order in which they must happen,
 * the same for every wire.
 *
 *	block (dispatch_block.c) -> gate -> make -> marker (dispatch_mark.c)
 *	  -> the wire -> verdict (dispatch_item.c)
 *
 * A feed belongs to one worker. Here is its middle: what is taken from the
 * block of claimed deliveries, and what is not because the gate is shut or
 * because there is no message to be had.
 *
 * A delivery that our own source failed to make goes back due a minute later,
 * as what is paused does: one that always fails holds nobody up.
 *
 * Invariants
 *  1. One connection has at most one message that is marked and has no
 *     durable verdict.
 *  2. While a verdict of any worker is not stored, nothing is taken.
 *
 * The gate is asked and the contact read for some deliveries at once, and what
 * was seen is good for a second: each commit of anybody empties SQLite's cache
 * of a reader, so that to look by ones costs as much as rendering. What shuts
 * within that second is stopped by the marker.
 *
 * Rejected: asking the gate only in the marker. It would be enough, but a
 * closed connection for each opt-out in a block is not polite to a relay.
 */
#include "dispatch/dispatch_feed_priv.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/failpoint.h"
#include "base/now.h"
#include "dispatch/dispatch_provider.h"

/* ---- in place ---- */

struct dispatch_feed *
feed_new(struct dispatch *d, int number, struct dispatch_wire *wire)
{
	struct dispatch_feed *feed = calloc(1, sizeof(*feed));

	check(feed);
	feed->d = d;
	feed->wire = wire;
	feed->number = number;
	feed->block.arena = arena_new();
	feed->items.store = d->config.store;
	return feed;
}

void
feed_free(struct dispatch_feed **feed)
{
	struct dispatch_feed *f = *feed;

	if (!f)
		return;
	items_fini(&f->items);
	arena_free(&f->block.arena);
	arena_free(&f->rules_arena);
	buf_fini(&f->relay);
	buf_fini(&f->connection);
	free(f);
	*feed = NULL;
}

int64_t
feed_now(const struct dispatch_feed *feed)
{
	return clock_now_ms(feed->d->config.clock);
}

struct db_store *
feed_store(const struct dispatch_feed *feed)
{
	return feed->d->config.store;
}

int
feed_session(const struct dispatch_feed *feed)
{
	const struct dispatch_config *config = &feed->d->config;

	return config->session ? config->session : config->batch;
}

int64_t
feed_stored(const struct dispatch_feed *feed)
{
	return feed->items.stored;
}

int64_t
feed_progress(const struct dispatch_feed *feed)
{
	return feed->items.progress;
}

void
feed_connected(struct dispatch_feed *feed, struct str relay)
{
	buf_clear(&feed->relay);
	buf_str(&feed->relay, relay);
	buf_clear(&feed->connection);
	buf_printf(&feed->connection, "%d %.*s", feed->number, STR_ARG(relay));
}

void
feed_stop(struct dispatch_feed *feed, const struct error *why)
{
	wire_stop(feed->d, feed->wire, why);
}

/* Counts in d->unstored what this feed could not store. */
static void
sweep(struct dispatch_feed *feed)
{
	int before = feed->items.failed;

	items_sweep(&feed->items);
	atomic_fetch_add(&feed->d->unstored, feed->items.failed - before);
}

int
feed_settle(struct dispatch_feed *feed, struct error *err)
{
	int before;
	int rc;

	db_drain(feed->d->config.store);
	sweep(feed);
	if (feed->items.failed == 0)
		return 0;
	before = feed->items.failed;
	rc = items_settle(&feed->items, err);
	if (rc >= 0)
		atomic_fetch_sub(&feed->d->unstored, before);
	return rc;
}

/* ---- the next message ---- */

enum { LOOK_AHEAD = 8, LOOK_LIFE_US = 1000 * 1000 };

/* Whom it is for, of whom the gate knows that there is such a contact. */
static int
find_contact(struct db *db, struct arena *a, struct entry *e, struct error *err)
{
	struct person_hash person;
	int got;

	e->has_contact = false;
	if (e->reason != GATE_OPEN ||
	    e->delivery.key.subject_kind != OUTBOX_PERSON)
		return 0;
	memcpy(person.bytes, e->delivery.key.subject.p, sizeof(person.bytes));
	got = contact_find(db, a, e->delivery.key.partner_id, &person,
			   &e->contact, err);
	e->has_contact = got > 0;
	return got;
}

/* At the next entry and some that follow it. */
static int
look_ahead(struct db *db, void *arg, struct error *err)
{
	struct block *block = arg;
	int64_t now_us = now_mono_us();

	for (int i = block->next;
	     i < block->count && i < block->next + LOOK_AHEAD; i++) {
		struct entry *e = &block->entries[i];

		if (gate_ask(db, &e->delivery, block->capped_ms, &e->reason,
			     err) < 0 ||
		    find_contact(db, block->arena, e, err) < 0)
			return -(int)err->code;
		e->seen_us = now_us;
	}
	return 0;
}

static bool
is_seen(const struct entry *e)
{
	return e->seen_us > 0 && now_mono_us() - e->seen_us < LOOK_LIFE_US;
}

/* ---- brakes ---- */

static bool
has_brakes(const struct dispatch_feed *feed)
{
	return feed->brakes ||
	       feed->closings != atomic_load(&feed->d->closings);
}

/*
 * Not now: it goes to a queue; or, when it is the relay that takes no more,
 * stays where it is and the session ends: 0.
 */
static int
turn_away(struct dispatch_feed *feed, struct entry *e,
	  const struct outbox_closing *where)
{
	if (where->scope == OUTBOX_SCOPE_RELAY) {
		atomic_store(&feed->wire->opens_ms, where->until_ms);
		e->fate = FATE_WAITING;
		return 0;
	}
	e->fate = FATE_QUEUE;
	e->where = *where;
	return 1;
}

/* 1 and *keys when it may go, as far as limits and stops are concerned. */
static int
ask_brakes(struct dispatch_feed *feed, struct entry *e,
	   struct brake_keys **keys, struct error *err)
{
	struct outbox_closing where;
	int got;

	*keys = NULL;
	if (e->fate != FATE_TAKEN || !has_brakes(feed))
		return 1;
	if (atomic_load(&feed->wire->opens_ms) > feed_now(feed)) {
		e->fate = FATE_WAITING;
		return 0;
	}
	got = brake_ask(feed, feed->block.arena, e, keys, &where, err);
	return got == 0 ? turn_away(feed, e, &where) : got;
}

/* The same of the domain it is from. */
static int
ask_sender(struct dispatch_feed *feed, struct entry *e,
	   const struct feed_item *item, struct brake_keys *keys,
	   struct error *err)
{
	struct outbox_closing where;
	int got;

	if (!has_brakes(feed))
		return 1;
	if (e->delivery.key.subject_kind != OUTBOX_PERSON)
		keys = NULL;
	got = brake_ask_sender(feed, feed->block.arena, item->message.domain,
			       keys, &where, err);
	if (got == 0)
		(void)turn_away(feed, e, &where);
	return got;
}

/* ---- taking ---- */

/* TAKEN when it may leave, else what becomes of it. */
static int
decide(struct dispatch_feed *feed, struct entry *e, struct error *err)
{
	if (feed_now(feed) >= e->delivery.lease_ms) {
		e->fate = FATE_RELEASE;
		return 0;
	}
	if (block_is_paused(&feed->block, &e->delivery)) {
		e->fate = FATE_POSTPONE;
		e->reason = GATE_PAUSED;
		return 0;
	}
	if (!is_seen(e) &&
	    db_look(feed->d->config.store, look_ahead, &feed->block, err) < 0)
		return -(int)err->code;
	if (e->reason == GATE_OPEN)
		e->fate = FATE_TAKEN;
	else if (gate_reason_stops(e->reason))
		e->fate = FATE_CANCEL;
	else if (gate_reason_holds(e->reason))
		e->fate = FATE_HOLD;
	else
		e->fate = FATE_POSTPONE;
	return 0;
}

/* As enum dispatch_made, or < 0. */
static int
make(struct dispatch_feed *feed, const struct entry *e, struct feed_item *item,
     struct error *err)
{
	const struct dispatch_source *source = &feed->d->config.source;
	const struct dispatch_order order = {
		.delivery = &item->delivery,
		.contact = e->has_contact ? &e->contact : NULL,
		.now_ms = feed_now(feed),
	};
	struct error why;
	struct db *db;
	int got;

	if (db_reader(feed->d->config.store, &db, err) < 0 ||
	    failpoint("dispatch: to be made", err) < 0)
		return -(int)err->code;
	got = source->make(source->arg, item->arena, db, &order, &item->message,
			   &why);

	item->message.delivery = &item->delivery;
	item->made_us = now_mono_us();
	item->relay = str_copy(item->arena, buf_view(&feed->relay));
	if (got < 0)
		*err = why;
	if (got == DISPATCH_HELD)
		item_verdict(&feed->items, item,
			     &(struct outbox_verdict){
				 .kind = OUTBOX_VERDICT_HELD,
				 .status = str_of(why.text),
				 .now_ms = order.now_ms,
			     });
	return got;
}

/* 1 made, 0 it does not leave, < 0. */
static int
make_and_ask(struct dispatch_feed *feed, struct entry *e,
	     struct feed_item *item, struct brake_keys *keys, struct error *err)
{
	int got = make(feed, e, item, err);

	if (got < 0) {
		e->fate = FATE_POSTPONE;
		item_drop(&feed->items, item);
		return error_context(err, "make");
	}
	if (got == DISPATCH_WAITS) {
		e->fate = FATE_MOVE;
		e->move_ms = item->message.not_before_ms;
		item_drop(&feed->items, item);
		return 0;
	}
	if (got == DISPATCH_HELD)
		return 0;
	got = ask_sender(feed, e, item, keys, err);
	if (got <= 0)
		item_drop(&feed->items, item);
	return got;
}

enum taken { TAKEN_NONE, TAKEN_ONE, TAKEN_END };

/* NONE: this one does not leave now. END: nothing more does, by this wire. */
static int
take(struct dispatch_feed *feed, struct dispatch_message *out,
     struct error *err)
{
	struct entry *e = &feed->block.entries[feed->block.next];
	struct brake_keys *keys;
	struct feed_item *item;
	int got;

	if (decide(feed, e, err) < 0)
		return -(int)err->code;
	got = ask_brakes(feed, e, &keys, err);
	if (got <= 0)
		return got < 0 ? got : TAKEN_END;
	feed->block.next++;
	if (e->fate != FATE_TAKEN)
		return TAKEN_NONE;
	item = item_new(&feed->items, &e->delivery, feed_now(feed));
	got = make_and_ask(feed, e, item, keys, err);
	if (got <= 0) {
		brake_let_go(feed, keys);
		return got;
	}
	item->keys = keys ? brake_keys_copy(item->arena, keys) : NULL;
	*out = item->message;
	return TAKEN_ONE;
}

int
feed_next(struct dispatch_feed *feed, struct dispatch_message *out,
	  struct error *err)
{
	int got;

	do {
		sweep(feed);
		got = feed_fill(feed, err);
		if (got <= 0)
			return got;
		got = take(feed, out, err);
	} while (got == TAKEN_NONE);
	return got == TAKEN_END ? 0 : got;
}

void
feed_name(struct dispatch_feed *feed, struct dispatch_message *m,
	  const char *provider)
{
	struct arena *a = item_of(&feed->items, m)->arena;
	struct error err;
	struct str header;
	char *bytes;

	if (m->tag.len == 0)
		return;
	/* The provider is one that has such a header: relay_parse(). */
	check(dispatch_provider_header(str_of(provider), m->tag, a, &header,
				       &err) >= 0);
	bytes = arena_alloc(a, header.len + m->bytes.len);
	memcpy(bytes, header.p, header.len);
	memcpy(bytes + header.len, m->bytes.p, m->bytes.len);
	m->bytes = (struct str){ bytes, header.len + m->bytes.len };
}

/* ---- how it ended ---- */

void
feed_verdict(struct dispatch_feed *feed, const struct dispatch_message *m,
	     const struct outbox_verdict *verdict)
{
	feed_outcome(feed, m,
		     &(struct dispatch_outcome){ .verdict = *verdict });
}

void
feed_outcome(struct dispatch_feed *feed, const struct dispatch_message *m,
	     const struct dispatch_outcome *outcome)
{
	struct feed_item *item = item_of(&feed->items, m);
	struct dispatch_outcome dated = *outcome;

	brake_let_go(feed, item->keys);
	dated.verdict.now_ms = feed_now(feed);
	if (outcome->effect != DISPATCH_NOBODY) {
		item->domain = brake_domain(feed, item->arena, m->receiver);
		item->relay = str_copy(item->arena, str_of(feed->wire->name));
	}
	item_outcome(&feed->items, item, &dated);
	brake_applied(feed, outcome->effect, item->evidence);
}

void
feed_return(struct dispatch_feed *feed, const struct dispatch_message *m)
{
	struct feed_item *item = item_of(&feed->items, m);

	check(!item->marked);
	brake_let_go(feed, item->keys);
	atomic_store(&item->state, ITEM_RETURNED);
}
