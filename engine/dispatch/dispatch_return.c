/*
 * What follows from a mail that came back, in one unit.
 *
 *	find the delivery -> note the mail -> what was in doubt is not
 *	  -> suppress, cancel what waits, end the sequence -> event
 *
 * A person's answer is noted elsewhere (dispatch_return_reply.c).
 *
 * The note is what makes it safe to take a mail twice: whatever follows does so
 * only when it is new. The person's row is locked first, as by whoever opts out
 * and by the marker, so that a mail which is about to leave waits for this.
 *
 * A delivery that is MARKED has an owner who is about to store what became of
 * it. Its report is told to come again, rather than to decide what the owner
 * will overrule.
 *
 * The delivery stays SENT: the next host took it, and what is final does not
 * change. Planning asks event_return_view before it puts what follows.
 */
#include "dispatch/dispatch_intake_priv.h"

#include <string.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "dispatch/dispatch_leave.h"
#include "dispatch/dispatch_priv.h"
#include "dispatch/dispatch_resolve.h"

static const char came_back[] = "came back";

/* What is known while it is taken. */
struct taking {
	const struct return_mail *mail;
	struct outbox_delivery delivery;
	struct person_hash person;
	bool is_person;
	enum event_return_class class; /* the mail's */
	struct str status;	       /* RFC 3463 and the words */
};

/* ---- what follows ---- */

static bool ends_sequence(enum event_return_class class)
{
	return class == EVENT_RETURN_HARD || class == EVENT_RETURN_REFUSED ||
	       class == EVENT_RETURN_COMPLAINT;
}

/*
 * The mail had left, whatever the row says. What waits for another attempt is
 * left to it, unless there is no use in one.
 */
static int
settle(struct db *db, const struct taking *t, struct error *err)
{
	const struct outbox_delivery *d = &t->delivery;
	const struct str reason = str_of(t->mail->evidence);
	const struct outbox_filter this = {
		.partner_id = d->key.partner_id,
		.activation_id = d->key.activation_id,
		.step = d->key.step,
		.subject = d->key.subject,
	};

	if (ends_sequence(t->class) &&
	    (d->state == OUTBOX_READY || d->state == OUTBOX_CLAIMED ||
	     d->state == OUTBOX_HELD))
		return dispatch_cancel(db, &this, reason, t->mail->now_ms,
				       err) < 0
			   ? -(int)err->code
			   : 0;
	if (d->state != OUTBOX_INDOUBT)
		return 0;
	return dispatch_resolve(db, &d->id, OUTBOX_SENT, reason,
				t->mail->now_ms, err);
}

static int
cancel_waiting(struct db *db, const struct taking *t, bool all_runs,
	       struct error *err)
{
	const struct outbox_key *key = &t->delivery.key;
	const struct outbox_filter waiting = {
		.partner_id = key->partner_id,
		.activation_id = all_runs ? 0 : key->activation_id,
		.subject = key->subject,
	};

	return dispatch_cancel(db, &waiting, str_of(came_back), t->mail->now_ms,
			       err) < 0
		   ? -(int)err->code
		   : 0;
}

static int
suppress(struct db *db, const struct taking *t, enum suppression_scope scope,
	 struct str reason, struct error *err)
{
	if (partner_suppress(db, scope, t->delivery.key.partner_id, &t->person,
			     reason, t->mail->now_ms, err) < 0)
		return -(int)err->code;
	return cancel_waiting(db, t, true, err);
}

/* 1 when mails to this person have come back for long enough. */
static int
has_strikes(struct db *db, const struct taking *t, struct error *err)
{
	const struct outbox_delivery *d = &t->delivery;
	struct event_return_fate fates[INTAKE_STRIKES];
	int64_t until_ms =
	    d->state == OUTBOX_SENT ? d->done_ms : t->mail->now_ms;
	int count = event_return_fates(db, d->key.partner_id, d->key.subject,
				       until_ms, fates, INTAKE_STRIKES, err);

	return count < 0 ? count : return_strikes(fates, count);
}

static int
strike(struct db *db, const struct taking *t, struct error *err)
{
	int enough = has_strikes(db, t, err);

	if (enough <= 0)
		return enough;
	return suppress(db, t, SUPPRESSION_PARTNER,
			STR("mail came back again and again"), err);
}

static int
follow_person(struct db *db, const struct taking *t, struct error *err)
{
	switch (t->class) {
	case EVENT_RETURN_HARD:
		return suppress(db, t, SUPPRESSION_PARTNER,
				STR("mail cannot be delivered"), err);
	case EVENT_RETURN_COMPLAINT:
		return suppress(db, t, SUPPRESSION_GLOBAL, STR("complaint"),
				err);
	case EVENT_RETURN_REFUSED:
		if (cancel_waiting(db, t, false, err) < 0)
			return -(int)err->code;
		return strike(db, t, err);
	case EVENT_RETURN_SOFT:
		return strike(db, t, err);
	default:
		return 0;
	}
}

static int
note(struct db *db, const struct taking *t, struct error *err)
{
	static const enum event_kind kinds[EVENT_RETURN_COUNT] = {
		[EVENT_RETURN_SOFT] = EVENT_SOFT_BOUNCED,
		[EVENT_RETURN_HARD] = EVENT_BOUNCED,
		[EVENT_RETURN_REFUSED] = EVENT_BOUNCED,
		[EVENT_RETURN_COMPLAINT] = EVENT_COMPLAINED,
	};

	/* No kind of theirs is the number 0. */
	if (kinds[t->class] == 0)
		return 0;
	return gate_note(db, kinds[t->class], &t->delivery, t->status,
			 t->mail->now_ms, err);
}

/* ---- the unit ---- */

static void
hash_mail(const struct dispatch_mail *mail, uint8_t hash[CRYPTO_HASH_BYTES])
{
	struct crypto_hash h;

	crypto_hash_init(&h);
	crypto_hash_add(&h, mail->recipient);
	crypto_hash_add(&h, (struct str){ "", 1 });
	crypto_hash_add(&h, mail->bytes);
	crypto_hash_end(&h, hash);
}

static int
add_note(struct db *db, const struct taking *t, bool ours, struct error *err)
{
	const struct mime_report *report = t->mail->report;
	const struct mime_report_recipient *worst =
	    report ? return_worst(report) : NULL;
	struct event_return r = {
		.class = t->class,
		.at_ms = t->mail->now_ms,
	};

	if (worst)
		r.status = worst->status;
	if (ours) {
		r.partner_id = t->delivery.id.partner_id;
		r.delivery = (struct str){ (const char *)t->delivery.id.bytes,
					   sizeof(t->delivery.id.bytes) };
	}
	hash_mail(t->mail->mail, r.hash);
	return event_return_add(db, &r, err);
}

/* The words of the other side, behind the number that they mean. */
static struct str
status_of(const struct return_mail *m)
{
	const struct mime_report_recipient *worst =
	    m->report ? return_worst(m->report) : NULL;

	if (!worst)
		return (struct str){ 0 };
	return str_trim(str_printf(m->a, "%.*s %.*s", STR_ARG(worst->status),
				   STR_ARG(worst->diagnostic)));
}

static int
lock_person(struct db *db, struct taking *t, struct error *err)
{
	const struct outbox_key *key = &t->delivery.key;

	if (key->subject_kind != OUTBOX_PERSON ||
	    key->subject.len != sizeof(t->person.bytes))
		return 0;
	t->is_person = true;
	memcpy(t->person.bytes, key->subject.p, sizeof(t->person.bytes));
	return partner_lock_person(db, key->partner_id, &t->person, err);
}

/* The row as it is once the person is locked. */
static int
read_again(struct db *db, struct taking *t, struct error *err)
{
	int got;

	if (lock_person(db, t, err) < 0)
		return -(int)err->code;
	got = outbox_find(db, t->mail->a, &t->delivery.id, &t->delivery, err);
	if (got > 0 && t->delivery.state == OUTBOX_MARKED)
		return error_set(err, ERROR_BUSY,
				 "the delivery that a mail came back from is "
				 "being sent");
	return got;
}

static int
take_ours(struct db *db, struct taking *t, struct error *err)
{
	int added = add_note(db, t, true, err);

	t->mail->taken->again = added == 0;
	if (added <= 0)
		return added;
	if (settle(db, t, err) < 0 || note(db, t, err) < 0 ||
	    (t->is_person && follow_person(db, t, err) < 0))
		return -(int)err->code;
	return 1;
}

/* What a machine writes to an address for answers is none. */
static int
find(struct db *db, struct taking *t, struct error *err)
{
	const struct return_mail *m = t->mail;
	int got = return_find_answered(m->intake, db, m->a, m->mail, m->report,
				       &t->delivery, err);

	t->class = m->class;
	if (got > 0)
		t->class = EVENT_RETURN_REPLY;
	else if (t->class == EVENT_RETURN_OTHER &&
		 return_is_to_answers(m->intake, m->mail))
		t->class = EVENT_RETURN_AUTO_REPLY;
	return got != 0 ? got
			: return_find(m->intake, db, m->a, m->mail, m->report,
				      &t->delivery, err);
}

/* 1 when it is about a delivery of ours, which is in `t` then, locked. */
static int
begin(struct db *db, struct taking *t, struct error *err)
{
	const struct return_mail *m = t->mail;
	int got = find(db, t, err);

	if (got > 0)
		got = read_again(db, t, err);
	if (got < 0)
		return got;
	t->status = status_of(m);
	*m->taken = (struct dispatch_taken){
		.ours = got > 0,
		.class = t->class,
		.delivery = t->delivery.id,
	};
	return got;
}

/*
 * A report about what the doctor sent to come back: 1 when it is one. Asked
 * last, so that nothing which is about a delivery ends here.
 */
static int
take_probe(struct db *db, const struct taking *t, struct error *err)
{
	struct doctor_probe_back back = { .said = t->status,
					  .now_ms = t->mail->now_ms };
	int got;

	if ((t->class != EVENT_RETURN_SOFT && t->class != EVENT_RETURN_HARD &&
	     t->class != EVENT_RETURN_REFUSED) ||
	    !return_find_probe(t->mail->intake, t->mail->mail, t->mail->report,
			       back.id))
		return 0;
	got = doctor_probe_return(db, &back, err);
	t->mail->taken->probe = got > 0;
	t->mail->taken->again = got > 0 && back.again;
	return got;
}

/* It is counted, and that is all. */
static int
take_foreign(struct db *db, const struct taking *t, struct error *err)
{
	int added = add_note(db, t, false, err);

	t->mail->taken->again = added == 0;
	return added;
}

int
return_take(struct db *db, void *arg, struct error *err)
{
	struct taking t = { .mail = arg };
	int got = begin(db, &t, err);

	if (got < 0)
		return got;
	if (got > 0 && t.class == EVENT_RETURN_REPLY)
		return settle(db, &t, err) < 0
			   ? -(int)err->code
			   : return_take_reply(db, t.mail, &t.delivery, err);
	if (got > 0)
		return take_ours(db, &t, err);
	got = take_probe(db, &t, err);
	return got != 0 ? got : take_foreign(db, &t, err);
}

int
return_arrived(struct db *db, const struct return_mail *m, struct error *err)
{
	struct taking t = { .mail = m };
	int got = begin(db, &t, err);

	return got > 0 ? settle(db, &t, err) : got;
}

int
return_leave(struct db *db, const struct return_mail *m, struct error *err)
{
	struct taking t = { .mail = m };
	int got = begin(db, &t, err);

	if (got <= 0)
		return got < 0 ? got : take_foreign(db, &t, err);
	if (!t.is_person)
		return 0;
	return dispatch_leave(db,
			      &(struct dispatch_leaving){
				  .key = t.delivery.key,
				  .means = "told by the provider",
				  .evidence = m->evidence,
				  .now_ms = m->now_ms,
			      },
			      err);
}
