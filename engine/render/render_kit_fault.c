/*
 * Where in the files of the workspace something is wrong. liquid knows a
 * source by the name it was given and a partial by the name it was called by;
 * who reads a message wants the path.
 */
#include "render/render_kit_priv.h"

/* A number at *at with a colon behind it, past which *at is then. */
static bool
read_number(struct str s, size_t *at, int *out)
{
	size_t from = *at, to = from;
	int64_t n;

	while (to < s.len && s.p[to] >= '0' && s.p[to] <= '9')
		to++;
	if (to == s.len || s.p[to] != ':' ||
	    !str_int(str_slice(s, from, to), 1, INT32_MAX, &n))
		return false;
	*out = (int)n;
	*at = to + 1;
	return true;
}

/* The first ":line:column: " of a message; *end is behind it. */
static bool
find_place(struct str message, size_t *begin, size_t *end, int *line,
	   int *column)
{
	for (size_t i = 0; i < message.len; i++) {
		size_t at = i + 1;

		if (message.p[i] != ':' || !read_number(message, &at, line) ||
		    !read_number(message, &at, column) || at == message.len ||
		    message.p[at] != ' ')
			continue;
		*begin = i;
		*end = at + 1;
		return true;
	}
	return false;
}

struct str
kit_unit_file(struct arena *a, struct str unit, struct str file,
	      const char *suffix)
{
	return str_eq(unit, file) ? file
				  : str_printf(a, "templates/partials/%.*s%s",
					       STR_ARG(unit), suffix);
}

bool
kit_fault_read(struct arena *a, struct str message, struct str file,
	       const char *suffix, struct kit_fault *out)
{
	struct str unit;
	size_t begin, end;

	if (!find_place(message, &begin, &end, &out->line, &out->column))
		return false;
	unit = str_slice(message, 0, begin);
	out->file = kit_unit_file(a, unit, file, suffix);
	out->text = str_slice(message, end, message.len);
	return true;
}

struct kit_program *
kit_source(const struct render_kit *kit, const struct liquid_program *program)
{
	struct kit_program *p = kit->programs;

	while (p && p->program != program)
		p = p->next;
	check(p);
	return p;
}

static bool
is_known(const struct campaign_findings *f, const struct kit_fault *x)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->items[i].line == x->line &&
		    f->items[i].column == x->column &&
		    str_eq(f->items[i].file, x->file) &&
		    str_eq(f->items[i].text, x->text))
			return true;
	return false;
}

void
kit_tell(struct kit_maker *m, enum campaign_severity severity, const char *rule,
	 const struct kit_fault *fault)
{
	if (!is_known(m->findings, fault))
		campaign_finding_add(m->findings, severity, rule, fault->file,
				     fault->line, fault->column, "%.*s",
				     STR_ARG(fault->text));
}
