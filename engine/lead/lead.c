/*
 * Capturing and erasing leads.
 *
 * Capture is one unit; its first statement decides. Where the lead is there
 * already, nothing else is done, so a request that is repeated, or a unit that
 * is run again, changes nothing: the deliveries, the exit and the journal's
 * line came with the row.
 *
 * The exit cancels what waits for whoever became a lead, in this activation:
 * the person of the address, and the person whose mail brought them. Each
 * cancellation has its line in the journal.
 *
 * The journal's payload names the lead, not the person. So erasing a lead
 * leaves the journal alone.
 *
 * Rejected: making a contact of the visitor. To be called is what they asked
 * for; a partner's list is for whoever consented to mail.
 */
#include "lead/lead.h"

#include <string.h>

#include "base/arena.h"
#include "base/encode.h"
#include "base/js.h"
#include "event/event.h"
#include "lead/lead_reply.h"
#include "lead/lead_sql.h"

enum {
	DAY_MS = 24 * 60 * 60 * 1000,
	WAITING_MAX = 1000, /* deliveries of one person in one activation */
};

/* ---- the row ---- */

/* What one capture works on; lives for the unit. */
struct work {
	struct db *db;
	struct arena *arena;
	const struct lead *lead;
	bool hook;
	bool was_mailed; /* the lead came by a person's mail: */
	struct person_hash mailed;
};

/* Whose mail brought them; a post brings nobody that we know. */
static int
find_mailed(struct work *w, struct error *err)
{
	struct outbox_id id = { .partner_id = w->lead->partner_id };
	struct outbox_delivery d;
	int got;

	if (w->lead->delivery.len == 0)
		return 0;
	check(w->lead->delivery.len == sizeof(id.bytes));
	memcpy(id.bytes, w->lead->delivery.p, sizeof(id.bytes));
	got = outbox_find(w->db, w->arena, &id, &d, err);
	if (got <= 0)
		return got;
	w->was_mailed = d.key.subject_kind == OUTBOX_PERSON &&
			d.key.subject.len == sizeof(w->mailed.bytes);
	if (w->was_mailed)
		memcpy(w->mailed.bytes, d.key.subject.p,
		       sizeof(w->mailed.bytes));
	return 0;
}

static struct db_arg
person_or_null(bool known, const struct person_hash *person)
{
	return known ? DB_BLOB(person_hash_view(person)) : DB_NULL;
}

#define TEXT_ARG(name) , DB_TEXT(l->name)

/* 1, or 0 when it is there. */
static int
put_lead(struct work *w, struct error *err)
{
	const struct lead *l = w->lead;

	return (int)db_run(
	    w->db, lead_sql_put,
	    DB_ARGS(
		DB_INT(l->partner_id), DB_INT(l->id), DB_INT(l->activation_id),
		person_or_null(l->has_person, &l->person),
		person_or_null(w->was_mailed, &w->mailed),
		l->delivery.len ? DB_BLOB(l->delivery) : DB_NULL,
		DB_BLOB(l->revision), DB_INT(l->at_ms) LEAD_TEXTS(TEXT_ARG)),
	    err);
}

/* ---- the journal ---- */

static int
note_submitted(struct work *w, struct error *err)
{
	const struct lead *l = w->lead;
	struct buf payload = { 0 };
	struct buf id = { 0 };
	struct js_writer js;
	int code;

	encode_id(&id, l->id);
	js_writer_init(&js, &payload, false);
	js_begin_object(&js);
	js_key_str(&js, "lead", buf_view(&id));
	js_key_str(&js, "campaign", l->campaign);
	js_key_str(&js, "page", l->page);
	js_key_str(&js, "form", l->form);
	js_end_object(&js);
	js_writer_end(&js);
	code = event_append(w->db,
			    &(struct event){
				.kind = EVENT_SUBMITTED,
				.at_ms = l->at_ms,
				.partner_id = l->partner_id,
				.activation_id = l->activation_id,
				.delivery = l->delivery,
				.payload = buf_view(&payload),
			    },
			    err);
	buf_fini(&id);
	buf_fini(&payload);
	return code;
}

static int
note_cancelled(struct db *db, const struct outbox_delivery *d, struct str why,
	       int64_t now_ms, struct error *err)
{
	return event_append_with(
	    db,
	    &(struct event){
		.kind = EVENT_CANCELLED,
		.at_ms = now_ms,
		.partner_id = d->key.partner_id,
		.activation_id = d->key.activation_id,
		.delivery = { (const char *)d->id.bytes, sizeof(d->id.bytes) },
	    },
	    "status", why, err);
}

/* ---- the exit ---- */

static bool
waits(enum outbox_state state)
{
	return state == OUTBOX_READY || state == OUTBOX_CLAIMED ||
	       state == OUTBOX_HELD;
}

/*
 * What waits and fits the filter is cancelled, each with its line in the
 * journal. A row that comes to wait between the two statements is cancelled
 * without one; the person's lock keeps the sender away, and the planner puts
 * nothing for whoever is a lead.
 */
static int
cancel_waiting(struct db *db, struct arena *a,
	       const struct outbox_filter *filter, struct str why,
	       int64_t now_ms, struct error *err)
{
	struct outbox_delivery *list;
	int count = outbox_list(db, a, filter, -1, WAITING_MAX, &list, err);

	if (count <= 0)
		return count;
	if (outbox_cancel(db, filter, why, now_ms, err) < 0)
		return -(int)err->code;
	for (int i = 0; i < count; i++)
		if (waits(list[i].state) &&
		    note_cancelled(db, &list[i], why, now_ms, err) < 0)
			return -(int)err->code;
	return 0;
}

static int
leave_sequence(struct work *w, const struct person_hash *person,
	       struct error *err)
{
	const struct lead *l = w->lead;
	const struct outbox_filter filter = {
		.partner_id = l->partner_id,
		.activation_id = l->activation_id,
		.subject = person_hash_view(person),
	};

	if (partner_lock_person(w->db, l->partner_id, person, err) < 0)
		return -(int)err->code;
	return cancel_waiting(w->db, w->arena, &filter, STR("became a lead"),
			      l->at_ms, err);
}

static int
leave_sequences(struct work *w, struct error *err)
{
	const struct lead *l = w->lead;

	if (l->has_person && leave_sequence(w, &l->person, err) < 0)
		return -(int)err->code;
	if (!w->was_mailed ||
	    (l->has_person && memcmp(w->mailed.bytes, l->person.bytes,
				     sizeof(w->mailed.bytes)) == 0))
		return 0;
	return leave_sequence(w, &w->mailed, err);
}

/* ---- the deliveries ---- */

static int
put_delivery(struct work *w, const char *step, const char *channel,
	     struct error *err)
{
	uint8_t subject[LEAD_SUBJECT_BYTES];
	const struct outbox_key key = {
		.partner_id = w->lead->partner_id,
		.activation_id = w->lead->activation_id,
		.step = str_of(step),
		.subject_kind = OUTBOX_LEAD,
		.subject = lead_subject(w->lead->id, subject),
		.channel = str_of(channel),
	};

	return outbox_put(w->db, &key, w->lead->at_ms, err);
}

/*
 * Asked before the lead is put: 1 when the visitor is to be thanked. Once a
 * day and for all partners together, since anybody may type the address: many
 * pages must not add up to many mails to somebody who asked for none.
 */
static int
may_thank(struct work *w, struct error *err)
{
	const struct lead *l = w->lead;
	int64_t found;
	int got;

	if (l->address.len == 0 || !l->has_person)
		return 0;
	got = db_query_int(w->db, &found, lead_sql_thanked,
			   DB_ARGS(DB_BLOB(person_hash_view(&l->person)),
				   DB_INT(l->at_ms - DAY_MS)),
			   err);
	if (got == 0)
		got = partner_suppressed(w->db, SUPPRESSION_GLOBAL,
					 PARTNER_VENDOR, &l->person, err);
	return got < 0 ? got : got == 0;
}

static int
put_deliveries(struct work *w, bool thank, struct error *err)
{
	struct partner partner;
	bool mail;

	if (partner_get(w->db, w->arena, w->lead->partner_id, &partner, err) <
	    0)
		return -(int)err->code;
	/* Somebody is told, or the mail waits for an address: lead_step.c. */
	mail = partner_lead_address(&partner).len > 0 || !w->hook;
	if ((mail && put_delivery(w, LEAD_STEP_NOTIFY, "email", err) < 0) ||
	    (w->hook && put_delivery(w, LEAD_STEP_HOOK, "webhook", err) < 0) ||
	    (thank && put_delivery(w, LEAD_STEP_THANKS, "email", err) < 0))
		return -(int)err->code;
	return 0;
}

static int
capture(struct work *w, struct error *err)
{
	int thank;
	int fresh;

	if (find_mailed(w, err) < 0)
		return -(int)err->code;
	thank = may_thank(w, err);
	if (thank < 0)
		return thank;
	fresh = put_lead(w, err);
	if (fresh <= 0)
		return fresh;
	if (put_deliveries(w, thank, err) < 0 || leave_sequences(w, err) < 0 ||
	    note_submitted(w, err) < 0)
		return -(int)err->code;
	return 1;
}

int
lead_capture(struct db *db, const struct lead_capture *how, struct error *err)
{
	struct work w = { .db = db, .lead = how->lead, .hook = how->hook };
	int got;

	check(w.lead->id > 0 && w.lead->activation_id > 0);
	w.arena = arena_new();
	got = capture(&w, err);
	arena_free(&w.arena);
	return got < 0 ? error_context(err, "lead") : got;
}

/* ---- erasing ---- */

/* Their ids, in `a`; the count. */
static int
ids_of(struct db *db, struct arena *a, int64_t partner_id,
       const struct person_hash *person, int64_t **ids, struct error *err)
{
	struct db_rows rows;
	struct buf all = { 0 };
	int got;

	if (db_query(
		db, &rows, lead_sql_ids_of,
		DB_ARGS(DB_INT(partner_id), DB_BLOB(person_hash_view(person))),
		err) < 0)
		return -(int)err->code;
	while ((got = db_next(&rows, err)) > 0) {
		int64_t id = db_int(&rows, 0);

		buf_add(&all, &id, sizeof(id));
	}
	db_rows_end(&rows);
	if (got >= 0) {
		got = (int)(all.len / sizeof(**ids));
		*ids = ARENA_ARRAY(a, (size_t)got, int64_t);
		if (got > 0)
			memcpy(*ids, all.p, all.len);
	}
	buf_fini(&all);
	return got;
}

static int
erase_one(struct db *db, struct arena *a, int64_t partner_id, int64_t id,
	  int64_t now_ms, struct error *err)
{
	uint8_t subject[LEAD_SUBJECT_BYTES];
	const struct outbox_filter filter = {
		.partner_id = partner_id,
		.subject = lead_subject(id, subject),
	};

	if (cancel_waiting(db, a, &filter, STR("erased"), now_ms, err) < 0)
		return -(int)err->code;
	return (int)db_run(db, lead_sql_erase,
			   DB_ARGS(DB_INT(partner_id), DB_INT(id)), err);
}

static int
erase_reply(struct db *db, struct arena *a, int64_t partner_id, struct str id,
	    int64_t now_ms, struct error *err)
{
	const struct outbox_filter filter = { .partner_id = partner_id,
					      .subject = id };

	if (cancel_waiting(db, a, &filter, STR("erased"), now_ms, err) < 0)
		return -(int)err->code;
	return lead_reply_forget(db, partner_id, id, err);
}

/* Those whose words are here; of the others nothing personal is. */
static int
erase_replies(struct db *db, struct arena *a, int64_t partner_id,
	      const struct person_hash *person, int64_t now_ms,
	      struct error *err)
{
	struct buf ids = { 0 };
	struct db_rows rows;
	int got;

	if (db_query(
		db, &rows, lead_sql_replies_of,
		DB_ARGS(DB_INT(partner_id), DB_BLOB(person_hash_view(person))),
		err) < 0)
		return -(int)err->code;
	while ((got = db_next(&rows, err)) > 0)
		buf_str(&ids, db_blob(&rows, 0));
	db_rows_end(&rows);
	for (size_t i = 0; got >= 0 && i < ids.len; i += LEAD_REPLY_ID_BYTES)
		got = erase_reply(
		    db, a, partner_id,
		    str_slice(buf_view(&ids), i, i + LEAD_REPLY_ID_BYTES),
		    now_ms, err);
	buf_fini(&ids);
	return got;
}

int
lead_erase(struct db *db, int64_t partner_id, const struct person_hash *person,
	   int64_t now_ms, struct error *err)
{
	struct arena *a = arena_new();
	int64_t *ids = NULL;
	int count = ids_of(db, a, partner_id, person, &ids, err);
	int code = count;

	for (int i = 0; code >= 0 && i < count; i++)
		code = erase_one(db, a, partner_id, ids[i], now_ms, err);
	if (code >= 0)
		code = erase_replies(db, a, partner_id, person, now_ms, err);
	arena_free(&a);
	return code < 0 ? error_context(err, "leads") : count;
}
