/*
 * The thread sleeps for some minutes at a time on an eventfd, which ends it.
 */
#include "cmd_watch.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "cmd.h"
#include "cmd_daemon.h"
#include "cmd_relay.h"
#include "doctor/doctor_watch.h"

enum { LOOK_MS = 5 * 60 * 1000 };

struct watch {
	struct app *app;
	struct doctor_watch watch;
	pthread_t thread;
	int end; /* eventfd */
};

static bool
is_ended(void *arg)
{
	const struct watch *w = arg;
	struct pollfd end = { w->end, POLLIN, 0 };

	return poll(&end, 1, 0) != 0;
}

static void *
watch_main(void *arg)
{
	struct watch *w = arg;
	struct pollfd end = { w->end, POLLIN, 0 };

	do {
		struct error err;

		if (doctor_watch_step(w->app->store, &w->watch,
				      app_now_ms(w->app), &err) < 0)
			log_line(LOG_LEVEL_ERROR, "doctor", "watch_failed",
				 LOG_FIELDS(LOG_CSTR("msg", err.text)));
	} while (poll(&end, 1, LOOK_MS) == 0);
	return NULL;
}

/* That it can be used is known before anything is sent. */
static int
try_resolver(const char *servers, struct error *err)
{
	struct dns *dns;

	if (dns_open(&dns, servers, err) < 0)
		return -(int)err->code;
	dns_close(&dns);
	return 0;
}

int
watch_open(struct watch **out, struct app *app,
	   const struct daemon_config *config, struct error *err)
{
	struct doctor_relay relay;
	struct watch *w;

	*out = NULL;
	if (!config->resolver || app->clock.is_virtual)
		return 0;
	if (relay_known(app->arena, config->mail, config->address, &relay,
			err) < 0 ||
	    try_resolver(relay_servers(config->resolver), err) < 0)
		return -(int)err->code;
	w = calloc(1, sizeof(*w));
	check(w);
	w->app = app;
	w->watch = (struct doctor_watch){
		.servers = relay_servers(config->resolver),
		.relay = relay,
		.stop = is_ended,
		.arg = w,
	};
	w->end = eventfd(0, EFD_CLOEXEC);
	check(w->end >= 0);
	check(pthread_create(&w->thread, NULL, watch_main, w) == 0);
	*out = w;
	return 0;
}

void
watch_close(struct watch **watch)
{
	struct watch *w = *watch;

	if (!w)
		return;
	check(eventfd_write(w->end, 1) == 0);
	check(pthread_join(w->thread, NULL) == 0);
	close(w->end);
	free(w);
	*watch = NULL;
}
