#ifndef PLAN_PLAN_SQL_H
#define PLAN_PLAN_SQL_H

/*
 * All SQL of plan. Each statement is a text; beside it what ?1 ?2 ... are.
 */

#include "db/db.h"

/* partner_id, activation_id */
extern const char plan_sql_walk_begin[];

/*
 * campaign, revision, now_ms; gives partner_id, activation_id, campaign,
 * revision, start_ms, done_n, walk_n or NULL, after_id, the list's n, waiting
 */
extern const char plan_sql_walk_next[];

/* no more; gives wait_ms of the run that waits least */
extern const char plan_sql_walk_waits[];

/*
 * partner_id, activation_id, after_id and done_n as they were read, revision,
 * walk_n, after_id; 0 rows: it is another walk by now
 */
extern const char plan_sql_walk_on[];

/* the same without the last */
extern const char plan_sql_walk_end[];

/* partner_id, activation_id, wait_ms */
extern const char plan_sql_walk_wait[];

/* partner_id, activation_id, person; gives 1 */
extern const char plan_sql_has_mail[];

/* partner_id, activation_id, person; gives step, each once */
extern const char plan_sql_clicked[];
extern const char plan_sql_replied[];

/* partner_id, activation_id, person; gives 1 */
extern const char plan_sql_lead[];

/* partner, delivery: gives a row when it came back for good. */
extern const char plan_sql_came_back[];

/*
 * person, campaign, limit; gives partner_id, tags, consent_ms, added_ms,
 * reason, and since when there is a claim, or NULL: by partner, the run with
 * the lowest reason first
 */
extern const char plan_sql_rivals[];

/* partner_id, person, campaign; gives state, due_ms, marked_ms, the run's */
extern const char plan_sql_rival_mails[];

/* campaign, people */
extern const char plan_sql_bound_put[];

/* campaign; gives people */
extern const char plan_sql_bound[];

/* partner_id, activation_id, room, room_n; gives waiting */
extern const char plan_sql_room_set[];

/* partner_id, activation_id; gives room or NULL, and room_n */
extern const char plan_sql_room[];

/* partner_id, activation_id, room, how many more wait; gives how many do */
extern const char plan_sql_room_on[];
extern const char plan_sql_room_end[];

/* partner_id or -1, campaign or ""; gives how many wait, or NULL */
extern const char plan_sql_waiting[];

/* partner_id; gives n */
extern const char plan_sql_list_n[];

#endif
