#include "partner/partner.h"

#include "partner_store.h"

static char url[TEST_URL_BYTES];

static int
open_store(void **state)
{
	(void)state;
	test_sqlite_url(url);
	return open_partner_store(url);
}

static int
close_store(void **state)
{
	(void)state;
	close_partner_store();
	test_store_remove(url);
	return 0;
}

static bool
same(struct person_hash a, struct person_hash b)
{
	return str_eq(person_hash_view(&a), person_hash_view(&b));
}

static struct person_hash
person(const char *address)
{
	return partner_person(pepper, str_of(address));
}

static void
a_person_is_an_address(void **state)
{
	(void)state;
	assert_int_equal(person_hash_view(&(struct person_hash){ { 0 } }).len,
			 16);
	assert_true(same(person("ann@example.org"), person("ann@example.org")));
	assert_false(same(person("ann@example.org"), person("an@example.org")));
	assert_false(
	    same(person("ann@example.org"), person("ann+x@example.org")));
}

/* As anybody with the pepper would compute it. */
static void
the_hash_is_an_hmac_of_address_and_rule(void **state)
{
	static const char text[] = "ann@example.org\0\1";
	uint8_t key[DB_SECRET_BYTES];
	uint8_t mac[CRYPTO_HASH_BYTES];
	struct person_hash ann = person("ann@example.org");

	(void)state;
	assert_ok(db_secret_get(store, "pepper", 1, key, &err), err);
	crypto_hmac(key, (struct str){ text, sizeof(text) - 1 }, mac);
	assert_memory_equal(ann.bytes, mac, PERSON_HASH_BYTES);
}

static void
reopen(void)
{
	partner_pepper_free(&pepper);
	assert_ok(partner_pepper_open(&pepper, store, &err), err);
}

static void
the_pepper_of_a_store_never_changes(void **state)
{
	struct person_hash before = person("ann@example.org");

	(void)state;
	reopen();
	assert_true(same(before, person("ann@example.org")));
	assert_int_equal(db_secret_rotate(store, "pepper", &err), 2);
	reopen();
	assert_true(same(before, person("ann@example.org")));
}

static void
another_store_has_another_pepper(void **state)
{
	struct person_hash before = person("ann@example.org");

	(void)state;
	close_store(NULL);
	assert_int_equal(open_store(NULL), 0);
	assert_false(same(before, person("ann@example.org")));
}

static void
free_accepts_none(void **state)
{
	struct partner_pepper *none = NULL;

	(void)state;
	partner_pepper_free(&none);
	assert_null(none);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, open_store, close_store)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_person_is_an_address),
		TEST(the_hash_is_an_hmac_of_address_and_rule),
		TEST(the_pepper_of_a_store_never_changes),
		TEST(another_store_has_another_pepper),
		TEST(free_accepts_none),
	};

	crypto_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
