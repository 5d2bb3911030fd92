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
#include "base/random.h"

static int
write_and_flush(int fd, const uint8_t *p, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno != EINTR)
			return -1;
		if (n > 0) {
			p += n;
			len -= (size_t)n;
		}
	}
	return fsync(fd);
}

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
	if (write_and_flush(fd, key, sizeof(key)) != 0)
		code = error_system(err, errno, "%s", path);
	crypto_wipe(key, sizeof(key));
	close(fd);
	return code;
}

/* 1 made, 0 another process was first. */
static int
make(struct arena *a, const char *path, struct error *err)
{
	char *draft =
	    arena_printf(a, "%s.%016" PRIx64, path, (uint64_t)random_id());
	int code = write_new(draft, err);

	if (code == 0 && link(draft, path) == 0)
		code = 1;
	else if (code == 0 && errno != EEXIST)
		code = error_system(err, errno, "%s", path);
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

int
app_key_load(const char *path, uint8_t key[APP_KEY_BYTES], bool *made,
	     struct error *err)
{
	struct arena *a = arena_new();
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int code = 0;

	*made = false;
	if (fd < 0 && errno == ENOENT) {
		code = make(a, path, err);
		*made = code == 1;
		if (code >= 0)
			fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	if (code >= 0)
		code = fd < 0 ? error_system(err, errno, "%s", path)
			      : read_key(fd, path, key, err);
	if (fd >= 0)
		close(fd);
	arena_free(&a);
	return code < 0 ? error_context(err, "master key") : 0;
}
