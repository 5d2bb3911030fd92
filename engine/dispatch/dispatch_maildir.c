/*
 * A Maildir: what a mail system has put into new/ is taken, then moved to cur/
 * as seen. The name there is the name it had, so a move that was made twice is
 * made once. A reply that is not sent on is flagged there and not seen: for a
 * person to look at, who may put it back when there is room.
 *
 * Between the commit and the move anybody may die; then the mail is still new,
 * and is taken again to no effect. A mail that cannot be taken stays where it
 * is. The move is not synced: a power cut brings the mail back, which is
 * harmless.
 *
 * Names are looked up below the folder that was opened, so none leads out of
 * it; what is no plain file is left alone.
 */
#include "dispatch/dispatch_intake_priv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"

/* Mails that share a child, and what is kept of them in memory. */
enum { BATCH = 50, BATCH_BYTES = 8 * 1024 * 1024 };

struct maildir {
	int new_fd;
	int cur_fd;
};

struct batch {
	struct arena *a;
	const char *names[BATCH];
	struct dispatch_mail mails[BATCH];
	size_t count;
	size_t bytes;
};

/* ---- the folder ---- */

static void
maildir_close(void *self)
{
	struct maildir *m = self;

	if (m->new_fd >= 0)
		(void)close(m->new_fd);
	if (m->cur_fd >= 0)
		(void)close(m->cur_fd);
	free(m);
}

static int
open_below(const char *path, const char *name, int *fd, struct error *err)
{
	struct arena *a = arena_new();
	const char *folder = arena_printf(a, "%s/%s", path, name);

	*fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	arena_free(&a);
	return *fd < 0 ? error_set(err, ERROR_CONFIG,
				   "found no folder %s in it, expected a "
				   "Maildir",
				   name)
		       : 0;
}

static int
maildir_open(void **out, const char *rest, struct error *err)
{
	struct maildir *m = calloc(1, sizeof(*m));

	check(m);
	m->new_fd = m->cur_fd = -1;
	if (open_below(rest, "new", &m->new_fd, err) < 0 ||
	    open_below(rest, "cur", &m->cur_fd, err) < 0) {
		maildir_close(m);
		return -(int)err->code;
	}
	*out = m;
	return 0;
}

/* ---- a batch ---- */

/* As much as is looked at; the rest of a larger one is not read. */
static int
read_all(int fd, struct arena *a, struct str *bytes, struct error *err)
{
	struct buf b = { 0 };
	char part[65536];
	ssize_t len = 1;

	while (len > 0 && b.len < DISPATCH_MAIL_MAX) {
		len = read(fd, part, sizeof(part));
		if (len > 0)
			buf_add(&b, part, (size_t)len);
	}
	*bytes = str_copy(a, str_slice(buf_view(&b), 0, DISPATCH_MAIL_MAX));
	buf_fini(&b);
	return len < 0 ? error_system(err, errno, "a mail") : 0;
}

/* 1, or 0 when it is no file that one may read, or has gone. */
static int
read_mail(const struct maildir *m, struct arena *a, const char *name,
	  struct str *bytes, struct error *err)
{
	int fd = openat(m->new_fd, name,
			O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat what;
	int code;

	if (fd < 0)
		return errno == ENOENT || errno == ELOOP
			   ? 0
			   : error_system(err, errno, "new/%s", name);
	if (fstat(fd, &what) < 0 || !S_ISREG(what.st_mode)) {
		(void)close(fd);
		return 0;
	}
	code = read_all(fd, a, bytes, err);
	(void)close(fd);
	return code < 0 ? error_context(err, "new/%s", name) : 1;
}

static int
move(const struct maildir *m, const char *name, bool kept, struct error *err)
{
	char to[NAME_MAX + 1];
	/* A name that has flags already is one that somebody put back. */
	bool flagged = str_find(str_of(name), STR(":2,")) >= 0;
	int len = snprintf(to, sizeof(to), "%s%s", name,
			   flagged ? ""
			   : kept  ? ":2,F"
				   : ":2,S");

	if (len < 0 || (size_t)len >= sizeof(to))
		return error_set(err, ERROR_LIMIT,
				 "new/%s has a name too long to be moved",
				 name);
	if (renameat(m->new_fd, name, m->cur_fd, to) < 0 && errno != ENOENT)
		return error_system(err, errno, "new/%s to cur/", name);
	return 0;
}

/* Taken or not, the batch is empty afterwards. How many were. */
static int64_t
flush(const struct maildir *m, struct dispatch_intake *in, struct batch *b,
      struct error *err)
{
	struct dispatch_taken taken[BATCH];
	size_t count = dispatch_intake_take(in, b->mails, b->count, taken, err);
	int code = count < b->count ? -(int)err->code : 0;
	struct error why;

	for (size_t i = 0; i < b->count; i++)
		if (taken[i].taken &&
		    move(m, b->names[i], taken[i].kept != LEAD_REPLY_TAKEN,
			 &why) < 0) {
			*err = why;
			code = -(int)err->code;
		}
	arena_free(&b->a);
	*b = (struct batch){ .a = arena_new() };
	return code < 0 ? code : (int64_t)count;
}

static int
add(const struct maildir *m, struct batch *b, const char *name,
    struct error *err)
{
	struct dispatch_mail *mail = &b->mails[b->count];
	int got = read_mail(m, b->a, name, &mail->bytes, err);

	if (got <= 0)
		return got;
	b->names[b->count++] = arena_copy(b->a, name, strlen(name));
	b->bytes += mail->bytes.len;
	return 1;
}

/* ---- all that is new ---- */

static bool
is_full(const struct batch *b)
{
	return b->count == BATCH || b->bytes >= BATCH_BYTES;
}

/* One that fails does not keep the others from being taken. */
static int64_t
take_listed(const struct maildir *m, struct dispatch_intake *in, DIR *dir,
	    struct batch *b, struct error *err)
{
	struct error first = { 0 };
	struct error why = { 0 };
	struct dirent *entry;
	int64_t sum = 0;

	do {
		int64_t got = 0;

		entry = intake_goes_on(in) ? readdir(dir) : NULL;
		if (entry && entry->d_name[0] != '.')
			got = add(m, b, entry->d_name, &why);
		if (got >= 0 && (is_full(b) || (!entry && b->count > 0))) {
			got = flush(m, in, b, &why);
			sum += got > 0 ? got : 0;
		}
		if (got < 0 && first.code == ERROR_NONE)
			first = why;
	} while (entry);
	if (first.code == ERROR_NONE)
		return sum;
	*err = first;
	return -(int)err->code;
}

static int64_t
maildir_run(void *self, struct dispatch_intake *in, struct error *err)
{
	const struct maildir *m = self;
	struct batch b = { .a = arena_new() };
	int fd = openat(m->new_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	int64_t sum = -1;

	if (dir)
		sum = take_listed(m, in, dir, &b, err);
	else
		(void)error_system(err, errno, "new/");
	if (dir)
		(void)closedir(dir);
	else if (fd >= 0)
		(void)close(fd);
	arena_free(&b.a);
	return sum < 0 ? -(int64_t)err->code : sum;
}

const struct intake_source maildir_source = {
	.scheme = "maildir",
	.is_looked_into = true,
	.look_ms = FOLDER_LOOK_MS,
	.open = maildir_open,
	.close = maildir_close,
	.run = maildir_run,
};
