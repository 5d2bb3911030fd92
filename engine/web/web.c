/*
 * The routes, and the server they are given to.
 *
 * Every path is a row of the table; what a path may carry as a body stands
 * beside it. A POST that is not here is refused by the server, so nothing else
 * can change anything.
 */
#include "web/web.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "web/web_priv.h"

enum { FORM_BYTES_MAX = 64 << 10, LEAVE_BYTES_MAX = 4 << 10 };

static const struct http_route routes[] = {
	{ HTTP_GET, "/o/", 0, web_open_pixel, NULL },
	{ HTTP_GET, "/c/", 0, web_click, NULL },
	{ HTTP_GET, "/v/", 0, web_view, NULL },
	{ HTTP_GET, "/u/", 0, web_unsubscribe_ask, NULL },
	{ HTTP_POST, "/u/", LEAVE_BYTES_MAX, web_unsubscribe, NULL },
	{ HTTP_GET, "/r/", 0, web_remove_ask, NULL },
	{ HTTP_POST, "/r/", LEAVE_BYTES_MAX, web_remove, NULL },
	{ HTTP_GET, "/p/", 0, web_page, NULL },
	{ HTTP_POST, "/p/", FORM_BYTES_MAX, web_form, NULL },
	{ HTTP_GET, "/a/", 0, web_asset, NULL },
	{ HTTP_GET, "/healthz", 0, web_health, NULL },
};

static int64_t
now_ms(void *arg)
{
	const struct web *web = arg;

	return clock_now_ms(web->config.clock);
}

/* Ours, those of the providers, then those of the caller. */
static size_t
join_routes(struct web *web)
{
	size_t ours = COUNT_OF(routes) + web_provider_routes(web, NULL);
	size_t count = ours + web->config.route_count;

	web->routes = calloc(count, sizeof(*web->routes));
	check(web->routes);
	memcpy(web->routes, routes, sizeof(routes));
	(void)web_provider_routes(web, web->routes + COUNT_OF(routes));
	for (size_t i = ours; i < count; i++)
		web->routes[i] = web->config.routes[i - ours];
	return count;
}

static void
free_web(struct web **web)
{
	arena_free(&(*web)->a);
	free((*web)->routes);
	free(*web);
	*web = NULL;
}

int
web_open(struct web **out, const struct web_config *config, struct error *err)
{
	struct web *web = calloc(1, sizeof(*web));
	struct http_config server = {
		.address = config->address,
		.port = config->port,
		.proxies = config->proxies,
		.arg = web,
		.now_ms = now_ms,
	};

	check(web);
	web->a = arena_new();
	web->config = *config;
	server.route_count = join_routes(web);
	server.routes = web->routes;
	if (http_server_open(&web->server, &server, err) < 0) {
		free_web(&web);
		return error_context(err, "web");
	}
	*out = web;
	return 0;
}

void
web_close(struct web **web)
{
	if (!*web)
		return;
	http_server_close(&(*web)->server);
	free_web(web);
}

int
web_port(const struct web *web)
{
	return http_server_port(web->server);
}
