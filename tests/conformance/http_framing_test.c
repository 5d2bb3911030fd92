/*
 * Requests by others that two HTTP readers may frame differently. Each is
 * refused (400, or 413 for a chunk that is too large) or answered as exactly
 * one request, and then the connection is closed: what was meant to be
 * smuggled in behind it reaches no handler.
 *
 * A refusal says "Connection: close", so its reader stops after it. Where
 * libmicrohttpd 0.9.75 itself refuses, it sends the head of the answer twice;
 * what follows a refusal is therefore not counted.
 */
#include <stdatomic.h>

#include "base/js.h"
#include "corpus.h"
#include "http/http.h"
#include "http_raw.h"

static atomic_int asked, smuggled;

static void
ask(void *arg, const struct http_request *r, struct http_response *response)
{
	(void)arg;
	(void)r;
	atomic_fetch_add(&asked, 1);
	response->status = 200;
}

static void
smug(void *arg, const struct http_request *r, struct http_response *response)
{
	(void)arg;
	(void)r;
	atomic_fetch_add(&smuggled, 1);
	response->status = 200;
}

static const struct http_route routes[] = {
	{ HTTP_GET, "/a", 0, ask, NULL },
	{ HTTP_POST, "/a", 1000, ask, NULL },
	{ HTTP_GET, "/smug", 0, smug, NULL },
};

static int
count_responses(struct str all)
{
	static const struct str mark = { "HTTP/1.1 ", 9 };
	ptrdiff_t at;
	int count = 0;

	while ((at = str_find(all, mark)) >= 0) {
		all = str_slice(all, (size_t)at + mark.len, all.len);
		count++;
	}
	return count;
}

static bool
is_refusal(struct buf *in)
{
	struct str all = buf_view(in);

	return (str_starts(all, STR("HTTP/1.1 400 ")) ||
		str_starts(all, STR("HTTP/1.1 413 "))) &&
	       raw_has(in, "\r\nConnection: close\r\n");
}

/* NULL, or what is wrong with the answer. */
static const char *
judge(struct buf *in, bool closed)
{
	int responses = count_responses(buf_view(in));

	if (atomic_load(&smuggled) > 0)
		return "a second request was served";
	if (!closed)
		return "the connection stays open";
	if (responses == 0)
		return "no response";
	if (is_refusal(in))
		return atomic_load(&asked) ? "served, and refused" : NULL;
	if (responses > 1)
		return "two responses";
	return atomic_load(&asked) == 1 ? NULL : "not one request";
}

static void
send_with_nul(int fd, struct str bytes)
{
	struct buf out = { 0 };

	buf_str(&out, bytes);
	for (size_t i = 0; i < out.len; i++)
		if (out.p[i] == 1)
			out.p[i] = '\0';
	(void)raw_send(fd, buf_view(&out));
	buf_fini(&out);
}

static const char *
try(int port, struct str bytes)
{
	struct buf in = { 0 };
	int fd = raw_connect(port);
	const char *wrong;

	atomic_store(&asked, 0);
	atomic_store(&smuggled, 0);
	send_with_nul(fd, bytes);
	(void)shutdown(fd, SHUT_WR);
	wrong = judge(&in, raw_read_all(fd, &in));
	close(fd);
	buf_fini(&in);
	return wrong;
}

static int
run_all(const struct js *cases, int port)
{
	int failed = 0;

	for (size_t i = 0; i < js_count(cases); i++) {
		struct str name = { 0 }, bytes = { 0 };
		const char *wrong;

		if (!js_as_str(js_find(js_at(cases, i), "name"), &name) ||
		    !js_as_str(js_find(js_at(cases, i), "bytes"), &bytes))
			fail_msg("case %zu has no name or no bytes", i);
		wrong = try(port, bytes);
		if (wrong)
			print_message("http-framing: %.*s: %s\n", STR_ARG(name),
				      wrong);
		failed += wrong != NULL;
	}
	print_message("http-framing: %zu passed, %d failed\n",
		      js_count(cases) - (size_t)failed, failed);
	return failed;
}

/* js_parse() refuses NUL: it is "\u0001" in there, and put back afterwards. */
static void
hide_nul(struct buf *text)
{
	static const struct str nul = { "\\u0000", 6 };
	ptrdiff_t at;

	while ((at = str_find(buf_view(text), nul)) >= 0)
		text->p[at + 5] = '1';
}

static void
no_second_request_is_smuggled(void **state)
{
	const char *corpora = getenv("GUIDON_CORPORA");
	struct http_config config = {
		.address = "127.0.0.1",
		.routes = routes,
		.route_count = COUNT_OF(routes),
		.timeout_s = 1,
	};
	struct http_server *server;
	struct buf path = { 0 }, text = { 0 };
	struct js *cases;
	struct error err;
	int failed;

	(void)state;
	if (!corpora) {
		print_message("http-framing: SKIPPED, GUIDON_CORPORA is not "
			      "set\n");
		skip();
	}
	buf_printf(&path, "%s/http-framing.json", corpora);
	corpus_read(buf_cstr(&path), &text);
	hide_nul(&text);
	assert_ok(js_parse(buf_view(&text), &cases, &err), err);
	assert_true(js_count(cases) > 0);
	assert_ok(http_server_open(&server, &config, &err), err);
	failed = run_all(cases, http_server_port(server));
	http_server_close(&server);
	js_free(&cases);
	buf_fini(&path);
	buf_fini(&text);
	assert_int_equal(failed, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_second_request_is_smuggled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
