#ifndef PARTNER_PARTNER_DKIM_H
#define PARTNER_PARTNER_DKIM_H

/*
 * partner_dkim - the keys that mail of a domain is signed with
 *
 * A pair is two keys, RSA and Ed25519, of one domain, each under a selector of
 * its own in DNS; or one of them alone. It belongs to a partner; the vendor's own, of partner 0,
 * signs for all partners who send from the domain and have none.
 *
 *	          activate           another is activated, or retire
 *	MADE ----------------> ACTIVE ----------------> RETIRED
 *
 * There is one MADE pair of a partner's domain at most, so what is published
 * and what is activated are the same. A pair signs what is dated from
 * active_ms on and before retired_ms, for ever: a mail that is handed over a
 * second time is signed as it was the first. That is why both times lie
 * PARTNER_DKIM_AHEAD_MS ahead when they are set. Nobody has dated a mail behind
 * them yet, and whoever does has read of the change.
 *
 *	partner_dkim_make(store, a, PARTNER_DKIM_BOTH, &pair)
 *	... in a unit: partner_dkim_put(db, &pair, now_ms, err)
 *	... its records are published; in a unit:
 *	partner_dkim_activate(db, partner_id, domain, now_ms, err)
 *
 * Private halves never pass through a statement in the clear: they are sealed
 * for their row. Included by partner/partner.h.
 *
 * Thread rule: put, activate and retire inside a unit; lists on the caller's
 * connection; the others anywhere.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/check.h"
#include "base/error.h"
#include "base/sign.h"
#include "base/str.h"
#include "db/db.h"

struct arena;

enum {
	PARTNER_DKIM_AHEAD_MS = 60 * 1000,
	/* Of sets of algorithms, in which each is 1 << its number. */
	PARTNER_DKIM_BOTH = (1 << SIGN_ALGORITHM_COUNT) - 1,
};

struct partner_dkim {
	int64_t partner_id;  /* 0: the vendor's */
	struct str domain;   /* of the From, in A-labels */
	struct str selector; /* what both selectors begin with */
	int64_t generation;  /* 1, 2 ... of the partner's domain */
	struct str public[SIGN_ALGORITHM_COUNT]; /* as DNS has it; or empty */
	struct str sealed[SIGN_ALGORITHM_COUNT];
	int64_t made_ms;
	int64_t active_ms;  /* 0: not activated */
	int64_t retired_ms; /* 0: not retired */
};

enum partner_dkim_state {
	PARTNER_DKIM_MADE, /* or activated, and its time has not come */
	PARTNER_DKIM_ACTIVE,
	PARTNER_DKIM_RETIRED,
};

/* At this time, of a mail or of a clock. */
enum partner_dkim_state partner_dkim_state(const struct partner_dkim *pair,
					   int64_t at_ms);

/*
 * A new pair of pair->partner_id and its domain, sealed for its row, in `a`;
 * may take a second. The set of its algorithms is not empty.
 */
void partner_dkim_make(struct db_store *store, struct arena *a, int algorithms,
		       struct partner_dkim *pair);

/* The set of algorithms that it signs with. */
int partner_dkim_algorithms(const struct partner_dkim *pair);
bool partner_dkim_has(const struct partner_dkim *pair,
		      enum sign_algorithm algorithm);

/* EXISTS when one that was made waits to be activated. */
int partner_dkim_put(struct db *db, const struct partner_dkim *pair,
		     int64_t now_ms, struct error *err) MUST_CHECK;

/*
 * The pair that was made signs from PARTNER_DKIM_AHEAD_MS on and the one
 * before it until then. NOT_FOUND when none was made.
 */
int partner_dkim_activate(struct db *db, int64_t partner_id, struct str domain,
			  int64_t now_ms, struct error *err) MUST_CHECK;

/* The same without a next one. NOT_FOUND when none signs. */
int partner_dkim_retire(struct db *db, int64_t partner_id, struct str domain,
			int64_t now_ms, struct error *err) MUST_CHECK;

/* By partner, domain and generation; partner_id < 0: of all. The count. */
int partner_dkim_list(struct db *db, struct arena *a, int64_t partner_id,
		      struct partner_dkim **out, struct error *err) MUST_CHECK;

/*
 * Those that may sign the partner's mail from the domain, at whatever time:
 * its own before the vendor's. The count.
 */
int partner_dkim_of(struct db *db, struct arena *a, int64_t partner_id,
		    struct str domain, struct partner_dkim **out,
		    struct error *err) MUST_CHECK;

/* Of these the one that signs what is dated at_ms; NULL: none does. */
const struct partner_dkim *partner_dkim_at(const struct partner_dkim *pairs,
					   int count, int64_t at_ms);

/* The name below _domainkey: "guidon-k3v7qm2pxa-rsa". */
struct str partner_dkim_selector(struct arena *a,
				 const struct partner_dkim *pair,
				 enum sign_algorithm algorithm);

/* What DNS has of it: a TXT record of this name with this value; in `a`. */
struct str partner_dkim_record_name(struct arena *a,
				    const struct partner_dkim *pair,
				    enum sign_algorithm algorithm);
struct str partner_dkim_record_value(struct arena *a,
				     const struct partner_dkim *pair,
				     enum sign_algorithm algorithm);

/* One that it has, unsealed; *out is the caller's. DENIED when it is not this row's. */
int partner_dkim_key(struct db_store *store, const struct partner_dkim *pair,
		     enum sign_algorithm algorithm, struct sign_key **out,
		     struct error *err) MUST_CHECK;

#endif
