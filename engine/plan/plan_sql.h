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
 * revision, start_ms, done_n, walk_n or NULL, after_id, and the list's n
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

/* partner_id, activation_id, person, kind; gives step */
extern const char plan_sql_clicked[];

/* partner_id, activation_id, person; gives 1 */
extern const char plan_sql_lead[];

#endif
