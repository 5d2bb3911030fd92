/*
 * From a request line to a route. Paths are compared byte by byte as they
 * came: what a browser would call the same path in other characters (%2e, //)
 * is another one here, and unknown. The parts of our own URLs are ids, tokens
 * and slugs, which need no escaping.
 *
 * The table has about ten rows, so it is simply looked through.
 */
#include "http/http_routes.h"

#include <string.h>

static bool
fits(const struct http_route *route, struct str path)
{
	struct str prefix = str_of(route->prefix);

	if (str_ends(prefix, STR("/")))
		return str_starts(path, prefix);
	return str_eq(path, prefix);
}

/* The longest prefix that fits, or NULL. */
static const char *
prefix_of(const struct http_route *routes, size_t count, struct str path)
{
	const char *best = NULL;

	for (size_t i = 0; i < count; i++)
		if (fits(&routes[i], path) &&
		    (!best || strlen(routes[i].prefix) > strlen(best)))
			best = routes[i].prefix;
	return best;
}

const struct http_route *
http_route_find(const struct http_route *routes, size_t count,
		struct http_asked asked, const char **allow)
{
	const char *prefix = prefix_of(routes, count, asked.path);
	const struct http_route *found = NULL;
	bool has[2] = { false, false };

	*allow = NULL;
	if (!prefix)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(routes[i].prefix, prefix) != 0)
			continue;
		has[routes[i].method] = true;
		if (asked.known && routes[i].method == asked.method)
			found = &routes[i];
	}
	if (!found)
		*allow = !has[HTTP_POST] ? "GET, HEAD"
			 : has[HTTP_GET] ? "GET, HEAD, POST"
					 : "POST";
	return found;
}

bool
http_target_split(struct str target, struct str *path, struct str *query)
{
	ptrdiff_t at;

	/* The absolute form is for proxies; RFC 9112 section 3.2.2. */
	if (!str_starts(target, STR("/"))) {
		at = str_find(target, STR("://"));
		if (at < 0)
			return false;
		target = str_slice(target, (size_t)at + 3, target.len);
		at = str_find_char(target, '/');
		if (at < 0)
			return false;
		target = str_slice(target, (size_t)at, target.len);
	}
	for (size_t i = 0; i < target.len; i++)
		if (target.p[i] <= ' ' || target.p[i] > '~')
			return false;
	at = str_find_char(target, '?');
	*path = str_slice(target, 0, at < 0 ? target.len : (size_t)at);
	*query =
	    str_slice(target, at < 0 ? target.len : (size_t)at + 1, target.len);
	return true;
}

void
http_asked_method(struct http_asked *asked, const char *method)
{
	asked->head = strcmp(method, "HEAD") == 0;
	asked->known = asked->head || strcmp(method, "GET") == 0;
	asked->method = HTTP_GET;
	if (strcmp(method, "POST") == 0) {
		asked->known = true;
		asked->method = HTTP_POST;
	}
}

struct str
http_forwarded(struct str list, int proxies)
{
	size_t end = list.len;
	size_t from = end;

	for (; proxies > 0; proxies--) {
		for (from = end; from > 0 && list.p[from - 1] != ','; from--)
			;
		if (proxies > 1 && from == 0)
			return STR("");
		if (proxies > 1)
			end = from - 1;
	}
	return str_trim(str_slice(list, from, end));
}
