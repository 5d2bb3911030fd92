/*
 * A transfer is one easy handle, made for one request and thrown away.
 *
 *	submit -> resolve -> open a socket -> connect, TLS -> request -> answer
 *		              guard             guard again
 *
 * What can be said of one that failed hangs on one moment: the library asks
 * on_request() when it is connected and has not written a byte. Before it
 * nothing was sent; after it nobody knows, unless the header of an answer has
 * come in whole.
 *
 * The library sends a request a second time by itself when a connection that
 * it reuses turns out to be closed. None is reused here, so it never does.
 *
 * A body that is too long is cut by failing its write: what was asked for is
 * the status, and nobody can keep us reading.
 */
#include "http/http_client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <curl/curl.h>

#include "http/http_address.h"
#include "http/http_curl_priv.h"

struct transfer {
	struct http_client *client;
	struct transfer *next;
	CURL *easy;
	struct curl_slist *headers;
	http_done_fn *done;
	void *arg;
	bool opened;	/* a socket, to an address that is allowed */
	bool refused;	/* the guard said no */
	bool requested; /* bytes may have left */
	bool answered;	/* the header is there, whole */
	size_t body_bytes;
	struct buf text;
	char failure[CURL_ERROR_SIZE];
};

struct http_client {
	CURLM *multi;
	bool only_loopback;
	struct transfer *first;
	int count;
};

static const char *const fate_names[] = {
#define FATE_NAME(name, text) [HTTP_##name] = text,
	HTTP_FATES(FATE_NAME)
#undef FATE_NAME
};

const char *
http_fate_name(enum http_fate fate)
{
	return fate_names[fate];
}

/* ---- open and close ---- */

int
http_client_open(struct http_client **out, bool only_loopback,
		 struct error *err)
{
	struct http_client *client;

	if (http_curl_init(err) < 0)
		return -(int)err->code;
	client = calloc(1, sizeof(*client));
	check(client);
	client->only_loopback = only_loopback;
	client->multi = curl_multi_init();
	check(client->multi);
	*out = client;
	return 0;
}

static void
free_transfer(struct transfer *t)
{
	struct http_client *client = t->client;
	struct transfer **place = &client->first;

	while (*place != t)
		place = &(*place)->next;
	*place = t->next;
	client->count--;
	(void)curl_multi_remove_handle(client->multi, t->easy);
	curl_easy_cleanup(t->easy);
	curl_slist_free_all(t->headers);
	buf_fini(&t->text);
	free(t);
}

void
http_client_close(struct http_client **out)
{
	struct http_client *client = *out;

	if (!client)
		return;
	while (client->first)
		free_transfer(client->first);
	check(curl_multi_cleanup(client->multi) == CURLM_OK);
	free(client);
	*out = NULL;
}

/* ---- the guard ---- */

static curl_socket_t
on_open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct transfer *t = arg;

	(void)purpose;
	if (!http_address_allowed(&address->addr, t->client->only_loopback)) {
		t->refused = true;
		return CURL_SOCKET_BAD;
	}
	t->opened = true;
	return socket(address->family, address->socktype | SOCK_CLOEXEC,
		      address->protocol);
}

static int
on_request(void *arg, char *peer, char *local, int peer_port, int local_port)
{
	struct transfer *t = arg;

	(void)local;
	(void)peer_port;
	(void)local_port;
	if (!http_address_text_allowed(peer, t->client->only_loopback)) {
		t->refused = true;
		t->opened = false;
		return CURL_PREREQFUNC_ABORT;
	}
	t->requested = true;
	return CURL_PREREQFUNC_OK;
}

/* ---- the answer ---- */

static int
status_of(const struct transfer *t)
{
	long status = 0;

	(void)curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	return (int)status;
}

/* An empty line ends a header; that of a 1xx is not the answer's. */
static size_t
on_header(char *p, size_t size, size_t count, void *arg)
{
	struct transfer *t = arg;
	struct str line = str_trim((struct str){ p, size * count });
	int status = status_of(t);

	if (line.len == 0 && status >= 200 && status <= 599)
		t->answered = true;
	return size * count;
}

static size_t
on_body(char *p, size_t size, size_t count, void *arg)
{
	struct transfer *t = arg;
	size_t bytes = size * count;
	size_t room = HTTP_REPLY_BYTES - t->text.len;

	buf_add(&t->text, p, bytes < room ? bytes : room);
	t->body_bytes += bytes;
	return t->body_bytes <= HTTP_BODY_BYTES ? bytes : 0;
}

static enum http_fate
fate_of(const struct transfer *t)
{
	if (t->answered)
		return HTTP_ANSWERED;
	if (t->requested)
		return HTTP_UNKNOWN;
	return t->refused && !t->opened ? HTTP_REFUSED : HTTP_NOT_SENT;
}

static int64_t
retry_after_ms(const struct transfer *t)
{
	curl_off_t seconds = 0;

	(void)curl_easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &seconds);
	if (seconds <= 0)
		return 0;
	return seconds > INT32_MAX ? INT64_C(1000) * INT32_MAX
				   : (int64_t)seconds * 1000;
}

static struct str
reason_of(const struct transfer *t, CURLcode code)
{
	if (t->refused && !t->opened)
		return t->client->only_loopback
			   ? STR("the address is not one of this machine")
			   : STR("the address is not one of the public "
				 "internet");
	if (t->failure[0])
		return str_of(t->failure);
	if (code == CURLE_OK)
		return STR("no answer that HTTP knows");
	return str_of(curl_easy_strerror(code));
}

static void
finish(struct transfer *t, CURLcode code)
{
	struct http_reply reply = { .fate = fate_of(t) };

	if (reply.fate == HTTP_ANSWERED) {
		reply.status = status_of(t);
		reply.retry_after_ms = retry_after_ms(t);
		reply.text = buf_view(&t->text);
	} else {
		reply.text = reason_of(t, code);
	}
	t->done(t->arg, &reply);
	free_transfer(t);
}

/* ---- the request ---- */

#define SET(option, value) \
	check(curl_easy_setopt(t->easy, CURLOPT_##option, value) == CURLE_OK)

static void
add_header(struct transfer *t, const char *line)
{
	struct curl_slist *longer = curl_slist_append(t->headers, line);

	check(longer);
	t->headers = longer;
}

static void
set_request(struct transfer *t, const struct http_post *post)
{
	add_header(t, "Expect:");
	for (const char *const *h = post->headers; h && *h; h++)
		add_header(t, *h);
	SET(URL, post->url);
	SET(POST, 1L);
	SET(POSTFIELDS, post->body.p ? post->body.p : "");
	SET(POSTFIELDSIZE_LARGE, (curl_off_t)post->body.len);
	SET(HTTPHEADER, t->headers);
	SET(USERAGENT, "Guidon");
}

static void
set_manners(struct transfer *t, const struct http_post *post)
{
	SET(PROTOCOLS_STR, "http,https");
	SET(HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(FOLLOWLOCATION, 0L);
	SET(PROXY, "");
	SET(NOPROXY, "*");
	SET(FRESH_CONNECT, 1L);
	SET(FORBID_REUSE, 1L);
	SET(NOSIGNAL, 1L);
	SET(SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(SSL_VERIFYPEER, 1L);
	SET(SSL_VERIFYHOST, 2L);
	SET(CONNECTTIMEOUT_MS, (long)HTTP_CONNECT_MS);
	SET(TIMEOUT_MS, (long)post->timeout_ms);
}

static void
set_callbacks(struct transfer *t)
{
	SET(OPENSOCKETFUNCTION, on_open_socket);
	SET(OPENSOCKETDATA, t);
	SET(PREREQFUNCTION, on_request);
	SET(PREREQDATA, t);
	SET(HEADERFUNCTION, on_header);
	SET(HEADERDATA, t);
	SET(WRITEFUNCTION, on_body);
	SET(WRITEDATA, t);
	SET(ERRORBUFFER, t->failure);
	SET(PRIVATE, t);
}

void
http_client_submit(struct http_client *client, const struct http_post *post,
		   http_done_fn *done, void *arg)
{
	struct transfer *t;
	struct error why;

	if (http_client_check_url(post->url, NULL, &why) < 0) {
		done(arg, &(struct http_reply){ .fate = HTTP_REFUSED,
						.text = str_of(why.text) });
		return;
	}
	t = calloc(1, sizeof(*t));
	check(t);
	t->client = client;
	t->done = done;
	t->arg = arg;
	t->easy = curl_easy_init();
	check(t->easy);
	set_request(t, post);
	set_manners(t, post);
	set_callbacks(t);
	t->next = client->first;
	client->first = t;
	client->count++;
	check(curl_multi_add_handle(client->multi, t->easy) == CURLM_OK);
}

int
http_client_run(struct http_client *client, int wait_ms)
{
	CURLMsg *message;
	int running;
	int left;

	check(curl_multi_perform(client->multi, &running) == CURLM_OK);
	if (running > 0 && running == client->count) {
		check(curl_multi_poll(client->multi, NULL, 0, wait_ms, NULL) ==
		      CURLM_OK);
		check(curl_multi_perform(client->multi, &running) == CURLM_OK);
	}
	while ((message = curl_multi_info_read(client->multi, &left))) {
		char *private = NULL;

		if (message->msg != CURLMSG_DONE)
			continue;
		(void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE,
					&private);
		finish((struct transfer *)(void *)private,
		       message->data.result);
	}
	return client->count;
}

int
http_client_count(const struct http_client *client)
{
	return client->count;
}
