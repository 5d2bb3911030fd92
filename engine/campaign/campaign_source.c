/*
 * From a file to a tree under our schema. The XSD is part of the program and
 * compiled at the first load; it lives as long as the process.
 *
 * The schema allows each of our elements as the root of a file, as XSD does;
 * which one a file needs is said here.
 */
#include <pthread.h>

#include "base/arena.h"
#include "base/locale.h"
#include "campaign/campaign_priv.h"

extern const unsigned char campaign_xsd[];
extern const size_t campaign_xsd_bytes;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct xml_schema *schema;

static void
compile(void)
{
	struct str xsd = { (const char *)campaign_xsd, campaign_xsd_bytes };
	struct error err;

	check(xml_schema_new(&schema, xsd, &err) == 0);
}

static void
note(void *arg, int line, int column, const char *text)
{
	const struct campaign_source *s = arg;

	campaign_finding_add(s->findings, CAMPAIGN_ERROR, CAMPAIGN_RULE_SCHEMA,
			     s->file, line, column, "%s", text);
}

int
campaign_source_parse(const struct campaign_source *s, const char *root_name,
		      const struct xml_node **root, struct error *err)
{
	struct campaign_source report_to = *s;
	struct xml_report report = { note, &report_to };
	const struct xml_node *node = NULL;
	struct error first;
	struct str bytes;
	int got;

	*root = NULL;
	got = s->files->read(s->files, s->a, s->file, &bytes, err);
	if (got < 0)
		return got;
	if (got == 0)
		return error_set(err, ERROR_NOT_FOUND,
				 "found no %.*s, expected it in the workspace",
				 STR_ARG(s->file));
	(void)pthread_once(&once, compile);
	if (xml_parse(s->a, str_cstr(s->a, s->file), bytes, schema, &report,
		      &node, &first) < 0 &&
	    !node)
		return 0;
	if (str_eq_cstr(node->name, root_name))
		*root = node;
	else
		campaign_source_error(s, "xml", node, NULL,
				      "found <%.*s>, expected <%s>",
				      STR_ARG(node->name), root_name);
	return 0;
}

struct campaign_place
campaign_source_place(const struct xml_node *node, const char *attribute)
{
	const struct xml_attribute *at =
	    attribute ? xml_find_attribute(node, attribute) : NULL;

	return at ? (struct campaign_place){ at->line, at->column }
		  : (struct campaign_place){ node->line, node->column };
}

bool
campaign_source_is_wrong(const struct campaign_source *s,
			 const struct xml_node *node, const char *attribute)
{
	return campaign_finding_by_schema(
	    s->findings, s->file, campaign_source_place(node, attribute));
}

void
campaign_source_error(const struct campaign_source *s, const char *rule,
		      const struct xml_node *node, const char *attribute,
		      const char *fmt, ...)
{
	struct campaign_place at = campaign_source_place(node, attribute);
	char *text;
	va_list ap;

	va_start(ap, fmt);
	text = arena_vprintf(s->a, fmt, ap);
	va_end(ap);
	campaign_finding_add(s->findings, CAMPAIGN_ERROR, rule, s->file,
			     at.line, at.column, "%s", text);
}

size_t
campaign_source_count(const struct xml_node *parent, const char *name)
{
	const struct xml_node *n;
	size_t count = 0;

	for (n = xml_child(parent, name); n; n = xml_next(n, name))
		count++;
	return count;
}

static bool
has_lang(const struct campaign_text *items, size_t count, struct str lang)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq_fold(items[i].lang, lang))
			return true;
	return false;
}

/* Said once of a file, where it comes first. */
static bool
is_said(const struct campaign_source *s, const char *text)
{
	for (size_t i = 0; i < s->findings->count; i++)
		if (str_eq_cstr(s->findings->items[i].text, text) &&
		    str_eq(s->findings->items[i].file, s->file))
			return true;
	return false;
}

void
campaign_source_language(const struct campaign_source *s,
			 const struct xml_node *node, const char *attribute)
{
	struct str tag = xml_attribute(node, attribute);
	struct campaign_place at = campaign_source_place(node, attribute);
	struct error err;

	if (tag.len == 0 || campaign_source_is_wrong(s, node, attribute) ||
	    locale_check(tag, &err) >= 0 || is_said(s, err.text))
		return;
	campaign_finding_add(
	    s->findings,
	    err.code == ERROR_NOT_FOUND ? CAMPAIGN_WARNING : CAMPAIGN_ERROR,
	    "language", s->file, at.line, at.column, "%s", err.text);
}

struct campaign_texts
campaign_source_texts(const struct campaign_source *s,
		      const struct xml_node *parent, const char *name)
{
	struct campaign_text *items = ARENA_ARRAY(
	    s->a, campaign_source_count(parent, name), struct campaign_text);
	const struct xml_node *n;
	size_t count = 0;

	for (n = xml_child(parent, name); n; n = xml_next(n, name)) {
		struct str lang = xml_attribute(n, "xml:lang");

		if (has_lang(items, count, lang))
			campaign_source_error(s, "language", n, "xml:lang",
					      "found <%s> for \"%.*s\" a "
					      "second time, expected one for "
					      "each language",
					      name, STR_ARG(lang));
		campaign_source_language(s, n, "xml:lang");
		items[count++] = (struct campaign_text){
			.lang = lang,
			.text = xml_text(s->a, n),
			.origin = xml_text_origin(s->a, n),
		};
	}
	return (struct campaign_texts){ items, count };
}

static void
load_spans(const struct campaign_source *s, const struct xml_node *root,
	   const char *name, struct campaign_spans *out)
{
	struct str text = xml_attribute(root, name);
	struct error err;

	if (text.len > 0 && campaign_spans_parse(text, s->a, out, &err) < 0)
		campaign_source_error(s, "time", root, name, "%s", err.text);
}

void
campaign_source_hours(const struct campaign_source *s,
		      const struct xml_node *root, struct campaign_hours *out)
{
	load_spans(s, root, "window", &out->window);
	load_spans(s, root, "quiet", &out->quiet);
}
