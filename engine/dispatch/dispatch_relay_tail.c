/*
 * The files of a log.
 *
 * An inode alone does not say which file it is: it is given anew, and a file
 * that was truncated has the one it had. What was read before does: each line
 * of a log has its time. So before anything is read, the bytes before the place
 * are compared; at the beginning of a file there are none.
 */
#include "dispatch/dispatch_relay_tail_priv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/crypto.h"

/* Entries of the folder that are looked at, of those that may be ours. */
enum { PRINTED_BYTES = 512, END_BYTES = 4096, SIBLINGS_MAX = 1000 };

struct relay_tail {
	struct arena *arena;
	const char *path;
	const char *folder;
	struct str name; /* in the folder */
	int fd;		 /* -1: none */
	struct relay_place at;
	bool is_copied; /* a copy was read: it is rotated by truncation */
	enum relay_part_kind kind; /* of what is read next */
	char block[RELAY_TAIL_PART_BYTES];
};

/* ---- open and close ---- */

void
relay_tail_open(struct relay_tail **out, const char *path)
{
	struct relay_tail *t = calloc(1, sizeof(*t));
	const char *slash = strrchr(path, '/');

	check(t);
	t->arena = arena_new();
	t->path = arena_printf(t->arena, "%s", path);
	t->folder = slash ? arena_printf(t->arena, "%.*s",
					 (int)(slash - path + 1), path)
			  : ".";
	t->name = str_of(t->path + (slash ? slash - path + 1 : 0));
	t->fd = -1;
	*out = t;
}

static void
let_go(struct relay_tail *t)
{
	if (t->fd >= 0)
		(void)close(t->fd);
	t->fd = -1;
}

void
relay_tail_close(struct relay_tail **tail)
{
	if (*tail) {
		let_go(*tail);
		arena_free(&(*tail)->arena);
	}
	free(*tail);
	*tail = NULL;
}

/* ---- one file ---- */

/* 1, or 0: it is not there. What is no plain file is not opened twice. */
static int
open_plain(int folder, const char *path, int *fd, struct stat *what,
	   struct error *err)
{
	*fd = openat(folder, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (*fd < 0)
		return errno == ENOENT ? 0
				       : error_system(err, errno, "%s", path);
	if (fstat(*fd, what) == 0 && S_ISREG(what->st_mode))
		return 1;
	(void)close(*fd);
	return error_set(err, ERROR_INVALID, "%s, expected a plain file", path);
}

/* Of the bytes before `offset`; false when they are not there. */
static bool
print_of(int fd, int64_t offset, uint8_t print[RELAY_TAIL_PRINT_BYTES])
{
	char block[PRINTED_BYTES];
	size_t want =
	    offset < PRINTED_BYTES ? (size_t)offset : (size_t)PRINTED_BYTES;
	uint8_t digest[32];

	if (pread(fd, block, want, offset - (int64_t)want) != (ssize_t)want)
		return false;
	crypto_sha256((struct str){ block, want }, digest);
	memcpy(print, digest, RELAY_TAIL_PRINT_BYTES);
	return true;
}

static bool
has_place(int fd, const struct relay_place *place)
{
	uint8_t print[RELAY_TAIL_PRINT_BYTES];

	return place->offset == 0 ||
	       (print_of(fd, place->offset, print) &&
		memcmp(print, place->print, sizeof(print)) == 0);
}

/* Behind the last line end before `size`: 1, or 0 when there is none near. */
static int
end_of(int fd, int64_t size, struct relay_place *out)
{
	char block[END_BYTES];
	size_t want = size < END_BYTES ? (size_t)size : (size_t)END_BYTES;
	ssize_t got = pread(fd, block, want, size - (int64_t)want);
	ssize_t n = got;

	while (n > 0 && block[n - 1] != '\n')
		n--;
	if (got < (ssize_t)want || (n == 0 && size > 0))
		return 0;
	out->offset = size - got + n;
	return print_of(fd, out->offset, out->print);
}

int
relay_tail_end(const struct relay_tail *t, struct relay_place *out,
	       struct error *err)
{
	struct stat what;
	int fd;
	int got = open_plain(AT_FDCWD, t->path, &fd, &what, err);

	if (got <= 0)
		return got;
	out->file = what.st_ino;
	got = end_of(fd, what.st_size, out);
	(void)close(fd);
	return got;
}

/* ---- the files beside it ---- */

static bool
is_compressed(struct str name)
{
	static const char *const ends[] = { ".gz", ".xz", ".bz2", ".zst",
					    ".lz4" };

	for (size_t i = 0; i < COUNT_OF(ends); i++)
		if (str_ends(name, str_of(ends[i])))
			return true;
	return false;
}

static bool
is_sibling(const struct relay_tail *t, struct str name)
{
	return name.len > t->name.len && str_starts(name, t->name) &&
	       strchr(".-_", name.p[t->name.len]) && !is_compressed(name);
}

/* True: it is the one that is looked for, and `fd` is the caller's. */
typedef bool sibling_fn(void *arg, int fd, const struct stat *what);

static int
ask_sibling(int folder, const char *name, sibling_fn *fn, void *arg)
{
	struct error ignored;
	struct stat what;
	int fd;

	if (open_plain(folder, name, &fd, &what, &ignored) <= 0)
		return 0;
	if (fn(arg, fd, &what))
		return 1;
	(void)close(fd);
	return 0;
}

static int
each_sibling(const struct relay_tail *t, sibling_fn *fn, void *arg,
	     struct error *err)
{
	DIR *dir = opendir(t->folder);
	const struct dirent *entry;
	int asked = 0;
	int found = 0;

	if (!dir)
		return errno == ENOENT
			   ? 0
			   : error_system(err, errno, "%s", t->folder);
	while (!found && asked < SIBLINGS_MAX && (entry = readdir(dir))) {
		if (!is_sibling(t, str_of(entry->d_name)))
			continue;
		asked++;
		found = ask_sibling(dirfd(dir), entry->d_name, fn, arg);
	}
	(void)closedir(dir);
	return found;
}

/* ---- a place ---- */

struct search {
	const struct relay_place *place;
	bool by_file;
	int fd;
	uint64_t file;
};

static bool
is_found(void *arg, int fd, const struct stat *what)
{
	struct search *s = arg;

	if (s->by_file != (what->st_ino == s->place->file) ||
	    (!s->by_file && s->place->offset == 0) || !has_place(fd, s->place))
		return false;
	s->fd = fd;
	s->file = what->st_ino;
	return true;
}

/* The file that had it, wherever it is; else a copy of it. */
static int
find_place(const struct relay_tail *t, struct search *s, struct error *err)
{
	struct stat what;
	int fd;
	int got = open_plain(AT_FDCWD, t->path, &fd, &what, err);

	s->by_file = true;
	if (got > 0 && is_found(s, fd, &what))
		return 1;
	if (got > 0)
		(void)close(fd);
	if (got >= 0)
		got = each_sibling(t, is_found, s, err);
	s->by_file = false;
	return got == 0 ? each_sibling(t, is_found, s, err) : got;
}

static int
begin_at_path(struct relay_tail *t, struct error *err)
{
	struct stat what;
	int fd;
	int got = open_plain(AT_FDCWD, t->path, &fd, &what, err);

	if (got <= 0)
		return got;
	let_go(t);
	t->fd = fd;
	t->at = (struct relay_place){ .file = what.st_ino };
	return 1;
}

int
relay_tail_seek(struct relay_tail *t, const struct relay_place *place,
		struct error *err)
{
	struct search s = { .place = place };
	int got;

	t->is_copied = false;
	t->kind = RELAY_PART_FILE;
	if (!place)
		return begin_at_path(t, err);
	got = find_place(t, &s, err);
	if (got <= 0)
		return got;
	let_go(t);
	t->fd = s.fd;
	t->at = *place;
	t->at.file = s.file;
	t->is_copied = s.file != place->file;
	return 1;
}

void
relay_tail_rewind(struct relay_tail *t)
{
	t->at = (struct relay_place){ .file = t->at.file };
}

/* ---- the file that follows ---- */

struct next {
	uint64_t file; /* that is left */
	uint64_t last; /* that of the path */
	struct timespec from;
	struct timespec until;
	int fd; /* -1: none is between */
	uint64_t found;
};

static bool
is_before(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec < b->tv_sec ||
	       (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

/* The earliest of those that were changed later; never "found". */
static bool
take_earlier(void *arg, int fd, const struct stat *what)
{
	struct next *n = arg;

	if (what->st_ino == n->file || what->st_ino == n->last ||
	    !is_before(&n->from, &what->st_mtim) ||
	    !is_before(&what->st_mtim, &n->until))
		return false;
	if (n->fd >= 0)
		(void)close(n->fd);
	n->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (n->fd < 0)
		return false;
	n->found = what->st_ino;
	n->until = what->st_mtim;
	return false;
}

static ssize_t
read_here(struct relay_tail *t)
{
	return pread(t->fd, t->block, sizeof(t->block), t->at.offset);
}

static void
go_to(struct relay_tail *t, int fd, uint64_t file)
{
	let_go(t);
	t->fd = fd;
	t->at = (struct relay_place){ .file = file };
	t->kind = t->is_copied ? RELAY_PART_GAP : RELAY_PART_FILE;
}

/*
 * 1: another file is read now, which may be empty. 0: it is the last, or the
 * one after it has nothing yet. `fd` is that of the path and is taken.
 */
static int
follow(struct relay_tail *t, int fd, const struct stat *path, struct error *err)
{
	struct next n = { .file = t->at.file,
			  .last = path->st_ino,
			  .until = path->st_mtim,
			  .fd = -1 };
	struct stat here;
	int got = 0;

	if (path->st_ino != t->at.file && fstat(t->fd, &here) == 0) {
		n.from = here.st_mtim;
		got = each_sibling(t, take_earlier, &n, err);
		if (got >= 0 && n.fd >= 0)
			got = 1;
		else if (got >= 0)
			got = path->st_size > 0;
	}
	if (got > 0 && n.fd < 0) {
		go_to(t, fd, path->st_ino);
		return 1;
	}
	(void)close(fd);
	if (got > 0)
		go_to(t, n.fd, n.found);
	return got;
}

/* ---- reading ---- */

/* What was read is not there any more: it was truncated under us. */
static void
begin_anew(struct relay_tail *t)
{
	t->is_copied = true;
	relay_tail_rewind(t);
	t->kind = RELAY_PART_GAP;
}

/*
 * What the old file has is read after the new one was seen to have something:
 * by then all of it is there.
 */
static int
read_on(struct relay_tail *t, ssize_t *n, struct error *err)
{
	struct stat path;
	int fd;
	int got = open_plain(AT_FDCWD, t->path, &fd, &path, err);

	*n = got < 0 ? 0 : read_here(t);
	if (*n != 0 && got > 0)
		(void)close(fd);
	if (*n != 0)
		return 1;
	if (got <= 0)
		return got;
	got = follow(t, fd, &path, err);
	if (got > 0)
		*n = read_here(t);
	return got;
}

int
relay_tail_read(struct relay_tail *t, struct relay_part *out, struct error *err)
{
	ssize_t n = 0;
	int got = 1;

	if (!has_place(t->fd, &t->at))
		begin_anew(t);
	while (got > 0 && n == 0)
		got = read_on(t, &n, err);
	if (got > 0 && n < 0)
		return error_system(err, errno, "%s", t->path);
	if (got <= 0)
		return got;
	*out = (struct relay_part){ t->kind, { t->block, (size_t)n } };
	t->at.offset += n;
	t->kind = RELAY_PART_MORE;
	return print_of(t->fd, t->at.offset, t->at.print)
		   ? 1
		   : error_set(err, ERROR_BUSY, "%s was cut while it was read",
			       t->path);
}
