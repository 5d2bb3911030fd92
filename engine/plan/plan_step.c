/*
 * Going on: sequences first, for they have times to keep, then lists.
 */
#include "plan/plan.h"

#include "plan/plan_priv.h"
#include "plan/plan_sql.h"

int64_t
plan_step(struct db_store *store, const struct plan_revisions *revisions,
	  int64_t now_ms, struct error *err)
{
	const struct plan_walk walk = {
		.store = store,
		.revisions = revisions,
		.now_ms = now_ms,
	};
	int64_t done = plan_follow(store, revisions, now_ms, err);

	if (done < 0)
		return error_context(err, "sequence");
	if (done == 0)
		done = plan_walk(&walk, NULL, err);
	return done < 0 ? error_context(err, "list") : done;
}

int
plan_next(struct db *db, int64_t *at_ms, struct error *err)
{
	int64_t walk_ms, follow_ms;
	int walk =
	    db_query_int(db, &walk_ms, plan_sql_walk_waits, DB_NO_ARGS, err);
	int follow;

	if (walk < 0)
		return walk;
	follow = outbox_next_follow(db, &follow_ms, err);
	if (follow < 0)
		return follow;
	if (!walk && !follow)
		return 0;
	*at_ms = walk && (!follow || walk_ms < follow_ms) ? walk_ms : follow_ms;
	return 1;
}
