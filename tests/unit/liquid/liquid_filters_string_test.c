/*
 * Filters of text: whole, in parts, as markup and in other forms.
 */
#include "liquid_try.h"

static void
letters_change_their_case_in_more_than_ascii(void **state)
{
	(void)state;
	gives("", "{{ 'hello' | upcase }}{{ 'HELLO' | downcase }}",
	      "HELLOhello");
	gives("", "{{ 'straße ñ ÿ ž ж ω' | upcase }}", "STRASSE Ñ Ÿ Ž Ж Ω");
	gives("", "{{ 'ÀÉ Ÿ Ž Ж Ω ẞ İ' | downcase }}", "àé ÿ ž ж ω ß i̇");
	gives("",
	      "{{ 'éA ßB' | capitalize }}{{ 'ßA' | capitalize }}"
	      "{{ 'hELLO wORLD' | capitalize }}",
	      "Éa ßbSsaHello world");
	gives("", "{{ '日本 🙂 ÷×' | upcase }}", "日本 🙂 ÷×");
	gives("", "{{ nil | upcase }}{{ 5 | upcase }}", "5");
}

static void
what_is_no_text_is_spelt_as_a_program_would(void **state)
{
	(void)state;
	gives("{'a': ['x', null, {'k': [1.5]}]}", "{{ a | upcase }}",
	      "[\"X\", NIL, {\"K\"=>[1.5]}]");
	gives("{'a': ['x', null, {'k': [1.5]}]}", "{{ a }}", "x{\"k\"=>[1.5]}");
	gives("", "{{ (1..3) | append: '' }}{{ true | append: nil }}",
	      "1..3true");
}

static void
spelling_escapes_what_would_end_a_text(void **state)
{
	(void)state;
	gives("{'a': ['a\\\\b', '#{x} #y', '\\t\\n\\u0001']}",
	      "{{ a | append: '' }}",
	      "[\"a\\\\b\", \"\\#{x} #y\", \"\\t\\n\\u0001\"]");
}

static void
white_space_goes_from_either_end(void **state)
{
	(void)state;
	gives("", "[{{ ' \t\r\n a ' | strip }}]", "[a]");
	gives("", "[{{ ' a ' | lstrip }}{{ ' a ' | rstrip }}]", "[a  a]");
	gives("", "{{ 'a\r\nb\nc\rd' | strip_newlines }}", "abc\rd");
}

static void
append_and_prepend_put_together(void **state)
{
	(void)state;
	gives("",
	      "{{ 'a' | append: 1.5 }}{{ 'a' | prepend: nil }}"
	      "{{ 5 | append: 'x' }}",
	      "a1.5a5x");
	refuses("", "{{ 'a' | append }}", "found none");
	refuses("", "{{ 'a' | prepend: 1, 2 }}", "found 2");
}

static void
replace_and_remove_take_all_the_first_or_the_last(void **state)
{
	(void)state;
	gives("",
	      "{{ 'abab' | replace: 'a', 'x' }} "
	      "{{ 'abab' | replace_first: 'a', 'x' }} "
	      "{{ 'abab' | replace_last: 'a', 'x' }}",
	      "xbxb xbab abxb");
	gives("",
	      "{{ 'abab' | remove: 'b' }} "
	      "{{ 'abab' | remove_first: 'b' }} "
	      "{{ 'abab' | remove_last: 'b' }}",
	      "aa aab aba");
	gives("",
	      "{{ 'ab' | replace: '', '-' }} "
	      "{{ 'ab' | replace_first: '', '-' }} "
	      "{{ 'ab' | replace_last: '', '-' }}",
	      "-a-b- -ab ab-");
	gives("",
	      "{{ 'ab' | replace_last: 'c', '-' }}"
	      "{{ 5 | replace: 5, 6 }}{{ 'll' | replace: 'l' }}",
	      "ab6");
	refuses("", "{{ 'a' | replace_last: 'a' }}", "found 1");
}

static void
split_takes_words_parts_or_characters(void **state)
{
	(void)state;
	gives("", "{{ ' a  b\tc ' | split: ' ' | join: '-' }}", "a-b-c");
	gives("", "{{ 'a,b,,c,,' | split: ',' | append: '' }}",
	      "[\"a\", \"b\", \"\", \"c\"]");
	gives("", "{{ 'añ🙂' | split: '' | join: '-' }}", "a-ñ-🙂");
	gives("",
	      "{{ '' | split: ',' | size }}"
	      "{{ nil | split: ',' | size }}{{ 121 | split: 2 | join }}",
	      "001 1");
	gives("", "{{ 'ab' | split: nil | size }}", "2");
}

static void
slice_counts_characters_or_items(void **state)
{
	(void)state;
	gives("",
	      "{{ 'Liquid' | slice: 1, 3 }}"
	      "{{ 'Liquid' | slice: -2, 99 }}{{ 'ñu' | slice: 0 }}",
	      "iquidñ");
	gives("",
	      "[{{ 'ab' | slice: 2 }}{{ 'ab' | slice: 3 }}"
	      "{{ 'ab' | slice: -3 }}{{ 'ab' | slice: 0, -1 }}]",
	      "[]");
	gives("{"
	      "'a': [3, 1, 2], 's': ['b', 'C', 'a', null], 'deep': [1, "
	      "[2, [3, []]]], 'none': [], 'o': {"
	      "'x': 1, 'y': 'z'}, 'rows': [{'k': 2, 'v': 'x'}, {"
	      "'k': 1, 'v': 'Y'}, {'k': 2, 'v': null}]}",
	      "{{ a | slice: 1, 2 | join }}{{ a | slice: 9 | size }}", "1 20");
	gives("", "{{ 'abc' | slice: '1', nil }}{{ 'abc' | slice: ' 0x2 ' }}",
	      "bc");
	refuses("", "{{ 'abc' | slice: 1.0 }}", "expected an integer");
	refuses("", "{{ 'abc' | slice: 0, 'x' }}", "expected an integer");
	refuses("", "{{ 'abc' | slice: nil }}", "expected an integer");
}

static void
truncate_counts_its_dots_in(void **state)
{
	(void)state;
	gives("",
	      "{{ 'abcdefgh' | truncate: 5 }}|"
	      "{{ 'abcdefgh' | truncate: 5, '' }}|"
	      "{{ 'abc' | truncate: 3 }}|{{ 'abcd' | truncate: 1 }}",
	      "ab...|abcde|abc|...");
	gives("", "{{ 'äöüß' | truncate: 3, '…' }}[{{ nil | truncate: 1 }}]",
	      "äö…[]");
	refuses("", "{{ 'a' | truncate: 'x' }}", "expected an integer");
	gives("", "{{ 'abcd' | truncate: -9223372036854775807, 'xy' }}", "xy");
}

static void
truncatewords_counts_words(void **state)
{
	(void)state;
	gives("",
	      "{{ 'one  two\tthree' | truncatewords: 2 }}|"
	      "{{ 'one two' | truncatewords: 2 }}|"
	      "{{ 'one two ' | truncatewords: 2 }}",
	      "one two...|one two|one two...");
	gives("",
	      "{{ 'one two' | truncatewords: 0 }}|"
	      "{{ 'one two' | truncatewords: 1, '' }}",
	      "one...|one");
	refuses("", "{{ 'a' | truncatewords: nil }}", "expected an integer");
}

static void
markup_is_escaped_once_or_always(void **state)
{
	(void)state;
	gives("", "{{ '<a b=\"c\">&amp;' | escape }}[{{ nil | escape }}]",
	      "&lt;a b=&quot;c&quot;&gt;&amp;amp;[]");
	gives("", "{{ '&lt; &#39; &#x27; & &b &c1;' | escape_once }}",
	      "&lt; &#39; &amp;#x27; &amp; &amp;b &amp;c1;");
	gives("", "{{ '&lt;' | h }}", "&amp;lt;");
	/* An array is spelt by a filter, wherever the filter stands. */
	gives("",
	      "{{ 'a,<' | split: ',' | escape }}|"
	      "{{ 'a,<' | split: ',' | escape | append: '' }}",
	      "[&quot;a&quot;, &quot;&lt;&quot;]|"
	      "[&quot;a&quot;, &quot;&lt;&quot;]");
}

static void
strip_html_takes_elements_that_are_no_text_first(void **state)
{
	(void)state;
	gives("",
	      "{{ '<p>a</p><script>b<c</script><style>d</style><!-- e "
	      "--> f' | strip_html }}",
	      "a f");
	gives("", "{{ '<scr<script>x</script>ipt>y' | strip_html }}", "y");
	gives("", "{{ 'a < b' | strip_html }}{{ '<!-- a' | strip_html }}",
	      "a < b<!-- a");
	gives("", "{{ '<a\nb>c' | strip_html }}", "c");
}

static void
newline_to_br_keeps_the_line(void **state)
{
	(void)state;
	gives("", "{{ 'a\r\nb\n' | newline_to_br }}", "a<br />\nb<br />\n");
}

static void
urls_are_encoded_and_decoded(void **state)
{
	(void)state;
	gives("", "{{ 'a b*~-_.ä' | url_encode }}[{{ nil | url_encode }}]",
	      "a+b%2A~-_.%C3%A4[]");
	gives("", "{{ 'a%20b+c%zz%4' | url_decode }}", "a b c%zz%4");
	refuses("", "{{ '%ff' | url_decode }}", "expected text in UTF-8");
}

static void
base64_is_written_and_read(void **state)
{
	(void)state;
	gives("",
	      "{{ '>>?' | base64_encode }}"
	      "{{ '>>?' | base64_url_safe_encode }}"
	      "{{ 5 | base64_encode }}[{{ nil | base64_encode }}]",
	      "Pj4/Pj4_NQ==[]");
	gives("",
	      "{{ 'Pj4/' | base64_decode }}"
	      "{{ 'Pj4_' | base64_url_safe_decode }}"
	      "{{ 'NQ' | base64_url_safe_decode }}"
	      "{{ 'NQ==' | base64_url_safe_decode }}",
	      ">>?>>?55");
	refuses("", "{{ 'NQ' | base64_decode }}", "base64");
	refuses("", "{{ 'Pj4_' | base64_decode }}", "base64");
	refuses("", "{{ '_w==' | base64_url_safe_decode }}",
		"expected text in UTF-8");
	refuses("", "{{ 'x' | base64_encode: 1 }}", "found 1");
}

static void
json_writes_any_value(void **state)
{
	(void)state;
	gives("{'a': [1, null, 'x\\n', {'b': true}]}", "{{ a | json }}",
	      "[1,null,\"x\\n\",{\"b\":true}]");
}

static void
default_stands_in_for_nil_false_and_what_is_empty(void **state)
{
	(void)state;
	gives("{"
	      "'a': [3, 1, 2], 's': ['b', 'C', 'a', null], 'deep': [1, "
	      "[2, [3, []]]], 'none': [], 'o': {"
	      "'x': 1, 'y': 'z'}, 'rows': [{'k': 2, 'v': 'x'}, {"
	      "'k': 1, 'v': 'Y'}, {'k': 2, 'v': null}]}",
	      "{{ nil | default: 'd' }}{{ false | default: 'd' }}"
	      "{{ '' | default: 'd' }}{{ none | default: 'd' }}",
	      "dddd");
	gives("",
	      "{{ 0 | default: 'd' }}{{ ' ' | default: 'd' }}["
	      "{{ nil | default }}]",
	      "0 []");
	gives("",
	      "{{ false | default: 'd', allow_false: true }}"
	      "{{ false | default: allow_false: true, 'd' }}"
	      "{{ '' | default: 'd', allow_false: true }}",
	      "falsefalsed");
	gives("", "{{ nil | default: allow_false: true }}",
	      "{\"allow_false\"=>true}");
	refuses("", "{{ nil | default: 1, 2, 3 }}", "found 3");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(letters_change_their_case_in_more_than_ascii),
		cmocka_unit_test(what_is_no_text_is_spelt_as_a_program_would),
		cmocka_unit_test(spelling_escapes_what_would_end_a_text),
		cmocka_unit_test(white_space_goes_from_either_end),
		cmocka_unit_test(append_and_prepend_put_together),
		cmocka_unit_test(
		    replace_and_remove_take_all_the_first_or_the_last),
		cmocka_unit_test(split_takes_words_parts_or_characters),
		cmocka_unit_test(slice_counts_characters_or_items),
		cmocka_unit_test(truncate_counts_its_dots_in),
		cmocka_unit_test(truncatewords_counts_words),
		cmocka_unit_test(markup_is_escaped_once_or_always),
		cmocka_unit_test(
		    strip_html_takes_elements_that_are_no_text_first),
		cmocka_unit_test(newline_to_br_keeps_the_line),
		cmocka_unit_test(urls_are_encoded_and_decoded),
		cmocka_unit_test(base64_is_written_and_read),
		cmocka_unit_test(json_writes_any_value),
		cmocka_unit_test(
		    default_stands_in_for_nil_false_and_what_is_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
