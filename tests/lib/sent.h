#ifndef TESTS_LIB_SENT_H
#define TESTS_LIB_SENT_H

/*
 * sent - a delivery that was sent at a time, for tests of what follows it
 *
 * Functions run inside a unit of work. The partner, its activation and the
 * contact are there (gate.h).
 */

#include "base/arena.h"
#include "gate.h"

struct test_sent {
	struct outbox_key key;
	int64_t marked_ms;
	int64_t sent_ms;     /* 0: the verdict is not in */
	struct outbox_id id; /* out */
};

static inline int
test_sent_claimed(struct db *db, const struct test_sent *s,
		  struct outbox_delivery *d, struct error *err)
{
	const struct outbox_marker marker = {
		.now_ms = s->marked_ms,
		.sha256 = STR("0123456789abcdef0123456789abcdef"),
		.revision = STR("r1"),
		.domain = STR("mail.northwind.example"),
		.connection = STR("c7"),
	};
	const struct outbox_verdict verdict = {
		.kind = OUTBOX_VERDICT_SENT,
		.status = STR("250 ok"),
		.now_ms = s->sent_ms,
	};
	enum outbox_state became;
	int marked = outbox_mark(db, d, &marker, err);

	if (marked <= 0)
		return marked < 0 ? marked
				  : error_set(err, ERROR_INVALID, "not marked");
	return s->sent_ms ? outbox_finish(db, d, &verdict, &became, err) : 0;
}

static inline int
test_sent(struct db *db, struct test_sent *s, struct error *err)
{
	const struct outbox_claim how = {
		.owner = 7,
		.now_ms = s->marked_ms,
		.lease_ms = s->marked_ms + 1000,
		.key_id = 1,
		.carrier = OUTBOX_MAIL,
		.max = 1,
	};
	struct arena *a = arena_new();
	struct outbox_delivery *items;
	int got = outbox_put(db, &s->key, s->marked_ms, err);

	s->id = outbox_id_of(&s->key);
	if (got >= 0)
		got = outbox_claim(db, a, &how, &items, err);
	if (got == 1)
		got = test_sent_claimed(db, s, &items[0], err);
	arena_free(&a);
	return got;
}

#endif
