#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

/*
 * clock - what time a run of the program takes it to be
 *
 * A real clock goes with the machine's, from a start that may lie elsewhere
 * (--now). A virtual clock (--virtual) stands still until it is told to go on,
 * so that a year of a campaign can be lived through in a second. Everything
 * below main is given the time or a clock; nobody asks the machine.
 *
 * Thread rule: reading from any thread; one thread advances.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct clock {
	bool is_virtual;
	_Atomic int64_t base_ms; /* real: added to the wall clock */
};

/* Goes with the wall clock. */
void clock_init_real(struct clock *c);

/* Goes with the wall clock, and says start_ms now. */
void clock_init_from(struct clock *c, int64_t start_ms);

/* Says start_ms until clock_advance(). */
void clock_init_virtual(struct clock *c, int64_t start_ms);

/* Epoch milliseconds, UTC. */
int64_t clock_now_ms(const struct clock *c);

/* A virtual clock jumps forward to to_ms; it never goes back. */
void clock_advance(struct clock *c, int64_t to_ms);

#endif
