/*
 * Workers: each a thread that gives one session after the other to the wire.
 *
 *	fill the feed -> session -> settle verdicts -> give back -> wait
 *
 * What a worker waits for is told by how the last round ended. Nothing due:
 * until it is woken, POLL_MS at most; a wake-up that is lost costs that much.
 * A session that failed: by backoff_ms(), unless it got somewhere, which shows
 * a wire that works. A verdict that the store refuses: all workers stop
 * taking, and the one that has it tries again until it is stored. All waiting
 * is by the monotonic clock; the run's clock only says what is due.
 *
 * dispatch_once() makes the same rounds without waiting and ends a worker at
 * the first round with nothing to do, or whose session failed and got nowhere.
 *
 * A wire that is stopped for good, and a store without room, have nothing to
 * do in the background (dispatch_stop.c); dispatch_once() says what is wrong.
 *
 * The first worker also keeps the owner's locks and looks for dead owners.
 *
 * Mail and posts may leave over two wires. Then a worker has one of them and
 * claims what that takes, so a slow hook holds up no mail.
 */
#include "dispatch/dispatch.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/now.h"
#include "dispatch/dispatch_priv.h"

enum {
	POLL_MS = 1000,
	KEEP_US = 15 * 1000 * 1000,
	BACKOFF_MS = 1000,
	BACKOFF_MAX_MS = 60 * 1000,
	SETTLE_MS = 100,
	SETTLE_MAX_MS = 5000,
	ONCE_TRIES = 3,	 /* 0.3 s, then the caller is told */
	CLOSE_TRIES = 7, /* 6.3 s, then the row is left in doubt */
};

struct dispatch_worker {
	struct dispatch *d;
	struct dispatch_wire *wire;
	struct dispatch_feed *feed;
	pthread_t thread;
	int number;
	int failures; /* sessions that failed in a row */
	int result;   /* of the last round, < 0 with err */
	struct error err;
};

/* In the order in which they are offered to a URL. */
static const struct transport *const transports[] = {
	&spool_transport,
	&relay_transport,
	&relay_tls_transport,
	&webhook_transport,
};

/* ---- waiting ---- */

static uint64_t
wakes(struct dispatch *d)
{
	uint64_t n;

	pthread_mutex_lock(&d->mutex);
	n = d->wakes;
	pthread_mutex_unlock(&d->mutex);
	return n;
}

/* Ends early when closing, or when woken since *seen, unless that is NULL. */
static void
wait_ms(struct dispatch *d, int64_t ms, const uint64_t *seen)
{
	int64_t end_us = now_mono_us() + ms * 1000;
	struct timespec end = {
		.tv_sec = (time_t)(end_us / 1000000),
		.tv_nsec = (long)(end_us % 1000000) * 1000,
	};
	int rc = 0;

	pthread_mutex_lock(&d->mutex);
	while (rc == 0 && !atomic_load(&d->closing) &&
	       (!seen || d->wakes == *seen))
		rc = pthread_cond_timedwait(&d->woken, &d->mutex, &end);
	check(rc == 0 || rc == ETIMEDOUT);
	pthread_mutex_unlock(&d->mutex);
}

int64_t
backoff_ms(int64_t owner, int worker, int attempt)
{
	const int64_t seed[] = { owner, worker, attempt };
	uint8_t digest[CRYPTO_HASH_BYTES];
	int64_t wait = BACKOFF_MS;
	uint32_t jitter;

	check(attempt > 0);
	while (--attempt > 0 && wait < BACKOFF_MAX_MS)
		wait *= 2;
	if (wait > BACKOFF_MAX_MS)
		wait = BACKOFF_MAX_MS;
	crypto_sha256((struct str){ (const char *)seed, sizeof(seed) }, digest);
	memcpy(&jitter, digest, sizeof(jitter));
	return wait + (int64_t)jitter % (wait / 2);
}

/* ---- one round ---- */

/* Without an end while in the background: nothing else may be done. */
static bool
has_tried(const struct dispatch_worker *w, int tries)
{
	if (atomic_load(&w->d->closing))
		return tries >= CLOSE_TRIES || atomic_load(&w->d->gave_up);
	return !w->d->started && tries >= ONCE_TRIES;
}

/* Until the store has taken all verdicts, or it had its chances. */
static int
settle(struct dispatch_worker *w, struct error *err)
{
	int64_t wait = SETTLE_MS;
	int tries = 0;

	while (feed_settle(w->feed, err) < 0) {
		if (has_tried(w, ++tries))
			return -(int)err->code;
		room_release(w->d);
		if (atomic_load(&w->d->closing))
			now_sleep_us(wait * 1000);
		else
			wait_ms(w->d, wait, NULL);
		wait = wait * 2 < SETTLE_MAX_MS ? wait * 2 : SETTLE_MAX_MS;
	}
	return 0;
}

static int
keep_if_due(struct dispatch_worker *w, struct error *err)
{
	int64_t now_us = now_mono_us();

	if (w->number != 0 || now_us - w->d->kept_us < KEEP_US)
		return 0;
	w->d->kept_us = now_us;
	return owner_keep(w->d, err);
}

/* Both are tried, whatever becomes of the first. */
static int
tidy_up(struct dispatch_worker *w, struct error *err)
{
	struct error second;
	int settled = settle(w, err);
	int given = feed_give_back(w->feed, &second);

	if (settled < 0)
		return settled;
	if (given < 0)
		*err = second;
	return given;
}

/* 1 when there was something to do, 0 when not, < 0 when it failed. */
static int
session(struct dispatch_worker *w, struct error *err)
{
	int count = feed_fill(w->feed, err);
	int result;

	if (count <= 0)
		return count;
	result = w->wire->transport->session(w->wire->self, w->feed, err);
	if (tidy_up(w, err) < 0)
		return -(int)err->code;
	return result < 0 ? result : 1;
}

/* ---- health ---- */

static void
keep_health(struct dispatch_worker *w, int result)
{
	struct dispatch *d = w->d;
	struct dispatch_trouble *t = &d->troubles[w->wire - d->wires];

	if (result == 0) /* nothing was tried */
		return;
	pthread_mutex_lock(&d->mutex);
	t->known = true;
	t->failed = result < 0;
	if (t->failed)
		memcpy(t->text, w->err.text, sizeof(t->text));
	pthread_mutex_unlock(&d->mutex);
}

int
dispatch_health(struct dispatch *d, struct buf *why)
{
	int health = -1;

	pthread_mutex_lock(&d->mutex);
	for (int i = 0; i < d->wire_count && health < 1; i++) {
		const struct dispatch_trouble *t = &d->troubles[i];

		if (t->known)
			health = t->failed;
		if (t->known && t->failed)
			buf_cat(why, t->text);
	}
	pthread_mutex_unlock(&d->mutex);
	return health;
}

int64_t
dispatch_opens_ms(struct dispatch *d)
{
	int64_t opens_ms = 0;

	for (int i = 0; i < d->wire_count; i++) {
		int64_t at_ms = atomic_load(&d->wires[i].opens_ms);

		if (at_ms > opens_ms)
			opens_ms = at_ms;
	}
	return opens_ms;
}

/* ---- rounds ---- */

/* The same, and < 0 only when it got nowhere. */
static int
one_round(struct dispatch_worker *w)
{
	int64_t before = feed_progress(w->feed);
	int result = keep_if_due(w, &w->err);

	if (result >= 0)
		result = session(w, &w->err);
	keep_health(w, result);
	if (result < 0)
		log_line(LOG_LEVEL_WARN, "dispatch", "session_failed",
			 LOG_FIELDS(LOG_INT("worker", w->number),
				    LOG_INT("failures", w->failures + 1),
				    LOG_CSTR("msg", w->err.text)));
	if (result < 0 && feed_progress(w->feed) > before &&
	    atomic_load(&w->d->unstored) == 0)
		result = 1;
	w->failures = result < 0 ? w->failures + 1 : 0;
	return result;
}

/* ---- in the background ---- */

static void
stop(struct dispatch_worker *w)
{
	struct error err;

	if (tidy_up(w, &err) >= 0)
		return;
	/* One has waited for the store; the others need not, one by one. */
	atomic_store(&w->d->gave_up, true);
	log_line(LOG_LEVEL_ERROR, "dispatch", "stopped_dirty",
		 LOG_FIELDS(LOG_INT("worker", w->number),
			    LOG_CSTR("msg", err.text)));
}

static void *
work(void *arg)
{
	struct dispatch_worker *w = arg;
	struct dispatch *d = w->d;

	while (!atomic_load(&d->closing)) {
		uint64_t seen = wakes(d);
		int did = one_round(w);

		if (did < 0)
			wait_ms(d, backoff_ms(d->owner, w->number, w->failures),
				NULL);
		else if (did == 0)
			wait_ms(d, POLL_MS, &seen);
	}
	stop(w);
	return NULL;
}

/* Signals are for the threads that look for them. */
static void
start_thread(struct dispatch_worker *w, void *(*body)(void *))
{
	sigset_t all;
	sigset_t before;

	sigfillset(&all);
	check(pthread_sigmask(SIG_SETMASK, &all, &before) == 0);
	check(pthread_create(&w->thread, NULL, body, w) == 0);
	check(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
}

int
dispatch_start(struct dispatch *d, struct error *err)
{
	(void)err;
	check(!d->started);
	d->started = true;
	for (int i = 0; i < d->worker_count; i++)
		start_thread(&d->workers[i], work);
	return 0;
}

void
dispatch_wake(struct dispatch *d)
{
	pthread_mutex_lock(&d->mutex);
	d->wakes++;
	pthread_cond_broadcast(&d->woken);
	pthread_mutex_unlock(&d->mutex);
}

/* ---- once ---- */

static void *
work_once(void *arg)
{
	struct dispatch_worker *w = arg;

	/* What an earlier call could not store comes first. */
	w->result = settle(w, &w->err);
	while (w->result >= 0 && (w->result = one_round(w)) > 0)
		continue;
	if (w->result >= 0)
		w->result = feed_blocked(w->feed, &w->err);
	return NULL;
}

static int64_t
sum_of(const struct dispatch *d, int64_t (*of)(const struct dispatch_feed *))
{
	int64_t sum = 0;

	for (int i = 0; i < d->worker_count; i++)
		sum += of(d->workers[i].feed);
	return sum;
}

/* A virtual day has many calls with nothing to do: they start no threads. */
static int
workers_needed(struct dispatch *d)
{
	struct error ignored;

	if (atomic_load(&d->unstored) == 0 &&
	    feed_due(d->workers[0].feed, &ignored) == 0)
		return 1;
	return d->worker_count;
}

/* 0 when nothing is left, 1 when more may be, < 0 when nothing moves. */
static int
all_once(struct dispatch *d, struct error *err)
{
	int64_t before = sum_of(d, feed_progress);
	int count = workers_needed(d);
	int result = 0;

	for (int i = 1; i < count; i++)
		start_thread(&d->workers[i], work_once);
	(void)work_once(&d->workers[0]);
	for (int i = 1; i < count; i++)
		check(pthread_join(d->workers[i].thread, NULL) == 0);
	for (int i = 0; i < count; i++) {
		if (d->workers[i].result >= 0)
			continue;
		*err = d->workers[i].err;
		result = d->workers[i].result;
	}
	return result < 0 && sum_of(d, feed_progress) > before ? 1 : result;
}

int64_t
dispatch_once(struct dispatch *d, struct error *err)
{
	int64_t before = sum_of(d, feed_stored);
	int more;

	check(!d->started);
	atomic_store(&d->until_ms, clock_now_ms(d->config.clock));
	do
		more = all_once(d, err);
	while (more > 0);
	atomic_store(&d->until_ms, -1);
	return more < 0 ? more : sum_of(d, feed_stored) - before;
}

/* ---- open and close ---- */

static void
init_wait(struct dispatch *d)
{
	pthread_condattr_t monotonic;

	check(pthread_condattr_init(&monotonic) == 0);
	check(pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0);
	check(pthread_cond_init(&d->woken, &monotonic) == 0);
	check(pthread_condattr_destroy(&monotonic) == 0);
	check(pthread_mutex_init(&d->mutex, NULL) == 0);
}

static struct dispatch *
new_dispatch(const struct dispatch_config *config)
{
	struct dispatch *d = calloc(1, sizeof(*d));

	check(config->worker_count >= 1 &&
	      config->worker_count <= DISPATCH_WORKERS_MAX);
	check(config->batch >= 1 && config->batch <= DISPATCH_BATCH_MAX);
	check(d);
	d->config = *config;
	atomic_init(&d->unstored, 0);
	atomic_init(&d->closing, false);
	atomic_init(&d->gave_up, false);
	atomic_init(&d->until_ms, -1);
	atomic_init(&d->closings, 0);
	room_init(d);
	init_wait(d);
	return d;
}

/* The last worker has the second wire, when there is one. */
static void
make_workers(struct dispatch *d)
{
	int first = d->config.worker_count;

	d->worker_count = first + d->wire_count - 1;
	d->workers = calloc((size_t)d->worker_count, sizeof(*d->workers));
	check(d->workers);
	for (int i = 0; i < d->worker_count; i++) {
		struct dispatch_worker *w = &d->workers[i];

		w->d = d;
		w->number = i;
		w->wire = &d->wires[i < first ? 0 : 1];
		w->feed = feed_new(d, i, w->wire);
	}
}

static void
free_dispatch(struct dispatch *d)
{
	for (int i = 0; i < d->worker_count; i++)
		feed_free(&d->workers[i].feed);
	for (int i = 0; i < d->wire_count; i++)
		d->wires[i].transport->close(d->wires[i].self);
	check(pthread_cond_destroy(&d->woken) == 0);
	check(pthread_mutex_destroy(&d->mutex) == 0);
	free(d->workers);
	free(d);
}

static int
open_wire(struct dispatch *d, const struct transport *transport,
	  const char *url, unsigned carriers, struct error *err)
{
	struct dispatch_wire *wire = &d->wires[d->wire_count];

	wire->transport = transport;
	wire->name = transport->scheme;
	wire->carriers = transport->carriers & carriers;
	atomic_init(&wire->stopped, false);
	atomic_init(&wire->opens_ms, 0);
	if (wire->carriers == 0)
		return error_set(
		    err, ERROR_CONFIG, "transport \"%s\" takes no %s", url,
		    carriers & CARRIER(OUTBOX_MAIL) ? "mail" : "posts");
	if (transport->open(&wire->self, url, err) < 0)
		return -(int)err->code;
	d->wire_count++;
	if (transport->name)
		wire->name = transport->name(wire->self);
	if (!d->config.clock->is_virtual || !transport->leaves ||
	    !transport->leaves(wire->self))
		return 0;
	return error_set(err, ERROR_CONFIG,
			 "transport \"%s\" leaves this machine, which a store "
			 "with a virtual clock must not, expected a spool or a "
			 "relay on loopback",
			 url);
}

static int
find_transport(const struct transport **out, const char *text,
	       struct error *err)
{
	struct str url = str_of(text);
	ptrdiff_t colon = str_find_char(url, ':');
	struct str scheme = colon < 0 ? url : str_slice(url, 0, (size_t)colon);

	for (size_t i = 0; i < COUNT_OF(transports); i++) {
		*out = transports[i];
		if (str_eq_cstr(scheme, transports[i]->scheme))
			return 0;
	}
	return error_set(err, ERROR_CONFIG,
			 "no transport \"%.*s\", expected \"smtp://HOST\", "
			 "\"smtps://HOST\", \"spool:DIR\" or \"webhook:\"",
			 STR_ARG(scheme));
}

/* A second wire for posts, unless it is the first one's own. */
static int
open_wires(struct dispatch *d, const struct transport *transport,
	   struct error *err)
{
	const char *url = d->config.transport;
	const char *posts_url = d->config.posts_transport;
	const struct transport *posts;
	unsigned both = CARRIER(OUTBOX_MAIL) | CARRIER(OUTBOX_HTTP);

	if (!posts_url || strcmp(url, posts_url) == 0)
		return open_wire(d, transport, url, both, err);
	if (find_transport(&posts, posts_url, err) < 0 ||
	    open_wire(d, transport, url, CARRIER(OUTBOX_MAIL), err) < 0)
		return -(int)err->code;
	return open_wire(d, posts, posts_url, CARRIER(OUTBOX_HTTP), err);
}

int
dispatch_open_on(struct dispatch **out, const struct transport *transport,
		 const struct dispatch_config *config, struct error *err)
{
	struct dispatch *d = new_dispatch(config);

	if (open_wires(d, transport, err) < 0 || owner_open(d, err) < 0) {
		free_dispatch(d);
		return -(int)err->code;
	}
	make_workers(d);
	d->kept_us = now_mono_us();
	*out = d;
	return 0;
}

int
dispatch_open(struct dispatch **out, const struct dispatch_config *config,
	      struct error *err)
{
	const struct transport *transport;

	if (find_transport(&transport, config->transport, err) < 0)
		return -(int)err->code;
	return dispatch_open_on(out, transport, config, err);
}

void
dispatch_close(struct dispatch **out)
{
	struct dispatch *d = *out;

	if (!d)
		return;
	pthread_mutex_lock(&d->mutex);
	atomic_store(&d->closing, true);
	pthread_cond_broadcast(&d->woken);
	pthread_mutex_unlock(&d->mutex);
	for (int i = 0; i < d->worker_count; i++) {
		if (d->started)
			check(pthread_join(d->workers[i].thread, NULL) == 0);
		else
			stop(&d->workers[i]);
	}
	free_dispatch(d);
	*out = NULL;
}
