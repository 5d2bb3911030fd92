/* The words of the gate, and what asking it costs. */
#include "partner/partner.h"

#include "partner_store.h"

static char url[TEST_URL_BYTES];

static int
open_store(void **state)
{
	(void)state;
	test_sqlite_url(url);
	return open_partner_store(url);
}

static int
close_store(void **state)
{
	(void)state;
	close_partner_store();
	test_store_remove(url);
	return 0;
}

static void
only_a_pause_and_a_policy_cancel_nothing(void **state)
{
	(void)state;
	for (int i = 0; i < GATE_REASON_COUNT; i++)
		assert_int_equal(gate_reason_stops((enum gate_reason)i),
				 i != GATE_OPEN && i != GATE_PAUSED &&
				     !gate_reason_holds((enum gate_reason)i));
	assert_true(gate_reason_holds(GATE_OTHER_PARTNER));
	assert_true(gate_reason_holds(GATE_FREQUENCY));
	assert_false(gate_reason_holds(GATE_PAUSED));
}

static void
every_reason_has_its_words(void **state)
{
	(void)state;
	assert_string_equal(gate_reason_text(GATE_OPEN), "may send");
	assert_string_equal(gate_reason_text(GATE_PAUSED), "paused");
	for (int i = 0; i < GATE_REASON_COUNT; i++)
		assert_true(gate_reason_text((enum gate_reason)i)[0] != '\0');
	/* A partner shall not know which. */
	assert_string_equal(gate_reason_text(GATE_OTHER_PARTNER),
			    gate_reason_text(GATE_FREQUENCY));
}

/* Every table is entered through an index; returns how many searches. */
static int
check_plan(const char *explain, const struct db_arg *args, size_t count)
{
	struct db_rows rows;
	int searches = 0;
	int got;

	assert_ok(db_query(reader, &rows, explain, args, count, &err), err);
	while ((got = db_next(&rows, &err)) > 0) {
		struct str step = db_text(&rows, 3);

		if (str_find(step, STR("SCAN")) >= 0 ||
		    str_find(step, STR("TEMP")) >= 0 ||
		    str_find(step, STR("AUTOMATIC")) >= 0 ||
		    str_starts(step, STR("MATERIALIZE")))
			fail_msg("%.*s", STR_ARG(step));
		if (str_starts(step, STR("SEARCH")))
			searches++;
	}
	assert_ok(got, err);
	db_rows_end(&rows);
	return searches;
}

static void
asking_the_gate_searches_indexes_only(void **state)
{
	struct person_hash p = partner_person(pepper, STR("ann@example.org"));

	(void)state;
	assert_true(check_plan("EXPLAIN QUERY PLAN SELECT reason FROM send_gate"
			       " WHERE partner_id = ?1 AND activation_id = ?2"
			       " AND person = ?3",
			       DB_ARGS(DB_INT(1), DB_INT(2),
				       DB_BLOB(person_hash_view(&p)))) >= 8);
	assert_true(
	    check_plan("EXPLAIN QUERY PLAN SELECT reason FROM activation_gate"
		       " WHERE partner_id = ?1 AND activation_id = ?2",
		       DB_ARGS(DB_INT(1), DB_INT(2))) >= 3);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, open_store, close_store)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_a_pause_and_a_policy_cancel_nothing),
		TEST(every_reason_has_its_words),
		TEST(asking_the_gate_searches_indexes_only),
	};

	crypto_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
