#ifndef CMD_WHO_H
#define CMD_WHO_H

/*
 * cmd_who - who does what is recorded: --who, or the user of this session
 *
 * Thread rule: the command's thread.
 */

#include "base/str.h"

struct app;

/* `what` is what the named one does: "publishes". */
#define WHO_OPTION(what)                           \
	{                                          \
		.name = "who", .value = "NAME",    \
		.help = "who " what "; else USER", \
	}

struct str who_of(struct app *app);

#endif
