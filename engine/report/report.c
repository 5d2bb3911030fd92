/*
 * Counting. A campaign's activations are gone through one after another; each
 * is asked three questions, whose answers are added to the row of its partner
 * and step. Two activations of one partner therefore share their rows.
 *
 * Rows are found by name in a map of the partner at hand, since activations
 * come partner by partner. The order is that of time: campaigns are told in
 * the order in which they reach people, and the store does not know the order
 * in which they were written.
 */
#include "report/report.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "event/event.h"
#include "outbox/outbox.h"
#include "partner/partner.h"
#include "report/report_sql.h"

/* Rows with their names; a row stays where it is. */
struct table {
	struct arena *arena;
	struct map by_step;
	struct report_row **rows;
	size_t count;
	size_t capacity;
};

struct counting {
	struct db *db;
	struct arena *arena;
	struct table all; /* totals */
	struct table rows;
	struct str slug; /* of the partner at hand */
	int64_t partner_id;
};

/* ---- rows ---- */

static void
table_init(struct table *t, struct arena *a)
{
	*t = (struct table){ .arena = a, .capacity = 64 };
	t->rows = ARENA_ARRAY(a, t->capacity, struct report_row *);
	map_init(&t->by_step, a, NULL);
}

static struct report_row *
table_row(struct table *t, struct str partner, struct str step)
{
	struct report_row *row = map_find(&t->by_step, step);

	if (row)
		return row;
	if (t->count == t->capacity) {
		struct report_row **more =
		    ARENA_ARRAY(t->arena, t->capacity * 2, struct report_row *);

		memcpy(more, t->rows, t->count * sizeof(*more));
		t->rows = more;
		t->capacity *= 2;
	}
	row = ARENA_NEW(t->arena, struct report_row);
	row->partner = partner;
	row->step = str_copy(t->arena, step);
	row->first_ms = INT64_MAX;
	t->rows[t->count++] = row;
	map_put(&t->by_step, row->step, row);
	return row;
}

static struct report_row *
row_of(struct counting *c, struct str step)
{
	return table_row(&c->rows, c->slug, step);
}

/* ---- the three questions ---- */

static int64_t *
place_of_state(struct report_row *row, enum outbox_state state)
{
	switch (state) {
	case OUTBOX_INDOUBT:
		return &row->in_doubt;
	case OUTBOX_HELD:
		return &row->held;
	case OUTBOX_SENT:
		return &row->sent;
	case OUTBOX_BOUNCED:
		return &row->bounced;
	case OUTBOX_CANCELLED:
		return &row->cancelled;
	case OUTBOX_SKIPPED:
		return &row->skipped;
	default:
		return &row->waiting;
	}
}

static void
add_deliveries(struct counting *c, struct db_rows *rows)
{
	struct report_row *row = row_of(c, db_text(rows, 0));
	int64_t count = db_int(rows, 2);

	row->planned += count;
	*place_of_state(row, (enum outbox_state)db_int(rows, 1)) += count;
	if (db_int(rows, 3) < row->first_ms)
		row->first_ms = db_int(rows, 3);
}

static void
add_events(struct counting *c, struct db_rows *rows)
{
	struct report_row *row = row_of(c, db_text(rows, 0));
	int64_t count = db_int(rows, 2);

	switch ((enum event_kind)db_int(rows, 1)) {
	case EVENT_OPENED:
		row->opened += count;
		break;
	case EVENT_CLICKED:
		row->clicked += count;
		break;
	case EVENT_REPLIED:
		row->replied += count;
		break;
	default:
		row->unsubscribed += count;
	}
}

static void
add_leads(struct counting *c, struct db_rows *rows)
{
	row_of(c, db_text(rows, 0))->leads += db_int(rows, 1);
}

static int
ask(struct counting *c, const char *sql, int64_t activation_id,
    void (*add)(struct counting *c, struct db_rows *rows), struct error *err)
{
	const struct db_arg args[] = {
		DB_INT(c->partner_id),	    DB_INT(activation_id),
		DB_INT(EVENT_OPENED),	    DB_INT(EVENT_CLICKED),
		DB_INT(EVENT_UNSUBSCRIBED), DB_INT(EVENT_REPLIED),
	};
	size_t count = sql == report_sql_events ? COUNT_OF(args) : 2;
	struct db_rows rows;
	int got;

	if (db_query(c->db, &rows, sql, args, count, err) < 0)
		return -(int)err->code;
	while ((got = db_next(&rows, err)) > 0)
		add(c, &rows);
	db_rows_end(&rows);
	return got;
}

/* ---- a campaign ---- */

/* The rows so far were another partner's: names begin anew. */
static int
begin_partner(struct counting *c, int64_t partner_id, struct error *err)
{
	struct partner partner;

	if (partner_id == c->partner_id)
		return 0;
	if (partner_get(c->db, c->arena, partner_id, &partner, err) < 0)
		return -(int)err->code;
	c->partner_id = partner_id;
	c->slug = partner_id == PARTNER_VENDOR ? STR("vendor") : partner.slug;
	map_init(&c->rows.by_step, c->arena, NULL);
	return 0;
}

static int
count_activation(struct counting *c, const struct activation *act,
		 struct error *err)
{
	if (begin_partner(c, act->partner_id, err) < 0 ||
	    ask(c, report_sql_deliveries, act->id, add_deliveries, err) < 0 ||
	    ask(c, report_sql_events, act->id, add_events, err) < 0 ||
	    ask(c, report_sql_leads, act->id, add_leads, err) < 0)
		return -(int)err->code;
	return 0;
}

static void
add_to_total(struct table *all, const struct report_row *row)
{
	struct report_row *total = table_row(all, (struct str){ 0 }, row->step);

	if (row->first_ms < total->first_ms)
		total->first_ms = row->first_ms;
#define ADD(name) total->name += row->name;
	REPORT_NUMBERS(ADD)
#undef ADD
}

static int
compare_rows(const void *x, const void *y)
{
	const struct report_row *a = x;
	const struct report_row *b = y;
	int order = str_cmp(a->partner, b->partner);

	if (order != 0)
		return order;
	if (a->first_ms != b->first_ms)
		return a->first_ms < b->first_ms ? -1 : 1;
	return str_cmp(a->step, b->step);
}

static struct report_row *
sorted(const struct table *t)
{
	struct report_row *rows =
	    ARENA_ARRAY(t->arena, t->count, struct report_row);

	for (size_t i = 0; i < t->count; i++)
		rows[i] = *t->rows[i];
	if (t->count > 0)
		qsort(rows, t->count, sizeof(*rows), compare_rows);
	return rows;
}

int
report_campaign(struct db *db, struct arena *a, struct str campaign,
		int64_t partner_id, struct report *out, struct error *err)
{
	struct counting c = { .db = db, .arena = a, .partner_id = -1 };
	struct activation *runs;
	int count = activation_list(db, a, campaign, partner_id, &runs, err);

	table_init(&c.all, a);
	table_init(&c.rows, a);
	for (int i = 0; i < count; i++)
		if (count_activation(&c, &runs[i], err) < 0)
			return error_context(err, "campaign %.*s",
					     STR_ARG(campaign));
	if (count < 0)
		return count;
	for (size_t i = 0; i < c.rows.count; i++)
		add_to_total(&c.all, c.rows.rows[i]);
	*out = (struct report){
		.campaign = str_copy(a, campaign),
		.rows = sorted(&c.rows),
		.row_count = c.rows.count,
		.totals = sorted(&c.all),
		.total_count = c.all.count,
	};
	return 0;
}
