#ifndef CMD_PREVIEW_H
#define CMD_PREVIEW_H

/*
 * cmd_preview - the workspace as pages to look at: every step for every
 * partner, as wide as on a desk and on a phone, from the files as they are
 * now. What is wrong with them stands on the page, and a page that is open
 * shows itself anew when a file is saved.
 *
 *	/                                 to the first step
 *	/preview/CAMPAIGN/STEP/PARTNER    one step
 *	/preview-raw/...                  what stands in its frames
 *
 * It is for the one who writes a campaign, on the own machine: nobody else
 * should reach it, so it answers to loopback's names alone (the Host header).
 *
 * Thread rule: the handlers are the server's thread's.
 */

#include <stddef.h>

#include "http/http.h"

struct preview;

/* `folder` is the workspace; it is borrowed. */
struct preview *preview_new(const char *folder);
void preview_free(struct preview **preview);

/* Rows for the server's table; their `arg` is the preview. */
const struct http_route *preview_routes(struct preview *p, size_t *count);

#endif
