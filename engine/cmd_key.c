/*
 * The master key: 32 random bytes in a file of mode 0400. It is the one secret
 * that is not in the store, so whoever has a copy of the store alone has no
 * key of it.
 *
 * The file is made under a name of its own, flushed, and linked to its name.
 * So there is either no key or a whole one, and of two processes that come
 * first together one links and both read that one. Rejected: creating it under
 * its name, which a crash could leave half written, and the store then opened
 * with a key of zeroes.
 *
 *	nothing --make--> KEY.new --a store was made with it: keep--> KEY
 *
 * So a file KEY says that there is a store somewhere, and one that is found
 * empty then is a store that was lost: everybody would be mailed anew from it.
 * A kill before the last arrow leaves KEY.new, with which the next goes on.
 */
#include "cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "base/failpoint.h"
#include "base/fd.h"
#include "base/random.h"

static int
flush_folder(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash && slash > path
			   ? arena_copy(a, path, (size_t)(slash - path))
			   : arena_printf(a, "%s", slash ? "/" : ".");
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int code;

	if (fd < 0)
		return -1;
	code = fsync(fd);
	close(fd);
	return code;
}

/* Under a name of its own. */
static int
write_new(const char *path, struct error *err)
{
	uint8_t key[APP_KEY_BYTES];
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
	int code = 0;

	if (fd < 0)
		return error_system(err, errno, "%s", path);
	random_bytes(key, sizeof(key));
	if (fd_write(fd, (struct str){ (const char *)key, sizeof(key) }) != 0 ||
	    fsync(fd) != 0)
		code = error_system(err, errno, "%s", path);
	crypto_wipe(key, sizeof(key));
	close(fd);
	return code;
}

/* 1 made, 0 there is one already. */
static int
make(struct arena *a, const char *path, struct error *err)
{
	char *draft =
	    arena_printf(a, "%s.%016" PRIx64, path, (uint64_t)random_id());
	int code = write_new(draft, err);

	failpoint_pass("cmd: key drafted");
	if (code == 0 && link(draft, path) == 0)
		code = 1;
	else if (code == 0 && errno != EEXIST)
		code = error_system(err, errno, "%s", path);
	failpoint_pass("cmd: key linked");
	(void)unlink(draft);
	if (code == 1 && flush_folder(a, path) != 0)
		code = error_system(err, errno, "%s", path);
	return code;
}

static int
check_file(int fd, const char *path, struct error *err)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return error_system(err, errno, "%s", path);
	if (!S_ISREG(st.st_mode) || st.st_size != APP_KEY_BYTES)
		return error_set(err, ERROR_CONFIG,
				 "%s is no master key, expected a file of %d "
				 "bytes",
				 path, APP_KEY_BYTES);
	if (st.st_mode & 077)
		return error_set(err, ERROR_CONFIG,
				 "%s has mode %04o, so others may read it; "
				 "expected 0400",
				 path, (unsigned)(st.st_mode & 07777));
	return 0;
}

static int
read_key(int fd, const char *path, uint8_t key[APP_KEY_BYTES],
	 struct error *err)
{
	ssize_t n;

	if (check_file(fd, path, err) < 0)
		return -(int)err->code;
	n = read(fd, key, APP_KEY_BYTES);
	if (n < 0)
		return error_system(err, errno, "%s", path);
	if (n != APP_KEY_BYTES)
		return error_set(err, ERROR_CONFIG,
				 "%s: %zd bytes, expected %d", path, n,
				 APP_KEY_BYTES);
	return 0;
}

static const char *
new_name(struct arena *a, const char *path)
{
	return arena_printf(a, "%s.new", path);
}

/* A FIFO in its place is not waited for: check_file() says what it is. */
static int
open_file(const char *path)
{
	return open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
}

/*
 * Another process may keep the new one meanwhile. What was `made` after that
 * is nobody's: whoever finds it finds the other one too.
 */
static int
open_either(const char *path, const char *new, bool made, bool *is_new)
{
	int fd = open_file(path);

	if (fd >= 0 && made)
		(void)unlink(new);
	if (fd < 0 && errno == ENOENT) {
		fd = open_file(new);
		*is_new = fd >= 0;
	}
	if (fd < 0 && errno == ENOENT)
		fd = open_file(path);
	return fd;
}

int
app_key_load(const char *path, uint8_t key[APP_KEY_BYTES], bool *is_new,
	     struct error *err)
{
	struct arena *a = arena_new();
	const char *new = new_name(a, path);
	int fd = open_file(path);
	int code = 0;

	*is_new = false;
	if (fd < 0 && errno == ENOENT) {
		code = make(a, new, err);
		if (code >= 0)
			fd = open_either(path, new, code == 1, is_new);
	}
	if (code >= 0)
		code = fd < 0 ? error_system(err, errno, "%s", path)
			      : read_key(fd, *is_new ? new : path, key, err);
	if (fd >= 0)
		close(fd);
	arena_free(&a);
	return code < 0 ? error_context(err, "master key") : 0;
}

int
app_key_keep(const char *path, struct error *err)
{
	struct arena *a = arena_new();
	const char *new = new_name(a, path);
	int code = 0;

	/* Another process may have been first, and has unlinked it then. */
	if (link(new, path) != 0 && errno != EEXIST && errno != ENOENT)
		code = error_system(err, errno, "master key: %s", path);
	if (code == 0)
		(void)unlink(new);
	if (code == 0 && flush_folder(a, path) != 0)
		code = error_system(err, errno, "master key: %s", path);
	arena_free(&a);
	return code;
}

void
app_key_drop(const char *path)
{
	struct arena *a = arena_new();

	(void)unlink(new_name(a, path));
	arena_free(&a);
}
