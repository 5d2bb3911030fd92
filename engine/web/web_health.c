/*
 * For whoever watches: 200 while the store can be read.
 */
#include "base/log.h"
#include "web/web_priv.h"

void
web_health(void *arg, const struct http_request *request,
	   struct http_response *response)
{
	struct web *web = arg;
	struct buf ignored = { 0 };
	struct error err;
	struct db *db;

	(void)request;
	if (db_reader(web->config.store, &db, &err) < 0 ||
	    db_note_find(db, "clock", &ignored, &err) < 0) {
		log_line(LOG_LEVEL_ERROR, "web", "store_unreadable",
			 LOG_FIELDS(LOG_CSTR("msg", err.text)));
		response->status = 503;
		response->body = STR("store\n");
	} else {
		response->status = 200;
		response->body = STR("ok\n");
	}
	buf_fini(&ignored);
}
