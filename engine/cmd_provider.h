#ifndef CMD_PROVIDER_H
#define CMD_PROVIDER_H

/*
 * cmd_provider - which mail providers may tell us of our mail, said alike on
 * all commands that serve
 *
 * Thread rule: the command's thread.
 */

#include "base/check.h"
#include "base/error.h"

struct app;
struct dispatch_providers;
struct event_keys;

#define PROVIDER_OPTIONS                                                    \
	{                                                                   \
		.name = "providers", .value = "NAMES",                      \
		.help = "which mail providers tell of mail at /hook/NAME: " \
			"ses:TOPIC-ARN, sendgrid, mailgun, postmark; else " \
			"GUIDON_PROVIDERS",                                 \
	}

/* *out is NULL when none is named. CONFIG as dispatch_providers_open(). */
int provider_open(struct dispatch_providers **out, struct app *app,
		  const struct event_keys *keys, struct error *err) MUST_CHECK;

#endif
