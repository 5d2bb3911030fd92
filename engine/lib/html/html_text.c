/*
 * A tree becomes lines of text.
 *
 * Between two words there may be a blank, a line end or a blank line. Which one
 * is not known before the second word comes: an element may end, the next one
 * begin, and the greater of what both want counts. So nothing is written
 * between words but a note of what is due, and a text never ends in blanks.
 *
 * A line begins with what the elements around it want: "> " for a quotation,
 * blanks under a list's dash. The dash itself stands on the first line of its
 * item alone, which is why there are two leads, `lead` for each line and `once`
 * for the next one.
 *
 * Lines are not broken at a width: mail bodies are encoded, and who reads them
 * has a window of some width.
 */
#include "html/html_priv.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"

struct writer {
	struct buf out;
	struct buf lead;
	struct buf once; /* empty: as lead */
	int breaks;	 /* line ends that are due, at most 2 */
	bool blank;	 /* a blank is due */
	bool kept;	 /* blanks and line ends stand as they are */
};

static void put_children(struct writer *w, const struct html_node *node);

/* ---- lines ---- */

static void
end_line(struct writer *w, int breaks)
{
	if (breaks > 0)
		w->blank = false;
	if (w->breaks < breaks)
		w->breaks = breaks;
}

/* What is due before a character. */
static void
begin(struct writer *w)
{
	bool first = w->out.len == 0;

	if (!first && w->breaks == 0) {
		if (w->blank)
			buf_char(&w->out, ' ');
		w->blank = false;
		return;
	}
	for (int i = 0; i < w->breaks && !first; i++)
		buf_char(&w->out, '\n');
	buf_str(&w->out, buf_view(w->once.len > 0 ? &w->once : &w->lead));
	buf_clear(&w->once);
	w->breaks = 0;
	w->blank = false;
}

static void
put_char(struct writer *w, char c)
{
	bool control = (unsigned char)c < ' ' || c == 0x7f;

	if (c == '\n' && w->kept) {
		if (w->breaks < 2)
			w->breaks++;
	} else if (control || (c == ' ' && !w->kept)) {
		w->blank = true;
	} else {
		begin(w);
		buf_char(&w->out, c);
	}
}

static void
put_text(struct writer *w, struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		put_char(w, text.p[i]);
}

/* ---- elements ---- */

/* Lines within begin with `rest`, the first of them with `mark`. */
static void
put_within(struct writer *w, const struct html_node *node, const char *mark,
	   const char *rest)
{
	size_t before = w->lead.len;

	if (w->once.len == 0)
		buf_str(&w->once, buf_view(&w->lead));
	buf_cat(&w->once, mark);
	buf_cat(&w->lead, rest);
	put_children(w, node);
	buf_truncate(&w->lead, before);
	buf_clear(&w->once);
}

static void
put_item(struct writer *w, const struct html_node *node)
{
	static const char blanks[] = "                ";
	const struct html_node *list = node->parent;
	char mark[sizeof(blanks)] = "- ";
	int64_t number = 1;

	if (list && str_eq_cstr(list->name, "ol")) {
		(void)str_int(html_attribute(list, "start"), 0, 99999, &number);
		for (const struct html_node *n = list->first; n != node;
		     n = n->next)
			number += str_eq_cstr(n->name, "li");
		snprintf(mark, sizeof(mark), "%d. ", (int)number);
	}
	put_within(w, node, mark, blanks + sizeof(blanks) - 1 - strlen(mark));
}

/* An address that a reader can take: without "mailto:" and "tel:". */
static struct str
shown(struct str url)
{
	static const char *const schemes[] = { "mailto:", "tel:" };

	for (size_t i = 0; i < COUNT_OF(schemes); i++) {
		struct str scheme = str_of(schemes[i]);

		if (str_eq_fold(str_slice(url, 0, scheme.len), scheme))
			return str_slice(url, scheme.len, url.len);
	}
	return url;
}

/* Whether the text of a link says where it leads: all of it but https:// */
static bool
says(struct str text, struct str url)
{
	ptrdiff_t at = str_find(url, STR("://"));
	struct str rest = str_slice(url, at < 0 ? 0 : (size_t)at + 3, url.len);

	if (str_ends(rest, STR("/")) && !str_ends(text, STR("/")))
		rest = str_slice(rest, 0, rest.len - 1);
	return str_eq(text, url) || str_eq(text, rest);
}

static void
put_link(struct writer *w, const struct html_node *node)
{
	struct str url = shown(html_link_target(node)), text;
	size_t before = w->out.len;

	put_children(w, node);
	text = str_trim(str_slice(buf_view(&w->out), before, w->out.len));
	if (url.len == 0 || says(text, url))
		return;
	if (text.len > 0) {
		w->blank = true;
		put_char(w, '(');
	}
	put_text(w, url);
	if (text.len > 0)
		put_char(w, ')');
}

/* A cell that is not the first on its line. */
static void
put_cell(struct writer *w, const struct html_node *node)
{
	if (node->parent && node->parent->first != node && w->out.len > 0 &&
	    w->breaks == 0) {
		w->blank = true;
		put_char(w, '|');
		w->blank = true;
	}
	put_children(w, node);
}

static void
put_preformatted(struct writer *w, const struct html_node *node)
{
	bool before = w->kept;

	w->kept = true;
	put_children(w, node);
	w->kept = before;
}

static void
put_rule(struct writer *w, const struct html_node *node)
{
	(void)node;
	put_text(w, STR("---"));
}

static void
put_break(struct writer *w, const struct html_node *node)
{
	(void)node;
	end_line(w, w->breaks < 2 ? w->breaks + 1 : 2);
}

static void
put_image(struct writer *w, const struct html_node *node)
{
	put_text(w, html_attribute(node, "alt"));
}

static void
put_quotation(struct writer *w, const struct html_node *node)
{
	put_within(w, node, "> ", "> ");
}

static const struct {
	const char *name;
	void (*put)(struct writer *w, const struct html_node *node);
} ways[] = {
	{ "a", put_link },	     { "blockquote", put_quotation },
	{ "br", put_break },	     { "hr", put_rule },
	{ "img", put_image },	     { "li", put_item },
	{ "pre", put_preformatted }, { "td", put_cell },
	{ "th", put_cell },
};

/* Line ends around an element. A list within an item stays close to it. */
static int
breaks_around(const struct html_node *node)
{
	static const int breaks[] = {
		[HTML_INLINE] = 0, [HTML_LINE] = 1, [HTML_PARAGRAPH] = 2
	};
	bool list =
	    str_eq_cstr(node->name, "ul") || str_eq_cstr(node->name, "ol");

	if (list && node->parent && str_eq_cstr(node->parent->name, "li"))
		return 1;
	return breaks[html_element_of(node)->layout];
}

static void
put_element(struct writer *w, const struct html_node *node)
{
	int breaks = breaks_around(node);
	size_t i = 0;

	if (html_element_of(node)->fate == HTML_DROPPED)
		return;
	while (i < COUNT_OF(ways) && !str_eq_cstr(node->name, ways[i].name))
		i++;
	end_line(w, breaks);
	if (i < COUNT_OF(ways))
		ways[i].put(w, node);
	else
		put_children(w, node);
	end_line(w, breaks);
}

static void
put_children(struct writer *w, const struct html_node *node)
{
	for (const struct html_node *n = node->first; n; n = n->next) {
		if (n->name.len > 0)
			put_element(w, n);
		else
			put_text(w, n->text);
	}
}

int
html_to_text(struct arena *a, struct str bytes, struct str *out,
	     struct error *err)
{
	struct arena *reading = arena_new();
	const struct html_node *root;
	struct writer w = { .out = { .max = HTML_BYTES_MAX } };
	int code = html_parse(reading, bytes, &root, err);

	if (code >= 0)
		put_children(&w, root);
	if (code >= 0 && buf_full(&w.out))
		code = error_set(err, ERROR_LIMIT,
				 "found markup with more than %d bytes of "
				 "text, expected at most so many",
				 HTML_BYTES_MAX);
	if (code >= 0)
		*out = str_copy(a, buf_view(&w.out));
	buf_fini(&w.out);
	buf_fini(&w.lead);
	buf_fini(&w.once);
	arena_free(&reading);
	return code;
}
