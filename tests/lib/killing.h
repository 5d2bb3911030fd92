#ifndef TESTS_LIB_KILLING_H
#define TESTS_LIB_KILLING_H

/*
 * killing - a sender in a process of its own, for a test that kills it
 *
 * The test runs itself again: its main() must know the arguments it passes to
 * killing_start() and call killing_send() then.
 *
 * Thread rule: one thread.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "dispatch/dispatch.h"

/* ---- in the child ---- */

struct killing_sender {
	const char *url; /* of the store */
	const char *transport;
	struct dispatch_source source;
	int workers;
	int batch;
	int64_t now_ms;	 /* its virtual clock begins here */
	int64_t step_ms; /* it goes so far past what is due next */
	int turns;	 /* it looks so often for what is due */
};

/*
 * Sends what is due, goes on to what is due next, and so forth. True when
 * nothing is READY, CLAIMED or MARKED; false when the turns are used up. A
 * turn that fails is tried again after a moment.
 */
bool killing_send(const struct killing_sender *how);

/* ---- in the parent ---- */

/* argv[0] is this program, whatever it says; NULL at the end. */
pid_t killing_start(const char *const argv[]);

/* The child has ended by itself; ends the test when it was not well. */
bool killing_has_ended(pid_t child);

/* SIGKILL, and waits. */
void killing_kill(pid_t child);

/*
 * All of it: started, and killed when it has not ended after life_us. True
 * when it was killed; INT64_MAX spares it.
 */
bool killing_run(const char *const argv[], int64_t life_us);

/* The same numbers from the same seed. */
uint64_t killing_random(uint64_t *seed);

/*
 * The main() of such a test, but for its child:
 *
 *	[--kills N] [--seed S] [--url URL]
 *
 * on the store at URL, else at GUIDON_TEST_PG, else on a SQLite file, which
 * stays to be looked at when the promise broke. The exit code.
 */
int killing_main(int argc, char **argv,
		 bool (*survives)(const char *url, uint64_t seed, int kills));

#endif
