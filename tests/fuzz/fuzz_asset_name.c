/*
 * What a visitor asks for as an asset: nothing but the public name of what is
 * there gives bytes, and always the same.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "campaign/campaign.h"
#include "fuzz.h"
#include "store.h"
#include "xml/xml.h"

static const char svg[] =
    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1\" height=\"1\"/>";

static char url[TEST_URL_BYTES];
static struct db_store *store;
static struct arena *kept;
static struct str public_name;

static int
put(struct db *db, void *arg, struct error *err)
{
	(void)arg;
	return campaign_object_put(db, str_of(svg), err);
}

static void
remove_store(void)
{
	db_store_close(&store);
	test_store_remove(url);
	arena_free(&kept);
}

static void
open_store(void)
{
	const struct db_schema *const schemas[] = { &campaign_schema };
	struct error err;

	crypto_init();
	xml_init();
	kept = arena_new();
	test_sqlite_url(url);
	check(db_store_open(&store, url, &err) >= 0);
	check(db_migrate(store, schemas, 1, &err) >= 0);
	check(db_commit(store, put, NULL, &err) >= 0);
	check(campaign_asset_name(str_of(svg), kept, &public_name, &err) >= 0);
	check(atexit(remove_store) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str name = { (const char *)data, size };
	struct arena *a = arena_new();
	const char *type = NULL;
	struct str bytes = { 0 };
	struct error err;
	struct db *db;

	if (!store)
		open_store();
	check(db_reader(store, &db, &err) >= 0);
	if (campaign_asset_get(db, a, name, &bytes, &type, &err) == 1) {
		check(str_eq(name, public_name));
		check(str_eq_cstr(bytes, svg));
		check(strcmp(type, "image/svg+xml") == 0);
	} else {
		check(!str_eq(name, public_name));
	}
	arena_free(&a);
	return 0;
}
