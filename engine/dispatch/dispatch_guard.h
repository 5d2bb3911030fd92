#ifndef DISPATCH_DISPATCH_GUARD_H
#define DISPATCH_DISPATCH_GUARD_H

/*
 * dispatch_guard - is this store the newest there was?
 *
 * A store that is put back from a copy, or a copy that is started beside the
 * original, believes that what was sent since is still to be sent. A file
 * beside the store, the guard, remembers how far the journal had come:
 *
 *	guidon guard 1
 *	at 1767225600000		milliseconds since 1970
 *	lane 1 4711 9f86d0...		lane, seq, the hash of that row in hex
 *
 * Before anything is sent the store must hold each of these rows. When it does
 * not, a sender sends nothing until dispatch_adopt() has held whatever may have
 * been sent (outbox_doubt()). The sender writes the guard anew when the journal
 * has grown, each second at most and at its end.
 *
 *	dispatch_guard_ask(&state, db, path, now_ms, &why, err)
 *	if (state == DISPATCH_GUARD_GOOD)
 *		dispatch_guard_keep(db, path, now_ms, &known, err)
 *
 * A guard that was written later than now says that the machine's clock is
 * behind: nothing is sent by it until it has come that far, or an operator has
 * the guard written anew.
 *
 * What it does not see: the guard put back together with the store, and what
 * was sent in the last second before a kill.
 *
 * Errors: CONFIG for a guard that cannot be read; IO.
 *
 * Thread rule: one thread for one path.
 */

#include <stdint.h>

#include "base/check.h"
#include "base/error.h"
#include "base/str.h"
#include "db/db.h"

enum dispatch_guard {
	DISPATCH_GUARD_GOOD,
	DISPATCH_GUARD_MISSING, /* no file, and the store has deliveries */
	DISPATCH_GUARD_BEHIND, /* it lacks what the file knows, or that is none */
	DISPATCH_GUARD_LATER, /* it is the newest, and the clock is behind it */
};

/* A clock may be set back by so much between two runs. */
enum { DISPATCH_GUARD_SLACK_MS = 5 * 60 * 1000 };

/*
 * *why: a sentence, empty when it is good. now_ms: by the machine's clock;
 * INT64_MAX when the time is somebody's choice.
 */
int dispatch_guard_ask(enum dispatch_guard *out, struct db *db,
		       const char *path, int64_t now_ms, struct buf *why,
		       struct error *err) MUST_CHECK;

/*
 * Write what the journal has come to, when that is not what *known says; then
 * *known is it. Begins with an empty *known; the caller frees it.
 */
int dispatch_guard_keep(struct db *db, const char *path, int64_t now_ms,
			struct buf *known, struct error *err) MUST_CHECK;

/*
 * Go on with this store as it is: what was due by now_ms is HELD as maybe sent,
 * with an event for each, and so will be what is put, until the past is settled
 * (outbox_doubt_less()). The number that is held. The guard must then be
 * written (dispatch_guard_keep()).
 */
int64_t dispatch_adopt(struct db_store *store, int64_t now_ms,
		       struct error *err) MUST_CHECK;

/*
 * What is held so was never sent, says an operator: READY, and nothing is
 * doubted any more. The number.
 */
int64_t dispatch_assume_unsent(struct db_store *store, int64_t now_ms,
			       struct error *err) MUST_CHECK;

#endif
