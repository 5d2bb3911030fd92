/*
 * What partner.h promises of partners, activations and contacts, on every
 * store there is; partner_gate_test.c has who may be mailed. Each case begins
 * with a store that has the partners acme and zeta and nothing else.
 */
#include "partner/partner.h"

#include <pthread.h>

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

/* ---- partners ---- */

static struct partner
get_partner(int64_t id)
{
	struct partner p = { 0 };

	assert_ok(partner_get(reader, arena, id, &p, &err), err);
	return p;
}

static void
a_slug_is_one_partner_for_ever(void **state)
{
	struct partner again = some_partner(STR("acme"));
	struct partner third = some_partner(STR("third"));

	(void)state;
	assert_int_equal(acme_id, 1);
	assert_int_equal(zeta_id, 2);
	assert_int_equal(put_partner(&again), 0);
	assert_int_equal(again.id, acme_id);
	assert_int_equal(put_partner(&third), 1);
	assert_int_equal(third.id, 3);
}

static void
every_column_comes_back(void **state)
{
	struct partner full = { .slug = STR("full"),
				.status = PARTNER_ENDED,
				.attributes = STR("{\"vat\":\"1\"}"),
#define COLUMN(name) .name = STR("the " #name),
				PARTNER_COLUMNS(COLUMN, COLUMN)
#undef COLUMN
	};
	struct partner got;

	(void)state;
	assert_int_equal(put_partner(&full), 1);
	got = get_partner(full.id);
	assert_str(got.slug, "full");
	assert_str(got.attributes, "{\"vat\":\"1\"}");
	assert_int_equal(got.status, PARTNER_ENDED);
#define COLUMN(name) assert_str(got.name, "the " #name);
	PARTNER_COLUMNS(COLUMN, COLUMN)
#undef COLUMN
}

static void
own_values_stand_over_seeds_until_taken_back(void **state)
{
	struct own_value own = { acme_id, STR("language"), STR("fr") };
	struct partner found;

	(void)state;
	assert_ok(set_value(&own), err);
	assert_str(get_partner(acme_id).language, "fr");
	assert_str(get_partner(acme_id).country, "DE");
	assert_str(get_partner(zeta_id).language, "de");
	assert_int_equal(partner_find(reader, arena, STR("acme"), &found, &err),
			 1);
	assert_str(found.language, "fr");
	own.value = STR("it");
	assert_ok(set_value(&own), err);
	assert_str(get_partner(acme_id).language, "it");
	own.value = STR("");
	assert_ok(set_value(&own), err);
	assert_str(get_partner(acme_id).language, "de");
}

static void
a_new_file_replaces_all_but_own_values(void **state)
{
	struct own_value own = { acme_id, STR("language"), STR("fr") };
	struct partner file = some_partner(STR("acme"));
	struct partner got;

	(void)state;
	assert_ok(set_value(&own), err);
	file.tier = STR("silver");
	file.language = STR("en");
	file.city = STR("Kiel");
	file.attributes = STR("{\"vat\":\"2\"}");
	assert_int_equal(put_partner(&file), 1);
	got = get_partner(acme_id);
	assert_str(got.tier, "silver");
	assert_str(got.city, "Kiel");
	assert_str(got.attributes, "{\"vat\":\"2\"}");
	assert_str(got.language, "fr");
	own.value = STR("");
	assert_ok(set_value(&own), err);
	assert_str(get_partner(acme_id).language, "en");
}

static void
partners_are_listed_by_slug_without_the_vendor(void **state)
{
	struct own_value own = { zeta_id, STR("city"), STR("Kiel") };
	struct partner early = some_partner(STR("aa-early"));
	struct partner *all;

	(void)state;
	assert_int_equal(put_partner(&early), 1);
	assert_ok(set_value(&own), err);
	assert_int_equal(partner_list(reader, arena, &all, &err), 3);
	assert_str(all[0].slug, "aa-early");
	assert_str(all[0].city, "");
	assert_str(all[1].slug, "acme");
	assert_str(all[1].city, "");
	assert_str(all[2].slug, "zeta");
	assert_str(all[2].city, "Kiel");
}

static void
the_vendor_is_partner_0(void **state)
{
	struct contact c = some_contact(PARTNER_VENDOR, "ann@example.org");
	struct partner none;

	(void)state;
	assert_str(get_partner(PARTNER_VENDOR).slug, "");
	assert_int_equal(partner_find(reader, arena, STR(""), &none, &err), 0);
	assert_int_equal(put_contact(&c), 1);
}

static void
what_is_not_there_is_not_found(void **state)
{
	struct own_value own = { 77, STR("city"), STR("Kiel") };
	struct partner_sender sender;
	struct partner p;

	(void)state;
	assert_int_equal(partner_find(reader, arena, STR("none"), &p, &err), 0);
	assert_fails(partner_get(reader, arena, 77, &p, &err), err,
		     ERROR_NOT_FOUND, "no partner 77");
	assert_fails(set_value(&own), err, ERROR_NOT_FOUND, "no partner 77");
	assert_fails(partner_sender_get(reader, arena, acme_id, &sender, &err),
		     err, ERROR_NOT_FOUND, "no sender");
}

static void
a_sender_put_again_is_replaced(void **state)
{
	struct partner_sender s = {
		.partner_id = acme_id,
		.id = PARTNER_SENDER_DEFAULT,
		.from_name = STR("Acme via Northwind"),
		.from_address = STR("acme@mail.northwind.example"),
		.reply_to = STR("office@acme.example"),
		.postal_address = STR("1 Quay, Kiel"),
		.opt_out_scope = STR("partner"),
	};
	struct partner_sender got;

	(void)state;
	assert_ok(put_sender(&s), err);
	s.reply_to = STR("");
	s.opt_out_scope = STR("vendor");
	s.bounces = STR("@back.acme.example");
	assert_ok(put_sender(&s), err);
	assert_ok(partner_sender_get(reader, arena, acme_id, &got, &err), err);
	assert_int_equal(got.id, PARTNER_SENDER_DEFAULT);
	assert_str(got.from_name, "Acme via Northwind");
	assert_str(got.from_address, "acme@mail.northwind.example");
	assert_str(got.reply_to, "");
	assert_str(got.postal_address, "1 Quay, Kiel");
	assert_str(got.opt_out_scope, "vendor");
	assert_str(got.bounces, "@back.acme.example");
}

static int
set_down(struct db *db, void *arg, struct error *e)
{
	const int64_t *down_ms = arg;

	return partner_sender_set_down(db, acme_id, *down_ms, e);
}

static void
mail_is_from(const char *address)
{
	struct partner_sender got;

	assert_ok(partner_sender_now(reader, arena, acme_id, &got, &err), err);
	assert_str(got.from_address, address);
}

static void
the_fallback_stands_for_a_sender_that_is_down(void **state)
{
	struct partner_sender own = {
		.partner_id = acme_id,
		.id = PARTNER_SENDER_DEFAULT,
		.from_name = STR("Acme"),
		.from_address = STR("acme@news.acme.example"),
		.postal_address = STR("1 Quay, Kiel"),
		.opt_out_scope = STR("partner"),
	};
	struct partner_sender vendors = own;
	struct partner_sender all[PARTNER_SENDERS_MAX];
	int64_t down_ms = 7000;
	int64_t up = 0;

	(void)state;
	assert_ok(put_sender(&own), err);
	assert_int_equal(db_commit(store, set_down, &down_ms, &err), 1);
	mail_is_from("acme@news.acme.example");
	vendors.id = PARTNER_SENDER_FALLBACK;
	vendors.from_address = STR("acme@mail.northwind.example");
	assert_ok(put_sender(&vendors), err);
	mail_is_from("acme@mail.northwind.example");
	/* Put again as it was, it is still down; and asked again, since then. */
	assert_ok(put_sender(&own), err);
	down_ms = 8000;
	assert_int_equal(db_commit(store, set_down, &down_ms, &err), 0);
	assert_int_equal(partner_senders(reader, arena, acme_id, all, &err), 2);
	assert_int_equal(all[1].down_ms, 7000);
	own.from_address = STR("acme@acme-news.example");
	assert_ok(put_sender(&own), err);
	mail_is_from("acme@acme-news.example");
	assert_int_equal(db_commit(store, set_down, &down_ms, &err), 1);
	assert_int_equal(db_commit(store, set_down, &up, &err), 1);
	mail_is_from("acme@acme-news.example");
}

static void
a_return_address_has_room_for_what_names_a_delivery(void **state)
{
	static const char *const bad[] = { "back.example",
					   "@",
					   "a@",
					   "ninechars@back.example",
					   "@BACK.example",
					   "a b@back.example" };
	struct partner_sender s = {
		.partner_id = acme_id,
		.from_name = STR("Acme via Northwind"),
		.from_address = STR("acme@mail.northwind.example"),
		.postal_address = STR("1 Quay, Kiel"),
		.opt_out_scope = STR("partner"),
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		s.bounces = str_of(bad[i]);
		assert_fails(put_sender(&s), err, ERROR_INVALID,
			     "return address");
	}
	s.bounces = STR("bounces8@back.example");
	assert_ok(put_sender(&s), err);
}

/* ---- activations ---- */

static void
an_activation_changes_while_it_runs(void **state)
{
	struct activation act = some_activation(acme_id, 42);
	struct activation got;

	(void)state;
	assert_ok(start(&act), err);
	assert_fails(start(&act), err, ERROR_EXISTS, "activation of spring");
	act.revision = STR("fedcba9876543210fedcba9876543210");
	act.parameters = STR("{\"place\":\"Kiel\"}");
	act.campaign = STR("not this");
	act.start_ms = 1;
	assert_ok(update(&act), err);
	assert_ok(activation_get(reader, arena, acme_id, 42, &got, &err), err);
	assert_str(got.campaign, "spring");
	assert_str(got.revision, "fedcba9876543210fedcba9876543210");
	assert_str(got.parameters, "{\"place\":\"Kiel\"}");
	assert_int_equal(got.start_ms, NOW);
	assert_int_equal(got.state, ACTIVATION_ACTIVE);
	act.state = ACTIVATION_ENDED;
	assert_ok(update(&act), err);
	act.state = ACTIVATION_ACTIVE;
	assert_fails(update(&act), err, ERROR_NOT_FOUND, "no running");
}

static void
activations_are_listed_by_campaign_and_partner(void **state)
{
	struct activation acts[] = {
		some_activation(zeta_id, 5),
		some_activation(acme_id, 9),
		some_activation(acme_id, 7),
	};
	struct activation *all;

	(void)state;
	acts[2].campaign = STR("autumn");
	for (size_t i = 0; i < COUNT_OF(acts); i++)
		assert_ok(start(&acts[i]), err);
	assert_int_equal(
	    activation_list(reader, arena, STR(""), -1, &all, &err), 3);
	assert_int_equal(all[0].id, 7);
	assert_int_equal(all[1].id, 9);
	assert_int_equal(all[2].id, 5);
	assert_int_equal(
	    activation_list(reader, arena, STR("spring"), -1, &all, &err), 2);
	assert_int_equal(
	    activation_list(reader, arena, STR("spring"), acme_id, &all, &err),
	    1);
	assert_int_equal(all[0].id, 9);
	assert_int_equal(
	    activation_list(reader, arena, STR(""), PARTNER_VENDOR, &all, &err),
	    0);
}

/* As the tables of other folders refer to an activation. */
static const char *const test_steps[] = {
	"CREATE TABLE test_delivery (\n"
	"	partner_id    BIGINT NOT NULL,\n"
	"	activation_id BIGINT NOT NULL,\n"
	"	PRIMARY KEY (partner_id, activation_id),\n"
	"	FOREIGN KEY (partner_id, activation_id)\n"
	"		REFERENCES activation(partner_id, id)\n"
	") /*sqlite STRICT, WITHOUT ROWID */;\n",
};
static const struct db_schema test_schema = { "test", test_steps, 1 };

UNIT(deliver, struct activation,
     (int)db_run(db, "INSERT INTO test_delivery VALUES (?1, ?2)",
		 DB_ARGS(DB_INT(x->partner_id), DB_INT(x->id)), e))

static void
no_row_of_a_partner_points_at_another(void **state)
{
	const struct db_schema *schema = &test_schema;
	struct activation act = some_activation(acme_id, 42);
	struct activation foreign = some_activation(zeta_id, 42);
	struct activation nobodys = some_activation(77, 42);
	struct activation got;

	(void)state;
	assert_ok(db_migrate(store, &schema, 1, &err), err);
	assert_ok(start(&act), err);
	assert_ok(deliver(&act), err);
	assert_fails(deliver(&foreign), err, ERROR_INVALID, "");
	assert_fails(update(&foreign), err, ERROR_NOT_FOUND, "partner 2 has");
	assert_fails(activation_get(reader, arena, zeta_id, 42, &got, &err),
		     err, ERROR_NOT_FOUND, "partner 2 has no activation 42");
	assert_fails(start(&nobodys), err, ERROR_INVALID, "");
}

/* ---- contacts ---- */

static struct contact
find_contact(const struct contact *c)
{
	struct contact got = { 0 };

	assert_int_equal(
	    contact_find(reader, arena, c->partner_id, &c->person, &got, &err),
	    1);
	return got;
}

static void
importing_again_updates(void **state)
{
	struct contact c = some_contact(acme_id, "ann@example.org");
	struct contact again = c;
	struct contact got;

	(void)state;
	assert_int_equal(put_contact(&c), 1);
	again.given_name = STR("Anna");
	again.family_name = STR("Smith");
	again.tags = STR("a b");
	assert_int_equal(put_contact(&again), 0);
	assert_true(again.id == c.id && c.id > 0);
	got = find_contact(&c);
	assert_true(got.id == c.id);
	assert_memory_equal(&got.person, &c.person, sizeof(c.person));
	assert_str(got.address, "ann@example.org");
	assert_str(got.given_name, "Anna");
	assert_str(got.family_name, "Smith");
	assert_str(got.tags, "a b");
	assert_str(got.attributes, "{}");
	assert_int_equal(got.consent, CONSENT_GIVEN);
	assert_str(got.consent_basis, "customer");
	assert_str(got.consent_source, "crm");
	assert_int_equal(got.consent_ms, 5);
	assert_false(got.deleted);
}

static void
a_contact_of_nobody_or_without_address_is_refused(void **state)
{
	struct contact c = some_contact(77, "ann@example.org");

	(void)state;
	assert_fails(put_contact(&c), err, ERROR_INVALID, "");
	c = some_contact(acme_id, "ann@example.org");
	c.address = STR("");
	assert_fails(put_contact(&c), err, ERROR_INVALID, "without an address");
}

static void
a_person_is_one_contact_for_each_partner(void **state)
{
	struct contact at_acme = some_contact(acme_id, "ann@example.org");
	struct contact at_zeta = some_contact(zeta_id, "ann@example.org");

	(void)state;
	assert_int_equal(put_contact(&at_acme), 1);
	assert_int_equal(put_contact(&at_zeta), 1);
	assert_memory_equal(&at_acme.person, &at_zeta.person,
			    sizeof(at_acme.person));
	assert_int_equal(delete_contact(&at_acme), 1);
	assert_false(find_contact(&at_zeta).deleted);
}

static void
an_import_raises_consent_only(void **state)
{
	struct contact c = some_contact(acme_id, "ann@example.org");
	struct contact import = c;
	struct consent withdraw = { &c, CONSENT_WITHDRAWN };
	struct consent give = { &c, CONSENT_GIVEN };

	(void)state;
	c.consent = CONSENT_NONE;
	assert_int_equal(put_contact(&c), 1);
	assert_int_equal(put_contact(&import), 0);
	assert_int_equal(find_contact(&c).consent, CONSENT_GIVEN);
	import.consent = CONSENT_NONE;
	import.consent_source = STR("older");
	assert_int_equal(put_contact(&import), 0);
	assert_int_equal(find_contact(&c).consent, CONSENT_GIVEN);
	assert_str(find_contact(&c).consent_source, "crm");
	import.consent = CONSENT_GIVEN;
	import.consent_ms = 4;
	assert_int_equal(put_contact(&import), 0);
	assert_str(find_contact(&c).consent_source, "crm");
	import.consent_ms = 6;
	import.consent_source = STR("newer");
	assert_int_equal(put_contact(&import), 0);
	assert_str(find_contact(&c).consent_source, "newer");

	assert_ok(consent(&withdraw), err);
	import.consent_ms = (int64_t)NOW + 1;
	assert_int_equal(put_contact(&import), 0);
	assert_int_equal(find_contact(&c).consent, CONSENT_WITHDRAWN);
	assert_int_equal(find_contact(&c).consent_ms, NOW);

	assert_ok(consent(&give), err);
	assert_int_equal(find_contact(&c).consent, CONSENT_GIVEN);
	assert_str(find_contact(&c).consent_basis, "opt-in");
	assert_str(find_contact(&c).consent_source, "https://example.org/form");
}

static void
consent_of_nobody_is_not_found(void **state)
{
	struct contact c = some_contact(acme_id, "ann@example.org");
	struct consent give = { &c, CONSENT_GIVEN };

	(void)state;
	assert_fails(consent(&give), err, ERROR_NOT_FOUND, "list of partner 1");
}

static void
a_deleted_contact_comes_back_as_the_same(void **state)
{
	struct contact c = some_contact(acme_id, "ann@example.org");
	struct consent withdraw = { &c, CONSENT_WITHDRAWN };
	struct contact *all;
	int64_t id;

	(void)state;
	assert_int_equal(put_contact(&c), 1);
	id = c.id;
	assert_ok(consent(&withdraw), err);
	assert_int_equal(delete_contact(&c), 1);
	assert_int_equal(delete_contact(&c), 0);
	assert_true(find_contact(&c).deleted);
	assert_int_equal(
	    contact_list(reader, arena, acme_id, 0, 10, &all, &err), 0);
	assert_int_equal(put_contact(&c), 0);
	assert_true(c.id == id && find_contact(&c).id == id);
	assert_false(find_contact(&c).deleted);
	assert_int_equal(find_contact(&c).consent, CONSENT_WITHDRAWN);
}

static void
an_erased_contact_stays_so_until_it_consents(void **state)
{
	struct contact c = some_contact(acme_id, "ann@example.org");
	struct consent give = { &c, CONSENT_GIVEN };
	struct contact got;

	(void)state;
	assert_int_equal(erase_contact(&c), 0);
	assert_int_equal(put_contact(&c), 1);
	assert_int_equal(erase_contact(&c), 1);
	got = find_contact(&c);
	assert_true(got.id == c.id);
	assert_str(got.address, "");
	assert_str(got.given_name, "");
	assert_int_equal(got.consent, CONSENT_NONE);
	assert_fails(put_contact(&c), err, ERROR_DENIED, "was erased");
	assert_str(find_contact(&c).address, "");
	assert_ok(consent(&give), err);
	assert_int_equal(put_contact(&c), 0);
	assert_str(find_contact(&c).address, "ann@example.org");
}

static void
contacts_are_listed_in_pages(void **state)
{
	struct contact *page;
	int64_t after = 0;
	int seen = 0;
	int n;

	(void)state;
	for (int i = 0; i < 25; i++) {
		struct contact c = some_contact(
		    acme_id, arena_printf(arena, "p%d@example.org", i));

		assert_int_equal(put_contact(&c), 1);
	}
	while ((n = contact_list(reader, arena, acme_id, after, 10, &page,
				 &err)) > 0) {
		for (int i = 0; i < n; i++) {
			assert_true(page[i].id > after);
			after = page[i].id;
		}
		seen += n;
	}
	assert_int_equal(n, 0);
	assert_int_equal(seen, 25);
}

/* ---- two who put at once ---- */

/* The same 50 for each thread, beginning with number *arg. */
static void *
put_many(void *arg)
{
	struct arena *mine = arena_new();
	struct error e = { 0 };
	intptr_t failed = 0;

	for (int i = 0; i < 50; i++) {
		int n = (i + *(const int *)arg) % 50;
		struct partner p = some_partner(str_printf(mine, "many-%d", n));
		struct contact c = some_contact(
		    acme_id, arena_printf(mine, "p%d@example.org", n));

		if (db_commit(store, put_partner_unit, &p, &e) < 0 ||
		    db_commit(store, put_contact_unit, &c, &e) < 0)
			failed++;
	}
	arena_free(&mine);
	return (void *)failed;
}

static void
imports_at_once_agree(void **state)
{
	struct partner *all;
	struct contact *contacts;
	int from[] = { 0, 1, 2, 25 };
	pthread_t threads[COUNT_OF(from)];
	void *failed;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(threads); i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, put_many, &from[i]), 0);
	for (size_t i = 0; i < COUNT_OF(threads); i++) {
		assert_int_equal(pthread_join(threads[i], &failed), 0);
		assert_null(failed);
	}
	assert_int_equal(partner_list(reader, arena, &all, &err), 52);
	assert_int_equal(
	    contact_list(reader, arena, acme_id, 0, 100, &contacts, &err), 50);
	for (int i = 0; i < 52; i++)
		assert_true(all[i].id >= 1 && all[i].id <= 52);
}

/* ---- endpoints ---- */

#define SECRET STR("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")

struct disabling {
	const struct partner_endpoint *endpoint;
	struct str reason;
};

UNIT(put_endpoint, struct partner_endpoint, partner_endpoint_put(db, x, NOW, e))
UNIT(disable_endpoint, struct disabling,
     partner_endpoint_disable(db, x->endpoint, x->reason, NOW + 1, e))

static struct partner_endpoint
some_endpoint(int64_t partner_id, enum partner_purpose purpose,
	      const char *to_url)
{
	struct partner_endpoint e = { .partner_id = partner_id,
				      .purpose = purpose,
				      .url = str_of(to_url) };
	struct buf sealed = { 0 };

	assert_ok(partner_endpoint_seal(store, &e, SECRET, &sealed, &err), err);
	e.sealed = str_copy(arena, buf_view(&sealed));
	buf_fini(&sealed);
	assert_ok(put_endpoint(&e), err);
	return e;
}

static struct partner_endpoint
found_endpoint(int64_t partner_id, enum partner_purpose purpose)
{
	struct partner_endpoint e = { 0 };

	assert_int_equal(
	    partner_endpoint_find(reader, arena, partner_id, purpose, &e, &err),
	    1);
	return e;
}

static void
an_endpoint_is_the_partners_or_the_vendors(void **state)
{
	struct partner_endpoint e;

	(void)state;
	assert_int_equal(partner_endpoint_find(reader, arena, acme_id,
					       PARTNER_LEADS, &e, &err),
			 0);
	(void)some_endpoint(0, PARTNER_LEADS, "https://vendor.example/");
	(void)some_endpoint(acme_id, PARTNER_LEADS, "https://acme.example/");
	assert_str(found_endpoint(acme_id, PARTNER_LEADS).url,
		   "https://acme.example/");
	assert_str(found_endpoint(zeta_id, PARTNER_LEADS).url,
		   "https://vendor.example/");
	assert_int_equal(found_endpoint(zeta_id, PARTNER_LEADS).partner_id, 0);
	assert_int_equal(partner_endpoint_find(reader, arena, acme_id,
					       PARTNER_POSTS, &e, &err),
			 0);
}

static void
an_endpoint_put_again_is_replaced_and_enabled(void **state)
{
	struct partner_endpoint old =
	    some_endpoint(acme_id, PARTNER_POSTS, "https://old.example/");
	struct disabling d = { &old, STR("410 gone") };
	struct partner_endpoint *all;
	struct partner_endpoint e;

	(void)state;
	assert_int_equal(disable_endpoint(&d), 1);
	assert_int_equal(disable_endpoint(&d), 0);
	e = found_endpoint(acme_id, PARTNER_POSTS);
	assert_false(e.enabled);
	assert_str(e.reason, "410 gone");
	assert_int_equal(e.changed_ms, NOW + 1);
	(void)some_endpoint(acme_id, PARTNER_POSTS, "https://new.example/");
	/* an answer of the old one says nothing of the new one */
	assert_int_equal(disable_endpoint(&d), 0);
	e = found_endpoint(acme_id, PARTNER_POSTS);
	assert_true(e.enabled);
	assert_str(e.reason, "");
	assert_str(e.url, "https://new.example/");
	(void)some_endpoint(0, PARTNER_LEADS, "https://vendor.example/");
	assert_int_equal(partner_endpoint_list(reader, arena, -1, &all, &err),
			 2);
	assert_str(all[0].url, "https://vendor.example/");
	assert_int_equal(
	    partner_endpoint_list(reader, arena, acme_id, &all, &err), 1);
	assert_str(all[0].url, "https://new.example/");
}

static void
an_endpoint_of_nobody_is_refused(void **state)
{
	struct partner_endpoint e = { .partner_id = 999,
				      .url = STR("https://x.example/"),
				      .sealed = STR("sealed") };

	(void)state;
	assert_fails(put_endpoint(&e), err, ERROR_INVALID, "");
}

static void
a_secret_opens_for_its_endpoint_only(void **state)
{
	struct partner_endpoint e =
	    some_endpoint(acme_id, PARTNER_LEADS, "https://acme.example/");
	struct buf key = { 0 };

	(void)state;
	assert_int_equal(str_find(e.sealed, STR("\x31\xf2\x90")), -1);
	e = found_endpoint(acme_id, PARTNER_LEADS);
	assert_ok(partner_endpoint_key(store, &e, &key, &err), err);
	assert_int_equal(key.len, 24);
	assert_memory_equal(key.p, "\x31\xf2\x90\xf6\xbf\x06\x29\x8a", 8);
	e.partner_id = zeta_id;
	assert_fails(partner_endpoint_key(store, &e, &key, &err), err,
		     ERROR_DENIED, "leads");
	e.partner_id = acme_id;
	e.purpose = PARTNER_POSTS;
	assert_fails(partner_endpoint_key(store, &e, &key, &err), err,
		     ERROR_DENIED, "posts");
	buf_fini(&key);
}

static void
a_secret_is_what_standard_webhooks_say(void **state)
{
	static const char *const bad[] = {
		"",
		"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
		"whsec_",
		"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2La",
		"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS!",
	};
	struct partner_endpoint e = { .partner_id = acme_id };
	struct buf made = { 0 };
	struct buf out = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		assert_fails(partner_endpoint_seal(store, &e, str_of(bad[i]),
						   &out, &err),
			     err, ERROR_INVALID, "secret");
		assert_null(strstr(err.text, "MfKQ"));
	}
	partner_secret_new(&made);
	assert_int_equal(made.len, 6 + 44);
	assert_ok(partner_endpoint_seal(store, &e, buf_view(&made), &out, &err),
		  err);
	buf_fini(&made);
	buf_fini(&out);
}

/* ---- keys that sign ---- */

#define DOMAIN STR("mail.vendor.example")

struct change {
	int64_t partner_id;
	int64_t at_ms;
};

UNIT(put_pair, struct partner_dkim, partner_dkim_put(db, x, NOW, e))
UNIT(activate_pair, struct change,
     partner_dkim_activate(db, x->partner_id, DOMAIN, x->at_ms, e))
UNIT(retire_pair, struct change,
     partner_dkim_retire(db, x->partner_id, DOMAIN, x->at_ms, e))

static struct partner_dkim
made_pair(int64_t partner_id)
{
	struct partner_dkim pair;

	pair =
	    (struct partner_dkim){ .partner_id = partner_id, .domain = DOMAIN };
	partner_dkim_make(store, arena, PARTNER_DKIM_BOTH, &pair);
	assert_ok(put_pair(&pair), err);
	return pair;
}

/* Signs from at_ms on. */
static struct partner_dkim
active_pair(int64_t partner_id, int64_t at_ms)
{
	struct change c = { partner_id, at_ms - PARTNER_DKIM_AHEAD_MS };
	struct partner_dkim pair = made_pair(partner_id);

	assert_ok(activate_pair(&c), err);
	return pair;
}

/* Which pair signs the partner's mail of this time; empty: none. */
static struct str
signs_at(int64_t partner_id, struct str domain, int64_t at_ms)
{
	const struct partner_dkim *found;
	struct partner_dkim *pairs;
	int count =
	    partner_dkim_of(reader, arena, partner_id, domain, &pairs, &err);

	assert_ok(count, err);
	found = partner_dkim_at(pairs, count, at_ms);
	return found ? found->selector : (struct str){ 0 };
}

#define assert_signs(pair, partner, at) \
	assert_true(str_eq(signs_at((partner), DOMAIN, (at)), (pair).selector))

static void
a_pair_signs_from_its_activation_until_the_next(void **state)
{
	struct partner_dkim first, second;

	(void)state;
	first = active_pair(acme_id, NOW + 1000000);
	second = made_pair(acme_id);
	assert_str(signs_at(acme_id, DOMAIN, NOW + 999999), "");
	assert_signs(first, acme_id, NOW + 1000000);
	assert_signs(first, acme_id, NOW + 9000000);
	assert_ok(activate_pair(&(struct change){ acme_id, NOW + 2000000 }),
		  err);
	assert_signs(first, acme_id, NOW + 2059999);
	assert_signs(second, acme_id, NOW + 2060000);
	assert_ok(retire_pair(&(struct change){ acme_id, NOW + 3000000 }), err);
	assert_signs(first, acme_id, NOW + 1000000);
	assert_signs(second, acme_id, NOW + 3059999);
	assert_str(signs_at(acme_id, DOMAIN, NOW + 3060000), "");
}

/* A clock that went back changes nothing about what may be dated already. */
static void
a_change_is_never_before_the_last_one(void **state)
{
	struct partner_dkim first = active_pair(acme_id, NOW + 1000000);
	struct partner_dkim second = made_pair(acme_id);

	(void)state;
	assert_ok(activate_pair(&(struct change){ acme_id, NOW }), err);
	assert_str(signs_at(acme_id, DOMAIN, NOW + 999999), "");
	assert_signs(second, acme_id, NOW + 1000000);
	assert_false(str_eq(first.selector, second.selector));
}

static void
one_pair_waits_at_most(void **state)
{
	struct change c = { acme_id, NOW };
	struct partner_dkim other;
	struct partner_dkim *all;

	(void)state;
	assert_fails(activate_pair(&c), err, ERROR_NOT_FOUND, "no keys");
	assert_fails(retire_pair(&c), err, ERROR_NOT_FOUND, "no keys");
	(void)made_pair(acme_id);
	(void)made_pair(zeta_id);
	other =
	    (struct partner_dkim){ .partner_id = acme_id, .domain = DOMAIN };
	partner_dkim_make(store, arena, PARTNER_DKIM_BOTH, &other);
	assert_fails(put_pair(&other), err, ERROR_EXISTS, "mail.vendor");
	assert_ok(activate_pair(&c), err);
	assert_fails(activate_pair(&c), err, ERROR_NOT_FOUND, "no keys");
	assert_ok(put_pair(&other), err);
	assert_int_equal(partner_dkim_list(reader, arena, acme_id, &all, &err),
			 2);
	assert_int_equal(all[0].generation, 1);
	assert_int_equal(all[1].generation, 2);
	assert_int_equal(all[0].retired_ms, 0);
	assert_int_equal(all[1].active_ms, 0);
	assert_int_equal(partner_dkim_list(reader, arena, -1, &all, &err), 3);
}

static void
a_partners_pair_signs_nobody_elses_mail(void **state)
{
	struct partner_dkim acme, vendor;

	(void)state;
	acme = active_pair(acme_id, NOW + 100000);
	assert_str(signs_at(zeta_id, DOMAIN, NOW + 200000), "");
	assert_str(signs_at(acme_id, STR("vendor.example"), NOW + 200000), "");
	vendor = active_pair(PARTNER_VENDOR, NOW + 100000);
	assert_signs(acme, acme_id, NOW + 200000);
	assert_signs(vendor, zeta_id, NOW + 200000);
	assert_str(signs_at(zeta_id, STR("zeta.example"), NOW + 200000), "");
}

static void
a_private_half_opens_for_its_row_only(void **state)
{
	struct partner_dkim pair = made_pair(acme_id);
	struct partner_dkim *all;
	struct buf public = { 0 };
	struct sign_key *key = NULL;

	(void)state;
	assert_int_equal(partner_dkim_list(reader, arena, acme_id, &all, &err),
			 1);
	for (int i = 0; i < SIGN_ALGORITHM_COUNT; i++) {
		assert_ok(partner_dkim_key(store, &all[0],
					   (enum sign_algorithm)i, &key, &err),
			  err);
		buf_clear(&public);
		sign_key_public(key, &public);
		assert_true(str_eq(buf_view(&public), pair.public[i]));
		assert_true(str_eq(buf_view(&public), all[0].public[i]));
		sign_key_free(&key);
	}
	buf_fini(&public);
	all[0].partner_id = zeta_id;
	assert_fails(partner_dkim_key(store, &all[0], SIGN_RSA, &key, &err),
		     err, ERROR_DENIED, "partner_dkim");
	all[0].partner_id = acme_id;
	all[0].domain = STR("other.example");
	assert_fails(partner_dkim_key(store, &all[0], SIGN_RSA, &key, &err),
		     err, ERROR_DENIED, "partner_dkim");
	pair.sealed[SIGN_RSA] = pair.sealed[SIGN_ED25519];
	assert_fails(partner_dkim_key(store, &pair, SIGN_RSA, &key, &err), err,
		     ERROR_DENIED, "rsa");
}

#define CASE(name) \
	cmocka_unit_test_setup_teardown(name, open_store, close_store)

static int
run_suite(const char *name)
{
	const struct CMUnitTest tests[] = {
		CASE(a_slug_is_one_partner_for_ever),
		CASE(every_column_comes_back),
		CASE(own_values_stand_over_seeds_until_taken_back),
		CASE(a_new_file_replaces_all_but_own_values),
		CASE(partners_are_listed_by_slug_without_the_vendor),
		CASE(the_vendor_is_partner_0),
		CASE(what_is_not_there_is_not_found),
		CASE(a_sender_put_again_is_replaced),
		CASE(the_fallback_stands_for_a_sender_that_is_down),
		CASE(a_return_address_has_room_for_what_names_a_delivery),
		CASE(an_activation_changes_while_it_runs),
		CASE(activations_are_listed_by_campaign_and_partner),
		CASE(no_row_of_a_partner_points_at_another),
		CASE(importing_again_updates),
		CASE(a_contact_of_nobody_or_without_address_is_refused),
		CASE(a_person_is_one_contact_for_each_partner),
		CASE(an_import_raises_consent_only),
		CASE(consent_of_nobody_is_not_found),
		CASE(a_deleted_contact_comes_back_as_the_same),
		CASE(an_erased_contact_stays_so_until_it_consents),
		CASE(contacts_are_listed_in_pages),
		CASE(imports_at_once_agree),
		CASE(an_endpoint_is_the_partners_or_the_vendors),
		CASE(an_endpoint_put_again_is_replaced_and_enabled),
		CASE(an_endpoint_of_nobody_is_refused),
		CASE(a_secret_opens_for_its_endpoint_only),
		CASE(a_secret_is_what_standard_webhooks_say),
		CASE(a_pair_signs_from_its_activation_until_the_next),
		CASE(a_change_is_never_before_the_last_one),
		CASE(one_pair_waits_at_most),
		CASE(a_partners_pair_signs_nobody_elses_mail),
		CASE(a_private_half_opens_for_its_row_only),
	};

	return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
	return test_on_both(&url, run_suite, "partner/sqlite",
			    "partner/postgresql");
}
