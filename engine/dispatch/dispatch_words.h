#ifndef DISPATCH_DISPATCH_WORDS_H
#define DISPATCH_DISPATCH_WORDS_H

/*
 * dispatch_words - what servers say in words that their codes do not
 *
 * A 421 may mean that a server restarts, that it wants less mail, or that it
 * has never heard of us. The words tell; the table of them, with who uses
 * which, is dispatch_words.c. dispatch_policy.c says what follows.
 *
 * Pure; all threads.
 */

#include <stdint.h>

#include "base/str.h"

#define DISPATCH_WORDS(X)                                          \
	X(GREYLISTED, "comes back later: it does not know us yet") \
	X(CROWDED, "takes fewer connections")                      \
	X(THROTTLED, "takes less mail")                            \
	X(BLOCKED, "has our address on a list")                    \
	X(NO_RELAY, "does not pass on our mail")                   \
	X(DISTRUSTED, "does not believe our domain, or has it on a list")

/* One bit each: a reply may say several. */
enum dispatch_words {
#define DISPATCH_WORDS_PLACE(name, means) DISPATCH_WORDS_PLACE_##name,
	DISPATCH_WORDS(DISPATCH_WORDS_PLACE)
#undef DISPATCH_WORDS_PLACE
#define DISPATCH_WORDS_BIT(name, means) \
	DISPATCH_##name = 1 << DISPATCH_WORDS_PLACE_##name,
	    DISPATCH_WORDS(DISPATCH_WORDS_BIT)
#undef DISPATCH_WORDS_BIT
};

/* All that a reply says; 0: nothing that is known. */
unsigned dispatch_words_of(struct str reply);

/*
 * How long it asks to wait: "try again in 300 seconds", "in 5 minutes",
 * "00:04:59"; a day at most. 0: it does not say.
 */
int64_t dispatch_words_wait_ms(struct str reply);

#endif
