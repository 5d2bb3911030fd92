#include "mime/mime.h"

#include "test.h"

#define HEAD                                              \
	"MIME-Version: 1.0\r\n"                           \
	"Content-Type: text/plain; charset=utf-8\r\n"     \
	"Content-Transfer-Encoding: quoted-printable\r\n" \
	"\r\n"

static void
assert_body(struct str text, const char *expected)
{
	struct buf b = { 0 };
	struct error err = { 0 };

	assert_ok(mime_text(&b, text, &err), err);
	assert_ok(mime_check_canonical(buf_view(&b), &err), err);
	assert_str(str_slice(buf_view(&b), 0, sizeof(HEAD) - 1), HEAD);
	assert_str(str_slice(buf_view(&b), sizeof(HEAD) - 1, b.len), expected);
	buf_fini(&b);
}

static void
lines_end_in_crlf(void **state)
{
	(void)state;
	assert_body(STR(""), "\r\n");
	assert_body(STR("a"), "a\r\n");
	assert_body(STR("a\n"), "a\r\n");
	assert_body(STR("a\r\n\nb\r\n"), "a\r\n\r\nb\r\n");
	assert_body(STR("a\rb\r\r\n"), "a=0Db=0D\r\n");
}

static void
what_is_not_plain_is_encoded(void **state)
{
	(void)state;
	assert_body(STR("1+1=2\t\xc3\xa9\x7f\x01"),
		    "1+1=3D2\t=C3=A9=7F=01\r\n");
}

/* Bytes are looked at by eights: each must count in each place of them. */
static void
a_byte_is_encoded_wherever_it_stands(void **state)
{
	char text[] = "~~~~ ~~~~ ~~~~~";
	char expected[32];

	(void)state;
	for (size_t at = 0; at < 12; at++)
		for (int c = 1; c < 128; c++) {
			char was = text[at];

			if (c == '\n' || (c == '.' && at == 0))
				continue;
			text[at] = (char)c;
			snprintf(expected, sizeof(expected),
				 (c >= ' ' && c <= '~' && c != '=') || c == '\t'
				     ? "%.*s%c%s\r\n"
				     : "%.*s=%02X%s\r\n",
				 (int)at, text, c, text + at + 1);
			assert_body(str_of(text), expected);
			text[at] = was;
		}
}

static void
blanks_at_the_end_of_a_line_are_kept(void **state)
{
	(void)state;
	assert_body(STR("a \nb\t"), "a=20\r\nb=09\r\n");
	assert_body(STR("  \n"), " =20\r\n");
}

static void
what_relays_alter_is_encoded(void **state)
{
	(void)state;
	assert_body(STR(".\n..a\na.\nFrom me\nFromage\n a From b"),
		    "=2E\r\n=2E.a\r\na.\r\n=46rom me\r\nFromage\r\n"
		    " a From b\r\n");
}

static void
long_lines_get_soft_breaks(void **state)
{
	(void)state;
	assert_body(STR("0123456789012345678901234567890123456789"
			"01234567890123456789012345678901234.From here"),
		    "0123456789012345678901234567890123456789"
		    "01234567890123456789012345678901234=\r\n"
		    "=2EFrom here\r\n");
	assert_body(STR("0123456789012345678901234567890123456789"
			"0123456789012345678901234567890123 \n"),
		    "0123456789012345678901234567890123456789"
		    "0123456789012345678901234567890123=\r\n=20\r\n");
	assert_body(STR("0123456789012345678901234567890123456789"
			"012345678901234567890123456789012\xc3\xa9"),
		    "0123456789012345678901234567890123456789"
		    "012345678901234567890123456789012=\r\n=C3=A9\r\n");
}

static void
an_alternative_has_the_text_first(void **state)
{
	struct buf b = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_ok(mime_alternative(&b, STR("k7"), STR("Hello\n"),
				   STR("<p class=\"a\">Hello</p>"), &err),
		  err);
	assert_str(buf_view(&b),
		   "MIME-Version: 1.0\r\n"
		   "Content-Type: multipart/alternative;\r\n"
		   " boundary=\"=_k7\"\r\n"
		   "\r\n"
		   "--=_k7\r\n"
		   "Content-Type: text/plain; charset=utf-8\r\n"
		   "Content-Transfer-Encoding: quoted-printable\r\n"
		   "\r\n"
		   "Hello\r\n"
		   "\r\n"
		   "--=_k7\r\n"
		   "Content-Type: text/html; charset=utf-8\r\n"
		   "Content-Transfer-Encoding: quoted-printable\r\n"
		   "\r\n"
		   "<p class=3D\"a\">Hello</p>\r\n"
		   "--=_k7--\r\n");
	buf_fini(&b);
}

static void
no_text_ends_its_part(void **state)
{
	struct str evil = STR("--=_k7--\r\n--=_k7\r\nX: y\r\n\r\n.\r\n");
	struct buf b = { 0 };
	struct error err = { 0 };
	struct str rest;
	struct str line;
	int delimiters = 0;

	(void)state;
	assert_ok(mime_alternative(&b, STR("k7"), evil, evil, &err), err);
	assert_ok(mime_check_canonical(buf_view(&b), &err), err);
	rest = buf_view(&b);
	while (str_split(&rest, '\n', &line)) {
		assert_false(str_starts(line, STR(".")));
		delimiters += str_starts(line, STR("--=_k7"));
	}
	assert_int_equal(delimiters, 3);
	buf_fini(&b);
}

static void
what_is_no_text_or_boundary_is_refused(void **state)
{
	static char long_boundary[MIME_BOUNDARY_MAX + 1];
	struct buf b = { 0 };
	struct error err = { 0 };
	struct str t = STR("t");

	(void)state;
	memset(long_boundary, 'b', sizeof(long_boundary));
	assert_fails(mime_text(&b, STR("a\0b"), &err), err, ERROR_INVALID,
		     "text part: a NUL");
	assert_fails(mime_alternative(&b, t, t, STR("\xff"), &err), err,
		     ERROR_INVALID, "HTML part: not UTF-8");
	assert_fails(mime_alternative(&b, STR(""), t, t, &err), err,
		     ERROR_INVALID, "boundary of 0 bytes");
	assert_fails(mime_alternative(&b, STR("a\"\r\nX: y"), t, t, &err), err,
		     ERROR_INVALID, "expected 1 to 68 letters");
	assert_fails(mime_alternative(
			 &b,
			 (struct str){ long_boundary, sizeof(long_boundary) },
			 t, t, &err),
		     err, ERROR_INVALID, "boundary of 69 bytes");
	assert_int_equal(b.len, 0);
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_end_in_crlf),
		cmocka_unit_test(what_is_not_plain_is_encoded),
		cmocka_unit_test(a_byte_is_encoded_wherever_it_stands),
		cmocka_unit_test(blanks_at_the_end_of_a_line_are_kept),
		cmocka_unit_test(what_relays_alter_is_encoded),
		cmocka_unit_test(long_lines_get_soft_breaks),
		cmocka_unit_test(an_alternative_has_the_text_first),
		cmocka_unit_test(no_text_ends_its_part),
		cmocka_unit_test(what_is_no_text_or_boundary_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
