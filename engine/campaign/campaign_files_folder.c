/*
 * A folder on disk. What a file name leads to must lie below the folder and be
 * a plain file: names come from files that others edit, and a symbolic link to
 * the outside would carry its target into a revision and from there into mail.
 *
 * The kernel enforces that with openat2(RESOLVE_BENEATH | NO_SYMLINKS). Where
 * it is too old, or a sandbox does not know the call, each part of the path is
 * opened for itself with O_NOFOLLOW, which is the same without symlinks.
 *
 * A file is read once; asking again gives the same bytes, so that what was
 * checked is what is stored, whatever an editor does meanwhile.
 */
#define _GNU_SOURCE
#include "campaign/campaign_files_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/arena.h"
#include "campaign/campaign_priv.h"

enum { FILE_MAX_BYTES = 5 * 1024 * 1024 };

struct folder {
	struct campaign_files files; /* first: they are cast */
	struct arena *a;
	struct map seen; /* path -> struct str * */
	int fd;
};

int
campaign_open_beneath(int folder, const char *path)
{
	struct open_how how = {
		.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
			   RESOLVE_NO_MAGICLINKS,
	};

	return (int)syscall(SYS_openat2, folder, path, &how, sizeof(how));
}

int
campaign_open_stepwise(struct arena *a, int folder, struct str path)
{
	struct str part;
	int fd = -1, from = folder;

	while (str_split(&path, '/', &part)) {
		int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW;

		if (path.len)
			flags |= O_DIRECTORY;
		fd = openat(from, str_cstr(a, part), flags);
		if (from != folder) {
			int kept = errno;

			close(from);
			errno = kept;
		}
		if (fd < 0)
			return -1;
		from = fd;
	}
	return fd;
}

static int
open_below(struct arena *a, int folder, struct str path)
{
	int fd = campaign_open_beneath(folder, str_cstr(a, path));

	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		fd = campaign_open_stepwise(a, folder, path);
	return fd;
}

static int
read_all(int fd, struct arena *a, struct str path, struct str *bytes,
	 struct error *err)
{
	struct stat st;
	size_t size, have = 0;
	ssize_t n = 1;
	char *p;

	if (fstat(fd, &st) < 0)
		return error_system(err, errno, "%.*s", STR_ARG(path));
	if (!S_ISREG(st.st_mode))
		return error_set(err, ERROR_DENIED,
				 "found \"%.*s\" to be no file, expected one",
				 STR_ARG(path));
	if (st.st_size > FILE_MAX_BYTES)
		return error_set(err, ERROR_LIMIT,
				 "found %lld bytes in %.*s, expected at most "
				 "%d",
				 (long long)st.st_size, STR_ARG(path),
				 FILE_MAX_BYTES);
	size = (size_t)st.st_size;
	p = arena_alloc(a, size + 1);
	while (have < size && (n = read(fd, p + have, size - have)) > 0)
		have += (size_t)n;
	if (n < 0)
		return error_system(err, errno, "%.*s", STR_ARG(path));
	*bytes = (struct str){ p, have };
	return 1;
}

static int
read_file(struct folder *f, struct str path, struct str *bytes,
	  struct error *err)
{
	int fd = open_below(f->a, f->fd, path);
	int rc;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (fd < 0 && (errno == ELOOP || errno == EXDEV))
		return error_set(err, ERROR_DENIED,
				 "found a link on the way to \"%.*s\", "
				 "expected none in the workspace",
				 STR_ARG(path));
	if (fd < 0)
		return error_system(err, errno, "%.*s", STR_ARG(path));
	rc = read_all(fd, f->a, path, bytes, err);
	close(fd);
	return rc;
}

static int
folder_read(struct campaign_files *files, struct arena *a, struct str path,
	    struct str *bytes, struct error *err)
{
	struct folder *f = (struct folder *)files;
	struct str *known = map_find(&f->seen, path);
	struct str fresh;
	int rc;

	if (!known) {
		if (campaign_path_check(path, err) < 0)
			return -(int)err->code;
		rc = read_file(f, path, &fresh, err);
		if (rc <= 0)
			return rc;
		known = ARENA_NEW(f->a, struct str);
		*known = fresh;
		map_put(&f->seen, path, known);
	}
	*bytes = str_copy(a, *known);
	return 1;
}

static int
folder_each(struct campaign_files *files,
	    int (*visit)(void *arg, struct str path, struct str bytes,
			 struct error *err),
	    void *arg, struct error *err)
{
	struct folder *f = (struct folder *)files;

	return campaign_files_visit(&f->seen, visit, arg, err);
}

static void
folder_close(struct campaign_files *files)
{
	struct folder *f = (struct folder *)files;

	close(f->fd);
	arena_free(&f->a);
	free(f);
}

int
campaign_folder_open(struct campaign_files **out, const char *path,
		     struct error *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct folder *f;

	if (fd < 0)
		return error_system(err, errno, "%s", path);
	f = calloc(1, sizeof(*f));
	check(f);
	f->files = (struct campaign_files){
		.read = folder_read,
		.each = folder_each,
		.close = folder_close,
	};
	f->fd = fd;
	f->a = arena_new();
	map_init(&f->seen, f->a, NULL);
	*out = &f->files;
	return 0;
}

/* ---- the list of campaigns ---- */

/* Of two struct str, for qsort(). */
static int
by_bytes(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static int
is_campaign(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int
campaign_list(const char *workspace_path, struct arena *a, struct str **ids,
	      struct error *err)
{
	char *path = arena_printf(a, "%s/campaigns", workspace_path);
	struct dirent **entries;
	int count = scandir(path, &entries, is_campaign, NULL);
	struct str *list;
	int kept = 0;

	if (count < 0 && errno == ENOENT) {
		*ids = NULL;
		return 0;
	}
	if (count < 0)
		return error_system(err, errno, "%s", path);
	list = ARENA_ARRAY(a, (size_t)count, struct str);
	for (int i = 0; i < count; i++) {
		struct str id = str_of(entries[i]->d_name);
		char *file =
		    arena_printf(a, "%s/%.*s/campaign.xml", path, STR_ARG(id));

		if (access(file, F_OK) == 0)
			list[kept++] = str_copy(a, id);
		free(entries[i]);
	}
	free(entries);
	qsort(list, (size_t)kept, sizeof(*list), by_bytes);
	*ids = list;
	return kept;
}
