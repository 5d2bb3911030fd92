#ifndef CMD_EXIT_H
#define CMD_EXIT_H

/*
 * cmd_exit - what the program says to the shell when it ends
 *
 * One table, printed by `guidon help exit-codes`. The numbers from 64 on are
 * those of sysexits.h, so that a script can tell what to mend (65, 78) from
 * what to repeat (75).
 *
 * Thread rule: pure functions.
 */

#include "base/error.h"

#define EXIT_CODES(X)                                                     \
	X(OK, 0, "done")                                                  \
	X(ERROR, 1, "it failed; the message says why")                    \
	X(CHANGES, 2, "there are changes (only where a command says so)") \
	X(USAGE, 64, "the command line is wrong")                         \
	X(INPUT, 65, "a file or value that was given is wrong")           \
	X(AGAIN, 75, "what is needed is held, or full: try again later")  \
	X(CONFIG, 78, "the set-up is wrong: state folder, keys, store, clock")

enum cmd_exit {
#define EXIT_ENUM(name, number, says) CMD_EXIT_##name = (number),
	EXIT_CODES(EXIT_ENUM)
#undef EXIT_ENUM
};

/* For a failure with this code; never OK. */
enum cmd_exit cmd_exit_of(enum error_code code);

/* The table, a row for each i from 0: NULL at the end. */
const char *cmd_exit_row(int i, int *number);

#endif
