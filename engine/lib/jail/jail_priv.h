#ifndef JAIL_JAIL_PRIV_H
#define JAIL_JAIL_PRIV_H

/*
 * jail, inside - the fork alone
 */

#include "jail/jail.h"

/* As jail_run() without a jail. */
int jail_fork(const struct jail_limits *limits, jail_function *run,
	      struct str input, struct buf *out, struct error *err) MUST_CHECK;

#endif
