#ifndef DISPATCH_DISPATCH_WATCH_H
#define DISPATCH_DISPATCH_WATCH_H

/*
 * dispatch_watch - what became of a partner's mails, and whether it goes on
 *
 * It reads the journal, so whatever is told there counts: what a relay said at
 * once, and bounces and complaints that come days later. By the rules
 * (dispatch_rules.h)
 *
 *	a canary is over when nine in ten of the first mails of a run have
 *	their answer, the wait after that has passed, and they kept the
 *	budget: then the rest of the run goes;
 *
 *	a partner stops when it goes beyond the budget, with the canary or
 *	later: what it has waits (OUTBOX_SCOPE_PARTNER) until somebody resumes
 *	it, and no other partner is touched. The reason is in the queue, and
 *	in the journal as EVENT_PAUSED.
 *
 * What is refused only because it was tried for days is no bounce here.
 *
 * Thread rule: the step on any thread; the rest inside a unit of work.
 */

#include <stdint.h>

#include "base/check.h"
#include "base/error.h"
#include "db/db.h"

/*
 * Reads at most `limit` events of each lane, each once, and judges. How much
 * was done; 0: nothing is left to do now. Several may run at once.
 */
int dispatch_watch_step(struct db_store *store, int64_t now_ms, int limit,
			struct error *err) MUST_CHECK;

/*
 * A partner that was stopped goes on: 1, or 0 when it was not. What was
 * counted is forgotten, and runs that had not passed their canary have another
 * one.
 */
int dispatch_watch_resume(struct db *db, int64_t partner_id, int64_t now_ms,
			  struct error *err) MUST_CHECK;

#endif
