#ifndef CMD_SENDING_H
#define CMD_SENDING_H

/*
 * cmd_sending - where messages go, said alike on all commands that send
 *
 * Thread rule: the command's thread.
 */

#include "base/check.h"
#include "base/error.h"
#include "cmd_daemon.h"

struct app;

#define SENDING_OPTIONS                                                       \
	{ .name = "mail",                                                     \
	  .value = "URL",                                                     \
	  .help = "smtp[s]://[USER@]HOST[:PORT] or spool:DIR; else "          \
		  "GUIDON_MAIL, else the spool" },                            \
	    { .name = "posts",                                                \
	      .value = "URL",                                                 \
	      .help = "webhook:[?loopback=yes] or spool:DIR; else "           \
		      "GUIDON_POSTS, else the spool" },                       \
	    { .name = "connections",                                          \
	      .value = "N",                                                   \
	      .help = "to the relay at once (4)" },                           \
	    { .name = "min-free",                                             \
	      .value = "MB",                                                  \
	      .help = "send nothing while less is free for the store (64)" }, \
	{                                                                     \
		.name = "verbose", .letter = 'v',                             \
		.help = "a log line for what is sent, too"                    \
	}

/*
 * The spool is the folder "spool" in the state folder. From now on the log has
 * what these options ask for, and what guidon.xml says of sending holds.
 */
int sending_config(struct app *app, struct daemon_config *out,
		   struct error *err) MUST_CHECK;

#endif
