/*
 * Elements and attributes that mean something to an escaper. A name that is
 * not here is plain text to the browser, with three exceptions that are rules:
 * on... is an event handler, data-... is nobody's, and xmlns changes what the
 * names around it mean.
 *
 * What an address means depends on the element: a script, a frame, a style
 * sheet runs or embeds what it names, and so does a link unless its rel says
 * that it is an icon or the like.
 *
 * Sources: WHATWG HTML, section 4 and the index of attributes; SVG 2 for
 * xlink:href and the animations; VML in mail names its addresses href and src.
 */
#include <string.h>

#include "base/check.h"
#include "liquid/liquid_spot_priv.h"

struct name {
	char text[26];
	uint8_t len;
	uint8_t means;
};

#define NAME(name, means)                     \
	{                                     \
		name, sizeof(name) - 1, means \
	}

/* By their length: most names are none of these, which is soon seen. */
struct names {
	const struct name *names;
	size_t count;
};

#define NAMES(names)                   \
	{                              \
		names, COUNT_OF(names) \
	}

static const struct name element_of_two[] = {
	NAME("mi", ELEMENT_MI),
	NAME("mn", ELEMENT_MN),
	NAME("mo", ELEMENT_MO),
	NAME("ms", ELEMENT_MS),
};

static const struct name element_of_three[] = {
	NAME("set", ELEMENT_ANIMATION),
	NAME("svg", ELEMENT_SVG),
	NAME("use", ELEMENT_LOADER),
	NAME("xmp", ELEMENT_XMP),
};

static const struct name element_of_four[] = {
	NAME("base", ELEMENT_LOADER), NAME("desc", ELEMENT_DESC),
	NAME("link", ELEMENT_LINK),   NAME("math", ELEMENT_MATH),
	NAME("meta", ELEMENT_META),
};

static const struct name element_of_five[] = {
	NAME("embed", ELEMENT_LOADER), NAME("frame", ELEMENT_LOADER),
	NAME("mtext", ELEMENT_MTEXT),  NAME("style", ELEMENT_STYLE),
	NAME("title", ELEMENT_TITLE),
};

static const struct name element_of_six[] = {
	NAME("applet", ELEMENT_LOADER), NAME("iframe", ELEMENT_IFRAME),
	NAME("object", ELEMENT_LOADER), NAME("portal", ELEMENT_LOADER),
	NAME("script", ELEMENT_SCRIPT),
};

static const struct name element_of_seven[] = {
	NAME("animate", ELEMENT_ANIMATION),
	NAME("noembed", ELEMENT_NOEMBED),
};

static const struct name element_of_eight[] = {
	NAME("noframes", ELEMENT_NOFRAMES),
	NAME("noscript", ELEMENT_NOSCRIPT),
	NAME("textarea", ELEMENT_TEXTAREA),
};

static const struct name element_of_nine[] = {
	NAME("plaintext", ELEMENT_PLAINTEXT),
};

static const struct name element_of_eleven[] = {
	NAME("fencedframe", ELEMENT_LOADER),
};

static const struct name element_of_thirteen[] = {
	NAME("animatemotion", ELEMENT_ANIMATION),
	NAME("foreignobject", ELEMENT_FOREIGN_OBJECT),
};

static const struct name element_of_fourteen[] = {
	NAME("annotation-xml", ELEMENT_ANNOTATION),
};

static const struct name element_of_sixteen[] = {
	NAME("animatetransform", ELEMENT_ANIMATION),
};

static const struct names elements[] = {
	[2] = NAMES(element_of_two),	   [3] = NAMES(element_of_three),
	[4] = NAMES(element_of_four),	   [5] = NAMES(element_of_five),
	[6] = NAMES(element_of_six),	   [7] = NAMES(element_of_seven),
	[8] = NAMES(element_of_eight),	   [9] = NAMES(element_of_nine),
	[11] = NAMES(element_of_eleven),   [13] = NAMES(element_of_thirteen),
	[14] = NAMES(element_of_fourteen), [16] = NAMES(element_of_sixteen),
};

static const struct name attribute_of_three[] = {
	NAME("csp", ATTRIBUTE_RIGHTS),
	NAME("rel", ATTRIBUTE_RIGHTS),
	NAME("src", ATTRIBUTE_URL),
};

static const struct name attribute_of_four[] = {
	NAME("cite", ATTRIBUTE_URL),	NAME("data", ATTRIBUTE_URL),
	NAME("href", ATTRIBUTE_URL),	NAME("icon", ATTRIBUTE_URL),
	NAME("ping", ATTRIBUTE_RIGHTS),
};

static const struct name attribute_of_five[] = {
	NAME("allow", ATTRIBUTE_RIGHTS),
	NAME("nonce", ATTRIBUTE_RIGHTS),
	NAME("style", ATTRIBUTE_STYLE),
};

static const struct name attribute_of_six[] = {
	NAME("action", ATTRIBUTE_URL),	  NAME("dynsrc", ATTRIBUTE_URL),
	NAME("lowsrc", ATTRIBUTE_URL),	  NAME("poster", ATTRIBUTE_URL),
	NAME("srcdoc", ATTRIBUTE_CLOSED), NAME("srcset", ATTRIBUTE_SRCSET),
	NAME("target", ATTRIBUTE_RIGHTS), NAME("usemap", ATTRIBUTE_URL),
};

static const struct name attribute_of_seven[] = {
	NAME("archive", ATTRIBUTE_CLOSED), NAME("charset", ATTRIBUTE_CLOSED),
	NAME("classid", ATTRIBUTE_URL),	   NAME("profile", ATTRIBUTE_URL),
	NAME("sandbox", ATTRIBUTE_RIGHTS),
};

static const struct name attribute_of_eight[] = {
	NAME("codebase", ATTRIBUTE_URL), NAME("language", ATTRIBUTE_CLOSED),
	NAME("longdesc", ATTRIBUTE_URL), NAME("manifest", ATTRIBUTE_URL),
	NAME("xml:base", ATTRIBUTE_URL),
};

static const struct name attribute_of_nine[] = {
	NAME("integrity", ATTRIBUTE_RIGHTS),
};

static const struct name attribute_of_ten[] = {
	NAME("background", ATTRIBUTE_URL),
	NAME("formaction", ATTRIBUTE_URL),
	NAME("formtarget", ATTRIBUTE_RIGHTS),
	NAME("http-equiv", ATTRIBUTE_EQUIV),
	NAME("xlink:href", ATTRIBUTE_URL),
};

static const struct name attribute_of_eleven[] = {
	NAME("crossorigin", ATTRIBUTE_RIGHTS),
	NAME("imagesrcset", ATTRIBUTE_SRCSET),
};

static const struct name attribute_of_fourteen[] = {
	NAME("attributionsrc", ATTRIBUTE_RIGHTS),
	NAME("referrerpolicy", ATTRIBUTE_RIGHTS),
};

static const struct names attributes[] = {
	[3] = NAMES(attribute_of_three), [4] = NAMES(attribute_of_four),
	[5] = NAMES(attribute_of_five),	 [6] = NAMES(attribute_of_six),
	[7] = NAMES(attribute_of_seven), [8] = NAMES(attribute_of_eight),
	[9] = NAMES(attribute_of_nine),	 [14] = NAMES(attribute_of_fourteen),
	[10] = NAMES(attribute_of_ten),	 [11] = NAMES(attribute_of_eleven),
};

/* What the attributes of an animation may set is any attribute's value. */
static const struct name animated[] = {
	NAME("attributename", ATTRIBUTE_CLOSED), NAME("by", ATTRIBUTE_CLOSED),
	NAME("from", ATTRIBUTE_CLOSED),		 NAME("to", ATTRIBUTE_CLOSED),
	NAME("values", ATTRIBUTE_CLOSED),
};

static const struct name types[] = {
	NAME("application/ecmascript", SCRIPT_JS),
	NAME("application/javascript", SCRIPT_JS),
	NAME("application/json", SCRIPT_JSON),
	NAME("application/ld+json", SCRIPT_JSON),
	NAME("module", SCRIPT_JS),
	NAME("text/ecmascript", SCRIPT_JS),
	NAME("text/javascript", SCRIPT_JS),
};

/* Of these a browser runs nothing, and takes none for a style sheet. */
static const struct name rels[] = {
	NAME("alternate", REL_HARMLESS),
	NAME("apple-touch-icon", REL_HARMLESS),
	NAME("author", REL_HARMLESS),
	NAME("canonical", REL_HARMLESS),
	NAME("dns-prefetch", REL_HARMLESS),
	NAME("help", REL_HARMLESS),
	NAME("icon", REL_HARMLESS),
	NAME("license", REL_HARMLESS),
	NAME("mask-icon", REL_HARMLESS),
	NAME("next", REL_HARMLESS),
	NAME("preconnect", REL_HARMLESS),
	NAME("prev", REL_HARMLESS),
	NAME("shortcut", REL_HARMLESS),
};

static inline struct str
name_of(const struct name *n)
{
	return (struct str){ n->text, n->len };
}

static inline uint16_t
first_two(const char *p)
{
	uint16_t two;

	memcpy(&two, p, sizeof(two));
	return two;
}

__attribute__((noinline)) static int
find_whole(const struct name *names, size_t count, struct str name,
	   int otherwise)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq_fold(name, name_of(&names[i])))
			return names[i].means;
	return otherwise;
}

/* Most begin with other letters. No name of ours is shorter than two. */
static inline int
find(const struct name *names, size_t count, struct str name, int otherwise)
{
	uint16_t two = name.len > 1 ? first_two(name.p) | 0x2020 : 0;

	for (size_t i = 0; i < count; i++)
		if (first_two(names[i].text) == two)
			return find_whole(names + i, count - i, name,
					  otherwise);
	return otherwise;
}

static inline int
find_by_length(const struct names *names, size_t count, struct str name,
	       int otherwise)
{
	return name.len < count ? find(names[name.len].names,
				       names[name.len].count, name, otherwise)
				: otherwise;
}

static bool
begins(struct str name, struct str with)
{
	return name.len >= with.len && (name.p[0] | 0x20) == with.p[0] &&
	       str_eq_fold(str_slice(name, 0, with.len), with);
}

enum spot_element
spot_element_of(struct str name)
{
	return (enum spot_element)find_by_length(elements, COUNT_OF(elements),
						 name, ELEMENT_OTHER);
}

static bool
is_loading(enum spot_element element)
{
	return element == ELEMENT_LOADER || element == ELEMENT_LINK ||
	       element == ELEMENT_SCRIPT || element == ELEMENT_IFRAME;
}

/* What an element that loads makes of an attribute. */
static enum spot_attribute
of_loading(enum spot_element element, struct str name, int means)
{
	if (means == ATTRIBUTE_URL)
		return ATTRIBUTE_CODE;
	if (str_eq_fold(name, STR("type")))
		return element == ELEMENT_SCRIPT ? ATTRIBUTE_TYPE
						 : ATTRIBUTE_CLOSED;
	if (element == ELEMENT_LINK && str_eq_fold(name, STR("rel")))
		return ATTRIBUTE_REL;
	return (enum spot_attribute)means;
}

enum spot_attribute
spot_attribute_of(enum spot_element element, struct str name)
{
	int plain = ATTRIBUTE_PLAIN;
	int means;

	if (begins(name, STR("data-")))
		return ATTRIBUTE_PLAIN;
	if (begins(name, STR("on")))
		return ATTRIBUTE_EVENT;
	if (begins(name, STR("xmlns")))
		return ATTRIBUTE_CLOSED;
	if (element == ELEMENT_META && str_eq_fold(name, STR("content")))
		return ATTRIBUTE_CONTENT;
	if (element == ELEMENT_ANIMATION)
		plain = find(animated, COUNT_OF(animated), name, plain);
	means = find_by_length(attributes, COUNT_OF(attributes), name, plain);
	return is_loading(element) ? of_loading(element, name, means)
				   : (enum spot_attribute)means;
}

enum spot_script
spot_script_of(struct str type)
{
	type = str_trim(type);
	if (!type.len)
		return SCRIPT_JS;
	return (enum spot_script)find(types, COUNT_OF(types), type,
				      SCRIPT_OTHER);
}

/* Each of its words must be harmless. */
enum spot_rel
spot_rel_of(struct str rel)
{
	enum spot_rel means = REL_CODE;
	struct str word;

	while (str_word(&rel, &word)) {
		means =
		    (enum spot_rel)find(rels, COUNT_OF(rels), word, REL_CODE);
		if (means != REL_HARMLESS)
			return REL_CODE;
	}
	return means;
}

struct str
spot_end_tag(enum spot_element element)
{
	for (size_t len = 0; len < COUNT_OF(elements); len++)
		for (size_t i = 0; i < elements[len].count; i++)
			if (elements[len].names[i].means == (int)element)
				return name_of(&elements[len].names[i]);
	check(false);
	return STR("");
}
