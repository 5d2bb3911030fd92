/*
 * What a partner may be told of what policies kept from it: so much, and never
 * who. Whoever uploads an address to see whether it is held must see nothing.
 *
 * Held mails are counted by the day on which they would have left. A day with
 * fewer than five is not told at all, the others in fives, and each only when
 * the day after it is over. A sum over days would not do: it would grow by five
 * on the very day on which an address made the fifth, and tell that one.
 *
 * Who knows of four on a day that they are held can tell of a fifth.
 */
#include "report/report.h"

#include "base/arena.h"
#include "partner/partner.h"
#include "report/report_sql.h"

#define DAY_MS INT64_C(86400000)

enum { TOLD_LEAST = 5 };

static int
add_days(struct db *db, const struct activation *run, int64_t before_ms,
	 int64_t *held, struct error *err)
{
	struct db_rows rows;
	int got;

	if (db_query(db, &rows, report_sql_held_days,
		     DB_ARGS(DB_INT(run->partner_id), DB_INT(run->id),
			     DB_TEXT(STR(PARTNER_HELD)), DB_INT(before_ms)),
		     err) < 0)
		return -(int)err->code;
	while ((got = db_next(&rows, err)) > 0)
		*held += db_int(&rows, 0) / TOLD_LEAST * TOLD_LEAST;
	db_rows_end(&rows);
	return got;
}

int
report_shared(struct db *db, struct arena *a, struct str campaign,
	      int64_t partner_id, int64_t now_ms, struct report_shared *out,
	      struct error *err)
{
	int64_t before_ms = (now_ms / DAY_MS - 1) * DAY_MS;
	struct contact_group *groups;
	struct activation *runs;
	int count = contact_groups(db, a, partner_id, campaign, &groups, err);

	*out = (struct report_shared){ .campaign = campaign };
	for (int i = 0; i < count; i++)
		out->contacts += groups[i].count;
	if (count >= 0)
		count =
		    activation_list(db, a, campaign, partner_id, &runs, err);
	for (int i = 0; i < count; i++)
		if (add_days(db, &runs[i], before_ms, &out->held, err) < 0)
			return -(int)err->code;
	return count < 0 ? count : 0;
}
