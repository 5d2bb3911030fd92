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
	if (str_eq_cstr(d->key.channel, "email") && d->domain.len) {
		doubt->message_id =
		    render_message_id(d, l->key, d->domain, l->a);
		(void)map_put(l->mails, doubt->message_id, doubt);
	}
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
