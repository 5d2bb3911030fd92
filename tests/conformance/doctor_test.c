/*
 * The rows of the daily look: who takes a domain, when it is looked at again,
 * and since when it is wrong.
 */
#include "test.h"

#include "base/arena.h"
#include "doctor/doctor_watch.h"
#include "store.h"

static const struct db_schema *const schemas[] = { &partner_schema,
						   &doctor_schema };

enum { NOW = 1000000 };

struct work {
	struct str domain;
	int64_t now_ms;
	struct doctor_report report;
};

static const char *url;
static struct db_store *store;
static struct arena *arena;

static int
take(struct db *db, void *arg, struct error *err)
{
	const struct work *w = arg;

	return doctor_watch_take(db, w->domain, w->now_ms, err);
}

static int
put(struct db *db, void *arg, struct error *err)
{
	const struct work *w = arg;

	return doctor_watch_put(db, w->domain, &w->report, w->now_ms, err);
}

static int
drop(struct db *db, void *arg, struct error *err)
{
	const struct work *w = arg;

	return doctor_watch_drop(db, w->domain, err);
}

static int
commit(db_unit_fn *unit, const char *domain, int64_t now_ms,
       enum doctor_grade worst)
{
	static struct doctor_finding finding;
	struct work w = { .domain = str_of(domain), .now_ms = now_ms };
	struct error err;
	int code;

	finding = (struct doctor_finding){
		.check = "spf",
		.grade = worst,
		.asked = STR("TXT a.example"),
		.found = STR("no record"),
	};
	w.report = (struct doctor_report){ .items = &finding, .count = 1 };
	w.report.by_grade[worst] = 1;
	code = db_commit(store, unit, &w, &err);
	assert_ok(code, err);
	return code;
}

static struct doctor_row
row(void)
{
	struct doctor_row *rows;
	struct error err;
	struct db *db;
	int count;

	assert_ok(db_reader(store, &db, &err), err);
	count = doctor_watch_list(db, arena, &rows, &err);
	assert_int_equal(count, 1);
	return rows[0];
}

static int
begin(void **state)
{
	struct error err;

	(void)state;
	arena = arena_new();
	assert_ok(
	    test_store_begin(&store, url, schemas, COUNT_OF(schemas), &err),
	    err);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	db_store_close(&store);
	arena_free(&arena);
	return 0;
}

static void
one_takes_a_domain_until_its_time_has_come(void **state)
{
	(void)state;
	assert_int_equal(commit(take, "a.example", NOW, DOCTOR_OK), 1);
	assert_int_equal(commit(take, "a.example", NOW, DOCTOR_OK), 0);
	assert_int_equal(
	    commit(take, "a.example", NOW + DOCTOR_TAKEN_MS - 1, DOCTOR_OK), 0);
	assert_int_equal(
	    commit(take, "a.example", NOW + DOCTOR_TAKEN_MS, DOCTOR_OK), 1);
	assert_int_equal(row().checked_ms, 0);
	assert_int_equal(commit(drop, "a.example", NOW, DOCTOR_OK), 1);
}

static void
what_is_wrong_is_looked_at_soon_again_and_is_wrong_since_then(void **state)
{
	(void)state;
	commit(take, "a.example", NOW, DOCTOR_OK);
	commit(put, "a.example", NOW, DOCTOR_WARNING);
	assert_int_equal(row().next_ms, NOW + DOCTOR_DAILY_MS);
	assert_int_equal(row().warnings, 1);
	assert_int_equal(row().since_ms, 0);
	assert_str(row().worst, "spf: TXT a.example: no record");
	commit(put, "a.example", NOW + 1, DOCTOR_ERROR);
	assert_int_equal(row().next_ms, NOW + 1 + DOCTOR_SOON_MS);
	assert_int_equal(row().since_ms, NOW + 1);
	commit(put, "a.example", NOW + 2, DOCTOR_ERROR);
	assert_int_equal(row().since_ms, NOW + 1);
	assert_int_equal(row().checked_ms, NOW + 2);
	commit(put, "a.example", NOW + 3, DOCTOR_OK);
	assert_int_equal(row().since_ms, 0);
	assert_int_equal(row().errors, 0);
	assert_str(row().worst, "");
	commit(put, "a.example", NOW + 4, DOCTOR_UNKNOWN);
	assert_int_equal(row().next_ms, NOW + 4 + DOCTOR_SOON_MS);
	commit(drop, "a.example", NOW, DOCTOR_OK);
}

static int
suite(const char *name)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    one_takes_a_domain_until_its_time_has_come, begin, end),
		cmocka_unit_test_setup_teardown(
		    what_is_wrong_is_looked_at_soon_again_and_is_wrong_since_then,
		    begin, end),
	};

	return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
	return test_on_both(&url, suite, "doctor/sqlite", "doctor/postgresql");
}
