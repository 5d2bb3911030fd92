/*
 * html-sanitize: payloads by others, each with what DOMPurify may leave of it.
 * We keep less than DOMPurify does, so a payload passes when ours is a part of
 * one of the outputs it may leave: our elements, each with attributes that it
 * has there, and the characters of our text come there in the same order. Blanks
 * do not count. Both are read by our parser here; by one of others, ours is read
 * in html_sanitise.mjs.
 */
#include <stdlib.h>

#include "base/arena.h"
#include "base/js.h"
#include "corpus.h"
#include "html/html.h"

enum { ELEMENTS_MAX = 1000 };

/* A tree laid flat: elements in order, and all text without blanks. */
struct flat {
	const struct html_node *elements[ELEMENTS_MAX];
	size_t count;
	struct buf text;
};

static void
add_text(struct buf *out, struct str text)
{
	struct str word;

	while (str_word(&text, &word))
		buf_str(out, word);
}

static void
lay_flat(const struct html_node *node, struct flat *f)
{
	for (const struct html_node *n = node->first; n; n = n->next) {
		add_text(&f->text, n->text);
		if (n->name.len > 0 && f->count < ELEMENTS_MAX)
			f->elements[f->count++] = n;
		lay_flat(n, f);
	}
}

static void
read_flat(struct arena *a, struct str markup, struct flat *f)
{
	const struct html_node *root;
	struct error err;

	assert_ok(html_parse(a, markup, &root, &err), err);
	lay_flat(root, f);
}

/* Every declaration of ours is in the style that is allowed. */
static bool
is_part_of_style(struct arena *a, struct str ours, struct str allowed)
{
	struct buf whole = { 0 };
	struct str declaration;
	bool is = true;

	add_text(&whole, str_lower(a, allowed));
	ours = str_lower(a, ours);
	while (str_split(&ours, ';', &declaration)) {
		struct buf part = { 0 };

		add_text(&part, declaration);
		is &= str_find(buf_view(&whole), buf_view(&part)) >= 0;
		buf_fini(&part);
	}
	buf_fini(&whole);
	return is;
}

static bool
is_same_but_less(struct arena *a, const struct html_node *ours,
		 const struct html_node *allowed)
{
	bool is = str_eq(ours->name, allowed->name);

	for (size_t i = 0; i < ours->attribute_count && is; i++) {
		struct str name = ours->attributes[i].name;
		struct str value = ours->attributes[i].value;
		struct str other = html_attribute(allowed, str_cstr(a, name));

		is = str_eq_cstr(name, "style")
			 ? is_part_of_style(a, value, other)
			 : str_eq(value, str_trim(other));
	}
	return is;
}

static bool
is_part_of(struct arena *a, const struct flat *ours, const struct flat *allowed)
{
	size_t at = 0, element = 0;

	for (size_t i = 0; i < allowed->count && element < ours->count; i++)
		element += is_same_but_less(a, ours->elements[element],
					    allowed->elements[i]);
	for (size_t i = 0; i < allowed->text.len && at < ours->text.len; i++)
		at += allowed->text.p[i] == ours->text.p[at];
	return element == ours->count && at == ours->text.len;
}

static bool
is_allowed(struct arena *a, struct str left, struct str allowed)
{
	struct flat *ours = ARENA_NEW(a, struct flat);
	struct flat *theirs = ARENA_NEW(a, struct flat);
	bool is;

	read_flat(a, left, ours);
	read_flat(a, allowed, theirs);
	is = is_part_of(a, ours, theirs);
	buf_fini(&ours->text);
	buf_fini(&theirs->text);
	return is;
}

/*
 * DOMPurify reads a document, whose body a frameset may replace, so nothing is
 * left. We read what is in a div, where the standard has a frameset passed over
 * (13.2.6.4.7, "in body"), as it will be where ours is put.
 */
static const char frameset[] = "<div id=\"31\"><frameset onload=alert(31)>";
static const char without_frameset[] =
    "<div>//[&quot;&#39;`--&gt;]]&gt;]</div>";

static bool
passes(const struct js *test)
{
	const struct js *expected = js_find(test, "expected");
	struct arena *a = arena_new();
	struct str payload = { 0 }, left, again, allowed;
	struct error err;
	bool is = false;

	assert_true(js_as_str(js_find(test, "payload"), &payload));
	assert_ok(html_sanitise(a, payload, &left, &err), err);
	assert_ok(html_sanitise(a, left, &again, &err), err);
	if (js_as_str(expected, &allowed))
		is = is_allowed(a, left, allowed);
	for (size_t i = 0; i < js_count(expected); i++)
		is |= js_as_str(js_at(expected, i), &allowed) &&
		      is_allowed(a, left, allowed);
	if (str_starts(payload, str_of(frameset)))
		is = str_eq_cstr(left, without_frameset);
	is &= str_eq(left, again);
	if (!is)
		print_message("payload: %.*s\n   left: %.*s\n",
			      STR_ARG(payload), STR_ARG(left));
	arena_free(&a);
	return is;
}

static void
what_is_left_is_a_part_of_what_is_allowed(void **state)
{
	const char *corpora = getenv("GUIDON_CORPORA");
	struct error err = { 0 };
	struct buf path = { 0 }, text = { 0 };
	struct js *tests = NULL;
	size_t passed = 0, count;

	(void)state;
	if (!corpora) {
		print_message("SKIPPED: GUIDON_CORPORA is not set\n");
		skip();
	}
	buf_printf(&path, "%s/html-sanitize/dompurify-expect.json", corpora);
	corpus_read(buf_cstr(&path), &text);
	assert_ok(js_parse(buf_view(&text), &tests, &err), err);
	count = js_count(tests);
	for (size_t i = 0; i < count; i++)
		passed += passes(js_at(tests, i));
	print_message("html-sanitize: %zu passed, %zu failed\n", passed,
		      count - passed);
	assert_true(count > 100 && passed == count);
	js_free(&tests);
	buf_fini(&text);
	buf_fini(&path);
}

/* The judge itself: what is more than allowed is seen. */
static void
what_is_more_is_noticed(void **state)
{
	struct arena *a = arena_new();
	const struct str allowed =
	    STR("<p title=a>one <b style='color: red'>two</b></p>");

	(void)state;
	assert_true(is_allowed(a, STR("<b style=COLOR:RED>two"), allowed));
	assert_true(is_allowed(a, STR("onetwo"), allowed));
	assert_false(is_allowed(a, STR("two one"), allowed));
	assert_false(is_allowed(a, STR("<b><p>one"), allowed));
	assert_false(is_allowed(a, STR("<p title=b>one"), allowed));
	assert_false(is_allowed(a, STR("<p class=a>one"), allowed));
	assert_false(is_allowed(a, STR("<b style='width:1px'>two"), allowed));
	assert_false(is_allowed(a, STR("<p>one<img src=x>"), allowed));
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_left_is_a_part_of_what_is_allowed),
		cmocka_unit_test(what_is_more_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
