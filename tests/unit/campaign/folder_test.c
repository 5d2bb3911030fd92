#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "campaign/campaign.h"
#include "campaign/campaign_files_folder.h"
#include "store.h"
#include "test.h"

static char dir[] = "folder.XXXXXX";
static struct arena *a;
static struct campaign_files *files;
static struct error err;

static void
put(const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void
make(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(mkdir(path, 0700), 0);
}

static void
link_to(const char *name, const char *target)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(symlink(target, path), 0);
}

static int
begin(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(dir));
	a = arena_new();
	make("sub");
	make("campaigns");
	make("campaigns/b");
	make("campaigns/a");
	make("campaigns/empty");
	put("campaigns/a/campaign.xml", "A");
	put("campaigns/b/campaign.xml", "B");
	put("one", "1");
	put("sub/two", "2");
	link_to("out", "/etc/passwd");
	link_to("near", "one");
	link_to("dir", "sub");
	return campaign_folder_open(&files, dir, &err);
}

static int
end(void **state)
{
	(void)state;
	campaign_files_close(&files);
	arena_free(&a);
	test_tree_remove(dir);
	return 0;
}

static int
get(const char *path, struct str *bytes)
{
	return files->read(files, a, str_of(path), bytes, &err);
}

static int
gather(void *arg, struct str path, struct str bytes, struct error *e)
{
	(void)e;
	buf_printf(arg, "%.*s=%.*s ", STR_ARG(path), STR_ARG(bytes));
	return 0;
}

static void
what_was_read_is_remembered_in_order(void **state)
{
	struct buf seen = { 0 };
	struct str bytes;

	(void)state;
	assert_int_equal(get("sub/two", &bytes), 1);
	assert_int_equal(get("one", &bytes), 1);
	assert_str(bytes, "1");
	assert_int_equal(get("three", &bytes), 0);
	assert_int_equal(get("one/three", &bytes), 0);
	put("one", "changed");
	assert_int_equal(get("one", &bytes), 1);
	assert_str(bytes, "1");
	assert_ok(files->each(files, gather, &seen, &err), err);
	assert_str(buf_view(&seen), "one=1 sub/two=2 ");
	buf_fini(&seen);
}

static void
nothing_leads_out_of_the_folder(void **state)
{
	static const char *const denied[] = { "out", "near", "dir/two" };
	static const char *const invalid[] = { "",	 "/etc/passwd", "../x",
					       "sub/..", "sub//two",	"./one",
					       "sub/" };
	struct str bytes;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(denied); i++)
		assert_fails(get(denied[i], &bytes), err, ERROR_DENIED,
			     denied[i]);
	for (size_t i = 0; i < COUNT_OF(invalid); i++)
		assert_fails(get(invalid[i], &bytes), err, ERROR_INVALID,
			     "expected");
	assert_fails(get("sub", &bytes), err, ERROR_DENIED, "no file");
}

static void
without_openat2_links_are_refused_too(void **state)
{
	int folder = open(dir, O_RDONLY | O_DIRECTORY);
	int fd = campaign_open_stepwise(a, folder, STR("sub/two"));

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(campaign_open_stepwise(a, folder, STR("out")), -1);
	assert_int_equal(errno, ELOOP);
	assert_int_equal(campaign_open_stepwise(a, folder, STR("dir/two")), -1);
	assert_int_equal(campaign_open_stepwise(a, folder, STR("no/two")), -1);
	assert_int_equal(errno, ENOENT);
	close(folder);
}

static void
campaigns_are_listed_in_order(void **state)
{
	struct str *ids;

	(void)state;
	assert_int_equal(campaign_list(dir, a, &ids, &err), 2);
	assert_str(ids[0], "a");
	assert_str(ids[1], "b");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_read_is_remembered_in_order),
		cmocka_unit_test(nothing_leads_out_of_the_folder),
		cmocka_unit_test(without_openat2_links_are_refused_too),
		cmocka_unit_test(campaigns_are_listed_in_order),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
