/*
 * One request and its response, as the library steps through it:
 *
 *	begin	the request line is there, as raw as it came
 *	step	1st: the head is there. The guard looks at it, then the route
 *		     and its limits. What is refused while a body is still to
 *		     come is answered here, and the library then reads no more
 *		     from that connection.
 *		nth: a piece of the body
 *		last: all is there. The handler runs, or waits, and then this
 *		     comes once more after http_ready()
 *	done	the response is sent, or the client has gone
 *
 * A body without a Content-Length can turn out too long only when the library
 * takes no answer any more. Then up to SWALLOW_BYTES more are read and thrown
 * away for the sake of a 413, and beyond that the connection just ends.
 *
 * What a handler that waits may look at lies in the arena and not in the
 * library's memory, since at closing the library lets go first.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/now.h"
#include "http/http_priv.h"

enum { SWALLOW_BYTES = 64 << 10 };

/* The headers of one request; one more than the guard lets through. */
struct head {
	struct http_header headers[HTTP_HEADERS_MAX + 1];
	size_t count;
};

static enum MHD_Result
keep_header(void *cls, enum MHD_ValueKind kind, const char *name,
	    size_t name_len, const char *value, size_t value_len)
{
	struct head *head = cls;

	(void)kind;
	if (head->count == COUNT_OF(head->headers))
		return MHD_NO;
	head->headers[head->count++] = (struct http_header){
		{ name, name_len },
		{ value ? value : "", value ? value_len : 0 },
	};
	return MHD_YES;
}

struct str
http_header_get(const struct http_header *headers, size_t count,
		const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq_fold(headers[i].name, str_of(name)))
			return headers[i].value;
	return STR("");
}

static struct str
header(const struct head *head, const char *name)
{
	return http_header_get(head->headers, head->count, name);
}

/* ---- begin ---- */

void *
http_exchange_begin(void *cls, const char *target, struct MHD_Connection *mhd)
{
	struct http_exchange *x = calloc(1, sizeof(*x));

	check(x);
	x->server = cls;
	x->mhd = mhd;
	x->connection = http_connection_of(mhd);
	check(!x->connection->exchange);
	x->connection->exchange = x;
	x->a = arena_new();
	x->target = str_copy(x->a, str_of(target));
	return x;
}

/* ---- the head ---- */

static const char *
reason(int status)
{
	switch (status) {
	case 400:
		return "bad request\n";
	case 404:
		return "not found\n";
	case 405:
		return "method not allowed\n";
	case 413:
		return "body too large\n";
	case 415:
		return "encoded bodies are not taken\n";
	case 431:
		return "headers too large\n";
	default:
		return "closing\n";
	}
}

static struct http_response
refusal(int status)
{
	return (struct http_response){
		.status = status,
		.body = str_of(reason(status)),
	};
}

/* Who the socket says it is. */
static struct str
socket_peer(struct arena *a, struct MHD_Connection *mhd)
{
	const void *from =
	    MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS)
		->client_addr;
	const struct sockaddr_in *v4 = from;
	const struct sockaddr_in6 *v6 = from;
	char text[INET6_ADDRSTRLEN] = "";

	if (from && v4->sin_family == AF_INET)
		(void)inet_ntop(AF_INET, &v4->sin_addr, text, sizeof(text));
	else if (from && v6->sin6_family == AF_INET6)
		(void)inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof(text));
	return str_copy(a, str_of(text));
}

static bool
is_address(struct arena *a, struct str s)
{
	struct in6_addr any;
	const char *text = str_cstr(a, s);

	return inet_pton(AF_INET, text, &any) == 1 ||
	       inet_pton(AF_INET6, text, &any) == 1;
}

static struct str
peer_of(const struct http_exchange *x, const struct head *head)
{
	int proxies = x->server->config.proxies;
	struct buf list = { 0 };
	struct str found;

	for (size_t i = 0; proxies > 0 && i < head->count; i++)
		if (str_eq_fold(head->headers[i].name,
				STR("x-forwarded-for"))) {
			buf_char(&list, ',');
			buf_str(&list, head->headers[i].value);
		}
	found = str_copy(x->a, http_forwarded(buf_view(&list), proxies));
	buf_fini(&list);
	return is_address(x->a, found) ? found : socket_peer(x->a, x->mhd);
}

/* Forwarded (RFC 7239), or what proxies said before there was it. */
static bool
is_forwarded(const struct head *head)
{
	for (size_t i = 0; i < head->count; i++) {
		struct str name = head->headers[i].name;

		if (str_eq_fold(name, STR("forwarded")) ||
		    str_eq_fold(str_slice(name, 0, 12), STR("x-forwarded-")))
			return true;
	}
	return false;
}

/* Most requests are fetches, of which nobody asks for more than is named. */
static void
keep_headers(struct http_exchange *x, const struct head *head)
{
	struct http_header *kept =
	    ARENA_ARRAY(x->a, head->count, struct http_header);

	for (size_t i = 0; i < head->count; i++)
		kept[i] = (struct http_header){
			str_copy(x->a, head->headers[i].name),
			str_copy(x->a, head->headers[i].value),
		};
	x->request.headers = kept;
	x->request.header_count = head->count;
}

static void
fill_request(struct http_exchange *x, const struct http_asked *asked,
	     const struct head *head)
{
	struct http_request *r = &x->request;

	r->a = x->a;
	r->method = asked->method;
	r->head = asked->head;
	r->rest = str_slice(r->path, strlen(x->route->prefix), r->path.len);
	r->content_type = str_copy(x->a, header(head, "content-type"));
	r->user_agent = str_copy(x->a, header(head, "user-agent"));
	r->language = str_copy(x->a, header(head, "accept-language"));
	r->origin = str_copy(x->a, header(head, "origin"));
	r->host = str_copy(x->a, header(head, "host"));
	r->forwarded = is_forwarded(head);
	r->peer = peer_of(x, head);
	r->exchange = x;
	if (asked->method == HTTP_POST)
		keep_headers(x, head);
}

/* 0 with x->route set, or the status to refuse with. */
static int
find_route(struct http_exchange *x, struct http_asked *asked)
{
	const struct http_config *config = &x->server->config;
	const char *allow;

	if (!http_target_split(x->target, &x->request.path, &x->request.query))
		return 400;
	asked->path = x->request.path;
	x->route = http_route_find(config->routes, config->route_count, *asked,
				   &allow);
	if (x->route)
		return 0;
	if (!allow)
		return 404;
	x->response.headers = ARENA_NEW(x->a, struct http_header);
	x->response.header_count = 1;
	*(struct http_header *)(uintptr_t)x->response.headers =
	    (struct http_header){ STR("Allow"), str_of(allow) };
	return 405;
}

static int
check_body(const struct http_exchange *x, const struct head *head)
{
	int64_t length = 0;

	if (header(head, "content-encoding").len > 0)
		return 415;
	(void)str_int(header(head, "content-length"), 0, INT64_MAX, &length);
	return (uint64_t)length > x->route->body_max ? 413 : 0;
}

static bool
has_body(const struct head *head)
{
	struct str length = header(head, "content-length");

	return header(head, "transfer-encoding").len > 0 ||
	       (length.len > 0 && !str_eq_cstr(length, "0"));
}

/* Remember the refusal for the last step, or answer while no body came. */
static enum MHD_Result
refuse(struct http_exchange *x, int status, bool now)
{
	struct http_response response = refusal(status);

	response.headers = x->response.headers;
	response.header_count = x->response.header_count;
	x->response = response;
	x->route = NULL;
	return now ? http_response_send(x, &x->response, true) : MHD_YES;
}

static enum MHD_Result
step_head(struct http_exchange *x, const char *method, const char *version)
{
	struct http_asked asked = { 0 };
	struct head head = { .count = 0 };
	struct error err;
	int status;

	x->begun = true;
	http_connection_enter(x->connection, HTTP_IN_BODY);
	(void)MHD_get_connection_values_n(x->mhd, MHD_HEADER_KIND, keep_header,
					  &head);
	if (http_guard(version, head.headers, head.count, &err) < 0)
		return refuse(x, err.code == ERROR_LIMIT ? 431 : 400, true);
	http_asked_method(&asked, method);
	status = find_route(x, &asked);
	if (status == 0)
		status = check_body(x, &head);
	if (status != 0)
		return refuse(x, status, has_body(&head));
	fill_request(x, &asked, &head);
	x->body.max = x->route->body_max;
	return MHD_YES;
}

/* ---- the body ---- */

static enum MHD_Result
step_body(struct http_exchange *x, const char *data, size_t *size)
{
	size_t most = x->body.max;

	x->received += *size;
	if (x->received > most + SWALLOW_BYTES)
		return MHD_NO;
	if (x->received <= most) {
		buf_add(&x->body, data, *size);
		x->connection->bytes = x->received;
	}
	*size = 0;
	return MHD_YES;
}

/* ---- the answer ---- */

static int64_t
now_of(const struct http_config *config)
{
	return config->now_ms ? config->now_ms(config->arg) : now_wall_ms();
}

static enum MHD_Result
step_handle(struct http_exchange *x)
{
	const struct http_config *config = &x->server->config;
	struct http_response response = { .status = 500 };

	if (!x->route)
		return http_response_send(x, &x->response, false);
	if (x->received > x->route->body_max)
		return refuse(x, 413, true);
	x->request.body = buf_view(&x->body);
	x->request.now_ms = now_of(config);
	http_connection_enter(x->connection, HTTP_IN_HANDLER);
	x->route->handle(x->route->arg ? x->route->arg : config->arg,
			 &x->request, &response);
	if (x->suspended)
		return MHD_YES;
	return http_response_send(x, &response, false);
}

enum MHD_Result
http_exchange_step(void *cls, struct MHD_Connection *mhd, const char *url,
		   const char *method, const char *version, const char *data,
		   size_t *data_size, void **context)
{
	struct http_exchange *x = *context;

	(void)cls;
	(void)mhd;
	(void)url;
	if (!x->begun)
		return step_head(x, method, version);
	if (*data_size > 0)
		return step_body(x, data, data_size);
	if (!x->suspended)
		return step_handle(x);
	x->suspended = false;
	return http_response_send(x, &x->response, x->abandoned);
}

/* ---- done ---- */

void
http_exchange_done(void *cls, struct MHD_Connection *mhd, void **context,
		   enum MHD_RequestTerminationCode why)
{
	struct http_exchange *x = *context;

	(void)cls;
	(void)mhd;
	(void)why;
	*context = NULL;
	if (!x)
		return;
	http_connection_enter(x->connection, HTTP_IN_HEAD);
	http_exchange_finish(x);
}

void
http_exchange_finish(struct http_exchange *x)
{
	struct http_server *server = x->server;
	bool held;

	x->connection->exchange = NULL;
	x->connection = NULL;
	x->mhd = NULL;
	pthread_mutex_lock(&server->lock);
	x->finished = true;
	held = x->awaited;
	check(!held || x->abandoned);
	pthread_mutex_unlock(&server->lock);
	if (!held)
		http_exchange_free(x);
}

void
http_exchange_free(struct http_exchange *x)
{
	buf_fini(&x->body);
	arena_free(&x->a);
	free(x);
}
