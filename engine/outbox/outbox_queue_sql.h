#ifndef OUTBOX_OUTBOX_QUEUE_SQL_H
#define OUTBOX_OUTBOX_QUEUE_SQL_H

/*
 * SQL of queues and of what was counted for them. Each statement is a text;
 * beside it what ?1 ?2 ... are.
 */

#include "db/db.h"

/* INT64_MAX: not before somebody opens it. */
#define OUTBOX_NEVER "9223372036854775807"

extern const char outbox_sql_queues[]; /* the tables */

/* id, scope, name, opens_ms, since_ms, reason, strikes, holds */
extern const char outbox_sql_queue_close[];

/* id, now_ms */
extern const char outbox_sql_queue_open[];

/* id; gives id, scope, name, opens_ms, since_ms, strikes, holds, reason */
extern const char outbox_sql_queue_find[];

/* scope; gives the same, by name */
extern const char outbox_sql_queue_list[];

/* now_ms; gives the same: closed for a reason, longest first */
extern const char outbox_sql_queue_closed[];

/* now_ms, limit; gives the same: open and with something in it */
extern const char outbox_sql_queue_ready[];

extern const char outbox_sql_queue_any[];

/* id, now_ms */
extern const char outbox_sql_queue_turn[];
/* id */
extern const char outbox_sql_queue_holds[];
extern const char outbox_sql_queue_drop[];

/* partner_id, id, owner, epoch, queue */
extern const char outbox_sql_wait[];

/* By dialect. queue, now_ms, partner_id, activation_id, rows to look at */
extern const char *const outbox_sql_divert[2];

/* By dialect; NULL: there is one writer. id; gives a row */
extern const char *const outbox_sql_tally_lock[2];

/* queue, what, slot; gives slot, n from that slot on */
extern const char outbox_sql_tally[];

/* queue, what, slot, n to add */
extern const char outbox_sql_tally_add[];

/* queue, what, slot: those before it */
extern const char outbox_sql_tally_trim[];

/* queue */
extern const char outbox_sql_tally_forget[];

#endif
