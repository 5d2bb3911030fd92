#include "base/random.h"

#include "test.h"

static void
fills_all_of_it(void **state)
{
	unsigned char p[1000] = { 0 };
	unsigned char seen[64] = { 0 };

	(void)state;
	/* A byte that stays 0 sixty-four times over was never written. */
	for (int round = 0; round < 64; round++) {
		random_bytes(p, sizeof(seen));
		for (size_t i = 0; i < sizeof(seen); i++)
			seen[i] |= p[i];
	}
	for (size_t i = 0; i < sizeof(seen); i++)
		assert_int_not_equal(seen[i], 0);
	random_bytes(p, 0);
	assert_int_equal(p[sizeof(seen)], 0);
}

static void
ids_are_positive_and_differ(void **state)
{
	int64_t last = 0;
	int64_t id;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		id = random_id();
		assert_true(id > 0);
		assert_true(id != last);
		last = id;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fills_all_of_it),
		cmocka_unit_test(ids_are_positive_and_differ),
	};

	return cmocka_run_group_tests_name("base/random", tests, NULL, NULL);
}
