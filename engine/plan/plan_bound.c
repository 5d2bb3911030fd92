/*
 * The bound that was reviewed holds for those who come later.
 *
 *	room      people who may still be given a first mail by this run
 *	room_n    the list's count at the review: who was on it by then was
 *		  reviewed, and takes no room; NULL room: the run has no bound
 *	waiting   people whom the last walk to the end found no room for
 *
 * An apply makes sure that the list is within the bound, and leaves as room what
 * the list is short of it; a run that is started later has all of it. Who
 * begins takes one; who leaves gives none back, since the reviewer may have
 * looked at who they were. So a run never gets stuck: whoever is on the list
 * when the next plan is made was reviewed with it.
 *
 * Rejected: asking for each contact how many have mail and may be mailed still,
 * which costs a walk through all of the run's deliveries each time.
 */
#include "plan/plan_priv.h"
#include "plan/plan_sql.h"

int64_t
plan_people_most(const struct plan *plan, const struct campaign *c)
{
	int64_t emails = 0;

	for (size_t i = 0; i < c->step_count; i++)
		emails += c->steps[i].kind == CAMPAIGN_EMAIL;
	return emails ? plan->mails_most / emails : 0;
}

int
plan_bound_put(struct db *db, struct str campaign, int64_t people,
	       struct error *err)
{
	return (int)db_run(db, plan_sql_bound_put,
			   DB_ARGS(DB_TEXT(campaign), DB_INT(people)), err);
}

int
plan_bound_review(struct db *db, const struct activation *run, int64_t room,
		  int64_t room_n, struct error *err)
{
	int64_t waiting = 0;

	if (db_query_int(db, &waiting, plan_sql_room_set,
			 DB_ARGS(DB_INT(run->partner_id), DB_INT(run->id),
				 DB_INT(room > 0 ? room : 0), DB_INT(room_n)),
			 err) < 0)
		return -(int)err->code;
	if (waiting == 0)
		return 0;
	return plan_walk_begin(db, run->partner_id, run->id, err);
}

int
plan_bound_start(struct db *db, const struct activation *run, struct error *err)
{
	int64_t people;
	int got = db_query_int(db, &people, plan_sql_bound,
			       DB_ARGS(DB_TEXT(run->campaign)), err);

	return got > 0 ? plan_bound_review(db, run, people, -1, err) : got;
}

int
plan_waiting(struct db *db, int64_t partner_id, struct str campaign,
	     int64_t *count, struct error *err)
{
	*count = 0;
	return db_query_int(db, count, plan_sql_waiting,
			    DB_ARGS(DB_INT(partner_id), DB_TEXT(campaign)),
			    err);
}
