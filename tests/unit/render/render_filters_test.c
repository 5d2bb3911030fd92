#include "campaign/campaign_asset.h"
#include "kit.h"

/* What the page of the fixture says with this before its end. */
static void
make_page(const char *filtered, struct str *html)
{
	overlay.count = 0;
	change("templates/page/offer.html", "</body>",
	       arena_printf(a, "<i>%s</i></body>", filtered));
	assert_ok(make_kit(), err);
	assert_ok(render_kit_page(kit, step_called("offer"), &subject, NULL, a,
				  html, &err),
		  err);
}

static void
gives(const char *filtered, const char *expected)
{
	struct str html;

	make_page(filtered, &html);
	if (str_find(html, str_of(arena_printf(a, "<i>%s</i>", expected))) < 0)
		fail_msg("no \"%s\" in %.*s", expected, STR_ARG(html));
}

static void
is_found(const char *filtered, const char *text)
{
	overlay.count = 0;
	change("templates/page/offer.html", "</body>",
	       arena_printf(a, "%s</body>", filtered));
	if (make_kit() >= 0)
		fail_msg("a kit was made, expected \"%s\"", text);
	if (str_find(str_of(err.text), str_of(text)) < 0)
		fail_msg("found %s, expected \"%s\"", err.text, text);
}

/* ---- utm ---- */

#define TAGS                                                              \
	"utm_source=northwind&amp;utm_medium=web&amp;utm_campaign=spring" \
	"&amp;utm_content=offer"

static void
a_url_is_counted_as_a_link_of_the_step(void **state)
{
	(void)state;
	gives("{{ 'https://a.example/x#top' | utm }}",
	      "https://a.example/x?" TAGS "#top");
	gives("{{ partner.website | utm }}", "https://www.acme.example?" TAGS);
	gives("{{ 'https://a.example/?utm_source=x&q=1' | utm }}",
	      "https://a.example/?utm_source=x&amp;q=1&amp;utm_medium=web&amp;"
	      "utm_campaign=spring&amp;utm_content=offer");
}

static void
a_template_says_otherwise_by_name(void **state)
{
	(void)state;
	gives(
	    "{{ 'https://a.example' | utm: source: 'Flyer', medium: 'QR Code',"
	    " campaign: 'x', content: 3, term: 'zero trust' }}",
	    "https://a.example?utm_source=flyer&amp;utm_medium=qr%20code&amp;"
	    "utm_campaign=x&amp;utm_content=3&amp;utm_term=zero%20trust");
	gives("{{ 'https://a.example' | utm: medium: '', content: '' }}",
	      "https://a.example?utm_source=northwind&amp;utm_campaign=spring");
}

static void
what_cannot_be_tagged_is_left_alone(void **state)
{
	(void)state;
	gives("{{ 'mailto:a@a.example' | utm }}", "mailto:a@a.example");
	gives("{{ 'tel:+49301' | utm }}", "tel:+49301");
	gives("{{ '/offer' | utm }}|{{ partner.tier | utm }}|{{ 7 | utm }}",
	      "/offer||7");
	is_found("{{ 'https://a.example' | utm: sources: 'x' }}",
		 "found argument \"sources\", expected one of source");
}

/* ---- qr ---- */

static void
a_code_is_markup_in_a_page(void **state)
{
	struct str html;

	(void)state;
	make_page("{{ 'https://a.example' | qr: size: 180, alt: 'Our <offer>'"
		  " }}",
		  &html);
	assert_true(str_find(html, STR("<i><svg xmlns=\"http://www.w3.org/"
				       "2000/svg\" width=\"180\" ")) >= 0);
	assert_true(str_find(html, STR("aria-label=\"Our &lt;offer&gt;\"")) >=
		    0);
	gives("{{ partner.tier | qr }}", "");
}

static void
a_code_is_its_text_where_there_is_no_markup(void **state)
{
	struct str html;

	(void)state;
	overlay.count = 0;
	change("campaigns/spring/campaign.xml",
	       "Your review with {{ partner.company }}",
	       "{{ 'https://a.example' | qr }}");
	assert_ok(make_kit(), err);
	assert_ok(render_kit_page(kit, step_called("offer"), &subject, NULL, a,
				  &html, &err),
		  err);
	assert_true(str_find(html, STR(">https://a.example<")) >= 0);
}

static void
a_code_that_cannot_be_made_is_found(void **state)
{
	(void)state;
	is_found("{{ 'x' | qr: size: '3cm' }}", "found size \"3cm\"");
	is_found("{{ 'x' | qr: colour: 'red' }}",
		 "found argument \"colour\", expected one of size, alt");
	is_found("{% for i in (1..9) %}{% assign t = t | append: '0123456789"
		 "0123456789012345678901234567890123456789012345678901234567"
		 "8901234567890123456789012345678901234567890123456789' %}"
		 "{% endfor %}{{ t | qr }}",
		 "expected at most 1000 for a QR code");
}

/* ---- asset_url ---- */

#define LOGO "<logo file=\"logo.png\" alt=\"Northwind\" width=\"120\"/>"

static bool revised;

static int
is_logo(void *arg, struct str path, struct str bytes, struct error *e)
{
	(void)arg;
	(void)bytes;
	(void)e;
	revised = revised || str_eq(path, STR("assets/logo.png"));
	return 0;
}

static void
an_image_has_the_name_of_what_is_in_it(void **state)
{
	struct str name, path;

	(void)state;
	assert_ok(campaign_asset_name(fixture_file("assets/logo.png"), a, &name,
				      &err),
		  err);
	gives("{{ 'logo.png' | asset_url }}",
	      arena_printf(a, "https://go.northwind.example/a/%.*s",
			   STR_ARG(name)));
	assert_int_equal(render_kit_image(kit, name, &path), 1);
	assert_str(path, "assets/logo.png");
	assert_int_equal(render_kit_image(kit, STR("logo.png"), &path), 0);
}

/* Whether a kit with this in a page reads it, for a brand that has no logo. */
static bool
is_revised(const char *filtered)
{
	campaign_files_close(&overlay.below);
	assert_ok(campaign_folder_open(&overlay.below, FIXTURE, &err), err);
	overlay.count = 0;
	change("guidon.xml", LOGO, "");
	change("templates/page/offer.html", "</body>",
	       arena_printf(a, "%s</body>", filtered));
	assert_ok(make_kit(), err);
	revised = false;
	assert_ok(overlay.below->each(overlay.below, is_logo, NULL, &err), err);
	return revised;
}

static void
an_image_belongs_to_the_revision(void **state)
{
	(void)state;
	assert_false(is_revised(""));
	assert_true(is_revised("{% if false %}{{ 'logo.png' | asset_url }}"
			       "{% endif %}"));
}

static void
an_image_that_is_not_there_is_found(void **state)
{
	(void)state;
	is_found("{% if false %}{{ 'none.png' | asset_url }}{% endif %}",
		 "templates/page/offer.html:20:18: \"assets/none.png\": found "
		 "no such file, expected an image that asset_url shows");
	is_found("{{ '../guidon.xml' | asset_url }}", "assets/../guidon.xml");
	is_found("{{ '' | asset_url }}", "\"assets/\"");
	is_found("{{ partner.logo | asset_url }}",
		 "found a name that is computed, expected one in quotes");
	is_found("{{ 'logo' | append: '.png' | asset_url }}",
		 "found a name that is computed");
	overlay.count = 0;
	change("templates/page/offer.html", "</body>",
	       "{{ 'x.png' | asset_url }}</body>");
	say("assets/x.png", "<html>");
	assert_true(make_kit() < 0);
	assert_true(
	    str_find(str_of(err.text), STR("\"assets/x.png\": found")) >= 0);
}

static void
an_image_in_a_partial_is_found_there(void **state)
{
	(void)state;
	overlay.count = 0;
	change("templates/partials/foot.html", "<",
	       "{{ 'none.png' | asset_url }}<");
	assert_true(make_kit() < 0);
	assert_true(str_starts(str_of(err.text),
			       STR("templates/partials/foot.html:1:")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		KIT_TEST(a_url_is_counted_as_a_link_of_the_step),
		KIT_TEST(a_template_says_otherwise_by_name),
		KIT_TEST(what_cannot_be_tagged_is_left_alone),
		KIT_TEST(a_code_is_markup_in_a_page),
		KIT_TEST(a_code_is_its_text_where_there_is_no_markup),
		KIT_TEST(a_code_that_cannot_be_made_is_found),
		KIT_TEST(an_image_has_the_name_of_what_is_in_it),
		KIT_TEST(an_image_belongs_to_the_revision),
		KIT_TEST(an_image_that_is_not_there_is_found),
		KIT_TEST(an_image_in_a_partial_is_found_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
