/*
 * include and render. A partial is a unit of the program that is called; a
 * render is called with what it is given, an include sees what its caller sees
 * and sets it, too.
 *
 *	render:   arguments, RENDER          for: in a loop that pushes the item
 *	include:  subject, then each argument is bound,
 *	          FOR, NEXT, INCLUDE, JUMP, DONE, UNBIND
 *
 * An include has a subject always: what stands behind with or for, else the
 * variable that is called like the partial. An array means once for each.
 */
#include "liquid/liquid_priv.h"

struct partial {
	struct str name; /* empty: a value says it */
	uint32_t unit;
	struct liquid_mark subject;
	struct str alias;
	bool has_subject;
	bool loops;
	uint32_t symbols[ARGS_MAX + 2];
	uint32_t count;
};

/* Whether the value that was just compiled is the variable of this name. */
static bool
is_variable(const struct liquid_compiler *c, size_t uses, struct str name)
{
	const struct liquid_path *path;

	if (c->use_count != uses + 1)
		return false;
	path = &c->p->paths[c->uses[uses].path];
	return path->count == 0 &&
	       str_eq(c->p->symbols[path->symbol].name, name);
}

/*
 * name: value, ... onto the stack, or bound at once. What is passed on under
 * its own name, as in brand: brand, stays what the caller declared: its
 * members are checked.
 */
static void
partial_args(struct liquid_compiler *c, struct partial *p, bool bind)
{
	uint32_t most = p->count + ARGS_MAX;
	struct str name;
	uint32_t begin;
	size_t uses;

	(void)liquid_take_sign(c, ",");
	while (!c->failed && c->word.kind != WORD_END) {
		if (c->word.kind != WORD_NAME || p->count == most) {
			liquid_expected(c, "the name of an argument");
			return;
		}
		name = c->word.text;
		uses = c->use_count;
		liquid_next_word(c);
		if (!liquid_take_sign(c, ":"))
			liquid_expected(c, "\":\" and a value");
		begin = liquid_here(c);
		liquid_primary(c);
		liquid_put_out(c, begin);
		p->symbols[p->count] = is_variable(c, uses, name)
					   ? liquid_symbol(c, name)
					   : liquid_symbol_set(c, name);
		if (bind)
			liquid_emit(c, LIQUID_BIND_OP, 0, p->symbols[p->count]);
		p->count++;
		(void)liquid_take_sign(c, ",");
	}
}

/* with x as y, for xs as y: read over, and compiled where it is wanted. */
static void
read_subject(struct liquid_compiler *c, struct partial *p)
{
	(void)liquid_take_sign(c, ",");
	p->loops = liquid_is_name(c, "for");
	p->has_subject = p->loops || liquid_is_name(c, "with");
	if (p->has_subject) {
		liquid_next_word(c);
		p->subject = liquid_mark(c);
		liquid_skip_primary(c);
	}
	p->alias = liquid_base_name(p->name);
	if (!liquid_take_name(c, "as"))
		return;
	if (c->word.kind != WORD_NAME) {
		liquid_expected(c, "the name of a variable");
		return;
	}
	p->alias = c->word.text;
	liquid_next_word(c);
}

/* Compiles the subject, and goes on where it was. */
static void
push_subject(struct liquid_compiler *c, const struct partial *p)
{
	struct liquid_mark here = liquid_mark(c);

	liquid_go_to(c, &p->subject);
	liquid_primary(c);
	liquid_go_to(c, &here);
}

/* ---- render ---- */

static void
call_render(struct liquid_compiler *c, struct partial *p)
{
	uint32_t at, args;

	partial_args(c, p, false);
	at = liquid_emit(c, LIQUID_RENDER_OP, p->count, p->unit);
	args = liquid_add_args(c, p->symbols, p->count);
	c->p->args[c->p->args_count - 1].subject = p->has_subject;
	c->p->code[at].aux = (uint16_t)args;
	liquid_place_partial(c, p->unit, NULL, p->loops);
}

/* The item and its forloop come before the arguments. */
static void
render_each(struct liquid_compiler *c, struct partial *p)
{
	struct liquid_loop_info loop = {
		.kind = LOOP_RENDER,
		.symbol = NO_JUMP,
		.name = p->name,
	};
	uint32_t none, top, end;

	push_subject(c, p);
	none = liquid_loop_begin(c, &loop, 0, &top, &end);
	liquid_emit(c, LIQUID_ITEM_OP, 0, 0);
	liquid_emit(c, LIQUID_ITEM_OP, 1, 0);
	p->symbols[p->count++] = liquid_symbol_set(c, STR("forloop"));
	call_render(c, p);
	liquid_emit(c, LIQUID_JUMP_OP, 0, top);
	liquid_land(c, end);
	liquid_emit(c, LIQUID_DONE_OP, 0, 0);
	liquid_land(c, none);
}

void
liquid_parse_render(struct liquid_compiler *c)
{
	struct partial p = { 0 };

	liquid_shows(c);
	liquid_words(c, c->token.text);
	p.name = c->word.text;
	if (c->word.kind != WORD_STRING) {
		liquid_expected(c, "the name of a partial in quotes");
		return;
	}
	p.unit = liquid_partial(c, p.name);
	if (c->failed)
		return;
	liquid_next_word(c);
	read_subject(c, &p);
	if (c->failed)
		return;
	if (p.has_subject)
		p.symbols[p.count++] = liquid_symbol_set(c, p.alias);
	if (p.loops) {
		render_each(c, &p);
		return;
	}
	if (p.has_subject)
		push_subject(c, &p);
	call_render(c, &p);
}

/* ---- include ---- */

static void
push_own(struct liquid_compiler *c, const struct partial *p)
{
	liquid_emit(c, LIQUID_CONST_OP, 0, liquid_const_string(c, p->name));
	liquid_emit(c, LIQUID_ROOT_OP, 0, 0);
}

static void
call_include(struct liquid_compiler *c, struct partial *p, unsigned flags)
{
	struct liquid_loop_info loop = {
		.kind = LOOP_INCLUDE,
		.symbol =
		    p->alias.len ? liquid_symbol_set(c, p->alias) : NO_JUMP,
		.spot = c->spot,
	};
	uint32_t none, top, end;

	if (p->has_subject)
		push_subject(c, p);
	else if (p->name.len)
		push_own(c, p);
	partial_args(c, p, true);
	none = liquid_loop_begin(c, &loop, flags, &top, &end);
	liquid_emit(c, LIQUID_INCLUDE_OP, 0, p->unit);
	end = liquid_jump(c, LIQUID_ON_BREAK_OP, end);
	end = liquid_jump(c, LIQUID_ON_CONTINUE_OP, end);
	liquid_emit(c, LIQUID_JUMP_OP, 0, top);
	liquid_land(c, end);
	liquid_emit(c, LIQUID_DONE_OP, 0, 0);
	liquid_land(c, none);
	liquid_emit(c, LIQUID_UNBIND_OP, p->count, 0);
	liquid_place_partial(c, p->unit, liquid_barrier(c), true);
	liquid_take_up(c);
}

void
liquid_parse_include(struct liquid_compiler *c)
{
	struct partial p = { .unit = NO_JUMP };
	unsigned flags = 0;

	liquid_shows(c);
	liquid_words(c, c->token.text);
	if (c->word.kind == WORD_STRING) {
		p.name = c->word.text;
		p.unit = liquid_partial(c, p.name);
		if (c->failed)
			return;
		liquid_next_word(c);
	} else {
		liquid_all_partials(c);
		liquid_primary(c);
		flags = LOOP_NAMED;
	}
	if (!c->failed)
		read_subject(c, &p);
	if (c->failed)
		return;
	if (flags && !p.has_subject)
		flags |= LOOP_OWN;
	call_include(c, &p, flags);
}
