/*
 * Every path a template reads is held against the tree of names its caller
 * declared. A first name that any part of the program sets (assign, capture,
 * a loop, an argument) passes, wherever it is set: this finds misspelt names,
 * it does not follow the flow.
 */
#include "liquid/liquid_priv.h"

enum { NAMES_MAX = 256 };

static const struct liquid_names *
find(const struct liquid_names *names, struct str name)
{
	for (; names->name; names++)
		if (str_eq_cstr(name, names->name))
			return names;
	return NULL;
}

static void
unknown(struct liquid_compiler *c, const struct liquid_use *use,
	const struct liquid_names *names, struct str name)
{
	const char *list[NAMES_MAX];
	const char *near;
	size_t count = 0;

	for (; names->name && count < COUNT_OF(list); names++)
		list[count++] = names->name;
	name = str_slice(name, 0, 100);
	near = str_nearest(name, list, count);
	if (near)
		liquid_finding_at(c, &use->place,
				  "nothing is called \"%.*s\", did you mean "
				  "\"%s\"?",
				  STR_ARG(name), near);
	else
		liquid_finding_at(c, &use->place, "nothing is called \"%.*s\"",
				  STR_ARG(name));
}

static bool
is_common(struct str name)
{
	return str_eq_cstr(name, "size") || str_eq_cstr(name, "first") ||
	       str_eq_cstr(name, "last");
}

static void
check_use(struct liquid_compiler *c, const struct liquid_use *use)
{
	const struct liquid_path *path = &c->p->paths[use->path];
	struct str name = c->p->symbols[path->symbol].name;
	const struct liquid_names *level = c->options->names;
	const struct liquid_names *found;

	if (c->known[path->symbol])
		return;
	for (uint32_t i = 0;; i++) {
		found = find(level, name);
		if (!found && (!i || !is_common(name))) {
			unknown(c, use, level, name);
			return;
		}
		if (!found || found->any || !found->members || i == path->count)
			return;
		level = found->members;
		name = path->keys[i].name;
	}
}

void
liquid_check(struct liquid_compiler *c)
{
	if (!c->options->names)
		return;
	for (size_t i = 0; i < c->use_count; i++)
		check_use(c, &c->uses[i]);
}
