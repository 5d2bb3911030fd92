/*
 * A transport's URL: one that is taken has a host of plain letters, and a user
 * only where the password would go by TLS or not leave this machine. What is
 * refused is not quoted where a password may stand.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "dispatch/dispatch_smtp_priv.h"
#include "fuzz.h"

static void
check_relay(const struct relay *r)
{
	size_t len = strlen(r->host);

	check(len > 0 && strncmp(r->server, r->host, len) == 0 &&
	      r->server[len] == ':');
	for (const char *p = r->server; *p; p++)
		check(*p > ' ' && *p <= '~' && *p != '@' && *p != '/');
	check(r->dot_timeout_ms >= 1 && r->dot_timeout_ms <= 600000);
	check(r->local || r->dot_timeout_ms == 600000);
	check(r->tls == RELAY_TLS_REQUIRE || !(r->implicit || r->tls_13));
	if (!r->user)
		return;
	check(r->local || r->tls == RELAY_TLS_REQUIRE);
	check(r->user[0] && strlen(r->user) <= RELAY_LOGIN_BYTES_MAX);
	for (const char *p = r->user; *p; p++)
		check((unsigned char)*p >= ' ' && *p != 0x7f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct relay r = { .arena = arena_new() };
	char *url = malloc(size + 1);
	struct error err;

	check(url);
	memcpy(url, data, size);
	url[size] = '\0';
	if (relay_parse(&r, url, &err) < 0)
		check(err.code == ERROR_CONFIG);
	else
		check_relay(&r);
	free(url);
	arena_free(&r.arena);
	return 0;
}
