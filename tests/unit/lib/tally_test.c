#include "tally.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "test.h"

/* Deliveries 1, 2 ... are known by an id of that byte. */
#define ID_1  "01010101010101010101010101010101@mail.northwind.example"
#define ID_2  "02020202020202020202020202020202@mail.northwind.example"
#define SHA_A "6161"
#define SHA_B "6262"

static struct arena *arena;
static struct sink_list list;
static struct tally tally;

/* A ledger made by hand. */
static void
ledger(const char *text)
{
	char path[] = "ledger.XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	sink_list_read(&list, arena, path);
	unlink(path);
	tally_init(&tally, &list);
}

static int
setup(void **state)
{
	(void)state;
	arena = arena_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

static void
judge_bytes(int number, enum outbox_state state, struct str sha256)
{
	struct outbox_delivery d = { .state = state, .sha256 = sha256 };

	memset(d.id.bytes, number, sizeof(d.id.bytes));
	tally_judge(&tally, &d);
}

static void
judge(int number, enum outbox_state state)
{
	judge_bytes(number, state, STR("aa"));
}

static void
assert_tally(int lost, int twice, int changed, int indoubt)
{
	assert_int_equal(tally.lost, lost);
	assert_int_equal(tally.twice, twice);
	assert_int_equal(tally.changed, changed);
	assert_int_equal(tally.indoubt, indoubt);
}

static void
what_agrees_is_fine(void **state)
{
	(void)state;
	ledger("refused " ID_1 " body r@example.org\n"
	       "accepted " ID_1 " " SHA_A " r@example.org\n"
	       "refused " ID_2 " dot r@example.org\n"
	       "refused - body r@example.org\n");
	judge(1, OUTBOX_SENT);
	judge(2, OUTBOX_BOUNCED);
	judge(3, OUTBOX_CANCELLED);
	judge(4, OUTBOX_HELD);
	tally_end(&tally);
	assert_tally(0, 0, 0, 0);
	assert_int_equal(tally.deliveries, 4);
}

static void
in_doubt_may_have_arrived_or_not(void **state)
{
	(void)state;
	ledger("accepted " ID_1 " " SHA_A " r@example.org\n");
	judge(1, OUTBOX_INDOUBT);
	judge(2, OUTBOX_INDOUBT);
	tally_end(&tally);
	assert_tally(0, 0, 0, 2);
}

static void
sent_and_not_accepted_is_lost(void **state)
{
	(void)state;
	ledger("refused " ID_1 " dot r@example.org\n");
	judge(1, OUTBOX_SENT);
	judge(2, OUTBOX_SENT);
	tally_end(&tally);
	assert_tally(2, 0, 0, 0);
}

static void
accepted_and_not_known_to_be_is_lost(void **state)
{
	static const enum outbox_state states[] = {
		OUTBOX_READY,	OUTBOX_CLAIMED,	  OUTBOX_MARKED,  OUTBOX_HELD,
		OUTBOX_BOUNCED, OUTBOX_CANCELLED, OUTBOX_SKIPPED,
	};

	(void)state;
	ledger("accepted " ID_1 " " SHA_A " r@example.org\n");
	for (size_t i = 0; i < COUNT_OF(states); i++)
		judge(1, states[i]);
	tally_end(&tally);
	assert_tally((int)COUNT_OF(states), 0, 0, 0);
}

static void
what_never_came_to_an_end_is_lost(void **state)
{
	(void)state;
	ledger("");
	judge(1, OUTBOX_READY);
	judge(2, OUTBOX_CLAIMED);
	judge(3, OUTBOX_MARKED);
	tally_end(&tally);
	assert_tally(3, 0, 0, 0);
}

static void
accepted_twice_is_seen_in_every_state(void **state)
{
	(void)state;
	ledger("accepted " ID_1 " " SHA_A " r@example.org\n"
	       "accepted " ID_2 " " SHA_A " r@example.org\n"
	       "accepted " ID_1 " " SHA_A " r@example.org\n"
	       "accepted " ID_2 " " SHA_A " r@example.org\n");
	judge(1, OUTBOX_SENT);
	judge(2, OUTBOX_INDOUBT);
	tally_end(&tally);
	assert_tally(0, 2, 0, 1);
}

static void
an_orphan_is_lost(void **state)
{
	(void)state;
	ledger("accepted " ID_1 " " SHA_A " r@example.org\n"
	       "accepted - " SHA_A " r@example.org\n"
	       "refused " ID_2 " dot r@example.org\n");
	tally_end(&tally);
	assert_tally(2, 0, 0, 0);
}

static void
other_bytes_are_seen(void **state)
{
	(void)state;
	ledger("accepted " ID_1 " " SHA_B " r@example.org\n"
	       "accepted " ID_2 " " SHA_A " r@example.org\n");
	judge(1, OUTBOX_SENT);
	judge_bytes(2, OUTBOX_SENT, STR(""));
	tally_end(&tally);
	assert_tally(0, 0, 2, 0);
}

static void
other_bytes_the_second_time_are_seen(void **state)
{
	(void)state;
	ledger("accepted " ID_1 " " SHA_A " r@example.org\n"
	       "accepted " ID_1 " " SHA_B " r@example.org\n");
	judge(1, OUTBOX_SENT);
	tally_end(&tally);
	assert_tally(0, 1, 1, 0);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(what_agrees_is_fine),
		TEST(in_doubt_may_have_arrived_or_not),
		TEST(sent_and_not_accepted_is_lost),
		TEST(accepted_and_not_known_to_be_is_lost),
		TEST(what_never_came_to_an_end_is_lost),
		TEST(accepted_twice_is_seen_in_every_state),
		TEST(an_orphan_is_lost),
		TEST(other_bytes_are_seen),
		TEST(other_bytes_the_second_time_are_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
