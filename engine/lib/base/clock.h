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
 * The machine's clock may be set, to a day when much is due or to one before
 * what was sent. Whoever acts by a schedule asks clock_is_steady() first: it
 * compares the wall clock with the time since the machine started, which
 * nobody sets. Between two looks their distance may change by
 * CLOCK_JUMP_MS; beyond that the clock has jumped, forward or back, and is not
 * steady until it has gone evenly for CLOCK_AGREE_MS. A sleep of the machine is
 * no jump. A virtual clock is always steady.
 *
 * Thread rule: reading from any thread; one thread advances.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { CLOCK_JUMP_MS = 5 * 60 * 1000, CLOCK_AGREE_MS = 60 * 1000 };

/* The machine's two clocks at one moment. */
struct clock_reading {
	int64_t wall_ms; /* since 1970, UTC */
	int64_t boot_ms; /* since the machine started */
};

/* Where a clock reads. The machine's is clock_machine. */
struct clock_source {
	void (*read)(void *arg, struct clock_reading *out);
	void *arg;
};

extern const struct clock_source clock_machine;

/* What was seen of the distance of the two, wall_ms - boot_ms. */
struct clock_watch {
	bool begun;
	bool jumped;
	int64_t trusted_ms; /* as it was agreed on last */
	int64_t seen_ms;    /* as it is now, within a second */
	int64_t since_ms;   /* by the boot clock: it is so since then */
};

struct clock {
	bool is_virtual;
	_Atomic int64_t base_ms; /* real: added to the wall clock */
	struct clock_source source;
	pthread_mutex_t mutex; /* guards `watch` */
	struct clock_watch watch;
};

/* Goes with the wall clock. */
void clock_init_real(struct clock *c);

/* Goes with the wall clock, and says start_ms now. */
void clock_init_from(struct clock *c, int64_t start_ms);

/* Goes with another source than the machine, which is read at once. */
void clock_init_on(struct clock *c, const struct clock_source *source);

/* Says start_ms until clock_advance(). */
void clock_init_virtual(struct clock *c, int64_t start_ms);

/* Epoch milliseconds, UTC. */
int64_t clock_now_ms(const struct clock *c);

/* A virtual clock jumps forward to to_ms; it never goes back. */
void clock_advance(struct clock *c, int64_t to_ms);

/*
 * Whether schedules may go by it now. *jump_ms, unless NULL: by how much it has
 * jumped, forward or (negative) back; 0 when it is steady.
 */
bool clock_is_steady(struct clock *c, int64_t *jump_ms);

/* The judgement itself: pure but for *w, which begins zeroed. */
bool clock_watch_look(struct clock_watch *w, const struct clock_reading *r);

#endif
