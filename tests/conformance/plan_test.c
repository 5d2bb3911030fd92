/*
 * What plan.h promises, on every store there is. Each case begins with an
 * empty store, a campaign of two mails and a post, and two partners: acme
 * (gold, in the audience) with 3 contacts, and zeta (silver).
 */
#include "plan/plan.h"

#include "base/encode.h"
#include "planning.h"
#include "store.h"
#include "test.h"

#define NOW  PLANNING_NOW
#define HOUR PLANNING_HOUR
#define DAY  PLANNING_DAY

static const char audience[] =
    "<audience><include tier=\"gold\"/></audience>\n";
static const char automatic[] = "<start mode=\"automatic\"/>\n";
static const char invite[] =
    "<email id=\"invite\" template=\"mail/announce\" at=\"start+0d 09:00\">"
    "<subject>First</subject></email>\n";
static const char nudge[] =
    "<email id=\"nudge\" template=\"mail/nudge\" at=\"start+4d 09:00\""
    " unless=\"clicked:invite lead\"><subject>Second</subject></email>\n";
static const char teaser[] =
    "<post id=\"teaser\" channels=\"linkedin mastodon\""
    " at=\"start+0d 10:30\" zone=\"partner\">"
    "<variant><text xml:lang=\"en\">One</text></variant></post>\n";

static const char *url;
static struct planning p;
static struct plan_result result;
static struct error err;

static void
campaign_of(const char *attributes, const char *start, const char *who,
	    const char *steps)
{
	planning_campaign(&p, attributes,
			  arena_printf(p.arena, "%s%s%s", who, start, steps));
}

static const char *
all_steps(void)
{
	return arena_printf(p.arena, "%s%s%s", invite, nudge, teaser);
}

static int
begin(void **state)
{
	(void)state;
	err = (struct error){ 0 };
	planning_open(&p, url, true);
	planning_partner(&p, "acme", "gold");
	planning_partner(&p, "zeta", "silver");
	campaign_of("", automatic, audience, all_steps());
	planning_contacts(&p, "acme", 0, 3, "", NOW);
	planning_contacts(&p, "zeta", 10, 2, "", NOW);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	planning_close(&p);
	return 0;
}

/* ---- plans ---- */

static const struct plan_partner *
partner_of(const struct plan *plan, const char *slug)
{
	for (size_t i = 0; i < plan->partner_count; i++)
		if (str_eq_cstr(plan->partners[i].slug, slug))
			return &plan->partners[i];
	fail_msg("no partner %s in the plan", slug);
	return NULL;
}

static int
withdraw(struct db *db, void *arg, struct error *e)
{
	const struct person_hash *person = arg;

	return contact_consent(db, planning_partner_id(&p, "acme"), person,
			       CONSENT_WITHDRAWN, STR("a letter"), NOW, e);
}

static void
a_plan_says_who_gets_what_when_and_why(void **state)
{
	struct person_hash person = planning_person(&p, 1);
	const struct plan_partner *acme, *zeta;
	struct plan *plan;

	(void)state;
	(void)planning_partner_id(&p, "acme");
	assert_ok(db_commit(p.store, withdraw, &person, &err), err);
	plan = planning_plan(&p, NOW);
	acme = partner_of(plan, "acme");
	zeta = partner_of(plan, "zeta");
	assert_true(plan->changes && acme->fits && acme->is_new);
	assert_int_equal(acme->contacts, 2);
	assert_int_equal(acme->skipped_count, 1);
	assert_str(acme->skipped[0].reason, "consent withdrawn");
	assert_str(acme->why, "include tier=\"gold\"");
	assert_str(acme->from, "Company acme via Northwind "
			       "<acme@mail.northwind.example>");
	assert_int_equal(acme->first_ms, NOW + HOUR);
	assert_false(zeta->fits);
	assert_str(zeta->why, "no include fits");
	assert_int_equal(plan->mails, 4);
	assert_int_equal(plan->mails_most, 14);
}

static void
a_line_that_vanished_is_an_error(void **state)
{
	struct plan_input in = { .db = p.db,
				 .files = p.files,
				 .campaign = p.campaign,
				 .rows = p.rows,
				 .row_count = 1,
				 .now_ms = NOW };
	struct plan *plan;

	(void)state;
	assert_fails(plan_make(&in, p.arena, &plan, &err), err, ERROR_INVALID,
		     "no line for partner \"zeta\"");
}

static void
a_plan_comes_back_from_its_file(void **state)
{
	struct plan *plan = planning_plan(&p, NOW), *back;
	struct buf file = { 0 }, again = { 0 };

	(void)state;
	plan_write(plan, &file);
	assert_true(str_find(buf_view(&file), STR("example.org")) < 0);
	assert_ok(plan_read(buf_view(&file), p.arena, &back, &err), err);
	plan_write(back, &again);
	assert_true(str_eq(buf_view(&file), buf_view(&again)));
	assert_ok(plan_drift(back, plan, &err), err);
	buf_fini(&file);
	buf_fini(&again);
}

static void
a_plan_that_was_changed_is_refused(void **state)
{
	struct plan *plan = planning_plan(&p, NOW), *back;
	struct buf file = { 0 };
	ptrdiff_t at;

	(void)state;
	plan_write(plan, &file);
	at = str_find(buf_view(&file), STR("\"mails_most\": 1"));
	assert_true(at > 0);
	file.p[at + (ptrdiff_t)sizeof("\"mails_most\": 1") - 2] = '9';
	assert_fails(plan_read(buf_view(&file), p.arena, &back, &err), err,
		     ERROR_INVALID, "changed after it was made");
	buf_fini(&file);
}

static void
a_plan_fits_a_screen(void **state)
{
	struct buf text = { 0 };

	(void)state;
	plan_print(planning_plan(&p, NOW), 0, &text);
	assert_non_null(strstr(buf_cstr(&text), "+ acme"));
	assert_non_null(strstr(buf_cstr(&text),
			       "Mon 2026-03-02 08:00 UTC, 09:00 "
			       "Europe/Berlin"));
	assert_non_null(strstr(buf_cstr(&text), "zeta"));
	assert_null(strstr(buf_cstr(&text), "example.org"));
	buf_fini(&text);
}

/* ---- drift ---- */

static void
what_widens_refuses_and_what_lessens_does_not(void **state)
{
	struct plan *reviewed = planning_plan(&p, NOW);
	struct person_hash person = planning_person(&p, 1);

	(void)state;
	planning_contacts(&p, "acme", 20, 1, "", NOW);
	assert_ok(db_commit(p.store, withdraw, &person, &err), err);
	assert_ok(plan_drift(reviewed, planning_plan(&p, NOW), &err), err);
	planning_contacts(&p, "acme", 30, 20, "", NOW);
	assert_fails(plan_drift(reviewed, planning_plan(&p, NOW), &err), err,
		     ERROR_INVALID, "mails for one partner");
	reviewed = planning_plan(&p, NOW);
	p.rows[1].tier = STR("gold");
	assert_fails(plan_drift(reviewed, planning_plan(&p, NOW), &err), err,
		     ERROR_INVALID, "\"zeta\"");
	p.rows[1].tier = STR("silver");
	campaign_of("", automatic, audience, invite);
	assert_fails(plan_drift(reviewed, planning_plan(&p, NOW), &err), err,
		     ERROR_INVALID, "files");
}

/* ---- apply ---- */

static int64_t
events(enum event_kind kind)
{
	const struct event_filter filter = {
		.partner_id = -1, .kinds = &kind, .kind_count = 1, .limit = 1000
	};
	struct event_row *rows;

	return event_list(p.db, p.arena, &filter, &rows, &err);
}

static void
applying_twice_is_applying_once(void **state)
{
	struct plan *reviewed = planning_plan(&p, NOW);

	(void)state;
	assert_ok(
	    planning_apply_reviewed(&p, reviewed, NULL, NOW, &result, &err),
	    err);
	assert_int_equal(result.activations, 1);
	assert_int_equal(result.deliveries, 5);
	assert_int_equal(planning_count(&p, "invite", OUTBOX_READY), 3);
	assert_int_equal(planning_count(&p, "teaser", OUTBOX_READY), 2);
	assert_int_equal(planning_count(&p, "nudge", -1), 0);
	assert_ok(
	    planning_apply_reviewed(&p, reviewed, NULL, NOW, &result, &err),
	    err);
	assert_int_equal(
	    result.partners + result.activations + result.deliveries, 0);
	assert_int_equal(planning_step(&p, NOW), 0);
	assert_int_equal(planning_count(&p, "", -1), 5);
	assert_int_equal(events(EVENT_APPLIED), 1);
	assert_int_equal(events(EVENT_ACTIVATED), 1);
	assert_false(planning_plan(&p, NOW)->changes);
}

static void
a_pilot_is_widened_without_sending_again(void **state)
{
	struct plan *reviewed;

	(void)state;
	p.rows[1].tier = STR("gold");
	reviewed = planning_plan(&p, NOW);
	assert_ok(
	    planning_apply_reviewed(&p, reviewed, "zeta", NOW, &result, &err),
	    err);
	assert_int_equal(planning_count(&p, "invite", -1), 2);
	planning_run(&p, NOW, NOW + 2 * HOUR);
	assert_ok(
	    planning_apply_reviewed(&p, reviewed, NULL, NOW, &result, &err),
	    err);
	assert_int_equal(planning_count(&p, "invite", -1), 5);
	assert_int_equal(planning_count(&p, "invite", OUTBOX_SENT), 2);
	assert_fails(planning_apply(&p, "nobody", NOW, &result, &err), err,
		     ERROR_INVALID, "nobody");
}

static void
a_partner_gets_its_sender(void **state)
{
	struct partner_sender sender;

	(void)state;
	assert_ok(planning_apply(&p, NULL, NOW, &result, &err), err);
	assert_ok(partner_sender_get(p.db, p.arena,
				     planning_partner_id(&p, "acme"), &sender,
				     &err),
		  err);
	assert_str(sender.from_name, "Company acme via Northwind");
	assert_str(sender.from_address, "acme@mail.northwind.example");
	assert_str(sender.reply_to, "owner@acme.example");
	assert_str(sender.opt_out_scope, "vendor");
}

static void
a_corrected_text_mails_nobody_again(void **state)
{
	struct activation *runs;

	(void)state;
	assert_ok(planning_apply(&p, NULL, NOW, &result, &err), err);
	planning_run(&p, NOW, NOW + 2 * HOUR);
	campaign_of("", automatic, audience,
		    arena_printf(p.arena, "%s<!-- mended -->%s%s", invite,
				 nudge, teaser));
	assert_int_equal(planning_plan(&p, NOW)->changed_file_count, 1);
	assert_ok(planning_apply(&p, NULL, NOW + 2 * HOUR, &result, &err), err);
	assert_int_equal(result.deliveries, 0);
	assert_int_equal(
	    activation_list(p.db, p.arena, STR("spring"), -1, &runs, &err), 1);
	assert_true(str_eq(runs[0].revision, planning_plan(&p, NOW)->revision));
	planning_run(&p, NOW + 2 * HOUR, NOW + 9 * DAY);
	assert_int_equal(planning_count(&p, "invite", -1), 3);
	assert_int_equal(planning_count(&p, "nudge", OUTBOX_SENT), 3);
}

static void
a_step_that_is_added_later_comes_to_all(void **state)
{
	(void)state;
	campaign_of("", automatic, audience, invite);
	assert_ok(planning_apply(&p, NULL, NOW, &result, &err), err);
	planning_run(&p, NOW, NOW + DAY);
	campaign_of("", automatic, audience, all_steps());
	assert_ok(planning_apply(&p, NULL, NOW + DAY, &result, &err), err);
	planning_run(&p, NOW + DAY, NOW + 9 * DAY);
	assert_int_equal(planning_count(&p, "invite", OUTBOX_SENT), 3);
	assert_int_equal(planning_count(&p, "nudge", OUTBOX_SENT), 3);
	assert_int_equal(planning_count(&p, "teaser", -1), 2);
}

static void
a_partner_that_fits_no_more_is_stopped(void **state)
{
	(void)state;
	assert_ok(planning_apply(&p, NULL, NOW, &result, &err), err);
	planning_run(&p, NOW, NOW + 2 * HOUR);
	p.rows[0].tier = STR("silver");
	assert_true(planning_plan(&p, NOW)->changes);
	assert_ok(planning_apply(&p, NULL, NOW + DAY, &result, &err), err);
	assert_int_equal(result.ended, 1);
	planning_run(&p, NOW + DAY, NOW + 9 * DAY);
	assert_int_equal(planning_count(&p, "nudge", -1), 0);
}

/* ---- contacts come and go ---- */

struct removal {
	int64_t partner_id;
	struct person_hash person;
};

static int
delete_contact(struct db *db, void *arg, struct error *e)
{
	const struct removal *x = arg;

	return contact_delete(db, x->partner_id, &x->person, NOW, e);
}

static void
who_is_deleted_and_imported_is_not_mailed_again(void **state)
{
	struct removal x = { planning_partner_id(&p, "acme"),
			     planning_person(&p, 0) };

	(void)state;
	assert_ok(planning_apply(&p, NULL, NOW, &result, &err), err);
	planning_run(&p, NOW, NOW + 2 * HOUR);
	assert_ok(db_commit(p.store, delete_contact, &x, &err), err);
	(void)planning_step(&p, NOW + 3 * HOUR);
	planning_contacts(&p, "acme", 0, 3, "", NOW + 4 * HOUR);
	planning_run(&p, NOW + 4 * HOUR, NOW + 2 * DAY);
	assert_int_equal(planning_count(&p, "invite", -1), 3);
}

static void
who_comes_later_joins_and_keeps_the_distances(void **state)
{
	struct outbox_delivery *all;
	int64_t late_ms = NOW + 7 * DAY + 3 * HOUR, seen = 0;
	int count;

	(void)state;
	assert_ok(planning_apply(&p, NULL, NOW, &result, &err), err);
	planning_run(&p, NOW, late_ms);
	/* The clock of the import was read long before. */
	planning_contacts(&p, "acme", 50, 1, "", NOW + 7 * DAY);
	planning_run(&p, late_ms, NOW + 30 * DAY);
	count = planning_list(&p, p.arena, &all);
	for (int i = 0; i < count; i++) {
		struct person_hash late = planning_person(&p, 50);

		if (!str_eq(all[i].key.subject, person_hash_view(&late)))
			continue;
		seen++;
		assert_int_equal(all[i].due_ms,
				 str_eq_cstr(all[i].key.step, "invite")
				     ? NOW + 8 * DAY + HOUR
				     : NOW + 12 * DAY + HOUR);
	}
	assert_int_equal(seen, 2);
}

/* ---- the bound ---- */

static int64_t
waiting(const char *partner)
{
	int64_t id = partner ? planning_partner_id(&p, partner) : -1;
	int64_t count;

	assert_ok(plan_waiting(p.db, id, STR("spring"), &count, &err), err);
	return count;
}

/* Three of two mails each: 16 mails at most are 8 people, so 5 may join. */
static void
who_comes_beyond_the_bound_waits_for_a_new_plan(void **state)
{
	struct plan *reviewed = planning_plan(&p, NOW);

	(void)state;
	assert_ok(
	    planning_apply_reviewed(&p, reviewed, NULL, NOW, &result, &err),
	    err);
	planning_contacts(&p, "acme", 50, 2, "", NOW + HOUR);
	(void)planning_step(&p, NOW + HOUR);
	assert_int_equal(planning_count(&p, "invite", -1), 5);
	assert_int_equal(waiting(NULL), 0);
	assert_false(planning_plan(&p, NOW + HOUR)->changes);
	planning_contacts(&p, "acme", 100, 20, "", NOW + 2 * HOUR);
	planning_run(&p, NOW + 2 * HOUR, NOW + 2 * DAY);
	assert_int_equal(planning_count(&p, "invite", -1), 8);
	assert_int_equal(waiting("acme"), 17);
	assert_int_equal(waiting("zeta"), 0);
	assert_fails(planning_apply_reviewed(&p, reviewed, NULL, NOW + 2 * DAY,
					     &result, &err),
		     err, ERROR_INVALID, "mails for one partner");
	assert_int_equal(planning_step(&p, NOW + 2 * DAY), 0);
	assert_true(planning_plan(&p, NOW + 2 * DAY)->changes);
	assert_ok(planning_apply(&p, NULL, NOW + 2 * DAY, &result, &err), err);
	assert_int_equal(result.deliveries, 17);
	assert_int_equal(waiting(NULL), 0);
	assert_false(planning_plan(&p, NOW + 2 * DAY)->changes);
	planning_run(&p, NOW + 2 * DAY, NOW + 30 * DAY);
	assert_int_equal(planning_count(&p, "invite", OUTBOX_SENT), 25);
	assert_int_equal(planning_count(&p, "nudge", OUTBOX_SENT), 25);
}

static void
who_waits_is_counted_once(void **state)
{
	(void)state;
	assert_ok(planning_apply(&p, NULL, NOW, &result, &err), err);
	planning_contacts(&p, "acme", 100, 9, "", NOW + HOUR);
	(void)planning_step(&p, NOW + HOUR);
	assert_int_equal(waiting("acme"), 4);
	planning_contacts(&p, "acme", 200, 1, "", NOW + 2 * HOUR);
	(void)planning_step(&p, NOW + 2 * HOUR);
	assert_int_equal(waiting("acme"), 5);
	assert_int_equal(planning_count(&p, "invite", -1), 8);
	assert_int_equal(planning_plan(&p, NOW + 2 * HOUR)->partners[0].waiting,
			 5);
}

/* More than a batch of the walk, so that the count is carried over. */
static void
a_long_list_waits_as_a_whole(void **state)
{
	(void)state;
	assert_ok(planning_apply(&p, NULL, NOW, &result, &err), err);
	planning_contacts(&p, "acme", 1000, 450, "", NOW + HOUR);
	(void)planning_step(&p, NOW + HOUR);
	assert_int_equal(planning_count(&p, "invite", -1), 8);
	assert_int_equal(waiting("acme"), 445);
	assert_ok(planning_apply(&p, NULL, NOW + HOUR, &result, &err), err);
	assert_int_equal(planning_count(&p, "invite", -1), 453);
	assert_int_equal(waiting("acme"), 0);
}

/* Whoever had mail and left takes no room from who was reviewed. */
static void
who_left_does_not_stand_in_the_way(void **state)
{
	(void)state;
	assert_ok(planning_apply(&p, NULL, NOW, &result, &err), err);
	for (int i = 0; i < 3; i++) {
		struct person_hash person = planning_person(&p, i);

		assert_ok(db_commit(p.store, withdraw, &person, &err), err);
	}
	planning_contacts(&p, "acme", 100, 30, "", NOW + HOUR);
	(void)planning_step(&p, NOW + HOUR);
	assert_int_equal(waiting("acme"), 25);
	assert_ok(planning_apply(&p, NULL, NOW + HOUR, &result, &err), err);
	assert_int_equal(result.deliveries, 25);
	assert_int_equal(waiting("acme"), 0);
	assert_int_equal(planning_count(&p, "invite", -1), 33);
}

static void
a_kit_that_is_started_later_has_the_bound_of_its_plan(void **state)
{
	struct plan_begin start;
	int64_t id;

	(void)state;
	campaign_of("", "<start mode=\"opt-in\"/>\n", audience, all_steps());
	assert_ok(planning_apply(&p, NULL, NOW, &result, &err), err);
	planning_contacts(&p, "acme", 100, 20, "", NOW + HOUR);
	start = (struct plan_begin){
		.store = p.store,
		.campaign = p.campaign,
		.revision = planning_plan(&p, NOW)->revision,
		.partner_id = planning_partner_id(&p, "acme"),
		.who = STR("ann"),
		.now_ms = NOW + HOUR,
	};
	assert_ok(plan_start_partner(&start, &id, &err), err);
	(void)planning_step(&p, NOW + HOUR);
	assert_int_equal(planning_count(&p, "invite", -1), 8);
	assert_int_equal(waiting("acme"), 15);
	assert_ok(planning_apply(&p, NULL, NOW + HOUR, &result, &err), err);
	assert_int_equal(planning_count(&p, "invite", -1), 23);
}

/* ---- the sequence ---- */

static int
click(struct db *db, void *arg, struct error *e)
{
	const struct outbox_delivery *d = arg;
	const struct event clicked = {
		.kind = EVENT_CLICKED,
		.at_ms = NOW,
		.partner_id = d->id.partner_id,
		.activation_id = d->key.activation_id,
		.delivery = { (const char *)d->id.bytes, sizeof(d->id.bytes) },
	};

	return event_append(db, &clicked, e);
}

static int
add_lead(struct db *db, void *arg, struct error *e)
{
	const struct outbox_delivery *d = arg;

	return (int)db_run(db, "INSERT INTO test_lead VALUES (?1, ?2, ?3, 1)",
			   DB_ARGS(DB_INT(d->id.partner_id),
				   DB_INT(d->key.activation_id),
				   DB_BLOB(d->key.subject)),
			   e);
}

static int
add_reply(struct db *db, void *arg, struct error *e)
{
	const struct outbox_delivery *d = arg;
	const struct str id = { (const char *)d->id.bytes,
				sizeof(d->id.bytes) };

	return (int)db_run(db, "INSERT INTO test_reply VALUES (?1, ?2, ?3, ?4)",
			   DB_ARGS(DB_INT(d->id.partner_id),
				   DB_INT(d->key.activation_id), DB_BLOB(id),
				   DB_BLOB(d->key.subject)),
			   e);
}

/* The first invitation of this campaign is sent and answered. */
static void
be_answered(const char *steps)
{
	struct outbox_delivery *all;
	int count;

	campaign_of("", automatic, audience, steps);
	assert_ok(planning_apply(&p, NULL, NOW, &result, &err), err);
	planning_run(&p, NOW, NOW + 2 * HOUR);
	count = planning_list(&p, p.arena, &all);
	for (int i = 0; i < count; i++) {
		if (all[i].key.subject_kind != OUTBOX_PERSON)
			continue;
		assert_ok(db_commit(p.store, add_reply, &all[i], &err), err);
		break;
	}
	planning_run(&p, NOW + 3 * HOUR, NOW + 9 * DAY);
}

static void
who_has_answered_is_not_gone_on_with(void **state)
{
	(void)state;
	be_answered(all_steps());
	assert_int_equal(planning_count(&p, "nudge", -1), 2);
	assert_int_equal(planning_count(&p, "nudge", OUTBOX_SENT), 2);
}

static void
a_campaign_that_names_answers_goes_on_as_it_says(void **state)
{
	static const char last[] =
	    "<email id=\"last\" template=\"mail/nudge\" at=\"start+5d 09:00\""
	    " only-if=\"replied\"><subject>Third</subject></email>\n";
	static const char second[] =
	    "<email id=\"nudge\" template=\"mail/nudge\" at=\"start+4d 09:00\""
	    " unless=\"clicked replied\"><subject>Second</subject></email>\n";
	struct outbox_delivery *all;
	int count;

	(void)state;
	be_answered(arena_printf(p.arena, "%s%s%s", invite, second, last));
	assert_int_equal(planning_count(&p, "nudge", OUTBOX_SKIPPED), 1);
	assert_int_equal(planning_count(&p, "nudge", OUTBOX_SENT), 2);
	assert_int_equal(planning_count(&p, "last", OUTBOX_SKIPPED), 2);
	assert_int_equal(planning_count(&p, "last", OUTBOX_SENT), 1);
	count = planning_list(&p, p.arena, &all);
	for (int i = 0; i < count; i++)
		if (all[i].state == OUTBOX_SKIPPED)
			assert_true(
			    str_eq_cstr(all[i].status, "unless replied") ||
			    str_eq_cstr(all[i].status, "if replied"));
}

static const char to_invite[] =
    "<email id=\"last\" template=\"mail/nudge\" at=\"start+5d 09:00\""
    " only-if=\"replied:invite\"><subject>Third</subject></email>\n";
static const char to_nudge[] =
    "<email id=\"last\" template=\"mail/nudge\" at=\"start+5d 09:00\""
    " unless=\"replied:nudge\"><subject>Third</subject></email>\n";
static const char plain_nudge[] =
    "<email id=\"nudge\" template=\"mail/nudge\" at=\"start+4d 09:00\">"
    "<subject>Second</subject></email>\n";

static void
an_answer_to_the_step_that_is_named_is_gone_on_from(void **state)
{
	struct outbox_delivery *all;
	int count;

	(void)state;
	be_answered(
	    arena_printf(p.arena, "%s%s%s", invite, plain_nudge, to_invite));
	assert_int_equal(planning_count(&p, "nudge", OUTBOX_SENT), 3);
	assert_int_equal(planning_count(&p, "last", OUTBOX_SENT), 1);
	assert_int_equal(planning_count(&p, "last", OUTBOX_SKIPPED), 2);
	count = planning_list(&p, p.arena, &all);
	for (int i = 0; i < count; i++)
		if (all[i].state == OUTBOX_SKIPPED)
			assert_true(
			    str_eq_cstr(all[i].status, "if replied:invite"));
}

static void
an_answer_to_a_step_that_no_condition_names_ends_it(void **state)
{
	(void)state;
	be_answered(
	    arena_printf(p.arena, "%s%s%s", invite, plain_nudge, to_nudge));
	assert_int_equal(planning_count(&p, "nudge", -1), 2);
	assert_int_equal(planning_count(&p, "last", OUTBOX_SENT), 2);
	assert_int_equal(planning_count(&p, "last", -1), 2);
}

static void
a_condition_is_asked_when_the_step_is_due(void **state)
{
	struct outbox_delivery *all;
	int count, mails = 0;

	(void)state;
	assert_ok(planning_apply(&p, NULL, NOW, &result, &err), err);
	planning_run(&p, NOW, NOW + 2 * HOUR);
	count = planning_list(&p, p.arena, &all);
	for (int i = 0; i < count; i++) {
		if (all[i].key.subject_kind != OUTBOX_PERSON)
			continue;
		mails++;
		if (mails < 3)
			assert_ok(db_commit(p.store,
					    mails == 1 ? click : add_lead,
					    &all[i], &err),
				  err);
	}
	assert_int_equal(planning_count(&p, "nudge", -1), 0);
	planning_run(&p, NOW + 3 * HOUR, NOW + 9 * DAY);
	assert_int_equal(planning_count(&p, "nudge", OUTBOX_SKIPPED), 2);
	assert_int_equal(planning_count(&p, "nudge", OUTBOX_SENT), 1);
	assert_int_equal(events(EVENT_SKIPPED), 2);
	count = planning_list(&p, p.arena, &all);
	for (int i = 0; i < count; i++)
		if (all[i].state == OUTBOX_SKIPPED)
			assert_true(str_eq_cstr(all[i].status,
						"unless clicked:invite") ||
				    str_eq_cstr(all[i].status, "unless lead"));
}

static void
a_step_is_put_a_quarter_of_an_hour_ahead(void **state)
{
	int64_t due_ms = NOW + HOUR + 4 * DAY;
	int64_t at_ms;

	(void)state;
	assert_ok(planning_apply(&p, NULL, NOW, &result, &err), err);
	planning_run(&p, NOW, NOW + 2 * HOUR);
	assert_int_equal(plan_next(p.db, &at_ms, &err), 1);
	assert_int_equal(at_ms, due_ms - PLAN_AHEAD_MS);
	assert_int_equal(planning_step(&p, due_ms - PLAN_AHEAD_MS - 1), 0);
	assert_int_equal(planning_count(&p, "nudge", -1), 0);
	assert_int_equal(planning_step(&p, due_ms - PLAN_AHEAD_MS), 3);
	assert_int_equal(planning_count(&p, "nudge", OUTBOX_READY), 3);
	planning_run(&p, due_ms, due_ms + DAY);
	assert_int_equal(plan_next(p.db, &at_ms, &err), 0);
}

static void
who_opted_out_is_not_gone_on_with(void **state)
{
	struct person_hash person = planning_person(&p, 1);

	(void)state;
	assert_ok(planning_apply(&p, NULL, NOW, &result, &err), err);
	planning_run(&p, NOW, NOW + 2 * HOUR);
	assert_ok(db_commit(p.store, withdraw, &person, &err), err);
	planning_run(&p, NOW + 3 * HOUR, NOW + 9 * DAY);
	assert_int_equal(planning_count(&p, "nudge", -1), 2);
}

/* It was refused for what it is: the person may be mailed again, elsewhere. */
static int
come_back(struct db *db, void *arg, struct error *e)
{
	const struct person_hash *person = arg;
	const struct outbox_filter mine = {
		.partner_id = planning_partner_id(&p, "acme"),
		.subject = person_hash_view(person),
	};
	struct event_return r = { .class = EVENT_RETURN_REFUSED, .at_ms = NOW };
	struct outbox_delivery *d;
	int count = outbox_list(db, p.arena, &mine, OUTBOX_SENT, 1, &d, e);

	if (count != 1)
		return error_set(e, ERROR_NOT_FOUND, "nothing was sent");
	r.partner_id = d->id.partner_id;
	r.delivery =
	    (struct str){ (const char *)d->id.bytes, sizeof(d->id.bytes) };
	return event_return_add(db, &r, e);
}

static void
a_mail_that_came_back_is_not_gone_on_from(void **state)
{
	struct person_hash person = planning_person(&p, 1);

	(void)state;
	assert_ok(planning_apply(&p, NULL, NOW, &result, &err), err);
	planning_run(&p, NOW, NOW + 2 * HOUR);
	assert_ok(db_commit(p.store, come_back, &person, &err), err);
	planning_run(&p, NOW + 3 * HOUR, NOW + 9 * DAY);
	assert_int_equal(planning_count(&p, "nudge", -1), 2);
}

static void
nothing_is_put_that_is_due_after_the_end(void **state)
{
	(void)state;
	campaign_of("valid-from=\"2026-03-04\" valid-until=\"2026-03-05\"",
		    automatic, audience, all_steps());
	assert_ok(planning_apply(&p, NULL, NOW, &result, &err), err);
	planning_run(&p, NOW, NOW + 2 * DAY);
	assert_int_equal(planning_count(&p, "invite", OUTBOX_READY), 3);
	planning_run(&p, NOW + 2 * DAY, NOW + 20 * DAY);
	assert_int_equal(planning_count(&p, "invite", OUTBOX_SENT), 3);
	assert_int_equal(planning_count(&p, "nudge", OUTBOX_SKIPPED), 3);
	planning_contacts(&p, "acme", 70, 1, "", NOW + 20 * DAY);
	(void)planning_step(&p, NOW + 20 * DAY);
	assert_int_equal(planning_count(&p, "invite", -1), 3);
}

/* ---- started by hand ---- */

static int
start_acme(bool again, const char *parameters, int64_t now_ms, int64_t *id)
{
	const struct plan_begin in = {
		.store = p.store,
		.campaign = p.campaign,
		.revision = planning_plan(&p, now_ms)->revision,
		.partner_id = planning_partner_id(&p, "acme"),
		.parameters = str_of(parameters),
		.again = again,
		.who = STR("ann"),
		.now_ms = now_ms,
	};

	return plan_start_partner(&in, id, &err);
}

static int
end_run(struct db *db, void *arg, struct error *e)
{
	return activation_update(db, arg, NOW, e);
}

static void
the_same_kit_twice_a_year_mails_twice(void **state)
{
	struct activation *runs;
	int64_t first, second;

	(void)state;
	campaign_of("", "<start mode=\"opt-in\"/>\n", audience, invite);
	assert_ok(planning_apply(&p, NULL, NOW, &result, &err), err);
	assert_int_equal(result.activations + result.deliveries, 0);
	assert_ok(start_acme(false, "", NOW, &first), err);
	planning_run(&p, NOW, NOW + DAY);
	assert_fails(start_acme(false, "", NOW + DAY, &second), err,
		     ERROR_EXISTS, "running");
	assert_int_equal(
	    activation_list(p.db, p.arena, STR("spring"), -1, &runs, &err), 1);
	runs[0].state = ACTIVATION_ENDED;
	assert_ok(db_commit(p.store, end_run, &runs[0], &err), err);
	assert_ok(start_acme(false, "", NOW + 100 * DAY, &second), err);
	assert_true(first != second);
	planning_run(&p, NOW + 100 * DAY, NOW + 110 * DAY);
	assert_int_equal(planning_count(&p, "invite", OUTBOX_SENT), 6);
	assert_ok(start_acme(true, "", NOW + 110 * DAY, &second), err);
}

static void
parameters_fit_the_slots(void **state)
{
	int64_t id;

	(void)state;
	campaign_of(
	    "", "<start mode=\"opt-in\"/>\n", audience,
	    "<slot id=\"intro\" type=\"text\" max=\"4\">"
	    "<default>Hi</default></slot>\n"
	    "<email id=\"invite\" template=\"mail/announce\""
	    " at=\"start+0d 09:00\"><subject>First</subject></email>\n");
	assert_ok(planning_apply(&p, NULL, NOW, &result, &err), err);
	assert_fails(
	    start_acme(false, "{\"slots\":{\"outro\":\"x\"}}", NOW, &id), err,
	    ERROR_INVALID, "\"outro\"");
	assert_fails(
	    start_acme(false, "{\"slots\":{\"intro\":\"12345\"}}", NOW, &id),
	    err, ERROR_INVALID, "5 characters");
	assert_fails(
	    start_acme(false, "{\"slots\":{\"intro\":\"\\u001b\"}}", NOW, &id),
	    err, ERROR_INVALID, "a control character for the slot \"intro\"");
	assert_fails(start_acme(false,
				"{\"slots\":{\"intro\":\"\xef\xbf\xbd\"}}", NOW,
				&id),
		     err, ERROR_INVALID, "no UTF-8 for the slot \"intro\"");
	assert_ok(start_acme(false,
			     "{\"slots\":{\"intro\":\"Gr\xc3\xbc\xc3\x9f\"}}",
			     NOW, &id),
		  err);
}

static int
run_suite(const char *name)
{
	const struct CMUnitTest tests[] = {
#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)
		CASE(a_plan_says_who_gets_what_when_and_why),
		CASE(a_line_that_vanished_is_an_error),
		CASE(a_plan_comes_back_from_its_file),
		CASE(a_plan_that_was_changed_is_refused),
		CASE(a_plan_fits_a_screen),
		CASE(what_widens_refuses_and_what_lessens_does_not),
		CASE(applying_twice_is_applying_once),
		CASE(a_pilot_is_widened_without_sending_again),
		CASE(a_partner_gets_its_sender),
		CASE(a_corrected_text_mails_nobody_again),
		CASE(a_step_that_is_added_later_comes_to_all),
		CASE(a_partner_that_fits_no_more_is_stopped),
		CASE(who_is_deleted_and_imported_is_not_mailed_again),
		CASE(who_comes_later_joins_and_keeps_the_distances),
		CASE(who_comes_beyond_the_bound_waits_for_a_new_plan),
		CASE(who_waits_is_counted_once),
		CASE(a_long_list_waits_as_a_whole),
		CASE(who_left_does_not_stand_in_the_way),
		CASE(a_kit_that_is_started_later_has_the_bound_of_its_plan),
		CASE(a_condition_is_asked_when_the_step_is_due),
		CASE(who_has_answered_is_not_gone_on_with),
		CASE(a_campaign_that_names_answers_goes_on_as_it_says),
		CASE(an_answer_to_the_step_that_is_named_is_gone_on_from),
		CASE(an_answer_to_a_step_that_no_condition_names_ends_it),
		CASE(a_step_is_put_a_quarter_of_an_hour_ahead),
		CASE(who_opted_out_is_not_gone_on_with),
		CASE(a_mail_that_came_back_is_not_gone_on_from),
		CASE(nothing_is_put_that_is_due_after_the_end),
		CASE(the_same_kit_twice_a_year_mails_twice),
		CASE(parameters_fit_the_slots),
	};

	return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
	return test_on_both(&url, run_suite, "plan/sqlite", "plan/postgresql");
}
