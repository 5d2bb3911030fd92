#include <pthread.h>

#include "golden.h"
#include "mime/mime.h"
#include "subject.h"

static struct render_content content;

/* A text with the footer that the law wants. */
static struct render_content
letter_of(const char *title, const char *text)
{
	struct render_urls urls;

	render_urls_of(&subject, &origin, a, &urls);
	return (struct render_content){
		.subject = str_of(title),
		.html = str_printf(a,
				   "<!doctype html>\n<html lang=\"en\">"
				   "<p>%s</p>\n<p>Acme &amp; Sons, 1 High "
				   "Street, Bath\n<a href=\"%.*s\">"
				   "Unsubscribe</a>\n"
				   "<img src=\"%.*s\" alt=\"\"></html>\n",
				   text, STR_ARG(urls.unsubscribe),
				   STR_ARG(urls.pixel)),
		.text = str_printf(a,
				   "%s\n\n-- \nAcme & Sons, 1 High Street, "
				   "Bath\nUnsubscribe: %.*s\n",
				   text, STR_ARG(urls.unsubscribe)),
	};
}

static struct render_mail
make(void)
{
	struct render_mail mail = { 0 };

	assert_ok(render_mail_make(&subject, &origin, &content, a, &mail, &err),
		  err);
	assert_ok(mime_check_canonical(mail.bytes, &err), err);
	return mail;
}

static void
assert_refused(const char *part)
{
	struct render_mail mail = { 0 };

	assert_fails(
	    render_mail_make(&subject, &origin, &content, a, &mail, &err), err,
	    ERROR_INVALID, part);
	assert_null(mail.bytes.p);
}

/* ---- golden mails ---- */

static void
a_mail_is_as_it_was_agreed(void **state)
{
	struct render_mail mail;

	(void)state;
	content = letter_of("Zero trust, in one afternoon", "Hello Ann,");
	mail = make();
	assert_golden("plain.eml", mail.bytes);
	assert_str(mail.sender, "acme@mail.northwind.example");
	assert_str(mail.receiver, "ann@example.org");
	assert_str(mail.domain, "mail.northwind.example");
	assert_true(
	    str_find(mail.bytes, str_printf(a, "\r\nMessage-ID: <%.*s>\r\n",
					    STR_ARG(mail.message_id))) > 0);
}

static void
names_of_all_scripts_are_as_they_were_agreed(void **state)
{
	(void)state;
	sender.from_name = STR("M\xc3\xbcller & S\xc3\xb6hne via Northwind");
	sender.reply_to = STR("");
	contact.given_name = STR("\xe9\x99\xbd\xe5\xad\x90");
	contact.family_name = STR("\xe4\xbd\x90\xe8\x97\xa4");
	content =
	    letter_of("Gr\xc3\xbc\xc3\x9f"
		      "e: Zero Trust an einem Nachmittag, f\xc3\xbcr alle, "
		      "die von zu Hause arbeiten \xf0\x9f\x8e\x89",
		      "Gr\xc3\xbc\xc3\x9f Gott,\n.\nFrom us");
	assert_golden("scripts.eml", make().bytes);
}

static void
a_preview_is_as_it_was_agreed(void **state)
{
	(void)state;
	subject.delivery = NULL;
	subject.keys = NULL;
	subject.message_key = STR("");
	contact.given_name = contact.family_name = STR("");
	content = letter_of("Zero trust", "Hello,");
	assert_golden("preview.eml", make().bytes);
}

static void
a_preview_that_is_mailed_is_known_by_its_key(void **state)
{
	struct str first;

	(void)state;
	subject.delivery = NULL;
	subject.keys = NULL;
	content = letter_of("Zero trust", "Hello,");
	first = make().message_id;
	assert_false(str_starts(first, STR("preview@")));
	assert_true(str_eq(first, make().message_id));
	subject.message_key = STR("another that was drawn for one..");
	assert_false(str_eq(first, make().message_id));
}

/* ---- where it comes back to ---- */

/* Which delivery the return address of `mail` names, and what is before it. */
static void
assert_returns_to(const struct render_mail *mail, const char *before,
		  const char *after)
{
	struct event_address found;

	assert_true(str_starts(mail->sender, str_of(before)));
	assert_true(str_ends(mail->sender, str_of(after)));
	assert_int_equal(mail->sender.len,
			 strlen(before) + EVENT_ADDRESS_CHARS + strlen(after));
	assert_true(event_address_find(keys, mail->sender, EVENT_ADDRESS_BOUNCE,
				       &found));
	assert_int_equal(found.partner_id, delivery.id.partner_id);
	assert_memory_equal(found.delivery, delivery.id.bytes,
			    sizeof(found.delivery));
}

static void
a_mail_comes_back_to_an_address_that_names_it(void **state)
{
	struct render_mail mail;

	(void)state;
	content = letter_of("Zero trust", "Hello,");
	sender.bounces = STR("bounces@back.example");
	mail = make();
	assert_returns_to(&mail, "bounces+", "@back.example");
	sender.bounces = STR("@back.example");
	mail = make();
	assert_returns_to(&mail, "", "@back.example");
	assert_str(mail.domain, "mail.northwind.example");
	subject.delivery = NULL;
	subject.keys = NULL;
	subject.message_key = STR("");
	content = letter_of("Zero trust", "Hello,");
	assert_str(make().sender, "acme@mail.northwind.example");
}

/* Nothing else in the mail knows of it. */
static void
a_mail_is_answered_at_an_address_that_names_it(void **state)
{
	struct event_address found;
	struct render_mail mail;
	struct str bytes;

	(void)state;
	content = letter_of("Zero trust", "Hello,");
	bytes = make().bytes;
	sender.bounces = STR("@back.example");
	mail = make();
	assert_true(
	    event_address_find(keys, mail.bytes, EVENT_ADDRESS_REPLY, &found));
	assert_int_equal(found.partner_id, delivery.id.partner_id);
	assert_memory_equal(found.delivery, delivery.id.bytes,
			    sizeof(found.delivery));
	assert_false(
	    event_address_find(keys, mail.sender, EVENT_ADDRESS_REPLY, &found));
	assert_false(
	    event_address_find(keys, mail.bytes, EVENT_ADDRESS_BOUNCE, &found));
	partner.replies = STR("forwarded");
	assert_true(str_eq(make().bytes, mail.bytes));
	partner.replies = STR("direct");
	assert_true(str_eq(make().bytes, bytes));
	partner.replies = STR("");
}

/* ---- the same bytes ---- */

static void
a_repeat_has_the_same_bytes(void **state)
{
	struct str first;

	(void)state;
	content = letter_of("Zero trust", "Hello,");
	first = make().bytes;
	delivery.attempt = 3;
	delivery.epoch = 9;
	assert_true(str_eq(first, make().bytes));
	delivery.date_ms++;
	delivery.id.bytes[0] ^= 1;
	content = letter_of("Zero trust", "Hello,");
	assert_false(str_eq(first, make().bytes));
}

struct attempt {
	struct arena *a;
	struct str bytes;
	int code;
};

static void *
make_in_thread(void *arg)
{
	struct attempt *t = arg;
	struct render_mail mail = { 0 };
	struct error error;

	for (int i = 0; i < 50; i++)
		t->code |= render_mail_make(&subject, &origin, &content, t->a,
					    &mail, &error);
	t->bytes = mail.bytes;
	return NULL;
}

static void
two_threads_make_the_same_bytes(void **state)
{
	struct attempt attempts[2] = { { .a = arena_new() },
				       { .a = arena_new() } };
	pthread_t threads[2];

	(void)state;
	content = letter_of("Zero trust", "Hello,");
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL,
						make_in_thread, &attempts[i]),
				 0);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(attempts[0].code | attempts[1].code, 0);
	assert_true(str_eq(attempts[0].bytes, attempts[1].bytes));
	assert_true(str_eq(attempts[0].bytes, make().bytes));
	arena_free(&attempts[0].a);
	arena_free(&attempts[1].a);
}

/* ---- what is refused ---- */

static void
no_field_adds_a_header(void **state)
{
	struct str *const fields[] = {
		&sender.from_name,   &sender.from_address, &sender.reply_to,
		&contact.given_name, &contact.family_name, &contact.address,
		&partner.slug,	     &origin.campaign,	   &content.subject,
	};

	(void)state;
	content = letter_of("Zero trust", "Hello,");
	for (size_t i = 0; i < COUNT_OF(fields); i++) {
		struct str kept = *fields[i];

		for (unsigned c = 0; c < 0x20; c++) {
			char *text = arena_printf(a, "%.*s.X: y%.*s",
						  STR_ARG(kept), STR_ARG(kept));

			text[kept.len] = (char)c;
			*fields[i] = (struct str){ text, strlen("X: y") + 1 +
							     2 * kept.len };
			assert_refused("partner ");
		}
		*fields[i] = kept;
	}
	(void)make();
}

static void
data_is_never_template(void **state)
{
	(void)state;
	contact.given_name = STR("{{7*7}}");
	contact.family_name = STR("{% raw %}");
	content = letter_of("{{ contact.address }}", "{{7*7}}");
	assert_true(
	    str_find(make().bytes, STR("To: \"{{7*7}} {% raw %}\" <ann@")) > 0);
	assert_true(str_find(make().bytes,
			     STR("Subject: {{ contact.address }}\r\n")) > 0);
}

static void
a_footer_that_is_not_there_is_missed(void **state)
{
	struct render_content whole = letter_of("Zero trust", "Hello,");
	struct render_urls urls;

	(void)state;
	render_urls_of(&subject, &origin, a, &urls);
	content = whole;
	content.html = STR("<p>Hello</p>");
	assert_refused("partner acme: mail without the postal address and a "
		       "link that opts out in its HTML, expected "
		       "{{ sender.postal }} and {{ urls.unsubscribe }} there");
	content.html = STR("<p>Acme &amp; Sons, 1 High Street, Bath</p>");
	assert_refused("mail without a link that opts out in its HTML, "
		       "expected {{ urls.unsubscribe }} there");
	content.html =
	    str_printf(a, "<!-- %.*s --><p>Hello</p>", STR_ARG(whole.html));
	assert_refused("mail without the postal address and");
	content.html = str_printf(a, "Hello<!-- %.*s", STR_ARG(whole.html));
	assert_refused("mail without the postal address and");
	content = whole;
	content.text = str_copy(a, urls.unsubscribe);
	assert_refused("mail without the postal address in its text, expected "
		       "{{ sender.postal }} there");
	content.text = STR("Acme & Sons, 1 High Street, Bath");
	assert_refused("mail without a link that opts out in its text");
	content = whole;
	sender.postal_address = STR(" ");
	assert_refused("a sender without a postal address");
}

static void
a_footer_that_is_not_shown_is_missed(void **state)
{
	static const char *const hides[] = {
		"<div style=\"display:none\"><div>a</div>",
		"<div STYLE='color: red; Visibility : Hidden'><br>",
		"<td style=\"display: none !important\"></div>",
		"<div style=\"display:none\"><!-- </div> -->",
	};
	static const char *const shows[] = {
		"<div style=\"display:none\"><div>a</div>b</div>",
		"<img style=\"display:none\"><td style=\"font-size:0\">",
		"<style>p { display:none }</style>1 < 2 ",
		"<br style=\"display:none\"/>",
		"<div style=\"display:none\"><!-- <div> --></div>",
		"<!-- a --><p>b</p><!--><!-- c > -->",
	};
	struct render_content whole = letter_of("Zero trust", "Hello,");

	(void)state;
	content = whole;
	for (size_t i = 0; i < COUNT_OF(hides); i++) {
		content.html =
		    str_printf(a, "%s%.*s", hides[i], STR_ARG(whole.html));
		assert_refused("mail without the postal address and");
	}
	for (size_t i = 0; i < COUNT_OF(shows); i++) {
		content.html =
		    str_printf(a, "%s%.*s", shows[i], STR_ARG(whole.html));
		(void)make();
	}
}

static void
a_blank_mail_is_refused(void **state)
{
	(void)state;
	content = letter_of(" ", "Hello,");
	assert_refused("partner acme: mail with a blank subject");
	content = letter_of("Zero trust", "Hello,");
	content.text = STR("\n");
	assert_refused("mail with a blank text");
	content = letter_of("Zero trust", "Hello,");
	content.html = STR("");
	assert_refused("mail with a blank HTML");
	content = letter_of("Zero trust", "Hello,");
	contact.address = STR("");
	assert_refused("header To");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_mail_is_as_it_was_agreed),
		TEST(names_of_all_scripts_are_as_they_were_agreed),
		TEST(a_preview_is_as_it_was_agreed),
		TEST(a_preview_that_is_mailed_is_known_by_its_key),
		TEST(a_mail_comes_back_to_an_address_that_names_it),
		TEST(a_mail_is_answered_at_an_address_that_names_it),
		TEST(a_repeat_has_the_same_bytes),
		TEST(two_threads_make_the_same_bytes),
		TEST(no_field_adds_a_header),
		TEST(data_is_never_template),
		TEST(a_footer_that_is_not_there_is_missed),
		TEST(a_footer_that_is_not_shown_is_missed),
		TEST(a_blank_mail_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
