#ifndef XML_XML_PRIV_H
#define XML_XML_PRIV_H

/*
 * What the files of this folder share.
 */

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlschemas.h>

#include "base/map.h"
#include "xml/xml.h"

struct xml_schema {
	xmlSchemaPtr compiled;
	struct str name_space; /* the target namespace */
	struct arena *a;
	struct map attributes; /* element name -> struct xml_names */
};

/* An element of a tree, inside. */
struct xml_element {
	struct xml_node node; /* first: they are cast */
	struct str space;     /* its namespace */
};

/* Names that may stand somewhere. */
struct xml_names {
	const char **items;
	size_t count;
	bool is_global; /* of an element: it may be the root of a file */
};

/*
 * The attributes that the schema gives an element; NULL: it has no such
 * element.
 */
const struct xml_names *xml_schema_attributes(const struct xml_schema *schema,
					      struct str element);

/* Where a byte of the file is. */
struct xml_place {
	size_t offset;
	int line;
	int column;
};

/* To a byte further on. */
void xml_forward(struct xml_place *place, struct str bytes, size_t offset);

/* ---- where text is from ---- */

/* Of text that was made of the bytes from `begin` on. */
struct origin xml_origin(struct arena *a, struct str bytes,
			 const struct xml_place *begin, struct str text);

/* Of what is left of the text from byte `at` on. */
struct origin xml_origin_behind(struct arena *a, const struct origin *origin,
				struct str text, size_t at);

/* ---- what the schema says ---- */

struct xml_complaint {
	struct str text;      /* in our words; empty: nothing worth saying */
	struct str attribute; /* that it is about; empty: the element */
	bool is_unexpected;   /* this element here */
	struct str expected;  /* then: what else, "A, B"; may be empty */
};

/* A message of libxml2's schema validator, in `a`. */
struct xml_complaint xml_complaint_of(struct arena *a,
				      const struct xml_schema *schema,
				      const char *message);

/* "found <E>, expected <A> or <B>", of the names of such a complaint. */
struct str xml_unexpected(struct arena *a, struct str element,
			  struct str expected);

/* The nearest of those names to an element's that there is not; or NULL. */
const char *xml_meant(struct arena *a, const struct xml_schema *schema,
		      struct str element, struct str expected);

/*
 * A tree that is to be as the schema has it. `open` is the innermost element
 * that was open where the file was read no further, and NULL when it was read
 * to its end. tell() says false when it wants no more.
 */
struct xml_checking {
	const struct xml_schema *schema;
	const struct xml_node *root;
	const struct xml_node *open;
	bool (*tell)(void *arg, int line, int column, struct str text);
	void *arg;
};

void xml_check(const struct xml_checking *checking, struct arena *a);

#endif
