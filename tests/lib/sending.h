#ifndef TESTS_LIB_SENDING_H
#define TESTS_LIB_SENDING_H

/*
 * sending - a store with partners, contacts who gave consent and deliveries,
 * for tests of what leaves; and what must be true of it afterwards
 *
 * Partner p (from 1) has the activation p * 1000 and the contacts
 * "pP-cC@example.org", or "p0-cC@example.org" with is_shared. Set-up that fails ends the test program.
 *
 * Thread rule: one thread; sending_source is for all.
 */

#include "db/db.h"
#include "dispatch/dispatch.h"
#include "event/event.h"
#include "outbox/outbox.h"
#include "partner/partner.h"

enum { SENDING_PARTNERS_MAX = 8 };

struct sending {
	struct db_store *store;
	struct partner_pepper *pepper;
	int partners;
	int contacts;	/* of each partner */
	bool is_shared; /* set it before sending_people() */
	int64_t partner_id[SENDING_PARTNERS_MAX];
};

/* Opens the store and brings its tables up to date. */
void sending_open(struct sending *s, const char *url);
void sending_close(struct sending *s);

/* Partners, activations, contacts; again, it finds them. */
void sending_people(struct sending *s, int partners, int contacts);

int64_t sending_activation(const struct sending *s, int partner);

/* partner and contact count from 0. */
struct person_hash sending_person(const struct sending *s, int partner,
				  int contact);

/* A delivery by mail for each contact, due at due_ms. */
void sending_put(struct sending *s, const char *step, int64_t due_ms);

/* One delivery; `channel` "email" goes to the person, others to an account. */
struct outbox_id sending_put_one(struct sending *s, int partner, int contact,
				 const char *step, const char *channel,
				 int64_t due_ms);

/*
 * The person opts out of this partner's mail, in one unit with its event.
 * *before are the deliveries to it as they stood in that unit; they live in
 * `a`. The count.
 */
int sending_opt_out(struct sending *s, struct arena *a, int64_t partner_id,
		    const struct person_hash *person, int64_t now_ms,
		    struct outbox_delivery **before);

/* A small message that only depends on the delivery. */
extern const struct dispatch_source sending_source;
/* The same, of a campaign with this policy for what is in doubt. */
struct dispatch_source sending_source_of(enum outbox_policy policy);

/* It is SENT because its policy says so, not a receiver. */
bool sending_is_assumed(const struct outbox_delivery *d);

/* Its Message-ID, without <>. */
struct str sending_message_id(struct arena *a, const struct outbox_id *id);

/* What was stopped goes on. */
void sending_resume(struct sending *s, int64_t now_ms);

struct outbox_delivery sending_find(struct sending *s, struct arena *a,
				    const struct outbox_id *id);

/*
 * Of one partner, of one state or of all (state < 0), those due first first;
 * `limit` at most. The count.
 */
int sending_list(struct sending *s, struct arena *a, int partner, int state,
		 int limit, struct outbox_delivery **out);

void sending_count(struct sending *s, struct outbox_counts *out);

/* When the next READY row is due; -1 when there is none. */
int64_t sending_next_due(struct sending *s);

/* How many events of the kind there are. */
int64_t sending_events(struct sending *s, enum event_kind kind);

/*
 * outbox_check(), event_verify(), what SQLite says of its file, and an event
 * for each delivery that was sent, cancelled or is in doubt. True when all is
 * well, else it prints what is not.
 */
bool sending_is_sound(struct sending *s);

#endif
