/*
 * What is in doubt, with the Message-IDs it left under; and the one way by
 * which evidence closes it.
 *
 * Rejected: the Message-ID as a column with an index. Every row would pay for
 * it, at a random place, and only those in doubt are ever looked for by it.
 */
#include "dispatch/dispatch_resolve.h"

#include <string.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "dispatch/dispatch_make_priv.h"
#include "dispatch/dispatch_priv.h"
#include "dispatch/dispatch_relay_log.h"

enum { PAGE_ROWS = 500 };

static enum event_kind
kind_of(enum outbox_state to)
{
	if (to == OUTBOX_SENT)
		return EVENT_SENT;
	return to == OUTBOX_BOUNCED ? EVENT_BOUNCED : EVENT_RELEASED;
}

/* The row has just been closed, so it is there. */
static int
note(struct db *db, const struct outbox_id *id, enum outbox_state to,
     int64_t now_ms, struct error *err)
{
	struct arena *a = arena_new();
	struct outbox_delivery row;
	int got = outbox_find(db, a, id, &row, err);

	if (got > 0)
		got = gate_note(db, kind_of(to), &row, row.status, now_ms, err);
	arena_free(&a);
	return got < 0 ? got : 1;
}

int
dispatch_resolve(struct db *db, const struct outbox_id *id,
		 enum outbox_state to, struct str evidence, int64_t now_ms,
		 struct error *err)
{
	int changed = outbox_resolve(db, id, to, evidence, now_ms, err);

	return changed > 0 ? note(db, id, to, now_ms, err) : changed;
}

/* ---- all of them ---- */

static struct str
message_id_of(const struct outbox_delivery *d, struct str key, struct arena *a)
{
	if (!str_eq_cstr(d->key.channel, "email") || d->domain.len == 0)
		return STR("");
	return render_message_id(d, key, d->domain, a);
}

int
dispatch_message_id(struct db_store *store, const struct outbox_delivery *d,
		    struct arena *a, struct str *out, struct error *err)
{
	uint8_t key[RENDER_MESSAGE_KEY_BYTES];

	if (make_message_key(store, key, err) < 0)
		return -(int)err->code;
	*out =
	    message_id_of(d, (struct str){ (const char *)key, sizeof(key) }, a);
	crypto_wipe(key, sizeof(key));
	return 0;
}

struct loading {
	struct arena *a;
	struct str key;
	struct buf items; /* of struct dispatch_doubt * */
	struct map *mails;
};

static void
add(struct loading *l, const struct outbox_delivery *d)
{
	struct dispatch_doubt *doubt = ARENA_NEW(l->a, struct dispatch_doubt);

	*doubt = (struct dispatch_doubt){ .delivery = *d };
	doubt->message_id = message_id_of(d, l->key, l->a);
	if (doubt->message_id.len)
		(void)map_put(l->mails, doubt->message_id, doubt);
	buf_add(&l->items, &doubt, sizeof(doubt));
}

static int
load(struct loading *l, struct db *db, struct error *err)
{
	const struct outbox_id *after = NULL;
	struct outbox_delivery *rows;
	int count;

	do {
		count = outbox_indoubt(db, l->a, after, PAGE_ROWS, &rows, err);
		for (int i = 0; i < count; i++)
			add(l, &rows[i]);
		if (count > 0)
			after = &rows[count - 1].id;
	} while (count == PAGE_ROWS);
	return count;
}

int
dispatch_doubts_load(struct dispatch_doubts *out, struct db_store *store,
		     struct arena *a, struct error *err)
{
	uint8_t key[RENDER_MESSAGE_KEY_BYTES];
	struct loading l = { .a = a, .mails = &out->mails };
	struct db *db;
	int code;

	map_init(&out->mails, a, NULL);
	if (db_reader(store, &db, err) < 0 ||
	    make_message_key(store, key, err) < 0)
		return -(int)err->code;
	l.key = (struct str){ (const char *)key, sizeof(key) };
	code = load(&l, db, err);
	crypto_wipe(key, sizeof(key));
	out->count = l.items.len / sizeof(*out->items);
	out->items = ARENA_ARRAY(a, out->count, struct dispatch_doubt *);
	if (out->count)
		memcpy(out->items, l.items.p, l.items.len);
	buf_fini(&l.items);
	return code < 0 ? error_context(err, "in doubt") : 0;
}

struct dispatch_doubt *
dispatch_doubts_find(const struct dispatch_doubts *doubts,
		     struct str message_id)
{
	message_id = str_trim(message_id);
	if (str_starts(message_id, STR("<")) && str_ends(message_id, STR(">")))
		message_id = str_slice(message_id, 1, message_id.len - 1);
	return map_find(&doubts->mails, message_id);
}

/* ---- seen ---- */

/* Hits are written by others, whose clocks may be a little behind. */
enum { LATE_MS = 10 * 1000 };

struct looking {
	struct map ids; /* partner and delivery -> struct sight */
	int64_t since_ms;
	int64_t looked_ms;
};

struct sight {
	const struct dispatch_doubt *doubt;
	bool is_new; /* in doubt since we looked last */
	bool seen;
};

static struct str
key_of(int64_t partner_id, const uint8_t *delivery,
       char key[sizeof(partner_id) + OUTBOX_ID_BYTES])
{
	memcpy(key, &partner_id, sizeof(partner_id));
	memcpy(key + sizeof(partner_id), delivery, OUTBOX_ID_BYTES);
	return (struct str){ key, sizeof(partner_id) + OUTBOX_ID_BYTES };
}

static void
look_for(struct looking *l, struct arena *a, const struct dispatch_doubt *doubt)
{
	const struct outbox_delivery *d = &doubt->delivery;
	char key[sizeof(d->id.partner_id) + OUTBOX_ID_BYTES];
	struct sight *sight = ARENA_NEW(a, struct sight);
	int64_t from_ms = l->looked_ms - LATE_MS;

	*sight =
	    (struct sight){ .doubt = doubt, .is_new = d->done_ms >= from_ms };
	if (sight->is_new || d->marked_ms > from_ms)
		from_ms = d->marked_ms;
	if (from_ms < l->since_ms)
		l->since_ms = from_ms;
	(void)map_put(&l->ids, key_of(d->id.partner_id, d->id.bytes, key),
		      sight);
}

static void
see(void *arg, const struct event_hit *hit)
{
	struct looking *l = arg;
	char key[sizeof(hit->partner_id) + OUTBOX_ID_BYTES];
	struct sight *sight =
	    map_find(&l->ids, key_of(hit->partner_id, hit->delivery, key));

	if (sight && hit->at_ms >= sight->doubt->delivery.marked_ms)
		sight->seen = true;
}

/* An opt-out is no hit, and a form is sent by who came from a message. */
static int
see_events(struct db *db, struct arena *a, struct sight *sight,
	   struct error *err)
{
	static const enum event_kind kinds[] = { EVENT_UNSUBSCRIBED,
						 EVENT_SUBMITTED };
	const struct outbox_delivery *d = &sight->doubt->delivery;
	const struct event_filter filter = {
		.partner_id = d->id.partner_id,
		.activation_id = d->key.activation_id,
		.delivery = { (const char *)d->id.bytes, sizeof(d->id.bytes) },
		.kinds = kinds,
		.kind_count = COUNT_OF(kinds),
		.limit = 100,
	};
	struct event_row *rows;
	int count = event_list(db, a, &filter, &rows, err);

	for (int i = 0; i < count; i++)
		if (rows[i].event.at_ms >= d->marked_ms)
			sight->seen = true;
	return count;
}

struct closing {
	const struct outbox_id *id;
	int64_t now_ms;
};

static int
close_seen(struct db *db, void *arg, struct error *err)
{
	const struct closing *c = arg;

	return dispatch_resolve(db, c->id, OUTBOX_SENT,
				STR("it arrived: a link of it was followed"),
				c->now_ms, err);
}

static int64_t
close_all(struct db_store *store, const struct looking *l, int64_t now_ms,
	  struct error *err)
{
	int64_t sum = 0;

	map_foreach (&l->ids, entry) {
		const struct sight *sight = entry->value;
		struct closing c = { &sight->doubt->delivery.id, now_ms };
		int got =
		    sight->seen ? db_commit(store, close_seen, &c, err) : 0;

		if (got < 0)
			return got;
		sum += got;
	}
	return sum;
}

static int
look(struct db *db, struct arena *a, const struct dispatch_doubts *doubts,
     struct looking *l, struct error *err)
{
	map_init(&l->ids, a, NULL);
	for (size_t i = 0; i < doubts->count; i++)
		look_for(l, a, doubts->items[i]);
	if (event_hits_since(db, l->since_ms, see, l, err) < 0)
		return -(int)err->code;
	map_foreach (&l->ids, entry) {
		struct sight *sight = entry->value;

		if (sight->is_new && !sight->seen &&
		    see_events(db, a, sight, err) < 0)
			return -(int)err->code;
	}
	return 0;
}

int64_t
dispatch_resolve_seen(struct db_store *store, int64_t now_ms,
		      int64_t *looked_ms, struct error *err)
{
	struct looking l = { .since_ms = INT64_MAX, .looked_ms = *looked_ms };
	struct arena *a = arena_new();
	struct dispatch_doubts doubts;
	int64_t sum = 0;
	struct db *db;

	if (dispatch_doubts_load(&doubts, store, a, err) < 0 ||
	    db_reader(store, &db, err) < 0) {
		sum = -(int)err->code;
	} else if (doubts.count > 0) {
		sum = look(db, a, &doubts, &l, err);
		if (sum >= 0)
			sum = close_all(store, &l, now_ms, err);
	}
	if (sum >= 0)
		*looked_ms = now_ms;
	arena_free(&a);
	return sum;
}

/* ---- the relay's log ---- */

int
dispatch_resolve_proof(struct db *db, struct arena *a, struct relay_log *log,
		       const struct dispatch_doubt *doubt,
		       struct relay_proof *out, struct error *err)
{
	int64_t adopted_ms;
	int got;

	if (!relay_log_proves(log, doubt, a, out))
		return 0;
	if (out->to == OUTBOX_SENT)
		return 1;
	got = outbox_adopted(db, &adopted_ms, err);
	if (got < 0)
		return got;
	return got == 0 || doubt->delivery.marked_ms > adopted_ms;
}
