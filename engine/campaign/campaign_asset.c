/*
 * Images under the name of what is in them.
 *
 * Two judges must agree on the kind: libmagic, which knows some thousands of
 * kinds and so tells what a file is that is none of ours, and our walk over
 * the structure, which tells whether it is whole. The suffix of the file in
 * the workspace is no evidence and is not looked at.
 *
 * A name that comes from outside is parsed to the last character before it
 * gets near the store, and the object behind it is looked at again: objects
 * are also templates and campaign files, which are nobody's business.
 */
#include "campaign/campaign_asset.h"

#include <magic.h>
#include <pthread.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "base/encode.h"
#include "campaign/campaign_image_priv.h"
#include "campaign/campaign_sql.h"

_Static_assert((int)CAMPAIGN_ASSET_HASH_CHARS == 2 * (int)CRYPTO_HASH_BYTES,
	       "the name is the hash");

static const struct kind {
	const char *suffix;
	const char *media;
} kinds[] = {
#define ASSET_KIND(name, suffix, media) { suffix, media },
	CAMPAIGN_ASSET_TYPES(ASSET_KIND)
#undef ASSET_KIND
};

/* ---- what is it ---- */

static struct {
	pthread_once_t once;
	pthread_mutex_t mutex;
	magic_t cookie; /* as long as the process; NULL: did not load */
} magic = { PTHREAD_ONCE_INIT, PTHREAD_MUTEX_INITIALIZER, NULL };

static void
load_magic(void)
{
	magic_t cookie = magic_open(MAGIC_MIME_TYPE | MAGIC_NO_CHECK_COMPRESS);

	if (cookie && magic_load(cookie, NULL) == 0)
		magic.cookie = cookie;
	else if (cookie)
		magic_close(cookie);
}

/* A cookie takes some milliseconds to load and is for one thread at a time. */
static int
magic_type(struct str bytes, struct arena *a, struct str *media,
	   struct error *err)
{
	const char *found;

	(void)pthread_once(&magic.once, load_magic);
	if (!magic.cookie)
		return error_set(err, ERROR_CONFIG,
				 "libmagic does not load, expected its "
				 "database where it is installed");
	check(pthread_mutex_lock(&magic.mutex) == 0);
	found = magic_buffer(magic.cookie, bytes.p, bytes.len);
	if (found)
		*media = str_copy(a, str_of(found));
	check(pthread_mutex_unlock(&magic.mutex) == 0);
	return found ? 0
		     : error_set(err, ERROR_INVALID,
				 "found bytes that libmagic knows no type of, "
				 "expected an image");
}

/* An SVG with a long comment first is only XML, or text, to libmagic. */
static bool
agrees(enum campaign_asset_type type, struct str media)
{
	if (type == CAMPAIGN_ASSET_SVG && (str_eq_cstr(media, "text/xml") ||
					   str_eq_cstr(media, "text/plain")))
		return true;
	return str_eq_cstr(media, kinds[type].media);
}

static int
find_type(struct str bytes, struct arena *a, enum campaign_asset_type *type,
	  struct error *err)
{
	struct str media = { 0 };

	if (magic_type(bytes, a, &media, err) < 0)
		return -(int)err->code;
	if (campaign_image_type(bytes, type, err) >= 0 && agrees(*type, media))
		return 0;
	return error_set(err, ERROR_INVALID,
			 "found %.*s, expected a PNG, JPEG, GIF, WebP or SVG "
			 "image",
			 STR_ARG(media));
}

int
campaign_asset_name(struct str bytes, struct arena *a, struct str *name,
		    struct error *err)
{
	uint8_t hash[CRYPTO_HASH_BYTES];
	enum campaign_asset_type type;
	struct buf b = { 0 };

	if (bytes.len == 0 || bytes.len > CAMPAIGN_ASSET_MAX)
		return error_set(err, bytes.len ? ERROR_LIMIT : ERROR_INVALID,
				 "found %zu bytes, expected an image of at "
				 "most %d",
				 bytes.len, CAMPAIGN_ASSET_MAX);
	if (find_type(bytes, a, &type, err) < 0 ||
	    campaign_image_check(bytes, type, a, err) < 0)
		return -(int)err->code;
	crypto_sha256(bytes, hash);
	encode_hex(&b, (struct str){ (const char *)hash, sizeof(hash) });
	buf_printf(&b, ".%s", kinds[type].suffix);
	*name = str_copy(a, buf_view(&b));
	buf_fini(&b);
	return 0;
}

/* ---- the store ---- */

int
campaign_object_put(struct db *db, struct str bytes, struct error *err)
{
	uint8_t hash[CRYPTO_HASH_BYTES];

	crypto_sha256(bytes, hash);
	return campaign_sql_add_object(
	    db, (struct str){ (const char *)hash, sizeof(hash) }, bytes, err);
}

static bool
parse_name(struct str name, struct buf *hash, enum campaign_asset_type *type)
{
	struct str digits = str_slice(name, 0, CAMPAIGN_ASSET_HASH_CHARS);
	struct str rest = str_slice(name, CAMPAIGN_ASSET_HASH_CHARS, name.len);
	struct error ignored;

	if (rest.len < 2 || rest.p[0] != '.' ||
	    decode_hex(hash, digits, &ignored) < 0)
		return false;
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		if (str_eq_cstr(str_slice(rest, 1, rest.len),
				kinds[i].suffix)) {
			*type = (enum campaign_asset_type)i;
			return true;
		}
	return false;
}

static bool
is_image(struct str bytes, enum campaign_asset_type wanted, struct arena *a)
{
	enum campaign_asset_type type;
	struct error ignored;

	return campaign_image_type(bytes, &type, &ignored) >= 0 &&
	       type == wanted &&
	       campaign_image_check(bytes, type, a, &ignored) >= 0;
}

int
campaign_asset_get(struct db *db, struct arena *a, struct str name,
		   struct str *bytes, const char **content_type,
		   struct error *err)
{
	struct buf hash = { 0 };
	enum campaign_asset_type type;
	struct str object;
	int got = 0;

	if (parse_name(name, &hash, &type))
		got = campaign_sql_object(db, a, buf_view(&hash), &object, err);
	buf_fini(&hash);
	if (got > 0 && !is_image(object, type, a))
		got = 0;
	if (got > 0) {
		*bytes = object;
		*content_type = kinds[type].media;
	}
	return got;
}
