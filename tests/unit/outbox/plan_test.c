/*
 * How SQLite goes about the statements that run while mail leaves: by an index
 * and without sorting, or a million rows make each of them slow.
 */
#include "outbox/outbox_queue_sql.h"
#include "outbox/outbox_sql.h"

#include "gate.h"
#include "outbox/outbox.h"
#include "store.h"
#include "test.h"

static char url[TEST_URL_BYTES];
static struct db_store *store;
static struct error err;

/* The plan of `sql`, one line a step, in `out`. Arguments may all be NULL. */
static void
plan_of(const char *sql, size_t arg_count, struct buf *out)
{
	static struct buf texts[64]; /* a statement's text stays */
	static size_t count;
	static const struct db_arg args[16];
	struct db_rows rows;
	struct db *db;
	int got;

	assert_true(count < COUNT_OF(texts));
	buf_printf(&texts[count], "EXPLAIN QUERY PLAN %s", sql);
	assert_ok(db_reader(store, &db, &err), err);
	assert_ok(db_query(db, &rows, buf_cstr(&texts[count++]), args,
			   arg_count, &err),
		  err);
	while ((got = db_next(&rows, &err)) > 0)
		buf_printf(out, "%.*s\n", STR_ARG(db_text(&rows, 3)));
	db_rows_end(&rows);
	assert_ok(got, err);
}

/* No step reads a whole table or sorts; `wanted` is among the steps. */
static void
assert_plan(const char *sql, size_t arg_count, const char *wanted)
{
	struct buf plan = { 0 };

	plan_of(sql, arg_count, &plan);
	if (strstr(buf_cstr(&plan), "SCAN delivery\n") ||
	    strstr(buf_cstr(&plan), "TEMP B-TREE") ||
	    !strstr(buf_cstr(&plan), wanted))
		fail_msg("%s\n%s", sql, buf_cstr(&plan));
	buf_fini(&plan);
}

static void
claiming_reads_what_is_due_in_order(void **state)
{
	const char *sql = outbox_sql_claim[DB_SQLITE];

	(void)state;
	assert_plan(sql, 7,
		    "INDEX delivery_due (carrier=? AND queue=? AND due_ms<?)");
	assert_plan(sql, 7, "SEARCH delivery USING INTEGER PRIMARY KEY");
	assert_plan(outbox_sql_next_due, 0,
		    "INDEX delivery_due (carrier=? AND queue=?)");
}

/* With a million rows that wait in a thousand queues. */
static void
what_waits_is_found_by_its_queue(void **state)
{
	(void)state;
	assert_plan(outbox_sql_queue_ready, 2,
		    "INDEX delivery_queue_opens (opens_ms<?)");
	assert_plan(outbox_sql_queue_holds, 1,
		    "INDEX delivery_due (carrier=? AND queue=?)");
	assert_plan(outbox_sql_divert[DB_SQLITE], 5,
		    "INDEX delivery_due (carrier=? AND queue=? AND due_ms<?)");
	assert_plan(outbox_sql_tally, 3, "(queue=? AND what=? AND slot>?)");
	assert_plan(outbox_sql_wait, 5, "(partner_id=? AND id=?)");
}

static void
a_claimed_row_is_found_by_its_key(void **state)
{
	static const struct {
		const char *sql;
		size_t arg_count;
	} statements[] = {
		{ outbox_sql_mark, 10 },	{ outbox_sql_hold_changed, 7 },
		{ outbox_sql_find_claim, 4 },	{ outbox_sql_finish, 11 },
		{ outbox_sql_finish_late, 5 },	{ outbox_sql_release, 4 },
		{ outbox_sql_find, 2 },		{ outbox_sql_resolve, 6 },
		{ outbox_sql_unhold_ready, 6 }, { outbox_sql_move, 6 },
		{ outbox_sql_postpone, 5 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(statements); i++)
		assert_plan(statements[i].sql, statements[i].arg_count,
			    "(partner_id=? AND id=?)");
	assert_plan(outbox_sql_page, 3, "((partner_id,id)>(?,?))");
}

static int
occurrences(const char *text, const char *part)
{
	int n = 0;

	for (; (text = strstr(text, part)); text += strlen(part))
		n++;
	return n;
}

/* The views behind the gate belong to partner. */
static void
the_marker_asks_the_gate_by_index(void **state)
{
	struct buf plan = { 0 };

	(void)state;
	plan_of(outbox_sql_mark, 10, &plan);
	/* A table of two rows at most is read, and mostly of none. */
	if (occurrences(buf_cstr(&plan), "SCAN ") != 1 ||
	    !strstr(buf_cstr(&plan), "SCAN frequency") ||
	    !strstr(buf_cstr(&plan), "SEARCH d USING INDEX delivery_subject "
				     "(partner_id=? AND subject=?)"))
		fail_msg("%s", buf_cstr(&plan));
	buf_fini(&plan);
}

static void
a_persons_mails_are_counted_by_index(void **state)
{
	struct buf plan = { 0 };

	(void)state;
	plan_of(outbox_sql_free_at, 3, &plan);
	if (strstr(buf_cstr(&plan), "SCAN d") ||
	    strstr(buf_cstr(&plan), "SCAN contact") ||
	    !strstr(buf_cstr(&plan), "INDEX delivery_subject"))
		fail_msg("%s", buf_cstr(&plan));
	buf_fini(&plan);
}

static void
owners_are_found_by_what_they_hold(void **state)
{
	(void)state;
	assert_plan(outbox_sql_owners, 0, "INDEX delivery_owner");
	assert_plan(outbox_sql_reclaim, 4, "INDEX delivery_owner (owner=?)");
	assert_plan(outbox_sql_reclaim, 4, "(partner_id=? AND id=?)");
	assert_plan(outbox_sql_expire, 1, "INDEX delivery_owner");
}

static void
what_is_held_is_found_without_the_rest(void **state)
{
	(void)state;
	assert_plan(outbox_sql_holders, 2, "INDEX delivery_held");
	assert_plan(outbox_sql_held, 4, "INDEX delivery_held (partner_id=?)");
	assert_plan(outbox_sql_count_held, 2, "INDEX delivery_held");
	assert_plan(outbox_sql_unhold_all, 6, "INDEX delivery_held");
}

static void
a_person_or_a_run_is_cancelled_by_index(void **state)
{
	(void)state;
	assert_plan(outbox_sql_cancel[OUTBOX_BY_SUBJECT], 6,
		    "INDEX delivery_subject (partner_id=? AND subject=?)");
	assert_plan(outbox_sql_cancel[OUTBOX_BY_ACTIVATION], 6,
		    "INDEX delivery_activation (activation_id=?)");
	assert_plan(outbox_sql_cancel[OUTBOX_BY_PARTNER], 6, "(partner_id=?)");
}

static int
open_store(void **state)
{
	(void)state;
	test_sqlite_url(url);
	if (db_store_open(&store, url, &err) < 0 ||
	    db_migrate(store, test_gate_schemas, COUNT_OF(test_gate_schemas),
		       &err) < 0) {
		printf("%s\n", err.text);
		return -1;
	}
	return 0;
}

static int
close_store(void **state)
{
	(void)state;
	db_store_close(&store);
	test_store_remove(url);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(claiming_reads_what_is_due_in_order),
		cmocka_unit_test(what_waits_is_found_by_its_queue),
		cmocka_unit_test(a_claimed_row_is_found_by_its_key),
		cmocka_unit_test(the_marker_asks_the_gate_by_index),
		cmocka_unit_test(a_persons_mails_are_counted_by_index),
		cmocka_unit_test(owners_are_found_by_what_they_hold),
		cmocka_unit_test(what_is_held_is_found_without_the_rest),
		cmocka_unit_test(a_person_or_a_run_is_cancelled_by_index),
	};

	return cmocka_run_group_tests(tests, open_store, close_store);
}
