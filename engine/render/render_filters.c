/*
 * Filters that campaigns need beside Liquid's own.
 *
 *	{{ texts.body | paragraphs }}     a blank line parts paragraphs
 *	{{ partner.phone | required }}    no message without it
 *	{{ partner.phone | phone_link }}  tel:+49301234
 *	{{ facts.terms | trusted_html }}  the markup in it, made harmless
 *	{{ "hero.png" | asset_url }}      an image below assets/
 *	{{ partner.website | utm }}       counted as a link of the step is
 *	{{ links.offer.url | qr }}        for who holds a phone to it
 *
 * Texts are indented in their XML file, so the blanks around each line are not
 * the author's. In plain text the lines stay, in HTML a browser joins them.
 */
#include "render/render_kit_priv.h"

#include "base/escape.h"
#include "html/html.h"
#include "image/image_qr.h"

enum { URL_MAX = 8192 };

static struct str
text_of(const struct liquid_value *v)
{
	return v->type == LIQUID_STRING ? v->s : STR("");
}

/* ---- paragraphs ---- */

static void
end_paragraph(struct buf *out, bool html, bool *open)
{
	if (*open)
		buf_cat(out, html ? "</p>\n" : "\n\n");
	*open = false;
}

static void
add_line(struct buf *out, struct str line, bool escaped, bool open)
{
	if (open)
		buf_char(out, '\n');
	if (escaped)
		buf_str(out, line);
	else
		escape_html(out, line);
}

static void
add_paragraphs(struct buf *out, struct str text, bool html, bool escaped)
{
	bool open = false;
	struct str line;

	while (str_split(&text, '\n', &line)) {
		line = str_trim(line);
		if (line.len == 0) {
			end_paragraph(out, html, &open);
			continue;
		}
		if (html && !open)
			buf_cat(out, "<p>");
		add_line(out, line, escaped || !html, open);
		open = true;
	}
	end_paragraph(out, html, &open);
	while (out->len > 0 && out->p[out->len - 1] == '\n')
		buf_truncate(out, out->len - 1);
}

static int
paragraphs(const struct liquid_call *call, struct liquid_value *out,
	   struct error *err)
{
	bool html = call->output == LIQUID_HTML;
	struct buf b = { .max = call->room };
	struct str made;

	add_paragraphs(&b, text_of(&call->input), html, call->input.safe);
	made = str_copy(call->a, buf_view(&b));
	if (buf_full(&b)) {
		buf_fini(&b);
		return error_set(err, ERROR_LIMIT,
				 "a text of more than %zu bytes", call->room);
	}
	buf_fini(&b);
	*out = html ? liquid_markup(made) : liquid_string(made);
	return 0;
}

/* ---- required ---- */

static bool
is_of_step(const struct kit_run *run, struct str path)
{
	return run->step && (str_starts(path, STR("texts.")) ||
			     str_starts(path, STR("links.")));
}

static int
required(const struct liquid_call *call, struct liquid_value *out,
	 struct error *err)
{
	const struct kit_run *run = call->context;
	const struct liquid_value *v = &call->input;
	const char *name;
	struct str path;

	*out = *v;
	if (v->type != LIQUID_NIL &&
	    (v->type != LIQUID_STRING || str_trim(v->s).len > 0))
		return 0;
	path = liquid_input_path(call);
	if (run->kit->trial && !kit_try_requires(run, path))
		return 0;
	name = v->type == LIQUID_STRING ? kit_field_name(v->s) : NULL;
	if (name)
		path = str_of(name);
	else if (path.len == 0)
		path = STR("what is required here");
	return error_set(
	    err, ERROR_INVALID, "%.*s%s%.*s is empty, expected a value",
	    STR_ARG(path), is_of_step(run, path) ? " of " : "",
	    STR_ARG(is_of_step(run, path) ? run->step->step->id : STR("")));
}

/* ---- phone_link ---- */

/* A trunk prefix in brackets, as in +49 (0) 30, is not dialled from abroad. */
static int
phone_link(const struct liquid_call *call, struct liquid_value *out,
	   struct error *err)
{
	struct str phone = str_trim(text_of(&call->input));
	char *made = arena_alloc(call->a, phone.len + sizeof("tel:+"));
	ptrdiff_t trunk = str_find(phone, STR("(0)"));
	size_t len = 0;

	(void)err;
	for (const char *p = "tel:"; *p; p++)
		made[len++] = *p;
	for (size_t i = 0; i < phone.len; i++) {
		char c = phone.p[i];

		if (phone.p[0] == '+' && trunk >= 0 && i == (size_t)trunk + 1)
			continue;
		if ((c >= '0' && c <= '9') || (c == '+' && i == 0))
			made[len++] = c;
	}
	*out = liquid_string(len > 4 ? (struct str){ made, len } : STR(""));
	return 0;
}

/* ---- trusted_html ---- */

/* Markup is read more than once, which costs a step for each byte. */
static int
trusted_html(const struct liquid_call *call, struct liquid_value *out,
	     struct error *err)
{
	bool html = call->output == LIQUID_HTML;
	struct str given = text_of(&call->input), made;
	int code;

	*call->steps -= (int64_t)given.len;
	code = html ? html_sanitise(call->a, given, &made, err)
		    : html_to_text(call->a, given, &made, err);
	if (code < 0)
		return code;
	if (made.len > call->room)
		return error_set(err, ERROR_LIMIT,
				 "a text of more than %zu bytes", call->room);
	*out = html ? liquid_markup(made) : liquid_string(made);
	return 0;
}

/* ---- asset_url ---- */

/* There is one: the kit was made by reading all that programs name. */
static int
asset_url(const struct liquid_call *call, struct liquid_value *out,
	  struct error *err)
{
	const struct kit_run *run = call->context;

	(void)err;
	*out = liquid_string(kit_image_url(run->kit, text_of(&call->input)));
	return 0;
}

/* ---- utm ---- */

/* What the template says, even if it is nothing, or what links have. */
static void
set_tag(const struct liquid_call *call, const char *name, struct str *tag)
{
	if (liquid_named(call, name).type != LIQUID_NIL)
		*tag = str_trim(liquid_named_text(call, name));
}

/* Where there is no step, in a notice, the medium is the template's to say. */
static struct render_tags
tags_of(const struct kit_run *run)
{
	struct render_tags tags = render_tags_of(
	    run->step ? kit_medium(run->step) : RENDER_WEB, &run->origin);

	if (!run->step)
		tags.medium = STR("");
	return tags;
}

static int
utm(const struct liquid_call *call, struct liquid_value *out, struct error *err)
{
	static const char *const known[] = { "source",	"medium", "campaign",
					     "content", "term",	  NULL };
	struct render_tags tags = tags_of(call->context);
	struct str url = str_trim(text_of(&call->input));
	struct error none;

	if (liquid_check_named(call, known, err) < 0)
		return -(int)err->code;
	set_tag(call, "source", &tags.source);
	set_tag(call, "medium", &tags.medium);
	set_tag(call, "campaign", &tags.campaign);
	set_tag(call, "content", &tags.content);
	set_tag(call, "term", &tags.term);
	if (url.len > URL_MAX)
		return error_set(err, ERROR_LIMIT,
				 "a URL of %zu bytes, expected at most %d",
				 url.len, URL_MAX);
	*out = call->input;
	out->safe = false;
	if (render_url_tag_with(url, &tags, call->a, &url, &none) >= 0)
		*out = liquid_string(url);
	return 0;
}

/* ---- qr ---- */

static int
qr_of(const struct liquid_call *call, struct image_qr *qr, struct error *err)
{
	static const char *const known[] = { "size", "alt", NULL };
	struct liquid_value size = liquid_named(call, "size");

	if (liquid_check_named(call, known, err) < 0)
		return -(int)err->code;
	if (size.type != LIQUID_NIL && (size.type != LIQUID_INT || size.n < 1 ||
					size.n > IMAGE_QR_MAX_PIXELS))
		return error_set(err, ERROR_INVALID,
				 "found size \"%.*s\", expected 1 to %d pixels",
				 STR_ARG(liquid_named_text(call, "size")),
				 IMAGE_QR_MAX_PIXELS);
	*qr = (struct image_qr){
		.text = str_trim(text_of(&call->input)),
		.label = str_trim(liquid_named_text(call, "alt")),
		.pixels = size.type == LIQUID_INT ? (int)size.n : 0,
	};
	return 0;
}

/* Plain text says what the code would. */
static int
qr(const struct liquid_call *call, struct liquid_value *out, struct error *err)
{
	struct image_qr code;
	struct buf svg = { .max = call->room };
	int rc;

	if (qr_of(call, &code, err) < 0)
		return -(int)err->code;
	*out = liquid_string(code.text);
	if (code.text.len == 0 || call->output != LIQUID_HTML)
		return 0;
	rc = image_qr_svg(&code, &svg, err);
	if (rc >= 0 && buf_full(&svg))
		rc = error_set(err, ERROR_LIMIT,
			       "a text of more than %zu bytes", call->room);
	if (rc >= 0)
		*out = liquid_markup(str_copy(call->a, buf_view(&svg)));
	buf_fini(&svg);
	return rc;
}

const struct liquid_filter kit_filters[] = {
	{ "paragraphs", 0, 0, paragraphs },
	{ "required", 0, 0, required },
	{ "phone_link", 0, 0, phone_link },
	{ "trusted_html", 0, 0, trusted_html },
	{ "asset_url", 0, 0, asset_url },
	{ "qr", 0, 0 | LIQUID_NAMED, qr },
	{ "utm", 0, 0 | LIQUID_NAMED, utm },
};
const size_t kit_filter_count = COUNT_OF(kit_filters);
