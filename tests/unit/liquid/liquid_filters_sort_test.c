/*
 * sort, sort_natural and uniq.
 */
#include "liquid_try.h"

static const char data[] =
    "{'a': [3, 1, 2], 's': ['b', 'C', 'a', null], "
    "'deep': [1, [2, [3, []]]], 'none': [], 'o': {'x': 1, 'y': 'z'}, "
    "'rows': [{'k': 2, 'v': 'x'}, {'k': 1, 'v': 'Y'}, {'k': 2, 'v': null}]}";

static void
sort_orders_numbers_and_texts_with_nil_last(void **state)
{
	(void)state;
	gives(data, "{{ a | sort | join }}", "1 2 3");
	gives(data, "{{ s | sort | join: '-' }}", "C-a-b-");
	gives("{'a': [1, 1000, 3.5, -2]}", "{{ a | sort | join }}",
	      "-2 1 3.5 1000");
	gives("{'a': ['', 'a']}", "{{ a | sort | size }}", "2");
	gives("", "{{ 'BA' | sort | join }}[{{ nil | sort }}]", "BA[]");
}

static void
sort_refuses_what_has_no_order(void **state)
{
	(void)state;
	refuses("{'a': [1, 'b']}", "{{ a | sort }}", "no order");
	refuses("{'a': [{'x': 1}, {'x': 2}]}", "{{ a | sort }}", "no order");
	refuses("{'a': [true, false]}", "{{ a | sort }}", "no order");
	gives("{'a': [true]}", "{{ a | sort }}", "true");
	gives("{'a': [{'x': 1}, {'x': 1}]}", "{{ a | sort | size }}", "2");
}

static void
sort_by_a_property_keeps_the_order_of_equals(void **state)
{
	(void)state;
	gives(data, "{{ rows | sort: 'k' | map: 'v' | join: '-' }}", "Y-x-");
	gives(data, "{{ rows | sort: 'v' | map: 'k' | join }}", "1 2 2");
	gives("{'a': [1.5, {'k': 1}]}", "[{{ a | sort: 'k' }}]", "[]");
	refuses("{'a': [1, 2]}", "{{ a | sort: 'k' }}",
		"expected an object with");
	gives(data, "{{ s | sort: nil | first }}", "C");
}

static void
sort_natural_folds_case_and_takes_all_as_text(void **state)
{
	(void)state;
	gives(data, "{{ s | sort_natural | join: '-' }}", "a-b-C-");
	gives("{'a': [9, 1111, 87, 'x']}", "{{ a | sort_natural | join }}",
	      "1111 87 9 x");
	gives(data, "{{ rows | sort_natural: 'v' | map: 'v' | join: '-' }}",
	      "x-Y-");
	gives("{'a': ['ab', 'a', 'Abc']}", "{{ a | sort_natural | join }}",
	      "a ab Abc");
}

static void
uniq_keeps_the_first_of_each(void **state)
{
	(void)state;
	gives("{'a': [1, 1.0, '1', 1, {}, {}, null, null]}",
	      "{{ a | uniq | size }}", "5");
	gives(data, "{{ rows | uniq: 'k' | map: 'v' | join }}", "x Y");
	gives("{'a': [{'k': 1}, null]}", "[{{ a | uniq: 'k' }}]", "[]");
}

static void
a_single_item_is_not_asked_for_its_property(void **state)
{
	(void)state;
	gives(
	    "",
	    "{{ 5 | sort: 'k' }}{{ 5 | uniq: 'k' }}{{ 5 | sort_natural: 'k' }}",
	    "555");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sort_orders_numbers_and_texts_with_nil_last),
		cmocka_unit_test(sort_refuses_what_has_no_order),
		cmocka_unit_test(sort_by_a_property_keeps_the_order_of_equals),
		cmocka_unit_test(sort_natural_folds_case_and_takes_all_as_text),
		cmocka_unit_test(uniq_keeps_the_first_of_each),
		cmocka_unit_test(a_single_item_is_not_asked_for_its_property),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
