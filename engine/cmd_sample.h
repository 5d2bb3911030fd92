#ifndef CMD_SAMPLE_H
#define CMD_SAMPLE_H

/*
 * cmd_sample - for whom a preview is: a partner as partners.csv has it, and a
 * made-up contact of it
 *
 *	sample_make(&sample, campaign, row, lang, address, a, now_ms, err);
 *	sample_join(&sample, db, a, err);
 *
 * What the first gives is made up, so links lead to pages that there are not.
 * The second puts the partner's own run of the campaign in, if it has one:
 * pages are at their addresses then, and slots say what the partner says. The
 * contact stays made up: what is for a reader alone leads nowhere.
 *
 * Thread rule: the results are read-only; building one on any thread.
 */

#include "base/check.h"
#include "base/error.h"
#include "base/str.h"
#include "partner/partner.h"
#include "render/render.h"

struct arena;
struct campaign;
struct campaign_files;
struct campaign_partner_row;
struct db;
struct render_kit;

struct sample {
	struct partner partner;
	struct partner_sender sender;
	struct activation activation;
	struct contact contact;
	struct render_subject subject; /* points at the others */
};

/*
 * `lang` empty: the partner's language; `address` empty: one of example.com.
 */
int sample_make(struct sample *out, const struct campaign *campaign,
		const struct campaign_partner_row *row, struct str lang,
		struct str address, struct arena *a, int64_t now_ms,
		struct error *err) MUST_CHECK;

/*
 * The run of this campaign by the partner of that name in the store: 1, or 0
 * when there is none. One that has ended will do, for its pages are shown.
 */
int sample_join(struct sample *s, struct db *db, struct arena *a,
		struct error *err) MUST_CHECK;

/* An image of the workspace: one that a campaign shows, or a partner's logo. */
struct sample_image {
	struct str bytes;
	const char *content_type;
};

/*
 * By its public name, in files that nothing was published of yet: 1, or 0 when
 * there is none.
 */
int sample_image_find(struct campaign_files *files,
		      const struct render_kit *kit,
		      const struct campaign_partner_row *rows, size_t row_count,
		      struct str name, struct arena *a,
		      struct sample_image *out);

/*
 * HTML whose images are at `where`NAME instead of at the site's /a/NAME; each
 * name is given to found(), unless it is NULL.
 */
int sample_images_move(struct str html, struct str site, const char *where,
		       int (*found)(void *arg, struct str name,
				    struct error *err),
		       void *arg, struct arena *a, struct str *out,
		       struct error *err) MUST_CHECK;

#endif
