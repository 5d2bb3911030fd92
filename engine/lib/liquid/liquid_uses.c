/*
 * Where a program uses a filter, and on what. An expression leaves its value
 * on the stack, so the input of a filter without arguments is what the
 * instruction before it pushed: a text of the template's own if that is CONST,
 * a value of the data if it is PATH, and known only to a run if it is any
 * other.
 */
#include <string.h>

#include "base/arena.h"
#include "liquid/liquid_priv.h"

static void
input_of(const struct liquid_program *p, size_t pc,
	 struct liquid_filter_use *use)
{
	const struct liquid_instr *before;

	if (pc == 0 || p->code[pc].n > 0)
		return;
	before = &p->code[pc - 1];
	if (before->op == LIQUID_CONST_OP &&
	    p->consts[before->a].type == LIQUID_STRING)
		use->input = &p->consts[before->a].s;
	if (before->op == LIQUID_PATH_OP)
		use->root = &p->symbols[p->paths[before->a].symbol].name;
}

void
liquid_each_use(const struct liquid_program *p, const char *filter,
		void (*visit)(void *arg, const struct liquid_filter_use *use),
		void *arg)
{
	for (size_t pc = 0; pc < p->code_count; pc++) {
		const struct liquid_place *place = &p->places[pc];
		const struct liquid_unit *unit = &p->units[place->unit];
		struct liquid_filter_use use = { .unit = unit->name };

		if (p->code[pc].op != LIQUID_FILTER_OP ||
		    strcmp(p->filters[p->code[pc].a]->name, filter) != 0)
			continue;
		input_of(p, pc, &use);
		liquid_locate(unit, place->offset, &use.line, &use.column);
		visit(arg, &use);
	}
}

struct str
liquid_input_path(const struct liquid_call *call)
{
	const struct liquid_program *p = call->program;
	const struct liquid_path *path;
	size_t pc = call->at;
	struct str text;

	while (pc > 0 && p->code[pc].op == LIQUID_FILTER_OP &&
	       p->code[pc].n == 0)
		pc--;
	if (p->code[pc].op != LIQUID_PATH_OP)
		return STR("");
	path = &p->paths[p->code[pc].a];
	text = p->symbols[path->symbol].name;
	for (uint32_t i = 0; i < path->count; i++)
		text = str_printf(call->a, "%.*s.%.*s", STR_ARG(text),
				  STR_ARG(path->keys[i].name));
	return text;
}
