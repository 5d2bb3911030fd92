#ifndef BASE_ORIGIN_H
#define BASE_ORIGIN_H

/*
 * origin - where in its file each character of a text stands
 *
 * A text is not always the bytes of its file: "&amp;" became one character, a
 * wrapped line a blank. So besides the place of its first character an origin
 * has marks, each a character from which on places are counted anew.
 *
 * Lines and columns count from 1, columns in characters of UTF-8.
 *
 * Thread rule: none, these are plain values; marks are borrowed.
 */

#include <stddef.h>

#include "base/str.h"

struct origin_mark {
	size_t at; /* byte of the text */
	int line;
	int column;
};

/* All zero: the text begins its file. */
struct origin {
	int line;
	int column;
	const struct origin_mark *marks; /* by `at` */
	size_t mark_count;
};

/* Of byte `at` of the text; behind its end: of the end. */
struct origin_mark origin_find(const struct origin *origin, struct str text,
			       size_t at);

/* A place on the way through the text, all zero at its beginning. */
struct origin_way {
	struct origin_mark here;
	size_t next; /* of the marks: the first that is not passed */
};

/* On to byte `at`, which is not before the place: what lies between is read. */
void origin_go(struct origin_way *way, const struct origin *origin,
	       struct str text, size_t at);

#endif
