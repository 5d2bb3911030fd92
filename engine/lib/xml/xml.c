/*
 * The tree, once it is there. It is read far more often than it is built, and
 * by code that knows the schema, so questions are few: an attribute, a child
 * by name, the text below.
 *
 * Text is kept as it stands, white space too; only who asks for it knows
 * whether that matters, so xml_text() trims and the parser does not.
 */
#include "xml/xml.h"

#include "base/arena.h"
#include "xml/xml_priv.h"

const struct xml_attribute *
xml_find_attribute(const struct xml_node *node, const char *name)
{
	for (size_t i = 0; i < node->attribute_count; i++)
		if (str_eq_cstr(node->attributes[i].name, name))
			return &node->attributes[i];
	return NULL;
}

struct str
xml_attribute(const struct xml_node *node, const char *name)
{
	const struct xml_attribute *found = xml_find_attribute(node, name);

	return found ? found->value : (struct str){ 0 };
}

/* This node or the first sibling after it that is an element of the name. */
static const struct xml_node *
from_here(const struct xml_node *node, const char *name)
{
	while (node && (node->name.len == 0 ||
			(name && !str_eq_cstr(node->name, name))))
		node = node->next;
	return node;
}

const struct xml_node *
xml_child(const struct xml_node *node, const char *name)
{
	return from_here(node->first, name);
}

const struct xml_node *
xml_next(const struct xml_node *node, const char *name)
{
	return from_here(node->next, name);
}

/* Depth is at most XML_DEPTH_MAX, so this may call itself. */
static void
gather(const struct xml_node *node, struct buf *out)
{
	buf_str(out, node->text);
	for (const struct xml_node *n = node->first; n; n = n->next)
		gather(n, out);
}

struct str
xml_text(struct arena *a, const struct xml_node *node)
{
	struct buf b = { 0 };
	struct str text;

	gather(node, &b);
	text = str_copy(a, str_trim(buf_view(&b)));
	buf_fini(&b);
	return text;
}

struct origin
xml_text_origin(struct arena *a, const struct xml_node *node)
{
	const struct xml_node *n = node->first;
	struct str trimmed;

	if (!n || n->name.len > 0)
		return (struct origin){ .line = node->line,
					.column = node->column };
	trimmed = str_trim(n->text);
	return xml_origin_behind(a, n->origin, n->text,
				 (size_t)(trimmed.p - n->text.p));
}
