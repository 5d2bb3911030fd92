/*
 * The three forms of a report.
 */
#include "report/report.h"

#include "test.h"

static struct report_row rows[2];
static struct report_row totals[1];
static const struct report report = {
	.campaign = { "spring", 6 },
	.rows = rows,
	.row_count = 2,
	.totals = totals,
	.total_count = 1,
};

static int
begin(void **state)
{
	(void)state;
	rows[0] = (struct report_row){ .partner = STR("acme"),
				       .step = STR("invite"),
				       .planned = 1200000000,
				       .in_doubt = 2 };
	rows[1] = (struct report_row){ .partner = STR("zeta"),
				       .step = STR("invite"),
				       .planned = 3,
				       .leads = 1 };
	totals[0] = (struct report_row){ .step = STR("invite"),
					 .planned = 1200000003,
					 .in_doubt = 2,
					 .leads = 1 };
	return 0;
}

static void
text_is_a_table(void **state)
{
	struct buf b = { 0 };

	(void)state;
	report_text(&report, 1, &b);
	assert_str(buf_view(&b),
		   "partner  step       planned  waiting  sent  bounced  held  "
		   "in doubt  skipped  cancelled  opened  clicked  "
		   "unsubscribed  replied  leads\n"
		   "all      invite  1200000003        0     0        0     0  "
		   "       2        0          0       0        0  "
		   "           0        0      1\n"
		   "acme     invite  1200000000        0     0        0     0  "
		   "       2        0          0       0        0  "
		   "           0        0      0\n"
		   "zeta     invite           3        0     0        0     0  "
		   "       0        0          0       0        0  "
		   "           0        0      1\n");
	buf_fini(&b);
}

static void
csv_has_a_line_for_each_row(void **state)
{
	struct buf b = { 0 };

	(void)state;
	report_csv(&report, 1, &b);
	assert_str(buf_view(&b),
		   "campaign,partner,step,planned,waiting,sent,bounced,held,"
		   "in_doubt,skipped,cancelled,opened,clicked,unsubscribed,"
		   "replied,leads\n"
		   "spring,acme,invite,1200000000,0,0,0,0,2,0,0,0,0,0,0,0\n"
		   "spring,zeta,invite,3,0,0,0,0,0,0,0,0,0,0,0,1\n");
	buf_fini(&b);
}

static void
json_has_totals_and_rows(void **state)
{
	struct report empty = { .campaign = STR("spring") };
	struct buf b = { 0 };

	(void)state;
	report_json_one(&empty, &b);
	assert_true(
	    str_starts(buf_view(&b), STR("{\n  \"campaign\": \"spring\",\n")));
	assert_true(str_find(buf_view(&b), STR("step")) < 0);
	buf_clear(&b);
	report_json_one(&report, &b);
	assert_true(str_find(buf_view(&b), STR("\"in_doubt\": 2")) > 0);
	buf_fini(&b);
}

static void
several_campaigns_are_one_table(void **state)
{
	const struct report both[] = {
		report,
		{ .campaign = STR("autumn-x"), .rows = rows, .row_count = 1 }
	};
	struct buf b = { 0 };

	(void)state;
	report_text(both, 2, &b);
	assert_true(str_starts(buf_view(&b), STR("campaign  partner  step ")));
	assert_true(str_find(buf_view(&b), STR("\nspring    all      ")) > 0);
	assert_true(str_find(buf_view(&b), STR("\nautumn-x  acme     ")) > 0);
	buf_clear(&b);
	report_csv(both, 2, &b);
	assert_true(str_find(buf_view(&b), STR("\nspring,zeta,invite,3")) > 0);
	assert_true(str_find(buf_view(&b), STR("\nautumn-x,acme,invite,")) > 0);
	buf_clear(&b);
	report_json(both, 2, &b);
	assert_true(str_starts(buf_view(&b), STR("[\n")));
	assert_true(str_find(buf_view(&b), STR("\"campaign\": \"autumn-x\"")) >
		    0);
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_a_table),
		cmocka_unit_test(csv_has_a_line_for_each_row),
		cmocka_unit_test(json_has_totals_and_rows),
		cmocka_unit_test(several_campaigns_are_one_table),
	};

	return cmocka_run_group_tests(tests, begin, NULL);
}
