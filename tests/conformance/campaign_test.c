/*
 * What campaign.h promises of revisions, on every store there is. Each case
 * begins with an empty store and a folder of files.
 */
#include "campaign/campaign.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "base/encode.h"
#include "store.h"
#include "test.h"
#include "xml/xml.h"

enum { FILES = 21 };

static const char *url;
static struct db_store *store;
static struct db *reader;
static struct arena *arena;
static struct campaign_files *folder;
static struct error err;
static char dir[32];

static void
put(const char *name, const char *text)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	check(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

static int
begin(void **state)
{
	const struct db_schema *const schemas[] = { &campaign_schema };

	(void)state;
	err = (struct error){ 0 };
	arena = arena_new();
	snprintf(dir, sizeof(dir), "files.XXXXXX");
	check(mkdtemp(dir));
	for (int i = 0; i < FILES; i++)
		put(arena_printf(arena, "f%02d", i),
		    arena_printf(arena, "file %d", i / 2));
	if (test_store_begin(&store, url, schemas, COUNT_OF(schemas), &err) <
		0 ||
	    db_reader(store, &reader, &err) < 0 ||
	    campaign_folder_open(&folder, dir, &err) < 0) {
		printf("%s: %s\n", url, err.text);
		return -1;
	}
	return 0;
}

static int
end(void **state)
{
	(void)state;
	campaign_files_close(&folder);
	db_store_close(&store);
	arena_free(&arena);
	test_tree_remove(dir);
	return 0;
}

static struct str
read_all(struct campaign_files *files)
{
	struct str bytes, id;

	for (int i = FILES - 1; i >= 0; i--)
		assert_int_equal(files->read(files, arena,
					     str_printf(arena, "f%02d", i),
					     &bytes, &err),
				 1);
	assert_ok(campaign_revision_id(files, arena, &id, &err), err);
	assert_int_equal(id.len, CAMPAIGN_REVISION_BYTES);
	return id;
}

static int
publish(struct db *db, void *arg, struct error *e)
{
	return campaign_publish(db, arg, e);
}

static int
run_sql(struct db *db, void *arg, struct error *e)
{
	return (int)db_run(db, arg, DB_NO_ARGS, e);
}

static void
a_revision_gives_back_what_was_stored(void **state)
{
	struct str id = read_all(folder), bytes;
	struct campaign_files *stored;

	(void)state;
	assert_ok(campaign_revision_store(store, folder, STR("c"), 7, &err),
		  err);
	assert_ok(campaign_revision_store(store, folder, STR("c"), 8, &err),
		  err);
	put("f03", "edited since");
	assert_ok(campaign_revision_open(&stored, reader, id, &err), err);
	assert_true(str_eq(read_all(stored), id));
	assert_int_equal(stored->read(stored, arena, STR("f03"), &bytes, &err),
			 1);
	assert_str(bytes, "file 1");
	assert_int_equal(stored->read(stored, arena, STR("none"), &bytes, &err),
			 0);
	campaign_files_close(&stored);
}

static void
other_content_is_another_revision(void **state)
{
	struct str before = read_all(folder);

	(void)state;
	campaign_files_close(&folder);
	put("f03", "edited");
	assert_ok(campaign_folder_open(&folder, dir, &err), err);
	assert_false(str_eq(read_all(folder), before));
}

static void
what_was_tampered_with_is_not_given_out(void **state)
{
	static const char sql[] = "UPDATE object SET bytes = hash";
	struct str id = read_all(folder), bytes;
	struct campaign_files *stored;

	(void)state;
	assert_ok(campaign_revision_store(store, folder, STR("c"), 7, &err),
		  err);
	assert_fails(campaign_revision_open(&stored, reader,
					    STR("no revision of this store"),
					    &err),
		     err, ERROR_NOT_FOUND, "no such revision");
	assert_ok(db_commit(store, run_sql, (void *)(uintptr_t)sql, &err), err);
	assert_ok(campaign_revision_open(&stored, reader, id, &err), err);
	assert_fails(stored->read(stored, arena, STR("f01"), &bytes, &err), err,
		     ERROR_IO, "another hash");
	campaign_files_close(&stored);
}

static void
the_newest_publication_counts(void **state)
{
	struct campaign_publication p = { .campaign = STR("c"),
					  .revision = read_all(folder),
					  .git_commit = STR("abc"),
					  .git_dirty = true,
					  .who = STR("ann"),
					  .at_ms = 9 };
	struct campaign_publication got;

	(void)state;
	assert_int_equal(
	    campaign_published(reader, arena, STR("c"), &got, &err), 0);
	assert_fails(db_commit(store, publish, &p, &err), err, ERROR_INVALID,
		     "");
	assert_ok(campaign_revision_store(store, folder, STR("c"), 7, &err),
		  err);
	assert_ok(db_commit(store, publish, &p, &err), err);
	p.who = STR("bob");
	p.git_dirty = false;
	p.at_ms = 10;
	assert_ok(db_commit(store, publish, &p, &err), err);
	assert_int_equal(
	    campaign_published(reader, arena, STR("c"), &got, &err), 1);
	assert_str(got.who, "bob");
	assert_str(got.git_commit, "abc");
	assert_false(got.git_dirty);
	assert_int_equal(got.at_ms, 10);
	assert_true(str_eq(got.revision, p.revision));
}

static int
put_object(struct db *db, void *arg, struct error *e)
{
	return campaign_object_put(db, *(struct str *)arg, e);
}

static void
an_image_is_given_out_by_its_public_name(void **state)
{
	struct str svg = STR("<svg xmlns=\"http://www.w3.org/2000/svg\"/>");
	const char *type;
	struct str name, bytes;

	(void)state;
	assert_ok(campaign_asset_name(svg, arena, &name, &err), err);
	assert_int_equal(
	    campaign_asset_get(reader, arena, name, &bytes, &type, &err), 0);
	assert_ok(db_commit(store, put_object, &svg, &err), err);
	assert_ok(db_commit(store, put_object, &svg, &err), err);
	assert_int_equal(
	    campaign_asset_get(reader, arena, name, &bytes, &type, &err), 1);
	assert_true(str_eq(bytes, svg));
	assert_string_equal(type, "image/svg+xml");
}

static void
other_objects_and_names_are_not_given_out(void **state)
{
	static const char *const suffixes[] = { ".svg", ".png",	 ".xml", "",
						".",	".svg/", ".SVG" };
	struct str secret = STR("<campaign xmlns=\"urn:guidon:1\"/>");
	uint8_t hash[CRYPTO_HASH_BYTES];
	struct buf b = { 0 };
	const char *type;
	struct str bytes;

	(void)state;
	assert_ok(db_commit(store, put_object, &secret, &err), err);
	crypto_sha256(secret, hash);
	encode_hex(&b, (struct str){ (const char *)hash, sizeof(hash) });
	for (size_t i = 0; i < COUNT_OF(suffixes); i++)
		assert_int_equal(
		    campaign_asset_get(
			reader, arena,
			str_printf(arena, "%s%s", buf_cstr(&b), suffixes[i]),
			&bytes, &type, &err),
		    0);
	assert_int_equal(campaign_asset_get(reader, arena,
					    STR("../../etc/passwd.svg"), &bytes,
					    &type, &err),
			 0);
	buf_fini(&b);
}

static int
run_suite(const char *name)
{
	const struct CMUnitTest tests[] = {
#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)
		CASE(a_revision_gives_back_what_was_stored),
		CASE(other_content_is_another_revision),
		CASE(what_was_tampered_with_is_not_given_out),
		CASE(the_newest_publication_counts),
		CASE(an_image_is_given_out_by_its_public_name),
		CASE(other_objects_and_names_are_not_given_out),
	};

	return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
	crypto_init();
	xml_init();
	return test_on_both(&url, run_suite, "campaign/sqlite",
			    "campaign/postgresql");
}
