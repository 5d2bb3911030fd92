/*
 * A lead as JSON and as CSV.
 */
#include "lead/lead.h"

#include "base/csv.h"
#include "test.h"

static struct lead lead;

static int
begin(void **state)
{
	(void)state;
	lead = (struct lead){
		.partner_id = 3,
		.id = 77,
		.activation_id = 1001,
		.campaign = STR("spring"),
		.page = STR("offer"),
		.form = STR("call-me"),
		.address = STR("ann@example.org"),
		.given_name = STR("Ann"),
		.company = STR("=cmd()"),
		.fields =
		    STR("{\"email\":\"ann@example.org\",\"seats\":\"9\"}"),
		.consent_text = STR("Yes, call me."),
		.language = STR("de"),
		.at_ms = 1772357400000,
	};
	return 0;
}

static void
the_payload_is_a_standard_webhook(void **state)
{
	struct buf b = { 0 };

	(void)state;
	lead_payload(&lead, STR("acme"), STR("invite"), &b);
	assert_str(
	    buf_view(&b),
	    "{\"type\":\"lead.created\","
	    "\"timestamp\":\"2026-03-01T09:30:00Z\",\"data\":{"
	    "\"id\":\"000000000002d\",\"partner\":\"acme\","
	    "\"campaign\":\"spring\",\"activation\":\"00000000000z9\","
	    "\"page\":\"offer\",\"form\":\"call-me\",\"step\":\"invite\","
	    "\"email\":\"ann@example.org\",\"given_name\":\"Ann\","
	    "\"company\":\"=cmd()\",\"language\":\"de\","
	    "\"consent\":\"Yes, call me.\",\"fields\":{"
	    "\"email\":\"ann@example.org\",\"seats\":\"9\"}}}");
	buf_fini(&b);
}

static void
broken_fields_give_no_broken_payload(void **state)
{
	struct lead bad = lead;
	struct buf b = { 0 };

	(void)state;
	bad.fields = STR("{\"email\":");
	lead_payload(&bad, STR("acme"), STR(""), &b);
	assert_true(str_ends(buf_view(&b), STR("\"fields\":{}}}")));
	buf_fini(&b);
}

static void
a_row_is_safe_for_spreadsheets(void **state)
{
	struct buf b = { 0 };
	struct csv_writer w = { .out = &b };

	(void)state;
	lead_csv_header(&w);
	lead_csv_row(&w, &lead, STR("acme"));
	assert_str(buf_view(&b),
		   "lead,partner,at,campaign,page,form,email,given_name,"
		   "family_name,company,phone,message,language,consent,fields\n"
		   "000000000002d,acme,2026-03-01T09:30:00Z,spring,offer,"
		   "call-me,ann@example.org,Ann,,\"'=cmd()\",,,de,"
		   "\"Yes, call me.\","
		   "\"{\"\"email\"\":\"\"ann@example.org\"\","
		   "\"\"seats\"\":\"\"9\"\"}\"\n");
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_payload_is_a_standard_webhook),
		cmocka_unit_test(broken_fields_give_no_broken_payload),
		cmocka_unit_test(a_row_is_safe_for_spreadsheets),
	};

	return cmocka_run_group_tests(tests, begin, NULL);
}
