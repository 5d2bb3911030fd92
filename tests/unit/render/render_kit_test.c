#include "kit.h"

#define CAMPAIGN_XML "campaigns/spring/campaign.xml"

/* Making it fails with this finding, and with so many in all. */
static void
assert_found(size_t count, const char *file, int line, int column,
	     const char *text)
{
	if (make_kit() >= 0)
		fail_msg("a kit was made, expected \"%s\"", text);
	assert_int_equal(err.code, ERROR_INVALID);
	assert_int_equal(findings.error_count, count);
	for (size_t i = 0; i < findings.count; i++) {
		const struct campaign_finding *f = &findings.items[i];

		if (str_eq_cstr(f->file, file) && f->line == line &&
		    f->column == column && str_find(f->text, str_of(text)) >= 0)
			return;
	}
	for (size_t i = 0; i < findings.count; i++)
		print_error("%.*s:%d:%d: %.*s\n",
			    STR_ARG(findings.items[i].file),
			    findings.items[i].line, findings.items[i].column,
			    STR_ARG(findings.items[i].text));
	fail_msg("found those, expected %s:%d:%d: %s", file, line, column,
		 text);
}

static void
the_fixture_is_without_findings(void **state)
{
	(void)state;
	assert_ok(make_kit(), err);
	assert_int_equal(findings.count, 0);
	assert_str(render_kit_campaign(kit)->id, "spring");
}

static void
a_missing_template_is_found_at_its_step(void **state)
{
	(void)state;
	say("templates/mail/announce.txt", NULL);
	assert_found(1, CAMPAIGN_XML, 31, 21,
		     "found no file \"templates/mail/announce.txt\", expected "
		     "the template of the step \"invite\"");
}

static void
a_missing_notice_is_found(void **state)
{
	(void)state;
	say("templates/page/unsubscribe.html", NULL);
	say("templates/mail/lead-notify.subject.txt", NULL);
	assert_found(2, CAMPAIGN_XML, 2, 1,
		     "found no file \"templates/page/unsubscribe.html\"");
}

static void
a_missing_logo_is_found(void **state)
{
	(void)state;
	say("assets/logo.png", NULL);
	assert_found(1, "guidon.xml", 4, 9,
		     "\"assets/logo.png\": found no such file");
}

static void
a_logo_that_is_no_image_is_found(void **state)
{
	(void)state;
	say("assets/logo.png", "<script>");
	assert_found(1, "guidon.xml", 4, 9, "\"assets/logo.png\": ");
}

static void
a_name_nobody_fills_is_found_in_its_template(void **state)
{
	(void)state;
	change("templates/mail/announce.html", "{{ preheader }}",
	       "{{ preheadr }}");
	assert_found(1, "templates/mail/announce.html", 5, 14,
		     "nothing is called \"preheadr\", did you mean "
		     "\"preheader\"?");
}

static void
a_fact_that_is_not_there_is_found(void **state)
{
	(void)state;
	change("templates/page/unsubscribe.html", "facts.unsubscribe",
	       "facts.unsubscrib");
	assert_found(1, "templates/page/unsubscribe.html", 4, 60,
		     "did you mean \"facts.unsubscribe\"?");
}

static void
a_partial_is_complained_of_once_in_its_own_file(void **state)
{
	(void)state;
	say("templates/partials/foot.html",
	    "{{ sender.postal }}\n {% bogus %}");
	change("templates/page/offer.html", "</body>",
	       "{% render \"foot\", sender: 1, urls: 2, legal: 3, "
	       "unsubscribe: 4 %}</body>");
	assert_found(1, "templates/partials/foot.html", 2, 5, "bogus");
}

static void
what_is_passed_on_to_a_partial_is_checked_there(void **state)
{
	(void)state;
	change("templates/mail/announce.html", "sender: sender, urls: urls,",
	       "sender: sender, urls: urls, facts: facts,");
	change("templates/partials/foot.html", "{{ legal }}",
	       "{{ legal }}{{ facts.produkt }}");
	assert_found(1, "templates/partials/foot.html", 1, 105,
		     "did you mean \"facts.product\"?");
}

static void
a_filter_that_is_none_is_found(void **state)
{
	(void)state;
	change("templates/mail/announce.txt", "| paragraphs", "| paragraph");
	assert_found(1, "templates/mail/announce.txt", 3, 17, "paragraph");
}

static void
a_name_in_a_text_is_found_in_the_campaign(void **state)
{
	(void)state;
	change(CAMPAIGN_XML, "doors of {{ contact.company }}",
	       "doors of {{ contact.compny }}");
	assert_found(1, CAMPAIGN_XML, 37, 69,
		     "did you mean \"contact.company\"?");
}

static void
what_a_mail_alone_has_is_not_for_a_page(void **state)
{
	(void)state;
	change("templates/page/offer.html", "{{ texts.headline }}",
	       "{{ contact.email }}");
	assert_found(1, "templates/page/offer.html", 3, 39,
		     "nothing is called \"contact\"");
}

static void
contact_data_in_a_link_is_refused_with_the_reason(void **state)
{
	(void)state;
	change(CAMPAIGN_XML, "?partner={{ partner.id }}",
	       "?who={{ contact.email }}");
	assert_found(1, CAMPAIGN_XML, 49, 22,
		     "found contact data in the address of a link");
	assert_str(str_of(findings.items[0].rule), "link");
}

static void
a_post_too_long_for_its_network_is_found(void **state)
{
	char text[600];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	change(CAMPAIGN_XML, "Open doors?", text);
	assert_found(1, CAMPAIGN_XML, 59, 24, "mastodon");
}

static void
a_mail_that_is_large_is_warned_of(void **state)
{
	char *text = arena_alloc(a, 102401);

	(void)state;
	memset(text, 'x', 102400);
	change("templates/mail/announce.html", "</body>", text);
	assert_ok(make_kit(), err);
	assert_true(findings.count > 0);
	assert_int_equal(findings.items[0].severity, CAMPAIGN_WARNING);
	assert_str(str_of(findings.items[0].rule), "size");
}

static void
all_is_told_at_once(void **state)
{
	(void)state;
	say("templates/mail/announce.txt", "{{ one }}\n{{ two }}\n{% if %}");
	say("templates/page/offer.html", "{{ three");
	say("templates/document/sheet.html", NULL);
	change(CAMPAIGN_XML, "{{ partner.company }} will",
	       "{{ partner.compan }} will");
	(void)make_kit();
	assert_true(findings.error_count >= 5);
	assert_int_equal(err.code, ERROR_INVALID);
}

static void
faults_of_the_files_hide_none_of_templates_and_texts(void **state)
{
	(void)state;
	say("templates/mail/announce.txt", "{{ one }}");
	change(CAMPAIGN_XML, "brand=\"northwind\"", "");
	assert_found(2, "templates/mail/announce.txt", 1, 4,
		     "nothing is called \"one\"");
	overlay.count = 1;
	say("guidon.xml", "<workspace/>");
	assert_found(2, "templates/mail/announce.txt", 1, 4,
		     "nothing is called \"one\"");
	overlay.count = 1;
	say("guidon.xml", NULL);
	assert_found(2, "templates/mail/announce.txt", 1, 4,
		     "nothing is called \"one\"");
	assert_found(2, "guidon.xml", 1, 1, "found no guidon.xml");
}

static void
what_could_not_be_read_is_not_missed(void **state)
{
	(void)state;
	change(CAMPAIGN_XML, "<slot id=\"intro\"", "<slot id=\"In tro\"");
	assert_found(1, CAMPAIGN_XML, 6, 8, "found id=\"In tro\"");
	overlay.count = 0;
	change(CAMPAIGN_XML, "<page id=\"offer\"", "<page");
	(void)make_kit();
	assert_int_equal(findings.error_count, 1);
	overlay.count = 0;
	change("guidon.xml", "<fact id=\"product\"", "<fact");
	(void)make_kit();
	assert_int_equal(findings.error_count, 1);
}

static void
a_sound_step_is_tried_beside_one_that_is_not(void **state)
{
	char text[600];

	(void)state;
	say("templates/mail/announce.txt", "{{ one }}");
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	change(CAMPAIGN_XML, "Open doors?", text);
	assert_found(2, CAMPAIGN_XML, 59, 24, "mastodon");
}

static void
a_step_that_cannot_be_made_is_not_tried(void **state)
{
	static const char post[] = "<post id=\"bare\" channels=\"linkedin\""
				   " at=\"start+0d 10:00\"/>";

	(void)state;
	change(CAMPAIGN_XML, "<post id=\"teaser\"",
	       arena_printf(a, "%s<post id=\"teaser\"", post));
	assert_found(1, CAMPAIGN_XML, 53, 2,
		     "found the end of <post>, expected <variant>");
}

static void
all_that_was_read_is_the_revision(void **state)
{
	struct str one, two;

	(void)state;
	campaign_findings_init(&findings, a);
	assert_ok(
	    render_kit_new(&kit, overlay.below, STR("spring"), &findings, &err),
	    err);
	assert_ok(campaign_revision_id(overlay.below, a, &one, &err), err);
	render_kit_free(&kit);
	assert_ok(
	    render_kit_new(&kit, overlay.below, STR("spring"), &findings, &err),
	    err);
	assert_ok(campaign_revision_id(overlay.below, a, &two, &err), err);
	assert_true(str_eq(one, two));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		KIT_TEST(the_fixture_is_without_findings),
		KIT_TEST(a_missing_template_is_found_at_its_step),
		KIT_TEST(a_missing_notice_is_found),
		KIT_TEST(a_missing_logo_is_found),
		KIT_TEST(a_logo_that_is_no_image_is_found),
		KIT_TEST(a_name_nobody_fills_is_found_in_its_template),
		KIT_TEST(a_fact_that_is_not_there_is_found),
		KIT_TEST(a_partial_is_complained_of_once_in_its_own_file),
		KIT_TEST(what_is_passed_on_to_a_partial_is_checked_there),
		KIT_TEST(a_filter_that_is_none_is_found),
		KIT_TEST(a_name_in_a_text_is_found_in_the_campaign),
		KIT_TEST(what_a_mail_alone_has_is_not_for_a_page),
		KIT_TEST(contact_data_in_a_link_is_refused_with_the_reason),
		KIT_TEST(a_post_too_long_for_its_network_is_found),
		KIT_TEST(a_mail_that_is_large_is_warned_of),
		KIT_TEST(all_is_told_at_once),
		KIT_TEST(faults_of_the_files_hide_none_of_templates_and_texts),
		KIT_TEST(what_could_not_be_read_is_not_missed),
		KIT_TEST(a_sound_step_is_tried_beside_one_that_is_not),
		KIT_TEST(a_step_that_cannot_be_made_is_not_tried),
		KIT_TEST(all_that_was_read_is_the_revision),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
