/*
 * A queue has a row while something waits in it or it is closed; most stores
 * have none. due_ms is when the first that waits is due, or earlier: what was
 * put there since it was looked at is not known. Counts hang on a queue's id, whether it has a row or not.
 *
 * Rows of delivery point to a queue without a foreign key: a store whose
 * millions of rows wait for nothing would look for a queue with each of them.
 */
#include "outbox/outbox_queue_sql.h"

#include "outbox/outbox.h"

/* The statements below say these by number. */
_Static_assert(OUTBOX_READY == 0 && OUTBOX_CLAIMED == 1 && OUTBOX_MAIL == 0 &&
		   OUTBOX_PERSON == 0,
	       "stored numbers do not change");

const char outbox_sql_queues[] =
    "ALTER TABLE delivery ADD COLUMN queue BIGINT NOT NULL DEFAULT 0\n"
    "	CHECK (queue = 0 OR state = 0);\n"
    "DROP INDEX delivery_due;\n"
    "CREATE INDEX delivery_due ON delivery(carrier, queue, due_ms)\n"
    "	WHERE state = 0;\n"
    "CREATE TABLE delivery_queue (\n"
    "	id       BIGINT PRIMARY KEY CHECK (id > 0),\n"
    "	scope    BIGINT NOT NULL,\n"
    "	name     TEXT   NOT NULL CHECK (name <> ''),\n"
    "	opens_ms BIGINT NOT NULL,\n"
    "	since_ms BIGINT NOT NULL,\n"
    "	strikes  BIGINT NOT NULL,\n"
    "	holds    BIGINT NOT NULL CHECK (holds IN (0, 1)),\n"
    "	due_ms   BIGINT NOT NULL DEFAULT 0,\n"
    "	reason   TEXT   NOT NULL\n"
    ") /*sqlite STRICT */;\n"
    "CREATE INDEX delivery_queue_opens ON delivery_queue(opens_ms)\n"
    "	WHERE holds = 1;\n"
    "CREATE TABLE delivery_tally (\n"
    "	queue BIGINT NOT NULL,\n"
    "	what  BIGINT NOT NULL,\n"
    "	slot  BIGINT NOT NULL,\n"
    "	n     BIGINT NOT NULL,\n"
    "	PRIMARY KEY (queue, what, slot)\n"
    ") /*sqlite STRICT, WITHOUT ROWID */;\n";

/*
 * Of two that close it the later end counts, and of two reasons the newer. A
 * limit has none, and takes none away.
 */
#define OLD "delivery_queue"
const char outbox_sql_queue_close[] =
    "INSERT INTO delivery_queue(id, scope, name, opens_ms, since_ms, reason,"
    " strikes, holds) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
    " ON CONFLICT (id) DO UPDATE SET"
    " opens_ms = CASE WHEN ?4 > " OLD ".opens_ms THEN ?4 ELSE " OLD
    ".opens_ms END,"
    " since_ms = CASE WHEN ?6 <> '' AND (" OLD ".reason = '' OR " OLD
    ".opens_ms <= ?5) THEN ?5 ELSE " OLD ".since_ms END,"
    " reason = CASE WHEN ?6 <> '' THEN ?6 ELSE " OLD ".reason END,"
    " strikes = CASE WHEN ?7 > 0 THEN ?7 ELSE " OLD ".strikes END,"
    " holds = CASE WHEN ?8 = 1 THEN 1 ELSE " OLD ".holds END,"
    " due_ms = CASE WHEN ?8 = 1 THEN 0 ELSE " OLD ".due_ms END";
#undef OLD

const char outbox_sql_queue_open[] =
    "UPDATE delivery_queue SET opens_ms = ?2, strikes = 0, reason = ''"
    " WHERE id = ?1 AND opens_ms > ?2";

#define QUEUE                                                                \
	"SELECT id, scope, name, opens_ms, since_ms, strikes, holds, reason" \
	" FROM delivery_queue"

const char outbox_sql_queue_find[] = QUEUE " WHERE id = ?1";

const char outbox_sql_queue_list[] = QUEUE " WHERE scope = ?1 ORDER BY name";

const char outbox_sql_queue_closed[] =
    QUEUE " WHERE opens_ms > ?1 AND reason <> ''"
	  " ORDER BY since_ms, scope, name";

const char outbox_sql_queue_ready[] =
    QUEUE " WHERE holds = 1 AND opens_ms <= ?1 AND due_ms <= ?1"
	  " ORDER BY opens_ms, id LIMIT ?2";

const char outbox_sql_queue_any[] = "SELECT 1 FROM delivery_queue LIMIT 1";

/*
 * Whoever puts something into a queue writes its row first; so once this one
 * is written, what the next statement sees is all that is in it.
 */
const char outbox_sql_queue_turn[] =
    "UPDATE delivery_queue SET opens_ms = CASE WHEN opens_ms < ?2 THEN ?2"
    " ELSE opens_ms END WHERE id = ?1";

#define FIRST_DUE                                                           \
	"(SELECT min(due_ms) FROM delivery WHERE state = 0 AND carrier = 0" \
	" AND queue = ?1)"
const char outbox_sql_queue_holds[] =
    "UPDATE delivery_queue SET"
    " holds = CASE WHEN " FIRST_DUE " IS NULL THEN 0 ELSE 1 END,"
    " due_ms = COALESCE(" FIRST_DUE ", 0) WHERE id = ?1";

const char outbox_sql_queue_drop[] =
    "DELETE FROM delivery_queue WHERE id = ?1 AND holds = 0 AND reason = ''";

const char outbox_sql_wait[] =
    "UPDATE delivery SET state = 0, owner = NULL, lease_ms = NULL, queue = ?5,"
    " date_ms = CASE WHEN attempt > 0 THEN date_ms END,"
    " key_id = CASE WHEN attempt > 0 THEN key_id END"
    " WHERE partner_id = ?1 AND id = ?2 AND owner = ?3 AND epoch = ?4"
    " AND state = 1";

#define FRONT(key)                                                             \
	"SELECT " key ", partner_id AS its_partner, activation_id AS its_run," \
	" subject_kind AS its_kind FROM delivery"                              \
	" WHERE state = 0 AND carrier = 0 AND queue = 0 AND due_ms <= ?2"      \
	" ORDER BY due_ms LIMIT ?5"
#define ITS                                        \
	" WHERE its_partner = ?3 AND its_kind = 0" \
	" AND (?4 = 0 OR its_run = ?4)"

const char *const outbox_sql_divert[2] = {
	[DB_SQLITE] =
	    "WITH front(due_row, its_partner, its_run, its_kind)"
	    " AS MATERIALIZED (" FRONT(
		"rowid") "), its(row_of_it) AS"
			 " MATERIALIZED (SELECT due_row FROM front" ITS ")"
			 " UPDATE delivery SET queue = ?1 FROM its"
			 " WHERE delivery.rowid = row_of_it",
	[DB_POSTGRESQL] = "WITH front AS MATERIALIZED (" FRONT(
	    "id AS its_id") " FOR UPDATE SKIP LOCKED)"
			    " UPDATE delivery SET queue = ?1 FROM front" ITS
			    " AND partner_id = its_partner AND id = its_id",
};

/* ---- what was counted ---- */

/* Whoever counts for a queue does so alone, until its unit has ended. */
const char *const outbox_sql_tally_lock[2] = {
	[DB_SQLITE] = NULL,
	[DB_POSTGRESQL] =
	    "SELECT 1 FROM (SELECT pg_advisory_xact_lock(?1)) AS l",
};

const char outbox_sql_tally[] =
    "SELECT slot, n FROM delivery_tally"
    " WHERE queue = ?1 AND what = ?2 AND slot >= ?3 ORDER BY slot";

const char outbox_sql_tally_add[] =
    "INSERT INTO delivery_tally(queue, what, slot, n) VALUES (?1, ?2, ?3, ?4)"
    " ON CONFLICT (queue, what, slot)"
    " DO UPDATE SET n = delivery_tally.n + excluded.n";

const char outbox_sql_tally_trim[] =
    "DELETE FROM delivery_tally WHERE queue = ?1 AND what = ?2 AND slot < ?3";

const char outbox_sql_tally_forget[] =
    "DELETE FROM delivery_tally WHERE queue = ?1";
