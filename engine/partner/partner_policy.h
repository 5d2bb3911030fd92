#ifndef PARTNER_PARTNER_POLICY_H
#define PARTNER_PARTNER_POLICY_H

/*
 * partner_policy - one person on the lists of many partners
 *
 * Nothing of this counts until the vendor states it in guidon.xml or
 * campaign.xml; an apply puts what is stated here.
 *
 * A frequency is how many mails a person may get in a window of time, of all
 * partners together or of each by itself. What was sent is in the deliveries,
 * so outbox_free_at() counts and the marker counts again.
 *
 * Where a campaign is one_partner, one partner alone mails a person. Who that
 * is, the person's slot, is decided once, when the first of them is planned,
 * and is asked for by the gate. It moves only when whoever has it will not mail
 * the person any more and never has. `rule` says in words why it was decided
 * so; it is for the vendor.
 *
 * All of it is the vendor's. A partner is told one wording for both, and only
 * as a count (report_shared()).
 *
 * Views for others: `frequency_view(scope, most, window_ms)`,
 * `contact_partner_view(person, partner_id)`, which knows those too who were
 * deleted or erased, and `rival_view(person, campaign, partner_id, tags,
 * consent_ms, added_ms, reason)`: a row for each run of the campaign by a
 * partner who has the person; `reason` is the gate's, but for pauses and slots.
 * Included by partner/partner.h.
 *
 * Thread rule: set, take and move inside a unit; the others on the caller's
 * connection.
 */

#include <stdint.h>

#include "base/check.h"
#include "base/error.h"
#include "base/str.h"
#include "db/db.h"

struct arena;
struct person_hash;

/* ---- how often ---- */

enum frequency_scope {
	FREQUENCY_ALL,	/* over all partners */
	FREQUENCY_EACH, /* of each partner by itself */
	FREQUENCY_SCOPES
};

struct frequency {
	int64_t most; /* 0: none is stated */
	int64_t window_ms;
};

/* 1 when that changed something. */
int partner_frequency_set(struct db *db, enum frequency_scope scope,
			  const struct frequency *f,
			  struct error *err) MUST_CHECK;
/* 1, or 0: none is stated, and f->most is 0. */
int partner_frequency_find(struct db *db, enum frequency_scope scope,
			   struct frequency *f, struct error *err) MUST_CHECK;

/* ---- whose person ---- */

struct one_partner {
	struct str customers; /* tags of a partner's customers, words */
	struct str tags;      /* whom the campaign is for; none: everybody */
};

/* NULL: each partner mails its own. 1 when that changed something. */
int partner_one_set(struct db *db, struct str campaign,
		    const struct one_partner *one,
		    struct error *err) MUST_CHECK;
/* 1 in `a`, or 0. */
int partner_one_find(struct db *db, struct arena *a, struct str campaign,
		     struct one_partner *one, struct error *err) MUST_CHECK;

struct partner_slot {
	struct str campaign;
	const struct person_hash *person;
	int64_t partner_id;
	struct str rule; /* why this one */
	int64_t at_ms;	 /* decided */
};

/*
 * The first who asks has it. *holder is set to whoever has it then: 1 when
 * that is slot->partner_id, 0 when it is another.
 */
int partner_slot_take(struct db *db, const struct partner_slot *slot,
		      int64_t *holder, struct error *err) MUST_CHECK;
/* By campaign and person, the rest is filled in: 1 in `a`, or 0. */
int partner_slot_find(struct db *db, struct arena *a, struct partner_slot *slot,
		      struct error *err) MUST_CHECK;
/* From `holder` to slot->partner_id: 1, or 0 when it is not the holder's. */
int partner_slot_move(struct db *db, const struct partner_slot *slot,
		      int64_t holder, struct error *err) MUST_CHECK;

#endif
