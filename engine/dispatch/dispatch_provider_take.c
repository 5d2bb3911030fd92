/*
 * News become what they are: a few events share a unit of work, for a call may
 * have a thousand and each commit costs. When a unit fails, each of its events
 * is tried by itself, so that one which is for later takes no other with it.
 *
 * An event is a mail that came back in other clothes: its id is the bytes by
 * which it is known again, and its custom argument an address it came to.
 */
#include "dispatch/dispatch_provider_priv.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "dispatch/dispatch_intake_priv.h"

/* Longer would keep the senders from the store: db.h. */
enum { TOGETHER = 16 };

/* Some events on their way into the store. */
struct taking {
	const struct dispatch_intake *intake;
	const char *provider;
	int64_t now_ms;
	struct str once; /* as in provider_news */
	const struct provider_event *events;
	size_t count;
	struct dispatch_taken taken[TOGETHER];
};

/* ---- one event ---- */

/* Message-IDs are told with and without their brackets. */
static struct str
bare(struct str id)
{
	if (str_starts(id, STR("<")) && str_ends(id, STR(">")))
		return str_slice(id, 1, id.len - 1);
	return id;
}

static void
report_of(const struct provider_event *e, struct mime_report *out)
{
	out->count = 1;
	out->message_id = bare(e->message_id);
	out->unsubscribe = e->unsubscribe;
	out->recipients[0] = (struct mime_report_recipient){
		.address = e->recipient,
		.status = e->status,
		.diagnostic = e->said,
	};
}

static int
take_as(struct db *db, const struct provider_event *e, struct return_mail *m,
	struct error *err)
{
	switch (e->kind) {
	case PROVIDER_RETURN:
		return return_take(db, m, err);
	case PROVIDER_LEAVE:
		return return_leave(db, m, err);
	case PROVIDER_ARRIVED:
		break;
	}
	return return_arrived(db, m, err);
}

static int
take_event(struct db *db, const struct taking *t,
	   const struct provider_event *e, struct dispatch_taken *taken,
	   struct error *err)
{
	struct arena *a = arena_new();
	struct mime_report *report = ARENA_NEW(a, struct mime_report);
	const struct dispatch_mail mail = {
		.bytes = str_printf(a, "%s %.*s", t->provider, STR_ARG(e->id)),
		.recipient = str_printf(a, "%.*s@", STR_ARG(e->tag)),
	};
	struct return_mail m = {
		.intake = t->intake,
		.a = a,
		.mail = &mail,
		.report = report,
		.class = e->class,
		.evidence = "it had left: the provider told of it",
		.now_ms = t->now_ms,
		.taken = taken,
	};
	int code;

	report_of(e, report);
	code = take_as(db, e, &m, err);
	arena_free(&a);
	return code;
}

/* ---- units ---- */

/* 1, or 0 when it was used before. */
static int
use_once(struct db *db, const struct taking *t, struct error *err)
{
	uint8_t hash[CRYPTO_HASH_BYTES];
	struct crypto_hash h;

	crypto_hash_init(&h);
	crypto_hash_add(&h, STR("once "));
	crypto_hash_add(&h, str_of(t->provider));
	crypto_hash_add(&h, STR(" "));
	crypto_hash_add(&h, t->once);
	crypto_hash_end(&h, hash);
	return event_return_once(
	    db, hash, t->now_ms,
	    t->now_ms + PROVIDER_AGE_MS + PROVIDER_AHEAD_MS, err);
}

static int
take_unit(struct db *db, void *arg, struct error *err)
{
	struct taking *t = arg;
	int fresh = t->once.len > 0 ? use_once(db, t, err) : 1;

	if (fresh < 0)
		return fresh;
	for (size_t i = 0; i < t->count; i++) {
		t->taken[i] = (struct dispatch_taken){ .again = !fresh };
		if (fresh &&
		    take_event(db, t, &t->events[i], &t->taken[i], err) < 0)
			return -(int)err->code;
	}
	return 0;
}

static void
add_up(const struct taking *t, struct dispatch_provider_sum *sum)
{
	for (size_t i = 0; i < t->count; i++) {
		bool ours = t->taken[i].ours || t->taken[i].probe;

		sum->again += t->taken[i].again;
		sum->foreign += !t->taken[i].again && !ours;
		sum->taken += !t->taken[i].again && ours;
	}
}

/* 1 when it was not taken. */
static size_t
take_some(struct taking *t, struct dispatch_provider_sum *sum,
	  struct error *err)
{
	if (db_commit(t->intake->config.store, take_unit, t, err) < 0)
		return 1;
	add_up(t, sum);
	return 0;
}

static size_t
take_each(const struct taking *together, struct dispatch_provider_sum *sum,
	  struct error *first)
{
	size_t left = 0;

	for (size_t i = 0; i < together->count; i++) {
		struct taking t = *together;
		struct error err;

		t.events = &together->events[i];
		t.count = 1;
		if (take_some(&t, sum, &err) == 0)
			continue;
		if (left++ == 0)
			*first = err;
	}
	return left;
}

size_t
provider_take(const struct dispatch_intake *in,
	      const struct provider_news *news, const char *provider,
	      struct dispatch_provider_sum *sum, struct error *err)
{
	size_t left = 0;

	for (size_t i = 0; i < news->count; i += TOGETHER) {
		size_t rest = news->count - i;
		struct taking t = {
			.intake = in,
			.provider = provider,
			.now_ms = clock_now_ms(in->config.clock),
			.once = news->once,
			.events = &news->events[i],
			.count = rest < TOGETHER ? rest : TOGETHER,
		};
		struct error why;
		size_t failed = take_some(&t, sum, &why);

		if (failed && t.count > 1)
			failed = take_each(&t, sum, &why);
		if (failed && left == 0)
			*err = why;
		left += failed;
	}
	return left;
}
