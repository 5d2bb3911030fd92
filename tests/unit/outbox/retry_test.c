#include "outbox/outbox_priv.h"

#include "base/crypto.h"
#include "test.h"

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS	  (60 * MINUTE_MS)
#define DAY_MS	  (24 * HOUR_MS)

static const int64_t now_ms = INT64_C(1772000000000);

static struct outbox_id
id_number(unsigned n)
{
	struct outbox_id id = { .partner_id = 1 };

	id.bytes[0] = (uint8_t)(n >> 8);
	id.bytes[1] = (uint8_t)n;
	return id;
}

static int64_t
wait_of(unsigned n, int64_t attempt)
{
	struct outbox_id id = id_number(n);

	return outbox_retry_at(&id, attempt, now_ms, now_ms) - now_ms;
}

/* Waits of many rows fill the whole of ]0, ceiling] and nothing beyond. */
static void
assert_jitter(int64_t attempt, int64_t ceiling_ms)
{
	int64_t least = INT64_MAX;
	int64_t most = 0;
	int64_t sum = 0;

	for (unsigned n = 0; n < 1000; n++) {
		int64_t wait = wait_of(n, attempt);

		least = wait < least ? wait : least;
		most = wait > most ? wait : most;
		sum += wait;
	}
	assert_in_range(least, 1, ceiling_ms / 50);
	assert_in_range(most, ceiling_ms * 49 / 50, ceiling_ms);
	assert_in_range(sum / 1000, ceiling_ms * 9 / 20, ceiling_ms * 11 / 20);
}

static void
the_wait_doubles_from_a_minute_to_four_hours(void **state)
{
	(void)state;
	assert_jitter(1, MINUTE_MS);
	assert_jitter(2, 2 * MINUTE_MS);
	assert_jitter(3, 4 * MINUTE_MS);
	assert_jitter(8, 128 * MINUTE_MS);
	assert_jitter(9, 4 * HOUR_MS);
	assert_jitter(10, 4 * HOUR_MS);
	assert_jitter(INT64_MAX, 4 * HOUR_MS);
}

static void
the_same_row_always_waits_the_same(void **state)
{
	(void)state;
	assert_int_equal(wait_of(1, 3), wait_of(1, 3));
	assert_int_not_equal(wait_of(1, 9), wait_of(1, 10));
	assert_int_equal(wait_of(0x0102, 1), 20977);
	assert_int_equal(wait_of(0x0102, 9), 5177786);
}

static void
after_three_days_there_is_no_next_time(void **state)
{
	struct outbox_id id = id_number(1);

	(void)state;
	assert_true(outbox_retry_at(&id, 40, now_ms - 3 * DAY_MS + 1, now_ms) >
		    now_ms);
	assert_int_equal(outbox_retry_at(&id, 40, now_ms - 3 * DAY_MS, now_ms),
			 -1);
	assert_int_equal(outbox_retry_at(&id, 1, 0, now_ms), -1);
}

/* A clock that was set back makes nothing old. */
static void
a_first_attempt_in_the_future_is_young(void **state)
{
	struct outbox_id id = id_number(1);

	(void)state;
	assert_true(outbox_retry_at(&id, 1, now_ms + DAY_MS, now_ms) > now_ms);
}

static void
the_receiver_may_ask_for_a_longer_wait(void **state)
{
	int64_t at_ms = now_ms + MINUTE_MS;

	(void)state;
	assert_int_equal(outbox_retry_wish(at_ms, now_ms, 0), at_ms);
	assert_int_equal(outbox_retry_wish(at_ms, now_ms, 1000), at_ms);
	assert_int_equal(outbox_retry_wish(at_ms, now_ms, HOUR_MS),
			 now_ms + HOUR_MS);
	assert_int_equal(outbox_retry_wish(at_ms, now_ms, 30 * DAY_MS),
			 now_ms + DAY_MS);
	assert_int_equal(outbox_retry_wish(at_ms, now_ms, INT64_MAX),
			 now_ms + DAY_MS);
	assert_int_equal(outbox_retry_wish(at_ms, now_ms, INT64_MIN / 2),
			 at_ms);
}

static void
a_hook_waits_as_standard_webhooks_say_and_then_a_day(void **state)
{
	static const int64_t waits_ms[] = {
		5000,	      5 * MINUTE_MS, 30 * MINUTE_MS, 2 * HOUR_MS,
		5 * HOUR_MS,  10 * HOUR_MS,  14 * HOUR_MS,   20 * HOUR_MS,
		24 * HOUR_MS, 24 * HOUR_MS,  24 * HOUR_MS,
	};

	(void)state;
	for (unsigned n = 0; n < 100; n++) {
		struct outbox_id id = id_number(n);

		for (size_t i = 0; i < COUNT_OF(waits_ms); i++)
			assert_in_range(
			    outbox_hook_retry_at(&id, (int64_t)i + 1, now_ms) -
				now_ms,
			    waits_ms[i], waits_ms[i] * 11 / 10 - 1);
		assert_in_range(outbox_hook_retry_at(&id, INT64_MAX, now_ms) -
				    now_ms,
				24 * HOUR_MS, 27 * HOUR_MS);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_wait_doubles_from_a_minute_to_four_hours),
		cmocka_unit_test(the_same_row_always_waits_the_same),
		cmocka_unit_test(after_three_days_there_is_no_next_time),
		cmocka_unit_test(
		    a_hook_waits_as_standard_webhooks_say_and_then_a_day),
		cmocka_unit_test(a_first_attempt_in_the_future_is_young),
		cmocka_unit_test(the_receiver_may_ask_for_a_longer_wait),
	};

	crypto_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
