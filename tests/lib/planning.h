#ifndef TESTS_LIB_PLANNING_H
#define TESTS_LIB_PLANNING_H

/*
 * planning - a workspace in a new folder, a store with partners and contacts,
 * and a sender that needs no mail: for tests of what is planned
 *
 * Times are those of a virtual clock that the test advances. Set-up that fails
 * ends the test program.
 *
 * Thread rule: one thread.
 */

#include "base/arena.h"
#include "event/event.h"
#include "outbox/outbox.h"
#include "partner/partner.h"
#include "plan/plan.h"

enum { PLANNING_PARTNERS_MAX = 8, PLANNING_REVISIONS_MAX = 8 };

/* Monday, 2026-03-02 07:00 UTC: 08:00 in Berlin. */
#define PLANNING_NOW  INT64_C(1772434800000)
#define PLANNING_HOUR INT64_C(3600000)
#define PLANNING_DAY  (24 * PLANNING_HOUR)

struct planning {
	struct db_store *store;
	struct db *db;
	struct partner_pepper *pepper;
	struct arena *arena;
	char dir[32];
	bool own_dir;
	struct campaign_files *files;
	const struct campaign *campaign;
	struct campaign_partner_row rows[PLANNING_PARTNERS_MAX];
	size_t row_count;
	struct plan_revisions revisions; /* of the store */
	struct str known[PLANNING_REVISIONS_MAX];
	const struct campaign *loaded[PLANNING_REVISIONS_MAX];
	size_t known_count;
};

/* `fresh`: without anything in it; else as it was left. */
void planning_open(struct planning *p, const char *url, bool fresh);
/* A store that is there, and the workspace of somebody else. */
void planning_join(struct planning *p, const char *url, const char *dir);
void planning_close(struct planning *p);

/* The campaign "spring" as it is from now on: attributes and what is in it. */
void planning_campaign(struct planning *p, const char *attributes,
		       const char *inner);

/* One more line in the partner file. */
void planning_partner(struct planning *p, const char *id, const char *tier);

/* `count` contacts with consent, "FIRST+i@example.org". The partner is there. */
void planning_contacts(struct planning *p, const char *partner, int first,
		       int count, const char *zone, int64_t now_ms);
int64_t planning_partner_id(struct planning *p, const char *slug);
struct person_hash planning_person(struct planning *p, int number);

struct plan *planning_plan(struct planning *p, int64_t now_ms);

/* Of what planning_plan() gives now, reviewed as it is; `only` may be NULL. */
int planning_apply(struct planning *p, const char *only, int64_t now_ms,
		   struct plan_result *out, struct error *err);
int planning_apply_reviewed(struct planning *p, const struct plan *reviewed,
			    const char *only, int64_t now_ms,
			    struct plan_result *out, struct error *err);

/* plan_step() until there is nothing to do. The rows it dealt with. */
int64_t planning_step(struct planning *p, int64_t now_ms);

/* All that is due is SENT. The count. */
int planning_send(struct planning *p, int64_t now_ms);

/* Step and send from one to the other; the clock jumps to what is next. */
void planning_run(struct planning *p, int64_t now_ms, int64_t until_ms);

/* Deliveries of one step ("": all) in one state (< 0: all). */
int planning_count(struct planning *p, const char *step, int state);

/* All of them; in `a`. The count. */
int planning_list(struct planning *p, struct arena *a,
		  struct outbox_delivery **out);

#endif
