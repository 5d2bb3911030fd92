#include "base/arena.h"
#include "liquid/liquid.h"

#include "test.h"

static void
members_are_found_among_few_and_many(void **state)
{
	struct arena *a = arena_new();
	struct liquid_object *o = liquid_object_new(a);
	struct liquid_value v;

	(void)state;
	for (int i = 0; i < 100; i++) {
		struct str key = str_printf(a, "key%d", i);

		assert_int_equal(liquid_object_find(o, key, &v), 0);
		liquid_object_set(o, key, liquid_int(i));
		assert_int_equal(liquid_object_find(o, STR("key0"), &v), 1);
		assert_int_equal(v.n, 0);
		assert_int_equal(liquid_object_find(o, key, &v), 1);
		assert_int_equal(v.n, i);
	}
	arena_free(&a);
}

static void
the_last_value_of_a_name_holds(void **state)
{
	struct arena *a = arena_new();
	struct liquid_object *o = liquid_object_new(a);
	struct liquid_value v;

	(void)state;
	liquid_object_set(o, STR("a"), liquid_int(1));
	liquid_object_set(o, STR("a"), liquid_bool(true));
	assert_int_equal(liquid_object_find(o, STR("a"), &v), 1);
	assert_int_equal(v.type, LIQUID_BOOL);
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_are_found_among_few_and_many),
		cmocka_unit_test(the_last_value_of_a_name_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
