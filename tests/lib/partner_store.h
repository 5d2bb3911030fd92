#ifndef TESTS_LIB_PARTNER_STORE_H
#define TESTS_LIB_PARTNER_STORE_H

/*
 * partner_store - a store with the tables of partner, two partners and short
 * calls that commit. Each test opens it empty and closes it.
 */

#include "base/arena.h"
#include "base/crypto.h"
#include "mime/mime.h"
#include "partner/partner.h"
#include "store.h"
#include "test.h"

enum { NOW = 1772357400 }; /* any time will do */

static struct db_store *store;
static struct db *reader;
static struct arena *arena;
static struct partner_pepper *pepper;
static struct error err;
static int64_t acme_id;
static int64_t zeta_id;

/* ---- units ---- */

/* name(&arg) commits `call`, which sees db, arg as `x`, and e. */
#define UNIT(name, type, call)                                                 \
	static inline int name##_unit(struct db *db, void *p, struct error *e) \
	{                                                                      \
		type *x = p;                                                   \
		return call;                                                   \
	}                                                                      \
	static inline int name(type *x)                                        \
	{                                                                      \
		return db_commit(store, name##_unit, x, &err);                 \
	}

struct own_value {
	int64_t partner_id;
	struct str column;
	struct str value;
};

struct pause {
	struct str campaign;
	int64_t partner_id;
};

struct consent {
	const struct contact *contact;
	enum consent_state state;
};

struct opt_out {
	const struct contact *contact;
	enum suppression_scope scope;
};

struct slot {
	struct str campaign;
	struct person_hash person;
	int64_t partner_id;
	int64_t holder;
};

struct one_of {
	struct str campaign;
	const struct one_partner *one;
};

UNIT(put_partner, struct partner, partner_put(db, x, NOW, e))
UNIT(put_sender, struct partner_sender, partner_sender_put(db, x, e))
UNIT(set_value, struct own_value,
     partner_set(db, x->partner_id, x->column, x->value, NOW, e))
UNIT(pause_sends, struct pause,
     partner_pause(db, x->campaign, x->partner_id, NOW, e))
UNIT(resume_sends, struct pause,
     partner_resume(db, x->campaign, x->partner_id, e))
UNIT(start, struct activation, activation_start(db, x, NOW, e))
UNIT(update, struct activation, activation_update(db, x, NOW, e))
UNIT(put_contact, struct contact, contact_put(db, x, NOW, e))
UNIT(delete_contact, struct contact,
     contact_delete(db, x->partner_id, &x->person, NOW, e))
UNIT(erase_contact, struct contact,
     contact_erase(db, x->partner_id, &x->person, NOW, e))
UNIT(consent, struct consent,
     contact_consent(db, x->contact->partner_id, &x->contact->person, x->state,
		     STR("https://example.org/form"), NOW, e))
UNIT(suppress, struct opt_out,
     partner_suppress(db, x->scope, x->contact->partner_id, &x->contact->person,
		      STR("one click"), NOW, e))
UNIT(take_slot, struct slot,
     partner_slot_take(db,
		       &(struct partner_slot){ x->campaign, &x->person,
					       x->partner_id, STR("a rule"),
					       NOW },
		       &x->holder, e))
UNIT(set_one, struct one_of, partner_one_set(db, x->campaign, x->one, e))

/* ---- things ---- */

static inline struct partner
some_partner(struct str slug)
{
	return (struct partner){
		.slug = slug,
		.company = STR("A company"),
		.tier = STR("gold"),
		.region = STR("EMEA"),
		.country = STR("DE"),
		.language = STR("de"),
		.time_zone = STR("Europe/Berlin"),
	};
}

static inline struct contact
some_contact(int64_t partner_id, const char *address)
{
	return (struct contact){
		.partner_id = partner_id,
		.person = partner_person(pepper, str_of(address)),
		.address = str_of(address),
		.given_name = STR("Ann"),
		.consent = CONSENT_GIVEN,
		.consent_basis = STR("customer"),
		.consent_source = STR("crm"),
		.consent_ms = 5,
	};
}

static inline struct activation
some_activation(int64_t partner_id, int64_t id)
{
	return (struct activation){
		.partner_id = partner_id,
		.id = id,
		.campaign = STR("spring"),
		.revision = STR("0123456789abcdef0123456789abcdef"),
		.start_ms = NOW,
	};
}

/* ---- the store ---- */

static inline int
open_secrets(const char *master)
{
	return db_secrets_open(store, (const uint8_t *)master, &err);
}

static inline int
open_partner_store(const char *url)
{
	const struct db_schema *schema = &partner_schema;

	err = (struct error){ 0 };
	arena = arena_new();
	if (test_store_begin(&store, url, &schema, 1, &err) < 0 ||
	    open_secrets("the master key of these tests...") < 0 ||
	    partner_pepper_open(&pepper, store, &err) < 0 ||
	    db_reader(store, &reader, &err) < 0) {
		printf("%s: %s\n", url, err.text);
		return -1;
	}
	return 0;
}

static inline int
put_two_partners(void)
{
	struct partner acme = some_partner(STR("acme"));
	struct partner zeta = some_partner(STR("zeta"));

	if (put_partner(&acme) < 0 || put_partner(&zeta) < 0) {
		printf("%s\n", err.text);
		return -1;
	}
	acme_id = acme.id;
	zeta_id = zeta.id;
	return 0;
}

static inline int
close_partner_store(void)
{
	partner_pepper_free(&pepper);
	db_store_close(&store);
	arena_free(&arena);
	return 0;
}

#endif
