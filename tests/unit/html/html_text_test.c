#include "markup.h"

static void
assert_text(const char *markup, const char *expected)
{
	struct str out;

	assert_ok(html_to_text(a, str_of(markup), &out, &err), err);
	assert_str(out, expected);
}

static void
tags_go_and_blanks_are_joined(void **state)
{
	(void)state;
	assert_text("  a <b>b</b>\n\t <i> c</i>d &amp; &lt;e&gt; ",
		    "a b cd & <e>");
	assert_text("", "");
	assert_text(" <p> <br> ", "");
	assert_text("a&#x7f;b", "a b");
	assert_text("a&nbsp;b", "a\xc2\xa0"
				"b");
}

static void
blocks_are_lines_and_paragraphs_stand_apart(void **state)
{
	(void)state;
	assert_text("<div>a</div><div>b</div>c", "a\nb\nc");
	assert_text("<h1>a</h1>b<p>c<p>d<div><p>e</div>",
		    "a\n\nb\n\nc\n\nd\n\ne");
	assert_text("a<br>b<br> <br>c<br><br><br>d", "a\nb\n\nc\n\nd");
	assert_text("a<hr>b", "a\n\n---\n\nb");
	assert_text("<pre>\n  a\n\n b  c</pre>d", "  a\n\n b  c\n\nd");
}

static void
lists_have_dashes_and_numbers(void **state)
{
	(void)state;
	assert_text("<ul><li>a<li>b<br>c</ul>d", "- a\n- b\n  c\n\nd");
	assert_text("<ol><li>a</li><li>b</ol>", "1. a\n2. b");
	assert_text("<ol start=9><li>a<li>b<p>c</ol>", "9. a\n10. b\n\n    c");
	assert_text("<ul><li>a<ol><li>b<li>c</ol><li>d</ul>",
		    "- a\n  1. b\n  2. c\n- d");
	assert_text("<ul><li><ul><li>a</ul><li>b</ul>", "- - a\n- b");
	assert_text("<ul><li></ul>a<ol start=x><li>b<ol start=-1><li>c",
		    "a\n\n1. b\n   1. c");
	assert_text("<dl><dt>a<dd>b</dl>", "a\nb");
}

static void
quotations_are_marked(void **state)
{
	(void)state;
	assert_text(
	    "a<blockquote>b<br>c<blockquote>d</blockquote></blockquote>e",
	    "a\n\n> b\n> c\n\n> > d\n\ne");
	assert_text("<ul><li><blockquote>a<br>b</blockquote><li>c</ul>",
		    "- > a\n  > b\n\n- c");
}

static void
a_link_says_where_it_leads(void **state)
{
	(void)state;
	assert_text("<a href=https://x.example/y>our page</a>.",
		    "our page (https://x.example/y).");
	assert_text("<a href=https://x.example/>x.example</a>", "x.example");
	assert_text("<a href=https://x.example>https://x.example</a>",
		    "https://x.example");
	assert_text("<a href=mailto:a@b.example>write</a> "
		    "<a href=mailto:a@b.example>a@b.example</a>",
		    "write (a@b.example) a@b.example");
	assert_text("<a href=tel:+49301>+49301</a>", "+49301");
	assert_text("<a href=https://x.example/y><img src=cid:z></a>",
		    "https://x.example/y");
	assert_text("<a href=https://x.example/y><img src=cid:z alt=Offer></a>",
		    "Offer (https://x.example/y)");
	assert_text("<a href=javascript:x>a</a><a>b</a>", "ab");
}

static void
cells_are_parted(void **state)
{
	(void)state;
	assert_text("<table><caption>t</caption><tr><th>a<th>b<tr><td>c<td>d"
		    "</table>",
		    "t\na | b\nc | d");
	assert_text("<table><tr><td><p>a<td><p>b</table>", "a\n\nb");
	assert_text("<table><tr><td>a</table>", "a");
}

static void
what_is_dropped_from_markup_is_no_text(void **state)
{
	(void)state;
	assert_text("a<script>b</script><style>c</style><svg>d</svg>"
		    "<title>e</title><!-- f --><button>g</button>h",
		    "ah");
	assert_text("<blink>a</blink>", "a");
}

static void
what_is_refused_as_markup_is_refused_as_text(void **state)
{
	struct str out;

	(void)state;
	assert_fails(html_to_text(a, STR("\xff"), &out, &err), err,
		     ERROR_INVALID, "UTF-8");
}

static void
a_text_is_no_longer_than_markup_may_be(void **state)
{
	struct buf b = { 0 };
	struct str out;
	int code;

	(void)state;
	repeat(&b, "<blockquote>", HTML_DEPTH_MAX - 1);
	repeat(&b, "x<br>", 2000);
	code = html_to_text(a, buf_view(&b), &out, &err);
	buf_fini(&b);
	assert_fails(code, err, ERROR_LIMIT, "65536 bytes of text");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HTML_TEST(tags_go_and_blanks_are_joined),
		HTML_TEST(blocks_are_lines_and_paragraphs_stand_apart),
		HTML_TEST(lists_have_dashes_and_numbers),
		HTML_TEST(quotations_are_marked),
		HTML_TEST(a_link_says_where_it_leads),
		HTML_TEST(cells_are_parted),
		HTML_TEST(what_is_dropped_from_markup_is_no_text),
		HTML_TEST(what_is_refused_as_markup_is_refused_as_text),
		HTML_TEST(a_text_is_no_longer_than_markup_may_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
