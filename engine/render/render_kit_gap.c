/*
 * What the trial is told of while it makes things.
 *
 * A template that puts out a text, a link, a slot, a colour or a column that
 * there is not would leave a gap, or a button that leads nowhere. It is told of
 * as a warning, for templates are shared by campaigns, brands and workspaces;
 * one that asks with `if` leaves none.
 *
 * A gap is kept back until it is known whether the message fails for it: then
 * the failure says it all.
 */
#include <string.h>

#include "render/render_kit_priv.h"

enum { NAMES_MAX = 64 };

/* A kind of thing that has names of its own in this workspace. */
struct named {
	const char *what;
	struct str owner;
	const char *names[NAMES_MAX];
	size_t count;
};

static void
add_name(struct named *to, struct arena *a, struct str name)
{
	if (to->count < NAMES_MAX)
		to->names[to->count++] = str_cstr(a, name);
}

/* ---- what has which names ---- */

static void
of_step(const struct kit_run *run, bool links, struct named *to)
{
	const struct campaign_step *s = run->step->step;

	to->what = links ? "link" : "text";
	to->owner = str_printf(run->a, "\"%.*s\" of %.*s", STR_ARG(s->id),
			       STR_ARG(run->kit->campaign->id));
	for (size_t i = 0; i < (links ? s->link_count : s->text_count); i++)
		add_name(to, run->a, links ? s->links[i].id : s->texts[i].id);
}

static void
of_campaign(const struct kit_run *run, struct named *to)
{
	const struct campaign *c = run->kit->campaign;

	to->what = "slot";
	to->owner = c->id;
	for (size_t i = 0; i < c->slot_count; i++)
		add_name(to, run->a, c->slots[i].id);
}

static void
of_brand(const struct kit_run *run, struct named *to)
{
	const struct campaign_brand *b = run->kit->campaign->brand;

	to->what = "color";
	to->owner = str_printf(run->a, "the brand \"%.*s\"", STR_ARG(b->id));
	for (size_t i = 0; i < b->color_count; i++)
		add_name(to, run->a, b->colors[i].role);
}

static void
of_partners(const struct kit_run *run, struct named *to)
{
	const struct liquid_names *name = run->kit->trial->columns;

	to->what = "column with a value";
	to->owner = STR("partners.csv");
	for (; name->name; name++)
		add_name(to, run->a, str_of(name->name));
}

/* False: such a path is nobody's to miss, or nobody knows. */
static bool
find_named(const struct kit_run *run, struct str root, struct str *rest,
	   struct named *to)
{
	const struct campaign *c = run->kit->campaign;
	struct str group;

	if (str_eq(root, STR("texts")) || str_eq(root, STR("links"))) {
		if (!run->step || run->step->step->is_doubtful)
			return false;
		of_step(run, str_eq(root, STR("links")), to);
	} else if (str_eq(root, STR("slots")) && !c->is_doubtful) {
		of_campaign(run, to);
	} else if (str_eq(root, STR("brand")) && !c->workspace->is_doubtful &&
		   str_split(rest, '.', &group) &&
		   str_eq(group, STR("color"))) {
		of_brand(run, to);
	} else if (str_eq(root, STR("partner")) && run->kit->trial->columns &&
		   str_split(rest, '.', &group) &&
		   str_eq(group, STR("attributes"))) {
		of_partners(run, to);
	} else {
		return false;
	}
	return true;
}

/* ---- telling ---- */

void
kit_tell_gap(struct kit_maker *m)
{
	if (m->gap)
		kit_tell(m, CAMPAIGN_WARNING, "gap", m->gap);
	m->gap = NULL;
}

/* Whether a path was found to be a slip of another when it was compiled. */
static bool
is_slip(const struct campaign_findings *f, const struct kit_fault *gap,
	struct str path, struct arena *a)
{
	struct str quoted = str_printf(a, "\"%.*s\"", STR_ARG(path));

	for (size_t i = 0; i < f->count; i++)
		if (f->items[i].line == gap->line &&
		    strcmp(f->items[i].rule, KIT_RULE_SLIP) == 0 &&
		    str_eq(f->items[i].file, gap->file) &&
		    str_find(f->items[i].text, quoted) >= 0)
			return true;
	return false;
}

void
kit_try_unfilled(void *arg, struct str unit, int line, int column,
		 struct str path)
{
	const struct kit_trying *trying = arg;
	const struct kit_run *run = trying->run;
	struct kit_maker *m = run->kit->trial;
	const struct kit_program *source =
	    kit_source(run->kit, trying->program);
	struct str rest = path, root, name;
	struct named has = { 0 };
	struct kit_fault *gap;
	const char *near;

	kit_tell_gap(m);
	if (!str_split(&rest, '.', &root) ||
	    !find_named(run, root, &rest, &has) ||
	    !str_split(&rest, '.', &name))
		return;
	near = str_nearest(name, has.names, has.count);
	gap = ARENA_NEW(m->a, struct kit_fault);
	*gap = (struct kit_fault){
		.file = kit_unit_file(m->a, unit, source->file, source->suffix),
		.line = line,
		.column = column,
		.text = str_printf(m->a,
				   "puts out \"%.*s\", and %.*s has no such "
				   "%s%s%s%s",
				   STR_ARG(path), STR_ARG(has.owner), has.what,
				   near ? "; has it \"" : "", near ? near : "",
				   near ? "\" instead?" : ""),
	};
	path.len = (size_t)(name.p + name.len - path.p);
	if (!is_slip(m->findings, gap, path, run->a))
		m->gap = gap;
}

void
kit_try_failed(struct kit_maker *m, const struct kit_fault *fault)
{
	struct kit_fault told = *fault;

	if (m->gap && m->gap->line == fault->line &&
	    m->gap->column == fault->column &&
	    str_eq(m->gap->file, fault->file))
		m->gap = NULL;
	kit_tell_gap(m);
	told.text =
	    str_printf(m->a, "made for a trial: %.*s", STR_ARG(fault->text));
	m->faults++;
	kit_tell(m, CAMPAIGN_ERROR, "trial", &told);
}

void
kit_try_lost(void *arg, const char *text)
{
	const struct kit_trying *trying = arg;
	struct kit_maker *m = trying->run->kit->trial;
	struct kit_program *source =
	    kit_source(trying->run->kit, trying->program);
	struct kit_fault fault;

	if (!kit_fault_read(m->a, str_of(text), source->file, source->suffix,
			    &fault))
		return;
	source->failed = true;
	kit_try_failed(m, &fault);
}

bool
kit_try_requires(const struct kit_run *run, struct str path)
{
	static const char *const vendors[] = { "texts",	  "links", "slots",
					       "facts",	  "brand", "vendor",
					       "campaign" };
	struct str root;

	if (!str_split(&path, '.', &root) || str_eq(root, STR("form")))
		return false;
	for (size_t i = 0; i < COUNT_OF(vendors); i++)
		if (str_eq_cstr(root, vendors[i]))
			return true;
	return run->kit->trial->columns != NULL;
}
