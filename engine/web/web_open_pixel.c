/*
 * The open pixel: always the same 43 bytes, whether the token is ours or not,
 * because a picture that is missing shows in the mail. No read of the store:
 * all that a hit needs is in the token.
 */
#include "web/web_priv.h"

/* A GIF89a of one transparent point. */
static const char gif[] = "GIF89a\1\0\1\0\200\0\0\377\377\377\0\0\0"
			  "!\371\4\1\0\0\0\0"
			  ",\0\0\0\0\1\0\1\0\0\2\2D\1\0;";

_Static_assert(sizeof(gif) - 1 == 43, "the smallest there is");

void
web_open_pixel(void *arg, const struct http_request *request,
	       struct http_response *response)
{
	struct str text = request->rest;
	struct event_token token;
	struct error ignored;

	if (str_ends(text, STR(".gif")))
		text.len -= sizeof(".gif") - 1;
	if (web_token(arg, request, text, EVENT_TOKEN_OPEN, &token, &ignored) >=
	    0)
		web_hit(arg, request, EVENT_HIT_OPEN, &token, 0);
	response->status = 200;
	response->content_type = "image/gif";
	response->body = (struct str){ gif, sizeof(gif) - 1 };
}
