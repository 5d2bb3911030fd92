#include "cmd_follow.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/zone.h"
#include "cmd.h"
#include "cmd_daemon.h"
#include "cmd_relay.h"
#include "dispatch/dispatch_relay_follow.h"

struct follow {
	struct app *app;
	struct relay_follow *log;
	struct buf trouble; /* as last logged */
};

int
follow_open(struct follow **out, struct app *app,
	    const struct daemon_config *config, struct error *err)
{
	const char *zone = app_option(app, "relay-log-zone");
	struct relay_follow_config how = {
		.store = app->store,
		.path = relay_option(app, "relay-log", "GUIDON_RELAY_LOG"),
		.is_alone = config->store_folder != NULL,
	};
	struct follow *w;

	*out = NULL;
	if (zone && zone_get(zone, &how.zone, err) < 0)
		return error_context(err, "--relay-log-zone");
	if (!how.path)
		return 0;
	w = calloc(1, sizeof(*w));
	check(w);
	w->app = app;
	relay_follow_open(&w->log, &how);
	*out = w;
	return 0;
}

void
follow_close(struct follow **follow)
{
	struct follow *w = *follow;

	if (!w)
		return;
	relay_follow_close(&w->log);
	buf_fini(&w->trouble);
	free(w);
	*follow = NULL;
}

static void
say(struct follow *w, const char *trouble)
{
	if (str_eq_cstr(buf_view(&w->trouble), trouble))
		return;
	buf_clear(&w->trouble);
	buf_cat(&w->trouble, trouble);
	log_line(LOG_LEVEL_ERROR, "daemon", "relay_log_failed",
		 LOG_FIELDS(LOG_CSTR("msg", trouble)));
}

int64_t
follow_step(struct follow *w, bool all)
{
	int64_t now_ms = app_now_ms(w->app);
	struct error err;
	int64_t did = all ? relay_follow_all(w->log, now_ms, &err)
			  : relay_follow_step(w->log, now_ms, &err);

	if (did < 0)
		say(w, err.text);
	else
		buf_clear(&w->trouble);
	return did < 0 ? 0 : did;
}
