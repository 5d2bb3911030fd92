#include "partner/partner.h"

#include "base/arena.h"
#include "partner/partner_priv.h"
#include "partner/partner_sql.h"

int
activation_start(struct db *db, const struct activation *act, int64_t now_ms,
		 struct error *err)
{
	if (db_run(db, partner_sql_activation_start,
		   DB_ARGS(DB_INT(act->partner_id), DB_INT(act->id),
			   DB_TEXT(act->campaign), DB_BLOB(act->revision),
			   DB_TEXT(partner_object(act->parameters)),
			   DB_INT(act->start_ms), DB_INT(act->state),
			   DB_INT(now_ms)),
		   err) < 0)
		return error_context(err, "activation of %.*s",
				     STR_ARG(act->campaign));
	return 0;
}

static int
not_found(int64_t partner_id, int64_t id, const char *which, struct error *err)
{
	return error_set(err, ERROR_NOT_FOUND,
			 "partner %lld has no %sactivation %lld",
			 (long long)partner_id, which, (long long)id);
}

int
activation_update(struct db *db, const struct activation *act, int64_t now_ms,
		  struct error *err)
{
	int64_t changed =
	    db_run(db, partner_sql_activation_update,
		   DB_ARGS(DB_INT(act->partner_id), DB_INT(act->id),
			   DB_BLOB(act->revision),
			   DB_TEXT(partner_object(act->parameters)),
			   DB_INT(act->state), DB_INT(now_ms)),
		   err);

	if (changed < 0)
		return -(int)err->code;
	if (changed == 0)
		return not_found(act->partner_id, act->id, "running ", err);
	return 0;
}

int
activation_reopen(struct db *db, const struct activation *act, int64_t now_ms,
		  struct error *err)
{
	int64_t changed =
	    db_run(db, partner_sql_activation_reopen,
		   DB_ARGS(DB_INT(act->partner_id), DB_INT(act->id),
			   DB_BLOB(act->revision), DB_INT(now_ms)),
		   err);

	if (changed < 0)
		return -(int)err->code;
	if (changed == 0)
		return not_found(act->partner_id, act->id, "ended ", err);
	return 0;
}

static void
read_activation(struct db_rows *rows, struct arena *a, struct activation *out)
{
	*out = (struct activation){
		.partner_id = db_int(rows, 0),
		.id = db_int(rows, 1),
		.campaign = str_copy(a, db_text(rows, 2)),
		.revision = str_copy(a, db_blob(rows, 3)),
		.parameters = str_copy(a, db_text(rows, 4)),
		.start_ms = db_int(rows, 5),
		.state = (enum activation_state)db_int(rows, 6),
	};
}

int
activation_get(struct db *db, struct arena *a, int64_t partner_id, int64_t id,
	       struct activation *out, struct error *err)
{
	struct db_rows rows;
	int got;

	if (db_query(db, &rows, partner_sql_activation_get,
		     DB_ARGS(DB_INT(partner_id), DB_INT(id)), err) < 0)
		return -(int)err->code;
	got = db_next(&rows, err);
	if (got > 0)
		read_activation(&rows, a, out);
	db_rows_end(&rows);
	if (got == 0)
		return not_found(partner_id, id, "", err);
	return got < 0 ? got : 0;
}

/* One partner or all are a range of ids, so that both go by an index. */
static int
query_list(struct db *db, struct db_rows *rows, struct str campaign,
	   int64_t partner_id, struct error *err)
{
	struct db_arg low = DB_INT(partner_id < 0 ? 0 : partner_id);
	struct db_arg high = DB_INT(partner_id < 0 ? INT64_MAX : partner_id);

	if (campaign.len == 0)
		return db_query(db, rows, partner_sql_activation_list,
				DB_ARGS(low, high), err);
	return db_query(db, rows, partner_sql_activation_list_of,
			DB_ARGS(low, high, DB_TEXT(campaign)), err);
}

int
activation_list(struct db *db, struct arena *a, struct str campaign,
		int64_t partner_id, struct activation **out, struct error *err)
{
	struct activation *all = NULL;
	struct db_rows rows;
	size_t count = 0;
	int got;

	if (query_list(db, &rows, campaign, partner_id, err) < 0)
		return -(int)err->code;
	while ((got = db_next(&rows, err)) > 0) {
		all = partner_room(a, all, count, sizeof(*all));
		read_activation(&rows, a, &all[count++]);
	}
	db_rows_end(&rows);
	*out = all;
	return got < 0 ? got : (int)count;
}
