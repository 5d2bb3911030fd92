#include "base/clock.h"

#include "base/now.h"
#include "test.h"

enum { SECOND_MS = 1000, MINUTE_MS = 60 * SECOND_MS };

static const int64_t HOUR_MS = 60 * MINUTE_MS;

static struct clock_reading machine; /* what the tests' source shows */

static void
read_test(void *arg, struct clock_reading *out)
{
	(void)arg;
	*out = machine;
}

static void
begin(struct clock *c)
{
	const struct clock_source source = { .read = read_test };

	machine = (struct clock_reading){ .wall_ms = 1000 * HOUR_MS,
					  .boot_ms = HOUR_MS };
	clock_init_on(c, &source);
}

static void
pass(int64_t ms)
{
	machine.wall_ms += ms;
	machine.boot_ms += ms;
}

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
	assert_true(clock_is_steady(&c, NULL));
	clock_init_from(&c, 1000);
	assert_in_range(clock_now_ms(&c), 1000, 61000);
	assert_true(clock_is_steady(&c, NULL));
}

static void
time_that_passes_is_no_jump(void **state)
{
	struct clock c;

	(void)state;
	begin(&c);
	for (int i = 0; i < 100; i++) {
		/* Now and then the machine sleeps: both clocks count that. */
		pass(i % 10 == 0 ? 30 * HOUR_MS : SECOND_MS);
		assert_true(clock_is_steady(&c, NULL));
	}
	assert_int_equal(clock_now_ms(&c), machine.wall_ms);
}

static void
a_clock_that_is_slewed_or_set_a_little_is_steady(void **state)
{
	struct clock c;

	(void)state;
	begin(&c);
	/* 500 parts in a million for two weeks: ten minutes. */
	for (int i = 0; i < 14 * 24 * 60; i++) {
		pass(MINUTE_MS);
		machine.wall_ms += 30;
		assert_true(clock_is_steady(&c, NULL));
	}
	for (int i = 0; i < 10; i++) {
		machine.wall_ms += 4 * MINUTE_MS;
		assert_true(clock_is_steady(&c, NULL));
		pass(MINUTE_MS);
		assert_true(clock_is_steady(&c, NULL));
	}
}

static void
check_jump(int64_t by_ms)
{
	struct clock c;
	int64_t jump_ms;

	begin(&c);
	pass(HOUR_MS);
	assert_true(clock_is_steady(&c, NULL));
	machine.wall_ms += by_ms;
	assert_false(clock_is_steady(&c, &jump_ms));
	assert_int_equal(jump_ms, by_ms);
	pass(59 * SECOND_MS);
	assert_false(clock_is_steady(&c, NULL));
	pass(SECOND_MS);
	assert_true(clock_is_steady(&c, &jump_ms));
	assert_int_equal(jump_ms, 0);
	assert_int_equal(clock_now_ms(&c), machine.wall_ms);
	/* The time it shows is the one that is trusted from now on. */
	machine.wall_ms -= by_ms;
	assert_false(clock_is_steady(&c, &jump_ms));
	assert_int_equal(jump_ms, -by_ms);
}

static void
a_jump_either_way_is_waited_for(void **state)
{
	(void)state;
	check_jump(2 * HOUR_MS);
	check_jump(-2 * HOUR_MS);
	check_jump(5 * MINUTE_MS + 1);
	check_jump(-5 * MINUTE_MS - 1);
}

static void
a_clock_that_jumps_back_must_agree_too(void **state)
{
	struct clock c;

	(void)state;
	begin(&c);
	machine.wall_ms += HOUR_MS;
	assert_false(clock_is_steady(&c, NULL));
	pass(30 * SECOND_MS);
	machine.wall_ms -= HOUR_MS;
	assert_false(clock_is_steady(&c, NULL));
	pass(59 * SECOND_MS);
	assert_false(clock_is_steady(&c, NULL));
	pass(SECOND_MS);
	assert_true(clock_is_steady(&c, NULL));
}

/* Each is small enough, but not all within the minute. */
static void
small_steps_in_a_row_are_a_jump(void **state)
{
	struct clock c;

	(void)state;
	begin(&c);
	machine.wall_ms += 4 * MINUTE_MS;
	assert_true(clock_is_steady(&c, NULL));
	pass(10 * SECOND_MS);
	machine.wall_ms += 4 * MINUTE_MS;
	assert_false(clock_is_steady(&c, NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_virtual_clock_stands_still_and_never_goes_back),
		cmocka_unit_test(a_real_clock_goes_on_from_its_start),
		cmocka_unit_test(time_that_passes_is_no_jump),
		cmocka_unit_test(
		    a_clock_that_is_slewed_or_set_a_little_is_steady),
		cmocka_unit_test(a_jump_either_way_is_waited_for),
		cmocka_unit_test(a_clock_that_jumps_back_must_agree_too),
		cmocka_unit_test(small_steps_in_a_row_are_a_jump),
	};

	return cmocka_run_group_tests_name("base/clock", tests, NULL, NULL);
}
