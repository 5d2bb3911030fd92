#include "base/arena.h"
#include "liquid/liquid.h"

#include "test.h"

static int
partial(void *arg, struct str name, struct str *text, struct error *err)
{
	(void)arg;
	(void)err;
	if (str_eq_cstr(name, "again"))
		*text = STR("{% include 'again' %}");
	else if (str_eq_cstr(name, "render_again"))
		*text = STR("{% render 'render_again' %}");
	else if (str_eq_cstr(name, "stop"))
		*text = STR("{% if i == 2 %}{% break %}{% endif %}{{ i }}");
	else if (str_eq_cstr(name, "shut"))
		*text = STR("[{{ a }}{{ b }}]{% assign a = 9 %}");
	else
		return 0;
	return 1;
}

static int
run(const char *text, enum liquid_context context, struct buf *out,
    struct error *err)
{
	static const struct liquid_options options = { .partial = partial };
	struct arena *a = arena_new();
	struct liquid_object *globals = liquid_object_new(a);
	struct liquid_program *p = NULL;
	int rc;

	liquid_object_set(globals, STR("evil"),
			  liquid_string(STR("<b a=\"1\" c='2'>&{{ 7 }}")));
	liquid_object_set(globals, STR("good"),
			  liquid_markup(STR("<b>&amp;</b>")));
	assert_ok(liquid_compile(&p,
				 &(struct liquid_source){ .name = "t",
							  .text = str_of(text),
							  .context = context },
				 &options, err),
		  *err);
	rc = liquid_run(p, &(struct liquid_inputs){ .globals = globals }, a,
			out, err);
	liquid_free(&p);
	arena_free(&a);
	return rc;
}

static void
gives(const char *text, enum liquid_context context, const char *expected)
{
	struct buf out = { 0 };
	struct error err = { 0 };

	assert_ok(run(text, context, &out, &err), err);
	assert_str(buf_view(&out), expected);
	buf_fini(&out);
}

static void
html_is_escaped_once(void **state)
{
	const char *escaped =
	    "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;{{ 7 }}";

	(void)state;
	gives("{{ evil }}", LIQUID_HTML, escaped);
	gives("{{ evil | escape }}", LIQUID_HTML, escaped);
	gives("{% capture x %}{{ evil }}{% endcapture %}{{ x }}", LIQUID_HTML,
	      escaped);
	gives("{% assign x = evil | split: ',' %}{{ x }}", LIQUID_HTML,
	      escaped);
	gives("{{ '<script>a</script>b<i>c<' | strip_html }}", LIQUID_TEXT,
	      "bc<");
	gives("{{ evil }}", LIQUID_TEXT, "<b a=\"1\" c='2'>&{{ 7 }}");
	gives("{{ good }}", LIQUID_HTML, "<b>&amp;</b>");
	gives("{{ '<\n>' | newline_to_br }}", LIQUID_HTML, "&lt;<br />\n&gt;");
	gives("{{ good | upcase }}", LIQUID_HTML,
	      "&lt;B&gt;&amp;AMP;&lt;/B&gt;");
}

static void
and_and_or_bind_to_the_right(void **state)
{
	(void)state;
	gives("{% if false and false or true %}yes{% else %}no{% endif %}",
	      LIQUID_TEXT, "no");
	gives("{% if true or false and false %}yes{% else %}no{% endif %}",
	      LIQUID_TEXT, "yes");
}

/* .name is cut at once where nothing stands between, and by words elsewhere. */
static void
a_member_is_one_however_it_is_written(void **state)
{
	(void)state;
	gives("{{ good.size }}{{ good .size }}{{ good. size }}{{good.size}}",
	      LIQUID_TEXT, "12121212");
	gives("{{ good.size.x }}{{ good.size? }}{{ good['size'] }}",
	      LIQUID_TEXT, "");
	gives("{{ good.size | plus: 1 }}{{ good.size|minus:-1 }}-", LIQUID_TEXT,
	      "1313-");
	gives("{% for i in (1..good.size) %}{% if i==good.size%}{{ i-}} "
	      "{% endif %}{% endfor %}",
	      LIQUID_TEXT, "12");
}

static void
break_passes_through_capture_and_include(void **state)
{
	(void)state;
	gives("{% for i in (1..3) %}{% include 'stop' %}{% endfor %}",
	      LIQUID_TEXT, "1");
	gives("{% for i in (1..3) %}{% capture x %}<{{ i }}{% break %}"
	      "{% endcapture %}{% endfor %}{{ x }}",
	      LIQUID_TEXT, "<1");
}

static void
render_sees_its_arguments_alone(void **state)
{
	(void)state;
	gives("{% assign a = 1 %}{% assign b = 2 %}"
	      "{% render 'shut', b: a %}{{ a }}",
	      LIQUID_TEXT, "[1]1");
	gives("{% assign a = 1 %}{% assign b = 2 %}{% include 'shut' %}{{ a }}",
	      LIQUID_TEXT, "[12]9");
}

static void
a_loop_gives_its_name_back(void **state)
{
	(void)state;
	gives("{% assign i = 'x' %}{% for i in (1..2) %}{{ i }}"
	      "{% assign i = 'y' %}{% endfor %}{{ i }}",
	      LIQUID_TEXT, "12y");
}

static void
limited(const char *text, const char *what)
{
	struct buf out = { 0 };
	struct error err = { 0 };

	assert_fails(run(text, LIQUID_HTML, &out, &err), err, ERROR_LIMIT,
		     what);
	if (strncmp(err.text, "t:", 2) != 0 && !strstr(err.text, "again:"))
		fail_msg("%s", err.text);
	buf_fini(&out);
}

static void
what_has_no_end_is_stopped(void **state)
{
	(void)state;
	limited("{% for a in (1..99999) %}{% for b in (1..99999) %}"
		"{% assign c = b %}{% endfor %}{% endfor %}",
		"too many steps");
	limited("{% for a in (1..999999999999) %}{{ a }},{% endfor %}", "too");
	limited("{% assign s = 'xxxxxxxx' %}{% for a in (1..99) %}"
		"{% assign s = s | append: s %}{% endfor %}",
		"too many steps");
	limited("{% assign s = 'xxxxxxxx' %}{% for a in (1..99) %}"
		"{% capture s %}{{ s }}{{ s }}{% endcapture %}{% endfor %}",
		"too many");
	limited("{% assign s = (1..999999999) | join: 'x' %}", "items");
	limited("{% assign s = (1..9999999999) | reverse | sort %}", "items");
	limited("{% assign s = (1..9000) | uniq %}", "too many steps");
	limited("{% include 'again' %}", "partials are nested too deep");
	limited("{% render 'render_again' %}", "partials are nested too deep");
}

static void
a_failing_filter_says_where(void **state)
{
	struct buf out = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_fails(run("a{{ 1 | divided_by: 0 }}", LIQUID_TEXT, &out, &err),
		     err, ERROR_INVALID, "filter \"divided_by\": divided by 0");
	buf_fini(&out);
}

/* ---- going on ---- */

static void
note(void *arg, const char *text)
{
	buf_printf(arg, "%s\n", text);
}

static int
path(const struct liquid_call *call, struct liquid_value *out,
     struct error *err)
{
	(void)err;
	*out = liquid_string(liquid_input_path(call));
	return 0;
}

/* What is told of a run that is to go on, and then what it wrote. */
static void
goes_on(const char *text, const char *expected)
{
	static const struct liquid_filter filters[] = { { "path", 0, 0,
							  path } };
	static const struct liquid_options options = { .filters = filters,
						       .filter_count = 1 };
	struct arena *a = arena_new();
	struct buf told = { 0 }, out = { 0 };
	const struct liquid_failed failed = { note, &told };
	const struct liquid_source source = { .name = "t",
					      .text = str_of(text) };
	struct liquid_program *p = NULL;
	struct error err = { 0 };

	assert_ok(liquid_compile(&p, &source, &options, &err), err);
	if (liquid_run(p, &(struct liquid_inputs){ .failed = &failed }, a, &out,
		       &err) < 0)
		buf_printf(&out, "%s", err.text);
	buf_str(&told, buf_view(&out));
	assert_string_equal(buf_cstr(&told), expected);
	buf_fini(&told);
	buf_fini(&out);
	liquid_free(&p);
	arena_free(&a);
}

static void
a_run_goes_on_after_what_fails_when_that_is_told(void **state)
{
	(void)state;
	goes_on("a{{ 1 | divided_by: 0 | append: 'b' }}c"
		"{% if 1 < 'x' %}d{% else %}e{% endif %}"
		"{{ 1 | modulo: 0 }}",
		"t:1:9: filter \"divided_by\": divided by 0\n"
		"t:1:46: a number and a text are compared, expected two of a "
		"kind\n"
		"t:1:86: filter \"modulo\": divided by 0\n"
		"abce");
	goes_on("{% for i in (1.5..'2.5') limit: 'a' %}{{ i }}{% endfor %}"
		"{% assign x = 1.25 %}{% for i in (x..2) %}{{ i }}{% endfor %}"
		"{{ 'abcdefghijklmnopqrstuvw' | slice: 'ab' }}"
		"{{ 'ab' | concat: nil }}",
		"t:1:4: found \"a\" as \"limit\", expected an integer\n"
		"t:1:91: found 1.25 as an end of a range, expected an "
		"integer\n"
		"t:1:150: filter \"slice\": found \"ab\", expected an "
		"integer\n"
		"t:1:174: filter \"concat\": found nothing, expected an "
		"array\n"
		"12012");
	goes_on("{{ 1 | divided_by: 0 }}{% for i in (1..99999999) %}{{ i }}"
		"{% if i == 3 %}{% for k in (1..99999999) %}{% endfor %}"
		"{% endif %}{% endfor %}",
		"t:1:8: filter \"divided_by\": divided by 0\n"
		"123t:1:77: too many steps, expected at most 1000000");
}

static void
a_filter_knows_what_its_value_is_called(void **state)
{
	(void)state;
	goes_on("{{ a.b.c | path }},{{ a | strip | upcase | path }},"
		"{{ a['x'] | path }},{{ 'a' | path }},{{ a[b] | path }},"
		"{{ a | append: b | path }}",
		"a.b.c,a,a.x,,,");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(html_is_escaped_once),
		cmocka_unit_test(and_and_or_bind_to_the_right),
		cmocka_unit_test(a_member_is_one_however_it_is_written),
		cmocka_unit_test(break_passes_through_capture_and_include),
		cmocka_unit_test(render_sees_its_arguments_alone),
		cmocka_unit_test(a_loop_gives_its_name_back),
		cmocka_unit_test(what_has_no_end_is_stopped),
		cmocka_unit_test(a_failing_filter_says_where),
		cmocka_unit_test(
		    a_run_goes_on_after_what_fails_when_that_is_told),
		cmocka_unit_test(a_filter_knows_what_its_value_is_called),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
