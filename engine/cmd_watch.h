#ifndef CMD_WATCH_H
#define CMD_WATCH_H

/*
 * cmd_watch - a thread that looks each day at what DNS says of each sender
 *
 * It is there only when a resolver was named: a machine on which Guidon is
 * tried out asks nobody. With a virtual clock it is not.
 *
 * Thread rule: the command's thread opens and closes; the app outlives it.
 */

#include "base/check.h"
#include "base/error.h"

struct app;
struct daemon_config;
struct watch;

/* *out is NULL when there is nothing to watch. */
int watch_open(struct watch **out, struct app *app,
	       const struct daemon_config *config,
	       struct error *err) MUST_CHECK;

/* Waits for the answers it waits for. NULL is fine; *watch becomes NULL. */
void watch_close(struct watch **watch);

#endif
