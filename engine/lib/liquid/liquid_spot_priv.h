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

/* What stays around a place from tag to tag. */
struct spot_around {
	uint8_t foreign; /* enum spot_foreign */
	uint8_t depth;	 /* svg in svg, math in math: how many around it */
	uint8_t point;	 /* enum spot_element: one that may hold HTML, or 0 */
	uint8_t fences;	 /* of enum spot_fence */
};

struct liquid_spot {
	uint8_t state;	   /* enum spot_state */
	uint8_t element;   /* enum spot_element: of the tag or the content */
	uint8_t attribute; /* enum spot_attribute */
	uint8_t quote;	   /* around the value */
	uint8_t inner;	   /* of the style sheet or script inside */
	uint8_t url;	   /* enum spot_url: how far an address is */
	uint8_t slash;	   /* enum spot_slash: what / would begin in a script */
	uint8_t script;	   /* enum spot_script */
	uint8_t imports;   /* enum spot_imports */
	uint8_t rel;	   /* enum spot_rel: of a link */
	bool cut : 1;	   /* a word of a script ended with the piece of text */
	bool glued : 1;	   /* a name ended: only white space or > may follow */
	bool refreshes : 1;   /* a meta with http-equiv */
	bool has_content : 1; /* a meta with a value in its content */
	struct spot_around around;
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
	ESCAPE_URL_NAME,   /* one in a path, and no step up */
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

/* Whether what ends at `end` is where it began, so that all may follow. */
bool liquid_spot_returns(const struct liquid_spot *begin,
			 const struct liquid_spot *end);

/* Whether what was read from `begin` on holds also when it comes from `end`. */
bool liquid_spot_loops(const struct liquid_spot *begin,
		       const struct liquid_spot *end);

bool liquid_spot_same(const struct liquid_spot *a, const struct liquid_spot *b);

/* Between tags, or anywhere in plain text: where a source may end. */
bool liquid_spot_rests(const struct liquid_spot *spot);

/* And nothing is open around it that the source began: where a capture may. */
bool liquid_spot_is_whole(const struct liquid_spot *spot);

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
	ELEMENT_LINK,
	ELEMENT_LOADER, /* runs or embeds what its addresses name */
	ELEMENT_NOSCRIPT,
	ELEMENT_SVG,
	ELEMENT_MATH,
	/* Of svg and math, where HTML may begin again. */
	ELEMENT_FOREIGN_OBJECT,
	ELEMENT_DESC,
	ELEMENT_MI,
	ELEMENT_MO,
	ELEMENT_MN,
	ELEMENT_MS,
	ELEMENT_MTEXT,
	ELEMENT_ANNOTATION,
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
	ATTRIBUTE_CODE,	  /* an address of what runs or is embedded */
	ATTRIBUTE_CLOSED, /* what it holds is not for values */
	ATTRIBUTE_RIGHTS, /* nor is what a frame, link or script may do */
	ATTRIBUTE_REL,	  /* of a link */
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

/* In a script the next string is an address of code; each is stricter. */
enum spot_imports {
	IMPORTS_NONE,
	IMPORTS_FROM,
	IMPORTS_HERE, /* behind import, or in an @import */
	IMPORTS_CALL, /* in import(), and one more for each bracket in it */
	IMPORTS_MAX = UINT8_MAX,
};

enum spot_rel {
	REL_NONE,
	REL_UNREAD, /* its text is in pieces, or has no quotes */
	REL_CODE,   /* stylesheet and its like */
	REL_HARMLESS,
};

/* What must end between tags, however its content is read. */
enum spot_fence {
	FENCE_COMMENT = 1, /* between <!--[if ...]> and <![endif]--> */
	FENCE_NOSCRIPT = 2,
};

enum spot_foreign {
	FOREIGN_NONE,
	FOREIGN_SVG,
	FOREIGN_MATH,
	FOREIGN_UNKNOWN, /* HTML in it, or ways met: nobody counts any more */
};

enum spot_slash { SLASH_REGEX, SLASH_DIVIDES, SLASH_UNKNOWN };

enum spot_script { SCRIPT_JS, SCRIPT_JSON, SCRIPT_OTHER };

/* Shorter names, which most are, are of no element that matters. */
enum { ELEMENT_NAME_MIN = 3 };

static inline bool
spot_is_raw(enum spot_element element)
{
	return element >= ELEMENT_TITLE;
}

enum spot_element spot_element_of(struct str name);
enum spot_attribute spot_attribute_of(enum spot_element element,
				      struct str name);
enum spot_script spot_script_of(struct str type);
enum spot_rel spot_rel_of(struct str rel);
struct str spot_end_tag(enum spot_element element);

/* Past static text inside; an address says NULL, or what is wrong at *at. */
const char *spot_url_text(uint8_t *url, struct str text, size_t *at);
void spot_code_text(uint8_t *url, struct str text);
void spot_css_text(struct liquid_spot *spot, struct str text);
void spot_js_text(struct liquid_spot *spot, struct str text);
void spot_json_text(struct liquid_spot *spot, struct str text);

/* The way to escape, or NULL in *why with a sentence. */
const char *spot_url_value(uint8_t *url, unsigned *escape);
const char *spot_code_value(uint8_t url, unsigned *escape);
const char *spot_css_value(struct liquid_spot *spot, unsigned *escape);
const char *spot_js_value(struct liquid_spot *spot, unsigned *escape);

/* A tag changes what is around: one that begins, and one that ends. */
void spot_around_begin(struct spot_around *around, enum spot_element element);
void spot_around_end(struct spot_around *around, struct str name);

void spot_around_join(struct spot_around *around,
		      const struct spot_around *other);
bool spot_around_same(const struct spot_around *a, const struct spot_around *b);

/* Whether what was assumed inside of `begin` holds inside of `end`. */
bool spot_around_covers(const struct spot_around *begin,
			const struct spot_around *end);

/* Whether nothing is open that is known to be. */
bool spot_around_rests(const struct spot_around *around);

/* Where that is, or NULL. */
const char *spot_around_words(const struct spot_around *around);

#endif
