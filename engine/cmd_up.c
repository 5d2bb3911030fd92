/*
 * guidon up: sender and web in one process, and the workspace to look at. The
 * shape of a first day, and on SQLite of every day.
 */
#include "cmd.h"

#include "cmd_daemon.h"
#include "cmd_listen.h"
#include "cmd_preview.h"
#include "cmd_sending.h"
#include "web/web.h"

static int
serve(struct app *app, struct daemon *d, struct preview *preview,
      struct error *err)
{
	struct web_config config = { 0 };
	struct web *web;
	int code;

	if (listen_config(app, &config, err) < 0)
		return -(int)err->code;
	daemon_web(d, &config);
	if (listen_is_local(&config))
		config.routes = preview_routes(preview, &config.route_count);
	if (web_open(&web, &config, err) < 0)
		return -(int)err->code;
	out_note(&app->out, "%s%s", listen_url(app, &config, web_port(web)),
		 config.routes ? "/ shows every step for every partner" : "");
	code = daemon_serve(d, err);
	web_close(&web);
	return code;
}

static int
run(struct app *app, struct error *err)
{
	struct daemon_config config;
	struct preview *preview;
	struct daemon *d;
	int code;

	if (sending_config(app, &config, err) < 0 ||
	    daemon_open(&d, app, &config, err) < 0)
		return -(int)err->code;
	preview = preview_new(app->workspace);
	code = serve(app, d, preview, err);
	preview_free(&preview);
	daemon_close(&d);
	return code < 0 ? code : CMD_EXIT_OK;
}

extern const struct command cmd_up;
const struct command cmd_up = {
	.name = "up",
	.summary = "send, serve, and show the workspace",
	.details =
	    "As \"run\" and \"serve\" in one, with a preview at / of every "
	    "step for every partner,\nas wide as on a desk and on a phone. It "
	    "shows itself anew when a file is saved,\nand what is wrong with "
	    "the files. The preview is not for strangers: it is served on\n"
	    "a loopback address alone, and under no other name.",
	.examples =
	    (const struct command_example[]){
		{ "guidon up", "at http://127.0.0.1:8080" },
		{ "guidon up --listen 127.0.0.1:9000", "elsewhere" },
		{ 0 } },
	.options = (const struct command_option[]){ LISTEN_OPTION,
						    SENDING_OPTIONS,
						    { 0 } },
	.run = run,
};
