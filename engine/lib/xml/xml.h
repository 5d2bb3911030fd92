#ifndef XML_XML_H
#define XML_XML_H

/*
 * xml - XML files as trees that know where each thing stands
 *
 * libxml2 parses, hardened: no DOCTYPE, no entity but the five of XML itself,
 * no network, no external file, at most XML_FILE_MAX bytes and XML_DEPTH_MAX
 * levels. The tree is ours, in an arena, with line and column of every element
 * and attribute; nothing of libxml2 shows outside this folder. Files are
 * UTF-8, with or without a byte order mark. Lines and columns count from 1,
 * columns in characters.
 *
 * A schema (XSD) is compiled once and used by many loads. All errors of a file
 * are reported, not only the first; each says file:line:column, what was found
 * and what was expected. A fault against the schema does not keep a file from
 * being read: the rest is checked as if it were mended.
 *
 * Thread rule: xml_init() once before threads; loads run on any thread; a
 * struct xml_schema is read-only and may be shared.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/check.h"
#include "base/error.h"
#include "base/origin.h"
#include "base/str.h"

struct arena;

enum {
	XML_FILE_MAX = 5 * 1024 * 1024,
	XML_DEPTH_MAX = 64,
	XML_FINDINGS_MAX = 200
};

struct xml_attribute {
	struct str name; /* local name; "xml:lang" keeps its prefix */
	struct str value;
	int line;
	int column;
};

/*
 * An element, or (name empty) a run of text between elements, whose place is
 * that of its first character that is no white space. Names are local:
 * the namespace is checked while parsing, not carried.
 */
struct xml_node {
	struct str name;
	struct str text;	     /* of a text node, entities resolved */
	const struct origin *origin; /* of it */
	const struct xml_attribute *attributes;
	size_t attribute_count;
	const struct xml_node *first; /* child */
	const struct xml_node *next;  /* sibling */
	const struct xml_node *parent;
	int line;
	int column;
};

/*
 * What is wrong with a file: report() is told each finding, in one line of
 * what was found and what was expected, with the place beside it. At most
 * XML_FINDINGS_MAX are told; the last of so many says that there are more.
 */
struct xml_report {
	void (*report)(void *arg, int line, int column, const char *text);
	void *arg;
};

void xml_init(void);

struct xml_schema;

/* From the XSD text itself; INTERNAL when that is not a schema. */
int xml_schema_new(struct xml_schema **out, struct str xsd,
		   struct error *err) MUST_CHECK;
void xml_schema_free(struct xml_schema **schema);

/*
 * Parse `bytes` of the file called `name` and check it against the schema
 * (NULL: well-formedness alone). *root lives in `a`. 0, or INVALID (LIMIT)
 * after all findings were reported; err then holds the first, which begins
 * with name:line:column. *root is the tree then too, with elements that are
 * told to be misspelt under the names that they were meant to have; NULL when
 * the file is not well-formed, for then it is read no further, and when it has
 * more findings than are told.
 */
int xml_parse(struct arena *a, const char *name, struct str bytes,
	      const struct xml_schema *schema, const struct xml_report *report,
	      const struct xml_node **root, struct error *err) MUST_CHECK;

/* The attribute's value, or the empty str. */
struct str xml_attribute(const struct xml_node *node, const char *name);
const struct xml_attribute *xml_find_attribute(const struct xml_node *node,
					       const char *name);

/* The first child element of this name (NULL: any), or the next sibling. */
const struct xml_node *xml_child(const struct xml_node *node, const char *name);
const struct xml_node *xml_next(const struct xml_node *node, const char *name);

/* All text below the node, trimmed at both ends, in `a`. */
struct str xml_text(struct arena *a, const struct xml_node *node);

/* Where that is from, up to the first element below; the node's if it is empty. */
struct origin xml_text_origin(struct arena *a, const struct xml_node *node);

#endif
