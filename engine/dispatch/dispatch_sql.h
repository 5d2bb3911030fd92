#ifndef DISPATCH_DISPATCH_SQL_H
#define DISPATCH_DISPATCH_SQL_H

/* ?1 partner, ?2 activation; one number: the enum gate_reason that holds. */
extern const char dispatch_sql_activation_gate[];

/*
 * lane, after which seq, up to which, kinds (sent, bounced, held, in doubt,
 * complained); gives partner_id, activation_id or 0, kind, count, at_ms
 */
extern const char dispatch_sql_answers[];

#endif
