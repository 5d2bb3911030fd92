#ifndef TESTS_UNIT_DISPATCH_WIRE_H
#define TESTS_UNIT_DISPATCH_WIRE_H

/*
 * wire - a transport that does what it is told, and a sender over it
 *
 * A test fills `wire`, puts deliveries and calls dispatch_once(). Messages
 * count from 0 in the order in which they are taken, over all sessions.
 */

#include <stdlib.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "dispatch/dispatch_priv.h"
#include "sending.h"
#include "store.h"
#include "test.h"

enum { WIRE_MESSAGES = 64 };

#define NOW_MS INT64_C(1800000000000)

enum wire_end {
	WIRE_SENT, /* the default */
	WIRE_DEFERRED,
	WIRE_BOUNCED,
	WIRE_UNKNOWN,
	WIRE_EARLY,  /* DEFERRED without a marker */
	WIRE_RETURN, /* never tried */
	/* without a marker, with what it means for others */
	WIRE_SLOW_DOMAIN,
	WIRE_SLOW_RELAY,
	WIRE_STOP_SENDER,
	WIRE_STOP_RELAY,
};

struct wire {
	enum wire_end ends[WIRE_MESSAGES];
	void (*taken_hook)(int n);  /* before the marker */
	void (*marked_hook)(int n); /* after it, before the verdict */
	bool dead;		    /* no connection to be had */

	int sessions;
	int taken;
	int marked;
	int refused;			     /* markers that were not 1 */
	struct outbox_id ids[WIRE_MESSAGES]; /* of what was taken */
};

static struct wire wire;
static struct sending sending;
static struct clock test_clock;
static struct dispatch *sender;
static struct error err;
static struct arena *arena;
static char url[TEST_URL_BYTES];

static int
wire_open(void **out, const char *to, struct error *e)
{
	(void)to;
	(void)e;
	*out = &wire;
	return 0;
}

static void
wire_close(void *self)
{
	check(self == &wire);
}

static void
wire_verdict(struct dispatch_feed *feed, const struct dispatch_message *m,
	     enum outbox_verdict_kind kind, struct str status)
{
	feed_verdict(
	    feed, m,
	    &(struct outbox_verdict){ .kind = kind, .status = status });
}

static void
wire_end(struct dispatch_feed *feed, const struct dispatch_message *m,
	 enum wire_end end)
{
	switch (end) {
	case WIRE_SENT:
		wire_verdict(feed, m, OUTBOX_VERDICT_SENT, STR("250 ok"));
		break;
	case WIRE_DEFERRED:
		wire_verdict(feed, m, OUTBOX_VERDICT_DEFERRED, STR("451 no"));
		break;
	case WIRE_BOUNCED:
		wire_verdict(feed, m, OUTBOX_VERDICT_BOUNCED,
			     STR("550 <joe@example.org> no"));
		break;
	case WIRE_UNKNOWN:
		wire_verdict(feed, m, OUTBOX_VERDICT_UNKNOWN, STR("no reply"));
		break;
	default:
		break;
	}
}

static bool
wire_concerns(struct dispatch_feed *feed, const struct dispatch_message *m,
	      enum wire_end end)
{
	const struct dispatch_outcome outcomes[] = {
		[WIRE_SLOW_DOMAIN] = { { .kind = OUTBOX_VERDICT_DEFERRED,
					 .status = STR("421 4.7.28 slow") },
				       DISPATCH_SLOW_DOMAIN,
				       0 },
		[WIRE_SLOW_RELAY] = { { .kind = OUTBOX_VERDICT_DEFERRED,
					.status = STR("421 slow") },
				      DISPATCH_SLOW_RELAY,
				      30000 },
		[WIRE_STOP_SENDER] = { { .kind = OUTBOX_VERDICT_WAITS,
					 .status =
					     STR("550 5.7.515 <a@b.example>") },
				       DISPATCH_STOP_SENDER,
				       0 },
		[WIRE_STOP_RELAY] = { { .kind = OUTBOX_VERDICT_WAITS,
					.status = STR("554 blocked using") },
				      DISPATCH_STOP_RELAY,
				      0 },
	};

	if (end < WIRE_SLOW_DOMAIN)
		return false;
	feed_outcome(feed, m, &outcomes[end]);
	return true;
}

static int
wire_message(struct dispatch_feed *feed, const struct dispatch_message *m,
	     struct error *e)
{
	int n = wire.taken++;
	int got;

	check(n < WIRE_MESSAGES);
	wire.ids[n] = m->delivery->id;
	if (wire.taken_hook)
		wire.taken_hook(n);
	if (wire.ends[n] == WIRE_RETURN) {
		feed_return(feed, m);
		return 1;
	}
	if (wire.ends[n] == WIRE_EARLY) {
		wire_verdict(feed, m, OUTBOX_VERDICT_DEFERRED, STR("421 no"));
		return 1;
	}
	if (wire_concerns(feed, m, wire.ends[n]))
		return 1;
	got = feed_mark(feed, m, e);
	if (got <= 0) {
		wire.refused++;
		return got;
	}
	wire.marked++;
	if (wire.marked_hook)
		wire.marked_hook(n);
	wire_end(feed, m, wire.ends[n]);
	return 1;
}

static int
wire_session(void *self, struct dispatch_feed *feed, struct error *e)
{
	struct dispatch_message m;
	int got;

	check(self == &wire);
	wire.sessions++;
	if (wire.dead)
		return error_set(e, ERROR_IO, "connection refused");
	feed_connected(feed, STR("relay.example"));
	do {
		got = feed_next(feed, &m, e);
		if (got > 0)
			got = wire_message(feed, &m, e);
	} while (got > 0);
	return got;
}

static const struct transport wire_transport = {
	.scheme = "wire",
	.carriers = CARRIER(OUTBOX_MAIL),
	.open = wire_open,
	.close = wire_close,
	.session = wire_session,
};

/* ---- a sender over it ---- */

static inline struct dispatch_config
wire_config(void)
{
	return (struct dispatch_config){
		.store = sending.store,
		.clock = &test_clock,
		.transport = "wire:",
		.source = sending_source,
		.key_id = 1,
		.worker_count = 1,
		.batch = 10,
	};
}

static inline void
wire_sender(const struct dispatch_config *config)
{
	assert_ok(dispatch_open_on(&sender, &wire_transport, config, &err),
		  err);
}

/* Two partners with ten contacts each; no delivery yet. */
static int
wire_setup(void **state)
{
	(void)state;
	log_open(LOG_LEVEL_ERROR);
	wire = (struct wire){ 0 };
	err = (struct error){ 0 };
	arena = arena_new();
	clock_init_virtual(&test_clock, NOW_MS);
	test_sqlite_url(url);
	sending_open(&sending, url);
	sending_people(&sending, 2, 10);
	return 0;
}

static int
wire_teardown(void **state)
{
	(void)state;
	dispatch_close(&sender);
	sending_close(&sending);
	test_store_remove(url);
	arena_free(&arena);
	return 0;
}

static inline enum outbox_state
state_of(const struct outbox_id *id)
{
	return sending_find(&sending, arena, id).state;
}

static inline int64_t
count_of(enum outbox_state state)
{
	struct outbox_counts counts;

	sending_count(&sending, &counts);
	return counts.by_state[state];
}

static inline bool
is_delivery(const struct outbox_id *a, const struct outbox_id *b)
{
	return a->partner_id == b->partner_id &&
	       memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

/* A unit that is one statement. */
static inline int
run_sql(struct db *db, void *arg, struct error *e)
{
	const char *const *sql = arg;

	return db_run(db, *sql, DB_NO_ARGS, e) < 0 ? -(int)e->code : 0;
}

static inline void
wire_sql(const char *sql)
{
	assert_ok(db_commit(sending.store, run_sql, &sql, &err), err);
}

#endif
