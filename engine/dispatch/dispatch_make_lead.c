/*
 * What is made of a lead: two mails, and the body of a webhook.
 *
 * The webhook is made of the lead alone, so a partner gets its leads whatever
 * has become of the campaign's templates.
 *
 * The thanks are in the language in which the visitor read the form: a contact
 * that is on nobody's list stands for the visitor.
 */
#include "dispatch/dispatch_make_priv.h"

#include <string.h>

#include "base/arena.h"
#include "base/js.h"
#include "lead/lead.h"

/* Of the mail that brought the visitor; all zero: none did. */
struct brought {
	struct str step;
	bool is_reader; /* and the visitor is whom it was sent to */
};

static bool
is_reader(const struct lead *lead, const struct outbox_key *key)
{
	return lead->has_person && key->subject_kind == OUTBOX_PERSON &&
	       str_eq(key->subject, person_hash_view(&lead->person));
}

static int
brought_by(struct making *m, const struct lead *lead, struct brought *out,
	   struct error *err)
{
	struct outbox_id id = { .partner_id = lead->partner_id };
	struct outbox_delivery d;
	int got;

	*out = (struct brought){ 0 };
	if (lead->delivery.len != sizeof(id.bytes))
		return 0;
	memcpy(id.bytes, lead->delivery.p, sizeof(id.bytes));
	got = outbox_find(m->db, m->a, &id, &d, err);
	if (got > 0)
		*out = (struct brought){ d.key.step, is_reader(lead, &d.key) };
	return got < 0 ? got : 0;
}

/* All fields with names and values, as the form had them. */
static int
read_fields(struct arena *a, const struct lead *lead, struct render_lead *out,
	    struct error *err)
{
	struct js_member member = { 0 };
	struct render_form_value *values;
	struct js *tree;
	struct str text;

	if (js_parse(lead->fields, &tree, err) < 0)
		return error_context(err, "fields");
	values = ARENA_ARRAY(a, js_count(tree), struct render_form_value);
	while (js_next(tree, &member)) {
		if (!js_as_str(member.value, &text))
			continue;
		values[out->field_count].name = str_copy(a, member.key);
		values[out->field_count++].value = str_copy(a, text);
	}
	out->fields = values;
	js_free(&tree);
	return 0;
}

static int
lead_as_rendered(struct making *m, const struct lead *lead,
		 const struct brought *by, struct render_lead *out,
		 struct error *err)
{
	*out = (struct render_lead){
		.given_name = lead->given_name,
		.family_name = lead->family_name,
		.company = lead->company,
		.phone = lead->phone,
		.email = lead->address,
		.message = lead->message,
		.consent = lead->consent_text,
		.page = lead->page,
		.step = by->step,
		.form = lead->form,
		.at_ms = lead->at_ms,
		.is_reader = by->is_reader,
	};
	return read_fields(m->a, lead, out, err);
}

/* ---- mails ---- */

int
make_check_kit(const struct making *m, struct error *err)
{
	const struct dispatch_subject *s = m->about;

	if (!s->kit) {
		*err = ((struct profile *)s->profile)->kit_error;
		return -(int)err->code;
	}
	if (!s->subject.sender)
		return error_set(err, ERROR_NOT_FOUND,
				 "partner %.*s has no sender",
				 STR_ARG(s->subject.partner->slug));
	return 0;
}

/* Only a campaign with a form has the templates. */
static int
check_form(const struct making *m, struct error *err)
{
	const struct dispatch_subject *s = m->about;

	if (make_check_kit(m, err) < 0)
		return -(int)err->code;
	if (render_kit_campaign(s->kit)->form_count == 0)
		return error_set(err, ERROR_NOT_FOUND,
				 "campaign %.*s has no form in this revision",
				 STR_ARG(s->subject.activation->campaign));
	return 0;
}

/*
 * The partner of the profile is a second old at most, which is too old for one
 * that has an address since: it would be held for want of it again.
 */
int
make_check_told(struct making *m, struct partner *fresh,
		struct render_subject *subject, struct error *err)
{
	if (partner_lead_address(subject->partner).len > 0)
		return 0;
	if (partner_get(m->db, m->a, subject->partner->id, fresh, err) < 0)
		return -(int)err->code;
	subject->partner = fresh;
	return partner_lead_address(fresh).len > 0
		   ? 0
		   : error_set(err, ERROR_NOT_FOUND, "%s", LEAD_UNTOLD);
}

static int
make_letter(struct making *m, const struct lead *lead, const struct brought *by,
	    bool thanks, struct error *err)
{
	struct render_subject subject = m->about->subject;
	const struct contact visitor = {
		.partner_id = lead->partner_id,
		.address = lead->address,
		.given_name = lead->given_name,
		.family_name = lead->family_name,
		.company = lead->company,
		.phone = lead->phone,
		.language = lead->language,
	};
	struct render_content content;
	struct render_lead shown;
	struct render_mail mail;
	struct partner fresh;
	int code;

	if ((!thanks && make_check_told(m, &fresh, &subject, err) < 0) ||
	    check_form(m, err) < 0 ||
	    lead_as_rendered(m, lead, by, &shown, err) < 0)
		return -(int)err->code;
	subject.contact = thanks ? &visitor : NULL;
	code = thanks ? render_kit_lead_thanks(m->about->kit, &subject, &shown,
					       m->a, &content, &mail, err)
		      : render_kit_lead_notify(m->about->kit, &subject, &shown,
					       m->a, &content, &mail, err);
	return code < 0 ? code : make_mail(m, &mail, err);
}

/* ---- the webhook ---- */

static int
make_hook(struct making *m, const struct lead *lead, struct str step)
{
	struct buf json = { 0 };

	lead_payload(lead, m->about->subject.partner->slug, step, &json);
	m->out->receiver = m->delivery->key.channel;
	m->out->bytes = str_copy(m->a, buf_view(&json));
	buf_fini(&json);
	return 1;
}

/* ---- all of them ---- */

int
make_of_lead(struct making *m, struct error *err)
{
	const struct outbox_key *key = &m->delivery->key;
	struct lead lead;
	struct brought by;
	int64_t id;

	if (!lead_of_subject(key->subject, &id))
		return error_set(err, ERROR_INVALID, "no lead has this id");
	if (lead_get(m->db, m->a, key->partner_id, id, &lead, err) < 0)
		return -(int)err->code;
	if (lead.erased)
		return error_set(err, ERROR_NOT_FOUND, "the lead was erased");
	if (brought_by(m, &lead, &by, err) < 0)
		return -(int)err->code;
	if (str_eq_cstr(key->step, LEAD_STEP_HOOK))
		return make_hook(m, &lead, by.step);
	if (str_eq_cstr(key->step, LEAD_STEP_NOTIFY))
		return make_letter(m, &lead, &by, false, err);
	if (str_eq_cstr(key->step, LEAD_STEP_THANKS))
		return make_letter(m, &lead, &by, true, err);
	return error_set(err, ERROR_INVALID, "nothing is made for step %.*s",
			 STR_ARG(key->step));
}
