/*
 * What mail providers tell of our mail (dispatch_provider.h). Each of them that
 * is on has a path of its own, and those that are off have none.
 *
 * The answer says no more than it must: 200 is durable, 403 is not signed as it
 * should be, 400 cannot be read, 503 is to come again.
 */
#include <stdlib.h>

#include "base/arena.h"
#include "dispatch/dispatch_provider.h"
#include "web/web_priv.h"

static const char prefix[] = "/hook/";

static void
answer(void *arg, enum dispatch_provider_answer status)
{
	/* It is read when the answer is sent. */
	static const struct http_header later = { { "Retry-After", 11 },
						  { "60", 2 } };
	const struct http_response response = {
		.status = (int)status,
		.body = status == PROVIDER_TAKEN ? STR("ok\n") : STR("no\n"),
		.headers = &later,
		.header_count = status == PROVIDER_LATER,
	};

	http_ready(arg, &response);
}

static void
take(void *arg, const struct http_request *request,
     struct http_response *response)
{
	struct web *web = arg;
	const struct dispatch_provider_call call = {
		.provider = str_slice(request->path, sizeof(prefix) - 1,
				      request->path.len),
		.headers = request->headers,
		.header_count = request->header_count,
		.body = request->body,
		.now_ms = request->now_ms,
	};

	(void)response;
	http_wait(request);
	dispatch_providers_submit(web->config.providers, &call, answer,
				  request->exchange);
}

size_t
web_provider_routes(struct web *web, struct http_route *out)
{
	struct dispatch_providers *ps = web->config.providers;
	size_t count = 0;
	const char *name;

	for (size_t i = 0; ps && (name = dispatch_provider_name(i)); i++) {
		size_t most = dispatch_provider_body_max(ps, str_of(name));

		if (most == 0)
			continue;
		if (out)
			out[count] = (struct http_route){
				.method = HTTP_POST,
				.prefix =
				    arena_printf(web->a, "%s%s", prefix, name),
				.body_max = most,
				.handle = take,
			};
		count++;
	}
	return count;
}
