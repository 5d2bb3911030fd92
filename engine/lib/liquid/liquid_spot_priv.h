#ifndef LIQUID_LIQUID_SPOT_PRIV_H
#define LIQUID_LIQUID_SPOT_PRIV_H

/*
 * What a value is written through, found when a template is compiled.
 *
 * A spot is a place in the output: between tags, in the quotes of an href, in
 * a string of a script. It begins as liquid_spot_begin() says, moves on with
 * each piece of static text and with each value, and tells for a value how it
 * must be escaped there. It is the state of an HTML tokenizer (WHATWG HTML,
 * 13.2.5) with those of CSS, JavaScript, JSON and URLs inside; it keeps no
 * text, so two spots can be compared.
 *
 * Where nobody can say what a value would mean (a tag's name, an attribute
 * without quotes, an event handler, a comment of a script) no value may stand:
 * the answer is a sentence for the author of the template, in place of a way
 * to escape. Static text is the author's own and is never changed.
 *
 * Ways through a template meet again after a condition, and a loop comes back
 * to its beginning. liquid_spot_join() and liquid_spot_loops() say whether
 * what was assumed of a spot holds for each way.
 *
 * Thread rule: none, these are plain values.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "liquid/liquid.h"

struct liquid_spot {
	uint8_t state;	   /* enum spot_state */
	uint8_t element;   /* enum spot_element: of the tag or the content */
	uint8_t attribute; /* enum spot_attribute */
	uint8_t quote;	   /* around the value */
	uint8_t inner;	   /* of the style sheet or script inside */
	uint8_t url;	   /* enum spot_url: how far an address is */
	uint8_t slash;	   /* enum spot_slash: what / would begin in a script */
	uint8_t script;	   /* enum spot_script */
	bool glued; /* a name ended here: only white space or > may follow */
	bool conditional; /* between <!--[if ...]> and <![endif]--> */
	bool refreshes;	  /* a meta with http-equiv */
	bool has_content; /* a meta with a value in its content */
};

/* How a value is written: one of these, some with a mark beside. */
enum liquid_escape {
	ESCAPE_NOTHING,
	ESCAPE_REFERENCES, /* the filter escape, in plain text */
	ESCAPE_HTML,	   /* between tags: what is markup stays so */
	ESCAPE_ATTRIBUTE,  /* and in title, textarea and comments */
	ESCAPE_URL,	   /* begins an address: its scheme is looked at */
	ESCAPE_URL_PART,   /* behind the scheme or a slash */
	ESCAPE_URL_QUERY,  /* a component: all but letters and digits */
	ESCAPE_SRCSET,
	ESCAPE_CSS,
	ESCAPE_CSS_STRING,
	ESCAPE_SCRIPT,	      /* JavaScript and JSON: a whole value */
	ESCAPE_SCRIPT_STRING, /* inside a string of either */
	ESCAPE_HEADER,
	ESCAPE_ICS,
	ESCAPE_CSV,
	ESCAPE_PDF,
	ESCAPE_COUNT,
	ESCAPE_KIND = 0x1f,
	/* Beside these: markup is text as any other. */
	ESCAPE_MARKUP = 0x20,
	/* Beside URL and CSS: in a style sheet; in the quotes of an attribute. */
	ESCAPE_IN_CSS = 0x40,
	ESCAPE_IN_ATTRIBUTE = 0x80,
};

/* Where a source of this context begins. */
void liquid_spot_begin(struct liquid_spot *spot, enum liquid_context context);

/*
 * Past `text`. NULL, or what is wrong with it at *at; the spot is then useless.
 */
const char *liquid_spot_text(struct liquid_spot *spot, struct str text,
			     size_t *at);

/*
 * Past a value. NULL and the way to escape it, or why none may stand here.
 */
const char *liquid_spot_value(struct liquid_spot *spot, unsigned *escape);

/* Past something that is not known yet, but ends where it began. */
void liquid_spot_unknown(struct liquid_spot *spot);

/* Where two ways meet; false where they do not lead to the same place. */
bool liquid_spot_join(struct liquid_spot *spot,
		      const struct liquid_spot *other);

/* Whether what was read from `begin` on holds also when it comes from `end`. */
bool liquid_spot_loops(const struct liquid_spot *begin,
		       const struct liquid_spot *end);

bool liquid_spot_same(const struct liquid_spot *a, const struct liquid_spot *b);

/* Between tags, or anywhere in plain text: where a source may end. */
bool liquid_spot_rests(const struct liquid_spot *spot);

/* Where it is, in words: "in the quotes of an attribute". */
const char *liquid_spot_words(const struct liquid_spot *spot);

/* ---- what the files of spot share ---- */

enum spot_state {
	SPOT_PLAIN,  /* no HTML: `inner` is the context */
	SPOT_SCRIPT, /* JSON alone */
	SPOT_TEXT,
	SPOT_TAG,
	SPOT_AFTER_NAME, /* of an attribute */
	SPOT_BEFORE_VALUE,
	SPOT_VALUE,
	SPOT_UNQUOTED,
	SPOT_COMMENT,
	SPOT_DECLARATION,
	SPOT_RAW, /* content that has no tags but its end */
};

enum spot_element {
	ELEMENT_OTHER,
	ELEMENT_META,
	ELEMENT_ANIMATION,
	/* From here on with raw content. */
	ELEMENT_TITLE,
	ELEMENT_TEXTAREA,
	ELEMENT_STYLE,
	ELEMENT_SCRIPT,
	ELEMENT_XMP,
	ELEMENT_IFRAME,
	ELEMENT_NOEMBED,
	ELEMENT_NOFRAMES,
	ELEMENT_PLAINTEXT,
};

enum spot_attribute {
	ATTRIBUTE_PLAIN,
	ATTRIBUTE_URL,
	ATTRIBUTE_SRCSET,
	ATTRIBUTE_STYLE,
	ATTRIBUTE_EVENT,
	ATTRIBUTE_CLOSED, /* what it holds is not for values */
	ATTRIBUTE_TYPE,	  /* of a script */
	ATTRIBUTE_EQUIV,
	ATTRIBUTE_CONTENT, /* of a meta */
};

enum spot_url {
	URL_BEGIN,
	URL_VALUE,     /* values and nothing else */
	URL_SCHEME,    /* what may become a scheme */
	URL_MIXED,     /* the same, with a value in it */
	URL_REST,      /* the scheme or a slash is behind */
	URL_QUERY,     /* behind ? or # */
	URL_FORBIDDEN, /* behind javascript: and its like */
	URL_UNKNOWN,   /* ways met that went differently far */
};

enum spot_css {
	CSS_OUT,
	CSS_DOUBLE,
	CSS_SINGLE,
	CSS_COMMENT,
	CSS_URL,
	CSS_URL_DOUBLE,
	CSS_URL_SINGLE,
};

enum spot_js {
	JS_OUT,
	JS_DOUBLE,
	JS_SINGLE,
	JS_REGEX,
	JS_REGEX_CLASS,
	JS_LINE,
	JS_BLOCK,
	JS_LOST, /* what is string and what is not: no value may follow */
};

enum spot_slash { SLASH_REGEX, SLASH_DIVIDES, SLASH_UNKNOWN };

enum spot_script { SCRIPT_JS, SCRIPT_JSON, SCRIPT_OTHER };

/* Shorter names, which most are, are of no element that matters. */
enum { ELEMENT_NAME_MIN = 3 };

enum spot_element spot_element_of(struct str name);
enum spot_attribute spot_attribute_of(enum spot_element element,
				      struct str name);
enum spot_script spot_script_of(struct str type);
struct str spot_end_tag(enum spot_element element);

/* Past static text inside; an address says NULL, or what is wrong at *at. */
const char *spot_url_text(uint8_t *url, struct str text, size_t *at);
void spot_css_text(struct liquid_spot *spot, struct str text);
void spot_js_text(struct liquid_spot *spot, struct str text);
void spot_json_text(struct liquid_spot *spot, struct str text);

/* The way to escape, or NULL in *why with a sentence. */
const char *spot_url_value(uint8_t *url, unsigned *escape);
const char *spot_css_value(struct liquid_spot *spot, unsigned *escape);
const char *spot_js_value(struct liquid_spot *spot, unsigned *escape);

#endif
