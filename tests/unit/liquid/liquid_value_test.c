#include "base/arena.h"
#include "liquid/liquid_priv.h"

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

static void
names_of_every_length_are_told_apart_by_each_byte(void **state)
{
	struct arena *a = arena_new();
	struct liquid_object *o = liquid_object_new(a);
	struct liquid_value v;
	char name[40];
	int64_t n = 0;

	(void)state;
	memset(name, 'a', sizeof(name));
	for (size_t len = 1; len <= sizeof(name); len++)
		for (size_t i = 0; i < len; i++) {
			struct str key;

			name[i] = 'b';
			key = str_copy(a, (struct str){ name, len });
			name[i] = 'a';
			assert_int_equal(liquid_object_find(o, key, &v), 0);
			liquid_object_set(o, key, liquid_int(++n));
			assert_int_equal(liquid_object_find(o, key, &v), 1);
			assert_int_equal(v.n, n);
		}
	arena_free(&a);
}

/* 300 of them in 1024 slots: by chance some 40 find theirs taken. */
static void
hashes_of_names_that_are_much_alike_are_not(void **state)
{
	static const struct {
		const char *before, *after;
	} names[] = {
		{ "", "" },
		{ "key", "" },
		{ "first_name_", "" },
		{ "", " of the partner" },
		{ "address_", "_zip" },
		{ "a long name with the number ", "" },
	};

	(void)state;
	for (size_t k = 0; k < COUNT_OF(names); k++) {
		bool used[1024] = { false };
		int taken = 0;

		for (int i = 0; i < 300; i++) {
			char name[64];
			bool *slot;

			snprintf(name, sizeof(name), "%s%d%s", names[k].before,
				 i, names[k].after);
			slot = &used[liquid_hash(str_of(name)) & 1023];
			taken += *slot;
			*slot = true;
		}
		assert_in_range(taken, 0, 80);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_are_found_among_few_and_many),
		cmocka_unit_test(the_last_value_of_a_name_holds),
		cmocka_unit_test(
		    names_of_every_length_are_told_apart_by_each_byte),
		cmocka_unit_test(hashes_of_names_that_are_much_alike_are_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
