/*
 * Templates and texts become programs. A template is compiled once for all
 * steps that name it; a text without "{{" and "{%" is left as it stands and
 * costs nothing later.
 *
 * A partial that many templates use is complained of once.
 */
#include <string.h>

#include "render/render_kit_priv.h"

/* ---- findings ---- */

static void
add(struct kit_maker *m, enum campaign_severity severity, int line, int column,
    const char *found)
{
	struct kit_fault fault;

	if (!kit_fault_read(m->a, str_of(found), m->file, m->suffix, &fault))
		fault =
		    (struct kit_fault){ m->file, line, column, str_of(found) };
	if (m->href) {
		fault.line = m->href->target_at.line;
		fault.column = m->href->target_at.column;
	}
	if (m->href && str_find(fault.text, STR("\"contact\"")) >= 0)
		fault.text =
		    STR("found contact data in the address of a link, "
			"expected names of partner, campaign, vendor and "
			"facts alone: who gets the address would learn who "
			"clicked");
	m->told |= severity == CAMPAIGN_ERROR;
	kit_tell(m, severity, m->href ? "link" : "template", &fault);
}

static void
add_finding(void *arg, int line, int column, const char *found)
{
	add(arg, CAMPAIGN_ERROR, line, column, found);
}

static void
add_warning(void *arg, int line, int column, const char *found)
{
	add(arg, CAMPAIGN_WARNING, line, column, found);
}

/* ---- files ---- */

/* The first byte that is no text, with its place, is an error in a new kit. */
static void
check_bytes(struct kit_maker *m, struct str path, struct str text)
{
	struct kit_fault fault = { path, 1, 1, { 0 } };
	size_t length;

	for (size_t i = 0; i < text.len && !m->is_published; i += length) {
		length = text.p[i] ? str_utf8_sequence(text, i) : 0;
		if (length == 0) {
			fault.text =
			    str_printf(m->a,
				       "found the byte 0x%02x, expected text "
				       "in UTF-8",
				       (unsigned)(unsigned char)text.p[i]);
			m->told = true;
			kit_tell(m, CAMPAIGN_ERROR, "template", &fault);
			return;
		}
		fault.column++;
		if (text.p[i] == '\n') {
			fault.line++;
			fault.column = 1;
		}
	}
}

/* ---- programs ---- */

static int
find_partial(void *arg, struct str name, struct str *text, struct error *err)
{
	struct kit_maker *m = arg;
	struct str path = str_printf(m->a, "templates/partials/%.*s%s",
				     STR_ARG(name), m->suffix);

	int got = m->files->read(m->files, m->a, path, text, err);

	if (got > 0)
		check_bytes(m, path, *text);
	return got;
}

/* An image that a template names belongs to the revision, or is a finding. */
static void
load_image(void *arg, const struct liquid_filter_use *use)
{
	struct kit_maker *m = arg;
	struct error err;

	if (use->input) {
		if (kit_image_load(m, *use->input,
				   "an image that asset_url shows", &err) >= 0)
			return;
	} else {
		(void)error_set(&err, ERROR_INVALID,
				"filter \"asset_url\": found a name that is "
				"computed, expected one in quotes: whoever "
				"publishes must know its image");
	}
	add_finding(m, use->line, use->column,
		    arena_printf(m->a, "%.*s:%d:%d: %s", STR_ARG(use->unit),
				 use->line, use->column, err.text));
}

/* Markup is taken from the vendor, not from what partners and readers fill in. */
static void
check_trust(void *arg, const struct liquid_filter_use *use)
{
	static const char *const vendors[] = { "facts", "texts", "brand",
					       "campaign", "vendor" };
	struct kit_maker *m = arg;

	if (use->input)
		return;
	for (size_t i = 0; use->root && i < COUNT_OF(vendors); i++)
		if (str_eq_cstr(*use->root, vendors[i]))
			return;
	add_finding(
	    m, use->line, use->column,
	    arena_printf(m->a,
			 "%.*s:%d:%d: found \"trusted_html\" of %s%.*s, "
			 "expected it directly behind a value of facts, "
			 "texts, brand, campaign or vendor, whose markup "
			 "is the vendor's own",
			 STR_ARG(use->unit), use->line, use->column,
			 use->root ? "" : "what is computed",
			 STR_ARG(use->root ? *use->root : STR(""))));
}

static const struct liquid_program *
compile(struct kit_maker *m, const struct liquid_source *source,
	const struct liquid_names *names)
{
	const struct liquid_report report = { .report = add_finding,
					      .arg = m,
					      .warn = add_warning };
	const struct liquid_options options = {
		.partial = find_partial,
		.partial_arg = m,
		.filters = kit_filters,
		.filter_count = kit_filter_count,
		.names = names,
		.report = &report,
	};
	struct liquid_program *program;
	struct kit_program *kept;
	struct error err;

	m->told = false;
	if (!source->origin.line)
		check_bytes(m, m->file, source->text);
	if (liquid_compile(&program, source, &options, &err) < 0) {
		if (!m->told)
			add_finding(
			    m, source->origin.line ? source->origin.line : 1, 1,
			    err.text);
		return NULL;
	}
	kept = ARENA_NEW(m->a, struct kit_program);
	kept->program = program;
	kept->file = m->file;
	kept->suffix = m->suffix;
	kept->next = m->kit->programs;
	m->kit->programs = kept;
	liquid_each_use(program, "asset_url", load_image, m);
	liquid_each_use(program, "trusted_html", check_trust, m);
	if (m->told)
		return NULL;
	if (m->columns)
		kit_find_slips(m, source, &options);
	return program;
}

/* ---- templates ---- */

struct wanted {
	struct str name; /* "mail/announce" */
	const char *suffix;
	enum kit_kind kind;
	const char *why; /* "the template of the step" */
	struct str id;
	struct campaign_place at; /* in the campaign, where it is asked for */
};

static const struct liquid_program *
template_of(struct kit_maker *m, const struct wanted *w)
{
	struct str path =
	    str_printf(m->a, "templates/%.*s%s", STR_ARG(w->name), w->suffix);
	struct str key = str_printf(m->a, "%d %.*s", w->kind, STR_ARG(path));
	const struct liquid_program *p = map_find(&m->kit->templates, key);
	bool html = strcmp(w->suffix, ".html") == 0;
	struct liquid_source source = { .context = LIQUID_TEXT };
	struct error err;
	int got;

	if (p)
		return p;
	got = m->files->read(m->files, m->a, path, &source.text, &err);
	if (got <= 0) {
		campaign_finding_add(
		    m->findings, CAMPAIGN_ERROR, "template",
		    m->kit->campaign->file, w->at.line, w->at.column,
		    "found no file \"%.*s\"%s%s, expected %s \"%.*s\"",
		    STR_ARG(path), got < 0 ? ": " : "", got < 0 ? err.text : "",
		    w->why, STR_ARG(w->id));
		return NULL;
	}
	m->file = path;
	m->suffix = html ? ".html" : ".txt";
	m->href = NULL;
	source.name = path.p;
	if (html)
		source.context = LIQUID_HTML;
	p = compile(m, &source, kit_names_of(m->kit, w->kind, NULL));
	if (p)
		map_put(&m->kit->templates, key, (void *)(uintptr_t)p);
	return p;
}

/* ---- texts ---- */

static bool
is_wrapped(struct str text)
{
	return str_find_char(text, '\n') >= 0 ||
	       str_find_char(text, '\t') >= 0 || str_find(text, STR("  ")) >= 0;
}

/* The way is at a word; its marks up to `end` go to a text where it is at `to`. */
static size_t
move_marks(struct origin_way *way, const struct origin *origin, size_t end,
	   size_t to, struct origin_mark *out)
{
	size_t from = way->here.at, count = 0;

	out[count] = way->here;
	out[count++].at = to;
	while (way->next < origin->mark_count &&
	       origin->marks[way->next].at < end) {
		way->here = origin->marks[way->next++];
		out[count] = way->here;
		out[count++].at = to + (way->here.at - from);
	}
	return count;
}

/* A line of a header or of a button may be wrapped in its file. */
static void
unwrap(struct arena *a, struct campaign_text *t)
{
	const struct campaign_text wrapped = *t;
	struct str rest = wrapped.text, word;
	char *to = arena_alloc(a, rest.len + 1);
	struct origin_mark *marks =
	    ARENA_ARRAY(a, rest.len / 2 + 1 + wrapped.origin.mark_count,
			struct origin_mark);
	struct origin_way way = { 0 };
	size_t len = 0, count = 0;

	for (; str_word(&rest, &word); len += word.len) {
		size_t from = (size_t)(word.p - wrapped.text.p);

		if (len > 0)
			to[len++] = ' ';
		origin_go(&way, &wrapped.origin, wrapped.text, from);
		count += move_marks(&way, &wrapped.origin, from + word.len, len,
				    &marks[count]);
		memcpy(to + len, word.p, word.len);
	}
	t->text = (struct str){ to, len };
	t->origin.marks = marks;
	t->origin.mark_count = count;
}

enum form { AS_WRITTEN, ONE_LINE };

static struct kit_words
words_of(struct kit_maker *m, const struct campaign_texts *texts,
	 const struct liquid_names *names, enum form form)
{
	struct campaign_text *items =
	    ARENA_ARRAY(m->a, texts->count, struct campaign_text);
	const struct liquid_program **programs =
	    ARENA_ARRAY(m->a, texts->count, const struct liquid_program *);

	m->file = m->kit->campaign->file;
	m->suffix = ".txt";
	m->href = NULL;
	for (size_t i = 0; i < texts->count; i++) {
		items[i] = texts->items[i];
		if (form == ONE_LINE && is_wrapped(items[i].text))
			unwrap(m->a, &items[i]);
		if (kit_is_run(items[i].text))
			programs[i] = compile(m,
					      &(struct liquid_source){
						  .name = m->file.p,
						  .text = items[i].text,
						  .context = LIQUID_TEXT,
						  .origin = items[i].origin },
					      names);
	}
	return (struct kit_words){ { items, texts->count }, programs };
}

/* ---- steps ---- */

static void
compile_link(struct kit_maker *m, const struct campaign_link *link,
	     const struct liquid_names *names, struct kit_link *out)
{
	out->link = link;
	out->label = words_of(m, &link->label, names, ONE_LINE);
	if (!kit_is_run(link->href))
		return;
	m->href = link;
	out->href =
	    compile(m,
		    &(struct liquid_source){
			.name = m->file.p,
			.text = link->href,
			.context = LIQUID_TEXT,
			.origin = { .line = link->target_at.line,
				    .column = link->target_at.column } },
		    kit_names_of(m->kit, KIT_HREF, NULL));
}

static void
compile_texts(struct kit_maker *m, const struct campaign_step *s,
	      struct kit_step *out)
{
	enum kit_kind kind =
	    s->kind == CAMPAIGN_EMAIL ? KIT_MAIL_TEXT : KIT_TEXT;
	const struct liquid_names *names = kit_names_of(m->kit, kind, s);

	out->subject = words_of(m, &s->subject, names, ONE_LINE);
	out->preheader = words_of(m, &s->preheader, names, ONE_LINE);
	out->texts = ARENA_ARRAY(m->a, s->text_count, struct kit_named);
	for (size_t i = 0; i < s->text_count; i++)
		out->texts[i] = (struct kit_named){
			.id = s->texts[i].id,
			.words =
			    words_of(m, &s->texts[i].texts, names, AS_WRITTEN),
		};
	out->variants = ARENA_ARRAY(m->a, s->variant_count, struct kit_words);
	for (size_t i = 0; i < s->variant_count; i++)
		out->variants[i] =
		    words_of(m, &s->variants[i], names, AS_WRITTEN);
	out->links = ARENA_ARRAY(m->a, s->link_count, struct kit_link);
	for (size_t i = 0; i < s->link_count; i++)
		compile_link(m, &s->links[i], names, &out->links[i]);
}

static void
compile_templates(struct kit_maker *m, const struct campaign_step *s,
		  struct kit_step *out)
{
	static const enum kit_kind kinds[] = {
		[CAMPAIGN_EMAIL] = KIT_MAIL,
		[CAMPAIGN_POST] = KIT_POST,
		[CAMPAIGN_PAGE] = KIT_PAGE,
		[CAMPAIGN_DOCUMENT] = KIT_DOCUMENT,
	};
	struct wanted w = {
		.name = s->template_name,
		.kind = kinds[s->kind],
		.why = "the template of the step",
		.id = s->id,
		.at = s->template_at,
	};

	w.suffix = ".html";
	if (s->kind != CAMPAIGN_POST)
		out->html = template_of(m, &w);
	w.suffix = ".txt";
	if (s->kind == CAMPAIGN_EMAIL || s->kind == CAMPAIGN_POST)
		out->text = template_of(m, &w);
}

static const struct kit_form *
form_on(const struct render_kit *kit, struct str page)
{
	for (size_t i = 0; i < kit->campaign->form_count; i++)
		if (str_eq(kit->forms[i].form->page, page))
			return &kit->forms[i];
	return NULL;
}

static void
compile_steps(struct kit_maker *m)
{
	const struct campaign *c = m->kit->campaign;

	m->kit->steps = ARENA_ARRAY(m->a, c->step_count, struct kit_step);
	for (size_t i = 0; i < c->step_count; i++) {
		const struct campaign_step *s = &c->steps[i];
		struct kit_step *out = &m->kit->steps[i];
		struct liquid_object *object = liquid_object_new(m->a);

		liquid_object_set(object, STR("id"), liquid_string(s->id));
		liquid_object_set(
		    object, STR("kind"),
		    liquid_string(str_of(campaign_step_kind_name(s->kind))));
		out->step = s;
		out->object = object;
		if (s->kind == CAMPAIGN_PAGE)
			out->form = form_on(m->kit, s->id);
		compile_texts(m, s, out);
		compile_templates(m, s, out);
	}
}

/* ---- forms and slots ---- */

static void
compile_form(struct kit_maker *m, const struct campaign_form *form,
	     const struct liquid_names *names, struct kit_form *out)
{
	out->form = form;
	out->consent = words_of(m, &form->consent, names, AS_WRITTEN);
	out->button = words_of(m, &form->button, names, ONE_LINE);
	out->thanks = words_of(m, &form->thanks, names, AS_WRITTEN);
	out->fields = ARENA_ARRAY(m->a, form->field_count, struct kit_field);
	for (size_t i = 0; i < form->field_count; i++)
		out->fields[i] = (struct kit_field){
			.field = &form->fields[i],
			.label = words_of(m, &form->fields[i].label, names,
					  ONE_LINE),
		};
}

static void
compile_words(struct kit_maker *m)
{
	const struct campaign *c = m->kit->campaign;
	const struct liquid_names *names =
	    kit_names_of(m->kit, KIT_WORDS, NULL);

	m->kit->slots = ARENA_ARRAY(m->a, c->slot_count, struct kit_slot);
	for (size_t i = 0; i < c->slot_count; i++)
		m->kit->slots[i] = (struct kit_slot){
			.slot = &c->slots[i],
			.standard = words_of(m, &c->slots[i].standard, names,
					     AS_WRITTEN),
		};
	m->kit->forms = ARENA_ARRAY(m->a, c->form_count, struct kit_form);
	for (size_t i = 0; i < c->form_count; i++)
		compile_form(m, &c->forms[i], names, &m->kit->forms[i]);
}

/* ---- what no step names ---- */

static void
compile_letter(struct kit_maker *m, struct wanted w, struct kit_letter *out)
{
	w.kind = KIT_LEAD;
	w.suffix = ".subject.txt";
	out->subject = template_of(m, &w);
	w.suffix = ".html";
	out->html = template_of(m, &w);
	w.suffix = ".txt";
	out->text = template_of(m, &w);
}

static void
compile_notices(struct kit_maker *m)
{
	const struct campaign *c = m->kit->campaign;
	struct wanted w = {
		.suffix = ".html",
		.kind = KIT_NOTICE,
		.why = "a page that every campaign shows, also",
		.id = c->id,
		.at = c->at,
	};

	w.name = STR("page/unsubscribe");
	m->kit->notices[RENDER_UNSUBSCRIBE] = template_of(m, &w);
	w.name = STR("page/unsubscribed");
	m->kit->notices[RENDER_UNSUBSCRIBED] = template_of(m, &w);
	if (c->form_count == 0)
		return;
	w.why = "what follows the form";
	w.id = c->forms[0].id;
	w.at = (struct campaign_place){ c->forms[0].line, c->forms[0].column };
	w.name = STR("page/thanks");
	m->kit->notices[RENDER_THANKS] = template_of(m, &w);
	w.name = STR("mail/lead-notify");
	compile_letter(m, w, &m->kit->notify);
	w.name = STR("mail/lead-thanks");
	compile_letter(m, w, &m->kit->thanks);
}

void
kit_compile(struct kit_maker *m)
{
	compile_words(m);
	compile_steps(m);
	compile_notices(m);
}
