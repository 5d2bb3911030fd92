/*
 * All SQL of this folder.
 *
 * A partner's tables begin with partner_id. The vendor's own tables, which no
 * session of a partner may see, are pause, suppression, person_slot, frequency
 * and one_partner; what is asked of one person begins with the person.
 *
 * A column whose comment says "personal" holds what a person may ask to see
 * or to have erased. Tests compare these marks with what erasing does.
 *
 * Numbers in CHECKs and views are those of the enums in partner.h; a test
 * provokes each reason of the gate by name. For IN with three numbers or more
 * SQLite makes a table whenever a row is put; BETWEEN is two comparisons
 * (docs/decisions/024). contact_by_person serves lookups with and without the
 * partner, and is the constraint that makes an import an update.
 */
#include "partner/partner_sql.h"

#include "partner/partner.h"

static const char tables_of_partners[] =
    "CREATE TABLE partner (\n"
    "	id          BIGINT NOT NULL PRIMARY KEY,\n"
    "	slug        TEXT   NOT NULL UNIQUE,\n"
    "	company     TEXT   NOT NULL,\n"
    "	tier        TEXT   NOT NULL,\n"
    "	region      TEXT   NOT NULL,\n"
    "	country     TEXT   NOT NULL,\n"
    "	language    TEXT   NOT NULL,\n"
    "	time_zone   TEXT   NOT NULL,\n"
    "	phone       TEXT   NOT NULL, -- personal\n"
    "	street      TEXT   NOT NULL,\n"
    "	postcode    TEXT   NOT NULL,\n"
    "	city        TEXT   NOT NULL,\n"
    "	website     TEXT   NOT NULL,\n"
    "	owner_name  TEXT   NOT NULL, -- personal\n"
    "	owner_email TEXT   NOT NULL, -- personal\n"
    "	lead_email  TEXT   NOT NULL, -- personal\n"
    "	logo        TEXT   NOT NULL,\n"
    "	attributes  TEXT   NOT NULL, -- personal\n"
    "	status      BIGINT NOT NULL CHECK (status IN (0, 1)),\n"
    "	changed_ms  BIGINT NOT NULL\n"
    ") /*sqlite STRICT */;\n"
    "INSERT INTO partner VALUES (0, '', '', '', '', '', '', '', '', '', '',"
    " '', '', '', '', '', '', '{}', 0, 0);\n"

    "CREATE TABLE partner_profile (\n"
    "	partner_id BIGINT NOT NULL REFERENCES partner(id),\n"
    "	field      TEXT   NOT NULL,\n"
    "	value      TEXT   NOT NULL, -- personal\n"
    "	set_ms     BIGINT NOT NULL,\n"
    "	PRIMARY KEY (partner_id, field)\n"
    ") /*sqlite STRICT, WITHOUT ROWID */;\n"

    "CREATE TABLE sender (\n"
    "	partner_id     BIGINT NOT NULL REFERENCES partner(id),\n"
    "	id             BIGINT NOT NULL,\n"
    "	from_name      TEXT   NOT NULL,\n"
    "	from_address   TEXT   NOT NULL,\n"
    "	reply_to       TEXT   NOT NULL, -- personal\n"
    "	postal_address TEXT   NOT NULL,\n"
    "	opt_out_scope  TEXT   NOT NULL\n"
    "		CHECK (opt_out_scope IN ('partner', 'vendor')),\n"
    "	PRIMARY KEY (partner_id, id)\n"
    ") /*sqlite STRICT, WITHOUT ROWID */;\n"

    "CREATE TABLE activation (\n"
    "	partner_id BIGINT NOT NULL REFERENCES partner(id),\n"
    "	id         BIGINT NOT NULL,\n"
    "	campaign   TEXT   NOT NULL CHECK (campaign <> ''),\n"
    "	revision   BLOB   NOT NULL CHECK (length(revision) = 32),\n"
    "	parameters TEXT   NOT NULL,\n"
    "	start_ms   BIGINT NOT NULL,\n"
    "	state      BIGINT NOT NULL CHECK (state IN (0, 1)),\n"
    "	changed_ms BIGINT NOT NULL,\n"
    "	PRIMARY KEY (partner_id, id)\n"
    ") /*sqlite STRICT, WITHOUT ROWID */;\n"
    "CREATE INDEX activation_by_campaign\n"
    "	ON activation (campaign, partner_id, id);\n"

    "CREATE TABLE contact (\n"
    "	partner_id     BIGINT NOT NULL REFERENCES partner(id),\n"
    "	id             BIGINT NOT NULL,\n"
    "	person_hash    BLOB   NOT NULL CHECK (length(person_hash) = 16),\n"
    "	address        TEXT   NOT NULL, -- personal\n"
    "	given_name     TEXT   NOT NULL, -- personal\n"
    "	family_name    TEXT   NOT NULL, -- personal\n"
    "	company        TEXT   NOT NULL, -- personal\n"
    "	phone          TEXT   NOT NULL, -- personal\n"
    "	language       TEXT   NOT NULL, -- personal\n"
    "	country        TEXT   NOT NULL, -- personal\n"
    "	time_zone      TEXT   NOT NULL, -- personal\n"
    "	tags           TEXT   NOT NULL, -- personal\n"
    "	attributes     TEXT   NOT NULL, -- personal\n"
    "	consent        BIGINT NOT NULL CHECK (consent BETWEEN 0 AND 2),\n"
    "	consent_basis  TEXT   NOT NULL, -- personal\n"
    "	consent_source TEXT   NOT NULL, -- personal\n"
    "	consent_ms     BIGINT NOT NULL,\n"
    "	deleted        BIGINT NOT NULL CHECK (deleted IN (0, 1)),\n"
    "	changed_ms     BIGINT NOT NULL,\n"
    "	PRIMARY KEY (partner_id, id)\n"
    ") /*sqlite STRICT, WITHOUT ROWID */;\n"
    "CREATE UNIQUE INDEX contact_by_person\n"
    "	ON contact (person_hash, partner_id);\n";

static const char tables_of_the_vendor[] =
    /* '' is every campaign, 0 every partner. */
    "CREATE TABLE pause (\n"
    "	campaign   TEXT   NOT NULL,\n"
    "	partner_id BIGINT NOT NULL REFERENCES partner(id),\n"
    "	at_ms      BIGINT NOT NULL,\n"
    "	PRIMARY KEY (campaign, partner_id)\n"
    ") /*sqlite STRICT, WITHOUT ROWID */;\n"

    /* partner_id is 0 and brand '' where the scope does not go by them. */
    "CREATE TABLE suppression (\n"
    "	person_hash BLOB   NOT NULL CHECK (length(person_hash) = 16),\n"
    "	scope       BIGINT NOT NULL CHECK (scope IN (0, 1, 2)),\n"
    "	partner_id  BIGINT NOT NULL REFERENCES partner(id),\n"
    "	brand       TEXT   NOT NULL,\n"
    "	reason      TEXT   NOT NULL,\n"
    "	at_ms       BIGINT NOT NULL,\n"
    "	PRIMARY KEY (person_hash, scope, partner_id, brand)\n"
    ") /*sqlite STRICT, WITHOUT ROWID */;\n"

    "CREATE TABLE person_slot (\n"
    "	person_hash BLOB   NOT NULL CHECK (length(person_hash) = 16),\n"
    "	campaign    TEXT   NOT NULL,\n"
    "	partner_id  BIGINT NOT NULL REFERENCES partner(id),\n"
    "	PRIMARY KEY (person_hash, campaign)\n"
    ") /*sqlite STRICT, WITHOUT ROWID */;\n"

    "CREATE TABLE person_touch (\n"
    "	person_hash  BLOB   NOT NULL CHECK (length(person_hash) = 16),\n"
    "	window_start BIGINT NOT NULL,\n"
    "	n            BIGINT NOT NULL,\n"
    "	PRIMARY KEY (person_hash, window_start)\n"
    ") /*sqlite STRICT, WITHOUT ROWID */;\n";

/*
 * Each pause by its key. With IN (...) for both columns SQLite would make two
 * tables whenever the gate is asked.
 */
#define PAUSE(campaign, partner)                                 \
	"EXISTS (SELECT 1 FROM pause WHERE campaign = " campaign \
	" AND partner_id = " partner ")"
#define IS_PAUSED                                                   \
	PAUSE("''", "0")                                            \
	"\n	OR " PAUSE("''", "a.partner_id") "\n	OR " PAUSE( \
	    "a.campaign", "0") "\n	OR " PAUSE("a.campaign",    \
						   "a.partner_id")

static const char views[] =
    "CREATE VIEW activation_gate AS\n"
    "SELECT a.partner_id, a.id AS activation_id, CASE\n"
    "	WHEN p.status <> 0 THEN 10\n"
    "	WHEN a.state <> 0 THEN 11\n"
    "	WHEN " IS_PAUSED " THEN 12\n"
    "	ELSE 0 END AS reason\n"
    "FROM activation AS a JOIN partner AS p ON p.id = a.partner_id;\n"

    "CREATE VIEW send_gate AS\n"
    "SELECT a.partner_id, a.id AS activation_id, c.person_hash AS person, CASE\n"
    "	WHEN c.address = '' THEN 2\n"
    "	WHEN c.deleted <> 0 THEN 3\n"
    "	WHEN EXISTS (SELECT 1 FROM suppression AS s\n"
    "		WHERE s.person_hash = c.person_hash AND s.scope = 0\n"
    "		AND s.partner_id = c.partner_id) THEN 4\n"
    "	WHEN EXISTS (SELECT 1 FROM suppression AS s\n"
    "		WHERE s.person_hash = c.person_hash AND s.scope = 1) THEN 5\n"
    "	WHEN EXISTS (SELECT 1 FROM suppression AS s\n"
    "		WHERE s.person_hash = c.person_hash AND s.scope = 2) THEN 6\n"
    "	WHEN c.consent = 2 THEN 7\n"
    "	WHEN c.consent <> 1 THEN 8\n"
    "	WHEN EXISTS (SELECT 1 FROM person_slot AS t\n"
    "		WHERE t.person_hash = c.person_hash\n"
    "		AND t.campaign = a.campaign\n"
    "		AND t.partner_id <> a.partner_id) THEN 9\n"
    "	ELSE g.reason END AS reason\n"
    "FROM activation AS a\n"
    "JOIN contact AS c ON c.partner_id = a.partner_id\n"
    "JOIN activation_gate AS g\n"
    "	ON g.partner_id = a.partner_id AND g.activation_id = a.id;\n";

static const char endpoints[] =
    "CREATE TABLE partner_endpoint (\n"
    "	partner_id BIGINT NOT NULL REFERENCES partner(id),\n"
    "	purpose    BIGINT NOT NULL CHECK (purpose IN (0, 1)),\n"
    "	url        TEXT   NOT NULL CHECK (url <> ''),\n"
    "	sealed     BLOB   NOT NULL,\n"
    "	enabled    BIGINT NOT NULL CHECK (enabled IN (0, 1)),\n"
    "	reason     TEXT   NOT NULL,\n"
    "	changed_ms BIGINT NOT NULL,\n"
    "	PRIMARY KEY (partner_id, purpose)\n"
    ") /*sqlite STRICT, WITHOUT ROWID */;\n";

/*
 * How often a list has got somebody who may be mailed now and could not
 * before. It rises in the unit that does it, so it is exact where times of
 * change, which may be those of a clock long read, are not.
 */
static const char contact_changes[] =
    "CREATE TABLE contact_change (\n"
    "	partner_id BIGINT NOT NULL PRIMARY KEY REFERENCES partner(id),\n"
    "	n          BIGINT NOT NULL\n"
    ") /*sqlite STRICT */;\n"
    "INSERT INTO contact_change(partner_id, n)\n"
    "	SELECT DISTINCT partner_id, 1 FROM contact;\n"
    "CREATE VIEW contact_change_view AS\n"
    "	SELECT partner_id, n FROM contact_change;\n"
    "CREATE VIEW activation_view AS\n"
    "	SELECT partner_id, id, campaign, revision, start_ms, state\n"
    "	FROM activation;\n";

/* Who changed is found by the list's count at the change, as exact as that. */
static const char contact_change_of_each[] =
    "ALTER TABLE contact ADD COLUMN change_n BIGINT NOT NULL DEFAULT 0;\n";

/* The last index is what makes the pair to activate the only one. */
static const char signing_keys[] =
    "CREATE TABLE partner_dkim (\n"
    "	partner_id     BIGINT NOT NULL REFERENCES partner(id),\n"
    "	domain         TEXT   NOT NULL CHECK (domain <> ''),\n"
    "	generation     BIGINT NOT NULL CHECK (generation > 0),\n"
    "	selector       TEXT   NOT NULL UNIQUE CHECK (selector <> ''),\n"
    "	rsa_public     BLOB   NOT NULL,\n"
    "	ed25519_public BLOB   NOT NULL,\n"
    "	rsa_sealed     BLOB   NOT NULL,\n"
    "	ed25519_sealed BLOB   NOT NULL,\n"
    "	made_ms        BIGINT NOT NULL,\n"
    "	active_ms      BIGINT CHECK (active_ms > 0),\n"
    "	retired_ms     BIGINT CHECK (retired_ms >= active_ms),\n"
    "	CHECK (retired_ms IS NULL OR active_ms IS NOT NULL),\n"
    "	PRIMARY KEY (partner_id, domain, generation)\n"
    ") /*sqlite STRICT, WITHOUT ROWID */;\n"
    "CREATE UNIQUE INDEX partner_dkim_made\n"
    "	ON partner_dkim (partner_id, domain) WHERE active_ms IS NULL;\n";

static const char return_addresses[] =
    "ALTER TABLE sender ADD COLUMN bounces TEXT NOT NULL DEFAULT '';\n";

static const char fallbacks[] =
    "ALTER TABLE sender ADD COLUMN down_ms BIGINT CHECK (down_ms > 0);\n";

/* The reasons of a person, as far as no campaign comes into it. */
#define PERSON_REASONS                                                 \
	"WHEN c.address = '' THEN 2"                                   \
	" WHEN c.deleted <> 0 THEN 3"                                  \
	" WHEN EXISTS (SELECT 1 FROM suppression AS s"                 \
	" WHERE s.person_hash = c.person_hash AND s.scope = 0"         \
	" AND s.partner_id = c.partner_id) THEN 4"                     \
	" WHEN EXISTS (SELECT 1 FROM suppression AS s"                 \
	" WHERE s.person_hash = c.person_hash AND s.scope = 1) THEN 5" \
	" WHEN EXISTS (SELECT 1 FROM suppression AS s"                 \
	" WHERE s.person_hash = c.person_hash AND s.scope = 2) THEN 6" \
	" WHEN c.consent = 2 THEN 7"                                   \
	" WHEN c.consent <> 1 THEN 8"

/*
 * Another partner has the person. A slot counts only while its campaign says
 * so: what was decided is kept when the vendor takes it back, and binds nobody.
 */
#define IS_ANOTHERS(campaign)                                              \
	"EXISTS (SELECT 1 FROM person_slot AS t"                           \
	" WHERE t.person_hash = c.person_hash"                             \
	" AND t.campaign = " campaign " AND t.partner_id <> c.partner_id)" \
	" AND EXISTS (SELECT 1 FROM one_partner AS o"                      \
	" WHERE o.campaign = " campaign ")"

/*
 * How often each person was mailed is in the deliveries and nowhere else:
 * person_touch was to count it and never did.
 *
 * added_ms: when the person first came on the list, whatever became of it
 * since; 0: before that was noted.
 */
static const char policies[] =
    "DROP TABLE person_touch;\n"
    "CREATE TABLE frequency (\n"
    "	scope     BIGINT PRIMARY KEY CHECK (scope IN (0, 1)),\n"
    "	most      BIGINT NOT NULL CHECK (most > 0),\n"
    "	window_ms BIGINT NOT NULL CHECK (window_ms > 0)\n"
    ") /*sqlite STRICT */;\n"
    "CREATE TABLE one_partner (\n"
    "	campaign  TEXT NOT NULL PRIMARY KEY,\n"
    "	customers TEXT NOT NULL,\n"
    "	tags      TEXT NOT NULL\n"
    ") /*sqlite STRICT, WITHOUT ROWID */;\n"
    "ALTER TABLE person_slot ADD COLUMN rule TEXT NOT NULL DEFAULT '';\n"
    "ALTER TABLE person_slot ADD COLUMN at_ms BIGINT NOT NULL DEFAULT 0;\n"
    "ALTER TABLE contact ADD COLUMN added_ms BIGINT NOT NULL DEFAULT 0;\n"
    "CREATE VIEW frequency_view AS\n"
    "	SELECT scope, most, window_ms FROM frequency;\n"
    "CREATE VIEW contact_partner_view AS\n"
    "	SELECT person_hash AS person, partner_id FROM contact;\n"
    "CREATE VIEW rival_view AS\n"
    "SELECT c.person_hash AS person, a.campaign, c.partner_id,\n"
    "	c.tags, c.consent_ms, c.added_ms, CASE " PERSON_REASONS "\n"
    "	WHEN p.status <> 0 THEN 10 WHEN a.state <> 0 THEN 11\n"
    "	ELSE 0 END AS reason\n"
    "FROM contact AS c JOIN partner AS p ON p.id = c.partner_id\n"
    "JOIN activation AS a ON a.partner_id = c.partner_id;\n"
    "DROP VIEW send_gate;\n"
    "CREATE VIEW send_gate AS\n"
    "SELECT a.partner_id, a.id AS activation_id, c.person_hash AS person,"
    " CASE " PERSON_REASONS "\n"
    "	WHEN g.reason = 10 OR g.reason = 11 THEN g.reason\n"
    "	WHEN " IS_ANOTHERS(
	"a.campaign") " THEN 9\n"
		      "	ELSE g.reason END AS reason\n"
		      "FROM activation AS a\n"
		      "JOIN contact AS c ON c.partner_id = a.partner_id\n"
		      "JOIN activation_gate AS g\n"
		      "	ON g.partner_id = a.partner_id AND g.activation_id = a.id;\n";

static const char replies_of_partners[] =
    "ALTER TABLE partner ADD COLUMN replies TEXT NOT NULL DEFAULT '';\n";

static const char *const steps[] = {
	tables_of_partners, tables_of_the_vendor, views,
	endpoints,	    contact_changes,	  contact_change_of_each,
	signing_keys,	    return_addresses,	  policies,
	fallbacks,	    replies_of_partners,
};

const struct db_schema partner_schema = {
	.area = "partner",
	.steps = steps,
	.step_count = COUNT_OF(steps),
};

/* ---- partners ---- */

/* New ids are the highest and one: two who both see the same would collide. */
const char *const partner_sql_lock_partners[] = {
	[DB_SQLITE] = NULL,
	[DB_POSTGRESQL] = "SELECT id FROM partner WHERE id = 0"
			  " FOR NO KEY UPDATE",
};

#define PARTNER_FILE_COLUMNS                                   \
	"company, tier, region, country, language, time_zone," \
	" phone, street, postcode, city, website, owner_name," \
	" owner_email, lead_email, logo, replies, attributes, status"

#define EXCLUDED_FILE_COLUMNS                                        \
	"excluded.company, excluded.tier, excluded.region,"          \
	" excluded.country, excluded.language, excluded.time_zone,"  \
	" excluded.phone, excluded.street, excluded.postcode,"       \
	" excluded.city, excluded.website, excluded.owner_name,"     \
	" excluded.owner_email, excluded.lead_email, excluded.logo," \
	" excluded.replies, excluded.attributes, excluded.status"

#define STORED_FILE_COLUMNS                                               \
	"partner.company, partner.tier, partner.region, partner.country," \
	" partner.language, partner.time_zone, partner.phone,"            \
	" partner.street, partner.postcode, partner.city,"                \
	" partner.website, partner.owner_name, partner.owner_email,"      \
	" partner.lead_email, partner.logo, partner.replies,"             \
	" partner.attributes,"                                            \
	" partner.status"

const char partner_sql_put[] =
    "INSERT INTO partner(id, slug, changed_ms, " PARTNER_FILE_COLUMNS ")"
    " SELECT max(id) + 1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,"
    " ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20 FROM partner WHERE id >= 0"
    " ON CONFLICT (slug) DO UPDATE SET changed_ms = excluded.changed_ms,"
    " (" PARTNER_FILE_COLUMNS ") = (" EXCLUDED_FILE_COLUMNS ")"
    " WHERE (" STORED_FILE_COLUMNS ") <> (" EXCLUDED_FILE_COLUMNS ")";

const char partner_sql_id[] = "SELECT id FROM partner WHERE slug = ?1";

#define SELECT_PARTNER "SELECT id, slug, " PARTNER_FILE_COLUMNS " FROM partner"

const char partner_sql_get[] = SELECT_PARTNER " WHERE id = ?1";
const char partner_sql_find[] = SELECT_PARTNER " WHERE slug = ?1";
const char partner_sql_list[] = SELECT_PARTNER " WHERE id > 0 ORDER BY id";

const char partner_sql_profile[] =
    "SELECT field, value FROM partner_profile WHERE partner_id = ?1";

const char partner_sql_profiles[] =
    "SELECT partner_id, field, value FROM partner_profile ORDER BY partner_id";

const char partner_sql_profile_set[] =
    "INSERT INTO partner_profile(partner_id, field, value, set_ms)"
    " SELECT id, ?2, ?3, ?4 FROM partner WHERE id = ?1"
    " ON CONFLICT (partner_id, field)"
    " DO UPDATE SET value = excluded.value, set_ms = excluded.set_ms";

const char partner_sql_profile_reset[] =
    "DELETE FROM partner_profile WHERE partner_id = ?1 AND field = ?2";

/* ---- senders ---- */

/* An address that is another was not looked at yet. */
const char partner_sql_sender_put[] =
    "INSERT INTO sender(partner_id, id, from_name, from_address, reply_to,"
    " postal_address, opt_out_scope, bounces)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
    " ON CONFLICT (partner_id, id) DO UPDATE SET"
    " down_ms = CASE WHEN sender.from_address = excluded.from_address"
    " THEN sender.down_ms END,"
    " from_name = excluded.from_name,"
    " from_address = excluded.from_address,"
    " reply_to = excluded.reply_to,"
    " postal_address = excluded.postal_address,"
    " opt_out_scope = excluded.opt_out_scope,"
    " bounces = excluded.bounces";

#define SENDERS                                                         \
	"SELECT partner_id, id, from_name, from_address, reply_to,"     \
	" postal_address, opt_out_scope, bounces, COALESCE(down_ms, 0)" \
	" FROM sender"

const char partner_sql_sender_get[] =
    SENDERS " WHERE partner_id = ?1 AND id = ?2";

/* The default's id is the lowest. */
const char partner_sql_senders[] =
    SENDERS " WHERE partner_id = ?1 ORDER BY CASE WHEN EXISTS (SELECT 1"
	    " FROM sender AS d WHERE d.partner_id = ?1 AND d.id = ?2"
	    " AND d.down_ms > 0) THEN -id ELSE id END";

const char partner_sql_sender_drop[] =
    "DELETE FROM sender WHERE partner_id = ?1 AND id = ?2";

const char partner_sql_sender_down[] =
    "UPDATE sender SET down_ms = ?3 WHERE partner_id = ?1 AND id = ?2"
    " AND (COALESCE(down_ms, 0) > 0) <> (COALESCE(?3, 0) > 0)";

const char partner_sql_sender_list[] = SENDERS " ORDER BY partner_id, id";

/* ---- pauses ---- */

const char partner_sql_pause[] =
    "INSERT INTO pause(campaign, partner_id, at_ms) VALUES (?1, ?2, ?3)"
    " ON CONFLICT (campaign, partner_id) DO NOTHING";

const char partner_sql_resume[] =
    "DELETE FROM pause WHERE campaign = ?1 AND partner_id = ?2";

const char partner_sql_pauses[] =
    "SELECT h.campaign, CASE WHEN h.partner_id = 0 THEN '' ELSE p.slug END,"
    " h.at_ms FROM pause AS h JOIN partner AS p ON p.id = h.partner_id"
    " ORDER BY h.at_ms, h.campaign, h.partner_id";

/* ---- activations ---- */

const char partner_sql_activation_start[] =
    "INSERT INTO activation(partner_id, id, campaign, revision, parameters,"
    " start_ms, state, changed_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

const char partner_sql_activation_update[] =
    "UPDATE activation SET revision = ?3, parameters = ?4, state = ?5,"
    " changed_ms = ?6 WHERE partner_id = ?1 AND id = ?2 AND state = 0";

const char partner_sql_activation_reopen[] =
    "UPDATE activation SET state = 0, revision = ?3, changed_ms = ?4"
    " WHERE partner_id = ?1 AND id = ?2 AND state = 1";

#define SELECT_ACTIVATION                                        \
	"SELECT partner_id, id, campaign, revision, parameters," \
	" start_ms, state FROM activation"

const char partner_sql_activation_get[] =
    SELECT_ACTIVATION " WHERE partner_id = ?1 AND id = ?2";

const char partner_sql_activation_list[] =
    SELECT_ACTIVATION " WHERE partner_id BETWEEN ?1 AND ?2"
		      " ORDER BY partner_id, id";

const char partner_sql_activation_list_of[] =
    SELECT_ACTIVATION " WHERE partner_id BETWEEN ?1 AND ?2"
		      " AND campaign = ?3 ORDER BY partner_id, id";

/* ---- contacts ---- */

#define CONTACT_COLUMNS                                               \
	"partner_id, id, person_hash, address, given_name,"           \
	" family_name, company, phone, language, country, time_zone," \
	" tags, attributes, consent, consent_basis, consent_source,"  \
	" consent_ms, deleted"

/* What partner_sql_contact_changed has just made of it, in the same unit. */
#define CHANGE_N "(SELECT n FROM contact_change WHERE partner_id = ?1)"

#define INSERT_CONTACT                                                          \
	"INSERT INTO contact(" CONTACT_COLUMNS                                  \
	", changed_ms, added_ms, change_n)"                                     \
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14," \
	" ?15, ?16, ?17, 0, ?18, ?18, " CHANGE_N ")"

const char partner_sql_contact_insert[] =
    INSERT_CONTACT " ON CONFLICT (person_hash, partner_id) DO NOTHING";

const char partner_sql_contact_add[] = INSERT_CONTACT " ON CONFLICT DO NOTHING";

/*
 * The same arguments. An erased row lives on by a consent that is dated after
 * the erasure, which changed it last. Of the two consents the later in the
 * order of enum consent_state counts, then the later in time; a CASE for each
 * column, for all of them see the row as it was.
 */
#define CONSENT_RISES                      \
	"(consent < ?14 OR (consent = ?14" \
	" AND consent_ms <= ?17))"

const char partner_sql_contact_update[] =
    "UPDATE contact SET address = ?4, given_name = ?5, family_name = ?6,"
    " company = ?7, phone = ?8, language = ?9, country = ?10,"
    " time_zone = ?11, tags = ?12, attributes = ?13,"
    " consent = CASE WHEN " CONSENT_RISES " THEN ?14 ELSE consent END,"
    " consent_basis = CASE WHEN " CONSENT_RISES
    " THEN ?15 ELSE consent_basis END,"
    " consent_source = CASE WHEN " CONSENT_RISES
    " THEN ?16 ELSE consent_source END,"
    " consent_ms = CASE WHEN " CONSENT_RISES " THEN ?17 ELSE consent_ms END,"
    " deleted = 0, changed_ms = ?18, change_n = " CHANGE_N
    " WHERE partner_id = ?1 AND id = ?2 AND person_hash = ?3"
    " AND (address <> '' OR consent = 1"
    " OR (consent = 0 AND ?14 = 1 AND ?17 > changed_ms))";

#define SELECT_CONTACT "SELECT " CONTACT_COLUMNS ", changed_ms FROM contact"

const char partner_sql_contact_find[] =
    SELECT_CONTACT " WHERE partner_id = ?1 AND person_hash = ?2";

const char partner_sql_contact_at[] =
    SELECT_CONTACT " WHERE partner_id = ?1 AND id = ?2";

const char partner_sql_contact_between[] =
    SELECT_CONTACT " WHERE partner_id = ?1 AND id BETWEEN ?2 AND ?3"
		   " ORDER BY id LIMIT ?4";

const char partner_sql_contact_list[] =
    SELECT_CONTACT " WHERE partner_id = ?1 AND id > ?2 AND deleted = 0"
		   " AND address <> '' ORDER BY id LIMIT ?3";

const char partner_sql_contact_partners[] =
    "SELECT partner_id FROM contact WHERE person_hash = ?1"
    " ORDER BY partner_id LIMIT ?2";

const char partner_sql_contact_delete[] =
    "UPDATE contact SET deleted = 1, changed_ms = ?3"
    " WHERE partner_id = ?1 AND person_hash = ?2 AND deleted = 0"
    " AND address <> ''";

/* A consent that was withdrawn is an opt-out, and stays. */
const char partner_sql_contact_erase[] =
    "UPDATE contact SET address = '', given_name = '', family_name = '',"
    " company = '', phone = '', language = '', country = '',"
    " time_zone = '', tags = '', attributes = '{}', consent_basis = '',"
    " consent_source = '', consent_ms = 0,"
    " consent = CASE WHEN consent = 2 THEN 2 ELSE 0 END, changed_ms = ?3"
    " WHERE partner_id = ?1 AND person_hash = ?2";

const char partner_sql_contact_consent[] =
    "UPDATE contact SET consent = ?3, consent_source = ?4, consent_ms = ?5,"
    " consent_basis = CASE WHEN ?3 = 1 THEN 'opt-in' ELSE consent_basis END,"
    " changed_ms = ?5,"
    " change_n = CASE WHEN ?3 = 1 THEN " CHANGE_N " ELSE change_n END"
    " WHERE partner_id = ?1 AND person_hash = ?2";

const char partner_sql_contact_changed[] =
    "INSERT INTO contact_change(partner_id, n) VALUES (?1, 1)"
    " ON CONFLICT (partner_id) DO UPDATE SET n = contact_change.n + 1";

/* ---- the audience ---- */

/* The gate as it would be in a campaign; what concerns one person is c's. */
#define PERSON_GATE(campaign)                                         \
	"CASE " PERSON_REASONS " WHEN " IS_ANOTHERS(campaign) " THEN" \
							      " 9 ELSE 0 END"

/* Those who were deleted or erased are no part of the list. */
const char partner_sql_contact_groups[] =
    "SELECT reason, time_zone, tags, count(*) FROM ("
    "SELECT c.time_zone AS time_zone, c.tags AS tags, " PERSON_GATE(
	"?2") " AS reason FROM contact AS c WHERE c.partner_id = ?1"
	      " AND c.deleted = 0 AND c.address <> '') AS gated"
	      " GROUP BY reason, time_zone, tags ORDER BY reason, time_zone, tags";

const char partner_sql_contact_open[] =
    "SELECT id, person_hash, time_zone, tags, change_n FROM ("
    "SELECT c.id AS id, c.person_hash AS person_hash,"
    " c.time_zone AS time_zone, c.tags AS tags,"
    " c.change_n AS change_n, " PERSON_GATE(
	"?2") " AS reason FROM contact AS c WHERE c.partner_id = ?1 AND c.id > ?3"
	      " AND c.change_n > ?4 AND c.deleted = 0 AND c.address <> '') AS gated"
	      " WHERE reason = 0 OR reason = 9 ORDER BY id LIMIT ?5";

/* ---- the gate ---- */

/*
 * While a frequency is stated what one partner sends counts for the others, and
 * so all of the person's rows are taken.
 */
const char *const partner_sql_lock_person[] = {
	[DB_SQLITE] = NULL,
	[DB_POSTGRESQL] = "SELECT id FROM contact WHERE person_hash = ?1"
			  " AND (partner_id = ?2"
			  " OR EXISTS (SELECT 1 FROM frequency))"
			  " ORDER BY partner_id FOR UPDATE",
};

/* In one order for everybody: two who lock the same rows do not cross. */
const char *const partner_sql_lock_person_everywhere[] = {
	[DB_SQLITE] = NULL,
	[DB_POSTGRESQL] = "SELECT id FROM contact WHERE person_hash = ?1"
			  " ORDER BY partner_id FOR UPDATE",
};

const char partner_sql_suppress[] =
    "INSERT INTO suppression(scope, partner_id, brand, person_hash, reason,"
    " at_ms) VALUES (?1, ?2, '', ?3, ?4, ?5)"
    " ON CONFLICT (person_hash, scope, partner_id, brand) DO NOTHING";

const char partner_sql_suppressed[] =
    "SELECT 1 FROM suppression WHERE person_hash = ?3 AND scope = ?1"
    " AND partner_id = ?2 AND brand = ''";

/* ---- one person, many partners ---- */

const char partner_sql_frequency_set[] =
    "INSERT INTO frequency(scope, most, window_ms) VALUES (?1, ?2, ?3)"
    " ON CONFLICT (scope) DO UPDATE SET most = excluded.most,"
    " window_ms = excluded.window_ms WHERE (frequency.most,"
    " frequency.window_ms) <> (excluded.most, excluded.window_ms)";

const char partner_sql_frequency_unset[] =
    "DELETE FROM frequency WHERE scope = ?1";

const char partner_sql_frequency[] =
    "SELECT most, window_ms FROM frequency WHERE scope = ?1";

const char partner_sql_one_set[] =
    "INSERT INTO one_partner(campaign, customers, tags) VALUES (?1, ?2, ?3)"
    " ON CONFLICT (campaign) DO UPDATE SET customers = excluded.customers,"
    " tags = excluded.tags WHERE (one_partner.customers, one_partner.tags)"
    " <> (excluded.customers, excluded.tags)";

const char partner_sql_one_unset[] =
    "DELETE FROM one_partner WHERE campaign = ?1";

const char partner_sql_one[] =
    "SELECT customers, tags FROM one_partner WHERE campaign = ?1";

/* The update that changes nothing is what makes the row be returned. */
const char partner_sql_slot_take[] =
    "INSERT INTO person_slot(person_hash, campaign, partner_id, rule, at_ms)"
    " VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (person_hash, campaign)"
    " DO UPDATE SET partner_id = person_slot.partner_id"
    " RETURNING partner_id";

const char partner_sql_slot_find[] =
    "SELECT partner_id, rule, at_ms FROM person_slot"
    " WHERE person_hash = ?1 AND campaign = ?2";

const char partner_sql_slot_move[] =
    "UPDATE person_slot SET partner_id = ?3, rule = ?4, at_ms = ?5"
    " WHERE person_hash = ?1 AND campaign = ?2 AND partner_id = ?6";

/* ---- the gate itself ---- */

const char partner_sql_gate[] =
    "SELECT reason FROM send_gate"
    " WHERE partner_id = ?1 AND activation_id = ?2 AND person = ?3";

/* ---- endpoints ---- */

#define ENDPOINT                                                               \
	"SELECT partner_id, purpose, url, sealed, enabled, reason, changed_ms" \
	" FROM partner_endpoint"

const char partner_sql_endpoint_put[] =
    "INSERT INTO partner_endpoint(partner_id, purpose, url, sealed, enabled,"
    " reason, changed_ms) VALUES (?1, ?2, ?3, ?4, 1, '', ?5)"
    " ON CONFLICT (partner_id, purpose) DO UPDATE SET url = excluded.url,"
    " sealed = excluded.sealed, enabled = 1, reason = '',"
    " changed_ms = excluded.changed_ms";

const char partner_sql_endpoint_find[] =
    ENDPOINT " WHERE partner_id IN (0, ?1) AND purpose = ?2"
	     " ORDER BY partner_id DESC LIMIT 1";

const char partner_sql_endpoint_list[] =
    ENDPOINT " WHERE ?1 < 0 OR partner_id = ?1 ORDER BY partner_id, purpose";

const char partner_sql_endpoint_disable[] =
    "UPDATE partner_endpoint SET enabled = 0, reason = ?4, changed_ms = ?5"
    " WHERE partner_id = ?1 AND purpose = ?2 AND url = ?3 AND enabled = 1";

/* ---- keys that sign ---- */

#define DKIM                                                           \
	"SELECT partner_id, domain, selector, generation, rsa_public," \
	" ed25519_public, rsa_sealed, ed25519_sealed, made_ms,"        \
	" active_ms, retired_ms FROM partner_dkim"

const char partner_sql_dkim_put[] =
    "INSERT INTO partner_dkim(partner_id, domain, selector, rsa_public,"
    " ed25519_public, rsa_sealed, ed25519_sealed, made_ms, generation)"
    " SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, COALESCE(max(generation), 0) + 1"
    " FROM partner_dkim WHERE partner_id = ?1 AND domain = ?2";

const char partner_sql_dkim_last[] =
    "SELECT max(COALESCE(retired_ms, active_ms)) FROM partner_dkim"
    " WHERE partner_id = ?1 AND domain = ?2";

const char partner_sql_dkim_activate[] =
    "UPDATE partner_dkim SET active_ms = ?3"
    " WHERE partner_id = ?1 AND domain = ?2 AND active_ms IS NULL";

const char partner_sql_dkim_retire[] =
    "UPDATE partner_dkim SET retired_ms = ?3 WHERE partner_id = ?1"
    " AND domain = ?2 AND active_ms IS NOT NULL AND retired_ms IS NULL";

const char partner_sql_dkim_list[] =
    DKIM " WHERE ?1 < 0 OR partner_id = ?1"
	 " ORDER BY partner_id, domain, generation";

const char partner_sql_dkim_of[] =
    DKIM " WHERE partner_id IN (0, ?1) AND domain = ?2"
	 " ORDER BY partner_id DESC, generation DESC";
