#ifndef TESTS_LIB_STORE_H
#define TESTS_LIB_STORE_H

/*
 * store - where a test that runs on both stores finds them
 *
 * SQLite always: a file in a new directory below the working directory (a
 * real disk, where /tmp may be memory), removed by test_store_remove().
 * PostgreSQL when GUIDON_TEST_PG holds the URL of a database made for tests;
 * the tables of a test are dropped before it starts.
 */

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"

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
	struct dirent *entry;
	DIR *d;

	if (strncmp(url, "sqlite:", 7) != 0)
		return;
	snprintf(dir, sizeof(dir), "%s", url + 7);
	*strrchr(dir, '/') = '\0';
	d = opendir(dir);
	check(d);
	while ((entry = readdir(d)))
		if (entry->d_name[0] != '.')
			check(unlinkat(dirfd(d), entry->d_name, 0) == 0);
	closedir(d);
	check(rmdir(dir) == 0);
}

#endif
