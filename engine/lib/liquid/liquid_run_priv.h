#ifndef LIQUID_LIQUID_RUN_PRIV_H
#define LIQUID_LIQUID_RUN_PRIV_H

/*
 * A run of a program, as the files of the interpreter share it: liquid_run.c
 * has the machine, variables and output, liquid_run_loop.c what goes over
 * things, liquid_run_partial.c what enters a partial, liquid_run_tell.c what is
 * told meanwhile.
 */

#include "liquid/liquid_priv.h"

enum { STACK_MAX = CYCLE_MAX + EXPR_DEPTH_MAX * 2 + ARGS_MAX * 3 };

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

/* The cycles of one name, which is any value. */
struct turn {
	struct liquid_value name;
	int64_t next;
};

/* What a render has for itself. The one inside of it is kept for another. */
struct frame {
	struct frame *outer, *inner;
	struct slot *slots;
	struct counter *counters;
	int64_t *cycles; /* by group: of those without a name */
	struct turn *turns;
	size_t turn_count, turn_room;
	int64_t *resumes;
	uint8_t *notes;
	struct str changed; /* what ifchanged wrote last */
};

struct call {
	uint32_t back;
	bool isolated;
};

struct looping {
	struct liquid_value over;
	struct liquid_value item;
	struct liquid_loop *loop;
	const struct liquid_loop_info *info;
	int64_t at;
	int64_t end;
	uint32_t symbol;
	uint32_t unit; /* that a name has chosen; NO_JUMP: the code says it */
	int frame;     /* the depth it is at */
	bool reversed;
	bool once; /* the value as it is, not what is in it */
};

struct run {
	const struct liquid_program *p;
	const struct liquid_inputs *inputs;
	struct liquid_limits limits;
	struct arena *a;
	struct buf *out;
	struct error *err;
	struct frame *frame;
	struct call *calls;
	struct looping *loops;
	struct save *saves;
	size_t *captures;
	size_t call_room, loop_count, loop_room, save_count, save_room,
	    capture_count, capture_room;
	size_t arena_start;
	int64_t fuel;
	bool spilt; /* something found no room in the arena */
	int depth;
	int frame_depth;
	uint32_t pc;
	size_t sp;
	enum { GOING, BREAKING, CONTINUING } leaving;
	struct liquid_value *stack; /* STACK_MAX of them */
};

/* Both return < 0 with the place in err, for what the machine has set there. */
int liquid_run_where(const struct run *r);
int liquid_run_check_room(const struct run *r);

/* A value could not be had, as `found` says: 0 when the run goes on without. */
int liquid_run_lost(const struct run *r, struct error *found);
/* Path `index`, which is put out, is nil. */
void liquid_run_unfilled(struct run *r, uint32_t index);

struct liquid_value *liquid_run_pop(struct run *r);

/* Steps for looking at all of a value. */
int64_t liquid_run_weight(const struct liquid_value *v);

/* A bigger copy of an array of the run, when it is full. */
void *liquid_run_roomy(struct run *r, void *p, size_t count, size_t *room,
		       size_t size);

void liquid_run_assign(struct run *r, uint32_t symbol, struct liquid_value v);
void liquid_run_bind(struct run *r, uint32_t symbol, struct liquid_value v);
void liquid_run_unbind(struct run *r);

/* The symbol of a name that some part of the program uses, or NO_JUMP. */
uint32_t liquid_run_symbol(struct run *r, struct str name);
struct liquid_value liquid_run_variable(struct run *r, struct str name);

/* Loops: 1 it begins, 0 there is nothing to go over, < 0. */
int liquid_run_begin(struct run *r, const struct liquid_instr *in);
bool liquid_run_next(struct run *r);
struct liquid_value liquid_run_item(const struct run *r, bool loop);
void liquid_run_cell(struct run *r, bool last);
void liquid_run_done(struct run *r);

/* Partials. A frame without anything in it, inside of `outer` if not NULL. */
struct frame *liquid_run_frame(struct run *r, struct frame *outer);
int liquid_run_include(struct run *r, const struct liquid_instr *in);
int liquid_run_render(struct run *r, const struct liquid_instr *in);

/* False at the end of the main source. */
bool liquid_run_return(struct run *r);

#endif
