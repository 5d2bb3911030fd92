#include "event/event.h"

#include "test.h"

static void
each_kind_is_found_by_its_name(void **state)
{
	enum event_kind kind;

	(void)state;
	for (int i = 0; i < EVENT_KIND_COUNT; i++) {
		const char *name = event_kind_name((enum event_kind)i);

		kind = EVENT_KIND_COUNT;
		assert_true(event_kind_find(str_of(name), &kind));
		assert_int_equal(kind, i);
	}
}

static void
a_name_of_no_kind_is_not_found(void **state)
{
	enum event_kind kind = EVENT_SENT;

	(void)state;
	assert_false(event_kind_find(STR(""), &kind));
	assert_false(event_kind_find(STR("Sent"), &kind));
	assert_false(event_kind_find(STR("sen"), &kind));
	assert_int_equal(kind, EVENT_SENT);
}

/* These are in stores: a kind that moves makes another event of each row. */
static void
kinds_keep_their_numbers(void **state)
{
	static const char *const names[] = {
		"applied",	"activated", "paused",	       "resumed",
		"imported",	"consented", "sent",	       "deferred",
		"bounced",	"held",	     "in-doubt",       "cancelled",
		"skipped",	"opened",    "clicked",	       "viewed",
		"unsubscribed", "submitted", "lead-delivered", "erased",
		"released",
	};

	(void)state;
	assert_true(EVENT_KIND_COUNT >= COUNT_OF(names));
	for (size_t i = 0; i < COUNT_OF(names); i++)
		assert_string_equal(event_kind_name((enum event_kind)i),
				    names[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_is_found_by_its_name),
		cmocka_unit_test(a_name_of_no_kind_is_not_found),
		cmocka_unit_test(kinds_keep_their_numbers),
	};

	return cmocka_run_group_tests_name("event/event", tests, NULL, NULL);
}
