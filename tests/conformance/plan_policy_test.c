/*
 * One person on the lists of three partners, on every store there is. Each case
 * begins with an empty store, a campaign of two mails, and three partners that
 * run it: acme, bolt and zeta. Persons are numbers.
 */
#include <pthread.h>

#include "event/event.h"
#include "planning.h"
#include "report/report.h"
#include "store.h"
#include "test.h"

#define NOW  PLANNING_NOW
#define HOUR PLANNING_HOUR
#define DAY  PLANNING_DAY

static const char steps[] =
    "<email id=\"invite\" template=\"mail/announce\" at=\"start+0d 09:00\">"
    "<subject>First</subject></email>\n"
    "<email id=\"nudge\" template=\"mail/nudge\" at=\"start+4d 09:00\">"
    "<subject>Second</subject></email>\n";

static const char *url;
static struct planning p;
static struct plan_result result;
static struct error err;

static const char *const slugs[] = { "acme", "bolt", "zeta" };
enum { ACME, BOLT, ZETA, PARTNERS };

static void
state_policy_of(const char *start, const char *one_partner)
{
	planning_campaign(&p, "",
			  arena_printf(p.arena, "<start mode=\"%s\"/>\n%s%s",
				       start, one_partner, steps));
}

static void
state_policy(const char *one_partner)
{
	state_policy_of("automatic", one_partner);
}

static int
begin(void **state)
{
	(void)state;
	err = (struct error){ 0 };
	planning_open(&p, url, true);
	for (int i = 0; i < PARTNERS; i++) {
		planning_partner(&p, slugs[i], "gold");
		(void)planning_partner_id(&p, slugs[i]);
	}
	state_policy("<one-partner customers=\"customer\"/>\n");
	return 0;
}

static int
end(void **state)
{
	(void)state;
	planning_close(&p);
	return 0;
}

/* ---- lists ---- */

struct entry {
	int partner;
	int person;
	const char *tags;
	int64_t consent_ms;
	int64_t now_ms;
};

static int
put_entry(struct db *db, void *arg, struct error *e)
{
	const struct entry *x = arg;
	struct str address = str_printf(p.arena, "c%d@example.org", x->person);
	struct contact c = {
		.partner_id = planning_partner_id(&p, slugs[x->partner]),
		.person = planning_person(&p, x->person),
		.address = address,
		.tags = str_of(x->tags),
		.consent = CONSENT_GIVEN,
		.consent_basis = STR("opt-in"),
		.consent_ms = x->consent_ms,
	};

	return contact_put(db, &c, x->now_ms, e);
}

static void
list(int partner, int person, int64_t consent_ms)
{
	struct entry x = { partner, person, "security", consent_ms, NOW };

	assert_ok(db_commit(p.store, put_entry, &x, &err), err);
}

/* The older consent is zeta's, whose list is walked last. */
static void
list_everywhere(int person)
{
	list(ACME, person, 300);
	list(BOLT, person, 200);
	list(ZETA, person, 100);
}

static void
apply(void)
{
	assert_ok(planning_apply(&p, NULL, NOW, &result, &err), err);
}

/* ---- what there is ---- */

static struct outbox_delivery
mail(int partner, int person, const char *step)
{
	struct person_hash hash = planning_person(&p, person);
	struct outbox_delivery *all;
	int count = planning_list(&p, p.arena, &all);

	for (int i = 0; i < count; i++)
		if (all[i].id.partner_id ==
			planning_partner_id(&p, slugs[partner]) &&
		    str_eq_cstr(all[i].key.step, step) &&
		    str_eq(all[i].key.subject, person_hash_view(&hash)))
			return all[i];
	return (struct outbox_delivery){ .state = OUTBOX_STATE_COUNT };
}

static void
assert_states(int person, const char *step, int acme, int bolt, int zeta)
{
	const int wanted[] = { acme, bolt, zeta };

	for (int i = 0; i < PARTNERS; i++) {
		struct outbox_delivery d = mail(i, person, step);

		if ((int)d.state != wanted[i])
			fail_msg("%s of %s: state %d, expected %d", step,
				 slugs[i], (int)d.state, wanted[i]);
		if (wanted[i] == OUTBOX_HELD)
			assert_str(d.status, PARTNER_HELD);
	}
}

enum {
	READY = OUTBOX_READY,
	HELD = OUTBOX_HELD,
	SENT = OUTBOX_SENT,
	NONE = OUTBOX_STATE_COUNT
};

/* ---- acts ---- */

struct act {
	int partner;
	int person;
	int (*change)(struct db *db, const struct act *x, struct error *e);
};

static int
act_unit(struct db *db, void *arg, struct error *e)
{
	const struct act *x = arg;

	return x->change(db, x, e);
}

static void
do_act(int partner, int person,
       int (*change)(struct db *, const struct act *, struct error *))
{
	struct act x = { partner, person, change };

	assert_ok(db_commit(p.store, act_unit, &x, &err), err);
}

static int
opt_out(struct db *db, const struct act *x, struct error *e)
{
	struct person_hash person = planning_person(&p, x->person);
	const struct outbox_filter mine = {
		.partner_id = planning_partner_id(&p, slugs[x->partner]),
		.subject = person_hash_view(&person),
	};

	if (outbox_cancel(db, &mine, STR("opted out"), NOW, e) < 0)
		return -(int)e->code;
	return partner_suppress(db, SUPPRESSION_PARTNER, mine.partner_id,
				&person, STR("a link"), NOW, e);
}

static int
leave_list(struct db *db, const struct act *x, struct error *e)
{
	struct person_hash person = planning_person(&p, x->person);

	return contact_delete(db, planning_partner_id(&p, slugs[x->partner]),
			      &person, NOW, e);
}

/* Its first mail is refused for good. */
static int
bounce(struct db *db, const struct act *x, struct error *e)
{
	const struct outbox_claim how = {
		.owner = 1,
		.now_ms = NOW + HOUR,
		.lease_ms = NOW + DAY,
		.key_id = 1,
		.max = 1,
	};
	const struct outbox_verdict refused = { .kind = OUTBOX_VERDICT_BOUNCED,
						.now_ms = NOW + HOUR };
	struct outbox_delivery *items;
	enum outbox_state became;

	(void)x;
	if (outbox_claim(db, p.arena, &how, &items, e) != 1)
		return error_set(e, ERROR_INTERNAL, "nothing is due");
	return outbox_finish(db, &items[0], &refused, &became, e);
}

static int
state_frequency(struct db *db, const struct act *x, struct error *e)
{
	const struct frequency once = { 1, 30 * DAY };

	(void)x;
	return partner_frequency_set(db, FREQUENCY_ALL, &once, e);
}

static int
add_lead(struct db *db, const struct act *x, struct error *e)
{
	struct person_hash person = planning_person(&p, x->person);

	return (int)db_run(
	    db, "INSERT INTO test_lead VALUES (?1, 1, ?2, 5)",
	    DB_ARGS(DB_INT(planning_partner_id(&p, slugs[x->partner])),
		    DB_BLOB(person_hash_view(&person))),
	    e);
}

/* ---- cases ---- */

static void
without_a_word_each_partner_mails_its_list(void **state)
{
	(void)state;
	state_policy("");
	list_everywhere(1);
	apply();
	assert_states(1, "invite", READY, READY, READY);
	planning_run(&p, NOW, NOW + 5 * DAY);
	assert_states(1, "nudge", SENT, SENT, SENT);
}

static void
one_partner_alone_mails_a_person(void **state)
{
	(void)state;
	list_everywhere(1);
	list(ACME, 2, 100);
	apply();
	assert_states(1, "invite", HELD, HELD, READY);
	assert_states(2, "invite", READY, NONE, NONE);
	planning_run(&p, NOW, NOW + 8 * DAY);
	assert_states(1, "invite", HELD, HELD, SENT);
	assert_states(1, "nudge", NONE, NONE, SENT);
	assert_states(2, "nudge", SENT, NONE, NONE);
	/* They are left alone for good then. */
	assert_int_equal(mail(ACME, 1, "invite").follow_ms, -1);
	assert_int_equal(mail(BOLT, 1, "invite").follow_ms, -1);
}

static void
the_rules_go_by_what_is_stored(void **state)
{
	struct entry customer = { BOLT, 2, "customer security", 900, NOW };
	struct entry late = { ACME, 3, "security", 500, NOW + 5 };

	(void)state;
	list_everywhere(1);
	list_everywhere(2);
	assert_ok(db_commit(p.store, put_entry, &customer, &err), err);
	assert_ok(db_commit(p.store, put_entry, &late, &err), err);
	list(BOLT, 3, 500);
	list_everywhere(4);
	do_act(ACME, 4, add_lead);
	apply();
	assert_states(1, "invite", HELD, HELD, READY);
	assert_states(2, "invite", HELD, READY, HELD);
	assert_states(3, "invite", HELD, READY, NONE);
	assert_states(4, "invite", READY, HELD, HELD);
}

static void
who_is_not_meant_is_no_rival(void **state)
{
	struct entry other = { ZETA, 1, "backup", 1, NOW };

	(void)state;
	planning_campaign(
	    &p, "",
	    arena_printf(p.arena,
			 "<audience><contacts tag=\"security\"/></audience>"
			 "<start mode=\"automatic\"/><one-partner/>%s",
			 steps));
	list(ACME, 1, 300);
	list(BOLT, 1, 200);
	assert_ok(db_commit(p.store, put_entry, &other, &err), err);
	apply();
	assert_states(1, "invite", HELD, READY, NONE);
}

static void
planning_again_decides_nothing_anew(void **state)
{
	(void)state;
	list(ACME, 1, 300);
	list(BOLT, 1, 200);
	apply();
	assert_states(1, "invite", HELD, READY, NONE);
	apply();
	list(ZETA, 1, 100);
	list(ACME, 1, 50);
	(void)planning_step(&p, NOW);
	apply();
	assert_states(1, "invite", HELD, READY, HELD);
	planning_run(&p, NOW, NOW + 8 * DAY);
	assert_states(1, "invite", HELD, SENT, HELD);
	/* And not when its run is over, for it has mailed. */
	p.rows[BOLT].status = STR("ended");
	apply();
	planning_run(&p, NOW + 9 * DAY, NOW + 12 * DAY);
	assert_states(1, "invite", HELD, SENT, HELD);
}

static void
who_cannot_mail_any_more_gives_way(void **state)
{
	(void)state;
	for (int person = 1; person <= 3; person++)
		list_everywhere(person);
	apply();
	do_act(ZETA, 1, opt_out);
	do_act(ZETA, 2, leave_list);
	(void)planning_step(&p, NOW + 2 * HOUR);
	assert_states(1, "invite", HELD, READY, OUTBOX_CANCELLED);
	assert_states(2, "invite", HELD, READY, READY);
	assert_states(3, "invite", HELD, HELD, READY);
	/* Not at once, but at the hour that was meant. */
	assert_int_equal(mail(BOLT, 1, "invite").due_ms, NOW + HOUR + DAY);
	p.rows[ZETA].status = STR("ended");
	apply();
	(void)planning_step(&p, NOW + 4 * HOUR);
	assert_states(3, "invite", HELD, READY, READY);
	planning_run(&p, NOW + 4 * HOUR, NOW + 8 * DAY);
	for (int person = 1; person <= 3; person++) {
		assert_int_equal(mail(BOLT, person, "nudge").state, SENT);
		assert_int_equal(mail(ACME, person, "invite").state, HELD);
		assert_int_not_equal(mail(ZETA, person, "invite").state, SENT);
	}
}

static void
a_bounce_is_everybodys(void **state)
{
	(void)state;
	list_everywhere(1);
	apply();
	do_act(ZETA, 1, bounce);
	planning_run(&p, NOW + 2 * HOUR, NOW + 8 * DAY);
	assert_states(1, "invite", HELD, HELD, OUTBOX_BOUNCED);
}

static void
what_was_planned_before_it_was_stated_counts(void **state)
{
	(void)state;
	state_policy("");
	list_everywhere(1);
	apply();
	state_policy("<one-partner/>\n");
	apply();
	planning_run(&p, NOW, NOW + 2 * HOUR);
	assert_int_equal(mail(ZETA, 1, "invite").state, SENT);
	assert_int_equal(mail(ACME, 1, "invite").attempt, 0);
	assert_int_equal(mail(BOLT, 1, "invite").attempt, 0);
}

static void
who_was_mailed_before_it_was_stated_is_the_first_mailers(void **state)
{
	(void)state;
	state_policy("");
	list(ACME, 1, 300);
	apply();
	planning_run(&p, NOW, NOW + 2 * HOUR);
	list(ZETA, 1, 100);
	state_policy("<one-partner/>\n");
	assert_ok(planning_apply(&p, NULL, NOW + 3 * HOUR, &result, &err), err);
	planning_run(&p, NOW + 3 * HOUR, NOW + 8 * DAY);
	assert_states(1, "nudge", SENT, NONE, NONE);
	assert_states(1, "invite", SENT, NONE, HELD);
}

static void
taken_back_it_binds_nobody(void **state)
{
	(void)state;
	list_everywhere(1);
	apply();
	assert_states(1, "invite", HELD, HELD, READY);
	state_policy("");
	apply();
	planning_run(&p, NOW, NOW + 4 * DAY);
	assert_states(1, "invite", SENT, SENT, SENT);
}

static void
a_mail_that_can_have_no_place_in_time_is_held(void **state)
{
	(void)state;
	list(ACME, 1, 300);
	apply();
	do_act(ACME, 1, state_frequency);
	planning_run(&p, NOW, NOW + 8 * DAY);
	assert_states(1, "invite", SENT, NONE, NONE);
	assert_states(1, "nudge", HELD, NONE, NONE);
	assert_int_equal(mail(ACME, 1, "nudge").follow_ms, -1);
}

/* ---- what a partner learns ---- */

static void
start_everywhere(void)
{
	struct plan_begin begun = {
		.store = p.store,
		.campaign = p.campaign,
		.revision = planning_plan(&p, NOW)->revision,
		.now_ms = NOW,
	};
	int64_t id;

	for (int i = 0; i < PARTNERS; i++) {
		begun.partner_id = planning_partner_id(&p, slugs[i]);
		assert_ok(plan_start_partner(&begun, &id, &err), err);
	}
}

enum { PROBES = 1000, A_DAY = 8, DAYS = PROBES / A_DAY };
enum { FILLERS = 1, PROBE_FROM = 10000 };

/* On working days, for others are joined to the next. */
static int64_t
at_day(int day)
{
	return NOW + (day / 5 * 7 + day % 5) * DAY;
}

/* Lists of a day, in each somebody of interest, whom zeta has or not. */
static void
probe(int day)
{
	const int each = FILLERS + 1;
	int first = PROBE_FROM + day * A_DAY * each;

	for (int i = 0; i < A_DAY; i += 2)
		planning_contacts(&p, "zeta", first + i * each, 1, "",
				  NOW - DAY);
	planning_contacts(&p, "acme", first, A_DAY * each, "", at_day(day));
}

/* Its export, without what it has itself uploaded. */
static int
exported_rows(void)
{
	FILE *f = tmpfile();
	const struct contact_export x = { .partner_id =
					      planning_partner_id(&p, "acme"),
					  .file = f };
	char line[512];
	int rows = 0;

	assert_non_null(f);
	assert_ok(contact_export(p.db, &x, &err), err);
	rewind(f);
	while (fgets(line, sizeof(line), f)) {
		assert_null(strstr(line, "held"));
		assert_null(strstr(line, "policy"));
		rows++;
	}
	fclose(f);
	return rows;
}

static void
a_partner_that_probes_learns_nothing(void **state)
{
	struct plan *reviewed;
	struct report_shared told;
	int64_t told_ms;
	int held;

	(void)state;
	state_policy_of("trigger", "<one-partner/>\n");
	reviewed = planning_plan(&p, NOW);
	reviewed->mails_most = INT64_C(1000000);
	assert_ok(
	    planning_apply_reviewed(&p, reviewed, NULL, NOW, &result, &err),
	    err);
	start_everywhere();
	for (int day = 0; day < DAYS; day++) {
		probe(day);
		(void)planning_step(&p, at_day(day));
		assert_ok(report_shared(p.db, p.arena, STR("spring"),
					planning_partner_id(&p, "acme"),
					at_day(day), &told, &err),
			  err);
		assert_int_equal(told.held, 0);
		assert_int_equal(told.contacts,
				 (day + 1) * A_DAY * (FILLERS + 1));
	}
	held = planning_count(&p, "invite", HELD);
	assert_int_equal(held, PROBES / 2);
	assert_int_equal(exported_rows(), 1 + PROBES * (FILLERS + 1));
	/* All of one day are told in fives, when the day after is over. */
	planning_contacts(&p, "zeta", 1, 13, "", NOW - DAY);
	planning_contacts(&p, "acme", 1, 13, "", at_day(DAYS));
	(void)planning_step(&p, at_day(DAYS));
	assert_int_equal(planning_count(&p, "invite", HELD), held + 13);
	told_ms = mail(ACME, 1, "invite").due_ms / DAY * DAY + 2 * DAY;
	for (int day = 0; day < 7; day++) {
		assert_ok(report_shared(p.db, p.arena, STR("spring"),
					planning_partner_id(&p, "acme"),
					at_day(DAYS) + day * DAY, &told, &err),
			  err);
		assert_int_equal(told.held,
				 at_day(DAYS) + day * DAY < told_ms ? 0 : 10);
	}
}

/* ---- two planners ---- */

static void *
step_too(void *arg)
{
	(void)planning_step(arg, NOW);
	return NULL;
}

enum { PERSONS = 60 };

static void
two_planners_agree(void **state)
{
	struct planning q;
	pthread_t thread;

	(void)state;
	state_policy_of("trigger", "<one-partner/>\n");
	for (int person = 1; person <= PERSONS; person++)
		list_everywhere(person);
	apply();
	start_everywhere();
	planning_join(&q, url, p.dir);
	assert_int_equal(pthread_create(&thread, NULL, step_too, &q), 0);
	(void)planning_step(&p, NOW);
	assert_int_equal(pthread_join(thread, NULL), 0);
	(void)planning_step(&p, NOW);
	assert_int_equal(planning_count(&p, "invite", READY), PERSONS);
	assert_int_equal(planning_count(&p, "invite", HELD), 2 * PERSONS);
	planning_close(&q);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

static int
run_suite(const char *name)
{
	const struct CMUnitTest tests[] = {
		CASE(without_a_word_each_partner_mails_its_list),
		CASE(one_partner_alone_mails_a_person),
		CASE(the_rules_go_by_what_is_stored),
		CASE(who_is_not_meant_is_no_rival),
		CASE(planning_again_decides_nothing_anew),
		CASE(who_cannot_mail_any_more_gives_way),
		CASE(a_bounce_is_everybodys),
		CASE(what_was_planned_before_it_was_stated_counts),
		CASE(who_was_mailed_before_it_was_stated_is_the_first_mailers),
		CASE(taken_back_it_binds_nobody),
		CASE(a_mail_that_can_have_no_place_in_time_is_held),
		CASE(a_partner_that_probes_learns_nothing),
		CASE(two_planners_agree),
	};

	return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
	return test_on_both(&url, run_suite, "plan_policy/sqlite",
			    "plan_policy/postgresql");
}
