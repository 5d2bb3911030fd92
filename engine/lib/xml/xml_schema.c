/*
 * A schema is compiled by libxml2, and read a second time as a plain tree: the
 * validator says that an attribute is not allowed but not which ones are, and
 * that is what a user wants to know.
 *
 * An XSD that uses xml:lang imports the schema of the XML namespace. No file
 * is ever opened, so the loader gives the few lines of it from here, and only
 * while a schema is compiled by this thread; anything else it refuses.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "xml/xml_priv.h"

enum { GROUP_DEPTH = 8 }; /* of attribute groups in one another */

static const char namespace_xsd[] =
    "<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\""
    " targetNamespace=\"http://www.w3.org/XML/1998/namespace\">"
    "<xs:attribute name=\"lang\" type=\"xs:language\"/>"
    "</xs:schema>";

static _Thread_local bool is_compiling;

static xmlParserInputPtr
load(const char *url, const char *id, xmlParserCtxtPtr parser)
{
	(void)id;
	if (!is_compiling || !url || strcmp(url, "xml.xsd") != 0)
		return NULL;
	return xmlNewStringInputStream(parser, (const xmlChar *)namespace_xsd);
}

/* Silence: what libxml2 has to say goes through the handlers we set. */
static void
discard(void *arg, const char *fmt, ...)
{
	(void)arg, (void)fmt;
}

void
xml_init(void)
{
	xmlInitParser();
	xmlSetExternalEntityLoader(load);
	xmlSetGenericErrorFunc(NULL, discard);
}

/* ---- which attributes an element has ---- */

/* Borrowed for the walk over the schema's own tree. */
struct walk {
	const struct xml_node *root;
	struct arena *a;
	struct xml_names *names;
};

static const struct xml_node *
global(const struct walk *w, const char *kind, struct str name)
{
	const struct xml_node *n = xml_child(w->root, kind);

	while (n && !str_eq(xml_attribute(n, "name"), name))
		n = xml_next(n, kind);
	return n;
}

/* The part of a reference behind its prefix. */
static struct str
local_part(struct str name)
{
	ptrdiff_t colon = str_find_char(name, ':');

	return str_slice(name, (size_t)(colon + 1), name.len);
}

static void
add_name(struct walk *w, const struct xml_node *attribute)
{
	struct str name = xml_attribute(attribute, "name");
	const char **items =
	    ARENA_ARRAY(w->a, w->names->count + 1, const char *);

	if (name.len == 0) {
		name = xml_attribute(attribute, "ref");
		if (!str_starts(name, STR("xml:")))
			name = local_part(name);
	}
	if (w->names->count)
		memcpy(items, w->names->items,
		       w->names->count * sizeof(*items));
	items[w->names->count++] = str_cstr(w->a, name);
	w->names->items = items;
}

static void
walk_attributes(struct walk *w, const struct xml_node *at, int depth)
{
	const struct xml_node *n, *group;

	if (depth == GROUP_DEPTH)
		return;
	for (n = xml_child(at, NULL); n; n = xml_next(n, NULL)) {
		if (str_eq_cstr(n->name, "attribute")) {
			add_name(w, n);
		} else if (str_eq_cstr(n->name, "attributeGroup")) {
			group = global(w, "attributeGroup",
				       local_part(xml_attribute(n, "ref")));
			if (group)
				walk_attributes(w, group, depth + 1);
		} else if (str_eq_cstr(n->name, "simpleContent") ||
			   str_eq_cstr(n->name, "complexContent") ||
			   str_eq_cstr(n->name, "extension")) {
			walk_attributes(w, n, depth + 1);
		}
	}
}

static void
walk_elements(struct walk *w, struct map *out, const struct xml_node *at)
{
	const struct xml_node *n, *type;

	for (n = xml_child(at, NULL); n; n = xml_next(n, NULL)) {
		struct str name = xml_attribute(n, "name");

		if (str_eq_cstr(n->name, "element") && name.len &&
		    !map_find(out, name)) {
			type = xml_child(n, "complexType");
			if (!type)
				type = global(
				    w, "complexType",
				    local_part(xml_attribute(n, "type")));
			w->names = ARENA_NEW(w->a, struct xml_names);
			w->names->is_global = at == w->root;
			if (type)
				walk_attributes(w, type, 0);
			map_put(out, name, w->names);
		}
		walk_elements(w, out, n);
	}
}

const struct xml_names *
xml_schema_attributes(const struct xml_schema *schema, struct str element)
{
	return map_find(&schema->attributes, element);
}

/* ---- a schema ---- */

static void
keep_first(void *arg, xmlErrorPtr e)
{
	struct error *err = arg;

	if (err->code == ERROR_NONE)
		(void)error_set(err, ERROR_INTERNAL, "schema line %d: %.*s",
				e->line, STR_ARG(str_trim(str_of(e->message))));
}

static int
compile(struct xml_schema *s, struct str xsd, struct error *err)
{
	struct error first = { 0 };
	xmlSchemaParserCtxtPtr ctxt =
	    xmlSchemaNewMemParserCtxt(xsd.p, (int)xsd.len);

	check(ctxt);
	xmlSchemaSetParserStructuredErrors(ctxt, keep_first, &first);
	is_compiling = true;
	s->compiled = xmlSchemaParse(ctxt);
	is_compiling = false;
	xmlSchemaFreeParserCtxt(ctxt);
	if (s->compiled)
		return 0;
	return error_set(err, ERROR_INTERNAL, "%s",
			 first.code ? first.text : "found no schema");
}

int
xml_schema_new(struct xml_schema **out, struct str xsd, struct error *err)
{
	struct xml_schema *s = calloc(1, sizeof(*s));
	struct walk walk;

	check(s);
	s->a = arena_new();
	map_init(&s->attributes, s->a, NULL);
	walk.a = s->a;
	if (xml_parse(s->a, "schema", xsd, NULL, NULL, &walk.root, err) < 0 ||
	    compile(s, xsd, err) < 0) {
		xml_schema_free(&s);
		err->code = ERROR_INTERNAL;
		return -(int)ERROR_INTERNAL;
	}
	s->name_space = xml_attribute(walk.root, "targetNamespace");
	walk_elements(&walk, &s->attributes, walk.root);
	*out = s;
	return 0;
}

void
xml_schema_free(struct xml_schema **schema)
{
	struct xml_schema *s = *schema;

	if (!s)
		return;
	xmlSchemaFree(s->compiled);
	arena_free(&s->a);
	free(s);
	*schema = NULL;
}
