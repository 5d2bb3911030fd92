/*
 * What is kept, as data: a table of elements, a table of attributes, and for
 * each kind of value what it must look like. What is in no table is not kept,
 * so a browser that learns a new element or attribute learns nothing from us.
 *
 * Elements whose content browsers read by rules of their own (raw text, other
 * namespaces, select, template) are dropped whole. None of them is ever in what
 * comes out, so no reader can be of two minds about where one ends.
 *
 * Names that scripts see as their own objects (id, name) are in no table;
 * neither are target and rel: a mail program opens links as it likes, and a
 * page that is left by its visitor loses nothing.
 */
#include "html/html_priv.h"

#include <string.h>

static const struct html_element elements[] = {
	{ "a", HTML_KEPT, HTML_INLINE },
	{ "abbr", HTML_KEPT, HTML_INLINE },
	{ "address", HTML_KEPT, HTML_LINE },
	{ "article", HTML_KEPT, HTML_PARAGRAPH },
	{ "aside", HTML_KEPT, HTML_PARAGRAPH },
	{ "b", HTML_KEPT, HTML_INLINE },
	{ "bdi", HTML_KEPT, HTML_INLINE },
	{ "bdo", HTML_KEPT, HTML_INLINE },
	{ "big", HTML_KEPT, HTML_INLINE },
	{ "blockquote", HTML_KEPT, HTML_PARAGRAPH },
	{ "br", HTML_KEPT, HTML_INLINE },
	{ "caption", HTML_KEPT, HTML_LINE },
	{ "center", HTML_KEPT, HTML_LINE },
	{ "cite", HTML_KEPT, HTML_INLINE },
	{ "code", HTML_KEPT, HTML_INLINE },
	{ "col", HTML_KEPT, HTML_INLINE },
	{ "colgroup", HTML_KEPT, HTML_INLINE },
	{ "dd", HTML_KEPT, HTML_LINE },
	{ "del", HTML_KEPT, HTML_INLINE },
	{ "dfn", HTML_KEPT, HTML_INLINE },
	{ "div", HTML_KEPT, HTML_LINE },
	{ "dl", HTML_KEPT, HTML_PARAGRAPH },
	{ "dt", HTML_KEPT, HTML_LINE },
	{ "em", HTML_KEPT, HTML_INLINE },
	{ "figcaption", HTML_KEPT, HTML_LINE },
	{ "figure", HTML_KEPT, HTML_PARAGRAPH },
	{ "font", HTML_KEPT, HTML_INLINE },
	{ "footer", HTML_KEPT, HTML_PARAGRAPH },
	{ "h1", HTML_KEPT, HTML_PARAGRAPH },
	{ "h2", HTML_KEPT, HTML_PARAGRAPH },
	{ "h3", HTML_KEPT, HTML_PARAGRAPH },
	{ "h4", HTML_KEPT, HTML_PARAGRAPH },
	{ "h5", HTML_KEPT, HTML_PARAGRAPH },
	{ "h6", HTML_KEPT, HTML_PARAGRAPH },
	{ "header", HTML_KEPT, HTML_PARAGRAPH },
	{ "hr", HTML_KEPT, HTML_PARAGRAPH },
	{ "i", HTML_KEPT, HTML_INLINE },
	{ "img", HTML_KEPT, HTML_INLINE },
	{ "ins", HTML_KEPT, HTML_INLINE },
	{ "kbd", HTML_KEPT, HTML_INLINE },
	{ "li", HTML_KEPT, HTML_LINE },
	{ "main", HTML_KEPT, HTML_PARAGRAPH },
	{ "mark", HTML_KEPT, HTML_INLINE },
	{ "nav", HTML_KEPT, HTML_PARAGRAPH },
	{ "ol", HTML_KEPT, HTML_PARAGRAPH },
	{ "p", HTML_KEPT, HTML_PARAGRAPH },
	{ "pre", HTML_KEPT, HTML_PARAGRAPH },
	{ "q", HTML_KEPT, HTML_INLINE },
	{ "s", HTML_KEPT, HTML_INLINE },
	{ "samp", HTML_KEPT, HTML_INLINE },
	{ "section", HTML_KEPT, HTML_PARAGRAPH },
	{ "small", HTML_KEPT, HTML_INLINE },
	{ "span", HTML_KEPT, HTML_INLINE },
	{ "strike", HTML_KEPT, HTML_INLINE },
	{ "strong", HTML_KEPT, HTML_INLINE },
	{ "sub", HTML_KEPT, HTML_INLINE },
	{ "sup", HTML_KEPT, HTML_INLINE },
	{ "table", HTML_KEPT, HTML_PARAGRAPH },
	{ "tbody", HTML_KEPT, HTML_LINE },
	{ "td", HTML_KEPT, HTML_INLINE },
	{ "tfoot", HTML_KEPT, HTML_LINE },
	{ "th", HTML_KEPT, HTML_INLINE },
	{ "thead", HTML_KEPT, HTML_LINE },
	{ "time", HTML_KEPT, HTML_INLINE },
	{ "tr", HTML_KEPT, HTML_LINE },
	{ "tt", HTML_KEPT, HTML_INLINE },
	{ "u", HTML_KEPT, HTML_INLINE },
	{ "ul", HTML_KEPT, HTML_PARAGRAPH },
	{ "var", HTML_KEPT, HTML_INLINE },
	{ "wbr", HTML_KEPT, HTML_INLINE },

	{ "applet", HTML_DROPPED, HTML_INLINE },
	{ "audio", HTML_DROPPED, HTML_INLINE },
	{ "base", HTML_DROPPED, HTML_INLINE },
	{ "button", HTML_DROPPED, HTML_INLINE },
	{ "canvas", HTML_DROPPED, HTML_INLINE },
	{ "datalist", HTML_DROPPED, HTML_INLINE },
	{ "dialog", HTML_DROPPED, HTML_LINE },
	{ "embed", HTML_DROPPED, HTML_INLINE },
	{ "form", HTML_DROPPED, HTML_LINE },
	{ "frame", HTML_DROPPED, HTML_INLINE },
	{ "frameset", HTML_DROPPED, HTML_LINE },
	{ "head", HTML_DROPPED, HTML_INLINE },
	{ "iframe", HTML_DROPPED, HTML_INLINE },
	{ "input", HTML_DROPPED, HTML_INLINE },
	{ "link", HTML_DROPPED, HTML_INLINE },
	{ "map", HTML_DROPPED, HTML_INLINE },
	{ "math", HTML_DROPPED, HTML_INLINE },
	{ "meta", HTML_DROPPED, HTML_INLINE },
	{ "noembed", HTML_DROPPED, HTML_INLINE },
	{ "noframes", HTML_DROPPED, HTML_INLINE },
	{ "noscript", HTML_DROPPED, HTML_INLINE },
	{ "object", HTML_DROPPED, HTML_INLINE },
	{ "optgroup", HTML_DROPPED, HTML_INLINE },
	{ "option", HTML_DROPPED, HTML_INLINE },
	{ "param", HTML_DROPPED, HTML_INLINE },
	{ "plaintext", HTML_DROPPED, HTML_LINE },
	{ "script", HTML_DROPPED, HTML_INLINE },
	{ "select", HTML_DROPPED, HTML_INLINE },
	{ "source", HTML_DROPPED, HTML_INLINE },
	{ "style", HTML_DROPPED, HTML_INLINE },
	{ "svg", HTML_DROPPED, HTML_INLINE },
	{ "template", HTML_DROPPED, HTML_INLINE },
	{ "textarea", HTML_DROPPED, HTML_INLINE },
	{ "title", HTML_DROPPED, HTML_INLINE },
	{ "track", HTML_DROPPED, HTML_INLINE },
	{ "video", HTML_DROPPED, HTML_INLINE },
	{ "xmp", HTML_DROPPED, HTML_LINE },
};

enum kind {
	CLASS,
	COLOUR,
	FLAG,
	FONT,
	IMAGE,
	LINK,
	SIZE,
	STYLE,
	TEXT,
	WORD,
};

#define HEADINGS "h1 h2 h3 h4 h5 h6"
#define ROWS	 "thead tbody tfoot tr"
#define CELLS	 "td th"
#define COLUMNS	 "col colgroup"

static const struct {
	const char *name;
	const char *elements; /* parted by blanks; NULL: all */
	enum kind kind;
} attributes[] = {
	{ "aria-hidden", NULL, WORD },
	{ "aria-label", NULL, TEXT },
	{ "class", NULL, CLASS },
	{ "dir", NULL, WORD },
	{ "lang", NULL, WORD },
	{ "role", NULL, WORD },
	{ "style", NULL, STYLE },
	{ "title", NULL, TEXT },

	{ "href", "a", LINK },
	{ "src", "img", IMAGE },
	{ "alt", "img", TEXT },
	{ "width", "img table hr " CELLS " " COLUMNS, SIZE },
	{ "height", "img table tr " CELLS, SIZE },
	{ "align",
	  "img div p hr table caption " HEADINGS " " ROWS " " CELLS " " COLUMNS,
	  WORD },
	{ "valign", ROWS " " CELLS " " COLUMNS, WORD },
	{ "bgcolor", "table " ROWS " " CELLS, COLOUR },
	{ "border", "img table", SIZE },
	{ "cellpadding", "table", SIZE },
	{ "cellspacing", "table", SIZE },
	{ "colspan", CELLS, SIZE },
	{ "rowspan", CELLS, SIZE },
	{ "scope", CELLS, WORD },
	{ "nowrap", CELLS, FLAG },
	{ "span", COLUMNS, SIZE },
	{ "color", "font hr", COLOUR },
	{ "face", "font", FONT },
	{ "size", "font hr", SIZE },
	{ "start", "ol", SIZE },
	{ "type", "ol ul li", WORD },
	{ "reversed", "ol", FLAG },
	{ "value", "li", SIZE },
	{ "datetime", "time del ins", TEXT },
};

const struct html_element *
html_element_of(const struct html_node *node)
{
	static const struct html_element other = { "", HTML_UNWRAPPED,
						   HTML_INLINE };
	static const struct html_element foreign = { "", HTML_DROPPED,
						     HTML_INLINE };

	if (node->foreign)
		return &foreign;
	for (size_t i = 0; i < COUNT_OF(elements); i++)
		if (str_eq_cstr(node->name, elements[i].name))
			return &elements[i];
	return &other;
}

static bool
names(const char *list, struct str name)
{
	struct str rest = str_of(list), word;

	while (str_word(&rest, &word))
		if (str_eq(word, name))
			return true;
	return false;
}

bool
html_is_void(struct str name)
{
	return names("br col hr img wbr", name);
}

/* ---- values ---- */

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Letters, digits and the further characters given. */
static bool
has_only(struct str s, const char *further)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_letter(s.p[i]) && !is_digit(s.p[i]) &&
		    (s.p[i] == '\0' || !strchr(further, s.p[i])))
			return false;
	return s.len > 0;
}

/* A number of pixels, or of hundredths: "600", "50%", "-1". */
static bool
is_size(struct str s)
{
	if (s.len > 0 && (s.p[0] == '+' || s.p[0] == '-'))
		s = str_slice(s, 1, s.len);
	if (s.len > 1 && s.p[s.len - 1] == '%')
		s = str_slice(s, 0, s.len - 1);
	for (size_t i = 0; i < s.len; i++)
		if (!is_digit(s.p[i]))
			return false;
	return s.len > 0 && s.len <= 5;
}

static bool
is_colour(struct str s)
{
	if (s.len > 0 && s.p[0] == '#')
		s = str_slice(s, 1, s.len);
	return has_only(s, "");
}

/*
 * Text for people. What would end a comment or an element for a reader that
 * takes the value for markup is not worth the risk in a title.
 */
static bool
is_text(struct str s)
{
	return str_find_char(s, '<') < 0 && str_find(s, STR("->")) < 0 &&
	       str_find(s, STR("!>")) < 0 && str_find(s, STR("]>")) < 0;
}

static bool
has_scheme(struct str url, const char *schemes)
{
	struct str rest = str_of(schemes), scheme;

	while (str_word(&rest, &scheme))
		if (url.len > scheme.len &&
		    str_eq_fold(str_slice(url, 0, scheme.len), scheme))
			return true;
	return false;
}

/* Characters that RFC 3986 has no place for; beyond ASCII: RFC 3987. */
static bool
is_url(struct str url, const char *schemes)
{
	for (size_t i = 0; i < url.len; i++)
		if ((unsigned char)url.p[i] <= ' ' || url.p[i] == 0x7f ||
		    strchr("\\<>\"`{}|^", url.p[i]))
			return false;
	return has_scheme(url, schemes);
}

static bool
keep_value(enum kind kind, struct str value, struct buf *out)
{
	struct str s = str_trim(value);
	bool is = false;

	switch (kind) {
	case CLASS:
		is = has_only(s, "_- ");
		break;
	case COLOUR:
		is = is_colour(s);
		break;
	case FLAG:
		return true;
	case FONT:
		is = s.len > 0 && html_style_is_plain(s);
		break;
	case IMAGE:
		is = is_url(s, "http:// https:// cid:");
		break;
	case LINK:
		is = is_url(s, "http:// https:// mailto: tel:");
		break;
	case SIZE:
		is = is_size(s);
		break;
	case STYLE:
		html_style_keep(out, s);
		return out->len > 0;
	case TEXT:
		is = is_text(s);
		break;
	case WORD:
		is = has_only(s, "_-");
		break;
	}
	if (is)
		buf_str(out, s);
	return is;
}

bool
html_attribute_keep(const struct html_node *node,
		    const struct html_attribute *attribute, struct buf *value)
{
	for (size_t i = 0; i < COUNT_OF(attributes); i++)
		if (str_eq_cstr(attribute->name, attributes[i].name) &&
		    (!attributes[i].elements ||
		     names(attributes[i].elements, node->name)))
			return keep_value(attributes[i].kind, attribute->value,
					  value);
	return false;
}

struct str
html_link_target(const struct html_node *node)
{
	struct str url = str_trim(html_attribute(node, "href"));

	if (!is_url(url, "http:// https:// mailto: tel:"))
		return (struct str){ 0 };
	return url;
}
