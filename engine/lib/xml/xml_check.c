/*
 * A tree held against the schema. libxml2's validator is told the tree as if
 * it were being parsed, element by element, so that the one it complains about
 * is the one at hand, and its place ours.
 *
 * The validator does not go on where an element is not expected: it has
 * nothing to say of what stands in it, nor of what follows beside it. So that
 * one fault hides no other:
 *
 *	an element of a name that there is not, near to one that was expected,
 *	    gets that name, and the whole tree is told once more;
 *	after any other, that element and those beside it are each checked by
 *	    themselves, for nearly all of ours may be the root of a file.
 *
 * What is found twice is told once. Rejected: to leave out what does not
 * belong and tell the rest again, since where an element is missing, each one
 * behind it "does not belong".
 */
#include "base/arena.h"
#include "xml/xml_priv.h"

enum { ROUNDS_MAX = 32, ATTRIBUTE_FIELDS = 5 };

/* Of a walk over the tree. */
enum walked {
	WENT,
	BROKE, /* the element is not expected where it is */
	ENDED  /* nothing more is to be told */
};

struct walk {
	const struct xml_checking *by;
	struct arena *a;       /* of what is told */
	struct arena *scratch; /* of this round */
	const struct xml_node *at;
	struct xml_complaint broke; /* what was said of the last that BROKE */
	struct map told;	    /* "line:column: text" */
	bool is_last;		    /* no round after this one */
	bool again;		    /* an element was given its name */
	bool full;
};

/* A validator that is told events. */
struct listener {
	xmlSchemaValidCtxtPtr valid;
	xmlSchemaSAXPlugPtr plug;
	xmlSAXHandlerPtr sax;
	void *arg;
};

/* ---- what it says ---- */

static void
tell(struct walk *w, int line, int column, struct str text)
{
	struct str key =
	    str_printf(w->a, "%d:%d: %.*s", line, column, STR_ARG(text));

	if (w->full || map_put(&w->told, key, w))
		return;
	w->full = !w->by->tell(w->by->arg, line, column, text);
}

static void
on_error(void *arg, xmlErrorPtr e)
{
	struct walk *w = arg;
	struct xml_complaint c =
	    xml_complaint_of(w->a, w->by->schema, e->message);
	const struct xml_attribute *attribute =
	    xml_find_attribute(w->at, str_cstr(w->a, c.attribute));

	if (c.is_unexpected)
		w->broke = c;
	if (c.text.len > 0)
		tell(w, attribute ? attribute->line : w->at->line,
		     attribute ? attribute->column : w->at->column, c.text);
}

/* ---- what it is told ---- */

static void
listener_init(struct listener *l, struct walk *w)
{
	*l = (struct listener){ 0 };
	l->valid = xmlSchemaNewValidCtxt(w->by->schema->compiled);
	check(l->valid);
	xmlSchemaSetValidStructuredErrors(l->valid, on_error, w);
	l->plug = xmlSchemaSAXPlug(l->valid, &l->sax, &l->arg);
	check(l->plug);
}

static void
listener_fini(struct listener *l)
{
	xmlSchemaSAXUnplug(l->plug);
	xmlSchemaFreeValidCtxt(l->valid);
}

/* A prefix but "xml:" stands for a namespace that no attribute of ours has. */
static const xmlChar **
attributes_of(struct walk *w, const struct xml_node *n)
{
	const char **list = ARENA_ARRAY(
	    w->scratch, n->attribute_count * ATTRIBUTE_FIELDS, const char *);

	for (size_t i = 0; i < n->attribute_count; i++) {
		const char **to = list + i * ATTRIBUTE_FIELDS;
		struct str name = n->attributes[i].name;
		struct str value = n->attributes[i].value;
		ptrdiff_t colon = str_find_char(name, ':');

		to[0] = name.p + colon + 1;
		if (colon > 0)
			to[1] = to[2] = str_cstr(
			    w->scratch, str_slice(name, 0, (size_t)colon));
		if (str_starts(name, STR("xml:")))
			to[2] = (const char *)XML_XML_NAMESPACE;
		to[3] = value.p;
		to[4] = value.p + value.len;
	}
	return (const xmlChar **)list;
}

static struct xml_element *
element_of(const struct xml_node *n)
{
	return (struct xml_element *)(uintptr_t)n;
}

static const xmlChar *
space_of(const struct xml_node *n)
{
	struct str space = element_of(n)->space;

	return space.len ? (const xmlChar *)space.p : NULL;
}

static void
start(struct walk *w, const struct listener *l, const struct xml_node *n)
{
	w->at = n;
	l->sax->startElementNs(l->arg, (const xmlChar *)n->name.p, NULL,
			       space_of(n), 0, NULL, (int)n->attribute_count, 0,
			       attributes_of(w, n));
}

static void
end(struct walk *w, const struct listener *l, const struct xml_node *n)
{
	w->at = n;
	l->sax->endElementNs(l->arg, (const xmlChar *)n->name.p, NULL,
			     space_of(n));
}

/* ---- the tree ---- */

static enum walked walk(struct walk *w, const struct listener *l,
			const struct xml_node *n);

static enum walked
walk_alone(struct walk *w, const struct xml_node *n)
{
	const struct xml_names *known =
	    xml_schema_attributes(w->by->schema, n->name);
	enum walked walked = WENT;
	struct listener l;

	if (known && known->is_global) {
		listener_init(&l, w);
		walked = walk(w, &l, n);
		listener_fini(&l);
	}
	return walked;
}

/*
 * One that is not expected, or stands behind such a one. Sets *skip when the
 * others beside it are better told in the next round.
 */
static enum walked
walk_stray(struct walk *w, const struct xml_node *n, struct str expected,
	   bool *skip)
{
	const char *meant =
	    w->is_last ? NULL
		       : xml_meant(w->a, w->by->schema, n->name, expected);

	if (!str_eq(element_of(n)->space, w->by->schema->name_space))
		return WENT;
	if (!xml_schema_attributes(w->by->schema, n->name))
		tell(w, n->line, n->column,
		     xml_unexpected(w->a, n->name, expected));
	if (!meant)
		return w->full ? ENDED : walk_alone(w, n);
	element_of(n)->node.name = str_copy(w->a, str_of(meant));
	w->again = *skip = true;
	return WENT;
}

static enum walked
walk_children(struct walk *w, const struct listener *l,
	      const struct xml_node *parent)
{
	struct str expected = { 0 };
	enum walked walked = WENT;
	bool broken = false, skip = false;

	for (const struct xml_node *n = parent->first; n && !skip;
	     n = n->next) {
		if (n->name.len == 0) {
			l->sax->characters(l->arg, (const xmlChar *)n->text.p,
					   (int)n->text.len);
			continue;
		}
		if (!broken) {
			walked = walk(w, l, n);
			broken = walked == BROKE;
			expected = w->broke.expected;
		}
		if (broken)
			walked = walk_stray(w, n, expected, &skip);
		if (walked == ENDED)
			return ENDED;
	}
	return WENT;
}

static enum walked
walk(struct walk *w, const struct listener *l, const struct xml_node *n)
{
	w->broke = (struct xml_complaint){ 0 };
	start(w, l, n);
	if (w->broke.is_unexpected) {
		end(w, l, n);
		return w->full ? ENDED : BROKE;
	}
	if (walk_children(w, l, n) == ENDED || n == w->by->open || w->full)
		return ENDED;
	end(w, l, n);
	return w->full ? ENDED : WENT;
}

void
xml_check(const struct xml_checking *checking, struct arena *a)
{
	struct walk w = { .by = checking, .a = a };
	struct listener l;

	map_init(&w.told, a, NULL);
	for (int round = 1; round == 1 || (w.again && !w.full); round++) {
		w.again = false;
		w.is_last = round == ROUNDS_MAX;
		w.scratch = arena_new();
		listener_init(&l, &w);
		(void)walk(&w, &l, checking->root);
		listener_fini(&l);
		arena_free(&w.scratch);
	}
}
