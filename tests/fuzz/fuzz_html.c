/*
 * Whatever comes in, what the sanitiser leaves is left again as it is, and read
 * once more holds nothing that could act: what must not be there is written
 * down here a second time, in other words. Refusals are of the two kinds.
 */
#include <string.h>

#include "base/arena.h"
#include "fuzz.h"
#include "html/html.h"

static bool
is_one_of(struct str name, const char *list)
{
	struct str rest = str_of(list), word;

	while (str_word(&rest, &word))
		if (str_eq(name, word))
			return true;
	return false;
}

static void
check_url(struct str url, const char *schemes)
{
	ptrdiff_t colon = str_find_char(url, ':');
	struct arena *a = arena_new();

	check(colon > 0);
	check(
	    is_one_of(str_lower(a, str_slice(url, 0, (size_t)colon)), schemes));
	for (size_t i = 0; i < url.len; i++)
		check((unsigned char)url.p[i] > ' ');
	arena_free(&a);
}

static void
check_style(struct str style)
{
	for (size_t i = 0; i < style.len; i++)
		check(style.p[i] && !strchr("\\{}<>@*&\n", style.p[i]));
	check(str_find(style, STR("url(")) < 0);
	check(!str_starts(style, STR("position")));
	check(str_find(style, STR("; position")) < 0);
}

static void
check_attribute(const struct html_attribute *attribute)
{
	struct str name = attribute->name;

	check(!str_starts(name, STR("on")) && str_find_char(name, ':') < 0);
	check(!is_one_of(name, "id name is target rel srcset srcdoc action "
			       "formaction background poster data xmlns"));
	check(str_utf8_valid(attribute->value));
	if (str_eq_cstr(name, "href"))
		check_url(attribute->value, "http https mailto tel");
	if (str_eq_cstr(name, "src"))
		check_url(attribute->value, "http https cid");
	if (str_eq_cstr(name, "style"))
		check_style(attribute->value);
}

static void
check_tree(const struct html_node *node)
{
	for (const struct html_node *n = node->first; n; n = n->next) {
		check(!n->foreign && n->parent == node);
		check(!is_one_of(
		    n->name,
		    "script style svg math iframe frame object embed applet "
		    "form input button select option textarea title template "
		    "noscript noembed noframes xmp plaintext base link meta "
		    "listing image video audio canvas marquee html head body"));
		for (size_t i = 0; i < n->attribute_count; i++)
			check_attribute(&n->attributes[i]);
		check_tree(n);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str bytes = { (const char *)data, size };
	struct arena *a = arena_new();
	const struct html_node *root;
	struct str left, again, text;
	struct error err = { 0 };
	int code = html_sanitise(a, bytes, &left, &err);

	if (code >= 0) {
		check(left.len <= HTML_BYTES_MAX && str_utf8_valid(left));
		check(html_sanitise(a, left, &again, &err) == 0);
		check(str_eq(left, again));
		check(html_parse(a, left, &root, &err) == 0);
		check_tree(root);
	} else {
		check(err.code == ERROR_LIMIT || err.code == ERROR_INVALID);
		check(str_utf8_valid(str_of(err.text)));
	}
	if (html_to_text(a, bytes, &text, &err) >= 0)
		check(str_utf8_valid(text) && !memchr(text.p, '\0', text.len));
	arena_free(&a);
	return 0;
}
