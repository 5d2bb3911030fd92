#ifndef BASE_NOW_H
#define BASE_NOW_H

/*
 * now - the one place where clocks are read
 *
 * The wall clock says when something happened and may jump. The monotonic
 * clock measures how long something took and never goes back; its zero means
 * nothing. The boot clock is one that counts the time asleep too, so a wall
 * clock that goes as it should keeps its distance to it. All are read at the edge, by main and by loops that wait; below
 * that, time is an argument.
 *
 * Thread rule: all threads.
 */

#include <stdint.h>

/* Epoch milliseconds, UTC. */
int64_t now_wall_ms(void);

/* Microseconds since some fixed point in the past. */
int64_t now_mono_us(void);

/* Milliseconds since the machine started, suspended or not. */
int64_t now_boot_ms(void);

/*
 * Sleeps at least that long, signals notwithstanding; at once for 0 or less.
 * What must end early waits on a condition or in poll() instead.
 */
void now_sleep_us(int64_t us);

#endif
