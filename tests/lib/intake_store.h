#ifndef TESTS_LIB_INTAKE_STORE_H
#define TESTS_LIB_INTAKE_STORE_H

/*
 * intake_store - a store to which news of mail come: each case begins with one
 * mail, "invite", that was sent to Ann by acme in RUN, and one to her, "nudge",
 * that waits; and what became of them
 */

#include "base/clock.h"
#include "base/log.h"
#include "dispatch/dispatch_intake.h"
#include "dispatch/dispatch_make_priv.h"
#include "doctor/doctor_probe.h"
#include "doctor/doctor_watch.h"
#include "lead/lead.h"
#include "partner_store.h"

enum { RUN = 101, OTHER_RUN = 102 };

static const int64_t DAY_MS = INT64_C(24) * 60 * 60 * 1000;
static const int64_t SENT_MS = INT64_C(1772438400000);
static const int64_t LATER_MS = INT64_C(1772442000000);

static const char *url;
static struct event_keys *keys;
static struct clock clock_of_test;
static struct contact ann;
static struct outbox_id invite;
static struct log_capture lines;

/* ---- deliveries ---- */

static inline struct outbox_key
key_of(int64_t partner_id, int64_t run, const char *step)
{
	return (struct outbox_key){
		.partner_id = partner_id,
		.activation_id = run,
		.step = str_of(step),
		.subject_kind = OUTBOX_PERSON,
		.subject = person_hash_view(&ann.person),
		.channel = STR("email"),
	};
}

struct sending {
	struct outbox_key key;
	int64_t at_ms;
	int to; /* an enum outbox_verdict_kind; -1: it stays MARKED */
};

static inline int
send_unit(struct db *db, void *arg, struct error *e)
{
	const struct sending *s = arg;
	const struct outbox_claim how = {
		.owner = 7,
		.now_ms = s->at_ms,
		.lease_ms = s->at_ms + 1000,
		.key_id = 1,
		.max = 1,
	};
	const struct outbox_marker marker = {
		.now_ms = s->at_ms,
		.sha256 = STR("0123456789abcdef0123456789abcdef"),
		.revision = STR("0123456789abcdef0123456789abcdef"),
		.domain = STR("mail.example"),
		.connection = STR("1 relay"),
	};
	const struct outbox_verdict verdict = {
		.kind = (enum outbox_verdict_kind)s->to,
		.status = STR("as the test has it"),
		.now_ms = s->at_ms,
	};
	struct outbox_delivery *claimed;
	enum outbox_state became;
	int got = outbox_put(db, &s->key, s->at_ms, e);

	if (got >= 0)
		got = outbox_claim(db, arena, &how, &claimed, e);
	if (got == 1)
		got = outbox_mark(db, &claimed[0], &marker, e);
	if (got != 1)
		return got < 0 ? got : error_set(e, ERROR_INVALID, "not sent");
	return s->to < 0 ? 0
			 : outbox_finish(db, &claimed[0], &verdict, &became, e);
}

static inline struct outbox_id
send_as(struct outbox_key key, int64_t at_ms, int to)
{
	struct sending s = { key, at_ms, to };

	assert_ok(db_commit(store, send_unit, &s, &err), err);
	return outbox_id_of(&key);
}

static inline struct outbox_id
send(int64_t partner_id, int64_t run, const char *step, int64_t at_ms)
{
	return send_as(key_of(partner_id, run, step), at_ms,
		       OUTBOX_VERDICT_SENT);
}

UNIT(put_probe, struct doctor_probe, doctor_probe_put(db, x, e))

/* A bounce that the doctor sent, as something that has its tag. */
static inline struct outbox_id
send_probe(void)
{
	struct doctor_probe probe = {
		.domain = STR("mail.example"),
		.envelope = STR("back.example"),
		.to = STR("nobody@far.example"),
		.sent_ms = SENT_MS,
	};
	struct outbox_id id = { 0 };

	memset(probe.id, 'p', sizeof(probe.id));
	memcpy(id.bytes, probe.id, sizeof(id.bytes));
	assert_ok(put_probe(&probe), err);
	return id;
}

/* What the doctor says of it. */
static inline enum doctor_grade
grade_of_probe(void)
{
	const struct doctor_envelope envelope = { .domain =
						      STR("back.example") };
	const struct doctor_sender sender = {
		.domain = STR("mail.example"),
		.envelopes = &envelope,
		.envelope_count = 1,
	};
	struct doctor_report report = { 0 };

	assert_ok(
	    doctor_probe_tell(reader, arena, &sender, SENT_MS, &report, &err),
	    err);
	assert_int_equal(report.count, 1);
	return report.items[0].grade;
}

struct putting {
	struct outbox_key key;
	int64_t due_ms;
};

UNIT(put, struct putting, outbox_put(db, &x->key, x->due_ms, e))

static inline void
put_later(int64_t partner_id, int64_t run, const char *step)
{
	struct putting p = { key_of(partner_id, run, step),
			     SENT_MS + 1000 * DAY_MS };

	assert_ok(put(&p), err);
}

/* ---- the store ---- */

static inline int
open_intake_store(void)
{
	const struct db_schema *const schemas[] = {
		&event_schema, &outbox_schema, &lead_schema, &doctor_schema
	};
	struct activation run, other;

	log_capture(&lines);
	assert_int_equal(open_partner_store(url), 0);
	assert_ok(db_migrate(store, schemas, COUNT_OF(schemas), &err), err);
	assert_int_equal(put_two_partners(), 0);
	run = some_activation(acme_id, RUN);
	other = some_activation(acme_id, OTHER_RUN);
	assert_ok(start(&run), err);
	assert_ok(start(&other), err);
	run = some_activation(zeta_id, RUN);
	assert_ok(start(&run), err);
	ann = some_contact(zeta_id, "ann@example.org");
	assert_ok(put_contact(&ann), err);
	ann = some_contact(acme_id, "ann@example.org");
	assert_ok(put_contact(&ann), err);
	assert_ok(event_keys_open(&keys, store, &err), err);
	clock_init_virtual(&clock_of_test, LATER_MS);
	invite = send(acme_id, RUN, "invite", SENT_MS);
	put_later(acme_id, RUN, "nudge");
	return 0;
}

static inline void
close_intake_store(void)
{
	event_keys_free(&keys);
	log_capture_fini(&lines);
	(void)close_partner_store();
}

/* ---- what became of it ---- */

static inline enum outbox_state
state_of(int64_t partner_id, int64_t run, const char *step)
{
	struct outbox_key key = key_of(partner_id, run, step);
	struct outbox_id id = outbox_id_of(&key);
	struct outbox_delivery d;

	assert_int_equal(outbox_find(reader, arena, &id, &d, &err), 1);
	return d.state;
}

static inline bool
suppressed(enum suppression_scope scope, int64_t partner_id)
{
	int got =
	    partner_suppressed(reader, scope, partner_id, &ann.person, &err);

	assert_ok(got, err);
	return got > 0;
}

static inline int
events(enum event_kind kind)
{
	const struct event_filter filter = {
		.partner_id = -1,
		.kinds = &kind,
		.kind_count = 1,
		.limit = 1000,
	};
	struct event_row *rows;
	int count = event_list(reader, arena, &filter, &rows, &err);

	assert_ok(count, err);
	return count;
}

static inline void
assert_nothing_changed(void)
{
	assert_false(suppressed(SUPPRESSION_PARTNER, acme_id));
	assert_false(suppressed(SUPPRESSION_GLOBAL, 0));
	assert_int_equal(state_of(acme_id, RUN, "nudge"), OUTBOX_READY);
	assert_int_equal(events(EVENT_BOUNCED) + events(EVENT_COMPLAINED), 0);
}

static inline struct str
message_id_of(const struct outbox_id *id)
{
	uint8_t key[RENDER_MESSAGE_KEY_BYTES];
	struct outbox_delivery d;

	assert_ok(make_message_key(store, key, &err), err);
	assert_int_equal(outbox_find(reader, arena, id, &d, &err), 1);
	return render_message_id(&d,
				 (struct str){ (const char *)key, sizeof(key) },
				 STR("mail.example"), arena);
}

#endif
