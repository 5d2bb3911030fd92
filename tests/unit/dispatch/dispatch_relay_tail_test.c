/*
 * A log that is rotated in each way there is, while it is read and between two
 * readings.
 */
#include "dispatch/dispatch_relay_tail_priv.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/crypto.h"
#include "test.h"

static struct arena *a;
static char dir[64];
static struct relay_tail *tail;

static const char *
path_of(const char *name)
{
	return arena_printf(a, "%s/%s", dir, name);
}

static int
set_up(void **state)
{
	(void)state;
	a = arena_new();
	(void)snprintf(dir, sizeof(dir), "/tmp/guidon-tail.XXXXXX");
	check(mkdtemp(dir));
	relay_tail_open(&tail, path_of("mail.log"));
	return 0;
}

static int
tear_down(void **state)
{
	static const char *const names[] = { "mail.log", "mail.log.1",
					     "mail.log.2", "mail.log.3.gz" };

	(void)state;
	relay_tail_close(&tail);
	for (size_t i = 0; i < COUNT_OF(names); i++)
		(void)unlink(path_of(names[i]));
	assert_int_equal(rmdir(dir), 0);
	arena_free(&a);
	return 0;
}

static void
add(const char *name, const char *text)
{
	FILE *f = fopen(path_of(name), "a");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* In steps of a second, as if that much later. */
static void
changed_at(const char *name, int second)
{
	struct timespec times[2] = { { 1000 + second, 0 },
				     { 1000 + second, 0 } };

	assert_int_equal(utimensat(AT_FDCWD, path_of(name), times, 0), 0);
}

static void
move(const char *from, const char *to)
{
	assert_int_equal(rename(path_of(from), path_of(to)), 0);
}

static struct relay_place
end(void)
{
	struct relay_place place;
	struct error err;

	assert_int_equal(relay_tail_end(tail, &place, &err), 1);
	return place;
}

static void
assert_seek(const struct relay_place *place, int expected)
{
	struct error err;

	assert_int_equal(relay_tail_seek(tail, place, &err), expected);
}

/* All there is, with [file] or [gap] where another one begins. */
static void
assert_rest(const char *expected)
{
	static const char *const before[] = { "", "[file]", "[gap]" };
	struct relay_part part;
	struct buf b = { 0 };
	struct error err;
	int got;

	while ((got = relay_tail_read(tail, &part, &err)) > 0) {
		buf_cat(&b, before[part.kind]);
		buf_str(&b, part.bytes);
	}
	assert_int_equal(got, 0);
	assert_string_equal(buf_cstr(&b), expected);
	buf_fini(&b);
}

/* ---- cases ---- */

static void
a_log_that_is_not_there_is_no_error(void **state)
{
	struct relay_place place;
	struct error err;

	(void)state;
	assert_int_equal(relay_tail_end(tail, &place, &err), 0);
	assert_seek(NULL, 0);
	add("mail.log", "one\n");
	assert_seek(NULL, 1);
	assert_rest("[file]one\n");
	add("mail.log", "two\n");
	assert_rest("two\n");
}

static void
what_is_no_plain_file_is_refused(void **state)
{
	struct relay_place place;
	struct error err;

	(void)state;
	assert_int_equal(mkfifo(path_of("mail.log"), 0600), 0);
	assert_int_equal(relay_tail_end(tail, &place, &err), -ERROR_INVALID);
	assert_int_equal(relay_tail_seek(tail, NULL, &err), -ERROR_INVALID);
}

static void
a_place_is_behind_a_whole_line(void **state)
{
	struct relay_place place;

	(void)state;
	add("mail.log", "one\ntw");
	place = end();
	add("mail.log", "o\n");
	assert_seek(&place, 1);
	assert_rest("[file]two\n");
}

static void
a_renamed_file_is_read_to_its_end_first(void **state)
{
	(void)state;
	add("mail.log", "one\n");
	assert_seek(NULL, 1);
	assert_rest("[file]one\n");
	move("mail.log", "mail.log.1");
	add("mail.log.1", "two\n");
	assert_rest("two\n");
	add("mail.log", "");
	/* Its writer has not let it go. */
	add("mail.log.1", "three\n");
	assert_rest("three\n");
	add("mail.log.1", "four\n");
	add("mail.log", "five\n");
	assert_rest("four\n[file]five\n");
}

static void
a_place_is_found_again_over_rotations(void **state)
{
	struct relay_place place;

	(void)state;
	add("mail.log", "one\n");
	place = end();
	add("mail.log", "two\n");
	move("mail.log", "mail.log.2");
	changed_at("mail.log.2", 1);
	add("mail.log.1", "three\n");
	changed_at("mail.log.1", 2);
	add("mail.log.3.gz", "not a line\n");
	changed_at("mail.log.3.gz", 2);
	add("mail.log", "four\n");
	changed_at("mail.log", 3);
	assert_seek(&place, 1);
	assert_rest("[file]two\n[file]three\n[file]four\n");
}

static void
a_file_cut_while_it_is_read_has_a_gap(void **state)
{
	(void)state;
	add("mail.log", "one\n");
	assert_seek(NULL, 1);
	assert_rest("[file]one\n");
	assert_int_equal(truncate(path_of("mail.log"), 0), 0);
	assert_rest("");
	/* Longer than it was. */
	add("mail.log", "and two\n");
	assert_rest("[gap]and two\n");
}

static void
a_copy_is_known_by_what_is_in_it(void **state)
{
	struct relay_place place;

	(void)state;
	add("mail.log", "one\n");
	place = end();
	add("mail.log.1", "one\ntwo\n");
	changed_at("mail.log.1", 1);
	assert_int_equal(truncate(path_of("mail.log"), 0), 0);
	add("mail.log", "three\n");
	assert_seek(&place, 1);
	assert_rest("[file]two\n[gap]three\n");
}

static void
a_place_that_has_gone_is_not_taken_for_another(void **state)
{
	struct relay_place place;

	(void)state;
	add("mail.log", "one\n");
	place = end();
	/* The same inode, and as long. */
	assert_int_equal(truncate(path_of("mail.log"), 0), 0);
	add("mail.log", "six\n");
	add("mail.log.1", "ten\n");
	assert_seek(&place, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_log_that_is_not_there_is_no_error),
		CASE(what_is_no_plain_file_is_refused),
		CASE(a_place_is_behind_a_whole_line),
		CASE(a_renamed_file_is_read_to_its_end_first),
		CASE(a_place_is_found_again_over_rotations),
		CASE(a_file_cut_while_it_is_read_has_a_gap),
		CASE(a_copy_is_known_by_what_is_in_it),
		CASE(a_place_that_has_gone_is_not_taken_for_another),
	};

	crypto_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
