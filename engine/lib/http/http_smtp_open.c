/*
 * From a name to a session: what libcurl does for us, and what we make sure of.
 *
 *	socket -> banner -> EHLO -> STARTTLS, TLS, EHLO -> AUTH -> ours
 *
 * An easy handle with CONNECT_ONLY connects, does all that comes before MAIL,
 * and leaves the connection to curl_easy_send() and curl_easy_recv(). One
 * handle is one connection: none is looked for in a pool, so none is used twice,
 * and nothing is ever sent again by itself.
 *
 * What it passes over, and we do not, by looking at each line that passes:
 *  - a server that offers no AUTH, or none of ours: it goes on without;
 *  - a line that is no reply: it waits for a better one;
 *  - STARTTLS that was offered and then refused: it goes on in plain text;
 *  - EHLO that is refused for now: it tries HELO, which is for 5xx;
 *  - answers without an end: it reads on until the time is up.
 * What came in plain text after the answer to STARTTLS and before the handshake
 * it refuses itself (NO STARTTLS, 2021).
 *
 * SASL mechanisms are named, for it would take what the server likes best, which
 * may be NTLM.
 *
 * All this may take OPEN_MS, most of which is the server's to greet us (RFC 5321
 * section 4.5.3.2.1); that nobody answers at an address is known after the few
 * seconds that CONNECT_TRIES take.
 */
#include "http/http_smtp_priv.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "http/http_curl_priv.h"

enum {
	OPEN_MS = 5 * 60 * 1000,
	CONNECT_TRIES = 2, /* after the first: about 7 s */
	URL_BYTES = 300,
};

/* ---- what is asked ---- */

/* The answer to AUTH may take more questions: they change nothing. */
static void
on_command(struct http_smtp *c, struct str line)
{
	if (str_starts(line, STR("EHLO ")) || str_starts(line, STR("HELO "))) {
		c->stage = HTTP_SMTP_AT_EHLO;
		c->pipelining = c->size = c->utf8 = false;
	} else if (str_starts(line, STR("STARTTLS"))) {
		c->stage = HTTP_SMTP_AT_TLS;
	} else if (str_starts(line, STR("AUTH "))) {
		c->stage = HTTP_SMTP_AT_AUTH;
	}
}

/* Commands have passwords in them: they are looked at, and not kept. */
static int
on_debug(CURL *easy, curl_infotype type, char *p, size_t len, void *arg)
{
	(void)easy;
	if (type == CURLINFO_HEADER_OUT)
		on_command(arg, (struct str){ p, len });
	return 0;
}

/* ---- what is answered ---- */

static void
note_extension(struct http_smtp *c, struct str line)
{
	struct str words = http_smtp_reply_words(line);
	struct str word;

	if (!str_word(&words, &word))
		return;
	c->pipelining |= str_eq_fold(word, STR("PIPELINING"));
	c->size |= str_eq_fold(word, STR("SIZE"));
	c->utf8 |= str_eq_fold(word, STR("SMTPUTF8"));
}

/* A reply is whole: whether it may go on. */
static bool
on_reply(struct http_smtp *c)
{
	int class = c->reply.code / 100;

	c->whole = true;
	if (c->stage == HTTP_SMTP_AT_AUTH)
		c->known = class == 2;
	if (c->stage == HTTP_SMTP_AT_EHLO)
		return class != 4;
	return c->stage != HTTP_SMTP_AT_TLS || class == 2;
}

/* A line; anything but its length ends it all. */
static size_t
on_line(char *p, size_t size, size_t count, void *arg)
{
	struct http_smtp *c = arg;
	struct str line = { p, size * count };
	int got;

	if (c->stage == HTTP_SMTP_AT_CONNECT)
		c->stage = HTTP_SMTP_AT_BANNER;
	if (c->whole) {
		c->reply = (struct http_smtp_reply){ 0 };
		c->whole = false;
	}
	got = http_smtp_reply_add(&c->reply, line);
	c->garbage = got < 0;
	if (got < 0)
		return 0;
	if (c->stage == HTTP_SMTP_AT_EHLO)
		note_extension(c, line);
	return got == 0 || on_reply(c) ? line.len : 0;
}

/* ---- the connection ---- */

static curl_socket_t
on_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	const int tries = CONNECT_TRIES;
	const unsigned stall_ms = SMTP_STALL_MS;
	int fd = socket(address->family, address->socktype | SOCK_CLOEXEC,
			address->protocol);

	(void)arg;
	(void)purpose;
	if (fd < 0)
		return CURL_SOCKET_BAD;
	check(setsockopt(fd, IPPROTO_TCP, TCP_SYNCNT, &tries, sizeof(tries)) ==
	      0);
	check(setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &stall_ms,
			 sizeof(stall_ms)) == 0);
	return fd;
}

/* It is connected, and the library still tells how. */
static int
on_ready(void *arg, char *peer, char *local, int peer_port, int local_port)
{
	struct http_smtp *c = arg;
	struct curl_tlssessioninfo *tls = NULL;

	(void)peer;
	(void)local;
	(void)peer_port;
	(void)local_port;
	c->secure = curl_easy_getinfo(c->easy, CURLINFO_TLS_SSL_PTR, &tls) ==
			CURLE_OK &&
		    tls && tls->internals;
	return CURL_PREREQFUNC_OK;
}

#define SET(option, value) \
	check(curl_easy_setopt(c->easy, CURLOPT_##option, value) == CURLE_OK)

static void
set_server(struct http_smtp *c, const struct http_smtp_server *server)
{
	char url[URL_BYTES];
	bool implicit = server->tls == HTTP_SMTP_TLS_IMPLICIT;

	snprintf(url, sizeof(url), "%s://%s:%d", implicit ? "smtps" : "smtp",
		 server->host, server->port);
	SET(URL, url);
	SET(PROTOCOLS_STR, "smtp,smtps");
	SET(PROXY, "");
	SET(NOPROXY, "*");
	SET(CONNECT_ONLY, 1L);
	SET(NOSIGNAL, 1L);
	SET(CONNECTTIMEOUT_MS, (long)OPEN_MS);
	SET(SERVER_RESPONSE_TIMEOUT, (long)OPEN_MS / 1000);
}

static void
set_tls(struct http_smtp *c, const struct http_smtp_server *server)
{
	static const long use[] = {
		[HTTP_SMTP_TLS_OFF] = CURLUSESSL_NONE,
		[HTTP_SMTP_TLS_TRY] = CURLUSESSL_TRY,
		[HTTP_SMTP_TLS_STARTTLS] = CURLUSESSL_ALL,
		[HTTP_SMTP_TLS_IMPLICIT] = CURLUSESSL_ALL,
	};

	SET(USE_SSL, use[server->tls]);
	SET(SSLVERSION, (long)(server->tls_13 ? CURL_SSLVERSION_TLSv1_3
					      : CURL_SSLVERSION_TLSv1_2));
	SET(SSL_VERIFYPEER, 1L);
	SET(SSL_VERIFYHOST, 2L);
	SET(SSL_ENABLE_ALPN, 0L);
	if (!server->ca)
		return;
	SET(CAINFO, server->ca);
	SET(CAPATH, NULL);
}

static void
set_auth(struct http_smtp *c, const struct http_smtp_server *server)
{
	if (!server->user)
		return;
	SET(USERNAME, server->user);
	if (server->token) {
		SET(XOAUTH2_BEARER, server->token);
		SET(LOGIN_OPTIONS, "AUTH=OAUTHBEARER;AUTH=XOAUTH2");
	} else {
		SET(PASSWORD, server->password);
		SET(LOGIN_OPTIONS, "AUTH=PLAIN;AUTH=LOGIN");
	}
}

/* The library shows commands only while it is verbose. */
static void
set_callbacks(struct http_smtp *c)
{
	SET(VERBOSE, 1L);
	SET(DEBUGFUNCTION, on_debug);
	SET(DEBUGDATA, c);
	SET(HEADERFUNCTION, on_line);
	SET(HEADERDATA, c);
	SET(OPENSOCKETFUNCTION, on_socket);
	SET(PREREQFUNCTION, on_ready);
	SET(PREREQDATA, c);
	SET(ERRORBUFFER, c->failure);
}

/* ---- how it ended ---- */

static bool
needs_tls(const struct http_smtp_server *server)
{
	return server->tls == HTTP_SMTP_TLS_STARTTLS ||
	       server->tls == HTTP_SMTP_TLS_IMPLICIT;
}

static bool
is_refusal(const struct http_smtp *c)
{
	return c->whole && c->reply.code >= 400;
}

/* The token was not taken, but answered by a question. */
static bool
is_challenge(const struct http_smtp *c)
{
	return c->server->token && c->stage == HTTP_SMTP_AT_AUTH && c->whole &&
	       c->reply.code == 334;
}

/* What happened instead of an answer. */
static const char *
reason_of(const struct http_smtp *c, CURLcode code)
{
	if (c->garbage)
		return "its answer is no reply";
	if (code == CURLE_WEIRD_SERVER_REPLY && c->stage == HTTP_SMTP_AT_TLS)
		return "TLS was not begun as it should be";
	if (code == CURLE_USE_SSL_FAILED ||
	    (code == CURLE_OK && needs_tls(c->server) && !c->secure))
		return "it offers no STARTTLS";
	if (code == CURLE_OK || code == CURLE_LOGIN_DENIED)
		return c->server->token
			   ? "it offers no AUTH by OAUTHBEARER or XOAUTH2"
			   : "it offers no AUTH by PLAIN or LOGIN";
	return c->failure[0] ? c->failure : curl_easy_strerror(code);
}

static void
explain(const struct http_smtp *c, CURLcode code, struct http_smtp_end *end)
{
	if (!c->garbage && is_refusal(c)) {
		http_smtp_end_with(end, c->stage, &c->reply);
	} else if (is_challenge(c)) {
		http_smtp_end_without(end, c->stage,
				      "535 the token is refused");
		end->code = 535;
	} else {
		http_smtp_end_without(end, c->stage, reason_of(c, code));
	}
}

static bool
is_good(const struct http_smtp *c, CURLcode code)
{
	return code == CURLE_OK && (c->known || !c->server->user) &&
	       (c->secure || !needs_tls(c->server));
}

static void
free_connection(struct http_smtp *c)
{
	curl_easy_cleanup(c->easy);
	buf_fini(&c->out);
	free(c);
}

bool
http_smtp_open(struct http_smtp **out, const struct http_smtp_server *server,
	       struct http_smtp_end *end)
{
	struct http_smtp *c;
	struct error err;
	CURLcode code;
	bool good;

	if (http_curl_init(&err) < 0) {
		http_smtp_end_without(end, HTTP_SMTP_AT_CONNECT, err.text);
		return false;
	}
	c = calloc(1, sizeof(*c));
	check(c);
	c->server = server;
	c->easy = curl_easy_init();
	check(c->easy);
	set_server(c, server);
	set_tls(c, server);
	set_auth(c, server);
	set_callbacks(c);
	code = curl_easy_perform(c->easy);
	good = is_good(c, code) &&
	       curl_easy_getinfo(c->easy, CURLINFO_ACTIVESOCKET, &c->socket) ==
		   CURLE_OK;
	if (!good) {
		explain(c, code, end);
		free_connection(c);
		return false;
	}
	c->server = NULL;
	SET(VERBOSE, 0L);
	*out = c;
	return true;
}

void
http_smtp_close(struct http_smtp **out)
{
	if (!*out)
		return;
	http_smtp_leave(*out);
	free_connection(*out);
	*out = NULL;
}
