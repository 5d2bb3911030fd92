/*
 * for, tablerow, break and continue.
 */
#include "liquid_try.h"

static const char data[] =
    "{'a': [3, 1, 2], 's': ['b', 'C', 'a', null], "
    "'deep': [1, [2, [3, []]]], 'none': [], 'o': {'x': 1, 'y': 'z'}, "
    "'rows': [{'k': 2, 'v': 'x'}, {'k': 1, 'v': 'Y'}, {'k': 2, 'v': null}]}";

static void
a_for_goes_over_what_has_parts(void **state)
{
	(void)state;
	gives(data,
	      "{% for i in a %}{{ i }}{% endfor %}|"
	      "{% for i in (2..4) %}{{ i }}{% endfor %}|"
	      "{% for i in o %}{{ i[0] }}={{ i[1] }};{% endfor %}|"
	      "{% for i in 'ab' %}{{ i }}.{% endfor %}",
	      "312|234|x=1;y=z;|ab.");
	gives(data,
	      "{% for i in 5 %}x{% else %}none{% endfor %}"
	      "{% for i in '' %}x{% else %}none{% endfor %}"
	      "{% for i in nil %}x{% else y %}none{% endfor %}",
	      "nonenonenone");
}

static void
forloop_tells_where_the_loop_is(void **state)
{
	(void)state;
	gives(data,
	      "{% for i in a %}{{ forloop.index }}{{ forloop.index0 }}"
	      "{{ forloop.rindex }}{{ forloop.rindex0 }}"
	      "{{ forloop.length }}{{ forloop.first }}"
	      "{{ forloop.last }};{% endfor %}",
	      "10323truefalse;21213falsefalse;32103falsetrue;");
	gives(data,
	      "{% for i in a limit:1 %}{{ forloop.name }} {{ forloop }}"
	      "{{ forloop['index'] }}{{ forloop.nope }}{% endfor %}"
	      "{{ forloop }}",
	      "i-a Liquid::ForloopDrop1");
	gives(data, "{% for i in ( 1 .. 1 ) %}{{ forloop.name }}{% endfor %}",
	      "i-(1..1)");
	gives("",
	      "{% for i in (1..2) %}{% for j in (1..2) %}"
	      "{{ forloop.parentloop.index }}{% endfor %}{% endfor %}",
	      "1122");
}

static void
limit_offset_and_reversed_choose_the_items(void **state)
{
	(void)state;
	gives("",
	      "{% for i in (1..6) limit: 2, offset: 3 %}{{ i }}"
	      "{% endfor %}|"
	      "{% for i in (1..6) reversed limit: 2 offset: 1 %}{{ i }}"
	      "{% endfor %}|{% for i in (1..6) offset: '4' %}{{ i }}"
	      "{% endfor %}",
	      "45|32|56");
	gives("",
	      "{% for i in (1..5) offset: -1 limit: 3 %}{{ i }}"
	      "{% endfor %}|{% for i in (1..5) limit: nil %}{{ i }}"
	      "{% endfor %}|{% for i in (1..5) limit: -1 %}{{ i }}"
	      "{% else %}none{% endfor %}",
	      "12|12345|none");
	/* A text is one item, whatever the limits. */
	gives("",
	      "{% for i in 'ab' reversed limit: 0 offset: 1 %}{{ i }}"
	      "{% endfor %}|{% for i in '' %}{{ i }}{% else %}none"
	      "{% endfor %}",
	      "ab|none");
	refuses("", "{% for i in (1..4) limit: 'x' %}{% endfor %}",
		"found \"x\" as \"limit\", expected an integer");
	refuses("", "{% for i in (1..4) offset: 1.0 %}{% endfor %}",
		"found 1.0 as \"offset\", expected an integer");
	refuses("", "{% for i in (1..4) foo: 1 %}{% endfor %}",
		"limit, offset or reversed");
}

static void
a_loop_goes_on_where_the_last_of_its_name_ended(void **state)
{
	(void)state;
	gives("",
	      "{% for i in (1..6) limit: 2 %}{{ i }}{% endfor %}-"
	      "{% for i in (1..6) limit: 3 offset: continue %}{{ i }}"
	      "{% endfor %}-{% for i in ( 1..6 ) offset:continue %}"
	      "{{ i }}{% endfor %}-"
	      "{% for i in (1..6) offset: continue %}{{ i }}"
	      "{% endfor %}",
	      "12-345-6-");
	gives("",
	      "{% for i in (1..6) limit: 3 %}{% break %}{% endfor %}"
	      "{% for i in (1..6) offset: continue %}{{ i }}"
	      "{% endfor %}",
	      "456");
}

static void
break_and_continue_end_the_innermost_loop(void **state)
{
	(void)state;
	gives("",
	      "{% for i in (1..3) %}{% for j in (1..3) %}"
	      "{% if j == 2 %}{% break %}{% endif %}{{ i }}{{ j }};"
	      "{% endfor %}{% endfor %}",
	      "11;21;31;");
	gives("",
	      "{% for i in (1..4) %}{% if i == 2 %}{% continue %}"
	      "{% endif %}{{ i }}{% endfor %}",
	      "134");
	gives("", "a{% break %}b", "a");
	gives("",
	      "{% for i in (1..2) %}{% ifchanged %}{{ i }}{% break %}"
	      "{% endifchanged %}x{% endfor %}y",
	      "1y");
}

static void
a_tablerow_writes_rows_and_cells(void **state)
{
	(void)state;
	gives("", "{% tablerow i in (1..3) cols:2 %}{{ i }}{% endtablerow %}",
	      "<tr class=\"row1\">\n<td class=\"col1\">1</td><td class="
	      "\"col2\">2</td></tr>\n<tr class=\"row2\"><td class=\""
	      "col1\">3</td></tr>\n");
	gives("", "{% tablerow i in (1..2) %}{{ i }}{% endtablerow %}",
	      "<tr class=\"row1\">\n<td class=\"col1\">1</td><td class="
	      "\"col2\">2</td></tr>\n");
	gives("",
	      "{% tablerow i in '' %}x{% endtablerow %}["
	      "{% tablerow i in nil %}x{% endtablerow %}]",
	      "<tr class=\"row1\">\n</tr>\n[]");
}

static void
a_tablerow_takes_cols_limit_and_offset_as_numbers(void **state)
{
	(void)state;
	gives("",
	      "{% tablerow i in (1..9), cols: '1', limit: 2.9, offset: "
	      "'3x' %}{{ i }}{% endtablerow %}",
	      "<tr class=\"row1\">\n<td class=\"col1\">4</td></tr>\n"
	      "<tr class=\"row2\"><td class=\"col1\">5</td></tr>\n");
	gives("",
	      "{% tablerow i in (1..2) limit: nil %}{{ i }}{% endtablerow %}",
	      "<tr class=\"row1\">\n</tr>\n");
	refuses(data, "{% tablerow i in (1..2) cols: a %}{% endtablerow %}",
		"as \"cols\", expected an integer");
	refuses("", "{% tablerow i in (1..2) rows: 1 %}{% endtablerow %}",
		"cols, limit or offset");
	refuses("", "{% tablerow i of x %}{% endtablerow %}",
		"expected \"in\"");
}

static void
tablerowloop_tells_where_the_table_is(void **state)
{
	(void)state;
	gives("",
	      "{% tablerow i in (1..3) cols:2 %}{{ tablerowloop.row }}"
	      "{{ tablerowloop.col }}{{ tablerowloop.col0 }}"
	      "{{ tablerowloop.col_first }}{{ tablerowloop.col_last }}"
	      "{{ tablerowloop.index }}{{ tablerowloop.last }}"
	      "{{ forloop.index }}{% endtablerow %}{{ tablerowloop }}",
	      "<tr class=\"row1\">\n<td class=\"col1\""
	      ">110truefalse1false</td><td class=\"col2\""
	      ">121falsetrue2false</td></tr>\n<tr class=\"row2\""
	      "><td class=\"col1\">210truefalse3true</td></tr>\n");
}

static void
break_and_continue_end_a_cell_first(void **state)
{
	(void)state;
	gives("",
	      "{% tablerow i in (1..3) cols:2 %}{{ i }}{% break %}x"
	      "{% endtablerow %}",
	      "<tr class=\"row1\">\n<td class=\"col1\">1</td></tr>\n");
	gives("",
	      "{% tablerow i in (1..3) cols:2 %}{{ i }}{% continue %}x"
	      "{% endtablerow %}",
	      "<tr class=\"row1\">\n<td class=\"col1\">1</td><td class="
	      "\"col2\">2</td></tr>\n<tr class=\"row2\"><td class=\""
	      "col1\">3</td></tr>\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_for_goes_over_what_has_parts),
		cmocka_unit_test(forloop_tells_where_the_loop_is),
		cmocka_unit_test(limit_offset_and_reversed_choose_the_items),
		cmocka_unit_test(
		    a_loop_goes_on_where_the_last_of_its_name_ended),
		cmocka_unit_test(break_and_continue_end_the_innermost_loop),
		cmocka_unit_test(a_tablerow_writes_rows_and_cells),
		cmocka_unit_test(
		    a_tablerow_takes_cols_limit_and_offset_as_numbers),
		cmocka_unit_test(tablerowloop_tells_where_the_table_is),
		cmocka_unit_test(break_and_continue_end_a_cell_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
