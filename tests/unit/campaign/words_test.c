#include "base/arena.h"
#include "campaign/campaign_priv.h"
#include "test.h"

static struct arena *a;
static struct error err;

static int
begin(void **state)
{
	(void)state;
	a = arena_new();
	return 0;
}

static int
end(void **state)
{
	(void)state;
	arena_free(&a);
	return 0;
}

static void
a_time_is_an_anchor_days_and_a_clock(void **state)
{
	struct campaign_when w;

	(void)state;
	assert_ok(
	    campaign_when_parse(STR("start+4d 09:05"), STR(""), a, &w, &err),
	    err);
	assert_int_equal(w.anchor, CAMPAIGN_AT_START);
	assert_int_equal(w.days, 4);
	assert_int_equal(w.hour, 9);
	assert_int_equal(w.minute, 5);
	assert_int_equal(w.zone, CAMPAIGN_ZONE_RECIPIENT);
	assert_ok(campaign_when_parse(STR(" sent+0d  23:59 "), STR("partner"),
				      a, &w, &err),
		  err);
	assert_int_equal(w.anchor, CAMPAIGN_AT_SENT);
	assert_int_equal(w.zone, CAMPAIGN_ZONE_PARTNER);
	assert_ok(campaign_when_parse(STR("start+0d 00:00"),
				      STR("Europe/Berlin"), a, &w, &err),
		  err);
	assert_int_equal(w.zone, CAMPAIGN_ZONE_FIXED);
	assert_str(w.zone_name, "Europe/Berlin");
}

static void
other_times_are_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"start",
		"start+4d",
		"09:00",
		"start+4 09:00",
		"start-4d 09:00",
		"start+4d 24:00",
		"start+4d 9:00",
		"begin+4d 09:00",
		"start+d 09:00",
		"start+9999d 09:00",
		"start+1d 09:00 x",
	};
	struct campaign_when w;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		assert_fails(
		    campaign_when_parse(str_of(texts[i]), STR(""), a, &w, &err),
		    err, ERROR_INVALID, "start+4d 09:00");
	assert_fails(campaign_when_parse(STR("start+0d 09:00"),
					 STR("Europe/Berlim"), a, &w, &err),
		     err, ERROR_INVALID, "Europe/Berlim");
}

static void
a_condition_is_a_list_of_acts(void **state)
{
	struct campaign_condition c;

	(void)state;
	assert_ok(campaign_condition_parse(STR("clicked:invite  lead clicked"),
					   a, &c, &err),
		  err);
	assert_int_equal(c.count, 3);
	assert_int_equal(c.clauses[0].act, CAMPAIGN_ACT_CLICKED);
	assert_str(c.clauses[0].step, "invite");
	assert_str(c.clauses[0].text, "clicked:invite");
	assert_int_equal(c.clauses[1].act, CAMPAIGN_ACT_LEAD);
	assert_int_equal(c.clauses[2].step.len, 0);
	assert_ok(campaign_condition_parse(STR("replied:invite replied"), a, &c,
					   &err),
		  err);
	assert_int_equal(c.clauses[0].act, CAMPAIGN_ACT_REPLIED);
	assert_str(c.clauses[0].step, "invite");
	assert_int_equal(c.clauses[1].act, CAMPAIGN_ACT_REPLIED);
	assert_int_equal(c.clauses[1].step.len, 0);
	assert_ok(campaign_condition_parse(STR(""), a, &c, &err), err);
	assert_int_equal(c.count, 0);
}

static void
other_conditions_are_refused(void **state)
{
	struct campaign_condition c;

	(void)state;
	assert_fails(
	    campaign_condition_parse(STR("cliked:invite"), a, &c, &err), err,
	    ERROR_INVALID, "did you mean \"clicked\"?");
	assert_fails(campaign_condition_parse(STR("lead:invite"), a, &c, &err),
		     err, ERROR_INVALID, "expected \"clicked:STEP\"");
	assert_fails(
	    campaign_condition_parse(STR("repied:invite"), a, &c, &err), err,
	    ERROR_INVALID, "did you mean \"replied\"?");
	assert_fails(campaign_condition_parse(STR("replied:"), a, &c, &err),
		     err, ERROR_INVALID, "\"replied:\"");
	assert_fails(campaign_condition_parse(STR("clicked:"), a, &c, &err),
		     err, ERROR_INVALID, "\"clicked:\"");
}

static void
a_language_falls_back_step_by_step(void **state)
{
	static const struct campaign_text items[] = {
		{ .lang = { "fr", 2 }, .text = { "F", 1 } },
		{ .lang = { "en", 2 }, .text = { "E", 1 } },
		{ .lang = { "de", 2 }, .text = { "D", 1 } },
		{ .lang = { "de-CH", 5 }, .text = { "C", 1 } },
	};
	struct campaign_texts t = { items, COUNT_OF(items) };
	struct str en = STR("en");

	(void)state;
	assert_str(campaign_text_pick(&t, STR("de-ch"), en)->text, "C");
	assert_str(campaign_text_pick(&t, STR("de-AT"), en)->text, "D");
	assert_str(campaign_text_pick(&t, STR("it"), en)->text, "E");
	assert_str(campaign_text_pick(&t, STR("it"), STR("nl"))->text, "F");
	t.count = 0;
	assert_null(campaign_text_pick(&t, STR("de"), en));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_time_is_an_anchor_days_and_a_clock),
		cmocka_unit_test(other_times_are_refused),
		cmocka_unit_test(a_condition_is_a_list_of_acts),
		cmocka_unit_test(other_conditions_are_refused),
		cmocka_unit_test(a_language_falls_back_step_by_step),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
