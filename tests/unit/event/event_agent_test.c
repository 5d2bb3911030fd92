#include "event/event.h"

#include "test.h"

static enum event_class
of(const char *agent)
{
	return event_agent_class(false, str_of(agent));
}

static void
browsers_and_mail_programs_are_persons(void **state)
{
	static const char *const agents[] = {
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 "
		"(KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) "
		"AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
		"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 "
		"Thunderbird/128.0",
		"Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook "
		"16.0.17928; Pro)",
		"Mozilla/5.0 (Linux; Android 13; CUBOT X70) AppleWebKit/537.36",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(agents); i++)
		assert_int_equal(of(agents[i]), EVENT_HUMAN);
}

static void
filters_proxies_and_libraries_are_machines(void **state)
{
	static const char *const agents[] = {
		"",
		"   ",
		"Mozilla/5.0",
		"Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 "
		"(via ggpht.com GoogleImageProxy)",
		"YahooMailProxy; https://help.yahoo.com/kb/SLN28749.html",
		"Mozilla/5.0 (compatible; Googlebot/2.1; "
		"+http://www.google.com/bot.html)",
		"BarracudaCentral/1.0",
		"Microsoft Office Existence Discovery",
		"curl/8.5.0",
		"python-requests/2.32",
		"Java/17.0.2",
		"Go-http-client/2.0",
		"HEADLESSCHROME/126",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(agents); i++)
		assert_int_equal(of(agents[i]), EVENT_MACHINE);
}

static void
a_head_request_is_a_machine_whoever_it_says_it_is(void **state)
{
	(void)state;
	assert_int_equal(event_agent_class(true, STR("Mozilla/5.0 (X11)")),
			 EVENT_MACHINE);
}

static void
an_endless_agent_is_read_in_part(void **state)
{
	static char agent[100000];

	(void)state;
	memset(agent, 'x', sizeof(agent) - 1);
	assert_int_equal(of(agent), EVENT_HUMAN);
}

static enum event_class
trace(int64_t after_ms, unsigned link_count, unsigned followed)
{
	const struct event_trace t = {
		.agent = EVENT_HUMAN,
		.at_ms = 1000000 + after_ms,
		.sent_ms = 1000000,
		.link_count = link_count,
		.followed = followed,
	};

	return event_trace_class(&t);
}

static void
the_first_two_seconds_are_a_machine_s(void **state)
{
	(void)state;
	assert_int_equal(trace(-1, 3, 1), EVENT_MACHINE);
	assert_int_equal(trace(0, 3, 1), EVENT_MACHINE);
	assert_int_equal(trace(1999, 3, 1), EVENT_MACHINE);
	assert_int_equal(trace(2000, 3, 1), EVENT_HUMAN);
}

static void
what_is_fetched_before_it_was_accepted_is_a_machine_s(void **state)
{
	const struct event_trace t = { .agent = EVENT_HUMAN,
				       .at_ms = 5,
				       .sent_ms = INT64_MAX };

	(void)state;
	assert_int_equal(event_trace_class(&t), EVENT_MACHINE);
}

static void
all_links_at_once_are_a_machine_s_and_one_of_one_is_not(void **state)
{
	(void)state;
	assert_int_equal(trace(60000, 3, 2), EVENT_HUMAN);
	assert_int_equal(trace(60000, 3, 3), EVENT_MACHINE);
	assert_int_equal(trace(60000, 1, 1), EVENT_HUMAN);
	assert_int_equal(trace(60000, 0, 0), EVENT_HUMAN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(browsers_and_mail_programs_are_persons),
		cmocka_unit_test(filters_proxies_and_libraries_are_machines),
		cmocka_unit_test(
		    a_head_request_is_a_machine_whoever_it_says_it_is),
		cmocka_unit_test(an_endless_agent_is_read_in_part),
		cmocka_unit_test(the_first_two_seconds_are_a_machine_s),
		cmocka_unit_test(
		    what_is_fetched_before_it_was_accepted_is_a_machine_s),
		cmocka_unit_test(
		    all_links_at_once_are_a_machine_s_and_one_of_one_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
