/*
 * All SQL of this folder, but for what each driver says to set up its own
 * connections and transactions.
 */
#include "db/db_sql.h"

const char db_sql_area_table[] = "CREATE TABLE IF NOT EXISTS schema_area (\n"
				 "	area    TEXT   NOT NULL PRIMARY KEY,\n"
				 "	version BIGINT NOT NULL\n"
				 ") /*sqlite STRICT, WITHOUT ROWID */;\n";

static const char *const secret_steps[] = {
	"CREATE TABLE secret (\n"
	"	name       TEXT   NOT NULL,\n"
	"	generation BIGINT NOT NULL,\n"
	"	sealed     BLOB   NOT NULL,\n"
	"	PRIMARY KEY (name, generation)\n"
	") /*sqlite STRICT, WITHOUT ROWID */;\n",
};

const struct db_schema db_sql_secret_schema = {
	.area = "secret",
	.steps = secret_steps,
	.step_count = COUNT_OF(secret_steps),
};

static const char *const note_steps[] = {
	"CREATE TABLE note (\n"
	"	name  TEXT NOT NULL PRIMARY KEY,\n"
	"	value TEXT NOT NULL\n"
	") /*sqlite STRICT, WITHOUT ROWID */;\n",
};

const struct db_schema db_note_schema = {
	.area = "note",
	.steps = note_steps,
	.step_count = COUNT_OF(note_steps),
};

int
db_sql_area_version(struct db *db, const char *area, int64_t *version,
		    struct error *err)
{
	*version = 0;
	return db_query_int(db, version,
			    "SELECT version FROM schema_area WHERE area = ?1",
			    DB_ARGS(DB_TEXT(str_of(area))), err);
}

int
db_sql_area_add(struct db *db, const char *area, struct error *err)
{
	return (int)db_run(db,
			   "INSERT INTO schema_area(area, version)"
			   " VALUES (?1, 0) ON CONFLICT (area) DO NOTHING",
			   DB_ARGS(DB_TEXT(str_of(area))), err);
}

int
db_sql_area_advance(struct db *db, const char *area, int64_t to,
		    struct error *err)
{
	return (int)db_run(
	    db,
	    "UPDATE schema_area SET version = ?2"
	    " WHERE area = ?1 AND version = ?3",
	    DB_ARGS(DB_TEXT(str_of(area)), DB_INT(to), DB_INT(to - 1)), err);
}

int
db_sql_secret_newest(struct db *db, const char *name, int64_t *generation,
		     struct error *err)
{
	return db_query_int(db, generation,
			    "SELECT max(generation) FROM secret"
			    " WHERE name = ?1",
			    DB_ARGS(DB_TEXT(str_of(name))), err);
}

int
db_sql_secret_find(struct db *db, const char *name, int64_t generation,
		   struct buf *sealed, struct error *err)
{
	struct db_rows rows;
	int got;

	if (db_query(db, &rows,
		     "SELECT sealed FROM secret"
		     " WHERE name = ?1 AND generation = ?2",
		     DB_ARGS(DB_TEXT(str_of(name)), DB_INT(generation)),
		     err) < 0)
		return -(int)err->code;
	got = db_next(&rows, err);
	if (got > 0)
		buf_str(sealed, db_blob(&rows, 0));
	db_rows_end(&rows);
	return got;
}

int
db_sql_secret_add(struct db *db, const char *name, int64_t generation,
		  struct str sealed, struct error *err)
{
	return (int)db_run(
	    db,
	    "INSERT INTO secret(name, generation, sealed)"
	    " VALUES (?1, ?2, ?3)"
	    " ON CONFLICT (name, generation) DO NOTHING",
	    DB_ARGS(DB_TEXT(str_of(name)), DB_INT(generation), DB_BLOB(sealed)),
	    err);
}

/* ---- notes ---- */

int
db_note_put(struct db *db, const char *name, struct str value,
	    struct error *err)
{
	return (int)db_run(db,
			   "INSERT INTO note(name, value) VALUES (?1, ?2)"
			   " ON CONFLICT (name) DO NOTHING",
			   DB_ARGS(DB_TEXT(str_of(name)), DB_TEXT(value)), err);
}

int
db_note_set(struct db *db, const char *name, struct str value,
	    struct error *err)
{
	return (int)db_run(db,
			   "INSERT INTO note(name, value) VALUES (?1, ?2)"
			   " ON CONFLICT (name) DO UPDATE SET value = ?2",
			   DB_ARGS(DB_TEXT(str_of(name)), DB_TEXT(value)), err);
}

int
db_note_find(struct db *db, const char *name, struct buf *value,
	     struct error *err)
{
	struct db_rows rows;
	int got;

	if (db_query(db, &rows, "SELECT value FROM note WHERE name = ?1",
		     DB_ARGS(DB_TEXT(str_of(name))), err) < 0)
		return -(int)err->code;
	got = db_next(&rows, err);
	if (got > 0)
		buf_str(value, db_text(&rows, 0));
	db_rows_end(&rows);
	return got;
}
