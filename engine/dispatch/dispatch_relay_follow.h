#ifndef DISPATCH_DISPATCH_RELAY_FOLLOW_H
#define DISPATCH_DISPATCH_RELAY_FOLLOW_H

/*
 * dispatch_relay_follow - a relay's log that closes what is in doubt by itself
 *
 *	relay_follow_open(&f, &config)
 *	again and again:
 *		relay_follow_step(f, now_ms, err)
 *	relay_follow_close(&f)
 *
 * The reading is that of dispatch_relay_log.h, from a place that lies before
 * the oldest marker that evidence is looked for of, to the end. The log is read
 * only while something is in doubt: when that is new, and then ever more
 * rarely, for an hour. What is not proven by then waits for a person.
 *
 * Where the log ended is noted in the store every few minutes, so a reading
 * after a restart begins before what was on the wire; the file may have been
 * rotated meanwhile (dispatch_relay_tail_priv.h). Nothing depends on these
 * notes but how much is read: a reading that is made twice closes nothing
 * twice.
 *
 * A step reads RELAY_FOLLOW_STEP_BYTES at most. A log that is not there is
 * waited for, which is logged once.
 *
 * Thread rule: one thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/check.h"
#include "base/error.h"

struct db_store;
struct relay_follow;
struct zone;

enum { RELAY_FOLLOW_STEP_BYTES = 4 * 1024 * 1024 };

/* The texts are copied, the rest outlives what is opened. */
struct relay_follow_config {
	struct db_store *store;
	const char *path;
	const struct zone *zone; /* as of relay_log_open() */
	/*
	 * Nobody else sends from this store, so that a message that the log
	 * does not have was not sent. Else only what the log does have counts.
	 */
	bool is_alone;
};

void relay_follow_open(struct relay_follow **out,
		       const struct relay_follow_config *config);
void relay_follow_close(struct relay_follow **follow);

/* How many deliveries were closed. What failed is tried again by the next. */
int64_t relay_follow_step(struct relay_follow *f, int64_t now_ms,
			  struct error *err) MUST_CHECK;

/* Until the log is read to its end, if it is to be read now. */
int64_t relay_follow_all(struct relay_follow *f, int64_t now_ms,
			 struct error *err) MUST_CHECK;

#endif
