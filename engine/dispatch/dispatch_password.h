#ifndef DISPATCH_DISPATCH_PASSWORD_H
#define DISPATCH_DISPATCH_PASSWORD_H

/*
 * dispatch_password - a password that somebody else wants of us
 *
 * It comes from the environment, or from a file that only its owner may read:
 * of the variables NAME and NAME_FILE exactly one is set. Never from a URL or a
 * command line, which others see.
 *
 * Thread rule: as getenv().
 */

#include <stddef.h>

#include "base/check.h"
#include "base/error.h"

/*
 * `out` of `size` bytes gets it, NUL-terminated; the caller wipes it. CONFIG
 * when there is none, there are two, or it is no line of 1 to size - 1 bytes.
 */
int password_get(const char *name, char *out, size_t size,
		 struct error *err) MUST_CHECK;

#endif
