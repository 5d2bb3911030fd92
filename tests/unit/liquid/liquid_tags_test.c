/*
 * Tags that choose, set and remember; what is not read; expressions.
 */
#include "liquid_try.h"

static const char data[] =
    "{'e': '', 'sp': ' ', 'ae': [], 'oe': {}, "
    "'a': [1, 'x', null, false], 'o': {'k': 1, 'size': 9}, "
    "'s': 'hello', 'n': 5, 'name': 'k'}";

static void
if_takes_the_first_true_branch_and_nothing_behind_else(void **state)
{
	(void)state;
	gives("",
	      "{% if false %}1{% elsif true %}2{% elsif true %}3"
	      "{% else %}4{% endif %}",
	      "2");
	gives("",
	      "{% if false %}1{% else what %}2{% else %}3"
	      "{% elsif true %}4{% endif %}",
	      "2");
	gives("",
	      "{% unless true %}1{% elsif true %}2{% else %}3"
	      "{% endunless %}{% unless false %}4{% endunless %}",
	      "24");
	refuses("", "{% if false %}{% else %}{% elsif %}{% endif %}",
		"expected a value");
}

static void
a_case_asks_all_whens_and_else_what_came_before(void **state)
{
	(void)state;
	gives("",
	      "{% case 'x' %}{% when 'y' %}a{% else %}b{% when 'x' %}c"
	      "{% else %}d{% endcase %}",
	      "bc");
	gives("",
	      "{% case 'x' %}{% when 'x' %}a{% when 'x' %}b{% else %}c"
	      "{% endcase %}",
	      "ab");
	gives("", "{% case 5 %}{% when 4 or 5, 5 %}a{% endcase %}", "aa");
	gives(data,
	      "{% case e %}{% when empty %}a{% endcase %}{% case ae %}"
	      "{% when blank %}b{% endcase %}",
	      "ab");
	gives(data,
	      "{% case s %}junk{% when 'hello' %}{% assign s = 'x' %}a"
	      "{% when 'x' %}b{% endcase %}",
	      "ab");
	refuses("", "{% case 1 %}{% when 1 2 %}{% endcase %}",
		"\"or\" or the end");
	refuses("", "{% case 1 %}{% else x %}{% endcase %}", "nothing after");
	refuses("", "{% case %}{% endcase %}", "expected a value");
}

static void
assign_and_capture_take_names_that_cannot_be_read(void **state)
{
	(void)state;
	gives(
	    "",
	    "{% assign 123 = 'x' %}{{ 123 }}{% capture 4-5 %}y{% endcapture %}",
	    "123");
	gives("",
	      "{% assign a-b = 1 %}{{ a-b }}{% capture 'c' %}d"
	      "{% endcapture %}{{ c }}",
	      "1d");
	gives("", "{% assign x = %}[{{ x }}]", "[]");
	refuses("", "{% assign = 1 %}", "name of a variable");
	refuses("", "{% assign 'x' = 1 %}", "name of a variable");
	refuses("", "{% assign x? = 1 %}", "expected \"=\"");
	refuses("", "{% assign x = 1 + 2 %}", "found \"+\"");
}

static void
counters_are_their_own_until_a_name_is_read(void **state)
{
	(void)state;
	gives(data,
	      "{% increment c %}{% increment c %}{{ c }}{% decrement c %}",
	      "0121");
	gives(data, "{% assign c = 7 %}{% increment c %}{{ c }}", "07");
	gives(data, "{% increment n %}{{ n }}", "56");
	gives(
	    data,
	    "{% for n in (1..2) %}{% increment n %}{{ n }};{% endfor %}{{ n }}",
	    "51;62;7");
	gives("", "{% decrement f-o %}{% decrement f-o %}", "-1-2");
}

static void
a_cycle_is_told_by_its_literals_or_its_name(void **state)
{
	(void)state;
	gives("",
	      "{% cycle 'a', 'b' %}{% cycle \"a\",\"b\" %}{% cycle 'a', 'c' %}",
	      "aba");
	gives(data, "{% cycle s, 1 %}{% cycle s, 1 %}", "hellohello");
	gives(data,
	      "{% cycle s: 1, 2 %}{% cycle 'hello': 3, 4 %}"
	      "{% cycle nope: 5, 6 %}{% cycle nil: 7, 8 %}",
	      "1458");
	gives("",
	      "{% cycle 1: 'a', 'b' %}{% cycle 1.0: 'a', 'b' %}"
	      "{% cycle '1': 'a', 'b' %}",
	      "aaa");
	gives("",
	      "{% cycle 'x': 1, 2, 3 %}{% cycle 'x': 1, 2, 3 %}["
	      "{% cycle 'x': 1 %}]{% cycle 'x': 1, 2, %}",
	      "12[]1");
	refuses("", "{% cycle %}", "expected a value");
	refuses("", "{% cycle 'a' 'b' %}", "another value");
}

static void
ifchanged_writes_what_differs_from_the_last_time(void **state)
{
	(void)state;
	gives("{'a': [1, 1, 2, 1]}",
	      "{% for i in a %}{% ifchanged %}{{ i }}{% endifchanged %}"
	      "{% endfor %}",
	      "121");
	gives("",
	      "{% ifchanged %}{% endifchanged %}{% ifchanged %}x"
	      "{% endifchanged %}{% ifchanged %}x{% endifchanged %}",
	      "x");
}

static void
raw_doc_and_comment_are_not_read(void **state)
{
	(void)state;
	gives("", "{% raw -%} {{ x }} {% y %} {%- endraw -%} z",
	      " {{ x }} {% y %} z");
	gives("", "{% doc %}{{ x {% if %}{% raw %}{% enddoc %}a", "a");
	gives("",
	      "{% comment %}{% raw %}{% endcomment %}{% endraw %}"
	      "{% comment %}{% if %}{% endcomment %}{% endcomment %}a",
	      "a");
	gives("", "{% # a\n # b %}{%- # %}c{%#\nd\n#e %}", "c");
	refuses("", "{% raw x %}{% endraw %}", "nothing after");
	refuses("", "{% doc %}", "\"doc\" is not closed");
	refuses("", "{% doc %}{% doc %}{% enddoc %}", "inside of another");
	refuses("", "{% comment %}{% raw %}{% endcomment %}",
		"\"raw\" is not closed");
	refuses("", "{% # a\nb %}", "expected \"#\"");
}

static void
liquid_and_echo_write_in_lines(void **state)
{
	(void)state;
	gives("",
	      "{% liquid\n assign x = 1\n if x == 1\n  echo x | plus: "
	      "1\n endif\n # y\n liquid echo 'z'\n comment\n if\n "
	      "endcomment %}",
	      "2z");
	refuses("", "{% liquid if true %}{% endif %}", "expected \"endif\"");
	refuses("", "{% if true %}{% liquid endif %}",
		"belongs to no open block");
}

static void
a_block_of_white_space_shows_nothing(void **state)
{
	(void)state;
	gives("",
	      "{% if true %} {% assign x = 1 %} {% endif %}|"
	      "{% if true %} {% echo '' %} {% endif %}|"
	      "{% for i in (1..2) %} {% endfor %}|",
	      "|  ||");
	gives("",
	      "{% if true %} {% tablerow i in (1..1) %} "
	      "{% endtablerow %} {% endif %}|",
	      "<tr class=\"row1\">\n<td class=\"col1\"> </td></tr>\n|");
	gives("",
	      "{% if true %} {% ifchanged %} {% endifchanged %} {% endif %}|",
	      " |");
	gives(data,
	      "{% case n %}junk{% when 5 %} {% endcase %}|{% case n %} "
	      "{% when 5 %} {% endcase %}|",
	      " ||");
	gives("", "a {{- ' ' -}} b{%- if true -%} c {%- endif -%} d{{-'e'}} f",
	      "a bcde f");
}

static void
empty_and_blank_have_a_meaning_where_they_are_compared(void **state)
{
	(void)state;
	gives(data,
	      "{% if e == empty %}1{% endif %}{% if ae == empty %}2"
	      "{% endif %}{% if oe == empty %}3{% endif %}"
	      "{% if sp == empty %}4{% endif %}{% if nil == empty %}5"
	      "{% endif %}{% if 0 == empty %}6{% endif %}",
	      "123");
	gives(data,
	      "{% if e == blank %}1{% endif %}{% if sp == blank %}2"
	      "{% endif %}{% if nil == blank %}3{% endif %}"
	      "{% if false == blank %}4{% endif %}{% if ae == blank %}5"
	      "{% endif %}{% if 0 == blank %}6{% endif %}",
	      "12345");
	gives("",
	      "{% if empty == empty %}1{% endif %}"
	      "{% if blank == empty %}2{% endif %}{% if 1 > empty %}3"
	      "{% endif %}{% if empty %}4{% endif %}"
	      "{% if empty == '' %}5{% endif %}",
	      "45");
	gives("",
	      "[{{ empty }}{{ blank }}]{{ blank | plus: 1 }}"
	      "{% assign x = empty %}{% if x == '' %}y{% endif %}",
	      "[]1y");
}

static void
equal_is_of_a_kind(void **state)
{
	(void)state;
	gives(data,
	      "{% if 1 == 1.0 %}1{% endif %}{% if '1' == 1 %}2"
	      "{% endif %}{% if nil == false %}3{% endif %}"
	      "{% if a == a %}4{% endif %}{% if (1..2) == (1..2) %}5"
	      "{% endif %}{% if 'a' <> 'b' %}6{% endif %}"
	      "{% if nope == nil %}7{% endif %}",
	      "14567");
}

static void
order_is_of_numbers_and_of_texts(void **state)
{
	(void)state;
	gives(data,
	      "{% if 1 < 1.5 %}1{% endif %}{% if 'B' < 'a' %}2"
	      "{% endif %}{% if nil < 1 %}3{% endif %}"
	      "{% if true >= true %}4{% endif %}{% if a < a %}5"
	      "{% endif %}",
	      "12");
	refuses("", "{% if 'a' < 1 %}{% endif %}", "two of a kind");
	refuses("", "{% if 1 >= '1' %}{% endif %}", "two of a kind");
}

static void
contains_looks_into_texts_arrays_and_names(void **state)
{
	(void)state;
	gives(data,
	      "{% if s contains 'ell' %}1{% endif %}"
	      "{% if '12' contains 2 %}2{% endif %}"
	      "{% if a contains 'x' %}3{% endif %}"
	      "{% if o contains 'k' %}4{% endif %}"
	      "{% if (1..3) contains 2.5 %}5{% endif %}",
	      "12345");
	gives(data,
	      "{% if a contains nil %}1{% endif %}"
	      "{% if a contains false %}2{% endif %}"
	      "{% if s contains nope %}3{% endif %}"
	      "{% if n contains 5 %}4{% endif %}{% if o contains 1 %}5"
	      "{% endif %}",
	      "");
}

static void
members_are_named_computed_or_asked_for(void **state)
{
	(void)state;
	gives(data,
	      "{{ o.k }}{{ o['k'] }}{{ o[name] }}{{ ['o'].k }}"
	      "{{ a[0] }}{{ a[-4] }}[{{ a[9] }}{{ a['0'] }}{{ s[0] }}]",
	      "111111[]");
	gives(data,
	      "{{ o.size }}{{ o['size'] }}{{ a.size }}[{{ a['size'] }}"
	      "{{ a['first'] }}]{{ s.size }}{{ n.size }}{{ a.first }}",
	      "994[]581");
	gives(data,
	      "{{ oe.size }}{{ oe.first }}{{ o.first | join: '-' }}["
	      "{{ o.last }}]",
	      "0k-1[]");
	refuses(data, "{{ o..k }}", "a filter, or the end");
	refuses(data, "{{ o.1 }}", "name of a member");
}

static void
a_range_ends_at_integers(void **state)
{
	(void)state;
	gives(data,
	      "{{ (1..n) }}{{ ('1'..'3') | join: '' }}"
	      "{{ (1.9..3.9) | join: '' }}{{ (nope..2) | join: '' }}"
	      "{{ (s..1) | join: '' }}[{{ (3..1) | join }}]",
	      "1..512312301201[]");
	refuses("{'f': 2.5}", "{{ (f..3) }}", "expected an integer");
	refuses(data, "{{ (a..3) }}", "expected an integer");
}

static void
a_filter_takes_what_is_named_in_any_place(void **state)
{
	(void)state;
	gives("", "{{ nil | default: a: 1, 'x', b: 2 }}", "x");
	refuses("", "{{ 'x' | upcase: a: 1 }}",
		"takes no arguments with names");
	refuses("", "{{ 'x' | nope }}", "no filter");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    if_takes_the_first_true_branch_and_nothing_behind_else),
		cmocka_unit_test(
		    a_case_asks_all_whens_and_else_what_came_before),
		cmocka_unit_test(
		    assign_and_capture_take_names_that_cannot_be_read),
		cmocka_unit_test(counters_are_their_own_until_a_name_is_read),
		cmocka_unit_test(a_cycle_is_told_by_its_literals_or_its_name),
		cmocka_unit_test(
		    ifchanged_writes_what_differs_from_the_last_time),
		cmocka_unit_test(raw_doc_and_comment_are_not_read),
		cmocka_unit_test(liquid_and_echo_write_in_lines),
		cmocka_unit_test(a_block_of_white_space_shows_nothing),
		cmocka_unit_test(
		    empty_and_blank_have_a_meaning_where_they_are_compared),
		cmocka_unit_test(equal_is_of_a_kind),
		cmocka_unit_test(order_is_of_numbers_and_of_texts),
		cmocka_unit_test(contains_looks_into_texts_arrays_and_names),
		cmocka_unit_test(members_are_named_computed_or_asked_for),
		cmocka_unit_test(a_range_ends_at_integers),
		cmocka_unit_test(a_filter_takes_what_is_named_in_any_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
