#ifndef DISPATCH_DISPATCH_RELAY_LOG_H
#define DISPATCH_DISPATCH_RELAY_LOG_H

/*
 * dispatch_relay_log - what the log of a relay says of mails in doubt
 *
 *	relay_log_open(&log, &doubts, zone, now_ms)
 *	for each file, one after the other:
 *		relay_log_file(log)
 *		relay_log_feed(log, bytes) ... as they are read
 *	relay_log_proves(log, doubt, a, &proof)
 *	relay_log_close(&log)
 *
 * The log is Postfix's (3.x), by syslog, journal or maillog_file:
 *
 *	smtpd[12]: 4C7F: client=...		a transaction begins
 *	cleanup[13]: 4C7F: message-id=<...>	its header has come
 *	qmgr[14]: 4C7F: from=..., (queue active)	it was accepted
 *	smtpd[12]: lost connection after DATA ...	it was not
 *	smtp[15]: 4C7F: to=..., dsn=2.0.0, status=sent (...)
 *
 * That a Message-ID is there proves nothing: cleanup writes it before the
 * message is complete. Accepted is what the queue manager has had. Not accepted
 * is what was cut off each time it came, or never came, and that only when the
 * log surely covers the time of the marker: it has lines from
 * RELAY_LOG_WINDOW_MS before it until as long after it, in one file or in files
 * that follow each other within a minute, and it has mail of the same sending
 * domain at all, so that it is the log of our relay. Whatever else the log
 * says, or does not, proves nothing.
 *
 * Bytes that are no such line are passed over. Memory is bounded, whatever the
 * log is; what does not fit is forgotten, and proves nothing.
 *
 * Thread rule: one thread.
 */

#include <stdint.h>

#include "base/check.h"
#include "base/str.h"
#include "outbox/outbox.h"

struct arena;
struct dispatch_doubt;
struct dispatch_doubts;
struct relay_log;
struct zone;

#define RELAY_LOG_WINDOW_MS (INT64_C(15) * 60 * 1000)

/*
 * `zone` is that of times without an offset ("Nov 30 22:44:35"); NULL: it is
 * not known, and such times are taken for anything they may be. They have no
 * year either: it is the one that brings them next before now_ms. `doubts`
 * outlive *out.
 */
void relay_log_open(struct relay_log **out,
		    const struct dispatch_doubts *doubts,
		    const struct zone *zone, int64_t now_ms);
void relay_log_close(struct relay_log **log);

/* What comes is another file. */
void relay_log_file(struct relay_log *log);

/* Something may be missing between what came and what comes. */
void relay_log_gap(struct relay_log *log);

/* The next bytes of the file, cut anywhere. */
void relay_log_feed(struct relay_log *log, struct str bytes);

/* What is proven, and by what. */
struct relay_proof {
	enum outbox_state to; /* SENT or READY */
	struct str evidence;  /* in `a` */
};

/* After the last file: true with *out, or false: nothing is proven. */
bool relay_log_proves(struct relay_log *log, const struct dispatch_doubt *doubt,
		      struct arena *a, struct relay_proof *out) MUST_CHECK;

#endif
