#ifndef CMD_LOOK_H
#define CMD_LOOK_H

/*
 * cmd_look - one thing of a campaign for one partner, from the files of the
 * workspace as they are now
 *
 *	look_open(&look, folder, &at, a, now_ms);
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
struct db;
struct render_kit;
struct show_item;
struct shown;

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
	const struct show_item *items;
	size_t item_count;
	const struct show_item *item; /* NULL: none */
	const struct campaign_partner_row *row;
	struct str lang; /* the reader's; empty: the partner's */
	struct db *db;	 /* NULL: none */
};

/*
 * What is asked for. `path` is CAMPAIGN/ITEM/PARTNER; of what is missing, or is
 * not there, the first is taken.
 */
struct look_at {
	struct str path;
	struct str lang;
	struct db *db; /* what runs; NULL: nothing */
};

void look_open(struct look *l, const char *folder, const struct look_at *at,
	       struct arena *a, int64_t now_ms);
void look_close(struct look *l);

/*
 * Rendered for a made-up reader, with links to the pages of the partner's own
 * run when it has one; a failure is one more finding.
 */
void look_show(struct look *l, struct shown *out);

#endif
