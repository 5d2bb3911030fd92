/*
 * A secret is 32 random bytes, sealed under the master key, in one row for
 * each generation. The additional data names the row, so that a sealed key
 * opens in its own row only.
 *
 * One row is the proof of the master key: PROOF_NAME, which no secret may
 * have, made with the first master key that opens the store. Without it a
 * wrong master key would be noticed only when a key is needed, and in a store
 * without keys it would silently become the right one for some of them.
 *
 * The master key is kept in memory, opened keys are not: whoever needs one
 * often keeps it, and reading it again is what makes a rotation by another
 * process visible.
 */
#include "db/db_priv.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/random.h"
#include "db/db_sql.h"

static const char PROOF_NAME[] = "";

struct secrets {
	uint8_t master[DB_MASTER_BYTES];
};

/* One key on its way to or from its row. */
struct secret {
	const uint8_t *master;
	const char *name;
	int64_t generation;
};

static void
add_place(struct buf *aad, const struct secret *s)
{
	buf_printf(aad, "secret/%s/%" PRId64, s->name, s->generation);
}

static void
seal_random_key(const struct secret *s, struct buf *sealed)
{
	uint8_t key[DB_SECRET_BYTES];
	struct buf aad = { 0 };

	add_place(&aad, s);
	random_bytes(key, sizeof(key));
	crypto_seal(s->master, (struct str){ (char *)key, sizeof(key) },
		    buf_view(&aad), sealed);
	crypto_wipe(key, sizeof(key));
	buf_fini(&aad);
}

static int
open_key(const struct secret *s, struct str sealed,
	 uint8_t key[DB_SECRET_BYTES], struct error *err)
{
	struct buf aad = { 0 };
	struct buf plain = { 0 };
	int code;

	add_place(&aad, s);
	code = crypto_open(s->master, sealed, buf_view(&aad), &plain, err);
	if (code >= 0 && plain.len != DB_SECRET_BYTES)
		code = error_set(err, ERROR_DENIED,
				 "a sealed key of %zu bytes, expected %d",
				 plain.len, DB_SECRET_BYTES);
	if (code >= 0)
		memcpy(key, plain.p, DB_SECRET_BYTES);
	if (plain.p)
		crypto_wipe(plain.p, plain.cap);
	buf_fini(&plain);
	buf_fini(&aad);
	return code;
}

/* 1 when this unit made the row, 0 when the row is there already. */
static int
add_row(struct db *db, const struct secret *s, struct error *err)
{
	struct buf sealed = { 0 };
	int code;

	seal_random_key(s, &sealed);
	code = db_sql_secret_add(db, s->name, s->generation, buf_view(&sealed),
				 err);
	buf_fini(&sealed);
	return code;
}

static int
make_if_absent(struct db *db, void *arg, struct error *err)
{
	return add_row(db, arg, err);
}

/*
 * Generation n + 1. When another process makes the same one at this moment
 * there is a newer key than at the call, which is what was asked for.
 */
static int
make_next(struct db *db, void *arg, struct error *err)
{
	struct secret *s = arg;
	int64_t newest = 0;

	if (db_sql_secret_newest(db, s->name, &newest, err) < 0)
		return -(int)err->code;
	check(newest < INT32_MAX);
	s->generation = newest + 1;
	return add_row(db, s, err);
}

/* 1 with the key, 0 when there is no such row. */
static int
find_key(struct db_store *store, const struct secret *s,
	 uint8_t key[DB_SECRET_BYTES], struct error *err)
{
	struct buf sealed = { 0 };
	struct db *db;
	int got;

	if (db_reader(store, &db, err) < 0)
		return -(int)err->code;
	got = db_sql_secret_find(db, s->name, s->generation, &sealed, err);
	if (got > 0 && open_key(s, buf_view(&sealed), key, err) < 0)
		got = error_context(err, "secret %s, generation %" PRId64,
				    s->name, s->generation);
	buf_fini(&sealed);
	return got;
}

static int
prove_master(struct db_store *store, const uint8_t *master, struct error *err)
{
	struct secret proof = { .master = master, .name = PROOF_NAME };
	uint8_t key[DB_SECRET_BYTES];
	int got;

	if (db_commit(store, make_if_absent, &proof, err) < 0)
		return -(int)err->code;
	got = find_key(store, &proof, key, err);
	crypto_wipe(key, sizeof(key));
	if (got < 0 && err->code == ERROR_DENIED)
		return error_set(err, ERROR_DENIED,
				 "the master key does not open this store, "
				 "expected the one it was made with");
	return got;
}

static int
make_table(struct db_store *store, struct error *err)
{
	const struct db_schema *const schemas[] = { &db_sql_secret_schema };

	return db_migrate(store, schemas, COUNT_OF(schemas), err);
}

int
db_secrets_proven(struct db_store *store, struct error *err)
{
	int64_t generation;
	struct db *db;
	int got;

	if (make_table(store, err) < 0 || db_reader(store, &db, err) < 0)
		return error_context(err, "secrets");
	got = db_sql_secret_newest(db, PROOF_NAME, &generation, err);
	return got < 0 ? error_context(err, "secrets") : got;
}

int
db_secrets_open(struct db_store *store, const uint8_t master[DB_MASTER_BYTES],
		struct error *err)
{
	struct secrets *secrets;

	check(!store->secrets);
	if (make_table(store, err) < 0 || prove_master(store, master, err) < 0)
		return error_context(err, "secrets");
	secrets = calloc(1, sizeof(*secrets));
	check(secrets);
	memcpy(secrets->master, master, sizeof(secrets->master));
	store->secrets = secrets;
	return 0;
}

void
db_secrets_free(struct db_store *store)
{
	if (!store->secrets)
		return;
	crypto_wipe(store->secrets, sizeof(struct secrets));
	free(store->secrets);
	store->secrets = NULL;
}

static struct secret
secret_of(const struct db_store *store, const char *name)
{
	const struct secrets *secrets = store->secrets;

	check(secrets && name[0]);
	return (struct secret){ .master = secrets->master, .name = name };
}

int
db_secret(struct db_store *store, const char *name,
	  uint8_t key[DB_SECRET_BYTES], struct error *err)
{
	struct secret s = secret_of(store, name);
	struct db *db;
	int got;

	if (db_reader(store, &db, err) < 0)
		return -(int)err->code;
	got = db_sql_secret_newest(db, name, &s.generation, err);
	if (got == 0) {
		s.generation = 1;
		got = db_commit(store, make_if_absent, &s, err);
	}
	if (got < 0)
		return error_context(err, "secret %s", name);
	return db_secret_get(store, name, (int)s.generation, key, err) < 0
		   ? -(int)err->code
		   : (int)s.generation;
}

int
db_secret_get(struct db_store *store, const char *name, int generation,
	      uint8_t key[DB_SECRET_BYTES], struct error *err)
{
	struct secret s = secret_of(store, name);
	int got;

	s.generation = generation;
	got = find_key(store, &s, key, err);
	if (got == 0)
		return error_set(err, ERROR_NOT_FOUND,
				 "secret %s has no generation %d", name,
				 generation);
	return got < 0 ? got : 0;
}

int
db_secret_rotate(struct db_store *store, const char *name, struct error *err)
{
	struct secret s = secret_of(store, name);

	if (db_commit(store, make_next, &s, err) < 0)
		return error_context(err, "secret %s", name);
	return (int)s.generation;
}

/* ---- what others made ---- */

/* A key of its own: what is sealed here is never taken for a secret's row. */
static void
seal_key(const struct db_store *store, uint8_t key[CRYPTO_KEY_BYTES])
{
	const struct secrets *secrets = store->secrets;

	check(secrets);
	crypto_derive(secrets->master, "db seal", key);
}

void
db_seal(struct db_store *store, const char *place, struct str plain,
	struct buf *out)
{
	uint8_t key[CRYPTO_KEY_BYTES];

	seal_key(store, key);
	crypto_seal(key, plain, str_of(place), out);
	crypto_wipe(key, sizeof(key));
}

int
db_unseal(struct db_store *store, const char *place, struct str sealed,
	  struct buf *out, struct error *err)
{
	uint8_t key[CRYPTO_KEY_BYTES];
	int code;

	seal_key(store, key);
	code = crypto_open(key, sealed, str_of(place), out, err);
	crypto_wipe(key, sizeof(key));
	return code < 0 ? error_context(err, "%s", place) : 0;
}
