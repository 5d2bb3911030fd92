/*
 * campaign.xml. The tree is turned into structs element by element, in the
 * order of the schema, and then looked at as a whole (campaign_semantics.c).
 * A value that does not parse is a finding and leaves its field empty, and so
 * does what the schema has complained of, so that the rest of the file is
 * checked too. Where that is a name, those who refer to it are not blamed.
 *
 * Strings are those of the tree, which lives in the same arena.
 */
#include "base/arena.h"
#include "campaign/campaign_priv.h"

enum { TEXT_MAX = 10000 }; /* characters, where a file does not say */

static int64_t
number(const struct xml_node *n, const char *name)
{
	int64_t value = TEXT_MAX;

	(void)str_int(xml_attribute(n, name), 1, INT32_MAX, &value);
	return value;
}

/* ---- audience ---- */

static const struct campaign_rule_set *
load_rule_sets(const struct campaign_source *s, const struct xml_node *parent,
	       const char *name, size_t *count)
{
	struct campaign_rule_set *sets =
	    ARENA_ARRAY(s->a, campaign_source_count(parent, name),
			struct campaign_rule_set);
	const struct xml_node *n;
	struct error err;

	for (n = xml_child(parent, name); n; n = xml_next(n, name))
		if (campaign_rule_set_parse(n, s->a, &sets[*count], &err) < 0)
			campaign_source_error(s, "audience", n, NULL, "%s",
					      err.text);
		else
			(*count)++;
	return sets;
}

static void
load_audience(const struct campaign_source *s, const struct xml_node *root,
	      struct campaign *c)
{
	const struct xml_node *n = xml_child(root, "audience"), *contacts;

	if (!n)
		return;
	c->includes = load_rule_sets(s, n, "include", &c->include_count);
	c->excludes = load_rule_sets(s, n, "exclude", &c->exclude_count);
	contacts = xml_child(n, "contacts");
	if (contacts)
		c->contact_tags = campaign_words(xml_attribute(contacts, "tag"),
						 s->a, &c->contact_tag_count);
}

/* ---- slots and forms ---- */

static const struct str *
load_choices(const struct campaign_source *s, const struct xml_node *slot,
	     size_t *count)
{
	struct str *choices = ARENA_ARRAY(
	    s->a, campaign_source_count(slot, "choice"), struct str);
	const struct xml_node *n;

	for (n = xml_child(slot, "choice"); n; n = xml_next(n, "choice"))
		choices[(*count)++] = xml_text(s->a, n);
	return choices;
}

static void
load_slots(const struct campaign_source *s, const struct xml_node *root,
	   struct campaign *c)
{
	struct campaign_slot *slots = ARENA_ARRAY(
	    s->a, campaign_source_count(root, "slot"), struct campaign_slot);
	const struct xml_node *n;

	c->slots = slots;
	for (n = xml_child(root, "slot"); n; n = xml_next(n, "slot")) {
		struct campaign_slot *slot = &slots[c->slot_count++];
		bool choice = str_eq(xml_attribute(n, "type"), STR("choice"));

		slot->id = xml_attribute(n, "id");
		slot->type = choice ? CAMPAIGN_SLOT_CHOICE : CAMPAIGN_SLOT_TEXT;
		slot->max = number(n, "max");
		slot->standard = campaign_source_texts(s, n, "default");
		slot->choices = load_choices(s, n, &slot->choice_count);
		slot->at = campaign_source_place(n, "id");
		if (choice != (slot->choice_count > 0))
			campaign_source_error(s, "slot", n, "type",
					      choice ? "found no <choice> in "
						       "a slot of choices, "
						       "expected at least one"
						     : "found <choice> in a "
						       "slot of text, "
						       "expected none");
	}
}

static enum campaign_field_type
field_type(struct str name)
{
	static const char *const names[] = {
		[CAMPAIGN_FIELD_TEXT] = "text",
		[CAMPAIGN_FIELD_EMAIL] = "email",
		[CAMPAIGN_FIELD_PHONE] = "phone",
		[CAMPAIGN_FIELD_LONG] = "long",
	};

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (str_eq_cstr(name, names[i]))
			return (enum campaign_field_type)i;
	return CAMPAIGN_FIELD_TEXT;
}

static void
load_fields(const struct campaign_source *s, const struct xml_node *node,
	    struct campaign_form *form)
{
	struct campaign_field *fields = ARENA_ARRAY(
	    s->a, campaign_source_count(node, "field"), struct campaign_field);
	const struct xml_node *n;

	form->fields = fields;
	for (n = xml_child(node, "field"); n; n = xml_next(n, "field"))
		fields[form->field_count++] = (struct campaign_field){
			.name = xml_attribute(n, "name"),
			.type = field_type(xml_attribute(n, "type")),
			.required =
			    str_eq(xml_attribute(n, "required"), STR("true")),
			.max = number(n, "max"),
			.label = campaign_source_texts(s, n, "label"),
			.line = n->line,
			.column = n->column,
		};
}

static void
load_forms(const struct campaign_source *s, const struct xml_node *root,
	   struct campaign *c)
{
	struct campaign_form *forms = ARENA_ARRAY(
	    s->a, campaign_source_count(root, "form"), struct campaign_form);
	const struct xml_node *n;

	c->forms = forms;
	for (n = xml_child(root, "form"); n; n = xml_next(n, "form")) {
		struct campaign_form *form = &forms[c->form_count++];

		*form = (struct campaign_form){
			.id = xml_attribute(n, "id"),
			.page = xml_attribute(n, "page"),
			.consent = campaign_source_texts(s, n, "consent"),
			.button = campaign_source_texts(s, n, "button"),
			.thanks = campaign_source_texts(s, n, "thanks"),
			.line = n->line,
			.column = n->column,
			.page_at = campaign_source_place(n, "page"),
		};
		load_fields(s, n, form);
	}
}

/* ---- steps ---- */

static void
load_condition(const struct campaign_source *s, const struct xml_node *n,
	       const char *name, struct campaign_condition *out)
{
	struct error err;

	out->at = campaign_source_place(n, name);
	if (campaign_condition_parse(xml_attribute(n, name), s->a, out, &err) <
	    0)
		campaign_source_error(s, "condition", n, name, "%s", err.text);
}

static void
load_lateness(const struct campaign_source *s, const struct xml_node *n,
	      int64_t *ms)
{
	struct str text = xml_attribute(n, "max-lateness");
	struct error err;

	if (text.len > 0 && campaign_lateness_parse(text, ms, &err) < 0)
		campaign_source_error(s, "time", n, "max-lateness", "%s",
				      err.text);
}

static void
load_timing(const struct campaign_source *s, const struct xml_node *n,
	    struct campaign_step *step)
{
	struct error err;

	step->when_at = campaign_source_place(n, "at");
	if (campaign_when_parse(xml_attribute(n, "at"),
				xml_attribute(n, "zone"), s->a, &step->when,
				&err) < 0)
		campaign_source_error(
		    s, "time", n,
		    str_find(str_of(err.text), STR("the zone")) >= 0 ? "zone"
								     : "at",
		    "%s", err.text);
	load_lateness(s, n, &step->max_lateness_ms);
	load_condition(s, n, "only-if", &step->only_if);
	load_condition(s, n, "unless", &step->unless);
}

static void
load_links(const struct campaign_source *s, const struct xml_node *node,
	   struct campaign_step *step)
{
	struct campaign_link *links = ARENA_ARRAY(
	    s->a, campaign_source_count(node, "link"), struct campaign_link);
	const struct xml_node *n;

	step->links = links;
	for (n = xml_child(node, "link"); n; n = xml_next(n, "link")) {
		bool has_page = xml_find_attribute(n, "page") != NULL;

		links[step->link_count++] = (struct campaign_link){
			.id = xml_attribute(n, "id"),
			.page = xml_attribute(n, "page"),
			.href = xml_attribute(n, "href"),
			.label = campaign_source_texts(s, n, "label"),
			.line = n->line,
			.column = n->column,
			.target_at = campaign_source_place(
			    n, has_page ? "page" : "href"),
		};
	}
}

/* The <text> elements of one name, which need not stand together. */
static struct campaign_texts
texts_named(const struct campaign_source *s, const struct xml_node *node,
	    struct str name)
{
	struct xml_node *only = ARENA_NEW(s->a, struct xml_node);
	struct xml_node *last = NULL, *copy;
	const struct xml_node *n;

	for (n = xml_child(node, "text"); n; n = xml_next(n, "text")) {
		if (!str_eq(xml_attribute(n, "name"), name))
			continue;
		copy = ARENA_NEW(s->a, struct xml_node);
		*copy = *n;
		copy->next = NULL;
		if (last)
			last->next = copy;
		else
			only->first = copy;
		last = copy;
	}
	return campaign_source_texts(s, only, "text");
}

static void
load_texts(const struct campaign_source *s, const struct xml_node *node,
	   struct campaign_step *step)
{
	struct campaign_named_text *texts =
	    ARENA_ARRAY(s->a, campaign_source_count(node, "text"),
			struct campaign_named_text);
	struct map known;
	const struct xml_node *n;

	map_init(&known, s->a, NULL);
	step->texts = texts;
	for (n = xml_child(node, "text"); n; n = xml_next(n, "text")) {
		struct str name = xml_attribute(n, "name");

		if (map_find(&known, name))
			continue;
		texts[step->text_count] = (struct campaign_named_text){
			.id = name,
			.texts = texts_named(s, node, name),
			.at = campaign_source_place(n, "name"),
		};
		map_put(&known, name, &texts[step->text_count++]);
	}
}

static void
load_variants(const struct campaign_source *s, const struct xml_node *node,
	      struct campaign_step *step)
{
	struct campaign_texts *variants =
	    ARENA_ARRAY(s->a, campaign_source_count(node, "variant"),
			struct campaign_texts);
	const struct xml_node *n;

	for (n = xml_child(node, "variant"); n; n = xml_next(n, "variant"))
		variants[step->variant_count++] =
		    campaign_source_texts(s, n, "text");
	step->variants = variants;
	step->channels = campaign_words(xml_attribute(node, "channels"), s->a,
					&step->channel_count);
}

static const char *const kind_names[] = {
#define KIND_NAME(name, text) [CAMPAIGN_##name] = (text),
	CAMPAIGN_STEP_KINDS(KIND_NAME)
#undef KIND_NAME
};

const char *
campaign_step_kind_name(enum campaign_step_kind kind)
{
	check((size_t)kind < COUNT_OF(kind_names));
	return kind_names[kind];
}

static bool
step_kind(const struct xml_node *n, enum campaign_step_kind *kind)
{
	for (size_t i = 0; i < COUNT_OF(kind_names); i++)
		if (str_eq_cstr(n->name, kind_names[i])) {
			*kind = (enum campaign_step_kind)i;
			return true;
		}
	return false;
}

static struct str
attribute_or(const struct xml_node *n, const char *name, struct str otherwise)
{
	struct str value = xml_attribute(n, name);

	return value.len ? value : otherwise;
}

/* Whether a text or a link in it has no name, or a text no language. */
static bool
has_unread(const struct campaign_source *s, const struct xml_node *step)
{
	const struct xml_node *n;

	for (n = xml_child(step, NULL); n; n = xml_next(n, NULL))
		if (campaign_source_is_wrong(s, n, NULL) ||
		    campaign_source_is_wrong(s, n, "id") ||
		    campaign_source_is_wrong(s, n, "name") ||
		    campaign_source_is_wrong(s, n, "xml:lang"))
			return true;
	return false;
}

static void
load_step(const struct campaign_source *s, const struct xml_node *n,
	  struct campaign_step *step)
{
	step->is_doubtful = has_unread(s, n);
	step->template_at = campaign_source_place(n, "template");
	step->id = xml_attribute(n, "id");
	step->template_name =
	    attribute_or(n, "template",
			 step->kind == CAMPAIGN_POST ? STR("post/plain")
						     : (struct str){ 0 });
	step->line = n->line;
	step->column = n->column;
	load_links(s, n, step);
	if (step->kind == CAMPAIGN_EMAIL || step->kind == CAMPAIGN_POST)
		load_timing(s, n, step);
	if (step->kind == CAMPAIGN_EMAIL) {
		step->subject = campaign_source_texts(s, n, "subject");
		step->preheader = campaign_source_texts(s, n, "preheader");
	}
	if (step->kind == CAMPAIGN_POST)
		load_variants(s, n, step);
	else
		load_texts(s, n, step);
	if (step->kind == CAMPAIGN_DOCUMENT)
		step->paper = attribute_or(n, "paper", STR("A4"));
}

static void
load_steps(const struct campaign_source *s, const struct xml_node *root,
	   struct campaign *c)
{
	struct campaign_step *steps = ARENA_ARRAY(
	    s->a, campaign_source_count(root, NULL), struct campaign_step);
	enum campaign_step_kind kind;
	const struct xml_node *n;

	c->steps = steps;
	for (n = xml_child(root, NULL); n; n = xml_next(n, NULL)) {
		if (!step_kind(n, &kind))
			continue;
		steps[c->step_count].kind = kind;
		load_step(s, n, &steps[c->step_count++]);
	}
}

/* ---- a campaign ---- */

/* What could be a step or a slot if its name could be read. */
static bool
is_unnamed(const struct campaign_source *s, const struct xml_node *n)
{
	static const char *const nameless[] = { "title", "audience", "start",
						"one-partner" };
	enum campaign_step_kind kind;

	for (size_t i = 0; i < COUNT_OF(nameless); i++)
		if (str_eq_cstr(n->name, nameless[i]))
			return false;
	if (step_kind(n, &kind) || str_eq(n->name, STR("slot")) ||
	    str_eq(n->name, STR("form")))
		return xml_attribute(n, "id").len == 0 ||
		       (xml_find_attribute(n, "id") &&
			campaign_source_is_wrong(s, n, "id"));
	return true;
}

static bool
has_unnamed(const struct campaign_source *s, const struct xml_node *root)
{
	const struct xml_node *n;

	for (n = xml_child(root, NULL); n; n = xml_next(n, NULL))
		if (is_unnamed(s, n))
			return true;
	return false;
}

static void
load_brand(const struct campaign_source *s, const struct xml_node *root,
	   struct campaign *c)
{
	static const struct campaign_brand nothing;
	const struct campaign_workspace *w = c->workspace;
	struct str id = xml_attribute(root, "brand");
	const char **names = ARENA_ARRAY(s->a, w->brand_count, const char *);
	const char *near;

	for (size_t i = 0; i < w->brand_count; i++) {
		names[i] = str_cstr(s->a, w->brands[i].id);
		if (str_eq(w->brands[i].id, id))
			c->brand = &w->brands[i];
	}
	if (c->brand)
		return;
	c->brand = &nothing;
	if (w->is_doubtful)
		return;
	near = str_nearest(id, names, w->brand_count);
	campaign_source_error(s, "name", root, "brand",
			      "found the brand \"%.*s\", %s%s%s", STR_ARG(id),
			      near ? "did you mean \""
				   : "expected one of guidon.xml",
			      near ? near : "", near ? "\"?" : "");
}

static bool
load_date(const struct campaign_source *s, const struct xml_node *root,
	  const char *name, struct local_time *out)
{
	struct str text = xml_attribute(root, name);
	struct error err;

	if (text.len == 0)
		return false;
	if (civil_parse_date(text, out, &err) == 0)
		return true;
	campaign_source_error(s, "time", root, name, "%s", err.text);
	return false;
}

static void
load_start(const struct xml_node *root, struct campaign *c)
{
	const struct xml_node *n = xml_child(root, "start");
	struct str mode = n ? xml_attribute(n, "mode") : STR("");

	c->start = str_eq(mode, STR("opt-in"))	  ? CAMPAIGN_OPT_IN
		   : str_eq(mode, STR("trigger")) ? CAMPAIGN_TRIGGER
						  : CAMPAIGN_AUTOMATIC;
}

static void
load_on_unknown(const struct xml_node *root, struct campaign *c)
{
	struct str says = xml_attribute(root, "on-unknown");

	c->on_unknown = str_eq(says, STR("resend-same-id")) ? CAMPAIGN_RESEND
			: str_eq(says, STR("assume-sent"))
			    ? CAMPAIGN_ASSUME_SENT
			    : CAMPAIGN_HOLD;
}

static void
load_campaign(const struct campaign_source *s, const struct xml_node *root,
	      struct campaign *c)
{
	load_brand(s, root, c);
	c->title = campaign_source_texts(s, root, "title");
	c->has_valid_from = load_date(s, root, "valid-from", &c->valid_from);
	c->has_valid_until = load_date(s, root, "valid-until", &c->valid_until);
	c->valid_until_at = campaign_source_place(root, "valid-until");
	campaign_source_hours(s, root, &c->hours);
	c->hours_at = campaign_source_place(
	    root, c->hours.window.count ? "window" : "quiet");
	load_lateness(s, root, &c->max_lateness_ms);
	load_start(root, c);
	load_on_unknown(root, c);
	load_audience(s, root, c);
	c->one_partner = campaign_one_partner_read(root);
	if (!c->one_partner.is_stated)
		c->one_partner = c->workspace->one_partner;
	load_slots(s, root, c);
	load_forms(s, root, c);
	load_steps(s, root, c);
	if (!str_eq(xml_attribute(root, "id"), c->id))
		campaign_source_error(s, "name", root, "id",
				      "found the id \"%.*s\", expected "
				      "\"%.*s\", the name of its folder",
				      STR_ARG(xml_attribute(root, "id")),
				      STR_ARG(c->id));
}

int
campaign_read(struct campaign_files *files, struct arena *a,
	      const struct campaign_workspace *workspace, struct str id,
	      struct campaign_findings *findings, const struct campaign **out,
	      struct error *err)
{
	static const struct campaign_workspace unknown = { .is_doubtful =
							       true };
	struct campaign *c = ARENA_NEW(a, struct campaign);
	struct campaign_source s = { files, a, findings, { 0 } };
	const struct xml_node *root;

	*out = NULL;
	c->id = str_copy(a, id);
	c->file = str_printf(a, "campaigns/%.*s/campaign.xml", STR_ARG(id));
	c->workspace = workspace ? workspace : &unknown;
	s.file = c->file;
	if (campaign_source_parse(&s, "campaign", &root, err) < 0)
		return -(int)err->code;
	if (!root)
		return 0;
	c->at = campaign_source_place(root, NULL);
	c->is_doubtful = has_unnamed(&s, root);
	load_campaign(&s, root, c);
	campaign_semantics(&s, c);
	*out = c;
	return 0;
}

int
campaign_load(struct campaign_files *files, struct arena *a,
	      const struct campaign_workspace *workspace, struct str id,
	      struct campaign_findings *findings, const struct campaign **out,
	      struct error *err)
{
	size_t errors = findings->error_count;
	int code = campaign_read(files, a, workspace, id, findings, out, err);

	if (!workspace || findings->error_count > errors)
		*out = NULL;
	return code;
}

const struct campaign_step *
campaign_step_find(const struct campaign *c, struct str id)
{
	for (size_t i = 0; i < c->step_count; i++)
		if (str_eq(c->steps[i].id, id))
			return &c->steps[i];
	return NULL;
}

const struct campaign_form *
campaign_form_find(const struct campaign *c, struct str id)
{
	for (size_t i = 0; i < c->form_count; i++)
		if (str_eq(c->forms[i].id, id))
			return &c->forms[i];
	return NULL;
}
