#include "cmd_provider.h"

#include <stdlib.h>

#include "cmd.h"
#include "dispatch/dispatch_provider.h"

int
provider_open(struct dispatch_providers **out, struct app *app,
	      const struct event_keys *keys, struct error *err)
{
	const char *on = app_option(app, "providers");
	struct dispatch_providers_config config = {
		.store = app->store,
		.keys = keys,
		.pepper = app->pepper,
		.clock = &app->clock,
	};

	*out = NULL;
	config.on = on ? on : getenv("GUIDON_PROVIDERS");
	if (!config.on || !config.on[0])
		return 0;
	if (dispatch_providers_open(out, &config, err) < 0)
		return error_context(err, "--providers");
	return 0;
}
