#ifndef DISPATCH_DISPATCH_H
#define DISPATCH_DISPATCH_H

/*
 * dispatch - deliveries that are due leave
 *
 * A worker thread holds one connection of a transport at a time and feeds it:
 *
 *	claim a block -> make the message -> mark -> hand over -> verdict
 *
 * The order is kept by the feed (dispatch_feed.c) for every transport alike; a
 * transport (struct transport) is only a wire. What a message is made of comes
 * from outside (struct dispatch_source), so that this folder knows no
 * template.
 *
 *	if (dispatch_open(&d, &config, err) < 0 || dispatch_start(d, err) < 0)
 *		return -err->code;
 *	... dispatch_wake(d) when rows were put ...
 *	dispatch_close(&d);
 *
 * What is paused stays READY and is looked at again a minute later; what may not
 * leave at this hour is READY until it may. What is later than its campaign
 * allows is HELD (outbox_overdue), and nothing is taken while the clock is not
 * steady (clock_is_steady()). What was
 * asked to stop since it was put is CANCELLED with the reason; a message that
 * cannot be made is HELD with the reason. When the store refuses a verdict, it
 * is kept in memory and tried again, and nothing new is claimed before it is
 * stored. Nor is it while the store's file system is short of room.
 *
 * An attempt is one log line: outcome, relay, status and where the time went.
 *
 * Thread rule: dispatch_open() to dispatch_close() are called by one thread,
 * dispatch_wake() by any; workers are threads of this folder.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "base/error.h"
#include "base/str.h"
#include "db/db.h"
#include "outbox/outbox.h"

struct arena;
struct clock;
struct contact;

/* ---- what is handed over ---- */

struct dispatch_message {
	const struct outbox_delivery *delivery;
	struct str sender;	   /* envelope: MAIL FROM, without brackets */
	struct str receiver;	   /* RCPT TO; for a post the channel account */
	struct str bytes;	   /* RFC 5322 with CRLF; for a post JSON */
	struct str tag;		   /* names it to a provider; empty: nothing */
	struct str domain;	   /* of the sender, for the marker */
	struct str revision;	   /* 32 bytes, for the marker */
	enum outbox_policy policy; /* for the marker */
	int64_t not_before_ms;	   /* WAITS: until then */
};

/* What is asked for. */
struct dispatch_order {
	const struct outbox_delivery *delivery;
	const struct contact *contact; /* it is for; NULL: not read yet */
	int64_t now_ms;
};

/* What make() says. */
enum dispatch_made {
	DISPATCH_HELD, /* not to be sent as it stands: `err` is the reason */
	DISPATCH_MADE,
	DISPATCH_WAITS, /* not at this hour: READY, due at out->not_before_ms */
};

/*
 * Where messages come from. make() fills `out`, but for `delivery`, in `a`, and
 * returns enum dispatch_made; or < 0 on a failure of ours: the delivery waits a
 * minute and the worker backs off. `db` is for reading. Called by all workers
 * at once.
 */
struct dispatch_source {
	int (*make)(void *arg, struct arena *a, struct db *db,
		    const struct dispatch_order *order,
		    struct dispatch_message *out, struct error *err);
	void *arg;
};

/*
 * The host of a relay's URL, in `a`: 1; 0 when the transport is no relay.
 * CONFIG as dispatch_open().
 */
int dispatch_relay_host(struct arena *a, const char *url, struct str *host,
			struct error *err) MUST_CHECK;

/* ---- the daemon's part ---- */

enum { DISPATCH_WORKERS_MAX = 64, DISPATCH_BATCH_MAX = 500 };

struct dispatch_config {
	struct db_store *store;
	struct clock *clock;
	const char *transport; /* "spool:DIR" or "smtp://HOST:PORT" */
	/*
	 * Of all that is not mail: "webhook:" or "spool:DIR", on a worker of
	 * its own; NULL: `transport`, as far as it takes them.
	 */
	const char *posts_transport;
	struct dispatch_source source;
	int64_t key_id;	  /* generation of the signing keys for new claims */
	int worker_count; /* connections at most, 1 .. 64 */
	int batch;	  /* deliveries claimed at once, 1 .. 500 */
	int session;	  /* sent before it connects anew; 0: a batch */
	/*
	 * Claim nothing while fewer bytes than this are free where the store's
	 * files are, and keep a reserve for verdicts there. NULL: the room is
	 * not ours to watch.
	 */
	const char *store_folder;
	int64_t min_free_bytes;
};

struct dispatch;

/*
 * Takes an owner id and its lock, and reclaims what dead owners left: CLAIMED
 * goes back, MARKED becomes INDOUBT, or what its policy says. While it runs, that is repeated every 15
 * seconds, by one host of those that share a PostgreSQL. CONFIG when the
 * URL of a transport is wrong or, with a virtual clock, leads away from this
 * machine; BUSY when another `run` holds a SQLite store.
 *
 * Locks live as long as the store object: an owner that was closed counts as
 * dead when its store is closed too. Store and clock outlive *out.
 */
int dispatch_open(struct dispatch **out, const struct dispatch_config *config,
		  struct error *err) MUST_CHECK;

/*
 * Send all that is due by the clock as it stands at the call, then return: the
 * number of verdicts. Also the way of the virtual clock. When the wire or the
 * store fails and nothing moves any more, that failure; what was claimed is
 * READY again. BUSY when there is no room to send what is due; CONFIG when the
 * relay refuses our password. The first worker is the calling thread. Not after
 * dispatch_start().
 */
int64_t dispatch_once(struct dispatch *d, struct error *err) MUST_CHECK;

/* Keep sending in the background until dispatch_close(). Once. */
int dispatch_start(struct dispatch *d, struct error *err) MUST_CHECK;

/*
 * How the last sessions went: 1 and why one failed, added to `why`, as long as
 * none has got on after it; 0 when the last one did; -1 when there was none.
 * Any thread.
 */
int dispatch_health(struct dispatch *d, struct buf *why);

/*
 * Whether a wire has been given up because the set-up is wrong: 0, or < 0 with
 * what is. Any thread.
 */
int dispatch_stopped(struct dispatch *d, struct error *err) MUST_CHECK;

/*
 * READY, CLAIMED and HELD deliveries that fit become CANCELLED, each with its
 * event; inside a unit of work, under the person's lock when it is about one.
 * Returns the number cancelled.
 */
int64_t dispatch_cancel(struct db *db, const struct outbox_filter *filter,
			struct str reason, int64_t now_ms,
			struct error *err) MUST_CHECK;

/*
 * Until when a wire takes no mail, because its limit is used up or it is
 * stopped; 0: all do. As of the last look. Any thread.
 */
int64_t dispatch_opens_ms(struct dispatch *d);

/* Something became due: look now rather than in a moment. May be lost. */
void dispatch_wake(struct dispatch *d);

/*
 * Finishes the messages on the wire, gives back what is only claimed, stops
 * the workers. A verdict that the store still refuses after some seconds is
 * logged; its row will be INDOUBT. NULL is fine; *d becomes NULL.
 */
void dispatch_close(struct dispatch **d);

#endif
