#include "base/arena.h"
#include "plan/plan_priv.h"
#include "test.h"

static struct arena *a;
static struct campaign_clause clauses[] = {
	{ .act = CAMPAIGN_ACT_CLICKED },
	{ .act = CAMPAIGN_ACT_CLICKED },
	{ .act = CAMPAIGN_ACT_LEAD },
};
static struct str why;

static int
begin(void **state)
{
	(void)state;
	a = arena_new();
	why = (struct str){ 0 };
	clauses[0].step = STR("invite");
	clauses[0].text = STR("clicked:invite");
	clauses[1].text = STR("clicked");
	clauses[2].text = STR("lead");
	return 0;
}

static int
end(void **state)
{
	(void)state;
	arena_free(&a);
	return 0;
}

static bool
holds(const struct campaign_step *step, const char *clicked, bool lead)
{
	const struct str step_id = str_of(clicked);
	const struct plan_facts facts = {
		.clicked = { &step_id, clicked ? 1 : 0 },
		.lead = lead,
	};

	return plan_condition(step, &facts, a, &why);
}

static void
without_conditions_a_step_is_sent(void **state)
{
	const struct campaign_step step = { .kind = CAMPAIGN_EMAIL };

	(void)state;
	assert_true(holds(&step, NULL, false));
	assert_true(holds(&step, "invite", true));
	assert_int_equal(why.len, 0);
}

static void
unless_holds_until_any_act_happened(void **state)
{
	const struct campaign_step step = {
		.unless = { .clauses = clauses, .count = 3 },
	};

	(void)state;
	assert_true(holds(&step, NULL, false));
	assert_false(holds(&step, "invite", true));
	assert_str(why, "unless clicked:invite");
	assert_false(holds(&step, "nudge", false));
	assert_str(why, "unless clicked");
	assert_false(holds(&step, NULL, true));
	assert_str(why, "unless lead");
}

static void
only_if_needs_one_of_its_acts(void **state)
{
	const struct campaign_condition named = { .clauses = &clauses[0],
						  .count = 1 };
	const struct campaign_condition both = { .clauses = &clauses[1],
						 .count = 2 };
	const struct campaign_step one = { .only_if = named };
	const struct campaign_step two = { .only_if = both };

	(void)state;
	assert_false(holds(&one, "nudge", true));
	assert_str(why, "if clicked:invite");
	assert_true(holds(&one, "invite", false));
	assert_false(holds(&two, NULL, false));
	assert_str(why, "if clicked lead");
	assert_true(holds(&two, "nudge", false));
	assert_true(holds(&two, NULL, true));
}

static void
an_answer_is_known_by_its_step(void **state)
{
	const struct campaign_clause replied[] = {
		{ CAMPAIGN_ACT_REPLIED, STR("invite"), STR("replied:invite") },
		{ CAMPAIGN_ACT_REPLIED, STR(""), STR("replied") },
	};
	const struct campaign_step to_invite = { .unless = { .clauses = replied,
							     .count = 1 } };
	const struct campaign_step to_any = {
		.unless = { .clauses = &replied[1], .count = 1 }
	};
	const struct str nudge = STR("nudge");
	const struct plan_facts facts = { .clicked = { &replied[0].step, 1 },
					  .replied = { &nudge, 1 } };
	const struct str invite = STR("invite");
	const struct plan_facts both = { .replied = { &invite, 1 } };

	(void)state;
	assert_true(plan_condition(&to_invite, &facts, a, &why));
	assert_false(plan_condition(&to_any, &facts, a, &why));
	assert_str(why, "unless replied");
	assert_false(plan_condition(&to_invite, &both, a, &why));
	assert_str(why, "unless replied:invite");
}

static void
what_an_answer_leads_to_is_said_for_the_steps_that_are_named(void **state)
{
	const struct campaign_clause replied[] = {
		{ CAMPAIGN_ACT_REPLIED, STR("invite"), STR("replied:invite") },
		{ CAMPAIGN_ACT_REPLIED, STR(""), STR("replied") },
		{ CAMPAIGN_ACT_CLICKED, STR("nudge"), STR("clicked:nudge") },
	};
	struct campaign_step steps[] = {
		{ .id = STR("invite") },
		{ .only_if = { .clauses = &replied[0], .count = 1 } },
		{ .unless = { .clauses = &replied[2], .count = 1 } }
	};
	const struct campaign c = { .steps = steps, .step_count = 3 };

	(void)state;
	assert_true(plan_minds_reply(&c, STR("invite")));
	assert_false(plan_minds_reply(&c, STR("nudge")));
	steps[2].unless.clauses = &replied[1];
	assert_true(plan_minds_reply(&c, STR("nudge")));
}

static void
only_what_is_needed_is_looked_up(void **state)
{
	const struct campaign_step step = {
		.only_if = { .clauses = &clauses[1], .count = 1 },
	};

	(void)state;
	assert_true(plan_condition_needs(&step, CAMPAIGN_ACT_CLICKED));
	assert_false(plan_condition_needs(&step, CAMPAIGN_ACT_LEAD));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)
		CASE(without_conditions_a_step_is_sent),
		CASE(unless_holds_until_any_act_happened),
		CASE(only_if_needs_one_of_its_acts),
		CASE(an_answer_is_known_by_its_step),
		CASE(
		    what_an_answer_leads_to_is_said_for_the_steps_that_are_named),
		CASE(only_what_is_needed_is_looked_up),
	};

	return cmocka_run_group_tests_name("plan/condition", tests, NULL, NULL);
}
