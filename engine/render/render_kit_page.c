/*
 * Pages that a visitor's browser shows, and documents. What a visitor typed is
 * data like any other; it comes back escaped beside what is wrong with it.
 */
#include "render/render_kit_priv.h"

static void
set(struct liquid_object *o, const char *name, struct str value)
{
	liquid_object_set(o, str_of(name), liquid_string(value));
}

const struct kit_form *
kit_form_of(const struct render_kit *kit, struct str id)
{
	for (size_t i = 0; i < kit->campaign->form_count; i++)
		if (str_eq(kit->forms[i].form->id, id))
			return &kit->forms[i];
	return NULL;
}

/* ---- a form ---- */

static const char *
type_name(enum campaign_field_type type)
{
	static const char *const names[] = {
		[CAMPAIGN_FIELD_TEXT] = "text",
		[CAMPAIGN_FIELD_EMAIL] = "email",
		[CAMPAIGN_FIELD_PHONE] = "phone",
		[CAMPAIGN_FIELD_LONG] = "long",
	};

	return names[type];
}

static const struct render_form_value *
input_for(const struct render_form_input *input, struct str name)
{
	static const struct render_form_value nothing;

	for (size_t i = 0; input && i < input->count; i++)
		if (str_eq(input->values[i].name, name))
			return &input->values[i];
	return &nothing;
}

static int
field_of(const struct kit_run *run, const struct kit_field *field,
	 const struct render_form_input *input, struct liquid_value *out,
	 struct error *err)
{
	const struct campaign_field *f = field->field;
	const struct render_form_value *typed = input_for(input, f->name);
	struct liquid_object *o = liquid_object_new(run->a);
	struct str label;

	if (kit_say(run, &field->label, &label, err) < 0)
		return -(int)err->code;
	set(o, "name", f->name);
	set(o, "type", str_of(type_name(f->type)));
	set(o, "label", label);
	liquid_object_set(o, STR("required"), liquid_bool(f->required));
	liquid_object_set(o, STR("max"), liquid_int(f->max));
	set(o, "value", typed->value);
	set(o, "problem", typed->problem);
	*out = liquid_of(o);
	return 0;
}

static int
set_fields(const struct kit_run *run, const struct kit_form *form,
	   const struct render_form_input *input, struct liquid_object *o,
	   struct error *err)
{
	size_t count = form->form->field_count;
	struct liquid_value *fields =
	    ARENA_ARRAY(run->a, count, struct liquid_value);
	int64_t problems = 0;

	for (size_t i = 0; i < count; i++)
		if (field_of(run, &form->fields[i], input, &fields[i], err) < 0)
			return -(int)err->code;
	for (size_t i = 0; input && i < input->count; i++)
		problems += input->values[i].problem.len > 0;
	liquid_object_set(o, STR("fields"), liquid_array(fields, count));
	liquid_object_set(o, STR("problem_count"), liquid_int(problems));
	return 0;
}

static int
set_form(struct kit_run *run, const struct render_form_input *input,
	 struct error *err)
{
	const struct kit_form *form = run->step->form;
	struct liquid_object *o = liquid_object_new(run->a);
	struct str consent, button, thanks;

	if (!form)
		return 0;
	if (kit_say(run, &form->consent, &consent, err) < 0 ||
	    kit_say(run, &form->button, &button, err) < 0 ||
	    kit_say(run, &form->thanks, &thanks, err) < 0 ||
	    set_fields(run, form, input, o, err) < 0)
		return error_context(err, "form %.*s", STR_ARG(form->form->id));
	set(o, "id", form->form->id);
	set(o, "action",
	    render_url_page(run->subject, &run->origin, run->step->step->id,
			    STR(""), run->a));
	set(o, "token", input ? input->token : STR(""));
	set(o, "button", button);
	set(o, "consent", consent);
	set(o, "thanks", thanks);
	kit_set(run, "form", liquid_of(o));
	return 0;
}

int
render_kit_consent(const struct render_kit *kit,
		   const struct campaign_form *form,
		   const struct render_subject *subject, struct arena *a,
		   struct str *text, struct error *err)
{
	const struct kit_form *of = kit_form_of(kit, form->id);
	struct kit_run run;

	check(of);
	if (kit_begin(&run, kit, NULL, subject, a, err) < 0 ||
	    kit_say(&run, &of->consent, text, err) < 0)
		return error_context(err, "form %.*s", STR_ARG(form->id));
	return 0;
}

/* ---- pages and documents ---- */

static int
output_step(struct kit_run *run, const struct render_form_input *form,
	    struct str *html, struct error *err)
{
	if (kit_set_links(run, err) < 0 || kit_set_texts(run, err) < 0 ||
	    set_form(run, form, err) < 0 ||
	    kit_output(run, run->step->html, html, err) < 0)
		return kit_context(run, err);
	return 0;
}

int
render_kit_page(const struct render_kit *kit, const struct campaign_step *step,
		const struct render_subject *subject,
		const struct render_form_input *form, struct arena *a,
		struct str *html, struct error *err)
{
	struct kit_run run;

	check(step->kind == CAMPAIGN_PAGE);
	if (kit_begin(&run, kit, step, subject, a, err) < 0)
		return -(int)err->code;
	return output_step(&run, form, html, err);
}

int
render_kit_document(const struct render_kit *kit,
		    const struct campaign_step *step,
		    const struct render_subject *subject, struct arena *a,
		    struct str *html, struct error *err)
{
	struct kit_run run;

	check(step->kind == CAMPAIGN_DOCUMENT);
	if (kit_begin(&run, kit, step, subject, a, err) < 0)
		return -(int)err->code;
	return output_step(&run, NULL, html, err);
}

/* ---- notices ---- */

/* "a***@example.org": enough for its owner, too little for another. */
static struct str
masked(const struct contact *c, struct arena *a)
{
	struct str address = c ? c->address : STR("");
	ptrdiff_t at = str_find_char(address, '@');

	if (at <= 0)
		return STR("");
	return str_printf(a, "%.*s***%.*s", (int)str_utf8_sequence(address, 0),
			  address.p,
			  STR_ARG(str_slice(address, (size_t)at, address.len)));
}

static int
set_thanks(struct kit_run *run, const struct render_lead *lead,
	   struct error *err)
{
	const struct kit_form *form = kit_form_of(run->kit, lead->form);
	struct liquid_object *o = liquid_object_new(run->a);
	struct str thanks = { 0 };

	if (form && kit_say(run, &form->thanks, &thanks, err) < 0)
		return -(int)err->code;
	set(o, "thanks", thanks);
	kit_set(run, "form", liquid_of(o));
	kit_set(run, "lead", liquid_of(kit_lead_object(run, lead)));
	return 0;
}

/* Whose mail an opt-out stops, as it is stored for the partner. */
static struct str
opt_out_from(const struct render_kit *kit, const struct render_subject *subject)
{
	const struct partner_sender *s = subject->sender;

	if (s && str_eq(s->opt_out_scope, STR("vendor")))
		return kit->campaign->brand->name;
	return subject->partner->company;
}

int
render_kit_notice(const struct render_kit *kit, enum render_notice notice,
		  const struct render_subject *subject, struct str action,
		  const struct render_lead *lead, struct arena *a,
		  struct str *html, struct error *err)
{
	const struct liquid_program *program = kit->notices[notice];
	struct kit_run run;

	check(program);
	if (kit_begin(&run, kit, NULL, subject, a, err) < 0)
		return -(int)err->code;
	kit_set(&run, "action", liquid_string(action));
	kit_set(&run, "masked_email",
		liquid_string(masked(subject->contact, a)));
	kit_set(&run, "opt_out_from",
		liquid_string(opt_out_from(kit, subject)));
	if ((lead && set_thanks(&run, lead, err) < 0) ||
	    kit_output(&run, program, html, err) < 0)
		return kit_context(&run, err);
	return 0;
}
