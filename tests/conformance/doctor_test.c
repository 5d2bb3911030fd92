/*
 * The rows of the daily look: who takes a domain, when it is looked at again,
 * and since when it is wrong; and those of bounces that were sent on purpose.
 */
#include "test.h"

#include "base/arena.h"
#include "doctor/doctor_priv.h"
#include "doctor/doctor_probe.h"
#include "doctor/doctor_watch.h"
#include "outbox/outbox.h"
#include "store.h"

static const struct db_schema *const schemas[] = { &partner_schema,
						   &outbox_schema,
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

/* ---- bounces ---- */

static const struct doctor_envelope envelope = { .domain = { "b.example", 9 } };
static const struct doctor_sender sender = {
	.domain = { "a.example", 9 },
	.envelopes = &envelope,
	.envelope_count = 1,
};

static int
put_probe(struct db *db, void *arg, struct error *err)
{
	return doctor_probe_put(db, arg, err);
}

static int
refuse_probe(struct db *db, void *arg, struct error *err)
{
	const struct doctor_probe *p = arg;

	return doctor_probe_refuse(db, p->id, STR("550 no"), NOW, err);
}

static int
return_probe(struct db *db, void *arg, struct error *err)
{
	return doctor_probe_return(db, arg, err);
}

static struct doctor_probe
send_probe(char number, int64_t sent_ms)
{
	struct doctor_probe p = {
		.domain = sender.domain,
		.envelope = envelope.domain,
		.to = STR("nobody@far.example"),
		.sent_ms = sent_ms,
	};
	struct error err;

	memset(p.id, number, sizeof(p.id));
	assert_ok(db_commit(store, put_probe, &p, &err), err);
	return p;
}

/* 1 or 0, and whether it had come back before in *again. */
static int
come_back(const struct doctor_probe *p, int64_t now_ms, bool *again)
{
	struct doctor_probe_back back = { .said = STR("5.1.1 no such mailbox"),
					  .now_ms = now_ms };
	struct error err;
	int got;

	memcpy(back.id, p->id, sizeof(back.id));
	got = db_commit(store, return_probe, &back, &err);
	assert_ok(got, err);
	*again = back.again;
	return got;
}

static struct doctor_report
bounces(int64_t now_ms)
{
	struct doctor_report report = { 0 };
	struct error err;
	struct db *db;

	assert_ok(db_reader(store, &db, &err), err);
	assert_ok(doctor_probe_tell(db, arena, &sender, now_ms, &report, &err),
		  err);
	return report;
}

static enum doctor_grade
grade(int64_t now_ms)
{
	struct doctor_report report = bounces(now_ms);

	assert_int_equal(report.count, 1);
	assert_string_equal(report.items[0].check, "bounce");
	return report.items[0].grade;
}

static void
a_bounce_is_waited_for_and_then_missed(void **state)
{
	struct doctor_probe p;
	bool again;

	(void)state;
	assert_int_equal(bounces(NOW).count, 0);
	p = send_probe('p', NOW);
	assert_int_equal(grade(NOW), DOCTOR_UNKNOWN);
	assert_int_equal(grade(NOW + DOCTOR_PROBE_WAIT_MS - 1), DOCTOR_UNKNOWN);
	assert_int_equal(grade(NOW + DOCTOR_PROBE_WAIT_MS), DOCTOR_ERROR);
	assert_int_equal(come_back(&p, NOW + 2 * DOCTOR_PROBE_WAIT_MS, &again),
			 1);
	assert_false(again);
	assert_int_equal(grade(NOW), DOCTOR_OK);
	assert_str(bounces(NOW).items[0].found,
		   "a bounce came back after 120 min, on 1970-01-01: 5.1.1 no "
		   "such mailbox");
}

static void
a_bounce_comes_back_once_and_only_when_it_was_sent(void **state)
{
	struct doctor_probe p = send_probe('p', NOW);
	struct doctor_probe other = p;
	bool again;

	(void)state;
	memset(other.id, 'q', sizeof(other.id));
	assert_int_equal(come_back(&other, NOW, &again), 0);
	assert_int_equal(grade(NOW), DOCTOR_UNKNOWN);
	assert_int_equal(come_back(&p, NOW + 4000, &again), 1);
	assert_int_equal(come_back(&p, NOW + 9000, &again), 1);
	assert_true(again);
	assert_str(bounces(NOW).items[0].found,
		   "a bounce came back after 4 s, on 1970-01-01: 5.1.1 no such "
		   "mailbox");
}

static void
the_last_bounce_counts_and_old_ones_are_forgotten(void **state)
{
	struct doctor_probe first = send_probe('p', NOW);
	struct doctor_probe second = send_probe('q', NOW + 1);
	struct error err;
	bool again;

	(void)state;
	assert_int_equal(come_back(&first, NOW + 2, &again), 1);
	assert_int_equal(grade(NOW + 2), DOCTOR_UNKNOWN);
	assert_int_equal(db_commit(store, refuse_probe, &second, &err), 1);
	assert_int_equal(grade(NOW + 2), DOCTOR_WARNING);
	assert_int_equal(db_commit(store, refuse_probe, &first, &err), 0);
	assert_int_equal(grade(NOW + 1 + DOCTOR_PROBE_KEPT_MS), DOCTOR_WARNING);
	assert_int_equal(bounces(NOW + 2 + DOCTOR_PROBE_KEPT_MS).count, 0);
	(void)send_probe('r', NOW + 2 + DOCTOR_PROBE_KEPT_MS);
	assert_int_equal(come_back(&second, NOW + 2, &again), 0);
}

/* ---- giving way ---- */

static struct partner acme;

static int
put_acme(struct db *db, void *arg, struct error *err)
{
	struct partner_sender own = {
		.id = PARTNER_SENDER_DEFAULT,
		.from_name = STR("Acme"),
		.from_address = STR("acme@news.example"),
		.postal_address = STR("1 Street"),
		.opt_out_scope = STR("partner"),
	};
	struct partner_sender vendor = own;
	struct activation run = {
		.id = 5,
		.campaign = STR("spring"),
		.revision = STR("0123456789abcdef0123456789abcdef"),
	};
	const bool *has_run = arg;

	acme = (struct partner){ .slug = STR("acme") };
	if (partner_put(db, &acme, NOW, err) < 0)
		return -(int)err->code;
	vendor.id = PARTNER_SENDER_FALLBACK;
	vendor.from_address = STR("acme@vendor.example");
	vendor.opt_out_scope = STR("vendor");
	own.partner_id = vendor.partner_id = run.partner_id = acme.id;
	if (partner_sender_put(db, &own, err) < 0 ||
	    partner_sender_put(db, &vendor, err) < 0)
		return -(int)err->code;
	return *has_run ? activation_start(db, &run, NOW, err) : 0;
}

struct looking {
	struct fallback f;
	bool fails;
};

static int
choose(struct db *db, void *arg, struct error *err)
{
	struct looking *l = arg;

	if (fallback_choose(db, &l->f, err) < 0)
		return -(int)err->code;
	return l->fails ? error_set(err, ERROR_BUSY, "the test says so") : 0;
}

/* It was wrong before, and a look finds this; what changed, in the fallback. */
static struct fallback
look_again(enum doctor_grade grade, int64_t now_ms, bool fails)
{
	static const struct doctor_row rows[] = {
		{ .domain = { "news.example", 12 },
		  .checked_ms = NOW,
		  .errors = 1 },
		{ .domain = { "vendor.example", 14 }, .checked_ms = NOW },
	};
	struct doctor_finding finding = {
		.about = STR("news.example"),
		.check = "spf",
		.grade = grade,
		.asked = STR("TXT news.example"),
		.found = STR("no record"),
	};
	struct doctor_report report = { .items = &finding, .count = 1 };
	struct looking l = {
		.f = { .a = arena,
		       .domain = STR("news.example"),
		       .report = &report,
		       .rows = rows,
		       .row_count = COUNT_OF(rows),
		       .now_ms = now_ms },
		.fails = fails,
	};
	struct error err;

	report.by_grade[grade] = 1;
	assert_int_equal(db_commit(store, choose, &l, &err) < 0, fails);
	return l.f;
}

static int64_t
notices(void)
{
	const struct outbox_filter filter = {
		.partner_id = acme.id,
		.step = STR(OUTBOX_STEP_NOTICE),
	};
	struct outbox_delivery *all;
	struct error err;
	struct db *db;
	int count;

	assert_ok(db_reader(store, &db, &err), err);
	count = outbox_list(db, arena, &filter, OUTBOX_READY, 99, &all, &err);
	assert_ok(count, err);
	return count;
}

static void
each_change_of_a_sender_is_told_once(void **state)
{
	bool has_run = true;
	struct error err;

	(void)state;
	assert_ok(db_commit(store, put_acme, &has_run, &err), err);
	(void)look_again(DOCTOR_ERROR, NOW, true);
	assert_int_equal(notices(), 0);
	assert_int_equal(look_again(DOCTOR_ERROR, NOW, false).fell_back, 1);
	assert_int_equal(notices(), 2);
	assert_int_equal(look_again(DOCTOR_ERROR, NOW + 1, false).fell_back, 0);
	assert_int_equal(look_again(DOCTOR_UNKNOWN, NOW + 2, false).came_back,
			 0);
	assert_int_equal(notices(), 2);
	assert_int_equal(look_again(DOCTOR_OK, NOW + 3, false).came_back, 1);
	assert_int_equal(look_again(DOCTOR_OK, NOW + 4, false).came_back, 0);
	assert_int_equal(notices(), 4);
	assert_int_equal(look_again(DOCTOR_ERROR, NOW + 5, false).fell_back, 1);
	assert_int_equal(notices(), 6);
}

static void
a_partner_without_a_run_gives_way_untold(void **state)
{
	bool has_run = false;
	struct error err;

	(void)state;
	assert_ok(db_commit(store, put_acme, &has_run, &err), err);
	assert_int_equal(look_again(DOCTOR_ERROR, NOW, false).fell_back, 1);
	assert_int_equal(notices(), 0);
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
		cmocka_unit_test_setup_teardown(
		    a_bounce_is_waited_for_and_then_missed, begin, end),
		cmocka_unit_test_setup_teardown(
		    a_bounce_comes_back_once_and_only_when_it_was_sent, begin,
		    end),
		cmocka_unit_test_setup_teardown(
		    each_change_of_a_sender_is_told_once, begin, end),
		cmocka_unit_test_setup_teardown(
		    a_partner_without_a_run_gives_way_untold, begin, end),
		cmocka_unit_test_setup_teardown(
		    the_last_bounce_counts_and_old_ones_are_forgotten, begin,
		    end),
	};

	return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
	return test_on_both(&url, suite, "doctor/sqlite", "doctor/postgresql");
}
