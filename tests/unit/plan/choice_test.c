/* Whose person it is: one rule after the other, whatever the order. */
#include "plan/plan_priv.h"
#include "test.h"

enum { COUNT = 3 };

static struct plan_rival rivals[COUNT];

static int
begin(void **state)
{
	(void)state;
	/* Alike but for the number; what is changed decides. */
	for (int i = 0; i < COUNT; i++)
		rivals[i] = (struct plan_rival){
			.partner_id = i + 1,
			.may = true,
			.consent_ms = 500,
			.added_ms = 700,
		};
	return 0;
}

/* In each order of the three: the same, for the same reason. */
static void
assert_chosen(int64_t partner_id, const char *wanted)
{
	static const int orders[][COUNT] = { { 0, 1, 2 }, { 0, 2, 1 },
					     { 1, 0, 2 }, { 1, 2, 0 },
					     { 2, 0, 1 }, { 2, 1, 0 } };

	for (size_t i = 0; i < COUNT_OF(orders); i++) {
		struct plan_rival mixed[COUNT];
		const struct plan_rival *best;
		const char *why = NULL;

		for (int k = 0; k < COUNT; k++)
			mixed[k] = rivals[orders[i][k]];
		best = plan_choose(mixed, COUNT, &why);
		assert_non_null(best);
		assert_int_equal(best->partner_id, partner_id);
		assert_string_equal(why, wanted);
	}
}

static void
each_rule_comes_before_the_next(void **state)
{
	(void)state;
	assert_chosen(1, "has been a partner longer");
	rivals[2].added_ms = 699;
	assert_chosen(3, "uploaded the person earlier");
	rivals[1].consent_ms = 499;
	assert_chosen(2, "has the older consent");
	rivals[0].is_customer = true;
	assert_chosen(1, "has the person as a customer");
	rivals[2].claim_ms = 900;
	assert_chosen(3, "has the earlier open lead of the person");
	rivals[1].claim_ms = 800;
	assert_chosen(2, "has the earlier open lead of the person");
	rivals[0].served_ms = 1000;
	assert_chosen(1, "has mailed the person first");
}

static void
who_may_not_mail_does_not_come_into_it(void **state)
{
	(void)state;
	rivals[0].may = rivals[1].may = false;
	rivals[0].claim_ms = 1;
	rivals[1].is_customer = true;
	assert_chosen(3, "is the only one who may mail the person");
	rivals[0].served_ms = 1;
	assert_chosen(1, "has mailed the person first");
}

static void
a_consent_without_a_date_is_the_youngest(void **state)
{
	(void)state;
	rivals[0].consent_ms = 0;
	assert_chosen(2, "has been a partner longer");
	rivals[2].consent_ms = 499;
	assert_chosen(3, "has the older consent");
}

static void
nobody_is_chosen_of_those_who_may_not(void **state)
{
	const char *why;

	(void)state;
	for (int i = 0; i < COUNT; i++)
		rivals[i].may = false;
	assert_null(plan_choose(rivals, COUNT, &why));
	assert_null(plan_choose(NULL, 0, &why));
	rivals[1].may = true;
	assert_ptr_equal(plan_choose(&rivals[1], 1, &why), &rivals[1]);
	assert_string_equal(why, "is the only one who has the person");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(each_rule_comes_before_the_next, begin),
		cmocka_unit_test_setup(who_may_not_mail_does_not_come_into_it,
				       begin),
		cmocka_unit_test_setup(a_consent_without_a_date_is_the_youngest,
				       begin),
		cmocka_unit_test_setup(nobody_is_chosen_of_those_who_may_not,
				       begin),
	};

	return cmocka_run_group_tests_name("choice", tests, NULL, NULL);
}
