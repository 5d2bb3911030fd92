/*
 * Who may be mailed, on every store there is, and that an opt-out and a send
 * which meet are committed one after the other.
 */
#include "partner/partner.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/now.h"
#include "partner_store.h"

static const char *url;

static int
open_store(void **state)
{
	(void)state;
	return open_partner_store(url) < 0 ? -1 : put_two_partners();
}

static int
close_store(void **state)
{
	(void)state;
	return close_partner_store();
}

/* ---- the gate ---- */

static enum gate_reason
ask(const struct contact *c, int64_t activation_id)
{
	enum gate_reason reason = GATE_REASON_COUNT;
	int may = partner_may_send(reader, c->partner_id, activation_id,
				   &c->person, &reason, &err);

	assert_ok(may, err);
	assert_int_equal(may, reason == GATE_OPEN);
	return reason;
}

/* What activation_gate says of the activation. */
static int64_t
ask_activation(const struct activation *act)
{
	int64_t reason = -1;

	assert_int_equal(
	    db_query_int(reader, &reason,
			 "SELECT reason FROM activation_gate"
			 " WHERE partner_id = ?1 AND activation_id = ?2",
			 DB_ARGS(DB_INT(act->partner_id), DB_INT(act->id)),
			 &err),
	    1);
	return reason;
}

static struct activation act;
static struct contact ann;

static void
start_with_ann(void)
{
	act = some_activation(acme_id, 42);
	ann = some_contact(acme_id, "ann@example.org");
	assert_ok(start(&act), err);
	assert_int_equal(put_contact(&ann), 1);
	assert_int_equal(ask(&ann, act.id), GATE_OPEN);
	assert_int_equal(ask_activation(&act), GATE_OPEN);
}

static void
only_contacts_are_mailed(void **state)
{
	struct contact eve = some_contact(acme_id, "eve@example.org");
	struct contact at_zeta = some_contact(zeta_id, "ann@example.org");

	(void)state;
	start_with_ann();
	assert_int_equal(put_contact(&at_zeta), 1);
	assert_int_equal(ask(&eve, act.id), GATE_NO_CONTACT);
	assert_int_equal(ask(&ann, 43), GATE_NO_CONTACT);
	assert_int_equal(ask(&at_zeta, act.id), GATE_NO_CONTACT);
}

static void
what_a_contact_has_done_stops_mail(void **state)
{
	struct consent withdraw = { &ann, CONSENT_WITHDRAWN };
	struct consent give = { &ann, CONSENT_GIVEN };

	(void)state;
	start_with_ann();
	assert_ok(consent(&withdraw), err);
	assert_int_equal(ask(&ann, act.id), GATE_WITHDRAWN);
	assert_ok(consent(&give), err);
	assert_int_equal(ask(&ann, act.id), GATE_OPEN);
	assert_int_equal(delete_contact(&ann), 1);
	assert_int_equal(ask(&ann, act.id), GATE_DELETED);
	assert_int_equal(erase_contact(&ann), 1);
	assert_int_equal(ask(&ann, act.id), GATE_ERASED);
	assert_int_equal(ask_activation(&act), GATE_OPEN);
}

static void
without_consent_nobody_is_mailed(void **state)
{
	struct contact eve = some_contact(acme_id, "eve@example.org");

	(void)state;
	start_with_ann();
	eve.consent = CONSENT_NONE;
	assert_int_equal(put_contact(&eve), 1);
	assert_int_equal(ask(&eve, act.id), GATE_NO_CONSENT);
}

/* What ann is told at acme, and at zeta, after an opt-out at acme. */
static void
check_scope(enum suppression_scope scope, enum gate_reason here,
	    enum gate_reason there)
{
	struct contact at_zeta = some_contact(zeta_id, "ann@example.org");
	struct activation zetas = some_activation(zeta_id, 42);
	struct opt_out out = { &ann, scope };
	struct consent withdraw = { &ann, CONSENT_WITHDRAWN };

	start_with_ann();
	assert_ok(start(&zetas), err);
	assert_int_equal(put_contact(&at_zeta), 1);
	assert_int_equal(suppress(&out), 1);
	assert_int_equal(suppress(&out), 0);
	assert_int_equal(ask(&ann, act.id), here);
	assert_int_equal(ask(&at_zeta, zetas.id), there);
	/* The opt-out is the first that holds, and outlives the contact. */
	assert_ok(consent(&withdraw), err);
	assert_int_equal(ask(&ann, act.id), here);
	assert_int_equal(delete_contact(&ann), 1);
	assert_int_equal(put_contact(&ann), 0);
	assert_int_equal(ask(&ann, act.id), here);
}

static void
an_opt_out_from_a_partner_is_no_others(void **state)
{
	(void)state;
	check_scope(SUPPRESSION_PARTNER, GATE_SUPPRESSED_PARTNER, GATE_OPEN);
}

static void
an_opt_out_from_the_vendor_binds_all(void **state)
{
	(void)state;
	check_scope(SUPPRESSION_VENDOR, GATE_SUPPRESSED_VENDOR,
		    GATE_SUPPRESSED_VENDOR);
}

static void
a_global_suppression_binds_all(void **state)
{
	(void)state;
	check_scope(SUPPRESSION_GLOBAL, GATE_SUPPRESSED_GLOBAL,
		    GATE_SUPPRESSED_GLOBAL);
}

static void
an_opt_out_precedes_the_contact(void **state)
{
	struct contact eve = some_contact(acme_id, "eve@example.org");
	struct opt_out out = { &eve, SUPPRESSION_PARTNER };

	(void)state;
	start_with_ann();
	assert_int_equal(suppress(&out), 1);
	assert_int_equal(put_contact(&eve), 1);
	assert_int_equal(ask(&eve, act.id), GATE_SUPPRESSED_PARTNER);
}

static void
the_first_partner_keeps_the_slot(void **state)
{
	struct slot zetas = { .campaign = STR("spring"),
			      .partner_id = zeta_id };
	struct slot acmes = { .campaign = STR("spring"),
			      .partner_id = acme_id };
	struct slot other = { .campaign = STR("autumn"),
			      .partner_id = zeta_id };
	struct one_partner one = { STR("customer"), STR("") };
	struct one_of spring = { STR("spring"), &one };

	(void)state;
	start_with_ann();
	zetas.person = acmes.person = other.person = ann.person;
	assert_int_equal(take_slot(&other), 1);
	assert_int_equal(ask(&ann, act.id), GATE_OPEN);
	assert_int_equal(take_slot(&zetas), 1);
	assert_int_equal(take_slot(&zetas), 1);
	assert_int_equal(take_slot(&acmes), 0);
	assert_int_equal(acmes.holder, zeta_id);
	/* It binds while the campaign says so. */
	assert_int_equal(ask(&ann, act.id), GATE_OPEN);
	assert_int_equal(set_one(&spring), 1);
	assert_int_equal(set_one(&spring), 0);
	assert_int_equal(ask(&ann, act.id), GATE_OTHER_PARTNER);
	assert_int_equal(ask_activation(&act), GATE_OPEN);
	spring.one = NULL;
	assert_int_equal(set_one(&spring), 1);
	assert_int_equal(ask(&ann, act.id), GATE_OPEN);
}

static void
what_has_ended_stops_mail(void **state)
{
	struct partner acme = some_partner(STR("acme"));

	(void)state;
	start_with_ann();
	act.state = ACTIVATION_ENDED;
	assert_ok(update(&act), err);
	assert_int_equal(ask(&ann, act.id), GATE_ACTIVATION_ENDED);
	assert_int_equal(ask_activation(&act), GATE_ACTIVATION_ENDED);
	acme.status = PARTNER_ENDED;
	assert_int_equal(put_partner(&acme), 1);
	assert_int_equal(ask(&ann, act.id), GATE_PARTNER_ENDED);
	assert_int_equal(ask_activation(&act), GATE_PARTNER_ENDED);
}

static void
check_pause(struct pause p, enum gate_reason expected)
{
	assert_int_equal(pause_sends(&p), 1);
	assert_int_equal(pause_sends(&p), 0);
	assert_int_equal(ask(&ann, act.id), expected);
	assert_int_equal(ask_activation(&act), expected);
	assert_int_equal(resume_sends(&p), 1);
	assert_int_equal(resume_sends(&p), 0);
	assert_int_equal(ask(&ann, act.id), GATE_OPEN);
}

static void
a_pause_is_of_a_campaign_a_partner_or_all(void **state)
{
	(void)state;
	start_with_ann();
	check_pause((struct pause){ STR(""), 0 }, GATE_PAUSED);
	check_pause((struct pause){ STR("spring"), 0 }, GATE_PAUSED);
	check_pause((struct pause){ STR(""), acme_id }, GATE_PAUSED);
	check_pause((struct pause){ STR("spring"), acme_id }, GATE_PAUSED);
	check_pause((struct pause){ STR("autumn"), 0 }, GATE_OPEN);
	check_pause((struct pause){ STR(""), zeta_id }, GATE_OPEN);
	check_pause((struct pause){ STR("spring"), zeta_id }, GATE_OPEN);
}

static void
what_stops_is_said_before_what_waits(void **state)
{
	struct pause all = { STR(""), 0 };

	(void)state;
	start_with_ann();
	assert_int_equal(pause_sends(&all), 1);
	act.state = ACTIVATION_ENDED;
	assert_ok(update(&act), err);
	assert_int_equal(ask(&ann, act.id), GATE_ACTIVATION_ENDED);
}

/* ---- an opt-out against a send, where units run at once ---- */

struct race {
	enum suppression_scope scope;
	_Atomic bool holds;    /* the first has the person's row */
	_Atomic bool done;     /* the second is through */
	enum gate_reason seen; /* by the marker */
	int64_t marks;	       /* that the opt-out saw */
	int result;
	struct error err;
};

/* Until somebody waits for a lock, or is through without having to. */
static int
wait_for_the_other(struct db *db, struct race *r, struct error *e)
{
	int64_t waiting = 0;

	atomic_store(&r->holds, true);
	for (int i = 0; i < 5000 && !waiting && !atomic_load(&r->done); i++) {
		if (db_query_int(db, &waiting,
				 "SELECT count(*) FROM pg_locks"
				 " WHERE NOT granted",
				 DB_NO_ARGS, e) < 0)
			return -(int)e->code;
		now_sleep_us(1000);
	}
	return 0;
}

static void
wait_for_the_holder(struct race *r)
{
	for (int i = 0; i < 5000 && !atomic_load(&r->holds); i++)
		now_sleep_us(1000);
}

/* Lock, ask, mark, as outbox does; the mark is a row of `pause`. */
static int
mark(struct db *db, struct race *r, bool first, struct error *e)
{
	if (partner_lock_person(db, acme_id, &ann.person, e) < 0 ||
	    (first && wait_for_the_other(db, r, e) < 0) ||
	    partner_may_send(db, acme_id, act.id, &ann.person, &r->seen, e) < 0)
		return -(int)e->code;
	return partner_pause(db, STR("marked"), acme_id, NOW, e);
}

static int
opt_out(struct db *db, struct race *r, bool first, struct error *e)
{
	if (partner_suppress(db, r->scope, acme_id, &ann.person, STR(""), NOW,
			     e) < 0 ||
	    (first && wait_for_the_other(db, r, e) < 0))
		return -(int)e->code;
	return db_query_int(db, &r->marks, "SELECT count(*) FROM pause",
			    DB_NO_ARGS, e);
}

static int
mark_first(struct db *db, void *arg, struct error *e)
{
	return mark(db, arg, true, e);
}

static int
opt_out_first(struct db *db, void *arg, struct error *e)
{
	return opt_out(db, arg, true, e);
}

static int
mark_second(struct db *db, void *arg, struct error *e)
{
	return mark(db, arg, false, e);
}

static int
opt_out_second(struct db *db, void *arg, struct error *e)
{
	return opt_out(db, arg, false, e);
}

static void *
second_opt_out(void *arg)
{
	struct race *r = arg;

	wait_for_the_holder(r);
	r->result = db_commit(store, opt_out_second, r, &r->err);
	atomic_store(&r->done, true);
	return NULL;
}

static void *
second_mark(void *arg)
{
	struct race *r = arg;

	wait_for_the_holder(r);
	r->result = db_commit(store, mark_second, r, &r->err);
	atomic_store(&r->done, true);
	return NULL;
}

static void
run_race(struct race *r, db_unit_fn *first, void *(*second)(void *))
{
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, second, r), 0);
	assert_ok(db_commit(store, first, r, &err), err);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_ok(r->result, r->err);
}

static void
an_opt_out_waits_for_a_marker(void **state)
{
	struct race r = { 0 };

	(void)state;
	if (db_store_dialect(store) == DB_SQLITE)
		return; /* units do not overlap */
	for (int scope = SUPPRESSION_PARTNER; scope <= SUPPRESSION_GLOBAL;
	     scope++) {
		if (scope > SUPPRESSION_PARTNER) {
			close_store(NULL);
			assert_int_equal(open_store(NULL), 0);
		}
		start_with_ann();
		r = (struct race){ .scope = (enum suppression_scope)scope };
		run_race(&r, mark_first, second_opt_out);
		assert_int_equal(r.seen, GATE_OPEN);
		assert_int_equal(r.marks, 1);
	}
}

static void
a_marker_sees_the_opt_out_it_waited_for(void **state)
{
	struct race r = { .scope = SUPPRESSION_GLOBAL };

	(void)state;
	if (db_store_dialect(store) == DB_SQLITE)
		return;
	start_with_ann();
	run_race(&r, opt_out_first, second_mark);
	assert_int_equal(r.seen, GATE_SUPPRESSED_GLOBAL);
	assert_int_equal(r.marks, 0);
}

#define CASE(name) \
	cmocka_unit_test_setup_teardown(name, open_store, close_store)

static int
run_suite(const char *name)
{
	const struct CMUnitTest tests[] = {
		CASE(only_contacts_are_mailed),
		CASE(what_a_contact_has_done_stops_mail),
		CASE(without_consent_nobody_is_mailed),
		CASE(an_opt_out_from_a_partner_is_no_others),
		CASE(an_opt_out_from_the_vendor_binds_all),
		CASE(a_global_suppression_binds_all),
		CASE(an_opt_out_precedes_the_contact),
		CASE(the_first_partner_keeps_the_slot),
		CASE(what_has_ended_stops_mail),
		CASE(a_pause_is_of_a_campaign_a_partner_or_all),
		CASE(what_stops_is_said_before_what_waits),
		CASE(an_opt_out_waits_for_a_marker),
		CASE(a_marker_sees_the_opt_out_it_waited_for),
	};

	return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
	return test_on_both(&url, run_suite, "partner_gate/sqlite",
			    "partner_gate/postgresql");
}
