/*
 * Kinds, appending and listing. What is chained is event_chain.c's, how it is
 * stored event_sql.c's.
 *
 * An append reads the head of the writer's lane, puts the row behind it and
 * moves the head there, all in the unit of the one who appends. Nobody else
 * appends to that lane while the connection lives: db_writer() says so, and a
 * row that another had put there all the same would fail on the primary key.
 * Rejected: keeping the head in memory, which a unit that is undone would
 * leave ahead of its lane, and asking the rows for it, whose missing end the
 * next append would cover up.
 */
#include "event/event.h"

#include <string.h>

#include "base/arena.h"
#include "base/js.h"
#include "base/random.h"
#include "event/event_priv.h"
#include "event/event_sql.h"

_Static_assert(EVENT_KIND_COUNT <= 63, "kinds are the bits of an int64_t");

/* The last row's comma is the macro's own, which clang-format cannot see. */
/* clang-format off */
static const char *const kind_names[] = {
#define EVENT_NAME(name, text, says) [EVENT_##name] = (text),
	EVENT_KINDS(EVENT_NAME)
#undef EVENT_NAME
};
/* clang-format on */

const char *
event_kind_name(enum event_kind kind)
{
	check((size_t)kind < COUNT_OF(kind_names));
	return kind_names[kind];
}

bool
event_kind_find(struct str name, enum event_kind *out)
{
	for (size_t i = 0; i < COUNT_OF(kind_names); i++)
		if (str_eq_cstr(name, kind_names[i])) {
			*out = (enum event_kind)i;
			return true;
		}
	return false;
}

/* ---- appending ---- */

static struct str
str_of_bytes(const uint8_t *p, size_t len)
{
	return (struct str){ (const char *)p, len };
}

static void
check_event(const struct event *e)
{
	check((size_t)e->kind < COUNT_OF(kind_names));
	check(e->partner_id >= 0 && e->activation_id >= 0);
	check(e->delivery.len == 0 || e->delivery.len == EVENT_DELIVERY_BYTES);
}

static int
append(struct db *db, const struct event *e, struct error *err)
{
	struct event_link link = {
		.lane = db_writer(db),
		.at_ms = e->at_ms,
		.kind = (int64_t)e->kind,
		.partner_id = e->partner_id,
		.activation_id = e->activation_id,
		.delivery = e->delivery,
	};
	uint8_t data_hash[CRYPTO_HASH_BYTES];
	uint8_t salt[EVENT_SALT_BYTES];
	uint8_t hash[CRYPTO_HASH_BYTES];
	struct event_head head;

	if (event_sql_head(db, link.lane, &head, err) < 0)
		return -(int)err->code;
	link.seq = head.seq + 1;
	if (e->payload.len) {
		random_bytes(salt, sizeof(salt));
		event_data_hash(str_of_bytes(salt, sizeof(salt)), e->payload,
				data_hash);
		link.data_hash = str_of_bytes(data_hash, sizeof(data_hash));
	}
	event_link_hash(head.hash, &link, hash);
	if (event_sql_add(db, &link, str_of_bytes(hash, sizeof(hash)), err) <
		0 ||
	    event_sql_head_move(db, &link, str_of_bytes(hash, sizeof(hash)),
				err) < 0)
		return -(int)err->code;
	if (!e->payload.len)
		return 0;
	return event_sql_add_data(db, &link, str_of_bytes(salt, sizeof(salt)),
				  e->payload, err);
}

int
event_append(struct db *db, const struct event *event, struct error *err)
{
	check_event(event);
	if (append(db, event, err) < 0)
		return error_context(err, "event %s",
				     event_kind_name(event->kind));
	return 0;
}

int
event_append_with(struct db *db, const struct event *event, const char *name,
		  struct str value, struct error *err)
{
	struct event told = *event;
	struct buf payload = { 0 };
	struct js_writer w;
	int code;

	check(event->payload.len == 0);
	js_writer_init(&w, &payload, false);
	js_begin_object(&w);
	js_key_str(&w, name, value);
	js_end_object(&w);
	js_writer_end(&w);
	told.payload = buf_view(&payload);
	code = event_append(db, &told, err);
	buf_fini(&payload);
	return code;
}

int
event_erase(struct db *db, int64_t lane, int64_t seq, struct error *err)
{
	return event_sql_erase_data(db, lane, seq, err);
}

/* ---- listing ---- */

static int64_t
kind_bits(const struct event_filter *filter)
{
	int64_t bits = 0;

	if (!filter->kinds)
		return ((int64_t)1 << EVENT_KIND_COUNT) - 1;
	for (size_t i = 0; i < filter->kind_count; i++) {
		check((size_t)filter->kinds[i] < COUNT_OF(kind_names));
		bits |= (int64_t)1 << filter->kinds[i];
	}
	return bits;
}

struct list {
	struct arena *arena;
	struct event_row *rows;
	size_t count;
	size_t room;
};

/* One more row; the strs of `row` are borrowed. */
static void
add_row(struct list *list, const struct event_row *row)
{
	struct event_row *copy;

	if (list->count == list->room) {
		size_t room = list->room ? list->room * 2 : 16;
		struct event_row *rows =
		    ARENA_ARRAY(list->arena, room, struct event_row);

		if (list->count)
			memcpy(rows, list->rows, list->count * sizeof(*rows));
		list->rows = rows;
		list->room = room;
	}
	copy = &list->rows[list->count++];
	*copy = *row;
	copy->event.delivery = str_copy(list->arena, row->event.delivery);
	copy->event.payload = str_copy(list->arena, row->event.payload);
}

int
event_list(struct db *db, struct arena *a, const struct event_filter *filter,
	   struct event_row **rows, struct error *err)
{
	struct list list = { .arena = a };
	struct event_row row;
	struct db_rows found;
	int got;

	check(filter->limit > 0);
	if (event_sql_list(db, &found, filter, kind_bits(filter), err) < 0)
		return error_context(err, "events");
	while ((got = db_next(&found, err)) > 0) {
		event_sql_row(&found, &row);
		add_row(&list, &row);
	}
	db_rows_end(&found);
	if (got < 0)
		return error_context(err, "events");
	*rows = list.rows;
	return (int)list.count;
}
