/*
 * In whose name a partner's mail goes: what agrees is made, what does not is
 * refused, with the rule.
 */
#include "base/arena.h"
#include "plan/plan_priv.h"
#include "test.h"

static struct arena *a;
static struct campaign_brand brand;
static struct partner p;
static struct partner_sender sender;
static struct error err;

static int
begin(void **state)
{
	(void)state;
	a = arena_new();
	err = (struct error){ 0 };
	brand = (struct campaign_brand){
		.name = STR("Northwind"),
		.website = STR("https://www.northwind.example/"),
		.postal = STR("Northwind SE, 12 Example Quay, Hamburg"),
		.sender_domain = STR("mail.northwind.example"),
	};
	p = (struct partner){
		.slug = STR("acme"),
		.company = STR("Acme Ltd"),
		.street = STR("1 High Street"),
		.postcode = STR("BA1 1AA"),
		.city = STR("Bath"),
		.country = STR("GB"),
		.website = STR("https://www.acme.example"),
		.owner_email = STR("ann@acme.example"),
		.attributes = STR("{\"sender_domain\": \"news.acme.example\"}"),
	};
	return 0;
}

static int
end(void **state)
{
	(void)state;
	arena_free(&a);
	return 0;
}

static void
refused(const char *part)
{
	assert_fails(plan_sender(&brand, &p, a, &sender, &err), err,
		     ERROR_INVALID, part);
	assert_non_null(strstr(err.text, "16 CFR 316.2(m)"));
}

static void
the_vendor_is_the_sender_unless_it_says_otherwise(void **state)
{
	(void)state;
	assert_ok(plan_sender(&brand, &p, a, &sender, &err), err);
	assert_str(sender.from_name, "Acme Ltd via Northwind");
	assert_str(sender.from_address, "acme@mail.northwind.example");
	assert_str(sender.postal_address,
		   "Northwind SE, 12 Example Quay, Hamburg");
	assert_str(sender.opt_out_scope, "vendor");
	assert_str(sender.reply_to, "ann@acme.example");
}

static void
the_partner_is_the_sender_with_all_that_is_its_own(void **state)
{
	(void)state;
	brand.sender_is_partner = brand.opt_out_is_partner = true;
	assert_ok(plan_sender(&brand, &p, a, &sender, &err), err);
	assert_str(sender.from_name, "Acme Ltd");
	assert_str(sender.from_address, "acme@news.acme.example");
	assert_str(sender.postal_address,
		   "Acme Ltd, 1 High Street, BA1 1AA Bath, GB");
	assert_str(sender.opt_out_scope, "partner");
	/* An opt-out may stop more than the sender. */
	brand.opt_out_is_partner = false;
	assert_ok(plan_sender(&brand, &p, a, &sender, &err), err);
	assert_str(sender.opt_out_scope, "vendor");
}

static void
the_vendors_mail_is_not_from_a_partners_domain(void **state)
{
	(void)state;
	brand.sender_domain = STR("mail.acme.example");
	refused("this is the partner's, and the postal address the vendor's");
	brand.sender_domain = STR("acme.example");
	refused("\"acme.example\"");
	/* A vendor that sells itself has one domain for both. */
	p.website = STR("https://northwind.example");
	brand.sender_domain = STR("mail.northwind.example");
	assert_ok(plan_sender(&brand, &p, a, &sender, &err), err);
	/* What only ends alike is another's. */
	p.website = STR("https://wind.example");
	assert_ok(plan_sender(&brand, &p, a, &sender, &err), err);
}

static void
a_partners_mail_is_from_its_domain_alone(void **state)
{
	(void)state;
	brand.sender_is_partner = true;
	p.attributes = STR("{}");
	refused("found the sender_domain \"\"");
	p.attributes = STR("{\"sender_domain\": \"mail.northwind.example\"}");
	refused("this is the vendor's, and the postal address the partner's");
	p.attributes = STR("{\"sender_domain\": \"acme.northwind.example\"}");
	refused("this is the vendor's");
	p.attributes = STR("{\"sender_domain\": \"no domain\"}");
	assert_fails(plan_sender(&brand, &p, a, &sender, &err), err,
		     ERROR_INVALID, "sender");
}

static void
a_partners_mail_has_its_postal_address(void **state)
{
	(void)state;
	brand.sender_is_partner = true;
	p.city = STR("");
	refused("street and city of the partner");
	p.city = STR("Bath");
	p.street = STR("");
	refused("street and city of the partner");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_vendor_is_the_sender_unless_it_says_otherwise),
		CASE(the_partner_is_the_sender_with_all_that_is_its_own),
		CASE(the_vendors_mail_is_not_from_a_partners_domain),
		CASE(a_partners_mail_is_from_its_domain_alone),
		CASE(a_partners_mail_has_its_postal_address),
	};

	return cmocka_run_group_tests_name("sender", tests, NULL, NULL);
}
