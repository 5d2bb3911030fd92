#ifndef DB_DB_SQL_H
#define DB_DB_SQL_H

/*
 * The tables that db keeps for itself, and every statement on them.
 *
 *	schema_area(area, version)		one row for each migrated area
 *	secret(name, generation, sealed)	one row for each key
 *	note(name, value)			db.h says it all
 *
 * Also what the files of this folder know of each other beyond the driver
 * seam of db_priv.h.
 */

#include "db/db.h"

/* ---- db_sql.c ---- */

/* schema_area itself: made before there are areas. */
extern const char db_sql_area_table[];

/* 0 when the area has no row. */
int db_sql_area_version(struct db *db, const char *area, int64_t *version,
			struct error *err) MUST_CHECK;

/* A row at version 0 unless there is one. */
int db_sql_area_add(struct db *db, const char *area,
		    struct error *err) MUST_CHECK;

/* From `to` - 1 to `to`: 1, or 0 when the area was elsewhere. */
int db_sql_area_advance(struct db *db, const char *area, int64_t to,
			struct error *err) MUST_CHECK;

extern const struct db_schema db_sql_secret_schema;

/* 1 with the number of the newest generation, or 0 when there is none. */
int db_sql_secret_newest(struct db *db, const char *name, int64_t *generation,
			 struct error *err) MUST_CHECK;

/* 1 with the sealed key added to `sealed`, or 0 when there is none. */
int db_sql_secret_find(struct db *db, const char *name, int64_t generation,
		       struct buf *sealed, struct error *err) MUST_CHECK;

/* 1, or 0 when that generation is there already. */
int db_sql_secret_add(struct db *db, const char *name, int64_t generation,
		      struct str sealed, struct error *err) MUST_CHECK;

/* ---- db_migrate.c ---- */

/*
 * Adds `sql` to `out` as this dialect wants it: "sqlite" comments opened or
 * dropped, type words exchanged. `type_words` are pairs, ended by NULL.
 */
void db_rewrite_ddl(const char *sql, enum db_dialect dialect,
		    const char *const *type_words, struct buf *out);

/* ---- db_secret.c ---- */

/* Wipes the master key; harmless when secrets were never opened. */
void db_secrets_free(struct db_store *store);

#endif
