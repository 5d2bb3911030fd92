/*
 * Filters that put arrays together and take them apart.
 */
#include "liquid_try.h"

static const char data[] =
    "{'a': [3, 1, 2], 's': ['b', 'C', 'a', null], "
    "'deep': [1, [2, [3, []]]], 'none': [], 'o': {'x': 1, 'y': 'z'}, "
    "'rows': [{'k': 2, 'v': 'x'}, {'k': 1, 'v': 'Y'}, {'k': 2, 'v': null}]}";

static void
arrays_are_laid_flat_before_anything_is_done(void **state)
{
	(void)state;
	gives(data, "{{ deep | join: ',' }}", "1,2,3");
	gives(data, "{{ deep | reverse | join }}", "3 2 1");
	gives(data, "{{ deep | sum }}", "6");
	gives(data, "{{ deep | size }}", "2");
}

static void
a_single_value_is_an_array_of_one_and_nil_of_none(void **state)
{
	(void)state;
	gives("", "{{ 12 | join: '#' }}", "12");
	gives("", "{{ 'a,b' | join: '#' }}", "a,b");
	gives("", "[{{ nil | join: '#' }}]", "[]");
	gives(data, "{{ o | reverse }}", "{\"x\"=>1, \"y\"=>\"z\"}");
	gives(data, "{{ nil | concat: a | join }}", "3 1 2");
}

static void
join_takes_a_blank_unless_told_otherwise(void **state)
{
	(void)state;
	gives(data, "{{ a | join }}", "3 1 2");
	gives(data, "{{ a | join: '' }}", "312");
	gives(data, "{{ a | join: nil }}", "312");
	gives(data, "{{ a | join: 0 }}", "30102");
	gives(data, "{{ s | join: '-' }}", "b-C-a-");
}

static void
first_and_last_are_of_what_has_an_order(void **state)
{
	(void)state;
	gives(data, "{{ a | first }}{{ a | last }}", "32");
	gives(data, "[{{ none | first }}{{ none | last }}]", "[]");
	gives("", "{{ (4..7) | first }}{{ (4..7) | last }}", "47");
	gives(data, "{{ o | first | join: '=' }}[{{ o | last }}]", "x=1[]");
	gives("", "[{{ 'ab' | first }}{{ 5 | last }}]", "[]");
}

static void
concat_takes_an_array_and_nothing_else(void **state)
{
	(void)state;
	gives(data, "{{ a | concat: a | join }}", "3 1 2 3 1 2");
	gives(data, "{{ 'x' | concat: a | join }}", "x 3 1 2");
	gives(data, "{{ (1..2) | concat: a | join }}", "1 2 3 1 2");
	refuses(data, "{{ a | concat: 'x' }}", "expected an array");
	refuses(data, "{{ a | concat: (1..2) }}", "expected an array");
	refuses(data, "{{ a | concat }}", "found none");
}

static void
map_asks_each_item_for_a_property(void **state)
{
	(void)state;
	gives(data, "{{ rows | map: 'k' | join }}", "2 1 2");
	gives(data, "{{ rows | map: 'nope' | compact | size }}", "0");
	gives("{'a': ['zoo', null, true]}", "{{ a | map: 'o' | join: '-' }}",
	      "o--");
	refuses(data, "{{ a | map: 'k' }}", "expected an object with \"k\"");
}

static void
sum_adds_numbers_and_what_reads_as_one(void **state)
{
	(void)state;
	gives(data, "{{ a | sum }}", "6");
	gives("{'a': ['1', '2.5', 'x', null, true]}", "{{ a | sum }}", "3.5");
	gives("{'a': [0.1, 0.2, 0.3]}", "{{ a | sum }}", "0.6");
	gives(data, "{{ rows | sum: 'k' }}", "5");
	gives(data, "{{ none | sum }}", "0");
	gives("{'a': [{'k': [1, [2]]}]}", "{{ a | sum: 'k' }}", "3");
	refuses(data, "{{ a | sum: 'k' }}", "expected an object with");
}

static void
size_counts_characters_items_members_and_bytes_of_a_number(void **state)
{
	(void)state;
	gives("", "{{ 'äöü' | size }}", "3");
	gives(data, "{{ a | size }}{{ o | size }}{{ none | size }}", "320");
	gives(
	    "",
	    "{{ (1..9) | size }}{{ nil | size }}{{ 1.5 | size }}{{ 5 | size }}",
	    "9008");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arrays_are_laid_flat_before_anything_is_done),
		cmocka_unit_test(
		    a_single_value_is_an_array_of_one_and_nil_of_none),
		cmocka_unit_test(join_takes_a_blank_unless_told_otherwise),
		cmocka_unit_test(first_and_last_are_of_what_has_an_order),
		cmocka_unit_test(concat_takes_an_array_and_nothing_else),
		cmocka_unit_test(map_asks_each_item_for_a_property),
		cmocka_unit_test(sum_adds_numbers_and_what_reads_as_one),
		cmocka_unit_test(
		    size_counts_characters_items_members_and_bytes_of_a_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
