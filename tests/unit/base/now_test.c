#include "base/now.h"

#include "test.h"

static void
wall_clock_is_of_this_century(void **state)
{
	(void)state;
	assert_true(now_wall_ms() > INT64_C(1700000000000));
	assert_true(now_wall_ms() < INT64_C(4102444800000));
}

static void
sleeping_takes_the_time_asked(void **state)
{
	int64_t before = now_mono_us();

	(void)state;
	now_sleep_us(0);
	now_sleep_us(-5);
	now_sleep_us(2500);
	assert_true(now_mono_us() - before >= 2500);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wall_clock_is_of_this_century),
		cmocka_unit_test(sleeping_takes_the_time_asked),
	};

	return cmocka_run_group_tests_name("base/now", tests, NULL, NULL);
}
