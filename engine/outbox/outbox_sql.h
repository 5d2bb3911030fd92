#ifndef OUTBOX_OUTBOX_SQL_H
#define OUTBOX_OUTBOX_SQL_H

/*
 * All SQL of outbox. Each statement is a text; beside it what ?1 ?2 ... are.
 */

#include "db/db.h"

/*
 * What a row is read from, in this order behind partner_id, id, subject_kind
 * and state, and before follow_ms and policy: the column, and the field of
 * struct outbox_delivery.
 */
#define OUTBOX_COLUMNS(INT, BYTES)            \
	INT(activation_id, key.activation_id) \
	BYTES(step, key.step)                 \
	BYTES(subject, key.subject)           \
	BYTES(channel, key.channel)           \
	INT(seq, key.seq)                     \
	INT(due_ms, due_ms)                   \
	INT(attempt, attempt)                 \
	INT(epoch, epoch)                     \
	INT(deferrals, deferrals)             \
	INT(resends, resends)                 \
	INT(owed_ms, owed_ms)                 \
	INT(owner, owner)                     \
	INT(lease_ms, lease_ms)               \
	INT(date_ms, date_ms)                 \
	INT(key_id, key_id)                   \
	INT(marked_ms, marked_ms)             \
	INT(done_ms, done_ms)                 \
	BYTES(sha256, sha256)                 \
	BYTES(revision, revision)             \
	BYTES(domain, domain)                 \
	BYTES(connection, connection)         \
	BYTES(status, status)

/*
 * partner_id, id, activation_id, step, subject_kind, subject, channel, seq,
 * carrier, state, due_ms, done_ms, status, follow_ms
 */
extern const char outbox_sql_put[];

/*
 * By dialect. owner, lease_ms, now_ms, key_id, carrier, max, queue; gives rows
 */
extern const char *const outbox_sql_claim[2];

/*
 * partner_id, id, owner, epoch, sha256, now_ms, revision, domain, connection,
 * policy
 */
extern const char outbox_sql_mark[];

/* partner_id, id, owner, epoch, sha256, now_ms, status */
extern const char outbox_sql_hold_changed[];

/* partner_id, id, owner, epoch; gives the row when CLAIMED or MARKED */
extern const char outbox_sql_find_claim[];

/*
 * partner_id, id, owner, epoch, state before, state after, due_ms, deferrals
 * to add, done_ms, status, queue
 */
extern const char outbox_sql_finish[];

/* partner_id, id, now_ms, status, epoch */
extern const char outbox_sql_finish_late[];

/* partner_id, id, owner, epoch */
extern const char outbox_sql_release[];
extern const char outbox_sql_postpone[]; /* and ?5 due_ms */
extern const char outbox_sql_move[];	 /* and ?5 due_ms, ?6 status */

/* partner_id, person, at_ms; gives a time, or NULL: at at_ms */
extern const char outbox_sql_free_at[];

/* gives 1, or no row */
extern const char outbox_sql_capped[];

/* partner_id, id, owner, epoch, due_ms */
extern const char outbox_sql_delay[];

/* partner_id, id, owner, epoch, now_ms, status, follow_ms */
extern const char outbox_sql_hold[];

/* now_ms, limit; gives rows */
extern const char outbox_sql_followers[];

/* partner_id, id, follow_ms as it was read, follow_ms */
extern const char outbox_sql_follow[];

/* gives follow_ms */
extern const char outbox_sql_next_follow[];

/* gives owner */
extern const char outbox_sql_owners[];

/* owner, limit, now_ms, status */
extern const char outbox_sql_reclaim[];

/* now_ms */
extern const char outbox_sql_expire[];

/* partner_id, id, state, done_ms, status, now_ms */
extern const char outbox_sql_resolve[];
extern const char outbox_sql_unhold_ready[];
extern const char outbox_sql_unhold_cancelled[]; /* without now_ms */

/* partner_id, id, state, done_ms, status, due_ms, 1: it leaves again */
extern const char outbox_sql_obey[];

extern const char outbox_sql_any[];
extern const char outbox_sql_doubts[];
extern const char outbox_sql_doubt_less[];
extern const char outbox_sql_adopted[];
extern const char outbox_sql_adopt[];
extern const char outbox_sql_adopt_marked[];
extern const char outbox_sql_doubt[];

/* status, limit, now_ms, partner_id (-1: all), state, new status; gives rows */
extern const char outbox_sql_unhold_all[];

/* status, partner_id (-1: all); gives count */
extern const char outbox_sql_count_held[];

/* partner_id, id, due_ms, status; state and status as they were read */
extern const char outbox_sql_retry[];

/* partner_id, id, follow_ms as it was read, due_ms */
extern const char outbox_sql_unhold_at[];

/* step, status; gives partner_id */
extern const char outbox_sql_holders[];

/* step, status, partner_id, limit; gives rows longest due first */
extern const char outbox_sql_held[];

/* partner_id, id; gives the row */
extern const char outbox_sql_find[];

/* partner_id, id: those of the row before; limit; gives rows by key */
extern const char outbox_sql_page[];
extern const char outbox_sql_indoubt[]; /* of those in doubt */

/* gives due_ms */
extern const char outbox_sql_next_due[];

/*
 * Statements over a filter: one for each index that can help. ?1 to ?4 are
 * partner_id, activation_id, step and subject.
 */
enum outbox_sql_shape {
	OUTBOX_BY_NOTHING,
	OUTBOX_BY_PARTNER,
	OUTBOX_BY_ACTIVATION,
	OUTBOX_BY_SUBJECT,
	OUTBOX_SHAPE_COUNT
};

/* ... now_ms, status */
extern const char *const outbox_sql_cancel[OUTBOX_SHAPE_COUNT];
extern const char *const outbox_sql_pass_over[OUTBOX_SHAPE_COUNT];

/* ... state, limit; gives rows */
extern const char *const outbox_sql_list[OUTBOX_SHAPE_COUNT];

/* no more */
extern const char *const outbox_sql_refollow[OUTBOX_SHAPE_COUNT];

/* gives state, count */
extern const char *const outbox_sql_count[OUTBOX_SHAPE_COUNT];

#endif
