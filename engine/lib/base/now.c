#include "base/now.h"

#include <errno.h>
#include <time.h>

#include "base/check.h"

static struct timespec
read_clock(clockid_t clock)
{
	struct timespec t;

	check(clock_gettime(clock, &t) == 0);
	return t;
}

int64_t
now_wall_ms(void)
{
	struct timespec t = read_clock(CLOCK_REALTIME);

	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t
now_boot_ms(void)
{
	struct timespec t = read_clock(CLOCK_BOOTTIME);

	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t
now_mono_us(void)
{
	struct timespec t = read_clock(CLOCK_MONOTONIC);

	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

void
now_sleep_us(int64_t us)
{
	struct timespec until = read_clock(CLOCK_MONOTONIC);
	int rc;

	if (us <= 0)
		return;
	until.tv_sec += (time_t)(us / 1000000);
	until.tv_nsec += (long)(us % 1000000) * 1000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	do
		rc = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until,
				     NULL);
	while (rc == EINTR);
	check(rc == 0);
}
