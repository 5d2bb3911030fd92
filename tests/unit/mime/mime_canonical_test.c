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
	assert_refused(STR(""), "nothing at byte 0");
	assert_refused(STR("a"), "a line without its end at byte 0");
	assert_refused(STR("a\r\nb\r"), "a line without its end at byte 3");
	assert_refused(STR("a\r\nb\n"), "a bare LF at byte 4");
	assert_refused(STR("a\n.\r\n"), "a bare LF at byte 1");
	assert_refused(STR("a\r.\r\n"), "a bare CR in the line at byte 0");
	assert_refused(STR("a\r\n.\r\r\n"), "a bare CR in the line at byte 3");
	assert_refused(STR("a\0b\r\n"), "a NUL in the line at byte 0");
	assert_refused(STR("\xc3\xa9\r\n"), "an 8-bit octet in the line");
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
		       "a long line at byte 0");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_of_ascii_pass),
		cmocka_unit_test(other_line_ends_are_refused_with_their_place),
		cmocka_unit_test(a_line_has_at_most_998_octets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
