#include "mime/mime.h"

#include "test.h"

static struct buf b;

static int
fresh(void **state)
{
	(void)state;
	b = (struct buf){ 0 };
	return 0;
}

static int
drop(void **state)
{
	(void)state;
	buf_fini(&b);
	return 0;
}

static void
assert_header(struct str value, const char *expected)
{
	struct error err = { 0 };

	buf_clear(&b);
	assert_ok(mime_header(&b, "Subject", value, &err), err);
	assert_str(buf_view(&b), expected);
}

static void
assert_mailbox(const char *display, const char *expected)
{
	struct error err = { 0 };

	buf_clear(&b);
	assert_ok(mime_header_mailbox(&b, "From", str_of(display),
				      STR("acme@mail.northwind.example"), &err),
		  err);
	assert_str(buf_view(&b), expected);
}

static void
plain_text_stands_as_it_is(void **state)
{
	(void)state;
	assert_header(STR(""), "Subject: \r\n");
	assert_header(STR("Spring: 20% off!"), "Subject: Spring: 20% off!\r\n");
}

static void
long_text_is_folded_at_blanks(void **state)
{
	(void)state;
	assert_header(STR("A zero trust network for everybody who works from "
			  "home, and for those who never did"),
		      "Subject: A zero trust network for everybody who works "
		      "from home, and for\r\n"
		      " those who never did\r\n");
}

static void
other_text_becomes_encoded_words(void **state)
{
	(void)state;
	assert_header(STR("Caf\xc3\xa9 am Markt"),
		      "Subject: =?UTF-8?Q?Caf=C3=A9_am_Markt?=\r\n");
	assert_header(STR("\xe6\x97\xa5\xe6\x9c\xac"),
		      "Subject: =?UTF-8?B?5pel5pys?=\r\n");
}

static void
what_a_reader_would_change_is_encoded(void **state)
{
	(void)state;
	assert_header(STR("=?UTF-8?Q?x?="),
		      "Subject: =?UTF-8?B?PT9VVEYtOD9RP3g/PQ==?=\r\n");
	assert_header(STR("a  b"), "Subject: =?UTF-8?Q?a__b?=\r\n");
	assert_header(STR(" a"), "Subject: =?UTF-8?Q?_a?=\r\n");
	assert_header(STR("a "), "Subject: =?UTF-8?Q?a_?=\r\n");
}

static void
encoded_words_are_cut_at_characters(void **state)
{
	(void)state;
	assert_header(
	    STR("\xe6\x97\xa5\xe6\x9c\xac\xe6\x97\xa5\xe6\x9c\xac\xe6\x97\xa5"
		"\xe6\x9c\xac\xe6\x97\xa5\xe6\x9c\xac\xe6\x97\xa5\xe6\x9c\xac"
		"\xe6\x97\xa5\xe6\x9c\xac\xe6\x97\xa5\xe6\x9c\xac\xe6\x97\xa5"),
	    "Subject: =?UTF-8?B?5pel5pys5pel5pys5pel5pys5pel5pys5pel5pys5pel"
	    "5pys5pel?=\r\n"
	    " =?UTF-8?B?5pys5pel?=\r\n");
}

static void
a_mailbox_has_its_name_quoted_or_encoded(void **state)
{
	(void)state;
	assert_mailbox("", "From: <acme@mail.northwind.example>\r\n");
	assert_mailbox("Acme, Inc. \"A\" \\o/",
		       "From: \"Acme, Inc. \\\"A\\\" \\\\o/\" "
		       "<acme@mail.northwind.example>\r\n");
	assert_mailbox("M\xc3\xbcller (IT) <x@y.example>",
		       "From: =?UTF-8?B?TcO8bGxlciAoSVQpIDx4QHkuZXhhbXBsZT4=?="
		       "\r\n <acme@mail.northwind.example>\r\n");
}

static void
an_address_beyond_ascii_stands_as_it_is(void **state)
{
	struct error err = { 0 };

	(void)state;
	assert_ok(mime_header_mailbox(&b, "To", STR("A"),
				      STR("j\xc3\xbcrgen@c.example"), &err),
		  err);
	assert_str(buf_view(&b), "To: \"A\" <j\xc3\xbcrgen@c.example>\r\n");
}

static void
an_address_that_is_none_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"a",
		"@b.example",
		"a@",
		"a@b@c.example",
		"a b@c.example",
		"a@c.example>, <d@c.example",
		"a@c.example\r\nBcc: d@c.example",
		"\xc3@c.example",
		"a@c.example,d",
	};
	struct error err = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_fails(mime_header_mailbox(&b, "To", STR("A"),
						 str_of(bad[i]), &err),
			     err, ERROR_INVALID, "header To: ");
	assert_int_equal(b.len, 0);
}

static void
a_structured_value_stays_and_is_folded(void **state)
{
	struct error err = { 0 };

	(void)state;
	assert_ok(mime_header_raw(&b, "List-Unsubscribe",
				  STR("<https://go.northwind.example/u/0123456"
				      "789abcdef>, <mailto:u@example.org>"),
				  &err),
		  err);
	assert_str(buf_view(&b),
		   "List-Unsubscribe: <https://go.northwind.example/u/"
		   "0123456789abcdef>,\r\n <mailto:u@example.org>\r\n");
	assert_fails(mime_header_raw(&b, "X", STR("\xc3\xa9"), &err), err,
		     ERROR_INVALID, "beyond ASCII");
	assert_fails(mime_header_raw(&b, "X", STR("a "), &err), err,
		     ERROR_INVALID, "a blank at an end");
	assert_fails(mime_header_raw(&b, "X", STR("a  b"), &err), err,
		     ERROR_INVALID, "or beside another");
}

static void
lengths_are_capped(void **state)
{
	static char many[MIME_VALUE_MAX + 1];
	struct error err = { 0 };

	(void)state;
	memset(many, 'a', sizeof(many));
	assert_fails(
	    mime_header(&b, "X", (struct str){ many, sizeof(many) }, &err), err,
	    ERROR_LIMIT, "4097 bytes, expected at most 4096");
	assert_fails(mime_header_raw(&b, "X", (struct str){ many, 960 }, &err),
		     err, ERROR_LIMIT, "a word of 960 bytes");
	assert_ok(mime_header_raw(&b, "X", (struct str){ many, 956 }, &err),
		  err);
	assert_ok(mime_header(&b, "X", (struct str){ many, 4096 }, &err), err);
	assert_ok(mime_check_canonical(buf_view(&b), &err), err);
}

/* Each control character, at each place, in each kind of header. */
static void
no_control_character_gets_in(void **state)
{
	static const char *const names[] = {
		"Subject",	    "From",	   "To",
		"Reply-To",	    "Date",	   "List-Id",
		"List-Unsubscribe", "Message-ID",  "Sender",
		"X-Origin",	    "Feedback-ID", "Precedence",
	};
	struct str address = STR("a@example.org");
	char text[] = "aaaBcc: x@y.example";
	struct str value = { text, sizeof(text) - 1 };
	struct error err = { 0 };

	(void)state;
	for (unsigned c = 0; c < 0x20 + 1; c++) {
		size_t at = c % 3 == 2 ? value.len - 1 : c % 3;
		char kept = text[at];

		text[at] = c == 0x20 ? 0x7f : (char)c;
		for (size_t i = 0; i < COUNT_OF(names); i++) {
			assert_fails(mime_header(&b, names[i], value, &err),
				     err, ERROR_INVALID, "control character");
			assert_fails(mime_header_raw(&b, names[i], value, &err),
				     err, ERROR_INVALID, "control character");
			assert_fails(mime_header_mailbox(&b, names[i], value,
							 address, &err),
				     err, ERROR_INVALID, "control character");
			assert_fails(mime_header_mailbox(&b, names[i], address,
							 value, &err),
				     err, ERROR_INVALID, "header");
		}
		text[at] = kept;
	}
	assert_int_equal(b.len, 0);
}

static void
text_is_utf8(void **state)
{
	struct error err = { 0 };

	(void)state;
	assert_fails(mime_header(&b, "Subject", STR("\xe9t\xe9"), &err), err,
		     ERROR_INVALID, "not UTF-8");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh, drop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(plain_text_stands_as_it_is),
		TEST(long_text_is_folded_at_blanks),
		TEST(other_text_becomes_encoded_words),
		TEST(what_a_reader_would_change_is_encoded),
		TEST(encoded_words_are_cut_at_characters),
		TEST(a_mailbox_has_its_name_quoted_or_encoded),
		TEST(an_address_beyond_ascii_stands_as_it_is),
		TEST(an_address_that_is_none_is_refused),
		TEST(a_structured_value_stays_and_is_folded),
		TEST(lengths_are_capped),
		TEST(no_control_character_gets_in),
		TEST(text_is_utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
