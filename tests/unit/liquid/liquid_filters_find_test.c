/*
 * Filters that look for items by a property.
 */
#include "liquid_try.h"

static const char data[] =
    "{'a': [3, 1, 2], 's': ['b', 'C', 'a', null], "
    "'deep': [1, [2, [3, []]]], 'none': [], 'o': {'x': 1, 'y': 'z'}, "
    "'rows': [{'k': 2, 'v': 'x'}, {'k': 1, 'v': 'Y'}, {'k': 2, 'v': null}]}";

static void
where_keeps_what_has_the_property(void **state)
{
	(void)state;
	gives(data, "{{ rows | where: 'v' | map: 'v' | join }}", "x Y");
	gives(data, "{{ rows | where: 'k', 2 | size }}", "2");
	gives(data, "{{ rows | where: 'k', '2' | size }}", "0");
	gives("{'a': [{'b': false}, {'b': null}, {'b': 1}]}",
	      "{{ a | where: 'b', false | size }}"
	      "{{ a | where: 'b', nil | size }}",
	      "11");
	refuses(data, "{{ a | where: 'x' }}", "expected an object with");
	refuses(data, "{{ a | where }}", "found none");
}

static void
reject_keeps_the_others(void **state)
{
	(void)state;
	gives(data, "{{ rows | reject: 'k', 2 | map: 'v' | join }}", "Y");
	gives(data, "{{ rows | reject: 'v' | size }}", "1");
	gives(data, "{{ none | reject: 'v' | size }}", "0");
}

static void
find_and_find_index_stop_at_the_first(void **state)
{
	(void)state;
	gives(data, "{% assign r = rows | find: 'k', 2 %}{{ r.v }}", "x");
	gives(data, "{{ rows | find_index: 'k', 1 }}", "1");
	gives(data,
	      "[{{ rows | find: 'k', 7 }}{{ rows | find_index: 'k', 7 }}]",
	      "[]");
	gives(data, "[{{ none | find: 'k' }}{{ none | find_index: 'k' }}]",
	      "[]");
}

static void
has_answers_yes_or_no(void **state)
{
	(void)state;
	gives(data, "{{ rows | has: 'k', 1 }}", "true");
	gives(data, "{{ rows | has: 'k', 7 }}", "false");
	gives(data, "{{ rows | has: 'v' }}{{ none | has: 'v' }}", "truefalse");
}

static void
a_text_has_its_parts_and_characters(void **state)
{
	(void)state;
	gives("{'a': ['foo', 'zoo']}",
	      "{{ a | where: 'z' | join }}{{ a | find_index: 'z' }}", "zoo1");
	gives("{'a': ['foo', 'zoo']}",
	      "{{ a | find: 0, 'z' }}{{ a | find: -3, 'f' }}", "zoofoo");
	refuses("{'a': ['foo']}", "{{ a | find: nil }}",
		"expected the name of a p");
}

static void
an_integer_has_bits(void **state)
{
	(void)state;
	gives("{'a': [4, 5]}", "{{ a | find: 0, 1 }}{{ a | find: 99, 1 }}",
	      "5");
}

static void
an_item_that_cannot_be_asked_leaves_nothing(void **state)
{
	(void)state;
	gives("{'a': [{'x': 1}, null]}",
	      "[{{ a | has: 'y' }}{{ a | where: 'x' }}"
	      "{{ a | reject: 'x' }}{{ a | find: 'y' }}]",
	      "[]");
	gives("{'a': [{'x': 1}, null]}", "{{ a | has: 'x' }}", "true");
	gives("{'a': [1.5, true]}", "[{{ a | where: 'x' }}]", "[]");
}

static void
compact_drops_nil_here_or_under_a_name(void **state)
{
	(void)state;
	gives(data, "{{ s | compact | size }}", "3");
	gives(data, "{{ rows | compact: 'v' | size }}", "2");
	gives("", "{{ 123 | compact | first }}", "123");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(where_keeps_what_has_the_property),
		cmocka_unit_test(reject_keeps_the_others),
		cmocka_unit_test(find_and_find_index_stop_at_the_first),
		cmocka_unit_test(has_answers_yes_or_no),
		cmocka_unit_test(a_text_has_its_parts_and_characters),
		cmocka_unit_test(an_integer_has_bits),
		cmocka_unit_test(an_item_that_cannot_be_asked_leaves_nothing),
		cmocka_unit_test(compact_drops_nil_here_or_under_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
