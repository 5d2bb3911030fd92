#include "dispatch/dispatch_intake_priv.h"

#include "test.h"

static const int64_t DAY_MS = INT64_C(24) * 60 * 60 * 1000;

static enum event_return_class
class_of(enum mime_report_class class, const char *status)
{
	const struct mime_report r = {
		.class = class,
		.count = 2,
		.recipients = { { .class = MIME_REPORT_NONE,
				  .status = STR("2.0.0") },
				{ .class = class, .status = str_of(status) } },
	};

	return return_class(&r);
}

static void
a_status_says_whether_it_is_the_address(void **state)
{
	static const char *const address[] = { "5.1.1", "5.1.0", "5.2.1",
					       "5.2.2", "5.4.4", "5.0.0",
					       "" };
	static const char *const mail[] = { "5.7.1", "5.7.515", "5.6.0",
					    "5.3.4", "5.5.4",	"5.2.3" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(address); i++)
		assert_int_equal(class_of(MIME_REPORT_HARD, address[i]),
				 EVENT_RETURN_HARD);
	for (size_t i = 0; i < COUNT_OF(mail); i++)
		assert_int_equal(class_of(MIME_REPORT_HARD, mail[i]),
				 EVENT_RETURN_REFUSED);
}

static void
other_classes_are_what_the_mail_says(void **state)
{
	(void)state;
	assert_int_equal(class_of(MIME_REPORT_SOFT, "4.7.1"),
			 EVENT_RETURN_SOFT);
	assert_int_equal(class_of(MIME_REPORT_COMPLAINT, "5.7.1"),
			 EVENT_RETURN_COMPLAINT);
	assert_int_equal(class_of(MIME_REPORT_AUTO_REPLY, ""),
			 EVENT_RETURN_AUTO_REPLY);
	assert_int_equal(class_of(MIME_REPORT_NONE, "5.1.1"),
			 EVENT_RETURN_OTHER);
	assert_int_equal(return_class(NULL), EVENT_RETURN_UNREADABLE);
}

static void
a_report_without_a_recipient_is_about_the_address(void **state)
{
	const struct mime_report r = { .class = MIME_REPORT_HARD };

	(void)state;
	assert_int_equal(return_class(&r), EVENT_RETURN_HARD);
}

/* Newest first, `days` apart; the one at `good` did not come back. */
static bool
strikes(int count, int64_t days, int good)
{
	struct event_return_fate fates[INTAKE_STRIKES];

	for (int i = 0; i < count; i++)
		fates[i] = (struct event_return_fate){
			.sent_ms = (100 - i * days) * DAY_MS,
			.came_back = i != good,
		};
	return return_strikes(fates, count);
}

static void
five_in_a_row_over_a_week_are_enough(void **state)
{
	(void)state;
	assert_true(strikes(5, 2, -1));
	assert_true(strikes(5, 30, -1));
	assert_false(strikes(5, 1, -1)); /* four days */
	assert_false(strikes(4, 9, -1));
	assert_false(strikes(0, 9, -1));
}

static void
one_that_did_not_come_back_starts_the_count_anew(void **state)
{
	(void)state;
	for (int i = 0; i < INTAKE_STRIKES; i++)
		assert_false(strikes(5, 9, i));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_status_says_whether_it_is_the_address),
		cmocka_unit_test(other_classes_are_what_the_mail_says),
		cmocka_unit_test(
		    a_report_without_a_recipient_is_about_the_address),
		cmocka_unit_test(five_in_a_row_over_a_week_are_enough),
		cmocka_unit_test(
		    one_that_did_not_come_back_starts_the_count_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
