#ifndef CMD_LOOK_H
#define CMD_LOOK_H

/*
 * cmd_look - one step of a campaign for one partner, from the files of the
 * workspace as they are now
 *
 *	look_open(&look, folder, a, now_ms, STR("spring/invite/acme"));
 *	look_show(&look, &shown);
 *	look_close(&look);
 *
 * Nothing fails: what is wrong is among the findings, and what could not be
 * read is not there.
 *
 * Thread rule: any thread; one look is one thread's.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "campaign/campaign.h"

struct arena;
struct campaign_files;
struct campaign_partner_row;
struct render_kit;

/* All of it is the arena's, but kit and files. */
struct look {
	struct arena *a;
	int64_t now_ms;
	struct campaign_findings findings;
	struct campaign_files *files;
	struct render_kit *kit; /* NULL: none */
	struct str *campaigns;
	int campaign_count;
	struct str campaign;
	const struct campaign_partner_row *rows;
	size_t row_count;
	const struct campaign_step *step; /* NULL: none */
	const struct campaign_partner_row *row;
};

/*
 * `path` is CAMPAIGN/STEP/PARTNER. Of what is missing, or is not there, the
 * first is taken.
 */
void look_open(struct look *l, const char *folder, struct arena *a,
	       int64_t now_ms, struct str path);
void look_close(struct look *l);

struct look_shown {
	struct str html; /* empty: it has none */
	struct str text;
	struct str subject;
};

/* Rendered for a made-up reader; a failure is one more finding. */
void look_show(struct look *l, struct look_shown *out);

#endif
