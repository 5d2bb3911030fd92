/*
 * bench_make DIR [MAILS] - how long it takes to make a mail of a delivery: of
 * the campaign "spring" in the workspace DIR, for contacts of one partner, one
 * thread, SQLite.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/now.h"
#include "dispatch/dispatch_make.h"
#include "lead/lead.h"
#include "store.h"
#include "xml/xml.h"

enum { RUN = 1001, PEOPLE = 1000, NOW = 1772357400 };

static const struct db_schema *const schemas[] = {
	&partner_schema,  &event_schema, &outbox_schema,
	&campaign_schema, &lead_schema,
};

static struct db_store *store;
static struct arena *arena;
static struct error err;
static struct str revision;
static int64_t partner_id;

static void
must(int64_t code, const char *what)
{
	if (code >= 0)
		return;
	fprintf(stderr, "bench_make: %s: %s\n", what, err.text);
	exit(1);
}

/* A contact's id is made of the first bytes: they must differ. */
static struct person_hash
person_of(int n)
{
	struct person_hash person = { { 0 } };

	person.bytes[0] = (uint8_t)(n >> 8);
	person.bytes[1] = (uint8_t)n;
	return person;
}

static int
fill(struct db *db, void *arg, struct error *e)
{
	struct partner acme = { .slug = STR("acme"),
				.company = STR("Acme Ltd"),
				.language = STR("en"),
				.phone = STR("+44 20 7946 0100"),
				.city = STR("Bath"),
				.website = STR("https://www.acme.example") };
	struct activation run = { .id = RUN,
				  .campaign = STR("spring"),
				  .revision = revision };
	struct partner_sender sender = {
		.id = PARTNER_SENDER_DEFAULT,
		.from_name = STR("Acme via Northwind"),
		.from_address = STR("acme@mail.northwind.example"),
		.postal_address = STR("1 High Street, Bath"),
		.opt_out_scope = STR("partner"),
	};

	(void)arg;
	if (partner_put(db, &acme, NOW, e) < 0)
		return -(int)e->code;
	partner_id = run.partner_id = sender.partner_id = acme.id;
	if (activation_start(db, &run, NOW, e) < 0 ||
	    partner_sender_put(db, &sender, e) < 0)
		return -(int)e->code;
	for (int i = 0; i < PEOPLE; i++) {
		struct contact c = {
			.partner_id = partner_id,
			.person = person_of(i),
			.address = str_printf(arena, "p%d@example.org", i),
			.given_name = STR("Ann"),
			.company = STR("Smith & Co"),
			.consent = CONSENT_GIVEN,
		};

		if (contact_put(db, &c, NOW, e) < 0)
			return -(int)e->code;
	}
	return 0;
}

static void
publish(const char *dir)
{
	struct campaign_findings findings;
	struct campaign_files *files;
	struct render_kit *kit;

	campaign_findings_init(&findings, arena);
	must(campaign_folder_open(&files, dir, &err), dir);
	must(render_kit_new(&kit, files, STR("spring"), &findings, &err),
	     "kit");
	must(campaign_revision_id(files, arena, &revision, &err), "revision");
	must(campaign_revision_store(store, files, STR("spring"), 1, &err),
	     "revision");
	render_kit_free(&kit);
	campaign_files_close(&files);
}

static void
make_all(struct dispatch_source source, struct db *db, int count)
{
	int64_t from_us = now_mono_us();
	struct arena *a = arena_new();
	int64_t bytes = 0;

	for (int i = 0; i < count; i++) {
		struct arena_mark mark = arena_mark(a);
		struct person_hash person = person_of(i % PEOPLE);
		struct outbox_delivery d = {
			.key = { .partner_id = partner_id,
				 .activation_id = RUN,
				 .step = STR("invite"),
				 .subject_kind = OUTBOX_PERSON,
				 .subject = person_hash_view(&person),
				 .channel = STR("email") },
			.date_ms = INT64_C(1772438400000),
			.key_id = 1,
		};
		struct dispatch_message m;
		int got;

		d.id = outbox_id_of(&d.key);
		got = source.make(source.arg, a, db,
				  &(struct dispatch_order){ .delivery = &d },
				  &m, &err);
		must(got > 0 ? 0 : -1, "make");
		bytes += (int64_t)m.bytes.len;
		arena_rewind(a, mark);
	}
	printf("%d mails, %.1f us each, %" PRId64 " bytes each\n", count,
	       (double)(now_mono_us() - from_us) / count, bytes / count);
	arena_free(&a);
}

int
main(int argc, char **argv)
{
	int count = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 10000;
	char url[TEST_URL_BYTES];
	struct dispatch_maker *maker;
	struct render_kits *kits;
	struct event_keys *keys;
	struct db *db;

	check(argc > 1 && count > 0);
	crypto_init();
	xml_init();
	arena = arena_new();
	test_sqlite_url(url);
	must(test_store_begin(&store, url, schemas, COUNT_OF(schemas), &err),
	     "store");
	must(db_secrets_open(
		 store, (const uint8_t *)"a master key for measuring......",
		 &err),
	     "secrets");
	publish(argv[1]);
	must(db_commit(store, fill, NULL, &err), "fill");
	must(event_keys_open(&keys, store, &err), "keys");
	must(render_kits_open(&kits, &err), "kits");
	must(dispatch_maker_open(&maker, store, kits, keys, &err), "maker");
	must(db_reader(store, &db, &err), "reader");
	make_all(dispatch_maker_source(maker), db, count);
	dispatch_maker_close(&maker);
	render_kits_free(&kits);
	event_keys_free(&keys);
	db_store_close(&store);
	arena_free(&arena);
	test_store_remove(url);
	return 0;
}
