#ifndef CMD_SAMPLE_H
#define CMD_SAMPLE_H

/*
 * cmd_sample - for whom a preview is: a partner as partners.csv has it, and a
 * made-up contact of it
 *
 * Nothing of it is in the store or comes from there.
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

/* An image of the workspace: of the campaign's brand, or a partner's logo. */
struct sample_image {
	struct str bytes;
	const char *content_type;
};

/*
 * By its public name, in files that nothing was published of yet: 1, or 0 when
 * there is none.
 */
int sample_image_find(struct campaign_files *files,
		      const struct campaign *campaign,
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
