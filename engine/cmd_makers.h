#ifndef CMD_MAKERS_H
#define CMD_MAKERS_H

/*
 * cmd_makers - what turns deliveries into messages, and URLs back into
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

struct makers {
	struct event_keys *keys;
	struct render_kits *kits;
	struct dispatch_maker *maker;
};

/* On failure nothing is open. */
int makers_open(struct makers *m, struct app *app,
		struct error *err) MUST_CHECK;

/* A zeroed one is fine. */
void makers_close(struct makers *m);

/* All of the web's config but where it answers; borrowed from both. */
void makers_web(const struct makers *m, struct app *app,
		struct web_config *config);

#endif
