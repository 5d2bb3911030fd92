#ifndef CMD_TREE_H
#define CMD_TREE_H

/*
 * cmd_tree - folders of files that a command makes for its user
 *
 * Nothing that is there is written over, and nothing is written through a
 * symbolic link.
 *
 * Thread rule: any thread.
 */

#include "base/check.h"
#include "base/error.h"
#include "base/str.h"

struct arena;

/* The folder, there and empty from now on; EXISTS when it holds anything. */
int tree_make(const char *folder, struct error *err) MUST_CHECK;

/* A new file at folder/path, with the folders on the way; EXISTS. */
int tree_put(const char *folder, struct str path, struct str bytes,
	     struct error *err) MUST_CHECK;

/* All that is in a folder that this run has made; what cannot go stays. */
void tree_clear(const char *folder);

/*
 * Calls visit for each regular file below the folder, by its path from there,
 * in order of name; hidden ones are passed over. NOT_FOUND: no such folder.
 */
int tree_each(const char *folder, struct arena *a,
	      int (*visit)(void *arg, struct str path, struct error *err),
	      void *arg, struct error *err) MUST_CHECK;

#endif
