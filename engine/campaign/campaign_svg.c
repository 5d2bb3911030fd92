/*
 * An SVG is a document that a browser runs, so what may stand in one is what
 * draws. Refused are the elements that hold foreign content or act, every
 * handler, every reference out of the file, animations that would set such an
 * attribute later, copies of copies, and processing instructions, which name
 * style sheets. Drawings embed rasters as data: URLs of image types; they stay.
 *
 * The list is one of what is refused, not of what is allowed: editors write
 * dozens of harmless elements and namespaces of their own, and a file from
 * the vendor's repository is no stranger's. What a stranger's would need on
 * top, a restrictive Content-Security-Policy, the server sends with all files.
 */
#include "base/arena.h"
#include "base/map.h"
#include "campaign/campaign_image_priv.h"
#include "xml/xml.h"

static const char *const refused[] = {
	"script", "foreignObject", "iframe",  "embed",	  "object",
	"audio",  "video",	   "handler", "listener", "html",
	"body",	  "form",	   "base",    "meta",	  "link",
};

static const char *const data_types[] = {
	"data:image/png;base64,",
	"data:image/jpeg;base64,",
	"data:image/gif;base64,",
	"data:image/webp;base64,",
};

static bool
is_one_of(struct str word, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq_fold(word, str_of(list[i])))
			return true;
	return false;
}

/* Of "xlink:href", "href". */
static struct str
local_name(struct str name)
{
	ptrdiff_t colon = str_find_char(name, ':');

	return str_slice(name, (size_t)(colon + 1), name.len);
}

static bool
is_handler(struct str name)
{
	return name.len > 2 && str_eq_fold(str_slice(name, 0, 2), STR("on"));
}

static bool
is_inside(struct str target)
{
	target = str_trim(target);
	if (target.len == 0 || target.p[0] == '#')
		return true;
	for (size_t i = 0; i < COUNT_OF(data_types); i++)
		if (str_starts(target, str_of(data_types[i])))
			return true;
	return false;
}

/*
 * CSS, in an attribute or a <style>: no import, and every url() is inside.
 * An escape can spell either another way, so there is none.
 */
static bool
is_inside_css(struct arena *a, struct str css)
{
	struct str text = str_lower(a, css);
	ptrdiff_t i;

	if (str_find(text, STR("@import")) >= 0 ||
	    str_find(text, STR("expression(")) >= 0 ||
	    str_find(text, STR("javascript:")) >= 0 ||
	    str_find(text, STR("image-set(")) >= 0 ||
	    str_find_char(text, '\\') >= 0)
		return false;
	while ((i = str_find(text, STR("url("))) >= 0) {
		text = str_trim(str_slice(text, (size_t)i + 4, text.len));
		if (text.len && (text.p[0] == '"' || text.p[0] == '\''))
			text = str_slice(text, 1, text.len);
		if (!is_inside(text))
			return false;
	}
	return true;
}

static int
harm(const struct xml_node *node, const struct xml_attribute *at,
     const char *expected, struct error *err)
{
	if (at)
		return error_set(err, ERROR_INVALID,
				 "line %d:%d of the SVG: found %.*s=\"%.*s\", "
				 "expected %s",
				 at->line, at->column, STR_ARG(at->name),
				 STR_ARG(str_slice(at->value, 0, 60)),
				 expected);
	return error_set(err, ERROR_INVALID,
			 "line %d:%d of the SVG: found <%.*s>, expected %s",
			 node->line, node->column, STR_ARG(node->name),
			 expected);
}

/* Presentation attributes are CSS; those of editors' namespaces are nothing. */
static bool
may_be_css(struct str name)
{
	return str_find_char(name, ':') < 0 &&
	       !str_starts(name, STR("data-")) &&
	       !str_eq_fold(name, STR("href"));
}

static int
check_attribute(const struct xml_node *node, const struct xml_attribute *at,
		struct arena *a, struct error *err)
{
	struct str name = local_name(at->name);
	struct str set = local_name(str_trim(at->value));

	if (is_handler(name))
		return harm(node, at, "no handlers", err);
	if ((str_eq_fold(name, STR("href")) || str_eq_fold(name, STR("src"))) &&
	    !is_inside(at->value))
		return harm(node, at, "a part of the file itself", err);
	if (str_eq_fold(name, STR("attributeName")) &&
	    (is_handler(set) || str_eq_fold(set, STR("href"))))
		return harm(node, at, "no animated reference", err);
	if (may_be_css(at->name) && !is_inside_css(a, at->value))
		return harm(node, at, "a style without outside sources", err);
	return 0;
}

/* As deep as XML_DEPTH_MAX at most. */
static int
check_node(const struct xml_node *node, struct arena *a, struct error *err)
{
	if (is_one_of(node->name, refused, COUNT_OF(refused)))
		return harm(node, NULL, "none: a drawing only draws", err);
	if (str_eq_fold(node->name, STR("style")) &&
	    !is_inside_css(a, xml_text(a, node)))
		return harm(node, NULL, "a style without outside sources", err);
	for (size_t i = 0; i < node->attribute_count; i++)
		if (check_attribute(node, &node->attributes[i], a, err) < 0)
			return -(int)err->code;
	for (node = node->first; node; node = node->next)
		if (check_node(node, a, err) < 0)
			return -(int)err->code;
	return 0;
}

/* ---- copies ---- */

static bool
is_use(const struct xml_node *node)
{
	return str_eq_cstr(local_name(node->name), "use");
}

/* The ids that a <use> copies. */
static void
note_copied(const struct xml_node *node, struct map *copied)
{
	for (size_t i = 0; is_use(node) && i < node->attribute_count; i++) {
		const struct xml_attribute *at = &node->attributes[i];
		struct str target = str_trim(at->value);

		if (str_eq_cstr(local_name(at->name), "href") &&
		    str_starts(target, STR("#")))
			(void)map_put(copied, str_slice(target, 1, target.len),
				      copied);
	}
	for (node = node->first; node; node = node->next)
		note_copied(node, copied);
}

/* Ten copies of ten copies, ten times over, stop a browser. */
static int
check_copies(const struct xml_node *node, const struct map *copied, bool inside,
	     struct error *err)
{
	inside = inside || map_find(copied, xml_attribute(node, "id"));
	if (inside && is_use(node))
		return harm(node, NULL, "no copy of what holds a copy", err);
	for (node = node->first; node; node = node->next)
		if (check_copies(node, copied, inside, err) < 0)
			return -(int)err->code;
	return 0;
}

/* A "<?" that is not the declaration's, which only stands first. */
static bool
has_instruction(struct str bytes)
{
	if (str_starts(bytes, STR("\xef\xbb\xbf")))
		bytes = str_slice(bytes, 3, bytes.len);
	if (str_starts(bytes, STR("<?xml")) &&
	    !str_starts(bytes, STR("<?xml-")))
		bytes = str_slice(bytes, 2, bytes.len);
	return str_find(bytes, STR("<?")) >= 0;
}

static void
no_report(void *arg, int line, int column, const char *text)
{
	(void)arg, (void)line, (void)column, (void)text;
}

int
campaign_svg_check(struct str bytes, struct arena *a, struct error *err)
{
	static const struct xml_report silent = { .report = no_report };
	const struct xml_node *root;
	struct map copied;

	if (xml_parse(a, "SVG", bytes, NULL, &silent, &root, err) < 0)
		return -(int)err->code;
	if (!str_eq_cstr(root->name, "svg") ||
	    str_find(bytes, STR("http://www.w3.org/2000/svg")) < 0)
		return error_set(err, ERROR_INVALID,
				 "found <%.*s>, expected <svg xmlns=\""
				 "http://www.w3.org/2000/svg\">",
				 STR_ARG(root->name));
	if (has_instruction(bytes))
		return error_set(err, ERROR_INVALID,
				 "found a processing instruction in the SVG, "
				 "expected none");
	map_init(&copied, a, NULL);
	note_copied(root, &copied);
	if (check_copies(root, &copied, false, err) < 0)
		return -(int)err->code;
	return check_node(root, a, err);
}
