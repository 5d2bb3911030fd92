/*
 * A campaign in numbers, on every store there is.
 */
#include "report/report.h"

#include "event/event.h"
#include "lead/lead.h"
#include "partner_store.h"

enum { ACME_RUN = 1001, ACME_SECOND = 1002, ZETA_RUN = 2001 };

static const char *url;

UNIT(put, struct outbox_key, outbox_put(db, x, NOW, e))
UNIT(put_skipped, struct outbox_key, outbox_skip(db, x, STR("clicked"), NOW, e))
UNIT(add_event, struct event, event_append(db, x, e))
UNIT(capture, struct lead_capture, lead_capture(db, x, e))

static struct outbox_key
mail(int64_t partner_id, int64_t run, const char *step, const char *person)
{
	return (struct outbox_key){
		.partner_id = partner_id,
		.activation_id = run,
		.step = str_of(step),
		.subject_kind = OUTBOX_PERSON,
		.subject = { person, PERSON_HASH_BYTES },
		.channel = STR("email"),
	};
}

#define ANN "ann's hash......"
#define BOB "bob's hash......"

static const struct db_schema *const schemas[] = {
	&event_schema,
	&outbox_schema,
	&campaign_schema,
	&lead_schema,
};

static int
open_store(void **state)
{
	struct activation first, second, zetas;

	(void)state;
	if (open_partner_store(url) < 0 ||
	    db_migrate(store, schemas, COUNT_OF(schemas), &err) < 0 ||
	    put_two_partners() < 0)
		return -1;
	first = some_activation(acme_id, ACME_RUN);
	second = some_activation(acme_id, ACME_SECOND);
	zetas = some_activation(zeta_id, ZETA_RUN);
	return start(&first) < 0 || start(&second) < 0 || start(&zetas) < 0 ? -1
									    : 0;
}

static int
close_store(void **state)
{
	(void)state;
	return close_partner_store();
}

static void
happened(enum event_kind kind, const struct outbox_key *key)
{
	struct outbox_id id = outbox_id_of(key);
	struct event e = {
		.kind = kind,
		.at_ms = NOW,
		.partner_id = key->partner_id,
		.activation_id = key->activation_id,
		.delivery = { (const char *)id.bytes, sizeof(id.bytes) },
	};

	assert_ok(add_event(&e), err);
}

static void
became_lead(int64_t id, const struct outbox_key *key)
{
	struct outbox_id at = outbox_id_of(key);
	struct lead lead = {
		.partner_id = acme_id,
		.id = id,
		.activation_id = ACME_RUN,
		.campaign = STR("spring"),
		.page = STR("offer"),
		.form = STR("call-me"),
		.revision = STR("0123456789abcdef0123456789abcdef"),
		.fields = STR("{}"),
		.at_ms = NOW,
	};
	struct lead_capture how = { .lead = &lead, .hook = true };

	if (key->step.len > 0)
		lead.delivery =
		    (struct str){ (const char *)at.bytes, sizeof(at.bytes) };
	assert_int_equal(capture(&how), 1);
}

static void
fill(void)
{
	struct outbox_key ann = mail(acme_id, ACME_RUN, "invite", ANN);
	struct outbox_key bob = mail(acme_id, ACME_RUN, "invite", BOB);
	struct outbox_key again = mail(acme_id, ACME_SECOND, "invite", BOB);
	struct outbox_key nudge = mail(acme_id, ACME_RUN, "nudge", BOB);
	struct outbox_key zetas = mail(zeta_id, ZETA_RUN, "invite", ANN);
	struct outbox_key none = { 0 };

	assert_int_equal(put(&ann), 1);
	assert_int_equal(put(&bob), 1);
	assert_int_equal(put(&again), 1);
	assert_int_equal(put(&zetas), 1);
	assert_int_equal(put_skipped(&nudge), 1);
	for (int i = 0; i < 3; i++)
		happened(EVENT_OPENED, &bob);
	happened(EVENT_OPENED, &again);
	happened(EVENT_CLICKED, &bob);
	happened(EVENT_UNSUBSCRIBED, &zetas);
	became_lead(1, &ann);
	became_lead(2, &none);
}

static void
every_number_is_counted(void **state)
{
	struct report r;

	(void)state;
	fill();
	assert_ok(report_campaign(reader, arena, STR("spring"), -1, &r, &err),
		  err);
	assert_int_equal(r.row_count, 4);
	assert_str(r.rows[0].partner, "acme");
	assert_str(r.rows[0].step, "invite");
	assert_int_equal(r.rows[0].planned, 3);
	assert_int_equal(r.rows[0].waiting, 2);
	assert_int_equal(r.rows[0].cancelled, 1);
	assert_int_equal(r.rows[0].opened, 2);
	assert_int_equal(r.rows[0].clicked, 1);
	assert_int_equal(r.rows[0].leads, 1);
	assert_str(r.rows[1].step, "nudge");
	assert_int_equal(r.rows[1].skipped, 1);
	assert_str(r.rows[2].step, "offer");
	assert_int_equal(r.rows[2].planned, 0);
	assert_int_equal(r.rows[2].leads, 1);
	assert_str(r.rows[3].partner, "zeta");
	assert_int_equal(r.rows[3].unsubscribed, 1);
	assert_int_equal(r.total_count, 3);
	assert_str(r.totals[0].step, "invite");
	assert_int_equal(r.totals[0].planned, 4);
}

static void
one_partner_alone(void **state)
{
	struct report r;

	(void)state;
	fill();
	assert_ok(
	    report_campaign(reader, arena, STR("spring"), zeta_id, &r, &err),
	    err);
	assert_int_equal(r.row_count, 1);
	assert_int_equal(r.totals[0].planned, 1);
}

static void
a_campaign_that_nobody_runs_is_empty(void **state)
{
	struct report r;

	(void)state;
	assert_ok(report_campaign(reader, arena, STR("autumn"), -1, &r, &err),
		  err);
	assert_int_equal(r.row_count, 0);
	assert_int_equal(r.total_count, 0);
}

#define CASE(name) \
	cmocka_unit_test_setup_teardown(name, open_store, close_store)

static int
run_suite(const char *name)
{
	const struct CMUnitTest tests[] = {
		CASE(every_number_is_counted),
		CASE(one_partner_alone),
		CASE(a_campaign_that_nobody_runs_is_empty),
	};

	return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
	return test_on_both(&url, run_suite, "report/sqlite",
			    "report/postgresql");
}
