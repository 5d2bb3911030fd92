/*
 * Expressions are compiled while they are read: operands push, operators pop.
 * There is no tree, because Liquid needs none: filters apply in the order of
 * the text, and `and` and `or` bind alike and to the right, so that
 * "a and b or c" is "a and (b or c)" - one forward jump an operator.
 *
 * After a finding the rest of the markup is read over; what was emitted by
 * then never runs, for a program with a finding is thrown away.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "liquid/liquid_priv.h"

void
liquid_next_word(struct liquid_compiler *c)
{
	liquid_lex_word(&c->rest, &c->word);
	if (c->word.kind == WORD_BAD)
		liquid_finding(c, c->word.at,
			       "a text begins with %c, expected another %c "
			       "where it ends",
			       c->word.at[0], c->word.at[0]);
}

void
liquid_words(struct liquid_compiler *c, struct str markup)
{
	c->rest = markup;
	liquid_next_word(c);
}

/* The next output or tag, behind the word: this one has no end. Or NULL. */
static const char *
next_opening(const struct liquid_compiler *c)
{
	struct str s = c->token.text;
	ptrdiff_t output, tag;

	if (c->word.at < s.p || c->word.at > s.p + s.len)
		return NULL;
	s = str_slice(s, (size_t)(c->word.at - s.p), s.len);
	output = str_find(s, STR("{{"));
	tag = str_find(s, STR("{%"));
	if (output >= 0 && (tag < 0 || output < tag))
		return "{{";
	return tag >= 0 ? "{%" : NULL;
}

static void
tell_found(struct liquid_compiler *c, const char *what)
{
	struct str found = str_slice(c->word.text, 0, 60);
	const char *hint = liquid_meant_sign(c);

	if (liquid_is_wide_space(found))
		liquid_finding(c, c->word.at,
			       "found a non-breaking space, expected a "
			       "common one");
	else if (hint)
		liquid_finding(c, c->word.at, "found \"%.*s\", expected %s; %s",
			       STR_ARG(found), what, hint);
	else
		liquid_finding(c, c->word.at, "found \"%.*s\", expected %s",
			       STR_ARG(found), what);
}

void
liquid_expected(struct liquid_compiler *c, const char *what)
{
	const char *next = next_opening(c);
	bool tag = c->token.kind == TOKEN_TAG;

	if (next && (tag || c->token.kind == TOKEN_OUTPUT))
		liquid_finding(c, c->at,
			       "%s is not closed, expected \"%s\" before the "
			       "next \"%s\"",
			       tag ? "a tag" : "an output", tag ? "%}" : "}}",
			       next);
	else if (c->word.kind == WORD_END)
		liquid_finding(c, c->word.at, "it ends here, expected %s",
			       what);
	else
		tell_found(c, what);
}

void
liquid_end_words(struct liquid_compiler *c, const char *what)
{
	if (c->word.kind != WORD_END)
		liquid_expected(c, what);
}

static void
push(struct liquid_compiler *c, struct liquid_value v)
{
	liquid_emit_at(c, c->word.at, LIQUID_CONST_OP, 0, liquid_const(c, v));
	liquid_next_word(c);
}

static void
int_word(struct liquid_compiler *c)
{
	int64_t n = 0;

	if (!str_int(c->word.text, INT64_MIN, INT64_MAX, &n))
		liquid_finding(c, c->word.at,
			       "%.*s is too large a number, expected 64 bits",
			       STR_ARG(str_slice(c->word.text, 0, 60)));
	push(c, liquid_int(n));
}

static void
float_word(struct liquid_compiler *c)
{
	char digits[64] = "";
	struct str s = str_slice(c->word.text, 0, sizeof(digits) - 1);

	memcpy(digits, s.p, s.len);
	push(c, liquid_float(strtod(digits, NULL)));
}

struct liquid_mark
liquid_mark(const struct liquid_compiler *c)
{
	return (struct liquid_mark){ c->word, c->rest };
}

void
liquid_go_to(struct liquid_compiler *c, const struct liquid_mark *mark)
{
	c->word = mark->word;
	c->rest = mark->rest;
}

void
liquid_skip_primary(struct liquid_compiler *c)
{
	uint32_t begin = liquid_here(c);
	size_t uses = c->use_count;

	liquid_primary(c);
	c->p->code_count = begin;
	c->use_count = uses;
}

/* ---- literals ---- */

/* A word that is not the beginning of a path. */
static bool
stands_alone(const struct liquid_compiler *c)
{
	struct str after = liquid_trim(c->rest, true, false);

	if (after.len && after.p[0] == '[')
		return false;
	return !after.len || after.p[0] != '.' || str_starts(after, STR(".."));
}

static bool
literal(struct liquid_compiler *c)
{
	static const struct {
		const char *name;
		struct liquid_value value;
	} words[] = {
		{ "nil", { .type = LIQUID_NIL } },
		{ "null", { .type = LIQUID_NIL } },
		{ "true", { .type = LIQUID_BOOL, .truth = true } },
		{ "false", { .type = LIQUID_BOOL, .truth = false } },
		{ "empty", { .type = LIQUID_STRING } },
		{ "blank", { .type = LIQUID_STRING } },
	};

	for (size_t i = 0; i < COUNT_OF(words); i++) {
		if (!liquid_is_name(c, words[i].name) || !stands_alone(c))
			continue;
		push(c, words[i].value);
		return true;
	}
	return false;
}

void
liquid_operand(struct liquid_compiler *c)
{
	static const struct liquid_value empty = { .type = LIQUID_EMPTY };
	static const struct liquid_value blank = { .type = LIQUID_BLANK };

	if (liquid_is_name(c, "empty") && stands_alone(c))
		push(c, empty);
	else if (liquid_is_name(c, "blank") && stands_alone(c))
		push(c, blank);
	else
		liquid_primary(c);
}

/* ---- variables ---- */

/* ["size"] asks for a member of that name alone, .size for the size else. */
static bool
is_command(struct str name)
{
	return str_eq_cstr(name, "size") || str_eq_cstr(name, "first") ||
	       str_eq_cstr(name, "last");
}

/* A name in brackets and quotes, behind "[": false, and nothing read, if not. */
static bool
quoted_member(struct liquid_compiler *c, struct str *name)
{
	struct str rest = c->rest;
	struct liquid_word inner, close;

	liquid_lex_word(&rest, &inner);
	liquid_lex_word(&rest, &close);
	if (inner.kind != WORD_STRING || is_command(inner.text) ||
	    close.kind != WORD_SIGN || close.text.p[0] != ']')
		return false;
	*name = inner.text;
	c->rest = rest;
	return true;
}

/*
 * Names that are known when compiling, into a path: a.b["c"]. It begins behind
 * the first.
 */
static size_t
static_members(struct liquid_compiler *c)
{
	struct liquid_key *keys = liquid_path_keys(c);
	struct str name;
	size_t count = 0;

	while (count < EXPR_DEPTH_MAX && liquid_lex_member(&c->rest, &name))
		keys[count++] = liquid_key(name);
	liquid_next_word(c);
	while (count < EXPR_DEPTH_MAX && !c->failed) {
		if (liquid_take_sign(c, ".")) {
			if (c->word.kind != WORD_NAME) {
				liquid_expected(c, "the name of a member");
				break;
			}
			name = c->word.text;
		} else if (!liquid_is_sign(c, "[") ||
			   !quoted_member(c, &name)) {
			break;
		}
		keys[count++] = liquid_key(name);
		liquid_next_word(c);
	}
	return count;
}

/* What follows in brackets that must be computed, and names behind it. */
static void
dynamic_members(struct liquid_compiler *c)
{
	while (!c->failed) {
		if (liquid_take_sign(c, ".")) {
			if (c->word.kind != WORD_NAME) {
				liquid_expected(c, "the name of a member");
				return;
			}
			push(c, liquid_string(c->word.text));
			liquid_emit(c, LIQUID_INDEX_OP, 1, 0);
			continue;
		}
		if (!liquid_take_sign(c, "["))
			return;
		liquid_primary(c);
		if (!liquid_take_sign(c, "]"))
			liquid_expected(c, "\"]\"");
		liquid_emit(c, LIQUID_INDEX_OP, 0, 0);
	}
}

static void
variable(struct liquid_compiler *c)
{
	const char *at = c->word.at;
	uint32_t symbol = liquid_symbol(c, c->word.text);
	size_t count = static_members(c);

	liquid_emit_at(c, at, LIQUID_PATH_OP, 0,
		       liquid_add_path(c, at, symbol, count));
	dynamic_members(c);
}

static bool
is_literal(const struct liquid_compiler *c)
{
	return c->word.kind == WORD_INT || c->word.kind == WORD_FLOAT ||
	       c->word.kind == WORD_STRING;
}

static void
range(struct liquid_compiler *c)
{
	const char *at = c->word.at;
	bool literals;

	liquid_next_word(c);
	literals = is_literal(c);
	liquid_primary(c);
	if (!liquid_take_sign(c, ".."))
		liquid_expected(c,
				"\"..\" of a range, which alone has brackets");
	literals &= is_literal(c);
	liquid_primary(c);
	if (!liquid_take_sign(c, ")"))
		liquid_expected(c, "\")\" of a range");
	liquid_emit_at(c, at, LIQUID_RANGE_OP, literals, 0);
}

static void
operand(struct liquid_compiler *c)
{
	if (c->word.kind == WORD_STRING)
		push(c, liquid_string(c->word.text));
	else if (c->word.kind == WORD_INT)
		int_word(c);
	else if (c->word.kind == WORD_FLOAT)
		float_word(c);
	else if (liquid_is_sign(c, "("))
		range(c);
	else if (liquid_take_sign(c, "[")) {
		liquid_primary(c);
		if (!liquid_take_sign(c, "]"))
			liquid_expected(c, "\"]\"");
		liquid_emit(c, LIQUID_ROOT_OP, 0, 0);
		dynamic_members(c);
	} else if (c->word.kind != WORD_NAME)
		liquid_expected(c, "a value");
	else if (!literal(c))
		variable(c);
}

void
liquid_primary(struct liquid_compiler *c)
{
	if (c->failed)
		return;
	if (c->expr_depth >= EXPR_DEPTH_MAX) {
		liquid_finding(c, c->word.at,
			       "brackets are nested more than %d deep",
			       EXPR_DEPTH_MAX);
		return;
	}
	c->expr_depth++;
	operand(c);
	c->expr_depth--;
}

/* ---- filters ---- */

static bool
at_named(const struct liquid_compiler *c)
{
	struct str rest = c->rest;
	struct liquid_word next;

	if (c->word.kind != WORD_NAME)
		return false;
	liquid_lex_word(&rest, &next);
	return next.kind == WORD_SIGN && next.text.p[0] == ':';
}

static bool
has_room(struct liquid_compiler *c, unsigned count)
{
	if (count < ARGS_MAX)
		return true;
	liquid_finding(c, c->word.at, "a filter takes at most %d arguments",
		       ARGS_MAX);
	return false;
}

/* Those with names are compiled last, into one object. */
static void
named_arguments(struct liquid_compiler *c, const struct liquid_mark *marks,
		unsigned count)
{
	struct liquid_mark end = liquid_mark(c);

	for (unsigned i = 0; i < count; i++) {
		liquid_go_to(c, &marks[i]);
		push(c, liquid_string(c->word.text));
		liquid_next_word(c);
		liquid_primary(c);
	}
	liquid_go_to(c, &end);
	liquid_emit(c, LIQUID_NAMED_OP, count, 0);
}

/*
 * What follows the colon. The object of those with names counts as one, and
 * *has_names says that there is one.
 */
static unsigned
arguments(struct liquid_compiler *c, bool *has_names)
{
	struct liquid_mark marks[ARGS_MAX];
	unsigned count = 0, named = 0;

	do {
		if (!has_room(c, count + named))
			return count;
		if (at_named(c)) {
			marks[named++] = liquid_mark(c);
			liquid_next_word(c);
			liquid_next_word(c);
			liquid_skip_primary(c);
		} else {
			liquid_primary(c);
			count++;
		}
	} while (!c->failed && liquid_take_sign(c, ","));
	if (!c->failed && named)
		named_arguments(c, marks, named);
	*has_names = named > 0;
	return count + *has_names;
}

/* Most filters of a template are there more than once. */
static bool
find_filter(struct liquid_compiler *c, struct str name, uint32_t *index)
{
	const struct liquid_filter *f;

	for (*index = 0; *index < c->p->filter_count; ++*index)
		if (str_eq_cstr(name, c->p->filters[*index]->name))
			return true;
	f = liquid_filter_find(c->options, name);
	if (f)
		*index = liquid_add_filter(c, f);
	return f != NULL;
}

static void
unknown_filter(struct liquid_compiler *c)
{
	struct str name = str_slice(c->word.text, 0, 60);
	const char *near = liquid_meant_filter(name);

	if (!near)
		near = liquid_filter_nearest(c->options, name);
	if (near)
		liquid_finding(c, c->word.at,
			       "there is no filter \"%.*s\", did you mean "
			       "\"%s\"?",
			       STR_ARG(name), near);
	else
		liquid_finding(c, c->word.at, "there is no filter \"%.*s\"",
			       STR_ARG(name));
}

static void
wrong_count(struct liquid_compiler *c, const char *at,
	    const struct liquid_filter *f, int found, int most)
{
	char range[32] = "no";
	char count[16] = "none";

	if (f->least_args < most)
		snprintf(range, sizeof(range), "%d to %d", f->least_args, most);
	else if (most > 0)
		snprintf(range, sizeof(range), "%d", most);
	if (found > 0)
		snprintf(count, sizeof(count), "%d", found);
	liquid_finding(c, at, "filter \"%s\" takes %s argument%s, found %s",
		       f->name, range, most > 1 ? "s" : "", count);
}

/* What takes no arguments fails for its input. */
static const char *
place_of_failure(const struct liquid_compiler *c, const char *name,
		 unsigned arg_count)
{
	const struct liquid_place *input = &c->p->places[liquid_here(c) - 1];

	return arg_count > 0 ? name
			     : c->p->units[c->unit].text.p + input->offset;
}

/* A word that does not belong there; of a filter that is none enough is told. */
static void
behind_filter(struct liquid_compiler *c, const struct liquid_filter *f)
{
	if (f)
		liquid_expected(c, f->most_args > 0
				       ? "\":\" before an argument"
				       : "\"|\" and a filter, or the end");
	c->failed = true;
}

/* True: it is called as it can be; else that is told. */
static bool
suits(struct liquid_compiler *c, const char *at, const struct liquid_filter *f,
      unsigned count, bool named)
{
	int most = (f->most_args & ~LIQUID_NAMED) + named;

	if (named && !(f->most_args & LIQUID_NAMED))
		liquid_finding(c, at,
			       "filter \"%s\" takes no arguments with names",
			       f->name);
	else if ((int)count < f->least_args || (int)count > most)
		wrong_count(c, at, f, (int)count, most);
	return !c->failed;
}

/* What is wrong with one keeps the next from nothing. */
static void
filter(struct liquid_compiler *c)
{
	const struct liquid_filter *f = NULL;
	const char *at = c->word.at;
	bool named = false;
	unsigned count = 0;
	uint32_t index;

	if (c->word.kind != WORD_NAME) {
		liquid_expected(c, "the name of a filter");
		return;
	}
	if (find_filter(c, c->word.text, &index))
		f = c->p->filters[index];
	else
		unknown_filter(c);
	c->failed = false;
	liquid_next_word(c);
	if (liquid_take_sign(c, ":"))
		count = arguments(c, &named);
	else if (c->word.kind != WORD_END && !liquid_is_sign(c, "|"))
		behind_filter(c, f);
	if (c->failed || !f)
		return;
	if (suits(c, at, f, count, named))
		liquid_emit_at(c, place_of_failure(c, at, count),
			       LIQUID_FILTER_OP, count, index);
	c->failed = false;
}

void
liquid_filtered(struct liquid_compiler *c)
{
	liquid_primary(c);
	while (!c->failed && liquid_take_sign(c, "|"))
		filter(c);
	if (!c->failed)
		liquid_end_words(c, "\"|\" and a filter, or the end");
}

/* ---- conditions ---- */

static int
comparison(const struct liquid_compiler *c)
{
	static const struct {
		const char *sign;
		enum liquid_comparison comparison;
	} table[] = {
		{ "==", COMPARE_EQ }, { "!=", COMPARE_NE },
		{ "<>", COMPARE_NE }, { "<", COMPARE_LT },
		{ ">", COMPARE_GT },  { "<=", COMPARE_LE },
		{ ">=", COMPARE_GE },
	};

	for (size_t i = 0; i < COUNT_OF(table); i++)
		if (liquid_is_sign(c, table[i].sign))
			return (int)table[i].comparison;
	return liquid_is_name(c, "contains") ? COMPARE_CONTAINS : -1;
}

/* What follows begins a value, and is no operator. */
static bool
is_before_value(const struct liquid_compiler *c)
{
	struct str rest = c->rest;
	struct liquid_word next;

	liquid_lex_word(&rest, &next);
	if (next.kind == WORD_SIGN)
		return next.text.p[0] == '(';
	return next.kind != WORD_END && next.kind != WORD_BAD &&
	       !str_eq_cstr(next.text, "and") &&
	       !str_eq_cstr(next.text, "or") &&
	       !str_eq_cstr(next.text, "contains");
}

static void
relation(struct liquid_compiler *c)
{
	const char *at = c->word.at;
	int how;

	if (liquid_is_name(c, "not") && stands_alone(c) && is_before_value(c)) {
		liquid_finding(c, at,
			       "found \"not\", expected a value; did you mean "
			       "\"unless\" or \"!=\"?");
		return;
	}
	liquid_operand(c);
	how = c->failed ? -1 : comparison(c);
	if (how < 0)
		return;
	liquid_next_word(c);
	liquid_operand(c);
	liquid_emit_at(c, at, LIQUID_COMPARE_OP, (unsigned)how, 0);
}

/* All operators jump to the end: what comes after is theirs. */
void
liquid_condition(struct liquid_compiler *c)
{
	uint32_t jumps[COMPILE_DEPTH_MAX];
	size_t count = 0;

	relation(c);
	while (!c->failed && count < COUNT_OF(jumps)) {
		if (liquid_take_name(c, "and"))
			jumps[count++] = liquid_jump(c, LIQUID_AND_OP, NO_JUMP);
		else if (liquid_take_name(c, "or"))
			jumps[count++] = liquid_jump(c, LIQUID_OR_OP, NO_JUMP);
		else
			break;
		relation(c);
	}
	for (size_t i = 0; i < count; i++)
		liquid_land(c, jumps[i]);
	if (count == COUNT_OF(jumps) && c->word.kind != WORD_END)
		liquid_finding(c, c->word.at,
			       "a condition is too long, expected at most %d "
			       "\"and\" and \"or\"",
			       COMPILE_DEPTH_MAX);
	else if (!c->failed)
		liquid_end_words(c, "a comparison, \"and\", \"or\" or the end");
}
