/*
 * A partner's list as planning sees it: how many there are, why some may not
 * be mailed, and whom to give a first message. The gate is asked for a
 * campaign, since the run of it may not have begun; what concerns the run
 * (paused, ended) is left to the marker. No address leaves this file.
 */
#include "partner/partner.h"

#include <string.h>

#include "base/arena.h"
#include "partner/partner_priv.h"
#include "partner/partner_sql.h"

int
contact_groups(struct db *db, struct arena *a, int64_t partner_id,
	       struct str campaign, struct contact_group **out,
	       struct error *err)
{
	struct contact_group *all = NULL;
	struct db_rows rows;
	size_t count = 0;
	int got;

	if (db_query(db, &rows, partner_sql_contact_groups,
		     DB_ARGS(DB_INT(partner_id), DB_TEXT(campaign)), err) < 0)
		return -(int)err->code;
	while ((got = db_next(&rows, err)) > 0) {
		all = partner_room(a, all, count, sizeof(*all));
		all[count++] = (struct contact_group){
			.reason = (enum gate_reason)db_int(&rows, 0),
			.time_zone = str_copy(a, db_text(&rows, 1)),
			.tags = str_copy(a, db_text(&rows, 2)),
			.count = db_int(&rows, 3),
		};
	}
	db_rows_end(&rows);
	*out = all;
	return got < 0 ? got : (int)count;
}

int
contact_open_list(struct db *db, struct arena *a,
		  const struct contact_range *range, struct contact_open **out,
		  struct error *err)
{
	struct contact_open *all =
	    ARENA_ARRAY(a, (size_t)range->limit, struct contact_open);
	struct db_rows rows;
	int count = 0;
	int got;

	if (db_query(db, &rows, partner_sql_contact_open,
		     DB_ARGS(DB_INT(range->partner_id),
			     DB_TEXT(range->campaign), DB_INT(range->after_id),
			     DB_INT(range->since_n), DB_INT(range->limit)),
		     err) < 0)
		return -(int)err->code;
	while ((got = db_next(&rows, err)) > 0) {
		struct contact_open *c = &all[count++];
		struct str person = db_blob(&rows, 1);

		check(count <= range->limit && person.len == PERSON_HASH_BYTES);
		c->id = db_int(&rows, 0);
		memcpy(c->person.bytes, person.p, sizeof(c->person.bytes));
		c->time_zone = str_copy(a, db_text(&rows, 2));
		c->tags = str_copy(a, db_text(&rows, 3));
		c->change_n = db_int(&rows, 4);
	}
	db_rows_end(&rows);
	*out = all;
	return got < 0 ? got : count;
}
