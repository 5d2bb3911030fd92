/*
 * What is kept of a tree is written out, and read again until nothing changes.
 *
 * Once is not enough. Where an element went, its content may stand where the
 * standard has no place for it: a paragraph in a paragraph, a link in a link. A
 * browser would mend that by moving things, and what was checked would not be
 * what is shown; nearly all that ever got past a sanitiser did so. So the
 * bytes that leave here are bytes that were read, checked, and came out the
 * same. A second reading settles ordinary markup. A link in a link is mended by
 * eight levels at a reading (13.2.6.4.7, the adoption agency), so what is made
 * for it may take more; what has not settled after READINGS_MAX is refused.
 *
 * The tree is not mended instead by rules of our own: they would be the
 * standard's, written twice.
 */
#include "html/html_priv.h"

#include "base/arena.h"
#include "base/escape.h"

enum { READINGS_MAX = 8 };

static void put_children(struct buf *out, const struct html_node *node);

static void
put_attributes(struct buf *out, const struct html_node *node)
{
	struct buf value = { 0 };

	for (size_t i = 0; i < node->attribute_count; i++) {
		const struct html_attribute *attribute = &node->attributes[i];

		buf_clear(&value);
		if (!html_attribute_keep(node, attribute, &value))
			continue;
		buf_char(out, ' ');
		buf_str(out, attribute->name);
		buf_cat(out, "=\"");
		escape_html(out, buf_view(&value));
		buf_char(out, '"');
	}
	buf_fini(&value);
}

static void
put_element(struct buf *out, const struct html_node *node)
{
	const struct html_node *first = node->first;

	buf_char(out, '<');
	buf_str(out, node->name);
	put_attributes(out, node);
	buf_char(out, '>');
	if (html_is_void(node->name))
		return;
	/* The first line end in it is the writer's, not the text's. */
	if (str_eq_cstr(node->name, "pre") && first &&
	    str_starts(first->text, STR("\n")))
		buf_char(out, '\n');
	put_children(out, node);
	buf_cat(out, "</");
	buf_str(out, node->name);
	buf_char(out, '>');
}

/* A link that leads nowhere is its content, an image without a source none. */
static enum html_fate
fate_of(const struct html_node *node)
{
	enum html_fate fate = html_element_of(node)->fate;
	const struct html_attribute *attribute;
	struct buf value = { 0 };
	bool has = false;

	if (str_eq_cstr(node->name, "a") && html_link_target(node).len == 0)
		return HTML_UNWRAPPED;
	if (!str_eq_cstr(node->name, "img"))
		return fate;
	for (size_t i = 0; i < node->attribute_count; i++) {
		attribute = &node->attributes[i];
		has |= str_eq_cstr(attribute->name, "src") &&
		       html_attribute_keep(node, attribute, &value);
	}
	buf_fini(&value);
	return has ? fate : HTML_DROPPED;
}

static void
put_children(struct buf *out, const struct html_node *node)
{
	for (const struct html_node *n = node->first; n; n = n->next) {
		if (n->name.len == 0) {
			escape_html(out, n->text);
			continue;
		}
		switch (fate_of(n)) {
		case HTML_KEPT:
			put_element(out, n);
			break;
		case HTML_UNWRAPPED:
			put_children(out, n);
			break;
		case HTML_DROPPED:
			break;
		}
	}
}

static int
read_once(struct str bytes, struct buf *out, struct error *err)
{
	struct arena *a = arena_new();
	const struct html_node *root;
	int code = html_parse(a, bytes, &root, err);

	buf_clear(out);
	if (code >= 0)
		put_children(out, root);
	arena_free(&a);
	return code;
}

int
html_sanitise(struct arena *a, struct str bytes, struct str *out,
	      struct error *err)
{
	struct buf made[2] = { 0 };
	struct str last = bytes;
	bool settled = false;
	int code = 0;

	for (int i = 0; i < READINGS_MAX && code >= 0 && !settled; i++) {
		struct buf *next = &made[i % 2];

		code = read_once(last, next, err);
		settled = code >= 0 && str_eq(buf_view(next), last);
		last = buf_view(next);
	}
	if (settled)
		*out = str_copy(a, last);
	else if (code >= 0)
		code = error_set(err, ERROR_INVALID,
				 "found markup that is another one each time "
				 "it is read, expected elements that are "
				 "closed in turn");
	buf_fini(&made[0]);
	buf_fini(&made[1]);
	return code;
}
