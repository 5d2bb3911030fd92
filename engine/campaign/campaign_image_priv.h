#ifndef CAMPAIGN_CAMPAIGN_IMAGE_PRIV_H
#define CAMPAIGN_CAMPAIGN_IMAGE_PRIV_H

/*
 * The structure of image files, without decoding one: whole from its first to
 * its last byte, with a size in pixels that is none or bounded. INVALID or
 * LIMIT, never NOT_FOUND.
 */

#include "campaign/campaign_asset.h"

/* Which kind the first bytes promise. */
int campaign_image_type(struct str bytes, enum campaign_asset_type *type,
			struct error *err) MUST_CHECK;

/* Whether the bytes are an image of that kind. */
int campaign_image_check(struct str bytes, enum campaign_asset_type type,
			 struct arena *a, struct error *err) MUST_CHECK;

/* Well-formed, an <svg>, and nothing in it that acts or reaches out. */
int campaign_svg_check(struct str bytes, struct arena *a,
		       struct error *err) MUST_CHECK;

#endif
