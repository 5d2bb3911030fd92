/*
 * date, and the times that it reads.
 */
#include "liquid_try.h"

static void
people_write_dates_in_many_ways(void **state)
{
	(void)state;
	gives("",
	      "{{ 'March 14, 2016' | date: '%F' }} "
	      "{{ '14 March 2016' | date: '%F' }} "
	      "{{ 'Fri Jul 16 01:00:00 2004' | date: '%F %T' }} "
	      "{{ '14th-Mar-16' | date: '%F' }}",
	      "2016-03-14 2016-03-14 2004-07-16 01:00:00 2016-03-14");
	gives(
	    "",
	    "{{ '2016-03-14' | date: '%D' }} "
	    "{{ '2016/3/14' | date: '%F' }} "
	    "{{ '14/03/2016' | date: '%F' }} "
	    "{{ '14.03.2016' | date: '%F' }} "
	    "{{ '10/11/12' | date: '%F' }} "
	    "{{ 'jan 1 70' | date: '%F' }}",
	    "03/14/16 2016-03-14 2016-03-14 2016-03-14 2010-11-12 1970-01-01");
	gives("",
	      "{{ '3 May 2020 10:20pm' | date: '%F %R' }} "
	      "{{ '12am 1 jan 2001' | date: '%R' }} "
	      "{{ '2016-03-14T10:00:00.25Z' | date: '%T.%L' }}",
	      "2020-05-03 22:20 00:00 10:00:00.250");
}

static void
the_zone_that_is_written_stays(void **state)
{
	(void)state;
	gives("",
	      "{{ '2016-03-14 10:00 +0230' | date: '%R %z %:z %s' }}["
	      "{{ '2016-03-14 10:00 +0230' | date: '%Z' }}]",
	      "10:00 +0230 +02:30 1457940600[]");
	gives("",
	      "{{ '2016-03-14 10:00 EST' | date: '%R %z' }} "
	      "{{ '2016-03-14 10:00 UTC' | date: '%R %Z' }} "
	      "{{ '2016-03-14' | date: '%Z %z' }}",
	      "10:00 -0500 10:00 UTC UTC +0000");
}

static void
a_number_is_seconds(void **state)
{
	(void)state;
	gives("",
	      "{{ 1152098955 | date: '%m/%d/%Y' }} "
	      "{{ '1152098955' | date: '%m/%d/%Y' }} "
	      "{{ 0 | date: '%F' }} {{ -1 | date: '%F %T' }}",
	      "07/05/2006 07/05/2006 1970-01-01 1969-12-31 23:59:59");
	gives("",
	      "{{ 9223372036854775807 | date: '%F' }} "
	      "{{ '-5' | date: '%F' }} {{ 1.5 | date: '%F' }}",
	      "9223372036854775807 -5 1.5");
}

static void
what_is_missing_is_of_now(void **state)
{
	(void)state;
	gives("",
	      "{{ 'now' | date: '%F %T' }} {{ 'Today' | date: '%F' }} "
	      "{{ '5 may' | date: '%F' }} {{ '10:30' | date: '%F %R' }}"
	      " {{ 'march' | date: '%F' }} {{ '1/2' | date: '%F' }}",
	      "2026-06-15 12:00:00 2026-06-15 2026-05-05 2026-06-15 "
	      "10:30 2026-03-01 2026-01-02");
}

static void
what_is_beyond_a_month_or_day_is_of_the_next(void **state)
{
	(void)state;
	gives("",
	      "{{ '2021-02-30' | date: '%F' }} "
	      "{{ '2020-01-01 24:00' | date: '%F %R' }} "
	      "{{ '2016-12-31 23:59:60' | date: '%F %T' }}",
	      "2021-03-02 2020-01-02 00:00 2017-01-01 00:00:00");
}

static void
what_is_no_time_comes_out_as_it_went_in(void **state)
{
	(void)state;
	gives("",
	      "{{ 'hello' | date: '%F' }} "
	      "{{ '2016-13-01' | date: '%F' }} "
	      "{{ '32 jan 2020' | date: '%F' }} "
	      "{{ '2020-01-01 25:00' | date: '%F' }} "
	      "{{ true | date: '%F' }}[{{ nil | date: '%F' }}]",
	      "hello 2016-13-01 32 jan 2020 2020-01-01 25:00 true[]");
	gives("",
	      "{{ '2020-01-02' | date: '' }} {{ '2020-01-02' | date: nil }}",
	      "2020-01-02 2020-01-02");
	refuses("", "{{ 'x' | date }}", "found none");
}

static void
the_format_knows_flags_and_widths(void **state)
{
	(void)state;
	gives("",
	      "{{ '2020-11-02 13:04:05.678' | date: '%-d %_d %05d %^a "
	      "%#p %10Y %-I %3N %6N %e %k %l %j %P' }}",
	      "2  2 00002 MON pm 0000002020 1 678 678000  2 13  1 307 pm");
	gives("",
	      "{{ '2020-01-02' | date: "
	      "'%12a|%-12a|%012a|%12F|%c|%x|%X|%r|%v|%h|%%|%n|%t|%C|%y' }}",
	      "         Thu|Thu|000000000Thu|  2020-01-02|Thu Jan  2 "
	      "00:00:00 2020|01/02/20|00:00:00|12:00:00 AM| 2-JAN-2020|Jan|%|"
	      "\n|\t|20|20");
	gives("", "{{ '2020-01-02' | date: '%q %Q %Ey %Od %é %' }}",
	      "%q %Q 20 02 %é %");
	refuses("", "{{ '2020-01-02' | date: '%-' }}", "end in the midst");
}

static void
weeks_are_counted_in_three_ways(void **state)
{
	(void)state;
	gives("",
	      "{{ '2021-01-01' | date: '%G-%V-%u %g %U %W %w' }} "
	      "{{ '2020-12-31' | date: '%G-%V %U %W' }} "
	      "{{ '1999-01-03' | date: '%U %W %V %G' }}",
	      "2020-53-5 20 00 00 5 2020-53 52 52 01 00 53 1998");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(people_write_dates_in_many_ways),
		cmocka_unit_test(the_zone_that_is_written_stays),
		cmocka_unit_test(a_number_is_seconds),
		cmocka_unit_test(what_is_missing_is_of_now),
		cmocka_unit_test(what_is_beyond_a_month_or_day_is_of_the_next),
		cmocka_unit_test(what_is_no_time_comes_out_as_it_went_in),
		cmocka_unit_test(the_format_knows_flags_and_widths),
		cmocka_unit_test(weeks_are_counted_in_three_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
