/*
 * A fetch becomes a row. The request does not wait for it: a hit that is lost
 * with the machine is a number too low by one, and a pixel that waits for a
 * disk is a mail that shows slowly.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "web/web_priv.h"

static int
add_unit(struct db *db, void *arg, struct error *err)
{
	return event_hit_add(db, arg, err);
}

static void
added(void *arg, int result, const struct error *err)
{
	if (result < 0)
		log_line(LOG_LEVEL_WARN, "web", "hit_lost",
			 LOG_FIELDS(LOG_CSTR("msg", err->text)));
	free(arg);
}

void
web_hit(struct web *web, const struct http_request *request,
	enum event_hit_kind kind, const struct event_token *token,
	size_t link_count)
{
	struct event_hit *hit = malloc(sizeof(*hit));

	check(hit);
	*hit = (struct event_hit){
		.kind = kind,
		.at_ms = request->now_ms,
		.partner_id = token->partner_id,
		.link = token->link,
		.link_count = (unsigned)link_count,
		.agent = event_agent_class(request->head, request->user_agent),
	};
	memcpy(hit->delivery, token->delivery, sizeof(hit->delivery));
	db_submit(web->config.store, add_unit, hit, added);
}
