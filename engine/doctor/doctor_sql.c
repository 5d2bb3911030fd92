/*
 * All SQL of this folder.
 */
#include "doctor/doctor_sql.h"

#include "doctor/doctor_watch.h"

static const char *const steps[] = {
	"CREATE TABLE doctor_check (\n"
	"	domain     TEXT   NOT NULL PRIMARY KEY CHECK (domain <> ''),\n"
	"	next_ms    BIGINT NOT NULL,\n"
	"	checked_ms BIGINT NOT NULL,\n"
	"	errors     BIGINT NOT NULL,\n"
	"	unknown    BIGINT NOT NULL,\n"
	"	warnings   BIGINT NOT NULL,\n"
	"	since_ms   BIGINT NOT NULL,\n"
	"	worst      TEXT   NOT NULL\n"
	") /*sqlite STRICT, WITHOUT ROWID */;\n",
	"CREATE TABLE doctor_probe (\n"
	"	id       BLOB   NOT NULL PRIMARY KEY CHECK (length(id) = 16),\n"
	"	domain   TEXT   NOT NULL,\n"
	"	envelope TEXT   NOT NULL,\n"
	"	address  TEXT   NOT NULL,\n"
	"	sent_ms  BIGINT NOT NULL,\n"
	"	state    BIGINT NOT NULL CHECK (state IN (0, 1, 2)),\n"
	"	done_ms  BIGINT NOT NULL,\n"
	"	said     TEXT   NOT NULL\n"
	") /*sqlite STRICT, WITHOUT ROWID */;\n",
	"CREATE TABLE doctor_notice (\n"
	"	partner_id BIGINT NOT NULL,\n"
	"	at_ms      BIGINT NOT NULL,\n"
	"	is_back    BIGINT NOT NULL CHECK (is_back IN (0, 1)),\n"
	"	since_ms   BIGINT NOT NULL,\n"
	"	domain     TEXT   NOT NULL,\n"
	"	instead    TEXT   NOT NULL,\n"
	"	asked      TEXT   NOT NULL,\n"
	"	found      TEXT   NOT NULL,\n"
	"	expected   TEXT   NOT NULL,\n"
	"	advice     TEXT   NOT NULL,\n"
	"	PRIMARY KEY (partner_id, at_ms, is_back)\n"
	") /*sqlite STRICT, WITHOUT ROWID */;\n",
};

const struct db_schema doctor_schema = {
	.area = "doctor",
	.steps = steps,
	.step_count = COUNT_OF(steps),
};

const char doctor_sql_count[] = "SELECT count(*) FROM doctor_check";

const char doctor_sql_list[] =
    "SELECT domain, next_ms, checked_ms, errors, unknown, warnings, since_ms,"
    " worst FROM doctor_check ORDER BY domain";

const char doctor_sql_take[] =
    "INSERT INTO doctor_check(domain, next_ms, checked_ms, errors, unknown,"
    " warnings, since_ms, worst) VALUES (?1, ?2, 0, 0, 0, 0, 0, '')"
    " ON CONFLICT (domain) DO UPDATE SET next_ms = excluded.next_ms"
    " WHERE doctor_check.next_ms <= ?3";

const char doctor_sql_put[] =
    "UPDATE doctor_check SET next_ms = ?2, checked_ms = ?3, errors = ?4,"
    " unknown = ?5, warnings = ?6, worst = ?7, since_ms = CASE"
    " WHEN ?4 = 0 THEN 0 WHEN since_ms > 0 THEN since_ms ELSE ?3 END"
    " WHERE domain = ?1";

const char doctor_sql_drop[] = "DELETE FROM doctor_check WHERE domain = ?1";

/* ---- notices ---- */

const char doctor_sql_notice_put[] =
    "INSERT INTO doctor_notice(partner_id, at_ms, is_back, since_ms, domain,"
    " instead, asked, found, expected, advice)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
    " ON CONFLICT (partner_id, at_ms, is_back) DO NOTHING";

const char doctor_sql_notice_get[] =
    "SELECT since_ms, domain, instead, asked, found, expected, advice"
    " FROM doctor_notice WHERE partner_id = ?1 AND at_ms = ?2"
    " AND is_back = ?3";

/* ---- probes ---- */

const char doctor_sql_probe_put[] =
    "INSERT INTO doctor_probe(id, domain, envelope, address, sent_ms, state,"
    " done_ms, said) VALUES (?1, ?2, ?3, ?4, ?5, 0, 0, '')";

const char doctor_sql_probe_end[] =
    "UPDATE doctor_probe SET state = ?2, done_ms = ?3, said = ?4"
    " WHERE id = ?1 AND state = 0";

const char doctor_sql_probe_find[] = "SELECT 1 FROM doctor_probe WHERE id = ?1";

const char doctor_sql_probe_forget[] =
    "DELETE FROM doctor_probe WHERE sent_ms < ?1";

/* Few are sent, by hand: no index. */
const char doctor_sql_probe_last[] =
    "SELECT address, sent_ms, state, done_ms, said FROM doctor_probe"
    " WHERE domain = ?1 AND envelope = ?2 AND sent_ms >= ?3"
    " ORDER BY sent_ms DESC, id LIMIT 1";
