#ifndef DOCTOR_DOCTOR_SQL_H
#define DOCTOR_DOCTOR_SQL_H

/*
 * Every statement of doctor. A row is domain next_ms checked_ms errors unknown
 * warnings since_ms worst.
 */

#include "db/db.h"

extern const char doctor_sql_count[];
extern const char doctor_sql_list[]; /* by domain */
extern const char doctor_sql_take[]; /* domain until_ms now_ms */
/* domain next_ms now_ms errors unknown warnings worst */
extern const char doctor_sql_put[];
extern const char doctor_sql_drop[]; /* domain */

/* ---- notices ---- */

/*
 * partner_id at_ms is_back since_ms domain instead asked found expected advice
 */
extern const char doctor_sql_notice_put[];
/* partner_id at_ms is_back: from since_ms on */
extern const char doctor_sql_notice_get[];

/* ---- probes ---- */

extern const char
    doctor_sql_probe_put[]; /* id domain envelope address sent_ms */
extern const char doctor_sql_probe_end[];    /* id state done_ms said */
extern const char doctor_sql_probe_find[];   /* id: 1 */
extern const char doctor_sql_probe_forget[]; /* before_ms */
/* domain envelope since_ms: address sent_ms state done_ms said */
extern const char doctor_sql_probe_last[];

#endif
