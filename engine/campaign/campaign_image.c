/*
 * Image files by their structure.
 *
 * A file that is served to strangers under an image's name must be that image
 * and nothing beside it, so each kind is walked from its signature to its end,
 * and bytes behind the end are refused: they are how an archive or a script
 * hides in a picture. Nothing is decoded. A mail program or browser will do
 * that, and all it can be spared is absurd sizes, so width and height are
 * bounded.
 *
 * Rejected: decoding by each format's library. It would be the largest surface
 * for hostile bytes in the program, for files that the vendor put under
 * version control.
 */
#include "campaign/campaign_image_priv.h"

#include <string.h>

enum {
	PNG_CHUNK_BYTES = 12, /* length, type, CRC */
	PNG_HEADER_BYTES = 13,
	GIF_HEADER_BYTES = 13,
	WEBP_HEADER_BYTES = 30, /* to the size of a lossy image */
	RIFF_HEADER_BYTES = 8,
};

#define PNG_SIGNATURE STR("\x89PNG\r\n\x1a\n")
#define JPEG_START    STR("\xff\xd8\xff")
#define JPEG_END      STR("\xff\xd9")

static uint32_t
at(struct str s, size_t i)
{
	check(i < s.len);
	return (unsigned char)s.p[i];
}

static uint32_t
big(struct str s, size_t i, size_t bytes)
{
	uint32_t n = 0;

	for (size_t k = 0; k < bytes; k++)
		n = n << 8 | at(s, i + k);
	return n;
}

static uint32_t
little(struct str s, size_t i, size_t bytes)
{
	uint32_t n = 0;

	for (size_t k = bytes; k > 0; k--)
		n = n << 8 | at(s, i + k - 1);
	return n;
}

static int
check_sides(const char *kind, uint32_t width, uint32_t height,
	    struct error *err)
{
	if (width == 0 || height == 0)
		return error_set(err, ERROR_INVALID,
				 "found a %s of %u x %u pixels, expected at "
				 "least 1 x 1",
				 kind, width, height);
	if (width > CAMPAIGN_ASSET_SIDE_MAX || height > CAMPAIGN_ASSET_SIDE_MAX)
		return error_set(err, ERROR_LIMIT,
				 "found a %s of %u x %u pixels, expected at "
				 "most %d on a side",
				 kind, width, height, CAMPAIGN_ASSET_SIDE_MAX);
	return 0;
}

static int
cut_off(const char *kind, const char *what, struct error *err)
{
	return error_set(err, ERROR_INVALID,
			 "found a %s that %s, expected a whole one", kind,
			 what);
}

/* W3C PNG, section 5. */
static int
check_png(struct str bytes, struct error *err)
{
	size_t i = PNG_SIGNATURE.len;
	bool first = true;

	for (;; first = false) {
		size_t room = bytes.len - i;
		struct str type;
		uint32_t length;

		if (room < PNG_CHUNK_BYTES)
			return cut_off("PNG", "has no IEND", err);
		length = big(bytes, i, 4);
		type = str_slice(bytes, i + 4, i + 8);
		if (length > room - PNG_CHUNK_BYTES)
			return cut_off("PNG", "ends inside a chunk", err);
		if (first &&
		    (!str_eq_cstr(type, "IHDR") || length != PNG_HEADER_BYTES))
			return cut_off("PNG", "does not begin with IHDR", err);
		if (first && check_sides("PNG", big(bytes, i + 8, 4),
					 big(bytes, i + 12, 4), err) < 0)
			return -(int)err->code;
		i += PNG_CHUNK_BYTES + length;
		if (str_eq_cstr(type, "IEND"))
			break;
	}
	return i == bytes.len ? 0 : cut_off("PNG", "goes on behind IEND", err);
}

/* SOF0 to SOF15 but for DHT, JPG and DAC, which share their range. */
static bool
is_frame(uint32_t marker)
{
	return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 &&
	       marker != 0xc8 && marker != 0xcc;
}

/* ITU-T T.81 annex B: segments up to the frame, which has the size. */
static int
check_jpeg(struct str bytes, struct error *err)
{
	size_t i = 2;

	if (!str_ends(bytes, JPEG_END))
		return cut_off("JPEG", "does not end with EOI", err);
	for (;;) {
		uint32_t marker, length;

		while (i + 1 < bytes.len && at(bytes, i) == 0xff &&
		       at(bytes, i + 1) == 0xff)
			i++;
		if (bytes.len - i < 4 || at(bytes, i) != 0xff)
			return cut_off("JPEG", "has no frame", err);
		marker = at(bytes, i + 1);
		length = big(bytes, i + 2, 2);
		if (length < 2 || length > bytes.len - i - 2)
			return cut_off("JPEG", "ends inside a segment", err);
		if (is_frame(marker) && length >= 8)
			return check_sides("JPEG", big(bytes, i + 7, 2),
					   big(bytes, i + 5, 2), err);
		i += 2 + length;
	}
}

/* GIF89a, sections 17, 18 and 27. */
static int
check_gif(struct str bytes, struct error *err)
{
	if (bytes.len <= GIF_HEADER_BYTES || at(bytes, bytes.len - 1) != ';')
		return cut_off("GIF", "does not end with a trailer", err);
	return check_sides("GIF", little(bytes, 6, 2), little(bytes, 8, 2),
			   err);
}

/* RFC 9649, section 2. */
static int
check_webp(struct str bytes, struct error *err)
{
	struct str kind = str_slice(bytes, 12, 16);
	uint32_t width, height;

	if (bytes.len < WEBP_HEADER_BYTES ||
	    little(bytes, 4, 4) != bytes.len - RIFF_HEADER_BYTES)
		return cut_off("WebP", "is not as long as it says", err);
	if (str_eq_cstr(kind, "VP8 ")) {
		width = little(bytes, 26, 2) & 0x3fff;
		height = little(bytes, 28, 2) & 0x3fff;
	} else if (str_eq_cstr(kind, "VP8L")) {
		width = (little(bytes, 21, 4) & 0x3fff) + 1;
		height = (little(bytes, 21, 4) >> 14 & 0x3fff) + 1;
	} else if (str_eq_cstr(kind, "VP8X")) {
		width = little(bytes, 24, 3) + 1;
		height = little(bytes, 27, 3) + 1;
	} else {
		return cut_off("WebP", "has no VP8, VP8L or VP8X chunk first",
			       err);
	}
	return check_sides("WebP", width, height, err);
}

int
campaign_image_type(struct str bytes, enum campaign_asset_type *type,
		    struct error *err)
{
	struct str text = bytes;

	if (str_starts(text, STR("\xef\xbb\xbf")))
		text = str_slice(text, 3, text.len);
	if (str_starts(bytes, PNG_SIGNATURE))
		*type = CAMPAIGN_ASSET_PNG;
	else if (str_starts(bytes, JPEG_START))
		*type = CAMPAIGN_ASSET_JPEG;
	else if (str_starts(bytes, STR("GIF87a")) ||
		 str_starts(bytes, STR("GIF89a")))
		*type = CAMPAIGN_ASSET_GIF;
	else if (str_starts(bytes, STR("RIFF")) &&
		 str_eq_cstr(str_slice(bytes, 8, 12), "WEBP"))
		*type = CAMPAIGN_ASSET_WEBP;
	else if (str_starts(str_trim(text), STR("<")))
		*type = CAMPAIGN_ASSET_SVG;
	else
		return error_set(err, ERROR_INVALID,
				 "found a file that is no image, expected "
				 "PNG, JPEG, GIF, WebP or SVG");
	return 0;
}

int
campaign_image_check(struct str bytes, enum campaign_asset_type type,
		     struct arena *a, struct error *err)
{
	if (bytes.len > CAMPAIGN_ASSET_MAX)
		return error_set(err, ERROR_LIMIT,
				 "found %zu bytes, expected at most %d",
				 bytes.len, CAMPAIGN_ASSET_MAX);
	switch (type) {
	case CAMPAIGN_ASSET_PNG:
		return check_png(bytes, err);
	case CAMPAIGN_ASSET_JPEG:
		return check_jpeg(bytes, err);
	case CAMPAIGN_ASSET_GIF:
		return check_gif(bytes, err);
	case CAMPAIGN_ASSET_WEBP:
		return check_webp(bytes, err);
	case CAMPAIGN_ASSET_SVG:
		break;
	}
	return campaign_svg_check(bytes, a, err);
}
