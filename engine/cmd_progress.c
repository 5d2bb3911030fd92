#include "cmd_progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/now.h"
#include "cmd_output.h"

enum { WIDTH = 32, EVERY_US = 100 * 1000 };

static const char bar[WIDTH + 1] = "################################";

void
progress_begin(struct progress *p, const struct output *out, const char *label)
{
	const char *term = getenv("TERM");

	*p = (struct progress){
		.label = label,
		.shown = !out->quiet && isatty(STDERR_FILENO) &&
			 !(term && strcmp(term, "dumb") == 0),
	};
}

void
progress_show(struct progress *p, int64_t done, int64_t total)
{
	int64_t now_us;
	int filled;

	if (!p->shown || total <= 0)
		return;
	now_us = now_mono_us();
	if (p->drawn && now_us - p->drawn_us < EVERY_US)
		return;
	p->drawn = true;
	p->drawn_us = now_us;
	filled = done >= total ? WIDTH : (int)(done * WIDTH / total);
	(void)fprintf(stderr, "\r%s [%.*s%*s] %" PRId64 " of %" PRId64,
		      p->label, filled, bar, WIDTH - filled, "", done, total);
}

void
progress_end(struct progress *p)
{
	if (p->drawn)
		(void)fputs("\r\033[K", stderr);
	p->drawn = false;
}
