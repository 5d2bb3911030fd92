/*
 * A form that was sent. What is wrong with it is shown beside its fields, with
 * what was typed; what is right becomes a lead, in one unit, and the visitor
 * is thanked when that is durable.
 *
 * The lead's id is made from the number that was drawn when the page was
 * shown and from what the fields say: sent twice, by an impatient finger or a
 * proxy, it is one lead. Another text is another lead, for one showing may be
 * of many: a page kept by a proxy, or gone back to for a mistyped address. A
 * form without the number (from an old bookmark, by a script) gets one drawn
 * here.
 *
 * Who makes more leads than web_limit.c allows is asked to wait. A form that
 * makes none costs what showing the page costs, and is not counted: else who
 * sends rubbish would shut the form for all who come from the same address.
 *
 * A form with the honeypot filled in is thanked for and forgotten, so that
 * whoever wrote the script learns nothing.
 */
#include <string.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "base/encode.h"
#include "base/log.h"
#include "base/random.h"
#include "lead/lead.h"
#include "web/web_priv.h"

enum { PAIRS_MAX = 64 };

/* A form on its way through one request. */
struct sent {
	struct web *web;
	const struct http_request *request;
	struct http_pair *pairs;
	int pair_count;
	struct str number; /* of the showing; empty: none */
	struct web_place place;
	const struct campaign_form *form;
	struct lead lead;
};

static struct str
input(const struct sent *f, const char *name)
{
	return http_form_get(f->pairs, f->pair_count, name);
}

/* ---- reading it ---- */

/* "TOKEN.NUMBER", either may be empty. */
static struct str
split_hidden(struct str hidden, struct str *number)
{
	struct str token = hidden;
	ptrdiff_t dot = str_find_char(hidden, '.');

	*number = STR("");
	if (dot >= 0) {
		token = str_slice(hidden, 0, (size_t)dot);
		*number = str_slice(hidden, (size_t)dot + 1, hidden.len);
	}
	return token;
}

static int
find(struct sent *f, struct error *err)
{
	struct str token =
	    split_hidden(input(f, CAMPAIGN_INPUT_SHOWING), &f->number);

	if (web_place_find(f->web, f->request, token, &f->place, err) < 0)
		return -(int)err->code;
	f->form = campaign_form_find(f->place.subject.campaign,
				     input(f, CAMPAIGN_INPUT_FORM));
	if (!f->form || !str_eq(f->form->page, f->place.page->id))
		return error_set(err, ERROR_DENIED, "no such form");
	return 0;
}

static int64_t
lead_id(const struct sent *f)
{
	uint8_t hash[CRYPTO_HASH_BYTES];
	struct crypto_hash h;
	int64_t number;
	struct error ignored;
	uint64_t id = 0;

	if (decode_id(f->number, &number, &ignored) < 0)
		return random_id();
	crypto_hash_init(&h);
	crypto_hash_add(&h, f->request->path);
	crypto_hash_add(&h, STR("\n"));
	crypto_hash_add(&h, f->form->id);
	crypto_hash_add(&h, STR("\n"));
	crypto_hash_add(&h, f->number);
	crypto_hash_add(&h, STR("\n"));
	crypto_hash_add(&h, f->lead.fields);
	crypto_hash_end(&h, hash);
	for (int i = 0; i < 8; i++)
		id = id << 8 | hash[i];
	id &= INT64_MAX;
	return id ? (int64_t)id : 1;
}

/* What the visitor cannot say. */
static int
complete(struct sent *f, struct error *err)
{
	const struct web_subject *s = &f->place.subject;
	struct lead *lead = &f->lead;

	lead->partner_id = s->about.subject.partner->id;
	lead->id = lead_id(f);
	lead->activation_id = s->about.subject.activation->id;
	lead->campaign = s->campaign->id;
	lead->revision = s->about.revision;
	lead->has_person = lead->address.len > 0;
	if (lead->has_person)
		lead->person =
		    partner_person(f->web->config.pepper, lead->address);
	if (s->has_delivery)
		lead->delivery =
		    (struct str){ (const char *)s->delivery.id.bytes,
				  sizeof(s->delivery.id.bytes) };
	lead->at_ms = f->request->now_ms;
	return render_kit_consent(s->about.kit, f->form, &s->about.subject,
				  f->request->a, &lead->consent_text, err);
}

/* ---- what is wrong with it ---- */

/* As the workspace words it, in the visitor's language. */
static struct str
problem_text(const struct sent *f, enum lead_problem_kind kind)
{
	const struct campaign_workspace *w =
	    f->place.subject.campaign->workspace;
	struct str id =
	    str_printf(f->request->a, "problem-%s", lead_problem_name(kind));

	for (size_t i = 0; i < w->fact_count; i++)
		if (str_eq(w->facts[i].id, id)) {
			const struct campaign_text *text = campaign_text_pick(
			    &w->facts[i].texts,
			    web_subject_language(&f->place.subject),
			    w->language);

			if (text)
				return text->text;
		}
	return web_problem_text(f->request, lead_problem_name(kind));
}

static struct str
problem_of(const struct sent *f, struct str field,
	   const struct lead_problem *problems, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(problems[i].field, field))
			return problem_text(f, problems[i].kind);
	return STR("");
}

/* The fields in the form's order, then the consent; what was typed in each. */
static size_t
values_of(const struct sent *f, const struct lead_problem *problems,
	  size_t count, struct render_form_value **out)
{
	size_t fields = f->form->field_count;
	struct render_form_value *v =
	    ARENA_ARRAY(f->request->a, fields + 1, struct render_form_value);

	for (size_t i = 0; i <= fields; i++) {
		struct str name =
		    i < fields ? f->form->fields[i].name : STR(LEAD_CONSENT);

		v[i].name = name;
		v[i].value = input(f, str_cstr(f->request->a, name));
		v[i].problem = problem_of(f, name, problems, count);
	}
	*out = v;
	return fields + 1;
}

static int
show_again(struct sent *f, const struct lead_problem *problems, size_t count,
	   struct http_response *response, struct error *err)
{
	struct render_form_input form = { .token = input(
					      f, CAMPAIGN_INPUT_SHOWING) };
	struct render_form_value *values;

	form.count = values_of(f, problems, count, &values);
	form.values = values;
	if (web_place_show(&f->place, f->request, &form, response, err) < 0)
		return -(int)err->code;
	response->status = 422;
	return 0;
}

/* ---- what is right with it ---- */

struct capturing {
	struct http_exchange *exchange;
	struct http_response thanks; /* when it is done */
	struct http_response failed; /* when it is not */
	struct lead lead;
	bool hook;
};

static int
capture_unit(struct db *db, void *arg, struct error *err)
{
	const struct capturing *c = arg;
	const struct lead_capture capture = { .lead = &c->lead,
					      .hook = c->hook };

	return lead_capture(db, &capture, err);
}

static void
captured(void *arg, int result, const struct error *err)
{
	const struct capturing *c = arg;

	if (result < 0)
		log_line(LOG_LEVEL_ERROR, "web", "lead_failed",
			 LOG_FIELDS(LOG_CSTR("msg", err->text)));
	http_ready(c->exchange, result < 0 ? &c->failed : &c->thanks);
}

/* The campaign's notice, or our own: a lead is not lost for a page. */
static void
thank(const struct sent *f, struct http_response *response)
{
	const struct web_subject *s = &f->place.subject;
	const struct lead *l = &f->lead;
	struct render_lead shown = {
		.given_name = l->given_name,
		.family_name = l->family_name,
		.company = l->company,
		.phone = l->phone,
		.email = l->address,
		.message = l->message,
		.consent = l->consent_text,
		.page = f->place.page->id,
		.step = s->has_delivery ? s->delivery.key.step : STR(""),
		.form = f->form->id,
		.at_ms = f->request->now_ms,
	};
	struct render_form_value *values;
	struct error err;
	struct str html;

	shown.field_count = values_of(f, NULL, 0, &values) - 1;
	shown.fields = values;
	if (render_kit_notice(s->about.kit, RENDER_THANKS, &s->about.subject,
			      STR(""), &shown, f->request->a, &html,
			      &err) < 0) {
		log_line(LOG_LEVEL_WARN, "web", "plain_notice",
			 LOG_FIELDS(LOG_CSTR("msg", err.text)));
		html = web_plain_html(f->request, WEB_THANKS, STR(""));
	}
	web_html(response, 200, html);
}

static int
has_hook(const struct sent *f, bool *hook, struct error *err)
{
	const struct web_subject *s = &f->place.subject;
	struct partner_endpoint endpoint;
	int got = partner_endpoint_find(s->db, f->request->a,
					s->about.subject.partner->id,
					PARTNER_LEADS, &endpoint, err);

	*hook = got > 0;
	return got;
}

static int
submit(struct sent *f, struct error *err)
{
	struct capturing *c = ARENA_NEW(f->request->a, struct capturing);

	if (complete(f, err) < 0 || has_hook(f, &c->hook, err) < 0)
		return -(int)err->code;
	c->exchange = f->request->exchange;
	c->lead = f->lead;
	/* What lies in the kit or on the stack goes before the unit runs. */
	c->lead.delivery = str_copy(f->request->a, f->lead.delivery);
	c->lead.revision = str_copy(f->request->a, f->lead.revision);
	c->lead.language = str_copy(f->request->a, f->lead.language);
	c->lead.campaign = str_copy(f->request->a, f->lead.campaign);
	c->lead.page = str_copy(f->request->a, f->form->page);
	c->lead.form = str_copy(f->request->a, f->form->id);
	web_plain(f->request, &c->failed, WEB_FAILED);
	thank(f, &c->thanks);
	http_wait(f->request);
	db_submit(f->web->config.store, capture_unit, c, captured);
	return 0;
}

static int
take(struct sent *f, struct http_response *response, struct error *err)
{
	struct lead_input *inputs = ARENA_ARRAY(
	    f->request->a, (size_t)f->pair_count, struct lead_input);
	struct lead_problem *problems;
	size_t count;

	if (find(f, err) < 0)
		return -(int)err->code;
	if (input(f, CAMPAIGN_INPUT_HONEYPOT).len > 0) {
		thank(f, response);
		return 0;
	}
	for (int i = 0; i < f->pair_count; i++)
		inputs[i] =
		    (struct lead_input){ f->pairs[i].name, f->pairs[i].value };
	count = lead_validate(f->form, inputs, (size_t)f->pair_count,
			      web_subject_language(&f->place.subject),
			      f->request->a, &f->lead, &problems);
	if (count > 0)
		return show_again(f, problems, count, response, err);
	if (!web_limit_take(f->web, f->request)) {
		web_plain(f->request, response, WEB_TOO_MANY);
		return 0;
	}
	return submit(f, err);
}

void
web_form(void *arg, const struct http_request *request,
	 struct http_response *response)
{
	struct sent f = { .web = arg, .request = request };
	struct error err;

	f.pair_count = http_form_read(request, &f.pairs, PAIRS_MAX, &err);
	if (f.pair_count < 0) {
		web_plain(request, response, WEB_BAD);
		return;
	}
	if (take(&f, response, &err) < 0)
		web_fail(request, response, &err);
	web_subject_release(arg, &f.place.subject);
}
