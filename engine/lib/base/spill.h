#ifndef BASE_SPILL_H
#define BASE_SPILL_H

/*
 * spill - records that are kept aside until they are wanted
 *
 * First all are added, then they are read: from the first to the last, and
 * single ones by their place. What is more than a few lies in a file that has
 * no name (mode 0600, in the system's folder for such), so it is gone with the
 * process however that ends.
 *
 *	struct spill *s = spill_new(1 << 16);
 *
 *	if (spill_add(s, record, err) < 0)
 *		...
 *	if (spill_begin(s, 1 << 20, err) >= 0)
 *		while ((got = spill_next(s, &record, err)) > 0)
 *			use(record);
 *	spill_free(&s);
 *
 * Errors: IO, when there is no room for the file or it cannot be read.
 *
 * Thread rule: one thread at a time.
 */

#include "base/error.h"
#include "base/str.h"

struct arena;
struct spill;

/* Up to `memory` bytes of records are kept without a file. */
struct spill *spill_new(size_t memory);

/* NULL is fine; *s becomes NULL. */
void spill_free(struct spill **s);

/* Not after spill_begin(). */
int spill_add(struct spill *s, struct str record, struct error *err) MUST_CHECK;

/*
 * Read from the first record on, again and again if wanted; about `window`
 * bytes of the file are in memory from now on. When all are, spill_get() reads
 * no file.
 */
int spill_begin(struct spill *s, size_t window, struct error *err) MUST_CHECK;

/* 1 with the next record, until the next call on `s`; 0 after the last. */
int spill_next(struct spill *s, struct str *record,
	       struct error *err) MUST_CHECK;

/* Of the record that comes next: its place, for spill_get(). */
int64_t spill_place(const struct spill *s);

/* The record at a place, in `a`; after spill_begin(). */
int spill_get(struct spill *s, int64_t place, struct arena *a,
	      struct str *record, struct error *err) MUST_CHECK;

#endif
