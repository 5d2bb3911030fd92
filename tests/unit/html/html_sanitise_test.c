#include "markup.h"

static void
a_text_with_links_emphasis_lists_and_tables_stays(void **state)
{
	(void)state;
	assert_markup("<p>Three <em>quick</em> <b>wins</b>:</p>"
		      "<ul><li>one</li><li>two</li></ul>",
		      "<p>Three <em>quick</em> <b>wins</b>:</p>"
		      "<ul><li>one</li><li>two</li></ul>");
	assert_markup("<TABLE Border=1><tr><th scope=col>a<td colspan=2>b",
		      "<table border=\"1\"><tbody><tr><th scope=\"col\">a</th>"
		      "<td colspan=\"2\">b</td></tr></tbody></table>");
	assert_markup("<a href=' https://x.example/?a=1&b=2 '>x</a><br>"
		      "<img src=cid:logo alt='A & B' width=50% height=20>",
		      "<a href=\"https://x.example/?a=1&amp;b=2\">x</a><br>"
		      "<img src=\"cid:logo\" alt=\"A &amp; B\" width=\"50%\" "
		      "height=\"20\">");
	assert_markup("<p class='a b-c_1' dir=rtl lang=ar-EG title=t role=note "
		      "style='COLOR:red'>x",
		      "<p class=\"a b-c_1\" dir=\"rtl\" lang=\"ar-EG\" "
		      "title=\"t\" role=\"note\" style=\"color: red\">x</p>");
	assert_markup("", "");
	assert_markup("no markup", "no markup");
}

static void
text_is_escaped(void **state)
{
	(void)state;
	assert_markup("1 < 2 & \"3\" 'x' &lt;b&gt; &amp;lt; &#1;\x01\x7f",
		      "1 &lt; 2 &amp; &quot;3&quot; &#39;x&#39; &lt;b&gt; "
		      "&amp;lt; \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	assert_markup("&#4294967356;b>&#x10000003cscript>",
		      "&lt;b&gt;&lt;script&gt;");
	assert_markup("<p title='\"&apos;&amp;&gt;'>",
		      "<p title=\"&quot;&#39;&amp;&gt;\"></p>");
	assert_markup("a\r\nb\rc&#13;d", "a\nb\nc\nd");
}

static void
nul_bytes_are_no_end(void **state)
{
	const struct str bytes = STR("a\0<b t\0=x\0>b</b><scr\0ipt>alert(1)"
				     "</scr\0ipt>");
	struct str out;

	(void)state;
	assert_ok(html_sanitise(a, bytes, &out, &err), err);
	assert_str(out, "a<b>b</b>alert(1)");
}

static void
an_element_nobody_knows_leaves_its_content(void **state)
{
	(void)state;
	assert_markup("<x-y>a<blink>b</blink></x-y><label>c</label>", "abc");
	assert_markup("<html><body onload=x>a</body></html>", "a");
	assert_markup("<!-- x -->a<!doctype html>b<?x?>c", "abc");
}

static void
what_is_read_by_other_rules_goes_with_its_content(void **state)
{
	static const char *const names[] = {
		"svg",	    "math",	"script",   "style",	"xmp",
		"iframe",   "noembed",	"noframes", "noscript", "textarea",
		"title",    "template", "select",   "object",	"audio",
		"video",    "canvas",	"form",	    "button",	"applet",
		"datalist", "dialog",	"map",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++)
		assert_markup(
		    arena_printf(a, "a<%s>b<b>c</b></%s>d", names[i], names[i]),
		    "ad");
	assert_markup("a<plaintext>b</plaintext>c", "a");
	assert_markup("a<base href=x><link rel=x><meta charset=x><embed src=x>"
		      "<input value=y><frame><param>b",
		      "ab");
}

static void
a_url_is_whole_and_of_a_scheme_that_is_known(void **state)
{
	static const char *const refused[] = {
		"javascript:alert(1)",
		" JaVaScRiPt:alert(1)",
		"java\tscript:x",
		"java&#10;script:x",
		"&#1;javascript:x",
		"data:text/html,x",
		"vbscript:x",
		"file:///etc",
		"//x.example",
		"x.html",
		"#x",
		"?x",
		"",
		"https:",
		"https:x",
		"https://",
		"https://a b",
		"https:\\\\x",
		"https://x/\\",
		"cid:x",
		"blob:x",
		"https://x/<b>",
		"view-source:https://x",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(refused); i++)
		assert_markup(arena_printf(a, "<a href='%s'>x</a>", refused[i]),
			      "x");
	assert_markup("<a href=HTTPS://x>x</a>", "<a href=\"HTTPS://x\">x</a>");
	assert_markup("<a href=mailto:a@b.example>x</a><a href=tel:+49301>y",
		      "<a href=\"mailto:a@b.example\">x</a>"
		      "<a href=\"tel:+49301\">y</a>");
	assert_markup("<a href=https://x/\xc3\xa4>x</a>",
		      "<a href=\"https://x/\xc3\xa4\">x</a>");
	assert_markup("<img src=x><img src=data:image/png;base64,x>"
		      "<img src=mailto:a@b.example><img alt=x>",
		      "");
	assert_markup("<img src=https://x/y.png srcset='https://x/z.png 2x'>",
		      "<img src=\"https://x/y.png\">");
}

static void
attributes_that_are_not_named_are_dropped(void **state)
{
	(void)state;
	assert_markup("<p onclick=x ONCLICK=y id=a name=b is=c data-x=d "
		      "xmlns=e xlink:href=f srcdoc=g background=h "
		      "contenteditable tabindex=1>x",
		      "<p>x</p>");
	assert_markup(
	    "<a href=https://x target=_blank rel=opener ping=https://y "
	    "download>x",
	    "<a href=\"https://x\">x</a>");
	assert_markup("<p href=https://x src=https://y width=1 bgcolor=red>x",
		      "<p>x</p>");
}

static void
a_value_looks_as_it_should(void **state)
{
	(void)state;
	assert_markup("<p class='a{b}' dir='a b' lang='' style='x:y'>x",
		      "<p>x</p>");
	assert_markup("<td>", "");
	assert_markup("<table width=1e3 height='&#45;1' border=100000 "
		      "bgcolor='rgb(1)' cellpadding=5%%>",
		      "<table height=\"-1\"></table>");
	assert_markup("<ol start=-3 type=a reversed=x><li value=7>x",
		      "<ol start=\"-3\" type=\"a\" reversed=\"\">"
		      "<li value=\"7\">x</li></ol>");
	assert_markup("<font face='Arial, serif' size=+1 color=#00F>x</font>",
		      "<font face=\"Arial, serif\" size=\"+1\" "
		      "color=\"#00F\">x</font>");
	assert_markup("<font face='url(x)' size=x color='a b'>x</font>",
		      "<font>x</font>");
	assert_markup("<p title='</style>'>a<p title='-->'>b<p title=']]>'>c"
		      "<p title='a > b'>d",
		      "<p>a</p><p>b</p><p>c</p><p title=\"a &gt; b\">d</p>");
}

/* What is left is read again: it may have to be mended. */
static void
what_comes_out_is_read_as_it_is_written(void **state)
{
	(void)state;
	assert_markup("<p>a<object><p>b</object>c", "<p>ac</p>");
	assert_markup("<p>a<marquee><p>b</marquee>c",
		      "<p>a</p><p>b</p>c<p></p>");
	assert_markup("<a href=https://x>a<marquee><a href=https://y>b",
		      "<a href=\"https://x\">a</a>"
		      "<a href=\"https://y\">b</a>");
	assert_markup("<pre>\n\n\na</pre>", "<pre>\n\n\na</pre>");
	assert_markup("<pre>a</pre>", "<pre>a</pre>");
	assert_markup("<table>a<tr>b<td>c",
		      "ab<table><tbody><tr><td>c</td></tr>"
		      "</tbody></table>");
	assert_markup("<b><p>a</b>b", "<b></b><p><b>a</b>b</p>");
	assert_markup("</div></p></x>a</br>b", "<p></p>a<br>b");
	assert_markup("<tr><td>a</td></tr><li>b", "a<li>b</li>");
}

/* Links in links, with so many levels between them. */
static int
read_links(size_t levels)
{
	struct buf b = { 0 };
	struct str out;
	int code;

	buf_cat(&b, "<a href=https://x>");
	repeat(&b, "<div>", levels);
	buf_cat(&b, "<marquee><a href=https://y>z");
	code = html_sanitise(a, buf_view(&b), &out, &err);
	buf_fini(&b);
	return code;
}

static void
what_does_not_settle_is_refused(void **state)
{
	(void)state;
	assert_ok(read_links(40), err);
	assert_fails(read_links(55), err, ERROR_INVALID,
		     "each time it is read");
}

/* Shapes that were once read one way by the filter, another by the browser. */
static void
what_mutates_in_a_browser_is_gone(void **state)
{
	(void)state;
	assert_markup(
	    "<math><mtext><table><mglyph><style><!--</style>"
	    "<img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
	    "");
	assert_markup("<svg></p><style><a id=\"</style><img src=1 "
		      "onerror=alert(1)>\">",
		      "");
	assert_markup("<noscript><p title=\"</noscript><img src=x "
		      "onerror=alert(1)>\">",
		      "");
	assert_markup("<listing>&lt;img onerror=alert(1) src=x&gt;</listing>",
		      "&lt;img onerror=alert(1) src=x&gt;");
	assert_markup("<form><div></form><form>x", "");
	assert_markup("<select><b>a</select>b", "b");
	assert_markup("<img src=\"https://x/`onerror=alert(1)\">", "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HTML_TEST(a_text_with_links_emphasis_lists_and_tables_stays),
		HTML_TEST(text_is_escaped),
		HTML_TEST(nul_bytes_are_no_end),
		HTML_TEST(an_element_nobody_knows_leaves_its_content),
		HTML_TEST(what_is_read_by_other_rules_goes_with_its_content),
		HTML_TEST(a_url_is_whole_and_of_a_scheme_that_is_known),
		HTML_TEST(attributes_that_are_not_named_are_dropped),
		HTML_TEST(a_value_looks_as_it_should),
		HTML_TEST(what_comes_out_is_read_as_it_is_written),
		HTML_TEST(what_does_not_settle_is_refused),
		HTML_TEST(what_mutates_in_a_browser_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
