/*
 * A revision is its manifest: a line "<sha-256 in hex> <path>" for each file
 * that was read, in order of path. Its id is the SHA-256 of that, so the same
 * files give the same revision on every machine, and a store that was tampered
 * with does not give out other files under its name.
 *
 * Storing goes in units of a few objects, because a unit holds the store's
 * lock. Killed in between, some objects lie there unused; the next try finds
 * them, and only the last unit makes the revision exist.
 */
#include "base/arena.h"
#include "base/crypto.h"
#include "base/encode.h"
#include "campaign/campaign_priv.h"
#include "campaign/campaign_sql.h"

enum { BATCH_OBJECTS = 8, BATCH_BYTES = 256 * 1024 };

static int
add_line(void *arg, struct str path, struct str bytes, struct error *err)
{
	struct buf *manifest = arg;
	uint8_t hash[CRYPTO_HASH_BYTES];

	if (str_find_char(path, '\n') >= 0)
		return error_set(err, ERROR_INVALID,
				 "found a line end in a file name, expected "
				 "none");
	crypto_sha256(bytes, hash);
	encode_hex(manifest, (struct str){ (const char *)hash, sizeof(hash) });
	buf_printf(manifest, " %.*s\n", STR_ARG(path));
	return 0;
}

int
campaign_revision_id(struct campaign_files *files, struct arena *a,
		     struct str *revision, struct error *err)
{
	struct buf manifest = { 0 };
	uint8_t hash[CRYPTO_HASH_BYTES];
	int rc = files->each(files, add_line, &manifest, err);

	if (rc >= 0) {
		crypto_sha256(buf_view(&manifest), hash);
		*revision = str_copy(
		    a, (struct str){ (const char *)hash, sizeof(hash) });
	}
	buf_fini(&manifest);
	return rc;
}

/* ---- storing ---- */

struct batch {
	struct db_store *store;
	struct str bytes[BATCH_OBJECTS];
	size_t count;
	size_t size;
};

struct last_unit {
	struct str campaign;
	struct str manifest;
	int64_t now_ms;
};

static int
put_objects(struct db *db, void *arg, struct error *err)
{
	struct batch *b = arg;
	uint8_t hash[CRYPTO_HASH_BYTES];

	for (size_t i = 0; i < b->count; i++) {
		crypto_sha256(b->bytes[i], hash);
		if (campaign_sql_add_object(
			db, (struct str){ (const char *)hash, sizeof(hash) },
			b->bytes[i], err) < 0)
			return -(int)err->code;
	}
	return 0;
}

static int
flush(struct batch *b, struct error *err)
{
	int rc = b->count ? db_commit(b->store, put_objects, b, err) : 0;

	b->count = 0;
	b->size = 0;
	return rc;
}

static int
add_object(void *arg, struct str path, struct str bytes, struct error *err)
{
	struct batch *b = arg;

	(void)path;
	if ((b->count == BATCH_OBJECTS || b->size + bytes.len > BATCH_BYTES) &&
	    flush(b, err) < 0)
		return -(int)err->code;
	b->bytes[b->count++] = bytes;
	b->size += bytes.len;
	return 0;
}

static int
put_revision(struct db *db, void *arg, struct error *err)
{
	const struct last_unit *unit = arg;
	uint8_t hash[CRYPTO_HASH_BYTES];

	crypto_sha256(unit->manifest, hash);
	return campaign_sql_add_revision(
	    db, (struct str){ (const char *)hash, sizeof(hash) },
	    unit->campaign, unit->manifest, unit->now_ms, err);
}

int
campaign_revision_store(struct db_store *store, struct campaign_files *files,
			struct str campaign, int64_t now_ms, struct error *err)
{
	struct batch batch = { .store = store };
	struct last_unit last = { .campaign = campaign, .now_ms = now_ms };
	struct buf manifest = { 0 };
	int rc = files->each(files, add_line, &manifest, err);

	if (rc >= 0)
		rc = files->each(files, add_object, &batch, err);
	if (rc >= 0)
		rc = flush(&batch, err);
	if (rc >= 0) {
		last.manifest = buf_view(&manifest);
		rc = db_commit(store, put_revision, &last, err);
	}
	buf_fini(&manifest);
	return rc < 0 ? rc : 0;
}

int
campaign_publish(struct db *db, const struct campaign_publication *p,
		 struct error *err)
{
	return campaign_sql_publish(db, p, err);
}

int
campaign_published(struct db *db, struct arena *a, struct str campaign,
		   struct campaign_publication *out, struct error *err)
{
	return campaign_sql_published(db, a, campaign, out, err);
}
