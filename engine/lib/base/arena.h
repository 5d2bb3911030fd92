#ifndef BASE_ARENA_H
#define BASE_ARENA_H

/*
 * arena - memory that is freed together
 *
 * One arena per unit of work: a campaign load, a rendered message, a request,
 * a batch of rows. Nothing in it is freed alone; a loop takes a mark before
 * and rewinds after. Memory is zeroed. Out of memory aborts; what strangers
 * can make large is bounded before it gets here.
 *
 * Under AddressSanitizer each allocation is its own malloc, so that reading
 * past the end of one or after a rewind is caught.
 *
 * Thread rule: one thread at a time.
 */

#include <stdarg.h>
#include <stddef.h>

#include "base/check.h"

struct arena;

struct arena_mark {
	void *block;
	size_t used;
	size_t bytes;
};

struct arena *arena_new(void);

/* Frees the arena and all in it; NULL is fine; *a becomes NULL. */
void arena_free(struct arena **a);

/* Zeroed memory for any type. A size of 0 gives a valid pointer. */
void *arena_alloc(struct arena *a, size_t size)
    __attribute__((malloc, returns_nonnull));

/* count * size, checked for overflow (which aborts). */
void *arena_array(struct arena *a, size_t count, size_t size)
    __attribute__((malloc, returns_nonnull));

#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, count, type) \
	((type *)arena_array((a), (count), sizeof(type)))

/* A NUL-terminated copy of len bytes. */
char *arena_copy(struct arena *a, const void *p, size_t len);

char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
    PRINTF_LIKE(2, 0);

/* All that was allocated after the mark is gone after the rewind. */
struct arena_mark arena_mark(const struct arena *a);
void arena_rewind(struct arena *a, struct arena_mark mark);

/* Bytes handed out and not rewound: for limits, statistics and tests. */
size_t arena_bytes(const struct arena *a);

#endif
