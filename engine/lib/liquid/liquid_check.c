/*
 * Every path a template reads is held against the tree of names its caller
 * declared. A first name that any part of the program sets (assign, capture,
 * a loop, an argument) passes, wherever it is set: this finds misspelt names,
 * it does not follow the flow.
 */
#include "liquid/liquid_priv.h"

enum { NAMES_MAX = 256, SHOWN_MAX = 12 };

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

static void
add_names(const char *const *names, size_t count, struct buf *out)
{
	for (size_t i = 0; i < count && i < SHOWN_MAX; i++)
		buf_printf(out, "%s%s", i ? ", " : ", expected one of ",
			   names[i]);
	if (count > SHOWN_MAX)
		buf_cat(out, " ...");
}

/* Whether "company" or "partner_company" is what partner.company is called. */
static bool
is_member(struct str name, const char *of, const char *member)
{
	struct str root = str_of(of);

	if (str_starts(name, root) && name.len > root.len &&
	    (name.p[root.len] == '_' || name.p[root.len] == '-'))
		name = str_slice(name, root.len + 1, name.len);
	return str_eq_cstr(name, member);
}

/* The members that are called so, of any that have some. */
static void
add_elsewhere(const struct liquid_compiler *c, struct str name, struct buf *out)
{
	const struct liquid_names *root = c->options->names;
	const struct liquid_names *m;

	for (; root->name; root++)
		for (m = root->members; m && m->name; m++)
			if (is_member(name, root->name, m->name))
				buf_printf(out, "%s\"%s.%s\"",
					   out->len ? " or "
						    : ", did you mean ",
					   root->name, m->name);
	if (out->len)
		buf_char(out, '?');
}

/*
 * The other half of the sentence, for a name behind `before`. One that is put
 * together, as partner_company, is closer to partner.company than to partner.
 */
static void
add_meant(const struct liquid_compiler *c, struct str before, struct str name,
	  const struct liquid_names *names, struct buf *out)
{
	const char *list[NAMES_MAX];
	const char *near;
	size_t count = 0;

	for (; names->name && count < COUNT_OF(list); names++)
		list[count++] = names->name;
	near = str_nearest(name, list, count);
	if (before.len == 0 && (!near || str_find_char(name, '_') >= 0))
		add_elsewhere(c, name, out);
	if (out->len == 0 && near)
		buf_printf(out, ", did you mean \"%.*s%s\"?", STR_ARG(before),
			   near);
	else if (before.len > 0)
		add_names(list, count, out);
}

/* The i-th name of the path is none of these. */
static void
unknown(struct liquid_compiler *c, const struct liquid_use *use, uint32_t i,
	const struct liquid_names *names)
{
	const struct liquid_path *path = &c->p->paths[use->path];
	struct liquid_place place = place_of(c, use, i);
	struct str name = str_slice(name_of(c, path, i), 0, 100);
	struct buf before = { .max = 200 }, meant = { .max = 200 };

	add_before(c, path, i, &before);
	add_meant(c, buf_view(&before), name, names, &meant);
	liquid_finding_at(c, &place, "nothing is called \"%s%.*s\"%s",
			  buf_cstr(&before), STR_ARG(name), buf_cstr(&meant));
	buf_fini(&before);
	buf_fini(&meant);
}

static bool
is_common(struct str name)
{
	return str_eq_cstr(name, "size") || str_eq_cstr(name, "first") ||
	       str_eq_cstr(name, "last");
}

/* A member of what has none: a filter with a dot is one by mistake. */
static void
check_leaf(struct liquid_compiler *c, const struct liquid_use *use, uint32_t i)
{
	const struct liquid_path *path = &c->p->paths[use->path];
	struct liquid_place place = place_of(c, use, i);
	struct str name = name_of(c, path, i);
	struct buf before = { .max = 200 };

	if (is_common(name) || !liquid_filter_find(c->options, name))
		return;
	add_before(c, path, i, &before);
	before.len--; /* the dot */
	liquid_finding_at(c, &place,
			  "nothing is called \"%.*s.%.*s\", did you mean "
			  "\"%.*s | %.*s\"?",
			  STR_ARG(buf_view(&before)), STR_ARG(name),
			  STR_ARG(buf_view(&before)), STR_ARG(name));
	buf_fini(&before);
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
		if (found && !found->any && !found->members && i < path->count)
			check_leaf(c, use, i + 1);
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
