/*
 * The compiler's ledger: what the parser emits is kept here, in arrays that
 * grow in the program's own arena, together with constants, names, filters and
 * findings. A partial becomes a unit of the same program when it is first
 * named, and is compiled after the source that names it: so one that calls
 * itself needs no care here, and its depth is counted when it runs.
 *
 * Chains: the target of a jump that is not known yet is the index of the next
 * jump that waits for the same, NO_JUMP at the end. liquid_land() walks it.
 *
 * Invariant: each instruction has its place, so a failure can always say where.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "liquid/liquid_priv.h"

static void *
bigger_array(struct liquid_compiler *c, void *p, size_t count, size_t *room,
	     size_t size)
{
	void *bigger;

	*room = *room ? *room * 2 : 32;
	bigger = arena_array(c->p->arena, *room, size);
	if (count)
		memcpy(bigger, p, count * size);
	return bigger;
}

/* Room for one more at the end of an array in the arena. */
#define ROOMY(c, p, count, room)                                          \
	((count) < *(room) ? (void)0                                      \
			   : (void)((p) = bigger_array((c), (p), (count), \
						       (room), sizeof(*(p)))))

/* ---- findings ---- */

void
liquid_locate(const struct liquid_unit *unit, size_t offset, int *line,
	      int *column)
{
	struct origin_mark place =
	    origin_find(&unit->origin, unit->text, offset);

	*line = place.line;
	*column = place.column;
}

static void
add_finding(struct liquid_compiler *c, const struct liquid_place *place,
	    const char *what)
{
	const struct liquid_unit *unit = &c->p->units[place->unit];
	const struct liquid_report *report = c->options->report;
	struct error found;
	int line, column;

	if (++c->findings > COMPILE_FINDINGS_MAX + 1)
		return;
	if (c->findings > COMPILE_FINDINGS_MAX)
		what = "there is more, which is told when this is mended";
	liquid_locate(unit, place->offset, &line, &column);
	(void)error_set(&found, ERROR_INVALID, "%.*s:%d:%d: %s",
			STR_ARG(unit->name), line, column, what);
	if (c->findings == 1)
		*c->err = found;
	if (report)
		report->report(report->arg, line, column, found.text);
}

void
liquid_warn(struct liquid_compiler *c, const char *at, const char *what)
{
	const struct liquid_unit *unit = &c->p->units[c->unit];
	const struct liquid_report *report = c->options->report;
	char text[ERROR_TEXT_BYTES];
	int line, column;

	if (!report || !report->warn || ++c->warnings > COMPILE_FINDINGS_MAX)
		return;
	liquid_locate(unit, (size_t)(at - unit->text.p), &line, &column);
	snprintf(text, sizeof(text), "%.*s:%d:%d: %s", STR_ARG(unit->name),
		 line, column, what);
	report->warn(report->arg, line, column, text);
}

void
liquid_tell_unreached(struct liquid_compiler *c, const char *at)
{
	if (c->scope->gone || c->scope->told)
		return;
	c->scope->told = true;
	liquid_warn(c, at, "this is never reached, whatever the values are");
}

void
liquid_finding_at(struct liquid_compiler *c, const struct liquid_place *place,
		  const char *fmt, ...)
{
	char what[ERROR_TEXT_BYTES];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	add_finding(c, place, what);
}

void
liquid_finding(struct liquid_compiler *c, const char *at, const char *fmt, ...)
{
	const struct str text = c->p->units[c->unit].text;
	struct liquid_place place = { .unit = c->unit };
	char what[ERROR_TEXT_BYTES];
	va_list ap;

	if (c->failed)
		return;
	c->failed = true;
	if (at >= text.p && at <= text.p + text.len)
		place.offset = (uint32_t)(at - text.p);
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	add_finding(c, &place, what);
}

/* ---- code ---- */

static struct liquid_place
place_of(const struct liquid_compiler *c, const char *at)
{
	return (struct liquid_place){
		.unit = c->unit,
		.offset = (uint32_t)(at - c->p->units[c->unit].text.p),
	};
}

uint32_t
liquid_emit_at(struct liquid_compiler *c, const char *place, enum liquid_op op,
	       unsigned n, uint32_t a)
{
	struct liquid_program *p = c->p;
	uint32_t at = liquid_here(c);

	check(n <= UINT8_MAX);
	ROOMY(c, p->code, p->code_count, &c->code_room);
	ROOMY(c, p->places, p->code_count, &c->place_room);
	p->code[at] =
	    (struct liquid_instr){ .op = (uint8_t)op, .n = (uint8_t)n, .a = a };
	p->places[at] = place_of(c, place);
	p->code_count++;
	return at;
}

uint32_t
liquid_emit(struct liquid_compiler *c, enum liquid_op op, unsigned n,
	    uint32_t a)
{
	return liquid_emit_at(c, c->at, op, n, a);
}

uint32_t
liquid_jump(struct liquid_compiler *c, enum liquid_op op, uint32_t chain)
{
	return liquid_emit(c, op, 0, chain);
}

void
liquid_land(struct liquid_compiler *c, uint32_t chain)
{
	while (chain != NO_JUMP) {
		uint32_t next = c->p->code[chain].a;

		c->p->code[chain].a = liquid_here(c);
		chain = next;
	}
}

/* ---- pools ---- */

static struct liquid_value *
new_const(struct liquid_compiler *c)
{
	struct liquid_program *p = c->p;

	ROOMY(c, p->consts, p->const_count, &c->const_room);
	return &p->consts[p->const_count++];
}

uint32_t
liquid_const(struct liquid_compiler *c, struct liquid_value v)
{
	*new_const(c) = v;
	return (uint32_t)c->p->const_count - 1;
}

/* As each text of a template is one, it is made where it stays. */
uint32_t
liquid_const_string(struct liquid_compiler *c, struct str s)
{
	struct liquid_value *v = new_const(c); /* zeroed */

	v->type = LIQUID_STRING;
	v->s = s;
	return (uint32_t)c->p->const_count - 1;
}

uint32_t
liquid_symbol(struct liquid_compiler *c, struct str name)
{
	struct liquid_program *p = c->p;
	struct liquid_key key = liquid_key(name);

	for (size_t i = 0; i < p->symbol_count; i++)
		if (p->symbols[i].hash == key.hash &&
		    str_eq(p->symbols[i].name, name))
			return (uint32_t)i;
	if (p->symbol_count == SYMBOLS_MAX) {
		liquid_finding(c, name.p, "more than %d names of variables",
			       SYMBOLS_MAX);
		return 0;
	}
	ROOMY(c, p->symbols, p->symbol_count, &c->symbol_room);
	ROOMY(c, c->known, p->symbol_count, &c->known_room);
	p->symbols[p->symbol_count] = key;
	return (uint32_t)p->symbol_count++;
}

uint32_t
liquid_symbol_set(struct liquid_compiler *c, struct str name)
{
	uint32_t symbol = liquid_symbol(c, name);

	c->known[symbol] = true;
	return symbol;
}

struct liquid_key *
liquid_path_keys(struct liquid_compiler *c)
{
	if (c->key_room < EXPR_DEPTH_MAX) {
		c->key_room = (size_t)4 * EXPR_DEPTH_MAX;
		c->keys =
		    ARENA_ARRAY(c->p->arena, c->key_room, struct liquid_key);
	}
	return c->keys;
}

static void
add_use(struct liquid_compiler *c, const char *at, uint32_t path)
{
	ROOMY(c, c->uses, c->use_count, &c->use_room);
	c->uses[c->use_count++] = (struct liquid_use){
		.path = path,
		.place = place_of(c, at),
	};
}

uint32_t
liquid_add_path(struct liquid_compiler *c, const char *at, uint32_t symbol,
		size_t count)
{
	struct liquid_program *p = c->p;
	uint32_t path = (uint32_t)p->path_count;

	check(count <= c->key_room);
	ROOMY(c, p->paths, p->path_count, &c->path_room);
	p->paths[p->path_count++] =
	    (struct liquid_path){ symbol, (uint32_t)count, c->keys };
	c->keys += count;
	c->key_room -= count;
	add_use(c, at, path);
	return path;
}

uint32_t
liquid_add_filter(struct liquid_compiler *c, const struct liquid_filter *filter)
{
	struct liquid_program *p = c->p;

	ROOMY(c, p->filters, p->filter_count, &c->filter_room);
	p->filters[p->filter_count] = filter;
	return (uint32_t)p->filter_count++;
}

static uint32_t
within_aux(struct liquid_compiler *c, size_t count)
{
	if (count < UINT16_MAX)
		return (uint32_t)count;
	liquid_finding(c, c->at, "more than %d loops, partials or cases",
		       UINT16_MAX);
	return 0;
}

uint32_t
liquid_note(struct liquid_compiler *c)
{
	return within_aux(c, c->p->note_count++);
}

uint32_t
liquid_emit_note(struct liquid_compiler *c, enum liquid_op op, unsigned n,
		 uint32_t note)
{
	uint32_t at = liquid_emit(c, op, n, NO_JUMP);

	c->p->code[at].aux = (uint16_t)note;
	return at;
}

uint32_t
liquid_add_loop(struct liquid_compiler *c, const struct liquid_loop_info *loop)
{
	struct liquid_program *p = c->p;

	ROOMY(c, p->loops, p->loop_count, &c->loop_room);
	p->loops[p->loop_count] = *loop;
	return within_aux(c, p->loop_count++);
}

uint32_t
liquid_add_args(struct liquid_compiler *c, const uint32_t *symbols,
		uint32_t count)
{
	struct liquid_program *p = c->p;
	uint32_t *copy = ARENA_ARRAY(p->arena, count, uint32_t);

	if (count)
		memcpy(copy, symbols, count * sizeof(*copy));
	ROOMY(c, p->args, p->args_count, &c->args_room);
	p->args[p->args_count] =
	    (struct liquid_args){ .symbols = copy, .count = count };
	return within_aux(c, p->args_count++);
}

static uint32_t
find_text(const struct str *texts, uint32_t count, struct str key)
{
	uint32_t i = 0;

	while (i < count && !str_eq(texts[i], key))
		i++;
	return i;
}

/* They are looked up by walking, so there must not be many. */
static bool
has_group(struct liquid_compiler *c, uint32_t count)
{
	if (count < GROUPS_MAX)
		return true;
	liquid_finding(c, c->at, "more than %d loops or cycles", GROUPS_MAX);
	return false;
}

/* Without a key it is like no other. */
uint32_t
liquid_group(struct liquid_compiler *c, struct str key)
{
	uint32_t *count = &c->p->cycle_count;
	uint32_t i = key.len ? find_text(c->groups, *count, key) : *count;

	if (i < *count)
		return i;
	if (!has_group(c, *count))
		return 0;
	ROOMY(c, c->groups, *count, &c->group_room);
	c->groups[*count] = key;
	return (*count)++;
}

uint32_t
liquid_resume(struct liquid_compiler *c, struct str key)
{
	uint32_t *count = &c->p->resume_count;
	uint32_t i = find_text(c->resumes, *count, key);

	if (i < *count)
		return i;
	if (!has_group(c, *count))
		return 0;
	ROOMY(c, c->resumes, *count, &c->resume_room);
	c->resumes[*count] = key;
	return (*count)++;
}

/* ---- units ---- */

static uint32_t
add_unit(struct liquid_compiler *c, struct str name, struct str text,
	 const struct liquid_spot *spot)
{
	struct liquid_program *p = c->p;

	ROOMY(c, p->units, p->unit_count, &c->unit_room);
	p->units[p->unit_count] = (struct liquid_unit){
		.name = str_copy(p->arena, name),
		.text = str_copy(p->arena, text),
		.spot = *spot,
	};
	return (uint32_t)p->unit_count++;
}

/* A name with a folder or a suffix is that of a file. */
static void
no_partial(struct liquid_compiler *c, struct str name)
{
	const struct liquid_options *o = c->options;
	struct str shown = str_slice(name, 0, 100);
	struct str base = liquid_base_name(name);
	ptrdiff_t dot = str_find_char(base, '.');
	struct str text;
	struct error ignored;

	if (dot > 0)
		base = str_slice(base, 0, (size_t)dot);
	if (o->partial && base.len < name.len &&
	    o->partial(o->partial_arg, base, &text, &ignored) > 0)
		liquid_finding(c, name.p,
			       "there is no partial \"%.*s\", did you mean "
			       "\"%.*s\"?",
			       STR_ARG(shown), STR_ARG(base));
	else
		liquid_finding(c, name.p, "there is no partial \"%.*s\"",
			       STR_ARG(shown));
}

uint32_t
liquid_partial(struct liquid_compiler *c, struct str name)
{
	const struct liquid_program *p = c->p;
	const struct liquid_options *o = c->options;
	struct str text = { 0 };
	struct error err = { 0 };
	int found;

	for (uint32_t i = 1; i < p->unit_count; i++)
		if (str_eq(p->units[i].name, name) &&
		    liquid_spot_same(&p->units[i].spot, &c->spot))
			return i;
	found = o->partial ? o->partial(o->partial_arg, name, &text, &err) : 0;
	if (found > 0 && p->unit_count < UNITS_MAX && text.len < UINT32_MAX)
		return add_unit(c, name, text, &c->spot);
	if (found < 0)
		liquid_finding(c, name.p, "partial \"%.*s\": %s",
			       STR_ARG(str_slice(name, 0, 100)), err.text);
	else if (found)
		liquid_finding(c, name.p, "more than %d partials", UNITS_MAX);
	else
		no_partial(c, name);
	return NO_JUMP;
}

void
liquid_all_partials(struct liquid_compiler *c)
{
	const struct liquid_options *o = c->options;
	struct str name;

	if (!o->partial_name) {
		liquid_expected(c, "the name of a partial in quotes");
		return;
	}
	for (size_t i = 0;
	     !c->failed && o->partial_name(o->partial_arg, i, &name); i++)
		(void)liquid_partial(c, name);
}

struct str
liquid_base_name(struct str name)
{
	struct str part, rest = name;

	while (str_split(&rest, '/', &part))
		name = part;
	return name;
}

static void
compile_unit(struct liquid_compiler *c, uint32_t unit)
{
	struct liquid_unit *u = &c->p->units[unit];
	struct liquid_lexer lexer = { .rest = u->text };

	u->entry = liquid_here(c);
	c->unit = unit;
	c->at = u->text.p;
	c->lexer = &lexer;
	c->scope = NULL;
	c->spot = u->spot;
	c->gone = false;
	liquid_parse(c);
}

static void
keep_origin(struct liquid_program *p, const struct origin *from)
{
	struct origin *to = &p->units[0].origin;

	*to = *from;
	to->marks = (const struct origin_mark *)arena_copy(
	    p->arena, from->marks, from->mark_count * sizeof(*from->marks));
}

int
liquid_compile(struct liquid_program **out, const struct liquid_source *source,
	       const struct liquid_options *options, struct error *err)
{
	static const struct liquid_options none = { 0 };
	struct liquid_program *p = calloc(1, sizeof(*p));
	struct liquid_compiler c = { .p = p,
				     .options = options ? options : &none,
				     .err = err };

	check(p && source->text.len < UINT32_MAX);
	p->arena = arena_new();
	p->context = source->context;
	liquid_spot_begin(&c.spot, source->context);
	add_unit(&c, str_of(source->name), source->text, &c.spot);
	keep_origin(p, &source->origin);
	for (uint32_t i = 0; i < p->unit_count; i++)
		compile_unit(&c, i);
	liquid_place_partials(&c);
	liquid_check(&c);
	if (c.findings) {
		liquid_free(&p);
		return -(int)err->code;
	}
	*out = p;
	return 0;
}

void
liquid_free(struct liquid_program **program)
{
	if (!*program)
		return;
	arena_free(&(*program)->arena);
	free(*program);
	*program = NULL;
}
