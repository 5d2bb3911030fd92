/*
 * Steps and the rest through the same kit that sends, so that what is shown is
 * what would go out. What is made up is the same every time.
 */
#include "cmd_show.h"

#include "base/arena.h"
#include "campaign/campaign.h"
#include "cmd_sample.h"

/* ---- what there is ---- */

static const char *
what_of(enum campaign_step_kind kind)
{
	static const char *const kinds[] = {
		[CAMPAIGN_EMAIL] = "mail",
		[CAMPAIGN_POST] = "post",
		[CAMPAIGN_PAGE] = "page",
		[CAMPAIGN_DOCUMENT] = "document",
	};

	return kinds[kind];
}

/* The last three are about a lead. */
static const struct show_item others[] = {
	{ .kind = SHOW_NOTICE,
	  .id = { "@unsubscribe", 12 },
	  .what = "page",
	  .notice = RENDER_UNSUBSCRIBE },
	{ .kind = SHOW_NOTICE,
	  .id = { "@unsubscribed", 13 },
	  .what = "page",
	  .notice = RENDER_UNSUBSCRIBED },
	{ .kind = SHOW_NOTICE,
	  .id = { "@thanks", 7 },
	  .what = "page",
	  .notice = RENDER_THANKS },
	{ .kind = SHOW_LEAD_NOTIFY,
	  .id = { "@lead-notify", 12 },
	  .what = "mail" },
	{ .kind = SHOW_LEAD_THANKS,
	  .id = { "@lead-thanks", 12 },
	  .what = "mail" },
};

enum { OTHERS_OF_LEADS = 3 };

const struct show_item *
show_list(const struct campaign *campaign, struct arena *a, size_t *count)
{
	size_t other_count = COUNT_OF(others);
	struct show_item *items = ARENA_ARRAY(
	    a, campaign->step_count + other_count, struct show_item);

	if (campaign->form_count == 0)
		other_count -= OTHERS_OF_LEADS;
	*count = 0;
	for (size_t i = 0; i < campaign->step_count; i++) {
		const struct campaign_step *step = &campaign->steps[i];

		items[(*count)++] =
		    (struct show_item){ .kind = SHOW_STEP,
					.id = step->id,
					.what = what_of(step->kind),
					.step = step };
	}
	for (size_t i = 0; i < other_count; i++)
		items[(*count)++] = others[i];
	return items;
}

const struct show_item *
show_find(const struct show_item *items, size_t count, struct str id)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(items[i].id, id))
			return &items[i];
	return NULL;
}

/* ---- steps ---- */

static void
take_mail(struct shown *out, const struct render_content *content,
	  const struct render_mail *mail)
{
	*out = (struct shown){ .html = content->html,
			       .text = content->text,
			       .subject = content->subject,
			       .mail = mail->bytes };
}

static int
make_email(struct shown *out, const struct render_kit *kit,
	   const struct campaign_step *step,
	   const struct render_subject *subject, struct arena *a,
	   struct error *err)
{
	struct render_content content;
	struct render_mail mail;

	if (render_kit_mail(kit, step, subject, a, &content, &mail, err) < 0)
		return -(int)err->code;
	take_mail(out, &content, &mail);
	return 0;
}

static int
make_posts(struct shown *out, const struct render_kit *kit,
	   const struct campaign_step *step,
	   const struct render_subject *subject, struct arena *a,
	   struct error *err)
{
	struct shown_post *posts =
	    ARENA_ARRAY(a, step->channel_count, struct shown_post);

	for (size_t i = 0; i < step->channel_count; i++) {
		posts[i].channel = step->channels[i];
		if (render_kit_post(kit, step, step->channels[i], subject, a,
				    &posts[i].post, err) < 0)
			return -(int)err->code;
	}
	out->posts = posts;
	out->post_count = step->channel_count;
	return 0;
}

static int
make_step(struct shown *out, const struct render_kit *kit,
	  const struct campaign_step *step,
	  const struct render_subject *subject, struct arena *a,
	  struct error *err)
{
	const struct render_form_input form = { 0 };

	switch (step->kind) {
	case CAMPAIGN_EMAIL:
		return make_email(out, kit, step, subject, a, err);
	case CAMPAIGN_POST:
		return make_posts(out, kit, step, subject, a, err);
	case CAMPAIGN_PAGE:
		return render_kit_page(kit, step, subject, &form, a, &out->html,
				       err);
	case CAMPAIGN_DOCUMENT:
		return render_kit_document(kit, step, subject, a, &out->html,
					   err);
	}
	check(false && "a kind of step");
	return 0;
}

/* ---- a lead ---- */

/* What the sample's contact would have typed; empty for a field of its own. */
static struct str
typed_into(const struct campaign_field *field, const struct contact *c)
{
	const struct {
		const char *name;
		struct str value;
	} known[] = {
		{ "given_name", c->given_name },
		{ "family_name", c->family_name },
		{ "company", c->company },
		{ "email", c->address },
		{ "phone", STR("+1 202 555 0101") },
		{ "message", STR("A supplier of ours still has a login that "
				 "nobody remembers. Can you look at it?") },
	};

	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (str_eq_cstr(field->name, known[i].name))
			return known[i].value;
	return STR("");
}

static struct str
value_of(const struct render_lead *lead, const char *name)
{
	for (size_t i = 0; i < lead->field_count; i++)
		if (str_eq_cstr(lead->fields[i].name, name))
			return lead->fields[i].value;
	return STR("");
}

/* The campaign's first mail, which is what brought most of them. */
static struct str
first_mail(const struct campaign *campaign)
{
	for (size_t i = 0; i < campaign->step_count; i++)
		if (campaign->steps[i].kind == CAMPAIGN_EMAIL)
			return campaign->steps[i].id;
	return STR("");
}

static int
make_lead(struct render_lead *out, const struct render_kit *kit,
	  const struct sample *sample, struct arena *a, struct error *err)
{
	const struct campaign *campaign = render_kit_campaign(kit);
	const struct campaign_form *form = &campaign->forms[0];
	struct render_form_value *values =
	    ARENA_ARRAY(a, form->field_count, struct render_form_value);

	for (size_t i = 0; i < form->field_count; i++) {
		values[i].name = form->fields[i].name;
		values[i].value =
		    typed_into(&form->fields[i], &sample->contact);
	}
	*out = (struct render_lead){
		.email = sample->contact.address,
		.page = form->page,
		.step = first_mail(campaign),
		.is_reader = true,
		.form = form->id,
		.at_ms = sample->activation.start_ms,
		.fields = values,
		.field_count = form->field_count,
	};
	out->given_name = value_of(out, "given_name");
	out->family_name = value_of(out, "family_name");
	out->company = value_of(out, "company");
	out->phone = value_of(out, "phone");
	out->message = value_of(out, "message");
	return render_kit_consent(kit, form, &sample->subject, a, &out->consent,
				  err);
}

/* ---- what is sent beside the steps ---- */

static int
make_notice(struct shown *out, const struct render_kit *kit,
	    enum render_notice notice, const struct sample *sample,
	    struct arena *a, struct error *err)
{
	struct render_lead lead;

	if (notice != RENDER_THANKS)
		return render_kit_notice(kit, notice, &sample->subject,
					 STR("#"), NULL, a, &out->html, err);
	if (make_lead(&lead, kit, sample, a, err) < 0)
		return -(int)err->code;
	return render_kit_notice(kit, notice, &sample->subject, STR("#"), &lead,
				 a, &out->html, err);
}

static int
make_letter(struct shown *out, const struct render_kit *kit,
	    enum show_kind kind, const struct sample *sample, struct arena *a,
	    struct error *err)
{
	const struct render_subject *subject = &sample->subject;
	struct render_content content;
	struct render_lead lead;
	struct render_mail mail;
	int code = make_lead(&lead, kit, sample, a, err);

	if (code >= 0)
		code = kind == SHOW_LEAD_NOTIFY
			   ? render_kit_lead_notify(kit, subject, &lead, a,
						    &content, &mail, err)
			   : render_kit_lead_thanks(kit, subject, &lead, a,
						    &content, &mail, err);
	if (code >= 0)
		take_mail(out, &content, &mail);
	return code;
}

int
show_make(struct shown *out, const struct render_kit *kit,
	  const struct show_item *item, const struct sample *sample,
	  struct arena *a, struct error *err)
{
	*out = (struct shown){ 0 };
	switch (item->kind) {
	case SHOW_STEP:
		return make_step(out, kit, item->step, &sample->subject, a,
				 err);
	case SHOW_NOTICE:
		return make_notice(out, kit, item->notice, sample, a, err);
	case SHOW_LEAD_NOTIFY:
	case SHOW_LEAD_THANKS:
		return make_letter(out, kit, item->kind, sample, a, err);
	}
	check(false && "a kind of thing to show");
	return 0;
}
