/*
 * Mails that came back, as rows: what makes taking them safe to repeat.
 */
#include "event/event.h"

#include <string.h>

#include "event/event_sql.h"

static const char *const names[] = {
#define NAME(name, text) [EVENT_RETURN_##name] = text,
	EVENT_RETURNS(NAME)
#undef NAME
};

const char *event_return_name(enum event_return_class class)
{
	check((size_t) class < COUNT_OF(names));
	return names[class];
}

int
event_return_add(struct db *db, const struct event_return *r, struct error *err)
{
	check((size_t)r->class < EVENT_RETURN_COUNT && r->partner_id >= 0);
	check(r->delivery.len == 0 || r->delivery.len == EVENT_DELIVERY_BYTES);
	if (event_sql_return_forget(db, r->at_ms - EVENT_RETURN_KEPT_MS, err) <
	    0)
		return -(int)err->code;
	return event_sql_return_add(db, r, err);
}

int
event_return_once(struct db *db, const uint8_t hash[CRYPTO_HASH_BYTES],
		  int64_t now_ms, int64_t until_ms, struct error *err)
{
	struct event_return r = {
		.class = EVENT_RETURN_ONCE,
		.at_ms = until_ms - EVENT_RETURN_KEPT_MS,
	};

	memcpy(r.hash, hash, sizeof(r.hash));
	if (event_sql_return_forget(db, now_ms - EVENT_RETURN_KEPT_MS, err) < 0)
		return -(int)err->code;
	return event_sql_return_add(db, &r, err);
}

int
event_return_fates(struct db *db, int64_t partner_id, struct str person,
		   int64_t until_ms, struct event_return_fate *out, int limit,
		   struct error *err)
{
	struct db_rows rows;
	int count = 0;
	int got;

	check(limit > 0);
	if (event_sql_return_fates(db, &rows, partner_id, person, until_ms,
				   limit, err) < 0)
		return -(int)err->code;
	while ((got = db_next(&rows, err)) > 0 && count < limit)
		out[count++] = (struct event_return_fate){
			.sent_ms = db_int(&rows, 0),
			.came_back = db_int(&rows, 1) > 0,
		};
	db_rows_end(&rows);
	return got < 0 ? got : count;
}

int
event_return_count(struct db *db, struct event_return_counts *out,
		   struct error *err)
{
	struct db_rows rows;
	int got;

	*out = (struct event_return_counts){ 0 };
	if (event_sql_return_count(db, &rows, err) < 0)
		return -(int)err->code;
	while ((got = db_next(&rows, err)) > 0) {
		int64_t class = db_int(&rows, 0);
		int64_t *of = db_int(&rows, 1) ? out->ours : out->foreign;

		/* A newer program may know more classes. */
		if (class >= 0 && class < EVENT_RETURN_COUNT &&
		    class != EVENT_RETURN_ONCE)
			of[class] = db_int(&rows, 2);
	}
	db_rows_end(&rows);
	return got < 0 ? got : 0;
}
