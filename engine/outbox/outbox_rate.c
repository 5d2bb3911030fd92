/*
 * What is counted for a queue, by slots of time.
 *
 * A window of one unit can touch one slot more than the unit has, so these are
 * summed; then no unit of time, wherever it begins, sees more than the limit.
 * Rejected: a bucket that fills with time, which is one number but lets twice
 * the limit pass in a unit, or must spread a day's limit over the day; times
 * of the last n messages, which are as many rows as the limit has messages.
 *
 * A clock that was set back finds slots that lie ahead, and they count.
 *
 * The canary of a run is a limit too, without an end.
 */
#include "outbox/outbox_queue.h"

#include "outbox/outbox_queue_sql.h"

static const struct {
	const char *name;
	int64_t ms;
	int64_t slots;
} units[] = {
#define UNIT_ROW(name, text, ms, slots) \
	[OUTBOX_##name] = { (text), (ms), (slots) },
	OUTBOX_UNITS(UNIT_ROW)
#undef UNIT_ROW
};

_Static_assert(OUTBOX_UNIT_COUNT <= (int)OUTBOX_SCORE_SENT,
	       "what is counted is one number");

const char *
outbox_unit_name(enum outbox_unit unit)
{
	check((size_t)unit < COUNT_OF(units));
	return units[unit].name;
}

bool
outbox_unit_find(struct str name, enum outbox_unit *out)
{
	for (size_t i = 0; i < COUNT_OF(units); i++) {
		if (!str_eq_cstr(name, units[i].name))
			continue;
		*out = (enum outbox_unit)i;
		return true;
	}
	return false;
}

int64_t
outbox_unit_ms(enum outbox_unit unit)
{
	check((size_t)unit < COUNT_OF(units));
	return units[unit].ms;
}

/* ---- slots ---- */

static int64_t
slot_ms(enum outbox_unit unit)
{
	return outbox_unit_ms(unit) / units[unit].slots;
}

static int64_t
slot_of(enum outbox_unit unit, int64_t at_ms)
{
	return at_ms / slot_ms(unit);
}

/* The oldest that a window which ends now can touch. */
static int64_t
first_slot(enum outbox_unit unit, int64_t now_ms)
{
	return slot_of(unit, now_ms) - units[unit].slots;
}

static int
add(struct db *db, int64_t queue, int64_t what, int64_t slot, int64_t n,
    struct error *err)
{
	return db_run(db, outbox_sql_tally_add,
		      DB_ARGS(DB_INT(queue), DB_INT(what), DB_INT(slot),
			      DB_INT(n)),
		      err) < 0
		   ? -(int)err->code
		   : 0;
}

static int
trim(struct db *db, int64_t queue, int64_t what, int64_t slot,
     struct error *err)
{
	return db_run(db, outbox_sql_tally_trim,
		      DB_ARGS(DB_INT(queue), DB_INT(what), DB_INT(slot)),
		      err) < 0
		   ? -(int)err->code
		   : 0;
}

static int
sum(struct db *db, int64_t queue, int64_t what, int64_t from, int64_t *n,
    struct error *err)
{
	struct db_rows rows;
	int got;

	*n = 0;
	if (db_query(db, &rows, outbox_sql_tally,
		     DB_ARGS(DB_INT(queue), DB_INT(what), DB_INT(from)),
		     err) < 0)
		return -(int)err->code;
	while ((got = db_next(&rows, err)) > 0)
		*n += db_int(&rows, 1);
	db_rows_end(&rows);
	return got;
}

/* ---- limits ---- */

int
outbox_rate_lock(struct db *db, int64_t queue, struct error *err)
{
	const char *sql = outbox_sql_tally_lock[db_dialect(db)];
	int64_t ignored;

	return sql ? db_query_int(db, &ignored, sql, DB_ARGS(DB_INT(queue)),
				  err)
		   : 0;
}

/* When so many of what `rows` counts are out of the window. */
static int
find_opening(struct db_rows *rows, enum outbox_unit unit, int64_t over,
	     int64_t *opens_ms, struct error *err)
{
	int got;

	*opens_ms = INT64_MAX;
	while ((got = db_next(rows, err)) > 0) {
		over -= db_int(rows, 1);
		if (over > 0)
			continue;
		*opens_ms =
		    (db_int(rows, 0) + units[unit].slots + 1) * slot_ms(unit);
		return 0;
	}
	return got;
}

static int
opening(struct db *db, int64_t queue, const struct outbox_rate *rate,
	int64_t now_ms, int64_t over, int64_t *opens_ms, struct error *err)
{
	struct db_rows rows;
	int got;

	if (rate->unit == OUTBOX_EVER) {
		*opens_ms = INT64_MAX;
		return 0;
	}
	if (db_query(db, &rows, outbox_sql_tally,
		     DB_ARGS(DB_INT(queue), DB_INT(rate->unit),
			     DB_INT(first_slot(rate->unit, now_ms))),
		     err) < 0)
		return -(int)err->code;
	got = find_opening(&rows, rate->unit, over, opens_ms, err);
	db_rows_end(&rows);
	return got;
}

int
outbox_rate_room(struct db *db, int64_t queue, const struct outbox_rate *rate,
		 int64_t now_ms, int64_t *opens_ms, struct error *err)
{
	int64_t used;
	int64_t room;

	check(rate->messages > 0);
	if (sum(db, queue, rate->unit, first_slot(rate->unit, now_ms), &used,
		err) < 0)
		return -(int)err->code;
	room = rate->messages - used;
	if (room <= 0)
		return opening(db, queue, rate, now_ms, 1 - room, opens_ms,
			       err);
	return room < INT32_MAX ? (int)room : INT32_MAX;
}

int
outbox_rate_add(struct db *db, int64_t queue, enum outbox_unit unit,
		int64_t now_ms, struct error *err)
{
	if (trim(db, queue, unit, first_slot(unit, now_ms), err) < 0)
		return -(int)err->code;
	return add(db, queue, unit, slot_of(unit, now_ms), 1, err);
}

/* ---- what became of it ---- */

int
outbox_score_add(struct db *db, int64_t queue, enum outbox_score what,
		 enum outbox_unit unit, int64_t at_ms, int64_t n,
		 struct error *err)
{
	if (unit != OUTBOX_EVER &&
	    trim(db, queue, (int64_t)what, first_slot(unit, at_ms), err) < 0)
		return -(int)err->code;
	return add(db, queue, (int64_t)what, slot_of(unit, at_ms), n, err);
}

int
outbox_score(struct db *db, int64_t queue, enum outbox_score what,
	     enum outbox_unit unit, int64_t now_ms, int64_t *n,
	     struct error *err)
{
	return sum(db, queue, (int64_t)what, first_slot(unit, now_ms), n, err);
}

int
outbox_score_forget(struct db *db, int64_t queue, struct error *err)
{
	return db_run(db, outbox_sql_tally_forget, DB_ARGS(DB_INT(queue)),
		      err) < 0
		   ? -(int)err->code
		   : 0;
}
