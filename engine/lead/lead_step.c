/*
 * News of leads, replies and senders that has nobody to go to.
 *
 * A partner may have no address, and its leads come all the same. The mail
 * that would tell of one is put like any other, so it is counted and seen, and
 * the sender holds it, for what is sent has an address. It waits here until
 * the partner has one.
 *
 * The partner is looked at, not whoever changes it: an address comes by a file,
 * by an apply or by the partner itself, and a mail that was being held at the
 * very moment would be missed by all of them.
 *
 * What an operator is to decide about, held for another reason, is left alone.
 */
#include "lead/lead.h"

#include "base/arena.h"
#include "event/event.h"
#include "lead/lead_reply.h"

enum { BATCH = 100 };

#define UNTOLD(name)                                                \
	{                                                           \
		.step = { (name), sizeof(name) - 1 },               \
		.status = { LEAD_UNTOLD, sizeof(LEAD_UNTOLD) - 1 }, \
		.limit = BATCH,                                     \
	}

static const struct outbox_hold untold[] = { UNTOLD(LEAD_STEP_NOTIFY),
					     UNTOLD(LEAD_STEP_REPLY),
					     UNTOLD(OUTBOX_STEP_NOTICE) };

struct releasing {
	struct outbox_hold hold;
	int64_t now_ms;
};

/* ---- one partner ---- */

static int
release(struct db *db, const struct outbox_delivery *d, int64_t now_ms,
	struct error *err)
{
	struct str why = STR("the partner has an address for leads");
	int changed = outbox_unhold(db, &d->id, OUTBOX_READY, why, now_ms, err);

	if (changed <= 0)
		return changed;
	if (event_append_with(db,
			      &(struct event){
				  .kind = EVENT_RELEASED,
				  .at_ms = now_ms,
				  .partner_id = d->key.partner_id,
				  .activation_id = d->key.activation_id,
				  .delivery = { (const char *)d->id.bytes,
						sizeof(d->id.bytes) },
			      },
			      "status", why, err) < 0)
		return -(int)err->code;
	return 1;
}

/* Its news, as far as one batch goes: the number. */
static int
release_some(struct db *db, struct arena *a, const struct releasing *r,
	     struct error *err)
{
	struct outbox_delivery *list;
	int sum = 0;
	int count;

	count = outbox_held(db, a, &r->hold, &list, err);
	for (int i = 0; i < count; i++) {
		int changed = release(db, &list[i], r->now_ms, err);

		if (changed < 0)
			return changed;
		sum += changed;
	}
	return count < 0 ? count : sum;
}

static int
release_unit(struct db *db, void *arg, struct error *err)
{
	struct arena *a = arena_new();
	int sum = release_some(db, a, arg, err);

	arena_free(&a);
	return sum;
}

/* ---- all of them ---- */

static int64_t
release_all(struct db_store *store, struct arena *a,
	    const struct outbox_hold *hold, int64_t now_ms, struct error *err)
{
	struct releasing r = { .hold = *hold, .now_ms = now_ms };
	int64_t *partners;
	int64_t sum = 0;
	struct db *db;
	int count;

	if (db_reader(store, &db, err) < 0)
		return -(int)err->code;
	count = outbox_holders(db, a, hold, &partners, err);
	for (int i = 0; i < count; i++) {
		struct partner p;
		int did = 0;

		r.hold.partner_id = partners[i];
		if (partner_get(db, a, partners[i], &p, err) < 0)
			return -(int)err->code;
		if (partner_lead_address(&p).len > 0)
			did = db_commit(store, release_unit, &r, err);
		if (did < 0)
			return did;
		sum += did;
	}
	return count < 0 ? count : sum;
}

int64_t
lead_step(struct db_store *store, int64_t now_ms, struct error *err)
{
	struct arena *a = arena_new();
	int64_t sum = 0, did = 0;

	for (size_t i = 0; i < COUNT_OF(untold) && did >= 0; i++) {
		did = release_all(store, a, &untold[i], now_ms, err);
		sum += did;
	}
	arena_free(&a);
	return did < 0 ? error_context(err, "leads that wait") : sum;
}
