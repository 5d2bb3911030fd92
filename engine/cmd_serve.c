/*
 * guidon serve: the web alone. It answers until it is told to stop; what it
 * puts into the store is worked on by "guidon run".
 */
#include "cmd.h"

#include <pthread.h>
#include <signal.h>

#include "cmd_listen.h"

#include "dispatch/dispatch_make.h"
#include "event/event.h"
#include "render/render_kit.h"
#include "web/web.h"

/* What the web needs beside the app. */
struct parts {
	struct event_keys *keys;
	struct render_kits *kits;
	struct dispatch_maker *maker;
	struct web *web;
};

static void
close_parts(struct parts *p)
{
	web_close(&p->web);
	dispatch_maker_close(&p->maker);
	render_kits_free(&p->kits);
	event_keys_free(&p->keys);
}

static int
open_parts(struct app *app, struct parts *p, struct web_config *config,
	   struct error *err)
{
	if (event_keys_open(&p->keys, app->store, err) < 0 ||
	    render_kits_open(&p->kits, err) < 0 ||
	    dispatch_maker_open(&p->maker, app->store, p->kits, p->keys, err) <
		0)
		return -(int)err->code;
	config->store = app->store;
	config->maker = p->maker;
	config->keys = p->keys;
	config->pepper = app->pepper;
	config->clock = &app->clock;
	return web_open(&p->web, config, err);
}

/* They are waited for, also when they come before. */
static void
block_signals(sigset_t *stop)
{
	sigemptyset(stop);
	sigaddset(stop, SIGINT);
	sigaddset(stop, SIGTERM);
	check(pthread_sigmask(SIG_BLOCK, stop, NULL) == 0);
}

static void
wait_for(const sigset_t *stop)
{
	int signal;

	check(sigwait(stop, &signal) == 0);
}

static int
run(struct app *app, struct error *err)
{
	struct web_config config = { 0 };
	struct parts parts = { 0 };
	sigset_t stop;
	int code;

	if (listen_config(app, &config, err) < 0)
		return cmd_usage(app, err);
	block_signals(&stop);
	code = open_parts(app, &parts, &config, err);
	if (code >= 0) {
		out_note(&app->out, "%s",
			 listen_url(app, &config, web_port(parts.web)));
		wait_for(&stop);
	}
	close_parts(&parts);
	return code < 0 ? code : CMD_EXIT_OK;
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
		{ 0 } },
	.options = (const struct command_option[]){ LISTEN_OPTION, { 0 } },
	.run = run,
};
