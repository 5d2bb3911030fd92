#include "mime/mime_entity.h"

#include "base/arena.h"
#include "mime/mime.h"
#include "test.h"

#define TEXT_8BIT                                   \
	"Content-Type: text/plain; charset=utf-8\n" \
	"Content-Transfer-Encoding: 8bit\n\n"       \
	"Gr\xc3\xbc\xc3\x9f"                        \
	"e, =2\n"
#define TEXT_ENCODED                                      \
	"Content-Type: text/plain; charset=utf-8\r\n"     \
	"Content-Transfer-Encoding: quoted-printable\r\n" \
	"\r\nGr=C3=BC=C3=9Fe, =3D2\r\n"

static void
assert_put(struct str mail, const char *expected)
{
	struct buf b = { 0 };
	struct error err = { 0 };

	assert_ok(mime_entity_put(&b, mail, &err), err);
	assert_str(buf_view(&b), expected);
	buf_cat(&b, "\r\n"); /* of the delimiter behind it */
	assert_ok(mime_check_canonical(buf_view(&b), &err), err);
	buf_fini(&b);
}

static void
assert_refused(struct str mail, enum error_code code, const char *why)
{
	struct buf b = { 0 };
	struct error err = { 0 };

	buf_cat(&b, "before");
	assert_fails(mime_entity_put(&b, mail, &err), err, code, why);
	assert_str(buf_view(&b), "before");
	buf_fini(&b);
}

static void
what_may_go_as_it_is_keeps_its_bytes(void **state)
{
	(void)state;
	assert_put(STR("From: a@b\nSubject: x\nContent-Type: text/html;\n"
		       "\tcharset=x\nTo: c@d\nContent-Language: de\n\n"
		       "  a \n\n.\nb"),
		   "Content-Type: text/html;\r\n\tcharset=x\r\n"
		   "Content-Language: de\r\n\r\n  a \r\n\r\n.\r\nb");
	assert_put(STR("From: a@b\r\n\r\na\r\n"), "\r\na\r\n");
	assert_put(STR("\nbody\n"), "\r\nbody\r\n");
	assert_put(STR("From x Mon\nFrom: a@b\ncontent-type: a/b\n\nc"),
		   "content-type: a/b\r\n\r\nc");
	assert_put(STR("From: a@b"), "\r\n");
	assert_put(STR(""), "\r\n");
}

/* Signed parts, odd boundaries: nobody looks into it. */
static void
a_multipart_that_is_clean_is_not_looked_into(void **state)
{
	(void)state;
	assert_put(STR("Content-Type: multipart/signed; boundary=x\n\n"
		       "--x\n\na \n--y\n--x--  \nb\n"),
		   "Content-Type: multipart/signed; boundary=x\r\n\r\n"
		   "--x\r\n\r\na \r\n--y\r\n--x--  \r\nb\r\n");
}

static void
a_text_of_8_bits_is_encoded(void **state)
{
	(void)state;
	assert_put(STR("Subject: x\n" TEXT_8BIT), TEXT_ENCODED);
	assert_put(STR("Subject: x\n\n\xe9"),
		   "Content-Transfer-Encoding: quoted-printable\r\n\r\n=E9");
}

static void
a_file_of_8_bits_becomes_base64(void **state)
{
	(void)state;
	assert_put(STR("Content-Type: image/png\n\n\xff\r\n"),
		   "Content-Type: image/png\r\n"
		   "Content-Transfer-Encoding: base64\r\n\r\n/w0K\r\n");
}

static void
a_line_that_is_too_long_is_encoded(void **state)
{
	struct buf mail = { 0 }, out = { 0 };
	struct error err = { 0 };

	(void)state;
	buf_cat(&mail, "Subject: x\n\n");
	for (int i = 0; i < MIME_LINE_MAX; i++)
		buf_char(&mail, 'a');
	assert_ok(mime_entity_put(&out, buf_view(&mail), &err), err);
	assert_int_equal(out.len, 2 + MIME_LINE_MAX);
	buf_clear(&out);
	buf_char(&mail, 'a');
	assert_ok(mime_entity_put(&out, buf_view(&mail), &err), err);
	assert_true(str_find(buf_view(&out), STR("quoted-printable")) > 0);
	buf_fini(&mail);
	buf_fini(&out);
}

static void
of_many_parts_those_that_need_it_are_encoded(void **state)
{
	(void)state;
	assert_put(
	    STR("Content-Type: multipart/mixed; boundary=\"a b\"\n\n"
		"before \xff\n--a b\n" TEXT_8BIT "\n--a b\n"
		"Content-Type: multipart/alternative; boundary=in\n\n"
		"--in\nX: 1\n\nplain\n--in\nContent-Type: text/html\n\n"
		"\xff\n--in--\n--a b\t\n"
		"Content-Type: message/rfc822\n\nSubject: y\n" TEXT_8BIT
		"--a b--\nbehind\n"),
	    "Content-Type: multipart/mixed; boundary=\"a b\"\r\n\r\n"
	    "--a b\r\n" TEXT_ENCODED "\r\n--a b\r\n"
	    "Content-Type: multipart/alternative; boundary=in\r\n\r\n"
	    "--in\r\nX: 1\r\n\r\nplain\r\n--in\r\nContent-Type: text/html\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
	    "=FF\r\n--in--\r\n--a b\r\n"
	    "Content-Type: message/rfc822\r\n\r\nSubject: y\r\n"
	    "Content-Type: text/plain; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
	    "Gr=C3=BC=C3=9Fe, =3D2\r\n--a b--\r\nbehind\r\n");
}

static void
a_header_is_printable_afterwards(void **state)
{
	(void)state;
	assert_put(STR("Content-Type: text/plain; name=\"\xc3\xa4.txt\"\n"
		       "Content-X: a\x01\rb\nnone\n\rContent-Y: c\n\na\n"),
		   "Content-Type: text/plain; name=\"??.txt\"\r\n"
		   "Content-X: a??b\r\n\r\na\r\n");
}

static void
what_cannot_be_taken_along_is_refused(void **state)
{
	struct buf deep = { 0 };

	(void)state;
	assert_refused(STR("Content-Transfer-Encoding: base64\n\n\xff"),
		       ERROR_INVALID, "base64");
	assert_refused(STR("Content-Type: multipart/mixed\n\n\xff"),
		       ERROR_INVALID, "told apart");
	assert_refused(STR("Content-Type: message/partial\n\n\xff"),
		       ERROR_INVALID, "told apart");
	for (int i = 0; i <= MIME_ENTITY_DEPTH_MAX; i++)
		buf_cat(&deep, "Content-Type: message/rfc822\n\n");
	buf_cat(&deep, "\xff");
	assert_refused(buf_view(&deep), ERROR_LIMIT, "16");
	buf_clear(&deep);
	buf_cat(&deep, "Content-Type: multipart/mixed; boundary=b\n\n\xff\n");
	for (int i = 0; i <= MIME_ENTITY_PARTS_MAX; i++)
		buf_cat(&deep, "--b\n\na\n");
	assert_refused(buf_view(&deep), ERROR_LIMIT, "1000");
	buf_fini(&deep);
}

static void
a_field_is_read_on_one_line(void **state)
{
	struct arena *a = arena_new();
	const struct str mail =
	    STR("To: x\nReferences:\n <a@b>\n\t<c@d>\nreferences: <e@f>\n\n"
		"Subject: body\n");

	(void)state;
	assert_str(mime_entity_field(a, mail, "References"), "<a@b> <c@d>");
	assert_str(mime_entity_field(a, mail, "Subject"), "");
	assert_str(mime_entity_header(mail),
		   "To: x\nReferences:\n <a@b>\n\t<c@d>\nreferences: <e@f>\n");
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_may_go_as_it_is_keeps_its_bytes),
		cmocka_unit_test(a_multipart_that_is_clean_is_not_looked_into),
		cmocka_unit_test(a_text_of_8_bits_is_encoded),
		cmocka_unit_test(a_file_of_8_bits_becomes_base64),
		cmocka_unit_test(a_line_that_is_too_long_is_encoded),
		cmocka_unit_test(of_many_parts_those_that_need_it_are_encoded),
		cmocka_unit_test(a_header_is_printable_afterwards),
		cmocka_unit_test(what_cannot_be_taken_along_is_refused),
		cmocka_unit_test(a_field_is_read_on_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
