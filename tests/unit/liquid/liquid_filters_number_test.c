/*
 * Filters of numbers, and what is a number.
 */
#include "liquid_try.h"

static void
integers_stay_integers(void **state)
{
	(void)state;
	gives("",
	      "{{ 5 | plus: 2 }} {{ 5 | minus: 7 }} {{ 5 | times: -2 }}"
	      " {{ 7 | divided_by: 2 }} {{ -7 | divided_by: 2 }} "
	      "{{ 7 | modulo: -3 }} {{ -7 | modulo: 3 }}",
	      "7 -2 -10 3 -4 -2 2");
}

static void
floats_are_exact_decimals(void **state)
{
	(void)state;
	gives("",
	      "{{ 0.1 | plus: 0.2 }} {{ 10.1 | minus: 2.2 }} "
	      "{{ 5.0 | times: 2.1 }} {{ 1000000.1 | minus: 1000000 }}",
	      "0.3 7.9 10.5 0.1");
	gives("",
	      "{{ 20 | divided_by: 7.0 }} {{ 2 | divided_by: 3.0 }} "
	      "{{ 10 | divided_by: 2.0 }} {{ 10.1 | modulo: 7.0 }}",
	      "2.857142857142857 0.6666666666666666 5.0 3.1");
	gives("",
	      "{{ 7.5 | modulo: -2 }} {{ 0.000001 | times: 3 }} "
	      "{{ 123456789.123456789 | plus: 1 }}",
	      "-0.5 3.0e-06 123456790.12345679");
	gives("", "{{ 100000000000000000.0 | plus: 0.00001 }}", "1.0e+17");
}

static void
text_is_a_number_as_far_as_it_reads_like_one(void **state)
{
	(void)state;
	gives("",
	      "{{ '10.1' | plus: '2.2' }} {{ '1.5abc' | plus: 1 }} "
	      "{{ ' 12 ' | plus: 1 }} {{ '1_000' | plus: 1 }} "
	      "{{ 'x' | plus: 1 }} {{ '+5' | plus: 1 }} "
	      "{{ '.5' | plus: 1 }}",
	      "12.3 2 13 1001 1 6 1");
	gives("{"
	      "'a': [3, 1, 2], 's': ['b', 'C', 'a', null], 'deep': [1, "
	      "[2, [3, []]]], 'none': [], 'o': {"
	      "'x': 1, 'y': 'z'}, 'rows': [{'k': 2, 'v': 'x'}, {"
	      "'k': 1, 'v': 'Y'}, {'k': 2, 'v': null}]}",
	      "{{ nil | plus: 1 }}{{ true | plus: 1 }}{{ a | plus: 1 }}"
	      "{{ o | plus: 1 }}",
	      "1111");
}

static void
nothing_whole_is_divided_by_zero(void **state)
{
	(void)state;
	refuses("", "{{ 10 | divided_by: 0 }}", "divided by 0");
	refuses("", "{{ 10 | divided_by: 'x' }}", "divided by 0");
	refuses("", "{{ 10 | modulo: 0 }}", "divided by 0");
	refuses("", "{{ 1.5 | modulo: 0.0 }}", "divided by 0");
	gives("",
	      "{{ 1.5 | divided_by: 0 }} {{ -1.5 | divided_by: 0 }} "
	      "{{ 0.0 | divided_by: 0 }}",
	      "Infinity -Infinity NaN");
}

static void
round_goes_away_from_zero_at_the_half(void **state)
{
	(void)state;
	gives("",
	      "{{ 4.5 | round }} {{ 5.5 | round }} {{ -4.5 | round }} "
	      "{{ 2.675 | round: 2 }} {{ 1.005 | round: 2 }}",
	      "5 6 -5 2.68 1.01");
	gives("",
	      "{{ 1234.567 | round: -2 }} {{ 25 | round: -1 }} "
	      "{{ 5.666 | round: '1' }} {{ 5.666 | round: 1.9 }} "
	      "{{ 5 | round: 3 }} {{ 5.1 | round: 99 }} "
	      "{{ 5.1 | round: -99 }}",
	      "1200 30 5.7 5.7 5 5.1 0");
	gives("", "{{ 5.666 | round: nil }} {{ 'x' | round }}", "6 0");
}

static void
ceil_and_floor_give_integers(void **state)
{
	(void)state;
	gives("",
	      "{{ 5.1 | ceil }} {{ -5.4 | ceil }} {{ 5.9 | floor }} "
	      "{{ -5.1 | floor }} {{ '5.1' | ceil }} {{ 5 | floor }} "
	      "{{ nil | ceil }} {{ 0.0000001 | ceil }}",
	      "6 -5 5 -6 6 5 0 1");
}

static void
abs_at_least_and_at_most_choose(void **state)
{
	(void)state;
	gives("",
	      "{{ -5.4 | abs }} {{ '-5' | abs }} {{ 5 | at_least: 8 }} "
	      "{{ 8.4 | at_least: 5 }} {{ 5.4 | at_most: 8 }} "
	      "{{ 8 | at_most: 5.0 }} {{ 5 | at_most: nil }} "
	      "{{ '7' | at_least: 3 }}",
	      "5.4 5 8 8.4 5.4 5.0 0 7");
	refuses("", "{{ 5 | at_least }}", "found none");
	refuses("", "{{ 5 | at_most: 1, 2 }}", "found 2");
}

static void
floats_are_the_shortest_that_read_back(void **state)
{
	(void)state;
	gives("",
	      "{{ 1.10 }} {{ 5.0 }} {{ 123456789012345.0 }} "
	      "{{ 1234567890123456.0 }} {{ 0.0001 }} {{ 0.00001 }} "
	      "{{ 0.1 }}",
	      "1.1 5.0 123456789012345.0 1.234567890123456e+15 0.0001 "
	      "1.0e-05 0.1");
}

static void
what_64_bits_do_not_hold_is_a_float(void **state)
{
	(void)state;
	gives("",
	      "{{ 9223372036854775807 | plus: 1 }} "
	      "{{ 9223372036854775807 | times: 2 }} "
	      "{{ -9223372036854775807 | minus: 1 }}",
	      "9.223372036854776e+18 1.8446744073709552e+19 "
	      "-9223372036854775808");
	gives("",
	      "{{ -9223372036854775807 | minus: 1 | abs }} "
	      "{{ -9223372036854775807 | minus: 1 | divided_by: -1 }}",
	      "9.223372036854776e+18 9.223372036854776e+18");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers_stay_integers),
		cmocka_unit_test(floats_are_exact_decimals),
		cmocka_unit_test(text_is_a_number_as_far_as_it_reads_like_one),
		cmocka_unit_test(nothing_whole_is_divided_by_zero),
		cmocka_unit_test(round_goes_away_from_zero_at_the_half),
		cmocka_unit_test(ceil_and_floor_give_integers),
		cmocka_unit_test(abs_at_least_and_at_most_choose),
		cmocka_unit_test(floats_are_the_shortest_that_read_back),
		cmocka_unit_test(what_64_bits_do_not_hold_is_a_float),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
