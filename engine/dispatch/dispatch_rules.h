#ifndef DISPATCH_DISPATCH_RULES_H
#define DISPATCH_DISPATCH_RULES_H

/*
 * dispatch_rules - how fast and how far: limits, the canary, the budget
 *
 * The vendor states them in guidon.xml. They are a note in the store, so that
 * a sender without a workspace keeps them too; it reads the note again with
 * each block of deliveries it claims.
 *
 *	limit	so many messages a second, minute, hour or day, for each relay,
 *		receivers' domain or partner. Of several all hold.
 *	ramp-up	so many messages on a sending domain's first day, and each day
 *		some times as many (dispatch_ramp.c)
 *	canary	the first mails of a partner's run go; the rest waits until it
 *		is known what became of them (dispatch_watch.h)
 *	budget	how many may be refused or complained of before the partner
 *		stops
 *
 * A limit with names is of these: domains are counted together, as they are
 * one receiver, relays and partners each. One without names is of each that
 * has none of its own in that scope.
 *
 * Thread rule: the struct is read-only; saving inside a unit of work.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "base/error.h"
#include "base/str.h"
#include "db/db.h"
#include "outbox/outbox_queue.h"

struct arena;

enum { DISPATCH_LIMITS_MAX = 200, DISPATCH_NAMES_MAX = 200 };

struct dispatch_limit {
	enum outbox_scope scope; /* RELAY, DOMAIN, PARTNER */
	struct outbox_rate rate; /* not EVER */
	const struct str *names; /* small letters; of partners their slugs */
	size_t name_count;
	const int64_t *partners; /* as read from a store: ids, 0: no such one */
};

enum { DISPATCH_WHOLE = 10000 }; /* a share is so many of these */

struct dispatch_budget {
	int64_t bounces; /* shares: 500 is 5 %; 0: none may be */
	int64_t complaints;
	enum outbox_unit unit; /* looks back so far */
	int64_t least; /* messages with an answer, before anything is judged;
			  0: there is no budget */
};

struct dispatch_ramp {
	int64_t messages;	 /* on the first day; 0: there is no ramp-up */
	int64_t hundredths;	 /* times the day before; above 100 */
	int64_t until;		 /* beyond so many a day there is no limit */
	const struct str *names; /* small letters; none: of all domains */
	size_t name_count;
};

struct dispatch_rules {
	const struct dispatch_limit *limits;
	size_t limit_count;
	struct dispatch_ramp ramp;
	int64_t canary_messages; /* 0: no canary */
	int64_t canary_ms;	 /* after their answers */
	struct dispatch_budget budget;
};

/* As the note says it, and back. INVALID: it is not as this program writes. */
void dispatch_rules_write(struct buf *out, const struct dispatch_rules *rules);
int dispatch_rules_read(struct arena *a, struct str text,
			struct dispatch_rules *out,
			struct error *err) MUST_CHECK;

/* 1 when they are others than before. */
int dispatch_rules_save(struct db *db, const struct dispatch_rules *rules,
			struct error *err) MUST_CHECK;

/* Empty when none were saved. */
int dispatch_rules_load(struct db *db, struct arena *a,
			struct dispatch_rules *out,
			struct error *err) MUST_CHECK;

/* The name under which a domain is counted and stopped: its group's first. */
struct str dispatch_rules_domain(const struct dispatch_rules *rules,
				 struct str domain);

/*
 * The rates of a queue of this scope and name, `max` at most (the rest is left
 * out). The count.
 */
int dispatch_rules_rates(const struct dispatch_rules *rules,
			 enum outbox_scope scope, struct str name,
			 struct outbox_rate *out, int max);

#endif
