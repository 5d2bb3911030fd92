#ifndef CMD_CONTACT_H
#define CMD_CONTACT_H

/*
 * What the two files of `guidon contact` share. Thread rule: constants.
 */

#include "cmd.h"

/* The first option of all that need a list. */
#define CMD_PARTNER_OPTION                                         \
	{                                                          \
		.name = "partner", .value = "P", .required = true, \
		.help = "whose list"                               \
	}

extern const struct command cmd_contact_import;
extern const struct command cmd_contact_export;

#endif
