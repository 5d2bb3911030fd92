#ifndef DISPATCH_DISPATCH_LEAVE_H
#define DISPATCH_DISPATCH_LEAVE_H

/*
 * dispatch_leave - a person opts out, by whatever way we are told of it
 *
 * One unit of work makes all of it true: the opt-out in the sender's scope, the
 * consent withdrawn, what waits cancelled, each with its line in the journal;
 * and the mail by which it was asked for did arrive. Asked again, it is true
 * already and nothing changes.
 *
 * Thread rule: inside a unit of work.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/check.h"
#include "base/error.h"
#include "base/str.h"
#include "db/db.h"
#include "outbox/outbox.h"

struct dispatch_leaving {
	struct outbox_key key; /* of the mail, which is to a person */
	const char *means;     /* of the withdrawal: "unsubscribe link" */
	const char *evidence;  /* that the mail arrived, for its row */
	/* Of a partner for somebody who asked it: that partner's mail alone. */
	bool is_partners_word;
	int64_t now_ms;
};

int dispatch_leave(struct db *db, const struct dispatch_leaving *leaving,
		   struct error *err) MUST_CHECK;

#endif
