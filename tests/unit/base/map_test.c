#include "base/map.h"

#include "base/arena.h"
#include "test.h"

static void
finds_what_was_put(void **state)
{
	struct arena *a = arena_new();
	struct map m;
	int one = 1, two = 2;

	(void)state;
	map_init(&m, a, NULL);
	assert_null(map_find(&m, STR("a")));
	assert_null(map_next(&m, NULL));
	assert_null(map_put(&m, STR("a"), &one));
	assert_null(map_put(&m, STR(""), &two));
	assert_null(map_put(&m, STR("a\0b"), &two));
	assert_ptr_equal(map_find(&m, STR("a")), &one);
	assert_ptr_equal(map_get(&m, STR("")), &two);
	assert_null(map_find(&m, STR("b")));
	assert_ptr_equal(map_put(&m, STR("a"), &two), &one);
	assert_ptr_equal(map_find(&m, STR("a")), &two);
	assert_int_equal(m.count, 3);
	arena_free(&a);
}

static void
keys_are_copied(void **state)
{
	struct arena *a = arena_new();
	char name[] = "gold";
	struct map m;

	(void)state;
	map_init(&m, a, NULL);
	map_put(&m, str_of(name), &m);
	name[0] = 'b';
	assert_ptr_equal(map_find(&m, STR("gold")), &m);
	assert_null(map_find(&m, STR("bold")));
	arena_free(&a);
}

static void
keeps_the_order_of_insertion_as_it_grows(void **state)
{
	const uint8_t keys[2][MAP_KEY_BYTES] = { { 1 }, { 2 } };
	struct arena *a = arena_new();

	(void)state;
	for (size_t k = 0; k < COUNT_OF(keys); k++) {
		struct map m;
		int values[1000];
		int seen = 0;

		map_init(&m, a, keys[k]);
		for (int i = 0; i < 1000; i++)
			map_put(&m, str_printf(a, "name-%d", i), &values[i]);
		map_put(&m, STR("name-7"), &values[7]);
		map_foreach (&m, e) {
			assert_ptr_equal(e->value, &values[seen]);
			assert_str(e->key, arena_printf(a, "name-%d", seen));
			seen++;
		}
		assert_int_equal(seen, 1000);
		for (int i = 0; i < 1000; i++)
			assert_ptr_equal(
			    map_get(&m, str_printf(a, "name-%d", i)),
			    &values[i]);
	}
	arena_free(&a);
}

/* The key 00 01 .. 0f and the message 00 01 .. of each length. */
static void
hashes_as_siphash_does(void **state)
{
	static const struct {
		size_t len;
		uint64_t hash;
	} vectors[] = {
		{ 0, 0x726fdb47dd0e0e31 },  { 1, 0x74f839c593dc67fd },
		{ 7, 0xab0200f58b01d137 },  { 8, 0x93f5f5799a932462 },
		{ 15, 0xa129ca6149be45e5 },
	};
	uint8_t key[MAP_KEY_BYTES];
	char message[16];

	(void)state;
	for (int i = 0; i < 16; i++)
		message[i] = (char)(key[i] = (uint8_t)i);
	for (size_t i = 0; i < COUNT_OF(vectors); i++) {
		struct str s = { message, vectors[i].len };

		assert_true(map_hash(key, s) == vectors[i].hash);
	}
}

static void
takes_the_seed_as_default(void **state)
{
	const uint8_t seed[MAP_KEY_BYTES] = { 9, 8, 7 };
	struct arena *a = arena_new();
	struct map m;

	(void)state;
	map_seed(seed);
	map_init(&m, a, NULL);
	assert_memory_equal(m.key, seed, sizeof(seed));
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_was_put),
		cmocka_unit_test(keys_are_copied),
		cmocka_unit_test(keeps_the_order_of_insertion_as_it_grows),
		cmocka_unit_test(hashes_as_siphash_does),
		cmocka_unit_test(takes_the_seed_as_default),
	};

	return cmocka_run_group_tests_name("base/map", tests, NULL, NULL);
}
