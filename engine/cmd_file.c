#define _GNU_SOURCE /* mkostemp() */
#include "cmd_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/failpoint.h"
#include "base/fd.h"

/* ---- reading ---- */

static int
read_all(int fd, struct arena *a, size_t most, const char *path,
	 struct str *bytes, struct error *err)
{
	struct buf b = { 0 };
	char block[16384];
	ssize_t n;

	while ((n = read(fd, block, sizeof(block))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || b.len + (size_t)n > most)
			break;
		buf_add(&b, block, (size_t)n);
	}
	*bytes = str_copy(a, buf_view(&b));
	buf_fini(&b);
	if (n < 0)
		return error_system(err, errno, "%s", path);
	if (n > 0)
		return error_set(err, ERROR_LIMIT,
				 "%s is longer than %zu bytes", path, most);
	return 0;
}

int
file_get(const char *path, struct arena *a, size_t most, struct str *bytes,
	 struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int code;

	if (fd < 0)
		return error_system(err, errno, "%s", path);
	code = read_all(fd, a, most, path, bytes, err);
	close(fd);
	return code;
}

int
file_get_stdin(struct arena *a, size_t most, struct str *bytes,
	       struct error *err)
{
	return read_all(STDIN_FILENO, a, most, "stdin", bytes, err);
}

/* ---- writing ---- */

/* 0, or errno of what failed; the file beside is gone then. */
static int
replace(const char *path, const char *beside, int fd, struct str bytes)
{
	int failed =
	    fchmod(fd, 0644) != 0 || fd_write(fd, bytes) != 0 || fsync(fd) != 0
		? errno
		: 0;

	if (close(fd) != 0 && !failed)
		failed = errno;
	failpoint_pass("cmd: file drafted");
	if (!failed && rename(beside, path) != 0)
		failed = errno;
	if (failed)
		(void)unlink(beside);
	return failed;
}

int
file_put(const char *path, struct str bytes, struct error *err)
{
	struct arena *a = arena_new();
	char *beside = arena_printf(a, "%s.XXXXXX", path);
	int fd = mkostemp(beside, O_CLOEXEC);
	int failed = fd < 0 ? errno : replace(path, beside, fd, bytes);

	arena_free(&a);
	return failed ? error_system(err, failed, "%s", path) : 0;
}
