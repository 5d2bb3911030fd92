#ifndef LEAD_LEAD_REPLY_H
#define LEAD_LEAD_REPLY_H

/*
 * lead_reply - a person who answered a campaign's mail, and the answer on its
 * way to the partner
 *
 *	added = lead_reply_put(db, &reply, &kept, err)
 *	if (added > 0 && kept == LEAD_REPLY_TAKEN)
 *		... put the delivery that sends it on ...	in one unit
 *
 * A reply is a row for ever, by the hash of its bytes: that somebody answered
 * is a fact about a sequence. What they wrote is in it only while it is on its
 * way, and is forgotten in the unit that says it was SENT; of one that cannot
 * be sent on it is forgotten after LEAD_REPLY_SPOOL_MS.
 *
 * Whoever has a mail has its reply address and may write to it as often as they
 * like. So LEAD_REPLIES_A_DAY of one delivery are sent on within 24 hours; what
 * is beyond that, or larger than LEAD_REPLY_BYTES_MAX, is left where it lies:
 * noted, and not stored. One that was too many is taken when it is put again
 * and there is room.
 *
 * Other folders read the view
 *
 *	reply_view(partner_id, activation_id, delivery, person, at_ms)
 *
 * with a row for each reply, whatever became of it.
 *
 * Thread rule: functions that change rows run inside a unit of work, the others
 * on the caller's connection; lead_reply_step() in a unit of its own.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/check.h"
#include "base/error.h"
#include "base/str.h"
#include "db/db.h"
#include "outbox/outbox.h"
#include "partner/partner.h"

struct arena;

enum {
	LEAD_REPLY_ID_BYTES = 16,
	LEAD_REPLIES_A_DAY = 20,
	LEAD_REPLY_BYTES_MAX = 25 * 1024 * 1024,
};

static const int64_t LEAD_REPLY_SPOOL_MS = INT64_C(30) * 24 * 60 * 60 * 1000;

/* Step and subject of the delivery that sends it on. */
#define LEAD_STEP_REPLY OUTBOX_STEP_REPLY

/* Numbers are stored: only append. */
enum lead_reply_kept {
	LEAD_REPLY_TAKEN,
	LEAD_REPLY_TOO_MANY,
	LEAD_REPLY_TOO_LARGE,
};

struct lead_reply {
	int64_t partner_id;
	uint8_t id[LEAD_REPLY_ID_BYTES]; /* of the hash of its bytes */
	int64_t activation_id;
	struct outbox_id delivery; /* that it answers */
	struct person_hash person; /* whom that was sent to */
	int64_t at_ms;
	int64_t bytes;
	struct str address; /* of who wrote it, as it stands there */
	struct str name;
	struct str mail; /* as it came; empty: it is not here any more */
};

/*
 * 1 when it is new, or was too many and no longer is; 0 when it was put before
 * or is too many still. `kept` says what it is now.
 */
int lead_reply_put(struct db *db, const struct lead_reply *r,
		   enum lead_reply_kept *kept, struct error *err) MUST_CHECK;

/* NOT_FOUND when there is none. */
int lead_reply_get(struct db *db, struct arena *a, int64_t partner_id,
		   struct str id, struct lead_reply *out,
		   struct error *err) MUST_CHECK;

/* What they wrote is gone: 1, or 0 when it was already. */
int lead_reply_forget(struct db *db, int64_t partner_id, struct str id,
		      struct error *err) MUST_CHECK;

/*
 * What is too old to be sent on any more is forgotten; how many. Several may
 * do it at once.
 */
int64_t lead_reply_step(struct db_store *store, int64_t now_ms,
			struct error *err) MUST_CHECK;

/* Of this partner; -1: of all. */
struct lead_reply_counts {
	int64_t all;
	int64_t waiting; /* not sent on yet, or never */
	int64_t kept;	 /* too many, or too large */
};

int lead_reply_count(struct db *db, int64_t partner_id,
		     struct lead_reply_counts *out,
		     struct error *err) MUST_CHECK;

/* When a person last answered in this activation: 1 with *at_ms, or 0. */
int lead_replied(struct db *db, int64_t partner_id, int64_t activation_id,
		 const struct person_hash *person, int64_t *at_ms,
		 struct error *err) MUST_CHECK;

#endif
