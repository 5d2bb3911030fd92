#ifndef DISPATCH_DISPATCH_RESOLVE_H
#define DISPATCH_DISPATCH_RESOLVE_H

/*
 * dispatch_resolve - what is in doubt, and what closes it
 *
 * A message that was handed over and whose reply was lost is INDOUBT. Whoever
 * learns later what became of it says so here, and the row is closed with its
 * event in the journal:
 *
 *	a DSN, a reply	by VERP with the delivery's id, or by the Message-ID
 *			it quotes: dispatch_doubts_find()
 *	a link of it	was followed, or its pixel fetched, by whomever:
 *			dispatch_resolve_seen()
 *	the relay's log	dispatch_resolve_proof()
 *	an operator	guidon delivery resolve
 *
 *	dispatch_doubts_load(&doubts, store, a, err)
 *	if ((found = dispatch_doubts_find(&doubts, message_id)))
 *		... in a unit of work ...
 *		dispatch_resolve(db, &found->delivery.id, OUTBOX_BOUNCED, text,
 *				 now_ms, err)
 *
 * A Message-ID is a MAC of the delivery's id and is stored nowhere: that of
 * what is in doubt is made again. Those are few.
 *
 * Thread rule: dispatch_resolve() inside a unit of work; doubts are one
 * thread's.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "base/error.h"
#include "base/map.h"
#include "base/str.h"
#include "db/db.h"
#include "outbox/outbox.h"

struct arena;
struct relay_log;
struct relay_proof;

/*
 * The delivery is not in doubt any more: SENT, it was accepted; BOUNCED, it
 * came back; READY, it was not accepted and may leave again. `evidence` says
 * how one knows and becomes the row's status. 1, or 0: it was not in doubt, and
 * nothing changed; so what is said twice, or late, is harmless.
 */
int dispatch_resolve(struct db *db, const struct outbox_id *id,
		     enum outbox_state to, struct str evidence, int64_t now_ms,
		     struct error *err) MUST_CHECK;

struct dispatch_doubt {
	struct outbox_delivery delivery;
	struct str message_id; /* without brackets; empty: it is no mail */
};

/* All that is in doubt at one moment; it lives in an arena. */
struct dispatch_doubts {
	struct dispatch_doubt **items; /* by partner and id */
	size_t count;
	struct map mails; /* Message-ID -> struct dispatch_doubt */
};

/* The secrets of the store are open. */
int dispatch_doubts_load(struct dispatch_doubts *out, struct db_store *store,
			 struct arena *a, struct error *err) MUST_CHECK;

/* With or without brackets; NULL: no mail in doubt has this Message-ID. */
struct dispatch_doubt *
dispatch_doubts_find(const struct dispatch_doubts *doubts,
		     struct str message_id);

/* The Message-ID of one that was handed over as mail; empty for any other. */
int dispatch_message_id(struct db_store *store,
			const struct outbox_delivery *delivery, struct arena *a,
			struct str *out, struct error *err) MUST_CHECK;

/*
 * Close as SENT what somebody has had since it was marked: a hit, or an event
 * of its receiver. *looked_ms is when this was asked last, 0 at first, and is
 * moved on: then only what is new is read. The count that was closed.
 */
int64_t dispatch_resolve_seen(struct db_store *store, int64_t now_ms,
			      int64_t *looked_ms, struct error *err) MUST_CHECK;

/*
 * What the logs prove of a delivery in doubt: 1 with *out in `a`, or 0. What
 * was handed over before the store was put back from a copy may have been sent
 * again by the one that is gone: that the log does not have it proves nothing.
 */
int dispatch_resolve_proof(struct db *db, struct arena *a,
			   struct relay_log *log,
			   const struct dispatch_doubt *doubt,
			   struct relay_proof *out,
			   struct error *err) MUST_CHECK;

#endif
