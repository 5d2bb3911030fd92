/*
 * What goes over things: for, tablerow, and the partials that are called once
 * for each. All four are one instruction, FOR, and differ in what they take
 * for a thing with parts, in what they bind, and in how strict they are with
 * limit and offset.
 *
 *	            goes over                      binds
 *	for         arrays, objects, ranges, text  the item, forloop
 *	tablerow    the same                       the item, tablerowloop
 *	render for  arrays, objects, ranges        nothing: ITEM pushes both
 *	include     arrays                         the item
 *
 * The last two take anything else as it is, once; the first two not at all. A
 * text is one item. A table writes its rows even when there is nothing in it.
 */
#include "liquid/liquid_run_priv.h"

struct bounds {
	int64_t from;
	int64_t limit; /* < 0: none */
	int64_t columns;
	bool limited;
	bool counted; /* columns are given */
};

static int64_t
clamp(int64_t n, int64_t low, int64_t high)
{
	return n < low ? low : n > high ? high : n;
}

static int
option(struct run *r, const struct liquid_loop_info *info, const char *name,
       int64_t *out)
{
	const struct liquid_value *v = liquid_run_pop(r);
	struct error found;

	r->fuel -= liquid_run_weight(v);
	if (info->kind == LOOP_TABLE &&
	    (v->type == LIQUID_NIL || v->type == LIQUID_INT ||
	     v->type == LIQUID_FLOAT || v->type == LIQUID_STRING)) {
		*out = liquid_whole(v);
		return 1;
	}
	if (info->kind != LOOP_TABLE && v->type == LIQUID_NIL)
		return 0;
	if (liquid_integer(v, out))
		return 1;
	(void)error_set(&found, ERROR_INVALID,
			"found %s as \"%s\", expected an integer",
			liquid_found(v).text, name);
	return liquid_run_lost(r, &found);
}

static int
pop_bounds(struct run *r, const struct liquid_instr *in, struct bounds *b)
{
	const struct liquid_loop_info *info = &r->p->loops[in->aux];
	int rc = 0;

	if (in->n & LOOP_COLS) {
		rc = option(r, info, "cols", &b->columns);
		b->counted = true;
	}
	if (rc >= 0 && in->n & LOOP_OFFSET)
		rc = option(r, info, "offset", &b->from);
	if (rc >= 0 && in->n & LOOP_LIMIT) {
		rc = option(r, info, "limit", &b->limit);
		b->limited = rc > 0;
	}
	return rc < 0 ? rc : 0;
}

static bool
has_parts(const struct liquid_value *v, enum liquid_loop_kind kind)
{
	if (v->type == LIQUID_ARRAY)
		return true;
	return kind != LOOP_INCLUDE &&
	       (v->type == LIQUID_RANGE || v->type == LIQUID_OBJECT);
}

/* The items [from, from + limit) that there are; a text has but itself. */
static void
set_span(struct run *r, struct looping *l, const struct bounds *b)
{
	enum liquid_loop_kind kind = l->info->kind;
	int64_t *resume = &r->frame->resumes[l->info->resume];
	int64_t total = 0, end;

	if (has_parts(&l->over, kind))
		total = (int64_t)liquid_count(&l->over);
	else if (kind == LOOP_RENDER || kind == LOOP_INCLUDE)
		total = 1;
	else if (l->over.type == LIQUID_STRING)
		total = l->over.s.len > 0;
	l->once = !has_parts(&l->over, kind);
	l->at = clamp(b->from, 0, total);
	if (!b->limited || __builtin_add_overflow(b->from, b->limit, &end))
		end = b->limited && b->limit < 0 ? 0 : total;
	l->end = clamp(end, l->at, total);
	if (l->over.type == LIQUID_STRING && l->once) {
		l->at = 0;
		l->end = total;
	}
	if (kind == LOOP_FOR &&
	    __builtin_add_overflow(b->from, l->end - l->at, resume))
		*resume = total;
}

static struct liquid_value
parent_loop(const struct run *r)
{
	for (size_t i = r->loop_count; i-- > 0;)
		if (r->loops[i].frame == r->frame_depth &&
		    r->loops[i].info->kind == LOOP_FOR)
			return (struct liquid_value){
				.type = LIQUID_LOOP,
				.loop = r->loops[i].loop,
			};
	return liquid_nil();
}

static void
set_loop(struct run *r, struct looping *l, const struct bounds *b)
{
	int64_t length = l->end - l->at;

	l->loop = ARENA_NEW(r->a, struct liquid_loop);
	*l->loop = (struct liquid_loop){
		.name = l->info->name,
		.index = -1,
		.length = length,
		.table = l->info->kind == LOOP_TABLE,
		.columns = b->counted ? b->columns : length,
		.row = 1,
		.column = 1,
	};
	l->loop->parent =
	    l->info->kind == LOOP_FOR ? parent_loop(r) : liquid_nil();
}

static void
bind_loop(struct run *r, const struct looping *l)
{
	struct liquid_value loop = { .type = LIQUID_LOOP, .loop = l->loop };

	if (l->info->kind == LOOP_FOR || l->info->kind == LOOP_TABLE)
		liquid_run_bind(r, l->info->forloop, loop);
	if (l->symbol != NO_JUMP)
		liquid_run_bind(r, l->symbol, liquid_nil());
}

/* The partial that a value names, and what it is bound to. */
static int
choose_partial(struct run *r, const struct liquid_instr *in, struct looping *l)
{
	struct liquid_value name = *liquid_run_pop(r);

	r->fuel -= (int64_t)r->p->unit_count + liquid_run_weight(&name);
	if (name.type != LIQUID_STRING) {
		(void)error_set(r->err, ERROR_INVALID,
				"found %s, expected the name of a partial",
				liquid_found(&name).text);
		return liquid_run_where(r);
	}
	for (uint32_t i = 1; i < r->p->unit_count; i++)
		if (str_eq(r->p->units[i].name, name.s) &&
		    liquid_spot_same(&r->p->units[i].spot, &l->info->spot))
			l->unit = i;
	if (l->unit == NO_JUMP) {
		(void)error_set(r->err, ERROR_INVALID,
				"there is no partial \"%.*s\"",
				STR_ARG(str_slice(name.s, 0, 100)));
		return liquid_run_where(r);
	}
	if (l->symbol == NO_JUMP)
		l->symbol = liquid_run_symbol(r, liquid_base_name(name.s));
	if (in->n & LOOP_OWN)
		l->over = liquid_run_variable(r, name.s);
	return 0;
}

static void
open_table(struct run *r, const struct looping *l)
{
	if (l->info->kind == LOOP_TABLE)
		buf_cat(r->out, "<tr class=\"row1\">\n");
}

int
liquid_run_begin(struct run *r, const struct liquid_instr *in)
{
	struct bounds b = { .limit = -1 };
	struct looping l = {
		.info = &r->p->loops[in->aux],
		.symbol = r->p->loops[in->aux].symbol,
		.unit = NO_JUMP,
		.frame = r->frame_depth,
		.reversed = in->n & LOOP_REVERSED,
	};

	if (in->n & LOOP_RESUME)
		b.from = r->frame->resumes[l.info->resume];
	if (pop_bounds(r, in, &b) < 0)
		return -(int)r->err->code;
	if (!(in->n & LOOP_OWN))
		l.over = *liquid_run_pop(r);
	if (in->n & LOOP_NAMED && choose_partial(r, in, &l) < 0)
		return -(int)r->err->code;
	set_span(r, &l, &b);
	if (l.info->kind == LOOP_TABLE ? !liquid_truthy(&l.over)
				       : l.at >= l.end)
		return 0;
	set_loop(r, &l, &b);
	bind_loop(r, &l);
	r->loops = liquid_run_roomy(r, r->loops, r->loop_count, &r->loop_room,
				    sizeof(*r->loops));
	r->loops[r->loop_count++] = l;
	open_table(r, &l);
	return 1;
}

static void
open_cell(struct run *r, const struct looping *l)
{
	if (l->info->kind == LOOP_TABLE)
		buf_printf(r->out, "<td class=\"col%lld\">",
			   (long long)l->loop->column);
}

bool
liquid_run_next(struct run *r)
{
	struct looping *l = &r->loops[r->loop_count - 1];
	int64_t i;

	if (l->at >= l->end)
		return false;
	i = l->reversed ? --l->end : l->at++;
	l->loop->index++;
	if (l->once)
		l->item = l->over;
	else
		liquid_item(&l->over, (size_t)i, r->a, &l->item);
	if (l->symbol != NO_JUMP)
		r->frame->slots[l->symbol].value = l->item;
	open_cell(r, l);
	return true;
}

struct liquid_value
liquid_run_item(const struct run *r, bool loop)
{
	const struct looping *l = &r->loops[r->loop_count - 1];

	check(r->loop_count > 0);
	if (!loop)
		return l->item;
	if (l->once)
		return liquid_nil();
	return (struct liquid_value){ .type = LIQUID_LOOP, .loop = l->loop };
}

void
liquid_run_cell(struct run *r, bool last)
{
	struct liquid_loop *loop = r->loops[r->loop_count - 1].loop;
	bool row_ends = loop->column == loop->columns;

	buf_cat(r->out, "</td>");
	if (last)
		return;
	if (row_ends && loop->index < loop->length - 1)
		buf_printf(r->out, "</tr>\n<tr class=\"row%lld\">",
			   (long long)loop->row + 1);
	loop->row += row_ends;
	loop->column = row_ends ? 1 : loop->column + 1;
}

void
liquid_run_done(struct run *r)
{
	const struct looping *l = &r->loops[--r->loop_count];

	if (l->symbol != NO_JUMP)
		liquid_run_unbind(r);
	if (l->info->kind == LOOP_FOR || l->info->kind == LOOP_TABLE)
		liquid_run_unbind(r);
	if (l->info->kind == LOOP_TABLE)
		buf_cat(r->out, "</tr>\n");
}
