#ifndef DISPATCH_DISPATCH_PRIV_H
#define DISPATCH_DISPATCH_PRIV_H

/*
 * The seam between the feed, which keeps the rules of delivery, and the
 * transports, which move bytes; below it what the files of this folder share.
 */

#include <pthread.h>
#include <stdatomic.h>

#include "dispatch/dispatch.h"
#include "dispatch/dispatch_brake_priv.h"
#include "event/event.h"
#include "partner/partner.h"

struct dispatch_feed;

/* ---- the feed, as a transport sees it ---- */

/*
 * Who is at the other end, for the log and the marker. Once a session, or
 * before each feed_mark() when every message has a connection of its own.
 */
void feed_connected(struct dispatch_feed *feed, struct str relay);

/*
 * The next message for this connection: 1, or 0 when there is none (end the
 * session), or < 0. It lives until its verdict. The gate has been asked.
 */
int feed_next(struct dispatch_feed *feed, struct dispatch_message *out,
	      struct error *err) MUST_CHECK;

/*
 * Put the header by which the provider that relays it names the message before
 * its bytes. It is taken out again there, and is no part of what is compared
 * when the message is made again.
 */
void feed_name(struct dispatch_feed *feed, struct dispatch_message *m,
	       const char *provider);

/*
 * Before the last byte of the message: 1 and the marker is durable, or 0: the
 * connection must be closed without completing the message; its verdict has
 * been given. So it has when the store fails (< 0).
 */
int feed_mark(struct dispatch_feed *feed, const struct dispatch_message *m,
	      struct error *err) MUST_CHECK;

/*
 * How it ended. Every message of feed_next() gets one verdict or one
 * feed_return() before the session returns, except after a feed_mark() that
 * was not 1. now_ms is filled in here. Durable before the next feed_mark()
 * returns 1.
 */
void feed_verdict(struct dispatch_feed *feed, const struct dispatch_message *m,
		  const struct outbox_verdict *verdict);

/* The same, with what it means for others than this message. */
struct dispatch_outcome;
void feed_outcome(struct dispatch_feed *feed, const struct dispatch_message *m,
		  const struct dispatch_outcome *outcome);

/* It was never tried, nor marked: it goes back without an attempt. */
void feed_return(struct dispatch_feed *feed, const struct dispatch_message *m);

/*
 * The relay refuses us as such, and nobody's message: nothing is sent over it,
 * by whatever host, until it is resumed. `said` is its answer.
 */
int feed_stop_relay(struct dispatch_feed *feed, struct str said,
		    struct error *err) MUST_CHECK;

/*
 * This wire would fail for each message until somebody has changed the set-up:
 * nothing more is claimed for it.
 */
void feed_stop(struct dispatch_feed *feed, const struct error *why);

/* The time by the run's clock. */
int64_t feed_now(const struct dispatch_feed *feed);

/* Where a wire finds what belongs to a delivery. */
struct db_store *feed_store(const struct dispatch_feed *feed);

/* Deliveries a session may expect at most before it connects anew. */
int feed_session(const struct dispatch_feed *feed);

/* ---- a wire ---- */

/* The bit of a carrier in transport.carriers. */
#define CARRIER(carrier) (1u << (carrier))

/* One row for each; every function but name() and leaves() is required. */
struct transport {
	const char *scheme; /* before the first ':' of the URL */
	unsigned carriers;  /* what it takes: CARRIER(OUTBOX_MAIL) ... */

	/* Read the URL; *out is the transport's own, shared by all workers. */
	int (*open)(void **out, const char *url, struct error *err);
	void (*close)(void *self);

	/* What limits and stops know it by; NULL: its scheme. */
	const char *(*name)(const void *self);

	/* Does anything leave this machine by it? NULL: nothing does. */
	bool (*leaves)(const void *self);

	/*
	 * One connection: feed it until feed_next() has no more, or the wire
	 * breaks. 0 when it ended in order, which includes a marker that was
	 * refused; < 0 when there was no connection to be had or it broke
	 * (`err` says why): the worker backs off before the next.
	 */
	int (*session)(void *self, struct dispatch_feed *feed,
		       struct error *err);
};

extern const struct transport spool_transport;
extern const struct transport relay_transport;
extern const struct transport relay_tls_transport;
extern const struct transport webhook_transport;

/* As dispatch_open(), over a wire that is not in the table. */
int dispatch_open_on(struct dispatch **out, const struct transport *transport,
		     const struct dispatch_config *config,
		     struct error *err) MUST_CHECK;

/* ---- shared by the files of this folder ---- */

/* A transport that is open, and what of it is used. */
struct dispatch_wire {
	const struct transport *transport;
	void *self;
	const char *name;
	unsigned carriers;
	_Atomic int64_t opens_ms; /* no mail leaves by it before; 0: it does */
	atomic_bool stopped;	  /* for good; then `why` stays as it is */
	struct error why;
};

enum { DISPATCH_WIRES = 2 };

/* How its last session ended. */
struct dispatch_trouble {
	bool known;
	bool failed;
	char text[ERROR_TEXT_BYTES];
};

enum { DISPATCH_FLIGHTS = (DISPATCH_WORKERS_MAX + 1) * BRAKE_KEYS };

struct dispatch {
	struct dispatch_config config;
	struct dispatch_wire wires[DISPATCH_WIRES];
	int wire_count;
	int64_t owner;
	int64_t kept_us;     /* monotonic: when owner_keep() last ran */
	atomic_int unstored; /* verdicts that the store has refused */
	atomic_bool closing;
	atomic_bool gave_up;  /* while closing, on a store that takes nothing */
	atomic_bool is_short; /* of room, when it was last looked at */
	_Atomic int64_t looked_us;
	bool reserved; /* the reserve is there; under `mutex` */
	bool given_up; /* it was, and has not been made anew; the same */
	_Atomic int64_t until_ms; /* claims are for rows due by then; -1: now */
	atomic_int closings;	  /* queues that were closed by an answer */
	struct brake_flight flights[DISPATCH_FLIGHTS]; /* under `mutex` */

	struct dispatch_worker *workers;
	int worker_count; /* config's, and one for a second wire */
	bool started;
	pthread_mutex_t mutex; /* guards `wakes`, what says so, `troubles` */
	pthread_cond_t woken;  /* `wakes` grew, or `closing` */
	uint64_t wakes;
	struct dispatch_trouble troubles[DISPATCH_WIRES];
};

void room_init(struct dispatch *d);

/* Nothing is to be claimed for want of room; looks now and then. */
bool room_is_short(struct dispatch *d);

/* The store refused a verdict: there may be room for it now. */
void room_release(struct dispatch *d);

void wire_stop(struct dispatch *d, struct dispatch_wire *wire,
	       const struct error *why);

/* 0, or < 0 and why. */
int wire_is_stopped(struct dispatch *d, struct dispatch_wire *wire,
		    struct error *err) MUST_CHECK;

/* Draw an owner id, take its lock, and keep once. */
int owner_open(struct dispatch *d, struct error *err) MUST_CHECK;

/* Hold the lock on; reclaim from dead owners and expired leases. */
int owner_keep(struct dispatch *d, struct error *err) MUST_CHECK;

/*
 * May this delivery leave now? Persons are asked of partner_may_send() and of
 * outbox_free_at(), all other subjects of the activation alone. now_ms -1: no
 * frequency is stated, which the caller knows of many at once.
 */
int gate_ask(struct db *db, const struct outbox_delivery *d, int64_t now_ms,
	     enum gate_reason *reason, struct error *err) MUST_CHECK;

/*
 * A policy keeps this delivery, which is claimed. Another partner's person:
 * HELD, and planning looks at it. One mail too many: it waits until there is
 * room, if that is no longer than a retry may take, else it is HELD.
 */
int gate_hold(struct db *db, const struct outbox_delivery *d,
	      enum gate_reason reason, int64_t now_ms,
	      struct error *err) MUST_CHECK;

/* Cancel this delivery because the gate says STOP, with its event. */
int gate_cancel(struct db *db, const struct outbox_delivery *d,
		enum gate_reason reason, int64_t now_ms,
		struct error *err) MUST_CHECK;

/*
 * The journal's word on a delivery; `status` becomes its payload. With SENT,
 * what a reply was made of is forgotten.
 */
int gate_note(struct db *db, enum event_kind kind,
	      const struct outbox_delivery *d, struct str status,
	      int64_t now_ms, struct error *err) MUST_CHECK;

/* dispatch_cancel() by outbox_pass_over(). */
int64_t gate_pass_over(struct db *db, const struct outbox_filter *filter,
		       struct str reason, int64_t now_ms,
		       struct error *err) MUST_CHECK;

/* outbox_obey(), with its event: of a row that has just become INDOUBT. */
int gate_obey(struct db *db, const struct outbox_delivery *d, int64_t now_ms,
	      struct error *err) MUST_CHECK;

/*
 * For the log: the partner as everybody calls it; by its number when the store
 * does not say. A query, so not for lines that are not written.
 */
struct str dispatch_slug(struct db_store *store, struct arena *a,
			 int64_t partner_id);

/* ---- the feed, as its worker sees it ---- */

struct dispatch_feed *feed_new(struct dispatch *d, int number,
			       struct dispatch_wire *wire);
void feed_free(struct dispatch_feed **feed);

/* Have something to feed: the number of deliveries in hand, 0 when none. */
int feed_fill(struct dispatch_feed *feed, struct error *err) MUST_CHECK;

/* Whether something is due, for whatever wire: 1 or 0. */
int feed_due(struct dispatch_feed *feed, struct error *err) MUST_CHECK;

/* Why nothing is taken though something is due: 0, or < 0. */
int feed_blocked(struct dispatch_feed *feed, struct error *err) MUST_CHECK;

/* After a session: give back what was not taken. */
int feed_give_back(struct dispatch_feed *feed, struct error *err) MUST_CHECK;

/* Store the verdicts that are not: 0 when none is left. */
int feed_settle(struct dispatch_feed *feed, struct error *err) MUST_CHECK;

/* Verdicts stored so far; of them those that show a wire that works. */
int64_t feed_stored(const struct dispatch_feed *feed);
int64_t feed_progress(const struct dispatch_feed *feed);

/*
 * How long a worker waits after `attempt` failed sessions in a row (from 1):
 * 1 s, doubling to 60 s, and up to half of that more, by a hash of owner,
 * worker and attempt. Pure.
 */
int64_t backoff_ms(int64_t owner, int worker, int attempt);

#endif
