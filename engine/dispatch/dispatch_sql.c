/*
 * All SQL of this folder: one question to a view of partner's.
 */
#include "dispatch/dispatch_sql.h"

const char dispatch_sql_activation_gate[] =
    "SELECT reason FROM activation_gate"
    " WHERE partner_id = ?1 AND activation_id = ?2";
