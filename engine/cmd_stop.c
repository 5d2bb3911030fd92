#include "cmd_stop.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "base/check.h"

static sigset_t
stop_signals(void)
{
	sigset_t stop;

	sigemptyset(&stop);
	sigaddset(&stop, SIGINT);
	sigaddset(&stop, SIGTERM);
	return stop;
}

void
stop_block(void)
{
	sigset_t stop = stop_signals();

	check(pthread_sigmask(SIG_BLOCK, &stop, NULL) == 0);
}

bool
stop_asked(int64_t wait_ms)
{
	sigset_t stop = stop_signals();
	struct timespec time = {
		.tv_sec = (time_t)(wait_ms / 1000),
		.tv_nsec = (long)(wait_ms % 1000) * 1000000,
	};

	return sigtimedwait(&stop, NULL, &time) > 0;
}

void
stop_wait(void)
{
	sigset_t stop = stop_signals();
	int signal;

	check(sigwait(&stop, &signal) == 0);
}
