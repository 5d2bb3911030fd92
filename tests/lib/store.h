#ifndef TESTS_LIB_STORE_H
#define TESTS_LIB_STORE_H

/*
 * store - where a test that runs on both stores finds them
 *
 * SQLite always: a file in a new directory below the working directory (a
 * real disk, where /tmp may be memory), removed by test_store_remove().
 * PostgreSQL when GUIDON_TEST_PG holds the URL of a database made for tests.
 * test_store_begin() opens either of them empty.
 */

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/crypto.h"
#include "db/db.h"

enum { TEST_URL_BYTES = 512 };

/* NULL, and a line that cannot be overlooked, when there is no server. */
static inline const char *
test_pg_url(void)
{
	const char *url = getenv("GUIDON_TEST_PG");

	if (url && url[0])
		return url;
	printf("SKIPPED: postgresql (GUIDON_TEST_PG is not set)\n");
	return NULL;
}

static inline void
test_sqlite_url(char url[TEST_URL_BYTES])
{
	char dir[] = "store.XXXXXX";
	char cwd[TEST_URL_BYTES / 2];

	check(mkdtemp(dir) && getcwd(cwd, sizeof(cwd)));
	snprintf(url, TEST_URL_BYTES, "sqlite:%s/%s/test.db", cwd, dir);
}

/* Removes a directory with all that is in it. */
static inline void
test_tree_remove(const char *path)
{
	char name[TEST_URL_BYTES * 2];
	struct dirent *entry;
	DIR *d = opendir(path);

	check(d);
	while ((entry = readdir(d))) {
		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		check(snprintf(name, sizeof(name), "%s/%s", path,
			       entry->d_name) < (int)sizeof(name));
		if (unlink(name) != 0)
			test_tree_remove(name);
	}
	closedir(d);
	check(rmdir(path) == 0);
}

/* Removes the directory of a SQLite store; nothing for another URL. */
static inline void
test_store_remove(const char *url)
{
	char dir[TEST_URL_BYTES];

	if (strncmp(url, "sqlite:", 7) != 0)
		return;
	snprintf(dir, sizeof(dir), "%s", url + 7);
	*strrchr(dir, '/') = '\0';
	test_tree_remove(dir);
}

static inline void
test_sqlite_unlink(const char *path)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	char name[TEST_URL_BYTES];

	for (size_t i = 0; i < COUNT_OF(suffixes); i++) {
		snprintf(name, sizeof(name), "%s%s", path, suffixes[i]);
		unlink(name);
	}
}

static inline int
test_drop_schema(struct db *db, void *arg, struct error *err)
{
	(void)arg;
	if (db_run(db, "DROP SCHEMA public CASCADE", DB_NO_ARGS, err) < 0 ||
	    db_run(db, "CREATE SCHEMA public", DB_NO_ARGS, err) < 0)
		return -(int)err->code;
	return 0;
}

/* The store at `url`, with nothing in it but these tables. */
static inline int
test_store_begin(struct db_store **store, const char *url,
		 const struct db_schema *const *schemas, size_t count,
		 struct error *err)
{
	if (strncmp(url, "sqlite:", 7) == 0)
		test_sqlite_unlink(url + 7);
	if (db_store_open(store, url, err) < 0)
		return -(int)err->code;
	if (db_store_dialect(*store) == DB_POSTGRESQL &&
	    db_commit(*store, test_drop_schema, NULL, err) < 0)
		return -(int)err->code;
	return db_migrate(*store, schemas, count, err);
}

/*
 * Runs the suite on each store there is, with its URL in *url: the exit code
 * of main().
 */
static inline int
test_on_both(const char **url, int (*suite)(const char *name),
	     const char *sqlite_name, const char *postgresql_name)
{
	char sqlite[TEST_URL_BYTES];
	int failed;

	crypto_init();
	test_sqlite_url(sqlite);
	*url = sqlite;
	failed = suite(sqlite_name);
	test_store_remove(sqlite);
	*url = test_pg_url();
	if (*url)
		failed += suite(postgresql_name);
	return failed != 0;
}

#endif
