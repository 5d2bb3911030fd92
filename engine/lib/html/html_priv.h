#ifndef HTML_HTML_PRIV_H
#define HTML_HTML_PRIV_H

/*
 * html, inside - what is kept, for the markup and the text alike
 */

#include "html/html.h"

/* LIMIT or INVALID: what libgumbo shall not see. */
int html_limit_check(struct str bytes, struct error *err) MUST_CHECK;

enum html_fate {
	HTML_KEPT,
	HTML_UNWRAPPED, /* its content stays */
	HTML_DROPPED,	/* its content goes too */
};

/* How an element stands in a text. */
enum html_layout {
	HTML_INLINE,
	HTML_LINE,	/* on lines of its own */
	HTML_PARAGRAPH, /* between blank lines */
};

struct html_element {
	const char *name;
	enum html_fate fate;
	enum html_layout layout;
};

/* What becomes of an element; never NULL. */
const struct html_element *html_element_of(const struct html_node *node);

/* Whether it has neither content nor an end tag. */
bool html_is_void(struct str name);

/*
 * Adds the value of an attribute, as it may stand and not yet escaped. False
 * when the element may not have it, or not with this value.
 */
bool html_attribute_keep(const struct html_node *node,
			 const struct html_attribute *attribute,
			 struct buf *value);

/* The target of a link, where it has one that is kept; else empty. */
struct str html_link_target(const struct html_node *node);

/* Adds the declarations that are kept: "color: red; margin: 0". */
void html_style_keep(struct buf *out, struct str style);

/* Whether a CSS value, or a list of fonts, has nothing but what is harmless. */
bool html_style_is_plain(struct str value);

#endif
