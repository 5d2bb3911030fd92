#ifndef CMD_LISTEN_H
#define CMD_LISTEN_H

/*
 * cmd_listen - where the web answers, said alike on all commands that serve
 *
 * Thread rule: the command's thread.
 */

#include <stdbool.h>

#include "base/check.h"
#include "base/error.h"

struct app;
struct web_config;

#define LISTEN_OPTIONS                                                         \
	{                                                                      \
		.name = "listen",                                              \
		.value = "ADDRESS:PORT",                                       \
		.help = "where to answer; else 127.0.0.1:8080, port 0 is any", \
	},                                                                     \
	{                                                                      \
		.name = "proxies", .value = "N",                               \
		.help = "how many in front say who asks; else 0",              \
	}

/*
 * Sets address, port and proxies of *out, and nothing else; INVALID when one is
 * none.
 */
int listen_config(struct app *app, struct web_config *out,
		  struct error *err) MUST_CHECK;

/* Nobody but this machine can reach it. */
bool listen_is_local(const struct web_config *config);

/* The URL of that address and this port, in the app's arena. */
const char *listen_url(struct app *app, const struct web_config *config,
		       int port);

#endif
