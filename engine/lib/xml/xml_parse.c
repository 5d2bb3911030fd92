/*
 * libxml2 tells what it meets (SAX2), and the tree is built from that. What
 * the schema has to say of it is asked afterwards (xml_check.c).
 *
 * libxml2 knows where it is, not where the thing began that it tells about. A
 * start tag is told when its attributes were read; as no "<" may stand in an
 * attribute, the last one before is the tag's own, and a scan from there finds
 * the attributes. That needs the bytes of the parser to be the bytes of the
 * file, so only UTF-8 is taken, checked before, and any other encoding is
 * refused by name. Rejected: a tree by libxml2, whose lines stop at 65,535
 * and which has no columns.
 *
 * Hardening. A DOCTYPE ends the parse where it begins, so that no entity is
 * ever declared; external files are refused by the loader of xml_schema.c,
 * for the whole process; size and depth are bounded here. Entities are not
 * replaced (no NOENT), hence "&" comes as "&#38;" in attributes.
 *
 * After the first breach of well-formedness nothing that follows can be
 * trusted, so that is the last finding: it is kept until the schema has been
 * asked about what comes before it.
 */
#include <string.h>

#include "base/arena.h"
#include "xml/xml_priv.h"

enum { ATTRIBUTE_FIELDS = 5 }; /* of SAX2: name, prefix, URI, value, end */

struct frame {
	struct xml_node *node;
	struct xml_node *last; /* child */
};

struct parse {
	struct arena *a;
	const char *name;
	struct str bytes;
	const struct xml_schema *schema;
	const struct xml_report *report;
	struct error *err;
	xmlParserCtxtPtr parser;
	struct frame frames[XML_DEPTH_MAX];
	size_t depth;
	struct xml_node *root;
	struct buf text;
	size_t text_offset; /* where a run of text may begin */
	struct xml_place place;
	struct xml_place breach; /* where the file was not read on */
	struct str why;
	size_t finding_count;
	enum error_code code;
	bool stopped;
};

void
xml_forward(struct xml_place *place, struct str bytes, size_t offset)
{
	check(place->offset <= offset && offset <= bytes.len);
	for (size_t i = place->offset; i < offset; i++) {
		char c = bytes.p[i];
		bool pair =
		    c == '\r' && i + 1 < bytes.len && bytes.p[i + 1] == '\n';

		if (c == '\n' || (c == '\r' && !pair)) {
			place->line++;
			place->column = 1;
		} else if (((unsigned char)c & 0xc0) != 0x80 && !pair) {
			place->column++;
		}
	}
	place->offset = offset;
}

/* Returns false when it was the last that is told. */
static bool
tell(void *arg, int line, int column, struct str text)
{
	struct parse *p = arg;

	if (p->finding_count == XML_FINDINGS_MAX)
		return false;
	if (p->finding_count + 1 == XML_FINDINGS_MAX)
		text =
		    str_printf(p->a, "found %d faults, the rest is not listed",
			       XML_FINDINGS_MAX);
	if (p->finding_count == 0)
		(void)error_set(p->err, p->code, "%s:%d:%d: %.*s", p->name,
				line, column, STR_ARG(text));
	p->report->report(p->report->arg, line, column, str_cstr(p->a, text));
	return ++p->finding_count < XML_FINDINGS_MAX;
}

/* The file is not read on. */
static void
stop(struct parse *p, size_t offset, struct str why)
{
	if (p->stopped)
		return;
	p->breach = (struct xml_place){ .line = 1, .column = 1 };
	xml_forward(&p->breach, p->bytes, offset);
	p->why = why;
	p->stopped = true;
	if (p->parser)
		xmlStopParser(p->parser);
}

/* ---- the parser's side ---- */

static size_t
offset_now(const struct parse *p)
{
	const xmlParserInput *in = p->parser->input;
	size_t offset;

	if (!in)
		return p->place.offset;
	offset = in->consumed + (size_t)(in->cur - in->base);
	return offset < p->bytes.len ? offset : p->bytes.len;
}

/* Where the sign before a byte is. */
static size_t
sign_before(const struct parse *p, char sign, size_t offset)
{
	while (offset > 0 && p->bytes.p[--offset] != sign)
		;
	return offset;
}

static struct str
name_of(struct arena *a, const xmlChar *prefix, const xmlChar *local)
{
	if (!prefix)
		return str_copy(a, str_of((const char *)local));
	return str_printf(a, "%s:%s", (const char *)prefix,
			  (const char *)local);
}

static struct str
value_of(struct arena *a, struct str raw)
{
	static const struct str amp = { "&#38;", 5 };
	struct buf b = { 0 };
	struct str value;
	ptrdiff_t i;

	while ((i = str_find(raw, amp)) >= 0) {
		buf_str(&b, str_slice(raw, 0, (size_t)i));
		buf_char(&b, '&');
		raw = str_slice(raw, (size_t)i + amp.len, raw.len);
	}
	buf_str(&b, raw);
	value = str_copy(a, buf_view(&b));
	buf_fini(&b);
	return value;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static size_t
skip_blanks(struct str s, size_t i)
{
	while (i < s.len && is_blank(s.p[i]))
		i++;
	return i;
}

static struct xml_place
place_at(struct parse *p, size_t offset)
{
	xml_forward(&p->place, p->bytes, offset);
	return p->place;
}

static void
append(struct parse *p, struct xml_node *node)
{
	struct frame *frame;

	if (p->depth == 0) {
		p->root = node;
		return;
	}
	frame = &p->frames[p->depth - 1];
	node->parent = frame->node;
	if (frame->last)
		frame->last->next = node;
	else
		frame->node->first = node;
	frame->last = node;
}

/* The text gathered so far becomes a node. */
static void
end_text(struct parse *p)
{
	struct xml_place begin;
	struct xml_node *node;
	struct origin *origin;
	struct origin_mark first;

	if (p->text.len == 0)
		return;
	begin = place_at(p, p->text_offset);
	node = ARENA_NEW(p->a, struct xml_node);
	origin = ARENA_NEW(p->a, struct origin);
	node->text = str_copy(p->a, buf_view(&p->text));
	*origin = xml_origin(p->a, p->bytes, &begin, node->text);
	node->origin = origin;
	first = origin_find(origin, node->text, skip_blanks(node->text, 0));
	node->line = first.line;
	node->column = first.column;
	append(p, node);
	buf_clear(&p->text);
}

/*
 * Places of the attributes of the tag at `i`, by name; those of namespaces,
 * which libxml2 does not tell as attributes, find no one.
 */
static void
place_attributes(struct parse *p, struct xml_attribute *list, size_t count,
		 size_t i, size_t end)
{
	struct str bytes = str_slice(p->bytes, 0, end);

	while (i < end && !is_blank(bytes.p[i]))
		i++;
	for (i = skip_blanks(bytes, i); i < end; i = skip_blanks(bytes, i)) {
		struct xml_place place = place_at(p, i);
		size_t start = i;
		struct str name;
		char quote;

		while (i < end && bytes.p[i] != '=' && !is_blank(bytes.p[i]))
			i++;
		name = str_slice(bytes, start, i);
		i = skip_blanks(bytes, i);
		if (i >= end || bytes.p[i] != '=')
			return;
		i = skip_blanks(bytes, i + 1);
		if (i >= end)
			return;
		quote = bytes.p[i++];
		while (i < end && bytes.p[i] != quote)
			i++;
		i++;
		for (size_t k = 0; k < count; k++)
			if (str_eq(list[k].name, name)) {
				list[k].line = place.line;
				list[k].column = place.column;
			}
	}
}

static struct xml_attribute *
take_attributes(struct parse *p, const xmlChar **from, size_t count)
{
	struct xml_attribute *list =
	    ARENA_ARRAY(p->a, count, struct xml_attribute);

	for (size_t i = 0; i < count; i++, from += ATTRIBUTE_FIELDS) {
		struct str raw = { (const char *)from[3],
				   (size_t)(from[4] - from[3]) };

		list[i].name = name_of(p->a, from[1], from[0]);
		list[i].value = value_of(p->a, raw);
	}
	return list;
}

/* The root decides: another namespace is another kind of file. */
static bool
is_ours(struct parse *p, const xmlChar *local, const xmlChar *uri,
	size_t offset)
{
	struct str space = str_of((const char *)uri);
	struct str text;

	if (!p->schema || p->depth > 0 || str_eq(space, p->schema->name_space))
		return true;
	text = space.len ? str_printf(p->a,
				      "found <%s xmlns=\"%s\">, expected "
				      "xmlns=\"%.*s\"",
				      (const char *)local, (const char *)uri,
				      STR_ARG(p->schema->name_space))
			 : str_printf(p->a,
				      "found <%s> without a namespace, "
				      "expected xmlns=\"%.*s\"",
				      (const char *)local,
				      STR_ARG(p->schema->name_space));
	stop(p, offset, text);
	return false;
}

static void
on_start(void *arg, const xmlChar *local, const xmlChar *prefix,
	 const xmlChar *uri, int space_count, const xmlChar **spaces,
	 int attribute_count, int default_count, const xmlChar **attributes)
{
	struct parse *p = arg;
	size_t end = offset_now(p), start = sign_before(p, '<', end);
	struct xml_attribute *list;
	struct xml_element *element;
	struct xml_place place;

	(void)prefix, (void)space_count, (void)spaces, (void)default_count;
	if (p->stopped)
		return;
	if (!is_ours(p, local, uri, start))
		return;
	if (p->depth == XML_DEPTH_MAX) {
		p->code = ERROR_LIMIT;
		stop(p, start,
		     str_printf(p->a,
				"found <%s> below %d others, "
				"expected at most %d levels",
				(const char *)local, XML_DEPTH_MAX,
				XML_DEPTH_MAX));
		return;
	}
	end_text(p);
	place = place_at(p, start);
	list = take_attributes(p, attributes, (size_t)attribute_count);
	place_attributes(p, list, (size_t)attribute_count, start, end);
	element = ARENA_NEW(p->a, struct xml_element);
	element->space = str_copy(p->a, str_of((const char *)uri));
	element->node = (struct xml_node){
		.name = str_copy(p->a, str_of((const char *)local)),
		.attributes = list,
		.attribute_count = (size_t)attribute_count,
		.line = place.line,
		.column = place.column,
	};
	append(p, &element->node);
	p->frames[p->depth++] = (struct frame){ .node = &element->node };
	p->text_offset = end + 1 < p->bytes.len ? end + 1 : p->bytes.len;
}

static void
on_end(void *arg, const xmlChar *local, const xmlChar *prefix,
       const xmlChar *uri)
{
	struct parse *p = arg;

	(void)local, (void)prefix, (void)uri;
	if (p->stopped)
		return;
	check(p->depth > 0);
	end_text(p);
	p->depth--;
	p->text_offset = offset_now(p);
}

static void
on_text(void *arg, const xmlChar *text, int len)
{
	struct parse *p = arg;

	if (!p->stopped && p->depth > 0)
		buf_add(&p->text, text, (size_t)len);
}

static void
on_doctype(void *arg, const xmlChar *name, const xmlChar *id,
	   const xmlChar *system)
{
	static const char word[] = "<!DOCTYPE";
	struct parse *p = arg;
	size_t at = offset_now(p);

	(void)name, (void)id, (void)system;
	while (at > 0 && !str_starts(str_slice(p->bytes, at, p->bytes.len),
				     (struct str){ word, sizeof(word) - 1 }))
		at--;
	stop(p, at,
	     STR("found a DOCTYPE, expected none: a file declares no "
		 "entities and reads no other file"));
}

static void
on_document(void *arg)
{
	struct parse *p = arg;
	const xmlChar *of_input = p->parser->input->encoding;
	struct str encoding =
	    str_of((const char *)(of_input ? of_input : p->parser->encoding));

	if (encoding.len && !str_eq_fold(encoding, STR("utf-8")) &&
	    !str_eq_fold(encoding, STR("us-ascii")))
		stop(p, 0,
		     str_printf(p->a,
				"found encoding=\"%.*s\", "
				"expected \"UTF-8\"",
				STR_ARG(encoding)));
}

/* ---- what libxml2 complains of ---- */

static bool
is_undeclared(const xmlError *e)
{
	return e->code == XML_ERR_UNDECLARED_ENTITY ||
	       e->code == XML_WAR_UNDECLARED_ENTITY;
}

/* "&" or "<" that begins no reference or tag; else 0. */
static char
bare_sign(const struct parse *p, const xmlError *e)
{
	size_t at = offset_now(p);

	if (is_undeclared(e))
		return '&';
	if (e->code != XML_ERR_NAME_REQUIRED || at == 0)
		return 0;
	return strchr("&<", p->bytes.p[at - 1]) ? p->bytes.p[at - 1] : 0;
}

static struct str
not_well_formed(struct parse *p, const xmlError *e)
{
	const char *what = e->str1 ? e->str1 : "";
	struct str text = str_trim(str_of(e->message));
	struct str line;

	if (e->code == XML_ERR_TAG_NAME_MISMATCH && e->str1 && e->str2)
		return str_printf(p->a,
				  "found </%s>, expected </%s> for the "
				  "<%s> of line %d",
				  e->str2, what, what, e->int1);
	if (is_undeclared(e))
		return str_printf(p->a,
				  "found &%s; expected one of &amp; "
				  "&lt; &gt; &quot; &apos; or a number "
				  "such as &#160;",
				  what);
	if (bare_sign(p, e))
		return str_printf(
		    p->a, "found \"%c\" as a text, expected %s for it",
		    bare_sign(p, e), bare_sign(p, e) == '&' ? "&amp;" : "&lt;");
	if (e->code == XML_ERR_DOCUMENT_EMPTY)
		return STR("found no element, expected XML");
	if (!str_split(&text, '\n', &line))
		line = STR("a fault");
	return str_printf(p->a,
			  "found what is not XML: %.*s, expected a "
			  "well-formed file",
			  STR_ARG(line));
}

static void
on_parser_error(void *arg, xmlErrorPtr e)
{
	struct parse *p = arg;
	size_t at;

	if (!p->parser || e->level == XML_ERR_WARNING)
		return;
	at = offset_now(p);
	if (e->code == XML_ERR_TAG_NAME_MISMATCH)
		at = sign_before(p, '<', at);
	else if (bare_sign(p, e))
		at = sign_before(p, bare_sign(p, e), at);
	stop(p, at, not_well_formed(p, e));
}

/* ---- a parse ---- */

static void
ignore(void *arg, int line, int column, const char *text)
{
	(void)arg, (void)line, (void)column, (void)text;
}

/* What has to be so before libxml2 sees the file. */
static bool
is_readable(struct parse *p)
{
	size_t i = 0, step;

	if (p->bytes.len > XML_FILE_MAX) {
		p->code = ERROR_LIMIT;
		stop(p, 0,
		     str_printf(p->a,
				"found %zu bytes, expected at "
				"most %d",
				p->bytes.len, XML_FILE_MAX));
		return false;
	}
	if (str_starts(p->bytes, STR("\xff\xfe")) ||
	    str_starts(p->bytes, STR("\xfe\xff"))) {
		stop(p, 0, STR("found UTF-16, expected UTF-8"));
		return false;
	}
	for (; i < p->bytes.len; i += step) {
		step = str_utf8_sequence(p->bytes, i);
		if (step == 0 || p->bytes.p[i] == '\0') {
			stop(p, i,
			     str_printf(p->a,
					"found the byte 0x%02x, "
					"expected UTF-8",
					(unsigned char)p->bytes.p[i]));
			return false;
		}
	}
	return true;
}

static void
run(struct parse *p, xmlSAXHandler *sax)
{
	static const int options = XML_PARSE_NONET | XML_PARSE_COMPACT;
	xmlSAXHandlerPtr own;

	p->parser = xmlCreateMemoryParserCtxt(p->bytes.p, (int)p->bytes.len);
	check(p->parser);
	own = p->parser->sax;
	p->parser->sax = sax;
	p->parser->userData = p;
	xmlCtxtUseOptions(p->parser, options);
	(void)xmlParseDocument(p->parser);
	if (!p->parser->wellFormed)
		stop(p, offset_now(p),
		     STR("found what is not XML, expected a "
			 "well-formed file"));
	p->parser->sax = own;
	xmlFreeDoc(p->parser->myDoc);
	p->parser->myDoc = NULL;
	xmlFreeParserCtxt(p->parser);
	p->parser = NULL;
}

static void
judge(struct parse *p)
{
	const struct xml_checking checking = {
		.schema = p->schema,
		.root = p->root,
		.open = p->depth ? p->frames[p->depth - 1].node : NULL,
		.tell = tell,
		.arg = p,
	};

	xml_check(&checking, p->a);
}

int
xml_parse(struct arena *a, const char *name, struct str bytes,
	  const struct xml_schema *schema, const struct xml_report *report,
	  const struct xml_node **root, struct error *err)
{
	static const struct xml_report nobody = { .report = ignore };
	xmlSAXHandler sax = {
		.initialized = XML_SAX2_MAGIC,
		.startDocument = on_document,
		.startElementNs = on_start,
		.endElementNs = on_end,
		.characters = on_text,
		.cdataBlock = on_text,
		.ignorableWhitespace = on_text,
		.internalSubset = on_doctype,
		.serror = on_parser_error,
	};
	struct parse p = {
		.a = a,
		.name = name,
		.bytes = bytes,
		.schema = schema,
		.report = report ? report : &nobody,
		.err = err,
		.place = { .line = 1, .column = 1 },
		.code = ERROR_INVALID,
	};

	if (str_starts(bytes, STR("\xef\xbb\xbf")))
		p.bytes = str_slice(bytes, 3, bytes.len);
	if (p.bytes.len == 0)
		stop(&p, 0, STR("found an empty file, expected XML"));
	else if (is_readable(&p))
		run(&p, &sax);
	buf_fini(&p.text);
	*root = NULL;
	if (p.root && schema)
		judge(&p);
	if (p.stopped)
		(void)tell(&p, p.breach.line, p.breach.column, p.why);
	else if (p.finding_count < XML_FINDINGS_MAX)
		*root = p.root;
	return p.finding_count > 0 ? -(int)p.code : 0;
}
