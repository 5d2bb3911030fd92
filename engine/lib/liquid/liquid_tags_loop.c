/*
 * for, break and continue, and what all loops are made of.
 *
 * break and continue jump straight to their loop. Where something lies in
 * between that must be finished (a capture, a partial), LEAVE notes them, and
 * ON_BREAK and ON_CONTINUE take them up behind it.
 *
 * FOR, then at the top NEXT, the body, a jump to the top; at the end DONE. What
 * has nothing to go over jumps from FOR past all of it, to else.
 */
#include "liquid/liquid_priv.h"

/* ---- leaving ---- */

struct liquid_scope *
liquid_barrier(struct liquid_compiler *c)
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
	struct liquid_scope *s = liquid_barrier(c);
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
	struct liquid_scope *s = liquid_barrier(c);

	liquid_words(c, c->token.text);
	liquid_end_words(c, "the end");
	liquid_shows(c);
	liquid_place_leave(c, s);
	if (s->kind != SCOPE_LOOP)
		liquid_emit(c, LIQUID_LEAVE_OP, is_continue, 0);
	leave_by(c, LIQUID_JUMP_OP, is_continue);
	c->gone = true;
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

/* ---- loops ---- */

/* The words up to here without what is between them, as in "i-(1..3)". */
static struct str
loop_name(struct liquid_compiler *c, struct str variable, const char *begin)
{
	struct liquid_text t = { .a = c->p->arena, .room = SIZE_MAX };
	struct str over = { begin, (size_t)(c->word.at - begin) };
	struct liquid_word word;

	liquid_text_add(&t, variable);
	liquid_text_char(&t, '-');
	for (;;) {
		liquid_lex_word(&over, &word);
		if (word.kind == WORD_END)
			return (struct str){ t.p, t.len };
		liquid_text_add(
		    &t, (struct str){ word.at, (size_t)(over.p - word.at) });
	}
}

/* ---- options ---- */

struct options {
	unsigned flags;
	struct liquid_mark limit;
	struct liquid_mark offset;
	struct liquid_mark cols;
	struct liquid_mark range; /* has no meaning */
};

static struct liquid_mark *
find_option(struct liquid_compiler *c, struct options *o, bool table,
	    unsigned *flag)
{
	const struct {
		const char *name;
		unsigned flag;
		struct liquid_mark *mark;
		bool table;
	} options[] = {
		{ "limit", LOOP_LIMIT, &o->limit, false },
		{ "offset", LOOP_OFFSET, &o->offset, false },
		{ "cols", LOOP_COLS, &o->cols, true },
		{ "range", 0, &o->range, true },
	};

	for (size_t i = 0; i < COUNT_OF(options); i++) {
		if ((options[i].table && !table) ||
		    !liquid_is_name(c, options[i].name))
			continue;
		*flag = options[i].flag;
		return options[i].mark;
	}
	liquid_expected(c, table ? "cols, limit or offset"
				 : "limit, offset or reversed");
	return NULL;
}

static void
read_option(struct liquid_compiler *c, struct options *o, bool table)
{
	unsigned flag = 0;
	struct liquid_mark *mark = find_option(c, o, table, &flag);

	if (!mark)
		return;
	liquid_next_word(c);
	if (!liquid_take_sign(c, ":"))
		liquid_expected(c, "\":\"");
	if (flag == LOOP_OFFSET)
		o->flags &= ~(unsigned)LOOP_RESUME;
	if (flag == LOOP_OFFSET && !table && liquid_take_name(c, "continue")) {
		o->flags &= ~(unsigned)LOOP_OFFSET;
		o->flags |= LOOP_RESUME;
		return;
	}
	o->flags |= flag;
	*mark = liquid_mark(c);
	liquid_skip_primary(c);
}

static void
push_option(struct liquid_compiler *c, const struct options *o, unsigned flag,
	    const struct liquid_mark *mark)
{
	if (!(o->flags & flag))
		return;
	liquid_go_to(c, mark);
	liquid_primary(c);
}

/* In any order; they are pushed in the order of their flags. */
static unsigned
loop_options(struct liquid_compiler *c, bool table)
{
	struct options o = { 0 };

	while (!c->failed && c->word.kind != WORD_END) {
		if (liquid_take_sign(c, ","))
			continue;
		if (!table && liquid_take_name(c, "reversed"))
			o.flags |= LOOP_REVERSED;
		else
			read_option(c, &o, table);
	}
	push_option(c, &o, LOOP_LIMIT, &o.limit);
	push_option(c, &o, LOOP_OFFSET, &o.offset);
	push_option(c, &o, LOOP_COLS, &o.cols);
	return o.flags;
}

unsigned
liquid_loop_markup(struct liquid_compiler *c, struct liquid_loop_info *loop)
{
	bool table = loop->kind == LOOP_TABLE;
	struct str variable;
	const char *begin;

	liquid_words(c, c->token.text);
	variable = c->word.text;
	if (c->word.kind != WORD_NAME) {
		liquid_expected(c, "the name of the loop's variable");
		return 0;
	}
	loop->symbol = liquid_symbol_set(c, variable);
	liquid_next_word(c);
	if (!liquid_take_name(c, "in")) {
		liquid_expected(c, "\"in\"");
		return 0;
	}
	begin = c->word.at;
	liquid_primary(c);
	if (c->failed)
		return 0;
	loop->name = loop_name(c, variable, begin);
	loop->resume = liquid_resume(c, loop->name);
	loop->forloop =
	    liquid_symbol_set(c, table ? STR("tablerowloop") : STR("forloop"));
	return loop_options(c, table);
}

/* FOR else; top: NEXT end. Both are chains that wait for their targets. */
uint32_t
liquid_loop_begin(struct liquid_compiler *c,
		  const struct liquid_loop_info *loop, unsigned flags,
		  uint32_t *top, uint32_t *end)
{
	uint32_t none = liquid_jump(c, LIQUID_FOR_OP, NO_JUMP);
	uint32_t index = liquid_add_loop(c, loop);

	c->p->code[none].n = (uint8_t)flags;
	c->p->code[none].aux = (uint16_t)index;
	*top = liquid_here(c);
	*end = liquid_jump(c, LIQUID_NEXT_OP, NO_JUMP);
	return none;
}

void
liquid_parse_for(struct liquid_compiler *c)
{
	struct liquid_loop_info loop = { .kind = LOOP_FOR };
	struct liquid_scope s;
	struct liquid_ways ways;
	uint32_t none, over, top, end;
	unsigned flags;
	bool otherwise;

	liquid_open_scope(c, &s, SCOPE_LOOP, liquid_tag(c->token.name));
	liquid_begin_ways(c, &ways);
	flags = liquid_loop_markup(c, &loop);
	none = liquid_loop_begin(c, &loop, flags, &top, &end);
	otherwise = liquid_body(c);
	liquid_place_again(c, &s);
	liquid_next_way(c, &ways);
	liquid_land(c, s.continues);
	liquid_emit(c, LIQUID_JUMP_OP, 0, top);
	liquid_land(c, s.breaks);
	liquid_land(c, end);
	liquid_emit(c, LIQUID_DONE_OP, 0, 0);
	over = liquid_jump(c, LIQUID_JUMP_OP, NO_JUMP);
	liquid_land(c, none);
	s.kind = SCOPE_BLOCK; /* else is no longer in the loop */
	if (otherwise) {
		liquid_whole_body(c);
		liquid_next_way(c, &ways);
	}
	liquid_end_ways(c, &ways, !otherwise);
	liquid_land(c, over);
	liquid_close_scope(c);
}
