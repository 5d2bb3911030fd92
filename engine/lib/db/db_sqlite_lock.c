/*
 * Locks that end with their holder: an open file description lock on
 * PATH.NAME.lock. The kernel frees it when the descriptor is gone, whatever
 * ended the process; unlike a POSIX record lock it also counts between two
 * stores in one process, and unlike flock() it can be asked about without
 * being taken.
 *
 * A store that closes in order removes its lock files, else a directory would
 * fill with the locks of owners long gone. So a lock that was just taken may
 * be on a file that has no name any more, and then it is tried again.
 */
#define _GNU_SOURCE /* F_OFD_SETLK */
#include "db/db_sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct db_sqlite_lock_file {
	struct db_sqlite_lock_file *next;
	char *name;
	char *path;
	int fd;
};

static char *
path_of(const struct db_sqlite_store *store, const char *name)
{
	struct buf path = { 0 };

	check(name[0] && !strchr(name, '/'));
	buf_printf(&path, "%s.%s.lock", store->path, name);
	(void)buf_cstr(&path);
	return path.p;
}

static bool
has_name(int fd, const char *path)
{
	struct stat held;
	struct stat named;

	return fstat(fd, &held) == 0 && stat(path, &named) == 0 &&
	       held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

/* 0, with *out the descriptor that holds the lock or -1: another has it. */
static int
try_lock(const char *path, int *out, struct error *err)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd;

	for (;;) {
		fd =
		    open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (fd < 0)
			return error_system(err, errno, "%s", path);
		if (fcntl(fd, F_OFD_SETLK, &whole) < 0) {
			int number = errno;

			close(fd);
			*out = -1;
			if (number == EAGAIN || number == EACCES)
				return 0;
			return error_system(err, number, "%s", path);
		}
		if (has_name(fd, path)) {
			*out = fd;
			return 0;
		}
		close(fd);
	}
}

static bool
holds(const struct db_sqlite_store *store, const char *name)
{
	for (struct db_sqlite_lock_file *l = store->locks; l; l = l->next)
		if (strcmp(l->name, name) == 0)
			return true;
	return false;
}

static int
take(struct db_sqlite_store *store, const char *name, struct error *err)
{
	struct db_sqlite_lock_file *l;
	char *path = path_of(store, name);
	int fd = -1;
	int code = try_lock(path, &fd, err);

	if (code < 0 || fd < 0) {
		free(path);
		return code;
	}
	l = calloc(1, sizeof(*l));
	check(l);
	l->name = strdup(name);
	check(l->name);
	l->path = path;
	l->fd = fd;
	l->next = store->locks;
	store->locks = l;
	return 1;
}

int
db_sqlite_lock(struct db_store *base, const char *name, struct error *err)
{
	struct db_sqlite_store *store = (struct db_sqlite_store *)base;
	int got = 1;

	pthread_mutex_lock(&store->lock_mutex);
	if (!holds(store, name))
		got = take(store, name, err);
	pthread_mutex_unlock(&store->lock_mutex);
	return got;
}

int
db_sqlite_lock_is_free(struct db_store *base, const char *name,
		       struct error *err)
{
	struct db_sqlite_store *store = (struct db_sqlite_store *)base;
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char *path = path_of(store, name);
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	int result = 1;

	if (fd < 0 && errno != ENOENT)
		result = error_system(err, errno, "%s", path);
	if (fd >= 0 && fcntl(fd, F_OFD_GETLK, &whole) < 0)
		result = error_system(err, errno, "%s", path);
	else if (fd >= 0)
		result = whole.l_type == F_UNLCK;
	if (fd >= 0)
		close(fd);
	free(path);
	return result;
}

void
db_sqlite_unlock_all(struct db_sqlite_store *store)
{
	struct db_sqlite_lock_file *l;

	while ((l = store->locks)) {
		store->locks = l->next;
		unlink(l->path);
		close(l->fd);
		free(l->name);
		free(l->path);
		free(l);
	}
}
