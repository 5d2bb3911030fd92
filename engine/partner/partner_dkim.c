/*
 * The selector is made of the public key, so two stores that send from one
 * domain never ask for the same name in DNS, and a generation that is made
 * anew never for the name of another.
 *
 * Rejected: a state in the row beside its times, which could contradict them;
 * to set the times to now, for a sender may have read the keys a second ago
 * and would sign the first attempt with the old key and the second with the
 * new one; to delete a retired pair, as a mail dated before may still be owed.
 */
#include "partner/partner_dkim.h"

#include <inttypes.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "base/encode.h"
#include "partner/partner_priv.h"
#include "partner/partner_sql.h"

enum { SELECTOR_BYTES = 6 };

enum partner_dkim_state
partner_dkim_state(const struct partner_dkim *pair, int64_t at_ms)
{
	if (pair->active_ms == 0 || at_ms < pair->active_ms)
		return PARTNER_DKIM_MADE;
	return pair->retired_ms == 0 || at_ms < pair->retired_ms
		   ? PARTNER_DKIM_ACTIVE
		   : PARTNER_DKIM_RETIRED;
}

const struct partner_dkim *
partner_dkim_at(const struct partner_dkim *pairs, int count, int64_t at_ms)
{
	for (int i = 0; i < count; i++)
		if (partner_dkim_state(&pairs[i], at_ms) == PARTNER_DKIM_ACTIVE)
			return &pairs[i];
	return NULL;
}

/* ---- keys ---- */

static void
add_place(struct buf *place, const struct partner_dkim *pair,
	  enum sign_algorithm algorithm)
{
	buf_printf(place, "partner_dkim/%" PRId64 "/%.*s/%.*s/%s",
		   pair->partner_id, STR_ARG(pair->domain),
		   STR_ARG(pair->selector), sign_algorithm_name(algorithm));
}

static struct str
selector_of(struct arena *a, struct str public)
{
	uint8_t hash[CRYPTO_HASH_BYTES];
	struct buf b = { 0 };
	struct str selector;

	crypto_sha256(public, hash);
	buf_cat(&b, "guidon-");
	encode_base32(&b, (struct str){ (const char *)hash, SELECTOR_BYTES });
	selector = str_copy(a, buf_view(&b));
	buf_fini(&b);
	return selector;
}

struct str
partner_dkim_selector(struct arena *a, const struct partner_dkim *pair,
		      enum sign_algorithm algorithm)
{
	return str_printf(a, "%.*s-%s", STR_ARG(pair->selector),
			  sign_algorithm_name(algorithm));
}

static struct str
public_of(struct arena *a, const struct sign_key *key)
{
	struct buf b = { 0 };
	struct str public;

	sign_key_public(key, &b);
	public = str_copy(a, buf_view(&b));
	buf_fini(&b);
	return public;
}

static struct str
seal(struct db_store *store, struct arena *a, const struct partner_dkim *pair,
     const struct sign_key *key)
{
	struct buf place = { 0 };
	struct buf der = { 0 };
	struct buf b = { 0 };
	struct str sealed;

	add_place(&place, pair, sign_key_algorithm(key));
	sign_key_private(key, &der);
	db_seal(store, buf_cstr(&place), buf_view(&der), &b);
	sealed = str_copy(a, buf_view(&b));
	crypto_wipe(der.p, der.cap);
	buf_fini(&der);
	buf_fini(&place);
	buf_fini(&b);
	return sealed;
}

bool
partner_dkim_has(const struct partner_dkim *pair, enum sign_algorithm algorithm)
{
	return pair->public[algorithm].len > 0;
}

int
partner_dkim_algorithms(const struct partner_dkim *pair)
{
	int set = 0;

	for (int i = 0; i < SIGN_ALGORITHM_COUNT; i++)
		if (partner_dkim_has(pair, (enum sign_algorithm)i))
			set |= 1 << i;
	return set;
}

void
partner_dkim_make(struct db_store *store, struct arena *a, int algorithms,
		  struct partner_dkim *pair)
{
	struct sign_key *keys[SIGN_ALGORITHM_COUNT] = { 0 };

	check(algorithms > 0 && algorithms <= PARTNER_DKIM_BOTH);
	for (int i = SIGN_ALGORITHM_COUNT - 1; i >= 0; i--) {
		if (!(algorithms & 1 << i))
			continue;
		keys[i] = sign_key_new((enum sign_algorithm)i);
		pair->public[i] = public_of(a, keys[i]);
		pair->selector = selector_of(a, pair->public[i]);
	}
	for (int i = 0; i < SIGN_ALGORITHM_COUNT; i++) {
		if (keys[i])
			pair->sealed[i] = seal(store, a, pair, keys[i]);
		sign_key_free(&keys[i]);
	}
}

struct str
partner_dkim_record_name(struct arena *a, const struct partner_dkim *pair,
			 enum sign_algorithm algorithm)
{
	return str_printf(a, "%.*s._domainkey.%.*s",
			  STR_ARG(partner_dkim_selector(a, pair, algorithm)),
			  STR_ARG(pair->domain));
}

struct str
partner_dkim_record_value(struct arena *a, const struct partner_dkim *pair,
			  enum sign_algorithm algorithm)
{
	struct buf b = { 0 };
	struct str value;

	buf_printf(&b, "v=DKIM1; k=%s; p=", sign_algorithm_name(algorithm));
	encode_base64(&b, pair->public[algorithm]);
	value = str_copy(a, buf_view(&b));
	buf_fini(&b);
	return value;
}

int
partner_dkim_key(struct db_store *store, const struct partner_dkim *pair,
		 enum sign_algorithm algorithm, struct sign_key **out,
		 struct error *err)
{
	struct buf place = { 0 };
	struct buf der = { 0 };
	int code;

	add_place(&place, pair, algorithm);
	code = db_unseal(store, buf_cstr(&place), pair->sealed[algorithm], &der,
			 err);
	if (code >= 0)
		code = sign_key_load(out, algorithm, buf_view(&der), err);
	if (der.p)
		crypto_wipe(der.p, der.cap);
	buf_fini(&der);
	buf_fini(&place);
	return code;
}

/* ---- rows ---- */

int
partner_dkim_put(struct db *db, const struct partner_dkim *pair, int64_t now_ms,
		 struct error *err)
{
	if (db_run(db, partner_sql_dkim_put,
		   DB_ARGS(DB_INT(pair->partner_id), DB_TEXT(pair->domain),
			   DB_TEXT(pair->selector),
			   DB_BLOB(pair->public[SIGN_RSA]),
			   DB_BLOB(pair->public[SIGN_ED25519]),
			   DB_BLOB(pair->sealed[SIGN_RSA]),
			   DB_BLOB(pair->sealed[SIGN_ED25519]), DB_INT(now_ms)),
		   err) < 0)
		return error_context(err, "keys of %.*s",
				     STR_ARG(pair->domain));
	return 0;
}

/* Ahead of now, and behind every time that is set already. */
static int
next_change(struct db *db, int64_t partner_id, struct str domain,
	    int64_t now_ms, int64_t *at_ms, struct error *err)
{
	int64_t last_ms;
	int got =
	    db_query_int(db, &last_ms, partner_sql_dkim_last,
			 DB_ARGS(DB_INT(partner_id), DB_TEXT(domain)), err);

	*at_ms = now_ms + PARTNER_DKIM_AHEAD_MS;
	if (got > 0 && last_ms > *at_ms)
		*at_ms = last_ms;
	return got < 0 ? got : 0;
}

static int64_t
change(struct db *db, const char *sql, int64_t partner_id, struct str domain,
       int64_t at_ms, struct error *err)
{
	return db_run(
	    db, sql,
	    DB_ARGS(DB_INT(partner_id), DB_TEXT(domain), DB_INT(at_ms)), err);
}

int
partner_dkim_activate(struct db *db, int64_t partner_id, struct str domain,
		      int64_t now_ms, struct error *err)
{
	int64_t at_ms, changed;

	if (next_change(db, partner_id, domain, now_ms, &at_ms, err) < 0 ||
	    change(db, partner_sql_dkim_retire, partner_id, domain, at_ms,
		   err) < 0)
		return -(int)err->code;
	changed = change(db, partner_sql_dkim_activate, partner_id, domain,
			 at_ms, err);
	if (changed == 0)
		return error_set(err, ERROR_NOT_FOUND,
				 "no keys of %.*s were made that are not "
				 "active yet",
				 STR_ARG(domain));
	return changed < 0 ? (int)changed : 0;
}

int
partner_dkim_retire(struct db *db, int64_t partner_id, struct str domain,
		    int64_t now_ms, struct error *err)
{
	int64_t at_ms, changed;

	if (next_change(db, partner_id, domain, now_ms, &at_ms, err) < 0)
		return -(int)err->code;
	changed =
	    change(db, partner_sql_dkim_retire, partner_id, domain, at_ms, err);
	if (changed == 0)
		return error_set(err, ERROR_NOT_FOUND,
				 "no keys of %.*s are active", STR_ARG(domain));
	return changed < 0 ? (int)changed : 0;
}

static void
read_pair(struct db_rows *rows, struct arena *a, struct partner_dkim *out)
{
	*out = (struct partner_dkim){
		.partner_id = db_int(rows, 0),
		.domain = str_copy(a, db_text(rows, 1)),
		.selector = str_copy(a, db_text(rows, 2)),
		.generation = db_int(rows, 3),
		.public = { [SIGN_RSA] = str_copy(a, db_blob(rows, 4)),
			    [SIGN_ED25519] = str_copy(a, db_blob(rows, 5)) },
		.sealed = { [SIGN_RSA] = str_copy(a, db_blob(rows, 6)),
			    [SIGN_ED25519] = str_copy(a, db_blob(rows, 7)) },
		.made_ms = db_int(rows, 8),
		.active_ms = db_int(rows, 9),
		.retired_ms = db_int(rows, 10),
	};
}

static int
read_pairs(struct db_rows *rows, struct arena *a, struct partner_dkim **out,
	   struct error *err)
{
	struct partner_dkim *list = NULL;
	size_t count = 0;
	int got;

	while ((got = db_next(rows, err)) > 0) {
		list = partner_room(a, list, count, sizeof(*list));
		read_pair(rows, a, &list[count++]);
	}
	db_rows_end(rows);
	*out = list;
	return got < 0 ? error_context(err, "keys") : (int)count;
}

int
partner_dkim_list(struct db *db, struct arena *a, int64_t partner_id,
		  struct partner_dkim **out, struct error *err)
{
	struct db_rows rows;

	if (db_query(db, &rows, partner_sql_dkim_list,
		     DB_ARGS(DB_INT(partner_id)), err) < 0)
		return error_context(err, "keys");
	return read_pairs(&rows, a, out, err);
}

int
partner_dkim_of(struct db *db, struct arena *a, int64_t partner_id,
		struct str domain, struct partner_dkim **out, struct error *err)
{
	struct db_rows rows;

	if (db_query(db, &rows, partner_sql_dkim_of,
		     DB_ARGS(DB_INT(partner_id), DB_TEXT(domain)), err) < 0)
		return error_context(err, "keys");
	return read_pairs(&rows, a, out, err);
}
