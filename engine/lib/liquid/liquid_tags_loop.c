/*
 * for, break, continue, and the partials, which may loop too.
 *
 * break and continue jump straight to their loop. Where something lies in
 * between that must be finished (a capture, a partial), LEAVE notes them, and
 * ON_BREAK and ON_CONTINUE take them up behind it.
 *
 * FOR, then at the top NEXT, the body, a jump to the top; at the end DONE. What
 * has nothing to go over jumps from FOR past all of it, to else.
 */
#include <string.h>

#include "liquid/liquid_priv.h"

/* ---- loops ---- */

static struct liquid_scope *
barrier(struct liquid_compiler *c)
{
	struct liquid_scope *s = c->scope;

	while (s && s->kind == SCOPE_BLOCK)
		s = s->outer;
	return s;
}

/* The jump of a break or continue that is under way at op, or at once. */
static void
leave_by(struct liquid_compiler *c, enum liquid_op op, bool is_continue)
{
	struct liquid_scope *s = barrier(c);
	uint32_t *chain;

	check(s);
	s->interrupted = true;
	chain =
	    is_continue && s->kind == SCOPE_LOOP ? &s->continues : &s->breaks;
	*chain = liquid_jump(c, op, *chain);
	c->p->code[*chain].n = s->kind == SCOPE_LOOP;
}

static void
leave(struct liquid_compiler *c, bool is_continue)
{
	liquid_words(c, c->token.text);
	liquid_end_words(c, "the end");
	liquid_shows(c);
	if (barrier(c)->kind != SCOPE_LOOP)
		liquid_emit(c, LIQUID_LEAVE_OP, is_continue, 0);
	leave_by(c, LIQUID_JUMP_OP, is_continue);
}

void
liquid_parse_break(struct liquid_compiler *c)
{
	leave(c, false);
}

void
liquid_parse_continue(struct liquid_compiler *c)
{
	leave(c, true);
}

/* Behind something that may have ended by LEAVE. */
void
liquid_take_up(struct liquid_compiler *c)
{
	leave_by(c, LIQUID_ON_BREAK_OP, false);
	leave_by(c, LIQUID_ON_CONTINUE_OP, true);
}

static void
loop_head(struct liquid_compiler *c, struct liquid_loop_info *loop,
	  struct str variable, const char *begin)
{
	struct str over = { begin, (size_t)(c->word.at - begin) };

	over = str_trim(over);
	loop->forloop = liquid_symbol_set(c, STR("forloop"));
	loop->name = str_printf(c->p->arena, "%.*s-%.*s", STR_ARG(variable),
				STR_ARG(over));
	loop->resume = liquid_resume(c, loop->name);
}

/* limit, offset and reversed, in any order. Limit is pushed before offset. */
static unsigned
loop_options(struct liquid_compiler *c)
{
	struct {
		struct liquid_word word;
		struct str rest;
	} limit, offset;
	unsigned flags = 0;

	memset(&limit, 0, sizeof(limit));
	memset(&offset, 0, sizeof(offset));
	while (!c->failed && c->word.kind != WORD_END) {
		uint32_t begin = liquid_here(c);
		size_t uses = c->use_count;
		bool is_limit = liquid_is_name(c, "limit");

		if (liquid_take_sign(c, ","))
			continue;
		if (liquid_take_name(c, "reversed")) {
			flags |= LOOP_REVERSED;
			continue;
		}
		if (!is_limit && !liquid_is_name(c, "offset")) {
			liquid_expected(c, "limit, offset or reversed");
			return 0;
		}
		liquid_next_word(c);
		if (!liquid_take_sign(c, ":"))
			liquid_expected(c, "\":\"");
		if (is_limit) {
			limit.word = c->word;
			limit.rest = c->rest;
			flags |= LOOP_LIMIT;
		} else if (liquid_take_name(c, "continue")) {
			flags |= LOOP_RESUME;
			flags &= ~(unsigned)LOOP_OFFSET;
			continue;
		} else {
			offset.word = c->word;
			offset.rest = c->rest;
			flags |= LOOP_OFFSET;
		}
		liquid_primary(c); /* read over; emitted below, in order */
		c->p->code_count = begin;
		c->use_count = uses;
	}
	if (flags & LOOP_LIMIT) {
		c->word = limit.word;
		c->rest = limit.rest;
		liquid_primary(c);
	}
	if (flags & LOOP_OFFSET) {
		c->word = offset.word;
		c->rest = offset.rest;
		liquid_primary(c);
	}
	return flags;
}

/* FOR else; top: NEXT end; ... JUMP top; end: DONE. Returns FOR's chain. */
static uint32_t
loop_begin(struct liquid_compiler *c, const struct liquid_loop_info *loop,
	   unsigned flags, uint32_t *top)
{
	uint32_t none = liquid_jump(c, LIQUID_FOR_OP, NO_JUMP);
	uint32_t index = liquid_add_loop(c, loop);

	c->p->code[none].n = (uint8_t)flags;
	c->p->code[none].aux = (uint16_t)index;
	*top = liquid_here(c);
	c->scope->breaks = liquid_jump(c, LIQUID_NEXT_OP, c->scope->breaks);
	return none;
}

static void
loop_end(struct liquid_compiler *c, struct liquid_scope *s, uint32_t top)
{
	liquid_land(c, s->continues);
	liquid_emit(c, LIQUID_JUMP_OP, 0, top);
	liquid_land(c, s->breaks);
	liquid_emit(c, LIQUID_DONE_OP, 0, 0);
}

static unsigned
for_markup(struct liquid_compiler *c, struct liquid_loop_info *loop)
{
	struct str variable;
	const char *begin;

	liquid_words(c, c->token.text);
	variable = c->word.text;
	if (c->word.kind != WORD_NAME) {
		liquid_expected(c, "the name of the loop's variable");
		return 0;
	}
	loop->symbol = liquid_symbol_set(c, c->word.text);
	liquid_next_word(c);
	if (!liquid_take_name(c, "in")) {
		liquid_expected(c, "\"in\"");
		return 0;
	}
	begin = c->word.at;
	liquid_primary(c);
	if (c->failed)
		return 0;
	loop_head(c, loop, variable, begin);
	return loop_options(c);
}

void
liquid_parse_for(struct liquid_compiler *c)
{
	struct liquid_loop_info loop = { 0 };
	struct liquid_scope s;
	uint32_t none, over, top;
	unsigned flags;
	bool otherwise;

	liquid_open_scope(c, &s, SCOPE_LOOP, liquid_tag(c->token.name));
	flags = for_markup(c, &loop);
	none = loop_begin(c, &loop, flags, &top);
	otherwise = liquid_body(c);
	loop_end(c, &s, top);
	over = liquid_jump(c, LIQUID_JUMP_OP, NO_JUMP);
	liquid_land(c, none);
	s.kind = SCOPE_BLOCK; /* else is no longer in the loop */
	if (otherwise)
		liquid_whole_body(c);
	liquid_land(c, over);
	liquid_close_scope(c);
}

/* ---- partials ---- */

struct partial {
	uint32_t unit;
	uint32_t symbols[ARGS_MAX + 2];
	uint32_t count;
	bool loops;
	bool isolated;
	struct liquid_loop_info loop;
	uint32_t none;
	uint32_t top;
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
 * name: value, ... onto the stack. What is passed on under its own name, as in
 * brand: brand, stays what the caller declared: its members are checked.
 */
static void
partial_args(struct liquid_compiler *c, struct partial *p)
{
	struct str name;
	size_t uses;

	while (!c->failed) {
		(void)liquid_take_sign(c, ",");
		if (c->word.kind == WORD_END)
			return;
		if (c->word.kind != WORD_NAME || p->count == ARGS_MAX) {
			liquid_expected(c, "the name of an argument");
			return;
		}
		name = c->word.text;
		uses = c->use_count;
		liquid_next_word(c);
		if (!liquid_take_sign(c, ":"))
			liquid_expected(c, "\":\" and a value");
		liquid_primary(c);
		p->symbols[p->count++] = is_variable(c, uses, name)
					     ? liquid_symbol(c, name)
					     : liquid_symbol_set(c, name);
	}
}

static struct str
base_name(struct str name)
{
	struct str part, rest = name;

	while (str_split(&rest, '/', &part))
		name = part;
	return name;
}

static void
push_symbol(struct liquid_compiler *c, uint32_t symbol)
{
	liquid_emit(c, LIQUID_PATH_OP, 0, liquid_add_path(c, symbol, NULL, 0));
}

/* with x as y, for xs as y: the value is left on the stack. */
static void
partial_subject(struct liquid_compiler *c, struct partial *p, struct str name,
		struct liquid_scope *s)
{
	const char *begin;

	p->loops = liquid_is_name(c, "for");
	liquid_next_word(c);
	begin = c->word.at;
	liquid_primary(c);
	if (p->loops)
		loop_head(c, &p->loop, name, begin);
	if (liquid_take_name(c, "as")) {
		if (c->word.kind != WORD_NAME) {
			liquid_expected(c, "the name of a variable");
			return;
		}
		name = c->word.text;
		liquid_next_word(c);
	}
	p->loop.symbol = liquid_symbol_set(c, base_name(name));
	p->symbols[p->count++] = p->loop.symbol;
	if (!p->loops)
		return;
	liquid_open_scope(c, s, SCOPE_LOOP, NULL);
	p->none =
	    loop_begin(c, &p->loop, p->isolated ? LOOP_ALONE : 0, &p->top);
	push_symbol(c, p->loop.symbol);
	p->symbols[p->count++] = p->loop.forloop;
	push_symbol(c, p->loop.forloop);
}

static void
call_render(struct liquid_compiler *c, const struct partial *p)
{
	uint32_t at = liquid_emit(c, LIQUID_RENDER_OP, p->count, p->unit);

	c->p->code[at].aux = (uint16_t)liquid_add_args(c, p->symbols, p->count);
}

static void
call_include(struct liquid_compiler *c, const struct partial *p)
{
	for (uint32_t i = p->count; i-- > 0;)
		liquid_emit(c, LIQUID_BIND_OP, 0, p->symbols[i]);
	liquid_emit(c, LIQUID_INCLUDE_OP, 0, p->unit);
	liquid_emit(c, LIQUID_UNBIND_OP, p->count, 0);
	liquid_take_up(c);
}

static void
partial_tag(struct liquid_compiler *c,
	    void (*call)(struct liquid_compiler *c, const struct partial *p))
{
	struct partial p = { .isolated = call == call_render };
	struct liquid_scope s;
	struct str name;

	liquid_shows(c);
	liquid_words(c, c->token.text);
	name = c->word.text;
	if (c->word.kind != WORD_STRING) {
		liquid_expected(c, "the name of a partial in quotes");
		return;
	}
	p.unit = liquid_partial(c, name);
	if (c->failed)
		return;
	liquid_next_word(c);
	(void)liquid_take_sign(c, ",");
	if (liquid_is_name(c, "with") || liquid_is_name(c, "for"))
		partial_subject(c, &p, name, &s);
	partial_args(c, &p);
	call(c, &p);
	if (!p.loops || c->scope != &s)
		return;
	loop_end(c, &s, p.top);
	liquid_land(c, p.none);
	liquid_shows(c);
	liquid_close_scope(c);
}

void
liquid_parse_render(struct liquid_compiler *c)
{
	partial_tag(c, call_render);
}

void
liquid_parse_include(struct liquid_compiler *c)
{
	partial_tag(c, call_include);
}
