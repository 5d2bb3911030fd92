/*
 * clock_shift - to be preloaded: the machine's clocks as a test sets them
 *
 * The file that GUIDON_CLOCK_SHIFT names holds two numbers of seconds: by how
 * much the wall clock is set, and how much time has passed beyond what did, on
 * all clocks. It is read whenever a clock is, so a test moves a running
 * program's time by writing it.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void
read_shift(long *set, long *passed)
{
	const char *path = getenv("GUIDON_CLOCK_SHIFT");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	char text[64];
	char *end;
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

	*set = *passed = 0;
	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return;
	text[n] = '\0';
	*set = strtol(text, &end, 10);
	*passed = strtol(end, NULL, 10);
}

int
clock_gettime(clockid_t clock, struct timespec *t)
{
	long rc = syscall(SYS_clock_gettime, clock, t);
	long set, passed;

	if (rc != 0 || (clock != CLOCK_REALTIME && clock != CLOCK_BOOTTIME))
		return (int)rc;
	read_shift(&set, &passed);
	t->tv_sec += passed;
	if (clock == CLOCK_REALTIME)
		t->tv_sec += set;
	return 0;
}
