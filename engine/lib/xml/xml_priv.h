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

/* Names that may stand somewhere. */
struct xml_names {
	const char **items;
	size_t count;
};

/* The attributes that the schema gives an element; NULL: it has none. */
const struct xml_names *xml_schema_attributes(const struct xml_schema *schema,
					      struct str element);

/* Where a byte of the file is. */
struct xml_place {
	size_t offset;
	int line;
	int column;
};

/*
 * A message of libxml2's schema validator in our words, in `a`. *attribute
 * is the name of the attribute it is about, or empty.
 */
struct str xml_message(struct arena *a, const struct xml_schema *schema,
		       const char *message, struct str *attribute);

#endif
