#include "markup.h"

static const struct html_node *
parse(const char *bytes)
{
	const struct html_node *root = NULL;

	assert_ok(html_parse(a, str_of(bytes), &root, &err), err);
	assert_int_equal(root->name.len, 0);
	return root;
}

static void
a_tree_is_what_a_browser_would_build(void **state)
{
	const struct html_node *root, *p, *row;

	(void)state;
	root = parse("<P Title='a &lt; b'>one<p>two<table><td>&eacute;");
	p = root->first;
	assert_str(p->name, "p");
	assert_true(p->parent == root);
	assert_str(html_attribute(p, "title"), "a < b");
	assert_int_equal(html_attribute(p, "class").len, 0);
	assert_str(p->first->text, "one");
	p = p->next;
	assert_str(p->first->text, "two");
	assert_str(p->next->name, "table");
	row = p->next->first->first;
	assert_str(row->name, "tr");
	assert_str(row->parent->name, "tbody");
	assert_str(row->first->first->text, "\xc3\xa9");
	assert_null(p->next->next);
}

static void
names_are_in_lower_case_also_of_elements_nobody_knows(void **state)
{
	const struct html_node *root = parse("<X-Y AbC=D>z</X-Y>");

	(void)state;
	assert_str(root->first->name, "x-y");
	assert_str(root->first->attributes[0].name, "abc");
	assert_str(root->first->attributes[0].value, "D");
}

static void
other_namespaces_are_told_apart(void **state)
{
	const struct html_node *svg = parse("<svg><style>x</svg><p>")->first;

	(void)state;
	assert_true(svg->foreign);
	assert_true(svg->first->foreign);
	assert_false(svg->next->foreign);
}

static void
comments_and_doctypes_are_not_there(void **state)
{
	const struct html_node *root =
	    parse("<!doctype html>a<!-- <b> -->b<?php x ?>c<![CDATA[d]]>");
	struct buf b = { 0 };

	(void)state;
	for (const struct html_node *n = root->first; n; n = n->next) {
		assert_int_equal(n->name.len, 0);
		buf_str(&b, n->text);
	}
	assert_str(buf_view(&b), "abc");
	buf_fini(&b);
}

static void
a_number_that_is_no_character_is_none(void **state)
{
	static const char *const numbers[] = {
		"&#99999999999999999999999999999999999999999999990;",
		"&#x110000;",
		"&#xd800;",
		"&#0;",
		"&#2147483647;",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(numbers); i++) {
		struct str text = parse(arena_printf(a, "<b title='%s'>%s",
						     numbers[i], numbers[i]))
				      ->first->first->text;

		assert_true(str_starts(text, STR("\xef\xbf\xbd")));
	}
}

static void
nothing_is_an_empty_tree(void **state)
{
	const struct html_node *root;

	(void)state;
	assert_null(parse("")->first);
	assert_ok(html_parse(a, (struct str){ 0 }, &root, &err), err);
	assert_null(root->first);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HTML_TEST(a_tree_is_what_a_browser_would_build),
		HTML_TEST(
		    names_are_in_lower_case_also_of_elements_nobody_knows),
		HTML_TEST(other_namespaces_are_told_apart),
		HTML_TEST(comments_and_doctypes_are_not_there),
		HTML_TEST(a_number_that_is_no_character_is_none),
		HTML_TEST(nothing_is_an_empty_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
