#include "outbox/outbox_priv.h"

#include "test.h"

static char line[OUTBOX_LINE_BYTES];

static void
a_plain_reply_stays_as_it_is(void **state)
{
	(void)state;
	assert_str(outbox_line(line, "", STR("250 2.0.0 Ok: queued as 4F2")),
		   "250 2.0.0 Ok: queued as 4F2");
	assert_str(outbox_line(line, "late: ", STR("250 \xc3\xa4\xe2\x82\xac")),
		   "late: 250 \xc3\xa4\xe2\x82\xac");
	assert_str(outbox_line(line, "too old: ", (struct str){ 0 }),
		   "too old: ");
}

static void
what_is_no_line_of_text_becomes_one(void **state)
{
	(void)state;
	assert_str(outbox_line(line, "", STR("  450 wait\r\n450 more\r\n")),
		   "450 wait  450 more");
	assert_str(outbox_line(line, "", STR("a\0b\x1b[31mc\x7f")),
		   "a b [31mc ");
	assert_str(outbox_line(line, "", STR("gr\xfcn \xc3( \xed\xa0\x80")),
		   "gr?n ?( ???");
}

static void
a_long_one_is_cut_between_characters(void **state)
{
	char text[OUTBOX_LINE_BYTES * 2];
	struct str cut;

	(void)state;
	for (size_t i = 0; i + 1 < sizeof(text); i += 2) {
		text[i] = '\xc3';
		text[i + 1] = '\xa4';
	}
	cut = outbox_line(line, "-", (struct str){ text, sizeof(text) });
	assert_int_equal(cut.len, OUTBOX_LINE_BYTES - 1);
	assert_true(str_utf8_valid(cut));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_reply_stays_as_it_is),
		cmocka_unit_test(what_is_no_line_of_text_becomes_one),
		cmocka_unit_test(a_long_one_is_cut_between_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
