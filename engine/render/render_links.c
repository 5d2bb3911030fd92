/*
 * The URLs of a message. Each is our site, a letter for what it does, and a
 * token that says for whom: nothing in it is personal, and nothing in it says
 * where a link leads, so that a redirect never goes where a stranger wants.
 *
 * A token lives for two years from the date of its message: longer than any
 * law wants an opt-out to work, shorter than for ever.
 */
#include "render/render_priv.h"

#include <string.h>

#include "base/arena.h"
#include "base/encode.h"

static const int64_t TOKEN_LIFE_MS = (int64_t)2 * 365 * 86400 * 1000;

int64_t
render_date_ms(const struct render_subject *subject)
{
	return subject->delivery ? subject->delivery->date_ms
				 : subject->activation->start_ms;
}

void
render_check_subject(const struct render_subject *s)
{
	int64_t partner = s->partner->id;

	check(s->activation->partner_id == partner);
	check(!s->sender || s->sender->partner_id == partner);
	check(!s->contact || s->contact->partner_id == partner);
	if (!s->delivery)
		return;
	check(s->delivery->key.partner_id == partner);
	check(s->delivery->key.activation_id == s->activation->id);
	check(s->keys && s->message_key.len == RENDER_MESSAGE_KEY_BYTES);
}

static struct str
token_of(const struct render_subject *subject, enum event_token_kind kind,
	 unsigned link, const uint8_t delivery[OUTBOX_ID_BYTES],
	 struct arena *a)
{
	const struct outbox_delivery *d = subject->delivery;
	struct event_token token = { .kind = kind, .link = link };
	struct buf b = { 0 };
	struct str text;

	token.partner_id = d->key.partner_id;
	token.expires_ms = d->date_ms + TOKEN_LIFE_MS;
	memcpy(token.delivery, delivery, sizeof(token.delivery));
	event_token_make(subject->keys, (int)d->key_id, &token, &b);
	text = str_copy(a, buf_view(&b));
	buf_fini(&b);
	return text;
}

struct str
render_token(const struct render_subject *subject, enum event_token_kind kind,
	     unsigned link, struct arena *a)
{
	render_check_subject(subject);
	return subject->delivery ? token_of(subject, kind, link,
					    subject->delivery->id.bytes, a)
				 : STR("preview");
}

struct str
render_url_remove(const struct render_subject *subject,
		  const struct render_origin *origin,
		  const uint8_t answered[OUTBOX_ID_BYTES], struct arena *a)
{
	struct str token;

	render_check_subject(subject);
	check(subject->delivery);
	token = token_of(subject, EVENT_TOKEN_REMOVE, 0, answered, a);
	return str_printf(a, "%.*s/r/%.*s", STR_ARG(origin->site),
			  STR_ARG(token));
}

void
render_urls_of(const struct render_subject *subject,
	       const struct render_origin *origin, struct arena *a,
	       struct render_urls *out)
{
	struct str open = render_token(subject, EVENT_TOKEN_OPEN, 0, a);
	struct str view = render_token(subject, EVENT_TOKEN_VIEW, 0, a);
	struct str leave = render_token(subject, EVENT_TOKEN_UNSUBSCRIBE, 0, a);

	out->site = origin->site;
	out->pixel = str_printf(a, "%.*s/o/%.*s.gif", STR_ARG(origin->site),
				STR_ARG(open));
	out->view =
	    str_printf(a, "%.*s/v/%.*s", STR_ARG(origin->site), STR_ARG(view));
	out->unsubscribe =
	    str_printf(a, "%.*s/u/%.*s", STR_ARG(origin->site), STR_ARG(leave));
}

struct str
render_url_click(const struct render_subject *subject,
		 const struct render_origin *origin, unsigned link,
		 struct arena *a)
{
	struct str token = render_token(subject, EVENT_TOKEN_CLICK, link, a);

	return str_printf(a, "%.*s/c/%.*s", STR_ARG(origin->site),
			  STR_ARG(token));
}

struct str
render_url_page(const struct render_subject *subject,
		const struct render_origin *origin, struct str page,
		struct str token, struct arena *a)
{
	struct buf b = { 0 };
	struct str url;

	buf_str(&b, origin->site);
	buf_printf(&b, "/p/%.*s/", STR_ARG(subject->partner->slug));
	encode_id(&b, subject->activation->id);
	buf_char(&b, '/');
	encode_percent(&b, page);
	if (token.len > 0) {
		buf_cat(&b, "?t=");
		encode_percent(&b, token);
	}
	url = str_copy(a, buf_view(&b));
	buf_fini(&b);
	return url;
}
