#ifndef CMD_GIT_H
#define CMD_GIT_H

/*
 * cmd_git - what git says of a workspace: on which commit it stands, and
 * whether files differ from it
 *
 * Thread rule: the command's thread.
 */

#include <stdbool.h>

#include "base/check.h"
#include "base/str.h"

struct arena;

struct git_state {
	struct str commit; /* hexadecimal; empty: not under git, or no commit */
	bool dirty;	   /* changed or unknown files below the folder */
};

/* A folder that git does not know, or a machine without git, is no failure. */
struct git_state git_state_of(struct arena *a, const char *folder);

#endif
