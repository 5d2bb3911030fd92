#include "cmd_stop.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

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

/* It calls what a handler may call; raised again the signal is the system's. */
static void
end_at_once(int signal)
{
	static const char says[] = "guidon: ended at once; what was on the "
				   "wire, if anything, is in doubt\n";

	(void)!write(STDERR_FILENO, says, sizeof(says) - 1);
	(void)raise(signal);
}

void
stop_at_once(void)
{
	const struct sigaction end = {
		.sa_handler = end_at_once,
		.sa_flags = (int)(SA_RESETHAND | SA_NODEFER),
	};
	sigset_t stop = stop_signals();

	check(sigaction(SIGINT, &end, NULL) == 0);
	check(sigaction(SIGTERM, &end, NULL) == 0);
	check(pthread_sigmask(SIG_UNBLOCK, &stop, NULL) == 0);
}
