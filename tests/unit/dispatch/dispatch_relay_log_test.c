/*
 * What the log of a relay proves. The golden log is one of Postfix 3.7: mails
 * that were accepted, though their client did not wait for the reply, and mails
 * whose client went away in the middle.
 */
#include "dispatch/dispatch_relay_log.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/civil.h"
#include "base/zone.h"
#include "dispatch/dispatch_resolve.h"
#include "test.h"

enum { DOUBTS = 9, LINES_MAX = 100 };

static const char before[] = "Nov 30 23:00:00 relay postfix/anvil[9]: begins\n";
static const char after[] = "Nov 30 23:40:00 relay postfix/anvil[9]: ends\n";

static const struct {
	const char *message_id;
	bool accepted;
} truth[DOUBTS] = {
	{ "ok0@mail.northwind.example", true },
	{ "dot0@mail.northwind.example", true },
	{ "three0@mail.northwind.example", true },
	{ "three1@mail.northwind.example", true },
	{ "drop0@mail.northwind.example", true },
	{ "mid0@mail.northwind.example", false },
	{ "midbig0@mail.northwind.example", false },
	{ "three2@mail.northwind.example", false },
	{ "never0@mail.northwind.example", false },
};

static struct arena *a;
static struct str golden;
static int64_t marked_ms;
static int64_t now_ms;
static struct dispatch_doubt doubts_of[DOUBTS];
static struct dispatch_doubt *items[DOUBTS];
static struct dispatch_doubts doubts = { .items = items, .count = DOUBTS };
static const struct zone *utc;
static struct relay_log *log_;

static struct str
read_file(const char *path)
{
	FILE *f = fopen(path, "r");
	char block[65536];
	size_t n;

	assert_non_null(f);
	n = fread(block, 1, sizeof(block), f);
	assert_true(n < sizeof(block));
	fclose(f);
	return str_copy(a, (struct str){ block, n });
}

static int64_t
instant(const char *text)
{
	struct error err;
	int64_t ms;

	assert_ok(civil_parse_instant(str_of(text), &ms, &err), err);
	return ms;
}

static int
set_up(void **state)
{
	struct error err;

	(void)state;
	a = arena_new();
	golden = read_file(GOLDEN "/postfix.log");
	marked_ms = instant("2026-11-30T23:22:59Z");
	now_ms = instant("2026-12-01T09:00:00Z");
	for (int i = 0; i < DOUBTS; i++) {
		doubts_of[i] = (struct dispatch_doubt){
			.delivery.marked_ms = marked_ms,
			.message_id = str_of(truth[i].message_id),
		};
		items[i] = &doubts_of[i];
	}
	assert_ok(zone_get("UTC", &utc, &err), err);
	relay_log_open(&log_, &doubts, utc, now_ms);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	relay_log_close(&log_);
	arena_free(&a);
	return 0;
}

static void
anew(const struct zone *zone)
{
	relay_log_close(&log_);
	relay_log_open(&log_, &doubts, zone, now_ms);
}

static void
feed_parts(struct str one, struct str two, struct str three)
{
	relay_log_file(log_);
	relay_log_feed(log_, one);
	relay_log_feed(log_, two);
	relay_log_feed(log_, three);
}

static void
feed_whole(void)
{
	feed_parts(str_of(before), golden, str_of(after));
}

/* 'S', 'R', or '-': nothing is proven. */
static char
proven(int i)
{
	struct relay_proof proof;

	if (!relay_log_proves(log_, items[i], a, &proof))
		return '-';
	return proof.to == OUTBOX_SENT ? 'S' : 'R';
}

static void
assert_all(const char *expected)
{
	char found[DOUBTS + 1] = { 0 };

	for (int i = 0; i < DOUBTS; i++)
		found[i] = proven(i);
	assert_string_equal(found, expected);
}

/* ---- cases ---- */

static void
a_log_that_covers_the_time_decides_all(void **state)
{
	struct relay_proof proof;

	(void)state;
	feed_whole();
	assert_all("SSSSSRRRR");
	assert_true(relay_log_proves(log_, items[0], a, &proof));
	assert_str(proof.evidence, "in the relay's log as 5F6A79A6659: sent");
	assert_true(relay_log_proves(log_, items[5], a, &proof));
	assert_str(proof.evidence, "cut off, by the relay's log");
	assert_true(relay_log_proves(log_, items[8], a, &proof));
	assert_str(proof.evidence, "not in the relay's log");
}

static void
how_it_is_cut_into_pieces_does_not_matter(void **state)
{
	(void)state;
	relay_log_file(log_);
	relay_log_feed(log_, str_of(before));
	for (size_t i = 0; i < golden.len; i++)
		relay_log_feed(log_, str_slice(golden, i, i + 1));
	relay_log_feed(log_, str_of(after));
	assert_all("SSSSSRRRR");
}

static void
a_log_that_ends_too_early_proves_no_absence(void **state)
{
	(void)state;
	feed_parts(str_of(before), golden, STR(""));
	assert_all("SSSSS----");
	anew(utc);
	feed_parts(STR(""), golden, str_of(after));
	assert_all("SSSSS----");
	anew(utc);
	doubts_of[8].delivery.marked_ms += 20 * INT64_C(60000);
	feed_whole();
	assert_all("SSSSSRRR-");
}

/* Whatever part of it there is, nothing is decided wrongly. */
static void
no_part_of_a_log_is_believed_too_much(void **state)
{
	size_t starts[LINES_MAX] = { 0 };
	size_t count = 0;

	(void)state;
	for (size_t i = 0; i < golden.len; i++)
		if (i == 0 || golden.p[i - 1] == '\n')
			starts[count++] = i;
	starts[count] = golden.len;
	for (size_t from = 0; from < count; from++)
		for (size_t to = from + 1; to <= count; to += 3) {
			anew(utc);
			feed_parts(str_slice(golden, starts[from], starts[to]),
				   STR(""), STR(""));
			for (int i = 0; i < DOUBTS; i++)
				assert_true(
				    proven(i) == '-' ||
				    (proven(i) == 'S' && truth[i].accepted));
		}
}

/* Only its Message-ID: it may have been queued, or not. */
static void
a_message_id_alone_proves_nothing(void **state)
{
	(void)state;
	feed_parts(str_of(before),
		   STR("Nov 30 23:22:59 relay postfix/cleanup[3]: 5F6A79A6659: "
		       "message-id=<ok0@mail.northwind.example>\n"),
		   str_of(after));
	assert_int_equal(proven(0), '-');
	assert_int_equal(proven(8), 'R');
}

static void
the_log_of_another_relay_proves_nothing(void **state)
{
	(void)state;
	feed_parts(str_of(before),
		   STR("Nov 30 23:22:59 relay postfix/cleanup[3]: 5F6A79A6659: "
		       "message-id=<x@elsewhere.example>\n"),
		   str_of(after));
	assert_all("---------");
}

static void
times_of_an_unknown_zone_prove_absence_only_far_from_the_ends(void **state)
{
	(void)state;
	anew(NULL);
	feed_whole();
	assert_all("SSSSS----");
	anew(NULL);
	feed_parts(STR("Nov 30 09:00:00 relay postfix/anvil[9]: begins\n"),
		   golden,
		   STR("Dec  1 09:00:00 relay postfix/anvil[9]: ends\n"));
	assert_all("SSSSS----");
	anew(NULL);
	now_ms += 24 * INT64_C(3600000);
	anew(NULL);
	feed_parts(STR("Nov 30 09:00:00 relay postfix/anvil[9]: begins\n"),
		   golden,
		   STR("Dec  1 13:40:00 relay postfix/anvil[9]: ends\n"));
	assert_all("SSSSSRRRR");
}

static void
files_that_follow_each_other_are_one_log(void **state)
{
	struct str rotated =
	    STR("Nov 30 23:23:30 relay postfix/anvil[9]: on\n");

	(void)state;
	/* in whatever order */
	feed_parts(rotated, str_of(after), STR(""));
	feed_parts(str_of(before), golden, STR(""));
	assert_all("SSSSSRRRR");
	anew(utc);
	feed_parts(STR("Nov 30 23:24:30 relay postfix/anvil[9]: on\n"),
		   str_of(after), STR(""));
	feed_parts(str_of(before), golden, STR(""));
	assert_all("SSSSS----");
}

/* What a copy and a truncation have lost between them may have been ours. */
static void
nothing_is_proven_missing_over_a_gap(void **state)
{
	(void)state;
	feed_parts(str_of(before), golden, STR(""));
	relay_log_gap(log_);
	/* A file without a line does not hide it. */
	relay_log_file(log_);
	relay_log_feed(log_,
		       STR("Nov 30 23:23:30 relay postfix/anvil[9]: on\n"));
	relay_log_feed(log_, str_of(after));
	assert_all("SSSSS----");
}

static void
times_with_an_offset_need_no_zone(void **state)
{
	(void)state;
	anew(NULL);
	feed_parts(STR("2026-12-01T00:00:00.123456+01:00 relay "
		       "postfix/anvil[9]: begins\n"),
		   STR("2026-12-01T00:22:59+01:00 relay postfix/cleanup[3]: "
		       "5F6A79A6659: message-id=<x@mail.northwind.example>\n"),
		   STR("2026-12-01T00:40:00+01:00 relay postfix/anvil[9]: "
		       "ends\n"));
	assert_all("RRRRRRRRR");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_log_that_covers_the_time_decides_all),
		CASE(how_it_is_cut_into_pieces_does_not_matter),
		CASE(a_log_that_ends_too_early_proves_no_absence),
		CASE(no_part_of_a_log_is_believed_too_much),
		CASE(a_message_id_alone_proves_nothing),
		CASE(the_log_of_another_relay_proves_nothing),
		CASE(
		    times_of_an_unknown_zone_prove_absence_only_far_from_the_ends),
		CASE(files_that_follow_each_other_are_one_log),
		CASE(nothing_is_proven_missing_over_a_gap),
		CASE(times_with_an_offset_need_no_zone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
