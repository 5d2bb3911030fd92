/*
 * How far each run has walked its partner's list, and for each campaign how
 * many people of a partner were reviewed at most.
 *
 *	done_n    the list's count of changes that has been dealt with; below 0:
 *		  none, and it falls each time that all is to be walked anew, so
 *		  that a walk that began before is told from the one that is due
 *	walk_n    the count a walk under way is for; NULL: none is under way
 *	after_id  the last contact it has dealt with; -1: none
 *	wait_ms   not before: something was wrong with it
 *	room ...  plan_bound.c; walk_waiting is `waiting` of the walk under way
 *
 * A list that changed is seen by its count, and so is who on it did: not by
 * times, which may be those of a clock read long before its unit was committed,
 * or of one that has been set since.
 *
 * A person's mails are found by the person, which are few; the + keeps the
 * store from going through all of the run's instead.
 *
 * So is a click: there is an index for that one kind, which the statement must
 * name by number, and the + has the same purpose. Joined the other way round,
 * each follower cost a walk over all events of its partner.
 *
 * All else is read through the views of those who own it.
 */
#include "plan/plan_sql.h"

#include "event/event.h"
#include "plan/plan.h"

_Static_assert(EVENT_CLICKED == 14 && EVENT_RETURN_HARD == 3 &&
		   EVENT_RETURN_COMPLAINT == 4 && EVENT_RETURN_REFUSED == 5,
	       "stored numbers do not change");

static const char *const steps[] = {
	"CREATE TABLE plan_cursor (\n"
	"	partner_id    BIGINT NOT NULL,\n"
	"	activation_id BIGINT NOT NULL,\n"
	"	done_n        BIGINT NOT NULL,\n"
	"	since_ms      BIGINT NOT NULL,\n"
	"	walk_n        BIGINT,\n"
	"	walk_ms       BIGINT NOT NULL,\n"
	"	after_id      BIGINT NOT NULL,\n"
	"	wait_ms       BIGINT NOT NULL,\n"
	"	PRIMARY KEY (partner_id, activation_id),\n"
	"	FOREIGN KEY (partner_id, activation_id)\n"
	"		REFERENCES activation(partner_id, id)\n"
	") /*sqlite STRICT, WITHOUT ROWID */;\n",

	/* Contacts of before have no count of their own: all are walked. */
	"ALTER TABLE plan_cursor DROP COLUMN since_ms;\n"
	"ALTER TABLE plan_cursor DROP COLUMN walk_ms;\n"
	"UPDATE plan_cursor SET done_n = -1, walk_n = NULL, after_id = -1;\n",

	/* Runs of before have no bound until the next apply. */
	"ALTER TABLE plan_cursor ADD COLUMN room BIGINT;\n"
	"ALTER TABLE plan_cursor ADD COLUMN room_n BIGINT NOT NULL"
	" DEFAULT -1;\n"
	"ALTER TABLE plan_cursor ADD COLUMN waiting BIGINT NOT NULL"
	" DEFAULT 0;\n"
	"ALTER TABLE plan_cursor ADD COLUMN walk_waiting BIGINT NOT NULL"
	" DEFAULT 0;\n"
	"CREATE TABLE plan_bound (\n"
	"	campaign TEXT   NOT NULL PRIMARY KEY,\n"
	"	people   BIGINT NOT NULL\n"
	") /*sqlite STRICT, WITHOUT ROWID */;\n",
};

const struct db_schema plan_schema = {
	.area = "plan",
	.steps = steps,
	.step_count = COUNT_OF(steps),
};

const char plan_sql_walk_begin[] =
    "INSERT INTO plan_cursor(partner_id, activation_id, done_n, walk_n,"
    " after_id, wait_ms) VALUES (?1, ?2, -1, NULL, -1, 0)"
    " ON CONFLICT (partner_id, activation_id) DO UPDATE SET done_n ="
    " CASE WHEN plan_cursor.done_n < 0 THEN plan_cursor.done_n - 1"
    " ELSE -1 END, walk_n = NULL, after_id = -1, wait_ms = 0,"
    " walk_waiting = 0";

#define UNFINISHED                                         \
	" FROM plan_cursor AS c JOIN activation_view AS a" \
	" ON a.partner_id = c.partner_id"                  \
	" AND a.id = c.activation_id AND a.state = 0"      \
	" LEFT JOIN contact_change_view AS l"              \
	" ON l.partner_id = c.partner_id"                  \
	" WHERE (c.walk_n IS NOT NULL OR"                  \
	" c.done_n <> COALESCE(l.n, 0))"

const char plan_sql_walk_next[] =
    "SELECT c.partner_id, c.activation_id, a.campaign, a.revision,"
    " a.start_ms, c.done_n, c.walk_n, c.after_id,"
    " COALESCE(l.n, 0), c.waiting" UNFINISHED
    " AND (?1 = '' OR a.campaign = ?1)"
    " AND (length(?2) = 0 OR a.revision = ?2) AND c.wait_ms <= ?3"
    " ORDER BY c.partner_id, c.activation_id LIMIT 1";

const char plan_sql_walk_waits[] = "SELECT min(c.wait_ms)" UNFINISHED;

/* As it was when the batch was read, and for the revision it was made by. */
#define SAME_WALK                                                    \
	" WHERE partner_id = ?1 AND activation_id = ?2"              \
	" AND after_id = ?3 AND done_n = ?4 AND EXISTS ("            \
	"SELECT 1 FROM activation_view AS a WHERE a.partner_id = ?1" \
	" AND a.id = ?2 AND a.revision = ?5)"

const char plan_sql_walk_on[] =
    "UPDATE plan_cursor SET walk_n = ?6, after_id = ?7" SAME_WALK;

const char plan_sql_walk_end[] =
    "UPDATE plan_cursor SET done_n = ?6, walk_n = NULL,"
    " after_id = -1, wait_ms = 0" SAME_WALK;

const char plan_sql_walk_wait[] =
    "UPDATE plan_cursor SET wait_ms = ?3"
    " WHERE partner_id = ?1 AND activation_id = ?2";

const char plan_sql_has_mail[] =
    "SELECT 1 FROM delivery_view WHERE partner_id = ?1"
    " AND subject = ?3 AND +activation_id = ?2 AND subject_kind = 0 LIMIT 1";

const char plan_sql_clicked[] =
    "SELECT DISTINCT d.step FROM delivery_view AS d WHERE d.partner_id = ?1"
    " AND d.subject = ?3 AND +d.activation_id = ?2 AND EXISTS ("
    "SELECT 1 FROM event_view AS e WHERE e.delivery = d.id AND e.kind = 14"
    " AND +e.partner_id = d.partner_id)";

const char plan_sql_lead[] =
    "SELECT 1 FROM lead_view WHERE partner_id = ?1 AND activation_id = ?2"
    " AND person = ?3 LIMIT 1";

const char plan_sql_replied[] =
    "SELECT DISTINCT d.step FROM reply_view AS r JOIN delivery_view AS d"
    " ON d.partner_id = r.partner_id AND d.id = r.delivery"
    " WHERE r.partner_id = ?1 AND r.person = ?3"
    " AND +r.activation_id = ?2";

/* HARD, COMPLAINT and REFUSED of enum event_return_class. */
const char plan_sql_came_back[] =
    "SELECT 1 FROM event_return_view WHERE partner_id = ?1 AND delivery = ?2"
    " AND class IN (3, 4, 5) LIMIT 1";

/* ---- one person, many partners ---- */

const char plan_sql_rivals[] =
    "SELECT r.partner_id, r.tags, r.consent_ms, r.added_ms, r.reason,"
    " (SELECT min(l.at_ms) FROM claim_view AS l WHERE l.person = r.person"
    " AND l.partner_id = r.partner_id)"
    " FROM rival_view AS r WHERE r.person = ?1 AND r.campaign = ?2"
    " ORDER BY r.partner_id, r.reason LIMIT ?3";

const char plan_sql_rival_mails[] =
    "SELECT d.state, d.due_ms, COALESCE(d.marked_ms, 0), a.state"
    " FROM delivery_view AS d JOIN activation_view AS a"
    " ON a.partner_id = d.partner_id AND a.id = d.activation_id"
    " WHERE d.partner_id = ?1 AND d.subject = ?2 AND d.subject_kind = 0"
    " AND a.campaign = ?3";

/* ---- the bound ---- */

const char plan_sql_bound_put[] =
    "INSERT INTO plan_bound(campaign, people) VALUES (?1, ?2)"
    " ON CONFLICT (campaign) DO UPDATE SET people = ?2";

const char plan_sql_bound[] =
    "SELECT people FROM plan_bound WHERE campaign = ?1";

const char plan_sql_room_set[] =
    "UPDATE plan_cursor SET room = ?3, room_n = ?4"
    " WHERE partner_id = ?1 AND activation_id = ?2 RETURNING waiting";

const char plan_sql_room[] = "SELECT room, room_n FROM plan_cursor"
			     " WHERE partner_id = ?1 AND activation_id = ?2";

const char plan_sql_room_on[] =
    "UPDATE plan_cursor SET room = ?3, walk_waiting = walk_waiting + ?4"
    " WHERE partner_id = ?1 AND activation_id = ?2 RETURNING walk_waiting";

const char plan_sql_room_end[] =
    "UPDATE plan_cursor SET room = ?3, waiting = walk_waiting + ?4,"
    " walk_waiting = 0"
    " WHERE partner_id = ?1 AND activation_id = ?2 RETURNING waiting";

const char plan_sql_waiting[] =
    "SELECT CAST(SUM(c.waiting) AS BIGINT)"
    " FROM plan_cursor AS c JOIN activation_view AS a"
    " ON a.partner_id = c.partner_id AND a.id = c.activation_id"
    " AND a.state = 0 WHERE (?1 < 0 OR c.partner_id = ?1)"
    " AND (?2 = '' OR a.campaign = ?2)";

const char plan_sql_list_n[] =
    "SELECT n FROM contact_change_view WHERE partner_id = ?1";
