/*
 * All SQL of this folder.
 *
 * Objects and revisions are only ever added: a row's key is the hash of the
 * rest. A publication is one more row, never a change of the last, so that
 * what was current when can be told. Two who publish the same campaign at the
 * same moment collide on its number, and the second is told so (EXISTS).
 *
 * A revision does not refer to its objects by foreign keys; it is put after
 * them, and a reader checks each object against the manifest.
 */
#include "campaign/campaign_sql.h"

#include "base/arena.h"

/* clang-format off */
static const char *const steps[] = {
	"CREATE TABLE object (\n"
	"	hash  BLOB NOT NULL PRIMARY KEY CHECK (length(hash) = 32),\n"
	"	bytes BLOB NOT NULL\n"
	") /*sqlite STRICT */;\n"
	"CREATE TABLE revision (\n"
	"	hash       BLOB   NOT NULL PRIMARY KEY CHECK (length(hash) = 32),\n"
	"	campaign   TEXT   NOT NULL,\n"
	"	manifest   TEXT   NOT NULL,\n"
	"	created_ms BIGINT NOT NULL\n"
	") /*sqlite STRICT, WITHOUT ROWID */;\n"
	"CREATE TABLE publication (\n"
	"	campaign   TEXT   NOT NULL,\n"
	"	n          BIGINT NOT NULL CHECK (n >= 1),\n"
	"	revision   BLOB   NOT NULL REFERENCES revision(hash),\n"
	"	git_commit TEXT   NOT NULL,\n"
	"	git_dirty  BIGINT NOT NULL CHECK (git_dirty IN (0, 1)),\n"
	"	who        TEXT   NOT NULL,\n"
	"	at_ms      BIGINT NOT NULL,\n"
	"	PRIMARY KEY (campaign, n)\n"
	") /*sqlite STRICT, WITHOUT ROWID */;\n",
};
/* clang-format on */

const struct db_schema campaign_schema = {
	.area = "campaign",
	.steps = steps,
	.step_count = COUNT_OF(steps),
};

int
campaign_sql_add_object(struct db *db, struct str hash, struct str bytes,
			struct error *err)
{
	int64_t n = db_run(db,
			   "INSERT INTO object(hash, bytes) VALUES (?1, ?2)"
			   " ON CONFLICT (hash) DO NOTHING",
			   DB_ARGS(DB_BLOB(hash), DB_BLOB(bytes)), err);

	return n < 0 ? -(int)err->code : 0;
}

int
campaign_sql_add_revision(struct db *db, struct str hash, struct str campaign,
			  struct str manifest, int64_t now_ms,
			  struct error *err)
{
	int64_t n =
	    db_run(db,
		   "INSERT INTO revision(hash, campaign, manifest, created_ms)"
		   " VALUES (?1, ?2, ?3, ?4) ON CONFLICT (hash) DO NOTHING",
		   DB_ARGS(DB_BLOB(hash), DB_TEXT(campaign), DB_TEXT(manifest),
			   DB_INT(now_ms)),
		   err);

	return n < 0 ? -(int)err->code : 0;
}

int
campaign_sql_object(struct db *db, struct arena *a, struct str hash,
		    struct str *bytes, struct error *err)
{
	struct db_rows rows;
	int got;

	if (db_query(db, &rows, "SELECT bytes FROM object WHERE hash = ?1",
		     DB_ARGS(DB_BLOB(hash)), err) < 0)
		return -(int)err->code;
	got = db_next(&rows, err);
	if (got > 0)
		*bytes = str_copy(a, db_blob(&rows, 0));
	db_rows_end(&rows);
	return got;
}

int
campaign_sql_manifest(struct db *db, struct arena *a, struct str hash,
		      struct str *manifest, struct error *err)
{
	struct db_rows rows;
	int got;

	if (db_query(db, &rows, "SELECT manifest FROM revision WHERE hash = ?1",
		     DB_ARGS(DB_BLOB(hash)), err) < 0)
		return -(int)err->code;
	got = db_next(&rows, err);
	if (got > 0)
		*manifest = str_copy(a, db_text(&rows, 0));
	db_rows_end(&rows);
	return got;
}

int
campaign_sql_publish(struct db *db, const struct campaign_publication *p,
		     struct error *err)
{
	int64_t n =
	    db_run(db,
		   "INSERT INTO publication(campaign, n, revision, git_commit,"
		   " git_dirty, who, at_ms) VALUES (?1,"
		   " (SELECT COALESCE(MAX(n), 0) + 1 FROM publication"
		   " WHERE campaign = ?1), ?2, ?3, ?4, ?5, ?6)",
		   DB_ARGS(DB_TEXT(p->campaign), DB_BLOB(p->revision),
			   DB_TEXT(p->git_commit), DB_INT(p->git_dirty),
			   DB_TEXT(p->who), DB_INT(p->at_ms)),
		   err);

	return n < 0 ? -(int)err->code : 0;
}

int
campaign_sql_published(struct db *db, struct arena *a, struct str campaign,
		       struct campaign_publication *out, struct error *err)
{
	struct db_rows rows;
	int got;

	if (db_query(db, &rows,
		     "SELECT revision, git_commit, git_dirty, who, at_ms"
		     " FROM publication WHERE campaign = ?1"
		     " ORDER BY n DESC LIMIT 1",
		     DB_ARGS(DB_TEXT(campaign)), err) < 0)
		return -(int)err->code;
	got = db_next(&rows, err);
	if (got > 0)
		*out = (struct campaign_publication){
			.campaign = str_copy(a, campaign),
			.revision = str_copy(a, db_blob(&rows, 0)),
			.git_commit = str_copy(a, db_text(&rows, 1)),
			.git_dirty = db_int(&rows, 2) != 0,
			.who = str_copy(a, db_text(&rows, 3)),
			.at_ms = db_int(&rows, 4),
		};
	db_rows_end(&rows);
	return got;
}
