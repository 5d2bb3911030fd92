#include "kit.h"

static const struct render_form_value fields[] = {
	{ .name = { "email", 5 }, .value = { "{{7*7}}\"><script>", 17 } },
	{ .name = { "message", 7 },
	  .value = { "Call <me>\n\n{{ lead.email }}", 27 },
	  .problem = { "Too <long>", 10 } },
};
static struct render_lead lead;
static struct render_content content;
static struct render_mail mail;
static struct str html;

static int
begin(void **state)
{
	begin_kit(state);
	lead = (struct render_lead){
		.given_name = STR("{{7*7}}<b>"),
		.family_name = STR("M\xc3\xbcller"),
		.company = STR("Smith & Co"),
		.email = STR("ann@example.org"),
		.message = fields[1].value,
		.consent = STR("Acme Ltd may contact me."),
		.page = STR("offer"),
		.step = STR("invite"),
		.form = STR("call-me"),
		.at_ms = sent_ms,
		.fields = fields,
		.field_count = COUNT_OF(fields),
		.is_reader = true,
	};
	subject.contact = NULL;
	assert_ok(make_kit(), err);
	return 0;
}

static bool
has(struct str text, const char *needle)
{
	return str_find(text, str_of(needle)) >= 0;
}

static void
page(const struct render_form_input *form)
{
	assert_ok(render_kit_page(kit, step_called("offer"), &subject, form, a,
				  &html, &err),
		  err);
}

/* ---- pages ---- */

static void
a_page_is_as_it_was_agreed(void **state)
{
	(void)state;
	page(NULL);
	assert_golden("offer.html", html);
	assert_true(has(html, "/p/acme/"));
}

static void
what_was_typed_comes_back_as_data(void **state)
{
	const struct render_form_input form = { .token = STR("tok\"en"),
						.values = fields,
						.count = COUNT_OF(fields) };

	(void)state;
	page(&form);
	assert_golden("offer-problem.html", html);
	assert_true(has(html, "value=\"{{7*7}}&quot;&gt;&lt;script&gt;\""));
	assert_true(has(html, "<p role=\"alert\">1</p>"));
	assert_true(has(html, "Too &lt;long&gt;"));
	assert_true(has(html, "value=\"tok&quot;en\""));
	assert_false(has(html, "<script>"));
}

static void
a_document_is_in_the_partners_language(void **state)
{
	(void)state;
	partner.language = STR("de");
	assert_ok(render_kit_document(kit, step_called("sheet"), &subject, a,
				      &html, &err),
		  err);
	assert_golden("sheet-de.html", html);
}

static void
notice(enum render_notice which)
{
	assert_ok(render_kit_notice(kit, which, &subject, STR("/u/TOKEN\">"),
				    which == RENDER_THANKS ? &lead : NULL, a,
				    &html, &err),
		  err);
}

static void
who_opts_out_sees_a_masked_address(void **state)
{
	(void)state;
	subject.contact = &contact;
	notice(RENDER_UNSUBSCRIBE);
	assert_golden("unsubscribe.html", html);
	assert_true(has(html, "a***@example.org"));
	assert_true(has(html, "action=\"/u/TOKEN%22%3E\""));
	notice(RENDER_UNSUBSCRIBED);
	assert_false(has(html, "ann@"));
	subject.contact = NULL;
	notice(RENDER_UNSUBSCRIBED);
	assert_false(has(html, "***"));
}

static void
thanks_are_the_forms(void **state)
{
	(void)state;
	notice(RENDER_THANKS);
	assert_golden("thanks.html", html);
	assert_true(has(html, "{{7*7}}&lt;b&gt;: Acme Ltd will call you."));
}

/* ---- posts ---- */

static void
a_post_is_one_of_its_variants(void **state)
{
	struct render_post post, again;

	(void)state;
	assert_ok(render_kit_post(kit, step_called("teaser"), STR("linkedin"),
				  &subject, a, &post, &err),
		  err);
	assert_golden("teaser.json", post.json);
	assert_true(post.variant < 2);
	assert_true(has(post.text, "Acme Ltd"));
	assert_ok(render_kit_post(kit, step_called("teaser"), STR("linkedin"),
				  &subject, a, &again, &err),
		  err);
	assert_true(str_eq(post.json, again.json));
	partner.company = STR("{{7*7}} \"Acme\"");
	assert_ok(render_kit_post(kit, step_called("teaser"), STR("mastodon"),
				  &subject, a, &post, &err),
		  err);
	assert_true(has(post.text, "{{7*7}} \"Acme\""));
}

/* ---- mails about a lead ---- */

static void
the_partner_is_told_of_a_lead(void **state)
{
	(void)state;
	assert_ok(render_kit_lead_notify(kit, &subject, &lead, a, &content,
					 &mail, &err),
		  err);
	assert_golden("lead-notify.eml", mail.bytes);
	assert_str(mail.receiver, "leads@acme.example");
	assert_true(has(mail.bytes, "\r\nReply-To: <ann@example.org>\r\n"));
	assert_true(has(mail.bytes, "\r\nAuto-Submitted: auto-generated\r\n"));
	assert_true(has(mail.bytes, "\r\nX-Auto-Response-Suppress: All\r\n"));
	assert_false(has(mail.bytes, "\r\nList-"));
	assert_false(has(mail.bytes, "\r\nPrecedence:"));
	assert_true(has(mail.bytes, "2026-03-02 08:00 offer invite"));
	assert_false(has(mail.bytes, "<me>\r\n\r\n{{7"));
}

/* Its own language, and the visitor's name where the subject has one. */
static void
a_lead_came_from_what_people_saw(void **state)
{
	(void)state;
	assert_ok(render_kit_lead_notify(kit, &subject, &lead, a, &content,
					 &mail, &err),
		  err);
	assert_true(has(mail.bytes, "\r\nYour review with Acme Ltd / {{7*7}}"
				    "<b>: who can still get into your"));
	lead.page = STR("gone");
	lead.step = STR("");
	assert_ok(render_kit_lead_notify(kit, &subject, &lead, a, &content,
					 &mail, &err),
		  err);
	assert_true(has(mail.bytes, "\r\ngone / \r\n") ||
		    has(mail.bytes, "\r\ngone /=20\r\n"));
}

static void
a_document_is_print(void **state)
{
	(void)state;
	assert_ok(render_kit_document(kit, step_called("sheet"), &subject, a,
				      &html, &err),
		  err);
	assert_true(has(html, "?utm_source=northwind&amp;utm_medium=print&"));
}

static void
the_visitor_is_thanked(void **state)
{
	(void)state;
	assert_ok(render_kit_lead_thanks(kit, &subject, &lead, a, &content,
					 &mail, &err),
		  err);
	assert_golden("lead-thanks.eml", mail.bytes);
	assert_str(mail.receiver, "ann@example.org");
	assert_true(has(mail.bytes, "\r\nReply-To: <leads@acme.example>\r\n"));
}

static void
nobody_writes_to_others_through_our_form(void **state)
{
	const struct str bait = STR("WIN at https://bait.example");
	const struct render_form_value field = { .name = STR("message"),
						 .value = bait };

	(void)state;
	lead.is_reader = false;
	lead.given_name = lead.family_name = bait;
	lead.company = lead.phone = lead.message = bait;
	lead.fields = &field;
	lead.field_count = 1;
	assert_ok(render_kit_lead_thanks(kit, &subject, &lead, a, &content,
					 &mail, &err),
		  err);
	assert_str(mail.receiver, "ann@example.org");
	assert_false(has(mail.bytes, "bait"));
	assert_false(has(mail.bytes, "WIN"));
}

static void
a_visitors_name_adds_no_header(void **state)
{
	(void)state;
	lead.given_name = STR("x\r\nBcc: all@example.org");
	assert_int_equal(render_kit_lead_notify(kit, &subject, &lead, a,
						&content, &mail, &err),
			 -ERROR_INVALID);
	assert_int_equal(render_kit_lead_thanks(kit, &subject, &lead, a,
						&content, &mail, &err),
			 -ERROR_INVALID);
	lead.given_name = STR("x");
	lead.email = STR("ann@example.org\r\nBcc: all@example.org");
	assert_int_equal(render_kit_lead_notify(kit, &subject, &lead, a,
						&content, &mail, &err),
			 -ERROR_INVALID);
}

#define PAGE_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end_kit)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		PAGE_TEST(a_page_is_as_it_was_agreed),
		PAGE_TEST(what_was_typed_comes_back_as_data),
		PAGE_TEST(a_document_is_in_the_partners_language),
		PAGE_TEST(who_opts_out_sees_a_masked_address),
		PAGE_TEST(thanks_are_the_forms),
		PAGE_TEST(a_post_is_one_of_its_variants),
		PAGE_TEST(the_partner_is_told_of_a_lead),
		PAGE_TEST(a_lead_came_from_what_people_saw),
		PAGE_TEST(a_document_is_print),
		PAGE_TEST(the_visitor_is_thanked),
		PAGE_TEST(nobody_writes_to_others_through_our_form),
		PAGE_TEST(a_visitors_name_adds_no_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
