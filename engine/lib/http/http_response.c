/*
 * A response as the library sends it: what every response says, then what this
 * one says. The body is not copied; it lies in the request's arena, which
 * lives until the library reports the request as completed.
 *
 * A header that the library does not take (a line end in a Location) is our
 * own bug or somebody's attack, so the client gets a plain 500 and the log the
 * name of the header.
 *
 * An abandoned request is answered while another thread may still build in
 * its arena: without location and headers nothing here touches that.
 */
#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "http/http_priv.h"

static const char strict_policy[] =
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

static const char plain_text[] = "text/plain; charset=utf-8";

static const char *
or_else(const char *given, const char *otherwise)
{
	return given ? given : otherwise;
}

static bool
add(struct MHD_Response *r, const char *name, const char *value)
{
	if (MHD_add_response_header(r, name, value) == MHD_YES)
		return true;
	log_line(LOG_LEVEL_ERROR, "http", "bad_header",
		 LOG_FIELDS(LOG_CSTR("name", name)));
	return false;
}

/* As the library wants it; "" (which it refuses) for what has a NUL. */
static const char *
header_text(struct arena *a, struct str s)
{
	return str_find_char(s, '\0') < 0 ? str_cstr(a, s) : "";
}

static bool
add_fixed(struct MHD_Response *r, const struct http_response *from)
{
	return add(r, "Content-Security-Policy",
		   or_else(from->policy, strict_policy)) &&
	       add(r, "X-Content-Type-Options", "nosniff") &&
	       add(r, "Referrer-Policy", "no-referrer") &&
	       (from->policy || add(r, "X-Frame-Options", "DENY")) &&
	       add(r, "Cache-Control", or_else(from->cache, "no-store"));
}

static bool
add_own(struct MHD_Response *r, struct arena *a,
	const struct http_response *from)
{
	if (from->body.len > 0 &&
	    !add(r, "Content-Type", or_else(from->content_type, plain_text)))
		return false;
	if (from->location.len > 0 &&
	    !add(r, "Location", header_text(a, from->location)))
		return false;
	for (size_t i = 0; i < from->header_count; i++)
		if (!add(r, header_text(a, from->headers[i].name),
			 header_text(a, from->headers[i].value)))
			return false;
	return true;
}

static struct MHD_Response *
response_new(struct arena *a, const struct http_response *from, bool last)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(
	    from->body.len, (void *)(uintptr_t)from->body.p,
	    MHD_RESPMEM_PERSISTENT);

	check(r);
	if (add_fixed(r, from) && add_own(r, a, from) &&
	    (!last || add(r, "Connection", "close")))
		return r;
	MHD_destroy_response(r);
	return NULL;
}

enum MHD_Result
http_response_send(struct http_exchange *x,
		   const struct http_response *response, bool last)
{
	static const struct http_response failed = {
		.status = 500,
		.body = { "internal error\n", 15 },
	};
	struct MHD_Response *r;
	enum MHD_Result queued;

	last = last || x->server->closing;
	r = response_new(x->a, response, last);
	if (!r) {
		response = &failed;
		r = response_new(x->a, response, last);
		check(r);
	}
	http_connection_enter(x->connection, HTTP_IN_RESPONSE);
	x->connection->bytes = response->body.len;
	queued = MHD_queue_response(x->mhd, (unsigned int)response->status, r);
	MHD_destroy_response(r);
	return queued;
}
