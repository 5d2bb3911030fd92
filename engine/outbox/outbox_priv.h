#ifndef OUTBOX_OUTBOX_PRIV_H
#define OUTBOX_OUTBOX_PRIV_H

/*
 * What the files of outbox know of each other.
 */

#include "outbox/outbox.h"

/* The bytes of an id, borrowed. */
struct str outbox_id_view(const struct outbox_id *id);

/* ---- outbox.c ---- */

enum { OUTBOX_LINE_BYTES = 500 };

/*
 * One line of UTF-8 made of what somebody else said: `before` and `text`, cut
 * to fit. What is no text is a question mark. It lives in `out`.
 */
struct str outbox_line(char out[OUTBOX_LINE_BYTES], const char *before,
		       struct str text);

/* ---- outbox_claim.c ---- */

/* How the status begins of what was put off until it was too old. */
extern const char outbox_too_old[];
/* The status of what is HELD because its bytes are not those of before. */
extern const char outbox_changed[];

/* ---- outbox_retry.c ---- */

/* When to try again: at_ms, or later if the receiver wishes so. */
int64_t outbox_retry_wish(int64_t at_ms, int64_t now_ms,
			  int64_t retry_after_ms);

/* ---- outbox_read.c ---- */

/*
 * All rows of a query that gives at most `max`. Returns the count; *out lives
 * in `a`.
 */
int outbox_rows(struct db_rows *rows, struct arena *a, int max,
		struct outbox_delivery **out, struct error *err) MUST_CHECK;

/* Of outbox_sql.h: the statement for this filter among those of one kind. */
const char *outbox_for(const char *const *statements,
		       const struct outbox_filter *filter);

/* ?1 to ?4 of such a statement. */
#define OUTBOX_FILTER_ARGS(f)                                \
	DB_INT((f)->partner_id), DB_INT((f)->activation_id), \
	    DB_TEXT((f)->step), DB_BLOB((f)->subject)

/* ?1 ?2 of a statement on one row. */
#define OUTBOX_ID_ARGS(id) DB_INT((id)->partner_id), DB_BLOB(outbox_id_view(id))

/* ?1 to ?4 of a statement on one that is claimed. */
#define OUTBOX_CLAIM_ARGS(d) \
	OUTBOX_ID_ARGS(&(d)->id), DB_INT((d)->owner), DB_INT((d)->epoch)

#endif
