/*
 * A file that says it is a plan: one that is taken, written and read again is
 * taken again, with the same bytes. The hash is compared when all has been
 * read, so it keeps nothing from the reader.
 */
#include "base/arena.h"
#include "base/crypto.h"
#include "fuzz.h"
#include "plan/plan.h"

static bool
read_plan(struct str text, struct arena *a, struct plan **plan)
{
	struct error err = { 0 };

	if (plan_read(text, a, plan, &err) >= 0)
		return true;
	check(err.code == ERROR_INVALID || err.code == ERROR_LIMIT);
	check(err.text[0]);
	return false;
}

static void
check_again(const struct plan *plan, struct arena *a)
{
	struct buf first = { 0 }, second = { 0 };
	struct plan *back;

	plan_write(plan, &first);
	check(read_plan(buf_view(&first), a, &back));
	plan_write(back, &second);
	check(str_eq(buf_view(&first), buf_view(&second)));
	plan_print(back, 3, &second);
	buf_fini(&first);
	buf_fini(&second);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	struct plan *plan;

	crypto_init();
	if (read_plan((struct str){ (const char *)data, size }, a, &plan))
		check_again(plan, a);
	arena_free(&a);
	return 0;
}
