#include "cmd_sending.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "cmd.h"
#include "cmd_rules.h"

enum { CONNECTIONS = 4, CONNECTIONS_MAX = 64 };

enum { MIN_FREE_MB = 64, MIN_FREE_MB_MAX = 1 << 30 };

static const char *
transport_of(struct app *app, const char *option, const char *variable)
{
	const char *url = app_option(app, option);

	if (!url)
		url = getenv(variable);
	if (!url || !url[0])
		url = arena_printf(app->arena, "spool:%s/spool", app->state);
	return url;
}

/* Of the file of a SQLite store; a server looks after its own. */
static const char *
store_folder(struct app *app)
{
	const struct str scheme = STR("sqlite:");
	const char *path = app->url + scheme.len;
	const char *slash;

	if (!str_starts(str_of(app->url), scheme))
		return NULL;
	slash = strrchr(path, '/');
	if (!slash)
		return ".";
	return slash == path
		   ? "/"
		   : arena_copy(app->arena, path, (size_t)(slash - path));
}

static enum log_level
level_of(const struct app *app)
{
	if (app_option(app, "verbose"))
		return LOG_LEVEL_INFO;
	return app->out.quiet ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN;
}

int
sending_config(struct app *app, struct daemon_config *out, struct error *err)
{
	int64_t connections = CONNECTIONS;
	int64_t min_free_mb = MIN_FREE_MB;

	if (app_option_int(app, "connections", 1, CONNECTIONS_MAX, &connections,
			   err) < 0 ||
	    app_option_int(app, "min-free", 0, MIN_FREE_MB_MAX, &min_free_mb,
			   err) < 0)
		return -(int)err->code;
	log_open(level_of(app));
	if (rules_keep(app, err) < 0)
		return -(int)err->code;
	*out = (struct daemon_config){
		.mail = transport_of(app, "mail", "GUIDON_MAIL"),
		.posts = transport_of(app, "posts", "GUIDON_POSTS"),
		.connections = (int)connections,
		.store_folder = store_folder(app),
		.min_free_bytes = min_free_mb * 1024 * 1024,
		.guard = app_guard(app),
	};
	return 0;
}
