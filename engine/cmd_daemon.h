#ifndef CMD_DAEMON_H
#define CMD_DAEMON_H

/*
 * cmd_daemon - what goes on by itself: hits become events, sequences go on,
 * what is due leaves
 *
 *	daemon_open(&d, app, &config, err)
 *	daemon_once(d, err)		all that is due now
 *	daemon_until(d, until_ms, err)	the same, again and again
 *	daemon_close(&d)
 *
 * Stages hand over through rows, so the order of the steps does not matter,
 * only that all are called until none has anything to do.
 *
 * Thread rule: the command's thread; what it starts are threads of dispatch.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/check.h"
#include "base/error.h"

struct app;
struct web_config;

struct daemon_config {
	const char *mail;  /* transport of mail: "spool:DIR", "smtp://HOST" */
	const char *posts; /* of posts and hooks: "spool:DIR", "webhook:" */
	int connections;
	const char *store_folder; /* of a SQLite store; NULL: a server's */
	const char *guard; /* file (dispatch_guard.h); NULL: none is kept */
	int64_t min_free_bytes; /* free there, or nothing is sent */
	/* Senders are looked at each day (cmd_watch.h); NULL: they are not. */
	const char *resolver;
	const char *address; /* of the relay, for the world; NULL: its own */
	/* Of a command that has INTAKE_OPTIONS and FOLLOW_OPTIONS. */
	bool takes_returns;
};

struct daemon;

/*
 * What comes back is taken too, from where the options of cmd_intake.h say: the
 * command has opened its store by intake_open_app().
 *
 * Takes the sender's lock: BUSY when another runs on this SQLite store. CONFIG
 * when a store with a virtual clock would send beyond this machine.
 *
 * A store that is older than its guard sends nothing and plans nothing, until
 * it is adopted: daemon_once() and daemon_until() say so with CONFIG,
 * daemon_serve() serves on and looks again each second. A clock that is behind
 * the guard's time is the same, with BUSY.
 */
int daemon_open(struct daemon **out, struct app *app,
		const struct daemon_config *config,
		struct error *err) MUST_CHECK;
void daemon_close(struct daemon **daemon);

/* What the web needs too, filled in: borrowed until daemon_close(). */
void daemon_web(struct daemon *d, struct web_config *config);

/*
 * Until nothing is due any more: how many deliveries got a verdict. A failure
 * of the wire leaves what it concerns READY.
 */
int64_t daemon_once(struct daemon *d, struct error *err) MUST_CHECK;

/*
 * The note in the store that says why nothing leaves, as "MS TEXT": since
 * when, and what the wire said. Empty or not there: all is well.
 */
extern const char daemon_trouble_note[];

/* The same, for a clock that has jumped: then nothing is planned or sent. */
extern const char daemon_clock_note[];

/* When something is due next: 1 with *at_ms, or 0 never. */
int daemon_next(struct daemon *d, int64_t *at_ms, struct error *err) MUST_CHECK;

/*
 * Goes on until the clock says until_ms or a signal (SIGINT, SIGTERM) comes,
 * or until the relay refuses our password (CONFIG). A virtual clock jumps from one due time to the next and ends at until_ms.
 */
int daemon_until(struct daemon *d, int64_t until_ms,
		 struct error *err) MUST_CHECK;

/*
 * Goes on until a signal comes, also when nothing can be sent. A virtual clock stands still meanwhile: what
 * visitors do is dealt with at the time it shows.
 */
int daemon_serve(struct daemon *d, struct error *err) MUST_CHECK;

#endif
