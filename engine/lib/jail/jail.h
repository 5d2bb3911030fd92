#ifndef JAIL_JAIL_H
#define JAIL_JAIL_H

/*
 * jail - a function run over foreign bytes in a child that can do no harm
 *
 * A parser by others may crash on what strangers send, loop over it or eat all
 * memory. In a jail that costs a child and gives an error. The child has the
 * bytes, one descriptor to answer on and limits; it is gone when jail_run()
 * returns, and when its parent dies.
 *
 *	static int
 *	parse(struct str input, struct buf *out, struct error *err)
 *	{ ... }
 *
 *	if (jail_run(NULL, &(struct jail_limits){ JAIL_LIMITS_DEFAULT }, parse,
 *		     bytes, &out, err) < 0)
 *		return error_context(err, "%s", path);
 *
 * The child is a copy of the process that forks it, with one thread; what other
 * threads had locked would stay locked in it. So a process with threads opens a
 * jail before the first of them: a helper with one thread, which forks for it.
 * Without one (NULL) the process forks itself, and has one thread.
 *
 *	main:    jail_open(&j, err)  ... threads ...  jail_close(&j)
 *	thread:  jail_run(j, &limits, parse, bytes, &out, err)
 *
 * The function finds memory as it was at the fork: constants and what main had
 * set up before jail_open(). docs/decisions/017-foreign-bytes-in-a-child.md has
 * the reasons.
 *
 * A jail keeps accidents in. It is a poor place for an attack (nothing is open,
 * nothing can be opened), but the child can read the memory it was forked with,
 * so secrets are read after jail_open().
 *
 * Thread rule: jail_open() before the second thread; jail_run() with a jail
 * from any thread, one after the other, and without from a process with one.
 * Without a jail, SIGCHLD must not be ignored.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

struct jail_limits {
	int64_t wall_ms;     /* from start to answer */
	unsigned cpu_s;	     /* whole seconds of the processor, at least 1 */
	size_t memory_bytes; /* beyond what the process has mapped already */
	size_t output_bytes; /* of the answer */
};

/* For mails and files of a few megabytes at most. */
#define JAIL_LIMITS_DEFAULT                        \
	.wall_ms = 10000, .cpu_s = 5,              \
	.memory_bytes = (size_t)256 * 1024 * 1024, \
	.output_bytes = (size_t)1024 * 1024

/*
 * Runs in the child: 0 with the answer in `out`, or < 0 with `err` filled,
 * which the caller of jail_run() gets as its own.
 */
typedef int jail_function(struct str input, struct buf *out, struct error *err);

struct jail;

/* IO when there is no helper to be had. */
int jail_open(struct jail **out, struct error *err) MUST_CHECK;

/* Ends the helper; NULL is fine; *j becomes NULL. */
void jail_close(struct jail **j);

/*
 * What run() put out is added to `out`. What it failed with is passed on;
 * LIMIT when the child used up one of the limits, INTERNAL when it died in
 * another way, IO when there was no child to be had or the helper is gone. The text
 * says which. On failure nothing was added.
 */
int jail_run(struct jail *j, const struct jail_limits *limits,
	     jail_function *run, struct str input, struct buf *out,
	     struct error *err) MUST_CHECK;

#endif
