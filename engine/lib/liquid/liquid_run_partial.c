/*
 * Partials that are entered and left. A render has a frame of its own, kept
 * for each depth and cleared when it is used again; an include shares its
 * caller's, which is why it may not be used inside of a render: what it would
 * read and set there is not what its author saw.
 */
#include <string.h>

#include "liquid/liquid_run_priv.h"

/* What clearing a frame costs for each name: a slot is about 100 bytes. */
enum { NAMES_A_STEP = 2 };

static struct frame *
new_frame(const struct run *r, struct frame *outer)
{
	const struct liquid_program *p = r->p;
	struct frame *f = ARENA_NEW(r->a, struct frame);

	f->outer = outer;
	f->slots = ARENA_ARRAY(r->a, p->symbol_count, struct slot);
	f->counters = ARENA_ARRAY(r->a, p->symbol_count, struct counter);
	f->cycles = ARENA_ARRAY(r->a, p->cycle_count, int64_t);
	f->resumes = ARENA_ARRAY(r->a, p->resume_count, int64_t);
	f->notes = ARENA_ARRAY(r->a, p->note_count, uint8_t);
	return f;
}

static void
clear(const struct liquid_program *p, struct frame *f)
{
	f->turn_count = 0;
	f->changed = (struct str){ 0 };
	memset(f->slots, 0, p->symbol_count * sizeof(*f->slots));
	memset(f->counters, 0, p->symbol_count * sizeof(*f->counters));
	memset(f->cycles, 0, p->cycle_count * sizeof(*f->cycles));
	memset(f->resumes, 0, p->resume_count * sizeof(*f->resumes));
	memset(f->notes, 0, p->note_count * sizeof(*f->notes));
}

struct frame *
liquid_run_frame(struct run *r, struct frame *outer)
{
	if (!outer)
		return new_frame(r, NULL);
	if (outer->inner)
		clear(r->p, outer->inner);
	else
		outer->inner = new_frame(r, outer);
	return outer->inner;
}

static int
enter(struct run *r, uint32_t unit, bool isolated)
{
	if (r->depth >= r->limits.depth) {
		(void)error_set(r->err, ERROR_LIMIT,
				"partials are nested too deep, expected at "
				"most %d",
				r->limits.depth);
		return liquid_run_where(r);
	}
	r->calls = liquid_run_roomy(r, r->calls, (size_t)r->depth,
				    &r->call_room, sizeof(*r->calls));
	r->calls[r->depth++] = (struct call){ r->pc + 1, isolated };
	if (isolated) {
		r->frame = liquid_run_frame(r, r->frame);
		r->frame_depth++;
		r->fuel -= (int64_t)r->p->symbol_count / NAMES_A_STEP;
	}
	r->pc = r->p->units[unit].entry;
	return liquid_run_check_room(r);
}

int
liquid_run_include(struct run *r, const struct liquid_instr *in)
{
	uint32_t unit = in->a;

	if (r->frame_depth) {
		(void)error_set(r->err, ERROR_INVALID,
				"an include inside of a render, expected "
				"another render");
		return liquid_run_where(r);
	}
	if (unit == NO_JUMP)
		unit = r->loops[r->loop_count - 1].unit;
	return enter(r, unit, false);
}

/* The first may be nil, and is not passed then. It comes last. */
int
liquid_run_render(struct run *r, const struct liquid_instr *in)
{
	const struct liquid_args *args = &r->p->args[in->aux];
	const struct liquid_value *values;
	int rc;

	check(r->sp >= args->count);
	r->sp -= args->count;
	values = &r->stack[r->sp];
	rc = enter(r, in->a, true);
	if (rc < 0)
		return rc;
	for (uint32_t i = args->subject; i < args->count; i++)
		liquid_run_assign(r, args->symbols[i], values[i]);
	if (args->subject && values[0].type != LIQUID_NIL)
		liquid_run_assign(r, args->symbols[0], values[0]);
	return 0;
}

bool
liquid_run_return(struct run *r)
{
	const struct call *call;

	if (!r->depth)
		return false;
	call = &r->calls[--r->depth];
	r->pc = call->back;
	if (call->isolated) {
		r->frame = r->frame->outer;
		r->frame_depth--;
		r->leaving = GOING;
	}
	return true;
}
