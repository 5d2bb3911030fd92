/*
 * What a value becomes where it stands. `x` is the value in each case, `m` is
 * the markup <b>"a" &amp; b</b>.
 */
#include "base/arena.h"
#include "liquid/liquid.h"

#include "test.h"

struct given {
	const char *template;
	const char *x;
	const char *expected; /* NULL: it does not compile */
};

static int
partial(void *arg, struct str name, struct str *text, struct error *err)
{
	(void)arg;
	(void)err;
	if (str_eq_cstr(name, "value"))
		*text = STR("{{ x }}");
	else if (str_eq_cstr(name, "link"))
		*text = STR("<a href=\"{{ x }}\">{{ x }}</a>");
	else if (str_eq_cstr(name, "open"))
		*text = STR("<a href=\"");
	else if (str_eq_cstr(name, "leave"))
		*text = STR("{% break %}");
	else
		return 0;
	return 1;
}

static int
run(const struct given *g, enum liquid_context context, struct buf *out,
    struct error *err)
{
	static const struct liquid_options options = { .partial = partial };
	struct arena *a = arena_new();
	struct liquid_object *globals = liquid_object_new(a);
	struct liquid_value list[] = { liquid_string(STR("<1>")), liquid_int(2),
				       liquid_nil() };
	struct liquid_source source = { .name = "t",
					.text = str_of(g->template),
					.context = context };
	struct liquid_program *p = NULL;
	int rc;

	liquid_object_set(globals, STR("x"),
			  liquid_string(str_of(g->x ? g->x : "")));
	liquid_object_set(globals, STR("m"),
			  liquid_markup(STR("<b>\"a\" &amp; b</b>")));
	liquid_object_set(globals, STR("list"), liquid_array(list, 3));
	rc = liquid_compile(&p, &source, &options, err);
	if (rc == 0)
		rc =
		    liquid_run(p, &(struct liquid_inputs){ .globals = globals },
			       a, out, err);
	liquid_free(&p);
	arena_free(&a);
	return rc;
}

static void
all_in(enum liquid_context context, const struct given *given, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct given *g = &given[i];
		struct buf out = { 0 };
		struct error err = { 0 };
		int rc = run(g, context, &out, &err);

		if (!g->expected && rc == 0)
			fail_msg("\"%s\" compiles", g->template);
		if (g->expected && rc < 0)
			fail_msg("\"%s\": %s", g->template, err.text);
		if (g->expected)
			assert_str(buf_view(&out), g->expected);
		buf_fini(&out);
	}
}

#define ALL_IN(context, given) all_in((context), (given), COUNT_OF(given))

static void
between_tags_a_value_is_text(void **state)
{
	static const struct given given[] = {
		{ "{{ x }}", "<b a=\"1\" c='2'>&",
		  "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;" },
		{ "<p>{{ m }}</p>", NULL, "<p><b>\"a\" &amp; b</b></p>" },
		{ "<title>{{ x }}</title>", "</title>",
		  "<title>&lt;/title&gt;</title>" },
		{ "<title>{{ m }}</title>", NULL,
		  "<title>&quot;a&quot; &amp; b</title>" },
		{ "<!-- {{ x }} -->", "--><i>", "<!-- --&gt;&lt;i&gt; -->" },
		{ "a < b {{ x }}", "<", "a < b &lt;" },
		{ "{% for i in list %}{{ i }},{% endfor %}", NULL,
		  "&lt;1&gt;,2,," },
	};

	(void)state;
	ALL_IN(LIQUID_HTML, given);
}

static void
in_quotes_a_value_is_part_of_an_attribute(void **state)
{
	static const struct given given[] = {
		{ "<a title=\"{{ x }}\">", "\"><i>'",
		  "<a title=\"&quot;&gt;&lt;i&gt;&#39;\">" },
		{ "<a title='{{ x }}'>", "'><i>",
		  "<a title='&#39;&gt;&lt;i&gt;'>" },
		{ "<a title=\"{{ m }}\">", NULL,
		  "<a title=\"&quot;a&quot; &amp; b\">" },
		{ "<a data-href=\"{{ x }}\">", "javascript:1",
		  "<a data-href=\"javascript:1\">" },
		{ "<td{% if x %} class=\"{{ x }}\"{% endif %}>", "n",
		  "<td class=\"n\">" },
		{ "<input {% if x %}checked{% endif %} value=\"{{ x }}\">", "1",
		  "<input checked value=\"1\">" },
		{ "<meta name=\"a\" content=\"{{ x }}\">", "b",
		  "<meta name=\"a\" content=\"b\">" },
	};

	(void)state;
	ALL_IN(LIQUID_HTML, given);
}

static void
an_address_keeps_its_scheme(void **state)
{
	static const struct given given[] = {
		{ "<a href=\"{{ x }}\">", "https://x.example/?a=1&b=\"<'()",
		  "<a href=\"https://x.example/"
		  "?a=1&amp;b=%22%3C%27%28%29\">" },
		{ "<a href=\"{{ x }}\">", "javascript:alert(1)",
		  "<a href=\"#blocked\">" },
		{ "<a href=\"{{ x }}\">", " \x01java\tscript:alert(1)",
		  "<a href=\"#blocked\">" },
		{ "<a href=\"{{ x }}\">", "JaVaScRiPt&#58;alert(1)",
		  "<a href=\"JaVaScRiPt&amp;#58;alert%281%29\">" },
		{ "<a href=\"{{ x }}\">", "data:text/html,x",
		  "<a href=\"#blocked\">" },
		{ "<a href=\"{{ x }}\">", ":x", "<a href=\"#blocked\">" },
		{ "<a href=\"{{ x }}\">", "/a b%20%zz",
		  "<a href=\"/a%20b%20%25zz\">" },
		{ "<a href=\"{{ x }}\">", "mailto:a@b.example",
		  "<a href=\"mailto:a@b.example\">" },
		{ "<a href=\"{{ x }}\">", "tel:+491234",
		  "<a href=\"tel:+491234\">" },
		{ "<img src=\"{{ x }}\">", "cid:1@x", "<img src=\"cid:1@x\">" },
		{ "<a href=\"https://x/{{ x }}?q={{ x }}\">", "a&b/c:ü",
		  "<a href=\"https://x/a&amp;b/c:%C3%BC?q=a%26b%2Fc%3A%C3%BC\""
		  ">" },
		{ "<a href=\"java{{ x }}\">", "script:alert(1)",
		  "<a href=\"javascript%3Aalert%281%29\">" },
		{ "<a href=\"{{ x }}{{ x }}\">",
		  "javascript:", "<a href=\"#blocked#blocked\">" },
		{ "<a href=\"{{ x }}/a?b={{ x }}\">", "https://x",
		  "<a href=\"https://x/a?b=https%3A%2F%2Fx\">" },
		{ "<a href=\"{{ x }}://y\">", "javascript", NULL },
		{ "<a href=\"javascript:{{ x }}\">", "1", NULL },
		{ "<a href=\"java{% if x %}script:{% endif %}{{ x }}\">", "1",
		  NULL },
		{ "<a href=\"{% if x %}?{% else %}/{% endif %}{{ x }}\">",
		  "a:b", "<a href=\"?a%3Ab\">" },
		{ "<a href=\"{% if x %}/{% endif %}{{ x }}\">", "a", NULL },
		{ "<img srcset=\"{{ x }}\">", "a b.png 1x, javascript:1 2x",
		  "<img srcset=\"#blocked, #blocked 2x\">" },
		{ "<img srcset=\"{{ x }}\">", "/a.png 1x,/b.png 2x",
		  "<img srcset=\"/a.png 1x, /b.png 2x\">" },
		{ "<svg><a xlink:href=\"{{ x }}\">", "javascript:1",
		  "<svg><a xlink:href=\"#blocked\">" },
	};

	(void)state;
	ALL_IN(LIQUID_HTML, given);
}

static void
a_style_takes_words(void **state)
{
	static const struct given given[] = {
		{ "<p style=\"color:{{ x }}\">", "#0b4f5c",
		  "<p style=\"color:#0b4f5c\">" },
		{ "<p style=\"font:{{ x }}\">", "Inter, \"Segoe UI\", Arial",
		  "<p style=\"font:Inter, &#39;Segoe UI&#39;, Arial\">" },
		{ "<style>a{color:{{ x }}}</style>", "red;}b{x:url(y)",
		  "<style>a{color:blocked}</style>" },
		{ "<style>a{font:{{ x }}}</style>", "'a', 'b",
		  "<style>a{font:blocked}</style>" },
		{ "<style>a{content:\"{{ x }}\"}</style>", "\"}</style>\n",
		  "<style>a{content:\"\\22 \\7d \\3c \\2f style\\3e "
		  "\\a \"}</style>" },
		{ "<style>a{background:url('{{ x }}')}</style>", "javascript:1",
		  "<style>a{background:url('#blocked')}"
		  "</style>" },
		{ "<p style=\"background:url({{ x }})\">", "/a.png?b&c)",
		  "<p style=\"background:url(/a.png?b\\26 c%29)\">" },
		{ "<style>/* {{ x }} */</style>", "a", NULL },
	};

	(void)state;
	ALL_IN(LIQUID_HTML, given);
}

static void
a_script_takes_values_and_parts_of_strings(void **state)
{
	static const struct given given[] = {
		{ "<script>var a = {{ x }};</script>", "</script>'\"",
		  "<script>var a = \"\\u003c\\/script\\u003e\\u0027\\\"\";"
		  "</script>" },
		{ "<script>var a = '{{ x }}';</script>", "'+alert(1)+'",
		  "<script>var a = '\\u0027+alert(1)+\\u0027';</script>" },
		{ "<script>var a = {{ list }} - {{ 1 | minus: 2 }}</script>",
		  NULL,
		  "<script>var a = [\"\\u003c1\\u003e\", 2, null] -  -1"
		  "</script>" },
		{ "<script type=\"application/ld+json\">{\"a\":\"{{ x }}\","
		  "\"b\":{{ x }}}</script>",
		  "\\\"\n",
		  "<script type=\"application/ld+json\">{\"a\":\"\\\\\\\"\\n\","
		  "\"b\":\"\\\\\\\"\\n\"}</script>" },
		{ "<script>var r = /'/; var a = {{ x }};</script>", "b",
		  "<script>var r = /'/; var a = \"b\";</script>" },
		{ "<script>a = b / c; d = '{{ x }}'</script>", "'",
		  "<script>a = b / c; d = '\\u0027'</script>" },
		{ "<script>var r = /{{ x }}/;</script>", "a", NULL },
		{ "<script>`{{ x }}`</script>", "a", NULL },
		{ "<script>`a`; b = {{ x }}</script>", "a", NULL },
		{ "<script>(a) / b; c = {{ x }}</script>", "a", NULL },
		{ "<script>// {{ x }}\n</script>", "a", NULL },
		{ "<script type=\"text/x\">{{ x }}</script>", "a", NULL },
	};

	(void)state;
	ALL_IN(LIQUID_HTML, given);
}

static void
where_a_value_has_no_meaning_none_may_stand(void **state)
{
	static const struct given given[] = {
		{ "<{{ x }}>", "b", NULL },
		{ "<b {{ x }}>", "a=1", NULL },
		{ "<b a{{ x }}=\"1\">", "a", NULL },
		{ "<b a={{ x }}>", "a", NULL },
		{ "<b a=b{{ x }}>", "a", NULL },
		{ "<b onclick=\"{{ x }}\">", "a", NULL },
		{ "<iframe srcdoc=\"{{ x }}\">", "a", NULL },
		{ "<meta http-equiv=\"refresh\" content=\"0;url={{ x }}\">",
		  "a", NULL },
		{ "<meta content=\"0;url={{ x }}\" http-equiv=\"refresh\">",
		  "a", NULL },
		{ "<animate attributeName=\"href\" to=\"{{ x }}\"/>", "a",
		  NULL },
		{ "<xmp>{{ x }}</xmp>", "a", NULL },
		{ "<!doctype {{ x }}>", "a", NULL },
		{ "<svg><title/><a href=\"{{ x }}\">", "a", NULL },
	};

	(void)state;
	ALL_IN(LIQUID_HTML, given);
}

static void
what_is_cut_or_ends_elsewhere_does_not_compile(void **state)
{
	static const struct given given[] = {
		{ "<{% if x %}b{% endif %}>", "1", NULL },
		{ "</{% if x %}b{% endif %}>", "1", NULL },
		{ "<title>a</ti{% if x %}tle{% endif %}>", "1", NULL },
		{ "<!-- a --{% if x %}{% endif %}>", "1", NULL },
		{ "<b on{% if x %}{% endif %}click=\"{{ x }}\">", "1", NULL },
		{ "<b {% if x %}on{% else %}title{% endif %}=\"{{ x }}\">", "1",
		  NULL },
		{ "<a{% if x %} {% else %} {% endif %}href=\"{{ x }}\">", "1",
		  "<a href=\"1\">" },
		{ "<b title=\"{% if x %}\"{% endif %}>", "1", NULL },
		{ "<b title=\"{{ x }}", "1", NULL },
		{ "<b title=\"", "1", NULL },
		{ "<script>", "1", NULL },
		{ "{% capture y %}<b {% endcapture %}", "1", NULL },
		{ "<b{% for i in list %} a=\"{% endfor %}>", "1", NULL },
		{ "{% for i in list %}<b title=\"{% break %}\">{% endfor %}",
		  "1", NULL },
		{ "{% case x %}{% when '1' %}<b>{% when '2' %}<b {% endcase %}",
		  "1", NULL },
	};

	(void)state;
	ALL_IN(LIQUID_HTML, given);
}

/* A tag that is as tags are is passed at once, any other looked into. */
static void
a_value_stands_behind_a_tag_however_it_is_written(void **state)
{
	static const struct given given[] = {
		{ "<p title=\">\">{{ x }}", "<", "<p title=\">\">&lt;" },
		{ "<p a = '\"' b=c\">{{ x }}", "<", "<p a = '\"' b=c\">&lt;" },
		{ "<p/a b=''/>{{ x }}", "<", "<p/a b=''/>&lt;" },
		{ "<P A\n=\n'>'B>{{ x }}", "<", "<P A\n=\n'>'B>&lt;" },
		{ "<p a='>{{ x }}'>", "<b c='", "<p a='>&lt;b c=&#39;'>" },
		{ "<a style=\"(\" href=\"{{ x }}\">", "javascript:1",
		  "<a style=\"(\" href=\"#blocked\">" },
		{ "<a href=\"javascript:1\">{{ x }}", "<",
		  "<a href=\"javascript:1\">&lt;" },
		{ "<p><p title=\"a>{{ x }}\">", "\"",
		  "<p><p title=\"a>&quot;\">" },
		{ "<p><p title='>' lang=\"{{ x }}\">", "\"",
		  "<p><p title='>' lang=\"&quot;\">" },
		{ "<p><h1 {% if x %}lang=\"{{ x }}\"{% endif %}>", ">",
		  "<p><h1 lang=\"&gt;\">" },
		{ "<p></p ><b a>b</b{% if x %} c{% endif %}>{{ x }}", "<",
		  "<p></p ><b a>b</b c>&lt;" },
		{ "<p a\"b>{{ x }}", "a", NULL },
		{ "<p a=''\"\">{{ x }}", "a", NULL },
		{ "<p =a>{{ x }}", "a", NULL },
		{ "<p <b>{{ x }}", "a", NULL },
		{ "<p a='{{ x }}", "a", NULL },
		{ "<p a='b' {{ x }}", "a", NULL },
	};

	(void)state;
	ALL_IN(LIQUID_HTML, given);
}

/* What a value or nothing makes of the text that is behind it. */
static void
what_may_end_a_comment_is_not_cut(void **state)
{
	static const struct given given[] = {
		{ "<!-- {{ x }} -->", "--", "<!-- -- -->" },
		{ "<!--{{ x }}-->", "-", "<!----->" },
		{ "<!-- {{ x }}> <b> -->", "--", NULL },
		{ "<!-- {{ x }}-> <b> -->", "-", NULL },
		{ "<!-- {{ x }}!> <b> -->", "--", NULL },
		{ "<!-- {{ x }}-!> <b> -->", "-", NULL },
		{ "<!--{{ x }}> <b> -->", "", NULL },
		{ "<!--{% if x %}z{% endif %}> <b> -->", "1", NULL },
		{ "<!--[if mso]>{{ x }}><b>1</b><![endif]-->", "--", NULL },
		{ "<!--[if mso]>{{ x }} ><b>1</b><![endif]-->", "--",
		  "<!--[if mso]>-- ><b>1</b><![endif]-->" },
		{ "<!--[if you edit --><a href=\"{{ x }}\">c</a><!-- ]> -->",
		  "javascript:1",
		  "<!--[if you edit --><a href=\"#blocked\">c</a><!-- ]> -->" },
		{ "<!--[if x --><script>if (a[0]>1) f(\"{{ x }}\")</script>",
		  "\\",
		  "<!--[if x --><script>if (a[0]>1) f(\"\\\\\")</script>" },
	};

	(void)state;
	ALL_IN(LIQUID_HTML, given);
}

/* What is read of a place once holds there each time, or is refused. */
static void
a_loop_or_partial_changes_nothing_of_an_address_or_meta(void **state)
{
	static const struct given given[] = {
		{ "<a href=\"{% for t in list %}{% if forloop.first %}{{ x }}"
		  "{% else %}:{{ x }}{% endif %}{% endfor %}\">",
		  "javascript", NULL },
		{ "<a href=\"{% for t in list %}/{{ x }}{% endfor %}\">", "a",
		  "<a href=\"/a/a/a\">" },
		{ "<a href=\"?{% for t in list %}{{ x }}&{% endfor %}\">", "a",
		  "<a href=\"?a&a&a&\">" },
		{ "<meta http-equiv=\"refresh\"{% for t in list %} "
		  "content=\"{{ x }}\"{% endfor %}>",
		  "1", NULL },
		{ "<a href=\"javascript&colon;{{ x }}\">", "1", NULL },
		{ "<a href=\"&#106;avascript:{{ x }}\">", "1", NULL },
		{ "<a href=\"java\tscript:{{ x }}\">", "1", NULL },
		{ "<a href=\"{{ x }}&a={{ x }}\">", "a", "<a href=\"a&a=a\">" },
		{ "<p title=\v\"{{ x }}\">", "1", NULL },
		{ "<p class=a\vid=\"{{ x }}\">", "1", NULL },
	};

	(void)state;
	ALL_IN(LIQUID_HTML, given);
}

/* Where only a parser could tell, no value may follow. */
static void
a_slash_that_may_begin_or_divide_ends_all_guessing(void **state)
{
	static const struct given given[] = {
		{ "<script>var a = i++ / 2 + '/'; f({{ x }});</script>", "1",
		  NULL },
		{ "<script>var a = 1./2 + '/'; f({{ x }});</script>", "1",
		  NULL },
		{ "<script>var a = o.in / 2 + '/'; f({{ x }});</script>", "1",
		  "<script>var a = o.in / 2 + '/'; f(\"1\");</script>" },
		{ "<script>for (m of /'/.exec(a)) f({{ x }});</script>", "1",
		  "<script>for (m of /'/.exec(a)) f(\"1\");</script>" },
		{ "<script>var a =\xc2\xa0/'/; f({{ x }});</script>", "1",
		  NULL },
		{ "<script>a = o.ma{% if x %}b{% endif %}in / 2 + '/'; "
		  "f({{ x }});</script>",
		  "1", NULL },
		{ "<script>\n<!-- '\\\nf({{ x }});\n</script>", "1", NULL },
		{ "<script>\n--> '\\\nf({{ x }});\n</script>", "1", NULL },
		{ "<script>a=\"<!--<script>\"</script>{{ x }}", "1", NULL },
		{ "<script>a = b / 2; f({{ x }});</script>", "1",
		  "<script>a = b / 2; f(\"1\");</script>" },
	};

	(void)state;
	ALL_IN(LIQUID_HTML, given);
}

static void
a_partial_is_read_for_the_place_where_it_stands(void **state)
{
	static const struct given given[] = {
		{ "{% render 'link', x: x %}", "javascript:1",
		  "<a href=\"#blocked\">javascript:1</a>" },
		{ "{% render 'value', x: x %}<a href=\"{% render 'value', x: x "
		  "%}\">",
		  "javascript:\"", "javascript:&quot;<a href=\"#blocked\">" },
		{ "{% include 'open' %}", "1", NULL },
		{ "<a href=\"{% render 'link', x: x %}\">", "1", NULL },
		{ "{% for i in list %}<a href=\"{% include 'leave' %}\">"
		  "{% endfor %}",
		  "1", NULL },
		{ "{% for i in list %}<a href=\"{% include 'value' %}\">"
		  "{% endfor %}",
		  "1", "<a href=\"1\"><a href=\"1\"><a href=\"1\">" },
		{ "{% for i in list %}a{% include 'leave' %}{% endfor %}", "1",
		  "a" },
	};

	(void)state;
	ALL_IN(LIQUID_HTML, given);
}

static void
what_is_captured_is_markup(void **state)
{
	static const struct given given[] = {
		{ "{% capture y %}<i>{{ x }}</i>{% endcapture %}{{ y }}", "<&",
		  "<i>&lt;&amp;</i>" },
		{ "{% capture y %}<i>{{ x }}</i>{% endcapture %}"
		  "<a title=\"{{ y }}\" href=\"?{{ y }}\">",
		  "<&", "<a title=\"&lt;&amp;\" href=\"?%3C%26\">" },
		{ "{% capture y %}{{ x }}{% endcapture %}<a href=\"{{ y }}\">",
		  "javascript:'", "<a href=\"#blocked\">" },
	};

	(void)state;
	ALL_IN(LIQUID_HTML, given);
}

static void
conditional_comments_hold_html(void **state)
{
	static const struct given given[] = {
		{ "<!--[if mso]><v:rect href=\"{{ x }}\"><![endif]-->{{ x }}",
		  "javascript:-->",
		  "<!--[if mso]><v:rect href=\"#blocked\"><![endif]-->"
		  "javascript:--&gt;" },
		{ "<!--[if !mso]><!-->{{ x }}<!--<![endif]-->", "<",
		  "<!--[if !mso]><!-->&lt;<!--<![endif]-->" },
		{ "<!--[if mso]><b>", NULL, NULL },
	};

	(void)state;
	ALL_IN(LIQUID_HTML, given);
}

static void
other_formats_are_escaped_as_they_ask(void **state)
{
	static const struct given header[] = {
		{ "Hi {{ x }}", "a\r\nBcc: b\0c", "Hi a  Bcc: b" },
		{ "{{ x }}", "<é>", "<é>" },
	};
	static const struct given ics[] = {
		{ "SUMMARY:{{ x }}", "a;b,c\\d\r\ne\nf\x01",
		  "SUMMARY:a\\;b\\,c\\\\d\\ne\\nf" },
	};
	static const struct given csv[] = {
		{ "{{ x }},{{ list }}", "=1+\"2\"", "\"'=1+\"\"2\"\"\",<1>2" },
	};
	static const struct given pdf[] = {
		{ "({{ x }})", "a(b)\\\n", "(a\\(b\\)\\\\\\n)" },
	};
	static const struct given json[] = {
		{ "{\"a\": \"{{ x }}\", \"b\": {{ list }}}", "\"\n</",
		  "{\"a\": \"\\\"\\n\\u003c\\/\", \"b\": [\"\\u003c1\\u003e\", "
		  "2, null]}" },
		{ "{\"a\": \"", NULL, NULL },
	};

	(void)state;
	ALL_IN(LIQUID_HEADER, header);
	ALL_IN(LIQUID_ICS, ics);
	ALL_IN(LIQUID_CSV, csv);
	ALL_IN(LIQUID_PDF, pdf);
	ALL_IN(LIQUID_JSON, json);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(between_tags_a_value_is_text),
		cmocka_unit_test(in_quotes_a_value_is_part_of_an_attribute),
		cmocka_unit_test(an_address_keeps_its_scheme),
		cmocka_unit_test(a_style_takes_words),
		cmocka_unit_test(a_script_takes_values_and_parts_of_strings),
		cmocka_unit_test(where_a_value_has_no_meaning_none_may_stand),
		cmocka_unit_test(
		    what_is_cut_or_ends_elsewhere_does_not_compile),
		cmocka_unit_test(
		    a_value_stands_behind_a_tag_however_it_is_written),
		cmocka_unit_test(
		    a_partial_is_read_for_the_place_where_it_stands),
		cmocka_unit_test(what_may_end_a_comment_is_not_cut),
		cmocka_unit_test(
		    a_loop_or_partial_changes_nothing_of_an_address_or_meta),
		cmocka_unit_test(
		    a_slash_that_may_begin_or_divide_ends_all_guessing),
		cmocka_unit_test(what_is_captured_is_markup),
		cmocka_unit_test(conditional_comments_hold_html),
		cmocka_unit_test(other_formats_are_escaped_as_they_ask),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
