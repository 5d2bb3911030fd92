#ifndef CMD_PREVIEW_H
#define CMD_PREVIEW_H

/*
 * cmd_preview - the workspace as pages to look at: every step for every
 * partner, as wide as on a desk and on a phone, from the files as they are
 * now. What is wrong with them stands on the page, and a page that is open
 * shows itself anew when a file is saved.
 *
 *	/                                 what runs (cmd_overview.h)
 *	/preview/CAMPAIGN/STEP/PARTNER    one step, or another thing that is
 *	                                  sent (cmd_show.h); ?lang=TAG
 *	/preview-raw/...                  what stands in its frames
 *
 * It is for the one who writes a campaign, on the own machine: nobody else
 * should reach it, so it answers to loopback's names alone (the Host header).
 *
 * Thread rule: the handlers are the server's thread's.
 */

#include <stddef.h>

#include "http/http.h"

struct overview_config;
struct preview;

/* What `config` points at is borrowed. */
struct preview *preview_new(const struct overview_config *config);
void preview_free(struct preview **preview);

/* Rows for the server's table; their `arg` is the preview. */
const struct http_route *preview_routes(struct preview *p, size_t *count);

#endif
