/*
 * Folders of files, made part by part from descriptors, so that no name on the
 * way is looked up twice and none is followed out of the folder.
 */
#define _XOPEN_SOURCE 700 /* nftw() */
#include "cmd_tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fd.h"

enum { DEPTH_MAX = 8 };

/* ---- making ---- */

/* 1 when there is nothing in it. */
static int
is_empty(const char *folder, struct error *err)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;
	int count = 0;

	if (!dir)
		return error_system(err, errno, "folder %s", folder);
	while ((entry = readdir(dir)))
		count++;
	closedir(dir);
	return count <= 2; /* itself and the one above */
}

int
tree_make(const char *folder, struct error *err)
{
	int empty;

	if (mkdir(folder, 0777) == 0)
		return 0;
	if (errno != EEXIST)
		return error_system(err, errno, "folder %s", folder);
	empty = is_empty(folder, err);
	if (empty < 0)
		return empty;
	if (!empty)
		return error_set(err, ERROR_EXISTS,
				 "folder %s is not empty, expected a new or "
				 "an empty one",
				 folder);
	return 0;
}

/* The folder of that name in `parent`, which is closed; -1 with errno. */
static int
enter(int parent, const char *name)
{
	int fd = -1;

	if (mkdirat(parent, name, 0777) == 0 || errno == EEXIST)
		fd = openat(parent, name,
			    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) {
		int failed = errno;

		close(parent);
		errno = failed;
		return -1;
	}
	close(parent);
	return fd;
}

/* A descriptor of the new file, or -1 with errno. */
static int
create(const char *folder, struct str path, struct arena *a)
{
	int at = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct str part;
	int fd = -1, failed;

	while (at >= 0 && str_split(&path, '/', &part)) {
		check(part.len && !str_eq(part, STR("..")));
		if (path.len) {
			at = enter(at, str_cstr(a, part));
			continue;
		}
		fd = openat(
		    at, str_cstr(a, part),
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	}
	failed = errno;
	if (at >= 0)
		close(at);
	errno = failed;
	return fd;
}

int
tree_put(const char *folder, struct str path, struct str bytes,
	 struct error *err)
{
	struct arena *a = arena_new();
	int fd = create(folder, path, a);
	int failed = fd < 0 || fd_write(fd, bytes) != 0 ? errno : 0;

	arena_free(&a);
	if (fd >= 0 && close(fd) != 0 && !failed)
		failed = errno;
	if (failed == EEXIST)
		return error_set(err, ERROR_EXISTS,
				 "%s/%.*s is there already, expected none",
				 folder, STR_ARG(path));
	return failed
		   ? error_system(err, failed, "%s/%.*s", folder, STR_ARG(path))
		   : 0;
}

/* ---- taking back ---- */

static int
take_away(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st, (void)kind;
	if (at->level > 0)
		(void)remove(path);
	return 0;
}

void
tree_clear(const char *folder)
{
	(void)nftw(folder, take_away, DEPTH_MAX, FTW_DEPTH | FTW_PHYS);
}

/* ---- walking ---- */

struct walk {
	const char *folder;
	struct arena *a;
	int (*visit)(void *arg, struct str path, struct error *err);
	void *arg;
	int depth;
};

static int walk(struct walk *w, struct str below, struct error *err);

static int
visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int
visit_entry(struct walk *w, struct str path, struct error *err)
{
	struct stat st;
	const char *full =
	    arena_printf(w->a, "%s/%.*s", w->folder, STR_ARG(path));
	int code = 0;

	if (lstat(full, &st) != 0)
		return error_system(err, errno, "%s", full);
	if (S_ISREG(st.st_mode))
		return w->visit(w->arg, path, err);
	if (!S_ISDIR(st.st_mode) || w->depth == DEPTH_MAX)
		return error_set(err, ERROR_INVALID,
				 "%s is neither a file nor a folder, expected "
				 "one, at most %d deep",
				 full, DEPTH_MAX);
	w->depth++;
	code = walk(w, path, err);
	w->depth--;
	return code;
}

static int
walk(struct walk *w, struct str below, struct error *err)
{
	const char *full =
	    arena_printf(w->a, "%s/%.*s", w->folder, STR_ARG(below));
	struct dirent **entries;
	int count = scandir(full, &entries, visible, alphasort);
	int code = 0;

	if (count < 0)
		return error_system(err, errno, "%s", full);
	for (int i = 0; i < count; i++) {
		struct str path =
		    str_printf(w->a, "%.*s%s%s", STR_ARG(below),
			       below.len ? "/" : "", entries[i]->d_name);

		free(entries[i]);
		if (code >= 0)
			code = visit_entry(w, path, err);
	}
	free(entries);
	return code < 0 ? code : 0;
}

int
tree_each(const char *folder, struct arena *a,
	  int (*visit)(void *arg, struct str path, struct error *err),
	  void *arg, struct error *err)
{
	struct walk w = {
		.folder = folder, .a = a, .visit = visit, .arg = arg
	};
	struct stat st;

	if (stat(folder, &st) != 0 || !S_ISDIR(st.st_mode))
		return error_set(err, ERROR_NOT_FOUND,
				 "no folder %s, expected one", folder);
	return walk(&w, STR(""), err);
}
