#include <pthread.h>

#include "kit.h"
#include "mime/mime.h"

static struct render_content content;
static struct render_mail mail;

static int
try_mail(void)
{
	return render_kit_mail(kit, step_called("invite"), &subject, a,
			       &content, &mail, &err);
}

static void
make_mail(void)
{
	assert_ok(make_kit(), err);
	assert_ok(try_mail(), err);
	assert_ok(mime_check_canonical(mail.bytes, &err), err);
}

static bool
has(struct str text, const char *needle)
{
	return str_find(text, str_of(needle)) >= 0;
}

static void
a_mail_is_as_it_was_agreed(void **state)
{
	(void)state;
	make_mail();
	assert_golden("invite-en.eml", mail.bytes);
	assert_str(content.subject,
		   "Ann: who can still get into your network?");
}

static void
a_mail_is_in_the_language_of_its_reader(void **state)
{
	(void)state;
	contact.language = STR("de-AT");
	make_mail();
	assert_golden("invite-de.eml", mail.bytes);
	assert_true(has(content.html, "<html lang=\"de\">"));
}

static void
a_reader_without_a_language_gets_the_partners(void **state)
{
	(void)state;
	partner.language = STR("de");
	make_mail();
	assert_str(content.subject, "Wer kommt noch in Ihr Netz?");
	partner.language = STR("pt-BR");
	assert_ok(try_mail(), err);
	assert_true(has(content.html, "<html lang=\"en\">"));
}

static void
shows(const char *expected)
{
	assert_ok(try_mail(), err);
	if (!has(content.html, arena_printf(a, "<i>%s</i>", expected)))
		fail_msg("no \"%s\" in %.*s", expected, STR_ARG(content.html));
}

static void
dates_and_numbers_are_the_readers(void **state)
{
	(void)state;
	change("templates/mail/announce.html", "</body>",
	       "<i>{{ '2026-08-02T22:30:00Z' | format_datetime }}, "
	       "{{ 1234.5 | format_number }}</i></body>");
	make_mail();
	/* The partner is in London and says no country. */
	shows("August 2, 2026 at 11:30\u202fPM, 1,234.5");
	partner.country = STR("GB");
	shows("2 August 2026 at 23:30, 1,234.5");
	contact.time_zone = STR("Asia/Almaty");
	contact.country = STR("IE");
	shows("3 August 2026 at 03:30, 1,234.5");
	contact.language = STR("de");
	contact.country = STR("CH");
	shows("3. August 2026 um 03:30, 1’234.5");
	contact.language = STR("de-AT");
	shows("3. August 2026 um 03:30, 1\u00a0234,5");
	/* There are no texts in it, so it is an English mail. */
	contact.language = STR("es");
	contact.country = STR("IE");
	contact.time_zone = STR("Nowhere/At_All");
	shows("2 August 2026 at 22:30, 1,234.5");
}

static void
a_preview_leads_where_its_links_lead(void **state)
{
	(void)state;
	subject.delivery = NULL;
	subject.message_key = STR("");
	make_mail();
	assert_golden("invite-preview.eml", mail.bytes);
	assert_true(has(content.html, "/p/acme/"));
	assert_false(has(content.html, "/c/"));
}

/* ---- data stays data ---- */

#define HOSTILE "{{7*7}}{% raw %}<b>'\"&"

static void
data_is_never_run(void **state)
{
	(void)state;
	partner.company = contact.company = contact.given_name = STR(HOSTILE);
	partner.phone = STR("{{7*7}}");
	sender.postal_address = STR("{{7*7}} Road");
	activation.parameters =
	    STR("{\"slots\":{\"intro\":\"{{7*7}} {{ partner.id }}<i>\"}}");
	change("campaigns/spring/campaign.xml",
	       "{{ contact.given_name | default: \"Hello\" }}",
	       "{{ partner.company }} {{ contact.company }}");
	make_mail();
	assert_str(content.subject, HOSTILE " " HOSTILE ": who can still get "
					    "into your network?");
	assert_true(has(content.text, "Close the doors of " HOSTILE));
	assert_true(has(content.text, "{{7*7}} {{ partner.id }}<i>"));
	assert_true(has(content.html, "{{7*7}} {{ partner.id }}&lt;i&gt;"));
	assert_true(has(content.html, "{{7*7}}{% raw %}&lt;b&gt;"));
	assert_false(has(content.html, "<b>"));
	assert_false(has(content.html, "49{"));
}

/* A value of each field of the tables, put out once. */
static void
no_field_is_ever_run(void **state)
{
	struct buf template = { 0 };
	size_t expected = 0, found = 0;
	ptrdiff_t at;

	(void)state;
#define HOSTILE_PARTNER(name)                          \
	partner.name = STR("{{7*7}}");                 \
	buf_cat(&template, "{{ partner." #name " }}"); \
	expected++;
	PARTNER_COLUMNS(HOSTILE_PARTNER, HOSTILE_PARTNER)
#undef HOSTILE_PARTNER
	expected--; /* a web site is an address or empty */
	for (const char *const *name =
		 (const char *const[]){ "given_name", "family_name", "company",
					"phone", "country", NULL };
	     *name; name++) {
		buf_printf(&template, "{{ contact.%s }}", *name);
		expected++;
	}
	contact.given_name = contact.family_name = contact.company =
	    contact.phone = contact.country = STR("{{7*7}}");
	buf_cat(&template, "<p>{{ sender.postal }}<a "
			   "href=\"{{ urls.unsubscribe }}\">-</a>");
	say("templates/mail/announce.html", buf_cstr(&template));
	make_mail();
	buf_fini(&template);
	for (struct str rest = content.html;
	     (at = str_find(rest, STR("{{7*7}}"))) >= 0;
	     rest = str_slice(rest, (size_t)at + 1, rest.len))
		found++;
	assert_int_equal(found, expected);
}

static void
a_field_adds_no_header(void **state)
{
	struct str *fields[] = { &contact.given_name, &contact.family_name,
				 &sender.from_name };

	(void)state;
	assert_ok(make_kit(), err);
	for (size_t i = 0; i < COUNT_OF(fields); i++) {
		struct str kept = *fields[i];

		*fields[i] = STR("x\r\nBcc: all@example.org");
		assert_int_equal(try_mail(), -ERROR_INVALID);
		*fields[i] = kept;
	}
	assert_ok(try_mail(), err);
}

static void
a_web_site_that_is_a_script_is_left_out(void **state)
{
	(void)state;
	partner.website = STR("javascript:alert(1)");
	say("templates/mail/announce.html",
	    "<a href=\"{{ partner.website }}\">x</a>"
	    "<a href=\"{{ urls.unsubscribe }}\">-</a>"
	    "{{ sender.postal }}");
	make_mail();
	assert_true(has(content.html, "<a href=\"\">x</a>"));
}

/* ---- slots ---- */

static void
a_partners_text_is_cut_at_its_length(void **state)
{
	(void)state;
	activation.parameters =
	    STR("{\"slots\":{\"intro\":\"\xc3\xa4"
		"23456789012345678901234567890123456789X\"}}");
	make_mail();
	assert_true(has(content.text,
			"\xc3\xa4"
			"23456789012345678901234567890123456789X"));
	activation.parameters =
	    STR("{\"slots\":{\"intro\":\"\xc3\xa4"
		"234567890123456789012345678901234567890Y\"}}");
	assert_ok(try_mail(), err);
	assert_false(has(content.text, "890Y"));
}

static void
a_choice_is_one_of_the_choices(void **state)
{
	(void)state;
	change("campaigns/spring/campaign.xml", "{{ slots.intro }}",
	       "tone={{ slots.tone }}");
	activation.parameters = STR("{\"slots\":{\"tone\":\"warm\"}}");
	make_mail();
	assert_true(has(content.text, "tone=warm"));
	activation.parameters = STR("{\"slots\":{\"tone\":\"rude\"}}");
	assert_ok(try_mail(), err);
	assert_true(has(content.text, "tone=plain"));
}

static void
parameters_that_are_no_json_are_refused(void **state)
{
	(void)state;
	assert_ok(make_kit(), err);
	activation.parameters = STR("{\"slots\":7}");
	assert_int_equal(try_mail(), -ERROR_INVALID);
	assert_true(has(str_of(err.text), "partner acme"));
}

/* ---- what must be there ---- */

static void
an_empty_field_that_is_required_is_named(void **state)
{
	(void)state;
	partner.phone = STR("");
	assert_ok(make_kit(), err);
	assert_int_equal(try_mail(), -ERROR_INVALID);
	assert_true(has(str_of(err.text), "partner acme"));
	assert_true(has(str_of(err.text), "partner.phone is empty"));
	assert_true(has(str_of(err.text), "templates/mail/announce.html:12:"));
}

static void
what_is_empty_and_required_is_named(void **state)
{
	(void)state;
	partner.attributes = STR("{\"role\":\"reseller\"}");
	change("templates/partials/foot.txt", "{{ legal }}",
	       "{{ partner.attributes.role | strip | required }}\n"
	       "{{ partner.attributes.area | strip | required }}");
	assert_ok(make_kit(), err);
	assert_int_equal(try_mail(), -ERROR_INVALID);
	assert_string_equal(err.text,
			    "partner acme, step invite: "
			    "templates/partials/foot.txt:5:4: filter "
			    "\"required\": partner.attributes.area is empty, "
			    "expected a value");
}

static void
a_mail_that_lacks_its_footer_for_one_reader_names_its_template(void **state)
{
	(void)state;
	change(
	    "templates/partials/foot.txt", "{{ sender.postal }}",
	    "{% if partner.city != \"Bath\" %}{{ sender.postal }}{% endif %}");
	change("templates/mail/announce.txt", "sender: sender,",
	       "sender: sender, partner: partner,");
	assert_ok(make_kit(), err);
	assert_int_equal(try_mail(), -ERROR_INVALID);
	assert_string_equal(err.text,
			    "step invite, template mail/announce: partner "
			    "acme: mail without the postal address in its "
			    "text, expected {{ sender.postal }} there");
}

static void
a_mail_without_an_opt_out_is_not_made(void **state)
{
	(void)state;
	say("templates/partials/foot.txt", "{{ sender.postal }}");
	assert_int_equal(make_kit(), -ERROR_INVALID);
	assert_string_equal(err.text,
			    "templates/mail/announce.txt:1:1: made for a "
			    "trial: mail without a link that opts out in its "
			    "text, expected {{ urls.unsubscribe }} there");
}

/* ---- markup in a value ---- */

#define MARKUP                                                          \
	"&lt;p onclick=x&gt;Read &lt;a href=https://x.example/y&gt;how" \
	"&lt;/a&gt;&lt;/p&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;b&gt;"

static void
change_product(const char *value)
{
	change("guidon.xml", "Northwind Access", value);
	change("templates/mail/announce.html", "<h1>",
	       "{{ facts.product | trusted_html }}<i>{{ facts.product }}</i>"
	       "<h1>");
	change("templates/mail/announce.txt", "{{ texts.headline }}",
	       "{{ facts.product | trusted_html }}\n{{ texts.headline }}");
}

static void
markup_in_a_value_is_markup_only_when_it_is_asked_for(void **state)
{
	(void)state;
	change_product(MARKUP);
	make_mail();
	assert_true(has(content.html,
			"<p>Read <a href=\"https://x.example/y\">how</a></p>"
			"<b></b><i>&lt;p onclick=x&gt;Read "));
	assert_true(str_starts(content.text,
			       STR("Read how (https://x.example/y)\nClose")));
}

static void
markup_that_cannot_be_read_is_found_by_the_trial(void **state)
{
	struct buf deep = { 0 };

	(void)state;
	for (int i = 0; i < 65; i++)
		buf_cat(&deep, "&lt;div&gt;");
	change_product(buf_cstr(&deep));
	buf_fini(&deep);
	assert_int_equal(make_kit(), -ERROR_INVALID);
	assert_true(has(str_of(err.text), "filter \"trusted_html\": found "
					  "markup with more than 64 elements"));
}

/* ---- links ---- */

static struct str
token_after(struct str text, const char *path)
{
	ptrdiff_t at = str_find(text, str_of(path));
	size_t from = (size_t)at + strlen(path);

	assert_true(at >= 0);
	return str_slice(text, from, from + EVENT_TOKEN_CHARS);
}

static void
assert_token(struct str text, const char *path, enum event_token_kind kind,
	     unsigned link)
{
	struct event_token token;

	assert_ok(event_token_read(keys, token_after(text, path), kind, sent_ms,
				   &token, &err),
		  err);
	assert_int_equal(token.partner_id, 7);
	assert_int_equal(token.link, link);
	assert_memory_equal(token.delivery, delivery.id.bytes,
			    sizeof(token.delivery));
}

static void
every_token_says_whose_it_is(void **state)
{
	struct str url;

	(void)state;
	make_mail();
	assert_token(content.html, "/o/", EVENT_TOKEN_OPEN, 0);
	assert_token(content.html, "/u/", EVENT_TOKEN_UNSUBSCRIBE, 0);
	assert_token(content.text, "review: https://go.northwind.example/c/",
		     EVENT_TOKEN_CLICK, 0);
	assert_token(content.text, "Acme Ltd: https://go.northwind.example/c/",
		     EVENT_TOKEN_CLICK, 1);
	assert_ok(render_kit_link_target(kit, step_called("invite"), 0,
					 &subject, a, &url, &err),
		  err);
	assert_token(url, "?t=", EVENT_TOKEN_FORM, 0);
	assert_true(has(url, "&utm_source=northwind&utm_medium=email&"
			     "utm_campaign=spring&utm_content=invite"));
	assert_ok(render_kit_link_target(kit, step_called("invite"), 1,
					 &subject, a, &url, &err),
		  err);
	assert_str(url, "https://www.northwind.example/find?partner=acme&"
			"utm_source=northwind&utm_medium=email&"
			"utm_campaign=spring&utm_content=invite#top");
	assert_int_equal(render_kit_link_target(kit, step_called("invite"), 2,
						&subject, a, &url, &err),
			 -ERROR_NOT_FOUND);
}

/* ---- threads ---- */

static void *
render_often(void *arg)
{
	struct str *out = arg;
	const struct campaign_step *step = step_called("invite");

	for (int i = 0; i < 50; i++) {
		struct arena *own = arena_new();
		struct render_content c;
		struct render_mail m;
		struct error e;

		check(render_kit_mail(kit, step, &subject, own, &c, &m, &e) >=
		      0);
		check(!out->p || str_eq(*out, m.bytes));
		if (!out->p) {
			char *kept = malloc(m.bytes.len);

			check(kept);
			memcpy(kept, m.bytes.p, m.bytes.len);
			*out = (struct str){ kept, m.bytes.len };
		}
		arena_free(&own);
	}
	return NULL;
}

static void
two_threads_make_the_same_bytes(void **state)
{
	struct str made[2] = { 0 };
	pthread_t thread[2];

	(void)state;
	assert_ok(make_kit(), err);
	for (int i = 0; i < 2; i++)
		assert_int_equal(
		    pthread_create(&thread[i], NULL, render_often, &made[i]),
		    0);
	for (int i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	assert_true(str_eq(made[0], made[1]));
	free((void *)(uintptr_t)made[0].p);
	free((void *)(uintptr_t)made[1].p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		KIT_TEST(a_mail_is_as_it_was_agreed),
		KIT_TEST(a_mail_is_in_the_language_of_its_reader),
		KIT_TEST(a_reader_without_a_language_gets_the_partners),
		KIT_TEST(dates_and_numbers_are_the_readers),
		KIT_TEST(a_preview_leads_where_its_links_lead),
		KIT_TEST(data_is_never_run),
		KIT_TEST(no_field_is_ever_run),
		KIT_TEST(a_field_adds_no_header),
		KIT_TEST(a_web_site_that_is_a_script_is_left_out),
		KIT_TEST(a_partners_text_is_cut_at_its_length),
		KIT_TEST(a_choice_is_one_of_the_choices),
		KIT_TEST(parameters_that_are_no_json_are_refused),
		KIT_TEST(an_empty_field_that_is_required_is_named),
		KIT_TEST(what_is_empty_and_required_is_named),
		KIT_TEST(
		    a_mail_that_lacks_its_footer_for_one_reader_names_its_template),
		KIT_TEST(a_mail_without_an_opt_out_is_not_made),
		KIT_TEST(markup_in_a_value_is_markup_only_when_it_is_asked_for),
		KIT_TEST(markup_that_cannot_be_read_is_found_by_the_trial),
		KIT_TEST(every_token_says_whose_it_is),
		KIT_TEST(two_threads_make_the_same_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
