#ifndef DISPATCH_DISPATCH_BRAKE_PRIV_H
#define DISPATCH_DISPATCH_BRAKE_PRIV_H

/*
 * What keeps a delivery that may be sent, as far as its person goes, from
 * being sent now: a queue of its own that is closed, or a limit that is used
 * up. See outbox_queue.h.
 *
 *	brake_load()	before each block: the rules, and whether anything at
 *			all is limited or closed. When not, nothing else here
 *			is called for its deliveries.
 *	brake_ask()	before a delivery is made: may it go, as things stand?
 *	brake_room(), brake_count()	in the marker's unit, where it counts
 *	brake_let_go()	when it was marked, or will not be
 *	brake_apply()	what an answer means for others
 *
 * What is asked before is kept for the delivery until it is marked, so that
 * the connections of one process never take more than there is room for, and
 * the marker refuses only when another host was faster.
 *
 * Thread rule: as the feed's.
 */

#include "dispatch/dispatch_policy.h"
#include "dispatch/dispatch_rules.h"

struct dispatch;
struct dispatch_feed;
struct dispatch_message;
struct entry;
struct feed_item;

enum { BRAKE_KEYS = 5, BRAKE_RATES = 6 };

/* A queue that a delivery belongs to. */
struct brake_key {
	int64_t id;
	enum outbox_scope scope;
	struct str name;
	struct outbox_rate rates[BRAKE_RATES];
	int rate_count;
};

struct brake_keys {
	struct brake_key keys[BRAKE_KEYS]; /* by id */
	int count;
	bool kept; /* they are counted as under way */
};

/* How many deliveries of a queue are between brake_ask() and the marker. */
struct brake_flight {
	int64_t id;
	int count;
};

/* 0, or < 0. */
int brake_load(struct dispatch_feed *feed, struct error *err) MUST_CHECK;

/* How many may leave over this wire now; 0: wire->opens_ms says when. */
int brake_wire_room(struct dispatch_feed *feed, struct error *err) MUST_CHECK;

/*
 * 1 and *out in `a`, kept; 0 and where it must wait, whose name lives in `a`.
 */
int brake_ask(struct dispatch_feed *feed, struct arena *a,
	      const struct entry *e, struct brake_keys **out,
	      struct outbox_closing *where, struct error *err) MUST_CHECK;

/*
 * The same of the domain it is from, which is known when it is made: its queue
 * is one more of the keys (NULL: nothing limits it) while that has a limit.
 */
int brake_ask_sender(struct dispatch_feed *feed, struct arena *a,
		     struct str domain, struct brake_keys *keys,
		     struct outbox_closing *where,
		     struct error *err) MUST_CHECK;

/* In the marker's unit: 1, or 0 and where it must wait. */
int brake_room(struct db *db, const struct brake_keys *keys, int64_t now_ms,
	       struct outbox_closing *where, struct error *err) MUST_CHECK;
int brake_count(struct db *db, const struct brake_keys *keys, int64_t now_ms,
		struct error *err) MUST_CHECK;

/* ---- dispatch_ramp.c ---- */

/* 1, what a sender's domain may send and until when; 0: there is no limit. */
int ramp_rate(struct db *db, const struct dispatch_rules *rules, int64_t queue,
	      struct str domain, int64_t now_ms, struct outbox_rate *out,
	      int64_t *grows_ms, struct error *err) MUST_CHECK;

/* It has sent, if it had not before. */
int ramp_begin(struct db *db, int64_t queue, int64_t now_ms,
	       struct error *err) MUST_CHECK;

/* A copy whose names live in `a` too. */
struct brake_keys *brake_keys_copy(struct arena *a,
				   const struct brake_keys *keys);

/* NULL and what was let go already are fine. */
void brake_let_go(struct dispatch_feed *feed, struct brake_keys *keys);

/* How a receiver's domain is known. */
struct str brake_domain(const struct dispatch_feed *feed, struct arena *a,
			struct str receiver);

/* An answer concerned others: all feeds look, and this wire stops at once. */
void brake_applied(struct dispatch_feed *feed, enum dispatch_effect effect,
		   struct str said);

/*
 * Close what the outcome of an item concerns, inside its unit. Sets the queue
 * of a verdict that says WAITS.
 */
int brake_apply(struct db *db, struct feed_item *item,
		struct error *err) MUST_CHECK;

/* How many may be claimed from a queue now; 0: it is closed so. */
int brake_queue_room(struct db *db, const struct dispatch_rules *rules,
		     const struct outbox_queue *q, int64_t now_ms, int max,
		     struct error *err) MUST_CHECK;

#endif
