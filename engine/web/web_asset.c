/*
 * Images, by what is in them. A name never gets other bytes, so whoever has
 * them need not ask again. An SVG that is opened by itself is a document: it
 * gets no rights.
 */
#include "web/web_priv.h"

static const char policy[] =
    "default-src 'none'; style-src 'unsafe-inline'; sandbox";

static int
find(struct web *web, const struct http_request *request,
     struct http_response *response, struct error *err)
{
	struct db *db;
	int got;

	if (db_reader(web->config.store, &db, err) < 0)
		return -(int)err->code;
	got = campaign_asset_get(db, request->a, request->rest, &response->body,
				 &response->content_type, err);
	if (got == 0)
		return error_set(err, ERROR_DENIED, "no such image");
	return got;
}

void
web_asset(void *arg, const struct http_request *request,
	  struct http_response *response)
{
	struct error err;

	if (find(arg, request, response, &err) < 0) {
		web_fail(request, response, &err);
		return;
	}
	response->status = 200;
	response->cache = "public, max-age=31536000, immutable";
	response->policy = policy;
}
