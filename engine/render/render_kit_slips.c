/*
 * A template may ask whether there is a slot, a colour or a column of
 * partners.csv, but hardly for one that is nearly called as one that there is.
 * So what compiles is compiled once more, with the names that there are, and of
 * what is complained of then the near ones are told, as warnings.
 */
#include "render/render_kit_priv.h"

/* The text in the next pair of quotes; empty when there is none. */
static struct str
next_quoted(struct str *rest)
{
	struct str before, quoted;

	if (!str_split(rest, '"', &before) || !str_split(rest, '"', &quoted))
		return STR("");
	return quoted;
}

/* city, of contact.city */
static struct str
last_name(struct str path)
{
	struct str name = path;

	while (str_split(&path, '.', &name))
		continue;
	return name;
}

static struct str
without_digits(struct arena *a, struct str name)
{
	char *to = arena_alloc(a, name.len + 1);
	size_t len = 0;

	for (size_t i = 0; i < name.len; i++)
		if (name.p[i] < '0' || name.p[i] > '9')
			to[len++] = name.p[i];
	return (struct str){ to, len };
}

/* point2 is no slip of point1, and the first letter is seldom wrong. */
static bool
is_slip(struct arena *a, struct str found)
{
	struct str name = last_name(next_quoted(&found));
	struct str near = last_name(next_quoted(&found));

	return name.len > 0 && near.len > 0 &&
	       str_eq_fold(str_slice(name, 0, 1), str_slice(near, 0, 1)) &&
	       !str_eq(without_digits(a, name), without_digits(a, near));
}

static void
add_slip(void *arg, int line, int column, const char *found)
{
	struct kit_maker *m = arg;
	struct kit_fault fault;

	(void)line;
	(void)column;
	if (kit_fault_read(m->a, str_of(found), m->file, m->suffix, &fault) &&
	    is_slip(m->a, fault.text))
		kit_tell(m, CAMPAIGN_WARNING, KIT_RULE_SLIP, &fault);
}

void
kit_find_slips(struct kit_maker *m, const struct liquid_source *source,
	       const struct liquid_options *as)
{
	const struct liquid_report report = { .report = add_slip, .arg = m };
	struct liquid_options options = *as;
	struct liquid_program *program = NULL;
	struct error err;

	options.names = kit_names_there(m, as->names);
	options.report = &report;
	if (liquid_compile(&program, source, &options, &err) >= 0)
		liquid_free(&program);
}
