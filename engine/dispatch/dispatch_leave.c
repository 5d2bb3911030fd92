/*
 * Opting out. The person's row is locked first, as the marker does, so that a
 * mail which is about to leave waits for this.
 */
#include "dispatch/dispatch_leave.h"

#include <string.h>

#include "base/arena.h"
#include "dispatch/dispatch.h"
#include "dispatch/dispatch_resolve.h"
#include "event/event.h"
#include "partner/partner.h"

static const char reason[] = "opted out";

/* What is known of it while it is done. */
struct leave {
	const struct dispatch_leaving *leaving;
	struct person_hash person;
	int64_t partner_id;
	enum suppression_scope scope;
};

/* The sender's own; a partner's without one is as narrow as can be. */
static int
find_scope(struct db *db, struct leave *l, struct error *err)
{
	struct arena *a = arena_new();
	struct partner_sender sender;
	struct error why;
	int code = partner_sender_now(db, a, l->partner_id, &sender, &why);

	l->scope = SUPPRESSION_PARTNER;
	if (code >= 0 && !l->leaving->is_partners_word &&
	    str_eq_cstr(sender.opt_out_scope, "vendor"))
		l->scope = SUPPRESSION_VENDOR;
	arena_free(&a);
	if (code >= 0 || why.code == ERROR_NOT_FOUND)
		return 0;
	*err = why;
	return code;
}

/* 1 when the person had not withdrawn before. */
static int
withdraw(struct db *db, const struct leave *l, struct error *err)
{
	struct arena *a = arena_new();
	struct contact c;
	int got = contact_find(db, a, l->partner_id, &l->person, &c, err);
	bool given = got > 0 && !c.deleted && c.consent != CONSENT_WITHDRAWN;

	arena_free(&a);
	if (got < 0 || !given)
		return got < 0 ? got : 0;
	if (contact_consent(db, l->partner_id, &l->person, CONSENT_WITHDRAWN,
			    str_of(l->leaving->means), l->leaving->now_ms,
			    err) < 0)
		return -(int)err->code;
	return 1;
}

static int
cancel_waiting(struct db *db, const struct leave *l, struct error *err)
{
	const struct outbox_filter mine = {
		.partner_id = l->partner_id,
		.subject = person_hash_view(&l->person),
	};

	return dispatch_cancel(db, &mine, str_of(reason), l->leaving->now_ms,
			       err) < 0
		   ? -(int)err->code
		   : 0;
}

static int
note_left(struct db *db, const struct leave *l, const struct outbox_id *id,
	  struct error *err)
{
	return event_append(
	    db,
	    &(struct event){
		.kind = EVENT_UNSUBSCRIBED,
		.at_ms = l->leaving->now_ms,
		.partner_id = l->partner_id,
		.activation_id = l->leaving->key.activation_id,
		.delivery = { (const char *)id->bytes, sizeof(id->bytes) },
	    },
	    err);
}

int
dispatch_leave(struct db *db, const struct dispatch_leaving *leaving,
	       struct error *err)
{
	struct outbox_id id = outbox_id_of(&leaving->key);
	struct leave l = { .leaving = leaving,
			   .partner_id = leaving->key.partner_id };
	int suppressed, withdrawn;

	check(leaving->key.subject.len == sizeof(l.person.bytes));
	memcpy(l.person.bytes, leaving->key.subject.p, sizeof(l.person.bytes));
	if (partner_lock_person(db, l.partner_id, &l.person, err) < 0 ||
	    find_scope(db, &l, err) < 0)
		return -(int)err->code;
	suppressed = partner_suppress(db, l.scope, l.partner_id, &l.person,
				      str_of(reason), leaving->now_ms, err);
	withdrawn = suppressed < 0 ? suppressed : withdraw(db, &l, err);
	if (withdrawn < 0 || cancel_waiting(db, &l, err) < 0 ||
	    dispatch_resolve(db, &id, OUTBOX_SENT, str_of(leaving->evidence),
			     leaving->now_ms, err) < 0)
		return -(int)err->code;
	return suppressed || withdrawn ? note_left(db, &l, &id, err) : 0;
}
