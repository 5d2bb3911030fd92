#ifndef IMAGE_IMAGE_QR_H
#define IMAGE_IMAGE_QR_H

/*
 * image_qr - a text as a QR code (ISO/IEC 18004), drawn as SVG
 *
 * Error correction is M: it is read when 15 in 100 of it are dirt or a fold.
 * The smallest version that holds the text is taken. Around it are the four
 * light modules that readers need, in the drawing itself, so that it may stand
 * on any ground.
 *
 * The drawing is one element <svg> that says what it is (role="img" and the
 * label), has no script, no style and no reference, and grows to any size.
 *
 * Thread rule: all threads.
 */

#include "base/check.h"
#include "base/error.h"
#include "base/str.h"

enum {
	IMAGE_QR_MAX_BYTES = 1000,
	IMAGE_QR_MAX_PIXELS = 4096,
	IMAGE_QR_QUIET = 4, /* modules on each side */
};

struct image_qr {
	struct str text;
	struct str label; /* for those who cannot see it; empty: the text */
	int pixels;	  /* of width and height; 0: four a module */
};

/*
 * Adds the element to `out`. INVALID when there is no text, or a NUL in it, or
 * it is no UTF-8; LIMIT when it is longer than IMAGE_QR_MAX_BYTES.
 */
int image_qr_svg(const struct image_qr *qr, struct buf *out,
		 struct error *err) MUST_CHECK;

#endif
