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

static struct str
name_of(const struct liquid_compiler *c, const struct liquid_path *path,
	uint32_t i)
{
	return i ? path->keys[i - 1].name : c->p->symbols[path->symbol].name;
}

/*
 * Where the i-th name of a path stands. The path begins at the place of its
 * use, and between its names is nothing that could be taken for one.
 */
static struct liquid_place
place_of(const struct liquid_compiler *c, const struct liquid_use *use,
	 uint32_t i)
{
	const struct liquid_path *path = &c->p->paths[use->path];
	struct liquid_place place = use->place;
	struct str text = c->p->units[place.unit].text;
	size_t at = place.offset;

	for (uint32_t k = 0; k <= i; k++) {
		struct str name = name_of(c, path, k);
		ptrdiff_t found = str_find(str_slice(text, at, text.len), name);

		if (found < 0)
			return use->place;
		at += (size_t)found;
		place.offset = (uint32_t)at;
		at += name.len;
	}
	return place;
}

/* partner., of the second name of partner.city. */
static void
add_before(const struct liquid_compiler *c, const struct liquid_path *path,
	   uint32_t i, struct buf *out)
{
	for (uint32_t k = 0; k < i; k++)
		buf_printf(out, "%.*s.",
			   STR_ARG(str_slice(name_of(c, path, k), 0, 60)));
}

/* The i-th name of the path is none of these. */
static void
unknown(struct liquid_compiler *c, const struct liquid_use *use, uint32_t i,
	const struct liquid_names *names)
{
	const struct liquid_path *path = &c->p->paths[use->path];
	struct liquid_place place = place_of(c, use, i);
	struct str name = str_slice(name_of(c, path, i), 0, 100);
	struct buf before = { .max = 200 };
	const char *list[NAMES_MAX];
	const char *near;
	size_t count = 0;

	for (; names->name && count < COUNT_OF(list); names++)
		list[count++] = names->name;
	near = str_nearest(name, list, count);
	add_before(c, path, i, &before);
	if (near)
		liquid_finding_at(c, &place,
				  "nothing is called \"%s%.*s\", did you mean "
				  "\"%s%s\"?",
				  buf_cstr(&before), STR_ARG(name),
				  buf_cstr(&before), near);
	else
		liquid_finding_at(c, &place, "nothing is called \"%s%.*s\"",
				  buf_cstr(&before), STR_ARG(name));
	buf_fini(&before);
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
			unknown(c, use, i, level);
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
