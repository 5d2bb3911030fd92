#include "test.h"

#include "mime/mime_domain.h"

static void
an_organisation_is_one_label_below_a_public_suffix(void **state)
{
	static const struct {
		const char *domain, *organisation;
	} cases[] = {
		{ "mail.example.com", "example.com" },
		{ "a.b.example.co.uk", "example.co.uk" },
		{ "example.co.uk", "example.co.uk" },
		{ "co.uk", "co.uk" },
		{ "mail.northwind.example", "northwind.example" },
		{ "com", "com" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_str(mime_domain_organisational(str_of(cases[i].domain)),
			   cases[i].organisation);
}

static void
domains_of_one_organisation_are_aligned_unless_it_is_strict(void **state)
{
	struct str mail = STR("mail.example.com");
	struct str bounce = STR("bounce.example.com");

	(void)state;
	assert_true(mime_domain_aligned(mail, bounce, false));
	assert_false(mime_domain_aligned(mail, bounce, true));
	assert_true(mime_domain_aligned(mail, mail, true));
	assert_false(
	    mime_domain_aligned(STR("a.co.uk"), STR("b.co.uk"), false));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    an_organisation_is_one_label_below_a_public_suffix),
		cmocka_unit_test(
		    domains_of_one_organisation_are_aligned_unless_it_is_strict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
