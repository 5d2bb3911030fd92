/*
 * All SQL of the journal.
 *
 * The table lies in the order of its key, so that an append touches the last
 * page of its lane. Where a lane ends stands in event_lane too, which each
 * append reads and moves on: a row that is gone from the end is missed. The
 * indexes are what an append pays for most: without one it takes 2.7 us, and
 * each adds 3 to 4, because its page is another one for nearly each row. So
 * there is one, partner with activation, which also leads to a delivery's
 * history: a few thousand rows of its activation are read for it. Rejected: an
 * index by delivery, whose id is a hash and lands on another page each time.
 * But clicks are few among events and asked for one delivery after the other,
 * when a sequence goes on, so they have one of their own.
 *
 * A payload may be erased while its event stays; therefore it has a table of
 * its own. Rejected: a column of event that is set to NULL, since then rows
 * of the journal would be updated, and nothing in the schema would tell an
 * erasure from a change. An erased payload leaves its row there, empty, salt
 * and all: what has no row was not erased by us.
 *
 * Hits lie in lanes as events do, and for the same reason: within a lane the
 * order of numbers is the order of commits, so a cursor that has passed one
 * misses nothing. Rejected: a sequence, whose numbers are handed out before the
 * commit, and an index by delivery (see above). The one by time is written at
 * its end, like the table.
 *
 * A mail that came back lies by its hash, which is as good as random; they are
 * few. That a mail is taken once, and a delivery has one row of a class, is the
 * two unique keys' to see to, whoever comes first.
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
	"CREATE TABLE hit (\n"
	"	lane       BIGINT NOT NULL CHECK (lane >= 1),\n"
	"	seq        BIGINT NOT NULL CHECK (seq >= 1),\n"
	"	at_ms      BIGINT NOT NULL,\n"
	"	kind       BIGINT NOT NULL CHECK (kind BETWEEN 1 AND 3),\n"
	"	partner_id BIGINT NOT NULL,\n"
	"	delivery   BLOB   NOT NULL CHECK (length(delivery) = 16),\n"
	"	link       BIGINT NOT NULL,\n"
	"	link_count BIGINT NOT NULL,\n"
	"	agent      BIGINT NOT NULL CHECK (agent IN (0, 1)),\n"
	"	PRIMARY KEY (lane, seq)\n"
	") /*sqlite STRICT, WITHOUT ROWID */;\n"
	"CREATE INDEX hit_by_time ON hit(at_ms);\n"
	"CREATE TABLE hit_cursor (\n"
	"	lane BIGINT PRIMARY KEY,\n"
	"	seq  BIGINT NOT NULL\n"
	") /*sqlite STRICT */;\n",
	"CREATE INDEX event_clicked ON event(delivery) WHERE kind = 14;\n",
	"CREATE TABLE event_lane (\n"
	"	lane BIGINT PRIMARY KEY CHECK (lane >= 1),\n"
	"	seq  BIGINT NOT NULL,\n"
	"	hash BLOB   NOT NULL CHECK (length(hash) = 32)\n"
	") /*sqlite STRICT */;\n"
	"INSERT INTO event_lane(lane, seq, hash)\n"
	"	SELECT lane, seq, hash FROM event WHERE (lane, seq) IN\n"
	"	(SELECT lane, MAX(seq) FROM event GROUP BY lane);\n"
	"INSERT INTO event_data(lane, seq, salt, payload)\n"
	"	SELECT lane, seq, substr(hash, 1, 0), '' FROM event AS e\n"
	"	WHERE data_hash IS NOT NULL AND NOT EXISTS (SELECT 1\n"
	"	FROM event_data AS d WHERE d.lane = e.lane AND d.seq = e.seq);\n",
	"CREATE TABLE event_return (\n"
	"	hash       BLOB   NOT NULL PRIMARY KEY"
	" CHECK (length(hash) = 32),\n"
	"	class      BIGINT NOT NULL CHECK (class >= 0),\n"
	"	at_ms      BIGINT NOT NULL,\n"
	"	partner_id BIGINT NOT NULL,\n"
	"	delivery   BLOB   CHECK (length(delivery) = 16),\n"
	"	status     TEXT   NOT NULL\n"
	") /*sqlite STRICT, WITHOUT ROWID */;\n"
	"CREATE UNIQUE INDEX event_return_of\n"
	"	ON event_return(partner_id, delivery, class)\n"
	"	WHERE delivery IS NOT NULL;\n"
	"CREATE INDEX event_return_foreign ON event_return(at_ms)\n"
	"	WHERE delivery IS NULL;\n"
	"CREATE VIEW event_return_view AS\n"
	"	SELECT at_ms, class, partner_id, delivery FROM event_return;\n",
};
/* clang-format on */

/* The statements below say these by number. */
_Static_assert(EVENT_HIT_OPEN == 1 && EVENT_HIT_CLICK == 2 &&
		   EVENT_HIT_VIEW == 3 && EVENT_HUMAN == 0 &&
		   EVENT_MACHINE == 1 && EVENT_RETURN_SOFT == 2 &&
		   EVENT_RETURN_HARD == 3 && EVENT_RETURN_REFUSED == 5,
	       "stored numbers do not change");

/* States in delivery_view: outbox stores these numbers for ever. */
enum { DELIVERY_MARKED = 2, DELIVERY_SENT = 5 };

const struct db_schema event_schema = {
	.area = "event",
	.steps = steps,
	.step_count = COUNT_OF(steps),
};

static int
read_head(struct db_rows *rows, struct event_head *head, struct error *err)
{
	struct str hash = db_blob(rows, 2);

	head->lane = db_int(rows, 0);
	head->seq = db_int(rows, 1);
	if (hash.len != sizeof(head->hash))
		return error_set(err, ERROR_INVALID,
				 "the head of lane %lld has a hash of %zu "
				 "bytes, expected %d",
				 (long long)head->lane, hash.len,
				 CRYPTO_HASH_BYTES);
	memcpy(head->hash, hash.p, hash.len);
	return 1;
}

static int
find_head(struct db *db, const char *sql, const struct db_arg *args,
	  size_t arg_count, struct event_head *head, struct error *err)
{
	struct db_rows rows;
	int got;

	*head = (struct event_head){ 0 };
	if (db_query(db, &rows, sql, args, arg_count, err) < 0)
		return -(int)err->code;
	got = db_next(&rows, err);
	if (got > 0)
		got = read_head(&rows, head, err);
	db_rows_end(&rows);
	return got;
}

int
event_sql_head(struct db *db, int64_t lane, struct event_head *head,
	       struct error *err)
{
	return find_head(db,
			 "SELECT lane, seq, hash FROM event_lane"
			 " WHERE lane = ?1",
			 DB_ARGS(DB_INT(lane)), head, err);
}

int
event_sql_at(struct db *db, int64_t lane, int64_t seq, struct event_head *head,
	     struct error *err)
{
	return find_head(db,
			 "SELECT lane, seq, hash FROM event"
			 " WHERE lane = ?1 AND seq = ?2",
			 DB_ARGS(DB_INT(lane), DB_INT(seq)), head, err);
}

int
event_sql_head_after(struct db *db, int64_t lane, struct event_head *head,
		     struct error *err)
{
	return find_head(db,
			 "SELECT lane, seq, hash FROM event_lane"
			 " WHERE lane > ?1 ORDER BY lane LIMIT 1",
			 DB_ARGS(DB_INT(lane)), head, err);
}

int
event_sql_head_move(struct db *db, const struct event_link *link,
		    struct str hash, struct error *err)
{
	return (int)db_run(
	    db,
	    "INSERT INTO event_lane(lane, seq, hash) VALUES (?1, ?2, ?3)"
	    " ON CONFLICT (lane) DO UPDATE SET seq = ?2, hash = ?3",
	    DB_ARGS(DB_INT(link->lane), DB_INT(link->seq), DB_BLOB(hash)), err);
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
			   "UPDATE event_data SET salt = ?3, payload = ''"
			   " WHERE lane = ?1 AND seq = ?2 AND length(salt) > 0",
			   DB_ARGS(DB_INT(lane), DB_INT(seq), DB_BLOB(STR(""))),
			   err);
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

/* ---- hits ---- */

int
event_sql_hit_add(struct db *db, const struct event_hit *hit, struct error *err)
{
	const struct str delivery = { (const char *)hit->delivery,
				      sizeof(hit->delivery) };

	return (int)db_run(
	    db,
	    "INSERT INTO hit(lane, seq, at_ms, kind, partner_id, delivery,"
	    " link, link_count, agent)"
	    " SELECT ?1, COALESCE(MAX(seq), 0) + 1, ?2, ?3, ?4, ?5, ?6, ?7, ?8"
	    " FROM hit WHERE lane = ?1",
	    DB_ARGS(DB_INT(db_writer(db)), DB_INT(hit->at_ms),
		    DB_INT((int64_t)hit->kind), DB_INT(hit->partner_id),
		    DB_BLOB(delivery), DB_INT(hit->link),
		    DB_INT(hit->link_count), DB_INT((int64_t)hit->agent)),
	    err);
}

int
event_sql_hit_lane(struct db *db, int64_t after, int64_t *lane,
		   struct error *err)
{
	return db_query_int(db, lane,
			    "SELECT MIN(lane) FROM hit WHERE lane > ?1",
			    DB_ARGS(DB_INT(after)), err);
}

int
event_sql_hit_next(struct db *db, int64_t lane, int64_t *at_ms,
		   struct error *err)
{
	return db_query_int(db, at_ms,
			    "SELECT at_ms FROM hit"
			    " WHERE lane = ?1 AND seq > COALESCE(("
			    "SELECT seq FROM hit_cursor WHERE lane = ?1), 0)"
			    " ORDER BY seq LIMIT 1",
			    DB_ARGS(DB_INT(lane)), err);
}

int
event_sql_cursor_lock(struct db *db, int64_t lane, int64_t *seq,
		      struct error *err)
{
	return db_query_int(db, seq,
			    "INSERT INTO hit_cursor(lane, seq) VALUES (?1, 0)"
			    " ON CONFLICT (lane)"
			    " DO UPDATE SET seq = hit_cursor.seq"
			    " RETURNING seq",
			    DB_ARGS(DB_INT(lane)), err);
}

int
event_sql_cursor_move(struct db *db, int64_t lane, int64_t seq,
		      struct error *err)
{
	return (int)db_run(db, "UPDATE hit_cursor SET seq = ?2 WHERE lane = ?1",
			   DB_ARGS(DB_INT(lane), DB_INT(seq)), err);
}

int
event_sql_hits(struct db *db, struct db_rows *rows, int64_t lane, int64_t seq,
	       int limit, struct error *err)
{
	return db_query(db, rows,
			"SELECT seq, at_ms, kind, partner_id, delivery, link,"
			" link_count, agent"
			" FROM hit WHERE lane = ?1 AND seq > ?2"
			" ORDER BY seq LIMIT ?3",
			DB_ARGS(DB_INT(lane), DB_INT(seq), DB_INT(limit)), err);
}

int
event_sql_hits_since(struct db *db, struct db_rows *rows, int64_t from_ms,
		     struct error *err)
{
	return db_query(db, rows,
			"SELECT seq, at_ms, kind, partner_id, delivery, link,"
			" link_count, agent"
			" FROM hit WHERE at_ms >= ?1",
			DB_ARGS(DB_INT(from_ms)), err);
}

int64_t
event_sql_hit(struct db_rows *rows, struct event_hit *out)
{
	struct str delivery = db_blob(rows, 4);

	*out = (struct event_hit){
		.at_ms = db_int(rows, 1),
		.kind = (enum event_hit_kind)db_int(rows, 2),
		.partner_id = db_int(rows, 3),
		.link = (unsigned)db_int(rows, 5),
		.link_count = (unsigned)db_int(rows, 6),
		.agent = (enum event_class)db_int(rows, 7),
	};
	check(delivery.len == sizeof(out->delivery));
	memcpy(out->delivery, delivery.p, delivery.len);
	return db_int(rows, 0);
}

int
event_sql_clicks(struct db *db, struct db_rows *rows, int64_t from_ms,
		 int64_t to_ms, struct error *err)
{
	return db_query(db, rows,
			"SELECT delivery, link, at_ms FROM hit"
			" WHERE at_ms BETWEEN ?1 AND ?2 AND kind = 2",
			DB_ARGS(DB_INT(from_ms), DB_INT(to_ms)), err);
}

static int64_t
sent_ms(int64_t state, int64_t marked_ms, int64_t done_ms)
{
	if (state == DELIVERY_SENT)
		return done_ms;
	return state == DELIVERY_MARKED ? INT64_MAX : marked_ms;
}

int
event_sql_message(struct db *db, const struct event_hit *hit,
		  struct event_message *out, struct error *err)
{
	const struct str delivery = { (const char *)hit->delivery,
				      sizeof(hit->delivery) };
	struct db_rows rows;
	int got;

	if (db_query(db, &rows,
		     "SELECT activation_id, state, marked_ms, done_ms"
		     " FROM delivery_view WHERE partner_id = ?1 AND id = ?2",
		     DB_ARGS(DB_INT(hit->partner_id), DB_BLOB(delivery)),
		     err) < 0)
		return -(int)err->code;
	got = db_next(&rows, err);
	if (got > 0)
		*out = (struct event_message){
			.activation_id = db_int(&rows, 0),
			.sent_ms = sent_ms(db_int(&rows, 1), db_int(&rows, 2),
					   db_int(&rows, 3)),
		};
	db_rows_end(&rows);
	return got;
}

/* ---- mails that came back ---- */

int
event_sql_return_add(struct db *db, const struct event_return *r,
		     struct error *err)
{
	const struct str hash = { (const char *)r->hash, sizeof(r->hash) };

	return (int)db_run(db,
			   "INSERT INTO event_return(hash, class, at_ms,"
			   " partner_id, delivery, status)"
			   " VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
			   " ON CONFLICT DO NOTHING",
			   DB_ARGS(DB_BLOB(hash), DB_INT((int64_t)r->class),
				   DB_INT(r->at_ms), DB_INT(r->partner_id),
				   blob_or_null(r->delivery),
				   DB_TEXT(r->status)),
			   err);
}

int
event_sql_return_forget(struct db *db, int64_t before_ms, struct error *err)
{
	return (int)db_run(db,
			   "DELETE FROM event_return WHERE hash IN ("
			   "SELECT hash FROM event_return"
			   " WHERE delivery IS NULL AND at_ms < ?1 LIMIT 4)",
			   DB_ARGS(DB_INT(before_ms)), err);
}

int
event_sql_return_fates(struct db *db, struct db_rows *rows, int64_t partner_id,
		       struct str person, int64_t until_ms, int limit,
		       struct error *err)
{
	return db_query(
	    db, rows,
	    "SELECT d.done_ms, CASE WHEN d.state = 6 OR EXISTS ("
	    "SELECT 1 FROM event_return AS r WHERE r.partner_id = d.partner_id"
	    " AND r.delivery = d.id AND r.class IN (2, 3, 5))"
	    " THEN 1 ELSE 0 END FROM delivery_view AS d"
	    " WHERE d.partner_id = ?1 AND d.subject = ?2"
	    " AND d.channel = 'email' AND d.state IN (5, 6)"
	    " AND d.done_ms <= ?3 ORDER BY d.done_ms DESC LIMIT ?4",
	    DB_ARGS(DB_INT(partner_id), DB_BLOB(person), DB_INT(until_ms),
		    DB_INT(limit)),
	    err);
}

int
event_sql_return_count(struct db *db, struct db_rows *rows, struct error *err)
{
	return db_query(db, rows,
			"SELECT class, CASE WHEN delivery IS NULL THEN 0 ELSE 1"
			" END AS is_ours, count(*) FROM event_return"
			" GROUP BY class, is_ours",
			DB_NO_ARGS, err);
}
