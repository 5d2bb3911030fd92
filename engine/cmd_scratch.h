#ifndef CMD_SCRATCH_H
#define CMD_SCRATCH_H

/*
 * cmd_scratch - a store of its own for a moment: for trying what must leave no
 * trace in the real one
 *
 * It lies in a new folder of TMPDIR with a key of its own, and is gone after
 * scratch_close(). Workspace, arguments, output and arena are those of the app
 * that it is made from.
 *
 * Thread rule: the command's thread.
 */

#include <stdint.h>

#include "base/check.h"
#include "base/error.h"

struct app;

/* With a virtual clock that says now_ms, or the clock of `of` for now_ms < 0. */
int scratch_open(struct app *out, const struct app *of, int64_t now_ms,
		 struct error *err) MUST_CHECK;
void scratch_close(struct app *scratch);

#endif
