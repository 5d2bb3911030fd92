/*
 * Two tables. Their foreign keys begin with the partner, so that a lead of one
 * partner names neither an activation nor a mail of another.
 *
 * `person` is who the typed address is, `mailed` whose mail brought them. Both
 * are hashes, kept when the lead is erased: a condition "lead" still holds
 * then, and nobody is mailed the next step for having asked to be forgotten.
 *
 * A reply is known by a hash of its bytes. Its mail is the last column, so that
 * nobody who asks for another one reads through it, and is there until it has
 * been sent on.
 *
 * A column whose comment says "personal" is what lead_sql_erase and
 * lead_sql_reply_forget overwrite; a test compares them.
 */
#include "lead/lead_sql.h"

#include "lead/lead.h"

/* clang-format off */
static const char *const steps[] = {
	"CREATE TABLE lead (\n"
	"	partner_id    BIGINT NOT NULL,\n"
	"	id            BIGINT NOT NULL CHECK (id > 0),\n"
	"	activation_id BIGINT NOT NULL,\n"
	"	person        BLOB   CHECK (length(person) = 16),\n"
	"	mailed        BLOB   CHECK (length(mailed) = 16),\n"
	"	delivery      BLOB   CHECK (length(delivery) = 16),\n"
	"	revision      BLOB   NOT NULL CHECK (length(revision) = 32),\n"
	"	at_ms         BIGINT NOT NULL,\n"
	"	erased        BIGINT NOT NULL CHECK (erased IN (0, 1)),\n"
	"	campaign      TEXT   NOT NULL,\n"
	"	page          TEXT   NOT NULL,\n"
	"	form          TEXT   NOT NULL,\n"
	"	address       TEXT   NOT NULL, -- personal\n"
	"	given_name    TEXT   NOT NULL, -- personal\n"
	"	family_name   TEXT   NOT NULL, -- personal\n"
	"	company       TEXT   NOT NULL, -- personal\n"
	"	phone         TEXT   NOT NULL, -- personal\n"
	"	message       TEXT   NOT NULL, -- personal\n"
	"	fields        TEXT   NOT NULL, -- personal\n"
	"	consent_text  TEXT   NOT NULL,\n"
	"	language      TEXT   NOT NULL, -- personal\n"
	"	PRIMARY KEY (partner_id, id),\n"
	"	FOREIGN KEY (partner_id, activation_id)\n"
	"		REFERENCES activation(partner_id, id),\n"
	"	FOREIGN KEY (partner_id, delivery)\n"
	"		REFERENCES delivery(partner_id, id)\n"
	") /*sqlite STRICT, WITHOUT ROWID */;\n"
	"CREATE INDEX lead_by_time ON lead(partner_id, at_ms);\n"
	"CREATE INDEX lead_by_person ON lead(person, partner_id);\n"
	"CREATE INDEX lead_by_mailed ON lead(partner_id, mailed);\n"
	"CREATE VIEW lead_view AS\n"
	"	SELECT partner_id, activation_id, person FROM lead\n"
	"	WHERE person IS NOT NULL\n"
	"	UNION ALL\n"
	"	SELECT partner_id, activation_id, mailed FROM lead\n"
	"	WHERE mailed IS NOT NULL\n"
	"	AND (person IS NULL OR person <> mailed);\n"
	"CREATE VIEW lead_report_view AS\n"
	"	SELECT partner_id, id, activation_id, campaign, page, delivery,\n"
	"		at_ms FROM lead;\n",
	"CREATE VIEW claim_view AS\n"
	"	SELECT person, partner_id, at_ms FROM lead\n"
	"	WHERE person IS NOT NULL AND erased = 0\n"
	"	UNION ALL\n"
	"	SELECT mailed, partner_id, at_ms FROM lead\n"
	"	WHERE mailed IS NOT NULL AND erased = 0\n"
	"	AND (person IS NULL OR person <> mailed);\n",
	"CREATE TABLE reply (\n"
	"	partner_id    BIGINT NOT NULL,\n"
	"	id            BLOB   NOT NULL CHECK (length(id) = 16),\n"
	"	activation_id BIGINT NOT NULL,\n"
	"	delivery      BLOB   NOT NULL CHECK (length(delivery) = 16),\n"
	"	person        BLOB   NOT NULL CHECK (length(person) = 16),\n"
	"	at_ms         BIGINT NOT NULL,\n"
	"	bytes         BIGINT NOT NULL,\n"
	"	kept          BIGINT NOT NULL CHECK (kept IN (0, 1, 2)),\n"
	"	address       TEXT   NOT NULL, -- personal\n"
	"	name          TEXT   NOT NULL, -- personal\n"
	"	mail          BLOB, -- personal\n"
	"	PRIMARY KEY (partner_id, id),\n"
	"	FOREIGN KEY (partner_id, activation_id)\n"
	"		REFERENCES activation(partner_id, id),\n"
	"	FOREIGN KEY (partner_id, delivery)\n"
	"		REFERENCES delivery(partner_id, id)\n"
	") /*sqlite STRICT */;\n"
	"CREATE INDEX reply_by_person ON reply(partner_id, person);\n"
	"CREATE INDEX reply_by_delivery\n"
	"	ON reply(partner_id, delivery, at_ms);\n"
	"CREATE INDEX reply_spooled ON reply(at_ms) WHERE mail IS NOT NULL;\n"
	"CREATE VIEW reply_view AS\n"
	"	SELECT partner_id, activation_id, delivery, person, at_ms\n"
	"	FROM reply;\n",
};
/* clang-format on */

const struct db_schema lead_schema = {
	.area = "lead",
	.steps = steps,
	.step_count = COUNT_OF(steps),
};

#define TEXT(name) ", " #name

const char lead_sql_put[] =
    "INSERT INTO lead(partner_id, id, activation_id, person, mailed, delivery,"
    " revision, at_ms, erased" LEAD_TEXTS(
	TEXT) ")"
	      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, ?9, ?10, ?11, ?12, ?13, ?14,"
	      " ?15, ?16, ?17, ?18, ?19, ?20)"
	      " ON CONFLICT (partner_id, id) DO NOTHING";

const char lead_sql_thanked[] =
    "SELECT 1 FROM lead WHERE person = ?1 AND at_ms > ?2 LIMIT 1";

const char lead_sql_ids_of[] =
    "SELECT id FROM lead WHERE partner_id = ?1 AND person = ?2 AND erased = 0"
    " UNION SELECT id FROM lead WHERE partner_id = ?1 AND mailed = ?2"
    " AND erased = 0";

const char lead_sql_erase[] =
    "UPDATE lead SET address = '', given_name = '', family_name = '',"
    " company = '', phone = '', message = '', fields = '{}', language = '',"
    " erased = 1 WHERE partner_id = ?1 AND id = ?2";

#define SELECT_LEAD                                                         \
	"SELECT partner_id, id, activation_id, person, delivery, revision," \
	" at_ms, erased" LEAD_TEXTS(TEXT) " FROM lead"

const char lead_sql_get[] = SELECT_LEAD " WHERE partner_id = ?1 AND id = ?2";

#define NEWEST_FIRST                      \
	" AND (?2 = '' OR campaign = ?2)" \
	" ORDER BY at_ms DESC, partner_id, id LIMIT ?3"

const char lead_sql_list[] = SELECT_LEAD " WHERE ?1 < 0" NEWEST_FIRST;
const char lead_sql_list_of[] =
    SELECT_LEAD " WHERE partner_id = ?1" NEWEST_FIRST;

/* ---- replies ---- */

const char lead_sql_reply_count_since[] =
    "SELECT count(*) FROM reply WHERE partner_id = ?1 AND delivery = ?2"
    " AND at_ms > ?3 AND kept = 0";

/* One that was too many may be no longer. */
const char lead_sql_reply_put[] =
    "INSERT INTO reply(partner_id, id, activation_id, delivery, person, at_ms,"
    " bytes, kept, address, name, mail)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"
    " ON CONFLICT (partner_id, id) DO UPDATE SET kept = 0, at_ms = ?6,"
    " address = ?9, name = ?10, mail = ?11 WHERE reply.kept = 1 AND ?8 = 0";

const char lead_sql_reply_kept[] =
    "SELECT kept FROM reply WHERE partner_id = ?1 AND id = ?2";

const char lead_sql_reply_get[] =
    "SELECT activation_id, delivery, person, at_ms, bytes, kept, address, name,"
    " mail FROM reply WHERE partner_id = ?1 AND id = ?2";

#define FORGET "UPDATE reply SET address = '', name = '', mail = NULL"

const char lead_sql_reply_forget[] =
    FORGET " WHERE partner_id = ?1 AND id = ?2 AND mail IS NOT NULL";

const char lead_sql_reply_old[] =
    "SELECT 1 FROM reply WHERE mail IS NOT NULL AND at_ms < ?1 LIMIT 1";

const char lead_sql_reply_expire[] =
    FORGET " WHERE mail IS NOT NULL AND at_ms < ?1";

const char lead_sql_replies_of[] =
    "SELECT id FROM reply WHERE partner_id = ?1 AND person = ?2"
    " AND mail IS NOT NULL";

const char lead_sql_reply_counts[] =
    "SELECT count(*), sum(CASE WHEN mail IS NULL THEN 0 ELSE 1 END),"
    " sum(CASE kept WHEN 0 THEN 0 ELSE 1 END) FROM reply"
    " WHERE ?1 < 0 OR partner_id = ?1";

const char lead_sql_replied[] =
    "SELECT max(at_ms) FROM reply WHERE partner_id = ?1 AND person = ?2"
    " AND activation_id = ?3";
