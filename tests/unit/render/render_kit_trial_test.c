#include "kit.h"

#define CAMPAIGN_XML "campaigns/spring/campaign.xml"
#define HTML	     "templates/mail/announce.html"
#define TEXT	     "templates/mail/announce.txt"
#define FAIL	     "{{ 1 | divided_by: 0 }}"
#define FAILED	     "made for a trial: filter \"divided_by\": divided by 0\n"

/* Made with these columns of partners.csv: all that is found, a line each. */
static void
assert_told(const char *attributes, const char *expected)
{
	const struct render_kit_source source = {
		.files = &overlay.files,
		.campaign = STR("spring"),
		.attributes = str_of(attributes),
	};
	struct buf seen = { 0 };

	render_kit_free(&kit);
	campaign_findings_init(&findings, a);
	if (render_kit_make(&kit, &source, &findings, &err) < 0)
		assert_int_equal(err.code, ERROR_INVALID);
	campaign_findings_sort(&findings);
	for (size_t i = 0; i < findings.count; i++) {
		const struct campaign_finding *f = &findings.items[i];

		buf_printf(&seen, "%.*s:%d:%d: %s%.*s\n", STR_ARG(f->file),
			   f->line, f->column,
			   f->severity == CAMPAIGN_WARNING ? "warning: " : "",
			   STR_ARG(f->text));
	}
	if (strcmp(buf_cstr(&seen), expected) != 0)
		print_error("found:\n%sexpected:\n%s", buf_cstr(&seen),
			    expected);
	assert_string_equal(buf_cstr(&seen), expected);
	buf_fini(&seen);
}

static void
all_that_fails_is_told_in_its_own_place(void **state)
{
	(void)state;
	change(CAMPAIGN_XML, "One list of", FAIL "One list of");
	change(HTML, "<h1>", FAIL "<h1>{{ \"x\" | format_date: \"nope\" }}");
	change(TEXT, "{{ texts.headline }}", "\n " FAIL);
	change("templates/partials/foot.txt", "-- ", "--\n" FAIL);
	assert_told("", CAMPAIGN_XML
		    ":35:35: " FAILED HTML ":8:8: " FAILED HTML
		    ":8:37: made for a trial: filter "
		    "\"format_date\": found \"nope\", expected short, "
		    "medium, long, full or letters such as yMMMMd, of "
		    "GyQMLwdEcabBjHhms\n" TEXT ":2:9: " FAILED
		    "templates/partials/foot.txt:2:8: " FAILED);
}

static void
what_fails_in_one_language_is_told(void **state)
{
	(void)state;
	change("templates/page/offer.html", "</body>",
	       "{% if lang == \"de\" %}" FAIL "{% endif %}</body>");
	assert_told("", "templates/page/offer.html:20:29: " FAILED);
}

static void
a_template_that_does_not_compile_hides_no_other(void **state)
{
	(void)state;
	change(TEXT, "{{ texts.headline }}", "{{ prtner.company }}");
	change(HTML, "<h1>", FAIL "<h1>");
	change("templates/page/offer.html", "</body>", FAIL "</body>");
	assert_told("", TEXT ":1:4: nothing is called \"prtner\", did you "
			     "mean \"partner\"?\n" HTML ":8:8: " FAILED
			     "templates/page/offer.html:20:8: " FAILED);
}

static void
what_the_footer_lacks_is_told_of_each_part(void **state)
{
	(void)state;
	say("templates/partials/foot.html", "{{ sender.postal }}");
	say("templates/partials/foot.txt", "{{ urls.unsubscribe }}" FAIL);
	assert_told("",
		    "templates/partials/foot.txt:1:30: " FAILED HTML
		    ":1:1: made for a trial: mail without a link that opts "
		    "out in its HTML, expected {{ urls.unsubscribe }} "
		    "there\n" TEXT ":1:1: made for a trial: mail without the "
		    "postal address in its text, expected "
		    "{{ sender.postal }} there\n");
}

static void
every_variant_and_link_is_tried(void **state)
{
	(void)state;
	change(CAMPAIGN_XML, "Offene", FAIL "Offene");
	assert_told("", CAMPAIGN_XML ":60:31: " FAILED);
	overlay.count = 0;
	change(CAMPAIGN_XML,
	       "https://www.northwind.example/find?partner=", "javascript:");
	assert_told("", CAMPAIGN_XML
		    ":49:22: made for a trial: \"javascript:sample#top\", "
		    "expected a URL that begins with https://, http://, "
		    "mailto: or tel:\n");
}

/* Whatever stands before it, and in one line of the mail or not. */
static void
a_text_of_the_campaign_has_the_places_of_its_file(void **state)
{
	(void)state;
	change(CAMPAIGN_XML, "Offene", "R&amp;D &#252; " FAIL "Offene");
	assert_told("", CAMPAIGN_XML ":60:46: " FAILED);
	overlay.count = 0;
	change(
	    CAMPAIGN_XML, "<subject xml:lang=\"de\">",
	    "<subject xml:lang=\"de\">R&amp;D\n\t&lt;  \n x\ty  &#228;&lt;" FAIL);
	assert_told("", CAMPAIGN_XML ":36:24: " FAILED);
}

static void
notices_and_mails_about_a_lead_are_tried(void **state)
{
	(void)state;
	say("templates/page/unsubscribed.html", FAIL);
	say("templates/page/thanks.html", "{{ slots.intor }}" FAIL);
	say("templates/mail/lead-notify.txt", "{{ lead.phone }}" FAIL);
	say("templates/mail/lead-thanks.subject.txt", " ");
	assert_told("", "templates/page/unsubscribed.html:1:8: " FAILED
			"templates/page/thanks.html:1:4: warning: puts out "
			"\"slots.intor\", and spring has no such slot; has it "
			"\"intro\" instead?\n"
			"templates/page/thanks.html:1:25: " FAILED
			"templates/mail/lead-notify.txt:1:24: " FAILED
			"templates/mail/lead-thanks.subject.txt:1:1: made for "
			"a trial: mail with a blank subject, "
			"expected text\n");
}

/* ---- names ---- */

static void
a_column_that_no_partner_has_is_told(void **state)
{
	(void)state;
	say(TEXT, "{{ partner.attributes.role }}{{ partner.attributes.rol }}"
		  "{{ partner.attributes.area }}"
		  "{{ partner.attributes.zone | default: 1 }}"
		  "{{ partner.attributes.role2 | default: 1 }}"
		  "{% if partner.attributes.roel or "
		  "partner.attributes.since %}x{% endif %}"
		  "{% render \"foot\", sender: sender, urls: urls, legal: 1, "
		  "unsubscribe: 1 %}");
	assert_told("", "");
	assert_told("{\"role\":\"reseller\"}",
		    TEXT ":1:52: warning: nothing is called "
			 "\"partner.attributes.rol\", did you mean "
			 "\"partner.attributes.role\"?\n" TEXT
			 ":1:61: warning: puts out \"partner.attributes.area\""
			 ", and partners.csv has no such column with a "
			 "value\n" TEXT ":1:197: warning: nothing is called "
			 "\"partner.attributes.roel\", did you mean "
			 "\"partner.attributes.role\"?\n");
}

static void
a_colour_or_a_slot_that_there_is_not_is_told(void **state)
{
	(void)state;
	change(HTML, "<h1>", "{{ brand.color.primry }}{{ slots.zebra }}<h1>");
	assert_told("", HTML ":8:4: warning: puts out \"brand.color.primry\", "
			     "and the brand \"northwind\" has no such color; "
			     "has it \"primary\" instead?\n" HTML
			     ":8:28: warning: puts out \"slots.zebra\", and "
			     "spring has no such slot\n");
	assert_told("{}", HTML ":8:16: warning: nothing is called "
			       "\"brand.color.primry\", did you mean "
			       "\"brand.color.primary\"?\n" HTML
			       ":8:28: warning: puts out \"slots.zebra\", and "
			       "spring has no such slot\n");
}

static void
a_gap_in_a_partial_is_told_by_its_path(void **state)
{
	(void)state;
	change("templates/partials/foot.html", "</p>", "{{ texts.bdy }}</p>");
	assert_told("", "templates/partials/foot.html:1:99: warning: puts out "
			"\"texts.bdy\", and \"invite\" of spring has no such "
			"text; has it \"body\" instead?\n");
}

/* ---- what must be there ---- */

static void
what_is_required_and_not_there_is_told_by_its_name(void **state)
{
	(void)state;
	change(HTML, "<h1>",
	       "{{ texts.zebra | required }}{{ slots.zebra | required }}"
	       "{{ partner.attributes.zebra | required }}"
	       "{{ partner.phone | required }}<h1>");
	assert_told("", HTML ":8:4: made for a trial: filter \"required\": "
			     "texts.zebra of invite is empty, expected a "
			     "value\n" HTML
			     ":8:32: made for a trial: filter \"required\": "
			     "slots.zebra is empty, expected a value\n");
	assert_told("{\"role\":\"reseller\"}",
		    HTML ":8:4: made for a trial: filter \"required\": "
			 "texts.zebra of invite is empty, expected a "
			 "value\n" HTML
			 ":8:32: made for a trial: filter \"required\": "
			 "slots.zebra is empty, expected a value\n" HTML
			 ":8:60: made for a trial: filter \"required\": "
			 "partner.attributes.zebra is empty, expected a "
			 "value\n");
}

/* ---- who is made up ---- */

static void
a_contact_that_is_made_up_has_all_that_contacts_have(void **state)
{
	static const char *const names[] = { "email",	"given_name",
					     "company", "family_name",
					     "phone",	"language",
					     "country", "tags" };
	struct buf text = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++)
		buf_printf(&text,
			   "{%% if contact.%s == blank %%}" FAIL
			   "{%% endif %%}",
			   names[i]);
	change(TEXT, "{{ texts.headline }}", buf_cstr(&text));
	buf_fini(&text);
	assert_told("", "");
}

static void
what_is_no_text_is_told_with_its_place(void **state)
{
	(void)state;
	change(TEXT, "{{ texts.headline }}",
	       "\xc3\xa9\n\xc3\xa9\xc3 {{ a b }}");
	change("templates/partials/foot.html", "<p>", "<p>\xfc");
	assert_told(
	    "", "templates/partials/foot.html:1:4: found the byte 0xfc, "
		"expected text in UTF-8\n" TEXT
		":2:2: found the byte 0xc3, expected text in UTF-8\n" TEXT
		":2:7: nothing is called \"a\"\n" TEXT
		":2:9: found \"b\", expected \"|\" and a filter, or the end\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		KIT_TEST(all_that_fails_is_told_in_its_own_place),
		KIT_TEST(what_fails_in_one_language_is_told),
		KIT_TEST(a_template_that_does_not_compile_hides_no_other),
		KIT_TEST(what_the_footer_lacks_is_told_of_each_part),
		KIT_TEST(every_variant_and_link_is_tried),
		KIT_TEST(a_text_of_the_campaign_has_the_places_of_its_file),
		KIT_TEST(notices_and_mails_about_a_lead_are_tried),
		KIT_TEST(a_column_that_no_partner_has_is_told),
		KIT_TEST(a_colour_or_a_slot_that_there_is_not_is_told),
		KIT_TEST(a_gap_in_a_partial_is_told_by_its_path),
		KIT_TEST(what_is_required_and_not_there_is_told_by_its_name),
		KIT_TEST(what_is_no_text_is_told_with_its_place),
		KIT_TEST(a_contact_that_is_made_up_has_all_that_contacts_have),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
