/*
 * The loop of the program.
 *
 *	hits -> events -> sequences -> leads that wait -> whether partners go
 *	on -> what is due leaves
 *	mails that came back -> opt-outs, events
 *	the relay's log -> what is in doubt
 *
 * With the machine's clock the senders are threads, and the loop only calls
 * the steps and wakes them; it looks every second at least, so a wake-up that
 * was lost costs that much. With a virtual clock everything happens here, one
 * instant after the other: all that is due, then the jump to the next.
 */
#include "cmd_daemon.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"
#include "cmd.h"
#include "cmd_follow.h"
#include "cmd_intake.h"
#include "cmd_makers.h"
#include "cmd_progress.h"
#include "cmd_stop.h"
#include "cmd_watch.h"

#include "dispatch/dispatch.h"
#include "dispatch/dispatch_guard.h"
#include "dispatch/dispatch_intake.h"
#include "dispatch/dispatch_make.h"
#include "dispatch/dispatch_resolve.h"
#include "dispatch/dispatch_watch.h"
#include "event/event.h"
#include "lead/lead.h"
#include "outbox/outbox.h"
#include "plan/plan.h"
#include "render/render_kit.h"

enum {
	POLL_MS = 1000,
	HITS = 500,
	/* As small as is cheap: so all connections share what is left. */
	BATCH = 25,
	SESSION = 100,
	EVENTS = 200,
	LOOK_MS = 60 * 1000,
};

struct daemon {
	struct app *app;
	struct daemon_config config; /* its texts are the app's */
	struct makers makers;
	struct dispatch *dispatch;
	struct watch *watch;		/* NULL: nobody looks at senders */
	struct dispatch_intake *intake; /* NULL: nothing comes back by itself */
	struct follow *relay_log;	/* NULL: none is named */
	struct plan_revisions revisions;
	const struct render_kit *lent; /* to a step; NULL: none */
	struct progress progress;
	int64_t planned;    /* for the bar, counted now and then */
	struct buf trouble; /* as last noted */
	const char *guard;  /* NULL: none is kept */
	struct buf guarded; /* what was written there last */
	struct buf held;    /* why nothing is sent; empty: it is */
	int64_t looked_ms;  /* for what of the doubtful has been seen */
	enum dispatch_guard held_by;
	bool unsteady; /* the clock, as last noted */
};

/* ---- steps ---- */

/* What a step was given is its own until it asks for the next, or ends. */
static void
let_go(struct daemon *d)
{
	if (d->lent)
		render_kits_put(d->makers.kits, d->lent);
	d->lent = NULL;
}

/* Returns how much was done; 0: nothing is left to do now. */
static int64_t
one_step(struct daemon *d, struct error *err)
{
	int64_t now_ms = app_now_ms(d->app);
	int64_t hits = event_step(d->app->store, now_ms, HITS, err);
	int64_t planned;
	int64_t watched;
	int64_t told;

	if (hits < 0)
		return hits;
	planned = clock_is_steady(&d->app->clock, NULL)
		      ? plan_step(d->app->store, &d->revisions, now_ms, err)
		      : 0;
	let_go(d);
	if (planned < 0)
		return planned;
	told = lead_step(d->app->store, now_ms, err);
	if (told < 0)
		return told;
	if (lead_reply_step(d->app->store, now_ms, err) < 0)
		return -(int64_t)err->code;
	watched = dispatch_watch_step(d->app->store, now_ms, EVENTS, err);
	return watched < 0 ? watched : hits + planned + told + watched;
}

static int
end_doubt_unit(struct db *db, void *arg, struct error *err)
{
	(void)arg;
	return outbox_doubt_less(db, OUTBOX_DOUBTS_REST, OUTBOX_DOUBTS_NOTHING,
				 err);
}

/* All that the past of a restored store leads to has been planned. */
static int
end_doubt(struct daemon *d, struct error *err)
{
	enum outbox_doubts doubts;

	if (outbox_doubts(d->app->db, &doubts, err) < 0)
		return -(int)err->code;
	if (doubts != OUTBOX_DOUBTS_REST)
		return 0;
	return db_commit(d->app->store, end_doubt_unit, NULL, err) < 0
		   ? -(int)err->code
		   : 0;
}

/* What somebody has opened did arrive. */
static int
look_at_doubts(struct daemon *d, struct error *err)
{
	int64_t now_ms = app_now_ms(d->app);

	if (d->looked_ms && now_ms - d->looked_ms < LOOK_MS)
		return 0;
	return dispatch_resolve_seen(d->app->store, now_ms, &d->looked_ms,
				     err) < 0
		   ? -(int)err->code
		   : 0;
}

static int64_t
all_steps(struct daemon *d, struct error *err)
{
	int64_t sum = 0;
	int64_t did;

	if (look_at_doubts(d, err) < 0)
		return -(int)err->code;
	while ((did = one_step(d, err)) > 0)
		sum += did;
	if (did == 0 && d->guard)
		did = end_doubt(d, err);
	return did < 0 ? did : sum;
}

int
daemon_next(struct daemon *d, int64_t *at_ms, struct error *err)
{
	int64_t plan_ms;
	int64_t send_ms;
	int planned = plan_next(d->app->db, &plan_ms, err);
	int waiting;

	if (planned < 0)
		return planned;
	waiting = outbox_next_due(d->app->db, &send_ms, err);
	if (waiting < 0)
		return waiting;
	if (planned && waiting)
		*at_ms = plan_ms < send_ms ? plan_ms : send_ms;
	else if (planned || waiting)
		*at_ms = planned ? plan_ms : send_ms;
	return planned || waiting;
}

/* ---- the bar ---- */

static void
show(struct daemon *d)
{
	const struct outbox_filter all = { .partner_id = -1 };
	struct outbox_counts counts;
	struct error err;
	int64_t total = 0;

	if (!d->progress.shown ||
	    outbox_count(d->app->db, &all, &counts, &err) < 0)
		return;
	for (int i = 0; i < OUTBOX_STATE_COUNT; i++)
		total += counts.by_state[i];
	progress_show(&d->progress,
		      total - counts.by_state[OUTBOX_READY] -
			  counts.by_state[OUTBOX_CLAIMED],
		      total);
}

/* ---- trouble ---- */

const char daemon_trouble_note[] = "trouble";

static int
note_trouble(struct db *db, void *arg, struct error *err)
{
	const struct daemon *d = arg;
	struct buf value = { 0 };
	int code;

	if (d->trouble.len > 0)
		buf_printf(&value, "%" PRId64 " %.*s", app_now_ms(d->app),
			   STR_ARG(buf_view(&d->trouble)));
	code = db_note_set(db, daemon_trouble_note, buf_view(&value), err);
	buf_fini(&value);
	return code;
}

/*
 * When it has changed. A store that cannot take it is full or gone, which
 * whoever sends says already; then it is noted the next time.
 */
static void
keep_trouble(struct daemon *d)
{
	struct buf before = d->trouble;
	struct buf now = { 0 };
	int health = dispatch_health(d->dispatch, &now);
	struct error ignored;

	d->trouble = now;
	if (health >= 0 && !str_eq(buf_view(&now), buf_view(&before)) &&
	    db_commit(d->app->store, note_trouble, d, &ignored) < 0)
		health = -1;
	if (health < 0)
		d->trouble = before;
	buf_fini(health < 0 ? &now : &before);
}

/* What an earlier sender noted: it holds until something leaves. */
static int
recall_trouble(struct daemon *d, struct error *err)
{
	struct buf noted = { 0 };
	struct str rest;
	ptrdiff_t blank;
	int got = db_note_find(d->app->db, daemon_trouble_note, &noted, err);

	rest = buf_view(&noted);
	blank = str_find_char(rest, ' ');
	if (blank >= 0)
		buf_str(&d->trouble,
			str_slice(rest, (size_t)blank + 1, rest.len));
	buf_fini(&noted);
	return got < 0 ? got : 0;
}

/* ---- the clock ---- */

const char daemon_clock_note[] = "clock-jump";

struct clock_state {
	bool unsteady;
	int64_t now_ms;
	int64_t jump_ms;
};

/* The two clocks are read one after the other: to the next second. */
static int64_t
jump_s(const struct clock_state *s)
{
	return (s->jump_ms + (s->jump_ms < 0 ? -500 : 500)) / 1000;
}

static int
note_clock(struct db *db, void *arg, struct error *err)
{
	const struct clock_state *s = arg;
	int64_t seconds = llabs(jump_s(s));
	struct buf value = { 0 };
	int code;

	if (s->unsteady)
		buf_printf(&value,
			   "%" PRId64 " jumped %s by %" PRId64 " s; nothing is "
			   "planned or sent until it has gone evenly for a "
			   "minute",
			   s->now_ms, s->jump_ms < 0 ? "back" : "forward",
			   seconds);
	code = db_note_set(db, daemon_clock_note, buf_view(&value), err);
	buf_fini(&value);
	return code;
}

/* When it has changed. What the store does not take is noted the next time. */
static void
keep_clock(struct daemon *d)
{
	struct clock_state s = { .now_ms = app_now_ms(d->app) };
	struct error ignored;

	s.unsteady = !clock_is_steady(&d->app->clock, &s.jump_ms);
	if (s.unsteady == d->unsteady)
		return;
	if (s.unsteady)
		log_line(LOG_LEVEL_ERROR, "daemon", "clock_jumped",
			 LOG_FIELDS(LOG_INT("jump_s", jump_s(&s)),
				    LOG_CSTR("msg",
					     "nothing is planned or sent until "
					     "it has gone evenly for a "
					     "minute")));
	else
		log_line(LOG_LEVEL_WARN, "daemon", "clock_steady",
			 LOG_FIELDS(LOG_CSTR("msg", "schedules go on")));
	if (db_commit(d->app->store, note_clock, &s, &ignored) >= 0)
		d->unsteady = s.unsteady;
}

/* An earlier sender may have ended while it waited: ours has not jumped. */
static int
forget_clock(struct daemon *d, struct error *err)
{
	struct clock_state s = { 0 };
	struct buf noted = { 0 };
	int got = db_note_find(d->app->db, daemon_clock_note, &noted, err);

	if (got > 0 && noted.len > 0)
		got = db_commit(d->app->store, note_clock, &s, err);
	buf_fini(&noted);
	return got < 0 ? got : 0;
}

/* ---- the guard ---- */

static int
ask_guard(struct daemon *d, struct error *err)
{
	buf_clear(&d->held);
	if (!d->guard)
		return 0;
	return dispatch_guard_ask(&d->held_by, d->app->db, d->guard,
				  app_guard_now_ms(d->app), &d->held, err);
}

/* A disk that refuses it makes it old, which is noticed only by a restore. */
static void
keep_guard(struct daemon *d)
{
	struct error err;

	if (!d->guard || d->held.len > 0 ||
	    !clock_is_steady(&d->app->clock, NULL) ||
	    dispatch_guard_keep(d->app->db, d->guard, app_now_ms(d->app),
				&d->guarded, &err) == 0)
		return;
	log_line(LOG_LEVEL_ERROR, "daemon", "guard_not_kept",
		 LOG_FIELDS(LOG_CSTR("msg", err.text)));
}

static int
check_held(struct daemon *d, struct error *err)
{
	if (d->held.len == 0)
		return 0;
	return error_set(
	    err, d->held_by == DISPATCH_GUARD_LATER ? ERROR_BUSY : ERROR_CONFIG,
	    "nothing is sent: %s; \"guidon adopt --help\" says how "
	    "to go on",
	    buf_cstr(&d->held));
}

/* 1 when it is the newest again, because somebody has adopted it. */
static int
look_again(struct daemon *d, struct error *err)
{
	if (ask_guard(d, err) < 0)
		return -(int)err->code;
	return d->held.len == 0;
}

/* ---- once ---- */

/* Whatever is wrong there keeps nothing from being sent. */
static void
take_returned(struct daemon *d)
{
	struct error err;

	if (d->intake && dispatch_intake_once(d->intake, &err) < 0 &&
	    err.code != ERROR_BUSY)
		log_line(LOG_LEVEL_ERROR, "daemon", "intake_failed",
			 LOG_FIELDS(LOG_CSTR("msg", err.text)));
}

static int64_t
send_all(struct daemon *d, struct error *err)
{
	int64_t sum = 0;
	int64_t steps;
	int64_t sent;

	take_returned(d);
	if (d->relay_log)
		(void)follow_step(d->relay_log, true);
	do {
		steps = all_steps(d, err);
		if (steps < 0)
			return steps;
		sent = dispatch_once(d->dispatch, err);
		keep_trouble(d);
		if (sent < 0)
			return sent;
		sum += sent;
		show(d);
	} while (steps + sent > 0);
	return sum;
}

int64_t
daemon_once(struct daemon *d, struct error *err)
{
	int64_t sum;

	if (check_held(d, err) < 0)
		return -(int)err->code;
	sum = send_all(d, err);
	keep_guard(d);
	return sum;
}

/* ---- on and on ---- */

/*
 * Something is due, and yet it did not leave: it waits to be asked again; or
 * the relay takes no more until it says, and all else is looked at meanwhile.
 */
static int64_t
ask_again_ms(const struct daemon *d, int64_t until_ms)
{
	int64_t now_ms = app_now_ms(d->app);
	int64_t opens_ms = dispatch_opens_ms(d->dispatch);
	int64_t at_ms = now_ms + POLL_MS;

	if (opens_ms > at_ms)
		at_ms =
		    opens_ms < now_ms + LOOK_MS ? opens_ms : now_ms + LOOK_MS;
	return at_ms < until_ms ? at_ms : until_ms;
}

/*
 * Retries lie in the future, so time goes on even while a receiver refuses; a
 * wire that is down would be tried again and again within one instant.
 */
static int
until_virtual(struct daemon *d, int64_t until_ms, struct error *err)
{
	for (;;) {
		int64_t at_ms = until_ms;
		int more;

		if (daemon_once(d, err) < 0)
			return -(int)err->code;
		more = daemon_next(d, &at_ms, err);
		if (more < 0)
			return more;
		if (!more || at_ms >= until_ms || stop_asked(0))
			break;
		if (at_ms <= app_now_ms(d->app))
			at_ms = ask_again_ms(d, until_ms);
		clock_advance(&d->app->clock, at_ms);
	}
	if (until_ms < INT64_MAX)
		clock_advance(&d->app->clock, until_ms);
	return app_keep_time(d->app, err);
}

static int64_t
wait_of(const struct daemon *d, int64_t until_ms)
{
	int64_t left = until_ms - app_now_ms(d->app);

	return left < POLL_MS ? left : POLL_MS;
}

/* Until the store may send; false when we are to end first. */
static bool
wait_for_adoption(struct daemon *d)
{
	struct error err;
	int good = d->held.len == 0;

	if (!good)
		log_line(LOG_LEVEL_ERROR, "daemon", "nothing_is_sent",
			 LOG_FIELDS(LOG_TEXT("msg", buf_view(&d->held))));
	while (good <= 0) {
		if (stop_asked(POLL_MS))
			return false;
		good = look_again(d, &err);
	}
	keep_guard(d);
	return true;
}

/* `sending`: it is all we are here for. */
static int
until_real(struct daemon *d, int64_t until_ms, bool sending, struct error *err)
{
	if (dispatch_start(d->dispatch, err) < 0 ||
	    (d->intake && dispatch_intake_start(d->intake, err) < 0) ||
	    watch_open(&d->watch, d->app, &d->config, err) < 0)
		return -(int)err->code;
	while (app_now_ms(d->app) < until_ms) {
		int64_t did;

		keep_clock(d);
		did = all_steps(d, err);
		if (did < 0)
			log_line(LOG_LEVEL_ERROR, "daemon", "step_failed",
				 LOG_FIELDS(LOG_CSTR("msg", err->text)));
		if (d->relay_log && follow_step(d->relay_log, false) > 0)
			did = 1;
		if (did > 0)
			dispatch_wake(d->dispatch);
		keep_trouble(d);
		keep_guard(d);
		if (sending && dispatch_stopped(d->dispatch, err) < 0)
			return -(int)err->code;
		if (stop_asked(wait_of(d, until_ms))) {
			stop_at_once();
			break;
		}
	}
	return 0;
}

int
daemon_serve(struct daemon *d, struct error *err)
{
	if (!d->app->clock.is_virtual)
		return wait_for_adoption(d)
			   ? until_real(d, INT64_MAX, false, err)
			   : 0;
	do {
		if (daemon_once(d, err) < 0)
			log_line(LOG_LEVEL_ERROR, "daemon", "step_failed",
				 LOG_FIELDS(LOG_CSTR("msg", err->text)));
	} while (!stop_asked(POLL_MS));
	return 0;
}

int
daemon_until(struct daemon *d, int64_t until_ms, struct error *err)
{
	if (check_held(d, err) < 0)
		return -(int)err->code;
	return d->app->clock.is_virtual ? until_virtual(d, until_ms, err)
					: until_real(d, until_ms, true, err);
}

/* ---- open and close ---- */

static int
campaign_of(void *arg, struct db *db, struct str campaign, struct str revision,
	    const struct campaign **out, struct error *err)
{
	struct daemon *d = arg;

	let_go(d);
	if (render_kits_get(d->makers.kits, db, campaign, revision, &d->lent,
			    err) < 0)
		return -(int)err->code;
	*out = render_kit_campaign(d->lent);
	return 0;
}

static int
open_sender(struct daemon *d, const struct daemon_config *config,
	    struct error *err)
{
	struct dispatch_config sender = {
		.store = d->app->store,
		.clock = &d->app->clock,
		.transport = config->mail,
		.posts_transport = config->posts,
		.worker_count = config->connections,
		.batch = BATCH,
		.session = SESSION,
		.store_folder = config->store_folder,
		.min_free_bytes = config->min_free_bytes,
	};

	if (makers_open(&d->makers, d->app, err) < 0)
		return -(int)err->code;
	sender.source = dispatch_maker_source(d->makers.maker);
	sender.key_id = event_keys_newest(d->makers.keys);
	if (dispatch_open(&d->dispatch, &sender, err) < 0)
		return -(int)err->code;
	if (!config->takes_returns)
		return 0;
	if (follow_open(&d->relay_log, d->app, config, err) < 0)
		return -(int)err->code;
	return intake_open(&d->intake, d->app, d->makers.keys, err);
}

int
daemon_open(struct daemon **out, struct app *app,
	    const struct daemon_config *config, struct error *err)
{
	struct daemon *d = calloc(1, sizeof(*d));

	check(d);
	stop_block();
	d->app = app;
	d->revisions =
	    (struct plan_revisions){ .campaign = campaign_of, .arg = d };
	d->config = *config;
	d->guard = config->guard;
	progress_begin(&d->progress, &app->out, "sending");
	if (open_sender(d, config, err) < 0 || recall_trouble(d, err) < 0 ||
	    forget_clock(d, err) < 0 || ask_guard(d, err) < 0) {
		daemon_close(&d);
		return -(int)err->code;
	}
	keep_guard(d);
	*out = d;
	return 0;
}

void
daemon_close(struct daemon **daemon)
{
	struct daemon *d = *daemon;

	if (!d)
		return;
	progress_end(&d->progress);
	watch_close(&d->watch);
	follow_close(&d->relay_log);
	dispatch_intake_close(&d->intake);
	dispatch_close(&d->dispatch);
	if (d->guarded.len > 0)
		keep_guard(d);
	makers_close(&d->makers);
	buf_fini(&d->trouble);
	buf_fini(&d->guarded);
	buf_fini(&d->held);
	free(d);
	*daemon = NULL;
}

void
daemon_web(struct daemon *d, struct web_config *config)
{
	makers_web(&d->makers, d->app, config);
}
