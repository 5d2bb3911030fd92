#ifndef CMD_PROGRESS_H
#define CMD_PROGRESS_H

/*
 * cmd_progress - a bar on a terminal, nothing in a pipe
 *
 *	progress_begin(&p, &app->out, "sending");
 *	progress_show(&p, done, total);		as often as one likes
 *	progress_end(&p);			takes the bar away
 *
 * It is drawn on stderr, ten times a second at most.
 *
 * Thread rule: one thread.
 */

#include <stdbool.h>
#include <stdint.h>

struct output;

struct progress {
	const char *label;
	bool shown; /* somebody may see it */
	bool drawn;
	int64_t drawn_us;
};

void progress_begin(struct progress *p, const struct output *out,
		    const char *label);
void progress_show(struct progress *p, int64_t done, int64_t total);
void progress_end(struct progress *p);

#endif
