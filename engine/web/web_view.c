/*
 * A mail, in the browser: made again from what it was made from. The pixel in
 * it is fetched by the browser like any other, so nothing is recorded here.
 * Who was erased since, or has left the partner's list, has no mail to show.
 */
#include "web/web_priv.h"

/* Images as mails have them: from anywhere by https. */
static const char policy[] = "default-src 'none'; style-src 'unsafe-inline'; "
			     "img-src 'self' https: data:; form-action 'none'; "
			     "frame-ancestors 'none'; base-uri 'none'";

static int
show(struct web *web, const struct http_request *request,
     struct http_response *response, struct error *err)
{
	struct event_token token;
	struct web_subject s;
	struct str html;

	if (web_token(web, request, request->rest, EVENT_TOKEN_VIEW, &token,
		      err) < 0 ||
	    web_delivery(web, request, &token, &s, err) < 0 ||
	    dispatch_view(web->config.maker, request->a, s.db, &s.delivery,
			  &html, err) < 0)
		return -(int)err->code;
	web_html(response, 200, html);
	response->policy = policy;
	return 0;
}

void
web_view(void *arg, const struct http_request *request,
	 struct http_response *response)
{
	struct error err;

	if (show(arg, request, response, &err) < 0)
		web_fail(request, response, &err);
}
