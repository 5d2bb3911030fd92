#ifndef CMD_FILE_H
#define CMD_FILE_H

/*
 * cmd_file - whole files that a command reads or writes for its user
 *
 * Thread rule: any thread.
 */

#include <stddef.h>

#include "base/check.h"
#include "base/error.h"
#include "base/str.h"

struct arena;

/* All of it; LIMIT beyond `most` bytes. */
int file_get(const char *path, struct arena *a, size_t most, struct str *bytes,
	     struct error *err) MUST_CHECK;

/* The same of what is put in, up to its end; called "stdin" in messages. */
int file_get_stdin(struct arena *a, size_t most, struct str *bytes,
		   struct error *err) MUST_CHECK;

/*
 * Written beside and renamed, so that `path` is as it was or all there; what
 * was there is replaced.
 */
int file_put(const char *path, struct str bytes, struct error *err) MUST_CHECK;

#endif
