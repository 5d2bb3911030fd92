#ifndef DISPATCH_DISPATCH_RELAY_TAIL_PRIV_H
#define DISPATCH_DISPATCH_RELAY_TAIL_PRIV_H

/*
 * relay_tail - a log that goes on and is rotated, read from a place in it
 *
 *	relay_tail_open(&t, path)
 *	relay_tail_end(t, &place, err)		where the log ends now
 *	relay_tail_seek(t, &place, err)		later, in another process too
 *	while (relay_tail_read(t, &part, err) > 0)
 *		... part ...
 *
 * A place is known again by the bytes before it, whatever the file is called
 * meanwhile: renamed, or copied and truncated. The files of one log are in one
 * folder; those before it are called as it is, with '.', '-' or '_' and more
 * behind, and follow each other by the time of their last change. What is
 * compressed is not read.
 *
 * A renamed file is left when the one after it has something, since who writes
 * it has let it go then. What is written between a copy and the truncation is
 * in neither: so there the log has a gap, which is said.
 *
 * Thread rule: one thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/check.h"
#include "base/error.h"
#include "base/str.h"

struct relay_tail;

enum { RELAY_TAIL_PRINT_BYTES = 8, RELAY_TAIL_PART_BYTES = 65536 };

/* Behind a line end, or at the beginning of a file. */
struct relay_place {
	uint64_t file; /* its inode */
	int64_t offset;
	uint8_t print[RELAY_TAIL_PRINT_BYTES]; /* of what is before it */
};

enum relay_part_kind {
	RELAY_PART_MORE, /* of the same file */
	RELAY_PART_FILE, /* the first of a file that follows */
	RELAY_PART_GAP,	 /* the same, and something may be missing between */
};

struct relay_part {
	enum relay_part_kind kind;
	struct str bytes; /* the tail's until the next is read */
};

/* Nothing is opened yet. */
void relay_tail_open(struct relay_tail **out, const char *path);
void relay_tail_close(struct relay_tail **tail);

/*
 * 1, or 0: there is no file, or no line end near its end. INVALID when it is no
 * plain file, SYSTEM when it cannot be read.
 */
int relay_tail_end(const struct relay_tail *t, struct relay_place *out,
		   struct error *err) MUST_CHECK;

/* 1, or 0: no file has this place any more. NULL: where the log's file begins. */
int relay_tail_seek(struct relay_tail *t, const struct relay_place *place,
		    struct error *err) MUST_CHECK;

/* To where the file begins that was found. */
void relay_tail_rewind(struct relay_tail *t);

/* After a seek that found it: 1, or 0: there is no more for now. */
int relay_tail_read(struct relay_tail *t, struct relay_part *out,
		    struct error *err) MUST_CHECK;

#endif
