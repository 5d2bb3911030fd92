#include "killing.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/now.h"
#include "sending.h"
#include "store.h"

enum { PAUSE_US = 100 * 1000, POLL_US = 500, KILLS = 20 };

/* ---- in the child ---- */

static bool
unfinished(struct sending *s)
{
	struct outbox_counts counts;

	sending_count(s, &counts);
	return counts.by_state[OUTBOX_READY] ||
	       counts.by_state[OUTBOX_CLAIMED] ||
	       counts.by_state[OUTBOX_MARKED];
}

/* A failure is fine as long as the next turn gets on. */
static void
send_due(struct sending *s, struct clock *clock,
	 const struct killing_sender *how)
{
	const struct dispatch_config config = {
		.store = s->store,
		.clock = clock,
		.transport = how->transport,
		.source = how->source,
		.key_id = 1,
		.worker_count = how->workers,
		.batch = how->batch,
	};
	struct dispatch *d = NULL;
	struct error err;

	if (dispatch_open(&d, &config, &err) < 0 ||
	    dispatch_once(d, &err) < 0) {
		fprintf(stderr, "child: %s\n", err.text);
		now_sleep_us(PAUSE_US);
	}
	dispatch_close(&d);
}

static void
go_on(struct sending *s, struct clock *clock, int64_t step_ms)
{
	int64_t due_ms = sending_next_due(s);

	if (due_ms >= 0)
		clock_advance(clock, due_ms + step_ms);
	else /* the server has not yet noticed that the last one died */
		now_sleep_us(PAUSE_US);
}

bool
killing_send(const struct killing_sender *how)
{
	struct sending s;
	struct clock clock;
	int turns = 0;
	bool left;

	log_open(LOG_LEVEL_ERROR);
	sending_open(&s, how->url);
	clock_init_virtual(&clock, how->now_ms);
	do {
		if (turns > 0)
			go_on(&s, &clock, how->step_ms);
		send_due(&s, &clock, how);
		left = unfinished(&s);
	} while (left && ++turns < how->turns);
	sending_close(&s);
	return !left;
}

/* ---- in the parent ---- */

pid_t
killing_start(const char *const argv[])
{
	pid_t child = fork();

	check(child >= 0);
	if (child == 0) {
		execv("/proc/self/exe", (char *const *)argv);
		_exit(127);
	}
	return child;
}

bool
killing_has_ended(pid_t child)
{
	int status;
	pid_t got = waitpid(child, &status, WNOHANG);

	check(got >= 0);
	if (got == 0)
		return false;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		fprintf(stderr, "killing: the child ended with %#x\n",
			(unsigned)status);
		exit(1);
	}
	return true;
}

void
killing_kill(pid_t child)
{
	check(kill(child, SIGKILL) == 0);
	check(waitpid(child, NULL, 0) == child);
}

bool
killing_run(const char *const argv[], int64_t life_us)
{
	int64_t start_us = now_mono_us();
	pid_t child = killing_start(argv);

	while (!killing_has_ended(child)) {
		if (now_mono_us() - start_us >= life_us) {
			killing_kill(child);
			return true;
		}
		now_sleep_us(POLL_US);
	}
	return false;
}

uint64_t
killing_random(uint64_t *seed)
{
	*seed += UINT64_C(0x9e3779b97f4a7c15);
	return (*seed ^ (*seed >> 31)) * UINT64_C(0xbf58476d1ce4e5b9) >> 32;
}

int
killing_main(int argc, char **argv,
	     bool (*survives)(const char *url, uint64_t seed, int kills))
{
	const char *url = getenv("GUIDON_TEST_PG");
	char sqlite[TEST_URL_BYTES];
	uint64_t seed = 1;
	int kills = KILLS;

	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--kills") == 0)
			kills = (int)strtol(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "--seed") == 0)
			seed = strtoull(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "--url") == 0)
			url = argv[i + 1];
	}
	if (url && url[0])
		return !survives(url, seed, kills);
	test_sqlite_url(sqlite);
	if (!survives(sqlite, seed, kills))
		return 1;
	test_store_remove(sqlite);
	return 0;
}
