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

#endif
