#ifndef CMD_STOP_H
#define CMD_STOP_H

/*
 * cmd_stop - SIGINT and SIGTERM ask a command that goes on to end
 *
 *	stop_block();			before any thread is started
 *	while (!stop_asked(1000))	or stop_wait()
 *		...
 *
 * They are waited for, not caught in a handler, so one that comes before the
 * wait is not lost and no call is cut short. Who has waited long enough for a
 * relay that does not answer asks again: stop_at_once().
 *
 * Thread rule: the command's thread; threads that are started after
 * stop_block() leave both signals to it.
 */

#include <stdbool.h>
#include <stdint.h>

void stop_block(void);

/* Waits so long: true when a signal has come. */
bool stop_asked(int64_t wait_ms);

/* Waits until one comes. */
void stop_wait(void);

/*
 * From now on one (more) ends the process there and then, as such a signal does
 * where nobody looks for it. It says so: a message that was on the wire is in
 * doubt.
 */
void stop_at_once(void);

#endif
