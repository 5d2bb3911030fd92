/*
 * What is hashed, and how a chain is checked.
 *
 * The bytes of a row, numbers big endian:
 *
 *	1   version (1)
 *	32  the hash of the row before, or zeros
 *	48  lane, seq, at_ms, kind, partner id, activation id: 8 each
 *	1   length of the delivery id, then the id
 *	1   length of the data's hash, then the hash
 *
 * Each field has its place or its length before it, so two different rows
 * never give the same bytes. Rejected: hashing JSON or another text, which
 * would have to be made the same way for ever by every version of us.
 *
 * A walk reads the journal in pages, so that it needs little memory on either
 * store and holds no snapshot while others write: rows behind the walk do not
 * change, rows ahead of it only become more. A row that is not right ends it,
 * because all later hashes of that lane hang on it.
 *
 * The heads of the lanes are noted before the first row is read. Each lane has
 * to come by its head, with the hash that is noted there, and may be longer by
 * then; a lane without one is looked for again, since it may have begun
 * meanwhile.
 */
#include "event/event_priv.h"

#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "event/event_sql.h"

enum {
	VERSION = 1,
	PAGE = 1000,
	LINK_BYTES_MAX = 1 + CRYPTO_HASH_BYTES + 6 * 8 + 1 +
			 EVENT_DELIVERY_BYTES + 1 + CRYPTO_HASH_BYTES,
};

uint8_t *
event_put_number(uint8_t *at, uint64_t n, size_t bytes)
{
	for (size_t i = bytes; i-- > 0; n >>= 8)
		at[i] = (uint8_t)n;
	return at + bytes;
}

static uint8_t *
put_bytes(uint8_t *at, struct str s)
{
	check(s.len <= UINT8_MAX);
	*at++ = (uint8_t)s.len;
	if (s.len)
		memcpy(at, s.p, s.len);
	return at + s.len;
}

void
event_data_hash(struct str salt, struct str payload,
		uint8_t out[CRYPTO_HASH_BYTES])
{
	struct crypto_hash h;

	crypto_hash_init(&h);
	crypto_hash_add(&h, salt);
	crypto_hash_add(&h, payload);
	crypto_hash_end(&h, out);
}

void
event_link_hash(const uint8_t before[CRYPTO_HASH_BYTES],
		const struct event_link *link, uint8_t out[CRYPTO_HASH_BYTES])
{
	const int64_t numbers[] = { link->lane,	      link->seq,
				    link->at_ms,      link->kind,
				    link->partner_id, link->activation_id };
	uint8_t bytes[LINK_BYTES_MAX];
	uint8_t *at = bytes;

	check(link->delivery.len <= EVENT_DELIVERY_BYTES);
	check(link->data_hash.len <= CRYPTO_HASH_BYTES);
	*at++ = VERSION;
	memcpy(at, before, CRYPTO_HASH_BYTES);
	at += CRYPTO_HASH_BYTES;
	for (size_t i = 0; i < COUNT_OF(numbers); i++)
		at = event_put_number(at, (uint64_t)numbers[i], 8);
	at = put_bytes(at, link->delivery);
	at = put_bytes(at, link->data_hash);
	crypto_sha256((struct str){ (char *)bytes, (size_t)(at - bytes) }, out);
}

/* ---- the walk ---- */

/* Where it is, the hash there, and the heads that are still to come by. */
struct walk {
	struct db *db;
	int64_t lane;
	int64_t seq;
	uint8_t hash[CRYPTO_HASH_BYTES];
	const struct event_head *ahead;
	const struct event_head *end;
};

static bool
is_hash(struct str s, const uint8_t hash[CRYPTO_HASH_BYTES])
{
	return s.len == CRYPTO_HASH_BYTES &&
	       memcmp(s.p, hash, CRYPTO_HASH_BYTES) == 0;
}

/* No longer than what we write: only then it can be hashed. */
static bool
has_shape(const struct event_link *link)
{
	return (link->delivery.len == 0 ||
		link->delivery.len == EVENT_DELIVERY_BYTES) &&
	       (link->data_hash.len == 0 ||
		link->data_hash.len == CRYPTO_HASH_BYTES);
}

/* NULL, or what is wrong with it. */
static const char *
wrong_data(const struct event_stored *row)
{
	uint8_t hash[CRYPTO_HASH_BYTES];
	bool erased = row->salt.len == 0 && row->payload.len == 0;

	if (!row->has_data)
		return row->link.data_hash.len
			   ? "the payload is missing, and was not erased"
			   : NULL;
	event_data_hash(row->salt, row->payload, hash);
	if (row->link.data_hash.len == 0 ||
	    (!erased && !is_hash(row->link.data_hash, hash)))
		return "the payload is not what was chained";
	return NULL;
}

static int
wrong(const struct event_link *link, const char *what, struct error *err)
{
	return error_set(err, ERROR_INVALID,
			 "event lane %" PRId64 ", seq %" PRId64 ": %s",
			 link->lane, link->seq, what);
}

/* All heads of lanes before this one must have come by. */
static int
pass_heads(struct walk *walk, int64_t lane, struct error *err)
{
	for (; walk->ahead < walk->end && walk->ahead->lane < lane;
	     walk->ahead++) {
		const struct event_head *head = walk->ahead;
		int64_t seq = head->lane == walk->lane ? walk->seq : 0;

		if (seq < head->seq)
			return error_set(err, ERROR_INVALID,
					 "event lane %" PRId64 ", seq %" PRId64
					 ": missing, the lane goes to seq "
					 "%" PRId64,
					 head->lane, seq + 1, head->seq);
	}
	return 0;
}

static int
enter_lane(struct walk *walk, int64_t lane, struct error *err)
{
	if (pass_heads(walk, lane, err) < 0)
		return -(int)err->code;
	walk->lane = lane;
	walk->seq = 0;
	memset(walk->hash, 0, sizeof(walk->hash));
	return 0;
}

/* The row that was chained last is still that row. */
static int
check_head(struct walk *walk, const struct event_link *link, struct error *err)
{
	const struct event_head *at = walk->ahead;
	struct event_head late;
	int got;

	if (at < walk->end && at->lane == link->lane) {
		if (at->seq != link->seq ||
		    memcmp(at->hash, walk->hash, sizeof(walk->hash)) == 0)
			return 0;
		return wrong(link, "the row is not the lane's head", err);
	}
	if (link->seq > 1)
		return 0;
	got = event_sql_head(walk->db, link->lane, &late, err);
	return got ? got : wrong(link, "the lane has no head", err);
}

/* Moves the walk on to `row`. */
static int
check_row(struct walk *walk, const struct event_stored *row, struct error *err)
{
	const struct event_link *link = &row->link;
	const char *what;

	if (link->lane != walk->lane && enter_lane(walk, link->lane, err) < 0)
		return -(int)err->code;
	if (link->seq != walk->seq + 1)
		return error_set(err, ERROR_INVALID,
				 "event lane %" PRId64 ", seq %" PRId64
				 ": missing, found seq %" PRId64,
				 link->lane, walk->seq + 1, link->seq);
	if (!has_shape(link))
		return wrong(link, "a field has a length that is never written",
			     err);
	event_link_hash(walk->hash, link, walk->hash);
	if (!is_hash(row->hash, walk->hash))
		return wrong(link, "the row is not what was chained", err);
	what = wrong_data(row);
	if (what)
		return wrong(link, what, err);
	walk->seq = link->seq;
	return check_head(walk, link, err);
}

/* The number of rows; less than PAGE at the end. */
static int
check_page(struct walk *walk, struct error *err)
{
	struct event_stored stored;
	struct db_rows rows;
	int count = 0;
	int got;

	if (event_sql_walk(walk->db, &rows, walk->lane, walk->seq, PAGE, err) <
	    0)
		return -(int)err->code;
	while ((got = db_next(&rows, err)) > 0) {
		event_sql_stored(&rows, &stored);
		got = check_row(walk, &stored, err);
		if (got < 0)
			break;
		count++;
	}
	db_rows_end(&rows);
	return got < 0 ? got : count;
}

static int64_t
check_lanes(struct walk *walk, struct error *err)
{
	int64_t count = 0;
	int page;

	do {
		page = check_page(walk, err);
		if (page < 0)
			return page;
		count += page;
	} while (page == PAGE);
	return pass_heads(walk, INT64_MAX, err) < 0 ? -(int)err->code : count;
}

/* ---- heads ---- */

int
event_heads(struct db *db, struct arena *a, struct event_head **heads,
	    struct error *err)
{
	struct event_head head = { 0 };
	struct buf found = { 0 };
	int count = 0;
	int got;

	while ((got = event_sql_head_after(db, head.lane, &head, err)) > 0) {
		buf_add(&found, &head, sizeof(head));
		count++;
	}
	*heads = ARENA_ARRAY(a, (size_t)count, struct event_head);
	if (count > 0)
		memcpy(*heads, found.p, found.len);
	buf_fini(&found);
	return got < 0 ? got : count;
}

int
event_holds(struct db *db, const struct event_head *head, struct error *err)
{
	struct event_head row;
	int got = event_sql_at(db, head->lane, head->seq, &row, err);

	if (got <= 0)
		return got;
	return memcmp(row.hash, head->hash, sizeof(row.hash)) == 0;
}

int64_t
event_verify(struct db *db, struct error *err)
{
	struct walk walk = { .db = db };
	struct arena *a = arena_new();
	struct event_head *heads;
	int64_t count = event_heads(db, a, &heads, err);

	if (count >= 0) {
		walk.ahead = heads;
		walk.end = heads + count;
		count = check_lanes(&walk, err);
	}
	arena_free(&a);
	return count;
}
