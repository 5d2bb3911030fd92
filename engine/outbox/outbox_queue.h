#ifndef OUTBOX_OUTBOX_QUEUE_H
#define OUTBOX_OUTBOX_QUEUE_H

/*
 * outbox_queue - what must wait stands aside, and how much may leave in a time
 *
 * A delivery that is due and must not leave yet, because its partner, its
 * domain or its run may not, is READY in a queue of that name. Claims take from
 * the queue 0, where nothing waits, and from those that are open; so nothing
 * that waits is in the way of what does not, and none of it is looked at again
 * and again.
 *
 *	queue 0 --claim--> its partner must wait --outbox_wait()--> "partner 7"
 *	   ^                                                            |
 *	   +---- its verdict, or whatever else becomes of it <--claim--+
 *	                                               when that is open
 *
 * A queue is closed until a time: because a limit is used up (then it opens by
 * itself and has no reason), because a receiver asked for it (the same, with
 * its words), or because something is wrong that a person must look at (until
 * outbox_queue_open(), with the evidence). A queue that is closed counts even
 * when nothing waits in it: who is about to send asks outbox_queue_find().
 *
 * What is counted hangs on the same name. A limit, such as 100 an hour, holds
 * for any hour, not only from one full hour to the next: time is cut into
 * slots, 60 to the unit (10 to a second), and the slots that an hour can touch
 * are 61. So after a full hour at the limit a little less than it may leave.
 * The count is added in the unit that commits to sending, before anything is
 * sent: a sender that is killed has counted too much at worst. On PostgreSQL
 * the hosts share it.
 *
 * Invariants
 *  1. Only READY rows of mail are in a queue; a row is in one queue.
 *  2. A queue that has rows has a row of its own that says so (`holds`).
 *
 * Thread rule: functions that change rows run inside a unit of work; the
 * others on the caller's connection.
 */

#include "outbox/outbox.h"

/* Numbers are stored: only append. */
#define OUTBOX_SCOPES(X)                                             \
	X(RELAY, "relay")     /* host:port; nothing waits in it */   \
	X(DOMAIN, "domain")   /* of receivers */                     \
	X(PARTNER, "partner") /* its id in digits */                 \
	X(RUN, "run")	      /* partner and activation: "7/4711" */ \
	X(SENDER, "sender")   /* the domain that mail is from */

enum outbox_scope {
#define OUTBOX_SCOPE_ENUM(name, text) OUTBOX_SCOPE_##name,
	OUTBOX_SCOPES(OUTBOX_SCOPE_ENUM)
#undef OUTBOX_SCOPE_ENUM
	    OUTBOX_SCOPE_COUNT
};

const char *outbox_scope_name(enum outbox_scope scope);

/* How a queue is known: above 0, by scope and name alone. */
int64_t outbox_queue_id(enum outbox_scope scope, struct str name);

struct outbox_queue {
	int64_t id;
	enum outbox_scope scope;
	struct str name;
	int64_t opens_ms;  /* INT64_MAX: when somebody opens it */
	int64_t since_ms;  /* it has had its reason */
	int64_t strikes;   /* times in a row that receivers asked to wait */
	bool holds;	   /* something waits in it */
	struct str reason; /* empty: a limit */
};

/* How and why it is closed. */
struct outbox_closing {
	enum outbox_scope scope;
	struct str name;
	int64_t until_ms; /* INT64_MAX: until it is opened */
	struct str reason;
	int64_t now_ms;
};

/* The later end counts, and the newer reason, when it is closed already. */
int outbox_queue_close(struct db *db, const struct outbox_closing *how,
		       struct error *err) MUST_CHECK;

/* The same, and something is put there in this unit. */
int outbox_queue_hold(struct db *db, const struct outbox_closing *how,
		      struct error *err) MUST_CHECK;

/*
 * The receiver asks to wait `wish_ms`, or without a wish (0) as long as it
 * takes: 5 minutes, and twice as long when it asks again within an hour of the
 * last wait, 4 hours at most. What it asks while it is closed is the same wish
 * said again. `until_ms` of *how is set.
 */
int outbox_queue_throttle(struct db *db, struct outbox_closing *how,
			  int64_t wish_ms, struct error *err) MUST_CHECK;

/* From now on it is open: 1, or 0: it was. */
int outbox_queue_open(struct db *db, int64_t id, int64_t now_ms,
		      struct error *err) MUST_CHECK;

/* 1 with *out in `a`, or 0: it is open and empty. */
int outbox_queue_find(struct db *db, struct arena *a, int64_t id,
		      struct outbox_queue *out, struct error *err) MUST_CHECK;

/* Whether there is any queue at all: 1, or 0. */
int outbox_queue_any(struct db *db, struct error *err) MUST_CHECK;

/* All of a scope, by name. The count. */
int outbox_queue_list(struct db *db, struct arena *a, enum outbox_scope scope,
		      struct outbox_queue **out, struct error *err) MUST_CHECK;

/* Those that are closed for a reason, longest first. The count. */
int outbox_queue_closed(struct db *db, struct arena *a, int64_t now_ms,
			struct outbox_queue **out,
			struct error *err) MUST_CHECK;

/* ---- claiming from them ---- */

/* Those that are open and hold something due, longest open first. The count. */
int outbox_queue_ready(struct db *db, struct arena *a, int64_t now_ms,
		       int limit, struct outbox_queue **out,
		       struct error *err) MUST_CHECK;

/*
 * After a claim from it: others come first now, and it is not ready again
 * before something in it is due. An empty one is gone, unless it has a reason
 * to remember.
 */
int outbox_queue_turn(struct db *db, int64_t id, int64_t now_ms,
		      struct error *err) MUST_CHECK;

/*
 * Give a claimed row back into this queue, due as it was; the queue is closed
 * so, if it is not for longer. 1, or 0. As outbox_postpone() does, it forgets
 * the date of one that was never marked.
 */
int outbox_wait(struct db *db, const struct outbox_delivery *d,
		const struct outbox_closing *how, struct error *err) MUST_CHECK;

/*
 * Of the `look` rows of mail that are due longest, those of this partner (and
 * this activation, unless 0) that are to persons wait in the queue too; it is
 * closed so. Returns how many.
 */
int64_t outbox_divert(struct db *db, const struct outbox_key *of,
		      const struct outbox_closing *how, int look,
		      struct error *err) MUST_CHECK;

/* ---- limits ---- */

#define OUTBOX_UNITS(X)                         \
	X(SECOND, "second", INT64_C(1000), 10)  \
	X(MINUTE, "minute", INT64_C(60000), 60) \
	X(HOUR, "hour", INT64_C(3600000), 60)   \
	X(DAY, "day", INT64_C(86400000), 60)    \
	X(EVER, "ever", INT64_MAX, 1) /* it never opens */

enum outbox_unit {
#define OUTBOX_UNIT_ENUM(name, text, ms, slots) OUTBOX_##name,
	OUTBOX_UNITS(OUTBOX_UNIT_ENUM)
#undef OUTBOX_UNIT_ENUM
	    OUTBOX_UNIT_COUNT
};

const char *outbox_unit_name(enum outbox_unit unit);
bool outbox_unit_find(struct str name, enum outbox_unit *out);
int64_t outbox_unit_ms(enum outbox_unit unit);

struct outbox_rate {
	int64_t messages; /* 1 or more */
	enum outbox_unit unit;
};

/*
 * How many more may leave now, 0 or more; when it is 0, *opens_ms is when one
 * may again.
 */
int outbox_rate_room(struct db *db, int64_t queue,
		     const struct outbox_rate *rate, int64_t now_ms,
		     int64_t *opens_ms, struct error *err) MUST_CHECK;

/* One more leaves, in the unit that has asked for room after the lock. */
int outbox_rate_add(struct db *db, int64_t queue, enum outbox_unit unit,
		    int64_t now_ms, struct error *err) MUST_CHECK;

/*
 * Until the unit ends nobody else has asked and not yet added. Of several
 * queues in the order of their ids.
 */
int outbox_rate_lock(struct db *db, int64_t queue,
		     struct error *err) MUST_CHECK;

/* ---- what became of it ---- */

/* Numbers are stored, behind those of units: only append. */
enum outbox_score {
	OUTBOX_SCORE_SENT = 10,
	OUTBOX_SCORE_BOUNCED,
	OUTBOX_SCORE_COMPLAINED,
	OUTBOX_SCORE_UNSURE, /* held, or in doubt */
	OUTBOX_SCORE_JUDGED, /* a canary: `slot` is when */
	OUTBOX_SCORE_PASSED, /* a canary is over */
	OUTBOX_SCORE_BEGAN,  /* n is when it first sent */
};

/* Over the slots of `unit` that reach back one unit. */
int outbox_score_add(struct db *db, int64_t queue, enum outbox_score what,
		     enum outbox_unit unit, int64_t at_ms, int64_t n,
		     struct error *err) MUST_CHECK;
int outbox_score(struct db *db, int64_t queue, enum outbox_score what,
		 enum outbox_unit unit, int64_t now_ms, int64_t *n,
		 struct error *err) MUST_CHECK;

/* Nothing was counted for this queue. */
int outbox_score_forget(struct db *db, int64_t queue,
			struct error *err) MUST_CHECK;

#endif
