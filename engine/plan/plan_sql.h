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
 * revision, start_ms, since_ms, walk_n or NULL, walk_ms, after_id, and the
 * list's n
 */
extern const char plan_sql_walk_next[];

/* no more; gives wait_ms of the run that waits least */
extern const char plan_sql_walk_waits[];

/*
 * partner_id, activation_id, after_id as it was read, walk_n, walk_ms,
 * after_id
 */
extern const char plan_sql_walk_on[];

/* partner_id, activation_id, walk_n, since_ms */
extern const char plan_sql_walk_end[];

/* partner_id, activation_id, wait_ms */
extern const char plan_sql_walk_wait[];

/* partner_id, activation_id, person; gives 1 */
extern const char plan_sql_has_mail[];

/* partner_id, activation_id, person, kind; gives step */
extern const char plan_sql_clicked[];

/* partner_id, activation_id, person; gives 1 */
extern const char plan_sql_lead[];

#endif
