#ifndef EVENT_EVENT_SQL_H
#define EVENT_EVENT_SQL_H

/*
 * The tables of the journal, and every statement on them.
 *
 *	event(lane, seq, ..., data_hash, hash)	one row for each event
 *	event_lane(lane, seq, hash)		where each lane ends
 *	event_data(lane, seq, salt, payload)	its payload; both empty: erased
 *	hit(lane, seq, ...)			one row for each fetch
 *	hit_cursor(lane, seq)			how far a lane was projected
 *	event_return(hash, ...)			one row for each mail that came
 */

#include "event/event_priv.h"

/* 1, or 0 with zeros when the lane has none. */
int event_sql_head(struct db *db, int64_t lane, struct event_head *head,
		   struct error *err) MUST_CHECK;

/* Of the next lane behind this one: 1, or 0. */
int event_sql_head_after(struct db *db, int64_t lane, struct event_head *head,
			 struct error *err) MUST_CHECK;

/* The row of this number, as a head: 1, or 0 with zeros when there is none. */
int event_sql_at(struct db *db, int64_t lane, int64_t seq,
		 struct event_head *head, struct error *err) MUST_CHECK;

/* The row that was added is the lane's head now. */
int event_sql_head_move(struct db *db, const struct event_link *link,
			struct str hash, struct error *err) MUST_CHECK;

int event_sql_add(struct db *db, const struct event_link *link, struct str hash,
		  struct error *err) MUST_CHECK;

int event_sql_add_data(struct db *db, const struct event_link *link,
		       struct str salt, struct str payload,
		       struct error *err) MUST_CHECK;

/* 1, or 0 when there was none. */
int event_sql_erase_data(struct db *db, int64_t lane, int64_t seq,
			 struct error *err) MUST_CHECK;

/* Rows for event_sql_row(). `kinds` has bit n set for the kind of number n. */
int event_sql_list(struct db *db, struct db_rows *rows,
		   const struct event_filter *filter, int64_t kinds,
		   struct error *err) MUST_CHECK;

/* The row at hand; its strs live until the next db_next(). */
void event_sql_row(struct db_rows *rows, struct event_row *out);

/* A row as it is checked: whatever the store holds, of any length. */
struct event_stored {
	struct event_link link;
	struct str hash;
	bool has_data;
	struct str salt;
	struct str payload;
};

/* `limit` rows behind (lane, seq), for event_sql_stored(). */
int event_sql_walk(struct db *db, struct db_rows *rows, int64_t lane,
		   int64_t seq, int limit, struct error *err) MUST_CHECK;
void event_sql_stored(struct db_rows *rows, struct event_stored *out);

/* ---- hits ---- */

int event_sql_hit_add(struct db *db, const struct event_hit *hit,
		      struct error *err) MUST_CHECK;

/* The first lane of hits behind `after`: 1, or 0 when there is none. */
int event_sql_hit_lane(struct db *db, int64_t after, int64_t *lane,
		       struct error *err) MUST_CHECK;

/* When the first hit of the lane that is not projected was made: 1, or 0. */
int event_sql_hit_next(struct db *db, int64_t lane, int64_t *at_ms,
		       struct error *err) MUST_CHECK;

/* How far the lane was projected; the row is locked until the unit ends. */
int event_sql_cursor_lock(struct db *db, int64_t lane, int64_t *seq,
			  struct error *err) MUST_CHECK;
int event_sql_cursor_move(struct db *db, int64_t lane, int64_t seq,
			  struct error *err) MUST_CHECK;

/* Those from from_ms on, in any order; columns as above. */
int event_sql_hits_since(struct db *db, struct db_rows *rows, int64_t from_ms,
			 struct error *err) MUST_CHECK;

/* `limit` hits behind (lane, seq) in their order, for event_sql_hit(). */
int event_sql_hits(struct db *db, struct db_rows *rows, int64_t lane,
		   int64_t seq, int limit, struct error *err) MUST_CHECK;
int64_t event_sql_hit(struct db_rows *rows, struct event_hit *out);

/* All clicks of a time, both ends counted: delivery, link, at_ms. */
int event_sql_clicks(struct db *db, struct db_rows *rows, int64_t from_ms,
		     int64_t to_ms, struct error *err) MUST_CHECK;

/* The message that a hit is about: 1, or 0 when there is none. */
struct event_message {
	int64_t activation_id;
	int64_t sent_ms; /* INT64_MAX: not accepted yet */
};
int event_sql_message(struct db *db, const struct event_hit *hit,
		      struct event_message *out, struct error *err) MUST_CHECK;

/* ---- mails that came back ---- */

/* 1, or 0 when there is a row of this hash, or of delivery and class. */
int event_sql_return_add(struct db *db, const struct event_return *r,
			 struct error *err) MUST_CHECK;

/* At most a few, of no delivery, from before_ms. */
int event_sql_return_forget(struct db *db, int64_t before_ms,
			    struct error *err) MUST_CHECK;

/* Gives sent_ms and whether it came back, newest first. */
int event_sql_return_fates(struct db *db, struct db_rows *rows,
			   int64_t partner_id, struct str person,
			   int64_t until_ms, int limit,
			   struct error *err) MUST_CHECK;

/* Gives class, whether it is of a delivery, and how many. */
int event_sql_return_count(struct db *db, struct db_rows *rows,
			   struct error *err) MUST_CHECK;

#endif
