/*
 * guidon serve: the web alone. It answers until it is told to stop; what it
 * puts into the store is worked on by "guidon run".
 */
#include "cmd.h"

#include "cmd_listen.h"
#include "cmd_makers.h"
#include "cmd_provider.h"
#include "cmd_stop.h"
#include "dispatch/dispatch_provider.h"
#include "web/web.h"

static int
serve(struct app *app, struct web_config *config, struct error *err)
{
	struct web *web;

	if (web_open(&web, config, err) < 0)
		return -(int)err->code;
	out_note(&app->out, "%s", listen_url(app, config, web_port(web)));
	stop_wait();
	web_close(&web);
	return CMD_EXIT_OK;
}

static int
run(struct app *app, struct error *err)
{
	struct web_config config = { 0 };
	struct makers makers;
	int code;

	if (listen_config(app, &config, err) < 0)
		return cmd_usage(app, err);
	stop_block();
	if (makers_open(&makers, app, err) < 0)
		return -(int)err->code;
	makers_web(&makers, app, &config);
	code = provider_open(&config.providers, app, makers.keys, err);
	if (code >= 0)
		code = serve(app, &config, err);
	dispatch_providers_close(&config.providers);
	makers_close(&makers);
	return code;
}

extern const struct command cmd_serve;
const struct command cmd_serve = {
	.name = "serve",
	.summary = "answer clicks, pages, forms and unsubscribing",
	.details = "It says its URL and answers until SIGINT or SIGTERM. TLS "
		   "is the proxy's before\nit, and so is the public name, "
		   "which is the site in guidon.xml.",
	.examples =
	    (const struct command_example[]){
		{ "guidon serve", "at http://127.0.0.1:8080" },
		{ "guidon serve --listen [::1]:9000", "elsewhere" },
		{ "guidon serve --proxies 1", "behind one that adds "
					      "X-Forwarded-For" },
		{ 0 } },
	.options = (const struct command_option[]){ LISTEN_OPTIONS,
						    PROVIDER_OPTIONS,
						    { 0 } },
	.run = run,
};
