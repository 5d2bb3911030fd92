/*
 * All SQL of this folder: questions to views of others.
 */
#include "dispatch/dispatch_sql.h"

const char dispatch_sql_activation_gate[] =
    "SELECT reason FROM activation_gate"
    " WHERE partner_id = ?1 AND activation_id = ?2";

/* What is too old was never refused. */
const char dispatch_sql_answers[] =
    "SELECT e.partner_id, COALESCE(e.activation_id, 0), e.kind, count(*),"
    " max(e.at_ms) FROM event_view AS e JOIN delivery_view AS d"
    " ON d.partner_id = e.partner_id AND d.id = e.delivery"
    " WHERE e.lane = ?1 AND e.seq > ?2 AND e.seq <= ?3"
    " AND e.kind IN (?4, ?5, ?6, ?7, ?8)"
    " AND d.subject_kind = 0 AND d.channel = 'email'"
    " AND NOT (e.kind = ?5 AND d.status LIKE 'too old: %')"
    " GROUP BY e.partner_id, e.activation_id, e.kind";
