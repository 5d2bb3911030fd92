#ifndef HTML_HTML_H
#define HTML_HTML_H

/*
 * html - markup by others: read as a browser does, made harmless, or made text
 *
 * For markup that is held in a value, such as a vendor's paragraph with links
 * and a list. It is read by the rules of the WHATWG HTML Living Standard
 * (section 13.2, as the children of a div), by libgumbo, and is at once a tree
 * of ours; nothing of libgumbo shows outside this folder.
 *
 *	if (html_sanitise(a, text, &markup, err) < 0)
 *		return error_context(err, "fact %s", id);
 *
 * What is not named here as kept is dropped.
 *
 * Kept elements: a abbr address article aside b bdi bdo big blockquote br
 *	caption center cite code col colgroup dd del dfn div dl dt em
 *	figcaption figure font footer h1 to h6 header hr i img ins kbd li main
 *	mark nav ol p pre q s samp section small span strike strong sub sup
 *	table tbody td tfoot th thead time tr tt u ul var wbr.
 *	An img needs a source, an a needs a target; else an img goes, and an a
 *	leaves its content, as any element does that is not named here.
 * Dropped with all that is in them: svg and math; applet audio base canvas
 *	datalist dialog embed form frame frameset head iframe link map meta
 *	noembed noframes noscript object optgroup option param plaintext script
 *	select source style template textarea title track video xmp; button
 *	and input.
 * Dropped: comments, the doctype, processing instructions, CDATA.
 *
 * Kept attributes, when their value is one: class (letters, digits, _ -), dir,
 *	lang, role, title, aria-label, aria-hidden and style everywhere; href of
 *	a; src alt width height of img; the measures and colours that old mail
 *	programs need of table, its parts, div, p, h1 to h6, hr and font; start,
 *	type, reversed and value of lists; datetime of time. Never: id and
 *	name, which scripts could take for their own objects; target and rel;
 *	srcset; anything that begins with "on".
 * URLs: http and https; mailto and tel in href; cid in src. Whole ones
 *	alone: a mail has no address that a part of one could lean on.
 * Styles: the properties of text, boxes, tables and lists that do not leave
 *	their place (html_style.c has the table). A value has letters, digits,
 *	blanks, # % . , ! + - / quotes, and rgb() rgba() hsl() hsla(); no other
 *	function, no escape, no comment, no negative number.
 *
 * What comes out is valid UTF-8 without control characters, every element is
 * closed, every value is quoted, and < > & " ' are references in text and in
 * values. It is a fixed point: sanitised once more it is the same, byte for
 * byte. It belongs where a div may stand (div, td, li, body), not inside a p or
 * an a, which a browser would end before it.
 *
 * Limits: HTML_BYTES_MAX in and out, HTML_TAGS_MAX start and end tags,
 * HTML_ATTRIBUTES_MAX in one, HTML_DEPTH_MAX elements within each other, and
 * what the standard's mending makes very much larger than it was written.
 * Past one it is LIMIT. Bytes that are no UTF-8 are INVALID.
 *
 * Thread rule: pure functions; the results live in the arena.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/check.h"
#include "base/error.h"
#include "base/str.h"

struct arena;

enum {
	HTML_BYTES_MAX = 64 * 1024,
	HTML_TAGS_MAX = 4096,
	HTML_ATTRIBUTES_MAX = 64,
	HTML_DEPTH_MAX = 64
};

struct html_attribute {
	struct str name; /* in lower case */
	struct str value;
};

/*
 * An element, or (name empty) a run of text, references resolved. `foreign` is
 * an element of SVG or MathML. Comments are not in the tree. All is UTF-8.
 */
struct html_node {
	struct str name; /* in lower case */
	struct str text;
	const struct html_attribute *attributes;
	size_t attribute_count;
	const struct html_node *first; /* child */
	const struct html_node *next;  /* sibling */
	const struct html_node *parent;
	bool foreign;
};

/* *root is an element without a name that holds what was read. */
int html_parse(struct arena *a, struct str bytes, const struct html_node **root,
	       struct error *err) MUST_CHECK;

/* The attribute's value, or the empty str. */
struct str html_attribute(const struct html_node *node, const char *name);

/*
 * The markup that is left of `bytes`; may be empty. INVALID too when the markup
 * is so tangled that each reading of the result gives another one.
 */
int html_sanitise(struct arena *a, struct str bytes, struct str *out,
		  struct error *err) MUST_CHECK;

/*
 * The text of it, for a reader without markup: a line for each block, a blank
 * line between paragraphs, "- " and numbers before the items of lists, "> "
 * before the lines of a quotation, " | " between cells, "text (URL)" for a link
 * that html_sanitise() would keep, the alternative text of an image. What
 * html_sanitise() drops with its content is not there either. No blank line at
 * either end, lines end with LF and are as long as they are.
 */
int html_to_text(struct arena *a, struct str bytes, struct str *out,
		 struct error *err) MUST_CHECK;

#endif
