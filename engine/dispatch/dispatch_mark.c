/*
 * The marker: the last word before a message is handed over.
 *
 * In one unit: the verdicts before it are in the store, the person's row is
 * locked, the limits have room, outbox_mark(), which asks the gate, and the
 * limits are counted. When that says 0 the same unit
 * finds out why and does what follows; the attempt ends here then, and the
 * connection with it.
 *
 * When the unit fails, nothing was handed over, and that is definite. Whether
 * the marker is in the store is not, for its commit may have lost the server,
 * and does not matter: DEFERRED ends a row that is CLAIMED or MARKED alike.
 */
#include "dispatch/dispatch_feed_priv.h"

#include <string.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "base/failpoint.h"
#include "base/now.h"

enum refusal {
	REFUSAL_NONE,
	REFUSAL_LOST,
	REFUSAL_HELD,
	REFUSAL_GATE,
	REFUSAL_LIMIT,
};

struct marking {
	struct dispatch_feed *feed;
	const struct outbox_delivery *delivery;
	struct outbox_marker marker;
	const struct brake_keys *keys; /* NULL: nothing limits it */
	struct outbox_closing where;   /* of LIMIT */
	enum refusal refusal;
	enum gate_reason reason;
};

static int
lock_person(struct db *db, const struct outbox_delivery *d, struct error *err)
{
	struct person_hash person;

	if (d->key.subject_kind != OUTBOX_PERSON)
		return 0;
	check(d->key.subject.len == sizeof(person.bytes));
	memcpy(person.bytes, d->key.subject.p, sizeof(person.bytes));
	return partner_lock_person(db, d->key.partner_id, &person, err);
}

/* The row is still ours, so the gate is shut. */
static int
obey_gate(struct db *db, struct marking *m, struct error *err)
{
	const struct outbox_delivery *d = m->delivery;

	m->refusal = REFUSAL_GATE;
	if (gate_ask(db, d, m->marker.now_ms, &m->reason, err) < 0)
		return -(int)err->code;
	if (gate_reason_holds(m->reason))
		return gate_hold(db, d, m->reason, m->marker.now_ms, err);
	if (gate_reason_stops(m->reason))
		return gate_cancel(db, d, m->reason, m->marker.now_ms, err);
	return outbox_postpone(db, d, m->marker.now_ms + WAIT_MS, err);
}

static int
refuse(struct db *db, struct arena *a, struct marking *m, struct error *err)
{
	struct outbox_delivery now;
	int got = outbox_find(db, a, &m->delivery->id, &now, err);

	if (got < 0)
		return got;
	m->refusal = REFUSAL_LOST;
	if (got == 0 || now.epoch != m->delivery->epoch)
		return 0;
	if (now.state == OUTBOX_CLAIMED)
		return obey_gate(db, m, err);
	if (now.state != OUTBOX_HELD)
		return 0;
	m->refusal = REFUSAL_HELD;
	return gate_note(db, EVENT_HELD, m->delivery, now.status,
			 m->marker.now_ms, err);
}

/* Another host was faster: it waits as if it had not been taken. */
static int
obey_limit(struct db *db, struct marking *m, struct error *err)
{
	m->refusal = REFUSAL_LIMIT;
	if (m->where.scope == OUTBOX_SCOPE_RELAY)
		return outbox_release(db, m->delivery, err) < 0
			   ? -(int)err->code
			   : 0;
	return outbox_wait(db, m->delivery, &m->where, err) < 0
		   ? -(int)err->code
		   : 0;
}

/* Counted, and then it is marked, or neither. */
static int
mark_within(struct db *db, struct marking *m, struct error *err)
{
	int got = outbox_mark(db, m->delivery, &m->marker, err);

	if (got > 0 && m->keys &&
	    brake_count(db, m->keys, m->marker.now_ms, err) < 0)
		return -(int)err->code;
	return got;
}

static int
mark_unit(struct db *db, void *arg, struct error *err)
{
	struct marking *m = arg;
	struct arena *a;
	int got;

	m->refusal = REFUSAL_NONE;
	if (!items_applied(&m->feed->items))
		return error_set(err, ERROR_IO,
				 "the verdict before is not stored");
	if (lock_person(db, m->delivery, err) < 0)
		return -(int)err->code;
	if (m->keys) {
		got = brake_room(db, m->keys, m->marker.now_ms, &m->where, err);
		if (got <= 0)
			return got < 0 ? got : obey_limit(db, m, err);
	}
	got = mark_within(db, m, err);
	if (got != 0)
		return got;
	a = arena_new();
	got = refuse(db, a, m, err);
	arena_free(&a);
	return got < 0 ? got : 0;
}

static void
log_refusal(const struct feed_item *item, const struct marking *m)
{
	const struct feed_items *items = &m->feed->items;

	switch (m->refusal) {
	case REFUSAL_HELD:
		item_log(items, item, LOG_LEVEL_WARN, "held",
			 STR("content changed"));
		return;
	case REFUSAL_GATE:
		item_log(items, item, LOG_LEVEL_INFO,
			 gate_reason_stops(m->reason)	? "cancelled"
			 : gate_reason_holds(m->reason) ? "held"
							: "waits",
			 str_of(gate_reason_text(m->reason)));
		return;
	case REFUSAL_LIMIT:
		item_log(items, item, LOG_LEVEL_INFO, "waits",
			 STR("the limit is used up"));
		return;
	case REFUSAL_NONE:
	case REFUSAL_LOST:
		break;
	}
	item_log(items, item, LOG_LEVEL_INFO, "claim-lost",
		 STR("another has it, or it was recalled"));
}

static int
marker_failed(struct dispatch_feed *feed, struct feed_item *item,
	      struct error *err)
{
	(void)error_context(err, "marker");
	item_verdict(&feed->items, item,
		     &(struct outbox_verdict){
			 .kind = OUTBOX_VERDICT_DEFERRED,
			 .status = str_of(err->text),
			 .now_ms = feed_now(feed),
		     });
	return -(int)err->code;
}

static int
commit_marker(struct dispatch_feed *feed, struct feed_item *item,
	      struct marking *m, struct error *err)
{
	int64_t from_us = now_mono_us();
	int got = db_commit(feed->d->config.store, mark_unit, m, err);

	item->mark_us = now_mono_us() - from_us;
	brake_let_go(feed, item->keys);
	if (m->refusal == REFUSAL_LIMIT && m->where.scope == OUTBOX_SCOPE_RELAY)
		atomic_store(&feed->wire->opens_ms, m->where.until_ms);
	if (got < 0)
		return marker_failed(feed, item, err);
	if (got == 0) {
		log_refusal(item, m);
		item_drop(&feed->items, item);
		return 0;
	}
	item->marked = true;
	failpoint_pass("dispatch: marked");
	/* Its commit may have failed after our unit had seen it applied. */
	if (items_applied(&feed->items))
		return 1;
	error_set(err, ERROR_IO, "the verdict before is not stored");
	return marker_failed(feed, item, err);
}

int
feed_mark(struct dispatch_feed *feed, const struct dispatch_message *message,
	  struct error *err)
{
	struct feed_item *item = item_of(&feed->items, message);
	struct marking m = {
		.feed = feed,
		.delivery = &item->delivery,
		.keys = item->keys,
		.marker = {
			.now_ms = feed_now(feed),
			.sha256 = { (const char *)item->sha256,
				    sizeof(item->sha256) },
			.revision = item->message.revision,
			.domain = item->message.domain,
			.connection = buf_view(&feed->connection),
			.policy = item->message.policy,
		},
	};

	check(!item->marked);
	failpoint_pass("dispatch: to be marked");
	item->relay = str_copy(item->arena, buf_view(&feed->relay));
	crypto_sha256(item->message.bytes, item->sha256);
	return commit_marker(feed, item, &m, err);
}
