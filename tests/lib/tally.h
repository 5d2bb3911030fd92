#ifndef TESTS_LIB_TALLY_H
#define TESTS_LIB_TALLY_H

/*
 * tally - a receiver's ledger against the sender's deliveries
 *
 * The ledger is that of guidon_sink, the messages are those of sending_source.
 * What the sender said on its way is not heard.
 *
 *	tally_init(&t, &list);
 *	for (...)
 *		tally_judge(&t, &rows[i]);
 *	tally_end(&t);
 *	... t.lost, t.twice, t.indoubt ...
 *
 * What is wrong is printed, a line for each.
 *
 *	lost	 SENT and not accepted; accepted and neither SENT nor INDOUBT;
 *		 READY, CLAIMED or MARKED at the end; accepted, and no delivery
 *	twice	 accepted more often than once and once for each time that its
 *		 policy sent it again
 *	changed	 accepted with other bytes than the delivery's hash says
 *
 * What is assumed to be sent need not have been accepted, and what was sent
 * again may have been refused after it was.
 *
 * Thread rule: one thread.
 */

#include <stdint.h>

#include "outbox/outbox.h"
#include "sink_child.h"

struct tally {
	const struct sink_list *ledger;
	struct map judged;  /* by Message-ID */
	int64_t deliveries; /* judged */
	int64_t lost;
	int64_t twice;
	int64_t again;	 /* accepted beyond once */
	int64_t resends; /* by policy */
	int64_t assumed; /* to be sent */
	int64_t changed;
	int64_t indoubt;
};

/* Lives in the ledger's arena. */
void tally_init(struct tally *t, const struct sink_list *ledger);

/* Each delivery once. */
void tally_judge(struct tally *t, const struct outbox_delivery *d);

/* All deliveries were judged: what else was accepted is lost. */
void tally_end(struct tally *t);

#endif
