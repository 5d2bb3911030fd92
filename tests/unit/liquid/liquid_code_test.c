/* Where a page runs or embeds something, no value chooses what (decision 029). */
#include "liquid_placed.h"

#define SITE   "what the page runs or embeds, expected its site before it"
#define RIGHTS "what a page, frame, link or script may do"
#define TYPE   "an attribute that changes what the element is"
#define IMPORT "in the address of what a script imports"

static void
an_address_of_code_has_its_site_written_out(void **state)
{
	static const struct placed list[] = {
		{ "<script src=\"{{ x }}\"></script>", "https://x/", NULL,
		  SITE },
		{ "<base href=\"{{ x }}\">", "https://x/", NULL, SITE },
		{ "<iframe src=\"{{ x }}\"></iframe>", "https://x/", NULL,
		  SITE },
		{ "<frame src='{{ x }}'>", "https://x/", NULL, SITE },
		{ "<object data=\"{{ x }}\">", "https://x/", NULL, SITE },
		{ "<object codebase=\"{{ x }}\">", "https://x/", NULL, SITE },
		{ "<object classid=\"{{ x }}\">", "https://x/", NULL, SITE },
		{ "<applet codebase=\"{{ x }}\">", "https://x/", NULL, SITE },
		{ "<embed src=\"{{ x }}\">", "https://x/", NULL, SITE },
		{ "<svg><use href=\"{{ x }}\"/></svg>", "#a", NULL, SITE },
		{ "<svg><use xlink:href=\"{{ x }}\"/></svg>", "#a", NULL,
		  SITE },
		{ "<svg><script href=\"{{ x }}\"></script></svg>", "/a", NULL,
		  SITE },
		{ "<link rel=\"stylesheet\" href=\"{{ x }}\">", "/a", NULL,
		  SITE },
		{ "<script src=\"https://a.example/{{ x }}/b.js?c={{ x }}\">"
		  "</script>",
		  "a/b",
		  "<script src=\"https://a.example/a%2Fb/b.js?c=a%2Fb\">"
		  "</script>",
		  NULL },
		{ "<iframe src=\"HTTPS://a.example:8443/{{ x }}\"></iframe>",
		  "..",
		  "<iframe src=\"HTTPS://a.example:8443/blocked\"></iframe>",
		  NULL },
		{ "<iframe src=\"/a/{{ x }}/b\"></iframe>", ".",
		  "<iframe src=\"/a/blocked/b\"></iframe>", NULL },
		{ "<iframe src=\"/a/{{ x }}#{{ x }}\"></iframe>", "v1.2/?#",
		  "<iframe src=\"/a/v1.2%2F%3F%23#v1.2%2F%3F%23\"></iframe>",
		  NULL },
		{ "<svg><use href=\"#{{ x }}\"/></svg>", "a\"",
		  "<svg><use href=\"#a%22\"/></svg>", NULL },
		{ "<iframe src=\"/{{ x }}\"></iframe>", "/x.example/", NULL,
		  SITE },
		{ "<iframe src=\"/\t/{{ x }}\"></iframe>", "x.example/", NULL,
		  SITE },
		{ "<iframe src=\"//a.example/{{ x }}\"></iframe>", "a", NULL,
		  SITE },
		{ "<iframe src=\"http://a.example/{{ x }}\"></iframe>", "a",
		  NULL, SITE },
		{ "<iframe src=\"https://a.example{{ x }}\"></iframe>",
		  ".x.example/", NULL, SITE },
		{ "<iframe src=\"https://a@b{{ x }}/\"></iframe>", "a", NULL,
		  SITE },
		{ "<iframe src=\"https:\\\\{{ x }}/\"></iframe>", "a", NULL,
		  SITE },
		{ "<iframe src=\"/&#47;{{ x }}\"></iframe>", "a", NULL, SITE },
		{ "<iframe src=\" https://a/{{ x }}\"></iframe>", "a", NULL,
		  SITE },
		{ "<iframe src=\"/a&#47;{{ x }}\"></iframe>", "..",
		  "<iframe src=\"/a&#47;blocked\"></iframe>", NULL },
		{ "<script src=\"a.js\"></script>{{ x }}", "<",
		  "<script src=\"a.js\"></script>&lt;", NULL },
		{ "<img src=\"{{ x }}\"><video src='{{ x }}'>", "https://x/",
		  "<img src=\"https://x/\"><video src='https://x/'>", NULL },
		{ "<form action=\"{{ x }}\"><button formaction=\"{{ x }}\">",
		  "https://x/",
		  "<form action=\"https://x/\"><button formaction=\"https://x/"
		  "\">",
		  NULL },
	};

	(void)state;
	PLACED(list);
}

static void
branches_loops_and_partials_choose_no_site(void **state)
{
	static const struct placed list[] = {
		{ "<iframe src=\"{% if x %}https://a.example/{% else %}"
		  "/b?{% endif %}{{ x }}\"></iframe>",
		  "..", "<iframe src=\"https://a.example/blocked\"></iframe>",
		  NULL },
		{ "<iframe src=\"{% if x %}https://a.example/{% endif %}"
		  "{{ x }}\"></iframe>",
		  "a", NULL, SITE },
		{ "<iframe src=\"{% if x %}/{% else %}/b{% endif %}{{ x }}\">"
		  "</iframe>",
		  "/a", NULL, SITE },
		{ "<iframe src=\"{% for i in y %}{% if forloop.first %}/"
		  "{% else %}/a{{ x }}/{% endif %}{% endfor %}\"></iframe>",
		  ".x.example", NULL, "it ends in the quotes" },
		{ "<iframe src=\"/a/{% for i in y %}{{ i }}-{% endfor %}\">"
		  "</iframe>",
		  "1", "<iframe src=\"/a/a-b-\"></iframe>", NULL },
		{ "<iframe src=\"/a/{% render 'word', x: x %}/{{ x }}\">"
		  "</iframe>",
		  "..", "<iframe src=\"/a/blocked/blocked\"></iframe>", NULL },
		{ "<iframe src=\"{% render 'word', x: x %}\"></iframe>", "/a",
		  NULL, SITE },
		{ "<iframe src=\"{% render 'site' %}\"></iframe>", "",
		  "<iframe src=\"https://a.example/\"></iframe>", NULL },
		{ "<iframe src=\"{% render 'site' %}{{ x }}\"></iframe>", "a",
		  NULL, SITE },
	};

	(void)state;
	PLACED(list);
}

static void
a_link_is_code_unless_its_rel_says_otherwise(void **state)
{
	static const struct placed list[] = {
		{ "<link rel=\"icon\" href=\"{{ x }}\">", "/a",
		  "<link rel=\"icon\" href=\"/a\">", NULL },
		{ "<link rel='Shortcut Icon' href=\"{{ x }}\">", "javascript:",
		  "<link rel='Shortcut Icon' href=\"#blocked\">", NULL },
		{ "<link rel=\"canonical\"{% if x %} hreflang=\"de\""
		  "{% endif %} href=\"{{ x }}\">",
		  "/a", "<link rel=\"canonical\" hreflang=\"de\" href=\"/a\">",
		  NULL },
		{ "<link href=\"{{ x }}\" rel=\"icon\">", "/a", NULL, SITE },
		{ "<link href=\"{{ x }}\">", "/a", NULL, SITE },
		{ "<link rel=icon href=\"{{ x }}\">", "/a", NULL, SITE },
		{ "<link rel=stylesheet title=\"icon\" href=\"{{ x }}\">", "/a",
		  NULL, SITE },
		{ "<link rel=\"alternate stylesheet\" href=\"{{ x }}\">", "/a",
		  NULL, SITE },
		{ "<link rel=\"style&#115;heet\" href=\"{{ x }}\">", "/a", NULL,
		  SITE },
		{ "<link rel=\"modulepreload\" href=\"{{ x }}\">", "/a", NULL,
		  SITE },
		{ "<link rel=\"manifest\" href=\"{{ x }}\">", "/a", NULL,
		  SITE },
		{ "<link rel=\"import\" href=\"{{ x }}\">", "/a", NULL, SITE },
		{ "<link rel=\"stylesheet\" rel=\"icon\" href=\"{{ x }}\">",
		  "/a", NULL, SITE },
		{ "<link {% if x %}rel=\"stylesheet\"{% endif %} rel=\"icon\" "
		  "href=\"{{ x }}\">",
		  "/a", NULL, SITE },
		{ "<link {% if x %}rel=\"icon\"{% endif %} href=\"{{ x }}\" "
		  "rel=\"stylesheet\">",
		  "/a", NULL, SITE },
		{ "<link rel=\"{% if x %}icon{% endif %}\" href=\"{{ x }}\">",
		  "/a", NULL, SITE },
		{ "<link rel=\"{{ x }}\" href=\"/a\">", "icon", NULL, RIGHTS },
		{ "<link rel=\"icon\" type=\"{{ x }}\">", "a", NULL, TYPE },
		{ "<link rel=\"stylesheet\" href=\"https://fonts.example/"
		  "css?family={{ x }}\">",
		  "A B",
		  "<link rel=\"stylesheet\" href=\"https://fonts.example/"
		  "css?family=A%20B\">",
		  NULL },
	};

	(void)state;
	PLACED(list);
}

static void
an_attribute_that_gives_rights_takes_no_value(void **state)
{
	static const char *const tags[] = {
		"<a rel=\"{{ x }}\">",
		"<a target=\"{{ x }}\">",
		"<a ping=\"{{ x }}\">",
		"<a referrerpolicy=\"{{ x }}\">",
		"<a attributionsrc=\"{{ x }}\">",
		"<iframe allow=\"{{ x }}\"></iframe>",
		"<iframe csp=\"{{ x }}\"></iframe>",
		"<iframe sandbox=\"{{ x }}\"></iframe>",
		"<script integrity=\"{{ x }}\"></script>",
		"<script nonce=\"{{ x }}\"></script>",
		"<img crossorigin=\"{{ x }}\">",
		"<button formtarget=\"{{ x }}\">",
	};
	static const struct placed list[] = {
		{ "<meta http-equiv=\"{{ x }}\">", "a", NULL, TYPE },
		{ "<script type=\"{{ x }}\"></script>", "a", NULL, TYPE },
		{ "<script language=\"{{ x }}\"></script>", "a", NULL, TYPE },
		{ "<object type=\"{{ x }}\">", "a", NULL, TYPE },
		{ "<embed type=\"{{ x }}\">", "a", NULL, TYPE },
		{ "<iframe srcdoc=\"{{ x }}\"></iframe>", "a", NULL, TYPE },
		{ "<input type=\"{{ x }}\">", "a", "<input type=\"a\">", NULL },
		{ "<a target=\"{% if x %}_blank{% else %}_top{% endif %}\">",
		  "a", "<a target=\"_blank\">", NULL },
		{ "<svg><animate attributeName=\"{{ x }}\"/></svg>", "href",
		  NULL, TYPE },
		{ "<svg><set attributeName=\"href\" to=\"{{ x }}\"/></svg>",
		  "a", NULL, TYPE },
		{ "<svg><animate values=\"{{ x }}\"/></svg>", "a", NULL, TYPE },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(tags); i++)
		assert_true(
		    placed_one(&(struct placed){ tags[i], "a", NULL, RIGHTS }));
	PLACED(list);
}

static void
a_script_imports_what_is_written_out(void **state)
{
	static const struct placed list[] = {
		{ "<script type=\"module\">import a from \"{{ x }}\";</script>",
		  "/a", NULL, IMPORT },
		{ "<script type=\"module\">import '{{ x }}';</script>", "/a",
		  NULL, IMPORT },
		{ "<script type=\"module\">import/* a */\n\"https://a/{{ x }}"
		  "\"</script>",
		  "/a", NULL, IMPORT },
		{ "<script type=\"module\">export * from {{ x }};</script>",
		  "/a", NULL, IMPORT },
		{ "<script>import({{ x }});</script>", "/a", NULL, IMPORT },
		{ "<script>import(f(1) + \"{{ x }}\");</script>", "/a", NULL,
		  IMPORT },
		{ "<script>import.defer('{{ x }}');</script>", "/a", NULL,
		  IMPORT },
		{ "<script>im{% if x %}port{% endif %}('{{ x }}');</script>",
		  "/a", NULL, IMPORT },
		{ "<script>{% if x %}import{% endif %} '{{ x }}';</script>",
		  "/a", NULL, IMPORT },
		{ "<script>{% for i in y %}'{{ x }}'; import {% endfor %}"
		  "</script>",
		  "/a", NULL, "it ends in a script and began" },
		{ "<script>import('/a').then(b => b(0, 1)); "
		  "{% if x %}import({% endif %}</script>",
		  "/a", NULL, "the branches before this end" },
		{ "<script type=\"module\">import a, { b } from '/c.js'\n"
		  "f({{ x }}, '{{ x }}')</script>",
		  "1",
		  "<script type=\"module\">import a, { b } from '/c.js'\n"
		  "f(\"1\", '1')</script>",
		  NULL },
		{ "<script>var a = Array.from('{{ x }}'), from = "
		  "'{{ x }}', b = import.meta.url + '{{ x }}';</script>",
		  "1",
		  "<script>var a = Array.from('1'), from = '1', "
		  "b = import.meta.url + '1';</script>",
		  NULL },
		{ "<script>import('/a.js'); f('{{ x }}');</script>", "1",
		  "<script>import('/a.js'); f('1');</script>", NULL },
		{ "<script>{% if x %}f{% else %}g{% endif %}('{{ x }}');"
		  "</script>",
		  "1", "<script>f('1');</script>", NULL },
		{ "<script type=\"importmap\">{\"a\": {{ x }}}</script>", "/a",
		  NULL, "a script of a type that takes none" },
		{ "<script type=\"speculationrules\">{{ x }}</script>", "/a",
		  NULL, "a script of a type that takes none" },
	};

	(void)state;
	PLACED(list);
}

static void
a_style_sheet_imports_what_is_written_out(void **state)
{
#define SHEET "in the @import of a style sheet"
	static const struct placed list[] = {
		{ "<style>@import \"{{ x }}\";</style>", "/a", NULL, SHEET },
		{ "<style>@import url({{ x }});</style>", "/a", NULL, SHEET },
		{ "<style>@IMPORT /* a; */ url('https://a/{{ x }}');</style>",
		  "/a", NULL, SHEET },
		{ "<style>@\\69mport \"{{ x }}\";</style>", "/a", NULL, SHEET },
		{ "<style>@im{% if x %}port{% endif %} \"{{ x }}\";</style>",
		  "/a", NULL, SHEET },
		{ "<style>@{{ x }} \"{{ x }}\";</style>", "import", NULL,
		  SHEET },
		{ "<style>{% if x %}@import {% endif %}url({{ x }});</style>",
		  "/a", NULL, SHEET },
		{ "<style>@import url(https://a/;b.css); @media print {"
		  "a{background:url({{ x }});color:{{ x }}}}</style>",
		  "a",
		  "<style>@import url(https://a/;b.css); @media print {"
		  "a{background:url(a);color:a}}</style>",
		  NULL },
		{ "<style>@font-face{src:url({{ x }})}</style>", "/a",
		  "<style>@font-face{src:url(/a)}</style>", NULL },
		{ "<p style=\"a:@import\" style=\"b:{{ x }}\">", "c",
		  "<p style=\"a:@import\" style=\"b:c\">", NULL },
	};

	(void)state;
	PLACED(list);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_of_code_has_its_site_written_out),
		cmocka_unit_test(branches_loops_and_partials_choose_no_site),
		cmocka_unit_test(a_link_is_code_unless_its_rel_says_otherwise),
		cmocka_unit_test(an_attribute_that_gives_rights_takes_no_value),
		cmocka_unit_test(a_script_imports_what_is_written_out),
		cmocka_unit_test(a_style_sheet_imports_what_is_written_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
