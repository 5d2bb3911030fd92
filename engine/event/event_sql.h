#ifndef EVENT_EVENT_SQL_H
#define EVENT_EVENT_SQL_H

/*
 * The tables of the journal, and every statement on them.
 *
 *	event(lane, seq, ..., data_hash, hash)	one row for each event
 *	event_data(lane, seq, salt, payload)	its payload, until erased
 */

#include "event/event_priv.h"

/* The last row of a lane: 1, or 0 with zeros when it has none. */
struct event_head {
	int64_t seq;
	uint8_t hash[CRYPTO_HASH_BYTES];
};

int event_sql_head(struct db *db, int64_t lane, struct event_head *head,
		   struct error *err) MUST_CHECK;

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

#endif
