/*
 * What lead.h promises, on every store there is. Each case begins with two
 * partners, an activation each, and Ann on ACME's list with two mails that
 * wait and one that was sent.
 */
#include "lead/lead.h"

#include "base/encode.h"
#include "base/js.h"
#include "event/event.h"
#include "partner_store.h"

enum { ACME_RUN = 1001, ZETA_RUN = 2002, LEAD_ID = 77 };

static const char *url;
static struct contact ann;

/* ---- units ---- */

struct erasing {
	int64_t partner_id;
	struct person_hash person;
};

UNIT(capture, struct lead_capture, lead_capture(db, x, e))
UNIT(erase_leads, struct erasing,
     lead_erase(db, x->partner_id, &x->person, NOW + 9, e))
UNIT(put_delivery, struct outbox_key, outbox_put(db, x, NOW, e))

static struct outbox_key
mail_to(const struct contact *c, int64_t run, const char *step)
{
	return (struct outbox_key){
		.partner_id = c->partner_id,
		.activation_id = run,
		.step = str_of(step),
		.subject_kind = OUTBOX_PERSON,
		.subject = person_hash_view(&c->person),
		.channel = STR("email"),
	};
}

/* ---- the store ---- */

static const struct db_schema *const schemas[] = {
	&event_schema,
	&outbox_schema,
	&campaign_schema,
	&lead_schema,
};

static int
fill_store(void)
{
	struct own_value lead_email = { acme_id, STR("lead_email"),
					STR("sales@acme.example") };
	struct activation acmes = some_activation(acme_id, ACME_RUN);
	struct activation zetas = some_activation(zeta_id, ZETA_RUN);
	struct outbox_key invite, nudge;

	ann = some_contact(acme_id, "ann@example.org");
	invite = mail_to(&ann, ACME_RUN, "invite");
	nudge = mail_to(&ann, ACME_RUN, "nudge");
	return set_value(&lead_email) < 0 || start(&acmes) < 0 ||
		       start(&zetas) < 0 || put_contact(&ann) < 0 ||
		       put_delivery(&invite) < 0 || put_delivery(&nudge) < 0
		   ? -1
		   : 0;
}

static int
open_store(void **state)
{
	(void)state;
	if (open_partner_store(url) < 0 ||
	    db_migrate(store, schemas, COUNT_OF(schemas), &err) < 0 ||
	    put_two_partners() < 0 || fill_store() < 0) {
		printf("%s\n", err.text);
		return -1;
	}
	return 0;
}

static int
close_store(void **state)
{
	(void)state;
	return close_partner_store();
}

/* ---- looking ---- */

static struct lead
some_lead(int64_t id, const char *address)
{
	return (struct lead){
		.partner_id = acme_id,
		.id = id,
		.activation_id = ACME_RUN,
		.campaign = STR("spring"),
		.page = STR("offer"),
		.form = STR("call-me"),
		.revision = STR("0123456789abcdef0123456789abcdef"),
		.has_person = true,
		.person = partner_person(pepper, str_of(address)),
		.address = str_of(address),
		.given_name = STR("Ann"),
		.family_name = STR("Ott"),
		.fields =
		    STR("{\"email\":\"ann@example.org\",\"seats\":\"9\"}"),
		.consent_text = STR("Yes, call me."),
		.language = STR("de"),
		.at_ms = NOW,
	};
}

static int
capture_lead(const struct lead *lead)
{
	struct lead_capture how = { .lead = lead };

	return capture(&how);
}

static int64_t
events(enum event_kind kind)
{
	const struct event_filter filter = { .partner_id = acme_id,
					     .kinds = &kind,
					     .kind_count = 1,
					     .limit = 100 };
	struct event_row *rows;
	int count = event_list(reader, arena, &filter, &rows, &err);

	assert_ok(count, err);
	return count;
}

/* The state of a lead's delivery, or -1 when there is none. */
static int
state_of(int64_t id, const char *step, const char *channel)
{
	uint8_t subject[LEAD_SUBJECT_BYTES];
	const struct outbox_key key = {
		.partner_id = acme_id,
		.activation_id = ACME_RUN,
		.step = str_of(step),
		.subject_kind = OUTBOX_LEAD,
		.subject = lead_subject(id, subject),
		.channel = str_of(channel),
	};
	struct outbox_id at = outbox_id_of(&key);
	struct outbox_delivery d;
	int got = outbox_find(reader, arena, &at, &d, &err);

	assert_ok(got, err);
	return got == 0 ? -1 : (int)d.state;
}

static enum outbox_state
state_of_mail(const struct contact *c, const char *step)
{
	struct outbox_key key = mail_to(c, ACME_RUN, step);
	struct outbox_id at = outbox_id_of(&key);
	struct outbox_delivery d;

	assert_int_equal(outbox_find(reader, arena, &at, &d, &err), 1);
	return d.state;
}

static int64_t
in_view(const struct person_hash *person)
{
	int64_t n = -1;

	assert_int_equal(
	    db_query_int(reader, &n,
			 "SELECT count(*) FROM lead_view WHERE partner_id = ?1"
			 " AND activation_id = ?2 AND person = ?3",
			 DB_ARGS(DB_INT(acme_id), DB_INT(ACME_RUN),
				 DB_BLOB(person_hash_view(person))),
			 &err),
	    1);
	return n;
}

/* ---- capture ---- */

static void
all_of_it_follows_from_a_capture(void **state)
{
	struct lead lead = some_lead(LEAD_ID, "ann@example.org");
	struct lead_capture how = { .lead = &lead, .hook = true };
	struct lead got;

	(void)state;
	assert_int_equal(capture(&how), 1);
	assert_ok(lead_get(reader, arena, acme_id, LEAD_ID, &got, &err), err);
	assert_str(got.address, "ann@example.org");
	assert_str(got.family_name, "Ott");
	assert_str(got.consent_text, "Yes, call me.");
	assert_str(got.page, "offer");
	assert_int_equal(got.at_ms, NOW);
	assert_true(got.has_person);
	assert_memory_equal(&got.person, &ann.person, sizeof(ann.person));
	assert_int_equal(state_of(LEAD_ID, LEAD_STEP_NOTIFY, "email"),
			 OUTBOX_READY);
	assert_int_equal(state_of(LEAD_ID, LEAD_STEP_HOOK, "webhook"),
			 OUTBOX_READY);
	assert_int_equal(state_of(LEAD_ID, LEAD_STEP_THANKS, "email"),
			 OUTBOX_READY);
	assert_int_equal(events(EVENT_SUBMITTED), 1);
	assert_int_equal(in_view(&ann.person), 1);
}

static void
who_becomes_a_lead_leaves_the_sequence(void **state)
{
	struct lead lead = some_lead(LEAD_ID, "ann@example.org");

	(void)state;
	assert_int_equal(capture_lead(&lead), 1);
	assert_int_equal(state_of_mail(&ann, "invite"), OUTBOX_CANCELLED);
	assert_int_equal(state_of_mail(&ann, "nudge"), OUTBOX_CANCELLED);
	assert_int_equal(events(EVENT_CANCELLED), 2);
}

static void
another_activation_goes_on(void **state)
{
	struct activation other = some_activation(acme_id, ACME_RUN + 1);
	struct outbox_key key = mail_to(&ann, ACME_RUN + 1, "invite");
	struct outbox_id at = outbox_id_of(&key);
	struct lead lead = some_lead(LEAD_ID, "ann@example.org");
	struct outbox_delivery d;

	(void)state;
	assert_ok(start(&other), err);
	assert_int_equal(put_delivery(&key), 1);
	assert_int_equal(capture_lead(&lead), 1);
	assert_int_equal(outbox_find(reader, arena, &at, &d, &err), 1);
	assert_int_equal(d.state, OUTBOX_READY);
}

static void
capturing_twice_is_capturing_once(void **state)
{
	struct lead lead = some_lead(LEAD_ID, "ann@example.org");
	struct lead again = some_lead(LEAD_ID, "eve@example.org");
	struct outbox_key late = mail_to(&ann, ACME_RUN, "late");
	struct lead got;

	(void)state;
	assert_int_equal(capture_lead(&lead), 1);
	assert_int_equal(put_delivery(&late), 1);
	assert_int_equal(capture_lead(&lead), 0);
	assert_int_equal(capture_lead(&again), 0);
	assert_ok(lead_get(reader, arena, acme_id, LEAD_ID, &got, &err), err);
	assert_str(got.address, "ann@example.org");
	assert_int_equal(events(EVENT_SUBMITTED), 1);
	assert_int_equal(state_of_mail(&ann, "late"), OUTBOX_READY);
}

static void
a_visitor_does_not_join_the_list(void **state)
{
	struct lead lead = some_lead(LEAD_ID, "eve@example.org");
	struct contact got;

	(void)state;
	assert_int_equal(capture_lead(&lead), 1);
	assert_int_equal(
	    contact_find(reader, arena, acme_id, &lead.person, &got, &err), 0);
}

/* Eve types her address on the page that Ann's mail led to. */
static void
whose_mail_led_here_leaves_too(void **state)
{
	struct outbox_key invite = mail_to(&ann, ACME_RUN, "invite");
	struct outbox_id at = outbox_id_of(&invite);
	struct lead lead = some_lead(LEAD_ID, "eve@example.org");

	(void)state;
	lead.delivery =
	    (struct str){ (const char *)at.bytes, sizeof(at.bytes) };
	assert_int_equal(capture_lead(&lead), 1);
	assert_int_equal(state_of_mail(&ann, "nudge"), OUTBOX_CANCELLED);
	assert_int_equal(in_view(&ann.person), 1);
	assert_int_equal(in_view(&lead.person), 1);
	lead = some_lead(LEAD_ID + 1, "ann@example.org");
	lead.delivery =
	    (struct str){ (const char *)at.bytes, sizeof(at.bytes) };
	assert_int_equal(capture_lead(&lead), 1);
	assert_int_equal(in_view(&ann.person), 2);
}

static void
a_lead_without_an_address_is_one(void **state)
{
	struct lead lead = some_lead(LEAD_ID, "ann@example.org");
	struct lead got;

	(void)state;
	lead.has_person = false;
	lead.address = STR("");
	lead.phone = STR("030 1234567");
	assert_int_equal(capture_lead(&lead), 1);
	assert_ok(lead_get(reader, arena, acme_id, LEAD_ID, &got, &err), err);
	assert_false(got.has_person);
	assert_int_equal(state_of(LEAD_ID, LEAD_STEP_NOTIFY, "email"),
			 OUTBOX_READY);
	assert_int_equal(state_of(LEAD_ID, LEAD_STEP_THANKS, "email"), -1);
}

/* A unit of work: the sender holds the news of leads with this status. */
static int
hold_news(struct db *db, void *arg, struct error *e)
{
	const char *status = arg;
	const struct outbox_claim how = { .owner = 5,
					  .now_ms = NOW,
					  .lease_ms = NOW + 1000,
					  .key_id = 1,
					  .carrier = OUTBOX_MAIL,
					  .max = 10 };
	const struct outbox_verdict held = { .kind = OUTBOX_VERDICT_HELD,
					     .status = str_of(status),
					     .now_ms = NOW };
	struct outbox_delivery *all;
	enum outbox_state became;
	int count = outbox_claim(db, arena, &how, &all, e);

	for (int i = 0; i < count; i++) {
		bool news = str_eq_cstr(all[i].key.step, LEAD_STEP_NOTIFY) ||
			    str_eq_cstr(all[i].key.step, OUTBOX_STEP_NOTICE);

		if ((news ? outbox_finish(db, &all[i], &held, &became, e)
			  : outbox_release(db, &all[i], e)) < 0)
			return -(int)e->code;
	}
	return count;
}

static int
hold(const char *status)
{
	return db_commit(store, hold_news, (void *)(uintptr_t)status, &err);
}

static void
news_waits_for_an_address(void **state)
{
	struct own_value none = { acme_id, STR("lead_email"), STR("") };
	struct own_value some = { acme_id, STR("lead_email"),
				  STR("new@acme.example") };
	struct lead lead = some_lead(LEAD_ID, "ann@example.org");
	struct lead other = some_lead(LEAD_ID + 1, "bob@example.org");

	(void)state;
	assert_ok(set_value(&none), err);
	assert_int_equal(capture_lead(&lead), 1);
	assert_int_equal(state_of(LEAD_ID, LEAD_STEP_HOOK, "webhook"), -1);
	assert_ok(hold(LEAD_UNTOLD), err);
	assert_int_equal(capture_lead(&other), 1);
	assert_ok(hold("550 not you"), err);
	assert_int_equal(lead_step(store, NOW + 1, &err), 0);
	assert_int_equal(state_of(LEAD_ID, LEAD_STEP_NOTIFY, "email"),
			 OUTBOX_HELD);
	assert_ok(set_value(&some), err);
	assert_int_equal(lead_step(store, NOW + 1, &err), 1);
	assert_int_equal(lead_step(store, NOW + 1, &err), 0);
	assert_int_equal(state_of(LEAD_ID, LEAD_STEP_NOTIFY, "email"),
			 OUTBOX_READY);
	assert_int_equal(state_of(LEAD_ID + 1, LEAD_STEP_NOTIFY, "email"),
			 OUTBOX_HELD);
	assert_int_equal(events(EVENT_RELEASED), 1);
}

static void
a_notice_of_a_sender_waits_for_an_address_too(void **state)
{
	struct own_value none = { acme_id, STR("lead_email"), STR("") };
	struct own_value some = { acme_id, STR("owner_email"),
				  STR("new@acme.example") };
	struct lead lead = some_lead(LEAD_ID, "ann@example.org");
	struct outbox_key key = {
		.partner_id = acme_id,
		.activation_id = lead.activation_id,
		.step = STR(OUTBOX_STEP_NOTICE),
		.subject_kind = OUTBOX_NOTICE,
		.subject = STR("a notice"),
		.channel = STR("email"),
	};
	struct outbox_id id = outbox_id_of(&key);
	struct outbox_delivery d;

	(void)state;
	assert_ok(set_value(&none), err);
	assert_int_equal(put_delivery(&key), 1);
	assert_ok(hold(LEAD_UNTOLD), err);
	assert_int_equal(lead_step(store, NOW + 1, &err), 0);
	assert_ok(set_value(&some), err);
	assert_int_equal(lead_step(store, NOW + 1, &err), 1);
	assert_int_equal(outbox_find(reader, arena, &id, &d, &err), 1);
	assert_int_equal(d.state, OUTBOX_READY);
}

static void
a_webhook_alone_is_enough(void **state)
{
	struct own_value none = { acme_id, STR("lead_email"), STR("") };
	struct lead lead = some_lead(LEAD_ID, "ann@example.org");
	struct lead_capture how = { .lead = &lead, .hook = true };

	(void)state;
	assert_ok(set_value(&none), err);
	assert_int_equal(capture(&how), 1);
	assert_int_equal(state_of(LEAD_ID, LEAD_STEP_NOTIFY, "email"), -1);
	assert_int_equal(state_of(LEAD_ID, LEAD_STEP_HOOK, "webhook"),
			 OUTBOX_READY);
}

static void
thanks_come_once_a_day(void **state)
{
	struct lead first = some_lead(LEAD_ID, "ann@example.org");
	struct lead second = some_lead(LEAD_ID + 1, "ann@example.org");
	struct lead third = some_lead(LEAD_ID + 2, "ann@example.org");

	(void)state;
	second.at_ms = NOW + 60 * 60 * 1000;
	third.at_ms = second.at_ms + 25 * 60 * 60 * 1000;
	assert_int_equal(capture_lead(&first), 1);
	assert_int_equal(capture_lead(&second), 1);
	assert_int_equal(capture_lead(&third), 1);
	assert_int_equal(state_of(LEAD_ID, LEAD_STEP_THANKS, "email"),
			 OUTBOX_READY);
	assert_int_equal(state_of(LEAD_ID + 1, LEAD_STEP_THANKS, "email"), -1);
	assert_int_equal(state_of(LEAD_ID + 1, LEAD_STEP_NOTIFY, "email"),
			 OUTBOX_READY);
	assert_int_equal(state_of(LEAD_ID + 2, LEAD_STEP_THANKS, "email"),
			 OUTBOX_READY);
}

static void
many_forms_do_not_add_up_to_many_mails(void **state)
{
	struct lead theirs = some_lead(LEAD_ID, "ann@example.org");
	struct lead ours = some_lead(LEAD_ID + 1, "ann@example.org");
	struct lead other = some_lead(LEAD_ID + 2, "eve@example.org");

	(void)state;
	theirs.partner_id = zeta_id;
	theirs.activation_id = ZETA_RUN;
	ours.at_ms = NOW + 60 * 60 * 1000;
	assert_int_equal(capture_lead(&theirs), 1);
	assert_int_equal(capture_lead(&ours), 1);
	assert_int_equal(capture_lead(&other), 1);
	assert_int_equal(state_of(LEAD_ID + 1, LEAD_STEP_THANKS, "email"), -1);
	assert_int_equal(state_of(LEAD_ID + 1, LEAD_STEP_NOTIFY, "email"),
			 OUTBOX_READY);
	assert_int_equal(state_of(LEAD_ID + 2, LEAD_STEP_THANKS, "email"),
			 OUTBOX_READY);
}

static void
who_is_suppressed_everywhere_is_not_thanked(void **state)
{
	struct opt_out partners = { &ann, SUPPRESSION_PARTNER };
	struct opt_out globally = { &ann, SUPPRESSION_GLOBAL };
	struct lead first = some_lead(LEAD_ID, "ann@example.org");
	struct lead second = some_lead(LEAD_ID + 1, "ann@example.org");

	(void)state;
	second.at_ms = NOW + INT64_C(48) * 60 * 60 * 1000;
	assert_int_equal(suppress(&partners), 1);
	assert_int_equal(capture_lead(&first), 1);
	assert_int_equal(state_of(LEAD_ID, LEAD_STEP_THANKS, "email"),
			 OUTBOX_READY);
	assert_int_equal(suppress(&globally), 1);
	assert_int_equal(capture_lead(&second), 1);
	assert_int_equal(state_of(LEAD_ID + 1, LEAD_STEP_THANKS, "email"), -1);
	assert_int_equal(state_of(LEAD_ID + 1, LEAD_STEP_NOTIFY, "email"),
			 OUTBOX_READY);
}

static void
a_partner_cannot_have_anothers_activation_or_mail(void **state)
{
	struct outbox_key invite = mail_to(&ann, ACME_RUN, "invite");
	struct outbox_id at = outbox_id_of(&invite);
	struct lead lead = some_lead(LEAD_ID, "eve@example.org");
	struct lead got;

	(void)state;
	lead.activation_id = ZETA_RUN;
	assert_fails(capture_lead(&lead), err, ERROR_INVALID, "lead");
	lead.partner_id = zeta_id;
	lead.delivery =
	    (struct str){ (const char *)at.bytes, sizeof(at.bytes) };
	assert_fails(capture_lead(&lead), err, ERROR_INVALID, "lead");
	lead.delivery = (struct str){ 0 };
	assert_int_equal(capture_lead(&lead), 1);
	assert_fails(lead_get(reader, arena, acme_id, LEAD_ID, &got, &err), err,
		     ERROR_NOT_FOUND, "no such lead");
	assert_int_equal(state_of_mail(&ann, "invite"), OUTBOX_READY);
}

/* ---- lists ---- */

static void
lists_are_newest_first(void **state)
{
	const struct lead_filter all = { .partner_id = -1, .limit = 300 };
	const struct lead_filter two = { .partner_id = acme_id, .limit = 2 };
	const struct lead_filter none = { .partner_id = acme_id,
					  .campaign = STR("autumn"),
					  .limit = 9 };
	struct lead *list;

	(void)state;
	for (int i = 0; i < 70; i++) {
		struct lead lead = some_lead(100 + i, "ann@example.org");

		lead.at_ms = NOW + i;
		assert_int_equal(capture_lead(&lead), 1);
	}
	assert_int_equal(lead_list(reader, arena, &all, &list, &err), 70);
	assert_int_equal(list[0].id, 169);
	assert_int_equal(list[69].id, 100);
	assert_int_equal(lead_list(reader, arena, &two, &list, &err), 2);
	assert_int_equal(list[1].id, 168);
	assert_int_equal(lead_list(reader, arena, &none, &list, &err), 0);
}

/* ---- erasing ---- */

/* How many columns of the one lead hold "canary". */
static int
canaries(void)
{
	struct db_rows rows;
	int found = 0;

	assert_ok(
	    db_query(
		reader, &rows,
		"SELECT campaign, page, form, address, given_name, family_name, company, phone, message, fields, consent_text, language FROM lead",
		DB_NO_ARGS, &err),
	    err);
	assert_int_equal(db_next(&rows, &err), 1);
	for (int i = 0; i < rows.columns; i++)
		found += str_find(db_text(&rows, i), STR("canary")) >= 0;
	db_rows_end(&rows);
	return found;
}

static void
erasing_leaves_nothing_personal(void **state)
{
	struct lead lead = some_lead(LEAD_ID, "canary@example.org");
	struct erasing who = { acme_id, lead.person };
	struct lead got;

	(void)state;
	lead.given_name = lead.family_name = lead.company = lead.phone =
	    lead.message = lead.language = STR("the canary");
	lead.fields = STR("{\"x\":\"canary\"}");
	assert_int_equal(capture_lead(&lead), 1);
	assert_int_equal(canaries(), 8);
	assert_int_equal(erase_leads(&who), 1);
	assert_int_equal(canaries(), 0);
	assert_int_equal(erase_leads(&who), 0);
	assert_ok(lead_get(reader, arena, acme_id, LEAD_ID, &got, &err), err);
	assert_true(got.erased);
	assert_int_equal(in_view(&lead.person), 1);
	assert_int_equal(state_of(LEAD_ID, LEAD_STEP_NOTIFY, "email"),
			 OUTBOX_CANCELLED);
	assert_int_equal(state_of(LEAD_ID, LEAD_STEP_THANKS, "email"),
			 OUTBOX_CANCELLED);
	assert_true(event_verify(reader, &err) > 0);
}

static void
erasing_reaches_leads_that_a_mail_brought(void **state)
{
	struct outbox_key invite = mail_to(&ann, ACME_RUN, "invite");
	struct outbox_id at = outbox_id_of(&invite);
	struct lead lead = some_lead(LEAD_ID, "eve@example.org");
	struct erasing zetas = { zeta_id, ann.person };
	struct erasing who = { acme_id, ann.person };

	(void)state;
	lead.delivery =
	    (struct str){ (const char *)at.bytes, sizeof(at.bytes) };
	assert_int_equal(capture_lead(&lead), 1);
	assert_int_equal(erase_leads(&zetas), 0);
	assert_int_equal(erase_leads(&who), 1);
}

#define CASE(name) \
	cmocka_unit_test_setup_teardown(name, open_store, close_store)

static int
run_suite(const char *name)
{
	const struct CMUnitTest tests[] = {
		CASE(all_of_it_follows_from_a_capture),
		CASE(who_becomes_a_lead_leaves_the_sequence),
		CASE(another_activation_goes_on),
		CASE(capturing_twice_is_capturing_once),
		CASE(a_visitor_does_not_join_the_list),
		CASE(whose_mail_led_here_leaves_too),
		CASE(a_lead_without_an_address_is_one),
		CASE(news_waits_for_an_address),
		CASE(a_notice_of_a_sender_waits_for_an_address_too),
		CASE(a_webhook_alone_is_enough),
		CASE(thanks_come_once_a_day),
		CASE(many_forms_do_not_add_up_to_many_mails),
		CASE(who_is_suppressed_everywhere_is_not_thanked),
		CASE(a_partner_cannot_have_anothers_activation_or_mail),
		CASE(lists_are_newest_first),
		CASE(erasing_leaves_nothing_personal),
		CASE(erasing_reaches_leads_that_a_mail_brought),
	};

	return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
	return test_on_both(&url, run_suite, "lead/sqlite", "lead/postgresql");
}
