/*
 * guidon_seed URL KEY [leads] - fills a store that `guidon` has made, for
 * scenarios
 *
 * Partners acme and zeta each run the campaign spring (activations 1001 and
 * 1002). Acme has ann, bob, cleo, dan and canary, all @example.org, zeta has
 * ann; all gave consent. Each has a delivery of the step "invite" and ann and
 * canary one of "nudge", which is READY; of acme's invitations ann's is SENT,
 * bob's INDOUBT, cleo's HELD, the others are READY. The master key is the
 * file KEY. With "leads" acme has two besides: dan, whom his invitation
 * brought, and later eve, who is on no list. Prints "NAME STATE ID" of each
 * delivery of acme.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "base/encode.h"
#include "db/db.h"
#include "event/event.h"
#include "lead/lead.h"
#include "outbox/outbox.h"
#include "partner/partner.h"

enum { OWNER = 7, PEOPLE = 5 };

static const int64_t NOW = 1772357400000; /* any time that is past */
static const int64_t LATER = 1772357401000;

static const char *const names[PEOPLE] = { "ann", "bob", "cleo", "dan",
					   "canary" };

struct seed {
	struct partner_pepper *pepper;
	struct arena *arena;
};

static struct error err;

static void
must(int64_t code, const char *what)
{
	if (code >= 0)
		return;
	fprintf(stderr, "guidon_seed: %s: %s\n", what, err.text);
	exit(1);
}

static int
add_partner(struct db *db, const char *slug, int64_t activation, int64_t *id,
	    struct error *e)
{
	struct partner p = { .slug = str_of(slug),
			     .company = str_of(slug),
			     .tier = STR("gold"),
			     .country = STR("DE"),
			     .language = STR("de"),
			     .time_zone = STR("Europe/Berlin") };
	struct activation act = {
		.id = activation,
		.campaign = STR("spring"),
		.revision = STR("0123456789abcdef0123456789abcdef"),
		.start_ms = NOW,
	};

	if (partner_put(db, &p, NOW, e) < 0)
		return -(int)e->code;
	act.partner_id = p.id;
	*id = p.id;
	return activation_start(db, &act, NOW, e);
}

static struct str
address_of(struct arena *a, int i)
{
	return str_printf(a, "%s@example.org", names[i]);
}

static int
put_delivery(struct db *db, const struct person_hash *person,
	     int64_t partner_id, int64_t activation, const char *step,
	     struct error *e)
{
	const struct outbox_key key = {
		.partner_id = partner_id,
		.activation_id = activation,
		.step = str_of(step),
		.subject_kind = OUTBOX_PERSON,
		.subject = person_hash_view(person),
		.channel = STR("email"),
	};

	return outbox_put(db, &key, NOW, e);
}

static int
add_contact(struct db *db, const struct seed *s, int64_t partner_id, int i,
	    struct error *e)
{
	struct contact c = {
		.partner_id = partner_id,
		.address = address_of(s->arena, i),
		.given_name =
		    i == PEOPLE - 1 ? STR("Canarygiven") : STR("Given"),
		.consent = CONSENT_GIVEN,
		.consent_basis = STR("customer"),
		.consent_source = STR("crm"),
		.consent_ms = NOW,
	};

	c.person = partner_person(s->pepper, c.address);
	return contact_put(db, &c, NOW, e);
}

static int
fill(struct db *db, void *arg, struct error *e)
{
	const struct seed *s = arg;
	int64_t acme;
	int64_t zeta;

	if (add_partner(db, "acme", 1001, &acme, e) < 0 ||
	    add_partner(db, "zeta", 1002, &zeta, e) < 0)
		return -(int)e->code;
	for (int i = 0; i < PEOPLE; i++) {
		struct person_hash person =
		    partner_person(s->pepper, address_of(s->arena, i));

		if (add_contact(db, s, acme, i, e) < 0 ||
		    put_delivery(db, &person, acme, 1001, "invite", e) < 0)
			return -(int)e->code;
		if (i == 0 &&
		    (add_contact(db, s, zeta, i, e) < 0 ||
		     put_delivery(db, &person, zeta, 1002, "invite", e) < 0))
			return -(int)e->code;
	}
	return 0;
}

/* ---- states ---- */

static int
hand_over(struct db *db, const struct outbox_delivery *d, struct error *e)
{
	const struct outbox_marker marker = {
		.now_ms = NOW,
		.sha256 = STR("0123456789abcdef0123456789abcdef"),
		.revision = STR("0123456789abcdef0123456789abcdef"),
		.domain = STR("example.org"),
		.connection = STR("spool"),
	};

	return outbox_mark(db, d, &marker, e);
}

static int
finish(struct db *db, const struct outbox_delivery *d,
       enum outbox_verdict_kind kind, struct error *e)
{
	const struct outbox_verdict verdict = {
		.kind = kind,
		.status = kind == OUTBOX_VERDICT_SENT ? STR("250 ok")
						      : STR("no template"),
		.now_ms = NOW,
	};
	enum outbox_state became;

	return outbox_finish(db, d, &verdict, &became, e);
}

static bool
is_for(const struct seed *s, const struct outbox_delivery *d, int i)
{
	struct person_hash person =
	    partner_person(s->pepper, address_of(s->arena, i));

	return d->key.activation_id == 1001 &&
	       str_eq(d->key.subject, person_hash_view(&person));
}

static int
move(struct db *db, const struct seed *s, const struct outbox_delivery *d,
     struct error *e)
{
	if (is_for(s, d, 0))
		return hand_over(db, d, e) < 0
			   ? -(int)e->code
			   : finish(db, d, OUTBOX_VERDICT_SENT, e);
	if (is_for(s, d, 1))
		return hand_over(db, d, e);
	return is_for(s, d, 2) ? finish(db, d, OUTBOX_VERDICT_HELD, e) : 0;
}

/*
 * All are claimed; then their owner ends: what was not moved on is READY
 * again, what was on the wire is INDOUBT.
 */
static int
advance(struct db *db, void *arg, struct error *e)
{
	const struct seed *s = arg;
	const struct outbox_claim how = {
		.owner = OWNER,
		.now_ms = LATER,
		.lease_ms = LATER + 1000,
		.key_id = 1,
		.carrier = OUTBOX_MAIL,
		.max = 100,
	};
	struct outbox_delivery *items;
	int count = outbox_claim(db, s->arena, &how, &items, e);

	for (int i = 0; i < count; i++)
		if (move(db, s, &items[i], e) < 0)
			return -(int)e->code;
	return outbox_reclaim(db, OWNER, 100, LATER, e) < 0 ? -(int)e->code
							    : count;
}

static int
nudge(struct db *db, void *arg, struct error *e)
{
	const struct seed *s = arg;
	struct partner acme;

	if (partner_find(db, s->arena, STR("acme"), &acme, e) < 0)
		return -(int)e->code;
	for (int i = 0; i < PEOPLE; i += PEOPLE - 1) {
		struct person_hash person =
		    partner_person(s->pepper, address_of(s->arena, i));

		if (put_delivery(db, &person, acme.id, 1001, "nudge", e) < 0)
			return -(int)e->code;
	}
	return 0;
}

/* ---- leads ---- */

static int
add_lead(struct db *db, const struct seed *s, int64_t partner_id,
	 const char *name, int64_t id, struct error *e)
{
	struct lead lead = {
		.partner_id = partner_id,
		.id = id,
		.activation_id = 1001,
		.campaign = STR("spring"),
		.page = STR("offer"),
		.form = STR("call-me"),
		.revision = STR("0123456789abcdef0123456789abcdef"),
		.has_person = true,
		.address = str_printf(s->arena, "%s@example.org", name),
		.given_name = str_of(name),
		.company = STR("=1+1"),
		.fields = STR("{\"seats\":\"leadcanary\"}"),
		.consent_text = STR("Yes, call me."),
		.at_ms = NOW + id,
	};
	const struct lead_capture how = { .lead = &lead, .hook = true };
	const struct outbox_key invite = {
		.partner_id = partner_id,
		.activation_id = 1001,
		.step = STR("invite"),
		.subject_kind = OUTBOX_PERSON,
		.subject = person_hash_view(&lead.person),
		.channel = STR("email"),
	};
	struct outbox_id by;

	lead.person = partner_person(s->pepper, lead.address);
	by = outbox_id_of(&invite);
	if (id == 1)
		lead.delivery =
		    (struct str){ (const char *)by.bytes, sizeof(by.bytes) };
	return lead_capture(db, &how, e);
}

static int
leads(struct db *db, void *arg, struct error *e)
{
	const struct seed *s = arg;
	struct partner acme;

	if (partner_find(db, s->arena, STR("acme"), &acme, e) < 0 ||
	    add_lead(db, s, acme.id, "dan", 1, e) < 0)
		return -(int)e->code;
	return add_lead(db, s, acme.id, "eve", 2, e);
}

static void
print(struct db_store *store, const struct seed *s)
{
	const struct outbox_filter filter = { .partner_id = -1,
					      .activation_id = 1001 };
	struct outbox_delivery *list;
	struct db *db;
	int count;

	must(db_reader(store, &db, &err), "reader");
	count = outbox_list(db, s->arena, &filter, -1, 100, &list, &err);
	must(count, "list");
	for (int i = 0; i < count; i++) {
		struct buf hex = { 0 };
		int who = 0;

		while (who < PEOPLE - 1 && !is_for(s, &list[i], who))
			who++;
		encode_hex(&hex, (struct str){ (const char *)list[i].id.bytes,
					       sizeof(list[i].id.bytes) });
		printf("%s %s %s\n", names[who],
		       outbox_state_name(list[i].state), buf_cstr(&hex));
		buf_fini(&hex);
	}
}

int
main(int argc, char **argv)
{
	struct seed s = { .arena = arena_new() };
	uint8_t key[DB_MASTER_BYTES];
	struct db_store *store;
	FILE *file;

	check(argc == 3 || argc == 4);
	crypto_init();
	file = fopen(argv[2], "rb");
	check(file && fread(key, 1, sizeof(key), file) == sizeof(key));
	fclose(file);
	must(db_store_open(&store, argv[1], &err), "store");
	must(db_secrets_open(store, key, &err), "key");
	must(partner_pepper_open(&s.pepper, store, &err), "pepper");
	must(db_commit(store, fill, &s, &err), "fill");
	must(db_commit(store, advance, &s, &err), "advance");
	must(db_commit(store, nudge, &s, &err), "nudge");
	if (argc == 4)
		must(db_commit(store, leads, &s, &err), "leads");
	print(store, &s);
	partner_pepper_free(&s.pepper);
	db_store_close(&store);
	arena_free(&s.arena);
	return 0;
}
