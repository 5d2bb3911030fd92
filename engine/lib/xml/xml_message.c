/*
 * What the validator says, said to people who write campaigns. Its sentences
 * are few and fixed; each is known by a piece of it:
 *
 *	Element 'E': This element is not expected. Expected is one of ( A, B ).
 *	Element 'E': Missing child element(s). Expected is ( A ).
 *	Element 'E': The attribute 'A' is required but missing.
 *	Element 'E', attribute 'A': The attribute 'A' is not allowed.
 *	Element 'E', attribute 'A': [facet 'F'] The value 'V' is not ...
 *	Element 'E', attribute 'A': 'V' is not a valid value of the ... type.
 *
 * Names come as {namespace}name. One that is not known keeps its words, since
 * a clumsy message is better than none. The last of the list above follows
 * each complaint about a facet and then says the same again; without a facet
 * it names the type, which is enough.
 */
#include <string.h>

#include "base/arena.h"
#include "xml/xml_priv.h"

enum { NAMES_MAX = 16 };

static const char xml_space[] = "{http://www.w3.org/XML/1998/namespace}";

/* The message without {namespaces}, in one line. */
static struct str
plain(struct arena *a, const char *message)
{
	struct buf b = { 0 };
	struct str text;
	bool within = false;

	for (; *message; message++) {
		if (strncmp(message, xml_space, sizeof(xml_space) - 1) == 0)
			buf_cat(&b, "xml:");
		if (strncmp(message, "{http", 5) == 0 ||
		    strncmp(message, "{urn", 4) == 0)
			within = true;
		if (!within)
			buf_char(&b, *message == '\n' ? ' ' : *message);
		if (*message == '}')
			within = false;
	}
	text = str_copy(a, str_trim(buf_view(&b)));
	buf_fini(&b);
	return text;
}

/* What stands between the end of `before` and the next `after`. */
static struct str
between(struct str s, struct str before, struct str after)
{
	ptrdiff_t i = str_find(s, before);

	if (i < 0)
		return (struct str){ 0 };
	s = str_slice(s, (size_t)i + before.len, s.len);
	i = str_find(s, after);
	return i < 0 ? (struct str){ 0 } : str_slice(s, 0, (size_t)i);
}

/* "Expected is one of ( A, B )." */
static struct str
expected_list(struct str text)
{
	return between(text, STR("( "), STR(" )"));
}

static size_t
split_names(struct arena *a, struct str list, const char *names[NAMES_MAX])
{
	struct str name;
	size_t count = 0;

	while (count < NAMES_MAX && str_split(&list, ',', &name))
		names[count++] = str_cstr(a, str_trim(name));
	return count;
}

/* "<a>, <b> or <c>" with the marks given. */
static struct str
one_of(struct arena *a, const char *const *names, size_t count,
       const char *open, const char *close)
{
	struct str out = { 0 };

	for (size_t i = 0; i < count; i++)
		out = str_printf(a, "%.*s%s%s%s%s", STR_ARG(out),
				 i == 0		  ? ""
				 : i == count - 1 ? " or "
						  : ", ",
				 open, names[i], close);
	return out;
}

struct str
xml_unexpected(struct arena *a, struct str element, struct str expected)
{
	const char *names[NAMES_MAX];
	size_t count = split_names(a, expected, names);
	const char *near = str_nearest(element, names, count);
	struct str list = one_of(a, names, count, "<", ">");

	if (count == 0)
		return str_printf(a,
				  "found <%.*s>, expected the end of the "
				  "element around it",
				  STR_ARG(element));
	if (near && count > 1)
		return str_printf(a,
				  "found <%.*s>, expected %.*s; did you "
				  "mean <%s>?",
				  STR_ARG(element), STR_ARG(list), near);
	return str_printf(a, "found <%.*s>, expected %.*s", STR_ARG(element),
			  STR_ARG(list));
}

const char *
xml_meant(struct arena *a, const struct xml_schema *schema, struct str element,
	  struct str expected)
{
	const char *names[NAMES_MAX];
	size_t count = split_names(a, expected, names);

	if (xml_schema_attributes(schema, element))
		return NULL;
	return str_nearest(element, names, count);
}

static struct str
missing(struct arena *a, struct str element, struct str text)
{
	const char *names[NAMES_MAX];
	size_t count = split_names(a, expected_list(text), names);
	struct str list = one_of(a, names, count, "<", ">");

	return str_printf(a,
			  "found the end of <%.*s>, expected %.*s in it "
			  "before",
			  STR_ARG(element),
			  STR_ARG(count ? list : STR("an element")));
}

static struct str
not_allowed(struct arena *a, const struct xml_schema *schema,
	    struct str element, struct str attribute)
{
	const struct xml_names *known = xml_schema_attributes(schema, element);
	const char *near;

	if (!known || known->count == 0)
		return str_printf(a,
				  "found the attribute \"%.*s\", expected "
				  "none in <%.*s>",
				  STR_ARG(attribute), STR_ARG(element));
	near = str_nearest(attribute, known->items, known->count);
	if (near)
		return str_printf(a,
				  "found the attribute \"%.*s\" in "
				  "<%.*s>, did you mean \"%s\"?",
				  STR_ARG(attribute), STR_ARG(element), near);
	return str_printf(
	    a,
	    "found the attribute \"%.*s\" in <%.*s>, "
	    "expected %.*s",
	    STR_ARG(attribute), STR_ARG(element),
	    STR_ARG(one_of(a, known->items, known->count, "\"", "\"")));
}

/* "The value 'V' is not an element of the set {'a', 'b'}." */
static struct str
not_in_set(struct arena *a, struct str value, struct str text)
{
	struct str list = between(text, STR("set {"), STR("}"));
	const char *names[NAMES_MAX];
	size_t count = 0;
	struct str name;
	const char *near;

	while (count < NAMES_MAX && str_split(&list, ',', &name)) {
		name = str_trim(name);
		names[count++] =
		    str_cstr(a, str_slice(name, 1, name.len - (name.len > 0)));
	}
	near = str_nearest(value, names, count);
	if (near)
		return str_printf(a, "\"%.*s\", did you mean \"%s\"?",
				  STR_ARG(value), near);
	return str_printf(a, "\"%.*s\", expected %.*s", STR_ARG(value),
			  STR_ARG(one_of(a, names, count, "\"", "\"")));
}

static struct str
bad_value(struct arena *a, struct str text)
{
	struct str value = between(text, STR("The value '"), STR("' "));
	struct str pattern = between(text, STR("pattern '"), STR("'."));

	if (str_find(text, STR("of the set {")) >= 0)
		return not_in_set(a, value, text);
	if (pattern.len)
		return str_printf(a, "\"%.*s\", expected the form %.*s",
				  STR_ARG(value), STR_ARG(pattern));
	if (value.len == 0)
		return STR("\"\", expected a value");
	return str_printf(a, "\"%.*s\", expected another length or number",
			  STR_ARG(value));
}

/* "'V' is not a valid value of the atomic type 'xs:date'." */
static struct str
wrong_type(struct arena *a, struct str text)
{
	struct str value = between(text, STR(": '"), STR("' is not a valid"));
	struct str type = between(text, STR("type '"), STR("'"));

	if (str_starts(type, STR("xs:")))
		type = str_slice(type, 3, type.len);
	if (type.len == 0)
		return (struct str){ 0 };
	return str_printf(a, "\"%.*s\", expected a value of the type %.*s",
			  STR_ARG(value), STR_ARG(type));
}

static struct str
about_value(struct arena *a, struct str element, struct str attribute,
	    struct str value)
{
	if (value.len == 0)
		return value;
	if (attribute.len == 0)
		return str_printf(a, "found in <%.*s> %.*s", STR_ARG(element),
				  STR_ARG(value));
	return str_printf(a, "found %.*s=%.*s", STR_ARG(attribute),
			  STR_ARG(value));
}

static struct str
words_for(struct arena *a, const struct xml_schema *schema, struct str text,
	  struct str attribute)
{
	struct str element = between(text, STR("Element '"), STR("'"));
	struct str required =
	    between(text, STR("The attribute '"), STR("' is required"));

	if (str_find(text, STR("Missing child element")) >= 0)
		return missing(a, element, text);
	if (str_find(text, STR("is required but missing")) >= 0)
		return str_printf(a,
				  "found <%.*s> without \"%.*s\", expected "
				  "this attribute",
				  STR_ARG(element), STR_ARG(required));
	if (attribute.len && str_find(text, STR("is not allowed")) >= 0)
		return not_allowed(a, schema, element, attribute);
	if (str_find(text, STR("[facet '")) >= 0)
		return about_value(a, element, attribute, bad_value(a, text));
	if (str_find(text, STR("is not a valid value")) >= 0)
		return about_value(a, element, attribute, wrong_type(a, text));
	if (str_find(text, STR("No matching global declaration")) >= 0)
		return str_printf(a,
				  "found <%.*s> as the root, expected "
				  "another element",
				  STR_ARG(element));
	if (str_find(text, STR("Character content")) >= 0)
		return str_printf(a,
				  "found text in <%.*s>, expected elements "
				  "alone or nothing",
				  STR_ARG(element));
	if (str_find(text, STR("Element content is not allowed")) >= 0)
		return str_printf(a,
				  "found an element in <%.*s>, expected "
				  "text alone",
				  STR_ARG(element));
	return str_printf(a, "found a fault: %.*s", STR_ARG(text));
}

struct xml_complaint
xml_complaint_of(struct arena *a, const struct xml_schema *schema,
		 const char *message)
{
	struct str text = plain(a, message);
	struct str element = between(text, STR("Element '"), STR("'"));
	struct xml_complaint c = {
		.attribute = between(text, STR("', attribute '"), STR("'")),
	};

	if (str_find(text, STR("This element is not expected")) < 0) {
		c.text = words_for(a, schema, text, c.attribute);
		return c;
	}
	c.is_unexpected = true;
	c.expected = expected_list(text);
	c.text = xml_unexpected(a, element, c.expected);
	return c;
}
