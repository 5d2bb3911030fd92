#ifndef BASE_FAILPOINT_H
#define BASE_FAILPOINT_H

/*
 * failpoint - a named place at which a test makes the program fail or die
 *
 *	if (failpoint("dispatch: answered", err) < 0)
 *		return -(int)err->code;
 *
 * Only builds with GUIDON_FAILPOINTS have them (all that are made for testing);
 * elsewhere a failpoint is 0 and no code. The environment says what happens:
 *
 *	GUIDON_FAILPOINT="ACTION N NAME"	at the Nth time it gets there, once
 *	GUIDON_FAILPOINT_TRACE=FILE		each name it gets to, a line each
 *
 * ACTION is kill (SIGKILL), EIO, ENOSPC or ENOMEM: the failure that a system
 * call with that errno would have been. A name is "folder: what has happened";
 * of the text of an SQL statement, which is a place too, white space counts as
 * one blank and what is behind the first FAILPOINT_NAME_BYTES as nothing.
 *
 * Thread rule: all threads; the count is one for the process.
 */

#include "base/check.h"
#include "base/error.h"

enum { FAILPOINT_NAME_BYTES = 120 };

#ifdef GUIDON_FAILPOINTS

int failpoint(const char *name, struct error *err) MUST_CHECK;

/* Where nothing can fail, the program can still die. */
void failpoint_pass(const char *name);

#else

static inline int MUST_CHECK
failpoint(const char *name, struct error *err)
{
	(void)name;
	(void)err;
	return 0;
}

static inline void
failpoint_pass(const char *name)
{
	(void)name;
}

#endif

#endif
