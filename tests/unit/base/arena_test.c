#include "base/arena.h"

#include "test.h"

static void
allocations_are_zeroed_and_apart(void **state)
{
	struct arena *a = arena_new();
	char *first = arena_alloc(a, 3);
	char *second = arena_alloc(a, 9000);

	(void)state;
	assert_int_equal(first[0] | first[1] | first[2], 0);
	memset(first, 'x', 3);
	assert_int_equal(second[0], 0);
	assert_int_equal(second[8999], 0);
	assert_int_equal(arena_bytes(a), 9003);
	arena_free(&a);
	assert_null(a);
	arena_free(&a);
}

static void
rewind_gives_back_and_zeroes_again(void **state)
{
	struct arena *a = arena_new();
	char *kept = arena_copy(a, "kept", 4);
	struct arena_mark mark = arena_mark(a);
	char *p;

	(void)state;
	for (int round = 0; round < 3; round++) {
		p = arena_alloc(a, 5000);
		assert_int_equal(p[0], 0);
		memset(p, 0xff, 5000);
		arena_alloc(a, 100000);
		arena_rewind(a, mark);
		assert_int_equal(arena_bytes(a), 5);
	}
	assert_string_equal(kept, "kept");
	arena_free(&a);
}

static void
printf_makes_a_cstring(void **state)
{
	struct arena *a = arena_new();

	(void)state;
	assert_string_equal(arena_printf(a, "%d-%s", 7, "x"), "7-x");
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(allocations_are_zeroed_and_apart),
		cmocka_unit_test(rewind_gives_back_and_zeroes_again),
		cmocka_unit_test(printf_makes_a_cstring),
	};

	return cmocka_run_group_tests_name("base/arena", tests, NULL, NULL);
}
