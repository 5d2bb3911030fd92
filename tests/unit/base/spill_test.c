#include "base/spill.h"

#include "base/arena.h"
#include "test.h"

enum { MANY = 2000, MEMORY = 4096 };

/* Of many lengths, one of them longer than all that is kept in memory. */
static struct str
record_of(struct arena *a, int i)
{
	const size_t len = i == 77 ? 3 * MEMORY : (size_t)(i * 31 % 97);
	char *p = arena_array(a, len, 1);

	memset(p, 'a' + i % 26, len);
	return (struct str){ p, len };
}

static struct spill *
filled(struct arena *a, int count, size_t memory)
{
	struct spill *s = spill_new(memory);
	struct error err;

	for (int i = 0; i < count; i++)
		assert_ok(spill_add(s, record_of(a, i), &err), err);
	return s;
}

static void
assert_all(struct spill *s, struct arena *a, int count, size_t window)
{
	struct error err;
	struct str got;

	assert_ok(spill_begin(s, window, &err), err);
	for (int i = 0; i < count; i++) {
		assert_int_equal(spill_next(s, &got, &err), 1);
		assert_true(str_eq(got, record_of(a, i)));
	}
	assert_int_equal(spill_next(s, &got, &err), 0);
	assert_int_equal(spill_next(s, &got, &err), 0);
}

static void
gives_what_was_added_in_its_order(void **state)
{
	const size_t memories[] = { 0, MEMORY, (size_t)1 << 20 };
	const size_t windows[] = { 1, 100, (size_t)1 << 20 };
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(memories); i++) {
		struct spill *s = filled(a, MANY, memories[i]);

		for (size_t k = 0; k < COUNT_OF(windows); k++)
			assert_all(s, a, MANY, windows[k]);
		spill_free(&s);
		assert_null(s);
	}
	arena_free(&a);
}

static void
gives_any_of_them_by_its_place(void **state)
{
	const size_t windows[] = { 1, 5000, (size_t)1 << 20 };
	struct arena *a = arena_new();
	struct spill *s = filled(a, MANY, MEMORY);
	int64_t places[MANY];
	struct error err;
	struct str got;

	(void)state;
	for (size_t k = 0; k < COUNT_OF(windows); k++) {
		assert_ok(spill_begin(s, windows[k], &err), err);
		for (int i = 0; i < MANY; i++) {
			places[i] = spill_place(s);
			assert_int_equal(spill_next(s, &got, &err), 1);
		}
		for (int i = 0; i < MANY; i++) {
			const int n = (int)((int64_t)i * 7919 % MANY);

			assert_ok(spill_get(s, places[n], a, &got, &err), err);
			assert_true(str_eq(got, record_of(a, n)));
		}
	}
	spill_free(&s);
	arena_free(&a);
}

static void
nothing_is_no_record(void **state)
{
	struct arena *a = arena_new();
	struct spill *s = spill_new(MEMORY);

	(void)state;
	assert_all(s, a, 0, 100);
	spill_free(&s);
	spill_free(&s);
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_what_was_added_in_its_order),
		cmocka_unit_test(gives_any_of_them_by_its_place),
		cmocka_unit_test(nothing_is_no_record),
	};

	return cmocka_run_group_tests_name("base/spill", tests, NULL, NULL);
}
