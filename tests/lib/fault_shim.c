/*
 * fault_shim - a library to preload, which makes a system call of a program
 * fail, or the program die at it
 *
 *	LD_PRELOAD=libfault_shim.so GUIDON_FAULT="CALL N ACTION [PATH]" program
 *
 * At the Nth CALL (write, pwrite, fsync, fdatasync, rename, link) whose file
 * has PATH in its name, once, ACTION happens in its place: EIO, ENOSPC, kill,
 * or short: half of the bytes are written. "CALL 0 count [PATH]" adds the
 * number of such calls to the file of GUIDON_FAULT_COUNT when it exits.
 *
 * libfault_malloc.so is the same source with malloc, calloc and realloc in it,
 * of which the Nth of at least 64 bytes gives NULL: "malloc N ENOMEM". A
 * program that brings an allocator of its own, a sanitizer's, cannot have it.
 *
 * Thread rule: all threads; the count is one for the process.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum action { NOTHING, FAIL_EIO, FAIL_ENOSPC, SHORT, KILL, COUNT };

static struct {
	char call[16];
	long at;
	enum action action;
	char path[128];
} fault;
static atomic_long calls;

static enum action
action_of(const char *name)
{
	static const char *const names[] = {
		[FAIL_EIO] = "EIO", [FAIL_ENOSPC] = "ENOSPC", [SHORT] = "short",
		[KILL] = "kill",    [COUNT] = "count",
	};

	for (int i = FAIL_EIO; i <= COUNT; i++)
		if (strcmp(name, names[i]) == 0)
			return (enum action)i;
	return strcmp(name, "ENOMEM") == 0 ? FAIL_EIO : NOTHING;
}

__attribute__((constructor)) static void
read_fault(void)
{
	const char *text = getenv("GUIDON_FAULT");
	char action[16] = "";

	if (text && sscanf(text, "%15s %ld %15s %127s", fault.call, &fault.at,
			   action, fault.path) >= 3)
		fault.action = action_of(action);
}

__attribute__((destructor)) static void
tell_count(void)
{
	const char *path = getenv("GUIDON_FAULT_COUNT");
	FILE *f = fault.action == COUNT && path ? fopen(path, "a") : NULL;

	if (!f)
		return;
	fprintf(f, "%ld\n", atomic_load(&calls));
	(void)fclose(f);
}

/* What happens at this call of that name, of that file. */
static enum action
reach(const char *call, const char *path)
{
	if (fault.action == NOTHING || strcmp(call, fault.call) != 0 ||
	    !strstr(path, fault.path) ||
	    atomic_fetch_add(&calls, 1) + 1 != fault.at)
		return NOTHING;
	if (fault.action == KILL)
		(void)raise(SIGKILL);
	return fault.action;
}

static enum action
reach_fd(const char *call, int fd)
{
	char link[64], path[PATH_MAX] = "";
	ssize_t n;

	if (fault.action == NOTHING || strcmp(call, fault.call) != 0)
		return NOTHING;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	path[n > 0 ? n : 0] = '\0';
	return reach(call, path);
}

static int
fail(enum action action)
{
	errno = action == FAIL_EIO ? EIO : ENOSPC;
	return -1;
}

/* The next of that name: the sanitizer's, or the system's. */
#define NEXT(result, name, ...)             \
	static result (*next)(__VA_ARGS__); \
	if (!next)                          \
	*(void **)&next = dlsym(RTLD_NEXT, #name)

ssize_t
write(int fd, const void *p, size_t len)
{
	enum action action = reach_fd("write", fd);
	NEXT(ssize_t, write, int, const void *, size_t);

	if (action == NOTHING || (action == SHORT && len > 1))
		return next(fd, p, action == SHORT ? len / 2 : len);
	return fail(action);
}

static ssize_t
pwrite_or_not(ssize_t (*next)(int, const void *, size_t, off_t), int fd,
	      const void *p, size_t len, off_t at)
{
	enum action action = reach_fd("pwrite", fd);

	if (action == NOTHING || (action == SHORT && len > 1))
		return next(fd, p, action == SHORT ? len / 2 : len, at);
	return fail(action);
}

ssize_t
pwrite(int fd, const void *p, size_t len, off_t at)
{
	NEXT(ssize_t, pwrite, int, const void *, size_t, off_t);

	return pwrite_or_not(next, fd, p, len, at);
}

ssize_t
pwrite64(int fd, const void *p, size_t len, off_t at)
{
	NEXT(ssize_t, pwrite64, int, const void *, size_t, off_t);

	return pwrite_or_not(next, fd, p, len, at);
}

int
fsync(int fd)
{
	enum action action = reach_fd("fsync", fd);
	NEXT(int, fsync, int);

	return action == NOTHING ? next(fd) : fail(action);
}

int
fdatasync(int fd)
{
	enum action action = reach_fd("fdatasync", fd);
	NEXT(int, fdatasync, int);

	return action == NOTHING ? next(fd) : fail(action);
}

int
rename(const char *from, const char *to)
{
	enum action action = reach("rename", to);
	NEXT(int, rename, const char *, const char *);

	return action == NOTHING ? next(from, to) : fail(action);
}

int
link(const char *from, const char *to)
{
	enum action action = reach("link", to);
	NEXT(int, link, const char *, const char *);

	return action == NOTHING ? next(from, to) : fail(action);
}

#ifdef FAULT_MALLOC

enum { LEAST_BYTES = 64 };

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *p, size_t size);

static bool
refused(size_t size)
{
	if (size < LEAST_BYTES || reach("malloc", "") == NOTHING)
		return false;
	errno = ENOMEM;
	return true;
}

void *
malloc(size_t size)
{
	return refused(size) ? NULL : __libc_malloc(size);
}

void *
calloc(size_t count, size_t size)
{
	return refused(count * size) ? NULL : __libc_calloc(count, size);
}

void *
realloc(void *p, size_t size)
{
	return refused(size) ? NULL : __libc_realloc(p, size);
}

#endif
