/*
 * Workers: opening, running in the background, backing off, ending.
 */
#include <pthread.h>

#include "wire.h"

/* ---- waiting for the background ---- */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t grown = PTHREAD_COND_INITIALIZER;
static int handed_over;

static void
count_one(int n)
{
	(void)n;
	pthread_mutex_lock(&mutex);
	handed_over++;
	pthread_cond_signal(&grown);
	pthread_mutex_unlock(&mutex);
}

static void
wait_for(int count)
{
	pthread_mutex_lock(&mutex);
	while (handed_over < count)
		pthread_cond_wait(&grown, &mutex);
	pthread_mutex_unlock(&mutex);
}

/* ---- tests ---- */

static void
a_started_sender_sends_what_is_put_later(void **state)
{
	struct dispatch_config config = wire_config();

	(void)state;
	handed_over = 0;
	wire.marked_hook = count_one;
	wire_sender(&config);
	assert_ok(dispatch_start(sender, &err), err);
	sending_put(&sending, "invite", NOW_MS);
	dispatch_wake(sender);
	wait_for(20);
	dispatch_close(&sender);
	assert_int_equal(count_of(OUTBOX_SENT), 20);
	assert_true(sending_is_sound(&sending));
}

static void
closing_gives_back_what_is_only_claimed(void **state)
{
	struct dispatch_config config = wire_config();

	(void)state;
	handed_over = 0;
	wire.marked_hook = count_one;
	config.batch = 20;
	sending_put(&sending, "invite", NOW_MS);
	wire_sender(&config);
	assert_ok(dispatch_start(sender, &err), err);
	wait_for(1);
	dispatch_close(&sender);
	assert_int_equal(count_of(OUTBOX_CLAIMED), 0);
	assert_int_equal(count_of(OUTBOX_MARKED), 0);
	assert_int_equal(count_of(OUTBOX_READY) + count_of(OUTBOX_SENT), 20);
}

static void
a_dead_wire_is_an_error_and_keeps_nothing(void **state)
{
	struct dispatch_config config = wire_config();

	(void)state;
	sending_put(&sending, "invite", NOW_MS);
	wire_sender(&config);
	wire.dead = true;
	assert_true(dispatch_once(sender, &err) < 0);
	assert_string_equal(err.text, "connection refused");
	assert_int_equal(count_of(OUTBOX_READY), 20);
	wire.dead = false;
	assert_int_equal(dispatch_once(sender, &err), 20);
}

static void
health_says_why_nothing_leaves_until_something_does(void **state)
{
	struct dispatch_config config = wire_config();
	struct buf why = { 0 };

	(void)state;
	sending_put(&sending, "invite", NOW_MS);
	wire_sender(&config);
	assert_int_equal(dispatch_health(sender, &why), -1);
	wire.dead = true;
	assert_true(dispatch_once(sender, &err) < 0);
	assert_int_equal(dispatch_health(sender, &why), 1);
	assert_str(buf_view(&why), "connection refused");
	wire.dead = false;
	assert_int_equal(dispatch_once(sender, &err), 20);
	buf_clear(&why);
	assert_int_equal(dispatch_health(sender, &why), 0);
	assert_int_equal(why.len, 0);
	buf_fini(&why);
}

static void
posts_wait_for_a_wire_that_takes_them(void **state)
{
	struct dispatch_config config = wire_config();
	struct outbox_id post;

	(void)state;
	post = sending_put_one(&sending, 0, 0, "teaser", "linkedin", NOW_MS);
	wire_sender(&config);
	assert_int_equal(dispatch_once(sender, &err), 0);
	assert_int_equal(state_of(&post), OUTBOX_READY);
}

static void
a_store_has_one_sender(void **state)
{
	struct dispatch_config config = wire_config();
	struct dispatch *second = NULL;
	struct sending other;

	(void)state;
	wire_sender(&config);
	sending_open(&other, url);
	config.store = other.store;
	assert_fails(dispatch_open_on(&second, &wire_transport, &config, &err),
		     err, ERROR_BUSY, "another process");
	assert_null(second);
	sending_close(&other);
}

static void
an_unknown_transport_is_named(void **state)
{
	struct dispatch_config config = wire_config();

	(void)state;
	config.transport = "pigeon:north";
	assert_fails(dispatch_open(&sender, &config, &err), err, ERROR_CONFIG,
		     "pigeon");
	assert_null(sender);
}

static void
backing_off_doubles_from_one_second_to_a_minute(void **state)
{
	int64_t wait = 1000;

	(void)state;
	for (int attempt = 1; attempt < 40; attempt++) {
		int64_t ms = backoff_ms(7, 3, attempt);

		assert_in_range(ms, wait, wait + wait / 2);
		assert_int_equal(ms, backoff_ms(7, 3, attempt));
		wait = wait * 2 < 60000 ? wait * 2 : 60000;
	}
	assert_int_not_equal(backoff_ms(7, 3, 9), backoff_ms(7, 4, 9));
	assert_int_not_equal(backoff_ms(7, 3, 9), backoff_ms(8, 3, 9));
}

#define WIRE_TEST(f) \
	cmocka_unit_test_setup_teardown(f, wire_setup, wire_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WIRE_TEST(a_started_sender_sends_what_is_put_later),
		WIRE_TEST(closing_gives_back_what_is_only_claimed),
		WIRE_TEST(a_dead_wire_is_an_error_and_keeps_nothing),
		WIRE_TEST(health_says_why_nothing_leaves_until_something_does),
		WIRE_TEST(posts_wait_for_a_wire_that_takes_them),
		WIRE_TEST(a_store_has_one_sender),
		WIRE_TEST(an_unknown_transport_is_named),
		WIRE_TEST(backing_off_doubles_from_one_second_to_a_minute),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
