/*
 * Statements in their blocks. A tag has one row in liquid_tags: how it is
 * read, the tag that ends its block, and those that divide it. Each is
 * compiled while it is read; jumps that are not resolved yet rest in chains,
 * in the struct liquid_scope of their block.
 *
 * After a finding the next tag is read as if nothing had happened, so one
 * compile reports all mistakes of a source. An end tag that belongs to an
 * outer block ends the inner ones too, with one finding.
 *
 * A block that shows nothing but white space writes nothing at all: its TEXT
 * instructions become NOP when it ends. Every Liquid does so.
 */
#include <string.h>

#include "liquid/liquid_priv.h"

void
liquid_open_scope(struct liquid_compiler *c, struct liquid_scope *s,
		  enum liquid_scope_kind kind, const struct liquid_tag *tag)
{
	*s = (struct liquid_scope){
		.outer = c->scope,
		.kind = kind,
		.tag = tag,
		.at = c->at,
		.breaks = NO_JUMP,
		.continues = NO_JUMP,
		.spot = c->spot,
		.after = c->spot,
		.gone = c->gone,
		.begin = liquid_here(c),
		.blank = true,
	};
	c->scope = s;
}

void
liquid_close_scope(struct liquid_compiler *c)
{
	struct liquid_scope *s = c->scope;

	c->scope = s->outer;
	if (!s->blank) {
		if (c->scope)
			c->scope->blank = false;
		return;
	}
	for (uint32_t i = s->begin; i < c->p->code_count; i++)
		if (c->p->code[i].op == LIQUID_TEXT_OP && !c->p->code[i].n)
			c->p->code[i].op = LIQUID_NOP_OP;
}

void
liquid_keep_text(struct liquid_compiler *c, const struct liquid_scope *s)
{
	for (uint32_t i = s->begin; i < liquid_here(c); i++)
		if (c->p->code[i].op == LIQUID_TEXT_OP)
			c->p->code[i].n = 1;
}

void
liquid_shows(struct liquid_compiler *c)
{
	if (c->scope)
		c->scope->blank = false;
}

/* ---- statements ---- */

/* White space that parts the names in a tag is not left out. */
void
liquid_text(struct liquid_compiler *c, struct str s)
{
	bool counts = c->spot.state > SPOT_TEXT;

	liquid_emit(c, LIQUID_TEXT_OP, counts, liquid_const_string(c, s));
	liquid_place_text(c, s);
}

static size_t
blanks(struct str s)
{
	size_t i = 0;

	while (i < s.len && liquid_is_space(s.p[i]))
		i++;
	return i;
}

static void
text_token(struct liquid_compiler *c)
{
	struct str s = c->token.text;
	size_t blank = blanks(s);

	if (!s.len)
		return;
	liquid_text(c, s);
	if (blank == s.len)
		return;
	liquid_unreached(c, s.p + blank);
	liquid_shows(c);
}

/*
 * A last filter that escapes is part of the writing: {{ name | escape }} in
 * HTML is {{ name }}, but that markup counts as text.
 */
static unsigned
without_escape(struct liquid_compiler *c, unsigned escape)
{
	struct liquid_program *p = c->p;
	const struct liquid_instr *last = &p->code[p->code_count - 1];
	unsigned kind = escape & ESCAPE_KIND;

	if (last->op != LIQUID_FILTER_OP || last->n ||
	    p->filters[last->a]->apply != liquid_escape_filter ||
	    kind > ESCAPE_CSS_STRING)
		return escape;
	p->code_count--;
	return kind ? escape | ESCAPE_MARKUP : ESCAPE_REFERENCES;
}

/* Writing a plain path is one instruction. */
static void
emit_out(struct liquid_compiler *c, uint32_t begin)
{
	unsigned escape = without_escape(c, liquid_place_value(c));
	struct liquid_instr *last = &c->p->code[c->p->code_count - 1];

	if (liquid_here(c) == begin + 1 && last->op == LIQUID_PATH_OP) {
		last->op = LIQUID_OUT_PATH_OP;
		last->n = (uint8_t)escape;
	} else {
		liquid_emit(c, LIQUID_OUT_OP, escape, 0);
	}
	liquid_shows(c);
}

void
liquid_put_out(struct liquid_compiler *c, uint32_t begin)
{
	struct liquid_program *p = c->p;

	if (begin >= liquid_here(c) || p->code[begin].op != LIQUID_PATH_OP)
		return;
	for (uint32_t i = begin; i < liquid_here(c); i++)
		if (p->code[i].op == LIQUID_FILTER_OP &&
		    str_eq_cstr(STR("default"), p->filters[p->code[i].a]->name))
			return;
	p->code[begin].aux = true;
}

void
liquid_output(struct liquid_compiler *c, struct str markup)
{
	uint32_t begin = liquid_here(c);

	liquid_shows(c);
	liquid_words(c, markup);
	if (c->word.kind == WORD_END)
		return;
	c->at = c->word.at;
	liquid_filtered(c);
	if (c->failed)
		return;
	liquid_put_out(c, begin);
	emit_out(c, begin);
}

const struct liquid_tag *
liquid_tag(struct str name)
{
	for (const struct liquid_tag *t = liquid_tags; t->name; t++)
		if (str_eq_cstr(name, t->name))
			return t;
	return NULL;
}

static bool
divides(const struct liquid_tag *t, struct str name)
{
	if (t->end && str_eq_cstr(name, t->end))
		return true;
	for (size_t i = 0; i < COUNT_OF(t->middles) && t->middles[i]; i++)
		if (str_eq_cstr(name, t->middles[i]))
			return true;
	return false;
}

static bool
ends_outer(const struct liquid_compiler *c, struct str name)
{
	const struct liquid_scope *s = c->scope;

	if (!s->tag)
		return false;
	for (s = s->outer; s; s = s->outer)
		if (s->tag && s->tag->end && str_eq_cstr(name, s->tag->end))
			return true;
	return false;
}

/* endfor where there is no for, or an end that is no tag's: this one is meant. */
static bool
ends_something(struct str name)
{
	return str_starts(name, STR("end")) && !liquid_tag(name);
}

static void
tell_open(struct liquid_compiler *c, const char *at, struct str found)
{
	const struct liquid_scope *s = c->scope;
	int line, column;

	liquid_locate(&c->p->units[c->unit],
		      (size_t)(s->at - c->p->units[c->unit].text.p), &line,
		      &column);
	if (found.len)
		liquid_finding(c, at,
			       "found \"%.*s\", expected \"%s\" for the \"%s\" "
			       "of %d:%d",
			       STR_ARG(found), s->tag->end, s->tag->name, line,
			       column);
	else
		liquid_finding(c, at,
			       "it ends here, expected \"%s\" for the \"%s\" "
			       "of %d:%d",
			       s->tag->end, s->tag->name, line, column);
}

static void
unknown_tag(struct liquid_compiler *c)
{
	const char *names[64];
	struct str name = str_slice(c->token.name, 0, 60);
	const char *near;
	size_t count = 0;

	for (const struct liquid_tag *t = liquid_tags; t->name; t++) {
		names[count++] = t->name;
		if (t->end)
			names[count++] = t->end;
		for (size_t i = 0; i < COUNT_OF(t->middles); i++)
			if (t->middles[i])
				names[count++] = t->middles[i];
	}
	check(count <= COUNT_OF(names));
	near = liquid_meant_tag(name);
	if (!near)
		near = str_nearest(name, names, count);
	if (!name.len && liquid_is_wide_space(str_slice(c->token.text, 0, 2)))
		liquid_finding(c, c->at,
			       "found a non-breaking space, expected a "
			       "common one");
	else if (!name.len)
		liquid_finding(c, c->at, "a tag without a name");
	else if (near && !str_eq_cstr(name, near))
		liquid_finding(c, c->at,
			       "there is no tag \"%.*s\", did you mean "
			       "\"%s\"?",
			       STR_ARG(name), near);
	else if (near)
		liquid_finding(c, c->at,
			       "found \"%.*s\", which belongs to no open block",
			       STR_ARG(name));
	else
		liquid_finding(c, c->at, "there is no tag \"%.*s\"",
			       STR_ARG(name));
}

static void
tag_token(struct liquid_compiler *c)
{
	const struct liquid_tag *t = liquid_tag(c->token.name);

	if (!t) {
		unknown_tag(c);
		return;
	}
	if (c->depth == COMPILE_DEPTH_MAX) {
		liquid_finding(c, c->at, "blocks are nested more than %d deep",
			       COMPILE_DEPTH_MAX);
		return;
	}
	c->depth++;
	t->parse(c);
	c->depth--;
}

static void
next_token(struct liquid_compiler *c)
{
	if (c->reuse) {
		c->reuse = false;
		return;
	}
	liquid_lex(c->lexer, &c->token);
	c->at = c->token.name.len ? c->token.name.p : c->token.text.p;
	c->failed = false;
	if (c->token.open)
		liquid_finding(
		    c, c->at,
		    c->token.kind == TOKEN_TAG
			? "a tag is not closed, expected \"%%}\""
			: "an output is not closed, expected \"}}\"");
}

/* To a tag that divides the block (in c->token; true), or past its end. */
bool
liquid_body(struct liquid_compiler *c)
{
	const struct liquid_tag *t = c->scope->tag;

	for (;;) {
		next_token(c);
		if (c->token.kind == TOKEN_END) {
			if (t)
				tell_open(c, c->at, (struct str){ 0 });
			c->reuse = true;
			return false;
		}
		if (c->token.kind == TOKEN_TEXT) {
			text_token(c);
		} else if (c->token.open) {
			continue;
		} else if (c->token.kind == TOKEN_OUTPUT) {
			liquid_unreached(c, c->at);
			liquid_output(c, c->token.text);
		} else if (t && divides(t, c->token.name)) {
			return !str_eq_cstr(c->token.name, t->end);
		} else if (ends_outer(c, c->token.name)) {
			tell_open(c, c->at, c->token.name);
			c->reuse = true;
			return false;
		} else if (t && ends_something(c->token.name)) {
			tell_open(c, c->at, c->token.name);
			return false;
		} else {
			liquid_unreached(c, c->at);
			tag_token(c);
		}
	}
}

/* A block without divisions that matter. */
void
liquid_whole_body(struct liquid_compiler *c)
{
	while (liquid_body(c))
		;
}

void
liquid_parse(struct liquid_compiler *c)
{
	struct liquid_scope s;

	c->reuse = false;
	liquid_open_scope(c, &s, SCOPE_UNIT, NULL);
	(void)liquid_body(c);
	liquid_place_end(c, &s.spot);
	liquid_land(c, s.breaks);
	s.blank = false;
	liquid_close_scope(c);
	liquid_emit(c, LIQUID_RETURN_OP, 0, 0);
}
