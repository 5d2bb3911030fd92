#ifndef CMD_RELAY_H
#define CMD_RELAY_H

/*
 * cmd_relay - how the world sees our relay, and whom to ask in DNS: said alike
 * by guidon doctor and by what sends
 *
 * Thread rule: the command's thread.
 */

#include "base/check.h"
#include "base/error.h"

struct app;
struct arena;
struct daemon_config;
struct doctor_relay;

#define RELAY_OPTIONS                                            \
	{ .name = "address",                                     \
	  .value = "IP[,IP...]",                                 \
	  .help = "that mail comes from, for the world; else "   \
		  "GUIDON_ADDRESS, else the relay's own" },      \
	{                                                        \
		.name = "resolver", .value = "IP[:PORT]",        \
		.help = "to ask in DNS, or system: those of "    \
			"/etc/resolv.conf; else GUIDON_RESOLVER" \
	}

/* The option's value, else the variable's, else NULL. */
const char *relay_option(const struct app *app, const char *option,
			 const char *variable);

/* Of a command that has RELAY_OPTIONS: what the daemon is to know of them. */
void relay_config(const struct app *app, struct daemon_config *out);

/*
 * What is known of the relay without asking anybody: `mail` is its URL,
 * `addresses` those it is known by; NULL: not said. In `a`. CONFIG, INVALID.
 */
int relay_known(struct arena *a, const char *mail, const char *addresses,
		struct doctor_relay *out, struct error *err) MUST_CHECK;

/* For dns_open(): "system" is NULL, as nothing is. */
const char *relay_servers(const char *resolver);

#endif
