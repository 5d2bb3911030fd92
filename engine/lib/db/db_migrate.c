/*
 * Each area has a row in schema_area with the number of steps it has taken.
 * A step is one unit: advance the row from n to n + 1, then run the step's
 * SQL. The row's update is also the lock: of two processes that migrate at
 * once the second waits for the first, then finds nothing to advance and has
 * nothing to do. A killed step leaves neither its tables nor its number.
 *
 * DDL is written once. The rewriting below knows just enough of SQL for that:
 * quoted text and comments are copied, a comment that opens with "sqlite" is
 * opened for SQLite and dropped for the others, and the type words in capital
 * letters are exchanged where they stand as whole words.
 */
#include "db/db_priv.h"

#include <string.h>

#include "db/db_sql.h"

static bool
is_word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_';
}

/* The length of the word that begins here; 0 for anything else. */
static size_t
word_length(struct str s)
{
	size_t n = 0;

	while (n < s.len && is_word_char(s.p[n]))
		n++;
	return n;
}

/* Through `end`, looked for after `skip` bytes; all when it is missing. */
static size_t
length_through(struct str s, size_t skip, struct str end)
{
	ptrdiff_t at = str_find(str_slice(s, skip, s.len), end);

	return at < 0 ? s.len : skip + (size_t)at + end.len;
}

/* Quoted text or a comment, with its ends; 0 for anything else. */
static size_t
opaque_length(struct str s)
{
	if (s.p[0] == '\'')
		return length_through(s, 1, STR("'"));
	if (s.p[0] == '"')
		return length_through(s, 1, STR("\""));
	if (str_starts(s, STR("--")))
		return length_through(s, 2, STR("\n"));
	if (str_starts(s, STR("/*")))
		return length_through(s, 2, STR("*/"));
	return 0;
}

static struct str
exchange(struct str word, const char *const *type_words)
{
	for (; type_words && type_words[0]; type_words += 2)
		if (str_eq_cstr(word, type_words[0]))
			return str_of(type_words[1]);
	return word;
}

void
db_rewrite_ddl(const char *sql, enum db_dialect dialect,
	       const char *const *type_words, struct buf *out)
{
	const struct str opening = STR("/*sqlite ");
	struct str rest = str_of(sql);
	bool opened = false;
	size_t n;

	while (rest.len) {
		if (dialect == DB_SQLITE && str_starts(rest, opening)) {
			opened = true;
			n = opening.len;
		} else if (opened && str_starts(rest, STR("*/"))) {
			opened = false;
			n = 2;
		} else if (str_starts(rest, opening)) {
			n = opaque_length(rest);
		} else if ((n = opaque_length(rest))) {
			buf_str(out, str_slice(rest, 0, n));
		} else if ((n = word_length(rest))) {
			buf_str(out,
				exchange(str_slice(rest, 0, n), type_words));
		} else {
			n = 1;
			buf_char(out, rest.p[0]);
		}
		rest = str_slice(rest, n, rest.len);
	}
}

static int
run_ddl(struct db *db, const char *sql, struct error *err)
{
	struct buf ddl = { 0 };
	int code;

	db_rewrite_ddl(sql, db->driver->dialect, db->driver->type_words, &ddl);
	code = db->driver->script(db, buf_cstr(&ddl), err);
	buf_fini(&ddl);
	return code;
}

static int
create_area_table(struct db *db, void *arg, struct error *err)
{
	(void)arg;
	return run_ddl(db, db_sql_area_table, err);
}

/*
 * Two processes that create it at once: PostgreSQL looks for the table before
 * it waits for the other, then finds it there (EXISTS).
 */
static int
ensure_area_table(struct db_store *store, struct error *err)
{
	int code = db_commit(store, create_area_table, NULL, err);

	if (code < 0 && err->code == ERROR_EXISTS)
		code = db_commit(store, create_area_table, NULL, err);
	return code;
}

struct step {
	const struct db_schema *schema;
	int64_t to;
};

static int
take_step(struct db *db, void *arg, struct error *err)
{
	const struct step *step = arg;
	const char *area = step->schema->area;
	int ours;

	if (db_sql_area_add(db, area, err) < 0)
		return -(int)err->code;
	ours = db_sql_area_advance(db, area, step->to, err);
	if (ours <= 0)
		return ours;
	return run_ddl(db, step->schema->steps[step->to - 1], err);
}

static int
check_not_newer(struct db *db, const struct db_schema *schema, int64_t *version,
		struct error *err)
{
	if (db_sql_area_version(db, schema->area, version, err) < 0)
		return -(int)err->code;
	if (*version <= (int64_t)schema->step_count)
		return 0;
	return error_set(err, ERROR_CONFIG,
			 "the store is newer than this program: area %s has "
			 "version %lld, expected at most %zu",
			 schema->area, (long long)*version, schema->step_count);
}

static int
migrate_area(struct db_store *store, const struct db_schema *schema,
	     struct error *err)
{
	struct step step = { .schema = schema };
	struct db *db;
	int64_t version;

	if (db_reader(store, &db, err) < 0 ||
	    check_not_newer(db, schema, &version, err) < 0)
		return -(int)err->code;
	for (step.to = version + 1; step.to <= (int64_t)schema->step_count;
	     step.to++)
		if (db_commit(store, take_step, &step, err) < 0)
			return error_context(err, "schema %s, version %lld",
					     schema->area, (long long)step.to);
	return 0;
}

int
db_migrate(struct db_store *store, const struct db_schema *const *schemas,
	   size_t count, struct error *err)
{
	struct db *db;
	int64_t version;

	if (ensure_area_table(store, err) < 0)
		return error_context(err, "schema");
	if (db_reader(store, &db, err) < 0)
		return -(int)err->code;
	/* All are looked at before one is changed. */
	for (size_t i = 0; i < count; i++)
		if (check_not_newer(db, schemas[i], &version, err) < 0)
			return -(int)err->code;
	for (size_t i = 0; i < count; i++)
		if (migrate_area(store, schemas[i], err) < 0)
			return -(int)err->code;
	return 0;
}
