/*
 * The tags that choose, set and remember, and the table of all.
 *
 * case has no register for its subject: each value of a when is compared with
 * the subject, read once more, which keeps the stack empty between statements.
 */
#include <string.h>

#include "base/arena.h"
#include "liquid/liquid_priv.h"

/* ---- conditions ---- */

enum { ASKED_MAX = 16, STEPS_OF_LITERALS = 10000 };
enum fixed { OPEN, ALWAYS, NEVER };

/* What an if and its elsifs ask for: what was asked before does not hold. */
struct asked {
	struct str list[ASKED_MAX];
	size_t count;
};

static bool
is_asked(const struct asked *asked, struct str markup)
{
	for (size_t i = 0; i < asked->count; i++)
		if (str_eq(asked->list[i], markup))
			return true;
	return false;
}

/* Of two literals. */
static enum fixed
compared(const struct liquid_program *p, const struct liquid_instr *code)
{
	struct arena *a = arena_new();
	int64_t steps = STEPS_OF_LITERALS;
	const struct liquid_means means = { a, &steps, SIZE_MAX };
	struct error ignored;
	int holds =
	    liquid_holds(&p->consts[code[0].a], &p->consts[code[1].a],
			 (enum liquid_comparison)code[2].n, &means, &ignored);

	arena_free(&a);
	return holds < 0 ? OPEN : holds ? ALWAYS : NEVER;
}

/* A condition of literals is known before anything runs. */
static enum fixed
known(const struct liquid_compiler *c, uint32_t begin)
{
	const struct liquid_program *p = c->p;
	const struct liquid_instr *code = &p->code[begin];
	uint32_t count = liquid_here(c) - begin;

	if (count == 1 && code[0].op == LIQUID_CONST_OP)
		return liquid_truthy(&p->consts[code[0].a]) ? ALWAYS : NEVER;
	if (count == 3 && code[0].op == LIQUID_CONST_OP &&
	    code[1].op == LIQUID_CONST_OP && code[2].op == LIQUID_COMPARE_OP)
		return compared(p, code);
	return OPEN;
}

static enum fixed
condition(struct liquid_compiler *c, struct asked *asked)
{
	struct str markup = liquid_trim(c->token.text, true, true);
	uint32_t begin = liquid_here(c);

	liquid_words(c, c->token.text);
	liquid_condition(c);
	if (c->failed)
		return OPEN;
	if (is_asked(asked, markup))
		return NEVER;
	if (asked->count < ASKED_MAX)
		asked->list[asked->count++] = markup;
	return known(c, begin);
}

/* The first one, of an unless too, whose elsifs ask what it did not. */
static enum fixed
first_condition(struct liquid_compiler *c, struct asked *asked, bool unless)
{
	enum fixed fixed = condition(c, asked);

	if (!unless)
		return fixed;
	asked->count = 0;
	return fixed == OPEN ? OPEN : fixed == ALWAYS ? NEVER : ALWAYS;
}

/* Liquid reads nothing behind an else. */
static void
warn_behind_else(struct liquid_compiler *c)
{
	struct str behind = liquid_trim(c->token.text, true, true);

	if (behind.len)
		liquid_warn(c, behind.p,
			    str_starts(behind, STR("if"))
				? "what stands behind \"else\" is not read, "
				  "did you mean \"elsif\"?"
				: "what stands behind \"else\" is not read");
}

/*
 * What comes after else, or after a condition that always holds, is read and
 * never reached.
 */
static void
parse_branches(struct liquid_compiler *c, enum liquid_op skip)
{
	struct liquid_scope s;
	struct liquid_ways ways;
	uint32_t done = NO_JUMP;
	uint32_t next = NO_JUMP;
	struct asked asked = { .count = 0 };
	bool last = false;
	enum fixed fixed;

	liquid_open_scope(c, &s, SCOPE_BLOCK, liquid_tag(c->token.name));
	liquid_begin_ways(c, &ways);
	fixed = first_condition(c, &asked, skip == LIQUID_IF_OP);
	c->gone |= fixed == NEVER;
	next = liquid_jump(c, skip, NO_JUMP);
	while (liquid_body(c)) {
		liquid_next_way(c, &ways);
		done = liquid_jump(c, LIQUID_JUMP_OP, done);
		liquid_land(c, next);
		next = NO_JUMP;
		if (last)
			next = liquid_jump(c, LIQUID_JUMP_OP, next);
		c->gone |= last || fixed == ALWAYS;
		if (str_eq_cstr(c->token.name, "else")) {
			warn_behind_else(c);
			last = true;
			continue;
		}
		if (fixed != ALWAYS) {
			fixed = condition(c, &asked);
			c->gone |= fixed == NEVER;
		} else {
			(void)condition(c, &asked);
		}
		next = liquid_jump(c, LIQUID_IF_NOT_OP, next);
	}
	liquid_next_way(c, &ways);
	liquid_end_ways(c, &ways, !last && fixed != ALWAYS);
	liquid_land(c, next);
	liquid_land(c, done);
	liquid_close_scope(c);
}

static void
parse_if(struct liquid_compiler *c)
{
	parse_branches(c, LIQUID_IF_NOT_OP);
}

static void
parse_unless(struct liquid_compiler *c)
{
	parse_branches(c, LIQUID_IF_OP);
}

static void
check_subject(struct liquid_compiler *c, struct str subject)
{
	liquid_words(c, subject);
	liquid_skip_primary(c);
	if (!c->failed)
		liquid_end_words(c, "the end");
}

/* The subject and a value of a when, compared. */
static void
compare_subject(struct liquid_compiler *c, struct str subject)
{
	struct liquid_mark mark = liquid_mark(c);
	size_t uses = c->use_count;

	liquid_words(c, subject);
	liquid_primary(c);
	c->use_count = uses; /* checked once, where the case is */
	liquid_go_to(c, &mark);
	liquid_operand(c);
	liquid_emit(c, LIQUID_COMPARE_OP, COMPARE_EQ, 0);
}

/*
 * A when of several values runs once for each that is equal: they are counted
 * first, and *top is where a turn is taken. The jumps past it are returned.
 */
static uint32_t
when_values(struct liquid_compiler *c, struct str subject, uint32_t *top)
{
	uint32_t tally;
	unsigned first = 1;

	liquid_words(c, c->token.text);
	compare_subject(c, subject);
	if (c->failed || c->word.kind == WORD_END)
		return liquid_jump(c, LIQUID_IF_NOT_OP, NO_JUMP);
	tally = liquid_note(c);
	liquid_emit_note(c, LIQUID_TALLY_OP, first, tally);
	while (!c->failed &&
	       (liquid_take_sign(c, ",") || liquid_take_name(c, "or"))) {
		compare_subject(c, subject);
		liquid_emit_note(c, LIQUID_TALLY_OP, 0, tally);
	}
	if (!c->failed)
		liquid_end_words(c, "\",\", \"or\" or the end");
	*top = liquid_here(c);
	return liquid_emit_note(c, LIQUID_TAKE_OP, 0, tally);
}

/*
 * What stands before the first when is dropped. All whens are asked in turn,
 * and an else runs when none before it did. That one did is noted when it
 * ends, not when it begins: what it includes may be this case again. So one
 * after the other may run, and each must end where the first began.
 */
static void
parse_case(struct liquid_compiler *c)
{
	struct str subject = c->token.text;
	struct liquid_scope s;
	struct liquid_ways ways;
	uint32_t hit = liquid_note(c);
	uint32_t next;
	bool more;

	liquid_open_scope(c, &s, SCOPE_BLOCK, liquid_tag(c->token.name));
	check_subject(c, subject);
	liquid_emit_note(c, LIQUID_NOTE_OP, 0, hit);
	next = liquid_jump(c, LIQUID_JUMP_OP, NO_JUMP);
	liquid_begin_ways(c, &ways);
	more = liquid_body(c);
	c->spot = ways.begin;
	c->gone = ways.gone;
	while (more) {
		bool other = str_eq_cstr(c->token.name, "else");
		uint32_t top = NO_JUMP;

		liquid_land(c, next);
		if (other) {
			liquid_words(c, c->token.text);
			liquid_end_words(c, "nothing after \"else\"");
			next = liquid_emit_note(c, LIQUID_IF_NOTED_OP, 0, hit);
		} else {
			next = when_values(c, subject, &top);
		}
		more = liquid_body(c);
		liquid_place_stays(c, &ways.begin);
		liquid_next_way(c, &ways);
		liquid_emit_note(c, LIQUID_NOTE_OP, !other, hit);
		if (top != NO_JUMP)
			liquid_emit(c, LIQUID_JUMP_OP, 0, top);
	}
	liquid_end_ways(c, &ways, true);
	liquid_land(c, next);
	liquid_close_scope(c);
}

/* ---- variables ---- */

static bool
is_target(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || ((unsigned char)c & 0x80) ||
	       (c && strchr("_-.[]()", c));
}

/*
 * The name that a tag sets is any run of these, so a template may set what it
 * cannot read: 123. The words behind it are up to be read then.
 */
static bool
read_target(struct liquid_compiler *c, uint32_t *symbol)
{
	struct str s = liquid_trim(c->token.text, true, false);
	size_t len = 0;

	while (len < s.len && is_target(s.p[len]))
		len++;
	if (!len) {
		liquid_words(c, s);
		if (!c->failed)
			liquid_expected(c, "the name of a variable");
		return false;
	}
	*symbol = liquid_symbol_set(c, str_slice(s, 0, len));
	liquid_words(c, str_slice(s, len, s.len));
	return true;
}

static void
parse_assign(struct liquid_compiler *c)
{
	uint32_t symbol;

	if (!read_target(c, &symbol))
		return;
	if (!liquid_take_sign(c, "=")) {
		liquid_expected(c, "\"=\"");
		return;
	}
	if (c->word.kind == WORD_END)
		liquid_emit(c, LIQUID_CONST_OP, 0,
			    liquid_const(c, liquid_nil()));
	else
		liquid_filtered(c);
	liquid_emit(c, LIQUID_ASSIGN_OP, 0, symbol);
}

/* capture takes its name in quotes, too. */
static void
capture_target(struct liquid_compiler *c, uint32_t *symbol)
{
	struct str s = liquid_trim(c->token.text, true, false);

	if (s.len && (s.p[0] == '"' || s.p[0] == '\'')) {
		liquid_words(c, s);
		if (c->failed)
			return;
		*symbol = liquid_symbol_set(c, c->word.text);
		liquid_next_word(c);
	} else if (!read_target(c, symbol)) {
		return;
	}
	liquid_end_words(c, "the end");
}

static void
parse_capture(struct liquid_compiler *c)
{
	struct liquid_scope s;
	uint32_t symbol = 0;
	bool was_blank = !c->scope || c->scope->blank;
	struct liquid_spot spot = c->spot;
	bool gone = c->gone;

	/* Markup is made, or plain text: see captured() of the interpreter. */
	liquid_spot_begin(&c->spot, c->p->context == LIQUID_HTML ? LIQUID_HTML
								 : LIQUID_TEXT);
	liquid_open_scope(c, &s, SCOPE_CAPTURE, liquid_tag(c->token.name));
	capture_target(c, &symbol);
	liquid_emit(c, LIQUID_CAPTURE_OP, 0, 0);
	liquid_whole_body(c);
	if (!c->gone && !liquid_spot_is_whole(&c->spot))
		liquid_finding(c, c->at,
			       "a capture ends %s, expected it to "
			       "end between tags",
			       liquid_spot_words(&c->spot));
	c->spot = spot;
	c->gone = gone;
	liquid_land(c, s.breaks);
	liquid_emit(c, LIQUID_CAPTURED_OP, 0, symbol);
	s.blank = false; /* white space is captured as it is */
	liquid_keep_text(c, &s);
	liquid_close_scope(c);
	if (c->scope)
		c->scope->blank = was_blank;
	if (s.interrupted) {
		liquid_place_leave(c, liquid_barrier(c));
		liquid_take_up(c);
	}
}

static void
count_tag(struct liquid_compiler *c, unsigned step)
{
	uint32_t symbol, at;

	liquid_shows(c);
	if (!read_target(c, &symbol))
		return;
	liquid_end_words(c, "the end");
	at = liquid_emit(c, LIQUID_COUNT_OP, step, symbol);
	c->p->code[at].aux = (uint16_t)liquid_place_value(c);
}

static void
parse_increment(struct liquid_compiler *c)
{
	count_tag(c, 2);
}

static void
parse_decrement(struct liquid_compiler *c)
{
	count_tag(c, 0);
}

/* ---- what remembers ---- */

/* The values of a cycle; `key` gets what tells it from other cycles. */
static unsigned
cycle_values(struct liquid_compiler *c, struct liquid_text *key)
{
	unsigned count = 0;

	do {
		const char *at = c->word.at;

		if (count && c->word.kind == WORD_END)
			break;
		if (count == CYCLE_MAX) {
			liquid_finding(c, at, "a cycle has at most %d values",
				       CYCLE_MAX);
			break;
		}
		liquid_text_char(key, c->word.kind == WORD_STRING ? '"' : ',');
		if (c->word.kind == WORD_STRING)
			liquid_text_add(key, c->word.text);
		liquid_primary(c);
		if (key->len && key->p[key->len - 1] == ',')
			liquid_text_add(
			    key, (struct str){ at, (size_t)(c->word.at - at) });
		count++;
	} while (!c->failed && liquid_take_sign(c, ","));
	if (!c->failed)
		liquid_end_words(c, "\",\" and another value, or the end");
	return count;
}

/*
 * Cycles of a name go on with each other, the name being a value; so do those
 * without a name that have the same literals. With a variable among them, each
 * goes its own way.
 */
static void
parse_cycle(struct liquid_compiler *c)
{
	struct liquid_text key = { .a = c->p->arena, .room = SIZE_MAX };
	struct liquid_mark mark;
	uint32_t at;
	unsigned count;
	size_t uses;
	bool named;

	liquid_shows(c);
	liquid_words(c, c->token.text);
	mark = liquid_mark(c);
	liquid_skip_primary(c);
	named = !c->failed && liquid_take_sign(c, ":");
	if (named) {
		struct liquid_mark values = liquid_mark(c);

		liquid_go_to(c, &mark);
		liquid_primary(c);
		mark = values;
	}
	liquid_go_to(c, &mark);
	uses = c->use_count;
	count = cycle_values(c, &key);
	if (c->use_count > uses)
		key = (struct liquid_text){ 0 };
	at = liquid_emit(
	    c, LIQUID_CYCLE_OP, count,
	    named ? NO_JUMP : liquid_group(c, (struct str){ key.p, key.len }));
	c->p->code[at].aux = (uint16_t)liquid_place_value(c);
}

static void
parse_ifchanged(struct liquid_compiler *c)
{
	struct liquid_scope s;

	liquid_open_scope(c, &s, SCOPE_CAPTURE, liquid_tag(c->token.name));
	liquid_emit(c, LIQUID_CAPTURE_OP, 0, 0);
	liquid_whole_body(c);
	liquid_place_again(c, &s);
	liquid_land(c, s.breaks);
	liquid_emit(c, LIQUID_CHANGED_OP, 0, 0);
	liquid_keep_text(c, &s);
	liquid_close_scope(c);
	if (s.interrupted) {
		liquid_place_leave(c, liquid_barrier(c));
		liquid_take_up(c);
	}
}

/* ---- statements in a row ---- */

static void
parse_echo(struct liquid_compiler *c)
{
	liquid_output(c, c->token.text);
}

static void
parse_liquid(struct liquid_compiler *c)
{
	struct liquid_lexer lines = { .rest = c->token.text, .lines = true };
	struct liquid_lexer *outer = c->lexer;
	struct liquid_scope s;

	c->lexer = &lines;
	liquid_open_scope(c, &s, SCOPE_BLOCK, NULL);
	(void)liquid_body(c);
	c->reuse = false;
	liquid_close_scope(c);
	c->lexer = outer;
}

/* ---- the table ---- */

const struct liquid_tag liquid_tags[] = {
	{ .name = "#", .parse = liquid_parse_inline_comment },
	{ .name = "assign", .parse = parse_assign },
	{ .name = "break", .parse = liquid_parse_break },
	{ .name = "capture", .parse = parse_capture, .end = "endcapture" },
	{ .name = "case",
	  .parse = parse_case,
	  .end = "endcase",
	  .middles = { "when", "else" } },
	{ .name = "comment",
	  .parse = liquid_parse_comment,
	  .end = "endcomment" },
	{ .name = "continue", .parse = liquid_parse_continue },
	{ .name = "cycle", .parse = parse_cycle },
	{ .name = "decrement", .parse = parse_decrement },
	{ .name = "doc", .parse = liquid_parse_doc, .end = "enddoc" },
	{ .name = "echo", .parse = parse_echo },
	{ .name = "for",
	  .parse = liquid_parse_for,
	  .end = "endfor",
	  .middles = { "else" } },
	{ .name = "if",
	  .parse = parse_if,
	  .end = "endif",
	  .middles = { "elsif", "else" } },
	{ .name = "ifchanged",
	  .parse = parse_ifchanged,
	  .end = "endifchanged" },
	{ .name = "include", .parse = liquid_parse_include },
	{ .name = "increment", .parse = parse_increment },
	{ .name = "liquid", .parse = parse_liquid },
	{ .name = "raw", .parse = liquid_parse_raw, .end = "endraw" },
	{ .name = "render", .parse = liquid_parse_render },
	{ .name = "tablerow",
	  .parse = liquid_parse_tablerow,
	  .end = "endtablerow" },
	{ .name = "unless",
	  .parse = parse_unless,
	  .end = "endunless",
	  .middles = { "elsif", "else" } },
	{ .name = NULL },
};
