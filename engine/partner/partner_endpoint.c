/*
 * A secret never passes through a statement in the clear: it is sealed before
 * the unit that stores it, for the place it will have. A row that is copied to
 * another partner therefore signs nothing.
 */
#include "partner/partner_endpoint.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "base/encode.h"
#include "base/random.h"
#include "partner/partner_priv.h"
#include "partner/partner_sql.h"

enum { NEW_SECRET_BYTES = 32, PLACE_BYTES = 64 };

#define SECRET_PREFIX STR("whsec_")

static const char *const purpose_names[] = {
#define PURPOSE_NAME(name, text) [PARTNER_##name] = text,
	PARTNER_PURPOSES(PURPOSE_NAME)
#undef PURPOSE_NAME
};

const char *
partner_purpose_name(enum partner_purpose purpose)
{
	check((size_t)purpose < PARTNER_PURPOSE_COUNT);
	return purpose_names[purpose];
}

/* ---- secrets ---- */

void
partner_secret_new(struct buf *text)
{
	uint8_t bytes[NEW_SECRET_BYTES];

	random_bytes(bytes, sizeof(bytes));
	buf_str(text, SECRET_PREFIX);
	encode_base64(text, (struct str){ (char *)bytes, sizeof(bytes) });
	crypto_wipe(bytes, sizeof(bytes));
}

static void
write_place(const struct partner_endpoint *e, char place[PLACE_BYTES])
{
	snprintf(place, PLACE_BYTES, "partner_endpoint/%" PRId64 "/%s",
		 e->partner_id, partner_purpose_name(e->purpose));
}

static void
wipe(struct buf *b)
{
	if (b->p)
		crypto_wipe(b->p, b->cap);
	buf_fini(b);
}

/* What was typed is not repeated: it may be nearly right. */
static int
decode_secret(struct str text, struct buf *key, struct error *err)
{
	struct error why;
	struct str digits;

	if (!str_starts(text, SECRET_PREFIX))
		return error_set(err, ERROR_INVALID,
				 "the secret does not begin with \"whsec_\"");
	digits = str_slice(text, SECRET_PREFIX.len, text.len);
	if (decode_base64(key, digits, &why) < 0)
		return error_set(err, ERROR_INVALID,
				 "the secret is not base64 after \"whsec_\"");
	if (key->len < PARTNER_SECRET_MIN || key->len > PARTNER_SECRET_MAX)
		return error_set(err, ERROR_INVALID,
				 "a secret of %zu bytes, expected %d to %d",
				 key->len, PARTNER_SECRET_MIN,
				 PARTNER_SECRET_MAX);
	return 0;
}

int
partner_endpoint_seal(struct db_store *store, const struct partner_endpoint *e,
		      struct str secret, struct buf *sealed, struct error *err)
{
	char place[PLACE_BYTES];
	struct buf key = { 0 };
	int code = decode_secret(secret, &key, err);

	write_place(e, place);
	if (code >= 0)
		db_seal(store, place, buf_view(&key), sealed);
	wipe(&key);
	return code;
}

int
partner_endpoint_key(struct db_store *store, const struct partner_endpoint *e,
		     struct buf *key, struct error *err)
{
	char place[PLACE_BYTES];

	write_place(e, place);
	return db_unseal(store, place, e->sealed, key, err);
}

/* ---- rows ---- */

int
partner_endpoint_put(struct db *db, const struct partner_endpoint *e,
		     int64_t now_ms, struct error *err)
{
	if (db_run(db, partner_sql_endpoint_put,
		   DB_ARGS(DB_INT(e->partner_id), DB_INT(e->purpose),
			   DB_TEXT(e->url), DB_BLOB(e->sealed), DB_INT(now_ms)),
		   err) < 0)
		return error_context(err, "endpoint for %s",
				     partner_purpose_name(e->purpose));
	return 0;
}

int
partner_endpoint_disable(struct db *db, const struct partner_endpoint *e,
			 struct str reason, int64_t now_ms, struct error *err)
{
	return (int)db_run(db, partner_sql_endpoint_disable,
			   DB_ARGS(DB_INT(e->partner_id), DB_INT(e->purpose),
				   DB_TEXT(e->url), DB_TEXT(reason),
				   DB_INT(now_ms)),
			   err);
}

static void
read_endpoint(struct db_rows *rows, struct arena *a,
	      struct partner_endpoint *out)
{
	*out = (struct partner_endpoint){
		.partner_id = db_int(rows, 0),
		.purpose = (enum partner_purpose)db_int(rows, 1),
		.url = str_copy(a, db_text(rows, 2)),
		.sealed = str_copy(a, db_blob(rows, 3)),
		.enabled = db_int(rows, 4) != 0,
		.reason = str_copy(a, db_text(rows, 5)),
		.changed_ms = db_int(rows, 6),
	};
}

int
partner_endpoint_find(struct db *db, struct arena *a, int64_t partner_id,
		      enum partner_purpose purpose,
		      struct partner_endpoint *out, struct error *err)
{
	struct db_rows rows;
	int got;

	if (db_query(db, &rows, partner_sql_endpoint_find,
		     DB_ARGS(DB_INT(partner_id), DB_INT(purpose)), err) < 0)
		return error_context(err, "endpoint");
	got = db_next(&rows, err);
	if (got > 0)
		read_endpoint(&rows, a, out);
	db_rows_end(&rows);
	return got < 0 ? error_context(err, "endpoint") : got;
}

int
partner_endpoint_list(struct db *db, struct arena *a, int64_t partner_id,
		      struct partner_endpoint **out, struct error *err)
{
	struct partner_endpoint *list = NULL;
	struct db_rows rows;
	size_t count = 0;
	int got;

	if (db_query(db, &rows, partner_sql_endpoint_list,
		     DB_ARGS(DB_INT(partner_id)), err) < 0)
		return error_context(err, "endpoints");
	while ((got = db_next(&rows, err)) > 0) {
		list = partner_room(a, list, count, sizeof(*list));
		read_endpoint(&rows, a, &list[count++]);
	}
	db_rows_end(&rows);
	*out = list;
	return got < 0 ? error_context(err, "endpoints") : (int)count;
}
