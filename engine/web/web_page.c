/*
 * A landing page: of one partner's activation, for everybody. Who comes from a
 * mail brings a token, which says whom a form is about and must be of this
 * partner and this activation. One that has expired counts as none.
 *
 * The form's hidden field `t` is what web_form() reads: the token, a dot, and
 * a number drawn for this showing, by which the same form sent twice is one
 * lead.
 */
#include "base/arena.h"
#include "base/encode.h"
#include "base/random.h"
#include "web/web_priv.h"

/* ---- which page ---- */

struct path {
	struct str slug;
	struct str page;
	int64_t activation_id;
};

static int
split(struct str rest, struct path *out, struct error *err)
{
	struct str run;
	struct error ignored;

	if (!str_split(&rest, '/', &out->slug) ||
	    !str_split(&rest, '/', &run) ||
	    decode_id(run, &out->activation_id, &ignored) < 0 ||
	    out->activation_id <= 0 || rest.len == 0 ||
	    str_find_char(rest, '/') >= 0)
		return error_set(err, ERROR_DENIED, "no path of a page");
	out->page = rest;
	return 0;
}

/* A token's own partner and activation must be those of the path. */
static int
find_mail(struct web *web, const struct http_request *request,
	  struct web_place *out, struct error *err)
{
	struct web_subject *s = &out->subject;

	if (out->token.len == 0)
		return 0;
	if (web_token(web, request, out->token, EVENT_TOKEN_FORM, &out->from,
		      err) < 0) {
		if (err->code != ERROR_NOT_FOUND)
			return -(int)err->code;
		out->token = STR("");
		return 0;
	}
	return web_delivery(web, request, &out->from, s, err);
}

static int
find_whom(const struct http_request *request, const struct path *path,
	  const struct web_subject *s, struct dispatch_whom *out,
	  struct error *err)
{
	struct partner partner;
	struct activation run;
	int got = partner_find(s->db, request->a, path->slug, &partner, err);

	if (got < 0)
		return got;
	if (got == 0 ||
	    (s->has_delivery &&
	     (s->delivery.key.partner_id != partner.id ||
	      s->delivery.key.activation_id != path->activation_id)))
		return error_set(err, ERROR_DENIED, "no such partner");
	if (partner.status == PARTNER_ENDED)
		return error_set(err, ERROR_NOT_FOUND, "the partner has ended");
	if (activation_get(s->db, request->a, partner.id, path->activation_id,
			   &run, err) < 0) {
		if (err->code == ERROR_NOT_FOUND)
			err->code = ERROR_DENIED;
		return -(int)err->code;
	}
	*out = (struct dispatch_whom){
		.partner_id = partner.id,
		.activation_id = path->activation_id,
	};
	return 0;
}

int
web_place_find(struct web *web, const struct http_request *request,
	       struct str token, struct web_place *out, struct error *err)
{
	struct web_subject *s = &out->subject;
	struct dispatch_whom whom;
	struct path path;

	*out = (struct web_place){ .token = token };
	if (split(request->rest, &path, err) < 0 ||
	    db_reader(web->config.store, &s->db, err) < 0 ||
	    find_mail(web, request, out, err) < 0 ||
	    find_whom(request, &path, s, &whom, err) < 0)
		return -(int)err->code;
	if (s->has_delivery)
		whom.delivery = &s->delivery;
	if (web_subject_load(web, request, &whom, s, err) < 0)
		return -(int)err->code;
	out->page = campaign_step_find(s->campaign, path.page);
	if (!out->page || out->page->kind != CAMPAIGN_PAGE)
		return error_set(err, ERROR_DENIED, "no such page");
	return 0;
}

/* ---- showing it ---- */

int
web_place_show(struct web_place *place, const struct http_request *request,
	       const struct render_form_input *form,
	       struct http_response *response, struct error *err)
{
	struct web_subject *s = &place->subject;
	struct str html;

	if (render_kit_page(s->about.kit, place->page, &s->about.subject, form,
			    request->a, &html, err) < 0)
		return -(int)err->code;
	web_html(response, 200, html);
	return 0;
}

static struct str
hidden_value(const struct web_place *place, struct arena *a)
{
	struct buf b = { 0 };
	struct str text;

	buf_str(&b, place->token);
	buf_char(&b, '.');
	encode_id(&b, random_id());
	text = str_copy(a, buf_view(&b));
	buf_fini(&b);
	return text;
}

static struct str
token_of_query(const struct http_request *request)
{
	struct http_pair *pairs;
	struct error ignored;
	int count = http_form(request->a, request->query, &pairs, 64, &ignored);

	return count < 0 ? STR("") : http_form_get(pairs, count, "t");
}

static size_t
links_of_mail(const struct web_subject *s)
{
	const struct campaign_step *step =
	    campaign_step_find(s->campaign, s->delivery.key.step);

	return step ? step->link_count : 0;
}

static int
show(struct web *web, const struct http_request *request,
     struct web_place *place, struct http_response *response, struct error *err)
{
	struct render_form_input form = { 0 };

	if (web_place_find(web, request, token_of_query(request), place, err) <
	    0)
		return -(int)err->code;
	form.token = hidden_value(place, request->a);
	if (web_place_show(place, request, &form, response, err) < 0)
		return -(int)err->code;
	if (place->token.len > 0)
		web_hit(web, request, EVENT_HIT_VIEW, &place->from,
			links_of_mail(&place->subject));
	return 0;
}

void
web_page(void *arg, const struct http_request *request,
	 struct http_response *response)
{
	struct web_place place = { 0 };
	struct error err;

	if (show(arg, request, &place, response, &err) < 0)
		web_fail(request, response, &err);
	web_subject_release(arg, &place.subject);
}
