#ifndef PARTNER_PARTNER_ENDPOINT_H
#define PARTNER_PARTNER_ENDPOINT_H

/*
 * partner_endpoint - where a partner's posts and leads are posted to, and with
 * which secret they are signed
 *
 * One for each partner and purpose. The vendor's own, of partner 0, stands for
 * all partners who have none; one that a partner has stands before it even
 * when it is disabled, for its rows are held and not sent elsewhere.
 *
 *	partner_secret_new(&secret);			"whsec_..."
 *	partner_endpoint_seal(store, &e, secret, &sealed, err)
 *	e.sealed = buf_view(&sealed);
 *	... in a unit: partner_endpoint_put(db, &e, now_ms, err)
 *
 * A secret is 24 to 64 bytes, written as Standard Webhooks writes them. In the
 * store it is sealed for its row; it is shown once, when it is made.
 *
 * Included by partner/partner.h.
 *
 * Thread rule: put and disable inside a unit; find and list on the caller's
 * connection; the others anywhere.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/check.h"
#include "base/error.h"
#include "base/str.h"
#include "db/db.h"

struct arena;

/* Numbers are stored: only append. */
#define PARTNER_PURPOSES(X) \
	X(POSTS, "posts")   \
	X(LEADS, "leads")

enum partner_purpose {
#define PARTNER_PURPOSE_ENUM(name, text) PARTNER_##name,
	PARTNER_PURPOSES(PARTNER_PURPOSE_ENUM)
#undef PARTNER_PURPOSE_ENUM
	    PARTNER_PURPOSE_COUNT
};

const char *partner_purpose_name(enum partner_purpose purpose);

struct partner_endpoint {
	int64_t partner_id; /* 0: the vendor's, for all */
	enum partner_purpose purpose;
	struct str url;
	struct str sealed;
	bool enabled;
	struct str reason; /* why it is not */
	int64_t changed_ms;
};

enum { PARTNER_SECRET_MIN = 24, PARTNER_SECRET_MAX = 64 };

/* Adds a new secret, as text. */
void partner_secret_new(struct buf *text);

/*
 * Adds the secret, sealed for partner and purpose of `e`, to `sealed`. INVALID
 * when the text is no secret.
 */
int partner_endpoint_seal(struct db_store *store,
			  const struct partner_endpoint *e, struct str secret,
			  struct buf *sealed, struct error *err) MUST_CHECK;

/* Adds the bytes of the secret to `key`: wipe them. DENIED. */
int partner_endpoint_key(struct db_store *store,
			 const struct partner_endpoint *e, struct buf *key,
			 struct error *err) MUST_CHECK;

/* Puts or replaces it, enabled. */
int partner_endpoint_put(struct db *db, const struct partner_endpoint *e,
			 int64_t now_ms, struct error *err) MUST_CHECK;

/* The partner's own, or else the vendor's: 1, or 0 when there is neither. */
int partner_endpoint_find(struct db *db, struct arena *a, int64_t partner_id,
			  enum partner_purpose purpose,
			  struct partner_endpoint *out,
			  struct error *err) MUST_CHECK;

/* By partner and purpose; partner_id < 0: of all. The count. */
int partner_endpoint_list(struct db *db, struct arena *a, int64_t partner_id,
			  struct partner_endpoint **out,
			  struct error *err) MUST_CHECK;

/*
 * Nothing more goes there, until it is put again. 1, or 0 when it has another
 * URL by now or is disabled already.
 */
int partner_endpoint_disable(struct db *db, const struct partner_endpoint *e,
			     struct str reason, int64_t now_ms,
			     struct error *err) MUST_CHECK;

#endif
