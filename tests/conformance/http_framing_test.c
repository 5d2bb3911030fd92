/*
 * Requests by others that two HTTP readers may frame differently. Each is
 * answered 400, or as exactly one request, and then the connection is closed:
 * what was meant to be smuggled in behind it reaches no handler.
 */
#include <stdatomic.h>

#include "base/js.h"
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
	{ HTTP_GET, "/a", 0, ask },
	{ HTTP_POST, "/a", 1000, ask },
	{ HTTP_GET, "/smug", 0, smug },
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

/* NULL, or what is wrong. */
static const char *
try(int port, struct str bytes)
{
	struct buf in = { 0 };
	int fd = raw_connect(port);
	bool closed, bad_request;
	int responses;

	atomic_store(&asked, 0);
	atomic_store(&smuggled, 0);
	(void)raw_send(fd, bytes);
	(void)shutdown(fd, SHUT_WR);
	closed = raw_read_all(fd, &in);
	close(fd);
	responses = count_responses(buf_view(&in));
	bad_request = raw_has(&in, "HTTP/1.1 400 ");
	buf_fini(&in);
	if (atomic_load(&smuggled) > 0)
		return "a second request was served";
	if (!closed)
		return "the connection stays open";
	if (responses != 1)
		return responses ? "two responses" : "no response";
	if (bad_request ? atomic_load(&asked) != 0 : atomic_load(&asked) != 1)
		return "neither 400 nor one request";
	return NULL;
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

static void
read_file(const char *path, struct buf *text)
{
	FILE *f = fopen(path, "rb");
	char part[4096];
	size_t len;

	if (!f)
		fail_msg("%s cannot be read", path);
	while ((len = fread(part, 1, sizeof(part), f)) > 0)
		buf_add(text, part, len);
	fclose(f);
}

/* The table may hold NUL, which js_parse() refuses: it goes in as "\u0001". */
static void
replace_nul(struct buf *text)
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
		.timeout_s = 3,
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
	read_file(buf_cstr(&path), &text);
	replace_nul(&text);
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
