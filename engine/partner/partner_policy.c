/*
 * What the vendor states of a person on many lists, and whose a person is.
 *
 * A slot is an upsert on its key: of two planners at once the second waits for
 * the first and is told what that decided. So is a move, by the holder it
 * names. Slots outlive the policy, which is asked for beside them: when it is
 * stated again, whoever was served is still known.
 */
#include "partner/partner_policy.h"

#include "base/arena.h"
#include "partner/partner_priv.h"
#include "partner/partner_sql.h"

/* ---- how often ---- */

int
partner_frequency_set(struct db *db, enum frequency_scope scope,
		      const struct frequency *f, struct error *err)
{
	if (f->most <= 0)
		return (int)db_run(db, partner_sql_frequency_unset,
				   DB_ARGS(DB_INT(scope)), err);
	return (int)db_run(
	    db, partner_sql_frequency_set,
	    DB_ARGS(DB_INT(scope), DB_INT(f->most), DB_INT(f->window_ms)), err);
}

int
partner_frequency_find(struct db *db, enum frequency_scope scope,
		       struct frequency *f, struct error *err)
{
	struct db_rows rows;
	int got;

	*f = (struct frequency){ 0 };
	if (db_query(db, &rows, partner_sql_frequency, DB_ARGS(DB_INT(scope)),
		     err) < 0)
		return -(int)err->code;
	got = db_next(&rows, err);
	if (got > 0)
		*f = (struct frequency){
			.most = db_int(&rows, 0),
			.window_ms = db_int(&rows, 1),
		};
	db_rows_end(&rows);
	return got;
}

/* ---- whose person ---- */

int
partner_one_set(struct db *db, struct str campaign,
		const struct one_partner *one, struct error *err)
{
	if (!one)
		return (int)db_run(db, partner_sql_one_unset,
				   DB_ARGS(DB_TEXT(campaign)), err);
	return (int)db_run(db, partner_sql_one_set,
			   DB_ARGS(DB_TEXT(campaign), DB_TEXT(one->customers),
				   DB_TEXT(one->tags)),
			   err);
}

int
partner_one_find(struct db *db, struct arena *a, struct str campaign,
		 struct one_partner *one, struct error *err)
{
	struct db_rows rows;
	int got;

	if (db_query(db, &rows, partner_sql_one, DB_ARGS(DB_TEXT(campaign)),
		     err) < 0)
		return -(int)err->code;
	got = db_next(&rows, err);
	if (got > 0)
		*one = (struct one_partner){
			.customers = str_copy(a, db_text(&rows, 0)),
			.tags = str_copy(a, db_text(&rows, 1)),
		};
	db_rows_end(&rows);
	return got;
}

/* ?1 to ?5 */
#define SLOT_ARGS(s)                                                    \
	DB_BLOB(person_hash_view((s)->person)), DB_TEXT((s)->campaign), \
	    DB_INT((s)->partner_id), DB_TEXT((s)->rule), DB_INT((s)->at_ms)

int
partner_slot_take(struct db *db, const struct partner_slot *slot,
		  int64_t *holder, struct error *err)
{
	int64_t first = slot->partner_id;

	if (db_query_int(db, &first, partner_sql_slot_take,
			 DB_ARGS(SLOT_ARGS(slot)), err) < 0)
		return -(int)err->code;
	*holder = first;
	return first == slot->partner_id;
}

int
partner_slot_find(struct db *db, struct arena *a, struct partner_slot *slot,
		  struct error *err)
{
	struct db_rows rows;
	int got;

	if (db_query(db, &rows, partner_sql_slot_find,
		     DB_ARGS(DB_BLOB(person_hash_view(slot->person)),
			     DB_TEXT(slot->campaign)),
		     err) < 0)
		return -(int)err->code;
	got = db_next(&rows, err);
	if (got > 0) {
		slot->partner_id = db_int(&rows, 0);
		slot->rule = str_copy(a, db_text(&rows, 1));
		slot->at_ms = db_int(&rows, 2);
	}
	db_rows_end(&rows);
	return got;
}

int
partner_slot_move(struct db *db, const struct partner_slot *slot,
		  int64_t holder, struct error *err)
{
	return (int)db_run(db, partner_sql_slot_move,
			   DB_ARGS(SLOT_ARGS(slot), DB_INT(holder)), err);
}
