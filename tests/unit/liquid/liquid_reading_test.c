/*
 * What is read in two ways: svg and math, a noscript, the conditional comments
 * of Outlook. Each reading must find a value in the same place, or the template
 * does not compile.
 */
#include <stdio.h>

#include "liquid_placed.h"

#define IN_SVG	   "of svg or math"
#define CUT_END	   "what may end a comment stands behind a tag"
#define IN_COMMENT "ends the comment for all but Outlook"
#define IN_SCRIPTS "ends the noscript if scripts run"
#define BEFORE_CUT "what may become"

static void
a_title_of_svg_takes_values_and_no_tags(void **state)
{
	static const struct placed list[] = {
		{ "<svg><title>{{ x }}</title></svg>", "</title><b>",
		  "<svg><title>&lt;/title&gt;&lt;b&gt;</title></svg>", NULL },
		{ "<svg><title>a &amp; {{ x }} < 1</title></svg>", "b",
		  "<svg><title>a &amp; b < 1</title></svg>", NULL },
		{ "<svg><title><a href=\"{{ x }}\">b</a></title></svg>",
		  "javascript:1", NULL, IN_SVG },
		{ "<svg><title><a title=\"</title>\" b=\"{{ x }}\"></svg>", "1",
		  NULL, IN_SVG },
		{ "<SVG><title><!-- </title> {{ x }} --></title></SVG>", "1",
		  NULL, IN_SVG },
		{ "<math><title><b></title>{{ x }}</math>", "1", NULL, IN_SVG },
		{ "<svg><textarea><b></textarea></svg>", "1", NULL, IN_SVG },
		{ "<title>a <b> {{ x }}</title>", "1", "<title>a <b> 1</title>",
		  NULL },
	};

	(void)state;
	PLACED(list);
}

static void
a_style_or_script_of_svg_takes_no_values(void **state)
{
	static const struct placed list[] = {
		{ "<svg><style>a{fill:{{ x }}}</style></svg>", "red", NULL,
		  IN_SVG },
		{ "<svg><script>a = {{ x }}</script></svg>", "1", NULL,
		  IN_SVG },
		{ "<svg><textarea>{{ x }}</textarea></svg>", "1", NULL,
		  IN_SVG },
		{ "<math><style>{{ x }}</style></math>", "1", NULL, IN_SVG },
		{ "<svg><g><svg></svg><style>{{ x }}</style></g></svg>", "1",
		  NULL, IN_SVG },
		{ "<svg><style>a{fill:red}</style><path fill=\"{{ x }}\"/>"
		  "</svg><style>a{color:{{ x }}}</style>",
		  "red",
		  "<svg><style>a{fill:red}</style><path fill=\"red\"/>"
		  "</svg><style>a{color:red}</style>",
		  NULL },
		{ "<svg><style><![CDATA[ a > b {} ]]></style></svg>{{ x }}",
		  "<", "<svg><style><![CDATA[ a > b {} ]]></style></svg>&lt;",
		  NULL },
		{ "<svg><style><![CDATA[ \"</style>\" ]]></style></svg>", "1",
		  NULL, IN_SVG },
		{ "<svg><style><![CDATA[ a {} </style></svg>", "1", NULL,
		  IN_SVG },
		{ "<svg><style><b title=\"</style>\"></svg>", "1", NULL,
		  IN_SVG },
		{ "<svg><script>for (; i < 2; );</script></svg>", "1",
		  "<svg><script>for (; i < 2; );</script></svg>", NULL },
		{ "<svg><![CDATA[ > <a href=\" ]]> <b id=\"{{ x }}\"></svg>",
		  "1", NULL, "in svg or math, expected text" },
	};

	(void)state;
	PLACED(list);
}

static void
svg_ends_where_a_browser_ends_it(void **state)
{
	static const struct placed list[] = {
		{ "<svg><desc>{{ x }}</desc></svg><style>{{ x }}</style>", "a",
		  "<svg><desc>a</desc></svg><style>a</style>", NULL },
		{ "<math><mi>{{ x }}</mi><mo>=</mo></math>"
		  "<script>f({{ x }})</script>",
		  "a",
		  "<math><mi>a</mi><mo>=</mo></math>"
		  "<script>f(\"a\")</script>",
		  NULL },
		{ "<svg><foreignObject><div></svg></div></foreignObject>"
		  "<style>{{ x }}</style>",
		  "a", NULL, "behind one with HTML in it" },
		{ "<svg><desc><p></svg><style>{{ x }}</style>", "a", NULL,
		  IN_SVG },
		{ "<svg></math><style>{{ x }}</style></svg>", "a", NULL,
		  IN_SVG },
		{ "<svg><math></svg><style>{{ x }}</style>", "a",
		  "<svg><math></svg><style>a</style>", NULL },
		{ "<svg/><style>{{ x }}</style>", "a", NULL, "closes itself" },
		{ "<svg a=b/><style>{{ x }}</style>", "a", NULL,
		  "closes itself" },
		{ "{% if x %}<svg>{% endif %}<style>{{ x }}</style>", "a", NULL,
		  IN_SVG },
		{ "{% if x %}<svg>{% else %}<svg id=\"a\">{% endif %}<g></g>"
		  "</svg><style>{{ x }}</style>",
		  "a", "<svg><g></g></svg><style>a</style>", NULL },
		{ "{% for i in y %}<svg>{% endfor %}", "a", NULL,
		  "it ends in an svg and began between tags" },
		{ "{% render 'open-svg' %}<style>{{ x }}</style>", "a", NULL,
		  "it ends in an svg" },
		{ "{% capture s %}<svg>{% endcapture %}{{ s }}"
		  "<style>{{ x }}</style>",
		  "a", NULL, "a capture ends in an svg" },
		{ "<svg><!--[if mso]></svg><![endif]--><style>{{ x }}</style>",
		  "a", NULL, IN_SVG },
	};

	(void)state;
	PLACED(list);
}

static void
a_noscript_is_markup_and_text(void **state)
{
	static const struct placed list[] = {
		{ "<noscript><img src=\"https://t.example/p?u={{ x }}\" "
		  "alt=\"\"></noscript>",
		  "</noscript>\"",
		  "<noscript><img src=\"https://t.example/"
		  "p?u=%3C%2Fnoscript%3E%22\" alt=\"\"></noscript>",
		  NULL },
		{ "<noscript><p title=\"{{ x }}\">{{ x }}</noscript>{{ x }}",
		  "</noscript>",
		  "<noscript><p title=\"&lt;/noscript&gt;\">"
		  "&lt;/noscript&gt;</noscript>&lt;/noscript&gt;",
		  NULL },
		{ "<noscript><p title=\"</noscript>{{ x }}\"></noscript>", "a",
		  NULL, IN_SCRIPTS },
		{ "<noscript><p title='a' id='</NoScript '></noscript>", "a",
		  NULL, IN_SCRIPTS },
		{ "<noscript><!-- </noscript> --></noscript>", "a", NULL,
		  IN_SCRIPTS },
		{ "<noscript><style>a{}</noscript></style>", "a", NULL,
		  IN_SCRIPTS },
		{ "<noscript><p a=</noscript >", "a", NULL, IN_SCRIPTS },
		{ "<noscript><p title=\"</nos{{ x }}cript>\"></noscript>", "",
		  NULL, BEFORE_CUT },
		{ "<noscript><p title=\"<{{ x }}\"></noscript>", "/noscript ",
		  NULL, BEFORE_CUT },
		{ "<noscript><p title=\"<b {{ x }}\"></noscript>", "a",
		  "<noscript><p title=\"<b a\"></noscript>", NULL },
		{ "{% if x %}<noscript>{% endif %}<p title=\"</noscript>\">",
		  "a", NULL, IN_SCRIPTS },
		{ "<noscript>a</noscript><p title=\"</noscript>{{ x }}\">", "a",
		  "<noscript>a</noscript><p title=\"</noscript>a\">", NULL },
		{ "<noscript></noscriptx><p title=\"{{ x }}\"></noscript>",
		  "\"", "<noscript></noscriptx><p title=\"&quot;\"></noscript>",
		  NULL },
		{ "<noscript></noscriptx><p title=\"</noscript>\"></noscript>",
		  "a", NULL, IN_SCRIPTS },
	};

	(void)state;
	PLACED(list);
}

static void
a_conditional_comment_ends_for_all_at_once(void **state)
{
	static const struct placed list[] = {
		{ "<!--[if mso]><v:rect alt=\"-->{{ x }}\"><![endif]-->", "a",
		  NULL, IN_COMMENT },
		{ "<!--[if mso]><v:rect id='a' alt='--!>'><![endif]-->", "a",
		  NULL, IN_COMMENT },
		{ "<!--[if mso]><p a=--><![endif]-->", "a", NULL, IN_COMMENT },
		{ "<!--[if mso]><style>a-->b{}</style><![endif]-->", "a", NULL,
		  IN_COMMENT },
		{ "<!--[if mso]><style>a{}<![endif]--></style>", "a", NULL,
		  IN_COMMENT },
		{ "<!--[if mso]><v:rect alt=\"{{ x }}>\"><![endif]-->", "--",
		  NULL, CUT_END },
		{ "<!--[if mso]><v:rect alt=\"-{{ x }}->\"><![endif]-->", "",
		  NULL, CUT_END },
		{ "<!--[if mso]><v:rect alt=\"--{{ x }}!>\"><![endif]-->", "",
		  NULL, CUT_END },
		{ "<!--[if mso]><v:rect a=--{% if x %}{% endif %}>"
		  "<![endif]-->",
		  "", NULL, CUT_END },
		{ "<!--[if mso]><v:rect --{% if x %} a{% endif %}><![endif]-->",
		  "", NULL, BEFORE_CUT },
		{ "<!--[if mso]><v:rect alt=\"a-{{ x }}\"{% if x %} b{% endif "
		  "%}><![endif]-->",
		  "-->", "<!--[if mso]><v:rect alt=\"a---&gt;\" b><![endif]-->",
		  NULL },
		{ "<!--[if mso]>a<![endif]><p title=\"-->{{ x }}\">", "a", NULL,
		  "without \"-->\" behind it" },
		{ "<!--[if mso]>a --> {{ x }}", "<", "<!--[if mso]>a --> &lt;",
		  NULL },
		{ "<!--[if mso]>a<!--> {{ x }}", "<",
		  "<!--[if mso]>a<!--> &lt;", NULL },
		{ "<!--[if mso]>a <!-- b --> c<![endif]-->", "a", NULL,
		  "a comment in a conditional comment" },
		{ "<!--[if {{ x }}]>a<![endif]-->", "mso", NULL,
		  "the condition of a conditional comment is cut" },
	};

	(void)state;
	PLACED(list);
}

static void
a_comment_ends_at_either_of_its_ends(void **state)
{
	static const struct placed list[] = {
		{ "<!-- --!>{{ x }}<b a=\"-->\"{{ x }}>", "1", NULL,
		  "a value in a tag" },
		{ "<!-- a --!> <b title={{ x }}> -->", "1", NULL,
		  "without quotes" },
		{ "<!-- a --> <b title={{ x }}> --!>", "1", NULL,
		  "without quotes" },
		{ "<!-- {{ x }} --!>{{ x }}", "--!>",
		  "<!-- --!&gt; --!>--!&gt;", NULL },
	};

	(void)state;
	PLACED(list);
}

static void
each_usual_form_of_a_conditional_comment_compiles(void **state)
{
#define REST "<a href=\"{{ x }}\">{{ x }}</a>"
#define MADE "<a href=\"#blocked\">javascript:</a>"
#define FORM(before, after)                                                    \
	{                                                                      \
		before REST after REST, "javascript:", before MADE after MADE, \
		    NULL                                                       \
	}
	static const struct placed list[] = {
		FORM("<!--[if !mso]><!-- -->", "<!--<![endif]-->"),
		FORM("<!--[if !mso]><!-->", "<!--<![endif]-->"),
		FORM("<!--[if !mso]><!--->", "<!--<![endif]-->"),
		FORM("<!--[if !gte mso 9]><!---->", "<!--<![endif]-->"),
		FORM("<!--[if !mso]> <!-- a > b -->", "<!-- <![endif]-->"),
		FORM("<!--[if !mso]>\n<!-->", "<!--<![endif]-->"),
		FORM("<![if !mso]>", "<![endif]>"),
		FORM("<!--[if (gte mso 9)|(IE)]>", "<![endif]-->"),
		FORM("<!--[if(mso)]>", "<![endif]-->"),
		FORM("<!--[if mso | IE]>", "<![endif]-->"),
		FORM("<!--[IF MSO]>", "<![ENDIF]-->"),
		FORM("<!--[if mso]>", "<![endif] -->"),
		FORM("<!--[if mso]> <![endif]-->", ""),
		FORM("<!--[if mso]><table><tr><td><![endif]-->",
		     "<!--[if mso]></td></tr></table><![endif]-->"),
	};

	(void)state;
	PLACED(list);
}

static void
what_mail_frameworks_write_compiles(void **state)
{
	struct buf text = { 0 };
	struct error err = { 0 };
	struct liquid_source source = { .name = "mail",
					.context = LIQUID_HTML };
	struct liquid_program *p = NULL;
	char part[4096];
	FILE *f = fopen(MAIL, "rb");
	size_t len;

	(void)state;
	assert_non_null(f);
	while ((len = fread(part, 1, sizeof(part), f)) > 0)
		buf_add(&text, part, len);
	fclose(f);
	source.text = buf_view(&text);
	assert_ok(liquid_compile(&p, &source, NULL, &err), err);
	liquid_free(&p);
	buf_fini(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_title_of_svg_takes_values_and_no_tags),
		cmocka_unit_test(a_style_or_script_of_svg_takes_no_values),
		cmocka_unit_test(svg_ends_where_a_browser_ends_it),
		cmocka_unit_test(a_noscript_is_markup_and_text),
		cmocka_unit_test(a_conditional_comment_ends_for_all_at_once),
		cmocka_unit_test(a_comment_ends_at_either_of_its_ends),
		cmocka_unit_test(
		    each_usual_form_of_a_conditional_comment_compiles),
		cmocka_unit_test(what_mail_frameworks_write_compiles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
