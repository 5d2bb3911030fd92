#include "cmd_sending.h"

#include <stdlib.h>

#include "base/arena.h"
#include "cmd.h"

enum { CONNECTIONS = 4, CONNECTIONS_MAX = 64 };

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

int
sending_config(struct app *app, struct daemon_config *out, struct error *err)
{
	int64_t connections = CONNECTIONS;

	if (app_option_int(app, "connections", 1, CONNECTIONS_MAX, &connections,
			   err) < 0)
		return -(int)err->code;
	*out = (struct daemon_config){
		.mail = transport_of(app, "mail", "GUIDON_MAIL"),
		.posts = transport_of(app, "posts", "GUIDON_POSTS"),
		.connections = (int)connections,
	};
	return 0;
}
