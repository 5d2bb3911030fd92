/*
 * The invariants of outbox.h, row by row. Most are CHECKs of the table too;
 * here they are said a second time, in C, and with what the store cannot know:
 * that the id is the key's. A store is judged by this after a crash, so it
 * trusts nothing that the crash went through.
 */
#include "outbox/outbox_priv.h"

#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/encode.h"
#include "outbox/outbox_sql.h"

enum { PAGE_ROWS = 1000 };

static bool
has_key_of_id(const struct outbox_delivery *d)
{
	struct outbox_id id = outbox_id_of(&d->key);

	return id.partner_id == d->id.partner_id &&
	       memcmp(id.bytes, d->id.bytes, sizeof(id.bytes)) == 0;
}

/* What is wrong with a row, or NULL. */
static const char *
fault_of(const struct outbox_delivery *d)
{
	bool claimed = d->state == OUTBOX_CLAIMED;
	bool marked = d->state == OUTBOX_MARKED;
	bool on_wire =
	    marked || d->state == OUTBOX_INDOUBT || d->state == OUTBOX_SENT;
	bool waits = d->state == OUTBOX_READY || claimed || marked;

	if ((size_t)d->state >= OUTBOX_STATE_COUNT)
		return "has a state that there is not";
	if (!has_key_of_id(d))
		return "has an id that is not its key's";
	if ((claimed || marked) != (d->owner != 0))
		return "has an owner where there is none, or none";
	if (claimed != (d->lease_ms != 0))
		return "has a lease where there is none, or none";
	if (on_wire && (!d->marked_ms || d->sha256.len != OUTBOX_SHA256_BYTES))
		return "was handed over without a marker";
	if ((claimed || on_wire) && !d->date_ms)
		return "was claimed without a date";
	if (d->attempt < 0 || d->epoch < d->attempt)
		return "has more attempts than claims";
	if ((d->attempt > 0) != (d->marked_ms != 0))
		return "has an attempt without a time, or none";
	if ((size_t)d->policy >= OUTBOX_POLICY_COUNT)
		return "has a policy that there is not";
	if (waits == (d->done_ms != 0))
		return "has an end where there is none, or none";
	return NULL;
}

static int
bad_row(const struct outbox_delivery *d, const char *fault, struct error *err)
{
	struct buf hex = { 0 };
	int code;

	encode_hex(&hex, outbox_id_view(&d->id));
	code =
	    error_set(err, ERROR_INTERNAL,
		      "delivery %s of partner %" PRId64 ", state %d, %s",
		      buf_cstr(&hex), d->id.partner_id, (int)d->state, fault);
	buf_fini(&hex);
	return code;
}

/*
 * The rows behind *after, which moves on to the last of them. Returns how many
 * there were.
 */
static int
check_page(struct db *db, struct arena *a, struct db_arg after[2],
	   struct error *err)
{
	struct outbox_delivery *d;
	struct db_rows rows;
	int count;

	if (db_query(db, &rows, outbox_sql_page,
		     DB_ARGS(after[0], after[1], DB_INT(PAGE_ROWS)), err) < 0)
		return -(int)err->code;
	count = outbox_rows(&rows, a, PAGE_ROWS, &d, err);
	for (int i = 0; i < count; i++) {
		const char *fault = fault_of(&d[i]);

		if (fault)
			return bad_row(&d[i], fault, err);
	}
	if (count > 0) {
		after[0] = DB_INT(d[count - 1].id.partner_id);
		after[1].s = outbox_id_view(&d[count - 1].id);
	}
	return count;
}

int
outbox_check(struct db *db, struct error *err)
{
	struct db_arg after[2] = { DB_INT(INT64_MIN), DB_BLOB(STR("")) };
	char last[OUTBOX_ID_BYTES];
	struct arena *a = arena_new();
	int count;

	do {
		struct arena_mark mark = arena_mark(a);

		count = check_page(db, a, after, err);
		if (count > 0) {
			memcpy(last, after[1].s.p, sizeof(last));
			after[1].s = (struct str){ last, sizeof(last) };
		}
		arena_rewind(a, mark);
	} while (count == PAGE_ROWS);
	arena_free(&a);
	return count < 0 ? count : 0;
}
