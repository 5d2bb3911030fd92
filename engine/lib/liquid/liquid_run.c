/*
 * The interpreter: one flat switch over fixed-size instructions.
 *
 * Variables are slots, one for each name of the program. A slot holds what the
 * name means now; a loop or argument that shadows it saves the old meaning and
 * puts it back, so reading is an index, never a search. A name that nothing
 * has set is looked up among the globals at its first use and then rests in
 * its slot. Invariant: bindings end in the reverse of the order they began.
 *
 * A render gets slots of its own, kept for each depth and used again; an
 * include shares its caller's. Captured text is written to `out`, then moved
 * to the arena and cut off again: nothing is allocated for it twice.
 *
 * Fuel is spent on each instruction (a loop runs several an iteration) and on
 * the bytes that filters take and give.
 */
#include <string.h>

#include "base/escape.h"
#include "liquid/liquid_priv.h"

enum { STACK_MAX = EXPR_DEPTH_MAX * 2 + ARGS_MAX * 3, BYTES_A_STEP = 16 };

const struct liquid_limits liquid_default_limits = {
	.steps = 1000 * 1000,
	.output_bytes = 2 << 20,
	.arena_bytes = 16 << 20,
	.depth = 32,
};

struct slot {
	struct liquid_value value;
	struct liquid_value assigned;
	uint32_t bound; /* how many bindings hide what was assigned */
	bool ready;
	bool defined;
	bool has_assigned;
};

struct save {
	struct liquid_value value;
	uint32_t symbol;
	bool ready;
	bool defined;
};

struct counter {
	int64_t n;
	bool used;
};

/* What a render has for itself. */
struct frame {
	struct slot *slots;
	struct counter *counters;
	int64_t *cycles;
	int64_t *resumes;
};

struct call {
	uint32_t back;
	bool isolated;
};

struct looping {
	struct liquid_value over;
	struct liquid_loop *loop;
	const struct liquid_loop_info *info;
	int64_t at;
	int64_t end;
	bool reversed;
};

struct run {
	const struct liquid_program *p;
	const struct liquid_inputs *inputs;
	struct liquid_limits limits;
	struct arena *a;
	struct buf *out;
	struct error *err;
	struct frame *frames; /* by depth, made when first needed */
	struct frame *frame;
	struct call *calls;
	struct looping *loops;
	struct save *saves;
	size_t *captures;
	size_t loop_count, loop_room, save_count, save_room, capture_count,
	    capture_room;
	size_t arena_start;
	int64_t fuel;
	int depth;
	int frame_depth;
	uint32_t pc;
	size_t sp;
	enum { GOING, BREAKING, CONTINUING } leaving;
	struct liquid_value stack[STACK_MAX];
};

static int
where(const struct run *r)
{
	const struct liquid_place *place = &r->p->places[r->pc];
	const struct liquid_unit *unit = &r->p->units[place->unit];
	int line, column;

	liquid_locate(unit, place->offset, &line, &column);
	return error_context(r->err, "%.*s:%d:%d", STR_ARG(unit->name), line,
			     column);
}

static int
over(const struct run *r, const char *what, int64_t most)
{
	(void)error_set(r->err, ERROR_LIMIT, "%s, expected at most %lld", what,
			(long long)most);
	return where(r);
}

static int
check_room(const struct run *r)
{
	if (r->fuel < 0)
		return over(r, "too many steps", r->limits.steps);
	if (buf_full(r->out))
		return over(r, "too many bytes of output",
			    (int64_t)r->limits.output_bytes);
	if (arena_bytes(r->a) - r->arena_start > r->limits.arena_bytes)
		return over(r, "too many bytes of memory",
			    (int64_t)r->limits.arena_bytes);
	return 0;
}

static void
push(struct run *r, struct liquid_value v)
{
	check(r->sp < STACK_MAX);
	r->stack[r->sp++] = v;
}

static struct liquid_value *
pop(struct run *r)
{
	check(r->sp > 0);
	return &r->stack[--r->sp];
}

/* A bigger copy of an array of the run, when it is full. */
static void *
roomy(struct run *r, void *p, size_t count, size_t *room, size_t size)
{
	void *bigger;

	if (count < *room)
		return p;
	*room = *room ? *room * 2 : 8;
	bigger = arena_array(r->a, *room, size);
	if (count)
		memcpy(bigger, p, count * size);
	return bigger;
}

/* ---- variables ---- */

static struct slot *
read_slot(struct run *r, uint32_t symbol)
{
	struct slot *s = &r->frame->slots[symbol];
	const struct liquid_value *v;

	if (s->ready)
		return s;
	v = r->inputs->globals
		? liquid_object_get(r->inputs->globals, &r->p->symbols[symbol])
		: NULL;
	s->value = v ? *v : liquid_nil();
	s->defined = v != NULL;
	s->ready = true;
	return s;
}

static void
assign(struct run *r, uint32_t symbol, struct liquid_value v)
{
	struct slot *s = &r->frame->slots[symbol];

	s->assigned = v;
	s->has_assigned = true;
	if (s->bound)
		return;
	s->value = v;
	s->ready = true;
	s->defined = true;
}

static void
bind(struct run *r, uint32_t symbol, struct liquid_value v)
{
	struct slot *s = &r->frame->slots[symbol];

	r->saves =
	    roomy(r, r->saves, r->save_count, &r->save_room, sizeof(*r->saves));
	r->saves[r->save_count++] = (struct save){
		.value = s->value,
		.symbol = symbol,
		.ready = s->ready,
		.defined = s->defined,
	};
	s->bound++;
	s->value = v;
	s->ready = true;
	s->defined = true;
}

static void
unbind(struct run *r)
{
	const struct save *save = &r->saves[--r->save_count];
	struct slot *s = &r->frame->slots[save->symbol];

	check(s->bound > 0);
	s->bound--;
	s->value = save->value;
	s->ready = save->ready;
	s->defined = save->defined;
	if (s->bound || !s->has_assigned)
		return;
	s->value = s->assigned;
	s->ready = true;
	s->defined = true;
}

static int
undefined(const struct run *r, struct str name)
{
	(void)error_set(r->err, ERROR_INVALID,
			"\"%.*s\" is not defined, expected a value",
			STR_ARG(str_slice(name, 0, 100)));
	return where(r);
}

static int
read_path(struct run *r, uint32_t index, struct liquid_value *out)
{
	const struct liquid_path *path = &r->p->paths[index];
	const struct slot *s = read_slot(r, path->symbol);

	if (!s->defined && r->inputs->strict)
		return undefined(r, r->p->symbols[path->symbol].name);
	*out = s->value;
	for (uint32_t i = 0; i < path->count; i++)
		if (!liquid_member(out, &path->keys[i], r->a, out) &&
		    r->inputs->strict)
			return undefined(r, path->keys[i].name);
	return 0;
}

static void
root(struct run *r)
{
	struct liquid_value *v = &r->stack[r->sp - 1];
	struct liquid_value name = *v;

	*v = liquid_nil();
	if (name.type != LIQUID_STRING)
		return;
	for (uint32_t i = 0; i < r->p->symbol_count; i++) {
		if (!str_eq(r->p->symbols[i].name, name.s))
			continue;
		*v = read_slot(r, i)->value;
		return;
	}
	if (r->inputs->globals)
		(void)liquid_object_find(r->inputs->globals, name.s, v);
}

static void
member(struct run *r, bool named)
{
	struct liquid_value key = *pop(r);
	struct liquid_value *v = &r->stack[r->sp - 1];
	struct liquid_key k;

	if (!named) {
		(void)liquid_index(v, &key, v);
		return;
	}
	k = liquid_key(key.s);
	(void)liquid_member(v, &k, r->a, v);
}

/* ---- output ---- */

static void
write_nested(struct run *r, const struct liquid_value *v, int depth)
{
	struct liquid_text t = { .a = r->a, .room = r->limits.output_bytes };
	struct str s = v->s;

	if (v->type == LIQUID_NIL)
		return;
	if (v->type == LIQUID_ARRAY) {
		for (size_t i = 0; i < v->array.count; i++)
			if (depth < EXPR_DEPTH_MAX)
				write_nested(r, &v->array.items[i], depth + 1);
		r->fuel -= (int64_t)v->array.count;
		return;
	}
	if (v->type != LIQUID_STRING) {
		liquid_text_value(&t, v);
		s = (struct str){ t.p, t.len };
		r->out->full |= t.full;
	}
	if (r->p->context == LIQUID_HTML && !v->safe)
		escape_html(r->out, s);
	else
		buf_str(r->out, s);
}

static void
write_value(struct run *r, const struct liquid_value *v)
{
	write_nested(r, v, 0);
}

static void
capture(struct run *r)
{
	r->captures = roomy(r, r->captures, r->capture_count, &r->capture_room,
			    sizeof(*r->captures));
	r->captures[r->capture_count++] = r->out->len;
}

static void
captured(struct run *r, uint32_t symbol)
{
	size_t from = r->captures[--r->capture_count];
	struct str s = str_slice(buf_view(r->out), from, r->out->len);
	struct liquid_value v = liquid_string(str_copy(r->a, s));

	v.safe = r->p->context == LIQUID_HTML;
	buf_truncate(r->out, from);
	assign(r, symbol, v);
}

static void
count(struct run *r, uint32_t symbol, int step)
{
	struct counter *c = &r->frame->counters[symbol];
	struct slot *s = &r->frame->slots[symbol];
	struct liquid_value shown;

	if (!c->used && !s->has_assigned && !s->bound)
		c->n = liquid_whole(&read_slot(r, symbol)->value);
	c->used = true;
	if (step < 0 && c->n > INT64_MIN)
		c->n--;
	shown = liquid_int(c->n);
	write_value(r, &shown);
	if (step > 0 && c->n < INT64_MAX)
		c->n++;
	if (s->has_assigned || s->bound)
		return;
	s->value = liquid_int(c->n);
	s->ready = true;
	s->defined = true;
}

static void
cycle(struct run *r, uint32_t group, size_t n)
{
	int64_t *turn = &r->frame->cycles[group];

	check(r->sp >= n);
	r->sp -= n;
	write_value(r, &r->stack[r->sp + (size_t)(*turn % (int64_t)n)]);
	*turn = (*turn + 1) % (int64_t)n;
}

/* ---- operators ---- */

static void
named(struct run *r, size_t n)
{
	struct liquid_object *o = liquid_object_new(r->a);

	check(r->sp >= n * 2);
	r->sp -= n * 2;
	for (size_t i = 0; i < n; i++)
		liquid_object_set(o, r->stack[r->sp + i * 2].s,
				  r->stack[r->sp + i * 2 + 1]);
	push(r, liquid_of(o));
}

static int64_t
weight(const struct liquid_value *v)
{
	if (v->type == LIQUID_STRING)
		return (int64_t)v->s.len / BYTES_A_STEP;
	if (v->type == LIQUID_ARRAY)
		return (int64_t)v->array.count;
	return 0;
}

static int
filter(struct run *r, const struct liquid_instr *in)
{
	const struct liquid_filter *f = r->p->filters[in->a];
	size_t used = arena_bytes(r->a) - r->arena_start;
	struct liquid_value out = liquid_nil();
	struct liquid_call call;

	check(r->sp > in->n);
	r->sp -= in->n;
	call = (struct liquid_call){
		.a = r->a,
		.input = r->stack[r->sp - 1],
		.args = &r->stack[r->sp],
		.arg_count = in->n,
		.room = used < r->limits.arena_bytes
			    ? r->limits.arena_bytes - used
			    : 0,
		.steps = &r->fuel,
		.output = r->p->context,
		.context = r->inputs->filter_context,
	};
	r->fuel -= weight(&call.input);
	if (f->apply(&call, &out, r->err) < 0) {
		(void)error_context(r->err, "filter \"%s\"", f->name);
		return where(r);
	}
	r->fuel -= weight(&out);
	r->stack[r->sp - 1] = out;
	return check_room(r);
}

static void
range(struct run *r)
{
	struct liquid_value last = *pop(r);
	struct liquid_value *first = &r->stack[r->sp - 1];

	*first = (struct liquid_value){
		.type = LIQUID_RANGE,
		.range = { liquid_whole(first), liquid_whole(&last) },
	};
}

/* ---- loops ---- */

static int64_t
clamp(int64_t n, int64_t low, int64_t high)
{
	return n < low ? low : n > high ? high : n;
}

static struct liquid_value
pop_option(struct run *r, unsigned flags, unsigned option)
{
	return flags & option ? *pop(r) : liquid_nil();
}

/* 1: it begins, 0: there is nothing to go over. */
static int
begin_loop(struct run *r, const struct liquid_instr *in)
{
	const struct liquid_loop_info *info = &r->p->loops[in->aux];
	struct liquid_value offset = pop_option(r, in->n, LOOP_OFFSET);
	struct liquid_value limit = pop_option(r, in->n, LOOP_LIMIT);
	struct looping l = { .info = info, .over = *pop(r) };
	int64_t total = (int64_t)liquid_count(&l.over);
	int64_t *resume = &r->frame->resumes[info->resume];

	if (l.over.type == LIQUID_STRING)
		total = l.over.s.len > 0;
	else if (l.over.type != LIQUID_ARRAY && l.over.type != LIQUID_RANGE &&
		 l.over.type != LIQUID_OBJECT)
		total = 0;
	l.at = in->n & LOOP_RESUME ? *resume : liquid_whole(&offset);
	l.at = clamp(l.at, 0, total);
	l.end = total;
	if (limit.type != LIQUID_NIL)
		l.end = l.at + clamp(liquid_whole(&limit), 0, total - l.at);
	*resume = l.end;
	if (l.at >= l.end)
		return 0;
	l.reversed = in->n & LOOP_REVERSED;
	l.loop = ARENA_NEW(r->a, struct liquid_loop);
	*l.loop = (struct liquid_loop){
		.name = info->name,
		.index = -1,
		.length = l.end - l.at,
		.parent = read_slot(r, info->forloop)->value,
	};
	if (l.loop->parent.type != LIQUID_LOOP || in->n & LOOP_ALONE)
		l.loop->parent = liquid_nil();
	r->loops =
	    roomy(r, r->loops, r->loop_count, &r->loop_room, sizeof(*r->loops));
	r->loops[r->loop_count++] = l;
	bind(r, info->forloop,
	     (struct liquid_value){ .type = LIQUID_LOOP, .loop = l.loop });
	bind(r, info->symbol, liquid_nil());
	return 1;
}

static bool
next_item(struct run *r)
{
	struct looping *l = &r->loops[r->loop_count - 1];
	int64_t i;

	if (l->at >= l->end)
		return false;
	i = l->reversed ? --l->end : l->at++;
	l->loop->index++;
	liquid_item(&l->over, (size_t)i, r->a,
		    &r->frame->slots[l->info->symbol].value);
	return true;
}

static void
end_loop(struct run *r)
{
	unbind(r);
	unbind(r);
	r->loop_count--;
}

/* ---- partials ---- */

static void
clear_frame(const struct run *r, struct frame *f)
{
	const struct liquid_program *p = r->p;

	if (!f->slots) {
		f->slots = ARENA_ARRAY(r->a, p->symbol_count, struct slot);
		f->counters =
		    ARENA_ARRAY(r->a, p->symbol_count, struct counter);
		f->cycles = ARENA_ARRAY(r->a, p->cycle_count, int64_t);
		f->resumes = ARENA_ARRAY(r->a, p->resume_count, int64_t);
		return;
	}
	memset(f->slots, 0, p->symbol_count * sizeof(*f->slots));
	memset(f->counters, 0, p->symbol_count * sizeof(*f->counters));
	memset(f->cycles, 0, p->cycle_count * sizeof(*f->cycles));
	memset(f->resumes, 0, p->resume_count * sizeof(*f->resumes));
}

static int
enter(struct run *r, uint32_t unit, bool isolated)
{
	if (r->depth >= r->limits.depth)
		return over(r, "partials are nested too deep", r->limits.depth);
	r->calls[r->depth++] = (struct call){ r->pc + 1, isolated };
	if (isolated) {
		r->frame = &r->frames[++r->frame_depth];
		clear_frame(r, r->frame);
		r->fuel -= (int64_t)r->p->symbol_count / BYTES_A_STEP;
	}
	r->pc = r->p->units[unit].entry;
	return check_room(r);
}

static int
render(struct run *r, const struct liquid_instr *in)
{
	const struct liquid_args *args = &r->p->args[in->aux];
	int rc;

	check(r->sp >= args->count);
	r->sp -= args->count;
	rc = enter(r, in->a, true);
	if (rc < 0)
		return rc;
	for (uint32_t i = 0; i < args->count; i++)
		assign(r, args->symbols[i], r->stack[r->sp + i]);
	return 0;
}

/* False at the end of the main source. */
static bool
go_back(struct run *r)
{
	const struct call *call;

	if (!r->depth)
		return false;
	call = &r->calls[--r->depth];
	r->pc = call->back;
	if (call->isolated) {
		r->frame = &r->frames[--r->frame_depth];
		r->leaving = GOING;
	}
	return true;
}

/* ---- the machine ---- */

static bool
taken(struct run *r, const struct liquid_instr *in)
{
	switch ((enum liquid_op)in->op) {
	case LIQUID_IF_OP:
		return liquid_truthy(pop(r));
	case LIQUID_IF_NOT_OP:
		return !liquid_truthy(pop(r));
	case LIQUID_AND_OP:
	case LIQUID_OR_OP:
		if (liquid_truthy(&r->stack[r->sp - 1]) ==
		    (in->op == LIQUID_OR_OP))
			return true;
		r->sp--;
		return false;
	case LIQUID_NEXT_OP:
		return !next_item(r);
	case LIQUID_FOR_OP:
		return !begin_loop(r, in);
	case LIQUID_ON_BREAK_OP:
	case LIQUID_ON_CONTINUE_OP:
		if (r->leaving !=
		    (in->op == LIQUID_ON_BREAK_OP ? BREAKING : CONTINUING))
			return false;
		if (in->n)
			r->leaving = GOING;
		return true;
	default:
		return true;
	}
}

static int
step(struct run *r, const struct liquid_instr *in)
{
	struct liquid_value v;
	int rc = 0;

	switch ((enum liquid_op)in->op) {
	case LIQUID_NOP_OP:
		break;
	case LIQUID_TEXT_OP:
		buf_str(r->out, r->p->consts[in->a].s);
		break;
	case LIQUID_CONST_OP:
		push(r, r->p->consts[in->a]);
		break;
	case LIQUID_PATH_OP:
		rc = read_path(r, in->a, &v);
		if (rc == 0)
			push(r, v);
		break;
	case LIQUID_OUT_PATH_OP:
		rc = read_path(r, in->a, &v);
		if (rc == 0)
			write_value(r, &v);
		break;
	case LIQUID_ROOT_OP:
		root(r);
		break;
	case LIQUID_INDEX_OP:
		member(r, in->n);
		break;
	case LIQUID_RANGE_OP:
		range(r);
		break;
	case LIQUID_NAMED_OP:
		named(r, in->n);
		break;
	case LIQUID_FILTER_OP:
		rc = filter(r, in);
		break;
	case LIQUID_OUT_OP:
		write_value(r, pop(r));
		break;
	case LIQUID_COMPARE_OP:
		v = *pop(r);
		r->fuel -= weight(&v) + weight(&r->stack[r->sp - 1]);
		r->stack[r->sp - 1] = liquid_bool(liquid_holds(
		    &r->stack[r->sp - 1], &v, (enum liquid_comparison)in->n));
		break;
	case LIQUID_ASSIGN_OP:
		assign(r, in->a, *pop(r));
		break;
	case LIQUID_BIND_OP:
		bind(r, in->a, *pop(r));
		break;
	case LIQUID_UNBIND_OP:
		for (unsigned i = 0; i < in->n; i++)
			unbind(r);
		break;
	case LIQUID_CAPTURE_OP:
		capture(r);
		break;
	case LIQUID_CAPTURED_OP:
		captured(r, in->a);
		break;
	case LIQUID_COUNT_OP:
		count(r, in->a, in->n - 1);
		break;
	case LIQUID_CYCLE_OP:
		cycle(r, in->a, in->n);
		break;
	case LIQUID_DONE_OP:
		end_loop(r);
		break;
	case LIQUID_LEAVE_OP:
		r->leaving = in->n ? CONTINUING : BREAKING;
		break;
	default:
		check(in->op <= LIQUID_RETURN_OP && false);
	}
	r->pc++;
	return rc;
}

static int
interpret(struct run *r)
{
	int rc;

	for (;;) {
		const struct liquid_instr *in = &r->p->code[r->pc];

		if (--r->fuel < 0 || buf_full(r->out))
			return check_room(r);
		switch ((enum liquid_op)in->op) {
		case LIQUID_JUMP_OP:
			/* Each turn of a loop passes here. */
			rc = check_room(r);
			if (rc < 0)
				return rc;
			r->pc = in->a;
			break;
		case LIQUID_IF_OP:
		case LIQUID_IF_NOT_OP:
		case LIQUID_AND_OP:
		case LIQUID_OR_OP:
		case LIQUID_NEXT_OP:
		case LIQUID_FOR_OP:
		case LIQUID_ON_BREAK_OP:
		case LIQUID_ON_CONTINUE_OP:
			r->pc = taken(r, in) ? in->a : r->pc + 1;
			break;
		case LIQUID_INCLUDE_OP:
			rc = enter(r, in->a, false);
			if (rc < 0)
				return rc;
			break;
		case LIQUID_RENDER_OP:
			rc = render(r, in);
			if (rc < 0)
				return rc;
			break;
		case LIQUID_RETURN_OP:
			if (!go_back(r))
				return check_room(r);
			break;
		default:
			rc = step(r, in);
			if (rc < 0)
				return rc;
		}
	}
}

static bool
no_limits(const struct liquid_limits *l)
{
	return !l->steps && !l->output_bytes && !l->arena_bytes && !l->depth;
}

int
liquid_run(const struct liquid_program *program,
	   const struct liquid_inputs *inputs, struct arena *a, struct buf *out,
	   struct error *err)
{
	struct run r = { .p = program, .inputs = inputs, .a = a, .out = out };
	size_t max = out->max;
	int rc;

	r.err = err;
	r.limits =
	    no_limits(&inputs->limits) ? liquid_default_limits : inputs->limits;
	check(r.limits.depth >= 0 && r.limits.depth < 1024);
	r.fuel = r.limits.steps;
	r.arena_start = arena_bytes(a);
	if (!max || r.limits.output_bytes < max - out->len)
		out->max = out->len + r.limits.output_bytes;
	r.calls = ARENA_ARRAY(a, (size_t)r.limits.depth + 1, struct call);
	r.frames = ARENA_ARRAY(a, (size_t)r.limits.depth + 1, struct frame);
	r.frame = r.frames;
	clear_frame(&r, r.frame);
	rc = interpret(&r);
	check(rc < 0 || (!r.sp && !r.save_count && !r.capture_count));
	out->max = max;
	return rc;
}
