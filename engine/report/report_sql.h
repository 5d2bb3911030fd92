#ifndef REPORT_REPORT_SQL_H
#define REPORT_REPORT_SQL_H

/*
 * All SQL of report: questions to the views of outbox, event and lead. Each
 * takes partner_id and activation_id.
 */

/* gives step, state, count, earliest due_ms */
extern const char report_sql_deliveries[];

/* ... and three kinds of event: gives step, kind, count of deliveries */
extern const char report_sql_events[];

/* ... and status, before_ms; gives how many a day */
extern const char report_sql_held_days[];

/* gives step or page, count */
extern const char report_sql_leads[];

#endif
