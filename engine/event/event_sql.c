/*
 * All SQL of the journal.
 *
 * The table lies in the order of its key, so that the head of a lane is the
 * last row of a range and an append touches the last page of its lane. The
 * indexes are what an append pays for most: without one it takes 2.7 us, and
 * each adds 3 to 4, because its page is another one for nearly each row. So
 * there is one, partner with activation, which also leads to a delivery's
 * history: a few thousand rows of its activation are read for it. Rejected: an
 * index by delivery, whose id is a hash and lands on another page each time.
 *
 * A payload may be erased while its event stays; therefore it has a table of
 * its own. Rejected: a column of event that is set to NULL, since then rows
 * of the journal would be updated, and nothing in the schema would tell an
 * erasure from a change.
 *
 * A listing is led by the narrowest filter that is given; the other filters
 * are tested row by row. Kinds are one number with a bit for each.
 */
#include "event/event_sql.h"

#include <string.h>

/* clang-format off */
static const char *const steps[] = {
	"CREATE TABLE event (\n"
	"	lane          BIGINT NOT NULL CHECK (lane >= 1),\n"
	"	seq           BIGINT NOT NULL CHECK (seq >= 1),\n"
	"	at_ms         BIGINT NOT NULL,\n"
	"	kind          BIGINT NOT NULL CHECK (kind BETWEEN 0 AND 62),\n"
	"	partner_id    BIGINT NOT NULL,\n"
	"	activation_id BIGINT CHECK (activation_id > 0),\n"
	"	delivery      BLOB   CHECK (length(delivery) = 16),\n"
	"	data_hash     BLOB   CHECK (length(data_hash) = 32),\n"
	"	hash          BLOB   NOT NULL CHECK (length(hash) = 32),\n"
	"	PRIMARY KEY (lane, seq)\n"
	") /*sqlite STRICT, WITHOUT ROWID */;\n"
	"CREATE INDEX event_by_activation\n"
	"	ON event(partner_id, activation_id, lane, seq);\n"
	"CREATE TABLE event_data (\n"
	"	lane    BIGINT NOT NULL,\n"
	"	seq     BIGINT NOT NULL,\n"
	"	salt    BLOB   NOT NULL,\n"
	"	payload TEXT   NOT NULL, -- personal\n"
	"	PRIMARY KEY (lane, seq),\n"
	"	FOREIGN KEY (lane, seq) REFERENCES event(lane, seq)\n"
	") /*sqlite STRICT, WITHOUT ROWID */;\n"
	"CREATE VIEW event_view AS\n"
	"	SELECT lane, seq, at_ms, kind, partner_id, activation_id,"
	" delivery FROM event;\n",
};
/* clang-format on */

const struct db_schema event_schema = {
	.area = "event",
	.steps = steps,
	.step_count = COUNT_OF(steps),
};

int
event_sql_head(struct db *db, int64_t lane, struct event_head *head,
	       struct error *err)
{
	struct db_rows rows;
	int got;

	*head = (struct event_head){ 0 };
	if (db_query(db, &rows,
		     "SELECT seq, hash FROM event WHERE lane = ?1"
		     " ORDER BY seq DESC LIMIT 1",
		     DB_ARGS(DB_INT(lane)), err) < 0)
		return -(int)err->code;
	got = db_next(&rows, err);
	if (got > 0) {
		struct str hash = db_blob(&rows, 1);

		head->seq = db_int(&rows, 0);
		if (hash.len == sizeof(head->hash))
			memcpy(head->hash, hash.p, hash.len);
		else
			got = error_set(err, ERROR_INVALID,
					"the head has a hash of %zu bytes, "
					"expected %d",
					hash.len, CRYPTO_HASH_BYTES);
	}
	db_rows_end(&rows);
	return got;
}

static struct db_arg
blob_or_null(struct str s)
{
	return s.len ? DB_BLOB(s) : DB_NULL;
}

int
event_sql_add(struct db *db, const struct event_link *link, struct str hash,
	      struct error *err)
{
	return (int)db_run(
	    db,
	    "INSERT INTO event(lane, seq, at_ms, kind, partner_id,"
	    " activation_id, delivery, data_hash, hash)"
	    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
	    DB_ARGS(DB_INT(link->lane), DB_INT(link->seq), DB_INT(link->at_ms),
		    DB_INT(link->kind), DB_INT(link->partner_id),
		    link->activation_id ? DB_INT(link->activation_id) : DB_NULL,
		    blob_or_null(link->delivery), blob_or_null(link->data_hash),
		    DB_BLOB(hash)),
	    err);
}

int
event_sql_add_data(struct db *db, const struct event_link *link,
		   struct str salt, struct str payload, struct error *err)
{
	return (int)db_run(db,
			   "INSERT INTO event_data(lane, seq, salt, payload)"
			   " VALUES (?1, ?2, ?3, ?4)",
			   DB_ARGS(DB_INT(link->lane), DB_INT(link->seq),
				   DB_BLOB(salt), DB_TEXT(payload)),
			   err);
}

int
event_sql_erase_data(struct db *db, int64_t lane, int64_t seq,
		     struct error *err)
{
	return (int)db_run(db,
			   "DELETE FROM event_data"
			   " WHERE lane = ?1 AND seq = ?2",
			   DB_ARGS(DB_INT(lane), DB_INT(seq)), err);
}

#define LIST                                                   \
	"SELECT e.lane, e.seq, e.kind, e.at_ms, e.partner_id," \
	" e.activation_id, e.delivery, d.payload"              \
	" FROM event AS e LEFT JOIN event_data AS d"           \
	" ON d.lane = e.lane AND d.seq = e.seq"                \
	" WHERE (e.lane, e.seq) > (?1, ?2)"                    \
	" AND (?3 >> CAST(e.kind AS INTEGER)) % 2 <> 0"        \
	" AND (?4 < 0 OR e.partner_id = ?4)"                   \
	" AND (?5 = 0 OR e.activation_id = ?5)"                \
	" AND (length(?6) = 0 OR e.delivery = ?6)"
#define LIST_ORDER " ORDER BY e.lane, e.seq LIMIT ?7"

int
event_sql_list(struct db *db, struct db_rows *rows,
	       const struct event_filter *filter, int64_t kinds,
	       struct error *err)
{
	const struct db_arg args[] = {
		DB_INT(filter->after_lane),
		DB_INT(filter->after_seq),
		DB_INT(kinds),
		DB_INT(filter->partner_id),
		DB_INT(filter->activation_id),
		DB_BLOB(filter->delivery),
		DB_INT(filter->limit),
	};
	const size_t count = COUNT_OF(args);

	if (filter->activation_id && filter->partner_id >= 0)
		return db_query(db, rows,
				LIST " AND e.partner_id = ?4"
				     " AND e.activation_id = ?5" LIST_ORDER,
				args, count, err);
	if (filter->partner_id >= 0)
		return db_query(db, rows,
				LIST " AND e.partner_id = ?4" LIST_ORDER, args,
				count, err);
	return db_query(db, rows, LIST LIST_ORDER, args, count, err);
}

void
event_sql_row(struct db_rows *rows, struct event_row *out)
{
	*out = (struct event_row){
		.lane = db_int(rows, 0),
		.seq = db_int(rows, 1),
		.event = { .kind = (enum event_kind)db_int(rows, 2),
			   .at_ms = db_int(rows, 3),
			   .partner_id = db_int(rows, 4),
			   .activation_id = db_int(rows, 5),
			   .delivery = db_blob(rows, 6),
			   .payload = db_text(rows, 7) },
	};
}

int
event_sql_walk(struct db *db, struct db_rows *rows, int64_t lane, int64_t seq,
	       int limit, struct error *err)
{
	return db_query(db, rows,
			"SELECT e.lane, e.seq, e.at_ms, e.kind, e.partner_id,"
			" e.activation_id, e.delivery, e.data_hash, e.hash,"
			" d.salt, d.payload"
			" FROM event AS e LEFT JOIN event_data AS d"
			" ON d.lane = e.lane AND d.seq = e.seq"
			" WHERE (e.lane, e.seq) > (?1, ?2)"
			" ORDER BY e.lane, e.seq LIMIT ?3",
			DB_ARGS(DB_INT(lane), DB_INT(seq), DB_INT(limit)), err);
}

void
event_sql_stored(struct db_rows *rows, struct event_stored *out)
{
	*out = (struct event_stored){
		.link = { .lane = db_int(rows, 0),
			  .seq = db_int(rows, 1),
			  .at_ms = db_int(rows, 2),
			  .kind = db_int(rows, 3),
			  .partner_id = db_int(rows, 4),
			  .activation_id = db_int(rows, 5),
			  .delivery = db_blob(rows, 6),
			  .data_hash = db_blob(rows, 7) },
		.hash = db_blob(rows, 8),
		.has_data = !db_is_null(rows, 9),
		.salt = db_blob(rows, 9),
		.payload = db_text(rows, 10),
	};
}
