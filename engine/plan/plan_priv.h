#ifndef PLAN_PLAN_PRIV_H
#define PLAN_PLAN_PRIV_H

/*
 * What the files of plan know of each other.
 */

#include "outbox/outbox.h"
#include "plan/plan.h"
#include "plan/plan_partner.h"

#define PLAN_OVER  "campaign is over"
#define PLAN_NEVER "there is no hour at which it may leave"

/* ---- plan_when.c (pure) ---- */

/*
 * By what a step's time is counted. An hour is one on the clock of `zone`: in a
 * DST gap it moves forward by the gap's length, in an overlap it is the first.
 */
struct plan_calendar {
	const struct campaign *campaign; /* when anything of it may leave */
	const char *zone;		 /* the step's: campaign_zone() */
	const char *home;   /* the partner's: the start is a date there */
	struct str country; /* the partner's */
};

/* The calendar of a step, for somebody in this zone ("": the partner's). */
struct plan_calendar plan_calendar_of(const struct campaign *c,
				      const struct campaign_when *when,
				      const struct partner *p,
				      struct str contact_zone, struct arena *a);

/*
 * When the first mail of a run is due for somebody who is found on the list
 * now, or a post: counted from the start, or as if the run began now when that
 * is long past. 1, or 0 when it may never leave: *due_ms is then the time at
 * which it would be due otherwise.
 */
int plan_first_due(const struct plan_calendar *cal,
		   const struct campaign_when *when, int64_t start_ms,
		   int64_t now_ms, int64_t *due_ms,
		   struct error *err) MUST_CHECK;

/* A mail that comes after another, which was sent (or skipped) at sent_ms. */
struct plan_after {
	const struct campaign_step *step;
	const struct campaign_step *before;
	int64_t start_ms; /* of the run */
	int64_t sent_ms;
};

/* Never before sent_ms. 1 or 0, as plan_first_due(). */
int plan_next_due(const struct plan_calendar *cal,
		  const struct plan_after *after, int64_t *due_ms,
		  struct error *err) MUST_CHECK;

/*
 * Why nothing is put for this time: 1 with *why, or 0. `leaves` is what
 * plan_first_due() or plan_next_due() returned.
 */
int plan_why_not(const struct plan_calendar *cal, int leaves, int64_t due_ms,
		 struct str *why, struct error *err) MUST_CHECK;

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

/* The steps that a person did something with, each once. */
struct plan_steps {
	const struct str *ids;
	size_t count;
};

/* What one person did in one run. */
struct plan_facts {
	struct plan_steps clicked;
	struct plan_steps replied;
	bool lead;
};

/* False: *why is the clause that was not met, in `a`. */
bool plan_condition(const struct campaign_step *step,
		    const struct plan_facts *facts, struct arena *a,
		    struct str *why);
bool plan_condition_needs(const struct campaign_step *step,
			  enum campaign_act act);

/* The first clause with that act, or NULL. */
const struct campaign_clause *
plan_condition_find(const struct campaign_condition *c, enum campaign_act act);

/*
 * Whether the campaign says itself what an answer to this step leads to: any
 * condition names it, or names answers to any. If not, the sequence of whoever
 * answers it ends.
 */
bool plan_minds_reply(const struct campaign *c, struct str step);

/* ---- plan_policy.c ---- */

/* What is stated of a campaign's persons. */
struct plan_policy {
	struct str campaign;
	bool is_one;
	struct one_partner one;
	bool is_capped;
};

/* Inside a unit: what the campaign and its workspace state counts from now. */
int plan_policy_state(struct db *db, struct arena *a, const struct campaign *c,
		      struct error *err) MUST_CHECK;

int plan_policy_read(struct db *db, struct arena *a, struct str campaign,
		     struct plan_policy *out, struct error *err) MUST_CHECK;

struct plan_mail {
	const struct outbox_key *key; /* to a person */
	int64_t due_ms;
	int64_t now_ms;
};

/*
 * Inside a unit: as outbox_put(), READY or held by policy; whose person it is,
 * is decided if it has not been.
 */
int plan_policy_put(struct db *db, const struct plan_policy *p,
		    const struct plan_mail *m, struct error *err) MUST_CHECK;

/* That alone: 1 when the partner's own, 0 when another's. */
int plan_policy_settle(struct db *db, const struct plan_policy *p,
		       const struct outbox_key *key, int64_t now_ms,
		       struct error *err) MUST_CHECK;

/*
 * Inside a unit: another look at what is held; READY and due at due_ms when it
 * is the partner's now.
 */
int plan_policy_look(struct db *db, const struct plan_policy *p,
		     const struct outbox_delivery *d, int64_t due_ms,
		     int64_t now_ms, struct error *err) MUST_CHECK;

/* ---- plan_choice.c (pure) ---- */

enum { PLAN_RIVALS_MAX = 1000 };

/* A partner who runs a campaign and has a person. */
struct plan_rival {
	int64_t partner_id;
	bool may;	   /* would be let through now */
	int64_t served_ms; /* its first mail of the campaign; 0: none yet */
	bool bounced;
	int64_t due_ms;	  /* the last that is READY; 0: none */
	int64_t claim_ms; /* of the claim or open lead it has; 0: none */
	bool is_customer;
	int64_t consent_ms; /* 0: not known */
	int64_t added_ms;   /* 0: before that was noted */
};

struct plan_rivals {
	struct plan_rival *items; /* by partner */
	size_t count;
};

/*
 * Whose the person is, *why, or NULL when nobody may and nobody has mailed
 * them.
 */
const struct plan_rival *plan_choose(const struct plan_rival *rivals,
				     size_t count, const char **why);

/* All of them. */
int plan_rivals_of(struct db *db, struct arena *a, const struct plan_policy *p,
		   const struct person_hash *person, struct plan_rivals *out,
		   struct error *err) MUST_CHECK;

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
