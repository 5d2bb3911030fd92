/*
 * A tracked link. Where it leads is in the campaign that its mail was made
 * from, never in the URL. A link to a landing page takes a token along, so
 * that its form knows whom it is about.
 */
#include "web/web_priv.h"

static int
page_url(const struct web_subject *s, const struct campaign_link *link,
	 const struct event_token *token, struct arena *a, struct str *url,
	 struct error *err)
{
	struct str form =
	    render_token(&s->about.subject, EVENT_TOKEN_FORM, token->link, a);

	return render_url_tag(
	    render_url_page(&s->about.subject, &s->origin, link->page, form, a),
	    RENDER_EMAIL, &s->origin, a, url, err);
}

static int
target(const struct web_subject *s, const struct campaign_step *step,
       const struct event_token *token, struct arena *a, struct str *url,
       struct error *err)
{
	const struct campaign_link *link;

	if (token->link >= step->link_count)
		return error_set(err, ERROR_DENIED, "no such link");
	link = &step->links[token->link];
	if (link->page.len > 0)
		return page_url(s, link, token, a, url, err);
	return render_kit_link_target(s->about.kit, step, token->link,
				      &s->about.subject, a, url, err);
}

static int
follow(struct web *web, const struct http_request *request,
       const struct event_token *token, struct web_subject *s,
       struct http_response *response, struct error *err)
{
	const struct campaign_step *step;
	struct str url;

	if (web_delivery(web, request, token, s, err) < 0 ||
	    web_subject_of(web, request, s, err) < 0 ||
	    web_subject_step(s, &step, err) < 0 ||
	    target(s, step, token, request->a, &url, err) < 0)
		return -(int)err->code;
	web_hit(web, request, EVENT_HIT_CLICK, token, step->link_count);
	response->status = 302;
	response->location = url;
	return 0;
}

void
web_click(void *arg, const struct http_request *request,
	  struct http_response *response)
{
	struct web_subject s = { 0 };
	struct event_token token;
	struct error err;

	if (web_token(arg, request, request->rest, EVENT_TOKEN_CLICK, &token,
		      &err) < 0 ||
	    follow(arg, request, &token, &s, response, &err) < 0)
		web_fail(request, response, &err);
	web_subject_release(arg, &s);
}
