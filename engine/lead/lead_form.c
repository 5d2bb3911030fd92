/*
 * A form as it was posted becomes a lead, or a list of what is wrong with it.
 *
 * Pure: the form, the inputs and a language in, a struct out. The words for a
 * problem are the template's, in the visitor's language; here it is a kind.
 *
 * What a browser checks is checked again, since nobody need use one; but no
 * more strictly than a person would: a phone number is what has five digits
 * and nothing but what people write between them.
 */
#include "lead/lead.h"

#include "base/arena.h"
#include "base/js.h"
#include "mime/mime.h"

enum {
	TEXT_MAX = 200, /* characters, where the form says nothing */
	LONG_MAX = 4000,
	PHONE_DIGITS_MIN = 5,
	PHONE_DIGITS_MAX = 20,
};

static const char *const names[] = {
#define LEAD_PROBLEM_NAME(name, text) [LEAD_##name] = (text),
	LEAD_PROBLEMS(LEAD_PROBLEM_NAME)
#undef LEAD_PROBLEM_NAME
};

const char *
lead_problem_name(enum lead_problem_kind kind)
{
	check((size_t)kind < COUNT_OF(names));
	return names[kind];
}

/* ---- values ---- */

static bool
is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

/* UTF-8 without control characters; line ends are kept as LF, or as blanks. */
static struct str
clean(struct arena *a, struct str value, bool lines)
{
	struct buf b = { 0 };
	struct str out;
	size_t n;

	for (size_t i = 0; i < value.len; i += n) {
		n = str_utf8_sequence(value, i);
		if (n == 0) {
			buf_cat(&b, "\xef\xbf\xbd");
			n = 1;
		} else if (value.p[i] == '\n' || value.p[i] == '\t') {
			buf_char(&b, lines ? value.p[i] : ' ');
		} else if (!is_control(value.p[i])) {
			buf_add(&b, value.p + i, n);
		}
	}
	out = str_copy(a, str_trim(buf_view(&b)));
	buf_fini(&b);
	return out;
}

static bool
is_phone(struct str s)
{
	int digits = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] >= '0' && s.p[i] <= '9')
			digits++;
		else if (str_find_char(STR("+ ()-./"), s.p[i]) < 0)
			return false;
	}
	return digits >= PHONE_DIGITS_MIN && digits <= PHONE_DIGITS_MAX;
}

static struct str
input_of(const struct lead_input *inputs, size_t count, struct str name)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(inputs[i].name, name))
			return inputs[i].value;
	return (struct str){ 0 };
}

static size_t
longest(const struct campaign_field *f)
{
	if (f->max > 0)
		return (size_t)f->max;
	return f->type == CAMPAIGN_FIELD_LONG ? LONG_MAX : TEXT_MAX;
}

/* ---- one field ---- */

/*
 * True when the value, cleaned, is good for the field; an address is brought
 * into its normal form.
 */
static bool
is_good(const struct campaign_field *f, struct arena *a, struct str *value,
	enum lead_problem_kind *kind)
{
	struct error ignored;

	if (value->len == 0) {
		*kind = LEAD_REQUIRED;
		return !f->required;
	}
	if (str_characters(*value) > longest(f)) {
		*kind = LEAD_TOO_LONG;
		return false;
	}
	if (f->type == CAMPAIGN_FIELD_PHONE) {
		*kind = LEAD_NOT_PHONE;
		return is_phone(*value);
	}
	*kind = LEAD_NOT_EMAIL;
	return f->type != CAMPAIGN_FIELD_EMAIL ||
	       mime_address_normalise(a, *value, value, &ignored) >= 0;
}

/* Where a field's value goes besides `fields`. */
static void
place(struct lead *lead, const struct campaign_field *f, struct str value)
{
	const struct {
		const char *name;
		struct str *at;
	} places[] = {
		{ "given_name", &lead->given_name },
		{ "family_name", &lead->family_name },
		{ "company", &lead->company },
		{ "phone", &lead->phone },
		{ "message", &lead->message },
	};

	for (size_t i = 0; i < COUNT_OF(places); i++)
		if (str_eq_cstr(f->name, places[i].name))
			*places[i].at = value;
	if (f->type == CAMPAIGN_FIELD_EMAIL && lead->address.len == 0)
		lead->address = value;
}

/* Where no field is called "message". */
static void
place_message(struct lead *lead, const struct campaign_form *form,
	      const struct str *values)
{
	for (size_t i = 0; i < form->field_count && !lead->message.len; i++)
		if (form->fields[i].type == CAMPAIGN_FIELD_LONG)
			lead->message = values[i];
}

static struct str
fields_of(const struct campaign_form *form, const struct str *values,
	  struct arena *a)
{
	struct buf json = { 0 };
	struct js_writer w;
	struct str out;

	js_writer_init(&w, &json, false);
	js_begin_object(&w);
	for (size_t i = 0; i < form->field_count; i++) {
		js_key(&w, form->fields[i].name);
		js_string(&w, values[i]);
	}
	js_end_object(&w);
	js_writer_end(&w);
	out = str_copy(a, buf_view(&json));
	buf_fini(&json);
	return out;
}

static void
fill(struct lead *lead, const struct campaign_form *form,
     const struct str *values, struct str lang, struct arena *a)
{
	const struct campaign_text *consent =
	    campaign_text_pick(&form->consent, lang, lang);

	*lead = (struct lead){
		.form = form->id,
		.page = form->page,
		.language = lang,
		.fields = fields_of(form, values, a),
	};
	if (consent)
		lead->consent_text = consent->text;
	for (size_t i = 0; i < form->field_count; i++)
		place(lead, &form->fields[i], values[i]);
	place_message(lead, form, values);
}

/* ---- the form ---- */

size_t
lead_validate(const struct campaign_form *form, const struct lead_input *inputs,
	      size_t count, struct str lang, struct arena *a, struct lead *lead,
	      struct lead_problem **problems)
{
	struct str *values = ARENA_ARRAY(a, form->field_count, struct str);
	struct lead_problem *found =
	    ARENA_ARRAY(a, form->field_count + 1, struct lead_problem);
	size_t n = 0;

	for (size_t i = 0; i < form->field_count; i++) {
		const struct campaign_field *f = &form->fields[i];

		values[i] = clean(a, input_of(inputs, count, f->name),
				  f->type == CAMPAIGN_FIELD_LONG);
		found[n].field = f->name;
		n += !is_good(f, a, &values[i], &found[n].kind);
	}
	if (form->consent.count > 0 &&
	    input_of(inputs, count, STR(LEAD_CONSENT)).len == 0)
		found[n++] =
		    (struct lead_problem){ STR(LEAD_CONSENT), LEAD_NOT_TICKED };
	*problems = found;
	if (n == 0)
		fill(lead, form, values, lang, a);
	return n;
}
