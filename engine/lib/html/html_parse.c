/*
 * libgumbo's tree becomes ours, and libgumbo's is gone before anybody looks.
 * What would take it long is refused before (html_limit.c).
 *
 * Its memory is an arena of its own with a limit. The standard has formatting
 * that was left open opened again in each paragraph, so a few bytes of input
 * may ask for many elements; and libgumbo cannot be told that there is no more
 * memory. So we jump out of it. It keeps nothing outside of what it allocates,
 * and all of that goes with the arena. For the same reason its tree is never
 * destroyed, which libgumbo would do by calling itself for each level.
 *
 * What is deep in spite of that is found while it is copied, which is where
 * recursion ends at HTML_DEPTH_MAX for all who read the tree later.
 */
#include "html/html_priv.h"

#include <setjmp.h>

#include <gumbo.h>

#include "base/arena.h"

enum { READING_BYTES_MAX = 32 * 1024 * 1024 };

struct reading {
	struct arena *a;
	jmp_buf full;
	GumboOutput *output;
};

/* ---- reading ---- */

static void *
allocate(void *arg, size_t size)
{
	struct reading *r = arg;

	if (size > READING_BYTES_MAX - arena_bytes(r->a))
		longjmp(r->full, 1);
	return arena_alloc(r->a, size);
}

static void
keep(void *arg, void *p)
{
	(void)arg;
	(void)p;
}

static bool
read_bytes(struct reading *r, struct str bytes)
{
	GumboOptions options = kGumboDefaultOptions;

	options.allocator = allocate;
	options.deallocator = keep;
	options.userdata = r;
	options.max_errors = 0;
	options.fragment_context = GUMBO_TAG_DIV;
	if (setjmp(r->full))
		return false;
	r->output = gumbo_parse_with_options(&options, bytes.p ? bytes.p : "",
					     bytes.len);
	return true;
}

/* ---- copying ---- */

/*
 * libgumbo 0.10.1 counts a reference such as &#99999999999; in an int, and may
 * take it for any character, for the end of the text, or for bytes that are no
 * character, which become U+FFFD here. Nobody is harmed by the others: what is
 * kept is checked and written as it was taken.
 */
static struct str
copy(struct arena *a, const char *text)
{
	struct str s = str_of(text), mended;
	struct buf b = { 0 };
	size_t len;

	if (str_utf8_valid(s))
		return str_copy(a, s);
	for (size_t i = 0; i < s.len; i += len ? len : 1) {
		len = str_utf8_sequence(s, i);
		buf_str(&b,
			len ? str_slice(s, i, i + len) : STR("\xef\xbf\xbd"));
	}
	mended = str_copy(a, buf_view(&b));
	buf_fini(&b);
	return mended;
}

static struct str
name_of(struct arena *a, const GumboElement *e)
{
	GumboStringPiece tag = e->original_tag;

	if (e->tag != GUMBO_TAG_UNKNOWN)
		return copy(a, gumbo_normalized_tagname(e->tag));
	gumbo_tag_from_original_text(&tag);
	return str_lower(a, (struct str){ tag.data, tag.length });
}

static void
copy_attributes(struct arena *a, const GumboElement *e, struct html_node *node)
{
	struct html_attribute *copies =
	    ARENA_ARRAY(a, e->attributes.length, struct html_attribute);

	for (unsigned i = 0; i < e->attributes.length; i++) {
		const GumboAttribute *from = e->attributes.data[i];

		copies[i].name = str_lower(a, str_of(from->name));
		copies[i].value = copy(a, from->value);
	}
	node->attributes = copies;
	node->attribute_count = e->attributes.length;
}

static int copy_children(struct arena *a, const GumboVector *from,
			 struct html_node *parent, int depth,
			 struct error *err);

/* 1 and a node, or 0: a comment. */
static int
copy_node(struct arena *a, const GumboNode *from, struct html_node *node,
	  int depth, struct error *err)
{
	const GumboElement *e = &from->v.element;
	int code;

	switch (from->type) {
	case GUMBO_NODE_TEXT:
	case GUMBO_NODE_CDATA:
	case GUMBO_NODE_WHITESPACE:
		node->text = copy(a, from->v.text.text);
		return 1;
	case GUMBO_NODE_ELEMENT:
	case GUMBO_NODE_TEMPLATE:
		break;
	case GUMBO_NODE_COMMENT:
	case GUMBO_NODE_DOCUMENT:
		return 0;
	}
	if (depth > HTML_DEPTH_MAX)
		return error_set(err, ERROR_LIMIT,
				 "found markup with more than %d elements "
				 "within each other, expected elements that "
				 "are closed",
				 HTML_DEPTH_MAX);
	node->name = name_of(a, e);
	node->foreign = e->tag_namespace != GUMBO_NAMESPACE_HTML;
	copy_attributes(a, e, node);
	code = copy_children(a, &e->children, node, depth + 1, err);
	return code < 0 ? code : 1;
}

static int
copy_children(struct arena *a, const GumboVector *from,
	      struct html_node *parent, int depth, struct error *err)
{
	const struct html_node **end = &parent->first;

	for (unsigned i = 0; i < from->length; i++) {
		struct html_node *node = ARENA_NEW(a, struct html_node);
		int code = copy_node(a, from->data[i], node, depth, err);

		if (code < 0)
			return code;
		if (code == 0)
			continue;
		node->parent = parent;
		*end = node;
		end = &node->next;
	}
	return 0;
}

int
html_parse(struct arena *a, struct str bytes, const struct html_node **root,
	   struct error *err)
{
	struct reading r = { 0 };
	struct html_node *made;
	int code = html_limit_check(bytes, err);

	if (code < 0)
		return code;
	r.a = arena_new();
	made = ARENA_NEW(a, struct html_node);
	if (read_bytes(&r, bytes))
		code = copy_children(a, &r.output->root->v.element.children,
				     made, 1, err);
	else
		code = error_set(err, ERROR_LIMIT,
				 "found markup that grows beyond %d bytes when "
				 "it is read, expected elements that are "
				 "closed",
				 READING_BYTES_MAX);
	arena_free(&r.a);
	if (code >= 0)
		*root = made;
	return code;
}

struct str
html_attribute(const struct html_node *node, const char *name)
{
	for (size_t i = 0; i < node->attribute_count; i++)
		if (str_eq_cstr(node->attributes[i].name, name))
			return node->attributes[i].value;
	return (struct str){ 0 };
}
