/*
 * All SQL of this folder. Each question is about one activation, which leads
 * all three views by an index.
 */
#include "report/report_sql.h"

const char report_sql_deliveries[] =
    "SELECT step, state, count(*), min(due_ms) FROM delivery_view"
    " WHERE partner_id = ?1 AND activation_id = ?2"
    " AND substr(step, 1, 1) <> '@' GROUP BY step, state";

const char report_sql_events[] =
    "SELECT d.step, e.kind, count(DISTINCT e.delivery) FROM event_view AS e"
    " JOIN delivery_view AS d ON d.partner_id = e.partner_id"
    " AND d.id = e.delivery"
    " WHERE e.partner_id = ?1 AND e.activation_id = ?2"
    " AND e.kind IN (?3, ?4, ?5, ?6) AND substr(d.step, 1, 1) <> '@'"
    " GROUP BY d.step, e.kind";

const char report_sql_held_days[] =
    "SELECT count(*) FROM delivery_view"
    " WHERE partner_id = ?1 AND activation_id = ?2 AND state = 4"
    " AND subject_kind = 0 AND status = ?3 AND done_ms < ?4"
    " GROUP BY done_ms / 86400000";

const char report_sql_leads[] =
    "SELECT COALESCE(d.step, l.page) AS place, count(*)"
    " FROM lead_report_view AS l LEFT JOIN delivery_view AS d"
    " ON d.partner_id = l.partner_id AND d.id = l.delivery"
    " WHERE l.partner_id = ?1 AND l.activation_id = ?2"
    " GROUP BY COALESCE(d.step, l.page)";
