/*
 * One table. A row is found by its key; the other ways to it are
 *
 *	delivery_due		what to claim: READY alone, by queue, oldest first
 *	delivery_owner		what owners hold: to reclaim, to expire
 *	delivery_activation	cancel, list and count one run of a campaign
 *	delivery_subject	cancel one person, who has opted out
 *	delivery_follow		what a sequence goes on from, and what a policy
 *				holds: outbox_follow.c
 *	delivery_held		what is HELD: few, when all is well
 *	delivery_indoubt	what is INDOUBT: the same
 *
 * The first two and the last three are partial, so that a row at rest is in none
 * of them, and no index has `state` as a column: a row that changes state
 * touches the least pages.
 * A condition on a partial index names the state by number, never by ?n, for
 * SQLite could not use the index otherwise. A CHECK has no IN of more than two:
 * SQLite would make a table of them for each update.
 *
 * Ids are hashes, so whatever is ordered by them is written at random places.
 * Rows therefore lie in the order they were put, which is nearly that in which
 * they leave, and the key is an index beside them. Rejected: WITHOUT ROWID,
 * where the rows themselves lie by id (of a million rows, claiming 500 at once
 * made 20,000 a second and now makes 110,000), and an index of subjects alone,
 * without the partner before (22,000 rows put a second, now 75,000).
 *
 * What waits for its turn (outbox_queue.c) is READY as all else, in a queue
 * that is not 0, and the index goes by queue: to pass over a million rows of
 * which none may leave costs as much as if they were not there.
 *
 * A claim finds its rows first and then changes them. Rejected for both
 * dialects: WHERE (partner_id, id) IN (SELECT ...), for which SQLite 3.40 uses
 * one column of the key alone and reads all of a partner's rows.
 *
 * Claiming is where the dialects differ. SQLite has one writer and row
 * numbers: what was found is there to be changed. On PostgreSQL two claims run
 * at once, and SKIP LOCKED makes each take what the other does not;
 * MATERIALIZED sees to it that the rows are sought once, or more would be
 * locked than are returned.
 */
#include "outbox/outbox_sql.h"

#include "outbox/outbox.h"
#include "outbox/outbox_queue_sql.h"

/* The statements below say these by number. */
_Static_assert(OUTBOX_READY == 0 && OUTBOX_CLAIMED == 1 && OUTBOX_MARKED == 2 &&
		   OUTBOX_INDOUBT == 3 && OUTBOX_HELD == 4 &&
		   OUTBOX_SENT == 5 && OUTBOX_CANCELLED == 7 &&
		   OUTBOX_SKIPPED == 8 && OUTBOX_PERSON == 0 &&
		   OUTBOX_LEAD == 3 && OUTBOX_REPLY == 4 &&
		   OUTBOX_NOTICE == 5 && OUTBOX_MAIL == 0 && OUTBOX_HTTP == 1,
	       "stored numbers do not change");

static const char *const steps[] = {
	"CREATE TABLE delivery (\n"
	"	partner_id    BIGINT NOT NULL,\n"
	"	id            BLOB   NOT NULL CHECK (length(id) = 16),\n"
	"	activation_id BIGINT NOT NULL CHECK (activation_id > 0),\n"
	"	step          TEXT   NOT NULL CHECK (step <> ''),\n"
	"	subject_kind  BIGINT NOT NULL,\n"
	"	subject       BLOB   NOT NULL CHECK (length(subject) > 0),\n"
	"	channel       TEXT   NOT NULL CHECK (channel <> ''),\n"
	"	seq           BIGINT NOT NULL,\n"
	"	carrier       BIGINT NOT NULL,\n"
	"	state         BIGINT NOT NULL,\n"
	"	due_ms        BIGINT NOT NULL,\n"
	"	attempt       BIGINT NOT NULL DEFAULT 0,\n"
	"	epoch         BIGINT NOT NULL DEFAULT 0,\n"
	"	deferrals     BIGINT NOT NULL DEFAULT 0,\n"
	"	owner         BIGINT,\n"
	"	lease_ms      BIGINT,\n"
	"	date_ms       BIGINT,\n"
	"	key_id        BIGINT,\n"
	"	marked_ms     BIGINT,\n"
	"	done_ms       BIGINT,\n"
	"	sha256        BLOB   CHECK (length(sha256) = 32),\n"
	"	revision      BLOB,\n"
	"	domain        TEXT,\n"
	"	connection    TEXT,\n"
	"	status        TEXT   NOT NULL,\n"
	"	PRIMARY KEY (partner_id, id),\n"
	"	FOREIGN KEY (partner_id, activation_id)\n"
	"		REFERENCES activation(partner_id, id),\n"
	"	CHECK (attempt >= 0 AND epoch >= attempt),\n"
	"	CHECK ((attempt > 0) = (marked_ms IS NOT NULL)),\n"
	"	CHECK ((state IN (1, 2)) = (owner IS NOT NULL)),\n"
	"	CHECK ((state = 1) = (lease_ms IS NOT NULL)),\n"
	"	CHECK (state = 0 OR state = 4 OR state > 5 OR\n"
	"		(date_ms IS NOT NULL AND key_id IS NOT NULL)),\n"
	"	CHECK (state < 2 OR state = 4 OR state > 5 OR\n"
	"		(marked_ms IS NOT NULL AND sha256 IS NOT NULL)),\n"
	"	CHECK ((state > 2) = (done_ms IS NOT NULL))\n"
	") /*sqlite STRICT */;\n"
	"CREATE INDEX delivery_due ON delivery(carrier, due_ms)\n"
	"	WHERE state = 0;\n"
	"CREATE INDEX delivery_owner ON delivery(owner)\n"
	"	WHERE owner IS NOT NULL;\n"
	"CREATE INDEX delivery_activation ON delivery(activation_id);\n"
	"CREATE INDEX delivery_subject ON delivery(partner_id, subject);\n"
	"CREATE VIEW delivery_view AS\n"
	"	SELECT partner_id, id, activation_id, step, subject_kind,\n"
	"		subject, channel, seq, state, due_ms, attempt,\n"
	"		date_ms, marked_ms, done_ms, revision, domain, status\n"
	"	FROM delivery;\n",
	"ALTER TABLE delivery ADD COLUMN follow_ms BIGINT;\n"
	"CREATE INDEX delivery_follow ON delivery(follow_ms)\n"
	"	WHERE follow_ms IS NOT NULL;\n",
	("CREATE INDEX delivery_held ON delivery(partner_id, due_ms)\n"
	 "	WHERE state = 4;\n"),
	/* One row, when the store was put back from a copy. */
	("CREATE TABLE delivery_restored (\n"
	 "	one        BIGINT PRIMARY KEY CHECK (one = 1),\n"
	 "	adopted_ms BIGINT NOT NULL,\n"
	 "	doubt      BIGINT NOT NULL CHECK (doubt IN (0, 1, 2))\n"
	 ") /*sqlite STRICT */;\n"),
	("CREATE INDEX delivery_indoubt ON delivery(partner_id, id)\n"
	 "	WHERE state = 3;\n"),
	/* enum outbox_policy, of the marker; and how often it was obeyed so */
	("ALTER TABLE delivery ADD COLUMN policy BIGINT NOT NULL DEFAULT 0;\n"
	 "ALTER TABLE delivery ADD COLUMN resends BIGINT NOT NULL DEFAULT 0;\n"),
	outbox_sql_queues,
	"ALTER TABLE delivery ADD COLUMN owed_ms BIGINT;\n",
};

const struct db_schema outbox_schema = {
	.area = "outbox",
	.steps = steps,
	.step_count = COUNT_OF(steps),
};

#define COLUMN(column, field) ", " #column
#define COLUMNS                                               \
	"partner_id, id, subject_kind, state" OUTBOX_COLUMNS( \
	    COLUMN, COLUMN) ", COALESCE(follow_ms, -1), policy"

/* SENT and SKIPPED deliveries to a person are followed. */
#define FOLLOW_IF(state)                                           \
	"follow_ms = CASE WHEN " state " = 5 AND subject_kind = 0" \
	" THEN 0 ELSE follow_ms END"

#define THIS_ROW   " WHERE partner_id = ?1 AND id = ?2"
#define THIS_CLAIM THIS_ROW " AND owner = ?3 AND epoch = ?4"
#define NO_OWNER   "owner = NULL, lease_ms = NULL"

const char outbox_sql_put[] =
    "INSERT INTO delivery(partner_id, id, activation_id, step, subject_kind,"
    " subject, channel, seq, carrier, state, due_ms, done_ms, status,"
    " follow_ms)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"
    " ON CONFLICT (partner_id, id) DO NOTHING";

/* ---- sending ---- */

#define DUE                                                              \
	" FROM delivery WHERE state = 0 AND carrier = ?5 AND queue = ?7" \
	" AND due_ms <= ?3 ORDER BY due_ms LIMIT ?6"
#define CLAIM                                                            \
	" UPDATE delivery SET state = 1, owner = ?1, epoch = epoch + 1," \
	" lease_ms = ?2, queue = 0, date_ms = COALESCE(date_ms, ?3),"    \
	" key_id = COALESCE(key_id, ?4) FROM due"

const char *const outbox_sql_claim[2] = {
	[DB_SQLITE] =
	    "WITH due(due_row) AS MATERIALIZED (SELECT rowid" DUE ")" CLAIM
	    " WHERE delivery.rowid = due_row RETURNING " COLUMNS,
	[DB_POSTGRESQL] =
	    "WITH due(due_partner_id, due_id) AS MATERIALIZED ("
	    "SELECT partner_id, id" DUE " FOR UPDATE SKIP LOCKED)" CLAIM
	    " WHERE partner_id = due_partner_id AND id = due_id"
	    " RETURNING " COLUMNS,
};

/* A hook goes again as it is now: its receiver tells by its id. */
#define CHANGED "sha256 IS NOT NULL AND sha256 <> ?5 AND channel <> 'webhook'"
/* outbox_tells_partner(), in SQL; the activation has ended (11) or waits (12) */
#define TELLS_PARTNER                                                           \
	" AND subject_kind IN (3, 4, 5) AND step IN ('" OUTBOX_STEP_LEAD_NOTIFY \
	"', '" OUTBOX_STEP_LEAD_HOOK "', '" OUTBOX_STEP_REPLY                   \
	"', '" OUTBOX_STEP_NOTICE "')"

/*
 * What a person had or may have had in a window of f, as `d`: by those who have
 * the person on a list, and then by delivery_subject.
 */
#define MAILS_TO(person, partner, at_ms)                           \
	" JOIN delivery AS d"                                      \
	" ON d.partner_id = c.partner_id AND d.subject = c.person" \
	" WHERE c.person = " person " AND (f.scope = 0"            \
	" OR c.partner_id = " partner ") AND d.subject_kind = 0"   \
	" AND (d.state = 2 OR d.state = 3 OR d.state = 5)"         \
	" AND d.marked_ms > " at_ms " - f.window_ms"

const char outbox_sql_mark[] =
    "UPDATE delivery SET state = 2, attempt = attempt + 1, lease_ms = NULL,"
    " marked_ms = ?6, sha256 = ?5, revision = ?7, domain = ?8,"
    " connection = ?9, policy = ?10" THIS_CLAIM
    " AND state = 1 AND NOT (" CHANGED ")"
    " AND CASE WHEN subject_kind = 0 THEN EXISTS ("
    "SELECT 1 FROM send_gate AS g WHERE g.partner_id = delivery.partner_id"
    " AND g.activation_id = delivery.activation_id"
    " AND g.person = delivery.subject AND g.reason = 0)"
    " AND NOT EXISTS (SELECT 1 FROM frequency_view AS f WHERE f.most <= ("
    "SELECT count(*) FROM contact_partner_view AS c" MAILS_TO(
	"delivery.subject", "delivery.partner_id",
	"?6") "))"
	      " ELSE EXISTS ("
	      "SELECT 1 FROM activation_gate AS g"
	      " WHERE g.partner_id = delivery.partner_id"
	      " AND g.activation_id = delivery.activation_id"
	      " AND (g.reason = 0 OR (g.reason IN (11, 12)" TELLS_PARTNER
	      "))) END";

const char outbox_sql_hold_changed[] =
    "UPDATE delivery SET state = 4, " NO_OWNER
    ", done_ms = ?6, status = ?7" THIS_CLAIM " AND state = 1 AND " CHANGED;

const char outbox_sql_find_claim[] =
    "SELECT " COLUMNS " FROM delivery" THIS_CLAIM " AND state IN (1, 2)";

const char outbox_sql_finish[] =
    "UPDATE delivery SET state = ?6, " NO_OWNER ", due_ms = ?7,"
    " deferrals = deferrals + ?8, done_ms = ?9, status = ?10, queue = ?11,"
    " date_ms = CASE WHEN ?11 = 0 OR attempt > 0 THEN date_ms END,"
    " key_id = CASE WHEN ?11 = 0 OR attempt > 0 THEN key_id END,"
    " owed_ms = CASE WHEN ?6 = 0 AND ?11 = 0 THEN NULL ELSE owed_ms END,"
    " " FOLLOW_IF("?6") THIS_CLAIM " AND state = ?5";

const char outbox_sql_finish_late[] =
    "UPDATE delivery SET state = 5, queue = 0, done_ms = ?3, status = ?4,"
    " follow_ms = CASE WHEN subject_kind = 0 THEN 0 END" THIS_ROW
    " AND (state = 3 OR (state = 0 AND resends > 0 AND epoch = ?5))";

const char outbox_sql_release[] =
    "UPDATE delivery SET state = 0, " NO_OWNER THIS_CLAIM " AND state = 1";

#define FORGET_DATE                                          \
	" date_ms = CASE WHEN attempt > 0 THEN date_ms END," \
	" key_id = CASE WHEN attempt > 0 THEN key_id END"

const char outbox_sql_postpone[] =
    "UPDATE delivery SET state = 0, " NO_OWNER ", due_ms = ?5,"
    " owed_ms = COALESCE(owed_ms, due_ms)," FORGET_DATE THIS_CLAIM
    " AND state = 1";

const char outbox_sql_move[] =
    "UPDATE delivery SET state = 0, " NO_OWNER ", due_ms = ?5,"
    " owed_ms = NULL, status = ?6," FORGET_DATE THIS_CLAIM " AND state = 1";

/* The place that is free last, of those that are not free at ?3. */
const char outbox_sql_free_at[] =
    "SELECT max(until_ms) FROM (SELECT f.most AS most,"
    " d.marked_ms + f.window_ms AS until_ms, row_number() OVER ("
    "PARTITION BY f.scope ORDER BY d.marked_ms DESC) AS nth"
    " FROM frequency_view AS f CROSS JOIN contact_partner_view AS c" MAILS_TO(
	"?2", "?1", "?3") ") AS taken WHERE nth = most";

const char outbox_sql_capped[] = "SELECT 1 FROM frequency_view LIMIT 1";

const char outbox_sql_delay[] =
    "UPDATE delivery SET state = 0, " NO_OWNER
    ", due_ms = ?5, owed_ms = NULL" THIS_CLAIM " AND state = 1";

const char outbox_sql_hold[] =
    "UPDATE delivery SET state = 4, " NO_OWNER
    ", done_ms = ?5, status = ?6, follow_ms = ?7" THIS_CLAIM " AND state = 1";

/* ---- what follows ---- */

const char outbox_sql_followers[] =
    "SELECT " COLUMNS " FROM delivery"
    " WHERE follow_ms IS NOT NULL AND follow_ms <= ?1"
    " ORDER BY follow_ms LIMIT ?2";

const char outbox_sql_follow[] =
    "UPDATE delivery SET follow_ms = ?4" THIS_ROW " AND follow_ms = ?3";

const char outbox_sql_next_follow[] =
    "SELECT min(follow_ms) FROM delivery WHERE follow_ms IS NOT NULL";

/* ---- owners ---- */

const char outbox_sql_owners[] =
    "SELECT DISTINCT owner FROM delivery WHERE owner IS NOT NULL";

/* What may have left goes again when its channel is at-least-once. */
#define GOES_BACK "state = 1 OR channel = 'webhook'"

const char outbox_sql_reclaim[] =
    "WITH held(held_partner_id, held_id) AS MATERIALIZED ("
    "SELECT partner_id, id FROM delivery WHERE owner = ?1 LIMIT ?2)"
    " UPDATE delivery SET " NO_OWNER ", state = CASE WHEN " GOES_BACK
    " THEN 0 ELSE 3 END"
    ", done_ms = CASE WHEN " GOES_BACK " THEN NULL ELSE ?3 END"
    ", status = CASE state WHEN 1 THEN status ELSE ?4 END"
    " FROM held WHERE partner_id = held_partner_id AND id = held_id"
    " AND owner = ?1";

const char outbox_sql_expire[] =
    "UPDATE delivery SET state = 0, " NO_OWNER
    " WHERE owner IS NOT NULL AND state = 1 AND lease_ms <= ?1";

#define ANSWER "UPDATE delivery SET state = ?3, done_ms = ?4, status = ?5"
#define UNHOLD ANSWER ", follow_ms = NULL"

/* It is owed from the decision on, and never before it is due. */
#define OWED_FROM(now) ", owed_ms = CASE WHEN due_ms < " now " THEN " now " END"

const char outbox_sql_resolve[] =
    ANSWER OWED_FROM("?6") ", " FOLLOW_IF("?3") THIS_ROW " AND state = 3";

const char outbox_sql_obey[] = ANSWER
    ", due_ms = ?6, owed_ms = NULL, deferrals = deferrals + ?7,"
    " resends = resends + ?7, " FOLLOW_IF("?3") THIS_ROW " AND state = 3";

const char outbox_sql_unhold_ready[] =
    UNHOLD OWED_FROM("?6") ", sha256 = NULL, resends = 0," FORGET_DATE THIS_ROW
			   " AND state = 4";

const char outbox_sql_unhold_cancelled[] = UNHOLD THIS_ROW " AND state = 4";

const char outbox_sql_unhold_at[] =
    "UPDATE delivery SET state = 0, done_ms = NULL, status = '',"
    " due_ms = ?4, owed_ms = NULL, follow_ms = NULL, sha256 = NULL," FORGET_DATE
	THIS_ROW " AND state = 4 AND follow_ms = ?3";

/* Of the same identity, and otherwise as one that was never tried. */
const char outbox_sql_retry[] =
    "UPDATE delivery SET state = 0, done_ms = NULL, due_ms = ?3, status = ?4,"
    " owed_ms = NULL, deferrals = 0, resends = 0, sha256 = NULL, date_ms = NULL,"
    " key_id = NULL" THIS_ROW " AND state = ?5 AND status = ?6";

#define HELD_FOR " FROM delivery WHERE state = 4 AND step = ?1 AND status = ?2"

const char outbox_sql_holders[] =
    "SELECT DISTINCT partner_id" HELD_FOR " ORDER BY partner_id";

const char outbox_sql_held[] =
    "SELECT " COLUMNS HELD_FOR " AND partner_id = ?3 ORDER BY due_ms LIMIT ?4";

#define HELD_AS " FROM delivery WHERE state = 4 AND status = ?1"

const char outbox_sql_unhold_all[] =
    "WITH freed(its_partner_id, its_id) AS MATERIALIZED ("
    "SELECT partner_id, id" HELD_AS " AND (?4 < 0 OR partner_id = ?4) LIMIT ?2)"
    " UPDATE delivery SET state = ?5, status = ?6" OWED_FROM(
	"?3") ","
	      " done_ms = CASE WHEN ?5 = 0 THEN NULL ELSE ?3 END," FORGET_DATE
	      " FROM freed WHERE partner_id = its_partner_id AND id = its_id"
	      " RETURNING " COLUMNS;

const char outbox_sql_count_held[] =
    "SELECT count(*)" HELD_AS " AND (?2 < 0 OR partner_id = ?2)";

/* ---- after a restore ---- */

const char outbox_sql_any[] = "SELECT 1 FROM delivery LIMIT 1";

const char outbox_sql_doubts[] = "SELECT doubt FROM delivery_restored";

const char outbox_sql_adopted[] = "SELECT adopted_ms FROM delivery_restored";

const char outbox_sql_adopt[] =
    "INSERT INTO delivery_restored(one, adopted_ms, doubt)"
    " VALUES (1, ?1, ?2)"
    " ON CONFLICT (one) DO UPDATE SET adopted_ms = ?1, doubt = ?2";

/* What a reply was awaited for then is in doubt, and stays so. */
const char outbox_sql_adopt_marked[] =
    "UPDATE delivery SET policy = 0 WHERE owner IS NOT NULL AND state = 2";

const char outbox_sql_doubt_less[] =
    "UPDATE delivery_restored SET doubt = ?2 WHERE doubt = ?1";

#define DOUBTED " AND due_ms <= ?1 AND channel <> 'webhook' LIMIT ?2)"

const char outbox_sql_doubt[] =
    "WITH doubted(its_partner_id, its_id) AS MATERIALIZED ("
    "SELECT * FROM (SELECT partner_id, id FROM delivery"
    " WHERE state = 0 AND carrier IN (0, 1)" DOUBTED " AS waiting"
    " UNION ALL SELECT * FROM (SELECT partner_id, id FROM delivery"
    " WHERE owner IS NOT NULL AND state = 1" DOUBTED " AS claimed)"
    " UPDATE delivery SET state = 4, " NO_OWNER
    ", epoch = epoch + 1, queue = 0,"
    " done_ms = ?3, status = ?4 FROM doubted"
    " WHERE partner_id = its_partner_id AND id = its_id RETURNING " COLUMNS;

/* ---- reading ---- */

const char outbox_sql_find[] = "SELECT " COLUMNS " FROM delivery" THIS_ROW;

const char outbox_sql_page[] =
    "SELECT " COLUMNS " FROM delivery WHERE (partner_id, id) > (?1, ?2)"
    " ORDER BY partner_id, id LIMIT ?3";

const char outbox_sql_indoubt[] =
    "SELECT " COLUMNS " FROM delivery"
    " WHERE state = 3 AND (partner_id, id) > (?1, ?2)"
    " ORDER BY partner_id, id LIMIT ?3";

const char outbox_sql_next_due[] =
    "SELECT min(due_ms) FROM ("
    "SELECT min(due_ms) AS due_ms FROM delivery"
    " WHERE state = 0 AND carrier = 0 AND queue = 0"
    " UNION ALL SELECT min(due_ms) FROM delivery"
    " WHERE state = 0 AND carrier = 1 AND queue = 0"
    " UNION ALL SELECT min(CASE WHEN due_ms > opens_ms THEN due_ms"
    " ELSE opens_ms END) FROM delivery_queue"
    " WHERE holds = 1 AND opens_ms < " OUTBOX_NEVER ") AS carriers";

/* ---- over a filter ---- */

#define FILTER                                                           \
	"(?1 < 0 OR partner_id = ?1) AND (?2 = 0 OR activation_id = ?2)" \
	" AND (?3 = '' OR step = ?3) AND (length(?4) = 0 OR subject = ?4)"

#define SHAPES(head, tail)                                                     \
	{                                                                      \
		[OUTBOX_BY_NOTHING] = head " WHERE " FILTER tail,              \
		[OUTBOX_BY_PARTNER] =                                          \
		    head " WHERE partner_id = ?1 AND " FILTER tail,            \
		[OUTBOX_BY_ACTIVATION] =                                       \
		    head " WHERE activation_id = ?2 AND " FILTER tail,         \
		[OUTBOX_BY_SUBJECT] =                                          \
		    head " WHERE partner_id = ?1 AND subject = ?4 AND " FILTER \
			tail,                                                  \
	}

const char *const outbox_sql_cancel[] = SHAPES(
    "UPDATE delivery SET state = 7, epoch = epoch + 1, queue = 0, " NO_OWNER
    ", done_ms = ?5, status = ?6, follow_ms = NULL",
    " AND state IN (0, 1, 4)");

const char *const outbox_sql_pass_over[] = SHAPES(
    "UPDATE delivery SET state = 7, epoch = epoch + 1, queue = 0, " NO_OWNER
    ", done_ms = ?5, status = ?6, follow_ms ="
    " CASE WHEN subject_kind = 0 THEN 0 END",
    " AND state IN (0, 1, 4)");

const char *const outbox_sql_list[] =
    SHAPES("SELECT " COLUMNS " FROM delivery",
	   " AND (?5 < 0 OR state = ?5)"
	   " ORDER BY partner_id, due_ms, id LIMIT ?6");

const char *const outbox_sql_refollow[] =
    SHAPES("UPDATE delivery SET follow_ms = 0",
	   " AND follow_ms IS NULL AND subject_kind = 0 AND state IN (5, 8)");

const char *const outbox_sql_count[] =
    SHAPES("SELECT state, count(*) FROM delivery", " GROUP BY state");
