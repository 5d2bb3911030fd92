#include "html/html_priv.h"
#include "test.h"

static void
assert_style(const char *style, const char *expected)
{
	struct buf kept = { 0 };

	html_style_keep(&kept, str_of(style));
	assert_string_equal(buf_cstr(&kept), expected);
	buf_fini(&kept);
}

static void
declarations_of_text_and_boxes_are_kept(void **state)
{
	(void)state;
	assert_style("color:red", "color: red");
	assert_style(" COLOR : #FFF ; ; margin:0 auto;",
		     "color: #FFF; margin: 0 auto");
	assert_style("font:bold 14px/20px\n  'Segoe UI', \"A b\",sans-serif",
		     "font: bold 14px/20px 'Segoe UI', \"A b\",sans-serif");
	assert_style("background:rgba(0,0,0,.5) !important",
		     "background: rgba(0,0,0,.5) !important");
	assert_style("text-align:center;width:50%;line-height:1.5",
		     "text-align: center; width: 50%; line-height: 1.5");
}

static void
what_is_not_in_the_table_is_dropped_alone(void **state)
{
	(void)state;
	assert_style("position:fixed;color:red;z-index:9", "color: red");
	assert_style("behavior:x;-moz-binding:x;--x:y;opacity:0", "");
	assert_style("color;:red;color:;color: ", "");
	assert_style("c\\6flor:red;co/**/lor:red", "");
}

static void
a_value_does_nothing_but_stand_there(void **state)
{
	(void)state;
	assert_style("background:url(x)", "");
	assert_style("background:u/**/rl(x)", "");
	assert_style("background:image-set(x)", "");
	assert_style("width:expression(alert(1))", "");
	assert_style("width:calc(1px)", "");
	assert_style("color:rgb(url(x))", "");
	assert_style("color:xrgb(1)", "");
	assert_style("color:-rgb(1)", "");
	assert_style("color:rgb(1", "");
	assert_style("color:rgb)1(", "");
	assert_style("color:r\\65 d", "");
	assert_style("color:red}*{color:blue", "");
	assert_style("color:@import", "");
	assert_style("color:<b>", "");
	assert_style("color:\xc2\xa0red", "");
}

static void
a_string_ends_where_it_began(void **state)
{
	(void)state;
	assert_style("font-family:'a;color:red;width:b'", "color: red");
	assert_style("font-family:\"a", "");
	assert_style("font-family:'a\"b'", "");
	assert_style("font-family:'a(b)'", "");
	assert_style("font-family:'a' 'b'", "font-family: 'a' 'b'");
}

static void
nothing_is_pulled_over_its_neighbours(void **state)
{
	(void)state;
	assert_style("margin-top:-50px", "");
	assert_style("margin:0 -5px", "");
	assert_style("margin:0 - 5px", "");
	assert_style("margin:-.5em", "");
	assert_style("margin:0,-5px", "");
	assert_style("text-align:-webkit-center", "text-align: -webkit-center");
	assert_style("list-style:lower-roman", "list-style: lower-roman");
	assert_style("font-family:Helvetica-Neue-2",
		     "font-family: Helvetica-Neue-2");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(declarations_of_text_and_boxes_are_kept),
		cmocka_unit_test(what_is_not_in_the_table_is_dropped_alone),
		cmocka_unit_test(a_value_does_nothing_but_stand_there),
		cmocka_unit_test(a_string_ends_where_it_began),
		cmocka_unit_test(nothing_is_pulled_over_its_neighbours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
