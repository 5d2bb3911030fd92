#ifndef CAMPAIGN_CAMPAIGN_ASSET_H
#define CAMPAIGN_CAMPAIGN_ASSET_H

/*
 * campaign_asset - images under the name of what is in them
 *
 * A logo is a file below assets/ in the workspace, and in public
 *
 *	<SHA-256 of its bytes, 64 hexadecimal digits>.<png|jpg|gif|webp|svg>
 *
 * so a name never gets other bytes, may be cached for ever, and is known
 * before anything was published. The bytes are an object of the store.
 *
 * What is taken for an image: libmagic and the structure of the file must say
 * the same. An SVG moreover must have nothing that acts or reaches out:
 * no script, no foreign content, no handlers, no references but to itself and
 * to images it carries along.
 *
 * Thread rule: pure functions but for the db; xml_init() before.
 */

#include "base/check.h"
#include "base/error.h"
#include "base/str.h"

struct arena;
struct db;

enum {
	CAMPAIGN_ASSET_MAX = 1024 * 1024, /* bytes */
	CAMPAIGN_ASSET_SIDE_MAX = 8192,	  /* pixels */
	CAMPAIGN_ASSET_HASH_CHARS = 64,
};

/* name, suffix, media type */
#define CAMPAIGN_ASSET_TYPES(X)       \
	X(PNG, "png", "image/png")    \
	X(JPEG, "jpg", "image/jpeg")  \
	X(GIF, "gif", "image/gif")    \
	X(WEBP, "webp", "image/webp") \
	X(SVG, "svg", "image/svg+xml")

enum campaign_asset_type {
#define CAMPAIGN_ASSET_ENUM(name, suffix, media) CAMPAIGN_ASSET_##name,
	CAMPAIGN_ASSET_TYPES(CAMPAIGN_ASSET_ENUM)
#undef CAMPAIGN_ASSET_ENUM
};

/*
 * The public name, in `a`. INVALID: no image of those kinds, or one that is
 * cut off or not harmless; LIMIT: too many bytes or pixels. The text says
 * what was found and what was expected, and names no file.
 */
int campaign_asset_name(struct str bytes, struct arena *a, struct str *name,
			struct error *err) MUST_CHECK;

/* Inside a unit: the bytes are an object. What is there already stays. */
int campaign_object_put(struct db *db, struct str bytes,
			struct error *err) MUST_CHECK;

/*
 * The object of a public name, in `a`, and its media type: 1, or 0 when there
 * is none, the name is not one that campaign_asset_name() gives, or the object
 * is no image of that kind (other files of a revision are not given out).
 */
int campaign_asset_get(struct db *db, struct arena *a, struct str name,
		       struct str *bytes, const char **content_type,
		       struct error *err) MUST_CHECK;

#endif
