/*
 * Hits, and how they become events.
 *
 * A lane is projected in one unit: lock its cursor, read what lies behind it,
 * judge each hit, append the events, move the cursor. Whoever dies in between
 * leaves all of that undone, and whoever comes second waits for the cursor and
 * then begins where it stands; so each hit is projected once.
 *
 * A burst is judged by the clicks within EVENT_MACHINE_MS on both sides of a
 * hit, in all lanes. They are read once for a batch, by time, and only those
 * of messages that the batch is about are kept, CLICKS_MAX of each: nobody who
 * clicks without end makes judging slow. Hits younger than SETTLE_MS
 * are left alone until then, or the second half of a burst would be missing. A
 * host whose clock is behind by more than that has its bursts judged by halves;
 * nothing is lost or counted twice by it.
 */
#include "event/event.h"

#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "event/event_sql.h"

enum { SETTLE_MS = 2 * EVENT_MACHINE_MS, CLICKS_MAX = 64 };

int
event_hit_add(struct db *db, const struct event_hit *hit, struct error *err)
{
	check(hit->kind >= EVENT_HIT_OPEN && hit->kind <= EVENT_HIT_VIEW);
	check(hit->partner_id >= 0 && hit->link <= EVENT_LINK_MAX);
	if (event_sql_hit_add(db, hit, err) < 0)
		return error_context(err, "hit");
	return 0;
}

int
event_hits_since(struct db *db, int64_t from_ms,
		 void (*see)(void *arg, const struct event_hit *hit), void *arg,
		 struct error *err)
{
	struct event_hit hit;
	struct db_rows rows;
	int got;

	if (event_sql_hits_since(db, &rows, from_ms, err) < 0)
		return error_context(err, "hits");
	while ((got = db_next(&rows, err)) > 0) {
		(void)event_sql_hit(&rows, &hit);
		see(arg, &hit);
	}
	db_rows_end(&rows);
	return got < 0 ? error_context(err, "hits") : 0;
}

/* ---- clicks beside one another ---- */

struct click {
	struct click *next; /* of the same message */
	int64_t at_ms;
	unsigned link;
};

/* Of one message of the batch. */
struct clicks {
	struct click *first;
	size_t count;
};

static struct str
delivery_of(const struct event_hit *hit)
{
	return (struct str){ (const char *)hit->delivery,
			     sizeof(hit->delivery) };
}

static bool
is_near(const struct click *click, int64_t at_ms)
{
	return click->at_ms >= at_ms - EVENT_MACHINE_MS &&
	       click->at_ms <= at_ms + EVENT_MACHINE_MS;
}

/* Whether an earlier one in the list says the same link near that time. */
static bool
is_repeated(const struct click *first, const struct click *click, int64_t at_ms)
{
	for (; first != click; first = first->next)
		if (first->link == click->link && is_near(first, at_ms))
			return true;
	return false;
}

/* Stops at `most`: it takes no more to be a burst. */
static unsigned
count_followed(const struct clicks *clicks, int64_t at_ms, unsigned most)
{
	unsigned count = 0;

	for (const struct click *c = clicks->first; c && count < most;
	     c = c->next)
		if (is_near(c, at_ms) && !is_repeated(clicks->first, c, at_ms))
			count++;
	return count;
}

/* ---- one batch of a lane ---- */

struct batch {
	int64_t lane;
	int64_t now_ms;
	int limit;
	struct arena *arena;
	struct event_hit *hits;
	size_t count;
	int64_t seq;	     /* of the last */
	struct map messages; /* delivery -> struct clicks */
};

static int
read_hits(struct db *db, struct batch *b, struct error *err)
{
	struct db_rows rows;
	struct event_hit hit;
	int got;

	b->hits = ARENA_ARRAY(b->arena, (size_t)b->limit, struct event_hit);
	if (event_sql_hits(db, &rows, b->lane, b->seq, b->limit, err) < 0)
		return -(int)err->code;
	while ((got = db_next(&rows, err)) > 0) {
		int64_t seq = event_sql_hit(&rows, &hit);

		if (hit.at_ms > b->now_ms - SETTLE_MS)
			break;
		b->hits[b->count++] = hit;
		b->seq = seq;
	}
	db_rows_end(&rows);
	return got < 0 ? got : 0;
}

static void
note_messages(struct batch *b, int64_t *from_ms, int64_t *to_ms)
{
	*from_ms = b->hits[0].at_ms;
	*to_ms = b->hits[0].at_ms;
	for (size_t i = 0; i < b->count; i++) {
		const struct event_hit *hit = &b->hits[i];

		if (hit->at_ms < *from_ms)
			*from_ms = hit->at_ms;
		if (hit->at_ms > *to_ms)
			*to_ms = hit->at_ms;
		if (!map_find(&b->messages, delivery_of(hit)))
			(void)map_put(&b->messages, delivery_of(hit),
				      ARENA_NEW(b->arena, struct clicks));
	}
}

static int
read_clicks(struct db *db, struct batch *b, struct error *err)
{
	struct db_rows rows;
	int64_t from_ms;
	int64_t to_ms;
	int got;

	note_messages(b, &from_ms, &to_ms);
	if (event_sql_clicks(db, &rows, from_ms - EVENT_MACHINE_MS,
			     to_ms + EVENT_MACHINE_MS, err) < 0)
		return -(int)err->code;
	while ((got = db_next(&rows, err)) > 0) {
		struct clicks *clicks =
		    map_find(&b->messages, db_blob(&rows, 0));
		struct click *click;

		if (!clicks || clicks->count == CLICKS_MAX)
			continue;
		click = ARENA_NEW(b->arena, struct click);
		*click = (struct click){ .next = clicks->first,
					 .link = (unsigned)db_int(&rows, 1),
					 .at_ms = db_int(&rows, 2) };
		clicks->first = click;
		clicks->count++;
	}
	db_rows_end(&rows);
	return got;
}

/* ---- events ---- */

static const enum event_kind kinds[] = {
	[EVENT_HIT_OPEN] = EVENT_OPENED,
	[EVENT_HIT_CLICK] = EVENT_CLICKED,
	[EVENT_HIT_VIEW] = EVENT_VIEWED,
};

static int
append(struct db *db, struct batch *b, const struct event_hit *hit,
       int64_t activation_id, struct error *err)
{
	const struct event event = {
		.kind = kinds[hit->kind],
		.at_ms = hit->at_ms,
		.partner_id = hit->partner_id,
		.activation_id = activation_id,
		.delivery = delivery_of(hit),
		.payload = str_printf(
		    b->arena, "{\"class\":\"human\",\"link\":%u}", hit->link),
	};

	return event_append(db, &event, err);
}

static int
project(struct db *db, struct batch *b, const struct event_hit *hit,
	struct error *err)
{
	struct event_trace trace = { .agent = hit->agent,
				     .at_ms = hit->at_ms,
				     .link_count = hit->link_count };
	struct event_message message;
	int got = event_sql_message(db, hit, &message, err);

	if (got <= 0)
		return got;
	trace.sent_ms = message.sent_ms;
	trace.followed = count_followed(map_get(&b->messages, delivery_of(hit)),
					hit->at_ms, hit->link_count);
	if (event_trace_class(&trace) == EVENT_MACHINE)
		return 0;
	return append(db, b, hit, message.activation_id, err);
}

static int
project_batch(struct db *db, struct batch *b, struct error *err)
{
	if (read_clicks(db, b, err) < 0)
		return -(int)err->code;
	for (size_t i = 0; i < b->count; i++)
		if (project(db, b, &b->hits[i], err) < 0)
			return -(int)err->code;
	if (event_sql_cursor_move(db, b->lane, b->seq, err) < 0)
		return -(int)err->code;
	return (int)b->count;
}

static int
step_unit(struct db *db, void *arg, struct error *err)
{
	const struct batch *order = arg;
	struct batch b = *order;
	int count = 0;

	b.arena = arena_new();
	map_init(&b.messages, b.arena, NULL);
	if (event_sql_cursor_lock(db, b.lane, &b.seq, err) < 0 ||
	    read_hits(db, &b, err) < 0)
		count = -(int)err->code;
	else if (b.count > 0)
		count = project_batch(db, &b, err);
	arena_free(&b.arena);
	return count;
}

/* Whether the lane has hits to project; asked first, for a unit is a write. */
static int
has_work(struct db *db, const struct batch *order, struct error *err)
{
	int64_t at_ms;
	int got = event_sql_hit_next(db, order->lane, &at_ms, err);

	return got <= 0 ? got : at_ms <= order->now_ms - SETTLE_MS;
}

static int
step_lane(struct db_store *store, struct db *db, struct batch *order,
	  struct error *err)
{
	int got = has_work(db, order, err);

	return got <= 0 ? got : db_commit(store, step_unit, order, err);
}

int
event_step(struct db_store *store, int64_t now_ms, int limit, struct error *err)
{
	struct batch order = { .now_ms = now_ms };
	struct db *db;
	int done = 0;
	int got;

	check(limit > 0);
	if (db_reader(store, &db, err) < 0)
		return -(int)err->code;
	while (done < limit &&
	       (got = event_sql_hit_lane(db, order.lane, &order.lane, err))) {
		order.limit = limit - done;
		if (got > 0)
			got = step_lane(store, db, &order, err);
		if (got < 0)
			return error_context(err, "hits");
		done += got;
	}
	return done;
}
