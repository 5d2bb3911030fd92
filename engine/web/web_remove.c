/*
 * A partner's word for somebody who answered "please remove me": the link is in
 * the note below each reply that is sent on (render_reply.c). GET asks, with one
 * button; POST from that button does it. It goes as far as that partner's mail:
 * a partner speaks for nobody else.
 *
 * The page is our own, for the partner's employee and not for the campaign's
 * readers. It names nobody: the link may be passed on.
 */
#include "dispatch/dispatch_leave.h"
#include "web/web_priv.h"

static int
find(struct web *web, const struct http_request *request, struct web_subject *s,
     struct error *err)
{
	struct event_token token;

	if (web_token(web, request, request->rest, EVENT_TOKEN_REMOVE, &token,
		      err) < 0)
		return -(int)err->code;
	return web_delivery(web, request, &token, s, err);
}

void
web_remove_ask(void *arg, const struct http_request *request,
	       struct http_response *response)
{
	struct web_subject s;
	struct error err;

	if (find(arg, request, &s, &err) < 0)
		web_fail(request, response, &err);
	else
		web_html(response, 200,
			 web_plain_html(request, WEB_REMOVE,
					web_confirm_action(request)));
}

void
web_remove(void *arg, const struct http_request *request,
	   struct http_response *response)
{
	struct http_response answer;
	struct web_subject s;
	struct error err;

	if (find(arg, request, &s, &err) < 0) {
		web_fail(request, response, &err);
	} else if (!web_is_confirmed(request)) {
		web_plain(request, response, WEB_BAD);
	} else {
		const struct dispatch_leaving what = {
			.key = s.delivery.key,
			.means = "an answer to a mail",
			.evidence = "it arrived: it was answered",
			.is_partners_word = true,
			.now_ms = request->now_ms,
		};

		web_plain(request, &answer, WEB_REMOVED);
		web_leave(arg, request, &what, &answer);
	}
}
