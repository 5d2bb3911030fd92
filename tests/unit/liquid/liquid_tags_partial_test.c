/*
 * include and render.
 */
#include "liquid_try.h"

static const char data[] =
    "{'x': 5, 'a': [1, 2], "
    "'partials': {'p': '[{{ p }}|{{ v }}|{{ forloop.index }}]', "
    "'in/q': '<{{ q }}>', 'set': '{% assign v = 9 %}', "
    "'count': '{% increment c %}', 'stop': 'a{% break %}b', "
    "'next': 'a{% continue %}b', "
    "'loop': '{% for i in (1..2) %}"
    "{{ forloop.parentloop.index }}{{ i }}{% endfor %}', "
    "'outer': '{% include w %}', 'turn': '{% cycle 1, 2 %}', "
    "'self': '{% case v %}{% when 1 %}{% assign v = 2 %}"
    "{% include w %}{% else %}-{% endcase %}'}}";

static void
an_include_sees_and_sets_what_its_caller_does(void **state)
{
	(void)state;
	gives(data,
	      "{% assign v = 1 %}{% include 'p' %}{% include 'set' %}{{ v }}",
	      "[|1|]9");
	gives(data, "{% increment c %}{% include 'count' %}{{ c }}", "012");
}

static void
an_include_takes_arguments_one_after_the_other(void **state)
{
	(void)state;
	gives(data, "{% include 'p', v: 1 %}{% include 'p' v: 2 %}{{ v }}",
	      "[|1|][|2|]");
	gives(data, "{% include 'p', w: 3, v: w %}", "[|3|]");
}

static void
an_include_is_bound_to_a_value_or_each_of_an_array(void **state)
{
	(void)state;
	gives(data,
	      "{% include 'p' with x %}{% include 'p' with a %}"
	      "{% include 'p' for a %}",
	      "[5||][1||][2||][1||][2||]");
	gives(data, "{% include 'p' with x as v %}{% include 'in/q' with x %}",
	      "[|5|]<5>");
	gives(data, "{% include 'p' for (1..2) %}", "[1..2||]");
}

static void
an_include_without_a_value_takes_the_variable_of_its_name(void **state)
{
	(void)state;
	gives(data, "{% assign p = 7 %}{% include 'p' %}", "[7||]");
	gives(data, "{% assign p = a %}{% include 'p' %}", "[1||][2||]");
	gives(data, "{% assign q = 7 %}{% include 'in/q' %}", "<>");
}

static void
an_include_may_be_named_by_a_value(void **state)
{
	(void)state;
	gives(data,
	      "{% assign w = 'p' %}{% include w %}"
	      "{% include w with x, v: 1 %}{% include w for a %}",
	      "[||][5|1|][1||][2||]");
	gives(data, "{% assign w = 'in/q' %}{% include w with x %}", "<5>");
	refuses(data, "{% include nothing %}", "expected the name of a p");
	refuses(data, "{% assign w = 'nope' %}{% include w %}",
		"no partial \"nope\"");
}

static void
break_and_continue_leave_an_include(void **state)
{
	(void)state;
	gives(data, "{% for i in (1..2) %}{% include 'stop' %}x{% endfor %}y",
	      "ay");
	gives(data, "{% for i in (1..2) %}{% include 'next' %}x{% endfor %}y",
	      "aay");
	gives(data,
	      "{% for i in (1..2) %}{% include 'stop' for a %}x{% endfor %}y",
	      "ay");
}

static void
a_case_that_includes_itself_remembers_its_own_branch(void **state)
{
	(void)state;
	gives(data, "{% assign v = 1 %}{% assign w = 'self' %}{% include w %}",
	      "-");
}

static void
a_render_sees_its_arguments_and_the_globals(void **state)
{
	(void)state;
	gives(data,
	      "{% assign v = 1 %}{% render 'p' %}{% render 'p', v: v %}"
	      "{% render 'set' %}{{ v }}",
	      "[||][|1|]1");
	gives(data, "{% increment c %}{% render 'count' %}{{ c }}", "001");
	gives(data, "{% cycle 1, 2 %}{% render 'turn' %}{% cycle 1, 2 %}",
	      "112");
}

static void
a_render_is_bound_to_a_value_or_each_of_many(void **state)
{
	(void)state;
	gives(data,
	      "{% render 'p' with x %}{% render 'p' for a %}"
	      "{% render 'p' for (3..4), v: 1 %}",
	      "[5||][1||1][2||2][3|1|1][4|1|2]");
	gives(data, "{% render 'p' for x %}{% render 'p' with x as v %}",
	      "[5||][|5|]");
	gives(data, "{% render 'p' for a as v %}[{% render 'p' for none %}]",
	      "[|1|1][|2|2][[||]]");
	gives(data, "{% render 'p' with nil, p: 3 %}", "[3||]");
}

static void
a_render_has_no_loop_around_it(void **state)
{
	(void)state;
	gives(data, "{% for i in (1..2) %}{% render 'loop' %};{% endfor %}",
	      "12;12;");
	gives(data, "{% for i in (1..2) %}{% include 'loop' %};{% endfor %}",
	      "1112;2122;");
	gives(data, "{% for i in (1..2) %}{% render 'stop' %}x{% endfor %}",
	      "axax");
}

static void
an_include_has_no_place_in_a_render(void **state)
{
	(void)state;
	refuses(data, "{% render 'outer', w: 'p' %}", "inside of a render");
}

static void
a_render_is_named_by_a_text(void **state)
{
	(void)state;
	refuses(data, "{% render w %}", "a partial in quotes");
	refuses(data, "{% render 'nope' %}", "no partial");
	refuses(data, "{% render 'p' x %}", "expected \":\"");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_include_sees_and_sets_what_its_caller_does),
		cmocka_unit_test(
		    an_include_takes_arguments_one_after_the_other),
		cmocka_unit_test(
		    an_include_is_bound_to_a_value_or_each_of_an_array),
		cmocka_unit_test(
		    an_include_without_a_value_takes_the_variable_of_its_name),
		cmocka_unit_test(an_include_may_be_named_by_a_value),
		cmocka_unit_test(break_and_continue_leave_an_include),
		cmocka_unit_test(
		    a_case_that_includes_itself_remembers_its_own_branch),
		cmocka_unit_test(a_render_sees_its_arguments_and_the_globals),
		cmocka_unit_test(a_render_is_bound_to_a_value_or_each_of_many),
		cmocka_unit_test(a_render_has_no_loop_around_it),
		cmocka_unit_test(an_include_has_no_place_in_a_render),
		cmocka_unit_test(a_render_is_named_by_a_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
