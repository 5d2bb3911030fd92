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
 * Fuel is spent on each instruction (a loop runs several an iteration), on
 * what filters take and give, and on every text or array that is looked at, so
 * that no single instruction takes much longer than it pays for.
 */
#include <string.h>

#include "liquid/liquid_escape_priv.h"
#include "liquid/liquid_run_priv.h"

enum { SYMBOLS_A_STEP = 4 };

const struct liquid_limits liquid_default_limits = {
	.steps = 1000 * 1000,
	.output_bytes = 2 << 20,
	.arena_bytes = 16 << 20,
	.depth = 32,
};

static int
over(const struct run *r, const char *what, int64_t most)
{
	(void)error_set(r->err, ERROR_LIMIT, "%s, expected at most %lld", what,
			(long long)most);
	return liquid_run_where(r);
}

int
liquid_run_check_room(const struct run *r)
{
	if (r->spilt)
		return over(r, "too many bytes of memory",
			    (int64_t)r->limits.arena_bytes);
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

/* Bytes of the arena that may still be taken. */
static size_t
left(const struct run *r)
{
	size_t used = arena_bytes(r->a) - r->arena_start;

	return used < r->limits.arena_bytes ? r->limits.arena_bytes - used : 0;
}

static void
push(struct run *r, struct liquid_value v)
{
	check(r->sp < STACK_MAX);
	r->stack[r->sp++] = v;
}

struct liquid_value *
liquid_run_pop(struct run *r)
{
	check(r->sp > 0);
	return &r->stack[--r->sp];
}

/* A bigger copy of an array of the run, when it is full. */
void *
liquid_run_roomy(struct run *r, void *p, size_t count, size_t *room,
		 size_t size)
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

/* What looking at all of a value costs. */
int64_t
liquid_run_weight(const struct liquid_value *v)
{
	if (v->type == LIQUID_STRING)
		return (int64_t)v->s.len / CHARS_A_STEP;
	if (v->type == LIQUID_ARRAY)
		return (int64_t)v->array.count;
	return 0;
}

/* ---- variables ---- */

/* What a name means that nothing in the template has set or counted. */
static bool
global(const struct run *r, uint32_t symbol, struct liquid_value *out)
{
	const struct liquid_value *v =
	    r->inputs->globals
		? liquid_object_get(r->inputs->globals, &r->p->symbols[symbol])
		: NULL;

	*out = v ? *v : liquid_nil();
	return v != NULL;
}

static void
fill(struct run *r, uint32_t symbol, struct slot *s)
{
	const struct counter *c = &r->frame->counters[symbol];

	s->defined = c->used || global(r, symbol, &s->value);
	if (c->used)
		s->value = liquid_int(c->n);
	s->ready = true;
}

static struct slot *
slot_of(struct run *r, uint32_t symbol)
{
	struct slot *s = &r->frame->slots[symbol];

	if (!s->ready)
		fill(r, symbol, s);
	return s;
}

void
liquid_run_assign(struct run *r, uint32_t symbol, struct liquid_value v)
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

void
liquid_run_bind(struct run *r, uint32_t symbol, struct liquid_value v)
{
	struct slot *s = &r->frame->slots[symbol];

	r->saves = liquid_run_roomy(r, r->saves, r->save_count, &r->save_room,
				    sizeof(*r->saves));
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

void
liquid_run_unbind(struct run *r)
{
	const struct save *save = &r->saves[--r->save_count];
	struct slot *s = &r->frame->slots[save->symbol];

	check(s->bound > 0);
	s->bound--;
	s->value = save->value;
	s->ready = save->ready;
	s->defined = save->defined;
	if (s->bound)
		return;
	s->value = s->assigned;
	s->ready = s->has_assigned; /* a counter may have moved meanwhile */
	s->defined = s->has_assigned;
}

static int
undefined(const struct run *r, struct str name)
{
	(void)error_set(r->err, ERROR_INVALID,
			"\"%.*s\" is not defined, expected a value",
			STR_ARG(str_slice(name, 0, 100)));
	return liquid_run_where(r);
}

/* Of a text its size may be asked. */
static int64_t
text_weight(const struct liquid_value *v)
{
	return v->type == LIQUID_STRING ? liquid_run_weight(v) : 0;
}

/* Borrowed from the data, or made in *room. NULL after a failure. */
static const struct liquid_value *
read_path(struct run *r, uint32_t index, struct liquid_value *room)
{
	const struct liquid_path *path = &r->p->paths[index];
	const struct slot *s = slot_of(r, path->symbol);
	const struct liquid_value *v = &s->value;
	const struct liquid_value *member;

	if (!s->defined && r->inputs->strict) {
		(void)undefined(r, r->p->symbols[path->symbol].name);
		return NULL;
	}
	for (uint32_t i = 0; i < path->count; i++) {
		const struct liquid_key *key = &path->keys[i];

		member = v->type == LIQUID_OBJECT
			     ? liquid_object_get(v->object, key)
			     : NULL;
		r->fuel -= text_weight(v);
		if (!member && !liquid_member(v, key, r->a, room) &&
		    r->inputs->strict) {
			(void)undefined(r, key->name);
			return NULL;
		}
		v = member ? member : room;
	}
	return v;
}

uint32_t
liquid_run_symbol(struct run *r, struct str name)
{
	r->fuel -= (int64_t)r->p->symbol_count / SYMBOLS_A_STEP;
	for (uint32_t i = 0; i < r->p->symbol_count; i++)
		if (str_eq(r->p->symbols[i].name, name))
			return i;
	return NO_JUMP;
}

struct liquid_value
liquid_run_variable(struct run *r, struct str name)
{
	uint32_t symbol = liquid_run_symbol(r, name);
	struct liquid_value v = liquid_nil();

	r->fuel -= (int64_t)name.len / BYTES_A_STEP;
	if (symbol != NO_JUMP)
		return slot_of(r, symbol)->value;
	if (r->inputs->globals)
		(void)liquid_object_find(r->inputs->globals, name, &v);
	return v;
}

static void
root(struct run *r)
{
	struct liquid_value *v = &r->stack[r->sp - 1];

	*v = v->type == LIQUID_STRING ? liquid_run_variable(r, v->s)
				      : liquid_nil();
}

static void
member(struct run *r, bool named)
{
	struct liquid_value key = *liquid_run_pop(r);
	struct liquid_value *v = &r->stack[r->sp - 1];
	struct liquid_key k;

	r->fuel -= text_weight(v) + text_weight(&key);
	if (!named) {
		(void)liquid_index(v, &key, v);
		return;
	}
	k = liquid_key(key.s);
	(void)liquid_member(v, &k, r->a, v);
}

/* ---- output ---- */

/* The filter escape, which the compiler has made part of the writing. */
static bool
is_filtered(unsigned escape)
{
	return escape == ESCAPE_REFERENCES || escape & ESCAPE_MARKUP;
}

/* Of an array what is in it, one after another; a filter spells it. */
static void
write_nested(struct run *r, const struct liquid_value *v, unsigned escape,
	     int depth)
{
	struct liquid_text t = { .a = r->a,
				 .steps = &r->fuel,
				 .room = arena_bytes(r->a) + left(r) };
	struct str s = v->s;

	if (v->type == LIQUID_NIL)
		return;
	if (v->type == LIQUID_ARRAY && !is_filtered(escape)) {
		for (size_t i = 0; i < v->array.count; i++)
			if (depth < EXPR_DEPTH_MAX)
				write_nested(r, &v->array.items[i], escape,
					     depth + 1);
		r->fuel -= (int64_t)v->array.count;
		return;
	}
	if (v->type != LIQUID_STRING) {
		liquid_text_value(&t, v);
		s = (struct str){ t.p, t.len };
		r->out->full |= t.full;
	}
	liquid_escape_text(r->out, s, v->safe, escape);
}

static inline void
write_value(struct run *r, const struct liquid_value *v, unsigned escape)
{
	size_t from = r->out->len;

	if (v->type == LIQUID_STRING && escape != ESCAPE_SCRIPT)
		liquid_escape_text(r->out, v->s, v->safe, escape);
	else if (escape == ESCAPE_SCRIPT)
		liquid_escape_script(r->out, v, 0);
	else
		write_nested(r, v, escape, 0);
	r->fuel -= (int64_t)(r->out->len - from) / BYTES_A_STEP;
}

/* What was written, in the arena; where it has no room the run ends. */
static struct str
keep(struct run *r, struct str s)
{
	if (s.len < left(r))
		return str_copy(r->a, s);
	r->spilt = true;
	r->fuel = -1;
	return STR("");
}

static void
capture(struct run *r)
{
	r->captures = liquid_run_roomy(r, r->captures, r->capture_count,
				       &r->capture_room, sizeof(*r->captures));
	r->captures[r->capture_count++] = r->out->len;
}

static void
captured(struct run *r, uint32_t symbol)
{
	size_t from = r->captures[--r->capture_count];
	struct str s = str_slice(buf_view(r->out), from, r->out->len);
	struct liquid_value v = liquid_string(keep(r, s));

	v.safe = r->p->context == LIQUID_HTML;
	buf_truncate(r->out, from);
	liquid_run_assign(r, symbol, v);
}

/* A counter goes on from the global of its name, and hides it. */
static void
count(struct run *r, uint32_t symbol, int step, unsigned escape)
{
	struct counter *c = &r->frame->counters[symbol];
	struct slot *s = &r->frame->slots[symbol];
	struct liquid_value shown;

	if (!c->used) {
		(void)global(r, symbol, &shown);
		c->n = liquid_whole(&shown);
	}
	c->used = true;
	if (step < 0 && c->n > INT64_MIN)
		c->n--;
	shown = liquid_int(c->n);
	write_value(r, &shown, escape);
	if (step > 0 && c->n < INT64_MAX)
		c->n++;
	if (!s->has_assigned && !s->bound)
		s->ready = false;
}

/* Which turn it is, of the cycles whose name is this value. */
static int64_t *
named_turn(struct run *r, const struct liquid_value *name)
{
	struct frame *f = r->frame;

	for (size_t i = 0; i < f->turn_count && --r->fuel >= 0; i++)
		if (f->turns[i].name.type == name->type &&
		    liquid_equal(&f->turns[i].name, name, &r->fuel))
			return &f->turns[i].next;
	f->turns = liquid_run_roomy(r, f->turns, f->turn_count, &f->turn_room,
				    sizeof(*f->turns));
	f->turns[f->turn_count] = (struct turn){ .name = *name };
	return &f->turns[f->turn_count++].next;
}

/* A turn beyond the last value, which a longer cycle left, writes nothing. */
static void
cycle(struct run *r, const struct liquid_instr *in)
{
	size_t n = in->n;
	bool named = in->a == NO_JUMP;
	const struct liquid_value *values;
	int64_t *turn;

	check(r->sp >= n + named);
	r->sp -= n;
	values = &r->stack[r->sp];
	turn =
	    named ? named_turn(r, liquid_run_pop(r)) : &r->frame->cycles[in->a];
	if (*turn < (int64_t)n)
		write_value(r, &values[*turn], in->aux);
	*turn = *turn + 1 < (int64_t)n ? *turn + 1 : 0;
}

/* What was written since is taken back if it was written before, too. */
static void
changed(struct run *r)
{
	size_t from = r->captures[--r->capture_count];
	struct str s = str_slice(buf_view(r->out), from, r->out->len);

	r->fuel -= (int64_t)s.len / BYTES_A_STEP;
	if (str_eq(s, r->frame->changed))
		buf_truncate(r->out, from);
	else
		r->frame->changed = keep(r, s);
}

static void
tally(struct run *r, const struct liquid_instr *in)
{
	uint8_t *note = &r->frame->notes[in->aux];

	if (in->n)
		*note = 0;
	if (liquid_truthy(liquid_run_pop(r)) && *note < UINT8_MAX)
		++*note;
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

static int
filter(struct run *r, const struct liquid_instr *in)
{
	const struct liquid_filter *f = r->p->filters[in->a];
	struct liquid_value out = liquid_nil();
	struct liquid_call call;
	struct error found;

	check(r->sp > in->n);
	r->sp -= in->n;
	call = (struct liquid_call){
		.a = r->a,
		.input = r->stack[r->sp - 1],
		.args = &r->stack[r->sp],
		.arg_count = in->n,
		.room = left(r),
		.used = arena_bytes(r->a),
		.steps = &r->fuel,
		.now_ms = r->inputs->now_ms,
		.output = r->p->context,
		.locale = r->inputs->locale,
		.zone = r->inputs->zone,
		.context = r->inputs->filter_context,
		.program = r->p,
		.at = r->pc,
	};
	r->fuel -= FILTER_STEPS + liquid_run_weight(&call.input);
	for (size_t i = 0; i < call.arg_count; i++)
		r->fuel -= liquid_run_weight(&call.args[i]);
	if (f->apply(&call, &out, &found) < 0) {
		(void)error_context(&found, "filter \"%s\"", f->name);
		if (liquid_run_lost(r, &found) < 0)
			return -(int)r->err->code;
		out = liquid_nil();
	}
	r->fuel -= liquid_run_weight(&out);
	r->stack[r->sp - 1] = out;
	return liquid_run_check_room(r);
}

static int
compare(struct run *r, enum liquid_comparison how)
{
	const struct liquid_means means = { r->a, &r->fuel,
					    arena_bytes(r->a) + left(r) };
	struct liquid_value right = *liquid_run_pop(r);
	struct liquid_value *left = &r->stack[r->sp - 1];
	struct error found;
	int rc = liquid_holds(left, &right, how, &means, &found);

	*left = liquid_bool(rc > 0);
	return rc < 0 ? liquid_run_lost(r, &found) : 0;
}

/* Of an end that is neither integer nor text: a literal loses its fraction. */
static int
range_end(struct run *r, struct liquid_value *v, bool literal)
{
	struct error found;

	if (v->type != LIQUID_NIL && v->type != LIQUID_INT &&
	    v->type != LIQUID_STRING && !literal) {
		(void)error_set(&found, ERROR_INVALID,
				"found %s as an end of a range, expected an "
				"integer",
				liquid_found(v).text);
		*v = liquid_nil();
		return liquid_run_lost(r, &found);
	}
	r->fuel -= text_weight(v);
	*v = liquid_int(liquid_whole(v));
	return 0;
}

static int
range(struct run *r, bool literal)
{
	struct liquid_value last = *liquid_run_pop(r);
	struct liquid_value *first = &r->stack[r->sp - 1];
	int rc = range_end(r, first, literal);

	if (rc == 0)
		rc = range_end(r, &last, literal);
	if (rc == 0)
		*first = (struct liquid_value){
			.type = LIQUID_RANGE,
			.range = { first->n, last.n },
		};
	return rc;
}

/* ---- the machine ---- */

static bool
taken(struct run *r, const struct liquid_instr *in)
{
	switch ((enum liquid_op)in->op) {
	case LIQUID_IF_OP:
		return liquid_truthy(liquid_run_pop(r));
	case LIQUID_IF_NOT_OP:
		return !liquid_truthy(liquid_run_pop(r));
	case LIQUID_AND_OP:
	case LIQUID_OR_OP:
		if (liquid_truthy(&r->stack[r->sp - 1]) ==
		    (in->op == LIQUID_OR_OP))
			return true;
		r->sp--;
		return false;
	case LIQUID_NEXT_OP:
		return !liquid_run_next(r);
	case LIQUID_IF_NOTED_OP:
		return r->frame->notes[in->aux];
	case LIQUID_TAKE_OP:
		if (!r->frame->notes[in->aux])
			return true;
		r->frame->notes[in->aux]--;
		return false;
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
	int rc = 0;

	switch ((enum liquid_op)in->op) {
	case LIQUID_NOP_OP:
		break;
	case LIQUID_CONST_OP:
		push(r, r->p->consts[in->a]);
		break;
	case LIQUID_ROOT_OP:
		root(r);
		break;
	case LIQUID_INDEX_OP:
		member(r, in->n);
		break;
	case LIQUID_RANGE_OP:
		rc = range(r, in->n);
		break;
	case LIQUID_NAMED_OP:
		named(r, in->n);
		break;
	case LIQUID_FILTER_OP:
		rc = filter(r, in);
		break;
	case LIQUID_OUT_OP:
		write_value(r, liquid_run_pop(r), in->n);
		break;
	case LIQUID_COMPARE_OP:
		rc = compare(r, (enum liquid_comparison)in->n);
		break;
	case LIQUID_ASSIGN_OP:
		liquid_run_assign(r, in->a, *liquid_run_pop(r));
		break;
	case LIQUID_BIND_OP:
		liquid_run_bind(r, in->a, *liquid_run_pop(r));
		break;
	case LIQUID_UNBIND_OP:
		for (unsigned i = 0; i < in->n; i++)
			liquid_run_unbind(r);
		break;
	case LIQUID_CAPTURE_OP:
		capture(r);
		break;
	case LIQUID_CAPTURED_OP:
		captured(r, in->a);
		break;
	case LIQUID_COUNT_OP:
		count(r, in->a, in->n - 1, in->aux);
		break;
	case LIQUID_CYCLE_OP:
		cycle(r, in);
		break;
	case LIQUID_CHANGED_OP:
		changed(r);
		break;
	case LIQUID_TALLY_OP:
		tally(r, in);
		break;
	case LIQUID_NOTE_OP:
		r->frame->notes[in->aux] = in->n;
		break;
	case LIQUID_ITEM_OP:
		push(r, liquid_run_item(r, in->n));
		break;
	case LIQUID_CELL_OP:
		liquid_run_cell(r, in->n);
		break;
	case LIQUID_DONE_OP:
		liquid_run_done(r);
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

/* What most of a template is made of comes first: text and values in it. */
static int
interpret(struct run *r)
{
	const struct liquid_program *p = r->p;
	const struct liquid_value *v;
	struct liquid_value room;
	int rc;

	for (;;) {
		const struct liquid_instr *in = &p->code[r->pc];

		if (--r->fuel < 0 || buf_full(r->out))
			return liquid_run_check_room(r);
		switch ((enum liquid_op)in->op) {
		case LIQUID_TEXT_OP:
			buf_str(r->out, p->consts[in->a].s);
			r->pc++;
			break;
		case LIQUID_PATH_OP:
		case LIQUID_OUT_PATH_OP:
			v = read_path(r, in->a, &room);
			if (!v)
				return -(int)r->err->code;
			if (in->aux && v->type == LIQUID_NIL &&
			    r->inputs->unfilled)
				liquid_run_unfilled(r, in->a);
			if (in->op == LIQUID_PATH_OP)
				push(r, *v);
			else
				write_value(r, v, in->n);
			r->pc++;
			break;
		case LIQUID_JUMP_OP:
			/* Each turn of a loop passes here. */
			rc = liquid_run_check_room(r);
			if (rc < 0)
				return rc;
			r->pc = in->a;
			break;
		case LIQUID_IF_OP:
		case LIQUID_IF_NOT_OP:
		case LIQUID_AND_OP:
		case LIQUID_OR_OP:
		case LIQUID_NEXT_OP:
		case LIQUID_IF_NOTED_OP:
		case LIQUID_TAKE_OP:
		case LIQUID_ON_BREAK_OP:
		case LIQUID_ON_CONTINUE_OP:
			r->pc = taken(r, in) ? in->a : r->pc + 1;
			break;
		case LIQUID_FOR_OP:
			rc = liquid_run_begin(r, in);
			if (rc < 0)
				return rc;
			r->pc = rc ? r->pc + 1 : in->a;
			break;
		case LIQUID_INCLUDE_OP:
			rc = liquid_run_include(r, in);
			if (rc < 0)
				return rc;
			break;
		case LIQUID_RENDER_OP:
			rc = liquid_run_render(r, in);
			if (rc < 0)
				return rc;
			break;
		case LIQUID_RETURN_OP:
			if (!liquid_run_return(r))
				return liquid_run_check_room(r);
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
	struct liquid_value stack[STACK_MAX];
	struct run r = {
		.p = program,
		.inputs = inputs,
		.a = a,
		.out = out,
		.stack = stack,
	};
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
	r.frame = liquid_run_frame(&r, NULL);
	rc = interpret(&r);
	check(rc < 0 || (!r.sp && !r.save_count && !r.capture_count));
	out->max = max;
	return rc;
}
