/*
 * Elements and attributes that mean something to an escaper. A name that is
 * not here is plain text to the browser, with three exceptions that are rules:
 * on... is an event handler, data-... is nobody's, and xmlns changes what the
 * names around it mean.
 *
 * Sources: WHATWG HTML, section 4 and the index of attributes; SVG 2 for
 * xlink:href and the animations; VML in mail names its addresses href and src.
 */
#include <string.h>

#include "base/check.h"
#include "liquid/liquid_spot_priv.h"

struct name {
	struct str name;
	int means;
};

#define NAME(name, means)                            \
	{                                            \
		{ "" name, sizeof(name) - 1 }, means \
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

static const struct name element_of_three[] = {
	NAME("set", ELEMENT_ANIMATION),
	NAME("xmp", ELEMENT_XMP),
};

static const struct name element_of_four[] = {
	NAME("meta", ELEMENT_META),
};

static const struct name element_of_five[] = {
	NAME("style", ELEMENT_STYLE),
	NAME("title", ELEMENT_TITLE),
};

static const struct name element_of_six[] = {
	NAME("iframe", ELEMENT_IFRAME),
	NAME("script", ELEMENT_SCRIPT),
};

static const struct name element_of_seven[] = {
	NAME("animate", ELEMENT_ANIMATION),
	NAME("noembed", ELEMENT_NOEMBED),
};

static const struct name element_of_eight[] = {
	NAME("noframes", ELEMENT_NOFRAMES),
	NAME("textarea", ELEMENT_TEXTAREA),
};

static const struct name element_of_nine[] = {
	NAME("plaintext", ELEMENT_PLAINTEXT),
};

static const struct name element_of_thirteen[] = {
	NAME("animatemotion", ELEMENT_ANIMATION),
};

static const struct name element_of_sixteen[] = {
	NAME("animatetransform", ELEMENT_ANIMATION),
};

static const struct names elements[] = {
	[ELEMENT_NAME_MIN] = NAMES(element_of_three),
	[4] = NAMES(element_of_four),
	[5] = NAMES(element_of_five),
	[6] = NAMES(element_of_six),
	[7] = NAMES(element_of_seven),
	[8] = NAMES(element_of_eight),
	[9] = NAMES(element_of_nine),
	[13] = NAMES(element_of_thirteen),
	[16] = NAMES(element_of_sixteen),
};

static const struct name attribute_of_three[] = {
	NAME("src", ATTRIBUTE_URL),
};

static const struct name attribute_of_four[] = {
	NAME("cite", ATTRIBUTE_URL),	NAME("data", ATTRIBUTE_URL),
	NAME("href", ATTRIBUTE_URL),	NAME("icon", ATTRIBUTE_URL),
	NAME("ping", ATTRIBUTE_CLOSED),
};

static const struct name attribute_of_five[] = {
	NAME("style", ATTRIBUTE_STYLE),
};

static const struct name attribute_of_six[] = {
	NAME("action", ATTRIBUTE_URL),	  NAME("dynsrc", ATTRIBUTE_URL),
	NAME("lowsrc", ATTRIBUTE_URL),	  NAME("poster", ATTRIBUTE_URL),
	NAME("srcdoc", ATTRIBUTE_CLOSED), NAME("srcset", ATTRIBUTE_SRCSET),
	NAME("usemap", ATTRIBUTE_URL),
};

static const struct name attribute_of_seven[] = {
	NAME("archive", ATTRIBUTE_CLOSED),
	NAME("charset", ATTRIBUTE_CLOSED),
	NAME("classid", ATTRIBUTE_URL),
	NAME("profile", ATTRIBUTE_URL),
};

static const struct name attribute_of_eight[] = {
	NAME("codebase", ATTRIBUTE_URL),
	NAME("longdesc", ATTRIBUTE_URL),
	NAME("manifest", ATTRIBUTE_URL),
	NAME("xml:base", ATTRIBUTE_URL),
};

static const struct name attribute_of_ten[] = {
	NAME("background", ATTRIBUTE_URL),
	NAME("formaction", ATTRIBUTE_URL),
	NAME("http-equiv", ATTRIBUTE_EQUIV),
	NAME("xlink:href", ATTRIBUTE_URL),
};

static const struct name attribute_of_eleven[] = {
	NAME("imagesrcset", ATTRIBUTE_SRCSET),
};

static const struct names attributes[] = {
	[3] = NAMES(attribute_of_three), [4] = NAMES(attribute_of_four),
	[5] = NAMES(attribute_of_five),	 [6] = NAMES(attribute_of_six),
	[7] = NAMES(attribute_of_seven), [8] = NAMES(attribute_of_eight),
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
	NAME("importmap", SCRIPT_JSON),
	NAME("module", SCRIPT_JS),
	NAME("speculationrules", SCRIPT_JSON),
	NAME("text/ecmascript", SCRIPT_JS),
	NAME("text/javascript", SCRIPT_JS),
};

/* Most have another first letter. None of the names is empty. */
static inline int
find(const struct name *names, size_t count, struct str name, int otherwise)
{
	char first = name.p[0] | 0x20;

	for (size_t i = 0; i < count; i++)
		if (names[i].name.p[0] == first &&
		    str_eq_fold(name, names[i].name))
			return names[i].means;
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

enum spot_attribute
spot_attribute_of(enum spot_element element, struct str name)
{
	int plain = ATTRIBUTE_PLAIN;

	if (begins(name, STR("data-")))
		return ATTRIBUTE_PLAIN;
	if (begins(name, STR("on")))
		return ATTRIBUTE_EVENT;
	if (begins(name, STR("xmlns")))
		return ATTRIBUTE_CLOSED;
	if (element == ELEMENT_SCRIPT && str_eq_fold(name, STR("type")))
		return ATTRIBUTE_TYPE;
	if (element == ELEMENT_META && str_eq_fold(name, STR("content")))
		return ATTRIBUTE_CONTENT;
	if (element == ELEMENT_ANIMATION)
		plain = find(animated, COUNT_OF(animated), name, plain);
	return (enum spot_attribute)find_by_length(
	    attributes, COUNT_OF(attributes), name, plain);
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

struct str
spot_end_tag(enum spot_element element)
{
	for (size_t len = 0; len < COUNT_OF(elements); len++)
		for (size_t i = 0; i < elements[len].count; i++)
			if (elements[len].names[i].means == (int)element)
				return elements[len].names[i].name;
	check(false);
	return STR("");
}
