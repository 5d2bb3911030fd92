/*
 * guidon up: sender and web in one process, and the workspace to look at. The
 * shape of a first day, and on SQLite of every day.
 */
#include "cmd.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd_daemon.h"
#include "cmd_follow.h"
#include "cmd_intake.h"
#include "cmd_listen.h"
#include "cmd_overview.h"
#include "cmd_preview.h"
#include "cmd_provider.h"
#include "base/arena.h"
#include "campaign/campaign.h"
#include "cmd_relay.h"
#include "cmd_sending.h"
#include "dispatch/dispatch_provider.h"
#include "web/web.h"

/* Shorter, if it lies below the folder in which we are. */
static const char *
from_here(const char *here, const char *path)
{
	size_t len = strlen(here);

	return strncmp(path, here, len) == 0 && path[len] == '/'
		   ? path + len + 1
		   : path;
}

/* How this program is called for the store that it shows. */
static const char *
prompt(struct app *app, const char *here)
{
	const char *state = getenv("GUIDON_STATE");
	char self[PATH_MAX] = "";
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	return arena_printf(
	    app->arena, "%s%s%s%s%s", state ? "GUIDON_STATE=" : "",
	    state ? from_here(here, state) : "", state ? " " : "",
	    len > 0 ? from_here(here, self) : "guidon",
	    app->clock.is_virtual ? " --virtual" : "");
}

/*
 * Links, images and forms are at the workspace's site. When that is of this
 * machine, and not where we answer, they are seen broken.
 */
static void
note_site(struct app *app, const char *url)
{
	const struct campaign_workspace *workspace;
	struct campaign_findings findings;
	struct campaign_files *files;
	struct error err;

	campaign_findings_init(&findings, app->arena);
	if (campaign_folder_open(&files, app->workspace, &err) < 0)
		return;
	if (campaign_workspace_load(files, app->arena, &findings, &workspace,
				    &err) >= 0 &&
	    workspace && str_starts(workspace->site, STR("http://")) &&
	    !str_eq_cstr(workspace->site, url))
		out_note(&app->out,
			 "links, images and forms are at %.*s, the site of "
			 "guidon.xml, and not here",
			 STR_ARG(workspace->site));
	campaign_files_close(&files);
}

static int
serve_at(struct app *app, struct daemon *d, const struct web_config *config,
	 struct error *err)
{
	const char *url;
	struct web *web;
	int code;

	if (web_open(&web, config, err) < 0)
		return -(int)err->code;
	url = listen_url(app, config, web_port(web));
	out_note(&app->out, "%s%s", url,
		 config->routes ? "/ shows what runs, and every step for every "
				  "partner"
				: " answers visitors; overview and preview are "
				  "shown on a loopback address alone");
	note_site(app, url);
	code = daemon_serve(d, err);
	web_close(&web);
	return code;
}

static int
serve(struct app *app, struct daemon *d, struct preview *preview,
      struct error *err)
{
	struct web_config config = { 0 };
	int code;

	if (listen_config(app, &config, err) < 0)
		return -(int)err->code;
	daemon_web(d, &config);
	if (listen_is_local(&config))
		config.routes = preview_routes(preview, &config.route_count);
	code = provider_open(&config.providers, app, config.keys, err);
	if (code >= 0)
		code = serve_at(app, d, &config, err);
	dispatch_providers_close(&config.providers);
	return code;
}

static int
run(struct app *app, struct error *err)
{
	char here[PATH_MAX] = "";
	struct daemon_config config;
	struct preview *preview;
	struct daemon *d;
	int code;

	if (intake_open_app(app, err) < 0 ||
	    sending_config(app, &config, err) < 0)
		return -(int)err->code;
	relay_config(app, &config);
	config.takes_returns = true;
	if (daemon_open(&d, app, &config, err) < 0)
		return -(int)err->code;
	if (!getcwd(here, sizeof(here)))
		here[0] = '\0';
	preview = preview_new(&(struct overview_config){
	    .folder = app->workspace,
	    .store = app->store,
	    .mail = config.mail,
	    .posts = config.posts,
	    .prompt = prompt(app, here),
	    .here = here,
	});
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
	    "As \"run\" and \"serve\" in one, with an overview at / and a preview "
	    "of every step for\nevery partner, as wide as on a desk and on a "
	    "phone. The preview shows itself anew\nwhen a file is saved, and "
	    "what is wrong with the files. Neither is for strangers:\nthey are "
	    "served on a loopback address alone, and under no other "
	    "name.",
	.examples =
	    (const struct command_example[]){
		{ "guidon up", "at http://127.0.0.1:8080" },
		{ "guidon up --listen 127.0.0.1:9000", "elsewhere" },
		{ 0 } },
	.options = (const struct command_option[]){ LISTEN_OPTIONS,
						    SENDING_OPTIONS,
						    RELAY_OPTIONS,
						    INTAKE_OPTIONS,
						    FOLLOW_OPTIONS,
						    PROVIDER_OPTIONS,
						    { 0 } },
	/* It opens the store behind the jail. */
	.storeless = true,
	.run = run,
};
