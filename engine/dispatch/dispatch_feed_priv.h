#ifndef DISPATCH_DISPATCH_FEED_PRIV_H
#define DISPATCH_DISPATCH_FEED_PRIV_H

/*
 * What the feed of one worker is made of: a block of claimed deliveries, and
 * the list of items that were taken from it and whose verdict is not durable.
 *
 * Thread rule: one worker's; see dispatch_item_priv.h for what commits do.
 */

#include "dispatch/dispatch_item_priv.h"

/* Until what must wait is looked at again. */
enum { WAIT_MS = 60 * 1000 };

enum fate {
	FATE_WAITING,
	FATE_TAKEN,
	FATE_RELEASE,
	FATE_POSTPONE,
	FATE_MOVE,
	FATE_CANCEL,
	FATE_HOLD,
	FATE_QUEUE,
};

struct entry {
	struct outbox_delivery delivery;
	enum fate fate;
	enum gate_reason
	    reason;	 /* of CANCEL, HOLD, and of POSTPONE by a pause */
	int64_t move_ms; /* of MOVE: to then */
	int64_t seen_us; /* monotonic: when the gate said so; 0: never */
	struct contact contact; /* as it was then, in the block's arena */
	bool has_contact;
	struct outbox_closing where; /* of QUEUE */
};

struct block {
	struct arena *arena;
	struct entry *entries;
	int count;
	int next;	   /* the first that is WAITING */
	int64_t capped_ms; /* when it was claimed; -1: no frequency is stated */
};

enum { CARRIER_COUNT = 2 };

struct dispatch_feed {
	struct dispatch *d;
	struct dispatch_wire *wire;
	int number;
	unsigned turn; /* which carrier is claimed first */
	struct block block;
	struct feed_items items;
	struct arena *rules_arena;
	struct dispatch_rules rules; /* as of the block */
	int closings;		     /* of dispatch's, as of the block */
	bool brakes; /* something is limited, or was closed by then */
	struct buf relay;
	struct buf connection;
};

/* This activation was found to be paused, in this block. */
bool block_is_paused(const struct block *block,
		     const struct outbox_delivery *d);

#endif
