/*
 * Kits of published revisions, on every store there is.
 */
#include "render/render_kit.h"

#include <pthread.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "store.h"
#include "test.h"
#include "xml/xml.h"

static const char *url;
static struct db_store *store;
static struct arena *a;
static struct render_kits *kits;
static struct str revision;
static struct error err;

static void
store_all(struct campaign_files *files)
{
	assert_ok(campaign_revision_id(files, a, &revision, &err), err);
	assert_ok(campaign_revision_store(store, files, STR("spring"), 1, &err),
		  err);
}

static void
publish(void)
{
	struct campaign_findings findings;
	struct campaign_files *files;
	struct render_kit *kit;

	campaign_findings_init(&findings, a);
	assert_ok(campaign_folder_open(&files, FIXTURE, &err), err);
	assert_ok(render_kit_new(&kit, files, STR("spring"), &findings, &err),
		  err);
	store_all(files);
	render_kit_free(&kit);
	campaign_files_close(&files);
}

/* ---- a workspace of which one template fails whenever it is made ---- */

struct failing {
	struct campaign_files files; /* first: they are cast */
	struct campaign_files *below;
	int (*visit)(void *arg, struct str path, struct str bytes,
		     struct error *e);
	void *arg;
};

static struct str
made_to_fail(struct str path, struct str bytes)
{
	if (!str_eq(path, STR("templates/page/thanks.html")))
		return bytes;
	return STR("{{ 1 | divided_by: 0 }}");
}

static int
failing_read(struct campaign_files *files, struct arena *to, struct str path,
	     struct str *bytes, struct error *e)
{
	struct failing *f = (struct failing *)files;
	int got = f->below->read(f->below, to, path, bytes, e);

	if (got > 0)
		*bytes = made_to_fail(path, *bytes);
	return got;
}

static int
failing_visit(void *arg, struct str path, struct str bytes, struct error *e)
{
	struct failing *f = arg;

	return f->visit(f->arg, path, made_to_fail(path, bytes), e);
}

static int
failing_each(struct campaign_files *files,
	     int (*visit)(void *arg, struct str path, struct str bytes,
			  struct error *e),
	     void *arg, struct error *e)
{
	struct failing *f = (struct failing *)files;

	f->visit = visit;
	f->arg = arg;
	return f->below->each(f->below, failing_visit, f, e);
}

static int
begin(void **state)
{
	const struct db_schema *const schemas[] = { &campaign_schema };

	(void)state;
	xml_init();
	a = arena_new();
	assert_ok(
	    test_store_begin(&store, url, schemas, COUNT_OF(schemas), &err),
	    err);
	assert_ok(render_kits_open(&kits, &err), err);
	publish();
	return 0;
}

static int
end(void **state)
{
	(void)state;
	render_kits_free(&kits);
	db_store_close(&store);
	arena_free(&a);
	return 0;
}

static const struct render_kit *
get(void)
{
	const struct render_kit *kit;
	struct db *db;

	assert_ok(db_reader(store, &db, &err), err);
	assert_ok(
	    render_kits_get(kits, db, STR("spring"), revision, &kit, &err),
	    err);
	return kit;
}

static void
a_revision_is_made_once(void **state)
{
	const struct render_kit *one = get(), *two = get();

	(void)state;
	assert_ptr_equal(one, two);
	assert_str(render_kit_campaign(one)->id, "spring");
	render_kits_put(kits, one);
	render_kits_put(kits, two);
	assert_ptr_equal(get(), one);
	render_kits_put(kits, one);
}

static void
a_revision_that_is_not_there_is_not_found(void **state)
{
	const struct render_kit *kit;
	struct db *db;

	(void)state;
	assert_ok(db_reader(store, &db, &err), err);
	assert_int_equal(
	    render_kits_get(kits, db, STR("spring"),
			    STR("no revision has these 32 bytes.."), &kit,
			    &err),
	    -ERROR_NOT_FOUND);
	assert_true(str_starts(str_of(err.text), STR("campaign spring: ")));
}

static int
lose_a_file(struct db *db, void *arg, struct error *e)
{
	struct campaign_files *files;
	uint8_t hash[CRYPTO_HASH_BYTES];
	struct str bytes;

	(void)arg;
	if (campaign_folder_open(&files, FIXTURE, e) < 0)
		return -(int)e->code;
	check(files->read(files, a, STR("templates/mail/announce.html"), &bytes,
			  e) > 0);
	campaign_files_close(&files);
	crypto_sha256(bytes, hash);
	return (int)db_run(
	    db, "DELETE FROM object WHERE hash = ?1",
	    DB_ARGS(DB_BLOB(((struct str){ (char *)hash, sizeof(hash) }))), e);
}

/* So what waits for it waits on, and is not held for a fault of the author. */
static void
a_store_that_fails_is_no_fault_of_the_campaign(void **state)
{
	const struct render_kit *kit;
	struct db *db;

	(void)state;
	assert_int_equal(db_commit(store, lose_a_file, NULL, &err), 1);
	assert_ok(db_reader(store, &db, &err), err);
	assert_int_equal(
	    render_kits_get(kits, db, STR("spring"), revision, &kit, &err),
	    -ERROR_IO);
}

/* It was published when there was no such rule. */
static void
what_was_published_is_not_tried_again(void **state)
{
	struct failing f = { .files = { .read = failing_read,
					.each = failing_each } };
	struct campaign_findings findings;
	struct render_kit *made;
	const struct render_kit *kit;

	(void)state;
	campaign_findings_init(&findings, a);
	assert_ok(campaign_folder_open(&f.below, FIXTURE, &err), err);
	assert_fails(
	    render_kit_new(&made, &f.files, STR("spring"), &findings, &err),
	    err, ERROR_INVALID, "divided by 0");
	store_all(&f.files);
	campaign_files_close(&f.below);
	kit = get();
	assert_str(render_kit_campaign(kit)->id, "spring");
	render_kits_put(kits, kit);
}

static void *
get_often(void *arg)
{
	const struct render_kit **out = arg;
	struct error e;
	struct db *db;

	check(db_reader(store, &db, &e) >= 0);
	for (int i = 0; i < 100; i++) {
		check(render_kits_get(kits, db, STR("spring"), revision, out,
				      &e) >= 0);
		render_kits_put(kits, *out);
	}
	return NULL;
}

static void
threads_share_one(void **state)
{
	const struct render_kit *got[3];
	pthread_t thread[3];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(thread); i++)
		assert_int_equal(
		    pthread_create(&thread[i], NULL, get_often, &got[i]), 0);
	for (size_t i = 0; i < COUNT_OF(thread); i++)
		pthread_join(thread[i], NULL);
	assert_ptr_equal(got[0], got[1]);
	assert_ptr_equal(got[0], got[2]);
}

static int
run_suite(const char *name)
{
	const struct CMUnitTest tests[] = {
#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)
		CASE(a_revision_is_made_once),
		CASE(a_revision_that_is_not_there_is_not_found),
		CASE(a_store_that_fails_is_no_fault_of_the_campaign),
		CASE(what_was_published_is_not_tried_again),
		CASE(threads_share_one),
	};

	return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
	return test_on_both(&url, run_suite, "render_kits/sqlite",
			    "render_kits/postgresql");
}
