/*
 * Deliveries become messages, on every store there is: of the workspace in
 * tests/fixtures, published.
 */
#include "dispatch/dispatch_make.h"

#include "base/civil.h"
#include "base/now.h"
#include "dispatch/dispatch_relay_log.h"
#include "dispatch/dispatch_resolve.h"
#include "doctor/doctor_notice.h"
#include "doctor/doctor_watch.h"
#include "lead/lead.h"
#include "lead/lead_reply.h"
#include "partner_store.h"
#include "xml/xml.h"

enum { RUN = 1001, OFFICE_RUN = 2001, LEAD_ID = 77 };

static const int64_t SENT_MS = 1772438400000; /* 2026-03-02 08:00 UTC */

static const char *url;
static struct event_keys *keys;
static struct render_kits *kits;
static struct dispatch_maker *maker;
static struct str revision;
static struct contact ann;

UNIT(capture, struct lead_capture, lead_capture(db, x, e))
UNIT(put, struct outbox_key, outbox_put(db, x, NOW, e))

struct erasing {
	int64_t partner_id;
	struct person_hash person;
};

UNIT(erase_leads, struct erasing,
     lead_erase(db, x->partner_id, &x->person, NOW, e))

/* ---- the store ---- */

static const struct db_schema *const schemas[] = {
	&event_schema, &outbox_schema, &campaign_schema,
	&lead_schema,  &doctor_schema,
};

static struct str
publish(struct str campaign)
{
	struct campaign_findings findings;
	struct campaign_files *files;
	struct render_kit *kit;
	struct str id;

	campaign_findings_init(&findings, arena);
	assert_ok(campaign_folder_open(&files, FIXTURE, &err), err);
	assert_ok(render_kit_new(&kit, files, campaign, &findings, &err), err);
	assert_ok(campaign_revision_id(files, arena, &id, &err), err);
	assert_ok(campaign_revision_store(store, files, campaign, 1, &err),
		  err);
	render_kit_free(&kit);
	campaign_files_close(&files);
	return id;
}

static void
put_people(void)
{
	struct partner acme = {
		.slug = STR("acme"),
		.company = STR("Acme Ltd"),
		.language = STR("en"),
		.time_zone = STR("Europe/London"),
		.phone = STR("+44 20 7946 0100"),
		.city = STR("Bath"),
		.website = STR("https://www.acme.example"),
		.lead_email = STR("leads@acme.example"),
	};
	struct activation run = some_activation(0, RUN);
	struct partner_sender sender = {
		.id = PARTNER_SENDER_DEFAULT,
		.from_name = STR("Acme via Northwind"),
		.from_address = STR("acme@mail.northwind.example"),
		.reply_to = STR("hello@acme.example"),
		.postal_address = STR("Acme & Sons, 1 High Street, Bath"),
		.opt_out_scope = STR("partner"),
	};

	assert_ok(put_partner(&acme), err);
	acme_id = run.partner_id = sender.partner_id = acme.id;
	run.revision = revision;
	assert_ok(start(&run), err);
	run.id = OFFICE_RUN;
	run.campaign = STR("office");
	run.revision = publish(STR("office"));
	assert_ok(start(&run), err);
	assert_ok(put_sender(&sender), err);
	ann = some_contact(acme_id, "ann@example.org");
	ann.company = STR("Smith & Co");
	assert_ok(put_contact(&ann), err);
}

static int
open_store(void **state)
{
	(void)state;
	xml_init();
	assert_int_equal(open_partner_store(url), 0);
	assert_ok(db_migrate(store, schemas, COUNT_OF(schemas), &err), err);
	revision = publish(STR("spring"));
	put_people();
	assert_ok(event_keys_open(&keys, store, &err), err);
	assert_ok(render_kits_open(&kits, &err), err);
	assert_ok(dispatch_maker_open(&maker, store, kits, keys, &err), err);
	return 0;
}

static int
close_store(void **state)
{
	(void)state;
	dispatch_maker_close(&maker);
	render_kits_free(&kits);
	event_keys_free(&keys);
	return close_partner_store();
}

/* ---- deliveries ---- */

static struct outbox_delivery
delivery_of(enum outbox_subject kind, struct str subject, const char *step,
	    const char *channel)
{
	struct outbox_delivery d = {
		.key = { .partner_id = acme_id,
			 .activation_id = RUN,
			 .step = str_of(step),
			 .subject_kind = kind,
			 .subject = subject,
			 .channel = str_of(channel) },
		.state = OUTBOX_CLAIMED,
		.date_ms = SENT_MS,
		.key_id = 1,
	};

	d.id = outbox_id_of(&d.key);
	return d;
}

static struct outbox_delivery
mail_to_ann(const char *step)
{
	return delivery_of(OUTBOX_PERSON, person_hash_view(&ann.person), step,
			   "email");
}

static int
make(const struct outbox_delivery *d, struct dispatch_message *out)
{
	struct dispatch_source source = dispatch_maker_source(maker);
	const struct dispatch_order order = { .delivery = d };

	*out = (struct dispatch_message){ .delivery = d };
	err = (struct error){ 0 };
	return source.make(source.arg, arena, reader, &order, out, &err);
}

/* Partner and sender are read anew. */
static void
reopen_maker(void)
{
	dispatch_maker_close(&maker);
	assert_ok(dispatch_maker_open(&maker, store, kits, keys, &err), err);
}

static void
assert_has(struct str text, const char *part)
{
	if (str_find(text, str_of(part)) < 0)
		fail_msg("no \"%s\" in:\n%.*s", part, STR_ARG(text));
}

static void
assert_held(const struct outbox_delivery *d, const char *why)
{
	struct dispatch_message m;

	assert_int_equal(make(d, &m), 0);
	assert_has(str_of(err.text), why);
}

/* ---- the hour ---- */

/* Of the run at office hours, due then and taken now. */
static int
take(struct outbox_delivery d, const char *due, const char *now,
     struct dispatch_message *out)
{
	struct dispatch_source source = dispatch_maker_source(maker);
	struct dispatch_order order = { .delivery = &d };

	d.key.activation_id = OFFICE_RUN;
	d.id = outbox_id_of(&d.key);
	assert_ok(civil_parse_instant(str_of(due), &d.due_ms, &err), err);
	assert_ok(civil_parse_instant(str_of(now), &order.now_ms, &err), err);
	*out = (struct dispatch_message){ .delivery = &d };
	err = (struct error){ 0 };
	return source.make(source.arg, arena, reader, &order, out, &err);
}

static void
assert_waits(struct outbox_delivery d, const char *now, const char *until)
{
	struct dispatch_message m;
	int64_t until_ms;

	assert_ok(civil_parse_instant(str_of(until), &until_ms, &err), err);
	assert_int_equal(take(d, now, now, &m), DISPATCH_WAITS);
	assert_int_equal(m.not_before_ms, until_ms);
	assert_int_equal(take(d, until, until, &m), DISPATCH_MADE);
}

/* London is where both are; its summer time begins on the 29th. */
static void
what_is_taken_at_a_quiet_hour_waits(void **state)
{
	(void)state;
	assert_waits(mail_to_ann("invite"), "2026-03-26T12:00:00Z",
		     "2026-03-26T13:00:00Z");
	assert_waits(mail_to_ann("invite"), "2026-03-27T17:00:00Z",
		     "2026-03-30T08:00:00Z");
	/* A post goes by its own clock. */
	assert_waits(
	    delivery_of(OUTBOX_ACCOUNT, STR("linkedin"), "teaser", "linkedin"),
	    "2026-03-27T08:00:00Z", "2026-03-30T00:00:00Z");
}

static void
what_is_later_than_it_may_be_is_held(void **state)
{
	struct outbox_delivery mail = mail_to_ann("invite");
	struct outbox_delivery post =
	    delivery_of(OUTBOX_ACCOUNT, STR("linkedin"), "teaser", "linkedin");
	struct dispatch_message m;

	(void)state;
	assert_int_equal(
	    take(mail, "2026-03-03T10:00:00Z", "2026-03-05T10:00:00Z", &m),
	    DISPATCH_MADE);
	assert_int_equal(
	    take(mail, "2026-03-03T10:00:00Z", "2026-03-05T10:00:00.001Z", &m),
	    DISPATCH_HELD);
	assert_string_equal(err.text, outbox_overdue);
	/* At a quiet hour it is held rather than moved on and on. */
	assert_int_equal(
	    take(mail, "2026-03-03T10:00:00Z", "2026-03-05T12:30:00Z", &m),
	    DISPATCH_HELD);
	assert_int_equal(
	    take(post, "2026-03-03T01:30:00Z", "2026-03-03T02:00:00Z", &m),
	    DISPATCH_MADE);
	assert_int_equal(
	    take(post, "2026-03-03T01:30:00Z", "2026-03-03T02:01:00Z", &m),
	    DISPATCH_HELD);
}

/* It was looked at again and again since, as what is paused is. */
static void
a_pause_makes_nothing_younger(void **state)
{
	struct outbox_delivery d = mail_to_ann("invite");
	struct dispatch_message m;

	(void)state;
	assert_ok(
	    civil_parse_instant(STR("2026-03-03T09:59:00Z"), &d.owed_ms, &err),
	    err);
	assert_int_equal(
	    take(d, "2026-03-05T10:00:00Z", "2026-03-05T10:00:00Z", &m),
	    DISPATCH_HELD);
	assert_string_equal(err.text, outbox_overdue);
}

/* ---- mail ---- */

static void
a_contact_gets_the_campaigns_mail(void **state)
{
	struct outbox_delivery d = mail_to_ann("invite");
	struct dispatch_message m, again;

	(void)state;
	assert_int_equal(make(&d, &m), 1);
	assert_str(m.sender, "acme@mail.northwind.example");
	assert_str(m.receiver, "ann@example.org");
	assert_str(m.domain, "mail.northwind.example");
	assert_true(str_eq(m.revision, revision));
	assert_int_equal(m.policy, OUTBOX_POLICY_RESEND);
	assert_has(m.bytes, "To: \"Ann\" <ann@example.org>\r\n");
	assert_has(m.bytes, "Smith & Co");
	assert_int_equal(make(&d, &again), 1);
	assert_true(str_eq(m.bytes, again.bytes));
}

static void
a_maker_opened_anew_makes_the_same_bytes(void **state)
{
	struct outbox_delivery d = mail_to_ann("invite");
	struct dispatch_message m, again;

	(void)state;
	assert_int_equal(make(&d, &m), 1);
	dispatch_maker_close(&maker);
	assert_ok(db_secret_rotate(store, "message", &err), err);
	assert_ok(dispatch_maker_open(&maker, store, kits, keys, &err), err);
	assert_int_equal(make(&d, &again), 1);
	assert_true(str_eq(m.bytes, again.bytes));
}

static void
what_is_missing_is_held_with_the_reason(void **state)
{
	struct outbox_delivery d = mail_to_ann("no-such-step");
	struct outbox_delivery post = mail_to_ann("teaser");
	struct outbox_delivery other = mail_to_ann("invite");

	(void)state;
	assert_held(&d, "no email no-such-step");
	assert_held(&post, "no email teaser");
	other.key.channel = STR("fax");
	assert_held(&other, "channel fax");
	assert_int_equal(erase_contact(&ann), 1);
	d = mail_to_ann("invite");
	assert_held(&d, "not on the list");
}

static void
a_revision_that_is_gone_is_held(void **state)
{
	struct outbox_delivery d = mail_to_ann("invite");

	(void)state;
	d.sha256 = STR("0123456789abcdef0123456789abcdef");
	d.revision = STR("no revision has these 32 bytes..");
	assert_held(&d, "campaign spring");
}

/* An update while an attempt is under way. */
static void
a_second_attempt_is_of_the_first_ones_revision(void **state)
{
	struct activation moved = some_activation(acme_id, RUN);
	struct outbox_delivery d = mail_to_ann("invite");
	struct outbox_delivery again = d;
	struct dispatch_message m;

	(void)state;
	moved.revision = STR("no revision has these 32 bytes..");
	assert_ok(update(&moved), err);
	assert_held(&d, "campaign spring");
	again.sha256 = STR("0123456789abcdef0123456789abcdef");
	again.revision = revision;
	assert_int_equal(make(&again, &m), 1);
	assert_true(str_eq(m.revision, revision));
}

static void
the_view_is_the_mails_html(void **state)
{
	struct outbox_delivery d = mail_to_ann("invite");
	struct outbox_delivery post = d;
	struct str html;

	(void)state;
	assert_ok(dispatch_view(maker, arena, reader, &d, &html, &err), err);
	assert_has(html, "Close the doors of Smith &amp; Co");
	post.key.subject_kind = OUTBOX_ACCOUNT;
	assert_fails(dispatch_view(maker, arena, reader, &post, &html, &err),
		     err, ERROR_NOT_FOUND, "no mail");
}

/* ---- in doubt ---- */

struct closing {
	struct outbox_id id;
	enum outbox_state to;
};

UNIT(resolve, struct closing,
     dispatch_resolve(db, &x->id, x->to, STR("a DSN"), NOW, e))

/* Hand it over and lose the reply. */
static int
lose(struct db *db, void *arg, struct error *e)
{
	const struct dispatch_message *m = arg;
	const struct outbox_claim claim = {
		.owner = 1,
		.now_ms = SENT_MS,
		.lease_ms = SENT_MS + 1000,
		.key_id = 1,
		.carrier = OUTBOX_MAIL,
		.max = 1,
	};
	const struct outbox_marker marker = {
		.now_ms = SENT_MS,
		.sha256 = STR("0123456789abcdef0123456789abcdef"),
		.domain = m->domain,
	};
	const struct outbox_verdict unknown = {
		.kind = OUTBOX_VERDICT_UNKNOWN,
		.status = STR("no reply"),
		.now_ms = SENT_MS,
	};
	enum outbox_state became;
	struct outbox_delivery *d;

	if (outbox_claim(db, arena, &claim, &d, e) != 1 ||
	    outbox_mark(db, d, &marker, e) != 1)
		return 0;
	return outbox_finish(db, d, &unknown, &became, e);
}

static struct str
message_id_in(struct str bytes)
{
	static const char before[] = "\r\nMessage-ID: ";
	ptrdiff_t at = str_find(bytes, str_of(before));
	struct str rest;

	assert_true(at >= 0);
	rest = str_slice(bytes, (size_t)at + strlen(before), bytes.len);
	return str_slice(rest, 0, (size_t)str_find_char(rest, '\r'));
}

static void
a_mail_in_doubt_is_found_by_its_message_id(void **state)
{
	struct outbox_delivery d = mail_to_ann("invite");
	struct closing bounced = { d.id, OUTBOX_BOUNCED };
	struct dispatch_doubts doubts;
	struct dispatch_doubt *found;
	struct dispatch_message m;

	(void)state;
	assert_int_equal(make(&d, &m), 1);
	assert_int_equal(put(&d.key), 1);
	assert_int_equal(resolve(&bounced), 0);
	assert_int_equal(db_commit(store, lose, &m, &err), 1);
	assert_ok(dispatch_doubts_load(&doubts, store, arena, &err), err);
	assert_int_equal(doubts.count, 1);
	assert_null(dispatch_doubts_find(&doubts, STR("<a@b.example>")));
	found = dispatch_doubts_find(&doubts, message_id_in(m.bytes));
	assert_ptr_equal(found, doubts.items[0]);
	assert_ptr_equal(found,
			 dispatch_doubts_find(&doubts, found->message_id));
	assert_int_equal(resolve(&bounced), 1);
	assert_int_equal(resolve(&bounced), 0);
	assert_ok(dispatch_doubts_load(&doubts, store, arena, &err), err);
	assert_int_equal(doubts.count, 0);
}

static void
what_closes_a_doubt_is_in_the_journal(void **state)
{
	static const struct {
		enum outbox_state to;
		enum event_kind kind;
	} cases[] = { { OUTBOX_SENT, EVENT_SENT },
		      { OUTBOX_BOUNCED, EVENT_BOUNCED },
		      { OUTBOX_READY, EVENT_RELEASED } };
	const char *const steps[] = { "invite", "nudge", "thanks" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct outbox_delivery d = mail_to_ann(steps[i]);
		struct dispatch_message m = { .domain = STR("d.example") };
		struct closing closing = { d.id, cases[i].to };
		const struct event_filter filter = {
			.partner_id = acme_id,
			.activation_id = RUN,
			.delivery = { (const char *)d.id.bytes,
				      sizeof(d.id.bytes) },
			.limit = 9,
		};
		struct event_row *rows;

		assert_int_equal(put(&d.key), 1);
		assert_int_equal(db_commit(store, lose, &m, &err), 1);
		assert_int_equal(resolve(&closing), 1);
		assert_int_equal(
		    event_list(reader, arena, &filter, &rows, &err), 1);
		assert_int_equal(rows[0].event.kind, cases[i].kind);
		assert_str(rows[0].event.payload, "{\"status\":\"a DSN\"}");
	}
}

UNIT(add_hit, struct event_hit, event_hit_add(db, x, e))
UNIT(add_event, struct event, event_append(db, x, e))
UNIT(adopt, int64_t, outbox_adopt(db, *x, OUTBOX_DOUBTS_ALL, e))

static void
lost_mail(struct outbox_delivery *d)
{
	struct dispatch_message m = { .domain = STR("d.example") };

	assert_int_equal(put(&d->key), 1);
	assert_int_equal(db_commit(store, lose, &m, &err), 1);
}

static void
what_anybody_fetched_has_arrived(void **state)
{
	struct outbox_delivery d = mail_to_ann("invite");
	struct event_hit hit = { .kind = EVENT_HIT_CLICK,
				 .at_ms = SENT_MS - 1,
				 .partner_id = acme_id,
				 .agent = EVENT_MACHINE };
	struct outbox_delivery row;
	int64_t looked_ms = 0;

	(void)state;
	lost_mail(&d);
	memcpy(hit.delivery, d.id.bytes, sizeof(hit.delivery));
	/* of an attempt before */
	assert_ok(add_hit(&hit), err);
	hit.at_ms = SENT_MS + 1;
	hit.partner_id = zeta_id;
	assert_ok(add_hit(&hit), err);
	assert_int_equal(
	    dispatch_resolve_seen(store, SENT_MS + 60000, &looked_ms, &err), 0);
	hit.at_ms = SENT_MS + 90000;
	hit.partner_id = acme_id;
	assert_ok(add_hit(&hit), err);
	assert_int_equal(
	    dispatch_resolve_seen(store, SENT_MS + 120000, &looked_ms, &err),
	    1);
	assert_int_equal(outbox_find(reader, arena, &d.id, &row, &err), 1);
	assert_int_equal(row.state, OUTBOX_SENT);
	assert_str(row.status, "it arrived: a link of it was followed");
}

/* It came while the reply was awaited. */
static void
whoever_opted_out_by_it_has_it(void **state)
{
	struct outbox_delivery d = mail_to_ann("invite");
	struct event event = {
		.kind = EVENT_UNSUBSCRIBED,
		.at_ms = SENT_MS + 1,
		.partner_id = acme_id,
		.activation_id = RUN,
		.delivery = { (const char *)d.id.bytes, sizeof(d.id.bytes) },
	};
	int64_t looked_ms = 0;

	(void)state;
	lost_mail(&d);
	assert_ok(add_event(&event), err);
	assert_int_equal(
	    dispatch_resolve_seen(store, SENT_MS + 60000, &looked_ms, &err), 1);
}

/* What the store that is gone did with it is in a log that we do not have. */
static void
after_a_restore_absence_proves_nothing(void **state)
{
	static const char lines[] =
	    "2026-03-02T07:00:00Z r postfix/anvil[1]: begins\n"
	    "2026-03-02T08:00:00Z r postfix/cleanup[2]: 5F6A79A6659: "
	    "message-id=<x@d.example>\n"
	    "2026-03-02T09:00:00Z r postfix/anvil[1]: ends\n";
	struct outbox_delivery d = mail_to_ann("invite");
	struct dispatch_doubts doubts;
	struct relay_proof proof;
	struct relay_log *log;
	int64_t adopted_ms = SENT_MS + 1;

	(void)state;
	lost_mail(&d);
	assert_ok(dispatch_doubts_load(&doubts, store, arena, &err), err);
	relay_log_open(&log, &doubts, NULL, SENT_MS);
	relay_log_file(log);
	relay_log_feed(log, str_of(lines));
	assert_int_equal(dispatch_resolve_proof(reader, arena, log,
						doubts.items[0], &proof, &err),
			 1);
	assert_int_equal(proof.to, OUTBOX_READY);
	assert_ok(adopt(&adopted_ms), err);
	assert_int_equal(dispatch_resolve_proof(reader, arena, log,
						doubts.items[0], &proof, &err),
			 0);
	relay_log_close(&log);
}

/* ---- posts ---- */

static void
a_post_is_json(void **state)
{
	struct outbox_delivery d =
	    delivery_of(OUTBOX_ACCOUNT, STR("linkedin"), "teaser", "linkedin");
	struct dispatch_message m;

	(void)state;
	assert_int_equal(make(&d, &m), 1);
	assert_has(m.bytes, "\"type\":\"post.due\"");
	assert_has(m.bytes, "\"network\":\"linkedin\"");
	assert_str(m.receiver, "linkedin");
	assert_int_equal(m.policy, OUTBOX_POLICY_RESEND);
}

/* ---- leads ---- */

static struct lead
captured(void)
{
	struct outbox_delivery by = mail_to_ann("invite");
	struct lead lead = {
		.partner_id = acme_id,
		.id = LEAD_ID,
		.activation_id = RUN,
		.campaign = STR("spring"),
		.page = STR("offer"),
		.form = STR("call-me"),
		.revision = revision,
		.has_person = true,
		.person = ann.person,
		.address = STR("ann@example.org"),
		.given_name = STR("Ann"),
		.message = STR("Call <me>"),
		.fields = STR("{\"email\":\"ann@example.org\","
			      "\"message\":\"Call <me>\"}"),
		.consent_text = STR("Acme Ltd may contact me."),
		.language = STR("de"),
		.at_ms = SENT_MS,
	};
	struct lead_capture how = { .lead = &lead, .hook = true };

	assert_int_equal(put(&by.key), 1);
	lead.delivery = str_copy(arena, (struct str){ (const char *)by.id.bytes,
						      sizeof(by.id.bytes) });
	assert_int_equal(capture(&how), 1);
	return lead;
}

static struct outbox_delivery
of_lead(const char *step, const char *channel)
{
	uint8_t bytes[LEAD_SUBJECT_BYTES];
	struct str subject = str_copy(arena, lead_subject(LEAD_ID, bytes));

	return delivery_of(OUTBOX_LEAD, subject, step, channel);
}

/* The partner's addresses as its file has them from now on. */
static void
set_addresses(const char *lead, const char *owner)
{
	struct partner acme = {
		.slug = STR("acme"),
		.company = STR("Acme Ltd"),
		.language = STR("en"),
		.lead_email = str_of(lead),
		.owner_email = str_of(owner),
	};

	assert_ok(put_partner(&acme), err);
}

static void
news_of_a_lead_goes_to_the_owner_or_is_held(void **state)
{
	struct outbox_delivery d = of_lead(LEAD_STEP_NOTIFY, "email");
	struct dispatch_message m;

	(void)state;
	(void)captured();
	set_addresses("", "");
	assert_int_equal(make(&d, &m), 0);
	assert_string_equal(err.text, LEAD_UNTOLD);
	set_addresses("", "owner@acme.example");
	assert_int_equal(make(&d, &m), 1);
	assert_str(m.receiver, "owner@acme.example");
	assert_has(m.bytes, "To: <owner@acme.example>\r\n");
}

static void
the_partner_is_told_of_its_lead(void **state)
{
	struct outbox_delivery d = of_lead(LEAD_STEP_NOTIFY, "email");
	struct dispatch_message m;

	(void)state;
	(void)captured();
	assert_int_equal(make(&d, &m), 1);
	assert_str(m.receiver, "leads@acme.example");
	assert_int_equal(m.policy, OUTBOX_POLICY_HOLD);
	assert_has(m.bytes, "Reply-To: <ann@example.org>\r\n");
	assert_has(m.bytes, "2026-03-02 08:00 offer invite");
	assert_has(m.bytes, "Work e-mail: ann@example.org");
	assert_has(m.bytes, "Auto-Submitted:");
}

/* ---- replies ---- */

static struct lead_reply reply;

static int
put_reply(struct db *db, void *arg, struct error *e)
{
	enum lead_reply_kept kept;

	(void)arg;
	return lead_reply_put(db, &reply, &kept, e);
}

/* Of Ann, who answered the invitation; the delivery that brings it. */
static struct outbox_delivery
replied(const char *mail)
{
	struct outbox_delivery answered = mail_to_ann("invite");
	struct outbox_delivery d;

	assert_int_equal(put(&answered.key), 1);
	reply = (struct lead_reply){
		.partner_id = acme_id,
		.id = "0123456789abcde",
		.activation_id = RUN,
		.delivery = answered.id,
		.person = ann.person,
		.at_ms = SENT_MS,
		.address = STR("Ann.Private@example.net"),
		.name = STR("Ann \xc3\x84."),
		.mail = str_of(mail),
	};
	assert_int_equal(db_commit(store, put_reply, NULL, &err), 1);
	d = delivery_of(
	    OUTBOX_REPLY,
	    (struct str){ (const char *)reply.id, sizeof(reply.id) },
	    LEAD_STEP_REPLY, "email");
	return d;
}

static const char some_reply[] =
    "Received: from a by b\nFrom: ann.private@example.net\n"
    "Subject: =?utf-8?q?Re=3A_?=\n Spring\nMessage-ID: <2@example.net>\n"
    "References: <0@x.example>\nIn-Reply-To: <0@x.example>\n"
    "Bcc: all@example.net\nReturn-Path: <a@b.example>\n"
    "Content-Type: text/plain; charset=utf-8\n\nYes, .\n.\nplease\n";

static void
the_partner_gets_what_its_customer_answered(void **state)
{
	struct outbox_delivery d = replied(some_reply);
	struct dispatch_message m, again;

	(void)state;
	assert_int_equal(make(&d, &m), 1);
	assert_int_equal(make(&d, &again), 1);
	assert_true(str_eq(m.bytes, again.bytes));
	assert_str(m.receiver, "leads@acme.example");
	assert_str(m.domain, "mail.northwind.example");
	assert_int_equal(m.policy, OUTBOX_POLICY_HOLD);
	assert_has(m.bytes, " <acme@mail.northwind.example>\r\nTo: "
			    "<leads@acme.example>\r\nReply-To: ");
	assert_has(m.bytes, " <ann.private@example.net>\r\n"
			    "Subject: =?utf-8?q?Re=3A_?= Spring\r\n");
	assert_has(m.bytes, "\r\nIn-Reply-To: <0@x.example>\r\n"
			    "References: <0@x.example> <2@example.net>\r\n");
	assert_has(m.bytes, "\r\nX-Guidon-Sent-On: spring/invite\r\n");
	assert_has(m.bytes, "\r\nContent-Type: text/plain; charset=utf-8\r\n"
			    "\r\nYes, .\r\n.\r\nplease\r\n\r\n--=_");
	assert_has(m.bytes, "https://go.northwind.example/r/");
	assert_true(str_find(m.bytes, STR("Bcc")) < 0);
	assert_true(str_find(m.bytes, STR("Return-Path")) < 0);
	assert_true(str_find(m.bytes, STR("from a by b")) < 0);
}

static void
what_cannot_be_taken_along_is_attached(void **state)
{
	struct outbox_delivery d =
	    replied("Content-Type: multipart/mixed\n\n\xff");
	struct dispatch_message m;

	(void)state;
	assert_int_equal(make(&d, &m), 1);
	assert_has(m.bytes, "Subject: Re:\r\n");
	assert_has(m.bytes, "filename=\"reply.eml\"\r\n"
			    "Content-Transfer-Encoding: base64\r\n\r\n"
			    "Q29udGVudC1UeXBlOiBtdWx0aXBhcnQvbWl4ZWQKCv8=\r\n");
}

/* An address of a kind that we cannot write gives way to the known one. */
static void
somebody_can_be_answered_in_any_case(void **state)
{
	struct outbox_delivery d = replied(some_reply);
	struct dispatch_message m;

	(void)state;
	(void)d;
	reply.id[0] = 'x';
	reply.address = STR("\"ann a\"@example.net");
	assert_int_equal(db_commit(store, put_reply, NULL, &err), 1);
	d.key.subject =
	    (struct str){ (const char *)reply.id, sizeof(reply.id) };
	assert_int_equal(make(&d, &m), 1);
	assert_has(m.bytes, " <ann@example.org>\r\n");
}

static void
a_reply_that_was_forgotten_or_has_no_reader_is_held(void **state)
{
	struct outbox_delivery d = replied(some_reply);
	struct erasing erasing = { acme_id, ann.person };
	struct dispatch_message m;

	(void)state;
	set_addresses("", "");
	assert_int_equal(make(&d, &m), 0);
	assert_string_equal(err.text, LEAD_UNTOLD);
	set_addresses("leads@acme.example", "owner@acme.example");
	assert_int_equal(make(&d, &m), 1);
	assert_str(m.receiver, "owner@acme.example");
	assert_ok(erase_leads(&erasing), err);
	assert_held(&d, "not here any more");
}

/* With an address of ours to come back to; and past us when it wants so. */
static void
answers_go_where_the_partner_wants_them(void **state)
{
	struct partner_sender sender;
	struct outbox_delivery d = mail_to_ann("invite");
	struct own_value direct = { acme_id, STR("replies"), STR("direct") };
	struct event_address found;
	struct dispatch_message m;

	(void)state;
	assert_ok(partner_sender_get(reader, arena, acme_id, &sender, &err),
		  err);
	assert_int_equal(make(&d, &m), 1);
	assert_has(m.bytes, "Reply-To: <hello@acme.example>\r\n");
	sender.bounces = STR("back@northwind.example");
	assert_ok(put_sender(&sender), err);
	reopen_maker();
	assert_int_equal(make(&d, &m), 1);
	assert_has(m.bytes, "Reply-To: \"Acme via Northwind\"\r\n <back+");
	assert_true(
	    event_address_find(keys, m.bytes, EVENT_ADDRESS_REPLY, &found));
	assert_memory_equal(found.delivery, d.id.bytes, sizeof(d.id.bytes));
	assert_false(
	    event_address_find(keys, m.bytes, EVENT_ADDRESS_BOUNCE, &found));
	assert_true(event_address_find(
	    keys, str_printf(arena, "%.*s", STR_ARG(m.sender)),
	    EVENT_ADDRESS_BOUNCE, &found));
	assert_ok(set_value(&direct), err);
	reopen_maker();
	assert_int_equal(make(&d, &m), 1);
	assert_has(m.bytes, "Reply-To: <hello@acme.example>\r\n");
}

static void
the_visitor_is_thanked_in_the_forms_language(void **state)
{
	struct outbox_delivery d = of_lead(LEAD_STEP_THANKS, "email");
	struct dispatch_message m;

	(void)state;
	(void)captured();
	assert_int_equal(make(&d, &m), 1);
	assert_str(m.receiver, "ann@example.org");
	assert_has(m.bytes, "Ihre Anfrage ist da");
}

static void
the_hook_says_all_of_it(void **state)
{
	struct outbox_delivery d = of_lead(LEAD_STEP_HOOK, "webhook");
	struct dispatch_message m;

	(void)state;
	(void)captured();
	assert_int_equal(make(&d, &m), 1);
	assert_has(m.bytes, "\"type\":\"lead.created\"");
	assert_has(m.bytes, "\"partner\":\"acme\"");
	assert_has(m.bytes, "\"step\":\"invite\"");
	assert_has(m.bytes, "\"consent\":\"Acme Ltd may contact me.\"");
}

static void
a_hook_needs_no_campaign(void **state)
{
	struct activation moved = some_activation(acme_id, RUN);
	struct outbox_delivery hook = of_lead(LEAD_STEP_HOOK, "webhook");
	struct outbox_delivery notify = of_lead(LEAD_STEP_NOTIFY, "email");
	struct dispatch_message m;

	(void)state;
	(void)captured();
	moved.revision = STR("no revision has these 32 bytes..");
	assert_ok(update(&moved), err);
	assert_int_equal(make(&hook, &m), 1);
	assert_held(&notify, "campaign spring");
}

static void
an_erased_lead_is_told_to_nobody(void **state)
{
	struct erasing who = { acme_id, ann.person };
	struct outbox_delivery d = of_lead(LEAD_STEP_HOOK, "webhook");

	(void)state;
	(void)captured();
	assert_int_equal(erase_leads(&who), 1);
	assert_held(&d, "erased");
}

/* ---- signatures ---- */

#define DOMAIN STR("mail.northwind.example")

struct change {
	int64_t partner_id;
	int64_t at_ms;
};

static int
spoil_unit(struct db *db, void *arg, struct error *e)
{
	(void)arg;
	return (int)db_run(db, "UPDATE partner_dkim SET rsa_sealed = ?1",
			   DB_ARGS(DB_BLOB(STR("no key"))), e);
}

UNIT(put_pair, struct partner_dkim, partner_dkim_put(db, x, NOW, e))
UNIT(activate_pair, struct change,
     partner_dkim_activate(db, x->partner_id, DOMAIN, x->at_ms, e))

/* Signs what is dated at_ms and later: the name of its RSA key. */
static const char *
active_pair(int64_t partner_id, struct str domain, int64_t at_ms)
{
	struct change c = { partner_id, at_ms - PARTNER_DKIM_AHEAD_MS };
	struct partner_dkim pair;

	pair =
	    (struct partner_dkim){ .partner_id = partner_id, .domain = domain };
	partner_dkim_make(store, arena, PARTNER_DKIM_BOTH, &pair);
	assert_ok(put_pair(&pair), err);
	if (str_eq(domain, DOMAIN))
		assert_ok(activate_pair(&c), err);
	return str_cstr(
	    arena, str_printf(arena, " s=%.*s-rsa; ", STR_ARG(pair.selector)));
}

/* A maker that has read nothing yet makes it. */
static struct str
bytes_of(const struct outbox_delivery *d)
{
	struct dispatch_message m;

	dispatch_maker_close(&maker);
	assert_ok(dispatch_maker_open(&maker, store, kits, keys, &err), err);
	assert_int_equal(make(d, &m), 1);
	return m.bytes;
}

/* The headers as text without folds, so that tags can be looked for. */
static struct str
unfolded(struct str bytes)
{
	struct buf b = { 0 };
	struct str text;

	for (size_t i = 0; i < bytes.len; i++)
		if (bytes.p[i] == '\t')
			buf_char(&b, ' ');
		else if (bytes.p[i] != '\r' && bytes.p[i] != '\n')
			buf_char(&b, bytes.p[i]);
	text = str_copy(arena, buf_view(&b));
	buf_fini(&b);
	return text;
}

static bool
is_signed_by(struct str bytes, const char *selector)
{
	return str_find(unfolded(bytes), str_of(selector)) >= 0;
}

static void
a_mail_is_signed_by_both_keys_of_its_pair(void **state)
{
	struct outbox_delivery d = mail_to_ann("invite");
	struct str plain = bytes_of(&d);
	const char *rsa = active_pair(acme_id, DOMAIN, SENT_MS);
	struct str bytes = bytes_of(&d);

	(void)state;
	assert_false(str_starts(plain, STR("DKIM")));
	assert_true(str_starts(bytes, STR("DKIM-Signature: v=1; a=rsa-sha256; "
					  "c=relaxed/relaxed;")));
	assert_true(str_ends(bytes, plain));
	assert_true(is_signed_by(bytes, rsa));
	assert_has(unfolded(bytes), "a=ed25519-sha256; c=relaxed/relaxed; "
				    "d=mail.northwind.example; s=guidon-");
	assert_has(unfolded(bytes), " t=1772438400; ");
	assert_has(unfolded(bytes), ":List-Id:List-Unsubscribe:"
				    "List-Unsubscribe-Post:Feedback-ID");
	d.date_ms--;
	assert_false(str_starts(bytes_of(&d), STR("DKIM")));
}

/* As the attempt after one whose end is in doubt. */
static void
bytes_are_the_same_after_a_rotation(void **state)
{
	const char *old = active_pair(acme_id, DOMAIN, SENT_MS);
	struct outbox_delivery d = mail_to_ann("invite");
	struct outbox_delivery later = mail_to_ann("invite");
	struct str before = bytes_of(&d);
	const char *rsa = active_pair(acme_id, DOMAIN, SENT_MS + 3600000);

	(void)state;
	assert_true(is_signed_by(before, old));
	assert_true(str_eq(before, bytes_of(&d)));
	later.date_ms += 3600000;
	assert_true(is_signed_by(bytes_of(&later), rsa));
	assert_false(is_signed_by(bytes_of(&later), old));
	later.date_ms--;
	assert_true(is_signed_by(bytes_of(&later), old));
}

static void
the_vendors_pair_signs_and_no_other_partners(void **state)
{
	struct partner zeta = some_partner(STR("zeta"));
	struct outbox_delivery d = mail_to_ann("invite");
	const char *vendor;

	(void)state;
	assert_ok(put_partner(&zeta), err);
	(void)active_pair(zeta.id, DOMAIN, SENT_MS);
	(void)active_pair(acme_id, STR("northwind.example"), SENT_MS);
	assert_false(str_starts(bytes_of(&d), STR("DKIM")));
	vendor = active_pair(PARTNER_VENDOR, DOMAIN, SENT_MS);
	assert_true(is_signed_by(bytes_of(&d), vendor));
}

static void
a_mail_about_a_lead_is_signed(void **state)
{
	const char *rsa = active_pair(acme_id, DOMAIN, SENT_MS);
	struct outbox_delivery d = of_lead(LEAD_STEP_NOTIFY, "email");

	(void)state;
	(void)captured();
	assert_true(is_signed_by(bytes_of(&d), rsa));
}

static void
without_its_key_a_mail_is_held(void **state)
{
	struct outbox_delivery d = mail_to_ann("invite");

	(void)state;
	(void)active_pair(acme_id, DOMAIN, SENT_MS);
	assert_ok(db_commit(store, spoil_unit, NULL, &err), err);
	assert_held(&d, "DKIM key of mail.northwind.example");
}

/* ---- the web ---- */

static void
a_page_is_about_nobody(void **state)
{
	const struct dispatch_whom whom = { acme_id, RUN, NULL, NULL };
	const struct dispatch_whom none = { acme_id, RUN + 1, NULL, NULL };
	struct dispatch_subject s;

	(void)state;
	assert_ok(dispatch_subject_load(maker, arena, reader, &whom, &s, &err),
		  err);
	assert_str(s.subject.partner->company, "Acme Ltd");
	assert_non_null(s.kit);
	assert_null(s.subject.contact);
	dispatch_subject_release(maker, &s);
	assert_fails(
	    dispatch_subject_load(maker, arena, reader, &none, &s, &err), err,
	    ERROR_NOT_FOUND, "");
}

/* What is held stays as it was read; what comes a second later is new. */
static void
a_change_is_seen_after_a_second(void **state)
{
	const struct dispatch_whom whom = { acme_id, RUN, NULL, NULL };
	struct own_value phone = { acme_id, STR("phone"), STR("+44 1") };
	int64_t end_us = now_mono_us() + 20 * 1000 * 1000;
	struct dispatch_subject before, now;
	bool seen = false;

	(void)state;
	assert_ok(
	    dispatch_subject_load(maker, arena, reader, &whom, &before, &err),
	    err);
	assert_ok(set_value(&phone), err);
	while (!seen && now_mono_us() < end_us) {
		assert_ok(dispatch_subject_load(maker, arena, reader, &whom,
						&now, &err),
			  err);
		seen = str_eq_cstr(now.subject.partner->phone, "+44 1");
		dispatch_subject_release(maker, &now);
	}
	assert_true(seen);
	assert_str(before.subject.partner->phone, "+44 20 7946 0100");
	dispatch_subject_release(maker, &before);
}

/* ---- notices ---- */

UNIT(put_notice, struct doctor_notice, doctor_notice_put(db, arena, x, e))

static struct doctor_notice
some_notice(void)
{
	return (struct doctor_notice){
		.partner_id = acme_id,
		.at_ms = SENT_MS,
		.since_ms = SENT_MS,
		.domain = STR("news.acme.example"),
		.instead = STR("acme@vendor.example"),
		.asked = STR("spf: TXT news.acme.example"),
		.found = STR("no record of SPF"),
		.expected = STR("\"v=spf1 -all\""),
		.advice = STR("publish it"),
	};
}

/* The deliveries of all notices, the partner's and the vendor's. */
static int
notices(struct outbox_delivery out[2])
{
	const struct outbox_filter filter = {
		.partner_id = acme_id,
		.step = STR(OUTBOX_STEP_NOTICE),
	};
	struct outbox_delivery *all;
	int count = outbox_list(reader, arena, &filter, -1, 9, &all, &err);

	assert_ok(count, err);
	for (int i = 0; i < count; i++) {
		all[i].date_ms = SENT_MS;
		all[i].key_id = 1;
		out[(unsigned char)all[i].key.subject.p[9] & 1] = all[i];
	}
	return count;
}

static void
put_fallback(void)
{
	struct partner_sender vendor = {
		.partner_id = acme_id,
		.id = PARTNER_SENDER_FALLBACK,
		.from_name = STR("Acme via Northwind"),
		.from_address = STR("acme@vendor.example"),
		.postal_address = STR("1 Vendor Street"),
		.opt_out_scope = STR("vendor"),
	};

	assert_ok(put_sender(&vendor), err);
}

static void
a_sender_that_gives_way_is_told_to_the_partner_and_the_vendor(void **state)
{
	struct doctor_notice n = some_notice();
	struct outbox_delivery d[2];
	struct dispatch_message m, again;

	(void)state;
	put_fallback();
	assert_int_equal(put_notice(&n), 2);
	assert_int_equal(put_notice(&n), 0);
	assert_int_equal(notices(d), 2);
	assert_int_equal(make(&d[0], &m), 1);
	assert_int_equal(make(&d[0], &again), 1);
	assert_true(str_eq(m.bytes, again.bytes));
	assert_str(m.receiver, "leads@acme.example");
	assert_str(m.domain, "vendor.example");
	assert_int_equal(m.policy, OUTBOX_POLICY_HOLD);
	assert_has(m.bytes, "Subject: news.acme.example: mail is sent in the "
			    "vendor's name for now\r\n");
	assert_has(m.bytes, " <acme@vendor.example>\r\nTo: "
			    "<leads@acme.example>\r\n");
	assert_has(m.bytes, "\r\nspf: TXT news.acme.example\r\n"
			    "Found: no record of SPF\r\n"
			    "Expected: \"v=3Dspf1 -all\"\r\n"
			    "What to do: publish it\r\n");
	assert_int_equal(make(&d[1], &m), 1);
	assert_str(m.receiver, "acme@vendor.example");
}

static void
a_sender_that_is_back_is_told_too(void **state)
{
	struct doctor_notice n = some_notice();
	struct outbox_delivery d[2];
	struct dispatch_message m;

	(void)state;
	n.is_back = true;
	n.at_ms = SENT_MS + 24 * 60 * 60 * 1000;
	assert_int_equal(put_notice(&n), 2);
	assert_int_equal(notices(d), 2);
	assert_int_equal(make(&d[0], &m), 1);
	assert_has(m.bytes, "Subject: news.acme.example: mail is sent in the "
			    "partner's name again\r\n");
	assert_has(m.bytes, "It has been from acme@vendor.example since "
			    "2026-03-02T08:00:00Z.");
	n.at_ms++;
	n.instead = STR("");
	assert_int_equal(put_notice(&n), 1);
	d[0].key.subject.len--;
	assert_int_equal(make(&d[0], &m), 0);
	assert_string_equal(err.text, "no notice has this id");
}

static void
a_notice_waits_for_a_partner_without_an_address(void **state)
{
	struct doctor_notice n = some_notice();
	struct outbox_delivery d[2];
	struct dispatch_message m;

	(void)state;
	assert_int_equal(put_notice(&n), 2);
	assert_int_equal(notices(d), 2);
	set_addresses("", "");
	assert_int_equal(make(&d[0], &m), 0);
	assert_string_equal(err.text, LEAD_UNTOLD);
	assert_int_equal(make(&d[1], &m), 1);
	set_addresses("leads@acme.example", "owner@acme.example");
	assert_int_equal(make(&d[0], &m), 1);
	assert_str(m.receiver, "owner@acme.example");
}

#define CASE(name) \
	cmocka_unit_test_setup_teardown(name, open_store, close_store)

static int
run_suite(const char *name)
{
	const struct CMUnitTest tests[] = {
		CASE(what_is_taken_at_a_quiet_hour_waits),
		CASE(what_is_later_than_it_may_be_is_held),
		CASE(a_pause_makes_nothing_younger),
		CASE(a_contact_gets_the_campaigns_mail),
		CASE(a_maker_opened_anew_makes_the_same_bytes),
		CASE(what_is_missing_is_held_with_the_reason),
		CASE(a_revision_that_is_gone_is_held),
		CASE(a_second_attempt_is_of_the_first_ones_revision),
		CASE(the_view_is_the_mails_html),
		CASE(a_mail_in_doubt_is_found_by_its_message_id),
		CASE(what_closes_a_doubt_is_in_the_journal),
		CASE(what_anybody_fetched_has_arrived),
		CASE(whoever_opted_out_by_it_has_it),
		CASE(after_a_restore_absence_proves_nothing),
		CASE(a_post_is_json),
		CASE(the_partner_is_told_of_its_lead),
		CASE(news_of_a_lead_goes_to_the_owner_or_is_held),
		CASE(the_partner_gets_what_its_customer_answered),
		CASE(what_cannot_be_taken_along_is_attached),
		CASE(somebody_can_be_answered_in_any_case),
		CASE(a_reply_that_was_forgotten_or_has_no_reader_is_held),
		CASE(answers_go_where_the_partner_wants_them),
		CASE(the_visitor_is_thanked_in_the_forms_language),
		CASE(the_hook_says_all_of_it),
		CASE(a_hook_needs_no_campaign),
		CASE(an_erased_lead_is_told_to_nobody),
		CASE(a_mail_is_signed_by_both_keys_of_its_pair),
		CASE(bytes_are_the_same_after_a_rotation),
		CASE(the_vendors_pair_signs_and_no_other_partners),
		CASE(a_mail_about_a_lead_is_signed),
		CASE(without_its_key_a_mail_is_held),
		CASE(
		    a_sender_that_gives_way_is_told_to_the_partner_and_the_vendor),
		CASE(a_sender_that_is_back_is_told_too),
		CASE(a_notice_waits_for_a_partner_without_an_address),
		CASE(a_page_is_about_nobody),
		CASE(a_change_is_seen_after_a_second),
	};

	return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
	return test_on_both(&url, run_suite, "dispatch_make/sqlite",
			    "dispatch_make/postgresql");
}
