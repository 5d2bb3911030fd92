#ifndef DISPATCH_DISPATCH_SQL_H
#define DISPATCH_DISPATCH_SQL_H

/* ?1 partner, ?2 activation; one number: the enum gate_reason that holds. */
extern const char dispatch_sql_activation_gate[];

#endif
