#ifndef CMD_FOLLOW_H
#define CMD_FOLLOW_H

/*
 * cmd_follow - the relay's log, followed by the commands that send
 *
 * Thread rule: the command's thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/check.h"
#include "base/error.h"

struct app;
struct daemon_config;
struct follow;

#define FOLLOW_OPTIONS                                                      \
	{ .name = "relay-log",                                              \
	  .value = "FILE",                                                  \
	  .help = "of the one relay, Postfix: it closes what is in doubt; " \
		  "else GUIDON_RELAY_LOG" },                                \
	{                                                                   \
		.name = "relay-log-zone", .value = "ZONE",                  \
		.help = "of times in it that name none"                     \
	}

/* *out is NULL when no log is named. INVALID: there is no such zone. */
int follow_open(struct follow **out, struct app *app,
		const struct daemon_config *config,
		struct error *err) MUST_CHECK;
void follow_close(struct follow **follow);

/*
 * A part of the log, or all that is to be read now: how many deliveries were
 * closed. What is wrong with the log is logged, once, and keeps nothing from
 * being sent.
 */
int64_t follow_step(struct follow *w, bool all);

#endif
