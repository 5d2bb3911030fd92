/*
 * A published revision as files. The manifest is read when it is opened and
 * must have the hash it was asked for by; so must each object.
 */
#include <stdlib.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "base/encode.h"
#include "campaign/campaign_priv.h"
#include "campaign/campaign_sql.h"

struct stored {
	struct campaign_files files; /* first: they are cast */
	struct arena *a;
	struct db *db;
	struct map hashes; /* path -> struct str *, 32 bytes */
	struct map seen;   /* path -> struct str * */
};

static int
check_hash(struct str bytes, struct str expected, const char *what,
	   struct error *err)
{
	uint8_t hash[CRYPTO_HASH_BYTES];

	crypto_sha256(bytes, hash);
	if (str_eq((struct str){ (const char *)hash, sizeof(hash) }, expected))
		return 0;
	return error_set(err, ERROR_IO,
			 "found %s with another hash in the store, expected "
			 "the one it was stored by",
			 what);
}

static int
fetch(struct stored *s, struct str path, struct str **out, struct error *err)
{
	const struct str *hash = map_find(&s->hashes, path);
	struct str *bytes;
	int got;

	if (!hash)
		return 0;
	bytes = ARENA_NEW(s->a, struct str);
	got = campaign_sql_object(s->db, s->a, *hash, bytes, err);
	if (got == 0)
		return error_set(err, ERROR_IO,
				 "found no object for \"%.*s\" in the store, "
				 "expected one",
				 STR_ARG(path));
	if (got < 0 || check_hash(*bytes, *hash, "a file", err) < 0)
		return -(int)err->code;
	map_put(&s->seen, path, bytes);
	*out = bytes;
	return 1;
}

static int
stored_read(struct campaign_files *files, struct arena *a, struct str path,
	    struct str *bytes, struct error *err)
{
	struct stored *s = (struct stored *)files;
	struct str *known = map_find(&s->seen, path);

	if (!known) {
		int got = fetch(s, path, &known, err);

		if (got < 0 && files->failure.code == ERROR_NONE)
			files->failure = *err;
		if (got <= 0)
			return got;
	}
	*bytes = str_copy(a, *known);
	return 1;
}

static int
stored_each(struct campaign_files *files,
	    int (*visit)(void *arg, struct str path, struct str bytes,
			 struct error *err),
	    void *arg, struct error *err)
{
	struct stored *s = (struct stored *)files;

	return campaign_files_visit(&s->seen, visit, arg, err);
}

static void
stored_close(struct campaign_files *files)
{
	struct stored *s = (struct stored *)files;

	arena_free(&s->a);
	free(s);
}

static int
read_manifest(struct stored *s, struct str manifest, struct error *err)
{
	struct str line;

	while (str_split(&manifest, '\n', &line)) {
		struct buf hash = { 0 };
		struct str *kept;

		if (line.len == 0)
			continue;
		if (decode_hex(&hash, str_slice(line, 0, 2 * CRYPTO_HASH_BYTES),
			       err) < 0) {
			buf_fini(&hash);
			return error_context(err, "manifest");
		}
		kept = ARENA_NEW(s->a, struct str);
		*kept = str_copy(s->a, buf_view(&hash));
		map_put(&s->hashes,
			str_slice(line, 2 * CRYPTO_HASH_BYTES + 1, line.len),
			kept);
		buf_fini(&hash);
	}
	return 0;
}

static int
load_manifest(struct stored *s, struct str revision, struct error *err)
{
	struct str manifest = { 0 };
	int got = campaign_sql_manifest(s->db, s->a, revision, &manifest, err);

	if (got == 0)
		return error_set(err, ERROR_NOT_FOUND,
				 "found no such revision in the store, "
				 "expected one that was published");
	if (got < 0 || check_hash(manifest, revision, "a manifest", err) < 0)
		return -(int)err->code;
	return read_manifest(s, manifest, err);
}

int
campaign_revision_open(struct campaign_files **out, struct db *db,
		       struct str revision, struct error *err)
{
	struct stored *s = calloc(1, sizeof(*s));

	check(s);
	s->files = (struct campaign_files){
		.read = stored_read,
		.each = stored_each,
		.close = stored_close,
	};
	s->db = db;
	s->a = arena_new();
	map_init(&s->hashes, s->a, NULL);
	map_init(&s->seen, s->a, NULL);
	if (load_manifest(s, revision, err) < 0) {
		stored_close(&s->files);
		return -(int)err->code;
	}
	*out = &s->files;
	return 0;
}
