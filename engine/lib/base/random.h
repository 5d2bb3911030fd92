#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

/*
 * random - the one place where randomness is read
 *
 * Bytes come from the kernel's generator and are fit for keys and tokens. It
 * keeps no state of its own, so a fork needs no care.
 *
 * Thread rule: all threads.
 */

#include <stddef.h>
#include <stdint.h>

void random_bytes(void *p, size_t len);

/*
 * A new id: 63 random bits, positive, never zero. Among 100 million ids two
 * are alike with a chance of 1 in 2,000; the primary key catches that.
 */
int64_t random_id(void);

#endif
