#include "sink_priv.h"

#include "test.h"

enum { DRAWS = 20000 };

static const struct sink_options options = {
	.seed = 7,
	.weights = {
		[SINK_FAULT_OK] = 70,
		[SINK_FAULT_4XX] = 10,
		[SINK_FAULT_DROP] = 5,
		[SINK_FAULT_GARBAGE] = 15,
	},
};

static struct sink_plan
draw(int number, int64_t attempt)
{
	char id[32];

	snprintf(id, sizeof(id), "%d@example.org", number);
	return sink_draw(&options, str_of(id), attempt);
}

static bool
same(struct sink_plan a, struct sink_plan b)
{
	return a.at == b.at && a.fault == b.fault && a.accepts == b.accepts;
}

static void
a_draw_can_be_repeated(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++)
		assert_true(same(draw(i, 1), draw(i, 1)));
}

static void
attempts_of_one_message_differ(void **state)
{
	int other = 0;

	(void)state;
	for (int i = 0; i < 100; i++)
		other += !same(draw(i, 1), draw(i, 2));
	assert_in_range(other, 20, 80);
}

static void
faults_come_as_often_as_they_weigh(void **state)
{
	int counts[SINK_FAULT_COUNT] = { 0 };
	int percent;

	(void)state;
	for (int i = 0; i < DRAWS; i++)
		counts[draw(i, 1).fault]++;
	for (int i = 0; i < SINK_FAULT_COUNT; i++) {
		percent = (counts[i] * 100 + DRAWS / 2) / DRAWS;
		assert_in_range(percent + 1, options.weights[i],
				options.weights[i] + 2);
	}
}

static void
a_lost_reply_says_nothing_about_acceptance(void **state)
{
	int counts[2] = { 0 };

	(void)state;
	for (int i = 0; i < DRAWS; i++) {
		struct sink_plan plan = draw(i, 1);

		if (plan.fault == SINK_FAULT_GARBAGE)
			counts[plan.accepts]++;
	}
	assert_in_range(counts[0], DRAWS / 20, DRAWS / 10);
	assert_in_range(counts[1], DRAWS / 20, DRAWS / 10);
}

static void
a_drop_is_in_the_bytes_and_all_else_at_the_dot(void **state)
{
	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct sink_plan plan = draw(i, 1);

		assert_int_equal(plan.at, plan.fault == SINK_FAULT_DROP
					      ? SINK_BODY
					      : SINK_DOT);
	}
}

static void
a_fault_says_whether_it_accepts(void **state)
{
	(void)state;
	assert_true(sink_plan_of(SINK_DOT, SINK_FAULT_OK).accepts);
	assert_true(sink_plan_of(SINK_DOT, SINK_FAULT_ACCEPT_DROP).accepts);
	assert_true(sink_plan_of(SINK_EHLO, SINK_FAULT_4XX).accepts);
	assert_false(sink_plan_of(SINK_DOT, SINK_FAULT_4XX).accepts);
	assert_false(sink_plan_of(SINK_DOT, SINK_FAULT_STALL).accepts);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_draw_can_be_repeated),
		cmocka_unit_test(attempts_of_one_message_differ),
		cmocka_unit_test(faults_come_as_often_as_they_weigh),
		cmocka_unit_test(a_lost_reply_says_nothing_about_acceptance),
		cmocka_unit_test(
		    a_drop_is_in_the_bytes_and_all_else_at_the_dot),
		cmocka_unit_test(a_fault_says_whether_it_accepts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
