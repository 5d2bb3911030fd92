/*
 * The tags that do not loop, and the table of all.
 *
 * case has no register for its subject: each value of a when is compared with
 * the subject, read once more, which keeps the stack empty between statements.
 */
#include "liquid/liquid_priv.h"

/* ---- conditions ---- */

static void
parse_branches(struct liquid_compiler *c, enum liquid_op skip)
{
	struct liquid_scope s;
	uint32_t done = NO_JUMP;
	uint32_t next = NO_JUMP;
	bool last = false;
	bool more;

	liquid_open_scope(c, &s, SCOPE_BLOCK, liquid_tag(c->token.name));
	liquid_words(c, c->token.text);
	liquid_condition(c);
	next = liquid_jump(c, skip, NO_JUMP);
	while ((more = liquid_body(c))) {
		if (last)
			liquid_finding(c, c->at,
				       "found \"%.*s\" after \"else\", "
				       "expected \"%s\"",
				       STR_ARG(c->token.name), s.tag->end);
		done = liquid_jump(c, LIQUID_JUMP_OP, done);
		liquid_land(c, next);
		next = NO_JUMP;
		last = str_eq_cstr(c->token.name, "else");
		liquid_words(c, c->token.text);
		if (last) {
			liquid_end_words(c, "nothing after \"else\"");
			continue;
		}
		liquid_condition(c);
		next = liquid_jump(c, LIQUID_IF_NOT_OP, NO_JUMP);
	}
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

/* The values of a when, each compared with the subject, read once more. */
static uint32_t
when_values(struct liquid_compiler *c, struct str subject, uint32_t hit)
{
	do {
		struct liquid_word word = c->word;
		struct str rest = c->rest;
		size_t uses = c->use_count;

		liquid_words(c, subject);
		liquid_primary(c);
		c->use_count = uses; /* checked once, where the case is */
		c->word = word;
		c->rest = rest;
		liquid_primary(c);
		liquid_emit(c, LIQUID_COMPARE_OP, COMPARE_EQ, 0);
		hit = liquid_jump(c, LIQUID_IF_OP, hit);
	} while (!c->failed &&
		 (liquid_take_sign(c, ",") || liquid_take_name(c, "or")));
	if (!c->failed)
		liquid_end_words(c, "\",\", \"or\" or the end");
	return hit;
}

static void
check_subject(struct liquid_compiler *c, struct str subject)
{
	uint32_t begin = liquid_here(c);

	liquid_words(c, subject);
	liquid_primary(c);
	if (!c->failed)
		liquid_end_words(c, "the end");
	c->p->code_count = begin;
}

/*
 * What stands before the first when is dropped. All whens are asked in turn,
 * and else runs when none of those before it did.
 */
static void
parse_case(struct liquid_compiler *c)
{
	struct str subject = c->token.text;
	struct liquid_scope s;
	uint32_t done = NO_JUMP;
	uint32_t next;
	bool more;

	liquid_open_scope(c, &s, SCOPE_BLOCK, liquid_tag(c->token.name));
	check_subject(c, subject);
	next = liquid_jump(c, LIQUID_JUMP_OP, NO_JUMP);
	more = liquid_body(c);
	s.blank = true;
	while (more) {
		uint32_t hit = NO_JUMP;
		bool other = str_eq_cstr(c->token.name, "else");

		done = liquid_jump(c, LIQUID_JUMP_OP, done);
		liquid_land(c, next);
		next = NO_JUMP;
		liquid_words(c, c->token.text);
		if (!other) {
			hit = when_values(c, subject, hit);
			next = liquid_jump(c, LIQUID_JUMP_OP, NO_JUMP);
		}
		liquid_land(c, hit);
		more = liquid_body(c);
	}
	liquid_land(c, next);
	liquid_land(c, done);
	liquid_close_scope(c);
}

/* ---- variables ---- */

static bool
liquid_target(struct liquid_compiler *c, uint32_t *symbol)
{
	if (c->word.kind != WORD_NAME && c->word.kind != WORD_STRING) {
		liquid_expected(c, "the name of a variable");
		return false;
	}
	*symbol = liquid_symbol_set(c, c->word.text);
	liquid_next_word(c);
	return true;
}

static void
parse_assign(struct liquid_compiler *c)
{
	uint32_t symbol;

	liquid_words(c, c->token.text);
	if (!liquid_target(c, &symbol))
		return;
	if (!liquid_take_sign(c, "=")) {
		liquid_expected(c, "\"=\"");
		return;
	}
	liquid_filtered(c);
	liquid_emit(c, LIQUID_ASSIGN_OP, 0, symbol);
}

static void
parse_capture(struct liquid_compiler *c)
{
	struct liquid_scope s;
	uint32_t symbol = 0;
	bool was_blank = !c->scope || c->scope->blank;

	liquid_open_scope(c, &s, SCOPE_CAPTURE, liquid_tag(c->token.name));
	liquid_words(c, c->token.text);
	if (liquid_target(c, &symbol))
		liquid_end_words(c, "the end");
	liquid_emit(c, LIQUID_CAPTURE_OP, 0, 0);
	liquid_whole_body(c);
	liquid_land(c, s.breaks);
	liquid_emit(c, LIQUID_CAPTURED_OP, 0, symbol);
	s.blank = false; /* white space is captured as it is */
	for (uint32_t i = s.begin; i < liquid_here(c); i++)
		if (c->p->code[i].op == LIQUID_TEXT_OP)
			c->p->code[i].n = 1;
	liquid_close_scope(c);
	if (c->scope)
		c->scope->blank = was_blank;
	if (s.interrupted)
		liquid_take_up(c);
}

static void
count_tag(struct liquid_compiler *c, unsigned step)
{
	uint32_t symbol;

	liquid_shows(c);
	liquid_words(c, c->token.text);
	if (!liquid_target(c, &symbol))
		return;
	liquid_end_words(c, "the end");
	liquid_emit(c, LIQUID_COUNT_OP, step, symbol);
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

static void
parse_cycle(struct liquid_compiler *c)
{
	struct str key = str_trim(c->token.text);
	struct str rest;
	struct liquid_word next;
	unsigned count = 0;

	liquid_shows(c);
	liquid_words(c, c->token.text);
	rest = c->rest;
	liquid_lex_word(&rest, &next);
	if (next.kind == WORD_SIGN && next.text.p[0] == ':') {
		key =
		    (struct str){ c->word.at, (size_t)(next.at - c->word.at) };
		key = str_trim(key);
		liquid_next_word(c);
		liquid_next_word(c);
	}
	do {
		liquid_primary(c);
		count++;
	} while (!c->failed && count < ARGS_MAX && liquid_take_sign(c, ","));
	if (!c->failed)
		liquid_end_words(c, "\",\" and another value, or the end");
	liquid_emit(c, LIQUID_CYCLE_OP, count, liquid_group(c, key));
}

/* ---- text that is not read ---- */

static void
parse_raw(struct liquid_compiler *c)
{
	struct str text = { 0 };

	if (!liquid_lex_raw(c->lexer, "endraw", &text)) {
		liquid_finding(c, c->at,
			       "\"raw\" is not closed, expected \"endraw\"");
		return;
	}
	if (!text.len)
		return;
	liquid_shows(c);
	liquid_emit(c, LIQUID_TEXT_OP, 0, liquid_const(c, liquid_string(text)));
}

static void
parse_comment(struct liquid_compiler *c)
{
	const char *at = c->at;
	struct liquid_token t = { 0 };
	struct str text;
	int depth = 1;

	while (depth) {
		liquid_lex(c->lexer, &t);
		if (t.kind == TOKEN_END) {
			liquid_finding(c, at,
				       "\"comment\" is not closed, expected "
				       "\"endcomment\"");
			return;
		}
		if (str_eq_cstr(t.name, "raw"))
			(void)liquid_lex_raw(c->lexer, "endraw", &text);
		depth += str_eq_cstr(t.name, "comment");
		depth -= str_eq_cstr(t.name, "endcomment");
	}
}

static void
parse_inline_comment(struct liquid_compiler *c)
{
	struct str rest = c->token.text;
	struct str line;

	(void)str_split(&rest, '\n', &line);
	while (str_split(&rest, '\n', &line)) {
		line = str_trim(line);
		if (!line.len || line.p[0] == '#')
			continue;
		liquid_finding(c, line.p,
			       "a line of a comment begins with \"%c\", "
			       "expected \"#\"",
			       line.p[0]);
		return;
	}
}

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
	{ .name = "#", .parse = parse_inline_comment },
	{ .name = "assign", .parse = parse_assign },
	{ .name = "break", .parse = liquid_parse_break },
	{ .name = "capture", .parse = parse_capture, .end = "endcapture" },
	{ .name = "case",
	  .parse = parse_case,
	  .end = "endcase",
	  .middles = { "when", "else" } },
	{ .name = "comment", .parse = parse_comment, .end = "endcomment" },
	{ .name = "continue", .parse = liquid_parse_continue },
	{ .name = "cycle", .parse = parse_cycle },
	{ .name = "decrement", .parse = parse_decrement },
	{ .name = "echo", .parse = parse_echo },
	{ .name = "for",
	  .parse = liquid_parse_for,
	  .end = "endfor",
	  .middles = { "else" } },
	{ .name = "if",
	  .parse = parse_if,
	  .end = "endif",
	  .middles = { "elsif", "else" } },
	{ .name = "include", .parse = liquid_parse_include },
	{ .name = "increment", .parse = parse_increment },
	{ .name = "liquid", .parse = parse_liquid },
	{ .name = "raw", .parse = parse_raw, .end = "endraw" },
	{ .name = "render", .parse = liquid_parse_render },
	{ .name = "unless",
	  .parse = parse_unless,
	  .end = "endunless",
	  .middles = { "elsif", "else" } },
	{ .name = NULL },
};
