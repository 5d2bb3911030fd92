/*
 * A lead as others take it: JSON for the partner's webhook, CSV for its CRM.
 *
 * The JSON has one shape for all forms. What a form asks besides stands in
 * `fields` by its own names; it was written by lead_validate() and is one
 * object, which is parsed here and written anew, so that a store somebody has
 * changed gives no broken body.
 */
#include "lead/lead.h"

#include "base/civil.h"
#include "base/csv.h"
#include "base/encode.h"
#include "base/js.h"

static void
member(struct js_writer *w, const char *key, struct str value)
{
	if (value.len == 0)
		return;
	js_key_str(w, key, value);
}

static void
member_id(struct js_writer *w, const char *key, int64_t id)
{
	struct buf text = { 0 };

	encode_id(&text, id);
	member(w, key, buf_view(&text));
	buf_fini(&text);
}

static void
member_fields(struct js_writer *w, struct str fields)
{
	struct js_member m = { 0 };
	struct error ignored;
	struct js *tree;
	struct str text;

	js_key(w, STR("fields"));
	js_begin_object(w);
	if (js_parse(fields, &tree, &ignored) >= 0) {
		while (js_next(tree, &m))
			if (js_as_str(m.value, &text)) {
				js_key(w, m.key);
				js_string(w, text);
			}
		js_free(&tree);
	}
	js_end_object(w);
}

static void
member_data(struct js_writer *w, const struct lead *lead, struct str slug,
	    struct str step)
{
	js_key(w, STR("data"));
	js_begin_object(w);
	member_id(w, "id", lead->id);
	member(w, "partner", slug);
	member(w, "campaign", lead->campaign);
	member_id(w, "activation", lead->activation_id);
	member(w, "page", lead->page);
	member(w, "form", lead->form);
	member(w, "step", step);
	member(w, "email", lead->address);
	member(w, "given_name", lead->given_name);
	member(w, "family_name", lead->family_name);
	member(w, "company", lead->company);
	member(w, "phone", lead->phone);
	member(w, "message", lead->message);
	member(w, "language", lead->language);
	member(w, "consent", lead->consent_text);
	member_fields(w, lead->fields);
	js_end_object(w);
}

void
lead_payload(const struct lead *lead, struct str partner_slug, struct str step,
	     struct buf *out)
{
	struct buf time = { 0 };
	struct js_writer w;

	civil_print_instant(lead->at_ms, 0, &time);
	js_writer_init(&w, out, false);
	js_begin_object(&w);
	member(&w, "type", STR("lead.created"));
	member(&w, "timestamp", buf_view(&time));
	member_data(&w, lead, partner_slug, step);
	js_end_object(&w);
	js_writer_end(&w);
	buf_fini(&time);
}

/* ---- CSV ---- */

/* Header, and how the field of one lead is found. */
#define COLUMNS(X)                          \
	X("campaign", lead->campaign)       \
	X("page", lead->page)               \
	X("form", lead->form)               \
	X("email", lead->address)           \
	X("given_name", lead->given_name)   \
	X("family_name", lead->family_name) \
	X("company", lead->company)         \
	X("phone", lead->phone)             \
	X("message", lead->message)         \
	X("language", lead->language)       \
	X("consent", lead->consent_text)    \
	X("fields", lead->fields)

void
lead_csv_header(struct csv_writer *w)
{
	csv_write(w, STR("lead"));
	csv_write(w, STR("partner"));
	csv_write(w, STR("at"));
#define WRITE_NAME(name, value) csv_write(w, STR(name));
	COLUMNS(WRITE_NAME)
#undef WRITE_NAME
	csv_end_row(w);
}

void
lead_csv_row(struct csv_writer *w, const struct lead *lead,
	     struct str partner_slug)
{
	struct buf text = { 0 };

	encode_id(&text, lead->id);
	csv_write(w, buf_view(&text));
	csv_write(w, partner_slug);
	buf_clear(&text);
	civil_print_instant(lead->at_ms, 0, &text);
	csv_write(w, buf_view(&text));
#define WRITE_VALUE(name, value) csv_write(w, value);
	COLUMNS(WRITE_VALUE)
#undef WRITE_VALUE
	csv_end_row(w);
	buf_fini(&text);
}
