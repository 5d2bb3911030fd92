/*
 * The URL of a relay, and nothing in it that is not understood: an option that
 * was misspelt is an error, because the one that was meant may be `tls`.
 */
#include <arpa/inet.h>
#include <string.h>

#include "base/arena.h"
#include "dispatch/dispatch_provider.h"
#include "dispatch/dispatch_smtp_priv.h"

enum {
	HOST_BYTES_MAX = 253,
	DOT_TIMEOUT_MS = 10 * 60 * 1000, /* RFC 5321 section 4.5.3.2.6 */
};

/* What the URL says, before it is known what it is for. */
struct options {
	bool local; /* the relay is this machine */
	struct str tls;
	struct str ca;
	struct str client;
	struct str provider;
	struct str dot_timeout;
};

/* What stands before an @ may be a password that somebody has put there. */
static int
wrong(struct error *err, const char *url, const char *what)
{
	struct str shown = str_of(url);
	ptrdiff_t at = -1;

	for (size_t i = 0; i < shown.len; i++)
		if (shown.p[i] == '@')
			at = (ptrdiff_t)i;
	shown = str_slice(shown, (size_t)(at + 1), shown.len);
	return error_set(
	    err, ERROR_CONFIG,
	    "transport \"%s%.*s\": %s, expected \"smtp://"
	    "[USER@]HOST[:PORT][?tls=off|try|require|1.3&...]\" or "
	    "\"smtps://...\"",
	    at < 0 ? "" : "smtp://...@", STR_ARG(shown), what);
}

/* Loopback by name or number; what DNS says does not count. */
static bool
is_local(const char *host)
{
	struct in_addr address;

	if (strcmp(host, "localhost") == 0)
		return true;
	return inet_pton(AF_INET, host, &address) == 1 &&
	       ntohl(address.s_addr) >> 24 == 127;
}

static bool
is_host(struct str host)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789.-_";

	if (host.len == 0 || host.len > HOST_BYTES_MAX || host.p[0] == '-')
		return false;
	for (size_t i = 0; i < host.len; i++)
		if (!host.p[i] || !strchr(allowed, host.p[i]))
			return false;
	return true;
}

static int
hex_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The next byte of *rest, percent-decoded; -1: wrong. */
static int
next_byte(struct str *rest)
{
	unsigned char c = (unsigned char)rest->p[0];
	int high, low;

	if (c != '%') {
		*rest = str_slice(*rest, 1, rest->len);
		return c == ':' || c == '/' ? -1 : c;
	}
	if (rest->len < 3)
		return -1;
	high = hex_of(rest->p[1]);
	low = hex_of(rest->p[2]);
	*rest = str_slice(*rest, 3, rest->len);
	return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/* Takes the user off the server. */
static int
parse_user(struct relay *r, struct str *server, const char *url,
	   struct error *err)
{
	struct str rest;
	size_t at = server->len;
	size_t len = 0;

	while (at > 0 && server->p[at - 1] != '@')
		at--;
	if (at == 0)
		return 0;
	rest = str_slice(*server, 0, at - 1);
	*server = str_slice(*server, at, server->len);
	if (str_find_char(rest, ':') >= 0)
		return wrong(err, url, "a password has no place in a URL");
	if (rest.len == 0 || rest.len > RELAY_LOGIN_BYTES_MAX)
		return wrong(err, url, "no user, or too long a one");
	r->user = arena_alloc(r->arena, rest.len + 1);
	while (rest.len > 0) {
		int byte = next_byte(&rest);

		if (byte < ' ' || byte == 0x7f)
			return wrong(err, url, "no user, percent-encoded");
		r->user[len++] = (char)byte;
	}
	r->user[len] = '\0';
	return 0;
}

/* The password goes in the clear, within TLS or within this machine. */
static int
check_user(const struct relay *r, const char *url, struct error *err)
{
	if (!r->user || r->local || r->tls == RELAY_TLS_REQUIRE)
		return 0;
	return wrong(err, url, "a user, and TLS not required");
}

static int
parse_server(struct relay *r, struct str server, const char *url,
	     struct error *err)
{
	ptrdiff_t colon = str_find_char(server, ':');
	struct str host =
	    colon < 0 ? server : str_slice(server, 0, (size_t)colon);
	int64_t port;

	if (!is_host(host))
		return wrong(err, url, "no host name or IPv4 address");
	r->host = str_cstr(r->arena, host);
	/* Mail that a stranger relays is submitted: RFC 6409, RFC 8314. */
	port = r->implicit ? 465 : is_local(r->host) ? 25 : 587;
	if (colon >= 0 &&
	    !str_int(str_slice(server, (size_t)colon + 1, server.len), 1, 65535,
		     &port))
		return wrong(err, url, "no port number");
	r->port = (int)port;
	r->server = arena_printf(r->arena, "%s:%d", r->host, r->port);
	return 0;
}

static int
parse_options(struct options *o, struct str query, const char *url,
	      struct error *err)
{
	const struct {
		const char *name;
		struct str *value;
	} known[] = {
		{ "tls=", &o->tls },
		{ "ca=", &o->ca },
		{ "client=", &o->client },
		{ "provider=", &o->provider },
		{ "dot-timeout=", &o->dot_timeout },
	};
	struct str option;

	while (str_split(&query, '&', &option)) {
		size_t i = 0;

		while (i < COUNT_OF(known) &&
		       !str_starts(option, str_of(known[i].name)))
			i++;
		if (i == COUNT_OF(known) || known[i].value->p)
			return wrong(err, url, "an option not known, or twice");
		*known[i].value =
		    str_slice(option, strlen(known[i].name), option.len);
	}
	return 0;
}

static int
apply_tls(struct relay *r, const struct options *o, const char *url,
	  struct error *err)
{
	static const char *const names[] = {
		[RELAY_TLS_OFF] = "off",
		[RELAY_TLS_TRY] = "try",
		[RELAY_TLS_REQUIRE] = "require",
	};
	size_t i = o->local && !r->implicit ? RELAY_TLS_OFF : RELAY_TLS_REQUIRE;

	r->tls_13 = str_eq_cstr(o->tls, "1.3");
	if (r->tls_13)
		i = RELAY_TLS_REQUIRE;
	else if (o->tls.p)
		for (i = 0; i < COUNT_OF(names); i++)
			if (str_eq_cstr(o->tls, names[i]))
				break;
	if (i == COUNT_OF(names))
		return wrong(err, url, "no such tls");
	r->tls = (enum relay_tls)i;
	if (r->implicit && r->tls != RELAY_TLS_REQUIRE)
		return wrong(err, url, "smtps without TLS");
	if (!o->ca.p)
		return 0;
	if (o->ca.len == 0 || r->tls == RELAY_TLS_OFF)
		return wrong(err, url, "a ca without TLS");
	r->ca = str_cstr(r->arena, o->ca);
	return 0;
}

static int
apply_client(struct relay *r, const struct options *o, const char *url,
	     struct error *err)
{
	if (!o->client.p)
		return 0;
	if (!str_eq_cstr(o->client, "curl"))
		return wrong(err, url, "no such client");
	r->client = RELAY_CURL;
	return 0;
}

/* One that wants a header of its own to tell of a mail. */
static int
apply_provider(struct relay *r, const struct options *o, const char *url,
	       struct error *err)
{
	struct error why;
	struct str header;

	if (!o->provider.p)
		return 0;
	if (dispatch_provider_header(o->provider, STR(""), r->arena, &header,
				     &why) < 0)
		return wrong(err, url, why.text);
	r->provider = str_cstr(r->arena, o->provider);
	return 0;
}

/* Shorter would make duplicates, so only where nobody else receives. */
static int
apply_timeout(struct relay *r, const struct options *o, const char *url,
	      struct error *err)
{
	r->dot_timeout_ms = DOT_TIMEOUT_MS;
	if (!o->dot_timeout.p)
		return 0;
	if (!o->local)
		return wrong(err, url, "dot-timeout is for loopback alone");
	if (!str_int(o->dot_timeout, 1, DOT_TIMEOUT_MS, &r->dot_timeout_ms))
		return wrong(err, url, "no dot-timeout in milliseconds");
	return 0;
}

int
relay_parse(struct relay *r, const char *url, struct error *err)
{
	const struct str schemes[] = { STR("smtp://"), STR("smtps://") };
	struct str rest = str_of(url);
	struct options o = { 0 };
	struct str server;
	ptrdiff_t mark;

	r->implicit = str_starts(rest, schemes[1]);
	if (!r->implicit && !str_starts(rest, schemes[0]))
		return wrong(err, url, "no smtp://");
	rest = str_slice(rest, schemes[r->implicit].len, rest.len);
	mark = str_find_char(rest, '?');
	server = mark < 0 ? rest : str_slice(rest, 0, (size_t)mark);
	rest = mark < 0 ? (struct str){ 0 }
			: str_slice(rest, (size_t)mark + 1, rest.len);
	if (parse_user(r, &server, url, err) < 0 ||
	    parse_server(r, server, url, err) < 0 ||
	    parse_options(&o, rest, url, err) < 0)
		return -(int)err->code;
	r->local = is_local(r->host);
	o.local = r->local;
	if (apply_tls(r, &o, url, err) < 0 || check_user(r, url, err) < 0 ||
	    apply_client(r, &o, url, err) < 0 ||
	    apply_provider(r, &o, url, err) < 0)
		return -(int)err->code;
	return apply_timeout(r, &o, url, err);
}

int
dispatch_relay_host(struct arena *a, const char *url, struct str *host,
		    struct error *err)
{
	struct relay relay = { .arena = a };

	if (!str_starts(str_of(url), STR("smtp:")))
		return 0;
	if (relay_parse(&relay, url, err) < 0)
		return -(int)err->code;
	*host = str_of(relay.host);
	return 1;
}
