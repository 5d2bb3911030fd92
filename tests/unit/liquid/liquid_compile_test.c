#include "liquid/liquid.h"

#include "test.h"

static void
fails(const char *text, const struct liquid_options *options,
      const char *message)
{
	struct liquid_program *p = NULL;
	struct error err = { 0 };

	assert_fails(liquid_compile(&p,
				    &(struct liquid_source){
					.name = "t", .text = str_of(text) },
				    options, &err),
		     err, ERROR_INVALID, message);
	assert_null(p);
}

static void
a_finding_says_where_and_what(void **state)
{
	(void)state;
	fails("a\n{{ x | upcas }}", NULL,
	      "t:2:8: there is no filter \"upcas\", did you mean \"upcase\"?");
	fails("{% fro a in b %}", NULL,
	      "t:1:4: there is no tag \"fro\", did you mean \"for\"?");
	fails("{% if a %}{% elseif b %}{% endif %}", NULL,
	      "there is no tag \"elseif\", did you mean \"elsif\"?");
	fails("{{ x", NULL, "expected \"}}\"");
	fails("{% if a", NULL, "expected \"%}\"");
	fails("{{ 'x }}", NULL, "a text begins with '");
	fails("{{ a b }}", NULL, "t:1:6: found \"b\", expected \"|\"");
	fails("{{ a | append }}", NULL,
	      "filter \"append\" takes 1 argument, found none");
	fails("{{ 99999999999999999999 }}", NULL, "too large a number");
	fails("{% render 'x' %}", NULL, "there is no partial \"x\"");
	fails("{% endif %}", NULL, "belongs to no open block");
	fails("{% if a && b %}", NULL, "did you mean \"and\"?");
	fails("{% if a || b %}", NULL, "did you mean \"or\"?");
	fails("{% if a = b %}", NULL,
	      "t:1:9: found \"=\", expected a comparison, \"and\", \"or\" or "
	      "the end; did you mean \"==\"?");
	fails("{% if !a %}", NULL, "did you mean \"unless\" or \"!=\"?");
	fails("{{ a | append 'b' }}", NULL,
	      "t:1:15: found \"b\", expected \":\" before an argument");
	fails("{{ \xe2\x80\x9c"
	      "a b\xe2\x80\x9d }}",
	      NULL,
	      "t:1:4: found \"\xe2\x80\x9c\", expected a value; a text stands "
	      "in \" or '");
	fails("{{ a\xc2\xa0| upcase }}", NULL,
	      "t:1:5: found a non-breaking space");
	fails("{%\xc2\xa0if a %}", NULL, "t:1:3: found a non-breaking space");
	fails("{% elsif a %}", NULL, "belongs to no open block");
}

static void
words_of_other_languages_are_translated(void **state)
{
	(void)state;
	fails("{% set x = 1 %}", NULL,
	      "t:1:4: there is no tag \"set\", did you mean \"assign\"?");
	fails("{% elif a %}", NULL, "did you mean \"elsif\"?");
	fails("{% zebra %}", NULL, "t:1:4: there is no tag \"zebra\"");
	fails("{{#if a}}", NULL,
	      "t:1:3: found \"#\", expected a value; a block stands in {% %}");
	fails("{{/if}}", NULL, "a block stands in {% %}");
	fails("{{> foot}}", NULL, "did you mean {% render %}?");
	fails("{{! note }}", NULL, "did you mean {% comment %}?");
	fails("{{ 5 | currency }}", NULL,
	      "there is no filter \"currency\", did you mean \"money\"?");
	fails("{{ 'a' + 'b' }}", NULL, "of texts, \"| append:\"?");
	fails("{{ a || 'b' }}", NULL, "did you mean \"| default:\"?");
	fails("{{{ a }}}", NULL, "two are enough");
	fails("{% if not a %}", NULL,
	      "t:1:7: found \"not\", expected a value; did you mean "
	      "\"unless\" or \"!=\"?");
	fails("{% if (a) %}", NULL, "of a range, which alone has brackets");
	fails("{{ a | truncate: length: 5 }}", NULL,
	      "t:1:8: filter \"truncate\" takes no arguments with names");
}

static void
an_open_block_is_told_with_its_place(void **state)
{
	(void)state;
	fails("{% if a %}b", NULL,
	      "it ends here, expected \"endif\" for the \"if\" of 1:4");
	fails("{% for a in b %}\n{% if a %}{% endfor %}", NULL,
	      "found \"endfor\", expected \"endif\" for the \"if\" of 2:4");
	fails("{% raw %}b", NULL, "expected \"endraw\"");
	fails("{% comment %}b", NULL, "expected \"endcomment\"");
}

static void
count_findings(void *arg, int line, int column, const char *text)
{
	(void)line;
	(void)column;
	(void)text;
	++*(int *)arg;
}

static void
all_findings_are_reported(void **state)
{
	int count = 0;
	struct liquid_report report = { .report = count_findings,
					.arg = &count };

	(void)state;
	fails("{{ a b }}{% nope %}{% if %}{% endif %}{{ a | nope }}",
	      &(struct liquid_options){ .report = &report }, "t:1:6");
	assert_int_equal(count, 4);
}

static void
each_filter_is_looked_at(void **state)
{
	int count = 0;
	struct liquid_report report = { .report = count_findings,
					.arg = &count };

	(void)state;
	fails("{{ a | foo | upcase: 1 | zebra: 2, b: 3 | append | upcase }}",
	      &(struct liquid_options){ .report = &report },
	      "t:1:8: there is no filter \"foo\"");
	assert_int_equal(count, 4);
	count = 0;
	fails("{{ a | foo x | bar }}{{ a | append 'b' | bar }}",
	      &(struct liquid_options){ .report = &report }, "t:1:8");
	assert_int_equal(count, 2);
}

static void
what_is_not_closed_is_told_where_it_opens(void **state)
{
	(void)state;
	fails("a\n {{ b\n<p>{{ c }}", NULL,
	      "t:2:5: an output is not closed, expected \"}}\" before the next "
	      "\"{{\"");
	fails("{% if b\n<p>{{ c }} {% endif %}", NULL,
	      "t:1:4: a tag is not closed, expected \"%}\" before the next "
	      "\"{{\"");
	fails("{{ a b }}{{ c }}", NULL, "t:1:6: found \"b\"");
}

static void
filters_say_how_many_arguments_they_take(void **state)
{
	(void)state;
	fails("{{ a | upcase: 1 }}", NULL, "takes no argument, found 1");
	fails("{{ a | replace }}", NULL, "takes 1 to 2 arguments, found none");
	fails("{{ a | replace: 1, 2, 3 }}", NULL,
	      "takes 1 to 2 arguments, found 3");
}

static void
columns_are_characters(void **state)
{
	(void)state;
	fails("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80 {{ a b }}", NULL,
	      "t:1:10: ");
	fails("\xc3\xa9\n\xc3\xa9 {{ a b }}", NULL, "t:2:8: ");
}

static void
note_column(void *arg, int line, int column, const char *text)
{
	assert_int_equal(line, 1);
	assert_non_null(strstr(text, "never reached"));
	*(int *)arg = *(int *)arg * 100 + column;
}

static void
note_text(void *arg, int line, int column, const char *text)
{
	(void)line;
	(void)column;
	snprintf(arg, 200, "%s", text);
}

/* It is passed over, and an author thinks that it is not. */
static void
what_stands_behind_else_is_warned_of(void **state)
{
	char text[200] = "";
	struct liquid_report report = { .report = note_text,
					.arg = text,
					.warn = note_text };
	struct liquid_options options = { .report = &report };
	struct liquid_source source = {
		.name = "t",
		.text = STR("{% if a %}b{% else if c %}d{% endif %}"),
	};
	struct liquid_program *p = NULL;
	struct error err;

	(void)state;
	assert_ok(liquid_compile(&p, &source, &options, &err), err);
	liquid_free(&p);
	assert_string_equal(text, "t:1:20: what stands behind \"else\" is not "
				  "read, did you mean \"elsif\"?");
}

/* The columns of what is warned of, one behind the other. */
static int
unreached(const char *text)
{
	int columns = 0;
	struct liquid_report report = { .report = note_column,
					.arg = &columns,
					.warn = note_column };
	struct liquid_options options = { .report = &report };
	struct liquid_source source = { .name = "t", .text = str_of(text) };
	struct liquid_program *p = NULL;
	struct error err;

	assert_ok(liquid_compile(&p, &source, &options, &err), err);
	liquid_free(&p);
	return columns;
}

static void
a_condition_is_bounded(void **state)
{
	struct buf text = { 0 };

	(void)state;
	buf_cat(&text, "{% if a");
	for (int i = 0; i < 100; i++)
		buf_cat(&text, " or a");
	buf_cat(&text, " %}{% endif %}");
	assert_int_equal(unreached(buf_cstr(&text)), 0);
	buf_clear(&text);
	buf_cat(&text, "{% if a");
	for (int i = 0; i < 101; i++)
		buf_cat(&text, " or a");
	buf_cat(&text, " %}{% endif %}");
	fails(buf_cstr(&text), NULL,
	      "a condition is too long, expected at most 100 \"and\" and "
	      "\"or\"");
	buf_fini(&text);
}

static void
what_is_never_reached_is_warned_of_once(void **state)
{
	(void)state;
	assert_int_equal(unreached("{% if a %}b{% else %}c{% endif %}"), 0);
	assert_int_equal(unreached("{% if false %}b{{ c }}{% endif %}d"), 15);
	assert_int_equal(unreached("{% if true %} {% else %} b{% endif %}"),
			 26);
	assert_int_equal(
	    unreached("{% if a %}{% else %}b{% else %}c{% endif %}"), 32);
	assert_int_equal(unreached("{% unless true %}b{% endunless %}"), 18);
	assert_int_equal(unreached("{% if 1 > 2 %}b{% endif %}"), 15);
	assert_int_equal(unreached("{% if 'a' == 'a' %}b{% endif %}"), 0);
	assert_int_equal(unreached("{% unless 'a' != \"b\" %}b{% endunless %}"),
			 24);
	assert_int_equal(
	    unreached("{% if a %}b{% elsif  a  %}c{% elsif b %}{% endif %}"),
	    27);
	assert_int_equal(
	    unreached("{% unless a %}b{% elsif a %}c{% endunless %}"), 0);
	assert_int_equal(
	    unreached("{% for a in b %}{% break %}{{ a }}{% endfor %}c"), 30);
	assert_int_equal(unreached("{% for a in b %}{% if a %}{% break %}"
				   "{% endif %}{{ a }}{% endfor %}"),
			 0);
}

static void
findings_loops_and_cycles_are_bounded(void **state)
{
	struct buf text = { 0 };
	int count = 0;
	struct liquid_report report = { .report = count_findings,
					.arg = &count };

	(void)state;
	for (int i = 0; i < 200; i++)
		buf_cat(&text, "{{ a b }}");
	fails(buf_cstr(&text), &(struct liquid_options){ .report = &report },
	      "t:1:6");
	assert_int_equal(count, 51); /* and that there are more */
	buf_clear(&text);
	for (int i = 0; i < 5001; i++)
		buf_printf(&text, "{%% cycle %d, 0 %%}", i);
	fails(buf_cstr(&text), NULL, "more than 5000 loops or cycles");
	buf_clear(&text);
	buf_cat(&text, "{% cycle 0");
	for (int i = 0; i < 64; i++)
		buf_cat(&text, ", 0");
	buf_cat(&text, " %}");
	fails(buf_cstr(&text), NULL, "at most 64 values");
	buf_fini(&text);
}

static void
a_name_that_nobody_fills_is_found(void **state)
{
	static const struct liquid_names partner[] = { { .name = "city" },
						       { .name = NULL } };
	static const struct liquid_names names[] = {
		{ .name = "partner", .members = partner },
		{ .name = "free", .any = true },
		{ .name = NULL },
	};
	const struct liquid_options options = { .names = names };
	struct liquid_program *p = NULL;
	struct error err = { 0 };

	(void)state;
	fails("{{ partner.ctiy }}", &options,
	      "t:1:12: nothing is called \"partner.ctiy\", did you mean "
	      "\"partner.city\"?");
	fails("{{ partner [ 'ctiy' ].x }}", &options,
	      "t:1:15: nothing is called \"partner.ctiy\", did you mean");
	fails("{{ partner.x.partner }}", &options,
	      "t:1:12: nothing is called \"partner.x\", expected one of "
	      "city");
	fails("{{ city }}{{ 1 }}", &options,
	      "t:1:4: nothing is called \"city\", did you mean "
	      "\"partner.city\"?");
	fails("{{ partner_city }}", &options, "\"partner.city\"?");
	fails("{{ partner.city.upcase }}", &options,
	      "t:1:17: nothing is called \"partner.city.upcase\", did you "
	      "mean \"partner.city | upcase\"?");
	fails("{{ partnr }}", &options,
	      "t:1:4: nothing is called \"partnr\", did you mean "
	      "\"partner\"?");
	assert_ok(
	    liquid_compile(&p,
			   &(struct liquid_source){
			       .name = "t",
			       .text = STR("{% assign a = free.x.y %}{{ a.b }}"
					   "{% for i in free %}{{ i.x }}"
					   "{{ forloop.index }}{% endfor %}"
					   "{{ partner.city.size }}") },
			   &options, &err),
	    err);
	liquid_free(&p);
}

static void
nesting_is_bounded(void **state)
{
	struct buf deep = { 0 };

	(void)state;
	for (int i = 0; i < 200; i++)
		buf_cat(&deep, "{% if a %}");
	fails(buf_cstr(&deep), NULL, "nested more than 100 deep");
	buf_clear(&deep);
	buf_cat(&deep, "{{ a");
	for (int i = 0; i < 200; i++)
		buf_cat(&deep, "[a");
	fails(buf_cstr(&deep), NULL, "expected \"}}\"");
	buf_cat(&deep, "}}");
	fails(buf_cstr(&deep), NULL, "nested more than 32 deep");
	buf_fini(&deep);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_finding_says_where_and_what),
		cmocka_unit_test(each_filter_is_looked_at),
		cmocka_unit_test(words_of_other_languages_are_translated),
		cmocka_unit_test(an_open_block_is_told_with_its_place),
		cmocka_unit_test(all_findings_are_reported),
		cmocka_unit_test(columns_are_characters),
		cmocka_unit_test(what_is_not_closed_is_told_where_it_opens),
		cmocka_unit_test(filters_say_how_many_arguments_they_take),
		cmocka_unit_test(a_condition_is_bounded),
		cmocka_unit_test(what_is_never_reached_is_warned_of_once),
		cmocka_unit_test(what_stands_behind_else_is_warned_of),
		cmocka_unit_test(findings_loops_and_cycles_are_bounded),
		cmocka_unit_test(a_name_that_nobody_fills_is_found),
		cmocka_unit_test(nesting_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
