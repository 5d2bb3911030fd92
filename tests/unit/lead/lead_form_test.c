/*
 * What a visitor typed becomes a lead, or problems.
 */
#include "lead/lead.h"

#include "base/arena.h"
#include "test.h"

#define TEXT(literal)                        \
	{                                    \
		literal, sizeof(literal) - 1 \
	}
#define FIELD(n, t, r)                                                       \
	{                                                                    \
		.name = TEXT(n), .type = CAMPAIGN_FIELD_##t, .required = (r) \
	}

static const struct campaign_field fields[] = {
	FIELD("email", EMAIL, true),
	FIELD("given_name", TEXT, false),
	FIELD("phone", PHONE, false),
	FIELD("wishes", LONG, false),
	{ .name = TEXT("seats"), .type = CAMPAIGN_FIELD_TEXT, .max = 3 },
};

static const struct campaign_text consent_texts[] = {
	{ .lang = TEXT("en"), .text = TEXT("Yes, call me.") },
	{ .lang = TEXT("de"), .text = TEXT("Ja, bitte anrufen.") },
};

static const struct campaign_form form = {
	.id = TEXT("call-me"),
	.page = TEXT("offer"),
	.fields = fields,
	.field_count = COUNT_OF(fields),
	.consent = { consent_texts, COUNT_OF(consent_texts) },
};

static struct arena *a;
static struct lead lead;
static struct lead_problem *problems;

static int
begin(void **state)
{
	(void)state;
	a = arena_new();
	lead = (struct lead){ 0 };
	return 0;
}

static int
end(void **state)
{
	(void)state;
	arena_free(&a);
	return 0;
}

#define INPUT(n, v)            \
	{                      \
		STR(n), STR(v) \
	}
#define POST(...)                                                 \
	post((const struct lead_input[]){ __VA_ARGS__ },          \
	     sizeof((const struct lead_input[]){ __VA_ARGS__ }) / \
		 sizeof(struct lead_input))

static size_t
post(const struct lead_input *inputs, size_t count)
{
	return lead_validate(&form, inputs, count, STR("de"), a, &lead,
			     &problems);
}

static void
a_good_form_is_a_lead(void **state)
{
	(void)state;
	assert_int_equal(
	    POST(INPUT("email", " Ann@Example.ORG "),
		 INPUT("given_name", "Ann"), INPUT("phone", "+49 (30) 123-45"),
		 INPUT("wishes", "one\r\n\r\ntwo"), INPUT("seats", "9"),
		 INPUT("consent", "on"), INPUT("t", "token")),
	    0);
	assert_str(lead.address, "ann@example.org");
	assert_str(lead.given_name, "Ann");
	assert_str(lead.phone, "+49 (30) 123-45");
	assert_str(lead.message, "one\n\ntwo");
	assert_str(lead.consent_text, "Ja, bitte anrufen.");
	assert_str(lead.language, "de");
	assert_str(lead.form, "call-me");
	assert_str(lead.page, "offer");
	assert_str(lead.fields,
		   "{\"email\":\"ann@example.org\",\"given_name\":\"Ann\","
		   "\"phone\":\"+49 (30) 123-45\",\"wishes\":\"one\\n\\ntwo\","
		   "\"seats\":\"9\"}");
}

static void
every_problem_is_told_in_the_forms_order(void **state)
{
	(void)state;
	assert_int_equal(POST(INPUT("seats", "1000"), INPUT("phone", "call!"),
			      INPUT("email", " ")),
			 4);
	assert_str(problems[0].field, "email");
	assert_int_equal(problems[0].kind, LEAD_REQUIRED);
	assert_str(problems[1].field, "phone");
	assert_int_equal(problems[1].kind, LEAD_NOT_PHONE);
	assert_str(problems[2].field, "seats");
	assert_int_equal(problems[2].kind, LEAD_TOO_LONG);
	assert_str(problems[3].field, "consent");
	assert_int_equal(problems[3].kind, LEAD_NOT_TICKED);
	assert_true(lead.address.len == 0);
}

static void
what_is_no_address_is_named(void **state)
{
	(void)state;
	assert_int_equal(POST(INPUT("email", "ann"), INPUT("consent", "on")),
			 1);
	assert_int_equal(problems[0].kind, LEAD_NOT_EMAIL);
	assert_string_equal(lead_problem_name(problems[0].kind), "not-email");
}

static void
length_is_counted_in_characters(void **state)
{
	(void)state;
	assert_int_equal(POST(INPUT("email", "a@example.org"),
			      INPUT("seats", "\xc3\xa4\xc3\xb6\xc3\xbc"),
			      INPUT("consent", "on")),
			 0);
}

static void
control_characters_and_bad_utf8_go(void **state)
{
	(void)state;
	assert_int_equal(POST(INPUT("email", "a@example.org"),
			      { STR("given_name"), { "A\0n\nn\x1b\xff", 7 } },
			      INPUT("consent", "on")),
			 0);
	assert_str(lead.given_name, "An n\xef\xbf\xbd");
}

static void
of_one_name_the_first_counts(void **state)
{
	(void)state;
	assert_int_equal(POST(INPUT("email", "a@example.org"),
			      INPUT("email", "b@example.org"),
			      INPUT("consent", "on")),
			 0);
	assert_str(lead.address, "a@example.org");
}

static void
a_subject_gives_its_lead_back(void **state)
{
	uint8_t bytes[LEAD_SUBJECT_BYTES];
	int64_t id = 0;

	(void)state;
	assert_true(lead_of_subject(lead_subject(INT64_MAX - 3, bytes), &id));
	assert_true(id == INT64_MAX - 3);
	assert_false(lead_of_subject(STR("short"), &id));
	assert_false(lead_of_subject(lead_subject(0, bytes), &id));
	assert_false(lead_of_subject(lead_subject(-1, bytes), &id));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_good_form_is_a_lead),
		CASE(every_problem_is_told_in_the_forms_order),
		CASE(what_is_no_address_is_named),
		CASE(length_is_counted_in_characters),
		CASE(control_characters_and_bad_utf8_go),
		CASE(of_one_name_the_first_counts),
		CASE(a_subject_gives_its_lead_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
