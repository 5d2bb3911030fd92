#ifndef CMD_MAKING_H
#define CMD_MAKING_H

/*
 * cmd_making - what turns deliveries into messages, and URLs back into
 * deliveries: keys, kits and the maker, as the sender and the web need them
 *
 * Thread rule: open and close on the command's thread; what is in it may be
 * used by all threads in between.
 */

#include "base/check.h"
#include "base/error.h"

struct app;
struct dispatch_maker;
struct event_keys;
struct render_kits;
struct web_config;

struct making {
	struct event_keys *keys;
	struct render_kits *kits;
	struct dispatch_maker *maker;
};

/* On failure nothing is open. */
int making_open(struct making *m, struct app *app,
		struct error *err) MUST_CHECK;

/* A zeroed one is fine. */
void making_close(struct making *m);

/* All of the web's config but where it answers; borrowed from both. */
void making_web(const struct making *m, struct app *app,
		struct web_config *config);

#endif
