#ifndef DISPATCH_DISPATCH_ITEM_PRIV_H
#define DISPATCH_DISPATCH_ITEM_PRIV_H

/*
 * item - a delivery between being taken by a connection and its verdict being
 * durable
 *
 *	TAKEN --verdict--> SUBMITTED --> STORED
 *	                      |  ^
 *	                      v  |
 *	                     FAILED
 *	TAKEN --never tried--> RETURNED
 *
 * An item owns an arena with all that is known of the attempt, so that its
 * verdict can be stored as often as it takes.
 *
 * Thread rule: a list belongs to one worker; its units and their ends run on
 * the thread that commits, which touches `state`, `applied` and `err` alone.
 */

#include "base/log.h"
#include "dispatch/dispatch_priv.h"

enum item_state {
	ITEM_TAKEN,
	ITEM_SUBMITTED,
	ITEM_STORED,
	ITEM_FAILED,
	ITEM_RETURNED, /* its claim is to be given back */
};

struct feed_item {
	struct feed_item *next;
	struct arena *arena;
	struct outbox_delivery delivery;
	struct dispatch_message message;
	uint8_t sha256[OUTBOX_SHA256_BYTES];
	struct str relay;
	bool marked;

	int64_t wait_ms; /* from due to taken, by the run's clock */
	int64_t taken_us;
	int64_t made_us;
	int64_t mark_us; /* how long the marker took */

	struct brake_keys *keys; /* NULL: nothing limits it */
	struct dispatch_outcome outcome;
	struct str evidence; /* its words, without addresses */
	struct str domain;   /* of the receiver, as limits know it */
	atomic_int state;    /* enum item_state */
	bool applied;	     /* the verdict's unit came to its end */
	struct error err;    /* of FAILED */
};

struct feed_items {
	struct db_store *store;
	struct feed_item *first; /* in the order they were taken */
	int failed;		 /* as of the last items_sweep() */
	int64_t stored;
	int64_t progress;
};

/* At the end of the list, with a copy of d. */
struct feed_item *item_new(struct feed_items *items,
			   const struct outbox_delivery *d, int64_t now_ms);

/* The one a transport speaks of; that there is none is a bug. */
struct feed_item *item_of(struct feed_items *items,
			  const struct dispatch_message *m);

/* Out of the list and freed. */
void item_drop(struct feed_items *items, struct feed_item *item);

/* The one log line of an attempt. */
void item_log(const struct feed_items *items, const struct feed_item *item,
	      enum log_level level, const char *outcome, struct str status);

/* Log it and submit it. */
void item_verdict(struct feed_items *items, struct feed_item *item,
		  const struct outbox_verdict *verdict);
void item_outcome(struct feed_items *items, struct feed_item *item,
		  const struct dispatch_outcome *outcome);

/*
 * Inside a unit that was submitted after them: all verdicts are in the
 * transaction, or were in one before.
 */
bool items_applied(const struct feed_items *items);

/* Drop those whose verdict is stored, count those whose verdict failed. */
void items_sweep(struct feed_items *items);

/* No verdict is missing. */
bool items_have_verdicts(const struct feed_items *items);

/* Inside a unit: give back the claims of those that were returned. */
int items_release(struct db *db, const struct feed_items *items,
		  struct error *err) MUST_CHECK;
bool items_have_returned(const struct feed_items *items);
/* After that unit. */
void items_drop_returned(struct feed_items *items);

/* Try all failed ones again; 0 when all are stored. */
int items_settle(struct feed_items *items, struct error *err) MUST_CHECK;

/* At the very end: log what could not be stored, free all. */
void items_fini(struct feed_items *items);

#endif
