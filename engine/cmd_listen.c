/*
 * ADDRESS:PORT, as --listen has it. An IPv6 address stands in brackets, as in
 * a URL, since it has colons of its own. Names are not looked up: what they
 * stand for may change, and with it who can reach us.
 *
 * Proxies are counted and not named: what matters is how many of the addresses
 * in X-Forwarded-For were written by ours. A client that reaches the port past
 * them can write any, so none is believed unless it is asked for.
 */
#include "cmd_listen.h"

#include <string.h>

#include "base/arena.h"
#include "cmd.h"
#include "web/web.h"

static const char DEFAULT[] = "127.0.0.1:8080";

enum { PROXIES_MOST = 8 };

static int
no_address(const char *given, struct error *err)
{
	return error_set(err, ERROR_INVALID,
			 "--listen %s, expected ADDRESS:PORT, such as %s",
			 given, DEFAULT);
}

static int
count_proxies(struct app *app, int *out, struct error *err)
{
	const char *given = app_option(app, "proxies");
	int64_t count = 0;

	if (given && !str_int(str_of(given), 0, PROXIES_MOST, &count))
		return error_set(err, ERROR_INVALID,
				 "--proxies %s, expected a number from 0 to %d",
				 given, PROXIES_MOST);
	*out = (int)count;
	return 0;
}

int
listen_config(struct app *app, struct web_config *out, struct error *err)
{
	const char *given = app_option(app, "listen");
	const char *text = given ? given : DEFAULT;
	const char *colon = strrchr(text, ':');
	struct str address;
	int64_t port;

	if (!colon || !str_int(str_of(colon + 1), 0, 65535, &port))
		return no_address(text, err);
	address = (struct str){ text, (size_t)(colon - text) };
	if (str_starts(address, STR("[")) && str_ends(address, STR("]")))
		address = str_slice(address, 1, address.len - 1);
	else if (str_find_char(address, ':') >= 0)
		return no_address(text, err);
	if (address.len == 0)
		return no_address(text, err);
	out->address = str_cstr(app->arena, address);
	out->port = (int)port;
	return count_proxies(app, &out->proxies, err);
}

const char *
listen_url(struct app *app, const struct web_config *config, int port)
{
	bool six = strchr(config->address, ':') != NULL;

	return arena_printf(app->arena, "http://%s%s%s:%d", six ? "[" : "",
			    config->address, six ? "]" : "", port);
}

bool
listen_is_local(const struct web_config *config)
{
	return strncmp(config->address, "127.", 4) == 0 ||
	       strcmp(config->address, "::1") == 0;
}
