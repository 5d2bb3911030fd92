#ifndef CMD_INTAKE_H
#define CMD_INTAKE_H

/*
 * cmd_intake - where mail comes back to, said alike on all commands that send
 *
 * What is parsed is foreign, so it is parsed in children, and the process that
 * forks them must be there before the store has threads. So a command that
 * takes these options opens its store by itself:
 *
 *	intake_open_app(app, err)	instead of app_init() and app_open()
 *
 * Thread rule: the command's thread.
 */

#include "base/check.h"
#include "base/error.h"

struct app;
struct dispatch_intake;
struct event_keys;

#define INTAKE_OPTIONS                                                                             \
	{                                                                                          \
		.name = "intake", .value = "PLACES",                                               \
		.help =                                                                            \
		    "where mail comes back to: maildir:FOLDER, "                                   \
		    "lmtp:127.0.0.1:PORT, lmtp:PATH, imaps://USER@HOST/INBOX; else GUIDON_INTAKE", \
	}

/* Jail, state folder and store, in this order; no jail when there is no place. */
int intake_open_app(struct app *app, struct error *err) MUST_CHECK;

/* The places are open: *out is NULL when none is given. */
int intake_open(struct dispatch_intake **out, struct app *app,
		const struct event_keys *keys, struct error *err) MUST_CHECK;

#endif
