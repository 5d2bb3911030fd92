/*
 * From a token to the rows it is about.
 *
 * A token says partner and delivery; the rest is read with the partner of the
 * token in every key, so nothing of another partner can be reached. What a
 * message was made of is known by whoever made it (dispatch_make.h), and its
 * campaign may be missing: who opts out needs the delivery only.
 */
#include <string.h>

#include "web/web_priv.h"

int
web_token(struct web *web, const struct http_request *request, struct str text,
	  enum event_token_kind kind, struct event_token *out,
	  struct error *err)
{
	return event_token_read(web->config.keys, text, kind, request->now_ms,
				out, err);
}

int
web_delivery(struct web *web, const struct http_request *request,
	     const struct event_token *token, struct web_subject *s,
	     struct error *err)
{
	struct outbox_id id = { .partner_id = token->partner_id };
	int got;

	*s = (struct web_subject){ 0 };
	memcpy(id.bytes, token->delivery, sizeof(id.bytes));
	if (db_reader(web->config.store, &s->db, err) < 0)
		return -(int)err->code;
	got = outbox_find(s->db, request->a, &id, &s->delivery, err);
	if (got < 0)
		return got;
	if (got == 0 || s->delivery.key.subject_kind != OUTBOX_PERSON ||
	    s->delivery.key.subject.len != PERSON_HASH_BYTES)
		return error_set(err, ERROR_DENIED, "no such mail");
	s->has_delivery = true;
	return 0;
}

static void
fill(struct web_subject *s)
{
	s->campaign = render_kit_campaign(s->about.kit);
	s->origin = (struct render_origin){
		.site = s->campaign->workspace->site,
		.brand = s->campaign->brand->id,
		.campaign = s->campaign->id,
		.step = s->has_delivery ? s->delivery.key.step : STR(""),
	};
}

int
web_subject_load(struct web *web, const struct http_request *request,
		 const struct dispatch_whom *whom, struct web_subject *s,
		 struct error *err)
{
	if (dispatch_subject_load(web->config.maker, request->a, s->db, whom,
				  &s->about, err) < 0) {
		/* Ours to have, so not the visitor's mistake. */
		err->code = ERROR_INTERNAL;
		return error_context(err, "what a page is about");
	}
	s->is_loaded = true;
	fill(s);
	return 0;
}

int
web_subject_of(struct web *web, const struct http_request *request,
	       struct web_subject *s, struct error *err)
{
	const struct dispatch_whom whom = {
		.partner_id = s->delivery.key.partner_id,
		.activation_id = s->delivery.key.activation_id,
		.delivery = &s->delivery,
	};

	return web_subject_load(web, request, &whom, s, err);
}

void
web_subject_release(struct web *web, struct web_subject *s)
{
	if (s->is_loaded)
		dispatch_subject_release(web->config.maker, &s->about);
	s->is_loaded = false;
	s->campaign = NULL;
}

int
web_subject_step(const struct web_subject *s, const struct campaign_step **out,
		 struct error *err)
{
	*out = campaign_step_find(s->campaign, s->delivery.key.step);
	if (!*out || (*out)->kind != CAMPAIGN_EMAIL)
		return error_set(err, ERROR_DENIED, "no such step");
	return 0;
}

struct str
web_subject_language(const struct web_subject *s)
{
	const struct render_subject *about = &s->about.subject;

	if (about->contact && about->contact->language.len > 0)
		return about->contact->language;
	return about->partner->language.len > 0
		   ? about->partner->language
		   : s->campaign->workspace->language;
}
