#ifndef BASE_ESCAPE_H
#define BASE_ESCAPE_H

/*
 * escape - foreign text inside HTML, XML and JSON
 *
 * Each adds `s` to the end of `out` so that a reader of that language gets the
 * text back and nothing of it counts as markup. What the language cannot hold
 * (malformed UTF-8, control characters) becomes U+FFFD, a byte at a time, so
 * the result is always valid UTF-8.
 *
 * Not for URLs, scripts and style sheets inside HTML: a text that is harmless
 * there takes more than escaping.
 *
 * Thread rule: none beyond that of a buf.
 */

#include "base/str.h"

/* For HTML text and attribute values in either kind of quotes. */
void escape_html(struct buf *out, struct str s);

/* The same of & < > " and ' alone: all other bytes stand as they are. */
void escape_references(struct buf *out, struct str s);

/* What stands there for & < > " or ': &amp; and its like; NULL: nothing. */
const char *escape_reference(char c);

/*
 * For XML 1.0 text and attribute values in either kind of quotes. TAB, LF and
 * CR become references, which attribute values need to keep them.
 */
void escape_xml(struct buf *out, struct str s);

/*
 * For the inside of a JSON string (RFC 8259 section 7), without the quotes
 * around it. < > & U+2028 and U+2029 are escaped too, so that the JSON may
 * stand in a script element.
 */
void escape_json(struct buf *out, struct str s);

#endif
