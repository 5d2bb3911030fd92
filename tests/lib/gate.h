#ifndef TESTS_LIB_GATE_H
#define TESTS_LIB_GATE_H

/*
 * gate - who may be sent to, for tests of the outbox
 *
 * The tables and views are those of partner; here are the few rows that a
 * delivery needs, and the two things that shut its gate.
 *
 * Functions run inside a unit of work.
 */

#include <string.h>

#include "outbox/outbox.h"
#include "partner/partner.h"

#define TEST_CAMPAIGN STR("spring")

/* Persons, as a delivery's subject names them. */
#define TEST_ANNA STR("anna's hash.....")
#define TEST_BERT STR("bert's hash.....")
#define TEST_CLEO STR("cleo's hash.....")

static const struct db_schema *const test_gate_schemas[] = { &partner_schema,
							     &outbox_schema };

static inline struct person_hash
test_person_hash(struct str subject)
{
	struct person_hash hash;

	check(subject.len == sizeof(hash.bytes));
	memcpy(hash.bytes, subject.p, subject.len);
	return hash;
}

/* A partner with one activation; the first has the id 1, then 2 ... */
static inline int
test_gate_partner(struct db *db, struct str slug, int64_t activation_id,
		  struct error *err)
{
	struct partner p = { .slug = slug };
	struct activation run = {
		.id = activation_id,
		.campaign = TEST_CAMPAIGN,
		.revision = STR("0123456789abcdef0123456789abcdef"),
	};

	if (partner_put(db, &p, 1, err) < 0)
		return -(int)err->code;
	run.partner_id = p.id;
	return activation_start(db, &run, 1, err);
}

/* Somebody on the partner's list, with consent. */
static inline int
test_gate_contact(struct db *db, int64_t partner_id, struct str person,
		  struct error *err)
{
	struct contact c = {
		.partner_id = partner_id,
		.person = test_person_hash(person),
		.address = STR("somebody@example.org"),
		.consent = CONSENT_GIVEN,
		.consent_ms = 1,
	};

	return contact_put(db, &c, 1, err);
}

static inline int
test_gate_pause(struct db *db, int64_t partner_id, bool paused,
		struct error *err)
{
	return paused ? partner_pause(db, TEST_CAMPAIGN, partner_id, 1, err)
		      : partner_resume(db, TEST_CAMPAIGN, partner_id, err);
}

static inline int
test_gate_withdraw(struct db *db, int64_t partner_id, struct str person,
		   bool withdrawn, struct error *err)
{
	struct person_hash hash = test_person_hash(person);

	return contact_consent(db, partner_id, &hash,
			       withdrawn ? CONSENT_WITHDRAWN : CONSENT_GIVEN,
			       STR("a test"), 1, err);
}

#endif
