#ifndef HTTP_HTTP_ROUTES_H
#define HTTP_HTTP_ROUTES_H

/*
 * http_routes - from a request line to a route, pure; internal to the folder
 */

#include "http/http.h"

/* A request line, read. */
struct http_asked {
	struct str path;
	enum http_method method;
	bool known; /* the method is one of ours */
	bool head;
};

void http_asked_method(struct http_asked *asked, const char *method);

/* The route; or NULL, with *allow what the path takes, NULL if unknown. */
const struct http_route *http_route_find(const struct http_route *routes,
					 size_t count, struct http_asked asked,
					 const char **allow);

/* Of "/p?q", or "http://host/p?q"; false when it is neither. */
bool http_target_split(struct str target, struct str *path, struct str *query);

#endif
