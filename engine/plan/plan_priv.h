#ifndef PLAN_PLAN_PRIV_H
#define PLAN_PLAN_PRIV_H

/*
 * What the files of plan know of each other.
 */

#include "outbox/outbox.h"
#include "plan/plan.h"
#include "plan/plan_partner.h"

#define PLAN_OVER "campaign is over"

/* ---- plan_when.c (pure) ---- */

/*
 * When the first mail of a run is due for somebody who is found on the list
 * now: as plan_due(), or as if the run began now when that is long past.
 */
int plan_first_due(const struct campaign_when *when, int64_t start_ms,
		   const char *zone, int64_t now_ms, int64_t *due_ms,
		   struct error *err) MUST_CHECK;

/* A mail that comes after another, which was sent (or skipped) at sent_ms. */
struct plan_after {
	const struct campaign_step *step;
	const struct campaign_step *before;
	int64_t start_ms; /* of the run */
	int64_t sent_ms;
};

/* Never before sent_ms. */
int plan_next_due(const struct plan_after *after, const char *zone,
		  int64_t *due_ms, struct error *err) MUST_CHECK;

/*
 * The zone a step's time is counted in; what there is not falls back to the
 * partner's, then to UTC. It lives for ever.
 */
const char *plan_zone(const struct campaign_when *when, struct str contact,
		      struct str partner, struct arena *a);

/* 1 when valid-until is over at at_ms. */
int plan_is_over(const struct campaign *c, const char *zone, int64_t at_ms,
		 struct error *err) MUST_CHECK;

/* When a run begins that is started now, by the steps of the campaign. */
int plan_campaign_start(const struct campaign *c, const char *zone,
			int64_t now_ms, int64_t *start_ms,
			struct error *err) MUST_CHECK;

/* ---- plan_audience.c (pure) ---- */

bool plan_tags_fit(const struct campaign *c, struct str tags);

/* The email that comes after `before` (NULL: the first), or NULL. */
const struct campaign_step *
plan_email_after(const struct campaign *c, const struct campaign_step *before);

/* ---- plan_condition.c (pure) ---- */

/* What one person did in one run. */
struct plan_facts {
	const struct str *clicked; /* steps */
	size_t clicked_count;
	bool lead;
};

/* False: *why is the clause that was not met, in `a`. */
bool plan_condition(const struct campaign_step *step,
		    const struct plan_facts *facts, struct arena *a,
		    struct str *why);
bool plan_condition_needs(const struct campaign_step *step,
			  enum campaign_act act);

/* ---- plan_walk.c ---- */

/* Inside a unit: a run there is from now on, all of its list to be walked. */
int plan_walk_begin(struct db *db, int64_t partner_id, int64_t activation_id,
		    struct error *err) MUST_CHECK;

struct plan_walk {
	struct db_store *store;
	const struct plan_revisions *revisions;
	struct str campaign; /* of this campaign alone; empty: all */
	struct str revision; /* and this revision */
	int64_t now_ms;
};

/*
 * One batch of one run: rows it dealt with, 0 when all lists are walked.
 * *put, if not NULL, rises by the deliveries that were put.
 */
int64_t plan_walk(const struct plan_walk *how, int64_t *put,
		  struct error *err) MUST_CHECK;

/* ---- plan_begin.c ---- */

/* Inside a unit: the run, its cursor and its event. */
int plan_run_begin(struct db *db, const struct activation *act, struct str who,
		   int64_t now_ms, struct error *err) MUST_CHECK;

/* ---- plan_bound.c ---- */

/* At most so many people of one partner; 0: the campaign mails nobody. */
int64_t plan_people_most(const struct plan *plan, const struct campaign *c);

/* Inside a unit: what was reviewed is the campaign's bound from now on. */
int plan_bound_put(struct db *db, struct str campaign, int64_t people,
		   struct error *err) MUST_CHECK;

/*
 * Inside a unit: who is on the list by its count room_n was reviewed, and `room`
 * more may join; who waited is looked at again.
 */
int plan_bound_review(struct db *db, const struct activation *run, int64_t room,
		      int64_t room_n, struct error *err) MUST_CHECK;

/* Inside a unit: of a run that begins beside the apply. */
int plan_bound_start(struct db *db, const struct activation *run,
		     struct error *err) MUST_CHECK;

/* ---- plan_apply.c ---- */

/* The run of an automatic start, ended since its partner did not fit. */
bool plan_is_left(const struct campaign *c, const struct activation *run);

/* ---- plan_drift.c ---- */

/* NULL: none. */
const struct plan_partner *plan_find_partner(const struct plan *plan,
					     struct str slug);
bool plan_has_partner(const struct plan *plan, struct str slug);

/* ---- plan_follow.c ---- */

/* One batch of followers: rows it dealt with. */
int64_t plan_follow(struct db_store *store,
		    const struct plan_revisions *revisions, int64_t now_ms,
		    struct error *err) MUST_CHECK;

/* Inside a unit: put it as SKIPPED, with its event. */
int plan_skip(struct db *db, const struct outbox_key *key, struct str why,
	      int64_t due_ms, struct error *err) MUST_CHECK;

#endif
