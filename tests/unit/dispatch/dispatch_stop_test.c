#define _GNU_SOURCE /* unshare() */

/*
 * When nothing is claimed: no room, and a wire that was given up. The store
 * of the last test lies on a file system of 8 MB of its own, in a name space
 * of its own; where none is to be had it is skipped.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/now.h"
#include "wire.h"

enum { RESERVE_BYTES = 4 << 20, LOOK_US = 300 * 1000 };

static char dir[sizeof("stop.XXXXXX")];
static bool has_small; /* `dir` is the small file system */

static int
setup(void **state)
{
	wire_setup(state);
	snprintf(dir, sizeof(dir), "stop.XXXXXX");
	check(mkdtemp(dir));
	return 0;
}

static int
teardown(void **state)
{
	wire_teardown(state);
	if (has_small)
		check(umount(dir) == 0);
	has_small = false;
	test_tree_remove(dir);
	return 0;
}

static const char *
path_of(const char *name)
{
	return arena_printf(arena, "%s/%s", dir, name);
}

/* Of the reserve on disk; -1: there is none. */
static int64_t
reserve(void)
{
	struct stat st;

	return stat(path_of("reserve"), &st) == 0 ? st.st_blocks * 512 : -1;
}

static void
open_sender(int64_t min_free_bytes)
{
	struct dispatch_config config = wire_config();

	config.store_folder = dir;
	config.min_free_bytes = min_free_bytes;
	wire_sender(&config);
}

/* ---- room ---- */

static void
below_the_floor_nothing_is_claimed(void **state)
{
	(void)state;
	sending_put(&sending, "invite", NOW_MS);
	open_sender(INT64_MAX / 2);
	assert_fails(dispatch_once(sender, &err), err, ERROR_BUSY,
		     "so nothing is sent");
	assert_int_equal(count_of(OUTBOX_READY), 20);
	assert_int_equal(wire.sessions, 0);
	assert_int_equal(reserve(), -1);
}

static void
a_floor_does_not_matter_when_nothing_is_due(void **state)
{
	(void)state;
	open_sender(INT64_MAX / 2);
	assert_int_equal(dispatch_once(sender, &err), 0);
}

static void
above_the_floor_there_is_a_reserve(void **state)
{
	(void)state;
	sending_put(&sending, "invite", NOW_MS);
	open_sender(1);
	assert_int_equal(dispatch_once(sender, &err), 20);
	assert_true(reserve() >= RESERVE_BYTES);
}

static void
refuse(int n)
{
	if (n == 3)
		wire_sql("CREATE TRIGGER refuse BEFORE INSERT ON event BEGIN "
			 "SELECT RAISE(ABORT, 'disk full'); END");
}

static void
a_verdict_that_is_refused_gets_the_reserve(void **state)
{
	(void)state;
	sending_put(&sending, "invite", NOW_MS);
	open_sender(1);
	wire.marked_hook = refuse;
	assert_true(dispatch_once(sender, &err) < 0);
	assert_int_equal(reserve(), -1);
	now_sleep_us(LOOK_US);
	assert_true(dispatch_once(sender, &err) < 0);
	assert_int_equal(reserve(), -1);

	wire.marked_hook = NULL;
	wire_sql("DROP TRIGGER refuse");
	now_sleep_us(LOOK_US);
	assert_true(dispatch_once(sender, &err) > 0);
	assert_int_equal(count_of(OUTBOX_MARKED), 0);
	assert_true(reserve() >= RESERVE_BYTES);
	assert_true(sending_is_sound(&sending));
}

/* ---- a file system that is full ---- */

static void
move_to_small(void)
{
	if (unshare(CLONE_NEWNS) != 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("tmpfs", dir, "tmpfs", 0, "size=8m") != 0)
		skip();
	has_small = true;
	sending_close(&sending);
	test_store_remove(url);
	check(mkdir(path_of("store"), 0700) == 0);
	snprintf(url, sizeof(url), "sqlite:%s/store/test.db", dir);
	sending_open(&sending, url);
	sending_people(&sending, 2, 10);
}

/* Somebody else writes until nothing fits any more. */
static void
fill(int n)
{
	static char block[4096];
	int fd;

	if (n != 3)
		return;
	fd = open(path_of("filler"), O_WRONLY | O_CREAT | O_APPEND, 0600);
	check(fd >= 0);
	while (write(fd, block, sizeof(block)) > 0)
		continue;
	check(errno == ENOSPC);
	close(fd);
}

static void
a_full_disk_loses_no_verdict(void **state)
{
	int64_t sent;

	(void)state;
	move_to_small();
	sending_put(&sending, "invite", NOW_MS);
	open_sender(1 << 20);
	wire.marked_hook = fill;
	assert_fails(dispatch_once(sender, &err), err, ERROR_BUSY, "MB free");
	sent = count_of(OUTBOX_SENT);
	assert_in_range(sent, 4, wire.marked);
	assert_int_equal(count_of(OUTBOX_MARKED), 0);
	assert_int_equal(count_of(OUTBOX_INDOUBT), 0);
	assert_int_equal(sent, wire.marked);

	wire.marked_hook = NULL;
	check(unlink(path_of("filler")) == 0);
	now_sleep_us(LOOK_US);
	clock_advance(&test_clock, NOW_MS + 60 * 60 * 1000);
	assert_int_equal(dispatch_once(sender, &err), 20 - sent);
	assert_int_equal(wire.marked, 20);
	assert_true(sending_is_sound(&sending));
}

/* ---- a wire that was given up ---- */

static void
give_up(int n)
{
	struct error why;

	(void)n;
	error_set(&why, ERROR_CONFIG, "the relay does not know us");
	wire_stop(sender, &sender->wires[0], &why);
}

static void
a_wire_that_is_stopped_is_not_tried_again(void **state)
{
	(void)state;
	sending_put(&sending, "invite", NOW_MS);
	open_sender(0);
	assert_int_equal(dispatch_stopped(sender, &err), 0);
	wire.marked_hook = give_up;
	for (int i = 0; i < 2; i++)
		assert_fails(dispatch_once(sender, &err), err, ERROR_CONFIG,
			     "does not know us");
	assert_fails(dispatch_stopped(sender, &err), err, ERROR_CONFIG,
		     "does not know us");
	assert_int_equal(wire.sessions, 1);
	assert_int_equal(count_of(OUTBOX_SENT), 1);
	assert_int_equal(count_of(OUTBOX_READY), 19);
}

#define STOP_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STOP_TEST(below_the_floor_nothing_is_claimed),
		STOP_TEST(a_floor_does_not_matter_when_nothing_is_due),
		STOP_TEST(above_the_floor_there_is_a_reserve),
		STOP_TEST(a_verdict_that_is_refused_gets_the_reserve),
		STOP_TEST(a_full_disk_loses_no_verdict),
		STOP_TEST(a_wire_that_is_stopped_is_not_tried_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
