/* What partner refuses; the rest is in conformance. */
#include "partner/partner.h"

#include "partner_store.h"

static char url[TEST_URL_BYTES];

static int
open_store(void **state)
{
	(void)state;
	test_sqlite_url(url);
	return open_partner_store(url) < 0 ? -1 : put_two_partners();
}

static int
close_store(void **state)
{
	(void)state;
	close_partner_store();
	test_store_remove(url);
	return 0;
}

static void
a_slug_has_few_characters(void **state)
{
	static const char too_long[] =
	    "a-slug-of-sixty-five-characters-which-is-one-more-than-allowed-ok";
	static const char *const bad[] = {
		"", "Acme", "a b", "a_b", "a/b", "\xc3\xa4", "acme\n", too_long,
	};

	(void)state;
	assert_int_equal(sizeof(too_long) - 1, 65);
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct partner p = some_partner(str_of(bad[i]));

		assert_fails(put_partner(&p), err, ERROR_INVALID, "a-z, 0-9");
	}
}

static void
a_partner_sets_seed_columns_only(void **state)
{
	static const char *const bad[] = { "tier",   "company",	   "slug",
					   "status", "attributes", "Language",
					   "" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct own_value own = { acme_id, str_of(bad[i]), STR("x") };

		assert_fails(set_value(&own), err, ERROR_INVALID,
			     "expected one of country language time_zone");
	}
}

static struct partner_sender
some_sender(void)
{
	return (struct partner_sender){
		.partner_id = acme_id,
		.from_name = STR("Acme via Northwind"),
		.from_address = STR("acme@mail.northwind.example"),
		.reply_to = STR("office@acme.example"),
		.postal_address = STR("1 Quay, Kiel"),
		.opt_out_scope = STR("partner"),
	};
}

static void
assert_sender_refused(struct partner_sender s, const char *part)
{
	assert_fails(put_sender(&s), err, ERROR_INVALID, part);
}

static void
a_sender_without_its_parts_is_refused(void **state)
{
	struct partner_sender s = some_sender();

	(void)state;
	s.from_address = STR("Acme@mail.northwind.example");
	assert_sender_refused(s, "sender: an address that is not in its");
	s.from_address = STR("");
	assert_sender_refused(s, "sender: ");
	s = some_sender();
	s.reply_to = STR("office@acme.example\r\nBcc: x@y.example");
	assert_sender_refused(s, "reply-to: ");
	s = some_sender();
	s.from_name = STR("Acme\r\nBcc: x@y.example");
	assert_sender_refused(s, "not one line");
	s = some_sender();
	s.postal_address = STR("");
	assert_sender_refused(s, "not one line");
	s = some_sender();
	s.opt_out_scope = STR("global");
	assert_sender_refused(s, "an opt-out scope");
}

/* Lists and their growth in the arena. */
static void
a_long_list_is_whole(void **state)
{
	struct activation *all;

	(void)state;
	for (int i = 1; i <= 100; i++) {
		struct activation one = some_activation(acme_id, i);

		assert_ok(start(&one), err);
	}
	assert_int_equal(
	    activation_list(reader, arena, STR("spring"), -1, &all, &err), 100);
	for (int i = 0; i < 100; i++)
		assert_int_equal(all[i].id, i + 1);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, open_store, close_store)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_slug_has_few_characters),
		TEST(a_partner_sets_seed_columns_only),
		TEST(a_sender_without_its_parts_is_refused),
		TEST(a_long_list_is_whole),
	};

	crypto_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
