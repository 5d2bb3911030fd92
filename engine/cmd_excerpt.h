#ifndef CMD_EXCERPT_H
#define CMD_EXCERPT_H

/*
 * cmd_excerpt - the line of a file that a finding is about, with a mark below
 * its column, as compilers show it
 *
 *	if (excerpt_make(&excerpt, bytes, line, column, a))
 *		(print excerpt.line, and below it excerpt.mark)
 *
 * A long line is cut around the column. Tabs stay, in both lines, so that the
 * mark is where it belongs however wide they are. What a terminal would obey
 * is shown as a character that stands for it.
 *
 * Thread rule: a pure function.
 */

#include <stdbool.h>

#include "base/str.h"

struct arena;

struct excerpt {
	struct str line;
	struct str mark; /* blanks, tabs, and "^" */
};

/*
 * Lines and columns count from 1, columns in characters. False when the file
 * has no such line; a column behind its end is where it ends.
 */
bool excerpt_make(struct excerpt *out, struct str file, int line, int column,
		  struct arena *a);

#endif
