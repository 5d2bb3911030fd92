/*
 * The forms of values: what is taken, what it becomes, what is refused; and
 * that each form, read again, is itself.
 */
#include "partner/partner_import_priv.h"

#include "base/arena.h"
#include "test.h"

static struct arena *arena;

struct sample {
	const char *text;
	const char *expected; /* NULL: refused */
};

typedef enum contact_fault read_fn(struct arena *a, struct str text,
				   struct str *out);

static void
assert_samples(read_fn *read, enum contact_fault refusal,
	       const struct sample *samples, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct str out = { 0 }, again = { 0 };
		enum contact_fault fault =
		    read(arena, str_of(samples[i].text), &out);

		if (!samples[i].expected) {
			if (fault != refusal)
				fail_msg("\"%s\": %s", samples[i].text,
					 contact_fault_text(fault));
			continue;
		}
		if (fault != CONTACT_FAULT_GOOD)
			fail_msg("\"%s\": %s", samples[i].text,
				 contact_fault_text(fault));
		assert_str(out, samples[i].expected);
		assert_int_equal(read(arena, out, &again), CONTACT_FAULT_GOOD);
		assert_str(again, samples[i].expected);
	}
}

#define ASSERT_SAMPLES(read, refusal, ...)                           \
	do {                                                         \
		static const struct sample samples_[] = __VA_ARGS__; \
		assert_samples((read), (refusal), samples_,          \
			       COUNT_OF(samples_));                  \
	} while (0)

/* ---- phone ---- */

static enum contact_fault
read_phone(struct arena *a, struct str text, struct str *out)
{
	return contact_read_phone(a, STR(""), text, out);
}

static void
phones_become_e164(void **state)
{
	(void)state;
	ASSERT_SAMPLES(read_phone, CONTACT_FAULT_PHONE,
		       {
			   { "+493012345", "+493012345" },
			   { "+49 30 12345", "+493012345" },
			   { "+49 (0)30 12345", "+493012345" },
			   { "+39 (0)6 1234567", "+39061234567" },
			   { "+49/30-123.45", "+493012345" },
			   { "+49\xc2\xa0"
			     "30 12345",
			     "+493012345" },
			   { "0049 30 12345", "+493012345" },
			   { "+1 (555) 010-9999", "+15550109999" },
			   { "+1234567", "+1234567" },
			   { "+123456789012345", "+123456789012345" },
			   { "+123456", NULL },
			   { "+1234567890123456", NULL },
			   { "+0301234567", NULL },
			   { "+49 30 12345 x5", NULL },
			   { "+49+3012345", NULL },
			   { "++493012345", NULL },
			   { "12", NULL },
			   { "n/a", NULL },
			   { "-", NULL },
			   { "+", NULL },
			   { "00", NULL },
		       });
}

static void
a_national_number_needs_a_calling_code(void **state)
{
	static const struct {
		const char *code;
		const char *text;
		const char *expected; /* NULL: refused */
	} samples[] = {
		{ "49", "030 123456", "+4930123456" },
		{ "49", "30 123456", "+4930123456" },
		{ "49", "0 030 123456", NULL },
		{ "49", "+43 1 123456", "+431123456" },
		{ "49", "0043 1 123456", "+431123456" },
		{ "1", "(555) 010-9999", "+15550109999" },
		{ "1", "1-555-010-9999", "+15550109999" },
		{ "7", "8 495 123-45-67", "+74951234567" },
		{ "7", "800 123-45-67", "+78001234567" },
		{ "36", "06 1 234 5678", "+3612345678" },
		{ "39", "06 1234 5678", "+390612345678" },
		{ "370", "8 612 34567", "+37061234567" },
		{ "45", "12 34 56 78", "+4512345678" },
	};

	struct str out = { 0 };

	(void)state;
	assert_int_equal(read_phone(arena, STR("030 123456"), &out),
			 CONTACT_FAULT_PHONE_NATIONAL);
	for (size_t i = 0; i < COUNT_OF(samples); i++) {
		enum contact_fault fault =
		    contact_read_phone(arena, str_of(samples[i].code),
				       str_of(samples[i].text), &out);

		if ((fault == CONTACT_FAULT_GOOD) != !!samples[i].expected)
			fail_msg("+%s \"%s\": %s", samples[i].code,
				 samples[i].text, contact_fault_text(fault));
		if (samples[i].expected)
			assert_str(out, samples[i].expected);
	}
}

/* ---- the others ---- */

static void
languages_countries_and_zones_have_their_shape(void **state)
{
	(void)state;
	ASSERT_SAMPLES(contact_read_language, CONTACT_FAULT_LANGUAGE,
		       {
			   { "de", "de" },
			   { "DE_ch", "de-CH" },
			   { "ZH-hANT-tw", "zh-Hant-TW" },
			   { "es-419", "es-419" },
			   { "sl-IT-nedis", "sl-IT-nedis" },
			   { "german", NULL },
			   { "d", NULL },
			   { "de-", NULL },
			   { "de--CH", NULL },
			   { "-de", NULL },
			   { "d3", NULL },
			   { "en-US-x-twelve-subtags-make-it-too-long", NULL },
		       });
	ASSERT_SAMPLES(contact_read_country, CONTACT_FAULT_COUNTRY,
		       {
			   { "de", "DE" },
			   { "CH", "CH" },
			   { "DEU", NULL },
			   { "D1", NULL },
			   { "Germany", NULL },
		       });
	ASSERT_SAMPLES(contact_read_zone, CONTACT_FAULT_ZONE,
		       {
			   { "Europe/Berlin", "Europe/Berlin" },
			   { "UTC", "UTC" },
			   { "Europe/Berln", NULL },
			   { "../../etc/passwd", NULL },
			   { "CEST+", NULL },
		       });
}

static void
tags_are_small_sorted_and_once(void **state)
{
	char longest[IMPORT_TAG_MAX + 2];

	(void)state;
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	ASSERT_SAMPLES(contact_read_tags, CONTACT_FAULT_CONTROL,
		       {
			   { "security", "security" },
			   { "Security, cloud;security|Cloud edge",
			     "cloud edge security" },
			   { "a\nb\ta", "a b" },
			   { " , ", "" },
			   { "a\x01", NULL },
		       });
	assert_int_equal(
	    contact_read_tags(arena, str_of(longest), &(struct str){ 0 }),
	    CONTACT_FAULT_TAGS);
}

static void
an_address_is_refused_by_its_side(void **state)
{
	static const struct {
		const char *text;
		enum contact_fault fault;
	} samples[] = {
		{ "Ann@Example.ORG", CONTACT_FAULT_GOOD },
		{ "ann.example.org", CONTACT_FAULT_ADDRESS_AT },
		{ "ann lee@example.org", CONTACT_FAULT_ADDRESS_LOCAL },
		{ ".ann@example.org", CONTACT_FAULT_ADDRESS_LOCAL },
		{ "@example.org", CONTACT_FAULT_ADDRESS_LOCAL },
		{ "ann@example", CONTACT_FAULT_ADDRESS_DOMAIN },
		{ "ann@bob@example.org", CONTACT_FAULT_ADDRESS_DOMAIN },
		{ "ann@", CONTACT_FAULT_ADDRESS_DOMAIN },
		{ "ann@\xff.org", CONTACT_FAULT_NOT_UTF8 },
		{ "ann@example.org\r\nBcc: x", CONTACT_FAULT_CONTROL },
	};
	struct str out;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(samples); i++)
		assert_int_equal(
		    contact_read_address(arena, str_of(samples[i].text), &out),
		    samples[i].fault);
}

static void
dates_lie_between_1970_and_now(void **state)
{
	const int64_t now = INT64_C(1772357400000);
	int64_t ms = 0;

	(void)state;
	assert_int_equal(contact_read_date(STR("2026-02-28"), now, &ms),
			 CONTACT_FAULT_GOOD);
	assert_true(ms == INT64_C(1772236800000));
	assert_int_equal(
	    contact_read_date(STR("2026-02-28T10:00:00.500+01:00"), now, &ms),
	    CONTACT_FAULT_GOOD);
	assert_true(ms == INT64_C(1772269200500));
	assert_int_equal(contact_read_date(STR("2027-01-01"), now, &ms),
			 CONTACT_FAULT_FUTURE);
	assert_int_equal(contact_read_date(STR("1969-12-31"), now, &ms),
			 CONTACT_FAULT_DATE);
	assert_int_equal(contact_read_date(STR("28.02.2026"), now, &ms),
			 CONTACT_FAULT_DATE);
}

static void
what_is_pasted_around_a_value_goes(void **state)
{
	(void)state;
	assert_str(
	    contact_trim(STR(" \t\xc2\xa0 Ann Lee\xe2\x80\x8b\xc2\xa0 ")),
	    "Ann Lee");
	assert_str(contact_trim(STR("\xef\xbb\xbf")), "");
	assert_str(contact_trim(STR("")), "");
}

static int
setup(void **state)
{
	(void)state;
	arena = arena_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(phones_become_e164),
		cmocka_unit_test(a_national_number_needs_a_calling_code),
		cmocka_unit_test(
		    languages_countries_and_zones_have_their_shape),
		cmocka_unit_test(tags_are_small_sorted_and_once),
		cmocka_unit_test(an_address_is_refused_by_its_side),
		cmocka_unit_test(dates_lie_between_1970_and_now),
		cmocka_unit_test(what_is_pasted_around_a_value_goes),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
