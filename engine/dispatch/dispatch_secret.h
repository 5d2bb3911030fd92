#ifndef DISPATCH_DISPATCH_SECRET_H
#define DISPATCH_DISPATCH_SECRET_H

/*
 * dispatch_secret - a password or token that somebody else wants of us
 *
 * It comes from the environment, or from a file that only its owner may read
 * and that the environment names. Never from a URL or a command line, which
 * others see: a URL is in `ps`, in logs and in shells' histories.
 *
 *	secret_count(secrets, COUNT_OF(secrets), &which, &found)
 *	secret_read(&out, &secrets[which], NULL, err)
 *	... secret_wipe(&out)
 *
 * Thread rule: as getenv().
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/check.h"
#include "base/error.h"

struct buf;

enum { SECRET_BYTES_MAX = 8192 };

struct secret {
	const char *variable;
	const char *what; /* "password" */
	size_t bytes_max; /* SECRET_BYTES_MAX at most */
	bool in_file;	  /* the variable names a file that has it */
};

/* What the variable says; NULL when it is empty or not there. */
const char *secret_given(const struct secret *s);

/*
 * How many of these are given. *which is the last, and `found` gets their
 * names, with "and" between.
 */
size_t secret_count(const struct secret *secrets, size_t count, size_t *which,
		    struct buf *found);

/*
 * Adds it to `out`, which is empty. `value` is what the variable said; NULL:
 * what it says now. CONFIG when it is no line of 1 to bytes_max bytes, or its
 * file is not as it should be.
 */
int secret_read(struct buf *out, const struct secret *s, const char *value,
		struct error *err) MUST_CHECK;

/* And frees it. */
void secret_wipe(struct buf *secret);

#endif
