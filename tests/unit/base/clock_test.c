#include "base/clock.h"

#include "base/now.h"
#include "test.h"

static void
a_virtual_clock_stands_still_and_never_goes_back(void **state)
{
	struct clock c;

	(void)state;
	clock_init_virtual(&c, 1000);
	assert_true(clock_now_ms(&c) == 1000);
	clock_advance(&c, 5000);
	clock_advance(&c, 4000);
	assert_true(clock_now_ms(&c) == 5000);
}

static void
a_real_clock_goes_on_from_its_start(void **state)
{
	struct clock c;
	int64_t before_ms = now_wall_ms();

	(void)state;
	clock_init_real(&c);
	assert_true(clock_now_ms(&c) >= before_ms);
	clock_init_from(&c, 1000);
	assert_in_range(clock_now_ms(&c), 1000, 61000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_virtual_clock_stands_still_and_never_goes_back),
		cmocka_unit_test(a_real_clock_goes_on_from_its_start),
	};

	return cmocka_run_group_tests_name("base/clock", tests, NULL, NULL);
}
