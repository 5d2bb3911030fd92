#include "mime/mime.h"

#include "test.h"

static void
assert_refused(struct str message, const char *part)
{
	struct error err = { 0 };

	assert_fails(mime_check_canonical(message, &err), err, ERROR_INVALID,
		     part);
}

static void
lines_of_ascii_pass(void **state)
{
	struct error err = { 0 };

	(void)state;
	assert_ok(
	    mime_check_canonical(STR("A: b\r\n\r\n.\r\n\tc\x01\r\n"), &err),
	    err);
}

static void
other_line_ends_are_refused_with_their_place(void **state)
{
	(void)state;
	assert_refused(STR(""), "line 1 is missing");
	assert_refused(STR("a"), "line 1 has no end");
	assert_refused(STR("a\r\nb\r"), "line 2 has no end");
	assert_refused(STR("a\r\nb\n"), "line 2 ends in a bare LF");
	assert_refused(STR("\n"), "line 1 ends in a bare LF");
	assert_refused(STR("a\n.\r\n"), "line 1 ends in a bare LF");
	assert_refused(STR("a\r.\n"), "line 1 has a bare CR");
	assert_refused(STR("a\r.\r\n"), "line 1 has a bare CR");
	assert_refused(STR("a\r\n.\r\r\n"), "line 2 has a bare CR");
	assert_refused(STR("a\r\na\0b\r\n"), "line 2 has a NUL");
}

static void
headers_may_be_utf8_and_all_else_is_ascii(void **state)
{
	struct error err = { 0 };

	(void)state;
	assert_ok(mime_check_canonical(STR("To: <\xc3\xa9@b.example>\r\n\r\n"
					   "a\r\n"),
				       &err),
		  err);
	assert_refused(STR("To: \xc3@b.example\r\n\r\na\r\n"),
		       "line 1 is not ASCII");
	assert_refused(STR("To: \xc3\xa9\r\n\r\na\r\n\xc3\xa9\r\n"),
		       "line 4 is not ASCII");
}

static void
a_line_has_at_most_998_octets(void **state)
{
	char line[MIME_LINE_MAX + 3];
	struct error err = { 0 };

	(void)state;
	memset(line, 'a', sizeof(line));
	memcpy(line + MIME_LINE_MAX, "\r\n", 2);
	assert_ok(
	    mime_check_canonical((struct str){ line, MIME_LINE_MAX + 2 }, &err),
	    err);
	memcpy(line + MIME_LINE_MAX, "a\r\n", 3);
	assert_refused((struct str){ line, sizeof(line) },
		       "line 1 is longer than 998");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_of_ascii_pass),
		cmocka_unit_test(other_line_ends_are_refused_with_their_place),
		cmocka_unit_test(headers_may_be_utf8_and_all_else_is_ascii),
		cmocka_unit_test(a_line_has_at_most_998_octets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
