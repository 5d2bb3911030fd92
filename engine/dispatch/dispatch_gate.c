/*
 * The gate, asked for a delivery, and what follows from its answer.
 *
 * It is asked when a connection takes its next message, so that hardly any is
 * made in vain, and again by the marker, in whose transaction the answer
 * counts. A delivery whose subject is no person has no consent to look up; the
 * view activation_gate knows what can stop it; what tells a partner of its
 * lead heeds only the partner's own end (outbox_tells_partner()).
 */
#include "dispatch/dispatch_priv.h"

#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "dispatch/dispatch_sql.h"
#include "lead/lead_reply.h"

static int
ask_activation(struct db *db, const struct outbox_delivery *d,
	       enum gate_reason *reason, struct error *err)
{
	int64_t n;
	int got = db_query_int(
	    db, &n, dispatch_sql_activation_gate,
	    DB_ARGS(DB_INT(d->key.partner_id), DB_INT(d->key.activation_id)),
	    err);

	if (got < 0)
		return got;
	if (got == 0)
		return error_set(err, ERROR_INTERNAL,
				 "a delivery's activation is not there");
	check(n >= 0 && n < GATE_REASON_COUNT);
	*reason = (enum gate_reason)n;
	if (outbox_tells_partner(&d->key) &&
	    (*reason == GATE_PAUSED || *reason == GATE_ACTIVATION_ENDED))
		*reason = GATE_OPEN;
	return 0;
}

/* Whom the gate would let through, and who has had enough for now. */
static int
ask_frequency(struct db *db, const struct outbox_delivery *d, int64_t now_ms,
	      enum gate_reason *reason, struct error *err)
{
	int64_t free_ms;
	int free = outbox_free_at(db, d->key.partner_id, d->key.subject, now_ms,
				  &free_ms, err);

	if (free == 0)
		*reason = GATE_FREQUENCY;
	return free < 0 ? free : 0;
}

int
gate_ask(struct db *db, const struct outbox_delivery *d, int64_t now_ms,
	 enum gate_reason *reason, struct error *err)
{
	struct person_hash person;
	int open;

	if (d->key.subject_kind != OUTBOX_PERSON)
		return ask_activation(db, d, reason, err);
	/* What is no person is on nobody's list. */
	if (d->key.subject.len != sizeof(person.bytes)) {
		*reason = GATE_NO_CONTACT;
		return 0;
	}
	memcpy(person.bytes, d->key.subject.p, sizeof(person.bytes));
	open = partner_may_send(db, d->key.partner_id, d->key.activation_id,
				&person, reason, err);
	if (open <= 0)
		return open;
	return now_ms < 0 ? 0 : ask_frequency(db, d, now_ms, reason, err);
}

/* Too many for now, and not for longer than a mail may wait. */
static int
wait_for_place(struct db *db, const struct outbox_delivery *d, int64_t now_ms,
	       struct error *err)
{
	int64_t free_ms = now_ms;
	int free = outbox_free_at(db, d->key.partner_id, d->key.subject, now_ms,
				  &free_ms, err);

	if (free < 0)
		return free;
	if (free_ms > outbox_wait_until(d->date_ms))
		return 0;
	return outbox_delay(db, d, free_ms, err) < 0 ? -(int)err->code : 1;
}

int
gate_hold(struct db *db, const struct outbox_delivery *d,
	  enum gate_reason reason, int64_t now_ms, struct error *err)
{
	struct str text = str_of(gate_reason_text(reason));
	int64_t again_ms = -1;
	int done = 0;

	/* Whoever has the person may yet not mail it: planning looks. */
	if (reason == GATE_OTHER_PARTNER)
		again_ms = now_ms;
	else
		done = wait_for_place(db, d, now_ms, err);
	if (done == 0) {
		done = outbox_hold(db, d, text, again_ms, now_ms, err);
		if (done > 0)
			done = gate_note(db, EVENT_HELD, d, text, now_ms, err);
	}
	return done < 0 ? done : 0;
}

int
gate_cancel(struct db *db, const struct outbox_delivery *d,
	    enum gate_reason reason, int64_t now_ms, struct error *err)
{
	const struct outbox_filter filter = {
		.partner_id = d->key.partner_id,
		.activation_id = d->key.activation_id,
		.step = d->key.step,
		.subject = d->key.subject,
	};
	struct str text = str_of(gate_reason_text(reason));
	int64_t count = outbox_cancel(db, &filter, text, now_ms, err);

	if (count < 0)
		return -(int)err->code;
	/* 0: somebody was faster, and has noted it. */
	return count == 0
		   ? 0
		   : gate_note(db, EVENT_CANCELLED, d, text, now_ms, err);
}

/* In the unit that says it was SENT: a reply is with the partner now. */
static int
forget_reply(struct db *db, enum event_kind kind,
	     const struct outbox_delivery *d, struct error *err)
{
	if (kind != EVENT_SENT || d->key.subject_kind != OUTBOX_REPLY)
		return 0;
	return lead_reply_forget(db, d->key.partner_id, d->key.subject, err);
}

int
gate_note(struct db *db, enum event_kind kind, const struct outbox_delivery *d,
	  struct str status, int64_t now_ms, struct error *err)
{
	if (forget_reply(db, kind, d, err) < 0)
		return -(int)err->code;
	return event_append_with(
	    db,
	    &(struct event){
		.kind = kind,
		.at_ms = now_ms,
		.partner_id = d->key.partner_id,
		.activation_id = d->key.activation_id,
		.delivery = { (const char *)d->id.bytes, sizeof(d->id.bytes) },
	    },
	    "status", status, err);
}

static int
note_policy(struct db *db, struct arena *a, const struct outbox_delivery *d,
	    enum outbox_state became, int64_t now_ms, struct error *err)
{
	enum event_kind kind =
	    became == OUTBOX_SENT ? EVENT_SENT : EVENT_RELEASED;
	struct outbox_delivery now;
	int got = outbox_find(db, a, &d->id, &now, err);

	return got > 0 ? gate_note(db, kind, d, now.status, now_ms, err) : got;
}

int
gate_obey(struct db *db, const struct outbox_delivery *d, int64_t now_ms,
	  struct error *err)
{
	enum outbox_state became;
	struct arena *a;
	int got = outbox_obey(db, &d->id, now_ms, &became, err);

	if (got <= 0)
		return got;
	a = arena_new();
	got = note_policy(db, a, d, became, now_ms, err);
	arena_free(&a);
	return got;
}

/* ---- withdrawing ---- */

enum { WAITING_MAX = 1000 };

static bool
can_be_cancelled(enum outbox_state state)
{
	return state == OUTBOX_READY || state == OUTBOX_CLAIMED ||
	       state == OUTBOX_HELD;
}

static int
note_cancelled(struct db *db, const struct outbox_filter *filter,
	       struct str reason, int64_t now_ms, struct error *err)
{
	struct arena *a = arena_new();
	struct outbox_delivery *rows;
	int count = outbox_list(db, a, filter, -1, WAITING_MAX, &rows, err);
	int code = count;

	for (int i = 0; i < count && code >= 0; i++)
		if (can_be_cancelled(rows[i].state))
			code = gate_note(db, EVENT_CANCELLED, &rows[i], reason,
					 now_ms, err);
	arena_free(&a);
	return code;
}

int64_t
dispatch_cancel(struct db *db, const struct outbox_filter *filter,
		struct str reason, int64_t now_ms, struct error *err)
{
	if (note_cancelled(db, filter, reason, now_ms, err) < 0)
		return -(int)err->code;
	return outbox_cancel(db, filter, reason, now_ms, err);
}

int64_t
gate_pass_over(struct db *db, const struct outbox_filter *filter,
	       struct str reason, int64_t now_ms, struct error *err)
{
	if (note_cancelled(db, filter, reason, now_ms, err) < 0)
		return -(int)err->code;
	return outbox_pass_over(db, filter, reason, now_ms, err);
}

struct str
dispatch_slug(struct db_store *store, struct arena *a, int64_t partner_id)
{
	struct partner partner = { .slug = STR("vendor") };
	struct error ignored;
	struct db *db;

	if (partner_id != PARTNER_VENDOR &&
	    (db_reader(store, &db, &ignored) < 0 ||
	     partner_get(db, a, partner_id, &partner, &ignored) < 0))
		return str_printf(a, "%" PRId64, partner_id);
	return partner.slug;
}
