#ifndef CMD_OVERVIEW_H
#define CMD_OVERVIEW_H

/*
 * cmd_overview - the first page: what runs, what became of it, and where to
 * look next
 *
 * For each campaign its numbers by step and by partner, for each partner a
 * link to its preview and to its landing pages as strangers see them. Numbers
 * are counted anew for each request.
 *
 * Thread rule: one thread at a time.
 */

#include "base/check.h"
#include "base/error.h"
#include "base/str.h"

struct arena;
struct db_store;
struct overview;

struct overview_config {
	const char *folder; /* the workspace */
	struct db_store *store;
	const char *mail; /* transports, as daemon_config has them */
	const char *posts;
	const char *here;   /* the folder to call the program from */
	const char *prompt; /* how to call the program: "guidon --virtual" */
};

/* What the strings point at is borrowed. */
struct overview *overview_new(const struct overview_config *config);
void overview_free(struct overview **overview);

int overview_make(const struct overview *overview, struct arena *a,
		  struct str *html, struct error *err) MUST_CHECK;

#endif
